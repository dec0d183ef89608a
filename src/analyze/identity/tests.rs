//! The course of made-up vectors; the shipped net against Python's golden values; what leaves the signal.

use super::course::{Course, Look, Step};
use super::*;
use crate::analyze::face_swap::tests::{noisy, observations, shipped, with_segment, with_span};
use crate::core::{
    DETAIL_PX, FaceDetail, FaceMean, FaceObs, Frame, Landmarks, MediaTime, NO_CONSENT, Reference, ReferenceKind, ReferenceSource,
    Span, TrackId, TrackKind,
};
use crate::decode::file::{FileSource, Media, OpenOptions};
use crate::track::{FaceTracker, TrackConfig};
use crate::vision::{crop_rgb, face_in_crop, native_crop};
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;

const THRESHOLD: f64 = 0.5;

/// Twelve pictures of a segment, each about the direction `who` of eight, a little off it.
fn segment(index: i64, who: impl Fn(i64) -> usize) -> Vec<Look> {
    let look = |i: i64| {
        let mut vector = vec![0.05 * ((i % 3) as f64 - 1.0); 8];
        vector[who(i)] = 1.0;
        Look { time: MediaTime::from_ms(3_000 * index + 250 * i), vector }
    };
    (0..12).map(look).collect()
}

fn course(segments: &[Vec<Look>]) -> Vec<Step> {
    let mut course = Course::default();
    segments.iter().map(|s| course.step(s.clone(), THRESHOLD)).collect()
}

#[test]
fn another_face_is_told_in_its_second_segment_with_the_time_of_the_break() {
    // The face changes 1 s into segment 3.
    let changes = |i: i64| usize::from(i >= 4);
    let all = [segment(0, |_| 0), segment(1, |_| 0), segment(2, |_| 0), segment(3, changes), segment(4, |_| 1), segment(5, |_| 1)];
    let steps = course(&all);
    assert_eq!(steps[0], Step::Gathering { looks: 12, needed: 12 });
    assert!(matches!(steps[1], Step::Same { distance } if distance < 0.1), "{:?}", steps[1]);
    assert!(matches!(steps[3], Step::Same { .. } | Step::Unlike { .. }), "{:?}", steps[3]);
    let Step::Changed { at, distance } = steps[5] else { panic!("{steps:?}") };
    assert!(distance > THRESHOLD);
    assert_eq!(at, MediaTime::from_ms(10_000));
}

#[test]
fn one_segment_alone_and_somebody_who_comes_back_are_no_change_that_lasts() {
    let one = [segment(0, |_| 0), segment(1, |_| 0), segment(2, |_| 1), segment(3, |_| 0), segment(4, |_| 0)];
    let steps = course(&one);
    assert!(matches!(steps[2], Step::Unlike { .. }), "{:?}", steps[2]);
    assert!(matches!(steps[3], Step::Same { .. }) && matches!(steps[4], Step::Same { .. }), "{steps:?}");
    let back = [0, 0, 1, 1, 0, 1, 1].map(|who| segment(0, move |_| who));
    let steps = course(&back);
    assert!(matches!(steps[3], Step::Changed { .. }), "{:?}", steps[3]);
    assert!(matches!(steps[4], Step::Same { .. }), "{:?}", steps[4]);
    assert!(matches!(steps[5], Step::Unlike { .. }) && matches!(steps[6], Step::Changed { .. }), "{steps:?}");
}

#[test]
fn few_pictures_gather_first_and_memory_stays_bounded() {
    let mut course = Course::default();
    for needed in [4, 8] {
        let step = course.step(segment(0, |_| 0)[..4].to_vec(), THRESHOLD);
        assert_eq!(step, Step::Gathering { looks: needed, needed: 12 });
    }
    for i in 0..3_000 {
        course.step(segment(i, |_| 0), THRESHOLD);
    }
    assert!(format!("{course:?}").len() < 100, "{course:?}");
    // A vector that is none is no likeness.
    let broken = vec![Look { time: MediaTime::ZERO, vector: vec![f64::NAN; 8] }; 12];
    assert!(matches!(course.step(broken, THRESHOLD), Step::Unlike { distance } if distance == 2.0));
}

proptest! {
    #[test]
    fn whatever_comes_the_distance_is_a_number(values in prop::collection::vec(prop::collection::vec(-1e300..1e300f64, 0..4), 1..40)) {
        let mut course = Course::default();
        for (i, vector) in (0i64..).zip(values) {
            let looks = vec![Look { time: MediaTime::from_ms(i), vector }; 7];
            match course.step(looks, THRESHOLD) {
                Step::Gathering { .. } => {}
                Step::Same { distance } | Step::Unlike { distance } | Step::Changed { distance, .. } => {
                    prop_assert!((-1e-9..=2.0 + 1e-9).contains(&distance), "{distance}");
                }
            }
        }
    }
}

fn abstention(analysis: &Analysis) -> &Abstention {
    analysis.outcome.abstention().expect("this signal never gives a number")
}

#[test]
fn it_abstains_without_a_net_a_face_enough_pictures_and_among_several_people() {
    let all = observations(12, |_| {});
    let without = with_segment(&all, 1.0, |s| Identity::default().analyze(s, &mut ModelSet::default()));
    assert_eq!(abstention(&without).reason, AbstainReason::ModelMissing);
    let mut models = shipped();
    let mut check = |all: &[FaceObs], presence, reason| {
        let found = with_segment(all, presence, |s| Identity::default().analyze(s, &mut models));
        assert_eq!(abstention(&found).reason, reason, "{}", abstention(&found).detail);
    };
    check(&all[..3], 0.2, AbstainReason::NoFace);
    check(&all[..3], 1.0, AbstainReason::TooShort);
    check(&observations(12, |f| f.bbox[3] = f.bbox[1] + 40.0), 1.0, AbstainReason::LowQuality);
    let mut crowd = all.clone();
    crowd.iter_mut().skip(3).for_each(|o| o.faces = 2);
    check(&crowd, 1.0, AbstainReason::AmbiguousPerson);
    check(&all, 1.0, AbstainReason::Gathering);
}

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden/identity-1.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A case of the golden values: a formula-defined frame, a face's points in it, and what tracking would keep.
fn looked_at(case: &Value) -> (FaceObs, FaceDetail) {
    let number = |v: &Value| v.as_f64().unwrap();
    let size = |i: usize| number(&case["frame"][i]) as u32;
    let frame = noisy(size(0), size(1));
    let landmarks: Landmarks = std::array::from_fn(|i| [0, 1].map(|c| number(&case["points"][i][c]) as f32));
    let fold = |f: fn(f32, f32) -> f32, c: usize| landmarks.iter().map(|p| p[c]).reduce(f).unwrap();
    let bbox = [fold(f32::min, 0), fold(f32::min, 1), fold(f32::max, 0), fold(f32::max, 1)];
    let crop = native_crop(bbox);
    let detail = FaceDetail {
        rgb: crop_rgb(&frame, &crop, DETAIL_PX).into(),
        face: face_in_crop(bbox, &crop),
        scale: (crop.side / DETAIL_PX as f64) as f32,
    };
    let mut one = observations(1, |f| (f.bbox, f.landmarks) = (bbox, landmarks)).remove(0);
    one.detail = Some(detail.clone());
    (one, detail)
}

#[test]
fn vectors_are_those_of_python() {
    let (golden, mut models) = (golden(), shipped());
    assert_eq!(golden["sha256"].as_str(), Some(models.model(TASK).unwrap().sha256.as_str()));
    let settings = Settings::read(&models).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let (one, detail) = looked_at(case);
        let found = settings.net.vector(one.face.as_ref().unwrap(), &detail, &mut models).unwrap();
        let expected = case["embedding"].as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e.as_f64().unwrap()).abs() <= 1e-3, "{f} against {e}");
        }
    }
}

#[test]
fn no_template_leaves_the_signal() {
    let mut models = shipped();
    let (one, detail) = looked_at(&golden()["cases"][0]);
    let all: Vec<FaceObs> = (0..12).map(|i| FaceObs { time: MediaTime::from_ms(250 * i), ..one.clone() }).collect();
    let mut signal = Identity::default();
    let settings = Settings::read(&models).unwrap();
    let vector = settings.net.vector(one.face.as_ref().unwrap(), &detail, &mut models).unwrap();
    let mut said = String::new();
    for _ in 0..4 {
        let analysis = with_segment(&all, 1.0, |s| signal.analyze(s, &mut models));
        let numbers = analysis.outcome.evidence();
        assert!(numbers.len() <= 3, "{numbers:?}");
        said += &serde_json::to_string(&analysis.outcome).unwrap();
        assert!(analysis.picture.is_none() && analysis.comparison.is_none());
    }
    assert!(said.contains("identity_distance"), "{said}");
    said += &format!("{signal:?}");
    assert!(signal.baseline().is_none() && signal.copy().is_none());
    // No number of the template, in any of the forms in which one is written.
    for v in vector.iter().filter(|v| v.abs() > 1e-3) {
        for text in [format!("{v}"), format!("{v:.4}"), format!("{:.4}", v * 12.0)] {
            assert!(!said.contains(&text), "{text} in {said}");
        }
    }
}

#[test]
fn the_face_of_a_reference_is_compared_where_there_is_one_and_its_template_is_never_shown() {
    let mut models = shipped();
    let (one, _) = looked_at(&golden()["cases"][0]);
    let all: Vec<FaceObs> = (0..12).map(|i| FaceObs { time: MediaTime::from_ms(250 * i), ..one.clone() }).collect();
    let mut gatherer = Gatherer::default();
    assert_eq!(gatherer.face(&models), Err("no face was found in it".to_owned()));
    let mut small = one.clone();
    let face = small.face.as_mut().unwrap();
    face.bbox[3] = face.bbox[1] + 20.0;
    gatherer.take(&small, &mut models);
    assert_eq!(gatherer.face(&models), Err("no picture of it can be used: the face is too small".to_owned()));
    // One picture is a reference.
    gatherer.take(&one, &mut models);
    let own = gatherer.face(&models).unwrap();
    assert_eq!(own.pictures, 1);
    for v in own.vector.iter().filter(|v| v.abs() > 1e-3) {
        assert!(!format!("{own:?} {gatherer:?}").contains(&format!("{v:.4}")));
    }
    let away = FaceMean { vector: own.vector.iter().map(|v| -v).collect(), ..own.clone() };
    let strange = FaceMean { model: crate::core::ModelRef { id: "identity-0".into(), ..own.model.clone() }, ..own.clone() };
    for (face, kind, distance, words) in [
        (Ok(own.clone()), ReferenceKind::Stretch, Some(0.0), "; like the face of the reference"),
        (Ok(own), ReferenceKind::Clip, Some(0.0), "; like the face of the reference"),
        (Ok(away.clone()), ReferenceKind::Stretch, Some(2.0), "; unlike the face of the reference"),
        (Ok(away), ReferenceKind::Clip, Some(2.0), "; too far from the face of the reference to say anything"),
        (Ok(strange), ReferenceKind::Clip, None, "; not compared with the face of the reference: its face was read by identity-0"),
        (Err(NO_CONSENT.to_owned()), ReferenceKind::Clip, None, "reference: the interview has no consent id"),
    ] {
        let source = ReferenceSource { kind, name: "clip".to_owned() };
        let reference = Reference { source, baseline: Err(String::new()), face };
        let found = with_segment(&all, 1.0, |s| {
            let s = Segment { reference: Some(&reference), ..*s };
            Identity::default().analyze(&s, &mut models)
        });
        let said = abstention(&found);
        assert!(said.detail.contains(words), "{} where {words} was expected", said.detail);
        let measured = said.evidence.iter().find(|e| e.name == "reference_distance");
        assert_eq!(measured.map(|e| e.value.round()), distance);
        let reason = if distance.is_some() { AbstainReason::Experimental } else { AbstainReason::Gathering };
        assert_eq!(said.reason, reason);
        assert!(found.comparison.is_none(), "the reference is face_swap's to count");
    }
}

/// Every third picture of a clip up to a time, shifted by another.
fn pictures(path: &Path, until: MediaTime, shift: MediaTime) -> Vec<Frame> {
    let mut source = FileSource::open(path, &OpenOptions::default()).unwrap();
    let index = source.info().first(TrackKind::Video).unwrap().index;
    source.select(index, TrackId::parse("video").unwrap(), None).unwrap();
    let (mut all, mut n) = (Vec::new(), 0);
    while let Some(media) = source.next().unwrap() {
        let Media::Frame { frame, .. } = media else { continue };
        if frame.time >= until {
            break;
        }
        if n % 3 == 0 {
            let time = frame.time.plus_ns(shift.0);
            all.push(Frame::new(time, 0, frame.width, frame.height, frame.rgb()).unwrap());
        }
        n += 1;
    }
    all
}

/// What the signal says of pictures, segment by segment.
fn said(frames: &[Frame], models: &mut ModelSet) -> Vec<Abstention> {
    let mut tracker = FaceTracker::new(TrackConfig::default());
    let all: Vec<FaceObs> = frames.iter().map(|f| tracker.observe(f, models).unwrap()).collect();
    let (mut signal, end) = (Identity::default(), all.last().unwrap().time);
    let mut out = Vec::new();
    for start in (0..).map(|i| MediaTime::from_ms(3_000 * i)).take_while(|t| t.plus_ns(3_000_000_000) <= end) {
        let span = Span::new(start, start.plus_ns(3_000_000_000));
        let seen = &all[..all.partition_point(|o| o.time < span.end)];
        let analysis = with_span(seen, 1.0, span, |s| signal.analyze(s, models));
        out.push(abstention(&analysis).clone());
    }
    out
}

#[test]
fn somebody_else_in_mid_call_is_told_with_the_time_and_one_person_is_not() {
    let Some(data) = crate::testing::shared_data("analyze::identity::tests::somebody_else_in_mid_call") else {
        return;
    };
    let (one, other) = (data.join("talk/lp_d6.mp4"), data.join("talk/lp_d14.mp4"));
    let (cut, length) = (MediaTime::from_ms(13_000), MediaTime::from_ms(12_000));
    let mut models = shipped();
    let changes = |all: &[Abstention]| -> Vec<f64> {
        let evidence = all.iter().flat_map(|a| &a.evidence);
        evidence.filter(|e| e.name == "identity_change_at_s").map(|e| e.value).collect()
    };
    let alone = said(&pictures(&one, MediaTime::from_ms(25_000), MediaTime::ZERO), &mut models);
    assert!(alone.len() >= 8 && changes(&alone).is_empty(), "{alone:#?}");
    assert!(alone[2..].iter().all(|a| a.reason == AbstainReason::Experimental), "{alone:#?}");
    let mut spliced = pictures(&one, cut, MediaTime::ZERO);
    spliced.extend(pictures(&other, length, cut));
    let found = said(&spliced, &mut models);
    let at = changes(&found);
    assert!(at.len() >= 2, "{found:#?}");
    for at in at {
        assert!((at - cut.as_secs_f64()).abs() < 0.5, "{at} s, spliced at {cut:?}");
    }
}
