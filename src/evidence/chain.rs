//! Lines of a log: how entries, signatures and attachments are written, and what their digests are.

use super::key::SigningKey;
use super::tree::{Hash, root_of, sha256};
use serde_json::Value;
use std::fmt::Write as _;

/// What the first entry says that the file is.
pub const FORMAT: &str = "liveproof evidence";
/// Version of the format; rises when a line changes its meaning.
pub const FORMAT_VERSION: u64 = 1;
/// A signed checkpoint follows so many entries.
pub const CHECKPOINT_EVERY: u64 = 16;
/// Stands before a line that is signed, so that a signature of a log is one of nothing else.
pub(super) const SIGNED_PREFIX: &str = "liveproof evidence log 1\n";
/// First byte of what is hashed for a value that can be taken out.
const VALUE: u8 = 2;
/// Bytes of a salt.
pub(super) const SALT_BYTES: usize = 16;
/// Between a signed line and its signature.
pub(super) const SIGNATURE_FIELD: &str = ",\"signature\":\"";

/// The latest entry of a log: whoever keeps it elsewhere can tell later that all up to it is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the entry, from 0.
    pub entry: u64,
    /// SHA-256 of its line.
    pub sha256: Hash,
}

/// What stands in lines of its own below the entry that holds its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attached {
    /// A text that names somebody or may do so.
    Value {
        /// Keeps others from guessing the text by its digest.
        salt: [u8; SALT_BYTES],
        /// The text.
        value: String,
    },
    /// The leaves beneath a Merkle root.
    Leaves(Vec<Hash>),
    /// It was taken out.
    Redacted(Hash),
}

// === impl Attached ===

impl Attached {
    /// What the entry above holds of it.
    pub(super) fn digest(&self) -> Hash {
        match self {
            Self::Value { salt, value } => sha256(&[&[VALUE], salt, value.as_bytes()]),
            Self::Leaves(leaves) => root_of(leaves),
            Self::Redacted(digest) => *digest,
        }
    }

    /// The line, without its end.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Value { salt, value } => {
                let value = Value::String(value.clone());
                format!("{{\"value\":{value},\"salt\":\"{}\"}}", hex::encode(salt))
            }
            Self::Leaves(leaves) => format!("{{\"leaves\":\"{}\"}}", hex::encode(leaves.concat())),
            Self::Redacted(digest) => format!("{{\"redacted\":\"{}\"}}", hex::encode(digest)),
        }
    }

    /// Reads a line; `None` unless it is written exactly as [`Attached::line`] writes it.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_str(line).ok()? else {
            return None;
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let read = if let Some(value) = text("value") {
            Self::Value {
                salt: hex::decode(text("salt")?).ok()?.try_into().ok()?,
                value: value.to_owned(),
            }
        } else if let Some(leaves) = text("leaves") {
            let bytes = hex::decode(leaves).ok()?;
            let (leaves, rest) = bytes.as_chunks::<32>();
            if !rest.is_empty() {
                return None;
            }
            Self::Leaves(leaves.to_vec())
        } else {
            Self::Redacted(read_hash(text("redacted")?)?)
        };
        (read.line() == line).then_some(read)
    }
}

/// 64 lower-case hexadecimal digits.
pub(super) fn read_hash(text: &str) -> Option<Hash> {
    let bytes: Hash = hex::decode(text).ok()?.try_into().ok()?;
    (hex::encode(bytes) == text).then_some(bytes)
}

/// The end of a log that is being written.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    next: u64,
    previous: Hash,
}

// === impl Chain ===

impl Chain {
    /// An empty log.
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            previous: [0; 32],
        }
    }

    /// Number of the next entry.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The latest entry, if there is one.
    pub(super) fn head(&self) -> Option<Head> {
        Some(Head {
            entry: self.next.checked_sub(1)?,
            sha256: self.previous,
        })
    }

    /// Appends an entry and what is attached to it.
    pub(super) fn entry(
        &mut self,
        kind: &str,
        body: &Value,
        attached: &[Attached],
        out: &mut Vec<u8>,
    ) {
        let mut line = self.open(kind, body);
        if !attached.is_empty() {
            let digests: Vec<String> = attached
                .iter()
                .map(|a| format!("\"{}\"", hex::encode(a.digest())))
                .collect();
            // Writing to a string cannot fail.
            let _ = write!(line, ",\"commits\":[{}]", digests.join(","));
        }
        line.push('}');
        self.close(&line, out);
        for a in attached {
            out.extend_from_slice(a.line().as_bytes());
            out.push(b'\n');
        }
    }

    /// Appends a signed entry.
    pub(super) fn signed(&mut self, kind: &str, body: &Value, key: &SigningKey, out: &mut Vec<u8>) {
        let mut line = self.open(kind, body);
        let signature = key.sign(&[SIGNED_PREFIX, &line].concat().into_bytes());
        let _ = write!(line, "{SIGNATURE_FIELD}{}\"}}", hex::encode(signature));
        self.close(&line, out);
    }

    /// The line up to the end of its body.
    fn open(&self, kind: &str, body: &Value) -> String {
        let (n, previous) = (self.next, hex::encode(self.previous));
        format!("{{\"n\":{n},\"prev\":\"{previous}\",\"type\":\"{kind}\",\"body\":{body}")
    }

    fn close(&mut self, line: &str, out: &mut Vec<u8>) {
        self.previous = sha256(&[line.as_bytes()]);
        self.next += 1;
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}
