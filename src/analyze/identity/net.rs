//! How a face is put into the identity net, and what it answers.

use super::TASK;
use crate::analyze::calibration::wrong;
use crate::core::{Abstention, DETAIL_PX, Face, FaceDetail, Frame, MediaTime};
use crate::engine::{EngineError, ModelSet, PictureInput};
use crate::vision::geometry::CROP_SCALE;
use crate::vision::{Crop, crop_from_points, crop_tensor, native_crop};
use ndarray::Array;

/// Output with the vector.
const OUTPUT: &str = "embedding";
/// Sides of a crop that the kept picture of a face holds, in units of the longer side of the box around its points.
const SCALES: std::ops::RangeInclusive<f64> = 0.8..=1.4;
/// Longest vector that is taken.
const MOST_NUMBERS: usize = 512;

/// The net as its entry describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Net {
    input: PictureInput,
    scale: f64,
}

// === impl Net ===

impl Net {
    /// Reads and checks the entry's input.
    ///
    /// # Errors
    /// An abstention that names the field which does not fit.
    pub(super) fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let input = PictureInput::read(models.input_spec(TASK)?).map_err(|e| wrong(TASK, e))?;
        let square = input.width == input.height;
        match (input.crop_kind.as_deref(), input.crop_scale) {
            (Some("roll_corrected_square"), Some(scale)) if square && SCALES.contains(&scale) => Ok(Self { input, scale }),
            (kind, scale) => Err(wrong(TASK, format!(
                "input {}.crop: found kind {kind:?} and scale {scale:?} in {} x {}, expected roll_corrected_square with a \
                 scale of {} to {} in a square",
                input.name, input.width, input.height, SCALES.start(), SCALES.end()
            ))),
        }
    }

    /// The vector of a face, of length 1.
    ///
    /// # Errors
    /// When the net fails, or answers with what is no such vector.
    pub(super) fn vector(&self, face: &Face, detail: &FaceDetail, models: &mut ModelSet) -> Result<Vec<f64>, EngineError> {
        let (name, px) = (self.input.name.as_str(), self.input.width);
        let shape = |found: String| EngineError::Shape {
            task: TASK.to_owned(),
            tensor: format!("input {name}"),
            found,
            expected: format!("[1, 3, {px}, {px}]"),
        };
        let side = u32::try_from(DETAIL_PX).unwrap_or(u32::MAX);
        let frame = Frame::new(MediaTime::ZERO, 0, side, side, detail.rgb.clone()).map_err(|e| shape(e.to_string()))?;
        let mut planes = crop_tensor(&frame, &self.crop(face, detail), px);
        self.input.convert(&mut planes);
        let image = Array::from_shape_vec((1, 3, px, px), planes).map_err(|e| shape(e.to_string()))?;
        let out = models.run(TASK, &[(name, image.view().into_dyn())])?;
        let vector: Vec<f64> = out.get(OUTPUT)?.iter().take(MOST_NUMBERS + 1).map(|v| f64::from(*v)).collect();
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        if vector.len() > MOST_NUMBERS || !(length.is_finite() && length > 1e-6) {
            return Err(EngineError::Shape {
                task: TASK.to_owned(),
                tensor: format!("output {OUTPUT}"),
                found: format!("{} numbers of length {length}", vector.len()),
                expected: format!("1 to {MOST_NUMBERS} finite numbers, not all 0"),
            });
        }
        Ok(vector.into_iter().map(|v| v / length).collect())
    }

    /// The face's roll-corrected square, in pixels of the kept picture.
    fn crop(&self, face: &Face, detail: &FaceDetail) -> Crop {
        let (kept, own) = (native_crop(face.bbox), crop_from_points(&face.landmarks));
        let whole = DETAIL_PX as f64;
        let [cx, cy] = kept.to_crop([own.cx as f32, own.cy as f32]).map(|v| f64::from(v) * whole);
        let scale = f64::from(detail.scale).max(1e-6);
        Crop { cx, cy, side: own.side * self.scale / CROP_SCALE / scale, roll_rad: own.roll_rad }
    }
}
