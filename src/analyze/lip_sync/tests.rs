//! Golden values of the Python reference, and the signal's behaviour on generated interviews.

use super::chain::decode;
use super::correlate::{hop_llr, project};
use super::features::{Columns, PatchLevels, patch_channels, shape_channels};
use super::reading::{Lock, Sight, Sound, prepare, read};
use super::weights::Weights;
use super::*;
use crate::core::{Face, 
    ClockSource, ControlEvent, Coverage, LANDMARKS, Landmarks, MOUTH_PATCH_H, MOUTH_PATCH_W,
    ParticipantId, Quality, points,
};

// --- golden values -----------------------------------------------------------------------------

/// The generator of `lip_sync_golden.py`.
fn noise(i: u64, j: u64) -> f64 {
    let mut x = (i * 2_654_435_761 + j * 40_503 + 12_345) % (1 << 32);
    x ^= x >> 15;
    x = (x * 2_246_822_519) % (1 << 32);
    x ^= x >> 13;
    (x % 65_536) as f64 / 65_536.0
}

fn syllables(t: f64) -> f64 {
    let tone = |(k, f): (usize, &f64)| (std::f64::consts::TAU * f * t + 1.7 * k as f64).sin();
    [1.3, 2.17, 3.1, 4.3, 5.9].iter().enumerate().map(tone).sum()
}

#[derive(serde::Deserialize)]
struct Golden {
    fir: Vec<f64>,
    kappa: f64,
    rho: Vec<f64>,
    chain: chain::Chain,
    shape: Vec<Vec<f64>>,
    patch: Vec<Vec<f64>>,
    rows: Vec<usize>,
    visual: Vec<Vec<f64>>,
    audio: Vec<Vec<f64>>,
    seen: usize,
    gate: usize,
    talk: usize,
    u: Vec<Vec<f64>>,
    a: Vec<Vec<f64>>,
    llr: Vec<Vec<f64>>,
    posterior_lag: Vec<f64>,
    path: Vec<usize>,
    state: String,
    offset_ms: f64,
    lock_probability: f64,
    speech_s: f64,
}

fn golden() -> Golden {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden/lip_sync.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn close(name: &str, got: impl IntoIterator<Item = f64>, want: &[f64]) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), want.len(), "{name}");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!((g - w).abs() <= 1e-3, "{name}[{i}]: {g}, reference {w}");
    }
}

fn close_rows(name: &str, columns: &Columns, rows: &[usize], want: &[Vec<f64>]) {
    for (row, w) in rows.iter().zip(want) {
        close(&format!("{name} row {row}"), columns.iter().map(|c| c[*row]), w);
    }
}

fn golden_context() -> (Vec<f64>, Sight, Sound) {
    let mut sight = Sight {
        columns: vec![Vec::new(); VISUAL],
        ..Sight::default()
    };
    for i in 0..300u64 {
        let t = i as f64 / 25.0;
        if (4.0..=4.5).contains(&t) {
            continue;
        }
        sight.times_s.push(t);
        for (c, column) in sight.columns.iter_mut().enumerate() {
            column.push(syllables(t) * 0.02 * (1 + c % 3) as f64 + 0.02 * noise(i, c as u64));
        }
    }
    let mut sound = Sound::default();
    for h in 0..1_200u64 {
        let s = syllables((h as f64 + 0.5) / 100.0 - 0.16);
        let mel = |b: usize| {
            let voiced = if b < 24 { 1.2 * s } else { 0.0 };
            -6.0 + voiced + 0.5 * noise(h, b as u64 + 99)
        };
        sound.logmel.push(std::array::from_fn(mel));
        sound.speech.push(if (h / 150) % 4 == 3 { 0.1 } else { 0.9 });
        sound.missing.push((820..850).contains(&h));
    }
    ((0..600).map(|k| k as f64 / 50.0).collect(), sight, sound)
}

fn golden_weights(g: &Golden) -> Weights {
    let row = |n: u64, from: u64, k: u64, less: f64| (0..n).map(|i| noise(i + from, k) - less).collect();
    Weights {
        format: 1,
        id: "golden".into(),
        fir: g.fir.clone(),
        visual: (0..2).map(|k| row(75, 500, k, 0.3)).collect(),
        audio: (0..2).map(|k| row(10, 900, k, 0.2)).collect(),
        rho: g.rho.clone(),
        kappa: g.kappa,
        chain: g.chain,
    }
}

#[test]
fn channels_equal_the_reference() {
    let g = golden();
    for (i, want) in g.shape.iter().enumerate() {
        let at = |p: u64| (100.0 + 80.0 * noise(i as u64, p)) as f32;
        let face: Landmarks = std::array::from_fn(|p| [at(2 * p as u64), at(2 * p as u64 + 1)]);
        close(&format!("shape {i}"), shape_channels(&face).unwrap(), want);
    }
    let patch = |i: u64| -> Vec<u8> {
        let n = (MOUTH_PATCH_W * MOUTH_PATCH_H) as u64;
        (0..n).map(|p| (256.0 * noise(i + 7, p)) as u8).collect()
    };
    let patches: Vec<PatchLevels> = (0..5).map(|i| PatchLevels::of(&patch(i)).unwrap()).collect();
    let got = patch_channels(&patches, &[0.0, 0.04, 0.08, 0.9, 0.94]);
    for (i, (g, want)) in got.iter().zip(&g.patch).enumerate() {
        close(&format!("patch {i}"), *g, want);
    }
}

#[test]
fn series_ratios_and_reading_equal_the_reference() {
    let g = golden();
    let w = golden_weights(&g);
    let (grid, sight, sound) = golden_context();
    let (p, motion) = prepare(&grid, &sight, &sound, &w.fir).unwrap();
    let count = |m: &[bool]| m.iter().filter(|b| **b).count();
    assert_eq!((count(&p.seen), count(&p.gate), count(&p.talk)), (g.seen, g.gate, g.talk));
    close_rows("visual", &p.visual, &g.rows, &g.visual);
    close_rows("audio", &p.audio, &g.rows, &g.audio);
    let (u, a) = project(&p, &w.visual, &w.audio);
    close_rows("u", &u, &g.rows, &g.u);
    close_rows("a", &a, &g.rows, &g.a);
    let llr = hop_llr(&u, &a, &p.seen, &p.gate, &w.rho);
    for (hop, want) in llr.iter().step_by(5).zip(&g.llr) {
        close("llr", hop.iter().step_by(10).copied(), want);
    }
    let d = decode(&llr, w.kappa, &w.chain);
    assert_eq!(d.path, g.path);
    close("posterior", d.posterior.iter().map(|r| r[..chain::UNCORRELATED].iter().sum()), &g.posterior_lag);
    let r = read(&p, motion, &w).unwrap();
    close(
        "reading",
        [r.offset_ms, r.lock_probability, r.speech_s],
        &[g.offset_ms, g.lock_probability, g.speech_s],
    );
    let state = match r.lock {
        Lock::Locked => "locked",
        Lock::Uncorrelated => "uncorrelated",
        Lock::Undetermined => "undetermined",
    };
    assert_eq!(state, g.state);
}

// --- behaviour ---------------------------------------------------------------------------------

/// A generated interview: a drawn mouth, and sound whose bands follow it.
struct Scene {
    participant: ParticipantId,
    quality: Quality,
    coverage: Coverage,
    face: Vec<FaceObs>,
    logmel: Vec<[f32; MEL_BANDS]>,
    speech: Vec<f32>,
    missing: Vec<bool>,
    events: Vec<ControlEvent>,
    role: Role,
}

/// Opening of the mouth: syllables of irregular length and height from a seed.
fn opening(seed: u64, t: f64) -> f64 {
    let mut sum = 0.0;
    for k in 0..7u64 {
        let f = 1.5 + 4.5 * noise(seed, k);
        let slow = (std::f64::consts::TAU * (0.11 + 0.2 * noise(seed, k + 50)) * t + 9.0 * noise(seed, k + 20)).sin();
        sum += slow * (std::f64::consts::TAU * f * t + 6.0 * noise(seed, k + 10)).sin();
    }
    sum
}

fn face(open: f32) -> Landmarks {
    let mut p = [[100.0, 110.0]; LANDMARKS];
    p[points::EYE_LEFT].fill([80.0, 80.0]);
    p[points::EYE_RIGHT].fill([120.0, 80.0]);
    for (start, w, h) in [(0usize, 16.0, 8.0 + open / 2.0), (20, 12.0, open / 2.0)] {
        for k in 0..20 {
            let a = std::f32::consts::PI * (1.0 + k as f32 / 10.0);
            p[start + k] = [100.0 + w * a.cos(), 130.0 + h * a.sin()];
        }
    }
    p
}

impl Scene {
    /// `late_ms(t)` is how late the sound of the mouth's movement at `t` comes.
    fn new(seconds: f64, fps: f64, late_ms: impl Fn(f64) -> f64) -> Self {
        Self::dubbed(seconds, fps, 1, 1, late_ms)
    }

    fn dubbed(seconds: f64, fps: f64, mouth: u64, voice: u64, late_ms: impl Fn(f64) -> f64) -> Self {
        let picture = |i: usize| {
            let t = i as f64 / fps;
            FaceObs {
                time: MediaTime::from_secs_f64(t),
                epoch: 0,
                face: Some(Face {
                    bbox: [60.0, 60.0, 140.0, 160.0],
                    landmarks: face(6.0 + 1.5 * opening(mouth, t) as f32),
                    visibility: [1.0; 6],
                    pose_deg: [0.0; 3],
                    presence: 1.0,
                    iod_px: 40.0,
                    mouth: vec![90u8; MOUTH_PATCH_W * MOUTH_PATCH_H].into(),
                    appearance: Vec::new().into(),
                    sharpness: 100.0,
                    luma: 120.0,
                }),
                faces: 1,
                repeated: false,
                detail: None,
                scene: None,
            }
        };
        let hops = (seconds * 100.0) as usize;
        let mel = |h: usize| {
            let t = (h as f64 + 0.5) / 100.0;
            let level = -5.0 + 0.8 * opening(voice, t - late_ms(t) / 1000.0);
            std::array::from_fn(|b| ((level + 0.3 * noise(h as u64, b as u64) + 12.0) / 4.0) as f32)
        };
        Self {
            participant: ParticipantId::parse("candidate").unwrap(),
            quality: Quality::default(),
            coverage: Coverage::default(),
            face: (0..(seconds * fps) as usize).map(picture).collect(),
            logmel: (0..hops).map(mel).collect(),
            speech: vec![0.9; hops],
            missing: vec![false; hops],
            events: Vec::new(),
            role: Role::Candidate,
        }
    }

    fn analyze(&self, signal: &mut LipSync, start_s: f64, end_s: f64) -> Analysis {
        let end = MediaTime::from_secs_f64(end_s);
        let pictures = self.face.partition_point(|f| f.time < end);
        let hops = ((end_s * 100.0) as usize).min(self.speech.len());
        let segment = Segment {
            participant: &self.participant,
            role: self.role,
            index: 0,
            span: Span::new(MediaTime::from_secs_f64(start_s), end),
            face: &self.face[..pictures],
            voice: Some(VoiceSeries {
                start: MediaTime::ZERO,
                samples: &[],
                speech: &self.speech[..hops],
                logmel: &self.logmel[..hops],
                level_db: &[],
                missing: &self.missing[..hops],
            }),
            interviewer: None,
            events: &self.events,
            quality: &self.quality,
            coverage: &self.coverage,
            clock: ClockSource::Platform,
            reference: None,
            last: false,
        };
        signal.analyze(&segment, &mut ModelSet::default())
    }

    /// Every 3 s segment in turn.
    fn review(&self) -> Vec<Analysis> {
        let mut signal = LipSync::with_weights(weights::tests::plain());
        let seconds = self.speech.len() as f64 / 100.0;
        let count = (seconds / 3.0) as usize;
        (0..count)
            .map(|i| self.analyze(&mut signal, 3.0 * i as f64, 3.0 * (i + 1) as f64))
            .collect()
    }
}

fn value(a: &Analysis, name: &str) -> Option<f64> {
    let list = match &a.outcome {
        Outcome::Scored { evidence, .. } => evidence,
        Outcome::Abstained(why) => &why.evidence,
    };
    list.iter().find(|e| e.name == name).map(|e| e.value)
}

fn llr(a: &Analysis) -> Option<f64> {
    match &a.outcome {
        Outcome::Scored { llr, .. } => Some(*llr),
        Outcome::Abstained(_) => None,
    }
}

fn reason(a: &Analysis) -> Option<AbstainReason> {
    match &a.outcome {
        Outcome::Scored { .. } => None,
        Outcome::Abstained(why) => Some(why.reason),
    }
}

fn last_offset(scene: &Scene) -> f64 {
    let all = scene.review();
    value(all.last().unwrap(), "offset_ms").unwrap_or_else(|| panic!("not locked: {all:?}"))
}

#[test]
fn a_drift_from_the_first_moment_on_is_named_with_its_rate() {
    let mut rates = 0;
    for rate in [-48.0_f64, -36.0, 24.0, 36.0, 48.0] {
        // As long as the offset stays within the second that is looked at.
        let scene = Scene::new(24.0_f64.min(900.0 / rate.abs()), 25.0, |t| rate * t);
        let said = scene.review();
        assert!(said.iter().skip(3).all(|a| llr(a).is_some_and(|l| l > 0.3)), "{rate}: {said:?}");
        // Where it moves faster than a steady offset can be read, the rate is one of those that are tried.
        let found: Vec<f64> = said.iter().filter_map(|a| value(a, "slope_ms_per_s")).collect();
        assert!(found.iter().all(|v| (v - rate).abs() <= 12.0), "{rate}: {found:?}");
        rates += found.len();
    }
    assert!(rates >= 6, "{rates}");
    // Another's words drift nowhere.
    let other = Scene::dubbed(45.0, 25.0, 1, 2, |_| 0.0).review();
    assert!(other.iter().all(|a| value(a, "slope_ms_per_s").is_none()), "{other:?}");
}

#[test]
fn delaying_the_audio_moves_the_offset_up_by_the_delay() {
    for fps in [15.0, 25.0, 30.0] {
        let own = last_offset(&Scene::new(21.0, fps, |_| 0.0));
        for late in [-400.0, -240.0, -120.0, 120.0, 240.0, 400.0] {
            let moved = last_offset(&Scene::new(21.0, fps, |_| late)) - own;
            assert!((moved - late).abs() <= 20.0, "{fps} fps, {late} ms late: moved by {moved}");
        }
    }
}

#[test]
fn a_late_stretch_is_found_with_its_bounds_and_nothing_else_is_flagged() {
    let scene = Scene::new(90.0, 25.0, |t| if (39.0..60.0).contains(&t) { 240.0 } else { 0.0 });
    let all = scene.review();
    let flagged: Vec<&Analysis> = all.iter().filter(|a| llr(a).is_some_and(|l| l > 0.0)).collect();
    assert!(flagged.len() >= 4, "{all:#?}");
    for a in &flagged {
        assert!(a.span.end.as_secs_f64() > 40.0 && a.span.start.as_secs_f64() < 61.0, "{a:?}");
        assert!((value(a, "shift_ms").unwrap() - 240.0).abs() <= 40.0, "{a:?}");
        assert!((value(a, "shift_start_s").unwrap() - 39.0).abs() <= 1.5, "{a:?}");
    }
    let ends: Vec<f64> = all.iter().filter_map(|a| value(a, "shift_end_s")).collect();
    assert!(ends.len() == 1 && (ends[0] - 60.0).abs() <= 1.5, "{ends:?}");
}

#[test]
fn another_voice_is_uncorrelated_and_never_locked() {
    for seed in 2..6 {
        let all = Scene::dubbed(42.0, 25.0, 1, seed, |_| 0.0).review();
        assert!(all.iter().all(|a| value(a, "offset_ms").is_none()), "seed {seed}: {all:#?}");
        assert!(all.iter().all(|a| llr(a).is_none_or(|l| l > 0.0)), "seed {seed}");
        assert!(all.iter().any(|a| llr(a).is_some_and(|l| l >= 1.5)), "seed {seed}: {all:#?}");
    }
    let mut shared = Scene::dubbed(42.0, 25.0, 1, 2, |_| 0.0);
    shared.role = Role::Mixed;
    assert!(shared.review().iter().all(|a| llr(a).is_none()));
}

#[test]
fn too_little_to_measure_is_said_and_never_scored() {
    let check = |scene: &Scene, want: AbstainReason| {
        let all = scene.review();
        let last = all.last().unwrap();
        assert_eq!(reason(last), Some(want), "{last:?}");
        assert!(all.iter().all(|a| llr(a).is_none()), "{all:#?}");
    };
    check(&Scene::new(6.0, 25.0, |_| 0.0), AbstainReason::Gathering);
    check(&Scene::new(21.0, 10.0, |_| 0.0), AbstainReason::LowFrameRate);
    let mut silent = Scene::new(21.0, 25.0, |_| 0.0);
    silent.speech.fill(0.0);
    check(&silent, AbstainReason::NoSpeech);
    let mut hidden = Scene::new(21.0, 25.0, |_| 0.0);
    hidden.face.iter_mut().for_each(|f| f.face = None);
    check(&hidden, AbstainReason::NoFace);
    let mut turned = Scene::new(21.0, 25.0, |_| 0.0);
    turned.face.iter_mut().flat_map(|f| &mut f.face).for_each(|f| f.pose_deg[0] = 60.0);
    check(&turned, AbstainReason::NoFace);
    let mut lost = Scene::new(21.0, 25.0, |_| 0.0);
    lost.missing.fill(true);
    check(&lost, AbstainReason::NoSpeech);
}

#[test]
fn the_low_frame_rate_is_named() {
    let all = Scene::new(12.0, 10.0, |_| 0.0).review();
    let Outcome::Abstained(why) = &all.last().unwrap().outcome else {
        panic!("scored")
    };
    assert_eq!(why.detail, "lip-sync needs >= 15 fps; this track has 10.0");
}

#[test]
fn a_marked_question_gives_no_pairs() {
    let mut scene = Scene::new(21.0, 25.0, |_| 0.0);
    let mark = |s: f64, kind| ControlEvent { time: MediaTime::from_secs_f64(s), kind };
    let id = || "q1".to_owned();
    scene.events = vec![
        mark(0.0, EventKind::QuestionStart { question_id: id() }),
        mark(20.5, EventKind::QuestionEnd { question_id: id() }),
    ];
    assert!(scene.review().iter().all(|a| llr(a).is_none()));
    scene.events.clear();
    assert!(scene.review().iter().any(|a| llr(a).is_some()));
}

#[test]
fn the_same_session_gives_the_same_numbers() {
    let scene = Scene::new(30.0, 25.0, |_| 60.0);
    assert_eq!(scene.review(), scene.review());
}

#[test]
fn the_shipped_weights_and_the_folds_are_sound() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = std::fs::read(root.join("models/lip_sync-l0-1.json")).unwrap();
    assert_eq!(Weights::parse(&shipped).unwrap().id, "lip_sync-l0-1");
    let folds = std::fs::read(root.join("benches/lip_sync_folds.json")).unwrap();
    let folds: serde_json::Value = serde_json::from_slice(&folds).unwrap();
    for fold in folds["folds"].as_array().unwrap() {
        Weights::parse(fold["weights"].to_string().as_bytes()).unwrap();
    }
}

#[test]
fn without_weights_nothing_is_measured() {
    let scene = Scene::new(12.0, 25.0, |_| 0.0);
    let got = scene.analyze(&mut LipSync::default(), 9.0, 12.0);
    assert_eq!(reason(&got), Some(AbstainReason::ModelMissing));
}

#[test]
fn times_far_from_zero_and_broken_points_are_survived() {
    let mut scene = Scene::new(12.0, 25.0, |_| 0.0);
    for (i, f) in scene.face.iter_mut().enumerate() {
        if i % 3 == 0 {
            f.face.iter_mut().for_each(|f| f.landmarks[7][1] = f32::NAN);
        }
        if i % 50 == 0 {
            f.face.iter_mut().for_each(|f| f.mouth = vec![].into());
        }
    }
    scene.logmel[500][3] = f32::NAN;
    let a = scene.review();
    assert!(a.iter().filter_map(llr).all(f64::is_finite), "{a:?}");
}
