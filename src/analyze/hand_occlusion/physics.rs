//! What was painted while a hand was before the face. Pure.
//!
//! Each measure asks a question whose answer differs between a hand before a real face and a face that is
//! painted over a hand: is the hand there where it must be; does it end along the face's outline; does the
//! face shine through it; is it recoloured or blurred inside the face; do landmarks claim to see what it
//! covers; how long does the face take to come back. That a face is not found under a hand says nothing,
//! since real people's are not found either, and no measure rises with it.

use super::expect::Expected;
use super::grid::Grid;
use super::look::Look;
use crate::core::median;

/// Names of the measures, in the order of [`measure`].
pub(super) const MEASURES: [&str; 9] = [
    "hidden_hand_share",
    "cut_hand_share",
    "hidden_hand_spread",
    "face_through_share",
    "recoloured_share",
    "edge_blur_ratio",
    "landmarks_through_share",
    "recover_ms",
    "painted_over_jump",
];

/// Least share of the face's outline that the hand must be expected in for a picture to count.
const LEAST_EXPECTED: f64 = 0.05;
/// Least cells of hand well inside the outline for its colours to count.
const LEAST_INSIDE: u32 = 40;
/// Least variance of the face's luma behind the hand, squared grey levels, for it to be able to shine through.
const LEAST_VARIANCE: f64 = 25.0;
/// Least distance of the colours of face and hand, grey levels, for a mixture to be told.
const LEAST_CONTRAST: f64 = 14.0;
/// Largest share of the outline under a hand for a picture to show the bare face.
const BARE: f64 = 0.02;
/// Pictures of the bare face that are averaged.
const BARE_PICTURES: usize = 6;
/// Share of a region under the hand from which its landmarks cannot be seen.
const REGION_UNDER: f64 = 0.8;
/// Longest recovery that is told, milliseconds.
const LONGEST_RECOVERY_MS: f64 = 1_500.0;

/// A picture of the event with where the hand must be in it.
pub(super) struct Shown<'a> {
    pub(super) look: &'a Look,
    pub(super) expected: &'a Expected,
}

/// The measures of an event in the order of [`MEASURES`]; `None` where nothing can be told. `during` are
/// the pictures in which the hand was before the face, `all` those of the whole window, and `end_s` says
/// which of them come after the last stay (index of the first).
pub(super) fn measure(during: &[Shown<'_>], all: &[Look], after: usize) -> [Option<f64>; 9] {
    let bare = bare(all);
    let shares = hidden_shares(during);
    [
        hidden(&shares),
        cut(during),
        spread(&shares),
        face_through(during, &bare),
        recoloured(during, &bare),
        super::edges::blur_ratio(during.iter().map(|s| s.look)),
        landmarks_through(during),
        recover_ms(all, after, &bare),
        painted_over(during, all),
    ]
}

/// The latest-first pictures of the bare face, at most [`BARE_PICTURES`], spread over the window.
fn bare(all: &[Look]) -> Vec<&Look> {
    let share = |l: &Look| f64::from(l.hand.and(&l.boxed()).count()) / f64::from(l.boxed().count().max(1));
    let clear: Vec<&Look> = all.iter().filter(|l| l.found && share(l) <= BARE).collect();
    let step = clear.len().div_ceil(BARE_PICTURES).max(1);
    clear.into_iter().step_by(step).collect()
}

/// Cells in which the hand must be and is not, and cells in which it must be, of each picture that counts.
fn hidden_shares(during: &[Shown<'_>]) -> Vec<(f64, f64)> {
    let one = |s: &Shown<'_>| {
        let expected = s.expected.inside.count();
        let enough = f64::from(expected) >= LEAST_EXPECTED * f64::from(s.look.hull.count().max(1));
        // Some play: the moved shape is never exact, and one that was filled in less so.
        let play = if s.expected.filled { 4 } else { 1 };
        let missing = s.expected.inside.without(&s.look.hand.grown(play)).count();
        (s.expected.known && enough).then_some((f64::from(missing), f64::from(expected)))
    };
    during.iter().filter_map(one).collect()
}

fn hidden(shares: &[(f64, f64)]) -> Option<f64> {
    // One or two pictures may be slips of the net or of the shape.
    if shares.len() < 3 {
        return None;
    }
    let (missing, expected) = shares.iter().fold((0.0, 0.0), |s, (m, e)| (s.0 + m, s.1 + e));
    (expected > 0.0).then_some(missing / expected)
}

/// Standard deviation of the hidden share from picture to picture: a hand that comes and goes.
fn spread(shares: &[(f64, f64)]) -> Option<f64> {
    let n = shares.len() as f64;
    if shares.len() < 3 {
        return None;
    }
    let each: Vec<f64> = shares.iter().map(|(m, e)| m / e).collect();
    let mean = each.iter().sum::<f64>() / n;
    Some((each.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// Of the hand that touches the face's outline from outside, the share that does not go on inside.
fn cut(during: &[Shown<'_>]) -> Option<f64> {
    let (mut ends, mut touches) = (0u32, 0u32);
    for s in during {
        let expected = s.expected.inside.or(&s.look.hand.and(&s.look.hull)).count();
        if f64::from(expected) < LEAST_EXPECTED * f64::from(s.look.hull.count().max(1)) {
            continue;
        }
        let edge = s.look.hull.grown(3).without(&s.look.hull.grown(1)).and(&s.look.hand);
        let inner = s.look.hand.and(&s.look.hull.shrunk(4)).grown(9);
        touches += edge.count();
        ends += edge.without(&inner).count();
    }
    (touches >= LEAST_INSIDE).then(|| f64::from(ends) / f64::from(touches))
}

/// The hand's cells well inside the outline.
fn inside(look: &Look) -> Grid {
    look.hand.shrunk(1).and(&look.hull.shrunk(1))
}

/// How much of the bare face's light and dark is found again in the hand before it: slope of a regression
/// of the hand's luma on that of the bare face behind it. 0 for an opaque hand, the swap's opacity for a
/// face that is painted over it half transparent.
fn face_through(during: &[Shown<'_>], bare: &[&Look]) -> Option<f64> {
    let (mut cross, mut power, mut cells) = (0.0, 0.0, 0u32);
    for s in during {
        let pairs = behind(s.look, &inside(s.look), bare);
        if pairs.len() < LEAST_INSIDE as usize {
            continue;
        }
        let n = pairs.len() as f64;
        let (mf, mh) = pairs.iter().fold((0.0, 0.0), |m, (f, h)| (m.0 + f / n, m.1 + h / n));
        let variance = pairs.iter().map(|(f, _)| (f - mf).powi(2)).sum::<f64>();
        if variance / n < LEAST_VARIANCE {
            continue;
        }
        power += variance;
        cross += pairs.iter().map(|(f, h)| (f - mf) * (h - mh)).sum::<f64>();
        cells += pairs.len() as u32;
    }
    (cells >= 2 * LEAST_INSIDE && power > 0.0).then(|| (cross / power).clamp(-0.5, 1.2))
}

/// Luma of the bare face behind, and of the picture, for each cell.
fn behind(look: &Look, cells: &Grid, bare: &[&Look]) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    cells.each(|x, y| {
        let (mut sum, mut n) = (0.0, 0u32);
        for b in bare {
            if let Some((bx, by)) = b.same_place(look, x, y) {
                sum += f64::from(b.luma_at(bx, by));
                n += 1;
            }
        }
        if n > 0 {
            pairs.push((sum / f64::from(n), f64::from(look.luma_at(x, y))));
        }
    });
    pairs
}

/// Mean colour of cells, at least [`LEAST_INSIDE`] of them.
fn mean_colour(look: &Look, cells: &Grid) -> Option<[f64; 3]> {
    let n = cells.count();
    let mut sum = [0.0f64; 3];
    cells.each(|x, y| {
        for (s, v) in sum.iter_mut().zip(look.colour(x, y)) {
            *s += f64::from(v);
        }
    });
    (n >= LEAST_INSIDE).then(|| sum.map(|s| s / f64::from(n)))
}

/// How far the hand's colour moves towards the face's where it is before the face: 0 for a real hand.
fn recoloured(during: &[Shown<'_>], bare: &[&Look]) -> Option<f64> {
    let face: Vec<[f64; 3]> = bare.iter().filter_map(|b| mean_colour(b, &b.hull.shrunk(2))).collect();
    let n = face.len() as f64;
    let face = face.iter().fold([0.0; 3], |m: [f64; 3], c| std::array::from_fn(|i| m[i] + c[i] / n));
    let (mut shift, mut span) = (0.0, 0.0);
    for s in during {
        let out = s.look.hand.shrunk(1).without(&s.look.hull.grown(2));
        let (Some(inner), Some(outer)) = (mean_colour(s.look, &inside(s.look)), mean_colour(s.look, &out)) else {
            continue;
        };
        let to_face: [f64; 3] = std::array::from_fn(|i| face[i] - outer[i]);
        let power = to_face.iter().map(|v| v * v).sum::<f64>();
        if n > 0.0 && power >= LEAST_CONTRAST * LEAST_CONTRAST {
            shift += inner.iter().zip(outer).zip(to_face).map(|((i, o), f)| (i - o) * f).sum::<f64>();
            span += power;
        }
    }
    (span > 0.0).then(|| (shift / span).clamp(-0.5, 1.5))
}

/// Mean visibility that the landmark net claims for regions which a hand covers, over pictures in which the
/// face was found: a face that is not found claims nothing, and counts for nothing.
fn landmarks_through(during: &[Shown<'_>]) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0u32);
    for s in during {
        let under = s.look.hand.or(&s.expected.inside);
        let visible = s.look.visibility.unwrap_or_default();
        for (region, seen) in s.look.regions.iter().zip(visible) {
            let cells = region.count();
            if cells > 0 && f64::from(region.and(&under).count()) >= REGION_UNDER * f64::from(cells) {
                sum += f64::from(seen.clamp(0.0, 1.0));
                n += 1;
            }
        }
    }
    (n > 0).then(|| sum / f64::from(n))
}

/// From the picture in which the hand has left the face until the face looks as it did before, counted
/// over pictures in which it was found.
fn recover_ms(all: &[Look], after: usize, bare: &[&Look]) -> Option<f64> {
    let left = all.get(after)?;
    let before: Vec<&Look> = bare.iter().filter(|b| b.time < left.time).copied().collect();
    let shown: Vec<&[u8]> = before.iter().filter_map(|b| b.appearance.as_deref()).collect();
    let (first, rest) = shown.split_first()?;
    let usual = median(rest.iter().filter_map(|r| difference(first, r)))?;
    let limit = 2.0 * usual + 6.0;
    let found = all.get(after..)?.iter().filter(|l| l.found);
    let first_found = found.clone().next()?;
    for look in found {
        let apart = look.appearance.as_deref().and_then(|a| difference(first, a))?;
        if apart <= limit {
            let ms = look.time.since_ns(first_found.time) as f64 / 1e6;
            return Some(ms.min(LONGEST_RECOVERY_MS));
        }
    }
    let lasted = all.last()?.time.since_ns(first_found.time) as f64 / 1e6;
    (lasted >= 500.0).then_some(lasted.min(LONGEST_RECOVERY_MS))
}

/// Mean absolute difference of two small pictures, grey levels.
fn difference(a: &[u8], b: &[u8]) -> Option<f64> {
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    (a.len() == b.len() && !a.is_empty()).then(|| sum as f64 / a.len() as f64)
}

/// What the net of task `occ` says while the hand is before the face, against the rest of the window.
fn painted_over(during: &[Shown<'_>], all: &[Look]) -> Option<f64> {
    let over: Vec<f64> = during.iter().filter_map(|s| s.look.occ).map(f64::from).collect();
    let own = |l: &&Look| during.iter().all(|s| s.look.time != l.time);
    let rest = median(all.iter().filter(own).filter_map(|l| l.occ).map(f64::from))?;
    let n = over.len() as f64;
    (over.len() >= 3).then(|| over.iter().sum::<f64>() / n - rest)
}
