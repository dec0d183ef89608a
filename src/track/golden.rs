//! Golden tensors of the training code: preprocessing and nets agree within 1e-3.

use super::geometry::{crop_from_detection, crop_from_points};
use super::nets::{DET, LMK, Nets};
use super::sample::{self, Outside, Patch};
use super::{FaceTracker, TrackConfig};
use crate::core::{Frame, Landmarks, MediaTime};
use crate::engine::{Engine, EngineOptions, ModelSet, ModelsDir};
use ndarray::{Array4, ArrayD, IxDyn};
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

/// The frame that golden.py defines by integer formulas.
fn pattern(size: &Value) -> Frame {
    let side = |i: usize| size[i].as_u64().unwrap() as u32;
    let (width, height) = (side(0), side(1));
    let tri = |v: u32| if v % 512 < 256 { v % 512 } else { 511 - v % 512 } as u8;
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            rgb.extend([tri(3 * x + 2 * y), tri(x * x / 64 + y), tri(5 * y + x / 2)]);
        }
    }
    Frame::new(MediaTime::ZERO, 0, width, height, rgb).unwrap()
}

fn number(v: &Value, key: &str) -> f64 {
    v[key].as_f64().unwrap()
}

fn crop_of(v: &Value) -> Patch {
    Patch {
        cx: number(v, "cx"),
        cy: number(v, "cy"),
        width: number(v, "side"),
        height: number(v, "side"),
        roll: number(v, "roll_rad"),
    }
}

/// A 3 x rows x cols tensor, (value / 255 - 0.5) / 0.5, with the padding of a black pixel.
fn normalised(
    rows: usize,
    cols: usize,
    fill: impl FnOnce(&mut dyn FnMut(usize, [f32; 3])),
) -> Array4<f32> {
    let mut out = Array4::from_elem((1, 3, rows, cols), -1.0f32);
    fill(&mut |i, rgb| {
        for (c, v) in rgb.into_iter().enumerate() {
            out[[0, c, i / cols, i % cols]] = (v / 255.0 - 0.5) / 0.5;
        }
    });
    out
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
fn letterbox_is_that_of_training() {
    for case in index()["letterbox"].as_array().unwrap() {
        let frame = pattern(&case["pattern"]);
        let mut scale = 0.0;
        let tensor = normalised(192, 320, |put| {
            scale = sample::letterbox(&frame, (320, 192), put);
        });
        assert!((scale - number(case, "scale")).abs() < 1e-9);
        let step = case["row_step"].as_u64().unwrap() as usize;
        let rows: Vec<f32> = tensor
            .outer_iter()
            .flat_map(|batch| batch.outer_iter().map(|p| p.to_owned()).collect::<Vec<_>>())
            .flat_map(|plane| {
                plane
                    .outer_iter()
                    .step_by(step)
                    .flatten()
                    .copied()
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_close(
            &case["pattern"].to_string(),
            &rows,
            npy(&case["tensor"]).iter(),
            1.0,
        );
    }
}

#[test]
fn crops_are_those_of_training() {
    for case in index()["crop"].as_array().unwrap() {
        let frame = pattern(&case["pattern"]);
        let tensor = normalised(112, 112, |put| {
            sample::patch(&frame, crop_of(case), (112, 112), Outside::Zero, put);
        });
        assert_close(
            &case["pattern"].to_string(),
            &tensor,
            npy(&case["tensor"]).iter(),
            1.0,
        );
    }
}

fn landmarks(flat: &ArrayD<f32>) -> Landmarks {
    let mut flat = flat.iter();
    std::array::from_fn(|_| std::array::from_fn(|_| *flat.next().unwrap()))
}

fn assert_same_crop(found: Patch, expected: &Value) {
    let e = crop_of(expected);
    for (f, e) in [
        (found.cx, e.cx),
        (found.cy, e.cy),
        (found.width, e.width),
        (found.roll, e.roll),
    ] {
        assert!((f - e).abs() < 1e-3, "{found:?}, expected {expected}");
    }
}

#[test]
fn crop_geometry_is_that_of_training() {
    let index = index();
    for case in index["crop_from_points"].as_array().unwrap() {
        assert_same_crop(
            crop_from_points(&landmarks(&npy(&case["points"])), 1.4),
            case,
        );
    }
    for case in index["crop_from_detection"].as_array().unwrap() {
        let value = |v: &Value| v.as_f64().unwrap() as f32;
        let bbox = std::array::from_fn(|i| value(&case["box"][i]));
        let five = std::array::from_fn(|i| std::array::from_fn(|j| value(&case["five"][i][j])));
        assert_same_crop(crop_from_detection(bbox, &five, 1.4), case);
    }
}

#[test]
fn the_nets_say_what_they_say_in_python() {
    let mut models = shipped();
    for case in index()["nets"].as_array().unwrap() {
        let frame = drawn_face(case);
        let input = normalised(192, 320, |put| {
            sample::letterbox(&frame, (320, 192), put);
        });
        let out = models
            .run(DET, &[("image", input.view().into_dyn())])
            .unwrap();
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
        let crop = crop_of(&case["lmk_crop"]);
        let input = normalised(112, 112, |put| {
            sample::patch(&frame, crop, (112, 112), Outside::Zero, put);
        });
        let out = models
            .run(LMK, &[("image", input.view().into_dyn())])
            .unwrap();
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
        let mut nets = Nets::new(&models).unwrap();
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
