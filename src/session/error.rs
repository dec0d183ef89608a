//! Why an interview was refused or ended early, as its client is told.

use crate::core::FieldError;
use std::time::Duration;

/// Why an interview was refused or ended early. The text of each is fit for the client; causes
/// that are the server's own stay in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// A message holds a value that cannot be used.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// The announced interview cannot be served.
    #[error("{}", first_of(.0))]
    OpenRefused(Vec<FieldError>),
    /// More chunks were refused than the server puts up with.
    #[error("{count} chunks were refused, at most {limit} are put up with; the latest: {latest}")]
    TooManyRefusals {
        /// Chunks refused.
        count: u64,
        /// Chunks put up with.
        limit: u64,
        /// The latest refusal.
        latest: FieldError,
    },
    /// A message came when it was not its turn.
    #[error("{message} is not expected while the interview is {state}")]
    WrongOrder {
        /// The message that came.
        message: &'static str,
        /// The state it met.
        state: &'static str,
    },
    /// A message was too large or unreadable.
    #[error("unreadable message: {0}")]
    Unreadable(String),
    /// Another interview with this id is running.
    #[error(
        "an interview with session_id {0} is running already; \
         resume it with the resume_token of its hello, or choose another session_id"
    )]
    Duplicate(String),
    /// Nothing can be resumed with this id and token; does not tell whether the id exists.
    #[error(
        "open.resume_token: no interview of this session_id can be resumed with it; \
         open a new one without a token"
    )]
    ResumeUnknown,
    /// The interview to be resumed was concluded, as partial unless its client had closed it.
    #[error(
        "open.resume_token: the interview was not resumed within {0:?} and has been concluded; \
         open a new one without a token"
    )]
    ResumeTooLate(Duration),
    /// Another connection of the same client resumed the interview.
    #[error("another connection has resumed this interview")]
    TakenOver,
    /// The random numbers of a resume token could not be drawn.
    #[error("the server could not draw a resume token")]
    NoRandomness,
    /// All interview slots are taken.
    #[error("all {max} interview slots are taken")]
    AtCapacity {
        /// Number of slots.
        max: u32,
        /// When to try again.
        retry_after: Duration,
    },
    /// The caller's tenant has all the interviews that it may.
    #[error("all {max} interview slots of this tenant are taken")]
    TenantAtCapacity {
        /// Number of slots.
        max: u32,
        /// When to try again.
        retry_after: Duration,
    },
    /// The interviews that run take all that the server can do.
    #[error("the server has more to do than it can; new interviews are not taken for now")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// A piece of work of this interview did not end.
    #[error("the analysis did not answer within {0:?}")]
    AnalysisStuck(Duration),
    /// The server is stopping and takes no new interviews.
    #[error("the server is stopping")]
    Stopping,
    /// The stream held no `open`.
    #[error("the stream ended before `open`")]
    NeverOpened,
    /// `open` did not come in time.
    #[error("no `open` within {0:?}")]
    OpenTimeout(Duration),
    /// No message came for too long.
    #[error("no message for {0:?}")]
    Idle(Duration),
    /// The client stopped reading its results.
    #[error("results were not read for {0:?}")]
    ClientStuck(Duration),
    /// The results could not be finished in time.
    #[error("results were not finished within {0:?}")]
    FinishTimeout(Duration),
    /// The connection is gone; nobody is told.
    #[error("the client is gone")]
    ClientGone,
    /// The analysis of this interview failed; the log has the cause.
    #[error("the analysis failed; the service log has the cause")]
    Internal,
}

impl SessionError {
    /// The error in a word, for the log and for metrics. The text itself may quote the client.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::OpenRefused(_) => "open_refused",
            Self::TooManyRefusals { .. } => "too_many_refusals",
            Self::WrongOrder { .. } => "wrong_order",
            Self::Unreadable(_) => "unreadable",
            Self::Duplicate(_) => "duplicate",
            Self::ResumeUnknown => "resume_unknown",
            Self::ResumeTooLate(_) => "resume_too_late",
            Self::TakenOver => "taken_over",
            Self::NoRandomness => "no_randomness",
            Self::AtCapacity { .. } => "full",
            Self::TenantAtCapacity { .. } => "tenant_full",
            Self::Stopping => "stopping",
            Self::NeverOpened => "never_opened",
            Self::OpenTimeout(_) => "open_timeout",
            Self::Idle(_) => "idle",
            Self::ClientStuck(_) => "client_stuck",
            Self::FinishTimeout(_) => "finish_timeout",
            Self::ClientGone => "client_gone",
            Self::Overloaded { .. } => "overloaded",
            Self::AnalysisStuck(_) => "analysis_stuck",
            Self::Internal => "internal",
        }
    }
}

/// The first fault, and how many more there are; all of them travel in the status details.
fn first_of(faults: &[FieldError]) -> String {
    match faults {
        [] => "open: refused".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}
