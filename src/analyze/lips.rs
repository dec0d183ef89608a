//! The shape of the lips, in numbers that turns of the head and distance hardly change. Not an analyzer;
//! shared by those that watch the mouth.

use crate::core::{LANDMARKS, points};

/// Row of the nose tip in the landmarks.
const NOSE_TIP: usize = points::NOSE.start + 4;
/// Row of the chin in the landmarks.
const CHIN: usize = points::OVAL.start + 10;
/// Roll-corrected lip measures in units of the distance between the eye centres; `None` when the
/// eyes coincide or a point is not finite.
///
/// Order: aperture, outer and inner width, inner and outer area, height of lower lip, upper lip
/// and chin under the nose tip, thickness of lower and upper lip, height of the mouth corners.
pub fn shape_channels(landmarks: &[[f32; 2]; LANDMARKS]) -> Option<[f64; 11]> {
    if landmarks.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    let centre = |r: std::ops::Range<usize>| {
        let n = r.len() as f64;
        let sum = landmarks[r].iter().fold([0.0, 0.0], |s, p| {
            [s[0] + f64::from(p[0]), s[1] + f64::from(p[1])]
        });
        [sum[0] / n, sum[1] / n]
    };
    let (left, right) = (centre(points::EYE_LEFT), centre(points::EYE_RIGHT));
    let axis = [right[0] - left[0], right[1] - left[1]];
    let iod = axis[0].hypot(axis[1]);
    if iod < 1e-6 {
        return None;
    }
    let (c, s) = (axis[0] / iod, axis[1] / iod);
    let middle = [(left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0];
    let q = |i: usize| {
        let d = [
            f64::from(landmarks[i][0]) - middle[0],
            f64::from(landmarks[i][1]) - middle[1],
        ];
        [(c * d[0] + s * d[1]) / iod, (-s * d[0] + c * d[1]) / iod]
    };
    let y = |i: usize| q(i)[1];
    let apart = |i: usize, j: usize| (q(i)[0] - q(j)[0]).hypot(q(i)[1] - q(j)[1]);
    let area = |r: std::ops::Range<usize>| {
        let ring: Vec<[f64; 2]> = r.map(q).collect();
        let next = ring.iter().cycle().skip(1);
        let twice: f64 = ring
            .iter()
            .zip(next)
            .map(|(a, b)| a[0] * b[1] - a[1] * b[0])
            .sum();
        0.5 * twice.abs()
    };
    let (outer, inner, nose) = (
        points::LIPS_OUTER.start,
        points::LIPS_INNER.start,
        y(NOSE_TIP),
    );
    // Counted clockwise from the image-left corner: 5 is the middle of the upper lip, 15 of the
    // lower one, 4/16 and 6/14 are the pairs beside them, 10 is the other corner.
    let gap = |up: usize, low: usize| y(inner + low) - y(inner + up);
    Some([
        (gap(5, 15) + gap(4, 16) + gap(6, 14)) / 3.0,
        apart(outer, outer + 10),
        apart(inner, inner + 10),
        area(points::LIPS_INNER),
        area(points::LIPS_OUTER),
        y(outer + 15) - nose,
        y(outer + 5) - nose,
        y(CHIN) - nose,
        y(outer + 15) - y(inner + 15),
        y(inner + 5) - y(outer + 5),
        (y(outer) + y(outer + 10)) / 2.0 - nose,
    ])
}
