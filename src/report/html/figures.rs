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

pub(super) fn gaps(h: &mut Html, gaps: &[QuestionGap]) {
    if gaps.is_empty() {
        return;
    }
    let heard: Vec<f64> = gaps
        .iter()
        .filter_map(|g| g.gap_ms)
        .filter(|v| v.is_finite())
        .collect();
    let reach = heard.iter().fold(1000.0_f64, |m, v| m.max(v.abs()));
    h.raw("<section class=\"card\"><h2>Pauses between question and answer</h2><p>");
    if let Some(median) = median(heard.iter().copied()) {
        h.text(&format!(
            "{} of {} answers heard, median pause {median:.0} ms. ",
            heard.len(),
            gaps.len()
        ));
    }
    h.raw("People pause longer on video calls than face to face, and differ widely: a long pause alone means nothing.</p><div class=\"table\"><table><caption>Measured on the recording’s clock; a pause below zero is an overlap</caption><thead><tr><th scope=\"col\">Question</th><th scope=\"col\">Ended</th><th scope=\"col\" class=\"n\">Pause</th><th scope=\"col\"><span class=\"soft\">length</span></th></tr></thead><tbody>");
    for g in gaps {
        h.raw("<tr><th scope=\"row\">")
            .text(&(g.index + 1).to_string())
            .raw("</th><td>");
        h.text(&words::clock_tenths(g.question_end.as_secs_f64()))
            .raw("</td><td class=\"n\">");
        match g.gap_ms {
            Some(ms) => h.text(&format!("{}\u{a0}ms", words::figure(ms.round()))),
            None => h.text("no answer heard"),
        };
        h.raw("</td><td class=\"bar\">");
        if let Some(ms) = g.gap_ms {
            h.raw("<svg width=\"100%\" height=\"16\" aria-hidden=\"true\"><rect class=\"a2\" y=\"3\" height=\"10\"");
            h.pct("width", (ms / reach).clamp(0.0, 1.0)).raw("/></svg>");
        }
        if let (Some(content), Some(onset)) = (g.content_onset, g.answer_onset)
            && content > onset
        {
            let later = content.since_ns(onset) as f64 / 1e6;
            h.elem(
                "span",
                "soft small",
                &format!("filler first, words {later:.0} ms later"),
            );
        }
        h.raw("</td></tr>");
    }
    h.raw("</tbody></table></div></section>\n");
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
