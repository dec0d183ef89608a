//! How a picture is put into the net, and what the net says of it.
//!
//! Two forms are understood. The shipped one takes the face at native resolution and where it lies,
//! and gives a logit with its shares by region, an embedding, and what reference mode reads. A plain
//! classifier of somebody's own takes one square picture of any size, and one of its outputs is
//! declared as a score (`reads` in the manifest, see [`Reading`]); an `embedding` is optional.

use super::TASK;
use super::pool::Look;
use super::reference::Traces;
use super::settings::Settings;
use crate::analyze::calibration::wrong;
use crate::core::{Abstention, DETAIL_PX, DETAIL_SCALE, FaceDetail, Frame, MediaTime};
use crate::engine::{EngineError, InputSpec, ModelSet, Outputs, PerChannel, PictureInput, Reading};
use crate::vision::{Crop, crop_tensor};
use ndarray::Array;

/// Name of the shipped form's picture input.
const IMAGE_INPUT: &str = "image";
/// Name of its input with the face's box: centre x, centre y, width, height in 0 to 1.
const FACE_INPUT: &str = "face";
/// Output with a picture's place among the material of the fit.
const EMBEDDING: &str = "embedding";
/// Least side of a plain classifier's crop in units of the longer side of the face's box.
const LEAST_SCALE: f64 = 0.8;

/// What kind of net stands behind the task.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// That of the shipped net.
    Shipped,
    /// A classifier of one picture.
    Plain(Plain),
}

/// A classifier of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plain {
    input: PictureInput,
    reading: Reading,
    /// Side of the crop around the face's box, in units of its longer side; `None` = all of the
    /// native picture.
    scale: Option<f64>,
    pub(super) embedding: bool,
}

// === impl Form ===

impl Form {
    /// Which form the manifest declares.
    ///
    /// # Errors
    /// An abstention that names the field which does not fit.
    pub(super) fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let (inputs, outputs) = (models.inputs(TASK)?, models.outputs(TASK)?);
        let Some(reading) = Reading::of(outputs).map_err(|e| wrong(TASK, e))? else {
            check_shipped(inputs)?;
            return Ok(Self::Shipped);
        };
        let [spec] = inputs else {
            let found = inputs.len();
            return Err(wrong(TASK, format!("input: found {found}, expected one picture")));
        };
        let input = PictureInput::read(spec).map_err(|e| wrong(TASK, e))?;
        if input.width != input.height {
            let found = format!("{} x {}", input.width, input.height);
            let what = format!("input {}.width and height: found {found}, expected a square", input.name);
            return Err(wrong(TASK, what));
        }
        let scale = match (input.crop_kind.as_deref(), input.crop_scale) {
            (Some("native_square"), _) => None,
            (Some("face_square"), Some(s)) if (LEAST_SCALE..=DETAIL_SCALE).contains(&s) => Some(s),
            (kind, scale) => {
                let what = format!(
                    "input {}.crop: found kind {kind:?} and scale {scale:?}, expected native_square, or \
                     face_square with a scale of {LEAST_SCALE} to {DETAIL_SCALE}",
                    input.name
                );
                return Err(wrong(TASK, what));
            }
        };
        let embedding = outputs.iter().any(|o| o.name == EMBEDDING);
        Ok(Self::Plain(Plain { input, reading, scale, embedding }))
    }

    /// Runs the net on one picture.
    pub(super) fn look(
        &self,
        settings: &Settings,
        detail: &FaceDetail,
        models: &mut ModelSet,
    ) -> Result<Look, EngineError> {
        match self {
            Self::Shipped => shipped(settings, detail, models),
            Self::Plain(plain) => plain.look(detail, models),
        }
    }
}

// === impl Plain ===

impl Plain {
    fn look(&self, detail: &FaceDetail, models: &mut ModelSet) -> Result<Look, EngineError> {
        let px = self.input.width;
        let image = Array::from_shape_vec((1, 3, px, px), self.tensor(detail)?)
            .map_err(|e| misshapen(&self.input.name, px, &e))?;
        let out = models.run(TASK, &[(self.input.name.as_str(), image.view().into_dyn())])?;
        Ok(Look {
            logit: self.reading.score(&out)?,
            embedding: if self.embedding { list(&out, EMBEDDING)? } else { Vec::new() },
            made: None,
            drawn: None,
            regions: Vec::new(),
            traces: None,
        })
    }

    /// The picture as the net wants it. Smaller than the native one it is area-averaged, then read
    /// bilinearly.
    fn tensor(&self, detail: &FaceDetail) -> Result<Vec<f32>, EngineError> {
        let px = self.input.width;
        let mut planes = if self.scale.is_none() && px == DETAIL_PX {
            image_tensor(&detail.rgb)
        } else {
            let side = u32::try_from(DETAIL_PX).unwrap_or(u32::MAX);
            let frame = Frame::new(MediaTime::ZERO, 0, side, side, detail.rgb.clone())
                .map_err(|e| misshapen(&self.input.name, px, &e))?;
            crop_tensor(&frame, &self.crop(detail), px)
        };
        self.input.convert(&mut planes);
        Ok(planes)
    }

    fn crop(&self, detail: &FaceDetail) -> Crop {
        let whole = DETAIL_PX as f64;
        let [cx, cy, w, h] = detail.face.map(|v| f64::from(v) * whole);
        match self.scale {
            Some(scale) => Crop { cx, cy, side: scale * w.max(h), roll_rad: 0.0 },
            None => Crop { cx: whole / 2.0, cy: whole / 2.0, side: whole, roll_rad: 0.0 },
        }
    }
}

fn shipped(settings: &Settings, detail: &FaceDetail, models: &mut ModelSet) -> Result<Look, EngineError> {
    let shape = |e: ndarray::ShapeError| misshapen(IMAGE_INPUT, DETAIL_PX, &e);
    let image = Array::from_shape_vec((1, 3, DETAIL_PX, DETAIL_PX), image_tensor(&detail.rgb))
        .map_err(shape)?;
    let face = Array::from_shape_vec((1, 4), detail.face.to_vec()).map_err(shape)?;
    let inputs = [
        (IMAGE_INPUT, image.view().into_dyn()),
        (FACE_INPUT, face.view().into_dyn()),
    ];
    let out = models.run(TASK, &inputs)?;
    let one = |name: &str| -> Result<f64, EngineError> {
        Ok(list(&out, name)?.first().copied().unwrap_or(f64::NAN))
    };
    let traces = match &settings.reference {
        Ok(_) => Some(Traces {
            reference: one("reference")?,
            change: list(&out, "change")?,
            surround: list(&out, "surround")?,
            onset: if settings.onset.is_some() { list(&out, "onset")? } else { Vec::new() },
        }),
        Err(_) => None,
    };
    let made = settings.made.as_ref().map(|_| one("made")).transpose()?;
    let drawn = settings.max_drawn.map(|_| one("drawn")).transpose()?;
    Ok(Look {
        made,
        drawn,
        logit: one("logit")?,
        embedding: list(&out, EMBEDDING)?,
        regions: list(&out, "regions")?,
        traces,
    })
}

fn list(out: &Outputs, name: &str) -> Result<Vec<f64>, EngineError> {
    Ok(out.get(name)?.iter().map(|v| f64::from(*v)).collect())
}

fn misshapen(input: &str, px: usize, found: &dyn std::fmt::Display) -> EngineError {
    EngineError::Shape {
        task: TASK.to_owned(),
        tensor: format!("input {input}"),
        found: found.to_string(),
        expected: format!("[1, 3, {px}, {px}]"),
    }
}

/// A face at native resolution as the net's input: NCHW, (v / 255 - 0.5) / 0.5.
fn image_tensor(rgb: &[u8]) -> Vec<f32> {
    let plane = DETAIL_PX * DETAIL_PX;
    let mut out = vec![-1.0f32; 3 * plane];
    for (c, channel) in out.chunks_exact_mut(plane).enumerate() {
        for (o, pixel) in channel.iter_mut().zip(rgb.as_chunks::<3>().0) {
            *o = (f32::from(pixel[c]) / 255.0 - 0.5) / 0.5;
        }
    }
    out
}

/// Checks that the net is to be fed as tracking cuts the pictures: weights trained on other
/// pictures would answer, and answer wrong.
fn check_shipped(inputs: &[InputSpec]) -> Result<(), Abstention> {
    let input = |name: &str| {
        let found = inputs.iter().find(|i| i.name == name);
        found.ok_or_else(|| wrong(TASK, format!("input: {name} is not declared")))
    };
    let half = |v: &Option<PerChannel>| {
        (0..3).all(|c| v.as_ref().and_then(|v| v.get(c)) == Some(0.5))
    };
    let image = input(IMAGE_INPUT)?;
    let crop = |key: &str| image.crop.as_ref().and_then(|c| c.get(key)).cloned();
    let px = i64::try_from(DETAIL_PX).unwrap_or(i64::MAX);
    let problem = if image.layout != "NCHW" || image.color.as_deref() != Some("RGB") {
        Some("layout and color: expected NCHW and RGB".to_owned())
    } else if image.axes() != Some(vec![-1, 3, px, px]) {
        Some(format!("size: found {:?}, expected {px} x {px}", image.axes()))
    } else if !half(&image.mean) || !half(&image.std) {
        Some("mean and std: expected 0.5 for each channel".to_owned())
    } else if crop("kind").as_ref().and_then(toml::Value::as_str) != Some("native_square")
        || crop("scale").as_ref().and_then(toml::Value::as_float) != Some(DETAIL_SCALE)
    {
        Some(format!("crop: expected kind native_square and scale {DETAIL_SCALE}"))
    } else if input(FACE_INPUT)?.axes() != Some(vec![-1, 4]) {
        Some(format!("{FACE_INPUT}: expected shape [-1, 4]"))
    } else {
        None
    };
    problem.map_or(Ok(()), |what| Err(wrong(TASK, format!("input {IMAGE_INPUT}.{what}"))))
}
