//! Who may call: the file of tenants and their API keys, and what a presented key is worth.
//!
//! **In:** the key file, a presented key. **Out:** a [`Caller`], or a [`Refusal`] whose cause stays in
//! the log. **May touch:** `core`, `session` for the caller's type, `telemetry`; [`KeyStore`] alone reads
//! the file and the wall clock, which dates of expiry need. **Must not touch:** the wire.
//!
//! A key is 256 random bits, and the file holds its SHA-256. A slow hash (argon2, scrypt) defends words
//! that people choose, of which there are few; there are too many of these keys to try, so it would only
//! make refusing strangers expensive for the server. For the same reason nothing but a key of this form
//! is ever looked up: a password whose hash was put into the file does not open the door.

mod file;
mod fresh;
mod store;

pub use file::{Keys, KeysError, Refusal};
pub use fresh::{FreshKey, fresh_key};
pub use store::KeyStore;

use crate::session::Caller;
use sha2::{Digest as _, Sha256};

/// What a key begins with, so that scanners of repositories can tell one.
const PREFIX: &str = "lp_";
/// Random bytes in a key.
const KEY_BYTES: usize = 32;

/// True when the text has the form of a key.
fn has_form(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == 2 * KEY_BYTES && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
