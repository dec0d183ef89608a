//! Protocol types of liveproof and a client for its live interview stream.
//!
//! [`Client::connect`] reaches a server, [`Client::open`] starts an interview and waits for the
//! server's `hello`, which says what the server takes and which signals can run on the announced
//! tracks. The interview then has two halves: an [`InterviewSender`] for media and events, and
//! [`Updates`] with what the server has to say. Read updates while sending: the sender waits for
//! flow credit, and credit comes in between updates.
//!
//! ```no_run
//! use liveproof_sdk::{Client, Update, v1};
//!
//! # async fn example(open: v1::Open, pictures: Vec<(i64, Vec<u8>)>) -> Result<(), liveproof_sdk::ClientError> {
//! let client = Client::connect("http://127.0.0.1:50551").await?;
//! let interview = client.open(open).await?;
//! for signal in interview.hello().signals.iter().filter(|s| !s.available) {
//!     println!("{} will not be measured: {}", signal.signal, signal.detail);
//! }
//! let (mut sender, mut updates) = interview.split();
//! let sending = async move {
//!     for (capture_time_us, jpeg) in pictures {
//!         sender.send_media("camera", capture_time_us, jpeg, None).await?;
//!     }
//!     sender.close("done").await
//! };
//! let reading = async {
//!     while let Some(update) = updates.next().await? {
//!         match update {
//!             Update::Segment(s) if s.r#final => println!("segment {}: {:?}", s.index, s.outcome),
//!             Update::Summary(s) => println!("{:?}", s.participants),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! };
//! tokio::try_join!(sending, reading)?;
//! # Ok(())
//! # }
//! ```
//!
//! Where a moment of the same person on the same camera was verified, as at an identity check, its
//! pictures can be sent as a reference: announce a [`reference_track`] and send its pictures with
//! [`InterviewSender::send_media`], best before the interview's own. Or name an earlier interview in
//! `reference_session_id` of the participant.
//!
//! With the cargo feature `platforms`, the module of that name maps the messages of interview platforms (Zoom
//! RTMS, Teams, Meet, Recall.ai, LiveKit, Daily, Twilio, WebCodecs) to the protocol.
//!
//! The server can put challenges to a candidate ([`InterviewSender::issue_challenge`], or by the policy in
//! `open`): show the prompt of [`Update::Challenge`], say when it was shown with
//! [`InterviewSender::challenge_shown`], and read on; `docs/challenges.md` has the way of one.
//!
//! A recording is handed in with [`Client::submit_review`], where the server takes some; its review goes on by
//! itself and can be watched ([`Client::watch_review`]), ended and fetched from anywhere.
//!
//! A client that heeds its credit, as this one does, loses nothing. A connection that breaks is
//! replaced by another one, as long as the server's grace period lasts: what had not arrived is sent
//! again, results that were lost on the way come again, and [`Update::Resumed`] tells of it. To end an
//! interview early, close it, or drop both halves.

mod access;
mod client;
mod connection;
mod credit;
mod error;
mod interview;
mod kept;
#[cfg(feature = "platforms")]
pub mod platforms;
mod reviews;

pub use access::Access;
pub use client::Client;
pub use error::ClientError;
pub use interview::{Interview, InterviewSender, Update, Updates};
pub use reviews::{Report, ReviewJob, ReviewUpdate, ReviewWatch, is_over};

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Generated protocol types, `liveproof.v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("liveproof.v1");
}

/// A track for pictures of the participant of `like`, in its format, at a verified moment. Its
/// timestamps have no relation to those of the other tracks.
pub fn reference_track(track_id: &str, like: &v1::Track) -> v1::Track {
    v1::Track {
        track_id: track_id.to_owned(),
        clock_id: String::new(),
        reference: true,
        ..like.clone()
    }
}

/// Announces an interview of one participant, `candidate`, with one track of pictures, `camera`, under an id that is drawn.
pub fn one_candidate(format: v1::VideoFormat) -> v1::Open {
    let drawn = RandomState::new().build_hasher().finish();
    v1::Open {
        session_id: format!("interview-{drawn:016x}"),
        participants: vec![v1::Participant {
            participant_id: "candidate".to_owned(),
            role: v1::ParticipantRole::Candidate.into(),
            ..Default::default()
        }],
        tracks: vec![v1::Track {
            track_id: "camera".to_owned(),
            participant_id: "candidate".to_owned(),
            kind: v1::TrackKind::Video.into(),
            details: Some(v1::track::Details::Video(v1::VideoTrack {
                format: format.into(),
                ..Default::default()
            })),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// Encoded descriptor set of the protocol, for gRPC reflection.
pub const DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/liveproof_descriptor.bin"));
