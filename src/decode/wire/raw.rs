//! Raw pictures: planes and packed pixels to RGB.

use super::VideoPacket;
use crate::core::{FieldError, Plane, VideoFormat, VideoTrackSpec};
use crate::decode::DecodeError;
use crate::decode::picture::{Stored, matrix_for, range_for, try_fill_rgb};
use crate::decode::planes::{Owned, Planar, Sampling};
use std::borrow::Cow;
use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvGrayImage, YuvPlanarImage};

/// Decodes a raw picture by its layout. RGB formats are taken as full range.
pub(super) fn decode(
    spec: &VideoTrackSpec,
    packet: &VideoPacket<'_>,
    max_pixels: u64,
) -> Result<Stored, DecodeError> {
    let layout = packet.layout.ok_or_else(|| {
        FieldError::new(
            "layout",
            "none",
            "the size of the raw picture in every chunk",
        )
    })?;
    let planes = layout
        .resolve(spec.format, packet.payload.len(), max_pixels)
        .map_err(|e| {
            if e.field == "payload" {
                e
            } else {
                e.within("layout")
            }
        })?;
    let (width, height) = (layout.width, layout.height);
    let source = Source {
        payload: packet.payload,
        planes: &planes,
        width,
        height,
    };
    let sampling = match spec.format {
        VideoFormat::I420 | VideoFormat::I420a => Some(Sampling::Quarter),
        VideoFormat::I422 => Some(Sampling::Half),
        VideoFormat::I444 => Some(Sampling::Full),
        _ => None,
    };
    if let Some(sampling) = sampling {
        return source.planar(sampling, spec);
    }
    let len = width as usize * height as usize * 3;
    let rgb = try_fill_rgb(len, |out| match spec.format {
        VideoFormat::I010 => source.ten_bits(spec, out),
        VideoFormat::Nv12 => source.bi_planar(spec, out),
        VideoFormat::Gray8 => source.gray(spec, out),
        other => match channels(other) {
            Some((step, order)) => source.packed(step, order, out),
            None => Err(DecodeError::Unsupported(super::no_decoder(super::name_of(
                super::VIDEO,
                other,
            )))),
        },
    })?;
    Ok(Stored::packed(width, height, rgb))
}

/// Bytes of a pixel, and which of them are red, green and blue.
fn channels(format: VideoFormat) -> Option<(usize, [usize; 3])> {
    Some(match format {
        VideoFormat::Rgb24 => (3, [0, 1, 2]),
        VideoFormat::Bgr24 => (3, [2, 1, 0]),
        VideoFormat::Rgba => (4, [0, 1, 2]),
        VideoFormat::Bgra => (4, [2, 1, 0]),
        VideoFormat::Argb => (4, [1, 2, 3]),
        VideoFormat::Abgr => (4, [3, 2, 1]),
        _ => return None,
    })
}

struct Source<'a> {
    payload: &'a [u8],
    planes: &'a [Plane],
    width: u32,
    height: u32,
}

impl<'a> Source<'a> {
    /// Whole rows and stride of plane `i`; the layout was resolved against this payload. A payload
    /// may end with the last row's pixels, without its padding; the conversions skip such a row,
    /// so it is completed in a copy.
    fn plane(&self, i: usize) -> Result<(Cow<'a, [u8]>, usize), DecodeError> {
        let missing = || FieldError::new("layout.planes", i, "a plane inside the payload");
        let plane = self.planes.get(i).ok_or_else(missing)?;
        let len = plane.stride_bytes * plane.rows;
        let from = self.payload.get(plane.bytes.start..).ok_or_else(missing)?;
        let bytes = match from.get(..len) {
            Some(whole) => Cow::Borrowed(whole),
            None => {
                let mut copy = vec![0; len];
                let held = self.payload.get(plane.bytes.clone()).ok_or_else(missing)?;
                copy.iter_mut().zip(held).for_each(|(c, h)| *c = *h);
                Cow::Owned(copy)
            }
        };
        Ok((bytes, plane.stride_bytes))
    }

    /// The planes in memory of their own; converted where they are looked at.
    fn planar(&self, sampling: Sampling, spec: &VideoTrackSpec) -> Result<Stored, DecodeError> {
        let own = |i: usize| -> Result<(Vec<u8>, usize), DecodeError> {
            let (bytes, stride) = self.plane(i)?;
            Ok((bytes.into_owned(), stride))
        };
        let picture = Planar {
            planes: Box::new(Owned([own(0)?, own(1)?, own(2)?])),
            sampling,
            range: range_for(spec.range),
            matrix: matrix_for(spec.matrix, self.height),
            width: self.width,
            height: self.height,
        };
        let checked = picture.checked().map_err(|e| damaged(&e))?;
        Ok(Stored::planar(checked))
    }

    /// Ten bits in little-endian words; what lies above them counts as the largest value.
    fn ten_bits(&self, spec: &VideoTrackSpec, out: &mut [u8]) -> Result<(), DecodeError> {
        const LARGEST: u16 = 1023;
        let words = |i: usize| -> Result<(Vec<u16>, u32), DecodeError> {
            let (bytes, stride) = self.plane(i)?;
            let columns = self.planes.get(i).map_or(0, |p| p.row_bytes / 2);
            let word = |b: &[u8; 2]| u16::from_le_bytes(*b).min(LARGEST);
            let row = |r: &'_ [u8]| -> Vec<u16> {
                r.as_chunks::<2>()
                    .0
                    .iter()
                    .take(columns)
                    .map(word)
                    .collect()
            };
            let rows = bytes.chunks(stride).flat_map(row);
            Ok((rows.collect(), columns as u32))
        };
        let ((y, ys), (u, us), (v, vs)) = (words(0)?, words(1)?, words(2)?);
        let image = YuvPlanarImage {
            y_plane: &y[..],
            y_stride: ys,
            u_plane: &u[..],
            u_stride: us,
            v_plane: &v[..],
            v_stride: vs,
            width: self.width,
            height: self.height,
        };
        let (range, matrix) = (range_for(spec.range), matrix_for(spec.matrix, self.height));
        yuv::i010_to_rgb(&image, out, self.width * 3, range, matrix).map_err(|e| damaged(&e))
    }

    fn bi_planar(&self, spec: &VideoTrackSpec, out: &mut [u8]) -> Result<(), DecodeError> {
        let ((y, ys), (uv, uvs)) = (self.plane(0)?, self.plane(1)?);
        let image = YuvBiPlanarImage {
            y_plane: &y,
            y_stride: ys as u32,
            uv_plane: &uv,
            uv_stride: uvs as u32,
            width: self.width,
            height: self.height,
        };
        yuv::yuv_nv12_to_rgb(
            &image,
            out,
            self.width * 3,
            range_for(spec.range),
            matrix_for(spec.matrix, self.height),
            YuvConversionMode::Balanced,
        )
        .map_err(|e| damaged(&e))
    }

    fn gray(&self, spec: &VideoTrackSpec, out: &mut [u8]) -> Result<(), DecodeError> {
        let (y, ys) = self.plane(0)?;
        let image = YuvGrayImage {
            y_plane: &y,
            y_stride: ys as u32,
            width: self.width,
            height: self.height,
        };
        let matrix = matrix_for(spec.matrix, self.height);
        yuv::yuv400_to_rgb(&image, out, self.width * 3, range_for(spec.range), matrix)
            .map_err(|e| damaged(&e))
    }

    fn packed(&self, step: usize, order: [usize; 3], out: &mut [u8]) -> Result<(), DecodeError> {
        let (bytes, stride) = self.plane(0)?;
        let rows = out.chunks_exact_mut(self.width as usize * 3);
        for (to, from) in rows.zip(bytes.chunks(stride)) {
            for (pixel, source) in to.chunks_exact_mut(3).zip(from.chunks_exact(step)) {
                for (o, at) in pixel.iter_mut().zip(order) {
                    *o = source.get(at).copied().unwrap_or_default();
                }
            }
        }
        Ok(())
    }
}

fn damaged(e: &dyn std::error::Error) -> DecodeError {
    DecodeError::Damaged {
        format: "raw picture",
        detail: e.to_string(),
    }
}
