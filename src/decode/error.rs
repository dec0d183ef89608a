//! Why media could not be read.

use crate::core::FieldError;

/// Why a file or a payload could not be read. The words are meant for the person who chose the
/// file or wrote the client; paths are left to the caller.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// The file cannot be opened or read.
    #[error("cannot read the file: {0}")]
    Io(String),
    /// The path is not a regular file.
    #[error("not a regular file")]
    NotAFile,
    /// The file has no bytes.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// FFmpeg finds no known container in it.
    #[error("not a media file that FFmpeg recognises")]
    NotMedia,
    /// A known container whose index is missing or damaged.
    #[error(
        "{container} without a readable index: the file was probably cut off while recording or copying"
    )]
    Incomplete {
        /// Kind of container, by its first bytes.
        container: &'static str,
    },
    /// The container holds neither pictures nor sound.
    #[error("the file holds neither pictures nor sound")]
    NoStreams,
    /// A stream that the file does not have, or that is neither video nor audio.
    #[error("stream {index}: not in the file as {expected} (it has {streams} streams)")]
    NoSuchStream {
        /// Index asked for.
        index: usize,
        /// "video", "audio", or "video or audio".
        expected: &'static str,
        /// Streams in the file.
        streams: usize,
    },
    /// FFmpeg has no decoder for the stream, or the decoder refuses it.
    #[error("stream {index}: {codec} cannot be decoded here: {detail}")]
    NotDecodable {
        /// Stream concerned.
        index: usize,
        /// Name of the codec.
        codec: String,
        /// What FFmpeg says.
        detail: String,
    },
    /// Nothing was selected before the first read.
    #[error("no stream was selected")]
    NothingSelected,
    /// More errors than a usable recording has.
    #[error("stream {index}: {errors} of {packets} packets could not be decoded")]
    TooManyErrors {
        /// Stream concerned.
        index: usize,
        /// Packets that failed.
        errors: u64,
        /// Packets tried.
        packets: u64,
    },
    /// A stream's timestamps go back and stay back.
    #[error("stream {index}: timestamps run backwards from {at_ms} ms on")]
    TimestampsGoBack {
        /// Stream concerned.
        index: usize,
        /// Largest time seen before, milliseconds of session time.
        at_ms: i64,
    },
    /// A selected stream gave not one picture or sample.
    #[error("stream {index}: not one picture or sample could be decoded ({errors} errors)")]
    NothingDecoded {
        /// Stream concerned.
        index: usize,
        /// Packets that failed.
        errors: u64,
    },
    /// A size, layout or number cannot be used.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The format has a place in the protocol, but no decoder in this build.
    #[error("{0}")]
    Unsupported(String),
    /// A compressed picture or sound is damaged.
    #[error("damaged {format}: {detail}")]
    Damaged {
        /// Name of the format.
        format: &'static str,
        /// What the decoder says.
        detail: String,
    },
    /// A compressed picture that rests on others which did not come.
    #[error("waits for a keyframe: {0}")]
    AwaitsKeyframe(
        /// Why.
        &'static str,
    ),
}
