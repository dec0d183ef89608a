//! Lines of a log as they are read back: bounded, and refused with their number.

use super::chain::{SIGNATURE_FIELD, read_hash};
use super::tree::{Hash, sha256};
use super::verify::Fault;
use serde_json::{Map, Value};
use std::io::BufRead;

/// Longest line that is read.
const MAX_LINE_BYTES: u64 = 16 << 20;
/// Digits of a signature.
const SIGNATURE_DIGITS: usize = 128;

/// Reads a log line by line.
pub(super) struct Lines<R> {
    input: R,
    /// Number of the latest line, from 1.
    pub(super) number: u64,
}

/// An entry as it was read.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) n: u64,
    pub(super) previous: Hash,
    pub(super) kind: String,
    pub(super) body: Value,
    pub(super) commits: Vec<Hash>,
    /// What was signed, and the signature.
    pub(super) signed: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) hash: Hash,
}

// === impl Lines ===

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, number: 0 }
    }

    /// The next line without its end; `None` at the end of the log.
    pub(super) fn next(&mut self) -> Result<Option<String>, Fault> {
        let mut bytes = Vec::new();
        let mut bounded = std::io::Read::take(&mut self.input, MAX_LINE_BYTES);
        let read = bounded.read_until(b'\n', &mut bytes);
        self.number += 1;
        let fault = |what: &str, expected: &str, found: String| {
            Fault::of_line(self.number, what, expected, found)
        };
        match read {
            Err(e) => return Err(fault("cannot be read", "a readable file", e.to_string())),
            Ok(0) => return Ok(None),
            Ok(_) => {}
        }
        if bytes.pop() != Some(b'\n') {
            let found = format!("{} bytes without a line feed", bytes.len() + 1);
            let expected = "a line that ends in a line feed";
            return Err(fault("is cut off", expected, found));
        }
        let text = String::from_utf8(bytes);
        let text = text.map_err(|e| fault("is damaged", "UTF-8 text", e.to_string()))?;
        Ok(Some(text))
    }
}

// === impl Entry ===

impl Entry {
    /// Reads an entry.
    ///
    /// # Errors
    /// What is wrong, and what was expected.
    pub(super) fn parse(line: &str, number: u64) -> Result<Self, Fault> {
        let wrong = |expected: &str, found: &str| {
            let found: String = found.chars().take(80).collect();
            Fault::of_line(number, "is no entry of a log", expected, found)
        };
        let parsed: Result<Map<String, Value>, _> = serde_json::from_str(line);
        let fields = parsed.map_err(|e| wrong("a JSON object", &e.to_string()))?;
        let field = |name: &str| fields.get(name).ok_or_else(|| wrong(name, line));
        let hash = |v: &Value| v.as_str().and_then(read_hash);
        let commits = match fields.get("commits") {
            None => Vec::new(),
            Some(v) => v
                .as_array()
                .and_then(|all| all.iter().map(hash).collect())
                .ok_or_else(|| wrong("commits: a list of SHA-256 digests", &v.to_string()))?,
        };
        Ok(Self {
            n: field("n")?
                .as_u64()
                .ok_or_else(|| wrong("n: a number from 0", line))?,
            previous: hash(field("prev")?).ok_or_else(|| wrong("prev: a SHA-256 digest", line))?,
            kind: field("type")?
                .as_str()
                .ok_or_else(|| wrong("type: a word", line))?
                .to_owned(),
            body: field("body")?.clone(),
            commits,
            signed: match fields.contains_key("signature") {
                true => Some(split_signature(line).ok_or_else(|| {
                    wrong(
                        "a signature of 128 lower-case hexadecimal digits at its end",
                        line,
                    )
                })?),
                false => None,
            },
            hash: sha256(&[line.as_bytes()]),
        })
    }

    /// A number of the body.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.body.get(name)?.as_u64()
    }

    /// A text of the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }
}

/// What was signed and the signature, of a line that ends exactly as a signed line does.
fn split_signature(line: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let digits = line.strip_suffix("\"}")?;
    let (head, digits) = digits.split_at_checked(digits.len().checked_sub(SIGNATURE_DIGITS)?)?;
    let message = head.strip_suffix(SIGNATURE_FIELD)?;
    let signature = hex::decode(digits).ok()?;
    let canonical = hex::encode(&signature) == digits;
    canonical.then(|| (message.as_bytes().to_vec(), signature))
}
