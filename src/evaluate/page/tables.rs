//! Tables that several sections share.

use super::plots;
use crate::evaluate::{Group, OperatingFigures, Rate};
use crate::report::kit::{Html, percent};

/// A share with its interval and n, as text.
pub(super) fn rate_text(rate: &Rate) -> String {
    match (rate.share, rate.ci) {
        (Some(share), Some([low, high])) => format!(
            "{} [{}, {}], n {}",
            percent(share),
            percent(low),
            percent(high),
            rate.n
        ),
        (Some(share), None) => format!("{}, n {}", percent(share), rate.n),
        (None, _) => "not measured".to_owned(),
    }
}

/// A number between 0 and 1 with its interval, as text.
pub(super) fn area_text(value: Option<f64>, ci: Option<[f64; 2]>) -> String {
    match (value, ci) {
        (Some(v), Some([low, high])) => format!("{v:.3} [{low:.3}, {high:.3}]"),
        (Some(v), None) => format!("{v:.3}"),
        (None, _) => "not measured".to_owned(),
    }
}

/// Opens a table with these columns.
pub(super) fn open(h: &mut Html, caption: &str, columns: &[&str]) {
    h.raw("<div class=\"table\"><table class=\"stack\" role=\"table\">");
    h.elem("caption", "", caption);
    h.raw("<thead><tr role=\"row\">");
    for column in columns {
        h.raw("<th scope=\"col\" role=\"columnheader\">")
            .text(column)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
}

/// Closes it.
pub(super) fn close(h: &mut Html) {
    h.raw("</tbody></table></div>");
}

/// Begins a row with its name.
pub(super) fn row(h: &mut Html, name: &str) {
    h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">")
        .text(name)
        .raw("</th>");
}

/// A cell of text; `title` is shown on narrow screens, where columns have no heads.
pub(super) fn cell(h: &mut Html, title: &str, text: &str) {
    h.raw("<td role=\"cell\"")
        .attr("data-label", title)
        .raw(">")
        .text(text)
        .raw("</td>");
}

/// APCER at each bound on BPCER, by tool with the worst first.
pub(super) fn operating(h: &mut Html, rows: &[OperatingFigures]) {
    if rows.iter().any(|o| o.apcer.n > 0) {
        h.raw("<h3>Missed at a fixed rate of false alarms</h3>");
    }
    for o in rows.iter().filter(|o| o.apcer.n > 0) {
        let at = match o.threshold {
            Some(t) => format!("score of at least {t:.2}"),
            None => "no score is high enough".to_owned(),
        };
        let caption = format!(
            "APCER when at most {} of real recordings are called manipulated: {at}",
            percent(o.bpcer_bound)
        );
        open(h, &caption, &["Tool, worst first", "", "Missed"]);
        let all = ("all tools", &o.apcer);
        let tools = o.per_tool.iter().map(|t| (t.tool.as_str(), &t.apcer));
        for (tool, apcer) in std::iter::once(all).chain(tools) {
            row(
                h,
                if tool.is_empty() {
                    "tool not stated"
                } else {
                    tool
                },
            );
            h.raw("<td role=\"cell\" class=\"bar\">");
            plots::bar(h, apcer.share, "m2");
            h.raw("</td>");
            cell(h, "Missed", &rate_text(apcer));
            h.raw("</tr>");
        }
        close(h);
    }
}

/// Figures of parts of the list; nothing when there are none.
pub(super) fn groups(h: &mut Html, title: &str, groups: &[Group], with_fakes: bool) {
    if groups.is_empty() {
        return;
    }
    h.elem("h3", "", title);
    let mut columns = vec!["", "Recordings", "Coverage"];
    if with_fakes {
        columns.extend(["", "AUC", "Pairs ranked right"]);
    }
    columns.extend(["False alarms, recordings", "False alarms, segments"]);
    open(
        h,
        "Intervals are 95 %; false alarms at the default threshold",
        &columns,
    );
    for g in groups {
        row(
            h,
            if g.name.is_empty() {
                "not stated"
            } else {
                &g.name
            },
        );
        let of = format!(
            "{} real, {} manipulated, {} identities",
            g.n_real, g.n_fake, g.identities
        );
        cell(h, "Recordings", &of);
        cell(h, "Coverage", &percent(g.coverage));
        if with_fakes {
            h.raw("<td role=\"cell\" class=\"bar\">");
            plots::whisker(h, (0.0, 1.0), 0.5, g.auc, g.auc_ci);
            h.raw("</td>");
            cell(h, "AUC", &area_text(g.auc, g.auc_ci));
            let pairs = g.pairs.map(|p| format!("{} of {}", p.right, p.n));
            cell(h, "Pairs ranked right", pairs.as_deref().unwrap_or("–"));
        }
        cell(h, "False alarms, recordings", &rate_text(&g.false_alarms));
        cell(
            h,
            "False alarms, segments",
            &rate_text(&g.false_alarm_segments),
        );
        h.raw("</tr>");
    }
    close(h);
}
