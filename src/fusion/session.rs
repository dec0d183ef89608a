//! The running score of one participant over the whole session.

use super::{Accumulation, FusionConfig, SignalPolicy, contribution, no_number, score};
use crate::core::{
    AbstainCount, AbstainReason, Abstention, Finding, ModelRef, Outcome, ScoreOutcome,
    SignalSummary, Span,
};

/// Accumulates the findings of one participant's segments.
#[derive(Debug, Clone)]
pub struct SessionFusion {
    config: FusionConfig,
    signals: Vec<SignalState>,
    total_ns: i64,
    scored_ns: i64,
}

#[derive(Debug, Clone)]
struct SignalState {
    policy: SignalPolicy,
    model: ModelRef,
    logit: f64,
    /// The same of findings that are comparisons with a reference.
    compared_logit: f64,
    scored_ns: i64,
    abstained: Vec<AbstainCount>,
}

impl SignalState {
    fn contribution(&self) -> f64 {
        let own = self.policy.session_cap;
        let compared = self.policy.reference_session_cap.unwrap_or(own);
        let floor = self
            .policy
            .session_floor
            .map_or(f64::NEG_INFINITY, |f| f.min(0.0));
        let within = |logit: f64, cap: f64| logit.clamp(-cap, cap).max(floor);
        // Each kind within its cap, and both together within the larger.
        let sum = within(self.logit, own) + within(self.compared_logit, compared);
        let most = match self.compared_logit {
            0.0 => own,
            _ => own.max(compared),
        };
        within(sum, most)
    }

    fn add(&mut self, finding: &Finding, segment_ns: i64) {
        self.model = finding.model.clone();
        match &finding.outcome {
            Outcome::Scored { .. } => {
                self.scored_ns += segment_ns;
                let c = contribution(&self.policy, &finding.outcome);
                let compared = matches!(&finding.comparison, Some(c) if c.obstacle.is_none());
                match self.policy.accumulation {
                    Accumulation::Sum if compared => {
                        self.compared_logit += self.policy.session_weight * c;
                    }
                    Accumulation::Sum => self.logit += self.policy.session_weight * c,
                    Accumulation::Latest => self.logit = c,
                }
            }
            Outcome::Abstained(a) => match self.abstained.iter_mut().find(|n| n.reason == a.reason)
            {
                Some(n) => {
                    n.segments += 1;
                    n.detail.clone_from(&a.detail);
                }
                None => self.abstained.push(AbstainCount {
                    reason: a.reason,
                    segments: 1,
                    detail: a.detail.clone(),
                }),
            },
        }
    }
}

impl SessionFusion {
    /// An empty session with one state per policy.
    pub fn new(policies: &[SignalPolicy], config: FusionConfig) -> Self {
        let signals = policies
            .iter()
            .map(|p| SignalState {
                policy: p.clone(),
                model: ModelRef::default(),
                logit: 0.0,
                compared_logit: 0.0,
                scored_ns: 0,
                abstained: Vec::new(),
            })
            .collect();
        Self {
            config,
            signals,
            total_ns: 0,
            scored_ns: 0,
        }
    }

    /// Adds the findings of one final segment. `has_number` says whether the segment was given
    /// a score; findings of segments below the coverage floor do not count.
    pub fn add_segment(&mut self, span: &Span, findings: &[Finding], has_number: bool) {
        self.total_ns += span.len_ns();
        if has_number {
            self.scored_ns += span.len_ns();
        }
        for f in findings {
            let Some(state) = self.signals.iter_mut().find(|s| s.policy.name == f.signal) else {
                continue;
            };
            if has_number || !f.outcome.is_scored() {
                state.add(f, span.len_ns());
            }
        }
    }

    /// Share of the session on which some signal gave a number, 0 to 1.
    pub fn scored_share(&self) -> f64 {
        share(self.scored_ns, self.total_ns)
    }

    /// One summary per signal.
    pub fn signals(&self) -> Vec<SignalSummary> {
        self.signals
            .iter()
            .map(|s| SignalSummary {
                signal: s.policy.name.clone(),
                model: s.model.clone(),
                coverage: share(s.scored_ns, self.total_ns),
                contribution: s.contribution(),
                abstained: s.abstained.clone(),
            })
            .collect()
    }

    /// The session's score, or why there is none.
    pub fn outcome(&self) -> ScoreOutcome {
        if self.total_ns == 0 {
            return no_score(
                AbstainReason::TooShort,
                "the session held no segment".into(),
            );
        }
        if self.scored_ns == 0 {
            let reasons = self.signals.iter().flat_map(|s| &s.abstained);
            return no_number(reasons.map(|a| a.reason), "for any segment");
        }
        if self.scored_share() < self.config.session_coverage_floor {
            return no_score(
                AbstainReason::LowCoverage,
                format!(
                    "signals gave numbers on {:.0} % of the session; {:.0} % is needed",
                    self.scored_share() * 100.0,
                    self.config.session_coverage_floor * 100.0
                ),
            );
        }
        let logit = self.signals.iter().map(SignalState::contribution).sum();
        ScoreOutcome::Score(score(logit, self.config.prior))
    }
}

fn no_score(reason: AbstainReason, detail: String) -> ScoreOutcome {
    ScoreOutcome::NoScore(Abstention::new(reason, detail))
}

fn share(part_ns: i64, whole_ns: i64) -> f64 {
    if whole_ns <= 0 {
        0.0
    } else {
        part_ns as f64 / whole_ns as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CONFIG, policy};
    use super::*;
    use crate::core::MediaTime;
    use crate::core::{Comparison, ReferenceKind, ReferenceSource};
    use proptest::prelude::*;

    fn span(i: i64) -> Span {
        Span::new(
            MediaTime::from_ms(i * 3000),
            MediaTime::from_ms((i + 1) * 3000),
        )
    }

    fn finding(outcome: Outcome) -> Finding {
        Finding {
            signal: "x".into(),
            model: ModelRef::default(),
            span: span(0),
            outcome,
            contribution: 0.0,
            comparison: None,
        }
    }

    fn scored(llr: f64) -> Outcome {
        Outcome::Scored {
            llr,
            quality: 1.0,
            evidence: Vec::new(),
        }
    }

    #[test]
    fn an_empty_or_silent_session_has_no_number() {
        let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
        assert!(s.outcome().score().is_none());
        let out = finding(Outcome::abstain(AbstainReason::NoFace, "no face"));
        for i in 0..10 {
            s.add_segment(&span(i), std::slice::from_ref(&out), false);
        }
        assert!(s.outcome().score().is_none());
        assert_eq!(s.signals()[0].abstained[0].segments, 10);
    }

    #[test]
    fn a_sliver_of_evidence_is_below_the_floor() {
        let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
        s.add_segment(&span(0), &[finding(scored(-1.0))], true);
        for i in 1..20 {
            s.add_segment(&span(i), &[], false);
        }
        assert!(
            matches!(s.outcome(), ScoreOutcome::NoScore(a) if a.reason == AbstainReason::LowCoverage)
        );
    }

    #[test]
    fn comparisons_with_a_reference_have_a_cap_of_their_own() {
        let compared = |llr: f64, obstacle: Option<&str>| Finding {
            comparison: Some(Comparison {
                source: ReferenceSource {
                    kind: ReferenceKind::Clip,
                    name: "id.mp4".into(),
                },
                obstacle: obstacle.map(str::to_owned),
            }),
            ..finding(scored(llr))
        };
        let total = |cap: Option<f64>, findings: &[Finding]| {
            let policy = SignalPolicy {
                session_cap: 1.0,
                reference_session_cap: cap,
                session_floor: None,
                session_weight: 1.0,
                ..policy(Accumulation::Sum)
            };
            let mut s = SessionFusion::new(&[policy], CONFIG);
            for (i, f) in findings.iter().enumerate() {
                s.add_segment(&span(i as i64), std::slice::from_ref(f), true);
            }
            s.signals()[0].contribution
        };
        let (with, without) = (compared(1.5, None), compared(1.5, Some("another camera")));
        let many = |f: &Finding| vec![f.clone(); 5];
        assert_eq!(total(Some(2.5), &many(&with)), 2.5);
        assert_eq!(total(Some(2.5), &many(&without)), 1.0, "stands without");
        assert_eq!(total(None, &many(&with)), 1.0);
        let mixed = [many(&with), many(&without)].concat();
        assert_eq!(total(Some(2.5), &mixed), 2.5);
        let opposed = [many(&compared(-1.5, None)), many(&without)].concat();
        assert_eq!(total(Some(2.5), &opposed), -1.5);
    }

    #[test]
    fn a_signal_with_a_floor_clears_nobody_beyond_it() {
        let policy = SignalPolicy {
            session_cap: 2.0,
            session_floor: Some(-0.5),
            session_weight: 1.0,
            ..policy(Accumulation::Sum)
        };
        let total = |llr: f64| {
            let mut s = SessionFusion::new(std::slice::from_ref(&policy), CONFIG);
            for i in 0..9 {
                s.add_segment(&span(i), &[finding(scored(llr))], true);
            }
            s.signals()[0].contribution
        };
        assert_eq!((total(-1.0), total(1.0)), (-0.5, 2.0));
    }

    #[test]
    fn latest_replaces_and_sum_adds() {
        let mut sum = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
        let mut last = SessionFusion::new(&[policy(Accumulation::Latest)], CONFIG);
        for (i, llr) in [1.0, 1.0, 0.5].into_iter().enumerate() {
            sum.add_segment(&span(i as i64), &[finding(scored(llr))], true);
            last.add_segment(&span(i as i64), &[finding(scored(llr))], true);
        }
        assert!((sum.signals()[0].contribution - 0.15 * 0.8 * 2.5).abs() < 1e-12);
        assert!((last.signals()[0].contribution - 0.8 * 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_session_cap_holds_and_terms_sum(llrs in prop::collection::vec(-9.0..9.0f64, 1..400)) {
            let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
            for (i, l) in llrs.iter().enumerate() {
                s.add_segment(&span(i as i64), &[finding(scored(*l))], true);
            }
            let total: f64 = s.signals().iter().map(|x| x.contribution).sum();
            prop_assert!(total.abs() <= 4.0 + 1e-12);
            prop_assert!((s.outcome().score().unwrap().evidence_logit - total).abs() < 1e-12);
        }
    }
}
