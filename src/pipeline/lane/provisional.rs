//! What is said of a segment before it is final.
//!
//! While a segment is open, the signals look at what there is of it about once a second, through
//! copies of themselves, so that nothing of what they say then is part of what they know later:
//! final results are the same with and without provisional ones.

use super::{Lane, Stretch, Turn, Voice, elapsed_ms};
use crate::core::{
    AbstainReason, Abstention, ControlEvent, MediaTime, ScoreOutcome, SegmentResult, Span,
};
use crate::engine::ModelSet;
use crate::fusion;

/// How often results of the open segment were given.
#[derive(Debug, Default)]
pub(super) struct Revisions {
    index: u64,
    given: u32,
    /// Steps of session time that a result was given for.
    steps: i64,
    waited: bool,
}

// === impl Revisions ===

impl Revisions {
    fn of(&mut self, index: u64) -> &mut Self {
        if self.index != index {
            *self = Self {
                index,
                ..Self::default()
            };
        }
        self
    }

    /// Counts the one result of a segment that waits for a track; false when it was given before.
    pub(super) fn wait(&mut self, index: u64) -> bool {
        let own = self.of(index);
        let first = !std::mem::replace(&mut own.waited, true);
        own.given += u32::from(first);
        first
    }

    /// Counts a result of what was seen of a segment, if one is due by `seen_ns` of it.
    fn due(&mut self, index: u64, step_ns: i64, seen_ns: i64) -> bool {
        let own = self.of(index);
        let steps = seen_ns / step_ns.max(1);
        let due = steps > own.steps;
        if due {
            own.steps = steps;
            own.given += 1;
        }
        due
    }

    /// Number of a segment's latest result, or of its final one when no other was given.
    pub(super) fn last(&self, index: u64) -> u32 {
        match self.index == index {
            true => self.given + 1,
            false => 1,
        }
    }

    fn now(&self) -> u32 {
        self.given
    }
}

impl Lane {
    /// A result of what there is of an open segment, when one is due: every track must have come as
    /// far, as the `marks` say.
    pub(super) fn foretell(
        &mut self,
        (index, span): (u64, Span),
        marks: Vec<Option<MediaTime>>,
        voices: &[Voice],
        events: &[ControlEvent],
        models: &mut ModelSet,
        stopwatch: fn() -> u64,
    ) -> Option<SegmentResult> {
        let step_ns = self.provisional_ns.filter(|_| !self.lean)?;
        let marks: Option<Vec<MediaTime>> = marks.into_iter().collect();
        let seen = Span::new(span.start, marks?.into_iter().min()?.min(span.end));
        if self.is_set_aside(&span) || !self.revisions.due(index, step_ns, seen.len_ns()) {
            return None;
        }
        let began = stopwatch();
        let (quality, coverage) = self.measure(&seen, voices);
        let own = std::mem::take(&mut self.analyzers);
        let mut copies: Vec<_> = own.iter().map(|a| a.copy()).collect();
        let turns = own.iter().zip(&mut copies).map(|(own, copy)| match copy {
            Some(copy) => Turn::Copy(copy.as_mut()),
            None => Turn::Later(own.as_ref()),
        });
        let stretch = Stretch {
            index,
            span: seen,
            last: false,
            quality: &quality,
            coverage: &coverage,
        };
        let clock = (stopwatch, began);
        let findings = self.findings(&stretch, turns, voices, events, models, clock);
        self.analyzers = own;
        let outcome = fusion::segment_outcome(&findings, &coverage, &self.fusion_config);
        let mut times = self.times;
        times.analyze_ms += elapsed_ms(began, stopwatch());
        Some(SegmentResult {
            participant: self.participant.id.clone(),
            index,
            span: seen,
            revision: self.revisions.now(),
            is_final: false,
            outcome,
            findings,
            quality,
            coverage,
            times,
        })
    }

    /// A result for a segment that some track has passed and another has not.
    pub(super) fn waiting_result(&self, index: u64, span: Span, voices: &[Voice]) -> SegmentResult {
        let (quality, coverage) = self.measure(&span, voices);
        SegmentResult {
            participant: self.participant.id.clone(),
            index,
            span,
            revision: self.revisions.now(),
            is_final: false,
            outcome: ScoreOutcome::NoScore(Abstention::new(
                AbstainReason::Gathering,
                "one of the tracks has not reached the end of this segment yet",
            )),
            findings: Vec::new(),
            quality,
            coverage,
            times: self.times,
        }
    }
}
