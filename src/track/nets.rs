//! The two nets of tracking: how a frame is put in and how their outputs are read.

use super::geometry::{area, iou};
use crate::core::{AbstainReason, Abstention, Frame, LANDMARKS, Landmarks};
use crate::engine::{EngineError, InputSpec, ModelSet, PerChannel};
use crate::vision::geometry::CROP_SCALE;
use crate::vision::{Crop, DET_H, DET_W, LMK_PX, crop_tensor, letterbox};
use ndarray::{ArrayView, ArrayViewD};

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

/// Checks that a net is to be fed as [`crate::vision`] feeds it, and returns its input's name:
/// weights trained on other pictures would answer, and answer wrong.
fn checked_input(
    task: &str,
    spec: &InputSpec,
    (cols, rows): (usize, usize),
    crop_scale: f64,
) -> Result<String, Abstention> {
    let half =
        |v: &Option<PerChannel>| (0..3).all(|c| v.as_ref().and_then(|v| v.get(c)) == Some(0.5));
    let scale = spec
        .crop
        .as_ref()
        .and_then(|c| c.get("scale"))
        .and_then(toml::Value::as_float);
    let size = (spec.width, spec.height);
    let wrong = if spec.layout != "NCHW" || spec.color.as_deref() != Some("RGB") {
        Some("layout and color: expected NCHW and RGB".to_owned())
    } else if size != (u32::try_from(cols).ok(), u32::try_from(rows).ok()) {
        Some(format!(
            "width and height: found {size:?}, expected {cols} x {rows}"
        ))
    } else if !half(&spec.mean) || !half(&spec.std) {
        Some("mean and std: expected 0.5 for each channel".to_owned())
    } else if scale != Some(crop_scale) {
        Some(format!(
            "crop.scale: found {scale:?}, expected {crop_scale}"
        ))
    } else {
        None
    };
    match wrong {
        None => Ok(spec.name.clone()),
        Some(what) => Err(Abstention::new(
            AbstainReason::ModelMissing,
            format!("manifest, task {task}, input {}.{what}", spec.name),
        )),
    }
}

/// Detector and landmark net as the manifest describes them. One per lane.
#[derive(Debug, Clone)]
pub(super) struct Nets {
    det_input: String,
    lmk_input: String,
    score_threshold: f32,
    nms_iou: f32,
    /// Least probability at which a crop is taken to hold a face.
    pub(super) face_threshold: f32,
}

impl Nets {
    /// Checks the preprocessing and reads the thresholds of the manifest.
    ///
    /// # Errors
    /// An abstention that says which model is missing, or what is wrong with its entry.
    pub(super) fn new(models: &ModelSet) -> Result<Self, Abstention> {
        let number = |task, name: &str| match models.param(task, name) {
            Some(v) if v > 0.0 && v <= 1.0 => Ok(v as f32),
            found => Err(Abstention::new(
                AbstainReason::ModelMissing,
                format!("manifest, task {task}, params.{name}: found {found:?}, expected 0 to 1"),
            )),
        };
        let (det, lmk) = (models.input_spec(DET)?, models.input_spec(LMK)?);
        Ok(Self {
            det_input: checked_input(DET, det, (DET_W, DET_H), 1.0)?,
            lmk_input: checked_input(LMK, lmk, (LMK_PX, LMK_PX), CROP_SCALE)?,
            score_threshold: number(DET, "score_threshold")?,
            nms_iou: number(DET, "nms_iou")?,
            face_threshold: number(LMK, "face_threshold")?,
        })
    }

    /// Faces of a frame, best first.
    pub(super) fn detect(
        &self,
        frame: &Frame,
        models: &mut ModelSet,
    ) -> Result<Vec<Hit>, EngineError> {
        let input = letterbox(frame);
        let scale = input.scale as f32;
        let tensor = view(DET, [1, 3, DET_H, DET_W], &input.tensor)?;
        let out = models.run(DET, &[(&self.det_input, tensor.into_dyn())])?;
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
        &self,
        frame: &Frame,
        crop: Crop,
        models: &mut ModelSet,
    ) -> Result<Option<Marks>, EngineError> {
        if !crop.is_usable() {
            return Ok(None);
        }
        let pixels = crop_tensor(frame, &crop, LMK_PX);
        let tensor = view(LMK, [1, 3, LMK_PX, LMK_PX], &pixels)?;
        let out = models.run(LMK, &[(&self.lmk_input, tensor.into_dyn())])?;
        let (points, visibility) = (out.get("points")?, out.get("visibility")?);
        let (pose, face) = (out.get("pose")?, out.get("face")?);
        let mut marks = Marks {
            points: [[0.0; 2]; LANDMARKS],
            visibility: [0.0; 6],
            pose_deg: [0.0; 3],
            face: face.iter().next().copied().unwrap_or(0.0),
        };
        let mut flat = points.iter().copied();
        for mark in &mut marks.points {
            if let (Some(x), Some(y)) = (flat.next(), flat.next()) {
                *mark = crop.to_frame([x, y]);
            }
        }
        fill(&mut marks.visibility, visibility);
        fill(&mut marks.pose_deg, pose);
        marks.pose_deg[2] += crop.roll_rad.to_degrees() as f32;
        Ok(Some(marks))
    }
}

/// Copies an output whose length the manifest's shape has been checked for.
fn fill(out: &mut [f32], values: ArrayViewD<'_, f32>) {
    for (o, v) in out.iter_mut().zip(values.iter()) {
        *o = *v;
    }
}

fn view<'a>(
    task: &str,
    shape: [usize; 4],
    values: &'a [f32],
) -> Result<ArrayView<'a, f32, ndarray::Ix4>, EngineError> {
    ArrayView::from_shape(shape, values).map_err(|e| EngineError::Shape {
        task: task.to_owned(),
        tensor: "input".to_owned(),
        found: e.to_string(),
        expected: format!("{shape:?}"),
    })
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
    fn a_net_that_wants_other_pictures_is_refused_by_field() {
        let good = r#"name = "x"
            layout = "NCHW"
            color = "RGB"
            width = 112
            height = 112
            mean = 0.5
            std = [0.5, 0.5, 0.5]
            crop = { kind = "square", scale = 1.4 }"#;
        let check = |text: &str| {
            let spec: InputSpec = toml::from_str(text).unwrap();
            checked_input(LMK, &spec, (LMK_PX, LMK_PX), CROP_SCALE)
        };
        assert_eq!(check(good).unwrap(), "x");
        for (from, to, field) in [
            ("RGB", "BGR", "color"),
            ("width = 112", "width = 128", "width"),
            ("mean = 0.5", "mean = 0.0", "mean"),
            ("[0.5, 0.5, 0.5]", "[0.5, 0.5, 0.2]", "std"),
            ("1.4", "1.6", "crop.scale"),
        ] {
            let refused = check(&good.replace(from, to)).unwrap_err();
            assert!(refused.detail.contains(field), "{}", refused.detail);
        }
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
