//! Echo guard: is this voice only the other side coming back?
//!
//! An open loudspeaker returns the interviewer's voice on the candidate's track 50 to 500 ms
//! later. Such sound follows the interviewer's level; an answer does not. [`find_echo`] compares
//! level envelopes (100 Hz) over a stretch of the far side's speech at every lag in that range. A
//! path so found says how loud the echo must be at any hop ([`EchoPath::expected_db`]); what is
//! louder than that is somebody's own voice, also while both speak.

use crate::core::{MediaTime, VOICE_HOP_NS, VoiceSeries};
use std::ops::RangeInclusive;

/// Lags that an echo can have, in 10 ms hops.
pub const ECHO_LAG_HOPS: RangeInclusive<usize> = 5..=50;
/// Correlation of the envelopes above which a stretch counts as echo.
pub const ECHO_CORRELATION: f64 = 0.8;
/// Levels below this carry no shape, dB full scale.
const FLOOR_DB: f32 = -65.0;
/// The shortest stretch whose shape can be compared: 1 s. Shorter ones agree by chance.
const MIN_HOPS: usize = 100;
/// Fall of a room's reverberation after the echo itself ends: 60 dB in 0.4 s.
const DECAY_DB_PER_HOP: f32 = 1.5;
/// Sound this much above the expected echo is not the echo, dB.
const MARGIN_DB: f32 = 6.0;

/// How one side's sound comes back on the other's track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EchoPath {
    /// Correlation of the level envelopes, above [`ECHO_CORRELATION`].
    pub correlation: f64,
    /// Delay in 10 ms hops.
    pub lag_hops: usize,
    /// Level of the echo relative to the far track, dB.
    pub gain_db: f32,
}

/// Looks for an echo of `far` between `from` and `until` on `near`.
///
/// `None` when the stretch is shorter than 1 s, when it is not on both tracks, when an envelope
/// is flat, or when no lag correlates above [`ECHO_CORRELATION`].
pub fn find_echo(
    near: &VoiceSeries<'_>,
    far: &VoiceSeries<'_>,
    from: MediaTime,
    until: MediaTime,
) -> Option<EchoPath> {
    let hop = |t: MediaTime| usize::try_from(t.since_ns(far.start) / VOICE_HOP_NS).ok();
    let (start, end) = (hop(from)?, hop(until)?.min(far.level_db.len()));
    let spoken = far.level_db.get(start..end)?;
    if spoken.len() < MIN_HOPS {
        return None;
    }
    let shift = shift_hops(near, far);
    let at_lag = |lag: usize| {
        let first = usize::try_from(start as i64 + shift + lag as i64).ok()?;
        let heard = near.level_db.get(first..first + spoken.len())?;
        Some((lag, heard, correlation(heard, spoken)?))
    };
    let best = ECHO_LAG_HOPS
        .filter_map(at_lag)
        .max_by(|a, b| a.2.total_cmp(&b.2));
    let (lag_hops, heard, correlation) = best.filter(|b| b.2 > ECHO_CORRELATION)?;
    let loud = spoken
        .iter()
        .zip(heard)
        .filter(|(s, _)| **s > FLOOR_DB + 15.0);
    let mut gains: Vec<f32> = loud.map(|(s, h)| h - s).collect();
    gains.sort_by(f32::total_cmp);
    let gain_db = *gains.get(gains.len() / 2)?;
    Some(EchoPath {
        correlation,
        lag_hops,
        gain_db,
    })
}

impl EchoPath {
    /// Level that the echo is expected to have at every hop of `near`, dB; -100 where `far` is
    /// not known.
    pub fn expected_db(&self, near: &VoiceSeries<'_>, far: &VoiceSeries<'_>) -> Vec<f32> {
        let shift = shift_hops(near, far) + self.lag_hops as i64;
        let mut last = -100.0_f32;
        (0..near.level_db.len() as i64)
            .map(|i| {
                // A hop of slack to either side: the lag is known to 10 ms only.
                let around = (i - shift - 1)..=(i - shift + 1);
                let direct = around
                    .filter_map(|j| far.level_db.get(usize::try_from(j).ok()?))
                    .fold(-100.0_f32, |m, v| m.max(*v));
                last = (direct + self.gain_db)
                    .max(last - DECAY_DB_PER_HOP)
                    .max(-100.0);
                last
            })
            .collect()
    }

    /// The speech probabilities of `near` with those set to 0 that the echo explains.
    pub fn without_echo(&self, near: &VoiceSeries<'_>, far: &VoiceSeries<'_>) -> Vec<f32> {
        let expected = self.expected_db(near, far);
        let hops = near.speech.iter().zip(near.level_db).zip(&expected);
        hops.map(|((p, level), echo)| if *level > echo + MARGIN_DB { *p } else { 0.0 })
            .collect()
    }
}

/// Hop of `near` minus hop of `far` for the same instant. Both grids are multiples of 10 ms.
fn shift_hops(near: &VoiceSeries<'_>, far: &VoiceSeries<'_>) -> i64 {
    far.start.since_ns(near.start) / VOICE_HOP_NS
}

/// Pearson correlation of two level envelopes; `None` where one of them is flat.
///
/// Levels are compared as amplitudes to the power 0.6, between the two usual choices: in dB a noise
/// floor on one side hides half of the shape, and plain amplitudes follow the loudest hops alone.
fn correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    let n = a.len().min(b.len()) as f64;
    let loudness = |db: &f32| 10f64.powf(0.03 * f64::from(db.max(FLOOR_DB)));
    let (a, b): (Vec<f64>, Vec<f64>) = (
        a.iter().map(loudness).collect(),
        b.iter().map(loudness).collect(),
    );
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (ma, mb) = (mean(&a), mean(&b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
    }
    // An envelope that moves by less than a tenth of its mean has no shape to follow.
    let shaped = |power: f64, mean: f64| (power / n).sqrt() > 0.1 * mean;
    (shaped(aa, ma) && shaped(bb, mb)).then(|| ab / (aa * bb).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level series with the irregular rhythm of speech, different for each seed.
    fn rhythm(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut level = -40.0;
        (0..n)
            .map(|i| {
                if i % 7 == 0 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    level = -50.0 + (state >> 24) as f32 / 8.0;
                }
                level
            })
            .collect()
    }

    fn series<'a>(level_db: &'a [f32], speech: &'a [f32], start_ms: i64) -> VoiceSeries<'a> {
        VoiceSeries {
            start: MediaTime::from_ms(start_ms),
            level_db,
            speech,
            ..VoiceSeries::default()
        }
    }

    fn path(near: &VoiceSeries<'_>, far: &VoiceSeries<'_>, ms: (i64, i64)) -> Option<EchoPath> {
        find_echo(
            near,
            far,
            MediaTime::from_ms(ms.0),
            MediaTime::from_ms(ms.1),
        )
    }

    #[test]
    fn a_delayed_copy_is_found_and_another_voice_is_not() {
        let far = rhythm(400, 1);
        let ones = vec![1.0; 427];
        let mut back = vec![-80.0; 27];
        back.extend(far.iter().map(|v| v - 18.0));
        let far = series(&far, &ones, 1_000);
        let hit = path(&series(&back, &ones, 1_000), &far, (2_000, 4_000)).unwrap();
        assert_eq!(hit.lag_hops, 27);
        assert!(
            (hit.gain_db + 18.0).abs() < 0.1 && hit.correlation > 0.95,
            "{hit:?}"
        );
        // The same on grids that start at different times.
        let later = series(&back[50..], &ones, 1_500);
        assert_eq!(path(&later, &far, (2_000, 4_000)).unwrap().lag_hops, 27);
        let other = rhythm(400, 99);
        assert_eq!(
            path(&series(&other, &ones, 1_000), &far, (2_000, 4_000)),
            None
        );
    }

    #[test]
    fn only_what_the_echo_explains_is_taken_away() {
        let mut far = rhythm(300, 1);
        far.truncate(200);
        far.resize(500, -90.0);
        let mut near = vec![-80.0; 20];
        near.extend(far.iter().map(|v| (v - 18.0).max(-75.0)));
        near.truncate(500);
        near[260..400].fill(-30.0); // the answer
        near[130..135].fill(-25.0); // an overlap, louder than the echo
        let ones = vec![1.0; 500];
        let (near, far) = (series(&near, &ones, 0), series(&far, &ones, 0));
        let found = path(&near, &far, (0, 1_050)).unwrap();
        let left = found.without_echo(&near, &far);
        assert!(left[30..125].iter().all(|p| *p == 0.0));
        assert!(left[130..135].iter().all(|p| *p == 1.0));
        assert!(left[260..400].iter().all(|p| *p == 1.0));
    }

    #[test]
    fn nothing_to_compare_is_none() {
        let (far, silent, ones) = (rhythm(300, 1), vec![-100.0; 300], vec![1.0; 300]);
        let far = series(&far, &ones, 0);
        assert_eq!(path(&far, &series(&silent, &ones, 0), (500, 2_000)), None);
        assert_eq!(path(&far, &far, (500, 900)), None);
        assert_eq!(
            path(&far, &series(&silent, &ones, 60_000), (60_500, 62_000)),
            None
        );
        assert_eq!(path(&far, &far, (2_000, 900_000)), None);
    }
}
