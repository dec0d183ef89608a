//! What the signals say of a stretch, and why one of them says nothing.

use super::{Lane, Turn, Voice};
use crate::analyze::Segment;
use crate::core::{AbstainReason, Abstention, ControlEvent, Coverage, Finding, Quality, Span};
use crate::engine::ModelSet;
use crate::pipeline::analyzers::missing_model;

/// A stretch that the signals look at.
pub(super) struct Stretch<'a> {
    pub(super) index: u64,
    pub(super) span: Span,
    pub(super) last: bool,
    pub(super) quality: &'a Quality,
    pub(super) coverage: &'a Coverage,
}

impl Lane {
    /// What each signal says of a stretch, the own ones in the order of their turns. Pictures behind
    /// findings are taken up of final results only.
    pub(super) fn findings<'t>(
        &mut self,
        seen: &Stretch<'_>,
        turns: impl Iterator<Item = Turn<'t>>,
        voices: &[Voice],
        events: &[ControlEvent],
        models: &mut ModelSet,
        (stopwatch, began): (fn() -> u64, u64),
    ) -> Vec<Finding> {
        let end = seen.span.end;
        let reference = self.reference.as_mut().map(|r| r.refresh(models).clone());
        let deaf = self.heard(voices).find_map(|v| v.obstacle.clone());
        let known = events.partition_point(|e| e.time < end);
        let segment = Segment {
            participant: &self.participant.id,
            role: self.participant.role,
            index: seen.index,
            span: seen.span,
            face: self.sight.before(end),
            voice: self.voice(voices, Some(&self.participant.id), end),
            interviewer: self.voice(voices, self.interviewer.as_ref(), end),
            events: &events[..known],
            quality: seen.quality,
            coverage: seen.coverage,
            clock: self.clock,
            reference: reference.as_ref(),
            last: seen.last,
        };
        let late = self.late.map(|_| {
            let detail = "following the face took longer than a segment may take";
            Abstention::new(AbstainReason::DeadlineMissed, detail)
        });
        let blind = late.or_else(|| self.sight.obstacle().cloned());
        let limit = self.stage_deadline_ns;
        let mut is_final = false;
        let findings: Vec<Finding> = turns
            .map(|mut turn| {
                is_final |= matches!(turn, Turn::Own(_));
                let name = turn.analyzer().name();
                let needs = turn.analyzer().needs();
                let overdue = limit.filter(|ns| stopwatch().saturating_sub(began) > *ns);
                let missing = left_out(&self.left_out, name)
                    .or_else(|| missing_model(turn.analyzer(), models))
                    .or_else(|| overdue.map(deadline_missed))
                    .or_else(|| blind.clone().filter(|_| needs.faces))
                    .or_else(|| deaf.clone().filter(|_| needs.speech));
                let mut analysis = turn.analyze(missing, &segment, models);
                let picture = analysis.picture.take();
                let found = turn.finding(analysis, seen.quality, &self.policies, models);
                if let (Some(picture), Turn::Own(_)) = (picture, &turn) {
                    self.album
                        .offer(segment.participant, seen.index, &found, picture);
                }
                found
            })
            .collect();
        if is_final {
            let (blind, deaf) = (blind.as_ref(), deaf.as_ref());
            self.compliance.observe(&segment, &findings, blind, deaf);
        }
        findings
    }
}

fn left_out(names: &[String], name: &str) -> Option<Abstention> {
    let detail = "left out while the server has more to do than it can";
    let hit = names.iter().any(|n| n == name);
    hit.then(|| Abstention::new(AbstainReason::Dropped, detail))
}

fn deadline_missed(limit_ns: u64) -> Abstention {
    let detail = format!(
        "the signals before it took longer than the {:.1} s that a segment may take",
        limit_ns as f64 / 1e9
    );
    Abstention::new(AbstainReason::DeadlineMissed, detail)
}
