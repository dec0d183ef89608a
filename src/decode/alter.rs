//! Pictures made worse the way cameras and calls do it, for `evaluate`.

use super::wire::decode_still;
use super::{DecodeError, encode_jpeg};
use crate::core::{FieldError, Frame, VideoFormat};
use image::imageops::{self, FilterType};
use image::{ImageBuffer, Rgb};

type Picture<'a> = ImageBuffer<Rgb<u8>, &'a [u8]>;

fn picture(frame: &Frame) -> Result<Picture<'_>, FieldError> {
    let fits = ImageBuffer::from_raw(frame.width, frame.height, frame.rgb());
    fits.ok_or_else(|| FieldError::new("frame", "its pixels", "packed RGB of its size"))
}

fn frame(like: &Frame, made: ImageBuffer<Rgb<u8>, Vec<u8>>) -> Result<Frame, FieldError> {
    let (width, height) = made.dimensions();
    Frame::new(like.time, like.epoch, width, height, made.into_raw())
}

/// Through JPEG of this quality, 1 to 100, and back.
///
/// # Errors
/// See [`encode_jpeg`].
pub fn jpeg_round_trip(of: &Frame, quality: u8) -> Result<Frame, DecodeError> {
    let bytes = encode_jpeg(of, quality)?;
    let pixels = u64::from(of.width) * u64::from(of.height);
    let stored = decode_still(VideoFormat::Jpeg, &bytes, pixels)?;
    Ok(stored.frame(None, of.time, of.epoch)?)
}

/// Shrunk to this many lines, its shape kept, both sides even; a picture that has no more lines is
/// left as it is.
///
/// # Errors
/// A [`FieldError`] when a side would have no pixel.
pub fn scale_to_height(of: &Frame, lines: u32) -> Result<Frame, FieldError> {
    if of.height <= lines {
        return Ok(of.clone());
    }
    let even = |v: f64| ((v / 2.0).round() as u32).max(1) * 2;
    let width = even(f64::from(of.width) * f64::from(lines) / f64::from(of.height));
    let made = imageops::resize(
        &picture(of)?,
        width,
        even(f64::from(lines)),
        FilterType::Triangle,
    );
    frame(of, made)
}

/// Blurred by a Gaussian of this standard deviation in pixels, above 0.
///
/// # Errors
/// A [`FieldError`] for a standard deviation that is not above 0.
pub fn blur(of: &Frame, sigma_px: f32) -> Result<Frame, FieldError> {
    if !(sigma_px.is_finite() && sigma_px > 0.0) {
        return Err(FieldError::new("sigma_px", sigma_px, "a number above 0"));
    }
    frame(of, imageops::blur(&picture(of)?, sigma_px))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    /// Stripes two pixels wide, `width` x `height`.
    fn stripes(width: u32, height: u32) -> Frame {
        let rgb: Vec<u8> = (0..width * height)
            .flat_map(|i| [if i % width % 4 < 2 { 40 } else { 200 }; 3])
            .collect();
        Frame::new(MediaTime::from_ms(40), 3, width, height, rgb).unwrap()
    }

    fn contrast(f: &Frame) -> u8 {
        let inner = f
            .rgb()
            .chunks(f.width as usize * 3)
            .nth(f.height as usize / 2)
            .unwrap();
        let inner = &inner[24..inner.len() - 24];
        inner.iter().max().unwrap() - inner.iter().min().unwrap()
    }

    #[test]
    fn each_takes_detail_and_keeps_time_and_epoch() {
        let sharp = stripes(160, 120);
        let small = scale_to_height(&sharp, 60).unwrap();
        assert_eq!((small.width, small.height), (80, 60));
        let soft = blur(&sharp, 2.0).unwrap();
        assert!(contrast(&soft) < contrast(&sharp) / 2);
        let coarse = jpeg_round_trip(&sharp, 5).unwrap();
        assert_ne!(coarse.rgb(), sharp.rgb());
        for f in [&small, &soft, &coarse] {
            assert_eq!((f.time, f.epoch), (sharp.time, sharp.epoch));
        }
    }

    #[test]
    fn small_pictures_are_not_enlarged_and_nonsense_is_refused() {
        let sharp = stripes(16, 12);
        assert_eq!(scale_to_height(&sharp, 720).unwrap().rgb(), sharp.rgb());
        assert!(blur(&sharp, 0.0).is_err() && blur(&sharp, f32::NAN).is_err());
        assert!(jpeg_round_trip(&sharp, 0).is_err());
    }
}
