//! What can go wrong between a model on disk and its outputs.

use crate::core::{AbstainReason, Abstention};
use std::path::PathBuf;

/// A failure of the engine; names the step, and the task or file it concerns.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No folder with a `manifest.toml` was found.
    #[error("no models folder: looked for manifest.toml in {}", list(.searched))]
    NoModelsDir {
        /// Folders that were tried, in order.
        searched: Vec<PathBuf>,
    },
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] super::ManifestError),
    /// The folder for optimised graphs cannot be used.
    #[error("{detail}")]
    GraphCache {
        /// The setting, the folder and why.
        detail: String,
    },
    /// The task has no usable model.
    #[error("task {task}: {detail}")]
    Unavailable {
        /// Task of the manifest.
        task: String,
        /// Why there is no model.
        detail: String,
    },
    /// A tensor does not have the shape or the name that was declared.
    #[error("task {task}, {tensor}: found {found}, expected {expected}")]
    Shape {
        /// Task of the manifest.
        task: String,
        /// Input or output concerned.
        tensor: String,
        /// What was found.
        found: String,
        /// What was declared.
        expected: String,
    },
    /// A net returned NaN or infinity; such numbers never become a score.
    #[error("task {task}, output {tensor}: {count} of {total} values are not finite")]
    NotFinite {
        /// Task of the manifest.
        task: String,
        /// Output concerned.
        tensor: String,
        /// How many values.
        count: usize,
        /// Out of how many.
        total: usize,
    },
    /// The runtime refused a call.
    #[error("task {task}: {step} failed: {source}")]
    Runtime {
        /// Task of the manifest.
        task: String,
        /// What was being done.
        step: &'static str,
        /// The runtime's own words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No model has this id.
    #[error("no model {id}; the manifest has {}", .known.join(", "))]
    UnknownModel {
        /// The id asked for.
        id: String,
        /// Ids of the manifest.
        known: Vec<String>,
    },
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    names.join(", ")
}

impl EngineError {
    pub(super) fn runtime(task: &str, step: &'static str, source: ort::Error) -> Self {
        Self::Runtime {
            task: task.to_owned(),
            step,
            source: Box::new(source),
        }
    }

    /// The abstention of a signal that met this error: a missing model reads as missing, anything
    /// else as a failed analysis.
    pub fn abstention(&self) -> Abstention {
        let reason = match self {
            Self::Unavailable { .. } | Self::NoModelsDir { .. } | Self::UnknownModel { .. } => {
                AbstainReason::ModelMissing
            }
            Self::Read { .. }
            | Self::GraphCache { .. }
            | Self::Manifest(_)
            | Self::Shape { .. }
            | Self::NotFinite { .. }
            | Self::Runtime { .. } => AbstainReason::Failed,
        };
        Abstention::new(reason, self.to_string())
    }
}
