//! The border to hostile input: what is let in, with which session time.
//!
//! **In:** announcements, chunks, events files. **Out:** validated specifications, session times,
//! typed refusals. **May touch:** `core`; [`events_file`] also looks at what `decode` says of a
//! recording. **Must not touch:** tokio, the wire's types, sessions.
//!
//! Everything here is plain computation on values; nothing waits, nothing reads a clock.

mod clock;
pub mod events_file;
mod spec;
#[cfg(test)]
mod tests;
mod track;

pub use spec::validate_spec;
pub use track::{Accepted, Chunk, ClockJump, Ingest, MAX_BACK_RUN, Refusal, TrackCounts};

use crate::core::{AudioFormat, VideoFormat};

/// A jump of a track's clock by more than this, forwards or back, is a break: 10 s.
pub const CLOCK_JUMP_NS: i64 = 10_000_000_000;

/// Media may lie this far before the session's zero: 120 s. A platform that hands over what it held
/// back while it started sends it late, with the times at which it was captured.
pub const BACKLOG_NS: i64 = 120_000_000_000;

/// What is let in.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest payload in bytes.
    pub max_chunk_bytes: usize,
    /// Largest picture in pixels.
    pub max_picture_pixels: u64,
    /// Shortest audio chunk in milliseconds.
    pub min_audio_chunk_ms: u32,
    /// Longest audio chunk in milliseconds.
    pub max_audio_chunk_ms: u32,
    /// Participants in one interview.
    pub max_participants: usize,
    /// Tracks in one interview.
    pub max_tracks: usize,
    /// Longest interview in nanoseconds; media beyond it is refused.
    pub max_session_ns: i64,
    /// Says whether pictures of a format are decoded.
    pub support_video: fn(VideoFormat) -> Result<(), String>,
    /// Says whether sound of a format is decoded.
    pub support_audio: fn(AudioFormat) -> Result<(), String>,
}

impl Limits {
    /// The usual limits, with what the decoders of this build support: 32 MiB a chunk, 16.8
    /// million pixels, 10 ms to 3 s of sound, 16 participants, 32 tracks, 4 hours.
    pub fn new(
        support_video: fn(VideoFormat) -> Result<(), String>,
        support_audio: fn(AudioFormat) -> Result<(), String>,
    ) -> Self {
        Self {
            max_chunk_bytes: 32 << 20,
            max_picture_pixels: 4096 * 4096,
            min_audio_chunk_ms: 10,
            max_audio_chunk_ms: 3_000,
            max_participants: 16,
            max_tracks: 32,
            max_session_ns: 4 * 3_600 * 1_000_000_000,
            support_video,
            support_audio,
        }
    }
}
