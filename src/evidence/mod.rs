//! Evidence: a record of one interview that can be checked later, by anybody, without this program.
//!
//! **In:** what was announced, digests of media, events, findings, a signing key. **Out:** lines of a log
//! in which each entry carries the hash of the one before and a key has signed the whole; and what is wrong
//! with such a log. **May touch:** `core`; at its edge files ([`Store`]) and `decode` ([`check_recording`]).
//! **Must not touch:** clocks, sessions, the wire. No picture and no sound is ever in a log.
//!
//! [`Recorder`] makes a log and [`verify()`] checks one; both are pure, and the same calls with the same key
//! give the same bytes. `docs/evidence.md` has the format to the byte and what a signature proves,
//! `docs/verify_evidence.py` checks it without this program.
//!
//! Three kinds of line:
//!
//! - an **entry**: number, hash of the entry before, type, body. Its own hash is SHA-256 over the line;
//! - a **signed entry** (checkpoint, seal): the same with an Ed25519 signature over the line before it;
//! - an **attachment** of the entry above: what the entry only holds a digest of, so that it can be taken
//!   out ([`redact()`]) without breaking the chain. Names and free words stand there, salted, and the hashes
//!   of single pictures, beneath the root of a Merkle tree.

mod chain;
mod header;
mod keep;
mod key;
mod personal;
mod program;
mod reader;
mod recorder;
mod recording;
mod redact;
mod store;
mod tree;
mod verify;

pub use chain::{CHECKPOINT_EVERY, FORMAT, FORMAT_VERSION, Head};
pub use header::{Header, Mode, Origin, RecordedTrack};
pub use keep::{delete_session, expire};
pub use key::{KeyError, PublicKey, SigningKey, fresh_key_pem, read_public_keys};
pub use program::Program;
pub use recorder::{Recorder, Said};
pub use recording::{RecordingError, RecordingMatch, check_recording};
pub use redact::{RedactError, Redacted, What, redact};
pub use store::{LogOutcome, LogWriter, Store, StoreError, StoreLimits};
pub use tree::{Hash, Leaf, LeafKind, root_of};
pub use verify::{Fault, TrackLeaves, Verified, verify};

#[cfg(test)]
mod tests;
