//! The pictures behind the strongest findings, as a report carries them.

use crate::core::{DETAIL_PX, EvidencePicture, FieldError, Frame};
use crate::decode::{DecodeError, encode_jpeg};
use crate::report::{RegionShare, ReportPicture};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// JPEG quality: fine enough to see what is spoken of, some 15 kB a picture.
const QUALITY: u8 = 88;

/// Pictures for a report. One that cannot be encoded is left out and logged: it is an illustration,
/// and the finding stands without it.
/// `blur`: the face is made unrecognisable first.
pub(super) fn encoded(pictures: Vec<EvidencePicture>, blur: bool) -> Vec<ReportPicture> {
    let encode = |p: EvidencePicture| {
        let signal = p.signal.clone();
        one(p, blur)
            .inspect_err(|e| tracing::warn!(%signal, error = %e, "a picture was left out"))
            .ok()
    };
    pictures.into_iter().filter_map(encode).collect()
}

fn one(of: EvidencePicture, blur: bool) -> Result<ReportPicture, DecodeError> {
    let side_px = u32::try_from(DETAIL_PX)
        .map_err(|_| FieldError::new("side", DETAIL_PX, "a side that JPEG can hold"))?;
    let picture = of.picture;
    let rgb = match blur {
        true => mosaic(&picture.rgb, DETAIL_PX).into(),
        false => picture.rgb,
    };
    let frame = Frame::new(picture.time, 0, side_px, side_px, rgb)?;
    let shares = picture.regions.into_iter();
    Ok(ReportPicture {
        participant: of.participant,
        signal: of.signal,
        segment: of.segment,
        span: of.span,
        time: picture.time,
        contribution: of.contribution,
        face: picture.face,
        regions: shares
            .map(|(name, share)| RegionShare { name, share })
            .collect(),
        side_px,
        blurred: blur,
        jpeg_base64: STANDARD.encode(encode_jpeg(&frame, QUALITY)?),
    })
}

/// Fields across a picture whose face is made unrecognisable. A face takes two thirds of the picture, so it keeps
/// six of them; people need some 18 across a face to tell whose it is (Bachmann, European Journal of Cognitive
/// Psychology 3, 1991). Nothing is promised against a machine that compares with a known face.
const FIELDS: usize = 9;

/// The whole picture in fields of one colour, hair, clothes and room included. `rgb`: RGB, `side` x `side`.
fn mosaic(rgb: &[u8], side: usize) -> Vec<u8> {
    let field = side.div_ceil(FIELDS).max(1);
    let across = side.div_ceil(field);
    let place = |pixel: usize| (pixel / side.max(1) / field) * across + pixel % side.max(1) / field;
    let mut sums = vec![([0u64; 3], 0u64); across * across];
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        if let Some((sum, n)) = sums.get_mut(place(i)) {
            sum.iter_mut()
                .zip(pixel)
                .for_each(|(s, v)| *s += u64::from(*v));
            *n += 1;
        }
    }
    let mut out = Vec::with_capacity(rgb.len());
    for i in 0..rgb.len() / 3 {
        let (sum, n) = sums.get(place(i)).copied().unwrap_or_default();
        // A mean of bytes is a byte.
        out.extend(sum.map(|s| (s / n.max(1)) as u8));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{MediaTime, ParticipantId, Span, TracePicture};

    fn picture(pixels: usize) -> EvidencePicture {
        EvidencePicture {
            participant: ParticipantId::parse("candidate").unwrap(),
            signal: "face_swap".into(),
            segment: 2,
            span: Span::new(MediaTime::from_ms(6000), MediaTime::from_ms(9000)),
            contribution: 0.9,
            picture: TracePicture {
                time: MediaTime::from_ms(7000),
                rgb: vec![90; 3 * pixels].into(),
                face: [0.5, 0.5, 0.4, 0.5],
                regions: vec![("eyes".into(), 0.7), ("ring".into(), -0.1)],
            },
        }
    }

    #[test]
    fn a_picture_is_a_jpeg_and_one_of_the_wrong_size_is_left_out() {
        let made = encoded(vec![picture(DETAIL_PX * DETAIL_PX), picture(5)], false);
        assert_eq!(made.len(), 1);
        // FF D8 FF, the start of every JPEG file.
        assert!(
            made[0].jpeg_base64.starts_with("/9j/"),
            "{}",
            &made[0].jpeg_base64[..8]
        );
        assert!(made[0].jpeg_base64.len() < 40_000);
        assert_eq!((made[0].regions.len(), made[0].regions[0].share), (2, 0.7));
    }

    #[test]
    fn a_blurred_face_keeps_one_colour_for_each_of_few_fields() {
        let side = DETAIL_PX;
        let noisy: Vec<u8> = (0..side * side * 3)
            .map(|i| (i * 7919 % 251) as u8)
            .collect();
        let made = mosaic(&noisy, side);
        assert_eq!(made.len(), noisy.len());
        let colours: std::collections::HashSet<&[u8]> = made.chunks_exact(3).collect();
        assert!(
            colours.len() <= FIELDS * FIELDS,
            "{} colours",
            colours.len()
        );
        // Within a field nothing is left of what was there; the field's mean is.
        let field = side.div_ceil(FIELDS);
        let at = |x: usize, y: usize| &made[3 * (y * side + x)..][..3];
        assert_eq!(at(0, 0), at(field - 1, field - 1));
        let first = (0..field * field).map(|i| noisy[3 * (i / field * side + i % field)] as usize);
        let mean = first.sum::<usize>() / (field * field);
        assert_eq!(usize::from(at(0, 0)[0]), mean);
        let shown = encoded(vec![picture(side * side)], true);
        assert!(shown[0].blurred && shown[0].jpeg_base64.starts_with("/9j/"));
        // The picture in the report is the mosaic, not the face under a filter.
        let plain = encoded(vec![picture(side * side)], false);
        assert!(!plain[0].blurred);
    }
}
