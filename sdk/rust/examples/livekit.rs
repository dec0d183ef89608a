//! Streams what was recorded of a LiveKit room: I420 pictures and sound at 48 kHz; a third argument
//! names the candidate's identity. A program that is in the room calls `participant`, `track`, `video` and `audio` with the SDK's own values instead.
//!
//! `cargo run -p liveproof-sdk --features platforms --example livekit -- http://127.0.0.1:50551 testdata/platforms/livekit/room.json`

#[path = "shared/replay.rs"]
mod replay;

use liveproof_sdk::platforms::livekit::{Formats, LiveKit, VideoBufferType, VideoRotation};
use liveproof_sdk::platforms::{Plan, one_candidate};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let candidate = replay::candidate("applicant");
    let session = format!("livekit-{}", std::process::id());
    let formats = Formats {
        video: VideoBufferType::I420,
        rotation: VideoRotation::Rotation0,
        fps: 25.0,
        sample_rate: 48_000,
        num_channels: 1,
    };
    replay::replay(LiveKit::new(
        Plan::new(session, one_candidate(&candidate)),
        formats,
    ))
    .await
}
