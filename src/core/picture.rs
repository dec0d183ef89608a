//! Pictures that stand behind a finding.

use super::{MediaTime, ParticipantId, Span};
use std::sync::Arc;

/// The picture of a face that a finding rests on most, and where in it the measured traces lie.
/// Personal data: kept only where a caller asked for it, and never sent over the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct TracePicture {
    /// Capture time of the picture.
    pub time: MediaTime,
    /// RGB, [`DETAIL_PX`](super::DETAIL_PX) x [`DETAIL_PX`](super::DETAIL_PX), row by row.
    pub rgb: Arc<[u8]>,
    /// Centre x, centre y, width and height of the face's box, in 0 to 1 of the picture.
    pub face: [f32; 4],
    /// Name of each region and its share of the picture's score; positive = manipulated.
    pub regions: Vec<(String, f64)>,
}

/// A [`TracePicture`] with the finding that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidencePicture {
    /// Whose face.
    pub participant: ParticipantId,
    /// Signal of the finding.
    pub signal: String,
    /// Index of the segment.
    pub segment: u64,
    /// The segment in session time.
    pub span: Span,
    /// What the finding contributed to the segment's evidence logit.
    pub contribution: f64,
    /// The picture.
    pub picture: TracePicture,
}
