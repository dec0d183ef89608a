//! What can be said of a picture without a net. Quality is never evidence.

use super::resample::luma;
use crate::core::Frame;

/// A frame's luma inside a box, 8 bits, with its size.
struct Luma {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Luma {
    /// `bbox` is x0, y0, x1, y1 in frame pixels, cut at the frame's edges; `None` when nothing
    /// of it lies inside.
    fn of(frame: &Frame, bbox: [f32; 4]) -> Option<Self> {
        let edge = |v: f32, size: u32| {
            if v.is_finite() {
                Some(v.clamp(0.0, size as f32).round() as usize)
            } else {
                None
            }
        };
        let (x0, x1) = (edge(bbox[0], frame.width)?, edge(bbox[2], frame.width)?);
        let (y0, y1) = (edge(bbox[1], frame.height)?, edge(bbox[3], frame.height)?);
        if x1 <= x0 || y1 <= y0 {
            return None;
        }
        let stride = frame.width as usize * 3;
        let mut values = Vec::with_capacity((x1 - x0) * (y1 - y0));
        for row in frame.rgb().chunks_exact(stride).skip(y0).take(y1 - y0) {
            let part = row.get(x0 * 3..x1 * 3).unwrap_or_default();
            values.extend(part.chunks_exact(3).map(|p| match p {
                [r, g, b] => f32::from(luma_8bit([*r, *g, *b])),
                _ => 0.0,
            }));
        }
        Some(Self {
            width: x1 - x0,
            height: y1 - y0,
            values,
        })
    }
}

/// Luma rounded to the nearest level. Adding a half and cutting off is the same for positive
/// numbers and, unlike `round`, no call into the maths library on plain x86-64.
fn luma_8bit(rgb: [u8; 3]) -> u8 {
    (luma(rgb.map(f32::from)) + 0.5) as u8
}

/// Variance of the Laplacian (four neighbours) of 8-bit luma inside a box of x0, y0, x1, y1 in
/// frame pixels: low when blurred. Pech-Pacheco et al., ICPR 2000. Depends on the face's size in
/// pixels, so it is compared only at like sizes. `None` when less than 3 x 3 pixels lie inside.
pub fn sharpness(frame: &Frame, bbox: [f32; 4]) -> Option<f32> {
    let l = Luma::of(frame, bbox)?;
    if l.width < 3 || l.height < 3 {
        return None;
    }
    let (mut sum, mut squares, mut n) = (0.0f64, 0.0f64, 0.0f64);
    let rows: Vec<&[f32]> = l.values.chunks_exact(l.width).collect();
    for window in rows.windows(3) {
        let [above, here, below] = window else {
            continue;
        };
        let middle = here.windows(3);
        for ((w, a), b) in middle.zip(&above[1..]).zip(&below[1..]) {
            let [left, centre, right] = w else { continue };
            let v = f64::from(a + b + left + right - 4.0 * centre);
            sum += v;
            squares += v * v;
            n += 1.0;
        }
    }
    Some((squares / n - (sum / n).powi(2)).max(0.0) as f32)
}

/// Mean luma inside a box of x0, y0, x1, y1 in frame pixels, 0 to 255. `None` when nothing of it
/// lies inside the frame.
pub fn mean_luma(frame: &Frame, bbox: [f32; 4]) -> Option<f32> {
    let l = Luma::of(frame, bbox)?;
    let sum: f64 = l.values.iter().map(|v| f64::from(*v)).sum();
    Some((sum / l.values.len() as f64) as f32)
}

/// Luma on a coarse grid of points, to tell a repeated picture from a new one.
#[derive(Debug, Clone, PartialEq)]
pub struct LumaGrid {
    size: (u32, u32),
    values: Vec<u8>,
}

/// Points per side of a [`LumaGrid`].
const GRID: usize = 64;

impl LumaGrid {
    /// Luma at 64 x 64 pixels spread over the frame. Single pixels, not means: a live camera's
    /// noise and motion show in them, while a repeated picture does not.
    pub fn of(frame: &Frame) -> Self {
        Self::inside(frame, [0.0, 0.0, frame.width as f32, frame.height as f32])
    }

    /// The same inside a box of x0, y0, x1, y1 in frame pixels; points beyond the frame's edge
    /// take the nearest pixel.
    pub fn inside(frame: &Frame, [x0, y0, x1, y1]: [f32; 4]) -> Self {
        let (w, h) = (frame.width as usize, frame.height as usize);
        let at = |low: f32, high: f32, i: usize, size: usize| {
            let v = low + (high - low) * (2 * i + 1) as f32 / (2 * GRID) as f32;
            (v.max(0.0) as usize).min(size.saturating_sub(1))
        };
        let mut values = Vec::with_capacity(GRID * GRID);
        for j in 0..GRID {
            let row = at(y0, y1, j, h) * w;
            for i in 0..GRID {
                let at = (row + at(x0, x1, i, w)) * 3;
                values.push(match frame.rgb().get(at..at + 3) {
                    Some([r, g, b]) => luma_8bit([*r, *g, *b]),
                    _ => 0,
                });
            }
        }
        Self {
            size: (frame.width, frame.height),
            values,
        }
    }

    /// Mean absolute difference in luma levels, 0 to 255; `None` when the frames' sizes differ.
    pub fn mean_abs_diff(&self, other: &Self) -> Option<f32> {
        if self.size != other.size {
            return None;
        }
        let sum: u64 = self
            .values
            .iter()
            .zip(&other.values)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        Some(sum as f32 / self.values.len() as f32)
    }
}
