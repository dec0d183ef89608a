//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Ending of a file that is being written.
const PART: &str = ".part";

/// Writes a file so that whoever looks, also after a crash, finds the earlier one or the whole new
/// one: into a file beside it, through to the disk, then renamed into place.
///
/// # Errors
/// When it cannot be written; what was there before is then still there.
pub fn save_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(PART);
    let part = folder.join(hidden);
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&part, path));
    if let Err(e) = written {
        let _ = std::fs::remove_file(&part);
        return Err(e);
    }
    // The name is on the disk once its folder is. Where folders cannot be opened, as on some network
    // disks, the file itself is whole all the same.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Removes what a process that was killed was writing in this folder.
pub(super) fn clear_parts(folder: &Path) -> io::Result<()> {
    let is_part = |p: &PathBuf| {
        let name = p.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('.') && name.ends_with(PART)
    };
    let entries = std::fs::read_dir(folder)?;
    for part in entries.flatten().map(|e| e.path()).filter(is_part) {
        std::fs::remove_file(part)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        for text in ["one", "two, which is longer", ""] {
            save_whole(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
        // What cannot be replaced stays, and so does nothing else.
        let folder = dir.path().join("folder");
        std::fs::create_dir_all(folder.join("inside")).unwrap();
        assert!(save_whole(&folder, b"x").is_err());
        assert!(folder.join("inside").is_dir());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        assert!(save_whole(&dir.path().join("none/x"), b"x").is_err());
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".a.json.part", "b.json", ".c.json"] {
            std::fs::write(dir.path().join(name), "half").unwrap();
        }
        clear_parts(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
