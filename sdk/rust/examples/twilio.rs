//! Streams the recorded messages of a Twilio Media Stream: a phone interview. The candidate is the
//! far party of the call leg, the track `inbound`.
//!
//! `cargo run -p liveproof-sdk --features platforms --example twilio -- http://127.0.0.1:50551 testdata/platforms/twilio/call.json`

#[path = "shared/replay.rs"]
mod replay;

use liveproof_sdk::platforms::{Plan, one_candidate, twilio::Twilio};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let session = format!("twilio-{}", std::process::id());
    replay::replay(Twilio::new(Plan::new(session, one_candidate("inbound")))).await
}
