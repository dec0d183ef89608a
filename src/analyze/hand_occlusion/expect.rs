//! Where the hand must be: its shape where it is clear of the face, moved along with what of it is seen
//! outside the face.
//!
//! A swap that is painted over the hand takes away what lies inside the face's outline. Outside, the hand
//! and the forearm stay as they are, and tell where the rest is. The shape comes from the picture in
//! which most of the hand is seen clear of the face, before and after; it is moved without turning, which
//! suits a hand that passes, and gives a lower bound: what was outside the scene is not known. Where too
//! little of the hand is seen to move a shape to, as where the whole of it lies before the face, its place
//! is taken to lie between those of the pictures around.

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
/// Largest shift in cells, sideways and up and down, and its step up and down.
const FAR_X: i32 = 44;
const FAR_Y: i32 = 12;
const STEP_Y: usize = 2;
/// Longest stretch over which a hand's place is filled in from both sides, nanoseconds: a hold is asked for over 2 or 3 s, and where a
/// face is painted over the hand, all of that time may have to be filled in.
const FILL_NS: i64 = 3_000_000_000;
/// How far from the face's outline a hand may be at either end of such a stretch, cells.
const FILL_FROM: u32 = 10;

/// Where the hand is and where it must be inside the face's outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Expected {
    /// Cells in which the hand must be; empty where nothing can be said.
    pub(super) inside: Grid,
    /// True when a shape could be carried over.
    pub(super) known: bool,
    /// True when its place was filled in from the pictures around.
    pub(super) filled: bool,
}

/// A shape that was moved: the picture it comes from, and by how many cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Placed {
    shape: usize,
    dx: i32,
    dy: i32,
}

/// For each picture, where the hand must be inside the face's outline.
pub(super) fn expected(looks: &[Look]) -> Vec<Expected> {
    let shapes: Vec<Option<u32>> = looks.iter().map(shape_of).collect();
    let own: Vec<Option<Placed>> = (0..looks.len()).map(|i| place(looks, &shapes, i)).collect();
    let filled = fill(looks, &own);
    let one = |((look, own), filled): ((&Look, &Option<Placed>), &Option<Placed>)| {
        let placed = own.or(*filled)?;
        let shape = looks.get(placed.shape)?;
        Some(Expected {
            inside: shape.hand.shifted(placed.dx, placed.dy).and(&look.hull),
            known: true,
            filled: own.is_none(),
        })
    };
    looks.iter().zip(&own).zip(&filled).map(|l| one(l).unwrap_or_default()).collect()
}

/// How much of a shape a picture shows: cells of hand, where next to nothing of it touches the face.
fn shape_of(look: &Look) -> Option<u32> {
    let near = look.hand.and(&look.hull.grown(2)).count();
    let cells = look.hand.count();
    (cells >= LEAST_SHAPE && f64::from(near) <= 0.04 * f64::from(cells)).then_some(cells)
}

/// Where the shape of another picture fits what is seen of the hand outside the face.
fn place(looks: &[Look], shapes: &[Option<u32>], i: usize) -> Option<Placed> {
    let look = looks.get(i)?;
    let outside = anchor(look)?;
    let reach = |j: &usize| looks.get(*j).is_some_and(|l| look.time.since_ns(l.time).abs() <= REACH_NS);
    let best = |range: &mut dyn Iterator<Item = usize>| {
        let known = range.filter(reach).filter_map(|j| Some(((*shapes.get(j)?)?, j)));
        known.max().map(|(_, j)| j)
    };
    let (before, after) = (best(&mut (0..i)), best(&mut (i + 1..looks.len())));
    let fits = [before, after].into_iter().flatten().filter_map(|shape| {
        let (fit, dx, dy) = fit(&looks.get(shape)?.hand, look, &outside)?;
        Some((fit, Placed { shape, dx, dy }))
    });
    fits.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, placed)| placed)
}

/// What is seen of the hand outside the face, where it is enough to move a shape to.
fn anchor(look: &Look) -> Option<Grid> {
    let outside = look.hand.without(&look.hull);
    (outside.count() >= LEAST_ANCHOR).then_some(outside)
}

/// Places between pictures that have one, where those between have none.
fn fill(looks: &[Look], own: &[Option<Placed>]) -> Vec<Option<Placed>> {
    let mut out = vec![None; looks.len()];
    let known: Vec<usize> = (0..own.len()).filter(|i| own.get(*i).is_some_and(Option::is_some)).collect();
    for pair in known.windows(2).filter(|p| p[1] > p[0] + 1) {
        let Some((from, to, ends)) = bridge(looks, own, pair[0], pair[1]) else {
            continue;
        };
        let whole = ends.1.time.since_ns(ends.0.time).max(1) as f64;
        for i in pair[0] + 1..pair[1] {
            let (Some(look), Some(slot)) = (looks.get(i), out.get_mut(i)) else { continue };
            let share = look.time.since_ns(ends.0.time) as f64 / whole;
            let between = |a: i32, b: i32| (f64::from(a) + share * f64::from(b - a)).round() as i32;
            *slot = Some(Placed { shape: from.shape, dx: between(from.dx, to.dx), dy: between(from.dy, to.dy) });
        }
    }
    out
}

/// One shape at both ends of a stretch without places, where the hand is near the face at both.
fn bridge<'a>(
    looks: &'a [Look],
    own: &[Option<Placed>],
    a: usize,
    b: usize,
) -> Option<(Placed, Placed, (&'a Look, &'a Look))> {
    let (first, last) = (looks.get(a)?, looks.get(b)?);
    let near = |l: &Look| l.hand.and(&l.hull.grown(FILL_FROM)).count() > 0;
    if last.time.since_ns(first.time) > FILL_NS || !near(first) || !near(last) {
        return None;
    }
    let (from, to) = ((*own.get(a)?)?, (*own.get(b)?)?);
    let moved = |shape: usize, look: &Look| {
        let (_, dx, dy) = fit(&looks.get(shape)?.hand, look, &anchor(look)?)?;
        Some(Placed { shape, dx, dy })
    };
    if from.shape == to.shape {
        return Some((from, to, (first, last)));
    }
    match moved(from.shape, last) {
        Some(to) => Some((from, to, (first, last))),
        None => Some((moved(to.shape, first)?, to, (first, last))),
    }
}

/// How well the shape can be moved onto the hand outside the face, and by how much.
fn fit(shape: &Grid, look: &Look, outside: &Grid) -> Option<(f64, i32, i32)> {
    let mut best: Option<(f64, i32, i32)> = None;
    for dy in (-FAR_Y..=FAR_Y).step_by(STEP_Y) {
        for dx in -FAR_X..=FAR_X {
            let seen = shape.shifted(dx, dy).without(&look.hull);
            let both = seen.and(outside).count();
            if both < LEAST_ANCHOR / 2 {
                continue;
            }
            // What came in over the border was not in the scene before: it counts for nothing.
            let known = Grid::full().shifted(dx, dy);
            let either = seen.or(&outside.and(&known)).count();
            if either < LEAST_ANCHOR {
                continue;
            }
            // The least move among equals: a forearm looks the same all along.
            let effort = 1e-3 * f64::from(dx.abs()) / f64::from(FAR_X) + 4e-3 * f64::from(dy.abs());
            let agreement = f64::from(both) / f64::from(either) - effort;
            if agreement >= LEAST_FIT && best.is_none_or(|b| agreement > b.0) {
                best = Some((agreement, dx, dy));
            }
        }
    }
    best
}
