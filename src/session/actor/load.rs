//! How an interview bears its load: media is gathered, its ladder is fed, and what is left out is told.

use super::super::{Notice, NoticeKind, Shed, State};
use super::Session;
use crate::core::MediaTime;
use crate::telemetry;
use std::time::Duration;
use tokio::time::Instant;

/// Media that was dropped is a matter of the ladder for this long: 1 s.
const DROP_COUNTS: Duration = Duration::from_secs(1);

impl Session {
    /// From when on what waits is given to a worker: media waits a moment for more of it, as long as the
    /// interview runs.
    pub(super) fn work_due(&self) -> Option<Instant> {
        let gather = match self.state.phase() {
            State::Calibrating | State::Live => self.limits.gather,
            _ => Duration::ZERO,
        };
        let due = self.queue.due(gather, self.limits.batch_items)?;
        Some(self.clocks.began + due)
    }

    /// Shows the ladder what waits. While the interview is being finished nothing changes any more.
    pub(super) fn watch_load(&mut self) {
        if !matches!(self.state.phase(), State::Calibrating | State::Live) {
            return;
        }
        let Some(ladder) = &mut self.ladder else {
            return;
        };
        let now = self.clocks.began.elapsed();
        let mut load = self.queue.load(now);
        let held = self.queue.bytes().saturating_add(self.at_work_bytes);
        let dropped = |at: Instant| at.elapsed() < DROP_COUNTS;
        let full = held > self.limits.queue_bytes / 4 * 3;
        load.is_full = !self.queue.is_empty() && (full || self.clocks.dropped.is_some_and(dropped));
        let Some(shed) = ladder.observe(now, load) else {
            return;
        };
        let at_the_end = ladder.is_at_the_end();
        self.overload = at_the_end.then(|| self.registry.overload());
        self.record.load_step = self.record.load_step.max(shed.step);
        telemetry::LoadShed {
            key: self.permit.key(),
            step: shed.step,
        }
        .emit();
        self.outbox.notice(Notice {
            kind: NoticeKind::LoadShed,
            track: None,
            time: MediaTime::ZERO,
            detail: words(shed),
            count: u64::from(shed.step),
        });
    }
}

/// What is left out, in words.
fn words(shed: Shed) -> String {
    let pictures = match shed.one_picture_of() {
        1 => return "nothing is left out any more".to_owned(),
        2 => "one picture of two and provisional results are left out".to_owned(),
        n => format!("of {n} pictures one is looked at"),
    };
    let signals = match shed.signals {
        0 => String::new(),
        1 => ", and the signal of least priority is left out".to_owned(),
        n => format!(", and the {n} signals of least priority are left out"),
    };
    format!("the server has more to do than it can: {pictures}{signals}")
}
