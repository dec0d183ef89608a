//! Spoken phrase: whether speech was heard while it was asked for, and the lips went with it. The words
//! themselves are not checked.

use super::{Lips, open};
use crate::analyze::window::Window;
use crate::core::{
    AbstainReason, Abstention, ChallengeResult, ChallengeStatus, Evidence, MediaTime, TracePoint,
    VOICE_HOP_NS, VoiceSeries, thinned,
};

/// Speech probability from which a hop counts as speech, as for the signals.
const SPEECH: f32 = 0.5;
/// Least speech, seconds: five words take two seconds and more, of which not all is voiced.
const LEAST_SPEECH_S: f64 = 1.0;
/// Shortest speech that counts as a beginning, seconds.
const ONSET_S: f64 = 0.1;
/// Largest share of the window without sound.
const MOST_MISSING: f64 = 0.3;
/// Lips go with the voice from this probability of a lock, and do not below that; the limits of the lip-sync
/// signal.
const LOCKED: f64 = 0.9;
const NOT_LOCKED: f64 = 0.1;
/// Speech that "do not go together" rests on at least, seconds; the signal's limit, too.
const UNCORRELATED_S: f64 = 6.0;

/// Judges a window by the sound before a segment's end and by what is known of the lips.
pub(super) fn judge(
    window: &Window,
    voice: Option<&VoiceSeries<'_>>,
    lips: Option<Lips>,
) -> ChallengeResult {
    let none = |reason, why: &str| window.unmeasured("", &Abstention::new(reason, why));
    let Some(voice) = voice.filter(|v| !v.is_empty()) else {
        return none(
            AbstainReason::NoTrack,
            "no sound of the candidate has arrived",
        );
    };
    let hops: Vec<Hop> = hops(window, voice);
    let length = window.last_moment().since_ns(window.prompt_end) / VOICE_HOP_NS;
    let missing = hops.iter().filter(|h| h.missing).count() as f64
        + (length - hops.len() as i64).max(0) as f64;
    if missing > MOST_MISSING * length as f64 {
        return none(
            AbstainReason::Dropped,
            "too much of the sound is missing while the challenge was open",
        );
    }
    let speech_s = hops.iter().filter(|h| h.speech).count() as f64 * VOICE_HOP_NS as f64 / 1e9;
    let mut result = open(window);
    result.status = status(speech_s, lips);
    result.passes = u32::from(result.status == ChallengeStatus::Performed);
    result.onset = onset(&hops);
    result.reaction_ms = result.onset.map(|t| 1e3 * window.seconds(t));
    result.evidence = vec![Evidence::against("speech_s", speech_s, LEAST_SPEECH_S)];
    if let Some(l) = lips {
        result
            .evidence
            .push(Evidence::against("lock_probability", l.lock, LOCKED));
        result
            .evidence
            .push(Evidence::new("informative_speech_s", l.speech_s));
    }
    let point = |h: &Hop| TracePoint {
        time: h.time,
        value: f64::from(u8::from(h.speech)),
    };
    result.trace = thinned(&hops.iter().map(point).collect::<Vec<_>>());
    result
}

fn status(speech_s: f64, lips: Option<Lips>) -> ChallengeStatus {
    if speech_s < LEAST_SPEECH_S {
        let detail = format!("{speech_s:.1} s of speech were heard, {LEAST_SPEECH_S:.1} s needed");
        return ChallengeStatus::NotPerformed { detail };
    }
    match lips {
        Some(l) if l.lock >= LOCKED => ChallengeStatus::Performed,
        Some(l) if l.lock <= NOT_LOCKED && l.speech_s >= UNCORRELATED_S => ChallengeStatus::NotPerformed {
            detail: "speech was heard, and the lips in the picture did not go with it".to_owned(),
        },
        _ => ChallengeStatus::NotMeasurable {
            reason: AbstainReason::Indecisive,
            detail: "speech was heard; too little of it with the mouth in sight to say whether the lips went with it"
                .to_owned(),
        },
    }
}

struct Hop {
    time: MediaTime,
    speech: bool,
    missing: bool,
}

/// The hops in which the phrase counts.
fn hops(window: &Window, voice: &VoiceSeries<'_>) -> Vec<Hop> {
    let last = window.last_moment();
    let all = voice.speech.iter().zip(voice.missing).enumerate();
    let hop = |(i, (speech, missing)): (usize, (&f32, &bool))| Hop {
        time: voice.time_of(i),
        speech: *speech >= SPEECH && !missing,
        missing: *missing,
    };
    all.map(hop)
        .filter(|h| h.time >= window.prompt_end && h.time <= last)
        .collect()
}

/// The first speech that is more than a click.
fn onset(hops: &[Hop]) -> Option<MediaTime> {
    let n = (ONSET_S * 1e9) as usize / VOICE_HOP_NS as usize;
    let speaks = |w: &&[Hop]| w.iter().all(|h| h.speech);
    hops.windows(n)
        .find(speaks)
        .and_then(|w| w.first())
        .map(|h| h.time)
}
