//! The table of published indicators, and the list of the publications.

use super::markup::Html;
use super::words;
use crate::core::Span;
use crate::report::rubric::{Reading, Row, SOURCES};

/// The table of one participant; `id` is that of its timeline.
pub(super) fn section(h: &mut Html, id: usize, rows: &[Row]) {
    h.raw("<section class=\"card\"")
        .attr("id", &format!("indicators-{id}"))
        .raw("><h2>Published indicators</h2><p class=\"soft\">What agencies and others tell interviewers to look for, and what was measured of it here. Every one has innocent causes. The numbers in brackets lead to the <a href=\"#sources\">publications</a>.</p>");
    h.raw("<div class=\"table\" role=\"region\" tabindex=\"0\"")
        .attr("aria-labelledby", &format!("indicators-{id}-caption"))
        .raw("><table class=\"stack rubric\" role=\"table\"><caption")
        .attr("id", &format!("indicators-{id}-caption"))
        .raw(">Indicators, with what was measured; one that was not measured is unknown</caption><thead><tr role=\"row\">");
    for title in ["Indicator", "Reads", "What was measured", "How sure"] {
        h.raw("<th scope=\"col\" role=\"columnheader\">")
            .text(title)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    for row in rows {
        one(h, id, row);
    }
    h.raw("</tbody></table></div></section>\n");
}

fn one(h: &mut Html, id: usize, row: &Row) {
    h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">")
        .text(row.indicator.title)
        .raw("<br><span class=\"soft small\">")
        .text(row.indicator.about);
    for source in row.indicator.sources {
        let number = source + 1;
        h.raw(" <a class=\"source\"")
            .attr("href", &format!("#source-{number}"))
            .raw(">")
            .text(&format!("[{number}]"))
            .raw("</a>");
    }
    h.raw("</span></th><td role=\"cell\"><span")
        .attr("class", class(row.reading))
        .raw("><span>")
        .text(row.reading.words())
        .raw("</span></span></td><td role=\"cell\"")
        .attr(
            "data-label",
            if row.reading.is_measured() {
                "Measured"
            } else {
                "Why"
            },
        )
        .raw(">")
        .text(&row.result);
    for (i, span) in row.times.iter().enumerate() {
        h.raw(if i > 0 { ", " } else { "<br>Look at " });
        time_link(h, id, span);
    }
    h.raw("</td>");
    match row.sure.as_str() {
        "" => h.raw("<td role=\"cell\" class=\"none\">–"),
        sure => h
            .raw("<td role=\"cell\" class=\"small\" data-label=\"How sure\">")
            .text(sure),
    };
    h.raw("</td></tr>");
}

fn class(reading: Reading) -> &'static str {
    match reading {
        Reading::Look => "state see",
        Reading::Nothing => "state yes",
        Reading::NeitherWay | Reading::NoVote => "state even",
        Reading::NotAsked | Reading::NotMeasurable => "state no",
    }
}

/// A stretch as a link to the timeline; the script moves the timeline's hand there.
pub(super) fn time_link(h: &mut Html, id: usize, span: &Span) {
    let (from, to) = (span.start.as_secs_f64(), span.end.as_secs_f64());
    h.raw("<a class=\"at\"")
        .attr("href", &format!("#timeline-{id}"))
        .attr("data-timeline", &format!("timeline-{id}"))
        .attr("data-at", &format!("{from:.1}"))
        .raw(">")
        .text(&format!("{} to {}", words::clock(from), words::clock(to)))
        .raw("</a>");
}

/// The publications, with their addresses spelled out.
pub(super) fn sources(h: &mut Html) {
    h.raw("<section class=\"card\" id=\"sources\"><h2>Publications</h2><p class=\"soft\">Who names the indicators. None of them knows of this report, and naming an indicator is no measurement of it. The addresses are for you to open; this page opens none.</p><ol class=\"sources\">");
    for (i, s) in SOURCES.iter().enumerate() {
        h.raw("<li")
            .attr("id", &format!("source-{}", i + 1))
            .raw(">");
        h.text(&format!("{}: {} ({}). ", s.by, s.title, s.date));
        h.raw("<a rel=\"noreferrer\"")
            .attr("href", s.url)
            .raw(">")
            .text(s.url)
            .raw("</a></li>");
    }
    h.raw("</ol></section>\n");
}
