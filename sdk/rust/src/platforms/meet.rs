//! Google Meet Media API: three streams of sound and up to three of pictures that change hands.
//!
//! **In:** the `media-entries` and `participants` data channels, as JSON, and the frames of the
//! virtual streams with the contributing source (CSRC) of each, as [Google's reference clients] read
//! them. **Out:** a camera for each candidate and a microphone for each candidate and interviewer.
//!
//! A stream's SSRC is fixed, but its frames are those of whoever is relevant: the CSRC says who. So
//! frames go by their CSRC to the tracks of their participant, whichever stream brought them, and
//! nobody's sound or picture is ever counted as somebody else's. A participant who comes back after
//! their stream showed somebody else, or on another stream, breaks there: a new epoch and a
//! discontinuity.
//!
//! With the absolute capture time extension, sound and pictures of a participant share one capture
//! clock and a constant offset means something; without it, stamps are those of receipt.
//!
//! [Google's reference clients]: https://github.com/googleworkspace/meet-media-api-samples

use super::Adapter;
use super::call::{Call, Clocks, Person, Tracks};
use super::lane::{Kind, Picture};
use super::pixels::stacked;
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1;
use prost::bytes::Bytes;
use serde::Deserialize;
use std::collections::HashMap;

/// CSRC that marks the loudest speaker beside the speaker's own; nobody's.
pub const LOUDEST_SPEAKER_CSRC: u32 = 42;
/// Seconds from the NTP epoch (1900) to the Unix epoch (RFC 5905, section 6).
const NTP_TO_UNIX_S: i64 = 2_208_988_800;
/// Virtual streams of sound.
const SOUND_STREAMS: usize = 3;

/// What the client does with the streams before it hands them over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Streams {
    /// Sound.
    pub audio: AudioStreams,
    /// Pictures.
    pub video: VideoStreams,
    /// True where the absolute capture time header extension was agreed.
    pub absolute_capture_time: bool,
    /// What a track is.
    pub tracks: TracksOf,
}

/// What is announced as a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracksOf {
    /// Each participant has tracks of their own, and frames go to them by their CSRC. The usual
    /// choice.
    Participants,
    /// Each virtual stream is a track, which goes to whoever is on it by a `TrackParticipant` event:
    /// for encoded streams whose decoder has to live on when they change hands.
    Streams {
        /// Streams of pictures that were asked for, 1 to 3; those of sound are always 3.
        pictures: usize,
    },
}

/// Form of the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioStreams {
    /// Decoded by WebRTC: 16-bit samples, interleaved.
    Pcm16 {
        /// Samples per second and channel.
        sample_rate: u32,
        /// Channels.
        channels: u32,
    },
    /// Opus packets.
    Opus,
}

/// Form of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VideoStreams {
    /// Decoded by WebRTC, planar 4:2:0.
    I420,
    /// Encoded frames.
    Vp8,
    /// Encoded frames.
    Vp9,
    /// Encoded temporal units.
    Av1,
}

/// A message of the `media-entries` channel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MediaEntries {
    /// Entries that are new or changed.
    pub resources: Vec<MediaEntryResource>,
    /// Entries that are gone.
    pub deleted_resources: Vec<Deleted>,
}

/// An entry under its id.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaEntryResource {
    /// Id of the resource.
    pub id: i64,
    /// The entry.
    pub media_entry: MediaEntry,
}

/// Which CSRCs are whose.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MediaEntry {
    /// Resource name; used where there is no key.
    pub participant: Option<String>,
    /// `participants/{participant}`.
    pub participant_key: Option<String>,
    /// CSRC of their sound; 0 for none.
    pub audio_csrc: u32,
    /// CSRCs of their pictures.
    pub video_csrcs: Vec<u32>,
    /// True for a shared screen.
    pub screenshare: bool,
    /// True while they are muted.
    pub audio_muted: bool,
    /// True while their camera is off.
    pub video_muted: bool,
}

/// A resource that is gone.
#[derive(Debug, Clone, Deserialize)]
pub struct Deleted {
    /// Its id.
    pub id: i64,
}

/// When a frame was captured, and received.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct CaptureTime {
    /// Absolute capture timestamp of the RTP header extension, NTP seconds as UQ32.32.
    pub absolute_capture_timestamp: Option<u64>,
    /// Estimated capture clock offset of the same, seconds as Q32.32: added, it gives the time on
    /// Meet's own clock.
    #[serde(default)]
    pub estimated_capture_clock_offset: i64,
    /// Where the client gives the same as Unix milliseconds instead.
    pub absolute_capture_timestamp_ms: Option<i64>,
    /// `timestamp_us` of a decoded picture, on the client's own clock.
    pub timestamp_us: Option<i64>,
    /// When the client received the frame, Unix microseconds.
    pub received_unix_us: i64,
}

/// Sound of a virtual stream.
#[derive(Debug, Clone, Deserialize)]
pub struct AudioFrame {
    /// Whose: the latest CSRC that is not [`LOUDEST_SPEAKER_CSRC`].
    pub contributing_source: u32,
    /// Which stream.
    pub synchronization_source: u32,
    /// True where the CSRC of the loudest speaker was there too.
    #[serde(default)]
    pub is_from_loudest_speaker: bool,
    /// Samples of one channel; 0 for Opus.
    #[serde(default)]
    pub number_of_frames: u32,
    /// When.
    #[serde(flatten)]
    pub time: CaptureTime,
    /// 16-bit little-endian samples, or one Opus packet.
    #[serde(deserialize_with = "shape::base64")]
    pub data: Bytes,
}

/// A picture of a virtual stream.
#[derive(Debug, Clone, Deserialize)]
pub struct VideoFrame {
    /// Whose.
    pub contributing_source: u32,
    /// Which stream.
    pub synchronization_source: u32,
    /// Pixels of a decoded picture.
    #[serde(default)]
    pub width: u32,
    /// Pixels of a decoded picture.
    #[serde(default)]
    pub height: u32,
    /// Bytes from row to row of Y, U and V; empty when tightly packed.
    #[serde(default)]
    pub strides: Vec<u32>,
    /// True when an encoded frame can be decoded on its own.
    #[serde(default)]
    pub keyframe: bool,
    /// When.
    #[serde(flatten)]
    pub time: CaptureTime,
    /// The planes one after the other, or one encoded frame.
    #[serde(deserialize_with = "shape::base64")]
    pub data: Bytes,
}

/// Mapping of one conference.
#[derive(Debug)]
pub struct Meet {
    call: Call,
    streams: Streams,
    /// Who is named how, from the `participants` channel.
    names: HashMap<String, String>,
    entries: HashMap<i64, Entry>,
    /// Picture stream on which each participant came last, and whose picture each stream had last.
    on_stream: HashMap<String, u32>,
    shown: HashMap<u32, String>,
    loudest: Option<u32>,
    /// From capture to receipt, as of the latest frame with a capture time.
    lag_us: i64,
}

#[derive(Debug)]
struct Entry {
    key: String,
    audio_csrc: u32,
    video_csrcs: Vec<u32>,
    screenshare: bool,
    muted: bool,
    camera_off: bool,
}

#[derive(Deserialize)]
struct Participants {
    #[serde(default)]
    resources: Vec<ParticipantResource>,
}

#[derive(Deserialize)]
struct ParticipantResource {
    participant: BaseParticipant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BaseParticipant {
    name: Option<String>,
    participant_key: Option<String>,
    signed_in_user: Option<User>,
    anonymous_user: Option<User>,
    phone_user: Option<User>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Timed<T> {
    #[serde(flatten)]
    what: T,
    received_unix_us: i64,
}

// === impl Meet ===

impl Meet {
    /// A mapping for a conference whose streams come like this.
    pub fn new(plan: Plan, streams: Streams) -> Self {
        Self {
            call: Call::new("google_meet", plan),
            streams,
            names: HashMap::new(),
            entries: HashMap::new(),
            on_stream: HashMap::new(),
            shown: HashMap::new(),
            loudest: None,
            lag_us: 0,
        }
    }

    fn participants(&mut self, p: Participants) {
        for BaseParticipant {
            name,
            participant_key,
            signed_in_user,
            anonymous_user,
            phone_user,
        } in p.resources.into_iter().map(|r| r.participant)
        {
            let user = signed_in_user.or(anonymous_user).or(phone_user);
            if let Some(key) = participant_key.or(name)
                && let Some(shown) = user.and_then(|u| u.display_name)
            {
                self.names.insert(key, shown);
            }
        }
    }

    /// Entries came, changed or went.
    ///
    /// # Errors
    /// [`MapError::Shape`] for an entry without a participant, [`MapError::Value`] where the plan's
    /// rule has no role.
    pub fn media_entries(
        &mut self,
        message: MediaEntries,
        received_unix_us: i64,
    ) -> Result<Vec<Output>, MapError> {
        for gone in message.deleted_resources {
            self.entries.remove(&gone.id);
        }
        let at_us = received_unix_us.saturating_sub(self.lag_us);
        let mut out = Vec::new();
        for MediaEntryResource { id, media_entry: e } in message.resources {
            let Some(key) = e.participant_key.or(e.participant) else {
                return Err(MapError::Shape {
                    field: "resources.mediaEntry.participantKey".into(),
                    problem: "missing, and no participant either".into(),
                });
            };
            let person = self.call.join(Who {
                external_id: &key,
                name: self.names.get(&key).map(String::as_str),
                host: None,
            })?;
            let entry = Entry {
                key,
                audio_csrc: e.audio_csrc,
                video_csrcs: e.video_csrcs,
                screenshare: e.screenshare,
                muted: e.audio_muted,
                camera_off: e.video_muted,
            };
            let before = self.entries.insert(id, entry);
            if e.screenshare {
                continue;
            }
            let was = before.map_or((false, false), |b| (b.muted, b.camera_off));
            if was.0 != e.audio_muted {
                out.extend(self.call.muted(at_us, person, e.audio_muted));
            }
            if was.1 != e.video_muted {
                out.extend(self.call.camera(at_us, person, !e.video_muted));
            }
        }
        Ok(out)
    }

    /// Whose sound or picture a CSRC is.
    fn owner(&self, csrc: u32, kind: fn(&Entry, u32) -> bool) -> Result<String, Output> {
        match self.entries.values().find(|e| kind(e, csrc)) {
            Some(e) if e.screenshare => Err(self.call.skipped(&e.key, Skip::ScreenShare)),
            Some(e) => Ok(e.key.clone()),
            None => Err(self.call.skipped(&csrc.to_string(), Skip::NotAnnounced)),
        }
    }

    /// Sound.
    ///
    /// # Errors
    /// [`MapError::Value`] for the loudest speaker's CSRC in the place of a participant's, and for
    /// samples that are not as many as stated.
    pub fn audio(&mut self, f: AudioFrame) -> Result<Vec<Output>, MapError> {
        if f.contributing_source == LOUDEST_SPEAKER_CSRC {
            let expected = "a participant's CSRC; 42 marks the loudest speaker";
            return Err(MapError::value(
                "contributing_source",
                f.contributing_source,
                expected,
            ));
        }
        let owner = match self.owner(f.contributing_source, |e, csrc| e.audio_csrc == csrc) {
            Ok(owner) => owner,
            Err(skipped) => return Ok(vec![skipped]),
        };
        let lasts_us = match self.streams.audio {
            AudioStreams::Pcm16 {
                sample_rate,
                channels,
            } => {
                let bytes = u64::from(f.number_of_frames) * u64::from(channels) * 2;
                if f.data.len() as u64 != bytes {
                    let expected = format!("{bytes} for {} frames", f.number_of_frames);
                    return Err(MapError::value(
                        "data",
                        format!("{} bytes", f.data.len()),
                        expected,
                    ));
                }
                i64::from(f.number_of_frames) * 1_000_000 / i64::from(sample_rate.max(1))
            }
            AudioStreams::Opus => 0,
        };
        let Some(stamp) = self.stamp(&f.time, lasts_us) else {
            return Ok(vec![self.call.skipped(&owner, Skip::NoTime)]);
        };
        if self.of_streams() {
            self.call
                .on_stream(f.synchronization_source, &owner, Kind::Microphone);
        }
        let mut out = self.call.sound(&owner, stamp, f.data)?;
        if f.is_from_loudest_speaker && self.loudest != Some(f.contributing_source) {
            self.loudest = Some(f.contributing_source);
            let at_us = f.time.received_unix_us.saturating_sub(self.lag_us);
            let person = self.call.find(&owner);
            out.extend(self.call.speaks(at_us, person));
        }
        Ok(out)
    }

    /// A picture.
    ///
    /// # Errors
    /// [`MapError::Value`] for a buffer too small for its size.
    pub fn video(&mut self, f: VideoFrame) -> Result<Vec<Output>, MapError> {
        let kind = |e: &Entry, csrc: u32| e.video_csrcs.contains(&csrc);
        let owner = match self.owner(f.contributing_source, kind) {
            Ok(owner) => owner,
            Err(skipped) => return Ok(vec![skipped]),
        };
        let Some(stamp) = self.stamp(&f.time, 0) else {
            return Ok(vec![self.call.skipped(&owner, Skip::NoTime)]);
        };
        let picture = match self.streams.video {
            VideoStreams::I420 => {
                let (format, size) = (v1::VideoFormat::I420, (f.width, f.height));
                Picture {
                    layout: Some(stacked(format, size, &f.strides, f.data.len())?),
                    payload: f.data,
                    keyframe: true,
                }
            }
            _ => Picture {
                layout: None,
                payload: f.data,
                keyframe: f.keyframe,
            },
        };
        let at_us = f.time.received_unix_us.saturating_sub(self.lag_us);
        if self.of_streams() {
            let stream = f.synchronization_source;
            self.call.on_stream(stream, &owner, Kind::Camera);
        }
        let mut out = match self.call.find(&owner) {
            Some(person) => self.switched(&owner, person, f.synchronization_source, at_us),
            None => Vec::new(),
        };
        out.extend(self.call.picture(&owner, stamp, picture)?);
        Ok(out)
    }

    fn of_streams(&self) -> bool {
        self.streams.tracks != TracksOf::Participants
    }

    /// Notes on which stream a participant's pictures come, and breaks their camera where they come
    /// back.
    fn switched(&mut self, owner: &str, person: Person, stream: u32, at_us: i64) -> Vec<Output> {
        let before = self.on_stream.insert(owner.to_owned(), stream);
        let shown = self.shown.insert(stream, owner.to_owned());
        let moved = before.is_some_and(|b| b != stream);
        let back = before.is_some() && shown.is_some_and(|s| s != owner);
        match moved || back {
            true => self
                .call
                .break_camera(at_us, person, "the virtual stream changed hands"),
            false => Vec::new(),
        }
    }

    fn stamp(&mut self, time: &CaptureTime, lasts_us: i64) -> Option<Stamp> {
        let received = time.received_unix_us;
        if self.streams.absolute_capture_time {
            let us = time.unix_us()?;
            self.lag_us = received.saturating_sub(us);
            return Some(Stamp::captured(us, received));
        }
        Some(match time.timestamp_us {
            Some(us) => Stamp::own(us, received),
            None => Stamp::received(received).earlier(lasts_us),
        })
    }
}

impl CaptureTime {
    /// Capture time on Meet's clock, Unix microseconds.
    fn unix_us(&self) -> Option<i64> {
        let Some(ntp) = self.absolute_capture_timestamp else {
            return self
                .absolute_capture_timestamp_ms
                .map(|ms| ms.saturating_mul(1_000));
        };
        // 32 bits of seconds and 32 of fraction: in 128 bits nothing overflows.
        let q32 = i128::from(ntp) + i128::from(self.estimated_capture_clock_offset);
        let us = (q32 * 1_000_000 + (1 << 31)) >> 32;
        let us = us - i128::from(NTP_TO_UNIX_S) * 1_000_000;
        i64::try_from(us).ok()
    }
}

impl Adapter for Meet {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        if message.get("channel").is_none() {
            return match shape::tag(&message, "frame")? {
                "audio" => self.audio(shape::read(message)?),
                "video" => self.video(shape::read(message)?),
                other => Err(MapError::value("frame", other, "audio or video")),
            };
        }
        match shape::tag(&message, "channel")? {
            "media-entries" => {
                let m: Timed<MediaEntries> = shape::read(message)?;
                self.media_entries(m.what, m.received_unix_us)
            }
            "participants" => {
                self.participants(shape::read(message)?);
                Ok(Vec::new())
            }
            "session-control" | "video-assignment" | "media-stats" => Ok(Vec::new()),
            other => {
                let known = "media-entries, participants, session-control, video-assignment or \
                             media-stats";
                Err(MapError::value("channel", other, known))
            }
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        let s = self.streams;
        let format = match s.video {
            VideoStreams::I420 => v1::VideoFormat::I420,
            VideoStreams::Vp8 => v1::VideoFormat::Vp8,
            VideoStreams::Vp9 => v1::VideoFormat::Vp9,
            VideoStreams::Av1 => v1::VideoFormat::Av1,
        };
        let video = v1::VideoTrack {
            format: format.into(),
            ..Default::default()
        };
        let (format, sample_rate_hz, channels) = match s.audio {
            AudioStreams::Pcm16 {
                sample_rate,
                channels,
            } => (v1::AudioFormat::S16le, sample_rate, channels),
            AudioStreams::Opus => (v1::AudioFormat::Opus, 48_000, 2),
        };
        let audio = v1::AudioTrack {
            format: format.into(),
            sample_rate_hz,
            channels,
            planar: false,
        };
        let clocks = match s.absolute_capture_time {
            true => Clocks::CAPTURE,
            false => Clocks::ARRIVAL,
        };
        let sent = Tracks {
            video: Some(video),
            audio: Some(audio),
        };
        match s.tracks {
            TracksOf::Participants => self.call.open(clocks, |_| sent.clone()),
            TracksOf::Streams { pictures } if (1..=3).contains(&pictures) => self
                .call
                .open_streams(clocks, &sent, pictures, SOUND_STREAMS),
            TracksOf::Streams { pictures } => Err(MapError::value(
                "tracks.pictures",
                pictures,
                "1 to 3 virtual streams",
            )),
        }
    }
}
