//! The schema and the parser in step, and every contradiction once.

mod schema;

use super::*;
use crate::core::{EventKind, MediaTime, Role, SessionId, Span, TrackKind};
use crate::decode::file::{FileInfo, StreamInfo};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn stream(index: usize, kind: TrackKind) -> StreamInfo {
    StreamInfo {
        index,
        kind,
        codec: "some".into(),
        decodable: true,
        cover_picture: false,
        start_ns: 0,
        width: 640,
        height: 360,
        average_fps: Some(25.0),
        rotation_deg: 0,
        sample_rate_hz: 96_000,
        channels: 6,
    }
}

/// 100 s with pictures in streams 0 and 3 and sound in 1 and 2; stream 3 cannot be decoded.
fn recording() -> FileInfo {
    FileInfo {
        container: "mov".into(),
        duration_ns: Some(100_000_000_000),
        comment: String::new(),
        streams: vec![
            stream(0, TrackKind::Video),
            stream(1, TrackKind::Audio),
            stream(2, TrackKind::Audio),
            StreamInfo {
                decodable: false,
                ..stream(3, TrackKind::Video)
            },
        ],
    }
}

fn session() -> SessionId {
    SessionId::parse("s").unwrap()
}

fn whole() -> Value {
    json!({
        "version": 1,
        "consent_id": "c-1",
        "source_platform": "zoom_rtms",
        "participants": [{"id": "cand", "role": "candidate"}, {"id": "host", "role": "interviewer"}],
        "tracks": [
            {"stream": 0, "id": "cam", "participant": "cand",
             "region": {"x": 0.5, "y": 0, "width": 0.5, "height": 1}},
            {"stream": 1, "id": "mic", "participant": "cand"},
            {"stream": 2, "id": "host-mic", "participant": "host"}
        ],
        "clock_mapping": "platform",
        "events": [
            {"time_ms": 2000.5, "type": "question_end", "question_id": "q1"},
            {"time_ms": 1000, "type": "question_start", "question_id": "q1"},
            {"time_ms": 2500, "type": "answer_start", "question_id": "q1"},
            {"time_ms": 3000, "type": "mute", "participant": "cand", "muted": true},
            {"time_ms": 3100, "type": "camera", "participant": "cand", "on": false},
            {"time_ms": 3200, "type": "active_speaker"},
            {"time_ms": 3300, "type": "active_speaker", "participant": "host"},
            {"time_ms": 4000, "type": "discontinuity", "track": "cam", "reason": "layout"},
            {"time_ms": 5000, "type": "challenge", "id": "h1", "kind": "hand_pass", "direction": "left",
             "deadline_ms": 9000, "count": 2},
            {"time_ms": 0, "type": "warm_up", "end_ms": 900}
        ],
        "reference": {"from_ms": 20000, "to_ms": 30000.5},
        "tampered": [{"kind": "lip_shift", "from_ms": 1000, "to_ms": 2500, "offset_ms": 240}]
    })
}

#[test]
fn a_whole_file_is_read_and_applied() {
    let plan = parse(&whole().to_string())
        .unwrap()
        .apply(&recording(), session())
        .unwrap();
    assert_eq!(plan.spec.consent_id, "c-1");
    assert_eq!(plan.spec.participants[1].role, Role::Interviewer);
    assert_eq!(plan.selections.len(), 3);
    assert_eq!(plan.selections[0].region.unwrap().x, 0.5);
    let mic = plan.spec.tracks[1].audio.unwrap();
    assert_eq!((mic.sample_rate_hz, mic.channels), (48_000, 2));
    assert!(
        plan.spec
            .tracks
            .iter()
            .all(|t| t.clock == ClockSource::Platform)
    );
    assert!(plan.has_question_marks());
    let times: Vec<MediaTime> = plan.events.iter().map(|e| e.time).collect();
    assert!(times.is_sorted(), "events come in time order");
    assert_eq!(times[2], MediaTime(2_000_500_000));
    assert!(matches!(
        &plan.events[9].kind,
        EventKind::Challenge {
            deadline: MediaTime(9_000_000_000),
            count: 2,
            asked,
            ..
        } if asked.parameters.direction == Some(crate::core::Side::Left)
    ));
    let verified = Span::new(MediaTime::from_ms(20_000), MediaTime(30_000_500_000));
    assert_eq!(plan.reference, Some(verified));
    let last = plan.events.last().unwrap();
    assert_eq!(last.time, verified.start);
    assert!(matches!(last.kind, EventKind::ReferenceSpan { end } if end == verified.end));
    assert_eq!(
        plan.candidate().unwrap().1.as_str(),
        "cam",
        "whose pictures a reference takes"
    );
    assert_eq!(
        plan.notices,
        [
            "this is a test copy, tampered with on purpose (lip_shift from 1.0 to 2.5 s); no signal is told so",
            "video stream 3 (some): cannot be decoded here"
        ]
    );
}

#[test]
fn without_a_file_or_lists_the_first_streams_are_taken() {
    let plan = Plan::unannounced(&recording(), session()).unwrap();
    assert_eq!(plan.spec.participants.len(), 1);
    assert_eq!(plan.spec.participants[0].id.as_str(), "recording");
    assert_eq!(plan.spec.participants[0].role, Role::Mixed);
    let used: Vec<usize> = plan.selections.iter().map(|s| s.stream).collect();
    assert_eq!(used, [0, 1]);
    assert_eq!(plan.spec.tracks[0].clock, ClockSource::Unknown);
    assert!(!plan.has_question_marks());

    let named = parse(
        r#"{"version": 1, "participants": [{"id": "h", "role": "interviewer"}, {"id": "c", "role": "candidate"}]}"#,
    );
    let plan = named.unwrap().apply(&recording(), session()).unwrap();
    assert!(
        plan.spec
            .tracks
            .iter()
            .all(|t| t.participant.as_str() == "c")
    );

    // A copy that lost its events file is known by its metadata; another comment says nothing.
    let mut commented = FileInfo {
        comment: "TEST COPY, TAMPERED WITH: freeze, 2.0 to 4.0 s (liveproof forge)".into(),
        ..recording()
    };
    let plan = Plan::unannounced(&commented, session()).unwrap();
    let said = plan.test_copy.unwrap();
    assert!(
        said.contains("test copy by its metadata") && said.contains("freeze"),
        "{said}"
    );
    assert_eq!(plan.notices[0], said);
    commented.comment = "a holiday".into();
    let plan = Plan::unannounced(&commented, session()).unwrap();
    assert_eq!(plan.test_copy, None);

    let silent = FileInfo {
        streams: Vec::new(),
        ..recording()
    };
    assert_eq!(
        Plan::unannounced(&silent, session()).unwrap_err()[0].field,
        "recording"
    );
}

/// `whole()` with the value at a JSON pointer replaced, or inserted into its object.
fn with(pointer: &str, value: Value) -> Value {
    let mut v = whole();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match v.pointer_mut(parent).unwrap() {
        Value::Object(o) => {
            o.insert(key.into(), value);
        }
        Value::Array(a) => a[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
    v
}

#[test]
fn malformed_files_name_the_entry() {
    for (v, expected) in [
        (json!([]), "the file: found [], expected an object"),
        (json!({}), "version: found none, expected 1"),
        (with("/version", json!(2)), "version: found 2, expected 1"),
        (
            with("/version", json!("1")),
            "version: found \"1\", expected a whole number",
        ),
        (
            with("/consent_id", json!(7)),
            "consent_id: found 7, expected a text",
        ),
        (
            with("/consent_id", json!("x".repeat(257))),
            "consent_id: found 257 bytes, expected at most 256 bytes",
        ),
        (
            with("/partecipants", json!([])),
            "the file: unknown key \"partecipants\", did you mean \"participants\"?",
        ),
        (with("/zzz", json!(0)), "the file: unknown key \"zzz\""),
        (
            with("/participants/0/id", json!("a b")),
            "participants[0].id: found \"a b\"",
        ),
        (
            with("/participants/0/role", json!("canditate")),
            "did you mean candidate?",
        ),
        (
            with("/participants", json!({})),
            "participants: found {}, expected a list",
        ),
        (
            with("/participants/0", json!(3)),
            "participants[0]: found 3, expected an object",
        ),
        (
            with("/tracks/1/stream", json!(-1)),
            "tracks[1].stream: found -1, expected an index from 0",
        ),
        (
            with("/tracks/1/stream", json!(1.5)),
            "tracks[1].stream: found 1.5, expected a whole number",
        ),
        (
            with("/tracks/1", json!({"stream": 1, "id": "mic"})),
            "tracks[1].participant: found nothing",
        ),
        (
            with("/tracks/0/region/width", json!(0.6)),
            "tracks[0].region.width",
        ),
        (
            with("/tracks/0/region/widht", json!(0.6)),
            "tracks[0].region: unknown key \"widht\", did you mean \"width\"?",
        ),
        (
            with("/clock_mapping", json!("gps")),
            "clock_mapping: found \"gps\", expected one of platform",
        ),
        (
            with("/events/0/type", json!("question_ende")),
            "events[0].type: found \"question_ende\"",
        ),
        (
            with("/events/0/time_ms", json!("soon")),
            "events[0].time_ms: found \"soon\"",
        ),
        (
            with("/events/0/time_ms", json!(1e300)),
            "events[0].time_ms: found 1e+300",
        ),
        (
            with("/events/0/muted", json!(true)),
            "events[0].muted: found a key without meaning",
        ),
        (
            with("/events/0/question_idd", json!("q")),
            "events[0]: unknown key \"question_idd\", did you mean \"question_id\"?",
        ),
        (
            with("/events/3/muted", json!(1)),
            "events[3].muted: found 1, expected true or false",
        ),
        (
            with("/events/8/count", json!(11)),
            "events[8].count: found 11, expected 1 to 10",
        ),
        (
            with("/events/8/kind", json!("dance")),
            "events[8].kind: found \"dance\"",
        ),
        (
            with("/reference/to_ms", json!("end")),
            "reference.to_ms: found \"end\"",
        ),
        (
            with("/reference", json!({"from_ms": 0})),
            "reference.to_ms: found nothing",
        ),
        (
            with("/reference/until_ms", json!(3)),
            "reference: unknown key \"until_ms\"",
        ),
        (
            with("/events", json!(vec![0; MAX_ENTRIES + 1])),
            "events: found 10001 entries",
        ),
    ] {
        let e = parse(&v.to_string()).unwrap_err().to_string();
        assert!(e.contains(expected), "{e}\n  does not contain {expected}");
    }
    for text in [
        "",
        "{",
        "{ version: one,",
        "\u{feff}{}",
        "{\"version\": NaN}",
    ] {
        assert!(
            matches!(parse(text), Err(EventsError::NotJson { .. })),
            "{text}"
        );
    }
    assert!(parse(&"[".repeat(100_000)).is_err(), "depth is bounded");
}

#[test]
fn contradictions_with_the_recording_name_the_entry() {
    let check = |v: Value, field: &str| {
        let faults = parse(&v.to_string())
            .unwrap()
            .apply(&recording(), session())
            .unwrap_err();
        assert!(
            faults.iter().any(|f| f.field == field),
            "{field}: {faults:?}"
        );
    };
    check(
        with("/events/0/time_ms", json!(100_501)),
        "events[0].time_ms",
    );
    check(with("/reference/from_ms", json!(-1)), "reference.from_ms");
    check(with("/reference/to_ms", json!(20_000)), "reference.to_ms");
    check(with("/reference/to_ms", json!(100_501)), "reference.to_ms");
    check(with("/events/0/time_ms", json!(-1)), "events[0].time_ms");
    check(with("/events/0/time_ms", json!(999)), "events[0].time_ms"); // ends before its start
    check(with("/events/2/time_ms", json!(999)), "events[2].time_ms"); // answered before its start
    check(
        with("/events/0/type", json!("question_start")),
        "events[1].question_id",
    );
    check(
        with("/events/3/participant", json!("ghost")),
        "events[3].participant",
    );
    check(
        with("/events/6/participant", json!("ghost")),
        "events[6].participant",
    );
    check(with("/events/7/track", json!("ghost")), "events[7].track");
    check(
        with("/events/8/deadline_ms", json!(5000)),
        "events[8].deadline_ms",
    );
    check(
        with("/events/3", whole()["events"][8].clone()),
        "events[8].id",
    );
    check(with("/events/9/end_ms", json!(200_000)), "events[9].end_ms");
    check(with("/events/9/end_ms", json!(0)), "events[9].end_ms");
    check(with("/tracks/0/stream", json!(7)), "tracks[0].stream");
    check(with("/tracks/0/stream", json!(3)), "tracks[0].stream");
    check(with("/tracks/0/stream", json!(1)), "tracks[0].region");
    check(with("/tracks/1/id", json!("cam")), "tracks[1].id");
    check(
        with("/tracks/1/participant", json!("ghost")),
        "tracks[1].participant",
    );
    check(with("/tracks", json!([])), "tracks");
    check(
        with("/participants/1/id", json!("cand")),
        "participants[1].id",
    );
    check(with("/participants/0/role", json!("other")), "participants");
    let host_only = json!([{"stream": 2, "id": "m", "participant": "host"}]);
    check(with("/tracks", host_only), "tracks");

    // An unknown length accepts every time; several faults come together.
    let endless = FileInfo {
        duration_ns: None,
        ..recording()
    };
    let late = with("/events/0/time_ms", json!(5e6));
    assert!(
        parse(&late.to_string())
            .unwrap()
            .apply(&endless, session())
            .is_ok()
    );
    let mut two = with("/events/0/time_ms", json!(5e6));
    two["tracks"][0]["stream"] = json!(9);
    let faults = parse(&two.to_string())
        .unwrap()
        .apply(&recording(), session());
    assert!(faults.unwrap_err().len() >= 2);
}

#[test]
fn the_files_of_testdata_are_taken_or_refused_by_name() {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/media");
    let options = crate::decode::file::OpenOptions::default();
    let source = crate::decode::file::FileSource::open(&media.join("contradicting.mp4"), &options);
    let info = source.unwrap().info().clone();
    let beside = discover(&media.join("contradicting.mp4")).unwrap();
    let path = |name: &str| media.join("events").join(format!("{name}.events.json"));
    for (path, expected) in [
        (
            beside,
            "events[0].time_ms: found 90000 ms, expected inside the recording, which has 2000 ms",
        ),
        (path("past_end"), "events[0].time_ms: found 90000 ms"),
        (
            path("wrong_order"),
            "where question q1 ends, expected not before its start at 1500 ms",
        ),
        (
            path("unknown_stream"),
            "tracks[2].stream: found 7, expected a video or audio stream of the recording: 0, 1",
        ),
        (
            path("unknown_participant"),
            "tracks[1].participant: found nobody, expected a listed participant",
        ),
        (
            path("unknown_role"),
            "participants[0].role: found \"wizard\"",
        ),
        (path("unknown_field"), "the file: unknown key \"mood\""),
        (path("wrong_version"), "version: found 99, expected 1"),
        (path("not_json"), "not JSON: line 1, column 3"),
    ] {
        let said = match load(&path) {
            Err(e) => e.to_string(),
            Ok(file) => {
                let faults = file.apply(&info, session()).unwrap_err();
                faults.iter().map(|f| f.to_string() + "; ").collect()
            }
        };
        assert!(said.contains(expected), "{}: {said}", path.display());
    }
    let demo = media.join("../demo/interview.mp4");
    let info = crate::decode::file::FileSource::open(&demo, &options)
        .unwrap()
        .info()
        .clone();
    let plan = load(&discover(&demo).unwrap())
        .unwrap()
        .apply(&info, session())
        .unwrap();
    assert_eq!((plan.selections.len(), plan.notices.len()), (3, 0));
}
