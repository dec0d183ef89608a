//! Recorded interviews: files through the same pipeline as the live service.
//!
//! **In:** paths, with an events file beside each if there is one. **Out:** [`FileReport`]s, or a
//! [`ReviewFolder`] of them that can be gone on with after a kill.
//! **May touch:** `decode::file`, `ingest::events_file`, `pipeline`, `report`, `engine`.
//! **Must not touch:** the wire, sessions, wall clocks (progress is counted in media time).
//!
//! Reading blocks instead of dropping: a recording is always seen whole. Several files are
//! reviewed side by side, each on a worker thread with models of its own.

mod batch;
mod cast;
mod error;
mod evidence;
mod find;
mod folder;
mod identity;
mod input;
mod pictures;
mod places;
mod reference;
mod whole;

pub use batch::{Batch, BatchProgress, Reviewer};
pub use cast::CandidateChoice;
pub use error::ReviewError;
pub use evidence::{ReviewEvidence, WantedLog};
pub use find::{FindError, Found, PassedOver, RECORDINGS, find};
pub use folder::{FolderError, ReviewFolder};
pub use identity::{Basis, Identity, settings_words, sha256_of};
pub use input::{MediaFilter, ReviewInput};
pub use reference::{ReferenceClip, ReferenceInput};
pub use whole::save_whole;

use crate::core::{
    ControlEvent, FieldError, InterviewSpec, MediaTime, Role, SegmentResult, SessionId,
    SignalCapability, Span,
};
use crate::decode::file::{FileInfo, FileStats, Media, MediaSource, OpenOptions};
use crate::engine::{Engine, ModelSet};
use crate::ingest::events_file::{self, EventsFile, Plan};
use crate::pipeline::{Pipeline, PipelineSettings};
use crate::report::{
    FileReport, ModelReport, Notice, ParticipantReport, ReportSeries, ScoreSettings, SignalReport,
};
use evidence::Scribe;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Sound and pictures of one moment lie at most this far apart in a file.
const INTERLEAVE_NS: i64 = 5_000_000_000;

/// Memory that one recording under review may take, models and decoder included, in bytes; measured
/// in docs/review.md.
pub const JOB_BYTES: u64 = 512 << 20;

/// How recordings are reviewed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReviewOptions {
    /// How the interview is cut and scored.
    pub pipeline: PipelineSettings,
    /// Who is the candidate where the recording shows several people.
    pub candidate: CandidateChoice,
    /// True to make the faces of the report's pictures unrecognisable before they are encoded.
    pub blur_faces: bool,
}

/// What a review tells while it runs.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The file was opened; stated length in nanoseconds, if the container has one.
    Opened(Option<i64>),
    /// Media up to this time was read.
    At(MediaTime),
    /// A segment became final.
    Segment(&'a SegmentResult),
}

/// Reviews one recording. A recording that cannot be read gives a report that says why.
pub fn review_file(
    path: &Path,
    engine: &Engine,
    models: &mut ModelSet,
    options: &ReviewOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> FileReport {
    review_input(ReviewInput::of(path), engine, models, options, progress)
}

/// The same for an input with more than a path.
pub fn review_input(
    input: ReviewInput<'_>,
    engine: &Engine,
    models: &mut ModelSet,
    options: &ReviewOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> FileReport {
    let name = input.name();
    let own = input.shown.is_none();
    match try_review(input, engine, models, options, progress) {
        Ok(report) => report,
        Err(e) => {
            if own {
                tracing::debug!(path = %name, error = %e, "not reviewed");
            }
            FileReport::failed(name, e.to_string())
        }
    }
}

/// The same, and what could not be reviewed as an error.
///
/// # Errors
/// [`ReviewError`].
pub fn try_review(
    mut input: ReviewInput<'_>,
    engine: &Engine,
    models: &mut ModelSet,
    options: &ReviewOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FileReport, ReviewError> {
    let (path, stop) = (input.path, input.stop);
    let mut source = MediaSource::open(path, &OpenOptions::default())?;
    progress(Progress::Opened(source.info().duration_ns));
    let (plan, chosen) = cast_of(&input, source.info(), options.candidate, models)?;
    for s in &plan.selections {
        source.select(s.stream, s.track.clone(), s.region)?;
    }
    let mut settings = options.pipeline;
    settings.question_marks = plan.has_question_marks();
    let mut pipeline = Pipeline::new(plan.spec.clone(), settings, &engine.policies());
    let mut remarks = chosen;
    if let Some(clip) = input.reference {
        match clip.shows(path, input.stretch, &plan) {
            Ok(who) => {
                pipeline.refer_to(&who, clip.reference.clone());
            }
            Err(why) => remarks.push(why),
        }
    }
    let mut capabilities = pipeline.capabilities(models);
    let mut segments = Vec::new();
    let scribe = Scribe::begin(input.evidence.as_ref(), path, &plan)?;
    let mut path_in = PathIn {
        pipeline: &mut pipeline,
        stretch: input.stretch,
        events: plan.events.clone().into(),
        segments: &mut segments,
        capabilities: &mut capabilities,
        scribe,
        stop,
        progress,
    };
    let cut_short = path_in.read_all(&mut source, &mut input.filter, models);
    if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
        return Err(ReviewError::Cancelled);
    }
    path_in
        .push_events(None)
        .map_err(|e| ReviewError::Plan(vec![e]))?;
    let mut scribe = std::mem::take(&mut path_in.scribe);
    let (reason, partial) = match &cut_short {
        Some(why) => (
            format!("the recording could not be read to its end: {why}"),
            true,
        ),
        None if source.stats().ended_early => (
            "the recording ends before its stated length".to_owned(),
            true,
        ),
        None => ("end of the recording".to_owned(), false),
    };
    let (rest, summary) = pipeline.finish(&reason, partial, models);
    keep_final(rest, &mut segments, &mut scribe, progress);
    if segments.is_empty() {
        return Err(ReviewError::NoMedia);
    }
    remarks.extend(crowd(&plan, &segments));
    segments.sort_by_key(|s| (s.span.start, s.participant.clone()));
    let mut report = describe(path, &plan.spec, engine, &settings);
    report.test_copy = plan.test_copy.clone();
    report.path = input.name();
    report.capabilities = capabilities;
    remarks.extend(pipeline.take_remarks());
    report.notices = notices(&plan, source.stats(), remarks);
    report.segments = segments;
    report.summary = Some(summary);
    report.pictures = pictures::encoded(pipeline.take_pictures(), options.blur_faces);
    let plots = pipeline.take_plots();
    report.series = plots.iter().map(ReportSeries::of).collect();
    if let Some(wanted) = input.evidence {
        *wanted.log = scribe.end(&report);
    }
    Ok(report.as_written())
}

/// Streams, people and events of a recording, by its events file if there is one.
fn plan_of(events: Option<&Path>, info: &FileInfo) -> Result<Plan, ReviewError> {
    let one = |e: FieldError| ReviewError::Plan(vec![e]);
    // A recording has no session; its id is never shown.
    let id = SessionId::parse("review").map_err(one)?;
    let events = match events {
        Some(file) => events_file::load(file)?,
        None => EventsFile::default(),
    };
    events.apply(info, id).map_err(ReviewError::Plan)
}

/// The same with the candidate chosen as asked for, and what is to be said of that.
fn cast_of(
    input: &ReviewInput<'_>,
    info: &FileInfo,
    choice: CandidateChoice,
    models: &mut ModelSet,
) -> Result<(Plan, Vec<String>), ReviewError> {
    let events = input.events_file();
    if choice == CandidateChoice::AsFound {
        return Ok((plan_of(events.as_deref(), info)?, Vec::new()));
    }
    let events = match events {
        Some(file) => events_file::load(&file)?,
        None => EventsFile::default(),
    };
    let (events, said) = cast::cast(events, choice, input.path, info, models)?;
    let id = SessionId::parse("review").map_err(|e| ReviewError::Plan(vec![e]))?;
    Ok((events.apply(info, id).map_err(ReviewError::Plan)?, said))
}

/// What is to be said where several people were in a picture that nobody divided between them.
fn crowd(plan: &Plan, segments: &[SegmentResult]) -> Option<String> {
    let whole = plan.selections.iter().all(|s| s.region.is_none());
    let mixed = |s: &&SegmentResult| plan.spec.role_of(&s.participant) == Some(Role::Mixed);
    let most = segments.iter().filter(mixed).map(|s| s.quality.faces_max);
    let most = most.max().filter(|n| whole && *n > 1)?;
    Some(format!(
        "up to {most} faces in one picture: the largest and most central one was followed, which need not be the \
         candidate's; --candidate or an events file says whose it is"
    ))
}

/// The way of media into the pipeline, with what comes out of it.
struct PathIn<'a> {
    pipeline: &'a mut Pipeline,
    /// Media of other times is left out.
    stretch: Option<Span>,
    /// Events still to come.
    events: VecDeque<ControlEvent>,
    segments: &'a mut Vec<SegmentResult>,
    /// What the signals can do, by what came so far.
    capabilities: &'a mut Vec<SignalCapability>,
    scribe: Scribe,
    /// Reading ends where this is true.
    stop: Option<&'a AtomicBool>,
    progress: &'a mut dyn FnMut(Progress<'_>),
}

impl PathIn<'_> {
    /// Reads the recording to its end, or as far as it can be read; says why if it was cut short.
    fn read_all(
        &mut self,
        source: &mut MediaSource,
        filter: &mut Option<&mut dyn MediaFilter>,
        models: &mut ModelSet,
    ) -> Option<String> {
        let mut passed = Vec::new();
        loop {
            if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return None;
            }
            let media = match source.next() {
                Ok(media) => media,
                Err(e) => return Some(e.to_string()),
            };
            if let Some(m) = &media {
                (self.progress)(Progress::At(m.time()));
                self.scribe.media(m);
            }
            // Tracks lie close together in a file; what comes this late is past the stretch on all.
            let past = |m: &Media| {
                let end = self.stretch.map(|s| s.end.plus_ns(INTERLEAVE_NS));
                end.is_some_and(|end| m.time() >= end)
            };
            let at_end = media.as_ref().is_none_or(past);
            let media = media.filter(|m| self.stretch.is_none_or(|s| s.contains(m.time())));
            match (filter.as_deref_mut(), media) {
                (None, media) => passed.extend(media),
                (Some(f), Some(media)) => f.pass(media, &mut passed),
                (Some(f), None) if at_end => f.finish(&mut passed),
                (Some(_), None) => {}
            }
            for media in passed.drain(..) {
                if let Err(e) = self.push(media, models) {
                    return Some(e.to_string());
                }
            }
            if at_end {
                return None;
            }
        }
    }

    /// Pushes the events up to `until`, or all that are left: an event comes before the first media
    /// at or after its time, as a live client sends it.
    fn push_events(&mut self, until: Option<MediaTime>) -> Result<(), FieldError> {
        let due = |e: &ControlEvent| until.is_none_or(|t| e.time <= t);
        while self.events.front().is_some_and(due) {
            if let Some(event) = self.events.pop_front() {
                self.scribe.event(&event);
                self.pipeline.push_event(event)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, media: Media, models: &mut ModelSet) -> Result<(), FieldError> {
        self.push_events(Some(media.time()))?;
        match media {
            Media::Frame { track, frame } => self.pipeline.push_frame(&track, &frame, models),
            Media::Audio { track, block } => self.pipeline.push_audio(&track, &block, models)?,
        }
        let results = self.pipeline.poll(models);
        if results.iter().any(|s| s.is_final) {
            SignalCapability::renew(self.capabilities, self.pipeline.take_capabilities(models));
        }
        keep_final(results, self.segments, &mut self.scribe, self.progress);
        Ok(())
    }
}

fn keep_final(
    results: Vec<SegmentResult>,
    segments: &mut Vec<SegmentResult>,
    scribe: &mut Scribe,
    progress: &mut dyn FnMut(Progress<'_>),
) {
    for s in results.into_iter().filter(|s| s.is_final) {
        progress(Progress::Segment(&s));
        scribe.segment(&s);
        segments.push(s);
    }
}

/// A report with everything that is known before the first result: models, signals, settings.
/// Reviews and live clients both start from it.
pub fn describe(
    path: &Path,
    spec: &InterviewSpec,
    engine: &Engine,
    settings: &PipelineSettings,
) -> FileReport {
    let models = engine.models().into_iter().map(|m| ModelReport {
        id: m.id,
        task: m.task,
        sha256: m.sha256,
        available: m.available,
        detail: m.detail,
        data_terms: m.data_terms,
    });
    let signals = engine.policies().into_iter().map(|p| SignalReport {
        name: p.name,
        segment_cap: p.segment_cap,
        session_cap: p.session_cap,
    });
    let participants = spec.participants.iter().map(|p| ParticipantReport {
        id: p.id.as_str().to_owned(),
        role: p.role,
    });
    FileReport {
        error: None,
        consent_id: spec.consent_id.clone(),
        participants: participants.collect(),
        settings: Some(ScoreSettings {
            segment_us: settings.segment_ns / 1_000,
            prior: settings.fusion.prior,
            segment_coverage_floor: settings.fusion.segment_coverage_floor,
            session_coverage_floor: settings.fusion.session_coverage_floor,
        }),
        signals: signals.collect(),
        models: models.collect(),
        ..FileReport::failed(path.display().to_string(), "")
    }
}

fn notices(plan: &Plan, stats: FileStats, remarks: Vec<String>) -> Vec<Notice> {
    let whole = |detail: &str, count: u64| Notice {
        track: String::new(),
        detail: detail.to_owned(),
        count,
    };
    let said = plan.notices.iter().chain(&remarks);
    let mut out: Vec<Notice> = said.map(|n| whole(n, 1)).collect();
    let counted = [
        ("packets that could not be decoded", stats.decode_errors),
        (
            "pictures or sound whose time did not rise",
            stats.non_monotonic,
        ),
        ("pictures without a time", stats.untimed),
    ];
    out.extend(
        counted
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(d, n)| whole(d, n)),
    );
    out
}

#[cfg(test)]
mod tests;
