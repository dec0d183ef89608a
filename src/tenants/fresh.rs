//! Keys are made here and shown once.

use super::{KEY_BYTES, KeysError, PREFIX, digest};
use crate::core::TenantId;
use std::fmt::Write as _;

/// A key that was just made. Its `Debug` does not show it.
pub struct FreshKey {
    /// The key, for its tenant; it is stored nowhere.
    pub secret: String,
    /// The entry for the key file.
    pub entry: String,
}

impl std::fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FreshKey(..)")
    }
}

/// Makes a key for a tenant from the system's random numbers; `id` names it in the file and in logs,
/// and is drawn where none is given.
///
/// # Errors
/// [`KeysError::Random`] when the system gives no random numbers.
pub fn fresh_key(tenant: &TenantId, id: Option<&str>) -> Result<FreshKey, KeysError> {
    let mut random = [0; KEY_BYTES + 4];
    getrandom::fill(&mut random).map_err(|e| KeysError::Random(e.to_string()))?;
    let (key, name) = random.split_at(KEY_BYTES);
    let secret = format!("{PREFIX}{}", hex::encode(key));
    let id = id.map_or_else(|| hex::encode(name), str::to_owned);
    let mut entry = String::new();
    let _ = write!(
        entry,
        "[[tenant]]\nid = \"{tenant}\"\n\n[[tenant.keys]]\nid = \"{id}\"\nsha256 = \"{}\"\n",
        hex::encode(digest(&secret))
    );
    Ok(FreshKey { secret, entry })
}
