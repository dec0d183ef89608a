//! Crops and similarity transforms. Coordinates are continuous: a picture of width W spans 0..W,
//! and pixel i has its centre at i + 0.5; y points down, positive roll is clockwise on the screen.

use crate::core::{DETAIL_PX, DETAIL_SCALE, Landmarks, SCENE_SCALE, points};

/// Side of a crop in units of the longer side of the box around the points, as in training.
pub const CROP_SCALE: f64 = 1.4;

/// A roll-corrected square (or, for patches, the frame of reference of a rectangle).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    /// Centre in frame pixels, x.
    pub cx: f64,
    /// Centre in frame pixels, y.
    pub cy: f64,
    /// Side in frame pixels.
    pub side: f64,
    /// Roll in radians.
    pub roll_rad: f64,
}

impl Crop {
    /// True when all numbers are finite and the side is above zero.
    pub fn is_usable(&self) -> bool {
        [self.cx, self.cy, self.side, self.roll_rad]
            .iter()
            .all(|v| v.is_finite())
            && self.side > 0.0
    }

    /// A point in 0..1 of the crop to frame pixels.
    pub fn to_frame(&self, p: [f32; 2]) -> [f32; 2] {
        let (s, c) = self.roll_rad.sin_cos();
        let dx = (f64::from(p[0]) - 0.5) * self.side;
        let dy = (f64::from(p[1]) - 0.5) * self.side;
        [
            (self.cx + c * dx - s * dy) as f32,
            (self.cy + s * dx + c * dy) as f32,
        ]
    }

    /// Half way from an earlier crop to this one, so that jitter is halved; this one where there is
    /// none, or where it lies further from it than 0.15 of its side.
    pub fn after(self, earlier: Option<Self>) -> Self {
        let near = |e: &Self| (e.cx - self.cx).hypot(e.cy - self.cy) <= 0.15 * self.side;
        let Some(e) = earlier.filter(near) else {
            return self;
        };
        Self {
            cx: (e.cx + self.cx) / 2.0,
            cy: (e.cy + self.cy) / 2.0,
            side: (e.side + self.side) / 2.0,
            roll_rad: (e.roll_rad + self.roll_rad) / 2.0,
        }
    }

    /// Frame pixels to 0..1 of the crop.
    pub fn to_crop(&self, p: [f32; 2]) -> [f32; 2] {
        let (s, c) = self.roll_rad.sin_cos();
        let (dx, dy) = (f64::from(p[0]) - self.cx, f64::from(p[1]) - self.cy);
        [
            ((c * dx + s * dy) / self.side + 0.5) as f32,
            ((c * dy - s * dx) / self.side + 0.5) as f32,
        ]
    }
}

/// Centres of the image-left and image-right eye: the mean of the eight contour points each.
pub fn eye_centres(landmarks: &Landmarks) -> ([f64; 2], [f64; 2]) {
    let mean = |range: std::ops::Range<usize>| {
        let eye = &landmarks[range];
        let n = eye.len() as f64;
        let sum = eye.iter().fold([0.0, 0.0], |s: [f64; 2], p| {
            [s[0] + f64::from(p[0]), s[1] + f64::from(p[1])]
        });
        [sum[0] / n, sum[1] / n]
    };
    (mean(points::EYE_LEFT), mean(points::EYE_RIGHT))
}

/// Crop geometry from 96 landmarks in frame pixels: the box around the points after the eye line
/// was made level, 1.4 times its longer side.
pub fn crop_from_points(landmarks: &Landmarks) -> Crop {
    let (left, right) = eye_centres(landmarks);
    let roll_rad = (right[1] - left[1]).atan2(right[0] - left[0]);
    let (s, c) = roll_rad.sin_cos();
    let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
    for p in landmarks {
        let (x, y) = (f64::from(p[0]), f64::from(p[1]));
        let turned = [c * x + s * y, c * y - s * x];
        for i in 0..2 {
            low[i] = low[i].min(turned[i]);
            high[i] = high[i].max(turned[i]);
        }
    }
    let (mx, my) = ((low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0);
    Crop {
        cx: c * mx - s * my,
        cy: s * mx + c * my,
        side: CROP_SCALE * (high[0] - low[0]).max(high[1] - low[1]),
        roll_rad,
    }
}

/// Crop geometry from a detector hit: `bbox` is x0, y0, x1, y1 and `eyes` the image-left and
/// image-right eye, all in frame pixels.
pub fn crop_from_detection(bbox: [f32; 4], eyes: [[f32; 2]; 2]) -> Crop {
    let [x0, y0, x1, y1] = bbox.map(f64::from);
    let [[lx, ly], [rx, ry]] = eyes.map(|p| p.map(f64::from));
    Crop {
        cx: (x0 + x1) / 2.0,
        cy: (y0 + y1) / 2.0,
        side: CROP_SCALE * (x1 - x0).max(y1 - y0),
        roll_rad: (ry - ly).atan2(rx - lx),
    }
}

/// The crop of [`DETAIL_PX`] pixels around a face's box (x0, y0, x1, y1 in frame pixels) that
/// copies the frame's own pixels: upright, its centre on a whole pixel, one frame pixel per crop
/// pixel unless [`DETAIL_SCALE`] times the box does not fit. Resampling would erase traces.
pub fn native_crop(bbox: [f32; 4]) -> Crop {
    let [x0, y0, x1, y1] = bbox.map(f64::from);
    Crop {
        cx: ((x0 + x1) / 2.0 + 0.5).floor(),
        cy: ((y0 + y1) / 2.0 + 0.5).floor(),
        side: (DETAIL_PX as f64).max(DETAIL_SCALE * (x1 - x0).max(y1 - y0)),
        roll_rad: 0.0,
    }
}

/// The crop of a hand scene around a face's box (x0, y0, x1, y1 in frame pixels): upright, centred on it,
/// [`SCENE_SCALE`] times its longer side.
pub fn scene_crop(bbox: [f32; 4]) -> Crop {
    let [x0, y0, x1, y1] = bbox.map(f64::from);
    Crop {
        cx: (x0 + x1) / 2.0,
        cy: (y0 + y1) / 2.0,
        side: SCENE_SCALE * (x1 - x0).max(y1 - y0),
        roll_rad: 0.0,
    }
}

/// Centre x, centre y, width and height of a box in 0 to 1 of an upright crop.
pub fn face_in_crop(bbox: [f32; 4], crop: &Crop) -> [f32; 4] {
    let ([ax, ay], [bx, by]) = (
        crop.to_crop([bbox[0], bbox[1]]),
        crop.to_crop([bbox[2], bbox[3]]),
    );
    [(ax + bx) / 2.0, (ay + by) / 2.0, bx - ax, by - ay]
}

/// x' = a x - b y + tx, y' = b x + a y + ty: rotation, uniform scale and shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// Scale times cosine.
    pub a: f64,
    /// Scale times sine.
    pub b: f64,
    /// Shift in x.
    pub tx: f64,
    /// Shift in y.
    pub ty: f64,
}

impl Similarity {
    /// The similarity that maps `from` to `to` with the least squared error (Umeyama, IEEE PAMI
    /// 13(4), 1991). In two dimensions without reflection the singular value decomposition has
    /// this closed form: scale and angle of the complex correlation. `None` when fewer than two
    /// points are given, their numbers differ, or all of `from` lie on one spot.
    pub fn fit(from: &[[f32; 2]], to: &[[f32; 2]]) -> Option<Self> {
        if from.len() != to.len() || from.len() < 2 {
            return None;
        }
        let n = from.len() as f64;
        let mean = |p: &[[f32; 2]]| {
            let s = p.iter().fold([0.0, 0.0], |s: [f64; 2], q| {
                [s[0] + f64::from(q[0]), s[1] + f64::from(q[1])]
            });
            [s[0] / n, s[1] / n]
        };
        let (mf, mt) = (mean(from), mean(to));
        let (mut power, mut dot, mut cross) = (0.0, 0.0, 0.0);
        for (f, t) in from.iter().zip(to) {
            let (fx, fy) = (f64::from(f[0]) - mf[0], f64::from(f[1]) - mf[1]);
            let (gx, gy) = (f64::from(t[0]) - mt[0], f64::from(t[1]) - mt[1]);
            power += fx * fx + fy * fy;
            dot += fx * gx + fy * gy;
            cross += fx * gy - fy * gx;
        }
        let (a, b) = (dot / power, cross / power);
        let fitted = Self {
            a,
            b,
            tx: mt[0] - a * mf[0] + b * mf[1],
            ty: mt[1] - b * mf[0] - a * mf[1],
        };
        (power > 1e-12
            && [fitted.a, fitted.b, fitted.tx, fitted.ty]
                .iter()
                .all(|v| v.is_finite()))
        .then_some(fitted)
    }

    /// The image of a point.
    pub fn apply(&self, p: [f32; 2]) -> [f32; 2] {
        let (x, y) = (f64::from(p[0]), f64::from(p[1]));
        [
            (self.a * x - self.b * y + self.tx) as f32,
            (self.b * x + self.a * y + self.ty) as f32,
        ]
    }

    /// Scale, above zero for a fit of distinct points.
    pub fn scale(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// Angle in radians, positive clockwise on the screen.
    pub fn angle_rad(&self) -> f64 {
        self.b.atan2(self.a)
    }
}
