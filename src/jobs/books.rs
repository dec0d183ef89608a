//! Who has what: jobs, the queue, uploads under way, bytes on the disk. Pure: no file, no clock.

use super::disk::OVERHEAD_BYTES;
use super::job::{Job, JobId};
use super::record::{JobState, Record};
use super::{Full, JobError, JobLimits};
use crate::core::TenantId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Jobs that are kept, of all tenants: 10,000.
const MOST_KEPT: usize = 10_000;
/// Uploads under way, of all tenants and of one.
const MOST_UPLOADS: usize = 16;
const MOST_TENANT_UPLOADS: usize = 4;

/// What a request id stands for.
#[derive(Debug, Clone)]
enum Request {
    /// An upload that is under way.
    UnderWay,
    Job(JobId),
}

/// A job that waits.
#[derive(Debug, Clone)]
struct Waiting {
    order: u64,
    id: JobId,
    tenant: TenantId,
}

#[derive(Debug, Default)]
struct TenantBook {
    uploads: usize,
    /// Jobs that wait or run, and uploads, which become some.
    active: u32,
    running: u32,
    /// On the disk, and announced by uploads under way.
    bytes: u64,
    /// Turn at which a job of the tenant was begun last.
    served: u64,
}

/// What is taken. Bounded: tenants by the key file, jobs by [`MOST_KEPT`].
#[derive(Debug, Default)]
pub(super) struct Books {
    jobs: BTreeMap<JobId, Arc<Job>>,
    requests: HashMap<(TenantId, String), Request>,
    waiting: Vec<Waiting>,
    tenants: HashMap<TenantId, TenantBook>,
    uploads: usize,
    bytes: u64,
    turn: u64,
    order: u64,
}

/// What an upload has taken, to be given back.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) tenant: TenantId,
    pub(super) request_id: Option<String>,
    pub(super) bytes: u64,
}

// === impl Books ===

impl Books {
    /// The job that a request id stands for.
    ///
    /// # Errors
    /// [`JobError::UnderWay`].
    pub(super) fn requested(
        &self,
        tenant: &TenantId,
        request_id: &str,
    ) -> Result<Option<Arc<Job>>, JobError> {
        let key = (tenant.clone(), request_id.to_owned());
        match self.requests.get(&key) {
            None => Ok(None),
            Some(Request::UnderWay) => Err(JobError::UnderWay),
            Some(Request::Job(id)) => Ok(self.jobs.get(id).cloned()),
        }
    }

    /// Takes a place for an upload of so many bytes.
    ///
    /// # Errors
    /// The bound that is met.
    pub(super) fn claim(
        &mut self,
        claim: &Claim,
        max_jobs: u32,
        limits: &JobLimits,
    ) -> Result<(), JobError> {
        let full = |what| Err(JobError::Full(what));
        let bytes = claim.bytes + OVERHEAD_BYTES;
        if self.uploads >= MOST_UPLOADS {
            return full(Full::Uploads(MOST_UPLOADS));
        }
        if self.jobs.len() + self.uploads >= MOST_KEPT {
            return full(Full::Kept(MOST_KEPT));
        }
        if self.bytes.saturating_add(bytes) > limits.max_disk_bytes {
            return full(Full::Disk(limits.max_disk_bytes));
        }
        let book = self.tenants.entry(claim.tenant.clone()).or_default();
        if book.uploads >= MOST_TENANT_UPLOADS {
            return full(Full::Uploads(MOST_TENANT_UPLOADS));
        }
        if book.active >= max_jobs {
            return full(Full::TenantJobs(max_jobs));
        }
        if book.bytes.saturating_add(bytes) > limits.max_tenant_disk_bytes {
            return full(Full::TenantDisk(limits.max_tenant_disk_bytes));
        }
        book.uploads += 1;
        book.active += 1;
        book.bytes += bytes;
        self.uploads += 1;
        self.bytes += bytes;
        if let Some(id) = &claim.request_id {
            let key = (claim.tenant.clone(), id.clone());
            self.requests.insert(key, Request::UnderWay);
        }
        Ok(())
    }

    /// Gives back what an upload had taken.
    pub(super) fn give_back(&mut self, claim: &Claim) {
        let bytes = claim.bytes + OVERHEAD_BYTES;
        self.uploads = self.uploads.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        let book = self.tenants.entry(claim.tenant.clone()).or_default();
        book.uploads = book.uploads.saturating_sub(1);
        book.active = book.active.saturating_sub(1);
        book.bytes = book.bytes.saturating_sub(bytes);
        if let Some(id) = &claim.request_id {
            let key = (claim.tenant.clone(), id.clone());
            if matches!(self.requests.get(&key), Some(Request::UnderWay)) {
                self.requests.remove(&key);
            }
        }
    }

    /// Enters a job: one that was just handed in, or one that was found on the disk.
    pub(super) fn enter(&mut self, job: &Arc<Job>) {
        let read = |r: &Record| (r.bytes(), r.state.is_over(), r.request_id.clone());
        let (bytes, is_over, request_id) = job.of_record(read);
        let bytes = bytes + OVERHEAD_BYTES;
        self.bytes += bytes;
        let book = self.tenants.entry(job.tenant.clone()).or_default();
        book.bytes += bytes;
        if !is_over {
            book.active += 1;
            self.order += 1;
            self.waiting.push(Waiting {
                order: self.order,
                id: job.id.clone(),
                tenant: job.tenant.clone(),
            });
        }
        if let Some(id) = request_id {
            let key = (job.tenant.clone(), id);
            self.requests.insert(key, Request::Job(job.id.clone()));
        }
        self.jobs.insert(job.id.clone(), Arc::clone(job));
    }

    /// The next job to be begun: of the tenant with the fewest running, then of the one whose turn lies back
    /// longest, then the oldest.
    pub(super) fn take_next(&mut self) -> Option<Arc<Job>> {
        let rank = |w: &Waiting| {
            let book = self.tenants.get(&w.tenant);
            let (running, served) = book.map_or((0, 0), |b| (b.running, b.served));
            (running, served, w.order)
        };
        let next = (0..self.waiting.len()).min_by_key(|at| self.waiting.get(*at).map(rank))?;
        let next = self.waiting.remove(next);
        self.turn += 1;
        let book = self.tenants.entry(next.tenant).or_default();
        book.running += 1;
        book.served = self.turn;
        self.jobs.get(&next.id).cloned()
    }

    /// A job that was begun runs no more; it is over, was deleted, or the process stops.
    pub(super) fn stopped(&mut self, tenant: &TenantId) {
        let book = self.tenants.entry(tenant.clone()).or_default();
        book.running = book.running.saturating_sub(1);
    }

    /// A job waits or runs no more; it takes `before` bytes less and `after` more.
    pub(super) fn over(&mut self, id: &JobId, tenant: &TenantId, before: u64, after: u64) {
        self.waiting.retain(|w| w.id != *id);
        let book = self.tenants.entry(tenant.clone()).or_default();
        book.active = book.active.saturating_sub(1);
        book.bytes = (book.bytes + after).saturating_sub(before);
        self.bytes = (self.bytes + after).saturating_sub(before);
    }

    /// Takes a job out; it is over by now.
    pub(super) fn remove(&mut self, job: &Job) {
        if self.jobs.remove(&job.id).is_none() {
            return;
        }
        let (bytes, request_id) = job.of_record(|r| (r.bytes(), r.request_id.clone()));
        let bytes = bytes + OVERHEAD_BYTES;
        self.bytes = self.bytes.saturating_sub(bytes);
        let book = self.tenants.entry(job.tenant.clone()).or_default();
        book.bytes = book.bytes.saturating_sub(bytes);
        if let Some(id) = request_id {
            self.requests.remove(&(job.tenant.clone(), id));
        }
    }

    /// A tenant's job.
    ///
    /// # Errors
    /// [`JobError::Unknown`], also for another tenant's.
    pub(super) fn find(&self, tenant: &TenantId, id: &JobId) -> Result<Arc<Job>, JobError> {
        let job = self.jobs.get(id).filter(|job| job.tenant == *tenant);
        job.cloned().ok_or(JobError::Unknown)
    }

    /// The tenant's jobs before one that waits.
    pub(super) fn before(&self, job: &Job) -> u32 {
        let own = self.waiting.iter().find(|w| w.id == job.id);
        let Some(own) = own else { return 0 };
        let before = |w: &&Waiting| w.tenant == job.tenant && w.order < own.order;
        u32::try_from(self.waiting.iter().filter(before).count()).unwrap_or(u32::MAX)
    }

    /// All jobs.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.values()
    }

    /// Jobs that wait, and that run.
    pub(super) fn counts(&self) -> (usize, usize) {
        let running = self
            .jobs
            .values()
            .filter(|j| j.state() == JobState::Running);
        (self.waiting.len(), running.count())
    }
}
