//! Reference mode: a segment against the same person before the same camera at a verified moment.
//!
//! **Concept.** Camera, light and person move the net's statistics further than a swap does, and
//! they move them the same way at both moments; a difference cancels them. Beside the logit the
//! net may give three outputs of each picture: `reference`, a read-out to be differenced; `change`,
//! whitened statistics of the face; `surround`, whitened statistics of the picture outside the face.
//! A [`Baseline`] holds their means over a reference's pictures. Of a segment:
//! - d = trimmed mean of `reference` - the baseline's;
//! - c = mean square of (mean `change` - the baseline's), about 1 where only time has passed;
//! - s = mean square of (mean `surround` - the baseline's);
//! - LLR = slope * d + change_slope * ln(c) + offset, tempered by `known_share`, capped.
//!
//! Where s is too large, the two were not taken by the same camera, codec and light, and are not
//! compared. The table `[model.calibration.reference]` of the manifest holds the numbers, as they
//! were measured. A reference that cannot be used is named with its reason, and the segment is
//! judged as if there were none.
//!
//! **Not handled.** Whether the person of the reference is the person of the segment beyond what
//! a swap changes, and whether the reference was genuine: that is the caller's word.

use super::pool::{Look, mean_rows, trimmed_mean};
use super::settings::{Settings, tempered};
use super::{TASK, height_px};
use crate::analyze::calibration::number;
use crate::core::{Abstention, Baseline, Evidence, FaceObs, ModelRef, Reference};
use crate::engine::ModelSet;
use std::collections::BTreeMap;

/// The outputs that reference mode needs.
const OUTPUTS: [&str; 3] = ["reference", "change", "surround"];

/// Least mean square that is told apart from 0: below it, two means are the same pictures.
const LEAST_CHANGE: f64 = 1e-6;

/// What reference mode reads of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Traces {
    /// The read-out that is differenced.
    pub(super) reference: f64,
    /// Whitened statistics of the face.
    pub(super) change: Vec<f64>,
    /// Whitened statistics of the picture outside the face.
    pub(super) surround: Vec<f64>,
    /// Read-outs that are differenced with those of earlier segments; empty where the model has none.
    pub(super) onset: Vec<f64>,
}

/// `[model.calibration.reference]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    /// Per unit of d.
    pub(super) slope: f64,
    /// Per unit of ln(c).
    pub(super) change_slope: f64,
    pub(super) offset: f64,
    /// Largest absolute log-likelihood ratio; 0 = no vote.
    pub(super) cap: f64,
    /// Share of manipulated faces that are taken to differ from the camera's as those of the fit do.
    pub(super) known_share: f64,
    /// Largest s at which two moments are compared.
    pub(super) max_surround: f64,
    /// Range of d that the calibration was measured on.
    pub(super) scores: (f64, f64),
    /// Out-of-fold AUC of reference mode and its lower 95 % bound.
    pub(super) auc: f64,
    pub(super) auc_low: f64,
    /// Least number of usable pictures in a reference.
    pub(super) min_pictures: u64,
}

/// A segment against its reference.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    /// The capped log-likelihood ratio.
    pub(super) llr: f64,
    /// d, c and s with what they are compared with, and the size of the reference.
    pub(super) evidence: Vec<Evidence>,
}

/// Why a segment was not compared with its reference.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refused {
    pub(super) why: String,
    /// What was measured all the same.
    pub(super) evidence: Vec<Evidence>,
}

// === impl Calibration ===

impl Calibration {
    /// Reads the manifest's table, and that the net declares its outputs.
    ///
    /// # Errors
    /// Why this model cannot use a reference, in words.
    pub(super) fn read(models: &ModelSet) -> Result<Self, String> {
        let missing = missing_output(models, &OUTPUTS).map_err(|a| a.detail)?;
        let id = models.model(TASK).map_err(|a| a.detail)?.id;
        if let Some(missing) = missing {
            return Err(format!("model {id} has no output {missing}"));
        }
        let table = models.calibration(TASK).map_err(|a| a.detail)?.get("reference");
        let table = table.and_then(toml::Value::as_table);
        let table = table.ok_or_else(|| format!("model {id} has no calibration for a reference"))?;
        let field = |name, low, high| {
            number(TASK, table, "calibration.reference", name, (low, high)).map_err(|a| a.detail)
        };
        Ok(Self {
            slope: field("slope", 1e-6, 1e3)?,
            change_slope: field("change_slope", -1e3, 1e3)?,
            offset: field("offset", -1e3, 1e3)?,
            cap: field("cap", 0.0, 10.0)?,
            known_share: field("known_share", 0.0, 1.0)?,
            max_surround: field("max_surround", 0.0, 1e6)?,
            scores: (field("min_score", -1e3, 0.0)?, field("max_score", 0.0, 1e3)?),
            auc: field("auc", 0.0, 1.0)?,
            auc_low: field("auc_low", 0.0, 1.0)?,
            // At least one picture: the mean of none is no number.
            min_pictures: field("min_pictures", 0.0, 1e6)?.max(1.0) as u64,
        })
    }

    /// The capped log-likelihood ratio of a difference.
    pub(super) fn llr(&self, difference: f64, change: f64) -> f64 {
        let linear = self.slope * difference + self.shift(change);
        tempered(linear, self.known_share).clamp(-self.cap, self.cap)
    }

    /// The difference that speaks for neither side at this change.
    fn neutral(&self, change: f64) -> f64 {
        -self.shift(change) / self.slope
    }

    fn shift(&self, change: f64) -> f64 {
        self.change_slope * change.max(LEAST_CHANGE).ln() + self.offset
    }
}

/// Sets a segment's pictures against its reference.
///
/// # Errors
/// Why they are not compared.
pub(super) fn compare(
    settings: &Settings,
    reference: &Reference,
    model: &ModelRef,
    looks: &[Look],
) -> Result<Compared, Refused> {
    let no = |why: String| Refused { why, evidence: Vec::new() };
    let calibration = settings.reference.as_ref().map_err(|why| no(why.clone()))?;
    let baseline = reference.baseline.as_ref().map_err(|why| no(why.clone()))?;
    if baseline.model != *model {
        let (id, digest) = (&baseline.model.id, baseline.model.sha256.get(..8).unwrap_or_default());
        return Err(no(format!("it was measured with another model ({id}, digest {digest})")));
    }
    enough(calibration, baseline.pictures).map_err(no)?;
    let measured = measure(baseline, looks)
        .ok_or_else(|| no("the face-swap net gave no number to compare".to_owned()))?;
    let (d, c, s) = measured;
    let evidence = vec![
        Evidence::against("reference_difference", d, calibration.neutral(c)),
        Evidence::against("reference_change", c, 1.0),
        Evidence::against("reference_surround", s, calibration.max_surround),
        Evidence::new("reference_pictures", baseline.pictures as f64),
        Evidence::new("reference_face_px", baseline.face_px),
    ];
    let (low, high) = calibration.scores;
    let why = if !(..=calibration.max_surround).contains(&s) {
        format!(
            "it was taken with another camera, codec or light: not comparable (surroundings {s:.1} apart, {:.1} is the limit)",
            calibration.max_surround
        )
    } else if !(low..=high).contains(&d) {
        format!("the difference of {d:.1} lies outside {low:.1} to {high:.1}, where nothing was measured")
    } else if calibration.cap <= 0.0 {
        format!(
            "experimental: on people it has not seen the comparison ranks {:.0} % right (lower bound {:.0} %), too few for a vote",
            100.0 * calibration.auc, 100.0 * calibration.auc_low
        )
    } else {
        return Ok(Compared { llr: calibration.llr(d, c), evidence });
    };
    Err(Refused { why, evidence })
}

fn enough(calibration: &Calibration, pictures: u64) -> Result<(), String> {
    if pictures >= calibration.min_pictures {
        return Ok(());
    }
    let need = calibration.min_pictures;
    Err(format!("it holds {pictures} usable pictures of the face, {need} needed"))
}

/// d, c and s; `None` where the net gave no traces, or not as many as the baseline has.
fn measure(baseline: &Baseline, looks: &[Look]) -> Option<(f64, f64, f64)> {
    let traces: Vec<&Traces> = looks.iter().filter_map(|l| l.traces.as_ref()).collect();
    let d = trimmed_mean(traces.iter().map(|t| t.reference).collect())? - baseline.reference;
    let c = apart(&mean_rows(traces.iter().map(|t| t.change.as_slice())), &baseline.change)?;
    let s = apart(&mean_rows(traces.iter().map(|t| t.surround.as_slice())), &baseline.surround)?;
    [d, c, s].iter().all(|v| v.is_finite()).then_some((d, c, s))
}

/// The first of these outputs that the net does not declare.
pub(super) fn missing_output(models: &ModelSet, names: &[&'static str]) -> Result<Option<&'static str>, Abstention> {
    let outputs = models.outputs(TASK)?;
    Ok(names.iter().copied().find(|name| outputs.iter().all(|o| o.name != *name)))
}

/// Mean square of a difference; `None` for lists of different lengths, or none.
pub(super) fn apart(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.is_empty() {
        return None;
    }
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    Some(squares / a.len() as f64)
}

/// Running sums of what a baseline is the mean of.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pictures: u64,
    face_px: f64,
    reference: f64,
    change: Vec<f64>,
    surround: Vec<f64>,
}

impl Sums {
    /// Adds a picture; one whose traces are not as long as those before is left out.
    pub(super) fn add(&mut self, face_px: f32, traces: &Traces) {
        if self.pictures == 0 {
            self.change = vec![0.0; traces.change.len()];
            self.surround = vec![0.0; traces.surround.len()];
        }
        let fits = self.change.len() == traces.change.len() && self.surround.len() == traces.surround.len();
        if !fits {
            return;
        }
        self.pictures += 1;
        self.face_px += f64::from(face_px);
        self.reference += traces.reference;
        let pairs = self.change.iter_mut().zip(&traces.change);
        for (sum, v) in pairs.chain(self.surround.iter_mut().zip(&traces.surround)) {
            *sum += v;
        }
    }

    /// Pictures so far.
    pub(super) fn pictures(&self) -> u64 {
        self.pictures
    }

    /// The means; `None` without a picture.
    pub(super) fn baseline(&self, model: ModelRef) -> Option<Baseline> {
        let n = self.pictures as f64;
        (self.pictures > 0).then(|| Baseline {
            model,
            pictures: self.pictures,
            face_px: self.face_px / n,
            reference: self.reference / n,
            change: self.change.iter().map(|v| v / n).collect(),
            surround: self.surround.iter().map(|v| v / n).collect(),
        })
    }
}

/// Gathers the baseline of a reference from its tracked pictures, through the same gates as a
/// segment's pictures.
#[derive(Debug, Default)]
pub struct Gatherer {
    settings: Option<Result<Settings, String>>,
    sums: Sums,
    /// Pictures with a face at native resolution.
    seen: u64,
    /// Of those, how many were refused and why.
    refused: BTreeMap<&'static str, u64>,
    /// The latest failure of the net.
    fault: Option<String>,
}

// === impl Gatherer ===

impl Gatherer {
    /// Takes a tracked picture of the reference.
    pub fn take(&mut self, picture: &FaceObs, models: &mut ModelSet) {
        let (Some(face), Some(detail)) = (&picture.face, &picture.detail) else {
            return;
        };
        self.seen += 1;
        let settings = match self.settings.get_or_insert_with(|| Settings::read(models).map_err(|a| a.detail)) {
            Ok(settings) if settings.reference.is_ok() => settings,
            _ => return,
        };
        if let Some(why) = settings.gates.refusal(face) {
            *self.refused.entry(why).or_default() += 1;
            return;
        }
        match settings.form.look(settings, detail, models) {
            Ok(Look { traces: Some(traces), .. }) => self.sums.add(height_px(face), &traces),
            Ok(_) => {}
            Err(e) => {
                tracing::error!(error = %e, "face-swap net failed on a reference");
                self.fault = Some(e.abstention().detail);
            }
        }
    }

    /// The baseline of the pictures so far.
    ///
    /// # Errors
    /// Why they make none, in words.
    pub fn baseline(&self, models: &ModelSet) -> Result<Baseline, String> {
        let model = models.model(TASK).map_err(|a| a.detail)?;
        let calibration = match &self.settings {
            Some(Ok(settings)) => settings.reference.clone()?,
            Some(Err(why)) => return Err(why.clone()),
            None => Calibration::read(models)?,
        };
        if self.seen == 0 {
            return Err("no face was found in it".to_owned());
        }
        enough(&calibration, self.sums.pictures()).map_err(|why| {
            let commonest = self.refused.iter().max_by_key(|(_, n)| **n);
            let refused = commonest.map(|(why, n)| format!("; {n} of {} cannot be used: {why}", self.seen));
            let fault = self.fault.as_ref().map(|f| format!("; {f}"));
            format!("{why}{}{}", refused.unwrap_or_default(), fault.unwrap_or_default())
        })?;
        let none = || "no picture of it could be measured".to_owned();
        self.sums.baseline(model).ok_or_else(none)
    }

    /// Usable pictures so far, and the mean height of the face in them.
    pub fn size(&self) -> (u64, f64) {
        let n = self.sums.pictures();
        (n, if n == 0 { 0.0 } else { self.sums.face_px / n as f64 })
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
