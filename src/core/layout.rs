//! Where the planes of a raw picture lie in its payload; all arithmetic is checked.

use super::{FieldError, PictureLayout, VideoFormat};
use std::ops::Range;

/// Smallest side of a picture in pixels.
pub const MIN_SIDE_PX: u32 = 16;
/// Largest side of a picture in pixels.
pub const MAX_SIDE_PX: u32 = 8192;

/// One plane of a raw picture, known to lie inside its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    /// From the first byte of the first row to the last byte of the last row.
    pub bytes: Range<usize>,
    /// Bytes from one row to the next; at least `row_bytes`.
    pub stride_bytes: usize,
    /// Bytes of a row that hold pixels.
    pub row_bytes: usize,
    /// Rows.
    pub rows: usize,
}

/// Checks a picture's size: [`MIN_SIDE_PX`] to [`MAX_SIDE_PX`] a side, at most `max_pixels`.
///
/// # Errors
/// A [`FieldError`] on `width`, `height` or `pixels`.
pub fn check_picture_size(width: u32, height: u32, max_pixels: u64) -> Result<(), FieldError> {
    for (name, side) in [("width", width), ("height", height)] {
        if !(MIN_SIDE_PX..=MAX_SIDE_PX).contains(&side) {
            let expected = format!("{MIN_SIDE_PX} to {MAX_SIDE_PX} pixels");
            return Err(FieldError::new(name, side, expected));
        }
    }
    if u64::from(width) * u64::from(height) > max_pixels {
        let expected = format!("at most {max_pixels} pixels");
        return Err(FieldError::new(
            "pixels",
            format!("{width}x{height}"),
            expected,
        ));
    }
    Ok(())
}

impl VideoFormat {
    /// True when each chunk is a picture that needs no other one.
    pub fn is_each_whole(self) -> bool {
        match self {
            Self::H264AnnexB | Self::H264Avcc | Self::Vp8 | Self::Vp9 | Self::Av1 | Self::Hevc => {
                false
            }
            Self::Jpeg | Self::Png | Self::Webp => true,
            raw => raw.is_raw(),
        }
    }

    /// True for pictures whose bytes are pixels, which need a [`PictureLayout`].
    pub fn is_raw(self) -> bool {
        self.plane_shapes(2, 2).is_some()
    }

    /// True for codecs that may send pictures in another order than they are shown.
    pub fn reorders(self) -> bool {
        matches!(self, Self::H264AnnexB | Self::H264Avcc | Self::Hevc)
    }

    /// Bytes of a row and number of rows of each plane; `None` for compressed formats.
    fn plane_shapes(self, width: usize, height: usize) -> Option<Vec<(usize, usize)>> {
        let half = (width.div_ceil(2), height.div_ceil(2));
        Some(match self {
            Self::I420 => vec![(width, height), half, half],
            Self::I420a => vec![(width, height), half, half, (width, height)],
            Self::I422 => vec![(width, height), (half.0, height), (half.0, height)],
            Self::I444 => vec![(width, height); 3],
            Self::I010 => vec![
                (width * 2, height),
                (half.0 * 2, half.1),
                (half.0 * 2, half.1),
            ],
            Self::Nv12 => vec![(width, height), (half.0 * 2, half.1)],
            Self::Gray8 => vec![(width, height)],
            Self::Rgb24 | Self::Bgr24 => vec![(width * 3, height)],
            Self::Rgba | Self::Bgra | Self::Argb | Self::Abgr => vec![(width * 4, height)],
            Self::Jpeg | Self::Png | Self::Webp => return None,
            Self::H264AnnexB | Self::H264Avcc | Self::Vp8 | Self::Vp9 | Self::Av1 | Self::Hevc => {
                return None;
            }
        })
    }
}

impl PictureLayout {
    /// Where each plane of a raw picture of `format` lies in a payload of `payload_len` bytes.
    ///
    /// Without stated planes the picture is tightly packed and the payload must hold exactly it;
    /// with stated planes each must lie inside the payload.
    ///
    /// # Errors
    /// A [`FieldError`] on `width`, `height`, `pixels`, `planes`, `planes[i].offset_bytes`,
    /// `planes[i].stride_bytes` or `payload`; on `format` for a compressed format.
    pub fn resolve(
        &self,
        format: VideoFormat,
        payload_len: usize,
        max_pixels: u64,
    ) -> Result<Vec<Plane>, FieldError> {
        check_picture_size(self.width, self.height, max_pixels)?;
        let shapes = format
            .plane_shapes(self.width as usize, self.height as usize)
            .ok_or_else(|| FieldError::new("format", format!("{format:?}"), "a raw format"))?;
        if self.planes.is_empty() {
            return tight(&shapes, payload_len);
        }
        if self.planes.len() != shapes.len() {
            return Err(FieldError::new(
                "planes",
                format!("{} planes", self.planes.len()),
                format!("{} planes for {format:?}, or none", shapes.len()),
            ));
        }
        let placed = shapes.iter().zip(&self.planes).enumerate();
        placed
            .map(|(i, (&(row_bytes, rows), stated))| {
                let stride_bytes = stated.stride_bytes as usize;
                if stride_bytes < row_bytes {
                    return Err(FieldError::new(
                        format!("planes[{i}].stride_bytes"),
                        stride_bytes,
                        format!("at least {row_bytes}, the row's own bytes"),
                    ));
                }
                let start = usize::try_from(stated.offset_bytes).ok();
                let end = stride_bytes
                    .checked_mul(rows - 1)
                    .and_then(|b| b.checked_add(row_bytes))
                    .and_then(|b| b.checked_add(start?))
                    .filter(|end| *end <= payload_len);
                match (start, end) {
                    (Some(start), Some(end)) => Ok(Plane {
                        bytes: start..end,
                        stride_bytes,
                        row_bytes,
                        rows,
                    }),
                    _ => Err(FieldError::new(
                        format!("planes[{i}].offset_bytes"),
                        stated.offset_bytes,
                        format!(
                            "{rows} rows of stride {stride_bytes} to end inside the payload of {payload_len} bytes"
                        ),
                    )),
                }
            })
            .collect()
    }
}

/// Planes one after the other without padding.
fn tight(shapes: &[(usize, usize)], payload_len: usize) -> Result<Vec<Plane>, FieldError> {
    let mut at = 0;
    let planes: Vec<Plane> = shapes
        .iter()
        .map(|&(row_bytes, rows)| {
            let start = at;
            at += row_bytes * rows; // sides are bounded, so this cannot overflow
            Plane {
                bytes: start..at,
                stride_bytes: row_bytes,
                row_bytes,
                rows,
            }
        })
        .collect();
    if at == payload_len {
        Ok(planes)
    } else {
        Err(FieldError::new(
            "payload",
            format!("{payload_len} bytes"),
            format!("{at} bytes, the tightly packed picture"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::PlaneLayout;

    fn layout(width: u32, height: u32, planes: &[(u64, u32)]) -> PictureLayout {
        PictureLayout {
            width,
            height,
            planes: planes
                .iter()
                .map(|&(offset_bytes, stride_bytes)| PlaneLayout {
                    offset_bytes,
                    stride_bytes,
                })
                .collect(),
        }
    }

    #[test]
    fn odd_sizes_round_chroma_up() {
        let p = layout(17, 19, &[])
            .resolve(VideoFormat::I420, 17 * 19 + 2 * 9 * 10, 1 << 20)
            .unwrap();
        assert_eq!(p[1].bytes, 323..413);
        assert_eq!((p[2].row_bytes, p[2].rows), (9, 10));
        let p = layout(17, 19, &[])
            .resolve(VideoFormat::Nv12, 17 * 19 + 18 * 10, 1 << 20)
            .unwrap();
        assert_eq!((p[1].row_bytes, p[1].rows), (18, 10));
    }

    #[test]
    fn hostile_layouts_name_their_field() {
        use VideoFormat::{I420, Jpeg, Nv12, Rgb24};
        let max = 1 << 24;
        for (l, format, payload, field) in [
            (layout(0, 16, &[]), Rgb24, 0, "width"),
            (layout(16, 0, &[]), Rgb24, 0, "height"),
            (layout(u32::MAX, u32::MAX, &[]), Rgb24, 10, "width"),
            (layout(8192, 8192, &[]), Rgb24, 10, "pixels"),
            (layout(16, 16, &[]), Rgb24, 767, "payload"),
            (layout(16, 16, &[]), Rgb24, 769, "payload"),
            (layout(16, 16, &[]), Jpeg, 100, "format"),
            (layout(16, 16, &[(0, 16)]), I420, 4096, "planes"),
            (layout(16, 16, &[(0, 48), (0, 48)]), Rgb24, 4096, "planes"),
            (
                layout(16, 16, &[(0, 47)]),
                Rgb24,
                4096,
                "planes[0].stride_bytes",
            ),
            (
                layout(16, 16, &[(0, 0)]),
                Rgb24,
                4096,
                "planes[0].stride_bytes",
            ),
            (
                layout(16, 16, &[(0, 16), (256, 15)]),
                Nv12,
                4096,
                "planes[1].stride_bytes",
            ),
            (
                layout(16, 16, &[(1, 48)]),
                Rgb24,
                768,
                "planes[0].offset_bytes",
            ),
            (
                layout(16, 16, &[(u64::MAX, 48)]),
                Rgb24,
                768,
                "planes[0].offset_bytes",
            ),
            (
                layout(16, 16, &[(u64::MAX - 700, 48)]),
                Rgb24,
                768,
                "planes[0].offset_bytes",
            ),
            (
                layout(16, 16, &[(0, u32::MAX)]),
                Rgb24,
                768,
                "planes[0].offset_bytes",
            ),
            (
                layout(16, 16, &[(0, 16), (256, 8), (320, 9)]),
                I420,
                384,
                "planes[2].offset_bytes",
            ),
        ] {
            let e = l.resolve(format, payload, max).unwrap_err();
            assert_eq!(e.field, field, "{l:?} {e}");
        }
        // Overlapping planes are odd but harmless; the last row needs no padding.
        assert!(
            layout(16, 16, &[(0, 64)])
                .resolve(Rgb24, 64 * 15 + 48, max)
                .is_ok()
        );
        assert!(
            layout(16, 16, &[(0, 16), (0, 8), (0, 8)])
                .resolve(I420, 256, max)
                .is_ok()
        );
    }
}
