//! Voices in the background: a neighbouring room, a television, other people in an office.
//!
//! A voice-activity net is right to call them speech, and wrong for a turn of the call. They show
//! as a floor of sound that is itself speech-like. Where that is so, only what stands clearly above
//! the floor is taken as somebody speaking into this microphone; elsewhere nothing is changed.

use crate::core::VoiceSeries;

/// Share of the hops, from the quietest, that make the floor.
const FLOOR_SHARE: f64 = 0.1;
/// Hops this close to the floor are background, dB.
const NEAR_DB: f32 = 3.0;
/// Probability from which a hop sounds like speech.
const SPEECH_LIKE: f32 = 0.35;
/// Share of the background hops that must sound like speech.
const SPEECH_LIKE_SHARE: f64 = 0.15;
/// How far above the floor a voice at this microphone stands, dB. Babble of ten voices keeps
/// within about 5 dB of its mean, which lies 3 dB above the floor.
const ABOVE_DB: f32 = 8.0;
/// The least material that says anything: 5 s.
const MIN_HOPS: usize = 500;
/// Half width of the smoothing of levels, in hops.
const SMOOTH_HOPS: usize = 2;

/// Level in dB above which a hop can be somebody at this microphone; `None` where the background
/// is not speech-like, or too little is known of it. Lost sound is no background.
pub fn background_gate_db(voice: &VoiceSeries<'_>) -> Option<f32> {
    let hops = voice.level_db.iter().zip(voice.speech).zip(voice.missing);
    let heard: Vec<(f32, f32)> = hops
        .filter(|(_, missing)| !**missing)
        .map(|((level, p), _)| (*level, *p))
        .collect();
    if heard.len() < MIN_HOPS {
        return None;
    }
    let mut levels: Vec<f32> = heard.iter().map(|(level, _)| *level).collect();
    levels.sort_by(f32::total_cmp);
    let floor = *levels.get((levels.len() as f64 * FLOOR_SHARE) as usize)?;
    let background = heard.iter().filter(|(level, _)| *level < floor + NEAR_DB);
    let (mut all, mut like) = (0usize, 0usize);
    for (_, p) in background {
        all += 1;
        like += usize::from(*p >= SPEECH_LIKE);
    }
    (like as f64 > all as f64 * SPEECH_LIKE_SHARE).then_some(floor + ABOVE_DB)
}

/// The speech probabilities with those set to 0 whose level, smoothed over 50 ms, is below `gate_db`.
pub fn above(gate_db: f32, level_db: &[f32], speech: &[f32]) -> Vec<f32> {
    let smooth = |i: usize| {
        let around = i.saturating_sub(SMOOTH_HOPS)..(i + SMOOTH_HOPS + 1).min(level_db.len());
        let part = level_db.get(around).unwrap_or_default();
        part.iter().sum::<f32>() / part.len().max(1) as f32
    };
    let keep = |(i, p): (usize, &f32)| if smooth(i) < gate_db { 0.0 } else { *p };
    speech.iter().enumerate().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(level_db: &[f32], speech: &[f32]) -> Option<f32> {
        let missing = vec![false; speech.len()];
        background_gate_db(&VoiceSeries {
            level_db,
            speech,
            missing: &missing,
            ..VoiceSeries::default()
        })
    }

    /// 10 s of a background at `floor`, then 3 s of speech at -20 dB.
    fn track(floor: f32, background: f32) -> (Vec<f32>, Vec<f32>) {
        let mut level: Vec<f32> = (0..1_000).map(|i| floor + (i % 5) as f32 - 2.0).collect();
        let mut speech = vec![background; 1_000];
        level.resize(1_300, -20.0);
        speech.resize(1_300, 0.95);
        (level, speech)
    }

    #[test]
    fn only_a_speech_like_background_is_gated() {
        let (level, speech) = track(-35.0, 0.8);
        let found = gate(&level, &speech).unwrap();
        assert!((-32.0..-22.0).contains(&found), "{found}");
        let left = above(found, &level, &speech);
        assert!(left[..990].iter().all(|p| *p == 0.0));
        assert!(left[1_005..].iter().all(|p| *p == 0.95));
        let (level, speech) = track(-35.0, 0.1);
        assert_eq!(gate(&level, &speech), None);
        assert_eq!(gate(&level[..400], &speech[..400]), None);
        assert_eq!(gate(&[], &[]), None);
    }
}
