//! Mappings of interview platforms' messages to the protocol; cargo feature `platforms`.
//!
//! **In:** what a platform hands over: its JSON messages, or what its SDK puts into memory.
//! **Out:** an [`Open`](v1::Open), then [`Output`]s: media chunks, control events, and what was left
//! out and why. Nothing here knows a network, a file or a clock, and nothing panics on a message.
//!
//! Every adapter works the same way. It takes the messages of the set-up (who is in the call, which
//! formats were agreed), announces the interview with [`Adapter::open`], then maps the rest:
//!
//! ```no_run
//! use liveproof_sdk::platforms::{Adapter, Plan, one_candidate, send, twilio::Twilio};
//! use liveproof_sdk::Client;
//!
//! # async fn example(mut messages: impl Iterator<Item = String>) -> Result<(), Box<dyn std::error::Error>> {
//! let mut call = Twilio::new(Plan::new("call-7", one_candidate("inbound")).consent("consent-7"));
//! for message in messages.by_ref().take(2) {
//!     call.take_json(&message)?; // `connected` and `start`
//! }
//! let client = Client::connect("http://127.0.0.1:50551").await?;
//! let (mut sender, _updates) = client.open(call.open()?).await?.split(); // read the updates meanwhile
//! for message in messages {
//!     for output in call.take_json(&message)? {
//!         send(&mut sender, output).await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What all adapters have in common
//!
//! - **Who is what** is decided by the integrator, in the [`Plan`]. Candidates (and mixtures) are
//!   announced with camera and microphone, interviewers with their microphone alone, and nobody else:
//!   what is not measured is not sent. Screen shares are never sent.
//! - **Time.** A platform's stamps become microseconds from the call's first media, the same for
//!   chunks and events. Where a platform states when the session began, and media follows within
//!   60 s, that is zero instead, so that a backlog keeps its place. Pictures whose stamps run on a
//!   clock of their own ([`Stamp::own`]) are moved once, by when the first was received.
//! - **Replays.** Media that does not lie after what came before on its track is left out and said
//!   ([`Skip::Repeated`]): platforms replay sound after a reconnect, and a server ends an interview
//!   after 100 refused chunks.
//! - **Epochs** rise when the size of raw pictures changes and after every break.
//! - **Codes** without a meaning here are refused with the field's name; unknown fields are ignored.
#![allow(
    clippy::result_large_err,
    reason = "the other outcome is a finished output, moved once for each message"
)]

mod call;
mod lane;
mod pixels;
mod plan;
mod shape;

pub mod daily;
pub mod livekit;
pub mod meet;
pub mod recall;
pub mod teams;
pub mod twilio;
pub mod webcodecs;
pub mod zoom_rtms;

#[cfg(test)]
mod tests;

pub use plan::{Output, Plan, Skip, Stamp, Who, one_candidate};
pub use shape::MapError;

use crate::{ClientError, InterviewSender, v1};

/// What every mapping does.
pub trait Adapter {
    /// Takes one message: the platform's own JSON or, where its SDK hands over memory, the JSON form
    /// of what it hands over ([docs/platforms.md]), as recorded calls hold it.
    ///
    /// # Errors
    /// [`MapError`] with the field at fault. The adapter goes on with the next message.
    ///
    /// [docs/platforms.md]: https://github.com/liveproof/liveproof/blob/main/docs/platforms.md
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError>;

    /// Announces the interview with everybody and everything known by now; once.
    ///
    /// # Errors
    /// [`MapError`] where nobody is a candidate, somebody has no role, or the formats are not known.
    fn open(&mut self) -> Result<v1::Open, MapError>;
}

/// Sends an output: media with flow credit, events numbered by the sender; the rest is not for the
/// server.
///
/// # Errors
/// As [`InterviewSender::send_chunk`].
pub async fn send(sender: &mut InterviewSender, output: Output) -> Result<(), ClientError> {
    match output {
        Output::Media(chunk) => sender.send_chunk(chunk).await,
        Output::Event { time_us, event } => sender.send_event(time_us, event).await.map(drop),
        Output::Skipped { .. } | Output::Ended { .. } => Ok(()),
    }
}
