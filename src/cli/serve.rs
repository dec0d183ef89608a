//! `liveproof serve`.

use super::exit::{self, Failure, fail};
use super::{print, rooms};
use liveproof::config::Config;
use liveproof::grpc::ServeError;
use liveproof::serve::{start, stop_signal};

/// Serves until SIGINT or SIGTERM, then drains.
pub fn run(config: &Config) -> Result<(), Failure> {
    let engine = rooms::engine(config)?;
    let service = rooms::service(config)?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(|e| fail(exit::INTERNAL, e))?;
        let serving = start(service, engine).await.map_err(failure)?;
        print(&serving.banner())?;
        // A line of its own, for programs that start the server on port 0.
        print(&format!("listening on {}\n", serving.addr()))?;
        serving.run(stop).await.map_err(failure)
    })
}

fn failure(error: ServeError) -> Failure {
    let code = match &error {
        ServeError::Bind { .. } => exit::UNAVAILABLE,
        ServeError::Cut(_) => exit::CUT,
        _ => exit::INTERNAL,
    };
    fail(code, error)
}
