//! The file that opinions are kept in: a line each, added at its end, and taken out only by interview.

use super::{FEEDBACK_VERSION, Feedback};
use crate::review::save_whole;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Largest file that is read, bytes; beyond that it is told, and not read in part.
const MOST_BYTES: u64 = 64 << 20;
/// Readable by its owner alone: notes are what a person wrote of a person.
const MODE: u32 = 0o600;

/// A file of opinions that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// The system says no.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is too large to be such a file.
    #[error("{}: found {bytes} bytes, expected at most {MOST_BYTES}", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// An opinion cannot be written as JSON.
    #[error("the opinion cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Read {
    /// In the order in which they were added.
    pub all: Vec<Feedback>,
    /// Lines, counted from 1, that are none, or of another version.
    pub unreadable: Vec<usize>,
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> FeedbackError + '_ {
    |source| FeedbackError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Held while the file is changed; a file beside it, since taking lines out replaces the file itself.
fn lock(path: &Path) -> Result<File, FeedbackError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".lock");
    let beside = path.with_file_name(name);
    let lock = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(MODE)
        .open(&beside);
    let lock = lock.map_err(io(&beside))?;
    lock.lock().map_err(io(&beside))?;
    Ok(lock)
}

/// Adds an opinion at the file's end, through to the disk. The file is made if there is none.
///
/// # Errors
/// [`FeedbackError`] when it cannot be written.
pub fn append(path: &Path, feedback: &Feedback) -> Result<(), FeedbackError> {
    let mut line = serde_json::to_vec(feedback)?;
    line.push(b'\n');
    let _lock = lock(path)?;
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .read(true)
        .append(true)
        .mode(MODE)
        .open(path)
        .map_err(io(path))?;
    if !ends_with_line(&mut file).map_err(io(path))? {
        // What a process that was killed left there stays a line of its own, and is told as unreadable.
        line.insert(0, b'\n');
    }
    file.write_all(&line)
        .and_then(|()| file.sync_all())
        .map_err(io(path))
}

fn ends_with_line(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0u8];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Everything in a file; one that is not there holds nothing.
///
/// # Errors
/// [`FeedbackError`] when it cannot be read.
pub fn read(path: &Path) -> Result<Read, FeedbackError> {
    let mut out = Read::default();
    for (i, line) in lines(path)?.iter().enumerate() {
        match parse(line) {
            Some(feedback) => out.all.push(feedback),
            None => out.unreadable.push(i + 1),
        }
    }
    Ok(out)
}

/// Takes out every opinion of an interview, and says how many there were. Lines that cannot be read stay.
///
/// # Errors
/// [`FeedbackError`] when the file cannot be read or written; it is then as it was.
pub fn forget(path: &Path, interview: &str) -> Result<usize, FeedbackError> {
    if !path.exists() {
        return Ok(0);
    }
    let _lock = lock(path)?;
    let lines = lines(path)?;
    let kept: Vec<&Vec<u8>> = lines
        .iter()
        .filter(|line| parse(line).is_none_or(|f| f.interview != interview))
        .collect();
    if kept.len() < lines.len() {
        let mut bytes = kept
            .iter()
            .flat_map(|l| [l.as_slice(), b"\n"])
            .collect::<Vec<_>>()
            .concat();
        bytes.shrink_to_fit();
        save_whole(path, &bytes).map_err(io(path))?;
        std::fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(io(path))?;
    }
    Ok(lines.len() - kept.len())
}

fn parse(line: &[u8]) -> Option<Feedback> {
    serde_json::from_slice(line)
        .ok()
        .filter(|f: &Feedback| f.version == FEEDBACK_VERSION)
}

fn lines(path: &Path) -> Result<Vec<Vec<u8>>, FeedbackError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io(path)(e)),
    };
    let bytes = file.metadata().map_err(io(path))?.len();
    if bytes > MOST_BYTES {
        return Err(FeedbackError::TooLarge {
            path: path.to_owned(),
            bytes,
        });
    }
    let mut text = Vec::new();
    (&mut file)
        .take(MOST_BYTES)
        .read_to_end(&mut text)
        .map_err(io(path))?;
    let mut lines: Vec<Vec<u8>> = text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    Ok(lines)
}
