//! `liveproof evaluate`.

use super::exit::{self, Failure, fail};
use super::{output, rooms};
use indicatif::{ProgressBar, ProgressStyle};
use liveproof::config::Config;
use liveproof::evaluate::{
    self as bench, Clip, ClipList, ClipResult, Engines, Evaluation, ModelUse, Options, ResultCache,
    RunProgress, RunSettings, Scored, degrade,
};
use liveproof::review::ReviewOptions;
use std::path::{Path, PathBuf};

/// What `evaluate` takes.
#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    /// List of recordings and stills with their truth (CSV; docs/evaluate.md).
    #[arg(value_name = "MANIFEST.csv")]
    list: PathBuf,
    /// Write all figures as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a self-contained page into this folder.
    #[arg(long, value_name = "DIR")]
    html: Option<PathBuf>,
    /// Write the scores of each recording as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Fit the calibration of each signal on this list, and write it as an overlay for --models.
    #[arg(long, value_name = "OVERLAY.toml")]
    calibrate: Option<PathBuf>,
    /// Run again on media made worse: kind=value,... (jpeg, crf, height, fps, light, blur, snr,
    /// loss), or all. May be given several times.
    #[arg(long, value_name = "SPEC")]
    degrade: Vec<String>,
    /// Log-likelihood ratio from which something counts as called manipulated; by default ln 2,
    /// where a report begins to speak of weak evidence.
    #[arg(long, value_name = "LLR", default_value_t = std::f64::consts::LN_2)]
    threshold: f64,
    /// Resamples of each confidence interval.
    #[arg(long, value_name = "N", default_value_t = bench::metrics::RESAMPLES)]
    resamples: usize,
    /// Seed of the resampling.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// File that keeps results, so that a run that was stopped goes on; by default
    /// MANIFEST.csv.results.jsonl.
    #[arg(long, value_name = "FILE", conflicts_with = "no_cache")]
    cache: Option<PathBuf>,
    /// Keep no results.
    #[arg(long)]
    no_cache: bool,
}

/// Scores every recording of a list and writes the figures.
pub fn run(config: &Config, args: &EvaluateArgs) -> Result<(), Failure> {
    if !args.threshold.is_finite() {
        return Err(fail(
            exit::USAGE,
            anyhow::anyhow!("--threshold: expected a finite number"),
        ));
    }
    let degrade = degrade::parse_all(&args.degrade).map_err(|e| fail(exit::USAGE, e))?;
    let input = |e: anyhow::Error| fail(exit::INPUT, e.context(args.list.display().to_string()));
    let list = ClipList::load(&args.list).map_err(|e| input(e.into()))?;
    for file in [&args.json, &args.csv, &args.calibrate]
        .into_iter()
        .flatten()
    {
        output::check_file(file)?;
    }
    args.html.as_deref().map_or(Ok(()), output::check_folder)?;
    let shipped = rooms::engine(config)?;
    let engines = Engines::load(&list, shipped.clone(), |overlay| {
        rooms::engine_with(config, Some(overlay))
    })
    .map_err(|e| input(e.into()))?;
    let settings = RunSettings {
        review: ReviewOptions {
            pipeline: rooms::pipeline(config),
            ..ReviewOptions::default()
        },
        jobs: rooms::jobs(config),
        degrade,
        program: rooms::program_digest()?,
    };
    let cache = open_cache(args)?;
    let scored = with_bar(&list, &settings, |bar| {
        bench::run(&list, &engines, &settings, &cache, bar)
    });
    let options = Options {
        threshold: args.threshold,
        resamples: args.resamples,
        seed: args.seed,
        segment_us: settings.review.pipeline.segment_ns / 1_000,
        prior: settings.review.pipeline.fusion.prior,
    };
    let name = file_name(&args.list);
    let policies = shipped.policies();
    let figures = bench::evaluate(&name, &list, &scored, &policies, used(&engines), &options);
    output::line(&bench::summary_lines(&figures).join("\n"));
    write(args, &figures, &list, &scored, &policies)?;
    match figures.list.failed.len() {
        n if n == list.clips.len() => Err(fail(
            exit::INPUT,
            anyhow::anyhow!("no recording could be reviewed"),
        )),
        _ => Ok(()),
    }
}

fn write(
    args: &EvaluateArgs,
    figures: &Evaluation,
    list: &ClipList,
    scored: &Scored,
    policies: &[liveproof::fusion::SignalPolicy],
) -> Result<(), Failure> {
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(figures).map_err(|e| fail(exit::INTERNAL, e))?;
        output::save(path, &(text + "\n"))?;
    }
    if let Some(dir) = &args.html {
        output::folder(dir)?;
        let page = dir.join(format!("{}.html", figures.list.name));
        output::save(&page, &bench::to_html(figures))?;
        output::line(&page.canonicalize().unwrap_or(page).display().to_string());
    }
    if let Some(path) = &args.calibrate {
        let (overlay, notes) = bench::calibrate(list, &scored.plain, policies, &figures.list.name);
        output::save(path, &overlay)?;
        for n in notes {
            output::line(&format!("calibration of {}: {}", n.signal, n.note));
        }
    }
    if let Some(path) = &args.csv {
        output::save(path, &bench::clip_table(list, &scored.plain, policies))?;
    }
    Ok(())
}

/// Every model of every engine.
fn used(engines: &Engines) -> Vec<ModelUse> {
    let of = |(overlay, engine): (Option<&Path>, &std::sync::Arc<liveproof::engine::Engine>)| {
        let overlay = overlay.map(file_name).unwrap_or_default();
        let entry = |m: liveproof::engine::ModelStatus| ModelUse {
            overlay: overlay.clone(),
            id: m.id,
            task: m.task,
            sha256: m.sha256,
            available: m.available,
            data_terms: m.data_terms,
        };
        engine.models().into_iter().map(entry).collect::<Vec<_>>()
    };
    engines.iter().flat_map(of).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The cache that was asked for. Where none was named and the list lies in a folder that cannot be
/// written, the run goes without, and says so.
fn open_cache(args: &EvaluateArgs) -> Result<ResultCache, Failure> {
    if args.no_cache {
        return Ok(ResultCache::none());
    }
    if let Some(path) = &args.cache {
        return ResultCache::open(path).map_err(|e| fail(exit::INPUT, e));
    }
    let mut beside = args.list.clone().into_os_string();
    beside.push(".results.jsonl");
    ResultCache::open(Path::new(&beside)).or_else(|e| {
        output::note(&format!(
            "liveproof: {e}; this run cannot be resumed (choose a place with --cache FILE)"
        ));
        Ok(ResultCache::none())
    })
}

fn with_bar(list: &ClipList, settings: &RunSettings, work: impl FnOnce(&Bar) -> Scored) -> Scored {
    let total = list.clips.len() * (settings.degrade.len() + 1);
    let bar = ProgressBar::new(total as u64);
    let template = "{bar:32} {pos}/{len} {elapsed} (about {eta} left) {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let bar = Bar { bar };
    let scored = work(&bar);
    bar.bar.finish_and_clear();
    scored
}

struct Bar {
    bar: ProgressBar,
}

impl RunProgress for Bar {
    fn done(&self, clip: &Clip, _cached: bool, result: &ClipResult) {
        if let Some(error) = &result.error {
            self.bar
                .suspend(|| output::note(&format!("not reviewed: {}: {error}", clip.name)));
        }
        self.bar.set_message(clip.name.clone());
        self.bar.inc(1);
    }
}
