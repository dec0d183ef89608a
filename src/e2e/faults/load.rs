//! More to do than the machine can: what is left out, in which order, and that it is told.

use crate::support::*;
use liveproof::session::LadderLimits;
use liveproof_sdk::v1;
use std::time::Duration;

/// A ladder that climbs as soon as work falls behind, and never comes down.
fn hasty() -> LadderLimits {
    LadderLimits {
        old: Duration::ZERO,
        up_after: Duration::ZERO,
        fresh: Duration::ZERO,
        down_after: Duration::from_secs(600),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn overload_is_shed_step_by_step_told_and_counted() {
    let served = serve(|c| {
        c.workers = 1;
        c.session.ladder = Some(hasty());
        c.session.queue_bytes = 1 << 30;
    })
    .await;
    // Five thousand pictures a second: no machine keeps up with that.
    let mut messages = vec![say_open(open())];
    for i in 0..3_000 {
        messages.push(picture(i, i as i64 * 200));
        if i % 500 == 0 {
            messages.push(say_event(1 + i, 0, question_end()));
        }
    }
    messages.push(say_close());
    let talk = served.talk(messages).await;
    assert_eq!(talk.status, None);
    assert_eq!(talk.acks.len(), 6, "no event is left out");
    let steps: Vec<_> = talk
        .notices
        .iter()
        .filter(|n| n.kind() == v1::NoticeKind::LoadShed)
        .collect();
    assert!(!steps.is_empty(), "{:?}", talk.notices);
    assert!(
        steps[0].detail.contains("more to do than it can"),
        "{steps:?}"
    );
    let summary = talk.summary.unwrap();
    let record = summary.record.unwrap();
    assert!(record.highest_load_step >= 2, "{record:?}");
    assert!(record.pictures_left_out > 100, "{record:?}");
    assert_eq!(record.chunks_dropped, 0, "there was room");
    let coverage = summary.participants[0].coverage.unwrap();
    assert_eq!(coverage.frames_dropped, record.pictures_left_out);
    assert_eq!(coverage.frames_seen + coverage.frames_dropped, 3_000);
    assert!(coverage.video < 0.9, "{coverage:?}");
    let last = talk.segments.last().unwrap();
    assert!(last.r#final);
    if record.highest_load_step > 2 {
        let dropped = |f: &&v1::Finding| match &f.outcome {
            Some(v1::finding::Outcome::Abstained(a)) => a.reason() == v1::AbstainReason::Dropped,
            _ => false,
        };
        assert!(
            last.findings.iter().any(|f| dropped(&f)),
            "{:?}",
            last.findings
        );
    }
    served.empty("overload").await;
    served.stop().await.unwrap();
}
