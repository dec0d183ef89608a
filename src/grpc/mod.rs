//! The wire: gRPC services, and the translation between the protocol and `core`.
//!
//! **In:** gRPC requests. **Out:** gRPC responses. **May touch:** `core`, `session`,
//! `telemetry`, `tenants`; `convert` alone imports the generated types, `status` alone makes a status of an
//! error. **Must not touch:** models, media, pixels.

mod auth;
mod connections;
pub mod convert;
mod limits;
mod pages;
mod reviews;
mod server;
mod status;
mod tls;
mod web;

/// The protocol's descriptors, an encoded `FileDescriptorSet`.
pub fn descriptors() -> &'static [u8] {
    liveproof_sdk::DESCRIPTOR_SET
}

pub use auth::DoorError;
pub use limits::DoorLimits;
pub use pages::{PageFile, Pages};
pub use server::{Health, Reflection, Reload, ServeError, Server, ServerSettings};
pub use status::{status_of, status_of_door, status_of_job};
pub use tls::{Tls, TlsError};
