//! The document behind every report; its JSON form is described by `docs/report.schema.json`.

use super::ReportSeries;
use crate::core::{
    MediaTime, ParticipantId, Role, SegmentResult, SessionSummary, SignalCapability, Span,
};
use serde::{Deserialize, Serialize};

/// Version of the document; rises when a field changes its meaning or goes away.
pub const DOCUMENT_VERSION: u32 = 1;

/// Results of one or more recordings or live interviews.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// [`DOCUMENT_VERSION`].
    pub version: u32,
    /// What wrote it.
    pub generator: Generator,
    /// One entry per input, in the order given.
    pub files: Vec<FileReport>,
}

impl Document {
    /// A document by this program.
    pub fn new(files: Vec<FileReport>) -> Self {
        Self {
            version: DOCUMENT_VERSION,
            generator: Generator::default(),
            files,
        }
    }
}

/// What wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generator {
    /// Name of the program.
    pub name: String,
    /// Version of the program.
    pub version: String,
}

impl Default for Generator {
    fn default() -> Self {
        Self {
            name: "liveproof".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Everything that is said of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    /// The path as it was given, or the address of a live session.
    pub path: String,
    /// Why the input could not be read; then there are no segments and no summary.
    pub error: Option<String>,
    /// What to know of a recording that is a test copy: tampered with on purpose, or an untouched control,
    /// in words; `None` for any other. Nothing that measures looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_copy: Option<String>,
    /// Where the record of the candidate's consent is kept; empty when not given.
    pub consent_id: String,
    /// Everybody in the call.
    pub participants: Vec<ParticipantReport>,
    /// Prior, floors and segment length in force.
    pub settings: Option<ScoreSettings>,
    /// Signals of this build with their caps.
    pub signals: Vec<SignalReport>,
    /// Models of the manifest, missing ones included.
    pub models: Vec<ModelReport>,
    /// Which signals could run on the tracks at hand, and why the others could not.
    pub capabilities: Vec<SignalCapability>,
    /// What happened to the material: decode errors, ignored streams, refused chunks.
    pub notices: Vec<Notice>,
    /// Final segments of all scored participants, by time.
    pub segments: Vec<SegmentResult>,
    /// The session as a whole.
    pub summary: Option<SessionSummary>,
    /// Small pictures behind the findings that stand out most, at most three of a participant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<ReportPicture>,
    /// Mouth opening and sound level over time, one entry of a participant at most; for drawings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<ReportSeries>,
}

impl FileReport {
    /// The report as a document holds it, with times in whole microseconds: what is drawn of it now, and of the document
    /// by a later run, is the same to the last digit.
    #[must_use]
    pub fn as_written(self) -> Self {
        let written = serde_json::to_vec(&self);
        let read = written.and_then(|text| serde_json::from_slice(&text));
        // What cannot be read back is shown as it is.
        read.unwrap_or(self)
    }

    /// A report of an input that could not be read.
    pub fn failed(path: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            error: Some(error.into()),
            test_copy: None,
            consent_id: String::new(),
            participants: Vec::new(),
            settings: None,
            signals: Vec::new(),
            models: Vec::new(),
            capabilities: Vec::new(),
            notices: Vec::new(),
            segments: Vec::new(),
            summary: None,
            pictures: Vec::new(),
            series: Vec::new(),
        }
    }
}

/// The picture of a face that a finding rests on most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportPicture {
    /// Whose face.
    pub participant: ParticipantId,
    /// Signal of the finding.
    pub signal: String,
    /// Index of the segment that the finding belongs to.
    pub segment: u64,
    /// The segment in session time.
    pub span: Span,
    /// Capture time of the picture.
    #[serde(rename = "time_us")]
    pub time: MediaTime,
    /// What the finding contributed to the segment's evidence logit.
    pub contribution: f64,
    /// Centre x, centre y, width and height of the face's box, in 0 to 1 of the picture.
    pub face: [f32; 4],
    /// Where the measured traces lie, in the order of the model's regions.
    pub regions: Vec<RegionShare>,
    /// Width and height in pixels.
    pub side_px: u32,
    /// True where the face was made unrecognisable before the picture was encoded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blurred: bool,
    /// The picture as JPEG, base64 (RFC 4648, padded).
    pub jpeg_base64: String,
}

/// The share of a region of the face in a picture's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegionShare {
    /// Name of the region.
    pub name: String,
    /// Its share; the shares of a picture sum to its score, positive = manipulated.
    pub share: f64,
}

/// A participant as the report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantReport {
    /// Id in the interview.
    pub id: String,
    /// What the participant is to the interview.
    pub role: Role,
}

/// How the score was made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScoreSettings {
    /// Length of a segment in microseconds.
    pub segment_us: i64,
    /// Prior probability of manipulation.
    pub prior: f64,
    /// Share of pictures or sound that a segment needs for a number.
    pub segment_coverage_floor: f64,
    /// Share of a session that needs a number from some signal.
    pub session_coverage_floor: f64,
}

/// A signal and the largest weight that it can have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalReport {
    /// Name in every finding.
    pub name: String,
    /// Largest absolute contribution to a segment's evidence logit.
    pub segment_cap: f64,
    /// Largest absolute contribution to the session's evidence logit.
    pub session_cap: f64,
}

/// A model of the manifest as the report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelReport {
    /// Id in the manifest.
    pub id: String,
    /// What it does.
    pub task: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// True when the file is there, matches its digest and was loaded.
    pub available: bool,
    /// Why it is not available; empty when it is.
    pub detail: String,
    /// Terms of the data it was trained on.
    pub data_terms: String,
}

/// Something that happened to the material. Never evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Track concerned; empty for the whole input.
    pub track: String,
    /// In words.
    pub detail: String,
    /// How many pictures, chunks or packets are concerned.
    pub count: u64,
}
