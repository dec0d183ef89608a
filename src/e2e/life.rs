//! Clients that vanish, stop, do not read or do not heed their credit; full and stopping servers.

use crate::support::*;
use liveproof_sdk::v1::interview_service_client::InterviewServiceClient;
use liveproof_sdk::{Client, ClientError, Update, v1};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

/// Some pictures and some sound, through the SDK.
async fn send_some(sender: &mut liveproof_sdk::InterviewSender, from: i64, to: i64) {
    for i in from..to {
        sender
            .send_media("camera", i * 100_000, face_jpeg(), None)
            .await
            .unwrap();
        let quiet = vec![0; 6_400];
        sender
            .send_media("mic", i * 100_000, quiet, None)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanishes_leaves_nothing_behind() {
    let served = serve(|_| {}).await;
    // It let go of both halves: an orderly end, and nothing waits for it to come back.
    let (mut sender, updates) = served.client().await.open(open()).await.unwrap().split();
    send_some(&mut sender, 0, 20).await;
    drop((sender, updates));
    served.empty("vanished").await;
    // It wants no more results, and still sends.
    let (mut sender, updates) = served.client().await.open(open()).await.unwrap().split();
    send_some(&mut sender, 0, 5).await;
    drop(updates);
    served.empty("cancelled").await;
    let end = timeout(Duration::from_secs(5), async {
        loop {
            let sent = sender.send_media("camera", 0, face_jpeg(), None).await;
            if let Err(e) = sent {
                return e;
            }
        }
    });
    assert!(matches!(end.await.unwrap(), ClientError::Ended));
    served.serves_on("after vanished clients").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_without_close_gets_a_partial_summary() {
    let served = serve(|_| {}).await;
    let talk = served
        .talk(vec![
            say_open(open()),
            picture(0, 0),
            sound(0, 0),
            picture(1, 400_000),
        ])
        .await;
    assert_eq!(talk.status, None);
    let summary = talk.summary.unwrap();
    assert!(summary.partial);
    assert_eq!(
        summary.end_reason,
        "the client's stream ended without close"
    );
    served.empty("half-closed").await;
    served.serves_on("after a half-close").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_cut_and_told_when_it_does() {
    let served = serve(|c| {
        c.session.stuck_timeout = Duration::from_secs(1);
        c.session.outbox_messages = 4;
    })
    .await;
    // A window of one kilobyte: what the server says soon has no room any more.
    let channel = tonic::transport::Endpoint::from_shared(served.to.clone())
        .unwrap()
        .initial_stream_window_size(1_024)
        .connect()
        .await
        .unwrap();
    let (tx, rx) = mpsc::channel(4);
    tx.send(say_open(open())).await.unwrap();
    let mut service = InterviewServiceClient::new(channel);
    let mut responses = service
        .interview(ReceiverStream::new(rx))
        .await
        .unwrap()
        .into_inner();
    // Not faster than they are read: the transport itself cuts a flood of tiny frames.
    let flood = tokio::spawn(async move {
        for id in 1..=400 {
            if tx.send(say_event(id, 0, question_end())).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        std::future::pending::<()>().await;
        drop(tx);
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    served.empty("not reading").await;
    let mut said = 0;
    let status = timeout(Duration::from_secs(5), async {
        loop {
            match responses.message().await {
                Ok(Some(_)) => said += 1,
                Ok(None) => panic!("cut without a word"),
                Err(status) => return status,
            }
        }
    });
    let status = status.await.unwrap();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!(
        status.message().contains("results were not read for 1s"),
        "{status:?}"
    );
    assert!(said > 0, "what was under way arrives");
    flood.abort();
    served.serves_on("after a slow reader").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_with_a_hint_and_takes_the_next() {
    use tonic_types::StatusExt as _;
    let served = serve(|c| c.max_sessions = 1).await;
    let client = served.client().await;
    let first = client.open(open()).await.unwrap();
    let info = client.info().await.unwrap();
    assert_eq!((info.sessions, info.limits.unwrap().max_sessions), (1, 1));
    let error = client.open(open()).await.unwrap_err();
    assert!(error.should_retry(), "{error}");
    let status = error.status().unwrap();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.message(), "all 1 interview slots are taken");
    let hint = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(hint, Some(Duration::from_secs(5)));
    drop(first);
    served.empty("first").await;
    served.serves_on("after a refusal").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_runs_once_at_a_time() {
    let served = serve(|_| {}).await;
    let client = served.client().await;
    let same = open();
    let first = client.open(same.clone()).await.unwrap();
    let error = client.open(same.clone()).await.unwrap_err();
    assert_eq!(error.status().unwrap().code(), Code::AlreadyExists);
    assert!(error.to_string().contains(&same.session_id), "{error}");
    drop(first);
    served.empty("first").await;
    client.open(same).await.unwrap();
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_bounds_what_is_taken_and_a_client_that_ignores_it_is_told() {
    // Room for a dozen pictures.
    let room = 12 * face_jpeg().len() as u64;
    let served = serve(|c| c.session.queue_bytes = room).await;
    // The SDK heeds it: nothing is lost.
    let (mut sender, mut updates) = served.client().await.open(open()).await.unwrap().split();
    assert_eq!(sender.credit(), room);
    let sending = async move {
        send_some(&mut sender, 0, 60).await;
        sender.close("done").await.unwrap();
    };
    let reading = async {
        let mut summary = None;
        while let Some(update) = updates.next().await.unwrap() {
            match update {
                Update::Notice(n) => panic!("{n:?}"),
                Update::Summary(s) => summary = Some(s),
                _ => {}
            }
        }
        summary.unwrap()
    };
    let ((), summary) = tokio::join!(sending, reading);
    let coverage = summary.participants[0].coverage.unwrap();
    assert_eq!((coverage.frames_seen, coverage.frames_dropped), (60, 0));

    // One that does not loses pictures, is told how many, and sound and events are kept.
    let mut messages = vec![say_open(open())];
    for i in 0..200 {
        messages.push(picture(i, i as i64 * 40_000));
    }
    messages.push(say_event(1, 0, question_end()));
    messages.push(say_close());
    let talk = served.talk(messages).await;
    assert_eq!(talk.status, None);
    let dropped = talk
        .notices
        .iter()
        .filter(|n| n.kind() == v1::NoticeKind::MediaDropped);
    let dropped: u64 = dropped.map(|n| n.count).sum();
    let coverage = talk.summary.unwrap().participants[0].coverage.unwrap();
    assert!(dropped > 0, "200 pictures do not fit");
    assert_eq!(
        coverage.frames_dropped, dropped,
        "every loss is told and counted"
    );
    assert_eq!(coverage.frames_seen + dropped, 200);
    assert!(coverage.video < 1.0);
    assert!(talk.acks.len() == 1 && talk.acks[0].accepted);
    let bytes = 200 * face_jpeg().len() as u64;
    assert_eq!(talk.credit, bytes, "every payload byte is granted again");
    served.serves_on("after a flood").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_sends_what_it_has() {
    let served = serve(|c| c.session.grace = Duration::from_secs(5)).await;
    let client = served.client().await;
    let (mut sender, mut updates) = client.open(open()).await.unwrap().split();
    send_some(&mut sender, 0, 12).await;
    // Answered in order: what was sent before it is taken in.
    sender.send_event(0, question_end()).await.unwrap();
    let ack = updates.next().await.unwrap();
    assert!(matches!(ack, Some(Update::Ack(_))), "{ack:?}");
    let to = served.to.clone();
    let stopped = tokio::spawn(served.stop());
    let (mut notices, mut finals, mut summary) = (Vec::new(), 0, None);
    while let Some(update) = updates.next().await.unwrap() {
        match update {
            Update::Notice(n) => notices.push(n.kind()),
            Update::Segment(s) => finals += usize::from(s.r#final),
            Update::Summary(s) => summary = Some(s),
            Update::Ack(_)
            | Update::Capabilities(_)
            | Update::Challenge(_)
            | Update::Resumed(_) => {}
        }
    }
    assert_eq!(notices, [v1::NoticeKind::Draining]);
    assert_eq!(finals, 1, "the results of what was taken in");
    let summary = summary.unwrap();
    assert!(summary.partial && summary.end_reason == "the server is stopping");
    assert_eq!(summary.participants[0].coverage.unwrap().frames_seen, 12);
    timeout(Duration::from_secs(4), stopped)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    let error = Client::connect(to).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Connect { .. }) && error.should_retry(),
        "{error}"
    );
}
