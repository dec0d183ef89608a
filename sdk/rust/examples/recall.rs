//! Streams the recorded events of a Recall.ai endpoint with separate PNG pictures and sound; a third
//! argument names the candidate's participant id.
//!
//! `cargo run -p liveproof-sdk --features platforms --example recall -- http://127.0.0.1:50551 testdata/platforms/recall/png_2fps.json`

#[path = "shared/replay.rs"]
mod replay;

use liveproof_sdk::platforms::{Plan, one_candidate, recall::Recall};

/// What the bot's endpoint subscribed to.
const EVENTS: [&str; 3] = [
    "participant_events.join",
    "video_separate_png.data",
    "audio_separate_raw.data",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let candidate = replay::candidate("200");
    let session = format!("recall-{}", std::process::id());
    replay::replay(Recall::new(
        Plan::new(session, one_candidate(&candidate)),
        EVENTS,
    )?)
    .await
}
