//! One analyzer's turn: whether its model is there, its run, and the finding made of it.

use crate::analyze::{Analysis, Analyzer, Segment};
use crate::core::{AbstainReason, Abstention, Finding, ModelRef, Outcome, Quality};
use crate::engine::ModelSet;
use crate::fusion::{self, SignalPolicy};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why the analyzer's model is not there, if it needs one and it is not.
pub(super) fn missing_model(analyzer: &dyn Analyzer, models: &ModelSet) -> Option<Abstention> {
    analyzer.task().and_then(|task| models.model(task).err())
}

/// Runs an analyzer; a panic in it is its own failure and nobody else's.
pub(super) fn contained(
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
pub(super) fn finding(
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
    let outcome = fusion::recalibrate(recalibration, analysis.outcome, quality);
    let outcome = fusion::without_vote(policy.map_or(0.0, |p| p.weight), outcome);
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
        comparison: analysis.comparison,
    }
}
