//! What counts as finished, and what a folder refuses.

use super::*;
use crate::core::{FieldError, MediaTime, SessionSummary};
use crate::report::FileReport;
use crate::review::Basis;

struct Scene {
    dir: tempfile::TempDir,
    recording: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let recording = dir.path().join("a call.mp4");
        std::fs::write(&recording, "media").unwrap();
        Self { dir, recording }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    fn open(&self, pages: bool) -> ReviewFolder {
        ReviewFolder::open(&self.root(), pages).unwrap()
    }

    fn identity(&self, basis: &str) -> Identity {
        Identity::of(&self.recording, &Basis::named(basis)).unwrap()
    }

    fn document(&self) -> Document {
        let summary = SessionSummary {
            duration: MediaTime::from_ms(6_000),
            participants: Vec::new(),
            partial: false,
            end_reason: "end of the recording".to_owned(),
            cautions: Vec::new(),
        };
        let path = self.recording.display().to_string();
        Document::new(vec![FileReport {
            error: None,
            summary: Some(summary),
            ..FileReport::failed(path, "")
        }])
    }

    fn file(&self, ending: &str) -> PathBuf {
        let name = report_name(&self.recording);
        self.root().join(REPORTS).join(format!("{name}.{ending}"))
    }
}

#[test]
fn a_report_is_finished_for_the_same_inputs_alone() {
    let scene = Scene::new();
    let folder = scene.open(false);
    let id = scene.identity("x");
    assert_eq!(folder.finished(&scene.recording, &id).unwrap(), None);
    let kept = folder
        .keep(&scene.recording, Some(&id), &scene.document(), None)
        .unwrap();
    assert_eq!(
        folder.finished(&scene.recording, &id).unwrap(),
        Some(kept.clone())
    );
    assert_eq!(kept.sha256.as_deref(), Some(id.sha256.as_str()));
    assert!(scene.root().join(&kept.report).is_file());
    // Another build, another recording.
    assert_eq!(
        folder
            .finished(&scene.recording, &scene.identity("y"))
            .unwrap(),
        None
    );
    std::fs::write(&scene.recording, "other media").unwrap();
    assert_eq!(
        folder
            .finished(&scene.recording, &scene.identity("x"))
            .unwrap(),
        None
    );
    // A report that was written to, or went away.
    let text = std::fs::read_to_string(scene.file("json")).unwrap();
    std::fs::write(scene.file("json"), text + " ").unwrap();
    assert_eq!(folder.finished(&scene.recording, &id).unwrap(), None);
    std::fs::remove_file(scene.file("json")).unwrap();
    assert_eq!(folder.finished(&scene.recording, &id).unwrap(), None);
}

#[test]
fn what_a_passing_fault_left_is_done_anew() {
    let scene = Scene::new();
    let folder = scene.open(false);
    let id = scene.identity("x");
    folder
        .keep(&scene.recording, Some(&id), &scene.document(), None)
        .unwrap();
    let error = FieldError::new("models", "none", "some").to_string();
    let failed = Document::new(vec![FileReport::failed("a call.mp4", error)]);
    let entry = folder.keep(&scene.recording, None, &failed, None).unwrap();
    assert_eq!(entry.sha256, None);
    assert!(scene.file("json").is_file());
    assert_eq!(folder.finished(&scene.recording, &id).unwrap(), None);
}

#[test]
fn a_page_asked_for_later_is_that_of_the_first_run() {
    let scene = Scene::new();
    let id = scene.identity("x");
    let folder = scene.open(true);
    folder
        .keep(&scene.recording, Some(&id), &scene.document(), None)
        .unwrap();
    let at_once = std::fs::read(scene.file("html")).unwrap();
    drop(folder);
    for damage in [None, Some("half a pa")] {
        match damage {
            None => std::fs::remove_file(scene.file("html")).unwrap(),
            Some(text) => std::fs::write(scene.file("html"), text).unwrap(),
        }
        let folder = scene.open(true);
        assert!(folder.finished(&scene.recording, &id).unwrap().is_some());
        assert_eq!(std::fs::read(scene.file("html")).unwrap(), at_once);
    }
}

#[test]
fn two_runs_do_not_write_one_folder() {
    let scene = Scene::new();
    let first = scene.open(false);
    let second = ReviewFolder::open(&scene.root(), false);
    assert!(matches!(second, Err(FolderError::InUse(_))), "{second:?}");
    drop(first);
    std::fs::write(scene.file("json").with_file_name(".x.json.part"), "ha").unwrap();
    scene.open(false);
    assert_eq!(
        std::fs::read_dir(scene.root().join(REPORTS))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn the_folder_of_somebody_else_is_left_alone() {
    let scene = Scene::new();
    let foreign = ReviewFolder::open(scene.dir.path(), false);
    assert!(
        matches!(foreign, Err(FolderError::Foreign(_))),
        "{foreign:?}"
    );
    assert_eq!(std::fs::read_dir(scene.dir.path()).unwrap().count(), 1);
    let file = ReviewFolder::open(&scene.recording, false);
    assert!(matches!(file, Err(FolderError::Io { .. })), "{file:?}");
}

#[test]
fn the_index_is_there_only_when_everything_is() {
    let scene = Scene::new();
    let folder = scene.open(true);
    let entry = folder
        .keep(
            &scene.recording,
            Some(&scene.identity("x")),
            &scene.document(),
            None,
        )
        .unwrap();
    let page = folder
        .close(BatchIndex::new(vec![entry], Vec::new()))
        .unwrap();
    assert_eq!(page, scene.root().join("index.html"));
    let text = std::fs::read(scene.root().join("index.json")).unwrap();
    let index: BatchIndex = serde_json::from_slice(&text).unwrap();
    for place in [Some(&index.files[0].report), index.files[0].page.as_ref()] {
        assert!(scene.root().join(place.unwrap()).is_file(), "{place:?}");
    }
    folder.begin().unwrap();
    assert!(INDEX.iter().all(|name| !scene.root().join(name).exists()));
}

#[test]
fn reports_have_names_of_their_own_that_need_no_escape() {
    let name = |p: &str| report_name(Path::new(p));
    assert_eq!(name("a/x.mp4"), name("a/x.mp4"));
    assert_ne!(name("a/x.mp4"), name("b/x.mp4"));
    assert!(name("a/x.mp4").starts_with("x.mp4."));
    let odd = name("a/..what? #1 100% <b>.mp4");
    assert!(odd.starts_with("what___1_100___b_.mp4."), "{odd}");
    assert!(name(&"é".repeat(300)).len() < 120);
}

#[test]
fn an_evidence_log_that_is_gone_or_changed_is_made_anew() {
    let scene = Scene::new();
    let folder = scene.open(false);
    let id = scene.identity("x");
    let entry = folder
        .keep(&scene.recording, Some(&id), &scene.document(), Some(b"log"))
        .unwrap();
    let log = scene.file("evidence.jsonl");
    assert_eq!(std::fs::read(&log).unwrap(), b"log");
    let finished = || folder.finished(&scene.recording, &id).unwrap();
    assert_eq!(finished(), Some(entry));
    std::fs::write(&log, "lot").unwrap();
    assert_eq!(finished(), None);
    std::fs::remove_file(&log).unwrap();
    assert_eq!(finished(), None);
}
