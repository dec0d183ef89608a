//! Seeds of the wire target: interviews, events, challenges and a candidate's page.

use super::super::entries::pieces::pack;
use super::super::entries::wire;
use super::{Pieces, coded, write};
use crate::media::coding::encode_sound;
use crate::support::{
    chunk, open, question_end, raw, say, say_close, say_event, say_media, say_open,
};
use liveproof_sdk::v1;
use prost::Message as _;

fn request(message: v1::interview_request::Message) -> (u8, Vec<u8>) {
    (wire::REQUEST, say(message).encode_to_vec())
}

fn coded_request(request: v1::InterviewRequest) -> (u8, Vec<u8>) {
    (wire::REQUEST, request.encode_to_vec())
}

/// 20 ms of a tone at 16 kHz, and a gray picture of 16 x 16.
fn piece(number: u64) -> [v1::InterviewRequest; 2] {
    let time_us = number as i64 * 400_000;
    let tone = (0..320).flat_map(|i| ((i as f32 * 0.2).sin() * 0.1).to_le_bytes());
    let picture = v1::MediaChunk {
        layout: Some(v1::PictureLayout {
            width: 16,
            height: 16,
            planes: Vec::new(),
        }),
        ..chunk("raw", number, time_us, vec![number as u8 * 9; 256])
    };
    [
        say_media(chunk("mic", number, time_us, tone.collect())),
        say_media(picture),
    ]
}

fn opened() -> v1::Open {
    let mut open = open();
    open.session_id = "seed".into();
    open.challenge_policy = Some(v1::ChallengePolicy {
        mode: v1::ChallengeMode::Automatic.into(),
        max_automatic: 3,
        first_after_s: 1,
        ..Default::default()
    });
    open
}

pub(super) fn interviews() {
    use v1::control_event::Event as E;
    use v1::interview_request::Message as M;
    let work = || (wire::WORK, Vec::new());
    let mut plain: Pieces = vec![coded_request(say_open(opened()))];
    for number in 0..12 {
        plain.extend(piece(number).map(coded_request));
        if number % 3 == 2 {
            plain.push(coded_request(say_event(
                number,
                number as i64 * 400_000,
                question_end(),
            )));
            plain.push(work());
        }
    }
    plain.push(coded_request(say_close()));
    write("wire", "interview", &pack(&[0], &plain));

    let event = |id: u64, event: E| coded_request(say_event(id, id as i64 * 100_000, event));
    let mut told: Pieces = vec![coded_request(say_open(opened()))];
    told.extend(
        every_event()
            .into_iter()
            .zip(1..)
            .map(|(e, id)| event(id, e)),
    );
    told.extend(piece(0).map(coded_request));
    told.extend(piece(20).map(coded_request));
    told.push(work());
    told.extend(piece(21).map(coded_request));
    write("wire", "events", &pack(&[1], &told));

    let asked = v1::IssueChallenge {
        request_id: "r".into(),
        kind: v1::ChallengeKind::HandPass.into(),
        ..Default::default()
    };
    let declined = v1::ChallengeDeclined {
        challenge_id: "r".into(),
        reason: v1::ChallengeDeclineReason::CannotPerform.into(),
        words: "no".into(),
        offer_alternative: true,
    };
    let shown = v1::ChallengeShown {
        challenge_id: "r".into(),
        attempt: 1,
        shown_us: 500_000,
        uncertainty_ms: 20,
    };
    let mut challenged: Pieces = vec![coded_request(say_open(opened()))];
    challenged.extend((0..4).flat_map(piece).map(coded_request));
    challenged.extend([
        request(M::IssueChallenge(asked)),
        work(),
        request(M::ChallengeShown(shown)),
    ]);
    challenged.extend((4..9).flat_map(piece).map(coded_request));
    challenged.extend([request(M::ChallengeDeclined(declined)), work()]);
    write("wire", "challenge", &pack(&[0], &challenged));
    write("wire", "coded", &pack(&[2], &coded_interview()));
    write("wire", "refused", &pack(&[0], &refused()));
}

/// What is not let in: another interview's track, a number twice, times beyond all measure, a layout
/// that lies outside, an event twice, a second `open`.
fn refused() -> Pieces {
    let [sound, picture] = piece(3);
    let late = chunk("mic", 9, i64::MAX, vec![0; 640]);
    let early = chunk("mic", 10, i64::MIN, vec![0; 640]);
    let all = [
        say_open(v1::Open::default()),
        say_open(opened()),
        sound.clone(),
        sound,
        picture,
        say_media(late),
        say_media(early),
        say_media(chunk("nobody", 0, 0, vec![1; 9])),
        say_media(chunk("no track", 0, 0, vec![1; 9])),
        raw(u32::MAX, 16, &[(u64::MAX, 1)], 256),
        raw(64, 48, &[(0, u32::MAX)], 3_072),
        say_media(chunk("camera", 0, 0, vec![0xff, 0xd8, 0xff, 0xd9])),
        say_event(7, 0, question_end()),
        say_event(7, i64::MAX, question_end()),
        say_open(opened()),
    ];
    let mut pieces: Pieces = all.map(coded_request).into();
    pieces.push((wire::WORK, Vec::new()));
    pieces
}

fn every_event() -> Vec<v1::control_event::Event> {
    use v1::control_event::Event as E;
    let (candidate, q) = (|| "candidate".to_owned(), || "q".to_owned());
    vec![
        E::QuestionStart(v1::QuestionStart {
            question_id: q(),
            text_sha256: vec![3; 32].into(),
        }),
        E::QuestionEnd(v1::QuestionEnd { question_id: q() }),
        E::AnswerStart(v1::AnswerStart { question_id: q() }),
        E::Mute(v1::Mute {
            participant_id: candidate(),
            muted: true,
        }),
        E::Camera(v1::Camera {
            participant_id: candidate(),
            on: false,
        }),
        E::ActiveSpeaker(v1::ActiveSpeaker {
            participant_id: "host".into(),
        }),
        E::Discontinuity(v1::Discontinuity {
            track_id: "raw".into(),
            reason: "device".into(),
        }),
        E::ClockMapping(v1::ClockMapping {
            track_id: "mic".into(),
            offset_us: -50_000,
            source: v1::ClockMappingSource::Estimated.into(),
            uncertainty_us: 20_000,
        }),
        E::ChallengeWindow(v1::ChallengeWindow {
            challenge_id: "w".into(),
            kind: v1::ChallengeKind::TurnLeft.into(),
            deadline_us: 5_000_000,
            count: 2,
            parameters: Some(v1::ChallengeParameters::default()),
            participant_id: candidate(),
        }),
        E::WarmUp(v1::WarmUp { end_us: 2_000_000 }),
        E::ReferenceSpan(v1::ReferenceSpan { end_us: 4_000_000 }),
        E::TrackParticipant(v1::TrackParticipant {
            track_id: "raw".into(),
            participant_id: "host".into(),
        }),
    ]
}

/// H.264, Opus and a reference track, with a clock that jumps.
fn coded_interview() -> Pieces {
    let mut opened = opened();
    let tracks = &mut opened.tracks;
    let mut reference = tracks[2].clone();
    (reference.track_id, reference.reference) = ("verified".into(), true);
    tracks[0].details = Some(v1::track::Details::Video(v1::VideoTrack {
        format: v1::VideoFormat::H264AnnexB.into(),
        rotation_deg: 90,
        nominal_fps: 10.0,
        region: Some(v1::Region {
            x: 0.25,
            y: 0.0,
            width: 0.5,
            height: 1.0,
        }),
        ..Default::default()
    }));
    tracks[1].details = Some(v1::track::Details::Audio(v1::AudioTrack {
        format: v1::AudioFormat::Opus.into(),
        sample_rate_hz: 48_000,
        channels: 1,
        planar: false,
    }));
    tracks.push(reference);
    let mut pieces: Pieces = vec![coded_request(say_open(opened))];
    let tone: Vec<f32> = (0..4_800).map(|i| (i as f32 * 0.05).sin() * 0.2).collect();
    let sound = encode_sound("libopus", 48_000, 1, &tone).unwrap();
    for (i, c) in (0..).zip(coded("libx264", 0)) {
        // Of one clock in Unix time, which is set back by a minute on the way.
        let base = if i < 4 {
            1_700_000_060_000_000
        } else {
            1_700_000_000_000_000
        };
        let time_us = base + i * 100_000;
        pieces.push(coded_request(say_media(chunk(
            "camera", i as u64, time_us, c.bytes,
        ))));
        if let Some(packet) = sound.get(i as usize) {
            let bytes = packet.bytes.clone();
            pieces.push(coded_request(say_media(chunk(
                "mic", i as u64, time_us, bytes,
            ))));
        }
    }
    pieces.push((wire::LOAD, vec![2]));
    let picture = v1::MediaChunk {
        layout: Some(v1::PictureLayout {
            width: 16,
            height: 16,
            planes: Vec::new(),
        }),
        ..chunk("verified", 0, 7, vec![90; 256])
    };
    pieces.push(coded_request(say_media(picture)));
    pieces.push((wire::WORK, Vec::new()));
    pieces
}

/// An interview whose candidate sits before a browser.
pub(super) fn pages() {
    let create = v1::CreateInterviewRequest {
        session_id: "seed".into(),
        title: "An interview".into(),
        challenge_policy: opened().challenge_policy,
    };
    let join = v1::JoinRequest {
        invitation: vec![1; 32].into(),
        tracks: opened().tracks,
        consent_id: "consent-7".into(),
    };
    let media = |numbers: std::ops::Range<u64>| {
        let of = |r: v1::InterviewRequest| match r.message {
            Some(v1::interview_request::Message::Media(m)) => m,
            _ => v1::MediaChunk::default(),
        };
        numbers.flat_map(piece).map(of).collect()
    };
    let push = |index: u64, numbers| v1::PushRequest {
        invitation: vec![1; 32].into(),
        index,
        media: media(numbers),
        ..Default::default()
    };
    let command = v1::CommandRequest {
        session_id: "seed".into(),
        command: Some(v1::command_request::Command::QuestionStart(
            v1::QuestionStart {
                question_id: "q".into(),
                text_sha256: Default::default(),
            },
        )),
    };
    let pieces: Pieces = vec![
        (wire::CREATE, create.encode_to_vec()),
        (wire::JOIN, join.encode_to_vec()),
        (wire::PUSH, push(0, 0..3).encode_to_vec()),
        (wire::COMMAND, command.encode_to_vec()),
        (wire::PUSH, push(1, 3..12).encode_to_vec()),
        (wire::WORK, Vec::new()),
    ];
    write("wire", "pages", &pack(&[0], &pieces));
}
