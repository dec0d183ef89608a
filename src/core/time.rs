//! Session time and spans of it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in session time, in nanoseconds; may be negative before the session's zero.
///
/// Serialised as whole microseconds, which stay exact in readers that hold numbers as doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MediaTime(pub i64);

impl Serialize for MediaTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.as_us())
    }
}

impl<'de> Deserialize<'de> for MediaTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_us)
    }
}

impl MediaTime {
    /// The session's zero.
    pub const ZERO: Self = Self(0);

    /// From microseconds, saturating.
    pub const fn from_us(us: i64) -> Self {
        Self(us.saturating_mul(1_000))
    }

    /// From milliseconds, saturating.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From seconds; a value that is not finite becomes zero.
    pub fn from_secs_f64(s: f64) -> Self {
        if s.is_finite() {
            Self((s * 1e9).round() as i64)
        } else {
            Self::ZERO
        }
    }

    /// Whole microseconds, rounded towards negative infinity.
    pub const fn as_us(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The whole microsecond at or before this time: what the live protocol can carry.
    pub const fn floor_us(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(1_000)))
    }

    /// Milliseconds.
    pub fn as_ms_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// `self + ns`, saturating.
    pub const fn plus_ns(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// `self - earlier` in nanoseconds, saturating.
    pub const fn since_ns(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A half-open stretch of session time, `start <= t < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// First instant inside.
    #[serde(rename = "start_us")]
    pub start: MediaTime,
    /// First instant after.
    #[serde(rename = "end_us")]
    pub end: MediaTime,
}

impl Span {
    /// A span; an end before the start is taken as empty at the start.
    pub fn new(start: MediaTime, end: MediaTime) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// Length in nanoseconds, never negative.
    pub fn len_ns(&self) -> i64 {
        self.end.since_ns(self.start).max(0)
    }

    /// Length in seconds.
    pub fn len_s(&self) -> f64 {
        self.len_ns() as f64 / 1e9
    }

    /// The stretch in words, as `0.0 to 4.5 s`.
    pub fn words(&self) -> String {
        let (start, end) = (self.start.as_secs_f64(), self.end.as_secs_f64());
        format!("{start:.1} to {end:.1} s")
    }

    /// True when nothing lies inside.
    pub fn is_empty(&self) -> bool {
        self.len_ns() == 0
    }

    /// True when `t` lies inside.
    pub fn contains(&self, t: MediaTime) -> bool {
        self.start <= t && t < self.end
    }

    /// The part that both spans share, empty when there is none.
    pub fn intersect(&self, other: &Self) -> Self {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_round_trip_also_below_zero() {
        for us in [-3, -1, 0, 1, 1_234_567] {
            assert_eq!(MediaTime::from_us(us).as_us(), us);
        }
        assert_eq!(MediaTime(-1).as_us(), -1);
        assert_eq!(MediaTime(-1).floor_us(), MediaTime(-1_000));
        assert_eq!(MediaTime(i64::MIN).floor_us(), MediaTime(i64::MIN));
        assert_eq!(MediaTime::from_us(i64::MAX), MediaTime(i64::MAX));
    }

    #[test]
    fn spans_are_half_open_and_never_negative() {
        let s = Span::new(MediaTime(10), MediaTime(20));
        assert!(s.contains(MediaTime(10)) && !s.contains(MediaTime(20)));
        assert!(Span::new(MediaTime(5), MediaTime(1)).is_empty());
        assert_eq!(
            s.intersect(&Span::new(MediaTime(15), MediaTime(40)))
                .len_ns(),
            5
        );
        assert!(
            s.intersect(&Span::new(MediaTime(30), MediaTime(40)))
                .is_empty()
        );
    }
}
