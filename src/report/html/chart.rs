//! The timeline: the score over time and a lane for each signal, as inline SVG.
//!
//! Nothing is stretched: positions along time are percentages, everything else is pixels, so
//! the same markup serves a phone and a wide screen without a script.

use super::markup::Html;
use super::{plots, words};
use crate::core::{Finding, Outcome, QuestionGap, ScoreOutcome, SegmentResult, Span};
use crate::report::series::Plotted;

const SCORE_H: f64 = 132.0;
const LANE_H: f64 = 30.0;
const OFFSET_H: f64 = 84.0;
/// Sound early by 90 ms to late by 185 ms is acceptable to viewers (ITU-R BT.1359-1).
const ACCEPTABLE_MS: (f64, f64) = (-90.0, 185.0);

/// Up to so many segments each has a mark of its own that says its figure when pointed at; of more, a mark is
/// narrower than a pixel or two, and the table has the figures.
const EACH: usize = 240;
/// Width of a drawing of so many, in units of its own.
const FINE: f64 = 10_000.0;

/// What the timeline of one participant shows.
pub(super) struct Timeline<'a> {
    pub(super) segments: &'a [&'a SegmentResult],
    pub(super) gaps: &'a [QuestionGap],
    pub(super) signals: &'a [&'a str],
    pub(super) prior: Option<f64>,
    pub(super) plotted: Option<&'a Plotted>,
    pub(super) duration_s: f64,
}

/// Draws the timeline; `id` makes its element ids unique on the page.
pub(super) fn timeline(h: &mut Html, id: usize, t: &Timeline<'_>) {
    h.raw("<div class=\"timeline\"")
        .attr("id", &format!("timeline-{id}"));
    h.attr("data-duration", &format!("{:.3}", t.duration_s));
    h.raw(" role=\"group\" aria-label=\"Timeline; the table of segments below holds the same figures\">");
    score_lane(h, t);
    for name in t.signals {
        signal_lane(h, t, name);
    }
    if let Some(plotted) = t.plotted {
        plots::lanes(h, plotted, t.duration_s);
    }
    if !t.gaps.is_empty() {
        question_lane(h, t);
    }
    time_axis(h, t.duration_s);
    // Lies over the lanes as one more of them, so that its place is a share of theirs.
    h.raw("<div class=\"lane rail\" aria-hidden=\"true\"><div class=\"lane-name\"></div><div class=\"run\"><div class=\"cursor\" hidden></div></div></div></div>");
    legend(h);
}

/// The hatch that marks abstentions, shared by every lane of the page.
pub(super) fn definitions(h: &mut Html) {
    h.raw(concat!(
        "<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>",
        "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">",
        "<rect width=\"7\" height=\"7\" class=\"hatch-ground\"/><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"7\" class=\"hatch-line\"/>",
        "</pattern></defs></svg>",
    ));
}

pub(super) fn open_lane(h: &mut Html, title: &str, note: &str, class: &'static str) {
    h.raw("<div class=\"lane\"><div class=\"lane-name\">");
    h.elem("span", "lane-title", title);
    if !note.is_empty() {
        h.elem("span", "lane-note", note);
    }
    h.raw("</div><div").attr("class", class).raw(">");
}

pub(super) fn open_svg(h: &mut Html, height: f64, label: &str) {
    h.raw("<svg width=\"100%\" role=\"img\"")
        .num("height", height)
        .attr("aria-label", label);
    h.raw("><rect class=\"ground\" width=\"100%\"")
        .num("height", height)
        .raw("/>");
}

pub(super) fn close_lane(h: &mut Html) {
    h.raw("</svg></div></div>");
}

/// A span as its start and width in shares of the whole, inside 0..=1.
fn place(span: &Span, duration_s: f64) -> (f64, f64) {
    let whole = duration_s.max(1e-9);
    let start = (span.start.as_secs_f64() / whole).clamp(0.0, 1.0);
    let end = (span.end.as_secs_f64() / whole).clamp(start, 1.0);
    (start, end - start)
}

fn score_lane(h: &mut Html, t: &Timeline<'_>) {
    let logits: Vec<f64> = t
        .segments
        .iter()
        .filter_map(|s| s.outcome.score())
        .map(|s| s.evidence_logit)
        .collect();
    let reach = logits.iter().fold(1.5_f64, |m, x| m.max(x.abs() * 1.15));
    let y = |logit: f64| SCORE_H / 2.0 + logit / reach * (SCORE_H / 2.0 - 10.0);
    let levels = [-0.75 * reach, 0.0, 0.75 * reach];
    open_lane(h, "Score", "authenticity; higher is more authentic", "plot");
    let label = format!(
        "Score over time: {} of {} segments have a number",
        logits.len(),
        t.segments.len()
    );
    open_svg(h, SCORE_H, &label);
    abstained_runs(h, t, SCORE_H, |s| match &s.outcome {
        ScoreOutcome::Score(_) => None,
        ScoreOutcome::NoScore(a) => Some(a.reason.words()),
    });
    if let Some(first) = logits.first() {
        for level in levels {
            rule(
                h,
                if level == 0.0 { "prior-line" } else { "grid" },
                y(level),
            );
        }
        score_steps(h, t, y);
        for level in levels {
            let Some(prior) = t.prior else { break };
            let a = words::authenticity(1.0 - crate::fusion::probability(level, prior));
            // The score starts on one side of the prior; its label keeps to the other.
            let below = level == 0.0 && *first <= 0.0;
            let label = if level == 0.0 {
                format!("{a} the prior alone")
            } else {
                a
            };
            tick(h, y(level) + if below { 13.0 } else { -4.0 }, &label);
        }
    }
    close_lane(h);
}

/// The score as a line of steps, broken where there is no number.
fn score_steps(h: &mut Html, t: &Timeline<'_>, y: impl Fn(f64) -> f64) {
    let mut last: Option<(f64, f64)> = None;
    for s in t.segments {
        let Some(score) = s.outcome.score() else {
            last = None;
            continue;
        };
        let (x, w) = place(&s.span, t.duration_s);
        let now = y(score.evidence_logit);
        if let Some((end, before)) = last.filter(|(end, _)| (end - x).abs() < 1e-6) {
            stroke(h, "step", (end, before), (x, now));
        }
        stroke(h, "score-line", (x, now), (x + w, now));
        last = Some((x + w, now));
    }
}

/// A straight line between two points, each a share of the width and a height in pixels.
fn stroke(h: &mut Html, class: &'static str, from: (f64, f64), to: (f64, f64)) {
    h.raw("<line")
        .attr("class", class)
        .pct("x1", from.0)
        .pct("x2", to.0);
    h.num("y1", from.1).num("y2", to.1).raw("/>");
}

/// A line across the whole width.
fn rule(h: &mut Html, class: &'static str, y: f64) {
    stroke(h, class, (0.0, y), (1.0, y));
}

/// The label of a level, at the left edge.
fn tick(h: &mut Html, y: f64, text: &str) {
    h.raw("<text class=\"tick\" x=\"5\"")
        .num("y", y)
        .raw(">")
        .text(text)
        .raw("</text>");
}

/// Hatches each run of segments for which `why` gives a reason; runs of one reason are joined.
fn abstained_runs<'a>(
    h: &mut Html,
    t: &Timeline<'a>,
    height: f64,
    why: impl Fn(&SegmentResult) -> Option<&'static str>,
) {
    let mut runs: Vec<(Span, &'static str)> = Vec::new();
    for s in t.segments {
        let Some(reason) = why(s) else { continue };
        match runs.last_mut() {
            Some((span, r)) if *r == reason && span.end >= s.span.start => span.end = s.span.end,
            _ => runs.push((s.span, reason)),
        }
    }
    for (span, reason) in runs {
        let (x, w) = place(&span, t.duration_s);
        h.raw("<rect class=\"abstained\" fill=\"url(#hatch)\"")
            .pct("x", x)
            .pct("width", w)
            .num("height", height);
        h.raw("><title>").text(&format!(
            "{} to {}: {reason}",
            words::clock(span.start.as_secs_f64()),
            words::clock(span.end.as_secs_f64())
        ));
        h.raw("</title></rect>");
        // About 6.3 px a letter on a plot of 330 px, the narrowest that is drawn.
        if w * 330.0 > reason.chars().count() as f64 * 6.3 + 14.0 {
            h.raw("<text class=\"reason\" text-anchor=\"middle\"")
                .pct("x", x + w / 2.0);
            h.num("y", height / 2.0 + 4.0)
                .raw(">")
                .text(reason)
                .raw("</text>");
        }
    }
}

fn finding<'a>(s: &'a SegmentResult, name: &str) -> Option<&'a Finding> {
    s.findings.iter().find(|f| f.signal == name)
}

fn signal_lane(h: &mut Html, t: &Timeline<'_>, name: &str) {
    let (title, about) = words::signal(name);
    open_lane(h, &title, about, "plot");
    let found = || {
        t.segments
            .iter()
            .filter_map(|s| Some((*s, finding(s, name)?)))
    };
    let scored = found().filter(|(_, f)| f.outcome.is_scored()).count();
    let label = format!(
        "{title}: measured in {scored} of {} segments",
        t.segments.len()
    );
    open_svg(h, LANE_H, &label);
    abstained_runs(h, t, LANE_H, |s| {
        match finding(s, name).map(|f| &f.outcome) {
            Some(Outcome::Scored { .. }) => None,
            Some(Outcome::Abstained(a)) => Some(a.reason.words()),
            None => Some("no finding"),
        }
    });
    if t.segments.len() > EACH {
        tones(h, t, name);
    }
    let each = found().filter(|(_, f)| t.segments.len() <= EACH && f.outcome.is_scored());
    for (s, f) in each {
        let (x, w) = place(&s.span, t.duration_s);
        h.raw("<rect")
            .attr("class", tone(f.contribution))
            .pct("x", x)
            .pct("width", w);
        h.num("height", LANE_H).raw("><title>").text(&format!(
            "{} to {}: contribution {}",
            words::clock(s.span.start.as_secs_f64()),
            words::clock(s.span.end.as_secs_f64()),
            words::signed(f.contribution)
        ));
        h.raw("</title></rect>");
    }
    close_lane(h);
    let whole = t.duration_s.max(1e-9);
    let offsets: Vec<Offset> = found()
        .filter_map(|(s, f)| {
            Some(Offset {
                segment: s.index,
                x: s.span.end.as_secs_f64() / whole,
                ms: offset_ms(f)?,
            })
        })
        .collect();
    if !offsets.is_empty() {
        offset_lane(h, &offsets);
    }
}

/// The contributions of a long interview: one shape for all segments of a tone.
fn tones(h: &mut Html, t: &Timeline<'_>, name: &str) {
    let mut shapes: Vec<(&'static str, String)> = Vec::new();
    for s in t.segments {
        let Some(f) = finding(s, name).filter(|f| f.outcome.is_scored()) else {
            continue;
        };
        let (class, (x, w)) = (tone(f.contribution), place(&s.span, t.duration_s));
        // From edge to edge in whole units, so that neighbours leave no gap.
        let (from, to) = ((FINE * x).round(), (FINE * (x + w)).round());
        let mark = format!("M{from:.0} 0H{to:.0}V{LANE_H}H{from:.0}Z");
        match shapes.iter_mut().find(|(c, _)| *c == class) {
            Some((_, path)) => path.push_str(&mark),
            None => shapes.push((class, mark)),
        }
    }
    h.raw("<svg width=\"100%\" preserveAspectRatio=\"none\"")
        .num("height", LANE_H)
        .attr("viewBox", &format!("0 0 {FINE} {LANE_H}"))
        .raw(">");
    for (class, path) in shapes {
        // The pale edge between neighbours would be all that is seen of them.
        h.raw("<path stroke-width=\"0\"")
            .attr("class", class.trim_start_matches("tone "))
            .attr("d", &path)
            .raw("/>");
    }
    h.raw("</svg>");
}

/// The colour class of a contribution: three steps to each side of a neutral one.
fn tone(contribution: f64) -> &'static str {
    match contribution {
        c if c <= -0.8 => "tone a3",
        c if c <= -0.35 => "tone a2",
        c if c <= -0.05 => "tone a1",
        c if c < 0.05 => "tone n0",
        c if c < 0.35 => "tone m1",
        c if c < 0.8 => "tone m2",
        _ => "tone m3",
    }
}

fn offset_ms(f: &Finding) -> Option<f64> {
    f.outcome
        .evidence()
        .iter()
        .find(|e| e.name == "offset_ms")
        .map(|e| e.value)
        .filter(|v| v.is_finite())
}

/// A measured offset at the end of its segment; `x` is a share of the width.
struct Offset {
    segment: u64,
    x: f64,
    ms: f64,
}

fn offset_lane(h: &mut Html, offsets: &[Offset]) {
    let reach = offsets
        .iter()
        .fold(320.0_f64, |m, o| m.max(o.ms.abs() * 1.15));
    let y = |ms: f64| OFFSET_H / 2.0 - ms / reach * (OFFSET_H / 2.0 - 6.0);
    open_lane(
        h,
        "Measured offset",
        "shaded: what viewers accept (ITU-R BT.1359)",
        "plot sub",
    );
    let largest = offsets.iter().map(|o| o.ms);
    let largest = largest.fold(0.0_f64, |m, o| if o.abs() > m.abs() { o } else { m });
    let label = format!(
        "Offset of sound against lips over time; largest {} ms",
        words::figure(largest)
    );
    open_svg(h, OFFSET_H, &label);
    let (top, bottom) = (y(ACCEPTABLE_MS.1), y(ACCEPTABLE_MS.0));
    h.raw("<rect class=\"accepted\" width=\"100%\"")
        .num("y", top);
    h.num("height", bottom - top).raw("/>");
    for level in [-200.0, 0.0, 200.0] {
        rule(h, "grid", y(level));
    }
    for pair in offsets.windows(2) {
        // No line over a segment without an offset: nothing was measured there.
        if let [a, b] = pair
            && b.segment == a.segment + 1
        {
            stroke(h, "offset-line", (a.x, y(a.ms)), (b.x, y(b.ms)));
        }
    }
    for o in offsets.iter().filter(|_| offsets.len() <= EACH) {
        h.raw("<circle class=\"offset-dot\" r=\"2.6\"")
            .pct("cx", o.x)
            .num("cy", y(o.ms));
        h.raw("><title>")
            .text(&format!("{} ms", words::figure(o.ms)))
            .raw("</title></circle>");
    }
    for (level, label) in [(200.0, "200 ms late"), (0.0, "0"), (-200.0, "200 ms early")] {
        tick(h, y(level) - 3.0, label);
    }
    close_lane(h);
}

fn question_lane(h: &mut Html, t: &Timeline<'_>) {
    open_lane(
        h,
        "Questions",
        "line: question ends; bar: pause before the answer",
        "plot",
    );
    open_svg(h, LANE_H, &format!("{} questions", t.gaps.len()));
    for g in t.gaps {
        let end = g.answer_onset.unwrap_or(g.question_end);
        let (x, w) = place(&Span::new(g.question_end, end), t.duration_s);
        h.raw("<rect class=\"pause\" y=\"9\" height=\"12\"")
            .pct("x", x)
            .pct("width", w)
            .raw("><title>");
        let n = g.index + 1;
        h.text(&match g.gap_ms {
            Some(ms) => format!("Question {n}: answer after {ms:.0} ms"),
            None => format!("Question {n}: no answer heard"),
        });
        h.raw("</title></rect><line class=\"mark\" y1=\"4\" y2=\"26\"")
            .pct("x1", x)
            .pct("x2", x)
            .raw("/>");
    }
    close_lane(h);
}

fn time_axis(h: &mut Html, duration_s: f64) {
    const STEPS_S: [f64; 12] = [
        1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0,
    ];
    let step = STEPS_S
        .into_iter()
        .find(|s| duration_s / s <= 6.0)
        .unwrap_or(7200.0);
    h.raw("<div class=\"lane axis\"><div class=\"lane-name\"></div><div class=\"plot\"><svg width=\"100%\" height=\"20\" aria-hidden=\"true\">");
    let mut at = 0.0;
    while at <= duration_s + 1e-9 && duration_s > 0.0 {
        let x = at / duration_s;
        let anchor = if x < 0.02 {
            "start"
        } else if x > 0.95 {
            "end"
        } else {
            "middle"
        };
        h.raw("<text class=\"time\" y=\"14\"")
            .pct("x", x)
            .attr("text-anchor", anchor)
            .raw(">");
        h.text(&words::clock(at)).raw("</text>");
        at += step;
    }
    h.raw("</svg></div></div>");
}

fn legend(h: &mut Html) {
    h.raw("<ul class=\"legend\" aria-label=\"Legend\">");
    for (class, text) in [
        ("swatch a2", "towards authentic"),
        ("swatch n0", "measured, neutral"),
        ("swatch m2", "towards manipulated"),
        ("swatch hatched", "no number: reason given"),
    ] {
        h.raw("<li><span")
            .attr("class", class)
            .raw("></span>")
            .text(text)
            .raw("</li>");
    }
    h.raw("</ul>");
}
