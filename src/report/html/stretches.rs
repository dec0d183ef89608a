//! Which stretches to look at, and the table of all segments.

use super::markup::Html;
use super::{rubric, words};
use crate::core::{Outcome, PredictionSet, ScoreOutcome, SegmentResult};
use crate::report::stretch::strongest;

/// One sentence on the stretch that stands out most, if any does: the score of a whole interview can
/// hide a short one.
pub(super) fn standout(names: &[&str], segments: &[&SegmentResult]) -> Option<String> {
    let runs = strongest(names, segments);
    let first = runs.first()?;
    Some(format!(
        "Standing out: {}, {} to {}{}; see the stretches under “Over time”.",
        words::signal(&first.peak.signal).0,
        words::clock(first.span.start.as_secs_f64()),
        words::clock(first.span.end.as_secs_f64()),
        match runs.len() {
            1 => "",
            _ => ", and not only there",
        }
    ))
}

/// Lists the stretches that moved the score most towards manipulated.
pub(super) fn list(h: &mut Html, id: usize, names: &[&str], segments: &[&SegmentResult]) {
    let runs = strongest(names, segments);
    h.raw("<h3>Stretches to look at</h3>");
    let measured = segments
        .iter()
        .any(|s| s.findings.iter().any(|f| f.outcome.is_scored()));
    if !measured {
        h.raw("<p>No signal gave a number anywhere, so there is nothing to list.</p>");
        return;
    }
    if runs.is_empty() {
        h.raw("<p>No measured signal pointed clearly towards manipulation anywhere (log odds of +0.41 or more in a segment). That covers the measured stretches and signals only.</p>");
        return;
    }
    h.raw("<ul class=\"plain\">");
    for run in runs {
        let why = evidence_text(&run.peak.outcome, 3);
        h.raw("<li><strong>");
        rubric::time_link(h, id, &run.span);
        h.raw("</strong> ").text(&format!(
            "{}, at most {} a segment{}{why}",
            words::signal(&run.peak.signal).0,
            words::signed(run.peak.contribution),
            if why.is_empty() { "" } else { ": " },
        ));
        h.raw("</li>");
    }
    h.raw("</ul>");
}

fn evidence_text(outcome: &Outcome, most: usize) -> String {
    outcome
        .evidence()
        .iter()
        .take(most)
        .map(words::evidence)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Segments that are printed; a longer table stays on the screen.
const PRINTED: usize = 80;

/// Every segment with what each signal said of it. A signal without a number anywhere has no column: its lane
/// says why.
pub(super) fn segment_table(
    h: &mut Html,
    id: usize,
    names: &[&str],
    segments: &[&SegmentResult],
    duration_s: f64,
) {
    let scored = |name: &&str| {
        let findings = segments.iter().flat_map(|s| &s.findings);
        let mut own = findings.filter(|f| f.signal == **name);
        own.any(|f| f.outcome.is_scored())
    };
    let (columns, silent): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(scored);
    let long = segments.len() > PRINTED;
    h.raw("<details")
        .attr("class", if long { "long" } else { "short" })
        .raw("><summary>All segments as a table</summary>");
    if !silent.is_empty() {
        let silent: Vec<String> = silent.iter().map(|n| words::signal(n).0).collect();
        h.raw("<p class=\"soft small\">")
            .text(&format!(
                "Without a number anywhere: {}.",
                silent.join(", ")
            ))
            .raw("</p>");
    }
    let caption = format!("segments-{id}-caption");
    h.raw("<div class=\"table\" role=\"region\" tabindex=\"0\"")
        .attr("aria-labelledby", &caption)
        .raw("><table class=\"segments\"")
        .attr("id", &format!("segments-{id}"))
        .raw("><caption")
        .attr("id", &caption)
        .raw(">Contributions in log odds; positive points to manipulated</caption><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Authenticity</th>");
    for name in &columns {
        h.raw("<th scope=\"col\">")
            .text(&words::signal(name).0)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    for s in segments {
        segment_row(h, &columns, s, duration_s.max(1e-9));
    }
    h.raw("</tbody></table></div></details>");
    if long {
        h.raw("<p class=\"paper small\">")
            .text(&format!(
                "The table of all {} segments is in the page and in the JSON document; it is not printed.",
                words::thousands(segments.len() as u64)
            ))
            .raw("</p>");
    }
}

fn segment_row(h: &mut Html, columns: &[&str], s: &SegmentResult, whole_s: f64) {
    let (from, to) = (s.span.start.as_secs_f64(), s.span.end.as_secs_f64());
    h.raw("<tr")
        .attr("data-from", &format!("{:.5}", from / whole_s))
        .attr("data-to", &format!("{:.5}", to / whole_s));
    h.raw("><th scope=\"row\">")
        .text(&format!("{} – {}", words::clock(from), words::clock(to)))
        .raw("</th><td>");
    match &s.outcome {
        ScoreOutcome::Score(x) => h.text(&words::authenticity(x.authenticity)),
        ScoreOutcome::NoScore(a) => h.text("no score: ").text(a.reason.words()),
    };
    h.raw("</td>");
    for name in columns {
        h.raw("<td>");
        match s.findings.iter().find(|f| f.signal == *name) {
            Some(f) if f.outcome.is_scored() => {
                h.text(&words::signed(f.contribution));
                let why = evidence_text(&f.outcome, 2);
                let remark = f.prediction_set.and_then(PredictionSet::remark);
                for more in [why.as_str(), remark.unwrap_or_default()] {
                    if !more.is_empty() {
                        h.raw(" <span class=\"soft more\">")
                            .text(more)
                            .raw("</span>");
                    }
                }
            }
            Some(f) => match &f.outcome {
                Outcome::Abstained(a) => {
                    h.elem("span", "soft", a.reason.words());
                }
                Outcome::Scored { .. } => {}
            },
            None => {
                h.elem("span", "soft", "no finding");
            }
        }
        h.raw("</td>");
    }
    h.raw("</tr>");
}
