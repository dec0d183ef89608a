//! Compressed video: access units through FFmpeg, one decoder per track.
//!
//! **Times.** Each picture gets the capture time and epoch of the packet that brought it, also
//! where the codec shows pictures in another order than it sends them.
//!
//! **What is never shown.** A picture is handed on only when everything that it rests on came
//! undamaged. After the start, a missing packet, a damaged one or a break of the track, packets are
//! refused with [`DecodeError::AwaitsKeyframe`] until a keyframe comes: what FFmpeg would paint
//! over a loss looks like manipulation. Keyframes and sizes are read from the stream's own headers,
//! so that a picture beyond the limit is refused before a decoder takes memory for it, and the
//! sender's keyframe mark is not needed.
//!
//! **Not handled:** packets of a transport (RTP) instead of whole access units; layers of scalable
//! H.264 and HEVC beyond the base layer, which are left out; intra refresh without keyframes.

mod bits;
mod headers;
mod nal;
#[cfg(test)]
mod tests;

use super::{Placer, VideoDecoder, VideoPacket};
use crate::core::{
    FieldError, Frame, MIN_SIDE_PX, MediaTime, VideoFormat, VideoTrackSpec, check_picture_size,
};
use crate::decode::DecodeError;
use crate::decode::convert::to_stored;
use crate::decode::file::init;
use ffmpeg_next as ff;
use nal::{Family, NalReader};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Pictures that a decoder may hold back before they are shown; the codecs allow 16.
const MAX_HELD: usize = 32;

/// FFmpeg's decoders of a format in order of preference; wrappers of hardware are left out, since
/// their pictures differ from machine to machine.
fn decoders(format: VideoFormat) -> &'static [&'static str] {
    match format {
        VideoFormat::H264AnnexB | VideoFormat::H264Avcc => &["h264"],
        VideoFormat::Hevc => &["hevc"],
        VideoFormat::Vp8 => &["vp8", "libvpx"],
        VideoFormat::Vp9 => &["vp9", "libvpx-vp9"],
        VideoFormat::Av1 => &["libdav1d", "libaom-av1"],
        _ => &[],
    }
}

/// True for formats whose pictures rest on one another.
pub(super) fn is_codec(format: VideoFormat) -> bool {
    !decoders(format).is_empty()
}

/// The decoder of a format in the FFmpeg at hand.
pub(super) fn find(format: VideoFormat) -> Option<ff::Codec> {
    init().ok()?;
    let mut names = decoders(format).iter();
    names.find_map(|name| ff::decoder::find_by_name(name))
}

/// An access unit as the decoder gets it.
pub(super) struct Unit<'a> {
    /// What the decoder gets; empty where there is no picture in it.
    bytes: Cow<'a, [u8]>,
    /// It can be decoded on its own.
    keyframe: bool,
    /// The size of its pictures, where it states one.
    size: Option<(u32, u32)>,
    /// Pictures that it may rest on are missing before it.
    gap: bool,
}

/// Reads the headers of one track's packets.
enum Reader {
    Nal(NalReader),
    Vp8,
    Vp9,
    Av1,
}

/// One compressed video track.
pub(super) struct CodecDecoder {
    spec: VideoTrackSpec,
    max_pixels: u64,
    placer: Placer,
    reader: Reader,
    decoder: ff::decoder::Video,
    frame: ff::frame::Video,
    /// Why no packet but a keyframe can be decoded; `None` while the stream runs.
    waits: Option<&'static str>,
    /// Packets whose pictures are still inside: number, time, epoch.
    held: VecDeque<(i64, MediaTime, u32)>,
    next: i64,
    /// What is held came before a break, and is still to be shown.
    draining: bool,
    /// Pictures that were held and never shown, since last asked.
    given_up: u64,
}

// === impl CodecDecoder ===

impl CodecDecoder {
    /// A decoder for a track as announced.
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] where this FFmpeg has no decoder, [`DecodeError::Field`] on
    /// `codec_config`.
    pub(super) fn open(
        spec: &VideoTrackSpec,
        placer: Placer,
        max_pixels: u64,
    ) -> Result<Self, DecodeError> {
        let missing = || {
            let name = super::name_of(super::VIDEO, spec.format);
            DecodeError::Unsupported(super::no_decoder(name))
        };
        let codec = find(spec.format).ok_or_else(missing)?;
        let reader = match spec.format {
            VideoFormat::H264AnnexB => {
                Reader::Nal(NalReader::annex_b(Family::Avc, &spec.codec_config)?)
            }
            VideoFormat::H264Avcc => Reader::Nal(NalReader::avcc(&spec.codec_config)?),
            VideoFormat::Hevc => Reader::Nal(NalReader::annex_b(Family::Hevc, &spec.codec_config)?),
            VideoFormat::Vp8 => Reader::Vp8,
            VideoFormat::Vp9 => Reader::Vp9,
            VideoFormat::Av1 => Reader::Av1,
            _ => return Err(missing()),
        };
        let mut context = ff::codec::Context::new_with_codec(codec);
        if !matches!(reader, Reader::Nal(_)) {
            // H.264 and HEVC streams say themselves how far they reorder; the flag would override
            // that and drop pictures.
            context.set_flags(ff::codec::Flags::LOW_DELAY);
        }
        let mut options = ff::Dictionary::new();
        options.set("threads", "1");
        options.set("err_detect", "explode");
        // A second guard behind our own look at the headers; FFmpeg counts padded rows too.
        options.set("max_pixels", &(max_pixels + (64 << 13)).to_string());
        let decoder = context.decoder().open_as_with(codec, options);
        let decoder = decoder.and_then(|d| d.video()).map_err(|_| missing())?;
        Ok(Self {
            spec: spec.clone(),
            max_pixels,
            placer,
            reader,
            decoder,
            frame: ff::frame::Video::empty(),
            waits: Some("none has come yet"),
            held: VecDeque::new(),
            next: 0,
            draining: false,
            given_up: 0,
        })
    }

    fn damaged(&self, detail: &str) -> DecodeError {
        damaged(super::name_of(super::VIDEO, self.spec.format), detail)
    }

    /// What a packet is, by its own headers, and whether its pictures are small enough.
    fn read<'a>(&mut self, payload: &'a [u8]) -> Result<Unit<'a>, DecodeError> {
        let head = match &mut self.reader {
            Reader::Nal(reader) => {
                let unit = reader.read(payload)?;
                self.check_size(unit.size)?;
                return Ok(unit);
            }
            Reader::Vp8 => headers::vp8(payload),
            Reader::Vp9 => headers::vp9(payload),
            Reader::Av1 => headers::av1(payload),
        };
        let (keyframe, size) = head.ok_or_else(|| self.damaged("its header cannot be read"))?;
        self.check_size(size)?;
        Ok(Unit {
            bytes: payload.into(),
            keyframe,
            size,
            gap: false,
        })
    }

    fn check_size(&self, size: Option<(u32, u32)>) -> Result<(), FieldError> {
        let Some((width, height)) = size else {
            return Ok(());
        };
        // How small a picture really is shows when it is decoded.
        let (width, height) = (width.max(MIN_SIDE_PX), height.max(MIN_SIDE_PX));
        check_picture_size(width, height, self.max_pixels).map_err(|e| e.within("payload"))
    }

    /// The stream breaks off: what is held is still good, what comes may rest on what did not.
    fn break_off(&mut self, why: &'static str) {
        self.waits = Some(why);
        self.draining = true;
    }

    /// Shows what was held before a break.
    fn drain(&mut self, out: &mut Vec<Frame>) {
        if !self.held.is_empty() && self.decoder.send_eof().is_ok() {
            // What cannot be shown any more counts as given up.
            self.receive(out).ok();
        }
        self.give_up();
    }

    fn give_up(&mut self) {
        self.given_up += self.held.len() as u64;
        self.held.clear();
        self.decoder.flush();
        self.draining = false;
    }

    fn decode(
        &mut self,
        unit: &Unit<'_>,
        packet: &VideoPacket<'_>,
        out: &mut Vec<Frame>,
    ) -> Result<(), DecodeError> {
        let mut coded = ff::Packet::copy(&unit.bytes);
        coded.set_pts(Some(self.next));
        coded.set_dts(Some(self.next));
        if self.held.len() == MAX_HELD {
            self.held.pop_front();
            self.given_up += 1;
        }
        self.held.push_back((self.next, packet.time, packet.epoch));
        self.next += 1;
        self.decoder
            .send_packet(&coded)
            .map_err(|e| self.damaged(&e.to_string()))?;
        self.receive(out)
    }

    fn receive(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => self.deliver(out)?,
                Err(ff::Error::Eof) => return Ok(()),
                Err(ff::Error::Other { errno }) if errno == ff::error::EAGAIN => return Ok(()),
                Err(e) => return Err(self.damaged(&e.to_string())),
            }
        }
    }

    fn deliver(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        let number = self.frame.pts().or_else(|| self.frame.timestamp());
        let held = self.held.iter().position(|(n, ..)| Some(*n) == number);
        let Some((_, time, epoch)) = held.and_then(|i| self.held.remove(i)) else {
            return Ok(()); // shown twice
        };
        if self.frame.is_corrupt() || self.frame.has_decode_errors() {
            return Err(self.damaged("a picture that the decoder had to patch"));
        }
        check_picture_size(self.frame.width(), self.frame.height(), self.max_pixels)
            .map_err(|e| e.within("payload"))?;
        let picture = std::mem::replace(&mut self.frame, ff::frame::Video::empty());
        let stored = to_stored(picture, self.spec.range, self.spec.matrix)
            .map_err(|_| self.damaged("a picture of a pixel format that is not read here"))?;
        out.push(self.placer.place(stored, time, epoch)?);
        Ok(())
    }
}

impl VideoDecoder for CodecDecoder {
    fn submit(
        &mut self,
        packet: &VideoPacket<'_>,
        out: &mut Vec<Frame>,
    ) -> Result<(), DecodeError> {
        if self.draining {
            self.drain(out);
        }
        let unit = match self.read(packet.payload) {
            Ok(unit) => unit,
            Err(e) => {
                self.break_off(match e {
                    DecodeError::Field(_) => "its pictures are too large",
                    _ => "a packet was damaged",
                });
                return Err(e);
            }
        };
        if unit.bytes.is_empty() {
            return Ok(());
        }
        if unit.gap {
            self.gap();
            self.drain(out);
        }
        match self.waits {
            Some(why) if !unit.keyframe => return Err(DecodeError::AwaitsKeyframe(why)),
            Some(_) => self.waits = None,
            None => {}
        }
        let decoded = self.decode(&unit, packet, out);
        if matches!(self.reader, Reader::Vp8 | Reader::Vp9) {
            // Shown at once or never: what is left is a picture for others to rest on.
            self.held.clear();
        }
        if decoded.is_err() {
            self.waits = Some("a packet was damaged");
            let own = self.next - 1;
            self.held.retain(|(n, ..)| *n != own);
            self.give_up();
        }
        decoded
    }

    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        self.drain(out);
        self.waits = Some("the track had ended");
        Ok(())
    }

    fn reset(&mut self) {
        self.break_off("the track was broken off");
    }

    fn gap(&mut self) {
        if self.waits.is_none() {
            self.break_off("packets are missing");
        }
    }

    fn take_given_up(&mut self) -> u64 {
        std::mem::take(&mut self.given_up)
    }
}

/// The larger of two widths, and of two heights.
fn larger(a: Option<(u32, u32)>, b: Option<(u32, u32)>) -> Option<(u32, u32)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.max(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

fn damaged(format: &'static str, detail: &str) -> DecodeError {
    DecodeError::Damaged {
        format,
        detail: detail.to_owned(),
    }
}
