//! What tracking says of each picture; the raw material of every visual signal.

use super::MediaTime;
use std::sync::Arc;

/// Number of landmarks.
pub const LANDMARKS: usize = 96;
/// Width of the mouth patch in pixels.
pub const MOUTH_PATCH_W: usize = 64;
/// Height of the mouth patch in pixels.
pub const MOUTH_PATCH_H: usize = 48;

/// Side of [`Face::appearance`] in pixels.
pub const APPEARANCE_PX: usize = 24;

/// Landmarks in frame pixels, x then y, in the order of [`points`].
pub type Landmarks = [[f32; 2]; LANDMARKS];

/// Index ranges into [`Landmarks`]. Left and right are the image's.
pub mod points {
    use std::ops::Range;
    /// Outer lip contour, from the image-left corner clockwise over the upper lip.
    pub const LIPS_OUTER: Range<usize> = 0..20;
    /// Inner lip contour, from the image-left corner clockwise over the upper lip.
    pub const LIPS_INNER: Range<usize> = 20..40;
    /// Eye on the image's left.
    pub const EYE_LEFT: Range<usize> = 40..48;
    /// Eye on the image's right.
    pub const EYE_RIGHT: Range<usize> = 48..56;
    /// Brow on the image's left.
    pub const BROW_LEFT: Range<usize> = 56..61;
    /// Brow on the image's right.
    pub const BROW_RIGHT: Range<usize> = 61..66;
    /// Nose.
    pub const NOSE: Range<usize> = 66..76;
    /// Face oval.
    pub const OVAL: Range<usize> = 76..96;
}

/// A tracked face in one picture. Raw values: nothing here is smoothed over time, since
/// smoothing would hide what the signals look for.
#[derive(Debug, Clone)]
pub struct Face {
    /// x0, y0, x1, y1 of the landmarks' bounding box in frame pixels.
    pub bbox: [f32; 4],
    /// 96 points in frame pixels.
    pub landmarks: Landmarks,
    /// Visibility 0 to 1 of mouth, eye left, eye right, brows, nose, oval.
    pub visibility: [f32; 6],
    /// Yaw, pitch, roll in degrees; roll in the frame.
    pub pose_deg: [f32; 3],
    /// Probability that the crop held a face, 0 to 1.
    pub presence: f32,
    /// Distance between the eye centres in pixels (inter-ocular distance, IOD).
    pub iod_px: f32,
    /// Gray mouth patch, [`MOUTH_PATCH_W`] x [`MOUTH_PATCH_H`] rows, roll-corrected and
    /// scaled so that the patch is 1.6 IOD wide, centred on the mouth.
    pub mouth: Arc<[u8]>,
    /// The face and a little around it, RGB, [`APPEARANCE_PX`] squared, row by row: roll-corrected,
    /// 1.4 times the longer side of the face's box, on a place that follows the face with half a
    /// picture's delay, so that jitter of the points does not shake it.
    pub appearance: Arc<[u8]>,
    /// Variance of the Laplacian of 8-bit luma inside the face box.
    pub sharpness: f32,
    /// Mean luma inside the face box, 0 to 255.
    pub luma: f32,
}

impl Face {
    /// Least visibility of the mouth, and presence of the face, at which lips are read.
    pub const MOUTH_VISIBLE: f32 = 0.5;
    /// A face turned further than this shows its mouth from the side, degrees.
    pub const MOUTH_YAW_DEG: f32 = 35.0;

    /// True where the mouth can be read.
    pub fn shows_mouth(&self) -> bool {
        let [mouth, ..] = self.visibility;
        let [yaw, ..] = self.pose_deg;
        self.presence >= Self::MOUTH_VISIBLE
            && mouth >= Self::MOUTH_VISIBLE
            && yaw.abs() <= Self::MOUTH_YAW_DEG
    }
}

/// Side of a [`FaceDetail`] in pixels.
pub const DETAIL_PX: usize = 224;
/// Least side of a [`FaceDetail`] in units of the longer side of the face's box, as in training.
pub const DETAIL_SCALE: f64 = 1.5;

/// The face and its surroundings at the frame's own pixels, for signals that look at traces which
/// resampling would erase.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceDetail {
    /// RGB, [`DETAIL_PX`] x [`DETAIL_PX`], row by row; black outside the frame.
    pub rgb: Arc<[u8]>,
    /// Centre x, centre y, width and height of the landmarks' box, in 0 to 1 of the crop.
    pub face: [f32; 4],
    /// Frame pixels per crop pixel: 1 where pixels are copied, above 1 where a large face was
    /// shrunk to fit.
    pub scale: f32,
}

/// Side of a [`HandScene`] in pixels.
pub const SCENE_PX: usize = 128;
/// Side of a [`HandScene`] in units of the longer side of the face's box, as in training.
pub const SCENE_SCALE: f64 = 1.8;

/// The face and what is around it while a hand challenge is open, for signals that look for the hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandScene {
    /// RGB, [`SCENE_PX`] x [`SCENE_PX`], row by row, upright; black outside the frame.
    pub rgb: Arc<[u8]>,
    /// Centre of the scene in frame pixels.
    pub centre: [f32; 2],
    /// Side of the scene in frame pixels.
    pub side_px: f32,
    /// x0, y0, x1, y1 of the landmarks' box in frame pixels that the scene was cut around.
    pub face: [f32; 4],
    /// How long before this picture the face was last found there, nanoseconds; 0 = in this picture.
    pub age_ns: i64,
}

impl HandScene {
    /// A point in frame pixels to 0..1 of the scene.
    pub fn to_scene(&self, p: [f32; 2]) -> [f32; 2] {
        let side = self.side_px.max(1e-6);
        let to = |v: f32, c: f32| (v - c) / side + 0.5;
        [to(p[0], self.centre[0]), to(p[1], self.centre[1])]
    }
}

/// What tracking says of one picture.
#[derive(Debug, Clone)]
pub struct FaceObs {
    /// Capture time of the picture.
    pub time: MediaTime,
    /// Layout epoch of the picture; series are not joined across epochs.
    pub epoch: u32,
    /// The candidate's face; `None` when it was not found.
    pub face: Option<Face>,
    /// Number of faces at the latest detection.
    pub faces: u32,
    /// True when the picture repeats the one before (mean absolute luma difference < 0.25).
    pub repeated: bool,
    /// The face at native resolution, a few times a second; dropped once its segment is closed.
    pub detail: Option<FaceDetail>,
    /// The face's surroundings while a hand challenge is open; dropped once its segment is closed.
    pub scene: Option<HandScene>,
}

/// Hop of a voice series in nanoseconds: 10 ms.
pub const VOICE_HOP_NS: i64 = 10_000_000;
/// Samples of a voice series per hop, at 16 kHz.
pub const VOICE_HOP_SAMPLES: usize = 160;
/// Mel bands of a voice series.
pub const MEL_BANDS: usize = 40;

/// A stretch of one audio track on a 10 ms grid, at 16 kHz mono. All slices have one entry per
/// hop except `samples`, which has [`VOICE_HOP_SAMPLES`] per hop. Lost sound is zero and marked
/// in `missing`; it is never stitched together.
#[derive(Debug, Clone, Copy, Default)]
pub struct VoiceSeries<'a> {
    /// Session time of the first hop's first sample.
    pub start: MediaTime,
    /// Mono samples at 16 kHz.
    pub samples: &'a [f32],
    /// Speech probability, 0 to 1.
    pub speech: &'a [f32],
    /// Log-mel bands as the VAD net sees them.
    pub logmel: &'a [[f32; MEL_BANDS]],
    /// Level of the hop in dB full scale, at least -100.
    pub level_db: &'a [f32],
    /// True where no sound arrived.
    pub missing: &'a [bool],
}

impl VoiceSeries<'_> {
    /// Number of 10 ms hops.
    pub fn len(&self) -> usize {
        self.speech.len()
    }

    /// True when the series holds nothing.
    pub fn is_empty(&self) -> bool {
        self.speech.is_empty()
    }

    /// Session time of hop `i`.
    pub fn time_of(&self, i: usize) -> MediaTime {
        self.start.plus_ns(i as i64 * VOICE_HOP_NS)
    }
}
