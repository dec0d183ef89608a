//! Fundamental frequency of a short stretch, by normalised autocorrelation.

use super::RATE_HZ;

/// Lowest and highest fundamental looked for, Hz: from a deep male to a high female voice.
const RANGE_HZ: (f32, f32) = (70.0, 400.0);
/// Autocorrelation below which a stretch is not voiced.
const VOICED: f32 = 0.5;

/// The fundamental of mono 16 kHz samples in Hz, or `None` when they are not voiced (or shorter
/// than two periods of the lowest fundamental, 457 samples). 640 samples (40 ms) are a good length.
///
/// The first peak that comes within 10 % of the highest one is taken, so that a multiple of the
/// period does not win.
pub fn pitch_hz(samples: &[f32]) -> Option<f32> {
    let lag = |hz: f32| (RATE_HZ as f32 / hz) as usize;
    let (short, long) = (lag(RANGE_HZ.1), lag(RANGE_HZ.0));
    if samples.len() < 2 * long {
        return None;
    }
    let span = samples.len() - long;
    let head = samples.get(..span)?;
    let energy = product(head, head);
    let score = |lag: usize| {
        let other = samples.get(lag..lag + span).unwrap_or_default();
        let (cross, power) = (product(head, other), product(other, other));
        let scale = (energy * power).sqrt();
        if scale > 1e-9 { cross / scale } else { 0.0 }
    };
    let scores: Vec<f32> = (short..=long).map(score).collect();
    let best = scores.iter().copied().fold(0.0, f32::max);
    if best < VOICED {
        return None;
    }
    let peak = scores.windows(3).position(|w| match w {
        [a, b, c] => *b >= 0.9 * best && b >= a && b >= c,
        _ => false,
    })?;
    Some(RATE_HZ as f32 / (short + peak + 1) as f32)
}

/// Sum of products, in sixteen lanes: a single sum would have each addition wait for the one before.
fn product(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let ((a, last_a), (b, last_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    let rest: f32 = last_a.iter().zip(last_b).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(hz: f32) -> Vec<f32> {
        let t = |i: usize| i as f32 / RATE_HZ as f32 * std::f32::consts::TAU * hz;
        (0..640)
            .map(|i| {
                (1..8)
                    .map(|k| (t(i) * k as f32).sin() / k as f32)
                    .sum::<f32>()
                    * 0.1
            })
            .collect()
    }

    #[test]
    fn the_fundamental_is_found() {
        for hz in [80.0, 120.0, 180.0, 250.0, 330.0] {
            let got = pitch_hz(&voice(hz)).unwrap();
            assert!((got / hz - 1.0).abs() < 0.03, "{hz}: {got}");
        }
    }

    #[test]
    fn noise_silence_and_scraps_have_none() {
        let mut state = 3_u32;
        let noise: Vec<f32> = (0..640)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 16) as f32 / 65_536.0 - 0.5
            })
            .collect();
        assert_eq!(pitch_hz(&noise), None);
        assert_eq!(pitch_hz(&[0.0; 640]), None);
        assert_eq!(pitch_hz(&voice(120.0)[..300]), None);
    }
}
