//! The two nets of tracking: how a frame is put in and how their outputs are read.

use super::geometry::{area, iou, to_frame};
use super::sample::{self, Outside, Patch};
use crate::core::{AbstainReason, Abstention, Frame, Landmarks};
use crate::engine::{EngineError, InputSpec, ModelSet};
use ndarray::{Array4, ArrayViewD};

/// Task of the face detector in the manifest.
pub const DET: &str = "det";
/// Task of the landmark net in the manifest.
pub const LMK: &str = "lmk";

/// Most cells of the detector that are looked at; a picture full of false alarms costs no more.
const MOST_CANDIDATES: usize = 300;

/// A face that the detector found, frame pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub(super) score: f32,
    pub(super) bbox: [f32; 4],
    /// Eye centres, nose tip, mouth corners; image-left before image-right.
    pub(super) five: [[f32; 2]; 5],
}

/// What the landmark net says of a crop; points in frame pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    pub(super) points: Landmarks,
    pub(super) visibility: [f32; 6],
    /// Yaw, pitch, roll in degrees; roll in the frame.
    pub(super) pose_deg: [f32; 3],
    /// Probability that the crop holds a face.
    pub(super) face: f32,
}

/// The input tensor of one net, with the constants of the manifest.
#[derive(Debug, Clone)]
struct Input {
    name: String,
    /// 1 x 3 x rows x cols.
    tensor: Array4<f32>,
    cols: usize,
    rows: usize,
    /// value * gain + bias per channel.
    gain: [f32; 3],
    bias: [f32; 3],
}

impl Input {
    fn new(task: &str, spec: &InputSpec) -> Result<Self, Abstention> {
        let bad = |what: &str| {
            let detail = format!("manifest, task {task}, input {}: {what}", spec.name);
            Abstention::new(AbstainReason::ModelMissing, detail)
        };
        if spec.layout != "NCHW" || spec.color.as_deref() != Some("RGB") {
            return Err(bad("expected layout NCHW and color RGB"));
        }
        let (Some(cols), Some(rows)) = (spec.width, spec.height) else {
            return Err(bad("width and height are needed"));
        };
        let (cols, rows) = (cols as usize, rows as usize);
        let (mut gain, mut bias) = ([0.0; 3], [0.0; 3]);
        for c in 0..3 {
            let mean = spec.mean.as_ref().map_or(Some(0.0), |m| m.get(c));
            let std = spec.std.as_ref().map_or(Some(1.0), |s| s.get(c));
            let (Some(mean), Some(std)) = (mean, std) else {
                return Err(bad("mean and std need one number or three"));
            };
            gain[c] = 1.0 / (255.0 * std);
            bias[c] = -mean / std;
        }
        let tensor = Array4::zeros((1, 3, rows, cols));
        Ok(Self {
            name: spec.name.clone(),
            tensor,
            cols,
            rows,
            gain,
            bias,
        })
    }

    /// The three colour planes, to be written by pixel index.
    fn planes(&mut self) -> (Planes<'_>, (usize, usize)) {
        let size = self.cols * self.rows;
        let data = self.tensor.as_slice_mut().unwrap_or(&mut []);
        (
            Planes {
                data,
                size,
                gain: self.gain,
                bias: self.bias,
            },
            (self.cols, self.rows),
        )
    }

    fn view(&self) -> ArrayViewD<'_, f32> {
        self.tensor.view().into_dyn()
    }
}

struct Planes<'a> {
    data: &'a mut [f32],
    size: usize,
    gain: [f32; 3],
    bias: [f32; 3],
}

impl Planes<'_> {
    fn put(&mut self, i: usize, rgb: [f32; 3]) {
        for (c, v) in rgb.into_iter().enumerate() {
            if let Some(slot) = self.data.get_mut(c * self.size + i) {
                *slot = v * self.gain[c] + self.bias[c];
            }
        }
    }

    /// Fills every pixel with 0 before normalisation.
    fn clear(&mut self) {
        let (size, bias) = (self.size.max(1), self.bias);
        for (plane, bias) in self.data.chunks_exact_mut(size).zip(bias) {
            plane.fill(bias);
        }
    }
}

/// Detector and landmark net with their input buffers. One per lane.
#[derive(Debug, Clone)]
pub(super) struct Nets {
    det: Input,
    lmk: Input,
    score_threshold: f32,
    nms_iou: f32,
    /// Least probability at which a crop is taken to hold a face.
    pub(super) face_threshold: f32,
    /// Side of the crop in multiples of the longer side of the face's box.
    pub(super) crop_scale: f64,
}

impl Nets {
    /// Reads sizes, constants and thresholds from the manifest.
    ///
    /// # Errors
    /// An abstention that says which model is missing, or what its entry lacks.
    pub(super) fn new(models: &ModelSet) -> Result<Self, Abstention> {
        let number = |task, name: &str, low: f64, high: f64| match models.param(task, name) {
            Some(v) if v > low && v <= high => Ok(v as f32),
            found => Err(Abstention::new(
                AbstainReason::ModelMissing,
                format!(
                    "manifest, task {task}, params.{name}: found {found:?}, expected {low} to {high}"
                ),
            )),
        };
        let lmk = models.input_spec(LMK)?;
        let scale = lmk
            .crop
            .as_ref()
            .and_then(|c| c.get("scale"))
            .and_then(toml::Value::as_float);
        Ok(Self {
            det: Input::new(DET, models.input_spec(DET)?)?,
            lmk: Input::new(LMK, lmk)?,
            score_threshold: number(DET, "score_threshold", 0.0, 1.0)?,
            nms_iou: number(DET, "nms_iou", 0.0, 1.0)?,
            face_threshold: number(LMK, "face_threshold", 0.0, 1.0)?,
            crop_scale: scale.filter(|s| (1.0..=4.0).contains(s)).ok_or_else(|| {
                Abstention::new(
                    AbstainReason::ModelMissing,
                    "manifest, task lmk, input.crop.scale: expected a number from 1 to 4",
                )
            })?,
        })
    }

    /// Faces of a frame, best first.
    pub(super) fn detect(
        &mut self,
        frame: &Frame,
        models: &mut ModelSet,
    ) -> Result<Vec<Hit>, EngineError> {
        let (mut planes, size) = self.det.planes();
        planes.clear();
        let scale = sample::letterbox(frame, size, |i, rgb| planes.put(i, rgb)) as f32;
        let out = models.run(DET, &[(&self.det.name, self.det.view())])?;
        let (scores, boxes, points) = (out.get("scores")?, out.get("boxes")?, out.get("points")?);
        let boxes = boxes.to_slice().unwrap_or(&[]).chunks_exact(4);
        let points = points.to_slice().unwrap_or(&[]).chunks_exact(10);
        let mut hits: Vec<Hit> = scores
            .iter()
            .zip(boxes.zip(points))
            .filter(|(score, _)| **score >= self.score_threshold)
            .map(|(score, (b, p))| Hit {
                score: *score,
                bbox: std::array::from_fn(|i| b[i] * scale),
                five: std::array::from_fn(|i| [p[2 * i] * scale, p[2 * i + 1] * scale]),
            })
            .filter(|hit| area(hit.bbox) > 0.0)
            .collect();
        // The sort is stable, so equal scores keep the order of the cells.
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(MOST_CANDIDATES);
        Ok(suppress(hits, self.nms_iou))
    }

    /// Landmarks of a crop; `None` when the crop has no usable extent.
    pub(super) fn landmarks(
        &mut self,
        frame: &Frame,
        crop: Patch,
        models: &mut ModelSet,
    ) -> Result<Option<Marks>, EngineError> {
        if !crop.is_usable() {
            return Ok(None);
        }
        let (mut planes, size) = self.lmk.planes();
        sample::patch(frame, crop, size, Outside::Zero, |i, rgb| {
            planes.put(i, rgb)
        });
        let out = models.run(LMK, &[(&self.lmk.name, self.lmk.view())])?;
        let (points, visibility) = (out.get("points")?, out.get("visibility")?);
        let (pose, face) = (out.get("pose")?, out.get("face")?);
        let Some(points) = to_frame(crop, points.to_slice().unwrap_or(&[])) else {
            return Ok(None);
        };
        let mut marks = Marks {
            points,
            visibility: [0.0; 6],
            pose_deg: [0.0; 3],
            face: face.iter().next().copied().unwrap_or(0.0),
        };
        marks
            .visibility
            .iter_mut()
            .zip(visibility.iter())
            .for_each(|(a, b)| *a = *b);
        marks
            .pose_deg
            .iter_mut()
            .zip(pose.iter())
            .for_each(|(a, b)| *a = *b);
        marks.pose_deg[2] += crop.roll.to_degrees() as f32;
        Ok(Some(marks))
    }
}

/// Greedy non-maximum suppression; `hits` are in falling order of score.
fn suppress(hits: Vec<Hit>, most_iou: f32) -> Vec<Hit> {
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        if kept.iter().all(|k| iou(k.bbox, hit.bbox) <= most_iou) {
            kept.push(hit);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suppression_keeps_the_best_of_each_face() {
        let hit = |score, x: f32| Hit {
            score,
            bbox: [x, 0.0, x + 10.0, 10.0],
            five: [[0.0; 2]; 5],
        };
        let kept = suppress(
            vec![hit(0.9, 0.0), hit(0.8, 1.0), hit(0.7, 20.0), hit(0.6, 21.0)],
            0.4,
        );
        let scores: Vec<f32> = kept.iter().map(|h| h.score).collect();
        assert_eq!(scores, [0.9, 0.7]);
    }

    #[test]
    fn without_models_the_abstention_names_the_task() {
        let a = Nets::new(&ModelSet::default()).unwrap_err();
        assert_eq!(a.reason, AbstainReason::ModelMissing);
        assert!(
            a.detail.contains("lmk") || a.detail.contains("det"),
            "{}",
            a.detail
        );
    }
}
