//! The reading side: whether a log is whole and unchanged, and if not, where it first breaks.

use super::chain::{Attached, CHECKPOINT_EVERY, FORMAT, FORMAT_VERSION, Head, SIGNED_PREFIX};
use super::key::PublicKey;
use super::reader::{Entry, Lines};
use super::recorder::kind_of;
use super::tree::{Hash, LeafKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::BufRead;

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {what}; expected {expected}, found {found}", entry.map_or_else(String::new, |n| format!(", entry {n}")))]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: u64,
    /// The entry that is at fault, where that is known.
    pub entry: Option<u64>,
    /// What is wrong, in words.
    pub what: String,
    /// What an unchanged log would have there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// Hashes of a stretch of one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackLeaves {
    /// Number of the entry.
    pub entry: u64,
    /// Place of the track in the first entry.
    pub track: usize,
    /// What was hashed.
    pub kind: LeafKind,
    /// How many.
    pub count: usize,
    /// Merkle root over them.
    pub root: Hash,
    /// The hashes themselves; `None` where only the root is in the log.
    pub leaves: Option<Vec<Hash>>,
}

/// A log in which nothing is wrong as far as it goes.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The first entry's body.
    pub header: Value,
    /// Texts that are attached to the first entry, in order; `None` for one that was taken out.
    pub header_texts: Vec<Option<String>>,
    /// The key that signed it.
    pub key: PublicKey,
    /// Entries, the header and signed ones included.
    pub entries: u64,
    /// Entries by type.
    pub kinds: BTreeMap<String, u64>,
    /// Signed entries.
    pub signatures: u64,
    /// True when the log was closed in order: nothing is missing at its end.
    pub sealed: bool,
    /// The latest entry that a signature covers.
    pub signed_through: u64,
    /// Entries that the program itself had to leave out.
    pub lost_entries: u64,
    /// Texts and lists of hashes that were taken out, by the type of their entry.
    pub redacted: BTreeMap<String, u64>,
    /// Hash of every entry, in order.
    pub heads: Vec<Hash>,
    /// Hashes of media, in order.
    pub media: Vec<TrackLeaves>,
}

// === impl Fault ===

impl Fault {
    pub(super) fn of_line(line: u64, what: &str, expected: &str, found: impl Into<String>) -> Self {
        Self {
            line,
            entry: None,
            what: what.to_owned(),
            expected: expected.to_owned(),
            found: found.into(),
        }
    }

    fn of_entry(mut self, n: u64) -> Self {
        self.entry = Some(n);
        self
    }
}

// === impl Verified ===

impl Verified {
    /// The latest entry.
    pub fn head(&self) -> Option<Head> {
        let sha256 = *self.heads.last()?;
        Some(Head {
            entry: self.entries.checked_sub(1)?,
            sha256,
        })
    }

    /// The entry with this hash, as somebody noted it while the interview ran.
    pub fn entry_of(&self, hash: &Hash) -> Option<u64> {
        let at = self.heads.iter().position(|h| h == hash)?;
        u64::try_from(at).ok()
    }

    /// True when the log is whole: closed in order, and nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.sealed && self.lost_entries == 0
    }
}

/// Checks a log from its first line to its last. With `keys`, one of them must have signed it; without,
/// the key is the one that the log itself states.
///
/// # Errors
/// The first [`Fault`].
pub fn verify(input: impl BufRead, keys: &[PublicKey]) -> Result<Verified, Fault> {
    let mut lines = Lines::new(input);
    let first = lines
        .next()?
        .ok_or_else(|| Fault::of_line(1, "the log is empty", "a first entry", "nothing"))?;
    let header = Entry::parse(&first, lines.number)?;
    let key = check_header(&header, keys)?;
    let mut check = Check::new(header.body.clone(), key);
    check.take(header, &mut lines)?;
    while let Some(line) = lines.next()? {
        if check.out.sealed {
            let expected = "the end of the file after the seal";
            return Err(Fault::of_line(
                lines.number,
                "something follows the seal",
                expected,
                shown(&line),
            ));
        }
        if Attached::parse(&line).is_some() {
            let what = "belongs to no entry: it was moved, repeated or brought in";
            return Err(Fault::of_line(lines.number, what, "an entry", shown(&line)));
        }
        let entry = Entry::parse(&line, lines.number)?;
        check.take(entry, &mut lines)?;
    }
    Ok(check.out)
}

fn check_header(header: &Entry, keys: &[PublicKey]) -> Result<PublicKey, Fault> {
    let wrong = |what: &str, expected: &str, found: String| {
        Err(Fault::of_line(1, what, expected, found).of_entry(header.n))
    };
    if header.kind != "header" || header.text("format") != Some(FORMAT) {
        let expected = format!("a header of format {FORMAT:?}");
        return wrong(
            "the log does not begin with its header",
            &expected,
            header.kind.clone(),
        );
    }
    let version = header.number("format_version");
    if version != Some(FORMAT_VERSION) {
        let expected = format!("format version {FORMAT_VERSION}");
        return wrong(
            "this program cannot read it",
            &expected,
            format!("{version:?}"),
        );
    }
    let stated = header.text("key").unwrap_or_default();
    let Some(key) = PublicKey::from_hex(stated) else {
        return wrong(
            "the key is damaged",
            "64 hexadecimal digits",
            stated.to_owned(),
        );
    };
    if !keys.is_empty() && !keys.contains(&key) {
        let ids: Vec<String> = keys.iter().map(PublicKey::id).collect();
        let expected = format!("key {}", ids.join(" or "));
        return wrong(
            "signed with another key",
            &expected,
            format!("key {}", key.id()),
        );
    }
    Ok(key)
}

/// What is known of the log up to a line.
struct Check {
    out: Verified,
    previous: Hash,
    /// Line and type of the entry before.
    before: (u64, String),
    since_signed: u64,
    gaps: u64,
}

// === impl Check ===

impl Check {
    fn new(header: Value, key: PublicKey) -> Self {
        Self {
            out: Verified {
                header,
                header_texts: Vec::new(),
                key,
                entries: 0,
                kinds: BTreeMap::new(),
                signatures: 0,
                sealed: false,
                signed_through: 0,
                lost_entries: 0,
                redacted: BTreeMap::new(),
                heads: Vec::new(),
                media: Vec::new(),
            },
            previous: [0; 32],
            before: (0, String::new()),
            since_signed: 0,
            gaps: 0,
        }
    }

    /// Takes an entry, and its attachments from the lines after it.
    fn take<R: BufRead>(&mut self, entry: Entry, lines: &mut Lines<R>) -> Result<(), Fault> {
        self.follows(&entry, lines.number)?;
        if entry.signed.is_some() || matches!(entry.kind.as_str(), "checkpoint" | "seal") {
            self.signature(&entry, lines.number)?;
        } else {
            self.since_signed += 1;
            if self.since_signed > CHECKPOINT_EVERY {
                let what = "a checkpoint is missing before it";
                let expected = format!("a signature after {CHECKPOINT_EVERY} entries");
                let found = format!("{} without one", self.since_signed);
                return Err(Fault::of_line(lines.number, what, &expected, found).of_entry(entry.n));
            }
        }
        self.before = (lines.number, entry.kind.clone());
        let attached = attachments(&entry, lines)?;
        match entry.kind.as_str() {
            "header" => {
                let text = |a: &Attached| match a {
                    Attached::Value { value, .. } => Some(value.clone()),
                    _ => None,
                };
                self.out.header_texts = attached.iter().map(text).collect();
            }
            "media" => self.media(&entry, &attached, lines.number)?,
            "gap" => self.gaps += entry.number("lost_entries").unwrap_or(0),
            "seal" => self.seal(&entry, lines.number)?,
            _ => {}
        }
        let redacted = |a: &&Attached| matches!(a, Attached::Redacted(_));
        let redacted = attached.iter().filter(redacted).count() as u64;
        if redacted > 0 {
            *self.out.redacted.entry(entry.kind.clone()).or_default() += redacted;
        }
        self.out.lost_entries = self.gaps;
        self.out.entries += 1;
        self.out.heads.push(entry.hash);
        *self.out.kinds.entry(entry.kind).or_default() += 1;
        self.previous = entry.hash;
        Ok(())
    }

    fn follows(&self, entry: &Entry, line: u64) -> Result<(), Fault> {
        let next = self.out.entries;
        if entry.n != next {
            let what = match entry.n.checked_sub(next) {
                Some(missing) => format!("{missing} entries before it are missing"),
                None => "it comes twice, or out of order".to_owned(),
            };
            let (expected, found) = (format!("entry {next}"), format!("entry {}", entry.n));
            return Err(Fault::of_line(line, &what, &expected, found).of_entry(next));
        }
        if entry.previous == self.previous {
            return Ok(());
        }
        let (before_line, before) = &self.before;
        let (expected, found) = (hex::encode(entry.previous), hex::encode(self.previous));
        Err(match next.checked_sub(1) {
            None => {
                let zero = hex::encode([0; 32]);
                Fault::of_line(line, "the first entry names one before it", &zero, expected)
                    .of_entry(0)
            }
            Some(n) => {
                let what = format!(
                    "this {before} entry is not the one that entry {next} was written after: it was changed, \
                     or entry {next} belongs elsewhere"
                );
                let expected = format!("SHA-256 {expected}");
                Fault::of_line(*before_line, &what, &expected, found).of_entry(n)
            }
        })
    }

    fn signature(&mut self, entry: &Entry, line: u64) -> Result<(), Fault> {
        let id = self.out.key.id();
        let fault = |what: &str, expected: String, found: &str| {
            Err(Fault::of_line(line, what, &expected, found).of_entry(entry.n))
        };
        let Some((message, signature)) = &entry.signed else {
            return fault(
                "the signature is missing",
                format!("one of key {id}"),
                "none",
            );
        };
        let message = [SIGNED_PREFIX.as_bytes(), message].concat();
        if !self.out.key.has_signed(&message, signature) {
            let what = "the signature does not fit what is signed";
            return fault(what, format!("a signature of key {id}"), "another one");
        }
        if entry.number("entries") != Some(entry.n) {
            let found = format!("{:?}", entry.body.get("entries"));
            return fault("it counts other entries", entry.n.to_string(), &found);
        }
        self.out.signatures += 1;
        self.out.signed_through = entry.n;
        self.since_signed = 0;
        Ok(())
    }

    fn seal(&mut self, entry: &Entry, line: u64) -> Result<(), Fault> {
        let lost = entry.number("lost_entries");
        if lost != Some(self.gaps) {
            let what = "its gaps are not those that the seal counts";
            let (expected, found) = (format!("{lost:?} entries left out"), self.gaps.to_string());
            return Err(Fault::of_line(line, what, &expected, found).of_entry(entry.n));
        }
        self.out.sealed = true;
        Ok(())
    }

    fn media(&mut self, entry: &Entry, attached: &[Attached], line: u64) -> Result<(), Fault> {
        let tracks = entry.body.get("tracks").and_then(Value::as_array);
        for t in tracks.into_iter().flatten() {
            let read = stretch(t, entry, attached).ok_or_else(|| {
                let expected = "track, what was hashed, count and root";
                Fault::of_line(
                    line,
                    "its hashes cannot be read",
                    expected,
                    shown(&t.to_string()),
                )
                .of_entry(entry.n)
            })?;
            self.out.media.push(read);
        }
        Ok(())
    }
}

/// The attachments of an entry, which stand in the lines after it.
fn attachments<R: BufRead>(entry: &Entry, lines: &mut Lines<R>) -> Result<Vec<Attached>, Fault> {
    let mut all = Vec::with_capacity(entry.commits.len().min(64));
    for (at, digest) in entry.commits.iter().enumerate() {
        let line = lines.next()?;
        let fault = |what: &str, found: String| {
            let expected = format!("one with digest {}", hex::encode(digest));
            let what = format!("attachment {} of {}: {what}", at + 1, entry.commits.len());
            Fault::of_line(lines.number, &what, &expected, found).of_entry(entry.n)
        };
        let Some(line) = line else {
            return Err(fault("it is missing", "the end of the file".into()));
        };
        let Some(attached) = Attached::parse(&line) else {
            return Err(fault("it is missing or damaged", shown(&line)));
        };
        if attached.digest() != *digest {
            return Err(fault("it was changed", hex::encode(attached.digest())));
        }
        all.push(attached);
    }
    Ok(all)
}

/// Hashes of one track in a media entry.
fn stretch(body: &Value, entry: &Entry, attached: &[Attached]) -> Option<TrackLeaves> {
    let count = usize::try_from(body.get("count")?.as_u64()?).ok()?;
    let (root, leaves) = match body.get("leaves") {
        Some(place) => {
            let at = usize::try_from(place.get("commit")?.as_u64()?).ok()?;
            match attached.get(at)? {
                Attached::Leaves(leaves) if leaves.len() == count => {
                    (*entry.commits.get(at)?, Some(leaves.clone()))
                }
                Attached::Redacted(root) => (*root, None),
                _ => return None,
            }
        }
        None => (super::chain::read_hash(body.get("root")?.as_str()?)?, None),
    };
    Some(TrackLeaves {
        entry: entry.n,
        track: usize::try_from(body.get("track")?.as_u64()?).ok()?,
        kind: kind_of(body.get("of")?.as_str()?)?,
        count,
        root,
        leaves,
    })
}

/// The begin of a line, for a message.
fn shown(line: &str) -> String {
    line.chars().take(80).collect()
}
