//! What a live interview asks of the pipeline beside results: provisional ones, deadlines, signals left
//! out under load.

use super::*;
use crate::core::{
    AbstainReason, ClockSource, ColorMatrix, ColorRange, Outcome, ParticipantSpec, Role, SessionId,
    TrackSpec, VideoFormat, VideoTrackSpec,
};
use std::sync::atomic::{AtomicU64, Ordering};

fn camera() -> TrackId {
    TrackId::parse("cam").unwrap()
}

fn interview() -> InterviewSpec {
    let candidate = ParticipantId::parse("c").unwrap();
    InterviewSpec {
        session_id: SessionId::parse("s").unwrap(),
        participants: vec![ParticipantSpec {
            id: candidate.clone(),
            role: Role::Candidate,
            reference_session: None,
        }],
        tracks: vec![TrackSpec {
            id: camera(),
            participant: candidate,
            clock_id: "file".into(),
            clock: ClockSource::Platform,
            reference: false,
            video: Some(VideoTrackSpec {
                format: VideoFormat::Rgb24,
                size: None,
                nominal_fps: None,
                range: ColorRange::Full,
                matrix: ColorMatrix::Auto,
                rotation_deg: 0,
                mirrored: false,
                region: None,
                codec_config: Vec::new(),
            }),
            audio: None,
        }],
        consent_id: String::new(),
        source_platform: String::new(),
        challenges: Default::default(),
    }
}

/// Ten seconds of pictures at 25 a second; results with the media time at which they came.
fn run(
    settings: PipelineSettings,
    mut change: impl FnMut(i64, &mut Pipeline),
) -> (Vec<(i64, SegmentResult)>, SessionSummary) {
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(interview(), settings, &[]);
    let mut results = Vec::new();
    for ms in (0..10_000).step_by(40) {
        change(ms, &mut pipeline);
        let shade = vec![(ms / 40 * 37 % 251) as u8; 32 * 24 * 3];
        let frame = Frame::new(MediaTime::from_ms(ms), 0, 32, 24, shade).unwrap();
        pipeline.push_frame(&camera(), &frame, &mut models);
        results.extend(pipeline.poll(&mut models).into_iter().map(|r| (ms, r)));
    }
    let (rest, summary) = pipeline.finish("end", false, &mut models);
    results.extend(rest.into_iter().map(|r| (10_000, r)));
    (results, summary)
}

fn live() -> PipelineSettings {
    PipelineSettings {
        provisional_ns: Some(1_000_000_000),
        ..PipelineSettings::default()
    }
}

/// Final results without what depends on how often there were others.
fn finals(results: &[(i64, SegmentResult)]) -> Vec<SegmentResult> {
    let finals = results.iter().filter(|(_, r)| r.is_final);
    let plain = |(_, r): &(i64, SegmentResult)| SegmentResult {
        revision: 1,
        times: Default::default(),
        ..r.clone()
    };
    finals.map(plain).collect()
}

#[test]
fn an_open_segment_is_told_of_every_second_and_nothing_later_depends_on_it() {
    let (results, summary) = run(live(), |_, _| {});
    let seen: Vec<_> = results
        .iter()
        .filter(|(_, r)| r.index < 2)
        .map(|(at, r)| {
            (
                *at,
                r.index,
                r.revision,
                r.is_final,
                r.span.end.as_us() / 1_000,
            )
        })
        .collect();
    let expected = [
        (1_000, 0, 1, false, 1_000),
        (2_000, 0, 2, false, 2_000),
        (3_000, 0, 3, true, 3_000),
        (4_000, 1, 1, false, 4_000),
        (5_000, 1, 2, false, 5_000),
        (6_000, 1, 3, true, 6_000),
    ];
    assert_eq!(seen, expected);
    for (_, r) in &results {
        assert_eq!(r.findings.len(), crate::analyze::NAMES.len());
        assert!(r.outcome.score().is_none(), "no models, no number");
    }
    let (without, plain) = run(PipelineSettings::default(), |_, _| {});
    assert!(without.iter().all(|(_, r)| r.is_final));
    assert_eq!(finals(&results), finals(&without));
    assert_eq!(summary, plain);
}

#[test]
fn what_is_left_out_under_load_abstains_by_name_and_comes_back() {
    let (results, _) = run(live(), |ms, pipeline| match ms {
        3_000 => pipeline.leave_out(&["head_turn".to_owned()], true),
        // The picture at 6 s is what closes the second segment.
        6_040 => pipeline.leave_out(&[], false),
        _ => {}
    });
    let reason = |r: &SegmentResult| {
        let found = r.findings.iter().find(|f| f.signal == "head_turn").unwrap();
        match &found.outcome {
            Outcome::Abstained(a) => a.reason,
            scored => panic!("{scored:?}"),
        }
    };
    let finals: Vec<_> = results.iter().filter(|(_, r)| r.is_final).collect();
    assert_eq!(reason(&finals[1].1), AbstainReason::Dropped);
    assert_ne!(reason(&finals[2].1), AbstainReason::Dropped);
    let of = |index| results.iter().filter(|(_, r)| r.index == index).count();
    assert_eq!((of(1), of(2)), (1, 3), "no provisional results meanwhile");
}

static TICKS: AtomicU64 = AtomicU64::new(0);

/// A stopwatch on which a second passes with every look at it.
fn slow() -> u64 {
    TICKS.fetch_add(1_000_000_000, Ordering::Relaxed)
}

#[test]
fn what_takes_too_long_is_abandoned_for_its_segment_and_the_interview_goes_on() {
    let settings = PipelineSettings {
        stopwatch: slow,
        stage_deadline_ns: Some(5_000_000_000),
        ..live()
    };
    let (results, summary) = run(settings, |_, _| {});
    let finals = finals(&results);
    assert_eq!(finals.len(), 4, "every segment is closed in its time");
    for (i, r) in finals.iter().enumerate() {
        assert!(
            r.coverage.frames_dropped > 0,
            "segment {i}: {:?}",
            r.coverage
        );
        assert!(r.coverage.video < 1.0);
        let missed = r.findings.iter().filter(|f| {
            matches!(&f.outcome, Outcome::Abstained(a) if a.reason == AbstainReason::DeadlineMissed)
        });
        assert!(missed.count() > 0, "segment {i}: {:?}", r.findings);
    }
    assert!(summary.participants[0].outcome.score().is_none());
}
