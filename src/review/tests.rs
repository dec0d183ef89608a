//! Recordings through the real decoder, the real nets and the real pipeline.

use super::*;
use crate::core::{AbstainReason, Finding, Region, ScoreOutcome};
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
fn a_report_is_what_its_document_holds() {
    // Pictures at thirds of a millisecond: a page drawn of this report and one drawn of its document must not part.
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("odd.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x240:rate=30000/1001:duration=4",
        ])
        .args(["-c:v", "mpeg4"])
        .arg(&clip)
        .status();
    if !made.is_ok_and(|s| s.success()) {
        return crate::testing::skip(
            "review::tests::a_report_is_what_its_document_holds",
            "no ffmpeg program",
        );
    }
    let engine = engine();
    let mut models = engine.new_set().unwrap();
    let report = review_file(
        &clip,
        &engine,
        &mut models,
        &ReviewOptions::default(),
        &mut |_| {},
    );
    let summary = report.summary.as_ref().unwrap();
    assert_eq!(summary.duration.0 % 1_000, 0, "{:?}", summary.duration);
    assert_eq!(report.clone().as_written(), report);
    let text = serde_json::to_string(&report).unwrap();
    let read: FileReport = serde_json::from_str(&text).unwrap();
    assert_eq!(read, report);
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
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for entry in std::fs::read_dir(shipped)
        .unwrap()
        .map(|e| e.unwrap().path())
    {
        let name = entry.file_name().unwrap();
        if entry.is_file() && name != "seg-1.onnx" {
            std::fs::copy(&entry, folder.path().join(name)).unwrap();
        }
    }
    let dir = ModelsDir::find(Some(folder.path())).unwrap();
    let engine = Engine::load(&dir, &EngineOptions::default()).unwrap();
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    let path = media("media/vp9_opus.webm");
    let report = review_file(&path, &engine, &mut models, &options, &mut |_| {});
    assert!(!report.segments.is_empty());
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
fn a_drawn_hand_before_a_face_and_a_face_painted_over_it_are_told_apart() {
    use crate::core::ChallengeStatus;
    let llr = |name: &str| {
        let report = review(name);
        let summary = report.summary.unwrap();
        let [challenge] = summary.participants[0].challenges.as_slice() else {
            panic!("{name}: {:?}", summary.participants[0].challenges)
        };
        assert_eq!(challenge.status, ChallengeStatus::Performed, "{name}");
        assert_eq!(challenge.passes, 2, "{name}");
        // The hand comes into the picture 0.9 s after the prompt, and before the face 0.8 s later.
        let ms = challenge.reaction_ms.unwrap();
        assert!((850.0..1_600.0).contains(&ms), "{name}: {ms}");
        let event = challenge.llr.unwrap();
        let findings = report.segments.iter().flat_map(|s| &s.findings);
        let hand: Vec<_> = findings.filter(|f| f.signal == "hand_occlusion").collect();
        let scored: Vec<f64> = hand
            .iter()
            .map(|f| f.contribution)
            .filter(|c| *c != 0.0)
            .collect();
        assert_eq!(scored.len(), 1, "{name}: it counts where its window closes");
        assert!((scored[0] - event).abs() < 1e-9, "{name}: {scored:?}");
        // Both faces are drawn, the one that is painted over the other too: no camera's traces to judge.
        let faces = report.segments.iter().flat_map(|s| &s.findings);
        let mut faces = faces.filter(|f| f.signal == "face_swap");
        assert!(
            faces.all(|f| matches!(&f.outcome, crate::core::Outcome::Abstained(a) if a.detail.contains("drawn, not filmed"))),
            "{name}"
        );
        event
    };
    let (real, swapped) = (llr("demo/hand_pass.mp4"), llr("demo/hand_pass_swapped.mp4"));
    assert!(real < -0.4 && swapped > 0.4, "{real} {swapped}");
}

#[test]
fn the_same_file_twice_gives_the_same_bytes() {
    let text = |r| crate::report::to_json(&crate::report::Document::new(vec![r])).unwrap();
    let name = "media/vfr_gap.mp4";
    assert_eq!(text(review(name)), text(review(name)));
}

fn review_with(name: &str, candidate: CandidateChoice) -> FileReport {
    let engine = engine();
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions {
        candidate,
        ..ReviewOptions::default()
    };
    review_file(&media(name), &engine, &mut models, &options, &mut |_| {})
}

fn noticed(report: &FileReport, words: &str) -> usize {
    let with = |n: &&Notice| n.detail.contains(words);
    report.notices.iter().filter(with).count()
}

#[test]
fn several_people_are_told_apart_by_where_they_are_shown() {
    let name = "media/ten_faces.mp4";
    let as_found = review(name);
    assert_eq!(noticed(&as_found, "need not be the candidate's"), 1);
    let each = review_with(name, CandidateChoice::Each);
    assert_eq!(each.error, None);
    let people = &each.summary.as_ref().unwrap().participants;
    assert_eq!(people.len(), places::MOST_PLACES, "{:?}", each.notices);
    assert_eq!(noticed(&each, "place-1: a face at"), 1);
    assert_eq!(noticed(&each, "there may be more people"), 1);
    // Each lane sees one face, where the whole picture has ten.
    for s in &each.segments {
        assert!(
            s.quality.face_presence > 0.5,
            "{}: {:?}",
            s.participant,
            s.quality
        );
        assert!(
            s.quality.faces_max <= 2,
            "{}: {:?}",
            s.participant,
            s.quality
        );
    }
    let longest = review_with(name, CandidateChoice::Longest);
    assert_eq!(longest.participants.len(), 1);
    assert_eq!(noticed(&longest, "candidate: a face at"), 1);
}

#[test]
fn a_choice_that_cannot_be_used_is_said_and_one_person_stays_one_person() {
    // A drawn person alone has the whole picture, and the same numbers as without a choice.
    let name = "media/vp9_opus.webm";
    let (plain, longest) = (review(name), review_with(name, CandidateChoice::Longest));
    assert_eq!(noticed(&longest, "candidate: a face at"), 1);
    assert_eq!(noticed(&longest, "one sound track for several people"), 0);
    let scores = |r: &FileReport| {
        r.segments
            .iter()
            .map(|s| s.outcome.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(scores(&plain), scores(&longest));
    let empty = Region {
        x: 0.0,
        y: 0.0,
        width: 0.2,
        height: 0.2,
    };
    let corner = review_with(name, CandidateChoice::Region(empty));
    assert_eq!(noticed(&corner, "one sound track for several people"), 1);
    assert!(
        corner
            .segments
            .iter()
            .all(|s| s.quality.face_presence < 0.2)
    );
    assert_eq!(
        noticed(
            &review_with("media/no_face.mp4", CandidateChoice::Each),
            "no face was found"
        ),
        1
    );
    // The events file comes first.
    let listed = review_with("demo/hand_pass.mp4", CandidateChoice::Longest);
    assert_eq!(
        noticed(&listed, "the events file says who is on which stream"),
        1
    );
}

/// The shipped models with a stand-in for the face-swap net, which has what a reference needs.
fn with_stand_in(folder: &Path, table: Option<&str>) -> Arc<Engine> {
    let overlays = vec![crate::testing::reference_overlay(folder, table)];
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let options = EngineOptions {
        overlays,
        ..EngineOptions::default()
    };
    Engine::load(&ModelsDir::find(Some(&dir)).unwrap(), &options).unwrap()
}

/// Reviews `name` from 3 s on, against the first 3 s of a reference.
fn against(engine: &Arc<Engine>, name: &str, reference: Option<&str>) -> FileReport {
    let path = media(name);
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    let from = |a: i64, b: i64| Some(Span::new(MediaTime::from_ms(a), MediaTime::from_ms(b)));
    let clip = reference.map(media).map(|other| {
        let clip = ReferenceInput {
            stretch: from(0, 3000),
            ..ReferenceInput::of(&other)
        };
        clip.read(&mut models, &options).unwrap()
    });
    let input = ReviewInput {
        stretch: from(3000, 6000),
        reference: clip.as_ref(),
        ..ReviewInput::of(&path)
    };
    review_input(input, engine, &mut models, &options, &mut |_| {})
}

fn face_swap(report: &FileReport) -> Vec<&crate::core::Finding> {
    let all = report.segments.iter().flat_map(|s| &s.findings);
    all.filter(|f| f.signal == "face_swap").collect()
}

#[test]
fn a_recording_is_set_against_its_reference() {
    let folder = tempfile::tempdir().unwrap();
    let table = crate::testing::reference_table(1.0, 4);
    let engine = with_stand_in(folder.path(), Some(&table));
    let clip = "media/vp9_opus.webm";
    let report = against(&engine, clip, Some(clip));
    assert_eq!(report.error, None);
    let [only] = report.segments.as_slice() else {
        panic!(
            "only the stretch is cut into segments: {:?}",
            report.segments
        )
    };
    assert_eq!(only.span.start, MediaTime::from_ms(3000));
    let finding = face_swap(&report)[0];
    let made = finding.comparison.as_ref().unwrap();
    assert!(made.source.name.ends_with("vp9_opus.webm, 0.0 to 3.0 s"));
    assert_eq!(made.obstacle, None);
    let evidence = finding.outcome.evidence();
    let value = |name: &str| evidence.iter().find(|e| e.name == name).unwrap().value;
    assert!(finding.outcome.is_scored() && value("reference_pictures") >= 10.0);
    assert!(
        value("reference_difference").abs() < 0.1,
        "the same drawn face"
    );
    let person = &report.summary.as_ref().unwrap().participants[0];
    let reference = person.reference.as_ref().unwrap();
    assert_eq!(
        (
            reference.compared_segments,
            reference.not_comparable_segments
        ),
        (1, 0)
    );
    assert_eq!(reference.obstacle, None);
    assert!(report.notices.is_empty(), "{:?}", report.notices);
}

#[test]
fn a_reference_that_cannot_be_used_is_said_and_the_ordinary_score_stands() {
    let folder = tempfile::tempdir().unwrap();
    let table = crate::testing::reference_table(1.0, 4);
    let engine = with_stand_in(folder.path(), Some(&table));
    let clip = "media/vp9_opus.webm";
    let ordinary = against(&engine, clip, None);
    let ordinary = &face_swap(&ordinary)[0].outcome;
    assert!(ordinary.is_scored());
    for (reference, word) in [
        ("media/no_face.mp4", "no face was found"),
        ("media/face.jpg", "1 usable pictures of the face, 4 needed"),
    ] {
        let report = against(&engine, clip, Some(reference));
        let finding = face_swap(&report)[0];
        let why = finding.comparison.as_ref().unwrap().obstacle.as_ref();
        assert!(why.unwrap().contains(word), "{reference}: {why:?}");
        assert_eq!(&finding.outcome, ordinary, "{reference}");
        let said = report.notices.iter().filter(|n| n.detail.contains(word));
        assert_eq!(said.count(), 1, "{:?}", report.notices);
        let person = &report.summary.as_ref().unwrap().participants[0];
        let summary = person.reference.as_ref().unwrap();
        assert!(summary.obstacle.as_ref().unwrap().contains(word));
    }
    // A model without the outputs.
    let folder = tempfile::tempdir().unwrap();
    let engine = with_stand_in(folder.path(), None);
    let report = against(&engine, clip, Some(clip));
    assert!(report.notices[0].detail.contains("has no output reference"));
    assert!(face_swap(&report)[0].outcome.is_scored());
    // What cannot be read at all is a failure.
    let missing = media("media/none.mp4");
    let mut models = engine.new_set().unwrap();
    let read = ReferenceInput::of(&missing).read(&mut models, &ReviewOptions::default());
    assert!(matches!(read, Err(ReviewError::Decode(_))));
}

#[test]
fn the_face_of_a_reference_is_compared_for_a_consent_id_alone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine();
    let other = media("media/vp8_opus.webm");
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    let mut texts = Vec::new();
    for consent in ["", ", \"consent_id\": \"c-7\""] {
        let path = folder.path().join("call.webm");
        std::fs::copy(media("media/vp9_opus.webm"), &path).unwrap();
        let events = format!(
            "{{\"version\": 1{consent}, \"participants\": [{{\"id\": \"candidate\", \"role\": \"candidate\"}}], \
             \"tracks\": [{{\"stream\": 0, \"id\": \"v\", \"participant\": \"candidate\"}}]}}"
        );
        std::fs::write(folder.path().join("call.webm.events.json"), events).unwrap();
        let input = ReviewInput::of(&path);
        assert_eq!(input.has_consent(), !consent.is_empty());
        // It was read for others too, of whom one has a consent id.
        let clip = ReferenceInput {
            faces: true,
            ..ReferenceInput::of(&other)
        };
        let clip = clip.read(&mut models, &options).unwrap();
        assert!(clip.reference.face.is_ok(), "{:?}", clip.reference.face);
        let input = ReviewInput {
            reference: Some(&clip),
            ..input
        };
        let report = review_input(input, &engine, &mut models, &options, &mut |_| {});
        assert_eq!(report.error, None);
        let findings = report.segments.iter().flat_map(|s| &s.findings);
        let mine: Vec<_> = findings.filter(|f| f.signal == "identity").collect();
        assert!(!mine.is_empty());
        let measured = |f: &&Finding| {
            f.outcome
                .evidence()
                .iter()
                .any(|e| e.name == "reference_distance")
        };
        assert_eq!(mine.iter().all(measured), !consent.is_empty(), "{mine:#?}");
        texts.push(serde_json::to_string(&mine).unwrap());
    }
    assert!(texts[0].contains(crate::core::NO_CONSENT), "{}", texts[0]);
    // Without somebody's consent no face of a reference is looked at.
    let plain = ReferenceInput::of(&other).read(&mut models, &options);
    assert_eq!(
        plain.unwrap().reference.face,
        Err(crate::core::NO_CONSENT.to_owned())
    );
}

#[test]
fn a_recording_is_never_its_own_reference() {
    let folder = tempfile::tempdir().unwrap();
    let table = crate::testing::reference_table(1.0, 4);
    let engine = with_stand_in(folder.path(), Some(&table));
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    let path = media("media/vp9_opus.webm");
    let from = |a: i64, b: i64| Some(Span::new(MediaTime::from_ms(a), MediaTime::from_ms(b)));
    for (read, seen, used) in [
        (None, None, false),
        (from(0, 3000), None, false),
        (from(0, 3000), from(2900, 6000), false),
        (from(0, 3000), from(3000, 6000), true),
    ] {
        let clip = ReferenceInput {
            stretch: read,
            ..ReferenceInput::of(&path)
        };
        let clip = clip.read(&mut models, &options).unwrap();
        // The same file by another name.
        let link = folder.path().join("link.webm");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for path in [&path, &link] {
            let input = ReviewInput {
                stretch: seen,
                reference: Some(&clip),
                ..ReviewInput::of(path)
            };
            let report = review_input(input, &engine, &mut models, &options, &mut |_| {});
            let own = report
                .notices
                .iter()
                .any(|n| n.detail.contains("the recording itself"));
            assert_eq!(own, !used, "{read:?} {seen:?}: {:?}", report.notices);
            let made = face_swap(&report).iter().any(|f| f.comparison.is_some());
            assert_eq!(made, used, "{read:?} {seen:?}");
        }
    }
}

/// Two generated nets of another geometry, through decoding, tracking, voice series and fusion: a
/// classifier in the place of the face-swap net, and one in the empty slot for voices.
#[test]
fn nets_of_ones_own_score_a_recording_from_end_to_end() {
    use crate::testing::{own_net, own_overlay};
    let calibration =
        "[model.calibration]\nkind = \"logistic\"\nslope = 0.5\noffset = 0.25\nauc_low = 0.8\n";
    let face = format!(
        "[model.input]\nname = \"pixels\"\nlayout = \"NCHW\"\ncolor = \"BGR\"\nwidth = 80\nheight = 80\n\
         mean = [0.4, 0.45, 0.5]\nstd = 0.25\ncrop = {{ kind = \"face_square\", scale = 1.2 }}\n\
         [[model.outputs]]\nname = \"classes\"\nreads = \"logits\"\nmanipulated = 2\n{calibration}"
    );
    let voice = format!(
        "[model.input]\nname = \"sound\"\nlayout = \"NT\"\nshape = [-1, 8000]\n\
         [[model.outputs]]\nname = \"spoof\"\nreads = \"logit\"\n\
         [model.params]\nmin_speech_share = 0.0\n{calibration}"
    );
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let nets = [
        own_net("pixels", &[3, 80, 80], &[2, 3], "classes", &[3]),
        own_net("sound", &[8_000], &[1], "spoof", &[1]),
    ];
    let [a, b] = &folders;
    let [face_net, voice_net] = &nets;
    let options = EngineOptions {
        overlays: vec![
            own_overlay(a.path(), "face_swap", "own-face", face_net, &face),
            own_overlay(b.path(), "voice_spoof", "own-voice", voice_net, &voice),
        ],
        ..EngineOptions::default()
    };
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let engine = Engine::load(&ModelsDir::find(Some(&shipped)).unwrap(), &options).unwrap();
    let mut models = engine.new_set().unwrap();
    models.warm_up().unwrap();
    let clip = a.path().join("clip.webm");
    std::fs::copy(media("media/vp9_opus.webm"), &clip).unwrap();
    std::fs::write(
        a.path().join("clip.webm.events.json"),
        "{\"version\":1,\"participants\":[{\"id\":\"candidate\",\"role\":\"candidate\"}],\"tracks\":[\
         {\"stream\":0,\"id\":\"v\",\"participant\":\"candidate\"},{\"stream\":1,\"id\":\"a\",\"participant\":\"candidate\"}]}",
    )
    .unwrap();
    let options = ReviewOptions::default();
    let report = review_file(&clip, &engine, &mut models, &options, &mut |_| {});
    assert_eq!(report.error, None);
    for (signal, id, cap) in [
        ("face_swap", "own-face", 1.0),
        ("voice_spoof", "own-voice", 2.0),
    ] {
        let findings = report.segments.iter().flat_map(|s| &s.findings);
        let mine: Vec<_> = findings.filter(|f| f.signal == signal).collect();
        let scored = mine.iter().filter(|f| f.outcome.is_scored());
        assert!(scored.count() > 0, "{signal}: {mine:?}");
        assert!(
            mine.iter()
                .all(|f| f.model.id == id && f.contribution.abs() <= 4.0_f64.ln().max(cap))
        );
    }
    let summary = report.summary.unwrap();
    assert!(
        summary
            .cautions
            .iter()
            .any(|c| c.contains("model of the operator's own")),
        "{:?}",
        summary.cautions
    );
    assert!(summary.participants[0].outcome.score().is_some());
}
