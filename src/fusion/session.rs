//! The running score of one participant over the whole session.

use super::change::ChangeTest;
use super::signal::Tally;
use super::{FusionConfig, SignalPolicy, no_number, score};
use crate::core::{
    AbstainCount, AbstainReason, Abstention, Change, Finding, MediaTime, ModelRef, Outcome,
    PredictionSet, ScoreOutcome, SignalSummary, Span, Standing, Verdict,
};

/// Accumulates the findings of one participant's segments.
#[derive(Debug, Clone)]
pub struct SessionFusion {
    config: FusionConfig,
    signals: Vec<SignalState>,
    change: ChangeTest,
    total_ns: i64,
    scored_ns: i64,
    /// Where the evidence stands, and the end of the segment that brought it there.
    standing: (Standing, Option<MediaTime>),
}

#[derive(Debug, Clone)]
struct SignalState {
    policy: SignalPolicy,
    model: ModelRef,
    tally: Tally,
    /// Numbers with a prediction set, and how many of these are like one class only.
    sets: u64,
    like_real: u64,
    like_manipulated: u64,
    scored_ns: i64,
    abstained: Vec<AbstainCount>,
}

impl SignalState {
    fn contribution(&self) -> f64 {
        self.tally.evidence(&self.policy)
    }

    fn add(&mut self, finding: &Finding, segment_ns: i64) {
        self.model = finding.model.clone();
        self.tally.add(&self.policy, finding);
        if let Some(set) = finding.prediction_set {
            self.sets += 1;
            self.like_real += u64::from(set == PredictionSet::Real);
            self.like_manipulated += u64::from(set == PredictionSet::Manipulated);
        }
        match &finding.outcome {
            Outcome::Scored { .. } => self.scored_ns += segment_ns,
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

impl SignalState {
    /// Whether the signal speaks for a standing and can tell the classes apart: half of its numbers
    /// or more are like that class only. Without a table nothing is known against it.
    fn carries(&self, standing: Standing) -> bool {
        let (towards, single) = match standing {
            Standing::StandsOut => (self.contribution() > 0.0, self.like_manipulated),
            Standing::ConsistentWithLive => (self.contribution() < 0.0, self.like_real),
            Standing::Inconclusive => (true, self.sets),
        };
        towards && 2 * single >= self.sets
    }

    fn told_apart(&self) -> Option<f64> {
        let single = (self.like_real + self.like_manipulated) as f64;
        (self.sets > 0).then(|| single / self.sets as f64)
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
                tally: Tally::default(),
                sets: 0,
                like_real: 0,
                like_manipulated: 0,
                scored_ns: 0,
                abstained: Vec::new(),
            })
            .collect();
        Self {
            config,
            signals,
            change: ChangeTest::new(policies.len(), config.test.change_threshold),
            total_ns: 0,
            scored_ns: 0,
            standing: (Standing::Inconclusive, None),
        }
    }

    /// Adds the findings of one final segment. `has_number` says whether the segment was given
    /// a score; findings of segments below the coverage floor do not count.
    pub fn add_segment(&mut self, span: &Span, findings: &[Finding], has_number: bool) {
        self.total_ns += span.len_ns();
        if has_number {
            self.scored_ns += span.len_ns();
            let policies: Vec<&SignalPolicy> = self.signals.iter().map(|s| &s.policy).collect();
            let place = |f: &Finding| policies.iter().position(|p| p.name == f.signal);
            let placed = findings.iter().filter_map(|f| Some((place(f)?, f)));
            self.change.add(span, &policies, placed);
        }
        for f in findings {
            let Some(state) = self.signals.iter_mut().find(|s| s.policy.name == f.signal) else {
                continue;
            };
            if has_number || !f.outcome.is_scored() {
                state.add(f, span.len_ns());
            }
        }
        let standing = self.standing();
        if standing != self.standing.0 {
            self.standing = (standing, Some(span.end));
        }
    }

    /// Share of the session on which some signal gave a number, 0 to 1.
    pub fn scored_share(&self) -> f64 {
        share(self.scored_ns, self.total_ns)
    }

    /// Where the evidence stands. It leaves "inconclusive" only where some signal that speaks for it
    /// can tell real from manipulated recordings (see [`super::Conformal`]); the evidence itself stays
    /// what it is.
    pub fn verdict(&self) -> Verdict {
        let verdict = self.config.test.verdict(&self.outcome(), self.standing.1);
        if self.standing() == verdict.standing {
            return verdict;
        }
        Verdict {
            standing: Standing::Inconclusive,
            since: None,
            detail: "the evidence passes a threshold, but no signal that speaks for it can tell \
                     real from manipulated recordings here"
                .to_owned(),
            ..verdict
        }
    }

    fn standing(&self) -> Standing {
        let standing = self.config.test.standing(&self.outcome());
        if self.signals.iter().any(|s| s.carries(standing)) {
            standing
        } else {
            Standing::Inconclusive
        }
    }

    /// Whether the evidence changed on the way. Without a score nothing was tested, and the threshold
    /// is 0.
    pub fn change(&self) -> Change {
        match self.outcome() {
            ScoreOutcome::Score(_) => self.change.change(),
            ScoreOutcome::NoScore(_) => Change::default(),
        }
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
                told_apart: s.told_apart(),
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
mod tests;
