//! Twilio Media Streams: the sound of a phone call, G.711 µ-law at 8 kHz, no pictures.
//!
//! **In:** the JSON messages of the WebSocket, as [Twilio documents them]: `connected`, `start`,
//! `media`, `dtmf`, `mark`, `stop`. **Out:** one microphone for each track of the stream.
//!
//! The far party of the call leg is the track `inbound`, what Twilio plays to them is `outbound`;
//! those are the ids that the plan's rule is asked for. Stamps are milliseconds from the stream's
//! start, the same for both tracks.
//!
//! [Twilio documents them]: https://www.twilio.com/docs/voice/media-streams/websocket-messages

use super::Adapter;
use super::call::{Call, Clocks, Tracks};
use super::plan::{Output, Plan, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1;
use prost::bytes::Bytes;
use serde::Deserialize;

/// Mapping of one stream.
#[derive(Debug)]
pub struct Twilio {
    call: Call,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    start: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    tracks: Vec<String>,
    media_format: MediaFormat,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MediaFormat {
    encoding: String,
    sample_rate: u32,
    channels: u32,
}

#[derive(Deserialize)]
struct Media {
    media: Payload,
}

#[derive(Deserialize)]
struct Payload {
    track: String,
    #[serde(deserialize_with = "shape::number_text")]
    timestamp: i64,
    #[serde(deserialize_with = "shape::base64")]
    payload: Bytes,
}

impl Twilio {
    /// A mapping for a stream that has not started.
    pub fn new(plan: Plan) -> Self {
        Self {
            call: Call::new("twilio_media_streams", plan),
        }
    }

    fn start(&mut self, start: Start) -> Result<Vec<Output>, MapError> {
        let Metadata {
            tracks,
            media_format: f,
        } = start.start;
        let at = "start.mediaFormat";
        if f.encoding != "audio/x-mulaw" {
            return Err(MapError::value(
                &format!("{at}.encoding"),
                f.encoding,
                "audio/x-mulaw",
            ));
        }
        if (f.sample_rate, f.channels) != (8_000, 1) {
            let found = format!("{} Hz, {} channels", f.sample_rate, f.channels);
            return Err(MapError::value(at, found, "8000 Hz, 1 channel"));
        }
        for track in &tracks {
            if !matches!(track.as_str(), "inbound" | "outbound") {
                return Err(MapError::value(
                    "start.tracks",
                    track,
                    "inbound or outbound",
                ));
            }
            self.call.join(Who {
                external_id: track,
                name: None,
                host: None,
            })?;
        }
        Ok(Vec::new())
    }

    fn media(&mut self, media: Media) -> Result<Vec<Output>, MapError> {
        let Payload {
            track,
            timestamp,
            payload,
        } = media.media;
        let stamp = Stamp::shared(timestamp.saturating_mul(1_000));
        self.call.sound(&track, stamp, payload)
    }
}

impl Adapter for Twilio {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        match shape::tag(&message, "event")? {
            "connected" | "dtmf" | "mark" => Ok(Vec::new()),
            "start" => self.start(shape::read(message)?),
            "media" => self.media(shape::read(message)?),
            "stop" => Ok(vec![Output::Ended {
                reason: "the stream stopped".into(),
            }]),
            other => {
                let known = "connected, start, media, dtmf, mark or stop";
                Err(MapError::value("event", other, known))
            }
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        // Both tracks count from the stream's start: one clock, and no pictures to hold it against.
        self.call.open(Clocks::CAPTURE, |_| Tracks {
            video: None,
            audio: Some(v1::AudioTrack {
                format: v1::AudioFormat::Mulaw.into(),
                sample_rate_hz: 8_000,
                channels: 1,
                planar: false,
            }),
        })
    }
}
