//! Pixels to upright RGB: colour conversion, orientation, crop to a region.

use super::planes::{Planar, View};
use crate::core::{ColorMatrix, ColorRange, FieldError, Frame, MediaTime, Region};
use std::sync::Arc;
use yuv::{YuvRange, YuvStandardMatrix};

/// How stored rows and columns become upright ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Orientation {
    /// Rows become columns.
    transpose: bool,
    /// The upright picture's x runs against the stored axis.
    flip_x: bool,
    /// The upright picture's y runs against the stored axis.
    flip_y: bool,
}

impl Orientation {
    /// A clockwise turn by 0, 90, 180 or 270 degrees, then a mirroring left to right.
    ///
    /// # Errors
    /// A [`FieldError`] for any other angle.
    pub(super) fn turned(rotation_deg: u32, mirrored: bool) -> Result<Self, FieldError> {
        let (transpose, flip_x, flip_y) = match rotation_deg {
            0 => (false, false, false),
            90 => (true, true, false),
            180 => (false, true, true),
            270 => (true, false, true),
            other => {
                return Err(FieldError::new(
                    "rotation_deg",
                    other,
                    "0, 90, 180 or 270 degrees clockwise",
                ));
            }
        };
        Ok(Self {
            transpose,
            flip_x: flip_x ^ mirrored,
            flip_y,
        })
    }

    /// From a container's display matrix: nine native 32-bit integers, of which the first two
    /// of each of the first two rows map stored (x, y) to shown (p, q) as p = a x + c y,
    /// q = b x + d y (libavutil's display.h). Anything that is no quarter turn is rounded to one.
    pub(super) fn from_display_matrix(bytes: &[u8]) -> Option<Self> {
        let at = |i: usize| -> Option<i64> {
            let b: [u8; 4] = bytes.get(i * 4..i * 4 + 4)?.try_into().ok()?;
            Some(i64::from(i32::from_ne_bytes(b)))
        };
        let (a, b, c, d) = (at(0)?, at(1)?, at(3)?, at(4)?);
        Some(if a.abs() >= b.abs() {
            Self {
                transpose: false,
                flip_x: a < 0,
                flip_y: d < 0,
            }
        } else {
            Self {
                transpose: true,
                flip_x: c < 0,
                flip_y: b < 0,
            }
        })
    }

    /// Clockwise degrees of the turn, for information; a mirrored picture counts as its turn.
    pub(super) fn rotation_deg(self) -> u32 {
        match (self.transpose, self.flip_x, self.flip_y) {
            (false, true, true) | (false, false, true) => 180,
            (true, true, _) => 90,
            (true, false, true) => 270,
            (true, false, false) => 90,
            (false, _, false) => 0,
        }
    }

    /// Size of the upright picture.
    pub(super) fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.transpose {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Turns packed RGB upright; `rgb` holds `width * height * 3` bytes.
    fn apply(self, rgb: Arc<[u8]>, width: u32, height: u32) -> Arc<[u8]> {
        if self == Self::default() {
            return rgb;
        }
        let (ow, oh) = self.size(width, height);
        let (w, h) = (width as usize, height as usize);
        fill_rgb(ow as usize * oh as usize * 3, |out| {
            for (q, row) in out.chunks_exact_mut(ow as usize * 3).enumerate() {
                for (p, pixel) in row.chunks_exact_mut(3).enumerate() {
                    let (x, y) = if self.transpose {
                        (
                            if self.flip_y { w - 1 - q } else { q },
                            if self.flip_x { h - 1 - p } else { p },
                        )
                    } else {
                        (
                            if self.flip_x { w - 1 - p } else { p },
                            if self.flip_y { h - 1 - q } else { q },
                        )
                    };
                    let at = (y * w + x) * 3;
                    if let Some(source) = rgb.get(at..at + 3) {
                        pixel.copy_from_slice(source);
                    }
                }
            }
        })
    }
}

/// A shared buffer filled in place, without a second copy.
pub(super) fn fill_rgb(len: usize, fill: impl FnOnce(&mut [u8])) -> Arc<[u8]> {
    let mut buffer: Arc<[u8]> = std::iter::repeat_n(0u8, len).collect();
    if let Some(bytes) = Arc::get_mut(&mut buffer) {
        fill(bytes);
    }
    buffer
}

/// As [`fill_rgb`], for a fill that may fail.
pub(super) fn try_fill_rgb<E>(
    len: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Result<Arc<[u8]>, E> {
    let mut buffer: Arc<[u8]> = std::iter::repeat_n(0u8, len).collect();
    if let Some(bytes) = Arc::get_mut(&mut buffer) {
        fill(bytes)?;
    }
    Ok(buffer)
}

/// A picture as stored, before it is turned upright.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) width: u32,
    pub(super) height: u32,
    pixels: Pixels,
}

#[derive(Clone)]
enum Pixels {
    /// `width * height * 3` bytes.
    Packed(Arc<[u8]>),
    Planar(Arc<Planar>),
}

impl Stored {
    /// A picture of `width * height * 3` bytes of packed RGB.
    pub(super) fn packed(width: u32, height: u32, rgb: Arc<[u8]>) -> Self {
        Self {
            width,
            height,
            pixels: Pixels::Packed(rgb),
        }
    }

    /// A picture in planes, which is converted where it is looked at.
    pub(super) fn planar(picture: Planar) -> Self {
        Self {
            width: picture.width,
            height: picture.height,
            pixels: Pixels::Planar(Arc::new(picture)),
        }
    }

    /// Upright. Only a picture that is turned is converted for it as a whole.
    pub(super) fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::default() {
            return self;
        }
        let rgb = match self.pixels {
            Pixels::Packed(rgb) => rgb,
            Pixels::Planar(picture) => picture.packed(),
        };
        let (width, height) = orientation.size(self.width, self.height);
        Self::packed(
            width,
            height,
            orientation.apply(rgb, self.width, self.height),
        )
    }

    /// A frame of the region, or of all of it.
    ///
    /// # Errors
    /// A [`FieldError`] when the region lies outside or holds no pixel.
    pub(super) fn frame(
        &self,
        region: Option<&Region>,
        time: MediaTime,
        epoch: u32,
    ) -> Result<Frame, FieldError> {
        let [x0, y0, w, h] = match region {
            Some(region) => region_px(region, self.width, self.height)?,
            None => [0, 0, self.width, self.height],
        };
        let rgb = match &self.pixels {
            Pixels::Planar(picture) => {
                let view = View {
                    picture: picture.clone(),
                    corner: (x0 as usize, y0 as usize),
                };
                return Frame::from_source(time, epoch, (w, h), Box::new(view));
            }
            Pixels::Packed(rgb) => rgb,
        };
        if region.is_none() {
            return Frame::new(time, epoch, w, h, rgb.clone());
        }
        let stride = self.width as usize * 3;
        let row_bytes = w as usize * 3;
        let cut = fill_rgb(row_bytes * h as usize, |out| {
            for (i, row) in out.chunks_exact_mut(row_bytes).enumerate() {
                let at = (y0 as usize + i) * stride + x0 as usize * 3;
                if let Some(source) = rgb.get(at..at + row_bytes) {
                    row.copy_from_slice(source);
                }
            }
        });
        Frame::new(time, epoch, w, h, cut)
    }
}

/// x, y, width and height of a region in pixels: edges rounded to the nearest pixel, at least one
/// pixel each way.
///
/// # Errors
/// A [`FieldError`] within `region` when the region lies outside the picture.
pub(super) fn region_px(region: &Region, width: u32, height: u32) -> Result<[u32; 4], FieldError> {
    region.validate().map_err(|e| e.within("region"))?;
    let axis = |from: f32, len: f32, size: u32| -> (u32, u32) {
        let size_f = f64::from(size);
        let start = (f64::from(from) * size_f).round().clamp(0.0, size_f - 1.0);
        let end = (f64::from(from + len) * size_f)
            .round()
            .clamp(start + 1.0, size_f);
        (start as u32, (end - start) as u32)
    };
    let (x, w) = axis(region.x, region.width, width);
    let (y, h) = axis(region.y, region.height, height);
    Ok([x, y, w, h])
}

/// The matrix to use for a picture of `height` lines: BT.709 from 720 lines up and BT.601 below
/// where nothing is stated, as players do.
pub(super) fn matrix_for(matrix: ColorMatrix, height: u32) -> YuvStandardMatrix {
    match matrix {
        ColorMatrix::Auto if height >= 720 => YuvStandardMatrix::Bt709,
        ColorMatrix::Auto | ColorMatrix::Bt601 => YuvStandardMatrix::Bt601,
        ColorMatrix::Bt709 => YuvStandardMatrix::Bt709,
        ColorMatrix::Bt2020 => YuvStandardMatrix::Bt2020,
    }
}

/// Range in the words of the `yuv` crate; limited where nothing is stated.
pub(super) fn range_for(range: ColorRange) -> YuvRange {
    match range {
        ColorRange::Auto | ColorRange::Limited => YuvRange::Limited,
        ColorRange::Full => YuvRange::Full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 2 picture whose red channel counts 0..6.
    fn numbered() -> Stored {
        let rgb: Vec<u8> = (0u8..6).flat_map(|i| [i, 100, 200]).collect();
        Stored::packed(3, 2, rgb.into())
    }

    fn reds(s: &Stored) -> Vec<u8> {
        let whole = s.frame(None, MediaTime::ZERO, 0).unwrap();
        whole.rgb().chunks(3).map(|p| p[0]).collect()
    }

    #[test]
    fn quarter_turns_and_mirror() {
        let check = |deg, mirrored, size: (u32, u32), expect: &[u8]| {
            let s = numbered().upright(Orientation::turned(deg, mirrored).unwrap());
            assert_eq!((s.width, s.height), size, "{deg} {mirrored}");
            assert_eq!(reds(&s), expect, "{deg} {mirrored}");
        };
        check(0, false, (3, 2), &[0, 1, 2, 3, 4, 5]);
        check(90, false, (2, 3), &[3, 0, 4, 1, 5, 2]);
        check(180, false, (3, 2), &[5, 4, 3, 2, 1, 0]);
        check(270, false, (2, 3), &[2, 5, 1, 4, 0, 3]);
        check(0, true, (3, 2), &[2, 1, 0, 5, 4, 3]);
        check(90, true, (2, 3), &[0, 3, 1, 4, 2, 5]);
        assert_eq!(
            Orientation::turned(45, false).unwrap_err().field,
            "rotation_deg"
        );
    }

    #[test]
    fn display_matrices_are_clockwise_quarter_turns() {
        const ONE: i32 = 1 << 16;
        let check = |a: i32, b: i32, c: i32, d: i32, deg: u32| {
            let m: Vec<u8> = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
                .iter()
                .flat_map(|v| v.to_ne_bytes())
                .collect();
            let o = Orientation::from_display_matrix(&m).unwrap();
            assert_eq!(o, Orientation::turned(deg, false).unwrap());
            assert_eq!(o.rotation_deg(), deg);
        };
        check(ONE, 0, 0, ONE, 0);
        check(0, ONE, -ONE, 0, 90);
        check(-ONE, 0, 0, -ONE, 180);
        check(0, -ONE, ONE, 0, 270);
        assert!(Orientation::from_display_matrix(&[0; 7]).is_none());
    }

    #[test]
    fn regions_are_cut_at_rounded_edges() {
        let r = Region {
            x: 0.34,
            y: 0.5,
            width: 0.66,
            height: 0.5,
        };
        let f = numbered().frame(Some(&r), MediaTime::ZERO, 0).unwrap();
        assert_eq!((f.width, f.height), (2, 1));
        assert_eq!(
            f.rgb().iter().step_by(3).copied().collect::<Vec<_>>(),
            [4, 5]
        );
        let outside = Region { x: 0.5, ..r };
        let e = numbered()
            .frame(Some(&outside), MediaTime::ZERO, 0)
            .unwrap_err();
        assert_eq!(e.field, "region.width");
        assert_eq!(
            region_px(
                &Region {
                    x: 1.0,
                    y: 0.0,
                    width: 1e-5,
                    height: 1.0
                },
                8,
                8
            ),
            Ok([7, 0, 1, 8])
        );
    }
}
