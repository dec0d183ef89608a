//! `liveproof feedback`: what reviewers say of assessments, kept in a file, and as a list for `evaluate`.

use super::exit::{self, Failure, fail};
use super::output::{line, note};
use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use liveproof::config::Config;
use liveproof::core::{MediaTime, SessionId};
use liveproof::feedback::{Feedback, Opinion, Place, Side, append, export, read};
use liveproof::report::{Document, FileReport};
use liveproof::review::save_whole;
use std::path::{Path, PathBuf};

/// What `feedback` is told, or asked.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct FeedbackArgs {
    /// Default: take an opinion down.
    #[command(subcommand)]
    command: Option<FeedbackCommand>,
    /// The report (JSON), or the id of a live interview.
    #[arg(required = true, value_name = "REPORT.json|SESSION_ID")]
    of: Option<String>,
    /// What you think of the assessment.
    #[arg(required = true, value_enum)]
    opinion: Option<OpinionWord>,
    /// Only of the segment at this time, as 42.5, 1:02 or 1:02:03; without it and --segment: of the whole interview.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "segment")]
    at: Option<MediaTime>,
    /// Only of the segment with this index, counted from 0 as the report does.
    #[arg(long, value_name = "N")]
    segment: Option<u64>,
    /// Whose assessment, where several people were assessed.
    #[arg(long, value_name = "ID")]
    participant: Option<String>,
    /// Which input, where the report holds several, as it names it.
    #[arg(long, value_name = "PATH")]
    input: Option<String>,
    /// What is so, where you know it; else it follows from the side that the assessment took.
    #[arg(long, value_enum)]
    truth: Option<SideWord>,
    /// Where the recording lies, if not where the report says.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// In your own words; kept as they are.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// What to do with what was taken down.
#[derive(Debug, Subcommand)]
enum FeedbackCommand {
    /// Write a list that `liveproof evaluate` reads.
    Export {
        /// Where it goes; standard output without.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OpinionWord {
    Right,
    Wrong,
    Unsure,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SideWord {
    Real,
    Manipulated,
}

/// Takes an opinion down, or writes the list.
pub fn run(config: &Config, args: &FeedbackArgs) -> Result<(), Failure> {
    let file = config.feedback.file.as_ref().ok_or_else(|| {
        let error = anyhow::anyhow!(
            "feedback: feedback.file is not set, expected the file that opinions are kept in"
        );
        fail(exit::USAGE, error)
    })?;
    match (&args.command, &args.of, args.opinion) {
        (Some(FeedbackCommand::Export { out }), ..) => write_list(file, out.as_deref()),
        (None, Some(of), Some(opinion)) => take_down(file, args, of, opinion.into()),
        // The command line is refused before it comes to this.
        (None, ..) => Err(fail(
            exit::USAGE,
            anyhow::anyhow!("feedback: expected a report and an opinion"),
        )),
    }
}

fn take_down(file: &Path, args: &FeedbackArgs, of: &str, opinion: Opinion) -> Result<(), Failure> {
    let place = match (args.at, args.segment) {
        (Some(time), _) => Place::At(time),
        (None, Some(index)) => Place::Segment(index),
        (None, None) => Place::Whole,
    };
    let path = Path::new(of);
    let made = if path.is_file() {
        let report = report(path, args.input.as_deref())?;
        let made = Feedback::on_report(&report, args.participant.as_deref(), place, opinion);
        let recording = [
            Some(PathBuf::from(&report.path)),
            path.parent().map(|dir| dir.join(&report.path)),
        ];
        let found = recording.into_iter().flatten().find(|p| p.is_file());
        made.map(|f| Feedback {
            recording: found,
            ..f
        })
    } else {
        let id = SessionId::parse(of)
            .with_context(|| format!("{of}: no such file, and no id of an interview"));
        let id = id.map_err(|e| fail(exit::USAGE, e))?;
        Feedback::on_interview(id.as_str(), place, opinion)
    };
    let made = made.and_then(|f| f.with_note(args.note.as_deref().unwrap_or_default()));
    let mut made = made.map_err(|e| fail(exit::USAGE, e))?;
    made.truth = args.truth.map(Into::into);
    if let Some(given) = &args.recording {
        made.recording = Some(given.clone());
    }
    if let Some(found) = &mut made.recording {
        let whole = found
            .canonicalize()
            .with_context(|| format!("--recording: cannot read {}", found.display()));
        *found = whole.map_err(|e| fail(exit::INPUT, e))?;
    }
    append(file, &made).map_err(|e| fail(exit::INPUT, e))?;
    describe(&made);
    Ok(())
}

/// Says what was taken down, and what is missing for `evaluate`.
fn describe(made: &Feedback) {
    let place = match (made.segment, made.span) {
        (Some(index), Some(span)) => {
            format!(
                "segment {index} ({:.1} to {:.1} s) of ",
                span.start.as_secs_f64(),
                span.end.as_secs_f64()
            )
        }
        (None, Some(span)) => format!("{:.1} s of ", span.start.as_secs_f64()),
        _ => String::new(),
    };
    line(&format!(
        "taken down: {}, of {place}{}",
        made.opinion.name(),
        made.interview
    ));
    if made.opinion != Opinion::Unsure && made.side().is_none() {
        note(
            "the assessment took no side here; with --truth real or --truth manipulated it would serve evaluate",
        );
    } else if made.side().is_some() && made.recording.is_none() {
        note(
            "where the recording lies is not known; with --recording FILE it would serve evaluate",
        );
    }
}

fn report(path: &Path, input: Option<&str>) -> Result<FileReport, Failure> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let document: Document = serde_json::from_str(&text.map_err(|e| fail(exit::INPUT, e))?)
        .with_context(|| format!("{}: no report of liveproof", path.display()))
        .map_err(|e| fail(exit::INPUT, e))?;
    let known = document
        .files
        .iter()
        .map(|f| f.path.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut found = document
        .files
        .into_iter()
        .filter(|f| input.is_none_or(|i| i == f.path));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(fail(
            exit::USAGE,
            anyhow::anyhow!("--input: expected one of {known}"),
        )),
    }
}

fn write_list(file: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let found = read(file).map_err(|e| fail(exit::INPUT, e))?;
    let made = export(&found.all);
    match out {
        Some(path) => {
            let saved = save_whole(path, made.csv.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()));
            saved.map_err(|e| fail(exit::INPUT, e))?;
        }
        None => super::print(&made.csv)?,
    }
    note(&format!(
        "{} rows; left out: {} opinions that tell no truth, {} without a recording, {} that later ones replaced",
        made.rows, made.without_truth, made.without_recording, made.replaced
    ));
    if !found.unreadable.is_empty() {
        let lines = found
            .unreadable
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        note(&format!(
            "{}: lines that cannot be read: {}",
            file.display(),
            lines.join(", ")
        ));
    }
    Ok(())
}

/// Seconds, minutes and seconds, or hours too.
fn time(text: &str) -> Result<MediaTime, String> {
    let refused = || format!("found {text:?}, expected seconds, as 42.5, 1:02 or 1:02:03");
    let parts: Vec<&str> = text.split(':').collect();
    let mut seconds = 0.0;
    for (i, part) in parts.iter().enumerate() {
        let value: f64 = part.parse().map_err(|_| refused())?;
        let sound =
            value >= 0.0 && value.is_finite() && (i == 0 || value < 60.0) && parts.len() <= 3;
        if !sound {
            return Err(refused());
        }
        seconds = seconds * 60.0 + value;
    }
    Ok(MediaTime::from_secs_f64(seconds))
}

impl From<OpinionWord> for Opinion {
    fn from(word: OpinionWord) -> Self {
        match word {
            OpinionWord::Right => Self::Right,
            OpinionWord::Wrong => Self::Wrong,
            OpinionWord::Unsure => Self::Unsure,
        }
    }
}

impl From<SideWord> for Side {
    fn from(word: SideWord) -> Self {
        match word {
            SideWord::Real => Self::Real,
            SideWord::Manipulated => Self::Manipulated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let ms = |text: &str| time(text).unwrap().as_ms_f64();
        assert_eq!(
            ["42.5", "1:02", "1:02:03.5", "90"].map(ms),
            [42_500.0, 62_000.0, 3_723_500.0, 90_000.0]
        );
        for wrong in ["", "x", "1:60", "-1", "1:2:3:4", "inf", "NaN", "1:"] {
            assert!(time(wrong).unwrap_err().contains("1:02:03"), "{wrong}");
        }
    }
}
