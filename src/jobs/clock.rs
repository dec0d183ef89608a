//! The wall clock: jobs have dates. No result depends on it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix time in milliseconds.
pub(super) fn now_ms() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "when a job was handed in and when it is deleted are dates; no result depends on them"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
