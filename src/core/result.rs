//! Results: what leaves the pipeline, on the wire, in JSON and in reports.

use super::{
    AbstainReason, Abstention, ChallengeResult, Change, Finding, MediaTime, ModelRef,
    ParticipantId, ReferenceSummary, Span, Verdict,
};
use serde::{Deserialize, Serialize};

/// Picture and sound quality of a span. Never evidence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Share of pictures with the face tracked, 0 to 1.
    pub face_presence: f64,
    /// Median face height in pixels; 0 without a face.
    pub face_height_px: f64,
    /// Median variance of the Laplacian of 8-bit luma inside the face.
    pub sharpness: f64,
    /// Median luma of the face, 0 to 255.
    pub luma: f64,
    /// Pictures per second by their timestamps.
    pub fps: f64,
    /// Share of pictures that repeat the one before, 0 to 1.
    pub freeze_share: f64,
    /// Share of the span with speech on the candidate's sound, 0 to 1.
    pub speech_share: f64,
    /// Largest number of faces in one picture.
    pub faces_max: u32,
}

/// How much of a span was seen.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Share of the span with usable pictures, 0 to 1.
    pub video: f64,
    /// Share of the span with sound, 0 to 1.
    pub audio: f64,
    /// Pictures that arrived.
    pub frames_seen: u64,
    /// Pictures dropped under load, lost or refused.
    pub frames_dropped: u64,
    /// Share of the span on which at least one signal gave a number, 0 to 1.
    pub scored: f64,
}

/// Time spent by stage, milliseconds. Kept out of deterministic reports.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct StageTimes {
    pub decode_ms: f64,
    pub track_ms: f64,
    pub analyze_ms: f64,
    pub queue_ms: f64,
}

/// A number for a span.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// 1 - P(manipulated) at the prior, 0 to 1.
    pub authenticity: f64,
    /// Sum of the contributions: natural-log odds without the prior.
    pub evidence_logit: f64,
    /// Prior probability of manipulation that was used.
    pub prior: f64,
}

/// A number, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ScoreOutcome {
    /// A number.
    Score(Score),
    /// No number, and why.
    NoScore(Abstention),
}

impl ScoreOutcome {
    /// The number, if there is one.
    pub fn score(&self) -> Option<&Score> {
        match self {
            Self::Score(s) => Some(s),
            Self::NoScore(_) => None,
        }
    }
}

/// The assessment of one participant over one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentResult {
    /// Whose segment.
    pub participant: ParticipantId,
    /// Counts a participant's segments from 0.
    pub index: u64,
    /// The segment in session time.
    pub span: Span,
    /// 1 for the first result of a segment, rising with each correction.
    pub revision: u32,
    /// False while later media may still change it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// A number, or why there is none.
    pub outcome: ScoreOutcome,
    /// One per signal, in the order of the analyzer list.
    pub findings: Vec<Finding>,
    /// Quality of the material.
    pub quality: Quality,
    /// How much was seen.
    pub coverage: Coverage,
    /// Time by stage; not part of deterministic reports.
    #[serde(skip)]
    pub times: StageTimes,
}

/// The gap between a question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionGap {
    /// Counts questions from 0.
    pub index: u32,
    /// When the question ended.
    #[serde(rename = "question_end_us")]
    pub question_end: MediaTime,
    /// When the candidate's voice set in; `None` when no answer was heard.
    #[serde(rename = "answer_onset_us")]
    pub answer_onset: Option<MediaTime>,
    /// Gap in milliseconds; negative means overlap.
    pub gap_ms: Option<f64>,
    /// When words set in after a filler sound, if one was heard.
    #[serde(rename = "content_onset_us")]
    pub content_onset: Option<MediaTime>,
}

/// How often a signal abstained for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbstainCount {
    /// The reason.
    pub reason: AbstainReason,
    /// Segments concerned.
    pub segments: u64,
    /// The reason in words, of the latest such segment.
    pub detail: String,
}

/// What one signal says of the whole session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalSummary {
    /// Signal name.
    pub signal: String,
    /// Model or weights used.
    pub model: ModelRef,
    /// Share of the session on which it gave a number, 0 to 1.
    pub coverage: f64,
    /// Share of the session's evidence logit, capped.
    pub contribution: f64,
    /// Share of its numbers that are like one class of recordings only, 0 to 1; `None` where the
    /// model has no table for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_apart: Option<f64>,
    /// Segments by reason for abstaining.
    pub abstained: Vec<AbstainCount>,
}

/// Whether a signal can run on a participant's announced tracks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalCapability {
    /// Whose tracks.
    pub participant: ParticipantId,
    /// Signal name.
    pub signal: String,
    /// Why not, with what would enable it; `None` when it can run.
    pub obstacle: Option<Abstention>,
    /// What keeps it from the accuracy that was published for it, and what would help, a sentence each; empty
    /// where nothing does, or where it cannot run at all.
    #[serde(default)]
    pub limits: Vec<String>,
}

/// How far a signal's numbers can be trusted on a participant's tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// As published.
    Full,
    /// Less than that, for the stated reasons.
    Limited,
    /// It cannot run.
    None,
}

impl SignalCapability {
    /// Lays what turned out otherwise over what was known before.
    pub fn renew(known: &mut [Self], news: impl IntoIterator<Item = Self>) {
        for new in news {
            let mut same = known
                .iter_mut()
                .filter(|k| (&k.participant, &k.signal) == (&new.participant, &new.signal));
            if let Some(old) = same.next() {
                *old = new;
            }
        }
    }

    /// How far its numbers can be trusted here.
    pub fn confidence(&self) -> Confidence {
        match (&self.obstacle, self.limits.is_empty()) {
            (Some(_), _) => Confidence::None,
            (None, true) => Confidence::Full,
            (None, false) => Confidence::Limited,
        }
    }
}

/// The assessment of one participant over the whole session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParticipantSummary {
    /// Whose summary.
    pub participant: ParticipantId,
    /// A number, or why there is none.
    pub outcome: ScoreOutcome,
    /// Where the evidence stands.
    #[serde(default)]
    pub verdict: Verdict,
    /// Whether it changed on the way.
    #[serde(default)]
    pub change: Change,
    /// One per signal, in the order of the analyzer list.
    pub signals: Vec<SignalSummary>,
    /// Gaps between questions and answers.
    pub gaps: Vec<QuestionGap>,
    /// Challenges that were put to the participant, in the order of their prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub challenges: Vec<ChallengeResult>,
    /// How much was seen.
    pub coverage: Coverage,
    /// What was made of the participant's reference; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceSummary>,
}

/// Closes a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// Length of the session.
    #[serde(rename = "duration_us")]
    pub duration: MediaTime,
    /// One per candidate or mixed participant.
    pub participants: Vec<ParticipantSummary>,
    /// True when the session ended before its client closed it.
    pub partial: bool,
    /// Why it ended, in words.
    pub end_reason: String,
    /// What the score does not say; to be shown with it.
    pub cautions: Vec<String>,
}
