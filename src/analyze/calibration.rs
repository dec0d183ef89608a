//! What the manifest says beside a net's weights: numbers by name, and the calibration of a score.
//! Not an analyzer; shared by those that read a net's score.

use crate::core::{AbstainReason, Abstention};
use crate::engine::ModelSet;

/// Largest lower bound of an AUC that is believed: what few recordings show is no certainty.
const MOST_AUC: f64 = 0.95;
/// Lower bound of the AUC from which a score has a vote.
const VOTE_AUC: f64 = 0.60;

/// The manifest's entry cannot be used.
pub(super) fn wrong(task: &str, what: impl std::fmt::Display) -> Abstention {
    let detail = format!("manifest, task {task}, {what}");
    Abstention::new(AbstainReason::ModelMissing, detail)
}

/// A number of a manifest's table.
///
/// # Errors
/// An abstention that names the field and the range.
pub(super) fn number(
    task: &str,
    table: &toml::Table,
    place: &str,
    name: &str,
    (low, high): (f64, f64),
) -> Result<f64, Abstention> {
    let found = table.get(name);
    let value = found.and_then(|v| v.as_float().or_else(|| v.as_integer().map(|i| i as f64)));
    match value {
        Some(v) if v >= low && v <= high => Ok(v),
        _ => {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            Err(wrong(
                task,
                format!("{place}.{name}: found {found}, expected {low} to {high}"),
            ))
        }
    }
}

/// A number that may be left out.
///
/// # Errors
/// An abstention that names the field and the range, where it is there and wrong.
pub(super) fn number_or(
    task: &str,
    table: &toml::Table,
    place: &str,
    name: &str,
    range: (f64, f64),
    otherwise: f64,
) -> Result<f64, Abstention> {
    if table.contains_key(name) {
        number(task, table, place, name, range)
    } else {
        Ok(otherwise)
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

/// The calibration of a score: LLR = slope * score + offset, tempered and capped.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    pub(super) slope: f64,
    pub(super) offset: f64,
    /// Largest absolute log-likelihood ratio; 0 = no vote.
    pub(super) cap: f64,
    pub(super) known_share: f64,
    /// Scores that the calibration was measured on.
    pub(super) scores: (f64, f64),
    /// Why the score has no vote, if so.
    pub(super) no_vote: Option<String>,
}

// === impl Calibration ===

impl Calibration {
    /// Reads `[model.calibration]` of a net of somebody's own. Without one, or with neither `cap`
    /// nor `auc_low`, its score has no vote: a vote is earned by measured accuracy.
    ///
    /// # Errors
    /// An abstention that names a field that is there and wrong.
    pub(super) fn read(task: &str, models: &ModelSet) -> Result<Self, Abstention> {
        let table = models.calibration(task)?;
        let within = |name, low, high| number(task, table, "calibration", name, (low, high));
        let or = |name, low, high, otherwise| {
            number_or(task, table, "calibration", name, (low, high), otherwise)
        };
        if table.is_empty() {
            return Ok(Self {
                slope: 1.0,
                offset: 0.0,
                cap: 0.0,
                known_share: 1.0,
                scores: (f64::NEG_INFINITY, f64::INFINITY),
                no_vote: Some("its entry has no calibration, so its score has no vote".to_owned()),
            });
        }
        let kind = table.get("kind").and_then(toml::Value::as_str);
        if kind != Some("logistic") {
            let found = kind.unwrap_or("nothing");
            return Err(wrong(
                task,
                format!("calibration.kind: found {found}, expected logistic"),
            ));
        }
        let auc_low = or("auc_low", 0.0, 1.0, f64::NAN)?;
        let earned = earned_cap(auc_low);
        let cap = or("cap", 0.0, 10.0, earned)?;
        let no_vote = if cap > 0.0 {
            None
        } else if auc_low.is_nan() {
            Some("its calibration has neither cap nor auc_low, so its score has no vote".to_owned())
        } else {
            Some(format!(
                "on people it has not seen the lower bound of its AUC is {auc_low:.2}, too low for a vote"
            ))
        };
        Ok(Self {
            slope: within("slope", 1e-6, 1e3)?,
            offset: within("offset", -1e3, 1e3)?,
            cap,
            known_share: or("known_share", 0.0, 1.0, 1.0)?,
            scores: (
                or("min_score", -1e3, 1e3, f64::NEG_INFINITY)?,
                or("max_score", -1e3, 1e3, f64::INFINITY)?,
            ),
            no_vote,
        })
    }

    /// The capped log-likelihood ratio of a score.
    pub(super) fn llr(&self, score: f64) -> f64 {
        let llr = tempered(self.slope * score + self.offset, self.known_share);
        llr.clamp(-self.cap, self.cap)
    }

    /// The score that speaks for neither side.
    pub(super) fn neutral(&self) -> f64 {
        -self.offset / self.slope
    }

    /// Why a score would mean nothing, if so.
    pub(super) fn unknown(&self, score: f64) -> Option<String> {
        let (low, high) = self.scores;
        (!(low..=high).contains(&score)).then(|| {
            format!("its score of {score:.1} lies outside {low:.1} to {high:.1}, where nothing was measured")
        })
    }
}

/// Largest |LLR| that a lower bound of the AUC earns: that of a test which is right as often; 0
/// below [`VOTE_AUC`], or where nothing is known.
fn earned_cap(auc_low: f64) -> f64 {
    let low = auc_low.min(MOST_AUC);
    if auc_low.is_nan() || low < VOTE_AUC {
        0.0
    } else {
        (low / (1.0 - low)).ln()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The project's models with a net of one's own for a task; `text` holds the tables of its entry.
    pub(in crate::analyze) fn own_models(task: &str, net: &[u8], text: &str) -> ModelSet {
        use crate::engine::{Engine, EngineOptions, ModelsDir};
        let folder = tempfile::tempdir().unwrap();
        let overlay = crate::testing::own_overlay(folder.path(), task, "own-1", net, text);
        let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let options = EngineOptions {
            overlays: vec![overlay],
            ..EngineOptions::default()
        };
        let dir = ModelsDir::find(Some(&shipped)).unwrap();
        Engine::load(&dir, &options).unwrap().new_set().unwrap()
    }

    #[test]
    fn a_vote_is_earned() {
        assert_eq!((earned_cap(f64::NAN), earned_cap(0.55)), (0.0, 0.0));
        assert!((earned_cap(0.75) - 3.0_f64.ln()).abs() < 1e-12);
        assert_eq!(earned_cap(0.999), earned_cap(0.95));
    }

    #[test]
    fn a_number_that_is_there_and_wrong_is_refused() {
        let table: toml::Table = "a = 2\nb = \"x\"".parse().unwrap();
        let get = |name| number_or("t", &table, "params", name, (0.0, 1.0), 0.5);
        assert_eq!(get("c").unwrap(), 0.5);
        for name in ["a", "b"] {
            let said = get(name).unwrap_err().detail;
            assert!(said.contains(&format!("task t, params.{name}")), "{said}");
        }
    }
}
