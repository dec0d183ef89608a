//! The nets of tasks `seg` and `occ`: how a scene is put in and how their outputs are read.

use super::TASK;
use super::look::Masks;
use crate::core::{AbstainReason, Abstention, HandScene, SCENE_PX};
use crate::engine::{EngineError, InputSpec, ModelSet};
use ndarray::Array;

/// Task of the net that looks for a face painted over the hand; the signal works without it.
const OCC_TASK: &str = "occ";
/// Channels of the segmentation net's output: background, face, hand.
const CLASSES: usize = 3;

/// The segmentation net as the manifest describes it.
#[derive(Debug, Clone)]
pub(super) struct Net {
    input: String,
    /// Mean and standard deviation by channel, of values in 0 to 1.
    scale: [(f32, f32); 3],
}

// === impl Net ===

impl Net {
    /// Checks the preprocessing that the manifest states.
    ///
    /// # Errors
    /// An abstention that says which model is missing, or what is wrong with its entry.
    pub(super) fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let spec = models.input_spec(TASK)?;
        let wrong = |what: String| {
            let why = format!("manifest, task {TASK}, input {}.{what}", spec.name);
            Abstention::new(AbstainReason::ModelMissing, why)
        };
        if spec.layout != "NCHW" || spec.color.as_deref() != Some("RGB") {
            return Err(wrong("layout and color: expected NCHW and RGB".to_owned()));
        }
        let side = u32::try_from(SCENE_PX).ok();
        if (spec.width, spec.height) != (side, side) {
            let found = (spec.width, spec.height);
            return Err(wrong(format!("width and height: found {found:?}, expected {SCENE_PX} x {SCENE_PX}")));
        }
        let scale = scale(spec).ok_or_else(|| wrong("mean and std: expected a number for each channel".to_owned()))?;
        Ok(Self { input: spec.name.clone(), scale })
    }

    /// Where hand and face are in a scene.
    ///
    /// # Errors
    /// What the engine says.
    pub(super) fn masks(&self, scene: &HandScene, models: &mut ModelSet) -> Result<Masks, EngineError> {
        let image = tensor(TASK, [1, 3, SCENE_PX, SCENE_PX], self.pixels(scene))?;
        let out = models.run(TASK, &[(&self.input, image.view().into_dyn())])?;
        let planes: Vec<f32> = out.get("probability")?.iter().copied().collect();
        if planes.len() != CLASSES * SCENE_PX * SCENE_PX {
            return Err(EngineError::Shape {
                task: TASK.to_owned(),
                tensor: "output probability".to_owned(),
                found: format!("{} values", planes.len()),
                expected: format!("[1, {CLASSES}, {SCENE_PX}, {SCENE_PX}]"),
            });
        }
        Ok(Masks::of(&planes))
    }

    /// What the net of task `occ` says, where there is one and it runs.
    pub(super) fn painted_over(&self, scene: &HandScene, masks: &Masks, models: &mut ModelSet) -> Option<f32> {
        models.model(OCC_TASK).ok()?;
        let image = tensor(OCC_TASK, [1, 3, SCENE_PX, SCENE_PX], self.pixels(scene)).ok()?;
        let both = masks.face.iter().chain(&masks.hand).map(|v| f32::from(*v) / 255.0).collect();
        let planes = tensor(OCC_TASK, [1, 2, SCENE_PX, SCENE_PX], both).ok()?;
        let inputs = [("image", image.view().into_dyn()), ("masks", planes.view().into_dyn())];
        let run = models.run(OCC_TASK, &inputs);
        match run.and_then(|o| Ok(o.get("logit")?.iter().next().copied())) {
            Ok(logit) => logit,
            Err(e) => {
                tracing::warn!(error = %e, "the occlusion net failed; the challenge is judged without it");
                None
            }
        }
    }

    fn pixels(&self, scene: &HandScene) -> Vec<f32> {
        let plane = SCENE_PX * SCENE_PX;
        let mut out = vec![0.0f32; 3 * plane];
        for (i, pixel) in scene.rgb.chunks_exact(3).take(plane).enumerate() {
            for (c, (v, (mean, std))) in pixel.iter().zip(self.scale).enumerate() {
                if let Some(o) = out.get_mut(c * plane + i) {
                    *o = (f32::from(*v) / 255.0 - mean) / std;
                }
            }
        }
        out
    }
}

/// Mean and standard deviation of each channel.
fn scale(spec: &InputSpec) -> Option<[(f32, f32); 3]> {
    let mut out = [(0.5, 0.5); 3];
    for (c, o) in out.iter_mut().enumerate() {
        *o = (spec.mean.as_ref()?.get(c)?, spec.std.as_ref()?.get(c)?);
    }
    Some(out)
}

fn tensor(task: &str, shape: [usize; 4], values: Vec<f32>) -> Result<Array<f32, ndarray::Ix4>, EngineError> {
    Array::from_shape_vec(shape, values).map_err(|e| EngineError::Shape {
        task: task.to_owned(),
        tensor: "input".to_owned(),
        found: e.to_string(),
        expected: format!("{shape:?}"),
    })
}
