//! The states of an interview. Pure: no clock, no IO, no media; the actor runs the effects.
//!
//! ```text
//! Opening -> Calibrating -> Live -> Draining -> Concluded
//!    \____________\__________\__________\-----> Aborted
//! ```

use super::SessionError;
use std::time::Duration;

/// Where an interview stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Waiting for `open`.
    Opening,
    /// Open; no segment is final yet.
    Calibrating,
    /// Segments are being concluded.
    Live,
    /// No more input; what was taken in is being finished.
    Draining(Ending),
    /// The summary was handed to the client's stream.
    Concluded(Ending),
    /// Ended without a summary.
    Aborted(SessionError),
}

/// Why an open interview stops taking input and moves on to its summary.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// The client closed it.
    Closed {
        /// The client's words.
        reason: String,
    },
    /// The client's stream ended without `close`.
    HalfClosed,
    /// It reached the longest length allowed.
    MaxLength(Duration),
    /// The server is stopping.
    ServerStopping,
    /// It is ended for a fault; the summary is sent first, then the error.
    Fault(SessionError),
}

impl Ending {
    /// True when the interview ended before its client closed it.
    pub fn is_partial(&self) -> bool {
        !matches!(self, Self::Closed { .. })
    }

    /// The reason in words, for the summary.
    pub fn words(&self) -> String {
        match self {
            Self::Closed { reason } if reason.is_empty() => "closed by the client".into(),
            Self::Closed { reason } => format!("closed by the client: {reason}"),
            Self::HalfClosed => "the client's stream ended without close".into(),
            Self::MaxLength(limit) => format!("longest interview of {} s reached", limit.as_secs()),
            Self::ServerStopping => "the server is stopping".into(),
            Self::Fault(error) => error.to_string(),
        }
    }

    /// The error that follows the summary, if any.
    pub fn error(&self) -> Option<&SessionError> {
        match self {
            Self::Fault(error) => Some(error),
            _ => None,
        }
    }
}

/// What happens to an interview.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `open` came and was found good.
    Opened,
    /// `open` came and was refused.
    OpenRefused(SessionError),
    /// A media chunk came.
    Media,
    /// A control event came.
    Control,
    /// `close` came, the input ended or has to end.
    End(Ending),
    /// A first segment became final.
    FirstFinal,
    /// All that was taken in is through the pipeline.
    Flushed,
    /// The summary is there.
    Summarised,
    /// The interview cannot go on, not even to its summary.
    Lost(SessionError),
}

/// What the actor has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Build the pipeline and answer with `hello` and credit.
    Start,
    /// Put the chunk at hand into the queue.
    QueueMedia,
    /// Put the control event at hand into the queue.
    QueueControl,
    /// Read nothing more from the client.
    StopReading,
    /// Tell the client that the server is stopping.
    AnnounceStop,
    /// Have the pipeline finish.
    Finish {
        /// Reason in words.
        reason: String,
        /// True when the client had not closed.
        partial: bool,
    },
    /// Send the summary at hand.
    SendSummary,
    /// End the client's stream, with an error or in order. Always the last effect.
    End(Option<SessionError>),
    /// Stop all work for this interview.
    CancelWork,
}

/// An event that the state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} is not expected while the interview is {state}")]
pub struct IllegalTransition {
    /// The state's name.
    pub state: &'static str,
    /// The event's name.
    pub event: &'static str,
}

impl State {
    /// Name of the state in messages and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Calibrating => "calibrating",
            Self::Live => "live",
            Self::Draining(_) => "draining",
            Self::Concluded(_) => "concluded",
            Self::Aborted(_) => "aborted",
        }
    }

    /// True when nothing more can happen.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Concluded(_) | Self::Aborted(_))
    }

    /// True while messages of the client are read.
    pub fn takes_input(&self) -> bool {
        matches!(self, Self::Opening | Self::Calibrating | Self::Live)
    }
}

impl Event {
    /// Name of the event in messages and logs; that of the message where it is one.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened | Self::OpenRefused(_) => "`open`",
            Self::Media => "`media`",
            Self::Control => "`event`",
            Self::End(Ending::Closed { .. }) => "`close`",
            Self::End(_) => "the end of input",
            Self::FirstFinal => "a final segment",
            Self::Flushed => "the end of the queue",
            Self::Summarised => "the summary",
            Self::Lost(_) => "an abort",
        }
    }
}

/// The state after an event, and what to do about it.
///
/// # Errors
/// [`IllegalTransition`] when the event makes no sense in this state; the state is then unchanged.
pub fn step(state: &State, event: Event) -> Result<(State, Vec<Effect>), IllegalTransition> {
    use State as S;
    let illegal = IllegalTransition {
        state: state.name(),
        event: event.name(),
    };
    let next = match (state, event) {
        (S::Concluded(_) | S::Aborted(_), _) => return Err(illegal),
        (_, Event::Lost(error)) => abort(error),
        (S::Opening, Event::Opened) => (S::Calibrating, vec![Effect::Start]),
        (S::Opening, Event::OpenRefused(error)) => abort(error),
        (S::Opening, Event::End(ending)) => abort(never_opened(ending)),
        (S::Calibrating | S::Live, Event::Media) => (state.clone(), vec![Effect::QueueMedia]),
        (S::Calibrating | S::Live, Event::Control) => (state.clone(), vec![Effect::QueueControl]),
        (S::Calibrating, Event::FirstFinal) => (S::Live, Vec::new()),
        (S::Calibrating | S::Live, Event::End(ending)) => drain(ending),
        (S::Draining(_), Event::FirstFinal) => (state.clone(), Vec::new()),
        (S::Draining(ending), Event::Flushed) => {
            let finish = Effect::Finish {
                reason: ending.words(),
                partial: ending.is_partial(),
            };
            (state.clone(), vec![finish])
        }
        (S::Draining(ending), Event::Summarised) => {
            let error = ending.error().cloned();
            let effects = vec![Effect::SendSummary, Effect::CancelWork, Effect::End(error)];
            (S::Concluded(ending.clone()), effects)
        }
        _ => return Err(illegal),
    };
    Ok(next)
}

fn abort(error: SessionError) -> (State, Vec<Effect>) {
    let effects = vec![
        Effect::StopReading,
        Effect::CancelWork,
        Effect::End(Some(error.clone())),
    ];
    (State::Aborted(error), effects)
}

fn drain(ending: Ending) -> (State, Vec<Effect>) {
    let mut effects = vec![Effect::StopReading];
    if ending == Ending::ServerStopping {
        effects.push(Effect::AnnounceStop);
    }
    (State::Draining(ending), effects)
}

fn never_opened(ending: Ending) -> SessionError {
    match ending {
        Ending::Fault(error) => error,
        Ending::ServerStopping => SessionError::Stopping,
        Ending::Closed { .. } | Ending::HalfClosed | Ending::MaxLength(_) => {
            SessionError::NeverOpened
        }
    }
}

#[cfg(test)]
mod tests {
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
}
