//! When a hand challenge is looked at.

use crate::core::{Asked, ChallengeKind, ControlEvent, EventKind, MediaTime, Span};

/// How long after the prompt's end an answer is looked for at most, nanoseconds; a later deadline is
/// cut to it, so that what is kept of an open challenge stays bounded.
pub const LONGEST_NS: i64 = 15_000_000_000;
/// How long after the deadline the hand is watched on its way out, nanoseconds.
pub const AFTER_NS: i64 = 1_500_000_000;

/// A hand challenge that was asked for.
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
    /// The window of an event, if it is a hand challenge.
    pub(super) fn of(event: &ControlEvent) -> Option<Self> {
        let EventKind::Challenge { id, kind, deadline, count, asked } = &event.kind else {
            return None;
        };
        Some(Self {
            id: id.clone(),
            kind: *kind,
            count: (*count).max(1),
            prompt_end: event.time,
            deadline: *deadline,
            span: span(event)?,
            asked: (**asked).clone(),
        })
    }

    /// The latest time at which the movement counts.
    pub(super) fn last_moment(&self) -> MediaTime {
        self.deadline.min(self.prompt_end.plus_ns(LONGEST_NS))
    }
}

/// What is looked at for an event, if it is a hand challenge: from the prompt's end until a little after
/// the deadline.
pub fn span(event: &ControlEvent) -> Option<Span> {
    match &event.kind {
        EventKind::Challenge { kind: ChallengeKind::HandPass | ChallengeKind::HandHold, deadline, .. } => {
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
    fn only_hand_challenges_are_looked_at_and_never_for_long() {
        let event = |kind, deadline_ms| ControlEvent {
            time: MediaTime::from_ms(2_000),
            kind: EventKind::Challenge {
                id: "h".into(),
                kind,
                deadline: MediaTime::from_ms(deadline_ms),
                count: 0,
                asked: Box::default(),
            },
        };
        let w = Window::of(&event(ChallengeKind::HandHold, 8_000)).unwrap();
        assert_eq!(w.span, Span::new(MediaTime::from_ms(2_000), MediaTime::from_ms(9_500)));
        assert_eq!((w.count, w.last_moment()), (1, MediaTime::from_ms(8_000)));
        let far = Window::of(&event(ChallengeKind::HandPass, i64::MAX / 2_000_000)).unwrap();
        assert_eq!(far.span.len_ns(), LONGEST_NS + AFTER_NS);
        assert_eq!(span(&event(ChallengeKind::TurnLeft, 8_000)), None);
    }
}
