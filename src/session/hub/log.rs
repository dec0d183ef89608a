//! What an interview has said, for watchers that come and go.

use crate::session::{Numbered, ServerMessage, SessionError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Messages kept; the oldest go first. Beyond three hours of segments.
const MOST_KEPT: usize = 8_192;
/// Messages on their way to one watcher.
const ON_THE_WAY: usize = 16;

/// Where an interview stands, for those who watch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// The candidate has not joined.
    #[default]
    Waiting,
    /// The candidate's page is connected.
    Joined,
    /// It has lost its connection.
    Away,
    /// The interview is over.
    Ended,
}

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Where the interview stands.
    Standing(Standing),
    /// What it says to its client.
    Message(Arc<Numbered>),
    /// Why it ended, where not in order. The last word.
    Failed(SessionError),
}

#[derive(Default)]
struct Kept {
    /// What is not to be missed, in order.
    messages: VecDeque<Arc<Numbered>>,
    /// Messages that are no longer kept.
    dropped: u64,
    /// The latest of what may be missed, with its number among such.
    passing: Option<(u64, Arc<Numbered>)>,
    standing: Standing,
    failure: Option<SessionError>,
    watchers: usize,
}

/// What one interview has said. Clones are the same.
#[derive(Clone)]
pub(super) struct Log {
    kept: Arc<Mutex<Kept>>,
    changed: watch::Sender<()>,
}

/// How far a watcher has read.
#[derive(Default)]
struct Cursor {
    next: u64,
    passing: u64,
    standing: Option<Standing>,
}

// === impl Log ===

impl Log {
    pub(super) fn new() -> Self {
        Self {
            kept: Arc::default(),
            changed: watch::Sender::new(()),
        }
    }

    fn with<T>(&self, run: impl FnOnce(&mut Kept) -> T) -> T {
        run(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a message. Credit is the page's own matter.
    pub(super) fn add(&self, message: &Arc<Numbered>) {
        self.with(|kept| match &message.message {
            ServerMessage::Credit(_) => {}
            ServerMessage::Segment(s) if !s.is_final => {
                let number = kept.passing.as_ref().map_or(0, |(n, _)| *n) + 1;
                kept.passing = Some((number, Arc::clone(message)));
            }
            _ => {
                kept.messages.push_back(Arc::clone(message));
                if kept.messages.len() > MOST_KEPT {
                    kept.messages.pop_front();
                    kept.dropped += 1;
                }
            }
        });
        self.changed.send_replace(());
    }

    pub(super) fn stands(&self, standing: Standing) {
        self.with(|kept| {
            if kept.standing != Standing::Ended {
                kept.standing = standing;
            }
        });
        self.changed.send_replace(());
    }

    pub(super) fn standing(&self) -> Standing {
        self.with(|kept| kept.standing)
    }

    /// Nothing more is said.
    pub(super) fn end(&self, failure: Option<SessionError>) {
        self.with(|kept| {
            kept.standing = Standing::Ended;
            kept.failure = failure;
        });
        self.changed.send_replace(());
    }

    /// Everything from the beginning, until the end or the server's stop; `None` beyond so many watchers.
    pub(super) fn watch(
        &self,
        most: usize,
        stop: CancellationToken,
    ) -> Option<mpsc::Receiver<Said>> {
        let room = self.with(|kept| {
            let room = kept.watchers < most;
            kept.watchers += usize::from(room);
            room
        });
        if !room {
            return None;
        }
        let (to, said) = mpsc::channel(ON_THE_WAY);
        let log = self.clone();
        // Not one of the server's tasks: a watcher that does not read must not hold its stop.
        tokio::spawn(async move {
            log.tell(&to, &stop).await;
            log.with(|kept| kept.watchers -= 1);
        });
        Some(said)
    }

    async fn tell(&self, to: &mpsc::Sender<Said>, stop: &CancellationToken) {
        let mut changed = self.changed.subscribe();
        let mut cursor = Cursor::default();
        loop {
            changed.mark_unchanged();
            while let Some(said) = self.next(&mut cursor) {
                if to.send(said).await.is_err() {
                    return;
                }
            }
            let standing = self.standing();
            if standing == Standing::Ended {
                if let Some(error) = self.with(|kept| kept.failure.clone()) {
                    to.send(Said::Failed(error)).await.ok();
                }
                return;
            }
            tokio::select! {
                changed = changed.changed() => if changed.is_err() { return },
                () = to.closed() => return,
                // One that runs has its last words still to come.
                () = stop.cancelled(), if standing == Standing::Waiting => return,
            }
        }
    }

    fn next(&self, cursor: &mut Cursor) -> Option<Said> {
        self.with(|kept| {
            // The end is told after the last message.
            let ended = kept.standing == Standing::Ended;
            if cursor.standing != Some(kept.standing) && !ended {
                cursor.standing = Some(kept.standing);
                return Some(Said::Standing(kept.standing));
            }
            cursor.next = cursor.next.max(kept.dropped);
            let at = usize::try_from(cursor.next - kept.dropped).unwrap_or(usize::MAX);
            if let Some(message) = kept.messages.get(at) {
                cursor.next += 1;
                return Some(Said::Message(Arc::clone(message)));
            }
            if let Some((number, message)) = &kept.passing
                && *number > cursor.passing
                && !ended
            {
                cursor.passing = *number;
                return Some(Said::Message(Arc::clone(message)));
            }
            if cursor.standing != Some(kept.standing) {
                cursor.standing = Some(kept.standing);
                return Some(Said::Standing(kept.standing));
            }
            None
        })
    }
}
