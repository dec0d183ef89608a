//! Payloads of the live protocol: pictures and sound as platforms hand them over.
//!
//! One decoder per track, opened from the track's announcement. Every format of the protocol has
//! a place; [`support_video`] and [`support_audio`] say which are built, so that the others are
//! refused by name when an interview opens. Sizes are checked before memory is taken, and a
//! damaged payload costs one typed error, never the session.

mod audio;
mod raw;
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

/// Video formats that this build decodes, in the protocol's order.
pub const VIDEO_FORMATS: &[VideoFormat] = &[
    VideoFormat::I420,
    VideoFormat::Nv12,
    VideoFormat::Rgb24,
    VideoFormat::Bgr24,
    VideoFormat::Rgba,
    VideoFormat::Bgra,
    VideoFormat::Gray8,
    VideoFormat::Jpeg,
    VideoFormat::Png,
    VideoFormat::Webp,
    VideoFormat::I420a,
    VideoFormat::I422,
    VideoFormat::I444,
    VideoFormat::Argb,
    VideoFormat::Abgr,
];

/// Audio formats that this build decodes, in the protocol's order.
pub const AUDIO_FORMATS: &[AudioFormat] = &[
    AudioFormat::S16le,
    AudioFormat::F32le,
    AudioFormat::S32le,
    AudioFormat::Mulaw,
    AudioFormat::Alaw,
];

/// Whether pictures of this format are decoded.
///
/// # Errors
/// A sentence that names the format.
pub fn support_video(format: VideoFormat) -> Result<(), String> {
    if VIDEO_FORMATS.contains(&format) {
        return Ok(());
    }
    let name = match format {
        VideoFormat::H264AnnexB => "H264_ANNEX_B",
        VideoFormat::H264Avcc => "H264_AVCC",
        VideoFormat::Vp8 => "VP8",
        VideoFormat::Vp9 => "VP9",
        VideoFormat::Av1 => "AV1",
        VideoFormat::Hevc => "HEVC",
        VideoFormat::I010 => "I010",
        other => {
            return Err(format!(
                "decoder for {other:?} is not built in this version"
            ));
        }
    };
    Err(format!("decoder for {name} is not built in this version"))
}

/// Whether sound of this format is decoded.
///
/// # Errors
/// A sentence that names the format.
pub fn support_audio(format: AudioFormat) -> Result<(), String> {
    if AUDIO_FORMATS.contains(&format) {
        return Ok(());
    }
    let name = match format {
        AudioFormat::Opus => "OPUS",
        AudioFormat::G722 => "G722",
        other => {
            return Err(format!(
                "decoder for {other:?} is not built in this version"
            ));
        }
    };
    Err(format!("decoder for {name} is not built in this version"))
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
    /// True when a compressed picture can be decoded on its own.
    pub keyframe: bool,
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

    /// Forgets what earlier packets left, after a break in the track.
    fn reset(&mut self);
}

/// Opens a decoder for a track as announced; pictures of more than `max_pixels` are refused.
///
/// # Errors
/// [`DecodeError::Unsupported`] with the format's name, or [`DecodeError::Field`] on
/// `rotation_deg` or `region`.
pub fn open_video(
    spec: &VideoTrackSpec,
    max_pixels: u64,
) -> Result<Box<dyn VideoDecoder>, DecodeError> {
    support_video(spec.format).map_err(DecodeError::Unsupported)?;
    if let Some(region) = &spec.region {
        region.validate().map_err(|e| e.within("region"))?;
    }
    Ok(Box::new(StillDecoder {
        spec: spec.clone(),
        orientation: Orientation::turned(spec.rotation_deg, spec.mirrored)?,
        max_pixels,
        size: None,
        size_changes: 0,
    }))
}

/// Pictures that stand alone: raw, JPEG, PNG, WebP.
struct StillDecoder {
    spec: VideoTrackSpec,
    orientation: Orientation,
    max_pixels: u64,
    size: Option<(u32, u32)>,
    /// Added to the packets' epoch, so that a change of size breaks the series.
    size_changes: u32,
}

impl StillDecoder {
    fn decode(&self, packet: &VideoPacket<'_>) -> Result<Stored, DecodeError> {
        match self.spec.format {
            VideoFormat::Jpeg | VideoFormat::Png | VideoFormat::Webp => {
                still::decode(self.spec.format, packet.payload, self.max_pixels)
            }
            _ => raw::decode(&self.spec, packet, self.max_pixels),
        }
    }

    fn region(&self) -> Option<&Region> {
        self.spec.region.as_ref()
    }
}

impl VideoDecoder for StillDecoder {
    fn submit(
        &mut self,
        packet: &VideoPacket<'_>,
        out: &mut Vec<Frame>,
    ) -> Result<(), DecodeError> {
        let stored = self.decode(packet)?.upright(self.orientation);
        let size = (stored.width, stored.height);
        if self.size.replace(size).is_some_and(|s| s != size) {
            self.size_changes = self.size_changes.saturating_add(1);
        }
        let epoch = packet.epoch.saturating_add(self.size_changes);
        out.push(stored.frame(self.region(), packet.time, epoch)?);
        Ok(())
    }

    fn flush(&mut self, _out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        Ok(())
    }

    fn reset(&mut self) {
        self.size = None;
    }
}
