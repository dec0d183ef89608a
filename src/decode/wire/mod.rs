//! Payloads of the live protocol: pictures and sound as platforms hand them over.
//!
//! One decoder per track, opened from the track's announcement. Every format of the protocol has
//! a place; [`support_video`] and [`support_audio`] say which are built, so that the others are
//! refused by name when an interview opens. Sizes are checked before memory is taken, and a
//! damaged payload costs one typed error, never the session.

mod audio;
mod codec;
mod raw;
mod sound_codec;
mod still;
#[cfg(test)]
mod tests;

pub use audio::{AudioDecoder, MAX_SAMPLE};
pub(super) use still::decode as decode_still;

use super::DecodeError;
use super::picture::{Orientation, Stored};
use crate::core::{
    AudioFormat, Frame, MediaTime, PictureLayout, Region, VideoFormat, VideoTrackSpec,
};
use std::sync::OnceLock;

/// Every video format of the protocol, in its order, with its name there.
const VIDEO: &[(VideoFormat, &str)] = &[
    (VideoFormat::I420, "I420"),
    (VideoFormat::Nv12, "NV12"),
    (VideoFormat::Rgb24, "RGB24"),
    (VideoFormat::Bgr24, "BGR24"),
    (VideoFormat::Rgba, "RGBA"),
    (VideoFormat::Bgra, "BGRA"),
    (VideoFormat::Gray8, "GRAY8"),
    (VideoFormat::Jpeg, "JPEG"),
    (VideoFormat::Png, "PNG"),
    (VideoFormat::Webp, "WEBP"),
    (VideoFormat::H264AnnexB, "H264_ANNEX_B"),
    (VideoFormat::H264Avcc, "H264_AVCC"),
    (VideoFormat::Vp8, "VP8"),
    (VideoFormat::Vp9, "VP9"),
    (VideoFormat::Av1, "AV1"),
    (VideoFormat::Hevc, "HEVC"),
    (VideoFormat::I420a, "I420A"),
    (VideoFormat::I422, "I422"),
    (VideoFormat::I444, "I444"),
    (VideoFormat::I010, "I010"),
    (VideoFormat::Argb, "ARGB"),
    (VideoFormat::Abgr, "ABGR"),
];

/// Every audio format of the protocol, in its order, with its name there.
const AUDIO: &[(AudioFormat, &str)] = &[
    (AudioFormat::S16le, "S16LE"),
    (AudioFormat::F32le, "F32LE"),
    (AudioFormat::S32le, "S32LE"),
    (AudioFormat::Mulaw, "MULAW"),
    (AudioFormat::Alaw, "ALAW"),
    (AudioFormat::G722, "G722"),
    (AudioFormat::Opus, "OPUS"),
];

/// A format's name in the protocol.
fn name_of<F: PartialEq>(names: &[(F, &'static str)], format: F) -> &'static str {
    let found = names.iter().find(|(f, _)| *f == format);
    found.map_or("an unnamed format", |(_, name)| name)
}

/// Video formats that are decoded here, in the protocol's order: raw pictures and stills always,
/// compressed video where the FFmpeg at hand has a decoder, which is asked once.
pub fn video_formats() -> &'static [VideoFormat] {
    static KNOWN: OnceLock<Vec<VideoFormat>> = OnceLock::new();
    let here = |f: &VideoFormat| !codec::is_codec(*f) || codec::find(*f).is_some();
    KNOWN.get_or_init(|| VIDEO.iter().map(|(f, _)| *f).filter(here).collect())
}

/// Audio formats that are decoded here, in the protocol's order: samples always, G.722 and Opus
/// where the FFmpeg at hand has a decoder, which is asked once.
pub fn audio_formats() -> &'static [AudioFormat] {
    static KNOWN: OnceLock<Vec<AudioFormat>> = OnceLock::new();
    let here = |f: &AudioFormat| f.bytes_per_sample().is_some() || sound_codec::find(*f).is_some();
    KNOWN.get_or_init(|| AUDIO.iter().map(|(f, _)| *f).filter(here).collect())
}

/// Whether pictures of this format are decoded.
///
/// # Errors
/// A sentence that names the format.
pub fn support_video(format: VideoFormat) -> Result<(), String> {
    match video_formats().contains(&format) {
        true => Ok(()),
        false => Err(no_decoder(name_of(VIDEO, format))),
    }
}

/// Whether sound of this format is decoded.
///
/// # Errors
/// A sentence that names the format.
pub fn support_audio(format: AudioFormat) -> Result<(), String> {
    match audio_formats().contains(&format) {
        true => Ok(()),
        false => Err(no_decoder(name_of(AUDIO, format))),
    }
}

fn no_decoder(name: &str) -> String {
    format!("the FFmpeg of this server has no decoder for {name}")
}

/// One payload of a video track, with the time that `ingest` gave it.
#[derive(Debug, Clone, Copy)]
pub struct VideoPacket<'a> {
    /// Session time of the picture.
    pub time: MediaTime,
    /// The track's epoch; rises at breaks.
    pub epoch: u32,
    /// The media.
    pub payload: &'a [u8],
    /// Shape of a raw picture; ignored for compressed ones.
    pub layout: Option<&'a PictureLayout>,
}

/// Turns a track's payloads into frames. Still formats give one frame per packet; a codec with
/// memory may give none or several, which is why frames are pushed and flushed.
pub trait VideoDecoder: Send {
    /// Decodes one payload and pushes what is ready.
    ///
    /// # Errors
    /// A [`DecodeError`]; the packet is lost, the decoder goes on with the next.
    fn submit(&mut self, packet: &VideoPacket<'_>, out: &mut Vec<Frame>)
    -> Result<(), DecodeError>;

    /// Pushes what is still held back, at the end of the track.
    ///
    /// # Errors
    /// A [`DecodeError`] when what is held back is damaged.
    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError>;

    /// Forgets what earlier packets left, after a break in the track: a codec with memory goes on
    /// with the next keyframe.
    fn reset(&mut self);

    /// Packets are missing before the next one: a codec with memory goes on with the next keyframe.
    fn gap(&mut self);

    /// Pictures whose packets were taken and that will never be shown, since last asked: they are
    /// lost, beyond those whose packet was refused.
    fn take_given_up(&mut self) -> u64 {
        0
    }
}

/// Opens a decoder for a track as announced; pictures of more than `max_pixels` are refused.
///
/// # Errors
/// [`DecodeError::Unsupported`] with the format's name, or [`DecodeError::Field`] on
/// `rotation_deg`, `region` or `codec_config`.
pub fn open_video(
    spec: &VideoTrackSpec,
    max_pixels: u64,
) -> Result<Box<dyn VideoDecoder>, DecodeError> {
    support_video(spec.format).map_err(DecodeError::Unsupported)?;
    let placer = Placer::new(spec)?;
    if codec::is_codec(spec.format) {
        let decoder = codec::CodecDecoder::open(spec, placer, max_pixels)?;
        return Ok(Box::new(decoder));
    }
    Ok(Box::new(StillDecoder {
        spec: spec.clone(),
        placer,
        max_pixels,
    }))
}

/// Turns a track's pictures upright and cuts its region out; a change of size breaks the series.
struct Placer {
    orientation: Orientation,
    region: Option<Region>,
    size: Option<(u32, u32)>,
    /// Added to the packets' epoch, so that a change of size breaks the series.
    size_changes: u32,
}

// === impl Placer ===

impl Placer {
    fn new(spec: &VideoTrackSpec) -> Result<Self, DecodeError> {
        if let Some(region) = &spec.region {
            region.validate().map_err(|e| e.within("region"))?;
        }
        Ok(Self {
            orientation: Orientation::turned(spec.rotation_deg, spec.mirrored)?,
            region: spec.region,
            size: None,
            size_changes: 0,
        })
    }

    fn place(&mut self, stored: Stored, time: MediaTime, epoch: u32) -> Result<Frame, DecodeError> {
        let upright = stored.upright(self.orientation);
        let size = (upright.width, upright.height);
        if self.size.replace(size).is_some_and(|s| s != size) {
            self.size_changes = self.size_changes.saturating_add(1);
        }
        let epoch = epoch.saturating_add(self.size_changes);
        Ok(upright.frame(self.region.as_ref(), time, epoch)?)
    }

    /// The next picture may have any size without breaking a series.
    fn forget(&mut self) {
        self.size = None;
    }
}

/// Pictures that stand alone: raw, JPEG, PNG, WebP.
struct StillDecoder {
    spec: VideoTrackSpec,
    placer: Placer,
    max_pixels: u64,
}

impl VideoDecoder for StillDecoder {
    fn submit(
        &mut self,
        packet: &VideoPacket<'_>,
        out: &mut Vec<Frame>,
    ) -> Result<(), DecodeError> {
        let stored = match self.spec.format {
            VideoFormat::Jpeg | VideoFormat::Png | VideoFormat::Webp => {
                still::decode(self.spec.format, packet.payload, self.max_pixels)?
            }
            _ => raw::decode(&self.spec, packet, self.max_pixels)?,
        };
        out.push(self.placer.place(stored, packet.time, packet.epoch)?);
        Ok(())
    }

    fn flush(&mut self, _out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn reset(&mut self) {
        self.placer.forget();
    }

    fn gap(&mut self) {}
}
