//! Boxes of landmarks and detections, and where the mouth patch lies.

use crate::core::{Landmarks, points};
use crate::vision::{Crop, eye_centres};

/// Width of the mouth patch in inter-ocular distances.
const MOUTH_WIDTH_IOD: f64 = 1.6;

/// Distance between the eye centres in pixels.
pub(super) fn iod_px(marks: &Landmarks) -> f64 {
    let (left, right) = eye_centres(marks);
    (right[0] - left[0]).hypot(right[1] - left[1])
}

/// x0, y0, x1, y1 of all points.
pub(super) fn bounding_box(marks: &Landmarks) -> [f32; 4] {
    let first = marks[0];
    let start = [first[0], first[1], first[0], first[1]];
    marks.iter().fold(start, |b, p| {
        [
            b[0].min(p[0]),
            b[1].min(p[1]),
            b[2].max(p[0]),
            b[3].max(p[1]),
        ]
    })
}

/// Where the mouth patch lies: centred on the outer lip contour, upright with the eyes.
pub(super) fn mouth_crop(marks: &Landmarks) -> Crop {
    let lips = marks.get(points::LIPS_OUTER).unwrap_or(&[]);
    let mean = |axis: usize| {
        lips.iter().map(|p| f64::from(p[axis])).sum::<f64>() / lips.len().max(1) as f64
    };
    let (left, right) = eye_centres(marks);
    Crop {
        cx: mean(0),
        cy: mean(1),
        side: MOUTH_WIDTH_IOD * iod_px(marks),
        roll_rad: (right[1] - left[1]).atan2(right[0] - left[0]),
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
    use crate::core::LANDMARKS;

    #[test]
    fn overlap_of_boxes() {
        let a = [0.0, 0.0, 10.0, 10.0];
        assert!((iou(a, a) - 1.0).abs() < 1e-6);
        assert!((iou(a, [5.0, 0.0, 15.0, 10.0]) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(iou(a, [20.0, 0.0, 30.0, 10.0]), 0.0);
        assert_eq!(iou([5.0, 5.0, 1.0, 1.0], [5.0, 5.0, 1.0, 1.0]), 0.0);
    }

    #[test]
    fn the_mouth_patch_follows_lips_and_eyes() {
        let mut marks = [[0.0f32; 2]; LANDMARKS];
        marks[points::LIPS_OUTER].fill([100.0, 150.0]);
        marks[points::EYE_LEFT].fill([80.0, 100.0]);
        marks[points::EYE_RIGHT].fill([120.0, 130.0]);
        let crop = mouth_crop(&marks);
        assert_eq!((crop.cx, crop.cy, crop.side), (100.0, 150.0, 80.0));
        assert!((crop.roll_rad - 0.6435).abs() < 1e-4);
        assert_eq!(bounding_box(&marks), [0.0, 0.0, 120.0, 150.0]);
    }
}
