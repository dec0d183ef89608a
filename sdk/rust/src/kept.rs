//! What was sent and is not known to have arrived, so that it can be sent again.
//!
//! A chunk has arrived when credit for all bytes up to its end came back: the server reads in order,
//! and grants only what it has read. An event has arrived when it is acknowledged, and anything else when
//! something after it has. So what is kept is bounded by the flow credit.

use crate::v1;
use crate::v1::interview_request::Message as Say;
use std::collections::{HashMap, VecDeque};

#[derive(Debug)]
struct Entry {
    request: v1::InterviewRequest,
    /// Media bytes sent up to its end, those that the server held at the last restatement included.
    end: u64,
    acknowledged: bool,
}

impl Entry {
    /// Whether it is known to have arrived by itself; `None` for what only tells by what follows.
    fn arrived(&self, granted: u64) -> Option<bool> {
        match self.request.message {
            Some(Say::Media(_)) => Some(self.end <= granted),
            Some(Say::Event(_)) => Some(self.acknowledged),
            _ => None,
        }
    }
}

/// See the module. Requests leave through [`Kept::next`] in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    entries: VecDeque<Entry>,
    /// How many of them were handed to the connection.
    sent: usize,
    end: u64,
    granted: u64,
    /// Media bytes that came in since the start.
    seen: u64,
}

fn media_bytes(request: &v1::InterviewRequest) -> u64 {
    match &request.message {
        Some(Say::Media(chunk)) => chunk.payload.len() as u64,
        _ => 0,
    }
}

impl Kept {
    /// Takes a request that is to be sent.
    pub(crate) fn push(&mut self, request: v1::InterviewRequest) {
        let bytes = media_bytes(&request);
        self.seen = self.seen.saturating_add(bytes);
        self.end = self.end.saturating_add(bytes);
        self.entries.push_back(Entry {
            request,
            end: self.end,
            acknowledged: false,
        });
    }

    /// True when something waits to be sent.
    pub(crate) fn has_next(&self) -> bool {
        self.sent < self.entries.len()
    }

    /// The next request to send.
    pub(crate) fn next(&mut self) -> Option<v1::InterviewRequest> {
        let entry = self.entries.get_mut(self.sent)?;
        self.sent += 1;
        Some(entry.request.clone())
    }

    /// Credit came back.
    pub(crate) fn granted(&mut self, bytes: u64) {
        self.granted = self.granted.saturating_add(bytes);
        self.let_go();
    }

    /// An event was acknowledged.
    pub(crate) fn acknowledged(&mut self, event_id: u64) {
        let own = |e: &&mut Entry| matches!(&e.request.message, Some(Say::Event(x)) if x.event_id == event_id);
        if let Some(entry) = self.entries.iter_mut().find(own) {
            entry.acknowledged = true;
        }
        self.let_go();
    }

    fn let_go(&mut self) {
        loop {
            // What stands before something that arrived has arrived as well.
            let sent = self.entries.iter().take(self.sent);
            let own = sent.map(|e| e.arrived(self.granted));
            let Some(first) = own
                .take_while(|a| *a != Some(false))
                .position(|a| a.is_some())
            else {
                return;
            };
            self.entries.drain(..=first);
            self.sent -= first + 1;
        }
    }

    /// Starts anew on another connection, where `capacity` bytes may be under way in all. Returns
    /// the bytes that are to be sent again, and all that were seen.
    pub(crate) fn resume(&mut self, at: &v1::Resumed, capacity: u64) -> (u64, u64) {
        let positions: HashMap<&str, u64> = at
            .tracks
            .iter()
            .map(|t| (t.track_id.as_str(), t.sequence))
            .collect();
        let taken = |e: &Entry| match &e.request.message {
            Some(Say::Media(chunk)) => positions
                .get(chunk.track_id.as_str())
                .is_some_and(|p| chunk.sequence <= *p),
            Some(Say::Event(x)) => at.latest_event_id.is_some_and(|id| x.event_id <= id),
            _ => false,
        };
        // Read in order: everything up to the last that was taken. What was never sent was not.
        let sent = self.entries.iter().take(self.sent).rposition(taken);
        match at.closed {
            true => self.entries.clear(),
            false => drop(self.entries.drain(..sent.map_or(0, |last| last + 1))),
        }
        self.sent = 0;
        self.granted = 0;
        self.end = capacity.saturating_sub(at.credit_bytes);
        let held = self.end;
        for entry in &mut self.entries {
            self.end += media_bytes(&entry.request);
            entry.end = self.end;
        }
        (self.end - held, self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(sequence: u64, bytes: usize) -> v1::InterviewRequest {
        v1::InterviewRequest {
            message: Some(Say::Media(v1::MediaChunk {
                track_id: "v".into(),
                sequence,
                payload: vec![0; bytes].into(),
                ..Default::default()
            })),
        }
    }

    fn event(event_id: u64) -> v1::InterviewRequest {
        v1::InterviewRequest {
            message: Some(Say::Event(v1::ControlEvent {
                event_id,
                ..Default::default()
            })),
        }
    }

    fn rest(kept: &mut Kept) -> Vec<v1::InterviewRequest> {
        std::iter::from_fn(|| kept.next()).collect()
    }

    #[test]
    fn what_arrived_is_let_go_and_the_rest_is_sent_again() {
        let mut kept = Kept::default();
        for request in [media(0, 10), event(1), media(1, 20), event(2), media(2, 30)] {
            kept.push(request);
        }
        assert_eq!(rest(&mut kept).len(), 5);
        kept.granted(10);
        kept.acknowledged(1);
        assert_eq!(kept.entries.len(), 3, "{kept:?}");
        kept.push(media(3, 40));
        // The server had taken one chunk more than it had granted, and the second event.
        let at = v1::Resumed {
            tracks: vec![v1::TrackPosition {
                track_id: "v".into(),
                sequence: 1,
            }],
            latest_event_id: Some(2),
            credit_bytes: 80,
            ..Default::default()
        };
        assert_eq!(kept.resume(&at, 100), (70, 100));
        assert_eq!(rest(&mut kept), [media(2, 30), media(3, 40)]);
        // What the server held comes back first.
        kept.granted(20);
        assert_eq!(kept.entries.len(), 2);
        kept.granted(30);
        assert_eq!(kept.entries.len(), 1);
        kept.granted(40);
        assert!(kept.entries.is_empty() && !kept.has_next());
    }

    #[test]
    fn what_has_no_number_has_arrived_when_something_after_it_has() {
        let issue = v1::InterviewRequest {
            message: Some(Say::IssueChallenge(v1::IssueChallenge::default())),
        };
        let mut kept = Kept::default();
        for request in [issue.clone(), media(0, 10), issue.clone()] {
            kept.push(request);
        }
        assert_eq!(rest(&mut kept).len(), 3);
        kept.granted(10);
        assert_eq!(kept.entries.len(), 1, "the last may not have got through");
        let at = v1::Resumed {
            credit_bytes: 100,
            ..Default::default()
        };
        kept.resume(&at, 100);
        assert_eq!(rest(&mut kept), [issue]);
    }

    #[test]
    fn nothing_is_sent_again_to_an_interview_that_was_closed() {
        let mut kept = Kept::default();
        kept.push(media(0, 10));
        let at = v1::Resumed {
            closed: true,
            ..Default::default()
        };
        assert_eq!(kept.resume(&at, 100).0, 0);
        assert!(!kept.has_next());
    }
}
