//! What the integrator knows, and what messages become.

use crate::v1::{self, control_event::Event};
use std::fmt;

/// Somebody in a call, as the integrator's rule for roles is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who<'a> {
    /// The platform's id: a user id, a track's name, a key.
    pub external_id: &'a str,
    /// The name that the platform shows; never sent on.
    pub name: Option<&'a str>,
    /// Whether the platform calls them the host or owner, where it says.
    pub host: Option<bool>,
}

type Rule = Box<dyn Fn(&Who<'_>) -> v1::ParticipantRole + Send + Sync>;

/// What the integrator knows and no platform says.
pub struct Plan {
    pub(super) session_id: String,
    pub(super) consent_id: String,
    pub(super) roles: Rule,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}

impl Plan {
    /// An interview with this id (1 to 128 characters of `[A-Za-z0-9._:-]`); `roles` says what
    /// somebody is to it. A role left unspecified is refused.
    pub fn new(
        session_id: impl Into<String>,
        roles: impl Fn(&Who<'_>) -> v1::ParticipantRole + Send + Sync + 'static,
    ) -> Self {
        Self {
            session_id: session_id.into(),
            consent_id: String::new(),
            roles: Box::new(roles),
        }
    }

    /// Where the record of the candidate's consent is kept.
    pub fn consent(mut self, consent_id: impl Into<String>) -> Self {
        self.consent_id = consent_id.into();
        self
    }
}

/// The rule for an interview of one: the person with this id is the candidate, everybody else asks.
pub fn one_candidate(
    external_id: &str,
) -> impl Fn(&Who<'_>) -> v1::ParticipantRole + Send + Sync + use<> {
    let candidate = external_id.to_owned();
    move |who| match who.external_id == candidate {
        true => v1::ParticipantRole::Candidate,
        false => v1::ParticipantRole::Interviewer,
    }
}

/// What a message became.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Media for the server, numbered.
    Media(v1::MediaChunk),
    /// Something that happened, in microseconds of session time.
    Event {
        /// When.
        time_us: i64,
        /// What.
        event: Event,
    },
    /// Media that does not go on, and why. Nothing is left out without this.
    Skipped {
        /// Whose, by the platform's id.
        external_id: String,
        /// Why.
        why: Skip,
    },
    /// The platform ended the stream; close the interview.
    Ended {
        /// Why, in words.
        reason: String,
    },
}

/// Why media does not go on to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// It does not lie after what came before on its track: replayed, or out of order.
    Repeated,
    /// It lies before the session's start.
    BeforeStart,
    /// Its participant joined after the interview was opened; another interview would take it.
    NotAnnounced,
    /// Nothing is measured on it: a camera of somebody who is not assessed, or a participant who is
    /// neither candidate nor interviewer.
    NotAssessed,
    /// A shared screen.
    ScreenShare,
    /// There is no picture or sound in it.
    Empty,
    /// The platform did not say when it was captured.
    NoTime,
    /// Its picture is turned or mirrored otherwise than announced, which a track cannot say in
    /// mid-call.
    Turned,
    /// Less than 10 ms of sound, and what follows does not join it.
    Short,
}

/// A platform's stamp in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub(super) us: i64,
    pub(super) own: bool,
    pub(super) received_unix_us: i64,
}

impl Stamp {
    /// On the one clock that all stamps of the platform share.
    pub fn shared(us: i64) -> Self {
        Self {
            us,
            own: false,
            received_unix_us: 0,
        }
    }

    /// On a clock of the track's own, together with when the integrator received it (Unix
    /// microseconds), by which it is moved to the call's time, once.
    pub fn own(us: i64, received_unix_us: i64) -> Self {
        Self {
            us,
            own: true,
            received_unix_us,
        }
    }

    /// The same, with when it was received.
    pub(super) fn captured(us: i64, received_unix_us: i64) -> Self {
        Self {
            received_unix_us,
            ..Self::shared(us)
        }
    }

    /// No stamp but that of receipt, Unix microseconds.
    pub fn received(received_unix_us: i64) -> Self {
        Self {
            us: received_unix_us,
            own: false,
            received_unix_us,
        }
    }

    /// The moment this many microseconds before.
    pub(super) fn earlier(self, us: i64) -> Self {
        Self {
            us: self.us.saturating_sub(us),
            ..self
        }
    }
}
