//! What all mappings share, and that no message makes any of them panic.

use super::daily::daily;
use super::livekit::livekit;
use super::meet::{meet, meet_encoded};
use super::recall::{H264, PNG, recall};
use super::teams::teams;
use super::zoom_rtms::zoom;
use super::*;
use crate::platforms::call::{Call, Clocks, Tracks};
use crate::platforms::lane::Picture;
use crate::platforms::livekit::VideoBufferType;
use crate::platforms::plan::{Skip, Stamp, Who};
use crate::platforms::teams::VideoColorFormat;
use crate::platforms::twilio::Twilio;
use crate::platforms::webcodecs::WebCodecs;
use prost::bytes::Bytes;

fn who(external_id: &str) -> Who<'_> {
    Who {
        external_id,
        name: Some("somebody"),
        host: None,
    }
}

fn tracks(format: v1::VideoFormat) -> Tracks {
    Tracks {
        video: Some(v1::VideoTrack {
            format: format.into(),
            ..Default::default()
        }),
        audio: Some(v1::AudioTrack {
            format: v1::AudioFormat::S16le.into(),
            sample_rate_hz: 16_000,
            channels: 1,
            planar: false,
        }),
    }
}

/// A call of a candidate `c` and an interviewer `i`, opened.
fn call(format: v1::VideoFormat) -> Call {
    let mut call = Call::new("test", plan("c"));
    call.join(who("c")).unwrap();
    call.join(who("i")).unwrap();
    call.open(Clocks::ARRIVAL, |_| tracks(format)).unwrap();
    call
}

fn still(call: &mut Call, id: &str, stamp: Stamp) -> Vec<String> {
    let picture = Picture::still(Bytes::from_static(b"picture"));
    let outputs = call.picture(id, stamp, picture).unwrap();
    outputs.iter().map(line).collect()
}

fn sound(call: &mut Call, id: &str, at_us: i64, ms: usize) -> Vec<String> {
    let samples = Bytes::from(vec![1; 32 * ms]);
    let outputs = call.sound(id, Stamp::shared(at_us), samples).unwrap();
    outputs.iter().map(line).collect()
}

#[test]
fn only_what_is_measured_is_announced() {
    let role = |who: &Who<'_>| match who.external_id {
        "c" => v1::ParticipantRole::Candidate,
        "i" | "j" => v1::ParticipantRole::Interviewer,
        _ => v1::ParticipantRole::Other,
    };
    let mut call = Call::new("test", Plan::new("s-1", role).consent("consent-7"));
    for id in ["i", "o", "c", "j", "c"] {
        call.join(who(id)).unwrap();
    }
    let open = call
        .open(Clocks::ARRIVAL, |_| tracks(v1::VideoFormat::Jpeg))
        .unwrap();
    assert_eq!(
        (open.session_id.as_str(), open.consent_id.as_str()),
        ("s-1", "consent-7")
    );
    assert_eq!(open.source_platform, "test");
    assert_eq!(
        opening(&open),
        [
            "interviewer INTERVIEWER i",
            "candidate CANDIDATE c",
            "interviewer-2 INTERVIEWER j",
            "interviewer.microphone of interviewer: S16LE 16000 Hz x1, ESTIMATED",
            "candidate.camera of candidate: JPEG 0 fps, UNKNOWN",
            "candidate.microphone of candidate: S16LE 16000 Hz x1, ESTIMATED",
            "interviewer-2.microphone of interviewer-2: S16LE 16000 Hz x1, ESTIMATED",
        ]
    );
    assert_eq!(still(&mut call, "i", Stamp::shared(0)), ["- i NotAssessed"]);
    assert_eq!(sound(&mut call, "o", 0, 20), ["- o NotAssessed"]);
    assert_eq!(
        still(&mut call, "late", Stamp::shared(0)),
        ["- late NotAnnounced"]
    );
    // Joined, but after the opening.
    call.join(who("c2")).unwrap();
    assert_eq!(sound(&mut call, "c2", 0, 20), ["- c2 NotAssessed"]);
}

#[test]
fn an_opening_that_cannot_be_is_refused_by_field() {
    let mut nobody = Call::new("test", plan("c"));
    nobody.join(who("i")).unwrap();
    let refused = nobody.open(Clocks::ARRIVAL, |_| Tracks::default());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("participants: found nobody to assess")
    );

    let mut twice = call(v1::VideoFormat::Jpeg);
    let refused = twice.open(Clocks::ARRIVAL, |_| Tracks::default());
    assert!(matches!(refused, Err(MapError::Order { .. })));

    let mut no_role = Call::new(
        "test",
        Plan::new("s-1", |_: &Who<'_>| v1::ParticipantRole::Unspecified),
    );
    let refused = no_role.join(who("x")).unwrap_err().to_string();
    assert_eq!(
        refused,
        "participant: found x, expected a role from the plan's rule"
    );

    let mut crowd = Call::new("test", plan("0"));
    for n in 0..256 {
        crowd.join(who(&n.to_string())).unwrap();
    }
    let refused = crowd.join(who("one more")).unwrap_err().to_string();
    assert!(
        refused.starts_with("participants: found 257, expected at most 256"),
        "{refused}"
    );
    let refused = crowd.open(Clocks::ARRIVAL, |_| Tracks::default());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("participants: found 17, expected at most 16")
    );
}

#[test]
fn zero_is_the_first_media_or_a_stated_start_shortly_before() {
    for (start_us, first_us, zero_us) in [
        (None, 500, 500),
        (Some(200), 500, 200),
        (Some(500), 400, 400),
        (Some(0), 60_000_000, 0),
        (Some(0), 60_000_001, 60_000_001),
        (Some(i64::MIN), 7, 7),
    ] {
        let mut call = call(v1::VideoFormat::Jpeg);
        if let Some(us) = start_us {
            call.started(us);
        }
        assert_eq!(call.muted(first_us, 0, true), []);
        let found = still(&mut call, "c", Stamp::shared(first_us));
        let at = first_us - zero_us;
        assert_eq!(
            found,
            [
                format!("! candidate muted true @{at}"),
                format!("candidate.camera #0 @{at} 7B")
            ]
        );
        assert_eq!(sound(&mut call, "c", zero_us - 1, 20), ["- c BeforeStart"]);
        assert_eq!(
            sound(&mut call, "c", zero_us, 20),
            ["candidate.microphone #0 @0 640B"]
        );
    }
}

#[test]
fn what_is_replayed_is_left_out_and_pictures_in_decoding_order_are_not() {
    let mut still_call = call(v1::VideoFormat::Png);
    let mut unit_call = call(v1::VideoFormat::H264AnnexB);
    for (at_us, png, h264) in [
        (0, "candidate.camera #0 @0 7B", "candidate.camera #0 @0 7B"),
        (
            3_000_000,
            "candidate.camera #1 @3000000 7B",
            "candidate.camera #1 @3000000 7B",
        ),
        (3_000_000, "- c Repeated", "- c Repeated"),
        (1_000_000, "- c Repeated", "candidate.camera #2 @1000000 7B"),
        (999_999, "- c Repeated", "- c Repeated"),
        (
            3_000_001,
            "candidate.camera #2 @3000001 7B",
            "candidate.camera #3 @3000001 7B",
        ),
    ] {
        assert_eq!(still(&mut still_call, "c", Stamp::shared(at_us)), [png]);
        assert_eq!(still(&mut unit_call, "c", Stamp::shared(at_us)), [h264]);
    }
    assert_eq!(
        sound(&mut still_call, "c", 100, 20),
        ["candidate.microphone #0 @100 640B"]
    );
    assert_eq!(sound(&mut still_call, "c", 100, 20), ["- c Repeated"]);
}

#[test]
fn a_clock_of_its_own_is_moved_once_and_again_when_it_starts_anew() {
    let mut call = call(v1::VideoFormat::Jpeg);
    let mut take = |us, received| still(&mut call, "c", Stamp::own(us, received)).join(", ");
    assert_eq!(
        take(77_000, 1_000_000),
        "candidate.camera #0 @0 7B received 1000000"
    );
    // 30 ms later by its clock, 38 ms later by receipt.
    assert_eq!(
        take(107_000, 1_038_000),
        "candidate.camera #1 @30000 7B received 1038000"
    );
    // A stall of 9 s, worked off: the clock's own spacing stays.
    assert_eq!(
        take(137_000, 10_038_000),
        "candidate.camera #2 @60000 7B received 10038000"
    );
    let anew = "! candidate.camera breaks: the platform set the track's clock anew @29000000";
    assert_eq!(
        take(5, 30_000_000),
        format!("{anew}, candidate.camera #3 @29000000 7B epoch 1 received 30000000")
    );
    assert_eq!(
        take(40_005, 30_050_000),
        "candidate.camera #4 @29040000 7B epoch 1 received 30050000"
    );
    assert_eq!(take(i64::MIN, i64::MAX), "- c BeforeStart");
}

#[test]
fn short_sound_waits_for_10_ms() {
    let mut call = call(v1::VideoFormat::Jpeg);
    assert_eq!(sound(&mut call, "c", 0, 4), Vec::<String>::new());
    assert_eq!(sound(&mut call, "c", 4_000, 4), Vec::<String>::new());
    assert_eq!(
        sound(&mut call, "c", 8_000, 4),
        ["candidate.microphone #0 @0 384B"]
    );
    assert_eq!(
        sound(&mut call, "c", 12_000, 10),
        ["candidate.microphone #1 @12000 320B"]
    );
    // What does not join is said.
    assert_eq!(sound(&mut call, "c", 22_000, 4), Vec::<String>::new());
    assert_eq!(
        sound(&mut call, "c", 500_000, 10),
        ["- c Short", "candidate.microphone #2 @500000 320B"]
    );
    let long = call.sound(
        "c",
        Stamp::shared(600_000),
        Bytes::from(vec![0; 32 * 3_001]),
    );
    assert_eq!(
        long.unwrap_err().to_string(),
        "data: found 3001 ms of sound, expected at most 3000 ms"
    );
    let odd = call.sound("c", Stamp::shared(600_000), Bytes::from(vec![0; 321]));
    assert_eq!(
        odd.unwrap_err().to_string(),
        "data: found 321 bytes, expected a multiple of 2 bytes"
    );
    let empty = call
        .sound("c", Stamp::shared(600_000), Bytes::new())
        .unwrap();
    assert_eq!(
        empty,
        [Output::Skipped {
            external_id: "c".into(),
            why: Skip::Empty
        }]
    );
}

#[test]
fn early_events_are_bounded() {
    let mut call = call(v1::VideoFormat::Jpeg);
    for us in 0..1_000 {
        call.muted(us, 0, us % 2 == 0);
    }
    let outputs = still(&mut call, "c", Stamp::shared(936));
    assert_eq!(outputs.len(), 65);
    assert_eq!(outputs[0], "! candidate muted true @0");
    assert_eq!(outputs[63], "! candidate muted false @63");
}

type Make = Box<dyn Fn() -> Box<dyn Adapter>>;

/// Every adapter with its fixtures.
fn everything() -> Vec<(&'static str, Make)> {
    fn of<A: Adapter + 'static>(make: impl Fn() -> A + 'static) -> Make {
        Box::new(move || Box::new(make()))
    }
    vec![
        ("zoom_rtms/jpg_5fps.json", of(zoom)),
        ("zoom_rtms/h264_25fps.json", of(zoom)),
        (
            "teams/nv12_15fps.json",
            of(|| teams(VideoColorFormat::Nv12)),
        ),
        ("meet/decoded.json", of(|| meet(true))),
        ("meet/encoded.json", of(meet_encoded)),
        ("recall/png_2fps.json", of(|| recall(PNG))),
        ("recall/h264.json", of(|| recall(H264))),
        ("livekit/room.json", of(|| livekit(VideoBufferType::I420))),
        ("daily/call.json", of(|| daily("RGBA").unwrap())),
        ("twilio/call.json", of(|| Twilio::new(plan("inbound")))),
        ("webcodecs/raw.json", of(|| WebCodecs::new(plan("me")))),
        ("webcodecs/encoded.json", of(|| WebCodecs::new(plan("me")))),
    ]
}

/// What a field may be instead, whatever it was.
fn instead() -> Vec<Value> {
    vec![
        Value::Null,
        Value::from(true),
        Value::from(-1),
        Value::from(i64::MIN),
        Value::from(u64::MAX),
        Value::from(1e308),
        Value::from(""),
        Value::from("\u{0}é"),
        serde_json::json!([]),
        serde_json::json!({}),
    ]
}

/// Every path below a value.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                paths(
                    field,
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(list) => {
            for (i, item) in list.iter().enumerate() {
                paths(item, &format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

/// Every field of one message of each kind, replaced by what it must not be and taken away: no
/// panic, the adapter goes on, and an unknown field changes nothing.
#[test]
fn hostile_fields_never_panic_and_unknown_ones_are_ignored() {
    let mut tried = 0;
    for (path, make) in everything() {
        let f = fixture(path);
        let mut kinds = std::collections::BTreeSet::new();
        for m in f.before_open.iter().chain(&f.messages) {
            let mut all = Vec::new();
            paths(m, "", &mut all);
            if !kinds.insert(all.join(" ")) {
                continue;
            }
            let mut call = make();
            for before in &f.before_open {
                call.take_json(&before.to_string()).unwrap();
            }
            call.open().unwrap();
            for pointer in all {
                for with in instead() {
                    let mut bad = m.clone();
                    *bad.pointer_mut(&pointer).unwrap() = with;
                    let _ = call.take_json(&bad.to_string());
                    tried += 1;
                }
            }
            let text = m.to_string();
            for cut in [1, text.len() / 3, text.len() / 2, text.len() - 1] {
                assert!(call.take_json(&text[..cut]).is_err(), "{path}");
            }
        }
        let taken = |add: bool| {
            let mut call = make();
            let take = |call: &mut Box<dyn Adapter>, m: &Value| {
                let mut m = m.clone();
                if add {
                    m["a_field_of_tomorrow"] = serde_json::json!({ "x": [1, null] });
                }
                call.take_json(&m.to_string()).unwrap()
            };
            f.before_open.iter().for_each(|m| drop(take(&mut call, m)));
            call.open().unwrap();
            f.messages
                .iter()
                .map(|m| take(&mut call, m))
                .collect::<Vec<_>>()
        };
        assert_eq!(taken(true), taken(false), "{path}");
    }
    assert!(tried > 5_000, "{tried}");
}
