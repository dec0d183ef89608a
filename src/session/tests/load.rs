//! Overload, refusals and panics.

use super::super::*;
use super::fake::*;
use std::time::Duration;

async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn count_dropped(said: &[ServerMessage]) -> u64 {
    said.iter()
        .map(|m| match m {
            ServerMessage::Notice(n) if n.kind == NoticeKind::MediaDropped => n.count,
            _ => 0,
        })
        .sum()
}

#[tokio::test(start_paused = true)]
async fn under_load_pictures_are_dropped_and_told_but_no_event_and_no_sound() {
    let fake = Fake::new(Behaviour::default());
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    fake.behaviour.lock().unwrap().hold = true;
    for i in 0..60 {
        c.say(media("v", i, 100)).await;
        if i % 10 == 0 {
            c.say(media("a", i / 10, 50)).await;
            c.say(event(i)).await;
        }
    }
    settle().await;
    fake.behaviour.lock().unwrap().hold = false;
    fake.release();
    c.say(close()).await;
    let (said, error) = c.rest().await;
    assert_eq!(error, None);
    let log = fake.log.lock().unwrap();
    let pictures = log.media.iter().filter(|(t, _)| t == "v").count() as u64;
    let sounds = log.media.iter().filter(|(t, _)| t == "a").count();
    assert_eq!(
        (sounds, log.events.len()),
        (6, 6),
        "sound and events are kept"
    );
    assert!(pictures < 20, "{pictures} of 60 pictures fit");
    assert_eq!(
        pictures + log.dropped,
        60,
        "every loss reaches the pipeline"
    );
    assert_eq!(count_dropped(&said), log.dropped, "and the client");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_heeds_its_credit_loses_nothing() {
    let fake = Fake::new(Behaviour::default());
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    let mut credit = limits().queue_bytes;
    for i in 0..200 {
        while credit < 90 {
            if let ServerMessage::Credit(bytes) = c.next().await {
                credit += bytes;
            }
        }
        credit -= 90;
        c.say(media(if i % 3 == 0 { "a" } else { "v" }, i, 90))
            .await;
    }
    c.say(close()).await;
    let (said, error) = c.rest().await;
    assert_eq!((error, count_dropped(&said)), (None, 0));
    assert_eq!(fake.log.lock().unwrap().media.len(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_worker_queue_that_is_full_for_a_while_costs_nothing() {
    let fake = Fake::new(Behaviour {
        busy: 7,
        ..Behaviour::default()
    });
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    c.say(media("v", 0, 90)).await;
    c.say(close()).await;
    let (said, error) = c.rest().await;
    assert_eq!(error, None);
    assert!(summary(&said).is_some());
    assert_eq!(fake.log.lock().unwrap().media.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_own_interview_and_no_other() {
    let fake = Fake::new(Behaviour {
        panic_at: Some(1),
        ..Behaviour::default()
    });
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    c.say(media("v", 0, 1)).await;
    settle().await;
    c.say(media("v", 1, 1)).await;
    assert_eq!(c.rest().await.1, Some(SessionError::Internal));
    c.gone().await;
    let mut next = Client::enter(&fake, limits(), c.registry.clone()).unwrap();
    next.say(open()).await;
    next.say(close()).await;
    let (said, error) = next.rest().await;
    assert!(error.is_none() && summary(&said).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_few_refusals_are_put_up_with_and_many_are_not() {
    let fake = Fake::new(Behaviour {
        refuse: true,
        ..Behaviour::default()
    });
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    for i in 0..3 {
        c.say(media("v", i, 1)).await;
    }
    settle().await;
    // A chunk of an unknown track counts as well.
    c.say(media("nobody", 0, 1)).await;
    let (said, error) = c.rest().await;
    assert!(
        summary(&said).is_some_and(|s| s.partial),
        "the summary comes before the error"
    );
    let Some(SessionError::TooManyRefusals {
        count: 4,
        limit: 3,
        latest,
    }) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(latest.field, "media.track_id");
}

#[tokio::test(start_paused = true)]
async fn slots_are_held_for_the_whole_stream() {
    let fake = Fake::new(Behaviour::default());
    let registry = Registry::new(1);
    let mut first = Client::enter(&fake, limits(), registry.clone()).unwrap();
    first.say(open()).await;
    assert!(matches!(first.next().await, ServerMessage::Hello(_)));
    let refused = Client::enter(&fake, limits(), registry.clone()).err();
    assert!(matches!(
        refused,
        Some(SessionError::AtCapacity { max: 1, .. })
    ));
    first.say(close()).await;
    first.rest().await;
    first.gone().await;
    assert!(Client::enter(&fake, limits(), registry).is_ok());
}
