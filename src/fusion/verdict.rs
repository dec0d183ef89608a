//! A sequential test of the evidence.

use crate::core::{ScoreOutcome, Standing, Verdict};

/// Error rates of the tests on a session's evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequentialTest {
    /// Share of live sessions that may stand out, strictly between 0 and 0.5.
    pub false_alarm: f64,
    /// Share of manipulated sessions that may be called consistent with a live recording, strictly
    /// between 0 and 0.5.
    pub miss: f64,
    /// Statistic from which a change stands out; see [`super::CHANGE_THRESHOLD`].
    pub change_threshold: f64,
}

impl Default for SequentialTest {
    fn default() -> Self {
        Self {
            false_alarm: 0.01,
            miss: 0.1,
            change_threshold: super::CHANGE_THRESHOLD,
        }
    }
}

// === impl SequentialTest ===

impl SequentialTest {
    /// Evidence logit from which a session stands out: `ln((1 - miss) / false_alarm)`.
    ///
    /// The thresholds are those of the sequential probability ratio test (A. Wald, Sequential
    /// Tests of Statistical Hypotheses, Ann. Math. Statist. 16, 1945). The error rates hold as far
    /// as the log-likelihood ratios are calibrated and the discount takes out their correlation;
    /// the caps of the signals make them smaller.
    pub fn upper(&self) -> f64 {
        ((1.0 - self.miss) / self.false_alarm).ln()
    }

    /// Evidence logit down to which a session is consistent with a live recording:
    /// `ln(miss / (1 - false_alarm))`.
    pub fn lower(&self) -> f64 {
        (self.miss / (1.0 - self.false_alarm)).ln()
    }

    /// Where an outcome stands. Without a number it is inconclusive, whatever the reason.
    pub fn standing(&self, outcome: &ScoreOutcome) -> Standing {
        match outcome.score() {
            Some(s) if s.evidence_logit >= self.upper() => Standing::StandsOut,
            Some(s) if s.evidence_logit <= self.lower() => Standing::ConsistentWithLive,
            _ => Standing::Inconclusive,
        }
    }

    /// The verdict on an outcome; `since` is when its standing was reached.
    pub(super) fn verdict(
        &self,
        outcome: &ScoreOutcome,
        since: Option<crate::core::MediaTime>,
    ) -> Verdict {
        let standing = self.standing(outcome);
        let detail = match (standing, outcome) {
            (Standing::Inconclusive, ScoreOutcome::NoScore(a)) => {
                format!("no score: {}", a.reason.words())
            }
            (Standing::Inconclusive, ScoreOutcome::Score(_)) => {
                "the evidence lies between the thresholds".to_owned()
            }
            _ => String::new(),
        };
        Verdict {
            standing,
            lower: self.lower(),
            upper: self.upper(),
            since: since.filter(|_| standing != Standing::Inconclusive),
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{AbstainReason, Abstention};

    #[test]
    fn the_thresholds_are_walds() {
        let t = SequentialTest::default();
        assert!((t.upper() - 90.0_f64.ln()).abs() < 1e-12);
        assert!((t.lower() - (0.1_f64 / 0.99).ln()).abs() < 1e-12);
        let at = |logit| t.standing(&ScoreOutcome::Score(super::super::score(logit, 0.01)));
        assert_eq!(at(4.5), Standing::StandsOut);
        assert_eq!(at(4.4), Standing::Inconclusive);
        assert_eq!(at(-2.2), Standing::Inconclusive);
        assert_eq!(at(-2.3), Standing::ConsistentWithLive);
    }

    #[test]
    fn the_prior_moves_no_standing() {
        let t = SequentialTest::default();
        for prior in [0.0001, 0.9] {
            let outcome = ScoreOutcome::Score(super::super::score(0.0, prior));
            assert_eq!(t.standing(&outcome), Standing::Inconclusive);
        }
    }

    #[test]
    fn without_a_number_it_is_inconclusive_and_says_why() {
        let none = ScoreOutcome::NoScore(Abstention::new(AbstainReason::NoFace, "none"));
        let v = SequentialTest::default().verdict(&none, Some(crate::core::MediaTime::ZERO));
        assert_eq!((v.standing, v.since), (Standing::Inconclusive, None));
        assert!(v.detail.contains("no face"), "{}", v.detail);
    }
}
