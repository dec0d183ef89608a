//! Series of what tracking and hearing would say: what was done decides, and what was not seen is not judged.

use super::*;
use crate::core::{
    APPEARANCE_PX, Asked, ChallengeParameters, ChallengeStatus, ControlEvent, EventKind, Evidence,
    Face, LANDMARKS, MEL_BANDS, MediaTime, ModelRef, ScreenColour, Span, VoiceSeries,
};

fn window(kind: ChallengeKind, parameters: ChallengeParameters, length_ms: i64) -> Window {
    let time = MediaTime::from_ms(2_000);
    let kind = EventKind::Challenge {
        id: "c".into(),
        kind,
        deadline: MediaTime::from_ms(2_000 + length_ms),
        count: 1,
        asked: Box::new(Asked {
            participant: None,
            parameters,
        }),
    };
    Window::of(&ControlEvent { time, kind }, KINDS).unwrap()
}

fn obs(ms: i64, height: f32, rgb: [f64; 3]) -> FaceObs {
    let pixel = rgb.map(|v| v.clamp(0.0, 255.0) as u8);
    FaceObs {
        time: MediaTime::from_ms(ms),
        epoch: 0,
        face: Some(Face {
            bbox: [100.0, 100.0, 100.0 + 0.75 * height, 100.0 + height],
            landmarks: [[0.0; 2]; LANDMARKS],
            visibility: [1.0; 6],
            pose_deg: [0.0; 3],
            presence: 1.0,
            iod_px: 50.0,
            mouth: Vec::new().into(),
            appearance: pixel.repeat(APPEARANCE_PX * APPEARANCE_PX).into(),
            sharpness: 50.0,
            luma: 120.0,
        }),
        faces: 1,
        repeated: false,
        detail: None,
        scene: None,
    }
}

fn reason(status: &ChallengeStatus) -> Option<AbstainReason> {
    match status {
        ChallengeStatus::NotMeasurable { reason, .. } => Some(*reason),
        _ => None,
    }
}

fn value(c: &ChallengeResult, name: &str) -> f64 {
    c.evidence
        .iter()
        .find(|e| e.name == name)
        .map_or(f64::NAN, |e| e.value)
}

// === lean in ===

/// A face that is `peak` times as high between 3.5 s and 4.5 s and `end` times from 5.5 s on, with a
/// little breathing.
fn leaning(peak: f32, end: f32) -> Vec<FaceObs> {
    let height = |ms: i64| {
        let s = ms as f32 / 1e3;
        let up = (s - 3.0).clamp(0.0, 0.5) / 0.5;
        let down = (s - 4.5).clamp(0.0, 1.0);
        let breath = 1.0 + 0.01 * (s * 1.6).sin();
        120.0 * breath * (1.0 + (peak - 1.0) * up + (end - peak) * down)
    };
    (0..270)
        .map(|i| obs(i * 40, height(i * 40), [120.0; 3]))
        .collect()
}

#[test]
fn leaning_in_is_a_face_that_grows_and_goes_back() {
    let w = window(ChallengeKind::LeanIn, ChallengeParameters::default(), 6_000);
    for (name, peak, end, expected) in [
        ("in and back", 1.5, 1.0, None),
        ("a little further away than before", 1.4, 1.1, None),
        ("in and not back", 1.5, 1.5, Some("did not go back")),
        ("hardly", 1.12, 1.0, Some("1.25 needed")),
        ("not at all", 1.0, 1.0, Some("1.25 needed")),
        ("away from the camera", 0.7, 1.0, Some("1.25 needed")),
    ] {
        let c = lean::judge(&w, &leaning(peak, end));
        match (&c.status, expected) {
            (ChallengeStatus::Performed, None) => {
                let ms = c.reaction_ms.unwrap();
                assert!((1_000.0..1_400.0).contains(&ms), "{name}: {ms}");
                assert_eq!(c.early_reaction(), None, "{name}");
            }
            (ChallengeStatus::NotPerformed { detail }, Some(word)) => {
                assert!(detail.contains(word), "{name}: {detail}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert!(c.llr.is_none() && c.trace.len() > 40, "{name}");
    }
}

#[test]
fn one_slip_of_the_net_is_no_movement_and_what_was_not_seen_is_not_judged() {
    let w = window(ChallengeKind::LeanIn, ChallengeParameters::default(), 6_000);
    let mut slip = leaning(1.0, 1.0);
    slip[100] = obs(4_000, 300.0, [120.0; 3]);
    assert!(matches!(
        lean::judge(&w, &slip).status,
        ChallengeStatus::NotPerformed { .. }
    ));
    let mut hidden = leaning(1.5, 1.0);
    hidden.iter_mut().for_each(|o| o.face = None);
    let slow: Vec<FaceObs> = leaning(1.5, 1.0).into_iter().step_by(5).collect();
    let mut still = leaning(1.5, 1.0);
    still.iter_mut().for_each(|o| o.repeated = true);
    let mut cut = leaning(1.5, 1.0);
    cut[150..].iter_mut().for_each(|o| o.epoch = 1);
    for (all, expected) in [
        (hidden, AbstainReason::NoFace),
        (slow, AbstainReason::LowFrameRate),
        (still, AbstainReason::TooShort),
        (cut, AbstainReason::Dropped),
        (Vec::new(), AbstainReason::TooShort),
    ] {
        assert_eq!(reason(&lean::judge(&w, &all).status), Some(expected));
    }
}

#[test]
fn a_movement_that_was_under_way_at_the_prompt_is_remarked() {
    let w = window(ChallengeKind::LeanIn, ChallengeParameters::default(), 6_000);
    let early: Vec<FaceObs> = leaning(1.5, 1.0)
        .into_iter()
        .map(|o| FaceObs {
            time: o.time.plus_ns(-1_050_000_000),
            ..o
        })
        .collect();
    let c = lean::judge(&w, &early);
    let said = c.early_reaction().unwrap();
    assert!(
        said.contains("replayed") && said.contains("happened to be moving"),
        "{said}"
    );
}

// === colour code ===

const CODE: [ScreenColour; 10] = {
    use ScreenColour::{Amber as A, Blue as B, Green as G, Magenta as M};
    [B, A, G, M, A, B, M, G, A, G]
};
const COLOUR_MS: u32 = 600;

/// A face in a room's light, lit by a screen that shows `code` from 2 s on, seen `lag_ms` later; `gain` is
/// the screen's share of the light; with sensor noise, a slow drift and a nod.
fn lit(code: &[ScreenColour], gain: f64, lag_ms: i64) -> Vec<FaceObs> {
    let skin = [170.0, 125.0, 105.0];
    let mut state = 9u64;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1u32 << 24) - 0.5
    };
    let one = |i: i64| {
        let ms = i * 40;
        let at = (ms - lag_ms - 2_000) / i64::from(COLOUR_MS);
        let screen = match usize::try_from(at).ok().and_then(|i| code.get(i)) {
            Some(c) if ms - lag_ms >= 2_000 => c.rgb().map(f64::from),
            _ => [220.0; 3],
        };
        let s = ms as f64 / 1e3;
        let drift = [0.4 * s, 0.0, -0.3 * s];
        let nod = 1.0 + 0.02 * (2.1 * s).sin();
        let mix = |c: usize| nod * skin[c] * (1.0 - gain + gain * screen[c] / 220.0) + drift[c];
        (ms, [mix(0), mix(1), mix(2)])
    };
    let all: Vec<(i64, [f64; 3])> = (0..270).map(one).collect();
    all.into_iter()
        .map(|(ms, rgb)| obs(ms, 120.0, rgb.map(|v| v + 2.0 * noise())))
        .collect()
}

fn coded() -> Window {
    let parameters = ChallengeParameters {
        colours: CODE.to_vec(),
        colour_ms: COLOUR_MS,
        ..ChallengeParameters::default()
    };
    window(ChallengeKind::Flash, parameters, 7_000)
}

#[test]
fn a_face_that_is_lit_by_the_code_follows_it() {
    for (gain, lag_ms) in [(0.3, 0), (0.15, 120), (0.08, 420), (0.2, 800)] {
        let c = flash::judge(&coded(), &lit(&CODE, gain, lag_ms));
        assert_eq!(
            c.status,
            ChallengeStatus::Performed,
            "{gain} {lag_ms}: {:?}",
            c.evidence
        );
        let lag = value(&c, "code_lag_ms");
        assert!((lag - lag_ms as f64).abs() <= 60.0, "{lag} for {lag_ms}");
        assert!(c.llr.is_none() && c.early_reaction().is_none());
    }
}

#[test]
fn another_code_or_no_screen_at_all_is_not_the_one_asked_for() {
    let mut other = CODE;
    other.reverse();
    other.swap(1, 6);
    let c = flash::judge(&coded(), &lit(&other, 0.25, 120));
    assert!(
        matches!(&c.status, ChallengeStatus::NotPerformed { detail } if detail.contains("not as the screen did")),
        "{c:?}"
    );
    let dark = flash::judge(&coded(), &lit(&CODE, 0.0, 120));
    assert_eq!(
        reason(&dark.status),
        Some(AbstainReason::LowQuality),
        "{:?}",
        dark.evidence
    );
    let bright_room = flash::judge(&coded(), &lit(&CODE, 0.002, 120));
    assert_eq!(
        reason(&bright_room.status),
        Some(AbstainReason::LowQuality),
        "{:?}",
        bright_room.evidence
    );
    let unstated = window(ChallengeKind::Flash, ChallengeParameters::default(), 7_000);
    assert_eq!(
        reason(&flash::judge(&unstated, &lit(&CODE, 0.3, 0)).status),
        Some(AbstainReason::NotRequested)
    );
}

// === phrase ===

struct Sound {
    speech: Vec<f32>,
    missing: Vec<bool>,
    samples: Vec<f32>,
    mel: Vec<[f32; MEL_BANDS]>,
    level: Vec<f32>,
}

/// 12 s of sound with speech between these seconds.
fn sound(speech: std::ops::Range<usize>) -> Sound {
    let n = 1_200;
    Sound {
        speech: (0..n)
            .map(|i| if speech.contains(&i) { 0.95 } else { 0.02 })
            .collect(),
        missing: vec![false; n],
        samples: vec![0.0; n * 160],
        mel: vec![[0.0; MEL_BANDS]; n],
        level: vec![-40.0; n],
    }
}

impl Sound {
    fn series(&self) -> VoiceSeries<'_> {
        VoiceSeries {
            start: MediaTime::ZERO,
            samples: &self.samples,
            speech: &self.speech,
            logmel: &self.mel,
            level_db: &self.level,
            missing: &self.missing,
        }
    }
}

#[test]
fn a_phrase_is_speech_in_the_window_that_the_lips_go_with() {
    let w = window(ChallengeKind::Phrase, ChallengeParameters::default(), 8_000);
    let lips = |lock, speech_s| Some(Lips { lock, speech_s });
    let said = sound(350..620);
    for (name, sound, lips, expected) in [
        ("spoken", &said, lips(0.97, 4.0), Ok(())),
        (
            "another voice",
            &said,
            lips(0.03, 8.0),
            Err("lips in the picture did not go with it"),
        ),
        (
            "a click",
            &sound(350..380),
            lips(0.97, 4.0),
            Err("0.3 s of speech"),
        ),
        ("silence", &sound(0..0), None, Err("0.0 s of speech")),
        (
            "before the prompt",
            &sound(0..190),
            lips(0.97, 4.0),
            Err("0.0 s of speech"),
        ),
    ] {
        let c = phrase::judge(&w, Some(&sound.series()), lips);
        match (&c.status, expected) {
            (ChallengeStatus::Performed, Ok(())) => {
                assert_eq!(c.reaction_ms, Some(1_500.0), "{name}");
            }
            (ChallengeStatus::NotPerformed { detail }, Err(word)) => {
                assert!(detail.contains(word), "{name}: {detail}")
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(c.llr, None, "{name}");
    }
    for (lips, expected) in [
        (None, AbstainReason::Indecisive),
        (lips(0.5, 9.0), AbstainReason::Indecisive),
        (lips(0.03, 2.0), AbstainReason::Indecisive),
    ] {
        let c = phrase::judge(&w, Some(&said.series()), lips);
        assert_eq!(reason(&c.status), Some(expected));
    }
    let mut lost = sound(350..620);
    lost.missing[300..700].iter_mut().for_each(|m| *m = true);
    assert_eq!(
        reason(&phrase::judge(&w, Some(&lost.series()), None).status),
        Some(AbstainReason::Dropped)
    );
    assert_eq!(
        reason(&phrase::judge(&w, None, None).status),
        Some(AbstainReason::NoTrack)
    );
}

#[test]
fn what_lip_sync_measured_is_read_by_its_evidence_whether_it_scored_or_not() {
    let finding = |outcome| Finding {
        signal: "any".into(),
        model: ModelRef::default(),
        span: Span::default(),
        outcome,
        contribution: 0.0,
        prediction_set: None,
        comparison: None,
    };
    let evidence = || {
        vec![
            Evidence::new("lock_probability", 0.9),
            Evidence::new("informative_speech_s", 4.0),
        ]
    };
    let scored = Outcome::Scored {
        llr: 0.0,
        quality: 1.0,
        evidence: evidence(),
    };
    let silent = Outcome::abstain(AbstainReason::Gathering, "");
    let experimental = Outcome::Abstained(Abstention {
        evidence: evidence(),
        ..Abstention::new(AbstainReason::Indecisive, "")
    });
    let expected = Some(Lips {
        lock: 0.9,
        speech_s: 4.0,
    });
    assert_eq!(lips(&[finding(silent.clone()), finding(scored)]), expected);
    assert_eq!(lips(&[finding(experimental)]), expected);
    assert_eq!(lips(&[finding(silent)]), None);
}
