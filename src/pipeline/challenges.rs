//! What became of every challenge of an interview, those that no signal could judge included.

use crate::analyze::{Analyzer, hand_occlusion};
use crate::core::{
    AbstainReason, Abstention, ChallengeKind, ChallengeResult, ControlEvent, EventKind, MediaTime,
    ParticipantId, SignalSummary,
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

/// One result per challenge event, in the order of the prompts.
pub(super) fn challenges(
    analyzers: &[Box<dyn Analyzer>],
    events: &[ControlEvent],
    signals: &[SignalSummary],
    participant: &ParticipantId,
) -> Vec<ChallengeResult> {
    let judged: Vec<ChallengeResult> = analyzers.iter().flat_map(|a| a.challenges()).collect();
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
        let why = unjudged(judge.map(|a| a.name()), signals);
        let window = (event.time, *deadline);
        let mut none = ChallengeResult::unmeasured(id, *kind, *count, window, &why);
        none.signal = judge.map_or_else(String::new, |a| a.name().to_owned());
        Some(none)
    };
    events.iter().filter_map(result).collect()
}

/// Why no signal said anything of a challenge.
fn unjudged(judge: Option<&str>, signals: &[SignalSummary]) -> Abstention {
    let Some(judge) = judge else {
        return Abstention::new(AbstainReason::ModelMissing, "not scored by this version");
    };
    let said = signals.iter().filter(|s| s.signal == judge);
    let missing = |r: AbstainReason| matches!(r, AbstainReason::ModelMissing);
    match said.flat_map(|s| &s.abstained).find(|a| missing(a.reason)) {
        Some(a) => Abstention::new(a.reason, a.detail.clone()),
        None => Abstention::new(
            AbstainReason::TooShort,
            "the interview ended before the challenge's time was over",
        ),
    }
}
