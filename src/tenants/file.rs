//! The key file as text, and the decision over a presented key. Pure: no file, no clock.

use super::{Caller, digest, has_form};
use crate::core::TenantId;
use crate::session::TenantLimits;
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why a key file, or a new key, cannot be had. No text of it holds a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("server.keys_file: {0}")]
    Unreadable(String),
    /// The file is no TOML of this form.
    #[error("server.keys_file: line {line}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A value cannot be used.
    #[error("server.keys_file: {field}: expected {expected}")]
    Value {
        /// Where, as `tenant[0].keys[1].sha256`.
        field: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

/// Why a caller is not let in. The caller is told the same of all but the last; the cause is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No key was shown, or more than one.
    NoKey,
    /// No such key is known, or what was shown is none.
    Unknown,
    /// The key was revoked.
    Revoked {
        /// Whose key.
        tenant: TenantId,
        /// Its id in the file.
        key: String,
    },
    /// The key is past its date.
    Expired {
        /// Whose key.
        tenant: TenantId,
        /// Its id in the file.
        key: String,
    },
    /// The key is good and its tenant is suspended.
    Suspended {
        /// The tenant.
        tenant: TenantId,
    },
}

/// Tenants and their keys.
#[derive(Debug, Default)]
pub struct Keys {
    tenants: Vec<Tenant>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Tenant {
    caller: Caller,
    suspended: bool,
}

struct Entry {
    tenant: usize,
    id: String,
    digest: [u8; 32],
    /// Unix time in seconds.
    not_after: Option<i64>,
    revoked: bool,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, ..)", self.id)
    }
}

// === the file ===

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    tenant: Vec<TenantText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantText {
    id: String,
    #[serde(default)]
    suspended: bool,
    #[serde(default)]
    limits: LimitsText,
    #[serde(default)]
    keys: Vec<KeyText>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LimitsText {
    max_sessions: Option<u32>,
    max_session_s: Option<u32>,
    max_requests_per_min: Option<u32>,
    max_reviews: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    id: String,
    sha256: String,
    not_after: Option<toml::value::Datetime>,
    #[serde(default)]
    revoked: bool,
}

fn value(field: String, expected: &'static str) -> KeysError {
    KeysError::Value { field, expected }
}

// === impl Keys ===

impl Keys {
    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`KeysError::Syntax`] or [`KeysError::Value`] with the place.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let file: FileText = toml::from_str(text).map_err(|e| {
            let before = e.span().and_then(|s| text.get(..s.start));
            KeysError::Syntax {
                line: before.map_or(1, |t| t.matches('\n').count() + 1),
                // Not the whole error: that quotes the line. What stands in quotes is a value, which
                // may be a key that was put into the wrong place.
                message: e.message().split('"').step_by(2).collect(),
            }
        })?;
        let mut keys = Self::default();
        let mut names = HashSet::new();
        let mut digests = HashSet::new();
        for (i, tenant) in file.tenant.into_iter().enumerate() {
            let field = |name: &str| format!("tenant[{i}].{name}");
            let id = TenantId::parse(&tenant.id)
                .map_err(|_| value(field("id"), "1 to 128 characters of [A-Za-z0-9._:-]"))?;
            if !names.insert(id.clone()) {
                return Err(value(field("id"), "an id that no other tenant has"));
            }
            let mut ids = HashSet::new();
            for (k, key) in tenant.keys.into_iter().enumerate() {
                let place = format!("tenant[{i}].keys[{k}]");
                let entry = entry(&place, key, keys.tenants.len())?;
                if !ids.insert(entry.id.clone()) {
                    return Err(value(format!("{place}.id"), "an id that no other key has"));
                }
                if !digests.insert(entry.digest) {
                    return Err(value(
                        format!("{place}.sha256"),
                        "a key that is not listed twice",
                    ));
                }
                keys.entries.push(entry);
            }
            keys.tenants.push(Tenant {
                caller: Caller {
                    tenant: id,
                    limits: limits(i, &tenant.limits)?,
                },
                suspended: tenant.suspended,
            });
        }
        if keys.entries.is_empty() {
            return Err(value("tenant".to_owned(), "at least one tenant with a key"));
        }
        Ok(keys)
    }

    /// Whether a presented key lets its bearer in at a moment, Unix time in seconds.
    ///
    /// Every stored hash is compared in full, so the time taken tells nothing of how near a guess came.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub fn admit(&self, presented: Option<&str>, now_s: i64) -> Result<Caller, Refusal> {
        let presented = presented.ok_or(Refusal::NoKey)?;
        if !has_form(presented) {
            return Err(Refusal::Unknown);
        }
        let shown = digest(presented);
        let mut found = None;
        for entry in &self.entries {
            if bool::from(entry.digest.ct_eq(&shown)) {
                found = Some(entry);
            }
        }
        let entry = found.ok_or(Refusal::Unknown)?;
        let tenant = self.tenants.get(entry.tenant).ok_or(Refusal::Unknown)?;
        let name = || (tenant.caller.tenant.clone(), entry.id.clone());
        if entry.revoked {
            let (tenant, key) = name();
            return Err(Refusal::Revoked { tenant, key });
        }
        if entry.not_after.is_some_and(|end| now_s > end) {
            let (tenant, key) = name();
            return Err(Refusal::Expired { tenant, key });
        }
        if tenant.suspended {
            let (tenant, _) = name();
            return Err(Refusal::Suspended { tenant });
        }
        Ok(tenant.caller.clone())
    }

    /// Number of tenants and of keys.
    pub fn counts(&self) -> (usize, usize) {
        (self.tenants.len(), self.entries.len())
    }
}

fn entry(place: &str, key: KeyText, tenant: usize) -> Result<Entry, KeysError> {
    let named = !key.id.is_empty()
        && key.id.len() <= 64
        && key
            .id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
    if !named {
        return Err(value(
            format!("{place}.id"),
            "1 to 64 characters of [A-Za-z0-9._:-]",
        ));
    }
    let mut digest = [0; 32];
    hex::decode_to_slice(&key.sha256, &mut digest).map_err(|_| {
        value(
            format!("{place}.sha256"),
            "64 hexadecimal digits, as `liveproof keys new` prints",
        )
    })?;
    let date = |text: toml::value::Datetime| {
        OffsetDateTime::parse(&text.to_string(), &Rfc3339)
            .map(OffsetDateTime::unix_timestamp)
            .map_err(|_| {
                value(
                    format!("{place}.not_after"),
                    "a date and time with its offset, as 2027-01-31T00:00:00Z",
                )
            })
    };
    Ok(Entry {
        tenant,
        digest,
        not_after: key.not_after.map(date).transpose()?,
        revoked: key.revoked,
        id: key.id,
    })
}

fn limits(i: usize, text: &LimitsText) -> Result<TenantLimits, KeysError> {
    let at_least_one = |name: &str, n: Option<u32>| match n {
        Some(0) => Err(value(format!("tenant[{i}].limits.{name}"), "at least 1")),
        other => Ok(other),
    };
    let seconds = at_least_one("max_session_s", text.max_session_s)?;
    Ok(TenantLimits {
        max_sessions: at_least_one("max_sessions", text.max_sessions)?,
        max_length: seconds.map(|s| Duration::from_secs(u64::from(s))),
        max_requests_per_min: at_least_one("max_requests_per_min", text.max_requests_per_min)?,
        max_reviews: at_least_one("max_reviews", text.max_reviews)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenants::fresh_key;

    const NOW: i64 = 1_800_000_000;

    fn key(n: u8) -> String {
        format!("lp_{}", hex::encode([n; 32]))
    }

    fn hash(n: u8) -> String {
        hex::encode(digest(&key(n)))
    }

    fn file() -> String {
        format!(
            r#"
[[tenant]]
id = "acme"
limits = {{ max_sessions = 2, max_session_s = 60, max_requests_per_min = 9, max_reviews = 3 }}
keys = [
  {{ id = "old", sha256 = "{}", not_after = 2027-01-15T08:00:00Z }},
  {{ id = "new", sha256 = "{}" }},
  {{ id = "lost", sha256 = "{}", revoked = true }},
]
[[tenant]]
id = "globex"
suspended = true
[[tenant.keys]]
id = "a"
sha256 = "{}"
"#,
            hash(1),
            hash(2),
            hash(3),
            hash(4)
        )
    }

    #[test]
    fn a_key_opens_for_its_tenant_until_its_date() {
        let keys = Keys::parse(&file()).unwrap();
        assert_eq!(keys.counts(), (2, 4));
        // 2027-01-15T08:00:00Z is Unix second 1,800,000,000.
        let caller = keys.admit(Some(&key(1)), NOW).unwrap();
        assert_eq!(caller.tenant.as_str(), "acme");
        assert_eq!(caller.limits.max_sessions, Some(2));
        assert_eq!(caller.limits.max_length, Some(Duration::from_secs(60)));
        assert_eq!(caller.limits.max_requests_per_min, Some(9));
        assert_eq!(caller.limits.max_reviews, Some(3));
        assert_eq!(keys.admit(Some(&key(2)), NOW).unwrap(), caller, "rotation");
        let acme = TenantId::parse("acme").unwrap();
        let (tenant, name) = (acme.clone(), "old".to_owned());
        let expired = Refusal::Expired { tenant, key: name };
        assert_eq!(keys.admit(Some(&key(1)), NOW + 1).unwrap_err(), expired);
        let (tenant, name) = (acme, "lost".to_owned());
        let revoked = Refusal::Revoked { tenant, key: name };
        assert_eq!(keys.admit(Some(&key(3)), NOW).unwrap_err(), revoked);
        let tenant = TenantId::parse("globex").unwrap();
        let suspended = Refusal::Suspended { tenant };
        assert_eq!(keys.admit(Some(&key(4)), NOW).unwrap_err(), suspended);
    }

    #[test]
    fn what_is_no_known_key_is_unknown() {
        let keys = Keys::parse(&file()).unwrap();
        assert_eq!(keys.admit(None, NOW), Err(Refusal::NoKey));
        let long = "x".repeat(1 << 20);
        let upper = key(2).to_uppercase();
        for bad in [
            "",
            "lp_",
            "lp_00",
            &key(9),
            &hash(2),
            &long,
            &upper,
            "hunter2",
        ] {
            assert_eq!(keys.admit(Some(bad), NOW), Err(Refusal::Unknown));
        }
        // Even where an operator stored the hash of a word.
        let word = hex::encode(digest("hunter2"));
        let text = format!("[[tenant]]\nid='a'\nkeys=[{{id='k',sha256='{word}'}}]");
        let keys = Keys::parse(&text).unwrap();
        assert_eq!(keys.admit(Some("hunter2"), NOW), Err(Refusal::Unknown));
    }

    #[test]
    fn a_fresh_key_opens_with_its_entry_and_shows_nothing_else() {
        let tenant = TenantId::parse("acme").unwrap();
        let fresh = fresh_key(&tenant, None).unwrap();
        let other = fresh_key(&tenant, Some("n1")).unwrap();
        assert_ne!(fresh.secret, other.secret);
        assert!(other.entry.contains("id = \"n1\""));
        assert!(!fresh.entry.contains(&fresh.secret[3..]));
        assert!(!format!("{fresh:?}").contains(&fresh.secret[3..]));
        let keys = Keys::parse(&fresh.entry).unwrap();
        assert_eq!(keys.admit(Some(&fresh.secret), NOW).unwrap().tenant, tenant);
        assert!(keys.admit(Some(&other.secret), NOW).is_err());
    }

    #[test]
    fn faults_of_the_file_are_placed_and_quote_no_hash() {
        let h = hash(1);
        let rows = [
            ("", "tenant: expected at least one tenant with a key"),
            ("[[tenant]]\nid='a'", "at least one tenant with a key"),
            ("[[tenant]]\nid='a b'", "tenant[0].id"),
            ("x = 1", "line 1: unknown field `x`"),
            ("[[tenant]\n", "line 1"),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='HH',revoked='HH'}]",
                "line 3: invalid type: string",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='HH',revokd=true}]",
                "line 3: unknown field `revokd`",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='12'}]",
                "keys[0].sha256: expected 64",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='',sha256='HH'}]",
                "keys[0].id",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='HH'},{id='k',sha256='11'}]",
                "keys[1].sha256",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='HH'},{id='l',sha256='HH'}]",
                "keys[1].sha256: expected a key that is not listed twice",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='HH',not_after=2027-01-31}]",
                "keys[0].not_after: expected a date and time",
            ),
            (
                "[[tenant]]\nid='a'\nlimits={max_sessions=0}\nkeys=[{id='k',sha256='HH'}]",
                "limits.max_sessions: expected at least 1",
            ),
            (
                "[[tenant]]\nid='a'\nkeys=[{id='k',sha256='HH'}]\n[[tenant]]\nid='a'",
                "tenant[1].id: expected an id that no other",
            ),
        ];
        for (text, expect) in rows {
            let error = Keys::parse(&text.replace("HH", &h))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("server.keys_file: "), "{error}");
            assert!(error.contains(expect), "{error}\nlacks\n{expect}");
            assert!(!error.contains(&h), "{error}");
        }
    }
}
