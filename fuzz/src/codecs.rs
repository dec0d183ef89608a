//! Payloads of one track through its decoder: every format of the protocol, with any announcement.
//!
//! An input is a head of [`HEAD`] bytes (format; turn, mirror, region, matrix and range, or rate
//! and channels; how the track goes on) and pieces: [`CONFIG`] first, then packets, gaps, breaks.
//! A packet of a raw format begins with its layout.

use super::pieces::{Numbers, Pieces};
use super::{MAX_PIXELS, Reached};
use liveproof::core::{
    AudioFormat, AudioTrackSpec, ColorMatrix, ColorRange, Frame, MediaTime, PictureLayout,
    PlaneLayout, Region, VideoFormat, VideoTrackSpec,
};
use liveproof::decode::wire::{AudioDecoder, MAX_SAMPLE, VideoDecoder, VideoPacket, open_video};

/// Bytes before the first piece.
pub const HEAD: usize = 2;
/// The decoder's configuration out of band; counts only as the first piece.
pub const CONFIG: u8 = 0;
/// A packet; other kinds above [`END`] are packets too.
pub const PACKET: u8 = 1;
/// Packets are missing here.
pub const GAP: u8 = 2;
/// The track breaks here.
pub const BREAK: u8 = 3;
/// The track ends here, and may go on.
pub const END: u8 = 4;
/// Added to a packet's kind: it begins a new epoch.
pub const NEW_EPOCH: u8 = 0x80;

/// The first byte's formats, pictures first; the corpus depends on their order.
pub const VIDEO: [VideoFormat; 22] = [
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
    VideoFormat::H264AnnexB,
    VideoFormat::H264Avcc,
    VideoFormat::Vp8,
    VideoFormat::Vp9,
    VideoFormat::Av1,
    VideoFormat::Hevc,
    VideoFormat::I420a,
    VideoFormat::I422,
    VideoFormat::I444,
    VideoFormat::I010,
    VideoFormat::Argb,
    VideoFormat::Abgr,
];

/// The first byte's formats of sound, after those of pictures.
pub const AUDIO: [AudioFormat; 7] = [
    AudioFormat::S16le,
    AudioFormat::F32le,
    AudioFormat::S32le,
    AudioFormat::Mulaw,
    AudioFormat::Alaw,
    AudioFormat::G722,
    AudioFormat::Opus,
];

/// Runs an input.
pub fn run(data: &[u8]) -> Reached {
    let ([format, shape], pieces) = Pieces::split::<HEAD>(data);
    let format = usize::from(format) % (VIDEO.len() + AUDIO.len());
    match VIDEO.get(format) {
        Some(video) => pictures(*video, shape, pieces),
        None => sound(AUDIO[format - VIDEO.len()], shape, pieces),
    }
}

// === pictures ===

fn video_spec(format: VideoFormat, shape: u8, codec_config: Vec<u8>) -> VideoTrackSpec {
    VideoTrackSpec {
        format,
        size: None,
        nominal_fps: Some(25.0),
        range: [ColorRange::Auto, ColorRange::Limited, ColorRange::Full]
            [usize::from(shape >> 6) % 3],
        matrix: [
            ColorMatrix::Auto,
            ColorMatrix::Bt601,
            ColorMatrix::Bt709,
            ColorMatrix::Bt2020,
        ][usize::from(shape >> 4 & 3)],
        rotation_deg: u32::from(shape & 3) * 90,
        mirrored: shape & 4 != 0,
        region: (shape & 8 != 0).then_some(Region {
            x: 0.3,
            y: 0.05,
            width: 0.41,
            height: 0.95,
        }),
        codec_config,
    }
}

fn pictures(format: VideoFormat, shape: u8, mut pieces: Pieces<'_>) -> Reached {
    let mut reached = Reached::default();
    let mut ahead = pieces;
    let config = match ahead.next() {
        Some((CONFIG, config)) => {
            pieces = ahead;
            config.to_vec()
        }
        _ => Vec::new(),
    };
    let Ok(mut decoder) = open_video(&video_spec(format, shape, config), MAX_PIXELS) else {
        reached.refused += 1;
        return reached;
    };
    reached.opened += 1;
    let mut track = Track::new(format);
    for (kind, piece) in pieces {
        match kind {
            GAP => decoder.gap(),
            BREAK => decoder.reset(),
            END => track.flush(decoder.as_mut(), &mut reached),
            _ => {
                track.epoch += u32::from(kind & NEW_EPOCH != 0);
                track.submit(decoder.as_mut(), piece, &mut reached);
            }
        }
    }
    track.flush(decoder.as_mut(), &mut reached);
    reached.pictures += track.shown;
    reached
}

/// What is known of a track from outside its decoder.
struct Track {
    format: VideoFormat,
    packets: u64,
    shown: u64,
    given_up: u64,
    epoch: u32,
}

impl Track {
    fn new(format: VideoFormat) -> Self {
        Self {
            format,
            packets: 0,
            shown: 0,
            given_up: 0,
            epoch: 0,
        }
    }

    fn submit(&mut self, decoder: &mut dyn VideoDecoder, piece: &[u8], reached: &mut Reached) {
        let (layout, payload) = match self.format.is_raw() {
            true => {
                let (layout, payload) = layout_of(piece);
                (Some(layout), payload)
            }
            false => (None, piece),
        };
        let packet = VideoPacket {
            time: MediaTime::from_ms(self.packets as i64 * 40),
            epoch: self.epoch,
            payload,
            layout: layout.as_ref(),
        };
        self.packets += 1;
        let mut frames = Vec::new();
        let result = decoder.submit(&packet, &mut frames);
        reached.refused += u64::from(result.is_err());
        if let Err(error) = result {
            assert!(error.to_string().len() < 4_096, "a refusal of any length");
        }
        self.given_up += decoder.take_given_up();
        self.look_at(&frames);
    }

    fn flush(&mut self, decoder: &mut dyn VideoDecoder, reached: &mut Reached) {
        let mut frames = Vec::new();
        reached.refused += u64::from(decoder.flush(&mut frames).is_err());
        self.given_up += decoder.take_given_up();
        self.look_at(&frames);
    }

    fn look_at(&mut self, frames: &[Frame]) {
        for frame in frames {
            let pixels = u64::from(frame.width) * u64::from(frame.height);
            assert!(
                (1..=MAX_PIXELS).contains(&pixels),
                "{:?}: {} x {}",
                self.format,
                frame.width,
                frame.height
            );
            assert_eq!(frame.rgb().len() as u64, pixels * 3);
            let ms = frame.time.0 / 1_000_000;
            assert!(
                ms % 40 == 0 && ms < self.packets as i64 * 40,
                "the time of no packet: {ms} ms"
            );
        }
        self.shown += frames.len() as u64;
        assert!(
            self.shown + self.given_up <= self.packets,
            "{} shown and {} given up of {} packets",
            self.shown,
            self.given_up,
            self.packets
        );
    }
}

/// Width and height in two bytes each, number of planes in one, then per plane the offset in four
/// and the stride in four; the rest is the payload.
fn layout_of(piece: &[u8]) -> (PictureLayout, &[u8]) {
    let mut numbers = Numbers::of(piece);
    let (width, height) = (numbers.u16(), numbers.u16());
    let planes = (0..numbers.u8() & 7)
        .map(|_| PlaneLayout {
            offset_bytes: u64::from(numbers.u32()),
            stride_bytes: numbers.u32(),
        })
        .collect();
    let layout = PictureLayout {
        width: width.into(),
        height: height.into(),
        planes,
    };
    (layout, numbers.rest())
}

// === sound ===

fn sound(format: AudioFormat, shape: u8, pieces: Pieces<'_>) -> Reached {
    let mut reached = Reached::default();
    let spec = AudioTrackSpec {
        format,
        sample_rate_hz: [8_000, 16_000, 44_100, 48_000, 7_999, 96_000, 11_025, 0]
            [usize::from(shape & 7)],
        channels: u32::from(shape >> 3 & 3),
        planar: shape & 0x20 != 0,
    };
    let Ok(mut decoder) = AudioDecoder::open(&spec) else {
        reached.refused += 1;
        return reached;
    };
    reached.opened += 1;
    for (i, (kind, piece)) in pieces.enumerate() {
        if matches!(kind, GAP | BREAK) {
            decoder.reset();
            continue;
        }
        let time = MediaTime::from_ms(i as i64 * 20);
        let Ok(block) = decoder.decode(time, piece) else {
            reached.refused += 1;
            continue;
        };
        assert_eq!(block.time, time);
        let loud = |s: &&f32| !s.is_finite() || s.abs() > MAX_SAMPLE;
        assert_eq!(block.samples().iter().find(loud), None);
        // A packet cannot hold more than a few seconds, whatever it claims.
        let most = (piece.len() * 2).max(2 * 5_760);
        assert!(
            block.samples().len() <= most,
            "{} samples",
            block.samples().len()
        );
        reached.blocks += 1;
    }
    reached
}
