//! The arithmetic of the comparison with what came before, what it refuses, and what becomes the usual.

use super::super::tests::{observations, settings, shipped, with_span};
use super::super::FaceSwap;
use super::super::pool::Pooled;
use super::super::settings::Settings;
use super::*;
use crate::analyze::Analyzer as _;
use crate::analyze::calibration::tests::own_models;
use crate::core::{Evidence, FaceObs, MediaTime, Outcome, Span};
use crate::testing::own_net;

pub(in super::super) fn calibration() -> Calibration {
    Calibration {
        bias: vec![1.0, 3.0],
        slope: 0.5,
        offset: -0.5,
        cap: 2.0,
        share: 0.5,
        max_surround: 4.0,
        min_pictures: 4.0,
    }
}

fn looks(n: usize, onset: [f64; 2], surround: f64) -> Vec<Look> {
    let traces = Traces { reference: 0.0, change: vec![0.0], surround: vec![surround; 3], onset: onset.to_vec() };
    let look = Look { logit: 0.0, embedding: vec![0.0], regions: Vec::new(), made: None, drawn: None, traces: Some(traces) };
    vec![look; n]
}

/// After one segment of eight pictures whose read-outs are 1 and 2.
fn after_one() -> Earlier {
    let mut earlier = Earlier::default();
    earlier.add(&looks(8, [1.0, 2.0], 0.0), 100.0, &Change::Unknown);
    earlier
}

#[test]
fn the_score_is_that_of_the_formula() {
    let (c, earlier) = (calibration(), after_one());
    let Change::Since { score, llr } = earlier.against(&c, &looks(6, [4.0, 2.5], 1.0), 110.0) else {
        panic!("comparable");
    };
    // Differences of 3 and 0.5 against biases of 1 and 3.
    let expected = ((2f64.exp() + (-2.5f64).exp()) / 2.0).ln();
    assert!((score - expected).abs() < 1e-12, "{score} {expected}");
    assert!((llr - (0.5 * expected - 0.5).clamp(0.0, 2.0)).abs() < 1e-12);
    // No more than the cap however far, and nothing for no change.
    for (onset, llr) in [([1e9, 1e9], 2.0), ([1.0, 2.0], 0.0), ([-1e9, -1e9], 0.0)] {
        match earlier.against(&c, &looks(6, onset, 0.0), 100.0) {
            Change::Since { llr: found, .. } => assert_eq!(found, llr, "{onset:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_cannot_be_compared_speaks_for_neither_side() {
    let (c, earlier) = (calibration(), after_one());
    let far = looks(6, [9.0, 9.0], 0.0);
    assert_eq!(Earlier::default().against(&c, &far, 100.0), Change::Unknown, "nothing before");
    let mut few = Earlier::default();
    few.add(&looks(3, [1.0, 2.0], 0.0), 100.0, &Change::Unknown);
    assert_eq!(few.against(&c, &far, 100.0), Change::Unknown, "too little before");
    assert_eq!(earlier.against(&c, &[], 100.0), Change::Unknown, "no looks");
    assert_eq!(earlier.against(&c, &looks(6, [f64::NAN, 0.0], 0.0), 100.0), Change::Unknown);
    let other_model = Calibration { bias: vec![0.0; 3], ..c.clone() };
    assert_eq!(earlier.against(&other_model, &far, 100.0), Change::Unknown, "another number of kinds");
    // Surroundings 3 apart: a mean square of 9. A face that came much nearer.
    assert_eq!(earlier.against(&c, &looks(6, [9.0, 9.0], 3.0), 100.0), Change::Elsewhere(9.0));
    for face_px in [79.0, 126.0, 0.0, f64::NAN] {
        assert_eq!(earlier.against(&c, &far, face_px), Change::Elsewhere(0.0), "{face_px}");
    }
    for face_px in [81.0, 124.0] {
        assert!(matches!(earlier.against(&c, &far, face_px), Change::Since { .. }), "{face_px}");
    }
    for change in [Change::Unknown, Change::Elsewhere(9.0)] {
        assert_eq!(change.ratio(), 1.0);
    }
}

/// Score of a change to 9 and 9 after these.
fn score_after(earlier: &Earlier) -> f64 {
    match earlier.against(&calibration(), &looks(6, [9.0, 9.0], 0.0), 100.0) {
        Change::Since { score, .. } => score,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_change_that_stays_becomes_the_usual_and_another_camera_begins_anew() {
    let c = calibration();
    let mut earlier = after_one();
    for _ in 0..20 {
        earlier.add(&looks(12, [1.0, 2.0], 0.0), 100.0, &Change::Unknown);
    }
    assert_eq!(earlier.pictures, MOST_PICTURES, "what is old fades");
    let (mut marked, before) = (0, score_after(&earlier));
    for _ in 0..400 {
        let now = looks(12, [9.0, 9.0], 0.0);
        let change = earlier.against(&c, &now, 100.0);
        earlier.add(&now, 100.0, &change);
        marked += usize::from(change.ratio() > 1.0);
    }
    // Segments of three seconds: longer than a minute, shorter than ten.
    assert!((20..200).contains(&marked), "{marked}");
    assert!(score_after(&earlier) < before - 3.0);
    // Another camera: what was before is forgotten at once.
    let elsewhere = looks(6, [5.0, 5.0], 9.0);
    let change = earlier.against(&c, &elsewhere, 100.0);
    assert!(matches!(change, Change::Elsewhere(_)));
    earlier.add(&elsewhere, 100.0, &change);
    assert_eq!((earlier.pictures, earlier.onset.clone()), (6.0, vec![5.0, 5.0]));
    // What is no number is not taken in.
    let kept = earlier.clone();
    earlier.add(&looks(6, [f64::NAN, 1.0], 9.0), 100.0, &Change::Unknown);
    earlier.add(&[], 100.0, &Change::Unknown);
    earlier.add(&looks(6, [1.0, 1.0], 9.0), f64::NAN, &Change::Unknown);
    assert_eq!(earlier, kept);
}

#[test]
fn a_change_raises_the_segment_and_no_change_lowers_nothing() {
    let s = Settings { onset: Some(calibration()), ..settings() };
    let pooled = |score| Pooled { score, distance: 1.0, regions: Vec::new(), made: None, drawn: None };
    for score in [-2.0, 0.25, 2.0] {
        let alone = s.segment_llr(&pooled(score), &Change::Unknown);
        assert_eq!(s.segment_llr(&pooled(score), &Change::Since { score: 0.0, llr: 0.0 }), alone);
        let changed = s.segment_llr(&pooled(score), &Change::Since { score: 9.0, llr: 2.0 });
        let expected = (alone.exp() + 0.5 * (2f64.exp() - 1.0)).ln();
        assert!((changed - expected).abs() < 1e-12 && changed > alone, "{changed} {expected}");
        // The model's own vote is the limit of what it says.
        let none = Settings { onset: None, ..s.clone() };
        assert_eq!(none.segment_llr(&pooled(score), &Change::Since { score: 9.0, llr: 2.0 }), alone);
    }
}

fn value(evidence: &[Evidence], name: &str) -> Option<f64> {
    evidence.iter().find(|e| e.name == name).map(|e| e.value)
}

/// A segment of the drawn pattern whose inside of the face is soft or not.
fn pictures(soft: bool) -> Vec<FaceObs> {
    use super::super::tests::noisy;
    use crate::core::DETAIL_PX;
    let frame = noisy(224, 224);
    let mut rgb = frame.rgb().to_vec();
    if soft {
        // The mean of each 4 x 4 block within the face.
        for y in (60..164).step_by(4) {
            for x in (70..154).step_by(4) {
                for c in 0..3 {
                    let at = |i: usize| ((y + i / 4) * DETAIL_PX + x + i % 4) * 3 + c;
                    let mean = (0..16).map(|i| u32::from(rgb[at(i)])).sum::<u32>() / 16;
                    (0..16).for_each(|i| rgb[at(i)] = mean as u8);
                }
            }
        }
    }
    let mut all = observations(12, |_| {});
    for o in &mut all {
        o.detail.as_mut().unwrap().rgb = rgb.clone().into();
    }
    all
}

#[test]
fn the_shipped_net_sees_a_face_become_soft_in_mid_call() {
    let mut models = shipped();
    let mut settings = Settings::read(&models).unwrap();
    // The pattern is unlike any camera's picture; here it is the comparison that is looked at.
    settings.max_distance = f64::INFINITY;
    settings.scores = (-1e3, 1e3);
    let mut analyzer = FaceSwap { settings: Some(settings.clone()), ..FaceSwap::default() };
    let mut said = Vec::new();
    for soft in [false, false, true] {
        let span = Span::new(MediaTime::ZERO, MediaTime::from_ms(3000));
        let all = pictures(soft);
        let analysis = with_span(&all, 1.0, span, |s| analyzer.analyze(s, &mut models));
        let Outcome::Scored { llr, evidence, .. } = analysis.outcome else {
            panic!("{:?}", analysis.outcome);
        };
        said.push((llr, value(&evidence, "earlier_difference"), value(&evidence, "earlier_pictures")));
    }
    let [(_, none, _), (same, Some(still), Some(pictures)), (soft, Some(changed), _)] = said[..] else {
        panic!("{said:?}");
    };
    assert_eq!((none, pictures), (None, 12.0), "{said:?}");
    // The same pictures: no difference but the biases.
    let c = settings.onset.unwrap();
    let nothing = c.score(&vec![0.0; c.bias.len()]).unwrap();
    assert!((still - nothing).abs() < 1e-3 && c.llr(still) == 0.0, "{still} {nothing}");
    assert!(changed > still + 5.0 && soft > same + 0.5, "{said:?}");
}

#[test]
fn a_wrong_table_is_named_by_its_field() {
    let entry = "[model.input]\nname = \"pixels\"\nlayout = \"NCHW\"\ncolor = \"RGB\"\nwidth = 96\nheight = 96\n\
        mean = [0.5, 0.5, 0.5]\nstd = [0.5, 0.5, 0.5]\n[[model.outputs]]\nname = \"onset\"\n\
        [model.calibration.onset]\nslope = 1.0\n";
    let net = own_net("pixels", &[3, 96, 96], &[2, 3], "onset", &[3]);
    let models = own_models(TASK, &net, entry);
    let why = Calibration::read(&models).unwrap_err();
    assert!(why.detail.contains("calibration.onset") && why.detail.contains("surround"), "{}", why.detail);
    assert_eq!(Calibration::read(&own_models(TASK, &net, &entry.replace("calibration.onset", "calibration.other"))), Ok(None));
}
