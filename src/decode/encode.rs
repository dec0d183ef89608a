//! Pictures to bytes, for sending recordings at a realistic bandwidth.

use super::DecodeError;
use crate::core::{FieldError, Frame};
use image::codecs::jpeg::JpegEncoder;

/// A frame as a JPEG picture of this quality, 1 to 100.
///
/// # Errors
/// [`DecodeError::Field`] for a quality out of range or a picture that JPEG cannot hold.
pub fn encode_jpeg(frame: &Frame, quality: u8) -> Result<Vec<u8>, DecodeError> {
    if !(1..=100).contains(&quality) {
        return Err(FieldError::new("jpeg", quality, "a quality from 1 to 100").into());
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(
            frame.rgb(),
            frame.width,
            frame.height,
            image::ExtendedColorType::Rgb8,
        )
        .map_err(|e| FieldError::new("frame", e, "a picture that JPEG can hold"))?;
    Ok(bytes)
}
