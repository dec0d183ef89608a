//! How far the reviews are: bars on a terminal, a line now and then elsewhere, on standard error.

use super::super::output::{self, Clock};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use liveproof::core::MediaTime;
use liveproof::report::{FileReport, FileStatus, IndexEntry, segment_line, summary_lines};
use liveproof::review::{BatchProgress, Progress};
use serde::Serialize;
use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Steps of the bars in media time, milliseconds.
const STEP_MS: u64 = 500;
/// Steps of a bar.
const STEPS: u64 = 1_000;
/// Without a terminal, progress is told each time that this many steps more are done.
const LINE_STEPS: u64 = 100;

/// What is shown, and where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// Results for people on standard output.
    pub results: bool,
    /// No progress.
    pub quiet: bool,
}

/// Progress of a batch.
pub struct Show<'a> {
    paths: &'a [PathBuf],
    shown: Shown,
    clock: Clock,
    seen: Vec<Seen>,
    drawn: MultiProgress,
    overall: ProgressBar,
    bars: Mutex<HashMap<usize, ProgressBar>>,
    terminal: bool,
    /// Steps at which a line was told last.
    told: AtomicU64,
    runs: Mutex<Vec<(usize, FileRun)>>,
}

/// How far one recording is. Times in milliseconds.
#[derive(Default)]
struct Seen {
    /// Size of the file, which is known before its length is.
    bytes: u64,
    /// Stated length; 0 when none is stated.
    length: AtomicU64,
    /// Media time reached.
    reached: AtomicU64,
    /// When it was begun.
    begun: AtomicU64,
    /// [`WAITING`], [`DONE`] or [`RESUMED`].
    state: AtomicU64,
}

const WAITING: u64 = 0;
const DONE: u64 = 1;
const RESUMED: u64 = 2;

/// How long one recording took; stands in `run.json` alone.
#[derive(Debug, Clone, Serialize)]
pub struct FileRun {
    path: String,
    /// True when an earlier run had done it.
    resumed: bool,
    failed: bool,
    /// Seconds that the review took; 0 where it was resumed.
    seconds: f64,
    /// Seconds of the recording.
    media_seconds: f64,
}

/// How long a batch took.
#[derive(Debug, Clone, Serialize)]
pub struct BatchRun {
    version: u32,
    /// Recordings worked on at the same time.
    jobs: usize,
    seconds: f64,
    /// Seconds of media that this run reviewed itself.
    media_seconds: f64,
    /// Media seconds by seconds.
    realtime_factor: f64,
    reviewed: usize,
    resumed: usize,
    failed: usize,
    files: Vec<FileRun>,
}

// === impl Seen ===

impl Seen {
    fn get(place: &AtomicU64) -> u64 {
        place.load(Ordering::Relaxed)
    }

    /// Steps done, of [`STEPS`].
    fn steps(&self) -> u64 {
        if Self::get(&self.state) != WAITING {
            return STEPS;
        }
        let length = Self::get(&self.length).max(1);
        (Self::get(&self.reached) * STEPS / length).min(STEPS - 1)
    }
}

// === impl Show ===

impl<'a> Show<'a> {
    /// Progress of nothing yet.
    pub fn new(paths: &'a [PathBuf], shown: Shown) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let drawn = MultiProgress::with_draw_target(match terminal && !shown.quiet {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        });
        let overall = drawn.add(bar("{bar:24} {percent:>3} %  {msg}"));
        let seen = paths.iter().map(|p| Seen {
            // Also a file without a byte is a piece of work.
            bytes: std::fs::metadata(p).map_or(1, |m| m.len().max(1)),
            ..Seen::default()
        });
        Self {
            paths,
            shown,
            clock: Clock::start(),
            seen: seen.collect(),
            drawn,
            overall,
            bars: Mutex::default(),
            terminal,
            told: AtomicU64::new(0),
            runs: Mutex::default(),
        }
    }

    /// Takes the bars away and says how long it took.
    pub fn finish(self, jobs: usize) -> BatchRun {
        self.overall.finish_and_clear();
        let seconds = self.clock.seconds();
        let mut runs = self
            .runs
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        runs.sort_by_key(|(index, _)| *index);
        let files: Vec<FileRun> = runs.into_iter().map(|(_, run)| run).collect();
        let count = |f: fn(&FileRun) -> bool| files.iter().filter(|r| f(r)).count();
        let own = files.iter().filter(|f| !f.resumed);
        let media_seconds = own.map(|f| f.media_seconds).sum::<f64>() + 0.0;
        let run = BatchRun {
            version: 1,
            jobs,
            seconds,
            media_seconds,
            realtime_factor: media_seconds / seconds.max(1e-3),
            reviewed: count(|f| !f.resumed && !f.failed),
            resumed: count(|f| f.resumed),
            failed: count(|f| f.failed),
            files,
        };
        if !self.shown.quiet {
            output::note(&run.line());
        }
        run
    }

    fn seconds_of(&self, index: usize) -> f64 {
        let begun = self.seen.get(index).map_or(0, |s| Seen::get(&s.begun));
        (self.clock.seconds() - begun as f64 / 1e3).max(0.0)
    }

    fn at(&self, index: usize, time: MediaTime) {
        let Some(seen) = self.seen.get(index) else {
            return;
        };
        let ms = u64::try_from(time.as_us() / 1_000).unwrap_or(0);
        if ms >= Seen::get(&seen.reached) + STEP_MS {
            seen.reached.store(ms, Ordering::Relaxed);
            if let Some(bar) = hold(&self.bars).get(&index) {
                let factor = ms as f64 / 1e3 / self.seconds_of(index).max(1e-3);
                bar.set_position(seen.steps());
                bar.set_message(format!("{factor:.1} x real time"));
            }
            self.draw();
        }
    }

    /// The work done and left, by the size of the files, without what an earlier run did.
    fn work(&self) -> (u64, u64) {
        let own = |s: &&Seen| Seen::get(&s.state) != RESUMED;
        let bytes: u64 = self.seen.iter().filter(own).map(|s| s.bytes).sum();
        let done = |s: &Seen| s.bytes.saturating_mul(s.steps()) / STEPS;
        let done = self.seen.iter().filter(own).map(done).sum::<u64>();
        (done, bytes.saturating_sub(done))
    }

    fn draw(&self) {
        if self.shown.quiet {
            return;
        }
        let (done, left) = self.work();
        let steps = done.saturating_mul(STEPS) / (done + left).max(1);
        self.overall.set_position(steps);
        if self.terminal {
            self.overall.set_message(self.words(done, left));
            return;
        }
        let told = Seen::get(&self.told);
        let mark = steps / LINE_STEPS * LINE_STEPS;
        let marked = |told: u64| {
            let orders = (Ordering::Relaxed, Ordering::Relaxed);
            let place = &self.told;
            place
                .compare_exchange(told, mark, orders.0, orders.1)
                .is_ok()
        };
        if mark > told && mark < STEPS && marked(told) {
            let words = self.words(done, left);
            output::note(&format!("{} %: {words}", mark * 100 / STEPS));
        }
    }

    /// Where the batch is, in words.
    fn words(&self, done: u64, left: u64) -> String {
        let ended = self.seen.iter().filter(|s| Seen::get(&s.state) != WAITING);
        let own = self.seen.iter().filter(|s| Seen::get(&s.state) != RESUMED);
        let media = own.map(|s| Seen::get(&s.reached)).sum::<u64>() as f64 / 1e3;
        let seconds = self.clock.seconds().max(1e-3);
        let remaining = match done {
            0 => "?".to_owned(),
            _ => clock(seconds * left as f64 / done as f64),
        };
        format!(
            "{} of {} done, {media:.0} s of media, {:.1} x real time, about {remaining} left",
            ended.count(),
            self.paths.len(),
            media / seconds,
        )
    }

    /// A line on standard output that the bars do not cut through.
    fn line(&self, text: &str) {
        if self.shown.results && !text.is_empty() {
            self.drawn.suspend(|| output::line(text));
        }
    }

    /// A line on standard error, where results for people are not on standard output already.
    fn tell(&self, index: usize, text: &str) {
        if self.shown.quiet || self.shown.results {
            return;
        }
        let path = self.paths.get(index).map(|p| p.display().to_string());
        let path = path.unwrap_or_default();
        let text = format!("[{}/{}] {path}: {text}", index + 1, self.paths.len());
        self.drawn.suspend(|| output::note(&text));
    }

    fn ended(&self, index: usize, state: u64, run: FileRun) {
        if let Some(seen) = self.seen.get(index) {
            let ms = (run.media_seconds * 1e3).max(0.0) as u64;
            seen.reached.store(ms, Ordering::Relaxed);
            seen.state.store(state, Ordering::Relaxed);
        }
        if let Some(bar) = hold(&self.bars).remove(&index) {
            bar.finish_and_clear();
            self.drawn.remove(&bar);
        }
        hold(&self.runs).push((index, run));
        self.draw();
    }
}

impl BatchProgress for Show<'_> {
    fn started(&self, index: usize) {
        if let Some(seen) = self.seen.get(index) {
            let ms = (self.clock.seconds() * 1e3) as u64;
            seen.begun.store(ms, Ordering::Relaxed);
        }
        if self.terminal && !self.shown.quiet && self.paths.len() > 1 {
            let bar = self.drawn.insert_before(
                &self.overall,
                bar("{bar:24} {percent:>3} %  {prefix}  {msg}"),
            );
            let name = self.paths.get(index).and_then(|p| p.file_name());
            bar.set_prefix(name.unwrap_or_default().to_string_lossy().into_owned());
            hold(&self.bars).insert(index, bar);
        }
    }

    fn on(&self, index: usize, progress: Progress<'_>) {
        match (progress, self.paths) {
            (Progress::Opened(length), _) => {
                let ms = length.map_or(0, |ns| u64::try_from(ns / 1_000_000).unwrap_or(0));
                if let Some(seen) = self.seen.get(index) {
                    seen.length.store(ms, Ordering::Relaxed);
                }
            }
            (Progress::At(time), _) => self.at(index, time),
            // Of several recordings the lines would mix.
            (Progress::Segment(s), [_]) if self.shown.results => self.line(&segment_line(s)),
            (Progress::Segment(_), _) => {}
        }
    }

    fn done(&self, index: usize, report: &FileReport) {
        let seconds = self.seconds_of(index);
        let media_seconds = output::media_seconds(report);
        let run = FileRun {
            path: report.path.clone(),
            resumed: false,
            failed: report.error.is_some(),
            seconds,
            media_seconds,
        };
        self.ended(index, DONE, run);
        let mut block = Vec::new();
        if self.paths.len() > 1 {
            let n = self.paths.len();
            block.push(format!("[{}/{n}] {}", index + 1, report.path));
        }
        block.extend(report.error.iter().map(|e| format!("not reviewed: {e}")));
        block.extend(report.summary.iter().flat_map(summary_lines));
        self.line(&block.join("\n"));
        let entry = IndexEntry::of(report, "", None);
        self.tell(
            index,
            &match entry.error {
                Some(error) => format!("not reviewed: {error}"),
                None => format!(
                    "{}, {media_seconds:.1} s of media, {:.1} x real time",
                    entry.status.words(),
                    media_seconds / seconds.max(1e-3)
                ),
            },
        );
    }

    fn resumed(&self, index: usize, entry: &IndexEntry) {
        let run = FileRun {
            path: entry.path.clone(),
            resumed: true,
            failed: entry.status == FileStatus::Error,
            seconds: 0.0,
            media_seconds: entry.duration.as_secs_f64(),
        };
        self.ended(index, RESUMED, run);
        self.tell(index, &format!("{}, done earlier", entry.status.words()));
    }
}

// === impl BatchRun ===

impl BatchRun {
    fn line(&self) -> String {
        let own = self.files.len() - self.resumed;
        let earlier = match self.resumed {
            0 => String::new(),
            n => format!("; {n} done earlier"),
        };
        format!(
            "reviewed {} of {own}{earlier}: {:.1} s of media in {:.1} s, {:.2} x real time, {} at a time",
            self.reviewed, self.media_seconds, self.seconds, self.realtime_factor, self.jobs,
        )
    }
}

fn bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::new(STEPS);
    // A template that does not parse would only cost its own looks.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Hours, minutes and seconds that are left.
fn clock(seconds: f64) -> String {
    let s = seconds.clamp(0.0, 1e7).round() as u64;
    match s / 3_600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_counts_by_size_and_without_what_was_done_earlier() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = [(0u8, 1_000usize), (1, 3_000), (2, 6_000)]
            .iter()
            .map(|(name, bytes)| {
                let path = dir.path().join(name.to_string());
                std::fs::write(&path, vec![0; *bytes]).unwrap();
                path
            })
            .collect();
        let shown = Shown {
            quiet: true,
            ..Shown::default()
        };
        let show = Show::new(&paths, shown);
        assert_eq!(show.work(), (0, 10_000));
        show.on(1, Progress::Opened(Some(10_000_000_000)));
        show.on(1, Progress::At(MediaTime::from_ms(5_000)));
        assert_eq!(show.work(), (1_500, 8_500));
        show.done(0, &FileReport::failed("0", "no media"));
        let mut entry = IndexEntry::of(&FileReport::failed("2", "x"), "", None);
        entry.status = FileStatus::Unmeasured;
        show.resumed(2, &entry);
        assert_eq!(show.work(), (2_500, 1_500));
        assert!(
            show.words(2_500, 1_500)
                .starts_with("2 of 3 done, 5 s of media")
        );
        let run = show.finish(2);
        assert_eq!((run.reviewed, run.resumed, run.failed), (0, 1, 1));
        assert_eq!(run.files.len(), 2);
    }

    #[test]
    fn clocks_carry() {
        assert_eq!(clock(59.6), "1:00");
        assert_eq!(clock(3_725.0), "1:02:05");
        assert_eq!(clock(f64::INFINITY), clock(1e7));
    }
}
