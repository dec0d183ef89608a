//! Tables: what a report holds, and how its rows read.

use super::*;
use crate::core::*;
use crate::report::sample;

/// A report of twelve segments of 3 s in which one signal says what `outcome` says at each.
fn report(signal: &str, outcome: impl Fn(u64) -> (Outcome, f64)) -> FileReport {
    let mut file = sample::document().files.remove(0);
    let template = file.segments[0].clone();
    let segments = (0u64..12).map(|i| {
        let at = |n: u64| MediaTime::from_ms(3000 * n as i64);
        let (outcome, contribution) = outcome(i);
        let span = Span::new(at(i), at(i + 1));
        let finding = Finding {
            signal: signal.to_owned(),
            model: ModelRef::default(),
            span,
            outcome,
            contribution,
            prediction_set: None,
            comparison: None,
        };
        SegmentResult {
            index: i,
            span,
            findings: vec![finding],
            ..template.clone()
        }
    });
    file.segments = segments.collect();
    let scored = file
        .segments
        .iter()
        .filter(|s| s.findings[0].outcome.is_scored());
    let coverage = scored.count() as f64 / 12.0;
    let p = &mut file.summary.as_mut().unwrap().participants[0];
    p.participant = template.participant.clone();
    p.signals = vec![SignalSummary {
        signal: signal.to_owned(),
        model: ModelRef::default(),
        coverage,
        contribution: 0.0,
        told_apart: None,
        abstained: Vec::new(),
    }];
    p.challenges.clear();
    p.gaps.clear();
    p.change = Change::default();
    file.capabilities.clear();
    file
}

fn person(file: &mut FileReport) -> &mut ParticipantSummary {
    &mut file.summary.as_mut().unwrap().participants[0]
}

fn row_of(file: &FileReport, title: &str) -> Row {
    let p = &file.summary.as_ref().unwrap().participants[0];
    let mut all = rows(file, p).into_iter();
    all.find(|r| r.indicator.title.starts_with(title))
        .expect(title)
}

fn scored(llr: f64, evidence: Vec<Evidence>) -> (Outcome, f64) {
    let outcome = Outcome::Scored {
        llr,
        quality: 1.0,
        evidence,
    };
    (outcome, llr)
}

fn abstained(reason: AbstainReason) -> (Outcome, f64) {
    (Outcome::abstain(reason, "for a test"), 0.0)
}

#[test]
fn an_indicator_reads_as_its_signal_measured() {
    type At = fn(u64) -> (Outcome, f64);
    let table: [(&str, At, Reading, usize); 8] = [
        (
            "all unremarkable",
            |_| scored(-0.3, vec![]),
            Reading::Nothing,
            0,
        ),
        (
            "a stretch stands out",
            |i| scored(if (4..7).contains(&i) { 0.9 } else { -0.3 }, vec![]),
            Reading::Look,
            1,
        ),
        (
            "two stretches",
            |i| scored(if i == 2 || i == 9 { 0.9 } else { -0.3 }, vec![]),
            Reading::Look,
            2,
        ),
        (
            "six stretches, of which three are named",
            |i| scored(if i % 2 == 0 { 0.9 } else { -0.3 }, vec![]),
            Reading::Look,
            3,
        ),
        (
            "neutral throughout",
            |_| scored(0.01, vec![]),
            Reading::NeitherWay,
            0,
        ),
        (
            "one segment of twelve, unremarkable: below the floor",
            |i| match i {
                5 => scored(-0.9, vec![]),
                _ => abstained(AbstainReason::NoSpeech),
            },
            Reading::NeitherWay,
            0,
        ),
        (
            "nothing measured",
            |_| abstained(AbstainReason::NoFace),
            Reading::NotMeasurable,
            0,
        ),
        (
            "numbers that are none",
            |_| scored(f64::NAN, vec![]),
            Reading::NotMeasurable,
            0,
        ),
    ];
    for (what, at, reading, times) in table {
        let file = report("lip_sync", at);
        let row = row_of(&file, "Lips");
        assert_eq!(
            (row.reading, row.times.len()),
            (reading, times),
            "{what}: {row:?}"
        );
    }
    let late = |i: u64| {
        let offset = |ms| vec![Evidence::against("offset_ms", ms, 12.0)];
        scored(
            if i == 4 { 0.9 } else { -0.3 },
            offset(if i == 4 { 240.0 } else { 10.0 }),
        )
    };
    // A constant offset has no vote where the clocks are unknown, and is not unremarkable for that.
    let constant = |_| scored(-0.3, vec![Evidence::new("offset_ms", 261.0)]);
    let row = row_of(&report("lip_sync", constant), "Lips");
    assert_eq!(row.reading, Reading::NeitherWay);
    assert!(
        row.result.contains("261") && row.result.contains("counts for nothing"),
        "{}",
        row.result
    );
    let row = row_of(&report("lip_sync", late), "Lips");
    assert!(
        row.result.contains("240\u{a0}ms behind the lips"),
        "{}",
        row.result
    );
    assert!(row.sure.contains("100\u{a0}% of the time"), "{}", row.sure);
}

/// The first line of `ARCHITECTURE.md`'s list of what always holds.
#[test]
fn what_was_not_measured_is_never_unremarkable() {
    let reasons = [
        AbstainReason::NoFace,
        AbstainReason::TooShort,
        AbstainReason::LowQuality,
        AbstainReason::ModelMissing,
        AbstainReason::Dropped,
        AbstainReason::DeadlineMissed,
        AbstainReason::NoTrack,
        AbstainReason::LowFrameRate,
        AbstainReason::NoSpeech,
        AbstainReason::Gathering,
        AbstainReason::AmbiguousPerson,
        AbstainReason::Indecisive,
        AbstainReason::NotRequested,
        AbstainReason::LowCoverage,
        AbstainReason::Failed,
        AbstainReason::Unfamiliar,
        AbstainReason::Experimental,
    ];
    for signal in [
        "lip_sync",
        "face_swap",
        "response_latency",
        "voice_spoof",
        "identity",
    ] {
        for reason in reasons {
            let mut file = report(signal, |_| abstained(reason));
            person(&mut file).signals[0].abstained = vec![AbstainCount {
                reason,
                segments: 12,
                detail: "for a test".into(),
            }];
            let p = file.summary.as_ref().unwrap().participants[0].clone();
            for row in rows(&file, &p) {
                assert!(
                    !matches!(
                        row.reading,
                        Reading::Nothing | Reading::Look | Reading::NeitherWay
                    ),
                    "{signal}, {reason:?}: {row:?}"
                );
                assert!(!row.result.is_empty(), "every row says why: {row:?}");
                assert_eq!(row.reading.is_measured(), !row.sure.is_empty(), "{row:?}");
            }
        }
    }
    // No signal at all, no segment, no picture.
    let mut empty = report("lip_sync", |_| abstained(AbstainReason::NoFace));
    empty.segments.clear();
    person(&mut empty).signals.clear();
    person(&mut empty).coverage = Coverage::default();
    let p = empty.summary.as_ref().unwrap().participants[0].clone();
    let all = rows(&empty, &p);
    assert_eq!(all.len(), INDICATORS.len());
    assert!(all.iter().all(|r| !r.reading.is_measured()), "{all:?}");
}

#[test]
fn numbers_that_do_not_tell_the_classes_apart_say_little() {
    let mut file = report("face_swap", |_| scored(-0.2, vec![]));
    person(&mut file).signals[0].told_apart = Some(0.3);
    assert_eq!(row_of(&file, "Face").reading, Reading::NeitherWay);
    person(&mut file).signals[0].told_apart = Some(0.8);
    assert_eq!(row_of(&file, "Face").reading, Reading::Nothing);
}

#[test]
fn an_obstacle_and_limits_are_told() {
    let mut file = report("lip_sync", |_| abstained(AbstainReason::LowFrameRate));
    let participant = person(&mut file).participant.clone();
    let capability = |obstacle, limits| SignalCapability {
        participant: participant.clone(),
        signal: "lip_sync".into(),
        obstacle,
        limits,
    };
    let why = Abstention::new(
        AbstainReason::LowFrameRate,
        "lip-sync needs >= 15 fps; this track brings 2.0",
    );
    file.capabilities = vec![capability(Some(why), vec![])];
    let row = row_of(&file, "Lips");
    assert_eq!(row.reading, Reading::NotMeasurable);
    assert_eq!(
        row.result,
        "Frame rate too low: lip-sync needs >= 15 fps; this track brings 2.0."
    );
    let mut file = report("lip_sync", |_| scored(-0.4, vec![]));
    file.capabilities = vec![capability(None, vec!["15 fps only.".into()])];
    let row = row_of(&file, "Lips");
    assert!(
        row.sure
            .contains("Less certain than evaluated: 15 fps only. "),
        "{}",
        row.sure
    );
}

#[test]
fn challenges_read_by_what_came_of_them() {
    let asked = |kind, status, llr, reaction_ms| ChallengeResult {
        status,
        llr,
        reaction_ms,
        ..ChallengeResult::unmeasured(
            "c1",
            kind,
            1,
            (MediaTime::from_ms(5000), MediaTime::from_ms(12_000)),
            &Abstention::new(AbstainReason::NoFace, "no face"),
        )
    };
    use ChallengeKind::{HandPass, TurnLeft};
    use ChallengeStatus as S;
    let why = || "turned by 12°".to_owned();
    let table = [
        (HandPass, S::Performed, Some(1.2), None, Reading::Look),
        (HandPass, S::Performed, Some(-1.2), None, Reading::Nothing),
        (HandPass, S::Performed, Some(0.1), None, Reading::NeitherWay),
        (HandPass, S::Performed, None, None, Reading::NoVote),
        (
            HandPass,
            S::Performed,
            Some(-1.2),
            Some(40.0),
            Reading::Look,
        ),
        (
            HandPass,
            S::NotPerformed { detail: why() },
            None,
            None,
            Reading::NoVote,
        ),
        (
            HandPass,
            S::NotCarriedOut { detail: why() },
            None,
            None,
            Reading::NotMeasurable,
        ),
        (
            HandPass,
            S::NotMeasurable {
                reason: AbstainReason::NoFace,
                detail: why(),
            },
            None,
            None,
            Reading::NotMeasurable,
        ),
        (TurnLeft, S::Performed, None, None, Reading::NoVote),
    ];
    for (kind, status, llr, reaction, reading) in table {
        let mut file = report("lip_sync", |_| scored(-0.3, vec![]));
        person(&mut file).challenges = vec![asked(kind, status.clone(), llr, reaction)];
        let (own, other) = match kind {
            HandPass => ("Hand", "Turn"),
            _ => ("Turn", "Hand"),
        };
        let row = row_of(&file, own);
        assert_eq!(row.reading, reading, "{kind:?} {status:?} {llr:?}: {row:?}");
        assert_eq!(row.times.len(), usize::from(reading == Reading::Look));
        assert_eq!(row_of(&file, other).reading, Reading::NotAsked);
        if matches!(status, S::NotPerformed { .. }) {
            assert!(
                row.result.contains("no sign of manipulation"),
                "{}",
                row.result
            );
        }
    }
}

#[test]
fn what_was_observed_has_no_vote() {
    let mut file = report("response_latency", |i| {
        let mut said = abstained(AbstainReason::Gathering);
        if let (11, Outcome::Abstained(a)) = (i, &mut said.0) {
            a.evidence = vec![
                Evidence::new("voice_turns_compared", 6.0),
                Evidence::new("voice_changes", 1.0),
                Evidence::new("voice_change_at_s", 21.0),
            ];
        }
        said
    });
    let row = row_of(&file, "Somebody");
    assert_eq!(row.reading, Reading::NoVote);
    assert!(
        row.result.contains("1 of 6") && row.result.contains("first at 0:21"),
        "{}",
        row.result
    );
    for s in &mut file.segments[3..6] {
        s.quality.face_presence = 0.1;
    }
    person(&mut file).coverage.frames_seen = 900;
    let row = row_of(&file, "Camera");
    assert_eq!((row.reading, row.times.len()), (Reading::NoVote, 1));
    assert_eq!(row.times[0].words(), "9.0 to 18.0 s");
    // A change of all measurements together is told with the indicator that it would be a sign of.
    assert_eq!(row_of(&file, "Another").reading, Reading::NotMeasurable);
    person(&mut file).change = Change {
        statistic: 6.0,
        threshold: 5.0,
        since: Some(MediaTime::from_ms(15_000)),
        noticed: Some(MediaTime::from_ms(21_000)),
    };
    let row = row_of(&file, "Another");
    assert_eq!((row.reading, row.times.len()), (Reading::Look, 1));
}

#[test]
fn a_face_that_changes_is_to_be_looked_at_and_one_that_stays_has_no_vote() {
    let course = |changed_from: u64| {
        report("identity", move |i| {
            let mut said = abstained(AbstainReason::Experimental);
            if let Outcome::Abstained(a) = &mut said.0 {
                a.evidence = vec![Evidence::against("identity_distance", 0.2, 0.8)];
                if i >= changed_from {
                    a.evidence.push(Evidence::new("identity_change_at_s", 13.5));
                }
            }
            said
        })
    };
    let row = row_of(&course(99), "Another");
    assert_eq!((row.reading, row.times.len()), (Reading::NoVote, 0));
    assert!(row.sure.contains("12 of 12 segments"), "{}", row.sure);
    let row = row_of(&course(5), "Another");
    assert_eq!((row.reading, row.times.len()), (Reading::Look, 1));
    assert_eq!(row.times[0].words(), "13.5 to 36.0 s");
    // Gathering, or nobody there: nothing was compared, and nothing is said of the face.
    let row = row_of(
        &report("identity", |_| abstained(AbstainReason::NoFace)),
        "Another",
    );
    assert_eq!(row.reading, Reading::NotMeasurable);
}

#[test]
fn every_indicator_names_a_publication_and_accuses_nobody() {
    for i in &INDICATORS {
        assert!(
            !i.sources.is_empty() && i.sources.iter().all(|s| *s < SOURCES.len()),
            "{}",
            i.title
        );
    }
    for s in SOURCES {
        assert!(s.url.starts_with("https://"), "{}", s.url);
    }
    let file = report("lip_sync", |_| scored(0.9, vec![]));
    let p = &file.summary.as_ref().unwrap().participants[0];
    let text = format!("{:?}", rows(&file, p)).to_lowercase();
    for word in ["fraud", "fake", "cheat", "liar", "verdict"] {
        assert!(!text.contains(word), "{word}");
    }
}

mod signals;
