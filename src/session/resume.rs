//! Resuming an interview on a new connection: the token, the request, and what is handed over.

use super::message::{Hello, Numbered, Resumed, ServerMessage};
use super::secret::random;
use super::{ClientMessage, InboundError, SessionError};
use crate::core::SessionId;
use std::pin::Pin;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use tokio::sync::mpsc;
use tokio_stream::Stream;

/// Bytes of a token: 256 bits of the system's random numbers.
pub const RESUME_TOKEN_BYTES: usize = 32;

/// What a session reads.
pub type Input = Pin<Box<dyn Stream<Item = Result<ClientMessage, InboundError>> + Send>>;

/// Where a session's messages go.
pub type Output = mpsc::Sender<Result<Numbered, SessionError>>;

/// Proves that a connection belongs to the client that opened the interview. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeToken(Vec<u8>);

/// Asks to take an interview over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Which.
    pub session_id: SessionId,
    /// What its `hello` said.
    pub token: ResumeToken,
    /// Number of the latest message that the client has.
    pub last_sequence: u64,
}

/// A new connection for a running interview.
pub struct Attachment {
    /// What its client says.
    pub input: Input,
    /// Where the answers go.
    pub output: Output,
    /// Number of the latest message that the client has.
    pub last_sequence: u64,
}

/// What an ended interview keeps for a client that may have lost its last words.
#[derive(Debug, Clone)]
pub struct Tail {
    /// Its greeting.
    pub hello: Hello,
    /// Messages that the client may not have, in order.
    pub messages: Vec<Numbered>,
    /// How the stream ended.
    pub end: Option<SessionError>,
    /// Number after the last message.
    pub next_sequence: u64,
}

/// What a token leads to.
#[derive(Debug, Clone)]
pub enum Resumable {
    /// An interview that runs, and takes a connection here.
    Running(mpsc::Sender<Attachment>),
    /// One that has ended.
    Ended(Arc<Tail>),
}

// === impl ResumeToken ===

impl ResumeToken {
    /// A fresh token.
    ///
    /// # Errors
    /// [`SessionError::NoRandomness`] when the system gives none.
    pub fn draw() -> Result<Self, SessionError> {
        Ok(Self(random::<RESUME_TOKEN_BYTES>()?.to_vec()))
    }

    /// A token as a client shows it.
    pub fn shown(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes, for the client alone.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// True for the same token; takes as long for any other of the same length.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResumeToken(..)")
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("last_sequence", &self.last_sequence)
            .finish_non_exhaustive()
    }
}

// === impl Tail ===

impl Tail {
    /// Gives a client that comes back what it does not have.
    pub async fn tell(&self, output: &Output, last_sequence: u64) {
        let missing = || {
            let unseen = |m: &&Numbered| m.sequence > last_sequence;
            self.messages.iter().filter(unseen)
        };
        let mut hello = self.hello.clone();
        hello.resumed = Some(Resumed {
            next_sequence: missing().next().map_or(self.next_sequence, |m| m.sequence),
            closed: true,
            ..hello.resumed.unwrap_or_default()
        });
        let greeting = Numbered {
            sequence: 0,
            message: ServerMessage::Hello(Box::new(hello)),
        };
        for message in [greeting].into_iter().chain(missing().cloned()) {
            if output.send(Ok(message)).await.is_err() {
                return;
            }
        }
        if let Some(error) = &self.end {
            output.send(Err(error.clone())).await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_differ_and_are_not_printed() {
        let (a, b) = (ResumeToken::draw().unwrap(), ResumeToken::draw().unwrap());
        assert_eq!(a.reveal().len() * 8, 256);
        assert!(a.is(&a.clone()) && a.is(&ResumeToken::shown(a.reveal())));
        assert!(!a.is(&b) && !a.is(&ResumeToken::shown(&[])));
        assert_eq!(format!("{a:?}"), "ResumeToken(..)");
    }
}
