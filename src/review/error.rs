//! Why a recording could not be reviewed.

use crate::core::FieldError;
use crate::decode::DecodeError;
use crate::ingest::events_file::EventsError;

/// Why a recording could not be reviewed.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The media could not be read.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// The events file beside it cannot be read.
    #[error("events file: {0}")]
    Events(#[from] EventsError),
    /// Recording and events file do not go together.
    #[error("events file: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Plan(Vec<FieldError>),
    /// Nothing could be decoded for a scored participant.
    #[error("no picture or sound of a candidate could be decoded")]
    NoMedia,
    /// Somebody wrote to the recording or its events file meanwhile.
    #[error("the recording or its events file changed while it was reviewed")]
    Changed,
    /// Somebody ended the review.
    #[error("the review was ended")]
    Cancelled,
    /// The models cannot be made ready.
    #[error("{0}")]
    Models(String),
    /// The worker that reviewed it stopped.
    #[error("the review stopped unexpectedly; the log has the cause")]
    WorkerFailed,
}
