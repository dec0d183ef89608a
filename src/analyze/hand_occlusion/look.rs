//! One picture of an open challenge: where the net sees hand and face, beside what tracking said.

use super::grid::{CELL_PX, CELLS, Grid, centre};
use crate::core::{FaceObs, HandScene, MediaTime, SCENE_PX, points};
use std::sync::Arc;

/// Probability, 0 to 255, from which a cell belongs to the hand.
const HAND_FROM: u32 = 128;
/// Share of a window's pictures from which a cell that looks like a hand does not move.
const STANDING: f64 = 0.6;
/// Pixels of a scene.
const PIXELS: usize = SCENE_PX * SCENE_PX;

/// What the net says of a scene, [`SCENE_PX`] squared each, row by row, 0 to 255.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Masks {
    /// Probability of hand or forearm.
    pub(super) hand: Vec<u8>,
    /// Probability of visible skin of the face.
    pub(super) face: Vec<u8>,
}

impl Masks {
    /// From planes of the face's and the hand's probability in 0 to 1, each of the scene's pixels.
    pub(super) fn of(face: &[f32], hand: &[f32]) -> Self {
        let plane = |values: &[f32]| {
            let all = values.iter().take(PIXELS);
            all.map(|p| (p.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
        };
        Self { face: plane(face), hand: plane(hand) }
    }
}

/// One picture of an open challenge. Places are in 0 to 1 of its scene.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) time: MediaTime,
    /// RGB of the scene.
    pub(super) rgb: Arc<[u8]>,
    pub(super) masks: Masks,
    /// Cells that belong to the hand.
    pub(super) hand: Grid,
    /// Cells inside the face's outline.
    pub(super) hull: Grid,
    /// x0, y0, x1, y1 of the face's box.
    pub(super) face_box: [f32; 4],
    /// True when the face was found in this very picture.
    pub(super) found: bool,
    /// Visibility of mouth, eyes, brows, nose, oval, where the face was found.
    pub(super) visibility: Option<[f32; 6]>,
    /// Cells of those regions, in the same order; empty where the face was not found.
    pub(super) regions: Vec<Grid>,
    /// The face in little ([`crate::core::Face::appearance`]), where it was found.
    pub(super) appearance: Option<Arc<[u8]>>,
    /// Height of the face in frame pixels, and its mean luma where it was found.
    pub(super) face_px: f32,
    pub(super) luma: Option<f32>,
    /// What the net of task `occ` says; positive = painted over.
    pub(super) occ: Option<f32>,
}

/// Landmark ranges of the regions in the order of [`crate::core::Face::visibility`].
const REGIONS: [std::ops::Range<usize>; 6] = [
    0..40,
    points::EYE_LEFT,
    points::EYE_RIGHT,
    points::BROW_LEFT.start..points::BROW_RIGHT.end,
    points::NOSE,
    points::OVAL,
];

// === impl Look ===

impl Look {
    /// Puts a picture, its scene and what the net says of it together. `outline` is the face's outline
    /// as the scene before knew it, for pictures in which the face is hidden.
    pub(super) fn new(obs: &FaceObs, scene: &HandScene, masks: Masks, outline: Option<&[[f32; 2]]>) -> Self {
        let ([x0, y0], [x1, y1]) = (
            scene.to_scene([scene.face[0], scene.face[1]]),
            scene.to_scene([scene.face[2], scene.face[3]]),
        );
        let face_box = [x0, y0, x1, y1];
        let face = obs.face.as_ref().filter(|_| scene.age_ns == 0);
        let own = face.and_then(|f| f.landmarks.get(points::OVAL)).map(|oval| place(scene, oval));
        let hull = match own.as_deref().or(outline) {
            Some(corners) => Grid::polygon(corners),
            None => ellipse(face_box),
        };
        let region = |range: &std::ops::Range<usize>| {
            let marks = face.and_then(|f| f.landmarks.get(range.clone()))?;
            Some(around(&place(scene, marks)))
        };
        Self {
            time: obs.time,
            rgb: Arc::clone(&scene.rgb),
            hand: Grid::above(&masks.hand, HAND_FROM),
            masks,
            hull,
            face_box,
            found: face.is_some(),
            visibility: face.map(|f| f.visibility),
            regions: REGIONS.iter().filter_map(region).collect(),
            appearance: face.map(|f| Arc::clone(&f.appearance)),
            face_px: scene.face[3] - scene.face[1],
            luma: face.map(|f| f.luma),
            occ: None,
        }
    }

    /// The face's outline in 0 to 1 of the scene, where the face was found.
    pub(super) fn outline(obs: &FaceObs, scene: &HandScene) -> Option<Vec<[f32; 2]>> {
        let face = obs.face.as_ref().filter(|_| scene.age_ns == 0)?;
        Some(place(scene, face.landmarks.get(points::OVAL)?))
    }

    /// Cells of the face's box.
    pub(super) fn boxed(&self) -> Grid {
        Grid::rectangle(self.face_box)
    }

    /// Width and height of the face's box in 0 to 1 of the scene, never 0.
    pub(super) fn size(&self) -> (f32, f32) {
        let [x0, y0, x1, y1] = self.face_box;
        ((x1 - x0).max(1e-3), (y1 - y0).max(1e-3))
    }

    /// Mean colour of a cell, 0 to 255 per channel.
    pub(super) fn colour(&self, x: usize, y: usize) -> [f32; 3] {
        let mut sum = [0.0f32; 3];
        for row in 0..CELL_PX {
            let at = ((y * CELL_PX + row) * SCENE_PX + x * CELL_PX) * 3;
            let pixels = self.rgb.get(at..at + 3 * CELL_PX).unwrap_or(&[]);
            for pixel in pixels.chunks_exact(3) {
                for (s, v) in sum.iter_mut().zip(pixel) {
                    *s += f32::from(*v);
                }
            }
        }
        sum.map(|s| s / (CELL_PX * CELL_PX) as f32)
    }

    /// BT.601 luma of a cell.
    pub(super) fn luma_at(&self, x: usize, y: usize) -> f32 {
        let [r, g, b] = self.colour(x, y);
        0.299 * r + 0.587 * g + 0.114 * b
    }

    /// The cell of this picture at the place of the face where `other` has cell (x, y); `None` outside.
    pub(super) fn same_place(&self, other: &Self, x: usize, y: usize) -> Option<(usize, usize)> {
        let ((w, h), (ow, oh)) = (self.size(), other.size());
        let u = (centre(x) - other.face_box[0]) / ow;
        let v = (centre(y) - other.face_box[1]) / oh;
        let cell = |p: f32| {
            let i = (p * CELLS as f32).floor();
            (i >= 0.0 && i < CELLS as f32).then_some(i as usize)
        };
        Some((cell(self.face_box[0] + u * w)?, cell(self.face_box[1] + v * h)?))
    }
}

/// Takes away what looks like a hand in most pictures of a window: a neck, somebody behind, a hand that
/// rests. A hand that passes or is held is in a place for less of the time that is given for it.
pub(super) fn forget_standing(looks: &mut [Look]) {
    let mut times = vec![0usize; CELLS * CELLS];
    for look in looks.iter() {
        look.hand.each(|x, y| {
            if let Some(n) = times.get_mut(y * CELLS + x) {
                *n += 1;
            }
        });
    }
    let most = STANDING * looks.len() as f64;
    let standing = Grid::of(|x, y| times.get(y * CELLS + x).is_some_and(|n| *n as f64 > most));
    let standing = standing.grown(1);
    looks.iter_mut().for_each(|l| l.hand = l.hand.without(&standing));
}

fn place(scene: &HandScene, marks: &[[f32; 2]]) -> Vec<[f32; 2]> {
    marks.iter().map(|p| scene.to_scene(*p)).collect()
}

/// The box around points, as cells.
fn around(marks: &[[f32; 2]]) -> Grid {
    let start = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    let b = marks.iter().fold(start, |b, p| {
        [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]
    });
    Grid::rectangle(b)
}

/// The ellipse inside a box: the outline of a face of which only the box is known.
fn ellipse(b: [f32; 4]) -> Grid {
    let (rx, ry) = (((b[2] - b[0]) / 2.0).max(1e-3), ((b[3] - b[1]) / 2.0).max(1e-3));
    let (cx, cy) = ((b[0] + b[2]) / 2.0, (b[1] + b[3]) / 2.0);
    Grid::of(|x, y| ((centre(x) - cx) / rx).powi(2) + ((centre(y) - cy) / ry).powi(2) <= 1.0)
}
