//! Whole compressed pictures: JPEG, PNG, WebP.

use crate::core::{VideoFormat, check_picture_size};
use crate::decode::DecodeError;
use crate::decode::picture::Stored;
use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Memory for what stands before the picture itself: 4 MiB; colour profiles have kilobytes.
const MAX_HEAD_BYTES: u64 = 4 << 20;

/// Decodes a picture whose stated size is within bounds. Alpha is ignored, an EXIF orientation
/// too: the track's announcement says how pictures are turned. Of an animation the first picture
/// is taken.
pub(in crate::decode) fn decode(
    format: VideoFormat,
    payload: &[u8],
    max_pixels: u64,
) -> Result<Stored, DecodeError> {
    let (name, codec) = match format {
        VideoFormat::Png => ("PNG", ImageFormat::Png),
        VideoFormat::Webp => ("WebP", ImageFormat::WebP),
        _ => ("JPEG", ImageFormat::Jpeg),
    };
    if codec == ImageFormat::Jpeg {
        check_jpeg_end(payload)?;
    }
    // A bug in a decoder library costs this picture, not the process.
    std::panic::catch_unwind(|| read(name, codec, payload, max_pixels)).unwrap_or_else(|_| {
        Err(DecodeError::Damaged {
            format: name,
            detail: "the decoder gave up".into(),
        })
    })
}

fn read(
    name: &'static str,
    codec: ImageFormat,
    payload: &[u8],
    max_pixels: u64,
) -> Result<Stored, DecodeError> {
    let damaged = |e: image::ImageError| DecodeError::Damaged {
        format: name,
        detail: e.to_string(),
    };
    let mut reader = ImageReader::with_format(Cursor::new(payload), codec);
    // For what stands before the picture: a colour profile may be compressed a thousandfold.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_HEAD_BYTES);
    reader.limits(limits);
    let (width, height) = reader.into_dimensions().map_err(damaged)?;
    check_picture_size(width, height, max_pixels).map_err(|e| e.within("payload"))?;
    let mut reader = ImageReader::with_format(Cursor::new(payload), codec);
    let mut limits = Limits::default();
    limits.max_image_width = Some(width);
    limits.max_image_height = Some(height);
    // Eight bytes a pixel for 16-bit RGBA, doubled for the decoder's own buffers.
    limits.max_alloc = Some(u64::from(width) * u64::from(height) * 16 + MAX_HEAD_BYTES);
    reader.limits(limits);
    let rgb = reader.decode().map_err(damaged)?.into_rgb8();
    let (width, height) = rgb.dimensions();
    Ok(Stored::packed(width, height, rgb.into_raw().into()))
}

/// The JPEG decoder fills a cut picture up with gray; whether it was cut shows in the missing end
/// marker. Padding of zero bytes after it is allowed, as cameras send it.
fn check_jpeg_end(payload: &[u8]) -> Result<(), DecodeError> {
    let len = payload.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    match payload.get(..len) {
        Some([0xff, 0xd8, .., 0xff, 0xd9]) => Ok(()),
        Some([0xff, 0xd8, ..]) => Err(DecodeError::Damaged {
            format: "JPEG",
            detail: "the picture is cut off: no end marker".into(),
        }),
        _ => Err(DecodeError::Damaged {
            format: "JPEG",
            detail: "no start marker".into(),
        }),
    }
}
