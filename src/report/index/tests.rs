//! What the index says of reports, and that nothing unmeasured reads as live.

use super::*;
use crate::core::{AbstainReason, Abstention, Change};
use crate::report::sample;

fn report() -> FileReport {
    sample::document().files.into_iter().next().unwrap()
}

fn entry(report: &FileReport) -> IndexEntry {
    IndexEntry::of(report, "reports/a.json", Some("ab".repeat(32)))
}

fn with_standing(standing: Standing, scored: bool) -> FileReport {
    let mut report = report();
    for p in &mut report.summary.as_mut().unwrap().participants {
        p.verdict.standing = standing;
        if !scored {
            let why = Abstention::new(AbstainReason::NoFace, "no face was found");
            p.outcome = ScoreOutcome::NoScore(why);
        }
    }
    report
}

#[test]
fn a_recording_without_a_number_is_unmeasured_whatever_its_standing() {
    for standing in [
        Standing::ConsistentWithLive,
        Standing::Inconclusive,
        Standing::StandsOut,
    ] {
        assert_eq!(
            entry(&with_standing(standing, false)).status,
            FileStatus::Unmeasured
        );
        assert_eq!(
            entry(&with_standing(standing, true)).status.name(),
            standing.name()
        );
    }
    let failed = entry(&FileReport::failed("a.mp4", "not a media file"));
    assert_eq!(failed.status, FileStatus::Error);
    // A report that nobody is assessed in is no report of a live recording either.
    let mut empty = report();
    empty.summary.as_mut().unwrap().participants.clear();
    assert_eq!(entry(&empty).status, FileStatus::Unmeasured);
    empty.summary = None;
    assert_eq!(entry(&empty).status, FileStatus::Error);
}

#[test]
fn of_several_people_the_one_who_wants_a_look_decides() {
    let status = |standings: &[(Standing, bool)]| {
        let mut report = report();
        let of = |(standing, scored): &(Standing, bool)| {
            let one = with_standing(*standing, *scored);
            one.summary.unwrap().participants.remove(0)
        };
        let people = standings.iter().map(of).collect();
        report.summary.as_mut().unwrap().participants = people;
        entry(&report).status
    };
    use Standing::{ConsistentWithLive as Live, Inconclusive as Unclear, StandsOut as Out};
    assert_eq!(status(&[(Live, true), (Out, true)]), FileStatus::StandsOut);
    assert_eq!(
        status(&[(Live, true), (Live, true)]),
        FileStatus::ConsistentWithLive
    );
    assert_eq!(
        status(&[(Live, true), (Unclear, true)]),
        FileStatus::Inconclusive
    );
    // One who was not measured keeps the whole from being called consistent.
    assert_eq!(
        status(&[(Live, true), (Live, false)]),
        FileStatus::Inconclusive
    );
    assert_eq!(
        status(&[(Out, false), (Live, true)]),
        FileStatus::Inconclusive
    );
}

fn index() -> BatchIndex {
    let mut hostile = entry(&report());
    hostile.path = "=cmd|' /C calc'!A0, \"x\"<script>.mp4".to_owned();
    hostile.page = Some("reports/x.html".to_owned());
    hostile.evidence = Some("reports/x.evidence.jsonl".to_owned());
    let mut changed = report();
    let people = &mut changed.summary.as_mut().unwrap().participants;
    people[0].change = Change {
        since: Some(MediaTime::from_ms(90_500)),
        ..people[0].change.clone()
    };
    changed.summary.as_mut().unwrap().partial = true;
    changed.test_copy = Some("this is a test copy".to_owned());
    let files = vec![
        hostile,
        entry(&changed),
        entry(&FileReport::failed("b.mp4", "not a media file")),
    ];
    let passed = PassedOverFile {
        path: "<notes>.txt".to_owned(),
        why: "not a recording".to_owned(),
    };
    BatchIndex::new(files, vec![passed])
}

/// Fields of each line; a quoted field may hold commas and doubled quotes.
fn rows(text: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| {
        let (mut out, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match (c, quoted) {
                ('"', _) => quoted = !quoted,
                (',', false) => out.push(String::new()),
                (c, _) => out.last_mut().unwrap().push(c),
            }
        }
        out
    };
    text.lines().map(fields).collect()
}

#[test]
fn the_table_has_a_line_for_each_and_calculates_nothing() {
    let index = index();
    let text = index_to_csv(&index);
    let rows = rows(&text);
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|r| r.len() == rows[0].len()), "{rows:?}");
    let cell = |row: usize, column: &str| {
        let at = rows[0].iter().position(|c| c == column).unwrap();
        rows[row][at].as_str()
    };
    assert!(cell(1, "path").starts_with("'=cmd|"), "{}", cell(1, "path"));
    assert_eq!(cell(1, "participant"), "candidate");
    assert_eq!(cell(2, "partial"), "true");
    assert_eq!(cell(2, "changed_since_s"), "90.5000");
    assert_eq!((cell(3, "status"), cell(3, "standing")), ("error", ""));
    assert_eq!(
        (cell(3, "authenticity"), cell(3, "detail")),
        ("", "not a media file")
    );
    assert_eq!(
        (cell(1, "test_copy"), cell(2, "test_copy")),
        ("false", "true")
    );
    assert_eq!(cell(1, "evidence"), "reports/x.evidence.jsonl");
    // A negative number stays one.
    let logit: f64 = cell(1, "evidence_logit").parse().unwrap();
    assert_eq!(format!("{logit:.4}"), cell(1, "evidence_logit"));
}

#[test]
fn the_page_escapes_links_and_says_what_it_is_not() {
    let page = index_to_html(&index());
    assert!(!page.contains("<script>.mp4") && !page.contains("<notes>"));
    assert!(page.contains("href=\"reports/x.html\"") && page.contains("href=\"reports/a.json\""));
    for words in [
        "3 recordings",
        "Could not be reviewed",
        "from 1:30.5 on",
        "Not read to its end",
        "Not a media file",
        "It is no ranking",
        "Test copies among them",
        "<span>test copy</span>",
        "href=\"reports/x.evidence.jsonl\"",
        "With a signed evidence log",
        // What was not measured has nothing to be sorted by.
        "data-label=\"Authenticity\" data-sort=\"\">–",
        "Found and not reviewed",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let lower = page.to_lowercase();
    assert!(!lower.contains("fake") && !lower.contains("http://") && !lower.contains("https://"));
}

#[test]
fn the_document_reads_back_and_counts() {
    let index = index();
    let text = serde_json::to_string_pretty(&index).unwrap();
    assert_eq!(serde_json::from_str::<BatchIndex>(&text).unwrap(), index);
    let sum: usize = index.counts.iter().map(|c| c.recordings).sum();
    assert_eq!((sum, index.counts.len()), (3, FileStatus::ALL.len()));
    for status in FileStatus::ALL {
        let json = serde_json::to_value(status).unwrap();
        assert_eq!(json.as_str(), Some(status.name()));
    }
}
