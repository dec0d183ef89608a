//! Plain measurements of pictures: what repeats, what is cut, how sharp and bright a face is.

use super::geometry;
use super::sample::{self, Outside, luma, luma_at};
use crate::core::{Frame, Landmarks, MOUTH_PATCH_H, MOUTH_PATCH_W};
use std::sync::Arc;

/// Points per axis at which a picture's luma is compared with the one before.
const GRID: usize = 48;
/// Mean absolute luma difference below which a picture repeats the one before. Decoders repeat
/// pictures exactly or nearly so, while sensor noise alone moves single pixels by more.
const REPEAT_LUMA: f32 = 0.25;
/// Mean absolute luma difference above which the scene has changed.
const CUT_LUMA: f32 = 32.0;

/// Luma at fixed points of a picture and of the face in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glance {
    size: (u32, u32),
    whole: Vec<f32>,
    /// Face box that `part` was taken from, and its luma.
    face: Option<([f32; 4], Vec<f32>)>,
}

/// How a picture compares with the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Change {
    /// It repeats it, in the whole and in the face.
    pub(super) repeated: bool,
    /// It shows another scene.
    pub(super) cut: bool,
}

impl Glance {
    /// Looks at a picture; `face` is where the face was in the picture before. Without it a
    /// mouth that moves in a still picture would be lost among the points of the whole.
    pub(super) fn new(frame: &Frame, face: Option<[f32; 4]>) -> Self {
        let whole = [0.0, 0.0, frame.width as f32, frame.height as f32];
        Self {
            size: (frame.width, frame.height),
            whole: grid(frame, whole),
            face: face.map(|b| (b, grid(frame, b))),
        }
    }

    /// Compares `frame` with this glance at the picture before, at the same points.
    pub(super) fn change(&self, frame: &Frame, now: &Self) -> Change {
        if self.size != now.size {
            return Change {
                repeated: false,
                cut: true,
            };
        }
        let whole = difference(&self.whole, &now.whole);
        let face = match &self.face {
            Some((b, before)) => difference(before, &grid(frame, *b)),
            None => 0.0,
        };
        Change {
            repeated: whole < REPEAT_LUMA && face < REPEAT_LUMA,
            cut: whole > CUT_LUMA,
        }
    }

    /// The same glance with the luma of the face at `face`, for the comparison with the next.
    pub(super) fn with_face(mut self, frame: &Frame, face: Option<[f32; 4]>) -> Self {
        self.face = face.map(|b| (b, grid(frame, b)));
        self
    }
}

fn grid(frame: &Frame, [x0, y0, x1, y1]: [f32; 4]) -> Vec<f32> {
    let (w, h) = (frame.width as usize, frame.height as usize);
    let at = |low: f32, high: f32, i: usize, most: usize| {
        let v = low + (high - low) * (i as f32 + 0.5) / GRID as f32;
        (v.max(0.0) as usize).min(most.saturating_sub(1))
    };
    let mut out = Vec::with_capacity(GRID * GRID);
    for j in 0..GRID {
        let y = at(y0, y1, j, h);
        out.extend((0..GRID).map(|i| luma_at(frame, at(x0, x1, i, w), y)));
    }
    out
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum();
    sum / a.len().max(1) as f32
}

/// Variance of the Laplacian and mean of the luma inside a box, at every second pixel of every
/// second row (a quarter of the pixels tells the same).
pub(super) fn sharpness_and_luma(frame: &Frame, bbox: [f32; 4]) -> (f32, f32) {
    let (w, h) = (frame.width as usize, frame.height as usize);
    let inside = |v: f32, most: usize| (v.max(1.0) as usize).min(most.saturating_sub(1).max(1));
    let (x0, x1) = (inside(bbox[0], w), inside(bbox[2], w));
    let (y0, y1) = (inside(bbox[1], h), inside(bbox[3], h));
    let (mut n, mut sum, mut lap, mut lap2) = (0u32, 0f64, 0f64, 0f64);
    for y in (y0..y1).step_by(2) {
        for x in (x0..x1).step_by(2) {
            let c = luma_at(frame, x, y);
            let around = luma_at(frame, x - 1, y)
                + luma_at(frame, x + 1, y)
                + luma_at(frame, x, y - 1)
                + luma_at(frame, x, y + 1);
            let l = f64::from(around - 4.0 * c);
            n += 1;
            sum += f64::from(c);
            lap += l;
            lap2 += l * l;
        }
    }
    if n == 0 {
        return (0.0, 0.0);
    }
    let n = f64::from(n);
    let variance = lap2 / n - (lap / n).powi(2);
    (variance.max(0.0) as f32, (sum / n) as f32)
}

/// The gray mouth patch of [`crate::core::Face::mouth`].
pub(super) fn mouth(frame: &Frame, marks: &Landmarks) -> Arc<[u8]> {
    let aspect = MOUTH_PATCH_H as f64 / MOUTH_PATCH_W as f64;
    let place = geometry::mouth_patch(marks, aspect);
    let mut out = vec![0u8; MOUTH_PATCH_W * MOUTH_PATCH_H];
    if place.is_usable() {
        let size = (MOUTH_PATCH_W, MOUTH_PATCH_H);
        sample::patch(frame, place, size, Outside::Edge, |i, rgb| {
            if let Some(slot) = out.get_mut(i) {
                *slot = luma(rgb).round().clamp(0.0, 255.0) as u8;
            }
        });
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    fn frame(pixel: impl Fn(u32, u32) -> u8) -> Frame {
        let rgb: Vec<u8> = (0..64 * 96)
            .flat_map(|i| [pixel(i % 96, i / 96); 3])
            .collect();
        Frame::new(MediaTime::ZERO, 0, 96, 64, rgb).unwrap()
    }

    #[test]
    fn a_moving_mouth_in_a_still_picture_is_no_repeat() {
        let still = frame(|x, y| (x + y) as u8);
        let moved = frame(|x, y| {
            (x + y) as u8 + u8::from((40..46).contains(&x) && (30..33).contains(&y)) * 20
        });
        let face = Some([36.0, 26.0, 50.0, 38.0]);
        for (next, face, repeated) in [
            (&still, face, true),
            (&moved, face, false),
            (&moved, None, true),
        ] {
            let before = Glance::new(&still, face);
            let change = before.change(next, &Glance::new(next, None));
            assert_eq!(
                change,
                Change {
                    repeated,
                    cut: false
                },
                "{face:?}"
            );
        }
    }

    #[test]
    fn another_scene_or_size_is_a_cut() {
        let (dark, light) = (frame(|_, _| 10), frame(|_, _| 200));
        let before = Glance::new(&dark, None);
        assert!(before.change(&light, &Glance::new(&light, None)).cut);
        let small = Frame::new(MediaTime::ZERO, 0, 1, 1, vec![10; 3]).unwrap();
        assert!(before.change(&small, &Glance::new(&small, None)).cut);
    }

    #[test]
    fn sharpness_falls_with_blur_and_survives_boxes_outside() {
        let stripes = frame(|x, _| if x % 4 < 2 { 200 } else { 50 });
        let ramp = frame(|x, _| x as u8);
        let all = [0.0, 0.0, 96.0, 64.0];
        let (sharp, luma) = sharpness_and_luma(&stripes, all);
        assert!(
            sharp > 1000.0 && (luma - 125.0).abs() < 5.0,
            "{sharp} {luma}"
        );
        assert!(sharpness_and_luma(&ramp, all).0 < 1.0);
        assert_eq!(
            sharpness_and_luma(&ramp, [500.0, 500.0, 600.0, 600.0]),
            (0.0, 0.0)
        );
        let tiny = Frame::new(MediaTime::ZERO, 0, 1, 1, vec![10; 3]).unwrap();
        assert!(sharpness_and_luma(&tiny, all).0.is_finite());
    }
}
