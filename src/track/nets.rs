//! The two nets of tracking: how a frame is put in and how their outputs are read.

use super::geometry::{area, iou};
use crate::core::{AbstainReason, Abstention, Frame, LANDMARKS, Landmarks};
use crate::engine::{EngineError, InputSpec, ModelSet, PictureInput};
use crate::vision::geometry::CROP_SCALE;
use crate::vision::{Crop, crop_tensor, letterbox};
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

/// Reads how a net wants its pictures: size, colour order and normalisation are the net's own; how
/// they are cut out of the frame is not, and is refused by field where it differs.
fn picture_input(
    task: &str,
    spec: &InputSpec,
    fits: impl Fn(&PictureInput) -> Result<(), String>,
) -> Result<PictureInput, Abstention> {
    let input = PictureInput::read(spec).and_then(|input| {
        fits(&input).map_err(|what| format!("input {}.{what}", input.name))?;
        Ok(input)
    });
    input.map_err(|what| {
        Abstention::new(
            AbstainReason::ModelMissing,
            format!("manifest, task {task}, {what}"),
        )
    })
}

/// The detector sees the whole frame, from the top left corner.
fn whole_frame(input: &PictureInput) -> Result<(), String> {
    match input.crop_scale {
        Some(1.0) => Ok(()),
        found => Err(format!("crop.scale: found {found:?}, expected 1.0")),
    }
}

/// The landmark net sees a square around the face.
fn face_square(input: &PictureInput) -> Result<(), String> {
    if input.width != input.height {
        let found = (input.width, input.height);
        return Err(format!(
            "width and height: found {found:?}, expected a square"
        ));
    }
    match input.crop_scale {
        Some(scale) if (1.0..=2.0).contains(&scale) => Ok(()),
        found => Err(format!("crop.scale: found {found:?}, expected 1.0 to 2.0")),
    }
}

/// Detector and landmark net as the manifest describes them. One per lane.
#[derive(Debug, Clone)]
pub(super) struct Nets {
    det: PictureInput,
    lmk: PictureInput,
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
            det: picture_input(DET, det, whole_frame)?,
            lmk: picture_input(LMK, lmk, face_square)?,
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
        let mut input = letterbox(frame, self.det.width, self.det.height);
        let scale = input.scale as f32;
        self.det.convert(&mut input.tensor);
        let shape = [1, 3, self.det.height, self.det.width];
        let tensor = view(DET, shape, &input.tensor)?;
        let out = models.run(DET, &[(&self.det.name, tensor.into_dyn())])?;
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
        let crop = Crop {
            side: crop.side * self.lmk.crop_scale.unwrap_or(CROP_SCALE) / CROP_SCALE,
            ..crop
        };
        let px = self.lmk.width;
        let mut pixels = crop_tensor(frame, &crop, px);
        self.lmk.convert(&mut pixels);
        let tensor = view(LMK, [1, 3, px, px], &pixels)?;
        let out = models.run(LMK, &[(&self.lmk.name, tensor.into_dyn())])?;
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
    fn sizes_are_the_nets_own_and_crops_are_refused_by_field() {
        let good = r#"name = "x"
            layout = "NCHW"
            color = "BGR"
            width = 128
            height = 128
            mean = 0.0
            std = [0.5, 0.5, 0.25]
            crop = { kind = "square", scale = 1.6 }"#;
        let check = |text: &str, fits: fn(&PictureInput) -> Result<(), String>| {
            picture_input(LMK, &toml::from_str(text).unwrap(), fits)
        };
        let input = check(good, face_square).unwrap();
        assert_eq!((input.width, input.crop_scale), (128, Some(1.6)));
        let wide = good.replace("width = 128", "width = 192");
        let whole = wide.replace("1.6", "1.0");
        assert_eq!(check(&whole, whole_frame).unwrap().width, 192);
        for (text, field) in [
            (good.replace("BGR", "YUV"), "color"),
            (good.replace("1.6", "2.5"), "crop.scale"),
            (wide, "width and height"),
        ] {
            let refused = check(&text, face_square).unwrap_err();
            assert!(refused.detail.contains(field), "{}", refused.detail);
        }
        assert!(
            check(good, whole_frame)
                .unwrap_err()
                .detail
                .contains("crop.scale")
        );
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
