//! liveproof
fn main() {}
