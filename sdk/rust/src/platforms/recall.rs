//! Recall.ai bots: real-time events of a WebSocket endpoint, JSON with media in base64.
//!
//! **In:** the events that [Recall documents], under the names by which a bot subscribes to them.
//! **Out:** a camera for each candidate, from 360p PNG at 2 a second or from H.264, and a microphone
//! for each candidate and interviewer, or one mixed track; 16-bit PCM at 16 kHz.
//!
//! Which media comes is stated in the bot's configuration alone, so [`Recall::new`] takes the same
//! list of events. Times are `timestamp.relative`, seconds from the start of the recording.
//!
//! [Recall documents]: https://docs.recall.ai/docs/real-time-event-payloads

use super::Adapter;
use super::call::{Call, Clocks, Tracks};
use super::lane::Picture;
use super::pixels::annex_b_keyframe;
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1::{self, VideoFormat};
use prost::bytes::Bytes;
use serde::Deserialize;

/// Whose the mixed sound is; Recall names nobody.
const MIXED: &str = "mixed";
/// PNG pictures a second, as documented; H.264 comes at 10 to 30 and is not announced.
const PNG_FPS: f32 = 2.0;

/// Mapping of one bot's endpoint.
#[derive(Debug)]
pub struct Recall {
    call: Call,
    video: Option<VideoFormat>,
    separate: bool,
    mixed: bool,
    speaking: Option<i64>,
}

#[derive(Deserialize)]
struct Event<T> {
    data: Outer<T>,
}

#[derive(Deserialize)]
struct Outer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Happened {
    participant: Participant,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Media {
    #[serde(deserialize_with = "shape::base64")]
    buffer: Bytes,
    timestamp: Timestamp,
    participant: Option<Participant>,
    #[serde(rename = "type")]
    source: Option<String>,
}

#[derive(Deserialize)]
struct Participant {
    id: i64,
    name: Option<String>,
    is_host: Option<bool>,
}

#[derive(Deserialize)]
struct Timestamp {
    /// Seconds.
    relative: f64,
}

impl Timestamp {
    /// Microseconds; a float of seconds keeps them for centuries.
    fn us(&self) -> Result<i64, MapError> {
        let us = (self.relative * 1e6).round();
        match us.abs() < 1e15 {
            true => Ok(us as i64),
            false => Err(MapError::value(
                "data.data.timestamp.relative",
                self.relative,
                "seconds",
            )),
        }
    }
}

impl Recall {
    /// A mapping for a bot whose endpoint subscribed to these events.
    ///
    /// # Errors
    /// [`MapError::Value`] for an event that is not known here, and for two that exclude each other.
    pub fn new<'a>(
        plan: Plan,
        events: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, MapError> {
        let mut new = Self {
            call: Call::new("recall_ai", plan),
            video: None,
            separate: false,
            mixed: false,
            speaking: None,
        };
        for event in events {
            match event {
                "video_separate_png.data" if new.video.is_none() => {
                    new.video = Some(VideoFormat::Png)
                }
                "video_separate_h264.data" if new.video.is_none() => {
                    new.video = Some(VideoFormat::H264AnnexB);
                }
                "audio_separate_raw.data" => new.separate = true,
                "audio_mixed_raw.data" => new.mixed = true,
                e if e.starts_with("participant_events.") || e.starts_with("transcript.") => {}
                other => return Err(unknown(other)),
            }
        }
        // Separate sound says more; the mixture is then left out.
        new.mixed &= !new.separate;
        Ok(new)
    }

    fn happened(&mut self, action: &str, e: &Happened) -> Result<Vec<Output>, MapError> {
        let (at_us, id) = (e.timestamp.us()?, e.participant.id);
        let person = self.call.join(e.participant.who(&id.to_string()))?;
        Ok(match action {
            "webcam_on" | "webcam_off" => self.call.camera(at_us, person, action == "webcam_on"),
            "speech_on" => {
                self.speaking = Some(id);
                self.call.speaks(at_us, Some(person))
            }
            "speech_off" if self.speaking == Some(id) => {
                self.speaking = None;
                self.call.speaks(at_us, None)
            }
            "join" | "leave" | "update" | "speech_off" | "screenshare_on" | "screenshare_off"
            | "chat_message" => Vec::new(),
            other => return Err(unknown(&format!("participant_events.{other}"))),
        })
    }

    fn picture(&mut self, m: Media, format: VideoFormat) -> Result<Vec<Output>, MapError> {
        let id = m.owner()?;
        match m.source.as_deref() {
            None | Some("webcam") => {}
            Some("screenshare") => return Ok(vec![self.call.skipped(&id, Skip::ScreenShare)]),
            Some(other) => {
                return Err(MapError::value(
                    "data.data.type",
                    other,
                    "webcam or screenshare",
                ));
            }
        }
        if self.video != Some(format) {
            return Ok(vec![self.call.skipped(&id, Skip::NotAnnounced)]);
        }
        let stamp = Stamp::shared(m.timestamp.us()?);
        let picture = Picture {
            keyframe: format == VideoFormat::Png || annex_b_keyframe(&m.buffer),
            payload: m.buffer,
            layout: None,
        };
        self.call.picture(&id, stamp, picture)
    }

    fn sound(&mut self, m: Media, mixed: bool) -> Result<Vec<Output>, MapError> {
        let id = match mixed {
            true => MIXED.to_owned(),
            false => m.owner()?,
        };
        if mixed && !self.mixed {
            return Ok(vec![self.call.skipped(&id, Skip::NotAnnounced)]);
        }
        let stamp = Stamp::shared(m.timestamp.us()?);
        self.call.sound(&id, stamp, m.buffer)
    }
}

impl Adapter for Recall {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        let event = shape::tag(&message, "event")?.to_owned();
        if let Some(action) = event.strip_prefix("participant_events.") {
            return self.happened(action, &shape::read::<Event<_>>(message)?.data.data);
        }
        let media = |message| shape::read::<Event<Media>>(message).map(|e| e.data.data);
        match event.as_str() {
            "audio_separate_raw.data" => self.sound(media(message)?, false),
            "audio_mixed_raw.data" => self.sound(media(message)?, true),
            "video_separate_png.data" => self.picture(media(message)?, VideoFormat::Png),
            "video_separate_h264.data" => self.picture(media(message)?, VideoFormat::H264AnnexB),
            e if e.starts_with("transcript.") => Ok(Vec::new()),
            other => Err(unknown(other)),
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        let mixture = match self.mixed {
            true => Some(self.call.mixture(MIXED)?),
            false => None,
        };
        let video = self.video.map(|format| v1::VideoTrack {
            format: format.into(),
            nominal_fps: if format == VideoFormat::Png {
                PNG_FPS
            } else {
                0.0
            },
            ..Default::default()
        });
        let audio = v1::AudioTrack {
            format: v1::AudioFormat::S16le.into(),
            sample_rate_hz: 16_000,
            channels: 1,
            planar: false,
        };
        let separate = self.separate;
        self.call.open(Clocks::ARRIVAL, |person| Tracks {
            video: video.clone().filter(|_| mixture != Some(person)),
            audio: Some(audio).filter(|_| separate || mixture == Some(person)),
        })
    }
}

impl Participant {
    fn who<'a>(&'a self, external_id: &'a str) -> Who<'a> {
        Who {
            external_id,
            name: self.name.as_deref(),
            host: self.is_host,
        }
    }
}

impl Media {
    fn owner(&self) -> Result<String, MapError> {
        match &self.participant {
            Some(p) => Ok(p.id.to_string()),
            None => Err(MapError::Shape {
                field: "data.data.participant".into(),
                problem: "missing field `participant`".into(),
            }),
        }
    }
}

fn unknown(event: &str) -> MapError {
    let known = "participant_events.*, transcript.*, audio_separate_raw.data, \
                 audio_mixed_raw.data, and one of video_separate_png.data and \
                 video_separate_h264.data";
    MapError::value("event", event, known)
}
