//! The command line: reads settings, hands over to the rooms, turns failures into exit codes.
//!
//! **In:** arguments, environment, the configuration file. **Out:** text and an exit code (see
//! [`exit`]). The only place besides `main` that uses `anyhow` and that reads the environment.

mod args;
mod bench;
mod evaluate;
mod exit;
mod feedback;
mod forge;
mod keys;
mod models;
mod output;
mod review;
mod rooms;
mod serve;
mod stream;
mod verify;

use anyhow::Context as _;
use args::{Command, KeysCommand, ModelsCommand};
use clap::FromArgMatches as _;
use exit::{Failure, fail};
use liveproof::client::StreamOptions;
use liveproof::config::{self, Config, Sources};
use liveproof::core::SessionId;
use liveproof::telemetry;
use std::process::ExitCode;

/// ONNX Runtime's own switch for what it reports; see [`quiet_runtime`].
const RUNTIME_TELEMETRY: (&str, &str) = ("ORT_DISABLE_TELEMETRY", "1");

/// Runs the program.
pub fn main() -> ExitCode {
    if let Err(failure) = quiet_runtime() {
        eprintln!("liveproof: {}", exit::words(&failure.error));
        return ExitCode::from(failure.code);
    }
    let matches = match args::command().try_get_matches() {
        Ok(matches) => matches,
        Err(e) => {
            // Help and version are answers, not failures.
            let code = if e.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            };
            let _ = e.print();
            return ExitCode::from(code);
        }
    };
    match run(&matches) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => {
            output::note(&format!("liveproof: {}", exit::words(&failure.error)));
            ExitCode::from(failure.code)
        }
    }
}

/// From 1.29 on, Microsoft's builds of ONNX Runtime report to their maker (which models are loaded, on
/// what machine), and keep an identifier and a database in the home folder. Only this variable, set before
/// the library is loaded, stops all of it. A program cannot safely set a variable of its own, so it starts
/// itself anew with it, once, in the same process.
fn quiet_runtime() -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let (name, value) = RUNTIME_TELEMETRY;
    if std::env::var_os(name).is_some_and(|set| set == value) {
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|e| fail(exit::INTERNAL, e))?;
    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // Comes back only when it fails.
    let error = again.args(arguments).env(name, value).exec();
    Err(fail(exit::INTERNAL, error))
}

fn run(matches: &clap::ArgMatches) -> Result<(), Failure> {
    let cli = args::Cli::from_arg_matches(matches).map_err(|e| fail(exit::USAGE, e))?;
    if let Command::Config { reference: true } = cli.command {
        return print(&config::reference());
    }
    let config = load_config(matches, &cli)?;
    if let Command::Serve = cli.command {
        return serve::run(&config);
    }
    let _telemetry = log(&config, None)?;
    match cli.command {
        Command::Serve => serve::run(&config),
        Command::Keys {
            command: KeysCommand::New { tenant, id },
        } => keys::new(&tenant, id.as_deref()),
        Command::Review(options) => review::run(&config, &options),
        Command::Keys {
            command: KeysCommand::Evidence { file },
        } => keys::evidence(&file),
        Command::Verify(args) => verify::run(&args),
        Command::Redact(args) => verify::take_out(&args),
        Command::Forget { session } => verify::forget(&config, &session),
        Command::Feedback(arguments) => feedback::run(&config, &arguments),
        Command::Forge(arguments) => forge::run(&config, &arguments),
        Command::Stream {
            file,
            to,
            fast,
            jpeg,
            session_id,
            reference,
            reference_session,
            challenge,
            access,
            output,
        } => {
            let reference = stream::reference(reference, reference_session.as_deref())?;
            let session_id = match session_id {
                Some(id) => SessionId::parse(&id).map_err(|e| fail(exit::USAGE, e))?,
                None => stream::session_id(&file)?,
            };
            let to = stream::address(&to);
            stream::run(
                &file,
                &StreamOptions {
                    to,
                    access: access.read()?,
                    fast,
                    jpeg,
                    session_id,
                    reference,
                    challenge: stream::challenge(challenge.as_deref())?,
                },
                &output,
            )
        }
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Evaluate(options) => evaluate::run(&config, &options),
        Command::Config { .. } => print(&config::effective(&config)),
        Command::Models { command } => match command.unwrap_or(ModelsCommand::List) {
            ModelsCommand::List => models::list(&config),
            ModelsCommand::Verify => models::verify(&config),
            ModelsCommand::Card { id } => models::card(&config, &id),
        },
    }
}

/// Sets up the log, and the export of spans to an endpoint, if one is given.
fn log(config: &Config, otlp: Option<&str>) -> Result<telemetry::Telemetry, Failure> {
    let level = config.shown("log.level").unwrap_or_default();
    // Foreign crates speak up from `warn` on.
    let filter = format!("warn,liveproof={}", level.trim_matches('"'));
    telemetry::init(config.log.format, &filter, otlp)
        .map_err(|e| fail(exit::INTERNAL, anyhow::anyhow!(e)))
}

/// The configuration from flags, environment, file and defaults.
fn load_config(matches: &clap::ArgMatches, cli: &args::Cli) -> Result<Config, Failure> {
    let file = match &cli.config {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the configuration {}", path.display()))
                .map_err(|e| fail(exit::USAGE, e))?;
            Some((path.display().to_string(), text))
        }
        None => None,
    };
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
        .collect();
    let flags = args::settings(matches);
    config::load(&Sources {
        flags: &flags,
        environment: &environment,
        file: file
            .as_ref()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    })
    .map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|f| format!("\n  {f}")).collect();
        fail(
            exit::USAGE,
            anyhow::anyhow!("the configuration is refused:{}", lines.concat()),
        )
    })
}

/// The runtime of the commands that talk to the network.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| fail(exit::INTERNAL, e))
}

/// Prints a whole text; a reader that went away (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(fail(exit::INTERNAL, e)),
        _ => Ok(()),
    }
}
