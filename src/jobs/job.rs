//! One job while the process lives: its record, how far it is, and who is told.

use super::record::{JobState, Record, ReportKind};
use super::{Full, JobError};
use crate::core::{MediaTime, SegmentResult, TenantId};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Random bytes of an id.
const ID_BYTES: usize = 16;
/// Segments of a running job that are kept for its watchers: about 54 h of one person at 3 s each. Later ones
/// stand in the report alone.
const MOST_TOLD: usize = 65_536;
/// Watchers of one job.
const MOST_WATCHERS: usize = 8;
/// Segments handed to a watcher at once.
const AT_ONCE: usize = 64;

/// Names a job: 128 random bits as 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

impl JobId {
    /// An id that nobody can guess.
    ///
    /// # Errors
    /// [`JobError::Internal`] where the system gives no random numbers.
    pub(super) fn draw() -> Result<Self, JobError> {
        let mut bytes = [0; ID_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(%error, "no random numbers");
            JobError::Internal
        })?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Reads an id; `None` where the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let has_form = text.len() == 2 * ID_BYTES && text.bytes().all(digit);
        has_form.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A job as its client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    /// Its id.
    pub id: JobId,
    /// The client's id for the call that made it.
    pub request_id: Option<String>,
    /// What reports call the recording.
    pub name: String,
    /// Where it stands.
    pub state: JobState,
    /// Why it failed.
    pub detail: String,
    /// Media reviewed so far, microseconds.
    pub media_us: i64,
    /// Length of the recording, microseconds; 0 = not known (yet).
    pub total_us: i64,
    /// Final segments so far.
    pub segments: u64,
    /// It stands still for live interviews.
    pub held: bool,
    /// The tenant's jobs before it in the queue.
    pub queued_before: u32,
    /// How often it was begun.
    pub attempts: u32,
    /// Size of the recording, bytes; 0 = not known yet.
    pub recording_bytes: u64,
    /// SHA-256 of the recording, lower-case hex; empty = not known yet.
    pub recording_sha256: String,
    /// Unix times in milliseconds; 0 = not yet.
    pub submitted_ms: i64,
    /// When it was begun last.
    pub started_ms: i64,
    /// When it was over.
    pub finished_ms: i64,
    /// When it is deleted.
    pub expires_ms: i64,
    /// Reports that there are.
    pub reports: Vec<ReportKind>,
}

/// What a watcher has not heard yet.
#[derive(Debug)]
pub struct Told {
    /// Segments after those it has, each with its number from 1.
    pub segments: Vec<(u64, Arc<SegmentResult>)>,
    /// There are more of them.
    pub more: bool,
    /// The rest is in the report: the job is over.
    pub stored: bool,
}

#[derive(Debug)]
pub(super) struct Live {
    pub(super) record: Record,
    /// Segments since the job was begun, for its watchers; none once it is over.
    told: Vec<Arc<SegmentResult>>,
    held: bool,
    gone: bool,
}

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) tenant: TenantId,
    /// Its number in this process, for the log.
    pub(super) number: u64,
    live: Mutex<Live>,
    changed: watch::Sender<u64>,
    /// Ends its review.
    pub(super) stop: AtomicBool,
    /// Held while files of the job are written or removed; never with `live`.
    pub(super) disk: Mutex<()>,
    watchers: AtomicUsize,
}

/// A place among the watchers of a job, and the job itself.
#[derive(Debug)]
pub struct Watch {
    pub(super) job: Arc<Job>,
    news: watch::Receiver<u64>,
}

// === impl Job ===

impl Job {
    pub(super) fn new(id: JobId, number: u64, record: Record) -> Self {
        Self {
            id,
            tenant: record.tenant.clone(),
            number,
            live: Mutex::new(Live {
                record,
                told: Vec::new(),
                held: false,
                gone: false,
            }),
            changed: watch::Sender::new(0),
            stop: AtomicBool::new(false),
            disk: Mutex::new(()),
            watchers: AtomicUsize::new(0),
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        // Every change is one assignment after another; a panic elsewhere leaves it readable.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hold on its files.
    pub(super) fn files(&self) -> MutexGuard<'_, ()> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn record(&self) -> Record {
        self.live().record.clone()
    }

    /// Something of its record, without a copy of all of it.
    pub(super) fn of_record<T>(&self, read: impl FnOnce(&Record) -> T) -> T {
        read(&self.live().record)
    }

    pub(super) fn state(&self) -> JobState {
        self.of_record(|r| r.state)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.live().gone
    }

    /// Puts another record into the place of its own, and tells.
    pub(super) fn replace(&self, record: Record) {
        let mut live = self.live();
        if record.state.is_over() {
            live.told = Vec::new();
            live.held = false;
        }
        live.record = record;
        drop(live);
        self.tell();
    }

    /// It is deleted.
    pub(super) fn leave(&self) {
        self.live().gone = true;
        self.stop.store(true, Ordering::Relaxed);
        self.tell();
    }

    fn tell(&self) {
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// It is begun, once more perhaps: what was told before is told again.
    pub(super) fn begun(&self) {
        let mut live = self.live();
        live.told = Vec::new();
        live.record.media_us = 0;
        live.record.segments = 0;
    }

    pub(super) fn opened(&self, length_ns: Option<i64>) {
        self.live().record.total_us = length_ns.unwrap_or(0) / 1_000;
        self.tell();
    }

    pub(super) fn at(&self, time: MediaTime) {
        let mut live = self.live();
        live.record.media_us = live.record.media_us.max(time.as_us());
        drop(live);
        self.tell();
    }

    pub(super) fn segment(&self, segment: &SegmentResult) {
        let mut live = self.live();
        live.record.segments += 1;
        if live.told.len() < MOST_TOLD {
            live.told.push(Arc::new(segment.clone()));
        }
        drop(live);
        self.tell();
    }

    /// The recording's digest is known.
    pub(super) fn known(&self, bytes: u64, sha256: String) {
        let mut live = self.live();
        live.record.recording.bytes = bytes;
        live.record.recording.sha256 = sha256;
    }

    pub(super) fn hold(&self, held: bool) {
        let mut live = self.live();
        if std::mem::replace(&mut live.held, held) != held {
            drop(live);
            self.tell();
        }
    }

    /// Place in a report of each segment in the order in which they were told; empty = the same order.
    pub(super) fn order_in(&self, report: &[SegmentResult]) -> Vec<u32> {
        let key = |s: &SegmentResult| (s.participant.clone(), s.index);
        let places = (0u32..).zip(report).map(|(at, s)| (key(s), at));
        let places: std::collections::HashMap<_, _> = places.collect();
        let live = self.live();
        let order = live
            .told
            .iter()
            .filter_map(|s| places.get(&key(s)).copied());
        let order: Vec<u32> = order.collect();
        match order.iter().copied().eq(0..order.len() as u32) {
            true => Vec::new(),
            false => order,
        }
    }

    pub(super) fn view(&self, queued_before: u32, keep_ms: i64) -> JobView {
        let live = self.live();
        let r = &live.record;
        JobView {
            id: self.id.clone(),
            request_id: r.request_id.clone(),
            name: r.recording.name.clone(),
            state: r.state,
            detail: r.detail.clone(),
            media_us: r.media_us,
            total_us: r.total_us,
            segments: r.segments,
            held: live.held,
            queued_before,
            attempts: r.attempts,
            recording_bytes: r.recording.bytes,
            recording_sha256: r.recording.sha256.clone(),
            submitted_ms: r.submitted_ms,
            started_ms: r.started_ms,
            finished_ms: r.finished_ms,
            expires_ms: match r.state.is_over() {
                true => r.finished_ms.saturating_add(keep_ms),
                false => 0,
            },
            reports: r.reports.keys().copied().collect(),
        }
    }

    /// What a watcher has not heard who has `after` segments.
    pub(super) fn told(&self, after: u64) -> Told {
        let live = self.live();
        if live.record.state.is_over() {
            return Told {
                segments: Vec::new(),
                more: false,
                stored: after < live.record.segments,
            };
        }
        let from = usize::try_from(after).unwrap_or(usize::MAX);
        let rest = live.told.get(from..).unwrap_or_default();
        let numbered = (after + 1..).zip(rest.iter().cloned());
        Told {
            segments: numbered.take(AT_ONCE).collect(),
            more: rest.len() > AT_ONCE,
            stored: false,
        }
    }

    /// Watches it.
    pub(super) fn watch(self: &Arc<Self>) -> Result<Watch, JobError> {
        if self.watchers.fetch_add(1, Ordering::Relaxed) >= MOST_WATCHERS {
            self.watchers.fetch_sub(1, Ordering::Relaxed);
            return Err(JobError::Full(Full::Watchers(MOST_WATCHERS)));
        }
        Ok(Watch {
            job: Arc::clone(self),
            news: self.changed.subscribe(),
        })
    }
}

// === impl Watch ===

impl Watch {
    /// Waits until something has changed since the last time.
    pub async fn changed(&mut self) {
        // The sender lives in the job, which is held here.
        self.news.changed().await.ok();
    }

    /// From here on a change is one that [`Watch::changed`] tells of.
    pub fn mark_seen(&mut self) {
        self.news.borrow_and_update();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.job.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}
