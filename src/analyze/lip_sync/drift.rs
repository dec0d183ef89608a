//! What a session's readings mean: baseline, drift, stretches, and the evidence they carry. Pure.
//!
//! Weights are design choices, small on purpose: no labelled set of real drifts exists to fit
//! them. They follow the limits of perception and acceptance for a constant offset (ITU-R
//! BT.1359-1, sign reversed: here positive = audio late).

use super::reading::{Lock, Reading};
use crate::core::{ClockSource, median};
use std::collections::VecDeque;

/// Locked speech that the baseline is drawn from, seconds.
pub const BASELINE_SPEECH_S: f64 = 30.0;
/// Locked speech from which a first baseline is used, seconds.
const FIRST_BASELINE_S: f64 = 8.0;
/// Offsets this far from the baseline are a shift, milliseconds. Twice the spread that natural
/// articulation leaves in 10 s windows.
pub const SHIFT_MS: f64 = 80.0;
/// Offsets acceptable to viewers, milliseconds.
pub const ACCEPTABLE_MS: (f64, f64) = (-90.0, 185.0);
/// A steady slope above this is drift, milliseconds per second.
const SLOPE_MS_PER_S: f64 = 5.0;
/// Wander above this is instability: median absolute deviation in milliseconds.
const WANDER_MS: f64 = 40.0;
/// Uncorrelated speech before it counts as evidence, seconds.
const UNCORRELATED_S: f64 = 10.0;
/// Speech since the last lock before it counts that there is none any more, seconds. On every real recording of the figures
/// (docs/accuracy.md, all degradations; lip_sync-l0-1.card.md) a lock once found came back within this.
const LOST_S: f64 = 6.0;
/// Locked readings from which a session is known to lock.
const KNOWN_TO_LOCK: usize = 3;
/// A drift counts where a reading of the last seconds said the same, to within this many milliseconds per second: one
/// reading alone was looked for at ten rates.
const AGREE_S: f64 = 9.0;
const AGREE_MS_PER_S: f64 = 25.0;
/// Mouth opening, band-passed, below which the mouth is called still, in eye distances.
const STILL_MOUTH: f64 = 0.004;
/// Readings kept for slope and wander.
const KEPT: usize = 12;
/// Readings kept for the baseline; one per segment, so about 3 minutes.
const BASELINE_KEPT: usize = 64;

/// A stretch whose offset differs from the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// First instant, seconds of session time, to half a second.
    pub start_s: f64,
    /// End, when it has ended.
    pub end_s: Option<f64>,
    /// Offset in milliseconds, positive = audio late.
    pub offset_ms: f64,
    /// Offset minus baseline, milliseconds.
    pub shift_ms: f64,
}

/// What the latest reading means.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Log-likelihood ratio, positive = manipulated; `None` when nothing can be said.
    pub llr: Option<f64>,
    /// Median offset of the first locked speech, once there is enough.
    pub baseline_ms: Option<f64>,
    /// Drift in milliseconds per second over the last locked readings, once there are enough.
    pub slope_ms_per_s: Option<f64>,
    /// The stretch that the reading lies in or has just ended.
    pub stretch: Option<Stretch>,
    /// Why `llr` is `None`, or what it stands for, in words.
    pub words: &'static str,
}

/// A session's memory of its readings. Bounded.
#[derive(Debug, Clone, Default)]
pub struct Drift {
    baseline: Vec<f64>,
    baseline_speech_s: f64,
    recent: VecDeque<(f64, f64)>,
    stretch: Option<Stretch>,
    uncorrelated_s: f64,
    /// Speech since the last lock.
    unlocked_s: f64,
    /// End and rate of the last reading that drifted.
    drifted: Option<(f64, f64)>,
}

impl Drift {
    /// Takes a reading whose context ended at `end_s`. `new_speech_s` is the speech since the
    /// last reading, so that nothing is counted twice; `own_voice` is false when other people
    /// may be heard on the same track.
    pub fn take(
        &mut self,
        reading: &Reading,
        end_s: f64,
        new_speech_s: f64,
        clock: ClockSource,
        own_voice: bool,
    ) -> Judgement {
        let lock = if self.alone(reading, end_s) { Lock::Undetermined } else { reading.lock };
        self.unlocked_s = if lock == Lock::Locked { 0.0 } else { self.unlocked_s + new_speech_s };
        match lock {
            Lock::Locked => self.locked(reading, end_s, new_speech_s, clock),
            Lock::Uncorrelated => self.uncorrelated(reading, new_speech_s, own_voice),
            Lock::Undetermined => {
                self.uncorrelated_s = 0.0;
                self.lost_or("measured, but not clear enough to lock", own_voice)
            }
        }
    }

    /// Whether a reading drifts as no other did shortly before.
    fn alone(&mut self, r: &Reading, end_s: f64) -> bool {
        if r.lock != Lock::Locked || r.drift_ms_per_s == 0.0 {
            return false;
        }
        let before = self.drifted.replace((end_s, r.drift_ms_per_s));
        before.is_none_or(|(at, rate)| {
            end_s - at > AGREE_S || (rate - r.drift_ms_per_s).abs() > AGREE_MS_PER_S || rate * r.drift_ms_per_s < 0.0
        })
    }

    fn judge(&self, llr: Option<f64>, stretch: Option<Stretch>, words: &'static str) -> Judgement {
        Judgement {
            llr,
            baseline_ms: self.baseline_ms(),
            slope_ms_per_s: self.slope(),
            stretch,
            words,
        }
    }

    /// Median offset of the first locked speech.
    pub fn baseline_ms(&self) -> Option<f64> {
        (self.baseline_speech_s >= FIRST_BASELINE_S).then(|| median(self.baseline.iter().copied())).flatten()
    }

    /// Evidence of speech without a lock where there was one: less than that of lips which move to something else, since
    /// much else can hide a lock.
    fn lost(&self) -> Option<f64> {
        let known = self.baseline.len() >= KNOWN_TO_LOCK;
        (known && self.unlocked_s >= LOST_S).then(|| 0.5 + 0.5 * ((self.unlocked_s - LOST_S) / 20.0).min(1.0))
    }

    /// What a reading without a lock means, if nothing more is known of it.
    fn lost_or(&self, words: &'static str, own_voice: bool) -> Judgement {
        match self.lost().filter(|_| own_voice) {
            Some(llr) => self.judge(Some(llr), None, "lips and voice went together before, and no longer do"),
            None => self.judge(None, None, words),
        }
    }

    fn locked(&mut self, r: &Reading, end_s: f64, new_speech_s: f64, clock: ClockSource) -> Judgement {
        self.uncorrelated_s = 0.0;
        let shift = self.baseline_ms().map_or(0.0, |b| r.offset_ms - b);
        let shifted = shift.abs() > SHIFT_MS;
        let steady = r.drift_ms_per_s == 0.0;
        if steady && self.baseline_speech_s < BASELINE_SPEECH_S && !shifted && self.baseline.len() < BASELINE_KEPT {
            self.baseline.push(r.offset_ms);
            self.baseline_speech_s += new_speech_s;
        }
        let began_s = end_s - r.run_s;
        let mut stretch = self.stretch;
        if shifted {
            let same = stretch.is_some_and(|s| (s.offset_ms - r.offset_ms).abs() <= SHIFT_MS);
            if !same {
                self.recent.clear();
            }
            let start_s = stretch.filter(|_| same).map_or(began_s, |s| s.start_s);
            stretch = Some(Stretch {
                start_s,
                end_s: None,
                offset_ms: r.offset_ms,
                shift_ms: shift,
            });
            self.stretch = stretch;
        } else if let Some(open) = self.stretch.take() {
            self.recent.clear();
            stretch = Some(Stretch {
                end_s: Some(began_s.max(open.start_s)),
                ..open
            });
        }
        self.recent.push_back((end_s, r.offset_ms));
        if self.recent.len() > KEPT {
            self.recent.pop_front();
        }
        let (llr, words) = self.weigh(r, shift, clock);
        let judged = self.judge(Some(llr), stretch, words);
        let within = Some(r.drift_ms_per_s).filter(|_| !steady);
        Judgement { slope_ms_per_s: judged.slope_ms_per_s.or(within), ..judged }
    }

    /// Evidence of a locked reading.
    fn weigh(&self, r: &Reading, shift: f64, clock: ClockSource) -> (f64, &'static str) {
        if shift.abs() > SHIFT_MS {
            let llr = (0.5 + (shift.abs() - SHIFT_MS) / 160.0).min(1.5);
            return (llr, "the offset has shifted against the start of the interview");
        }
        if r.drift_ms_per_s != 0.0 {
            return (drifting(r.drift_ms_per_s), DRIFTS);
        }
        if self.wander().is_some_and(|w| w > WANDER_MS) {
            return (0.5, "the offset wanders");
        }
        if let Some(slope) = self.slope().filter(|s| s.abs() > SLOPE_MS_PER_S) {
            return (drifting(slope), DRIFTS);
        }
        let beyond = (ACCEPTABLE_MS.0 - r.offset_ms).max(r.offset_ms - ACCEPTABLE_MS.1);
        if beyond > 0.0 {
            // A device, a headset or a processing delay: only as telling as the clocks are sure.
            let cap = match clock {
                ClockSource::Unknown => 0.0,
                ClockSource::Estimated => 0.3,
                ClockSource::Platform => 0.8,
            };
            return ((0.3 + beyond / 400.0).min(cap), "constant offset outside of what viewers accept");
        }
        let sure = (r.speech_s / 6.0).min(1.0);
        (-0.5 * sure, "lips and voice agree at a natural offset")
    }

    fn uncorrelated(&mut self, r: &Reading, new_speech_s: f64, own_voice: bool) -> Judgement {
        self.recent.clear();
        if !own_voice {
            return self.judge(None, None, "speech without matching lips, on a track that several people may share");
        }
        // The reading itself already rests on this much speech when it turns uncorrelated.
        self.uncorrelated_s = if self.uncorrelated_s == 0.0 { r.speech_s } else { self.uncorrelated_s + new_speech_s };
        if self.uncorrelated_s < UNCORRELATED_S {
            return self.lost_or("speech without matching lips, not yet long enough to count", own_voice);
        }
        let grown = ((self.uncorrelated_s - UNCORRELATED_S) / 20.0).min(1.0);
        if r.mouth_motion < STILL_MOUTH {
            return self.judge(Some(1.0 + grown), None, "speech while the mouth is still");
        }
        self.judge(Some(1.5 + 1.5 * grown), None, "the mouth moves, but not to this speech")
    }

    /// Theil-Sen slope of the recent locked offsets, once they span 15 s.
    fn slope(&self) -> Option<f64> {
        let span = self.recent.back()?.0 - self.recent.front()?.0;
        if self.recent.len() < 5 || span < 15.0 {
            return None;
        }
        let pairs = self.recent.iter().enumerate().flat_map(|(i, a)| {
            let later = self.recent.iter().skip(i + 1);
            later.filter(move |b| b.0 > a.0).map(move |b| (b.1 - a.1) / (b.0 - a.0))
        });
        median(pairs)
    }

    /// Median absolute deviation of the recent locked offsets, once there are five.
    fn wander(&self) -> Option<f64> {
        let offsets: Vec<f64> = self.recent.iter().map(|r| r.1).collect();
        let middle = median(offsets.iter().copied()).filter(|_| offsets.len() >= 5)?;
        median(offsets.iter().map(|o| (o - middle).abs()))
    }
}

const DRIFTS: &str = "the offset drifts steadily, as with two clocks";

/// Evidence of a steady drift.
fn drifting(ms_per_s: f64) -> f64 {
    (0.2 + (ms_per_s.abs() - SLOPE_MS_PER_S) * 0.04).min(0.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(offset_ms: f64, run_s: f64) -> Reading {
        Reading {
            lock: Lock::Locked,
            offset_ms,
            lock_probability: 0.99,
            speech_s: 8.0,
            length_s: 10.0,
            run_s,
            drift_ms_per_s: 0.0,
            mouth_motion: 0.02,
        }
    }

    fn run(drift: &mut Drift, from_s: f64, offsets: &[f64]) -> Vec<Judgement> {
        let at = |i: usize| from_s + 3.0 * i as f64;
        let take = |(i, o): (usize, &f64)| {
            drift.take(&locked(*o, 10.0), at(i), 2.5, ClockSource::Platform, true)
        };
        offsets.iter().enumerate().map(take).collect()
    }

    #[test]
    fn a_natural_offset_speaks_for_the_person() {
        let mut d = Drift::default();
        for j in run(&mut d, 10.0, &[20.0, 30.0, 10.0, 25.0, 15.0, 22.0]) {
            assert!(j.llr.unwrap() < 0.0 && j.stretch.is_none(), "{j:?}");
        }
        assert!((d.baseline_ms().unwrap() - 21.0).abs() < 10.0);
    }

    #[test]
    fn a_shift_is_reported_with_its_start_and_end() {
        let mut d = Drift::default();
        run(&mut d, 10.0, &[20.0; 6]);
        let j = d.take(&locked(260.0, 4.0), 40.0, 2.5, ClockSource::Unknown, true);
        assert_eq!(j.llr, Some(1.5));
        assert_eq!(j.stretch.unwrap().start_s, 36.0);
        assert_eq!(j.stretch.unwrap().shift_ms, 240.0);
        let j = d.take(&locked(255.0, 7.0), 43.0, 2.5, ClockSource::Unknown, true);
        assert_eq!((j.stretch.unwrap().start_s, j.stretch.unwrap().end_s), (36.0, None));
        let j = d.take(&locked(18.0, 3.5), 55.0, 2.5, ClockSource::Unknown, true);
        assert_eq!(j.stretch.unwrap().end_s, Some(51.5));
        assert!(j.llr.unwrap() < 0.0);
        assert!((d.baseline_ms().unwrap() - 20.0).abs() < 1.0);
        let j = d.take(&locked(18.0, 6.5), 58.0, 2.5, ClockSource::Unknown, true);
        assert_eq!(j.stretch, None);
    }

    #[test]
    fn a_constant_offset_weighs_no_more_than_the_clocks_are_sure() {
        let of = |clock| {
            Drift::default()
                .take(&locked(-350.0, 10.0), 12.0, 8.0, clock, true)
                .llr
                .unwrap()
        };
        assert_eq!(of(ClockSource::Unknown), 0.0);
        assert!(of(ClockSource::Estimated) <= 0.3);
        assert!((0.3..=0.8).contains(&of(ClockSource::Platform)));
    }

    #[test]
    fn uncorrelated_speech_counts_after_ten_seconds_and_only_on_an_own_track() {
        let mut r = locked(0.0, 10.0);
        r.lock = Lock::Uncorrelated;
        let mut d = Drift::default();
        let mut llr = Vec::new();
        for i in 0..12 {
            llr.push(d.take(&r, 10.0 + 3.0 * i as f64, 2.5, ClockSource::Unknown, true).llr);
        }
        assert_eq!(llr[0], None);
        assert!(llr[1].unwrap() >= 1.5 && llr[11] == Some(3.0), "{llr:?}");
        r.mouth_motion = 0.0;
        assert!(d.take(&r, 60.0, 2.5, ClockSource::Unknown, true).llr.unwrap() <= 2.0);
        assert_eq!(d.take(&r, 63.0, 2.5, ClockSource::Unknown, false).llr, None);
    }

    #[test]
    fn a_lock_that_is_lost_counts_where_there_was_one() {
        let mut r = locked(0.0, 10.0);
        r.lock = Lock::Undetermined;
        let take = |d: &mut Drift, r: &Reading, own| d.take(r, 60.0, 2.5, ClockSource::Unknown, own).llr;
        // Never locked: nothing is known of what this camera shows.
        let mut d = Drift::default();
        assert!((0..20).all(|_| take(&mut d, &r, true).is_none()));
        let mut d = Drift::default();
        run(&mut d, 10.0, &[20.0; 5]);
        let llr: Vec<_> = (0..20).map(|_| take(&mut d, &r, true)).collect();
        assert_eq!(llr[..2], [None; 2], "a pause, a hand before the mouth");
        assert!((0.5..0.6).contains(&llr[2].unwrap()) && llr[19] == Some(1.0), "{llr:?}");
        assert_eq!(take(&mut d, &r, false), None, "another voice on the track");
        // Lips that move to something else count as lost until they have for long enough to count as such.
        let mut d = Drift::default();
        run(&mut d, 10.0, &[20.0; 5]);
        let other = Reading { lock: Lock::Uncorrelated, speech_s: 4.0, ..r.clone() };
        let llr: Vec<_> = (0..5).map(|_| take(&mut d, &other, true)).collect();
        assert_eq!(llr[..2], [None; 2]);
        assert!((0.5..0.6).contains(&llr[2].unwrap()) && llr[4].unwrap() >= 1.5, "{llr:?}");
        // Found again: it counts from nothing.
        run(&mut d, 100.0, &[20.0]);
        assert_eq!(take(&mut d, &r, true), None);
    }

    #[test]
    fn a_steady_slope_is_found() {
        let mut d = Drift::default();
        let offsets: Vec<f64> = (0..10).map(|i| 20.0 + 24.0 * i as f64).collect();
        let all = run(&mut d, 10.0, &offsets[..4]);
        assert!(all[3].slope_ms_per_s.is_none());
        let mut d = Drift::default();
        let slow: Vec<f64> = (0..8).map(|i| 3.0 * 6.0 * i as f64).collect();
        let mut slope = None;
        for (i, o) in slow.iter().enumerate() {
            // No baseline: the first locked speech is too short for one.
            slope = d.take(&locked(*o, 10.0), 3.0 * i as f64, 0.1, ClockSource::Unknown, true).slope_ms_per_s;
        }
        assert!((slope.unwrap() - 6.0).abs() < 0.01, "{slope:?}");
    }

    #[test]
    fn a_drift_within_a_reading_is_one_whatever_came_before() {
        let r = Reading { drift_ms_per_s: 24.0, ..locked(140.0, 10.0) };
        let mut d = Drift::default();
        assert_eq!(d.take(&r, 7.0, 2.5, ClockSource::Unknown, true).llr, None, "one alone may be chance");
        for i in 0..4 {
            let j = d.take(&r, 10.0 + 3.0 * f64::from(i), 2.5, ClockSource::Unknown, true);
            assert_eq!((j.llr, j.slope_ms_per_s, j.words), (Some(0.6), Some(24.0), DRIFTS));
            assert_eq!(j.baseline_ms, None, "what moves is no baseline");
        }
        let slow = Reading { drift_ms_per_s: -12.0, ..r };
        for (at_s, reading, expected) in [(22.0, &slow, None), (25.0, &slow, Some(0.48)), (40.0, &slow, None), (43.0, &r, None)] {
            let llr = d.take(reading, at_s, 2.5, ClockSource::Unknown, true).llr;
            assert!(llr.is_some() == expected.is_some() && (llr.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-9, "{at_s}: {llr:?}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut d = Drift::default();
        for i in 0..5_000 {
            d.take(&locked(20.0, 10.0), i as f64, 0.0, ClockSource::Unknown, true);
        }
        assert!(d.recent.len() <= KEPT && d.baseline.len() <= BASELINE_KEPT);
    }
}
