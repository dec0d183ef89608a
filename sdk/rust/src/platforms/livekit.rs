//! LiveKit rooms: a participant's tracks, decoded by LiveKit's SDK.
//!
//! **In:** the room's events, and the frames of a video and an audio stream as the [Rust] and
//! [Python] SDKs hand them over. **Out:** a camera for each candidate and a microphone for each
//! candidate and interviewer.
//!
//! A video frame has the time of its capture in microseconds on a clock of the SDK's own; an audio
//! frame has no time at all. Both therefore need the moment at which the program received them, and
//! nothing is known of how sound and pictures relate.
//!
//! [Rust]: https://github.com/livekit/rust-sdks
//! [Python]: https://github.com/livekit/python-sdks

use super::Adapter;
use super::call::{Call, Clocks, Person, Tracks};
use super::lane::Picture;
use super::pixels::stacked;
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1;
use prost::bytes::Bytes;
use serde::Deserialize;
use std::collections::HashMap;

/// Formats in which the program opened its streams; one for all tracks of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Formats {
    /// Buffer type that the video streams convert to.
    pub video: VideoBufferType,
    /// Rotation of the pictures; frames with another one are left out.
    pub rotation: VideoRotation,
    /// Pictures a second that are expected, 0 for unknown.
    pub fps: f32,
    /// Samples per second and channel of the audio streams.
    pub sample_rate: u32,
    /// Channels of the audio streams, interleaved.
    pub num_channels: u32,
}

/// How a video buffer's bytes lie. The names of the RGB types are the order in memory: LiveKit
/// converts `RGBA` with libyuv's `ABGR`, which is red first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum VideoBufferType {
    Rgba,
    Abgr,
    Argb,
    Bgra,
    Rgb24,
    I420,
    I420A,
    I422,
    I444,
    I010,
    Nv12,
}

/// Clockwise rotation to apply before showing a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum VideoRotation {
    /// None.
    #[default]
    #[serde(rename = "VIDEO_ROTATION_0")]
    Rotation0,
    /// 90 degrees.
    #[serde(rename = "VIDEO_ROTATION_90")]
    Rotation90,
    /// 180 degrees.
    #[serde(rename = "VIDEO_ROTATION_180")]
    Rotation180,
    /// 270 degrees.
    #[serde(rename = "VIDEO_ROTATION_270")]
    Rotation270,
}

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TrackSource {
    /// A camera.
    #[serde(rename = "SOURCE_CAMERA")]
    Camera,
    /// A microphone.
    #[serde(rename = "SOURCE_MICROPHONE")]
    Microphone,
    /// A shared screen.
    #[serde(rename = "SOURCE_SCREENSHARE")]
    Screenshare,
    /// Sound of a shared screen.
    #[serde(rename = "SOURCE_SCREENSHARE_AUDIO")]
    ScreenshareAudio,
    /// Anything else: taken as what it carries.
    #[serde(rename = "SOURCE_UNKNOWN")]
    Unknown,
}

/// Somebody in the room.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    /// Stable id that the program gave in the access token.
    pub identity: String,
    /// Display name.
    pub name: Option<String>,
}

/// A published track.
#[derive(Debug, Clone, Deserialize)]
pub struct TrackPublication {
    /// Id of the track.
    pub sid: String,
    /// Where it comes from.
    pub source: TrackSource,
    /// True while it is muted.
    #[serde(default)]
    pub muted: bool,
}

/// A picture of a video stream.
#[derive(Debug, Clone, Deserialize)]
pub struct VideoFrame {
    /// Track that the stream was made of.
    pub track_sid: String,
    /// When it was captured, microseconds on the SDK's clock.
    pub timestamp_us: i64,
    /// Rotation to apply.
    #[serde(default)]
    pub rotation: VideoRotation,
    /// How its bytes lie.
    #[serde(rename = "type")]
    pub buffer_type: VideoBufferType,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes from row to row of each plane, planes one after the other; empty when tightly packed.
    #[serde(default)]
    pub strides: Vec<u32>,
    /// The bytes.
    #[serde(deserialize_with = "shape::base64")]
    pub data: Bytes,
    /// When the program received it, Unix microseconds.
    pub received_unix_us: i64,
}

/// 10 ms of an audio stream.
#[derive(Debug, Clone, Deserialize)]
pub struct AudioFrame {
    /// Track that the stream was made of.
    pub track_sid: String,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels, interleaved.
    pub num_channels: u32,
    /// Samples of one channel.
    pub samples_per_channel: u32,
    /// 16-bit little-endian samples.
    #[serde(deserialize_with = "shape::base64")]
    pub data: Bytes,
    /// When the program received it, Unix microseconds.
    pub received_unix_us: i64,
}

/// Mapping of one room.
#[derive(Debug)]
pub struct LiveKit {
    call: Call,
    formats: Formats,
    tracks: HashMap<String, (String, TrackSource)>,
}

#[derive(Deserialize)]
struct ParticipantEvent {
    participant: Participant,
}

#[derive(Deserialize)]
struct TrackEvent {
    participant: Participant,
    publication: TrackPublication,
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct SpeakersEvent {
    speakers: Vec<Participant>,
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct RoomEvent {
    received_unix_us: i64,
}

// === impl LiveKit ===

impl LiveKit {
    /// A mapping for a room whose streams are opened in these formats.
    pub fn new(plan: Plan, formats: Formats) -> Self {
        Self {
            call: Call::new("livekit", plan),
            formats,
            tracks: HashMap::new(),
        }
    }

    fn person(&mut self, p: &Participant) -> Result<Person, MapError> {
        self.call.join(Who {
            external_id: &p.identity,
            name: p.name.as_deref(),
            host: None,
        })
    }

    /// A participant connected, or was in the room before.
    ///
    /// # Errors
    /// [`MapError::Value`] where the plan's rule has no role.
    pub fn participant(&mut self, p: &Participant) -> Result<(), MapError> {
        self.person(p).map(drop)
    }

    /// A track was subscribed.
    ///
    /// # Errors
    /// As [`participant`](Self::participant).
    pub fn track(
        &mut self,
        p: &Participant,
        t: &TrackPublication,
        received_unix_us: i64,
    ) -> Result<Vec<Output>, MapError> {
        self.person(p)?;
        self.tracks
            .insert(t.sid.clone(), (p.identity.clone(), t.source));
        if t.muted {
            return self.muted(p, t, true, received_unix_us);
        }
        Ok(Vec::new())
    }

    /// A track was muted or unmuted: a microphone, or a camera that was switched.
    ///
    /// # Errors
    /// As [`participant`](Self::participant).
    pub fn muted(
        &mut self,
        p: &Participant,
        t: &TrackPublication,
        muted: bool,
        received_unix_us: i64,
    ) -> Result<Vec<Output>, MapError> {
        let person = self.person(p)?;
        Ok(match t.source {
            TrackSource::Microphone => self.call.muted(received_unix_us, person, muted),
            TrackSource::Camera => self.call.camera(received_unix_us, person, !muted),
            _ => Vec::new(),
        })
    }

    /// The active speakers changed, the loudest first.
    pub fn speakers(&mut self, speakers: &[Participant], received_unix_us: i64) -> Vec<Output> {
        let loudest = speakers.iter().find_map(|p| self.call.find(&p.identity));
        self.call.speaks(received_unix_us, loudest)
    }

    /// Whose a track is, unless nothing of it is sent.
    fn owner(&self, sid: &str) -> Result<String, Output> {
        match self.tracks.get(sid) {
            None => Err(self.call.skipped(sid, Skip::NotAnnounced)),
            Some((of, TrackSource::Screenshare | TrackSource::ScreenshareAudio)) => {
                Err(self.call.skipped(of, Skip::ScreenShare))
            }
            Some((of, _)) => Ok(of.clone()),
        }
    }

    /// A picture.
    ///
    /// # Errors
    /// [`MapError::Value`] for a buffer of another type than announced, or too small for its size.
    pub fn video(&mut self, f: VideoFrame) -> Result<Vec<Output>, MapError> {
        let owner = match self.owner(&f.track_sid) {
            Ok(owner) => owner,
            Err(skipped) => return Ok(vec![skipped]),
        };
        if f.buffer_type != self.formats.video {
            let found = format!("{:?}", f.buffer_type);
            let expected = format!("{:?}, as announced", self.formats.video);
            return Err(MapError::value("type", found, expected));
        }
        if f.rotation != self.formats.rotation {
            return Ok(vec![self.call.skipped(&owner, Skip::Turned)]);
        }
        let format = f.buffer_type.wire();
        let picture = Picture {
            layout: Some(stacked(
                format,
                (f.width, f.height),
                &f.strides,
                f.data.len(),
            )?),
            payload: f.data,
            keyframe: true,
        };
        let stamp = Stamp::own(f.timestamp_us, f.received_unix_us);
        self.call.picture(&owner, stamp, picture)
    }

    /// Sound.
    ///
    /// # Errors
    /// [`MapError::Value`] for other rates or channels than announced.
    pub fn audio(&mut self, f: AudioFrame) -> Result<Vec<Output>, MapError> {
        let owner = match self.owner(&f.track_sid) {
            Ok(owner) => owner,
            Err(skipped) => return Ok(vec![skipped]),
        };
        let (found, announced) = (
            (f.sample_rate, f.num_channels),
            (self.formats.sample_rate, self.formats.num_channels),
        );
        if found != announced {
            let expected = format!("{announced:?}, as announced");
            return Err(MapError::value(
                "sample_rate, num_channels",
                format!("{found:?}"),
                expected,
            ));
        }
        let samples = u64::from(f.samples_per_channel) * u64::from(f.num_channels);
        if f.data.len() as u64 != 2 * samples {
            let expected = format!("{} for {samples} samples", 2 * samples);
            return Err(MapError::value(
                "data",
                format!("{} bytes", f.data.len()),
                expected,
            ));
        }
        let lasts_us =
            i64::from(f.samples_per_channel) * 1_000_000 / i64::from(f.sample_rate.max(1));
        let stamp = Stamp::received(f.received_unix_us).earlier(lasts_us);
        self.call.sound(&owner, stamp, f.data)
    }

    fn room(&mut self, event: &str, message: serde_json::Value) -> Result<Vec<Output>, MapError> {
        match event {
            "reconnected" => {
                let e: RoomEvent = shape::read(message)?;
                Ok(self
                    .call
                    .break_all(e.received_unix_us, "the room was reconnected"))
            }
            "disconnected" => Ok(vec![Output::Ended {
                reason: "the room was disconnected".into(),
            }]),
            "connected"
            | "reconnecting"
            | "connection_state_changed"
            | "connection_quality_changed"
            | "participant_disconnected"
            | "participant_metadata_changed"
            | "participant_attributes_changed"
            | "participant_name_changed"
            | "room_metadata_changed"
            | "track_published"
            | "track_unpublished"
            | "track_unsubscribed"
            | "track_subscription_failed"
            | "local_track_published"
            | "local_track_unpublished"
            | "data_received"
            | "transcription_received"
            | "e2ee_state_changed" => Ok(Vec::new()),
            other => Err(MapError::value(
                "event",
                other,
                "an event of a LiveKit room",
            )),
        }
    }
}

impl Adapter for LiveKit {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        let event = shape::tag(&message, "event")?.to_owned();
        match event.as_str() {
            "participant_connected" => {
                let e: ParticipantEvent = shape::read(message)?;
                self.participant(&e.participant).map(|()| Vec::new())
            }
            "track_subscribed" => {
                let e: TrackEvent = shape::read(message)?;
                self.track(&e.participant, &e.publication, e.received_unix_us)
            }
            "track_muted" | "track_unmuted" => {
                let e: TrackEvent = shape::read(message)?;
                let muted = event == "track_muted";
                self.muted(&e.participant, &e.publication, muted, e.received_unix_us)
            }
            "active_speakers_changed" => {
                let e: SpeakersEvent = shape::read(message)?;
                Ok(self.speakers(&e.speakers, e.received_unix_us))
            }
            "video_frame" => self.video(shape::read(message)?),
            "audio_frame" => self.audio(shape::read(message)?),
            other => self.room(other, message),
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        let f = self.formats;
        let video = v1::VideoTrack {
            format: f.video.wire().into(),
            nominal_fps: f.fps,
            rotation_deg: f.rotation.degrees(),
            ..Default::default()
        };
        let audio = v1::AudioTrack {
            format: v1::AudioFormat::S16le.into(),
            sample_rate_hz: f.sample_rate,
            channels: f.num_channels,
            planar: false,
        };
        self.call.open(Clocks::ARRIVAL, |_| Tracks {
            video: Some(video.clone()),
            audio: Some(audio),
        })
    }
}

impl VideoBufferType {
    fn wire(self) -> v1::VideoFormat {
        match self {
            Self::Rgba => v1::VideoFormat::Rgba,
            Self::Abgr => v1::VideoFormat::Abgr,
            Self::Argb => v1::VideoFormat::Argb,
            Self::Bgra => v1::VideoFormat::Bgra,
            Self::Rgb24 => v1::VideoFormat::Rgb24,
            Self::I420 => v1::VideoFormat::I420,
            Self::I420A => v1::VideoFormat::I420a,
            Self::I422 => v1::VideoFormat::I422,
            Self::I444 => v1::VideoFormat::I444,
            Self::I010 => v1::VideoFormat::I010,
            Self::Nv12 => v1::VideoFormat::Nv12,
        }
    }
}

impl VideoRotation {
    fn degrees(self) -> u32 {
        match self {
            Self::Rotation0 => 0,
            Self::Rotation90 => 90,
            Self::Rotation180 => 180,
            Self::Rotation270 => 270,
        }
    }
}
