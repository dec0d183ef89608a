//! How long logs stay: deleted by age, or by the interview that they are of.

use super::chain::Attached;
use super::reader::{Entry, Lines};
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Endings of what a [`super::Store`] writes.
const ENDINGS: [&str; 2] = [".jsonl", ".partial"];

/// Deletes logs beneath `dir` that nobody has written to for longer than `keep` before `now`; gives how many.
///
/// # Errors
/// When the folder cannot be read; a single log that cannot be deleted is left for the next time.
pub fn expire(dir: &Path, keep: Duration, now: SystemTime) -> std::io::Result<u64> {
    let age = |path: &Path| {
        let written = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
        now.duration_since(written).ok()
    };
    let mut deleted = 0;
    for log in logs(dir)? {
        if age(&log).is_some_and(|age| age > keep) && std::fs::remove_file(&log).is_ok() {
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Deletes the logs of an interview beneath `dir`, by the session id that its client gave it. A log that was
/// redacted does not know its id any more. Gives what was deleted.
///
/// # Errors
/// When the folder cannot be read or a log cannot be deleted.
pub fn delete_session(dir: &Path, session: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut deleted = Vec::new();
    for log in logs(dir)? {
        if session_of(&log).as_deref() == Some(session) {
            std::fs::remove_file(&log)?;
            deleted.push(log);
        }
    }
    Ok(deleted)
}

/// Logs in a folder and in the folders of its groups, by name.
fn logs(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut groups = vec![dir.to_owned()];
    while let Some(folder) = groups.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let (kind, name) = (entry.file_type()?, entry.file_name());
            if kind.is_dir() && folder == dir {
                groups.push(entry.path());
            }
            let name = name.to_string_lossy();
            if kind.is_file() && ENDINGS.iter().any(|e| name.ends_with(e)) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The session id in the first entry of a log, if it is one and says.
fn session_of(path: &Path) -> Option<String> {
    let mut lines = Lines::new(BufReader::new(File::open(path).ok()?));
    let header = Entry::parse(&lines.next().ok()??, 1).ok()?;
    let at = header
        .body
        .pointer("/session/commit")
        .and_then(Value::as_u64)?;
    for _ in 0..at {
        lines.next().ok()?;
    }
    match Attached::parse(&lines.next().ok()??)? {
        Attached::Value { value, .. } => Some(value),
        _ => None,
    }
}
