//! What a server says of its signals at the start, and when the stream turns out otherwise.

use crate::support::*;
use liveproof_sdk::v1;

/// What is said of a signal of the candidate.
fn of<'a>(all: &'a [v1::SignalCapability], signal: &str) -> &'a v1::SignalCapability {
    let found = all
        .iter()
        .find(|c| c.participant_id == "candidate" && c.signal == signal);
    found.unwrap_or_else(|| panic!("nothing is said of {signal}: {all:?}"))
}

/// The usual interview, announced with this frame rate.
fn announced(fps: f32) -> v1::Open {
    let mut open = open();
    for track in &mut open.tracks {
        if let Some(v1::track::Details::Video(video)) = &mut track.details {
            video.nominal_fps = fps;
        }
    }
    open
}

/// `seconds` of pictures at `fps`, with sound.
fn messages(open: v1::Open, fps: i64, seconds: i64) -> Vec<v1::InterviewRequest> {
    let mut all = vec![say_open(open)];
    let mut sounds = (0..seconds * 10).peekable();
    for i in 0..seconds * fps {
        let at = i * 1_000_000 / fps;
        while let Some(s) = sounds.next_if(|s| s * 100_000 <= at) {
            all.push(sound(s as u64, s * 100_000));
        }
        all.push(picture(i as u64, at));
    }
    all.push(say_close());
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_too_slow_is_said_at_the_start() {
    let served = serve(|_| {}).await;
    let talk = served.talk(messages(announced(2.0), 2, 1)).await;
    let signals = talk.hello.unwrap().signals;
    let lips = of(&signals, "lip_sync");
    assert!(!lips.available && lips.confidence() == v1::SignalConfidence::None);
    assert_eq!(lips.detail, "lip-sync needs >= 15 fps; you announce 2.0");
    let faces = of(&signals, "face_swap");
    assert_eq!(faces.confidence(), v1::SignalConfidence::Limited);
    assert!(
        faces.limits[0].contains("4 fps would lift this"),
        "{:?}",
        faces.limits
    );
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_slower_than_announced_is_said_again_once() {
    let served = serve(|_| {}).await;
    let talk = served.talk(messages(announced(25.0), 6, 16)).await;
    let hello = talk.hello.unwrap().signals;
    assert!(of(&hello, "lip_sync").available, "25 fps were announced");
    let [update] = talk.updates.as_slice() else {
        panic!("{:?}", talk.updates)
    };
    assert_eq!(update.time_us, 6_000_000, "after two segments that agree");
    let lips = of(&update.signals, "lip_sync");
    assert!(!lips.available && lips.reason() == v1::AbstainReason::LowFrameRate);
    assert_eq!(
        lips.detail,
        "lip-sync needs >= 15 fps; this track brings 6.0"
    );
    let hands = of(&update.signals, "hand_occlusion");
    assert_eq!(hands.confidence(), v1::SignalConfidence::Limited);
    assert!(
        hands.limits[0].contains("10 fps would lift this"),
        "{:?}",
        hands.limits
    );
    // All signals are told again, the unchanged ones too.
    assert_eq!(update.signals.len(), hello.len());
    served.stop().await.unwrap();
}
