//! What a flag means where manipulation is rare.

use super::markup::Html;
use super::words;
use crate::report::FileReport;
use crate::report::prevalence::{AMONG, ONE_IN, OperatingPoint, PLAIN, Rate, WITH_REFERENCE};

/// The card with the measured rates and what follows from them.
pub(super) fn section(h: &mut Html, file: &FileReport) {
    let people = file.summary.iter().flat_map(|s| &s.participants);
    let mut references = people.filter_map(|p| p.reference.as_ref());
    let compared = references.any(|r| r.compared_segments > 0);
    let (point, how) = match compared {
        true => (
            &WITH_REFERENCE,
            "with a verified reference of the same person",
        ),
        false => (&PLAIN, "without a reference"),
    };
    h.raw("<section class=\"card\" id=\"base-rate\"><h2>What a flag means</h2><p>");
    h.text(&format!(
        "Of manipulated test recordings, {} were flagged; of authentic ones, {} ({how}). How many flags are true then \
         depends on how rare manipulation is among your interviews:",
        rate(&point.found),
        rate(&point.false_flags)
    ));
    h.raw("</p>");
    table(h, point);
    h.elem(
        "p",
        "soft small",
        &format!(
            "Flagged: evidence of +0.69 log odds or more, that is twice as likely for a manipulated recording as for an \
             authentic one. Measured out of fold (each person by a net that never saw them) on 32 pairs of camera and live \
             face swap of 29 people, one swap tool, clips of seconds; section “{}” of docs/accuracy.md. The range takes both \
             rates at the ends of their 95 % intervals. For “stands out” over a whole interview, for other tools and for the \
             other measurements no such rates have been measured.",
            point.section
        ),
    );
    if let Some(s) = &file.settings {
        h.elem(
            "p",
            "soft small",
            &format!(
                "This report assumes that {} interviews is manipulated before anything is measured; whoever runs liveproof \
                 sets that figure.",
                words::one_in(s.prior)
            ),
        );
    }
    h.raw("</section>\n");
}

fn rate(r: &Rate) -> String {
    format!(
        "{} of {} ({}, 95\u{a0}% interval {} to {})",
        r.hits,
        r.of,
        words::percent(r.share()),
        words::percent(r.low),
        words::percent(r.high)
    )
}

fn table(h: &mut Html, point: &OperatingPoint) {
    h.raw("<div class=\"table\"><table class=\"stack\" role=\"table\"><caption>");
    h.text(&format!(
        "Of {} interviews, at the measured rates",
        words::thousands(AMONG as u64)
    ));
    h.raw("</caption><thead><tr role=\"row\">");
    for title in [
        "If manipulated is",
        "Manipulated",
        "Flagged rightly",
        "Flagged wrongly",
        "True flags",
        "Range",
    ] {
        h.raw("<th scope=\"col\" role=\"columnheader\">")
            .text(title)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    for one_in in ONE_IN {
        let flags = point.at(one_in);
        h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">")
            .text(&words::one_in(1.0 / one_in))
            .raw("</th>");
        let people = |n: f64| words::thousands(n.round().max(0.0) as u64);
        let range = format!(
            "{} to {}",
            words::percent(flags.low),
            words::percent(flags.high)
        );
        for (label, value) in [
            ("Manipulated", people(AMONG / one_in)),
            ("Flagged rightly", people(flags.right)),
            ("Flagged wrongly", people(flags.wrong)),
            ("True flags", words::percent(flags.true_share)),
            ("Range", range),
        ] {
            h.raw("<td role=\"cell\" class=\"figures\"")
                .attr("data-label", label)
                .raw(">")
                .text(&value)
                .raw("</td>");
        }
        h.raw("</tr>");
    }
    h.raw("</tbody></table></div>");
}
