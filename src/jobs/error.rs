//! Why something cannot be done with a job, as its client is told.

use crate::core::FieldError;
use std::time::Duration;

/// What is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The tenant's jobs that wait or run.
    TenantJobs(u32),
    /// Uploads under way, of the tenant or of all.
    Uploads(usize),
    /// The tenant's share of the disk, bytes.
    TenantDisk(u64),
    /// The disk that jobs may take in all, bytes.
    Disk(u64),
    /// Jobs that are kept, of all tenants.
    Kept(usize),
    /// Watchers of one job.
    Watchers(usize),
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TenantJobs(n) => write!(f, "all {n} jobs of this tenant wait or run"),
            Self::Uploads(n) => write!(f, "{n} uploads are under way"),
            Self::TenantDisk(n) => write!(
                f,
                "the recordings and reports of this tenant would take more than {n} bytes; delete some"
            ),
            Self::Disk(n) => write!(f, "recordings and reports would take more than {n} bytes"),
            Self::Kept(n) => write!(f, "{n} jobs are kept; delete some"),
            Self::Watchers(n) => write!(f, "the job is watched {n} times already"),
        }
    }
}

/// Why something cannot be done with a job. The text of each is fit for the client; what is the server's own
/// stays in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// A value cannot be used.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// No such job of this caller.
    #[error("there is no such review")]
    Unknown,
    /// An upload with this request id is under way on another connection.
    #[error("spec.request_id: an upload with this id is under way")]
    UnderWay,
    /// The request id was used for something else.
    #[error("spec.request_id: another recording was handed in, or other options, with this id")]
    OtherRequest,
    /// A bound is met.
    #[error("{0}")]
    Full(Full),
    /// There is no space left on the disk.
    #[error("the server's disk is full")]
    NoSpace,
    /// An upload did not come on.
    #[error("the upload did not come on within {0:?}")]
    Slow(Duration),
    /// The job has no reports yet.
    #[error("the review is not over")]
    NotOver,
    /// The job has no report of this kind.
    #[error("the review has no such report")]
    NoReport,
    /// The server is stopping.
    #[error("the server is stopping; the job goes on when it is back")]
    Stopping,
    /// Something that should work did not; the log has the cause.
    #[error("the server cannot do that now; its log has the cause")]
    Internal,
}

impl JobError {
    /// The error in a word, for the log and for metrics.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Field(_) => "invalid",
            Self::Unknown => "unknown",
            Self::UnderWay => "under_way",
            Self::OtherRequest => "other_request",
            Self::Full(Full::TenantJobs(_)) => "tenant_full",
            Self::Full(Full::TenantDisk(_)) => "tenant_disk",
            Self::Full(Full::Disk(_)) | Self::NoSpace => "disk",
            Self::Full(Full::Uploads(_) | Full::Kept(_) | Full::Watchers(_)) => "full",
            Self::Slow(_) => "slow",
            Self::NotOver | Self::NoReport => "not_there",
            Self::Stopping => "stopping",
            Self::Internal => "internal",
        }
    }
}

/// What a failure of the disk means to the client; logged here, once.
impl From<std::io::Error> for JobError {
    fn from(error: std::io::Error) -> Self {
        let full = [
            std::io::ErrorKind::StorageFull,
            std::io::ErrorKind::QuotaExceeded,
        ];
        tracing::error!(%error, "the folder of review jobs");
        match full.contains(&error.kind()) {
            true => Self::NoSpace,
            false => Self::Internal,
        }
    }
}
