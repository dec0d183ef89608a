//! Flow credit: payload bytes that may still be sent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug)]
struct Inner {
    bytes: u64,
    /// Bytes taken since the start.
    taken: u64,
    ended: bool,
}

/// Payload bytes that may still be sent. One waiter at a time is enough: the sender is not shared.
#[derive(Debug)]
pub(crate) struct Credit {
    inner: Mutex<Inner>,
    changed: Notify,
}

impl Credit {
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            inner: Mutex::new(Inner {
                bytes,
                taken: 0,
                ended: false,
            }),
            changed: Notify::new(),
        }
    }

    /// Adds what the server granted.
    pub(crate) fn grant(&self, bytes: u64) {
        let mut inner = self.lock();
        inner.bytes = inner.bytes.saturating_add(bytes);
        drop(inner);
        self.changed.notify_one();
    }

    /// Replaces what was granted before by `bytes`, of which the sender's own are taken off:
    /// those of `seen` that were not taken by the server, and those on their way here.
    pub(crate) fn restate(&self, bytes: u64, untaken: u64, seen: u64) {
        let mut inner = self.lock();
        let on_the_way = inner.taken.saturating_sub(seen);
        inner.bytes = bytes.saturating_sub(untaken).saturating_sub(on_the_way);
        drop(inner);
        self.changed.notify_one();
    }

    /// Ends all waiting: no more credit will come.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_one();
    }

    /// Bytes left.
    pub(crate) fn left(&self) -> u64 {
        self.lock().bytes
    }

    /// Takes `bytes`, waiting until they are granted; false when the interview ended first.
    pub(crate) async fn take(&self, bytes: u64) -> bool {
        loop {
            {
                let mut inner = self.lock();
                if inner.ended {
                    return false;
                }
                if let Some(rest) = inner.bytes.checked_sub(bytes) {
                    inner.bytes = rest;
                    inner.taken = inner.taken.saturating_add(bytes);
                    return true;
                }
            }
            // A grant between the check and here leaves its permit in `changed`.
            self.changed.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Two plain fields: a panic cannot leave them half changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    #[tokio::test]
    async fn waits_for_enough_and_ends_with_the_interview() {
        let c = Arc::new(Credit::new(10));
        assert!(c.take(10).await);
        let waiter = tokio::spawn({
            let c = c.clone();
            async move { c.take(5).await }
        });
        c.grant(3);
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(!waiter.is_finished(), "3 of 5 bytes are not enough");
        c.grant(4);
        assert!(waiter.await.unwrap());
        assert_eq!(c.left(), 2);
        // 15 were taken, of which the connection saw 12: 3 are on their way to it.
        c.restate(100, 20, 12);
        assert_eq!(c.left(), 77);
        c.restate(2, 0, 15);
        assert_eq!(c.left(), 2);
        let waiter = tokio::spawn({
            let c = c.clone();
            async move { c.take(5).await }
        });
        c.end();
        assert!(!waiter.await.unwrap());
    }
}
