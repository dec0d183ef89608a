//! Browsers: what a page or an extension reads with WebCodecs and posts to the integrator's backend.
//!
//! **In:** the attributes of `VideoFrame`, `AudioData`, `EncodedVideoChunk` and `EncodedAudioChunk`
//! under the names that [WebCodecs] gives them, with the bytes that `copyTo` wrote. **Out:** a camera
//! for each candidate and a microphone for each candidate and interviewer.
//!
//! How a page sends them to its backend is its own business; the JSON form here is a relay's, with the
//! standard's names. Stamps are whole microseconds; whether sound and pictures count from the same
//! zero is left to the browser, so a constant offset means nothing unless the integrator vouches for
//! one capture clock ([`WebCodecs::one_capture_clock`]).
//!
//! [WebCodecs]: https://www.w3.org/TR/webcodecs/

use super::Adapter;
use super::call::{Call, Clocks, Tracks};
use super::lane::Picture;
use super::pixels::placed;
use super::plan::{Output, Plan, Skip, Stamp, Who};
use super::shape::{self, MapError};
use crate::v1::{self, AudioFormat, VideoFormat};
use prost::bytes::Bytes;
use serde::Deserialize;
use std::collections::HashMap;

/// Mapping of one call that a browser takes part in.
#[derive(Debug)]
pub struct WebCodecs {
    call: Call,
    tracks: HashMap<String, Announced>,
    one_capture_clock: bool,
}

#[derive(Debug, Default)]
struct Announced {
    video: Option<v1::VideoTrack>,
    flip: bool,
    audio: Option<v1::AudioTrack>,
}

/// A track of a participant: the attributes of its first frame, or the decoder configuration that an
/// encoder gave out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Track {
    participant: String,
    name: Option<String>,
    /// `VideoPixelFormat` or `AudioSampleFormat` of raw media.
    format: Option<String>,
    /// Codec string of a decoder configuration.
    codec: Option<String>,
    #[serde(default, deserialize_with = "shape::base64_option")]
    description: Option<Bytes>,
    #[serde(default)]
    rotation: f64,
    #[serde(default)]
    flip: bool,
    #[serde(default)]
    color_space: ColorSpace,
    frame_rate: Option<f32>,
    sample_rate: Option<f64>,
    number_of_channels: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ColorSpace {
    matrix: Option<String>,
    full_range: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VideoFrame {
    participant: String,
    /// Null where the picture stays on a graphics card and was not converted.
    format: Option<String>,
    coded_width: u32,
    coded_height: u32,
    visible_rect: Option<Rect>,
    #[serde(default)]
    rotation: f64,
    #[serde(default)]
    flip: bool,
    timestamp: i64,
    #[serde(default)]
    layout: Vec<PlaneLayout>,
    #[serde(default, deserialize_with = "shape::base64_option")]
    data: Option<Bytes>,
    #[serde(rename = "received_unix_us")]
    received_unix_us: i64,
}

/// `DOMRectReadOnly`.
#[derive(Deserialize)]
struct Rect {
    width: f64,
    height: f64,
}

/// `PlaneLayout`, which `copyTo` returns.
#[derive(Deserialize)]
struct PlaneLayout {
    offset: u64,
    stride: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AudioData {
    participant: String,
    format: Option<String>,
    sample_rate: f64,
    number_of_frames: u32,
    number_of_channels: u32,
    timestamp: i64,
    #[serde(deserialize_with = "shape::base64")]
    data: Bytes,
    #[serde(rename = "received_unix_us")]
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct Chunk {
    participant: String,
    /// `EncodedVideoChunkType`.
    #[serde(rename = "chunkType")]
    kind: Option<String>,
    timestamp: i64,
    #[serde(deserialize_with = "shape::base64")]
    data: Bytes,
    received_unix_us: i64,
}

#[derive(Deserialize)]
struct Switched {
    participant: String,
    kind: String,
    received_unix_us: i64,
}

// === impl WebCodecs ===

impl WebCodecs {
    /// A mapping for a call whose tracks are still to be named.
    pub fn new(plan: Plan) -> Self {
        Self {
            call: Call::new("webcodecs", plan),
            tracks: HashMap::new(),
            one_capture_clock: false,
        }
    }

    /// The integrator vouches that sound and pictures of every participant count on one capture
    /// clock, as those of one capture on the candidate's own machine may.
    pub fn one_capture_clock(mut self) -> Self {
        self.one_capture_clock = true;
        self.call.one_clock();
        self
    }

    fn track(&mut self, kind: &str, t: Track) -> Result<Vec<Output>, MapError> {
        if self.call.opened() {
            return Err(MapError::Order {
                found: "a track after open",
                needed: "another interview",
            });
        }
        self.call.join(Who {
            external_id: &t.participant,
            name: t.name.as_deref(),
            host: None,
        })?;
        let (video, audio) = match kind {
            "video-track" => (Some(video_track(&t)?), None),
            _ => (None, Some(audio_track(&t)?)),
        };
        let known = self.tracks.entry(t.participant).or_default();
        known.flip |= t.flip;
        known.video = video.or(known.video.take());
        known.audio = audio.or(known.audio);
        Ok(Vec::new())
    }

    fn video(&mut self, f: VideoFrame) -> Result<Vec<Output>, MapError> {
        let (Some(format), Some(data)) = (f.format.as_deref(), f.data) else {
            return Ok(vec![self.call.skipped(&f.participant, Skip::Empty)]);
        };
        let format = pixel_format(format)?;
        let (announced, flip) = match self.tracks.get(&f.participant) {
            Some(Announced {
                video: Some(v),
                flip,
                ..
            }) => (v.clone(), *flip),
            _ => return Ok(vec![self.call.skipped(&f.participant, Skip::NotAnnounced)]),
        };
        if format != announced.format() {
            let expected = format!("{}, as announced", announced.format().as_str_name());
            return Err(MapError::value("format", format.as_str_name(), expected));
        }
        if (rotation(f.rotation)?, f.flip) != (announced.rotation_deg, flip) {
            return Ok(vec![self.call.skipped(&f.participant, Skip::Turned)]);
        }
        // `copyTo` writes the visible rectangle unless it is told otherwise.
        let (width, height) = match f.visible_rect {
            Some(r) => (r.width as u32, r.height as u32),
            None => (f.coded_width, f.coded_height),
        };
        let planes: Vec<v1::Plane> = f.layout.iter().map(PlaneLayout::wire).collect();
        let stated = planes.len();
        let layout = placed(format, (width, height), planes, stated, data.len())?;
        let picture = Picture {
            layout: Some(layout),
            payload: data,
            keyframe: true,
        };
        let stamp = Stamp::own(f.timestamp, f.received_unix_us);
        self.call.picture(&f.participant, stamp, picture)
    }

    fn audio(&mut self, a: AudioData) -> Result<Vec<Output>, MapError> {
        let Some(announced) = self.tracks.get(&a.participant).and_then(|t| t.audio) else {
            return Ok(vec![self.call.skipped(&a.participant, Skip::NotAnnounced)]);
        };
        let Some(format) = a.format.as_deref() else {
            return Ok(vec![self.call.skipped(&a.participant, Skip::Empty)]);
        };
        let (format, planar) = sample_format(format)?;
        let found = v1::AudioTrack {
            format: format.into(),
            sample_rate_hz: rate(a.sample_rate)?,
            channels: a.number_of_channels,
            planar,
        };
        if found != announced {
            let words = |t: &v1::AudioTrack| {
                let (format, rate) = (t.format().as_str_name(), t.sample_rate_hz);
                format!(
                    "{format}, {rate} Hz, {} channels, planar {}",
                    t.channels, t.planar
                )
            };
            let expected = format!("{}, as announced", words(&announced));
            return Err(MapError::value("format", words(&found), expected));
        }
        let sample = if format == AudioFormat::S16le { 2 } else { 4 };
        let bytes = u64::from(a.number_of_frames) * u64::from(a.number_of_channels) * sample;
        if a.data.len() as u64 != bytes {
            let expected = format!("{bytes} for {} frames", a.number_of_frames);
            return Err(MapError::value(
                "data",
                format!("{} bytes", a.data.len()),
                expected,
            ));
        }
        let stamp = Stamp::own(a.timestamp, a.received_unix_us);
        self.call.sound(&a.participant, stamp, a.data)
    }

    fn encoded_video(&mut self, c: Chunk) -> Result<Vec<Output>, MapError> {
        let keyframe = match c.kind.as_deref() {
            Some("key") => true,
            Some("delta") => false,
            other => {
                return Err(MapError::value(
                    "chunkType",
                    other.unwrap_or("none"),
                    "key or delta",
                ));
            }
        };
        let picture = Picture {
            payload: c.data,
            layout: None,
            keyframe,
        };
        let stamp = Stamp::own(c.timestamp, c.received_unix_us);
        self.call.picture(&c.participant, stamp, picture)
    }

    fn encoded_audio(&mut self, c: Chunk) -> Result<Vec<Output>, MapError> {
        let stamp = Stamp::own(c.timestamp, c.received_unix_us);
        self.call.sound(&c.participant, stamp, c.data)
    }

    /// `mute`, `unmute` and `ended` of a `MediaStreamTrack`.
    fn switched(&mut self, s: &Switched, live: bool) -> Result<Vec<Output>, MapError> {
        let Some(person) = self.call.find(&s.participant) else {
            return Ok(Vec::new());
        };
        match s.kind.as_str() {
            "audio" => Ok(self.call.muted(s.received_unix_us, person, !live)),
            "video" => Ok(self.call.camera(s.received_unix_us, person, live)),
            other => Err(MapError::value("kind", other, "audio or video")),
        }
    }
}

impl Adapter for WebCodecs {
    fn take_json(&mut self, message: &str) -> Result<Vec<Output>, MapError> {
        let message = shape::json(message)?;
        let kind = shape::tag(&message, "type")?.to_owned();
        match kind.as_str() {
            "video-track" | "audio-track" => self.track(&kind, shape::read(message)?),
            "video-frame" => self.video(shape::read(message)?),
            "audio-data" => self.audio(shape::read(message)?),
            "encoded-video-chunk" => self.encoded_video(shape::read(message)?),
            "encoded-audio-chunk" => self.encoded_audio(shape::read(message)?),
            "mute" | "unmute" | "ended" => self.switched(&shape::read(message)?, kind == "unmute"),
            other => {
                let known = "video-track, audio-track, video-frame, audio-data, \
                             encoded-video-chunk, encoded-audio-chunk, mute, unmute or ended";
                Err(MapError::value("type", other, known))
            }
        }
    }

    fn open(&mut self) -> Result<v1::Open, MapError> {
        let clocks = match self.one_capture_clock {
            true => Clocks::CAPTURE,
            false => Clocks::ARRIVAL,
        };
        let sent: HashMap<_, _> = self
            .tracks
            .iter()
            .filter_map(|(id, t)| Some((self.call.find(id)?, (t.video.clone(), t.audio))))
            .collect();
        self.call.open(clocks, |person| match sent.get(&person) {
            Some((video, audio)) => Tracks {
                video: video.clone(),
                audio: *audio,
            },
            None => Tracks::default(),
        })
    }
}

impl PlaneLayout {
    fn wire(&self) -> v1::Plane {
        v1::Plane {
            offset_bytes: self.offset,
            stride_bytes: self.stride,
        }
    }
}

// === the standard's words ===

fn video_track(t: &Track) -> Result<v1::VideoTrack, MapError> {
    let mut track = v1::VideoTrack {
        nominal_fps: t.frame_rate.unwrap_or(0.0),
        rotation_deg: rotation(t.rotation)?,
        mirrored: t.flip,
        ..Default::default()
    };
    let format = match (&t.format, &t.codec) {
        (Some(raw), None) => pixel_format(raw)?,
        (None, Some(codec)) => {
            track.codec_config = t.description.clone().unwrap_or_default();
            video_codec(codec, t.description.is_some())?
        }
        _ => {
            return Err(MapError::value(
                "format, codec",
                "both or none",
                "one of them",
            ));
        }
    };
    track.format = format.into();
    track.color_range = match t.color_space.full_range {
        None => v1::ColorRange::Unspecified,
        Some(true) => v1::ColorRange::Full,
        Some(false) => v1::ColorRange::Limited,
    }
    .into();
    track.color_matrix = match t.color_space.matrix.as_deref() {
        None | Some("rgb") => v1::ColorMatrix::Unspecified,
        Some("bt709") => v1::ColorMatrix::Bt709,
        Some("bt470bg" | "smpte170m") => v1::ColorMatrix::Bt601,
        Some("bt2020-ncl") => v1::ColorMatrix::Bt2020,
        Some(other) => {
            let known = "rgb, bt709, bt470bg, smpte170m or bt2020-ncl";
            return Err(MapError::value("colorSpace.matrix", other, known));
        }
    }
    .into();
    Ok(track)
}

fn audio_track(t: &Track) -> Result<v1::AudioTrack, MapError> {
    let (format, planar) = match (&t.format, &t.codec) {
        (Some(raw), None) => sample_format(raw)?,
        (None, Some(codec)) if codec == "opus" => (AudioFormat::Opus, false),
        (None, Some(other)) => return Err(MapError::value("codec", other, "opus")),
        _ => {
            return Err(MapError::value(
                "format, codec",
                "both or none",
                "one of them",
            ));
        }
    };
    Ok(v1::AudioTrack {
        format: format.into(),
        sample_rate_hz: rate(t.sample_rate.unwrap_or(48_000.0))?,
        channels: t.number_of_channels.unwrap_or(1),
        planar,
    })
}

fn pixel_format(word: &str) -> Result<VideoFormat, MapError> {
    Ok(match word {
        "I420" => VideoFormat::I420,
        "I420P10" => VideoFormat::I010,
        "I420A" => VideoFormat::I420a,
        "I422" => VideoFormat::I422,
        "I444" => VideoFormat::I444,
        "NV12" => VideoFormat::Nv12,
        "RGBA" | "RGBX" => VideoFormat::Rgba,
        "BGRA" | "BGRX" => VideoFormat::Bgra,
        other => {
            let known = "I420, I420P10, I420A, I422, I444, NV12, RGBA, RGBX, BGRA or BGRX";
            return Err(MapError::value("format", other, known));
        }
    })
}

/// Format, and whether the channels lie one after the other.
fn sample_format(word: &str) -> Result<(AudioFormat, bool), MapError> {
    let (kind, planar) = match word.strip_suffix("-planar") {
        Some(kind) => (kind, true),
        None => (word, false),
    };
    let format = match kind {
        "s16" => AudioFormat::S16le,
        "s32" => AudioFormat::S32le,
        "f32" => AudioFormat::F32le,
        _ => {
            let known = "s16, s32 or f32, interleaved or -planar";
            return Err(MapError::value("format", word, known));
        }
    };
    Ok((format, planar))
}

/// From a codec string of the WebCodecs registry. H.264 with a description is AVCC, without one
/// Annex B (AVC registration, section 4).
fn video_codec(codec: &str, described: bool) -> Result<VideoFormat, MapError> {
    let family = codec.split('.').next().unwrap_or_default();
    Ok(match family {
        "avc1" | "avc3" if described => VideoFormat::H264Avcc,
        "avc1" | "avc3" => VideoFormat::H264AnnexB,
        "vp8" => VideoFormat::Vp8,
        "vp09" => VideoFormat::Vp9,
        "av01" => VideoFormat::Av1,
        "hev1" | "hvc1" if !described => VideoFormat::Hevc,
        _ => {
            let known = "avc1, avc3, vp8, vp09, av01, or hev1 and hvc1 without a description";
            return Err(MapError::value("codec", codec, known));
        }
    })
}

fn rotation(degrees: f64) -> Result<u32, MapError> {
    [0, 90, 180, 270]
        .into_iter()
        .find(|d| f64::from(*d) == degrees)
        .ok_or_else(|| MapError::value("rotation", degrees, "0, 90, 180 or 270"))
}

fn rate(hz: f64) -> Result<u32, MapError> {
    match (8_000.0..=48_000.0).contains(&hz) && hz.fract() == 0.0 {
        true => Ok(hz as u32),
        false => Err(MapError::value("sampleRate", hz, "8000 to 48000")),
    }
}
