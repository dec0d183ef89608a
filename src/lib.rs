//! liveproof scores how authentic a video interview is, segment by segment.

pub mod analyze;
pub mod audio;
pub mod client;
pub mod config;
pub mod core;
pub mod decode;
pub mod engine;
pub mod fusion;
pub mod grpc;
pub mod ingest;
pub mod pipeline;
pub mod report;
pub mod segment;
pub mod serve;
pub mod session;
pub mod telemetry;
pub mod track;
pub mod vision;

#[cfg(test)]
pub(crate) mod testing;
