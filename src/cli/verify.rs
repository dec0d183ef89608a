//! `liveproof verify`, `liveproof redact` and `liveproof forget`.

use super::exit::{self, Failure, fail};
use super::output::line;
use anyhow::Context as _;
use liveproof::config::Config;
use liveproof::evidence::{
    PublicKey, RecordingMatch, Verified, What, check_recording, delete_session, read_public_keys,
    redact, verify,
};
use liveproof::review::sha256_of;
use serde_json::Value;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// What `verify` is asked.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The evidence log.
    log: PathBuf,
    /// Public key that must have signed it, PEM; a file may hold several, and the flag may come again.
    /// Without, the key is taken that the log itself states.
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// The recording that the log is of: every picture and block of sound is held against it.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// SHA-256 of an entry, as the summary of a live interview told it (`evidence.head_sha256`): it
    /// must be in the log.
    #[arg(long, value_name = "HEX")]
    head: Option<String>,
}

/// What `redact` is asked.
#[derive(Debug, clap::Args)]
pub struct RedactArgs {
    /// The evidence log.
    log: PathBuf,
    /// Where the redacted log goes; must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Take the hashes of single pictures out, too; the root over each stretch stays.
    #[arg(long)]
    pictures: bool,
}

/// Checks a log and says what it holds.
pub fn run(args: &VerifyArgs) -> Result<(), Failure> {
    let keys = keys(&args.key)?;
    let found = read(&args.log, &keys)?;
    describe(&found, !keys.is_empty());
    if let Some(head) = &args.head {
        head_is_in(head, &found)?;
    }
    if let Some(recording) = &args.recording {
        let sha256 = sha256_of(recording)
            .with_context(|| format!("cannot read {}", recording.display()))
            .map_err(|e| fail(exit::INPUT, e))?;
        let fits = check_recording(recording, &sha256, &found).map_err(|e| {
            fail(
                exit::BROKEN,
                anyhow::anyhow!("{}: {e}", recording.display()),
            )
        })?;
        line(&words_of(recording, fits));
    }
    incomplete(&found).map_or(Ok(()), |why| Err(fail(exit::PARTIAL, anyhow::anyhow!(why))))
}

/// Writes a log without the names in it, once the whole one was checked.
pub fn take_out(args: &RedactArgs) -> Result<(), Failure> {
    read(&args.log, &[])?;
    let what = What {
        texts: true,
        pictures: args.pictures,
    };
    let out = File::create_new(&args.out)
        .with_context(|| format!("cannot write {}", args.out.display()))
        .map_err(|e| fail(exit::USAGE, e))?;
    let mut out = BufWriter::new(out);
    let redacted = redact(open(&args.log)?, &mut out, what).map_err(|e| fail(exit::INTERNAL, e))?;
    out.flush().map_err(|e| fail(exit::INTERNAL, e))?;
    drop(out);
    // What is given away is checked as its reader will check it.
    read(&args.out, &[])?;
    line(&format!(
        "{}: {} texts and {} lists of hashes taken out; it verifies like the whole one",
        args.out.display(),
        redacted.texts,
        redacted.pictures
    ));
    Ok(())
}

/// Deletes the logs of an interview, and opinions of it. None to delete is a failure: whoever asks for it must not
/// believe that it was done.
pub fn forget(config: &Config, session: &str) -> Result<(), Failure> {
    let (dir, opinions) = (&config.evidence.dir, &config.feedback.file);
    if dir.is_none() && opinions.is_none() {
        let error = anyhow::anyhow!(
            "forget: neither evidence.dir nor feedback.file is set, expected the folder of the logs or the file of opinions"
        );
        return Err(fail(exit::USAGE, error));
    }
    let mut found = false;
    if let Some(dir) = dir {
        let deleted = delete_session(dir, session)
            .with_context(|| format!("cannot delete in {}", dir.display()))
            .map_err(|e| fail(exit::INPUT, e))?;
        for log in &deleted {
            line(&format!("deleted {}", log.display()));
        }
        found |= !deleted.is_empty();
    }
    if let Some(file) = opinions {
        let n = liveproof::feedback::forget(file, session).map_err(|e| fail(exit::INPUT, e))?;
        if n > 0 {
            line(&format!("deleted {n} opinions from {}", file.display()));
        }
        found |= n > 0;
    }
    if found {
        return Ok(());
    }
    let places = [dir, opinions]
        .into_iter()
        .flatten()
        .map(|p| p.display().to_string());
    let error = anyhow::anyhow!(
        "{}: nothing of interview {session} (a redacted log has no id)",
        places.collect::<Vec<_>>().join(", ")
    );
    Err(fail(exit::INPUT, error))
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(BufReader::new(file.map_err(|e| fail(exit::INPUT, e))?))
}

fn read(path: &Path, keys: &[PublicKey]) -> Result<Verified, Failure> {
    let found = verify(open(path)?, keys);
    found.map_err(|fault| {
        let error = anyhow::anyhow!("{}: the log does not verify: {fault}", path.display());
        fail(exit::BROKEN, error)
    })
}

fn keys(paths: &[PathBuf]) -> Result<Vec<PublicKey>, Failure> {
    let mut keys = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read {}", path.display()));
        let read = read_public_keys(&text.map_err(|e| fail(exit::USAGE, e))?);
        let read = read.with_context(|| path.display().to_string());
        keys.extend(read.map_err(|e| fail(exit::USAGE, e))?);
    }
    Ok(keys)
}

fn describe(found: &Verified, key_given: bool) {
    let state = if found.is_whole() {
        "unchanged and whole"
    } else {
        "unchanged as far as it goes"
    };
    line(&format!(
        "{state}: {} entries, {} signatures, the last on entry {}",
        found.entries, found.signatures, found.signed_through
    ));
    line(&match key_given {
        true => format!("signed with key {}, which was given", found.key.id()),
        false => format!(
            "signed with key {}, which only the log itself states: whose it is, --key tells",
            found.key.id()
        ),
    });
    let text = |pointer: &str| found.header.pointer(pointer).and_then(Value::as_str);
    line(&format!(
        "made by liveproof {} (SHA-256 of the program {}) on {}",
        text("/program/version").unwrap_or("?"),
        text("/program/build_sha256").unwrap_or("?"),
        text("/program/machine/arch").unwrap_or("?"),
    ));
    let session = found
        .header
        .pointer("/session/commit")
        .and_then(Value::as_u64);
    let session = session.and_then(|at| found.header_texts.get(usize::try_from(at).ok()?));
    match session {
        Some(Some(name)) => line(&format!("interview {name}")),
        _ => line("interview: its name was taken out"),
    }
    let kinds = found.kinds.iter().map(|(kind, n)| format!("{n} {kind}"));
    line(&format!(
        "entries: {}",
        kinds.collect::<Vec<_>>().join(", ")
    ));
    let pictures: usize = found.media.iter().map(|m| m.count).sum();
    line(&format!(
        "hashes of {pictures} pictures, blocks of sound or payloads"
    ));
    for (kind, n) in &found.redacted {
        line(&format!(
            "redacted: {n} attachments of {kind} entries were taken out"
        ));
    }
}

/// What keeps a log from being the whole record, if anything does.
fn incomplete(found: &Verified) -> Option<String> {
    if !found.sealed {
        return Some(format!(
            "the log is not sealed: what came after entry {} is not in it, and entries after {} are not signed",
            found.entries.saturating_sub(1),
            found.signed_through
        ));
    }
    (found.lost_entries > 0).then(|| {
        let lost = found.lost_entries;
        format!("the log is sealed and incomplete: {lost} entries were left out, since the disk did not take them")
    })
}

fn head_is_in(head: &str, found: &Verified) -> Result<(), Failure> {
    let bytes = hex::decode(head).ok().and_then(|b| b.try_into().ok());
    let hash: [u8; 32] = bytes.ok_or_else(|| {
        let error = anyhow::anyhow!("--head: found {head:?}, expected 64 hexadecimal digits");
        fail(exit::USAGE, error)
    })?;
    match found.entry_of(&hash) {
        Some(n) => {
            line(&format!(
                "entry {n} is the one that was told: nothing up to it was changed since"
            ));
            Ok(())
        }
        None => Err(fail(
            exit::BROKEN,
            anyhow::anyhow!(
                "no entry has the hash {head}: the log is not the one that was told of"
            ),
        )),
    }
}

fn words_of(recording: &Path, fits: RecordingMatch) -> String {
    let file = match fits.same_file {
        true => "the file is the same byte by byte",
        false => "the file is another one with the same media",
    };
    format!(
        "{}: {} pictures and {} blocks of sound are those that were assessed; {file}",
        recording.display(),
        fits.pictures,
        fits.sounds
    )
}
