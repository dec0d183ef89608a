//! Cutting pictures out of frames: box shrink, then bilinear sampling.
//!
//! The formulas are those of `models/train/README.md`; the nets were trained on pictures made by
//! them, so the golden tensors in `testdata/golden/` hold this file to them within 1e-3.
//! Coordinates are continuous: pixel `i` has its centre at `i + 0.5`.

use crate::core::Frame;

/// A rectangle of the frame, turned: centre, size and roll (radians, clockwise on the screen).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Patch {
    pub(super) cx: f64,
    pub(super) cy: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) roll: f64,
}

impl Patch {
    /// Frame position of a point in fractions of the patch.
    pub(super) fn to_frame(self, fx: f64, fy: f64) -> (f64, f64) {
        let (sin, cos) = self.roll.sin_cos();
        let (dx, dy) = ((fx - 0.5) * self.width, (fy - 0.5) * self.height);
        (self.cx + cos * dx - sin * dy, self.cy + sin * dx + cos * dy)
    }

    /// True when every number is finite and the patch has an extent within reason: sizes come
    /// from a net, and a wild one must not ask for a wild amount of work.
    pub(super) fn is_usable(&self) -> bool {
        let all = [self.cx, self.cy, self.width, self.height, self.roll];
        let extent = 1.0..=32_768.0;
        all.iter().all(|v| v.is_finite() && v.abs() <= 1e6)
            && extent.contains(&self.width)
            && extent.contains(&self.height)
    }
}

/// What lies outside the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    /// Black.
    Zero,
    /// The nearest pixel of the edge.
    Edge,
}

/// A box-shrunk part of a frame, RGB.
struct Shrunk {
    /// Part that is held, in shrunk pixels: left, top, width, height.
    left: i64,
    top: i64,
    cols: i64,
    rows: i64,
    /// Size of the whole shrunk frame.
    width: i64,
    height: i64,
    data: Vec<f32>,
}

impl Shrunk {
    /// Means of k x k blocks over the part `x0..=x1`, `y0..=y1` (shrunk pixels, clamped).
    fn of(frame: &Frame, k: usize, range: (i64, i64, i64, i64)) -> Self {
        let (width, height) = (frame.width as usize / k, frame.height as usize / k);
        let (w, h) = (width as i64, height as i64);
        let (x0, x1) = (range.0.clamp(0, w - 1), range.1.clamp(0, w - 1));
        let (y0, y1) = (range.2.clamp(0, h - 1), range.3.clamp(0, h - 1));
        let (cols, rows) = ((x1 - x0 + 1).max(0) as usize, (y1 - y0 + 1).max(0) as usize);
        let stride = frame.width as usize * 3;
        let mut data = Vec::with_capacity(cols * rows * 3);
        let mut sums = vec![0u32; cols * 3];
        let scale = 1.0 / (k * k) as f32;
        for row in 0..rows {
            sums.fill(0);
            for dy in 0..k {
                let y = (y0 as usize + row) * k + dy;
                let start = y * stride + x0 as usize * k * 3;
                let line = frame.rgb().get(start..start + cols * k * 3).unwrap_or(&[]);
                for (sum, block) in sums.chunks_exact_mut(3).zip(line.chunks_exact(3 * k)) {
                    for pixel in block.chunks_exact(3) {
                        for (s, p) in sum.iter_mut().zip(pixel) {
                            *s += u32::from(*p);
                        }
                    }
                }
            }
            data.extend(sums.iter().map(|s| *s as f32 * scale));
        }
        Self {
            left: x0,
            top: y0,
            cols: cols as i64,
            rows: rows as i64,
            width: w,
            height: h,
            data,
        }
    }

    fn at(&self, x: i64, y: i64, outside: Outside) -> [f32; 3] {
        let (cx, cy) = (x.clamp(0, self.width - 1), y.clamp(0, self.height - 1));
        if outside == Outside::Zero && (cx != x || cy != y) {
            return [0.0; 3];
        }
        let col = (cx - self.left).clamp(0, self.cols - 1);
        let row = (cy - self.top).clamp(0, self.rows - 1);
        let i = ((row * self.cols + col) * 3) as usize;
        match self.data.get(i..i + 3) {
            Some(&[r, g, b]) => [r, g, b],
            _ => [0.0; 3],
        }
    }

    /// The four pixels from (x, y) to the lower right; `None` where one is not held.
    fn four(&self, x: i64, y: i64) -> Option<[[f32; 3]; 4]> {
        let (col, row) = (x.checked_sub(self.left)?, y.checked_sub(self.top)?);
        if col < 0 || row < 0 || col + 1 >= self.cols || row + 1 >= self.rows {
            return None;
        }
        let above = ((row * self.cols + col) * 3) as usize;
        let below = above + self.cols as usize * 3;
        match (
            self.data.get(above..above + 6)?,
            self.data.get(below..below + 6)?,
        ) {
            (&[a, b, c, d, e, f], &[g, h, i, j, k, l]) => {
                Some([[a, b, c], [d, e, f], [g, h, i], [j, k, l]])
            }
            _ => None,
        }
    }

    /// Bilinear sample at a pixel index (the centre of pixel 0 is index 0).
    fn sample(&self, u: f64, v: f64, outside: Outside) -> [f32; 3] {
        let (u0, v0) = (u.floor(), v.floor());
        let (fu, fv) = ((u - u0) as f32, (v - v0) as f32);
        let (x, y) = (u0 as i64, v0 as i64);
        let taps = self.four(x, y).unwrap_or_else(|| {
            [(0, 0), (1, 0), (0, 1), (1, 1)]
                .map(|(dx, dy)| self.at(x.saturating_add(dx), y.saturating_add(dy), outside))
        });
        std::array::from_fn(|c| {
            let top = taps[0][c] * (1.0 - fu) + taps[1][c] * fu;
            let low = taps[2][c] * (1.0 - fu) + taps[3][c] * fu;
            top * (1.0 - fv) + low * fv
        })
    }
}

/// Samples a patch on a `cols` x `rows` grid and hands over each RGB value (0 to 255, row by
/// row). The frame is box-shrunk first when the patch has more pixels than the grid, by the
/// integer part of the ratio of widths.
pub(super) fn patch(
    frame: &Frame,
    patch: Patch,
    (cols, rows): (usize, usize),
    outside: Outside,
    mut put: impl FnMut(usize, [f32; 3]),
) {
    let k = shrink_factor(frame, patch.width / cols as f64);
    let kf = k as f64;
    let corners =
        [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(x, y)| patch.to_frame(x, y));
    let reach = |pick: fn(&(f64, f64)) -> f64| {
        let low = corners.iter().map(pick).fold(f64::INFINITY, f64::min);
        let high = corners.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        ((low / kf).floor() as i64 - 1, (high / kf).ceil() as i64 + 1)
    };
    let ((x0, x1), (y0, y1)) = (reach(|c| c.0), reach(|c| c.1));
    let source = Shrunk::of(frame, k, (x0, x1, y0, y1));
    for j in 0..rows {
        for i in 0..cols {
            let fx = (i as f64 + 0.5) / cols as f64;
            let fy = (j as f64 + 0.5) / rows as f64;
            let (x, y) = patch.to_frame(fx, fy);
            put(
                j * cols + i,
                source.sample(x / kf - 0.5, y / kf - 0.5, outside),
            );
        }
    }
}

/// Fits the whole frame into the top left of a `cols` x `rows` picture and hands over each value
/// that the frame covers, with its index in the picture. Returns the scale: picture coordinates
/// times scale are frame coordinates.
pub(super) fn letterbox(
    frame: &Frame,
    (cols, rows): (usize, usize),
    mut put: impl FnMut(usize, [f32; 3]),
) -> f64 {
    let (width, height) = (f64::from(frame.width), f64::from(frame.height));
    let s = (width / cols as f64).max(height / rows as f64);
    let k = shrink_factor(frame, s);
    let source = Shrunk::of(
        frame,
        k,
        (0, i64::from(frame.width), 0, i64::from(frame.height)),
    );
    let fill_w = cols.min((width / s + 0.5).floor() as usize);
    let fill_h = rows.min((height / s + 0.5).floor() as usize);
    let (step, last_x, last_y) = (s / k as f64, source.width - 1, source.height - 1);
    for j in 0..fill_h {
        let v = ((j as f64 + 0.5) * step - 0.5).clamp(0.0, last_y as f64);
        for i in 0..fill_w {
            let u = ((i as f64 + 0.5) * step - 0.5).clamp(0.0, last_x as f64);
            put(j * cols + i, source.sample(u, v, Outside::Edge));
        }
    }
    s
}

/// Integer part of a scale, at least 1 and at most the frame's shorter side.
fn shrink_factor(frame: &Frame, scale: f64) -> usize {
    let most = frame.width.min(frame.height).max(1) as usize;
    (scale.floor() as usize).clamp(1, most)
}

/// Luma of an RGB value, BT.601 weights.
pub(super) fn luma([r, g, b]: [f32; 3]) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

/// Luma of the frame's pixel, 0 outside it.
pub(super) fn luma_at(frame: &Frame, x: usize, y: usize) -> f32 {
    let i = (y * frame.width as usize + x) * 3;
    match frame.rgb().get(i..i + 3) {
        Some(&[r, g, b]) if x < frame.width as usize => luma([r, g, b].map(f32::from)),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    /// Nets can ask for anything; cutting it out must neither panic nor read outside.
    #[test]
    fn patches_anywhere_and_of_any_size_are_cut_out() {
        for (w, h) in [(1, 1), (2, 3), (320, 200)] {
            let pixels = vec![200u8; w as usize * h as usize * 3];
            let frame = Frame::new(MediaTime::ZERO, 0, w, h, pixels).unwrap();
            for (cx, cy) in [(0.0, 0.0), (160.0, 100.0), (-900.0, 50.0), (1e6, -1e6)] {
                for width in [1.0, 60.0, 300.0, 32_768.0] {
                    for roll in [0.0, 0.7, -3.1] {
                        let place = Patch {
                            cx,
                            cy,
                            width,
                            height: width,
                            roll,
                        };
                        assert!(place.is_usable());
                        for outside in [Outside::Zero, Outside::Edge] {
                            let mut n = 0;
                            patch(&frame, place, (9, 7), outside, |_, rgb| {
                                assert!(rgb.iter().all(|v| (0.0..=200.01).contains(v)));
                                assert!(outside == Outside::Zero || rgb[0] > 199.9);
                                n += 1;
                            });
                            assert_eq!(n, 63);
                        }
                    }
                }
            }
            letterbox(&frame, (320, 192), |i, rgb| {
                assert!(i < 320 * 192 && rgb[1] > 199.9)
            });
        }
        for bad in [f64::NAN, f64::INFINITY, 0.0, -5.0] {
            let place = Patch {
                cx: 0.0,
                cy: 0.0,
                width: bad,
                height: 10.0,
                roll: 0.0,
            };
            assert!(!place.is_usable());
        }
    }
}
