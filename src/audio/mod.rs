//! Sound: from timestamped blocks to a 10 ms series of level, mel bands and speech probability.
//!
//! **In:** [`AudioBlock`](crate::core::AudioBlock)s of one track, as they come (10 ms to some
//! seconds each, 8 to 48 kHz, one or two channels), and a [`SpeechModel`] that turns mel bands into
//! speech probabilities. **Out:** a [`VoiceTrack`] that lends its recent past as a
//! [`VoiceSeries`](crate::core::VoiceSeries). The rest are functions over such series.
//! **May touch:** `core`, `rubato` (resampling), `realfft` (spectra). **Must not touch:** models,
//! sessions, clocks, IO.
//!
//! Invariants:
//! - the grid is session time: hop `i` of every track begins at a multiple of 10 ms, so that two
//!   tracks compare hop by hop;
//! - results depend on the samples and their times, not on how they were cut into blocks;
//! - sound that did not arrive is zero, marked as missing, and never read as silence by a signal
//!   that looks at `missing`; nothing is stitched over a gap;
//! - memory is bounded by the history that was asked for.
//!
//! Not done here: echo cancellation, speaker diarization, noise suppression.

mod background;
mod echo;
mod envelope;
#[cfg(test)]
mod golden;
mod mel;
mod mix;
mod pitch;
mod resample;
mod spans;
mod timeline;
mod track;

pub use background::{above, background_gate_db};
pub use echo::{ECHO_CORRELATION, ECHO_LAG_HOPS, EchoPath, find_echo};
pub use envelope::{bands_db, level_db, spectral_flux};
pub use mel::{FRAME_LEFT, FRAME_RIGHT, LogMel};
pub use mix::to_mono;
pub use pitch::pitch_hz;
pub use resample::{RATE_HZ, ResampleError, To16k};
pub use spans::{SpanRules, SpeechSpan, speech_spans};
pub use timeline::{Placement, Timeline};
pub use track::{SpeechModel, VoiceTrack};
