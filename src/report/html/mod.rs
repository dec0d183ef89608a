//! The report page: one self-contained HTML file per recording, for a person to read.
//!
//! **In:** a [`FileReport`] and what wrote it. **Out:** a page as a string, the same for the same
//! report. It needs no network, no font and no script; a small script adds the theme button and
//! the timeline's cursor. A content security policy in the page allows that script by its
//! digest and nothing else.
//!
//! What the page must always hold, and tests check: what was measured and what was not, with
//! reasons; abstentions hatched; the evidence with and without the prior; the base-rate
//! statement; model digests and data terms; what the score does not say.

mod brief;
mod challenges;
mod chart;
mod figures;
mod fixed;
mod flags;
mod markup;
mod moment;
mod person;
mod pictures;
mod plots;
mod rubric;
mod stretches;
#[cfg(test)]
mod tests;
mod words;

use super::{FileReport, Generator};
use crate::core::SessionSummary;
use markup::Html;

/// What other pages of the program share with the report: its markup, frame and words.
pub(crate) mod kit {
    pub(crate) use super::markup::Html;
    pub(crate) use super::words::{
        authenticity, capital, clock, figure, percent, signal, strength, thousands,
    };
    pub(crate) use super::{close_page, open_page};
}

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Content security policy; the digest is that of `script.js`, held together by a test.
const POLICY: &str = concat!(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; ",
    "script-src 'sha256-",
    include_str!("script.sha256"),
    "'"
);

/// The page of one input.
pub fn to_html(file: &FileReport, generator: &Generator) -> String {
    let mut h = Html::default();
    let name = file_name(&file.path);
    open_page(&mut h, &format!("{name} – liveproof assessment"));
    top(&mut h, file, name);
    h.raw("<main>");
    brief::test_copy(&mut h, file);
    if let Some(error) = &file.error {
        failed(&mut h, error);
    }
    match &file.summary {
        Some(summary) => assessed(&mut h, file, summary),
        None if file.error.is_none() => {
            failed(
                &mut h,
                "The session ended without a summary, so nothing can be said of it.",
            );
        }
        None => {}
    }
    flags::section(&mut h, file);
    let cautions = file
        .summary
        .as_ref()
        .map_or(&[][..], |s| s.cautions.as_slice());
    fixed::limits(&mut h, cautions);
    technical(&mut h, file);
    if file.summary.is_some() {
        rubric::sources(&mut h);
    }
    h.raw("</main>");
    fixed::footer(&mut h, file, generator);
    close_page(&mut h);
    h.finish()
}

fn assessed(h: &mut Html, file: &FileReport, summary: &SessionSummary) {
    if summary.partial {
        h.raw("<section class=\"card\"><h2>This assessment is partial</h2><p>");
        h.text(&format!(
            "The session ended early: {}.",
            summary.end_reason.trim_end_matches('.')
        ));
        h.raw("</p></section>");
    }
    if summary.participants.is_empty() {
        h.raw("<section class=\"card\"><h2>No assessment</h2><p>Nobody in this recording is marked as the candidate, so nothing was scored.</p></section>");
    }
    chart::definitions(h);
    for (id, person) in summary.participants.iter().enumerate() {
        person::sections(h, id, file, summary, person);
    }
}

/// What a reader needs who wants to know how it was made.
fn technical(h: &mut Html, file: &FileReport) {
    h.raw("<h2 class=\"person\" id=\"technical\">For a closer look</h2>");
    if let Some(summary) = &file.summary {
        for person in &summary.participants {
            person::technical(h, file, summary, person);
        }
    }
    fixed::models(h, &file.models);
    fixed::notices(h, &file.notices);
}

/// Closes a page, with the script of its theme button.
pub(crate) fn close_page(h: &mut Html) {
    h.raw("<script>")
        .raw(SCRIPT)
        .raw("</script></body></html>\n");
}

/// Opens a page: head with policy and style, body begun.
pub(crate) fn open_page(h: &mut Html, title: &str) {
    h.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    h.raw("<meta http-equiv=\"Content-Security-Policy\"")
        .attr("content", POLICY)
        .raw(">");
    h.raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\">");
    h.elem("title", "", title);
    h.raw("<style>").raw(STYLE).raw("</style></head><body>\n");
}

fn top(h: &mut Html, file: &FileReport, name: &str) {
    h.raw("<header class=\"top\"><div><p class=\"brand\">liveproof · interview assessment</p>");
    h.elem("h1", "", name);
    let mut meta = Vec::new();
    if let Some(s) = &file.summary {
        meta.push(format!("{} long", words::clock(s.duration.as_secs_f64())));
    }
    for p in &file.participants {
        let role = words::role(p.role);
        meta.push(if p.id == role {
            p.id.clone()
        } else {
            format!("{} ({role})", p.id)
        });
    }
    if !file.consent_id.is_empty() {
        meta.push(format!("consent record {}", file.consent_id));
    }
    h.elem("p", "meta", &meta.join(" · "));
    h.raw("</div><button type=\"button\" class=\"theme\" hidden>Theme</button></header>\n");
    if file
        .summary
        .as_ref()
        .is_some_and(|s| !s.participants.is_empty())
    {
        h.raw(concat!(
            "<nav aria-label=\"On this page\"><a href=\"#brief-0\">In short</a><a href=\"#indicators-0\">Indicators</a>",
            "<a href=\"#over-time-0\">Over time</a><a href=\"#base-rate\">What a flag means</a>",
            "<a href=\"#contest\">How to contest it</a><a href=\"#technical\">Closer look</a></nav>\n"
        ));
    }
}

fn failed(h: &mut Html, error: &str) {
    h.raw("<section class=\"card\"><h2>Not measurable</h2>");
    h.elem("p", "say", &words::capital(error));
    h.raw("<p class=\"soft\">This says nothing about the person in the recording.</p></section>");
}

/// The last part of a path, whichever way its slashes lean.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\'])
        .find(|part| !part.is_empty())
        .unwrap_or(path)
}
