//! Browsers.

use super::*;
use crate::platforms::webcodecs::WebCodecs;

/// Layouts go on as `copyTo` gave them; a frame without a format and a turned one are left out.
#[test]
fn webcodecs_raw() {
    let f = fixture("webcodecs/raw.json");
    let (open, outputs) = run(&mut WebCodecs::new(plan("me")), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE me",
            "interviewer INTERVIEWER host",
            "candidate.camera of candidate: I420 30 fps COLOR_RANGE_LIMITED COLOR_MATRIX_BT709, UNKNOWN",
            "candidate.microphone of candidate: F32LE 48000 Hz x2 planar, ESTIMATED",
            "interviewer.microphone of interviewer: F32LE 48000 Hz x2 planar, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 3840B received 33001000",
            "candidate.camera #0 @6000 1152B 32x24 0+32 768+16 960+16 received 33007000",
            "candidate.microphone #1 @10000 3840B received 33011000",
            "candidate.microphone #2 @20000 3840B received 33021000",
            "candidate.camera #1 @39000 1152B 32x24 0+32 768+16 960+16 received 33040000",
            "interviewer.microphone #0 @11000 3840B received 33012000",
            "- me Empty",
            "candidate.camera #2 @105000 384B 16x16 0+16 256+8 320+8 epoch 1 received 33106000",
            "- me Turned",
            "! candidate camera false @149000",
        ],
    );
    assert_payloads(&f, &outputs, &["/data"]);
}

/// Codec strings become formats.
#[test]
fn webcodecs_encoded() {
    let f = fixture("webcodecs/encoded.json");
    let (open, outputs) = run(&mut WebCodecs::new(plan("me")), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE me",
            "interviewer INTERVIEWER host",
            "candidate.camera of candidate: H264_ANNEX_B 25 fps, UNKNOWN",
            "candidate.microphone of candidate: OPUS 48000 Hz x1, ESTIMATED",
            "interviewer.microphone of interviewer: OPUS 48000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 89B received 33000000",
            "candidate.camera #0 @9000 1409B received 33009000",
            "candidate.microphone #1 @20000 62B received 33020000",
            "candidate.microphone #2 @40000 62B received 33040000",
            "candidate.camera #1 @49000 14B delta received 33049000",
            "candidate.microphone #3 @60000 64B received 33060000",
            "candidate.microphone #4 @80000 66B received 33080000",
            "candidate.camera #2 @89000 14B delta received 33089000",
            "candidate.microphone #5 @100000 67B received 33100000",
            "candidate.microphone #6 @120000 69B received 33120000",
            "candidate.camera #3 @129000 41B delta received 33129000",
            "candidate.microphone #7 @140000 65B received 33140000",
            "candidate.microphone #8 @160000 64B received 33160000",
            "candidate.camera #4 @169000 14B delta received 33169000",
            "candidate.microphone #9 @180000 54B received 33180000",
        ],
    );
    assert_payloads(&f, &outputs, &["/data"]);
}

#[test]
fn webcodecs_refusals_name_the_field() {
    let f = fixture("webcodecs/raw.json");
    let call = || WebCodecs::new(plan("me"));
    for (index, pointer, with, said) in [
        (
            1,
            "/format",
            Value::from("I420P12"),
            "format: found I420P12",
        ),
        (
            1,
            "/format",
            Value::from("NV12"),
            "format: found VIDEO_FORMAT_NV12, expected VIDEO_FORMAT_I420",
        ),
        (1, "/rotation", Value::from(45), "rotation: found 45"),
        (
            1,
            "/layout",
            serde_json::json!([]),
            "planes: found 0, expected 3",
        ),
        (
            1,
            "/layout/2/offset",
            Value::from(961),
            "data: found 1152 bytes, expected at least 1153",
        ),
        (
            1,
            "/visibleRect",
            serde_json::json!({ "width": -4.0, "height": 1e30 }),
            "size: found 0x4294967295",
        ),
        (1, "/timestamp", Value::from(0.5), "timestamp: invalid type"),
        (0, "/format", Value::from("u8"), "format: found u8"),
        (
            0,
            "/format",
            Value::from("s16"),
            "format: found AUDIO_FORMAT_S16LE, 48000 Hz",
        ),
        (
            0,
            "/sampleRate",
            Value::from(96_000),
            "sampleRate: found 96000",
        ),
        (
            0,
            "/numberOfFrames",
            Value::from(481),
            "data: found 3840 bytes, expected 3848",
        ),
        (0, "/type", Value::from("text"), "type: found text"),
    ] {
        let found = changed(&mut call(), &f, index, pointer, with).unwrap_err();
        assert!(found.starts_with(said), "{found}");
    }
    let late = one(&mut call(), &f, &f.before_open[0]).unwrap_err();
    assert_eq!(
        late.to_string(),
        "a track after open before another interview"
    );
    let encoded = fixture("webcodecs/encoded.json");
    let found = changed(&mut call(), &encoded, 1, "/chunkType", Value::from("b")).unwrap_err();
    assert!(
        found.starts_with("chunkType: found b, expected key or delta"),
        "{found}"
    );
}

#[test]
fn codec_strings_and_colours_become_formats() {
    let announced = |track: Value| {
        let mut call = WebCodecs::new(plan("me"));
        call.take_json(&track.to_string())?;
        call.open().map(|o| opening(&o)[1].clone())
    };
    let of = |codec: &str, description: Value| {
        announced(
            serde_json::json!({ "type": "video-track", "participant": "me", "codec": codec, "description": description }),
        )
    };
    for (codec, format) in [
        ("avc1.42001f", "H264_ANNEX_B"),
        ("vp8", "VP8"),
        ("vp09.00.10.08", "VP9"),
        ("av01.0.04M.08", "AV1"),
        ("hev1.1.6.L93.B0", "HEVC"),
    ] {
        let track =
            serde_json::json!({ "type": "video-track", "participant": "me", "codec": codec });
        assert!(
            announced(track).unwrap().contains(&format!(" {format} ")),
            "{codec}"
        );
    }
    assert!(
        of("avc1.42001f", "AUIA".into())
            .unwrap()
            .contains(" H264_AVCC ")
    );
    for codec in ["hvc1.1.6.L93.B0", "theora", ""] {
        let found = of(codec, "AUIA".into()).unwrap_err().to_string();
        assert!(found.starts_with("codec: found"), "{found}");
    }
    for (matrix, said) in [
        ("smpte170m", "BT601"),
        ("bt2020-ncl", "BT2020"),
        ("rgb", "UNSPECIFIED"),
    ] {
        let space = serde_json::json!({ "matrix": matrix, "fullRange": true });
        let track = serde_json::json!({ "type": "video-track", "participant": "me", "format": "NV12", "colorSpace": space, "flip": true, "rotation": 90 });
        let found = announced(track).unwrap();
        assert!(
            found.contains("FULL")
                && found.contains(said)
                && found.contains("turned 90 mirrored true"),
            "{found}"
        );
    }
}

/// The integrator vouches for one clock: what moves the first track moves all.
#[test]
fn webcodecs_on_one_capture_clock() {
    let f = fixture("webcodecs/raw.json");
    let (open, outputs) = run(&mut WebCodecs::new(plan("me")).one_capture_clock(), &f);
    assert!(opening(&open)[2].ends_with("PLATFORM"));
    let found = lines(&outputs);
    assert!(
        found[1].starts_with("candidate.camera #0 @3000 "),
        "{}",
        found[1]
    );
    assert!(
        found[4].starts_with("candidate.camera #1 @36000 "),
        "{}",
        found[4]
    );
}
