//! The moment under the timeline's hand: what the script shows of it. Everything in it stands elsewhere on the
//! page too, so that nothing is lost without a script or on paper.

use super::markup::Html;
use super::words;
use crate::core::ParticipantSummary;
use crate::report::ReportSeries;

/// How long an answer that sets in is shown, seconds.
const LINGERS_S: f64 = 1.0;

/// The panel with its slider, hidden until the script runs.
pub(super) fn panel(h: &mut Html, id: usize, duration_s: f64) {
    h.raw("<div class=\"moment\"")
        .attr("id", &format!("moment-{id}"))
        .raw(" hidden><div class=\"hand\"><label")
        .attr("for", &format!("hand-{id}"))
        .raw(">Moment</label><input type=\"range\" min=\"0\" step=\"0.5\" value=\"0\"")
        .attr("id", &format!("hand-{id}"))
        .attr("max", &format!("{:.1}", (2.0 * duration_s).floor() / 2.0))
        .raw("><output")
        .attr("for", &format!("hand-{id}"))
        .raw(">0:00</output><button type=\"button\" class=\"next\">Next to look at</button></div>");
    h.raw(concat!(
        "<div class=\"at-once\"><div class=\"moment-picture\"></div><div class=\"moment-plot\"><svg width=\"100%\" height=\"96\" viewBox=\"0 0 600 96\" ",
        "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"ground\" width=\"100%\" height=\"100%\"/><path class=\"wave\"/>",
        "<line class=\"mark\" x1=\"300\" x2=\"300\" y1=\"0\" y2=\"96\" vector-effect=\"non-scaling-stroke\"/>",
        "<path class=\"lips-line\" vector-effect=\"non-scaling-stroke\"/></svg>",
        "<p class=\"soft small\">Filled: sound level. Line: opening of the mouth. Two seconds to each side.</p></div></div>",
        "<dl class=\"said\"></dl></div>"
    ));
}

/// What the script looks up: mouth and sound, questions and challenges.
pub(super) fn data(h: &mut Html, id: usize, p: &ParticipantSummary, series: Option<&ReportSeries>) {
    if let Some(s) = series {
        h.raw("<div hidden")
            .attr("id", &format!("series-{id}"))
            .attr("data-start", &format!("{:.3}", s.start.as_secs_f64()))
            .attr("data-step", &format!("{:.3}", s.step_us as f64 / 1e6))
            .attr("data-mouth", &s.mouth_base64)
            .attr("data-sound", &s.sound_base64)
            .raw("></div>");
    }
    h.raw("<ul hidden")
        .attr("id", &format!("happenings-{id}"))
        .raw(">");
    for g in &p.gaps {
        let from_s = g.question_end.as_secs_f64();
        let to_s = g.answer_onset.map_or(from_s, |t| t.as_secs_f64());
        let said = match g.gap_ms {
            Some(ms) => format!("answer after {ms:.0}\u{a0}ms"),
            None => "no answer heard".to_owned(),
        };
        let text = format!("Question {}: {said}", g.index + 1);
        happening(h, from_s, to_s.max(from_s) + LINGERS_S, &text);
    }
    for c in &p.challenges {
        let text = format!("Asked to {}: {}", c.kind.words(), c.status.words());
        happening(
            h,
            c.prompt_end.as_secs_f64(),
            c.deadline.as_secs_f64(),
            &text,
        );
    }
    h.raw("</ul>");
}

fn happening(h: &mut Html, from_s: f64, to_s: f64, text: &str) {
    h.raw("<li")
        .attr("data-from", &format!("{from_s:.2}"))
        .attr("data-to", &format!("{to_s:.2}"))
        .raw(">")
        .text(&format!("{}: {text}", words::clock(from_s)))
        .raw("</li>");
}
