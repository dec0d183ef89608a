//! What is written down of a job, `job.json` in its folder.

use super::submission::{Origin, Submission};
use crate::core::{FieldError, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the record; others are not understood and left alone.
pub(super) const RECORD_VERSION: u32 = 1;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn.
    Queued,
    /// It is being reviewed.
    Running,
    /// It is over, and there is a report.
    Done,
    /// It is over, and the recording could not be reviewed.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl JobState {
    /// True once nothing more comes.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// The document.
    Json,
    /// The page.
    Html,
    /// The table.
    Csv,
    /// The evidence log.
    Evidence,
}

impl ReportKind {
    /// Name of its file in the job's folder.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Json => "report.json",
            Self::Html => "report.html",
            Self::Csv => "report.csv",
            Self::Evidence => "evidence.jsonl",
        }
    }

    /// What stands behind the recording's name when it is saved.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Evidence => "evidence.jsonl",
        }
    }

    /// Its media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Evidence => "application/jsonl",
        }
    }
}

/// A report as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) bytes: u64,
    /// SHA-256, lower-case hex.
    pub(super) sha256: String,
}

/// A recording as a job keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// What reports call it.
    pub(super) name: String,
    /// Its path below the tenant's part of the operator's folder; `None` = it was uploaded.
    pub(super) stored: Option<String>,
    /// Size, bytes; 0 = not known (yet).
    pub(super) bytes: u64,
    /// SHA-256, lower-case hex; empty = not known yet.
    pub(super) sha256: String,
}

/// All that is kept of a job besides its recording and reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) version: u32,
    pub(super) tenant: TenantId,
    pub(super) request_id: Option<String>,
    pub(super) request_digest: String,
    pub(super) recording: Kept,
    pub(super) reference: Option<Kept>,
    /// In the words of `--candidate`.
    pub(super) candidate: String,
    pub(super) thumbnails: bool,
    pub(super) blur_faces: bool,
    pub(super) plots: bool,
    pub(super) evidence: bool,
    /// An events file was handed in.
    pub(super) events: bool,
    pub(super) state: JobState,
    pub(super) detail: String,
    pub(super) attempts: u32,
    pub(super) submitted_ms: i64,
    pub(super) started_ms: i64,
    pub(super) finished_ms: i64,
    pub(super) media_us: i64,
    pub(super) total_us: i64,
    pub(super) segments: u64,
    /// Place in the report of each segment in the order in which they became final; empty = the same order.
    #[serde(default)]
    pub(super) order: Vec<u32>,
    #[serde(default)]
    pub(super) reports: BTreeMap<ReportKind, Written>,
}

// === impl Record ===

impl Record {
    pub(super) fn new(tenant: TenantId, submission: &Submission, now_ms: i64) -> Self {
        let kept = |source: &super::Source| {
            let (stored, bytes) = match &source.origin {
                Origin::Upload(plan) => (None, plan.total_bytes),
                Origin::Stored(name) => (Some(name.clone()), 0),
            };
            Kept {
                name: source.name.clone(),
                stored,
                bytes,
                sha256: String::new(),
            }
        };
        Self {
            version: RECORD_VERSION,
            tenant,
            request_id: submission.request_id.clone(),
            request_digest: submission.digest(),
            recording: kept(&submission.recording),
            reference: submission.reference.as_ref().map(kept),
            candidate: submission.candidate.to_string(),
            thumbnails: submission.thumbnails,
            blur_faces: submission.blur_faces,
            plots: submission.plots,
            evidence: submission.evidence,
            events: submission.events.is_some(),
            state: JobState::Queued,
            detail: String::new(),
            attempts: 0,
            submitted_ms: now_ms,
            started_ms: 0,
            finished_ms: 0,
            media_us: 0,
            total_us: 0,
            segments: 0,
            order: Vec::new(),
            reports: BTreeMap::new(),
        }
    }

    /// Who is the candidate.
    ///
    /// # Errors
    /// When the record was altered.
    pub(super) fn choice(&self) -> Result<crate::review::CandidateChoice, FieldError> {
        self.candidate.parse()
    }

    /// What it takes on the disk now or once it is whole, bytes.
    pub(super) fn bytes(&self) -> u64 {
        let kept = |k: &Kept| if k.stored.is_some() { 0 } else { k.bytes };
        let inputs = match self.state.is_over() {
            true => 0,
            false => kept(&self.recording) + self.reference.as_ref().map_or(0, kept),
        };
        inputs + self.reports.values().map(|w| w.bytes).sum::<u64>()
    }
}
