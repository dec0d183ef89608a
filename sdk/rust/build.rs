//! Compiles the protocol in pure Rust (no protoc needed) and keeps the descriptor for reflection.
#![allow(
    clippy::disallowed_methods,
    reason = "cargo hands OUT_DIR over in the environment"
)]
use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    println!("cargo:rerun-if-changed={root}");
    let descriptors = protox::compile(
        [
            "liveproof/v1/challenge.proto",
            "liveproof/v1/interview.proto",
            "liveproof/v1/media.proto",
            "liveproof/v1/result.proto",
            "liveproof/v1/info.proto",
            "liveproof/v1/review.proto",
            "liveproof/v1/web.proto",
        ],
        [root],
    )?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    // tonic's `compile_fds` ignores `file_descriptor_set_path`, so it is written here.
    std::fs::write(
        out.join("liveproof_descriptor.bin"),
        descriptors.encode_to_vec(),
    )?;
    tonic_prost_build::configure()
        .bytes(".")
        .compile_fds(descriptors)?;
    Ok(())
}
