//! The nets of tasks `seg` and `occ`: how a scene is put in and how their outputs are read.
//!
//! Both may be nets of one's own, of another size, crop, colour order and normalisation
//! (docs/own-models.md). What they are shown is cut from the scene that tracking keeps, and what they
//! say is brought back to its [`SCENE_PX`] squared pixels, on which everything else is measured.

use super::TASK;
use super::look::Masks;
use crate::analyze::calibration::wrong;
use crate::core::{Abstention, Frame, HandScene, MediaTime, SCENE_PX, SCENE_SCALE};
use crate::engine::{EngineError, InputSpec, ModelSet, PictureInput, Reading};
use crate::vision::{Crop, crop_tensor};
use ndarray::{Array, ArrayD, Ix4};

/// Task of the net that looks for a face painted over the hand; the signal works without it.
const OCC_TASK: &str = "occ";
/// Classes of the shipped segmentation net, in the order of its planes.
const CLASSES: [&str; 3] = ["background", "face", "hand"];
/// Smallest crop in units of the longer side of the face's box: below it the outline of the face is cut.
const LEAST_SCALE: f64 = 1.2;

/// The segmentation net as the manifest describes it, and the occlusion net where there is one.
#[derive(Debug, Clone)]
pub(super) struct Net {
    view: View,
    /// Name of the output with a plane for each class.
    output: String,
    /// True when the planes are scores before softmax.
    logits: bool,
    classes: usize,
    face: usize,
    hand: usize,
    occ: Option<Occ>,
}

/// The net of task `occ`.
#[derive(Debug, Clone)]
struct Occ {
    view: View,
    /// Name of the input with the planes of face and hand.
    masks: String,
    /// `None`: the first number of `logit`, as the shipped net gives it.
    reading: Option<Reading>,
}

/// What part of a scene a net is shown, and how.
#[derive(Debug, Clone)]
struct View {
    task: &'static str,
    input: PictureInput,
    /// Side of its crop in units of the scene's side, at most 1.
    zoom: f32,
}

// === impl Net ===

impl Net {
    /// Checks what the manifest states of the nets.
    ///
    /// # Errors
    /// An abstention that says which model is missing, or what is wrong with its entry.
    pub(super) fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let view = View::read(TASK, models.input_spec(TASK)?)?;
        let names = class_names(models)?;
        let place = |class: &str| {
            let mut places = names.iter().enumerate().filter(|(_, n)| *n == class);
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                _ => Err(wrong(TASK, format!("params.classes: found {names:?}, expected {class} once"))),
            }
        };
        let declared = match models.outputs(TASK)? {
            [one] => one,
            other => {
                let found = other.len();
                return Err(wrong(TASK, format!("outputs: found {found}, expected one with a plane for each class")));
            }
        };
        let planes = models.params(TASK)?.get("planes");
        let logits = match planes.map(toml::Value::as_str) {
            None | Some(Some("probabilities")) => false,
            Some(Some("logits")) => true,
            Some(_) => {
                let what = format!("params.planes: found {planes:?}, expected probabilities or logits");
                return Err(wrong(TASK, what));
            }
        };
        Ok(Self {
            view,
            output: declared.name.clone(),
            logits,
            classes: names.len(),
            face: place("face")?,
            hand: place("hand")?,
            occ: if models.model(OCC_TASK).is_ok() { Some(Occ::read(models)?) } else { None },
        })
    }

    /// Where hand and face are in a scene.
    ///
    /// # Errors
    /// What the engine says.
    pub(super) fn masks(&self, scene: &HandScene, models: &mut ModelSet) -> Result<Masks, EngineError> {
        let image = self.view.tensor(scene)?;
        let out = models.run(TASK, &[(&self.view.input.name, image.view().into_dyn())])?;
        let planes: ArrayD<f32> = out.get(&self.output)?.to_owned();
        let (height, width) = match planes.shape() {
            [1, classes, h, w] if *classes == self.classes && *h > 0 && *w > 0 => (*h, *w),
            other => {
                let expected = format!("[1, {}, height, width]", self.classes);
                return Err(misshapen(TASK, &format!("output {}", self.output), format!("{other:?}"), expected));
            }
        };
        let mut values: Vec<f32> = planes.iter().copied().collect();
        if self.logits {
            softmax(&mut values, self.classes);
        }
        let plane = |class: usize| {
            let size = width * height;
            let plane = values.get(class * size..(class + 1) * size).unwrap_or_default();
            self.view.onto_scene(&Plane { values: plane, width, height })
        };
        Ok(Masks::of(&plane(self.face), &plane(self.hand)))
    }

    /// What the net of task `occ` says, where there is one and it runs.
    pub(super) fn painted_over(&self, scene: &HandScene, masks: &Masks, models: &mut ModelSet) -> Option<f32> {
        match self.occ.as_ref()?.look(scene, masks, models) {
            Ok(logit) => Some(logit),
            Err(e) => {
                tracing::warn!(error = %e, "the occlusion net failed; the challenge is judged without it");
                None
            }
        }
    }
}

/// Names of the planes: `params.classes`, those of the shipped net where the entry has none.
fn class_names(models: &ModelSet) -> Result<Vec<String>, Abstention> {
    let Some(stated) = models.params(TASK)?.get("classes") else {
        return Ok(CLASSES.map(str::to_owned).to_vec());
    };
    let names = stated.as_array().and_then(|all| all.iter().map(|v| v.as_str().map(str::to_owned)).collect());
    names.ok_or_else(|| wrong(TASK, format!("params.classes: found {stated}, expected a list of names")))
}

// === impl Occ ===

impl Occ {
    fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let inputs = models.inputs(OCC_TASK)?;
        let [picture, masks] = [true, false].map(|coloured| inputs.iter().find(|i| i.color.is_some() == coloured));
        let (Some(picture), Some(masks), 2) = (picture, masks, inputs.len()) else {
            let what = "input: expected a picture with its color, and planes of face and hand without".to_owned();
            return Err(wrong(OCC_TASK, what));
        };
        let view = View::read(OCC_TASK, picture)?;
        let (width, height) = (view.input.width as i64, view.input.height as i64);
        if !masks.axes().is_some_and(|a| a.ends_with(&[2, height, width])) {
            let what = format!("input {}.shape: found {:?}, expected [-1, 2, {height}, {width}]", masks.name, masks.axes());
            return Err(wrong(OCC_TASK, what));
        }
        let reading = Reading::of(models.outputs(OCC_TASK)?).map_err(|e| wrong(OCC_TASK, e))?;
        Ok(Self { view, masks: masks.name.clone(), reading })
    }

    fn look(&self, scene: &HandScene, masks: &Masks, models: &mut ModelSet) -> Result<f32, EngineError> {
        let image = self.view.tensor(scene)?;
        let both = [&masks.face, &masks.hand].map(|mask| self.view.of_scene(mask)).concat();
        let planes = tensor(OCC_TASK, [1, 2, self.view.input.height, self.view.input.width], both)?;
        let inputs = [
            (self.view.input.name.as_str(), image.view().into_dyn()),
            (self.masks.as_str(), planes.view().into_dyn()),
        ];
        let out = models.run(OCC_TASK, &inputs)?;
        match &self.reading {
            Some(reading) => Ok(reading.score(&out)? as f32),
            None => {
                let first = out.get("logit")?.iter().next().copied();
                first.ok_or_else(|| misshapen(OCC_TASK, "output logit", "nothing".to_owned(), "one number".to_owned()))
            }
        }
    }
}

// === impl View ===

impl View {
    fn read(task: &'static str, spec: &InputSpec) -> Result<Self, Abstention> {
        let input = PictureInput::read(spec).map_err(|e| wrong(task, e))?;
        if input.width != input.height {
            let found = format!("{} x {}", input.width, input.height);
            return Err(wrong(task, format!("input {}.width and height: found {found}, expected a square", input.name)));
        }
        match (input.crop_kind.as_deref(), input.crop_scale) {
            (Some("upright_square"), Some(scale)) if (LEAST_SCALE..=SCENE_SCALE).contains(&scale) => {
                Ok(Self { task, zoom: (scale / SCENE_SCALE) as f32, input })
            }
            (kind, scale) => Err(wrong(
                task,
                format!(
                    "input {}.crop: found kind {kind:?} and scale {scale:?}, expected upright_square with a scale of \
                     {LEAST_SCALE} to {SCENE_SCALE}",
                    input.name
                ),
            )),
        }
    }

    /// True where the net's pixels are the scene's own.
    fn is_scene(&self, width: usize, height: usize) -> bool {
        (width, height) == (SCENE_PX, SCENE_PX) && self.zoom == 1.0
    }

    /// The scene as the net wants it. Where it is larger than the net's picture it is area-averaged.
    fn tensor(&self, scene: &HandScene) -> Result<Array<f32, Ix4>, EngineError> {
        let px = self.input.width;
        let side = SCENE_PX as f64;
        let frame = Frame::new(MediaTime::ZERO, 0, SCENE_PX as u32, SCENE_PX as u32, scene.rgb.clone());
        let frame = frame.map_err(|e| misshapen(self.task, "scene", e.to_string(), format!("{SCENE_PX} squared pixels")))?;
        let crop = Crop { cx: side / 2.0, cy: side / 2.0, side: side * f64::from(self.zoom), roll_rad: 0.0 };
        let mut planes = crop_tensor(&frame, &crop, px);
        self.input.convert(&mut planes);
        tensor(self.task, [1, 3, px, px], planes)
    }

    /// A plane of the net's crop on the scene's pixels; 0 beyond the crop.
    fn onto_scene(&self, plane: &Plane<'_>) -> Vec<f32> {
        if self.is_scene(plane.width, plane.height) {
            return plane.values.to_vec();
        }
        let to_crop = |i: usize| ((i as f32 + 0.5) / SCENE_PX as f32 - 0.5) / self.zoom + 0.5;
        let at = |i: usize| {
            let (x, y) = (to_crop(i % SCENE_PX), to_crop(i / SCENE_PX));
            let inside = (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y);
            if inside { plane.sample(x, y) } else { 0.0 }
        };
        (0..SCENE_PX * SCENE_PX).map(at).collect()
    }

    /// A mask of the scene on the net's pixels, 0 to 1.
    fn of_scene(&self, mask: &[u8]) -> Vec<f32> {
        let values: Vec<f32> = mask.iter().map(|v| f32::from(*v) / 255.0).collect();
        let (width, height) = (self.input.width, self.input.height);
        if self.is_scene(width, height) {
            return values;
        }
        let plane = Plane { values: &values, width: SCENE_PX, height: SCENE_PX };
        let to_scene = |i: usize, of: usize| ((i as f32 + 0.5) / of as f32 - 0.5) * self.zoom + 0.5;
        (0..width * height).map(|i| plane.sample(to_scene(i % width, width), to_scene(i / width, height))).collect()
    }
}

/// A plane of values, row by row.
struct Plane<'a> {
    values: &'a [f32],
    width: usize,
    height: usize,
}

impl Plane<'_> {
    /// Bilinear sample at a place in 0 to 1; the border's values go on beyond their pixels' centres.
    fn sample(&self, x: f32, y: f32) -> f32 {
        let at = |v: f32, of: usize| {
            let v = (v * of as f32 - 0.5).clamp(0.0, of.saturating_sub(1) as f32);
            (v.floor() as usize, v.fract())
        };
        let ((x, right), (y, down)) = (at(x, self.width), at(y, self.height));
        let value = |x: usize, y: usize| {
            let (x, y) = (x.min(self.width.saturating_sub(1)), y.min(self.height.saturating_sub(1)));
            self.values.get(y * self.width + x).copied().unwrap_or(0.0)
        };
        let row = |y: usize| value(x, y) * (1.0 - right) + value(x + 1, y) * right;
        row(y) * (1.0 - down) + row(y + 1) * down
    }
}

/// Scores of `classes` planes to probabilities, pixel by pixel.
fn softmax(planes: &mut [f32], classes: usize) {
    let size = planes.len() / classes.max(1);
    for i in 0..size {
        let of = |planes: &[f32], c: usize| planes.get(c * size + i).copied().unwrap_or(0.0);
        let top = (0..classes).map(|c| of(planes, c)).fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = (0..classes).map(|c| (of(planes, c) - top).exp()).sum();
        for c in 0..classes {
            if let Some(v) = planes.get_mut(c * size + i) {
                *v = (*v - top).exp() / sum;
            }
        }
    }
}

fn tensor(task: &str, shape: [usize; 4], values: Vec<f32>) -> Result<Array<f32, Ix4>, EngineError> {
    let array = Array::from_shape_vec(shape, values);
    array.map_err(|e| misshapen(task, "input", e.to_string(), format!("{shape:?}")))
}

fn misshapen(task: &str, tensor: &str, found: String, expected: String) -> EngineError {
    EngineError::Shape { task: task.to_owned(), tensor: tensor.to_owned(), found, expected }
}
