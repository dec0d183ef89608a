//! Models: manifest, verification, inference. The only import site of `ort`.
//!
//! **In:** a models folder with its [`Manifest`], and an ONNX Runtime library. **Out:**
//! [`ModelSet`]s, one per worker thread, that run nets and hand out weights; the state of every
//! model; the [`SignalPolicy`] of every signal. **May touch:** `core`, `ort`, the models folder.
//! **Must not touch:** media, sessions, the wire.
//!
//! What holds:
//! - a missing, altered or refused file makes its own model unavailable, with the reason, and
//!   nothing else; without the library all nets are unavailable and weights are not;
//! - one session per net and worker, one thread per session, never shared between threads;
//! - outputs are checked for shape, and a value that is not finite is an error;
//! - a panicking job costs its worker's sessions, not the process ([`Pool`]).
//!
//! On a GPU all workers share one session a net, and their runs are put together (`batch.rs`). On a CPU that gains
//! nothing at one thread per session.

mod batch;
mod bound;
mod catalog;
mod changes;
mod cores;
mod error;
mod graphs;
mod manifest;
mod manifest_check;
mod overlay;
mod picture_input;
mod pool;
mod reading;
mod runtime;
mod set;
mod store;

pub use catalog::{ModelStatus, card, table};
pub use cores::{CpuBudget, MemoryBudget};
pub use error::EngineError;
pub use manifest::{
    AnalyzerEntry, InputSpec, MANIFEST_VERSION, Manifest, ManifestError, ModelEntry, ModelKind,
    OutputSpec, PerChannel,
};
pub use picture_input::PictureInput;
pub use pool::{DEFAULT_QUEUE, Job, Overloaded, Pool};
pub use reading::{Reading, Reads};
pub use runtime::{Gpu, Provider};
pub use set::{ModelSet, Outputs};
pub use store::ModelsDir;

use crate::core::ModelRef;
use crate::fusion::SignalPolicy;
use batch::Lane;
use runtime::Runtime;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;

/// What an operator may choose about inference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineOptions {
    /// The ONNX Runtime library; `None` = `ORT_DYLIB_PATH`, beside the executable,
    /// `vendor/onnxruntime/`.
    pub runtime: Option<PathBuf>,
    /// Where nets are computed.
    pub provider: Provider,
    /// How a GPU is used, where one is.
    pub gpu: Gpu,
    /// So many workers share one session a net, and their runs are put together: for a GPU. `None` = each worker has
    /// sessions of its own.
    pub shared_by: Option<usize>,
    /// Folder in which optimised graphs are kept for the next start, for the processor alone; `None` = they are not.
    pub graph_cache: Option<PathBuf>,
    /// Manifests laid over the folder's own, later ones on top; see `docs/evaluate.md`.
    pub overlays: Vec<PathBuf>,
}

/// A model of the manifest and, where it can be used, its verified bytes.
#[derive(Debug)]
struct Model {
    entry: ModelEntry,
    /// Folder of its card.
    folder: PathBuf,
    bytes: Result<Arc<[u8]>, String>,
    /// When its file had been written last.
    written: Option<std::time::SystemTime>,
}

impl Model {
    fn reference(&self) -> ModelRef {
        ModelRef {
            id: self.entry.id.clone(),
            sha256: self.entry.sha256.clone(),
        }
    }

    fn is_usable_net(&self) -> bool {
        self.entry.kind == ModelKind::Onnx && self.bytes.is_ok()
    }
}

/// All models of a folder, verified, and the library that runs them. Shared by all workers.
pub struct Engine {
    models: Vec<Model>,
    analyzers: Vec<AnalyzerEntry>,
    dir: ModelsDir,
    runtime: Result<Runtime, String>,
    /// For so many workers, the lane of each model that was run; `None` where each worker has its own sessions.
    lanes: Option<(usize, Lanes)>,
}

type Lanes = Mutex<HashMap<usize, Arc<Lane>>>;

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("dir", &self.dir)
            .field("models", &self.models.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Reads and verifies every model, loads the library and tries each net once. What cannot be
    /// used is listed with its reason in [`Engine::models`].
    ///
    /// # Errors
    /// A manifest that cannot be read, a GPU that was asked for and cannot be used, or a folder for graphs that others
    /// may write to.
    pub fn load(dir: &ModelsDir, options: &EngineOptions) -> Result<Arc<Self>, EngineError> {
        let store = Store::open(dir, &options.overlays)?;
        let mut runtime = Runtime::load(options.runtime.as_deref(), options.provider, options.gpu);
        if let (Ok(runtime), Some(folder)) = (&mut runtime, &options.graph_cache) {
            runtime.keep_graphs(folder)?;
        }
        let stored = store.models.into_iter();
        let mut engine = Self {
            models: stored
                .map(|m| Model {
                    written: changes::written(&m.folder.join(&m.entry.file)),
                    entry: m.entry,
                    folder: m.folder,
                    bytes: m.bytes,
                })
                .collect(),
            analyzers: store.analyzers,
            dir: dir.clone(),
            runtime,
            lanes: options.shared_by.map(|workers| (workers, Lanes::default())),
        };
        engine.probe(options.provider)?;
        Ok(Arc::new(engine))
    }

    /// Opens each net once, so that one that the library refuses is known before it is needed.
    fn probe(&mut self, provider: Provider) -> Result<(), EngineError> {
        let mut refused = Vec::new();
        for (i, model) in self
            .models
            .iter()
            .enumerate()
            .filter(|(_, m)| m.is_usable_net())
        {
            match self.session(model) {
                Ok(_) => {}
                Err(e) if provider != Provider::Cpu => return Err(e),
                Err(EngineError::Unavailable { detail, .. }) => refused.push((i, detail)),
                Err(e) => refused.push((i, e.to_string())),
            }
        }
        for (i, why) in refused {
            if let Some(model) = self.models.get_mut(i) {
                model.bytes = Err(why);
            }
        }
        Ok(())
    }

    /// State of every model of the manifest.
    pub fn models(&self) -> Vec<ModelStatus> {
        let status =
            |m: &Model| ModelStatus::new(&m.entry, m.bytes.as_ref().err().cloned(), &m.folder);
        self.models.iter().map(status).collect()
    }

    /// How each signal enters the score, in the order of the manifest.
    pub fn policies(&self) -> Vec<SignalPolicy> {
        self.analyzers.iter().map(AnalyzerEntry::policy).collect()
    }

    /// Names of the signals in the order in which they are left out under load.
    pub fn shed_order(&self) -> Vec<String> {
        let mut order: Vec<&AnalyzerEntry> = self.analyzers.iter().collect();
        order.sort_by_key(|a| a.priority);
        order.into_iter().map(|a| a.name.clone()).collect()
    }

    /// The signals of the manifest.
    pub fn analyzers(&self) -> &[AnalyzerEntry] {
        &self.analyzers
    }

    /// Digest of everything here that results depend on: models, manifest entries, library,
    /// provider. Results of equal digests and equal media are equal.
    pub fn fingerprint(&self) -> String {
        use sha2::{Digest as _, Sha256};
        let mut hash = Sha256::new();
        for m in &self.models {
            hash.update(format!("{:?} {}\n", m.entry, m.bytes.is_ok()));
        }
        hash.update(format!("{:?}\n", self.analyzers));
        hash.update(format!("{:?} {}", self.runtime_version(), self.provider()));
        if self.runtime.as_ref().is_ok_and(Runtime::is_half) {
            hash.update(" half");
        }
        hex::encode(hash.finalize())
    }

    /// The models folder.
    pub fn dir(&self) -> &ModelsDir {
        &self.dir
    }

    /// Version of the ONNX Runtime library; `None` when it could not be loaded.
    pub fn runtime_version(&self) -> Option<String> {
        self.runtime.as_ref().ok().map(Runtime::version)
    }

    /// The library's path, or why none could be loaded.
    pub fn runtime_library(&self) -> Result<&std::path::Path, &str> {
        self.runtime
            .as_ref()
            .map(Runtime::library)
            .map_err(String::as_str)
    }

    /// Where nets are computed: `cpu`, `cuda`, or `none` without a library.
    pub fn provider(&self) -> &'static str {
        self.runtime
            .as_ref()
            .map_or("none", |r| r.provider().name())
    }

    /// A set of models for one thread. Sessions are created on first use, or by
    /// [`ModelSet::warm_up`].
    ///
    /// # Errors
    /// None today; kept fallible for providers that reserve memory per set.
    pub fn new_set(self: &Arc<Self>) -> Result<ModelSet, EngineError> {
        Ok(ModelSet::new(Arc::clone(self)))
    }

    fn shares_runs(&self) -> bool {
        self.lanes.is_some()
    }

    /// Where runs of a model are put together, where they are.
    fn lane(&self, index: usize) -> Result<Option<Arc<Lane>>, EngineError> {
        let (Some((workers, lanes)), Some(model)) = (&self.lanes, self.models.get(index)) else {
            return Ok(None);
        };
        let mut lanes = lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(&index) {
            return Ok(Some(Arc::clone(lane)));
        }
        let (session, entry) = (self.session(model)?, &model.entry);
        let memory = self.runtime_for(&entry.task)?.memory(&entry.task)?;
        let lane = Lane::start(&entry.task, session, &entry.input, *workers, memory)?;
        let lane = Arc::new(lane);
        lanes.insert(index, Arc::clone(&lane));
        Ok(Some(lane))
    }

    /// The library, or that the task cannot run without it.
    fn runtime_for(&self, task: &str) -> Result<&Runtime, EngineError> {
        self.runtime
            .as_ref()
            .map_err(|why| EngineError::Unavailable {
                task: task.to_owned(),
                detail: why.clone(),
            })
    }

    fn session(&self, model: &Model) -> Result<ort::session::Session, EngineError> {
        let task = &model.entry.task;
        let unavailable = |detail: &str| EngineError::Unavailable {
            task: task.clone(),
            detail: detail.to_owned(),
        };
        if model.entry.kind != ModelKind::Onnx {
            return Err(unavailable("the model is a weights file, not a net"));
        }
        let runtime = self.runtime_for(task)?;
        let bytes = model.bytes.as_ref().map_err(|why| unavailable(why))?;
        let session = runtime.session(task, bytes)?;
        catalog::check_graph(&model.entry, &session)?;
        Ok(session)
    }
}

#[cfg(test)]
mod tests;
