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

/// An interview in its own time at a worker that takes `work_ms` for each picture of 100 ms; gives
/// what was told of the ladder.
async fn paced(fake: &std::sync::Arc<Fake>, seconds: i64, work_ms: u64) -> (Vec<u64>, Record) {
    let ample = SessionLimits {
        queue_bytes: 1 << 20,
        ..limits()
    };
    let mut c = Client::start(fake, ample);
    c.say(open()).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    fake.behaviour.lock().unwrap().hold = true;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = fake.clone();
    let working = tokio::spawn(async move {
        // Batches of eight take eight times as long as a picture.
        loop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(8 * work_ms)) => worker.release(),
                _ = &mut stopped => break,
            }
        }
        worker.behaviour.lock().unwrap().hold = false;
        worker.release();
    });
    let mut seen = Vec::new();
    for i in 0..seconds * 10 {
        c.say(picture_at(i as u64, i * 100, 10)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        while let Ok(said) = c.rx.try_recv() {
            seen.push(said.unwrap().message);
        }
    }
    stop.send(()).unwrap();
    working.await.unwrap();
    c.say(close()).await;
    let (mut rest, error) = c.rest().await;
    assert_eq!(error, None);
    seen.append(&mut rest);
    let steps = seen
        .iter()
        .filter_map(|m| match m {
            ServerMessage::Notice(n) if n.kind == NoticeKind::LoadShed => Some(n.count),
            _ => None,
        })
        .collect();
    let record = seen.iter().find_map(|m| match m {
        ServerMessage::Summary { record, .. } => Some(*record),
        _ => None,
    });
    (steps, record.unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_interview_that_is_not_kept_up_with_climbs_its_ladder_and_is_told() {
    let fake = Fake::new(Behaviour::default());
    let (steps, record) = paced(&fake, 30, 120).await;
    assert!(steps.len() >= 4, "{steps:?}");
    assert_eq!(steps[..4], [1, 2, 3, 4], "step by step");
    assert_eq!(record.load_step, 4, "three signals: the last one stays");
    assert_eq!(fake.log.lock().unwrap().shed.step, 4, "the pipeline knows");
}

#[tokio::test(start_paused = true)]
async fn an_interview_that_is_kept_up_with_stays_whole() {
    let fake = Fake::new(Behaviour::default());
    let (steps, record) = paced(&fake, 30, 60).await;
    assert_eq!((steps, record), (vec![], Record::default()));
}

#[tokio::test(start_paused = true)]
async fn new_interviews_are_refused_while_the_last_step_does_not_help() {
    let fake = Fake::new(Behaviour::default());
    let registry = Registry::refusing_at(4, 1);
    let busy = registry.overload();
    let refused = Client::enter(&fake, limits(), registry.clone()).err();
    assert!(
        matches!(refused, Some(SessionError::Overloaded { .. })),
        "{refused:?}"
    );
    drop(busy);
    assert!(Client::enter(&fake, limits(), registry).is_ok());
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_end_ends_its_interview() {
    let fake = Fake::new(Behaviour::default());
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    fake.behaviour.lock().unwrap().hold = true;
    c.say(media("v", 0, 1)).await;
    let began = tokio::time::Instant::now();
    let error = c.rest().await.1;
    assert_eq!(
        error,
        Some(SessionError::AnalysisStuck(limits().job_timeout))
    );
    // The picture was gathered before it was given to a worker.
    assert_eq!(began.elapsed(), limits().gather + limits().job_timeout);
    c.gone().await;
}

/// One worker, one client that sends without heed, one that sends a picture now and then: the
/// second waits for a batch of the first's at most.
#[tokio::test(flavor = "multi_thread")]
async fn a_flooding_client_does_not_starve_another() {
    let work = Duration::from_millis(4);
    let fake = Fake::on_threads(
        Behaviour {
            segments: true,
            work,
            ..Behaviour::default()
        },
        1,
    );
    let ample = SessionLimits {
        queue_bytes: 1 << 20,
        ladder: None,
        ..limits()
    };
    let mut flood = Client::start(&fake, ample.clone());
    let mut calm = Client::enter(&fake, ample, flood.registry.clone()).unwrap();
    flood.say(open()).await;
    let mut other = spec();
    other.session_id = crate::core::SessionId::parse("calm").unwrap();
    calm.say(ClientMessage::Open(Box::new(other))).await;
    assert!(matches!(calm.next().await, ServerMessage::Hello(_)));
    let tx = flood.tx.take().unwrap();
    let flooding = tokio::spawn(async move {
        for i in 0..2_000 {
            if tx.send(Ok(media("v", i, 10))).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    let reading = tokio::spawn(async move { while flood.rx.recv().await.is_some() {} });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut waits = Vec::new();
    for i in 0..20 {
        let said = tokio::time::Instant::now();
        calm.say(media("v", i, 10)).await;
        while !matches!(calm.next().await, ServerMessage::Segment(_)) {}
        waits.push(said.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        !reading.is_finished(),
        "the flood goes on: 2,000 pictures take 8 s"
    );
    flooding.abort();
    reading.abort();
    waits.sort();
    // A batch of the flood is 8 pictures or 32 ms; twice that and what a busy machine adds. In the
    // order of arrival it would be seconds.
    let median = waits[waits.len() / 2];
    assert!(median < Duration::from_millis(200), "{waits:?}");
}
