//! Hostile and mistaken clients over a real socket, by table. Each row ends in a typed error or a
//! notice that names field and expectation; after each the server serves a normal interview.

mod material;
mod opening;

use crate::support::*;
use liveproof_sdk::v1;
use liveproof_sdk::v1::NoticeKind as K;
use liveproof_sdk::v1::control_event::Event as E;
use tonic::Code;

/// What a row must lead to; the words must all stand in the message.
enum Expect {
    /// The call ends with this code before anything is measured.
    Refused(Code, &'static [&'static str]),
    /// The call ends with this code, after a summary of what was taken in until then.
    Ended(Code, &'static [&'static str]),
    /// The interview goes on to its end; the client is told.
    Told(K, &'static [&'static str]),
    /// The interview goes on to its end; the last event was not taken into the record.
    EventRefused(&'static [&'static str]),
    /// The interview goes on to its end and nothing is wrong.
    Taken,
}

struct Row {
    name: &'static str,
    send: Vec<v1::InterviewRequest>,
    expect: Expect,
}

fn row(name: &'static str, send: Vec<v1::InterviewRequest>, expect: Expect) -> Row {
    Row { name, send, expect }
}

/// A changed announcement, refused for one field.
fn bad_open(name: &'static str, change: fn(&mut v1::Open), words: &'static [&'static str]) -> Row {
    let mut o = open();
    change(&mut o);
    row(
        name,
        vec![say_open(o)],
        Expect::Refused(Code::InvalidArgument, words),
    )
}

/// An announced interview in which these messages come, and then `close`.
fn within(name: &'static str, messages: Vec<v1::InterviewRequest>, expect: Expect) -> Row {
    let mut send = vec![say_open(open())];
    send.extend(messages);
    send.push(say_close());
    row(name, send, expect)
}

fn video_of(o: &mut v1::Open) -> &mut v1::VideoTrack {
    match o.tracks[0].details.as_mut() {
        Some(v1::track::Details::Video(v)) => v,
        _ => panic!("track 0 is video"),
    }
}

fn audio_of(o: &mut v1::Open) -> &mut v1::AudioTrack {
    match o.tracks[1].details.as_mut() {
        Some(v1::track::Details::Audio(a)) => a,
        _ => panic!("track 1 is audio"),
    }
}

fn check(name: &str, talk: &Talk, expect: &Expect) {
    let has = |text: &str, words: &[&str]| {
        for word in words {
            assert!(text.contains(word), "{name}: {text:?} lacks {word:?}");
        }
    };
    let (code, words) = match expect {
        Expect::Refused(code, words) | Expect::Ended(code, words) => (*code, *words),
        Expect::Told(kind, words) => {
            let found = talk.notices.iter().find(|n| n.kind() == *kind);
            let found = found.unwrap_or_else(|| panic!("{name}: {talk:?}"));
            has(&found.detail, words);
            assert!(found.count >= 1, "{name}");
            return in_order(name, talk);
        }
        Expect::EventRefused(words) => {
            let last = talk
                .acks
                .last()
                .unwrap_or_else(|| panic!("{name}: {talk:?}"));
            assert!(!last.accepted, "{name}");
            has(&last.detail, words);
            return in_order(name, talk);
        }
        Expect::Taken => {
            assert!(talk.notices.is_empty(), "{name}: {:?}", talk.notices);
            assert!(
                talk.acks.iter().all(|a| a.accepted),
                "{name}: {:?}",
                talk.acks
            );
            return in_order(name, talk);
        }
    };
    let status = talk
        .status
        .as_ref()
        .unwrap_or_else(|| panic!("{name}: {talk:?}"));
    assert_eq!(status.code, code, "{name}: {}", status.text);
    has(&status.text, words);
    if code == Code::InvalidArgument && words[0].contains('.') {
        assert!(
            status.fields.iter().any(|f| f == words[0]),
            "{name}: {:?}",
            status.fields
        );
    }
    let summarised = matches!(expect, Expect::Ended(..));
    assert_eq!(
        talk.summary.is_some(),
        summarised,
        "{name}: a summary for what was open"
    );
}

fn in_order(name: &str, talk: &Talk) {
    assert_eq!(talk.status, None, "{name}");
    let summary = talk
        .summary
        .as_ref()
        .unwrap_or_else(|| panic!("{name}: no summary"));
    assert!(!summary.partial, "{name}");
    assert_eq!(summary.end_reason, "closed by the client: done", "{name}");
    assert_eq!(summary.consent_id, "consent-7", "{name}");
}

async fn run(rows: Vec<Row>) {
    let served = serve(|_| {}).await;
    served.serves_on("at first").await;
    let mut faults = Vec::new();
    for Row { name, send, expect } in rows {
        let talk = served.talk(send).await;
        let checked = std::panic::catch_unwind(|| check(name, &talk, &expect));
        if checked.is_err() {
            faults.push(name);
        }
        served.empty(name).await;
        served.serves_on(name).await;
    }
    assert!(faults.is_empty(), "rows that do not hold: {faults:?}");
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn announcements_that_cannot_be_served_are_refused_by_field() {
    run(opening::announcements()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_out_of_turn_or_measure_end_their_own_interview() {
    run(opening::order()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_times_that_do_not_rise_are_told() {
    run(material::times()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_that_cannot_be_decoded_are_told() {
    run(material::contents()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_contradict_the_interview_are_refused_by_field() {
    run(material::events()).await;
}
