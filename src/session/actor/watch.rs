//! What operators are told of an interview: numbers and words of this program, nothing of the client's.

use super::super::{Item, State};
use super::Session;
use crate::core::{Outcome, SegmentResult};
use crate::telemetry::{JobGiven, SegmentConcluded, SessionEnded, SessionOpened};

impl Session {
    /// Shows where the interview stands.
    pub(super) fn show(&mut self) {
        self.meter.show(self.state.name(), self.queue.bytes());
    }

    pub(super) fn report_open(&self, tracks: usize) {
        SessionOpened {
            key: self.permit.key(),
            tenant: self.permit.caller().tenant.as_str(),
            tracks,
        }
        .emit();
    }

    /// Takes the items of a job out of the queue, and counts them.
    pub(super) fn take_batch(&mut self) -> Vec<Item> {
        let oldest = self.queue.load(self.clocks.began.elapsed()).age;
        let items = self.queue.pop_batch(self.limits.batch_items);
        JobGiven {
            items: items.len(),
            oldest,
        }
        .emit();
        items
    }

    pub(super) fn report_end(&self) {
        let cause = match &self.state {
            State::Concluded(ending) => ending.cause(),
            State::Aborted(error) => error.cause(),
            _ => "client_gone",
        };
        SessionEnded {
            key: self.permit.key(),
            state: self.state.name(),
            cause,
            length: self.clocks.began.elapsed(),
        }
        .emit();
    }

    /// Counts the final ones among segments.
    pub(super) fn report_segments(&self, segments: &[SegmentResult]) {
        for s in segments.iter().filter(|s| s.is_final) {
            let findings: Vec<(&str, &'static str)> = s
                .findings
                .iter()
                .map(|f| match &f.outcome {
                    Outcome::Scored { .. } => (f.signal.as_str(), "scored"),
                    Outcome::Abstained(a) => (f.signal.as_str(), a.reason.name()),
                })
                .collect();
            SegmentConcluded {
                key: self.permit.key(),
                index: s.index,
                scored: s.outcome.score().is_some(),
                findings: &findings,
                decode_ms: s.times.decode_ms,
                nets_ms: s.times.track_ms,
                analyze_ms: s.times.analyze_ms,
            }
            .emit();
        }
    }
}
