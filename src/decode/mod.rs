//! Files and wire payloads become upright RGB pictures and float sound with times.
//!
//! **In:** a path ([`file::FileSource`]), or a payload with its announced format.
//! **Out:** [`Frame`](crate::core::Frame) and [`AudioBlock`](crate::core::AudioBlock) with
//! session times taken from timestamps. **May touch:** `core`, FFmpeg, `image`, `yuv`; this is
//! the only room that imports FFmpeg and `image`. **Must not touch:** sessions, network, opencv.
//!
//! Pictures come out as packed 8-bit RGB, turned upright and cropped to the participant's region;
//! the sender's colour matrix and range are honoured. The sample aspect ratio is not corrected:
//! the nets are trained on pictures as decoded. Nothing in here panics on hostile bytes: every
//! size is checked before memory is taken, and every refusal is a [`DecodeError`].

mod alter;
mod chain;
#[cfg(test)]
pub(crate) mod coding;
mod convert;
mod encode;
mod error;
pub mod file;
mod pcm;
mod picture;
pub mod wire;

pub use alter::{blur, jpeg_round_trip, scale_to_height};
pub use chain::CodecChain;
pub use encode::encode_jpeg;
pub use error::DecodeError;

/// Versions of the FFmpeg libraries in use: what is decoded may differ between them in the last bit.
pub fn library_versions() -> String {
    use ffmpeg_next as ff;
    let versions = [
        ff::codec::version(),
        ff::format::version(),
        ff::software::scaling::version(),
        ff::software::resampling::version(),
    ];
    versions.map(|v| v.to_string()).join(" ")
}
