//! What changes from picture to picture.

use crate::core::Frame;
use crate::vision::LumaGrid;

/// Mean absolute luma difference below which a picture repeats the one before. Decoders repeat
/// pictures exactly or nearly so, while sensor noise alone moves single pixels by more.
const REPEAT_LUMA: f32 = 0.25;
/// Mean absolute luma difference above which the scene has changed.
const CUT_LUMA: f32 = 32.0;

/// Luma at fixed points of a picture and of the face in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glance {
    whole: LumaGrid,
    /// Face box, and luma inside it.
    face: Option<([f32; 4], LumaGrid)>,
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
    /// Looks at a picture as a whole.
    pub(super) fn new(frame: &Frame) -> Self {
        Self {
            whole: LumaGrid::of(frame),
            face: None,
        }
    }

    /// The same glance with a closer look at the face. Without it a mouth that moves in a still
    /// picture would be lost among the points of the whole.
    pub(super) fn with_face(mut self, frame: &Frame, face: Option<[f32; 4]>) -> Self {
        self.face = face.map(|b| (b, LumaGrid::inside(frame, b)));
        self
    }

    /// Compares the next picture, of which `now` is the glance, with this one; the face at the
    /// place where it was here.
    pub(super) fn change(&self, frame: &Frame, now: &Self) -> Change {
        let Some(whole) = self.whole.mean_abs_diff(&now.whole) else {
            return Change {
                repeated: false,
                cut: true,
            };
        };
        let face = match &self.face {
            Some((b, before)) => before
                .mean_abs_diff(&LumaGrid::inside(frame, *b))
                .unwrap_or(0.0),
            None => 0.0,
        };
        Change {
            repeated: whole < REPEAT_LUMA && face < REPEAT_LUMA,
            cut: whole > CUT_LUMA,
        }
    }
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
            let before = Glance::new(&still).with_face(&still, face);
            let change = before.change(next, &Glance::new(next));
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
        let before = Glance::new(&dark);
        assert!(before.change(&light, &Glance::new(&light)).cut);
        let small = Frame::new(MediaTime::ZERO, 0, 1, 1, vec![10; 3]).unwrap();
        assert!(before.change(&small, &Glance::new(&small)).cut);
    }
}
