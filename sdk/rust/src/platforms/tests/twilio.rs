//! Twilio Media Streams.

use super::*;
use crate::platforms::twilio::Twilio;

/// Two tracks of one clock, no picture.
#[test]
fn twilio_call() {
    let f = fixture("twilio/call.json");
    let (open, outputs) = run(&mut Twilio::new(plan("inbound")), &f);
    assert_eq!(
        opening(&open),
        [
            "candidate CANDIDATE inbound",
            "interviewer INTERVIEWER outbound",
            "candidate.microphone of candidate: MULAW 8000 Hz x1, PLATFORM",
            "interviewer.microphone of interviewer: MULAW 8000 Hz x1, PLATFORM",
        ]
    );
    assert_lines(
        &outputs,
        &[
            "candidate.microphone #0 @0 160B",
            "interviewer.microphone #0 @4000 160B",
            "candidate.microphone #1 @20000 160B",
            "interviewer.microphone #1 @24000 160B",
            "candidate.microphone #2 @40000 160B",
            "interviewer.microphone #2 @44000 160B",
            "candidate.microphone #3 @60000 160B",
            "interviewer.microphone #3 @64000 160B",
            "candidate.microphone #4 @80000 160B",
            "candidate.microphone #5 @100000 160B",
            "candidate.microphone #6 @120000 160B",
            "candidate.microphone #7 @140000 160B",
            "candidate.microphone #8 @160000 160B",
            "candidate.microphone #9 @180000 160B",
            "ended: the stream stopped",
        ],
    );
    assert_payloads(&f, &outputs, &["/media/payload"]);
}

#[test]
fn twilio_refusals_name_the_field() {
    let f = fixture("twilio/call.json");
    let call = || Twilio::new(plan("inbound"));
    for (pointer, with, said) in [
        (
            "/start/mediaFormat/encoding",
            Value::from("audio/l16"),
            "start.mediaFormat.encoding: found audio/l16",
        ),
        (
            "/start/mediaFormat/sampleRate",
            Value::from(16_000),
            "start.mediaFormat: found 16000 Hz",
        ),
        (
            "/start/tracks/0",
            Value::from("both_tracks"),
            "start.tracks: found both_tracks",
        ),
        (
            "/start/mediaFormat",
            Value::Null,
            "start.mediaFormat: invalid type",
        ),
        ("/event", Value::from("clear"), "event: found clear"),
        ("/event", Value::from(3), "event: missing, or no text"),
    ] {
        let found = refused(&mut call(), &f, f.before_open[1].clone(), pointer, with);
        assert!(found.starts_with(said), "{found}");
    }
    for (pointer, with, said) in [
        (
            "/media/timestamp",
            Value::from("soon"),
            "media.timestamp: no whole number: \"soon\"",
        ),
        (
            "/media/payload",
            Value::from("?"),
            "media.payload: no base64",
        ),
        ("/media", Value::Null, "media: invalid type"),
    ] {
        let found = refused(&mut call(), &f, f.messages[0].clone(), pointer, with);
        assert!(found.starts_with(said), "{found}");
    }
    let nobody = call().open().unwrap_err().to_string();
    assert!(
        nobody.starts_with("participants: found nobody to assess"),
        "{nobody}"
    );
}
