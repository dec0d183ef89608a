//! The index of a batch: a line for each recording, as JSON, CSV and a page.
//!
//! **In:** reports, one at a time. **Out:** entries that are small however long the recordings are,
//! so that a batch never holds more than the reports it works on.

mod csv;
mod html;
#[cfg(test)]
mod tests;

pub(crate) use csv::csv_field;
pub use csv::index_to_csv;
pub use html::index_to_html;

use super::{FileReport, Generator};
use crate::core::{
    Coverage, MediaTime, ParticipantId, ParticipantSummary, Role, ScoreOutcome, Standing,
};
use serde::{Deserialize, Serialize};

/// Version of the index; rises when a field changes its meaning or goes away.
pub const INDEX_VERSION: u32 = 1;

/// Where a recording stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It could not be reviewed; nothing is said of anybody in it.
    Error,
    /// Nobody in it got a number: too little could be measured.
    Unmeasured,
    /// Somebody got a number, and it supports neither standing.
    Inconclusive,
    /// Everybody who is assessed in it is consistent with a live recording.
    ConsistentWithLive,
    /// What was measured of somebody in it stands out.
    StandsOut,
}

impl FileStatus {
    /// All of them, those that want a look first.
    pub const ALL: [Self; 5] = [
        Self::StandsOut,
        Self::Inconclusive,
        Self::Unmeasured,
        Self::Error,
        Self::ConsistentWithLive,
    ];

    /// The status in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Error => "could not be reviewed",
            Self::Unmeasured => "not measurable",
            Self::Inconclusive => Standing::Inconclusive.words(),
            Self::ConsistentWithLive => Standing::ConsistentWithLive.words(),
            Self::StandsOut => Standing::StandsOut.words(),
        }
    }

    /// The status as JSON and CSV have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Unmeasured => "unmeasured",
            Self::Inconclusive => "inconclusive",
            Self::ConsistentWithLive => "consistent_with_live",
            Self::StandsOut => "stands_out",
        }
    }
}

/// All recordings of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchIndex {
    /// [`INDEX_VERSION`].
    pub version: u32,
    /// What wrote it.
    pub generator: Generator,
    /// Recordings by status; statuses that none has are there with 0.
    pub counts: Vec<StatusCount>,
    /// One entry per recording, in the order of the inputs.
    pub files: Vec<IndexEntry>,
    /// Files that were found beside the recordings and not reviewed.
    pub passed_over: Vec<PassedOverFile>,
}

/// How many recordings have a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCount {
    /// The status.
    pub status: FileStatus,
    /// Recordings that have it.
    pub recordings: usize,
}

/// A file that was found and is no recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOverFile {
    /// Its path.
    pub path: String,
    /// Why it was passed over, in words.
    pub why: String,
}

/// What the index says of one recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The path as it was given.
    pub path: String,
    /// SHA-256 of the recording, lower-case hex; `None` where it could not be read.
    pub sha256: Option<String>,
    /// Its JSON report, relative to the index.
    pub report: String,
    /// Its page, relative to the index, where there is one.
    #[serde(default)]
    pub page: Option<String>,
    /// Its signed evidence log, relative to the index, where there is one.
    #[serde(default)]
    pub evidence: Option<String>,
    /// True for a test copy, as `liveproof forge` makes them.
    #[serde(default)]
    pub test_copy: bool,
    /// Where it stands.
    pub status: FileStatus,
    /// Why it could not be reviewed.
    pub error: Option<String>,
    /// Length of the recording; 0 where it could not be reviewed.
    #[serde(rename = "duration_us")]
    pub duration: MediaTime,
    /// True when it could not be read to its end.
    pub partial: bool,
    /// Notices in its report: what happened to the material.
    pub notices: usize,
    /// Everybody who was assessed.
    pub participants: Vec<IndexPerson>,
}

/// What the index says of a participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexPerson {
    /// Who.
    pub participant: ParticipantId,
    /// What they are to the interview; `None` where the report does not name them.
    pub role: Option<Role>,
    /// Where the evidence stands.
    pub standing: Standing,
    /// Why it is inconclusive or there is no number, in words; empty otherwise.
    pub detail: String,
    /// 1 - P(manipulated) at the prior, 0 to 1; `None` without a number.
    pub authenticity: Option<f64>,
    /// Natural-log odds without the prior, positive = manipulated; `None` without a number.
    pub evidence_logit: Option<f64>,
    /// How much was seen.
    pub coverage: Coverage,
    /// Time from which what was measured stands out against what came before, if it does.
    #[serde(rename = "changed_since_us")]
    pub changed_since: Option<MediaTime>,
    /// Signals with a remark that lowers their confidence on this material.
    pub limited: Vec<String>,
}

// === impl BatchIndex ===

impl BatchIndex {
    /// An index by this program.
    pub fn new(files: Vec<IndexEntry>, passed_over: Vec<PassedOverFile>) -> Self {
        let of = |status| StatusCount {
            status,
            recordings: files.iter().filter(|f| f.status == status).count(),
        };
        Self {
            version: INDEX_VERSION,
            generator: Generator::default(),
            counts: FileStatus::ALL.into_iter().map(of).collect(),
            files,
            passed_over,
        }
    }
}

// === impl IndexEntry ===

impl IndexEntry {
    /// The entry of a report that lies at `place`, relative to the index.
    pub fn of(report: &FileReport, place: &str, sha256: Option<String>) -> Self {
        let summary = report.summary.as_ref();
        let people = summary.map_or(&[][..], |s| s.participants.as_slice());
        let people: Vec<IndexPerson> = people.iter().map(|p| person(report, p)).collect();
        Self {
            path: report.path.clone(),
            sha256,
            report: place.to_owned(),
            page: None,
            evidence: None,
            test_copy: report.test_copy.is_some(),
            status: status_of(report, &people),
            error: report.error.clone(),
            duration: summary.map_or(MediaTime::ZERO, |s| s.duration),
            partial: summary.is_some_and(|s| s.partial),
            notices: report.notices.len(),
            participants: people,
        }
    }

    /// True when what was measured of somebody stands out from some time on against what came before.
    pub fn changes(&self) -> bool {
        self.participants.iter().any(|p| p.changed_since.is_some())
    }
}

// === impl IndexPerson ===

impl IndexPerson {
    /// Where the participant stands; without a number, nowhere.
    pub fn status(&self) -> FileStatus {
        match (self.authenticity, self.standing) {
            (None, _) => FileStatus::Unmeasured,
            (Some(_), Standing::Inconclusive) => FileStatus::Inconclusive,
            (Some(_), Standing::ConsistentWithLive) => FileStatus::ConsistentWithLive,
            (Some(_), Standing::StandsOut) => FileStatus::StandsOut,
        }
    }
}

/// A recording stands where the person stands who wants a look most. Without a number for anybody it
/// is unmeasured, which is no standing at all.
fn status_of(report: &FileReport, people: &[IndexPerson]) -> FileStatus {
    let any = |status| people.iter().any(|p| p.status() == status);
    let all = |status| people.iter().all(|p| p.status() == status);
    if report.error.is_some() || report.summary.is_none() {
        FileStatus::Error
    } else if any(FileStatus::StandsOut) {
        FileStatus::StandsOut
    } else if all(FileStatus::Unmeasured) {
        FileStatus::Unmeasured
    } else if all(FileStatus::ConsistentWithLive) {
        FileStatus::ConsistentWithLive
    } else {
        FileStatus::Inconclusive
    }
}

fn person(report: &FileReport, p: &ParticipantSummary) -> IndexPerson {
    let score = p.outcome.score();
    let id = p.participant.as_str();
    let named = report.participants.iter().find(|n| n.id == id);
    let capabilities = report.capabilities.iter();
    let limited = capabilities
        .filter(|c| c.participant == p.participant && c.obstacle.is_none() && !c.limits.is_empty());
    IndexPerson {
        participant: p.participant.clone(),
        role: named.map(|n| n.role),
        standing: p.verdict.standing,
        detail: match &p.outcome {
            ScoreOutcome::NoScore(a) => format!("{}: {}", a.reason.words(), a.detail),
            ScoreOutcome::Score(_) => p.verdict.detail.clone(),
        },
        authenticity: score.map(|s| s.authenticity),
        evidence_logit: score.map(|s| s.evidence_logit),
        coverage: p.coverage,
        changed_since: p.change.since,
        limited: limited.map(|c| c.signal.clone()).collect(),
    }
}
