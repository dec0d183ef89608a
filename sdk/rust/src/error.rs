//! What can go wrong on the client's side.

/// Why a call failed or an interview ended.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address cannot be read or reached.
    #[error("cannot reach {address}: {source}")]
    Connect {
        /// The address.
        address: String,
        /// Why not.
        #[source]
        source: tonic::transport::Error,
    },
    /// The server refused or ended the call; the status names the field where one was at fault.
    #[error("{}: {}", .0.code().description(), .0.message())]
    Status(Box<tonic::Status>),
    /// The API key holds characters that cannot be sent.
    #[error("the API key holds characters that cannot be sent")]
    Key,
    /// The server's first message was not `hello`, or an answer lacks what it is for.
    #[error("the server's first message was not hello, or an answer is empty")]
    NoHello,
    /// A file cannot be read.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A report is not what its digest says.
    #[error("the report that came is not the one that the server has")]
    Damaged,
    /// The interview has ended; the updates say why.
    #[error("the interview has ended")]
    Ended,
    /// A payload is larger than the server ever grants credit for, or its message than it reads.
    #[error("a chunk of {found} bytes; this server takes at most {limit}")]
    TooLarge {
        /// Bytes found.
        found: u64,
        /// Bytes that the server takes.
        limit: u64,
    },
}

impl From<tonic::Status> for ClientError {
    fn from(status: tonic::Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// True when the transport made this status and not the server, since the connection broke: it has a source, and its
/// code may be any.
pub(crate) fn broke(status: &tonic::Status) -> bool {
    std::error::Error::source(status).is_some()
}

impl ClientError {
    /// The server's status, where there is one.
    pub fn status(&self) -> Option<&tonic::Status> {
        match self {
            Self::Status(status) => Some(status),
            _ => None,
        }
    }

    /// True when the same call may succeed later without any change: the server says so, or the connection broke.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Connect { .. } => true,
            Self::Status(s) => {
                broke(s)
                    || matches!(
                        s.code(),
                        tonic::Code::ResourceExhausted | tonic::Code::Unavailable
                    )
            }
            Self::Key
            | Self::NoHello
            | Self::File { .. }
            | Self::Damaged
            | Self::Ended
            | Self::TooLarge { .. } => false,
        }
    }
}
