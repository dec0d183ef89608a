//! Daily calls: a participant's renderers, as `daily-python` hands them over.
//!
//! **In:** the call client's events and the callbacks of `set_video_renderer` and
//! `set_audio_renderer` ([types], [source]). **Out:** a camera for each candidate and a microphone
//! for each candidate and interviewer.
//!
//! A picture has the time at which it was received, in microseconds on a clock of Daily's own; sound
//! has no time at all. Both therefore need the moment at which the program received them, and
//! nothing is known of how sound and pictures relate.
//!
//! [types]: https://reference-python.daily.co/types.html
//! [source]: https://github.com/daily-co/daily-python

use super::Adapter;
use super::call::{Call, Clocks, Tracks};
use super::lane::Picture;
use super::pixels::stacked;
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1::{self, VideoFormat};
use prost::bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// How the program set its renderers up; one for all participants.
#[derive(Debug, Clone, PartialEq)]
pub struct Renderers {
    /// `color_format` of `set_video_renderer`: `RGBA`, `BGRA`, `ARGB`, `ABGR`, `RGB` or `I420`. That
    /// the names of the four-byte formats are the order in memory is verified for `RGBA` alone.
    pub color_format: String,
    /// Pictures a second that are expected, 0 for unknown.
    pub fps: f32,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels, interleaved.
    pub num_channels: u32,
}

/// A participant, `Participant` of Daily's types.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    /// Session id in the call; renderers are set for it.
    pub id: String,
    /// Who they are.
    #[serde(default)]
    pub info: ParticipantInfo,
    /// What they send.
    #[serde(default)]
    pub media: ParticipantMedia,
}

/// `ParticipantInfo` of Daily's types.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantInfo {
    /// Display name.
    pub user_name: Option<String>,
    /// True for an owner of the meeting.
    pub is_owner: Option<bool>,
}

/// `ParticipantMedia` of Daily's types.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ParticipantMedia {
    /// The camera.
    pub camera: Option<MediaInfo>,
    /// The microphone.
    pub microphone: Option<MediaInfo>,
}

/// `ParticipantMediaInfo` of Daily's types.
#[derive(Debug, Clone, Deserialize)]
pub struct MediaInfo {
    /// `receivable`, `playable`, `loading`, `interrupted`, `blocked` or `off`.
    pub state: String,
}

/// `VideoFrame` of `daily-python`, with whose it is and when it came.
#[derive(Debug, Clone, Deserialize)]
pub struct VideoFrame {
    /// Whose picture.
    pub participant_id: String,
    /// `camera` or `screenVideo`.
    #[serde(default = "camera")]
    pub video_source: String,
    /// When Daily received it, microseconds on Daily's clock.
    pub timestamp_us: i64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How the bytes lie.
    pub color_format: String,
    /// The bytes, tightly packed.
    #[serde(deserialize_with = "shape::base64")]
    pub buffer: Bytes,
    /// When the program received it, Unix microseconds.
    pub received_unix_us: i64,
}

fn camera() -> String {
    "camera".into()
}

/// `AudioData` of `daily-python`, with whose it is and when it came.
#[derive(Debug, Clone, Deserialize)]
pub struct AudioData {
    /// Whose sound.
    pub participant_id: String,
    /// 16.
    pub bits_per_sample: u32,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels, interleaved.
    pub num_channels: u32,
    /// Samples of one channel.
    pub num_audio_frames: u32,
    /// The samples, little-endian.
    #[serde(deserialize_with = "shape::base64")]
    pub audio_frames: Bytes,
    /// When the program received it, Unix microseconds.
    pub received_unix_us: i64,
}

/// Mapping of one call.
#[derive(Debug)]
pub struct Daily {
    call: Call,
    renderers: Renderers,
    format: VideoFormat,
    /// Microphone muted and camera on, as last said of each participant.
    said: HashMap<String, (Option<bool>, Option<bool>)>,
}

#[derive(Deserialize)]
struct OfParticipant {
    participant: Participant,
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct Speaker {
    #[serde(default)]
    participant: Option<Id>,
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

// === impl Daily ===

impl Daily {
    /// A mapping for a call whose renderers are set up like this.
    ///
    /// # Errors
    /// [`MapError::Value`] for a colour format that Daily does not have.
    pub fn new(plan: Plan, renderers: Renderers) -> Result<Self, MapError> {
        let format = match renderers.color_format.as_str() {
            "RGBA" => VideoFormat::Rgba,
            "BGRA" => VideoFormat::Bgra,
            "ARGB" => VideoFormat::Argb,
            "ABGR" => VideoFormat::Abgr,
            "RGB" => VideoFormat::Rgb24,
            "I420" => VideoFormat::I420,
            other => {
                let expected = "RGBA, BGRA, ARGB, ABGR, RGB or I420";
                return Err(MapError::value("color_format", other, expected));
            }
        };
        Ok(Self {
            call: Call::new("daily", plan),
            renderers,
            format,
            said: HashMap::new(),
        })
    }

    /// A participant joined or was updated.
    ///
    /// # Errors
    /// [`MapError::Value`] for a media state that Daily does not have, or where the plan's rule has
    /// no role.
    pub fn participant(
        &mut self,
        p: &Participant,
        received_unix_us: i64,
    ) -> Result<Vec<Output>, MapError> {
        let person = self.call.join(Who {
            external_id: &p.id,
            name: p.info.user_name.as_deref(),
            host: p.info.is_owner,
        })?;
        let muted = live(p.media.microphone.as_ref(), "microphone")?.map(|on| !on);
        let on = live(p.media.camera.as_ref(), "camera")?;
        let said = self.said.entry(p.id.clone()).or_default();
        let (was_muted, was_on) = *said;
        *said = (muted.or(was_muted), on.or(was_on));
        let mut out = Vec::new();
        if let Some(muted) = muted.filter(|_| muted != was_muted) {
            out.extend(self.call.muted(received_unix_us, person, muted));
        }
        if let Some(on) = on.filter(|_| on != was_on) {
            out.extend(self.call.camera(received_unix_us, person, on));
        }
        Ok(out)
    }

    /// The active speaker changed; `None` for nobody.
    pub fn speaker(&mut self, id: Option<&str>, received_unix_us: i64) -> Vec<Output> {
        let person = id.and_then(|id| self.call.find(id));
        self.call.speaks(received_unix_us, person)
    }

    /// A picture.
    ///
    /// # Errors
    /// [`MapError::Value`] for another colour format than announced, an unknown source, or a buffer
    /// too small for its size.
    pub fn video(&mut self, f: VideoFrame) -> Result<Vec<Output>, MapError> {
        match f.video_source.as_str() {
            "camera" => {}
            "screenVideo" => {
                return Ok(vec![
                    self.call.skipped(&f.participant_id, Skip::ScreenShare),
                ]);
            }
            other => {
                return Err(MapError::value(
                    "video_source",
                    other,
                    "camera or screenVideo",
                ));
            }
        }
        if f.color_format != self.renderers.color_format {
            let expected = format!("{}, as announced", self.renderers.color_format);
            return Err(MapError::value("color_format", f.color_format, expected));
        }
        let picture = Picture {
            layout: Some(stacked(
                self.format,
                (f.width, f.height),
                &[],
                f.buffer.len(),
            )?),
            payload: f.buffer,
            keyframe: true,
        };
        let stamp = Stamp::own(f.timestamp_us, f.received_unix_us);
        self.call.picture(&f.participant_id, stamp, picture)
    }

    /// Sound.
    ///
    /// # Errors
    /// [`MapError::Value`] for another sample size, rate or channel count than announced.
    pub fn audio(&mut self, a: AudioData) -> Result<Vec<Output>, MapError> {
        let found = (a.bits_per_sample, a.sample_rate, a.num_channels);
        let announced = (16, self.renderers.sample_rate, self.renderers.num_channels);
        if found != announced {
            let field = "bits_per_sample, sample_rate, num_channels";
            let expected = format!("{announced:?}, as announced");
            return Err(MapError::value(field, format!("{found:?}"), expected));
        }
        let lasts_us = i64::from(a.num_audio_frames) * 1_000_000 / i64::from(a.sample_rate.max(1));
        let stamp = Stamp::received(a.received_unix_us).earlier(lasts_us);
        self.call.sound(&a.participant_id, stamp, a.audio_frames)
    }
}

/// Whether something is sent: `None` where the state leaves it open.
fn live(media: Option<&MediaInfo>, which: &str) -> Result<Option<bool>, MapError> {
    match media.map(|m| m.state.as_str()) {
        Some("playable") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        None | Some("receivable" | "loading" | "interrupted" | "blocked") => Ok(None),
        Some(other) => {
            let field = format!("participant.media.{which}.state");
            let known = "receivable, playable, loading, interrupted, blocked or off";
            Err(MapError::value(&field, other, known))
        }
    }
}

impl Adapter for Daily {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message: Value = shape::json(message)?;
        match shape::tag(&message, "action")? {
            "participant-joined" | "participant-updated" => {
                let e: OfParticipant = shape::read(message)?;
                self.participant(&e.participant, e.received_unix_us)
            }
            "active-speaker-changed" => {
                let e: Speaker = shape::read(message)?;
                Ok(self.speaker(
                    e.participant.as_ref().map(|p| p.id.as_str()),
                    e.received_unix_us,
                ))
            }
            "video-frame" => self.video(shape::read(message)?),
            "audio-data" => self.audio(shape::read(message)?),
            "participant-left"
            | "participant-counts-updated"
            | "call-state-updated"
            | "network-stats-updated"
            | "app-message"
            | "inputs-updated"
            | "publishing-updated"
            | "subscriptions-updated"
            | "subscription-profiles-updated"
            | "available-devices-updated"
            | "recording-started"
            | "recording-stopped"
            | "transcription-started"
            | "transcription-stopped"
            | "transcription-message" => Ok(Vec::new()),
            other => Err(MapError::value(
                "action",
                other,
                "an event of a Daily call client",
            )),
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        let video = v1::VideoTrack {
            format: self.format.into(),
            nominal_fps: self.renderers.fps,
            ..Default::default()
        };
        let audio = v1::AudioTrack {
            format: v1::AudioFormat::S16le.into(),
            sample_rate_hz: self.renderers.sample_rate,
            channels: self.renderers.num_channels,
            planar: false,
        };
        self.call.open(Clocks::ARRIVAL, |_| Tracks {
            video: Some(video.clone()),
            audio: Some(audio),
        })
    }
}
