//! What stays inside: nothing of an interview in the log, nothing of it on disk.

use crate::process::Process;
use crate::support::{face_jpeg, open, question_end, root, say_open};
use liveproof::core::TenantId;
use liveproof::tenants::fresh_key;
use liveproof_sdk::v1::interview_service_client::InterviewServiceClient;
use liveproof_sdk::{Access, Client, Update, v1};
use tonic::Request;

/// Stands in everything that a client may name.
pub const NAME: &str = "JaneDoe";

/// An announcement that names its candidate wherever it can.
pub fn telling(session: &str) -> v1::Open {
    let mut open = open();
    open.session_id = format!("{NAME}-{session}");
    open.consent_id = format!("consent-of-{NAME}");
    for p in &mut open.participants {
        p.participant_id = format!("{NAME}-{}", p.participant_id);
        p.external_id = format!("{NAME}@example.org");
    }
    for t in &mut open.tracks {
        t.track_id = format!("{NAME}-{}", t.track_id);
        t.participant_id = format!("{NAME}-{}", t.participant_id);
        t.clock_id = format!("clock-of-{NAME}");
    }
    open
}

/// A whole interview with pictures, sound, events and words at the end; gives what the server said.
pub async fn interview(client: &Client, open: v1::Open) -> Vec<Update> {
    let (mut sender, mut updates) = client.open(open).await.unwrap().split();
    let (camera, mic) = (format!("{NAME}-camera"), format!("{NAME}-mic"));
    for i in 0..8_i64 {
        let at = i * 100_000;
        sender
            .send_media(&camera, at, face_jpeg(), None)
            .await
            .unwrap();
        sender
            .send_media(&mic, at, vec![0; 6_400], None)
            .await
            .unwrap();
    }
    let mut question = question_end();
    if let v1::control_event::Event::QuestionEnd(q) = &mut question {
        q.question_id = format!("why-did-{NAME}-leave");
    }
    sender.send_event(300_000, question).await.unwrap();
    // What cannot be used, by name of a track, by content and by time.
    let unknown = format!("{NAME}-screen");
    sender
        .send_media(&unknown, 0, vec![1; 9], None)
        .await
        .unwrap();
    let garbage = NAME.as_bytes().to_vec();
    sender
        .send_media(&camera, 900_000, garbage, None)
        .await
        .unwrap();
    sender.close(&format!("{NAME} hung up")).await.unwrap();
    let mut said = Vec::new();
    while let Some(update) = updates.next().await.unwrap() {
        said.push(update);
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_interview_is_logged_even_at_trace_level() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let key = fresh_key(&TenantId::parse("acme").unwrap(), Some("k1")).unwrap();
    std::fs::write(&path, &key.entry).unwrap();
    let server = Process::serve(&[
        "--server-keys-file",
        path.to_str().unwrap(),
        "--log-level",
        "trace",
        "--log-format",
        "json",
    ]);
    let to = format!("http://{}", server.address);
    let access = Access::default().key(&key.secret);
    let client = Client::connect_with(&to, &access).await.unwrap();
    interview(&client, telling("whole")).await;

    // Faults, each with the name in what is at fault.
    let mut bad = telling("refused");
    bad.tracks[0].participant_id = format!("not-{NAME}");
    client.open(bad).await.unwrap_err();
    let mut bad = telling("resumed");
    bad.resume_token = NAME.as_bytes().to_vec().into();
    client.open(bad).await.unwrap_err();
    let mut bad = telling("spaces");
    bad.session_id = format!("{NAME} was here");
    client.open(bad).await.unwrap_err();
    let mut earlier = telling("reference");
    earlier.participants[0].reference_session_id = format!("{NAME}-never");
    interview(&client, earlier).await;
    // A running interview twice, then a client that is gone.
    let running = client.open(telling("gone")).await.unwrap();
    client.open(telling("gone")).await.unwrap_err();
    drop(running);
    // Strangers, with names in what they show.
    for key in [NAME.to_owned(), format!("lp_{}", "0".repeat(64))] {
        let stranger = Access::default().key(&key);
        let stranger = Client::connect_with(&to, &stranger).await.unwrap();
        stranger.open(telling("stranger")).await.unwrap_err();
    }
    let channel = tonic::transport::Endpoint::from_shared(to).unwrap();
    let mut service = InterviewServiceClient::new(channel.connect().await.unwrap());
    let mut request = Request::new(tokio_stream::iter([say_open(telling("header"))]));
    request
        .metadata_mut()
        .insert("x-candidate", NAME.parse().unwrap());
    service.interview(request).await.unwrap_err();

    let (code, said) = server.stop();
    assert_eq!(code, Some(0));
    for line in said.lines() {
        assert!(
            !line.to_lowercase().contains(&NAME.to_lowercase()),
            "the log names somebody: {line}"
        );
    }
    assert!(!said.contains(&key.secret[3..]), "a key is in the log");
    // It did listen, and to all of it.
    for words in [
        "\"interview opened\"",
        "\"cause\":\"closed\"",
        "\"cause\":\"open_refused\"",
        "\"cause\":\"resume_unknown\"",
        "\"cause\":\"invalid\"",
        "\"cause\":\"duplicate\"",
        "\"cause\":\"unknown\"",
        "\"cause\":\"no_key\"",
        "media refused",
        "segment concluded",
    ] {
        assert!(said.contains(words), "{words} is not logged:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let models = root().join("models");
    let server = Process::serve_without_disk(
        folder.path(),
        &[
            "--models-dir",
            models.to_str().unwrap(),
            "--log-level",
            "trace",
        ],
    );
    let client = Client::connect(format!("http://{}", server.address))
        .await
        .unwrap();
    interview(&client, telling("whole")).await;
    let (code, said) = server.stop();
    assert_eq!(
        code,
        Some(0),
        "a write to a file ends it by SIGXFSZ:\n{said}"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
