//! A made-up interview whose candidate's name stands wherever a client may put it.

use super::super::*;
use crate::core::{
    AbstainReason, Abstention, AudioBlock, AudioFormat, AudioTrackSpec, ChallengePolicy,
    ClockSource, ColorMatrix, ColorRange, ControlEvent, Coverage, EventKind, Evidence, Finding,
    Frame, InterviewSpec, MediaTime, ModelRef, Outcome, ParticipantId, ParticipantSpec, Quality,
    Role, Score, ScoreOutcome, SegmentResult, SessionId, SessionSummary, Span, TrackId, TrackSpec,
    VideoFormat, VideoTrackSpec,
};
use std::sync::Arc;

/// Stands in everything that a client may name.
pub(in super::super) const NAME: &str = "JaneDoe";

pub(in super::super) fn key() -> SigningKey {
    SigningKey::from_seed(&[42; 32]).unwrap()
}

fn track(id: &str) -> TrackId {
    TrackId::parse(&format!("{NAME}-{id}")).unwrap()
}

fn who() -> ParticipantId {
    ParticipantId::parse(NAME).unwrap()
}

pub(in super::super) fn spec() -> InterviewSpec {
    let plain = |id: &str, video, audio| TrackSpec {
        id: track(id),
        participant: who(),
        clock_id: format!("clock of {NAME}"),
        clock: ClockSource::Platform,
        reference: false,
        video,
        audio,
    };
    let camera = VideoTrackSpec {
        format: VideoFormat::Rgb24,
        size: None,
        nominal_fps: None,
        range: ColorRange::Auto,
        matrix: ColorMatrix::Auto,
        rotation_deg: 0,
        mirrored: false,
        region: None,
        codec_config: Vec::new(),
    };
    let mic = AudioTrackSpec {
        format: AudioFormat::F32le,
        sample_rate_hz: 8_000,
        channels: 1,
        planar: false,
    };
    InterviewSpec {
        session_id: SessionId::parse(&format!("{NAME}-1")).unwrap(),
        participants: vec![ParticipantSpec {
            id: who(),
            role: Role::Candidate,
            reference_session: Some(SessionId::parse(&format!("earlier-{NAME}")).unwrap()),
        }],
        tracks: vec![
            plain("camera", Some(camera), None),
            plain("mic", None, Some(mic)),
        ],
        consent_id: format!("consent of {NAME}"),
        source_platform: "test".into(),
        challenges: ChallengePolicy::default(),
    }
}

pub(in super::super) fn recorder(log_id: &str) -> Recorder {
    let (program, spec) = (Program::default(), spec());
    let header = Header::live(&program, &spec, log_id.to_owned(), 1_700_000_000_000);
    Recorder::begin(Arc::new(key()), &header)
}

pub(in super::super) fn picture(i: i64) -> Frame {
    let time = MediaTime::from_ms(i * 40);
    Frame::new(time, 0, 2, 2, vec![i as u8; 12]).unwrap()
}

fn sound(i: i64) -> AudioBlock {
    AudioBlock::new(
        MediaTime::from_ms(i * 40),
        8_000,
        1,
        vec![i as f32 / 64.0; 320],
    )
    .unwrap()
}

pub(in super::super) fn segment(index: u64) -> SegmentResult {
    let start = MediaTime::from_ms(index as i64 * 160);
    let span = Span::new(start, start.plus_ns(160_000_000));
    let finding = |signal: &str, outcome, contribution| Finding {
        signal: signal.into(),
        model: ModelRef::default(),
        span,
        outcome,
        contribution,
        prediction_set: None,
        comparison: None,
    };
    let scored = Outcome::Scored {
        llr: -0.1 * index as f64 - 1e-9,
        quality: 0.75,
        evidence: vec![Evidence::against("offset_ms", 12.5, 40.0)],
    };
    let abstained = Outcome::abstain(AbstainReason::NoSpeech, "no speech in 0.2 s");
    SegmentResult {
        participant: who(),
        index,
        span,
        revision: 1,
        is_final: true,
        outcome: ScoreOutcome::Score(Score {
            authenticity: 0.99,
            evidence_logit: -0.1,
            prior: 0.01,
        }),
        findings: vec![
            finding("face_swap", scored, -0.1),
            finding("lip_sync", abstained, 0.0),
        ],
        quality: Quality::default(),
        coverage: Coverage::default(),
        times: Default::default(),
    }
}

pub(in super::super) fn summary() -> SessionSummary {
    SessionSummary {
        duration: MediaTime::from_ms(1_000),
        participants: vec![crate::core::ParticipantSummary {
            participant: who(),
            outcome: ScoreOutcome::NoScore(Abstention::new(AbstainReason::TooShort, "0.2 s")),
            verdict: Default::default(),
            change: Default::default(),
            signals: Vec::new(),
            gaps: Vec::new(),
            challenges: Vec::new(),
            coverage: Coverage::default(),
            reference: None,
        }],
        partial: false,
        end_reason: format!("{NAME} hung up"),
        cautions: vec!["a caution".into()],
    }
}

/// A log of so many segments of four pictures each.
pub(in super::super) fn log_of(log_id: &str, segments: u64) -> Vec<u8> {
    let mut r = recorder(log_id);
    let event = |kind| ControlEvent {
        time: MediaTime::from_ms(10),
        kind,
    };
    let question_id = format!("why did {NAME} leave");
    r.event(&event(EventKind::QuestionEnd { question_id }), None);
    let muted = EventKind::Mute {
        participant: who(),
        muted: true,
    };
    r.event(&event(muted), Some(&format!("{NAME} cannot be muted")));
    r.notice(Said {
        kind: "media_lost",
        track: Some(&track("camera")),
        time: Some(MediaTime::ZERO),
        detail: &format!("lost of {NAME}-camera"),
        count: 3,
    });
    r.challenge("issued", "c-1", &crate::core::issued_sample(20).record);
    for index in 0..segments {
        for i in 0..4 {
            let at = index as i64 * 4 + i;
            r.media(&track("camera"), Leaf::of_picture(&picture(at)));
            r.media(&track("mic"), Leaf::of_sound(&sound(at)));
        }
        let mut s = segment(index);
        if index == 1 {
            let why = format!("the voice of {NAME} was not heard");
            s.outcome = ScoreOutcome::NoScore(Abstention::new(AbstainReason::NoSpeech, why));
        }
        r.segment(&s);
    }
    r.summary(&summary());
    r.seal();
    r.take()
}

/// The log `a`.
pub(in super::super) fn log(segments: u64) -> Vec<u8> {
    log_of("a", segments)
}
