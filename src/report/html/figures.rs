//! How the score adds up, the pauses, and how much was seen.

use super::markup::Html;
use super::words;
use crate::core::{ParticipantSummary, QuestionGap, Score, SegmentResult, SignalSummary, median};
use crate::report::FileReport;

pub(super) fn sum(h: &mut Html, p: &ParticipantSummary, score: &Score) {
    let reach = p
        .signals
        .iter()
        .map(|s| s.contribution.abs())
        .fold(1.0, f64::max);
    h.raw("<section class=\"card\"><h2>How the score adds up</h2><div class=\"table\"><table><caption>Log odds; positive points to manipulated. Quality multiplies a signal, it never adds</caption><thead><tr><th scope=\"col\">Term</th><th scope=\"col\"><span class=\"soft hide-small\">authentic ← → manipulated</span></th><th scope=\"col\" class=\"n\">Log odds</th></tr></thead><tbody>");
    for s in &p.signals {
        h.raw("<tr><th scope=\"row\">")
            .text(&words::signal(&s.signal).0)
            .raw("</th><td class=\"bar\">");
        bar(h, s.contribution, reach);
        h.raw("</td><td class=\"n wrap\">");
        if s.coverage > 0.0 {
            h.text(&words::signed(s.contribution));
        } else {
            h.elem("span", "soft", "not measured");
        }
        h.raw("</td></tr>");
    }
    let prior_logit = (score.prior / (1.0 - score.prior)).ln();
    h.raw("<tr class=\"sum\"><th scope=\"row\">Evidence, without the prior</th><td class=\"bar\">");
    bar(h, score.evidence_logit, reach);
    h.raw("</td><td class=\"n\">")
        .text(&words::signed(score.evidence_logit))
        .raw("</td></tr>");
    h.raw("<tr><th scope=\"row\">Prior, ")
        .text(&words::one_in(score.prior))
        .raw("</th><td></td><td class=\"n\">");
    h.text(&words::signed(prior_logit)).raw("</td></tr>");
    h.raw("<tr class=\"sum\"><th scope=\"row\">Together</th><td>");
    h.text(&format!(
        "P(manipulated) {}",
        words::percent(1.0 - score.authenticity)
    ));
    h.raw("</td><td class=\"n\">")
        .text(&words::signed(score.evidence_logit + prior_logit));
    h.raw("</td></tr></tbody></table></div></section>\n");
}

fn bar(h: &mut Html, value: f64, reach: f64) {
    let half = (value.abs() / reach).min(1.0) / 2.0;
    let (x, class) = if value < 0.0 {
        (0.5 - half, "a2")
    } else {
        (0.5, "m2")
    };
    h.raw("<svg width=\"100%\" height=\"16\" aria-hidden=\"true\"><rect y=\"2\" height=\"12\"");
    h.attr("class", class)
        .pct("x", x)
        .pct("width", half)
        .raw("/>");
    h.raw("<line class=\"axis0\" x1=\"50%\" x2=\"50%\" y1=\"0\" y2=\"16\"/></svg>");
}

/// Questions and answers, with the pause between them.
pub(super) fn gaps(h: &mut Html, gaps: &[QuestionGap]) {
    h.raw("<section class=\"card\"><h2>Questions and answers</h2>");
    if gaps.is_empty() {
        h.raw("<p>No question was found, so no pause was measured. That takes the interviewer’s sound on a track of its own, or marks where questions end.</p></section>\n");
        return;
    }
    let heard = gaps.iter().filter_map(|g| g.gap_ms);
    let heard: Vec<f64> = heard.filter(|v| v.is_finite()).collect();
    let reach = heard.iter().fold(1000.0_f64, |m, v| m.max(v.abs()));
    h.raw("<p>");
    match median(heard.iter().copied()) {
        Some(median) => h.text(&format!(
            "{} of {} answers heard; the pause before them was {median:.0}\u{a0}ms at the median (half are shorter, half longer). ",
            heard.len(),
            gaps.len()
        )),
        None => h.text("No answer was heard to any of them. "),
    };
    h.raw("People pause longer on video calls than face to face, and differ widely: a long pause alone means nothing.</p><div class=\"table\"><table class=\"stack\" role=\"table\"><caption>Measured on the recording’s clock; a pause below zero is an overlap</caption><thead><tr role=\"row\">");
    for title in [
        "Question",
        "Asked until",
        "Answered from",
        "Pause",
        "Length of the pause",
        "Remark",
    ] {
        h.raw("<th scope=\"col\" role=\"columnheader\">")
            .text(title)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    for g in gaps {
        question(h, g, reach);
    }
    h.raw("</tbody></table></div></section>\n");
}

fn question(h: &mut Html, g: &QuestionGap, reach: f64) {
    h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">Question ")
        .text(&(g.index + 1).to_string())
        .raw("</th>");
    let clock = |t: crate::core::MediaTime| words::clock_tenths(t.as_secs_f64());
    let onset = g.answer_onset.map_or("no answer heard".to_owned(), clock);
    let pause = g.gap_ms.filter(|v| v.is_finite());
    let length = pause.map_or("–".to_owned(), |ms| {
        format!("{}\u{a0}ms", words::figure(ms.round()))
    });
    for (label, value) in [
        ("Asked until", clock(g.question_end)),
        ("Answered from", onset),
        ("Pause", length),
    ] {
        h.raw("<td role=\"cell\" class=\"figures\"")
            .attr("data-label", label)
            .raw(">")
            .text(&value)
            .raw("</td>");
    }
    h.raw("<td role=\"cell\" class=\"bar\">");
    if let Some(ms) = pause {
        h.raw("<svg width=\"100%\" height=\"16\" aria-hidden=\"true\"><rect class=\"a2\" y=\"3\" height=\"10\"");
        h.pct("width", (ms / reach).clamp(0.0, 1.0)).raw("/></svg>");
    }
    h.raw("</td><td role=\"cell\" class=\"small\">")
        .text(&remark(g, pause))
        .raw("</td></tr>");
}

/// What a reader should know of an answer besides its pause.
fn remark(g: &QuestionGap, pause: Option<f64>) -> String {
    let mut remarks = Vec::new();
    if pause.is_some_and(|ms| ms < 0.0) {
        remarks.push("answered before the question was over".to_owned());
    }
    if let (Some(content), Some(onset)) = (g.content_onset, g.answer_onset)
        && content > onset
    {
        let later = content.since_ns(onset) as f64 / 1e6;
        remarks.push(format!("filler first, words {later:.0}\u{a0}ms later"));
    }
    words::capital(&remarks.join("; "))
}

/// What was measured of the onsets and turns of the voice without a vote, as of the latest segment.
pub(super) fn cues(file: &FileReport, p: &ParticipantSummary, s: &SignalSummary) -> Vec<String> {
    let mine = file
        .segments
        .iter()
        .filter(|x| x.participant == p.participant);
    let latest = mine
        .flat_map(|x| x.findings.iter().filter(|f| f.signal == s.signal))
        .next_back();
    let value = |name: &str| {
        let evidence = latest.map(|f| f.outcome.evidence()).unwrap_or_default();
        evidence.iter().find(|e| e.name == name).map(|e| e.value)
    };
    let mut out = Vec::new();
    if let (Some(lead), Some(onsets)) = (value("mouth_lead_ms"), value("mouth_onsets")) {
        out.push(format!(
            "Lips moved {} ms before the voice at the median of {} onsets (accuracy not evaluated, no vote; a delay of \
             sound or picture anywhere on the way moves this)",
            words::figure(lead.round()),
            words::figure(onsets)
        ));
    }
    if let (Some(changes), Some(turns)) = (value("voice_changes"), value("voice_turns_compared"))
        && changes > 0.0
    {
        let at = value("voice_change_at_s").map_or_else(String::new, |at| {
            format!(", the first at {}", words::clock(at))
        });
        out.push(format!(
            "{} of {} turns measure as another voice{at} (accuracy not evaluated, no vote; a headset or a noise \
             suppressor changes a voice too)",
            words::figure(changes),
            words::figure(turns)
        ));
    }
    out
}

pub(super) fn seen(h: &mut Html, p: &ParticipantSummary, segments: &[&SegmentResult]) {
    h.raw("<section class=\"card\"><h2>How much was seen and heard</h2><p class=\"soft\">Quality of the material. It decides how much can be measured and is never evidence.</p><dl class=\"pair\">");
    let mut fact = |name: &str, value: String| {
        h.raw("<div>")
            .elem("dt", "", name)
            .elem("dd", "", &value)
            .raw("</div>");
    };
    let c = &p.coverage;
    fact("Usable pictures", words::percent(c.video));
    fact("Sound", words::percent(c.audio));
    fact("Pictures seen", words::thousands(c.frames_seen));
    fact("Pictures dropped", words::thousands(c.frames_dropped));
    let median = |of: fn(&SegmentResult) -> f64| median(segments.iter().map(|s| of(s)));
    if let Some(v) = median(|s| s.quality.face_presence) {
        fact("Face tracked (median segment)", words::percent(v));
    }
    if let Some(v) = median(|s| s.quality.face_height_px) {
        fact("Face height", format!("{v:.0} px"));
    }
    if let Some(v) = median(|s| s.quality.fps) {
        fact(
            "Pictures a second",
            words::figure((v * 10.0).round() / 10.0),
        );
    }
    if let Some(v) = median(|s| s.quality.speech_share) {
        fact("Speech (median segment)", words::percent(v));
    }
    let frozen = segments
        .iter()
        .map(|s| s.quality.freeze_share)
        .fold(0.0, f64::max);
    fact("Repeated pictures, worst segment", words::percent(frozen));
    let crowd = segments
        .iter()
        .map(|s| s.quality.faces_max)
        .max()
        .unwrap_or(0);
    fact("Most faces at once", crowd.to_string());
    h.raw("</dl></section>\n");
}
