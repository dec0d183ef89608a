//! The sections of the page.

use super::tables::{self, area_text, rate_text};
use super::{plots, scores};
use crate::evaluate::{Evaluation, Figures};
use crate::report::kit::{self, Html, capital, figure, percent};

/// Every score on one line.
pub(super) fn overview(h: &mut Html, e: &Evaluation) {
    h.raw("<section class=\"card\" id=\"overview\"><h2>What the scores tell apart</h2>");
    if e.list.real == 0 || e.list.fake == 0 {
        h.raw("<p>The list holds recordings of one kind only, so no score can be said to tell the two apart; the rates below stand by themselves.</p>");
    }
    h.raw("<p class=\"soft\">An AUC of 0.5 is guessing, 1 is perfect. Recordings on which a signal gave no number stay in, with a score of 0; coverage is the share with a number.</p>");
    let columns = [
        "Score",
        "Coverage",
        "",
        "AUC",
        "Equal error",
        "Pairs ranked right",
        "False alarms, segments",
    ];
    tables::open(
        h,
        "Over recordings; intervals are 95 %, by identity",
        &columns,
    );
    for (name, f) in scores(e) {
        tables::row(h, &name);
        tables::cell(h, "Coverage", &percent(f.coverage));
        h.raw("<td role=\"cell\" class=\"bar\">");
        let measured = f.coverage > 0.0;
        let auc = f.auc.filter(|_| measured);
        plots::whisker(h, (0.0, 1.0), 0.5, auc, f.auc_ci);
        h.raw("</td>");
        tables::cell(h, "AUC", &area_text(auc, f.auc_ci));
        let eer = f.eer.filter(|_| measured).map(percent);
        tables::cell(h, "Equal error", eer.as_deref().unwrap_or("–"));
        let pairs = f
            .pairs
            .filter(|_| measured)
            .map(|p| format!("{} of {}", p.right, p.n));
        tables::cell(h, "Pairs ranked right", pairs.as_deref().unwrap_or("–"));
        let alarms = if measured {
            rate_text(&f.false_alarm_segments)
        } else {
            "not measured".into()
        };
        tables::cell(h, "False alarms, segments", &alarms);
        h.raw("</tr>");
    }
    tables::close(h);
    if !e.list.failed.is_empty() {
        h.raw("<h3>Not reviewed</h3><p class=\"soft\">They stay in every figure as abstentions.</p><ul class=\"plain\">");
        for f in &e.list.failed {
            h.raw("<li>")
                .elem("code", "", &f.name)
                .text(": ")
                .text(&f.error)
                .raw("</li>");
        }
        h.raw("</ul>");
    }
    h.raw("</section>\n");
}

/// Everything about one score that gave a number somewhere.
pub(super) fn score(h: &mut Html, name: &str, f: &Figures, e: &Evaluation) {
    h.raw("<section class=\"card\">").elem("h2", "", name);
    if f.experimental {
        h.raw("<p class=\"terms\">Experimental: it measures, but has no vote, so it raises no alarm. It is ranked here by what it measured.</p>");
    }
    h.raw("<dl class=\"pair\">");
    let mut fact = |name: &str, value: String| {
        h.raw("<div>")
            .elem("dt", "", name)
            .elem("dd", "", &value)
            .raw("</div>");
    };
    fact("Recordings with a number", percent(f.coverage));
    fact("Time with a number", percent(f.coverage_segments));
    fact("AUC without abstentions", area_text(f.auc_scored, None));
    fact("False alarms, recordings", rate_text(&f.false_alarm_clips));
    fact("False alarms, segments", rate_text(&f.false_alarm_segments));
    fact("False alarms, stills", rate_text(&f.false_alarm_stills));
    fact("Found, recordings", rate_text(&f.detected_clips));
    fact("Found, segments", rate_text(&f.detected_segments));
    if let Some(rate) = f.false_alarms_per_hour {
        fact("False alarms per hour", figure(rate));
    }
    if let Some(d) = &f.delay {
        let seconds = d.seconds.map_or(String::new(), |s| {
            format!(", median {} s", figure(s.median))
        });
        fact(
            "Detection delay",
            format!("{} of {} found{seconds}", d.detected, d.n),
        );
    }
    h.raw("</dl>");
    h.elem(
        "p",
        "soft small",
        &format!(
            "Called manipulated: a score of {} or more.",
            figure(e.settings.threshold)
        ),
    );
    tables::operating(h, &f.operating);
    let both = f.n_real > 0 && f.n_fake > 0;
    tables::groups(h, "By tool, against all real recordings", &f.by_tool, true);
    tables::groups(h, "By condition", &f.by_condition, both);
    tables::groups(h, "By group", &f.by_group, both);
    tables::groups(h, "By height of the face", &f.by_face_px, both);
    calibration(h, f);
    abstained(h, f);
    h.raw("</section>\n");
}

fn calibration(h: &mut Html, f: &Figures) {
    if f.calibration.is_none() && f.coverage_risk.is_empty() {
        return;
    }
    h.raw("<div class=\"two\">");
    if let Some(c) = &f.calibration {
        h.raw("<div><h3>Do probabilities mean what they say?</h3>");
        plots::reliability(h, &c.bins);
        let text = format!(
            "Stated probability across, observed share up, for {} segments at their own share of manipulated ones \
             ({}). Calibration error {:.3}; Cllr {:.2} bit (0 is perfect, 1 says nothing, above 1 misleads); Brier {:.3}.",
            c.n,
            percent(c.base_rate),
            c.ece,
            c.cllr,
            c.brier
        );
        h.elem("p", "soft small", &text).raw("</div>");
    }
    // Of one kind only, the share of wrong decisions is no measure of what the score knows.
    if !f.coverage_risk.is_empty() && f.n_real > 0 && f.n_fake > 0 {
        h.raw("<div><h3>What abstaining buys</h3>");
        plots::risk(h, &f.coverage_risk);
        h.raw("<p class=\"soft small\">Share of recordings decided on across, the surest first; share of wrong decisions up.</p></div>");
    }
    h.raw("</div>");
}

fn abstained(h: &mut Html, f: &Figures) {
    if f.abstained.is_empty() {
        return;
    }
    let reasons = f.abstained.iter().map(|(why, n)| format!("{why} ({n})"));
    let text = format!(
        "Segments without a number: {}.",
        reasons.collect::<Vec<_>>().join(", ")
    );
    h.elem("p", "soft small", &text);
}

/// What worse media does to each score that gives a number at all.
pub(super) fn degraded(h: &mut Html, e: &Evaluation) {
    if e.degraded.is_empty() {
        return;
    }
    h.raw("<section class=\"card\" id=\"degraded\"><h2>On worse media</h2><p class=\"soft\">Good behaviour: abstentions rise, errors do not.</p>");
    for (i, (name, plain)) in scores(e).into_iter().enumerate() {
        if plain.coverage == 0.0 {
            continue;
        }
        let columns = [
            "Media",
            "Coverage",
            "",
            "AUC",
            "False alarms, segments",
            "False alarms, stills",
        ];
        h.elem("h3", "", &name);
        tables::open(h, "Segments that abstain count as no alarm", &columns);
        let passes = e.degraded.iter().map(|d| {
            let own = d.signals.values().chain([&d.fused]).nth(i);
            (d.meaning.as_str(), own)
        });
        for (meaning, f) in std::iter::once(("as they are", Some(plain))).chain(passes) {
            let Some(f) = f else { continue };
            tables::row(h, &capital(meaning));
            tables::cell(
                h,
                "Coverage",
                &format!("{} of time", percent(f.coverage_segments)),
            );
            h.raw("<td role=\"cell\" class=\"bar\">");
            plots::whisker(h, (0.0, 1.0), 0.5, f.auc, f.auc_ci);
            h.raw("</td>");
            tables::cell(h, "AUC", &area_text(f.auc, f.auc_ci));
            tables::cell(
                h,
                "False alarms, segments",
                &rate_text(&f.false_alarm_segments),
            );
            tables::cell(h, "False alarms, stills", &rate_text(&f.false_alarm_stills));
            h.raw("</tr>");
        }
        tables::close(h);
    }
    h.raw("</section>\n");
}

/// The audio-video offset against the truth.
pub(super) fn timing(h: &mut Html, e: &Evaluation) {
    let Some(sync) = &e.sync else { return };
    h.raw("<section class=\"card\" id=\"sync\"><h2>Audio-video offset</h2><dl class=\"pair\">");
    let mut fact = |name: &str, value: String| {
        h.raw("<div>")
            .elem("dt", "", name)
            .elem("dd", "", &value)
            .raw("</div>");
    };
    fact("Segments with a stated offset", sync.segments.to_string());
    fact("Measured", percent(sync.coverage));
    if let Some(x) = &sync.error_ms {
        fact("Median error", format!("{} ms", figure(x.median)));
        fact("95th percentile", format!("{} ms", figure(x.p95)));
    }
    fact("Within 40 ms", rate_text(&sync.within_40_ms));
    h.raw("</dl></section>\n");
}

/// How the figures were made.
pub(super) fn method(h: &mut Html, e: &Evaluation) {
    let s = &e.settings;
    h.raw("<section class=\"card\" id=\"method\"><h2>How the figures were made</h2><ul class=\"plain\">");
    let lines = [
        "Every recording went through the pipeline that reviews and live interviews use, whole.".to_owned(),
        format!("Score of a recording: {}", s.aggregation),
        format!(
            "Intervals are 95 %. AUC: {} resamples of identities, seed {}. Shares: Wilson, with the number of identities as n.",
            kit::thousands(s.resamples as u64), s.seed
        ),
        "BPCER is the share of real recordings called manipulated, APCER the share of manipulated ones that are not (ISO/IEC 30107-3).".to_owned(),
        "Figures of one list say how the signals do on recordings like those of the list, and on tools that are in it. They say nothing of tools that are not.".to_owned(),
    ];
    for line in &lines {
        h.elem("li", "", line);
    }
    if let Some(r) = &e.list.references {
        let text = format!(
            "{} recordings are set against a reference: {} segments were compared with it, {} could not be and stand without.",
            r.clips, r.compared_findings, r.not_comparable_findings
        );
        h.elem("li", "", &text);
    }
    if !e.list.ignored_columns.is_empty() {
        let text = format!(
            "Columns of the list that were not read: {}.",
            e.list.ignored_columns.join(", ")
        );
        h.elem("li", "", &text);
    }
    h.raw("</ul></section>\n");
}

/// Models and their terms.
pub(super) fn models(h: &mut Html, e: &Evaluation) {
    h.raw("<section class=\"card\" id=\"models\"><h2>Models and their data</h2>");
    h.raw("<p class=\"terms\">The weights carry the terms of the data they were trained on, beside the licence of the code.</p>");
    tables::open(
        h,
        "The digest is SHA-256 of the file",
        &["Model", "Laid over by", "State", "Data terms", "Digest"],
    );
    for m in &e.models {
        tables::row(h, &m.id);
        tables::cell(
            h,
            "Laid over by",
            if m.overlay.is_empty() {
                "–"
            } else {
                &m.overlay
            },
        );
        tables::cell(h, "State", if m.available { "in use" } else { "missing" });
        tables::cell(h, "Data terms", &m.data_terms);
        h.raw("<td role=\"cell\" data-label=\"SHA-256\">")
            .elem("code", "", &m.sha256)
            .raw("</td></tr>");
    }
    tables::close(h);
    h.raw("</section>\n");
}
