//! Which recordings are reviewed: paths, folders and patterns become one list in a settled order.
//!
//! A path that is named is always taken, whatever its ending: if it is no recording, its report
//! says so. Of a folder and of what a pattern finds, files with the ending of a recording are taken,
//! and every other file is told by name. Hidden files, events files and folders that `review`
//! itself writes are left out silently. Folders are not entered through symbolic links, so that
//! no link can lead in a circle.

use super::folder;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Endings of the recordings that folders and patterns are searched for.
pub const RECORDINGS: [&str; 6] = ["mp4", "mov", "m4v", "webm", "mkv", "avi"];

/// Ending of an events file beside a recording.
const EVENTS: &str = ".events.json";

/// Why nothing can be reviewed.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A pattern that cannot be read.
    #[error("{pattern}: not a pattern: {detail}")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it, and where.
        detail: String,
    },
    /// Neither paths nor folders nor patterns hold a recording.
    #[error("no recording found ({}) in {}", RECORDINGS.join(", "), .0.join(", "))]
    Nothing(Vec<String>),
}

/// A file or folder that was found and is not reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Where it lies.
    pub path: PathBuf,
    /// Why it is passed over, in words.
    pub why: String,
}

/// What there is to review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The recordings: arguments in the order given, files of one folder or pattern by name, none
    /// twice.
    pub recordings: Vec<PathBuf>,
    /// What was found beside them.
    pub passed_over: Vec<PassedOver>,
}

/// Finds the recordings that the arguments name. `recursive`: in folders of folders too.
///
/// # Errors
/// A [`FindError`]; a single folder that cannot be read is told among what is passed over.
pub fn find(arguments: &[PathBuf], recursive: bool) -> Result<Found, FindError> {
    let mut search = Search {
        recursive,
        found: Found::default(),
        seen: HashSet::new(),
    };
    for argument in arguments {
        match pattern_of(argument) {
            Some(pattern) => search.pattern(argument, pattern)?,
            None if argument.is_dir() => search.folder(argument),
            None => search.take(argument),
        }
    }
    if search.found.recordings.is_empty() {
        let named = arguments.iter().map(|a| a.display().to_string());
        return Err(FindError::Nothing(named.collect()));
    }
    Ok(search.found)
}

/// The pattern that an argument is, unless a file of that very name is there.
fn pattern_of(argument: &Path) -> Option<&str> {
    let text = argument.to_str()?;
    (text.contains(['*', '?', '[']) && !argument.exists()).then_some(text)
}

struct Search {
    recursive: bool,
    found: Found,
    /// Where the recordings really lie: the same file by two names is reviewed once.
    seen: HashSet<PathBuf>,
}

impl Search {
    fn pattern(&mut self, argument: &Path, pattern: &str) -> Result<(), FindError> {
        let options = glob::MatchOptions {
            require_literal_separator: true,
            require_literal_leading_dot: true,
            ..glob::MatchOptions::default()
        };
        let paths = glob::glob_with(pattern, options).map_err(|e| FindError::Pattern {
            pattern: pattern.to_owned(),
            detail: format!("{} at character {}", e.msg, e.pos + 1),
        })?;
        let mut matched = Vec::new();
        for entry in paths {
            match entry {
                Ok(path) => matched.push(path),
                Err(e) => self.pass_over(e.path(), e.error().to_string()),
            }
        }
        if matched.is_empty() {
            self.pass_over(argument, "nothing matches this pattern");
        }
        matched.sort();
        for path in matched {
            match path.is_dir() {
                true => self.folder(&path),
                false => self.file(&path),
            }
        }
        Ok(())
    }

    /// The files of a folder by name, then its folders, so that the order is the same on every disk.
    fn folder(&mut self, folder: &Path) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) => return self.pass_over(folder, format!("cannot be read: {e}")),
        };
        if folder::is_one(folder) {
            return;
        }
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        paths.retain(|p| !is_hidden(p));
        paths.sort();
        let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|p| p.is_dir());
        for file in &files {
            self.file(file);
        }
        if self.recursive {
            for inner in folders.iter().filter(|f| !f.is_symlink()) {
                self.folder(inner);
            }
        }
    }

    /// A file that was found rather than named.
    fn file(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !path.is_file() {
            self.pass_over(path, "not a regular file");
        } else if RECORDINGS.contains(&ending) {
            self.take(path);
        } else if !name.ends_with(EVENTS) {
            self.pass_over(path, format!("not a recording ({})", RECORDINGS.join(", ")));
        }
    }

    fn take(&mut self, path: &Path) {
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.seen.insert(place) {
            self.found.recordings.push(path.to_owned());
        }
    }

    fn pass_over(&mut self, path: &Path, why: impl Into<String>) {
        self.found.passed_over.push(PassedOver {
            path: path.to_owned(),
            why: why.into(),
        });
    }
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of empty files; their content does not matter here.
    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        root
    }

    /// The names that are found, relative to the tree.
    fn names(root: &Path, arguments: &[&str], recursive: bool) -> (Vec<String>, Vec<String>) {
        let arguments: Vec<PathBuf> = arguments.iter().map(|a| root.join(a)).collect();
        let found = find(&arguments, recursive).unwrap();
        let inside = |p: &Path| p.strip_prefix(root).unwrap().display().to_string();
        (
            found.recordings.iter().map(|p| inside(p)).collect(),
            found.passed_over.iter().map(|p| inside(&p.path)).collect(),
        )
    }

    #[test]
    fn folders_are_searched_in_one_order_and_what_is_no_recording_is_named() {
        let files = [
            "b.mp4",
            "a.MOV",
            "a.MOV.events.json",
            "notes.txt",
            ".hidden.mp4",
            "c/z.webm",
            "c/y.mkv",
            "A/x.mp4",
        ];
        let root = tree(&files);
        let root = root.path();
        let (found, passed) = names(root, &[""], false);
        assert_eq!(found, ["a.MOV", "b.mp4"]);
        assert_eq!(passed, ["notes.txt"]);
        let (found, _) = names(root, &[""], true);
        assert_eq!(found, ["a.MOV", "b.mp4", "A/x.mp4", "c/y.mkv", "c/z.webm"]);
        // Arguments keep their order, and nothing comes twice.
        let (found, _) = names(root, &["c", "b.mp4", "", "c/../b.mp4"], false);
        assert_eq!(found, ["c/y.mkv", "c/z.webm", "b.mp4", "a.MOV"]);
    }

    #[test]
    fn what_is_named_is_taken_and_patterns_are_searched() {
        let root = tree(&[
            "1.mp4",
            "2.mp4",
            "2.txt",
            "odd[1].mp4",
            "in/3.mp4",
            "in/deep/4.mp4",
        ]);
        let root = root.path();
        assert_eq!(
            names(root, &["2.txt", "none.mp4"], false).0,
            ["2.txt", "none.mp4"]
        );
        let (found, passed) = names(root, &["[0-9].*"], false);
        assert_eq!(
            (found, passed),
            (vec!["1.mp4".into(), "2.mp4".into()], vec!["2.txt".into()])
        );
        assert_eq!(names(root, &["odd[1].mp4"], false).0, ["odd[1].mp4"]);
        let (found, _) = names(root, &["**/*.mp4"], false);
        assert_eq!(
            found,
            ["1.mp4", "2.mp4", "in/3.mp4", "in/deep/4.mp4", "odd[1].mp4"]
        );
        // A pattern that finds a folder takes what lies in it.
        assert_eq!(names(root, &["i*"], false).0, ["in/3.mp4"]);
        let (found, passed) = names(root, &["x*", "1.mp4"], false);
        assert_eq!((found.len(), passed), (1, vec!["x*".to_owned()]));
    }

    #[test]
    fn nothing_to_review_is_said_with_what_was_asked_for() {
        let root = tree(&["notes.txt"]);
        let error = find(&[root.path().to_owned()], true).unwrap_err();
        assert!(error.to_string().contains("mp4, mov"), "{error}");
        let error = find(&[root.path().join("a[")], true).unwrap_err();
        assert!(matches!(error, FindError::Pattern { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_in_no_circle() {
        let root = tree(&["a/1.mp4"]);
        let root = root.path();
        std::os::unix::fs::symlink(root, root.join("a/up")).unwrap();
        std::os::unix::fs::symlink(root.join("a/1.mp4"), root.join("a/again.mp4")).unwrap();
        assert_eq!(names(root, &[""], true).0, ["a/1.mp4"]);
    }
}
