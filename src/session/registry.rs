//! Which interviews are running: permits at the door, unique ids, drain.

use super::{Caller, SessionError};
use crate::core::{SessionId, TenantId};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// When a client that met a full server should try again: 5 s. Interviews last minutes, so a
/// shorter wait would only add load.
const RETRY_AFTER: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Shared {
    max: u32,
    permits: Arc<Semaphore>,
    books: Mutex<Books>,
    next_key: AtomicU64,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What is taken, by tenant: both are bounded by the slots.
#[derive(Debug, Default)]
struct Books {
    ids: HashSet<(TenantId, SessionId)>,
    slots: HashMap<TenantId, u32>,
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
    _slot: OwnedSemaphorePermit,
}

impl Permit {
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
        let mut books = self.registry.books();
        if let Some(taken) = books.slots.get_mut(&self.caller.tenant) {
            *taken -= 1;
            if *taken == 0 {
                books.slots.remove(&self.caller.tenant);
            }
        }
    }
}

/// A session id in use by its tenant; free again when dropped.
#[derive(Debug)]
pub struct IdLease {
    id: (TenantId, SessionId),
    registry: Registry,
}

impl Drop for IdLease {
    fn drop(&mut self) {
        self.registry.books().ids.remove(&self.id);
    }
}

impl Registry {
    /// A registry with `max` slots.
    pub fn new(max: u32) -> Self {
        Self(Arc::new(Shared {
            max,
            permits: Arc::new(Semaphore::new(max as usize)),
            books: Mutex::default(),
            next_key: AtomicU64::new(0),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Takes a slot.
    ///
    /// # Errors
    /// [`SessionError::Stopping`] while draining, [`SessionError::AtCapacity`] when full,
    /// [`SessionError::TenantAtCapacity`] when the caller has all that its tenant may.
    pub fn enter(&self, caller: Caller) -> Result<Permit, SessionError> {
        if self.0.stop.is_cancelled() {
            return Err(SessionError::Stopping);
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
        drop(books);
        Ok(Permit {
            key: self.0.next_key.fetch_add(1, Ordering::Relaxed),
            caller,
            registry: self.clone(),
            _slot: slot,
        })
    }

    /// Reserves a session id for a tenant. Another tenant's interview of the same id is another
    /// interview, and nothing of it is told.
    ///
    /// # Errors
    /// [`SessionError::Duplicate`] when the tenant has an interview with it that is running.
    pub fn claim(&self, tenant: &TenantId, id: &SessionId) -> Result<IdLease, SessionError> {
        let own = (tenant.clone(), id.clone());
        if !self.books().ids.insert(own.clone()) {
            return Err(SessionError::Duplicate(id.to_string()));
        }
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
