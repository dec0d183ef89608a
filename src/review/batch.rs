//! Several recordings side by side, one worker thread and one set of models each.

use super::folder::{FolderError, ReviewFolder};
use super::identity::{Basis, Identity};
use super::{
    Progress, ReferenceClip, ReviewError, ReviewEvidence, ReviewInput, ReviewOptions, WantedLog,
    review_input,
};
use crate::engine::{Engine, ModelSet};
use crate::report::{Document, FileReport, IndexEntry};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Hears of the progress of a batch; called from the worker threads.
pub trait BatchProgress: Sync {
    /// File `index` is looked at now.
    fn started(&self, index: usize);
    /// Something happened in file `index`.
    fn on(&self, index: usize, progress: Progress<'_>);
    /// File `index` is done.
    fn done(&self, index: usize, report: &FileReport);
    /// File `index` had been done by an earlier run.
    fn resumed(&self, index: usize, entry: &IndexEntry);
}

/// Recordings that are reviewed in one go.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The recordings.
    pub paths: &'a [PathBuf],
    /// The models.
    pub engine: &'a Arc<Engine>,
    /// How they are reviewed.
    pub options: &'a ReviewOptions,
    /// What each is set against, if there is one.
    pub reference: Option<&'a ReferenceClip>,
    /// What evidence logs are made with, if any are wanted; they go into the folder.
    pub evidence: Option<&'a ReviewEvidence>,
    /// Recordings worked on at the same time.
    pub jobs: usize,
}

/// A report, and whether a later run of the same would say the same.
struct Reviewed {
    report: FileReport,
    /// False when something other than the recording was at fault.
    lasting: bool,
    /// The evidence log, where one was wanted and there is one.
    log: Option<Vec<u8>>,
}

/// Works on one recording after the other with models of its own, which are made when the first one
/// needs them. A recording that makes it panic costs its own report and no other.
pub struct Reviewer {
    engine: Arc<Engine>,
    models: Option<ModelSet>,
}

struct Worker<'a> {
    batch: Batch<'a>,
    reviewer: Reviewer,
}

// === impl Batch ===

impl Batch<'_> {
    /// Reviews all; the reports come in the order of the paths. A file that makes a worker fail
    /// costs its own report and no other.
    pub fn all(&self, progress: &dyn BatchProgress) -> Vec<FileReport> {
        let reports = Mutex::new(Vec::new());
        self.each(&|index, path, worker| {
            progress.started(index);
            let report = worker.review(index, path, None, progress).report;
            progress.done(index, &report);
            hold(&reports).push((index, report));
            ControlFlow::Continue(())
        });
        in_order(reports)
    }

    /// Reviews what the folder does not hold yet, and writes each report as it is done; the entries
    /// of the index come in the order of the paths. No more than one report per worker is in memory.
    ///
    /// # Errors
    /// The first [`FolderError`]; nothing further is begun then.
    pub fn into_folder(
        &self,
        folder: &ReviewFolder,
        basis: &Basis,
        progress: &dyn BatchProgress,
    ) -> Result<Vec<IndexEntry>, FolderError> {
        let entries = Mutex::new(Vec::new());
        let failed = Mutex::new(None);
        self.each(&|index, path, worker| {
            progress.started(index);
            match one_into(folder, basis, index, path, worker, progress) {
                Ok(entry) => {
                    hold(&entries).push((index, entry));
                    ControlFlow::Continue(())
                }
                Err(e) => {
                    hold(&failed).get_or_insert(e);
                    ControlFlow::Break(())
                }
            }
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(e) => Err(e),
            None => Ok(in_order(entries)),
        }
    }

    /// Has every recording worked on, the largest first, so that no long one is left for the end;
    /// none is begun after a `Break`.
    fn each(&self, work: &(dyn Fn(usize, &Path, &mut Worker<'_>) -> ControlFlow<()> + Sync)) {
        let bytes = |p: &PathBuf| std::fs::metadata(p).map_or(0, |m| m.len());
        let mut order: Vec<(usize, u64)> = self.paths.iter().map(bytes).enumerate().collect();
        order.sort_by_key(|(index, bytes)| (std::cmp::Reverse(*bytes), *index));
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let run = || {
            let mut worker = Worker {
                batch: *self,
                reviewer: Reviewer::new(Arc::clone(self.engine)),
            };
            while !stop.load(Ordering::Relaxed) {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let Some((index, path)) = order
                    .get(turn)
                    .and_then(|(i, _)| Some((*i, self.paths.get(*i)?)))
                else {
                    return;
                };
                if work(index, path, &mut worker).is_break() {
                    stop.store(true, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, self.paths.len().max(1)) {
                scope.spawn(run);
            }
        });
    }
}

// === impl Reviewer ===

impl Reviewer {
    /// One without models yet.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            models: None,
        }
    }

    /// Has something done with the models.
    ///
    /// # Errors
    /// [`ReviewError::Models`], or [`ReviewError::WorkerFailed`] where the work panics.
    pub fn run<T>(&mut self, work: impl FnOnce(&mut ModelSet) -> T) -> Result<T, ReviewError> {
        let made = self.models.take().map_or_else(|| self.engine.new_set(), Ok);
        let mut models = made.map_err(|e| ReviewError::Models(e.to_string()))?;
        let done = catch_unwind(AssertUnwindSafe(|| {
            let result = work(&mut models);
            (result, models)
        }));
        // After a panic the models go with it: what they hold now is anybody's guess.
        let (result, models) = done.map_err(|_| ReviewError::WorkerFailed)?;
        self.models = Some(models);
        Ok(result)
    }

    /// Lets the models go; the next recording makes them anew.
    pub fn rest(&mut self) {
        self.models = None;
    }
}

// === impl Worker ===

impl Worker<'_> {
    /// `sha256`: of the recording, where an evidence log is wanted.
    fn review(
        &mut self,
        index: usize,
        path: &Path,
        sha256: Option<&str>,
        progress: &dyn BatchProgress,
    ) -> Reviewed {
        let batch = self.batch;
        let name = path.display().to_string();
        let passing = |error: String| Reviewed {
            report: FileReport::failed(name.clone(), error),
            lasting: false,
            log: None,
        };
        let reviewed = self.reviewer.run(|models| {
            let mut log = None;
            let wanted = batch.evidence.zip(sha256);
            let input = ReviewInput {
                reference: batch.reference,
                evidence: wanted.map(|(with, sha256)| WantedLog {
                    with,
                    sha256,
                    log: &mut log,
                }),
                ..ReviewInput::of(path)
            };
            let mut on = |p: Progress<'_>| progress.on(index, p);
            let report = review_input(input, batch.engine, models, batch.options, &mut on);
            (report, log)
        });
        match reviewed {
            Ok((report, log)) => Reviewed {
                report,
                lasting: true,
                log,
            },
            Err(e) => {
                if matches!(e, ReviewError::WorkerFailed) {
                    tracing::error!(path = %name, "a review panicked");
                }
                passing(e.to_string())
            }
        }
    }
}

/// One recording into the folder, unless it is there.
fn one_into(
    folder: &ReviewFolder,
    basis: &Basis,
    index: usize,
    path: &Path,
    worker: &mut Worker<'_>,
    progress: &dyn BatchProgress,
) -> Result<IndexEntry, FolderError> {
    let identity = Identity::of(path, basis).ok();
    if let Some(id) = &identity
        && let Some(entry) = folder.finished(path, id)?
    {
        progress.resumed(index, &entry);
        return Ok(entry);
    }
    let sha256 = identity.as_ref().map(|id| id.sha256.as_str());
    let mut reviewed = worker.review(index, path, sha256, progress);
    if identity.as_ref().is_some_and(|id| !id.still_holds()) {
        let error = ReviewError::Changed.to_string();
        reviewed = Reviewed {
            report: FileReport::failed(path.display().to_string(), error),
            lasting: false,
            log: None,
        };
    }
    let lasting = identity.as_ref().filter(|_| reviewed.lasting);
    let document = Document::new(vec![reviewed.report]);
    let entry = folder.keep(path, lasting, &document, reviewed.log.as_deref())?;
    for report in &document.files {
        progress.done(index, report);
    }
    Ok(entry)
}

fn hold<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_order<T>(results: Mutex<Vec<(usize, T)>>) -> Vec<T> {
    let mut all = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}
