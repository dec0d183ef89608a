//! What waits for a client to read it: bounded by pausing work, with credit and notices merged.
//! Credit goes out when much of it has come together, or after a moment: a message for each chunk
//! would cost server and client more than the chunk.
//!
//! A message gets its number when it is first sent. Final segments, acknowledgements and the
//! summary are kept after that, within a bound, for a client that comes back on a new connection
//! and says what it has; they go out again under the same numbers. A provisional segment gives way
//! to a later revision that still waits with it.

use super::{Hello, Notice, NoticeKind, Numbered, ServerMessage, SessionError, Tail};
use crate::core::TrackId;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// At most one notice of a kind and track in this time: 1 s. Later ones are merged, with their
/// counts added.
const NOTICE_INTERVAL: Duration = Duration::from_secs(1);

/// Credit waits for more of it no longer than this: 100 ms.
const CREDIT_DELAY: Duration = Duration::from_millis(100);

type NoticeKey = (NoticeKind, Option<TrackId>);

/// Messages for one client. `hello` is first and the end last, whatever else comes.
#[derive(Debug, Default)]
pub struct Outbox {
    hello: Option<ServerMessage>,
    greeted: bool,
    credit: u64,
    /// Since when credit waits.
    credit_since: Option<Instant>,
    /// So much credit does not wait.
    prompt_credit: u64,
    notices: BTreeMap<NoticeKey, Notice>,
    noticed_at: BTreeMap<NoticeKey, Instant>,
    fifo: VecDeque<ServerMessage>,
    end: Option<Option<SessionError>>,
    /// The end as it was told.
    ended: Option<SessionError>,
    /// Number of the next message that was never sent.
    next: u64,
    /// Sent, and not known to have arrived; in order.
    kept: VecDeque<Numbered>,
    /// To be sent again; numbers above those of `kept`.
    again: VecDeque<Numbered>,
    most_kept: usize,
    /// Messages that were let go unconfirmed: how many, and the number of the last.
    let_go: (u64, u64),
    forgetful: bool,
}

/// The next thing to send.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// A message.
    Message(Numbered),
    /// Nothing follows; the stream ends, with an error or in order.
    End(Option<SessionError>),
}

impl Outbox {
    /// An empty outbox that keeps so many messages after they were sent, and collects credit up to so
    /// many bytes.
    pub fn keeping(most_kept: usize, prompt_credit: u64) -> Self {
        Self {
            most_kept,
            prompt_credit,
            ..Self::default()
        }
    }

    /// Messages that count against the bound.
    pub fn len(&self) -> usize {
        self.fifo.len()
    }

    /// Queues the greeting; nothing leaves before it.
    pub fn greet(&mut self, hello: ServerMessage) {
        self.hello = Some(hello);
    }

    /// Queues a message behind all others.
    pub fn push(&mut self, message: ServerMessage) {
        if self.forgetful {
            return;
        }
        if let ServerMessage::Segment(new) = &message {
            let outdated = |m: &ServerMessage| {
                matches!(m, ServerMessage::Segment(old) if !old.is_final
                    && old.index == new.index && old.participant == new.participant)
            };
            self.fifo.retain(|m| !outdated(m));
        }
        self.fifo.push_back(message);
    }

    /// A client comes back that has everything up to `last_sequence`: what it lacks goes out again,
    /// after a new greeting. Returns how many messages it lacks that are no longer there, at most.
    pub fn resume(&mut self, last_sequence: u64) -> u64 {
        self.kept.append(&mut self.again);
        self.kept.retain(|m| m.sequence > last_sequence);
        self.again = std::mem::take(&mut self.kept);
        self.greeted = false;
        self.credit = 0;
        self.credit_since = None;
        let (count, last) = self.let_go;
        count.min(last.saturating_sub(last_sequence))
    }

    /// Number of the next message after a greeting.
    pub fn next_sequence(&self) -> u64 {
        self.again.front().map_or(self.next, |m| m.sequence)
    }

    /// Keeps nothing from now on: nobody will read it.
    pub fn forget(&mut self) {
        *self = Self {
            forgetful: true,
            next: self.next,
            ..Self::default()
        };
    }

    /// True after [`Outbox::forget`].
    pub fn is_forgetful(&self) -> bool {
        self.forgetful
    }

    /// What a client that comes back after the end may lack.
    pub fn into_tail(mut self, hello: Hello) -> Tail {
        let mut messages: Vec<Numbered> = self.kept.drain(..).chain(self.again.drain(..)).collect();
        for message in self.fifo.drain(..).filter(ServerMessage::is_kept) {
            let sequence = self.next;
            self.next += 1;
            messages.push(Numbered { sequence, message });
        }
        Tail {
            hello,
            messages,
            end: self.end.flatten().or(self.ended),
            next_sequence: self.next,
        }
    }

    /// Grants payload bytes.
    pub fn grant(&mut self, bytes: u64, now: Instant) {
        self.credit = self.credit.saturating_add(bytes);
        if self.credit > 0 {
            self.credit_since.get_or_insert(now);
        }
    }

    /// When credit goes out; what is left of it goes before the end.
    fn credit_at(&self) -> Option<Instant> {
        let since = self.credit_since?;
        let at_once = self.credit >= self.prompt_credit || self.end.is_some();
        Some(if at_once { since } else { since + CREDIT_DELAY })
    }

    fn is_credit_due(&self, now: Instant) -> bool {
        self.credit_at().is_some_and(|at| at <= now)
    }

    /// Queues a notice, merged with one of the same kind and track that still waits.
    pub fn notice(&mut self, notice: Notice) {
        if self.forgetful {
            return;
        }
        let key = (notice.kind, notice.track.clone());
        match self.notices.get_mut(&key) {
            Some(waiting) => {
                waiting.count = waiting.count.saturating_add(notice.count);
                waiting.time = notice.time;
                waiting.detail = notice.detail;
            }
            None => {
                self.notices.insert(key, notice);
            }
        }
    }

    /// Queues the end of the stream.
    pub fn end(&mut self, error: Option<SessionError>) {
        self.end = (!self.forgetful).then_some(error);
    }

    /// True when [`Outbox::pop`] would return something.
    pub fn is_ready(&self, now: Instant) -> bool {
        if self.hello.is_some() {
            return true;
        }
        if !self.greeted {
            return self.end.is_some();
        }
        self.is_credit_due(now)
            || !self.again.is_empty()
            || !self.fifo.is_empty()
            || self.end.is_some()
            || self.due_notice(now).is_some()
    }

    /// When a notice or credit that is held back may leave.
    pub fn next_due_at(&self) -> Option<Instant> {
        if !self.greeted {
            return None;
        }
        let due = |k: &NoticeKey| self.noticed_at.get(k).map(|t| *t + NOTICE_INTERVAL);
        let notices = self.notices.keys().filter_map(due);
        notices.chain(self.credit_at()).min()
    }

    /// The next thing to send.
    pub fn pop(&mut self, now: Instant) -> Option<Next> {
        if let Some(message) = self.hello.take() {
            self.greeted = true;
            self.next = self.next.max(1);
            // The first message of the interview, on whichever connection.
            let sequence = 0;
            return Some(Next::Message(Numbered { sequence, message }));
        }
        if self.greeted {
            // Numbers rise on a connection, so what was sent before comes before what is new.
            if let Some(message) = self.again.pop_front() {
                self.keep(message.clone());
                return Some(Next::Message(message));
            }
            if let Some(message) = self.pop_new(now) {
                let sequence = self.next;
                self.next += 1;
                let message = Numbered { sequence, message };
                if message.message.is_kept() {
                    self.keep(message.clone());
                }
                return Some(Next::Message(message));
            }
        }
        let end = self.end.take()?;
        // For a client that comes back.
        self.ended.clone_from(&end);
        Some(Next::End(end))
    }

    fn pop_new(&mut self, now: Instant) -> Option<ServerMessage> {
        if self.is_credit_due(now) {
            self.credit_since = None;
            return Some(ServerMessage::Credit(std::mem::take(&mut self.credit)));
        }
        let notice = self.pop_notice(now).map(ServerMessage::Notice);
        notice.or_else(|| self.fifo.pop_front())
    }

    fn keep(&mut self, message: Numbered) {
        if self.most_kept == 0 {
            return;
        }
        if self.kept.len() >= self.most_kept
            && let Some(oldest) = self.kept.pop_front()
        {
            self.let_go = (self.let_go.0 + 1, oldest.sequence);
        }
        self.kept.push_back(message);
    }

    fn due_notice(&self, now: Instant) -> Option<&NoticeKey> {
        // The last words are not held back.
        let last = self.end.is_some();
        let due = |k: &&NoticeKey| {
            last || self
                .noticed_at
                .get(*k)
                .is_none_or(|t| now >= *t + NOTICE_INTERVAL)
        };
        self.notices.keys().find(due)
    }

    fn pop_notice(&mut self, now: Instant) -> Option<Notice> {
        let key = self.due_notice(now)?.clone();
        let notice = self.notices.remove(&key)?;
        self.noticed_at.insert(key, now);
        Some(notice)
    }
}

#[cfg(test)]
mod tests;
