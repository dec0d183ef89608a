//! Limits and timeouts of a session, with the reason for each default.

use super::LadderLimits;
use std::time::Duration;

/// Limits and timeouts of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// Payload bytes that may wait for the pipeline, and the credit a client starts with: 32 MiB,
    /// about 5 s of 720p JPEG at 25 fps, or 2 raw QHD pictures.
    pub queue_bytes: u64,
    /// Items taken to a worker at once: 8, so that a flooding session hands its worker to the
    /// next session after a fraction of a second.
    pub batch_items: usize,
    /// Media waits for more of it so long before it is taken to a worker: 25 ms. Pictures and sound come in a
    /// hundred small messages a second, and each way to a worker and back costs as much as a small chunk's work.
    pub gather: Duration,
    /// Items that may wait before reading pauses: 4,096. Zero-length chunks and control events
    /// cost no credit, so they are bounded by number.
    pub queue_items: usize,
    /// Messages that may wait for the client before work pauses: 64.
    pub outbox_messages: usize,
    /// Refused chunks, beyond a tenth of those taken, after which the interview is ended: 100. A
    /// client with a systematic fault is told within seconds, one with a few broken pictures an
    /// hour is never cut off.
    pub max_refusals: u64,
    /// `open` must come within this time: 10 s.
    pub open_timeout: Duration,
    /// Without a message for this time the interview is ended: 60 s, as long as call platforms
    /// keep a silent stream.
    pub idle_timeout: Duration,
    /// Longest interview: 4 h.
    pub max_length: Duration,
    /// Results not read for this time end the interview: 30 s.
    pub stuck_timeout: Duration,
    /// How long an interview outlives its connection: 30 s, two changes of a mobile network.
    /// Zero: not at all, and no token is given.
    pub resume_grace: Duration,
    /// Final segments and acknowledgements that are kept after they were sent, until the client
    /// says that it has them: 256, more than six minutes of two candidates. Provisional ones,
    /// notices and credit are not kept.
    pub kept_messages: usize,
    /// When something is left out of an interview that comes faster than it is worked off; `None`:
    /// nothing but what has no room.
    pub ladder: Option<LadderLimits>,
    /// So many interviews on the last step of their ladders, and new ones are refused: as many as
    /// there are workers, since each keeps one of them busy.
    pub refuse_at: u32,
    /// A piece of work that takes longer than this ends its interview: 120 s.
    pub job_timeout: Duration,
    /// Time for working off what was taken in after the client closed: 120 s.
    pub finish_timeout: Duration,
    /// The same when the server stops: 10 s. After half of it, waiting media is dropped.
    pub grace: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            queue_bytes: 32 << 20,
            batch_items: 8,
            gather: Duration::from_millis(25),
            queue_items: 4_096,
            outbox_messages: 64,
            max_refusals: 100,
            open_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            max_length: Duration::from_secs(4 * 3_600),
            stuck_timeout: Duration::from_secs(30),
            finish_timeout: Duration::from_secs(120),
            resume_grace: Duration::from_secs(30),
            kept_messages: 256,
            ladder: Some(LadderLimits::default()),
            refuse_at: 1,
            job_timeout: Duration::from_secs(120),
            grace: Duration::from_secs(10),
        }
    }
}
