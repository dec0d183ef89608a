//! Faults of the service itself: a worker that panics, models that change under it, a stop in
//! mid-challenge.

use crate::support::*;
use liveproof_sdk::{Update, v1};
use std::time::Duration;
use tokio::time::timeout;

fn challenge(id: &str, until_us: i64) -> v1::control_event::Event {
    v1::control_event::Event::ChallengeWindow(v1::ChallengeWindow {
        challenge_id: id.into(),
        kind: v1::ChallengeKind::HandPass.into(),
        deadline_us: until_us,
        count: 1,
        ..Default::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_mid_challenge_says_what_became_of_it() {
    let served = serve(|c| c.session.grace = Duration::from_secs(5)).await;
    let client = served.client().await;
    let (mut sender, mut updates) = client.open(open()).await.unwrap().split();
    let picture = face_jpeg();
    for i in 0..20_i64 {
        if i == 5 {
            let window = challenge("hand", 20_000_000);
            sender.send_event(500_000, window).await.unwrap();
        }
        let sent = sender
            .send_media("camera", i * 100_000, picture.clone(), None)
            .await;
        sent.unwrap();
    }
    let last = sender.send_event(1_900_000, question_end()).await.unwrap();
    loop {
        match updates.next().await.unwrap().unwrap() {
            Update::Ack(a) if a.event_id == last => break,
            Update::Ack(a) => assert!(a.accepted),
            _ => {}
        }
    }
    let stopped = tokio::spawn(served.stop());
    let (mut finals, mut summary) = (0, None);
    while let Some(update) = updates.next().await.unwrap() {
        match update {
            Update::Segment(s) => finals += usize::from(s.r#final),
            Update::Summary(s) => summary = Some(s),
            _ => {}
        }
    }
    let summary = summary.unwrap();
    assert!(summary.partial && summary.end_reason == "the server is stopping");
    assert_eq!(finals, 1, "what was taken in is scored");
    let results = &summary.participants[0].challenges;
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!(results[0].challenge_id, "hand");
    // No hand was shown before the stop, and the window was still open: nobody can tell.
    let status = results[0].status.as_ref();
    assert!(
        !matches!(
            status,
            None | Some(v1::challenge_result::Status::Performed(_))
        ),
        "{:?}",
        results[0]
    );
    let ended = timeout(Duration::from_secs(6), stopped).await.unwrap();
    ended.unwrap().unwrap();
}
