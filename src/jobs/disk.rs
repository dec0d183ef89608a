//! The folder of the jobs.
//!
//! ```text
//! FOLDER/lock                       held while a process works here
//! FOLDER/jobs/ID/job.json           what is known of a job; without it the rest is half an upload
//! FOLDER/jobs/ID/in/NAME            the recording, until the job is over
//! FOLDER/jobs/ID/in/NAME.events.json
//! FOLDER/jobs/ID/ref/NAME           its reference
//! FOLDER/jobs/ID/out/report.json    and the other reports
//! ```

use super::job::JobId;
use super::manager::JobsError;
use super::record::{Kept, RECORD_VERSION, Record, ReportKind};
use crate::review::save_whole;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

const RECORD: &str = "job.json";
const IN: &str = "in";
const REFERENCE: &str = "ref";
const OUT: &str = "out";
/// What a job writes besides what it is billed for: record and folders.
pub(super) const OVERHEAD_BYTES: u64 = 16 << 10;

/// A folder of jobs that this process alone writes.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    /// The lock goes with the file, however the process ends.
    _lock: File,
}

/// Which of a job's recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Recording,
    Reference,
}

// === impl Disk ===

impl Disk {
    /// Opens the folder, clears what half uploads have left, and gives the jobs in it.
    pub(super) fn open(root: &Path) -> Result<(Self, Vec<(JobId, Record)>), JobsError> {
        let refused = |source: io::Error| JobsError::Folder {
            path: root.to_owned(),
            source,
        };
        make_folder(&root.join("jobs")).map_err(refused)?;
        let options = File::options()
            .create(true)
            .append(true)
            .open(root.join("lock"));
        let lock = options.map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JobsError::InUse(root.to_owned())),
            Err(TryLockError::Error(e)) => return Err(refused(e)),
        }
        let disk = Self {
            root: root.to_owned(),
            _lock: lock,
        };
        let jobs = disk.jobs().map_err(refused)?;
        Ok((disk, jobs))
    }

    fn jobs(&self) -> io::Result<Vec<(JobId, Record)>> {
        let mut jobs = Vec::new();
        for entry in std::fs::read_dir(self.root.join("jobs"))? {
            let entry = entry?;
            let name = entry.file_name();
            // What has another name is none of ours.
            let Some(id) = name.to_str().and_then(JobId::parse) else {
                continue;
            };
            match std::fs::read(entry.path().join(RECORD)) {
                Ok(text) => match serde_json::from_slice::<Record>(&text) {
                    Ok(record) if record.version == RECORD_VERSION => jobs.push((id, record)),
                    _ => tracing::error!("a review job cannot be read; its folder is left alone"),
                },
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    std::fs::remove_dir_all(entry.path())?;
                }
                Err(e) => return Err(e),
            }
        }
        jobs.sort_by_key(|(id, r)| (r.submitted_ms, id.clone()));
        Ok(jobs)
    }

    fn folder(&self, id: &JobId) -> PathBuf {
        self.root.join("jobs").join(id.as_str())
    }

    /// Where a recording of a job lies, or is to lie.
    pub(super) fn input(&self, id: &JobId, which: Which, kept: &Kept) -> PathBuf {
        let inner = match which {
            Which::Recording => IN,
            Which::Reference => REFERENCE,
        };
        self.folder(id).join(inner).join(&kept.name)
    }

    /// Where the events file of a job lies: beside the recording where it was uploaded, by the name
    /// that is looked for there.
    pub(super) fn events(&self, id: &JobId, kept: &Kept) -> PathBuf {
        let name = format!("{}.events.json", kept.name);
        self.folder(id).join(IN).join(name)
    }

    /// Where a report of a job lies.
    pub(super) fn report(&self, id: &JobId, kind: ReportKind) -> PathBuf {
        self.folder(id).join(OUT).join(kind.file())
    }

    /// Makes the folders of a new job.
    pub(super) fn begin(&self, id: &JobId) -> io::Result<()> {
        for inner in [IN, REFERENCE, OUT] {
            make_folder(&self.folder(id).join(inner))?;
        }
        Ok(())
    }

    /// Writes what is known of a job; with the first time, it is one.
    pub(super) fn save(&self, id: &JobId, record: &Record) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(record).map_err(io::Error::other)?;
        text.push('\n');
        save_whole(&self.folder(id).join(RECORD), text.as_bytes())
    }

    /// Sees to it that the name of a new job's folder is on the disk.
    pub(super) fn settle(&self) -> io::Result<()> {
        sync(&self.root.join("jobs"))
    }

    /// Removes the recordings of a job. What cannot be removed is logged and goes with the job.
    pub(super) fn drop_inputs(&self, id: &JobId) {
        for inner in [IN, REFERENCE] {
            match std::fs::remove_dir_all(self.folder(id).join(inner)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::error!(%error, "the recording of a review cannot be deleted");
                }
                _ => {}
            }
        }
    }

    /// Removes a job: first what makes it one, so that a rest is taken for half an upload.
    pub(super) fn remove(&self, id: &JobId) -> io::Result<()> {
        let folder = self.folder(id);
        match std::fs::remove_file(folder.join(RECORD)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        match std::fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        self.settle()
    }
}

/// A folder and what is above it, its owner's alone.
fn make_folder(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(dir)
}

/// Has the names in a folder written to the disk, where the system can.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all().or(Ok(())),
        Err(e) => Err(e),
    }
}
