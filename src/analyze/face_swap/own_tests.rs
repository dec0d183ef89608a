//! A generated classifier of another size, colour order and normalisation in the place of the
//! shipped net.

use super::tests::{observations, with_segment};
use super::*;
use crate::analyze::calibration::tests::own_models;
use crate::core::{DETAIL_PX, FaceObs};
use crate::engine::ModelSet;
use crate::testing::own_net;

/// 96 px, BGR, the statistics that many public nets were fitted with. The net gives the means of its
/// three planes, declared as the scores of three classes, of which the last (red) is "manipulated".
const ENTRY: &str = "[model.input]\nname = \"pixels\"\nlayout = \"NCHW\"\ncolor = \"BGR\"\nwidth = 96\n\
    height = 96\nmean = [0.406, 0.456, 0.485]\nstd = [0.225, 0.224, 0.229]\n\
    crop = { kind = \"face_square\", scale = 1.2 }\n\
    [[model.outputs]]\nname = \"classes\"\nreads = \"logits\"\nmanipulated = 2\n";
const VOTE: &str = "[model.calibration]\nkind = \"logistic\"\nslope = 0.5\noffset = 0.25\nauc_low = 0.9\n";

fn net() -> Vec<u8> {
    own_net("pixels", &[3, 96, 96], &[2, 3], "classes", &[3])
}

/// Twelve pictures whose face is of one colour and whose surroundings are black.
fn pictures(rgb: [u8; 3]) -> Vec<FaceObs> {
    let mut all = observations(12, |_| {});
    for o in &mut all {
        let detail = o.detail.as_mut().unwrap();
        detail.face = [0.5, 0.5, 0.5, 0.6];
        let inside = |i: usize| (40..184).contains(&(i % DETAIL_PX)) && (40..184).contains(&(i / DETAIL_PX));
        let pixel = |i: usize| if inside(i) { rgb } else { [0; 3] };
        detail.rgb = (0..DETAIL_PX * DETAIL_PX).flat_map(pixel).collect();
    }
    all
}

fn judged(models: &mut ModelSet, rgb: [u8; 3]) -> Analysis {
    // 0.6 of 224 px is 134 px; 1.2 times that reaches 161 px, beyond the coloured 144.
    with_segment(&pictures(rgb), 1.0, |s| FaceSwap::default().analyze(s, models))
}

/// What the net says of a crop of which the share `share` is coloured.
fn expected(rgb: [u8; 3], share: f64) -> f64 {
    let normed = |c: usize, mean: f64, std: f64| (f64::from(rgb[c]) / 255.0 * share - mean) / std;
    let (r, g, b) = (normed(0, 0.485, 0.229), normed(1, 0.456, 0.224), normed(2, 0.406, 0.225));
    r - (g.exp() + b.exp()).ln()
}

#[test]
fn a_plain_classifier_is_fed_and_read_as_its_entry_says() {
    let mut models = own_models(TASK, &net(), &format!("{ENTRY}{VOTE}"));
    let side = 1.2 * 0.6 * 224.0;
    let share = (144.0_f64 / side).powi(2);
    let red = judged(&mut models, [200, 90, 60]);
    let Outcome::Scored { llr, quality, evidence } = &red.outcome else {
        panic!("{:?}", red.outcome);
    };
    let want = expected([200, 90, 60], share);
    assert!((evidence[0].value - want).abs() < 0.02, "{} {want}", evidence[0].value);
    assert!((llr - (0.5 * want + 0.25)).abs() < 0.01 && *quality == 1.0, "{llr}");
    // Colours the other way round: the order of the planes matters.
    let blue = judged(&mut models, [60, 90, 200]);
    let Outcome::Scored { llr: other, .. } = blue.outcome else {
        panic!("{:?}", blue.outcome);
    };
    assert!(other < llr - 0.5, "{other} {llr}");
    assert_eq!(models.model(TASK).unwrap().id, "own-1");
    // It has no output that a reference could be compared by.
    assert!(red.comparison.is_none() && red.picture.is_some());
}

#[test]
fn without_a_calibration_it_is_experimental() {
    let mut models = own_models(TASK, &net(), ENTRY);
    let analysis = judged(&mut models, [200, 90, 60]);
    let why = analysis.outcome.abstention().unwrap();
    assert_eq!(why.reason, AbstainReason::Experimental);
    assert!(why.detail.contains("no calibration"), "{}", why.detail);
    assert_eq!(why.evidence[0].name, "swap_score");
}

#[test]
fn what_the_service_cannot_feed_is_refused_by_field() {
    for (from, to, field) in [
        ("NCHW", "NHWC", "input pixels.layout"),
        ("BGR", "YUV", "input pixels.color"),
        // The graph itself says otherwise, which is found before.
        ("width = 96", "width = 112", "input pixels: found [-1, 3, 96, 96]"),
        ("scale = 1.2", "scale = 3.0", "input pixels.crop"),
        ("face_square", "letterbox", "input pixels.crop"),
        ("[0.225, 0.224, 0.229]", "[0.225]", "input pixels.std"),
    ] {
        let mut models = own_models(TASK, &net(), &ENTRY.replace(from, to));
        let analysis = judged(&mut models, [200, 90, 60]);
        let why = analysis.outcome.abstention().unwrap();
        assert_eq!(why.reason, AbstainReason::ModelMissing);
        assert!(why.detail.contains(field), "{to}: {}", why.detail);
    }
}
