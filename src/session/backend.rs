//! Where live sessions get their pipelines and threads from: the engine and its worker pool.

use super::assess::{Opening, PipelineAssessor};
use super::evidence::Recorded;
use super::{
    Assessor, Backend, Concluded, EvidenceSettings, Listener, ModelInfo, ReferenceLimits,
    ReferenceStore, ServerInfo, SignalInfo, Terms, WireLimits,
};
use crate::challenge::RecordKey;
use crate::core::{FieldError, InterviewSpec, TenantId};
use crate::decode::wire::{audio_formats, video_formats};
use crate::engine::{Engine, Job, Pool};
use crate::ingest::Limits;
use crate::pipeline::PipelineSettings;
use std::sync::{Arc, OnceLock};
use tokio::time::Instant;

/// Session time between two provisional results of an open segment: 1 s.
const PROVISIONAL_NS: i64 = 1_000_000_000;
/// How long tracking, and how long the signals, may take for one segment: 10 s, three times what
/// keeps up with the default segment of 3 s on one worker. Overload is shed long before.
const STAGE_DEADLINE_NS: u64 = 10_000_000_000;

/// What live sessions stand on.
#[derive(Debug)]
pub struct EngineBackend {
    engine: Arc<Engine>,
    pool: Pool,
    settings: PipelineSettings,
    ingest: Limits,
    limits: WireLimits,
    references: Arc<ReferenceStore>,
    record_key: Arc<RecordKey>,
    evidence: Option<Arc<EvidenceSettings>>,
    listener: Option<Listener>,
}

/// Limits of the service that are not the session's own.
#[derive(Debug, Clone, Copy)]
pub struct BackendLimits {
    /// What is let in.
    pub ingest: Limits,
    /// Largest request message in bytes.
    pub max_message_bytes: u64,
    /// Payload bytes under way before a client waits for credit.
    pub initial_credit_bytes: u64,
    /// Longest interview in seconds.
    pub max_session_length_s: u32,
    /// Seconds without a message after which an interview is ended.
    pub idle_timeout_s: u32,
    /// Interviews at the same time.
    pub max_sessions: u32,
    /// What ended interviews leave behind.
    pub references: ReferenceLimits,
}

impl EngineBackend {
    /// A backend over an engine and its pool. `question_marks` of the settings is overridden:
    /// live, they may always still come.
    pub fn new(
        engine: Arc<Engine>,
        pool: Pool,
        settings: PipelineSettings,
        limits: &BackendLimits,
        record_key: RecordKey,
    ) -> Self {
        let settings = PipelineSettings {
            question_marks: true,
            provisional_ns: Some(PROVISIONAL_NS),
            stage_deadline_ns: settings.stage_deadline_ns.or(Some(STAGE_DEADLINE_NS)),
            stopwatch,
            ..settings
        };
        Self {
            engine,
            pool,
            settings,
            ingest: limits.ingest,
            references: Arc::new(ReferenceStore::new(limits.references)),
            record_key: Arc::new(record_key),
            evidence: None,
            listener: None,
            limits: WireLimits {
                max_message_bytes: limits.max_message_bytes,
                max_picture_pixels: limits.ingest.max_picture_pixels,
                max_audio_chunk_ms: limits.ingest.max_audio_chunk_ms,
                initial_credit_bytes: limits.initial_credit_bytes,
                max_session_length_s: limits.max_session_length_s,
                idle_timeout_s: limits.idle_timeout_s,
                max_sessions: limits.max_sessions,
                max_tracks: u32::try_from(limits.ingest.max_tracks).unwrap_or(u32::MAX),
                video_formats: video_formats().to_vec(),
                audio_formats: audio_formats().to_vec(),
            },
        }
    }

    /// The same with an evidence log of every interview.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Option<Arc<EvidenceSettings>>) -> Self {
        self.evidence = evidence;
        self
    }

    /// The same with somebody who is told when an interview is over.
    #[must_use]
    pub fn with_listener(mut self, listener: Option<Listener>) -> Self {
        self.listener = listener;
        self
    }

    /// Worker threads.
    pub fn workers(&self) -> usize {
        self.pool.workers()
    }

    /// Waits until each worker has taken a first job, which it does after its models are warm.
    pub async fn warmed_up(&self) {
        let mut waiting = Vec::new();
        for key in 0..self.pool.workers() as u64 {
            let (tx, rx) = tokio::sync::oneshot::channel::<()>();
            let job: Job = Box::new(move |_| {
                tx.send(()).ok();
            });
            if self.pool.submit(key, job).is_ok() {
                waiting.push(rx);
            }
        }
        for rx in waiting {
            rx.await.ok();
        }
    }

    fn models(&self) -> Vec<ModelInfo> {
        let changed = self.engine.changed_files();
        let remark = |id: &str| {
            let of = changed.iter().find(|(model, _)| model == id);
            of.map(|(_, remark)| remark.clone()).unwrap_or_default()
        };
        let model = |m: crate::engine::ModelStatus| ModelInfo {
            remark: remark(&m.id),
            id: m.id,
            task: m.task,
            sha256: m.sha256,
            obstacle: (!m.available).then_some(m.detail),
            data_terms: m.data_terms,
        };
        self.engine.models().into_iter().map(model).collect()
    }

    /// A signal whose task has no usable model cannot run on any tracks.
    fn signals(&self) -> Vec<SignalInfo> {
        let models = self.engine.models();
        let obstacle = |name: &str| {
            let analyzers = crate::analyze::create_all();
            let task = analyzers.iter().find(|a| a.name() == name)?.task()?;
            match models.iter().find(|m| m.task == task) {
                Some(m) if m.available => None,
                Some(m) => Some(m.detail.clone()),
                None => Some(format!("model missing: no model for task {task}")),
            }
        };
        let policies = self.engine.policies().into_iter();
        policies
            .map(|p| SignalInfo {
                obstacle: obstacle(&p.name),
                session_cap: p.session_cap,
                segment_cap: p.segment_cap,
                name: p.name,
            })
            .collect()
    }
}

impl Backend for EngineBackend {
    fn assessor(
        &self,
        tenant: &TenantId,
        spec: &InterviewSpec,
    ) -> Result<Box<dyn Assessor>, Vec<FieldError>> {
        let policies = self.engine.policies();
        let shed_order = self.engine.shed_order();
        let opening = Opening {
            shed_order: &shed_order,
            tenant,
            limits: &self.ingest,
            settings: self.settings,
            policies: &policies,
            references: &self.references,
            record_key: &self.record_key,
        };
        let assessor = Box::new(PipelineAssessor::open(spec, &opening)?);
        match &self.evidence {
            None => Ok(assessor),
            Some(settings) => match Recorded::begin(assessor, settings, tenant, spec) {
                Ok(recorded) => Ok(Box::new(recorded)),
                Err(e) => Err(vec![FieldError::new("open", e, "a log of the interview")]),
            },
        }
    }

    fn submit(&self, key: u64, job: Job) -> bool {
        self.pool.submit(key, job).is_ok()
    }

    fn info(&self) -> ServerInfo {
        ServerInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            models: self.models(),
            signals: self.signals(),
            limits: self.limits.clone(),
            onnxruntime_version: self.engine.runtime_version().unwrap_or_default(),
            execution_provider: self.engine.provider().to_owned(),
            sessions: 0,
        }
    }

    fn terms(&self) -> Terms {
        Terms {
            segment_ns: self.settings.segment_ns,
            hop_ns: self.settings.segment_ns,
            fusion: self.settings.fusion,
            signals: self.engine.analyzers().len(),
        }
    }

    fn concluded(&self, interview: &Concluded<'_>) {
        if let Some(Listener(told)) = &self.listener {
            told(interview);
        }
    }
}

/// Nanoseconds of a steady clock since its first use.
fn stopwatch() -> u64 {
    static ZERO: OnceLock<Instant> = OnceLock::new();
    let elapsed = ZERO.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}
