//! What is done to pictures: a face repainted within an ellipse, and the strip that marks a copy. Pure.

use crate::core::{FieldError, Frame};
use crate::vision::{Crop, crop_rgb};
use font8x8::UnicodeFonts as _;

/// Half axes of the repainted ellipse in units of the crop's side, across and down: the face within its crop
/// of 1.4 boxes, short of ears and hair.
const ELLIPSE: [f32; 2] = [0.27, 0.36];
/// Width of the ellipse's soft edge, as a share of its radius.
const EDGE: f32 = 0.15;
/// Side in pixels through which a face goes when it is made soft.
const SOFT_PX: usize = 48;
/// Height of the strip as a share of the picture's.
const STRIP: f64 = 0.06;
/// Least height of the strip, pixels.
const LEAST_STRIP_PX: u32 = 20;
/// The strip's colour and its letters'.
const STRIP_RGB: [[u8; 3]; 2] = [[16, 16, 16], [255, 210, 80]];

/// Packed RGB with its size.
#[derive(Debug, Clone)]
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
}

// === impl Pixels ===

impl Pixels {
    pub(super) fn of(frame: &Frame) -> Self {
        Self {
            width: frame.width,
            height: frame.height,
            rgb: frame.rgb().to_vec(),
        }
    }

    /// Between its neighbours; coordinates in pixels with centres at + 0.5, held at the border.
    fn at(&self, [x, y]: [f32; 2]) -> [f32; 3] {
        let place = |v: f32, n: u32| {
            let v = (v - 0.5).clamp(0.0, n.saturating_sub(1) as f32);
            let low = v.floor() as usize;
            (low, (low + 1).min(n.saturating_sub(1) as usize), v.fract())
        };
        let ((x0, x1, dx), (y0, y1, dy)) = (place(x, self.width), place(y, self.height));
        let value = |x: usize, y: usize, c: usize| {
            let i = (y * self.width as usize + x) * 3 + c;
            f32::from(self.rgb.get(i).copied().unwrap_or(0))
        };
        std::array::from_fn(|c| {
            let above = value(x0, y0, c) * (1.0 - dx) + value(x1, y0, c) * dx;
            let below = value(x0, y1, c) * (1.0 - dx) + value(x1, y1, c) * dx;
            above * (1.0 - dy) + below * dy
        })
    }

    /// Repaints the face in `crop` with `paint`, which takes a place in 0..1 of the crop.
    fn repaint(&mut self, crop: &Crop, paint: impl Fn([f32; 2]) -> [f32; 3]) {
        if !crop.is_usable() {
            return;
        }
        // The ellipse fits in a square of the crop's side, however it is turned.
        let reach = crop.side;
        let bounds = |c: f64, n: u32| {
            let (from, to) = ((c - reach).max(0.0), (c + reach).min(f64::from(n)));
            from as u32..to.max(from) as u32
        };
        for y in bounds(crop.cy, self.height) {
            for x in bounds(crop.cx, self.width) {
                let p = crop.to_crop([x as f32 + 0.5, y as f32 + 0.5]);
                let share = share(p);
                if share == 0.0 {
                    continue;
                }
                let i = (y as usize * self.width as usize + x as usize) * 3;
                let Some(pixel) = self.rgb.get_mut(i..i + 3) else {
                    continue;
                };
                for (old, new) in pixel.iter_mut().zip(paint(p)) {
                    *old = (f32::from(*old) * (1.0 - share) + new * share).round() as u8;
                }
            }
        }
    }

    /// The face goes through few pixels and back, as the narrow inside of a swapper lets it.
    pub(super) fn soften(&mut self, frame: &Frame, crop: &Crop) {
        let small = Self {
            width: SOFT_PX as u32,
            height: SOFT_PX as u32,
            rgb: crop_rgb(frame, crop, SOFT_PX),
        };
        let side = SOFT_PX as f32;
        self.repaint(crop, |[x, y]| small.at([x * side, y * side]));
    }

    /// An earlier face of the same person is painted over this one, and over whatever is before it.
    pub(super) fn lay_over(&mut self, crop: &Crop, face: &Self, its_crop: &Crop) {
        self.repaint(crop, |p| face.at(its_crop.to_frame(p)));
    }

    /// The strip with these words below the picture; even sides, as video needs them.
    pub(super) fn marked(mut self, words: &str) -> Self {
        let marked = Marked::of((self.width, self.height));
        let (width, height) = (marked.width, marked.kept);
        if (width, height) != (self.width, self.height) {
            let row = self.width as usize * 3;
            let rows = self.rgb.chunks(row).take(height as usize);
            self.rgb = rows
                .flat_map(|r| r.iter().take(width as usize * 3).copied())
                .collect();
        }
        self.rgb.extend(caption(width, marked.strip, words));
        Self {
            width,
            height: height + marked.strip,
            rgb: self.rgb,
        }
    }

    pub(super) fn frame(self, like: &Frame) -> Result<Frame, FieldError> {
        Frame::new(like.time, like.epoch, self.width, self.height, self.rgb)
    }
}

/// The size of a marked picture; all sides even, as video needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) width: u32,
    /// Lines that are kept of the picture.
    pub(super) kept: u32,
    /// Lines of the strip below them.
    pub(super) strip: u32,
}

// === impl Marked ===

impl Marked {
    /// Of a picture of this width and height.
    pub(super) fn of((width, height): (u32, u32)) -> Self {
        let kept = height & !1;
        let strip = (f64::from(kept) * STRIP).round() as u32;
        Self {
            width: width & !1,
            kept,
            strip: strip.max(LEAST_STRIP_PX) & !1,
        }
    }
}

/// How much of a place in 0..1 of the crop is repainted, 0 to 1.
fn share([x, y]: [f32; 2]) -> f32 {
    let radius = ((x - 0.5) / ELLIPSE[0]).hypot((y - 0.5) / ELLIPSE[1]);
    let t = ((1.0 - radius) / EDGE).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A strip of `width` x `height` with words in letters as large as fit.
fn caption(width: u32, height: u32, words: &str) -> Vec<u8> {
    let letters: Vec<[u8; 8]> = words
        .chars()
        .map(|c| font8x8::BASIC_FONTS.get(c).unwrap_or_default())
        .collect();
    let by_width = width / (8 * letters.len() as u32 + 2).max(1);
    let scale = (height / 10).min(by_width).max(1);
    let (left, top) = (scale, height.saturating_sub(8 * scale) / 2);
    let lit = |x: u32, y: u32| {
        let (x, y) = (x.checked_sub(left)? / scale, y.checked_sub(top)? / scale);
        let row = letters.get(x as usize / 8)?.get(y as usize)?;
        Some(row >> (x % 8) & 1 == 1)
    };
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    pixels
        .flat_map(|(x, y)| STRIP_RGB[usize::from(lit(x, y).unwrap_or(false))])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    /// A chessboard of single pixels, which softening must turn grey.
    fn board(width: u32, height: u32) -> Frame {
        let rgb = (0..width * height).flat_map(|i| {
            [if (i % width + i / width).is_multiple_of(2) {
                0
            } else {
                255
            }; 3]
        });
        Frame::new(MediaTime::ZERO, 0, width, height, rgb.collect::<Vec<_>>()).unwrap()
    }

    fn crop() -> Crop {
        Crop {
            cx: 100.0,
            cy: 80.0,
            side: 120.0,
            roll_rad: 0.2,
        }
    }

    fn pixel(p: &Pixels, x: usize, y: usize) -> u8 {
        p.rgb[(y * p.width as usize + x) * 3]
    }

    #[test]
    fn a_soft_face_has_lost_its_detail_and_the_rest_has_not() {
        let frame = board(200, 160);
        let mut made = Pixels::of(&frame);
        made.soften(&frame, &crop());
        assert!((110..146).contains(&pixel(&made, 100, 80)));
        let before = Pixels::of(&frame);
        for (x, y) in [(10, 10), (160, 80), (100, 20), (100, 145)] {
            assert_eq!(pixel(&made, x, y), pixel(&before, x, y));
        }
    }

    #[test]
    fn an_earlier_face_lies_where_the_crop_is() {
        let frame = board(200, 160);
        let mut red = Pixels::of(&frame);
        red.rgb
            .chunks_mut(3)
            .for_each(|p| p.copy_from_slice(&[200, 0, 0]));
        let mut made = Pixels::of(&frame);
        let there = Crop { cx: 40.0, ..crop() };
        made.lay_over(&crop(), &red, &there);
        assert_eq!(made.rgb[(80 * 200 + 100) * 3..][..3], [200, 0, 0]);
        assert_ne!(pixel(&made, 20, 80), 200);
        // A place that is no place changes nothing.
        let before = made.rgb.clone();
        let nowhere = Crop {
            side: f64::NAN,
            ..crop()
        };
        made.soften(&frame, &nowhere);
        assert_eq!(made.rgb, before);
    }

    #[test]
    fn the_strip_is_below_the_picture_and_can_be_read() {
        let frame = board(641, 361);
        let made = Pixels::of(&frame).marked("TEST COPY");
        assert_eq!((made.width, made.height), (640, 360 + 22));
        assert_eq!(made.rgb.len(), 640 * 382 * 3);
        assert_eq!(made.rgb[..3], frame.rgb()[..3]);
        let strip = &made.rgb[640 * 360 * 3..];
        let lit = strip.chunks(3).filter(|p| p[0] > 128).count();
        assert!((200..3_000).contains(&lit), "{lit}");
        // Words that are too long are cut, not refused.
        assert_eq!(caption(64, 20, &"W".repeat(200)).len(), 64 * 20 * 3);
    }
}
