//! What became of every challenge of an interview, those that no signal could judge included.

use super::Lane;
use super::analyzers::missing_model;
use crate::analyze::compliance::{self, Compliance};
use crate::analyze::{Analyzer, hand_occlusion};
use crate::core::{
    AbstainReason, Abstention, ChallengeKind, ChallengeResult, ControlEvent, EventKind,
    InterviewSpec, MediaTime, ParticipantId, SignalSummary,
};
use crate::engine::ModelSet;

/// For a participant and a kind of challenge, why it cannot be judged, if so.
pub type ChallengeObstacle = (ParticipantId, ChallengeKind, Option<String>);

/// True when a hand challenge is open at `time` and there is a net to look for the hand.
pub(super) fn hand_wanted(events: &[ControlEvent], time: MediaTime, models: &ModelSet) -> bool {
    let earliest = time.plus_ns(-hand_occlusion::LONGEST_NS - hand_occlusion::AFTER_NS);
    let from = events.partition_point(|e| e.time < earliest);
    let open = |e: &ControlEvent| hand_occlusion::span(e).is_some_and(|s| s.contains(time));
    let recent = events.iter().skip(from).take_while(|e| e.time <= time);
    recent.into_iter().any(open) && models.model(hand_occlusion::TASK).is_ok()
}

// === impl Lane ===

impl Lane {
    /// For each kind of challenge, why it cannot be judged, if so.
    pub(super) fn challenge_obstacles(
        &self,
        spec: &InterviewSpec,
        models: &ModelSet,
    ) -> Vec<ChallengeObstacle> {
        let tracks = self.tracks(spec, false, None);
        let of = |kind: ChallengeKind| {
            if compliance::KINDS.contains(&kind) {
                return Compliance::obstacle(kind, &tracks, models);
            }
            let judge = self.analyzers.iter().find(|a| a.judges().contains(&kind));
            let Some(judge) = judge else {
                return Some("not judged by this version".to_owned());
            };
            let can = judge.capability(&tracks).err();
            let why = can.or_else(|| missing_model(judge.as_ref(), models));
            why.map(|why| why.detail)
        };
        let all = ChallengeKind::ALL.into_iter();
        all.map(|kind| (self.participant.id.clone(), kind, of(kind)))
            .collect()
    }

    /// What came of a challenge, once it was judged.
    pub(super) fn challenge_result(&self, id: &str) -> Option<ChallengeResult> {
        let judged = self.analyzers.iter().flat_map(|a| a.challenges());
        let verified = self.compliance.challenges().iter().cloned();
        judged.chain(verified).find(|c| c.id == id)
    }
}

/// One result per challenge event, in the order of the prompts.
pub(super) fn challenges(
    analyzers: &[Box<dyn Analyzer>],
    compliance: &Compliance,
    events: &[ControlEvent],
    signals: &[SignalSummary],
    participant: &ParticipantId,
) -> Vec<ChallengeResult> {
    let verified = compliance.challenges().iter().cloned();
    let scored = analyzers.iter().flat_map(|a| a.challenges());
    let judged: Vec<ChallengeResult> = scored.chain(verified).collect();
    let result = |event: &ControlEvent| {
        let EventKind::Challenge {
            id,
            kind,
            deadline,
            count,
            asked,
        } = &event.kind
        else {
            return None;
        };
        if !asked.is_for(participant) {
            return None;
        }
        if let Some(found) = judged.iter().find(|c| &c.id == id) {
            return Some(found.clone());
        }
        let judge = analyzers.iter().find(|a| a.judges().contains(kind));
        let why = unjudged(*kind, judge.map(|a| a.name()), signals);
        let window = (event.time, *deadline);
        let mut none = ChallengeResult::unmeasured(id, *kind, *count, window, &why);
        none.signal = judge.map_or_else(String::new, |a| a.name().to_owned());
        Some(none)
    };
    events.iter().filter_map(result).collect()
}

/// Why no signal said anything of a challenge.
fn unjudged(kind: ChallengeKind, judge: Option<&str>, signals: &[SignalSummary]) -> Abstention {
    let too_short = || {
        let detail = "the interview ended before the challenge's time was over";
        Abstention::new(AbstainReason::TooShort, detail)
    };
    if compliance::KINDS.contains(&kind) {
        return too_short();
    }
    let Some(judge) = judge else {
        return Abstention::new(AbstainReason::ModelMissing, "not scored by this version");
    };
    let said = signals.iter().filter(|s| s.signal == judge);
    let missing = |r: AbstainReason| matches!(r, AbstainReason::ModelMissing);
    match said.flat_map(|s| &s.abstained).find(|a| missing(a.reason)) {
        Some(a) => Abstention::new(a.reason, a.detail.clone()),
        None => too_short(),
    }
}
