//! What the server sends.

use super::enums::{write_audio_format, write_notice, write_reason, write_video_format};
use super::results::{write_segment, write_summary};
use super::review::write_terms;
use super::{issued, pb};
use crate::core::{Confidence, SignalCapability};
use crate::jobs::JobTerms;
use crate::session::{
    EventAck, Hello, ModelInfo, Notice, Numbered, Resumed, ServerInfo, ServerMessage, SignalInfo,
    WireLimits,
};

/// A server's message with its number in the stream.
pub fn server_message(said: Numbered) -> pb::InterviewResponse {
    use pb::interview_response::Message as M;
    let message = match said.message {
        ServerMessage::Hello(h) => M::Hello(hello(*h)),
        ServerMessage::Segment(s) => M::Segment(write_segment(&s)),
        ServerMessage::Notice(n) => M::Notice(write_notice_message(n)),
        ServerMessage::Credit(bytes) => M::Credit(pb::FlowCredit { bytes }),
        ServerMessage::Ack(a) => M::Ack(ack(a)),
        ServerMessage::Capabilities { time, signals } => M::Capabilities(pb::CapabilityUpdate {
            time_us: time.as_us(),
            signals: signals.into_iter().map(capability).collect(),
        }),
        ServerMessage::Challenge(c) => M::Challenge(issued::write_update(*c)),
        ServerMessage::Summary {
            summary,
            consent_id,
            record,
            evidence,
        } => M::Summary(pb::SessionSummary {
            consent_id,
            record: Some(pb::SessionRecord {
                highest_load_step: record.load_step,
                pictures_left_out: record.left_out,
                chunks_dropped: record.dropped,
                resumed: record.resumed,
            }),
            evidence: evidence.map(|e| pb::EvidenceLog {
                log_id: e.log_id,
                key_id: e.key_id,
                head_entry: e.head_entry,
                head_sha256: e.head_sha256.to_vec().into(),
                lost_entries: e.lost_entries,
                incomplete: e.incomplete,
            }),
            ..write_summary(&summary)
        }),
    };
    pb::InterviewResponse {
        sequence: said.sequence,
        message: Some(message),
    }
}

/// The answer to `GetInfo`.
pub fn info_response(info: ServerInfo, reviews: Option<JobTerms>) -> pb::GetInfoResponse {
    pb::GetInfoResponse {
        version: info.version,
        models: info.models.into_iter().map(model).collect(),
        signals: info.signals.into_iter().map(signal).collect(),
        limits: Some(limits(info.limits)),
        onnxruntime_version: info.onnxruntime_version,
        execution_provider: info.execution_provider,
        sessions: info.sessions,
        reviews: reviews.map(write_terms),
    }
}

fn hello(h: Hello) -> pb::Hello {
    pb::Hello {
        session_id: h.session_id.to_string(),
        limits: Some(limits(h.limits)),
        models: h.models.into_iter().map(model).collect(),
        signals: h.signals.into_iter().map(capability).collect(),
        segment_us: h.segment_ns.div_euclid(1_000),
        segment_hop_us: h.hop_ns.div_euclid(1_000),
        prior: h.fusion.prior,
        resume_token: h
            .resume_token
            .map(|t| t.reveal().to_vec().into())
            .unwrap_or_default(),
        resume_grace_ms: u32::try_from(h.resume_grace.as_millis()).unwrap_or(u32::MAX),
        resumed: h.resumed.map(resumed),
        segment_coverage_floor: h.fusion.segment_coverage_floor,
        session_coverage_floor: h.fusion.session_coverage_floor,
        false_alarm_rate: h.fusion.test.false_alarm,
        miss_rate: h.fusion.test.miss,
        change_threshold: h.fusion.test.change_threshold,
        challenges: h
            .challenges
            .abilities
            .into_iter()
            .map(issued::write_ability)
            .collect(),
        challenge_policy: Some(issued::write_policy(&h.challenges.policy)),
        challenge_locales: h.challenges.locales,
        record_key_id: h.challenges.key_id,
        record_key_drawn: h.challenges.key_drawn,
    }
}

fn resumed(r: Resumed) -> pb::Resumed {
    let position = |(track, sequence): (crate::core::TrackId, u64)| pb::TrackPosition {
        track_id: track.to_string(),
        sequence,
    };
    pb::Resumed {
        next_sequence: r.next_sequence,
        tracks: r.tracks.into_iter().map(position).collect(),
        latest_event_id: r.latest_event,
        credit_bytes: r.credit_bytes,
        closed: r.closed,
        lost_responses: r.lost,
    }
}

fn limits(l: WireLimits) -> pb::Limits {
    pb::Limits {
        max_message_bytes: l.max_message_bytes,
        max_picture_pixels: l.max_picture_pixels,
        max_audio_chunk_ms: l.max_audio_chunk_ms,
        initial_credit_bytes: l.initial_credit_bytes,
        max_session_length_s: l.max_session_length_s,
        idle_timeout_s: l.idle_timeout_s,
        max_sessions: l.max_sessions,
        video_formats: l
            .video_formats
            .into_iter()
            .map(write_video_format)
            .collect(),
        audio_formats: l
            .audio_formats
            .into_iter()
            .map(write_audio_format)
            .collect(),
        max_tracks: l.max_tracks,
    }
}

fn model(m: ModelInfo) -> pb::Model {
    pb::Model {
        model_id: m.id,
        task: m.task,
        sha256: m.sha256,
        available: m.obstacle.is_none(),
        detail: m.obstacle.unwrap_or(m.remark),
        data_terms: m.data_terms,
    }
}

fn signal(s: SignalInfo) -> pb::Signal {
    pb::Signal {
        name: s.name,
        available: s.obstacle.is_none(),
        detail: s.obstacle.unwrap_or_default(),
        session_cap: s.session_cap,
        segment_cap: s.segment_cap,
    }
}

fn capability(c: SignalCapability) -> pb::SignalCapability {
    let confidence = match c.confidence() {
        Confidence::None => pb::SignalConfidence::None,
        Confidence::Limited => pb::SignalConfidence::Limited,
        Confidence::Full => pb::SignalConfidence::Full,
    };
    let (reason, detail) = match c.obstacle {
        Some(a) => (write_reason(a.reason), a.detail),
        None => (pb::AbstainReason::Unspecified as i32, String::new()),
    };
    pb::SignalCapability {
        participant_id: c.participant.to_string(),
        signal: c.signal,
        available: reason == pb::AbstainReason::Unspecified as i32,
        reason,
        detail,
        confidence: confidence as i32,
        limits: c.limits,
    }
}

/// Something about the material.
pub(super) fn write_notice_message(n: Notice) -> pb::QualityNotice {
    pb::QualityNotice {
        kind: write_notice(n.kind),
        track_id: n.track.map(|t| t.to_string()).unwrap_or_default(),
        time_us: n.time.as_us(),
        detail: n.detail,
        count: n.count,
    }
}

fn ack(a: EventAck) -> pb::EventAck {
    pb::EventAck {
        event_id: a.id,
        accepted: a.refusal.is_none(),
        detail: a.refusal.unwrap_or_default(),
    }
}
