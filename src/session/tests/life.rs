//! An interview from `open` to its end, and the ways in which it ends.

use super::super::*;
use super::fake::*;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn hello_is_first_and_the_summary_last() {
    let fake = Fake::new(Behaviour {
        segments: true,
        ..Behaviour::default()
    });
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    for i in 0..3 {
        c.say(media("v", i, 10)).await;
        c.say(event(i)).await;
    }
    c.say(close()).await;
    let (said, error) = c.rest().await;
    assert_eq!(error, None);
    assert!(matches!(said[0], ServerMessage::Hello(_)));
    let s = summary(&said).expect("summary last");
    assert_eq!(
        (s.partial, s.end_reason.as_str()),
        (false, "closed by the client: done")
    );
    let acks = said
        .iter()
        .filter(|m| matches!(m, ServerMessage::Ack(_)))
        .count();
    let segments = said
        .iter()
        .filter(|m| matches!(m, ServerMessage::Segment(_)))
        .count();
    assert_eq!((acks, segments), (3, 3));
    let credit: u64 = said
        .iter()
        .map(|m| {
            if let ServerMessage::Credit(b) = m {
                *b
            } else {
                0
            }
        })
        .sum();
    assert_eq!(credit, 30, "every payload byte is granted again");
    c.gone().await;
    assert_eq!(fake.pipelines(), 0);
}

#[tokio::test(start_paused = true)]
async fn messages_out_of_turn_end_the_interview() {
    for (messages, name, has_summary) in [
        (vec![media("v", 0, 1)], "`media`", false),
        (vec![event(0)], "`event`", false),
        (vec![close()], "", false),
        (vec![open(), open()], "`open`", true),
    ] {
        let mut c = Client::start(&Fake::new(Behaviour::default()), limits());
        for m in messages {
            c.say(m).await;
        }
        let (said, error) = c.rest().await;
        match error.unwrap() {
            SessionError::WrongOrder { message, .. } => assert_eq!(message, name),
            SessionError::NeverOpened => assert_eq!(name, ""),
            other => panic!("{other}"),
        }
        assert_eq!(
            summary(&said).is_some_and(|s| s.partial),
            has_summary,
            "{name}"
        );
        c.gone().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_open_names_the_field_and_frees_the_slot() {
    let mut c = Client::start(&Fake::new(Behaviour::default()), limits());
    let mut s = spec();
    s.tracks.clear();
    c.say(ClientMessage::Open(Box::new(s))).await;
    let (said, error) = c.rest().await;
    assert!(said.is_empty());
    assert!(matches!(error, Some(SessionError::OpenRefused(f)) if f[0].field == "open.tracks"));
    c.gone().await;
}

#[tokio::test(start_paused = true)]
async fn the_same_id_does_not_run_twice() {
    let fake = Fake::new(Behaviour::default());
    let mut first = Client::start(&fake, limits());
    first.say(open()).await;
    assert!(matches!(first.next().await, ServerMessage::Hello(_)));
    let mut second = Client::enter(&fake, limits(), first.registry.clone()).unwrap();
    second.say(open()).await;
    assert!(matches!(
        second.rest().await.1,
        Some(SessionError::Duplicate(_))
    ));
    first.say(close()).await;
    assert!(first.rest().await.1.is_none());
}

#[tokio::test(start_paused = true)]
async fn deadlines_end_what_does_not_move() {
    let began = Instant::now();
    let fake = Fake::new(Behaviour::default());
    let mut silent = Client::start(&fake, limits());
    assert!(matches!(
        silent.rest().await.1,
        Some(SessionError::OpenTimeout(_))
    ));
    assert_eq!(began.elapsed().as_secs(), 10);

    let began = Instant::now();
    let mut idle = Client::start(&fake, limits());
    idle.say(open()).await;
    let (said, error) = idle.rest().await;
    assert!(matches!(error, Some(SessionError::Idle(_))));
    assert!(
        summary(&said).is_some_and(|s| s.partial),
        "the partial summary comes first"
    );
    assert_eq!(began.elapsed().as_secs(), 20);

    let began = Instant::now();
    let mut long = Client::start(&fake, limits());
    long.say(open()).await;
    let tx = long.tx.take().unwrap();
    let chatter = tokio::spawn(async move {
        let mut i = 0;
        while tx.send(Ok(media("v", i, 1))).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(5)).await;
            i += 1;
        }
    });
    let (said, error) = long.rest().await;
    assert_eq!(error, None, "the longest length is an orderly end");
    assert!(summary(&said).is_some_and(|s| s.partial && s.end_reason.contains("600 s")));
    assert_eq!(began.elapsed().as_secs(), 600);
    chatter.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_vanished_client_leaves_nothing_behind() {
    // Its results are not wanted any more.
    let fake = Fake::new(Behaviour::default());
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    c.say(media("v", 0, 10)).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    c.rx.close();
    while c.rx.recv().await.is_some() {}
    c.gone().await;
    assert_eq!(fake.pipelines(), 0);

    // Its connection broke, with a job under way.
    let fake = Fake::new(Behaviour {
        hold: true,
        ..Behaviour::default()
    });
    let c = Client::start(&fake, limits());
    c.say(open()).await;
    let tx = c.tx.as_ref().unwrap();
    tx.send(Err(InboundError::Gone("reset".into())))
        .await
        .unwrap();
    c.gone().await;
    fake.release();
    assert_eq!(fake.pipelines(), 0, "the job under way drops its pipeline");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_ends_without_close_is_partial() {
    let mut c = Client::start(&Fake::new(Behaviour::default()), limits());
    c.say(open()).await;
    c.tx = None;
    let (said, error) = c.rest().await;
    assert_eq!(error, None);
    assert!(summary(&said).is_some_and(|s| s.partial && s.end_reason.contains("without close")));
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_drains_in_time() {
    let fake = Fake::new(Behaviour::default());
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    c.registry.stop();
    let (said, error) = c.rest().await;
    assert_eq!(error, None);
    let notice =
        |m: &ServerMessage| matches!(m, ServerMessage::Notice(n) if n.kind == NoticeKind::Draining);
    assert!(said.iter().any(notice));
    assert!(summary(&said).is_some_and(|s| s.partial));
    assert_eq!(
        c.registry.enter(Caller::default()).unwrap_err(),
        SessionError::Stopping
    );
    c.gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_stuck_pipeline_does_not_hold_a_stopping_server() {
    let fake = Fake::new(Behaviour::default());
    let mut c = Client::start(&fake, limits());
    c.say(open()).await;
    assert!(matches!(c.next().await, ServerMessage::Hello(_)));
    fake.behaviour.lock().unwrap().hold = true;
    c.say(media("v", 0, 10)).await;
    let began = Instant::now();
    c.registry.stop();
    let (_, error) = c.rest().await;
    assert!(matches!(error, Some(SessionError::FinishTimeout(_))));
    assert_eq!(began.elapsed(), limits().grace);
    c.gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut() {
    let fake = Fake::new(Behaviour {
        segments: true,
        ..Behaviour::default()
    });
    let c = Client::start(&fake, limits());
    c.say(open()).await;
    let began = Instant::now();
    let mut i = 0;
    let tx = c.tx.as_ref().unwrap();
    while tx.send(Ok(media("v", i, 1))).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        i += 1;
    }
    let waited = began.elapsed().as_secs();
    assert!((30..33).contains(&waited), "{waited} s");
    c.gone().await;
    assert_eq!(fake.pipelines(), 0);
}
