//! The service over a real socket, with the real nets: the demo interview live and recorded.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use liveproof::client::{StreamOptions, stream_file};
use liveproof::core::{Outcome, SegmentResult, SessionId};
use liveproof::engine::{Engine, EngineOptions, ModelsDir};
use liveproof::report::FileReport;
use liveproof::review::{ReviewOptions, review_file};
use liveproof::serve::{ServeConfig, start};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// SPECIFICATION.md promises the late stretch within 40 ms and each gap within 120 ms.
const OFFSET_TOLERANCE_MS: f64 = 40.0;
const GAP_TOLERANCE_MS: f64 = 120.0;
/// A finding that raises the evidence by this much marks its segment.
const MARKED: f64 = 0.5;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn media(name: &str) -> PathBuf {
    root().join("testdata").join(name)
}

fn engine() -> Arc<Engine> {
    let dir = ModelsDir::find(Some(&root().join("models"))).unwrap();
    Engine::load(&dir, &EngineOptions::default()).unwrap()
}

fn review(engine: &Arc<Engine>, path: &Path) -> FileReport {
    let mut models = engine.new_set().unwrap();
    review_file(
        path,
        engine,
        &mut models,
        &ReviewOptions::default(),
        &mut |_| {},
    )
}

/// Starts a server on a free port, streams the recordings to it one after the other, stops it.
fn stream(engine: Arc<Engine>, paths: &[PathBuf]) -> Vec<Result<FileReport, String>> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listen = "127.0.0.1:0".parse().unwrap();
        let config = ServeConfig {
            listen,
            ..ServeConfig::default()
        };
        let serving = start(config, engine).await.unwrap();
        let to = format!("http://{}", serving.addr());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serving.run(async {
            stopped.await.ok();
        }));
        let mut reports = Vec::new();
        for (i, path) in paths.iter().enumerate() {
            let options = StreamOptions {
                to: to.clone(),
                fast: true,
                jpeg: None,
                session_id: SessionId::parse(&format!("e2e-{i}")).unwrap(),
            };
            let report = stream_file(path, &options, &mut |_| {}).await;
            reports.push(report.map_err(|e| e.to_string()));
        }
        drop(stop);
        server.await.unwrap().unwrap();
        reports
    })
}

/// Contribution, and offset in milliseconds, of the lip-sync finding, if it gave a number.
fn lip_sync(segment: &SegmentResult) -> Option<(f64, f64)> {
    let finding = segment.findings.iter().find(|f| f.signal == "lip_sync")?;
    let Outcome::Scored { evidence, .. } = &finding.outcome else {
        return None;
    };
    let offset = evidence.iter().find(|e| e.name == "offset_ms")?;
    Some((finding.contribution, offset.value))
}

#[test]
fn the_demo_interview_is_read_right_and_live_equals_recorded() {
    let engine = engine();
    let demo = media("demo/interview.mp4");
    let recorded = review(&engine, &demo);
    assert_eq!(recorded.error, None);
    let truth = std::fs::read_to_string(media("demo/interview.truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    the_late_stretch_is_found(&recorded, &truth);
    every_gap_is_found(&recorded, &truth);

    let live = stream(engine, &[demo]).remove(0).unwrap();
    assert_eq!(live.segments.len(), recorded.segments.len());
    for (a, b) in live.segments.iter().zip(&recorded.segments) {
        assert_eq!(a.span, b.span);
        let number = |s: &SegmentResult| s.outcome.score().map(|x| x.authenticity);
        match (number(a), number(b)) {
            (Some(x), Some(y)) => assert!((x - y).abs() <= 0.01, "{:?}: {x} {y}", a.span),
            (x, y) => assert_eq!(x, y, "{:?}", a.span),
        }
    }
}

fn the_late_stretch_is_found(report: &FileReport, truth: &serde_json::Value) {
    let stretch = &truth["late_stretch"];
    let offset = stretch["offset_ms"].as_f64().unwrap();
    let (from, to) = (
        stretch["from_us"].as_i64().unwrap(),
        stretch["to_us"].as_i64().unwrap(),
    );
    let mut inside = 0;
    for segment in &report.segments {
        let Some((contribution, measured)) = lip_sync(segment) else {
            continue;
        };
        // A finding looks back over 10 s, so those shortly after the stretch still see it.
        let (start, end) = (segment.span.start.as_us(), segment.span.end.as_us());
        if contribution > MARKED {
            assert!(
                end > from && start < to + 10_000_000,
                "marked at {start} µs"
            );
            assert!(
                (measured - offset).abs() <= OFFSET_TOLERANCE_MS,
                "{measured} ms at {start} µs"
            );
            inside += 1;
        }
        if end <= from || start >= to + 10_000_000 {
            assert!(
                measured.abs() <= OFFSET_TOLERANCE_MS,
                "{measured} ms at {start} µs"
            );
        }
    }
    assert!(
        inside >= 4,
        "the late stretch was marked in {inside} segments"
    );
}

fn every_gap_is_found(report: &FileReport, truth: &serde_json::Value) {
    let turns = truth["turns"].as_array().unwrap();
    let gaps = &report.summary.as_ref().unwrap().participants[0].gaps;
    assert_eq!(gaps.len(), turns.len());
    for (gap, turn) in gaps.iter().zip(turns) {
        let (found, real) = (gap.gap_ms.unwrap(), turn["gap_ms"].as_f64().unwrap());
        assert!(
            (found - real).abs() <= GAP_TOLERANCE_MS,
            "{}: {found} against {real}",
            turn["id"]
        );
    }
}

#[test]
fn what_cannot_be_measured_is_said_and_the_server_lives_on() {
    let names = [
        "text.mp4",
        "empty.mp4",
        "contradicting.mp4",
        "no_face.mp4",
        "vp8_opus.webm",
    ];
    let paths: Vec<PathBuf> = names.iter().map(|n| media("media").join(n)).collect();
    let reports = stream(engine(), &paths);
    for (name, report) in names.iter().zip(&reports).take(3) {
        let error = report.as_ref().expect_err(name);
        assert!(error.len() > 10, "{name}: {error}");
    }
    let no_face = reports[3].as_ref().unwrap();
    assert!(
        no_face.segments.iter().all(|s| s.outcome.score().is_none()),
        "no face, no number"
    );
    assert!(
        reports[4].as_ref().unwrap().summary.is_some(),
        "the server is still there"
    );
}
