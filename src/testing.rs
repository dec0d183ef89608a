//! For tests only: where media beside the repository lies, and loud skips where it does not.
//!
//! Included by path in the integration tests as well, so it uses nothing of the crate.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The media folder (`LIVEPROOF_DATA`, default `../shared/data`), or `None` after saying that
/// `test` is skipped. `.ci/test` lists and counts what was skipped.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("LIVEPROOF_DATA")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    if data.join("MANIFEST.csv").is_file() {
        return Some(data);
    }
    skip(test, &format!("no media at {}", data.display()));
    None
}

/// Says, and counts where `.ci/test` asks for it, that a test could not do its work.
pub fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED {test}: {reason}");
    if let Some(log) = std::env::var_os("LIVEPROOF_SKIP_LOG") {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(log)
            .expect("LIVEPROOF_SKIP_LOG can be written");
        writeln!(file, "{test}: {reason}").expect("LIVEPROOF_SKIP_LOG can be written");
    }
}
