//! A recording held against the log of its review: every picture and block of sound, through `decode`.

use super::tree::{Hash, Leaf, LeafKind, root_of};
use super::verify::{TrackLeaves, Verified};
use crate::core::{FieldError, Region, TrackId};
use crate::decode::DecodeError;
use crate::decode::file::{Media, MediaSource, OpenOptions};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;

/// Why a recording does not fit a log.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The log is not one of a recording.
    #[error(
        "the log is of a live interview: its hashes are of what was received, byte by byte, and no recording made \
         elsewhere holds the same bytes"
    )]
    NotOfARecording,
    /// The log does not say how the recording was read.
    #[error("the log does not say how its tracks were read: {0}")]
    Tracks(#[from] FieldError),
    /// The recording cannot be read.
    #[error("cannot read the recording: {0}")]
    Decode(#[from] DecodeError),
    /// A picture or block of sound is another one.
    #[error(
        "entry {entry}: the {kind} of track {track} at {time_s:.3} s is not the one that was assessed{}; expected \
         SHA-256 {expected}, found {found}",
        if *single { "" } else { " (or another one of its stretch; single hashes are not in the log)" }
    )]
    Other {
        /// Number of the entry.
        entry: u64,
        /// Picture or sound.
        kind: &'static str,
        /// Place of the track in the first entry.
        track: usize,
        /// When, seconds of the recording.
        time_s: f64,
        /// Of the log.
        expected: String,
        /// Of the recording.
        found: String,
        /// True when a single hash was compared, false for the root of a stretch.
        single: bool,
    },
    /// The recording ends before the log, or goes on after it.
    #[error(
        "track {track}: the log has {logged} pictures or blocks of sound, the recording {found}"
    )]
    Count {
        /// Place of the track in the first entry.
        track: usize,
        /// In the log.
        logged: u64,
        /// In the recording.
        found: u64,
    },
}

/// A recording that fits its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordingMatch {
    /// Pictures that are those of the log.
    pub pictures: u64,
    /// Blocks of sound that are those of the log.
    pub sounds: u64,
    /// True when the file is the same byte by byte; false for one that holds the same media in other bytes.
    pub same_file: bool,
}

/// What is expected of a track.
struct Expected<'a> {
    stretches: VecDeque<&'a TrackLeaves>,
    /// Hashes since the last stretch, and the time of the first of them.
    pending: Vec<Hash>,
    since_s: f64,
    found: u64,
}

/// Decodes a recording and holds it against the hashes of a log; `sha256` is that of its file, lower-case hex.
///
/// # Errors
/// The first difference, or why it cannot be looked for.
pub fn check_recording(
    path: &Path,
    sha256: &str,
    log: &Verified,
) -> Result<RecordingMatch, RecordingError> {
    if log.header.get("hashes_of").and_then(Value::as_str) != Some("decoded") {
        return Err(RecordingError::NotOfARecording);
    }
    let mut source = MediaSource::open(path, &OpenOptions::default())?;
    let tracks = select(&mut source, &log.header)?;
    let mut expected: Vec<Expected<'_>> = (0..tracks.len())
        .map(|at| Expected {
            stretches: log.media.iter().filter(|m| m.track == at).collect(),
            pending: Vec::new(),
            since_s: 0.0,
            found: 0,
        })
        .collect();
    let mut fits = RecordingMatch::default();
    while let Some(media) = next(&mut source) {
        let (track, leaf) = match &media {
            Media::Frame { track, frame } => (track, Leaf::of_picture(frame)),
            Media::Audio { track, block } => (track, Leaf::of_sound(block)),
        };
        let Some(at) = tracks.iter().position(|t| t == track) else {
            continue;
        };
        let Some(of) = expected.get_mut(at) else {
            continue;
        };
        of.take(at, &leaf)?;
        match leaf.kind {
            LeafKind::Picture => fits.pictures += 1,
            _ => fits.sounds += 1,
        }
    }
    for (track, of) in expected.iter().enumerate() {
        let logged = log.media.iter().filter(|m| m.track == track);
        let logged = logged.map(|m| m.count as u64).sum();
        if of.found != logged {
            let found = of.found;
            return Err(RecordingError::Count {
                track,
                logged,
                found,
            });
        }
    }
    let stated = log.header.pointer("/origin/sha256").and_then(Value::as_str);
    fits.same_file = stated == Some(sha256);
    Ok(fits)
}

/// A review takes a recording up to where it can be read; so does this.
fn next(source: &mut MediaSource) -> Option<Media> {
    source.next().ok().flatten()
}

/// Selects the streams that the log names; gives the track of each.
fn select(source: &mut MediaSource, header: &Value) -> Result<Vec<TrackId>, RecordingError> {
    let listed = header.get("tracks").and_then(Value::as_array);
    let mut tracks = Vec::new();
    for (at, t) in listed.into_iter().flatten().enumerate() {
        let name = |field: &str| format!("tracks[{at}].{field}");
        let stream = t.get("stream").and_then(Value::as_u64);
        let stream = stream
            .and_then(|s| usize::try_from(s).ok())
            .ok_or_else(|| {
                FieldError::new(
                    name("stream"),
                    "nothing",
                    "the index of a stream in the recording",
                )
            })?;
        let region = t.get("region").cloned().unwrap_or_default();
        let region: Option<Region> = serde_json::from_value(region)
            .map_err(|e| FieldError::new(name("region"), e, "a region, or null"))?;
        let track = TrackId::parse(&format!("track-{at}"))?;
        source.select(stream, track.clone(), region)?;
        tracks.push(track);
    }
    Ok(tracks)
}

// === impl Expected ===

impl Expected<'_> {
    fn take(&mut self, track: usize, leaf: &Leaf) -> Result<(), RecordingError> {
        self.found += 1;
        let Some(stretch) = self.stretches.front() else {
            // Counted, and told at the end.
            return Ok(());
        };
        let time_s = leaf.time().as_secs_f64();
        let other = |expected: &Hash, found: &Hash, time_s, single| RecordingError::Other {
            entry: stretch.entry,
            kind: leaf.kind.name(),
            track,
            time_s,
            expected: hex::encode(expected),
            found: hex::encode(found),
            single,
        };
        if self.pending.is_empty() {
            self.since_s = time_s;
        }
        let listed = stretch
            .leaves
            .as_ref()
            .and_then(|l| l.get(self.pending.len()));
        if let Some(expected) = listed.filter(|e| **e != leaf.hash) {
            return Err(other(expected, &leaf.hash, time_s, true));
        }
        self.pending.push(leaf.hash);
        if self.pending.len() < stretch.count {
            return Ok(());
        }
        let root = root_of(&self.pending);
        if root != stretch.root {
            return Err(other(&stretch.root, &root, self.since_s, false));
        }
        self.pending.clear();
        self.stretches.pop_front();
        Ok(())
    }
}
