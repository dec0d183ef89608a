//! The page of an evaluation: one self-contained HTML file in the style of the reports.
//!
//! Every figure stands in a table; the plots repeat figures and add none. A figure that was not
//! measured is hatched or says so, never left out.

mod plots;
mod sections;
mod tables;
#[cfg(test)]
mod tests;

use super::{Evaluation, Figures};
use crate::report::kit::{self, Html};

/// The page of an evaluation.
pub fn to_html(e: &Evaluation) -> String {
    let mut h = Html::default();
    kit::open_page(&mut h, &format!("{} – liveproof evaluation", e.list.name));
    top(&mut h, e);
    h.raw("<main>");
    plots::definitions(&mut h);
    sections::overview(&mut h, e);
    for (name, f) in scores(e) {
        if f.coverage > 0.0 {
            sections::score(&mut h, &name, f, e);
        }
    }
    sections::degraded(&mut h, e);
    sections::timing(&mut h, e);
    sections::method(&mut h, e);
    sections::models(&mut h, e);
    h.raw("</main><footer><p>");
    h.text(&format!(
        "{} {} · evaluation document version {} · list sha256 ",
        e.generator.name, e.generator.version, e.version
    ));
    h.elem("code", "", &e.list.sha256);
    h.raw("</p><p>This page holds no picture and no sound of anybody, loads nothing from any network and sends nothing.</p></footer>\n");
    kit::close_page(&mut h);
    h.finish()
}

/// Each score with its title, the signals first.
fn scores(e: &Evaluation) -> Vec<(String, &Figures)> {
    let signals = e.signals.iter().map(|(name, f)| (kit::signal(name).0, f));
    signals
        .chain([("All signals together".to_owned(), &e.fused)])
        .collect()
}

fn top(h: &mut Html, e: &Evaluation) {
    h.raw("<header class=\"top\"><div><p class=\"brand\">liveproof · evaluation</p>");
    h.elem("h1", "", &e.list.name);
    let l = &e.list;
    let mut meta = vec![
        format!("{} recordings", kit::thousands(l.clips as u64)),
        format!("{} real, {} manipulated", l.real, l.fake),
        format!("{} identities", l.identities),
    ];
    if l.stills > 0 {
        meta.push(format!("{} stills", l.stills));
    }
    if l.hours > 0.0 {
        meta.push(format!("{} h of media", kit::figure(l.hours)));
    }
    h.elem("p", "meta", &meta.join(" · "));
    h.raw("</div><button type=\"button\" class=\"theme\" hidden>Theme</button></header>\n");
}
