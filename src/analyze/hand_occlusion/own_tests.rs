//! Generated nets of another size, crop, colour order and class order in the place of the shipped ones.

use super::TASK;
use super::look::Masks;
use super::net::Net;
use crate::analyze::calibration::tests::own_models;
use crate::core::{AbstainReason, HandScene, SCENE_PX};
use crate::engine::ModelSet;
use crate::testing::{own_masked, own_pooled};

/// 96 px of two thirds of the scene, blue first, in 0 to 1. The net gives its planes back at half the size:
/// blue is declared as the hand's, red as the face's.
const ENTRY: &str = "[model.input]\nname = \"pixels\"\nlayout = \"NCHW\"\ncolor = \"BGR\"\nwidth = 96\n\
    height = 96\nmean = 0.0\nstd = 1.0\ncrop = { kind = \"upright_square\", scale = 1.2 }\n\
    [[model.outputs]]\nname = \"planes\"\n\
    [model.params]\nplanes = \"probabilities\"\nclasses = [\"hand\", \"other\", \"face\"]\n";

fn models(text: &str) -> ModelSet {
    own_models(TASK, &own_pooled("pixels", 96, 2, "planes"), text)
}

/// A scene with a red square in the middle, its lower half blue, and blue at the border.
fn scene() -> HandScene {
    let pixel = |i: usize| {
        let (x, y) = (i % SCENE_PX, i / SCENE_PX);
        let middle = |v: usize| (44..84).contains(&v);
        match (middle(x) && middle(y), x < 8) {
            (true, _) if y >= 64 => [0, 0, 255],
            (true, _) => [255, 0, 0],
            (false, true) => [0, 0, 255],
            _ => [0, 0, 0],
        }
    };
    HandScene {
        rgb: (0..SCENE_PX * SCENE_PX).flat_map(pixel).collect(),
        centre: [64.0, 64.0],
        side_px: SCENE_PX as f32,
        face: [44.0, 44.0, 84.0, 84.0],
        age_ns: 0,
    }
}

#[test]
fn a_net_of_ones_own_is_fed_and_read_as_its_entry_says() {
    let mut models = models(ENTRY);
    let masks = Net::read(&models).unwrap().masks(&scene(), &mut models).unwrap();
    let at = |mask: &[u8], x: usize, y: usize| mask[y * SCENE_PX + x];
    assert_eq!((masks.hand.len(), masks.face.len()), (SCENE_PX * SCENE_PX, SCENE_PX * SCENE_PX));
    // Where they are painted, on the scene's own pixels.
    assert!(at(&masks.face, 64, 54) > 250 && at(&masks.hand, 64, 54) < 5);
    assert!(at(&masks.hand, 64, 74) > 250 && at(&masks.face, 64, 74) < 5);
    assert!(at(&masks.hand, 30, 64) < 5 && at(&masks.face, 30, 64) < 5);
    // The edge between them stays where it was, within the net's own coarseness of 1.8 scene pixels.
    let column: Vec<u8> = (44..84).map(|y| at(&masks.hand, 64, y)).collect();
    let edge = 44 + column.iter().position(|v| *v > 127).unwrap();
    assert!((63..=65).contains(&edge), "{edge}");
    // What lies beyond the net's crop is not known to be a hand, whatever is painted there.
    assert_eq!(at(&masks.hand, 2, 64), 0);
}

#[test]
fn scores_before_softmax_become_probabilities() {
    // Values 0 to 4: the class whose plane is lit gets exp(4) / (exp(4) + 2).
    let text = ENTRY.replace("probabilities", "logits").replace("std = 1.0", "std = 0.25");
    let mut models = models(&text);
    let masks = Net::read(&models).unwrap().masks(&scene(), &mut models).unwrap();
    let lit = (4.0_f32.exp() / (4.0_f32.exp() + 2.0) * 255.0).round() as i32;
    let found = i32::from(masks.face[54 * SCENE_PX + 64]);
    assert!((found - lit).abs() <= 1, "{found} {lit}");
}

#[test]
fn what_cannot_be_fed_or_read_is_refused_by_field() {
    for (from, to, field) in [
        ("NCHW", "NHWC", "input pixels.layout"),
        ("BGR", "YUV", "input pixels.color"),
        ("scale = 1.2", "scale = 2.5", "input pixels.crop"),
        ("upright_square", "letterbox", "input pixels.crop"),
        ("\"other\"", "\"face\"", "params.classes"),
        ("\"hand\"", "\"arm\"", "params.classes"),
        ("probabilities", "probability", "params.planes"),
    ] {
        let why = Net::read(&models(&ENTRY.replace(from, to))).unwrap_err();
        assert_eq!(why.reason, AbstainReason::ModelMissing);
        assert!(why.detail.contains(field), "{to}: {}", why.detail);
    }
    // A fourth class is declared that the net does not give.
    let mut models = models(&ENTRY.replace("\"other\"", "\"other\", \"hair\""));
    let net = Net::read(&models).unwrap();
    let said = net.masks(&scene(), &mut models).unwrap_err().to_string();
    assert!(said.contains("output planes") && said.contains("[1, 4, "), "{said}");
}

const OCC: &str = "[[model.input]]\nname = \"scene\"\nlayout = \"NCHW\"\ncolor = \"RGB\"\nwidth = 64\nheight = 64\n\
    mean = 0.5\nstd = 0.5\ncrop = { kind = \"upright_square\", scale = 1.2 }\n\
    [[model.input]]\nname = \"both\"\nlayout = \"NCHW\"\nshape = [-1, 2, 64, 64]\n\
    [[model.outputs]]\nname = \"share\"\nreads = \"probability\"\n";

#[test]
fn an_occlusion_net_of_ones_own_sees_the_masks_of_its_crop() {
    let mut models = own_models("occ", &own_masked("scene", "both", 64, "share"), OCC);
    let net = Net::read(&models).unwrap();
    // The hand fills the inner two thirds of the scene, which is the net's crop; the face is nowhere.
    let inner = |i: usize| (21..107).contains(&(i % SCENE_PX)) && (21..107).contains(&(i / SCENE_PX));
    let hand = (0..SCENE_PX * SCENE_PX).map(|i| if inner(i) { 255 } else { 0 }).collect();
    let masks = Masks { face: vec![0; SCENE_PX * SCENE_PX], hand };
    let said = net.painted_over(&scene(), &masks, &mut models).unwrap();
    assert!(said.abs() < 0.05, "half of what it sees is a hand: log odds 0, found {said}");
    for (from, to, field) in [
        ("[-1, 2, 64, 64]", "[-1, 2, -1, -1]", "task occ, input both.shape"),
        ("scale = 1.2", "scale = 0.5", "task occ, input scene.crop"),
    ] {
        let models = own_models("occ", &own_masked("scene", "both", 64, "share"), &OCC.replace(from, to));
        let why = Net::read(&models).unwrap_err();
        assert!(why.detail.contains(field), "{to}: {}", why.detail);
    }
}
