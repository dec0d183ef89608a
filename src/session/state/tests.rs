//! The ways through the states, and that no list of events breaks a promise.

use super::*;
use proptest::prelude::*;

fn endings() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::Closed {
            reason: "done".into()
        }),
        Just(Ending::HalfClosed),
        Just(Ending::MaxLength(Duration::from_secs(60))),
        Just(Ending::ServerStopping),
        Just(Ending::Fault(SessionError::Idle(Duration::from_secs(5)))),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Opened),
        1 => Just(Event::OpenRefused(SessionError::NeverOpened)),
        4 => Just(Event::Media),
        3 => Just(Event::Control),
        2 => endings().prop_map(Event::End),
        2 => Just(Event::FirstFinal),
        2 => Just(Event::Flushed),
        2 => Just(Event::Summarised),
        3 => Just(Event::Disconnected),
        3 => Just(Event::Resumed),
        1 => Just(Event::GraceOver(Duration::from_secs(30))),
        1 => Just(Event::Lost(SessionError::Internal)),
    ]
}

/// Runs a list of events, keeping illegal ones out of the state.
fn run(events: Vec<Event>) -> (State, Vec<Effect>) {
    let mut state = State::Opening;
    let mut all = Vec::new();
    for event in events {
        if let Ok((next, effects)) = step(&state, event) {
            state = next;
            all.extend(effects);
        }
    }
    (state, all)
}

fn count(effects: &[Effect], wanted: impl Fn(&Effect) -> bool) -> usize {
    effects.iter().filter(|e| wanted(e)).count()
}

#[test]
fn the_orderly_way_through() {
    let close = Event::End(Ending::Closed {
        reason: String::new(),
    });
    let (state, effects) = run(vec![
        Event::Opened,
        Event::Media,
        Event::Control,
        Event::FirstFinal,
        close,
        Event::Flushed,
        Event::Summarised,
    ]);
    assert!(matches!(state, State::Concluded(ref e) if !e.is_partial()));
    assert_eq!(effects.last(), Some(&Effect::End(None)));
    assert!(effects.contains(&Effect::Finish {
        reason: "closed by the client".into(),
        partial: false,
    }));
}

#[test]
fn messages_out_of_turn_are_named() {
    for (state, event, text) in [
        (
            State::Opening,
            Event::Media,
            "`media` is not expected while the interview is opening",
        ),
        (
            State::Opening,
            Event::Control,
            "`event` is not expected while the interview is opening",
        ),
        (
            State::Live,
            Event::Opened,
            "`open` is not expected while the interview is live",
        ),
        (
            State::Calibrating,
            Event::Opened,
            "`open` is not expected while the interview is calibrating",
        ),
    ] {
        assert_eq!(step(&state, event).unwrap_err().to_string(), text);
    }
}

#[test]
fn a_fault_sends_the_summary_before_the_error() {
    let fault = SessionError::Idle(Duration::from_secs(1));
    let (_, effects) = run(vec![
        Event::Opened,
        Event::End(Ending::Fault(fault.clone())),
        Event::Flushed,
        Event::Summarised,
    ]);
    let summary = effects
        .iter()
        .position(|e| *e == Effect::SendSummary)
        .unwrap();
    let end = effects
        .iter()
        .position(|e| *e == Effect::End(Some(fault.clone())))
        .unwrap();
    assert!(summary < end);
}

proptest! {
    #[test]
    fn whatever_comes_the_promises_hold(list in prop::collection::vec(events(), 0..60)) {
        let (state, effects) = run(list);
        let starts = count(&effects, |e| *e == Effect::Start);
        let ends = count(&effects, |e| matches!(e, Effect::End(_)));
        prop_assert!(starts <= 1, "hello is said once");
        prop_assert_eq!(ends, usize::from(state.is_terminal()), "one end, and only at the end");
        prop_assert!(count(&effects, |e| *e == Effect::SendSummary) <= 1);
        if state.is_terminal() {
            prop_assert!(matches!(effects.last(), Some(Effect::End(_))), "nothing after the end");
            prop_assert!(effects.contains(&Effect::CancelWork), "work never outlives the end");
        }
        let queued = |e: &Effect| matches!(e, Effect::QueueMedia | Effect::QueueControl);
        let stop = effects.iter().position(|e| *e == Effect::StopReading);
        let first = effects.iter().position(queued);
        let last = effects.iter().rposition(queued);
        if let Some(first) = first {
            let start = effects.iter().position(|e| *e == Effect::Start);
            prop_assert!(start.is_some_and(|s| s < first), "nothing is queued before hello");
        }
        if let (Some(stop), Some(last)) = (stop, last) {
            prop_assert!(last < stop, "nothing is queued after the end of input");
        }
    }

    /// A connection is let go before another is taken, at most one is held at a time, and nothing
    /// of a client's is taken without one.
    #[test]
    fn connections_come_one_after_the_other(list in prop::collection::vec(events(), 0..80)) {
        let (mut state, mut linked, mut forgotten) = (State::Opening, true, false);
        for event in list {
            let (was, came) = (state.clone(), event.clone());
            let Ok((next, effects)) = step(&state, event) else { continue };
            state = next;
            for effect in &effects {
                match effect {
                    Effect::Detach => {
                        prop_assert!(linked, "{came:?} at {was:?}");
                        linked = false;
                    }
                    Effect::Attach => {
                        prop_assert!(!linked && !forgotten, "{came:?} at {was:?}");
                        linked = true;
                    }
                    Effect::Forget => {
                        prop_assert!(!linked && !forgotten);
                        forgotten = true;
                    }
                    Effect::QueueMedia | Effect::QueueControl | Effect::Start => {
                        prop_assert!(linked, "{effect:?} without a connection");
                    }
                    _ => {}
                }
            }
            if !state.is_terminal() {
                prop_assert_eq!(state.is_detached(), !linked);
            }
            if matches!(came, Event::Resumed) {
                prop_assert_eq!(state.phase(), was.phase(), "it goes on where it broke off");
            }
        }
    }

    /// An interview that was opened and not lost for another reason ends with a summary, whatever
    /// happens to its connections.
    #[test]
    fn no_connection_decides_whether_there_is_a_summary(
        list in prop::collection::vec(events(), 0..60),
        breaks in prop::collection::vec(0u8..3, 8),
    ) {
        let mut state = State::Opening;
        let mut sent = 0;
        let run = |state: &mut State, event: Event| {
            let Ok((next, effects)) = step(state, event) else { return 0 };
            *state = next;
            count(&effects, |e| *e == Effect::SendSummary)
        };
        sent += run(&mut state, Event::Opened);
        for event in list.into_iter().filter(|e| !matches!(e, Event::Lost(_))) {
            sent += run(&mut state, event);
        }
        let close = Event::End(Ending::Closed { reason: String::new() });
        let rest = [close, Event::GraceOver(Duration::ZERO), Event::Flushed, Event::Summarised];
        for (event, b) in rest.into_iter().zip(breaks.chunks(2)) {
            for kind in b {
                sent += match kind {
                    0 => run(&mut state, Event::Disconnected),
                    1 => run(&mut state, Event::Resumed),
                    _ => 0,
                };
            }
            sent += run(&mut state, event);
        }
        let given_up = matches!(state, State::Aborted(SessionError::ClientGone));
        prop_assert_eq!(sent, usize::from(!given_up), "{:?}", state);
    }

    #[test]
    fn terminal_states_absorb(event in events()) {
        for state in [
            State::Concluded(Ending::HalfClosed),
            State::Aborted(SessionError::Internal),
        ] {
            prop_assert!(step(&state, event.clone()).is_err());
        }
    }
}
