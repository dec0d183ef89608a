//! Stretches in which one signal pointed towards manipulation. Pure.

use crate::core::{Finding, SegmentResult, Span};
use crate::fusion::WORTH_A_LOOK;

/// Stretches named at most.
const MOST: usize = 3;

/// A stretch in which one signal pointed towards manipulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'a> {
    /// From its first segment to the end of its last one.
    pub(super) span: Span,
    /// The finding with the largest contribution.
    pub(super) peak: &'a Finding,
}

/// Stretches of one signal in time order; a stretch lasts over segments in which the signal abstained and
/// ends with the first that it scored otherwise.
pub(super) fn stretches<'a>(signal: &str, segments: &[&'a SegmentResult]) -> Vec<Stretch<'a>> {
    let mut all: Vec<Stretch<'a>> = Vec::new();
    let mut open = false;
    for s in segments {
        let mut scored = s.findings.iter().filter(|f| f.outcome.is_scored());
        let Some(f) = scored.find(|f| f.signal == signal) else {
            continue;
        };
        // A number that is not finite points nowhere.
        if !f.contribution.is_finite() || f.contribution < WORTH_A_LOOK {
            open = false;
            continue;
        }
        match all.last_mut().filter(|_| open) {
            Some(run) => {
                run.span.end = s.span.end;
                if f.contribution > run.peak.contribution {
                    run.peak = f;
                }
            }
            None => all.push(Stretch {
                span: s.span,
                peak: f,
            }),
        }
        open = true;
    }
    all
}

/// The stretches of several signals that moved the score most towards manipulated, the strongest first.
pub(super) fn strongest<'a>(names: &[&str], segments: &[&'a SegmentResult]) -> Vec<Stretch<'a>> {
    let mut runs: Vec<Stretch<'a>> = names.iter().flat_map(|n| stretches(n, segments)).collect();
    runs.sort_by(|a, b| {
        let by_size = b.peak.contribution.total_cmp(&a.peak.contribution);
        by_size.then(a.span.start.cmp(&b.span.start))
    });
    runs.truncate(MOST);
    runs
}
