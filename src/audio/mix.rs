//! Channels to one.

/// Correlation below which two channels are taken as the same sound with opposite polarity.
const OPPOSITE: f64 = -0.8;

/// The mean of interleaved channels, one value per frame.
///
/// Two channels of opposite polarity (a wrongly wired balanced line) would cancel: where a
/// block's channels correlate below -0.8 the second one is turned round first. Sound without a
/// second channel is returned as it is; an incomplete last frame is dropped.
pub fn to_mono(interleaved: &[f32], channels: usize) -> Vec<f32> {
    if channels <= 1 {
        return interleaved.to_vec();
    }
    let sign = if channels == 2 && correlation(interleaved) < OPPOSITE {
        -1.0
    } else {
        1.0
    };
    interleaved
        .chunks_exact(channels)
        .map(|frame| match frame {
            [left, right] => 0.5 * (left + sign * right),
            all => all.iter().sum::<f32>() / all.len() as f32,
        })
        .collect()
}

/// Correlation of the two channels without removing their means; 0 for silence.
fn correlation(stereo: &[f32]) -> f64 {
    let (mut cross, mut left, mut right) = (0.0_f64, 0.0_f64, 0.0_f64);
    for frame in stereo.chunks_exact(2) {
        if let [l, r] = frame {
            let (l, r) = (f64::from(*l), f64::from(*r));
            cross += l * r;
            left += l * l;
            right += r * r;
        }
    }
    let scale = (left * right).sqrt();
    if scale > 1e-9 { cross / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_averaged() {
        assert_eq!(to_mono(&[0.5, 0.25, -0.5, 0.5], 2), [0.375, 0.0]);
        assert_eq!(to_mono(&[0.5, 0.25], 1), [0.5, 0.25]);
        assert_eq!(to_mono(&[3.0, 0.0, 3.0, 9.0], 3), [2.0]);
    }

    #[test]
    fn opposite_polarity_does_not_cancel() {
        let stereo: Vec<f32> = (0..200)
            .flat_map(|i| {
                let v = (i as f32 * 0.3).sin();
                [v, -v]
            })
            .collect();
        let mono = to_mono(&stereo, 2);
        assert!(mono.iter().any(|v| v.abs() > 0.5));
    }
}
