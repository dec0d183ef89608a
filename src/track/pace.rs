//! Which pictures are looked at. Pure.
//!
//! A face moves slowly beside a camera's rate: lips are sampled well enough at far less than 30 pictures a second, and
//! each look costs a run of the landmark net. Pictures are taken at an even rate by their own times, so that neither
//! the order in which tracks arrive nor the load changes which ones; where everything may matter (an open challenge),
//! every picture is.
//!
//! What a signal thinks of the interview does not raise the rate: its findings come when sound has come, so which
//! pictures were looked at would hang on the network. The session's ladder lowers it under load.

use crate::core::MediaTime;

/// Looks a second at which the published figures were measured.
pub const LOOKS_PER_S: u32 = 16;

/// An even rate of looks.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Nanoseconds between two looks; 0 = every picture.
    interval_ns: i64,
    due: Option<MediaTime>,
}

// === impl Pace ===

impl Pace {
    /// A pace of so many looks a second; 0 = every picture.
    pub fn new(looks_per_s: u32) -> Self {
        let interval_ns = 1_000_000_000_i64
            .checked_div(i64::from(looks_per_s))
            .unwrap_or(0);
        Self {
            interval_ns,
            due: None,
        }
    }

    /// True where the picture of this time is looked at; times rise. `all`: every picture is wanted now.
    ///
    /// A picture may come a quarter of an interval early, so that a camera at the very rate is looked at in full whatever
    /// its clock's jitter. What is late is not made up for, but for one look.
    pub fn takes(&mut self, time: MediaTime, all: bool) -> bool {
        let Some(due) = self.due.filter(|_| self.interval_ns > 0) else {
            self.due = Some(time.plus_ns(self.interval_ns));
            return true;
        };
        if !all && time.since_ns(due) < -(self.interval_ns / 4) {
            return false;
        }
        self.due = Some(match all {
            true => time.plus_ns(self.interval_ns),
            // In step with the looks before, but for what has been missed.
            false => due.plus_ns(self.interval_ns).max(time),
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Which of `n` pictures at `fps` are looked at; each off its time by up to `jitter_ns`.
    fn taken(looks: u32, fps: f64, n: usize, jitter_ns: i64) -> Vec<bool> {
        let mut pace = Pace::new(looks);
        let time =
            |i: usize| MediaTime((i as f64 / fps * 1e9) as i64 + [0, 1, -1, 1][i % 4] * jitter_ns);
        (0..n).map(|i| pace.takes(time(i), false)).collect()
    }

    fn rate(looks: u32, fps: f64) -> f64 {
        let seconds = 60.0;
        let all = taken(looks, fps, (fps * seconds) as usize, 1_000_000);
        all.iter().filter(|t| **t).count() as f64 / seconds
    }

    #[test]
    fn fast_cameras_are_looked_at_at_the_pace_and_slow_ones_in_full() {
        for fps in [16.0, 20.0, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0] {
            assert!(
                (rate(16, fps) - 16.0).abs() < 0.3,
                "{fps}: {}",
                rate(16, fps)
            );
        }
        for fps in [1.0, 5.0, 10.0, 12.0, 15.0] {
            assert!(
                (rate(16, fps) - fps).abs() < 0.1,
                "{fps}: {}",
                rate(16, fps)
            );
        }
        assert!(
            taken(0, 30.0, 90, 0).iter().all(|t| *t),
            "0 is every picture"
        );
        // Half of a camera's rate is every second picture.
        let half = taken(15, 30.0, 90, 2_000_000);
        assert!(half.chunks(2).all(|c| c == [true, false]), "{half:?}");
    }

    #[test]
    fn where_everything_is_wanted_everything_is_looked_at_and_the_pace_goes_on_afterwards() {
        let mut pace = Pace::new(10);
        let at = |ms| MediaTime::from_ms(ms);
        assert!((0..30).all(|i| pace.takes(at(33 * i), true)));
        let after: Vec<bool> = (30..60).map(|i| pace.takes(at(33 * i), false)).collect();
        let looks = after.iter().filter(|t| **t).count();
        assert!((9..=11).contains(&looks), "{after:?}");
    }

    #[test]
    fn a_gap_is_not_made_up_for() {
        let mut pace = Pace::new(10);
        assert!(pace.takes(MediaTime::ZERO, false));
        let after: Vec<bool> = (0..30)
            .map(|i| pace.takes(MediaTime::from_ms(60_000 + 33 * i), false))
            .collect();
        assert!(
            after[0] && after.iter().filter(|t| **t).count() <= 12,
            "{after:?}"
        );
    }

    proptest! {
        /// However pictures come, none is waited for longer than an interval and a picture, and no more are looked at than
        /// the pace and one gap's worth allow.
        #[test]
        fn looks_are_neither_rare_nor_many(gaps in prop::collection::vec(1_i64..200, 2..300), looks in 1_u32..40) {
            let mut pace = Pace::new(looks);
            let interval_ms = 1000.0 / f64::from(looks);
            let (mut now, mut last, mut n) = (0_i64, 0_i64, 0_u32);
            for (i, gap) in gaps.iter().enumerate() {
                if pace.takes(MediaTime::from_ms(now), false) {
                    (last, n) = (now, n + 1);
                } else {
                    prop_assert!(((now - last) as f64) < interval_ms, "{i}: {now} after {last}");
                }
                now += gap;
            }
            prop_assert!(f64::from(n) <= now as f64 / interval_ms + 2.0, "{n} looks in {now} ms");
        }
    }
}
