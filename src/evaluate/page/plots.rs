//! Plots as inline SVG. Positions across are percentages, positions down are pixels, so the same
//! markup serves a phone and a wide screen without a script.

use crate::evaluate::metrics::{Bin, RiskPoint};
use crate::report::kit::{Html, percent};

const PLOT_H: f64 = 230.0;
/// Room for the labels of both axes.
const LEFT: f64 = 0.085;
const RIGHT: f64 = 0.985;
const TOP: f64 = 10.0;
const BOTTOM: f64 = PLOT_H - 26.0;

/// The hatch of what was not measured.
pub(super) fn definitions(h: &mut Html) {
    h.raw(concat!(
        "<svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\"><defs>",
        "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">",
        "<rect width=\"7\" height=\"7\" class=\"hatch-ground\"/><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"7\" class=\"hatch-line\"/>",
        "</pattern></defs></svg>",
    ));
}

fn stroke(h: &mut Html, class: &'static str, from: (f64, f64), to: (f64, f64)) {
    h.raw("<line").attr("class", class);
    h.pct("x1", from.0).pct("x2", to.0);
    h.num("y1", from.1).num("y2", to.1).raw("/>");
}

fn dot(h: &mut Html, at: (f64, f64), r: f64) {
    h.raw("<circle class=\"offset-dot\"").pct("cx", at.0);
    h.num("cy", at.1).num("r", r).raw("/>");
}

fn label(h: &mut Html, anchor: &'static str, at: (f64, f64), text: &str) {
    h.raw("<text class=\"tick\"").attr("text-anchor", anchor);
    h.pct("x", at.0)
        .num("y", at.1)
        .raw(">")
        .text(text)
        .raw("</text>");
}

/// A share with its interval on a line from `low` to `high`; hatched when it is not there.
pub(super) fn whisker(
    h: &mut Html,
    range: (f64, f64),
    mark: f64,
    value: Option<f64>,
    ci: Option<[f64; 2]>,
) {
    let x = |v: f64| ((v - range.0) / (range.1 - range.0)).clamp(0.0, 1.0);
    h.raw("<svg width=\"100%\" height=\"16\" aria-hidden=\"true\">");
    let Some(value) = value else {
        h.raw("<rect y=\"4\" width=\"100%\" height=\"8\" fill=\"url(#hatch)\"/></svg>");
        return;
    };
    stroke(h, "grid", (0.0, 8.0), (1.0, 8.0));
    stroke(h, "axis0", (x(mark), 0.0), (x(mark), 16.0));
    if let Some([low, high]) = ci {
        stroke(h, "score-line", (x(low), 8.0), (x(high), 8.0));
    }
    dot(h, (x(value), 8.0), 5.0);
    h.raw("</svg>");
}

/// A share as a bar.
pub(super) fn bar(h: &mut Html, share: Option<f64>, class: &'static str) {
    h.raw("<svg width=\"100%\" height=\"16\" aria-hidden=\"true\">");
    match share {
        Some(s) => {
            stroke(h, "grid", (0.0, 8.0), (1.0, 8.0));
            h.raw("<rect y=\"3\" height=\"10\"").attr("class", class);
            h.pct("width", s.clamp(0.0, 1.0)).raw("/>");
        }
        None => {
            h.raw("<rect y=\"4\" width=\"100%\" height=\"8\" fill=\"url(#hatch)\"/>");
        }
    }
    h.raw("</svg>");
}

/// Opens a plot with a unit grid; `(x, y)` labels its axes.
fn open(h: &mut Html, about: &str, top: f64) {
    h.raw("<svg width=\"100%\" role=\"img\"")
        .num("height", PLOT_H);
    h.attr("aria-label", about)
        .raw("><rect class=\"ground\" width=\"100%\"");
    h.num("height", PLOT_H).raw("/>");
    for i in 0..=4 {
        let share = f64::from(i) / 4.0;
        let (x, y) = (across(share), down(share));
        stroke(h, "grid", (LEFT, y), (RIGHT, y));
        label(h, "end", (LEFT - 0.012, y + 4.0), &percent(share * top));
        let anchor = if i == 4 { "end" } else { "middle" };
        label(h, anchor, (x, PLOT_H - 8.0), &percent(share));
    }
}

fn across(share: f64) -> f64 {
    LEFT + share.clamp(0.0, 1.0) * (RIGHT - LEFT)
}

fn down(share: f64) -> f64 {
    BOTTOM - share.clamp(0.0, 1.0) * (BOTTOM - TOP)
}

/// Stated probability across, observed share up; the diagonal is perfect.
pub(super) fn reliability(h: &mut Html, bins: &[Bin]) {
    open(
        h,
        "Reliability: stated probability across, observed share up; the table below holds the same figures",
        1.0,
    );
    stroke(
        h,
        "prior-line",
        (across(0.0), down(0.0)),
        (across(1.0), down(1.0)),
    );
    for pair in bins.windows(2) {
        if let [a, b] = pair {
            let at = |bin: &Bin| (across(bin.stated), down(bin.observed));
            stroke(h, "step", at(a), at(b));
        }
    }
    for bin in bins {
        dot(h, (across(bin.stated), down(bin.observed)), 4.0);
    }
    h.raw("</svg>");
}

/// Coverage across, error rate up to one half.
pub(super) fn risk(h: &mut Html, curve: &[RiskPoint]) {
    const HALF: f64 = 0.5;
    open(h, "Coverage across, share of wrong decisions up", HALF);
    for pair in curve.windows(2) {
        if let [a, b] = pair {
            let at = |p: &RiskPoint| (across(p.coverage), down(p.risk / HALF));
            stroke(h, "score-line", at(a), at(b));
        }
    }
    for p in curve {
        dot(h, (across(p.coverage), down(p.risk / HALF)), 3.0);
    }
    h.raw("</svg>");
}
