//! Recordings through the real decoder, the real nets and the real pipeline.

use super::*;
use crate::core::{AbstainReason, ScoreOutcome};
use crate::engine::{EngineOptions, ModelsDir};
use std::sync::Arc;

fn media(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn engine() -> Arc<Engine> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    Engine::load(&dir, &EngineOptions::default()).unwrap()
}

fn review(name: &str) -> FileReport {
    let engine = engine();
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    review_file(&media(name), &engine, &mut models, &options, &mut |_| {})
}

#[test]
fn a_short_clip_yields_segments_with_a_tracked_face() {
    let report = review("media/vp9_opus.webm");
    assert_eq!(report.error, None);
    assert_eq!(report.segments.len(), 2, "6 s in segments of 3 s");
    for s in &report.segments {
        assert!(
            s.is_final && s.quality.face_presence > 0.9,
            "{:?}",
            s.quality
        );
        assert!(
            s.coverage.video > 0.95 && s.coverage.audio > 0.9,
            "{:?}",
            s.coverage
        );
        assert_eq!(s.findings.len(), crate::analyze::NAMES.len());
    }
    assert!(report.models.iter().all(|m| !m.sha256.is_empty()));
}

#[test]
fn a_room_without_a_person_is_never_given_a_number() {
    let report = review("media/no_face.mp4");
    assert_eq!(report.error, None);
    for s in &report.segments {
        assert!(s.quality.face_presence < 0.05);
        assert!(matches!(s.outcome, ScoreOutcome::NoScore(_)));
    }
    let summary = report.summary.unwrap();
    assert!(matches!(
        summary.participants[0].outcome,
        ScoreOutcome::NoScore(_)
    ));
}

#[test]
fn what_is_no_recording_is_refused_in_words() {
    for name in [
        "media/text.mp4",
        "media/empty.mp4",
        "media/there_is_no_such_file.mp4",
    ] {
        let report = review(name);
        let error = report.error.unwrap();
        assert!(error.len() > 10, "{name}: {error}");
        assert!(report.segments.is_empty() && report.summary.is_none());
    }
}

#[test]
fn a_signal_without_a_model_says_so_in_every_segment() {
    let report = review("media/vp9_opus.webm");
    for s in &report.segments {
        let hand = s
            .findings
            .iter()
            .find(|f| f.signal == "hand_occlusion")
            .unwrap();
        let crate::core::Outcome::Abstained(a) = &hand.outcome else {
            panic!("scored without a model");
        };
        assert_eq!(a.reason, AbstainReason::ModelMissing);
    }
}

#[test]
fn the_same_file_twice_gives_the_same_bytes() {
    let text = |r| crate::report::to_json(&crate::report::Document::new(vec![r])).unwrap();
    let name = "media/vfr_gap.mp4";
    assert_eq!(text(review(name)), text(review(name)));
}
