//! Models: manifest, verification, inference. The only import site of `ort`.

use crate::core::{AbstainReason, Abstention, ModelRef};

/// The models of one worker thread.
#[derive(Debug, Default)]
pub struct ModelSet {}

impl ModelSet {
    /// Id and digest of the model that serves a task.
    ///
    /// # Errors
    /// An abstention that says why the task has no model.
    pub fn model(&self, task: &str) -> Result<ModelRef, Abstention> {
        Err(Abstention::new(
            AbstainReason::ModelMissing,
            format!("no model for task {task}"),
        ))
    }
}
