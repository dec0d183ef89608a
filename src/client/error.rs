//! Why a recording could not be streamed.

use crate::core::FieldError;
use crate::decode::DecodeError;
use crate::ingest::events_file::EventsError;
use liveproof_sdk::ClientError;
use std::path::PathBuf;

/// Why a recording could not be streamed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The recording could not be read.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// The events file beside the recording cannot be read.
    #[error("events file: {0}")]
    Events(#[from] EventsError),
    /// The events file contradicts the recording, or the recording has nothing to use.
    #[error("{}", .0.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("; "))]
    Plan(Vec<FieldError>),
    /// The recording that is to be the reference cannot be used.
    #[error("reference {}: {source}", .path.display())]
    Reference {
        /// The recording.
        path: PathBuf,
        /// Why.
        source: Box<StreamError>,
    },
    /// The reading thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] std::io::Error),
    /// The server could not be reached, or ended the interview.
    #[error("{0}")]
    Server(#[from] ClientError),
    /// The server said something that this client does not understand.
    #[error("the server's answer: {0}")]
    Answer(#[from] FieldError),
    /// The stream ended in order and yet without a summary.
    #[error("the server ended the interview without a summary")]
    NoSummary,
}

impl StreamError {
    /// What to try, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Server(ClientError::Connect { .. }) => {
                Some("is `liveproof serve` running there?")
            }
            Self::Server(ClientError::TooLarge { .. }) => Some(
                "--jpeg 90 sends smaller pictures; server.max_message_bytes allows larger ones",
            ),
            _ => None,
        }
    }

    /// True when the server is at fault or away, and not the recording.
    pub fn is_server(&self) -> bool {
        match self {
            Self::Server(_) | Self::Answer(_) | Self::NoSummary => true,
            Self::Decode(_)
            | Self::Events(_)
            | Self::Plan(_)
            | Self::Reference { .. }
            | Self::Thread(_) => false,
        }
    }
}
