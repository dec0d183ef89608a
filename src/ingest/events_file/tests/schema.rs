//! The schema of docs/ and the parser say the same.

use super::*;

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
        (
            "/properties/reference/properties".into(),
            set(parse::REFERENCE_KEYS),
        ),
        (item("tampered"), set(parse::TAMPERED_KEYS)),
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
        "/properties/reference",
        "/properties/tampered/items",
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
        ("/properties/reference", "/reference"),
        ("/properties/tampered/items", "/tampered/0"),
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
