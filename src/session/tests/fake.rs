//! A pipeline that records what it is given, and threads that run when told to.

use super::super::*;
use crate::core::*;
use crate::engine::{Job, ModelSet, Pool};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

/// How the fake behaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Behaviour {
    /// Panics at the first chunk with this sequence number.
    pub panic_at: Option<u64>,
    /// Refuses every chunk.
    pub refuse: bool,
    /// Jobs wait until released.
    pub hold: bool,
    /// Each chunk concludes a segment.
    pub segments: bool,
    /// The worker's queue refuses this many jobs first.
    pub busy: usize,
    /// Each chunk takes a worker this long.
    pub work: Duration,
}

#[derive(Default)]
pub(super) struct Log {
    pub media: Vec<(String, u64)>,
    pub dropped: u64,
    pub events: Vec<u64>,
    pub finished: Option<(String, bool)>,
    pub shed: Shed,
}

pub(super) struct Fake {
    pub behaviour: Mutex<Behaviour>,
    pub log: Arc<Mutex<Log>>,
    pub held: Mutex<Vec<Job>>,
    pub live: Arc<()>,
    /// Threads that run the jobs; without them they run where they are handed in.
    pub pool: Option<Pool>,
}

impl Fake {
    pub(super) fn new(behaviour: Behaviour) -> Arc<Self> {
        Arc::new(Self {
            behaviour: Mutex::new(behaviour),
            log: Arc::default(),
            held: Mutex::default(),
            live: Arc::new(()),
            pool: None,
        })
    }

    /// The same over worker threads.
    pub(super) fn on_threads(behaviour: Behaviour, workers: usize) -> Arc<Self> {
        let pool = Pool::without_models(workers, 64).unwrap();
        Arc::new(Self {
            behaviour: Mutex::new(behaviour),
            log: Arc::default(),
            held: Mutex::default(),
            live: Arc::new(()),
            pool: Some(pool),
        })
    }

    /// Runs all jobs that are held.
    pub(super) fn release(&self) {
        let jobs = std::mem::take(&mut *self.held.lock().unwrap());
        for job in jobs {
            job(&mut ModelSet::default());
        }
    }

    /// Pipelines that exist.
    pub(super) fn pipelines(&self) -> usize {
        Arc::strong_count(&self.live) - 1
    }
}

struct FakeAssessor {
    behaviour: Behaviour,
    log: Arc<Mutex<Log>>,
    _live: Arc<()>,
    segments: u64,
}

pub(super) fn no_score() -> ScoreOutcome {
    ScoreOutcome::NoScore(Abstention::new(AbstainReason::NoFace, "no face"))
}

pub(in crate::session) fn segment(index: u64) -> SegmentResult {
    SegmentResult {
        participant: ParticipantId::parse("c").unwrap(),
        index,
        span: Span::default(),
        revision: 1,
        is_final: true,
        outcome: no_score(),
        findings: Vec::new(),
        quality: Quality::default(),
        coverage: Coverage::default(),
        times: StageTimes::default(),
    }
}

impl Assessor for FakeAssessor {
    fn capabilities(&mut self, _models: &ModelSet) -> Vec<SignalCapability> {
        Vec::new()
    }

    fn shed(&mut self, shed: Shed) {
        self.log.lock().unwrap().shed = shed;
    }

    fn process(
        &mut self,
        items: Vec<Item>,
        _cancelled: &CancellationToken,
        _models: &mut ModelSet,
    ) -> Report {
        let mut report = Report::default();
        for item in items {
            match item {
                Item::Media(chunk) => {
                    if !self.behaviour.work.is_zero() {
                        std::thread::sleep(self.behaviour.work);
                    }
                    assert!(
                        self.behaviour.panic_at != Some(chunk.sequence),
                        "asked to panic"
                    );
                    if self.behaviour.refuse {
                        report.refused += 1;
                        report.latest_refusal = Some(FieldError::new("media.payload", 0, "more"));
                    }
                    if self.behaviour.segments {
                        report.segments.push(segment(self.segments));
                        self.segments += 1;
                    }
                    let mut log = self.log.lock().unwrap();
                    log.media.push((chunk.track.to_string(), chunk.sequence));
                }
                Item::Dropped { count, .. } => self.log.lock().unwrap().dropped += count,
                Item::Event { id, .. } => {
                    self.log.lock().unwrap().events.push(id);
                    report.acks.push(EventAck { id, refusal: None });
                }
                Item::Challenge(_) => report.challenges.push(ChallengeUpdate {
                    challenge: "ch1".into(),
                    participant: None,
                    request_id: String::new(),
                    state: ChallengeState::Refused {
                        detail: "a fake".into(),
                    },
                }),
            }
        }
        report
    }

    fn finish(
        &mut self,
        reason: &str,
        partial: bool,
        _models: &mut ModelSet,
    ) -> (Vec<SegmentResult>, SessionSummary) {
        self.log.lock().unwrap().finished = Some((reason.to_owned(), partial));
        let summary = SessionSummary {
            duration: MediaTime::ZERO,
            participants: Vec::new(),
            partial,
            end_reason: reason.to_owned(),
            cautions: Vec::new(),
        };
        (Vec::new(), summary)
    }
}

impl Backend for Fake {
    fn assessor(
        &self,
        _tenant: &TenantId,
        spec: &InterviewSpec,
    ) -> Result<Box<dyn Assessor>, Vec<FieldError>> {
        if spec.tracks.is_empty() {
            return Err(vec![FieldError::new(
                "open.tracks",
                "none",
                "at least one track",
            )]);
        }
        Ok(Box::new(FakeAssessor {
            behaviour: self.behaviour.lock().unwrap().clone(),
            log: self.log.clone(),
            _live: self.live.clone(),
            segments: 0,
        }))
    }

    fn submit(&self, key: u64, job: Job) -> bool {
        if let Some(pool) = &self.pool {
            return pool.submit(key, job).is_ok();
        }
        let mut behaviour = self.behaviour.lock().unwrap();
        if behaviour.busy > 0 {
            behaviour.busy -= 1;
            return false;
        }
        let hold = behaviour.hold;
        drop(behaviour);
        if hold {
            self.held.lock().unwrap().push(job);
        } else {
            job(&mut ModelSet::default());
        }
        true
    }

    fn info(&self) -> ServerInfo {
        ServerInfo {
            version: "test".into(),
            models: Vec::new(),
            signals: Vec::new(),
            limits: WireLimits {
                max_message_bytes: 0,
                max_picture_pixels: 0,
                max_audio_chunk_ms: 0,
                initial_credit_bytes: 0,
                max_session_length_s: 0,
                idle_timeout_s: 0,
                max_sessions: 0,
                max_tracks: 0,
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
            segment_ns: 3,
            hop_ns: 3,
            fusion: crate::pipeline::PipelineSettings::default().fusion,
            signals: 3,
        }
    }
}

pub(super) type Inbound = Result<ClientMessage, InboundError>;

/// A client of one running session.
pub(super) struct Client {
    pub tx: Option<mpsc::Sender<Inbound>>,
    pub rx: mpsc::Receiver<Result<Numbered, SessionError>>,
    pub registry: Registry,
}

pub(super) fn limits() -> SessionLimits {
    SessionLimits {
        queue_bytes: 1_000,
        max_refusals: 3,
        idle_timeout: Duration::from_secs(20),
        max_length: Duration::from_secs(600),
        // A lost connection is the end, but where a test says otherwise.
        resume_grace: Duration::ZERO,
        ..SessionLimits::default()
    }
}

pub(super) fn spec() -> InterviewSpec {
    let track = |id: &str, video: bool| TrackSpec {
        id: TrackId::parse(id).unwrap(),
        participant: ParticipantId::parse("c").unwrap(),
        clock_id: String::new(),
        clock: ClockSource::Platform,
        reference: false,
        video: video.then(|| VideoTrackSpec {
            format: VideoFormat::Jpeg,
            size: None,
            nominal_fps: None,
            range: ColorRange::Full,
            matrix: ColorMatrix::Auto,
            rotation_deg: 0,
            mirrored: false,
            region: None,
            codec_config: Vec::new(),
        }),
        audio: (!video).then_some(AudioTrackSpec {
            format: AudioFormat::S16le,
            sample_rate_hz: 16_000,
            channels: 1,
            planar: false,
        }),
    };
    InterviewSpec {
        session_id: SessionId::parse("s").unwrap(),
        participants: vec![ParticipantSpec {
            id: ParticipantId::parse("c").unwrap(),
            role: Role::Candidate,
            reference_session: None,
        }],
        tracks: vec![track("v", true), track("a", false)],
        consent_id: String::new(),
        source_platform: String::new(),
        challenges: Default::default(),
    }
}

pub(super) fn open() -> ClientMessage {
    ClientMessage::Open(Box::new(spec()))
}

pub(super) fn media(track: &str, sequence: u64, bytes: usize) -> ClientMessage {
    ClientMessage::Media(MediaChunk {
        track: TrackId::parse(track).unwrap(),
        sequence,
        capture_time_us: 0,
        payload: vec![0; bytes].into(),
        layout: None,
        keyframe: true,
        epoch: 0,
    })
}

/// A picture of this capture time.
pub(super) fn picture_at(sequence: u64, ms: i64, bytes: usize) -> ClientMessage {
    match media("v", sequence, bytes) {
        ClientMessage::Media(chunk) => ClientMessage::Media(MediaChunk {
            capture_time_us: ms * 1_000,
            ..chunk
        }),
        other => other,
    }
}

pub(super) fn event(id: u64) -> ClientMessage {
    let kind = EventKind::QuestionEnd {
        question_id: String::new(),
    };
    let event = ControlEvent {
        time: MediaTime::ZERO,
        kind,
    };
    ClientMessage::Event { id, event }
}

pub(super) fn close() -> ClientMessage {
    ClientMessage::Close {
        reason: "done".into(),
    }
}

impl Client {
    pub(super) fn start(fake: &Arc<Fake>, limits: SessionLimits) -> Self {
        Self::enter(fake, limits, Registry::new(4)).unwrap()
    }

    pub(super) fn enter(
        fake: &Arc<Fake>,
        limits: SessionLimits,
        registry: Registry,
    ) -> Result<Self, SessionError> {
        let permit = registry.enter(Caller::default())?;
        let (tx, input) = mpsc::channel(1);
        let (output, rx) = mpsc::channel(4);
        let backend: Arc<dyn Backend> = fake.clone();
        let input = Box::pin(ReceiverStream::new(input));
        let session = Session::new(backend, limits, registry.clone(), permit, input, output);
        registry.tasks().spawn(session.run());
        Ok(Self {
            tx: Some(tx),
            rx,
            registry,
        })
    }

    pub(super) async fn say(&self, message: ClientMessage) {
        self.tx.as_ref().unwrap().send(Ok(message)).await.unwrap();
    }

    /// Everything the session says until its stream ends.
    pub(super) async fn rest(&mut self) -> (Vec<ServerMessage>, Option<SessionError>) {
        let mut said = Vec::new();
        while let Some(message) = self.rx.recv().await {
            match message {
                Ok(numbered) => said.push(numbered.message),
                Err(error) => return (said, Some(error)),
            }
        }
        (said, None)
    }

    pub(super) async fn next(&mut self) -> ServerMessage {
        self.rx.recv().await.unwrap().unwrap().message
    }

    /// Waits for all tasks and permits of the registry to be gone, for at most a second.
    pub(super) async fn gone(&self) {
        let registry = self.registry.clone();
        let all = async move {
            while registry.sessions() > 0 || !registry.tasks().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(1), all)
            .await
            .expect("everything is gone within a second");
    }
}

pub(super) fn summary(said: &[ServerMessage]) -> Option<&SessionSummary> {
    match said.last() {
        Some(ServerMessage::Summary { summary, .. }) => Some(summary),
        _ => None,
    }
}
