//! Hostile and odd messages, by table.

use super::*;

fn open() -> pb::Open {
    pb::Open {
        session_id: "s".into(),
        participants: vec![pb::Participant {
            participant_id: "c".into(),
            role: pb::ParticipantRole::Candidate as i32,
            external_id: String::new(),
            reference_session_id: String::new(),
        }],
        tracks: vec![
            pb::Track {
                track_id: "v".into(),
                participant_id: "c".into(),
                kind: pb::TrackKind::Video as i32,
                clock_id: "k".into(),
                clock_mapping: 0,
                reference: false,
                details: Some(pb::track::Details::Video(pb::VideoTrack {
                    format: pb::VideoFormat::Jpeg as i32,
                    nominal_fps: 25.0,
                    ..Default::default()
                })),
            },
            pb::Track {
                track_id: "a".into(),
                participant_id: "c".into(),
                kind: pb::TrackKind::Audio as i32,
                clock_id: "k".into(),
                clock_mapping: 1,
                reference: false,
                details: Some(pb::track::Details::Audio(pb::AudioTrack {
                    format: pb::AudioFormat::S16le as i32,
                    sample_rate_hz: 16_000,
                    channels: 1,
                    planar: false,
                })),
            },
        ],
        ..Default::default()
    }
}

fn read(message: pb::interview_request::Message) -> Result<ClientMessage, FieldError> {
    client_message(pb::InterviewRequest {
        message: Some(message),
    })
}

fn refused(change: impl FnOnce(&mut pb::Open)) -> String {
    let mut o = open();
    change(&mut o);
    read(pb::interview_request::Message::Open(o))
        .unwrap_err()
        .field
}

fn video_of(o: &mut pb::Open) -> &mut pb::VideoTrack {
    match o.tracks[0].details.as_mut() {
        Some(pb::track::Details::Video(v)) => v,
        _ => panic!("track 0 is video"),
    }
}

#[test]
fn a_good_open_becomes_a_spec() {
    let Ok(ClientMessage::Open(spec)) = read(pb::interview_request::Message::Open(open())) else {
        panic!("refused");
    };
    let video = spec.tracks[0].video.as_ref().unwrap();
    assert_eq!(
        (video.format, video.range),
        (VideoFormat::Jpeg, ColorRange::Full)
    );
    assert_eq!((video.size, video.nominal_fps), (None, Some(25.0)));
    assert_eq!(spec.tracks[1].clock, crate::core::ClockSource::Platform);
}

#[test]
fn a_bad_open_is_refused_by_field() {
    for (field, change) in [
        (
            "open.session_id",
            (|o| o.session_id = "a b".into()) as fn(&mut pb::Open),
        ),
        ("open.consent_id", |o| o.consent_id = "x".repeat(257)),
        ("open.participants[0].role", |o| o.participants[0].role = 0),
        ("open.participants[0].role", |o| o.participants[0].role = 99),
        ("open.participants[0].participant_id", |o| {
            o.participants[0].participant_id.clear();
        }),
        ("open.participants[0].external_id", |o| {
            o.participants[0].external_id = "x".repeat(257);
        }),
        ("open.tracks[0].kind", |o| o.tracks[0].kind = -3),
        ("open.tracks[0].details", |o| o.tracks[0].details = None),
        ("open.tracks[0].details", |o| {
            o.tracks[0].details = o.tracks[1].details.clone()
        }),
        ("open.tracks[1].details", |o| {
            o.tracks[1].details = o.tracks[0].details.clone()
        }),
        ("open.tracks[0].clock_mapping", |o| {
            o.tracks[0].clock_mapping = 77
        }),
        ("open.tracks[0].video.format", |o| video_of(o).format = 23),
        ("open.tracks[0].video.format", |o| video_of(o).format = 0),
        ("open.tracks[0].video.nominal_fps", |o| {
            video_of(o).nominal_fps = f32::NAN
        }),
        ("open.tracks[0].video.nominal_fps", |o| {
            video_of(o).nominal_fps = 241.0
        }),
        ("open.tracks[0].video.color_range", |o| {
            video_of(o).color_range = 9
        }),
        ("open.tracks[0].video.color_matrix", |o| {
            video_of(o).color_matrix = 9
        }),
        ("open.tracks[0].video.codec_config", |o| {
            video_of(o).codec_config = vec![0; MAX_CODEC_CONFIG + 1].into();
        }),
    ] {
        assert_eq!(refused(change), field);
    }
}

#[test]
fn an_empty_envelope_and_an_empty_event_are_refused() {
    let e = client_message(pb::InterviewRequest { message: None }).unwrap_err();
    assert_eq!(e.field, "message");
    let e = read(pb::interview_request::Message::Event(
        pb::ControlEvent::default(),
    ))
    .unwrap_err();
    assert_eq!(e.field, "event.event");
}

#[test]
fn events_name_the_field_that_is_wrong() {
    use pb::control_event::Event as E;
    for (field, event) in [
        (
            "event.challenge_window.kind",
            E::ChallengeWindow(pb::ChallengeWindow {
                kind: 42,
                ..Default::default()
            }),
        ),
        ("event.mute.participant_id", E::Mute(pb::Mute::default())),
        (
            "event.clock_mapping.source",
            E::ClockMapping(pb::ClockMapping {
                track_id: "v".into(),
                source: 9,
                ..Default::default()
            }),
        ),
        (
            "event.discontinuity.track_id",
            E::Discontinuity(pb::Discontinuity::default()),
        ),
        (
            "event.question_end.question_id",
            E::QuestionEnd(pb::QuestionEnd {
                question_id: "x".repeat(129),
            }),
        ),
        (
            "event.question_start.text_sha256",
            E::QuestionStart(pb::QuestionStart {
                text_sha256: vec![0; 31].into(),
                ..Default::default()
            }),
        ),
    ] {
        let event = pb::ControlEvent {
            event_id: 1,
            time_us: 0,
            event: Some(event),
        };
        let e = read(pb::interview_request::Message::Event(event)).unwrap_err();
        assert_eq!(e.field, field);
    }
}

#[test]
fn extreme_numbers_saturate() {
    let event = pb::ControlEvent {
        event_id: u64::MAX,
        time_us: i64::MIN,
        event: Some(pb::control_event::Event::ClockMapping(pb::ClockMapping {
            track_id: "v".into(),
            offset_us: i64::MAX,
            source: 2,
            uncertainty_us: u32::MAX,
        })),
    };
    let Ok(ClientMessage::Event { id, event }) = read(pb::interview_request::Message::Event(event))
    else {
        panic!("refused")
    };
    assert_eq!(id, u64::MAX);
    assert_eq!(event.time, MediaTime(i64::MIN));
    assert!(matches!(
        event.kind,
        EventKind::ClockMapping {
            offset_ns: i64::MAX,
            ..
        }
    ));
}

#[test]
fn a_chunk_without_a_usable_track_is_refused_alone() {
    let chunk = pb::MediaChunk {
        track_id: "no such\ntrack".into(),
        payload: vec![0; 7].into(),
        ..Default::default()
    };
    let message = read(pb::interview_request::Message::Media(chunk)).unwrap();
    let ClientMessage::UnusableMedia { bytes, error } = message else {
        panic!("taken")
    };
    assert_eq!((bytes, error.field.as_str()), (7, "media.track_id"));
}
