//! Where in a composed recording faces are shown, and when. Pure.
//!
//! A gallery or an active-speaker recording is one picture with several people in it. What can be
//! told from it are **places**: parts of the picture in which a face is shown again and again. Who
//! is at a place is not told: where a platform shows whoever speaks in one large tile, that tile is
//! one place with several people in turn, and a person whose tile moves is at several places.
//!
//! A recording's layout may change. A place is only looked at while its own layout holds: from a
//! look at which a face of another layout lies across it, back to the look before, and on until a
//! face is at the place again.

use crate::core::{MediaTime, Region};

/// A face takes at least this much of the looks, or it is no place.
const LEAST_SHARE: f64 = 0.05;
/// And at least this long.
const LEAST_S: f64 = 3.0;
/// One look stands for at most this long.
const LOOK_REACH_S: f64 = 10.0;
/// Places that are told apart; more people than that are not reviewed one by one.
pub(super) const MOST_PLACES: usize = 6;
/// Places that are counted before the rare ones are dropped.
const MOST_COUNTED: usize = 64;
/// A face at most this far from a place's, in sides of the larger face, is at the place.
const NEAR_SIDES: f32 = 0.8;
/// Faces of one place differ at most so much in height.
const SIZE_RATIO: f32 = 2.0;
/// Share of a face inside a cell from which another layout's face disturbs it.
const DISTURBS: f32 = 0.2;
/// Share of a face inside a cell from which a face of like size is the cell's own, moved.
const INSIDE: f32 = 0.8;

/// Left, top, right, bottom in 0 to 1 of the picture.
pub(super) type FaceBox = [f32; 4];

/// The faces of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    /// When.
    pub(super) time: MediaTime,
    /// Boxes of the faces.
    pub(super) faces: Vec<FaceBox>,
}

/// A part of the picture in which a face is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// The face's mean box.
    pub(super) face: FaceBox,
    /// How long a face was there, seconds.
    pub(super) seconds: f64,
    /// The part of the picture that is nearer to this place than to any other of its layout; `None`
    /// where there is no other: all of it.
    pub(super) cell: Option<Region>,
    /// When the place is not to be looked at any more (false), or again (true), in time order;
    /// before the first it is.
    pub(super) switches: Vec<(MediaTime, bool)>,
    /// Which looks show a face there.
    looks: Vec<usize>,
}

/// The places of a recording, the one with the longest presence first, at most [`MOST_PLACES`].
pub(super) fn places(looks: &[Look]) -> Vec<Place> {
    let reach = reaches(looks);
    let mut all: Vec<Place> = Vec::new();
    for (i, look) in looks.iter().enumerate() {
        let mut taken = Vec::new();
        for face in &look.faces {
            let near = |(k, p): &(usize, &Place)| !taken.contains(k) && is_at(face, &p.face);
            let nearest = all
                .iter()
                .enumerate()
                .filter(near)
                .min_by(|(_, a), (_, b)| apart(face, &a.face).total_cmp(&apart(face, &b.face)));
            let k = match nearest.map(|(k, _)| k) {
                Some(k) => k,
                None if all.len() < MOST_COUNTED => {
                    all.push(Place::new(*face));
                    all.len() - 1
                }
                None => continue,
            };
            taken.push(k);
            if let Some(place) = all.get_mut(k) {
                place.saw(i, face, reach.get(i).copied().unwrap_or_default());
            }
        }
    }
    let total: f64 = reach.iter().sum();
    let least = LEAST_S.min(total / 2.0).max(LEAST_SHARE * total);
    all.retain(|p| p.seconds >= least);
    // Equal presence: from the left, then from the top, so that the order does not rest on chance.
    all.sort_by(|a, b| {
        let at = |p: &Place| (p.face[0], p.face[1]);
        let (a_at, b_at) = (at(a), at(b));
        b.seconds
            .total_cmp(&a.seconds)
            .then(a_at.0.total_cmp(&b_at.0))
            .then(a_at.1.total_cmp(&b_at.1))
    });
    // Also the places that are not reviewed bound those that are.
    let cells: Vec<_> = all.iter().map(|p| cell(p, &all)).collect();
    all.truncate(MOST_PLACES);
    for (place, cell) in all.iter_mut().zip(cells) {
        place.switches = switches(place, &cell, looks);
        // A person alone may move about the whole picture.
        place.cell = (cell != WHOLE || !place.switches.is_empty()).then(|| region(cell));
    }
    all
}

const WHOLE: FaceBox = [0.0, 0.0, 1.0, 1.0];

// === impl Place ===

impl Place {
    fn new(face: FaceBox) -> Self {
        Self {
            face,
            seconds: 0.0,
            cell: None,
            switches: Vec::new(),
            looks: Vec::new(),
        }
    }

    fn saw(&mut self, look: usize, face: &FaceBox, seconds: f64) {
        self.looks.push(look);
        self.seconds += seconds;
        // A mean that forgets: people lean back in the course of an hour.
        let weight = 1.0 / (self.looks.len().min(20) as f32);
        for (mean, now) in self.face.iter_mut().zip(face) {
            *mean += weight * (now - *mean);
        }
    }

    fn is_shown_with(&self, other: &Self) -> bool {
        let both = |look: &&usize| other.looks.binary_search(look).is_ok();
        self.looks.iter().any(|look| both(&look))
    }
}

/// For how long each look stands, seconds.
fn reaches(looks: &[Look]) -> Vec<f64> {
    let mut gaps: Vec<f64> = looks
        .windows(2)
        .map(|w| match w {
            [a, b] => (b.time.since_ns(a.time) as f64 / 1e9).clamp(0.0, LOOK_REACH_S),
            _ => 0.0,
        })
        .collect();
    if !looks.is_empty() {
        gaps.push(gaps.last().copied().unwrap_or(1.0));
    }
    gaps
}

fn size(b: &FaceBox) -> (f32, f32) {
    ((b[2] - b[0]).max(1e-6), (b[3] - b[1]).max(1e-6))
}

fn centre(b: &FaceBox) -> (f32, f32) {
    ((b[0] + b[2]) / 2.0, (b[1] + b[3]) / 2.0)
}

/// Distance of two faces' middles in sides of the larger one, the larger of both directions.
fn apart(a: &FaceBox, b: &FaceBox) -> f32 {
    let ((ax, ay), (bx, by)) = (centre(a), centre(b));
    let ((aw, ah), (bw, bh)) = (size(a), size(b));
    ((ax - bx).abs() / aw.max(bw)).max((ay - by).abs() / ah.max(bh))
}

fn alike(a: &FaceBox, b: &FaceBox) -> bool {
    let ratio = size(a).1 / size(b).1;
    (1.0 / SIZE_RATIO..=SIZE_RATIO).contains(&ratio)
}

fn is_at(face: &FaceBox, place: &FaceBox) -> bool {
    alike(face, place) && apart(face, place) <= NEAR_SIDES
}

/// Share of a face that lies inside a part of the picture.
fn inside(face: &FaceBox, cell: &FaceBox) -> f32 {
    let w = (face[2].min(cell[2]) - face[0].max(cell[0])).max(0.0);
    let h = (face[3].min(cell[3]) - face[1].max(cell[1])).max(0.0);
    let (fw, fh) = size(face);
    w * h / (fw * fh)
}

/// What is nearer to a place than to the others of its layout: the picture, cut half way between
/// the faces, in the direction in which they are further apart.
fn cell(place: &Place, all: &[Place]) -> FaceBox {
    let mut cell = WHOLE;
    let own = &place.face;
    for other in all {
        if std::ptr::eq(place, other) || !place.is_shown_with(other) {
            continue;
        }
        let face = &other.face;
        // Room between the faces to each side; negative where they overlap.
        let (left, right) = (own[0] - face[2], face[0] - own[2]);
        let (top, bottom) = (own[1] - face[3], face[1] - own[3]);
        let widest = left.max(right).max(top).max(bottom);
        if widest == left {
            cell[0] = cell[0].max((own[0] + face[2]) / 2.0);
        } else if widest == right {
            cell[2] = cell[2].min((own[2] + face[0]) / 2.0);
        } else if widest == top {
            cell[1] = cell[1].max((own[1] + face[3]) / 2.0);
        } else {
            cell[3] = cell[3].min((own[3] + face[1]) / 2.0);
        }
    }
    // Faces that overlap leave no room; the place keeps its own face then.
    [
        cell[0].min(own[0]).clamp(0.0, 1.0),
        cell[1].min(own[1]).clamp(0.0, 1.0),
        cell[2].max(own[2]).clamp(0.0, 1.0),
        cell[3].max(own[3]).clamp(0.0, 1.0),
    ]
}

fn region(cell: FaceBox) -> Region {
    Region {
        x: cell[0],
        y: cell[1],
        width: (cell[2] - cell[0]).min(1.0 - cell[0]),
        height: (cell[3] - cell[1]).min(1.0 - cell[1]),
    }
}

/// When a face of another layout lies across the place.
fn switches(place: &Place, cell: &FaceBox, looks: &[Look]) -> Vec<(MediaTime, bool)> {
    let mut out = Vec::new();
    let (mut shown, mut before) = (true, MediaTime::ZERO);
    for (i, look) in looks.iter().enumerate() {
        let own = |f: &FaceBox| alike(f, &place.face) && inside(f, cell) >= INSIDE;
        let at = place.looks.binary_search(&i).is_ok() || look.faces.iter().any(own);
        let other = |f: &FaceBox| inside(f, cell) >= DISTURBS;
        match (shown, at) {
            (true, false) if look.faces.iter().any(other) => {
                // Since when is not known, but for that it was not so at the look before.
                out.push((before, false));
                shown = false;
            }
            (false, true) => {
                out.push((look.time, true));
                shown = true;
            }
            _ => {}
        }
        before = look.time;
    }
    out
}

#[cfg(test)]
#[path = "places_tests.rs"]
mod tests;
