//! Gates, calibration and cap of the signal, as the manifest gives them.

use super::TASK;
use super::pool::Pooled;
use super::reference::Calibration;
use crate::core::{AbstainReason, Abstention, DETAIL_PX, DETAIL_SCALE, Face};
use crate::engine::{InputSpec, ModelSet, PerChannel};

/// Name of the net's picture input.
pub(super) const IMAGE_INPUT: &str = "image";
/// Name of the net's input with the face's box: centre x, centre y, width, height in 0 to 1.
pub(super) const FACE_INPUT: &str = "face";

/// What the manifest says beside the weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    /// Least height of the face in frame pixels.
    pub(super) min_face_px: f64,
    /// Height of the face from which it counts in full, frame pixels.
    pub(super) full_face_px: f64,
    /// Least variance of the Laplacian inside the face.
    pub(super) min_sharpness: f64,
    /// Least and largest mean luma of the face, 0 to 255.
    pub(super) luma: (f64, f64),
    /// Largest turn of the head to the side, degrees.
    pub(super) max_yaw_deg: f64,
    /// Least number of pictures in a segment, and the number from which they count in full.
    pub(super) min_pictures: usize,
    pub(super) full_pictures: usize,
    /// Largest distance from the material of the fit.
    pub(super) max_distance: f64,
    /// Range of segment scores that the calibration was measured on.
    pub(super) scores: (f64, f64),
    /// Log-likelihood ratio = slope * score + offset, natural logarithm.
    pub(super) slope: f64,
    pub(super) offset: f64,
    /// Largest absolute log-likelihood ratio; 0 = no vote.
    pub(super) cap: f64,
    /// Share of manipulated faces that are taken to carry traces of the kind that the net has seen;
    /// see [`tempered`].
    pub(super) known_share: f64,
    /// Out-of-fold AUC and its lower 95 % bound.
    pub(super) auc: f64,
    pub(super) auc_low: f64,
    /// Names of the `regions` output, in order.
    pub(super) regions: Vec<String>,
    /// Calibration of the read-out for made kinds, where the model has one.
    pub(super) made: Option<Made>,
    /// Calibration of reference mode, or why this model has none.
    pub(super) reference: Result<Calibration, String>,
}

// === impl Settings ===

impl Settings {
    /// Reads and checks the net's entry in the manifest.
    pub(super) fn read(models: &ModelSet) -> Result<Self, Abstention> {
        check_inputs(models.inputs(TASK)?)?;
        let params = models.params(TASK)?;
        let calibration = models.calibration(TASK)?;
        let regions = params.get("regions").and_then(toml::Value::as_array);
        let regions = regions.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned));
        let gate = |name| number(params, "params", name, 0.0, 1e6);
        let kind = calibration.get("kind").and_then(toml::Value::as_str);
        if kind != Some("logistic") {
            return Err(wrong(format!("calibration.kind: found {kind:?}, expected logistic")));
        }
        let fitted = |name, low, high| number(calibration, "calibration", name, low, high);
        Ok(Self {
            min_face_px: gate("min_face_px")?,
            full_face_px: gate("full_face_px")?,
            min_sharpness: gate("min_sharpness")?,
            luma: (gate("min_luma")?, gate("max_luma")?),
            max_yaw_deg: gate("max_yaw_deg")?,
            // At least one picture: the mean of none is no number.
            min_pictures: gate("min_pictures")?.max(1.0) as usize,
            full_pictures: gate("full_pictures")?.max(1.0) as usize,
            max_distance: gate("max_distance")?,
            scores: (fitted("min_score", -1e3, 0.0)?, fitted("max_score", 0.0, 1e3)?),
            slope: fitted("slope", 1e-6, 1e3)?,
            offset: fitted("offset", -1e3, 1e3)?,
            cap: fitted("cap", 0.0, 10.0)?,
            known_share: fitted("known_share", 0.0, 1.0)?,
            auc: fitted("auc", 0.0, 1.0)?,
            auc_low: fitted("auc_low", 0.0, 1.0)?,
            regions: regions.collect(),
            made: Made::read(models)?,
            reference: Calibration::read(models),
        })
    }

    /// Why a picture of the face cannot be used, if so.
    pub(super) fn refusal(&self, face: &Face) -> Option<&'static str> {
        let height = f64::from(face.bbox[3] - face.bbox[1]);
        let luma = f64::from(face.luma);
        let within = |v: f64, low: f64, high: f64| (low..=high).contains(&v); // never for NaN
        const ANY: f64 = f64::INFINITY;
        if !within(height, self.min_face_px, ANY) {
            Some("the face is too small")
        } else if !within(luma, self.luma.0, ANY) {
            Some("too dark")
        } else if !within(luma, -ANY, self.luma.1) {
            Some("too bright")
        } else if !within(f64::from(face.sharpness), self.min_sharpness, ANY) {
            Some("too blurred")
        } else if !within(f64::from(face.pose_deg[0]), -self.max_yaw_deg, self.max_yaw_deg) {
            Some("the head is turned too far")
        } else {
            None
        }
    }

    /// Why a segment's pictures are unlike all that the net was fitted on, if so.
    pub(super) fn unknown_material(&self, pooled: &Pooled) -> Option<String> {
        (!(..=self.max_distance).contains(&pooled.distance)).then(|| format!(
            "the picture lies {:.1} away from the cameras and faces that the net knows; {:.1} is the limit",
            pooled.distance, self.max_distance
        ))
    }

    /// Why a segment's score would mean nothing, if so.
    pub(super) fn unknown_score(&self, pooled: &Pooled) -> Option<String> {
        let (low, high) = self.scores;
        (!(low..=high).contains(&pooled.score)).then(|| format!(
            "its score of {:.1} lies outside {low:.1} to {high:.1}, where nothing was measured: a drawn or filtered picture, perhaps",
            pooled.score
        ))
    }

    /// The capped log-likelihood ratio of a segment's score alone.
    pub(super) fn llr(&self, score: f64) -> f64 {
        tempered(self.slope * score + self.offset, self.known_share).clamp(-self.cap, self.cap)
    }

    /// The log-likelihood ratio of a segment: against faces of the tool that was seen, of the kinds that
    /// were made, and of all others, by their assumed shares.
    pub(super) fn segment_llr(&self, pooled: &Pooled) -> f64 {
        let seen = self.llr(pooled.score);
        match self.made.as_ref().zip(pooled.made) {
            // `seen` stands for the share 1 - q: known tools, and those that look like camera pictures.
            Some((made, score)) => ((1.0 - made.share) * seen.exp() + made.share * made.llr(score).exp()).ln(),
            None => seen,
        }
    }

    /// The score that speaks for neither side.
    pub(super) fn neutral(&self) -> f64 {
        -self.offset / self.slope
    }

    /// Quality of a segment, 0 to 1: number of pictures, and size of the face.
    pub(super) fn quality(&self, pictures: usize, face_px: f64) -> f64 {
        let many = (pictures as f64 / self.full_pictures as f64).min(1.0);
        let reach = (self.full_face_px - self.min_face_px).max(1.0);
        let large = 0.5 + 0.5 * ((face_px - self.min_face_px) / reach).clamp(0.0, 1.0);
        many * large
    }
}

/// Calibration of the read-out for the kinds of forgery that the recipe makes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) slope: f64,
    pub(super) offset: f64,
    /// Largest absolute log-likelihood ratio that the counts support.
    pub(super) cap: f64,
    /// Assumed share of manipulated faces of such a kind.
    pub(super) share: f64,
}

// === impl Made ===

impl Made {
    /// Reads `calibration.made`; `None` where the model has none.
    fn read(models: &ModelSet) -> Result<Option<Self>, Abstention> {
        let Some(found) = models.calibration(TASK)?.get("made") else {
            return Ok(None);
        };
        let place = "calibration.made";
        let table = found.as_table().ok_or_else(|| wrong(format!("{place}: found {found}, expected a table")))?;
        let fitted = |name, low, high| number(table, place, name, low, high);
        Ok(Some(Self {
            slope: fitted("slope", 1e-6, 1e3)?,
            offset: fitted("offset", -1e3, 1e3)?,
            cap: fitted("cap", 0.0, 10.0)?,
            share: fitted("share", 0.0, 1.0)?,
        }))
    }

    /// The capped log-likelihood ratio of a segment's score against a made kind.
    pub(super) fn llr(&self, score: f64) -> f64 {
        (self.slope * score + self.offset).clamp(-self.cap, self.cap)
    }

    /// The score that speaks for neither side.
    pub(super) fn neutral(&self) -> f64 {
        -self.offset / self.slope
    }
}

/// The log-likelihood ratio against *any* manipulation, from that against the kind which was seen.
///
/// Of all manipulated faces a share p carries the traces that were seen, at a likelihood ratio of
/// exp(llr); the others are taken to look like camera pictures, a ratio of 1. Together that is
/// ln(p exp(llr) + 1 - p): its order is that of llr, and it never falls below ln(1 - p), because
/// that a face lacks the traces of one tool clears it of that tool alone.
pub(super) fn tempered(llr: f64, known_share: f64) -> f64 {
    // Beyond e^50 nothing is told apart, and a product with 0 would be no number.
    (known_share * llr.clamp(-50.0, 50.0).exp() + 1.0 - known_share).ln()
}

fn wrong(what: String) -> Abstention {
    Abstention::new(
        AbstainReason::ModelMissing,
        format!("manifest, task {TASK}, {what}"),
    )
}

/// A number of a manifest's table.
///
/// # Errors
/// An abstention that names the field and the range.
pub(super) fn number(table: &toml::Table, place: &str, name: &str, low: f64, high: f64) -> Result<f64, Abstention> {
    let found = table.get(name);
    let value = found.and_then(|v| v.as_float().or_else(|| v.as_integer().map(|i| i as f64)));
    match value {
        Some(v) if v >= low && v <= high => Ok(v),
        _ => {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            Err(wrong(format!("{place}.{name}: found {found}, expected {low} to {high}")))
        }
    }
}

/// Checks that the net is to be fed as tracking cuts the pictures: weights trained on other
/// pictures would answer, and answer wrong.
fn check_inputs(inputs: &[InputSpec]) -> Result<(), Abstention> {
    let input = |name: &str| {
        let found = inputs.iter().find(|i| i.name == name);
        found.ok_or_else(|| wrong(format!("input: {name} is not declared")))
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
    problem.map_or(Ok(()), |what| Err(wrong(format!("input {IMAGE_INPUT}.{what}"))))
}
