//! Where the hand must be: its shape where it is clear of the face, moved along with what of it is seen
//! outside the face.
//!
//! A swap that is painted over the hand takes away what lies inside the face's outline. Outside, the hand
//! and the forearm stay as they are, and tell where the rest is. The shape comes from the picture in
//! which most of the hand is seen clear of the face, before and after; it is moved without turning, which
//! suits a hand that passes, and gives a lower bound: what was outside the scene is not known.

use super::grid::Grid;
use super::look::Look;

/// Shapes further apart in time than this are not carried over, nanoseconds.
const REACH_NS: i64 = 3_000_000_000;
/// Least cells of hand outside the face's outline for a shape to be carried over.
const LEAST_SHAPE: u32 = 60;
/// Least cells of hand outside the face's outline in the picture that the shape is moved to.
const LEAST_ANCHOR: u32 = 24;
/// Least agreement (intersection over union) of the moved shape with the hand outside the face.
const LEAST_FIT: f64 = 0.45;
/// Largest shift in cells: half a scene and a little more to the side, an eighth up and down.
const FAR_X: i32 = 44;
const FAR_Y: i32 = 8;

/// Where the hand is and where it must be inside the face's outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Expected {
    /// Cells in which the hand must be; empty where nothing can be said.
    pub(super) inside: Grid,
    /// True when a shape could be carried over.
    pub(super) known: bool,
}

/// For each picture, where the hand must be inside the face's outline.
pub(super) fn expected(looks: &[Look]) -> Vec<Expected> {
    let shapes: Vec<Option<u32>> = looks.iter().map(shape_of).collect();
    (0..looks.len()).map(|i| one(looks, &shapes, i)).collect()
}

/// How much of a shape a picture shows: cells of hand, where next to nothing of it touches the face.
fn shape_of(look: &Look) -> Option<u32> {
    let near = look.hand.and(&look.hull.grown(2)).count();
    let cells = look.hand.count();
    (cells >= LEAST_SHAPE && f64::from(near) <= 0.04 * f64::from(cells)).then_some(cells)
}

fn one(looks: &[Look], shapes: &[Option<u32>], i: usize) -> Expected {
    let Some(look) = looks.get(i) else {
        return Expected::default();
    };
    let outside = look.hand.without(&look.hull);
    if outside.count() < LEAST_ANCHOR {
        return Expected::default();
    }
    let reach = |j: &usize| looks.get(*j).is_some_and(|l| look.time.since_ns(l.time).abs() <= REACH_NS);
    let best = |range: &mut dyn Iterator<Item = usize>| {
        let known = range.filter(reach).filter_map(|j| Some(((*shapes.get(j)?)?, j)));
        known.max().and_then(|(_, j)| looks.get(j))
    };
    let (before, after) = (best(&mut (0..i)), best(&mut (i + 1..looks.len())));
    let fits = [before, after].into_iter().flatten().filter_map(|shape| fit(&shape.hand, look, &outside));
    match fits.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, moved)) => Expected { inside: moved.and(&look.hull), known: true },
        None => Expected::default(),
    }
}

/// The shape moved to where it agrees best with the hand outside the face, and how well it does.
fn fit(shape: &Grid, look: &Look, outside: &Grid) -> Option<(f64, Grid)> {
    let mut best: Option<(f64, Grid)> = None;
    for dy in -FAR_Y..=FAR_Y {
        for dx in -FAR_X..=FAR_X {
            let moved = shape.shifted(dx, dy);
            let seen = moved.without(&look.hull);
            let both = seen.and(outside).count();
            // What came in over the border was not in the scene before: it counts for nothing.
            let known = Grid::full().shifted(dx, dy);
            let either = seen.or(&outside.and(&known)).count();
            if either < LEAST_ANCHOR {
                continue;
            }
            // The least move among equals: a forearm looks the same all along.
            let effort = 1e-3 * f64::from(dx.abs()) / f64::from(FAR_X) + 4e-3 * f64::from(dy.abs());
            let agreement = f64::from(both) / f64::from(either) - effort;
            if agreement >= LEAST_FIT && best.as_ref().is_none_or(|b| agreement > b.0) {
                best = Some((agreement, moved));
            }
        }
    }
    best
}
