//! Opinions as a list of recordings for `evaluate` (docs/evaluate.md). Pure.

use super::{Feedback, Side};
use crate::core::MediaTime;
use crate::report::csv_field;
use std::fmt::Write as _;

/// The list, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Export {
    /// CSV with a line of column names.
    pub csv: String,
    /// Recordings or stretches in it.
    pub rows: usize,
    /// Opinions that tell no truth: unsure, or of an assessment that took no side.
    pub without_truth: usize,
    /// Opinions that tell one, of a recording that is not known to lie anywhere, or of a moment without length.
    pub without_recording: usize,
    /// Opinions that a later one on the same recording and stretch replaced.
    pub replaced: usize,
}

/// One row: of what recording and stretch, and what is so.
struct Row<'a> {
    path: String,
    stretch: Option<(MediaTime, MediaTime)>,
    side: Side,
    of: &'a Feedback,
}

/// Makes the list. A stretch stands there as `only_from_s` and `only_to_s`: nothing is known of the rest of the
/// recording, so nothing of it is looked at. Of several opinions on one stretch the latest counts.
pub fn export(all: &[Feedback]) -> Export {
    let mut out = Export::default();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for of in all {
        let Some(side) = of.side() else {
            out.without_truth += 1;
            continue;
        };
        let stretch = of.span.map(|s| (s.start, s.end));
        let length = stretch.is_none_or(|(from, to)| to > from);
        let Some(path) = of
            .recording
            .as_ref()
            .and_then(|p| p.to_str())
            .filter(|_| length)
        else {
            out.without_recording += 1;
            continue;
        };
        let row = Row {
            path: path.to_owned(),
            stretch,
            side,
            of,
        };
        match rows
            .iter_mut()
            .find(|r| r.path == row.path && r.stretch == row.stretch)
        {
            Some(earlier) => {
                out.replaced += 1;
                *earlier = row;
            }
            None => rows.push(row),
        }
    }
    out.rows = rows.len();
    out.csv = "path,label,only_from_s,only_to_s,group\n".to_owned();
    for row in rows {
        let second = |t: MediaTime| format!("{:.6}", t.as_secs_f64().max(0.0));
        let (from, to) = row
            .stretch
            .map_or_else(Default::default, |(from, to)| (second(from), second(to)));
        let by = if row.of.truth.is_some() {
            "stated"
        } else {
            row.of.opinion.name()
        };
        let _ = writeln!(
            out.csv,
            "{},{},{from},{to},feedback={by}",
            csv_field(&row.path),
            row.side.label()
        );
    }
    out
}
