//! The writing side: facts of an interview become lines of its log.

mod events;

use super::chain::{Attached, CHECKPOINT_EVERY, Chain, Head};
use super::header::Header;
use super::key::SigningKey;
use super::personal::Personal;
use super::tree::{Leaf, LeafKind, root_of};
use crate::core::{ControlEvent, MediaTime, SegmentResult, SessionSummary, TrackId, TrackKind};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Leaves of a track that wait for a segment to end; at so many they are written without one.
const MOST_LEAVES: usize = 512;

/// Makes the log of one interview. Pure: bytes are handed out by [`Recorder::take`].
#[derive(Debug)]
pub struct Recorder {
    key: Arc<SigningKey>,
    chain: Chain,
    personal: Personal,
    tracks: Vec<Track>,
    out: Vec<u8>,
    since_signed: u64,
    room: bool,
    /// Entries lost since the last gap was told, and in all.
    losing: u64,
    lost: u64,
    sealed: bool,
}

#[derive(Debug)]
struct Track {
    id: TrackId,
    kind: TrackKind,
    leaves: Vec<Leaf>,
    all: u64,
}

/// Something that happened to the material, as a notice or a report tells it.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// What it is about, in a word.
    pub kind: &'a str,
    /// Track concerned; `None` for the whole interview.
    pub track: Option<&'a TrackId>,
    /// When, session time, where that is known.
    pub time: Option<MediaTime>,
    /// In words.
    pub detail: &'a str,
    /// How many pictures, chunks or packets are concerned.
    pub count: u64,
}

// === impl Recorder ===

impl Recorder {
    /// Begins a log with its first entry.
    pub fn begin(key: Arc<SigningKey>, header: &Header<'_>) -> Self {
        let body = header.body(key.public());
        let personal = Personal::new(header.spec, &body, &key);
        let tracks = header.spec.tracks.iter().map(|t| Track {
            id: t.id.clone(),
            kind: t.kind(),
            leaves: Vec::new(),
            all: 0,
        });
        let mut recorder = Self {
            tracks: tracks.collect(),
            key,
            chain: Chain::new(),
            personal,
            out: Vec::new(),
            since_signed: 0,
            room: true,
            losing: 0,
            lost: 0,
            sealed: false,
        };
        recorder.write("header", body, Vec::new());
        // Signed at once: a log of which little is left still says who began it.
        recorder.checkpoint();
        recorder
    }

    /// Whether there is room for what comes now. Without, entries are left out and counted, and the log
    /// says so as soon as there is room again.
    pub fn set_room(&mut self, room: bool) {
        self.room = room;
    }

    /// A picture, a block of sound, or a payload.
    pub fn media(&mut self, track: &TrackId, leaf: Leaf) {
        let Some(t) = self.tracks.iter_mut().find(|t| &t.id == track) else {
            return;
        };
        t.leaves.push(leaf);
        t.all += 1;
        if t.leaves.len() >= MOST_LEAVES {
            self.flush_media();
        }
    }

    /// A control event of the client, and why it was not taken in, if so.
    pub fn event(&mut self, event: &ControlEvent, refused: Option<&str>) {
        let mut body = events::body(event, &mut self.personal);
        if let (Some(why), Some(fields)) = (refused, body.as_object_mut()) {
            fields.insert("refused".into(), json!({"personal": why}));
        }
        self.entry("event", body);
    }

    /// A final segment, after the media that came before it. Its numbers are those of the report.
    pub fn segment(&mut self, segment: &SegmentResult) {
        self.flush_media();
        self.document("segment", segment);
    }

    /// What became of a challenge, with its signed record and nonce.
    pub fn challenge(&mut self, state: &str, challenge: &str, what: &impl Serialize) {
        let Ok(what) = serde_json::to_value(what) else {
            return self.lose();
        };
        let id = json!({"personal": challenge});
        self.entry("challenge", json!({"state": state, "id": id, "what": what}));
    }

    /// Something that happened to the material.
    pub fn notice(&mut self, said: Said<'_>) {
        let body = json!({
            "kind": said.kind,
            "track": said.track.map(|t| self.personal.track(t.as_str())),
            "time_us": said.time.map(MediaTime::as_us),
            "detail": {"personal": said.detail},
            "count": said.count,
        });
        self.entry("notice", body);
    }

    /// The assessment of the whole interview, and what stands beside it.
    pub fn summary(&mut self, summary: &SessionSummary) {
        self.flush_media();
        self.document("summary", summary);
    }

    /// Closes the log; nothing can follow. Entries that were lost are told in any case.
    pub fn seal(&mut self) {
        if self.sealed {
            return;
        }
        self.flush_media();
        self.room = true;
        self.tell_gap();
        let tracks: Vec<Value> = self.tracks.iter().map(|t| json!(t.all)).collect();
        let body = json!({
            "entries": self.chain.next(),
            "lost_entries": self.lost,
            "incomplete": self.lost > 0,
            "media_of_tracks": tracks,
            "key_id": self.key.public().id(),
        });
        self.chain.signed("seal", &body, &self.key, &mut self.out);
        self.sealed = true;
    }

    /// The lines since this was last called.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The latest entry.
    pub fn head(&self) -> Option<Head> {
        self.chain.head()
    }

    /// Entries that are missing for want of room.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Names the key that signs.
    pub fn key_id(&self) -> String {
        self.key.public().id()
    }

    fn document(&mut self, kind: &str, what: &impl Serialize) {
        match serde_json::to_value(what) {
            Ok(body) => self.entry(kind, body),
            // No result causes this; if one did, its absence is told.
            Err(_) => self.lose(),
        }
    }

    fn lose(&mut self) {
        self.losing += 1;
        self.lost += 1;
    }

    fn flush_media(&mut self) {
        let mut attached = Vec::new();
        let mut tracks = Vec::new();
        for (at, t) in self.tracks.iter_mut().enumerate() {
            let leaves = std::mem::take(&mut t.leaves);
            let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else {
                continue;
            };
            let hashes: Vec<_> = leaves.iter().map(|l| l.hash).collect();
            let mut body = json!({
                "track": at,
                "of": first.kind.name(),
                "count": leaves.len(),
                "first_us": first.time_us,
                "last_us": last.time_us,
            });
            // Single pictures can be shown to belong; of sound, which comes in many small blocks, a stretch.
            let (name, value) = match t.kind {
                TrackKind::Video => {
                    attached.push(Attached::Leaves(hashes));
                    ("leaves", json!({"commit": attached.len() - 1}))
                }
                TrackKind::Audio => ("root", json!(hex::encode(root_of(&hashes)))),
            };
            if let Some(fields) = body.as_object_mut() {
                fields.insert(name.to_owned(), value);
            }
            tracks.push(body);
        }
        if tracks.is_empty() {
            return;
        }
        if !self.room || self.sealed {
            return self.lose();
        }
        self.tell_gap();
        self.write("media", json!({"tracks": tracks}), attached);
    }

    fn entry(&mut self, kind: &str, body: Value) {
        if !self.room || self.sealed {
            return self.lose();
        }
        self.tell_gap();
        self.write(kind, body, Vec::new());
    }

    fn tell_gap(&mut self) {
        if self.losing > 0 {
            let lost = std::mem::take(&mut self.losing);
            let why = "what was written waited for the disk until there was no room for more";
            self.write(
                "gap",
                json!({"lost_entries": lost, "reason": why}),
                Vec::new(),
            );
        }
    }

    fn write(&mut self, kind: &str, mut body: Value, mut attached: Vec<Attached>) {
        let n = self.chain.next();
        self.personal
            .take_out(n, &mut body, &self.key, &mut attached);
        self.chain.entry(kind, &body, &attached, &mut self.out);
        self.since_signed += 1;
        if self.since_signed >= CHECKPOINT_EVERY {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        let body = json!({"entries": self.chain.next(), "key_id": self.key.public().id()});
        self.chain
            .signed("checkpoint", &body, &self.key, &mut self.out);
        self.since_signed = 0;
    }
}

/// For those who read logs: what a kind of leaf is called in them.
pub(super) fn kind_of(name: &str) -> Option<LeafKind> {
    [LeafKind::Picture, LeafKind::Sound, LeafKind::Payload]
        .into_iter()
        .find(|k| k.name() == name)
}
