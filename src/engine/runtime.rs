//! The ONNX Runtime library: found, loaded once per process, and asked for sessions.
//!
//! The library is loaded by path (`load-dynamic`), since ort's own look-up panics where there is
//! none. Every session has one thread: workers are the unit of parallelism, and several
//! multi-threaded sessions in one process slow each other down.

use super::EngineError;
use super::graphs::Graphs;
use super::store::beside_executable;
use ort::environment::Environment;
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where nets are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU; needs the crate feature `cuda` and a GPU build of the library. Failure to
    /// register is an error, never a silent run on the processor.
    Cuda,
    /// The same through TensorRT, which compiles each net for the GPU at its first run; what it cannot compile runs
    /// as with [`Provider::Cuda`]. Needs the crate feature `tensorrt`.
    TensorRt,
}

impl Provider {
    /// Name in results and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
        }
    }

    /// Every provider, whether this build has it or not.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Cuda, Self::TensorRt];
}

/// How a GPU is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gpu {
    /// Its number, counted from 0.
    pub device: u32,
    /// Runs of each bucket are captured as CUDA graphs and replayed. A net that cannot be captured whole runs without.
    pub graphs: bool,
    /// Numbers of half the width (fp16), with [`Provider::TensorRt`] alone. No card has figures with them.
    pub half: bool,
}

/// The loaded library.
#[derive(Clone)]
pub(super) struct Runtime {
    environment: Environment,
    library: PathBuf,
    provider: Provider,
    gpu: Gpu,
    graphs: Option<Graphs>,
}

/// ONNX Runtime allows one environment per process; the first library that loads stays.
static LOADED: Mutex<Option<(Environment, PathBuf)>> = Mutex::new(None);

#[cfg(target_os = "macos")]
const LIBRARY: &str = "libonnxruntime.dylib";
#[cfg(target_os = "windows")]
const LIBRARY: &str = "onnxruntime.dll";
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
const LIBRARY: &str = "libonnxruntime.so";

impl Runtime {
    /// Loads the library from `configured`, or else from `ORT_DYLIB_PATH`, beside the executable,
    /// or `vendor/onnxruntime/`.
    ///
    /// # Errors
    /// Why no library could be loaded, in words; the nets are unavailable for that reason.
    pub(super) fn load(
        configured: Option<&Path>,
        provider: Provider,
        gpu: Gpu,
    ) -> Result<Self, String> {
        // The program sets it; whoever uses the library has to.
        if std::env::var_os("ORT_DISABLE_TELEMETRY").is_none() {
            tracing::warn!(
                "ORT_DISABLE_TELEMETRY is not set: ONNX Runtime may report to its maker and write to the \
                 home folder"
            );
        }
        let candidates = candidates(configured);
        let mut loaded = lock();
        let mut refused = Vec::new();
        for path in candidates {
            if !path.is_file() {
                refused.push(format!("{}: no such file", path.display()));
                continue;
            }
            let path = path.canonicalize().unwrap_or(path);
            match open(&mut loaded, &path) {
                Ok(environment) => {
                    return Ok(Self {
                        environment,
                        library: path,
                        provider,
                        gpu,
                        graphs: None,
                    });
                }
                Err(why) => refused.push(format!("{}: {why}", path.display())),
            }
        }
        Err(format!(
            "ONNX Runtime library not loaded ({})",
            refused.join("; ")
        ))
    }

    /// Release and build of the library, as far as it names them: `1.31.1, build 6af1a93`.
    pub(super) fn version(&self) -> String {
        version_from(ort::info())
    }

    pub(super) fn library(&self) -> &Path {
        &self.library
    }

    pub(super) fn provider(&self) -> Provider {
        self.provider
    }

    /// Where tensors lie that a session's runs are bound to.
    pub(super) fn memory(&self, task: &str) -> Result<MemoryInfo<'static>, EngineError> {
        let memory = match self.provider {
            Provider::Cpu => host_memory(),
            Provider::Cuda | Provider::TensorRt => memory_of(AllocationDevice::CUDA, self.device()),
        };
        memory.map_err(|e| EngineError::runtime(task, "naming its memory", e))
    }

    /// True where nets run on numbers of half the width.
    pub(super) fn is_half(&self) -> bool {
        self.provider == Provider::TensorRt && self.gpu.half
    }

    /// Keeps optimised graphs in a folder from now on; on a GPU, whose graphs are not the processor's, none.
    pub(super) fn keep_graphs(&mut self, folder: &Path) -> Result<(), EngineError> {
        if self.provider == Provider::Cpu {
            let graphs = Graphs::open(folder, ort::info());
            self.graphs = Some(graphs.map_err(|detail| EngineError::GraphCache { detail })?);
        }
        Ok(())
    }

    /// A session of one thread over a model's bytes.
    pub(super) fn session(&self, task: &str, model: &[u8]) -> Result<Session, EngineError> {
        if let Some(graphs) = &self.graphs {
            return self.kept_session(graphs, task, model);
        }
        if self.gpu.graphs && self.provider != Provider::Cpu {
            match self.session_with(task, model, true) {
                Ok(session) => return Ok(session),
                // A net with a node that the GPU leaves to the processor cannot be captured.
                Err(e) => tracing::info!(task, error = %e, "runs without a CUDA graph"),
            }
        }
        self.session_with(task, model, false)
    }

    /// A session over the graph that an earlier start optimised, or else one whose graph is kept for the next.
    fn kept_session(
        &self,
        graphs: &Graphs,
        task: &str,
        model: &[u8],
    ) -> Result<Session, EngineError> {
        let opened = |builder: Result<SessionBuilder, ort::Error>, bytes: &[u8]| {
            builder.and_then(|mut b| b.commit_from_memory(bytes))
        };
        if let Some(graph) = graphs.kept(task, model) {
            let as_it_is =
                |b: SessionBuilder| Ok(b.with_optimization_level(GraphOptimizationLevel::Disable)?);
            match opened(
                self.options(self.builder(task)?, false).and_then(as_it_is),
                &graph,
            ) {
                Ok(session) => return Ok(session),
                Err(e) => {
                    tracing::warn!(task, error = %e, "a kept graph cannot be opened and is made anew")
                }
            }
        }
        let draft = graphs.draft(task);
        let written = |b: SessionBuilder| Ok(b.with_optimized_model_path(&draft)?);
        let session = opened(
            self.options(self.builder(task)?, false).and_then(written),
            model,
        );
        match session {
            Ok(session) => {
                graphs.keep(task, model, &draft);
                Ok(session)
            }
            // Where the folder takes no file, the net still runs.
            Err(e) => {
                tracing::warn!(task, error = %e, "opened without a folder for its optimised graph");
                self.session_with(task, model, false)
            }
        }
    }

    fn builder(&self, task: &str) -> Result<SessionBuilder, EngineError> {
        Session::builder(&self.environment)
            .map_err(|e| EngineError::runtime(task, "creating a session", e))
    }

    fn session_with(&self, task: &str, model: &[u8], graphs: bool) -> Result<Session, EngineError> {
        self.options(self.builder(task)?, graphs)
            .and_then(|mut b| b.commit_from_memory(model))
            .map_err(|e| EngineError::runtime(task, "loading the net", e))
    }

    #[cfg_attr(
        not(feature = "cuda"),
        allow(unused_variables, reason = "graphs without a GPU")
    )]
    fn options(&self, builder: SessionBuilder, graphs: bool) -> Result<SessionBuilder, ort::Error> {
        let builder = builder
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_parallel_execution(false)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?;
        match self.provider {
            Provider::Cpu => Ok(builder),
            #[cfg(feature = "cuda")]
            Provider::Cuda => Ok(builder.with_execution_providers([self.cuda(graphs)])?),
            #[cfg(not(feature = "cuda"))]
            Provider::Cuda => Err(ort::Error::new(
                "this program was built without feature cuda",
            )),
            #[cfg(feature = "tensorrt")]
            Provider::TensorRt => {
                let tensorrt = ort::ep::TensorRT::default().with_device_id(self.device());
                let tensorrt = tensorrt.with_fp16(self.gpu.half).with_cuda_graph(graphs);
                let tensorrt = tensorrt.build().error_on_failure();
                Ok(builder.with_execution_providers([tensorrt, self.cuda(graphs)])?)
            }
            #[cfg(not(feature = "tensorrt"))]
            Provider::TensorRt => Err(ort::Error::new(
                "this program was built without feature tensorrt",
            )),
        }
    }

    fn device(&self) -> i32 {
        i32::try_from(self.gpu.device).unwrap_or(i32::MAX)
    }

    /// CUDA with products of full width: the shorter ones that it prefers (TF32) keep ten bits, too few for the
    /// parity of 1e-3 that the nets are held to.
    #[cfg(feature = "cuda")]
    fn cuda(&self, graphs: bool) -> ort::ep::ExecutionProviderDispatch {
        let cuda = ort::ep::CUDA::default().with_device_id(self.device());
        let cuda = cuda.with_tf32(false).with_cuda_graph(graphs);
        cuda.build().error_on_failure()
    }
}

/// The processor's own memory.
pub(super) fn host_memory() -> Result<MemoryInfo<'static>, ort::Error> {
    memory_of(AllocationDevice::CPU, 0)
}

fn memory_of(
    device: AllocationDevice<'static>,
    number: i32,
) -> Result<MemoryInfo<'static>, ort::Error> {
    MemoryInfo::new(device, number, AllocatorType::Device, MemoryType::Default)
}

/// The builds on PyPI name a commit but no release; builds from a release branch name both.
fn version_from(info: &str) -> String {
    let field = |key: &str| {
        info.split([',', ' '])
            .find_map(|part| part.strip_prefix(key))
    };
    let release = field("git-branch=rel-");
    let build = field("git-commit-id=").map(|id| format!("build {id}"));
    let parts: Vec<&str> = release.into_iter().chain(build.as_deref()).collect();
    if parts.is_empty() {
        info.to_owned()
    } else {
        parts.join(", ")
    }
}

fn lock() -> MutexGuard<'static, Option<(Environment, PathBuf)>> {
    // The guarded value is replaced in one assignment, so a panic elsewhere leaves it whole.
    LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn candidates(configured: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) = configured {
        return vec![path.to_path_buf()];
    }
    let from_env = std::env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty());
    from_env
        .map(PathBuf::from)
        .into_iter()
        .chain(beside_executable(LIBRARY))
        .chain([Path::new("vendor/onnxruntime").join(LIBRARY)])
        .collect()
}

fn open(loaded: &mut Option<(Environment, PathBuf)>, path: &Path) -> Result<Environment, String> {
    if let Some((environment, library)) = loaded {
        return if library == path {
            Ok(environment.clone())
        } else {
            Err(format!("this process already uses {}", library.display()))
        };
    }
    let environment = ort::init_from(path)
        .map_err(|e| e.to_string())?
        .with_name("liveproof")
        .with_telemetry(false)
        .build()
        .map_err(|e| e.to_string())?;
    environment.set_log_level(ort::logging::LogLevel::Warning);
    *loaded = Some((environment.clone(), path.to_path_buf()));
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_a_reason_not_a_panic() {
        let why = Runtime::load(
            Some(Path::new("/nowhere/libonnxruntime.so")),
            Provider::Cpu,
            Gpu::default(),
        );
        let why = why.err().unwrap();
        assert!(why.contains("/nowhere/libonnxruntime.so"), "{why}");
    }

    #[test]
    fn the_version_is_what_the_library_says() {
        let info = "ORT Build Info: git-branch=rel-1.24.2, git-commit-id=abc, build type=Release";
        assert_eq!(version_from(info), "1.24.2, build abc");
        let info = "ORT Build Info: git-branch=HEAD, git-commit-id=6af1a93, fp8=1";
        assert_eq!(version_from(info), "build 6af1a93");
        assert_eq!(version_from("something else"), "something else");
    }

    #[test]
    fn a_file_that_is_no_library_is_a_reason_not_a_panic() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"not a library").unwrap();
        assert!(Runtime::load(Some(file.path()), Provider::Cpu, Gpu::default()).is_err());
    }
}
