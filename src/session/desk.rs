//! One session's place at the worker pool: at most one job at a time, panics contained.

use super::{
    Assessor, Backend, ChallengeOffer, ChallengeUpdate, EvidenceNote, Item, Report, SessionError,
    Shed,
};
use crate::core::{SegmentResult, SessionSummary, SignalCapability};
use crate::engine::{Job, ModelSet};
use crate::telemetry::{AnalysisPanicked, JobBegun};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What a worker is asked to do.
#[derive(Debug)]
pub enum Task {
    /// Tell which signals can run.
    Open,
    /// Work through items.
    Process(Vec<Item>, Shed),
    /// Conclude.
    Finish {
        /// Reason in words.
        reason: String,
        /// True when the client had not closed.
        partial: bool,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum Product {
    /// Which signals can run, and which challenges there are.
    Opened(Vec<SignalCapability>, Box<ChallengeOffer>),
    /// What came of the items.
    Processed(Report),
    /// The last segments, the last words on challenges, the summary, and what is said of the log.
    Finished(
        Vec<SegmentResult>,
        Vec<ChallengeUpdate>,
        Box<SessionSummary>,
        Option<EvidenceNote>,
    ),
}

type Done = (Box<dyn Assessor>, Product);

/// A task on its way to a worker. It lies in a cell that desk and job share, so that a refused
/// job loses nothing.
struct Order {
    task: Task,
    assessor: Box<dyn Assessor>,
    reply: oneshot::Sender<Done>,
    cancel: CancellationToken,
    given: Instant,
    /// The interview's span, which the worker's thread goes on in.
    span: tracing::Span,
}

type Cell = Arc<Mutex<Option<Order>>>;

enum Place {
    Idle(Box<dyn Assessor>),
    Busy(oneshot::Receiver<Done>, Instant),
    Gone,
}

/// The place; see the module.
pub struct Desk {
    backend: Arc<dyn Backend>,
    key: u64,
    cancel: CancellationToken,
    place: Place,
    /// An order that met a full queue, and when.
    parked: Option<(Cell, Instant)>,
}

impl Desk {
    /// A desk without a pipeline yet.
    pub fn new(backend: Arc<dyn Backend>, key: u64, cancel: CancellationToken) -> Self {
        Self {
            backend,
            key,
            cancel,
            place: Place::Gone,
            parked: None,
        }
    }

    /// Seats the pipeline.
    pub fn seat(&mut self, assessor: Box<dyn Assessor>) {
        self.place = Place::Idle(assessor);
    }

    /// True when a task can be given.
    pub fn is_idle(&self) -> bool {
        matches!(self.place, Place::Idle(_))
    }

    /// True while a task is under way.
    pub fn is_busy(&self) -> bool {
        matches!(self.place, Place::Busy(..))
    }

    /// Since when a task is under way, if one is.
    pub fn busy_since(&self) -> Option<Instant> {
        match &self.place {
            Place::Busy(_, since) => Some(*since),
            Place::Idle(_) | Place::Gone => None,
        }
    }

    /// Since when a job waits for room in the worker's queue, if one does.
    pub fn parked_since(&self) -> Option<Instant> {
        self.parked.as_ref().map(|(_, since)| *since)
    }

    /// Starts a task; ignored unless idle.
    pub fn give(&mut self, task: Task) {
        let Place::Idle(assessor) = std::mem::replace(&mut self.place, Place::Gone) else {
            return;
        };
        let (reply, rx) = oneshot::channel();
        let order = Order {
            task,
            assessor,
            reply,
            cancel: self.cancel.clone(),
            given: Instant::now(),
            span: tracing::Span::current(),
        };
        self.place = Place::Busy(rx, order.given);
        self.hand_in(Arc::new(Mutex::new(Some(order))));
    }

    /// Hands in a parked order again.
    pub fn retry(&mut self) {
        if let Some((cell, _)) = self.parked.take() {
            self.hand_in(cell);
        }
    }

    fn hand_in(&mut self, cell: Cell) {
        let shared = Arc::clone(&cell);
        let job: Job = Box::new(move |models| work_off(&shared, models));
        if !self.backend.submit(self.key, job) {
            self.parked = Some((cell, Instant::now()));
        }
    }

    /// Waits for the task under way; never returns without one.
    ///
    /// # Errors
    /// [`SessionError::Internal`] when the worker lost the pipeline.
    pub async fn done(&mut self) -> Result<Product, SessionError> {
        let Place::Busy(rx, _) = &mut self.place else {
            return std::future::pending().await;
        };
        match rx.await {
            Ok((assessor, product)) => {
                self.place = Place::Idle(assessor);
                Ok(product)
            }
            Err(_) => {
                self.place = Place::Gone;
                Err(SessionError::Internal)
            }
        }
    }

    /// Lets everything go; a job under way stops at its next item.
    pub fn clear(&mut self) {
        self.cancel.cancel();
        self.place = Place::Gone;
        self.parked = None;
    }
}

/// Runs the order in a cell. A panic drops `reply` unsent, which the session sees as the loss of
/// its pipeline.
fn work_off(cell: &Cell, models: &mut ModelSet) {
    let order = cell.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(order) = order else { return };
    let _within = order.span.clone().entered();
    match catch_unwind(AssertUnwindSafe(|| run(order, models))) {
        Ok((reply, done)) => drop(reply.send(done)),
        Err(_) => AnalysisPanicked.emit(),
    }
}

fn run(order: Order, models: &mut ModelSet) -> (oneshot::Sender<Done>, Done) {
    let Order {
        task,
        mut assessor,
        reply,
        cancel,
        given,
        span: _,
    } = order;
    let waited = given.elapsed();
    JobBegun { waited }.emit();
    let queue_ms = waited.as_secs_f64() * 1e3;
    let items = match &task {
        Task::Process(items, _) => items.len(),
        Task::Open | Task::Finish { .. } => 0,
    };
    let _batch = tracing::info_span!("batch", items, queue_ms).entered();
    let stamp = |segments: &mut Vec<SegmentResult>| {
        for s in segments {
            s.times.queue_ms = queue_ms;
        }
    };
    let product = match task {
        Task::Open => {
            let signals = assessor.capabilities(models);
            Product::Opened(signals, Box::new(assessor.challenge_offer(models)))
        }
        Task::Process(items, shed) => {
            assessor.shed(shed);
            let mut report = assessor.process(items, &cancel, models);
            stamp(&mut report.segments);
            Product::Processed(report)
        }
        Task::Finish { reason, partial } => {
            let (mut segments, summary) = assessor.finish(&reason, partial, models);
            stamp(&mut segments);
            let challenges = assessor.last_challenges();
            let evidence = assessor.evidence();
            Product::Finished(segments, challenges, Box::new(summary), evidence)
        }
    };
    (reply, (assessor, product))
}
