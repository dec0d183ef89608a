//! The document of an evaluation. Its fields are described in `docs/evaluate.md`; rates and shares
//! lie between 0 and 1, intervals are 95 %.

use super::metrics::{Calibration, RiskPoint, Spread};
use crate::report::Generator;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the document; rises when a field changes its meaning or goes away.
pub const EVALUATION_VERSION: u32 = 1;

/// Everything that one run says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`EVALUATION_VERSION`].
    pub version: u32,
    /// What wrote it.
    pub generator: Generator,
    /// The list.
    pub list: ListSummary,
    /// How figures were made.
    pub settings: Settings,
    /// Models that were used, one entry per overlay and model.
    pub models: Vec<ModelUse>,
    /// Figures by signal.
    pub signals: BTreeMap<String, Figures>,
    /// Figures of the product's own score, the evidence logit of the session.
    pub fused: Figures,
    /// Error of the measured audio-video offset, where the list states the true one.
    pub sync: Option<SyncFigures>,
    /// The same on media that was made worse.
    pub degraded: Vec<Degraded>,
}

/// The list that was evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListSummary {
    /// Its file name.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Recordings in it.
    pub clips: usize,
    /// Real ones.
    pub real: usize,
    /// Manipulated ones.
    pub fake: usize,
    /// Different identities.
    pub identities: usize,
    /// Recordings of one picture.
    pub stills: usize,
    /// Hours of the recordings that could be read.
    pub hours: f64,
    /// Columns that were not read.
    pub ignored_columns: Vec<String>,
    /// What was made of references; `None` when the list names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<ReferenceUse>,
    /// Recordings that could not be reviewed; they stay in every figure as abstentions.
    pub failed: Vec<FailedClip>,
}

/// How often recordings could be set against their references.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReferenceUse {
    /// Recordings with a reference.
    pub clips: usize,
    /// Findings that are those of the comparison.
    pub compared_findings: usize,
    /// Findings that were measured and could not be compared; they stand without the reference.
    pub not_comparable_findings: usize,
}

/// A recording that could not be reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedClip {
    /// The path as the list has it.
    pub name: String,
    /// Why.
    pub error: String,
}

/// How figures were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Length of a segment in microseconds.
    pub segment_us: i64,
    /// Prior of the product's scores; figures do not depend on it.
    pub prior: f64,
    /// Log-likelihood ratio from which a segment or a recording counts as called manipulated.
    pub threshold: f64,
    /// Resamples of each bootstrap.
    pub resamples: usize,
    /// Seed of each bootstrap.
    pub seed: u64,
    /// How segments become the score of a recording.
    pub aggregation: String,
}

/// A model that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUse {
    /// The overlay as the list has it; empty for the shipped manifest.
    pub overlay: String,
    /// Id in the manifest.
    pub id: String,
    /// What it does.
    pub task: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// False when it could not be used.
    pub available: bool,
    /// Terms of the data it was trained on.
    pub data_terms: String,
}

/// How often something happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// How many were looked at.
    pub n: usize,
    /// On how many it happened.
    pub hits: usize,
    /// `hits / n`; `None` of nothing.
    pub share: Option<f64>,
    /// Wilson interval with the number of identities as n.
    pub ci: Option<[f64; 2]>,
    /// Different identities among them.
    pub identities: usize,
}

/// Figures of one score: a signal, or the fused one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Recordings.
    pub n: usize,
    /// Real ones.
    pub n_real: usize,
    /// Manipulated ones.
    pub n_fake: usize,
    /// Different identities.
    pub identities: usize,
    /// True when it measured without a vote somewhere: ranked by what it measured, never an alarm.
    pub experimental: bool,
    /// Share of recordings with a number.
    pub coverage: f64,
    /// The same among the real ones.
    pub coverage_real: Option<f64>,
    /// The same among the manipulated ones.
    pub coverage_fake: Option<f64>,
    /// Share of segments with a number, by time.
    pub coverage_segments: f64,
    /// Area under the ROC curve over recordings; abstentions count as 0.
    pub auc: Option<f64>,
    /// Its bootstrap interval by identity.
    pub auc_ci: Option<[f64; 2]>,
    /// Area over the recordings with a number only.
    pub auc_scored: Option<f64>,
    /// Equal error rate over recordings.
    pub eer: Option<f64>,
    /// Pairs ranked right.
    pub pairs: Option<Pairs>,
    /// Errors at fixed BPCER.
    pub operating: Vec<OperatingFigures>,
    /// Real recordings of more than a picture that were called manipulated at the threshold.
    pub false_alarm_clips: Rate,
    /// Segments of them.
    pub false_alarm_segments: Rate,
    /// Real stills.
    pub false_alarm_stills: Rate,
    /// Called segments of real recordings per hour.
    pub false_alarms_per_hour: Option<f64>,
    /// Manipulated recordings that were called so at the threshold.
    pub detected_clips: Rate,
    /// Segments of them.
    pub detected_segments: Rate,
    /// Manipulated recordings of each tool against all real ones, worst first.
    pub by_tool: Vec<Group>,
    /// By condition, the most false alarms first.
    pub by_condition: Vec<Group>,
    /// By group label.
    pub by_group: Vec<Group>,
    /// By median height of the face.
    pub by_face_px: Vec<Group>,
    /// Whether the log-likelihood ratios of segments mean what they say.
    pub calibration: Option<Calibration>,
    /// Error rate against coverage, over recordings.
    pub coverage_risk: Vec<RiskPoint>,
    /// Time from the start of the manipulation to the end of the first called segment.
    pub delay: Option<Delay>,
    /// Segments by reason for abstaining.
    pub abstained: BTreeMap<String, usize>,
}

/// Errors at the threshold that a bound on BPCER asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatingFigures {
    /// The bound.
    pub bpcer_bound: f64,
    /// The threshold; `None` when it lies above every score.
    pub threshold: Option<f64>,
    /// BPCER there.
    pub bpcer: Option<f64>,
    /// APCER there.
    pub apcer: Rate,
    /// By tool, worst first.
    pub per_tool: Vec<ToolRow>,
}

/// APCER of one tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolRow {
    /// Name of the tool; empty when the list does not say.
    pub tool: String,
    /// Manipulated recordings that were not called so.
    pub apcer: Rate,
}

/// Figures of a part of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Name of the part.
    pub name: String,
    /// Real recordings in it, or compared with it.
    pub n_real: usize,
    /// Manipulated ones.
    pub n_fake: usize,
    /// Different identities.
    pub identities: usize,
    /// Share with a number.
    pub coverage: f64,
    /// Share of recordings in which a face was found.
    pub face_found: f64,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Its interval.
    pub auc_ci: Option<[f64; 2]>,
    /// Pairs ranked right.
    pub pairs: Option<Pairs>,
    /// BPCER at the default threshold: recordings, stills included.
    pub false_alarms: Rate,
    /// BPCER at the default threshold: segments.
    pub false_alarm_segments: Rate,
}

/// Pairs ranked right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    /// Pairs compared.
    pub n: usize,
    /// Ranked right.
    pub right: usize,
    /// Same score on both; not right.
    pub tied: usize,
    /// Clips without a counterpart.
    pub alone: usize,
    /// `right / n`.
    pub share: Option<f64>,
    /// Wilson interval with the number of identities as n.
    pub ci: Option<[f64; 2]>,
}

/// Detection delay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// Manipulated recordings with more than one picture.
    pub n: usize,
    /// In how many of them some segment of the stretch was called.
    pub detected: usize,
    /// Seconds, over those.
    pub seconds: Option<Spread>,
}

/// Error of the measured audio-video offset.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SyncFigures {
    /// Segments inside stretches with a stated offset.
    pub segments: usize,
    /// Share of them with a measured offset.
    pub coverage: f64,
    /// |measured - true| in milliseconds.
    pub error_ms: Option<Spread>,
    /// Measured within 40 ms, of those measured.
    pub within_40_ms: Rate,
}

/// Figures on media that was made worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Degraded {
    /// Kind and value, as `jpeg=30`.
    pub name: String,
    /// What was done, in words.
    pub meaning: String,
    /// Figures by signal.
    pub signals: BTreeMap<String, Figures>,
    /// Figures of the fused score.
    pub fused: Figures,
    /// Offset errors.
    pub sync: Option<SyncFigures>,
}

/// What `--calibrate` fitted for one signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// Signal name.
    pub signal: String,
    /// What was fitted or why not, in words.
    pub note: String,
    /// True when the overlay changes this signal.
    pub changed: bool,
}
