//! The sections of one assessed participant.

use super::chart::{self, Timeline};
use super::markup::Html;
use super::{brief, challenges, figures, moment, pictures, plots, rubric, stretches, words};
use crate::core::{
    AbstainCount, AbstainReason, Abstention, Evidence, ParticipantSummary, Score, ScoreOutcome,
    SegmentResult, SessionSummary, SignalSummary,
};
use crate::report::FileReport;

/// Signals that this version does not have, and says so.
const NOT_BUILT: [(&str, &str); 1] = [(
    "Same person as in another meeting",
    "Faces and voices are not compared between recordings to tell who somebody is; a reference is compared for traces of a swap alone.",
)];

/// All sections of one participant; `id` makes element ids unique on the page.
pub(super) fn sections(
    h: &mut Html,
    id: usize,
    file: &FileReport,
    summary: &SessionSummary,
    p: &ParticipantSummary,
) {
    let segments: Vec<&SegmentResult> = file
        .segments
        .iter()
        .filter(|s| s.participant == p.participant)
        .collect();
    if summary.participants.len() > 1 {
        h.elem("h2", "person", p.participant.as_str());
    }
    let rows = crate::report::rubric::rows(file, p);
    brief::section(h, id, file, summary, p, &rows);
    rubric::section(h, id, &rows);
    over_time(h, id, file, summary, p, &segments);
    pictures::section(h, id, file, p);
    figures::gaps(h, &p.gaps);
    challenges::section(h, &p.challenges);
}

/// The sections of one participant for a reader who wants the figures.
pub(super) fn technical(
    h: &mut Html,
    file: &FileReport,
    summary: &SessionSummary,
    p: &ParticipantSummary,
) {
    let mine = |s: &&SegmentResult| s.participant == p.participant;
    let segments: Vec<&SegmentResult> = file.segments.iter().filter(mine).collect();
    if summary.participants.len() > 1 {
        h.elem("h3", "person", p.participant.as_str());
    }
    headline(h, file, p, &segments);
    measured(h, file, p);
    if let Some(score) = p.outcome.score() {
        figures::sum(h, p, score);
    }
    figures::seen(h, p, &segments);
}

fn headline(h: &mut Html, file: &FileReport, p: &ParticipantSummary, segments: &[&SegmentResult]) {
    h.raw("<section class=\"card\"><h2>The score</h2><div class=\"headline\"><div>");
    match &p.outcome {
        ScoreOutcome::Score(s) => {
            h.elem("span", "figure", &words::authenticity(s.authenticity));
            h.raw("<span class=\"figure-label\">");
            h.text(&format!(
                "authenticity: 1 − P(manipulated), at a prior of {}",
                words::one_in(s.prior)
            ));
            h.raw("</span></div><div>");
            h.elem(
                "p",
                "say",
                &format!("{}.", words::strength(s.evidence_logit)),
            );
            h.elem("p", "", &odds_sentence(s));
            let standing = crate::report::verdict_line(&p.verdict);
            h.elem("p", "", &format!("Assessment: {standing}."));
            if p.change.since.is_some() {
                change(h, p);
            }
            if let Some(text) = stretches::standout(&signal_names(p), segments) {
                h.elem("p", "", &text);
            }
        }
        ScoreOutcome::NoScore(a) => {
            h.raw("<span class=\"figure none\">No score</span><span class=\"figure-label\">not measurable</span></div><div>");
            h.elem("p", "say", &sentence(a));
            h.raw("<p>An abstention is not a pass and not a suspicion: too little could be measured to give a number.</p>");
        }
    }
    h.raw("</div></div><dl class=\"pair\">");
    let mut fact = |name: &str, value: &str| {
        h.raw("<div>")
            .elem("dt", "", name)
            .elem("dd", "", value)
            .raw("</div>");
    };
    if let Some(s) = p.outcome.score() {
        fact(
            "Evidence without the prior",
            &format!("{} (log odds)", words::signed(s.evidence_logit)),
        );
        let even = 1.0 - crate::fusion::probability(s.evidence_logit, 0.5);
        fact("Authenticity at even odds", &words::authenticity(even));
    }
    fact(
        "Some signal gave a number on",
        &format!("{} of the time", words::percent(p.coverage.scored)),
    );
    let numbered = segments
        .iter()
        .filter(|s| s.outcome.score().is_some())
        .count();
    fact(
        "Segments with a number",
        &format!("{numbered} of {}", segments.len()),
    );
    if p.change.threshold > 0.0 && p.change.since.is_none() {
        fact("Change in mid-call", "none stands out");
    }
    let measured = p.signals.iter().filter(|s| s.coverage > 0.0).count();
    fact(
        "Signals measured",
        &format!("{measured} of {}", p.signals.len().max(file.signals.len())),
    );
    h.raw("</dl></section>\n");
}

/// Where the interview began to stand out.
fn change(h: &mut Html, p: &ParticipantSummary) {
    if let Some(line) = crate::report::change_line(&p.change) {
        h.elem("p", "", &format!("{}.", words::capital(&line)));
    }
}

/// What the evidence did to the prior, as probabilities.
fn odds_sentence(s: &Score) -> String {
    let (before, after) = (
        words::percent(s.prior),
        words::percent(1.0 - s.authenticity),
    );
    let verb = if s.evidence_logit > 0.0 {
        "raised"
    } else {
        "lowered"
    };
    // Equal to two significant digits: "from 1 % to 1.0 %" would say nothing.
    let digits = |p: f64| format!("{p:.1e}");
    if digits(s.prior) == digits(1.0 - s.authenticity) {
        return format!(
            "What could be measured left the probability of manipulation at the {before} assumed before."
        );
    }
    format!(
        "What could be measured {verb} the probability of manipulation from the {before} assumed before to {after}."
    )
}

fn sentence(a: &Abstention) -> String {
    let reason = a.reason.words();
    let mut text = words::capital(reason);
    if !a.detail.is_empty() && !a.detail.starts_with(reason) {
        text.push_str(": ");
        text.push_str(a.detail.trim_end_matches('.'));
    }
    text.push('.');
    text
}

fn signal_names(p: &ParticipantSummary) -> Vec<&str> {
    p.signals.iter().map(|s| s.signal.as_str()).collect()
}

fn over_time(
    h: &mut Html,
    id: usize,
    file: &FileReport,
    summary: &SessionSummary,
    p: &ParticipantSummary,
    segments: &[&SegmentResult],
) {
    h.raw("<section class=\"card\"")
        .attr("id", &format!("over-time-{id}"))
        .raw("><h2>Over time</h2><p class=\"soft\">The score of each segment, and what each signal added to it. Hatched: no number there, for the reason written in it.</p>");
    if segments.is_empty() {
        h.raw("<p>The recording is shorter than one segment.</p></section>\n");
        return;
    }
    let names = signal_names(p);
    let end = segments
        .iter()
        .map(|s| s.span.end.as_secs_f64())
        .fold(0.0, f64::max);
    let duration_s = summary.duration.as_secs_f64().max(end);
    let prior = file
        .settings
        .map(|s| s.prior)
        .or(p.outcome.score().map(|s| s.prior));
    let mut series = file.series.iter();
    let series = series.find(|s| s.participant == p.participant);
    let plotted = series.and_then(|s| s.plotted());
    chart::timeline(
        h,
        id,
        &Timeline {
            segments,
            gaps: &p.gaps,
            signals: &names,
            prior,
            plotted: plotted.as_ref(),
            duration_s,
        },
    );
    moment::panel(h, id, duration_s);
    moment::data(h, id, p, series.filter(|_| plotted.is_some()));
    stretches::list(h, id, &names, segments);
    if let Some(plotted) = &plotted {
        plots::close_ups(h, id, plotted, &names, segments);
    }
    stretches::segment_table(h, id, &names, segments, duration_s);
    h.raw("</section>\n");
}

fn measured(h: &mut Html, file: &FileReport, p: &ParticipantSummary) {
    h.raw("<section class=\"card\"><h2>What was measured, and what was not</h2><div class=\"table\"><table class=\"stack\" role=\"table\"><caption>A signal that is not measured adds nothing to the score, in neither direction</caption><thead><tr role=\"row\"><th scope=\"col\" role=\"columnheader\">Signal</th><th scope=\"col\" role=\"columnheader\">State</th><th scope=\"col\" role=\"columnheader\">Why, or how much</th></tr></thead><tbody>");
    for s in &p.signals {
        let (title, about) = words::signal(&s.signal);
        row_start(h, &title, about);
        let experimental = |n: &AbstainCount| n.reason == AbstainReason::Experimental;
        if s.coverage > 0.0 {
            h.raw("<span class=\"state yes\">measured</span>");
        } else if s.abstained.iter().any(experimental) {
            h.raw("<span class=\"state no\"><span>experimental, no vote</span></span>");
        } else {
            h.raw("<span class=\"state no\"><span>not measurable</span></span>");
        }
        h.raw("</td><td role=\"cell\">");
        why(h, file, p, s);
        h.raw("</td></tr>");
    }
    for (title, about) in NOT_BUILT {
        row_start(h, title, "");
        h.raw("<span class=\"state no\"><span>not measured</span></span></td><td role=\"cell\">")
            .text(about)
            .raw("</td></tr>");
    }
    h.raw("</tbody></table></div>");
    if let Some(r) = &p.reference {
        let line = crate::report::reference_line(r);
        h.elem("p", "", &format!("{}.", words::capital(&line)));
    }
    h.raw("</section>\n");
}

fn row_start(h: &mut Html, title: &str, about: &str) {
    h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">")
        .text(title);
    if !about.is_empty() {
        h.raw("<br><span class=\"soft small\">")
            .text(about)
            .raw("</span>");
    }
    h.raw("</th><td role=\"cell\">");
}

/// Evidence of one signal of one participant, over all segments.
fn evidence<'a>(
    file: &'a FileReport,
    p: &'a ParticipantSummary,
    s: &'a SignalSummary,
) -> impl Iterator<Item = &'a Evidence> {
    let mine = file
        .segments
        .iter()
        .filter(|x| x.participant == p.participant);
    let findings = mine.flat_map(|x| x.findings.iter().filter(|f| f.signal == s.signal));
    findings.flat_map(|f| f.outcome.evidence())
}

/// Since when the face differed from that of the beginning, if it did; measured without a vote.
fn another_face(file: &FileReport, p: &ParticipantSummary, s: &SignalSummary) -> Option<String> {
    let changes = evidence(file, p, s).filter(|e| e.name == "identity_change_at_s");
    let (first, segments) = changes.fold((f64::INFINITY, 0), |(first, n), e| {
        (first.min(e.value), n + 1)
    });
    (segments > 0).then(|| {
        format!(
            "The face differed from that of the beginning in {segments} segments, first from {} on \
             (experimental, no vote; it says nothing of who it was, nor why)",
            words::clock_tenths(first)
        )
    })
}

/// Jumps of the face's appearance that the signal measured without a vote, if there were any.
fn jumps(file: &FileReport, p: &ParticipantSummary, s: &SignalSummary) -> Option<String> {
    let (mut count, mut first) = (0.0, f64::INFINITY);
    for e in evidence(file, p, s) {
        match e.name.as_str() {
            "appearance_jumps" => count += e.value,
            "appearance_jump_at_s" => first = first.min(e.value),
            _ => {}
        }
    }
    let times = if count == 1.0 { "once" } else { "times" };
    let count = if count == 1.0 {
        String::new()
    } else {
        format!("{count:.0} ")
    };
    first.is_finite().then(|| {
        format!(
            "The face’s appearance jumped to another and back {count}{times}, at {} for one \
             (experimental, no vote: too few real drop-outs and real clips were measured)",
            words::clock_tenths(first)
        )
    })
}

fn why(h: &mut Html, file: &FileReport, p: &ParticipantSummary, s: &SignalSummary) {
    let mut parts = Vec::new();
    if s.coverage > 0.0 {
        parts.push(format!(
            "A number on {} of the time; contribution {}",
            words::percent(s.coverage),
            words::signed(s.contribution)
        ));
    }
    if let Some(share) = s.told_apart {
        parts.push(format!(
            "Like one class of the calibration's recordings only on {} of its numbers; the others are like both, \
             or like neither",
            words::percent(share)
        ));
    }
    let capability = file
        .capabilities
        .iter()
        .find(|c| c.participant == p.participant && c.signal == s.signal);
    let obstacle = capability.and_then(|c| c.obstacle.as_ref());
    if s.coverage > 0.0 {
        let limits = capability.iter().flat_map(|c| &c.limits);
        parts.extend(limits.map(|l| format!("Less certain than evaluated: {l}")));
    }
    match obstacle {
        Some(a) if s.coverage <= 0.0 => parts.push(sentence(a).trim_end_matches('.').to_owned()),
        _ => {
            for a in &s.abstained {
                let unit = if a.segments == 1 {
                    "segment"
                } else {
                    "segments"
                };
                let detail = if a.detail == a.reason.words() || a.detail.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", a.detail)
                };
                parts.push(format!(
                    "{} {unit} without a number: {}{detail}",
                    a.segments,
                    a.reason.words()
                ));
            }
        }
    }
    parts.extend(jumps(file, p, s));
    parts.extend(another_face(file, p, s));
    parts.extend(figures::cues(file, p, s));
    if parts.is_empty() {
        parts.push("No segment was offered to this signal".to_owned());
    }
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            h.raw("<br>");
        }
        h.text(part).text(".");
    }
    if !s.model.sha256.is_empty() {
        h.raw(" <span class=\"soft small\">Model ")
            .text(&s.model.id)
            .raw(" <code>");
        h.text(s.model.sha256.get(..12).unwrap_or(&s.model.sha256))
            .raw("…</code></span>");
    }
}
