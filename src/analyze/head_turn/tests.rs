//! Turns as a table: what was asked, how the head moved, what is said of it.

use super::*;
use crate::core::LANDMARKS;

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

fn turn(kind: ChallengeKind) -> Turn {
    Turn {
        id: "t".into(),
        kind,
        count: 1,
        prompt_end: MediaTime::from_ms(2_000),
        deadline: MediaTime::from_ms(7_000),
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
        let result = turn(kind).judge(&course(far, lost_beyond));
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
        let found = turn(ChallengeKind::TurnLeft).judge(&all);
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
        let found = turn(ChallengeKind::TurnLeft).judge(&all);
        assert!(
            matches!(&found.status, ChallengeStatus::NotMeasurable { reason: r, .. } if *r == reason),
            "{:?}",
            found.status
        );
    }
}
