//! A drawn face and a drawn hand, with masks as a perfect net would give them: what is asked, done and
//! painted decides, not the net.

use super::comply::{self, Asked, Sample};
use super::judge::{Material, Verdict, judge};
use super::look::{Look, Masks};
use super::physics::MEASURES;
use super::settings::{Calibration, ONE_SIDED, Term, even};
use crate::analyze::window::Window;
use super::*;
use crate::core::{
    ControlEvent, EventKind, Face, FaceObs, HandScene, LANDMARKS, MediaTime, SCENE_PX, Side, points,
};
use proptest::prelude::*;

/// What is painted where the hand is before the face.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Paint {
    /// The hand.
    Hand,
    /// The face, so that the hand is gone inside its outline.
    FaceOver,
    /// Both, with this share of the face.
    Mixed(f32),
    /// The hand, with its edges blurred inside the outline.
    Blurred,
}

const MID: f32 = 64.0;
/// Half width and half height of the face in scene pixels.
const HALF: (f32, f32) = (27.0, 35.5);

/// Signed: below 1 inside the face's outline.
fn round(x: f32, y: f32) -> f32 {
    ((x - MID) / HALF.0).powi(2) + ((y - MID) / HALF.1).powi(2)
}

fn face_luma(x: f32, y: f32) -> f32 {
    let near = |cx: f32, cy: f32, rx: f32, ry: f32| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) <= 1.0;
    let dark = near(52.0, 54.0, 6.0, 3.0) || near(76.0, 54.0, 6.0, 3.0) || near(64.0, 84.0, 11.0, 3.5);
    let shade = 0.4 * (x - MID);
    150.0 + shade - if dark { 70.0 } else { 0.0 }
}

/// How much of a pixel a hand with its palm's centre at (cx, cy) takes, with a forearm down to the border.
fn hand_at(x: f32, y: f32, (cx, cy): (f32, f32), soft: f32) -> f32 {
    let edge = |inside: f32| (inside / soft + 0.5).clamp(0.0, 1.0);
    let palm = edge(16.0 - (x - cx).abs()).min(edge(26.0 - (y - cy).abs()));
    let arm = edge(9.0 - (x - cx).abs()).min(edge(y - cy));
    palm.max(arm)
}

fn marks() -> [[f32; 2]; LANDMARKS] {
    let mut all = [[MID, MID]; LANDMARKS];
    for (i, p) in all[points::OVAL].iter_mut().enumerate() {
        let a = std::f32::consts::TAU * i as f32 / 20.0;
        *p = [MID + HALF.0 * a.sin(), MID - HALF.1 * a.cos()];
    }
    for (range, cx, cy, r) in [
        (points::EYE_LEFT, 52.0, 54.0, 5.0f32),
        (points::EYE_RIGHT, 76.0, 54.0, 5.0),
        (0..40, 64.0, 84.0, 9.0),
    ] {
        let n = range.len() as f32;
        for (i, p) in all[range].iter_mut().enumerate() {
            let a = std::f32::consts::TAU * i as f32 / n;
            *p = [cx + r * a.cos(), cy + 0.5 * r * a.sin()];
        }
    }
    all
}

fn face(visible: f32) -> Face {
    Face {
        bbox: [MID - HALF.0, MID - HALF.1, MID + HALF.0, MID + HALF.1],
        landmarks: marks(),
        visibility: [visible; 6],
        pose_deg: [0.0; 3],
        presence: 1.0,
        iod_px: 24.0,
        mouth: Vec::new().into(),
        appearance: vec![120u8; 1728].into(),
        sharpness: 50.0,
        luma: 120.0,
    }
}

fn look(ms: i64, hand: Option<(f32, f32)>, paint: Paint, found: bool) -> Look {
    let (mut rgb, mut mask) = (Vec::new(), Vec::new());
    for i in 0..SCENE_PX * SCENE_PX {
        let (x, y) = ((i % SCENE_PX) as f32 + 0.5, (i / SCENE_PX) as f32 + 0.5);
        let inside = round(x, y) <= 1.0;
        let soft = if paint == Paint::Blurred && inside { 7.0 } else { 1.0 };
        let seen = hand.map_or(0.0, |at| hand_at(x, y, at, soft));
        let shown = match paint {
            Paint::FaceOver if inside => 0.0,
            Paint::Mixed(share) if inside => seen * (1.0 - share),
            _ => seen,
        };
        let ground = if inside { face_luma(x, y) } else { 80.0 };
        let luma = ground * (1.0 - shown) + 205.0 * shown;
        rgb.extend([luma, 0.8 * luma, 0.7 * luma].map(|v| v.clamp(0.0, 255.0) as u8));
        mask.push((255.0 * shown.min(1.0)) as u8);
    }
    // A net still sees fingers that the face shines through.
    if matches!(paint, Paint::Mixed(_)) {
        mask.iter_mut().for_each(|m| *m = if *m > 30 { 230 } else { 0 });
    }
    // Scene and frame are one here; the crop's scale is that of the drawing.
    let b = face(1.0).bbox;
    let scene = HandScene {
        rgb: rgb.into(),
        centre: [MID, MID],
        side_px: SCENE_PX as f32,
        face: b,
        age_ns: if found { 0 } else { 100_000_000 },
    };
    let obs = FaceObs {
        time: MediaTime::from_ms(ms),
        epoch: 0,
        face: found.then(|| face(if shows_through(paint) { 1.0 } else { 0.2 })),
        faces: 1,
        repeated: false,
        detail: None,
        scene: Some(scene.clone()),
    };
    let masks = Masks { face: vec![0; mask.len()], hand: mask };
    let outline: Vec<[f32; 2]> = marks()[points::OVAL].iter().map(|p| scene.to_scene(*p)).collect();
    Look::new(&obs, &scene, masks, Some(&outline))
}

fn shows_through(paint: Paint) -> bool {
    matches!(paint, Paint::FaceOver | Paint::Mixed(_))
}

fn window(kind: ChallengeKind, count: u32) -> Window {
    let deadline = MediaTime::from_ms(7_000);
    let kind = EventKind::Challenge { id: "h1".into(), kind, deadline, count, asked: Box::default() };
    Window::of(&ControlEvent { time: MediaTime::from_ms(1_000), kind }, KINDS).unwrap()
}

fn plenty() -> Material {
    Material { pictures: 200, faces: 150, seen_s: 7.5, changed: false }
}

/// Where the palm is at `s` seconds after the prompt, from keys (s, x in scene pixels).
fn path(keys: &[(f32, f32)], s: f32) -> Option<(f32, f32)> {
    let pair = keys.windows(2).find(|k| k[0].0 <= s && s <= k[1].0)?;
    let ((a, from), (b, to)) = (pair[0], pair[1]);
    Some((from + (to - from) * (s - a) / (b - a), 70.0))
}

/// Fourteen pictures a second for 7.5 s.
fn looks(keys: &[(f32, f32)], paint: Paint, found: impl Fn(f32) -> bool) -> Vec<Look> {
    let at = |i: i64| {
        let ms = 1_000 + i * 71;
        let s = i as f32 * 0.071;
        look(ms, path(keys, s), paint, found(s))
    };
    (0..105).map(at).collect()
}

fn verdict(kind: ChallengeKind, count: u32, keys: &[(f32, f32)], paint: Paint) -> Verdict {
    judge(&window(kind, count), &looks(keys, paint, |_| true), &plenty(), Some(&even()))
}

fn value(v: &Verdict, name: &str) -> Option<f64> {
    v.result.evidence.iter().find(|e| e.name == name).map(|e| e.value)
}

/// In from the left, over the face within about a second, out to the right.
const PASS: &[(f32, f32)] = &[(0.8, -20.0), (1.6, 8.0), (2.8, 120.0), (3.4, 150.0)];
const TWICE: &[(f32, f32)] = &[(0.8, -20.0), (1.5, 8.0), (2.4, 120.0), (2.7, 120.0), (3.6, 8.0), (4.2, -20.0)];
const HALF_PASS: &[(f32, f32)] = &[(0.8, -20.0), (1.5, 8.0), (2.2, 58.0), (2.9, 8.0), (3.5, -20.0)];
const HOLD: &[(f32, f32)] = &[(0.8, -20.0), (1.6, 62.0), (3.2, 64.0), (4.0, -20.0)];
const BESIDE: &[(f32, f32)] = &[(0.8, -20.0), (1.6, 8.0), (3.0, 6.0), (4.0, -20.0)];
const SLOW: &[(f32, f32)] = &[(0.4, -20.0), (0.8, 26.0), (7.0, 100.0), (7.3, 150.0)];
const LATE: &[(f32, f32)] = &[(5.6, -20.0), (6.0, 8.0), (7.0, 120.0), (7.2, 150.0)];

/// Name, what was asked and how often, the palm's keys, what is said to be missing, passes.
type Case<'a> = (&'a str, ChallengeKind, u32, &'a [(f32, f32)], Option<&'a str>, u32);

#[test]
fn what_was_done_is_told_apart() {
    use ChallengeKind::{HandHold, HandPass};
    let table: &[Case] = &[
        ("a pass", HandPass, 1, PASS, None, 1),
        ("two passes", HandPass, 2, TWICE, None, 2),
        ("a hold", HandHold, 1, HOLD, None, 1),
        ("one of two", HandPass, 2, PASS, Some("2 passes asked for, 1 seen"), 1),
        ("two of one", HandPass, 1, TWICE, Some("1 pass asked for, 2 seen"), 2),
        ("half a pass", HandPass, 1, HALF_PASS, Some("face’s width across"), 0),
        ("beside the face", HandPass, 1, BESIDE, Some("needed; one was beside it for 2.6 s"), 0),
        ("beside the face, asked to hold", HandHold, 1, BESIDE, Some("it is worth asking again"), 0),
        ("too slow", HandPass, 1, SLOW, Some("face widths a second"), 0),
        ("nothing", HandPass, 1, &[], Some("covered at most 0 %"), 0),
        ("too late", HandPass, 1, LATE, Some("after the deadline"), 0),
        ("a quick pass is no hold", HandHold, 1, PASS, Some("0.8 s needed"), 0),
    ];
    for (name, kind, count, keys, missing, passes) in table {
        for paint in [Paint::Hand, Paint::FaceOver] {
            let v = verdict(*kind, *count, keys, paint);
            match (&v.result.status, missing) {
                (ChallengeStatus::Performed, None) => {}
                // What is hidden can be told from its surroundings no better than this.
                (ChallengeStatus::NotPerformed { .. }, Some(_)) if paint == Paint::FaceOver => {}
                (ChallengeStatus::NotPerformed { detail }, Some(m)) if detail.contains(m) => {}
                other => panic!("{name}, {paint:?}: {other:?}"),
            }
            if let (true, ChallengeStatus::NotPerformed { detail }) = (keys.is_empty(), &v.result.status) {
                assert!(detail.ends_with("needed"), "no hand was beside the face: {detail}");
            }
            if paint == Paint::Hand {
                assert_eq!(v.result.passes, *passes, "{name}");
            }
            assert_eq!(v.result.llr.is_some(), missing.is_none(), "{name}, {paint:?}");
            assert!(!v.result.trace.is_empty());
        }
    }
}

#[test]
fn a_real_hand_and_a_face_that_is_painted_over_it_come_apart() {
    for (kind, count, keys) in [
        (ChallengeKind::HandPass, 1, PASS),
        (ChallengeKind::HandPass, 2, TWICE),
        (ChallengeKind::HandHold, 1, HOLD),
    ] {
        let (real, over) = (verdict(kind, count, keys, Paint::Hand), verdict(kind, count, keys, Paint::FaceOver));
        let mixed = verdict(kind, count, keys, Paint::Mixed(0.5));
        let hidden = |v: &Verdict| value(v, "hidden_hand_share").unwrap();
        assert!(hidden(&real) < 0.1 && hidden(&over) > 0.8, "{} {}", hidden(&real), hidden(&over));
        let through = |v: &Verdict| value(v, "face_through_share").unwrap();
        assert!(through(&real).abs() < 0.1, "{}", through(&real));
        assert!((through(&mixed) - 0.5).abs() < 0.15, "{}", through(&mixed));
        let cut = |v: &Verdict| value(v, "cut_hand_share").unwrap();
        assert!(cut(&real) < 0.3 && cut(&over) > 0.9, "{} {}", cut(&real), cut(&over));
        assert!(real.result.llr.unwrap() < -1.0 && over.result.llr.unwrap() > 1.0);
        let seen = |v: &Verdict| value(v, "landmarks_through_share");
        assert!(seen(&real).unwrap() < 0.3 && seen(&over).unwrap() > 0.9);
    }
    let blurred = verdict(ChallengeKind::HandHold, 1, HOLD, Paint::Blurred);
    let real = verdict(ChallengeKind::HandHold, 1, HOLD, Paint::Hand);
    let blur = |v: &Verdict| value(v, "edge_blur_ratio").unwrap();
    assert!(blur(&blurred) > 1.4 * blur(&real), "{} {}", blur(&blurred), blur(&real));
}

#[test]
fn a_face_that_is_lost_under_the_hand_weighs_nothing() {
    let w = window(ChallengeKind::HandPass, 1);
    let all = Calibration {
        terms: [Some(Term { weight: 1.0, centre: 0.3 }); MEASURES.len()],
        ..even()
    };
    for paint in [Paint::Hand, Paint::FaceOver] {
        for calibration in [&even(), &all] {
            let kept = judge(&w, &looks(PASS, paint, |_| true), &plenty(), Some(calibration));
            let lost = judge(&w, &looks(PASS, paint, |s| !(1.7..2.7).contains(&s)), &plenty(), Some(calibration));
            let (kept, lost) = (kept.result.llr.unwrap(), lost.result.llr.unwrap());
            // What landmarks claim is gone with them; nothing may rise in its place.
            assert!(lost <= kept + 0.05, "{paint:?}: {lost} after {kept}");
        }
    }
    let never = judge(&w, &looks(PASS, Paint::Hand, |_| false), &Material { faces: 0, ..plenty() }, Some(&even()));
    assert!(matches!(never.result.status, ChallengeStatus::NotMeasurable { reason: AbstainReason::NoFace, .. }));
}

#[test]
fn poor_material_is_not_measurable_and_says_why() {
    let w = window(ChallengeKind::HandPass, 1);
    let full = looks(PASS, Paint::FaceOver, |_| true);
    let mut dark = full.clone();
    dark.iter_mut().for_each(|l| l.luma = Some(12.0));
    let mut small = full.clone();
    small.iter_mut().for_each(|l| l.face_px = 30.0);
    let good = plenty();
    for (looks, material, reason, word) in [
        (&full, Material { pictures: 20, ..good }, AbstainReason::LowFrameRate, "pictures a second"),
        (&full, Material { pictures: 1, seen_s: 0.0, ..good }, AbstainReason::TooShort, "no pictures"),
        (&full, Material { changed: true, ..good }, AbstainReason::Dropped, "layout"),
        (&Vec::new(), good, AbstainReason::NoFace, "never found"),
        (&full[..20].to_vec(), good, AbstainReason::NoFace, "place was known"),
        (&dark, good, AbstainReason::LowQuality, "dark"),
        (&small, good, AbstainReason::LowQuality, "px high"),
    ] {
        let v = judge(&w, looks, &material, Some(&even()));
        let ChallengeStatus::NotMeasurable { reason: found, detail } = &v.result.status else {
            panic!("{word}: {:?}", v.result.status)
        };
        assert_eq!((*found, v.result.llr), (reason, None));
        assert!(detail.contains(word), "{detail}");
    }
}

/// A hand that crosses the face once for each of `peaks`, 1.5 s apart, and covers so much of it in the middle.
fn crossings(peaks: &[f64]) -> Vec<Sample> {
    let one = |i: usize| {
        let t_s = 0.5 + 0.05 * i as f64;
        let within = (t_s - 1.0) % 1.5;
        let crossing = ((t_s - 1.0) / 1.5) as usize;
        let before = peaks.get(crossing).filter(|_| t_s >= 1.0 && within < 0.5);
        let covered = before.map_or(0.0, |peak| peak * (std::f64::consts::PI * within / 0.5).sin());
        Sample { t_s, covered, outside: 0.0, x: before.map(|_| 2.0 * within - 0.5) }
    };
    (0..(30 * peaks.len() + 20)).map(one).collect()
}

#[test]
fn a_faint_pass_counts_where_one_is_wanting_and_not_where_none_is() {
    let done = |asked: u32, peaks: &[f64]| {
        let done = comply::judge(Asked::Passes(asked, None), &crossings(peaks), 20.0);
        (done.passes, done.missing)
    };
    assert_eq!(done(2, &[0.6, 0.22]), (2, None));
    assert_eq!(done(1, &[0.6, 0.22]), (1, None));
    assert_eq!(done(1, &[0.22]), (1, None));
    assert_eq!(done(2, &[0.23, 0.6, 0.21]), (2, None), "the fuller of two");
    assert_eq!(done(1, &[0.6, 0.3]).0, 2, "two full ones are two");
    assert!(done(1, &[0.6, 0.3]).1.is_some_and(|m| m.contains("2 seen")));
    assert_eq!(done(2, &[0.6, 0.17]).0, 1, "a hand at the edge of the face is none");
    // In the order of time, whichever is fuller.
    let both = comply::judge(Asked::Passes(2, None), &crossings(&[0.22, 0.6]), 20.0);
    assert!(both.stays.is_sorted_by(|a, b| a.from_s <= b.from_s));
}

#[test]
fn a_hand_that_is_there_before_anybody_could_react_is_remarked() {
    let early: Vec<(f32, f32)> = PASS.iter().map(|(s, x)| (s - 0.8, *x)).collect();
    let v = verdict(ChallengeKind::HandPass, 1, &early, Paint::Hand);
    assert!(value(&v, "reaction_too_soon_ms").is_some_and(|ms| ms < 250.0));
    let v = verdict(ChallengeKind::HandPass, 1, PASS, Paint::Hand);
    let ms = value(&v, "reaction_ms").unwrap();
    assert!((800.0..1200.0).contains(&ms) && v.result.reaction_ms == Some(ms), "{ms}");
}

#[test]
fn what_looks_like_a_hand_all_the_time_is_none() {
    let mut all = looks(PASS, Paint::Hand, |_| true);
    let patch = super::grid::Grid::rectangle([0.45, 0.6, 0.6, 0.75]);
    all.iter_mut().for_each(|l| l.hand = l.hand.or(&patch));
    let w = window(ChallengeKind::HandPass, 1);
    super::look::forget_standing(&mut all);
    assert!(all.first().unwrap().hand.count() == 0);
    let v = judge(&w, &all, &plenty(), Some(&even()));
    assert_eq!((v.result.status, v.result.passes), (ChallengeStatus::Performed, 1));
    let mut held = looks(HOLD, Paint::Hand, |_| true);
    super::look::forget_standing(&mut held);
    let v = judge(&window(ChallengeKind::HandHold, 1), &held, &plenty(), Some(&even()));
    assert_eq!(v.result.status, ChallengeStatus::Performed);
}

#[test]
fn without_a_calibration_everything_is_measured_and_nothing_counts() {
    let v = judge(&window(ChallengeKind::HandPass, 1), &looks(PASS, Paint::FaceOver, |_| true), &plenty(), None);
    assert_eq!((v.result.status.clone(), v.result.llr), (ChallengeStatus::Performed, None));
    assert!(value(&v, "hidden_hand_share").is_some_and(|h| h > 0.8));
    let Outcome::Abstained(a) = outcome(vec![v]) else { panic!("scored") };
    assert_eq!(a.reason, AbstainReason::Experimental);
    assert!(!a.evidence.is_empty());
}

/// A window with this direction asked for.
fn directed(kind: ChallengeKind, count: u32, direction: Option<Side>) -> Window {
    let mut w = window(kind, count);
    w.asked.parameters.direction = direction;
    w
}

#[test]
fn the_first_pass_goes_to_the_side_asked_for() {
    // The palm of PASS goes towards the picture's right, which is the candidate's left.
    let right_to_left: Vec<(f32, f32)> = PASS.iter().map(|(s, x)| (*s, 2.0 * MID - x)).collect();
    for (keys, direction, done) in [
        (PASS, Some(Side::Left), true),
        (PASS, Some(Side::Right), false),
        (PASS, None, true),
        (&right_to_left[..], Some(Side::Right), true),
        (&right_to_left[..], Some(Side::Left), false),
    ] {
        let w = directed(ChallengeKind::HandPass, 1, direction);
        let v = judge(&w, &looks(keys, Paint::Hand, |_| true), &plenty(), Some(&even()));
        match &v.result.status {
            ChallengeStatus::Performed => assert!(done, "{direction:?}"),
            ChallengeStatus::NotPerformed { detail } => {
                assert!(!done && detail.contains("other side"), "{direction:?}: {detail}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(v.result.llr.is_some(), done, "only what was performed counts");
    }
}

/// The palm beside the face's middle from 1.6 s to 3.4 s, at this column of the scene.
fn beside(x: f32, until: f32) -> Vec<(f32, f32)> {
    let away = if x > MID { 150.0 } else { -22.0 };
    vec![(1.0, away), (1.6, x), (until, x), (until + 0.5, away)]
}

#[test]
fn a_cheek_press_is_a_hand_on_the_cheek_asked_for_and_never_evidence() {
    let (left, right) = (Some(Side::Left), Some(Side::Right));
    let (at_left, at_right) = (beside(102.0, 3.4), beside(26.0, 3.4));
    let (short, middle) = (beside(102.0, 1.7), beside(MID, 3.4));
    for (name, keys, direction, expected) in [
        ("the left", &at_left, left, None),
        ("the right", &at_right, right, None),
        ("either", &at_right, None, None),
        ("the other cheek", &at_left, right, Some("the other cheek")),
        ("too short", &short, left, Some("s needed")),
        ("the whole face", &middle, left, Some("the cheek alone")),
        ("nothing", &Vec::new(), left, Some("at most 0 %")),
    ] {
        let w = directed(ChallengeKind::CheekPress, 1, direction);
        let v = judge(&w, &looks(keys, Paint::Hand, |_| true), &plenty(), Some(&even()));
        match (&v.result.status, expected) {
            (ChallengeStatus::Performed, None) => {}
            (ChallengeStatus::NotPerformed { detail }, Some(word)) => {
                assert!(detail.contains(word), "{name}: {detail}");
            }
            other => panic!("{name}: {other:?} {:?}", v.result.evidence),
        }
        assert_eq!(v.result.llr, None, "{name}");
        let Outcome::Abstained(_) = outcome(vec![v]) else { panic!("{name}: scored") };
    }
}

proptest! {
    #[test]
    fn a_measure_that_is_missing_takes_exactly_its_term(
        values in prop::collection::vec(-1.0..2.0f64, MEASURES.len()), weights in prop::collection::vec(0.0..3.0f64, MEASURES.len()),
        gone in 0..MEASURES.len(),
    ) {
        let mut c = even();
        c.cap = 1e6;
        for (slot, w) in c.terms.iter_mut().zip(&weights) {
            *slot = Some(Term { weight: *w, centre: 0.5 });
        }
        let mut all = [None; MEASURES.len()];
        all.iter_mut().zip(&values).for_each(|(a, v)| *a = Some(*v));
        let mut less = all;
        less[gone] = None;
        let least = if MEASURES[gone] == ONE_SIDED { 0.0 } else { -c.term_cap };
        let term = (weights[gone] * (values[gone] - 0.5)).clamp(least, c.term_cap);
        let (with, without) = (c.llr(&all).unwrap(), c.llr(&less).unwrap());
        prop_assert!((with - term - without).abs() < 1e-9);
        // Monotone: more of any measure never speaks for an authentic recording.
        let mut more = all;
        more[gone] = more[gone].map(|v| v + 0.7);
        prop_assert!(c.llr(&more).unwrap() >= with - 1e-12);
        prop_assert_eq!(c.llr(&[None; MEASURES.len()]), None);
        c.cap = 3.0;
        prop_assert!(c.llr(&all).unwrap().abs() <= 3.0);
    }
}

proptest! {
    // Each case draws a hundred pictures.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn pictures_without_a_hand_are_never_evidence(missing in prop::collection::vec(any::<bool>(), 105)) {
        let looks = looks(&[], Paint::Hand, |s| missing[((s / 0.071) as usize).min(104)]);
        let v = judge(&window(ChallengeKind::HandPass, 1), &looks, &plenty(), Some(&even()));
        prop_assert_eq!(v.result.llr, None);
    }
}
