//! Channels of pictures and sound, and their common 50 Hz grid. Pure.
//!
//! Follows `models/train/liveproof_train/lip_sync_dsp.py` step by step; the golden series of
//! `testdata/golden/lip_sync.json` hold the two together.

pub use crate::analyze::lips::shape_channels;
use crate::core::{MEL_BANDS, MOUTH_PATCH_H, MOUTH_PATCH_W};

/// Grid steps per second.
pub const GRID_HZ: f64 = 50.0;
/// Pictures or hops further apart than this are not joined, in seconds.
pub const GAP_S: f64 = 0.25;
/// Half length of the band-pass in grid steps.
pub const FIR_HALF: usize = 50;
/// Visual channels.
pub const VISUAL: usize = 15;
/// Audio channels.
pub const AUDIO: usize = 10;
/// Levels this far below the loud tenth of a context are cut off, in nats of power (35 dB).
const FLOOR_NATS: f64 = 8.0;
/// Scaled series are clipped here, so that one jump of a landmark cannot carry a window.
const CLIP: f64 = 4.0;
/// Sides of the mouth patch after averaging 2 x 2 pixels.
const PATCH: [usize; 2] = [MOUTH_PATCH_H / 2, MOUTH_PATCH_W / 2];
/// Added to every gray level, so that a black picture has a logarithm.
const GRAY_BIAS: f64 = 4.0;
/// Least motion, as a share of the patch's mean level per 40 ms.
const MOTION_FLOOR: f64 = 0.005;

/// Equally long columns, one per channel.
pub type Columns = Vec<Vec<f64>>;

/// What is kept of a mouth patch: its 2 x 2 means and the three levels.
#[derive(Debug, Clone)]
pub struct PatchLevels {
    pixels: Vec<f64>,
    interior: f64,
    darkest: f64,
    mean: f64,
}

impl PatchLevels {
    /// Levels of a gray patch of [`MOUTH_PATCH_W`] x [`MOUTH_PATCH_H`]; `None` when it has
    /// another size.
    pub fn of(gray: &[u8]) -> Option<Self> {
        if gray.len() != MOUTH_PATCH_W * MOUTH_PATCH_H {
            return None;
        }
        let [rows, cols] = PATCH;
        let mut pixels = Vec::with_capacity(rows * cols);
        for r in 0..rows {
            for c in 0..cols {
                let at = |dr, dc| f64::from(gray[(2 * r + dr) * MOUTH_PATCH_W + 2 * c + dc]);
                pixels.push((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4.0);
            }
        }
        let mut core = region(&pixels, 8..18, 10..22);
        core.sort_by(f64::total_cmp);
        Some(Self {
            interior: average(&region(&pixels, 9..15, 11..21)) + GRAY_BIAS,
            darkest: core[(core.len() - 1) / 10] + GRAY_BIAS,
            mean: average(&region(&pixels, 2..22, 3..29)) + GRAY_BIAS,
            pixels,
        })
    }

    /// Log motion since an earlier patch `dt_s` before; `None` across a gap.
    fn motion_since(&self, earlier: &Self, dt_s: f64) -> Option<f64> {
        if dt_s <= 0.0 || dt_s > GAP_S {
            return None;
        }
        let (now, was) = (
            region(&self.pixels, 5..20, 3..29),
            region(&earlier.pixels, 5..20, 3..29),
        );
        let moved = now.iter().zip(&was).map(|(a, b)| (a - b).abs()).sum::<f64>() / now.len() as f64;
        Some((MOTION_FLOOR + moved / self.mean * 0.04 / dt_s).ln())
    }
}

fn region(pixels: &[f64], rows: std::ops::Range<usize>, cols: std::ops::Range<usize>) -> Vec<f64> {
    rows.flat_map(|r| cols.clone().map(move |c| r * PATCH[1] + c))
        .map(|i| pixels[i])
        .collect()
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Interior brightness, darkest tenth and level of each patch, and its motion against the one
/// before. The motion of a picture after a gap is that of the next one.
pub fn patch_channels(patches: &[PatchLevels], times_s: &[f64]) -> Vec<[f64; 4]> {
    let mut motion: Vec<Option<f64>> = vec![None; patches.len()];
    for i in 1..patches.len() {
        motion[i] = patches[i].motion_since(&patches[i - 1], times_s[i] - times_s[i - 1]);
    }
    let mut later = None;
    for m in motion.iter_mut().rev() {
        *m = m.or(later);
        later = *m;
    }
    patches
        .iter()
        .zip(motion)
        .map(|(p, m)| {
            [
                (p.interior / p.mean).ln(),
                (p.darkest / p.mean).ln(),
                p.mean.ln(),
                m.unwrap_or_else(|| MOTION_FLOOR.ln()),
            ]
        })
        .collect()
}

/// Eight bands of log-mel, their mean, and the rising flux, one column each. `logmel` holds
/// natural logarithms of power.
pub fn audio_channels(logmel: &[[f64; MEL_BANDS]], missing: &[bool]) -> Columns {
    let mut heard: Vec<f64> = logmel
        .iter()
        .zip(missing)
        .filter(|(_, gone)| !**gone)
        .map(|(m, _)| average(m))
        .collect();
    heard.sort_by(f64::total_cmp);
    let loud = heard
        .get(heard.len().saturating_sub(1) * 98 / 100)
        .copied()
        .unwrap_or(0.0);
    let floor = loud - FLOOR_NATS;
    let mut out: Columns = vec![Vec::new(); AUDIO];
    let mut before: Option<[f64; MEL_BANDS]> = None;
    for (hop, gone) in logmel.iter().zip(missing) {
        let m = if *gone { [floor; MEL_BANDS] } else { hop.map(|v| v.max(floor)) };
        for (band, five) in m.chunks_exact(5).enumerate() {
            out[band].push(average(five));
        }
        out[8].push(average(&m));
        let flux = before.map_or(0.0, |b| {
            m.iter().zip(&b).map(|(x, y)| (x - y).max(0.0)).sum::<f64>() / MEL_BANDS as f64
        });
        out[9].push(flux);
        before = Some(m);
    }
    out
}

/// True wherever the mask is true within `reach` entries.
pub fn widen(mask: &[bool], reach: usize) -> Vec<bool> {
    let mut counts = Vec::with_capacity(mask.len() + 1);
    counts.push(0usize);
    for (i, m) in mask.iter().enumerate() {
        counts.push(counts[i] + usize::from(*m));
    }
    (0..mask.len())
        .map(|i| counts[(i + reach + 1).min(mask.len())] > counts[i.saturating_sub(reach)])
        .collect()
}

/// Linear interpolation of columns at the grid's times, and where two neighbours within
/// [`GAP_S`] enclose a grid point. Outside of the times the nearest value is held.
pub fn resample(times_s: &[f64], columns: &[Vec<f64>], grid_s: &[f64]) -> (Columns, Vec<bool>) {
    let mut out: Columns = vec![Vec::new(); columns.len()];
    let mut seen = Vec::with_capacity(grid_s.len());
    let last = times_s.len().saturating_sub(1);
    for &g in grid_s {
        let after = times_s.partition_point(|t| *t <= g).clamp(1, last.max(1)).min(last);
        let before = after.saturating_sub(1);
        let (t0, t1) = (times_s[before], times_s[after]);
        let share = if t1 > t0 { ((g - t0) / (t1 - t0)).clamp(0.0, 1.0) } else { 0.0 };
        for (o, c) in out.iter_mut().zip(columns) {
            o.push(c[before] + share * (c[after] - c[before]));
        }
        seen.push(g >= times_s[0] && g <= times_s[last] && after > before && t1 - t0 <= GAP_S);
    }
    (out, seen)
}

/// Zero-phase FIR of one column: mean removed, ends mirrored without repeating the edge. The
/// column must be longer than [`FIR_HALF`] + 1.
pub fn band_pass(column: &[f64], fir: &[f64]) -> Vec<f64> {
    let n = column.len() as i64;
    let mean = average(column);
    let half = fir.len() as i64 / 2;
    let mirrored = |i: i64| {
        let j = if i < 0 { -i } else if i >= n { 2 * (n - 1) - i } else { i };
        column[j.clamp(0, n - 1) as usize] - mean
    };
    let padded: Vec<f64> = (-half..n + half).map(mirrored).collect();
    padded
        .windows(fir.len())
        .map(|w| w.iter().zip(fir).map(|(x, h)| x * h).sum())
        .collect()
}

/// The column over 1.4826 times the median absolute value of its used rows, clipped; rows that
/// are not used are 0.
pub fn robust_scale(column: &[f64], used: &[bool]) -> Vec<f64> {
    let mut sizes: Vec<f64> = column
        .iter()
        .zip(used)
        .filter(|(_, u)| **u)
        .map(|(v, _)| v.abs())
        .collect();
    sizes.sort_by(f64::total_cmp);
    let scale = match sizes.len() {
        0 => 1.0,
        n => 1.4826 * sizes[(n - 1) / 2],
    };
    column
        .iter()
        .zip(used)
        .map(|(v, u)| if *u { (v / (scale + 1e-9)).clamp(-CLIP, CLIP) } else { 0.0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{LANDMARKS, points};

    fn face(open: f32) -> [[f32; 2]; LANDMARKS] {
        let mut p = [[100.0, 100.0]; LANDMARKS];
        for i in points::EYE_LEFT {
            p[i] = [80.0, 80.0];
        }
        for i in points::EYE_RIGHT {
            p[i] = [120.0, 80.0];
        }
        for (start, w, h) in [(0usize, 16.0, 8.0 + open / 2.0), (20, 12.0, open / 2.0)] {
            for k in 0..20 {
                let a = std::f32::consts::PI * (1.0 + k as f32 / 10.0);
                p[start + k] = [100.0 + w * a.cos(), 130.0 + h * a.sin()];
            }
        }
        p
    }

    fn turned(p: &[[f32; 2]; LANDMARKS], angle: f32, scale: f32) -> [[f32; 2]; LANDMARKS] {
        let (s, c) = angle.sin_cos();
        p.map(|[x, y]| [scale * (c * x - s * y) + 7.0, scale * (s * x + c * y) - 3.0])
    }

    #[test]
    fn lip_measures_do_not_depend_on_roll_size_or_place() {
        let p = face(10.0);
        let a = shape_channels(&p).unwrap();
        let b = shape_channels(&turned(&p, 0.4, 2.5)).unwrap();
        for (x, y) in a.iter().zip(&b) {
            assert!((x - y).abs() < 1e-4, "{a:?} {b:?}");
        }
        assert!((a[0] - 10.0 / 40.0).abs() < 0.02, "aperture {}", a[0]);
        assert!(shape_channels(&face(20.0)).unwrap()[0] > a[0]);
    }

    #[test]
    fn impossible_landmarks_give_nothing() {
        let mut p = face(4.0);
        p[3][0] = f32::NAN;
        assert!(shape_channels(&p).is_none());
        assert!(shape_channels(&[[5.0, 5.0]; LANDMARKS]).is_none());
    }

    #[test]
    fn patches_of_the_wrong_size_are_refused() {
        assert!(PatchLevels::of(&[0; 10]).is_none());
        assert!(PatchLevels::of(&[0; MOUTH_PATCH_W * MOUTH_PATCH_H]).is_some());
    }

    #[test]
    fn a_gap_takes_the_motion_of_the_next_picture() {
        let p = |v| PatchLevels::of(&[v; MOUTH_PATCH_W * MOUTH_PATCH_H]).unwrap();
        let c = patch_channels(&[p(10), p(100), p(110)], &[0.0, 1.0, 1.04]);
        assert_eq!(c[0][3], c[2][3]);
        assert_eq!(c[1][3], c[2][3]);
        let still = patch_channels(&[p(10), p(10)], &[0.0, 0.04]);
        assert_eq!(still[1][3], MOTION_FLOOR.ln());
    }

    #[test]
    fn interpolation_marks_gaps_and_ends() {
        let (v, seen) = resample(
            &[0.0, 0.1, 0.9, 1.0],
            &[vec![0.0, 1.0, 9.0, 10.0]],
            &[-0.1, 0.05, 0.5, 0.95, 1.0, 1.1],
        );
        assert_eq!(seen, [false, true, false, true, true, false]);
        assert!((v[0][1] - 0.5).abs() < 1e-9 && (v[0][2] - 5.0).abs() < 1e-9);
        assert_eq!((v[0][0], v[0][5]), (0.0, 10.0));
    }

    #[test]
    fn widening_reaches_both_ways() {
        let m = [false, false, false, true, false, false, false];
        assert_eq!(widen(&m, 2), [false, true, true, true, true, true, false]);
        assert_eq!(widen(&[], 2), Vec::<bool>::new());
    }
}
