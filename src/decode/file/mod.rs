//! Recordings, read through FFmpeg's libraries.
//!
//! **Time.** Every time comes from presentation timestamps (PTS). The session's zero is the
//! earliest start among the file's video and audio streams, whichever of them are selected, so
//! that sound and pictures keep the relation in which a player shows them. A video stream starts
//! at its first PTS; an audio stream that starts below zero only because its codec primes the
//! decoder (AAC, Opus) counts as starting at zero, and what its decoder leaves before zero is
//! cut. FFmpeg applies edit lists and codec delays before they get here.
//!
//! **Missing PTS.** A picture without PTS takes the time that FFmpeg guesses from decoding order;
//! without that, the previous picture's time plus the duration that the container states; without
//! that it is counted in [`FileStats::untimed`] and left out. Sound without PTS follows the
//! previous block. Pictures are never counted to get time. Times are handed out in whole
//! microseconds, as the live protocol carries them, so that a recording reads the same either way.
//!
//! **Sound** is made contiguous: containers round PTS to as much as a millisecond, so a block
//! that starts within 2 ms of the end of the one before is taken to follow it directly.
//!
//! **Damage.** A packet that cannot be decoded is counted and skipped. More than
//! [`MAX_ERROR_SHARE`] of a stream's packets failing, once at least [`MIN_ERRORS`] have, is an
//! error. Timestamps that do not rise are counted and their media left out; after
//! [`MAX_BACKWARD_RUN`] in a row it is an error.

mod audio;
mod counters;
#[cfg(test)]
mod media_tests;
mod open;
mod source;
mod still;
#[cfg(test)]
mod tests;
mod video;

pub(in crate::decode) use open::init;
pub use source::MediaSource;

use super::DecodeError;
use crate::core::{AudioBlock, Frame, MediaTime, Region, TrackId, TrackKind};
use counters::{Counters, to_ns};
use ffmpeg_next as ff;
use std::collections::VecDeque;
use std::path::Path;

/// Share of failed packets above which a stream is given up.
pub const MAX_ERROR_SHARE: f64 = 0.5;
/// Failed packets below which a stream is never given up.
pub const MIN_ERRORS: u64 = 50;
/// Pictures or blocks in a row whose time does not rise, after which a stream is given up.
pub const MAX_BACKWARD_RUN: u32 = 250;

/// How a file is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// Threads per video decoder, 1 to 16.
    pub video_threads: usize,
    /// Largest picture in pixels.
    pub max_pixels: u64,
    /// Decodes keyframes alone, for a quick look at a long recording.
    pub keyframes_only: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            video_threads: 1,
            max_pixels: 4096 * 4096,
            keyframes_only: false,
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct FileInfo {
    /// Short name of the container as FFmpeg has it, as "mov,mp4,m4a,3gp,3g2,mj2".
    pub container: String,
    /// Stated length in nanoseconds from the session's zero, if the container states one.
    pub duration_ns: Option<i64>,
    /// Video and audio streams; others are left out.
    pub streams: Vec<StreamInfo>,
    /// The comment in the container's metadata, at most [`MAX_COMMENT`] characters; empty without one.
    pub comment: String,
}

/// Characters of a comment that are kept.
pub const MAX_COMMENT: usize = 200;

impl FileInfo {
    /// The stream with this index, if it is video or audio.
    pub fn stream(&self, index: usize) -> Option<&StreamInfo> {
        self.streams.iter().find(|s| s.index == index)
    }

    /// The first decodable stream of a kind; cover pictures do not count.
    pub fn first(&self, kind: TrackKind) -> Option<&StreamInfo> {
        self.streams
            .iter()
            .find(|s| s.kind == kind && s.decodable && !s.cover_picture)
    }
}

/// One stream of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInfo {
    /// Index in the file, as ffprobe counts.
    pub index: usize,
    /// Pictures or sound.
    pub kind: TrackKind,
    /// Name of the codec, as "h264".
    pub codec: String,
    /// False when this FFmpeg has no decoder for it.
    pub decodable: bool,
    /// True for a still that a sound file carries as its cover.
    pub cover_picture: bool,
    /// Start in nanoseconds of session time; 0 when not stated.
    pub start_ns: i64,
    /// Width as stored, pixels; 0 for sound.
    pub width: u32,
    /// Height as stored, pixels; 0 for sound.
    pub height: u32,
    /// Average frames per second as the container states them; information only.
    pub average_fps: Option<f64>,
    /// Clockwise turn that is applied to each picture: 0, 90, 180 or 270 degrees.
    pub rotation_deg: u32,
    /// Samples per second as stored; 0 for pictures.
    pub sample_rate_hz: u32,
    /// Channels as stored; 0 for pictures.
    pub channels: u32,
}

/// A decoded piece of a selected track.
#[derive(Debug, Clone)]
pub enum Media {
    /// A picture.
    Frame {
        /// The track it was selected as.
        track: TrackId,
        /// The picture, upright and cropped to the track's region.
        frame: Frame,
    },
    /// Sound.
    Audio {
        /// The track it was selected as.
        track: TrackId,
        /// Interleaved floats, at most stereo, 8 to 48 kHz.
        block: AudioBlock,
    },
}

impl Media {
    /// The track it belongs to.
    pub fn track(&self) -> &TrackId {
        match self {
            Self::Frame { track, .. } | Self::Audio { track, .. } => track,
        }
    }

    /// Capture time of the picture or of the first sample.
    pub fn time(&self) -> MediaTime {
        match self {
            Self::Frame { frame, .. } => frame.time,
            Self::Audio { block, .. } => block.time,
        }
    }
}

/// What went wrong without stopping the reading; sums over all selected streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileStats {
    /// Packets given to decoders.
    pub packets: u64,
    /// Packets that could not be decoded.
    pub decode_errors: u64,
    /// Pictures or blocks left out because their time did not rise.
    pub non_monotonic: u64,
    /// Pictures left out because nothing tells their time.
    pub untimed: u64,
    /// True when the file ended well before its stated length.
    pub ended_early: bool,
}

/// A recording that is being read.
///
/// ```no_run
/// use liveproof::core::{TrackId, TrackKind};
/// use liveproof::decode::file::{FileSource, OpenOptions};
/// let mut source = FileSource::open("talk.mp4".as_ref(), &OpenOptions::default())?;
/// if let Some(video) = source.info().first(TrackKind::Video).map(|s| s.index) {
///     source.select(video, TrackId::parse("video")?, None)?;
/// }
/// while let Some(media) = source.next()? {
///     println!("{} {:.3} s", media.track(), media.time().as_secs_f64());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileSource {
    input: ff::format::context::Input,
    info: FileInfo,
    options: OpenOptions,
    zero_ns: i64,
    lanes: Vec<Lane>,
    ready: VecDeque<Media>,
    ended: bool,
    demux_errors: u64,
    ended_early: bool,
}

/// Decoding state of one selected stream.
enum Lane {
    Video(Box<video::VideoLane>),
    Audio(Box<audio::AudioLane>),
}

// === impl FileSource ===

impl FileSource {
    /// Opens a file and lists its streams; nothing is decoded yet.
    ///
    /// Only local files and self-contained containers are opened: play lists and other formats
    /// that make FFmpeg open further files are refused as [`DecodeError::NotMedia`].
    ///
    /// # Errors
    /// [`DecodeError::Io`], [`NotAFile`](DecodeError::NotAFile), [`Empty`](DecodeError::Empty),
    /// [`NotMedia`](DecodeError::NotMedia), [`Incomplete`](DecodeError::Incomplete) or
    /// [`NoStreams`](DecodeError::NoStreams).
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, DecodeError> {
        let opened = open::open(path)?;
        Ok(Self {
            input: opened.input,
            info: opened.info,
            options: options.clone(),
            zero_ns: opened.zero_ns,
            lanes: Vec::new(),
            ready: VecDeque::new(),
            ended: false,
            demux_errors: 0,
            ended_early: false,
        })
    }

    /// What the file holds.
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// Has a stream decoded as `track`. A stream may be selected several times with different
    /// regions; it is decoded once. Call it before the first [`next`](Self::next); streams
    /// selected later start in mid-file.
    ///
    /// # Errors
    /// [`DecodeError::NoSuchStream`], [`NotDecodable`](DecodeError::NotDecodable), or
    /// [`Field`](DecodeError::Field) when the region lies outside the picture, is given for
    /// sound, or the picture's size is out of bounds.
    pub fn select(
        &mut self,
        index: usize,
        track: TrackId,
        region: Option<Region>,
    ) -> Result<(), DecodeError> {
        if let Some(r) = &region {
            r.validate().map_err(|e| e.within("region"))?;
        }
        let info = self
            .info
            .stream(index)
            .ok_or(DecodeError::NoSuchStream {
                index,
                expected: "video or audio",
                streams: self.input.nb_streams() as usize,
            })?
            .clone();
        match self.lanes.iter_mut().find(|l| l.index() == index) {
            Some(Lane::Video(lane)) => lane.add_track(track, region),
            Some(Lane::Audio(lane)) => lane.add_track(track, region)?,
            None if info.kind == TrackKind::Video => {
                let stream = self.stream(index)?;
                let mut lane = video::VideoLane::open(&stream, &info, &self.options, self.zero_ns)?;
                lane.add_track(track, region);
                self.lanes.push(Lane::Video(Box::new(lane)));
            }
            None => {
                let stream = self.stream(index)?;
                let mut lane = audio::AudioLane::open(&stream, &info, self.zero_ns)?;
                lane.add_track(track, region)?;
                self.lanes.push(Lane::Audio(Box::new(lane)));
            }
        }
        Ok(())
    }

    /// The next picture or block of sound in the order of the file; `None` at its end, after
    /// the decoders were drained.
    ///
    /// # Errors
    /// [`DecodeError::NothingSelected`], [`TooManyErrors`](DecodeError::TooManyErrors),
    /// [`TimestampsGoBack`](DecodeError::TimestampsGoBack),
    /// [`NothingDecoded`](DecodeError::NothingDecoded) at the end, [`Io`](DecodeError::Io), or
    /// [`Field`](DecodeError::Field) when a picture's size goes out of bounds. After an error
    /// the source is at its end.
    #[allow(clippy::should_implement_trait)] // fallible, and the source is not an iterator
    pub fn next(&mut self) -> Result<Option<Media>, DecodeError> {
        if self.lanes.is_empty() {
            return Err(DecodeError::NothingSelected);
        }
        loop {
            if let Some(media) = self.ready.pop_front() {
                return Ok(Some(media));
            }
            if self.ended {
                return Ok(None);
            }
            if let Err(e) = self.step() {
                self.ended = true;
                self.ready.clear();
                return Err(e);
            }
        }
    }

    /// Counts so far.
    pub fn stats(&self) -> FileStats {
        let mut sum = FileStats {
            decode_errors: self.demux_errors,
            ended_early: self.ended_early,
            ..FileStats::default()
        };
        for lane in &self.lanes {
            let c = lane.counters();
            sum.packets += c.packets;
            sum.decode_errors += c.errors;
            sum.non_monotonic += c.non_monotonic;
            sum.untimed += c.untimed;
        }
        sum
    }

    fn stream(&self, index: usize) -> Result<ff::Stream<'_>, DecodeError> {
        self.input.stream(index).ok_or(DecodeError::NoSuchStream {
            index,
            expected: "video or audio",
            streams: self.input.nb_streams() as usize,
        })
    }

    /// Reads one packet and decodes it, or drains the decoders at the end of the file.
    fn step(&mut self) -> Result<(), DecodeError> {
        let mut packet = ff::Packet::empty();
        match packet.read(&mut self.input) {
            Ok(()) => {
                if let Some(lane) = self.lanes.iter_mut().find(|l| l.index() == packet.stream()) {
                    lane.submit(&packet, &mut self.ready)?;
                }
                Ok(())
            }
            // A demuxer finds its way again after damaged bytes; how often is bounded.
            Err(ff::Error::InvalidData) if self.demux_errors < MAX_DEMUX_ERRORS => {
                self.demux_errors += 1;
                Ok(())
            }
            Err(ff::Error::Eof) => self.drain(),
            Err(ff::Error::InvalidData) => self.drain(),
            Err(e) => Err(DecodeError::Io(e.to_string())),
        }
    }

    fn drain(&mut self) -> Result<(), DecodeError> {
        self.ended = true;
        for lane in &mut self.lanes {
            lane.drain(&mut self.ready)?;
        }
        self.ended_early = self.ended_early();
        for lane in &self.lanes {
            let c = lane.counters();
            if c.delivered == 0 && c.untimed == 0 {
                return Err(DecodeError::NothingDecoded {
                    index: lane.index(),
                    errors: c.errors + self.demux_errors,
                });
            }
        }
        Ok(())
    }

    /// True when the last selected stream ends more than a second and 5 % before the length that
    /// the container states.
    fn ended_early(&self) -> bool {
        let Some(stated) = self.info.duration_ns else {
            return false;
        };
        let last = self
            .lanes
            .iter()
            .filter_map(|l| l.counters().last)
            .map(|t| t.0)
            .max()
            .unwrap_or(0);
        stated - last > (stated / 20).max(1_000_000_000)
    }
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSource")
            .field("info", &self.info)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Damaged stretches that the demuxer may report before the file counts as ended.
const MAX_DEMUX_ERRORS: u64 = 1_000;

// === impl Lane ===

impl Lane {
    fn index(&self) -> usize {
        match self {
            Self::Video(l) => l.index,
            Self::Audio(l) => l.index,
        }
    }

    fn counters(&self) -> &Counters {
        match self {
            Self::Video(l) => &l.counters,
            Self::Audio(l) => &l.counters,
        }
    }

    fn submit(
        &mut self,
        packet: &ff::Packet,
        ready: &mut VecDeque<Media>,
    ) -> Result<(), DecodeError> {
        match self {
            Self::Video(l) => l.submit(packet, ready),
            Self::Audio(l) => l.submit(packet, ready),
        }
    }

    fn drain(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        match self {
            Self::Video(l) => l.drain(ready),
            Self::Audio(l) => l.drain(ready),
        }
    }
}
