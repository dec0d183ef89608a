//! Announcements, and messages out of turn.

use super::*;

pub fn announcements() -> Vec<Row> {
    vec![
        bad_open(
            "unknown role",
            |o| o.participants[0].role = 99,
            &["open.participants[0].role", "found 99", "ParticipantRole"],
        ),
        bad_open(
            "no kind",
            |o| o.tracks[0].kind = 0,
            &["open.tracks[0].kind", "TrackKind"],
        ),
        bad_open(
            "unknown format",
            |o| video_of(o).format = 77,
            &["open.tracks[0].video.format", "found 77"],
        ),
        bad_open(
            "AVCC without its configuration",
            |o| video_of(o).format = 12,
            &["open.tracks[0].video.codec_config", "avcC"],
        ),
        bad_open(
            "G.722 at a rate that it does not have",
            |o| (audio_of(o).format, audio_of(o).sample_rate_hz) = (6, 44_100),
            &["open.tracks[1].audio.sample_rate_hz", "G722", "16000"],
        ),
        bad_open(
            "zero width",
            |o| video_of(o).height = 480,
            &["open.tracks[0].video.width", "found 0", "16 to 8192"],
        ),
        bad_open(
            "huge height",
            |o| (video_of(o).width, video_of(o).height) = (640, u32::MAX),
            &["open.tracks[0].video.height", "16 to 8192"],
        ),
        bad_open(
            "too many pixels",
            |o| (video_of(o).width, video_of(o).height) = (8192, 8192),
            &["open.tracks[0].video.pixels", "8192x8192", "at most"],
        ),
        bad_open(
            "frame rate NaN",
            |o| video_of(o).nominal_fps = f32::NAN,
            &["open.tracks[0].video.nominal_fps", "240"],
        ),
        bad_open(
            "odd rotation",
            |o| video_of(o).rotation_deg = 45,
            &["open.tracks[0].video.rotation_deg", "90"],
        ),
        bad_open(
            "region outside",
            |o| {
                let (x, y, width, height) = (0.6, 0.0, 0.6, 1.0);
                video_of(o).region = Some(v1::Region {
                    x,
                    y,
                    width,
                    height,
                });
            },
            &["open.tracks[0].video.region.width"],
        ),
        bad_open(
            "no sample rate",
            |o| audio_of(o).sample_rate_hz = 0,
            &["open.tracks[1].audio.sample_rate_hz", "8000 to 48000"],
        ),
        bad_open(
            "seven channels",
            |o| audio_of(o).channels = 7,
            &["open.tracks[1].audio.channels", "1 or 2"],
        ),
        bad_open(
            "nobody to assess",
            |o| o.participants[0].role = 3,
            &["open.participants", "candidate"],
        ),
        bad_open(
            "a stranger's track",
            |o| o.tracks[1].participant_id = "x".into(),
            &["open.tracks[1].participant_id", "listed participant"],
        ),
        bad_open(
            "no tracks",
            |o| o.tracks.clear(),
            &["open.tracks", "1 to 32"],
        ),
        bad_open(
            "two tracks of one id",
            |o| o.tracks[1].track_id = "camera".into(),
            &["open.tracks[1].track_id", "own"],
        ),
        bad_open(
            "an id with blanks",
            |o| o.session_id = "a b".into(),
            &["open.session_id", "[A-Za-z0-9._:-]"],
        ),
        bad_open(
            "a long consent id",
            |o| o.consent_id = "x".repeat(257),
            &["open.consent_id", "256"],
        ),
    ]
}

pub fn order() -> Vec<Row> {
    use Expect::{Ended, Refused};
    let empty = v1::InterviewRequest { message: None };
    let early = Code::FailedPrecondition;
    vec![
        row(
            "media before open",
            vec![picture(0, 0)],
            Refused(early, &["`media`", "opening"]),
        ),
        row(
            "event before open",
            vec![say_event(1, 0, question_end())],
            Refused(early, &["`event`", "opening"]),
        ),
        row(
            "close before open",
            vec![say_close()],
            Refused(early, &["before `open`"]),
        ),
        row(
            "resuming with a token that was never given",
            vec![say_open(v1::Open {
                resume_token: vec![7; 32].into(),
                ..open()
            })],
            Refused(Code::NotFound, &["open.resume_token", "no interview"]),
        ),
        row("nothing at all", vec![], Refused(early, &["before `open`"])),
        row(
            "an empty message",
            vec![empty.clone()],
            Refused(Code::InvalidArgument, &["message", "open, media, event"]),
        ),
        row(
            "open twice",
            vec![say_open(open()), picture(0, 0), say_open(open())],
            Ended(early, &["`open`", "not expected"]),
        ),
        row(
            "an event after close",
            vec![
                say_open(open()),
                picture(0, 0),
                say_close(),
                say_event(1, 0, question_end()),
            ],
            Ended(early, &["`event`", "draining"]),
        ),
        row(
            "media after close",
            vec![
                say_open(open()),
                picture(0, 0),
                say_close(),
                picture(1, 40_000),
            ],
            Ended(early, &["`media`", "draining"]),
        ),
        row(
            "close twice",
            vec![say_open(open()), picture(0, 0), say_close(), say_close()],
            Ended(early, &["`close`", "draining"]),
        ),
        within(
            "an empty message in between",
            vec![picture(0, 0), empty],
            Ended(Code::InvalidArgument, &["message", "open, media, event"]),
        ),
        within(
            "a message beyond the limit",
            vec![
                picture(0, 0),
                say_media(chunk("camera", 1, 40_000, vec![0; 17 << 20])),
            ],
            Ended(Code::InvalidArgument, &["unreadable message", "too large"]),
        ),
        within(
            "a payload beyond the limit",
            vec![say_media(chunk(
                "camera",
                0,
                0,
                vec![0; (16 << 20) - 1_000],
            ))],
            Expect::Told(K::MediaRefused, &["media.payload", "16646144 bytes"]),
        ),
    ]
}
