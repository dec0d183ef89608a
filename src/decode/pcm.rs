//! FFmpeg's sound to interleaved floats, for files and for the wire alike.

use ff::format::Sample;
use ff::format::sample::Type as Packing;
use ffmpeg_next as ff;

/// Interleaved samples with their shape.
pub(super) struct Pcm {
    /// Samples per second and channel.
    pub(super) rate: u32,
    pub(super) channels: u32,
    pub(super) samples: Vec<f32>,
}

/// Any of FFmpeg's sample formats as interleaved floats; `None` for one it does not know.
pub(super) fn interleave(frame: &ff::frame::Audio) -> Option<Pcm> {
    let channels = usize::from(frame.channels());
    let n = frame.samples();
    if channels == 0 || n == 0 || frame.rate() == 0 {
        return None;
    }
    let samples = match frame.format() {
        Sample::U8(p) => gather(frame, p, channels, n, |v: u8| {
            (f32::from(v) - 128.0) / 128.0
        }),
        Sample::I16(p) => gather(frame, p, channels, n, |v: i16| f32::from(v) / 32_768.0),
        Sample::I32(p) => gather(frame, p, channels, n, |v: i32| v as f32 / 2_147_483_648.0),
        Sample::F32(p) => gather(frame, p, channels, n, |v: f32| v),
        Sample::F64(p) => gather(frame, p, channels, n, |v: f64| v as f32),
        Sample::I64(_) | Sample::None => return None,
    };
    Some(Pcm {
        rate: frame.rate(),
        channels: channels as u32,
        samples,
    })
}

fn gather<T: ff::frame::audio::Sample + Copy>(
    frame: &ff::frame::Audio,
    packing: Packing,
    channels: usize,
    n: usize,
    to_f32: impl Fn(T) -> f32,
) -> Vec<f32> {
    let mut out = vec![0.0; n * channels];
    match packing {
        Packing::Packed => {
            for (o, v) in out.iter_mut().zip(frame.plane::<T>(0)) {
                *o = to_f32(*v);
            }
        }
        Packing::Planar => {
            for c in 0..channels.min(frame.planes()) {
                let to = out.iter_mut().skip(c).step_by(channels);
                for (o, v) in to.zip(frame.plane::<T>(c)) {
                    *o = to_f32(*v);
                }
            }
        }
    }
    out
}
