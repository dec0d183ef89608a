//! `liveproof review`.

use super::exit::{self, Failure, fail};
use super::output::{self, Output};
use super::rooms;
use indicatif::{ProgressBar, ProgressStyle};
use liveproof::config::Config;
use liveproof::core::MediaTime;
use liveproof::engine::Engine;
use liveproof::pipeline::PipelineSettings;
use liveproof::report::{FileReport, segment_line, summary_lines};
use liveproof::review::{
    BatchProgress, Progress, ReferenceClip, ReferenceInput, ReviewOptions, review_all,
};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Endings of the recordings that a folder is searched for.
const RECORDINGS: [&str; 5] = ["mp4", "mov", "m4v", "webm", "mkv"];

/// Reviews recordings, or all recordings of a folder.
///
/// Every one is set against the reference, if there is one. `pictures`: with small pictures of the
/// face behind the stretches that stand out.
pub fn run(
    config: &Config,
    paths: &[PathBuf],
    reference: Option<&Path>,
    pictures: bool,
    output: &Output,
) -> Result<(), Failure> {
    let paths = expand(paths)?;
    output.check()?;
    let engine = rooms::engine(config)?;
    let options = ReviewOptions {
        pipeline: PipelineSettings {
            pictures,
            ..rooms::pipeline(config)
        },
    };
    let reference = match reference {
        Some(path) => Some(read_reference(path, &engine, &options)?),
        None => None,
    };
    let jobs = config
        .review
        .jobs
        .fixed()
        .unwrap_or_else(|| rooms::workers(config));
    let lines = Lines::new(&paths);
    let clock = output::Clock::start();
    let reports = review_all(&paths, &engine, &options, reference.as_ref(), jobs, &lines);
    lines.bar.finish_and_clear();
    let (seconds, media) = (
        clock.seconds(),
        reports.iter().map(output::media_seconds).sum::<f64>(),
    );
    output::note(&format!(
        "reviewed {} of {}: {media:.1} s of media in {seconds:.1} s, {:.2} x real time, {jobs} at a time",
        reports.iter().filter(|r| r.error.is_none()).count(),
        reports.len(),
        media / seconds.max(1e-3),
    ));
    let failed = reports.iter().filter(|r| r.error.is_some()).count();
    output.write(reports)?;
    if failed == 0 {
        return Ok(());
    }
    let error = anyhow::anyhow!("{failed} of {} could not be reviewed", paths.len());
    Err(fail(exit::INPUT, error))
}

/// Reads the reference; one that cannot be read is a failure of the whole command, one that cannot
/// be used is said in every report.
fn read_reference(
    path: &Path,
    engine: &Arc<Engine>,
    options: &ReviewOptions,
) -> Result<ReferenceClip, Failure> {
    let mut models = engine.new_set().map_err(|e| fail(exit::INPUT, e))?;
    ReferenceInput::of(path)
        .read(&mut models, options)
        .map_err(|e| {
            fail(
                exit::INPUT,
                anyhow::anyhow!("reference {}: {e}", path.display()),
            )
        })
}

/// Folders become the recordings in them, by name.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|e| fail(exit::INPUT, e))?;
        let mut inside: Vec<PathBuf> = entries
            .flatten()
            .map(|e| e.path())
            .filter(|p| is_recording(p))
            .collect();
        if inside.is_empty() {
            let error = anyhow::anyhow!(
                "{}: no recording in this folder ({})",
                path.display(),
                RECORDINGS.join(", ")
            );
            return Err(fail(exit::INPUT, error));
        }
        inside.sort();
        all.append(&mut inside);
    }
    Ok(all)
}

fn is_recording(path: &Path) -> bool {
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
        .to_lowercase();
    path.is_file() && RECORDINGS.contains(&ending.as_str())
}

/// Segments as they come where there is one recording; a block per recording where there are more,
/// since lines of several would mix.
///
/// On a terminal a bar below them says how far the reviews are, in media time.
struct Lines<'a> {
    paths: &'a [PathBuf],
    bar: ProgressBar,
    seen: Vec<Seen>,
}

/// How far one recording is.
#[derive(Default)]
struct Seen {
    /// Stated length, milliseconds; 0 when none is stated.
    length: AtomicU64,
    /// Time reached, milliseconds.
    reached: AtomicU64,
    done: AtomicBool,
}

impl Seen {
    /// Thousandths of the work.
    fn share(&self) -> u64 {
        if self.done.load(Ordering::Relaxed) {
            return 1_000;
        }
        let length = self.length.load(Ordering::Relaxed).max(1);
        (self.reached.load(Ordering::Relaxed) * 1_000 / length).min(1_000)
    }
}

/// Steps of the bar in media time, milliseconds.
const STEP_MS: u64 = 500;

impl<'a> Lines<'a> {
    fn new(paths: &'a [PathBuf]) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(paths.len() as u64 * 1_000)
        } else {
            ProgressBar::hidden()
        };
        // A template that does not parse would only cost its own looks.
        if let Ok(style) =
            ProgressStyle::with_template("{bar:24} {percent:>3} %, {msg}, {eta} left")
        {
            bar.set_style(style);
        }
        let seen = paths.iter().map(|_| Seen::default()).collect();
        Self { paths, bar, seen }
    }

    fn opened(&self, index: usize, length_ns: Option<i64>) {
        let ms = length_ns.map_or(0, |ns| u64::try_from(ns / 1_000_000).unwrap_or(0));
        if let Some(seen) = self.seen.get(index) {
            seen.length.store(ms, Ordering::Relaxed);
        }
        self.draw();
    }

    fn at(&self, index: usize, time: MediaTime) {
        let Some(Seen { reached, .. }) = self.seen.get(index) else {
            return;
        };
        let ms = u64::try_from(time.as_us() / 1_000).unwrap_or(0);
        if ms >= reached.load(Ordering::Relaxed) + STEP_MS {
            reached.store(ms, Ordering::Relaxed);
            self.draw();
        }
    }

    fn draw(&self) {
        let of = |f: fn(&Seen) -> u64| -> u64 { self.seen.iter().map(f).sum() };
        self.bar.set_position(of(Seen::share));
        let seconds = of(|s| s.reached.load(Ordering::Relaxed)) / 1_000;
        let done = of(|s| u64::from(s.done.load(Ordering::Relaxed)));
        let all = self.paths.len();
        self.bar
            .set_message(format!("{done} of {all} done, {seconds} s of media"));
    }

    /// A line on standard output that the bar does not cut through.
    fn line(&self, text: &str) {
        self.bar.suspend(|| output::line(text));
    }
}

impl BatchProgress for Lines<'_> {
    fn on(&self, index: usize, progress: Progress<'_>) {
        match (progress, self.paths) {
            (Progress::Opened(length), _) => self.opened(index, length),
            (Progress::At(time), _) => self.at(index, time),
            (Progress::Segment(s), [_]) => self.line(&segment_line(s)),
            (Progress::Segment(_), _) => {}
        }
    }

    fn done(&self, index: usize, report: &FileReport) {
        if let Some(seen) = self.seen.get(index) {
            seen.done.store(true, Ordering::Relaxed);
        }
        self.draw();
        let mut block = Vec::new();
        if self.paths.len() > 1 {
            block.push(format!(
                "[{}/{}] {}",
                index + 1,
                self.paths.len(),
                report.path
            ));
        }
        block.extend(report.error.iter().map(|e| format!("not reviewed: {e}")));
        block.extend(report.summary.iter().flat_map(summary_lines));
        self.line(&block.join("\n"));
    }
}
