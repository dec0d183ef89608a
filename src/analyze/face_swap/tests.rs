//! Gates and pooling on made-up settings; the shipped net against Python's golden values.

use super::net::Form;
use super::settings::Made;
use crate::analyze::gates::Gates;
use super::*;
use crate::core::{
    DETAIL_PX,
    ClockSource, Coverage, FaceObs, Frame, LANDMARKS, MediaTime, ParticipantId, Quality, Role, Span,
};
use crate::engine::{Engine, EngineOptions, ModelsDir};
use crate::vision::{crop_rgb, face_in_crop, native_crop};
use serde_json::Value;
use std::path::Path;

pub(super) fn settings() -> Settings {
    Settings {
        form: Form::Shipped,
        gates: Gates {
            min_face_px: 60.0,
            min_sharpness: 4.0,
            luma: (30.0, 235.0),
            max_yaw_deg: 45.0,
            min_pictures: 4,
        },
        full_face_px: 110.0,
        full_pictures: 10,
        max_distance: 6.0,
        max_drawn: None,
        scores: (-3.0, 4.0),
        slope: 2.0,
        offset: -0.5,
        cap: 1.0,
        known_share: 1.0,
        no_vote: None,
        regions: vec!["inside".into(), "mouth".into()],
        made: None,
        reference: Err("no reference in this test".into()),
        onset: None,
    }
}

fn face(height: f32) -> Face {
    Face {
        bbox: [10.0, 10.0, 10.0 + 0.75 * height, 10.0 + height],
        landmarks: [[0.0; 2]; LANDMARKS],
        visibility: [1.0; 6],
        pose_deg: [0.0; 3],
        presence: 1.0,
        iod_px: 40.0,
        mouth: Vec::new().into(),
        appearance: Vec::new().into(),
        sharpness: 50.0,
        luma: 120.0,
    }
}

pub(in crate::analyze) fn observations(n: i64, change: impl Fn(&mut Face)) -> Vec<FaceObs> {
    (0..n)
        .map(|i| {
            let mut face = face(140.0);
            change(&mut face);
            FaceObs {
                time: MediaTime::from_ms(250 * i),
                epoch: 0,
                face: Some(face),
                faces: 1,
                repeated: false,
                detail: Some(FaceDetail {
                    rgb: vec![128; 3 * DETAIL_PX * DETAIL_PX].into(),
                    face: [0.5, 0.5, 0.45, 0.6],
                    scale: 1.0,
                }),
                scene: None,
            }
        })
        .collect()
}

pub(in crate::analyze) fn with_segment<T>(face: &[FaceObs], presence: f64, run: impl FnOnce(&Segment<'_>) -> T) -> T {
    with_span(face, presence, Span::new(MediaTime::ZERO, MediaTime::from_ms(3000)), run)
}

pub(in crate::analyze) fn with_span<T>(
    face: &[FaceObs],
    presence: f64,
    span: Span,
    run: impl FnOnce(&Segment<'_>) -> T,
) -> T {
    let participant = ParticipantId::parse("candidate").unwrap();
    let quality = Quality { face_presence: presence, ..Quality::default() };
    run(&Segment {
        participant: &participant,
        role: Role::Candidate,
        index: 0,
        span,
        face,
        voice: None,
        interviewer: None,
        events: &[],
        quality: &quality,
        coverage: &Coverage::default(),
        clock: ClockSource::Unknown,
        reference: None,
        last: false,
    })
}

#[test]
fn poor_pictures_are_refused_with_their_reason() {
    type Spoil = fn(&mut Face);
    let cases: [(&str, Spoil, AbstainReason); 7] = [
        ("", |_| {}, AbstainReason::Failed),
        ("too small", |f| f.bbox[3] = f.bbox[1] + 59.0, AbstainReason::LowQuality),
        ("dark", |f| f.luma = 12.0, AbstainReason::LowQuality),
        ("bright", |f| f.luma = 250.0, AbstainReason::LowQuality),
        ("blurred", |f| f.sharpness = 0.5, AbstainReason::LowQuality),
        ("turned", |f| f.pose_deg[0] = -60.0, AbstainReason::LowQuality),
        ("blurred", |f| f.sharpness = f32::NAN, AbstainReason::LowQuality),
    ];
    for (word, change, reason) in cases {
        let all = observations(12, change);
        let found = with_segment(&all, 1.0, |s| settings().gates.usable(s).map(|k| k.len()));
        match found {
            Ok(n) => assert!(word.is_empty() && n == 12, "{word}: {n}"),
            Err(a) => {
                assert_eq!(a.reason, reason, "{word}");
                assert!(a.detail.contains(word), "{}", a.detail);
            }
        }
    }
}

#[test]
fn too_few_pictures_and_no_face_are_told_apart() {
    let few = observations(3, |_| {});
    for (presence, reason) in [(1.0, AbstainReason::TooShort), (0.2, AbstainReason::NoFace)] {
        let found = with_segment(&few, presence, |s| settings().gates.usable(s).map(|k| k.len()));
        assert_eq!(found.unwrap_err().reason, reason);
    }
    // Pictures of other segments and of an earlier layout do not count.
    let mut all = observations(16, |_| {});
    all[..8].iter_mut().for_each(|o| o.epoch = 1);
    let found = with_segment(&all, 1.0, |s| settings().gates.usable(s).map(|k| k.len()));
    assert_eq!(found.unwrap(), 4);
}

#[test]
fn the_llr_is_capped_and_quality_only_shrinks() {
    let s = settings();
    assert_eq!((s.llr(100.0), s.llr(-100.0)), (1.0, -1.0));
    assert_eq!(s.llr(s.neutral()), 0.0);
    assert_eq!(s.quality(20, 200.0), 1.0);
    assert_eq!(s.quality(5, 60.0), 0.25);
    // Half of what may be wrong is of a kind that was never seen: clean of the one kind halves the odds.
    let half = Settings { known_share: 0.5, ..settings() };
    assert!((half.llr(-100.0) - 0.5f64.ln()).abs() < 1e-9);
    assert_eq!((half.llr(s.neutral()), half.llr(100.0)), (0.0, 1.0));
    assert!(half.llr(0.4) < half.llr(0.5));
    assert_eq!(Settings { known_share: 0.0, ..settings() }.llr(9.0), 0.0);
    assert_eq!(Settings { cap: 0.0, ..s }.llr(5.0), 0.0);
}

#[test]
fn made_kinds_enter_by_their_share() {
    let made = Some(Made { slope: 1.0, offset: 0.0, cap: 2.0, floor: -2.0, share: 0.25 });
    let s = Settings { made, known_share: 0.5, ..settings() };
    let llr = |s: &Settings, score, made| {
        s.segment_llr(&Pooled { score, distance: 1.0, regions: Vec::new(), made, drawn: None }, &Change::Unknown)
    };
    let (neutral, strong) = (s.neutral(), Some(9.0));
    // Quiet on both sides: no evidence; a kind that was made stands out by its share alone.
    assert!(llr(&s, neutral, Some(0.0)).abs() < 1e-12);
    assert!((llr(&s, neutral, strong) - (0.75 + 0.25 * 2f64.exp()).ln()).abs() < 1e-12);
    // Where neither the tool's traces nor made ones are, what looks like a camera picture is left.
    let clean = llr(&s, -99.0, Some(-99.0));
    assert!((clean - (0.25 + 0.25 * (-2f64).exp()).ln()).abs() < 1e-9, "{clean}");
    // It rises with each score, and a net without the read-out is judged as before.
    assert!(llr(&s, 0.4, Some(1.0)) > llr(&s, 0.3, Some(1.0)));
    assert!(llr(&s, 0.4, Some(1.0)) > llr(&s, 0.4, Some(0.9)));
    assert_eq!(llr(&s, 0.4, None), s.llr(0.4));
    assert_eq!(llr(&Settings { made: None, ..s.clone() }, 0.4, strong), s.llr(0.4));
    // With a floor of 0 the absence of made traces is no evidence.
    let made = s.made.clone().map(|m| Made { floor: 0.0, ..m });
    let upwards = Settings { made, ..s.clone() };
    assert_eq!(llr(&upwards, 0.4, Some(-9.0)), s.llr(0.4));
    assert_eq!(llr(&upwards, 0.4, strong), llr(&s, 0.4, strong));
}

#[test]
fn what_lies_beyond_the_known_material_is_not_judged() {
    let s = settings();
    for (score, distance, known) in [
        (0.0, 1.0, true),
        (-2.9, 5.9, true),
        (-3.1, 1.0, false),
        (4.1, 1.0, false),
        (0.0, 6.1, false),
        (f64::NAN, 1.0, false),
        (0.0, f64::NAN, false),
    ] {
        let pooled = Pooled { score, distance, regions: Vec::new(), made: None, drawn: None };
        let why = s.unknown_material(&pooled).or_else(|| s.unknown_score(&pooled));
        assert_eq!(why.is_none(), known, "{score} {distance}");
    }
    let told = Settings { max_drawn: Some(0.5), ..s };
    for (drawn, known) in [(Some(0.4), true), (Some(0.6), false), (Some(f64::NAN), false), (None, true)] {
        let why = told.unknown_material(&Pooled { score: 0.0, distance: 1.0, regions: Vec::new(), made: None, drawn });
        assert_eq!(why.is_none(), known, "{drawn:?}");
        assert!(why.is_none_or(|w| w.contains("drawn, not filmed")));
    }
}

/// Pictures that the shipped net was asked about in a segment of twelve, with an offset that makes it certain.
fn looked_at(offset: f64, max_distance: f64) -> (f64, f64) {
    let mut models = shipped();
    let known = Settings { offset, max_distance, max_drawn: None, made: None, scores: (-1e9, 1e9), ..Settings::read(&models).unwrap() };
    let mut signal = FaceSwap { settings: Some(known), ..FaceSwap::default() };
    let all = observations(12, |_| {});
    let analysis = with_segment(&all, 1.0, |s| signal.analyze(s, &mut models));
    let Outcome::Scored { quality, evidence, .. } = analysis.outcome else {
        assert!(max_distance < 1e9, "{:?}", analysis.outcome);
        return (signal.memo.len() as f64, 0.0);
    };
    let told = evidence.iter().find(|e| e.name == "pictures").unwrap().value;
    assert_eq!(told, signal.memo.len() as f64);
    (told, quality)
}

#[test]
fn a_suspicion_asks_for_every_picture() {
    assert_eq!(looked_at(-900.0, 1e9), (6.0, 1.0), "quiet: half of them, at the quality of all");
    assert_eq!(looked_at(900.0, 1e9), (12.0, 1.0), "suspicious");
    assert_eq!(looked_at(900.0, 0.0), (6.0, 0.0), "far from what is known, where no score counts");
}

#[test]
fn without_a_net_it_abstains() {
    let all = observations(12, |_| {});
    let analysis =
        with_segment(&all, 1.0, |s| FaceSwap::default().analyze(s, &mut ModelSet::default()));
    match analysis.outcome {
        Outcome::Abstained(a) => assert_eq!(a.reason, AbstainReason::ModelMissing),
        scored @ Outcome::Scored { .. } => panic!("{scored:?}"),
    }
}

pub(in crate::analyze) fn shipped() -> ModelSet {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    Engine::load(&dir, &EngineOptions::default()).unwrap().new_set().unwrap()
}

fn list(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The formula-defined frame of `models/train/liveproof_train/golden_artifact.py`.
pub(in crate::analyze) fn noisy(width: u32, height: u32) -> Frame {
    let tri = |v: i64| {
        let v = v.rem_euclid(512);
        if v < 256 { v } else { 511 - v }
    };
    let mut rgb = Vec::new();
    for y in 0..i64::from(height) {
        for x in 0..i64::from(width) {
            let base = [tri(3 * x + 2 * y), tri(x * x / 64 + y), tri(5 * y + x / 2)];
            for (c, v) in base.into_iter().enumerate() {
                let seed = x * 7919 + y * 104_729 + c as i64 * 1_299_709;
                let noise = (seed * 2_654_435_761).rem_euclid(1 << 32) >> 28;
                rgb.push((v / 4 + 64 + noise) as u8);
            }
        }
    }
    Frame::new(MediaTime::ZERO, 0, width, height, rgb).unwrap()
}

#[test]
fn crops_and_answers_are_those_of_python() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden/artifact-1.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut models = shipped();
    let settings = Settings::read(&models).unwrap();
    assert_eq!(golden["sha256"].as_str(), Some(models.model(TASK).unwrap().sha256.as_str()));
    for case in golden["cases"].as_array().unwrap() {
        let size = list(&case["frame"]);
        let frame = noisy(size[0] as u32, size[1] as u32);
        let bbox: [f32; 4] = std::array::from_fn(|i| list(&case["box"])[i] as f32);
        let crop = native_crop(bbox);
        assert_eq!(vec![crop.cx, crop.cy], list(&case["centre"]));
        assert!((crop.side - case["side"].as_f64().unwrap()).abs() < 1e-6);
        let detail = FaceDetail {
            rgb: crop_rgb(&frame, &crop, DETAIL_PX).into(),
            face: face_in_crop(bbox, &crop),
            scale: (crop.side / DETAIL_PX as f64) as f32,
        };
        for (found, expected) in detail.face.iter().zip(list(&case["face"])) {
            assert!((f64::from(*found) - expected).abs() < 1e-5);
        }
        blocks_agree(&detail, &case["blocks"], crop.side > DETAIL_PX as f64);
        let seen = settings.form.look(&settings, &detail, &mut models).unwrap();
        let mut expected = vec![case["logit"].as_f64().unwrap()];
        expected.extend(list(&case["embedding"]));
        expected.extend(list(&case["regions"]));
        expected.push(case["made"].as_f64().unwrap());
        expected.push(case["drawn"].as_f64().unwrap());
        expected.extend(list(&case["onset"]));
        let (made, drawn) = (seen.made.unwrap(), seen.drawn.unwrap());
        let found = std::iter::once(seen.logit).chain(seen.embedding).chain(seen.regions).chain([made, drawn]).chain(seen.traces.unwrap().onset);
        let found: Vec<f64> = found.collect();
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(&expected) {
            assert!((f - e).abs() <= 1e-3 * e.abs().max(1.0), "{f} against {e}");
        }
    }
}

/// Sums over blocks of 8 x 8 pixels, every seventh row and fifth column of blocks. Copied pixels
/// agree exactly; where a large face is shrunk, a sample may round to the other side.
fn blocks_agree(detail: &FaceDetail, blocks: &Value, shrunk: bool) {
    let slack = if shrunk { 2 } else { 0 };
    for (j, row) in blocks.as_array().unwrap().iter().enumerate() {
        for (i, block) in row.as_array().unwrap().iter().enumerate() {
            for (c, expected) in list(block).into_iter().enumerate() {
                let mut sum = 0i64;
                for y in 0..8 {
                    for x in 0..8 {
                        let at = ((j * 56 + y) * DETAIL_PX + i * 40 + x) * 3 + c;
                        sum += i64::from(detail.rgb[at]);
                    }
                }
                assert!((sum - expected as i64).abs() <= slack, "{j} {i} {c}: {sum} {expected}");
            }
        }
    }
}
