//! The jobs of a server: what comes in, who may see it, what becomes of it.

use super::books::{Books, Claim};
use super::clock::now_ms;
use super::disk::Disk;
use super::job::{Job, JobId, JobView, Watch};
use super::record::{JobState, Record};
use super::submission::{at, stored};
use super::{JobError, JobLimits, JobTerms, Origin, Submission, Told, Upload, work};
use crate::core::{SegmentResult, SessionSummary, TenantId};
use crate::engine::Engine;
use crate::review::{ReviewEvidence, ReviewOptions};
use crate::session::Caller;
use crate::telemetry::{ReviewEnded, ReviewQueue};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Jobs that are too old are looked for so often.
const LOOK: Duration = Duration::from_secs(30);

/// How jobs are kept and worked off.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// The folder that is theirs.
    pub dir: PathBuf,
    /// The operator's folder of recordings, with a folder in it for each tenant.
    pub recordings: Option<PathBuf>,
    /// Recordings under review at the same time.
    pub threads: usize,
    /// Bounds.
    pub limits: JobLimits,
    /// How recordings are reviewed; who the candidate is and whether there are small pictures is each job's own.
    pub options: ReviewOptions,
    /// What evidence logs are made with, where there is a key.
    pub evidence: Option<ReviewEvidence>,
}

/// Why jobs cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// The folder cannot be used.
    #[error("review.dir: {}: {source}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Another process works there.
    #[error("review.dir: {}: another server works in this folder", .0.display())]
    InUse(PathBuf),
    /// A thread cannot be started.
    #[error("cannot start the threads of reviews: {0}")]
    Threads(#[source] std::io::Error),
}

/// A job that is over.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The job.
    pub view: &'a JobView,
    /// What came of it.
    pub summary: Option<&'a SessionSummary>,
}

/// Somebody who wants to know when jobs are over. Must not block.
#[derive(Clone)]
pub struct JobListener(pub Arc<dyn Fn(&Finished<'_>) + Send + Sync>);

impl std::fmt::Debug for JobListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JobListener(..)")
    }
}

/// What came of a call that hands something in.
#[derive(Debug)]
pub enum Begun {
    /// An earlier call has made the job.
    Existing(Box<JobView>),
    /// Its bytes are waited for.
    Upload(Box<Upload>),
}

pub(super) struct Shared {
    pub(super) config: JobsConfig,
    pub(super) engine: Arc<Engine>,
    pub(super) disk: Disk,
    books: Mutex<Books>,
    wake: Condvar,
    stopping: AtomicBool,
    numbers: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    listener: Option<JobListener>,
    /// True while live interviews need all that the machine can do.
    busy: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
}

/// The jobs of a server. Clones share them.
#[derive(Clone)]
pub struct Jobs(Arc<Shared>);

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jobs(..)")
    }
}

// === impl Jobs ===

impl Jobs {
    /// Opens the folder and takes up the jobs in it. Nothing is worked on before [`Jobs::start`].
    ///
    /// # Errors
    /// [`JobsError::Folder`], [`JobsError::InUse`].
    pub fn open(
        config: JobsConfig,
        engine: Arc<Engine>,
        listener: Option<JobListener>,
    ) -> Result<Self, JobsError> {
        let (disk, found) = Disk::open(&config.dir)?;
        let mut books = Books::default();
        let numbers = AtomicU64::new(0);
        for (id, mut record) in found {
            match record.state.is_over() {
                // The process may have ended before its recordings went.
                true => disk.drop_inputs(&id),
                // It waits again, whole as it was answered.
                false => record.state = JobState::Queued,
            }
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            books.enter(&Arc::new(Job::new(id, number, record)));
        }
        let jobs = Self(Arc::new(Shared {
            config,
            engine,
            disk,
            books: Mutex::new(books),
            wake: Condvar::new(),
            stopping: AtomicBool::new(false),
            numbers,
            threads: Mutex::default(),
            listener,
            busy: OnceLock::new(),
        }));
        jobs.sweep(now_ms());
        jobs.show();
        Ok(jobs)
    }

    /// Begins to work. While `busy` is true no review goes on.
    ///
    /// # Errors
    /// [`JobsError::Threads`].
    pub fn start(&self, busy: impl Fn() -> bool + Send + Sync + 'static) -> Result<(), JobsError> {
        let _ = self.0.busy.set(Box::new(busy));
        let mut threads = self
            .0
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for number in 0..self.0.config.threads.max(1) {
            let jobs = self.clone();
            let thread = std::thread::Builder::new().name(format!("review-{number}"));
            let thread = thread.spawn(move || work::work(&jobs));
            threads.push(thread.map_err(JobsError::Threads)?);
        }
        let jobs = self.clone();
        let keeper = std::thread::Builder::new().name("review-keeper".to_owned());
        let keeper = keeper.spawn(move || jobs.keep());
        threads.push(keeper.map_err(JobsError::Threads)?);
        Ok(())
    }

    /// Begins nothing more, and interrupts what runs; it goes on when a process opens the folder again.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
        let books = self.books();
        for job in books.all() {
            job.stop.store(true, Ordering::Relaxed);
        }
        drop(books);
        self.0.wake.notify_all();
    }

    /// True once no thread works any more.
    pub fn is_idle(&self) -> bool {
        let threads = self
            .0
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        threads.iter().all(JoinHandle::is_finished)
    }

    /// What clients are told of the service.
    pub fn terms(&self) -> JobTerms {
        JobTerms {
            limits: self.0.config.limits,
            stored: self.0.config.recordings.is_some(),
            evidence: self.0.config.evidence.is_some(),
        }
    }

    /// Takes a place for what a caller hands in.
    ///
    /// # Errors
    /// Whatever cannot be taken, before any byte of it is.
    pub fn begin(&self, caller: &Caller, submission: Submission) -> Result<Begun, JobError> {
        if self.is_stopping() {
            return Err(JobError::Stopping);
        }
        submission.check(&self.terms())?;
        if let Some(view) = self.existing(&self.books(), caller, &submission)? {
            return Ok(Begun::Existing(Box::new(view)));
        }
        self.find_stored(&caller.tenant, &submission)?;
        let claim = Claim {
            tenant: caller.tenant.clone(),
            request_id: submission.request_id.clone(),
            bytes: submission.uploads().map(|u| u.total_bytes).sum(),
        };
        let limits = &self.0.config.limits;
        let max_jobs = caller.limits.max_reviews.unwrap_or(limits.max_tenant_jobs);
        let mut books = self.books();
        // Another call with the same id may have come meanwhile.
        if let Some(view) = self.existing(&books, caller, &submission)? {
            return Ok(Begun::Existing(Box::new(view)));
        }
        books.claim(&claim, max_jobs, limits)?;
        drop(books);
        let record = Record::new(claim.tenant.clone(), &submission, now_ms());
        let id = JobId::draw().inspect_err(|_| self.give_back(&claim))?;
        let upload = Upload::begin(self.clone(), id, claim, record, submission)?;
        Ok(Begun::Upload(Box::new(upload)))
    }

    /// The job that an earlier call with the same request id has made.
    fn existing(
        &self,
        books: &Books,
        caller: &Caller,
        submission: &Submission,
    ) -> Result<Option<JobView>, JobError> {
        let Some(request_id) = &submission.request_id else {
            return Ok(None);
        };
        let Some(job) = books.requested(&caller.tenant, request_id)? else {
            return Ok(None);
        };
        let digest = submission.digest();
        match job.of_record(|r| r.request_digest == digest) {
            true => Ok(Some(self.view_in(books, &job))),
            false => Err(JobError::OtherRequest),
        }
    }

    fn find_stored(&self, tenant: &TenantId, submission: &Submission) -> Result<(), JobError> {
        let sources = [
            ("spec.recording", Some(&submission.recording)),
            ("spec.reference", submission.reference.as_ref()),
        ];
        for (place, source) in sources {
            if let Some(Origin::Stored(name)) = source.map(|s| &s.origin) {
                self.stored(tenant, name, place)?;
            }
        }
        Ok(())
    }

    /// The path of a stored recording; `place` names it in the submission.
    pub(super) fn stored(
        &self,
        tenant: &TenantId,
        name: &str,
        place: &str,
    ) -> Result<PathBuf, JobError> {
        let root = self.0.config.recordings.as_ref().ok_or(JobError::Unknown)?;
        stored(root, tenant, name).map_err(at(place))
    }

    /// Enters a job that is on the disk by now.
    pub(super) fn enter(&self, claim: Option<&Claim>, job: &Arc<Job>) -> JobView {
        let mut books = self.books();
        if let Some(claim) = claim {
            books.give_back(claim);
        }
        books.enter(job);
        let view = self.view_in(&books, job);
        drop(books);
        self.0.wake.notify_all();
        self.show();
        view
    }

    pub(super) fn give_back(&self, claim: &Claim) {
        self.books().give_back(claim);
    }

    /// A job as it is now.
    ///
    /// # Errors
    /// [`JobError::Unknown`].
    pub fn get(&self, tenant: &TenantId, id: &JobId) -> Result<JobView, JobError> {
        let books = self.books();
        let job = books.find(tenant, id)?;
        Ok(self.view_in(&books, &job))
    }

    /// A tenant's jobs, the latest first: at most `most` of them after the one at `after`, its time and id.
    pub fn list(
        &self,
        tenant: &TenantId,
        after: Option<(i64, JobId)>,
        most: usize,
    ) -> Vec<JobView> {
        let books = self.books();
        let key = |job: &Arc<Job>| (job.of_record(|r| r.submitted_ms), job.id.clone());
        let own = books.all().filter(|job| job.tenant == *tenant);
        let mut own: Vec<_> = own.map(|job| (key(job), job)).collect();
        own.sort_by(|a, b| b.0.cmp(&a.0));
        let rest = own
            .into_iter()
            .filter(|(key, _)| after.as_ref().is_none_or(|after| key < after));
        rest.take(most)
            .map(|(_, job)| self.view_in(&books, job))
            .collect()
    }

    /// Watches a job.
    ///
    /// # Errors
    /// [`JobError::Unknown`], or too many watchers.
    pub fn watch(&self, tenant: &TenantId, id: &JobId) -> Result<Watch, JobError> {
        self.books().find(tenant, id)?.watch()
    }

    /// What a watcher has not heard who has `after` segments, and where the job stands.
    ///
    /// # Errors
    /// [`JobError::Unknown`] once it was deleted.
    pub fn look(&self, watch: &Watch, after: u64) -> Result<(JobView, Told), JobError> {
        if watch.job.is_gone() {
            return Err(JobError::Unknown);
        }
        let told = watch.job.told(after);
        let view = self.view_in(&self.books(), &watch.job);
        Ok((view, told))
    }

    /// Ends a job that waits or runs.
    ///
    /// # Errors
    /// [`JobError::Unknown`], or a disk that does not take it.
    pub fn cancel(&self, tenant: &TenantId, id: &JobId) -> Result<JobView, JobError> {
        let job = self.books().find(tenant, id)?;
        let files = job.files();
        let mut record = job.record();
        if record.state.is_over() || job.is_gone() {
            drop(files);
            return self.get(tenant, id);
        }
        let before = record.bytes();
        record.state = JobState::Cancelled;
        record.finished_ms = now_ms();
        self.0.disk.save(&job.id, &record)?;
        job.stop.store(true, Ordering::Relaxed);
        self.0.disk.drop_inputs(&job.id);
        drop(files);
        Ok(self.conclude(&job, record, before, None))
    }

    /// Deletes a job and everything of it.
    ///
    /// # Errors
    /// [`JobError::Unknown`], or a disk that does not let it go.
    pub fn delete(&self, tenant: &TenantId, id: &JobId) -> Result<(), JobError> {
        let job = self.books().find(tenant, id)?;
        let files = job.files();
        if job.is_gone() {
            return Err(JobError::Unknown);
        }
        self.0.disk.remove(&job.id)?;
        job.leave();
        drop(files);
        let mut books = self.books();
        if !job.state().is_over() {
            books.over(&job.id, &job.tenant, 0, 0);
        }
        books.remove(&job);
        drop(books);
        self.show();
        Ok(())
    }

    /// Deletes the jobs that are too old.
    pub(super) fn sweep(&self, now_ms: i64) {
        let old = |job: &&Arc<Job>| {
            let end = |r: &Record| r.state.is_over().then_some(r.finished_ms);
            let end = job.of_record(end);
            end.is_some_and(|end| end.saturating_add(self.keep_ms()) <= now_ms)
        };
        let old: Vec<Arc<Job>> = self.books().all().filter(old).cloned().collect();
        for job in old {
            // What cannot be deleted now is tried again at the next look.
            self.delete(&job.tenant, &job.id).ok();
        }
    }

    /// The thread that deletes what is too old.
    fn keep(&self) {
        while !self.is_stopping() {
            let books = self.books();
            drop(self.0.wake.wait_timeout(books, LOOK));
            self.sweep(now_ms());
        }
    }

    /// The next job, once there is one; `None` when nothing more is to be begun. `rest` is called while
    /// there is none.
    pub(super) fn next(&self, mut rest: impl FnMut()) -> Option<Arc<Job>> {
        loop {
            let mut books = self.books();
            if self.is_stopping() {
                return None;
            }
            if let Some(job) = books.take_next() {
                return Some(job);
            }
            let waited = self.0.wake.wait_timeout(books, LOOK);
            let (books, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            drop(books);
            if waited.timed_out() {
                rest();
            }
        }
    }

    /// A job that was begun runs no more.
    pub(super) fn stopped(&self, job: &Job) {
        self.books().stopped(&job.tenant);
        self.show();
    }

    /// A job is over, and `record`, which is on the disk, says how; `before`: what it took on the disk.
    pub(super) fn conclude(
        &self,
        job: &Arc<Job>,
        record: Record,
        before: u64,
        summary: Option<&SessionSummary>,
    ) -> JobView {
        let (state, media_us) = (record.state, record.media_us);
        let after = record.bytes();
        job.replace(record);
        let mut books = self.books();
        books.over(&job.id, &job.tenant, before, after);
        let view = self.view_in(&books, job);
        drop(books);
        ReviewEnded {
            key: job.number,
            outcome: state.word(),
            media: Duration::from_micros(u64::try_from(media_us).unwrap_or(0)),
        }
        .emit();
        self.show();
        if let Some(JobListener(told)) = &self.0.listener {
            told(&Finished {
                tenant: &job.tenant,
                view: &view,
                summary,
            });
        }
        view
    }

    /// Stands still while live interviews need the machine, or until the review is ended.
    pub(super) fn give_way(&self, job: &Job) {
        let busy = || self.0.busy.get().is_some_and(|busy| busy());
        while busy() && !job.stop.load(Ordering::Relaxed) {
            job.hold(true);
            std::thread::sleep(Duration::from_millis(50));
        }
        job.hold(false);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.0.disk
    }

    pub(super) fn next_number(&self) -> u64 {
        self.0.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn keep_ms(&self) -> i64 {
        i64::try_from(self.0.config.limits.keep.as_millis()).unwrap_or(i64::MAX)
    }

    fn view_in(&self, books: &Books, job: &Job) -> JobView {
        job.view(books.before(job), self.keep_ms())
    }

    fn show(&self) {
        let (waiting, running) = self.books().counts();
        ReviewQueue { waiting, running }.emit();
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Numbers and pointers; a panic elsewhere leaves them readable.
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The segments of a report in the order in which they became final.
pub(super) fn in_order(segments: Vec<SegmentResult>, order: &[u32]) -> Vec<SegmentResult> {
    if order.is_empty() {
        return segments;
    }
    let mut by_place: HashMap<u32, SegmentResult> = (0u32..).zip(segments).collect();
    order.iter().filter_map(|at| by_place.remove(at)).collect()
}
