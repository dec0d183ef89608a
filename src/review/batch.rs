//! Several recordings side by side, one worker thread and one set of models each.

use super::{Progress, ReferenceClip, ReviewError, ReviewInput, ReviewOptions, review_input};
use crate::engine::Engine;
use crate::report::FileReport;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Hears of the progress of a batch; called from the worker threads.
pub trait BatchProgress: Sync {
    /// Something happened in file `index`.
    fn on(&self, index: usize, progress: Progress<'_>);
    /// File `index` is done.
    fn done(&self, index: usize, report: &FileReport);
}

/// Reviews all paths on `jobs` threads, each against the reference if there is one; the reports
/// come in the order of the paths. A file that makes a worker fail costs its own report and no
/// other.
pub fn review_all(
    paths: &[PathBuf],
    engine: &Arc<Engine>,
    options: &ReviewOptions,
    reference: Option<&ReferenceClip>,
    jobs: usize,
    progress: &dyn BatchProgress,
) -> Vec<FileReport> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut mine = Vec::new();
        let mut models = engine.new_set();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else {
                return mine;
            };
            let name = path.display().to_string();
            let report = match &mut models {
                Err(e) => FileReport::failed(name, e.to_string()),
                Ok(set) => catch_unwind(AssertUnwindSafe(|| {
                    let input = ReviewInput {
                        reference,
                        ..ReviewInput::of(path)
                    };
                    review_input(input, engine, set, options, &mut |p| progress.on(index, p))
                }))
                .unwrap_or_else(|_| {
                    tracing::error!(path = %name, "a review panicked");
                    FileReport::failed(name, ReviewError::WorkerFailed.to_string())
                }),
            };
            progress.done(index, &report);
            mine.push((index, report));
        }
    };
    let mut all: Vec<(usize, FileReport)> = std::thread::scope(|scope| {
        let jobs = jobs.clamp(1, paths.len().max(1));
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap_or_default())
            .collect()
    });
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, r)| r).collect()
}
