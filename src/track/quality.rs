//! Quality of a span of pictures. Pure; never evidence.

use crate::core::{Face, FaceObs, MediaTime, Quality, Span, median};

/// Quality of the pictures inside `span`. `obs` are in time order and may reach beyond it; `arrived` are the times of all
/// pictures inside it, looked at or not. `speech_share` is left at 0: sound is not known here. An empty span has quality 0 throughout.
pub fn quality(obs: &[FaceObs], arrived: &[MediaTime], span: Span) -> Quality {
    let inside: Vec<&FaceObs> = obs.iter().filter(|o| span.contains(o.time)).collect();
    if inside.is_empty() {
        return Quality::default();
    }
    let n = inside.len() as f64;
    let faces: Vec<&Face> = inside.iter().filter_map(|o| o.face.as_ref()).collect();
    let median_of =
        |f: fn(&Face) -> f32| median(faces.iter().map(|face| f64::from(f(face)))).unwrap_or(0.0);
    Quality {
        face_presence: faces.len() as f64 / n,
        face_height_px: median_of(|f| f.bbox[3] - f.bbox[1]),
        sharpness: median_of(|f| f.sharpness),
        luma: median_of(|f| f.luma),
        fps: rate(arrived, span),
        freeze_share: inside.iter().filter(|o| o.repeated).count() as f64 / n,
        speech_share: 0.0,
        faces_max: inside.iter().map(|o| o.faces).max().unwrap_or(0),
    }
}

/// Pictures a second: intervals between pictures over the time they take; a lone picture counts once.
fn rate(arrived: &[MediaTime], span: Span) -> f64 {
    let n = arrived.len() as f64;
    match arrived {
        [first, .., last] if last > first => (n - 1.0) / (last.since_ns(*first) as f64 / 1e9),
        _ => n / span.len_s().max(1e-3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::LANDMARKS;

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
        // Every second picture was looked at.
        let arrived: Vec<MediaTime> = (50..100).map(|i| MediaTime::from_ms(20 * i)).collect();
        let q = quality(
            &list,
            &arrived,
            Span::new(MediaTime::from_ms(1000), MediaTime::from_ms(2000)),
        );
        assert_eq!((q.face_presence, q.freeze_share), (0.75, 0.25));
        assert_eq!(
            (q.face_height_px, q.sharpness, q.luma),
            (120.0, 120.0, 100.0)
        );
        assert!((q.fps - 50.0).abs() < 1e-9);
        assert_eq!((q.faces_max, q.speech_share), (2, 0.0));
    }

    #[test]
    fn nothing_seen_is_no_quality_and_one_picture_is_finite() {
        let span = Span::new(MediaTime::ZERO, MediaTime::from_ms(3000));
        assert_eq!(quality(&[], &[], span), Quality::default());
        let q = quality(&[obs(0, None, false)], &[MediaTime::ZERO], span);
        assert!((q.fps - 1.0 / 3.0).abs() < 1e-9 && q.face_height_px == 0.0);
    }
}
