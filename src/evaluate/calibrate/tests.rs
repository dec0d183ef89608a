//! Calibrations of made-up signals whose truth is known.

use super::*;
use crate::core::{MediaTime, PredictionSet, Quality, Span};
use crate::engine::{Engine, EngineOptions, ModelsDir};
use crate::evaluate::{FindingScore, SegmentScore};
use std::path::Path;

/// A spread of numbers with mean 0 and a standard deviation of about 1, the same each time.
fn noise(i: usize) -> f64 {
    let unit = |k: usize| ((k * 7919 + 104_729) % 1000) as f64 / 1000.0 - 0.5;
    (unit(i) + unit(i * 31 + 7) + unit(i * 17 + 3)) * 2.0
}

/// `people` identities with a real and a manipulated recording each of four segments; the score
/// is `gain` times the truth's +-1 plus noise, and rises with the size of the face.
fn set(people: usize, gain: f64, per_size: f64) -> (ClipList, Vec<ClipResult>) {
    let mut csv = "path,label,identity\n".to_owned();
    let mut results = Vec::new();
    for i in 0..people * 2 {
        let fake = i % 2 == 1;
        let _ = writeln!(
            csv,
            "c{i}.mp4,{},p{}",
            if fake { "fake" } else { "real" },
            i / 2
        );
        let size = 60.0 * 1.15f64.powi((i / 2 % 12) as i32);
        let segments = (0..4).map(|k| {
            let span = Span::new(
                MediaTime::from_ms(k * 3000),
                MediaTime::from_ms(k * 3000 + 3000),
            );
            let truth = if fake { 1.0 } else { -1.0 };
            let llr = gain * truth + noise(i * 4 + k as usize) + per_size * (size / 100.0).ln();
            SegmentScore {
                span,
                logit: Some(llr),
                quality: Quality {
                    face_height_px: size,
                    sharpness: 100.0,
                    ..Quality::default()
                },
                findings: vec![FindingScore {
                    signal: "face_swap".into(),
                    span,
                    llr: Some(llr),
                    weight: 1.0,
                    experimental: None,
                    reason: None,
                    evidence: Vec::new(),
                    comparison: None,
                }],
            }
        });
        results.push(ClipResult {
            error: None,
            still: false,
            session_logit: None,
            segments: segments.collect(),
        });
    }
    (ClipList::parse(&csv, Path::new("")).unwrap(), results)
}

fn policy() -> SignalPolicy {
    SignalPolicy {
        name: "face_swap".into(),
        weight: 1.0,
        segment_cap: 3.0,
        session_cap: 4.0,
        reference_session_cap: None,
        session_floor: None,
        segment_correlation: 0.82,
        accumulation: Accumulation::Sum,
        recalibration: None,
        conformal: None,
    }
}

fn fitted(people: usize, gain: f64, per_size: f64) -> Fitted {
    let (list, results) = set(people, gain, per_size);
    fit_signal(&list, &results, &policy()).unwrap()
}

#[test]
fn a_good_signal_is_scaled_and_keeps_its_vote() {
    let f = fitted(40, 1.0, 0.0);
    assert!(f.votes() && f.auc > 0.9, "{}", f.note());
    assert!(
        f.cllr_after < f.cllr_before && f.cllr_after < 0.6,
        "{}",
        f.note()
    );
    let r = f.recalibration;
    assert!(
        r.slope > 1.0 && r.offset.abs() < 0.3 && r.largest > 0.8 && r.largest < 3.0,
        "{r:?}"
    );
}

#[test]
fn a_signal_that_knows_nothing_or_points_backwards_has_no_vote() {
    for gain in [0.0, -1.0] {
        let f = fitted(40, gain, 0.0);
        assert!(!f.votes(), "{}", f.note());
        assert!(f.block(&policy()).contains("weight = 0.0"));
        assert!(f.recalibration.fault().is_none());
    }
    assert_eq!(fitted(40, -1.0, 0.0).recalibration.slope, 0.0);
}

#[test]
fn what_size_does_to_real_people_is_taken_out() {
    let f = fitted(60, 1.0, 2.0);
    assert!(
        (f.recalibration.face - 2.0).abs() < 0.4,
        "{:?}",
        f.recalibration
    );
    assert!(
        f.recalibration.sharpness.abs() < 0.1,
        "{:?}",
        f.recalibration
    );
}

#[test]
fn more_people_support_larger_ratios() {
    let (few, many) = (fitted(10, 2.0, 0.0), fitted(80, 2.0, 0.0));
    let (few, many) = (few.recalibration.largest, many.recalibration.largest);
    assert!(few < many && few < 1.5 && many > 2.0, "{few} {many}");
}

#[test]
fn too_small_a_set_changes_nothing() {
    let (list, results) = set(MIN_IDENTITIES - 1, 2.0, 0.0);
    let (overlay, notes) = calibrate(&list, &results, &[policy()], "x");
    assert!(
        !notes[0].changed && notes[0].note.contains("needed"),
        "{}",
        notes[0].note
    );
    assert!(!overlay.contains("[[analyzer]]"));
}

#[test]
fn a_second_fit_on_top_of_the_first_changes_little() {
    let (list, mut results) = set(40, 1.0, 0.5);
    let mut policy = policy();
    let first = fit_signal(&list, &results, &policy).unwrap().recalibration;
    let unbound = Recalibration {
        largest: 1e9,
        ..first
    };
    for s in results.iter_mut().flat_map(|r| &mut r.segments) {
        let llr = s.findings[0].llr.unwrap();
        s.findings[0].llr = Some(unbound.apply(llr, &s.quality));
    }
    policy.recalibration = Some(first);
    let second = fit_signal(&list, &results, &policy).unwrap().recalibration;
    assert!(
        (second.slope / first.slope - 1.0).abs() < 0.02,
        "{first:?} {second:?}"
    );
    assert!(
        (second.face - first.face).abs() < 0.05,
        "{first:?} {second:?}"
    );
}

#[test]
fn the_overlay_is_one_that_the_engine_takes() {
    let (list, results) = set(40, 1.0, 0.0);
    let (overlay, notes) = calibrate(&list, &results, &[policy()], "40 people");
    assert!(notes[0].changed);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    std::fs::write(&path, overlay).unwrap();
    let options = EngineOptions {
        runtime: Some("/nowhere/lib.so".into()),
        overlays: vec![path],
        ..EngineOptions::default()
    };
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let engine = Engine::load(&ModelsDir::find(Some(&models)).unwrap(), &options).unwrap();
    let policy = engine
        .policies()
        .into_iter()
        .find(|p| p.name == "face_swap")
        .unwrap();
    let r = policy.recalibration.unwrap();
    let table = policy.conformal.unwrap();
    assert_eq!(table.fault(), None);
    assert_eq!(table.set(-r.largest), PredictionSet::Real);
    assert_eq!(table.set(r.largest), PredictionSet::Manipulated);
    assert!(r.slope > 1.0 && policy.segment_cap == r.largest.min(policy.segment_cap));
}
