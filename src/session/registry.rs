//! Which interviews are running: permits at the door, unique ids, ways back in, drain.
//!
//! A full server still lets in as many streams as [`DOOR_PLACES`] of callers who have an interview
//! that can be resumed; such a stream gets no further than its first message unless it resumes one.

use super::resume::{Attachment, Resumable, ResumeToken, Tail};
use super::{Caller, SessionError};
use crate::core::{SessionId, TenantId};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// When a client that met a full server should try again: 5 s. Interviews last minutes, so a
/// shorter wait would only add load.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Streams beyond the slots that may ask to resume an interview at the same time: 16.
const DOOR_PLACES: usize = 16;
/// Ended interviews that are remembered, so that a late client is told: 256.
const MOST_ENDED: usize = 256;

#[derive(Debug)]
struct Shared {
    max: u32,
    permits: Arc<Semaphore>,
    door: Arc<Semaphore>,
    /// Interviews on the last step of their ladders, and how many of them are too many.
    overloaded: AtomicU32,
    refuse_at: u32,
    books: Mutex<Books>,
    next_key: AtomicU64,
    stop: CancellationToken,
    tasks: TaskTracker,
}

type Id = (TenantId, SessionId);

/// What is taken, by tenant: both are bounded by the slots. What has ended is bounded by number,
/// and its messages by time.
#[derive(Debug, Default)]
struct Books {
    ids: HashMap<Id, Option<WayBack>>,
    slots: HashMap<TenantId, u32>,
    ended: VecDeque<Ended>,
}

/// How a new connection finds a running interview.
#[derive(Debug)]
struct WayBack {
    token: ResumeToken,
    to: mpsc::Sender<Attachment>,
}

#[derive(Debug)]
struct Ended {
    id: Id,
    token: ResumeToken,
    grace: Duration,
    until: Instant,
    /// Until the grace period is over; then only the fact is remembered.
    tail: Option<Arc<Tail>>,
}

/// The running interviews of one server. Clones share it.
#[derive(Debug, Clone)]
pub struct Registry(Arc<Shared>);

/// A slot at the server, held for as long as the interview's stream lives.
#[derive(Debug)]
pub struct Permit {
    key: u64,
    caller: Caller,
    registry: Registry,
    slot: Result<OwnedSemaphorePermit, SessionError>,
    _door: Option<OwnedSemaphorePermit>,
}

impl Permit {
    /// Says whether a new interview may be opened with it, and not only an old one resumed.
    ///
    /// # Errors
    /// What a full server says.
    pub fn may_open(&self) -> Result<(), SessionError> {
        self.slot.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Number of the interview in this process; the worker pool keeps a key on one worker.
    pub fn key(&self) -> u64 {
        self.key
    }

    /// Who was let in.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.slot.is_err() {
            return;
        }
        let mut books = self.registry.books();
        if let Some(taken) = books.slots.get_mut(&self.caller.tenant) {
            *taken -= 1;
            if *taken == 0 {
                books.slots.remove(&self.caller.tenant);
            }
        }
    }
}

/// An interview on the last step of its ladder.
#[derive(Debug)]
pub struct Overload(Registry);

impl Drop for Overload {
    fn drop(&mut self) {
        self.0.0.overloaded.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A session id in use by its tenant; free again when dropped.
#[derive(Debug)]
pub struct IdLease {
    id: Id,
    registry: Registry,
}

impl IdLease {
    /// From now on a client that shows the token gets a way to the interview.
    pub fn offer(&self, token: ResumeToken, to: mpsc::Sender<Attachment>) {
        let way = WayBack { token, to };
        self.registry.books().ids.insert(self.id.clone(), Some(way));
    }

    /// Ends the lease, and leaves the interview's last words to a client that comes back within
    /// `grace`. Without them only the fact that it ended is left.
    pub fn leave(self, token: ResumeToken, grace: Duration, tail: Option<Arc<Tail>>) {
        let mut books = self.registry.books();
        books.tidy();
        books.ended.retain(|e| e.id != self.id);
        while books.ended.len() >= MOST_ENDED {
            books.ended.pop_front();
        }
        books.ended.push_back(Ended {
            id: self.id.clone(),
            token,
            grace,
            until: Instant::now() + grace,
            tail,
        });
    }
}

impl Drop for IdLease {
    fn drop(&mut self) {
        self.registry.books().ids.remove(&self.id);
    }
}

impl Registry {
    /// A registry with `max` slots that refuses no one for load.
    pub fn new(max: u32) -> Self {
        Self::refusing_at(max, u32::MAX)
    }

    /// The same, which refuses new interviews while `refuse_at` are on the last step of their ladders.
    pub fn refusing_at(max: u32, refuse_at: u32) -> Self {
        Self(Arc::new(Shared {
            overloaded: AtomicU32::new(0),
            refuse_at: refuse_at.max(1),
            max,
            permits: Arc::new(Semaphore::new(max as usize)),
            door: Arc::new(Semaphore::new(DOOR_PLACES)),
            books: Mutex::default(),
            next_key: AtomicU64::new(0),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Takes a slot; of a full server, a place at the door for callers who may want to resume.
    ///
    /// # Errors
    /// [`SessionError::Stopping`] while draining, [`SessionError::AtCapacity`] when full,
    /// [`SessionError::TenantAtCapacity`] when the caller has all that its tenant may.
    pub fn enter(&self, caller: Caller) -> Result<Permit, SessionError> {
        if self.0.stop.is_cancelled() {
            return Err(SessionError::Stopping);
        }
        self.books().tidy();
        let slot = self.slot(&caller);
        let place = match &slot {
            Ok(_) => None,
            Err(full) => {
                let may_resume = self.books().may_resume(&caller.tenant);
                let place = Arc::clone(&self.0.door).try_acquire_owned().ok();
                Some(place.filter(|_| may_resume).ok_or_else(|| full.clone())?)
            }
        };
        Ok(Permit {
            key: self.0.next_key.fetch_add(1, Ordering::Relaxed),
            caller,
            registry: self.clone(),
            slot,
            _door: place,
        })
    }

    /// Counts an interview on the last step of its ladder, until what is returned is dropped.
    pub fn overload(&self) -> Overload {
        self.0.overloaded.fetch_add(1, Ordering::Relaxed);
        Overload(self.clone())
    }

    /// Interviews on the last step of their ladders.
    pub fn overloaded(&self) -> u32 {
        self.0.overloaded.load(Ordering::Relaxed)
    }

    fn slot(&self, caller: &Caller) -> Result<OwnedSemaphorePermit, SessionError> {
        if self.0.overloaded.load(Ordering::Relaxed) >= self.0.refuse_at {
            return Err(SessionError::Overloaded {
                retry_after: RETRY_AFTER,
            });
        }
        let full = |_| SessionError::AtCapacity {
            max: self.0.max,
            retry_after: RETRY_AFTER,
        };
        let slot = Arc::clone(&self.0.permits)
            .try_acquire_owned()
            .map_err(full)?;
        let mut books = self.books();
        let taken = books.slots.get(&caller.tenant).copied().unwrap_or(0);
        if let Some(max) = caller.limits.max_sessions.filter(|max| taken >= *max) {
            return Err(SessionError::TenantAtCapacity {
                max,
                retry_after: RETRY_AFTER,
            });
        }
        books.slots.insert(caller.tenant.clone(), taken + 1);
        Ok(slot)
    }

    /// The tenant's interview that a token resumes.
    ///
    /// # Errors
    /// [`SessionError::ResumeUnknown`] for a wrong token and for an unknown interview alike,
    /// [`SessionError::ResumeTooLate`] for the right token after the grace period.
    pub fn find(
        &self,
        tenant: &TenantId,
        id: &SessionId,
        token: &ResumeToken,
    ) -> Result<Resumable, SessionError> {
        let id = (tenant.clone(), id.clone());
        let mut books = self.books();
        books.tidy();
        if let Some(way) = books.ids.get(&id).and_then(Option::as_ref)
            && way.token.is(token)
        {
            return Ok(Resumable::Running(way.to.clone()));
        }
        let ended = books.ended.iter().find(|e| e.id == id);
        match ended.filter(|e| e.token.is(token)) {
            Some(Ended {
                tail: Some(tail), ..
            }) => Ok(Resumable::Ended(Arc::clone(tail))),
            Some(ended) => Err(SessionError::ResumeTooLate(ended.grace)),
            None => Err(SessionError::ResumeUnknown),
        }
    }

    /// Reserves a session id for a tenant. Another tenant's interview of the same id is another
    /// interview, and nothing of it is told.
    ///
    /// # Errors
    /// [`SessionError::Duplicate`] when the tenant has an interview with it that is running.
    pub fn claim(&self, tenant: &TenantId, id: &SessionId) -> Result<IdLease, SessionError> {
        let own = (tenant.clone(), id.clone());
        match self.books().ids.entry(own.clone()) {
            Entry::Occupied(_) => return Err(SessionError::Duplicate(id.to_string())),
            Entry::Vacant(free) => free.insert(None),
        };
        Ok(IdLease {
            id: own,
            registry: self.clone(),
        })
    }

    /// Slots taken.
    pub fn sessions(&self) -> u32 {
        let free = u32::try_from(self.0.permits.available_permits()).unwrap_or(u32::MAX);
        self.0.max.saturating_sub(free)
    }

    /// Slots in all.
    pub fn max(&self) -> u32 {
        self.0.max
    }

    /// Tasks of interviews that are running.
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Cancelled when the server starts to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Takes no new interviews and tells the running ones to finish.
    pub fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        // A panic while the lock is held cannot leave the books half changed.
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Books ===

impl Books {
    fn may_resume(&self, tenant: &TenantId) -> bool {
        let runs = |((owner, _), way): (&Id, &Option<WayBack>)| owner == tenant && way.is_some();
        let kept = |e: &Ended| e.id.0 == *tenant && e.tail.is_some();
        self.ids.iter().any(runs) || self.ended.iter().any(kept)
    }

    /// Lets last words go that nobody can ask for any more.
    fn tidy(&mut self) {
        let now = Instant::now();
        for ended in self.ended.iter_mut().filter(|e| e.until <= now) {
            ended.tail = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::TenantLimits;

    #[test]
    fn a_full_server_refuses_and_a_freed_slot_is_taken_again() {
        let r = Registry::new(1);
        let first = r.enter(Caller::default()).unwrap();
        assert_eq!(r.sessions(), 1);
        assert!(matches!(
            r.enter(Caller::default()),
            Err(SessionError::AtCapacity { max: 1, .. })
        ));
        drop(first);
        assert!(r.enter(Caller::default()).is_ok());
        r.stop();
        assert_eq!(
            r.enter(Caller::default()).unwrap_err(),
            SessionError::Stopping
        );
    }

    #[test]
    fn an_id_runs_once_at_a_time() {
        let r = Registry::new(2);
        let id = SessionId::parse("a").unwrap();
        let tenant = TenantId::default();
        let lease = r.claim(&tenant, &id).unwrap();
        assert!(matches!(
            r.claim(&tenant, &id),
            Err(SessionError::Duplicate(_))
        ));
        drop(lease);
        assert!(r.claim(&tenant, &id).is_ok());
    }

    fn caller(tenant: &str, max_sessions: Option<u32>) -> Caller {
        Caller {
            tenant: TenantId::parse(tenant).unwrap(),
            limits: TenantLimits {
                max_sessions,
                ..TenantLimits::default()
            },
        }
    }

    #[test]
    fn tenants_have_slots_and_ids_of_their_own() {
        let r = Registry::new(3);
        let first = r.enter(caller("a", Some(1))).unwrap();
        let full = SessionError::TenantAtCapacity {
            max: 1,
            retry_after: RETRY_AFTER,
        };
        assert_eq!(r.enter(caller("a", Some(1))).unwrap_err(), full);
        assert_eq!(r.sessions(), 1, "a refusal holds no slot");
        let other = r.enter(caller("b", None)).unwrap();
        let id = SessionId::parse("same").unwrap();
        let _a = r.claim(&first.caller().tenant, &id).unwrap();
        let _b = r.claim(&other.caller().tenant, &id).unwrap();
        drop(first);
        assert!(r.enter(caller("a", Some(1))).is_ok());
        drop(other);
        assert!(r.books().slots.is_empty());
    }
}
