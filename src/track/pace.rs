//! Which pictures are looked at. Pure.
//!
//! A face moves slowly beside a fast camera, and each look costs a run of the landmark net. Pictures are left out only where
//! those that stay lie evenly and no further apart than the least rate asks for: every second one at 30 a second, three of
//! four at 60, none at 25. (At an uneven pace of 16 or 20 a second lip-sync lost a quarter of its numbers on drawn speech at
//! 25; at an even one of 12.5 it lost nothing on three real speakers: docs/performance.md.) The pictures' own times decide, so that neither the order in which tracks arrive nor the load
//! changes which ones are looked at; where everything may matter (an open
//! challenge, a mouth that was not in sight), every picture is.
//!
//! What a signal thinks of the interview does not raise this rate: its findings come when sound has come, so which
//! pictures were looked at would hang on the network. The session's ladder lowers it under load.

use crate::core::MediaTime;

/// Least looks a second where the camera gives them. Lips are sampled well enough at 15 (`models/lip_sync-l0-1.card.md`).
pub const LOOKS_PER_S: u32 = 15;

/// Room for a camera that is a little slower than it says, as a share of the distance between two looks.
const SLACK: f64 = 0.03;
/// How fast the camera's usual interval follows what comes: one part of so many.
const MEMORY: f64 = 16.0;
/// A gap of so many usual intervals is a stall and says nothing of the camera's rate.
const STALL: f64 = 4.0;

/// An even pace of looks.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Two looks lie no further apart, in nanoseconds, where the camera allows; 0 = every picture.
    most_ns: f64,
    /// The usual distance between two pictures, nanoseconds.
    interval_ns: Option<f64>,
    /// The latest look, and the latest picture.
    looked: Option<MediaTime>,
    came: Option<MediaTime>,
}

// === impl Pace ===

impl Pace {
    /// A pace of at least so many looks a second; 0 = every picture.
    pub fn new(looks_per_s: u32) -> Self {
        let most_ns = match looks_per_s {
            0 => 0.0,
            n => 1e9 * (1.0 + SLACK) / f64::from(n),
        };
        Self {
            most_ns,
            interval_ns: None,
            looked: None,
            came: None,
        }
    }

    /// True where the picture of this time is looked at; times rise. `all`: every picture is wanted now.
    ///
    /// As many intervals of the camera as fit between two looks lie there; half an interval of jitter moves none.
    pub fn takes(&mut self, time: MediaTime, all: bool) -> bool {
        if let Some(before) = self.came.replace(time) {
            let gap = time.since_ns(before) as f64;
            self.interval_ns = Some(match self.interval_ns {
                None => gap,
                Some(usual) if gap > STALL * usual => usual,
                Some(usual) => usual + (gap - usual) / MEMORY,
            });
        }
        let waits = self
            .interval_ns
            .zip(self.looked)
            .is_some_and(|(interval, looked)| {
                let steps = (self.most_ns / interval).floor();
                let since = time.since_ns(looked) as f64;
                steps >= 2.0 && since < ((steps - 0.5) * interval).min(self.most_ns)
            });
        if waits && !all && self.most_ns > 0.0 {
            return false;
        }
        self.looked = Some(time);
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
        let jitter = |i: usize| [0, 1, -1, 1][i % 4] * jitter_ns;
        let time = |i: usize| MediaTime((i as f64 / fps * 1e9) as i64 + jitter(i));
        (0..n).map(|i| pace.takes(time(i), false)).collect()
    }

    fn rate(fps: f64) -> f64 {
        let seconds = 60.0;
        let all = taken(15, fps, (fps * seconds) as usize, (1e8 / fps) as i64);
        all.iter().filter(|t| **t).count() as f64 / seconds
    }

    #[test]
    fn fast_cameras_are_looked_at_evenly_and_slow_ones_in_full() {
        for (fps, looks) in [
            (30.0, 15.0),
            (29.97, 14.985),
            (60.0, 15.0),
            (50.0, 50.0 / 3.0),
        ] {
            assert!((rate(fps) - looks).abs() < 0.3, "{fps}: {}", rate(fps));
        }
        for fps in [1.0, 5.0, 10.0, 15.0, 16.0, 20.0, 24.0, 25.0] {
            assert!((rate(fps) - fps).abs() < 0.1, "{fps}: {}", rate(fps));
        }
        assert!(
            taken(0, 30.0, 90, 0).iter().all(|t| *t),
            "0 is every picture"
        );
        let half = taken(15, 30.0, 90, 500_000);
        assert!(half[1..89].chunks(2).all(|c| c[0] != c[1]), "{half:?}");
    }

    #[test]
    fn where_everything_is_wanted_everything_is_looked_at_and_the_pace_goes_on_afterwards() {
        let mut pace = Pace::new(15);
        let at = |i: i64| MediaTime(i * 33_333_333);
        assert!((0..30).all(|i| pace.takes(at(i), true)));
        let after: Vec<bool> = (30..60).map(|i| pace.takes(at(i), false)).collect();
        assert!(after.chunks(2).all(|c| c == [false, true]), "{after:?}");
    }

    #[test]
    fn a_gap_is_followed_by_a_look() {
        let mut pace = Pace::new(15);
        assert!(
            (0..10)
                .filter(|i| pace.takes(MediaTime::from_ms(33 * i), false))
                .count()
                < 7
        );
        assert!(pace.takes(MediaTime::from_ms(60_000), false));
    }

    #[test]
    fn a_camera_that_changes_its_rate_is_followed() {
        let mut pace = Pace::new(15);
        let mut now = 0_i64;
        let mut looks = |fps: i64, n: i64| {
            let took = (0..n).filter(|_| {
                now += 1_000_000_000 / fps;
                pace.takes(MediaTime(now), false)
            });
            took.count() as i64
        };
        assert!(looks(30, 300) <= 152);
        // Nothing of a slow one is lost, from the first picture on.
        assert_eq!(looks(15, 150), 150);
        assert!(looks(30, 300) <= 190, "two seconds until it is believed");
        assert!(looks(25, 250) >= 240);
    }

    proptest! {
        /// However pictures come, none is passed over that lies further from the latest look than two looks may, and a lost
        /// one costs no more than two of the camera's intervals.
        #[test]
        fn no_look_waits_too_long(gaps in prop::collection::vec(1_i64..200, 2..300), looks in 1_u32..40, fps in 1_u32..120, lost in 2_usize..9) {
            let most = 1e3 * (1.0 + SLACK) / f64::from(looks);
            let mut pace = Pace::new(looks);
            let (mut now, mut last) = (0_i64, 0_i64);
            for gap in gaps {
                match pace.takes(MediaTime::from_ms(now), false) {
                    true => last = now,
                    false => prop_assert!(((now - last) as f64) < most, "{now} after {last}"),
                }
                now += gap;
            }
            let mut pace = Pace::new(looks);
            let (interval, mut last) = (1e3 / f64::from(fps), 0.0);
            for i in (0..400).filter(|i| i % (lost * 7) != 3) {
                let now = f64::from(i as u32) * interval;
                if pace.takes(MediaTime((now * 1e6) as i64), false) {
                    prop_assert!(now - last <= most.max(interval) + 2.0 * interval + 1e-3, "{now} after {last}");
                    last = now;
                }
            }
        }
    }
}
