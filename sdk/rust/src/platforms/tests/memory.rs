//! Platforms whose SDK hands over memory: Teams, Meet, LiveKit, Daily, and WebCodecs.

use super::*;
use crate::platforms::daily::{Daily, Renderers};
use crate::platforms::livekit::{Formats, LiveKit, VideoBufferType, VideoRotation};
use crate::platforms::meet::{AudioStreams, Meet, Streams, TracksOf, VideoStreams};
use crate::platforms::teams::{Teams, VideoColorFormat, VideoSocket};
use crate::platforms::webcodecs::WebCodecs;

fn teams(format: VideoColorFormat) -> Teams {
    Teams::new(plan("participant-101"), VideoSocket { format, fps: 15.0 })
}

fn meet(absolute_capture_time: bool) -> Meet {
    let streams = Streams {
        audio: AudioStreams::Pcm16 {
            sample_rate: 48_000,
            channels: 1,
        },
        video: VideoStreams::I420,
        absolute_capture_time,
        tracks: TracksOf::Participants,
    };
    Meet::new(plan("participants/cand"), streams)
}

fn meet_encoded() -> Meet {
    let streams = Streams {
        audio: AudioStreams::Opus,
        video: VideoStreams::Vp8,
        absolute_capture_time: true,
        tracks: TracksOf::Participants,
    };
    Meet::new(plan("participants/cand"), streams)
}

fn livekit(video: VideoBufferType) -> LiveKit {
    let formats = Formats {
        video,
        rotation: VideoRotation::Rotation0,
        fps: 25.0,
        sample_rate: 48_000,
        num_channels: 1,
    };
    LiveKit::new(plan("applicant"), formats)
}

fn daily(color_format: &str) -> Result<Daily, MapError> {
    let renderers = Renderers {
        color_format: color_format.into(),
        fps: 30.0,
        sample_rate: 16_000,
        num_channels: 1,
    };
    Daily::new(plan("6f0ce557-e6e4-409f-bae9-fe5663ba4ae7"), renderers)
}

/// Media source ids lead to participants; a larger picture with a stride of its own is a new epoch.
#[test]
fn teams_nv12_with_unmixed_sound() {
    let f = fixture("teams/nv12_15fps.json");
    let (open, outputs) = run(&mut teams(VideoColorFormat::Nv12), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE participant-101",
            "interviewer INTERVIEWER participant-201",
            "candidate.camera of candidate: NV12 15 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 16000 Hz x1, ESTIMATED",
            "interviewer.microphone of interviewer: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 640B received 33000000",
            "candidate.microphone #1 @20000 640B received 33021000",
            "candidate.microphone #2 @40000 640B received 33042000",
            "candidate.microphone #3 @60000 640B received 33060000",
            "candidate.microphone #4 @80000 640B received 33081000",
            "! speaks \"candidate\" @90000",
            "candidate.camera #0 @0 1152B 32x24 0+32 768+32 received 33000000",
            "candidate.camera #1 @66666 1152B 32x24 0+32 768+32 received 33069667",
            "candidate.camera #2 @133333 3072B 48x32 0+64 2048+64 epoch 1 received 33133334",
            "candidate.microphone #5 @100000 640B received 33102000",
            "interviewer.microphone #0 @102000 640B received 33102000",
            "- participant-201 NotAssessed",
            "- participant-201 ScreenShare",
            "! candidate muted true @300000",
            "- 999 NotAnnounced",
        ],
    );
    let one = |o: &Output| matches!(o, Output::Media(c) if c.track_id.ends_with("camera"));
    let pictures: Vec<_> = outputs
        .iter()
        .map(|o| o.iter().filter(|o| one(o)).cloned().collect())
        .collect();
    assert_payloads(&f, &pictures, &["/Data"]);
}

/// Capture times of 2^-32 s become microseconds; frames go by their CSRC, and the candidate who comes
/// back on another stream breaks there.
#[test]
fn meet_streams_that_change_hands() {
    let f = fixture("meet/decoded.json");
    let (open, outputs) = run(&mut meet(true), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE participants/cand",
            "interviewer INTERVIEWER participants/host",
            "candidate.camera of candidate: I420 0 fps, PLATFORM",
            "candidate.microphone of candidate: S16LE 48000 Hz x1, PLATFORM",
            "interviewer.microphone of interviewer: S16LE 48000 Hz x1, PLATFORM",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 1920B received 33060000",
            "! speaks \"candidate\" @0",
            "candidate.camera #0 @5000 1152B 32x24 received 33065000",
            "candidate.microphone #1 @20000 1920B received 33080000",
            "candidate.camera #1 @25000 1152B 32x24 received 33085000",
            "candidate.microphone #2 @40000 1920B received 33100000",
            "candidate.camera #2 @45000 1152B 32x24 received 33105000",
            "interviewer.microphone #0 @60000 1920B received 33120000",
            "! speaks \"interviewer\" @60000",
            "- participants/host NotAssessed",
            "- participants/host ScreenShare",
            "candidate.microphone #3 @80000 1920B received 33140000",
            "! candidate.camera breaks: the virtual stream changed hands @85000",
            "candidate.camera #3 @85000 1152B 32x24 epoch 1 received 33145000",
            "! candidate muted true @100000",
            "- 7777 NotAnnounced",
        ],
    );
    assert_payloads(&f, &outputs, &["/data"]);
}

/// The same with Opus and VP8.
#[test]
fn meet_encoded_streams() {
    let f = fixture("meet/encoded.json");
    let (open, outputs) = run(&mut meet_encoded(), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE participants/cand",
            "interviewer INTERVIEWER participants/host",
            "candidate.camera of candidate: VP8 0 fps, PLATFORM",
            "candidate.microphone of candidate: OPUS 48000 Hz x2, PLATFORM",
            "interviewer.microphone of interviewer: OPUS 48000 Hz x2, PLATFORM",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 89B received 33060000",
            "candidate.camera #0 @5000 1533B received 33065000",
            "candidate.microphone #1 @20000 62B received 33080000",
            "candidate.microphone #2 @40000 62B received 33100000",
            "candidate.camera #1 @45000 78B delta received 33105000",
            "candidate.microphone #3 @60000 64B received 33120000",
            "candidate.microphone #4 @80000 66B received 33140000",
            "candidate.camera #2 @85000 38B delta received 33145000",
            "candidate.microphone #5 @100000 67B received 33160000",
            "candidate.microphone #6 @120000 69B received 33180000",
            "candidate.camera #3 @125000 143B delta received 33185000",
            "candidate.microphone #7 @140000 65B received 33200000",
            "candidate.microphone #8 @160000 64B received 33220000",
            "candidate.camera #4 @165000 28B delta received 33225000",
            "candidate.microphone #9 @180000 54B received 33240000",
        ],
    );
    assert_payloads(&f, &outputs, &["/data"]);
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

/// States become events when they change; sound lies before its receipt by its length.
#[test]
fn daily_call() {
    let f = fixture("daily/call.json");
    let (open, outputs) = run(&mut daily("RGBA").unwrap(), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE 6f0ce557-e6e4-409f-bae9-fe5663ba4ae7",
            "interviewer INTERVIEWER 0a1b2c3d-0000-4000-8000-000000000001",
            "candidate.camera of candidate: RGBA 30 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 16000 Hz x1, ESTIMATED",
            "interviewer.microphone of interviewer: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "! interviewer muted false @0",
            "! interviewer camera false @0",
            "candidate.microphone #0 @0 320B received 33010000",
            "candidate.microphone #1 @10000 320B received 33020000",
            "candidate.camera #0 @20700 3072B 32x24 received 33020700",
            "! candidate muted false @25000",
            "! candidate camera true @25000",
            "candidate.microphone #2 @20000 320B received 33030000",
            "! speaks \"interviewer\" @32000",
            "interviewer.microphone #0 @30000 320B received 33040000",
            "candidate.camera #1 @53700 3072B 32x24 received 33053700",
            "- 0a1b2c3d-0000-4000-8000-000000000001 NotAssessed",
            "- 6f0ce557-e6e4-409f-bae9-fe5663ba4ae7 ScreenShare",
            "! candidate muted true @70000",
            "candidate.camera #2 @86700 3072B 32x24 received 33086700",
        ],
    );
    assert_payloads(&f, &outputs, &["/buffer", "/audio_frames"]);
}

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

/// Takes what comes before `open`, opens, and takes a message with one field changed.
fn changed(
    call: &mut impl Adapter,
    f: &Fixture,
    index: usize,
    pointer: &str,
    with: Value,
) -> Result<Vec<String>, String> {
    let mut message = f.messages[index].clone();
    match message.pointer_mut(pointer) {
        Some(field) => *field = with,
        None => panic!("{pointer} in {message}"),
    }
    let outputs = one(call, f, &message);
    outputs
        .map(|o| o.iter().map(line).collect())
        .map_err(|e| e.to_string())
}

#[test]
fn teams_refusals_name_the_field() {
    let f = fixture("teams/nv12_15fps.json");
    for (index, pointer, with, said) in [
        (
            0,
            "/AudioFormat",
            Value::from("Pcm44KStereo"),
            "AudioFormat: found Pcm44KStereo",
        ),
        (0, "/UnmixedAudioBuffers/0/Data", Value::from("AAA="), ""),
        (
            0,
            "/UnmixedAudioBuffers/0/Data",
            Value::from("AAAA"),
            "data: found 3 bytes",
        ),
        (
            0,
            "/UnmixedAudioBuffers/0/ActiveSpeakerId",
            Value::from(-1),
            "UnmixedAudioBuffers[0].ActiveSpeakerId: invalid value",
        ),
        (
            6,
            "/VideoFormat/VideoColorFormat",
            Value::from("Rgb24"),
            "VideoFormat.VideoColorFormat: unknown variant `Rgb24`",
        ),
        (
            6,
            "/VideoFormat/VideoColorFormat",
            Value::from("H264"),
            "VideoFormat.VideoColorFormat: found H264, expected Nv12",
        ),
        (
            6,
            "/Stride",
            Value::from(31),
            "stride: found 31, expected at least 32",
        ),
        (
            6,
            "/VideoFormat/Height",
            Value::from(48),
            "data: found 1152 bytes, expected at least 2304",
        ),
        (6, "/Timestamp", Value::Null, "Timestamp: invalid type"),
        (
            5,
            "/callback",
            Value::from("VbssMediaReceived"),
            "callback: found VbssMediaReceived",
        ),
    ] {
        match changed(&mut teams(VideoColorFormat::Nv12), &f, index, pointer, with) {
            Ok(lines) => assert!(said.is_empty(), "{pointer}: {lines:?}"),
            Err(found) => assert!(!said.is_empty() && found.starts_with(said), "{found}"),
        }
    }
    let mut roster = f.before_open[0].clone();
    roster["participants"][0]["mediaStreams"][0]["sourceId"] = "many".into();
    let found = teams(VideoColorFormat::Nv12)
        .take_json(&roster.to_string())
        .unwrap_err();
    assert!(
        found
            .to_string()
            .starts_with("mediaStreams.sourceId: found many"),
        "{found}"
    );
}

#[test]
fn teams_h264_says_which_unit_is_a_keyframe() {
    let mut f = fixture("teams/nv12_15fps.json");
    f.messages.truncate(8);
    for (i, m) in f.messages[6..].iter_mut().enumerate() {
        m["VideoFormat"]["VideoColorFormat"] = "H264".into();
        m["Stride"] = 0.into();
        let unit: &[u8] = if i == 0 {
            &[0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 2]
        } else {
            &[0, 0, 1, 0x41, 3]
        };
        m["Data"] = STANDARD.encode(unit).into();
    }
    let (open, outputs) = run(&mut teams(VideoColorFormat::H264), &f);
    assert!(opening(&open)[2].contains("H264_ANNEX_B 15 fps"));
    assert_lines(
        &outputs[6..],
        &[
            "candidate.camera #0 @0 11B received 33000000",
            "candidate.camera #1 @66666 5B delta received 33069667",
        ],
    );
}

#[test]
fn meet_refusals_name_the_field() {
    let f = fixture("meet/decoded.json");
    for (index, pointer, with, said) in [
        (
            0,
            "/contributing_source",
            Value::from(42),
            "contributing_source: found 42, expected a participant's",
        ),
        (
            0,
            "/number_of_frames",
            Value::from(961),
            "data: found 1920 bytes, expected 1922",
        ),
        (
            1,
            "/width",
            Value::from(64),
            "data: found 1152 bytes, expected at least 2304",
        ),
        (
            1,
            "/frame",
            Value::from("text"),
            "frame: found text, expected audio or video",
        ),
        (1, "/data", Value::from("?"), "data: no base64"),
    ] {
        let found = changed(&mut meet(true), &f, index, pointer, with).unwrap_err();
        assert!(found.contains(said), "{found}");
    }
    let unnamed = r#"{"channel": "media-entries", "received_unix_us": 1, "resources": [{"id": 1, "mediaEntry": {"audioCsrc": 7}}]}"#;
    let found = meet(true).take_json(unnamed).unwrap_err().to_string();
    assert!(
        found.starts_with("resources.mediaEntry.participantKey: missing"),
        "{found}"
    );
    let found = meet(true)
        .take_json(r#"{"channel": "chat"}"#)
        .unwrap_err()
        .to_string();
    assert!(found.starts_with("channel: found chat"), "{found}");
}

/// A capture clock offset moves the time to Meet's clock; a frame without a capture time is left out
/// where they were agreed, and goes by its receipt where they were not.
#[test]
fn meet_capture_times() {
    let f = fixture("meet/decoded.json");
    let mut pair = fixture("meet/decoded.json");
    pair.messages.truncate(3);
    pair.messages[2]["estimated_capture_clock_offset"] = (1_i64 << 31).into(); // half a second
    let (_, outputs) = run(&mut meet(true), &pair);
    assert_eq!(
        lines(&outputs)[3],
        "candidate.microphone #1 @520000 1920B received 33080000"
    );

    let without = changed(
        &mut meet(true),
        &f,
        1,
        "/absolute_capture_timestamp",
        Value::Null,
    );
    assert_eq!(without.unwrap(), ["- participants/cand NoTime"]);
    let (open, outputs) = run(&mut meet(false), &f);
    assert!(opening(&open)[2].ends_with("UNKNOWN"));
    let found = lines(&outputs);
    assert_eq!(
        found[0],
        "candidate.microphone #0 @0 1920B received 33060000"
    );
    // Sound lies before its receipt by its 20 ms; a picture's receipt is all that is known of it.
    assert_eq!(
        found[2],
        "candidate.camera #0 @25000 1152B 32x24 received 33065000"
    );
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

#[test]
fn daily_refusals_name_the_field() {
    let f = fixture("daily/call.json");
    let call = || daily("RGBA").unwrap();
    for (index, pointer, with, said) in [
        (
            0,
            "/bits_per_sample",
            Value::from(8),
            "bits_per_sample, sample_rate, num_channels: found (8,",
        ),
        (
            2,
            "/color_format",
            Value::from("I420"),
            "color_format: found I420, expected RGBA",
        ),
        (
            2,
            "/video_source",
            Value::from("hologram"),
            "video_source: found hologram",
        ),
        (2, "/height", Value::from(25), "data: found 3072 bytes"),
        (
            3,
            "/participant/media/camera/state",
            Value::from("smudged"),
            "participant.media.camera.state: found smudged",
        ),
        (
            3,
            "/participant/id",
            Value::Null,
            "participant.id: invalid type",
        ),
        (
            3,
            "/action",
            Value::from("participant-sneezed"),
            "action: found participant-sneezed",
        ),
    ] {
        let found = changed(&mut call(), &f, index, pointer, with).unwrap_err();
        assert!(found.starts_with(said), "{found}");
    }
    assert!(
        daily("YUYV")
            .unwrap_err()
            .to_string()
            .starts_with("color_format: found YUYV")
    );
    for format in ["BGRA", "ARGB", "ABGR", "RGB", "I420"] {
        daily(format).unwrap();
    }
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

/// A stream is a track here: its sound goes to whoever speaks on it by an event, pictures of somebody
/// who is not assessed are left out, and the candidate who moves is found on the other track.
#[test]
fn meet_streams_as_tracks() {
    let f = fixture("meet/decoded.json");
    let streams = |pictures| Streams {
        audio: AudioStreams::Pcm16 {
            sample_rate: 48_000,
            channels: 1,
        },
        video: VideoStreams::I420,
        absolute_capture_time: true,
        tracks: TracksOf::Streams { pictures },
    };
    let (open, outputs) = run(&mut Meet::new(plan("participants/cand"), streams(2)), &f);
    assert_eq!(
        opening(&open)[2..],
        [
            "stream-1.camera of candidate: I420 0 fps, PLATFORM",
            "stream-2.camera of candidate: I420 0 fps, PLATFORM",
            "stream-1.microphone of candidate: S16LE 48000 Hz x1, PLATFORM",
            "stream-2.microphone of candidate: S16LE 48000 Hz x1, PLATFORM",
            "stream-3.microphone of candidate: S16LE 48000 Hz x1, PLATFORM",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "stream-1.microphone #0 @0 1920B received 33060000",
            "! speaks \"candidate\" @0",
            "stream-1.camera #0 @5000 1152B 32x24 received 33065000",
            "stream-1.microphone #1 @20000 1920B received 33080000",
            "stream-1.camera #1 @25000 1152B 32x24 received 33085000",
            "stream-1.microphone #2 @40000 1920B received 33100000",
            "stream-1.camera #2 @45000 1152B 32x24 received 33105000",
            "! stream-1.microphone goes to interviewer @60000",
            "stream-1.microphone #3 @60000 1920B epoch 1 received 33120000",
            "! speaks \"interviewer\" @60000",
            "- participants/host NotAssessed",
            "- participants/host ScreenShare",
            "stream-2.microphone #0 @80000 1920B received 33140000",
            "stream-2.camera #0 @85000 1152B 32x24 received 33145000",
            "! candidate muted true @100000",
            "- 7777 NotAnnounced",
        ],
    );
    let mut none = Meet::new(plan("participants/cand"), streams(0));
    for m in &f.before_open {
        none.take_json(&m.to_string()).unwrap();
    }
    let refused = none.open().unwrap_err().to_string();
    assert_eq!(
        refused,
        "tracks.pictures: found 0, expected 1 to 3 virtual streams"
    );
}
