//! What the page must hold.

use super::to_html;
use crate::evaluate::figures::sample;

#[test]
fn the_page_says_what_was_measured_and_what_was_not_and_loads_nothing() {
    let e = sample();
    let page = to_html(&e);
    for held in [
        "Face swap traces",
        "not measured",
        "by identity",
        "Not reviewed",
        "other",
        "swapper",
        "Pairs ranked right",
        "Cllr",
        "pictures through JPEG, quality 30",
        "Within 40 ms",
        e.list.sha256.as_str(),
    ] {
        let capital = crate::report::kit::capital(held);
        assert!(page.contains(held) || page.contains(&capital), "{held}");
    }
    for banned in [
        "http://", "https://", "<img", "<link", "src=", "NaN", "inf%",
    ] {
        assert!(!page.contains(banned), "{banned}");
    }
    assert_eq!(
        page.matches("<table").count(),
        page.matches("</table>").count()
    );
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert_eq!(
        page,
        to_html(&sample()),
        "the same figures give the same page"
    );
}

#[test]
fn names_from_the_list_cannot_become_markup() {
    let mut e = sample();
    e.list.name = "<script>alert(1)</script>".into();
    e.list.failed[0].error = "\"><img src=x>".into();
    let page = to_html(&e);
    assert!(!page.contains("<script>alert") && !page.contains("<img"));
}
