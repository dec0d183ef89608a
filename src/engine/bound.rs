//! A net's runs of one size with tensors that stay where they are: allocated once on the device and bound to the
//! session. A run copies its inputs there, computes, and copies what it gives back; nothing is allocated on the
//! device, and, since no address changes, the run can be kept as a CUDA graph and replayed.

use super::batch::Tensors;
use super::{EngineError, set};
use ndarray::ArrayD;
use ort::memory::{AllocationDevice, Allocator, MemoryInfo};
use ort::session::{IoBinding, RunOptions, Session};
use ort::value::Tensor;

/// Key under which a GPU keeps a captured run; each size has a number of its own.
const GRAPH: &str = "gpu_graph_id";
/// A run that is neither captured nor replayed.
const NO_GRAPH: &str = "-1";
/// Runs before a bound net is held against a plain run: the first warms up, the second is captured, the third is replayed.
const SETTLING_RUNS: usize = 3;
/// Largest difference of a bound run from a plain one, of the largest value: what nets are held to on a GPU.
const PARITY: f32 = 1e-3;

/// Runs of one size.
pub(super) struct Bound {
    binding: IoBinding,
    options: RunOptions,
    /// Where inputs are laid down on their way to the device: tensors that the library allocated, since `ort` 2.0.0-rc.15 never
    /// comes back from copying one that borrows an array (binding it copies it, under the lock that is held already).
    staged: Vec<Tensor<f32>>,
    inputs: Vec<(String, Tensor<f32>)>,
    outputs: Vec<(String, Tensor<f32>)>,
}

// === impl Bound ===

impl Bound {
    /// Binds tensors of the shapes of `inputs`, and of `plain`, which a plain run gave for them, in `memory`; `number`
    /// tells the sizes of a net apart. The bound run is held against the plain one.
    ///
    /// # Errors
    /// What the library says, or that the bound run gives something else than the plain one.
    pub(super) fn open(
        session: &mut Session,
        task: &str,
        inputs: &Tensors,
        plain: &Tensors,
        memory: &MemoryInfo<'static>,
        number: usize,
    ) -> Result<Self, EngineError> {
        let make = |session: &Session| {
            let allocator = Allocator::new(session, memory.clone())?;
            let allocate = |tensors: &Tensors| {
                let one = |(name, array): &(String, ArrayD<f32>)| {
                    Ok((name.clone(), Tensor::new(&allocator, array.shape())?))
                };
                tensors.iter().map(one).collect::<ort::Result<Vec<_>>>()
            };
            let mut bound = Self {
                binding: session.create_binding()?,
                options: RunOptions::new()?,
                staged: inputs
                    .iter()
                    .map(|(_, a)| Tensor::new(&Allocator::default(), a.shape()))
                    .collect::<ort::Result<_>>()?,
                inputs: allocate(inputs)?,
                outputs: allocate(plain)?,
            };
            bound.options.set(GRAPH, number.to_string())?;
            for (name, tensor) in &bound.inputs {
                bound.binding.bind_input(name, tensor)?;
            }
            for (name, tensor) in &mut bound.outputs {
                bound.binding.bind_output(name.as_str(), tensor)?;
            }
            Ok(bound)
        };
        let failed = |e| EngineError::runtime(task, "binding tensors of the device", e);
        let mut bound = make(session).map_err(failed)?;
        let mut given = Tensors::new();
        for _ in 0..SETTLING_RUNS {
            given = bound.run(session, task, inputs)?;
        }
        differs(plain, &given).map_or(Ok(bound), |what| {
            Err(failed(ort::Error::new(format!(
                "a bound run gives something else than a plain one: {what}"
            ))))
        })
    }

    /// True where a run has the shapes of this size.
    pub(super) fn fits(&self, inputs: &Tensors) -> bool {
        let mut pairs = self.inputs.iter().zip(inputs);
        self.inputs.len() == inputs.len()
            && pairs.all(|((a, tensor), (b, array))| {
                let axes = tensor.shape().iter().map(|n| usize::try_from(*n).ok());
                a == b && axes.eq(array.shape().iter().map(|n| Some(*n)))
            })
    }

    /// A run; whether the numbers are finite is not looked at.
    ///
    /// # Errors
    /// What the library says.
    pub(super) fn run(
        &mut self,
        session: &mut Session,
        task: &str,
        inputs: &Tensors,
    ) -> Result<Tensors, EngineError> {
        let mut run = || {
            let places = self.staged.iter_mut().zip(&mut self.inputs);
            for ((staged, (_, tensor)), (_, array)) in places.zip(inputs) {
                staged.extract_array_mut().assign(array);
                staged.copy_into(tensor)?;
            }
            session.run_binding_with_options(&self.binding, &self.options)?;
            let back = |(name, tensor): &(String, Tensor<f32>)| {
                let here = tensor.to(AllocationDevice::CPU, 0)?;
                Ok((name.clone(), here.extract_array().to_owned()))
            };
            self.outputs
                .iter()
                .map(back)
                .collect::<ort::Result<Tensors>>()
        };
        run().map_err(|e| EngineError::runtime(task, "inference with bound tensors", e))
    }
}

/// A run with tensors of its own, which a session that keeps CUDA graphs neither captures nor replays.
///
/// # Errors
/// What the library says.
pub(super) fn run_plain(
    session: &mut Session,
    task: &str,
    inputs: &Tensors,
) -> Result<Tensors, EngineError> {
    let options = || {
        let mut options = RunOptions::new()?;
        options.set(GRAPH, NO_GRAPH).map(|()| options)
    };
    let options = options().map_err(|e| EngineError::runtime(task, "inference", e))?;
    let views: Vec<_> = inputs.iter().map(|(n, a)| (n.as_str(), a.view())).collect();
    set::run_unchecked(session, task, &views, Some(&options))
}

/// The first output that differs by more than [`PARITY`].
fn differs(want: &Tensors, got: &Tensors) -> Option<String> {
    let differs = |(name, a): &&(String, ArrayD<f32>)| {
        let Some((_, b)) = got
            .iter()
            .find(|(n, b)| n == name && b.shape() == a.shape())
        else {
            return true;
        };
        let finite = a.iter().map(|v| v.abs()).filter(|v| v.is_finite());
        let largest = finite.fold(1.0, f32::max);
        let same = |x: f32, y: f32| {
            x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= PARITY * largest
        };
        !a.iter().zip(b).all(|(x, y)| same(*x, *y))
    };
    want.iter()
        .find(differs)
        .map(|(name, _)| format!("output {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::runtime::host_memory;
    use ndarray::array;

    fn of(values: ArrayD<f32>) -> Tensors {
        vec![("x".to_owned(), values)]
    }

    #[test]
    fn a_bound_run_gives_what_a_plain_one_gives_and_keeps_nothing_of_the_run_before() {
        let engine = crate::engine::tests::square_root();
        let mut session = engine.session(&engine.models[0]).unwrap();
        let first = of(array![[4.0, 1.0, 0.25], [9.0, 0.0, 1.0]].into_dyn());
        let memory = host_memory().unwrap();
        let plain = run_plain(&mut session, "t", &first).unwrap();
        let off = array![[2.0, 1.0, 0.5], [3.0, 0.0, 2.0]].into_dyn();
        let wrong = vec![("y".to_owned(), off)];
        assert!(Bound::open(&mut session, "t", &first, &wrong, &memory, 2).is_err());
        let mut bound = Bound::open(&mut session, "t", &first, &plain, &memory, 1).unwrap();
        for inputs in [
            of(array![[1.0, 16.0, 4.0], [0.0, 25.0, 9.0]].into_dyn()),
            // Columns first: what is bound is dense.
            of(array![[1.0, 4.0], [9.0, 16.0], [25.0, 36.0]]
                .reversed_axes()
                .into_dyn()),
            first.clone(),
        ] {
            let want = run_plain(&mut session, "t", &inputs).unwrap();
            assert_eq!(bound.run(&mut session, "t", &inputs).unwrap(), want);
        }
        assert!(bound.fits(&first));
        assert!(!bound.fits(&of(array![[4.0, 1.0, 0.25]].into_dyn())));
    }

    #[test]
    fn what_differs_is_named() {
        let (a, b) = (
            of(array![1.0, 2.0].into_dyn()),
            of(array![1.0, 2.1].into_dyn()),
        );
        assert_eq!(differs(&a, &a), None);
        assert_eq!(differs(&a, &b).as_deref(), Some("output x"));
        assert!(differs(&a, &of(array![1.0, f32::NAN].into_dyn())).is_some());
        assert!(differs(&a, &Tensors::new()).is_some());
    }
}
