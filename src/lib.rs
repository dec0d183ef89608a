//! liveproof scores how authentic a video interview is, segment by segment, and says what it could
//! not measure.
//!
//! # Map
//!
//! | from the outside in | rooms |
//! |---|---|
//! | who asks | [`grpc`] and [`session`] for live interviews, [`review`] for recordings, [`evaluate`] for sets of them; [`forge`] makes test copies |
//! | what comes in | [`ingest`] checks it, [`decode`] turns it into pictures and sound |
//! | what is seen and heard | [`track`] follows faces (on [`vision`] and [`engine`]), [`audio`] follows voices |
//! | what it means | [`segment`] cuts, [`analyze`] measures, [`fusion`] adds up; [`pipeline`] holds them together |
//! | what goes out | [`report`]: a document, a page, lines; [`web`]: the host's and the candidate's pages; [`evidence`]: a log that can be checked; [`feedback`]: what reviewers say of it |
//! | everywhere | [`core`] is the vocabulary, [`config`] the settings, [`tenants`] who may call, [`telemetry`] log, metrics and spans |
//!
//! `ARCHITECTURE.md` has the rooms' walls, which a test holds.
//!
//! # Where to begin reading
//!
//! [`core::Outcome`] and [`core::SegmentResult`] say what is produced; [`analyze::Analyzer`] is what
//! a signal is; [`pipeline::Pipeline`] is one interview from decoded media to results;
//! [`session::Session`] is the same interview while it runs.
//!
//! # Life of an interview
//!
//! A client opens with participants, tracks and a consent id, and is told which signals can run.
//! Chunks of media are checked, decoded, and pushed with their capture times. The face of each
//! scored participant is followed and the sound becomes a series of 10 ms hops. When all tracks
//! have passed a segment's end, each analyzer gives a log-likelihood ratio or an abstention, fusion
//! adds the capped contributions, and the result goes out: first provisional, then final. A summary
//! closes the interview. A recording takes the same way, from a file and without waiting.
//!
//! # What always holds
//!
//! - A signal that measured nothing is an abstention with its reason, never a number; without a
//!   number there is no score.
//! - Quality multiplies evidence and is none itself.
//! - Log-likelihood ratios are natural logarithms, positive = manipulated; audio-video offsets are
//!   positive when the audio is late.
//! - Time comes from timestamps. Nothing between `decode` and `report` reads a clock, so the same
//!   media gives the same report.
//! - Whatever a client can fill is bounded, and what comes from wire, file or model never panics.

pub mod analyze;
pub mod audio;
pub mod challenge;
pub mod client;
pub mod config;
pub mod core;
pub mod decode;
pub mod engine;
pub mod evaluate;
pub mod evidence;
pub mod feedback;
pub mod forge;
pub mod fusion;
pub mod grpc;
pub mod ingest;
pub mod jobs;
pub mod pipeline;
pub mod report;
pub mod review;
pub mod segment;
pub mod serve;
pub mod session;
pub mod telemetry;
pub mod tenants;
pub mod track;
pub mod vision;
pub mod web;
pub mod webhook;

#[cfg(test)]
pub(crate) mod testing;
