//! FFmpeg's pictures as stored ones, for files and for the wire alike.

use super::ffi::StatedColor;
use super::picture::{Stored, matrix_for, range_for, try_fill_rgb};
use super::planes::{Planar, Planes, Sampling, TooShort};
use crate::core::{ColorMatrix, ColorRange, FieldError};
use ff::format::Pixel;
use ffmpeg_next as ff;
use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvError, YuvGrayImage, YuvRange, YuvStandardMatrix,
};

/// A decoded picture as stored: the usual planar ones in their planes, which nobody has converted yet, others as
/// packed RGB. `range` and `matrix` are what the track states; where they are `Auto`, what the stream states holds,
/// and then the usual default.
pub(super) fn to_stored(
    frame: ff::frame::Video,
    range: ColorRange,
    matrix: ColorMatrix,
) -> Result<Stored, ConvertError> {
    let (range, matrix) = (range_of(&frame, range), matrix_of(&frame, matrix));
    let (width, height) = (frame.width(), frame.height());
    // A negative stride (bottom-up rows) reads as a huge one; libswscale copes with those.
    let upside_down = (0..frame.planes()).any(|i| frame.stride(i) > i32::MAX as usize);
    let source = match direct_layout(frame.format()) {
        Some(_) if !upside_down => frame,
        _ => reformat(&frame)?,
    };
    let layout = direct_layout(source.format()).ok_or(ConvertError::Format)?;
    let stride = width * 3;
    let fill = |fill: &dyn Fn(&mut [u8]) -> Result<(), ConvertError>| {
        let rgb = try_fill_rgb(stride as usize * height as usize, fill)?;
        Ok(Stored::packed(width, height, rgb))
    };
    match layout {
        Layout::Planar(sampling) => {
            let picture = Planar {
                planes: Box::new(Decoded(source)),
                sampling,
                range,
                matrix,
                width,
                height,
            };
            Ok(Stored::planar(picture.checked()?))
        }
        Layout::BiPlanar(convert) => fill(&|out| {
            let image = YuvBiPlanarImage {
                y_plane: source.data(0),
                y_stride: source.stride(0) as u32,
                uv_plane: source.data(1),
                uv_stride: source.stride(1) as u32,
                width,
                height,
            };
            let mode = YuvConversionMode::Balanced;
            convert(&image, out, stride, range, matrix, mode).map_err(ConvertError::from)
        }),
        Layout::Gray => fill(&|out| {
            let image = YuvGrayImage {
                y_plane: source.data(0),
                y_stride: source.stride(0) as u32,
                width,
                height,
            };
            yuv::yuv400_to_rgb(&image, out, stride, range, matrix).map_err(ConvertError::from)
        }),
        Layout::Rgb => fill(&|out| {
            let rows = source.data(0).chunks(source.stride(0));
            for (to, from) in out.chunks_exact_mut(stride as usize).zip(rows) {
                to.copy_from_slice(from.get(..stride as usize).ok_or(ConvertError::Format)?);
            }
            Ok(())
        }),
    }
}

/// The planes of a picture in the decoder's own buffer, which is kept from being used again meanwhile.
struct Decoded(ff::frame::Video);

impl Planes for Decoded {
    fn plane(&self, i: usize) -> (&[u8], usize) {
        if i < self.0.planes() {
            (self.0.data(i), self.0.stride(i))
        } else {
            (&[], 0)
        }
    }
}

/// Why a picture could not be converted; counted as a decoding error.
#[derive(Debug)]
pub(super) enum ConvertError {
    Format,
    Yuv,
}

impl From<YuvError> for ConvertError {
    fn from(_: YuvError) -> Self {
        Self::Yuv
    }
}

impl From<TooShort> for ConvertError {
    fn from(_: TooShort) -> Self {
        Self::Yuv
    }
}

impl From<ff::Error> for ConvertError {
    fn from(_: ff::Error) -> Self {
        Self::Format
    }
}

impl From<FieldError> for ConvertError {
    fn from(_: FieldError) -> Self {
        Self::Format
    }
}

type BiPlanarFn = fn(
    &YuvBiPlanarImage<'_, u8>,
    &mut [u8],
    u32,
    YuvRange,
    YuvStandardMatrix,
    YuvConversionMode,
) -> Result<(), YuvError>;

/// A pixel layout that is converted without libswscale.
enum Layout {
    Planar(Sampling),
    BiPlanar(BiPlanarFn),
    Gray,
    Rgb,
}

fn direct_layout(format: Pixel) -> Option<Layout> {
    Some(match format {
        Pixel::YUV420P | Pixel::YUVJ420P => Layout::Planar(Sampling::Quarter),
        Pixel::YUV422P | Pixel::YUVJ422P => Layout::Planar(Sampling::Half),
        Pixel::YUV444P | Pixel::YUVJ444P => Layout::Planar(Sampling::Full),
        Pixel::NV12 => Layout::BiPlanar(yuv::yuv_nv12_to_rgb),
        Pixel::NV21 => Layout::BiPlanar(yuv::yuv_nv21_to_rgb),
        Pixel::GRAY8 => Layout::Gray,
        Pixel::RGB24 => Layout::Rgb,
        _ => return None,
    })
}

/// Brings a rare layout (10 bits, packed YUV, palettes, planar RGB) to one that is converted
/// here. libswscale's safe interface cannot be told matrix or range, so YUV stays YUV of the same
/// range in it, and only RGB becomes RGB.
fn reformat(frame: &ff::frame::Video) -> Result<ff::frame::Video, ConvertError> {
    let format = frame.format();
    let name = format.descriptor().ok_or(ConvertError::Format)?.name();
    let is_yuv = [
        "yuv", "nv", "uyvy", "yvyu", "p0", "p2", "p4", "y2", "xyuv", "ayuv", "vuy",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix));
    let target = match (is_yuv, name.starts_with("yuvj"), name.starts_with("gray")) {
        (_, _, true) => Pixel::GRAY8,
        (true, true, _) => Pixel::YUVJ444P,
        (true, false, _) => Pixel::YUV444P,
        _ => Pixel::RGB24,
    };
    let (w, h) = (frame.width(), frame.height());
    // Made anew for each picture: rare formats only, and a kept context would not be `Send`.
    let flags = ff::software::scaling::Flags::BILINEAR | ff::software::scaling::Flags::ACCURATE_RND;
    let mut scaler = ff::software::scaling::Context::get(format, w, h, target, w, h, flags)?;
    let mut out = ff::frame::Video::empty();
    scaler.run(frame, &mut out)?;
    Ok(out)
}

/// Range of the code values; where it is not stated, formats named "yuvj" and gray are full.
fn range_of(frame: &ff::frame::Video, announced: ColorRange) -> YuvRange {
    if announced != ColorRange::Auto {
        return range_for(announced);
    }
    match StatedColor::of(frame).range {
        2 => YuvRange::Full,
        1 => YuvRange::Limited,
        _ => match frame.format() {
            Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::GRAY8 => YuvRange::Full,
            _ => YuvRange::Limited,
        },
    }
}

fn matrix_of(frame: &ff::frame::Video, announced: ColorMatrix) -> YuvStandardMatrix {
    if announced != ColorMatrix::Auto {
        return matrix_for(announced, frame.height());
    }
    matrix_of_number(StatedColor::of(frame).matrix, frame.height())
}

/// The matrix of a number of ITU-T H.273 table 4; the usual one for others, reserved ones included.
fn matrix_of_number(number: i32, height: u32) -> YuvStandardMatrix {
    match number {
        1 => YuvStandardMatrix::Bt709,
        4 => YuvStandardMatrix::Fcc,
        5 | 6 => YuvStandardMatrix::Bt601,
        7 => YuvStandardMatrix::Smpte240,
        9 | 10 => YuvStandardMatrix::Bt2020,
        _ => matrix_for(ColorMatrix::Auto, height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_matrix() {
        let words = |number| format!("{:?}", matrix_of_number(number, 720));
        assert_eq!(words(6), "Bt601");
        assert_eq!(words(9), "Bt2020");
        for number in [i32::MIN, -1, 0, 2, 3, 15, 123, 255, i32::MAX] {
            assert_eq!(words(number), "Bt709", "{number}");
        }
    }
}
