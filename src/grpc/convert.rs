//! The only import site of the generated protocol types: wire to `core` and back.
//!
//! Nothing that a client sends is trusted: unknown enum values, absent oneofs and bad ids become
//! a [`FieldError`] that names the field as the client knows it. Values that `core` does not
//! interpret (sizes, rates, strides) are passed on as they are; `ingest` judges them.

mod challenges;
mod client;
mod enums;
mod inbound;
mod issued;
mod outbound;
mod results;
pub mod review;
pub mod web;

/// Generated types, for the other files of this room.
pub(super) use liveproof_sdk::v1 as pb;

pub use client::{event_message, open_message, packed_layout, read_hello, read_signal_info};
pub use inbound::client_message;
pub use issued::{issue_message, read_update, shown_message};
pub use outbound::{info_response, server_message};
pub use results::{read_capability, read_segment, read_summary};

use crate::core::FieldError;

/// A field that has to be there.
fn required<T>(value: Option<T>, field: &str, expected: &str) -> Result<T, FieldError> {
    value.ok_or_else(|| FieldError::new(field, "nothing", expected))
}
