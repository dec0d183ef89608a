//! Arguments. Each setting of [`KEYS`] is a flag of every command.

use super::bench::BenchArgs;
use super::evaluate::EvaluateArgs;
use super::feedback::FeedbackArgs;
use super::forge::ForgeArgs;
use super::output::Output;
use super::review::ReviewArgs;
use super::stream::AccessArgs;
use super::verify::{RedactArgs, VerifyArgs};
use clap::{Arg, ArgAction, ArgMatches, CommandFactory as _, Parser, Subcommand};
use liveproof::config::KEYS;
use std::path::PathBuf;

/// Short names of flags that are typed often.
const ALIASES: &[(&str, &str)] = &[
    ("server.listen", "listen"),
    ("server.max_sessions", "max-sessions"),
    ("pipeline.prior", "prior"),
    ("pipeline.segment_ms", "segment-ms"),
    ("engine.models_dir", "models-dir"),
    ("engine.models_overlay", "models"),
    ("engine.workers", "workers"),
    ("review.jobs", "jobs"),
];

const EXIT_CODES: &str = "Exit codes: 0 done; 1 a recording is of a kind that --fail-on names, or an evidence log does not verify; 2 an evidence log verifies and is not whole; 64 wrong usage or configuration; 65 an input could not \
be read, or a model is missing or altered; 69 a server could not be reached or ended the interview, or another review writes into the folder; \
70 internal failure; 75 interviews had to be cut at the end of the grace period; 130 interrupted.";

/// Scores how authentic a video interview is, segment by segment, and says what it could not measure.
#[derive(Debug, Parser)]
#[command(name = "liveproof", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Configuration file, TOML; see docs/configuration.md.
    #[arg(long, global = true, value_name = "FILE", env = "LIVEPROOF_CONFIG")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve live interviews over gRPC until SIGINT or SIGTERM.
    Serve,
    /// Review recordings: files, folders of them, patterns. A FILE.events.json beside a recording is read.
    Review(ReviewArgs),
    /// Make marked test copies of a recording of your own, tampered with in a known way (docs/forge.md).
    Forge(ForgeArgs),
    /// Figures of labelled recordings: AUC, errors by tool and condition, calibration.
    Evaluate(EvaluateArgs),
    /// Send a recording to a server as a live interview would come.
    Stream {
        /// The recording; a FILE.events.json beside it is read.
        file: PathBuf,
        /// Address of the server, as 127.0.0.1:50551 or https://host:443.
        #[arg(long, value_name = "ADDR")]
        to: String,
        /// As fast as the server takes it, instead of in the recording's own time.
        #[arg(long)]
        fast: bool,
        /// Send pictures as JPEG of this quality instead of raw: less traffic, slightly other numbers.
        #[arg(long, value_name = "QUALITY", value_parser = clap::value_parser!(u8).range(1..=100))]
        jpeg: Option<u8>,
        /// Id of the interview at the server; by default made from the file's name.
        #[arg(long, value_name = "ID")]
        session_id: Option<String>,
        /// A recording of the same person before the same camera at a verified moment; sent first.
        #[arg(long, value_name = "CLIP", conflicts_with = "reference_session")]
        reference: Option<PathBuf>,
        /// Id of an earlier interview at the same server as reference; the events file states the
        /// consent id that it was opened with.
        #[arg(long, value_name = "ID")]
        reference_session: Option<String>,
        /// Ask the server for a challenge, whose prompt counts as shown at this second of the
        /// recording, as hand_pass@1.5; a recording cannot follow what is drawn.
        #[arg(long, value_name = "KIND@SECONDS")]
        challenge: Option<String>,
        /// What is shown at the door, and whom to believe.
        #[command(flatten)]
        access: AccessArgs,
        /// Where results go.
        #[command(flatten)]
        output: Output,
    },
    /// How many live interviews this machine holds: a server process under a load that rises (docs/performance.md).
    Bench(BenchArgs),
    /// Check an evidence log, offline: whether anything in it was changed, and where first.
    Verify(VerifyArgs),
    /// Write an evidence log anew without the names in it; it verifies like the whole one.
    Redact(RedactArgs),
    /// Delete what was kept of an interview: its evidence logs from evidence.dir, reviewers' opinions of it from
    /// feedback.file.
    Forget {
        /// Id of the interview, as its client gave it; of opinions on a report also the input's path in it.
        session: String,
    },
    /// Say of an assessment that it is right or wrong, for figures on recordings of your own (docs/feedback.md).
    Feedback(FeedbackArgs),
    /// List the models, verify them, or show the card of one.
    Models {
        /// Default: list.
        #[command(subcommand)]
        command: Option<ModelsCommand>,
    },
    /// Make API keys for the tenants of a server, or keys for evidence logs.
    Keys {
        /// What to do.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print the configuration in force; secrets are hidden.
    Config {
        /// Print the reference of all settings instead (Markdown).
        #[arg(long)]
        reference: bool,
    },
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print a fresh key, once, and the entry of the key file that lets its bearer in.
    New {
        /// Whose key: the tenant's id in the key file.
        #[arg(long, value_name = "ID")]
        tenant: String,
        /// Name of the key in the key file and the log; by default drawn.
        #[arg(long, value_name = "ID")]
        id: Option<String>,
    },
    /// Make a key that evidence logs are signed with: FILE, for its owner alone, and FILE.pub, for
    /// everybody who is to check logs.
    Evidence {
        /// Where the private key goes, PEM; must not exist.
        file: PathBuf,
    },
}

/// What to do with the models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Every model with its state, licence and data terms.
    List,
    /// The same; exit code 65 when one is missing or altered.
    Verify,
    /// The card of a model: data, terms, figures, weaknesses.
    Card {
        /// Id in the manifest.
        id: String,
    },
}

/// The command line with a flag for every setting.
pub fn command() -> clap::Command {
    KEYS.iter().fold(Cli::command(), |command, key| {
        let alias = ALIASES
            .iter()
            .find(|(path, _)| *path == key.path)
            .map(|(_, alias)| *alias);
        let flag = key.flag();
        let mut arg = Arg::new(key.path)
            .help(format!(
                "{} Accepts {}. [{}]",
                key.doc.trim(),
                key.accepts,
                key.variable()
            ))
            .help_heading("Settings")
            .value_name(key.key.to_uppercase())
            .action(ArgAction::Set)
            .global(true)
            .hide_short_help(alias.is_none());
        if let Some(alias) = alias.filter(|a| *a != flag) {
            arg = arg.visible_alias(alias);
        }
        command.arg(arg.long(flag))
    })
}

/// The settings given as flags: `(section.key, value)`.
pub fn settings(matches: &ArgMatches) -> Vec<(String, String)> {
    // Global flags are known to the innermost command that was given.
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    KEYS.iter()
        .filter_map(|key| {
            let value = innermost.get_one::<String>(key.path)?;
            Some((key.path.to_owned(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
        for (path, _) in ALIASES {
            assert!(KEYS.iter().any(|k| k.path == *path), "{path} is no setting");
        }
    }

    #[test]
    fn flags_of_settings_are_found_before_and_after_the_command() {
        for line in [
            ["liveproof", "--listen", "[::1]:1", "config"],
            ["liveproof", "config", "--server-listen", "[::1]:1"],
        ] {
            let matches = command().try_get_matches_from(line).unwrap();
            let expected = vec![("server.listen".to_owned(), "[::1]:1".to_owned())];
            assert_eq!(settings(&matches), expected);
        }
    }
}
