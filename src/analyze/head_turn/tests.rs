//! Turns as a table: what was asked, how the head moved, what is said of it.

use super::*;
use crate::core::{Asked, ControlEvent, EventKind, LANDMARKS};

fn obs(ms: i64, yaw: Option<f32>, shake: f32) -> FaceObs {
    let face = yaw.map(|yaw| {
        let mut landmarks = [[0.0; 2]; LANDMARKS];
        for (i, p) in landmarks.iter_mut().enumerate() {
            let turn = yaw.to_radians().sin() * 30.0;
            // Eyes, nose and mouth tremble by a little, the contour by as much as is asked for.
            let own = if i >= points::OVAL.start { shake } else { 0.2 };
            let wave = if ms / 40 % 2 == 0 { own } else { -own };
            *p = [100.0 + turn + wave + i as f32 * 0.3, 100.0 + i as f32 * 0.5];
        }
        Face {
            bbox: [60.0, 60.0, 160.0, 180.0],
            landmarks,
            visibility: [1.0; 6],
            pose_deg: [yaw, 0.0, 0.0],
            presence: 1.0,
            iod_px: 50.0,
            mouth: Vec::new().into(),
            appearance: vec![(100.0 + yaw.abs() + shake) as u8; 1728].into(),
            sharpness: 50.0,
            luma: 120.0,
        }
    });
    FaceObs {
        time: MediaTime::from_ms(ms),
        epoch: 0,
        face,
        faces: 1,
        repeated: false,
        detail: None,
        scene: None,
    }
}

fn turn(kind: ChallengeKind) -> Window {
    turn_first(kind, None)
}

fn turn_first(kind: ChallengeKind, direction: Option<Side>) -> Window {
    let mut asked = Box::<Asked>::default();
    asked.parameters.direction = direction;
    let deadline = MediaTime::from_ms(7_000);
    let kind = EventKind::Challenge { id: "t".into(), kind, deadline, count: 1, asked };
    Window::of(&ControlEvent { time: MediaTime::from_ms(2_000), kind }, KINDS).unwrap()
}

/// The same course twice, the second time to the other side, 2.2 s later; the yaw turns over.
fn both(first: f32, second: f32) -> Vec<FaceObs> {
    let yaw = |ms: i64| {
        let s = ms as f32 / 1e3;
        let bump = |from: f32| (s - from).clamp(0.0, 0.6) - (s - from - 1.4).clamp(0.0, 0.6);
        2.0 + (first * bump(2.6) + second * bump(4.8)) / 0.6
    };
    (0..215).map(|i| obs(i * 40, Some(yaw(i * 40)), 0.2)).collect()
}

#[test]
fn a_turn_to_both_sides_is_one_to_each_in_the_order_asked_for() {
    let (left, right) = (Some(Side::Left), Some(Side::Right));
    for (name, first, second, direction, expected) in [
        ("left, then right", 45.0, -45.0, left, None),
        ("right, then left", -45.0, 45.0, right, None),
        ("in any order", -45.0, 45.0, None, None),
        ("the other side first", -45.0, 45.0, left, Some("other side first")),
        ("to the left alone", 45.0, 0.0, left, Some("to the right, 30° needed")),
        ("half way to the second", 45.0, -18.0, left, Some("to the right, 30° needed")),
        ("not at all", 0.0, 0.0, left, Some("to the left, 30° needed")),
    ] {
        let result = judge(&turn_first(ChallengeKind::TurnBoth, direction), &both(first, second));
        match (&result.status, expected) {
            (ChallengeStatus::Performed, None) => assert_eq!(result.passes, 2, "{name}"),
            (ChallengeStatus::NotPerformed { detail }, Some(word)) => {
                assert!(detail.contains(word), "{name}: {detail}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(result.llr, None, "{name}");
    }
}

/// At rest until 3 s, then to `far` degrees until 4 s, there until 5 s, back at 6 s.
fn course(far: f32, lost_beyond: f32) -> Vec<FaceObs> {
    let yaw = |ms: i64| {
        let s = ms as f32 / 1e3;
        2.0 + far * ((s - 3.0).clamp(0.0, 1.0) - (s - 5.0).clamp(0.0, 1.0))
    };
    let seen = |ms| Some(yaw(ms)).filter(|y| y.abs() <= lost_beyond);
    (0..215).map(|i| obs(i * 40, seen(i * 40), 0.2)).collect()
}

#[test]
fn a_turn_is_one_to_the_side_asked_for_and_far_enough() {
    use ChallengeKind::{TurnLeft, TurnRight};
    let always = 90.0;
    for (name, kind, far, lost_beyond, expected) in [
        ("to the candidate's left", TurnLeft, 50.0, always, None),
        ("to the right", TurnRight, -50.0, always, None),
        ("to the wrong side", TurnRight, 50.0, always, Some("turned by 0°")),
        ("a little", TurnLeft, 14.0, always, Some("turned by 14°")),
        ("out of the landmarks' sight and back", TurnLeft, 75.0, 28.0, None),
        ("not at all", TurnLeft, 0.0, always, Some("turned by 0°")),
    ] {
        let result = judge(&turn(kind), &course(far, lost_beyond));
        match (&result.status, expected) {
            (ChallengeStatus::Performed, None) => {
                let ms = result.reaction_ms.unwrap();
                assert!((1_000.0..1_500.0).contains(&ms), "{name}: {ms}");
            }
            (ChallengeStatus::NotPerformed { detail }, Some(word)) => {
                assert!(detail.contains(word), "{name}: {detail}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert!(result.llr.is_none() && !result.trace.is_empty(), "{name}");
    }
}

#[test]
fn a_contour_that_trembles_in_the_turn_is_measured_against_rest() {
    let value = |shake: f32| {
        let mut all = course(50.0, 90.0);
        for o in all.iter_mut().filter(|o| yaw(o).is_some_and(|y| y > 20.0)) {
            *o = obs(o.time.0 / 1_000_000, yaw(o).map(|y| y as f32), shake);
        }
        let found = judge(&turn(ChallengeKind::TurnLeft), &all);
        let of = |name: &str| found.evidence.iter().find(|e| e.name == name).cloned().unwrap();
        (of("contour_tremble_ratio"), of("turned_deg"))
    };
    let ((calm, deg), (wild, _)) = (value(0.2), value(2.0));
    assert!((calm.value - 1.0).abs() < 0.3 && wild.value > 5.0, "{calm:?} {wild:?}");
    assert!((wild.reference.unwrap() - 1.0).abs() < 0.3);
    assert!((deg.value - 50.0).abs() < 2.0 && deg.reference == Some(TURN_DEG));
}

#[test]
fn what_was_not_seen_is_not_measurable() {
    let hidden: Vec<FaceObs> = (0..215).map(|i| obs(i * 40, None, 0.0)).collect();
    let slow: Vec<FaceObs> = (0..40).map(|i| obs(i * 210, Some(0.0), 0.0)).collect();
    for (all, reason) in [
        (hidden, AbstainReason::NoFace),
        (slow, AbstainReason::LowFrameRate),
        (Vec::new(), AbstainReason::TooShort),
    ] {
        let found = judge(&turn(ChallengeKind::TurnLeft), &all);
        assert!(
            matches!(&found.status, ChallengeStatus::NotMeasurable { reason: r, .. } if *r == reason),
            "{:?}",
            found.status
        );
    }
}
