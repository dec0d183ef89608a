//! A challenge that is asked for while a recording is streamed.
//!
//! A recording cannot follow what is drawn; this shows the way of a challenge on the wire, its texts and
//! its records, and what is made of pictures in which it was not done. The prompt counts as shown at the
//! time asked for, a second one as soon as it comes.

use crate::core::{ChallengeKind, MediaTime};
use crate::grpc::convert::{issue_message, shown_message};
use crate::session::{ChallengeState, ChallengeUpdate};
use liveproof_sdk::{ClientError, InterviewSender};
use tokio::sync::watch;
use tokio::time::{Duration, timeout};

/// How long before the prompt is shown it is asked for, nanoseconds of the recording.
const AHEAD_NS: i64 = 1_000_000_000;
/// How long the server's answer is awaited.
const PATIENCE: Duration = Duration::from_secs(10);

/// A challenge to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeWish {
    /// Which kind.
    pub kind: ChallengeKind,
    /// When its prompt is shown, in the recording's time.
    pub at: MediaTime,
}

/// A prompt that waits to be shown: the challenge and the attempt; `None` = none.
pub(super) type Waiting = Option<(String, u32)>;

/// What of the challenge is still to be said.
pub(super) struct Asking {
    wish: Option<ChallengeWish>,
    asked: bool,
    shown: u32,
    waiting: watch::Receiver<Waiting>,
}

// === impl Asking ===

impl Asking {
    pub(super) fn new(wish: Option<ChallengeWish>, waiting: watch::Receiver<Waiting>) -> Self {
        Self {
            wish,
            asked: false,
            shown: 0,
            waiting,
        }
    }

    /// Says what is due before something of this time is sent.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub(super) async fn before(
        &mut self,
        time: MediaTime,
        sender: &InterviewSender,
    ) -> Result<(), ClientError> {
        let Some(wish) = self.wish else { return Ok(()) };
        if !self.asked && time >= wish.at.plus_ns(-AHEAD_NS) {
            self.asked = true;
            sender.issue_challenge(issue_message(wish.kind)).await?;
        }
        if !self.asked || (self.shown == 0 && time < wish.at) {
            return Ok(());
        }
        if self.shown == 0 {
            let answered = self.waiting.wait_for(|w| w.is_some());
            if timeout(PATIENCE, answered).await.is_err() {
                // Refused, or never answered: what the server said was told.
                self.wish = None;
                return Ok(());
            }
        }
        let waiting = self.waiting.borrow().clone();
        if let Some((id, attempt)) = waiting.filter(|(_, attempt)| *attempt > self.shown) {
            let at = if attempt == 1 { wish.at } else { time };
            self.shown = attempt;
            sender
                .challenge_shown(shown_message(&id, attempt, at))
                .await?;
        }
        Ok(())
    }
}

/// The prompt that an update wants shown, if it does.
pub(super) fn wants_shown(update: &ChallengeUpdate) -> Waiting {
    match update.state {
        ChallengeState::Issued(_) => Some((update.challenge.clone(), 1)),
        ChallengeState::AskedAgain { .. } => Some((update.challenge.clone(), 2)),
        _ => None,
    }
}
