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
pub(super) fn encoded(pictures: Vec<EvidencePicture>) -> Vec<ReportPicture> {
    let encode = |p: EvidencePicture| {
        let signal = p.signal.clone();
        one(p)
            .inspect_err(|e| tracing::warn!(%signal, error = %e, "a picture was left out"))
            .ok()
    };
    pictures.into_iter().filter_map(encode).collect()
}

fn one(of: EvidencePicture) -> Result<ReportPicture, DecodeError> {
    let side_px = u32::try_from(DETAIL_PX)
        .map_err(|_| FieldError::new("side", DETAIL_PX, "a side that JPEG can hold"))?;
    let picture = of.picture;
    let frame = Frame::new(picture.time, 0, side_px, side_px, picture.rgb)?;
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
        jpeg_base64: STANDARD.encode(encode_jpeg(&frame, QUALITY)?),
    })
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
        let made = encoded(vec![picture(DETAIL_PX * DETAIL_PX), picture(5)]);
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
}
