//! Frames as payloads of the live protocol, as a platform would send them: for load tests.

use super::DecodeError;
use super::chain::to_yuv;
use super::write::{WriteError, video_encoder};
use crate::core::Frame;
use ffmpeg_next as ff;

/// The even sides of a frame, which YUV 4:2:0 wants: what is left of them is cut off on the right and below.
pub fn even_size(frame: &Frame) -> (u32, u32) {
    (frame.width & !1, frame.height & !1)
}

/// Frames of one size as H.264 access units in Annex B, a keyframe with parameter sets every 50 or sooner;
/// one for each frame. `crf` is x264's rate factor, 0 to 51.
///
/// # Errors
/// [`WriteError::NoEncoder`] without libx264, or a frame that H.264 cannot hold.
pub fn h264_access_units(frames: &[Frame], crf: u8) -> Result<Vec<Vec<u8>>, WriteError> {
    let Some(first) = frames.first() else {
        return Ok(Vec::new());
    };
    super::file::init()?;
    let (width, height) = even_size(first);
    let mut encoder = video_encoder(width, height, crf, false)?;
    let mut out = Vec::with_capacity(frames.len());
    for frame in frames {
        if (frame.width, frame.height) != (first.width, first.height) {
            return Err(WriteError::Kind(0));
        }
        let picture = to_yuv(frame, width, height)?;
        encoder.send_frame(&picture)?;
        take(&mut encoder, &mut out);
    }
    encoder.send_eof()?;
    take(&mut encoder, &mut out);
    Ok(out)
}

fn take(encoder: &mut ff::encoder::Encoder, out: &mut Vec<Vec<u8>>) {
    let mut packet = ff::Packet::empty();
    while encoder.receive_packet(&mut packet).is_ok() {
        out.push(packet.data().unwrap_or_default().to_vec());
    }
}

/// A frame as tightly packed I420 of its [`even_size`]: BT.709, limited range.
///
/// # Errors
/// A frame that YUV 4:2:0 cannot hold.
pub fn i420(frame: &Frame) -> Result<Vec<u8>, DecodeError> {
    let (width, height) = even_size(frame);
    let picture = to_yuv(frame, width, height)?;
    let (width, height) = (width as usize, height as usize);
    let mut out = Vec::with_capacity(width * height * 3 / 2);
    for (i, across) in [width, width / 2, width / 2].into_iter().enumerate() {
        for row in picture.data(i).chunks(picture.stride(i)) {
            out.extend_from_slice(row.get(..across).unwrap_or_default());
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;

    fn frames(n: u32) -> Vec<Frame> {
        let frame = |i: u32| {
            let rgb = (0..64 * 48).flat_map(|p: u32| [(p + 9 * i) as u8, (p / 64) as u8, 90]);
            let time = MediaTime::from_ms(i64::from(i) * 40);
            Frame::new(time, 0, 64, 48, rgb.collect::<Vec<_>>()).unwrap()
        };
        (0..n).map(frame).collect()
    }

    #[test]
    fn every_frame_is_one_access_unit_and_the_first_carries_its_parameters() {
        let units = h264_access_units(&frames(60), 23).unwrap();
        assert_eq!(units.len(), 60);
        let sets = |unit: &Vec<u8>| {
            unit.windows(5)
                .any(|w| matches!(w, [0, 0, 0, 1, n] if n & 31 == 7))
        };
        let with: Vec<usize> = (0..60).filter(|i| sets(&units[*i])).collect();
        assert!(with.len() >= 2 && with[0] == 0, "{with:?}");
        assert!(with.windows(2).all(|w| w[1] - w[0] <= 50), "{with:?}");
        assert!(h264_access_units(&[], 23).unwrap().is_empty());
    }

    #[test]
    fn i420_is_packed_tightly() {
        let bytes = i420(&frames(1)[0]).unwrap();
        assert_eq!(bytes.len(), 64 * 48 * 3 / 2);
        let chroma = &bytes[64 * 48..];
        assert!(chroma.iter().any(|v| *v != chroma[0]));
    }
}
