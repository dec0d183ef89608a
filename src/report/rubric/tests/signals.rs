//! What rows say of a signal's findings beside how they read: when a face changed, how sound drifts.

use super::*;

#[test]
fn a_face_that_changed_in_mid_call_is_said_to_have() {
    let changed = |i: u64, difference: f64| {
        let evidence = vec![Evidence::against("earlier_difference", difference, 0.5)];
        scored(if i == 4 { 0.9 } else { -0.3 }, evidence)
    };
    let row = row_of(&report("face_swap", |i| changed(i, 1.5)), "Face that");
    assert_eq!(row.reading, Reading::Look);
    let near = "Near 0:12 the face\u{2019}s fine structure differs from that of shortly before.";
    assert!(row.result.contains(near), "{}", row.result);
    // Not where the mark has another reason.
    let row = row_of(&report("face_swap", |i| changed(i, 0.4)), "Face that");
    assert!(
        row.reading == Reading::Look && !row.result.contains("shortly before"),
        "{}",
        row.result
    );
}

#[test]
fn a_drift_is_told_with_its_rate() {
    let drifting = |rate: f64| {
        let file = report("lip_sync", |i| {
            let evidence = vec![
                Evidence::new("offset_ms", 300.0),
                Evidence::new("slope_ms_per_s", rate),
            ];
            scored(if i == 4 { 0.6 } else { -0.3 }, evidence)
        });
        row_of(&file, "Lips").result
    };
    assert!(
        drifting(24.0).contains("It fell behind by some 24\u{a0}ms in each second."),
        "{}",
        drifting(24.0)
    );
    assert!(
        drifting(-36.0).contains("It ran ahead by some 36\u{a0}ms in each second."),
        "{}",
        drifting(-36.0)
    );
    assert!(
        !drifting(2.0).contains("in each second"),
        "{}",
        drifting(2.0)
    );
}

#[test]
fn offsets_that_grow_from_segment_to_segment_are_a_drift_and_a_jump_is_none() {
    let told = |offsets: [f64; 5]| {
        let file = report("lip_sync", |i| {
            let stands_out = (4..9).contains(&i);
            let ms = if stands_out {
                offsets[i as usize - 4]
            } else {
                10.0
            };
            scored(
                if stands_out { 0.6 } else { -0.3 },
                vec![Evidence::new("offset_ms", ms)],
            )
        });
        row_of(&file, "Lips").result
    };
    let growing = told([333.0, 394.0, 450.0, 516.0, 568.0]);
    assert!(
        growing.contains("up to 568\u{a0}ms behind the lips"),
        "{growing}"
    );
    assert!(
        growing.contains("It fell behind by some 20\u{a0}ms in each second."),
        "{growing}"
    );
    for steady in [
        [330.0, 334.0, 329.0, 331.0, 330.0],
        [120.0, 122.0, 360.0, 361.0, 362.0],
        [200.0, 300.0, 250.0, 340.0, 400.0],
    ] {
        let told = told(steady);
        assert!(!told.contains("in each second"), "{told}");
    }
}
