//! Chunks of tracks: validated, counted, and given session times.

use super::clock::Clock;
use super::{BACKLOG_NS, CLOCK_JUMP_NS, Limits};
use crate::core::{
    AudioTrackSpec, ClockSource, FieldError, InterviewSpec, MediaTime, PictureLayout, TrackId,
    TrackSpec, VideoFormat, VideoTrackSpec,
};
use std::collections::{BTreeMap, HashMap};

/// Chunks in a row that lie before the one before them by less than a jump: after these the clock
/// counts as set back, since packets out of order never come in such a run.
pub const MAX_BACK_RUN: u32 = 10;
/// How far before the latest picture another may lie in codecs that reorder: 2 s.
const REORDER_NS: i64 = 2_000_000_000;

/// A piece of a track as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Counts the track's chunks from 0.
    pub sequence: u64,
    /// Capture time on the track's clock, microseconds.
    pub capture_time_us: i64,
    /// The media.
    pub payload: &'a [u8],
    /// Shape of a raw picture.
    pub layout: Option<&'a PictureLayout>,
    /// The sender's epoch.
    pub epoch: u32,
}

/// A chunk that may be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Session time of the picture or of the first sample.
    pub time: MediaTime,
    /// Rises with the sender's epoch, with clock jumps and with discontinuities.
    pub epoch: u32,
    /// Chunks missing right before this one.
    pub lost_chunks: u64,
    /// Set when the track's clock jumped right before this chunk.
    pub clock_jump: Option<ClockJump>,
    /// True where this chunk, the first of its clock, shows that the relation to the other clocks is
    /// not what the sender claims: it reads like none of them.
    pub unrelated: bool,
}

/// A break in a track's timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockJump {
    /// How far the timestamps jumped, nanoseconds; positive = forwards.
    pub by_ns: i64,
    /// True when the clock was set back and got a new relation to session time, so that a constant
    /// offset between sound and pictures carries no meaning from here on.
    pub reset: bool,
}

/// Why a chunk was not let in. The stream goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A track that was not announced.
    #[error("media.track_id: found {0}, expected an announced track")]
    UnknownTrack(TrackId),
    /// This sequence number was the latest already.
    #[error("media.sequence: {0} came twice")]
    Duplicate(u64),
    /// A sequence number below the latest.
    #[error("media.sequence: {found} came after {latest}")]
    Late {
        /// Number of the chunk.
        found: u64,
        /// Largest number before.
        latest: u64,
    },
    /// The capture time of the chunk before.
    #[error("media.capture_time_us: {0} came twice")]
    TimeRepeats(i64),
    /// A capture time before that of the chunk before, by at most [`CLOCK_JUMP_NS`].
    #[error("media.capture_time_us: {found} lies {by_us} us before the chunk before")]
    TimeGoesBack {
        /// Capture time of the chunk.
        found: i64,
        /// How far back.
        by_us: i64,
    },
    /// A payload, layout or time that cannot be used.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl From<Refusal> for FieldError {
    fn from(refusal: Refusal) -> Self {
        let rising = "rising from chunk to chunk";
        match refusal {
            Refusal::UnknownTrack(id) => Self::new("media.track_id", id, "an announced track"),
            Refusal::Duplicate(n) => Self::new("media.sequence", format!("{n} again"), rising),
            Refusal::Late { found, latest } => {
                Self::new("media.sequence", format!("{found} after {latest}"), rising)
            }
            Refusal::TimeRepeats(us) => {
                Self::new("media.capture_time_us", format!("{us} again"), rising)
            }
            Refusal::TimeGoesBack { found, by_us } => Self::new(
                "media.capture_time_us",
                format!("{found}, {by_us} us back"),
                rising,
            ),
            Refusal::Field(e) => e,
        }
    }
}

/// Counts of one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrackCounts {
    /// Chunks let in.
    pub accepted: u64,
    /// Chunks missing in the sequence.
    pub lost: u64,
    /// Chunks whose sequence number or time came twice.
    pub duplicates: u64,
    /// Chunks out of order, in sequence or time.
    pub late: u64,
    /// Chunks refused for their content or time.
    pub refused: u64,
    /// Breaks in the timestamps.
    pub clock_jumps: u64,
}

/// All tracks of one interview.
///
/// **Session time.** A track's timestamps plus its clock's offset. The offset is what the sender
/// states by a clock mapping; without that, a clock whose first timestamp lies within 60 s of the
/// session's present (at the start: of zero) is taken to show session time, one that reads like
/// another clock which is known (both in Unix time, say) to stand as that one does, and any other
/// is shifted so that its first timestamp is the present. The present is the largest time let in; a
/// reference track, which shows another moment, has a clock of its own and does not move it.
#[derive(Debug, Clone)]
pub struct Ingest {
    tracks: BTreeMap<TrackId, Track>,
    clocks: HashMap<String, Clock>,
    limits: Limits,
    present: MediaTime,
}

#[derive(Debug, Clone)]
struct Track {
    clock_id: String,
    /// Another moment than the interview's: it does not move the present.
    reference: bool,
    video: Option<VideoTrackSpec>,
    audio: Option<AudioTrackSpec>,
    counts: TrackCounts,
    sequence: Option<u64>,
    last: Option<Placed>,
    sender_epoch: u32,
    epoch: u32,
    /// Chunks in a row whose time went back.
    back_run: u32,
}

/// What a track's first chunk is set against.
struct Scene {
    present: MediaTime,
    /// Offsets of the clocks that are known.
    others: Vec<i64>,
}

/// Where the latest accepted chunk of a track lies.
#[derive(Debug, Clone, Copy)]
struct Placed {
    time: MediaTime,
    offset_ns: i64,
}

// === impl Ingest ===

impl Ingest {
    /// The tracks of a specification that [`validate_spec`](super::validate_spec) let through.
    pub fn new(spec: &InterviewSpec, limits: &Limits) -> Self {
        let mut clocks = HashMap::new();
        for t in spec.tracks.iter().filter(|t| !t.reference) {
            // Of several claims on one clock the most modest holds.
            clocks
                .entry(t.clock_id.clone())
                .and_modify(|c: &mut Clock| *c = Clock::new(c.source().min(t.clock)))
                .or_insert_with(|| Clock::new(t.clock));
        }
        Self {
            tracks: spec
                .tracks
                .iter()
                .map(|t| (t.id.clone(), Track::new(t)))
                .collect(),
            clocks,
            limits: *limits,
            present: MediaTime::ZERO,
        }
    }

    /// Looks at a chunk before anything is decoded.
    ///
    /// # Errors
    /// A [`Refusal`]; the track goes on with the next chunk.
    pub fn accept(&mut self, id: &TrackId, chunk: &Chunk<'_>) -> Result<Accepted, Refusal> {
        let Some(track) = self.tracks.get_mut(id) else {
            return Err(Refusal::UnknownTrack(id.clone()));
        };
        let others: Vec<i64> = match track.last {
            None if !track.reference => self.clocks.values().filter_map(Clock::offset).collect(),
            _ => Vec::new(),
        };
        let clock = self.clocks.entry(track.clock_id.clone()).or_default();
        let scene = Scene {
            present: self.present,
            others,
        };
        let result = track
            .sequence(chunk)
            .and_then(|lost| track.content(chunk, &self.limits).map(|()| lost))
            .and_then(|lost| track.place(chunk, clock, &scene, &self.limits, lost));
        track.count(&result);
        if let Ok(accepted) = &result
            && !track.reference
        {
            self.present = self.present.max(accepted.time);
        }
        result
    }

    /// A chunk was dropped under load before it got here; it is not counted as lost again.
    pub fn dropped(&mut self, id: &TrackId, sequence: u64) {
        if let Some(track) = self.tracks.get_mut(id) {
            track.sequence = Some(track.sequence.map_or(sequence, |s| s.max(sequence)));
        }
    }

    /// The sender says that a track breaks here.
    ///
    /// # Errors
    /// [`Refusal::UnknownTrack`].
    pub fn discontinuity(&mut self, id: &TrackId) -> Result<(), Refusal> {
        let track = self
            .tracks
            .get_mut(id)
            .ok_or_else(|| Refusal::UnknownTrack(id.clone()))?;
        track.epoch = track.epoch.saturating_add(1);
        Ok(())
    }

    /// The sender states the relation of a track's clock to session time; it holds for every
    /// track on that clock.
    ///
    /// # Errors
    /// [`Refusal::UnknownTrack`].
    pub fn clock_mapping(
        &mut self,
        id: &TrackId,
        offset_ns: i64,
        source: ClockSource,
    ) -> Result<(), Refusal> {
        let track = self
            .tracks
            .get(id)
            .ok_or_else(|| Refusal::UnknownTrack(id.clone()))?;
        let clock = self.clocks.entry(track.clock_id.clone()).or_default();
        clock.state(offset_ns, source);
        Ok(())
    }

    /// What is known of a track's clock by now; a reset makes it unknown.
    pub fn clock_source(&self, id: &TrackId) -> ClockSource {
        self.tracks
            .get(id)
            .and_then(|t| self.clocks.get(&t.clock_id))
            .map_or(ClockSource::Unknown, Clock::source)
    }

    /// Counts of a track.
    pub fn counts(&self, id: &TrackId) -> Option<TrackCounts> {
        self.tracks.get(id).map(|t| t.counts)
    }

    /// Largest session time let in so far.
    pub fn present(&self) -> MediaTime {
        self.present
    }
}

// === impl Track ===

impl Track {
    fn new(spec: &TrackSpec) -> Self {
        Self {
            // No clock that a client can name: a reference has no relation to the other tracks.
            clock_id: match spec.reference {
                true => format!("\0{}", spec.id),
                false => spec.clock_id.clone(),
            },
            reference: spec.reference,
            video: spec.video.clone(),
            audio: spec.audio,
            counts: TrackCounts::default(),
            sequence: None,
            last: None,
            sender_epoch: 0,
            epoch: 0,
            back_run: 0,
        }
    }

    /// Chunks lost before this one.
    fn sequence(&mut self, chunk: &Chunk<'_>) -> Result<u64, Refusal> {
        let found = chunk.sequence;
        let lost = match self.sequence {
            Some(latest) if found == latest => return Err(Refusal::Duplicate(found)),
            Some(latest) if found < latest => return Err(Refusal::Late { found, latest }),
            Some(latest) => found - latest - 1,
            None => found,
        };
        self.sequence = Some(found);
        self.counts.lost = self.counts.lost.saturating_add(lost);
        Ok(lost)
    }

    fn content(&self, chunk: &Chunk<'_>, limits: &Limits) -> Result<(), Refusal> {
        let len = chunk.payload.len();
        if len == 0 || len > limits.max_chunk_bytes {
            return Err(FieldError::new(
                "media.payload",
                format!("{len} bytes"),
                format!("1 to {} bytes", limits.max_chunk_bytes),
            )
            .into());
        }
        match (&self.video, &self.audio) {
            (Some(video), _) => picture(video, chunk, limits),
            (None, Some(audio)) => sound(audio, len, limits),
            (None, None) => Ok(()),
        }
    }

    /// Session time and epoch; the track's state changes only when the chunk is let in.
    fn place(
        &mut self,
        chunk: &Chunk<'_>,
        clock: &mut Clock,
        scene: &Scene,
        limits: &Limits,
        lost_chunks: u64,
    ) -> Result<Accepted, Refusal> {
        let us = chunk.capture_time_us;
        let capture_ns = us.checked_mul(1_000).ok_or_else(|| {
            FieldError::new(
                "media.capture_time_us",
                us,
                "a time within 292 years of zero",
            )
        })?;
        let before = *clock;
        let found = self.position(us, capture_ns, clock, scene);
        let back = matches!(found, Err(Refusal::TimeGoesBack { .. }));
        self.back_run = if back { self.back_run + 1 } else { 0 };
        let (placed, clock_jump) = found?;
        if placed.time.0 > limits.max_session_ns || placed.time.0 < -BACKLOG_NS {
            *clock = before;
            return Err(FieldError::new(
                "media.capture_time_us",
                format!("{us}, session time {:.3} s", placed.time.as_secs_f64()),
                format!(
                    "-{} to {} s of session time",
                    BACKLOG_NS / 1_000_000_000,
                    limits.max_session_ns / 1_000_000_000
                ),
            )
            .into());
        }
        if clock_jump.is_some() || (self.last.is_some() && chunk.epoch != self.sender_epoch) {
            self.epoch = self.epoch.saturating_add(1);
        }
        self.counts.clock_jumps += u64::from(clock_jump.is_some());
        let unrelated = clock_jump.is_none() && clock.source() != before.source();
        self.sender_epoch = chunk.epoch;
        // A picture that is sent before those it follows does not set the track back.
        if clock_jump.is_some() || self.last.is_none_or(|l| placed.time > l.time) {
            self.last = Some(placed);
        }
        Ok(Accepted {
            time: placed.time,
            epoch: self.epoch,
            lost_chunks,
            clock_jump,
            unrelated,
        })
    }

    fn position(
        &self,
        us: i64,
        capture_ns: i64,
        clock: &mut Clock,
        scene: &Scene,
    ) -> Result<(Placed, Option<ClockJump>), Refusal> {
        let at = |offset_ns: i64| Placed {
            time: MediaTime(capture_ns.saturating_add(offset_ns)),
            offset_ns,
        };
        let Some(last) = self.last else {
            let offset_ns = clock.anchor(capture_ns, scene.present, &scene.others);
            return Ok((at(offset_ns), None));
        };
        let placed = at(clock.offset_near(capture_ns, last.time));
        let step = placed.time.since_ns(last.time);
        match step {
            0 => Err(Refusal::TimeRepeats(us)),
            s if (-REORDER_NS..0).contains(&s) && self.reorders() => Ok((placed, None)),
            s if (-CLOCK_JUMP_NS..0).contains(&s) && self.back_run < MAX_BACK_RUN => {
                Err(Refusal::TimeGoesBack {
                    found: us,
                    by_us: -s / 1_000,
                })
            }
            s if s < 0 => {
                let next = scene.present.max(last.time.plus_ns(1));
                let jump = ClockJump {
                    by_ns: s,
                    reset: true,
                };
                Ok((at(clock.reset(capture_ns, next)), Some(jump)))
            }
            s if s > CLOCK_JUMP_NS || placed.offset_ns != last.offset_ns => {
                let jump = ClockJump {
                    by_ns: s,
                    reset: placed.offset_ns != last.offset_ns,
                };
                Ok((placed, Some(jump)))
            }
            _ => Ok((placed, None)),
        }
    }

    /// True for codecs that may send pictures in another order than they are shown.
    fn reorders(&self) -> bool {
        let format = self.video.as_ref().map(|v| v.format);
        format.is_some_and(VideoFormat::reorders)
    }

    fn count(&mut self, result: &Result<Accepted, Refusal>) {
        let slot = match result {
            Ok(_) => &mut self.counts.accepted,
            Err(Refusal::Duplicate(_) | Refusal::TimeRepeats(_)) => &mut self.counts.duplicates,
            Err(Refusal::Late { .. } | Refusal::TimeGoesBack { .. }) => &mut self.counts.late,
            Err(Refusal::Field(_) | Refusal::UnknownTrack(_)) => &mut self.counts.refused,
        };
        *slot += 1;
    }
}

fn picture(spec: &VideoTrackSpec, chunk: &Chunk<'_>, limits: &Limits) -> Result<(), Refusal> {
    if !spec.format.is_raw() {
        return Ok(()); // its size shows only when its header is read
    }
    let layout = chunk.layout.ok_or_else(|| {
        FieldError::new(
            "media.layout",
            "none",
            "the size of the raw picture in every chunk",
        )
    })?;
    layout
        .resolve(spec.format, chunk.payload.len(), limits.max_picture_pixels)
        .map_err(|e| {
            let room = if e.field == "payload" {
                "media"
            } else {
                "media.layout"
            };
            e.within(room)
        })?;
    Ok(())
}

fn sound(spec: &AudioTrackSpec, len: usize, limits: &Limits) -> Result<(), Refusal> {
    let Some(bytes) = spec.format.bytes_per_sample() else {
        return Ok(()); // compressed: its length shows only when it is decoded
    };
    let step = bytes * spec.channels.max(1) as usize;
    if !len.is_multiple_of(step) {
        return Err(FieldError::new(
            "media.payload",
            format!("{len} bytes"),
            format!("a multiple of {step} bytes"),
        )
        .into());
    }
    let frames = (len / step) as u64;
    let rate = u64::from(spec.sample_rate_hz.max(1));
    let (min, max) = (limits.min_audio_chunk_ms, limits.max_audio_chunk_ms);
    if frames * 1_000 < rate * u64::from(min) || frames * 1_000 > rate * u64::from(max) {
        return Err(FieldError::new(
            "media.payload",
            format!("{:.1} ms of sound", frames as f64 * 1e3 / rate as f64),
            format!("{min} to {max} ms of sound"),
        )
        .into());
    }
    Ok(())
}
