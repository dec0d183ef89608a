//! For tests only: pictures and sound through FFmpeg's encoders, as a platform would send them.
//!
//! Included by path in the integration tests as well, so it uses nothing of the crate.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use ff::format::sample::Type as Packing;
use ff::format::{Pixel, Sample};
use ffmpeg_next as ff;
use yuv::{
    BufferStoreMut, YuvChromaSubsampling, YuvConversionMode, YuvPlanarImageMut, YuvRange,
    YuvStandardMatrix,
};

/// What an encoder gave at a time.
#[derive(Debug, Clone)]
pub struct Coded {
    /// Number of the picture, or of the first sample; negative where an encoder primes.
    pub number: i64,
    pub bytes: Vec<u8>,
}

/// Packed RGB.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

/// How pictures are encoded.
#[derive(Debug, Clone, Copy)]
pub struct Coding<'a> {
    /// FFmpeg's name of the encoder.
    pub encoder: &'a str,
    pub bt709: bool,
    pub full_range: bool,
    /// Matrix and range are written into the stream.
    pub tagged: bool,
    /// Pictures between keyframes, and in a row that follow later ones.
    pub gop: u32,
    pub b_pictures: usize,
    pub options: &'a [(&'a str, &'a str)],
}

impl<'a> Coding<'a> {
    /// Near lossless, BT.709, limited range, written into the stream, a keyframe every 15 pictures.
    pub fn fine(encoder: &'a str) -> Self {
        let options: &[(&str, &str)] = match encoder {
            "libx264" => &[("preset", "veryfast"), ("crf", "8"), ("forced-idr", "1")],
            "libx265" => &[
                ("preset", "veryfast"),
                (
                    "x265-params",
                    "log-level=none:crf=8:open-gop=0:pools=none:frame-threads=1",
                ),
            ],
            "libvpx" | "libvpx-vp9" => &[
                ("deadline", "realtime"),
                ("cpu-used", "5"),
                ("lag-in-frames", "0"),
                ("auto-alt-ref", "0"),
                ("b", "4M"),
                ("crf", "4"),
            ],
            "libaom-av1" => &[
                ("usage", "realtime"),
                ("cpu-used", "8"),
                ("lag-in-frames", "0"),
                ("crf", "8"),
                ("b", "0"),
            ],
            _ => &[],
        };
        Self {
            encoder,
            bt709: true,
            full_range: false,
            tagged: true,
            gop: 15,
            b_pictures: 0,
            options,
        }
    }
}

/// The pictures as packets in the order in which they are sent; `None` without that encoder.
pub fn encode_pictures(how: &Coding<'_>, pictures: &[Drawn]) -> Option<Vec<Coded>> {
    ff::init().unwrap();
    ff::log::set_level(ff::log::Level::Quiet);
    let codec = ff::encoder::find_by_name(how.encoder)?;
    let first = pictures.first().unwrap();
    let context = ff::codec::Context::new_with_codec(codec);
    let mut video = context.encoder().video().unwrap();
    video.set_width(first.width);
    video.set_height(first.height);
    video.set_format(Pixel::YUV420P);
    video.set_time_base(ff::Rational::new(1, 30));
    video.set_gop(how.gop);
    video.set_max_b_frames(how.b_pictures);
    if how.tagged {
        video.set_colorspace(match how.bt709 {
            true => ff::color::Space::BT709,
            false => ff::color::Space::SMPTE170M,
        });
        video.set_color_range(match how.full_range {
            true => ff::color::Range::JPEG,
            false => ff::color::Range::MPEG,
        });
    }
    let mut options = ff::Dictionary::new();
    options.set("threads", "1");
    for (key, value) in how.options {
        options.set(key, value);
    }
    let mut encoder = video.open_with(options).unwrap();
    let mut out = Vec::new();
    for (i, picture) in pictures.iter().enumerate() {
        let mut frame = planes(how, picture);
        frame.set_pts(Some(i as i64));
        encoder.send_frame(&frame).unwrap();
        take_packets(&mut encoder, &mut out);
    }
    encoder.send_eof().unwrap();
    take_packets(&mut encoder, &mut out);
    Some(out)
}

/// What the encoder has ready.
fn take_packets(encoder: &mut ff::encoder::Encoder, out: &mut Vec<Coded>) {
    let mut packet = ff::Packet::empty();
    while encoder.receive_packet(&mut packet).is_ok() {
        out.push(coded(&packet));
    }
}

fn coded(packet: &ff::Packet) -> Coded {
    Coded {
        number: packet.pts().unwrap(),
        bytes: packet.data().unwrap().to_vec(),
    }
}

/// RGB as planes by the stated matrix and range.
fn planes(how: &Coding<'_>, picture: &Drawn) -> ff::frame::Video {
    let (width, height) = (picture.width, picture.height);
    let mut made = YuvPlanarImageMut::<u8>::alloc(width, height, YuvChromaSubsampling::Yuv420);
    let range = match how.full_range {
        true => YuvRange::Full,
        false => YuvRange::Limited,
    };
    let matrix = match how.bt709 {
        true => YuvStandardMatrix::Bt709,
        false => YuvStandardMatrix::Bt601,
    };
    let mode = YuvConversionMode::Balanced;
    yuv::rgb_to_yuv420(&mut made, &picture.rgb, width * 3, range, matrix, mode).unwrap();
    let mut frame = ff::frame::Video::new(Pixel::YUV420P, width, height);
    let sources: [(&BufferStoreMut<'_, u8>, u32, u32); 3] = [
        (&made.y_plane, made.y_stride, width),
        (&made.u_plane, made.u_stride, width / 2),
        (&made.v_plane, made.v_stride, width / 2),
    ];
    for (i, (plane, stride, columns)) in sources.into_iter().enumerate() {
        let target = frame.stride(i);
        let rows = plane.borrow().chunks(stride as usize);
        for (to, from) in frame.data_mut(i).chunks_mut(target).zip(rows) {
            to[..columns as usize].copy_from_slice(&from[..columns as usize]);
        }
    }
    frame
}

/// Interleaved sound as packets; `number` counts samples of a channel. `None` without that encoder.
pub fn encode_sound(
    encoder: &str,
    rate: u32,
    channels: u32,
    samples: &[f32],
) -> Option<Vec<Coded>> {
    ff::init().unwrap();
    ff::log::set_level(ff::log::Level::Quiet);
    let codec = ff::encoder::find_by_name(encoder)?;
    let layout = ff::ChannelLayout::default(channels as i32);
    let context = ff::codec::Context::new_with_codec(codec);
    let mut audio = context.encoder().audio().unwrap();
    audio.set_rate(rate as i32);
    audio.set_format(Sample::I16(Packing::Packed));
    audio.set_channel_layout(layout);
    audio.set_bit_rate(if encoder == "g722" { 64_000 } else { 96_000 });
    audio.set_time_base(ff::Rational::new(1, rate as i32));
    let mut encoder = audio.open().unwrap();
    let step = match encoder.frame_size() {
        0 => 320,
        n => n as usize,
    };
    let mut out = Vec::new();
    for (i, part) in samples.chunks(step * channels as usize).enumerate() {
        let mut frame = ff::frame::Audio::new(Sample::I16(Packing::Packed), step, layout);
        frame.set_rate(rate);
        frame.set_pts(Some((i * step) as i64));
        let bytes = frame.data_mut(0);
        bytes.fill(0);
        for (to, v) in bytes.chunks_exact_mut(2).zip(part) {
            to.copy_from_slice(&((v * 32_767.0) as i16).to_ne_bytes());
        }
        encoder.send_frame(&frame).unwrap();
        take_packets(&mut encoder, &mut out);
    }
    encoder.send_eof().unwrap();
    take_packets(&mut encoder, &mut out);
    Some(out)
}
