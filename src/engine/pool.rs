//! Worker threads, each with its own [`ModelSet`].
//!
//! Jobs of one key that are in flight together run on one worker, in order. A key with nothing in
//! flight goes to its home worker, unless another has less to do: sessions keep their caches warm
//! and no core idles while jobs wait. Queues are bounded; a full one refuses, and the caller
//! decides what to drop.

use super::{Engine, ModelSet};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Jobs that may wait per worker. Each session has one job in flight, so this is about the number
/// of sessions a worker can hold before it refuses.
pub const DEFAULT_QUEUE: usize = 64;

/// What a worker runs. A job sends its result itself, through a channel that it owns: when it
/// panics the channel closes, which tells the waiting side.
pub type Job = Box<dyn FnOnce(&mut ModelSet) + Send>;

/// A worker's queue is full, or the pool is shutting down; nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("inference queue is full: {queued} jobs wait, at most {capacity} may")]
pub struct Overloaded {
    /// Jobs that wait at the worker.
    pub queued: usize,
    /// Most jobs that may wait; 0 when the pool is shutting down.
    pub capacity: usize,
}

type Factory = dyn Fn() -> ModelSet + Send + Sync;

struct Queue {
    jobs: VecDeque<(u64, Job)>,
    running: bool,
}

struct State {
    queues: Vec<Queue>,
    /// Worker and number of jobs in flight of each key that has any; bounded by the queues.
    in_flight: HashMap<u64, (usize, usize)>,
    closed: bool,
    panics: u64,
}

struct Shared {
    state: Mutex<State>,
    /// One per worker, so that a job wakes the thread it is for.
    wake: Vec<Condvar>,
    capacity: usize,
    factory: Box<Factory>,
}

/// A fixed number of worker threads. Dropping it runs what is queued and joins them.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.threads.len())
            .finish_non_exhaustive()
    }
}

// === impl Pool ===

impl Pool {
    /// Starts `workers` threads (at least one) over the engine's models, with warmed-up sessions.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn new(engine: &Arc<Engine>, workers: usize) -> std::io::Result<Self> {
        let engine = Arc::clone(engine);
        let factory = move || {
            // A net that fails its warm-up says so again, as an outcome, when it is used.
            let mut set = engine.new_set().unwrap_or_default();
            if let Err(e) = set.warm_up() {
                tracing::warn!(error = %e, "warm-up failed");
            }
            set
        };
        Self::with_factory(workers, DEFAULT_QUEUE, Box::new(factory))
    }

    /// A pool whose workers have no models, for tests of what stands around it.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn without_models(workers: usize, queue: usize) -> std::io::Result<Self> {
        Self::with_factory(workers, queue, Box::new(ModelSet::default))
    }

    fn with_factory(
        workers: usize,
        capacity: usize,
        factory: Box<Factory>,
    ) -> std::io::Result<Self> {
        let workers = workers.max(1);
        let queue = || Queue {
            jobs: VecDeque::new(),
            running: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                queues: (0..workers).map(|_| queue()).collect(),
                in_flight: HashMap::new(),
                closed: false,
                panics: 0,
            }),
            wake: (0..workers).map(|_| Condvar::new()).collect(),
            capacity,
            factory,
        });
        let mut pool = Self {
            shared,
            threads: Vec::with_capacity(workers),
        };
        for worker in 0..workers {
            let shared = Arc::clone(&pool.shared);
            let builder = std::thread::Builder::new().name(format!("inference-{worker}"));
            pool.threads
                .push(builder.spawn(move || shared.work(worker))?);
        }
        Ok(pool)
    }

    /// Queues a job of `key` (a session's number).
    ///
    /// # Errors
    /// [`Overloaded`] when the worker's queue is full or the pool is shutting down; the job is
    /// dropped.
    pub fn submit(&self, key: u64, job: Job) -> Result<(), Overloaded> {
        self.shared.submit(key, job)
    }

    /// Number of worker threads.
    pub fn workers(&self) -> usize {
        self.shared.wake.len()
    }

    /// Jobs that wait, over all workers.
    pub fn queued(&self) -> usize {
        self.shared.lock().queues.iter().map(|q| q.jobs.len()).sum()
    }

    /// Jobs that panicked since the start.
    pub fn panics(&self) -> u64 {
        self.shared.lock().panics
    }

    /// Refuses new jobs, runs what is queued and joins the workers.
    pub fn shutdown(mut self) {
        self.close();
    }

    fn close(&mut self) {
        self.shared.lock().closed = true;
        for wake in &self.shared.wake {
            wake.notify_all();
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("an inference worker ended by a panic outside any job");
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under the lock, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, key: u64, job: Job) -> Result<(), Overloaded> {
        let mut state = self.lock();
        if state.closed {
            return Err(Overloaded {
                queued: 0,
                capacity: 0,
            });
        }
        let worker = state.worker_for(key);
        let Some(queue) = state.queues.get_mut(worker) else {
            return Err(Overloaded {
                queued: 0,
                capacity: 0,
            });
        };
        if queue.jobs.len() >= self.capacity {
            let queued = queue.jobs.len();
            return Err(Overloaded {
                queued,
                capacity: self.capacity,
            });
        }
        queue.jobs.push_back((key, job));
        state.in_flight.entry(key).or_insert((worker, 0)).1 += 1;
        if let Some(wake) = self.wake.get(worker) {
            wake.notify_one();
        }
        Ok(())
    }

    fn work(&self, worker: usize) {
        let mut set = (self.factory)();
        while let Some((key, job)) = self.next(worker) {
            let run = catch_unwind(AssertUnwindSafe(|| job(&mut set)));
            let panicked = run.is_err();
            if panicked {
                // Whatever the job left half done in a session is thrown away with it.
                tracing::error!(worker, "a job panicked; the worker's models are rebuilt");
                set = (self.factory)();
            }
            self.done(worker, key, panicked);
        }
    }

    fn next(&self, worker: usize) -> Option<(u64, Job)> {
        let mut state = self.lock();
        loop {
            let closed = state.closed;
            let queue = state.queues.get_mut(worker)?;
            if let Some(next) = queue.jobs.pop_front() {
                queue.running = true;
                return Some(next);
            }
            if closed {
                return None;
            }
            let wake = self.wake.get(worker)?;
            state = wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, worker: usize, key: u64, panicked: bool) {
        let mut state = self.lock();
        state.panics += u64::from(panicked);
        if let Some(queue) = state.queues.get_mut(worker) {
            queue.running = false;
        }
        if let Some((_, count)) = state.in_flight.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                state.in_flight.remove(&key);
            }
        }
    }
}

impl State {
    fn worker_for(&self, key: u64) -> usize {
        if let Some((worker, _)) = self.in_flight.get(&key) {
            return *worker;
        }
        let load = |q: &Queue| q.jobs.len() + usize::from(q.running);
        let home = (key % self.queues.len().max(1) as u64) as usize;
        let home_load = self.queues.get(home).map_or(0, load);
        let least = self.queues.iter().enumerate().min_by_key(|(_, q)| load(q));
        match least {
            Some((other, q)) if load(q) < home_load => other,
            _ => home,
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "a test sends a handful of values"
)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A job that says that it has begun and then waits for its gate to open or close.
    fn gate(pool: &Pool, key: u64) -> (Sender<()>, Receiver<()>) {
        let (open, gate) = channel::<()>();
        let (begun, began) = channel::<()>();
        let job = move |_: &mut ModelSet| {
            let _ = begun.send(());
            let _ = gate.recv();
        };
        pool.submit(key, Box::new(job)).unwrap();
        (open, began)
    }

    #[test]
    fn jobs_of_a_key_run_in_order_and_none_is_lost() {
        let pool = Pool::without_models(3, 1000).unwrap();
        let (send, receive) = channel();
        for n in 0..100u32 {
            for key in 0..5u64 {
                let send = send.clone();
                pool.submit(key, Box::new(move |_| send.send((key, n)).unwrap()))
                    .unwrap();
            }
        }
        drop(send);
        pool.shutdown();
        let mut next = [0u32; 5];
        for (key, n) in receive {
            assert_eq!(n, next[key as usize], "key {key}");
            next[key as usize] += 1;
        }
        assert_eq!(next, [100; 5]);
    }

    #[test]
    fn a_full_queue_refuses_and_says_how_full() {
        let pool = Pool::without_models(1, 2).unwrap();
        let (open, began) = gate(&pool, 0);
        began.recv().unwrap();
        pool.submit(1, Box::new(|_| ())).unwrap();
        pool.submit(2, Box::new(|_| ())).unwrap();
        let refused = pool.submit(3, Box::new(|_| ())).unwrap_err();
        assert_eq!(
            refused,
            Overloaded {
                queued: 2,
                capacity: 2
            }
        );
        assert_eq!(pool.queued(), 2);
        drop(open);
        pool.shutdown();
    }

    #[test]
    fn a_waiting_key_takes_the_free_worker_and_one_in_flight_stays() {
        let pool = Pool::without_models(2, 8).unwrap();
        let (open, began) = gate(&pool, 0);
        began.recv().unwrap();
        // Home of key 2 is worker 0, which is busy: worker 1 takes it at once.
        let (send, receive) = channel();
        let sent = send.clone();
        pool.submit(2, Box::new(move |_| sent.send("free worker").unwrap()))
            .unwrap();
        assert_eq!(receive.recv().unwrap(), "free worker");
        // Key 0 has a job in flight on worker 0: its next one waits there.
        pool.submit(0, Box::new(move |_| send.send("same worker").unwrap()))
            .unwrap();
        assert!(receive.try_recv().is_err());
        open.send(()).unwrap();
        assert_eq!(receive.recv().unwrap(), "same worker");
    }

    #[test]
    fn a_panic_is_contained_counted_and_closes_its_reply() {
        let pool = Pool::without_models(1, 8).unwrap();
        let (reply, answer) = channel::<u32>();
        let job = move |_: &mut ModelSet| {
            let _reply = reply;
            panic!("a test job panics");
        };
        pool.submit(1, Box::new(job)).unwrap();
        assert!(answer.recv().is_err(), "the waiting side learns of it");
        let (send, receive) = channel();
        pool.submit(1, Box::new(move |_| send.send(7).unwrap()))
            .unwrap();
        assert_eq!(receive.recv().unwrap(), 7, "the worker goes on");
        assert_eq!(pool.panics(), 1);
    }

    #[test]
    fn shutdown_runs_what_is_queued() {
        let pool = Pool::without_models(2, 100).unwrap();
        let (send, receive) = channel();
        for n in 0..50u64 {
            let send = send.clone();
            pool.submit(n, Box::new(move |_| send.send(n).unwrap()))
                .unwrap();
        }
        drop(send);
        pool.shutdown();
        assert_eq!(receive.iter().count(), 50);
    }
}
