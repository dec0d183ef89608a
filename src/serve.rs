//! From a configuration to a running service: engine, workers, server, readiness, signals.
//!
//! **In:** a [`ServeConfig`] and an engine. **Out:** a service that is bound, warm and ready, and its
//! orderly end. **May touch:** the rooms that it puts together. **Must not touch:** media, results.

use crate::challenge::{RecordKey, SystemEntropy};
use crate::decode::wire::{support_audio, support_video};
use crate::engine::{Engine, Pool};
use crate::grpc::{
    DoorLimits, Health, PageFile, Reflection, Reload, ServeError, Server, ServerSettings, Tls,
};
use crate::ingest::Limits;
use crate::jobs::{Finished, JobListener, Jobs, JobsConfig};
use crate::pipeline::PipelineSettings;
use crate::session::{
    BackendLimits, Concluded, EngineBackend, EvidenceSettings, Listener, ReferenceLimits, Registry,
    SessionLimits,
};
use crate::telemetry::{MetricsListener, ServerStarted};
use crate::web;
use crate::webhook::{Topic, Webhook, WebhookTarget};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Bytes of a request besides its picture: ids, layout, event texts, 64 KiB of decoder set-up.
const ENVELOPE_BYTES: u64 = 128 << 10;
/// How long the end of the process waits for reviews to stop; they look after every picture.
const REVIEWS_END: Duration = Duration::from_secs(5);
/// Where the pages find the protocol's descriptors.
const PROTOCOL_PATH: &str = "/assets/protocol.json";
/// Bytes of a pixel in the widest raw format (RGBA).
const BYTES_PER_PIXEL: u64 = 4;

/// How the service runs.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Interviews at the same time.
    pub max_sessions: u32,
    /// Largest request message in bytes; the largest picture taken follows from it.
    pub max_message_bytes: u64,
    /// Worker threads.
    pub workers: usize,
    /// Limits and timeouts of a session.
    pub session: SessionLimits,
    /// How interviews are cut and scored.
    pub pipeline: PipelineSettings,
    /// What ended interviews leave behind for later ones.
    pub references: ReferenceLimits,
    /// TLS, if the service ends it itself.
    pub tls: Option<Tls>,
    /// What challenge records are signed with; `None` = a key is drawn at start.
    pub record_key: Option<RecordKey>,
    /// Where interviews leave evidence logs; `None` = nothing is written.
    pub evidence: Option<Arc<EvidenceSettings>>,
    /// Who is told when an interview is over.
    pub webhook: Option<WebhookTarget>,
    /// Serve the pages for a host's and a candidate's browser.
    pub pages: bool,
    /// What is done with recordings that clients hand in; `None` = none are taken.
    pub reviews: Option<JobsConfig>,
    /// File of tenants and their keys; without it no keys are asked for.
    pub keys: Option<PathBuf>,
    /// Who may ask for the descriptors of the protocol.
    pub reflection: Reflection,
    /// Bounds of the door.
    pub door: DoorLimits,
    /// Address of the port for metrics; `None` opens none.
    pub metrics: Option<SocketAddr>,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 50_551)),
            max_sessions: 16,
            max_message_bytes: 16 << 20,
            workers: 1,
            session: SessionLimits::default(),
            pipeline: PipelineSettings::default(),
            references: ReferenceLimits::default(),
            tls: None,
            record_key: None,
            evidence: None,
            webhook: None,
            pages: true,
            reviews: None,
            keys: None,
            reflection: Reflection::default(),
            door: DoorLimits::default(),
            metrics: None,
        }
    }
}

/// A service that is bound, warm and ready, and not yet serving.
pub struct Serving {
    server: Server,
    backend: Arc<EngineBackend>,
    engine: Arc<Engine>,
    addr: SocketAddr,
    metrics: Option<(MetricsListener, SocketAddr)>,
    notices: Option<Notices>,
    jobs: Option<Jobs>,
}

/// Binds the address, starts the workers and waits until their models are warm.
///
/// # Errors
/// An address that cannot be bound, or threads that cannot be started.
pub async fn start(config: ServeConfig, engine: Arc<Engine>) -> Result<Serving, ServeError> {
    let pool = Pool::new(&engine, config.workers).map_err(ServeError::Threads)?;
    let notices = config.webhook.as_ref().map(Notices::start);
    let jobs = match config.reviews.clone() {
        Some(reviews) => {
            let told = notices.as_ref().map(Notices::job_listener);
            Some(Jobs::open(reviews, engine.clone(), told)?)
        }
        None => None,
    };
    let settings = ServerSettings {
        reviews: jobs.clone(),
        session: SessionLimits {
            refuse_at: u32::try_from(config.workers).unwrap_or(u32::MAX),
            ..config.session.clone()
        },
        max_sessions: config.max_sessions,
        max_message_bytes: usize::try_from(config.max_message_bytes).unwrap_or(usize::MAX),
        tls: config.tls.clone(),
        pages: config.pages.then_some(page),
        keys: config.keys.clone(),
        reflection: config.reflection,
        door: config.door,
    };
    let metrics = match config.metrics {
        Some(addr) => Some(listen_for_scrapes(addr).await?),
        None => None,
    };
    let limits = backend_limits(&config);
    let record_key = match config.record_key {
        Some(key) => key,
        None => drawn_key()?,
    };
    let backend = EngineBackend::new(engine.clone(), pool, config.pipeline, &limits, record_key);
    let listener = notices.as_ref().map(Notices::listener);
    let backend = backend
        .with_evidence(config.evidence)
        .with_listener(listener);
    let backend = Arc::new(backend);
    let server = Server::bind(config.listen, backend.clone(), settings).await?;
    let addr = server.local_addr().map_err(|source| ServeError::Bind {
        addr: config.listen,
        source,
    })?;
    show_start(&backend);
    backend.warmed_up().await;
    if let Some(jobs) = &jobs {
        let registry = server.registry();
        jobs.start(move || registry.overloaded() > 0)?;
    }
    server.health().ready().await;
    Ok(Serving {
        server,
        backend,
        engine,
        addr,
        metrics,
        notices,
        jobs,
    })
}

/// Notices to the operator's own service, and the end of their sending.
struct Notices {
    webhook: Webhook,
    stop: CancellationToken,
    sending: JoinHandle<()>,
}

// === impl Notices ===

impl Notices {
    fn start(target: &WebhookTarget) -> Self {
        let stop = CancellationToken::new();
        let (webhook, sending) = Webhook::start(target, stop.clone());
        Self {
            webhook,
            stop,
            sending,
        }
    }

    fn listener(&self) -> Listener {
        let webhook = self.webhook.clone();
        Listener(Arc::new(move |interview: &Concluded<'_>| {
            let data = serde_json::json!({
                "tenant": interview.tenant.as_str(),
                "session_id": interview.spec.session_id.as_str(),
                "consent_id": interview.spec.consent_id,
                "summary": interview.summary,
            });
            webhook.tell(Topic::InterviewConcluded, &data);
        }))
    }

    fn job_listener(&self) -> JobListener {
        let webhook = self.webhook.clone();
        JobListener(Arc::new(move |job: &Finished<'_>| {
            let data = serde_json::json!({
                "tenant": job.tenant.as_str(),
                "review_id": job.view.id.as_str(),
                "request_id": job.view.request_id,
                "display_name": job.view.name,
                "recording_sha256": job.view.recording_sha256,
                "state": job.view.state.word(),
                "detail": job.view.detail,
                "summary": job.summary,
            });
            webhook.tell(Topic::ReviewFinished, &data);
        }))
    }

    /// Gives what waits a last try.
    async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.sending.await {
            tracing::error!(%error, "the sending of notices failed");
        }
    }
}

/// A key for challenge records that ends with the process, and says so.
fn drawn_key() -> Result<RecordKey, ServeError> {
    let key = RecordKey::drawn(&mut SystemEntropy::default()).map_err(ServeError::Entropy)?;
    tracing::info!(
        key = key.id(),
        "challenge records are signed with a key drawn just now; after this process nobody can verify them"
    );
    Ok(key)
}

/// A file of the `web` room as it is served.
fn page(path: &str) -> Option<PageFile> {
    static PROTOCOL: OnceLock<Option<String>> = OnceLock::new();
    let file = |content_type, bytes| PageFile {
        content_type,
        headers: web::HEADERS,
        bytes,
    };
    if path == PROTOCOL_PATH {
        let made = PROTOCOL.get_or_init(|| match web::protocol_json(crate::grpc::descriptors()) {
            Ok(text) => Some(text),
            Err(error) => {
                tracing::error!(%error, "the pages cannot read the protocol");
                None
            }
        });
        let text = made.as_deref()?;
        return Some(file("application/json", Cow::Borrowed(text.as_bytes())));
    }
    let (content_type, bytes) = web::asset(path)?;
    Some(file(content_type, Cow::Borrowed(bytes)))
}

async fn listen_for_scrapes(addr: SocketAddr) -> Result<(MetricsListener, SocketAddr), ServeError> {
    let refused = |source| ServeError::Bind { addr, source };
    let listener = MetricsListener::bind(addr).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

fn show_start(backend: &EngineBackend) {
    let info = crate::session::Backend::info(backend);
    let models = info.models.into_iter();
    ServerStarted {
        version: &info.version,
        provider: &info.execution_provider,
        workers: backend.workers(),
        slots: info.limits.max_sessions,
        models: models
            .map(|m| (m.id, m.task, m.sha256, m.obstacle.is_none()))
            .collect(),
    }
    .emit();
}

/// The largest picture that fits a message decides what the decoders take, so that a picture that
/// could be sent is never refused for its size later, and none beyond it is decoded.
fn backend_limits(config: &ServeConfig) -> BackendLimits {
    let payload = config.max_message_bytes.saturating_sub(ENVELOPE_BYTES);
    let seconds = |d: Duration| u32::try_from(d.as_secs()).unwrap_or(u32::MAX);
    let max_length = config.session.max_length;
    let mut ingest = Limits::new(support_video, support_audio);
    ingest.max_chunk_bytes = usize::try_from(payload).unwrap_or(usize::MAX);
    ingest.max_picture_pixels = payload / BYTES_PER_PIXEL;
    ingest.max_session_ns = i64::try_from(max_length.as_nanos()).unwrap_or(i64::MAX);
    BackendLimits {
        ingest,
        max_message_bytes: config.max_message_bytes,
        initial_credit_bytes: config.session.queue_bytes,
        max_session_length_s: seconds(max_length),
        idle_timeout_s: seconds(config.session.idle_timeout),
        max_sessions: config.max_sessions,
        references: config.references,
    }
}

impl Serving {
    /// The address in use.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The running interviews.
    pub fn registry(&self) -> Registry {
        self.server.registry()
    }

    /// The readiness switch.
    pub fn health(&self) -> Health {
        self.server.health()
    }

    /// The address that metrics are read from, if there is one.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(_, addr)| *addr)
    }

    /// The means to read key file and certificates anew.
    pub fn reload(&self) -> Reload {
        self.server.reload()
    }

    /// What an operator wants to read at the start: address, models, signals, workers.
    pub fn banner(&self) -> String {
        use std::fmt::Write as _;
        let info = crate::session::Backend::info(self.backend.as_ref());
        let mut text = crate::engine::table(&self.engine.models());
        for s in &info.signals {
            let state = s.obstacle.as_deref().unwrap_or("can run");
            let _ = writeln!(text, "signal {}: {state}", s.name);
        }
        let _ = writeln!(
            text,
            "{} workers on {}; at most {} interviews; listening on {}",
            self.backend.workers(),
            info.execution_provider,
            info.limits.max_sessions,
            self.addr
        );
        text
    }

    /// Serves until `stop` resolves, then drains.
    ///
    /// # Errors
    /// See [`Server::run`].
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), ServeError> {
        let jobs = self.jobs.clone();
        let stop = async move {
            stop.await;
            if let Some(jobs) = jobs {
                jobs.stop();
            }
        };
        let scrapes = async {
            if let Some((listener, _)) = self.metrics {
                listener.run().await;
            }
            std::future::pending::<std::convert::Infallible>().await
        };
        let result = tokio::select! {
            result = self.server.run(stop) => result,
            never = scrapes => match never {},
        };
        if let Some(jobs) = self.jobs {
            end_of(&jobs).await;
        }
        if let Some(notices) = self.notices {
            notices.end().await;
        }
        result
    }
}

/// Waits, for a bounded time, until no review is worked on any more. What is on the disk is whole at any moment.
async fn end_of(jobs: &Jobs) {
    jobs.stop();
    let idle = async {
        while !jobs.is_idle() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(REVIEWS_END, idle).await.is_err() {
        tracing::warn!("a review did not stop in time; it begins anew with the next start");
    }
}

/// Reads key file and certificates anew at each SIGHUP, until dropped.
///
/// # Errors
/// When the signal cannot be listened to.
pub fn reload_on_hangup(reload: Reload) -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            reload.run();
        }
    })
}

/// Resolves at SIGTERM or SIGINT.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
