//! `liveproof forge`.

use super::exit::{self, Failure, fail};
use super::{output, rooms};
use liveproof::config::Config;
use liveproof::core::{MediaTime, Span};
use liveproof::forge::{ForgeError, ForgeOptions, Kind, forge};
use std::path::PathBuf;

/// What is copied, and how.
#[derive(Debug, clap::Args)]
pub struct ForgeArgs {
    /// A recording of your own, at most 20 min; a FILE.events.json beside it is read.
    clip: PathBuf,
    /// Folder for the copies, their events files and the list for `evaluate`.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What to make, several times if need be; by default all that the recording allows. An untouched control is
    /// always made.
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<Kind>,
    /// Start of the stretch that is tampered with, seconds; by default the middle third is.
    #[arg(long, value_name = "SECONDS", requires = "to")]
    from: Option<f64>,
    /// End of that stretch.
    #[arg(long, value_name = "SECONDS", requires = "from")]
    to: Option<f64>,
    /// How late sound comes, at the end of a drift where it drifts; negative = early.
    #[arg(
        long,
        value_name = "MILLISECONDS",
        default_value_t = 240.0,
        allow_negative_numbers = true
    )]
    offset_ms: f64,
    /// x264's rate factor of every copy; higher is coarser.
    #[arg(long, default_value_t = 23, value_parser = clap::value_parser!(u8).range(0..=51))]
    crf: u8,
}

fn kind(word: &str) -> Result<Kind, String> {
    let words = || Kind::ALL.map(Kind::word).join(", ");
    Kind::of(word).ok_or_else(|| format!("expected one of {}", words()))
}

/// Makes the copies; their paths and that of the list go to standard output.
pub fn run(config: &Config, arguments: &ForgeArgs) -> Result<(), Failure> {
    output::check_folder(&arguments.out)?;
    let bounded = |s: &f64| s.is_finite() && s.abs() < 1e6;
    let ends = arguments.from.zip(arguments.to);
    if ends.is_some_and(|(a, b)| !bounded(&a) || !bounded(&b) || a >= b) {
        let error =
            anyhow::anyhow!("--from and --to: expected seconds, the first before the second");
        return Err(fail(exit::USAGE, error));
    }
    if !(arguments.offset_ms.is_finite() && arguments.offset_ms.abs() <= 5_000.0) {
        let error = anyhow::anyhow!("--offset-ms: expected -5000 to 5000");
        return Err(fail(exit::USAGE, error));
    }
    let options = ForgeOptions {
        kinds: arguments.kinds.clone(),
        stretch: ends
            .map(|(a, b)| Span::new(MediaTime::from_secs_f64(a), MediaTime::from_secs_f64(b))),
        offset_ms: arguments.offset_ms,
        crf: arguments.crf,
    };
    let engine = rooms::engine(config)?;
    let mut models = engine.new_set().map_err(|e| fail(exit::INPUT, e))?;
    let told = |_: Kind, path: &std::path::Path| output::line(&path.display().to_string());
    let made = forge(
        &arguments.clip,
        &arguments.out,
        &options,
        Some(&mut models),
        told,
    );
    let made = made.map_err(|e| {
        let code = match e {
            ForgeError::Write(_) | ForgeError::Io { .. } => exit::INTERNAL,
            _ => exit::INPUT,
        };
        let named = anyhow::Error::new(e).context(arguments.clip.display().to_string());
        fail(code, named)
    })?;
    output::line(&made.list.display().to_string());
    for (kind, why) in &made.left_out {
        output::note(&format!("left out: {kind}: {why}"));
    }
    Ok(())
}
