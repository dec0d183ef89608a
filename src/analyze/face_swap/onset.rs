//! A face that is repainted from some moment of the interview on.
//!
//! **Concept.** As in [`reference`](super::reference), a difference cancels what camera, light and person do to the
//! net's statistics; here it is the difference from the segments before it in the same interview. The net's output
//! `onset` has a read-out for each kind of forgery that was fitted. Of a segment:
//! - o = trimmed means of `onset` - those of the segments before;
//! - score = ln(mean over the kinds of exp(o - bias));
//! - LLR = slope * score + offset, from 0 to the cap.
//!
//! Never below 0: who is swapped from the first moment on shows no change either, so that nothing changed is no
//! evidence. The table `[model.calibration.onset]` of the manifest holds the numbers, as they were measured.
//!
//! Where the surroundings changed too, or the face is much larger or smaller than before, camera, codec or light are
//! others: nothing is compared, and what came before is forgotten. A change that stays becomes the usual within
//! minutes: what is named is that something began.
//!
//! **Not handled.** Another person before the same camera looks changed too (the signal `identity` tells). Changes over
//! more than half a minute were not measured; what is compared with is at most a minute old for that reason.

use super::TASK;
use super::pool::{Look, mean_rows, trimmed_mean};
use super::reference::{Traces, apart, missing_output};
use crate::analyze::calibration::{number, wrong};
use crate::core::{Abstention, Evidence};
use crate::engine::ModelSet;

/// The outputs that this needs.
const OUTPUTS: [&str; 2] = ["onset", "surround"];
/// Pictures before the segment that count; older ones fade. Half a minute to a minute.
const MOST_PICTURES: f64 = 120.0;
/// Weight of the pictures of a segment in which something began: a swap is not to be the usual at once, a lamp that
/// was switched on is not to be suspected for the rest of an hour.
const CHANGED_WEIGHT: f64 = 0.25;
/// How many times larger or smaller than before a face is compared: the statistics are those of the frame's own pixels.
const MOST_RESIZED: f64 = 1.25;
/// Read-outs of a kind beyond which its ratio grows no further, as `artifact_made.MOST_LLR` of the recipe.
const MOST_LLR: f64 = 30.0;

/// `[model.calibration.onset]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    /// What each kind's read-out is set against.
    pub(super) bias: Vec<f64>,
    pub(super) slope: f64,
    pub(super) offset: f64,
    /// Largest log-likelihood ratio; 0 = no vote.
    pub(super) cap: f64,
    /// Assumed share of manipulated interviews that begin untouched.
    pub(super) share: f64,
    /// Largest change of the surroundings at which two moments are compared.
    pub(super) max_surround: f64,
    /// Least number of pictures before the segment.
    pub(super) min_pictures: f64,
}

// === impl Calibration ===

impl Calibration {
    /// Reads the manifest's table; `None` where the model has none.
    ///
    /// # Errors
    /// An abstention that names the field which does not fit.
    pub(super) fn read(models: &ModelSet) -> Result<Option<Self>, Abstention> {
        let Some(found) = models.calibration(TASK)?.get("onset") else {
            return Ok(None);
        };
        let place = "calibration.onset";
        if let Some(missing) = missing_output(models, &OUTPUTS)? {
            return Err(wrong(TASK, format!("{place}: the model has no output {missing}")));
        }
        let table = found.as_table().ok_or_else(|| wrong(TASK, format!("{place}: found {found}, expected a table")))?;
        let field = |name, low, high| number(TASK, table, place, name, (low, high));
        let bias = table.get("bias").and_then(toml::Value::as_array);
        let bias: Vec<f64> = bias.into_iter().flatten().filter_map(toml::Value::as_float).collect();
        if bias.is_empty() || !bias.iter().all(|b| b.is_finite()) {
            return Err(wrong(TASK, format!("{place}.bias: expected a list of numbers, one for each kind")));
        }
        Ok(Some(Self {
            bias,
            slope: field("slope", 1e-6, 1e3)?,
            offset: field("offset", -1e3, 1e3)?,
            cap: field("cap", 0.0, 10.0)?,
            share: field("share", 0.0, 1.0)?,
            max_surround: field("max_surround", 0.0, 1e6)?,
            min_pictures: field("min_pictures", 1.0, 1e6)?,
        }))
    }

    /// The log-likelihood ratio of a score, from 0 to the cap.
    pub(super) fn llr(&self, score: f64) -> f64 {
        (self.slope * score + self.offset).clamp(0.0, self.cap)
    }

    /// The score that speaks for neither side.
    fn neutral(&self) -> f64 {
        -self.offset / self.slope
    }

    /// `None` where the lists are not alike.
    fn score(&self, difference: &[f64]) -> Option<f64> {
        if difference.len() != self.bias.len() {
            return None;
        }
        let ratios = difference.iter().zip(&self.bias).map(|(o, b)| (o - b).clamp(-MOST_LLR, MOST_LLR).exp());
        let score = (ratios.sum::<f64>() / self.bias.len() as f64).ln();
        score.is_finite().then_some(score)
    }
}

/// A segment against those before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// Too little came before, or the model does not compare.
    Unknown,
    /// Camera, codec, light or the distance from the camera are others than before: how far the surroundings changed.
    Elsewhere(f64),
    /// Comparable.
    Since {
        score: f64,
        /// From 0 to the cap.
        llr: f64,
    },
}

// === impl Change ===

impl Change {
    /// How many times likelier the segment is where a face was repainted from here on; never below 1.
    pub(super) fn ratio(&self) -> f64 {
        match self {
            Self::Since { llr, .. } => llr.exp(),
            Self::Unknown | Self::Elsewhere(_) => 1.0,
        }
    }

    /// What was measured, with what it is compared with.
    pub(super) fn evidence(&self, calibration: &Calibration, earlier: &Earlier) -> Vec<Evidence> {
        let pictures = Evidence::new("earlier_pictures", earlier.pictures.round());
        match self {
            Self::Unknown => Vec::new(),
            Self::Elsewhere(s) => vec![Evidence::against("earlier_surround", *s, calibration.max_surround)],
            Self::Since { score, .. } => {
                vec![Evidence::against("earlier_difference", *score, calibration.neutral()), pictures]
            }
        }
    }
}

/// Means over the pictures before a segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Earlier {
    /// How many count.
    pictures: f64,
    face_px: f64,
    onset: Vec<f64>,
    surround: Vec<f64>,
}

// === impl Earlier ===

impl Earlier {
    /// Sets a segment's looks against what came before.
    pub(super) fn against(&self, calibration: &Calibration, looks: &[Look], face_px: f64) -> Change {
        let now = Means::of(looks);
        if self.pictures < calibration.min_pictures || now.onset.len() != self.onset.len() {
            return Change::Unknown;
        }
        let Some(surround) = apart(&now.surround, &self.surround).filter(|s| s.is_finite()) else {
            return Change::Unknown;
        };
        let resized = face_px / self.face_px;
        if surround > calibration.max_surround || !(1.0 / MOST_RESIZED..=MOST_RESIZED).contains(&resized) {
            return Change::Elsewhere(surround);
        }
        let difference: Vec<f64> = now.trimmed.iter().zip(&self.onset).map(|(a, b)| a - b).collect();
        calibration.score(&difference).map_or(Change::Unknown, |score| Change::Since { score, llr: calibration.llr(score) })
    }

    /// Takes a judged segment in.
    pub(super) fn add(&mut self, looks: &[Look], face_px: f64, change: &Change) {
        let now = Means::of(looks);
        let alike = now.onset.len() == self.onset.len() && now.surround.len() == self.surround.len();
        let values = [now.onset.as_slice(), &now.surround, &[face_px]].concat();
        if now.onset.is_empty() || !values.iter().all(|v| v.is_finite()) {
            return;
        }
        if self.pictures == 0.0 || !alike || matches!(change, Change::Elsewhere(_)) {
            *self = Self { pictures: looks.len() as f64, face_px, onset: now.onset, surround: now.surround };
            return;
        }
        let began = matches!(change, Change::Since { llr, .. } if *llr > 0.0);
        let weight = looks.len() as f64 * if began { CHANGED_WEIGHT } else { 1.0 };
        let share = weight / (self.pictures + weight);
        let kept = self.onset.iter_mut().chain(&mut self.surround).chain([&mut self.face_px]);
        for (mean, value) in kept.zip(values) {
            *mean += share * (value - *mean);
        }
        self.pictures = (self.pictures + weight).min(MOST_PICTURES);
    }
}

/// Of a segment's looks.
struct Means {
    onset: Vec<f64>,
    surround: Vec<f64>,
    /// Trimmed means of `onset`.
    trimmed: Vec<f64>,
}

// === impl Means ===

impl Means {
    fn of(looks: &[Look]) -> Self {
        let traces: Vec<&Traces> = looks.iter().filter_map(|l| l.traces.as_ref()).collect();
        let onset = mean_rows(traces.iter().map(|t| t.onset.as_slice()));
        let column = |k: usize| trimmed_mean(traces.iter().map(|t| t.onset[k]).collect()).unwrap_or(f64::NAN);
        Self {
            trimmed: (0..onset.len()).map(column).collect(),
            surround: mean_rows(traces.iter().map(|t| t.surround.as_slice())),
            onset,
        }
    }
}

#[cfg(test)]
#[path = "onset_tests.rs"]
pub(super) mod tests;
