//! Correction of a signal's log-likelihood ratios, fitted on labelled recordings.

use crate::core::{AbstainReason, Abstention, Evidence, Outcome, Quality};

/// Face height that the covariate counts from, pixels.
const FACE_PX: f64 = 100.0;
/// Sharpness that the covariate counts from, variance of the Laplacian.
const SHARPNESS: f64 = 100.0;

/// Correction of a signal's log-likelihood ratios (LLRs):
/// `slope * (llr - face * ln(face_px / 100) - sharpness * ln(sharpness / 100)) + offset`, bounded.
///
/// The covariates take out what size and sharpness of the face do to the score of *real* people.
/// They are fitted on real recordings only, so quality cannot become evidence through them.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recalibration {
    /// Multiplies the corrected LLR; not negative, so that the order of scores stays.
    pub slope: f64,
    /// Added to it.
    pub offset: f64,
    /// Shift of real people's LLR per unit of ln(face height / 100 px).
    #[serde(default)]
    pub face: f64,
    /// Shift of real people's LLR per unit of ln(sharpness / 100).
    #[serde(default)]
    pub sharpness: f64,
    /// Largest absolute LLR that the data supports; above 0.
    pub largest: f64,
}

// === impl Recalibration ===

impl Recalibration {
    /// The covariates of a span; 0 where the face was not measured.
    pub fn covariates(quality: &Quality) -> [f64; 2] {
        let log = |value: f64, unit: f64| {
            if value > 0.0 {
                (value / unit).ln()
            } else {
                0.0
            }
        };
        [
            log(quality.face_height_px, FACE_PX),
            log(quality.sharpness, SHARPNESS),
        ]
    }

    /// The corrected LLR.
    pub fn apply(&self, llr: f64, quality: &Quality) -> f64 {
        let [face, sharpness] = Self::covariates(quality);
        let centred = llr - self.face * face - self.sharpness * sharpness;
        (self.slope * centred + self.offset).clamp(-self.largest, self.largest)
    }

    /// What is wrong with it, if anything; names the field.
    pub fn fault(&self) -> Option<String> {
        let finite = |name: &str, v: f64| {
            (!v.is_finite()).then(|| format!("recalibration.{name}: expected a finite number"))
        };
        finite("slope", self.slope)
            .or_else(|| finite("offset", self.offset))
            .or_else(|| finite("face", self.face))
            .or_else(|| finite("sharpness", self.sharpness))
            .or_else(|| finite("largest", self.largest))
            .or_else(|| {
                (self.slope < 0.0).then(|| "recalibration.slope: must not be negative".to_owned())
            })
            .or_else(|| {
                (self.largest <= 0.0).then(|| "recalibration.largest: must be above 0".to_owned())
            })
    }
}

/// An outcome with its LLR corrected; an abstention stays what it is.
pub fn recalibrate(by: Option<&Recalibration>, outcome: Outcome, quality: &Quality) -> Outcome {
    match (by, outcome) {
        (
            Some(by),
            Outcome::Scored {
                llr,
                quality: q,
                evidence,
            },
        ) => Outcome::Scored {
            llr: by.apply(llr, quality),
            quality: q,
            evidence,
        },
        (_, other) => other,
    }
}

/// Name of the evidence that holds what a signal without a vote would have said.
pub const NO_VOTE: &str = "llr_without_vote";

/// An outcome under a weight: with a weight of 0 a number becomes an abstention that says what was
/// measured, so that a segment on which only such a signal spoke is given no score.
pub fn without_vote(weight: f64, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Scored {
            llr,
            quality,
            mut evidence,
        } if weight == 0.0 => {
            evidence.insert(
                0,
                Evidence::against(NO_VOTE, llr * quality.clamp(0.0, 1.0), 0.0),
            );
            let detail = "measured; its figures have not earned it a vote";
            Outcome::Abstained(Abstention {
                evidence,
                ..Abstention::new(AbstainReason::Indecisive, detail)
            })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BY: Recalibration = Recalibration {
        slope: 0.5,
        offset: -0.25,
        face: 0.4,
        sharpness: 0.0,
        largest: 1.5,
    };

    #[test]
    fn an_abstention_never_becomes_a_number() {
        let out = Outcome::abstain(AbstainReason::NoFace, "none");
        assert_eq!(
            recalibrate(Some(&BY), out.clone(), &Quality::default()),
            out
        );
    }

    #[test]
    fn covariates_are_neutral_at_their_origin_and_where_nothing_was_measured() {
        let at = |px: f64| Quality {
            face_height_px: px,
            sharpness: 100.0,
            ..Quality::default()
        };
        assert_eq!(BY.apply(1.0, &at(100.0)), 0.25);
        assert_eq!(BY.apply(1.0, &Quality::default()), 0.25);
        assert!(BY.apply(1.0, &at(200.0)) < 0.25);
    }

    #[test]
    fn without_a_vote_a_number_is_an_abstention_that_says_what_was_measured() {
        let scored = |llr| Outcome::Scored {
            llr,
            quality: 0.5,
            evidence: Vec::new(),
        };
        assert_eq!(without_vote(0.1, scored(2.0)), scored(2.0));
        let Outcome::Abstained(a) = without_vote(0.0, scored(2.0)) else {
            panic!("a vote of weight 0");
        };
        assert_eq!(
            (a.evidence[0].name.as_str(), a.evidence[0].value),
            (NO_VOTE, 1.0)
        );
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(BY.fault(), None);
        let bad = |r: Recalibration, field: &str| assert!(r.fault().unwrap().contains(field));
        bad(Recalibration { slope: -0.1, ..BY }, "slope");
        bad(Recalibration { largest: 0.0, ..BY }, "largest");
        bad(
            Recalibration {
                face: f64::NAN,
                ..BY
            },
            "face",
        );
    }

    proptest! {
        #[test]
        fn the_order_of_scores_stays_and_the_bound_holds(a in -9.0..9.0f64, b in -9.0..9.0f64, px in 20.0..400.0f64) {
            let q = Quality { face_height_px: px, ..Quality::default() };
            let (x, y) = (BY.apply(a, &q), BY.apply(b, &q));
            prop_assert!(x.abs() <= 1.5 && y.abs() <= 1.5);
            if a <= b { prop_assert!(x <= y) }
        }
    }
}
