//! The interview that the pages of these tests show.

use crate::core::*;
use crate::report::{
    FileReport, ModelReport, Notice, ParticipantReport, RegionShare, ReportPicture, ReportSeries,
    ScoreSettings, SignalReport,
};

pub(super) const PRIOR: f64 = 0.01;
pub(super) const SEGMENTS: i64 = 36;

pub(super) fn span(i: i64) -> Span {
    Span::new(
        MediaTime::from_ms(i * 3000),
        MediaTime::from_ms((i + 1) * 3000),
    )
}

/// Lip-sync as on the demo: gathering, in sync, 240 ms late from 0:42 to 1:09, in sync.
pub(super) fn lip_sync(i: i64) -> (Outcome, f64) {
    if i < 3 {
        return (
            Outcome::abstain(AbstainReason::Gathering, "3 s of speech heard, 6 s needed"),
            0.0,
        );
    }
    if i % 11 == 7 {
        return (
            Outcome::abstain(AbstainReason::NoSpeech, "1.2 s of speech"),
            0.0,
        );
    }
    let late = (14..23).contains(&i);
    let offset = if late {
        238.0
    } else {
        6.0 + (i % 4) as f64 * 5.0
    };
    let llr = if late { 0.62 } else { -0.45 };
    let evidence = vec![
        Evidence::against("offset_ms", offset, 12.0),
        Evidence::new("lock_probability", 0.93),
        Evidence::new("informative_speech_s", 8.4),
    ];
    (
        Outcome::Scored {
            llr,
            quality: 1.0,
            evidence,
        },
        llr,
    )
}

pub(super) fn findings(i: i64) -> Vec<Finding> {
    let one = |signal: &str, outcome: Outcome, contribution: f64| Finding {
        signal: signal.to_owned(),
        model: ModelRef::default(),
        span: span(i),
        outcome,
        contribution,
        prediction_set: None,
        comparison: None,
    };
    let missing = || Outcome::abstain(AbstainReason::ModelMissing, "model missing");
    let (lips, contribution) = lip_sync(i);
    let latency = if i < 25 {
        (
            Outcome::abstain(
                AbstainReason::Gathering,
                format!("{} of 6 answers heard", i / 5),
            ),
            0.0,
        )
    } else {
        let evidence = vec![Evidence::new("median_gap_ms", 1175.0)];
        (
            Outcome::Scored {
                llr: -0.08,
                quality: 1.0,
                evidence,
            },
            -0.08,
        )
    };
    vec![
        one("face_swap", missing(), 0.0),
        one("lip_sync", lips, contribution),
        one("hand_occlusion", missing(), 0.0),
        one("response_latency", latency.0, latency.1),
    ]
}

pub(super) fn segment(i: i64) -> SegmentResult {
    let findings = findings(i);
    let logit = findings.iter().map(|f| f.contribution).sum();
    let outcome = if findings.iter().any(|f| f.outcome.is_scored()) {
        ScoreOutcome::Score(crate::fusion::score(logit, PRIOR))
    } else {
        ScoreOutcome::NoScore(Abstention::new(
            AbstainReason::Indecisive,
            "measured, but not decisive",
        ))
    };
    SegmentResult {
        participant: ParticipantId::parse("candidate").unwrap(),
        index: i as u64,
        span: span(i),
        revision: 1,
        is_final: true,
        outcome,
        findings,
        quality: Quality {
            face_presence: 1.0,
            face_height_px: 171.0,
            fps: 25.0,
            speech_share: 0.66,
            faces_max: 1,
            ..Quality::default()
        },
        coverage: Coverage {
            video: 1.0,
            audio: 1.0,
            frames_seen: 75,
            frames_dropped: 0,
            scored: 0.8,
        },
        times: StageTimes::default(),
    }
}

pub(super) fn gap(index: u32, end_ms: i64, gap_ms: Option<i64>) -> QuestionGap {
    let onset = gap_ms.map(|g| MediaTime::from_ms(end_ms + g));
    QuestionGap {
        index,
        question_end: MediaTime::from_ms(end_ms),
        answer_onset: onset,
        gap_ms: gap_ms.map(|g| g as f64),
        content_onset: onset.filter(|_| index == 2).map(|t| t.plus_ns(547_000_000)),
    }
}

pub(super) fn signal(
    name: &str,
    coverage: f64,
    contribution: f64,
    abstained: Vec<AbstainCount>,
) -> SignalSummary {
    let model = if coverage > 0.0 {
        ModelRef {
            id: format!("{name}-1"),
            sha256: "9f".repeat(32),
        }
    } else {
        ModelRef::default()
    };
    SignalSummary {
        signal: name.to_owned(),
        model,
        coverage,
        contribution,
        told_apart: None,
        abstained,
    }
}

pub(super) fn count(reason: AbstainReason, segments: u64, detail: &str) -> AbstainCount {
    AbstainCount {
        reason,
        segments,
        detail: detail.to_owned(),
    }
}

pub(super) fn summary(lips: f64) -> SessionSummary {
    let gaps = [
        (2840, 420),
        (15870, 980),
        (29340, 1620),
        (44180, 970),
        (58170, 1370),
        (70380, 2140),
        (84240, 560),
    ];
    let mut gaps: Vec<QuestionGap> = gaps
        .iter()
        .enumerate()
        .map(|(i, (end, g))| gap(i as u32, *end, Some(*g)))
        .collect();
    gaps.push(gap(7, 96690, None));
    let participant = ParticipantSummary {
        participant: ParticipantId::parse("candidate").unwrap(),
        outcome: ScoreOutcome::Score(crate::fusion::score(lips - 0.08, PRIOR)),
        verdict: crate::report::sample::inconclusive(),
        change: crate::report::sample::no_change(),
        signals: vec![
            signal(
                "face_swap",
                0.0,
                0.0,
                vec![count(AbstainReason::ModelMissing, 36, "model missing")],
            ),
            signal(
                "lip_sync",
                0.83,
                lips,
                vec![
                    count(
                        AbstainReason::Gathering,
                        3,
                        "3 s of speech heard, 6 s needed",
                    ),
                    count(AbstainReason::NoSpeech, 3, "1.2 s of speech"),
                ],
            ),
            signal(
                "hand_occlusion",
                0.0,
                0.0,
                vec![count(AbstainReason::ModelMissing, 36, "model missing")],
            ),
            signal(
                "response_latency",
                0.31,
                -0.08,
                vec![count(AbstainReason::Gathering, 25, "5 of 6 answers heard")],
            ),
            signal(
                "voice_spoof",
                0.0,
                0.0,
                vec![count(AbstainReason::ModelMissing, 36, "model missing")],
            ),
        ],
        gaps,
        challenges: Vec::new(),
        coverage: Coverage {
            video: 1.0,
            audio: 1.0,
            frames_seen: 2704,
            frames_dropped: 0,
            scored: 0.86,
        },
        reference: None,
    };
    SessionSummary {
        duration: MediaTime::from_ms(108_160),
        participants: vec![participant],
        partial: false,
        end_reason: "end of file".to_owned(),
        cautions: vec![
            "Pauses depend on language, habit and line: they are weak evidence and capped."
                .to_owned(),
        ],
    }
}

/// Speech in bursts, and a mouth that opens with it; a quarter of a second ahead of it while the sound is late.
fn series() -> ReportSeries {
    let burst = |i: i64| match i.rem_euclid(60) {
        n if n > 40 => 0,
        n => (n * 37 % 11) as u8,
    };
    let steps = 0..20 * 108;
    let late = |i: i64| {
        if (20 * 42..20 * 69).contains(&i) {
            5
        } else {
            0
        }
    };
    ReportSeries::of(&PlotSeries {
        participant: ParticipantId::parse("candidate").unwrap(),
        start: MediaTime::ZERO,
        mouth: steps.clone().map(|i| 20 * burst(i)).collect(),
        sound: steps.map(|i| 60 + 15 * burst(i - late(i))).collect(),
    })
}

/// A report as the demo interview gives it.
pub(super) fn sample() -> FileReport {
    let missing = Abstention::new(
        AbstainReason::ModelMissing,
        "no model for this signal is installed",
    );
    let obstacle = |signal: &str, why: Option<&Abstention>| SignalCapability {
        participant: ParticipantId::parse("candidate").unwrap(),
        signal: signal.to_owned(),
        obstacle: why.cloned(),
        limits: Vec::new(),
    };
    let model = |id: &str, task: &str, available: bool| ModelReport {
        id: id.to_owned(),
        task: task.to_owned(),
        sha256: "0123456789abcdef".repeat(4),
        available,
        detail: if available {
            String::new()
        } else {
            "no file in the model folder".to_owned()
        },
        data_terms: "LFW, UTKFace and CIPLAB stills: research only; clips of mixed rights"
            .to_owned(),
    };
    FileReport {
        path: "testdata/demo/interview.mp4".to_owned(),
        error: None,
        test_copy: None,
        consent_id: "synthetic-nobody-filmed".to_owned(),
        participants: vec![
            ParticipantReport {
                id: "candidate".to_owned(),
                role: Role::Candidate,
            },
            ParticipantReport {
                id: "interviewer".to_owned(),
                role: Role::Interviewer,
            },
        ],
        settings: Some(ScoreSettings {
            segment_us: 3_000_000,
            prior: PRIOR,
            segment_coverage_floor: 0.5,
            session_coverage_floor: 0.1,
        }),
        signals: [
            "face_swap",
            "lip_sync",
            "hand_occlusion",
            "response_latency",
        ]
        .map(|name| SignalReport {
            name: name.to_owned(),
            segment_cap: 2.0,
            session_cap: 4.0,
        })
        .to_vec(),
        models: vec![
            model("det-1", "face_detection", true),
            model("lmk-1", "landmarks", true),
            model("swap", "face_swap", false),
        ],
        capabilities: vec![
            obstacle("face_swap", Some(&missing)),
            obstacle("lip_sync", None),
            obstacle("hand_occlusion", Some(&missing)),
            obstacle("response_latency", None),
        ],
        notices: vec![Notice {
            track: "candidate-video".to_owned(),
            detail: "packets that could not be decoded".to_owned(),
            count: 2,
        }],
        segments: (0..SEGMENTS).map(segment).collect(),
        summary: Some(summary(-0.41)),
        series: vec![series()],
        pictures: Vec::new(),
    }
}

/// A picture of the candidate's face with these shares.
pub(super) fn picture(shares: &[(&str, f64)]) -> ReportPicture {
    let share = |(name, share): &(&str, f64)| RegionShare {
        name: (*name).to_owned(),
        share: *share,
    };
    ReportPicture {
        participant: ParticipantId::parse("candidate").unwrap(),
        signal: "face_swap".to_owned(),
        segment: 2,
        span: Span::new(MediaTime::from_ms(6_000), MediaTime::from_ms(9_000)),
        time: MediaTime::from_ms(7_240),
        contribution: 0.93,
        face: [0.5, 0.5, 0.45, 0.6],
        regions: shares.iter().map(share).collect(),
        side_px: 224,
        blurred: false,
        jpeg_base64: "/9j/4AAQSkZJRg==".to_owned(),
    }
}
