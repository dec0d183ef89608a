//! What operators see: the log, spans, metrics, and one struct per event.
//!
//! **In:** facts from other rooms. **Out:** log lines, spans, metrics over HTTP. **May touch:** `tracing`,
//! `prometheus_client`, `opentelemetry`, the port for metrics. **Must not touch:** media, results, anything
//! said or shown in an interview. Client-chosen ids stay out of all of it; interviews are named by their
//! number in this process.

mod door;
mod events;
mod export;
mod listener;
mod metrics;
mod process;
mod review;
mod webhook;

pub use door::{
    CallRefused, CertificateReloaded, CertificateUnusable, ConnectionRefused, KeysReloaded,
    KeysUnreadable, OpenConnection, Readiness, ServerStarted,
};
pub use events::{
    AnalysisPanicked, EvidenceEnded, EvidenceLost, EvidenceWriteFailed, JobBegun, JobGiven,
    LoadShed, MediaDropped, MediaRefused, NetRun, SegmentConcluded, SessionDetached, SessionEnded,
    SessionMeter, SessionOpened, SessionRefused, SessionResumed,
};
pub use listener::MetricsListener;
pub use metrics::exposition;
pub use review::{ReviewEnded, ReviewInterrupted, ReviewQueue, ReviewRefused, ReviewSubmitted};
pub use webhook::WebhookTried;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Keeps the export of spans alive; dropping it sends what is left.
#[derive(Debug, Default)]
pub struct Telemetry {
    #[expect(dead_code, reason = "held for its end")]
    export: Option<export::Export>,
}

/// Sends log lines to standard error, and spans to an OpenTelemetry collector where an endpoint is
/// given (then to be called inside a tokio runtime). `filter` of the log is in the form of `RUST_LOG`, as
/// `info,liveproof=debug`.
///
/// # Errors
/// A sentence when filter or endpoint cannot be used or logging was set up before.
pub fn init(
    format: LogFormat,
    filter: &str,
    otlp_endpoint: Option<&str>,
) -> Result<Telemetry, String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("log filter {filter:?}: {e}"))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let export = otlp_endpoint.map(export::Export::to).transpose()?;
    let spans = export.as_ref().map(export::Export::layer);
    tracing_subscriber::registry()
        .with(lines)
        .with(spans)
        .try_init()
        .map_err(|e| e.to_string())?;
    Ok(Telemetry { export })
}

/// Logs panics without their message, unless it is a fixed one: a formatted message may quote what a
/// client sent.
pub fn log_panics_without_content() {
    std::panic::set_hook(Box::new(|panic| {
        let fixed = panic.payload().downcast_ref::<&'static str>().copied();
        let at = panic.location().map(ToString::to_string);
        let words = fixed.unwrap_or("message withheld");
        tracing::error!(at, words, "panic");
    }));
}
