//! The arithmetic of reference mode and each of its refusals.

use super::super::tests::{observations, settings, with_segment};
use super::super::{FaceSwap, create};
use super::*;
use crate::analyze::{Analysis, Analyzer as _, Segment};
use crate::core::{Outcome, ReferenceKind, ReferenceSource};
use crate::engine::{Engine, EngineOptions, ModelsDir};
use crate::testing::{reference_overlay, reference_table};

fn calibration() -> Calibration {
    Calibration {
        slope: 2.0,
        change_slope: 0.5,
        offset: -1.0,
        cap: 3.0,
        known_share: 0.5,
        max_surround: 4.0,
        scores: (-5.0, 5.0),
        auc: 0.9,
        auc_low: 0.85,
        min_pictures: 4,
    }
}

fn with_calibration(change: impl Fn(&mut Calibration)) -> Settings {
    let mut c = calibration();
    change(&mut c);
    Settings { reference: Ok(c), ..settings() }
}

fn model() -> ModelRef {
    ModelRef { id: "m-1".into(), sha256: "0123456789".into() }
}

fn baseline() -> Baseline {
    Baseline {
        model: model(),
        pictures: 8,
        face_px: 150.0,
        reference: 1.0,
        change: vec![0.0, 1.0],
        surround: vec![0.0, 0.0, 0.0],
    }
}

fn reference(baseline: Result<Baseline, String>) -> Reference {
    let source = ReferenceSource { kind: ReferenceKind::Clip, name: "id-check.mp4".into() };
    Reference { source, baseline, face: Err(String::new()) }
}

fn seen(reference: f64, change: [f64; 2], surround: [f64; 3]) -> Look {
    Look {
        logit: 0.0,
        embedding: vec![0.0],
        regions: vec![0.0, 0.0],
        made: None,
        drawn: None,
        traces: Some(Traces { reference, change: change.to_vec(), surround: surround.to_vec(), onset: Vec::new() }),
    }
}

fn value(evidence: &[Evidence], name: &str) -> (f64, Option<f64>) {
    let e = evidence.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("{name}: {evidence:?}"));
    (e.value, e.reference)
}

#[test]
fn the_difference_is_that_of_the_formulas() {
    // Eight pictures: one is trimmed at either end, so d is that of the middle six.
    let mut looks = vec![seen(2.0, [2.0, 1.0], [1.0, 1.0, 1.0]); 6];
    looks.push(seen(1e6, [2.0, 1.0], [1.0, 1.0, 1.0]));
    looks.push(seen(-1e6, [2.0, 1.0], [1.0, 1.0, 1.0]));
    let found = compare(&with_calibration(|_| {}), &reference(Ok(baseline())), &model(), &looks).unwrap();
    // d = 2 - 1, c = (2^2 + 0^2) / 2 = 2, s = 1.
    let linear: f64 = 2.0 * 1.0 + 0.5 * 2.0f64.ln() - 1.0;
    let expected = (0.5 * linear.exp() + 0.5).ln();
    assert!((found.llr - expected).abs() < 1e-12, "{}", found.llr);
    let neutral = (1.0 - 0.5 * 2.0f64.ln()) / 2.0;
    let (d, against) = value(&found.evidence, "reference_difference");
    assert_eq!(d, 1.0);
    assert!((against.unwrap() - neutral).abs() < 1e-12);
    assert_eq!(value(&found.evidence, "reference_change"), (2.0, Some(1.0)));
    assert_eq!(value(&found.evidence, "reference_surround"), (1.0, Some(4.0)));
    assert_eq!(value(&found.evidence, "reference_pictures"), (8.0, None));
    assert_eq!(value(&found.evidence, "reference_face_px"), (150.0, None));
}

#[test]
fn means_are_taken_before_squares() {
    // Noise that cancels over pictures is no change.
    let looks = [seen(1.0, [3.0, 1.0], [3.0, 0.0, 0.0]), seen(1.0, [-3.0, 1.0], [-3.0, 0.0, 0.0])];
    let found = compare(&with_calibration(|_| {}), &reference(Ok(baseline())), &model(), &looks).unwrap();
    assert_eq!(value(&found.evidence, "reference_change").0, 0.0);
    assert_eq!(value(&found.evidence, "reference_surround").0, 0.0);
    let floor = 0.5f64.ln();
    assert!(found.llr > floor && found.llr < floor + 0.01, "the same pictures: near the floor, and finite");
}

#[test]
fn the_ratio_is_tempered_and_capped() {
    let c = calibration();
    for (d, change, expected) in [
        (4.0, 1.0, 3.0),
        (-400.0, 1.0, 0.5f64.ln()),
        (1.0, 1.0, (0.5 * 1f64.exp() + 0.5).ln()),
        (0.5, 1.0, 0.0),
    ] {
        assert!((c.llr(d, change) - expected).abs() < 1e-12, "{d} {change}: {}", c.llr(d, change));
    }
    // Two moments that are the same pictures have a number too.
    assert!(c.llr(0.0, 0.0).is_finite());
    assert_eq!(Calibration { known_share: 1.0, ..c }.llr(-4.0, 1.0), -3.0);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let plain = vec![seen(1.0, [0.0, 1.0], [0.0; 3]); 4];
    let other = Baseline { model: ModelRef { sha256: "99999999ff".into(), ..model() }, ..baseline() };
    let few = Baseline { pictures: 3, ..baseline() };
    let narrow = Baseline { change: vec![0.0], ..baseline() };
    let without = Look { traces: None, ..plain[0].clone() };
    let far = seen(1.0, [0.0, 1.0], [4.0, 0.0, 0.0]);
    let high = seen(7.0, [0.0, 1.0], [0.0; 3]);
    let blank = seen(f64::NAN, [0.0, 1.0], [0.0; 3]);
    let no_table = Settings { reference: Err("model m-1 has no output change".into()), ..settings() };
    let good = || reference(Ok(baseline()));
    let usual = with_calibration(|_| {});
    let cases: [(&str, &Settings, Reference, &[Look]); 10] = [
        ("no output change", &no_table, good(), &plain),
        ("no face was found", &usual, reference(Err("no face was found in it".into())), &plain),
        ("another model (m-1, digest 99999999)", &usual, reference(Ok(other)), &plain),
        ("3 usable pictures of the face, 4 needed", &usual, reference(Ok(few)), &plain),
        ("no number to compare", &usual, reference(Ok(narrow)), &plain),
        ("no number to compare", &usual, good(), std::slice::from_ref(&without)),
        ("no number to compare", &usual, good(), std::slice::from_ref(&blank)),
        ("another camera, codec or light: not comparable", &usual, good(), std::slice::from_ref(&far)),
        ("outside -5.0 to 5.0", &usual, good(), std::slice::from_ref(&high)),
        ("experimental", &with_calibration(|c| c.cap = 0.0), good(), &plain),
    ];
    for (word, settings, reference, looks) in &cases {
        let refused = compare(settings, reference, &model(), looks).unwrap_err();
        assert!(refused.why.contains(word), "{word}: {}", refused.why);
        let measured = ["camera", "outside", "experimental"].iter().any(|w| word.contains(w));
        assert_eq!(!refused.evidence.is_empty(), measured, "{word}");
    }
    // The limits themselves are inside.
    let edge = seen(6.0, [0.0, 1.0], [12f64.sqrt(), 0.0, 0.0]);
    assert!(compare(&usual, &good(), &model(), &[edge]).is_ok());
}

#[test]
fn sums_are_means_and_stay_of_one_length() {
    let mut sums = Sums::default();
    assert_eq!(sums.baseline(model()), None);
    let trace = |v: f64| Traces { reference: v, change: vec![v, 0.0], surround: vec![2.0 * v], onset: Vec::new() };
    sums.add(100.0, &trace(1.0));
    sums.add(200.0, &trace(3.0));
    sums.add(900.0, &Traces { change: vec![1.0], ..trace(9.0) });
    let b = sums.baseline(model()).unwrap();
    assert_eq!((b.pictures, b.face_px, b.reference), (2, 150.0, 2.0));
    assert_eq!((b.change, b.surround), (vec![2.0, 0.0], vec![4.0]));
}

fn stand_in(table: Option<&str>) -> (tempfile::TempDir, ModelSet) {
    let folder = tempfile::tempdir().unwrap();
    let overlays = vec![reference_overlay(folder.path(), table)];
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let options = EngineOptions { overlays, ..EngineOptions::default() };
    let engine = Engine::load(&ModelsDir::find(Some(&dir)).unwrap(), &options).unwrap();
    let set = engine.new_set().unwrap();
    (folder, set)
}

fn gather(n: i64, change: impl Fn(&mut crate::core::Face), models: &mut ModelSet) -> Result<Baseline, String> {
    let mut gatherer = Gatherer::default();
    for seen in observations(n, change) {
        gatherer.take(&seen, models);
    }
    gatherer.baseline(models)
}

#[test]
fn a_reference_is_gathered_through_the_same_gates() {
    let (_folder, mut models) = stand_in(Some(&reference_table(1.0, 6)));
    let found = gather(8, |_| {}, &mut models).unwrap();
    assert_eq!((found.pictures, found.face_px), (8, 140.0));
    // Grey 128 is (128 / 255 - 0.5) / 0.5.
    assert!((found.reference - 0.003_921_57).abs() < 1e-6 && found.change.len() == 3);
    assert_eq!(found.surround.len(), 4);
    let small = |f: &mut crate::core::Face| f.bbox[3] = f.bbox[1] + 12.0;
    let why = gather(8, small, &mut models).unwrap_err();
    assert!(why.contains("0 usable") && why.contains("8 of 8") && why.contains("too small"), "{why}");
    let why = gather(5, |_| {}, &mut models).unwrap_err();
    assert!(why.contains("5 usable pictures of the face, 6 needed"), "{why}");
    assert_eq!(gather(0, |_| {}, &mut models).unwrap_err(), "no face was found in it");
}

#[test]
fn a_model_without_outputs_or_table_says_so() {
    let (_folder, mut models) = stand_in(None);
    let why = gather(8, |_| {}, &mut models).unwrap_err();
    assert_eq!(why, "model stand-in has no output reference");
    let table = reference_table(1.0, 6).replace("cap = 2.0", "cap = -1.0");
    let (_folder, mut models) = stand_in(Some(&table));
    let why = gather(8, |_| {}, &mut models).unwrap_err();
    assert!(why.contains("calibration.reference.cap: found -1.0"), "{why}");
    assert!(Gatherer::default().baseline(&ModelSet::default()).unwrap_err().contains("no model"));
}

fn analyze(reference: Option<&Reference>, models: &mut ModelSet) -> (Analysis, Option<Baseline>) {
    let mut analyzer = create();
    let all = observations(12, |_| {});
    let analysis = with_segment(&all, 1.0, |s| analyzer.analyze(&Segment { reference, ..*s }, models));
    (analysis, analyzer.baseline())
}

#[test]
fn a_finding_is_that_of_the_comparison_or_of_the_ordinary_score() {
    let (_folder, mut models) = stand_in(Some(&reference_table(1.0, 6)));
    let (plain, own) = analyze(None, &mut models);
    assert_eq!(plain.comparison, None);
    assert!(plain.outcome.is_scored() && own.as_ref().is_some_and(|b| b.pictures == 12));
    let same = reference(Ok(own.unwrap()));
    let (compared, _) = analyze(Some(&same), &mut models);
    let made = compared.comparison.unwrap();
    assert_eq!((made.source, made.obstacle), (same.source.clone(), None));
    match &compared.outcome {
        // d = 0, c = 0: as much for "nothing changed" as the stand-in's table allows.
        Outcome::Scored { llr, evidence, .. } => {
            assert!((llr - 0.1 * LEAST_CHANGE.ln()).abs() < 1e-9, "{llr}");
            assert_eq!(evidence[0].name, "reference_difference");
            assert!(evidence.iter().any(|e| e.name == "swap_score"));
        }
        other => panic!("{other:?}"),
    }
    let mut moved = same.clone();
    if let Ok(b) = &mut moved.baseline {
        b.surround.iter_mut().for_each(|v| *v += 3.0);
    }
    let (fallen_back, _) = analyze(Some(&moved), &mut models);
    assert!(fallen_back.comparison.unwrap().obstacle.unwrap().contains("another camera"));
    match (&fallen_back.outcome, &plain.outcome) {
        (Outcome::Scored { llr: a, evidence, .. }, Outcome::Scored { llr: b, .. }) => {
            assert_eq!(a, b, "the ordinary score stands");
            assert!(evidence.iter().any(|e| e.name == "reference_surround"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn material_that_the_net_does_not_know_is_not_compared_either() {
    let (_folder, mut models) = stand_in(Some(&reference_table(1.0, 6)));
    let (_, own) = analyze(None, &mut models);
    let same = reference(Ok(own.unwrap()));
    let mut analyzer = FaceSwap {
        settings: Some(Settings { max_distance: 0.0, ..Settings::read(&models).unwrap() }),
        ..FaceSwap::default()
    };
    let all = observations(12, |_| {});
    let run = |s: &Segment<'_>| analyzer.analyze(&Segment { reference: Some(&same), ..*s }, &mut models);
    let found = with_segment(&all, 1.0, run);
    assert_eq!(found.comparison, None);
    assert_eq!(found.outcome.abstention().unwrap().reason, crate::core::AbstainReason::Unfamiliar);
}

#[test]
fn a_session_too_short_leaves_no_baseline() {
    let (_folder, mut models) = stand_in(Some(&reference_table(1.0, 13)));
    assert_eq!(analyze(None, &mut models).1, None);
}
