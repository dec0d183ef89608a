//! When a challenge is looked at, and what was asked for. Not an analyzer; shared by those that judge challenges.

use crate::core::{
    Abstention, Asked, ChallengeKind, ChallengeResult, ControlEvent, EventKind, MediaTime,
    ParticipantId, Span,
};

/// How long after the prompt's end an answer is looked for at most, nanoseconds; a later deadline is
/// cut to it, so that what is kept of an open challenge stays bounded.
pub const LONGEST_NS: i64 = 15_000_000_000;
/// How long after the deadline the candidate is watched on the way back, nanoseconds.
pub const AFTER_NS: i64 = 1_500_000_000;

/// A challenge that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) id: String,
    pub(super) kind: ChallengeKind,
    /// Times asked for, at least 1.
    pub(super) count: u32,
    pub(super) prompt_end: MediaTime,
    /// As asked.
    pub(super) deadline: MediaTime,
    /// What is looked at.
    pub(super) span: Span,
    /// Whom it was put to, and how exactly.
    pub(super) asked: Asked,
}

impl Window {
    /// The window of an event, if it is a challenge of one of these kinds.
    pub(super) fn of(event: &ControlEvent, kinds: &[ChallengeKind]) -> Option<Self> {
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
        Some(Self {
            id: id.clone(),
            kind: *kind,
            count: (*count).max(1),
            prompt_end: event.time,
            deadline: *deadline,
            span: span(event, kinds)?,
            asked: (**asked).clone(),
        })
    }

    /// The windows of a participant.
    pub(super) fn all(
        events: &[ControlEvent],
        kinds: &[ChallengeKind],
        participant: &ParticipantId,
    ) -> Vec<Self> {
        let windows = events.iter().filter_map(|e| Self::of(e, kinds));
        windows.filter(|w| w.asked.is_for(participant)).collect()
    }

    /// The latest time at which the movement counts.
    pub(super) fn last_moment(&self) -> MediaTime {
        self.deadline.min(self.prompt_end.plus_ns(LONGEST_NS))
    }

    /// Seconds after the prompt's end.
    pub(super) fn seconds(&self, time: MediaTime) -> f64 {
        time.since_ns(self.prompt_end) as f64 / 1e9
    }

    /// A result of which nothing is known yet, or never will be.
    pub(super) fn unmeasured(&self, signal: &str, why: &Abstention) -> ChallengeResult {
        let span = (self.prompt_end, self.deadline);
        let none = ChallengeResult::unmeasured(&self.id, self.kind, self.count, span, why);
        ChallengeResult {
            signal: signal.to_owned(),
            ..none
        }
    }
}

/// What is looked at for an event, if it is a challenge of one of these kinds: from the prompt's end until
/// a little after the deadline.
pub(super) fn span(event: &ControlEvent, kinds: &[ChallengeKind]) -> Option<Span> {
    match &event.kind {
        EventKind::Challenge { kind, deadline, .. } if kinds.contains(kind) => {
            let last = (*deadline).min(event.time.plus_ns(LONGEST_NS));
            Some(Span::new(event.time, last.plus_ns(AFTER_NS)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_challenges_asked_for_are_looked_at_and_never_for_long() {
        use ChallengeKind::{HandHold, HandPass, TurnLeft};
        let hands = [HandPass, HandHold];
        let event = |kind, deadline_ms| ControlEvent {
            time: MediaTime::from_ms(2_000),
            kind: EventKind::Challenge {
                id: "h".into(),
                kind,
                deadline: MediaTime::from_ms(deadline_ms),
                count: 0,
                asked: Box::new(Asked {
                    participant: ParticipantId::parse("a").ok(),
                    ..Asked::default()
                }),
            },
        };
        let w = Window::of(&event(HandHold, 8_000), &hands).unwrap();
        assert_eq!(
            w.span,
            Span::new(MediaTime::from_ms(2_000), MediaTime::from_ms(9_500))
        );
        assert_eq!((w.count, w.last_moment()), (1, MediaTime::from_ms(8_000)));
        let far = Window::of(&event(HandPass, i64::MAX / 2_000_000), &hands).unwrap();
        assert_eq!(far.span.len_ns(), LONGEST_NS + AFTER_NS);
        assert_eq!(span(&event(TurnLeft, 8_000), &hands), None);
        let events = [event(HandPass, 8_000), event(TurnLeft, 8_000)];
        let of =
            |who: &str| Window::all(&events, &hands, &ParticipantId::parse(who).unwrap()).len();
        assert_eq!((of("a"), of("b")), (1, 0), "whom it was put to");
    }
}
