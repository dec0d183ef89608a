//! Numbers, times, pictures, sound and events.

use super::*;

pub fn times() -> Vec<Row> {
    let told = |kind, words| Expect::Told(kind, words);
    vec![
        within(
            "a number twice",
            vec![picture(0, 0), picture(0, 40_000)],
            told(K::MediaRefused, &["media.sequence", "0 again", "rising"]),
        ),
        within(
            "a number that falls",
            vec![picture(5, 0), picture(3, 40_000)],
            told(K::MediaRefused, &["media.sequence", "3 after 5"]),
        ),
        within(
            "missing numbers",
            vec![picture(0, 0), picture(9, 360_000)],
            told(K::MediaLost, &["missing in the sequence"]),
        ),
        within(
            "a time twice",
            vec![picture(0, 40_000), picture(1, 40_000)],
            told(
                K::MediaRefused,
                &["media.capture_time_us", "40000 again", "rising"],
            ),
        ),
        within(
            "a time that falls",
            vec![picture(0, 80_000), picture(1, 40_000)],
            told(K::MediaRefused, &["media.capture_time_us", "40000 us back"]),
        ),
        within(
            "a jump forwards",
            vec![picture(0, 0), picture(1, 30_000_000)],
            told(K::ClockJump, &["jumped", "+30.0 s"]),
        ),
        within(
            "a jump back",
            vec![picture(0, 30_000_000), picture(1, 0)],
            told(K::ClockJump, &["jumped", "-30.0 s"]),
        ),
        within(
            "a clock set back by seconds",
            (0..30)
                .map(|i| {
                    let us = i as i64 * 40_000;
                    picture(i, if i < 10 { 5_000_000 + us } else { us })
                })
                .collect(),
            told(K::ClockJump, &["jumped", "-4"]),
        ),
        within(
            "a time beyond all measure",
            vec![picture(0, 0), picture(1, i64::MAX)],
            told(K::MediaRefused, &["media.capture_time_us", "expected"]),
        ),
        within(
            "a time before all measure",
            vec![picture(0, 0), picture(1, i64::MIN)],
            told(K::MediaRefused, &["media.capture_time_us", "expected"]),
        ),
        within(
            "Unix time",
            vec![
                picture(0, 1_700_000_000_000_000),
                picture(1, 1_700_000_000_040_000),
            ],
            Expect::Taken,
        ),
    ]
}

/// The picture with another size in its header.
fn sized(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = face_jpeg();
    let sof = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpeg[sof + 5..sof + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[sof + 7..sof + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

pub fn contents() -> Vec<Row> {
    let broken = |words| Expect::Told(K::DecodeFailed, words);
    let refused = |words| Expect::Told(K::MediaRefused, words);
    let jpeg = |bytes: Vec<u8>| vec![say_media(chunk("camera", 0, 0, bytes))];
    let heard = |bytes: Vec<u8>| vec![say_media(chunk("mic", 0, 0, bytes))];
    let truncated = std::fs::read(media("media/truncated.jpg")).unwrap();
    let nan: Vec<u8> = (0..1_600)
        .flat_map(|i| if i == 700 { f32::NAN } else { 0.0 }.to_le_bytes())
        .collect();
    let loud: Vec<u8> = (0..1_600)
        .flat_map(|_| f32::INFINITY.to_le_bytes())
        .collect();
    vec![
        within(
            "truncated JPEG",
            jpeg(truncated),
            broken(&["media.payload", "JPEG", "end marker"]),
        ),
        within(
            "text for a JPEG",
            jpeg(b"not a picture".to_vec()),
            broken(&["JPEG", "start marker"]),
        ),
        within(
            "a JPEG of 65,535 pixels a side",
            jpeg(sized(65_535, 65_535)),
            broken(&["media.payload.width", "65535", "16 to 8192"]),
        ),
        within(
            "a JPEG without width",
            jpeg(sized(0, 360)),
            broken(&["media.payload"]),
        ),
        within(
            "no payload",
            jpeg(vec![]),
            refused(&["media.payload", "0 bytes", "1 to"]),
        ),
        within(
            "raw without a layout",
            vec![say_media(chunk("raw", 0, 0, vec![0; 64 * 48]))],
            refused(&["media.layout", "every chunk"]),
        ),
        within(
            "zero width",
            vec![raw(0, 48, &[], 64 * 48)],
            refused(&["media.layout.width", "found 0", "16 to 8192"]),
        ),
        within(
            "huge width",
            vec![raw(u32::MAX, 48, &[], 64 * 48)],
            refused(&["media.layout.width", "16 to 8192"]),
        ),
        within(
            "huge picture",
            vec![raw(8_192, 8_192, &[], 64 * 48)],
            refused(&["media.layout.pixels", "at most"]),
        ),
        within(
            "a short payload",
            vec![raw(64, 48, &[], 64 * 48 - 1)],
            refused(&["media.payload", "3071", "3072"]),
        ),
        within(
            "a stride below the row",
            vec![raw(64, 48, &[(0, 63)], 64 * 48)],
            refused(&["media.layout.planes[0].stride_bytes", "63", "64"]),
        ),
        within(
            "a stride of 4 GiB",
            vec![raw(64, 48, &[(0, u32::MAX)], 64 * 48)],
            refused(&["media.layout.planes[0]"]),
        ),
        within(
            "a plane outside",
            vec![raw(64, 48, &[(u64::MAX, 64)], 64 * 48)],
            refused(&["media.layout.planes[0].offset_bytes"]),
        ),
        within(
            "too many planes",
            vec![raw(64, 48, &[(0, 64), (0, 64)], 64 * 48)],
            refused(&["media.layout.planes", "2 planes"]),
        ),
        within(
            "odd sides and an odd stride",
            vec![raw(61, 47, &[(3, 77)], 3 + 77 * 46 + 61)],
            Expect::Taken,
        ),
        within(
            "NaN in the sound",
            heard(nan),
            broken(&["media.payload.samples[700]", "NaN", "finite"]),
        ),
        within(
            "endless sound",
            heard(loud),
            broken(&["media.payload.samples[0]", "inf", "finite"]),
        ),
        within(
            "half a sample",
            heard(vec![0; 6_401]),
            refused(&["media.payload", "multiple of 4"]),
        ),
        within(
            "9 ms of sound",
            heard(vec![0; 576]),
            refused(&["media.payload", "10 to 3000 ms"]),
        ),
        within(
            "4 s of sound",
            heard(vec![0; 256_000]),
            refused(&["media.payload", "4000.0 ms"]),
        ),
        within(
            "an unannounced track",
            vec![say_media(chunk("x", 0, 0, vec![0; 9]))],
            refused(&["media.track_id", "found x", "`open`"]),
        ),
        within(
            "a track id with a line break",
            vec![say_media(chunk("a\nb", 0, 0, vec![0; 9]))],
            refused(&["media.track_id", "[A-Za-z0-9._:-]"]),
        ),
    ]
}

pub fn events() -> Vec<Row> {
    let ask = |kind, deadline_us| {
        E::ChallengeWindow(v1::ChallengeWindow {
            challenge_id: "c".into(),
            kind,
            deadline_us,
            count: 0,
            ..Default::default()
        })
    };
    let mute = |who: &str| {
        E::Mute(v1::Mute {
            participant_id: who.into(),
            muted: true,
        })
    };
    let refused = Expect::EventRefused;
    let ended = |words| Expect::Ended(Code::InvalidArgument, words);
    vec![
        within(
            "an unknown challenge",
            vec![say_event(1, 0, ask(42, 9))],
            ended(&["event.challenge_window.kind", "found 42"]),
        ),
        within(
            "no event",
            vec![v1::InterviewRequest {
                message: Some(v1::interview_request::Message::Event(
                    v1::ControlEvent::default(),
                )),
            }],
            ended(&["event.event", "ControlEvent"]),
        ),
        within(
            "a deadline before the prompt",
            vec![say_event(1, 5_000, ask(1, 5_000))],
            refused(&["event.deadline_us", "after the event"]),
        ),
        within(
            "one challenge twice",
            vec![say_event(1, 0, ask(1, 9)), say_event(2, 0, ask(2, 9))],
            refused(&["event.challenge_id", "found c", "own"]),
        ),
        within(
            "a stranger mutes",
            vec![say_event(1, 0, mute("x"))],
            refused(&[
                "event.participant_id",
                "found x",
                "participant of this interview",
            ]),
        ),
        within(
            "a number twice",
            vec![
                say_event(7, 0, question_end()),
                say_event(7, 0, question_end()),
            ],
            refused(&["event.event_id", "7 after 7", "rises"]),
        ),
        within(
            "an event at the end of time",
            vec![say_event(1, i64::MAX, question_end())],
            refused(&["event.time_us", "14400 s"]),
        ),
        within(
            "an event before time",
            vec![say_event(1, i64::MIN, question_end())],
            refused(&["event.time_us", "-120"]),
        ),
        within(
            "a clock mapping out of range",
            vec![
                picture(0, 0),
                say_event(
                    1,
                    0,
                    E::ClockMapping(v1::ClockMapping {
                        track_id: "camera".into(),
                        offset_us: i64::MAX,
                        source: v1::ClockMappingSource::Estimated.into(),
                        uncertainty_us: u32::MAX,
                    }),
                ),
                picture(1, 40_000),
            ],
            Expect::Told(K::MediaRefused, &["media.capture_time_us", "14400 s"]),
        ),
        within(
            "breaks",
            (0..20)
                .flat_map(|i| {
                    let at = i as i64 * 40_000;
                    [
                        picture(i, at),
                        say_event(
                            i + 1,
                            at,
                            E::Discontinuity(v1::Discontinuity {
                                track_id: "camera".into(),
                                reason: "camera switched".into(),
                            }),
                        ),
                    ]
                })
                .collect(),
            Expect::Taken,
        ),
    ]
}
