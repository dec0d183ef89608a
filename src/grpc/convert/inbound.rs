//! What clients send.

use super::enums::{
    read_audio_format, read_challenge, read_clock, read_role, read_track_kind, read_video_format,
};
use super::{issued, pb, required};
use crate::core::{
    Asked, AudioTrackSpec, ColorMatrix, ColorRange, ControlEvent, EventKind, FieldError,
    InterviewSpec, MediaTime, ParticipantId, ParticipantSpec, PictureLayout, PlaneLayout, Region,
    SessionId, TrackId, TrackKind, TrackSpec, VideoFormat, VideoTrackSpec,
};
use crate::session::{ClientMessage, MediaChunk, Resume, ResumeToken};

/// Longest opaque text of a client in bytes, as the protocol states it.
pub(super) const MAX_OPAQUE: usize = 256;
/// Longest question or challenge id, clock id or reason in bytes.
pub(super) const MAX_TEXT: usize = 128;
/// Bytes of a SHA-256.
const SHA256_BYTES: usize = 32;
/// Longest decoder configuration in bytes.
const MAX_CODEC_CONFIG: usize = 64 << 10;

/// A client's message.
///
/// # Errors
/// The field that cannot be used. A media chunk with a bad track id is not an error of the
/// stream; it comes back as [`ClientMessage::UnusableMedia`].
pub fn client_message(message: pb::InterviewRequest) -> Result<ClientMessage, FieldError> {
    use pb::interview_request::Message as M;
    match required(
        message.message,
        "message",
        "open, media, event, close or a challenge",
    )? {
        M::Open(open) if !open.resume_token.is_empty() => resume(&open).map(ClientMessage::Resume),
        M::Open(open) => Ok(ClientMessage::Open(Box::new(interview(open)?))),
        M::Media(chunk) => Ok(media(chunk)),
        M::Event(event) => {
            let id = event.event_id;
            let event = control_event(event).map_err(|e| e.within("event"))?;
            Ok(ClientMessage::Event { id, event })
        }
        M::IssueChallenge(m) => Ok(ClientMessage::Challenge(issued::issue(m)?)),
        M::ChallengeShown(m) => Ok(ClientMessage::Challenge(issued::shown(m)?)),
        M::ChallengeDeclined(m) => Ok(ClientMessage::Challenge(issued::declined(m)?)),
        M::Close(close) => Ok(ClientMessage::Close {
            reason: close.reason.chars().take(MAX_OPAQUE).collect(),
        }),
    }
}

/// An `open` that takes an interview over; what else stands in it was said when it was opened.
fn resume(open: &pb::Open) -> Result<Resume, FieldError> {
    Ok(Resume {
        session_id: SessionId::parse(&open.session_id).map_err(|e| e.within("open"))?,
        token: ResumeToken::shown(&open.resume_token),
        last_sequence: open.last_sequence,
    })
}

fn interview(open: pb::Open) -> Result<InterviewSpec, FieldError> {
    let participants = open.participants.iter().enumerate();
    let tracks = open.tracks.into_iter().enumerate();
    Ok(InterviewSpec {
        session_id: SessionId::parse(&open.session_id).map_err(|e| e.within("open"))?,
        participants: participants
            .map(|(i, p)| participant(p).map_err(|e| e.within(&format!("open.participants[{i}]"))))
            .collect::<Result<_, _>>()?,
        tracks: tracks
            .map(|(i, t)| track(t).map_err(|e| e.within(&format!("open.tracks[{i}]"))))
            .collect::<Result<_, _>>()?,
        consent_id: text(open.consent_id, "open.consent_id", MAX_OPAQUE)?,
        source_platform: text(open.source_platform, "open.source_platform", MAX_OPAQUE)?,
        challenges: issued::policy(open.challenge_policy)
            .map_err(|e| e.within("open.challenge_policy"))?,
    })
}

fn participant(p: &pb::Participant) -> Result<ParticipantSpec, FieldError> {
    if p.external_id.len() > MAX_OPAQUE {
        return Err(too_long("external_id", p.external_id.len(), MAX_OPAQUE));
    }
    Ok(ParticipantSpec {
        id: ParticipantId::parse(&p.participant_id)?,
        role: read_role(p.role, "role")?,
        reference_session: earlier(&p.reference_session_id)?,
    })
}

/// Id of an earlier interview, or none.
fn earlier(id: &str) -> Result<Option<SessionId>, FieldError> {
    if id.is_empty() {
        return Ok(None);
    }
    let parsed = SessionId::parse(id);
    parsed.map(Some).map_err(|e| FieldError {
        field: "reference_session_id".to_owned(),
        ..e
    })
}

pub(super) fn track(t: pb::Track) -> Result<TrackSpec, FieldError> {
    use pb::track::Details as D;
    let id = TrackId::parse(&t.track_id)?;
    let participant = ParticipantId::parse(&t.participant_id)?;
    let kind = read_track_kind(t.kind, "kind")?;
    let (video, audio) = match (kind, required(t.details, "details", "video or audio")?) {
        (TrackKind::Video, D::Video(v)) => (Some(video(v).map_err(|e| e.within("video"))?), None),
        (TrackKind::Audio, D::Audio(a)) => (None, Some(audio(a).map_err(|e| e.within("audio"))?)),
        (TrackKind::Video, D::Audio(_)) => {
            return Err(FieldError::new("details", "audio", "video, as kind says"));
        }
        (TrackKind::Audio, D::Video(_)) => {
            return Err(FieldError::new("details", "video", "audio, as kind says"));
        }
    };
    Ok(TrackSpec {
        id,
        participant,
        clock_id: text(t.clock_id, "clock_id", MAX_TEXT)?,
        clock: read_clock(t.clock_mapping, "clock_mapping")?,
        reference: t.reference,
        video,
        audio,
    })
}

fn video(v: pb::VideoTrack) -> Result<VideoTrackSpec, FieldError> {
    let format = read_video_format(v.format, "format")?;
    if v.codec_config.len() > MAX_CODEC_CONFIG {
        return Err(too_long(
            "codec_config",
            v.codec_config.len(),
            MAX_CODEC_CONFIG,
        ));
    }
    if !v.nominal_fps.is_finite() || !(0.0..=240.0).contains(&v.nominal_fps) {
        return Err(FieldError::new(
            "nominal_fps",
            v.nominal_fps,
            "0 (unknown) to 240",
        ));
    }
    let region = v.region.map(region);
    Ok(VideoTrackSpec {
        format,
        size: (v.width > 0 || v.height > 0).then_some((v.width, v.height)),
        nominal_fps: (v.nominal_fps > 0.0).then_some(v.nominal_fps),
        range: range(v.color_range, format)?,
        matrix: matrix(v.color_matrix)?,
        rotation_deg: v.rotation_deg,
        mirrored: v.mirrored,
        region,
        codec_config: v.codec_config.to_vec(),
    })
}

/// Not stated means what the stream says for compressed video, limited for raw YUV, and full for
/// RGB and whole pictures.
fn range(value: i32, format: VideoFormat) -> Result<ColorRange, FieldError> {
    use pb::ColorRange as W;
    match W::try_from(value) {
        Ok(W::Limited) => Ok(ColorRange::Limited),
        Ok(W::Full) => Ok(ColorRange::Full),
        Ok(W::Unspecified) => Ok(default_range(format)),
        Err(_) => Err(FieldError::new(
            "color_range",
            value,
            "limited, full or unspecified",
        )),
    }
}

fn default_range(format: VideoFormat) -> ColorRange {
    use VideoFormat as F;
    match format {
        F::H264AnnexB | F::H264Avcc | F::Vp8 | F::Vp9 | F::Av1 | F::Hevc => ColorRange::Auto,
        F::I420 | F::Nv12 | F::I420a | F::I422 | F::I444 | F::I010 => ColorRange::Limited,
        F::Rgb24
        | F::Bgr24
        | F::Rgba
        | F::Bgra
        | F::Gray8
        | F::Jpeg
        | F::Png
        | F::Webp
        | F::Argb
        | F::Abgr => ColorRange::Full,
    }
}

fn matrix(value: i32) -> Result<ColorMatrix, FieldError> {
    use pb::ColorMatrix as W;
    match W::try_from(value) {
        Ok(W::Unspecified) => Ok(ColorMatrix::Auto),
        Ok(W::Bt601) => Ok(ColorMatrix::Bt601),
        Ok(W::Bt709) => Ok(ColorMatrix::Bt709),
        Ok(W::Bt2020) => Ok(ColorMatrix::Bt2020),
        Err(_) => Err(FieldError::new(
            "color_matrix",
            value,
            "BT.601, BT.709, BT.2020 or unspecified",
        )),
    }
}

fn audio(a: pb::AudioTrack) -> Result<AudioTrackSpec, FieldError> {
    Ok(AudioTrackSpec {
        format: read_audio_format(a.format, "format")?,
        sample_rate_hz: a.sample_rate_hz,
        channels: a.channels,
        planar: a.planar,
    })
}

pub(super) fn media(chunk: pb::MediaChunk) -> ClientMessage {
    let track = match TrackId::parse(&chunk.track_id) {
        Ok(track) => track,
        Err(error) => {
            return ClientMessage::UnusableMedia {
                bytes: chunk.payload.len() as u64,
                error: error.within("media"),
            };
        }
    };
    let plane = |p: pb::Plane| PlaneLayout {
        offset_bytes: p.offset_bytes,
        stride_bytes: p.stride_bytes,
    };
    ClientMessage::Media(MediaChunk {
        track,
        sequence: chunk.sequence,
        capture_time_us: chunk.capture_time_us,
        payload: chunk.payload,
        layout: chunk.layout.map(|l| PictureLayout {
            width: l.width,
            height: l.height,
            planes: l.planes.into_iter().map(plane).collect(),
        }),
        keyframe: chunk.keyframe,
        epoch: chunk.epoch,
    })
}

fn control_event(event: pb::ControlEvent) -> Result<ControlEvent, FieldError> {
    use pb::control_event::Event as E;
    let kind = match required(event.event, "event", "one of the events of ControlEvent")? {
        E::QuestionStart(q) => {
            digest(&q.text_sha256, "question_start.text_sha256")?;
            EventKind::QuestionStart {
                question_id: text(q.question_id, "question_start.question_id", MAX_TEXT)?,
            }
        }
        E::QuestionEnd(q) => EventKind::QuestionEnd {
            question_id: text(q.question_id, "question_end.question_id", MAX_TEXT)?,
        },
        E::AnswerStart(a) => EventKind::AnswerStart {
            question_id: text(a.question_id, "answer_start.question_id", MAX_TEXT)?,
        },
        E::Mute(m) => EventKind::Mute {
            participant: ParticipantId::parse(&m.participant_id).map_err(|e| e.within("mute"))?,
            muted: m.muted,
        },
        E::Camera(c) => EventKind::Camera {
            participant: ParticipantId::parse(&c.participant_id).map_err(|e| e.within("camera"))?,
            on: c.on,
        },
        E::ActiveSpeaker(a) => EventKind::ActiveSpeaker {
            participant: if a.participant_id.is_empty() {
                None
            } else {
                let id = ParticipantId::parse(&a.participant_id);
                Some(id.map_err(|e| e.within("active_speaker"))?)
            },
        },
        E::Discontinuity(d) => EventKind::Discontinuity {
            track: TrackId::parse(&d.track_id).map_err(|e| e.within("discontinuity"))?,
            reason: text(d.reason, "discontinuity.reason", MAX_OPAQUE)?,
        },
        E::ClockMapping(c) => EventKind::ClockMapping {
            track: TrackId::parse(&c.track_id).map_err(|e| e.within("clock_mapping"))?,
            offset_ns: c.offset_us.saturating_mul(1_000),
            source: read_clock(c.source, "clock_mapping.source")?,
            uncertainty_ns: i64::from(c.uncertainty_us) * 1_000,
        },
        E::ChallengeWindow(c) => EventKind::Challenge {
            id: text(c.challenge_id, "challenge_window.challenge_id", MAX_TEXT)?,
            kind: read_challenge(c.kind, "challenge_window.kind")?,
            deadline: MediaTime::from_us(c.deadline_us),
            count: c.count.max(1),
            asked: Box::new(Asked {
                participant: match c.participant_id.as_str() {
                    "" => None,
                    id => Some(ParticipantId::parse(id).map_err(|e| e.within("challenge_window"))?),
                },
                parameters: issued::read_parameters(c.parameters.unwrap_or_default())
                    .map_err(|e| e.within("challenge_window.parameters"))?
                    .1,
            }),
        },
        E::WarmUp(w) => EventKind::WarmUp {
            end: MediaTime::from_us(w.end_us),
        },
        E::ReferenceSpan(r) => EventKind::ReferenceSpan {
            end: MediaTime::from_us(r.end_us),
        },
        E::TrackParticipant(t) => EventKind::TrackParticipant {
            track: TrackId::parse(&t.track_id).map_err(|e| e.within("track_participant"))?,
            participant: ParticipantId::parse(&t.participant_id)
                .map_err(|e| e.within("track_participant"))?,
        },
    };
    Ok(ControlEvent {
        time: MediaTime::from_us(event.time_us),
        kind,
    })
}

/// A SHA-256, or none.
fn digest(bytes: &[u8], field: &str) -> Result<(), FieldError> {
    if matches!(bytes.len(), 0 | SHA256_BYTES) {
        return Ok(());
    }
    let found = format!("{} bytes", bytes.len());
    Err(FieldError::new(field, found, "32 bytes, or none"))
}

/// A part of a picture, not yet checked.
pub(super) fn region(r: pb::Region) -> Region {
    Region {
        x: r.x,
        y: r.y,
        width: r.width,
        height: r.height,
    }
}

pub(super) fn text(value: String, field: &str, max: usize) -> Result<String, FieldError> {
    if value.len() > max {
        return Err(too_long(field, value.len(), max));
    }
    Ok(value)
}

pub(super) fn too_long(field: &str, found: usize, max: usize) -> FieldError {
    FieldError::new(
        field,
        format!("{found} bytes"),
        format!("at most {max} bytes"),
    )
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
