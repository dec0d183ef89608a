//! The shipped nets: as in Python within 1e-3 (golden tensors), and tracking over drawn scenes.

use super::nets::{DET, LMK, Nets};
use super::{FaceTracker, TrackConfig};
use crate::core::{Frame, MediaTime};
use crate::engine::{Engine, EngineOptions, ModelSet, ModelsDir};
use crate::vision::{Crop, DET_H, DET_W, LMK_PX, crop_tensor, letterbox};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use std::path::{Path, PathBuf};

const TOLERANCE: f32 = 1e-3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden")
}

fn index() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("pre.json")).unwrap()).unwrap()
}

/// Reads a version 1 .npy file of little-endian floats or bytes in C order.
fn npy(name: &Value) -> ArrayD<f32> {
    let bytes = std::fs::read(folder().join(name.as_str().unwrap())).unwrap();
    let header_len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + header_len]).unwrap();
    assert!(header.contains("'fortran_order': False"), "{header}");
    let shape = header
        .split("'shape': (")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap();
    let shape: Vec<usize> = shape
        .split(',')
        .filter_map(|s| s.trim().parse().ok())
        .collect();
    let body = &bytes[10 + header_len..];
    let values: Vec<f32> = if header.contains("<f4") {
        body.chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    } else {
        assert!(header.contains("|u1"), "{header}");
        body.iter().map(|b| f32::from(*b)).collect()
    };
    ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap()
}

fn number(v: &Value, key: &str) -> f64 {
    v[key].as_f64().unwrap()
}

fn crop_of(v: &Value) -> Crop {
    Crop {
        cx: number(v, "cx"),
        cy: number(v, "cy"),
        side: number(v, "side"),
        roll_rad: number(v, "roll_rad"),
    }
}

fn assert_close<'a>(
    what: &str,
    found: impl IntoIterator<Item = &'a f32>,
    expected: impl IntoIterator<Item = &'a f32>,
    scale: f32,
) {
    let (mut worst, mut n) = (0f32, 0);
    let mut expected = expected.into_iter();
    for f in found {
        let e = expected
            .next()
            .unwrap_or_else(|| panic!("{what}: too many values"));
        worst = worst.max((f - e).abs() / scale.max(e.abs() * f32::from(scale > 1.0)));
        n += 1;
    }
    assert!(
        expected.next().is_none() && n > 0,
        "{what}: {n} values are too few"
    );
    assert!(worst <= TOLERANCE, "{what}: off by {worst}");
}

fn shipped() -> ModelSet {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    Engine::load(&dir, &EngineOptions::default())
        .unwrap()
        .new_set()
        .unwrap()
}

fn drawn_face(case: &Value) -> Frame {
    let pixels = npy(&case["frame"]);
    let (h, w) = (pixels.shape()[0] as u32, pixels.shape()[1] as u32);
    let rgb: Vec<u8> = pixels.iter().map(|v| *v as u8).collect();
    Frame::new(MediaTime::ZERO, 0, w, h, rgb).unwrap()
}

#[test]
fn the_nets_say_what_they_say_in_python() {
    let mut models = shipped();
    for case in index()["nets"].as_array().unwrap() {
        let frame = drawn_face(case);
        let input = ArrayD::from_shape_vec(
            IxDyn(&[1, 3, DET_H, DET_W]),
            letterbox(&frame, DET_W, DET_H).tensor,
        )
        .unwrap();
        let out = models.run(DET, &[("image", input.view())]).unwrap();
        for (i, name) in ["scores", "boxes", "points"].into_iter().enumerate() {
            // Boxes and points are pixels of a 320-pixel picture.
            let scale = if i == 0 { 1.0 } else { 320.0 };
            assert_close(
                name,
                out.get(name).unwrap(),
                npy(&case["det"][i]).iter(),
                scale,
            );
        }
        let pixels = crop_tensor(&frame, &crop_of(&case["lmk_crop"]), LMK_PX);
        let input = ArrayD::from_shape_vec(IxDyn(&[1, 3, LMK_PX, LMK_PX]), pixels).unwrap();
        let out = models.run(LMK, &[("image", input.view())]).unwrap();
        for (i, name) in ["points", "visibility", "pose", "face"]
            .into_iter()
            .enumerate()
        {
            let scale = if name == "pose" { 90.0 } else { 1.0 };
            assert_close(
                name,
                out.get(name).unwrap(),
                npy(&case["lmk"][i]).iter(),
                scale,
            );
        }
        let nets = Nets::new(&models).unwrap();
        let best = nets.detect(&frame, &mut models).unwrap()[0];
        assert!((f64::from(best.score) - number(case, "best_score")).abs() < 1e-3);
    }
}

/// The drawn face on a wide gray picture, its left edge at `x` and `size` pixels wide.
fn scene(face: &Frame, places: &[(u32, u32)], ms: i64) -> Frame {
    let (w, h) = (800u32, 400u32);
    let mut rgb = vec![110u8; (w * h * 3) as usize];
    for &(x0, size) in places {
        for y in 0..size.min(h) {
            for x in 0..size.min(w - x0) {
                let from =
                    ((y * face.height / size * face.width + x * face.width / size) * 3) as usize;
                let to = ((y * w + x0 + x) * 3) as usize;
                rgb[to..to + 3].copy_from_slice(&face.rgb()[from..from + 3]);
            }
        }
    }
    Frame::new(MediaTime::from_ms(ms), 0, w, h, rgb).unwrap()
}

#[test]
fn a_track_keeps_its_face_when_a_larger_one_comes_in() {
    let (mut models, face) = (shipped(), drawn_face(&index()["nets"][0]));
    let mut tracker = FaceTracker::new(TrackConfig::default());
    for i in 0..60i64 {
        let places: &[(u32, u32)] = if i < 20 {
            &[(40, 288)]
        } else {
            &[(40, 288), (420, 370)]
        };
        let obs = tracker
            .observe(&scene(&face, places, 40 * i), &mut models)
            .unwrap();
        let found = obs
            .face
            .unwrap_or_else(|| panic!("picture {i} has no face"));
        assert!(found.bbox[2] < 400.0, "picture {i}: {:?}", found.bbox);
        assert_eq!(obs.faces, if i < 25 { 1 } else { 2 }, "picture {i}");
        assert_eq!(obs.repeated, i != 0 && i != 20, "picture {i}");
        assert_eq!(found.mouth.len(), 64 * 48);
        assert!(found.pose_deg[2].abs() < 10.0 && found.iod_px > 30.0);
    }
    let mut fresh = FaceTracker::new(TrackConfig::default());
    let obs = fresh
        .observe(&scene(&face, &[(40, 200), (420, 370)], 0), &mut models)
        .unwrap();
    assert!(
        obs.face.unwrap().bbox[0] > 400.0,
        "a fresh track takes the larger face"
    );
}

#[test]
fn what_is_too_little_of_a_face_starts_no_track() {
    let (mut models, face) = (shipped(), drawn_face(&index()["nets"][0]));
    let strict = TrackConfig {
        clear_face: 1.1,
        ..TrackConfig::default()
    };
    for (config, expected) in [(strict, false), (TrackConfig::default(), true)] {
        let mut tracker = FaceTracker::new(config);
        let obs = tracker
            .observe(&scene(&face, &[(200, 288)], 0), &mut models)
            .unwrap();
        assert_eq!(obs.face.is_some(), expected, "{config:?}");
    }
}

#[test]
fn a_face_that_goes_is_gone_and_is_taken_up_again() {
    let (mut models, face) = (shipped(), drawn_face(&index()["nets"][0]));
    let mut tracker = FaceTracker::new(TrackConfig::default());
    for i in 0..120i64 {
        let here = !(20..90).contains(&i);
        let places: &[(u32, u32)] = if here { &[(200, 288)] } else { &[] };
        let obs = tracker
            .observe(&scene(&face, places, 40 * i), &mut models)
            .unwrap();
        let late = (90..96).contains(&i);
        assert!(late || obs.face.is_some() == here, "picture {i}");
    }
}

#[test]
fn a_scene_stays_for_a_while_where_a_face_was_hidden_and_comes_at_most_fifteen_times_a_second() {
    use crate::core::SCENE_PX;
    let (mut models, face) = (shipped(), drawn_face(&index()["nets"][0]));
    let mut tracker = FaceTracker::new(TrackConfig::default());
    let (mut with_face, mut hidden, mut none_left) = (0, 0, true);
    for i in 0..100i64 {
        let places: &[(u32, u32)] = if i < 25 { &[(200, 288)] } else { &[] };
        let frame = scene(&face, places, 40 * i);
        let obs = tracker.observe(&frame, &mut models).unwrap();
        let Some(cut) = tracker.scene(&frame) else {
            continue;
        };
        assert_eq!(cut.rgb.len(), SCENE_PX * SCENE_PX * 3);
        match obs.face {
            Some(f) => {
                with_face += 1;
                assert_eq!((cut.age_ns, cut.face), (0, f.bbox));
                let [x0, _] = cut.to_scene([f.bbox[0], f.bbox[1]]);
                let [x1, _] = cut.to_scene([f.bbox[2], f.bbox[3]]);
                assert!((x0 + x1 - 1.0).abs() < 1e-3 && x0 > 0.15 && x1 < 0.85);
            }
            None => {
                hidden += 1;
                assert!(cut.age_ns > 0 && cut.age_ns <= 2_000_000_000);
                none_left &= i < 76;
            }
        }
    }
    assert!((14..=16).contains(&with_face), "{with_face}");
    assert!(hidden > 20 && none_left, "{hidden}");
}

#[test]
fn tracking_is_deterministic_and_a_new_epoch_starts_afresh() {
    let (mut models, face) = (shipped(), drawn_face(&index()["nets"][0]));
    let mut run = |epoch_at: i64| -> Vec<(bool, Vec<u32>)> {
        let mut tracker = FaceTracker::new(TrackConfig::default());
        let observe = |i: i64| {
            let mut frame = scene(&face, &[(40 + 3 * i as u32, 288)], 40 * i);
            frame.epoch = u32::from(i >= epoch_at);
            let obs = tracker.observe(&frame, &mut models).unwrap();
            let bits = obs
                .face
                .iter()
                .flat_map(|f| f.landmarks.iter().flatten().map(|v| v.to_bits()));
            (obs.repeated, bits.collect())
        };
        (0..12).map(observe).collect()
    };
    let (a, b, c) = (run(100), run(100), run(6));
    assert_eq!(a, b);
    assert_eq!(a[..6], c[..6]);
    assert!(
        !c[6].1.is_empty() && a[6] != c[6],
        "picture 6 is measured from a detection"
    );
}
