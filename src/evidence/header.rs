//! The first entry: what was announced, and what made the log.

use super::chain::{FORMAT, FORMAT_VERSION};
use super::key::PublicKey;
use super::program::Program;
use crate::core::{InterviewSpec, Region, TrackKind, TrackSpec};
use serde_json::{Value, json};

/// Where the media came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A live interview.
    Live {
        /// 16 random bytes in hex: names the log, and makes its salts its own.
        log_id: String,
        /// The server's clock when it was opened, milliseconds since 1970 (UTC). Nobody else vouches for it.
        opened_unix_ms: i64,
    },
    /// A recording.
    Recording {
        /// Name of the file, without its folder.
        name: String,
        /// SHA-256 of the file, lower-case hex.
        sha256: String,
        /// Its size.
        bytes: u64,
    },
}

/// What the hashes of media are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Of pictures and sound after decoding.
    Decoded,
    /// Of payloads as they were received.
    Received,
}

/// A track as it is recorded.
#[derive(Debug, Clone, Copy)]
pub struct RecordedTrack<'a> {
    /// What was announced of it.
    pub spec: &'a TrackSpec,
    /// Index of its stream in a recording.
    pub stream: Option<usize>,
    /// Part of the picture, if not all of it.
    pub region: Option<Region>,
}

/// Everything that is known before the first picture.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    /// What made the log.
    pub program: &'a Program,
    /// Where the media came from.
    pub origin: Origin,
    /// What was announced.
    pub spec: &'a InterviewSpec,
    /// All tracks of it, in their order.
    pub tracks: Vec<RecordedTrack<'a>>,
}

// === impl Header ===

impl<'a> Header<'a> {
    /// Of a live interview.
    pub fn live(
        program: &'a Program,
        spec: &'a InterviewSpec,
        log_id: String,
        opened_unix_ms: i64,
    ) -> Self {
        let tracks = spec.tracks.iter().map(|spec| RecordedTrack {
            spec,
            stream: None,
            region: spec.video.as_ref().and_then(|v| v.region),
        });
        Self {
            program,
            origin: Origin::Live {
                log_id,
                opened_unix_ms,
            },
            spec,
            tracks: tracks.collect(),
        }
    }

    pub(super) fn mode(&self) -> Mode {
        match self.origin {
            Origin::Live { .. } => Mode::Received,
            Origin::Recording { .. } => Mode::Decoded,
        }
    }

    /// As JSON; what names somebody stands in it as it is.
    pub(super) fn body(&self, key: PublicKey) -> Value {
        let people = &self.spec.participants;
        let participants: Vec<Value> = people
            .iter()
            .map(|p| {
                json!({
                    "id": {"personal": p.id.as_str()},
                    "role": p.role,
                    "reference_session": p.reference_session.as_ref().map(|s| json!({"personal": s.as_str()})),
                })
            })
            .collect();
        let tracks: Vec<Value> = self.tracks.iter().map(|t| self.track(t)).collect();
        json!({
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "key": key.to_hex(),
            "key_id": key.id(),
            "program": self.program,
            "origin": self.origin(),
            "session": {"personal": self.spec.session_id.as_str()},
            "consent_id": {"personal": &self.spec.consent_id},
            "source_platform": {"personal": &self.spec.source_platform},
            "participants": participants,
            "tracks": tracks,
            "hashes_of": match self.mode() {
                Mode::Decoded => "decoded",
                Mode::Received => "received",
            },
        })
    }

    fn origin(&self) -> Value {
        match &self.origin {
            Origin::Live {
                log_id,
                opened_unix_ms,
            } => json!({"kind": "live", "log_id": log_id, "opened_unix_ms": opened_unix_ms}),
            Origin::Recording {
                name,
                sha256,
                bytes,
            } => json!({
                "kind": "recording", "name": {"personal": name}, "sha256": sha256, "bytes": bytes,
            }),
        }
    }

    fn track(&self, t: &RecordedTrack<'_>) -> Value {
        let who = |p: &crate::core::ParticipantSpec| p.id == t.spec.participant;
        let same_clock = |o: &RecordedTrack<'_>| o.spec.clock_id == t.spec.clock_id;
        let video = t.spec.video.as_ref();
        json!({
            "id": {"personal": t.spec.id.as_str()},
            "participant": self.spec.participants.iter().position(who),
            "kind": t.spec.kind(),
            "format": match t.spec.kind() {
                TrackKind::Video => json!(video.map(|v| v.format)),
                TrackKind::Audio => json!(t.spec.audio.as_ref().map(|a| a.format)),
            },
            "reference": t.spec.reference,
            // Tracks of one number share a clock; `clock_source` is what was known of it against the others.
            "clock": self.tracks.iter().position(same_clock),
            "clock_source": t.spec.clock,
            "stream": t.stream,
            "region": t.region,
            "rotation_deg": video.map(|v| v.rotation_deg),
            "mirrored": video.map(|v| v.mirrored),
        })
    }
}
