//! Blocks with capture times onto one grid of samples.
//!
//! A block says when its first sample was captured. Between blocks the sample count is trusted
//! over the stamps, since stamps jitter by some milliseconds and samples do not; stamps correct
//! the count when they disagree for long or by much:
//!
//! - a single stamp more than 40 ms off is a gap (filled with zeros, marked missing) or an overlap
//!   (what is already there is dropped from the new block);
//! - the average disagreement is followed with a time constant of about 20 blocks and corrected
//!   once it exceeds 10 ms, which bounds the error of a sound card that runs off by 100 ppm;
//! - a gap longer than the history is no gap but a new beginning.

use crate::core::{MediaTime, VOICE_HOP_NS};

/// A stamp this far from the count is taken at its word, nanoseconds.
const JUMP_NS: i64 = 40_000_000;
/// Average disagreement that is corrected, nanoseconds.
const DRIFT_NS: i64 = 10_000_000;
/// Weight of a new stamp in the average disagreement.
const DRIFT_WEIGHT: f64 = 0.05;

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// The first block, or the first after a gap longer than the history: the grid starts anew.
    Started,
    /// It continues the sound before it.
    Continued,
    /// Sound is missing before it.
    Gap {
        /// Length of what is missing, nanoseconds.
        missing_ns: i64,
    },
    /// Its beginning was already there and was dropped.
    Overlapped {
        /// Length of what was dropped, nanoseconds.
        dropped_ns: i64,
    },
    /// All of it was already there: a repeated or late block, dropped.
    Stale {
        /// How far its end lies before the end of what is there, nanoseconds.
        behind_ns: i64,
    },
}

/// What to do with a block's mono samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub placement: Placement,
    /// Grid start, when it starts anew; a multiple of 10 ms.
    pub anchor: Option<MediaTime>,
    /// Zeros to insert before the block's samples.
    pub zeros: u64,
    /// Samples to drop from its beginning.
    pub drop: u64,
}

/// Places the blocks of one track at one sample rate.
#[derive(Debug, Clone)]
pub struct Timeline {
    rate_hz: u32,
    max_gap_ns: i64,
    anchor: Option<MediaTime>,
    samples: u64,
    drift_ns: f64,
    /// The next stamp is taken at its word.
    broken: bool,
}

impl Timeline {
    /// A timeline for blocks at `rate_hz`; longer gaps than `max_gap_ns` start it anew.
    pub fn new(rate_hz: u32, max_gap_ns: i64) -> Self {
        Self {
            rate_hz: rate_hz.max(1),
            max_gap_ns,
            anchor: None,
            samples: 0,
            drift_ns: 0.0,
            broken: false,
        }
    }

    /// Session time just after the last sample; `None` before the first block.
    pub fn end(&self) -> Option<MediaTime> {
        self.anchor.map(|a| a.plus_ns(self.ns(self.samples)))
    }

    /// Forgets everything: the next block starts the grid anew.
    pub fn restart(&mut self) {
        (self.anchor, self.samples, self.drift_ns) = (None, 0, 0.0);
    }

    /// Sound is known to be missing, or to have come from elsewhere: however little the next stamp
    /// disagrees with the count, it is right.
    pub fn break_here(&mut self) {
        self.broken = true;
    }

    /// Decides where `len` samples captured from `time` on belong.
    pub(super) fn place(&mut self, time: MediaTime, len: u64) -> Plan {
        let Some(end) = self.end() else {
            return self.start(time, len);
        };
        // Bounded, so that its negation and its absolute value exist.
        let off_ns = time.since_ns(end).max(-i64::MAX);
        if off_ns > self.max_gap_ns {
            return self.start(time, len);
        }
        let correct_ns = if std::mem::take(&mut self.broken) || off_ns.abs() > JUMP_NS {
            off_ns
        } else {
            self.drift_ns += DRIFT_WEIGHT * (off_ns as f64 - self.drift_ns);
            let settled = self.drift_ns.abs() > DRIFT_NS as f64;
            if settled { self.drift_ns as i64 } else { 0 }
        };
        if correct_ns != 0 {
            self.drift_ns = 0.0;
        }
        let count = self.count(correct_ns.abs());
        let (placement, zeros, drop) = match correct_ns {
            0 => (Placement::Continued, 0, 0),
            ns if ns > 0 => (Placement::Gap { missing_ns: ns }, count, 0),
            ns if count >= len => {
                let behind_ns = -ns - self.ns(len);
                (Placement::Stale { behind_ns }, 0, len)
            }
            ns => (Placement::Overlapped { dropped_ns: -ns }, 0, count),
        };
        self.samples += zeros + len - drop;
        Plan {
            placement,
            anchor: None,
            zeros,
            drop,
        }
    }

    fn start(&mut self, time: MediaTime, len: u64) -> Plan {
        let into_ns = time.0.rem_euclid(VOICE_HOP_NS);
        let anchor = time.plus_ns(-into_ns);
        let zeros = self.count(into_ns);
        self.anchor = Some(anchor);
        self.samples = zeros + len;
        (self.drift_ns, self.broken) = (0.0, false);
        Plan {
            placement: Placement::Started,
            anchor: Some(anchor),
            zeros,
            drop: 0,
        }
    }

    fn ns(&self, samples: u64) -> i64 {
        (i128::from(samples) * 1_000_000_000 / i128::from(self.rate_hz)) as i64
    }

    fn count(&self, ns: i64) -> u64 {
        let scaled = i128::from(ns) * i128::from(self.rate_hz) + 500_000_000;
        (scaled / 1_000_000_000).max(0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn line() -> Timeline {
        Timeline::new(16_000, 40 * S)
    }

    #[test]
    fn the_grid_starts_on_a_hop() {
        let mut t = line();
        let p = t.place(MediaTime(1_003_000_000), 320);
        assert_eq!(p.anchor, Some(MediaTime(1_000_000_000)));
        assert_eq!((p.zeros, p.placement), (48, Placement::Started));
        assert_eq!(t.end(), Some(MediaTime(1_023_000_000)));
        let mut t = line();
        let p = t.place(MediaTime(-3_000_000), 16);
        assert_eq!((p.anchor, p.zeros), (Some(MediaTime(-10_000_000)), 112));
    }

    #[test]
    fn gaps_overlaps_and_repeats_are_told_apart() {
        let ms = 1_000_000;
        let mut t = line();
        t.place(MediaTime(0), 1_600);
        assert_eq!(
            t.place(MediaTime(103 * ms), 1_600).placement,
            Placement::Continued
        );
        let p = t.place(MediaTime(500 * ms), 1_600);
        assert_eq!(
            p.placement,
            Placement::Gap {
                missing_ns: 300 * ms
            }
        );
        assert_eq!(p.zeros, 4_800);
        let p = t.place(MediaTime(550 * ms), 1_600);
        assert_eq!(
            p.placement,
            Placement::Overlapped {
                dropped_ns: 50 * ms
            }
        );
        assert_eq!(p.drop, 800);
        let p = t.place(MediaTime(500 * ms), 1_600);
        assert_eq!(p.placement, Placement::Stale { behind_ns: 50 * ms });
        assert_eq!((p.drop, t.end()), (1_600, Some(MediaTime(650 * ms))));
        let p = t.place(MediaTime(100 * S), 160);
        assert_eq!(p.placement, Placement::Started);
    }

    #[test]
    fn jitter_is_ridden_out_and_drift_is_followed() {
        let mut t = line();
        let mut placements = std::collections::BTreeMap::new();
        // 20 ms blocks whose stamps jitter by +-8 ms, from a clock that is 200 ppm fast, 5 min.
        for k in 0..15_000_i64 {
            let true_ns = k * 20_000_000 + k * 20_000_000 / 5_000;
            let jitter = if k % 2 == 0 { 8_000_000 } else { -8_000_000 };
            let p = t.place(MediaTime(true_ns + jitter), 320).placement;
            *placements
                .entry(format!("{p:?}").split(' ').next().map(str::to_owned))
                .or_insert(0) += 1;
            let error = t
                .end()
                .map_or(0, |e| e.since_ns(MediaTime(true_ns + 20_000_000)));
            assert!(error.abs() < 20_000_000, "{k}: {error}");
        }
        let gaps = placements
            .get(&Some("Gap".to_owned()))
            .copied()
            .unwrap_or(0);
        assert!((4..12).contains(&gaps), "{placements:?}");
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let mut t = line();
        for time in [i64::MIN, i64::MAX, 0, i64::MIN, 5] {
            t.place(MediaTime(time), 160);
        }
        assert!(t.end().is_some());
    }

    #[test]
    fn after_a_known_break_a_small_disagreement_is_a_gap() {
        // 20 ms are lost. Unannounced they are jitter for a while, announced a gap at once.
        let mut t = line();
        t.place(MediaTime(0), 320);
        let p = t.place(MediaTime(40_000_000), 320);
        assert_eq!((p.placement, p.zeros), (Placement::Continued, 0));
        let mut t = line();
        t.place(MediaTime(0), 320);
        t.break_here();
        let p = t.place(MediaTime(40_000_000), 320);
        let missing_ns = 20_000_000;
        assert_eq!((p.placement, p.zeros), (Placement::Gap { missing_ns }, 320));
        assert_eq!(t.end(), Some(MediaTime(60_000_000)));
        // Once only.
        let p = t.place(MediaTime(65_000_000), 320);
        assert_eq!(p.placement, Placement::Continued);
    }
}
