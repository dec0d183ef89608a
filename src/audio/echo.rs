//! Echo guard: is this voice only the other side coming back?
//!
//! An open loudspeaker returns the interviewer's voice on the candidate's track 50 to 500 ms
//! later. Such a stretch follows the interviewer's level; an answer does not. The guard compares
//! level envelopes (100 Hz, dB above -60) over the stretch, at every lag in that range.

use crate::core::VoiceSeries;

/// Lags that an echo can have, in milliseconds.
pub const ECHO_LAG_MS: std::ops::RangeInclusive<usize> = 50..=500;
/// Levels below this carry no shape, dB full scale.
const FLOOR_DB: f32 = -60.0;
/// The shortest stretch whose shape can be compared, in hops.
const MIN_HOPS: usize = 20;

/// How well a stretch follows the other side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EchoMatch {
    /// Largest correlation of the level envelopes, -1 to 1.
    pub correlation: f64,
    /// Lag at which it is reached, in milliseconds.
    pub lag_ms: f64,
}

/// Compares hops `start..end` of `near` with earlier hops of `far`.
///
/// `None` when the stretch is shorter than 200 ms, when `far` was quiet or missing at every lag,
/// or when the two series do not overlap in time: there is then nothing to compare.
pub fn echo_of(
    near: &VoiceSeries<'_>,
    far: &VoiceSeries<'_>,
    start: usize,
    end: usize,
) -> Option<EchoMatch> {
    let stretch = near.level_db.get(start..end)?;
    if stretch.len() < MIN_HOPS {
        return None;
    }
    // Both grids are multiples of 10 ms, so the difference is a whole number of hops.
    let shift = near.time_of(start).since_ns(far.start) / crate::core::VOICE_HOP_NS;
    let lags = (ECHO_LAG_MS.start() / 10)..=(ECHO_LAG_MS.end() / 10);
    lags.filter_map(|lag| {
        let from = usize::try_from(shift - lag as i64).ok()?;
        let other = far.level_db.get(from..from + stretch.len())?;
        let correlation = correlation(stretch, other)?;
        Some(EchoMatch {
            correlation,
            lag_ms: lag as f64 * 10.0,
        })
    })
    .max_by(|a, b| a.correlation.total_cmp(&b.correlation))
}

/// Pearson correlation of two level envelopes; `None` where one of them is flat.
fn correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    let n = a.len().min(b.len()) as f64;
    let clip = |v: &f32| f64::from((v - FLOOR_DB).max(0.0));
    let mean = |x: &[f32]| x.iter().map(clip).sum::<f64>() / n;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().map(clip).zip(b.iter().map(clip)) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
    }
    // A flat envelope (standard deviation below 1 dB) has no shape to follow.
    (aa / n > 1.0 && bb / n > 1.0).then(|| ab / (aa * bb).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

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

    fn series(level_db: &[f32], start_ms: i64) -> VoiceSeries<'_> {
        VoiceSeries {
            start: MediaTime::from_ms(start_ms),
            level_db,
            ..VoiceSeries::default()
        }
    }

    #[test]
    fn a_delayed_copy_is_found_and_another_voice_is_not() {
        let far = rhythm(400, 1);
        let mut back = vec![-80.0; 27];
        back.extend(far.iter().map(|v| v - 18.0));
        let hit = echo_of(&series(&back, 1_000), &series(&far, 1_000), 100, 200).unwrap();
        assert_eq!(hit.lag_ms, 270.0);
        assert!(hit.correlation > 0.95, "{hit:?}");
        // The same on grids that start at different times.
        let hit = echo_of(&series(&back[50..], 1_500), &series(&far, 1_000), 50, 150).unwrap();
        assert_eq!(hit.lag_ms, 270.0);
        let other = rhythm(400, 99);
        let miss = echo_of(&series(&other, 1_000), &series(&far, 1_000), 100, 200).unwrap();
        assert!(miss.correlation < 0.7, "{miss:?}");
    }

    #[test]
    fn nothing_to_compare_is_none() {
        let far = rhythm(300, 1);
        let silent = vec![-100.0; 300];
        assert_eq!(
            echo_of(&series(&far, 0), &series(&silent, 0), 100, 200),
            None
        );
        assert_eq!(echo_of(&series(&far, 0), &series(&far, 0), 100, 110), None);
        assert_eq!(
            echo_of(&series(&far, 0), &series(&far, 60_000), 100, 200),
            None
        );
        assert_eq!(echo_of(&series(&far, 0), &series(&far, 0), 290, 400), None);
    }
}
