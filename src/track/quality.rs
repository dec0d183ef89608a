//! Quality of a span of pictures. Pure; never evidence.

use crate::core::{Face, FaceObs, Quality, Span, median};

/// Quality of the pictures inside `span`. `obs` are in time order and may reach beyond it.
/// `speech_share` is left at 0: sound is not known here. An empty span has quality 0 throughout.
pub fn quality(obs: &[FaceObs], span: Span) -> Quality {
    let inside: Vec<&FaceObs> = obs.iter().filter(|o| span.contains(o.time)).collect();
    let Some((first, last)) = inside.first().zip(inside.last()) else {
        return Quality::default();
    };
    let n = inside.len() as f64;
    let faces: Vec<&Face> = inside.iter().filter_map(|o| o.face.as_ref()).collect();
    let median_of =
        |f: fn(&Face) -> f32| median(faces.iter().map(|face| f64::from(f(face)))).unwrap_or(0.0);
    let between = last.time.since_ns(first.time) as f64 / 1e9;
    Quality {
        face_presence: faces.len() as f64 / n,
        face_height_px: median_of(|f| f.bbox[3] - f.bbox[1]),
        sharpness: median_of(|f| f.sharpness),
        luma: median_of(|f| f.luma),
        // Intervals between pictures over the time they take; a lone picture counts once.
        fps: if between > 0.0 {
            (n - 1.0) / between
        } else {
            n / span.len_s().max(1e-3)
        },
        freeze_share: inside.iter().filter(|o| o.repeated).count() as f64 / n,
        speech_share: 0.0,
        faces_max: inside.iter().map(|o| o.faces).max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{LANDMARKS, MediaTime};

    fn obs(ms: i64, height: Option<f32>, repeated: bool) -> FaceObs {
        let face = height.map(|h| Face {
            bbox: [0.0, 10.0, 50.0, 10.0 + h],
            landmarks: [[0.0; 2]; LANDMARKS],
            visibility: [1.0; 6],
            pose_deg: [0.0; 3],
            presence: 1.0,
            iod_px: 30.0,
            mouth: vec![0; 4].into(),
            appearance: Vec::new().into(),
            sharpness: h,
            luma: 100.0,
        });
        let faces = u32::from(face.is_some()) * 2;
        FaceObs {
            time: MediaTime::from_ms(ms),
            epoch: 0,
            face,
            faces,
            repeated,
            detail: None,
            scene: None,
        }
    }

    #[test]
    fn only_the_span_counts_and_shares_are_of_pictures() {
        let list = [
            obs(0, Some(999.0), true),
            obs(1000, Some(100.0), false),
            obs(1040, None, true),
            obs(1080, Some(120.0), false),
            obs(1120, Some(140.0), false),
            obs(2000, None, true),
        ];
        let q = quality(
            &list,
            Span::new(MediaTime::from_ms(1000), MediaTime::from_ms(2000)),
        );
        assert_eq!((q.face_presence, q.freeze_share), (0.75, 0.25));
        assert_eq!(
            (q.face_height_px, q.sharpness, q.luma),
            (120.0, 120.0, 100.0)
        );
        assert!((q.fps - 25.0).abs() < 1e-9);
        assert_eq!((q.faces_max, q.speech_share), (2, 0.0));
    }

    #[test]
    fn nothing_seen_is_no_quality_and_one_picture_is_finite() {
        let span = Span::new(MediaTime::ZERO, MediaTime::from_ms(3000));
        assert_eq!(quality(&[], span), Quality::default());
        let q = quality(&[obs(0, None, false)], span);
        assert!((q.fps - 1.0 / 3.0).abs() < 1e-9 && q.face_height_px == 0.0);
    }
}
