//! Filler or content: does an answer begin with "um"?

use super::turns::Utterance;
use crate::audio::{SpanRules, pitch_hz, speech_spans};
use crate::core::{MediaTime, VOICE_HOP_NS, VOICE_HOP_SAMPLES, VoiceSeries};

/// Sound after the onset that has to be known before the question can be answered.
pub(super) const LOOK_NS: i64 = 1_500_000_000;
/// Length of a filler sound, in hops.
const FILLER_HOPS: std::ops::RangeInclusive<usize> = 15..=60;
/// Pause after it, in hops.
const PAUSE_HOPS: usize = 20;
/// Largest spread of log2 of the fundamental over a filler: about 0.8 of a semitone. Words move
/// more.
const FLAT_OCTAVES: f32 = 0.07;
/// Share of its hops that must be voiced.
const VOICED_SHARE: f32 = 0.6;

/// Finer stretches than those of turns, so that the pause after a filler shows.
const FINE: SpanRules = SpanRules {
    min_speech_hops: 6,
    min_silence_hops: 10,
    ..SpanRules::speech()
};

/// When words set in, if the answer that begins at `onset` opens with a filler sound: a voiced
/// stretch of 150 to 600 ms with a flat fundamental, then a pause of at least 200 ms, then more
/// speech within the look-ahead. `None` when it does not.
pub(super) fn content_onset(voice: &VoiceSeries<'_>, onset: MediaTime) -> Option<MediaTime> {
    let first = usize::try_from(onset.since_ns(voice.start) / VOICE_HOP_NS).ok()?;
    let until = (first + (LOOK_NS / VOICE_HOP_NS) as usize).min(voice.len());
    let spans = speech_spans(voice.speech.get(first..until)?, &FINE);
    let (filler, content) = match spans.as_slice() {
        [a, b, ..] => (a, b),
        _ => return None,
    };
    let long_enough = FILLER_HOPS.contains(&(filler.end - filler.start));
    let paused = content.start - filler.end >= PAUSE_HOPS;
    let flat = || is_flat(voice, first + filler.start, first + filler.end);
    (long_enough && paused && flat()).then(|| voice.time_of(first + content.start))
}

/// Whether the fundamental hardly moves over hops `start..end`.
fn is_flat(voice: &VoiceSeries<'_>, start: usize, end: usize) -> bool {
    let pitch = |hop: usize| {
        let from = (hop * VOICE_HOP_SAMPLES).saturating_sub(240);
        pitch_hz(voice.samples.get(from..from + 640)?)
    };
    let mut octaves: Vec<f32> = (start..end).filter_map(pitch).map(f32::log2).collect();
    if (octaves.len() as f32) < VOICED_SHARE * (end - start) as f32 {
        return false;
    }
    octaves.sort_by(f32::total_cmp);
    let at = |share: f32| octaves.get((octaves.len() as f32 * share) as usize).copied();
    match (at(0.1), at(0.9)) {
        (Some(low), Some(high)) => high - low < 2.0 * FLAT_OCTAVES,
        _ => false,
    }
}

/// Length of the answer that begins at `onset`, if it has ended.
pub(super) fn answer_len_ns(answers: &[Utterance], onset: MediaTime) -> Option<i64> {
    let answer = answers.iter().find(|u| u.start == onset)?;
    Some(answer.end?.since_ns(onset))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice of `hz` (moving by `slide` octaves per second) where `speech` is above 0.5.
    fn sound(speech: &[f32], hz: f32, slide: f32) -> Vec<f32> {
        let mut phase = 0.0_f32;
        (0..speech.len() * VOICE_HOP_SAMPLES)
            .map(|i| {
                let t = i as f32 / 16_000.0;
                phase += hz * (slide * t).exp2() / 16_000.0;
                let on = speech[i / VOICE_HOP_SAMPLES] > 0.5;
                let wave: f32 = (1..10)
                    .map(|k| (phase * k as f32 * std::f32::consts::TAU).sin() / k as f32)
                    .sum();
                if on { wave * 0.1 } else { 0.0 }
            })
            .collect()
    }

    fn content_ms(pieces: &[(usize, f32)], slide: f32) -> Option<i64> {
        let speech: Vec<f32> = pieces
            .iter()
            .flat_map(|(n, p)| std::iter::repeat_n(*p, *n))
            .collect();
        let samples = sound(&speech, 120.0, slide);
        let voice = VoiceSeries {
            start: MediaTime::from_ms(5_000),
            samples: &samples,
            speech: &speech,
            ..VoiceSeries::default()
        };
        content_onset(&voice, MediaTime::from_ms(5_500)).map(|t| t.0 / 1_000_000)
    }

    #[test]
    fn a_flat_sound_before_a_pause_is_a_filler() {
        let um = [(50, 0.0), (35, 0.9), (30, 0.0), (150, 0.9)];
        assert_eq!(content_ms(&um, 0.0), Some(6_150));
        // The same with a moving voice is a word.
        assert_eq!(content_ms(&um, 2.0), None);
        // Too long, no pause after it, or nothing after it.
        assert_eq!(content_ms(&[(50, 0.0), (70, 0.9), (30, 0.0), (99, 0.9)], 0.0), None);
        assert_eq!(content_ms(&[(50, 0.0), (35, 0.9), (15, 0.0), (99, 0.9)], 0.0), None);
        assert_eq!(content_ms(&[(50, 0.0), (35, 0.9), (200, 0.0)], 0.0), None);
    }
}
