//! How sharp the hand's edge is inside the face's outline and outside it. Pure.
//!
//! One camera takes both, so a real hand's edge is as sharp before the face as beside it. A face that is
//! rendered small and pasted with a soft mask blurs what lies under it.

use super::grid::{CELL_PX, Grid};
use super::look::Look;
use crate::core::{SCENE_PX, median};

/// Pixels of a profile on either side of the edge.
const REACH: i32 = 5;
/// Least step of colour across an edge, grey levels, for its width to be told.
const LEAST_STEP: f32 = 24.0;
/// Least profiles on either side of the outline.
const LEAST_PROFILES: usize = 12;
/// Profiles of one picture at most.
const MOST_PROFILES: usize = 400;

/// Median width of the hand's edge inside the outline over that outside; `None` with too few of either.
pub(super) fn blur_ratio<'a>(looks: impl Iterator<Item = &'a Look>) -> Option<f64> {
    let (mut inner, mut outer) = (Vec::new(), Vec::new());
    for look in looks {
        widths(look, &look.hull.shrunk(3), &mut inner);
        let away = Grid::full().without(&look.hull.grown(2)).shrunk(3);
        widths(look, &away, &mut outer);
    }
    if inner.len() < LEAST_PROFILES || outer.len() < LEAST_PROFILES {
        return None;
    }
    Some(median(inner)? / median(outer)?.max(1e-6))
}

/// Adds the width in pixels of each profile across the hand's edge inside `place`.
fn widths(look: &Look, place: &Grid, out: &mut Vec<f64>) {
    let edge = look.hand.grown(1).without(&look.hand.shrunk(1)).and(place);
    let mut taken = 0;
    edge.each(|cx, cy| {
        let (x, y) = ((cx * CELL_PX) as i32, (cy * CELL_PX) as i32);
        if taken >= MOST_PROFILES {
            return;
        }
        if let Some(w) = profile(look, x, y) {
            out.push(w);
            taken += 1;
        }
    });
}

/// Width of the step across the edge at a pixel: its height over its steepest part.
fn profile(look: &Look, x: i32, y: i32) -> Option<f64> {
    let p = |dx: i32, dy: i32| probability(look, x + dx, y + dy);
    let (gx, gy) = (p(2, 0)? - p(-2, 0)?, p(0, 2)? - p(0, -2)?);
    let size = gx.hypot(gy);
    if size < 60.0 {
        return None;
    }
    let (nx, ny) = (gx / size, gy / size);
    let at = |s: i32| {
        let s = s as f32;
        pixel(look, x + (nx * s).round() as i32, y + (ny * s).round() as i32)
    };
    let line: Option<Vec<[f32; 3]>> = (-REACH..=REACH).map(at).collect();
    let line = line?;
    let (a, b) = (mean(line.get(..2)?), mean(line.get(line.len() - 2..)?));
    let step: [f32; 3] = std::array::from_fn(|c| b[c] - a[c]);
    let height = step.iter().map(|v| v * v).sum::<f32>().sqrt();
    if height < LEAST_STEP {
        return None;
    }
    let along = |v: &[f32; 3]| v.iter().zip(a).zip(step).map(|((v, a), s)| (v - a) * s).sum::<f32>() / height;
    let run: Vec<f32> = line.iter().map(along).collect();
    let steepest = run.windows(2).map(|w| w[1] - w[0]).fold(0.0f32, f32::max);
    (steepest > 0.0).then(|| f64::from(height / steepest))
}

fn index(x: i32, y: i32) -> Option<usize> {
    let side = SCENE_PX as i32;
    let inside = (0..side).contains(&x) && (0..side).contains(&y);
    inside.then(|| (y * side + x) as usize)
}

fn probability(look: &Look, x: i32, y: i32) -> Option<f32> {
    look.masks.hand.get(index(x, y)?).map(|v| f32::from(*v))
}

fn pixel(look: &Look, x: i32, y: i32) -> Option<[f32; 3]> {
    let at = index(x, y)? * 3;
    match look.rgb.get(at..at + 3)? {
        [r, g, b] => Some([f32::from(*r), f32::from(*g), f32::from(*b)]),
        _ => None,
    }
}

fn mean(colours: &[[f32; 3]]) -> [f32; 3] {
    let n = colours.len().max(1) as f32;
    colours.iter().fold([0.0; 3], |m: [f32; 3], c| std::array::from_fn(|i| m[i] + c[i] / n))
}
