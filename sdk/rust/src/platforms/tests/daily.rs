//! Daily.

use super::*;
use crate::platforms::daily::{Daily, Renderers};

pub(super) fn daily(color_format: &str) -> Result<Daily, MapError> {
    let renderers = Renderers {
        color_format: color_format.into(),
        fps: 30.0,
        sample_rate: 16_000,
        num_channels: 1,
    };
    Daily::new(plan("6f0ce557-e6e4-409f-bae9-fe5663ba4ae7"), renderers)
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
