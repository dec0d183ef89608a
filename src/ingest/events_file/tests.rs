//! The schema and the parser in step, and every contradiction once.

use super::*;
use crate::core::{EventKind, MediaTime, Role, SessionId, TrackKind};
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
            {"time_ms": 5000, "type": "challenge", "id": "h1", "kind": "hand_pass",
             "deadline_ms": 9000, "count": 2},
            {"time_ms": 0, "type": "warm_up", "end_ms": 900}
        ]
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
            ..
        }
    ));
    assert_eq!(
        plan.notices,
        ["video stream 3 (some): cannot be decoded here"]
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

/// Words of a schema node's `enum` or keys of its `properties`.
fn words(schema: &Value, pointer: &str) -> BTreeSet<String> {
    match schema.pointer(pointer) {
        Some(Value::Object(o)) => o.keys().cloned().collect(),
        Some(Value::Array(a)) => a.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        other => panic!("{pointer}: {other:?}"),
    }
}

#[test]
fn schema_and_parser_say_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let set = |w: &[&str]| -> BTreeSet<String> { w.iter().map(|s| (*s).to_owned()).collect() };
    let names = |w: Vec<&str>| set(&w);
    let item = |key: &str| format!("/properties/{key}/items/properties");
    let event = item("events");
    let track = item("tracks");
    for (pointer, ours) in [
        ("/properties".to_owned(), set(parse::ROOT_KEYS)),
        (item("participants"), set(parse::PARTICIPANT_KEYS)),
        (track.clone(), set(parse::TRACK_KEYS)),
        (
            format!("{track}/region/properties"),
            set(parse::REGION_KEYS),
        ),
        (event.clone(), set(parse::EVENT_KEYS)),
        (
            format!("{}/role/enum", item("participants")),
            names(parse::ROLES.iter().map(|r| r.0).collect()),
        ),
        (
            "/properties/clock_mapping/enum".into(),
            names(parse::CLOCKS.iter().map(|c| c.0).collect()),
        ),
        (
            format!("{event}/type/enum"),
            names(parse::TYPES.iter().map(|t| t.0).collect()),
        ),
        (
            format!("{event}/kind/enum"),
            names(parse::CHALLENGES.iter().map(|c| c.0).collect()),
        ),
    ] {
        assert_eq!(words(&schema, &pointer), ours, "{pointer}");
    }
    // Every object is closed, and every key has a type of event that takes it.
    for object in [
        "",
        "/properties/participants/items",
        "/properties/tracks/items",
        "/properties/tracks/items/properties/region",
        "/properties/events/items",
    ] {
        let closed = schema.pointer(&format!("{object}/additionalProperties"));
        assert_eq!(closed, Some(&json!(false)), "{object}");
    }
    let mut taken: BTreeSet<&str> = parse::TYPES.iter().flat_map(|t| t.1).copied().collect();
    taken.extend(["time_ms", "type"]);
    assert_eq!(taken, parse::EVENT_KEYS.iter().copied().collect());
    // What the schema requires, the parser requires.
    for (object, example) in [
        ("", ""),
        ("/properties/participants/items", "/participants/0"),
        ("/properties/tracks/items", "/tracks/0"),
        (
            "/properties/tracks/items/properties/region",
            "/tracks/0/region",
        ),
        ("/properties/events/items", "/events/0"),
    ] {
        for key in words(&schema, &format!("{object}/required")) {
            let mut v = whole();
            v.pointer_mut(example)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(&key);
            assert!(parse(&v.to_string()).is_err(), "{example} without {key}");
        }
    }
}

#[test]
fn the_file_beside_a_recording_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("talk.mp4");
    assert_eq!(discover(&recording), None);
    let stem = dir.path().join("talk.events.json");
    std::fs::write(&stem, "{\"version\": 1}").unwrap();
    assert_eq!(discover(&recording), Some(stem.clone()));
    let full = dir.path().join("talk.mp4.events.json");
    std::fs::write(&full, "{\"version\": 2}").unwrap();
    assert_eq!(discover(&recording), Some(full.clone()));
    assert!(load(&stem).is_ok() && load(&full).is_err());
    assert!(matches!(
        load(&dir.path().join("none")),
        Err(EventsError::Io(_))
    ));
    std::fs::write(&full, vec![b' '; MAX_FILE_BYTES as usize + 1]).unwrap();
    assert!(matches!(load(&full), Err(EventsError::TooLarge(_))));
    std::fs::write(&full, [0xff, 0xfe]).unwrap();
    assert!(matches!(load(&full), Err(EventsError::Io(_))));
    assert_eq!(discover(Path::new("/")), None);
}

proptest! {
    #[test]
    fn random_text_never_panics(text in ".{0,200}") {
        let _ = parse(&text);
    }

    /// Any value in any place of a good file is read, or refused, but never a panic.
    #[test]
    fn damaged_files_never_panic(
        place in 0usize..24,
        value in prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
            Just(json!([])),
            Just(json!({"a": 1})),
        ],
    ) {
        const PLACES: [&str; 24] = [
            "/version", "/consent_id", "/participants", "/participants/0", "/participants/0/id",
            "/participants/0/role", "/tracks", "/tracks/0", "/tracks/0/stream", "/tracks/0/region",
            "/tracks/0/region/x", "/tracks/0/region/width", "/clock_mapping", "/events",
            "/events/0", "/events/0/time_ms", "/events/0/type", "/events/0/question_id",
            "/events/3/participant", "/events/8/deadline_ms", "/events/8/count", "/events/8/kind",
            "/events/9/end_ms", "/events/9/extra",
        ];
        if let Ok(file) = parse(&with(PLACES[place], value).to_string()) {
            let _ = file.apply(&recording(), session());
        }
    }
}
