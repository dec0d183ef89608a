//! Results, both ways: the server writes them, `stream` reads them back.

use super::enums::{
    read_prediction_set, read_reason, read_reference_kind, read_standing, write_prediction_set,
    write_reason, write_reference_kind, write_standing,
};
use super::{challenges, pb, required};
use crate::core::{
    AbstainCount, Abstention, Change, Comparison, Coverage, Evidence, FieldError, Finding,
    MediaTime, ModelRef, Outcome, ParticipantId, ParticipantSummary, Quality, QuestionGap,
    ReferenceSource, ReferenceSummary, Score, ScoreOutcome, SegmentResult, SessionSummary,
    SignalCapability, SignalSummary, Span, StageTimes, Verdict,
};

// === to the wire ===

pub(super) fn write_segment(s: &SegmentResult) -> pb::SegmentResult {
    use pb::segment_result::Outcome as O;
    pb::SegmentResult {
        participant_id: s.participant.to_string(),
        index: s.index,
        span: Some(write_span(&s.span)),
        revision: s.revision,
        r#final: s.is_final,
        outcome: Some(match &s.outcome {
            ScoreOutcome::Score(x) => O::Score(write_score(x)),
            ScoreOutcome::NoScore(a) => O::NoScore(write_no_score(a)),
        }),
        findings: s.findings.iter().map(write_finding).collect(),
        quality: Some(write_quality(&s.quality)),
        coverage: Some(write_coverage(&s.coverage)),
        times: Some(pb::StageTimes {
            decode_ms: s.times.decode_ms,
            track_ms: s.times.track_ms,
            analyze_ms: s.times.analyze_ms,
            queue_ms: s.times.queue_ms,
        }),
    }
}

pub(super) fn write_summary(s: &SessionSummary) -> pb::SessionSummary {
    pb::SessionSummary {
        duration_us: s.duration.as_us(),
        participants: s.participants.iter().map(write_participant).collect(),
        partial: s.partial,
        end_reason: s.end_reason.clone(),
        cautions: s.cautions.clone(),
        consent_id: String::new(),
        record: None,
        evidence: None,
    }
}

fn write_participant(p: &ParticipantSummary) -> pb::ParticipantSummary {
    use pb::participant_summary::Outcome as O;
    pb::ParticipantSummary {
        participant_id: p.participant.to_string(),
        outcome: Some(match &p.outcome {
            ScoreOutcome::Score(x) => O::Score(write_score(x)),
            ScoreOutcome::NoScore(a) => O::NoScore(write_no_score(a)),
        }),
        signals: p.signals.iter().map(write_signal).collect(),
        gaps: p.gaps.iter().map(write_gap).collect(),
        challenges: p.challenges.iter().map(challenges::write).collect(),
        coverage: Some(write_coverage(&p.coverage)),
        reference: p.reference.as_ref().map(write_reference),
        verdict: Some(write_verdict(&p.verdict)),
        change: Some(write_change(&p.change)),
    }
}

fn write_verdict(v: &Verdict) -> pb::Verdict {
    pb::Verdict {
        standing: write_standing(v.standing),
        lower: v.lower,
        upper: v.upper,
        since_us: v.since.map(MediaTime::as_us),
        detail: v.detail.clone(),
    }
}

fn write_change(c: &Change) -> pb::Change {
    pb::Change {
        statistic: c.statistic,
        threshold: c.threshold,
        since_us: c.since.map(MediaTime::as_us),
        noticed_us: c.noticed.map(MediaTime::as_us),
    }
}

fn write_reference(r: &ReferenceSummary) -> pb::ReferenceSummary {
    pb::ReferenceSummary {
        kind: write_reference_kind(r.source.kind),
        name: r.source.name.clone(),
        pictures: r.pictures,
        face_height_px: r.face_px,
        compared_segments: r.compared_segments,
        not_comparable_segments: r.not_comparable_segments,
        obstacle: r.obstacle.clone().unwrap_or_default(),
    }
}

fn write_comparison(c: &Comparison) -> pb::Comparison {
    pb::Comparison {
        kind: write_reference_kind(c.source.kind),
        name: c.source.name.clone(),
        obstacle: c.obstacle.clone().unwrap_or_default(),
    }
}

fn write_signal(s: &SignalSummary) -> pb::SignalSummary {
    let count = |a: &AbstainCount| pb::AbstainCount {
        reason: write_reason(a.reason),
        segments: a.segments,
        detail: a.detail.clone(),
    };
    pb::SignalSummary {
        signal: s.signal.clone(),
        coverage: s.coverage,
        contribution: s.contribution,
        told_apart: s.told_apart,
        abstained: s.abstained.iter().map(count).collect(),
        model_id: s.model.id.clone(),
        model_sha256: s.model.sha256.clone(),
    }
}

fn write_gap(g: &QuestionGap) -> pb::QuestionGap {
    pb::QuestionGap {
        index: g.index,
        question_end_us: g.question_end.as_us(),
        answer_onset_us: g.answer_onset.map(MediaTime::as_us),
        gap_ms: g.gap_ms,
        content_onset_us: g.content_onset.map(MediaTime::as_us),
    }
}

fn write_finding(f: &Finding) -> pb::Finding {
    use pb::finding::Outcome as O;
    pb::Finding {
        signal: f.signal.clone(),
        model_id: f.model.id.clone(),
        model_sha256: f.model.sha256.clone(),
        span: Some(write_span(&f.span)),
        outcome: Some(match &f.outcome {
            Outcome::Scored {
                llr,
                quality,
                evidence,
            } => O::Scored(pb::Scored {
                llr: *llr,
                quality: *quality,
                evidence: evidence.iter().map(write_evidence).collect(),
            }),
            Outcome::Abstained(a) => O::Abstained(pb::Abstained {
                reason: write_reason(a.reason),
                detail: a.detail.clone(),
                evidence: a.evidence.iter().map(write_evidence).collect(),
            }),
        }),
        contribution: f.contribution,
        prediction_set: f.prediction_set.map_or(0, write_prediction_set),
        comparison: f.comparison.as_ref().map(write_comparison),
    }
}

fn write_span(s: &Span) -> pb::Span {
    pb::Span {
        start_us: s.start.as_us(),
        end_us: s.end.as_us(),
    }
}

fn write_score(s: &Score) -> pb::Score {
    pb::Score {
        authenticity: s.authenticity,
        evidence_logit: s.evidence_logit,
        prior: s.prior,
    }
}

fn write_no_score(a: &Abstention) -> pb::NoScore {
    pb::NoScore {
        reason: write_reason(a.reason),
        detail: a.detail.clone(),
    }
}

pub(super) fn write_evidence(e: &Evidence) -> pb::Evidence {
    pb::Evidence {
        name: e.name.clone(),
        value: e.value,
        reference: e.reference,
    }
}

fn write_quality(q: &Quality) -> pb::Quality {
    pb::Quality {
        face_presence: q.face_presence,
        face_height_px: q.face_height_px,
        sharpness: q.sharpness,
        luma: q.luma,
        fps: q.fps,
        freeze_share: q.freeze_share,
        speech_share: q.speech_share,
        faces_max: q.faces_max,
    }
}

fn write_coverage(c: &Coverage) -> pb::Coverage {
    pb::Coverage {
        video: c.video,
        audio: c.audio,
        frames_seen: c.frames_seen,
        frames_dropped: c.frames_dropped,
        scored: c.scored,
    }
}

// === from the wire ===

/// A segment as the server sent it.
///
/// # Errors
/// The field that is missing or holds an unknown value.
pub fn read_segment(s: pb::SegmentResult) -> Result<SegmentResult, FieldError> {
    use pb::segment_result::Outcome as O;
    let times = s.times.unwrap_or_default();
    Ok(SegmentResult {
        participant: ParticipantId::parse(&s.participant_id)?,
        index: s.index,
        span: read_span(s.span)?,
        revision: s.revision,
        is_final: s.r#final,
        outcome: match required(s.outcome, "outcome", "score or no_score")? {
            O::Score(x) => ScoreOutcome::Score(read_score(&x)),
            O::NoScore(a) => ScoreOutcome::NoScore(read_no_score(a)?),
        },
        findings: s
            .findings
            .into_iter()
            .map(read_finding)
            .collect::<Result<_, _>>()?,
        quality: read_quality(&s.quality.unwrap_or_default()),
        coverage: read_coverage(&s.coverage.unwrap_or_default()),
        times: StageTimes {
            decode_ms: times.decode_ms,
            track_ms: times.track_ms,
            analyze_ms: times.analyze_ms,
            queue_ms: times.queue_ms,
        },
    })
}

/// A summary as the server sent it.
///
/// # Errors
/// The field that is missing or holds an unknown value.
pub fn read_summary(s: pb::SessionSummary) -> Result<SessionSummary, FieldError> {
    let participants = s.participants.into_iter().map(read_participant);
    Ok(SessionSummary {
        duration: MediaTime::from_us(s.duration_us),
        participants: participants.collect::<Result<_, _>>()?,
        partial: s.partial,
        end_reason: s.end_reason,
        cautions: s.cautions,
    })
}

/// A capability as the server sent it.
///
/// # Errors
/// The field that is missing or holds an unknown value.
pub fn read_capability(c: pb::SignalCapability) -> Result<SignalCapability, FieldError> {
    let obstacle = if c.available {
        None
    } else {
        Some(Abstention::new(read_reason(c.reason, "reason")?, c.detail))
    };
    Ok(SignalCapability {
        participant: ParticipantId::parse(&c.participant_id)?,
        signal: c.signal,
        obstacle,
        limits: c.limits,
    })
}

fn read_participant(p: pb::ParticipantSummary) -> Result<ParticipantSummary, FieldError> {
    use pb::participant_summary::Outcome as O;
    Ok(ParticipantSummary {
        participant: ParticipantId::parse(&p.participant_id)?,
        outcome: match required(p.outcome, "outcome", "score or no_score")? {
            O::Score(x) => ScoreOutcome::Score(read_score(&x)),
            O::NoScore(a) => ScoreOutcome::NoScore(read_no_score(a)?),
        },
        signals: p
            .signals
            .into_iter()
            .map(read_signal)
            .collect::<Result<_, _>>()?,
        gaps: p.gaps.iter().map(read_gap).collect(),
        challenges: p
            .challenges
            .into_iter()
            .map(challenges::read)
            .collect::<Result<_, _>>()?,
        coverage: read_coverage(&p.coverage.unwrap_or_default()),
        reference: p.reference.map(read_reference).transpose()?,
        // A server of an earlier version sends neither: that is inconclusive.
        verdict: p
            .verdict
            .map_or_else(|| Ok(Verdict::default()), read_verdict)?,
        change: p.change.map(read_change).unwrap_or_default(),
    })
}

fn read_verdict(v: pb::Verdict) -> Result<Verdict, FieldError> {
    Ok(Verdict {
        standing: read_standing(v.standing, "verdict.standing")?,
        lower: v.lower,
        upper: v.upper,
        since: v.since_us.map(MediaTime::from_us),
        detail: v.detail,
    })
}

fn read_change(c: pb::Change) -> Change {
    Change {
        statistic: c.statistic,
        threshold: c.threshold,
        since: c.since_us.map(MediaTime::from_us),
        noticed: c.noticed_us.map(MediaTime::from_us),
    }
}

fn read_reference(r: pb::ReferenceSummary) -> Result<ReferenceSummary, FieldError> {
    Ok(ReferenceSummary {
        source: ReferenceSource {
            kind: read_reference_kind(r.kind, "reference.kind")?,
            name: r.name,
        },
        pictures: r.pictures,
        face_px: r.face_height_px,
        compared_segments: r.compared_segments,
        not_comparable_segments: r.not_comparable_segments,
        obstacle: Some(r.obstacle).filter(|o| !o.is_empty()),
    })
}

fn read_comparison(c: pb::Comparison) -> Result<Comparison, FieldError> {
    Ok(Comparison {
        source: ReferenceSource {
            kind: read_reference_kind(c.kind, "findings.comparison.kind")?,
            name: c.name,
        },
        obstacle: Some(c.obstacle).filter(|o| !o.is_empty()),
    })
}

fn read_signal(s: pb::SignalSummary) -> Result<SignalSummary, FieldError> {
    let count = |a: pb::AbstainCount| {
        Ok(AbstainCount {
            reason: read_reason(a.reason, "abstained.reason")?,
            segments: a.segments,
            detail: a.detail,
        })
    };
    Ok(SignalSummary {
        signal: s.signal,
        model: ModelRef {
            id: s.model_id,
            sha256: s.model_sha256,
        },
        coverage: s.coverage,
        contribution: s.contribution,
        told_apart: s.told_apart,
        abstained: s
            .abstained
            .into_iter()
            .map(count)
            .collect::<Result<_, FieldError>>()?,
    })
}

fn read_gap(g: &pb::QuestionGap) -> QuestionGap {
    QuestionGap {
        index: g.index,
        question_end: MediaTime::from_us(g.question_end_us),
        answer_onset: g.answer_onset_us.map(MediaTime::from_us),
        gap_ms: g.gap_ms,
        content_onset: g.content_onset_us.map(MediaTime::from_us),
    }
}

fn read_finding(f: pb::Finding) -> Result<Finding, FieldError> {
    use pb::finding::Outcome as O;
    Ok(Finding {
        signal: f.signal,
        model: ModelRef {
            id: f.model_id,
            sha256: f.model_sha256,
        },
        span: read_span(f.span)?,
        outcome: match required(f.outcome, "findings.outcome", "scored or abstained")? {
            O::Scored(s) => Outcome::Scored {
                llr: s.llr,
                quality: s.quality,
                evidence: s.evidence.into_iter().map(read_evidence).collect(),
            }
            .checked(),
            O::Abstained(a) => Outcome::Abstained(Abstention {
                reason: read_reason(a.reason, "findings.abstained.reason")?,
                detail: a.detail,
                evidence: a.evidence.into_iter().map(read_evidence).collect(),
            }),
        },
        contribution: f.contribution,
        prediction_set: match f.prediction_set {
            0 => None,
            set => Some(read_prediction_set(set, "findings.prediction_set")?),
        },
        comparison: f.comparison.map(read_comparison).transpose()?,
    })
}

fn read_span(s: Option<pb::Span>) -> Result<Span, FieldError> {
    let s = required(s, "span", "a span")?;
    Ok(Span::new(
        MediaTime::from_us(s.start_us),
        MediaTime::from_us(s.end_us),
    ))
}

fn read_score(s: &pb::Score) -> Score {
    Score {
        authenticity: s.authenticity,
        evidence_logit: s.evidence_logit,
        prior: s.prior,
    }
}

fn read_no_score(a: pb::NoScore) -> Result<Abstention, FieldError> {
    Ok(Abstention::new(
        read_reason(a.reason, "no_score.reason")?,
        a.detail,
    ))
}

pub(super) fn read_evidence(e: pb::Evidence) -> Evidence {
    Evidence {
        name: e.name,
        value: e.value,
        reference: e.reference,
    }
}

fn read_quality(q: &pb::Quality) -> Quality {
    Quality {
        face_presence: q.face_presence,
        face_height_px: q.face_height_px,
        sharpness: q.sharpness,
        luma: q.luma,
        fps: q.fps,
        freeze_share: q.freeze_share,
        speech_share: q.speech_share,
        faces_max: q.faces_max,
    }
}

fn read_coverage(c: &pb::Coverage) -> Coverage {
    Coverage {
        video: c.video,
        audio: c.audio,
        frames_seen: c.frames_seen,
        frames_dropped: c.frames_dropped,
        scored: c.scored,
    }
}
