//! Runs of one net put together over all workers, for a GPU: there a run of eight costs little more than one, on a
//! CPU eight times as much (measured: docs/performance.md), so there every worker keeps a session of its own.
//!
//! A lane owns the only session of its net. A worker that wants a run hands it in and waits. A batch leaves when as
//! many runs wait as there are workers, when the largest bucket is full, or when nothing has joined it for
//! [`PATIENCE`]; it is filled up with zeros to the next bucket, so that the provider meets a handful of shapes that it
//! has prepared for. What a run gives must not depend on who shares its batch: a batch that fails, or whose net does
//! not keep rows apart, is taken up run by run.

use super::bound::{Bound, run_plain};
use super::set::check_finite;
use super::{EngineError, InputSpec};
use ndarray::{ArrayD, ArrayViewD, Axis, Slice, concatenate};
use ort::memory::MemoryInfo;
use ort::session::Session;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// A batch leaves when no further run joined it for this long: 0.3 ms, a fraction of what a run costs on a GPU with
/// its transfers, and of the 33 ms between two pictures.
const PATIENCE: Duration = Duration::from_micros(300);
/// Most runs in a batch.
pub(super) const MOST_RUNS: usize = 32;

/// Tensors by name.
pub(super) type Tensors = Vec<(String, ArrayD<f32>)>;

struct Request {
    inputs: Tensors,
    reply: SyncSender<Result<Tensors, EngineError>>,
}

/// One net's runs of all workers. Its thread ends when the lane is dropped.
pub(super) struct Lane {
    task: String,
    requests: SyncSender<Request>,
}

// === impl Lane ===

impl Lane {
    /// Starts the lane of a net for so many workers, whose bound runs lie in `memory`. It returns when each bucket has run.
    ///
    /// # Errors
    /// When the operating system refuses a thread, or the net fails on made-up inputs.
    pub(super) fn start(
        task: &str,
        session: Session,
        inputs: &[InputSpec],
        workers: usize,
        memory: MemoryInfo<'static>,
    ) -> Result<Self, EngineError> {
        let most = workers.clamp(1, MOST_RUNS);
        let (requests, inbox) = sync_channel(workers.max(1));
        let (ready, is_ready) = sync_channel(1);
        let (name, inputs) = (task.to_owned(), inputs.to_vec());
        // A GPU keeps what it captures for the thread that captured it, so the lane's own thread prepares.
        let work = move || match Net::prepare(session, name, &inputs, most, &memory) {
            Ok(mut net) => {
                let _ = ready.send(Ok(()));
                serve(&mut net, &inbox, most);
            }
            Err(e) => {
                let _ = ready.send(Err(e));
            }
        };
        let builder = std::thread::Builder::new().name(format!("lane-{task}"));
        let unavailable = |detail: String| EngineError::Unavailable {
            task: task.to_owned(),
            detail,
        };
        builder
            .spawn(work)
            .map_err(|e| unavailable(format!("cannot start its thread: {e}")))?;
        let ended = |_| unavailable("the thread of its runs ended before the first".to_owned());
        is_ready.recv().map_err(ended)??;
        Ok(Self {
            task: task.to_owned(),
            requests,
        })
    }

    /// Hands in a run and waits for what it gives. Every input's first axis counts its rows.
    ///
    /// # Errors
    /// What the net says, or that the lane is gone.
    pub(super) fn run(
        &self,
        inputs: &[(&str, ArrayViewD<'_, f32>)],
    ) -> Result<Tensors, EngineError> {
        let gone = || EngineError::Unavailable {
            task: self.task.clone(),
            detail: "the thread of its runs has ended".to_owned(),
        };
        let owned = inputs.iter().map(|(n, v)| ((*n).to_owned(), v.to_owned()));
        let (reply, answer) = sync_channel(1);
        let request = Request {
            inputs: owned.collect(),
            reply,
        };
        self.requests.send(request).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// Rows that a batch may have: powers of two up to the first that holds `most`.
fn buckets(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1), |n| Some(n * 2)).take_while(move |n| *n < 2 * most)
}

/// The net of a lane with its bound runs, one for each bucket.
struct Net {
    session: Session,
    task: String,
    bound: Vec<Bound>,
}

// === impl Net ===

impl Net {
    /// Runs each bucket once and binds it; a net with a free axis other than the first has none. What cannot be bound, or
    /// gives something else when it is, runs with tensors of its own, on the same device.
    fn prepare(
        mut session: Session,
        task: String,
        inputs: &[InputSpec],
        most: usize,
        memory: &MemoryInfo<'static>,
    ) -> Result<Self, EngineError> {
        let mut bound: Vec<Bound> = Vec::new();
        for size in buckets(most) {
            let made_up: Option<Tensors> = inputs.iter().map(|i| made_up(i, size)).collect();
            let Some(made_up) = made_up.filter(|m| !bound.iter().any(|b| b.fits(m))) else {
                continue;
            };
            let plain = run_plain(&mut session, &task, &made_up)?;
            match Bound::open(&mut session, &task, &made_up, &plain, memory, size) {
                Ok(one) => bound.push(one),
                Err(e) => {
                    tracing::warn!(task, rows = size, error = %e, "runs without bound tensors");
                    break;
                }
            }
        }
        Ok(Self {
            session,
            task,
            bound,
        })
    }

    /// A run; whether the numbers are finite is not looked at.
    fn run(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        match self.bound.iter_mut().find(|b| b.fits(inputs)) {
            Some(bound) => bound.run(&mut self.session, &self.task, inputs),
            None => run_plain(&mut self.session, &self.task, inputs),
        }
    }

    fn run_checked(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let outputs = self.run(inputs)?;
        check_finite(&self.task, &outputs).map(|()| outputs)
    }
}

/// Values between 0 and 1 that a bound run is held against a plain one with; zeros would hide a mistake.
fn made_up(spec: &InputSpec, rows: usize) -> Option<(String, ArrayD<f32>)> {
    let axes = spec.axes()?;
    let (first, rest) = axes.split_first()?;
    let sizes = rest.iter().map(|a| usize::try_from(*a).ok());
    let rows = usize::try_from(*first).unwrap_or(rows);
    let sizes: Option<Vec<usize>> = std::iter::once(Some(rows)).chain(sizes).collect();
    let sizes = sizes?;
    let value = |i: usize| (i as f32 * 0.37).sin() * 0.4 + 0.5;
    let values = (0..sizes.iter().product()).map(value).collect();
    Some((
        spec.name.clone(),
        ArrayD::from_shape_vec(sizes, values).ok()?,
    ))
}

fn serve(net: &mut Net, inbox: &Receiver<Request>, most: usize) {
    // What did not fit the batch before.
    let mut left: VecDeque<Request> = VecDeque::new();
    loop {
        let first = match left.pop_front() {
            Some(request) => request,
            None => match inbox.recv() {
                Ok(request) => request,
                Err(_) => return,
            },
        };
        let mut batch = vec![first];
        for _ in 0..left.len() {
            join(&mut batch, &mut left, most);
        }
        while batch.len() + left.len() < most {
            match inbox.recv_timeout(PATIENCE) {
                Ok(request) => left.push_back(request),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
            join(&mut batch, &mut left, most);
        }
        answer(net, batch);
    }
}

/// Takes the first that waits into the batch, or to the end of those that wait where it cannot share a run.
fn join(batch: &mut Vec<Request>, left: &mut VecDeque<Request>, most: usize) {
    let Some(next) = left.pop_front() else { return };
    let fits = batch.len() < most && batch.iter().all(|b| share_a_run(&b.inputs, &next.inputs));
    if fits {
        batch.push(next);
    } else {
        left.push_back(next);
    }
}

/// True for one row each, of equal shapes under equal names.
fn share_a_run(a: &Tensors, b: &Tensors) -> bool {
    let mut inputs = a.iter().zip(b);
    a.len() == b.len()
        && inputs.all(|((n, x), (m, y))| {
            n == m && x.shape() == y.shape() && x.shape().first() == Some(&1)
        })
}

fn answer(net: &mut Net, batch: Vec<Request>) {
    let together = match batch.len() {
        1 => None,
        _ => run_together(net, &batch),
    };
    let Some(results) = together else {
        for request in batch {
            let result = net.run_checked(&request.inputs);
            // A worker that no longer waits has given its run up.
            let _ = request.reply.send(result);
        }
        return;
    };
    for (request, result) in batch.into_iter().zip(results) {
        let checked = check_finite(&net.task, &result).map(|()| result);
        let _ = request.reply.send(checked);
    }
}

/// What each of a batch gets; `None` where they cannot be run together.
fn run_together(net: &mut Net, batch: &[Request]) -> Option<Vec<Tensors>> {
    let rows = buckets(batch.len()).last()?;
    let mut filled: Tensors = Vec::new();
    for (i, (name, first)) in batch.first()?.inputs.iter().enumerate() {
        let mut shape = first.shape().to_vec();
        *shape.first_mut()? = rows - batch.len();
        let zeros = ArrayD::zeros(shape);
        let given = batch.iter().filter_map(|r| r.inputs.get(i));
        let parts: Vec<_> = given.map(|(_, a)| a.view()).chain([zeros.view()]).collect();
        filled.push((name.clone(), concatenate(Axis(0), &parts).ok()?));
    }
    // One run's answer that is not finite is its own matter.
    let outputs = net.run(&filled).ok()?;
    let apart = outputs
        .iter()
        .all(|(_, a)| a.shape().first() == Some(&rows));
    apart.then(|| {
        let of = |row: usize| {
            let row = Slice::from(row..row + 1);
            let cut =
                |(n, a): &(String, ArrayD<f32>)| (n.clone(), a.slice_axis(Axis(0), row).to_owned());
            outputs.iter().map(cut).collect()
        };
        (0..batch.len()).map(of).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{EngineOptions, ModelsDir};
    use std::path::Path;

    #[test]
    fn buckets_are_few_and_hold_the_most() {
        let of = |most| buckets(most).collect::<Vec<_>>();
        assert_eq!(of(1), [1]);
        assert_eq!(of(2), [1, 2]);
        assert_eq!(of(5), [1, 2, 4, 8]);
        assert_eq!(of(32), [1, 2, 4, 8, 16, 32]);
    }

    fn picture(seed: usize) -> ArrayD<f32> {
        let at = |i: ndarray::Dim<ndarray::IxDynImpl>| {
            ((i[1] * 7 + i[2] * 3 + i[3] + seed * 11) % 97) as f32 / 48.5 - 1.0
        };
        ArrayD::from_shape_fn(vec![1, 3, 112, 112], at)
    }

    #[test]
    fn a_run_gives_the_same_alone_and_in_a_batch() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let dir = ModelsDir::find(Some(&dir)).unwrap();
        let load = |shared_by| {
            let options = EngineOptions {
                shared_by,
                ..EngineOptions::default()
            };
            crate::engine::Engine::load(&dir, &options).unwrap()
        };
        let (alone, shared) = (load(None), load(Some(5)));
        let workers: Vec<_> = (0..5)
            .map(|seed| {
                let shared = std::sync::Arc::clone(&shared);
                std::thread::spawn(move || {
                    let mut set = shared.new_set().unwrap();
                    let image = picture(seed);
                    (0..8)
                        .map(|_| set.run("lmk", &[("image", image.view())]).unwrap())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let mut set = alone.new_set().unwrap();
        for (seed, worker) in workers.into_iter().enumerate() {
            let want = set.run("lmk", &[("image", picture(seed).view())]).unwrap();
            for got in worker.join().unwrap() {
                for name in ["points", "face"] {
                    let (a, b) = (want.get(name).unwrap(), got.get(name).unwrap());
                    assert_eq!(a.shape(), b.shape());
                    let worst = a
                        .iter()
                        .zip(&b)
                        .map(|(x, y)| (x - y).abs())
                        .fold(0.0, f32::max);
                    assert!(worst < 1e-4, "{name} of {seed}: {worst}");
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_with_one_run_is_no_matter_of_the_others() {
        let requests = |values: &[f32]| {
            let make = |v: &f32| {
                let (reply, answer) = sync_channel(1);
                let inputs = vec![("x".to_owned(), ArrayD::from_elem(vec![1, 3], *v))];
                (Request { inputs, reply }, answer)
            };
            values.iter().map(make).unzip::<_, _, Vec<_>, Vec<_>>()
        };
        let engine = crate::engine::tests::square_root();
        let mut net = Net {
            session: engine.session(&engine.models[0]).unwrap(),
            task: "t".to_owned(),
            bound: Vec::new(),
        };
        let (batch, answers) = requests(&[4.0, -1.0, 9.0]);
        answer(&mut net, batch);
        let said: Vec<Option<f32>> = answers
            .into_iter()
            .map(|a| a.recv().unwrap().ok().map(|out| out[0].1[[0, 0]]))
            .collect();
        assert_eq!(said, [Some(2.0), None, Some(3.0)]);
    }
}
