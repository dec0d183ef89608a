//! How much of a span was seen and heard.

use crate::core::{MediaTime, Span, VOICE_HOP_NS, VOICE_HOP_SAMPLES, VoiceSeries};

/// A picture stands for at most this stretch after it: a call at one picture a second is
/// covered, a picture every ten seconds is not.
pub const PICTURE_REACH_NS: i64 = 1_000_000_000;

/// Share of a span that is covered by pictures, 0 to 1, by the times at which they came. `dropped` pictures that should
/// have been there lower it in proportion.
pub fn video_coverage(arrived: &[MediaTime], span: &Span, dropped: u64) -> f64 {
    if span.is_empty() {
        return 0.0;
    }
    let mut covered_ns = 0;
    let mut seen = 0u64;
    for (i, &time) in arrived.iter().enumerate() {
        let reach = time.plus_ns(PICTURE_REACH_NS);
        let until = arrived.get(i + 1).map_or(reach, |next| reach.min(*next));
        covered_ns += Span::new(time, until).intersect(span).len_ns();
        seen += u64::from(span.contains(time));
    }
    let share = if dropped == 0 {
        1.0
    } else {
        seen as f64 / (seen + dropped) as f64
    };
    (covered_ns as f64 / span.len_ns() as f64).min(1.0) * share
}

/// Share of a span on which sound arrived, 0 to 1.
pub fn audio_coverage(voice: &VoiceSeries<'_>, span: &Span) -> f64 {
    let hops = span.len_ns() / VOICE_HOP_NS;
    if hops == 0 {
        return 0.0;
    }
    let inside = clip_voice(voice, span.start, span.end);
    let heard = inside.missing.iter().filter(|m| !**m).count();
    (heard as f64 / hops as f64).min(1.0)
}

/// Share of a span with speech, 0 to 1.
pub fn speech_share(voice: &VoiceSeries<'_>, span: &Span) -> f64 {
    let hops = span.len_ns() / VOICE_HOP_NS;
    if hops == 0 {
        return 0.0;
    }
    let inside = clip_voice(voice, span.start, span.end);
    let spoken = inside.speech.iter().filter(|p| **p > 0.5).count();
    (spoken as f64 / hops as f64).min(1.0)
}

/// The hops of a series that begin at or after `from` and end at or before `to`.
pub fn clip_voice<'a>(voice: &VoiceSeries<'a>, from: MediaTime, to: MediaTime) -> VoiceSeries<'a> {
    let len = voice.len() as i64;
    let first = div_ceil(from.since_ns(voice.start), VOICE_HOP_NS).clamp(0, len);
    let end = to
        .since_ns(voice.start)
        .div_euclid(VOICE_HOP_NS)
        .clamp(first, len);
    let (a, b) = (first as usize, end as usize);
    VoiceSeries {
        start: voice.start.plus_ns(first * VOICE_HOP_NS),
        samples: part(voice.samples, a * VOICE_HOP_SAMPLES, b * VOICE_HOP_SAMPLES),
        speech: part(voice.speech, a, b),
        logmel: part(voice.logmel, a, b),
        level_db: part(voice.level_db, a, b),
        missing: part(voice.missing, a, b),
    }
}

fn part<T>(all: &[T], from: usize, to: usize) -> &[T] {
    all.get(from.min(all.len())..to.min(all.len()))
        .unwrap_or_default()
}

fn div_ceil(a: i64, b: i64) -> i64 {
    a.div_euclid(b) + i64::from(a.rem_euclid(b) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(a: i64, b: i64) -> Span {
        Span::new(MediaTime::from_ms(a), MediaTime::from_ms(b))
    }

    #[test]
    fn pictures_cover_what_they_reach() {
        let steady: Vec<_> = (0..75).map(|i| MediaTime::from_ms(i * 40)).collect();
        assert!((video_coverage(&steady, &span(0, 3000), 0) - 1.0).abs() < 1e-9);
        assert!((video_coverage(&steady, &span(0, 3000), 75) - 0.5).abs() < 1e-9);
        assert_eq!(video_coverage(&[], &span(0, 3000), 0), 0.0);
        let lone = [MediaTime::ZERO];
        assert!((video_coverage(&lone, &span(0, 3000), 0) - 1.0 / 3.0).abs() < 1e-9);
        let before = [-500, 2_900].map(MediaTime::from_ms);
        assert!((video_coverage(&before, &span(0, 1000), 0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn voices_are_clipped_on_the_grid() {
        let speech: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
        let samples = vec![0.0; 100 * VOICE_HOP_SAMPLES];
        let missing: Vec<bool> = (0..100).map(|i| i >= 50).collect();
        let mel = vec![[0.0; crate::core::MEL_BANDS]; 100];
        let v = VoiceSeries {
            start: MediaTime::from_ms(1000),
            samples: &samples,
            speech: &speech,
            logmel: &mel,
            level_db: &speech,
            missing: &missing,
        };
        let c = clip_voice(&v, MediaTime::from_ms(1105), MediaTime::from_ms(1209));
        assert_eq!((c.start, c.len()), (MediaTime::from_ms(1110), 9));
        assert_eq!(c.samples.len(), 9 * VOICE_HOP_SAMPLES);
        assert!(clip_voice(&v, MediaTime::from_ms(0), MediaTime::from_ms(900)).is_empty());
        assert!((audio_coverage(&v, &span(1000, 2000)) - 0.5).abs() < 1e-9);
        assert!((audio_coverage(&v, &span(0, 2000)) - 0.25).abs() < 1e-9);
        assert!((speech_share(&v, &span(1000, 2000)) - 0.49).abs() < 1e-9);
    }
}
