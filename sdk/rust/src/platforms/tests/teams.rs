//! Teams media bots.

use super::*;
use crate::platforms::teams::{Teams, VideoColorFormat, VideoSocket};

pub(super) fn teams(format: VideoColorFormat) -> Teams {
    Teams::new(plan("participant-101"), VideoSocket { format, fps: 15.0 })
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
