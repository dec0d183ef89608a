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
mod ffi;
pub mod file;
mod payload;
mod pcm;
mod picture;
mod planes;
pub mod wire;
mod write;

pub use alter::{blur, jpeg_round_trip, scale_to_height};
pub use chain::CodecChain;
pub use encode::encode_jpeg;
pub use error::DecodeError;
pub use payload::{even_size, h264_access_units, i420};
pub use write::{RecordingWriter, StreamSpec, WriteError};

/// Versions of the libraries that decode, as the process has loaded them: by name, `major.minor.micro`.
pub fn library_versions() -> Vec<(&'static str, String)> {
    let words = |v: u32| format!("{}.{}.{}", v >> 16, (v >> 8) & 0xff, v & 0xff);
    vec![
        ("libavcodec", words(ffmpeg_next::codec::version())),
        ("libavformat", words(ffmpeg_next::format::version())),
        ("libavutil", words(ffmpeg_next::util::version())),
        (
            "libswresample",
            words(ffmpeg_next::software::resampling::version()),
        ),
        (
            "libswscale",
            words(ffmpeg_next::software::scaling::version()),
        ),
    ]
}
