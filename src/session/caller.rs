//! Who opens an interview, and what they may.

use crate::core::TenantId;
use std::time::Duration;

/// Who opens an interview. Established at the door, before anything of the stream is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// Whose interview it is.
    pub tenant: TenantId,
    /// What this tenant may, within what the server grants anybody.
    pub limits: TenantLimits,
}

/// Bounds of one tenant; `None` leaves the server's own bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TenantLimits {
    /// Interviews at the same time.
    pub max_sessions: Option<u32>,
    /// Longest interview.
    pub max_length: Option<Duration>,
    /// Calls a minute; an interview is one call.
    pub max_requests_per_min: Option<u32>,
    /// Review jobs that wait or run.
    pub max_reviews: Option<u32>,
}

// === impl Caller ===

impl Caller {
    /// The longest interview of this caller at a server that grants `server`.
    pub fn max_length(&self, server: Duration) -> Duration {
        self.limits.max_length.map_or(server, |own| own.min(server))
    }
}
