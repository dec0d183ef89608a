//! Cheek press: whether a hand touched the cheek asked for, and how long. Compliance only: nothing of it
//! counts for or against anybody. Pure.
//!
//! A cheek is the part of the face's box beside its middle and between eyes and chin. A fingertip covers
//! about a tenth of it (an adult's fingertip is 15 to 20 mm wide, the cheek so bounded about 55 x 80 mm),
//! the hand behind it more.

use super::grid::Grid;
use super::look::Look;
use crate::analyze::window::Window;
use crate::core::{ChallengeResult, ChallengeStatus, Evidence, Side, TracePoint, thinned};

/// Least covered share of the cheek while it is touched.
const TOUCH_SHARE: f64 = 0.05;
/// Most that the other cheek may be covered, as a share of this one: a hand over the whole face touches
/// no cheek.
const OTHER_SHARE: f64 = 0.5;
/// Least time of touch, seconds.
const TOUCH_S: f64 = 0.5;
/// A touch that is lost for less than this, seconds, goes on.
const GAP_S: f64 = 0.25;
/// Bounds of a cheek in the face's box: from its middle outwards in widths, and from its top in heights.
const ACROSS: (f32, f32) = (0.14, 0.56);
const DOWN: (f32, f32) = (0.42, 0.88);
/// Hand in the picture, in shares of the face's box, from which the movement has set in.
const ONSET_SHARE: f64 = 0.03;

/// Judges a window by its pictures, in the order of time. `result` is one of which nothing is known yet.
pub(super) fn judge(window: &Window, looks: &[Look], mut result: ChallengeResult) -> ChallengeResult {
    let asked = window.asked.parameters.direction;
    let sides = match asked {
        Some(side) => vec![side],
        None => vec![Side::Left, Side::Right],
    };
    let longest = |side: Side| longest_touch(window, looks, side);
    let best = sides.iter().map(|s| longest(*s)).fold(0.0, f64::max);
    let other = asked.map_or(0.0, |s| longest(s.other()));
    let shares = || looks.iter().map(|l| sides.iter().map(|s| share(l, *s)).fold(0.0, f64::max));
    let peak = shares().fold(0.0, f64::max);
    result.status = if best >= TOUCH_S {
        ChallengeStatus::Performed
    } else {
        ChallengeStatus::NotPerformed { detail: missing(best, other, peak) }
    };
    result.passes = u32::from(best >= TOUCH_S);
    let onset = looks.iter().find(|l| {
        let boxed = f64::from(l.boxed().count().max(1));
        f64::from(l.hand.count()) / boxed >= ONSET_SHARE
    });
    result.onset = onset.map(|l| l.time);
    result.reaction_ms = onset.map(|l| 1e3 * window.seconds(l.time));
    result.evidence = vec![
        Evidence::against("cheek_touched_s", best, TOUCH_S),
        Evidence::against("cheek_covered_share", peak, TOUCH_SHARE),
    ];
    let point = |(l, value): (&Look, f64)| TracePoint { time: l.time, value };
    result.trace = thinned(&looks.iter().zip(shares()).map(point).collect::<Vec<_>>());
    result
}

fn missing(best: f64, other: f64, peak: f64) -> String {
    if other >= TOUCH_S {
        return "a hand touched the other cheek".to_owned();
    }
    if best > 0.0 {
        return format!("a hand touched the cheek for {best:.1} s, {TOUCH_S:.1} s needed");
    }
    let (peak, need) = (100.0 * peak, 100.0 * TOUCH_SHARE);
    format!("a hand covered at most {peak:.0} % of the cheek alone, {need:.0} % needed")
}

/// The longest touch that began in time, seconds.
fn longest_touch(window: &Window, looks: &[Look], side: Side) -> f64 {
    let (mut best, mut run): (f64, Option<(f64, f64)>) = (0.0, None);
    let last = window.seconds(window.last_moment());
    for look in looks {
        let touches = share(look, side);
        if touches < TOUCH_SHARE || share(look, side.other()) > OTHER_SHARE * touches {
            continue;
        }
        let t = window.seconds(look.time);
        run = match run {
            Some((from, to)) if t - to <= GAP_S => Some((from, t)),
            _ if t <= last => Some((t, t)),
            other => other,
        };
        if let Some((from, to)) = run {
            best = best.max(to - from);
        }
    }
    best
}

/// Share of a cheek that a hand covers.
fn share(look: &Look, side: Side) -> f64 {
    let [x0, y0, x1, y1] = look.face_box;
    let (w, h) = look.size();
    let middle = (x0 + x1) / 2.0;
    // The candidate's left is the picture's right.
    let (near, far) = match side {
        Side::Left => (middle + ACROSS.0 * w, middle + ACROSS.1 * w),
        Side::Right => (middle - ACROSS.1 * w, middle - ACROSS.0 * w),
    };
    let cheek = Grid::rectangle([near, y0 + DOWN.0 * h, far, (y0 + DOWN.1 * h).min(y1)]);
    f64::from(look.hand.and(&cheek).count()) / f64::from(cheek.count().max(1))
}
