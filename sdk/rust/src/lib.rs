//! Protocol types of liveproof and a client for its live interview stream.

/// Generated protocol types, `liveproof.v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("liveproof.v1");
}

/// Encoded descriptor set of the protocol, for gRPC reflection.
pub const DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/liveproof_descriptor.bin"));
