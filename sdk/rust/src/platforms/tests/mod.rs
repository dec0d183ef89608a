//! Each mapping against its fixtures, message by message and field by field.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod call;
mod daily;
mod livekit;
mod meet;
mod recall;
mod teams;
mod twilio;
mod webcodecs;
mod zoom_rtms;

use super::{Adapter, MapError, Output, Plan, one_candidate};
use crate::v1::{self, control_event::Event};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A recorded call of testdata/platforms.
pub(super) struct Fixture {
    pub before_open: Vec<Value>,
    pub messages: Vec<Value>,
}

pub(super) fn fixture(path: &str) -> Fixture {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/platforms/");
    let text = std::fs::read_to_string(format!("{folder}{path}")).unwrap();
    let mut all: Value = serde_json::from_str(&text).unwrap();
    for said in ["source", "verified", "unverified"] {
        let list = all[said].as_array().unwrap();
        assert!(!list.is_empty(), "{path}: {said}");
    }
    let list = |v: Value| match v {
        Value::Array(list) => list,
        other => panic!("{path}: {other}"),
    };
    Fixture {
        before_open: list(all["before_open"].take()),
        messages: list(all["messages"].take()),
    }
}

pub(super) fn plan(candidate: &str) -> Plan {
    Plan::new("s-1", one_candidate(candidate)).consent("consent-7")
}

/// The opening, and what each message became.
pub(super) fn run(call: &mut impl Adapter, f: &Fixture) -> (v1::Open, Vec<Vec<Output>>) {
    for message in &f.before_open {
        assert_eq!(
            call.take_json(&message.to_string()),
            Ok(vec![]),
            "{message}"
        );
    }
    let open = call.open().unwrap();
    let take = |m: &Value| {
        call.take_json(&m.to_string())
            .unwrap_or_else(|e| panic!("{e}: {m}"))
    };
    let outputs = f.messages.iter().map(take).collect();
    (open, outputs)
}

/// Takes what comes before `open`, opens, and takes one message more.
pub(super) fn one(
    call: &mut impl Adapter,
    f: &Fixture,
    message: &Value,
) -> Result<Vec<Output>, MapError> {
    for before in &f.before_open {
        call.take_json(&before.to_string())?;
    }
    call.open()?;
    call.take_json(&message.to_string())
}

/// Everything of an output, in words.
pub(super) fn line(output: &Output) -> String {
    match output {
        Output::Media(c) => {
            let mut words = format!(
                "{} #{} @{} {}B",
                c.track_id,
                c.sequence,
                c.capture_time_us,
                c.payload.len()
            );
            if let Some(l) = &c.layout {
                words += &format!(" {}x{}", l.width, l.height);
                for p in &l.planes {
                    words += &format!(" {}+{}", p.offset_bytes, p.stride_bytes);
                }
            }
            if !c.keyframe {
                words += " delta";
            }
            if c.epoch > 0 {
                words += &format!(" epoch {}", c.epoch);
            }
            if c.received_unix_us != 0 {
                words += &format!(" received {}", c.received_unix_us % 1_000_000_000);
            }
            words
        }
        Output::Event { time_us, event } => {
            let words = match event {
                Event::Mute(m) => format!("{} muted {}", m.participant_id, m.muted),
                Event::Camera(c) => format!("{} camera {}", c.participant_id, c.on),
                Event::ActiveSpeaker(s) => format!("speaks {:?}", s.participant_id),
                Event::Discontinuity(d) => format!("{} breaks: {}", d.track_id, d.reason),
                Event::TrackParticipant(t) => {
                    format!("{} goes to {}", t.track_id, t.participant_id)
                }
                other => format!("{other:?}"),
            };
            format!("! {words} @{time_us}")
        }
        Output::Skipped { external_id, why } => format!("- {external_id} {why:?}"),
        Output::Ended { reason } => format!("ended: {reason}"),
    }
}

/// All outputs, one line each.
pub(super) fn lines(outputs: &[Vec<Output>]) -> Vec<String> {
    outputs.iter().flatten().map(line).collect()
}

pub(super) fn assert_lines(outputs: &[Vec<Output>], expected: &[&str]) {
    let found = lines(outputs);
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert_eq!(f, e, "line {i} of\n{}", found.join("\n"));
    }
    assert_eq!(found.len(), expected.len(), "{}", found.join("\n"));
}

/// The bytes under a path of a message, decoded without the mapping.
pub(super) fn bytes(message: &Value, pointer: &str) -> Vec<u8> {
    let text = message.pointer(pointer).and_then(Value::as_str).unwrap();
    STANDARD.decode(text).unwrap()
}

/// Asserts that the messages' bytes go on unchanged and in order, where they go on one by one.
pub(super) fn assert_payloads(f: &Fixture, outputs: &[Vec<Output>], pointers: &[&str]) {
    let mut compared = 0;
    for (message, outputs) in f.messages.iter().zip(outputs) {
        for output in outputs {
            let Output::Media(chunk) = output else {
                continue;
            };
            let at = pointers.iter().find(|p| message.pointer(p).is_some());
            assert_eq!(chunk.payload, bytes(message, at.unwrap()));
            compared += 1;
        }
    }
    assert!(compared > 2);
}

/// What an opening announces, in words.
pub(super) fn opening(open: &v1::Open) -> Vec<String> {
    let people = open.participants.iter().map(|p| {
        let role = p
            .role()
            .as_str_name()
            .trim_start_matches("PARTICIPANT_ROLE_");
        format!("{} {role} {}", p.participant_id, p.external_id)
    });
    let tracks = open.tracks.iter().map(|t| {
        let clock = t
            .clock_mapping()
            .as_str_name()
            .trim_start_matches("CLOCK_MAPPING_SOURCE_");
        let details = match t.details.as_ref().unwrap() {
            v1::track::Details::Video(v) => {
                let format = v.format().as_str_name().trim_start_matches("VIDEO_FORMAT_");
                assert_eq!(t.kind(), v1::TrackKind::Video);
                let mut words = format!("{format} {} fps", v.nominal_fps);
                if v.rotation_deg != 0 || v.mirrored {
                    words += &format!(" turned {} mirrored {}", v.rotation_deg, v.mirrored);
                }
                if (v.color_range, v.color_matrix) != (0, 0) {
                    words += &format!(
                        " {} {}",
                        v.color_range().as_str_name(),
                        v.color_matrix().as_str_name()
                    );
                }
                words
            }
            v1::track::Details::Audio(a) => {
                let format = a.format().as_str_name().trim_start_matches("AUDIO_FORMAT_");
                assert_eq!(t.kind(), v1::TrackKind::Audio);
                let planar = if a.planar { " planar" } else { "" };
                format!("{format} {} Hz x{}{planar}", a.sample_rate_hz, a.channels)
            }
        };
        assert!(t.clock_id.starts_with(&open.source_platform));
        format!("{} of {}: {details}, {clock}", t.track_id, t.participant_id)
    });
    people.chain(tracks).collect()
}

/// A message with one field changed.
fn altered(mut message: Value, pointer: &str, with: Value) -> Value {
    match message.pointer_mut(pointer) {
        Some(field) => *field = with,
        None => panic!("{pointer} in {message}"),
    }
    message
}

/// What becomes of a message of the fixture with one field changed, after what comes before it.
pub(super) fn changed(
    call: &mut impl Adapter,
    f: &Fixture,
    index: usize,
    pointer: &str,
    with: Value,
) -> Result<Vec<String>, String> {
    let message = altered(f.messages[index].clone(), pointer, with);
    let outputs = one(call, f, &message);
    outputs
        .map(|o| o.iter().map(line).collect())
        .map_err(|e| e.to_string())
}

/// What is said of a message with one field changed, which is refused.
pub(super) fn refused(
    call: &mut impl Adapter,
    f: &Fixture,
    message: Value,
    pointer: &str,
    with: Value,
) -> String {
    let message = altered(message, pointer, with);
    one(call, f, &message).unwrap_err().to_string()
}
