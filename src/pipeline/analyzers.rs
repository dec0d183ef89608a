//! One analyzer's turn: whether its model is there, its run, and the finding made of it.

use crate::analyze::{Analysis, Analyzer, Segment};
use crate::core::{AbstainReason, Abstention, Finding, ModelRef, Outcome, Quality};
use crate::engine::ModelSet;
use crate::fusion::{self, Conformal, SignalPolicy};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One analyzer's turn on a stretch.
pub(super) enum Turn<'a> {
    /// The analyzer itself; what it sees becomes part of what it knows.
    Own(&'a mut dyn Analyzer),
    /// A copy of it, for a result that is not final.
    Copy(&'a mut dyn Analyzer),
    /// One that says nothing before a segment is final.
    Later(&'a dyn Analyzer),
}

// === impl Turn ===

impl Turn<'_> {
    pub(super) fn analyzer(&self) -> &dyn Analyzer {
        match self {
            Self::Own(a) | Self::Copy(a) => &**a,
            Self::Later(a) => *a,
        }
    }

    /// What it says, unless something is missing.
    pub(super) fn analyze(
        &mut self,
        missing: Option<Abstention>,
        segment: &Segment<'_>,
        models: &mut ModelSet,
    ) -> Analysis {
        let silent = |why| Analysis::new(segment.span, Outcome::Abstained(why));
        match (missing, self) {
            (Some(why), _) => silent(why),
            (None, Self::Own(a) | Self::Copy(a)) => contained(*a, segment, models),
            (None, Self::Later(_)) => silent(Abstention::new(
                AbstainReason::Gathering,
                "it speaks of whole segments",
            )),
        }
    }

    pub(super) fn finding(
        &self,
        analysis: Analysis,
        quality: &Quality,
        policies: &[SignalPolicy],
        models: &ModelSet,
    ) -> Finding {
        finding(self.analyzer(), analysis, quality, policies, models)
    }
}

/// Why the analyzer's model is not there, if it needs one and it is not.
pub(super) fn missing_model(analyzer: &dyn Analyzer, models: &ModelSet) -> Option<Abstention> {
    analyzer.task().and_then(|task| models.model(task).err())
}

/// Runs an analyzer; a panic in it is its own failure and nobody else's.
fn contained(
    analyzer: &mut dyn Analyzer,
    segment: &Segment<'_>,
    models: &mut ModelSet,
) -> Analysis {
    let name = analyzer.name();
    let run = catch_unwind(AssertUnwindSafe(|| analyzer.analyze(segment, models)));
    match run {
        Ok(a) => Analysis {
            outcome: a.outcome.checked(),
            ..a
        },
        Err(_) => {
            tracing::error!(signal = name, segment = segment.index, "analyzer panicked");
            let outcome = Outcome::abstain(AbstainReason::Failed, "the analyzer failed");
            Analysis::new(segment.span, outcome)
        }
    }
}

/// What an analysis adds to the score, with the model behind it.
fn finding(
    analyzer: &dyn Analyzer,
    analysis: Analysis,
    quality: &Quality,
    policies: &[SignalPolicy],
    models: &ModelSet,
) -> Finding {
    let name = analyzer.name();
    let model = analyzer
        .task()
        .and_then(|t| models.model(t).ok())
        .unwrap_or_default();
    let policy = policies.iter().find(|p| p.name == name);
    let recalibration = policy.and_then(|p| p.recalibration.as_ref());
    // A calibration of the operator's own was fitted on scores without a reference.
    let compared = matches!(&analysis.comparison, Some(c) if c.obstacle.is_none());
    let recalibration = recalibration.filter(|_| !compared);
    let raw = llr(&analysis.outcome);
    let outcome = fusion::recalibrate(recalibration, analysis.outcome, quality);
    let outcome = fusion::without_vote(policy.map_or(0.0, |p| p.weight), outcome);
    let table = policy
        .filter(|_| !compared)
        .and_then(|p| p.conformal.as_ref());
    let prediction_set = match (table, llr(&outcome), raw) {
        (Some(table), Some(llr), _) => Some(table.set(llr)),
        // The model's own table knows its LLRs as they were before anybody's correction.
        (None, Some(_), Some(raw)) if !compared => analyzer
            .task()
            .and_then(|t| Conformal::of(models.calibration(t).ok()?).ok()?)
            .map(|table| table.set(raw)),
        _ => None,
    };
    // A signal without a policy has no vote.
    let contribution = policy.map_or(0.0, |p| fusion::contribution(p, &outcome));
    Finding {
        signal: name.to_owned(),
        model: ModelRef {
            id: model.id,
            sha256: model.sha256,
        },
        span: analysis.span,
        outcome,
        contribution,
        prediction_set,
        comparison: analysis.comparison,
    }
}

fn llr(outcome: &Outcome) -> Option<f64> {
    match outcome {
        Outcome::Scored { llr, .. } => Some(*llr),
        Outcome::Abstained(_) => None,
    }
}
