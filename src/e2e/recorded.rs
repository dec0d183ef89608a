//! Live equals recorded: a recording streamed over a real socket and the same recording reviewed.

use crate::support::*;
#[path = "../testing.rs"]
pub mod testing;

use liveproof::client::{ReferenceChoice, StreamOptions, stream_file};
use liveproof::core::{SegmentResult, SessionId};
use liveproof::report::FileReport;
use liveproof::review::{ReviewOptions, review_file};
use std::path::{Path, PathBuf};

pub fn review(path: &Path) -> FileReport {
    let engine = engine();
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    review_file(path, &engine, &mut models, &options, &mut |_| {})
}

/// Streams recordings to one server, one after the other.
pub async fn stream(paths: &[PathBuf], jpeg: Option<u8>) -> Vec<Result<FileReport, String>> {
    let served = serve(|_| {}).await;
    let mut reports = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let options = StreamOptions {
            to: served.to.clone(),
            access: liveproof::client::Access::default(),
            fast: true,
            jpeg,
            session_id: SessionId::parse(&format!("recorded-{i}")).unwrap(),
            reference: ReferenceChoice::None,
            challenge: None,
        };
        let report = stream_file(path, &options, &mut |_| {}).await;
        reports.push(report.map_err(|e| e.to_string()));
    }
    served.stop().await.unwrap();
    reports
}

/// Everything that is said of the segments, but how long it took and how often it was revised.
fn comparable(report: &FileReport) -> Vec<SegmentResult> {
    let plain = |s: &SegmentResult| SegmentResult {
        revision: 1,
        times: Default::default(),
        ..s.clone()
    };
    report.segments.iter().map(plain).collect()
}

/// Not only scores within 0.01, but the same findings to the last digit: both paths carry times in
/// microseconds, and pictures and sound as decoded.
pub fn assert_same(live: &FileReport, recorded: &FileReport, name: &str) {
    assert_eq!(recorded.error, None, "{name}");
    let (a, b) = (comparable(live), comparable(recorded));
    assert_eq!(a.len(), b.len(), "{name}");
    for (x, y) in a.iter().zip(&b) {
        assert_eq!(x, y, "{name}");
    }
    let (a, b) = (
        live.summary.as_ref().unwrap(),
        recorded.summary.as_ref().unwrap(),
    );
    assert_eq!(a.participants, b.participants, "{name}");
}

async fn both_ways(paths: Vec<PathBuf>) {
    let live = stream(&paths, None).await;
    for (path, live) in paths.iter().zip(live) {
        let name = path.display().to_string();
        assert_same(
            &live.unwrap_or_else(|e| panic!("{name}: {e}")),
            &review(path),
            &name,
        );
    }
}

/// An interview with breaks, a mute and question marks beside it, in a folder of its own.
fn with_events(dir: &Path) -> PathBuf {
    let recording = dir.join("breaks.webm");
    std::fs::copy(media("media/vp9_opus.webm"), &recording).unwrap();
    let events = r#"{"version": 1, "clock_mapping": "platform",
        "participants": [{"id": "c", "role": "candidate"}],
        "tracks": [{"stream": 0, "id": "v", "participant": "c"},
                   {"stream": 1, "id": "a", "participant": "c"}],
        "events": [
            {"time_ms": 100, "type": "question_start", "question_id": "q"},
            {"time_ms": 900, "type": "question_end", "question_id": "q"},
            {"time_ms": 300, "type": "challenge", "id": "h", "kind": "hand_pass",
             "deadline_ms": 1000, "count": 1},
            {"time_ms": 400, "type": "challenge", "id": "t", "kind": "turn_left",
             "deadline_ms": 1000, "count": 1},
            {"time_ms": 500, "type": "challenge", "id": "f", "kind": "flash", "deadline_ms": 900, "count": 1},
            {"time_ms": 2500, "type": "discontinuity", "track": "v", "reason": "camera"},
            {"time_ms": 4100, "type": "discontinuity", "track": "v"},
            {"time_ms": 4200, "type": "mute", "participant": "c", "muted": true}]}"#;
    std::fs::write(dir.join("breaks.webm.events.json"), events).unwrap();
    recording
}

#[tokio::test(flavor = "multi_thread")]
async fn small_recordings_of_all_kinds_read_the_same_live_and_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let mut paths = vec![with_events(dir.path())];
    // With hand challenges, so that scenes, masks and measures are the same too.
    paths.extend(["hand_pass.mp4", "hand_pass_swapped.mp4"].map(|n| media("demo").join(n)));
    paths.extend(
        [
            "vp8_opus.webm",
            "h264_pcm.mkv",
            "small.mov",
            "vfr_gap.mp4",
            "rotated_90.mp4",
            "fps2.mp4",
            "no_audio.mp4",
            "no_face.mp4",
            "ten_faces.mp4",
            "silence_10s.mp4",
        ]
        .map(|n| media("media").join(n)),
    );
    both_ways(paths).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_clips_read_the_same_live_and_recorded() {
    let Some(data) = testing::shared_data("real_clips_read_the_same_live_and_recorded") else {
        return;
    };
    // 25 pictures a second, 15, and one of 48 kHz sound.
    let clips = ["lia_driving2.mp4", "hm_xzy2.mp4", "edtalk_obama.mp4"];
    both_ways(clips.map(|c| data.join("talk").join(c)).to_vec()).await;
}
