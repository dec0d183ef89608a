//! A real server on a free port of the loopback, and clients that say what they are told to.

use liveproof::engine::{Engine, EngineOptions, ModelsDir};
use liveproof::grpc::ServeError;
use liveproof::serve::{ServeConfig, start};
use liveproof::session::Registry;
use liveproof_sdk::v1::interview_request::Message as Say;
use liveproof_sdk::v1::interview_response::Message as Said;
use liveproof_sdk::v1::interview_service_client::InterviewServiceClient;
use liveproof_sdk::{Client, v1};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `testdata`.
pub fn media(name: &str) -> PathBuf {
    root().join("testdata").join(name)
}

/// The engine with the project's own models, loaded once.
pub fn engine() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    let load = || {
        let dir = ModelsDir::find(Some(&root().join("models"))).unwrap();
        Engine::load(&dir, &EngineOptions::default()).unwrap()
    };
    ENGINE.get_or_init(load).clone()
}

/// A running server.
pub struct Served {
    pub to: String,
    registry: Registry,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), ServeError>>,
}

/// Starts a server on a free port.
pub async fn serve(change: impl FnOnce(&mut ServeConfig)) -> Served {
    serve_with(engine(), change).await
}

/// The same with models of a test's own.
pub async fn serve_with(engine: Arc<Engine>, change: impl FnOnce(&mut ServeConfig)) -> Served {
    let mut config = ServeConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..ServeConfig::default()
    };
    // Whether a busy machine keeps up must not decide what these tests see.
    config.session.ladder = None;
    config.pipeline.stage_deadline_ns = Some(u64::MAX);
    change(&mut config);
    let serving = start(config, engine).await.unwrap();
    let to = format!("http://{}", serving.addr());
    let registry = serving.registry();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serving.run(async {
        stopped.await.ok();
    }));
    Served {
        to,
        registry,
        stop,
        server,
    }
}

impl Served {
    pub async fn client(&self) -> Client {
        Client::connect(&self.to).await.unwrap()
    }

    /// Tells the server to stop and waits for its end.
    pub async fn stop(self) -> Result<(), ServeError> {
        drop(self.stop);
        self.server.await.unwrap()
    }

    /// Waits until no interview is left, for at most two seconds.
    pub async fn empty(&self, what: &str) {
        let all = async {
            while self.registry.sessions() > 0 || !self.registry.tasks().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(2), all)
            .await
            .unwrap_or_else(|_| panic!("{what}: the interview is still there"));
    }

    /// A normal interview still gets its results.
    pub async fn serves_on(&self, what: &str) {
        let mut messages = vec![say_open(open())];
        for i in 0..8 {
            messages.push(picture(i, i as i64 * 100_000));
            messages.push(sound(i, i as i64 * 100_000));
        }
        messages.push(say_event(1, 300_000, question_end()));
        messages.push(say_close());
        let talk = self.talk(messages).await;
        assert_eq!(talk.status, None, "{what}");
        assert!(talk.hello.is_some(), "{what}");
        let summary = talk.summary.unwrap_or_else(|| panic!("{what}: no summary"));
        assert!(!summary.partial, "{what}: {}", summary.end_reason);
        assert!(talk.notices.is_empty(), "{what}: {:?}", talk.notices);
        assert!(
            talk.acks.iter().all(|a| a.accepted) && talk.acks.len() == 1,
            "{what}"
        );
        let last = talk
            .segments
            .last()
            .unwrap_or_else(|| panic!("{what}: no segment"));
        let quality = last.quality.unwrap();
        assert!(
            last.r#final && quality.face_presence > 0.9,
            "{what}: {quality:?}"
        );
        self.empty(what).await;
    }

    /// Sends messages one after the other and reads to the end of the stream.
    pub async fn talk(&self, messages: Vec<v1::InterviewRequest>) -> Talk {
        let channel = tonic::transport::Endpoint::from_shared(self.to.clone())
            .unwrap()
            .connect()
            .await
            .unwrap();
        let mut service = InterviewServiceClient::new(channel);
        let (tx, rx) = mpsc::channel(4);
        let sending = tokio::spawn(async move {
            for message in messages {
                if tx.send(message).await.is_err() {
                    break;
                }
            }
        });
        let mut talk = Talk::default();
        match service.interview(ReceiverStream::new(rx)).await {
            Ok(responses) => talk.listen(responses.into_inner()).await,
            Err(status) => talk.status = Some(Refusal::from(status)),
        }
        sending.abort();
        talk
    }
}

/// How a call ended, where not in order.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    pub code: tonic::Code,
    pub text: String,
    /// Fields at fault, from the status details.
    pub fields: Vec<String>,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        use tonic_types::StatusExt as _;
        let details = status.get_details_bad_request();
        let violations = details.map(|d| d.field_violations).unwrap_or_default();
        Self {
            code: status.code(),
            text: status.message().to_owned(),
            fields: violations.into_iter().map(|v| v.field).collect(),
        }
    }
}

/// What a server said.
#[derive(Debug, Default)]
pub struct Talk {
    pub hello: Option<v1::Hello>,
    pub segments: Vec<v1::SegmentResult>,
    pub notices: Vec<v1::QualityNotice>,
    pub acks: Vec<v1::EventAck>,
    pub updates: Vec<v1::CapabilityUpdate>,
    pub challenges: Vec<v1::ChallengeUpdate>,
    pub credit: u64,
    pub summary: Option<v1::SessionSummary>,
    pub status: Option<Refusal>,
}

impl Talk {
    async fn listen(&mut self, mut responses: tonic::Streaming<v1::InterviewResponse>) {
        let mut count = 0;
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), responses.message()).await;
            match next.expect("the server goes on talking, or ends") {
                Ok(None) => return,
                Err(status) => {
                    self.status = Some(status.into());
                    return;
                }
                Ok(Some(response)) => {
                    assert_eq!(response.sequence, count, "messages are counted from 0");
                    count += 1;
                    assert!(self.summary.is_none(), "the summary is the last message");
                    self.take(response.message.expect("a message"));
                }
            }
        }
    }

    fn take(&mut self, message: Said) {
        assert_eq!(
            self.hello.is_none(),
            matches!(message, Said::Hello(_)),
            "hello comes first"
        );
        match message {
            Said::Hello(h) => self.hello = Some(h),
            Said::Segment(s) => self.segments.push(s),
            Said::Notice(n) => self.notices.push(n),
            Said::Credit(c) => self.credit += c.bytes,
            Said::Ack(a) => self.acks.push(a),
            Said::Capabilities(c) => self.updates.push(c),
            Said::Challenge(c) => self.challenges.push(c),
            Said::Summary(s) => self.summary = Some(s),
        }
    }
}

// === messages ===

pub fn say(message: Say) -> v1::InterviewRequest {
    v1::InterviewRequest {
        message: Some(message),
    }
}

pub fn say_open(open: v1::Open) -> v1::InterviewRequest {
    say(Say::Open(open))
}

pub fn say_close() -> v1::InterviewRequest {
    say(Say::Close(v1::Close {
        reason: "done".into(),
    }))
}

pub fn say_event(id: u64, time_us: i64, event: v1::control_event::Event) -> v1::InterviewRequest {
    say(Say::Event(v1::ControlEvent {
        event_id: id,
        time_us,
        event: Some(event),
    }))
}

pub fn question_end() -> v1::control_event::Event {
    v1::control_event::Event::QuestionEnd(v1::QuestionEnd {
        question_id: "q".into(),
    })
}

/// A candidate with JPEG pictures (`camera`), raw gray pictures (`raw`) and sound (`mic`); an
/// interviewer without tracks.
pub fn open() -> v1::Open {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let participant = |id: &str, role: v1::ParticipantRole| v1::Participant {
        participant_id: id.into(),
        role: role.into(),
        external_id: String::new(),
        reference_session_id: String::new(),
    };
    v1::Open {
        session_id: format!("e2e-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        participants: vec![
            participant("candidate", v1::ParticipantRole::Candidate),
            participant("host", v1::ParticipantRole::Interviewer),
        ],
        tracks: vec![
            video("camera", v1::VideoFormat::Jpeg),
            audio("mic"),
            video("raw", v1::VideoFormat::Gray8),
        ],
        consent_id: "consent-7".into(),
        ..Default::default()
    }
}

fn video(id: &str, format: v1::VideoFormat) -> v1::Track {
    v1::Track {
        track_id: id.into(),
        participant_id: "candidate".into(),
        kind: v1::TrackKind::Video.into(),
        clock_id: "c".into(),
        clock_mapping: v1::ClockMappingSource::Platform.into(),
        reference: false,
        details: Some(v1::track::Details::Video(v1::VideoTrack {
            format: format.into(),
            ..Default::default()
        })),
    }
}

fn audio(id: &str) -> v1::Track {
    v1::Track {
        kind: v1::TrackKind::Audio.into(),
        details: Some(v1::track::Details::Audio(v1::AudioTrack {
            format: v1::AudioFormat::F32le.into(),
            sample_rate_hz: 16_000,
            channels: 1,
            planar: false,
        })),
        ..video(id, v1::VideoFormat::Unspecified)
    }
}

pub fn face_jpeg() -> Vec<u8> {
    std::fs::read(media("media/face.jpg")).unwrap()
}

pub fn chunk(track: &str, sequence: u64, time_us: i64, payload: Vec<u8>) -> v1::MediaChunk {
    v1::MediaChunk {
        track_id: track.into(),
        sequence,
        capture_time_us: time_us,
        payload: payload.into(),
        ..Default::default()
    }
}

pub fn say_media(chunk: v1::MediaChunk) -> v1::InterviewRequest {
    say(Say::Media(chunk))
}

pub fn picture(sequence: u64, time_us: i64) -> v1::InterviewRequest {
    say_media(chunk("camera", sequence, time_us, face_jpeg()))
}

/// 100 ms of a tone.
pub fn sound(sequence: u64, time_us: i64) -> v1::InterviewRequest {
    let tone = (0..1_600).flat_map(|i| ((i as f32 * 0.2).sin() * 0.1).to_le_bytes());
    say_media(chunk("mic", sequence, time_us, tone.collect()))
}

/// A raw gray picture of 64 x 48 with this stated layout.
pub fn raw(width: u32, height: u32, planes: &[(u64, u32)], bytes: usize) -> v1::InterviewRequest {
    let plane = |&(offset_bytes, stride_bytes): &(u64, u32)| v1::Plane {
        offset_bytes,
        stride_bytes,
    };
    say_media(v1::MediaChunk {
        layout: Some(v1::PictureLayout {
            width,
            height,
            planes: planes.iter().map(plane).collect(),
        }),
        ..chunk("raw", 0, 0, vec![128; bytes])
    })
}
