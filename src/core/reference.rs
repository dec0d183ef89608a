//! A verified moment of the same person before the same camera, reduced to means.

use super::ModelRef;
use serde::{Deserialize, Serialize};

/// What a recording of a verified moment leaves behind: means over its pictures, no picture. Means
/// of the statistics of one face and one camera, in the units of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The model that gave the numbers; those of another model cannot be compared.
    pub model: ModelRef,
    /// Pictures in the means.
    pub pictures: u64,
    /// Mean height of the face in frame pixels.
    pub face_px: f64,
    /// Mean of the read-out that is differenced.
    pub reference: f64,
    /// Means of the whitened statistics of the face.
    pub change: Vec<f64>,
    /// Means of the whitened statistics of the picture outside the face.
    pub surround: Vec<f64>,
}

/// Where a reference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// A recording of its own.
    Clip,
    /// A track of the live interview that is marked as reference.
    Track,
    /// An earlier interview at the same server.
    Session,
    /// A stretch of the interview itself.
    Stretch,
}

impl ReferenceKind {
    /// The kind in plain words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Clip => "recording",
            Self::Track => "reference track",
            Self::Session => "earlier interview",
            Self::Stretch => "stretch of this interview",
        }
    }
}

/// Which reference, for people and records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceSource {
    /// Where it comes from.
    pub kind: ReferenceKind,
    /// Path of the recording, id of the track or of the earlier interview, or the stretch.
    pub name: String,
}

impl std::fmt::Display for ReferenceSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.words(), self.name)
    }
}

/// Mean direction of a face over the pictures of a reference: a biometric template. It is made only
/// where the interview has a consent id, lives in memory as long as the interview, is never
/// serialised, and `Debug` shows no number of it.
#[derive(Clone, PartialEq)]
pub struct FaceMean {
    /// The model that gave the vectors; those of another model cannot be compared.
    pub model: ModelRef,
    /// Pictures in the mean.
    pub pictures: u64,
    /// Sum of vectors of length 1; its direction is what counts.
    pub vector: Vec<f64>,
}

impl std::fmt::Debug for FaceMean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("FaceMean");
        shown
            .field("model", &self.model.id)
            .field("pictures", &self.pictures);
        shown.finish_non_exhaustive()
    }
}

/// A reference as an interview has it at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Which one.
    pub source: ReferenceSource,
    /// The baseline, or why it cannot be used.
    pub baseline: Result<Baseline, String>,
    /// Whose face it shows, or why that is not looked at.
    pub face: Result<FaceMean, String>,
}

/// Why no face of a reference is compared where the interview names no consent record.
pub const NO_CONSENT: &str = "the interview has no consent id";

/// What one finding made of its reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Which reference.
    pub source: ReferenceSource,
    /// Why the two were not compared, and the finding stands without; `None` when the finding is that
    /// of the comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
}

/// What a session made of the reference of one participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceSummary {
    /// Which reference.
    pub source: ReferenceSource,
    /// Usable pictures of the reference.
    pub pictures: u64,
    /// Mean height of the face in the reference, frame pixels; 0 without a usable picture.
    pub face_px: f64,
    /// Segments that were compared with it.
    pub compared_segments: u64,
    /// Segments that were measured and could not be compared with it.
    pub not_comparable_segments: u64,
    /// Why the reference, or the latest segment of those, could not be used; `None` when nothing
    /// stood in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
}
