//! The pipeline without any model: nothing may read as live, and order must not matter.

mod seats;

use super::*;
use crate::core::{
    AbstainReason, AudioFormat, AudioTrackSpec, ClockSource, ColorMatrix, ColorRange,
    ParticipantSpec, Role, ScoreOutcome, SessionId, TrackSpec, VideoFormat, VideoTrackSpec,
};
use crate::fusion::Accumulation;

fn participant(id: &str) -> ParticipantId {
    ParticipantId::parse(id).unwrap()
}

fn track_id(id: &str) -> TrackId {
    TrackId::parse(id).unwrap()
}

fn track(id: &str, owner: &str, video: bool) -> TrackSpec {
    TrackSpec {
        id: track_id(id),
        participant: participant(owner),
        clock_id: "file".into(),
        clock: ClockSource::Platform,
        reference: false,
        video: video.then(|| VideoTrackSpec {
            format: VideoFormat::Rgb24,
            size: None,
            nominal_fps: Some(25.0),
            range: ColorRange::Full,
            matrix: ColorMatrix::Auto,
            rotation_deg: 0,
            mirrored: false,
            region: None,
            codec_config: Vec::new(),
        }),
        audio: (!video).then_some(AudioTrackSpec {
            format: AudioFormat::F32le,
            sample_rate_hz: 16_000,
            channels: 1,
            planar: false,
        }),
    }
}

fn interview() -> InterviewSpec {
    let person = |id: &str, role| ParticipantSpec {
        id: participant(id),
        role,
        reference_session: None,
    };
    InterviewSpec {
        session_id: SessionId::parse("s").unwrap(),
        participants: vec![person("c", Role::Candidate), person("i", Role::Interviewer)],
        tracks: vec![
            track("cam", "c", true),
            track("mic", "c", false),
            track("desk", "i", false),
        ],
        consent_id: String::new(),
        source_platform: String::new(),
        challenges: Default::default(),
    }
}

fn policies() -> Vec<SignalPolicy> {
    crate::analyze::NAMES
        .iter()
        .map(|n| SignalPolicy {
            name: (*n).to_owned(),
            weight: 1.0,
            segment_cap: 2.0,
            session_cap: 4.0,
            reference_session_cap: None,
            session_floor: None,
            segment_correlation: 0.67,
            accumulation: Accumulation::Sum,
            recalibration: None,
            conformal: None,
        })
        .collect()
}

enum Piece {
    Picture(i64),
    Sound(&'static str, i64),
}

/// 10 s of noise pictures at 25 fps and of tone blocks of 100 ms on two tracks.
fn pieces() -> Vec<Piece> {
    let mut all: Vec<Piece> = (0..250).map(|i| Piece::Picture(i * 40)).collect();
    for i in 0..100 {
        all.push(Piece::Sound("mic", i * 100));
        all.push(Piece::Sound("desk", i * 100));
    }
    all
}

fn time_ms(p: &Piece) -> i64 {
    match p {
        Piece::Picture(t) | Piece::Sound(_, t) => *t,
    }
}

fn run(mut order: Vec<Piece>, key: impl Fn(&Piece) -> i64) -> (Vec<SegmentResult>, SessionSummary) {
    order.sort_by_key(|p| key(p));
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
    let mut results = Vec::new();
    for piece in &order {
        match piece {
            Piece::Picture(t) => {
                let shade = (t / 40 * 37 % 251) as u8;
                let frame = Frame::new(MediaTime::from_ms(*t), 0, 32, 24, vec![shade; 32 * 24 * 3]);
                pipeline.push_frame(&track_id("cam"), &frame.unwrap(), &mut models);
            }
            Piece::Sound(name, t) => {
                let tone = (0..1600).map(|i| (i as f32 * 0.1).sin() * 0.1).collect();
                let block = AudioBlock::new(MediaTime::from_ms(*t), 16_000, 1, tone).unwrap();
                pipeline
                    .push_audio(&track_id(name), &block, &mut models)
                    .unwrap();
            }
        }
        results.extend(pipeline.poll(&mut models));
    }
    let (rest, summary) = pipeline.finish("end", false, &mut models);
    results.extend(rest);
    (results, summary)
}

#[test]
fn without_models_no_segment_and_no_session_has_a_number() {
    let (results, summary) = run(pieces(), time_ms);
    let finals: Vec<_> = results.iter().filter(|r| r.is_final).collect();
    assert_eq!(
        finals.len(),
        4,
        "3 s, 3 s, 3 s and the last, partial second"
    );
    assert_eq!(finals[3].span.len_ns(), 1_000_000_000);
    for s in finals {
        assert!(s.outcome.score().is_none());
        assert_eq!(s.findings.len(), crate::analyze::NAMES.len());
        for f in &s.findings {
            assert!(
                !f.outcome.is_scored(),
                "{} scored without a model",
                f.signal
            );
            assert_eq!(f.contribution, 0.0);
        }
        assert!((s.coverage.video - 1.0).abs() < 0.02, "{:?}", s.coverage);
        assert!((s.quality.fps - 25.0).abs() < 1.0, "{:?}", s.quality);
    }
    let p = &summary.participants[0];
    assert!(matches!(p.outcome, ScoreOutcome::NoScore(_)));
    assert!(p.signals.iter().all(|s| s.contribution == 0.0));
}

#[test]
fn a_missing_detector_is_not_reported_as_a_missing_face() {
    let (results, _) = run(pieces(), time_ms);
    let swap = &results.iter().find(|r| r.is_final).unwrap().findings[0];
    let crate::core::Outcome::Abstained(a) = &swap.outcome else {
        panic!("scored");
    };
    assert_eq!(a.reason, AbstainReason::ModelMissing);
}

#[test]
fn the_order_of_arrival_does_not_change_the_results() {
    let strip = |(results, summary): (Vec<SegmentResult>, SessionSummary)| {
        let finals: Vec<SegmentResult> = results
            .into_iter()
            .filter(|r| r.is_final)
            .map(|mut r| {
                r.revision = 1;
                r
            })
            .collect();
        (finals, summary)
    };
    let by_time = strip(run(pieces(), time_ms));
    let sound_late = strip(run(pieces(), |p| match p {
        Piece::Picture(t) => *t,
        Piece::Sound(_, t) => *t + 900,
    }));
    let pictures_late = strip(run(pieces(), |p| match p {
        Piece::Picture(t) => *t + 1_200,
        Piece::Sound(name, t) => *t + i64::from(*name == "desk") * 300,
    }));
    assert_eq!(by_time, sound_late);
    assert_eq!(by_time, pictures_late);
}

#[test]
fn a_segment_that_waits_is_announced_once_as_provisional() {
    let (results, _) = run(pieces(), |p| match p {
        Piece::Picture(t) => *t,
        Piece::Sound(_, t) => *t + 900,
    });
    for index in 0..3 {
        let of: Vec<_> = results.iter().filter(|r| r.index == index).collect();
        assert_eq!(of.len(), 2);
        assert!(!of[0].is_final && of[0].revision == 1 && of[0].outcome.score().is_none());
        assert!(of[1].is_final && of[1].revision == 2);
    }
}

#[test]
fn lost_pictures_lower_coverage() {
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
    for i in 0..50 {
        let time = MediaTime::from_ms(i * 40);
        let frame = Frame::new(time, 0, 32, 24, vec![i as u8; 32 * 24 * 3]).unwrap();
        pipeline.push_frame(&track_id("cam"), &frame, &mut models);
    }
    pipeline.note_lost(&track_id("cam"), 50);
    let (results, summary) = pipeline.finish("end", false, &mut models);
    assert!((results[0].coverage.video - 0.5).abs() < 0.02);
    assert_eq!(summary.participants[0].coverage.frames_dropped, 50);
}

#[test]
fn events_of_strangers_are_refused_by_field() {
    let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
    let event = |kind| ControlEvent {
        time: MediaTime::from_ms(5),
        kind,
    };
    let stranger = event(EventKind::Mute {
        participant: participant("x"),
        muted: true,
    });
    assert_eq!(
        pipeline.push_event(stranger).unwrap_err().field,
        "participant_id"
    );
    let backwards = event(EventKind::WarmUp {
        end: MediaTime::ZERO,
    });
    assert_eq!(pipeline.push_event(backwards).unwrap_err().field, "end_us");
}

#[test]
fn every_challenge_has_a_result_and_none_is_evidence_without_a_model() {
    use crate::core::{ChallengeKind, ChallengeStatus};
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
    for (i, kind) in [ChallengeKind::Phrase, ChallengeKind::HandPass]
        .into_iter()
        .enumerate()
    {
        let kind = EventKind::Challenge {
            id: format!("c{i}"),
            kind,
            deadline: MediaTime::from_ms(3_000),
            count: 0,
            asked: Box::default(),
        };
        let time = MediaTime::from_ms(500 - 100 * i as i64);
        pipeline.push_event(ControlEvent { time, kind }).unwrap();
    }
    for i in 0..200 {
        let time = MediaTime::from_ms(i * 40);
        let frame = Frame::new(time, 0, 32, 24, vec![i as u8; 32 * 24 * 3]).unwrap();
        pipeline.push_frame(&track_id("cam"), &frame, &mut models);
    }
    let (results, summary) = pipeline.finish("end", false, &mut models);
    assert!(results.iter().all(|r| r.outcome.score().is_none()));
    let found = &summary.participants[0].challenges;
    let ids: Vec<&str> = found.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["c1", "c0"], "by the time of the prompt");
    for c in found {
        assert!(c.llr.is_none() && c.count == 1 && c.trace.is_empty());
        let ChallengeStatus::NotMeasurable { reason, .. } = &c.status else {
            panic!("{:?}", c.status)
        };
        assert_eq!(*reason, AbstainReason::ModelMissing);
    }
    let detail = found[1].status.detail();
    assert!(detail.contains("det"), "without a detector: {detail}");
}

#[test]
fn an_interview_without_media_ends_without_a_number() {
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
    let (results, summary) = pipeline.finish("nothing came", true, &mut models);
    assert!(results.is_empty());
    assert!(matches!(
        &summary.participants[0].outcome,
        ScoreOutcome::NoScore(a) if a.reason == AbstainReason::TooShort
    ));
}
