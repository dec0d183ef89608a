//! One video stream: packets to upright RGB frames.

use super::{Counters, DecodeError, Media, OpenOptions, StreamInfo, open, to_ns};
use crate::core::{ColorMatrix, FieldError, MediaTime, Region, TrackId, check_picture_size};
use crate::decode::picture::{Orientation, Stored, matrix_for, try_fill_rgb};
use ff::format::Pixel;
use ffmpeg_next as ff;
use std::collections::VecDeque;
use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvError, YuvGrayImage, YuvPlanarImage, YuvRange,
    YuvStandardMatrix,
};

pub(super) struct VideoLane {
    pub(super) index: usize,
    pub(super) counters: Counters,
    decoder: ff::decoder::Video,
    frame: ff::frame::Video,
    time_base: ff::Rational,
    zero_ns: i64,
    orientation: Orientation,
    max_pixels: u64,
    tracks: Vec<(TrackId, Option<Region>)>,
    /// Size of the latest picture as stored; a change raises the epoch.
    size: Option<(u32, u32)>,
    epoch: u32,
    last_duration_ns: i64,
}

impl VideoLane {
    pub(super) fn open(
        stream: &ff::Stream<'_>,
        info: &StreamInfo,
        options: &OpenOptions,
        zero_ns: i64,
    ) -> Result<Self, DecodeError> {
        let refuse = |e: ff::Error| DecodeError::NotDecodable {
            index: info.index,
            codec: info.codec.clone(),
            detail: e.to_string(),
        };
        let mut context =
            ff::codec::Context::from_parameters(stream.parameters()).map_err(refuse)?;
        let mut threading = ff::threading::Config::kind(ff::threading::Type::Frame);
        threading.count = options.video_threads.clamp(1, 16);
        context.set_threading(threading);
        let codec = ff::decoder::find(context.id()).ok_or(ff::Error::DecoderNotFound);
        let mut decoder = context.decoder();
        decoder.set_packet_time_base(stream.time_base());
        // Refused by the decoder itself before it takes memory for larger pictures.
        let mut limits = ff::Dictionary::new();
        limits.set("max_pixels", &options.max_pixels.to_string());
        let decoder = codec
            .and_then(|c| decoder.open_as_with(c, limits))
            .and_then(|d| d.video())
            .map_err(refuse)?;
        check_picture_size(decoder.width(), decoder.height(), options.max_pixels)
            .map_err(|e| e.within(&format!("stream {}", info.index)))?;
        Ok(Self {
            index: info.index,
            counters: Counters::default(),
            decoder,
            frame: ff::frame::Video::empty(),
            time_base: stream.time_base(),
            zero_ns,
            orientation: open::orientation_of(stream),
            max_pixels: options.max_pixels,
            tracks: Vec::new(),
            size: None,
            epoch: 0,
            last_duration_ns: 0,
        })
    }

    pub(super) fn add_track(&mut self, track: TrackId, region: Option<Region>) {
        self.tracks.push((track, region));
    }

    pub(super) fn submit(
        &mut self,
        packet: &ff::Packet,
        ready: &mut VecDeque<Media>,
    ) -> Result<(), DecodeError> {
        self.counters.packets += 1;
        if packet.is_corrupt() || self.decoder.send_packet(packet).is_err() {
            return self.counters.failed(self.index);
        }
        self.receive(ready)
    }

    pub(super) fn drain(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        if self.decoder.send_eof().is_err() {
            return Ok(()); // already drained
        }
        self.receive(ready)
    }

    fn receive(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) if self.frame.is_corrupt() => self.counters.failed(self.index)?,
                Ok(()) => self.deliver(ready)?,
                Err(ff::Error::Eof) => return Ok(()),
                Err(ff::Error::Other { errno }) if errno == ff::error::EAGAIN => return Ok(()),
                Err(_) => return self.counters.failed(self.index),
            }
        }
    }

    fn deliver(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        let Some(time) = self.time() else {
            self.counters.untimed += 1;
            return Ok(());
        };
        if !self.counters.rises(time, self.index)? {
            return Ok(());
        }
        let size = (self.frame.width(), self.frame.height());
        check_picture_size(size.0, size.1, self.max_pixels)
            .map_err(|e| e.within(&format!("stream {}", self.index)))?;
        if self.size.is_some_and(|s| s != size) {
            self.epoch += 1;
        }
        self.size = Some(size);
        let Ok(stored) = to_rgb(&self.frame) else {
            return self.counters.failed(self.index);
        };
        let upright = stored.upright(self.orientation);
        for (track, region) in &self.tracks {
            ready.push_back(Media::Frame {
                track: track.clone(),
                frame: upright.frame(region.as_ref(), time, self.epoch)?,
            });
        }
        Ok(())
    }

    /// Session time of the picture in `self.frame`; see the room's page for the order of trust.
    fn time(&mut self) -> Option<MediaTime> {
        let duration = to_ns(self.frame.packet().duration.max(0), self.time_base);
        let previous_duration = std::mem::replace(&mut self.last_duration_ns, duration);
        if let Some(pts) = self.frame.pts().or_else(|| self.frame.timestamp()) {
            let ns = to_ns(pts, self.time_base);
            return Some(MediaTime(ns.saturating_sub(self.zero_ns)).floor_us());
        }
        let last = self.counters.last?;
        (previous_duration > 0).then(|| last.plus_ns(previous_duration).floor_us())
    }
}

/// Converts a decoded picture to packed RGB as stored.
fn to_rgb(frame: &ff::frame::Video) -> Result<Stored, ConvertError> {
    let converted;
    // A negative stride (bottom-up rows) reads as a huge one; libswscale copes with those.
    let upside_down = (0..frame.planes()).any(|i| frame.stride(i) > i32::MAX as usize);
    let source = match direct_layout(frame.format()) {
        Some(_) if !upside_down => frame,
        _ => {
            converted = reformat(frame)?;
            &converted
        }
    };
    let layout = direct_layout(source.format()).ok_or(ConvertError::Format)?;
    let (width, height) = (frame.width(), frame.height());
    let (range, matrix) = (range_of(frame), matrix_of(frame));
    let stride = width * 3;
    let rgb = try_fill_rgb(stride as usize * height as usize, |out| match layout {
        Layout::Planar(convert) => {
            let image = YuvPlanarImage {
                y_plane: source.data(0),
                y_stride: source.stride(0) as u32,
                u_plane: source.data(1),
                u_stride: source.stride(1) as u32,
                v_plane: source.data(2),
                v_stride: source.stride(2) as u32,
                width,
                height,
            };
            convert(&image, out, stride, range, matrix).map_err(ConvertError::from)
        }
        Layout::BiPlanar(convert) => {
            let image = YuvBiPlanarImage {
                y_plane: source.data(0),
                y_stride: source.stride(0) as u32,
                uv_plane: source.data(1),
                uv_stride: source.stride(1) as u32,
                width,
                height,
            };
            let mode = YuvConversionMode::Balanced;
            convert(&image, out, stride, range, matrix, mode).map_err(ConvertError::from)
        }
        Layout::Gray => {
            let image = YuvGrayImage {
                y_plane: source.data(0),
                y_stride: source.stride(0) as u32,
                width,
                height,
            };
            yuv::yuv400_to_rgb(&image, out, stride, range, matrix).map_err(ConvertError::from)
        }
        Layout::Rgb => {
            let rows = source.data(0).chunks(source.stride(0));
            for (to, from) in out.chunks_exact_mut(stride as usize).zip(rows) {
                to.copy_from_slice(from.get(..stride as usize).ok_or(ConvertError::Format)?);
            }
            Ok(())
        }
    })?;
    Ok(Stored { width, height, rgb })
}

/// Why a picture could not be converted; counted as a decoding error.
#[derive(Debug)]
enum ConvertError {
    Format,
    Yuv,
}

impl From<YuvError> for ConvertError {
    fn from(_: YuvError) -> Self {
        Self::Yuv
    }
}

impl From<ff::Error> for ConvertError {
    fn from(_: ff::Error) -> Self {
        Self::Format
    }
}

impl From<FieldError> for ConvertError {
    fn from(_: FieldError) -> Self {
        Self::Format
    }
}

type PlanarFn = fn(
    &YuvPlanarImage<'_, u8>,
    &mut [u8],
    u32,
    YuvRange,
    YuvStandardMatrix,
) -> Result<(), YuvError>;

type BiPlanarFn = fn(
    &YuvBiPlanarImage<'_, u8>,
    &mut [u8],
    u32,
    YuvRange,
    YuvStandardMatrix,
    YuvConversionMode,
) -> Result<(), YuvError>;

/// A pixel layout that is converted without libswscale.
enum Layout {
    Planar(PlanarFn),
    BiPlanar(BiPlanarFn),
    Gray,
    Rgb,
}

fn direct_layout(format: Pixel) -> Option<Layout> {
    Some(match format {
        Pixel::YUV420P | Pixel::YUVJ420P => Layout::Planar(yuv::yuv420_to_rgb),
        Pixel::YUV422P | Pixel::YUVJ422P => Layout::Planar(yuv::yuv422_to_rgb),
        Pixel::YUV444P | Pixel::YUVJ444P => Layout::Planar(yuv::yuv444_to_rgb),
        Pixel::NV12 => Layout::BiPlanar(yuv::yuv_nv12_to_rgb),
        Pixel::NV21 => Layout::BiPlanar(yuv::yuv_nv21_to_rgb),
        Pixel::GRAY8 => Layout::Gray,
        Pixel::RGB24 => Layout::Rgb,
        _ => return None,
    })
}

/// Brings a rare layout (10 bits, packed YUV, palettes, planar RGB) to one that is converted
/// here. libswscale's safe interface cannot be told matrix or range, so YUV stays YUV of the same
/// range in it, and only RGB becomes RGB.
fn reformat(frame: &ff::frame::Video) -> Result<ff::frame::Video, ConvertError> {
    let format = frame.format();
    let name = format.descriptor().ok_or(ConvertError::Format)?.name();
    let is_yuv = [
        "yuv", "nv", "uyvy", "yvyu", "p0", "p2", "p4", "y2", "xyuv", "ayuv", "vuy",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix));
    let target = match (is_yuv, name.starts_with("yuvj"), name.starts_with("gray")) {
        (_, _, true) => Pixel::GRAY8,
        (true, true, _) => Pixel::YUVJ444P,
        (true, false, _) => Pixel::YUV444P,
        _ => Pixel::RGB24,
    };
    let (w, h) = (frame.width(), frame.height());
    // Made anew for each picture: rare formats only, and a kept context would not be `Send`.
    let flags = ff::software::scaling::Flags::BILINEAR | ff::software::scaling::Flags::ACCURATE_RND;
    let mut scaler = ff::software::scaling::Context::get(format, w, h, target, w, h, flags)?;
    let mut out = ff::frame::Video::empty();
    scaler.run(frame, &mut out)?;
    Ok(out)
}

/// Range of the code values; where it is not stated, formats named "yuvj" and gray are full.
fn range_of(frame: &ff::frame::Video) -> YuvRange {
    match frame.color_range() {
        ff::color::Range::JPEG => YuvRange::Full,
        ff::color::Range::MPEG => YuvRange::Limited,
        ff::color::Range::Unspecified => match frame.format() {
            Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::GRAY8 => YuvRange::Full,
            _ => YuvRange::Limited,
        },
    }
}

fn matrix_of(frame: &ff::frame::Video) -> YuvStandardMatrix {
    use ff::color::Space;
    match frame.color_space() {
        Space::BT709 => YuvStandardMatrix::Bt709,
        Space::BT470BG | Space::SMPTE170M => YuvStandardMatrix::Bt601,
        Space::SMPTE240M => YuvStandardMatrix::Smpte240,
        Space::FCC => YuvStandardMatrix::Fcc,
        Space::BT2020NCL | Space::BT2020CL => YuvStandardMatrix::Bt2020,
        _ => matrix_for(ColorMatrix::Auto, frame.height()),
    }
}
