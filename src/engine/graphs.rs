//! Graphs that the library has optimised, kept in a folder for the next start.
//!
//! Most of the time of opening a net goes into rewriting its graph for this processor. What comes out of that depends on
//! the net, the library and the processor, all of which are in a kept graph's name. It holds weights that the manifest's
//! digests do not cover, so the folder must be this user's, closed to others' writing, and each file carries a digest of its own
//! against what a crash or a disk spoils.

use sha2::{Digest as _, Sha256};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const DIGEST: usize = 32;

/// A folder of optimised graphs.
#[derive(Debug, Clone)]
pub(super) struct Graphs {
    folder: PathBuf,
    /// What a graph depends on beside its net.
    place: String,
}

// === impl Graphs ===

impl Graphs {
    /// Makes the folder if there is none. `library`: what the library says of its release and build.
    ///
    /// # Errors
    /// Why the folder cannot be used, in words.
    pub(super) fn open(folder: &Path, library: &str) -> Result<Self, String> {
        let told = |why: String| format!("engine.graph_cache {}: {why}", folder.display());
        let made = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        made.map_err(|e| told(e.to_string()))?;
        closed_to_others(folder).map_err(told)?;
        let place = format!("{library}\n{}\n{}", std::env::consts::ARCH, processor());
        Ok(Self {
            folder: folder.to_path_buf(),
            place,
        })
    }

    /// The optimised graph of a net, if one was kept and is whole.
    pub(super) fn kept(&self, task: &str, net: &[u8]) -> Option<Vec<u8>> {
        let path = self.path(task, net);
        let mut bytes = std::fs::read(&path).ok()?;
        if bytes.len() > DIGEST {
            let graph = bytes.split_off(DIGEST);
            if Sha256::digest(&graph).as_slice() == bytes {
                return Some(graph);
            }
        }
        tracing::warn!(path = %path.display(), "a kept graph is spoilt and made anew");
        None
    }

    /// Where the library may write the optimised graph of a net, for [`Graphs::keep`] to take up.
    pub(super) fn draft(&self, task: &str) -> PathBuf {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        self.folder
            .join(format!("{}-{}-{n}.part", name(task), std::process::id()))
    }

    /// Keeps what the library wrote; a failure costs the next start its gain and is logged.
    pub(super) fn keep(&self, task: &str, net: &[u8], draft: &Path) {
        let path = self.path(task, net);
        let kept = std::fs::read(draft).and_then(|graph| {
            let whole = [Sha256::digest(&graph).as_slice(), &graph].concat();
            std::fs::write(draft, whole)?;
            std::fs::File::open(draft)?.sync_all()?;
            std::fs::rename(draft, &path)
        });
        if let Err(e) = kept {
            tracing::warn!(path = %path.display(), error = %e, "an optimised graph is not kept");
            let _ = std::fs::remove_file(draft);
        }
    }

    fn path(&self, task: &str, net: &[u8]) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(Sha256::digest(net));
        hash.update(&self.place);
        self.folder.join(format!(
            "{}-{}.graph",
            name(task),
            hex::encode(&hash.finalize()[..16])
        ))
    }
}

/// A task's name as part of a file's.
fn name(task: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    task.chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect()
}

/// The processor's kind and abilities, where the system tells them.
fn processor() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let first = |key: &str| {
        told.lines()
            .find(|l| l.starts_with(key))
            .unwrap_or_default()
            .to_owned()
    };
    ["model name", "flags", "Features", "CPU part"]
        .map(first)
        .join("\n")
}

fn closed_to_others(folder: &Path) -> Result<(), String> {
    let mode = std::fs::metadata(folder)
        .map_err(|e| e.to_string())?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o022 == 0 {
        return Ok(());
    }
    Err(format!(
        "its mode is {mode:o}, and whoever may write there may change the nets; expected one like 700"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(graphs: &Graphs, net: &[u8]) -> Option<Vec<u8>> {
        graphs.kept("face/swap", net)
    }

    #[test]
    fn a_graph_is_kept_for_its_net_library_and_processor() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("made/here");
        let graphs = Graphs::open(&folder, "1.0").unwrap();
        assert_eq!(kept(&graphs, b"net"), None);
        let draft = graphs.draft("face/swap");
        assert_ne!(draft, graphs.draft("face/swap"));
        std::fs::write(&draft, b"optimised").unwrap();
        graphs.keep("face/swap", b"net", &draft);
        assert_eq!(kept(&graphs, b"net").unwrap(), b"optimised");
        assert_eq!(kept(&graphs, b"another net"), None);
        assert_eq!(kept(&Graphs::open(&folder, "1.1").unwrap(), b"net"), None);
        let names = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(names, 1, "no draft stays");
    }

    #[test]
    fn what_is_spoilt_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let graphs = Graphs::open(&dir.path().join("kept"), "1.0").unwrap();
        let draft = graphs.draft("t");
        std::fs::write(&draft, b"optimised").unwrap();
        graphs.keep("t", b"net", &draft);
        let path = graphs.path("t", b"net");
        let whole = std::fs::read(&path).unwrap();
        for spoilt in [
            &whole[..whole.len() - 1],
            &whole[..DIGEST],
            &[],
            &[&whole[..], b"!"].concat(),
        ] {
            std::fs::write(&path, spoilt).unwrap();
            assert_eq!(graphs.kept("t", b"net"), None);
        }
        // Nothing was written: nothing is kept, and nobody is hurt.
        graphs.keep("t", b"other", &graphs.draft("t"));
        assert_eq!(graphs.kept("t", b"other"), None);
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let why = Graphs::open(dir.path(), "1.0").unwrap_err();
        assert!(
            why.contains("engine.graph_cache") && why.contains("777"),
            "{why}"
        );
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert!(Graphs::open(&file, "1.0").is_err());
    }
}
