//! Lists through the real decoder, the real nets and the real pipeline.

use super::*;
use crate::engine::{Engine, EngineOptions, ModelsDir};
use crate::review::ReviewOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn engine(overlays: Vec<PathBuf>) -> Result<Arc<Engine>, crate::engine::EngineError> {
    let dir = ModelsDir::find(Some(&root().join("models"))).unwrap();
    let options = EngineOptions {
        overlays,
        ..EngineOptions::default()
    };
    Engine::load(&dir, &options)
}

#[derive(Default)]
struct Count {
    done: AtomicUsize,
    cached: AtomicUsize,
}

impl RunProgress for Count {
    fn done(&self, _clip: &Clip, cached: bool, _result: &ClipResult) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.cached
            .fetch_add(usize::from(cached), Ordering::Relaxed);
    }
}

fn settings(degrade: &str) -> RunSettings {
    let degrade = if degrade.is_empty() {
        Vec::new()
    } else {
        degrade::parse(degrade).unwrap()
    };
    RunSettings {
        review: ReviewOptions::default(),
        jobs: 2,
        degrade,
        program: "test".into(),
    }
}

fn engines(list: &ClipList) -> Engines {
    let load = |overlay: &Path| engine(vec![overlay.to_path_buf()]);
    Engines::load(list, engine(Vec::new()).unwrap(), load).unwrap()
}

fn list(text: &str) -> ClipList {
    ClipList::parse(text, &root().join("testdata/media")).unwrap()
}

#[test]
fn recordings_stills_and_what_is_neither_come_back_in_the_order_of_the_list() {
    let list = list(
        "path,label\nvp9_opus.webm,real\ntext.mp4,real\nface.jpg,real\nfps2.mp4,fake\n\
        truncated.jpg,real\nface.png,fake\nthere_is_none.mp4,real\n",
    );
    let count = Count::default();
    let scored = run(
        &list,
        &engines(&list),
        &settings(""),
        &ResultCache::none(),
        &count,
    );
    assert_eq!(count.done.load(Ordering::Relaxed), 7);
    let [clip, text, jpg, slow, cut, png, none] = &scored.plain[..] else {
        panic!("{} results", scored.plain.len());
    };
    assert_eq!(
        (clip.error.as_ref(), clip.still, clip.segments.len()),
        (None, false, 2)
    );
    assert!(slow.error.is_none() && !slow.still);
    for broken in [text, cut, none] {
        assert!(
            broken.error.as_ref().is_some_and(|e| e.len() > 10),
            "{broken:?}"
        );
    }
    for still in [jpg, png] {
        assert_eq!(
            (still.error.as_ref(), still.still, still.segments.len()),
            (None, true, 1)
        );
        let segment = &still.segments[0];
        assert!(
            segment.quality.face_presence == 1.0,
            "{:?}",
            segment.quality
        );
        assert_eq!(segment.findings.len(), crate::analyze::NAMES.len());
    }
}

#[test]
fn a_second_run_takes_its_results_from_the_cache_and_other_settings_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.jsonl");
    let list = list("path,label\nface.jpg,real\nface.png,fake\n");
    let engines = engines(&list);
    let go = |settings: &RunSettings| {
        let count = Count::default();
        let cache = ResultCache::open(&path).unwrap();
        let scored = run(&list, &engines, settings, &cache, &count);
        (scored, count.cached.into_inner())
    };
    let (first, cached) = go(&settings(""));
    assert_eq!(cached, 0);
    let (second, cached) = go(&settings(""));
    assert_eq!((&second, cached), (&first, 2));
    // A pass over worse media is new; the plain pass is not.
    let (third, cached) = go(&settings("blur=4"));
    assert_eq!((&third.plain, cached), (&first.plain, 2));
    let sharp = |s: &ClipResult| s.segments[0].quality.sharpness;
    assert!(sharp(&third.degraded[0].1[0]) < sharp(&third.plain[0]) / 2.0);
    let mut shorter = settings("");
    shorter.review.pipeline.segment_ns /= 2;
    assert_eq!(go(&shorter).1, 0);
    let mut rebuilt = settings("");
    rebuilt.program = "another build".into();
    assert_eq!(go(&rebuilt).1, 0);
}

#[test]
fn each_row_is_scored_with_the_models_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    // Without its detector the second row cannot see a face.
    let overlay = dir.path().join("blind.toml");
    let text = "version = 1\n[[model]]\nid = \"det-none\"\ntask = \"det\"\nfile = \"none.onnx\"\n\
        sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\nlicence = \"MIT\"\n\
        data_terms = \"none\"\ninput = {name = \"x\", layout = \"NCHW\"}\noutputs = [{name = \"y\"}]\n";
    std::fs::write(&overlay, text).unwrap();
    let csv = format!(
        "path,label,models\nface.png,real,\nface.png,real,{}\n",
        overlay.display()
    );
    let list = list(&csv);
    let engines = engines(&list);
    assert_eq!(engines.iter().count(), 2);
    let scored = run(
        &list,
        &engines,
        &settings(""),
        &ResultCache::none(),
        &Count::default(),
    );
    let face = |i: usize| scored.plain[i].segments[0].quality.face_presence;
    assert_eq!((face(0), face(1)), (1.0, 0.0));
    let bad = list_with_missing_overlay();
    let e = Engines::load(&bad, engine(Vec::new()).unwrap(), |p| {
        engine(vec![p.to_path_buf()])
    });
    assert!(e.unwrap_err().to_string().contains("line 2, column models"));
}

fn list_with_missing_overlay() -> ClipList {
    list("path,label,models\nface.png,real,there_is_no.toml\n")
}

#[test]
fn every_degradation_passes_through_the_pipeline() {
    let list = list("path,label\nvp8_opus.webm,real\nface.png,fake\n");
    let engines = engines(&list);
    for spec in [
        "jpeg=30",
        "crf=34",
        "height=120",
        "fps=8",
        "light=0.25",
        "snr=5",
        "loss=10",
    ] {
        let mut settings = settings(spec);
        settings.jobs = 1;
        let scored = run(
            &list,
            &engines,
            &settings,
            &ResultCache::none(),
            &Count::default(),
        );
        let (kind, worse) = &scored.degraded[0];
        assert_eq!(kind.to_string(), spec);
        assert!(worse.iter().all(|r| r.error.is_none()), "{spec}: {worse:?}");
        let (a, b) = (&scored.plain[0].segments, &worse[0].segments);
        assert_eq!(a.len(), b.len(), "{spec}");
        let differs = a.iter().zip(b).any(|(a, b)| a.quality != b.quality);
        assert!(differs || spec.starts_with("snr"), "{spec} changed nothing");
        if spec.starts_with("fps") {
            assert!(b[0].quality.fps < 9.0, "{}", b[0].quality.fps);
        }
    }
}
