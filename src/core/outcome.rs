//! What a signal says of a span: a number with its evidence, or an abstention with its reason.

use super::{Comparison, Span};
use serde::{Deserialize, Serialize};

/// Why a signal gave no number. A fact about input or installation, never evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbstainReason {
    /// No face in enough of the pictures.
    NoFace,
    /// Too little material in the span.
    TooShort,
    /// Picture or sound too poor for this signal.
    LowQuality,
    /// The model is not installed or did not pass verification.
    ModelMissing,
    /// Media was dropped by the network or by load shedding.
    Dropped,
    /// The result would have come too late.
    DeadlineMissed,
    /// The tracks that the signal needs are not part of the interview.
    NoTrack,
    /// The frame rate is below what the signal needs.
    LowFrameRate,
    /// Not enough speech in the span.
    NoSpeech,
    /// More material is still being gathered.
    Gathering,
    /// Several people and no way to tell which is the candidate.
    AmbiguousPerson,
    /// Measured, but the measurement does not discriminate.
    Indecisive,
    /// The event that the signal measures did not take place.
    NotRequested,
    /// Coverage is below the configured floor.
    LowCoverage,
    /// The analyzer failed; the log has the cause.
    Failed,
    /// Unlike the material that the model was fitted on: its answer would mean nothing.
    Unfamiliar,
    /// Measured, but the signal's accuracy on unseen people has not earned it a vote.
    Experimental,
}

impl AbstainReason {
    /// The reason in plain words, for reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoFace => "no face in enough of the pictures",
            Self::TooShort => "too little material",
            Self::LowQuality => "picture or sound too poor",
            Self::ModelMissing => "model missing",
            Self::Dropped => "media was dropped",
            Self::DeadlineMissed => "result would have come too late",
            Self::NoTrack => "a track it needs is not there",
            Self::LowFrameRate => "frame rate too low",
            Self::NoSpeech => "not enough speech",
            Self::Gathering => "still gathering material",
            Self::AmbiguousPerson => "several people, candidate not identified",
            Self::Indecisive => "measured, but not decisive",
            Self::NotRequested => "not requested in this span",
            Self::LowCoverage => "too little of the interview was seen",
            Self::Failed => "analysis failed",
            Self::Unfamiliar => "not judged: unlike the material the model knows",
            Self::Experimental => "experimental: measured, without a vote",
        }
    }

    /// The reason in a word, as documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoFace => "no_face",
            Self::TooShort => "too_short",
            Self::LowQuality => "low_quality",
            Self::ModelMissing => "model_missing",
            Self::Dropped => "dropped",
            Self::DeadlineMissed => "deadline_missed",
            Self::NoTrack => "no_track",
            Self::LowFrameRate => "low_frame_rate",
            Self::NoSpeech => "no_speech",
            Self::Gathering => "gathering",
            Self::AmbiguousPerson => "ambiguous_person",
            Self::Indecisive => "indecisive",
            Self::NotRequested => "not_requested",
            Self::LowCoverage => "low_coverage",
            Self::Failed => "failed",
            Self::Unfamiliar => "unfamiliar",
            Self::Experimental => "experimental",
        }
    }

    /// How far the signal came before it had to abstain: the larger, the nearer to a number.
    fn progress(self) -> u8 {
        match self {
            Self::Experimental => 16,
            Self::Indecisive => 15,
            Self::Gathering => 14,
            Self::Dropped => 13,
            Self::DeadlineMissed => 12,
            Self::LowQuality => 11,
            Self::LowFrameRate => 10,
            Self::NoSpeech => 9,
            Self::NoFace => 8,
            Self::AmbiguousPerson => 7,
            Self::TooShort => 6,
            Self::LowCoverage => 5,
            Self::Unfamiliar => 4,
            Self::Failed => 3,
            Self::NotRequested => 2,
            Self::NoTrack => 1,
            Self::ModelMissing => 0,
        }
    }

    /// The reason of the signal that came nearest to a number: what stands for all of them where
    /// none gave one. `None` for no reasons at all.
    pub fn nearest(reasons: impl IntoIterator<Item = Self>) -> Option<Self> {
        reasons.into_iter().max_by_key(|r| r.progress())
    }
}

/// One number behind a finding; the name carries the unit, as `offset_ms`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Name in snake case with its unit.
    pub name: String,
    /// The value.
    pub value: f64,
    /// What it is compared with, if anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<f64>,
}

impl Evidence {
    /// A value without reference.
    pub fn new(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            reference: None,
        }
    }

    /// A value and what it is compared with.
    pub fn against(name: &str, value: f64, reference: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            reference: Some(reference),
        }
    }
}

/// No number, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Abstention {
    /// Machine-readable reason.
    pub reason: AbstainReason,
    /// The reason in words, with the figures that led to it.
    pub detail: String,
    /// What was measured all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl Abstention {
    /// An abstention with its reason in words.
    pub fn new(reason: AbstainReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            evidence: Vec::new(),
        }
    }
}

/// What an analyzer returns for a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// A calibrated number.
    Scored {
        /// Log-likelihood ratio, natural logarithm, positive = manipulated; finite.
        llr: f64,
        /// Quality of the material, 0 to 1; multiplies the LLR.
        quality: f64,
        /// What the number rests on.
        evidence: Vec<Evidence>,
    },
    /// No number.
    Abstained(Abstention),
}

impl Outcome {
    /// Shorthand for an abstention.
    pub fn abstain(reason: AbstainReason, detail: impl Into<String>) -> Self {
        Self::Abstained(Abstention::new(reason, detail))
    }

    /// The same outcome, unless a number in it is not finite: then it has failed.
    pub fn checked(self) -> Self {
        match self {
            Self::Scored { llr, quality, .. } if !llr.is_finite() || !quality.is_finite() => {
                Self::abstain(
                    AbstainReason::Failed,
                    "the analyzer returned a number that is not finite",
                )
            }
            other => other,
        }
    }

    /// Why there is no number, where there is none.
    pub fn abstention(&self) -> Option<&Abstention> {
        match self {
            Self::Scored { .. } => None,
            Self::Abstained(a) => Some(a),
        }
    }

    /// What the number rests on, or what was measured without one.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Self::Scored { evidence, .. } => evidence,
            Self::Abstained(a) => &a.evidence,
        }
    }

    /// True when the outcome holds a number.
    pub fn is_scored(&self) -> bool {
        matches!(self, Self::Scored { .. })
    }
}

/// The model or weights behind a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelRef {
    /// Id in the manifest; empty when no model was used.
    pub id: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

/// Which kinds of recordings a number is like, at the error rate of its model's calibration: a
/// class-conditional conformal set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PredictionSet {
    /// Like real recordings, and unlike manipulated ones.
    Real,
    /// Like manipulated recordings, and unlike real ones.
    Manipulated,
    /// Like either: the measurement cannot tell them apart here.
    Both,
    /// Unlike either.
    Neither,
}

impl PredictionSet {
    /// What a finding says of it; `None` where a single class is left.
    pub fn remark(self) -> Option<&'static str> {
        match self {
            Self::Real | Self::Manipulated => None,
            Self::Both => Some("cannot tell real from manipulated here"),
            Self::Neither => Some("unlike both real and manipulated recordings of the calibration"),
        }
    }
}

/// What one signal says of one span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Signal name.
    pub signal: String,
    /// Model or weights used.
    pub model: ModelRef,
    /// The stretch looked at; may reach back beyond the segment.
    pub span: Span,
    /// The outcome.
    pub outcome: Outcome,
    /// Share of the evidence logit after weight, quality and cap; 0 when abstained.
    pub contribution: f64,
    /// What its number is like; `None` without a number, or where the model has no table for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction_set: Option<PredictionSet>,
    /// What was made of the participant's reference; `None` without one, or where nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}
