//! Envelopes at 100 Hz from samples and mel bands: level, coarse bands, spectral flux.

use crate::core::{MEL_BANDS, VOICE_HOP_SAMPLES};

/// Level of one hop in dB full scale (a full-scale square wave is 0 dB), at least -100.
pub fn level_db(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return -100.0;
    }
    let power = samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32;
    (10.0 * (power + 1e-10).log10()).max(-100.0)
}

/// Mean of each of `N` equal groups of mel bands, in dB: a coarse spectrum per hop.
///
/// The scale of [`super::LogMel`] is undone (`ln E = 4 v - 12`), so a tone 20 dB louder is 20 dB
/// more. `N` must be at most [`MEL_BANDS`]; bands left over by the division are not used.
pub fn bands_db<const N: usize>(logmel: &[[f32; MEL_BANDS]]) -> Vec<[f32; N]> {
    let per = (MEL_BANDS / N.max(1)).max(1);
    logmel
        .iter()
        .map(|hop| {
            let mut out = [-100.0; N];
            for (slot, group) in out.iter_mut().zip(hop.chunks_exact(per)) {
                let mean = group.iter().sum::<f32>() / per as f32;
                *slot = (4.0 * mean - 12.0) * (10.0 / std::f32::consts::LN_10);
            }
            out
        })
        .collect()
}

/// Positive change of the log-mel bands from hop to hop, averaged over the bands; 0 for the first.
pub fn spectral_flux(logmel: &[[f32; MEL_BANDS]]) -> Vec<f32> {
    let mut out = vec![0.0; logmel.len().min(1)];
    out.extend(logmel.windows(2).map(|pair| match pair {
        [a, b] => {
            let rise: f32 = a.iter().zip(b).map(|(x, y)| (y - x).max(0.0)).sum();
            rise / MEL_BANDS as f32
        }
        _ => 0.0,
    }));
    out
}

/// Levels of the whole hops of a recording.
pub(super) fn levels_db(samples: &[f32]) -> impl Iterator<Item = f32> + '_ {
    samples.chunks_exact(VOICE_HOP_SAMPLES).map(level_db)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::LogMel;

    #[test]
    fn levels_are_in_db_full_scale() {
        assert_eq!(level_db(&[1.0, -1.0]), 0.0);
        assert!((level_db(&[0.1, -0.1]) + 20.0).abs() < 1e-3);
        assert_eq!(level_db(&[0.0; 160]), -100.0);
        assert_eq!(level_db(&[]), -100.0);
    }

    #[test]
    fn bands_follow_the_level_and_flux_the_onset() {
        let tone = |g: f32| -> Vec<f32> { (0..800).map(|i| (i as f32 * 0.4).sin() * g).collect() };
        let mut mel = LogMel::new();
        let mut x = tone(0.01);
        x.extend(tone(0.1));
        let bands = bands_db::<8>(&mel.all(&x));
        let (a, b) = (bands[2], bands[7]);
        let loudest = (0..8).max_by(|i, j| a[*i].total_cmp(&a[*j])).unwrap();
        assert!((b[loudest] - a[loudest] - 20.0).abs() < 1.0, "{a:?} {b:?}");
        let flux = spectral_flux(&mel.all(&x));
        assert_eq!(flux.len(), 10);
        let peak = (0..10)
            .max_by(|i, j| flux[*i].total_cmp(&flux[*j]))
            .unwrap();
        assert!((4..=5).contains(&peak), "{flux:?}");
    }
}
