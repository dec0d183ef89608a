//! Gates and calibration of the signal, as the manifest gives them beside the segmentation net.
//!
//! `[model.calibration]` of the net of task `seg`: `cap`, and a table `measures.NAME` with `weight` (not
//! negative) and `centre` for each measure that counts. The log-likelihood ratio of an event is the sum of
//! weight x (value - centre) over the measures that were made, each term held within `term_cap`. The term of
//! `landmarks_through_share` is never negative: a face whose features are rightly said to be hidden, or that
//! is lost, speaks for nobody.

use super::TASK;
use super::physics::MEASURES;
use crate::core::{AbstainReason, Abstention};
use crate::engine::ModelSet;

/// Largest absolute term of one measure, where the manifest does not say.
const TERM_CAP: f64 = 2.5;

/// The measure that speaks only for manipulation.
pub(super) const ONE_SIDED: &str = "landmarks_through_share";

/// What one measure counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Term {
    /// Log odds per unit of the measure; not negative.
    pub(super) weight: f64,
    /// Value at which the measure points neither way.
    pub(super) centre: f64,
}

/// Calibration of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    /// In the order of [`MEASURES`]; `None` for a measure that does not count.
    pub(super) terms: [Option<Term>; MEASURES.len()],
    pub(super) term_cap: f64,
    pub(super) cap: f64,
}

impl Calibration {
    /// Reads the calibration; `None` where the manifest has none.
    ///
    /// # Errors
    /// An abstention that names the key and what was expected of it.
    pub(super) fn read(models: &ModelSet) -> Result<Option<Self>, Abstention> {
        let table = models.calibration(TASK)?;
        let Some(measures) = table.get("measures").and_then(toml::Value::as_table) else {
            return Ok(None);
        };
        let number = |v: Option<&toml::Value>| {
            v.and_then(|v| v.as_float().or_else(|| v.as_integer().map(|i| i as f64)))
        };
        let wrong = |key: &str, found: Option<f64>, expected: &str| {
            let why = format!("manifest, task {TASK}, calibration.{key}: found {found:?}, expected {expected}");
            Abstention::new(AbstainReason::ModelMissing, why)
        };
        if let Some(name) = measures.keys().find(|k| !MEASURES.contains(&k.as_str())) {
            let expected = format!("one of {}", MEASURES.join(", "));
            return Err(wrong(&format!("measures.{name}"), None, &expected));
        }
        let mut terms = [None; MEASURES.len()];
        for (slot, name) in terms.iter_mut().zip(MEASURES) {
            let Some(entry) = measures.get(name) else { continue };
            let field = |key: &str| number(entry.get(key)).filter(|v| v.is_finite());
            let weight = field("weight").filter(|w| *w >= 0.0);
            let weight = weight.ok_or_else(|| wrong(&format!("measures.{name}.weight"), field("weight"), "0 or more"))?;
            let centre = field("centre").ok_or_else(|| wrong(&format!("measures.{name}.centre"), None, "a number"))?;
            *slot = Some(Term { weight, centre });
        }
        let positive = |key: &str| match number(table.get(key)) {
            Some(v) if v > 0.0 && v.is_finite() => Ok(v),
            found => Err(wrong(key, found, "a number above 0")),
        };
        let term_cap = if table.contains_key("term_cap") { positive("term_cap")? } else { TERM_CAP };
        Ok(Some(Self { terms, term_cap, cap: positive("cap")? }))
    }

    /// The log-likelihood ratio of an event; `None` where no measure that counts was made.
    pub(super) fn llr(&self, measured: &[Option<f64>; MEASURES.len()]) -> Option<f64> {
        let made = self.terms.iter().zip(measured).zip(MEASURES).filter_map(|((term, value), name)| {
            let (term, value) = ((*term)?, (*value)?);
            let least = if name == ONE_SIDED { 0.0 } else { -self.term_cap };
            Some((term.weight * (value - term.centre)).clamp(least, self.term_cap))
        });
        let (sum, n) = made.fold((0.0, 0u32), |s, v| (s.0 + v, s.1 + 1));
        (n > 0).then(|| sum.clamp(-self.cap, self.cap))
    }
}

#[cfg(test)]
pub(super) fn even() -> Calibration {
    let mut terms = [None; MEASURES.len()];
    if let Some(first) = terms.first_mut() {
        *first = Some(Term { weight: 6.0, centre: 0.4 });
    }
    Calibration { terms, term_cap: TERM_CAP, cap: 3.0 }
}
