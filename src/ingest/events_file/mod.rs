//! What is known of a recording beside its media: `FILE.events.json`.
//!
//! The format is `docs/events.schema.json`; a test holds schema and parser together. The parser is
//! stricter in one point: a key that has no meaning for an event's type is refused, since it shows
//! a misunderstanding. Whatever contradicts the file itself or the recording is refused with the
//! entry that is at fault, never silently dropped.

mod check;
mod parse;
mod plan;
#[cfg(test)]
mod tests;

pub use plan::{Plan, Selection, TEST_COPY};

use crate::core::{ClockSource, FieldError, ParticipantId, ParticipantSpec, Region, TrackId};
use std::path::{Path, PathBuf};

/// Largest events file in bytes.
pub const MAX_FILE_BYTES: u64 = 4 << 20;
/// Entries in a list of an events file.
pub const MAX_ENTRIES: usize = 10_000;

/// Why an events file was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EventsError {
    /// The file cannot be read.
    #[error("cannot read the events file: {0}")]
    Io(String),
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("the events file has {0} bytes, at most {MAX_FILE_BYTES} are read")]
    TooLarge(u64),
    /// Not JSON.
    #[error("not JSON: line {line}, column {column}: {detail}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        detail: String,
    },
    /// A key that the format does not have.
    #[error("{entry}: unknown key \"{key}\"{}", did_you_mean(.nearest))]
    UnknownKey {
        /// The entry, as `events[3]`, or "the file".
        entry: String,
        /// The key found.
        key: String,
        /// The nearest key that the entry may have.
        nearest: Option<&'static str>,
    },
    /// A value that is missing or cannot be used.
    #[error(transparent)]
    Field(#[from] FieldError),
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map_or(String::new(), |n| format!(", did you mean \"{n}\"?"))
}

/// A parsed events file: well-formed, ids valid, numbers finite. Whether it fits a recording shows
/// when it is [applied](EventsFile::apply).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventsFile {
    /// Where the consent record is kept; empty when not given.
    pub consent_id: String,
    /// Platform the recording comes from; empty when not given.
    pub source_platform: String,
    /// Participants; empty when not given.
    pub participants: Vec<ParticipantSpec>,
    /// Streams in use; `None` when the list is not given.
    pub tracks: Option<Vec<TrackEntry>>,
    /// What is known of sound against pictures.
    pub clock: ClockSource,
    /// Events in the file's order.
    pub events: Vec<EventEntry>,
    /// A stretch at which it was verified who is before the camera.
    pub reference: Option<ReferenceEntry>,
    /// What was done to a test copy, empty for a control; `None` for what is no test copy. A reader is told that it
    /// is one, and nothing that measures looks at it.
    pub tampered: Option<Vec<TamperedEntry>>,
}

/// A stretch of a test copy that was tampered with; milliseconds from the recording's start.
#[derive(Debug, Clone, PartialEq)]
pub struct TamperedEntry {
    /// How: a word of the tool that made it.
    pub kind: String,
    /// Start of the stretch.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// Offset that was put in, positive = audio late; where it is one, in its largest value.
    pub offset_ms: Option<f64>,
}

/// A verified stretch of the recording; milliseconds from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceEntry {
    /// Start of the stretch.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
}

/// One stream of the recording in use.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackEntry {
    /// Index of the stream in the file.
    pub stream: usize,
    /// Name of the track.
    pub id: TrackId,
    /// Whose track.
    pub participant: ParticipantId,
    /// Where the participant stands in the picture.
    pub region: Option<Region>,
}

/// One event; times in milliseconds from the start of the recording.
#[derive(Debug, Clone, PartialEq)]
pub struct EventEntry {
    /// When it happened.
    pub time_ms: f64,
    /// What happened.
    pub kind: EventEntryKind,
}

/// What happened; later times in milliseconds, like [`EventEntry::time_ms`].
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum EventEntryKind {
    QuestionStart {
        question_id: String,
    },
    QuestionEnd {
        question_id: String,
    },
    AnswerStart {
        question_id: String,
    },
    Mute {
        participant: ParticipantId,
        muted: bool,
    },
    Camera {
        participant: ParticipantId,
        on: bool,
    },
    ActiveSpeaker {
        participant: Option<ParticipantId>,
    },
    Discontinuity {
        track: TrackId,
        reason: String,
    },
    Challenge {
        id: String,
        kind: crate::core::ChallengeKind,
        deadline_ms: f64,
        count: u32,
        parameters: crate::core::ChallengeParameters,
    },
    WarmUp {
        end_ms: f64,
    },
    TrackParticipant {
        track: TrackId,
        participant: ParticipantId,
    },
}

/// Parses the text of an events file.
///
/// # Errors
/// The first fault found, with its entry.
pub fn parse(text: &str) -> Result<EventsFile, EventsError> {
    parse::parse(text)
}

/// The events file beside a recording: `talk.mp4.events.json`, or else `talk.events.json`.
pub fn discover(recording: &Path) -> Option<PathBuf> {
    let name = recording.file_name()?.to_str()?;
    let stem = recording.file_stem()?.to_str()?;
    [name, stem]
        .iter()
        .map(|n| recording.with_file_name(format!("{n}.events.json")))
        .find(|p| p.is_file())
}

/// Reads and parses an events file.
///
/// # Errors
/// [`EventsError::Io`], [`EventsError::TooLarge`], or what [`parse()`] finds.
pub fn load(path: &Path) -> Result<EventsFile, EventsError> {
    let io = |e: std::io::Error| EventsError::Io(e.to_string());
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(EventsError::TooLarge(bytes));
    }
    parse(&std::fs::read_to_string(path).map_err(io)?)
}
