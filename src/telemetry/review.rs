//! What becomes of recordings that are handed in.

use super::metrics::metrics;
use std::time::Duration;

/// A recording was handed in.
#[derive(Debug)]
pub struct ReviewSubmitted<'a> {
    /// The job's number in this process.
    pub key: u64,
    /// Whose it is; the operator's name for them.
    pub tenant: &'a str,
    /// Bytes that were uploaded.
    pub bytes: u64,
}

impl ReviewSubmitted<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        metrics().reviews_submitted.inc();
        tracing::info!(
            review = self.key,
            tenant = self.tenant,
            bytes = self.bytes,
            "review handed in"
        );
    }
}

/// A recording was not taken.
#[derive(Debug)]
pub struct ReviewRefused {
    /// Why, in a word.
    pub cause: &'static str,
}

impl ReviewRefused {
    /// Logs and counts.
    pub fn emit(self) {
        let labels = [("cause", self.cause)];
        metrics().reviews_refused.get_or_create(&labels).inc();
        tracing::warn!(cause = self.cause, "review refused");
    }
}

/// A job is over.
#[derive(Debug)]
pub struct ReviewEnded {
    /// Its number in this process.
    pub key: u64,
    /// `done`, `failed` or `cancelled`.
    pub outcome: &'static str,
    /// Media that was reviewed.
    pub media: Duration,
}

impl ReviewEnded {
    /// Logs and counts.
    pub fn emit(self) {
        let labels = [("outcome", self.outcome)];
        metrics().reviews_ended.get_or_create(&labels).inc();
        metrics().review_media.inc_by(self.media.as_secs());
        tracing::info!(review = self.key, outcome = self.outcome, "review over");
    }
}

/// The server stops in the midst of a review, which begins anew with its next start.
#[derive(Debug)]
pub struct ReviewInterrupted {
    /// Its number in this process.
    pub key: u64,
}

impl ReviewInterrupted {
    /// Logs.
    pub fn emit(self) {
        tracing::info!(review = self.key, "review interrupted; it waits again");
    }
}

/// How many jobs there are now.
#[derive(Debug)]
pub struct ReviewQueue {
    /// Jobs that wait.
    pub waiting: usize,
    /// Jobs that run.
    pub running: usize,
}

impl ReviewQueue {
    /// Shows.
    pub fn emit(self) {
        for (state, n) in [("queued", self.waiting), ("running", self.running)] {
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            metrics().reviews.get_or_create(&[("state", state)]).set(n);
        }
    }
}
