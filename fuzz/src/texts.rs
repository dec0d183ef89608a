//! The texts that a user hands over beside media: an events file, a manifest or an overlay of it,
//! a configuration, a key file, a list of recordings. The first byte says which.

use super::{Reached, world};
use liveproof::config::{Sources, effective, load};
use liveproof::core::{Role, SessionId, TrackKind};
use liveproof::decode::file::{FileInfo, StreamInfo};
use liveproof::engine::Manifest;
use liveproof::evaluate::ClipList;
use liveproof::ingest::events_file;
use liveproof::tenants::Keys;
use std::path::Path;

/// The first byte of an events file, `docs/events.md`.
pub const EVENTS: u8 = 0;
/// Of a manifest, which is also laid over the shipped one.
pub const MANIFEST: u8 = 1;
/// Of a configuration, `docs/configuration.md`.
pub const CONFIG: u8 = 2;
/// Of a key file, `docs/security.md`.
pub const KEYS: u8 = 3;
/// Of a list of recordings, `docs/evaluate.md`.
pub const LIST: u8 = 4;

/// Runs an input.
pub fn run(data: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let Some((kind, text)) = data.split_first() else {
        return reached;
    };
    // The readers take text: a file that is none never gets here.
    let Ok(text) = std::str::from_utf8(text) else {
        return reached;
    };
    let taken = match kind % 5 {
        EVENTS => events(text),
        MANIFEST => manifest(text),
        CONFIG => config(text),
        KEYS => keys(text),
        _ => list(text),
    };
    match taken {
        true => reached.opened += 1,
        false => reached.refused += 1,
    }
    reached
}

/// A recording of 90 s with two pictures and two sounds, one of which cannot be decoded.
fn recording() -> FileInfo {
    let stream = |index: usize, kind: TrackKind| StreamInfo {
        index,
        kind,
        codec: "any".to_owned(),
        decodable: index != 3,
        cover_picture: false,
        start_ns: 0,
        width: if kind == TrackKind::Video { 640 } else { 0 },
        height: if kind == TrackKind::Video { 360 } else { 0 },
        average_fps: None,
        rotation_deg: 0,
        sample_rate_hz: 48_000,
        channels: 1,
    };
    FileInfo {
        container: "any".to_owned(),
        duration_ns: Some(90_000_000_000),
        comment: String::new(),
        streams: vec![
            stream(0, TrackKind::Video),
            stream(1, TrackKind::Audio),
            stream(2, TrackKind::Video),
            stream(3, TrackKind::Audio),
        ],
    }
}

fn events(text: &str) -> bool {
    let Ok(file) = events_file::parse(text) else {
        return false;
    };
    let info = recording();
    let Ok(plan) = file.apply(&info, SessionId::parse("recording").expect("an id")) else {
        return false;
    };
    assert!(plan.events.is_sorted_by_key(|e| e.time));
    assert!(
        plan.selections
            .iter()
            .all(|s| info.stream(s.stream).is_some())
    );
    let scored = |p: &_| plan.spec.role_of(p).is_some_and(Role::is_scored);
    assert!(
        plan.spec.tracks.iter().any(|t| scored(&t.participant)),
        "nobody to assess"
    );
    plan.candidate().ok();
    plan.has_question_marks();
    true
}

fn manifest(text: &str) -> bool {
    let whole = Manifest::parse(text).is_ok();
    if let Ok(engine) = world::with_overlay(text) {
        assert!(
            engine.models().iter().all(|m| !m.available),
            "a model without a file"
        );
        engine.policies();
        engine.shed_order();
        return true;
    }
    whole
}

fn config(text: &str) -> bool {
    let sources = Sources {
        file: Some(("liveproof.toml", text)),
        ..Sources::default()
    };
    match load(&sources) {
        Ok(config) => {
            effective(&config);
            true
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            faults.iter().for_each(|f| drop(f.to_string()));
            false
        }
    }
}

fn keys(text: &str) -> bool {
    let Ok(keys) = Keys::parse(text) else {
        return false;
    };
    let (tenants, entries) = keys.counts();
    assert!(tenants > 0 && entries > 0);
    assert!(keys.admit(None, 0).is_err());
    // Nobody comes in with what stands in the file: it holds hashes, not keys.
    for shown in text.split(|c: char| c == '"' || c.is_whitespace()).take(64) {
        assert!(keys.admit(Some(shown), 0).is_err(), "{shown}");
    }
    true
}

fn list(text: &str) -> bool {
    let Ok(list) = ClipList::parse(text, Path::new("clips")) else {
        return false;
    };
    assert!(!list.clips.is_empty());
    for clip in &list.clips {
        clip.truth(0.0, 3.0);
    }
    true
}
