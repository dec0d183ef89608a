//! `liveproof review`.

use super::exit::{self, Failure, fail};
use super::output::{self, Output};
use super::rooms;
use liveproof::config::Config;
use liveproof::report::{FileReport, segment_line, summary_lines};
use liveproof::review::{BatchProgress, Progress, ReviewOptions, review_all};
use std::path::{Path, PathBuf};

/// Endings of the recordings that a folder is searched for.
const RECORDINGS: [&str; 5] = ["mp4", "mov", "m4v", "webm", "mkv"];

/// Reviews recordings, or all recordings of a folder.
pub fn run(config: &Config, paths: &[PathBuf], output: &Output) -> Result<(), Failure> {
    let paths = expand(paths)?;
    let engine = rooms::engine(config)?;
    let options = ReviewOptions {
        pipeline: rooms::pipeline(config),
    };
    let jobs = config
        .review
        .jobs
        .fixed()
        .unwrap_or_else(|| rooms::workers(config));
    let lines = Lines { paths: &paths };
    let clock = output::Clock::start();
    let reports = review_all(&paths, &engine, &options, jobs, &lines);
    let (seconds, media) = (
        clock.seconds(),
        reports.iter().map(output::media_seconds).sum::<f64>(),
    );
    eprintln!(
        "reviewed {}: {media:.1} s of media in {seconds:.1} s, {:.2} x real time, {jobs} at a time",
        reports.len(),
        media / seconds.max(1e-3),
    );
    let failed = reports.iter().filter(|r| r.error.is_some()).count();
    output.write(reports)?;
    if failed == 0 {
        return Ok(());
    }
    let error = anyhow::anyhow!("{failed} of {} could not be reviewed", paths.len());
    Err(fail(exit::INPUT, error))
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
struct Lines<'a> {
    paths: &'a [PathBuf],
}

impl BatchProgress for Lines<'_> {
    fn on(&self, _index: usize, progress: Progress<'_>) {
        if let (Progress::Segment(s), [_]) = (progress, self.paths) {
            output::line(&segment_line(s));
        }
    }

    fn done(&self, index: usize, report: &FileReport) {
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
        output::line(&block.join("\n"));
    }
}
