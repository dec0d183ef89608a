//! Zoom Realtime Media Streams (RTMS): JSON over WebSockets, media in base64.
//!
//! **In:** the messages of the signaling and the media connections, as Zoom's [event reference] and
//! [data types] give them. **Out:** a camera for each candidate, a microphone for each candidate and
//! interviewer, or one mixed track.
//!
//! Feed the media handshake responses and the participants first, then open, then answer Zoom with
//! `CLIENT_READY_ACK`: a backlog of up to a minute of sound may follow at once. Stamps are Unix
//! milliseconds of one clock, but nothing is said of how sound and pictures relate on it.
//!
//! [event reference]: https://developers.zoom.us/docs/rtms/event-reference/
//! [data types]: https://developers.zoom.us/docs/rtms/data-types/

use super::Adapter;
use super::call::{Call, Clocks, Tracks};
use super::lane::Picture;
use super::pixels::annex_b_keyframe;
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1::{self, AudioFormat, VideoFormat};
use prost::bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

/// Whose sound a mixed stream is: RTMS sends it with this user id.
const MIXED_USER: &str = "0";

/// Mapping of one RTMS stream.
#[derive(Debug)]
pub struct ZoomRtms {
    call: Call,
    audio: Option<Audio>,
    video: Option<Video>,
    /// Whose picture came last; the one stream of pictures can change hands.
    shown: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Audio {
    track: v1::AudioTrack,
    mixed: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Video {
    track: v1::VideoTrack,
    format: VideoFormat,
}

#[derive(Deserialize)]
struct Handshake {
    status_code: i64,
    #[serde(default)]
    reason: Value,
    #[serde(default)]
    media_params: Params,
}

#[derive(Deserialize, Default)]
struct Params {
    audio: Option<AudioParams>,
    video: Option<VideoParams>,
}

#[derive(Deserialize)]
struct AudioParams {
    content_type: i64,
    sample_rate: i64,
    channel: i64,
    codec: i64,
    data_opt: i64,
    send_rate: i64,
}

#[derive(Deserialize)]
struct VideoParams {
    content_type: i64,
    codec: i64,
    data_opt: i64,
    fps: u32,
}

#[derive(Deserialize)]
struct Update {
    event: EventUpdate,
}

#[derive(Deserialize)]
struct EventUpdate {
    event_type: i64,
    timestamp: Option<i64>,
    #[serde(default)]
    user_id: Value,
    #[serde(default)]
    participants: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(deserialize_with = "shape::id")]
    user_id: String,
    user_name: Option<String>,
}

#[derive(Deserialize)]
struct State {
    state: i64,
    timestamp: Option<i64>,
    reason: Option<i64>,
    stop_reason: Option<i64>,
}

#[derive(Deserialize)]
struct Subscription {
    #[serde(deserialize_with = "shape::id")]
    user_id: String,
    status_code: i64,
    #[serde(default)]
    reason: Value,
}

#[derive(Deserialize)]
struct Media {
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    #[serde(deserialize_with = "shape::id")]
    user_id: String,
    #[serde(deserialize_with = "shape::base64")]
    data: Bytes,
    length: Option<u64>,
    timestamp: i64,
}

// === impl ZoomRtms ===

impl ZoomRtms {
    /// A mapping for a stream whose handshakes are still to come.
    pub fn new(plan: Plan) -> Self {
        Self {
            call: Call::new("zoom_rtms", plan),
            audio: None,
            video: None,
            shown: None,
        }
    }

    /// Sound and pictures may have a connection, and so a handshake, each; a reconnect repeats it.
    fn handshake(&mut self, h: Handshake) -> Result<Vec<Output>, MapError> {
        if h.status_code != 0 {
            let found = format!("{} ({})", h.status_code, words(&h.reason));
            return Err(MapError::value("status_code", found, "0, success"));
        }
        let audio = h.media_params.audio.map(|p| audio(&p)).transpose()?;
        let video = h.media_params.video.map(|p| video(&p)).transpose()?;
        if self.call.opened() {
            let same = audio.is_none_or(|a| self.audio == Some(a))
                && video.is_none_or(|v| self.video == Some(v));
            return match same {
                true => Ok(Vec::new()),
                false => Err(MapError::value(
                    "media_params",
                    "others",
                    "those that were announced",
                )),
            };
        }
        self.audio = audio.or(self.audio);
        self.video = video.or(self.video.take());
        Ok(Vec::new())
    }

    /// An event of the signaling connection.
    fn update(&mut self, e: EventUpdate) -> Result<Vec<Output>, MapError> {
        let at_us = || {
            let missing = || MapError::Shape {
                field: "event.timestamp".into(),
                problem: "missing field `timestamp`".into(),
            };
            e.timestamp
                .map(|ms| ms.saturating_mul(1_000))
                .ok_or_else(missing)
        };
        match e.event_type {
            1 => {
                self.call.started(at_us()?);
                Ok(Vec::new())
            }
            2 => {
                let id: User = shape::read(serde_json::json!({ "user_id": e.user_id }))?;
                let speaker = self.call.find(&id.user_id);
                Ok(self.call.speaks(at_us()?, speaker))
            }
            3 => {
                for user in &e.participants {
                    self.call.join(Who {
                        external_id: &user.user_id,
                        name: user.user_name.as_deref(),
                        host: None,
                    })?;
                }
                Ok(Vec::new())
            }
            7 => Ok(self
                .call
                .break_all(at_us()?, "the media connection was interrupted")),
            8 | 9 => {
                let (at_us, on) = (at_us()?, e.event_type == 8);
                let known = e
                    .participants
                    .iter()
                    .filter_map(|u| self.call.find(&u.user_id));
                let known: Vec<_> = known.collect();
                Ok(known
                    .into_iter()
                    .flat_map(|p| self.call.camera(at_us, p, on))
                    .collect())
            }
            // Somebody left, a screen is shared or not, chat groups: nothing that is measured.
            0 | 4 | 5 | 6 | 10..=14 => Ok(Vec::new()),
            other => Err(MapError::value(
                "event.event_type",
                other,
                "0 to 14 (RTMS_EVENT_TYPE)",
            )),
        }
    }

    /// State of the stream (`msg_type` 8): 2 interrupted, 3 and 4 ending, 6 resumed.
    fn stream_state(&mut self, s: &State) -> Result<Vec<Output>, MapError> {
        match s.state {
            0 | 1 | 5 => Ok(Vec::new()),
            2 | 6 => Ok(self.resumed(s)),
            3 | 4 => Ok(vec![ended(s)]),
            other => Err(MapError::value(
                "state",
                other,
                "0 to 6 (RTMS_STREAM_STATE)",
            )),
        }
    }

    /// State of a session within the stream (`msg_type` 9): 4 resumed, 5 stopped.
    fn session_state(&mut self, s: &State) -> Result<Vec<Output>, MapError> {
        match s.state {
            0..=3 => Ok(Vec::new()),
            4 => Ok(self.resumed(s)),
            5 => Ok(vec![ended(s)]),
            other => Err(MapError::value(
                "state",
                other,
                "0 to 5 (RTMS_SESSION_STATE)",
            )),
        }
    }

    fn resumed(&mut self, s: &State) -> Vec<Output> {
        let at_us = s.timestamp.unwrap_or_default().saturating_mul(1_000);
        self.call
            .break_all(at_us, "the stream was interrupted or resumed")
    }

    fn sound(&mut self, c: Content) -> Result<Vec<Output>, MapError> {
        c.check()?;
        let who = match self.audio.is_some_and(|a| a.mixed) {
            true => MIXED_USER,
            false => &c.user_id,
        };
        self.call.sound(who, stamp(c.timestamp), c.data)
    }

    fn picture(&mut self, c: Content) -> Result<Vec<Output>, MapError> {
        c.check()?;
        let mut out = Vec::new();
        if self
            .shown
            .as_ref()
            .is_some_and(|before| *before != c.user_id)
            && let Some(person) = self.call.find(&c.user_id)
        {
            let at_us = c.timestamp.saturating_mul(1_000);
            let reason = "the one stream of pictures showed somebody else meanwhile";
            out = self.call.break_camera(at_us, person, reason);
        }
        self.shown = Some(c.user_id.clone());
        let compressed = self
            .video
            .as_ref()
            .is_some_and(|v| v.format == VideoFormat::H264AnnexB);
        let picture = Picture {
            keyframe: !compressed || annex_b_keyframe(&c.data),
            payload: c.data,
            layout: None,
        };
        out.extend(self.call.picture(&c.user_id, stamp(c.timestamp), picture)?);
        Ok(out)
    }
}

impl Adapter for ZoomRtms {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        let kind = message.get("msg_type").and_then(Value::as_i64);
        match kind {
            Some(4) => self.handshake(shape::read(message)?),
            Some(6) => self.update(shape::read::<Update>(message)?.event),
            Some(8) => self.stream_state(&shape::read(message)?),
            Some(9) => self.session_state(&shape::read(message)?),
            Some(14) => self.sound(shape::read::<Media>(message)?.content),
            Some(15) => self.picture(shape::read::<Media>(message)?.content),
            Some(16) => {
                let c = shape::read::<Media>(message)?.content;
                Ok(vec![self.call.skipped(&c.user_id, Skip::ScreenShare)])
            }
            Some(29) => {
                let s: Subscription = shape::read(message)?;
                if s.status_code == 0 {
                    return Ok(Vec::new());
                }
                let found = format!(
                    "{} ({}), user {}",
                    s.status_code,
                    words(&s.reason),
                    s.user_id
                );
                Err(MapError::value("status_code", found, "0, success"))
            }
            // Requests, signaling, keep-alives, transcripts, chat, metadata: nothing to map.
            Some(1..=3 | 5 | 7 | 10..=13 | 17..=28) => Ok(Vec::new()),
            other => {
                let found = other.map_or("none".to_owned(), |n| n.to_string());
                Err(MapError::value(
                    "msg_type",
                    found,
                    "1 to 29 (RTMS_MESSAGE_TYPE)",
                ))
            }
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        if self.audio.is_none() && self.video.is_none() {
            return Err(MapError::Order {
                found: "open",
                needed: "a media handshake response (msg_type 4)",
            });
        }
        let mixed = self.audio.is_some_and(|a| a.mixed);
        let mixture = match mixed {
            true => Some(self.call.mixture(MIXED_USER)?),
            false => None,
        };
        let (audio, video) = (
            self.audio.map(|a| a.track),
            self.video.clone().map(|v| v.track),
        );
        self.call.open(Clocks::ARRIVAL, |person| Tracks {
            video: video.clone().filter(|_| mixture != Some(person)),
            audio: audio.filter(|_| !mixed || mixture == Some(person)),
        })
    }
}

impl Content {
    fn check(&self) -> Result<(), MapError> {
        match self.length {
            Some(stated) if stated != self.data.len() as u64 => {
                let expected = format!("{stated}, as content.length states");
                Err(MapError::value(
                    "content.data",
                    format!("{} bytes", self.data.len()),
                    expected,
                ))
            }
            _ => Ok(()),
        }
    }
}

fn stamp(unix_ms: i64) -> Stamp {
    Stamp::shared(unix_ms.saturating_mul(1_000))
}

fn words(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Reason 8, the stream was revoked: Zoom asks for what was kept of it to be deleted at once.
fn ended(s: &State) -> Output {
    let reason = match s.reason.or(s.stop_reason) {
        Some(8) => "revoked: delete what was kept of this stream (RTMS_STOP_REASON 8)".to_owned(),
        Some(n) => format!("RTMS_STOP_REASON {n}"),
        None => "the stream ended".to_owned(),
    };
    Output::Ended { reason }
}

fn audio(p: &AudioParams) -> Result<Audio, MapError> {
    let refuse = |field: &str, found: i64, expected: &str| {
        Err(MapError::value(
            &format!("media_params.audio.{field}"),
            found,
            expected,
        ))
    };
    if p.content_type != 2 {
        return refuse("content_type", p.content_type, "2, raw audio");
    }
    let format = match p.codec {
        1 => AudioFormat::S16le,
        2 => AudioFormat::Alaw,
        3 => AudioFormat::G722,
        4 => AudioFormat::Opus,
        other => return refuse("codec", other, "1 L16, 2 G711, 3 G722 or 4 OPUS"),
    };
    let sample_rate_hz = match p.sample_rate {
        0 => 8_000,
        1 => 16_000,
        2 => 32_000,
        3 => 48_000,
        other => return refuse("sample_rate", other, "0 to 3 (AUDIO_SAMPLE_RATE)"),
    };
    let channels = match p.channel {
        1 => 1,
        2 => 2,
        other => return refuse("channel", other, "1 mono or 2 stereo"),
    };
    let mixed = match p.data_opt {
        1 => true,
        2 => false,
        other => return refuse("data_opt", other, "1 mixed stream or 2 multi streams"),
    };
    if format == AudioFormat::Opus && p.send_rate != 20 {
        let expected = "20 with OPUS: how several packets share a message is not documented";
        return refuse("send_rate", p.send_rate, expected);
    }
    let track = v1::AudioTrack {
        format: format.into(),
        sample_rate_hz,
        channels,
        planar: false,
    };
    Ok(Audio { track, mixed })
}

/// The resolution that was agreed is a ceiling, not the size of each picture: it is not announced.
fn video(p: &VideoParams) -> Result<Video, MapError> {
    let refuse = |field: &str, found: i64, expected: &str| {
        Err(MapError::value(
            &format!("media_params.video.{field}"),
            found,
            expected,
        ))
    };
    if p.content_type != 3 {
        return refuse("content_type", p.content_type, "3, raw video");
    }
    let format = match p.codec {
        5 => VideoFormat::Jpeg,
        6 => VideoFormat::Png,
        7 => VideoFormat::H264AnnexB,
        other => return refuse("codec", other, "5 JPG, 6 PNG or 7 H264"),
    };
    if !matches!(p.data_opt, 3 | 4) {
        let expected = "3 single active stream or 4 single individual stream; a composed view \
                        needs the participants' places in it, which RTMS does not state";
        return refuse("data_opt", p.data_opt, expected);
    }
    if !(1..=30).contains(&p.fps) {
        return refuse("fps", p.fps.into(), "1 to 30");
    }
    let track = v1::VideoTrack {
        format: format.into(),
        nominal_fps: p.fps as f32,
        ..Default::default()
    };
    Ok(Video { track, format })
}
