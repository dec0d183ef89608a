//! Microsoft Teams: the buffers of an application-hosted media bot.
//!
//! **In:** the roster as Microsoft Graph gives it, and what the [real-time media platform] hands a
//! bot: `AudioMediaBuffer` with unmixed buffers, `VideoMediaBuffer`, the dominant speaker. **Out:** a
//! camera for each candidate (NV12 or H.264), a microphone for each candidate and interviewer
//! (16-bit PCM, 16 kHz, 20 ms).
//!
//! Media names its source by a media source id (MSI), which the roster's `mediaStreams` lead to a
//! participant. Stamps count 100 ns; they are those of receipt by the bot, and nothing is said of
//! how sound and pictures relate. The unmixed buffers' `OriginalSenderTimestamp` is not used: it is 0
//! for the first seconds and after every reconnect.
//!
//! [real-time media platform]: https://microsoftgraph.github.io/microsoft-graph-comms-samples/docs/bot_media/Microsoft.Skype.Bots.Media.html

use super::Adapter;
use super::call::{Call, Clocks, Person, Tracks};
use super::lane::Picture;
use super::pixels::{annex_b_keyframe, stacked};
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1;
use prost::bytes::Bytes;
use serde::Deserialize;
use std::collections::HashMap;

/// Samples of 16 bits per second: `AudioFormat.Pcm16K`.
const SAMPLE_RATE_HZ: u32 = 16_000;

/// What the bot's video sockets were set up to receive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VideoSocket {
    /// Colour format of the socket.
    pub format: VideoColorFormat,
    /// Pictures a second, 0 for unknown: received buffers state 0. Teams sends 15 at most sizes.
    pub fps: f32,
}

/// `VideoColorFormat` of the media platform. The byte order of `Rgb24` and `Yuy2` is not verified;
/// they are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VideoColorFormat {
    /// Planes Y and interleaved UV.
    Nv12,
    /// One access unit, Annex B.
    H264,
}

/// A participant of the call, as Microsoft Graph's `participant` resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Id in the call.
    pub id: String,
    /// Who they are.
    #[serde(default)]
    pub info: Option<Info>,
    /// True while muted.
    #[serde(default)]
    pub is_muted: bool,
    /// True while waiting in the lobby: not in the interview yet.
    #[serde(default)]
    pub is_in_lobby: bool,
    /// What they send and receive.
    #[serde(default)]
    pub media_streams: Vec<MediaStream>,
}

/// `participantInfo` of Microsoft Graph.
#[derive(Debug, Clone, Deserialize)]
pub struct Info {
    /// The signed-in user or guest.
    pub identity: Option<IdentitySet>,
}

/// `identitySet` of Microsoft Graph.
#[derive(Debug, Clone, Deserialize)]
pub struct IdentitySet {
    /// The user.
    pub user: Option<Identity>,
}

/// `identity` of Microsoft Graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Display name.
    pub display_name: Option<String>,
}

/// `mediaStream` of Microsoft Graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaStream {
    /// `audio`, `video`, `videoBasedScreenSharing`, `data` and others.
    pub media_type: String,
    /// The media source id, as a text.
    pub source_id: String,
}

/// `AudioMediaBuffer`, received with `ReceiveUnmixedMeetingAudio`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AudioMediaBuffer {
    /// When the bot received it, 100 ns.
    pub timestamp: i64,
    /// `Pcm16K`.
    pub audio_format: String,
    /// One buffer for each of the loudest speakers.
    #[serde(default)]
    pub unmixed_audio_buffers: Vec<UnmixedAudioBuffer>,
    /// When the bot's program received it, Unix microseconds.
    #[serde(rename = "received_unix_us")]
    pub received_unix_us: i64,
}

/// `UnmixedAudioBuffer`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnmixedAudioBuffer {
    /// MSI of the speaker.
    pub active_speaker_id: u32,
    /// The samples.
    #[serde(deserialize_with = "shape::base64")]
    pub data: Bytes,
}

/// `VideoMediaBuffer`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VideoMediaBuffer {
    /// 100 ns.
    pub timestamp: i64,
    /// MSI of the sender.
    pub media_source_id: u32,
    /// What the bytes are.
    pub video_format: VideoFormat,
    /// Bytes from row to row; 0 when tightly packed.
    #[serde(default)]
    pub stride: u32,
    /// The bytes.
    #[serde(deserialize_with = "shape::base64")]
    pub data: Bytes,
    /// When the bot's program received it, Unix microseconds.
    #[serde(rename = "received_unix_us")]
    pub received_unix_us: i64,
}

/// `VideoFormat` of a buffer.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VideoFormat {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How the bytes lie.
    pub video_color_format: VideoColorFormat,
}

/// Mapping of one call.
#[derive(Debug)]
pub struct Teams {
    call: Call,
    socket: VideoSocket,
    /// Source id to participant, and whether it is a shared screen.
    sources: HashMap<u32, (String, bool)>,
    muted: HashMap<Person, bool>,
}

#[derive(Deserialize)]
struct Roster {
    participants: Vec<Participant>,
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct Dominant {
    #[serde(rename = "CurrentDominantSpeaker")]
    current: u32,
    received_unix_us: i64,
}

// === impl Teams ===

impl Teams {
    /// A mapping for a call whose video sockets receive like this.
    pub fn new(plan: Plan, socket: VideoSocket) -> Self {
        Self {
            call: Call::new("teams_media_bot", plan),
            socket,
            sources: HashMap::new(),
            muted: HashMap::new(),
        }
    }

    /// Participants were added or updated. Who waits in the lobby is passed over.
    ///
    /// # Errors
    /// [`MapError::Value`] for a source id that is no number, or where the plan's rule has no role.
    pub fn participants(
        &mut self,
        roster: &[Participant],
        received_unix_us: i64,
    ) -> Result<Vec<Output>, MapError> {
        let mut out = Vec::new();
        for p in roster.iter().filter(|p| !p.is_in_lobby) {
            let identity = p.info.as_ref().and_then(|i| i.identity.as_ref());
            let user = identity.and_then(|i| i.user.as_ref());
            let person = self.call.join(Who {
                external_id: &p.id,
                name: user.and_then(|u| u.display_name.as_deref()),
                host: None,
            })?;
            for stream in &p.media_streams {
                let screen = match stream.media_type.as_str() {
                    "audio" | "video" => false,
                    "videoBasedScreenSharing" => true,
                    _ => continue,
                };
                let msi = stream.source_id.parse().map_err(|_| {
                    MapError::value("mediaStreams.sourceId", &stream.source_id, "a whole number")
                })?;
                self.sources.insert(msi, (p.id.clone(), screen));
            }
            let before = self.muted.insert(person, p.is_muted);
            if before.unwrap_or(false) != p.is_muted {
                out.extend(self.call.muted(received_unix_us, person, p.is_muted));
            }
        }
        Ok(out)
    }

    /// The dominant speaker changed; a source id that is nobody's counts as nobody.
    pub fn dominant_speaker(&mut self, msi: u32, received_unix_us: i64) -> Vec<Output> {
        let id = self.sources.get(&msi).map(|(id, _)| id);
        let person = id.and_then(|id| self.call.find(id));
        self.call.speaks(received_unix_us, person)
    }

    fn owner(&self, msi: u32) -> Result<String, Output> {
        match self.sources.get(&msi) {
            Some((id, false)) => Ok(id.clone()),
            Some((id, true)) => Err(self.call.skipped(id, Skip::ScreenShare)),
            None => Err(self.call.skipped(&msi.to_string(), Skip::NotAnnounced)),
        }
    }

    /// Sound of everybody who speaks. A buffer without unmixed sound is left out: whose it is cannot
    /// be said.
    ///
    /// # Errors
    /// [`MapError::Value`] for another audio format.
    pub fn audio(&mut self, b: AudioMediaBuffer) -> Result<Vec<Output>, MapError> {
        if b.audio_format != "Pcm16K" {
            return Err(MapError::value("AudioFormat", b.audio_format, "Pcm16K"));
        }
        let mut out = Vec::new();
        for unmixed in b.unmixed_audio_buffers {
            match self.owner(unmixed.active_speaker_id) {
                Ok(owner) => {
                    let stamp = Stamp::own(b.timestamp / 10, b.received_unix_us);
                    out.extend(self.call.sound(&owner, stamp, unmixed.data)?);
                }
                Err(skipped) => out.push(skipped),
            }
        }
        Ok(out)
    }

    /// A picture.
    ///
    /// # Errors
    /// [`MapError::Value`] for another colour format than the socket's, or a buffer too small.
    pub fn video(&mut self, b: VideoMediaBuffer) -> Result<Vec<Output>, MapError> {
        let owner = match self.owner(b.media_source_id) {
            Ok(owner) => owner,
            Err(skipped) => return Ok(vec![skipped]),
        };
        let f = b.video_format;
        if f.video_color_format != self.socket.format {
            let found = format!("{:?}", f.video_color_format);
            let expected = format!("{:?}, as announced", self.socket.format);
            return Err(MapError::value(
                "VideoFormat.VideoColorFormat",
                found,
                expected,
            ));
        }
        let strides = match b.stride {
            0 => vec![],
            stride => vec![stride, stride],
        };
        let picture = match f.video_color_format {
            VideoColorFormat::Nv12 => {
                let size = (f.width, f.height);
                Picture {
                    layout: Some(stacked(
                        v1::VideoFormat::Nv12,
                        size,
                        &strides,
                        b.data.len(),
                    )?),
                    payload: b.data,
                    keyframe: true,
                }
            }
            VideoColorFormat::H264 => Picture {
                layout: None,
                keyframe: annex_b_keyframe(&b.data),
                payload: b.data,
            },
        };
        let stamp = Stamp::own(b.timestamp / 10, b.received_unix_us);
        self.call.picture(&owner, stamp, picture)
    }
}

impl Adapter for Teams {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        match shape::tag(&message, "callback")? {
            "ParticipantsUpdated" => {
                let r: Roster = shape::read(message)?;
                self.participants(&r.participants, r.received_unix_us)
            }
            "AudioMediaReceived" => self.audio(shape::read(message)?),
            "VideoMediaReceived" => self.video(shape::read(message)?),
            "DominantSpeakerChanged" => {
                let d: Dominant = shape::read(message)?;
                Ok(self.dominant_speaker(d.current, d.received_unix_us))
            }
            other => {
                let known = "ParticipantsUpdated, AudioMediaReceived, VideoMediaReceived or \
                             DominantSpeakerChanged";
                Err(MapError::value("callback", other, known))
            }
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        let format = match self.socket.format {
            VideoColorFormat::Nv12 => v1::VideoFormat::Nv12,
            VideoColorFormat::H264 => v1::VideoFormat::H264AnnexB,
        };
        let video = v1::VideoTrack {
            format: format.into(),
            nominal_fps: self.socket.fps,
            ..Default::default()
        };
        let audio = v1::AudioTrack {
            format: v1::AudioFormat::S16le.into(),
            sample_rate_hz: SAMPLE_RATE_HZ,
            channels: 1,
            planar: false,
        };
        self.call.open(Clocks::ARRIVAL, |_| Tracks {
            video: Some(video.clone()),
            audio: Some(audio),
        })
    }
}
