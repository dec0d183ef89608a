//! Golden tensors from the training code, and properties that hold for every picture.

use super::*;
use crate::core::{Frame, LANDMARKS, Landmarks, MediaTime};
use serde_json::Value;
use std::path::PathBuf;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/golden")
        .join(name)
}

/// Values of a little-endian C-order .npy file of floats.
fn npy_f32(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(golden(name)).unwrap();
    assert_eq!(&bytes[..6], b"\x93NUMPY");
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    assert!(
        text.contains("'<f4'") && text.contains("'fortran_order': False"),
        "{text}"
    );
    bytes[10 + header..]
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect()
}

fn index() -> Value {
    serde_json::from_slice(&std::fs::read(golden("pre.json")).unwrap()).unwrap()
}

fn frame_of(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Frame {
    let rgb: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| pixel(x, y))
        .collect();
    Frame::new(MediaTime::ZERO, 0, width, height, rgb).unwrap()
}

/// The formula-defined picture of models/train/liveproof_train/golden.py.
fn pattern(width: u32, height: u32) -> Frame {
    let tri = |v: u32| {
        let v = v % 512;
        (if v < 256 { v } else { 511 - v }) as u8
    };
    frame_of(width, height, |x, y| {
        [tri(3 * x + 2 * y), tri(x * x / 64 + y), tri(5 * y + x / 2)]
    })
}

fn pattern_of(case: &Value) -> Frame {
    let side = |i: usize| case["pattern"][i].as_u64().unwrap() as u32;
    pattern(side(0), side(1))
}

fn crop_of(case: &Value) -> Crop {
    let n = |key: &str| case[key].as_f64().unwrap();
    Crop {
        cx: n("cx"),
        cy: n("cy"),
        side: n("side"),
        roll_rad: n("roll_rad"),
    }
}

fn assert_close(ours: &[f32], golden: &[f32], what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    let worst = ours
        .iter()
        .zip(golden)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst <= 1e-3, "{what}: off by {worst}");
}

#[test]
fn letterbox_matches_the_training_code() {
    let cases = index();
    let cases = cases["letterbox"].as_array().unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let ours = letterbox(&pattern_of(case), DET_W, DET_H);
        assert!((ours.scale - case["scale"].as_f64().unwrap()).abs() < 1e-9);
        let step = case["row_step"].as_u64().unwrap() as usize;
        let rows: Vec<f32> = ours
            .tensor
            .chunks_exact(DET_W * DET_H)
            .flat_map(|c| c.chunks_exact(DET_W).step_by(step).flatten())
            .copied()
            .collect();
        let name = case["tensor"].as_str().unwrap();
        assert_close(&rows, &npy_f32(name), name);
    }
}

#[test]
fn crops_match_the_training_code() {
    let cases = index();
    let cases = cases["crop"].as_array().unwrap();
    assert!(cases.len() >= 3);
    for case in cases {
        let ours = crop_tensor(&pattern_of(case), &crop_of(case), LMK_PX);
        let name = case["tensor"].as_str().unwrap();
        assert_close(&ours, &npy_f32(name), name);
    }
}

#[test]
fn crop_geometry_matches_the_training_code() {
    let index = index();
    let same = |ours: Crop, case: &Value| {
        let c = crop_of(case);
        for (a, b) in [(ours.cx, c.cx), (ours.cy, c.cy), (ours.side, c.side)] {
            assert!((a - b).abs() < 1e-2, "{ours:?} {c:?}");
        }
        assert!((ours.roll_rad - c.roll_rad).abs() < 1e-4, "{ours:?} {c:?}");
    };
    for case in index["crop_from_detection"].as_array().unwrap() {
        let f = |v: &Value| v.as_f64().unwrap() as f32;
        let bbox = std::array::from_fn(|i| f(&case["box"][i]));
        let eye = |i: usize| [f(&case["five"][i][0]), f(&case["five"][i][1])];
        same(crop_from_detection(bbox, [eye(0), eye(1)]), case);
    }
    for case in index["crop_from_points"].as_array().unwrap() {
        let flat = npy_f32(case["points"].as_str().unwrap());
        let mut landmarks: Landmarks = [[0.0; 2]; LANDMARKS];
        for (p, v) in landmarks.iter_mut().zip(flat.chunks_exact(2)) {
            *p = [v[0], v[1]];
        }
        same(crop_from_points(&landmarks), case);
    }
}

#[test]
fn crop_coordinates_round_trip() {
    let crop = Crop {
        cx: 40.0,
        cy: 60.0,
        side: 25.0,
        roll_rad: 0.7,
    };
    for p in [[0.0, 0.0], [0.5, 0.5], [1.0, 0.25], [-0.3, 1.4]] {
        let back = crop.to_crop(crop.to_frame(p));
        assert!((back[0] - p[0]).abs() < 1e-5 && (back[1] - p[1]).abs() < 1e-5);
    }
    assert_eq!(crop.to_frame([0.5, 0.5]), [40.0, 60.0]);
}

#[test]
fn unusable_crops_give_black_not_panics() {
    let f = pattern(40, 30);
    let good = Crop {
        cx: 20.0,
        cy: 15.0,
        side: 20.0,
        roll_rad: 0.0,
    };
    for crop in [
        Crop { side: 0.0, ..good },
        Crop { side: -3.0, ..good },
        Crop {
            cx: f64::NAN,
            ..good
        },
        Crop {
            cy: f64::INFINITY,
            ..good
        },
        Crop { cx: -1e12, ..good },
        Crop { cx: 1e300, ..good },
    ] {
        assert!(
            crop_tensor(&f, &crop, 16).iter().all(|v| *v == -1.0),
            "{crop:?}"
        );
        assert!(
            gray_patch(&f, &crop, 8, 6).iter().all(|v| *v == 0),
            "{crop:?}"
        );
    }
    // A gigantic side is a speck, and must not take gigantic time.
    let t = crop_tensor(&f, &Crop { side: 1e30, ..good }, 16);
    assert!(t.iter().all(|v| v.is_finite()));
    assert!(crop_tensor(&f, &good, 0).is_empty());
}

#[test]
fn similarity_is_recovered_and_degenerate_sets_are_refused() {
    let truth = Similarity {
        a: 1.5 * 0.3f64.cos(),
        b: 1.5 * 0.3f64.sin(),
        tx: 12.0,
        ty: -7.0,
    };
    let from = [[0.0, 0.0], [10.0, 2.0], [-3.0, 8.0], [4.0, -6.0]];
    let to = from.map(|p| truth.apply(p));
    let fit = Similarity::fit(&from, &to).unwrap();
    assert!((fit.scale() - 1.5).abs() < 1e-5 && (fit.angle_rad() - 0.3).abs() < 1e-5);
    assert!((fit.tx - 12.0).abs() < 1e-4 && (fit.ty + 7.0).abs() < 1e-4);
    assert!(Similarity::fit(&from[..1], &to[..1]).is_none());
    assert!(Similarity::fit(&from, &to[..3]).is_none());
    assert!(Similarity::fit(&[[1.0, 1.0]; 3], &[[0.0, 0.0]; 3]).is_none());
    assert!(Similarity::fit(&[[f32::NAN, 0.0], [1.0, 1.0]], &[[0.0, 0.0], [1.0, 1.0]]).is_none());
}

#[test]
fn gray_patches_are_upright_and_centred() {
    // A bright square at (30..34, 20..24) on dark ground.
    let f = frame_of(64, 48, |x, y| {
        if (30..34).contains(&x) && (20..24).contains(&y) {
            [255; 3]
        } else {
            [10; 3]
        }
    });
    for roll_rad in [0.0, 0.5, -1.2] {
        let crop = Crop {
            cx: 32.0,
            cy: 22.0,
            side: 16.0,
            roll_rad,
        };
        let p = gray_patch(&f, &crop, 16, 12);
        assert_eq!(p.len(), 16 * 12);
        assert!(p[5 * 16 + 7] == 255 && p[6 * 16 + 8] == 255, "{roll_rad}");
        assert_eq!(p[0], 10);
    }
}

fn sharpness(frame: &Frame, bbox: [f32; 4]) -> Option<f32> {
    BoxLuma::of(frame, bbox)?.sharpness()
}

fn mean_luma(frame: &Frame, bbox: [f32; 4]) -> Option<f32> {
    Some(BoxLuma::of(frame, bbox)?.mean())
}

#[test]
fn sharpness_falls_with_blur_and_light_is_measured() {
    let sharp = frame_of(60, 60, |x, y| {
        if (x / 4 + y / 4) % 2 == 0 {
            [40; 3]
        } else {
            [200; 3]
        }
    });
    let soft = frame_of(60, 60, |x, _| [(60 + x) as u8; 3]);
    let bbox = [5.0, 5.0, 55.0, 55.0];
    assert!(sharpness(&sharp, bbox).unwrap() > 1_000.0);
    assert!(sharpness(&soft, bbox).unwrap() < 1.0);
    assert!((mean_luma(&sharp, [0.0, 0.0, 56.0, 56.0]).unwrap() - 120.0).abs() < 1.0);
    for outside in [
        [70.0, 0.0, 90.0, 20.0],
        [10.0, 10.0, 10.0, 20.0],
        [f32::NAN, 0.0, 10.0, 10.0],
        [30.0, 30.0, 20.0, 20.0],
    ] {
        assert!(sharpness(&sharp, outside).is_none() && mean_luma(&sharp, outside).is_none());
    }
    assert!(mean_luma(&sharp, [-1e9, -1e9, 1e9, 1e9]).is_some());
    assert!(sharpness(&sharp, [0.0, 0.0, 2.0, 2.0]).is_none());
}

#[test]
fn repeated_pictures_are_told_from_new_ones() {
    let a = pattern(320, 180);
    let moved = frame_of(320, 180, |x, y| {
        let at = ((y * 320 + (x + 1) % 320) * 3) as usize;
        [a.rgb()[at], a.rgb()[at + 1], a.rgb()[at + 2]]
    });
    let (ga, gm) = (LumaGrid::of(&a), LumaGrid::of(&moved));
    assert_eq!(ga.mean_abs_diff(&LumaGrid::of(&a)), Some(0.0));
    assert!(ga.mean_abs_diff(&gm).unwrap() > 0.25);
    assert_eq!(ga.mean_abs_diff(&LumaGrid::of(&pattern(300, 180))), None);
    assert_eq!(LumaGrid::of(&pattern(2, 3)).mean_abs_diff(&ga), None);
}

#[cfg(feature = "opencv")]
#[test]
fn opencv_agrees_with_the_plain_warp() {
    let f = pattern(300, 220);
    for (side, roll_rad) in [(90.0, 0.2), (112.0, 0.0), (130.0, -0.6)] {
        let crop = Crop {
            cx: 150.0,
            cy: 110.0,
            side,
            roll_rad,
        };
        let ours = crop_tensor(&f, &crop, LMK_PX);
        let theirs = cv::warp_rgb(&f, &crop, LMK_PX).unwrap();
        let plane = LMK_PX * LMK_PX;
        let (mut sum, mut worst) = (0.0, 0.0f32);
        for (i, pixel) in theirs.chunks_exact(3).enumerate() {
            for (c, v) in pixel.iter().enumerate() {
                let level = (ours[c * plane + i] * 0.5 + 0.5) * 255.0;
                let d = (level - f32::from(*v)).abs();
                sum += d;
                worst = worst.max(d);
            }
        }
        let mean = sum / (3 * plane) as f32;
        assert!(
            mean <= 0.5 && worst <= 1.0,
            "{side} {roll_rad}: mean {mean}, worst {worst}"
        );
    }
}

#[cfg(feature = "opencv")]
#[test]
fn opencv_recovers_a_known_pose() {
    // Yaw turns the nose to the image's right, so it moves right against eyes and mouth.
    let straight = [
        [320.0, 240.0],
        [320.0, 308.0],
        [275.0, 204.0],
        [365.0, 204.0],
        [294.0, 272.0],
        [346.0, 272.0],
    ];
    let pose = cv::head_pose_deg(&straight, 640, 480).unwrap();
    assert!(pose[0].abs() < 3.0 && pose[2].abs() < 1.0, "{pose:?}");
    let (s, c) = 0.3f32.sin_cos();
    let rolled = straight.map(|[x, y]| {
        let (dx, dy) = (x - 320.0, y - 240.0);
        [320.0 + c * dx - s * dy, 240.0 + s * dx + c * dy]
    });
    let pose = cv::head_pose_deg(&rolled, 640, 480).unwrap();
    assert!((pose[2] - 0.3f32.to_degrees()).abs() < 2.0, "{pose:?}");
    let mut turned = straight;
    turned[0][0] += 12.0;
    assert!(cv::head_pose_deg(&turned, 640, 480).unwrap()[0] > 5.0);
    assert!(cv::head_pose_deg(&[[f32::NAN, 0.0]; 6], 640, 480).is_err());
}
