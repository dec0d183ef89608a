//! From findings to a score: weights, caps, prior, coverage floors, sequential tests. Pure.
//!
//! **In:** outcomes of the analyzers and how much was seen. **Out:** contributions and a
//! [`ScoreOutcome`]. **May touch:** `core`. **Must not touch:** IO, clocks, models.
//!
//! What holds, and is property-tested:
//! - the contributions sum to the evidence logit, exactly as they are reported;
//! - correlated segments are discounted as the sample that they are ([`SignalPolicy::segment_correlation`]);
//! - quality and validity only multiply: a missing signal removes its own term and nothing else;
//! - a signal cannot pass its cap, in a segment or in the session;
//! - without a single scored signal, or below the coverage floor, there is no number at all.

mod change;
mod conformal;
mod discount;
mod recalibration;
mod session;
mod signal;
mod verdict;

pub use change::CHANGE_THRESHOLD;
pub use conformal::Conformal;
pub use discount::MOST_CORRELATION;
pub use recalibration::{NO_VOTE, Recalibration, recalibrate, without_vote};
pub use session::SessionFusion;
pub use verdict::SequentialTest;

use crate::core::{AbstainReason, Abstention, Coverage, Finding, Outcome, Score, ScoreOutcome};

/// A segment's contribution from which it is worth a look, in log odds: ln 1.5, which raises the
/// odds of manipulation by half.
pub const WORTH_A_LOOK: f64 = 0.405;

/// How the findings of one signal add up over a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accumulation {
    /// Each segment is evidence of its own, discounted for the correlation of segments.
    Sum,
    /// Each finding restates the session so far; the latest one counts.
    Latest,
}

/// How one signal enters the score; from the manifest.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalPolicy {
    /// Signal name.
    pub name: String,
    /// Multiplies the LLR; not negative.
    pub weight: f64,
    /// Largest absolute contribution to a segment's logit.
    pub segment_cap: f64,
    /// Largest absolute contribution to the session's logit.
    pub session_cap: f64,
    /// The same where findings are comparisons with a reference, which have an accuracy of their
    /// own; `None` = `session_cap`.
    #[serde(default)]
    pub reference_session_cap: Option<f64>,
    /// Smallest contribution to the session's logit, not above 0; `None` = `-session_cap`. A signal
    /// that knows some kinds of manipulation only cannot clear an interview of the others, however
    /// often it repeats itself.
    #[serde(default)]
    pub session_floor: Option<f64>,
    /// Correlation of the signal's log-likelihood ratios from one scored segment to the next, 0 to
    /// [`MOST_CORRELATION`]; over k segments it is taken to be its k-th power. 0 = each segment is
    /// evidence of its own.
    pub segment_correlation: f64,
    /// How findings add up.
    pub accumulation: Accumulation,
    /// Correction of the analyzer's LLRs, if one was fitted.
    #[serde(default)]
    pub recalibration: Option<Recalibration>,
    /// Table of its corrected LLRs, if one was fitted; it takes the place of the model's own.
    #[serde(default)]
    pub conformal: Option<Conformal>,
}

/// Prior and floors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FusionConfig {
    /// Prior probability of manipulation, strictly between 0 and 1.
    pub prior: f64,
    /// A segment needs this share of pictures or of sound to be given a number.
    pub segment_coverage_floor: f64,
    /// A session needs a number from some signal on this share of its length.
    pub session_coverage_floor: f64,
    /// Error rates of the tests on a session's evidence.
    pub test: SequentialTest,
}

/// A signal's share of a segment's evidence logit: weight times quality times LLR, capped;
/// 0 when it abstained.
pub fn contribution(policy: &SignalPolicy, outcome: &Outcome) -> f64 {
    match outcome {
        Outcome::Scored { llr, quality, .. } => {
            let q = quality.clamp(0.0, 1.0);
            (policy.weight * q * llr).clamp(-policy.segment_cap, policy.segment_cap)
        }
        Outcome::Abstained(_) => 0.0,
    }
}

/// P(manipulated) of an evidence logit at a prior.
pub fn probability(evidence_logit: f64, prior: f64) -> f64 {
    let prior_logit = (prior / (1.0 - prior)).ln();
    1.0 / (1.0 + (-(evidence_logit + prior_logit)).exp())
}

/// The score of an evidence logit at a prior.
pub fn score(evidence_logit: f64, prior: f64) -> Score {
    Score {
        authenticity: 1.0 - probability(evidence_logit, prior),
        evidence_logit,
        prior,
    }
}

/// A segment's score from its contributions, or why there is none.
///
/// `findings` come with the contributions of [`contribution`].
pub fn segment_outcome(
    findings: &[Finding],
    coverage: &Coverage,
    config: &FusionConfig,
) -> ScoreOutcome {
    let seen = coverage.video.max(coverage.audio);
    if seen < config.segment_coverage_floor {
        return ScoreOutcome::NoScore(Abstention::new(
            AbstainReason::LowCoverage,
            format!(
                "pictures on {:.0} % and sound on {:.0} % of the segment; {:.0} % of either is needed",
                coverage.video * 100.0,
                coverage.audio * 100.0,
                config.segment_coverage_floor * 100.0
            ),
        ));
    }
    if !findings.iter().any(|f| f.outcome.is_scored()) {
        let reasons = findings.iter().filter_map(|f| f.outcome.abstention());
        return no_number(reasons.map(|a| a.reason), "for this segment");
    }
    let logit = findings.iter().map(|f| f.contribution).sum();
    ScoreOutcome::Score(score(logit, config.prior))
}

/// No score because no signal gave a number; the reason is that of the signal that came nearest.
fn no_number(reasons: impl Iterator<Item = AbstainReason>, place: &str) -> ScoreOutcome {
    let reason = AbstainReason::nearest(reasons).unwrap_or(AbstainReason::NoTrack);
    ScoreOutcome::NoScore(Abstention::new(
        reason,
        format!("no signal gave a number {place}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{ModelRef, Span};
    use proptest::prelude::*;

    pub(super) fn policy(accumulation: Accumulation) -> SignalPolicy {
        SignalPolicy {
            name: "x".into(),
            weight: 0.8,
            segment_cap: 2.0,
            session_cap: 4.0,
            reference_session_cap: None,
            session_floor: None,
            segment_correlation: 0.7,
            accumulation,
            recalibration: None,
            conformal: None,
        }
    }

    pub(super) const CONFIG: FusionConfig = FusionConfig {
        prior: 0.01,
        segment_coverage_floor: 0.5,
        session_coverage_floor: 0.1,
        test: SequentialTest {
            false_alarm: 0.01,
            miss: 0.1,
            change_threshold: CHANGE_THRESHOLD,
        },
    };

    pub(super) fn scored(llr: f64, quality: f64) -> Outcome {
        Outcome::Scored {
            llr,
            quality,
            evidence: Vec::new(),
        }
    }

    pub(super) fn span(i: i64) -> Span {
        let at = |i: i64| crate::core::MediaTime::from_ms(i * 3000);
        Span::new(at(i), at(i + 1))
    }

    pub(super) fn finding(signal: &str, outcome: Outcome, contribution: f64) -> Finding {
        Finding {
            signal: signal.into(),
            span: Span::default(),
            outcome,
            contribution,
            model: ModelRef::default(),
            prediction_set: None,
            comparison: None,
        }
    }

    fn full() -> Coverage {
        Coverage {
            video: 1.0,
            audio: 1.0,
            ..Coverage::default()
        }
    }

    #[test]
    fn nothing_measured_is_never_a_number() {
        let silent = |reason| finding("x", Outcome::abstain(reason, "x"), 0.0);
        let out = segment_outcome(
            &[
                silent(AbstainReason::ModelMissing),
                silent(AbstainReason::Gathering),
                silent(AbstainReason::NoFace),
            ],
            &full(),
            &CONFIG,
        );
        let ScoreOutcome::NoScore(why) = out else {
            panic!("a score out of nothing")
        };
        assert_eq!(why.reason, AbstainReason::Gathering);
        assert!(segment_outcome(&[], &full(), &CONFIG).score().is_none());
        let out = segment_outcome(
            &[finding("x", scored(-1.0, 1.0), -1.0)],
            &Coverage::default(),
            &CONFIG,
        );
        assert!(
            out.score().is_none(),
            "too little seen, even where a signal scored"
        );
    }

    #[test]
    fn no_evidence_leaves_the_prior() {
        assert!((score(0.0, 0.01).authenticity - 0.99).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn caps_hold_and_the_score_falls_with_each_llr(
            a in -50.0..50.0f64, b in -50.0..50.0f64, q in 0.0..1.0f64,
        ) {
            let p = policy(Accumulation::Sum);
            let (ca, cb) = (contribution(&p, &scored(a, q)), contribution(&p, &scored(b, q)));
            prop_assert!(ca.abs() <= p.segment_cap);
            if a <= b { prop_assert!(ca <= cb) }
            let (sa, sb) = (score(ca, 0.01), score(cb, 0.01));
            if ca <= cb { prop_assert!(sa.authenticity >= sb.authenticity) }
        }

        #[test]
        fn a_missing_signal_removes_exactly_its_term(
            llrs in prop::collection::vec(-5.0..5.0f64, 2..6), drop in 0usize..6,
        ) {
            let p = policy(Accumulation::Sum);
            let drop = drop % llrs.len();
            let judged = |o: Outcome| { let c = contribution(&p, &o); finding("x", o, c) };
            let all: Vec<Finding> = llrs.iter().map(|l| judged(scored(*l, 1.0))).collect();
            let mut without = all.clone();
            without[drop] = judged(Outcome::abstain(AbstainReason::ModelMissing, "gone"));
            let logit = |f: &[Finding]| segment_outcome(f, &full(), &CONFIG)
                .score().unwrap().evidence_logit;
            prop_assert!((logit(&all) - all[drop].contribution - logit(&without)).abs() < 1e-9);
        }
    }
}
