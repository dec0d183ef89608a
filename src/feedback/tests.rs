//! Opinions, the file they are kept in, and the list that comes of them.

use super::*;
use crate::core::Score;
use crate::evaluate::ClipList;
use crate::report::sample::document;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The sample's report, its second segment with this evidence and the session in this standing.
fn report(logit: f64, standing: Standing) -> FileReport {
    let mut report = document().files.remove(0);
    report.segments[1].outcome = ScoreOutcome::Score(Score {
        authenticity: 0.5,
        evidence_logit: logit,
        prior: 0.01,
    });
    report.summary.as_mut().unwrap().participants[0]
        .verdict
        .standing = standing;
    report
}

fn on(report: &FileReport, place: Place, opinion: Opinion) -> Feedback {
    Feedback::on_report(report, None, place, opinion).unwrap()
}

#[test]
fn an_opinion_is_a_truth_only_where_the_assessment_took_a_side() {
    use Opinion::{Right, Unsure, Wrong};
    use Side::{Manipulated, Real};
    for (logit, opinion, expected) in [
        (1.0, Right, Some(Manipulated)),
        (1.0, Wrong, Some(Real)),
        (-1.0, Right, Some(Real)),
        (-1.0, Wrong, Some(Manipulated)),
        (0.5, Wrong, None),
        (-0.5, Right, None),
        (1.0, Unsure, None),
    ] {
        let said = on(
            &report(logit, Standing::Inconclusive),
            Place::Segment(1),
            opinion,
        );
        assert_eq!(said.side(), expected, "{logit} {opinion:?}");
    }
    for (standing, expected) in [
        (Standing::StandsOut, Some(Manipulated)),
        (Standing::ConsistentWithLive, Some(Real)),
        (Standing::Inconclusive, None),
    ] {
        assert_eq!(
            on(&report(9.0, standing), Place::Whole, Right).side(),
            expected
        );
    }
    // A segment without a number took no side.
    assert_eq!(
        on(&report(1.0, Standing::StandsOut), Place::Segment(0), Wrong).side(),
        None
    );
    // What the reviewer knows counts, whatever was said.
    let stated = Feedback {
        truth: Some(Real),
        ..on(&report(1.0, Standing::StandsOut), Place::Segment(1), Unsure)
    };
    assert_eq!(stated.side(), Some(Real));
}

#[test]
fn a_time_names_its_segment_and_what_is_not_there_is_refused_by_name() {
    let report = report(1.0, Standing::StandsOut);
    let at = on(
        &report,
        Place::At(MediaTime::from_ms(4_200)),
        Opinion::Right,
    );
    assert_eq!(
        (at.segment, at.span),
        (Some(1), Some(report.segments[1].span))
    );
    let refused = |participant, place| {
        let error = Feedback::on_report(&report, participant, place, Opinion::Right).unwrap_err();
        error.to_string()
    };
    assert!(
        refused(None, Place::At(MediaTime::from_ms(6_000)))
            .contains("at 6.0 s of candidate; the report has 2, up to 6.0 s")
    );
    assert!(refused(None, Place::Segment(7)).contains("no segment 7"));
    assert!(refused(Some("host"), Place::Whole).contains("expected one of candidate"));
    let mut two = report.clone();
    let summary = two.summary.as_mut().unwrap();
    let second = crate::core::ParticipantSummary {
        participant: ParticipantId::parse("other").unwrap(),
        ..summary.participants[0].clone()
    };
    summary.participants.push(second);
    let error = Feedback::on_report(&two, None, Place::Whole, Opinion::Right).unwrap_err();
    assert_eq!(error, PlaceError::WhichOne("candidate, other".to_owned()));
    assert!(Feedback::on_report(&two, Some("other"), Place::Whole, Opinion::Right).is_ok());
    let unread = document().files.remove(1);
    let error = Feedback::on_report(&unread, None, Place::Whole, Opinion::Right).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("notes.mp4: nothing was assessed"),
        "{error}"
    );
    assert_eq!(
        Feedback::on_interview("s-1", Place::Segment(0), Opinion::Right).unwrap_err(),
        PlaceError::NoReport
    );
    let long = "x".repeat(MOST_NOTE_BYTES + 1);
    assert!(at.with_note(&long).is_err());
}

#[test]
fn the_file_grows_survives_a_cut_line_and_forgets_an_interview() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("feedback.jsonl");
    assert_eq!(read(&path).unwrap(), Read::default());
    let one = on(
        &report(1.0, Standing::StandsOut),
        Place::Whole,
        Opinion::Right,
    )
    .with_note("a note, “quoted”\nover lines")
    .unwrap();
    let two =
        Feedback::on_interview("s-1", Place::At(MediaTime::from_ms(10)), Opinion::Unsure).unwrap();
    append(&path, &one).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // A process that was killed while it wrote, and a line of a later version.
    let cut = [
        before.as_slice(),
        b"{\"version\":9}\n{\"version\":1,\"inter",
    ]
    .concat();
    std::fs::write(&path, &cut).unwrap();
    append(&path, &two).unwrap();
    assert!(
        std::fs::read(&path).unwrap().starts_with(&cut),
        "what was there stays"
    );
    let found = read(&path).unwrap();
    assert_eq!(
        (found.all, found.unreadable),
        (vec![one, two.clone()], vec![2, 3])
    );

    assert_eq!(forget(&path, "nobody").unwrap(), 0);
    assert_eq!(forget(&path, "interview.mp4").unwrap(), 1);
    let found = read(&path).unwrap();
    assert_eq!((found.all, found.unreadable), (vec![two], vec![1, 2]));
    assert!(!std::fs::read_to_string(&path).unwrap().contains("a note"));
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(forget(&dir.path().join("none"), "s-1").unwrap(), 0);
    assert!(matches!(
        append(dir.path(), &Feedback::blank("x", Opinion::Right)),
        Err(FeedbackError::Io { .. })
    ));
}

#[test]
fn the_list_is_what_evaluate_reads_and_says_what_it_left_out() {
    let stands_out = report(1.0, Standing::StandsOut);
    let recorded = |f: Feedback, path: &str| Feedback {
        recording: Some(PathBuf::from(path)),
        ..f
    };
    let segment = |opinion| on(&stands_out, Place::Segment(1), opinion);
    let all = [
        recorded(segment(Opinion::Right), "/calls/a, b.mp4"),
        recorded(
            on(&stands_out, Place::Whole, Opinion::Wrong),
            "/calls/a, b.mp4",
        ),
        // The reviewer looked again.
        recorded(segment(Opinion::Wrong), "/calls/a, b.mp4"),
        recorded(segment(Opinion::Unsure), "/calls/c.mp4"),
        segment(Opinion::Right),
        Feedback {
            truth: Some(Side::Manipulated),
            ..recorded(
                Feedback::on_interview("s-1", Place::Whole, Opinion::Wrong).unwrap(),
                "/calls/d.mp4",
            )
        },
        Feedback {
            truth: Some(Side::Manipulated),
            ..recorded(
                Feedback::on_interview("s-1", Place::At(MediaTime::ZERO), Opinion::Wrong).unwrap(),
                "/calls/d.mp4",
            )
        },
    ];
    let made = export(&all);
    assert_eq!(
        (
            made.rows,
            made.without_truth,
            made.without_recording,
            made.replaced
        ),
        (3, 1, 2, 1)
    );
    let list = ClipList::parse(&made.csv, Path::new("elsewhere")).unwrap();
    assert!(list.ignored.is_empty(), "{:?}", list.ignored);
    let [a, whole, d] = &list.clips[..] else {
        panic!("{list:?}")
    };
    assert_eq!(
        (a.path.as_path(), a.fake),
        (Path::new("/calls/a, b.mp4"), false)
    );
    assert_eq!(a.only.map(|s| (s.from_s, s.to_s)), Some((3.0, 6.0)));
    assert_eq!((whole.only, whole.fake, d.fake), (None, false, true));
    assert_eq!(
        (&a.groups[..], &d.groups[..]),
        (
            &["feedback=wrong".to_owned()][..],
            &["feedback=stated".to_owned()][..]
        )
    );
    // Nothing usable is a list that evaluate refuses in words, never one that passes for figures.
    assert!(ClipList::parse(&export(&[]).csv, Path::new("")).is_err());
}
