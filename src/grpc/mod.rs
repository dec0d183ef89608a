//! The wire: gRPC services, and the translation between the protocol and `core`.
//!
//! **In:** gRPC requests. **Out:** gRPC responses. **May touch:** `core`, `session`,
//! `telemetry`; `convert` alone imports the generated types, `status` alone makes a status of an
//! error. **Must not touch:** models, media, pixels.

pub mod convert;
mod pages;
mod server;
mod status;
mod web;

/// The protocol's descriptors, an encoded `FileDescriptorSet`.
pub fn descriptors() -> &'static [u8] {
    liveproof_sdk::DESCRIPTOR_SET
}

pub use pages::{PageFile, Pages};
pub use server::{Health, ServeError, Server, ServerSettings, Tls};
pub use status::status_of;
