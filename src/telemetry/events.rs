//! One struct per event of an interview: a log line and its metrics together.
//!
//! No event has a field for anything that a client said: reasons are words of this program.

use super::metrics::metrics;
use std::time::Duration;

/// An interview was opened.
#[derive(Debug)]
pub struct SessionOpened<'a> {
    /// Its number in this process.
    pub key: u64,
    /// Whose it is; the operator's name for them.
    pub tenant: &'a str,
    /// Tracks announced.
    pub tracks: usize,
}

impl SessionOpened<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        metrics().opened.inc();
        tracing::info!(
            session = self.key,
            tenant = self.tenant,
            tracks = self.tracks,
            "interview opened"
        );
    }
}

/// An interview ended.
#[derive(Debug)]
pub struct SessionEnded {
    /// Its number in this process.
    pub key: u64,
    /// State it ended in.
    pub state: &'static str,
    /// Why, in a word.
    pub cause: &'static str,
    /// How long it ran.
    pub length: Duration,
}

impl SessionEnded {
    /// Logs and counts.
    pub fn emit(self) {
        let m = metrics();
        m.ended.get_or_create(&[("cause", self.cause)]).inc();
        m.length.observe(self.length.as_secs_f64());
        tracing::info!(
            session = self.key,
            state = self.state,
            cause = self.cause,
            length_ms = u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX),
            "interview ended"
        );
    }
}

/// An interview was refused at the door.
#[derive(Debug)]
pub struct SessionRefused {
    /// Why, in a word.
    pub cause: &'static str,
}

impl SessionRefused {
    /// Logs and counts.
    pub fn emit(self) {
        metrics()
            .refused
            .get_or_create(&[("cause", self.cause)])
            .inc();
        tracing::warn!(cause = self.cause, "interview refused");
    }
}

/// The analysis of an interview panicked.
#[derive(Debug)]
pub struct AnalysisPanicked;

impl AnalysisPanicked {
    /// Logs and counts.
    pub fn emit(self) {
        metrics().panics.inc();
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
        metrics().media_dropped.inc();
        metrics().media_dropped_bytes.inc_by(self.bytes);
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
        metrics().detached.inc();
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
        metrics().resumed.inc();
        tracing::info!(session = self.key, "interview resumed");
    }
}

/// The log of an interview is over.
#[derive(Debug)]
pub struct EvidenceEnded {
    /// True when it was written to its seal.
    pub sealed: bool,
}

impl EvidenceEnded {
    /// Logs and counts.
    pub fn emit(self) {
        let outcome = if self.sealed { "sealed" } else { "unsealed" };
        let labels = [("outcome", outcome)];
        metrics().evidence_logs.get_or_create(&labels).inc();
        if !self.sealed {
            tracing::error!("an evidence log ends without its seal");
        }
    }
}

/// A write to an evidence log failed; it is tried again.
#[derive(Debug)]
pub struct EvidenceWriteFailed;

impl EvidenceWriteFailed {
    /// Logs and counts. The first failure is loud; a full disk fails several times a second.
    pub fn emit(self) {
        if metrics().evidence_write_failures.inc() == 0 {
            tracing::error!("an evidence log cannot be written; it is tried again");
        } else {
            tracing::debug!("an evidence log cannot be written; it is tried again");
        }
    }
}

/// Entries are missing in an evidence log.
#[derive(Debug)]
pub struct EvidenceLost {
    /// How many.
    pub entries: u64,
}

impl EvidenceLost {
    /// Logs and counts.
    pub fn emit(self) {
        if self.entries > 0 {
            metrics().evidence_lost_entries.inc_by(self.entries);
            tracing::error!(
                entries = self.entries,
                "entries of an evidence log are missing"
            );
        }
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
    /// Logs and counts.
    pub fn emit(self) {
        metrics().load_steps.inc();
        tracing::warn!(session = self.key, step = self.step, "load ladder");
    }
}

/// Chunks could not be used.
#[derive(Debug)]
pub struct MediaRefused {
    /// The interview's number in this process.
    pub key: u64,
    /// How many.
    pub count: u64,
}

impl MediaRefused {
    /// Logs and counts.
    pub fn emit(self) {
        metrics().media_refused.inc_by(self.count);
        tracing::trace!(session = self.key, count = self.count, "media refused");
    }
}

/// A segment became final.
#[derive(Debug)]
pub struct SegmentConcluded<'a> {
    /// The interview's number in this process.
    pub key: u64,
    /// Number of the segment.
    pub index: u64,
    /// True when it has a score.
    pub scored: bool,
    /// Signals, each with `scored` or its reason for abstaining.
    pub findings: &'a [(&'a str, &'static str)],
    /// Time by stage in milliseconds.
    pub decode_ms: f64,
    /// Tracking and its nets.
    pub nets_ms: f64,
    /// Signals with their nets.
    pub analyze_ms: f64,
}

impl SegmentConcluded<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        let m = metrics();
        let outcome = if self.scored { "scored" } else { "no_score" };
        m.segments.get_or_create(&[("outcome", outcome)]).inc();
        for (signal, outcome) in self.findings {
            let labels = vec![
                ("signal", (*signal).to_owned()),
                ("outcome", (*outcome).to_owned()),
            ];
            m.findings.get_or_create(&labels).inc();
        }
        for (stage, ms) in [
            ("decode", self.decode_ms),
            ("nets", self.nets_ms),
            ("analyze", self.analyze_ms),
        ] {
            m.stage.get_or_create(&[("stage", stage)]).observe(ms / 1e3);
        }
        tracing::debug!(
            session = self.key,
            segment = self.index,
            outcome,
            "segment concluded"
        );
    }
}

/// A job was given to a worker.
#[derive(Debug)]
pub struct JobGiven {
    /// Items of the batch.
    pub items: usize,
    /// How long the oldest had waited.
    pub oldest: Duration,
}

impl JobGiven {
    /// Counts.
    pub fn emit(self) {
        metrics().batch_items.observe(self.items as f64);
        metrics().queue_age.observe(self.oldest.as_secs_f64());
    }
}

/// A worker began a job.
#[derive(Debug)]
pub struct JobBegun {
    /// How long it had waited for the worker.
    pub waited: Duration,
}

impl JobBegun {
    /// Counts.
    pub fn emit(self) {
        metrics().job_wait.observe(self.waited.as_secs_f64());
    }
}

/// A net was run.
#[derive(Debug)]
pub struct NetRun<'a> {
    /// Its id in the manifest.
    pub model: &'a str,
}

impl NetRun<'_> {
    /// Counts.
    pub fn emit(self) {
        let labels = vec![("model", self.model.to_owned())];
        metrics().inferences.get_or_create(&labels).inc();
    }
}

/// What one interview adds to the gauges; taken off again when dropped.
#[derive(Debug, Default)]
pub struct SessionMeter {
    state: Option<&'static str>,
    bytes: i64,
}

impl SessionMeter {
    /// The interview is in this state and holds this much waiting media.
    pub fn show(&mut self, state: &'static str, bytes: u64) {
        let m = metrics();
        if self.state != Some(state) {
            m.sessions.get_or_create(&[("state", state)]).inc();
            self.leave();
            self.state = Some(state);
        }
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        m.queue_bytes.inc_by(bytes - self.bytes);
        self.bytes = bytes;
    }

    fn leave(&mut self) {
        if let Some(state) = self.state.take() {
            metrics().sessions.get_or_create(&[("state", state)]).dec();
        }
    }
}

impl Drop for SessionMeter {
    fn drop(&mut self) {
        self.leave();
        metrics().queue_bytes.dec_by(self.bytes);
    }
}
