//! Google Meet.

use super::*;
use crate::platforms::meet::{AudioStreams, Meet, Streams, TracksOf, VideoStreams};

pub(super) fn meet(absolute_capture_time: bool) -> Meet {
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

pub(super) fn meet_encoded() -> Meet {
    let streams = Streams {
        audio: AudioStreams::Opus,
        video: VideoStreams::Vp8,
        absolute_capture_time: true,
        tracks: TracksOf::Participants,
    };
    Meet::new(plan("participants/cand"), streams)
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
