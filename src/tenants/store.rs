//! The key file while the server runs: read anew when it changes.

use super::{Caller, Keys, KeysError, Refusal};
use crate::telemetry::{KeysReloaded, KeysUnreadable};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Between two looks at the file: 1 s. A revoked key is refused this long after the file was saved.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Largest key file read: 16 MiB, about 100,000 keys.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The keys of a server. Shared by its services.
#[derive(Debug)]
pub struct KeyStore {
    path: PathBuf,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    keys: Keys,
    stamp: Stamp,
    looked: SystemTime,
}

/// By what a change of the file is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let meta = std::fs::metadata(path)?;
        Ok(Self {
            modified: meta.modified().ok(),
            bytes: meta.len(),
            inode: meta.ino(),
        })
    }
}

/// The wall clock: keys have dates. Nothing that is measured depends on it.
fn wall_clock() -> SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "a key's last day is a date; no result depends on it"
    )]
    SystemTime::now()
}

fn read(path: &Path) -> Result<(Keys, Stamp), KeysError> {
    let unreadable =
        |e: std::io::Error| KeysError::Unreadable(format!("cannot read {}: {e}", path.display()));
    // The stamp first: a change in between is then noticed at the next look.
    let stamp = Stamp::of(path).map_err(unreadable)?;
    if stamp.bytes > MAX_FILE_BYTES {
        let text = format!("{} bytes, at most {MAX_FILE_BYTES} are read", stamp.bytes);
        return Err(KeysError::Unreadable(text));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok((Keys::parse(&text)?, stamp))
}

// === impl KeyStore ===

impl KeyStore {
    /// Reads the key file.
    ///
    /// # Errors
    /// A file that cannot be read or used.
    pub fn open(path: &Path) -> Result<Self, KeysError> {
        let (keys, stamp) = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            current: Mutex::new(Current {
                keys,
                stamp,
                looked: wall_clock(),
            }),
        })
    }

    /// Whether a presented key lets its bearer in now. Looks first whether the file has changed, at
    /// most once a second; a file that cannot be used leaves the keys as they were, and is logged.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub fn admit(&self, presented: Option<&str>) -> Result<Caller, Refusal> {
        let now = wall_clock();
        let mut current = self.lock();
        // A clock that was set back counts as a reason to look.
        let due = now
            .duration_since(current.looked)
            .map_or(true, |since| since >= LOOK_INTERVAL);
        if due {
            current.looked = now;
            let stamp = Stamp::of(&self.path).unwrap_or_default();
            if stamp != current.stamp {
                self.refresh(&mut current);
            }
        }
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_s = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        current.keys.admit(presented, now_s)
    }

    /// Reads the file anew, whether it has changed or not.
    pub fn reload(&self) {
        let mut current = self.lock();
        self.refresh(&mut current);
    }

    fn refresh(&self, current: &mut Current) {
        match read(&self.path) {
            Ok((keys, stamp)) => {
                let (tenants, keys_known) = keys.counts();
                *current = Current {
                    keys,
                    stamp,
                    looked: current.looked,
                };
                KeysReloaded {
                    tenants,
                    keys: keys_known,
                }
                .emit();
            }
            Err(error) => {
                // Told once per state of the file, not once per look.
                current.stamp = Stamp::of(&self.path).unwrap_or_default();
                KeysUnreadable {
                    error: error.to_string(),
                }
                .emit();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // Keys are replaced in one assignment; a panic elsewhere leaves them whole.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::TenantId;
    use crate::tenants::fresh_key;

    #[test]
    fn a_changed_file_counts_and_a_broken_one_leaves_the_keys_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let tenant = TenantId::parse("acme").unwrap();
        let (first, second) = (
            fresh_key(&tenant, None).unwrap(),
            fresh_key(&tenant, None).unwrap(),
        );
        assert!(KeyStore::open(&path).is_err());
        std::fs::write(&path, &first.entry).unwrap();
        let store = KeyStore::open(&path).unwrap();
        let opens = |key: &str| store.admit(Some(key)).is_ok();
        assert!(opens(&first.secret) && !opens(&second.secret));
        std::fs::write(&path, "not a key file").unwrap();
        store.reload();
        assert!(opens(&first.secret));
        std::fs::write(&path, &second.entry).unwrap();
        // As if the last look lay a while back.
        store.lock().looked = UNIX_EPOCH;
        assert!(opens(&second.secret) && !opens(&first.secret));
        std::fs::remove_file(&path).unwrap();
        store.lock().looked = UNIX_EPOCH;
        assert!(opens(&second.secret));
    }
}
