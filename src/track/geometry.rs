//! Geometry of landmarks: crops, boxes, the mouth patch. Formulas in `models/train/README.md`.

use super::sample::Patch;
use crate::core::{LANDMARKS, Landmarks, points};

/// Width of the mouth patch in inter-ocular distances.
const MOUTH_WIDTH_IOD: f64 = 1.6;

/// Mean of the points of a range, x and y.
fn centre(marks: &Landmarks, range: std::ops::Range<usize>) -> (f64, f64) {
    let part = marks.get(range).unwrap_or(&[]);
    let n = part.len().max(1) as f64;
    let sum = |axis: usize| part.iter().map(|p| f64::from(p[axis])).sum::<f64>() / n;
    (sum(0), sum(1))
}

/// Centres of the eye contours, image-left first.
pub(super) fn eye_centres(marks: &Landmarks) -> ((f64, f64), (f64, f64)) {
    (
        centre(marks, points::EYE_LEFT),
        centre(marks, points::EYE_RIGHT),
    )
}

/// Roll of the line between the eye centres, radians, clockwise on the screen.
pub(super) fn roll(marks: &Landmarks) -> f64 {
    let (left, right) = eye_centres(marks);
    (right.1 - left.1).atan2(right.0 - left.0)
}

/// Distance between the eye centres in pixels.
pub(super) fn iod_px(marks: &Landmarks) -> f64 {
    let (left, right) = eye_centres(marks);
    (right.0 - left.0).hypot(right.1 - left.1)
}

/// x0, y0, x1, y1 of all points.
pub(super) fn bounding_box(marks: &Landmarks) -> [f32; 4] {
    let first = marks[0];
    marks
        .iter()
        .fold([first[0], first[1], first[0], first[1]], |b, p| {
            [
                b[0].min(p[0]),
                b[1].min(p[1]),
                b[2].max(p[0]),
                b[3].max(p[1]),
            ]
        })
}

/// The next frame's crop: a square of `scale` times the longer side of the upright box around
/// the points, turned with the eyes.
pub(super) fn crop_from_points(marks: &Landmarks, scale: f64) -> Patch {
    let roll = roll(marks);
    let (sin, cos) = roll.sin_cos();
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for p in marks {
        let (x, y) = (f64::from(p[0]), f64::from(p[1]));
        for (axis, v) in [cos * x + sin * y, -sin * x + cos * y]
            .into_iter()
            .enumerate()
        {
            low[axis] = low[axis].min(v);
            high[axis] = high[axis].max(v);
        }
    }
    let (mx, my) = ((low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0);
    let side = scale * (high[0] - low[0]).max(high[1] - low[1]);
    Patch {
        cx: cos * mx - sin * my,
        cy: sin * mx + cos * my,
        width: side,
        height: side,
        roll,
    }
}

/// The crop of a detection: around the box's centre, turned with the two eye points.
pub(super) fn crop_from_detection(bbox: [f32; 4], five: &[[f32; 2]; 5], scale: f64) -> Patch {
    let [x0, y0, x1, y1] = bbox.map(f64::from);
    let [left, right] = [five[0], five[1]].map(|p| p.map(f64::from));
    let side = scale * (x1 - x0).max(y1 - y0);
    Patch {
        cx: (x0 + x1) / 2.0,
        cy: (y0 + y1) / 2.0,
        width: side,
        height: side,
        roll: (right[1] - left[1]).atan2(right[0] - left[0]),
    }
}

/// Landmarks in fractions of a crop, x and y in turn, to frame pixels.
pub(super) fn to_frame(crop: Patch, fractions: &[f32]) -> Option<Landmarks> {
    if fractions.len() != 2 * LANDMARKS {
        return None;
    }
    let mut marks = [[0.0; 2]; LANDMARKS];
    for (mark, pair) in marks.iter_mut().zip(fractions.chunks_exact(2)) {
        let (x, y) = crop.to_frame(f64::from(pair[0]), f64::from(pair[1]));
        *mark = [x as f32, y as f32];
    }
    Some(marks)
}

/// Where the mouth patch lies: centred on the outer lip contour, upright with the eyes.
/// `aspect` is height over width.
pub(super) fn mouth_patch(marks: &Landmarks, aspect: f64) -> Patch {
    let (cx, cy) = centre(marks, points::LIPS_OUTER);
    let width = MOUTH_WIDTH_IOD * iod_px(marks);
    Patch {
        cx,
        cy,
        width,
        height: width * aspect,
        roll: roll(marks),
    }
}

/// Intersection over union of two boxes x0, y0, x1, y1.
pub(super) fn iou(a: [f32; 4], b: [f32; 4]) -> f32 {
    let w = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let h = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let both = w * h;
    both / (area(a) + area(b) - both + 1e-9)
}

/// Area of a box, 0 when it is turned inside out.
pub(super) fn area(b: [f32; 4]) -> f32 {
    (b[2] - b[0]).max(0.0) * (b[3] - b[1]).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_of_boxes() {
        let a = [0.0, 0.0, 10.0, 10.0];
        assert!((iou(a, a) - 1.0).abs() < 1e-6);
        assert!((iou(a, [5.0, 0.0, 15.0, 10.0]) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(iou(a, [20.0, 0.0, 30.0, 10.0]), 0.0);
        assert_eq!(iou([5.0, 5.0, 1.0, 1.0], [5.0, 5.0, 1.0, 1.0]), 0.0);
    }

    #[test]
    fn a_crop_maps_its_points_back_and_forth() {
        let crop = Patch {
            cx: 50.0,
            cy: 40.0,
            width: 20.0,
            height: 20.0,
            roll: 0.5,
        };
        let (x, y) = crop.to_frame(0.5, 0.5);
        assert!((x - 50.0).abs() < 1e-9 && (y - 40.0).abs() < 1e-9);
        assert!(to_frame(crop, &[0.5; 191]).is_none());
        let marks = to_frame(crop, &[0.5; 192]).unwrap();
        assert_eq!(marks[95], [50.0, 40.0]);
    }
}
