//! Results kept between runs, so that a run that was stopped goes on where it was.
//!
//! One JSON object per line, `{"key": ..., "result": ...}`, appended and flushed as each recording
//! is done. A key is the digest of everything that a result depends on; a line that cannot be read
//! (the last one of a run that was killed) is passed over.

use super::ClipResult;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Why a cache cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("results cache {}: {source}", .path.display())]
pub struct CacheError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: std::io::Error,
}

#[derive(Serialize)]
struct LineOut<'a> {
    key: &'a str,
    result: &'a ClipResult,
}

#[derive(Deserialize)]
struct LineIn {
    key: String,
    result: ClipResult,
}

/// Results by key; shared by the workers.
#[derive(Debug, Default)]
pub struct ResultCache {
    known: HashMap<String, ClipResult>,
    file: Option<Mutex<File>>,
}

// === impl ResultCache ===

impl ResultCache {
    /// A cache that forgets.
    pub fn none() -> Self {
        Self::default()
    }

    /// Opens a cache file, or begins one.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let fault = |source| CacheError {
            path: path.to_path_buf(),
            source,
        };
        let mut known = HashMap::new();
        let mut whole = true;
        if path.exists() {
            let mut reader = BufReader::new(File::open(path).map_err(fault)?);
            let mut line = String::new();
            while reader.read_line(&mut line).map_err(fault)? > 0 {
                whole = line.ends_with('\n');
                if let Ok(entry) = serde_json::from_str::<LineIn>(&line) {
                    known.insert(entry.key, entry.result);
                }
                line.clear();
            }
        }
        let options = File::options().create(true).append(true).open(path);
        let mut file = options.map_err(fault)?;
        if !whole {
            // A torn last line must not swallow the next one.
            file.write_all(b"\n").map_err(fault)?;
        }
        Ok(Self {
            known,
            file: Some(Mutex::new(file)),
        })
    }

    /// Results kept.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True when nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The result of a key, if it was kept by an earlier run.
    pub fn get(&self, key: &str) -> Option<&ClipResult> {
        self.known.get(key)
    }

    /// Keeps a result for later runs. A disk that is full costs the cache, not the run.
    pub fn keep(&self, key: &str, result: &ClipResult) {
        let Some(file) = &self.file else { return };
        let Ok(mut line) = serde_json::to_string(&LineOut { key, result }) else {
            return;
        };
        line.push('\n');
        let mut file = file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(e) = file.write_all(line.as_bytes()).and_then(|()| file.flush()) {
            tracing::warn!(error = %e, "a result could not be kept in the cache");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_killed_in_the_middle_of_a_line_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cache.jsonl");
        let result = ClipResult::failed("x");
        ResultCache::open(&path).unwrap().keep("a", &result);
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"key\":\"b\",\"res");
        std::fs::write(&path, torn).unwrap();
        let cache = ResultCache::open(&path).unwrap();
        assert_eq!((cache.len(), cache.get("a")), (1, Some(&result)));
        cache.keep("c", &result);
        let cache = ResultCache::open(&path).unwrap();
        assert!(cache.get("c").is_some() && cache.get("b").is_none());
    }

    #[test]
    fn numbers_read_back_to_the_last_digit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cache.jsonl");
        let cache = ResultCache::open(&path).unwrap();
        let numbers: Vec<f64> = (1..2000)
            .map(|i| (f64::from(i) * 0.731).sin() / 3.0)
            .collect();
        for (i, logit) in numbers.iter().enumerate() {
            let session_logit = Some(*logit);
            cache.keep(
                &i.to_string(),
                &ClipResult {
                    session_logit,
                    ..ClipResult::failed("")
                },
            );
        }
        let cache = ResultCache::open(&path).unwrap();
        for (i, logit) in numbers.iter().enumerate() {
            assert_eq!(
                cache.get(&i.to_string()).unwrap().session_logit,
                Some(*logit)
            );
        }
    }

    #[test]
    fn without_a_file_nothing_is_kept() {
        let cache = ResultCache::none();
        cache.keep("a", &ClipResult::failed("x"));
        assert!(cache.is_empty());
        assert!(ResultCache::open(Path::new("/nowhere/at/all.jsonl")).is_err());
    }
}
