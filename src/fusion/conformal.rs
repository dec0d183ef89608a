//! Which classes a log-likelihood ratio is like: class-conditional (Mondrian) split-conformal sets.
//!
//! For each class a table holds quantiles of the log-likelihood ratios (LLRs) that recordings of that
//! class were given by fits that had not seen them. A new LLR is unlike a class where it is more extreme
//! than all but a share `epsilon` of the class's own:
//!
//! ```text
//! p(real)        = (n * share of the real LLRs >= x        + 1) / (n + 1) <= epsilon
//! p(manipulated) = (m * share of the manipulated LLRs <= x + 1) / (m + 1) <= epsilon
//! ```
//!
//! with n and m recordings, which weigh the same however many segments they have (V. Vovk, Conditional
//! validity of inductive conformal predictors, 2012; for recordings with several segments, R. Dunn,
//! L. Wasserman and A. Ramdas, J. Am. Stat. Assoc. 2023). What remains is the set: one class, both, or
//! neither.
//!
//! **The guarantee** is that a real recording is called unlike real at most in a share `epsilon` of cases,
//! and a manipulated one alike, where recordings are exchangeable with those of the table: the same
//! kinds of cameras, the same swap tool. Of other tools it promises nothing.
//!
//! **What is made of it.** A set of both classes does not delete the LLR: it is calibrated, small where
//! the classes overlap, and leaving it out would keep only the extreme ones and bias the sum. The finding
//! says that the measurement cannot tell the two apart there, and a session's standing may leave
//! "inconclusive" only where some signal that speaks for it can (see [`super::SessionFusion`]).

use crate::core::PredictionSet;
use serde::{Deserialize, Serialize};

/// Quantiles of each class's LLRs; `[model.calibration.conformal]`, or `[analyzer.conformal]` of an
/// overlay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Share of a class's recordings that may be called unlike it.
    pub epsilon: f64,
    /// Rising LLRs of real recordings, at the middles of equal shares.
    pub real: Vec<f64>,
    /// Rising LLRs of manipulated recordings.
    pub manipulated: Vec<f64>,
    /// How many real recordings they stand for.
    pub real_recordings: u32,
    /// How many manipulated ones.
    pub manipulated_recordings: u32,
}

/// Name of the table in a model's calibration.
const KEY: &str = "conformal";

// === impl Conformal ===

impl Conformal {
    /// The table in a model's calibration, if it has one.
    ///
    /// # Errors
    /// What is wrong with it, naming the field.
    pub fn of(calibration: &toml::Table) -> Result<Option<Self>, String> {
        let Some(value) = calibration.get(KEY) else {
            return Ok(None);
        };
        let read: Result<Self, _> = value.clone().try_into();
        let table = read.map_err(|e| format!("calibration.{KEY}: {}", e.to_string().trim_end()))?;
        match table.fault() {
            Some(fault) => Err(format!("calibration.{fault}")),
            None => Ok(Some(table)),
        }
    }

    /// What is wrong with it, if anything; names the field.
    pub fn fault(&self) -> Option<String> {
        if !(self.epsilon > 0.0 && self.epsilon < 0.5) {
            return Some(format!(
                "conformal.epsilon: found {}, expected above 0 and below 0.5",
                self.epsilon
            ));
        }
        let least = (1.0 / self.epsilon).ceil() - 1.0;
        let classes = [
            ("real", &self.real, self.real_recordings),
            (
                "manipulated",
                &self.manipulated,
                self.manipulated_recordings,
            ),
        ];
        for (name, values, recordings) in classes {
            let rising = values.windows(2).all(|w| matches!(w, [a, b] if a <= b));
            if values.is_empty() || !rising || !values.iter().all(|v| v.is_finite()) {
                return Some(format!("conformal.{name}: expected finite numbers, rising"));
            }
            if f64::from(recordings) < least {
                return Some(format!(
                    "conformal.{name}_recordings: found {recordings}, expected at least {least}: \
                     fewer can exclude nothing at an epsilon of {}",
                    self.epsilon
                ));
            }
        }
        None
    }

    /// The classes that an LLR is like.
    pub fn set(&self, llr: f64) -> PredictionSet {
        let above = self.real.partition_point(|v| *v < llr);
        let real = tail(
            self.real.len() - above,
            self.real.len(),
            self.real_recordings,
        );
        let below = self.manipulated.partition_point(|v| *v <= llr);
        let manipulated = tail(below, self.manipulated.len(), self.manipulated_recordings);
        match (real > self.epsilon, manipulated > self.epsilon) {
            (true, true) => PredictionSet::Both,
            (true, false) => PredictionSet::Real,
            (false, true) => PredictionSet::Manipulated,
            (false, false) => PredictionSet::Neither,
        }
    }
}

/// p-value of a share `hits / of` of `recordings` recordings.
fn tail(hits: usize, of: usize, recordings: u32) -> f64 {
    let n = f64::from(recordings);
    (n * hits as f64 / of.max(1) as f64 + 1.0) / (n + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn table(real: Vec<f64>, manipulated: Vec<f64>, recordings: u32) -> Conformal {
        Conformal {
            epsilon: 0.1,
            real,
            manipulated,
            real_recordings: recordings,
            manipulated_recordings: recordings,
        }
    }

    fn levels(from: f64, to: f64) -> Vec<f64> {
        (0..40)
            .map(|i| from + (to - from) * (f64::from(i) + 0.5) / 40.0)
            .collect()
    }

    #[test]
    fn sets_follow_the_overlap() {
        let t = table(levels(-2.0, 1.0), levels(-1.0, 2.0), 32);
        assert_eq!(t.set(-1.5), PredictionSet::Real);
        assert_eq!(t.set(0.0), PredictionSet::Both);
        assert_eq!(t.set(1.5), PredictionSet::Manipulated);
        let apart = table(levels(-3.0, -1.0), levels(1.0, 3.0), 32);
        assert_eq!(apart.set(0.0), PredictionSet::Neither);
    }

    #[test]
    fn faults_name_the_field() {
        let good = table(levels(-1.0, 0.0), levels(0.0, 1.0), 32);
        assert_eq!(good.fault(), None);
        let said = |t: Conformal| t.fault().unwrap();
        assert!(
            said(Conformal {
                epsilon: 0.0,
                ..good.clone()
            })
            .contains("epsilon")
        );
        assert!(
            said(Conformal {
                real: vec![1.0, 0.0],
                ..good.clone()
            })
            .contains("real")
        );
        assert!(
            said(Conformal {
                manipulated: vec![],
                ..good.clone()
            })
            .contains("manipulated")
        );
        let few = Conformal {
            real_recordings: 8,
            ..good
        };
        assert!(said(few).contains("real_recordings: found 8, expected at least 9"));
    }

    #[test]
    fn a_model_without_a_table_has_none_and_a_bad_one_is_refused() {
        assert_eq!(Conformal::of(&toml::Table::new()), Ok(None));
        let bad: toml::Table = "[conformal]\nepsilon = 0.1\n".parse().unwrap();
        assert!(
            Conformal::of(&bad)
                .unwrap_err()
                .contains("calibration.conformal")
        );
    }

    /// What is promised: of recordings exchangeable with those of the table, at most a share
    /// `epsilon` is called unlike its own class (here 20,000 of overlapping normals).
    #[test]
    fn the_truth_is_left_out_as_seldom_as_promised() {
        let mut rng = StdRng::seed_from_u64(5);
        let mut draw = |mean: f64| mean + (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let (mut missed, mut rounds) = ([0u32; 2], 0u32);
        for _ in 0..200 {
            let mut sorted = |mean| {
                let mut v: Vec<f64> = (0..32).map(|_| draw(mean)).collect();
                v.sort_by(f64::total_cmp);
                v
            };
            let t = table(sorted(-0.5), sorted(0.5), 32);
            for _ in 0..100 {
                rounds += 1;
                let unlike = |s, own| s != PredictionSet::Both && s != own;
                missed[0] += u32::from(unlike(t.set(draw(-0.5)), PredictionSet::Real));
                missed[1] += u32::from(unlike(t.set(draw(0.5)), PredictionSet::Manipulated));
            }
        }
        for m in missed {
            let share = f64::from(m) / f64::from(rounds);
            assert!((0.05..0.11).contains(&share), "{share}");
        }
    }

    proptest! {
        /// An LLR that rises never becomes more like real, nor less like manipulated.
        #[test]
        fn sets_move_one_way(a in -4.0..4.0f64, b in -4.0..4.0f64) {
            let t = table(levels(-2.0, 1.0), levels(-1.0, 2.0), 32);
            let like = |s| (
                matches!(s, PredictionSet::Real | PredictionSet::Both),
                matches!(s, PredictionSet::Manipulated | PredictionSet::Both),
            );
            let (low, high) = (like(t.set(a.min(b))), like(t.set(a.max(b))));
            prop_assert!(low.0 >= high.0 && low.1 <= high.1);
        }
    }
}
