//! The models folder: where it is, what lies in it, and whether it is what the manifest says.

use super::{AnalyzerEntry, EngineError, ModelEntry, overlay};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that holds a `manifest.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelsDir(PathBuf);

impl ModelsDir {
    /// The configured folder, or else `models/` beside the executable or in the working folder.
    /// A configured folder is the only one looked at.
    ///
    /// # Errors
    /// [`EngineError::NoModelsDir`] with every folder that was tried.
    pub fn find(configured: Option<&Path>) -> Result<Self, EngineError> {
        let searched = match configured {
            Some(path) => vec![path.to_path_buf()],
            None => beside_executable("models")
                .into_iter()
                .chain([PathBuf::from("models")])
                .collect(),
        };
        match searched.iter().find(|p| p.join("manifest.toml").is_file()) {
            Some(found) => Ok(Self(found.clone())),
            None => Err(EngineError::NoModelsDir { searched }),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// `name` in the folder of the running executable, if that can be told.
pub(super) fn beside_executable(name: &str) -> Option<PathBuf> {
    let exe = std::env::current_exe().ok()?;
    Some(exe.parent()?.join(name))
}

/// A model of the manifest with its verified bytes, or why it cannot be used.
#[derive(Debug, Clone)]
pub(super) struct StoredModel {
    pub(super) entry: ModelEntry,
    pub(super) folder: PathBuf,
    pub(super) bytes: Result<Arc<[u8]>, String>,
}

/// Everything in a models folder.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) models: Vec<StoredModel>,
    pub(super) analyzers: Vec<AnalyzerEntry>,
}

impl Store {
    /// Reads the manifest with its overlays and verifies every file. A missing or altered file makes its own model
    /// unavailable and no other.
    ///
    /// # Errors
    /// When the manifest or an overlay itself cannot be read.
    pub(super) fn open(dir: &ModelsDir, overlays: &[PathBuf]) -> Result<Self, EngineError> {
        let overlay::Layered { manifest, folders } = overlay::read(dir.path(), overlays)?;
        let load = |entry: ModelEntry| {
            let folder = folders
                .get(&entry.task)
                .map_or(dir.path(), PathBuf::as_path);
            StoredModel {
                bytes: verified(&folder.join(&entry.file), &entry.sha256),
                folder: folder.to_path_buf(),
                entry,
            }
        };
        Ok(Self {
            models: manifest.models.into_iter().map(load).collect(),
            analyzers: manifest.analyzers,
        })
    }
}

pub(super) fn verified(path: &Path, sha256: &str) -> Result<Arc<[u8]>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(path).map_err(|e| format!("file {name} cannot be read: {e}"))?;
    let found = hex::encode(Sha256::digest(&bytes));
    if found == sha256 {
        Ok(bytes.into())
    } else {
        Err(format!(
            "file {name} is not the one of the manifest: its sha256 is {}..., expected {}...",
            &found[..12],
            sha256.get(..12).unwrap_or(sha256),
        ))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A models folder with one weights file of task `w`.
    pub(in crate::engine) fn folder_with_weights(bytes: &[u8], sha256: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let manifest = format!(
            "version = 1\n[[model]]\nid = \"w-1\"\ntask = \"w\"\nkind = \"weights\"\n\
             file = \"w-1.bin\"\nsha256 = \"{sha256}\"\nlicence = \"MIT\"\ndata_terms = \"none\"\n"
        );
        std::fs::write(dir.path().join("manifest.toml"), manifest).unwrap();
        std::fs::write(dir.path().join("w-1.bin"), bytes).unwrap();
        dir
    }

    pub(in crate::engine) fn digest(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }

    #[test]
    fn one_flipped_byte_makes_the_model_unavailable() {
        let mut bytes = vec![7u8; 1000];
        let sha = digest(&bytes);
        let dir = folder_with_weights(&bytes, &sha);
        let models = ModelsDir::find(Some(dir.path())).unwrap();
        assert!(Store::open(&models, &[]).unwrap().models[0].bytes.is_ok());
        bytes[500] ^= 1;
        std::fs::write(dir.path().join("w-1.bin"), &bytes).unwrap();
        let why = Store::open(&models, &[]).unwrap().models[0]
            .bytes
            .clone()
            .unwrap_err();
        assert!(why.contains("sha256") && why.contains(&sha[..12]), "{why}");
        std::fs::remove_file(dir.path().join("w-1.bin")).unwrap();
        let why = Store::open(&models, &[]).unwrap().models[0]
            .bytes
            .clone()
            .unwrap_err();
        assert!(why.contains("w-1.bin"), "{why}");
    }

    #[test]
    fn a_folder_without_manifest_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let e = ModelsDir::find(Some(dir.path())).unwrap_err();
        assert!(
            e.to_string().contains(&dir.path().display().to_string()),
            "{e}"
        );
    }

    #[test]
    fn the_shipped_folder_is_found_and_every_file_in_it_is_what_the_manifest_says() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let store = Store::open(&ModelsDir::find(Some(&root)).unwrap(), &[]).unwrap();
        for model in &store.models {
            assert!(model.bytes.is_ok(), "{}: {:?}", model.entry.id, model.bytes);
            if let Some(card) = &model.entry.card {
                assert!(
                    root.join(card).is_file(),
                    "{}: no card {card}",
                    model.entry.id
                );
            }
        }
    }
}
