//! LiveKit.

use super::*;
use crate::platforms::livekit::{Formats, LiveKit, VideoBufferType, VideoRotation};

pub(super) fn livekit(video: VideoBufferType) -> LiveKit {
    let formats = Formats {
        video,
        rotation: VideoRotation::Rotation0,
        fps: 25.0,
        sample_rate: 48_000,
        num_channels: 1,
    };
    LiveKit::new(plan("applicant"), formats)
}

/// Pictures keep their own spacing on the time of receipt, another layer is a new epoch, and a clock
/// that starts anew breaks.
#[test]
fn livekit_room() {
    let f = fixture("livekit/room.json");
    let (open, outputs) = run(&mut livekit(VideoBufferType::I420), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE applicant",
            "interviewer INTERVIEWER host",
            "candidate.camera of candidate: I420 25 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 48000 Hz x1, ESTIMATED",
            "interviewer.microphone of interviewer: S16LE 48000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 960B received 33010000",
            "candidate.camera #0 @14000 1152B 32x24 0+32 768+16 960+16 received 33014000",
            "candidate.microphone #1 @10000 960B received 33020000",
            "candidate.microphone #2 @20000 960B received 33030000",
            "candidate.microphone #3 @30000 960B received 33040000",
            "candidate.microphone #4 @40000 960B received 33050000",
            "candidate.camera #1 @54000 1152B 32x24 0+32 768+16 960+16 received 33054000",
            "candidate.microphone #5 @50000 960B received 33060000",
            "candidate.microphone #6 @60000 960B received 33070000",
            "candidate.microphone #7 @70000 960B received 33080000",
            "! speaks \"candidate\" @85000",
            "interviewer.microphone #0 @80000 960B received 33090000",
            "candidate.camera #2 @94000 4608B 64x48 0+64 3072+32 3840+32 epoch 1 received 33094000",
            "- host ScreenShare",
            "- host NotAssessed",
            "- applicant Turned",
            "! candidate muted true @110000",
            "! candidate.camera breaks: the room was reconnected @2000000",
            "! candidate.microphone breaks: the room was reconnected @2000000",
            "! interviewer.microphone breaks: the room was reconnected @2000000",
            "! candidate.camera breaks: the platform set the track's clock anew @2052000",
            "candidate.camera #3 @2052000 4608B 64x48 0+64 3072+32 3840+32 epoch 2 received 35052000",
        ],
    );
    assert_payloads(&f, &outputs, &["/data"]);
}

#[test]
fn livekit_refusals_name_the_field() {
    let f = fixture("livekit/room.json");
    let call = || livekit(VideoBufferType::I420);
    for (index, pointer, with, said) in [
        (
            0,
            "/sample_rate",
            Value::from(44_100),
            "sample_rate, num_channels: found (44100, 1)",
        ),
        (
            0,
            "/samples_per_channel",
            Value::from(481),
            "data: found 960 bytes, expected 962",
        ),
        (
            1,
            "/type",
            Value::from("RGBA"),
            "type: found Rgba, expected I420",
        ),
        (
            1,
            "/type",
            Value::from("I411"),
            "type: unknown variant `I411`",
        ),
        (
            1,
            "/rotation",
            Value::from("VIDEO_ROTATION_45"),
            "rotation: unknown variant",
        ),
        (
            1,
            "/strides",
            serde_json::json!([32]),
            "planes: found 1, expected 3",
        ),
        (1, "/height", Value::from(26), "data: found 1152 bytes"),
        (
            1,
            "/event",
            Value::from("sip_party"),
            "event: found sip_party",
        ),
        (9, "/track_sid", Value::from(7), "track_sid: invalid type"),
    ] {
        let found = changed(&mut call(), &f, index, pointer, with).unwrap_err();
        assert!(found.starts_with(said), "{found}");
    }
    let mut unknown = f.messages[0].clone();
    unknown["track_sid"] = "TR_XX".into();
    let skipped = one(&mut call(), &f, &unknown).unwrap();
    assert_eq!(
        skipped.iter().map(line).collect::<Vec<_>>(),
        ["- TR_XX NotAnnounced"]
    );
}

#[test]
fn every_buffer_type_of_livekit_has_a_format() {
    use VideoBufferType as B;
    for (buffer, format, bytes) in [
        (B::Rgba, "RGBA", 4 * 16 * 16),
        (B::Abgr, "ABGR", 4 * 16 * 16),
        (B::Argb, "ARGB", 4 * 16 * 16),
        (B::Bgra, "BGRA", 4 * 16 * 16),
        (B::Rgb24, "RGB24", 3 * 16 * 16),
        (B::I420A, "I420A", 16 * 16 * 5 / 2),
        (B::I422, "I422", 2 * 16 * 16),
        (B::I444, "I444", 3 * 16 * 16),
        (B::I010, "I010", 3 * 16 * 16),
        (B::Nv12, "NV12", 16 * 16 * 3 / 2),
    ] {
        let mut f = fixture("livekit/room.json");
        f.messages.clear();
        let mut call = livekit(buffer);
        let (open, _) = run(&mut call, &f);
        assert!(
            opening(&open)[2].contains(&format!(" {format} ")),
            "{format}"
        );
        let frame = |bytes: usize| crate::platforms::livekit::VideoFrame {
            track_sid: "TR_VA".into(),
            timestamp_us: 5,
            rotation: VideoRotation::Rotation0,
            buffer_type: buffer,
            width: 16,
            height: 16,
            strides: vec![],
            data: vec![7; bytes].into(),
            received_unix_us: 9,
        };
        let short = call.video(frame(bytes - 1)).unwrap_err().to_string();
        assert!(short.starts_with("data: found"), "{short}");
        let outputs = call.video(frame(bytes)).unwrap();
        assert_eq!(
            line(&outputs[0]),
            format!("candidate.camera #0 @0 {bytes}B 16x16 received 9")
        );
    }
}
