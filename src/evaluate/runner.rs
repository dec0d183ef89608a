//! Scores every recording of a list, several at a time, with a cache of what was done before.

use super::degrade::Degradation;
use super::{Clip, ClipList, ClipResult, ResultCache};
use crate::engine::{Engine, EngineError, ModelSet};
use crate::review::{
    MediaFilter, ReferenceClip, ReferenceInput, ReviewInput, ReviewOptions, review_input,
    settings_words, sha256_of,
};
use sha2::{Digest as _, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An overlay that the list names cannot be used.
    #[error("line {line}, column models: {source}")]
    Overlay {
        /// Line of the list.
        line: usize,
        /// Why.
        #[source]
        source: EngineError,
    },
}

/// The engines of a run: the shipped models, and one more for each overlay that the list names.
#[derive(Debug)]
pub struct Engines(Vec<(Option<PathBuf>, Arc<Engine>)>);

// === impl Engines ===

impl Engines {
    /// Loads an engine for each overlay of the list; `load` lays it over the shipped models.
    ///
    /// # Errors
    /// [`RunError::Overlay`] with the line that names it.
    pub fn load(
        list: &ClipList,
        shipped: Arc<Engine>,
        load: impl Fn(&Path) -> Result<Arc<Engine>, EngineError>,
    ) -> Result<Self, RunError> {
        let mut all = vec![(None, shipped)];
        for clip in &list.clips {
            let Some(path) = &clip.models else { continue };
            if all.iter().any(|(p, _)| p.as_ref() == Some(path)) {
                continue;
            }
            let line = clip.line;
            let engine = load(path).map_err(|source| RunError::Overlay { line, source })?;
            all.push((Some(path.clone()), engine));
        }
        Ok(Self(all))
    }

    /// Each engine with its overlay.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&Path>, &Arc<Engine>)> {
        self.0.iter().map(|(p, e)| (p.as_deref(), e))
    }

    fn index(&self, clip: &Clip) -> usize {
        self.0
            .iter()
            .position(|(p, _)| *p == clip.models)
            .unwrap_or(0)
    }
}

/// How a list is run.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// How recordings are reviewed.
    pub review: ReviewOptions,
    /// Recordings worked on at the same time.
    pub jobs: usize,
    /// What is done to the media in further passes over the list.
    pub degrade: Vec<Degradation>,
    /// Digest of the running program: results of another build are not taken for this one's.
    pub program: String,
}

/// Hears of the progress of a run; called from the worker threads.
pub trait RunProgress: Sync {
    /// A recording is done; `cached` when an earlier run had done it.
    fn done(&self, clip: &Clip, cached: bool, result: &ClipResult);
}

/// Results of a run, in the order of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// On the recordings as they are.
    pub plain: Vec<ClipResult>,
    /// On media made worse.
    pub degraded: Vec<(Degradation, Vec<ClipResult>)>,
}

/// One recording in one pass.
#[derive(Clone, Copy)]
struct Task {
    /// 0 = as it is, i = the i-th degradation.
    pass: usize,
    engine: usize,
    clip: usize,
}

/// Scores every recording. A recording that cannot be read, or that makes a worker fail, costs its
/// own result and no other.
pub fn run(
    list: &ClipList,
    engines: &Engines,
    settings: &RunSettings,
    cache: &ResultCache,
    progress: &dyn RunProgress,
) -> Scored {
    let passes = settings.degrade.len() + 1;
    let mut tasks: Vec<Task> = (0..passes)
        .flat_map(|pass| {
            list.clips.iter().enumerate().map(move |(clip, row)| Task {
                pass,
                engine: engines.index(row),
                clip,
            })
        })
        .collect();
    // Recordings of one overlay come together, since a worker holds one set of models.
    tasks.sort_by_key(|t| (t.pass, t.engine, t.clip));
    let runner = Runner {
        list,
        engines,
        settings,
        cache,
        progress,
        fingerprints: engines.0.iter().map(|(_, e)| e.fingerprint()).collect(),
    };
    let mut done = runner.all(&tasks);
    done.sort_by_key(|(t, _)| (t.pass, t.clip));
    let mut results = done.into_iter().map(|(_, r)| r);
    let n = list.clips.len();
    let plain = results.by_ref().take(n).collect();
    let mut degraded = Vec::new();
    for d in &settings.degrade {
        degraded.push((*d, results.by_ref().take(n).collect()));
    }
    Scored { plain, degraded }
}

struct Runner<'a> {
    list: &'a ClipList,
    engines: &'a Engines,
    settings: &'a RunSettings,
    cache: &'a ResultCache,
    progress: &'a dyn RunProgress,
    fingerprints: Vec<String>,
}

impl Runner<'_> {
    fn all(&self, tasks: &[Task]) -> Vec<(Task, ClipResult)> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut mine = Vec::new();
            let mut models: Option<(usize, ModelSet)> = None;
            while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Some(result) = self.one(*task, &mut models) {
                    mine.push((*task, result));
                }
            }
            mine
        };
        std::thread::scope(|scope| {
            let jobs = self.settings.jobs.clamp(1, tasks.len().max(1));
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .flat_map(|w| w.join().unwrap_or_default())
                .collect()
        })
    }

    fn one(&self, task: Task, models: &mut Option<(usize, ModelSet)>) -> Option<ClipResult> {
        let clip = self.list.clips.get(task.clip)?;
        let key = self.key(clip, task);
        if let Some(known) = key.as_ref().ok().and_then(|k| self.cache.get(k)) {
            self.progress.done(clip, true, known);
            return Some(known.clone());
        }
        let result = match &key {
            Err(why) => ClipResult::failed(why.as_str()),
            Ok(_) => {
                let review = AssertUnwindSafe(|| self.review(clip, task, models));
                catch_unwind(review).unwrap_or_else(|_| {
                    tracing::error!(path = %clip.name, "a review panicked");
                    ClipResult::failed("the review stopped unexpectedly; the log has the cause")
                })
            }
        };
        if let Ok(key) = &key {
            self.cache.keep(key, &result);
        }
        self.progress.done(clip, false, &result);
        Some(result)
    }

    fn review(
        &self,
        clip: &Clip,
        task: Task,
        models: &mut Option<(usize, ModelSet)>,
    ) -> ClipResult {
        let Some((_, engine)) = self.engines.0.get(task.engine) else {
            return ClipResult::failed("no engine");
        };
        let mut set = match models.take() {
            Some((index, set)) if index == task.engine => set,
            _ => match engine.new_set() {
                Ok(set) => set,
                Err(e) => return ClipResult::failed(e.to_string()),
            },
        };
        let degradation = task
            .pass
            .checked_sub(1)
            .and_then(|i| self.settings.degrade.get(i));
        let reference = match self.reference(clip, &mut set) {
            Ok(reference) => reference,
            Err(why) => {
                *models = Some((task.engine, set));
                return ClipResult::failed(why);
            }
        };
        let mut filter = degradation.map(|d| d.filter(seed_of(&clip.name)));
        let input = ReviewInput {
            events: clip.events.as_deref(),
            stretch: clip.only.map(|s| s.span()),
            reference: reference.as_ref(),
            filter: filter.as_mut().map(|f| f.as_mut() as &mut dyn MediaFilter),
            ..ReviewInput::of(&clip.path)
        };
        let report = review_input(input, engine, &mut set, &self.settings.review, &mut |_| {});
        *models = Some((task.engine, set));
        ClipResult::of(&report)
    }

    /// Reads the reference of a recording as it is: a degradation is done to the recording alone, so
    /// that what shows is whether the two are still taken for one camera.
    fn reference(
        &self,
        clip: &Clip,
        models: &mut ModelSet,
    ) -> Result<Option<ReferenceClip>, String> {
        let Some(path) = &clip.reference else {
            return Ok(None);
        };
        let input = ReferenceInput {
            stretch: clip.reference_only.map(|s| s.span()),
            ..ReferenceInput::of(path)
        };
        let read = input.read(models, &self.settings.review);
        read.map(Some).map_err(|e| format!("reference: {e}"))
    }

    /// Digest of everything that the result depends on.
    fn key(&self, clip: &Clip, task: Task) -> Result<String, String> {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.as_bytes());
            hash.update([0]);
        };
        add(&self.settings.program);
        add(self
            .fingerprints
            .get(task.engine)
            .map_or("", String::as_str));
        add(&settings_words(&self.settings.review.pipeline));
        add(&sha256_of(&clip.path).map_err(|e| format!("cannot read the file: {e}"))?);
        let input = ReviewInput {
            events: clip.events.as_deref(),
            ..ReviewInput::of(&clip.path)
        };
        match input.events_file() {
            Some(events) => {
                add(&sha256_of(&events).map_err(|e| format!("events file: cannot be read: {e}"))?);
            }
            None => add("no events"),
        }
        add(&format!("{:?} {:?}", clip.only, clip.reference_only));
        if let Some(path) = &clip.reference {
            add(&sha256_of(path).map_err(|e| format!("reference: cannot be read: {e}"))?);
            match ReferenceInput::of(path).events_file() {
                Some(events) => add(&sha256_of(&events)
                    .map_err(|e| format!("reference: events file: cannot be read: {e}"))?),
                None => add("no events"),
            }
        }
        let degradation = task
            .pass
            .checked_sub(1)
            .and_then(|i| self.settings.degrade.get(i));
        if let Some(d) = degradation {
            add(&format!("{d} {}", seed_of(&clip.name)));
        }
        Ok(hex::encode(hash.finalize()))
    }
}

/// A seed for the noise of a degradation that depends on the recording's name alone.
fn seed_of(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |seed, b| seed << 8 | u64::from(*b))
}
