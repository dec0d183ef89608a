//! Signed records of challenges: which bytes are signed, with what, and how they are verified.
//!
//! The bytes are lines `name:length:value`, with the value's length in bytes of UTF-8, in the order of
//! [`canonical`]. Every value is preceded by its length, so that no two records have the same bytes. Each
//! record carries the MAC of the one before it in the interview: none can be taken out unnoticed but the
//! last.

use super::draw::{Entropy, NoEntropy};
use crate::core::{ChallengeRecord, MediaTime, Side};
use ring::hmac;
use std::fmt::Write as _;

/// Least bytes of a key.
pub const KEY_BYTES: usize = 32;
/// The layout of the signed bytes that this program writes.
pub(super) const VERSION: u32 = 1;

/// A key that is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key of {0} bytes, {KEY_BYTES} or more needed")]
pub struct BadKey(usize);

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A layout that this program does not know.
    #[error("record of {challenge}: layout {found}, expected {VERSION}")]
    Version {
        /// Id of the challenge.
        challenge: String,
        /// As stated.
        found: u32,
    },
    /// Signed with another key.
    #[error("record of {challenge}: signed with key {found}, expected {expected}")]
    OtherKey {
        /// Id of the challenge.
        challenge: String,
        /// As stated.
        found: String,
        /// This key.
        expected: String,
    },
    /// The MAC is not that of these contents.
    #[error("record of {challenge}: its contents were not signed with key {key}")]
    Mac {
        /// Id of the challenge.
        challenge: String,
        /// The key's id.
        key: String,
    },
    /// It does not follow the record before it.
    #[error("record of {challenge}: does not follow the record before it")]
    Chain {
        /// Id of the challenge.
        challenge: String,
    },
}

/// What records are signed with.
#[derive(Clone)]
pub struct RecordKey {
    key: hmac::Key,
    id: String,
    drawn: bool,
}

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordKey({})", self.id)
    }
}

// === impl RecordKey ===

impl RecordKey {
    /// A key of at least [`KEY_BYTES`] bytes. `drawn`: it was drawn when the server started, so that
    /// nobody can verify a record after the server has stopped.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn new(bytes: &[u8], drawn: bool) -> Result<Self, BadKey> {
        if bytes.len() < KEY_BYTES {
            return Err(BadKey(bytes.len()));
        }
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let short = digest.as_ref().get(..8).unwrap_or_default();
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
            id: hex::encode(short),
            drawn,
        })
    }

    /// A key drawn now; see [`RecordKey::is_drawn`].
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn drawn(entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        let mut bytes = [0u8; KEY_BYTES];
        entropy.fill(&mut bytes)?;
        Self::new(&bytes, true).map_err(|_| NoEntropy)
    }

    /// Names the key: the first 8 bytes of its SHA-256 in hex.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// True when it was drawn when the server started.
    pub fn is_drawn(&self) -> bool {
        self.drawn
    }

    /// Signs a record: layout, key and MAC are filled in, the rest stands as it is.
    pub fn sign(&self, mut record: ChallengeRecord) -> ChallengeRecord {
        record.version = VERSION;
        record.key_id.clone_from(&self.id);
        let tag = hmac::sign(&self.key, canonical(&record).as_bytes());
        record.mac = hex::encode(tag.as_ref());
        record
    }

    /// Whether the record was signed with this key as it stands; in constant time.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, record: &ChallengeRecord) -> Result<(), Fault> {
        let challenge = record.challenge.clone();
        if record.version != VERSION {
            let found = record.version;
            return Err(Fault::Version { challenge, found });
        }
        if record.key_id != self.id {
            return Err(Fault::OtherKey {
                challenge,
                found: record.key_id.clone(),
                expected: self.id.clone(),
            });
        }
        let mac = hex::decode(&record.mac).unwrap_or_default();
        hmac::verify(&self.key, canonical(record).as_bytes(), &mac).map_err(|_| Fault::Mac {
            challenge,
            key: self.id.clone(),
        })
    }
}

/// Whether all records of an interview, in their order, were signed with this key and follow each other.
///
/// # Errors
/// What is wrong with the first that is wrong.
pub fn verify_chain(key: &RecordKey, records: &[ChallengeRecord]) -> Result<(), Fault> {
    let mut before = "";
    for record in records {
        key.verify(record)?;
        if record.previous_mac != before {
            let challenge = record.challenge.clone();
            return Err(Fault::Chain { challenge });
        }
        before = &record.mac;
    }
    Ok(())
}

/// The bytes of a record that are signed; all but its MAC.
pub fn canonical(r: &ChallengeRecord) -> String {
    let mut out = String::from("liveproof challenge record\n");
    let mut field = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{name}:{}:{value}", value.len());
    };
    let side = |s: Option<Side>| s.map_or("", Side::words);
    let time = |t: Option<MediaTime>| t.map_or_else(String::new, |t| t.as_us().to_string());
    let p = &r.parameters;
    let colours: Vec<&str> = p.colours.iter().map(|c| c.name()).collect();
    field("version", &r.version.to_string());
    field("session", r.session.as_str());
    field("challenge", &r.challenge);
    field("participant", r.participant.as_str());
    field("kind", r.kind.name());
    field("count", &r.count.to_string());
    field("hand", side(p.hand));
    field("direction", side(p.direction));
    field("hold_ms", &p.hold_ms.to_string());
    field("delay_ms", &p.delay_ms.to_string());
    field("colours", &colours.join(","));
    field("colour_ms", &p.colour_ms.to_string());
    field("words", &p.words.len().to_string());
    for word in &p.words {
        field("word", word);
    }
    field("issued_us", &r.issued.as_us().to_string());
    field("nonce", &r.nonce);
    field("previous_mac", &r.previous_mac);
    field("shown_us", &time(r.shown));
    field("deadline_us", &time(r.deadline));
    field("attempt", &r.attempt.to_string());
    field("outcome", &r.outcome);
    field("key_id", &r.key_id);
    out
}
