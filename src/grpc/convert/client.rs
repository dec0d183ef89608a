//! The client's side, for `stream`: what it sends, and the parts of the answers that are not
//! results.

use super::enums::{
    read_audio_format, read_video_format, write_audio_format, write_challenge, write_clock,
    write_role, write_track_kind, write_video_format,
};
use super::{issued, pb, read_capability, required};
use crate::core::{
    ColorMatrix, ColorRange, ControlEvent, EventKind, FieldError, InterviewSpec, SessionId,
    TrackId, TrackSpec,
};
use crate::fusion::{FusionConfig, SequentialTest};
use crate::session::{
    ChallengeOffer, Hello, ModelInfo, ResumeToken, Resumed, SignalInfo, WireLimits,
};
use std::time::Duration;

/// The announcement of an interview.
pub fn open_message(spec: &InterviewSpec) -> pb::Open {
    let participants = spec.participants.iter().map(|p| pb::Participant {
        participant_id: p.id.to_string(),
        role: write_role(p.role),
        external_id: String::new(),
        reference_session_id: p
            .reference_session
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    });
    pb::Open {
        session_id: spec.session_id.to_string(),
        participants: participants.collect(),
        tracks: spec.tracks.iter().map(track).collect(),
        consent_id: spec.consent_id.clone(),
        source_platform: spec.source_platform.clone(),
        challenge_policy: Some(issued::write_policy(&spec.challenges)),
        ..Default::default()
    }
}

fn track(t: &TrackSpec) -> pb::Track {
    use pb::track::Details as D;
    let details = match (&t.video, &t.audio) {
        (Some(v), _) => Some(D::Video(pb::VideoTrack {
            format: write_video_format(v.format),
            width: v.size.map_or(0, |s| s.0),
            height: v.size.map_or(0, |s| s.1),
            nominal_fps: v.nominal_fps.unwrap_or(0.0),
            color_range: (match v.range {
                ColorRange::Auto => pb::ColorRange::Unspecified,
                ColorRange::Limited => pb::ColorRange::Limited,
                ColorRange::Full => pb::ColorRange::Full,
            }) as i32,
            color_matrix: (match v.matrix {
                ColorMatrix::Auto => pb::ColorMatrix::Unspecified,
                ColorMatrix::Bt601 => pb::ColorMatrix::Bt601,
                ColorMatrix::Bt709 => pb::ColorMatrix::Bt709,
                ColorMatrix::Bt2020 => pb::ColorMatrix::Bt2020,
            }) as i32,
            rotation_deg: v.rotation_deg,
            mirrored: v.mirrored,
            region: v.region.map(|r| pb::Region {
                x: r.x,
                y: r.y,
                width: r.width,
                height: r.height,
            }),
            codec_config: v.codec_config.clone().into(),
        })),
        (None, Some(a)) => Some(D::Audio(pb::AudioTrack {
            format: write_audio_format(a.format),
            sample_rate_hz: a.sample_rate_hz,
            channels: a.channels,
            planar: a.planar,
        })),
        (None, None) => None,
    };
    pb::Track {
        track_id: t.id.to_string(),
        participant_id: t.participant.to_string(),
        kind: write_track_kind(t.kind()),
        clock_id: t.clock_id.clone(),
        clock_mapping: write_clock(t.clock),
        reference: t.reference,
        details,
    }
}

/// A control event: its time in microseconds, and what happened.
pub fn event_message(event: &ControlEvent) -> (i64, pb::control_event::Event) {
    use EventKind as K;
    use pb::control_event::Event as E;
    let message = match &event.kind {
        K::QuestionStart { question_id } => E::QuestionStart(pb::QuestionStart {
            question_id: question_id.clone(),
            text_sha256: Default::default(),
        }),
        K::QuestionEnd { question_id } => E::QuestionEnd(pb::QuestionEnd {
            question_id: question_id.clone(),
        }),
        K::AnswerStart { question_id } => E::AnswerStart(pb::AnswerStart {
            question_id: question_id.clone(),
        }),
        K::Mute { participant, muted } => E::Mute(pb::Mute {
            participant_id: participant.to_string(),
            muted: *muted,
        }),
        K::Camera { participant, on } => E::Camera(pb::Camera {
            participant_id: participant.to_string(),
            on: *on,
        }),
        K::ActiveSpeaker { participant } => E::ActiveSpeaker(pb::ActiveSpeaker {
            participant_id: participant
                .as_ref()
                .map(|p| p.to_string())
                .unwrap_or_default(),
        }),
        K::Discontinuity { track, reason } => E::Discontinuity(pb::Discontinuity {
            track_id: track.to_string(),
            reason: reason.clone(),
        }),
        K::ClockMapping {
            track,
            offset_ns,
            source,
            uncertainty_ns,
        } => E::ClockMapping(pb::ClockMapping {
            track_id: track.to_string(),
            offset_us: offset_ns.div_euclid(1_000),
            source: write_clock(*source),
            uncertainty_us: u32::try_from(uncertainty_ns / 1_000).unwrap_or(u32::MAX),
        }),
        K::Challenge {
            id,
            kind,
            deadline,
            count,
            asked,
        } => E::ChallengeWindow(pb::ChallengeWindow {
            challenge_id: id.clone(),
            kind: write_challenge(*kind),
            deadline_us: deadline.as_us(),
            count: *count,
            parameters: Some(issued::write_parameters(*count, &asked.parameters)),
            participant_id: asked
                .participant
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        }),
        K::WarmUp { end } => E::WarmUp(pb::WarmUp {
            end_us: end.as_us(),
        }),
        K::ReferenceSpan { end } => E::ReferenceSpan(pb::ReferenceSpan {
            end_us: end.as_us(),
        }),
        K::TrackParticipant { track, participant } => E::TrackParticipant(pb::TrackParticipant {
            track_id: track.to_string(),
            participant_id: participant.to_string(),
        }),
    };
    (event.time.as_us(), message)
}

/// The layout of a tightly packed raw picture.
pub fn packed_layout(width: u32, height: u32) -> pb::PictureLayout {
    pb::PictureLayout {
        width,
        height,
        planes: Vec::new(),
    }
}

/// The server's greeting.
///
/// # Errors
/// The field that is missing or holds an unknown value.
pub fn read_hello(h: &pb::Hello) -> Result<Hello, FieldError> {
    let signals = h.signals.iter().cloned().map(read_capability);
    let limits = required(h.limits.as_ref(), "hello.limits", "the server's limits")?;
    Ok(Hello {
        session_id: SessionId::parse(&h.session_id).map_err(|e| e.within("hello"))?,
        limits: read_limits(limits)?,
        models: h.models.iter().map(read_model).collect(),
        signals: signals.collect::<Result<_, _>>()?,
        segment_ns: h.segment_us.saturating_mul(1_000),
        hop_ns: h.segment_hop_us.saturating_mul(1_000),
        fusion: FusionConfig {
            prior: h.prior,
            segment_coverage_floor: h.segment_coverage_floor,
            session_coverage_floor: h.session_coverage_floor,
            test: SequentialTest {
                false_alarm: h.false_alarm_rate,
                miss: h.miss_rate,
                change_threshold: h.change_threshold,
            },
        },
        challenges: ChallengeOffer {
            abilities: h
                .challenges
                .iter()
                .map(issued::read_ability)
                .collect::<Result<_, _>>()?,
            policy: issued::policy(h.challenge_policy.clone())
                .map_err(|e| e.within("hello.challenge_policy"))?,
            locales: h.challenge_locales.clone(),
            key_id: h.record_key_id.clone(),
            key_drawn: h.record_key_drawn,
        },
        resume_token: (!h.resume_token.is_empty()).then(|| ResumeToken::shown(&h.resume_token)),
        resume_grace: Duration::from_millis(h.resume_grace_ms.into()),
        resumed: h.resumed.as_ref().map(read_resumed).transpose()?,
    })
}

fn read_resumed(r: &pb::Resumed) -> Result<Resumed, FieldError> {
    let position = |p: &pb::TrackPosition| {
        let track = TrackId::parse(&p.track_id).map_err(|e| e.within("hello.resumed.tracks"))?;
        Ok::<_, FieldError>((track, p.sequence))
    };
    Ok(Resumed {
        next_sequence: r.next_sequence,
        tracks: r.tracks.iter().map(position).collect::<Result<_, _>>()?,
        latest_event: r.latest_event_id,
        credit_bytes: r.credit_bytes,
        closed: r.closed,
        lost: r.lost_responses,
    })
}

fn read_limits(l: &pb::Limits) -> Result<WireLimits, FieldError> {
    let video = l.video_formats.iter();
    let audio = l.audio_formats.iter();
    Ok(WireLimits {
        max_message_bytes: l.max_message_bytes,
        max_picture_pixels: l.max_picture_pixels,
        max_audio_chunk_ms: l.max_audio_chunk_ms,
        initial_credit_bytes: l.initial_credit_bytes,
        max_session_length_s: l.max_session_length_s,
        idle_timeout_s: l.idle_timeout_s,
        max_sessions: l.max_sessions,
        max_tracks: l.max_tracks,
        video_formats: video
            .map(|f| read_video_format(*f, "hello.limits.video_formats"))
            .collect::<Result<_, _>>()?,
        audio_formats: audio
            .map(|f| read_audio_format(*f, "hello.limits.audio_formats"))
            .collect::<Result<_, _>>()?,
    })
}

fn read_model(m: &pb::Model) -> ModelInfo {
    ModelInfo {
        id: m.model_id.clone(),
        task: m.task.clone(),
        sha256: m.sha256.clone(),
        obstacle: (!m.available).then(|| m.detail.clone()),
        data_terms: m.data_terms.clone(),
        remark: match m.available {
            true => m.detail.clone(),
            false => String::new(),
        },
    }
}

/// The signals that the information service names.
pub fn read_signal_info(info: &pb::GetInfoResponse) -> Vec<SignalInfo> {
    let signal = |s: &pb::Signal| SignalInfo {
        name: s.name.clone(),
        obstacle: (!s.available).then(|| s.detail.clone()),
        session_cap: s.session_cap,
        segment_cap: s.segment_cap,
    };
    info.signals.iter().map(signal).collect()
}
