//! Pictures through an H.264 encoder and back, as a call sends them, for `evaluate`.
//!
//! One encoder and one decoder in a row, without look-ahead or B-pictures, so that each picture
//! comes out at once. Losing an encoded picture leaves the decoder to conceal it from the ones
//! before, until the next key picture.

use super::DecodeError;
use super::convert::to_stored;
use crate::core::{ColorMatrix, ColorRange, FieldError, Frame, MediaTime};
use ff::format::Pixel;
use ffmpeg_next as ff;
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

/// Pictures between key pictures: 2 s at 25 pictures a second, as conference systems do.
const KEY_INTERVAL: u32 = 50;
/// Time stamps are microseconds.
const TIME_BASE: ff::Rational = ff::Rational(1, 1_000_000);

/// An H.264 encoder with its decoder. A change of size begins a new one.
pub struct CodecChain {
    crf: u8,
    coder: Option<Coder>,
    last: Option<MediaTime>,
}

struct Coder {
    size: (u32, u32),
    encoder: ff::encoder::video::Encoder,
    decoder: ff::decoder::Video,
}

// === impl CodecChain ===

impl CodecChain {
    /// A chain of constant quality: x264's rate factor, 0 to 51, higher is coarser.
    ///
    /// # Errors
    /// A [`FieldError`] for a factor out of range.
    pub fn new(crf: u8) -> Result<Self, FieldError> {
        if crf > 51 {
            return Err(FieldError::new("crf", crf, "a rate factor from 0 to 51"));
        }
        Ok(Self {
            crf,
            coder: None,
            last: None,
        })
    }

    /// Takes a picture; returns what comes out of the decoder now, usually this very picture.
    /// With `lost` the encoded picture does not reach the decoder.
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] without an H.264 encoder in this FFmpeg, [`DecodeError::Io`]
    /// when encoder or decoder fail.
    pub fn pass(&mut self, frame: &Frame, lost: bool) -> Result<Vec<Frame>, DecodeError> {
        if self.last.is_some_and(|t| frame.time.as_us() <= t.as_us()) {
            return Ok(Vec::new());
        }
        self.last = Some(frame.time);
        let (width, height) = (frame.width & !1, frame.height & !1);
        if width < 16 || height < 16 {
            // Below one macroblock there is nothing to code.
            return Ok(vec![frame.clone()]);
        }
        let mut out = Vec::new();
        if self
            .coder
            .as_ref()
            .is_some_and(|c| c.size != (width, height))
        {
            out = self.finish(frame.epoch)?;
        }
        let coder = match self.coder.take() {
            Some(coder) => coder,
            None => Coder::open(width, height, self.crf)?,
        };
        let coder = self.coder.insert(coder);
        let picture = to_yuv(frame, width, height)?;
        coder.encoder.send_frame(&picture).map_err(failed)?;
        coder.move_on(lost, frame.epoch, &mut out)?;
        Ok(out)
    }

    /// The pictures that are still inside.
    ///
    /// # Errors
    /// [`DecodeError::Io`] when encoder or decoder fail.
    pub fn finish(&mut self, epoch: u32) -> Result<Vec<Frame>, DecodeError> {
        let mut out = Vec::new();
        if let Some(mut coder) = self.coder.take() {
            coder.encoder.send_eof().map_err(failed)?;
            coder.move_on(false, epoch, &mut out)?;
            coder.decoder.send_eof().map_err(failed)?;
            coder.receive(epoch, &mut out)?;
        }
        Ok(out)
    }
}

impl std::fmt::Debug for CodecChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodecChain")
            .field("crf", &self.crf)
            .finish_non_exhaustive()
    }
}

fn failed(e: ff::Error) -> DecodeError {
    DecodeError::Io(format!("H.264 chain: {e}"))
}

// === impl Coder ===

impl Coder {
    fn open(width: u32, height: u32, crf: u8) -> Result<Self, DecodeError> {
        super::file::init()?;
        let missing =
            || DecodeError::Unsupported("no H.264 encoder (libx264) in this FFmpeg".into());
        let codec = ff::encoder::find_by_name("libx264").ok_or_else(missing)?;
        let mut video = ff::codec::Context::new_with_codec(codec)
            .encoder()
            .video()
            .map_err(failed)?;
        video.set_width(width);
        video.set_height(height);
        video.set_format(Pixel::YUV420P);
        video.set_time_base(TIME_BASE);
        video.set_gop(KEY_INTERVAL);
        let mut options = ff::Dictionary::new();
        options.set("preset", "veryfast");
        options.set("tune", "zerolatency");
        options.set("crf", &crf.to_string());
        // One thread: the same pictures on every machine.
        options.set("threads", "1");
        let encoder = video.open_with(options).map_err(failed)?;
        let decoder = ff::decoder::find(ff::codec::Id::H264)
            .ok_or(ff::Error::DecoderNotFound)
            .and_then(|c| ff::codec::Context::new_with_codec(c).decoder().open_as(c))
            .and_then(|d| d.video())
            .map_err(failed)?;
        Ok(Self {
            size: (width, height),
            encoder,
            decoder,
        })
    }

    /// Moves encoded pictures to the decoder and decoded ones out.
    fn move_on(&mut self, lost: bool, epoch: u32, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        let mut packet = ff::Packet::empty();
        while self.encoder.receive_packet(&mut packet).is_ok() {
            if lost {
                continue;
            }
            // A decoder that finds a reference missing may refuse the picture: that is a loss too.
            if self.decoder.send_packet(&packet).is_ok() {
                self.receive(epoch, out)?;
            }
        }
        Ok(())
    }

    fn receive(&mut self, epoch: u32, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        let mut frame = ff::frame::Video::empty();
        while self.decoder.receive_frame(&mut frame).is_ok() {
            let time = frame
                .pts()
                .or_else(|| frame.timestamp())
                .map(MediaTime::from_us);
            if let Some(time) = time {
                let picture = std::mem::replace(&mut frame, ff::frame::Video::empty());
                let stored = to_stored(picture, ColorRange::Limited, ColorMatrix::Bt709)
                    .map_err(|_| bad("its planes"))?;
                out.push(stored.frame(None, time, epoch)?);
            }
        }
        Ok(())
    }
}

const RANGE: YuvRange = YuvRange::Limited;
const MATRIX: YuvStandardMatrix = YuvStandardMatrix::Bt709;

fn bad(what: &'static str) -> DecodeError {
    FieldError::new("frame", what, "a picture that YUV 4:2:0 can hold").into()
}

/// The upper left `width` x `height` of a frame as YUV 4:2:0, limited range, BT.709.
pub(super) fn to_yuv(
    frame: &Frame,
    width: u32,
    height: u32,
) -> Result<ff::frame::Video, DecodeError> {
    let mut planes =
        YuvPlanarImageMut::<u8>::alloc(width, height, yuv::YuvChromaSubsampling::Yuv420);
    yuv::rgb_to_yuv420(
        &mut planes,
        frame.rgb(),
        frame.width * 3,
        RANGE,
        MATRIX,
        YuvConversionMode::Balanced,
    )
    .map_err(|_| bad("its pixels"))?;
    let mut out = ff::frame::Video::new(Pixel::YUV420P, width, height);
    let sources: [(&BufferStoreMut<'_, u8>, u32); 3] = [
        (&planes.y_plane, planes.y_stride),
        (&planes.u_plane, planes.u_stride),
        (&planes.v_plane, planes.v_stride),
    ];
    for (i, (plane, stride)) in sources.into_iter().enumerate() {
        let row_bytes = if i == 0 { width } else { width / 2 } as usize;
        let target = out.stride(i);
        let rows = plane.borrow().chunks(stride as usize);
        for (to, from) in out.data_mut(i).chunks_mut(target).zip(rows) {
            let (Some(to), Some(from)) = (to.get_mut(..row_bytes), from.get(..row_bytes)) else {
                return Err(bad("its planes"));
            };
            to.copy_from_slice(from);
        }
    }
    out.set_pts(Some(frame.time.as_us()));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A drifting ramp with noise-like texture, 64 x 48.
    fn pictures(n: u32) -> Vec<Frame> {
        let pixel = |i: u32, t: u32| {
            let (x, y) = (i % 64, i / 64);
            let v = (x * 2 + y + t * 3) % 200 + (x * 7919 + y * 104_729) % 40;
            [v as u8, (v / 2) as u8, 255 - v as u8]
        };
        (0..n)
            .map(|t| {
                let rgb: Vec<u8> = (0..64 * 48).flat_map(|i| pixel(i, t)).collect();
                Frame::new(MediaTime::from_ms(i64::from(t) * 40), 2, 64, 48, rgb).unwrap()
            })
            .collect()
    }

    fn through(crf: u8, lost: impl Fn(usize) -> bool) -> Vec<Frame> {
        let mut chain = CodecChain::new(crf).unwrap();
        let mut out = Vec::new();
        for (i, f) in pictures(20).iter().enumerate() {
            out.extend(chain.pass(f, lost(i)).unwrap());
        }
        out.extend(chain.finish(2).unwrap());
        out
    }

    fn error(a: &[Frame], b: &[Frame]) -> f64 {
        let of = |(x, y): (&Frame, &Frame)| {
            let sum: u64 = x
                .rgb()
                .iter()
                .zip(y.rgb())
                .map(|(a, b)| u64::from(a.abs_diff(*b)))
                .sum();
            sum as f64 / x.rgb().len() as f64
        };
        a.iter().zip(b).map(of).sum::<f64>() / a.len() as f64
    }

    #[test]
    fn every_picture_comes_back_in_time_and_coarser_factors_cost_more() {
        let before = pictures(20);
        let (fine, coarse) = (through(10, |_| false), through(45, |_| false));
        for out in [&fine, &coarse] {
            let times: Vec<_> = out.iter().map(|f| f.time).collect();
            assert_eq!(times, before.iter().map(|f| f.time).collect::<Vec<_>>());
            assert!(
                out.iter()
                    .all(|f| f.epoch == 2 && (f.width, f.height) == (64, 48))
            );
        }
        let (a, b) = (error(&fine, &before), error(&coarse, &before));
        assert!(a < 10.0 && b > a + 2.0, "{a} {b}");
    }

    #[test]
    fn lost_pictures_are_missing_or_concealed_and_the_rest_lives_on() {
        let out = through(20, |i| i == 5 || i == 6);
        assert!(out.len() < 20 && out.len() >= 5, "{}", out.len());
        assert!(out.windows(2).all(|w| w[0].time < w[1].time));
    }

    #[test]
    fn odd_and_tiny_pictures_pass() {
        let mut chain = CodecChain::new(23).unwrap();
        let make = |w: u32, h: u32, ms: i64| {
            Frame::new(
                MediaTime::from_ms(ms),
                0,
                w,
                h,
                vec![90u8; (w * h * 3) as usize],
            )
            .unwrap()
        };
        assert_eq!(chain.pass(&make(33, 35, 0), false).unwrap()[0].width, 32);
        assert_eq!(chain.pass(&make(5, 5, 40), false).unwrap()[0].width, 5);
        assert!(CodecChain::new(52).is_err());
    }
}
