//! Zoom RTMS.

use super::*;
use crate::platforms::zoom_rtms::ZoomRtms;

pub(super) fn zoom() -> ZoomRtms {
    ZoomRtms::new(plan("16778240"))
}

/// JPG at 5 a second: the backlog keeps its place from the stated start, what is replayed after the
/// interruption is left out, and the camera that comes back after another one was shown breaks.
#[test]
fn zoom_pictures_at_5_fps_with_a_backlog_a_replay_and_a_stream_that_changes_hands() {
    let f = fixture("zoom_rtms/jpg_5fps.json");
    let (open, outputs) = run(&mut zoom(), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE 16778240",
            "interviewer INTERVIEWER 16779264",
            "candidate.camera of candidate: JPEG 5 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 16000 Hz x1, ESTIMATED",
            "interviewer.microphone of interviewer: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "! candidate camera true @0",
            "interviewer.microphone #0 @0 3200B",
            "interviewer.microphone #1 @100000 3200B",
            "interviewer.microphone #2 @200000 3200B",
            "interviewer.microphone #3 @300000 3200B",
            "! speaks \"candidate\" @400000",
            "candidate.microphone #0 @400000 3200B",
            "candidate.camera #0 @407000 596B",
            "candidate.microphone #1 @500000 3200B",
            "candidate.microphone #2 @600000 3200B",
            "candidate.camera #1 @607000 596B",
            "candidate.microphone #3 @700000 3200B",
            "candidate.microphone #4 @800000 3200B",
            "candidate.camera #2 @807000 596B",
            "candidate.microphone #5 @900000 3200B",
            "- 16779264 ScreenShare",
            "- 16779264 NotAssessed",
            "! candidate.camera breaks: the media connection was interrupted @1050000",
            "! candidate.microphone breaks: the media connection was interrupted @1050000",
            "! interviewer.microphone breaks: the media connection was interrupted @1050000",
            "- 16778240 Repeated",
            "candidate.microphone #6 @1100000 3200B epoch 1",
            "! candidate.camera breaks: the one stream of pictures showed somebody else meanwhile @1107000",
            "candidate.camera #3 @1107000 596B epoch 1",
            "! candidate camera false @1200000",
            "ended: revoked: delete what was kept of this stream (RTMS_STOP_REASON 8)",
        ],
    );
    assert_payloads(&f, &outputs, &["/content/data"]);
}

/// H.264 at 25 a second and Opus: only the first unit is a keyframe.
#[test]
fn zoom_h264_with_opus() {
    let f = fixture("zoom_rtms/h264_25fps.json");
    let (open, outputs) = run(&mut zoom(), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE 16778240",
            "interviewer INTERVIEWER 16779264",
            "candidate.camera of candidate: H264_ANNEX_B 25 fps, UNKNOWN",
            "candidate.microphone of candidate: OPUS 48000 Hz x1, ESTIMATED",
            "interviewer.microphone of interviewer: OPUS 48000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "! candidate camera true @0",
            "candidate.microphone #0 @0 89B",
            "candidate.camera #0 @5000 1409B",
            "candidate.microphone #1 @20000 62B",
            "candidate.microphone #2 @40000 62B",
            "candidate.camera #1 @45000 14B delta",
            "candidate.microphone #3 @60000 64B",
            "candidate.microphone #4 @80000 66B",
            "candidate.camera #2 @85000 14B delta",
            "candidate.microphone #5 @100000 67B",
            "candidate.microphone #6 @120000 69B",
            "candidate.camera #3 @125000 41B delta",
            "candidate.microphone #7 @140000 65B",
            "candidate.microphone #8 @160000 64B",
            "candidate.camera #4 @165000 14B delta",
            "candidate.microphone #9 @180000 54B",
            "candidate.microphone #10 @200000 52B",
            "candidate.camera #5 @205000 14B delta",
            "candidate.microphone #11 @220000 55B",
            "candidate.microphone #12 @240000 56B",
            "candidate.camera #6 @245000 23B delta",
            "candidate.microphone #13 @260000 47B",
            "candidate.microphone #14 @280000 60B",
            "candidate.camera #7 @285000 22B delta",
            "candidate.microphone #15 @300000 48B",
            "candidate.microphone #16 @320000 54B",
            "candidate.camera #8 @325000 14B delta",
            "candidate.microphone #17 @340000 83B",
            "candidate.microphone #18 @360000 77B",
            "candidate.camera #9 @365000 22B delta",
            "candidate.microphone #19 @380000 72B",
            "interviewer.microphone #0 @400000 89B",
        ],
    );
    assert_payloads(&f, &outputs, &["/content/data"]);
}

/// One stream of everybody's sound is a mixture's, whoever it names; the candidate keeps the camera.
#[test]
fn zoom_mixed_sound_is_nobodys() {
    let mut f = fixture("zoom_rtms/jpg_5fps.json");
    f.before_open[3]["media_params"]["audio"]["data_opt"] = 1.into();
    let (open, outputs) = run(&mut zoom(), &f);
    let opening = opening(&open);
    assert_eq!(opening[2], "mixed MIXED 0");
    assert_eq!(
        opening[3..],
        [
            "candidate.camera of candidate: JPEG 5 fps, UNKNOWN",
            "mixed.microphone of mixed: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    let heard = lines(&outputs)
        .iter()
        .filter(|l| l.starts_with("mixed.microphone"))
        .count();
    assert_eq!(heard, 11);
}

#[test]
fn zoom_codes_become_formats() {
    let mut f = fixture("zoom_rtms/jpg_5fps.json");
    let mut announced = |kind: &str, field: &str, code: i64| {
        f.before_open[3]["media_params"][kind][field] = code.into();
        let mut call = zoom();
        for m in &f.before_open {
            call.take_json(&m.to_string()).unwrap();
        }
        opening(&call.open().unwrap())[2..4].join(", ")
    };
    for (kind, field, code, said) in [
        ("audio", "codec", 2, "ALAW 16000 Hz"),
        ("audio", "codec", 3, "G722 16000 Hz"),
        ("audio", "codec", 1, "S16LE 16000 Hz"),
        ("audio", "sample_rate", 0, "S16LE 8000 Hz x1"),
        ("audio", "sample_rate", 2, "S16LE 32000 Hz x1"),
        ("audio", "channel", 2, "S16LE 32000 Hz x2"),
        ("video", "codec", 6, "PNG 5 fps"),
        ("video", "data_opt", 3, "PNG 5 fps"),
    ] {
        let found = announced(kind, field, code);
        assert!(found.contains(said), "{kind}.{field} {code}: {found}");
    }
}

#[test]
fn zoom_refusals_name_the_field() {
    let f = fixture("zoom_rtms/jpg_5fps.json");
    let shake = &f.before_open[3];
    for (pointer, with, said) in [
        (
            "/status_code",
            3,
            "status_code: found 3 (), expected 0, success",
        ),
        (
            "/media_params/audio/content_type",
            1,
            "media_params.audio.content_type: found 1, expected 2",
        ),
        (
            "/media_params/audio/codec",
            5,
            "media_params.audio.codec: found 5, expected 1 L16",
        ),
        (
            "/media_params/audio/sample_rate",
            9,
            "media_params.audio.sample_rate: found 9",
        ),
        (
            "/media_params/audio/channel",
            3,
            "media_params.audio.channel: found 3",
        ),
        (
            "/media_params/audio/data_opt",
            3,
            "media_params.audio.data_opt: found 3",
        ),
        (
            "/media_params/video/codec",
            4,
            "media_params.video.codec: found 4, expected 5 JPG",
        ),
        (
            "/media_params/video/data_opt",
            5,
            "media_params.video.data_opt: found 5",
        ),
        (
            "/media_params/video/fps",
            31,
            "media_params.video.fps: found 31, expected 1 to 30",
        ),
        ("/msg_type", 99, "msg_type: found 99, expected 1 to 29"),
    ] {
        let found = refused(&mut zoom(), &f, shake.clone(), pointer, with.into());
        assert!(found.starts_with(said), "{found}");
    }
    let sound = &f.messages[0];
    for (pointer, with, said) in [
        (
            "/content/data",
            Value::from("%%"),
            "content.data: no base64",
        ),
        (
            "/content/data",
            Value::from("AAA"),
            "content.data: found 2 bytes, expected 3200",
        ),
        (
            "/content/timestamp",
            Value::from("soon"),
            "content.timestamp: invalid type",
        ),
        (
            "/content/user_id",
            Value::from(-1),
            "content.user_id: neither a whole number",
        ),
        ("/content", Value::from(7), "content: invalid type"),
        ("/msg_type", Value::Null, "msg_type: found none"),
    ] {
        let found = refused(&mut zoom(), &f, sound.clone(), pointer, with);
        assert!(found.starts_with(said), "{found}");
    }
    let mut opus = shake.clone();
    opus["media_params"]["audio"]["codec"] = 4.into();
    let found = zoom().take_json(&opus.to_string()).unwrap_err().to_string();
    assert!(
        found.contains("media_params.audio.send_rate: found 100, expected 20 with OPUS"),
        "{found}"
    );
    let event = serde_json::json!({ "msg_type": 6, "event": { "event_type": 77, "timestamp": 1 } });
    let found = zoom()
        .take_json(&event.to_string())
        .unwrap_err()
        .to_string();
    assert!(found.starts_with("event.event_type: found 77"), "{found}");
    assert_eq!(
        zoom().open().unwrap_err().to_string(),
        "open before a media handshake response (msg_type 4)"
    );
    let early = zoom().take_json(&sound.to_string()).unwrap_err();
    assert_eq!(early.to_string(), "media before open");
    let broken = zoom()
        .take_json("{\"msg_type\": 14, ")
        .unwrap_err()
        .to_string();
    assert!(broken.starts_with("message: EOF"), "{broken}");
}

/// Another agreement after a reconnect cannot be announced; the same one is taken.
#[test]
fn zoom_handshakes_repeat_after_a_reconnect() {
    let f = fixture("zoom_rtms/jpg_5fps.json");
    let mut call = zoom();
    let (_, _) = run(&mut call, &f);
    assert_eq!(call.take_json(&f.before_open[3].to_string()), Ok(vec![]));
    let mut other = f.before_open[3].clone();
    other["media_params"]["audio"]["sample_rate"] = 3.into();
    let refused = call.take_json(&other.to_string()).unwrap_err().to_string();
    assert!(
        refused.starts_with("media_params: found others"),
        "{refused}"
    );
}
