//! The threads that work jobs off.

use super::JobError;
use super::clock::now_ms;
use super::disk::Which;
use super::job::Job;
use super::manager::Jobs;
use super::record::{JobState, Kept, Record, ReportKind, Written};
use crate::core::SessionSummary;
use crate::report::{BatchIndex, Document, FileReport, IndexEntry, index_to_csv, to_html, to_json};
use crate::review::{
    Basis, Identity, Progress, ReferenceClip, ReferenceInput, ReviewError, ReviewEvidence,
    ReviewInput, ReviewOptions, Reviewer, WantedLog, save_whole, try_review,
};
use crate::telemetry::{AnalysisPanicked, ReviewInterrupted};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::Arc;

/// How often a job is begun before it counts as one that ends the process.
pub const MOST_ATTEMPTS: u32 = 3;
/// The lowest priority that the system knows: a thread of it gets about one part in seventy of a processor that
/// one of the usual priority wants, too.
const NICENESS: i32 = 19;

/// What came of a review.
enum Outcome {
    /// A report; the log, where one was wanted.
    Report(Box<FileReport>, Option<Vec<u8>>),
    /// The recording cannot be reviewed, for this reason.
    Refused(String),
    /// The server is at fault, in words for the client.
    Fault(String),
    /// Somebody ended it, or the process stops.
    Ended,
}

/// Works until the server stops.
pub(super) fn work(jobs: &Jobs) {
    // On Linux the niceness is one of the thread, and of the decoder's threads that it starts.
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "reviews run at the priority of live interviews");
    }
    let mut reviewer = Reviewer::new(Arc::clone(&jobs.shared().engine));
    while let Some(job) = jobs.next(|| reviewer.rest()) {
        run(jobs, &job, &mut reviewer);
        jobs.stopped(&job);
    }
}

/// Reviews one job.
fn run(jobs: &Jobs, job: &Arc<Job>, reviewer: &mut Reviewer) {
    let record = match begin(jobs, job) {
        Ok(Some(record)) => record,
        Ok(None) => return,
        // The disk does not take that it was begun: it would not take the report either.
        Err(_) => {
            let detail = "the server's disk could not be written".to_owned();
            return finish(jobs, job, Outcome::Fault(detail));
        }
    };
    if record.attempts > MOST_ATTEMPTS {
        let detail = format!("the server ended {MOST_ATTEMPTS} times in the midst of this review");
        return finish(jobs, job, Outcome::Fault(detail));
    }
    let outcome = match review(jobs, job, &record, reviewer) {
        Ok(outcome) => outcome,
        Err(ReviewError::Cancelled) => Outcome::Ended,
        Err(e @ ReviewError::WorkerFailed) => {
            AnalysisPanicked.emit();
            Outcome::Fault(e.to_string())
        }
        Err(e @ ReviewError::Models(_)) => {
            tracing::error!(error = %e, "no models for a review");
            Outcome::Fault("the server's models cannot be used; its log has the cause".to_owned())
        }
        Err(e) => Outcome::Refused(e.to_string()),
    };
    finish(jobs, job, outcome);
}

/// Writes down that a job is begun; `None` where it is over by now.
fn begin(jobs: &Jobs, job: &Arc<Job>) -> Result<Option<Record>, JobError> {
    let files = job.files();
    let mut record = job.record();
    if job.is_gone() || record.state.is_over() {
        return Ok(None);
    }
    record.state = JobState::Running;
    record.attempts += 1;
    record.started_ms = now_ms();
    jobs.disk().save(&job.id, &record)?;
    job.begun();
    job.replace(Record {
        media_us: 0,
        segments: 0,
        ..record.clone()
    });
    drop(files);
    Ok(Some(record))
}

/// The path of a recording of a job.
fn place(jobs: &Jobs, job: &Job, which: Which, kept: &Kept) -> Result<PathBuf, String> {
    match &kept.stored {
        None => Ok(jobs.disk().input(&job.id, which, kept)),
        Some(name) => {
            let found = jobs.stored(&job.tenant, name, "recording");
            found.map_err(|_| format!("{}: it is not in the server's folder any more", kept.name))
        }
    }
}

fn review(
    jobs: &Jobs,
    job: &Arc<Job>,
    record: &Record,
    reviewer: &mut Reviewer,
) -> Result<Outcome, ReviewError> {
    let shared = jobs.shared();
    let candidate = record.choice().map_err(|e| ReviewError::Plan(vec![e]))?;
    let mut options = ReviewOptions {
        candidate,
        blur_faces: record.blur_faces,
        ..shared.config.options
    };
    options.pipeline.pictures = record.thumbnails;
    options.pipeline.plots = record.plots;
    let path = match place(jobs, job, Which::Recording, &record.recording) {
        Ok(path) => path,
        Err(detail) => return Ok(Outcome::Refused(detail)),
    };
    let events = record
        .events
        .then(|| jobs.disk().events(&job.id, &record.recording));
    let named = ReviewInput {
        events: events.as_deref(),
        ..ReviewInput::of(&path)
    };
    let faces = named.has_consent();
    let reference = match read_reference(jobs, job, record, faces, &options, reviewer)? {
        Ok(reference) => reference,
        Err(detail) => return Ok(Outcome::Refused(detail)),
    };
    let basis = Basis::new("", &shared.engine, &options, None, None);
    let identity = match Identity::of(&path, &basis) {
        Ok(identity) => identity,
        Err(e) => return Ok(Outcome::Refused(format!("cannot read the file: {e}"))),
    };
    let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
    job.known(bytes, identity.sha256.clone());
    let with = shared.config.evidence.as_ref().filter(|_| record.evidence);
    let with = with.map(|e| of_choice(e, &options));
    let mut log = None;
    let report = reviewer.run(|models| {
        let input = ReviewInput {
            shown: Some(&record.recording.name),
            events: events.as_deref(),
            reference: reference.as_ref(),
            evidence: with.as_ref().map(|with| WantedLog {
                with,
                sha256: &identity.sha256,
                log: &mut log,
            }),
            stop: Some(&job.stop),
            ..ReviewInput::of(&path)
        };
        let mut on = |p: Progress<'_>| match p {
            Progress::Opened(length_ns) => job.opened(length_ns),
            Progress::At(time) => {
                job.at(time);
                jobs.give_way(job);
            }
            Progress::Segment(segment) => job.segment(segment),
        };
        try_review(input, &shared.engine, models, &options, &mut on)
    })??;
    if !identity.still_holds() && record.recording.stored.is_some() {
        return Err(ReviewError::Changed);
    }
    Ok(Outcome::Report(Box::new(report), log))
}

/// The reference of a job, if it has one. The inner error is the recording's fault.
fn read_reference(
    jobs: &Jobs,
    job: &Job,
    record: &Record,
    faces: bool,
    options: &ReviewOptions,
    reviewer: &mut Reviewer,
) -> Result<Result<Option<ReferenceClip>, String>, ReviewError> {
    let Some(kept) = &record.reference else {
        return Ok(Ok(None));
    };
    let path = match place(jobs, job, Which::Reference, kept) {
        Ok(path) => path,
        Err(detail) => return Ok(Err(detail)),
    };
    let input = ReferenceInput {
        shown: Some(&kept.name),
        faces,
        stop: Some(&job.stop),
        ..ReferenceInput::of(&path)
    };
    match reviewer.run(|models| input.read(models, options))? {
        Ok(clip) => Ok(Ok(Some(clip))),
        Err(ReviewError::Cancelled) => Err(ReviewError::Cancelled),
        Err(e) => Ok(Err(format!("reference {}: {e}", kept.name))),
    }
}

/// What an evidence log is made with, the job's own choice among the settings.
fn of_choice(evidence: &ReviewEvidence, options: &ReviewOptions) -> ReviewEvidence {
    let choice = format!("{:?}", options.candidate);
    ReviewEvidence {
        key: Arc::clone(&evidence.key),
        program: evidence.program.with_setting("review.candidate", choice),
    }
}

/// Writes the reports of a job that is over, then that it is, and lets its recordings go.
fn finish(jobs: &Jobs, job: &Arc<Job>, outcome: Outcome) {
    let files = job.files();
    let mut record = job.record();
    if job.is_gone() || record.state.is_over() {
        return;
    }
    let (report, log, detail) = match outcome {
        Outcome::Report(report, log) => (Some(*report), log, None),
        Outcome::Refused(detail) => {
            let report = FileReport::failed(record.recording.name.clone(), detail.clone());
            (Some(report), None, Some(detail))
        }
        Outcome::Fault(detail) => (None, None, Some(detail)),
        Outcome::Ended => {
            // The process stops. It waits again, and an orderly stop is no attempt that failed.
            record.state = JobState::Queued;
            record.attempts = record.attempts.saturating_sub(1);
            // Where this cannot be written it says running, which a start takes for the same.
            jobs.disk().save(&job.id, &record).ok();
            ReviewInterrupted { key: job.number }.emit();
            return;
        }
    };
    let before = record.bytes();
    record.state = match &detail {
        None => JobState::Done,
        Some(_) => JobState::Failed,
    };
    record.detail = detail.unwrap_or_default();
    record.finished_ms = now_ms();
    if let Some(report) = &report {
        record.order = job.order_in(&report.segments);
        record.segments = report.segments.len() as u64;
    }
    let mut written = write(jobs, job, &mut record, report.as_ref(), log.as_deref());
    if matches!(written, Err(JobError::NoSpace)) {
        // The recording has served, and is larger than what was made of it.
        jobs.disk().drop_inputs(&job.id);
        written = write(jobs, job, &mut record, report.as_ref(), log.as_deref());
    }
    if written.is_err() {
        record.state = JobState::Failed;
        record.detail = "the report could not be written to the server's disk".to_owned();
        record.reports.clear();
        record.segments = 0;
        // If that cannot be written either, the next start begins it anew.
        jobs.disk().save(&job.id, &record).ok();
    }
    jobs.disk().drop_inputs(&job.id);
    drop(files);
    let summary: Option<&SessionSummary> = report.as_ref().and_then(|r| r.summary.as_ref());
    jobs.conclude(job, record, before, summary);
}

/// The reports, then the record that says they are there.
fn write(
    jobs: &Jobs,
    job: &Job,
    record: &mut Record,
    report: Option<&FileReport>,
    log: Option<&[u8]>,
) -> Result<(), JobError> {
    let mut put = |kind: ReportKind, bytes: &[u8]| {
        save_whole(&jobs.disk().report(&job.id, kind), bytes)?;
        let written = Written {
            bytes: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(bytes)),
        };
        record.reports.insert(kind, written);
        Ok::<(), JobError>(())
    };
    if let Some(report) = report {
        let document = Document::new(vec![report.clone()]);
        let json = to_json(&document).map_err(std::io::Error::other)?;
        put(ReportKind::Json, json.as_bytes())?;
        let page = to_html(report, &document.generator);
        put(ReportKind::Html, page.as_bytes())?;
        let index = BatchIndex::new(vec![IndexEntry::of(report, "", None)], Vec::new());
        put(ReportKind::Csv, index_to_csv(&index).as_bytes())?;
    }
    if let Some(log) = log {
        put(ReportKind::Evidence, log)?;
    }
    Ok(jobs.disk().save(&job.id, record)?)
}
