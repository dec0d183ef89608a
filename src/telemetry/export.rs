//! Spans to an OpenTelemetry collector: OTLP over gRPC.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::time::Duration;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// A collector that does not answer holds an export no longer: 5 s. Spans wait meanwhile in a queue of
/// bounded length (2,048) and are dropped beyond it; interviews never wait for a collector.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An export under way.
#[derive(Debug)]
pub(super) struct Export(SdkTracerProvider);

impl Export {
    /// Begins to export to an endpoint as `http://127.0.0.1:4317`.
    pub(super) fn to(endpoint: &str) -> Result<Self, String> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|e| format!("log.otlp_endpoint: {e}"))?;
        let resource = Resource::builder_empty()
            .with_service_name("liveproof")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// The layer that turns this program's own spans into OpenTelemetry's. Those of other crates stay
    /// out: they may hold headers.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + Send + Sync + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("liveproof"))
            .with_location(false)
            .with_threads(false)
            .with_filter(Targets::new().with_target("liveproof", Level::INFO))
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "spans were left behind");
        }
    }
}
