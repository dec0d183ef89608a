//! `liveproof stream`.

use super::exit::{self, Failure, fail};
use super::output::{self, Output};
use anyhow::Context as _;
use liveproof::client::{
    Access, ChallengeWish, ReferenceChoice, StreamEvent, StreamOptions, stream_file,
};
use liveproof::core::{ChallengeKind, MediaTime, SessionId};
use liveproof::report::{capability_line, segment_line, summary_lines};
use liveproof::session::{ChallengeState, ChallengeUpdate};
use std::path::{Path, PathBuf};

/// What is shown at the door, and whom to believe. Files, since arguments are seen by others on the
/// same machine.
#[derive(Debug, clap::Args)]
pub struct AccessArgs {
    /// File with the API key for servers that ask for one.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Certificate authority (PEM) of the server's certificate, for https.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Certificate (PEM) for servers that ask for one.
    #[arg(long, value_name = "FILE", requires = "cert_key_file")]
    cert_file: Option<PathBuf>,
    /// Private key (PEM) of that certificate.
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    cert_key_file: Option<PathBuf>,
}

impl AccessArgs {
    /// Reads what the files hold.
    pub fn read(&self) -> Result<Access, Failure> {
        let text = |flag: &str, path: &Option<PathBuf>| -> Result<Option<String>, Failure> {
            let Some(path) = path else { return Ok(None) };
            std::fs::read_to_string(path)
                .with_context(|| format!("--{flag}: cannot read {}", path.display()))
                .map(Some)
                .map_err(|e| fail(exit::USAGE, e))
        };
        let mut access = Access::default();
        if let Some(key) = text("key-file", &self.key_file)? {
            access = access.key(key.trim());
        }
        if let Some(pem) = text("ca-file", &self.ca_file)? {
            access = access.certificate_authority(pem);
        }
        let certificate = text("cert-file", &self.cert_file)?;
        if let Some((cert, key)) = certificate.zip(text("cert-key-file", &self.cert_key_file)?) {
            access = access.identity(cert, key);
        }
        Ok(access)
    }
}

/// Streams a recording to a server and prints what comes back.
pub fn run(path: &Path, options: &StreamOptions, output: &Output) -> Result<(), Failure> {
    output.check()?;
    if output.on_stdout() {
        let error =
            anyhow::anyhow!("--json: found -, expected a file: standard output holds the lines");
        return Err(fail(exit::USAGE, error));
    }
    let runtime = super::runtime()?;
    let report = runtime
        .block_on(stream_file(path, options, &mut tell))
        .map_err(|e| {
            let code = if e.is_server() {
                exit::UNAVAILABLE
            } else {
                exit::INPUT
            };
            let hint = e.hint().map(|h| format!("; {h}")).unwrap_or_default();
            fail(code, anyhow::anyhow!("{}: {e}{hint}", path.display()))
        })?;
    let cut = report.summary.as_ref().filter(|s| s.partial);
    let cut = cut.map(|s| anyhow::anyhow!("the interview was cut short: {}", s.end_reason));
    output.write(vec![report])?;
    // What was measured until then is a result all the same, and was written.
    cut.map_or(Ok(()), |why| Err(fail(exit::UNAVAILABLE, why)))
}

/// An address as people type it, as `http://host:port`.
pub fn address(to: &str) -> String {
    if to.contains("://") {
        to.to_owned()
    } else {
        format!("http://{to}")
    }
}

/// Where the reference comes from, as the flags have it.
pub fn reference(clip: Option<PathBuf>, session: Option<&str>) -> Result<ReferenceChoice, Failure> {
    match (clip, session) {
        (Some(clip), _) => Ok(ReferenceChoice::Clip(clip)),
        (None, Some(id)) => {
            let id = SessionId::parse(id).map_err(|e| fail(exit::USAGE, e))?;
            Ok(ReferenceChoice::Session(id))
        }
        (None, None) => Ok(ReferenceChoice::None),
    }
}

/// A challenge as the flag has it: a kind and the second at which its prompt is shown.
pub fn challenge(text: Option<&str>) -> Result<Option<ChallengeWish>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let wish = text.split_once('@').and_then(|(kind, seconds)| {
        let kind = ChallengeKind::ALL.into_iter().find(|k| k.name() == kind)?;
        let seconds: f64 = seconds.parse().ok()?;
        let at = MediaTime((seconds * 1e9) as i64);
        (0.0..=86_400.0)
            .contains(&seconds)
            .then_some(ChallengeWish { kind, at })
    });
    wish.map(Some).ok_or_else(|| {
        let kinds = ChallengeKind::ALL.map(ChallengeKind::name).join(", ");
        let why = format!("--challenge: found {text:?}, expected KIND@SECONDS with one of {kinds}");
        fail(exit::USAGE, anyhow::anyhow!(why))
    })
}

/// What becomes of a challenge, in a line.
fn challenge_line(u: &ChallengeUpdate) -> String {
    let what = match &u.state {
        ChallengeState::Issued(i) => format!("{} ({})", i.prompt.prompt, i.standing.words()),
        ChallengeState::Refused { detail } => format!("not issued: {detail}"),
        ChallengeState::Open {
            attempt, deadline, ..
        } => {
            let until = deadline.as_secs_f64();
            format!("prompt {attempt} shown; an answer counts until {until:.1} s")
        }
        ChallengeState::AskedAgain { prompt, first, .. } => {
            format!("{} ({})", prompt.prompt, first.status.detail())
        }
        ChallengeState::Concluded { words, .. } => words.clone(),
    };
    format!("challenge {}: {what}", u.challenge)
}

/// A session id of its own for each run: the file's name and this process's number.
pub fn session_id(path: &Path) -> Result<SessionId, Failure> {
    let stem = path
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = stem.chars().map(plain).take(80).collect();
    SessionId::parse(&format!("{name}-{}", std::process::id())).map_err(|e| fail(exit::INTERNAL, e))
}

fn tell(event: StreamEvent<'_>) {
    match event {
        StreamEvent::Hello(hello) => {
            for s in &hello.signals {
                output::line(&capability_line(s));
            }
        }
        StreamEvent::Segment(s) if s.is_final => output::line(&segment_line(s)),
        StreamEvent::Segment(_) => {}
        StreamEvent::Capability(c) => output::line(&format!("now: {}", capability_line(c))),
        StreamEvent::Challenge(u) => output::line(&challenge_line(u)),
        StreamEvent::Notice(text) => output::line(&format!("note: {text}")),
        StreamEvent::Summary(s) => output::line(&summary_lines(s).join("\n")),
    }
}
