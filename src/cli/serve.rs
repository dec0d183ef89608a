//! `liveproof serve`.

use super::exit::{self, Failure, fail};
use super::{print, rooms};
use liveproof::config::Config;
use liveproof::grpc::ServeError;
use liveproof::jobs::JobsError;
use liveproof::serve::{Serving, reload_on_hangup, start, stop_signal};
use liveproof::telemetry;

/// Serves until SIGINT or SIGTERM, then drains.
pub fn run(config: &Config) -> Result<(), Failure> {
    let runtime = super::runtime()?;
    // Dropped before the runtime: the last spans are sent on it.
    let _telemetry = {
        let _within = runtime.enter();
        super::log(config, config.log.otlp_endpoint.get())?
    };
    telemetry::log_panics_without_content();
    warn_of_open_doors(config);
    let engine = rooms::engine(config)?;
    let service = rooms::service(config, &engine)?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(|e| fail(exit::INTERNAL, e))?;
        let serving = start(service, engine).await.map_err(failure)?;
        let reload = reload_on_hangup(serving.reload()).map_err(|e| fail(exit::INTERNAL, e))?;
        print(&banner(&serving))?;
        let reloading = tokio::spawn(reload);
        let served = serving.run(stop).await.map_err(failure);
        reloading.abort();
        served
    })
}

/// The last line is for programs that start the server on port 0.
fn banner(serving: &Serving) -> String {
    let metrics = serving.metrics_addr();
    let metrics = metrics.map(|at| format!("metrics on http://{at}/metrics\n"));
    format!(
        "{}{}listening on {}\n",
        serving.banner(),
        metrics.unwrap_or_default(),
        serving.addr()
    )
}

fn warn_of_open_doors(config: &Config) {
    let server = &config.server;
    if server.allow_insecure {
        tracing::warn!(
            tls = server.tls_cert_file.is_some(),
            keys = server.keys_file.is_some(),
            "server.allow_insecure: whoever reaches the address may call, or listen in"
        );
    }
    let beyond = server.metrics_listen.filter(|at| !at.ip().is_loopback());
    if let Some(at) = beyond {
        tracing::warn!(%at, "server.metrics_listen: whoever reaches the address may read metrics");
    }
}

fn failure(error: ServeError) -> Failure {
    let code = match &error {
        ServeError::Bind { .. } => exit::UNAVAILABLE,
        ServeError::Keys(_) | ServeError::Tls(_) => exit::USAGE,
        ServeError::Reviews(JobsError::InUse(_)) => exit::UNAVAILABLE,
        ServeError::Reviews(JobsError::Folder { .. }) => exit::USAGE,
        ServeError::Cut(_) => exit::CUT,
        _ => exit::INTERNAL,
    };
    fail(code, error)
}
