//! Tampered copies of a recording of one's own, to measure what is noticed of them on one's own platform.
//!
//! **In:** a recording with its events file, kinds, a stretch. **Out:** a copy per kind with a strip below the
//! picture that says what it is, an events file with what was done where, a list for `evaluate`.
//! **May touch:** `decode`, `ingest::events_file`, `engine`, `track`, `vision`.
//!
//! Every kind uses the person's own face and voice from the same recording: none of them makes anybody look or
//! sound like somebody else. The control goes through the same encoder with the same strip, so that neither
//! codec nor strip tells a copy from a control.

mod copy;
mod kinds;
mod original;
mod picture;
mod sound;
#[cfg(test)]
mod tests;
mod truth;

pub use kinds::Kind;

use crate::core::{Abstention, FieldError, Span};
use crate::decode::{DecodeError, WriteError};
use crate::engine::ModelSet;
use crate::ingest::events_file::EventsError;
use original::Original;
use std::path::{Path, PathBuf};
use truth::Row;

/// Longest recording that is copied, seconds: its sound is held in memory.
pub const LONGEST_S: f64 = 1_200.0;

/// How copies are made.
#[derive(Debug, Clone, PartialEq)]
pub struct ForgeOptions {
    /// Kinds to make; empty = all that the recording allows.
    pub kinds: Vec<Kind>,
    /// Stretch that is tampered with; by default the middle third. A hand challenge brings its own.
    pub stretch: Option<Span>,
    /// Offset of sound, constant or at a drift's end: milliseconds, positive = audio late.
    pub offset_ms: f64,
    /// x264's rate factor of every copy, 0 to 51.
    pub crf: u8,
}

impl Default for ForgeOptions {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            stretch: None,
            offset_ms: 240.0,
            crf: 23,
        }
    }
}

/// Why no copy was made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForgeError {
    /// The recording cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The copy cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The events file cannot be used.
    #[error("events file: {0}")]
    Events(String),
    /// An argument, or what the recording holds.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A face is needed, and cannot be looked for.
    #[error("the face cannot be followed: {}", .0.detail)]
    Face(Abstention),
    /// A file of the result.
    #[error("cannot write {path}: {detail}")]
    Io {
        /// Which.
        path: String,
        /// What the system says.
        detail: String,
    },
}

impl From<EventsError> for ForgeError {
    fn from(e: EventsError) -> Self {
        Self::Events(e.to_string())
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Forged {
    /// The copies with their kinds, the control first.
    pub copies: Vec<(Kind, PathBuf)>,
    /// The list for `evaluate`.
    pub list: PathBuf,
    /// Kinds that this recording does not allow, with the reason.
    pub left_out: Vec<(Kind, String)>,
}

/// Makes copies of a recording in `folder`, with `told` after each.
///
/// `models` follow the face; kinds that need one are left out without them, or refused where they were asked for.
///
/// # Errors
/// See [`ForgeError`]. Copies that were finished before stay.
pub fn forge(
    path: &Path,
    folder: &Path,
    options: &ForgeOptions,
    models: Option<&mut ModelSet>,
    mut told: impl FnMut(Kind, &Path),
) -> Result<Forged, ForgeError> {
    let original = Original::read(path, options, models)?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("clip");
    let asked = match options.kinds.is_empty() {
        true => &Kind::ALL[..],
        false => &options.kinds,
    };
    let (mut rows, mut copies, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let control = format!("{stem}.{}.mp4", Kind::Untouched);
    for kind in std::iter::once(Kind::Untouched)
        .chain(asked.iter().copied().filter(|k| *k != Kind::Untouched))
    {
        let span = match original.stretch_of(kind, options) {
            Ok(span) => span,
            Err(why) if options.kinds.is_empty() => {
                left_out.push((kind, why.to_string()));
                continue;
            }
            Err(why) => return Err(why.into()),
        };
        let name = format!("{stem}.{kind}.mp4");
        let made = folder.join(&name);
        original.copy(kind, span, options, &made)?;
        told(kind, &made);
        copies.push((kind, made));
        if kind == Kind::Untouched {
            continue;
        }
        let row = |file: &str, of: Kind| Row {
            file: file.to_owned(),
            kind: of,
            span,
            offset_ms: (of == Kind::LipShift).then_some(options.offset_ms),
        };
        // The control stands there once for each stretch.
        if !rows.iter().any(|r: &Row| r.span == span) {
            rows.push(row(&control, Kind::Untouched));
        }
        rows.push(row(&name, kind));
    }
    let list = folder.join(format!("{stem}.list.csv"));
    save(&list, &truth::list(stem, &rows))?;
    Ok(Forged {
        copies,
        list,
        left_out,
    })
}

fn save(path: &Path, text: &str) -> Result<(), ForgeError> {
    std::fs::write(path, text).map_err(|e| ForgeError::Io {
        path: path.display().to_string(),
        detail: e.to_string(),
    })
}
