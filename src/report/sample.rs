//! A small made-up document that uses every shape a report can take; for tests only.

use super::{
    Document, FileReport, Generator, ModelReport, Notice, ParticipantReport, ReportSeries,
    ScoreSettings, SignalReport,
};
use crate::core::{
    AbstainCount, AbstainReason, Abstention, ChallengeKind, ChallengeResult, ChallengeStatus,
    Change, Comparison, Coverage, Evidence, Finding, MediaTime, ModelRef, Outcome, PLOT_NOTHING,
    ParticipantId, ParticipantSummary, PlotSeries, PredictionSet, Quality, QuestionGap,
    ReferenceKind, ReferenceSource, ReferenceSummary, Role, Score, ScoreOutcome, SegmentResult,
    SessionSummary, SignalCapability, SignalSummary, Span, StageTimes, Standing, TracePoint,
    Verdict,
};

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The candidate of the sample.
pub(crate) fn candidate() -> ParticipantId {
    ParticipantId::parse("candidate").unwrap()
}

fn ms(t: i64) -> MediaTime {
    MediaTime::from_ms(t)
}

fn verified() -> ReferenceSource {
    ReferenceSource {
        kind: ReferenceKind::Clip,
        name: "identity-check.mp4".into(),
    }
}

fn lip_sync() -> ModelRef {
    ModelRef {
        id: "lip_sync-l0-1".into(),
        sha256: DIGEST.into(),
    }
}

fn finding(signal: &str, span: Span, outcome: Outcome, contribution: f64) -> Finding {
    let model = if outcome.is_scored() {
        lip_sync()
    } else {
        ModelRef::default()
    };
    Finding {
        signal: signal.into(),
        model,
        span,
        outcome,
        contribution,
        prediction_set: None,
        comparison: None,
    }
}

fn segment(index: u64, outcome: ScoreOutcome, findings: Vec<Finding>) -> SegmentResult {
    let start = index as i64 * 3000;
    SegmentResult {
        participant: candidate(),
        index,
        span: Span::new(ms(start), ms(start + 3000)),
        revision: 1,
        is_final: true,
        outcome,
        findings,
        quality: Quality {
            face_presence: 1.0,
            face_height_px: 180.0,
            sharpness: 120.5,
            luma: 110.0,
            fps: 25.0,
            freeze_share: 0.0,
            speech_share: 0.5,
            faces_max: 1,
        },
        coverage: Coverage {
            video: 1.0,
            audio: 0.75,
            frames_seen: 75,
            frames_dropped: 2,
            scored: 1.0,
        },
        times: StageTimes::default(),
    }
}

fn segments() -> Vec<SegmentResult> {
    let late = Outcome::Scored {
        llr: 0.75,
        quality: 0.8,
        evidence: vec![
            Evidence::against("offset_ms", 240.0, 0.0),
            Evidence::new("lock_probability", 0.97),
        ],
    };
    let missing = || Outcome::abstain(AbstainReason::ModelMissing, "model missing");
    let span = |i: i64| Span::new(ms((i - 3) * 3000), ms((i + 1) * 3000));
    let scored = ScoreOutcome::Score(Score {
        authenticity: 0.981,
        evidence_logit: 0.6,
        prior: 0.01,
    });
    let none = ScoreOutcome::NoScore(Abstention::new(
        AbstainReason::Gathering,
        "no signal gave a number for this segment",
    ));
    vec![
        segment(
            0,
            none,
            vec![
                finding("face_swap", span(0), missing(), 0.0),
                finding(
                    "lip_sync",
                    span(0),
                    Outcome::abstain(AbstainReason::Gathering, "4.0 s of speech, 6 s needed"),
                    0.0,
                ),
            ],
        ),
        segment(
            1,
            scored,
            vec![
                Finding {
                    comparison: Some(Comparison {
                        source: verified(),
                        obstacle: Some("another camera".into()),
                    }),
                    ..finding("face_swap", span(1), missing(), 0.0)
                },
                Finding {
                    prediction_set: Some(PredictionSet::Both),
                    ..finding("lip_sync", span(1), late, 0.6)
                },
            ],
        ),
    ]
}

/// A challenge of each status.
pub(crate) fn challenges() -> Vec<ChallengeResult> {
    let point = |t: i64, value: f64| TracePoint { time: ms(t), value };
    let scored = ChallengeResult {
        id: "h1".into(),
        kind: ChallengeKind::HandPass,
        count: 2,
        signal: "hand_occlusion".into(),
        prompt_end: ms(1000),
        deadline: ms(5000),
        status: ChallengeStatus::Performed,
        onset: Some(ms(1640)),
        reaction_ms: Some(640.0),
        passes: 2,
        evidence: vec![
            Evidence::against("peak_overlap_share", 0.62, 0.25),
            Evidence::against("hidden_hand_share", 0.71, 0.2),
        ],
        llr: Some(1.1),
        trace: vec![point(1640, 0.05), point(2000, 0.62), point(2400, 0.0)],
        issued: None,
    };
    let turn = ChallengeResult {
        id: "t1".into(),
        kind: ChallengeKind::TurnLeft,
        count: 1,
        signal: "head_turn".into(),
        status: ChallengeStatus::NotPerformed {
            detail: "turned by 12°, 35° needed".into(),
        },
        onset: None,
        reaction_ms: None,
        passes: 0,
        evidence: vec![Evidence::against("turned_deg", 12.0, 35.0)],
        llr: None,
        trace: vec![point(1640, 2.0), point(2000, 12.0)],
        ..scored.clone()
    };
    let why = Abstention::new(AbstainReason::ModelMissing, "not scored by this version");
    let window = (ms(3000), ms(6000));
    let flash = ChallengeResult::unmeasured("f1", ChallengeKind::Flash, 0, window, &why);
    vec![scored, turn, flash]
}

fn summary() -> SessionSummary {
    let signal = |signal: &str, contribution: f64, model: ModelRef| SignalSummary {
        signal: signal.into(),
        model,
        coverage: if contribution == 0.0 { 0.0 } else { 0.5 },
        contribution,
        told_apart: Some(0.5),
        abstained: vec![AbstainCount {
            reason: AbstainReason::Gathering,
            segments: 1,
            detail: "4.0 s of speech, 6 s needed".into(),
        }],
    };
    SessionSummary {
        duration: ms(6000),
        participants: vec![ParticipantSummary {
            participant: candidate(),
            outcome: ScoreOutcome::Score(Score {
                authenticity: 0.989,
                evidence_logit: 0.09,
                prior: 0.01,
            }),
            verdict: inconclusive(),
            change: no_change(),
            signals: vec![
                signal("face_swap", 0.0, ModelRef::default()),
                signal("lip_sync", 0.09, lip_sync()),
            ],
            gaps: vec![
                QuestionGap {
                    index: 0,
                    question_end: ms(1000),
                    answer_onset: Some(ms(1850)),
                    gap_ms: Some(850.0),
                    content_onset: None,
                },
                QuestionGap {
                    index: 1,
                    question_end: ms(5000),
                    answer_onset: None,
                    gap_ms: None,
                    content_onset: None,
                },
            ],
            challenges: challenges(),
            coverage: Coverage {
                video: 1.0,
                audio: 0.75,
                frames_seen: 150,
                frames_dropped: 4,
                scored: 0.5,
            },
            reference: Some(ReferenceSummary {
                source: verified(),
                pictures: 24,
                face_px: 176.5,
                compared_segments: 1,
                not_comparable_segments: 1,
                obstacle: Some("another camera".into()),
            }),
        }],
        partial: false,
        end_reason: "end of the recording".into(),
        cautions: vec!["Synthetic voice: not measured.".into()],
    }
}

/// The sample document: one recording that was measured, one that could not be read.
pub(crate) fn document() -> Document {
    let measured = FileReport {
        error: None,
        consent_id: "consent-1".into(),
        participants: vec![ParticipantReport {
            id: "candidate".into(),
            role: Role::Candidate,
        }],
        settings: Some(ScoreSettings {
            segment_us: 3_000_000,
            prior: 0.01,
            segment_coverage_floor: 0.5,
            session_coverage_floor: 0.1,
        }),
        signals: vec![SignalReport {
            name: "lip_sync".into(),
            segment_cap: 2.0,
            session_cap: 4.0,
        }],
        models: vec![ModelReport {
            id: "lip_sync-l0-1".into(),
            task: "lip_sync".into(),
            sha256: DIGEST.into(),
            available: true,
            detail: String::new(),
            data_terms: "research only".into(),
        }],
        capabilities: vec![
            SignalCapability {
                participant: candidate(),
                signal: "face_swap".into(),
                obstacle: Some(Abstention::new(
                    AbstainReason::ModelMissing,
                    "model missing",
                )),
                limits: Vec::new(),
            },
            SignalCapability {
                participant: candidate(),
                signal: "lip_sync".into(),
                obstacle: None,
                limits: vec![
                    "this track brings 15.0 fps: an offset is known to the length of a picture only; 25 fps would lift this"
                        .into(),
                ],
            },
        ],
        notices: vec![Notice {
            track: String::new(),
            detail: "packets that could not be decoded".into(),
            count: 3,
        }],
        segments: segments(),
        summary: Some(summary()),
        series: vec![ReportSeries::of(&PlotSeries {
            participant: candidate(),
            start: MediaTime::ZERO,
            mouth: vec![0, 40, 120, PLOT_NOTHING],
            sound: vec![90, PLOT_NOTHING, 200, 180],
        })],
        ..FileReport::failed("interview.mp4", "")
    };
    let unread = FileReport::failed("notes.mp4", "not a media file that FFmpeg recognises");
    Document {
        generator: Generator {
            name: "liveproof".into(),
            version: "0.0.0".into(),
        },
        ..Document::new(vec![measured, unread])
    }
}

/// A verdict between the shipped thresholds.
pub(super) fn inconclusive() -> Verdict {
    Verdict {
        standing: Standing::Inconclusive,
        lower: -2.29,
        upper: 4.5,
        since: None,
        detail: "the evidence lies between the thresholds".into(),
    }
}

/// No change in mid-call.
pub(super) fn no_change() -> Change {
    Change {
        statistic: 0.09,
        threshold: 5.0,
        ..Change::default()
    }
}
