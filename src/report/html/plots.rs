//! Drawings of mouth opening and sound level: over the whole interview, and close up, where an offset between
//! the two can be seen.

use super::chart;
use super::markup::Html;
use super::{rubric, words};
use crate::core::{MediaTime, SegmentResult, Span};
use crate::report::series::Plotted;
use crate::report::stretch::{Stretch, strongest};
use std::fmt::Write as _;

/// Columns of a drawing of the whole interview.
const COLUMNS: usize = 360;
const LANE_H: f64 = 34.0;
/// Length of a close-up in seconds: a quarter of a second is a sixteenth of its width.
const CLOSE_S: f64 = 4.0;
const CLOSE_W: f64 = 600.0;
const CLOSE_H: f64 = 96.0;
/// Pictures that come further apart than this are not joined by a line, steps.
const JOINED: usize = 4;
/// Between two windows that are tried for a close-up, seconds.
const HOP_S: f64 = 0.5;

/// The lanes of the timeline.
pub(super) fn lanes(h: &mut Html, plotted: &Plotted, duration_s: f64) {
    for (title, note, class, values) in [
        (
            "Mouth opening",
            "largest at each time; blank: no face",
            "lips-area",
            &plotted.mouth,
        ),
        (
            "Sound level",
            "loudest at each time, −60 to 0 dB; blank: no sound",
            "wave",
            &plotted.sound,
        ),
    ] {
        if values.iter().all(Option::is_none) {
            continue;
        }
        chart::open_lane(h, title, note, "plot sub");
        let seen = values.iter().flatten().count() as f64 / values.len().max(1) as f64;
        let label = format!("{title} over time, known on {}", words::percent(seen));
        chart::open_svg(h, LANE_H, &label);
        h.raw("<svg width=\"100%\" preserveAspectRatio=\"none\"")
            .num("height", LANE_H)
            .attr("viewBox", &format!("0 0 {COLUMNS} {LANE_H}"))
            .raw("><path")
            .attr("class", class)
            .attr(
                "d",
                &area(&columns(plotted, values, duration_s), 1.0, LANE_H),
            )
            .raw("/></svg>");
        chart::close_lane(h);
    }
}

/// The largest value of each column.
fn columns(plotted: &Plotted, values: &[Option<f64>], duration_s: f64) -> Vec<Option<f64>> {
    let edge = |column: usize| duration_s * column as f64 / COLUMNS as f64;
    let largest = |column: usize| {
        let steps = plotted.steps(edge(column), edge(column + 1));
        // A column may be narrower than a step.
        let steps = steps.start..steps.end.max(steps.start + 1);
        let inside = values.get(steps).unwrap_or_default();
        inside.iter().flatten().copied().reduce(f64::max)
    };
    (0..COLUMNS).map(largest).collect()
}

/// Filled from the bottom to the values, in 0 to 1 of `height`; open where there is none.
fn area(values: &[Option<f64>], width: f64, height: f64) -> String {
    let mut d = String::new();
    let mut open = false;
    for (i, value) in values.iter().enumerate() {
        let (from, to) = (i as f64 * width, (i + 1) as f64 * width);
        match value {
            Some(v) => {
                let y = height * (1.0 - v.clamp(0.0, 1.0));
                if !open {
                    let _ = write!(d, "M{from:.0} {height:.0}");
                }
                let _ = write!(d, "V{y:.1}H{to:.0}");
                open = true;
            }
            None if open => {
                let _ = write!(d, "V{height:.0}Z");
                open = false;
            }
            None => {}
        }
    }
    if open {
        let _ = write!(d, "V{height:.0}Z");
    }
    d
}

/// A line through the values that are there; values further apart than [`JOINED`] steps are not joined.
fn line(values: &[Option<f64>], width: f64, height: f64) -> String {
    let mut d = String::new();
    let mut last: Option<usize> = None;
    for (i, value) in values.iter().enumerate() {
        let Some(v) = value else { continue };
        let joined = last.is_some_and(|l| i - l <= JOINED);
        let (x, y) = ((i as f64 + 0.5) * width, height * (1.0 - v.clamp(0.0, 1.0)));
        let _ = write!(d, "{}{x:.1} {y:.1}", if joined { "L" } else { "M" });
        last = Some(i);
    }
    d
}

/// Close-ups of the stretches that stand out most, and of one that does not, to compare.
pub(super) fn close_ups(
    h: &mut Html,
    id: usize,
    plotted: &Plotted,
    names: &[&str],
    segments: &[&SegmentResult],
) {
    let runs = strongest(names, segments);
    let mut windows: Vec<(Span, String, bool)> = Vec::new();
    for run in &runs {
        if let Some(window) = busiest(plotted, &run.span, &[]) {
            let why = words::signal(&run.peak.signal).0;
            windows.push((window, format!("{why} stands out here"), true));
        }
    }
    let whole = segments.first().zip(segments.last());
    let whole = whole.map(|(a, b)| Span::new(a.span.start, b.span.end));
    if let Some(window) = whole.and_then(|w| busiest(plotted, &w, &runs)) {
        let title = match runs.is_empty() {
            true => "Where most was said",
            false => "For comparison, where nothing stands out",
        };
        windows.push((window, title.to_owned(), false));
    }
    if windows.is_empty() {
        return;
    }
    h.raw("<h3>Mouth and sound close up</h3><p class=\"soft\">Four seconds each. Filled: sound level. Line: opening of the mouth. Each on its own scale. Where voice and lips belong together the two rise together; late sound lies to the right of the line.</p><div class=\"close-ups\">");
    for (window, title, looked_at) in &windows {
        close_up(h, id, plotted, window, (title, *looked_at));
    }
    h.raw("</div>");
}

/// The window of [`CLOSE_S`] with the most sound in a span, outside the stretches `but`; `None` where no window
/// has both sound and a face.
fn busiest(plotted: &Plotted, span: &Span, but: &[Stretch<'_>]) -> Option<Span> {
    let (from_s, to_s) = (span.start.as_secs_f64(), span.end.as_secs_f64());
    let mut best: Option<(f64, f64)> = None;
    let mut at_s = from_s;
    while at_s == from_s || at_s + CLOSE_S <= to_s {
        let window = window_at(at_s);
        let apart = but.iter().all(|r| r.span.intersect(&window).is_empty());
        let steps = plotted.steps(at_s, at_s + CLOSE_S);
        let of = |v: &[Option<f64>]| v.get(steps.clone()).map(<[_]>::to_vec).unwrap_or_default();
        let (mouth, sound) = (of(&plotted.mouth), of(&plotted.sound));
        let faces = mouth.iter().flatten().count();
        let loud: f64 = sound.iter().flatten().sum();
        if apart && faces * 4 >= mouth.len() && loud > 0.0 && best.is_none_or(|(l, _)| loud > l) {
            best = Some((loud, at_s));
        }
        at_s += HOP_S;
    }
    best.map(|(_, at_s)| window_at(at_s))
}

fn window_at(at_s: f64) -> Span {
    let ms = |s: f64| MediaTime::from_ms((s * 1e3).round() as i64);
    Span::new(ms(at_s), ms(at_s + CLOSE_S))
}

/// `looked_at`: the window asks for a look, so the timeline's hand stops there.
fn close_up(
    h: &mut Html,
    id: usize,
    plotted: &Plotted,
    window: &Span,
    (title, looked_at): (&str, bool),
) {
    let (from_s, to_s) = (window.start.as_secs_f64(), window.end.as_secs_f64());
    let steps = plotted.steps(from_s, to_s);
    let of = |v: &[Option<f64>]| scaled(v.get(steps.clone()).unwrap_or_default());
    let (mouth, sound) = (of(&plotted.mouth), of(&plotted.sound));
    let width = CLOSE_W / (CLOSE_S / plotted.step_s).max(1.0);
    h.raw("<figure class=\"close\"><svg width=\"100%\" role=\"img\" preserveAspectRatio=\"none\"")
        .num("height", CLOSE_H)
        .attr("viewBox", &format!("0 0 {CLOSE_W} {CLOSE_H}"))
        .attr(
            "aria-label",
            &format!(
                "Sound level and mouth opening from {} to {}",
                words::clock_tenths(from_s),
                words::clock_tenths(to_s)
            ),
        )
        .raw("><rect class=\"ground\" width=\"100%\" height=\"100%\"/>");
    for second in 1..CLOSE_S as u32 {
        let x = CLOSE_W * f64::from(second) / CLOSE_S;
        h.raw("<line class=\"grid\" y1=\"0\" y2=\"100%\"")
            .num("x1", x)
            .num("x2", x)
            .raw("/>");
    }
    h.raw("<path class=\"wave\"")
        .attr("d", &area(&sound, width, CLOSE_H))
        .raw("/><path class=\"lips-line\" vector-effect=\"non-scaling-stroke\"")
        .attr("d", &line(&mouth, width, CLOSE_H))
        .raw("/></svg><figcaption>");
    match looked_at {
        true => rubric::time_link(h, id, window),
        false => {
            let at = |t: MediaTime| words::clock(t.as_secs_f64());
            h.text(&format!("{} to {}", at(window.start), at(window.end)));
        }
    }
    h.text(&format!(" {title}")).raw("</figcaption></figure>");
}

/// Values stretched to 0.05 to 0.95 between the smallest and the largest of them.
fn scaled(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(1.0, f64::min), known().fold(0.0, f64::max));
    let reach = (high - low).max(0.05);
    let scale = |v: f64| 0.05 + 0.9 * (v - low) / reach;
    values.iter().map(|v| v.map(scale)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_where_nothing_was_measured() {
        let values = [None, Some(0.5), Some(1.0), None, Some(0.0)];
        assert_eq!(
            area(&values, 2.0, 10.0),
            "M2 10V5.0H4V0.0H6V10ZM8 10V10.0H10V10Z"
        );
        let mut far = vec![Some(0.5); 2];
        far.extend([None; 5]);
        far.push(Some(0.5));
        assert_eq!(line(&far, 1.0, 10.0), "M0.5 5.0L1.5 5.0M7.5 5.0");
        assert_eq!(area(&[], 1.0, 1.0), "");
    }

    #[test]
    fn a_close_up_takes_the_loudest_seconds_with_a_face_outside_what_stands_out() {
        let at = |s: f64| (s / 0.05) as usize;
        let mut plotted = Plotted {
            start_s: 0.0,
            step_s: 0.05,
            mouth: vec![Some(0.2); at(30.0)],
            sound: vec![Some(0.1); at(30.0)],
        };
        plotted.sound[at(10.0)..at(14.0)].fill(Some(0.9));
        plotted.sound[at(20.0)..at(24.0)].fill(Some(0.95));
        plotted.mouth[at(20.0)..at(24.0)].fill(None);
        let whole = Span::new(MediaTime::ZERO, MediaTime::from_ms(30_000));
        let window = busiest(&plotted, &whole, &[]).unwrap();
        assert_eq!(window.words(), "10.0 to 14.0 s");
        plotted.sound.fill(None);
        assert_eq!(busiest(&plotted, &whole, &[]), None);
    }
}
