//! Recordings handed in to a running service: review jobs that wait on the disk and are worked off beside
//! the live interviews.
//!
//! **In:** a [`Submission`] and the bytes that it announces. **Out:** [`JobView`]s, final segments as they
//! come, reports. **May touch:** its own folder (`review.dir`), `review` and `report` for the work, the wall
//! clock for dates. **Must not touch:** the wire's types, pixels, live interviews.
//!
//! What holds:
//! - a job belongs to the tenant that handed it in; to others it is unknown, and its id cannot be guessed;
//! - a job that was answered is on the disk whole. A process that is killed finds it again: what was over stays
//!   over with its reports, what waited waits, what ran waits again and is begun anew, at most
//!   [`MOST_ATTEMPTS`] times, since a recording may be what ends the process;
//! - an upload is deleted as soon as its review is over, reports when they are too old or somebody says so;
//!   every file has its name once it is whole;
//! - everything that a client can fill is bounded: jobs, uploads under way, bytes on the disk, watchers;
//! - live interviews come first: reviews run on threads of their own, few, at the lowest priority that the
//!   system knows, and stand still while an interview is on the last step of its load ladder.

mod books;
mod clock;
mod disk;
mod error;
mod job;
mod manager;
mod record;
mod results;
mod submission;
mod upload;
mod work;

pub use crate::review::CandidateChoice;
pub use error::{Full, JobError};
pub use job::{JobId, JobView, Told, Watch};
pub use manager::{Begun, Finished, JobListener, Jobs, JobsConfig, JobsError};
pub use record::{JobState, ReportKind};
pub use results::{KeptReport, Page};
pub use submission::{
    JobLimits, JobTerms, MAX_CHUNK_BYTES, Origin, Source, Submission, UploadPlan,
};
pub use upload::Upload;
pub use work::MOST_ATTEMPTS;

#[cfg(test)]
mod tests;
