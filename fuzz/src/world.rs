//! What stands behind the border in a target: the engine with the shipped signals and no model, so
//! that nothing is ever measured by a net, and the limits of a small server.

use super::MAX_PIXELS;
use liveproof::challenge::RecordKey;
use liveproof::decode::wire::{support_audio, support_video};
use liveproof::engine::{Engine, EngineError, EngineOptions, ModelsDir, Pool};
use liveproof::ingest::Limits;
use liveproof::pipeline::PipelineSettings;
use liveproof::session::{BackendLimits, EngineBackend, ReferenceLimits};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

/// The shipped manifest: signals, weights, caps. Its models' files are not there.
const MANIFEST: &str = include_str!("../../models/manifest.toml");
/// Payload bytes that may wait: 256 KiB, so that a few inputs' worth of media drops some.
pub const QUEUE_BYTES: u64 = 256 << 10;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let written = std::fs::write(folder.path().join("manifest.toml"), MANIFEST);
    written.expect("a temporary file can be written");
    folder
});

/// Sessions as the server makes them, without models.
pub static BACKEND: LazyLock<EngineBackend> = LazyLock::new(|| {
    let engine = load(Vec::new()).expect("the shipped manifest");
    let pool = Pool::without_models(1, 1).expect("a thread can be started");
    let mut ingest = Limits::new(support_video, support_audio);
    ingest.max_picture_pixels = MAX_PIXELS;
    let limits = BackendLimits {
        max_message_bytes: ingest.max_chunk_bytes as u64,
        ingest,
        initial_credit_bytes: QUEUE_BYTES,
        max_session_length_s: 4 * 3_600,
        idle_timeout_s: 60,
        max_sessions: 1,
        references: ReferenceLimits::default(),
    };
    let key = RecordKey::new(&[7; 32], false).expect("a key of 32 bytes");
    EngineBackend::new(engine, pool, PipelineSettings::default(), &limits, key)
});

fn load(overlays: Vec<PathBuf>) -> Result<Arc<Engine>, EngineError> {
    let options = EngineOptions {
        // No such library: nets cannot run here anyway.
        runtime: Some(FOLDER.path().join("none.so")),
        overlays,
        ..EngineOptions::default()
    };
    Engine::load(&ModelsDir::find(Some(FOLDER.path()))?, &options)
}

/// The engine with this text laid over the shipped manifest.
pub fn with_overlay(text: &str) -> Result<Arc<Engine>, EngineError> {
    let folder = tempfile::tempdir_in(FOLDER.path()).expect("a temporary folder can be made");
    let path = folder.path().join("overlay.toml");
    std::fs::write(&path, text).expect("a temporary file can be written");
    load(vec![path])
}
