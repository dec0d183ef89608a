//! The main figures as lines for a terminal.

use super::{Evaluation, Figures, Rate};
use std::fmt::Write as _;

/// The main figures: a line per score, then what could not be read.
pub fn summary_lines(e: &Evaluation) -> Vec<String> {
    let l = &e.list;
    let mut lines = vec![format!(
        "{}: {} recordings ({} real, {} manipulated, {} stills), {} identities, {:.2} h",
        l.name, l.clips, l.real, l.fake, l.stills, l.identities, l.hours
    )];
    if !l.ignored_columns.is_empty() {
        lines.push(format!(
            "columns not read: {}",
            l.ignored_columns.join(", ")
        ));
    }
    if let Some(r) = &l.references {
        lines.push(format!(
            "references: {} recordings with one; {} segments compared, {} not comparable",
            r.clips, r.compared_findings, r.not_comparable_findings
        ));
    }
    let missing = e.models.iter().filter(|m| !m.available);
    let missing: Vec<&str> = missing.map(|m| m.id.as_str()).collect();
    if !missing.is_empty() {
        lines.push(format!(
            "models that cannot be used, so what needs them was not measured (see liveproof models): {}",
            missing.join(", ")
        ));
    }
    lines.extend(scores("", &e.signals, &e.fused));
    if let Some(s) = &e.sync {
        let error = s.error_ms.map_or("none measured".to_owned(), |x| {
            format!("median {:.0} ms, 95th percentile {:.0} ms", x.median, x.p95)
        });
        lines.push(format!(
            "audio-video offset: {error}; measured in {:.0} % of {} segments",
            s.coverage * 100.0,
            s.segments
        ));
    }
    for d in &e.degraded {
        lines.extend(scores(&format!("{} ", d.name), &d.signals, &d.fused));
    }
    for f in &l.failed {
        lines.push(format!("not reviewed: {}: {}", f.name, f.error));
    }
    lines
}

fn scores(
    prefix: &str,
    signals: &std::collections::BTreeMap<String, Figures>,
    fused: &Figures,
) -> Vec<String> {
    let named = signals.iter().map(|(name, f)| (name.as_str(), f));
    named
        .chain([("fused", fused)])
        .map(|(name, f)| format!("{prefix}{name}: {}", figures(f)))
        .collect()
}

fn figures(f: &Figures) -> String {
    let mut text = format!("coverage {:.0} %", f.coverage * 100.0);
    if f.experimental {
        text += "; experimental, without a vote";
    }
    if f.coverage == 0.0 {
        return text + "; nothing measured";
    }
    if let Some(auc) = f.auc {
        let _ = write!(text, "; AUC {auc:.3}");
        if let Some([low, high]) = f.auc_ci {
            let _ = write!(text, " [{low:.3}, {high:.3}]");
        }
    }
    if let Some(eer) = f.eer {
        let _ = write!(text, "; EER {:.1} %", eer * 100.0);
    }
    if let Some(p) = &f.pairs {
        let _ = write!(text, "; pairs ranked right {} of {}", p.right, p.n);
    }
    for o in &f.operating {
        if let Some(apcer) = o.apcer.share {
            let bound = o.bpcer_bound * 100.0;
            let _ = write!(text, "; APCER {:.0} % at BPCER {bound:.0} %", apcer * 100.0);
        }
    }
    for (what, rate) in [
        ("recordings", &f.false_alarm_clips),
        ("segments", &f.false_alarm_segments),
        ("stills", &f.false_alarm_stills),
    ] {
        let _ = write!(text, "{}", alarms(what, rate));
    }
    if let Some(c) = &f.calibration {
        let _ = write!(text, "; ECE {:.3}, Cllr {:.2}", c.ece, c.cllr);
    }
    text
}

fn alarms(what: &str, rate: &Rate) -> String {
    match (rate.share, rate.ci) {
        (Some(share), Some([_, high])) => format!(
            "; false alarms on {what} {:.1} % (n {}, at most {:.1} %)",
            share * 100.0,
            rate.n,
            high * 100.0
        ),
        _ => String::new(),
    }
}
