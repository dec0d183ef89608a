//! Gates, calibration and cap of the signal, as the manifest gives them.

use super::TASK;
use super::net::Form;
use super::onset::{self, Change};
use super::pool::Pooled;
use super::reference::Calibration;
use crate::analyze::calibration::{self, number, number_or, wrong};
use crate::analyze::gates::Gates;
use crate::core::Abstention;
use crate::engine::ModelSet;

pub(super) use crate::analyze::calibration::tempered;

/// What the manifest says beside the weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    /// How the net is fed and read.
    pub(super) form: Form,
    /// Which pictures are looked at.
    pub(super) gates: Gates,
    /// Height of the face from which it counts in full, frame pixels.
    pub(super) full_face_px: f64,
    /// Number of pictures in a segment from which they count in full.
    pub(super) full_pictures: usize,
    /// Largest distance from the material of the fit.
    pub(super) max_distance: f64,
    /// From where on a face counts as drawn, on a scale from 0 (as the filmed ones) to 1 (as the drawn ones);
    /// `None` where the model cannot tell.
    pub(super) max_drawn: Option<f64>,
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
    /// Why the score has no vote, if so.
    pub(super) no_vote: Option<String>,
    /// Names of the `regions` output, in order.
    pub(super) regions: Vec<String>,
    /// Calibration of the read-out for made kinds, where the model has one.
    pub(super) made: Option<Made>,
    /// Calibration of reference mode, or why this model has none.
    pub(super) reference: Result<Calibration, String>,
    /// Calibration of the comparison with what came before, where the model has one.
    pub(super) onset: Option<onset::Calibration>,
}

// === impl Settings ===

impl Settings {
    /// Reads and checks the net's entry in the manifest.
    pub(super) fn read(models: &ModelSet) -> Result<Self, Abstention> {
        match Form::read(models)? {
            Form::Shipped => Self::shipped(models),
            plain => Self::plain(plain, models),
        }
    }

    fn shipped(models: &ModelSet) -> Result<Self, Abstention> {
        let params = models.params(TASK)?;
        let calibration = models.calibration(TASK)?;
        let regions = params.get("regions").and_then(toml::Value::as_array);
        let regions = regions.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned));
        let gate = |name| number(TASK, params, "params", name, (0.0, 1e6));
        let kind = calibration.get("kind").and_then(toml::Value::as_str);
        if kind != Some("logistic") {
            return Err(wrong(TASK, format!("calibration.kind: found {kind:?}, expected logistic")));
        }
        let fitted = |name, low, high| number(TASK, calibration, "calibration", name, (low, high));
        let (auc, auc_low) = (fitted("auc", 0.0, 1.0)?, fitted("auc_low", 0.0, 1.0)?);
        let cap = fitted("cap", 0.0, 10.0)?;
        let known_share = fitted("known_share", 0.0, 1.0)?;
        let no_vote = (cap <= 0.0).then(|| format!(
            "on people it has not seen the net ranks {:.0} % right (lower bound {:.0} %), too few for a vote",
            100.0 * auc, 100.0 * auc_low
        ));
        let reference = Calibration::read(models);
        Ok(Self {
            form: Form::Shipped,
            gates: Gates::read(TASK, params)?,
            full_face_px: gate("full_face_px")?,
            full_pictures: gate("full_pictures")?.max(1.0) as usize,
            max_distance: gate("max_distance")?,
            max_drawn: if params.contains_key("max_drawn") { Some(gate("max_drawn")?) } else { None },
            scores: (fitted("min_score", -1e3, 0.0)?, fitted("max_score", 0.0, 1e3)?),
            slope: fitted("slope", 1e-6, 1e3)?,
            offset: fitted("offset", -1e3, 1e3)?,
            cap,
            known_share,
            no_vote,
            regions: regions.collect(),
            made: Made::read(models, known_share)?,
            // What both read of a picture is read together.
            onset: if reference.is_ok() { onset::Calibration::read(models)? } else { None },
            reference,
        })
    }

    /// A plain classifier of somebody's own: gates as those of the shipped net unless it states others,
    /// no reference mode, and a vote only where a calibration earns one.
    fn plain(form: Form, models: &ModelSet) -> Result<Self, Abstention> {
        let params = models.params(TASK)?;
        let gate = |name, otherwise| number_or(TASK, params, "params", name, (0.0, 1e6), otherwise);
        let calibration = calibration::Calibration::read(TASK, models)?;
        let placed = matches!(&form, Form::Plain(p) if p.embedding);
        Ok(Self {
            form,
            gates: Gates::read_or_default(TASK, params)?,
            full_face_px: gate("full_face_px", 110.0)?,
            full_pictures: gate("full_pictures", 10.0)?.max(1.0) as usize,
            max_distance: if placed { gate("max_distance", f64::INFINITY)? } else { f64::INFINITY },
            max_drawn: None,
            scores: calibration.scores,
            slope: calibration.slope,
            offset: calibration.offset,
            cap: calibration.cap,
            known_share: calibration.known_share,
            no_vote: calibration.no_vote,
            regions: Vec::new(),
            made: None,
            reference: Calibration::read(models),
            onset: None,
        })
    }

    /// Why a segment's pictures are unlike all that the net was fitted on, if so.
    pub(super) fn unknown_material(&self, pooled: &Pooled) -> Option<String> {
        if let Some((drawn, limit)) = pooled.drawn.zip(self.max_drawn).filter(|(drawn, limit)| !(..=*limit).contains(drawn)) {
            return Some(format!(
                "the face looks drawn, not filmed: {drawn:.2} between filmed (0) and drawn (1); {limit:.2} is the limit"
            ));
        }
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
    /// were made, of such as began in this interview, and of all others, by their assumed shares.
    pub(super) fn segment_llr(&self, pooled: &Pooled, change: &Change) -> f64 {
        let seen = self.llr(pooled.score);
        // Of what `seen` takes to look like camera pictures, a share q looks made.
        let made = self.made.as_ref().zip(pooled.made);
        let made = made.map_or(0.0, |(made, score)| made.share * (made.llr(score).exp() - 1.0));
        let began = self.onset.as_ref().map_or(0.0, |onset| onset.share * (change.ratio() - 1.0));
        if made == 0.0 && began == 0.0 { seen } else { (seen.exp() + made + began).ln() }
    }

    /// The score that speaks for neither side.
    pub(super) fn neutral(&self) -> f64 {
        -self.offset / self.slope
    }

    /// Quality of a segment, 0 to 1: number of pictures, and size of the face.
    pub(super) fn quality(&self, pictures: usize, face_px: f64) -> f64 {
        let many = (pictures as f64 / self.full_pictures as f64).min(1.0);
        let reach = (self.full_face_px - self.gates.min_face_px).max(1.0);
        let large = 0.5 + 0.5 * ((face_px - self.gates.min_face_px) / reach).clamp(0.0, 1.0);
        many * large
    }
}

/// Calibration of the read-out for the kinds of forgery that the recipe makes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) slope: f64,
    pub(super) offset: f64,
    /// Largest log-likelihood ratio that the counts support.
    pub(super) cap: f64,
    /// Least one: how far the absence of such traces speaks for a camera picture; 0 where it is no evidence.
    pub(super) floor: f64,
    /// Assumed share of manipulated faces of such a kind.
    pub(super) share: f64,
}

// === impl Made ===

impl Made {
    /// Reads `calibration.made`; `None` where the model has none. Its share comes out of what the tool's
    /// own share leaves.
    fn read(models: &ModelSet, known_share: f64) -> Result<Option<Self>, Abstention> {
        let Some(found) = models.calibration(TASK)?.get("made") else {
            return Ok(None);
        };
        let place = "calibration.made";
        let table = found.as_table().ok_or_else(|| wrong(TASK, format!("{place}: found {found}, expected a table")))?;
        let fitted = |name, low, high| number(TASK, table, place, name, (low, high));
        let cap = fitted("cap", 0.0, 10.0)?;
        Ok(Some(Self {
            slope: fitted("slope", 1e-6, 1e3)?,
            offset: fitted("offset", -1e3, 1e3)?,
            cap,
            floor: number_or(TASK, table, place, "floor", (-cap, 0.0), -cap)?,
            share: fitted("share", 0.0, 1.0 - known_share)?,
        }))
    }

    /// The log-likelihood ratio of a segment's score against a made kind, from floor to cap.
    pub(super) fn llr(&self, score: f64) -> f64 {
        (self.slope * score + self.offset).clamp(self.floor, self.cap)
    }

    /// The score that speaks for neither side.
    pub(super) fn neutral(&self) -> f64 {
        -self.offset / self.slope
    }
}
