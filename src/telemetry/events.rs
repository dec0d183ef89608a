//! One struct per event: a log line and a counter together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static OPENED: AtomicU64 = AtomicU64::new(0);
static ENDED: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);
static PANICS: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);
static DETACHED: AtomicU64 = AtomicU64::new(0);
static RESUMED: AtomicU64 = AtomicU64::new(0);

/// Counts since the process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Interviews opened.
    pub opened: u64,
    /// Interviews ended, in whatever way.
    pub ended: u64,
    /// Interviews refused at the door.
    pub refused: u64,
    /// Panics in the analysis, each the end of one interview.
    pub panics: u64,
    /// Media chunks dropped under load.
    pub dropped: u64,
    /// Connections lost of interviews that waited for another one.
    pub detached: u64,
    /// Interviews resumed on a new connection.
    pub resumed: u64,
}

/// The counts so far.
pub fn counters() -> Counters {
    let get = |c: &AtomicU64| c.load(Ordering::Relaxed);
    Counters {
        opened: get(&OPENED),
        ended: get(&ENDED),
        refused: get(&REFUSED),
        panics: get(&PANICS),
        dropped: get(&DROPPED),
        detached: get(&DETACHED),
        resumed: get(&RESUMED),
    }
}

/// An interview was opened.
#[derive(Debug)]
pub struct SessionOpened {
    /// Its number in this process.
    pub key: u64,
    /// Tracks announced.
    pub tracks: usize,
}

impl SessionOpened {
    /// Logs and counts.
    pub fn emit(self) {
        OPENED.fetch_add(1, Ordering::Relaxed);
        tracing::info!(session = self.key, tracks = self.tracks, "interview opened");
    }
}

/// An interview ended.
#[derive(Debug)]
pub struct SessionEnded {
    /// Its number in this process.
    pub key: u64,
    /// State it ended in.
    pub state: &'static str,
    /// Why, in words.
    pub reason: String,
    /// How long it ran.
    pub length: Duration,
}

impl SessionEnded {
    /// Logs and counts.
    pub fn emit(self) {
        ENDED.fetch_add(1, Ordering::Relaxed);
        tracing::info!(
            session = self.key,
            state = self.state,
            reason = self.reason,
            length_ms = u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX),
            "interview ended"
        );
    }
}

/// An interview was refused at the door.
#[derive(Debug)]
pub struct SessionRefused {
    /// Why, in words.
    pub reason: String,
}

impl SessionRefused {
    /// Logs and counts.
    pub fn emit(self) {
        REFUSED.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(reason = self.reason, "interview refused");
    }
}

/// The analysis of an interview panicked; the panic's own message is printed by its thread.
#[derive(Debug)]
pub struct AnalysisPanicked;

impl AnalysisPanicked {
    /// Logs and counts.
    pub fn emit(self) {
        PANICS.fetch_add(1, Ordering::Relaxed);
        tracing::error!("the analysis panicked; its interview is ended");
    }
}

/// A chunk was dropped under load.
#[derive(Debug)]
pub struct MediaDropped {
    /// The interview's number in this process.
    pub key: u64,
    /// Payload bytes.
    pub bytes: u64,
}

impl MediaDropped {
    /// Logs and counts.
    pub fn emit(self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(
            session = self.key,
            bytes = self.bytes,
            "media dropped under load"
        );
    }
}

/// An interview lost its connection and waits for another one.
#[derive(Debug)]
pub struct SessionDetached {
    /// Its number in this process.
    pub key: u64,
}

impl SessionDetached {
    /// Logs and counts.
    pub fn emit(self) {
        DETACHED.fetch_add(1, Ordering::Relaxed);
        tracing::info!(session = self.key, "connection lost; waiting for another");
    }
}

/// An interview goes on on a new connection.
#[derive(Debug)]
pub struct SessionResumed {
    /// Its number in this process.
    pub key: u64,
}

impl SessionResumed {
    /// Logs and counts.
    pub fn emit(self) {
        RESUMED.fetch_add(1, Ordering::Relaxed);
        tracing::info!(session = self.key, "interview resumed");
    }
}

/// The load of an interview changed what is left out of it.
#[derive(Debug)]
pub struct LoadShed {
    /// Its number in this process.
    pub key: u64,
    /// The step of its ladder; 0 = nothing is left out.
    pub step: u32,
}

impl LoadShed {
    /// Logs.
    pub fn emit(self) {
        tracing::warn!(session = self.key, step = self.step, "load ladder");
    }
}
