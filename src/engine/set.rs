//! The models of one worker thread: one session per net, never shared.

use super::batch::Tensors;
use super::{Engine, EngineError, InputSpec, ModelKind, OutputSpec};
use crate::core::{AbstainReason, Abstention, ModelRef};
use crate::telemetry::NetRun;
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::TensorRef;
use std::borrow::Cow;
use std::sync::Arc;

/// The models of one worker thread. `default()` has none: every task then says `model missing`.
#[derive(Default)]
pub struct ModelSet {
    engine: Option<Arc<Engine>>,
    /// One slot per model of the engine, filled on first use.
    sessions: Vec<Option<Session>>,
}

impl std::fmt::Debug for ModelSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = self.sessions.iter().flatten().count();
        f.debug_struct("ModelSet")
            .field("open_sessions", &open)
            .finish_non_exhaustive()
    }
}

/// The outputs of one run, by name; every value is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    task: String,
    values: Vec<(String, ArrayD<f32>)>,
}

impl Outputs {
    /// Task of the net that gave them.
    pub(super) fn task(&self) -> &str {
        &self.task
    }

    /// Outputs as a net could have given them.
    #[cfg(test)]
    pub(super) fn of(task: &str, name: &str, values: &[f32]) -> Self {
        let array = ArrayD::from_shape_vec(IxDyn(&[1, values.len()]), values.to_vec());
        Self {
            task: task.to_owned(),
            values: vec![(name.to_owned(), array.unwrap())],
        }
    }

    /// An output by name.
    ///
    /// # Errors
    /// When the net has no output of that name.
    pub fn get(&self, name: &str) -> Result<ArrayViewD<'_, f32>, EngineError> {
        match self.values.iter().find(|(n, _)| n == name) {
            Some((_, value)) => Ok(value.view()),
            None => {
                let names: Vec<&str> = self.values.iter().map(|(n, _)| n.as_str()).collect();
                Err(EngineError::Shape {
                    task: self.task.clone(),
                    tensor: format!("output {name}"),
                    found: "no such output".to_owned(),
                    expected: names.join(", "),
                })
            }
        }
    }
}

impl ModelSet {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        let sessions = engine.models.iter().map(|_| None).collect();
        Self {
            engine: Some(engine),
            sessions,
        }
    }

    /// Id and digest of the model that serves a task.
    ///
    /// # Errors
    /// An abstention that says why the task has no model.
    pub fn model(&self, task: &str) -> Result<ModelRef, Abstention> {
        let (_, model) = self.find(task)?;
        Ok(model.reference())
    }

    /// Declared inputs of a task's net; preprocessing takes its constants from here.
    ///
    /// # Errors
    /// An abstention that says why the task has no model.
    pub fn inputs(&self, task: &str) -> Result<&[InputSpec], Abstention> {
        Ok(&self.find(task)?.1.entry.input)
    }

    /// Declared outputs of a task's net.
    ///
    /// # Errors
    /// An abstention that says why the task has no model.
    pub fn outputs(&self, task: &str) -> Result<&[OutputSpec], Abstention> {
        Ok(&self.find(task)?.1.entry.outputs)
    }

    /// The first declared input of a task's net.
    ///
    /// # Errors
    /// An abstention that says why the task has no model, or that it has no input.
    pub fn input_spec(&self, task: &str) -> Result<&InputSpec, Abstention> {
        self.inputs(task)?
            .first()
            .ok_or_else(|| missing(task, "the manifest declares no input"))
    }

    /// Settings of a task's post-processing (`params` of the manifest), as thresholds.
    ///
    /// # Errors
    /// An abstention that says why the task has no model.
    pub fn params(&self, task: &str) -> Result<&toml::Table, Abstention> {
        Ok(&self.find(task)?.1.entry.params)
    }

    /// Calibration of a task's outputs (`calibration` of the manifest).
    ///
    /// # Errors
    /// An abstention that says why the task has no model.
    pub fn calibration(&self, task: &str) -> Result<&toml::Table, Abstention> {
        Ok(&self.find(task)?.1.entry.calibration)
    }

    /// A number of a task's `params`, if it is there.
    pub fn param(&self, task: &str, name: &str) -> Option<f64> {
        let value = self.params(task).ok()?.get(name)?;
        value
            .as_float()
            .or_else(|| value.as_integer().map(|i| i as f64))
    }

    /// The verified bytes of a task's weights file.
    ///
    /// # Errors
    /// An abstention that says why the task has no weights.
    pub fn blob(&self, task: &str) -> Result<(ModelRef, Arc<[u8]>), Abstention> {
        let (_, model) = self.find(task)?;
        match (&model.bytes, model.entry.kind) {
            (Ok(bytes), ModelKind::Weights) => Ok((model.reference(), Arc::clone(bytes))),
            (Ok(_), ModelKind::Onnx) => {
                Err(missing(task, "the model is a net, not a weights file"))
            }
            (Err(why), _) => Err(missing(task, why)),
        }
    }

    /// Runs a task's net. Inputs go by name; shapes are checked against manifest and graph.
    ///
    /// # Errors
    /// An unavailable model, a shape that was not declared, a failure of the runtime, or an
    /// output that is not finite.
    pub fn run(
        &mut self,
        task: &str,
        inputs: &[(&str, ArrayViewD<'_, f32>)],
    ) -> Result<Outputs, EngineError> {
        let (index, engine) = self.open(task)?;
        let unavailable = || EngineError::Unavailable {
            task: task.to_owned(),
            detail: "no session".to_owned(),
        };
        let model = engine.models.get(index).ok_or_else(unavailable)?;
        for spec in &model.entry.input {
            let Some((_, value)) = inputs.iter().find(|(name, _)| *name == spec.name) else {
                return Err(shape(
                    task,
                    "input",
                    &spec.name,
                    "nothing",
                    spec.axes().as_deref(),
                ));
            };
            check_axes(
                task,
                "input",
                &spec.name,
                value.shape(),
                spec.axes().as_deref(),
            )?;
        }
        NetRun {
            model: &model.entry.id,
        }
        .emit();
        let values = match engine.lane(index)? {
            Some(lane) => lane.run(inputs)?,
            None => {
                let session = self.sessions.get_mut(index).and_then(Option::as_mut);
                run_session(session.ok_or_else(unavailable)?, task, inputs)?
            }
        };
        for spec in &model.entry.outputs {
            let Some((_, value)) = values.iter().find(|(name, _)| *name == spec.name) else {
                return Err(shape(
                    task,
                    "output",
                    &spec.name,
                    "nothing",
                    spec.shape.as_deref(),
                ));
            };
            check_axes(
                task,
                "output",
                &spec.name,
                value.shape(),
                spec.shape.as_deref(),
            )?;
        }
        Ok(Outputs {
            task: task.to_owned(),
            values,
        })
    }

    /// Creates every session now and runs each net once on zeros, so that the first interview
    /// does not pay for it. Nets with a free axis other than the first are only loaded.
    ///
    /// # Errors
    /// The first failure of an available model.
    pub fn warm_up(&mut self) -> Result<(), EngineError> {
        let Some(engine) = self.engine.clone() else {
            return Ok(());
        };
        for model in engine.models.iter().filter(|m| m.is_usable_net()) {
            let task = model.entry.task.as_str();
            self.open(task)?;
            let zeros: Option<Vec<_>> = model.entry.input.iter().map(zeros_for).collect();
            if let Some(zeros) = zeros {
                let inputs: Vec<_> = zeros.iter().map(|(n, a)| (*n, a.view())).collect();
                self.run(task, &inputs)?;
            }
        }
        Ok(())
    }

    fn find(&self, task: &str) -> Result<(usize, &super::Model), Abstention> {
        let engine = self
            .engine
            .as_ref()
            .ok_or_else(|| missing(task, "no models are loaded"))?;
        let found = engine
            .models
            .iter()
            .enumerate()
            .find(|(_, m)| m.entry.task == task);
        let (index, model) = found.ok_or_else(|| missing(task, "the manifest lists none"))?;
        match &model.bytes {
            Ok(_) => Ok((index, model)),
            Err(why) => Err(missing(task, why)),
        }
    }

    /// Makes sure that the task's session exists.
    fn open(&mut self, task: &str) -> Result<(usize, Arc<Engine>), EngineError> {
        let unavailable = |detail: String| EngineError::Unavailable {
            task: task.to_owned(),
            detail,
        };
        let (index, model) = self.find(task).map_err(|a| unavailable(a.detail))?;
        let engine = self
            .engine
            .clone()
            .ok_or_else(|| unavailable("no models".to_owned()))?;
        if engine.shares_runs() || self.sessions.get(index).is_some_and(Option::is_some) {
            return Ok((index, engine));
        }
        let session = engine.session(model)?;
        if let Some(slot) = self.sessions.get_mut(index) {
            *slot = Some(session);
        }
        Ok((index, engine))
    }
}

fn missing(task: &str, why: &str) -> Abstention {
    Abstention::new(
        AbstainReason::ModelMissing,
        format!("no model for task {task}: {why}"),
    )
}

fn zeros_for(spec: &InputSpec) -> Option<(&str, ArrayD<f32>)> {
    let mut axes = spec.axes()?;
    if let Some(batch) = axes.first_mut() {
        *batch = (*batch).max(1);
    }
    let sizes: Result<Vec<usize>, _> = axes.iter().map(|a| usize::try_from(*a)).collect();
    Some((spec.name.as_str(), ArrayD::zeros(IxDyn(&sizes.ok()?))))
}

/// Runs a net on dense copies of what is not dense; whether the numbers are finite is not looked at.
pub(super) fn run_unchecked(
    session: &mut Session,
    task: &str,
    inputs: &[(&str, ArrayViewD<'_, f32>)],
    options: Option<&RunOptions>,
) -> Result<Tensors, EngineError> {
    let runtime = |e| EngineError::runtime(task, "inference", e);
    let dense: Vec<CowArray<'_, f32, IxDyn>> =
        inputs.iter().map(|(_, v)| v.as_standard_layout()).collect();
    let mut feed: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
    for ((name, _), array) in inputs.iter().zip(&dense) {
        let tensor = TensorRef::from_array_view(array.view()).map_err(runtime)?;
        feed.push((Cow::Borrowed(*name), tensor.into()));
    }
    let outputs = match options {
        Some(options) => session.run_with_options(feed, options),
        None => session.run(feed),
    };
    let outputs = outputs.map_err(runtime)?;
    let mut values = Vec::with_capacity(outputs.len());
    for (name, value) in outputs.iter() {
        let array = value.try_extract_array::<f32>().map_err(runtime)?;
        values.push((name.to_owned(), array.to_owned()));
    }
    Ok(values)
}

/// The same, where a number that is not finite is an error.
fn run_session(
    session: &mut Session,
    task: &str,
    inputs: &[(&str, ArrayViewD<'_, f32>)],
) -> Result<Tensors, EngineError> {
    let values = run_unchecked(session, task, inputs, None)?;
    check_finite(task, &values).map(|()| values)
}

/// # Errors
/// The first output with a number that is not finite.
pub(super) fn check_finite(task: &str, outputs: &Tensors) -> Result<(), EngineError> {
    for (name, array) in outputs {
        let count = array.iter().filter(|v| !v.is_finite()).count();
        if count > 0 {
            return Err(EngineError::NotFinite {
                task: task.to_owned(),
                tensor: name.clone(),
                count,
                total: array.len(),
            });
        }
    }
    Ok(())
}

fn check_axes(
    task: &str,
    kind: &str,
    name: &str,
    found: &[usize],
    expected: Option<&[i64]>,
) -> Result<(), EngineError> {
    let Some(axes) = expected else { return Ok(()) };
    let fits = |(found, declared): (&usize, &i64)| *declared < 0 || *declared == *found as i64;
    if found.len() == axes.len() && found.iter().zip(axes).all(fits) {
        return Ok(());
    }
    Err(shape(task, kind, name, &format!("{found:?}"), expected))
}

fn shape(task: &str, kind: &str, name: &str, found: &str, expected: Option<&[i64]>) -> EngineError {
    EngineError::Shape {
        task: task.to_owned(),
        tensor: format!("{kind} {name}"),
        found: found.to_owned(),
        expected: expected.map_or("a tensor".to_owned(), |axes| format!("{axes:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::store::tests::{digest, folder_with_weights};
    use crate::engine::{EngineOptions, ModelsDir};

    #[test]
    fn without_models_every_task_is_missing() {
        let mut set = ModelSet::default();
        assert_eq!(
            set.model("x").unwrap_err().reason,
            AbstainReason::ModelMissing
        );
        assert_eq!(
            set.blob("x").unwrap_err().reason,
            AbstainReason::ModelMissing
        );
        let e = set.run("x", &[]).unwrap_err();
        assert_eq!(e.abstention().reason, AbstainReason::ModelMissing);
        set.warm_up().unwrap();
    }

    #[test]
    fn weights_are_read_without_the_runtime() {
        let bytes = [1u8, 2, 3];
        let dir = folder_with_weights(&bytes, &digest(&bytes));
        let options = EngineOptions {
            runtime: Some("/nowhere/lib.so".into()),
            ..EngineOptions::default()
        };
        let models = ModelsDir::find(Some(dir.path())).unwrap();
        let engine = Engine::load(&models, &options).unwrap();
        let mut set = engine.new_set().unwrap();
        let (model, blob) = set.blob("w").unwrap();
        assert_eq!((model.id.as_str(), &*blob), ("w-1", &bytes[..]));
        assert!(matches!(
            set.run("w", &[]),
            Err(EngineError::Unavailable { .. })
        ));
    }

    #[test]
    fn axes_are_compared_one_by_one() {
        let check =
            |found: &[usize], axes: &[i64]| check_axes("t", "input", "x", found, Some(axes));
        assert!(check(&[4, 3, 2], &[-1, 3, 2]).is_ok());
        for (found, axes) in [(&[4, 3][..], &[-1, 3, 2][..]), (&[4, 2, 2], &[-1, 3, 2])] {
            let e = check(found, axes).unwrap_err().to_string();
            assert!(
                e.contains("input x") && e.contains(&format!("{axes:?}")),
                "{e}"
            );
        }
    }
}
