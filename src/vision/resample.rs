//! Letterbox and crops for the nets, and gray patches, by the formulas of
//! `models/train/README.md`: an integer box shrink, then bilinear sampling at pixel centres.

use super::geometry::Crop;
use crate::core::{Frame, Kept, PixelBox};

/// Width of the detector's input in pixels.
pub const DET_W: usize = 320;
/// Height of the detector's input in pixels.
pub const DET_H: usize = 192;
/// Side of the landmark net's input in pixels.
pub const LMK_PX: usize = 112;

/// The detector's input.
#[derive(Debug, Clone, PartialEq)]
pub struct Letterbox {
    /// 3 x [`DET_H`] x [`DET_W`] values, channel by channel (CHW), each (v / 255 - 0.5) / 0.5.
    pub tensor: Vec<f32>,
    /// Output coordinates times this are frame pixels.
    pub scale: f64,
}

/// Red, green, blue, and a fourth value that is always 0: a pixel is one vector register, and the same arithmetic on
/// four values costs less than on three.
type Pixel = [f32; 4];

/// A picture of float pixels, possibly a part of a larger grid.
struct Grid {
    /// Column and row of the first pixel in the whole grid.
    x0: usize,
    y0: usize,
    width: usize,
    height: usize,
    pixels: Kept<Pixel>,
    /// Size of the whole grid.
    whole: (usize, usize),
}

impl Grid {
    /// Mean of k x k blocks over the block range `x0..x1`, `y0..y1` of the frame's block grid.
    fn shrink(
        frame: &Frame,
        k: usize,
        x: std::ops::Range<usize>,
        y: std::ops::Range<usize>,
    ) -> Self {
        let whole = (frame.width as usize / k, frame.height as usize / k);
        let (x1, y1) = (x.end.min(whole.0), y.end.min(whole.1));
        let (x0, y0) = (x.start.min(x1), y.start.min(y1));
        let (width, height) = (x1 - x0, y1 - y0);
        let mut held = Kept::<Pixel>::zeros(width * height);
        if width > 0 && height > 0 {
            let columns = x0 * k..x1 * k;
            let pixels = frame.pixels(PixelBox {
                x: columns.clone(),
                y: y0 * k..y1 * k,
            });
            let mut sums = vec![0u16; width * k * 3];
            for (j, out) in held.chunks_exact_mut(width).enumerate() {
                let rows = (y0 + j) * k..(y0 + j + 1) * k;
                let rows = rows.map(|y| pixels.row(y, columns.clone()));
                match k {
                    1 => rows.for_each(|row| {
                        for (o, [r, g, b]) in out.iter_mut().zip(row.as_chunks::<3>().0) {
                            *o = [f32::from(*r), f32::from(*g), f32::from(*b), 0.0];
                        }
                    }),
                    2 => shrink_row(2, rows, &mut sums, out),
                    3 => shrink_row(3, rows, &mut sums, out),
                    4 => shrink_row(4, rows, &mut sums, out),
                    5 => shrink_row(5, rows, &mut sums, out),
                    6 => shrink_row(6, rows, &mut sums, out),
                    7 => shrink_row(7, rows, &mut sums, out),
                    8 => shrink_row(8, rows, &mut sums, out),
                    9..=257 => shrink_row(k, rows, &mut sums, out),
                    _ => shrink_row_by(k, rows, out),
                }
            }
        }
        Self {
            x0,
            y0,
            width,
            height,
            pixels: held,
            whole,
        }
    }

    /// The pixel at a column and row of the whole grid; black outside.
    fn at(&self, x: i64, y: i64) -> Pixel {
        let (x, y) = (x - self.x0 as i64, y - self.y0 as i64);
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return Pixel::default();
        }
        let found = self.pixels.get(y as usize * self.width + x as usize);
        found.copied().unwrap_or_default()
    }

    /// The four pixels from (x, y) to the lower right where all are held, which is nearly
    /// always: one check instead of sixteen.
    fn four(&self, x: i64, y: i64) -> Option<[Pixel; 4]> {
        let (x, y) = (x - self.x0 as i64, y - self.y0 as i64);
        if x < 0 || y < 0 || x + 1 >= self.width as i64 || y + 1 >= self.height as i64 {
            return None;
        }
        let above = y as usize * self.width + x as usize;
        let below = above + self.width;
        match (
            self.pixels.get(above..above + 2)?,
            self.pixels.get(below..below + 2)?,
        ) {
            (&[p, q], &[r, s]) => Some([p, q, r, s]),
            _ => None,
        }
    }

    /// Bilinear sample at pixel index (u, v) of the whole grid; black outside.
    fn sample(&self, u: f64, v: f64) -> Pixel {
        let (x, y) = (floor(u), floor(v));
        if x < -1 || y < -1 || x >= self.whole.0 as i64 || y >= self.whole.1 as i64 {
            return Pixel::default();
        }
        let pixels = self.four(x, y).unwrap_or_else(|| {
            [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.at(x + dx, y + dy))
        });
        blend(pixels, ((u - x as f64) as f32, (v - y as f64) as f32))
    }

    /// Bilinear samples along the line from (u, v) in steps of (du, dv).
    fn sample_line(&self, (u, v): (f64, f64), (du, dv): (f64, f64), out: &mut [Pixel]) {
        let at = |i: usize| (u + i as f64 * du, v + i as f64 * dv);
        let held = |(u, v): (f64, f64)| self.four(floor(u), floor(v)).is_some();
        if !(held(at(0)) && held(at(out.len().saturating_sub(1)))) {
            for (i, o) in out.iter_mut().enumerate() {
                let (u, v) = at(i);
                *o = self.sample(u, v);
            }
            return;
        }
        // Both ends are held with their neighbours, so all between are: no pixel asks where the edges lie, and cutting
        // off is rounding down. Taking off whole columns and rows first loses no digit.
        let (x0, y0) = (self.x0 as f64, self.y0 as f64);
        for (i, o) in out.iter_mut().enumerate() {
            let (u, v) = at(i);
            let (u, v) = (u - x0, v - y0);
            let (x, y) = (u as i32, v as i32);
            let share = ((u - f64::from(x)) as f32, (v - f64::from(y)) as f32);
            let above = (y as usize)
                .wrapping_mul(self.width)
                .wrapping_add(x as usize);
            let below = above.wrapping_add(self.width);
            let pixels = (
                self.pixels.get(above..above.wrapping_add(2)),
                self.pixels.get(below..below.wrapping_add(2)),
            );
            if let (Some(&[p, q]), Some(&[r, s])) = pixels {
                *o = blend([p, q, r, s], share);
            }
        }
    }
}

/// The bilinear mean of a pixel and its neighbours to the right, below, and below to the right.
fn blend([p, q, r, s]: [Pixel; 4], (fu, fv): (f32, f32)) -> Pixel {
    std::array::from_fn(|c| {
        let top = p[c] * (1.0 - fu) + q[c] * fu;
        let low = r[c] * (1.0 - fu) + s[c] * fu;
        top * (1.0 - fv) + low * fv
    })
}

/// Means of k x k blocks, k at most 257: the rows of one line of blocks are added up first, which is one addition for
/// each byte, eight or more at a time; 255 * 257 fits into the sums. Inlined, so that a usual k is a constant in it.
#[inline(always)]
fn shrink_row<'a>(
    k: usize,
    rows: impl Iterator<Item = &'a [u8]>,
    sums: &mut [u16],
    out: &mut [Pixel],
) {
    sums.fill(0);
    for row in rows {
        for (s, v) in sums.iter_mut().zip(row) {
            *s += u16::from(*v);
        }
    }
    let share = 1.0 / (k * k) as f32;
    for (pixel, block) in out.iter_mut().zip(sums.chunks_exact(3 * k)) {
        let mut total = [0u32; 3];
        for p in block.as_chunks::<3>().0 {
            for (t, v) in total.iter_mut().zip(p) {
                *t += u32::from(*v);
            }
        }
        for (o, t) in pixel.iter_mut().zip(total) {
            *o = t as f32 * share;
        }
    }
}

/// The same for blocks of any size: a picture that is one block.
fn shrink_row_by<'a>(k: usize, rows: impl Iterator<Item = &'a [u8]>, out: &mut [Pixel]) {
    let mut totals = vec![0u32; out.len() * 3];
    for row in rows {
        for (total, block) in totals.chunks_exact_mut(3).zip(row.chunks_exact(3 * k)) {
            for pixel in block.chunks_exact(3) {
                for (t, v) in total.iter_mut().zip(pixel) {
                    *t += u32::from(*v);
                }
            }
        }
    }
    let share = 1.0 / (k * k) as f32;
    for (pixel, total) in out.iter_mut().zip(totals.as_chunks::<3>().0) {
        for (o, t) in pixel.iter_mut().zip(total) {
            *o = *t as f32 * share;
        }
    }
}

/// Largest integer not above `v`; unlike `f64::floor` no library call on plain x86-64, which
/// counts when it is made for each pixel.
fn floor(v: f64) -> i64 {
    let cut = v as i64;
    cut.saturating_sub(i64::from(cut as f64 > v))
}

/// One axis of the letterbox: for each output pixel the two source pixels and the share of the
/// second, clamped at the edges.
fn axis(n: usize, step: f64, size: usize) -> Vec<(usize, usize, f32)> {
    let last = size.saturating_sub(1);
    (0..n)
        .map(|i| {
            let u = ((i as f64 + 0.5) * step - 0.5).clamp(0.0, last as f64);
            let u0 = u.floor();
            let i0 = u0 as usize;
            (i0, (i0 + 1).min(last), (u - u0) as f32)
        })
        .collect()
}

fn normalise(v: f32) -> f32 {
    (v / 255.0 - 0.5) / 0.5
}

/// A detector's input of `cols` x `rows`, [`DET_W`] x [`DET_H`] for the shipped one: the whole frame,
/// from the top left corner, the rest black.
pub fn letterbox(frame: &Frame, cols: usize, rows: usize) -> Letterbox {
    let (width, height) = (f64::from(frame.width), f64::from(frame.height));
    let scale = (width / cols as f64).max(height / rows as f64);
    let k = scale.floor().max(1.0) as usize;
    let grid = Grid::shrink(frame, k, 0..usize::MAX, 0..usize::MAX);
    let w = ((width / scale + 0.5).floor() as usize).min(cols);
    let h = ((height / scale + 0.5).floor() as usize).min(rows);
    let step = scale / k as f64;
    let columns = axis(w, step, grid.width);
    let lines = axis(h, step, grid.height);
    let plane = cols * rows;
    let mut tensor = vec![normalise(0.0); 3 * plane];
    let row_of = |y: usize| {
        let start = y * grid.width;
        grid.pixels
            .get(start..start + grid.width)
            .unwrap_or_default()
    };
    for (j, &(y0, y1, fv)) in lines.iter().enumerate() {
        let (top, low) = (row_of(y0), row_of(y1));
        for (c, channel) in tensor.chunks_exact_mut(plane).enumerate() {
            let Some(out) = channel.get_mut(j * cols..j * cols + w) else {
                continue;
            };
            for (o, &(x0, x1, fu)) in out.iter_mut().zip(&columns) {
                let mix = |row: &[Pixel]| match (row.get(x0), row.get(x1)) {
                    (Some(a), Some(b)) => a[c] * (1.0 - fu) + b[c] * fu,
                    _ => 0.0,
                };
                *o = normalise(mix(top) * (1.0 - fv) + mix(low) * fv);
            }
        }
    }
    Letterbox { tensor, scale }
}

/// A square crop as a net's input: 3 x `size` x `size` values, channel by channel (CHW), each
/// (v / 255 - 0.5) / 0.5. What lies outside the frame is black. A crop that is not
/// [usable](Crop::is_usable) gives black.
pub fn crop_tensor(frame: &Frame, crop: &Crop, size: usize) -> Vec<f32> {
    let plane = size * size;
    let mut tensor = vec![normalise(0.0); 3 * plane];
    for_each_line(frame, crop, (size, size), |j, line| {
        for (c, channel) in tensor.chunks_exact_mut(plane).enumerate() {
            let row = channel.get_mut(j * size..(j + 1) * size);
            for (o, pixel) in row.unwrap_or_default().iter_mut().zip(line) {
                *o = normalise(pixel[c]);
            }
        }
    });
    tensor
}

/// A square crop as 8-bit RGB, `size` x `size`, row by row; samples rounded to the nearest level.
/// What lies outside the frame is black.
pub fn crop_rgb(frame: &Frame, crop: &Crop, size: usize) -> Vec<u8> {
    let mut out = vec![0u8; 3 * size * size];
    for_each_line(frame, crop, (size, size), |j, line| {
        let row = out.get_mut(3 * size * j..3 * size * (j + 1));
        for (o, pixel) in row
            .unwrap_or_default()
            .as_chunks_mut::<3>()
            .0
            .iter_mut()
            .zip(line)
        {
            // Cutting off after adding a half: cheaper than `round`, the same above zero.
            let [r, g, b, _] = pixel.map(|v| (v + 0.5) as u8);
            *o = [r, g, b];
        }
    });
    out
}

/// A gray patch of `width` x `height` pixels, row by row: BT.601 luma of the bilinear sample,
/// rounded to the nearest. The patch is `crop.side` frame pixels wide and `side * height / width`
/// high. What lies outside the frame is black.
pub fn gray_patch(frame: &Frame, crop: &Crop, width: usize, height: usize) -> Vec<u8> {
    let mut patch = vec![0u8; width * height];
    for_each_line(frame, crop, (width, height), |j, line| {
        let row = patch.get_mut(width * j..width * (j + 1));
        for (o, &[r, g, b, _]) in row.unwrap_or_default().iter_mut().zip(line) {
            *o = luma([r, g, b]).round() as u8;
        }
    });
    patch
}

/// BT.601 luma of an RGB value.
pub(super) fn luma([r, g, b]: [f32; 3]) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

/// Calls `put` with each line's number and pixels, values in 0..255.
fn for_each_line(
    frame: &Frame,
    crop: &Crop,
    (width, height): (usize, usize),
    mut put: impl FnMut(usize, &[Pixel]),
) {
    if !crop.is_usable() || width == 0 || height == 0 {
        return;
    }
    // A crop far larger than the frame shows it as a speck; shrinking further than that is waste.
    let largest = f64::from(frame.width.max(frame.height));
    let k = (crop.side / width as f64).floor().clamp(1.0, largest) as usize;
    let pixel = crop.side / width as f64;
    let (s, c) = crop.roll_rad.sin_cos();
    let half = (width as f64 / 2.0, height as f64 / 2.0);
    // Only the part of the frame that the crop covers is shrunk.
    let reach_x = pixel * (half.0 * c.abs() + half.1 * s.abs());
    let reach_y = pixel * (half.0 * s.abs() + half.1 * c.abs());
    let range = |centre: f64, reach: f64| {
        let from = ((centre - reach) / k as f64 - 2.0).floor().max(0.0) as usize;
        let to = ((centre + reach) / k as f64 + 2.0).ceil().max(0.0) as usize;
        from..to
    };
    let grid = Grid::shrink(frame, k, range(crop.cx, reach_x), range(crop.cy, reach_y));
    // In blocks of the grid, whose centres lie half a block further.
    let block = 1.0 / k as f64;
    let (du, dv) = (c * pixel * block, s * pixel * block);
    let mut line = vec![Pixel::default(); width];
    for j in 0..height {
        let dy = (j as f64 + 0.5 - half.1) * pixel;
        let dx = (0.5 - half.0) * pixel;
        let u = (crop.cx + c * dx - s * dy) * block - 0.5;
        let v = (crop.cy + s * dx + c * dy) * block - 0.5;
        grid.sample_line((u, v), (du, dv), &mut line);
        put(j, &line);
    }
}
