//! What operators see: tracing set-up, and one struct per event.
//!
//! **In:** facts from other rooms. **Out:** log lines and counters. **May touch:** `tracing`.
//! **Must not touch:** media, results, anything said or shown in an interview. Client-chosen ids
//! stay out of the log; interviews are named by their number in this process.

mod events;

pub use events::{
    AnalysisPanicked, Counters, LoadShed, MediaDropped, SessionDetached, SessionEnded,
    SessionOpened, SessionRefused, SessionResumed, counters,
};

use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Sends log lines to standard error. `filter` is in the form of `RUST_LOG`, as
/// `info,liveproof=debug`.
///
/// # Errors
/// A sentence when the filter cannot be read or logging was set up before.
pub fn init(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("log filter {filter:?}: {e}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    let done = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    done.map_err(|e| e.to_string())
}
