//! Order, merging, numbers, and what a client that comes back gets.

use super::super::EventAck;
use super::super::tests::fake::segment;
use super::*;
use crate::core::MediaTime;
use proptest::prelude::*;

fn ack(id: u64) -> ServerMessage {
    ServerMessage::Ack(EventAck { id, refusal: None })
}

fn said(sequence: u64, message: ServerMessage) -> Next {
    Next::Message(Numbered { sequence, message })
}

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
async fn credit_waits_for_more_of_it_but_not_for_long() {
    let mut o = Outbox::keeping(8, 100);
    let now = Instant::now();
    o.greet(ServerMessage::Credit(0));
    assert!(o.pop(now).is_some());
    o.grant(60, now);
    assert!(!o.is_ready(now));
    assert_eq!(o.next_due_at(), Some(now + CREDIT_DELAY));
    assert_eq!(o.pop(now), None);
    let later = now + CREDIT_DELAY;
    assert!(o.is_ready(later));
    assert_eq!(o.pop(later), Some(said(1, ServerMessage::Credit(60))));
    assert_eq!(o.next_due_at(), None);
    o.grant(60, later);
    o.grant(40, later);
    assert_eq!(o.pop(later), Some(said(2, ServerMessage::Credit(100))));
    // The end takes along what is left.
    o.grant(7, later);
    o.end(None);
    assert_eq!(o.pop(later), Some(said(3, ServerMessage::Credit(7))));
    assert_eq!(o.pop(later), Some(Next::End(None)));
}

#[tokio::test(start_paused = true)]
async fn hello_is_first_the_end_last_and_credit_is_merged() {
    let mut o = Outbox::default();
    let now = Instant::now();
    o.push(ack(1));
    o.grant(3, now);
    o.grant(4, now);
    assert!(!o.is_ready(now), "nothing before hello");
    o.greet(ServerMessage::Credit(0));
    o.end(None);
    let mut seen = Vec::new();
    while let Some(next) = o.pop(now) {
        seen.push(next);
    }
    assert_eq!(seen[0], said(0, ServerMessage::Credit(0)));
    assert_eq!(seen[1], said(1, ServerMessage::Credit(7)));
    assert_eq!(seen[2], said(2, ack(1)));
    assert_eq!(seen[3], Next::End(None));
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
    assert_eq!(o.next_due_at(), Some(now + NOTICE_INTERVAL));
    let later = now + NOTICE_INTERVAL;
    let merged = ServerMessage::Notice(notice(7));
    assert_eq!(o.pop(later), Some(said(1, merged)));
    o.notice(notice(1));
    o.end(None);
    assert!(
        matches!(o.pop(later), Some(Next::Message(_))),
        "last words are not held back"
    );
}

/// A segment's first revision, or its final one.
fn verdict(index: u64, is_final: bool) -> ServerMessage {
    let mut result = segment(index);
    result.is_final = is_final;
    ServerMessage::Segment(Box::new(result))
}

#[tokio::test(start_paused = true)]
async fn a_provisional_result_gives_way_to_a_later_one_that_waits_with_it() {
    let now = Instant::now();
    let mut o = Outbox::keeping(8, 1);
    o.greet(ServerMessage::Credit(0));
    assert_eq!(o.pop(now), Some(said(0, ServerMessage::Credit(0))));
    o.push(verdict(0, false));
    o.push(verdict(1, false));
    o.push(verdict(0, false));
    assert_eq!(o.len(), 2);
    o.push(verdict(0, true));
    assert_eq!(o.pop(now), Some(said(1, verdict(1, false))));
    assert_eq!(o.pop(now), Some(said(2, verdict(0, true))));
    assert_eq!(o.pop(now), None);
    // Only the final one is sent again.
    assert_eq!((o.resume(0), o.next_sequence()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_bounded_and_what_was_let_go_is_told() {
    let now = Instant::now();
    let mut o = Outbox::keeping(3, 1);
    o.greet(ServerMessage::Credit(0));
    (0..10).for_each(|id| o.push(ack(id)));
    while o.pop(now).is_some() {}
    // The numbers 1 to 10 were sent, and 8 to 10 are still there.
    assert_eq!(
        (o.resume(9), o.next_sequence()),
        (0, 10),
        "nothing is lacking"
    );
    o.greet(ServerMessage::Credit(0));
    while o.pop(now).is_some() {}
    assert_eq!(
        (o.resume(5), o.next_sequence()),
        (2, 10),
        "6 and 7, with 8 and 9 confirmed"
    );
}

proptest! {
    /// However often the connection breaks, and whatever of the last messages it swallows, the
    /// client gets every kept message once, in order, under one number each.
    #[test]
    fn nothing_that_is_kept_is_lost_or_comes_twice(
        steps in prop::collection::vec((0u8..6, 0u64..9), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        let now = Instant::now();
        let mut o = Outbox::keeping(1_000, 1);
        o.greet(ServerMessage::Credit(0));
        let (mut pushed, mut got) = (0u64, Vec::new());
        let mut last = 0;
        // On its way: sent, and not yet read by the client.
        let mut under_way: std::collections::VecDeque<Numbered> = Default::default();
        let mut finish = 0;
        for (kind, n) in steps.into_iter().chain((0..2_000).map(|_| (9, 0))) {
            match kind {
                0 => {
                    o.push(ack(pushed));
                    pushed += 1;
                }
                1 => o.push(verdict(n, false)),
                2 => o.grant(n, now),
                3 => {
                    // The connection breaks: what was under way is gone.
                    under_way.clear();
                    prop_assert_eq!(o.resume(last), 0);
                    o.greet(ServerMessage::Credit(0));
                }
                4 => {
                    if let Some(Next::Message(m)) = o.pop(now) {
                        under_way.push_back(m);
                    }
                }
                9 => {
                    finish += 1;
                    if let Some(Next::Message(m)) = o.pop(now) {
                        under_way.push_back(m);
                    }
                }
                _ => {}
            }
            if (kind == 5 || finish > 0) && let Some(m) = under_way.pop_front() {
                let is_hello = m.sequence == 0;
                prop_assert!(is_hello || m.sequence > last, "numbers rise: {} after {last}", m.sequence);
                last = last.max(m.sequence);
                if let ServerMessage::Ack(a) = m.message {
                    got.push(a.id);
                }
            }
        }
        prop_assert_eq!(got, (0..pushed).collect::<Vec<_>>());
    }
}
