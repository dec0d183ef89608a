//! The wire: gRPC services, and the translation between the protocol and `core`.
//!
//! **In:** gRPC requests. **Out:** gRPC responses. **May touch:** `core`, `session`,
//! `telemetry`; `convert` alone imports the generated types, `status` alone makes a status of an
//! error. **Must not touch:** models, media, pixels.

pub mod convert;
mod server;
mod status;

pub use server::{Health, ServeError, Server, ServerSettings, Tls};
pub use status::status_of;
