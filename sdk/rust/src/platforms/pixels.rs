//! Shapes of raw pictures in one buffer, and what compressed ones say of themselves.

use super::shape::MapError;
use crate::v1::{PictureLayout, Plane, VideoFormat};

/// Rows of each plane of a raw format, in the protocol's order of planes.
fn rows(format: VideoFormat, height: u32) -> Option<Vec<u32>> {
    let half = height.div_ceil(2);
    Some(match format {
        VideoFormat::I420 | VideoFormat::I010 => vec![height, half, half],
        VideoFormat::I420a => vec![height, half, half, height],
        VideoFormat::I422 | VideoFormat::I444 => vec![height, height, height],
        VideoFormat::Nv12 => vec![height, half],
        VideoFormat::Rgb24
        | VideoFormat::Bgr24
        | VideoFormat::Rgba
        | VideoFormat::Bgra
        | VideoFormat::Argb
        | VideoFormat::Abgr
        | VideoFormat::Gray8 => vec![height],
        _ => return None,
    })
}

/// Bytes of one row of each plane.
fn row_bytes(format: VideoFormat, width: u32) -> Vec<u64> {
    let (w, half) = (u64::from(width), u64::from(width.div_ceil(2)));
    match format {
        VideoFormat::I420 | VideoFormat::I422 => vec![w, half, half],
        VideoFormat::I010 => vec![2 * w, 2 * half, 2 * half],
        VideoFormat::I420a => vec![w, half, half, w],
        VideoFormat::I444 => vec![w, w, w],
        VideoFormat::Nv12 => vec![w, 2 * half],
        VideoFormat::Rgb24 | VideoFormat::Bgr24 => vec![3 * w],
        VideoFormat::Gray8 => vec![w],
        _ => vec![4 * w],
    }
}

/// Layout of a picture whose planes lie one after the other with these strides in bytes; no strides
/// means tightly packed.
pub(super) fn stacked(
    format: VideoFormat,
    (width, height): (u32, u32),
    strides: &[u32],
    bytes: usize,
) -> Result<PictureLayout, MapError> {
    let tight: Vec<u32>;
    let stated = match strides {
        [] => {
            let rows = row_bytes(format, width).into_iter();
            tight = rows.map(|b| u32::try_from(b).unwrap_or(u32::MAX)).collect();
            &tight
        }
        some => some,
    };
    let mut offset_bytes = 0;
    let mut planes = Vec::new();
    for (&stride_bytes, rows) in stated.iter().zip(rows(format, height).unwrap_or_default()) {
        planes.push(Plane {
            offset_bytes,
            stride_bytes,
        });
        offset_bytes += u64::from(stride_bytes) * u64::from(rows);
    }
    placed(format, (width, height), planes, stated.len(), bytes).map(|mut layout| {
        if strides.is_empty() {
            layout.planes.clear();
        }
        layout
    })
}

/// Layout of a picture whose planes lie where they are said to.
pub(super) fn placed(
    format: VideoFormat,
    (width, height): (u32, u32),
    planes: Vec<Plane>,
    stated: usize,
    bytes: usize,
) -> Result<PictureLayout, MapError> {
    let Some(rows) = rows(format, height) else {
        return Err(MapError::value(
            "format",
            format.as_str_name(),
            "a raw picture",
        ));
    };
    if rows.len() != stated || planes.len() != stated {
        let expected = format!("{} for {}", rows.len(), format.as_str_name());
        return Err(MapError::value("planes", stated, expected));
    }
    let size = || format!("{width}x{height}");
    if !(16..=8192).contains(&width) || !(16..=8192).contains(&height) {
        return Err(MapError::value(
            "size",
            size(),
            "16 to 8192 pixels each way",
        ));
    }
    let mut needed = 0;
    for ((plane, rows), row) in planes.iter().zip(rows).zip(row_bytes(format, width)) {
        let stride = u64::from(plane.stride_bytes);
        if stride < row {
            let expected = format!("at least {row} bytes");
            return Err(MapError::value("stride", stride, expected));
        }
        let whole = stride.saturating_mul(u64::from(rows.saturating_sub(1)));
        let end = plane.offset_bytes.saturating_add(whole).saturating_add(row);
        needed = needed.max(end);
    }
    if needed > bytes as u64 {
        let (size, format) = (size(), format.as_str_name());
        let expected = format!("at least {needed} bytes for {size} of {format}");
        return Err(MapError::value("data", format!("{bytes} bytes"), expected));
    }
    Ok(PictureLayout {
        width,
        height,
        planes,
    })
}

/// True when an Annex B access unit can be decoded on its own: it holds a NAL unit of type 5, an
/// IDR slice (ITU-T H.264, table 7-1).
pub(super) fn annex_b_keyframe(unit: &[u8]) -> bool {
    unit.windows(4)
        .any(|w| matches!(w, [0, 0, 1, header] if header & 0x1f == 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_lie_one_after_the_other() {
        let offsets = |format, size, strides: &[u32]| {
            let planes = stacked(format, size, strides, 4096).unwrap().planes;
            planes
                .iter()
                .map(|p| (p.offset_bytes, p.stride_bytes))
                .collect::<Vec<_>>()
        };
        let found = offsets(VideoFormat::I420, (31, 23), &[32, 16, 16]);
        assert_eq!(found, [(0, 32), (736, 16), (928, 16)]);
        let found = offsets(VideoFormat::Nv12, (32, 24), &[40, 40]);
        assert_eq!(found, [(0, 40), (960, 40)]);
        let found = offsets(VideoFormat::I420a, (16, 16), &[16, 8, 8, 16]);
        assert_eq!(found, [(0, 16), (256, 8), (320, 8), (384, 16)]);
        assert_eq!(offsets(VideoFormat::Rgba, (16, 16), &[]), []);
    }

    #[test]
    fn a_picture_that_is_not_all_there_is_refused_by_field() {
        let refused = |format, size, strides: &[u32], bytes| {
            stacked(format, size, strides, bytes)
                .unwrap_err()
                .to_string()
        };
        for (format, size, strides, bytes, said) in [
            (
                VideoFormat::Nv12,
                (32, 24),
                &[32][..],
                4096,
                "planes: found 1, expected 2",
            ),
            (
                VideoFormat::I420,
                (32, 24),
                &[31, 16, 16],
                4096,
                "stride: found 31, expected at least 32",
            ),
            (
                VideoFormat::I420,
                (32, 24),
                &[],
                1151,
                "data: found 1151 bytes, expected at least 1152",
            ),
            (VideoFormat::Rgba, (8, 24), &[], 4096, "size: found 8x24"),
            (
                VideoFormat::Jpeg,
                (32, 24),
                &[],
                4096,
                "format: found VIDEO_FORMAT_JPEG",
            ),
            (
                VideoFormat::Rgba,
                (8192, 8192),
                &[u32::MAX],
                4096,
                "data: found 4096 bytes",
            ),
        ] {
            let found = refused(format, size, strides, bytes);
            assert!(found.starts_with(said), "{found}");
        }
        assert!(stacked(VideoFormat::I420, (32, 24), &[], 1152).is_ok());
    }

    #[test]
    fn only_a_unit_with_an_idr_slice_is_a_keyframe() {
        assert!(annex_b_keyframe(&[0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x65, 7]));
        assert!(!annex_b_keyframe(&[0, 0, 0, 1, 0x41, 5, 0, 0, 1, 0x06]));
        assert!(!annex_b_keyframe(&[0, 0, 1]) && !annex_b_keyframe(&[]));
    }
}
