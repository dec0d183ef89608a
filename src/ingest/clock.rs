//! Track clocks against session time.

use super::BACKLOG_NS;
use crate::core::{ClockSource, MediaTime};

/// A clock whose first timestamp lies at most this far from the session's present is taken to
/// show session time: 60 s.
const NEAR_NS: i64 = 60_000_000_000;
/// The same before the session's present: 1 s.
const BEFORE_NS: i64 = 1_000_000_000;

/// One clock, shared by the tracks that name it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    /// Added to the clock's timestamps to get session time; `None` until it is known.
    offset_ns: Option<i64>,
    /// The offset before the latest reset; chunks under way still use it.
    previous_ns: Option<i64>,
    source: ClockSource,
}

impl Clock {
    pub(super) fn new(source: ClockSource) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    pub(super) fn source(&self) -> ClockSource {
        self.source
    }

    /// The sender states the relation to session time.
    pub(super) fn state(&mut self, offset_ns: i64, source: ClockSource) {
        self.offset_ns = Some(offset_ns);
        self.previous_ns = None;
        self.source = source;
    }

    /// Offset for the clock's first timestamp. Where it shows session time already, or reads like
    /// one of the `others` (two tracks in Unix time, each with a clock of its own), that relation is
    /// taken, so that what was captured earlier lies earlier, however late it comes. Any other clock
    /// is shifted so that its first timestamp is the session's present; beside other clocks that says
    /// when it came, not when it was captured, so whatever the sender claims, its relation is unknown.
    pub(super) fn anchor(&mut self, capture_ns: i64, present: MediaTime, others: &[i64]) -> i64 {
        if let Some(known) = self.offset_ns {
            return known;
        }
        let ahead = |offset: i64| {
            let at = capture_ns.saturating_add(offset);
            at.saturating_sub(present.0)
        };
        let own = Some(0).filter(|o| (-BEFORE_NS..=NEAR_NS).contains(&ahead(*o)));
        let alike = others.iter().copied();
        let alike = alike.filter(|o| (-BACKLOG_NS..=NEAR_NS).contains(&ahead(*o)));
        let candidates = own.into_iter().chain(alike);
        let nearest = candidates.min_by_key(|o| (ahead(*o).unsigned_abs(), *o));
        if nearest.is_none() && !others.is_empty() {
            self.source = ClockSource::Unknown;
        }
        let offset = nearest.unwrap_or_else(|| present.0.saturating_sub(capture_ns));
        self.offset_ns = Some(offset);
        offset
    }

    /// Added to timestamps, where it is known.
    pub(super) fn offset(&self) -> Option<i64> {
        self.offset_ns
    }

    /// The offset that brings a timestamp nearest to where its track stands.
    pub(super) fn offset_near(&self, capture_ns: i64, last: MediaTime) -> i64 {
        let current = self.offset_ns.unwrap_or(0);
        let miss = |offset: i64| {
            capture_ns
                .saturating_add(offset)
                .saturating_sub(last.0)
                .unsigned_abs()
        };
        match self.previous_ns {
            Some(previous) if miss(previous) < miss(current) => previous,
            _ => current,
        }
    }

    /// The clock was set back: from now on its timestamp `capture_ns` is the session's present.
    /// What was known of it no longer holds.
    pub(super) fn reset(&mut self, capture_ns: i64, present: MediaTime) -> i64 {
        let offset = present.0.saturating_sub(capture_ns);
        self.previous_ns = self.offset_ns;
        self.offset_ns = Some(offset);
        self.source = ClockSource::Unknown;
        offset
    }
}
