//! What can be said of a picture without a net. Quality is never evidence.

use super::resample::luma;
use crate::core::{Frame, PixelBox};

/// A frame's luma inside a box, in 8 bits.
pub struct BoxLuma {
    width: usize,
    values: Vec<u8>,
}

// === impl BoxLuma ===

impl BoxLuma {
    /// `bbox` is x0, y0, x1, y1 in frame pixels, cut at the frame's edges; `None` when nothing
    /// of it lies inside.
    pub fn of(frame: &Frame, bbox: [f32; 4]) -> Option<Self> {
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
        let pixels = frame.pixels(PixelBox {
            x: x0..x1,
            y: y0..y1,
        });
        let mut values = Vec::with_capacity((x1 - x0) * (y1 - y0));
        for y in y0..y1 {
            let (row, _) = pixels.row(y, x0..x1).as_chunks::<3>();
            values.extend(row.iter().map(|p| luma_8bit(*p)));
        }
        let width = x1 - x0;
        Some(Self { width, values })
    }

    /// Variance of the Laplacian (four neighbours): low when blurred. Pech-Pacheco et al., ICPR
    /// 2000. Depends on the face's size in pixels, so it is compared only at like sizes. `None`
    /// when there are less than 3 x 3 pixels.
    pub fn sharpness(&self) -> Option<f32> {
        let height = self.values.len() / self.width;
        if self.width < 3 || height < 3 {
            return None;
        }
        let (mut sum, mut squares) = (0i64, 0i64);
        let rows: Vec<&[u8]> = self.values.chunks_exact(self.width).collect();
        for window in rows.windows(3) {
            let [above, here, below] = window else {
                continue;
            };
            let inner = 1..self.width - 1;
            let sides = [
                &here[..self.width - 2],
                &here[2..],
                &above[inner.clone()],
                &below[inner.clone()],
            ];
            // In pieces whose squares fit into 32 bits: 1,024 of at most 1,020 squared.
            let centre = here[inner].chunks(1_024).enumerate();
            for (i, centre) in centre {
                let side = |k: usize| &sides[k][1_024 * i..][..centre.len()];
                let (s, q) = laplacian(centre, [side(0), side(1), side(2), side(3)]);
                sum += i64::from(s);
                squares += i64::from(q);
            }
        }
        let n = ((self.width - 2) * (height - 2)) as f64;
        Some((squares as f64 / n - (sum as f64 / n).powi(2)).max(0.0) as f32)
    }

    /// Mean luma, 0 to 255.
    pub fn mean(&self) -> f32 {
        let sum: u64 = self.values.iter().map(|v| u64::from(*v)).sum();
        (sum as f64 / self.values.len() as f64) as f32
    }
}

/// Sum of the Laplacian over a piece of a row, and of its squares.
fn laplacian(centre: &[u8], [left, right, above, below]: [&[u8]; 4]) -> (i32, u32) {
    let (mut sum, mut squares) = (0i32, 0u32);
    let sides = left.iter().zip(right).zip(above.iter().zip(below));
    for (c, ((l, r), (a, b))) in centre.iter().zip(sides) {
        let around = i32::from(*l) + i32::from(*r) + i32::from(*a) + i32::from(*b);
        let v = around - 4 * i32::from(*c);
        sum += v;
        squares += (v * v).unsigned_abs();
    }
    (sum, squares)
}

/// Luma rounded to the nearest level. Adding a half and cutting off is the same for positive
/// numbers and, unlike `round`, no call into the maths library on plain x86-64.
fn luma_8bit(rgb: [u8; 3]) -> u8 {
    (luma(rgb.map(f32::from)) + 0.5) as u8
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
        let columns: Vec<usize> = (0..GRID).map(|i| at(x0, x1, i, w)).collect();
        let rows: Vec<usize> = (0..GRID).map(|j| at(y0, y1, j, h)).collect();
        let rgb = frame.pixels_at(&columns, &rows);
        let values = rgb
            .as_chunks::<3>()
            .0
            .iter()
            .map(|p| luma_8bit(*p))
            .collect();
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
