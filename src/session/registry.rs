//! Which interviews are running: permits at the door, unique ids, drain.

use super::SessionError;
use crate::core::SessionId;
use std::collections::HashSet;
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
    ids: Mutex<HashSet<SessionId>>,
    next_key: AtomicU64,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// The running interviews of one server. Clones share it.
#[derive(Debug, Clone)]
pub struct Registry(Arc<Shared>);

/// A slot at the server, held for as long as the interview's stream lives.
#[derive(Debug)]
pub struct Permit {
    key: u64,
    _slot: OwnedSemaphorePermit,
}

impl Permit {
    /// Number of the interview in this process; the worker pool keeps a key on one worker.
    pub fn key(&self) -> u64 {
        self.key
    }
}

/// A session id in use; free again when dropped.
#[derive(Debug)]
pub struct IdLease {
    id: SessionId,
    registry: Registry,
}

impl Drop for IdLease {
    fn drop(&mut self) {
        self.registry.ids().remove(&self.id);
    }
}

impl Registry {
    /// A registry with `max` slots.
    pub fn new(max: u32) -> Self {
        Self(Arc::new(Shared {
            max,
            permits: Arc::new(Semaphore::new(max as usize)),
            ids: Mutex::new(HashSet::new()),
            next_key: AtomicU64::new(0),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Takes a slot.
    ///
    /// # Errors
    /// [`SessionError::Stopping`] while draining, [`SessionError::AtCapacity`] when full.
    pub fn enter(&self) -> Result<Permit, SessionError> {
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
        Ok(Permit {
            key: self.0.next_key.fetch_add(1, Ordering::Relaxed),
            _slot: slot,
        })
    }

    /// Reserves a session id.
    ///
    /// # Errors
    /// [`SessionError::Duplicate`] when an interview with it is running.
    pub fn claim(&self, id: &SessionId) -> Result<IdLease, SessionError> {
        if !self.ids().insert(id.clone()) {
            return Err(SessionError::Duplicate(id.to_string()));
        }
        Ok(IdLease {
            id: id.clone(),
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

    fn ids(&self) -> std::sync::MutexGuard<'_, HashSet<SessionId>> {
        // A panic while the lock is held cannot leave the set half changed.
        self.0.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_server_refuses_and_a_freed_slot_is_taken_again() {
        let r = Registry::new(1);
        let first = r.enter().unwrap();
        assert_eq!(r.sessions(), 1);
        assert!(matches!(
            r.enter(),
            Err(SessionError::AtCapacity { max: 1, .. })
        ));
        drop(first);
        assert!(r.enter().is_ok());
        r.stop();
        assert_eq!(r.enter().unwrap_err(), SessionError::Stopping);
    }

    #[test]
    fn an_id_runs_once_at_a_time() {
        let r = Registry::new(2);
        let id = SessionId::parse("a").unwrap();
        let lease = r.claim(&id).unwrap();
        assert!(matches!(r.claim(&id), Err(SessionError::Duplicate(_))));
        drop(lease);
        assert!(r.claim(&id).is_ok());
    }
}
