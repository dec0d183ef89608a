//! Whether the files of loaded models are still what was loaded. Results do not depend on it: every
//! worker runs the verified bytes that are in memory. A restart would find what is on disk now.

use super::Engine;
use super::store::verified;
use std::path::Path;
use std::time::SystemTime;

/// When a file was last written, where the file system says so.
pub(super) fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

impl Engine {
    /// Id and remark of each loaded model whose file was altered or deleted since. Looks at sizes
    /// and times, and reads a file only when they differ.
    pub fn changed_files(&self) -> Vec<(String, String)> {
        let loaded = self
            .models
            .iter()
            .filter_map(|m| Some((m, m.bytes.as_ref().ok()?)));
        let changed = loaded.filter_map(|(model, bytes)| {
            let path = model.folder.join(&model.entry.file);
            let same = std::fs::metadata(&path).is_ok_and(|now| {
                now.len() == bytes.len() as u64 && now.modified().ok() == model.written
            });
            if same {
                return None;
            }
            let why = verified(&path, &model.entry.sha256).err()?;
            let remark = format!(
                "runs as it was loaded, but since then {why}; after a restart it will be missing"
            );
            Some((model.entry.id.clone(), remark))
        });
        changed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::folder_with_weights;
    use super::super::{EngineOptions, ModelsDir};
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn a_file_that_changes_is_named_and_the_loaded_one_stays() {
        let digest = hex::encode(Sha256::digest(b"weights"));
        let dir = folder_with_weights(b"weights", &digest);
        let found = ModelsDir::find(Some(dir.path())).unwrap();
        let engine = Engine::load(&found, &EngineOptions::default()).unwrap();
        assert!(engine.changed_files().is_empty());
        let file = dir.path().join("w-1.bin");
        // Written anew with the same bytes: nothing has changed.
        std::fs::write(&file, b"weights").unwrap();
        assert!(engine.changed_files().is_empty());
        std::fs::write(&file, b"another").unwrap();
        let changed = engine.changed_files();
        assert_eq!(changed[0].0, "w-1");
        assert!(
            changed[0].1.contains("not the one of the manifest"),
            "{changed:?}"
        );
        std::fs::remove_file(&file).unwrap();
        let changed = engine.changed_files();
        assert!(changed[0].1.contains("cannot be read"), "{changed:?}");
        assert!(engine.models()[0].available, "what was loaded stays");
    }
}
