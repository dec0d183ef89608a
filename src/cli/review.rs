//! `liveproof review`.

mod pdf;
mod policy;
mod progress;

use super::exit::{self, Failure, fail};
use super::output::{self, Output};
use super::rooms;
use liveproof::config::Config;
use liveproof::engine::Engine;
use liveproof::pipeline::PipelineSettings;
use liveproof::report::{BatchIndex, FileReport, IndexEntry, PassedOverFile, index_to_csv};
use liveproof::review::{
    Basis, Batch, CandidateChoice, FolderError, Found, ReferenceClip, ReferenceInput,
    ReviewEvidence, ReviewFolder, ReviewInput, ReviewOptions, find,
};
use pdf::Printer;
use policy::FailOn;
use progress::{Show, Shown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that are passed over and named on standard error; the index names all.
const NAMED: usize = 20;

/// What `review` takes.
#[derive(Debug, clap::Args)]
pub struct ReviewArgs {
    /// Recordings (mp4, mov, m4v, webm, mkv, avi), folders of them, or patterns as 'calls/**/*.mp4'.
    #[arg(required = true, value_name = "PATHS")]
    paths: Vec<PathBuf>,
    /// Search the folders of folders too.
    #[arg(short, long)]
    recursive: bool,
    /// Write a report per recording and an index into this folder. A run that was stopped goes on
    /// where it was: what is finished is not done again.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// With --out: a page beside each report.
    #[arg(long, requires = "out")]
    pages: bool,
    /// Write a table with a line per recording and participant; - is standard output.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// What ends the command with a code other than 0, in a list with commas.
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        default_value = "error"
    )]
    fail_on: Vec<FailOn>,
    /// With --out: a signed evidence log beside each report (docs/evidence.md); needs evidence.key_file.
    #[arg(long, requires = "out")]
    evidence: bool,
    /// No progress on standard error.
    #[arg(short, long)]
    quiet: bool,
    /// Who the candidate is where a picture shows several people: as-found (the largest face is
    /// followed), longest (the place where a face is shown longest), each (every place a lane of its
    /// own), or region:X,Y,WIDTH,HEIGHT in 0 to 1 of the picture. An events file that names streams
    /// comes first.
    #[arg(long, value_name = "CHOICE", default_value = "as-found")]
    candidate: CandidateChoice,
    /// A recording of the same person before the same camera at a verified moment, as an identity
    /// check: face swap traces are then judged by the difference.
    #[arg(long, value_name = "CLIP")]
    reference: Option<PathBuf>,
    /// Leave out the small pictures of the face behind the stretches that stand out most.
    #[arg(long)]
    no_thumbnails: bool,
    /// Make faces in the small pictures unrecognisable before they are kept.
    #[arg(long, conflicts_with = "no_thumbnails")]
    blur_faces: bool,
    /// With --html or --pages: a PDF beside each page, printed by a Chromium or Chrome that is installed.
    #[arg(long)]
    pdf: bool,
    /// The browser that prints, where it is not in PATH.
    #[arg(long, value_name = "PROGRAM", requires = "pdf")]
    pdf_browser: Option<PathBuf>,
    /// Leave out how far the mouth opened and how loud it was, which pages draw.
    #[arg(long)]
    no_plots: bool,
    /// Where results go.
    #[command(flatten)]
    output: Output,
}

/// Reviews recordings, each set against the reference, if there is one.
pub fn run(config: &Config, args: &ReviewArgs) -> Result<(), Failure> {
    check(args)?;
    let found = find(&args.paths, args.recursive).map_err(|e| fail(exit::INPUT, e))?;
    let passed_over = passed_over(&found);
    let folder = match &args.out {
        Some(root) => Some(ReviewFolder::open(root, args.pages).map_err(|e| match e {
            FolderError::InUse(_) => folder_failure(e),
            // Nothing has been reviewed yet: the name is at fault.
            e => fail(exit::USAGE, e),
        })?),
        None => None,
    };
    let engine = rooms::engine(config)?;
    let options = ReviewOptions {
        pipeline: PipelineSettings {
            pictures: !args.no_thumbnails,
            plots: !args.no_plots,
            ..rooms::pipeline(config)
        },
        candidate: args.candidate,
        blur_faces: args.blur_faces,
    };
    let reference = match &args.reference {
        Some(path) => {
            let mut interviews = found.recordings.iter().map(|p| ReviewInput::of(p));
            let faces = interviews.any(|i| i.has_consent());
            Some(read_reference(path, faces, &engine, &options)?)
        }
        None => None,
    };
    let evidence = match args.evidence {
        true => Some(evidence_of(config, &engine, args)?),
        false => None,
    };
    let batch = Batch {
        paths: &found.recordings,
        engine: &engine,
        options: &options,
        reference: reference.as_ref(),
        evidence: evidence.as_ref(),
        jobs: rooms::jobs(config),
    };
    let shown = Shown {
        results: folder.is_none() && !args.on_stdout(),
        quiet: args.quiet,
    };
    let show = Show::new(&found.recordings, shown);
    let (entries, pages) = match &folder {
        Some(folder) => into_folder(args, &batch, folder, passed_over, show)?,
        None => at_once(args, &batch, passed_over, show)?,
    };
    if args.pdf {
        print(args, &pages)?;
    }
    policy::judge(&args.fail_on, &entries)
}

impl ReviewArgs {
    /// True when a document or a table is what standard output holds.
    fn on_stdout(&self) -> bool {
        self.output.on_stdout() || self.csv.as_deref().is_some_and(output::is_stdout)
    }
}

/// Refuses what could not be written, before hours are spent on what goes into it.
fn check(args: &ReviewArgs) -> Result<(), Failure> {
    if args.out.is_some() && args.output.is_wanted() {
        let error = "--out: holds a JSON report of each recording, and pages with --pages; \
                     found --json or --html beside it, expected neither";
        return Err(fail(exit::USAGE, anyhow::anyhow!(error)));
    }
    if args.pdf && !args.pages && !args.output.has_pages() {
        let error =
            anyhow::anyhow!("--pdf: prints pages, so it needs --html, or --out with --pages");
        return Err(fail(exit::USAGE, error));
    }
    if args.output.on_stdout() && args.csv.as_deref().is_some_and(output::is_stdout) {
        let error = anyhow::anyhow!("--csv: standard output holds the JSON document already");
        return Err(fail(exit::USAGE, error));
    }
    args.csv.as_deref().map_or(Ok(()), output::check_file)?;
    args.output.check()
}

/// What was found and is not reviewed, told by name.
fn passed_over(found: &Found) -> Vec<PassedOverFile> {
    let named = found.passed_over.iter().map(|p| PassedOverFile {
        path: p.path.display().to_string(),
        why: p.why.clone(),
    });
    let named: Vec<PassedOverFile> = named.collect();
    for file in named.iter().take(NAMED) {
        output::note(&format!("passed over: {}: {}", file.path, file.why));
    }
    if let Some(more) = named.len().checked_sub(NAMED + 1) {
        output::note(&format!("passed over: {} more", more + 1));
    }
    named
}

/// Prints the pages. They are written by now, and stay where printing fails.
fn print(args: &ReviewArgs, pages: &[PathBuf]) -> Result<(), Failure> {
    let printer = Printer::find(args.pdf_browser.as_deref());
    let printer = printer.map_err(|e| fail(exit::UNAVAILABLE, e))?;
    for page in pages {
        let pdf = printer
            .print(page)
            .map_err(|e| fail(exit::UNAVAILABLE, e))?;
        if !args.on_stdout() {
            output::line(&pdf.canonicalize().unwrap_or(pdf).display().to_string());
        }
    }
    Ok(())
}

/// A report for each recording in the folder, then the index.
fn into_folder(
    args: &ReviewArgs,
    batch: &Batch<'_>,
    folder: &ReviewFolder,
    passed_over: Vec<PassedOverFile>,
    show: Show<'_>,
) -> Result<(Vec<IndexEntry>, Vec<PathBuf>), Failure> {
    let program = rooms::program_digest()?;
    let (reference, evidence) = (batch.reference, batch.evidence);
    let basis = Basis::new(&program, batch.engine, batch.options, reference, evidence);
    folder.begin().map_err(folder_failure)?;
    let entries = batch.into_folder(folder, &basis, &show);
    let run = show.finish(batch.jobs);
    let entries = entries.map_err(folder_failure)?;
    folder.write_run(&run).map_err(folder_failure)?;
    let index = BatchIndex::new(entries, passed_over);
    write_csv(args, &index)?;
    let entries = index.files.clone();
    let page = folder.close(index).map_err(folder_failure)?;
    if !args.on_stdout() {
        let shown = page.canonicalize();
        output::line(&shown.as_deref().unwrap_or(&page).display().to_string());
    }
    let mut pages = vec![page];
    pages.extend(entries.iter().map(|e| folder.page_of(e)));
    Ok((entries, pages))
}

/// All reports in memory, for one document, pages, or lines.
fn at_once(
    args: &ReviewArgs,
    batch: &Batch<'_>,
    passed_over: Vec<PassedOverFile>,
    show: Show<'_>,
) -> Result<(Vec<IndexEntry>, Vec<PathBuf>), Failure> {
    let reports = batch.all(&show);
    show.finish(batch.jobs);
    let entry = |r: &FileReport| IndexEntry::of(r, "", None);
    let entries: Vec<IndexEntry> = reports.iter().map(entry).collect();
    let pages = args.output.write(reports)?;
    let index = BatchIndex::new(entries, passed_over);
    write_csv(args, &index)?;
    Ok((index.files, pages))
}

fn write_csv(args: &ReviewArgs, index: &BatchIndex) -> Result<(), Failure> {
    match &args.csv {
        Some(path) => output::save(path, &index_to_csv(index)),
        None => Ok(()),
    }
}

fn folder_failure(e: FolderError) -> Failure {
    let code = match &e {
        FolderError::InUse(_) => exit::UNAVAILABLE,
        _ => exit::INTERNAL,
    };
    fail(code, e)
}

/// What evidence logs are made with.
fn evidence_of(
    config: &Config,
    engine: &Engine,
    args: &ReviewArgs,
) -> Result<ReviewEvidence, Failure> {
    let key = rooms::evidence_key(config)?.ok_or_else(|| {
        let error = "--evidence: needs evidence.key_file; `liveproof keys evidence FILE` makes one";
        fail(exit::USAGE, anyhow::anyhow!(error))
    })?;
    let choice = (
        "review.candidate".to_owned(),
        format!("{:?}", args.candidate),
    );
    let program = rooms::program(config, engine, [choice])?;
    Ok(ReviewEvidence { key, program })
}

/// Reads the reference; one that cannot be read is a failure of the whole command, one that cannot
/// be used is said in every report.
fn read_reference(
    path: &Path,
    faces: bool,
    engine: &Arc<Engine>,
    options: &ReviewOptions,
) -> Result<ReferenceClip, Failure> {
    let mut models = engine.new_set().map_err(|e| fail(exit::INPUT, e))?;
    let input = ReferenceInput {
        faces,
        ..ReferenceInput::of(path)
    };
    input.read(&mut models, options).map_err(|e| {
        let error = anyhow::anyhow!("reference {}: {e}", path.display());
        fail(exit::INPUT, error)
    })
}
