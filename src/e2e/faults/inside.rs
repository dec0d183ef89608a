//! Faults of the service itself: a worker that panics, models that change under it, a stop in
//! mid-challenge.

use crate::support::*;
use liveproof::core::{
    FieldError, InterviewSpec, SegmentResult, SessionSummary, SignalCapability, TenantId,
};
use liveproof::engine::{Engine, EngineOptions, Job, ModelSet, ModelsDir, Pool};
use liveproof::grpc::{DoorLimits, Reflection, Server, ServerSettings};
use liveproof::session::{
    Assessor, Backend, Item, Report, ServerInfo, SessionLimits, Shed, Terms, WireLimits,
};
use liveproof_sdk::{Client, Update, v1};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

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

/// A pipeline that panics at the first picture with this capture time.
const FATAL_US: i64 = 666;

struct Brittle;

impl Assessor for Brittle {
    fn capabilities(&mut self, _models: &ModelSet) -> Vec<SignalCapability> {
        Vec::new()
    }

    fn shed(&mut self, _shed: Shed) {}

    fn process(
        &mut self,
        items: Vec<Item>,
        _cancelled: &CancellationToken,
        _models: &mut ModelSet,
    ) -> Report {
        let fatal = |i: &Item| matches!(i, Item::Media(c) if c.capture_time_us == FATAL_US);
        assert!(!items.iter().any(fatal), "a panic that a test injects");
        Report::default()
    }

    fn finish(
        &mut self,
        reason: &str,
        partial: bool,
        _models: &mut ModelSet,
    ) -> (Vec<SegmentResult>, SessionSummary) {
        let summary = SessionSummary {
            duration: liveproof::core::MediaTime::ZERO,
            participants: Vec::new(),
            partial,
            end_reason: reason.to_owned(),
            cautions: Vec::new(),
        };
        (Vec::new(), summary)
    }
}

struct BrittleBackend(Pool);

impl Backend for BrittleBackend {
    fn assessor(
        &self,
        _tenant: &TenantId,
        _spec: &InterviewSpec,
    ) -> Result<Box<dyn Assessor>, Vec<FieldError>> {
        Ok(Box::new(Brittle))
    }

    fn submit(&self, key: u64, job: Job) -> bool {
        self.0.submit(key, job).is_ok()
    }

    fn info(&self) -> ServerInfo {
        ServerInfo {
            version: "test".into(),
            models: Vec::new(),
            signals: Vec::new(),
            limits: WireLimits {
                max_message_bytes: 16 << 20,
                max_picture_pixels: 0,
                max_audio_chunk_ms: 0,
                initial_credit_bytes: 32 << 20,
                max_session_length_s: 60,
                idle_timeout_s: 60,
                max_sessions: 4,
                max_tracks: 32,
                video_formats: Vec::new(),
                audio_formats: Vec::new(),
            },
            onnxruntime_version: String::new(),
            execution_provider: String::new(),
            sessions: 0,
        }
    }

    fn terms(&self) -> Terms {
        Terms {
            segment_ns: 3_000_000_000,
            hop_ns: 3_000_000_000,
            fusion: liveproof::pipeline::PipelineSettings::default().fusion,
            signals: 1,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_worker_ends_its_own_interview_and_no_other() {
    let backend = Arc::new(BrittleBackend(Pool::without_models(1, 64).unwrap()));
    let settings = ServerSettings {
        session: SessionLimits::default(),
        max_sessions: 4,
        max_message_bytes: 16 << 20,
        tls: None,
        pages: None,
        reviews: None,
        keys: None,
        reflection: Reflection::default(),
        door: DoorLimits::default(),
    };
    let any = "127.0.0.1:0".parse().unwrap();
    let server = Server::bind(any, backend, settings).await.unwrap();
    let to = format!("http://{}", server.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        stopped.await.ok();
    }));
    let client = Client::connect(to.as_str()).await.unwrap();
    let (mut calm, mut calm_updates) = client.open(open()).await.unwrap().split();
    let (mut doomed, mut updates) = client.open(open()).await.unwrap().split();
    calm.send_media("camera", 0, vec![1], None).await.unwrap();
    doomed.send_media("camera", 0, vec![1], None).await.unwrap();
    doomed
        .send_media("camera", FATAL_US, vec![1], None)
        .await
        .unwrap();
    let error = loop {
        match updates.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended in order"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.status().unwrap().code(), tonic::Code::Internal);
    assert!(
        error.to_string().contains("the service log has the cause"),
        "{error}"
    );
    // The other one goes on, on the same worker.
    calm.send_media("camera", 40_000, vec![1], None)
        .await
        .unwrap();
    calm.close("done").await.unwrap();
    let mut summary = None;
    while let Some(update) = calm_updates.next().await.unwrap() {
        if let Update::Summary(s) = update {
            summary = Some(s);
        }
    }
    assert!(summary.is_some_and(|s| !s.partial));
    drop(stop);
    running.await.unwrap().unwrap();
}

/// A models folder of the test's own, with the project's files.
fn own_models() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(root().join("models")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    dir
}

#[tokio::test(flavor = "multi_thread")]
async fn models_that_change_on_disk_change_no_result_and_are_told() {
    let dir = own_models();
    let found = ModelsDir::find(Some(dir.path())).unwrap();
    let engine = Engine::load(&found, &EngineOptions::default()).unwrap();
    let served = serve_with(engine, |_| {}).await;
    let client = served.client().await;
    let before = client.info().await.unwrap().models;
    let nets: Vec<_> = before.iter().filter(|m| m.available).collect();
    assert!(
        nets.len() >= 4 && nets.iter().all(|m| m.detail.is_empty()),
        "{nets:?}"
    );
    // Altered under the running server, and deleted.
    let file = |task: &str| dir.path().join(format!("{task}.onnx"));
    let of = |task: &str| {
        nets.iter()
            .find(|m| m.task == task)
            .unwrap()
            .model_id
            .clone()
    };
    let (altered, deleted) = (of("det"), of("lmk"));
    std::fs::write(file(&altered), b"something else").unwrap();
    std::fs::remove_file(file(&deleted)).unwrap();
    // A face is still found, by the nets that were loaded and verified.
    served.serves_on("with altered files").await;
    let after = client.info().await.unwrap().models;
    for (id, what) in [
        (altered, "not the one of the manifest"),
        (deleted, "cannot be read"),
    ] {
        let model = after.iter().find(|m| m.model_id == id).unwrap();
        assert!(model.available, "{model:?}");
        assert!(model.detail.contains(what), "{model:?}");
        assert!(model.detail.contains("after a restart"), "{model:?}");
    }
    // And a restart finds what is there.
    let again = Engine::load(&found, &EngineOptions::default()).unwrap();
    let missing = again
        .models()
        .into_iter()
        .filter(|m| !m.available && nets.iter().any(|n| n.model_id == m.id));
    assert_eq!(missing.count(), 2);
    served.stop().await.unwrap();
}
