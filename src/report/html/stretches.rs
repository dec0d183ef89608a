//! Which stretches to look at, and the table of all segments.

use super::markup::Html;
use super::words;
use crate::core::{Outcome, PredictionSet, ScoreOutcome, SegmentResult};
use crate::fusion::WORTH_A_LOOK;

/// Stretches listed at most.
const MOST: usize = 3;

/// A stretch in which one signal pointed towards manipulation.
struct Stretch<'a> {
    /// Largest contribution of one segment.
    peak: f64,
    from_s: f64,
    to_s: f64,
    signal: &'a str,
    /// Evidence of the segment with the largest contribution.
    why: String,
}

/// Stretches of one signal; a stretch lasts over segments in which the signal abstained and ends
/// with the first that it scored otherwise.
fn stretches<'a>(signal: &'a str, segments: &[&SegmentResult]) -> Vec<Stretch<'a>> {
    let mut all: Vec<Stretch<'a>> = Vec::new();
    let mut open = false;
    for s in segments {
        let Some(f) = s
            .findings
            .iter()
            .find(|f| f.signal == signal && f.outcome.is_scored())
        else {
            continue;
        };
        if f.contribution < WORTH_A_LOOK {
            open = false;
            continue;
        }
        let (from_s, to_s) = (s.span.start.as_secs_f64(), s.span.end.as_secs_f64());
        let why = || evidence_text(&f.outcome, 3);
        match all.last_mut().filter(|_| open) {
            Some(run) => {
                run.to_s = to_s;
                if f.contribution > run.peak {
                    (run.peak, run.why) = (f.contribution, why());
                }
            }
            None => all.push(Stretch {
                peak: f.contribution,
                from_s,
                to_s,
                signal,
                why: why(),
            }),
        }
        open = true;
    }
    all
}

/// The stretches that moved the score most towards manipulated, at most [`MOST`], the strongest first.
fn strongest<'a>(names: &[&'a str], segments: &[&SegmentResult]) -> Vec<Stretch<'a>> {
    let mut runs: Vec<Stretch<'a>> = names.iter().flat_map(|n| stretches(n, segments)).collect();
    runs.sort_by(|a, b| {
        b.peak
            .total_cmp(&a.peak)
            .then(a.from_s.total_cmp(&b.from_s))
    });
    runs.truncate(MOST);
    runs
}

/// One sentence on the stretch that stands out most, if any does: the score of a whole interview can
/// hide a short one.
pub(super) fn standout(names: &[&str], segments: &[&SegmentResult]) -> Option<String> {
    let runs = strongest(names, segments);
    let first = runs.first()?;
    Some(format!(
        "Standing out: {}, {} to {}{}; see the stretches below.",
        words::signal(first.signal).0,
        words::clock(first.from_s),
        words::clock(first.to_s),
        match runs.len() {
            1 => "",
            _ => ", and not only there",
        }
    ))
}

/// Lists the stretches that moved the score most towards manipulated.
pub(super) fn list(h: &mut Html, names: &[&str], segments: &[&SegmentResult]) {
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
        h.raw("<li><strong>");
        h.text(&format!(
            "{} to {}",
            words::clock(run.from_s),
            words::clock(run.to_s)
        ));
        h.raw("</strong> ").text(&format!(
            "{}, at most {} a segment{}{}",
            words::signal(run.signal).0,
            words::signed(run.peak),
            if run.why.is_empty() { "" } else { ": " },
            run.why
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

pub(super) fn segment_table(
    h: &mut Html,
    id: usize,
    names: &[&str],
    segments: &[&SegmentResult],
    duration_s: f64,
) {
    h.raw("<details><summary>All segments as a table</summary><div class=\"table\"><table class=\"segments\"");
    h.attr("id", &format!("segments-{id}"));
    h.raw("><caption>Contributions in log odds; positive points to manipulated</caption><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Authenticity</th>");
    for name in names {
        h.raw("<th scope=\"col\">")
            .text(&words::signal(name).0)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    let whole = duration_s.max(1e-9);
    for s in segments {
        let (from, to) = (s.span.start.as_secs_f64(), s.span.end.as_secs_f64());
        h.raw("<tr")
            .attr("data-from", &format!("{:.5}", from / whole))
            .attr("data-to", &format!("{:.5}", to / whole));
        h.raw("><th scope=\"row\">")
            .text(&format!("{} – {}", words::clock(from), words::clock(to)))
            .raw("</th><td>");
        match &s.outcome {
            ScoreOutcome::Score(x) => h.text(&words::authenticity(x.authenticity)),
            ScoreOutcome::NoScore(a) => h.text("no score: ").text(a.reason.words()),
        };
        h.raw("</td>");
        for name in names {
            h.raw("<td>");
            match s.findings.iter().find(|f| f.signal == *name) {
                Some(f) if f.outcome.is_scored() => {
                    h.text(&words::signed(f.contribution));
                    let why = evidence_text(&f.outcome, 2);
                    let remark = f.prediction_set.and_then(PredictionSet::remark);
                    for more in [why.as_str(), remark.unwrap_or_default()] {
                        if !more.is_empty() {
                            h.raw(" <span class=\"soft\">").text(more).raw("</span>");
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
    h.raw("</tbody></table></div></details>");
}
