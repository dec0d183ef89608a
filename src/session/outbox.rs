//! What waits for a client to read it: bounded by pausing work, with credit and notices merged.

use super::{Notice, NoticeKind, ServerMessage, SessionError};
use crate::core::TrackId;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// At most one notice of a kind and track in this time: 1 s. Later ones are merged, with their
/// counts added.
const NOTICE_INTERVAL: Duration = Duration::from_secs(1);

type NoticeKey = (NoticeKind, Option<TrackId>);

/// Messages waiting for one client. `hello` is first and the end last, whatever else comes.
#[derive(Debug, Default)]
pub struct Outbox {
    hello: Option<ServerMessage>,
    greeted: bool,
    credit: u64,
    notices: BTreeMap<NoticeKey, Notice>,
    noticed_at: BTreeMap<NoticeKey, Instant>,
    fifo: VecDeque<ServerMessage>,
    end: Option<Option<SessionError>>,
}

/// The next thing to send.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// A message.
    Message(ServerMessage),
    /// Nothing follows; the stream ends, with an error or in order.
    End(Option<SessionError>),
}

impl Outbox {
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
        self.fifo.push_back(message);
    }

    /// Grants payload bytes.
    pub fn grant(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_add(bytes);
    }

    /// Queues a notice, merged with one of the same kind and track that still waits.
    pub fn notice(&mut self, notice: Notice) {
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
        self.end = Some(error);
    }

    /// True when [`Outbox::pop`] would return something.
    pub fn is_ready(&self, now: Instant) -> bool {
        if self.hello.is_some() {
            return true;
        }
        if !self.greeted {
            return self.end.is_some();
        }
        self.credit > 0
            || !self.fifo.is_empty()
            || self.end.is_some()
            || self.due_notice(now).is_some()
    }

    /// When a notice that is held back may leave.
    pub fn next_notice_at(&self) -> Option<Instant> {
        if !self.greeted {
            return None;
        }
        let due = |k: &NoticeKey| self.noticed_at.get(k).map(|t| *t + NOTICE_INTERVAL);
        self.notices.keys().filter_map(due).min()
    }

    /// The next thing to send.
    pub fn pop(&mut self, now: Instant) -> Option<Next> {
        if let Some(hello) = self.hello.take() {
            self.greeted = true;
            return Some(Next::Message(hello));
        }
        if self.greeted {
            if self.credit > 0 {
                let credit = std::mem::take(&mut self.credit);
                return Some(Next::Message(ServerMessage::Credit(credit)));
            }
            if let Some(notice) = self.pop_notice(now) {
                return Some(Next::Message(ServerMessage::Notice(notice)));
            }
            if let Some(message) = self.fifo.pop_front() {
                return Some(Next::Message(message));
            }
        }
        self.end.take().map(Next::End)
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
mod tests {
    use super::*;
    use crate::core::MediaTime;

    fn notice(count: u64) -> Notice {
        Notice {
            kind: NoticeKind::MediaDropped,
            track: None,
            time: MediaTime::ZERO,
            detail: "dropped".into(),
            count,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn hello_is_first_the_end_last_and_credit_is_merged() {
        let mut o = Outbox::default();
        let now = Instant::now();
        o.push(ServerMessage::Ack(super::super::EventAck {
            id: 1,
            refusal: None,
        }));
        o.grant(3);
        o.grant(4);
        assert!(!o.is_ready(now), "nothing before hello");
        o.greet(ServerMessage::Credit(0));
        o.end(None);
        let mut seen = Vec::new();
        while let Some(next) = o.pop(now) {
            seen.push(next);
        }
        assert!(matches!(seen[0], Next::Message(ServerMessage::Credit(0))));
        assert!(matches!(seen[1], Next::Message(ServerMessage::Credit(7))));
        assert!(matches!(seen[2], Next::Message(ServerMessage::Ack(_))));
        assert!(matches!(seen[3], Next::End(None)));
        assert!(!o.is_ready(now));
    }

    #[tokio::test(start_paused = true)]
    async fn notices_of_a_kind_are_merged_within_a_second() {
        let mut o = Outbox {
            greeted: true,
            ..Outbox::default()
        };
        let now = Instant::now();
        o.notice(notice(1));
        assert!(o.pop(now).is_some());
        o.notice(notice(2));
        o.notice(notice(5));
        assert!(!o.is_ready(now));
        assert_eq!(o.next_notice_at(), Some(now + NOTICE_INTERVAL));
        let later = now + NOTICE_INTERVAL;
        let Some(Next::Message(ServerMessage::Notice(n))) = o.pop(later) else {
            panic!("a notice is due")
        };
        assert_eq!(n.count, 7);
        o.notice(notice(1));
        o.end(None);
        assert!(
            matches!(o.pop(later), Some(Next::Message(_))),
            "last words are not held back"
        );
    }
}
