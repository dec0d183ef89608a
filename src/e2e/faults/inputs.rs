//! Media that a network has mangled before it reaches the service: lost, late, twice, and clocks
//! that jump.

use crate::support::*;
use liveproof_sdk::v1;

/// Pictures and sound of six seconds, as (track, sequence, time in microseconds).
fn media() -> Vec<(&'static str, u64, i64)> {
    let step = |i: u64| {
        [
            ("camera", i, i as i64 * 100_000),
            ("mic", i, i as i64 * 100_000),
        ]
    };
    (0..60).flat_map(step).collect()
}

fn messages(media: &[(&'static str, u64, i64)]) -> Vec<v1::InterviewRequest> {
    let mut out = vec![say_open(open())];
    for (track, sequence, time) in media {
        out.push(match *track {
            "camera" => picture(*sequence, *time),
            _ => sound(*sequence, *time),
        });
    }
    out.push(say_event(1, 1_000_000, question_end()));
    out.push(say_close());
    out
}

struct Seen {
    coverage: v1::Coverage,
    finals: usize,
    told: Vec<(v1::NoticeKind, u64)>,
}

async fn run(served: &Served, what: &str, media: &[(&'static str, u64, i64)]) -> Seen {
    let talk = served.talk(messages(media)).await;
    assert_eq!(talk.status, None, "{what}");
    assert!(talk.acks.len() == 1 && talk.acks[0].accepted, "{what}");
    let summary = talk.summary.unwrap();
    assert!(!summary.partial, "{what}: {}", summary.end_reason);
    Seen {
        coverage: summary.participants[0].coverage.unwrap(),
        finals: talk.segments.iter().filter(|s| s.r#final).count(),
        told: talk.notices.iter().map(|n| (n.kind(), n.count)).collect(),
    }
}

fn count(seen: &Seen, kind: v1::NoticeKind) -> u64 {
    let of = seen.told.iter().filter(|(k, _)| *k == kind);
    of.map(|(_, n)| n).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_late_and_repeated_media_is_counted_and_told_and_nothing_else_suffers() {
    use v1::NoticeKind as K;
    let served = serve(|_| {}).await;
    let whole = run(&served, "whole", &media()).await;
    assert_eq!((whole.coverage.frames_seen, whole.finals), (60, 2));
    assert!(whole.told.is_empty(), "{:?}", whole.told);

    let mut lossy = media();
    lossy.retain(|(track, n, _)| *track == "mic" || n % 5 != 3);
    let lossy = run(&served, "loss", &lossy).await;
    assert_eq!(lossy.coverage.frames_seen, 48);
    assert_eq!(lossy.coverage.frames_dropped, 12, "the sequence tells");
    assert_eq!(count(&lossy, K::MediaLost), 12);
    assert!(lossy.coverage.video < whole.coverage.video);
    assert_eq!(
        (lossy.coverage.audio, lossy.finals),
        (whole.coverage.audio, 2)
    );

    let mut twice = media();
    for i in (0..120).rev().step_by(7) {
        twice.insert(i + 1, twice[i]);
    }
    let repeated = (twice.len() - 120) as u64;
    let twice = run(&served, "duplication", &twice).await;
    assert_eq!(count(&twice, K::MediaRefused), repeated);
    assert_eq!(
        twice.coverage, whole.coverage,
        "what came twice is not missing"
    );

    let mut swapped = media();
    // Every tenth picture comes after its successor.
    for i in (0..50).step_by(10) {
        swapped.swap(2 * i, 2 * i + 2);
    }
    let swapped = run(&served, "reordering", &swapped).await;
    assert_eq!(count(&swapped, K::MediaRefused), 5, "{:?}", swapped.told);
    assert_eq!(swapped.coverage.frames_seen, 55);
    assert_eq!(swapped.finals, 2);
    served.serves_on("after a bad network").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_is_told_and_the_interview_goes_on() {
    let served = serve(|_| {}).await;
    for (what, by) in [("forwards", 3_600_000_000_i64), ("back", -3_600_000_000)] {
        let jumped: Vec<_> = media()
            .into_iter()
            .map(|(track, n, t)| (track, n, t + if n >= 35 { by } else { 0 }))
            .collect();
        let seen = run(&served, what, &jumped).await;
        assert!(
            count(&seen, v1::NoticeKind::ClockJump) >= 1,
            "{what}: {:?}",
            seen.told
        );
        // An hour ahead, the half second before the jump is too far back to be looked at.
        assert!(
            seen.coverage.frames_seen >= 55,
            "{what}: {:?}",
            seen.coverage
        );
    }
    served.serves_on("after clock jumps").await;
    served.stop().await.unwrap();
}
