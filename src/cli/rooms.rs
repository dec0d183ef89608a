//! From the configuration to what each room takes.

use super::exit::{self, Failure, fail};
use anyhow::Context as _;
use liveproof::challenge::RecordKey;
use liveproof::config::{self, Config};
use liveproof::engine::{
    CpuBudget, Engine, EngineError, EngineOptions, Gpu, MemoryBudget, ModelsDir, Provider,
};
use liveproof::evidence::{Program, SigningKey, Store, StoreLimits};
use liveproof::fusion::{FusionConfig, SequentialTest};
use liveproof::grpc::{DoorLimits, Reflection, Tls};
use liveproof::jobs::{JobLimits, JobsConfig};
use liveproof::pipeline::PipelineSettings;
use liveproof::review::{self, ReviewEvidence, ReviewOptions};
use liveproof::serve::ServeConfig;
use liveproof::session::{EvidenceSettings, ReferenceLimits, SessionLimits, observe_evidence};
use liveproof::webhook::{WebhookSecret, WebhookTarget};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Verifies the models and loads what can be used.
pub fn engine(config: &Config) -> Result<Arc<Engine>, Failure> {
    engine_with(config, None).map_err(|e| fail(exit::INPUT, e))
}

/// The same with one more overlay on top of the configured one.
pub fn engine_with(config: &Config, overlay: Option<&Path>) -> Result<Arc<Engine>, EngineError> {
    let dir = ModelsDir::find(config.engine.models_dir.as_deref());
    let dir = dir?;
    let configured = config.engine.models_overlay.iter().cloned();
    let options = EngineOptions {
        runtime: config.engine.ort_library.clone(),
        provider: config.engine.provider,
        gpu: Gpu {
            device: config.engine.device,
            graphs: config.engine.gpu_graphs,
            half: config.engine.half,
        },
        // One session of a net fills a GPU; a session for each worker would hold its weights as often.
        shared_by: (config.engine.provider != Provider::Cpu).then(|| workers(config)),
        graph_cache: config.engine.graph_cache.clone(),
        overlays: configured.chain(overlay.map(Path::to_path_buf)).collect(),
    };
    Engine::load(&dir, &options)
}

/// Worker threads: as configured, or one per core that this process may use.
pub fn workers(config: &Config) -> usize {
    CpuBudget::detect().workers(config.engine.workers.fixed())
}

/// Recordings to work on at the same time: as configured, or one per worker as far as the memory that
/// this process may use holds them.
pub fn jobs(config: &Config) -> usize {
    let affordable = MemoryBudget::detect().holds(review::JOB_BYTES);
    let fixed = config.review.jobs.fixed();
    fixed.unwrap_or_else(|| workers(config).min(affordable))
}

/// SHA-256 of the running program.
pub fn program_digest() -> Result<String, Failure> {
    std::env::current_exe()
        .and_then(|program| review::sha256_of(&program))
        .context("cannot read the program itself")
        .map_err(|e| fail(exit::INTERNAL, e))
}

/// How interviews are cut and scored.
pub fn pipeline(config: &Config) -> PipelineSettings {
    let p = &config.pipeline;
    PipelineSettings {
        segment_ns: i64::from(p.segment_ms) * 1_000_000,
        detect_interval_ns: i64::from(p.detect_interval_ms) * 1_000_000,
        looks_per_s: p.looks_per_s,
        fusion: FusionConfig {
            prior: p.prior,
            segment_coverage_floor: p.segment_coverage_floor,
            session_coverage_floor: p.session_coverage_floor,
            test: SequentialTest {
                false_alarm: p.false_alarm_rate,
                miss: p.miss_rate,
                change_threshold: p.change_threshold,
            },
        },
        ..PipelineSettings::default()
    }
}

/// How the service runs.
pub fn service(config: &Config, engine: &Engine) -> Result<ServeConfig, Failure> {
    let s = &config.server;
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    Ok(ServeConfig {
        listen: s.listen,
        max_sessions: s.max_sessions,
        max_message_bytes: s.max_message_bytes,
        workers: workers(config),
        session: SessionLimits {
            queue_bytes: s.initial_credit_bytes,
            idle_timeout: seconds(s.idle_timeout_s),
            resume_grace: seconds(s.resume_grace_s),
            max_length: seconds(s.max_session_s),
            grace: seconds(s.drain_grace_s),
            ..SessionLimits::default()
        },
        pipeline: pipeline(config),
        references: ReferenceLimits {
            max_sessions: usize::try_from(s.max_references).unwrap_or(usize::MAX),
            max_age: seconds(s.reference_age_s),
        },
        tls: tls(config),
        keys: s.keys_file.clone(),
        reflection: match s.reflection {
            config::Reflection::Off => Reflection::Off,
            config::Reflection::Key => Reflection::Key,
            config::Reflection::Open => Reflection::Open,
        },
        door: DoorLimits {
            max_connections: s.max_connections,
            max_connections_per_address: s.max_connections_per_address,
            handshake_timeout: seconds(s.handshake_timeout_s),
            max_header_bytes: s.max_header_bytes,
            max_requests_per_min: s.max_requests_per_min,
        },
        metrics: s.metrics_listen,
        record_key: record_key(config)?,
        evidence: evidence(config, engine)?,
        webhook: webhook(config)?,
        pages: s.pages,
        reviews: reviews(config, engine)?,
    })
}

/// What the service does with recordings that are handed in, if anything.
fn reviews(config: &Config, engine: &Engine) -> Result<Option<JobsConfig>, Failure> {
    let r = &config.review;
    let Some(dir) = &r.dir else { return Ok(None) };
    let mib = |n: u32| u64::from(n) << 20;
    let evidence = match evidence_key(config)? {
        Some(key) => Some(ReviewEvidence {
            key,
            program: program(config, engine, [])?,
        }),
        None => None,
    };
    Ok(Some(JobsConfig {
        dir: dir.clone(),
        recordings: r.recordings_dir.clone(),
        threads: usize::try_from(r.service_jobs).unwrap_or(1),
        limits: JobLimits {
            max_upload_bytes: mib(r.max_upload_mb),
            max_disk_bytes: mib(r.max_disk_mb),
            max_tenant_disk_bytes: mib(r.max_tenant_disk_mb),
            max_tenant_jobs: r.max_tenant_jobs,
            keep: Duration::from_secs(u64::from(r.keep_hours) * 3_600),
        },
        options: ReviewOptions {
            pipeline: pipeline(config),
            ..ReviewOptions::default()
        },
        evidence,
    }))
}

/// Where interviews leave their logs, if anywhere.
fn evidence(config: &Config, engine: &Engine) -> Result<Option<Arc<EvidenceSettings>>, Failure> {
    let (Some(dir), Some(key)) = (&config.evidence.dir, evidence_key(config)?) else {
        return Ok(None);
    };
    let days = u64::from(config.evidence.keep_days);
    let limits = StoreLimits {
        keep: (days > 0).then(|| Duration::from_secs(days * 86_400)),
        ..StoreLimits::default()
    };
    let store = Store::open(dir, limits, observe_evidence);
    Ok(Some(Arc::new(EvidenceSettings {
        store: store.map_err(|e| fail(exit::USAGE, e))?,
        key,
        program: program(config, engine, [])?,
    })))
}

/// Who is told when something is over, if anybody.
pub fn webhook(config: &Config) -> Result<Option<WebhookTarget>, Failure> {
    let settings = &config.webhook;
    let (Some(url), Some(path)) = (settings.url.reveal(), settings.secret_file.reveal()) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path)
        .context("webhook.secret_file: cannot be read")
        .map_err(|e| fail(exit::USAGE, e))?;
    let secret = WebhookSecret::parse(&text).map_err(|e| fail(exit::USAGE, e))?;
    let target = WebhookTarget::new(url, secret, settings.ca_file.as_deref());
    Ok(Some(target.map_err(|e| fail(exit::USAGE, e))?))
}

/// What evidence logs are signed with, where a file has it. The file must be its owner's alone.
pub fn evidence_key(config: &Config) -> Result<Option<Arc<SigningKey>>, Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(path) = config.evidence.key_file.reveal() else {
        return Ok(None);
    };
    let what = "evidence.key_file";
    let refused = |e: anyhow::Error| fail(exit::USAGE, e);
    let unreadable = || format!("{what}: cannot be read");
    let metadata = std::fs::metadata(path).with_context(unreadable);
    let mode = metadata.map_err(refused)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let found =
            format!("{what}: found a file of mode {mode:o}, expected one of its owner alone (600)");
        return Err(refused(anyhow::anyhow!(found)));
    }
    let text = std::fs::read_to_string(path).with_context(unreadable);
    let key = SigningKey::from_pem(&text.map_err(refused)?).with_context(|| what.to_owned());
    Ok(Some(Arc::new(key.map_err(refused)?)))
}

/// What makes evidence logs: this program, its libraries, models and settings; `more` are settings of the
/// command.
pub fn program<const N: usize>(
    config: &Config,
    engine: &Engine,
    more: [(String, String); N],
) -> Result<Program, Failure> {
    let runtime = engine.runtime_version().unwrap_or_default();
    let libraries = liveproof::decode::library_versions().into_iter();
    let settings = config::KEYS.iter().filter(|k| k.section == "pipeline");
    let settings = settings.map(|k| (k.path.to_owned(), config.shown(k.path).unwrap_or_default()));
    let models = engine
        .models()
        .into_iter()
        .map(|m| (m.id, m.sha256, m.available));
    Ok(Program::new(
        env!("CARGO_PKG_VERSION"),
        program_digest()?,
        libraries
            .map(|(name, version)| (name.to_owned(), version))
            .chain([(
                "onnxruntime".to_owned(),
                format!("{runtime}, {}", engine.provider()),
            )])
            .collect(),
        models.collect(),
        engine.fingerprint(),
        settings.chain(more).collect(),
    ))
}

/// What challenge records are signed with, where a file has it: its bytes, a line end apart.
fn record_key(config: &Config) -> Result<Option<RecordKey>, Failure> {
    let Some(path) = config.challenges.record_key_file.reveal() else {
        return Ok(None);
    };
    let what = "challenges.record_key_file";
    let mut bytes = std::fs::read(path)
        .with_context(|| format!("{what}: cannot be read"))
        .map_err(|e| fail(exit::USAGE, e))?;
    while bytes.last().is_some_and(u8::is_ascii_whitespace) {
        bytes.pop();
    }
    let key = RecordKey::new(&bytes, false).with_context(|| what.to_owned());
    Ok(Some(key.map_err(|e| fail(exit::USAGE, e))?))
}

/// Certificate and key; the configuration has both or neither.
fn tls(config: &Config) -> Option<Tls> {
    let server = &config.server;
    Some(Tls {
        certificate_file: server.tls_cert_file.clone()?,
        key_file: server.tls_key_file.reveal()?.into(),
        client_ca_file: server.tls_client_ca_file.clone(),
    })
}
