//! Streams the recorded messages of a Zoom RTMS stream; a third argument names the candidate's user
//! id.
//!
//! `cargo run -p liveproof-sdk --features platforms --example zoom_rtms -- http://127.0.0.1:50551 testdata/platforms/zoom_rtms/jpg_5fps.json`

#[path = "shared/replay.rs"]
mod replay;

use liveproof_sdk::platforms::{Plan, one_candidate, zoom_rtms::ZoomRtms};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let candidate = replay::candidate("16778240");
    let session = format!("zoom-{}", std::process::id());
    replay::replay(ZoomRtms::new(Plan::new(session, one_candidate(&candidate)))).await
}
