//! What reviewers say of assessments: right, wrong, unsure.
//!
//! **In:** a report ([`FileReport`]) or the id of a live interview, and an [`Opinion`]. **Out:** lines of a file that only
//! grows, and a list of recordings that `evaluate` reads ([`Export`]). **May touch:** `core`, `report`, and `review`'s way
//! to write a file whole. **Must not touch:** models, the wire, clocks.
//!
//! What holds:
//! - nothing is kept unless a file is named; what is kept is what the reviewer writes, the recording's path, the stretch
//!   and what the assessment said of it: no picture, no sound, no number of a face;
//! - an opinion alone is no truth. It becomes one where the assessment took a side (right: that side, wrong: the other)
//!   or where the reviewer says what is so; all else is kept, counted and left out of the list;
//! - a line that cannot be read is told by its number and never stops the others.

mod export;
mod store;
#[cfg(test)]
mod tests;

pub use export::{Export, export};
pub use store::{FeedbackError, Read, append, forget, read};

use crate::core::{MediaTime, ParticipantId, ScoreOutcome, SegmentResult, Span, Standing};
use crate::report::FileReport;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of a line; others are not understood.
pub const FEEDBACK_VERSION: u32 = 1;
/// Longest note, bytes.
pub const MOST_NOTE_BYTES: usize = 4_000;
/// Evidence logit of a segment from which its assessment counts as taking a side: ln 2, as `evaluate` calls a segment.
const SIDE: f64 = std::f64::consts::LN_2;

/// What a reviewer thinks of an assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong,
    /// The reviewer cannot say.
    Unsure,
}

/// A side that an assessment takes, or a truth that a reviewer states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A recording of a person as the camera saw them.
    Real,
    /// A manipulated one.
    Manipulated,
}

/// One line: one opinion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// [`FEEDBACK_VERSION`].
    pub version: u32,
    /// Path of the input as its report names it, or id of the live interview.
    pub interview: String,
    /// Where the recording lies, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<PathBuf>,
    /// Of whose assessment; `None` where no report was at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<ParticipantId>,
    /// Index of the segment; `None` = the whole interview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<u64>,
    /// The segment in session time, or the moment that was named without a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The opinion.
    pub opinion: Opinion,
    /// The side that the assessment took; `None` where it took none, or no report was at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Side>,
    /// What the reviewer says is so, where they know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<Side>,
    /// In the reviewer's own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Of what an opinion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The whole interview.
    Whole,
    /// The segment with this index.
    Segment(u64),
    /// The segment at this time.
    At(MediaTime),
}

/// Why an opinion cannot be taken down.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlaceError {
    /// The report is of an input that was not read.
    #[error("{path}: nothing was assessed: {why}")]
    NotRead {
        /// The input.
        path: String,
        /// Why it was not read.
        why: String,
    },
    /// Several people, and none named.
    #[error("--participant: several people were assessed, expected one of {0}")]
    WhichOne(String),
    /// Nobody of this id was assessed.
    #[error("--participant: found {found:?}, expected one of {known}")]
    Nobody {
        /// What was asked for.
        found: String,
        /// Who was assessed.
        known: String,
    },
    /// No such segment.
    #[error("no segment {what} of {participant}; the report has {count}, up to {end_s:.1} s")]
    NoSegment {
        /// The index or time.
        what: String,
        /// Of whom.
        participant: String,
        /// Final segments of that participant.
        count: usize,
        /// End of the last, seconds.
        end_s: f64,
    },
    /// A live interview without its report has no segments.
    #[error(
        "--segment: without a report it is not known where a segment lies; name the report, or --at a time"
    )]
    NoReport,
    /// The note is too long.
    #[error("--note: found {0} bytes, expected at most {MOST_NOTE_BYTES}")]
    Note(usize),
}

// === impl Side ===

impl Side {
    /// The other side.
    pub fn other(self) -> Self {
        match self {
            Self::Real => Self::Manipulated,
            Self::Manipulated => Self::Real,
        }
    }

    /// As `evaluate` labels a recording.
    pub fn label(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Manipulated => "fake",
        }
    }
}

// === impl Opinion ===

impl Opinion {
    /// The opinion in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unsure => "unsure",
        }
    }
}

// === impl Feedback ===

impl Feedback {
    /// An opinion of a report's assessment. Of several people the one named; the only one where there is one.
    ///
    /// # Errors
    /// [`PlaceError`], when the report holds no such assessment.
    pub fn on_report(
        report: &FileReport,
        participant: Option<&str>,
        place: Place,
        opinion: Opinion,
    ) -> Result<Self, PlaceError> {
        if let Some(why) = &report.error {
            return Err(PlaceError::NotRead {
                path: report.path.clone(),
                why: why.clone(),
            });
        }
        let participant = whose(report, participant)?;
        let segment = match place {
            Place::Whole => None,
            place => Some(segment_at(report, &participant, place)?),
        };
        let assessment = match segment {
            Some(s) => side_of_segment(&s.outcome),
            None => side_of_whole(report, &participant),
        };
        Ok(Self {
            participant: Some(participant),
            segment: segment.map(|s| s.index),
            span: segment.map(|s| s.span),
            assessment,
            ..Self::blank(&report.path, opinion)
        })
    }

    /// An opinion of a live interview whose report is not at hand: what it said is not known.
    ///
    /// # Errors
    /// [`PlaceError::NoReport`] for a segment.
    pub fn on_interview(id: &str, place: Place, opinion: Opinion) -> Result<Self, PlaceError> {
        let span = match place {
            Place::Whole => None,
            Place::At(time) => Some(Span::new(time, time)),
            Place::Segment(_) => return Err(PlaceError::NoReport),
        };
        Ok(Self {
            span,
            ..Self::blank(id, opinion)
        })
    }

    fn blank(interview: &str, opinion: Opinion) -> Self {
        Self {
            version: FEEDBACK_VERSION,
            interview: interview.to_owned(),
            recording: None,
            participant: None,
            segment: None,
            span: None,
            opinion,
            assessment: None,
            truth: None,
            note: String::new(),
        }
    }

    /// The same with the reviewer's own words.
    ///
    /// # Errors
    /// [`PlaceError::Note`] when they are too many.
    pub fn with_note(mut self, note: &str) -> Result<Self, PlaceError> {
        if note.len() > MOST_NOTE_BYTES {
            return Err(PlaceError::Note(note.len()));
        }
        note.clone_into(&mut self.note);
        Ok(self)
    }

    /// What is so, as far as this opinion tells: what the reviewer states, else the assessment's side or the other one.
    pub fn side(&self) -> Option<Side> {
        let from_assessment = match self.opinion {
            Opinion::Right => self.assessment,
            Opinion::Wrong => self.assessment.map(Side::other),
            Opinion::Unsure => None,
        };
        self.truth.or(from_assessment)
    }
}

/// Whose assessment is meant.
fn whose(report: &FileReport, wanted: Option<&str>) -> Result<ParticipantId, PlaceError> {
    let people = || {
        report
            .summary
            .iter()
            .flat_map(|s| &s.participants)
            .map(|p| &p.participant)
    };
    let known = || {
        people()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut found = people().filter(|p| wanted.is_none_or(|w| w == p.as_str()));
    match (found.next(), found.next(), wanted) {
        (Some(_), Some(_), _) => Err(PlaceError::WhichOne(known())),
        (Some(one), None, _) => Ok(one.clone()),
        (None, _, Some(wanted)) => Err(PlaceError::Nobody {
            found: wanted.to_owned(),
            known: known(),
        }),
        (None, _, None) => Err(PlaceError::NotRead {
            path: report.path.clone(),
            why: "nobody was assessed".to_owned(),
        }),
    }
}

fn segment_at<'a>(
    report: &'a FileReport,
    whose: &ParticipantId,
    place: Place,
) -> Result<&'a SegmentResult, PlaceError> {
    let mut mine = report
        .segments
        .iter()
        .filter(|s| s.is_final && &s.participant == whose);
    let found = mine.clone().find(|s| match place {
        Place::Whole => false,
        Place::Segment(index) => s.index == index,
        Place::At(time) => s.span.contains(time),
    });
    found.ok_or_else(|| PlaceError::NoSegment {
        what: match place {
            Place::At(time) => format!("at {:.1} s", time.as_secs_f64()),
            Place::Segment(index) => index.to_string(),
            Place::Whole => String::new(),
        },
        participant: whose.to_string(),
        count: mine.clone().count(),
        end_s: mine.next_back().map_or(0.0, |s| s.span.end.as_secs_f64()),
    })
}

fn side_of_segment(outcome: &ScoreOutcome) -> Option<Side> {
    let logit = outcome.score()?.evidence_logit;
    if logit >= SIDE {
        Some(Side::Manipulated)
    } else if logit <= -SIDE {
        Some(Side::Real)
    } else {
        None
    }
}

fn side_of_whole(report: &FileReport, whose: &ParticipantId) -> Option<Side> {
    let mut all = report.summary.iter().flat_map(|s| &s.participants);
    match all.find(|p| &p.participant == whose)?.verdict.standing {
        Standing::StandsOut => Some(Side::Manipulated),
        Standing::ConsistentWithLive => Some(Side::Real),
        Standing::Inconclusive => None,
    }
}
