//! Markup: nothing in a report becomes part of the page, and the page loads nothing.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const HOSTILE: &str = "</title></style></script><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='x' {{7*7}} \u{202e}\u{0}&amp;";

/// Puts the hostile string into every string of the report.
fn hostile() -> FileReport {
    let text = || HOSTILE.to_owned();
    let mut f = sample();
    f.path = text();
    f.error = Some(text());
    f.consent_id = text();
    f.test_copy = Some(text());
    f.participants.iter_mut().for_each(|p| p.id = text());
    f.signals.iter_mut().for_each(|s| s.name = text());
    for m in &mut f.models {
        (m.id, m.task, m.sha256, m.detail, m.data_terms) = (text(), text(), text(), text(), text());
    }
    f.models[2].available = false;
    f.notices
        .iter_mut()
        .for_each(|n| (n.track, n.detail) = (text(), text()));
    let mut shown = picture(&[(HOSTILE, 1.0)]);
    (shown.signal, shown.jpeg_base64) = (text(), text());
    f.pictures = vec![shown];
    for c in &mut f.capabilities {
        c.signal = text();
        c.obstacle = Some(Abstention::new(AbstainReason::Failed, HOSTILE));
    }
    for s in &mut f.segments {
        for x in &mut s.findings {
            x.signal = text();
            x.model = ModelRef {
                id: text(),
                sha256: text(),
            };
            match &mut x.outcome {
                Outcome::Scored { evidence, .. } => {
                    evidence.iter_mut().for_each(|e| e.name = text())
                }
                Outcome::Abstained(a) => a.detail = text(),
            }
        }
    }
    let summary = f.summary.as_mut().unwrap();
    summary.partial = true;
    summary.end_reason = text();
    summary.cautions = vec![text()];
    for p in &mut summary.participants {
        for s in &mut p.signals {
            s.signal = text();
            s.model = ModelRef {
                id: text(),
                sha256: text(),
            };
            s.abstained.iter_mut().for_each(|a| a.detail = text());
        }
    }
    f
}

#[test]
fn no_string_of_a_report_becomes_markup() {
    let (plain, html) = (page(&sample()), page(&hostile()));
    for mark in ["<script", "</script", "<style", "</style"] {
        assert_eq!(
            html.matches(mark).count(),
            plain.matches(mark).count(),
            "{mark}"
        );
    }
    assert_eq!(
        html.matches("<title").count(),
        html.matches("</title").count()
    );
    assert_eq!(html.matches("<img").count(), 1, "the report's own picture");
    assert!(!html.contains('\u{202e}') && !html.contains('\u{0}'));
    // Outside the style and script of the program itself, no attribute may hold a bare quote.
    let body = html
        .split_once("<body>")
        .unwrap()
        .1
        .rsplit_once("<script>")
        .unwrap()
        .0;
    assert!(!body.contains("' onload="), "a quote got through");
    assert!(body.contains("&lt;script&gt;alert(1)"));
    assert_balanced(body);
}

/// Every element that opens closes, in order: a string that broke out would break this.
fn assert_balanced(body: &str) {
    let void = ["br", "img", "input", "meta"];
    let mut open: Vec<&str> = Vec::new();
    for part in body.split('<').skip(1) {
        let tag = part.split('>').next().unwrap();
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "near <{tag}>");
        } else if !tag.ends_with('/') && !void.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn every_shape_of_the_golden_document_has_a_page() {
    for file in &crate::report::sample::document().files {
        let html = page(file);
        assert_balanced(
            html.split_once("<body>")
                .unwrap()
                .1
                .rsplit_once("<script>")
                .unwrap()
                .0,
        );
        assert!(html.contains("base-rate"));
    }
}

#[test]
fn markup_is_balanced() {
    let html = page(&sample());
    assert_balanced(
        html.split_once("<body>")
            .unwrap()
            .1
            .rsplit_once("<script>")
            .unwrap()
            .0,
    );
}

#[test]
fn it_loads_nothing_from_anywhere() {
    let mut html = page(&sample());
    // The addresses of the publications are links that a reader may open, and nothing else.
    for source in crate::report::rubric::SOURCES {
        let link = format!(
            "<a rel=\"noreferrer\" href=\"{0}\">{0}</a>",
            source.url.replace('&', "&amp;")
        );
        assert_eq!(html.matches(&link).count(), 1, "{link}");
        html = html.replace(&link, "");
    }
    for mark in [
        "http:",
        "https:",
        "//",
        "url(",
        "@import",
        "src=",
        "<link",
        "<iframe",
        "fetch(",
        "innerHTML",
    ] {
        let allowed = match mark {
            "url(" => html.matches("url(#hatch)").count(),
            "//" => html.matches("  // ").count(),
            _ => 0,
        };
        assert_eq!(html.matches(mark).count(), allowed, "{mark}");
    }
}

#[test]
fn the_policy_allows_exactly_our_script() {
    let digest = Sha256::digest(SCRIPT.as_bytes());
    assert_eq!(
        STANDARD.encode(digest),
        include_str!("../script.sha256"),
        "script.js changed: update script.sha256"
    );
    assert!(page(&sample()).contains(&format!("sha256-{}", STANDARD.encode(digest))));
}
