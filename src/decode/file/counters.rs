//! Counts of one stream, when it is given up, and its timestamps in nanoseconds.

use super::{DecodeError, MAX_BACKWARD_RUN, MAX_ERROR_SHARE, MIN_ERRORS};
use crate::core::MediaTime;
use ffmpeg_next as ff;

/// Counts of one stream, and the watch over its times.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) packets: u64,
    pub(super) errors: u64,
    pub(super) delivered: u64,
    pub(super) untimed: u64,
    pub(super) non_monotonic: u64,
    pub(super) backward_run: u32,
    pub(super) last: Option<MediaTime>,
}

impl Counters {
    /// Counts a failed packet.
    ///
    /// # Errors
    /// [`DecodeError::TooManyErrors`] when the stream is to be given up.
    pub(super) fn failed(&mut self, index: usize) -> Result<(), DecodeError> {
        self.errors += 1;
        if self.errors >= MIN_ERRORS && self.errors as f64 > self.packets as f64 * MAX_ERROR_SHARE {
            return Err(DecodeError::TooManyErrors {
                index,
                errors: self.errors,
                packets: self.packets,
            });
        }
        Ok(())
    }

    /// True when `time` lies after everything delivered before.
    ///
    /// # Errors
    /// [`DecodeError::TimestampsGoBack`] after too many in a row that do not.
    pub(super) fn rises(&mut self, time: MediaTime, index: usize) -> Result<bool, DecodeError> {
        match self.last {
            Some(last) if time <= last => {
                self.non_monotonic += 1;
                self.backward_run += 1;
                if self.backward_run > MAX_BACKWARD_RUN {
                    return Err(DecodeError::TimestampsGoBack {
                        index,
                        at_ms: last.0 / 1_000_000,
                    });
                }
                Ok(false)
            }
            _ => {
                self.backward_run = 0;
                self.last = Some(time);
                self.delivered += 1;
                Ok(true)
            }
        }
    }
}

/// A timestamp in nanoseconds, rounded to the nearest; saturating. A time base of zero, which no
/// sound container has, counts as nanoseconds.
pub(super) fn to_ns(ts: i64, base: ff::Rational) -> i64 {
    let (num, den) = (i128::from(base.numerator()), i128::from(base.denominator()));
    if num <= 0 || den <= 0 {
        return ts;
    }
    let scaled = i128::from(ts) * num * 1_000_000_000;
    let rounded = (scaled + den / 2).div_euclid(den);
    rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}
