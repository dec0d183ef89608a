//! The folder that a batch is written into: one report per recording, an index, and what has been
//! finished, so that a run that was killed goes on where it was.
//!
//! ```text
//! FOLDER/index.json  index.csv  index.html   written last, index.json as the very last
//! FOLDER/run.json                            times and throughput of the latest run
//! FOLDER/reports/NAME.json  NAME.html        one report per recording, its page where asked for
//! FOLDER/reports/NAME.evidence.jsonl         its evidence log, where asked for
//! FOLDER/.liveproof/done/NAME.json           what is finished, by which inputs
//! FOLDER/.liveproof/lock                     held while a run writes here
//! ```
//!
//! Every file is written whole or not at all. A recording counts as finished when its entry under
//! `done` is there, was made from the same inputs (see [`Identity`]), and the report has the digest
//! that the entry states. All but `run.json` depends on the recordings, models, settings and build
//! alone.

use super::identity::{Identity, sha256_of};
use super::whole::{clear_parts, save_whole};
use crate::report::{
    BatchIndex, Document, IndexEntry, index_to_csv, index_to_html, to_html, to_json,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// What tells a folder of reviews from any other.
const MARK: &str = ".liveproof";
const REPORTS: &str = "reports";
const DONE: &str = ".liveproof/done";
/// Files of the index; the last one tells that the others are there.
const INDEX: [&str; 3] = ["index.csv", "index.html", "index.json"];
/// Version of the entries under `done`; others are not understood, and their recordings done anew.
const DONE_VERSION: u32 = 1;
/// Longest part of a report's name that is taken from its recording, bytes.
const MAX_NAME_BYTES: usize = 100;

/// Why a folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system says no.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another run writes there.
    #[error("{}: another review is writing into this folder", .0.display())]
    InUse(PathBuf),
    /// The folder belongs to somebody else.
    #[error("{}: holds other files and no reviews; name a new or empty folder", .0.display())]
    Foreign(PathBuf),
    /// A report cannot be written as JSON.
    #[error("{}: {source}", .path.display())]
    Json {
        /// The report.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// What was finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Done {
    version: u32,
    /// Digest of everything that the report depends on.
    key: String,
    outputs: Outputs,
    entry: IndexEntry,
}

/// What was written of one recording, by SHA-256, lower-case hex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Outputs {
    report_sha256: String,
    /// `None` where no page was asked for.
    page_sha256: Option<String>,
    /// `None` where no evidence log was asked for, or there is none.
    #[serde(default)]
    evidence_sha256: Option<String>,
}

/// A folder of reviews that this process alone writes.
#[derive(Debug)]
pub struct ReviewFolder {
    root: PathBuf,
    pages: bool,
    /// The lock goes with the file, however the process ends.
    _lock: File,
}

/// True for a folder that a batch was written into.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.join(MARK).is_dir()
}

// === impl ReviewFolder ===

impl ReviewFolder {
    /// Opens or begins a folder. `pages`: an HTML page beside each report.
    ///
    /// # Errors
    /// [`FolderError::Foreign`], [`InUse`](FolderError::InUse) or [`Io`](FolderError::Io).
    pub fn open(root: &Path, pages: bool) -> Result<Self, FolderError> {
        std::fs::create_dir_all(root).map_err(io(root))?;
        let mut entries = std::fs::read_dir(root).map_err(io(root))?;
        if !is_one(root) && entries.next().is_some() {
            return Err(FolderError::Foreign(root.to_owned()));
        }
        for inner in [DONE, REPORTS] {
            let path = root.join(inner);
            std::fs::create_dir_all(&path).map_err(io(&path))?;
        }
        let path = root.join(MARK).join("lock");
        let options = File::options().create(true).append(true).open(&path);
        let lock = options.map_err(io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(root.to_owned())),
            Err(TryLockError::Error(e)) => return Err(io(&path)(e)),
        }
        for place in [root.to_owned(), root.join(DONE), root.join(REPORTS)] {
            clear_parts(&place).map_err(io(&place))?;
        }
        Ok(Self {
            root: root.to_owned(),
            pages,
            _lock: lock,
        })
    }

    /// Takes the index of an earlier run away: while there is none, the folder is not complete.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn begin(&self) -> Result<(), FolderError> {
        for name in INDEX.iter().rev().chain(&["run.json"]) {
            let path = self.root.join(name);
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&path)(e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The entry of a recording that an earlier run finished with the same inputs. A page that is
    /// asked for now and was not then is made from the report.
    ///
    /// # Errors
    /// [`FolderError`] where that page cannot be written; whatever cannot be read is not finished.
    pub fn finished(
        &self,
        recording: &Path,
        identity: &Identity,
    ) -> Result<Option<IndexEntry>, FolderError> {
        let name = report_name(recording);
        let text = std::fs::read(self.done(&name)).unwrap_or_default();
        let Ok(done) = serde_json::from_slice::<Done>(&text) else {
            return Ok(None);
        };
        let holds = |path: &Path, digest: &str| sha256_of(path).is_ok_and(|d| d == digest);
        let report = self.report(&name);
        if (done.version, &done.key) != (DONE_VERSION, &identity.key)
            || !holds(&report, &done.outputs.report_sha256)
            || !done
                .outputs
                .evidence_sha256
                .as_ref()
                .is_none_or(|d| holds(&self.evidence(&name), d))
        {
            return Ok(None);
        }
        let page = self.page(&name);
        let digest = done.outputs.page_sha256.as_deref();
        if self.pages && !digest.is_some_and(|d| holds(&page, d)) {
            let text = std::fs::read(&report).unwrap_or_default();
            let Ok(document) = serde_json::from_slice::<Document>(&text) else {
                return Ok(None);
            };
            let outputs = Outputs {
                evidence_sha256: done.outputs.evidence_sha256,
                ..self.write_outputs(&name, &document)?
            };
            self.write_done(&name, &identity.key, outputs, &done.entry)?;
        }
        Ok(Some(done.entry))
    }

    /// Writes what there is of a recording, and its entry of what is finished where `identity` says
    /// by which inputs; without it the recording is done anew by the next run. `log`: its evidence log.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn keep(
        &self,
        recording: &Path,
        identity: Option<&Identity>,
        document: &Document,
        log: Option<&[u8]>,
    ) -> Result<IndexEntry, FolderError> {
        let name = report_name(recording);
        let path = self.report(&name);
        let nothing = std::io::Error::other("a document of no recording");
        let report = document.files.first().ok_or_else(|| io(&path)(nothing))?;
        let mut entry = IndexEntry::of(
            report,
            &format!("{REPORTS}/{name}.json"),
            identity.map(|id| id.sha256.clone()),
        );
        entry.evidence = log.map(|_| format!("{REPORTS}/{name}.evidence.jsonl"));
        // First the report, then the word that it is there.
        let done = self.done(&name);
        match std::fs::remove_file(&done) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&done)(e)),
            _ => {}
        }
        let mut outputs = self.write_outputs(&name, document)?;
        if let Some(log) = log {
            outputs.evidence_sha256 = Some(write(&self.evidence(&name), log)?);
        }
        if let Some(id) = identity {
            self.write_done(&name, &id.key, outputs, &entry)?;
        }
        Ok(entry)
    }

    /// Everything that is written of one finished recording.
    fn write_outputs(&self, name: &str, document: &Document) -> Result<Outputs, FolderError> {
        let path = self.report(name);
        let text = to_json(document).map_err(json(&path))?;
        let report_sha256 = write(&path, &text)?;
        let page_sha256 = match document.files.first().filter(|_| self.pages) {
            Some(report) => {
                let page = to_html(report, &document.generator);
                Some(write(&self.page(name), &page)?)
            }
            None => None,
        };
        Ok(Outputs {
            report_sha256,
            page_sha256,
            evidence_sha256: None,
        })
    }

    fn write_done(
        &self,
        name: &str,
        key: &str,
        outputs: Outputs,
        entry: &IndexEntry,
    ) -> Result<(), FolderError> {
        let done = Done {
            version: DONE_VERSION,
            key: key.to_owned(),
            outputs,
            entry: entry.clone(),
        };
        let path = self.done(name);
        let text = serde_json::to_string(&done).map_err(json(&path))?;
        write(&path, &text).map(drop)
    }

    /// Writes the index of all recordings of a run, and gives the place of `index.html`.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn close(&self, mut index: BatchIndex) -> Result<PathBuf, FolderError> {
        if self.pages {
            for file in &mut index.files {
                file.page = Some(page_beside(&file.report));
            }
        }
        let [csv, html, document] = INDEX.map(|name| self.root.join(name));
        write(&csv, index_to_csv(&index))?;
        write(&html, index_to_html(&index))?;
        let text = serde_json::to_string_pretty(&index).map_err(json(&document))?;
        write(&document, &(text + "\n"))?;
        Ok(html)
    }

    /// Writes `run.json`: what differs from run to run and stands in no report.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn write_run(&self, run: &impl Serialize) -> Result<(), FolderError> {
        let path = self.root.join("run.json");
        let text = serde_json::to_string_pretty(run).map_err(json(&path))?;
        write(&path, &(text + "\n")).map(drop)
    }

    /// The page of a recording, where pages are written.
    pub fn page_of(&self, entry: &IndexEntry) -> PathBuf {
        self.root.join(page_beside(&entry.report))
    }

    fn report(&self, name: &str) -> PathBuf {
        self.root.join(REPORTS).join(format!("{name}.json"))
    }

    fn page(&self, name: &str) -> PathBuf {
        self.root.join(REPORTS).join(format!("{name}.html"))
    }

    fn evidence(&self, name: &str) -> PathBuf {
        let name = format!("{name}.evidence.jsonl");
        self.root.join(REPORTS).join(name)
    }

    fn done(&self, name: &str) -> PathBuf {
        self.root.join(DONE).join(format!("{name}.json"))
    }
}

/// The page of a report, relative to the index as the report is.
fn page_beside(report: &str) -> String {
    let stem = report.strip_suffix(".json").unwrap_or(report);
    format!("{stem}.html")
}

/// The name of a recording's report: the recording's own, in letters that need no escape in a link,
/// and a piece of the digest of its path, so that inputs of one name never share a report, whatever
/// else is reviewed with them.
fn report_name(recording: &Path) -> String {
    let own = recording.file_name().unwrap_or_default().to_string_lossy();
    let mut name = String::new();
    for c in own.chars() {
        let c = if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        };
        if name.len() + c.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        name.push(c);
    }
    let digest = hex::encode(Sha256::digest(recording.as_os_str().as_encoded_bytes()));
    let piece = digest.get(..10).unwrap_or_default();
    format!("{}.{piece}", name.trim_start_matches('.'))
}

/// Writes a file whole; gives its digest.
fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<String, FolderError> {
    let bytes = bytes.as_ref();
    save_whole(path, bytes).map_err(io(path))?;
    Ok(hex::encode(Sha256::digest(bytes)))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { path, source }
}

fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Json { path, source }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
