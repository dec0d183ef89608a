//! Planar YUV as it lies in a decoder's buffers or in a payload, converted where it is looked at.

use super::picture::fill_rgb;
use crate::core::{PixelBox, PixelSource};
use std::sync::Arc;
use yuv::{YuvError, YuvPlanarImage, YuvRange, YuvStandardMatrix};

/// Who holds the planes.
pub(super) trait Planes: Send + Sync {
    /// Bytes of plane 0 (Y), 1 (U) or 2 (V), and from one row to the next.
    fn plane(&self, i: usize) -> (&[u8], usize);
}

/// How chroma lies to luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// A chroma sample for 2 x 2 pixels.
    Quarter,
    /// A chroma sample for two pixels of a row.
    Half,
    /// A chroma sample for each pixel.
    Full,
}

impl Sampling {
    /// Bits by which columns and rows of chroma are fewer.
    fn shifts(self) -> (usize, usize) {
        match self {
            Self::Quarter => (1, 1),
            Self::Half => (1, 0),
            Self::Full => (0, 0),
        }
    }
}

/// A plane does not hold the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("plane {plane} has {found} bytes, {needed} are needed")]
pub(super) struct TooShort {
    plane: usize,
    needed: usize,
    found: usize,
}

/// A picture in three planes of eight bits.
pub(super) struct Planar {
    pub(super) planes: Box<dyn Planes>,
    pub(super) sampling: Sampling,
    pub(super) range: YuvRange,
    pub(super) matrix: YuvStandardMatrix,
    pub(super) width: u32,
    pub(super) height: u32,
}

// === impl Planar ===

impl Planar {
    /// Checks that the planes hold the picture, so that no conversion of a part of it fails later.
    pub(super) fn checked(self) -> Result<Self, TooShort> {
        let (columns, rows) = self.sampling.shifts();
        let (width, height) = (self.width as usize, self.height as usize);
        for i in 0..3 {
            let (right, down) = if i == 0 { (0, 0) } else { (columns, rows) };
            let (across, lines) = (width.div_ceil(1 << right), height.div_ceil(1 << down));
            let (bytes, stride) = self.planes.plane(i);
            let needed = lines
                .saturating_sub(1)
                .saturating_mul(stride)
                .saturating_add(across);
            if across == 0 || lines == 0 {
                return Err(TooShort {
                    plane: i,
                    needed: 1,
                    found: 0,
                });
            }
            if stride < across || bytes.len() < needed {
                let found = bytes.len();
                return Err(TooShort {
                    plane: i,
                    needed,
                    found,
                });
            }
        }
        Ok(self)
    }

    /// Packed RGB of the whole picture.
    pub(super) fn packed(&self) -> Arc<[u8]> {
        let area = PixelBox {
            x: 0..self.width as usize,
            y: 0..self.height as usize,
        };
        fill_rgb(3 * area.len(), |out| self.convert(&area, out))
    }

    /// Packed RGB of an area that begins on even columns and rows.
    fn convert_even(&self, area: &PixelBox, out: &mut [u8]) -> Result<(), YuvError> {
        let (columns, rows) = self.sampling.shifts();
        let part = |i: usize| {
            let (right, down) = if i == 0 { (0, 0) } else { (columns, rows) };
            let (bytes, stride) = self.planes.plane(i);
            let from = (area.y.start >> down) * stride + (area.x.start >> right);
            let across = area.x.len().div_ceil(1 << right);
            let lines = area.y.len().div_ceil(1 << down);
            let to = from + lines.saturating_sub(1) * stride + across;
            (bytes.get(from..to).unwrap_or_default(), stride as u32)
        };
        let ((y, ys), (u, us), (v, vs)) = (part(0), part(1), part(2));
        let image = YuvPlanarImage {
            y_plane: y,
            y_stride: ys,
            u_plane: u,
            u_stride: us,
            v_plane: v,
            v_stride: vs,
            width: area.x.len() as u32,
            height: area.y.len() as u32,
        };
        let convert = match self.sampling {
            Sampling::Quarter => yuv::yuv420_to_rgb,
            Sampling::Half => yuv::yuv422_to_rgb,
            Sampling::Full => yuv::yuv444_to_rgb,
        };
        convert(&image, out, 3 * image.width, self.range, self.matrix)
    }

    /// Packed RGB of an area inside the picture. What cannot be converted, which [`Planar::checked`] rules out,
    /// stays black.
    fn convert(&self, area: &PixelBox, out: &mut [u8]) {
        let even = PixelBox {
            x: area.x.start & !1..area.x.end,
            y: area.y.start & !1..area.y.end,
        };
        if even == *area {
            let _ = self.convert_even(area, out);
            return;
        }
        let mut wider = vec![0; 3 * even.len()];
        let _ = self.convert_even(&even, &mut wider);
        let row = 3 * even.x.len();
        let (above, left) = (
            area.y.start - even.y.start,
            3 * (area.x.start - even.x.start),
        );
        let rows = wider.chunks_exact(row).skip(above);
        for (to, from) in out.chunks_exact_mut(3 * area.x.len()).zip(rows) {
            to.copy_from_slice(from.get(left..).unwrap_or(&[]));
        }
    }
}

impl Planar {
    /// Packed RGB of single pixels. They are gathered, each with its chroma, into a small picture that has chroma for
    /// each pixel; its conversion gives the same values, which the test below holds.
    fn at(&self, columns: &[usize], rows: &[usize], (left, top): (usize, usize)) -> Vec<u8> {
        if columns.is_empty() || rows.is_empty() {
            return Vec::new();
        }
        let (right, down) = self.sampling.shifts();
        let gather = |i: usize| {
            let (bytes, stride) = self.planes.plane(i);
            let (cx, cy) = if i == 0 { (0, 0) } else { (right, down) };
            let places: Vec<usize> = columns.iter().map(|x| (x + left) >> cx).collect();
            let mut out = Vec::with_capacity(columns.len() * rows.len());
            for y in rows {
                let row = bytes.get(((y + top) >> cy) * stride..).unwrap_or_default();
                out.extend(
                    places
                        .iter()
                        .map(|x| row.get(*x).copied().unwrap_or_default()),
                );
            }
            (out, columns.len())
        };
        let small = Planar {
            planes: Box::new(Owned([gather(0), gather(1), gather(2)])),
            sampling: Sampling::Full,
            range: self.range,
            matrix: self.matrix,
            width: columns.len() as u32,
            height: rows.len() as u32,
        };
        let area = PixelBox {
            x: 0..columns.len(),
            y: 0..rows.len(),
        };
        let mut rgb = vec![0; 3 * area.len()];
        small.convert(&area, &mut rgb);
        rgb
    }
}

/// A part of a planar picture as a frame's pixels.
pub(super) struct View {
    pub(super) picture: Arc<Planar>,
    /// Column and row of the frame's corner.
    pub(super) corner: (usize, usize),
}

// === impl View ===

impl PixelSource for View {
    fn convert(&self, area: &PixelBox, out: &mut [u8]) {
        let (left, top) = self.corner;
        let area = PixelBox {
            x: area.x.start + left..area.x.end + left,
            y: area.y.start + top..area.y.end + top,
        };
        self.picture.convert(&area, out);
    }

    fn convert_at(&self, columns: &[usize], rows: &[usize]) -> Vec<u8> {
        self.picture.at(columns, rows, self.corner)
    }
}

/// Planes in memory of their own.
pub(super) struct Owned(pub(super) [(Vec<u8>, usize); 3]);

impl Planes for Owned {
    fn plane(&self, i: usize) -> (&[u8], usize) {
        self.0.get(i).map_or((&[], 0), |(b, stride)| (b, *stride))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Noise in planes with padded rows.
    fn noise(sampling: Sampling, width: usize, height: usize, seed: u32) -> Planar {
        let (right, down) = sampling.shifts();
        let mut state = seed | 1;
        let mut plane = |across: usize, lines: usize, pad: usize| {
            let stride = across + pad;
            // Without the last row's padding, as payloads may come.
            let bytes = (0..(lines - 1) * stride + across).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            });
            (bytes.collect(), stride)
        };
        let small = (width.div_ceil(1 << right), height.div_ceil(1 << down));
        let planes = [
            plane(width, height, 5),
            plane(small.0, small.1, 3),
            plane(small.0, small.1, 0),
        ];
        Planar {
            planes: Box::new(Owned(planes)),
            sampling,
            range: if seed.is_multiple_of(2) {
                YuvRange::Limited
            } else {
                YuvRange::Full
            },
            matrix: YuvStandardMatrix::Bt709,
            width: width as u32,
            height: height as u32,
        }
    }

    fn sampling() -> impl Strategy<Value = Sampling> {
        prop_oneof![
            Just(Sampling::Quarter),
            Just(Sampling::Half),
            Just(Sampling::Full)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// The promise of `PixelSource`: what a pixel is does not depend on who asks for it.
        #[test]
        fn a_part_is_the_same_as_in_the_whole(
            sampling in sampling(), width in 1usize..200, height in 1usize..40,
            seed: u32, edges: [u16; 4],
        ) {
            let picture = noise(sampling, width, height, seed).checked().unwrap();
            let whole = picture.packed();
            let pick = |a: u16, b: u16, size: usize| {
                let (a, b) = (usize::from(a) % size, usize::from(b) % size);
                a.min(b)..a.max(b) + 1
            };
            let area = PixelBox {
                x: pick(edges[0], edges[1], width),
                y: pick(edges[2], edges[3], height),
            };
            let mut part = vec![1; 3 * area.len()];
            picture.convert(&area, &mut part);
            for (row, y) in part.chunks_exact(3 * area.x.len()).zip(area.y.clone()) {
                let from = 3 * (y * width + area.x.start);
                prop_assert_eq!(row, &whole[from..from + row.len()], "{:?} row {}", area, y);
            }
            let (left, top) = (area.x.start, area.y.start);
            let columns: Vec<usize> = (0..area.x.len()).step_by(3).collect();
            let rows: Vec<usize> = (0..area.y.len()).step_by(2).collect();
            let places = rows.iter().flat_map(|y| columns.iter().map(move |x| (x + left, y + top)));
            let expected: Vec<u8> = places.flat_map(|(x, y)| whole[3 * (y * width + x)..][..3].to_vec()).collect();
            prop_assert_eq!(picture.at(&columns, &rows, (left, top)), expected);
        }
    }

    #[test]
    fn planes_that_are_too_short_are_refused() {
        for sampling in [Sampling::Quarter, Sampling::Half, Sampling::Full] {
            assert!(noise(sampling, 9, 7, 3).checked().is_ok());
            let mut short = noise(sampling, 9, 7, 3);
            short.height = 9;
            assert!(short.checked().is_err());
            let mut wide = noise(sampling, 9, 7, 3);
            wide.width = 20;
            assert!(wide.checked().is_err());
        }
    }
}
