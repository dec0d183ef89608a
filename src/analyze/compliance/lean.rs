//! Lean in: whether the face grew as it does when somebody comes closer, and went back.

use super::{open, pictures};
use crate::analyze::window::Window;
use crate::core::{
    ChallengeResult, ChallengeStatus, Evidence, FaceObs, MediaTime, Span, TracePoint, median,
    thinned,
};

/// Before the prompt's end, the rest that the height is compared with, nanoseconds.
const REST_NS: i64 = 1_000_000_000;
/// Least growth of the face's height: from 60 cm before the camera to 48 cm.
const GROWN: f64 = 1.25;
/// It has gone back when no more than this share of the growth is left.
const LEFT: f64 = 0.4;
/// The movement has set in from this growth: breathing and nodding change the height by less.
const ONSET: f64 = 1.07;

/// Judges a window by the pictures before a segment's end.
pub(super) fn judge(window: &Window, history: &[FaceObs]) -> ChallengeResult {
    let all = match pictures(window, history) {
        Ok(all) => all,
        Err(why) => return window.unmeasured("", &why),
    };
    let before = Span::new(
        window.prompt_end.plus_ns(-REST_NS),
        window.prompt_end.plus_ns(REST_NS / 4),
    );
    let resting = history.iter().filter(|o| before.contains(o.time));
    let Some(rest) =
        median(resting.filter_map(height)).or_else(|| all.iter().find_map(|o| height(o)))
    else {
        return open(window);
    };
    let raw: Vec<(MediaTime, f64)> = all
        .iter()
        .filter_map(|o| Some((o.time, height(o)? / rest.max(1.0))))
        .collect();
    let course = smooth(&raw);
    let last = window.last_moment();
    let in_time = course.iter().filter(|(t, _)| *t <= last);
    let (peak_at, peak) =
        in_time.clone().fold(
            (window.prompt_end, 1.0),
            |m, p| if p.1 > m.1 { *p } else { m },
        );
    let after = course.iter().filter(|(t, _)| *t > peak_at).map(|p| p.1);
    let back = after.fold(peak, f64::min);
    let mut result = open(window);
    result.status = if peak < GROWN {
        not(format!(
            "the face grew to {peak:.2} times its height at rest, {GROWN:.2} needed"
        ))
    } else if back > 1.0 + LEFT * (peak - 1.0) {
        not(format!(
            "the face grew to {peak:.2} times its height at rest and did not go back"
        ))
    } else {
        ChallengeStatus::Performed
    };
    result.passes = u32::from(result.status == ChallengeStatus::Performed);
    result.onset = in_time.clone().find(|p| p.1 >= ONSET).map(|p| p.0);
    result.reaction_ms = result.onset.map(|t| 1e3 * window.seconds(t));
    result.evidence = vec![
        Evidence::against("face_growth_ratio", peak, GROWN),
        Evidence::against("face_growth_left_ratio", back, 1.0 + LEFT * (peak - 1.0)),
    ];
    let point = |(time, value): &(MediaTime, f64)| TracePoint {
        time: *time,
        value: *value,
    };
    result.trace = thinned(&course.iter().map(point).collect::<Vec<_>>());
    result
}

fn not(detail: String) -> ChallengeStatus {
    ChallengeStatus::NotPerformed { detail }
}

/// Height of the face in pixels.
fn height(o: &FaceObs) -> Option<f64> {
    let [_, y0, _, y1] = o.face.as_ref()?.bbox;
    let h = f64::from(y1 - y0);
    (h.is_finite() && h > 0.0).then_some(h)
}

/// The median of five pictures: a slip of the net is no movement.
fn smooth(raw: &[(MediaTime, f64)]) -> Vec<(MediaTime, f64)> {
    let around = |i: usize| {
        raw.get(i.saturating_sub(2)..(i + 3).min(raw.len()))
            .unwrap_or(&[])
    };
    let one = |(i, p): (usize, &(MediaTime, f64))| {
        (p.0, median(around(i).iter().map(|q| q.1)).unwrap_or(p.1))
    };
    raw.iter().enumerate().map(one).collect()
}
