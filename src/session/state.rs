//! The states of an interview. Pure: no clock, no IO, no media; the actor runs the effects.
//!
//! ```text
//! Opening -> Calibrating -> Live -> Draining -> Concluded
//!    \____________\__________\__________\-----> Aborted
//! ```
//!
//! An interview that can be resumed and loses its connection while it is calibrating, live or
//! draining is [`State::Detached`] and remembers which; a new connection brings it back there. When
//! none comes in time it is [`State::Forsaken`]: it finishes for the record, and nobody reads it.

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
    /// The connection is lost, and a new one may take over; holds the state to go on in.
    Detached(Box<State>),
    /// No connection took over in time; what was taken in is being finished, unread.
    Forsaken(Ending),
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
    /// Its connection was lost and not resumed in time.
    NotResumed(Duration),
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
            Self::NotResumed(grace) => format!(
                "the connection was lost and not resumed within {} s",
                grace.as_secs_f64()
            ),
            Self::MaxLength(limit) => format!("longest interview of {} s reached", limit.as_secs()),
            Self::ServerStopping => "the server is stopping".into(),
            Self::Fault(error) => error.to_string(),
        }
    }

    /// The reason in a word, for the log and for metrics: the client's own words stay out of both.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::HalfClosed => "half_closed",
            Self::NotResumed(_) => "not_resumed",
            Self::MaxLength(_) => "max_length",
            Self::ServerStopping => "stopping",
            Self::Fault(error) => error.cause(),
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
    /// The connection is lost, and the interview can be resumed.
    Disconnected,
    /// A new connection takes over.
    Resumed,
    /// No new connection came within this time.
    GraceOver(Duration),
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
    /// Let the connection go, and keep what it has not read.
    Detach,
    /// Take the new connection at hand.
    Attach,
    /// Keep nothing for a reader any more.
    Forget,
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
            Self::Detached(_) => "detached",
            Self::Forsaken(_) => "forsaken",
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

    /// The state itself; of a detached interview the one to go on in.
    pub fn phase(&self) -> &Self {
        match self {
            Self::Detached(inner) => inner,
            other => other,
        }
    }

    /// Why it is being finished, connected or not; `None` before that and after the end.
    pub fn ending(&self) -> Option<&Ending> {
        match self.phase() {
            Self::Draining(ending) | Self::Forsaken(ending) => Some(ending),
            _ => None,
        }
    }

    /// True while no connection belongs to it.
    pub fn is_detached(&self) -> bool {
        matches!(self, Self::Detached(_) | Self::Forsaken(_))
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
            Self::Disconnected => "the loss of the connection",
            Self::Resumed => "a new connection",
            Self::GraceOver(_) => "the end of the grace period",
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
        (S::Detached(inner), event) => return detached(inner, event, illegal),
        // Nobody waits for these results, or nobody could come back for them.
        (
            S::Opening | S::Draining(Ending::HalfClosed | Ending::ServerStopping),
            Event::Disconnected,
        ) => abort(SessionError::ClientGone),
        (S::Calibrating | S::Live | S::Draining(_), Event::Disconnected) => {
            (S::Detached(Box::new(state.clone())), vec![Effect::Detach])
        }
        // The old connection may be dead without having been noticed.
        (S::Calibrating | S::Live | S::Draining(_), Event::Resumed) => {
            (state.clone(), vec![Effect::Detach, Effect::Attach])
        }
        (S::Opening, Event::Opened) => (S::Calibrating, vec![Effect::Start]),
        (S::Opening, Event::OpenRefused(error)) => abort(error),
        (S::Opening, Event::End(ending)) => abort(never_opened(ending)),
        (S::Calibrating | S::Live, Event::Media) => (state.clone(), vec![Effect::QueueMedia]),
        (S::Calibrating | S::Live, Event::Control) => (state.clone(), vec![Effect::QueueControl]),
        (S::Calibrating, Event::FirstFinal) => (S::Live, Vec::new()),
        (S::Calibrating | S::Live, Event::End(ending)) => drain(ending),
        (S::Draining(_) | S::Forsaken(_), Event::FirstFinal) => (state.clone(), Vec::new()),
        (S::Draining(ending) | S::Forsaken(ending), Event::Flushed) => {
            let finish = Effect::Finish {
                reason: ending.words(),
                partial: ending.is_partial(),
            };
            (state.clone(), vec![finish])
        }
        (S::Draining(ending) | S::Forsaken(ending), Event::Summarised) => {
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

/// What happens to an interview without a connection: all but a client's messages.
fn detached(
    inner: &State,
    event: Event,
    illegal: IllegalTransition,
) -> Result<(State, Vec<Effect>), IllegalTransition> {
    match event {
        Event::Resumed => Ok((inner.clone(), vec![Effect::Attach])),
        Event::GraceOver(grace) => Ok(match inner {
            State::Draining(ending) => (State::Forsaken(ending.clone()), vec![Effect::Forget]),
            _ => (
                State::Forsaken(Ending::NotResumed(grace)),
                vec![Effect::Forget, Effect::StopReading],
            ),
        }),
        Event::End(_) | Event::FirstFinal | Event::Flushed | Event::Summarised => {
            let (next, effects) = step(inner, event).map_err(|_| illegal)?;
            let next = match next.is_terminal() {
                true => next,
                false => State::Detached(Box::new(next)),
            };
            Ok((next, effects))
        }
        _ => Err(illegal),
    }
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
        Ending::Closed { .. }
        | Ending::HalfClosed
        | Ending::NotResumed(_)
        | Ending::MaxLength(_) => SessionError::NeverOpened,
    }
}

#[cfg(test)]
mod tests;
