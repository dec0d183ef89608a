//! Recall.ai.

use super::*;
use crate::platforms::recall::Recall;

pub(super) fn recall(events: [&str; 2]) -> Recall {
    Recall::new(plan("200"), events).unwrap()
}

pub(super) const PNG: [&str; 2] = ["video_separate_png.data", "audio_separate_raw.data"];

pub(super) const H264: [&str; 2] = ["video_separate_h264.data", "audio_separate_raw.data"];

/// Seconds become microseconds from the first media; speech and camera become events.
#[test]
fn recall_png_at_2_fps() {
    let f = fixture("recall/png_2fps.json");
    let (open, outputs) = run(&mut recall(PNG), &f);
    assert_eq!(
        opening(&open),
        [
            "interviewer INTERVIEWER 100",
            "candidate CANDIDATE 200",
            "interviewer.microphone of interviewer: S16LE 16000 Hz x1, ESTIMATED",
            "candidate.camera of candidate: PNG 2 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.camera #0 @0 3531B",
            "interviewer.microphone #0 @0 3200B",
            "interviewer.microphone #1 @100000 3200B",
            "! speaks \"interviewer\" @250000",
            "candidate.camera #1 @500000 3531B",
            "candidate.microphone #0 @500000 3200B",
            "candidate.microphone #1 @600000 3200B",
            "candidate.camera #2 @1000000 3531B",
            "interviewer.microphone #2 @1000000 3200B",
            "interviewer.microphone #3 @1100000 3200B",
            "candidate.camera #3 @1500000 3531B",
            "candidate.microphone #2 @1500000 3200B",
            "candidate.microphone #3 @1600000 3200B",
            "! speaks \"\" @1750000",
            "- 100 NotAssessed",
            "- 200 ScreenShare",
            "! candidate camera false @2250000",
            "! candidate camera true @2500000",
        ],
    );
    assert_payloads(&f, &outputs, &["/data/data/buffer"]);
}

/// The same with H.264.
#[test]
fn recall_h264() {
    let f = fixture("recall/h264.json");
    let (open, outputs) = run(&mut recall(H264), &f);
    assert_eq!(
        opening(&open),
        [
            "interviewer INTERVIEWER 100",
            "candidate CANDIDATE 200",
            "interviewer.microphone of interviewer: S16LE 16000 Hz x1, ESTIMATED",
            "candidate.camera of candidate: H264_ANNEX_B 0 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.camera #0 @0 1409B",
            "candidate.microphone #0 @0 1280B",
            "candidate.camera #1 @40000 14B delta",
            "candidate.microphone #1 @40000 1280B",
            "candidate.camera #2 @80000 14B delta",
            "candidate.microphone #2 @80000 1280B",
            "candidate.camera #3 @120000 41B delta",
            "candidate.microphone #3 @120000 1280B",
            "candidate.camera #4 @160000 14B delta",
            "candidate.microphone #4 @160000 1280B",
            "candidate.camera #5 @200000 14B delta",
            "candidate.microphone #5 @200000 1280B",
            "candidate.camera #6 @240000 23B delta",
            "candidate.microphone #6 @240000 1280B",
            "candidate.camera #7 @280000 22B delta",
            "candidate.microphone #7 @280000 1280B",
            "candidate.camera #8 @320000 14B delta",
            "candidate.microphone #8 @320000 1280B",
            "candidate.camera #9 @360000 22B delta",
            "candidate.microphone #9 @360000 1280B",
            "interviewer.microphone #0 @400000 1280B",
        ],
    );
    assert_payloads(&f, &outputs, &["/data/data/buffer"]);
}

#[test]
fn recall_refusals_name_the_field() {
    let f = fixture("recall/png_2fps.json");
    for (pointer, with, said) in [
        (
            "/event",
            Value::from("video_separate_mkv.data"),
            "event: found video_separate_mkv.data",
        ),
        (
            "/event",
            Value::from("participant_events.sneezed"),
            "event: found participant_events.sneezed",
        ),
        (
            "/data/data/type",
            Value::from("hologram"),
            "data.data.type: found hologram",
        ),
        (
            "/data/data/timestamp/relative",
            Value::from(1e300),
            "data.data.timestamp.relative: found",
        ),
        (
            "/data/data/timestamp/relative",
            Value::Null,
            "data.data.timestamp.relative: invalid type",
        ),
        (
            "/data/data/buffer",
            Value::from("*"),
            "data.data.buffer: no base64",
        ),
        (
            "/data/data/participant",
            Value::Null,
            "data.data.participant: missing field",
        ),
        (
            "/data/data/participant/id",
            Value::from("x"),
            "data.data.participant.id: invalid type",
        ),
    ] {
        let found = refused(&mut recall(PNG), &f, f.messages[0].clone(), pointer, with);
        assert!(found.starts_with(said), "{found}");
    }
    let both = ["video_separate_png.data", "video_separate_h264.data"];
    let found = Recall::new(plan("200"), both).unwrap_err().to_string();
    assert!(
        found.starts_with("event: found video_separate_h264.data"),
        "{found}"
    );
}

/// Mixed sound names nobody; where separate sound comes as well, the mixture is left out.
#[test]
fn recall_mixed_sound() {
    let mut f = fixture("recall/png_2fps.json");
    f.messages.truncate(3);
    for m in &mut f.messages[1..] {
        m["event"] = "audio_mixed_raw.data".into();
        m["data"]["data"]
            .as_object_mut()
            .unwrap()
            .remove("participant");
    }
    let (open, outputs) = run(
        &mut recall(["audio_mixed_raw.data", "video_separate_png.data"]),
        &f,
    );
    assert_eq!(opening(&open)[2], "mixed MIXED mixed");
    assert_lines(
        &outputs[1..],
        &[
            "mixed.microphone #0 @0 3200B",
            "mixed.microphone #1 @100000 3200B",
        ],
    );
    let (_, outputs) = run(
        &mut recall(["audio_mixed_raw.data", "audio_separate_raw.data"]),
        &f,
    );
    assert_lines(
        &outputs[1..],
        &["- mixed NotAnnounced", "- mixed NotAnnounced"],
    );
}
