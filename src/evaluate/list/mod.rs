//! The list of labelled recordings: a CSV file, checked before anything runs. Pure but for
//! [`ClipList::load`]. The format is described in `docs/evaluate.md`.

mod csv;
mod error;
#[cfg(test)]
mod tests;

pub use csv::{Record as CsvRecord, records as csv_records};
pub use error::ListError;

use crate::core::{MediaTime, Span};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Columns that are read; every other column is ignored and named.
pub const COLUMNS: &[&str] = &[
    "path",
    "label",
    "identity",
    "tool",
    "condition",
    "pair",
    "events",
    "models",
    "group",
    "offset_ms",
    "from_s",
    "to_s",
    "only_from_s",
    "only_to_s",
    "reference",
    "reference_from_s",
    "reference_to_s",
];

/// One labelled recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Line of the list, counted from 1.
    pub line: usize,
    /// The path as the list has it.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// True when it is manipulated.
    pub fake: bool,
    /// Whose recording; the path where the list does not say, so that each counts as a person.
    pub identity: String,
    /// What made the manipulation; empty when not stated.
    pub tool: String,
    /// How it was recorded; empty when not stated.
    pub condition: String,
    /// Clips of one pair show the same moments; empty when it has no counterpart.
    pub pair: String,
    /// Group labels, as `age=30-39`.
    pub groups: Vec<String>,
    /// Events file, if it does not lie beside the recording.
    pub events: Option<PathBuf>,
    /// Overlay of the models manifest for this recording.
    pub models: Option<PathBuf>,
    /// True audio-video offset in milliseconds, positive = audio late.
    pub offset_ms: Option<f64>,
    /// The stretch on which label and offset hold, seconds of the recording; `None` = its ends.
    pub from_s: Option<f64>,
    /// End of that stretch.
    pub to_s: Option<f64>,
    /// The stretch that is looked at, seconds of the recording; nothing of it outside.
    pub only: Option<Stretch>,
    /// A recording of the same person before the same camera at a verified moment.
    pub reference: Option<PathBuf>,
    /// The stretch of the reference that is read; `None` = all of it.
    pub reference_only: Option<Stretch>,
}

/// A stretch of a recording in seconds; an end may be open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Start; 0 where the list does not say.
    pub from_s: f64,
    /// End; infinite where the list does not say.
    pub to_s: f64,
}

impl Stretch {
    /// The stretch in session time.
    pub fn span(&self) -> Span {
        // A cast of a number beyond the range, infinity included, gives the range's end.
        let at = |seconds: f64| MediaTime((seconds * 1e9) as i64);
        Span::new(at(self.from_s), at(self.to_s))
    }
}

/// A checked list.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipList {
    /// In the order of the file.
    pub clips: Vec<Clip>,
    /// Columns that are not read.
    pub ignored: Vec<String>,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

// === impl Clip ===

impl Clip {
    /// The truth of a stretch, seconds from the start of the recording: manipulated when more than
    /// half of it lies where the list says so, real when none of it does, else unknown.
    pub fn truth(&self, from: f64, to: f64) -> Option<bool> {
        if !self.fake {
            return Some(false);
        }
        let begin = self.from_s.unwrap_or(f64::NEG_INFINITY);
        let end = self.to_s.unwrap_or(f64::INFINITY);
        let inside = (to.min(end) - from.max(begin)).max(0.0);
        if inside == 0.0 {
            Some(false)
        } else if inside * 2.0 > to - from {
            Some(true)
        } else {
            None
        }
    }
}

// === impl ClipList ===

impl ClipList {
    /// Reads a list; its paths count from its own folder.
    ///
    /// # Errors
    /// [`ListError`], which names line, column, what was found and what was expected.
    pub fn load(path: &Path) -> Result<Self, ListError> {
        let text = std::fs::read_to_string(path).map_err(|e| ListError::Read {
            path: path.to_owned(),
            detail: e.to_string(),
        })?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a list's text; paths count from `folder`.
    ///
    /// # Errors
    /// See [`ClipList::load`].
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ListError> {
        let mut records = csv::records(text)?.into_iter();
        let head = records.next().ok_or(ListError::Empty)?;
        let names: Vec<String> = head
            .fields
            .iter()
            .map(|f| f.trim().to_lowercase())
            .collect();
        check_head(&names)?;
        let mut clips = Vec::new();
        for record in records {
            if record.fields.len() != names.len() {
                return Err(ListError::Fields {
                    line: record.line,
                    found: record.fields.len(),
                    expected: names.len(),
                });
            }
            let row = Row {
                line: record.line,
                names: &names,
                fields: &record.fields,
            };
            clips.push(row.clip(folder)?);
        }
        if clips.is_empty() {
            return Err(ListError::Empty);
        }
        check_unique(&clips)?;
        let read = |n: &&String| !COLUMNS.contains(&n.as_str());
        Ok(Self {
            clips,
            ignored: names.iter().filter(read).cloned().collect(),
            sha256: hex::encode(Sha256::digest(text.as_bytes())),
        })
    }
}

fn check_head(names: &[String]) -> Result<(), ListError> {
    for needed in ["path", "label"] {
        if !names.iter().any(|n| n == needed) {
            return Err(ListError::NoColumn { column: needed });
        }
    }
    let twice = |n: &&String| names.iter().filter(|m| m == n).count() > 1;
    match names
        .iter()
        .find(|n| COLUMNS.contains(&n.as_str()) && twice(n))
    {
        Some(column) => Err(ListError::ColumnTwice {
            column: column.clone(),
        }),
        None => Ok(()),
    }
}

/// A recording may stand in the list once for each overlay, events file, stretch and reference.
fn check_unique(clips: &[Clip]) -> Result<(), ListError> {
    let mut seen = BTreeMap::new();
    for c in clips {
        let stretches = format!("{:?} {:?}", c.only, c.reference_only);
        let key = (&c.path, &c.models, &c.events, &c.reference, stretches);
        if let Some(first) = seen.insert(key, c.line) {
            return Err(ListError::Twice {
                line: c.line,
                first,
                name: c.name.clone(),
            });
        }
    }
    Ok(())
}

/// One record with the names of its columns.
struct Row<'a> {
    line: usize,
    names: &'a [String],
    fields: &'a [String],
}

impl Row<'_> {
    /// The trimmed field of a column; empty when the list has no such column.
    fn text(&self, column: &str) -> &str {
        let at = self.names.iter().position(|n| n == column);
        at.and_then(|i| self.fields.get(i)).map_or("", |f| f.trim())
    }

    fn refuse(&self, column: &'static str, expected: &'static str) -> ListError {
        ListError::Field {
            line: self.line,
            column,
            found: self.text(column).to_owned(),
            expected,
        }
    }

    fn number(
        &self,
        column: &'static str,
        expected: &'static str,
    ) -> Result<Option<f64>, ListError> {
        match self.text(column) {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(v) if v.is_finite() => Ok(Some(v)),
                _ => Err(self.refuse(column, expected)),
            },
        }
    }

    /// Two columns with the ends of a stretch.
    fn seconds(
        &self,
        from: &'static str,
        to: &'static str,
    ) -> Result<(Option<f64>, Option<f64>), ListError> {
        let seconds = "seconds of the recording, from 0";
        let (start, end) = (self.number(from, seconds)?, self.number(to, seconds)?);
        if start.is_some_and(|s| s < 0.0) {
            return Err(self.refuse(from, seconds));
        }
        if end.is_some_and(|s| s <= start.unwrap_or(0.0)) {
            return Err(self.refuse(
                to,
                "seconds of the recording, after the start of the stretch",
            ));
        }
        Ok((start, end))
    }

    fn stretch(&self, from: &'static str, to: &'static str) -> Result<Option<Stretch>, ListError> {
        Ok(match self.seconds(from, to)? {
            (None, None) => None,
            (start, end) => Some(Stretch {
                from_s: start.unwrap_or(0.0),
                to_s: end.unwrap_or(f64::INFINITY),
            }),
        })
    }

    fn file(&self, column: &str, folder: &Path) -> Option<PathBuf> {
        let text = self.text(column);
        (!text.is_empty()).then(|| folder.join(text))
    }

    fn clip(&self, folder: &Path) -> Result<Clip, ListError> {
        let path = self.file("path", folder);
        let path = path.ok_or_else(|| self.refuse("path", "a recording or a still picture"))?;
        let fake = match self.text("label").to_lowercase().as_str() {
            "real" => false,
            "fake" => true,
            _ => return Err(self.refuse("label", "real or fake")),
        };
        let tool = self.text("tool");
        if !fake && !tool.is_empty() {
            return Err(self.refuse("tool", "nothing on a real recording"));
        }
        let (from_s, to_s) = self.seconds("from_s", "to_s")?;
        let reference = self.file("reference", folder);
        let reference_only = self.stretch("reference_from_s", "reference_to_s")?;
        if reference.is_none() && reference_only.is_some() {
            return Err(self.refuse("reference", "a recording, of which a stretch is named"));
        }
        let name = self.text("path").to_owned();
        let or_name = |text: &str| {
            if text.is_empty() {
                name.clone()
            } else {
                text.to_owned()
            }
        };
        Ok(Clip {
            line: self.line,
            path,
            fake,
            identity: or_name(self.text("identity")),
            tool: tool.to_owned(),
            condition: self.text("condition").to_owned(),
            pair: self.text("pair").to_owned(),
            groups: self
                .text("group")
                .split(';')
                .map(|g| g.trim().to_owned())
                .filter(|g| !g.is_empty())
                .collect(),
            events: self.file("events", folder),
            models: self.file("models", folder),
            offset_ms: self.number("offset_ms", "milliseconds, positive = audio late")?,
            from_s,
            to_s,
            only: self.stretch("only_from_s", "only_to_s")?,
            reference,
            reference_only,
            name,
        })
    }
}
