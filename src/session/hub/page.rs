//! The way to a candidate's page, and the account of what came from it.

use crate::core::{MediaTime, TrackId};
use crate::session::{ChallengeState, ClientMessage, Hello, Notice, Numbered, ServerMessage};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Messages on their way to the candidate's page; one that does not read them has lost its seat.
const PAGE_MESSAGES: usize = 64;

/// What a page is told first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The host's title.
    pub title: String,
    /// Media bytes that may be under way.
    pub credit_bytes: u64,
    /// Index of the next push.
    pub next_index: u64,
    /// Latest capture time, microseconds.
    pub latest_us: i64,
    /// Next chunk number of each track that sent anything.
    pub positions: Vec<(TrackId, u64)>,
    /// Largest message in bytes.
    pub max_message_bytes: u64,
}

/// What a candidate's page is told: nothing of any assessment.
#[derive(Debug, Clone, PartialEq)]
pub enum PageMessage {
    /// First message.
    Welcome(Welcome),
    /// More media bytes.
    Credit(u64),
    /// About the material.
    Notice(Notice),
    /// A challenge is issued, open, asked again, or over; what came of it is not for the page.
    Challenge(Arc<Numbered>),
    /// Last message.
    Goodbye {
        /// Why.
        reason: String,
    },
}

/// The way to the candidate's page.
#[derive(Default)]
pub(super) struct Page {
    to: Option<mpsc::Sender<PageMessage>>,
    /// Seats taken so far.
    seats: u64,
    granted: u64,
    pushed: u64,
    max_message_bytes: u64,
    latest: Option<(i64, Instant)>,
    positions: BTreeMap<TrackId, u64>,
    /// All that was said of challenges that are not over: a page that comes anew needs the prompt, too.
    open: Vec<Arc<Numbered>>,
    ended: Option<Instant>,
}

// === impl Page ===

impl Page {
    /// The session has greeted.
    pub(super) fn greeted(&mut self, hello: &Hello) {
        self.granted = hello.limits.initial_credit_bytes;
        self.max_message_bytes = hello.limits.max_message_bytes;
    }

    /// Gives the seat to a page, which is welcomed, and takes it from the one before. The second value is the
    /// seat's number.
    pub(super) fn seat(
        &mut self,
        title: &str,
        next_index: u64,
    ) -> (mpsc::Receiver<PageMessage>, u64) {
        let (to, messages) = mpsc::channel(PAGE_MESSAGES);
        self.seats += 1;
        let positions = self.positions.iter();
        let welcome = Welcome {
            title: title.to_owned(),
            credit_bytes: self.granted.saturating_sub(self.pushed),
            next_index,
            latest_us: self.latest.map_or(0, |(us, _)| us),
            positions: positions.map(|(t, n)| (t.clone(), *n)).collect(),
            max_message_bytes: self.max_message_bytes,
        };
        let open = self.open.iter().cloned().map(PageMessage::Challenge);
        for message in [PageMessage::Welcome(welcome)].into_iter().chain(open) {
            // There are fewer than it holds.
            to.try_send(message).ok();
        }
        if let Some(before) = self.to.replace(to) {
            // Without a word it would join again, and two pages take the seat from each other for ever.
            let reason = "the interview was opened in another window".to_owned();
            before.try_send(PageMessage::Goodbye { reason }).ok();
        }
        (messages, self.seats)
    }

    /// The page of a seat is gone; true where that was the latest one.
    pub(super) fn left(&mut self, seat: u64) -> bool {
        let current = self.seats == seat && self.ended.is_none();
        if current {
            self.to = None;
        }
        current
    }

    /// What the page has to know of what the session says; nothing of any assessment.
    pub(super) fn hear(&mut self, message: &Arc<Numbered>) -> Option<PageMessage> {
        match &message.message {
            ServerMessage::Credit(bytes) => {
                self.granted = self.granted.saturating_add(*bytes);
                Some(PageMessage::Credit(*bytes))
            }
            ServerMessage::Notice(notice) => Some(PageMessage::Notice(notice.clone())),
            ServerMessage::Challenge(update) => {
                let of = |m: &Arc<Numbered>| match &m.message {
                    ServerMessage::Challenge(u) => u.challenge == update.challenge,
                    _ => false,
                };
                match update.state {
                    // A request that was refused was the host's.
                    ChallengeState::Refused { .. } => return None,
                    ChallengeState::Concluded { .. } => self.open.retain(|m| !of(m)),
                    _ => self.open.push(Arc::clone(message)),
                }
                Some(PageMessage::Challenge(Arc::clone(message)))
            }
            ServerMessage::Summary { summary, .. } => Some(PageMessage::Goodbye {
                reason: summary.end_reason.clone(),
            }),
            ServerMessage::Hello(_)
            | ServerMessage::Segment(_)
            | ServerMessage::Capabilities { .. }
            | ServerMessage::Ack(_) => None,
        }
    }

    /// Tells the page, if one has the seat; false where it has just lost it by not reading.
    pub(super) fn tell(&mut self, message: PageMessage) -> bool {
        let told = self
            .to
            .as_ref()
            .is_none_or(|to| to.try_send(message).is_ok());
        if !told {
            self.to = None;
        }
        told
    }

    /// Keeps the account of what the page sent.
    pub(super) fn note(&mut self, message: &ClientMessage) {
        match message {
            ClientMessage::Media(chunk) => {
                self.pushed = self.pushed.saturating_add(chunk.payload.len() as u64);
                let next = chunk.sequence.saturating_add(1);
                self.positions.insert(chunk.track.clone(), next);
                if self.latest.is_none_or(|(us, _)| us < chunk.capture_time_us) {
                    self.latest = Some((chunk.capture_time_us, Instant::now()));
                }
            }
            ClientMessage::UnusableMedia { bytes, .. } => {
                self.pushed = self.pushed.saturating_add(*bytes);
            }
            _ => {}
        }
    }

    /// Session time now, by the latest media and what has passed since it came.
    pub(super) fn now(&self) -> MediaTime {
        self.latest.map_or(MediaTime::ZERO, |(us, at)| {
            let since = i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX);
            MediaTime::from_us(us.saturating_add(since))
        })
    }

    /// Nothing more is said.
    pub(super) fn end(&mut self) {
        self.ended = Some(Instant::now());
        self.to = None;
    }

    /// When the interview ended.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.ended
    }
}
