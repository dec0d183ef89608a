//! The deadlines of an interview: which comes next, and what happens when it has come.

use super::super::{Ending, Event, SessionError, State};
use super::Session;
use std::time::Duration;
use tokio::time::Instant;

/// How soon a job that met a full worker queue is handed in again: 10 ms.
const RETRY: Duration = Duration::from_millis(10);

/// Instants from which deadlines are counted.
#[derive(Debug)]
pub(super) struct Clocks {
    pub(super) began: Instant,
    pub(super) active: Instant,
    /// Since when something waits for the client to read it.
    pub(super) unread: Option<Instant>,
    pub(super) draining: Option<Instant>,
    /// Since when there is no connection.
    pub(super) detached: Option<Instant>,
    pub(super) stop_seen: bool,
    /// When media was last dropped.
    pub(super) dropped: Option<Instant>,
    pub(super) media_dropped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Open,
    Idle,
    Length,
    Stuck,
    Grace,
    Job,
    DropMedia,
    Finish,
    /// Something for the client has waited its time.
    Notice,
    /// Something for the worker has.
    Gathered,
    Retry,
}

impl Session {
    pub(super) fn on_timer(&mut self, timer: Timer) {
        let limits = &self.limits;
        let event = match timer {
            Timer::Open => {
                let error = SessionError::OpenTimeout(limits.open_timeout);
                Event::End(Ending::Fault(error))
            }
            Timer::Idle => Event::End(Ending::Fault(SessionError::Idle(limits.idle_timeout))),
            Timer::Length => Event::End(Ending::MaxLength(limits.max_length)),
            Timer::Stuck => {
                return self.cut(SessionError::ClientStuck(limits.stuck_timeout));
            }
            Timer::Job => Event::Lost(SessionError::AnalysisStuck(limits.job_timeout)),
            Timer::Grace => Event::GraceOver(limits.resume_grace),
            Timer::Finish => {
                let error = SessionError::FinishTimeout(self.finish_limit());
                Event::Lost(error)
            }
            Timer::DropMedia => {
                self.clocks.media_dropped = true;
                let dropped = self.queue.drop_media();
                return self.on_dropped(dropped);
            }
            Timer::Retry => return self.desk.retry(),
            Timer::Notice | Timer::Gathered => return,
        };
        self.on(event);
    }

    fn finish_limit(&self) -> Duration {
        match self.state.ending() {
            Some(Ending::ServerStopping) => self.limits.grace,
            // A client that is being finished when the server stops is cut with the others.
            _ if self.clocks.stop_seen => self.limits.grace,
            _ => self.limits.finish_timeout,
        }
    }

    /// The next deadline; far away when there is none.
    pub(super) fn next_deadline(&self, now: Instant) -> (Instant, Timer) {
        let c = &self.clocks;
        let l = &self.limits;
        let mut best = (now + Duration::from_secs(86_400), Timer::Notice);
        let mut offer = |at: Instant, timer: Timer| {
            if at < best.0 {
                best = (at, timer);
            }
        };
        match self.state.phase() {
            State::Opening => offer(c.began + l.open_timeout, Timer::Open),
            State::Calibrating | State::Live => {
                offer(c.began + l.max_length, Timer::Length);
                if let Some(since) = self.desk.busy_since() {
                    offer(since + l.job_timeout, Timer::Job);
                }
                // A client that waits for credit is not idle: the server is behind. One whose
                // connection is lost has the grace period.
                if self.link.is_some() && self.queue.is_empty() && !self.desk.is_busy() {
                    offer(c.active + l.idle_timeout, Timer::Idle);
                }
            }
            State::Draining(ending) | State::Forsaken(ending) => {
                let since = c.draining.unwrap_or(c.began);
                offer(since + self.finish_limit(), Timer::Finish);
                if *ending == Ending::ServerStopping && !c.media_dropped {
                    offer(since + l.grace / 2, Timer::DropMedia);
                }
            }
            State::Detached(_) | State::Concluded(_) | State::Aborted(_) => {}
        }
        if let (State::Detached(_), Some(since)) = (&self.state, c.detached) {
            offer(since + l.resume_grace, Timer::Grace);
        }
        if let Some(since) = c.unread {
            offer(since + l.stuck_timeout, Timer::Stuck);
        }
        // What is due already waits for room at the client, or is done in the same turn.
        if let Some(at) = self.outbox.next_due_at().filter(|at| *at > now) {
            offer(at, Timer::Notice);
        }
        let work = self
            .work_due()
            .filter(|at| *at > now && self.desk.is_idle());
        if let Some(at) = work {
            offer(at, Timer::Gathered);
        }
        if let Some(since) = self.desk.parked_since() {
            offer(since + RETRY, Timer::Retry);
        }
        best
    }
}
