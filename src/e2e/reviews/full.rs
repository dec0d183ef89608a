//! A disk that is full under the folder of review jobs: an upload is refused whole, and a report takes its recording's
//! place.

use super::{SHORT, code, connect, finished, media_in};
use crate::process::Process;
use crate::recorded::testing::skip;
use crate::support::*;
use liveproof_sdk::v1::{ReportFormat, ReviewState};
use liveproof_sdk::{ClientError, ReviewJob};
use std::path::{Path, PathBuf};
use std::process::Command;
use tonic::Code;

/// A server whose `disk` is a file system of so many KiB of its own; `None` where the system allows none.
fn on_a_disk_of(kib: u32, folder: &Path, test: &str) -> Option<(Process, PathBuf)> {
    let disk = folder.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = format!("mount -t tmpfs -o size={kib}k none \"$FOLDER/disk\"");
    let may = Command::new("unshare")
        .args(["-rm", "sh", "-c", &mount])
        .env("FOLDER", folder)
        .output();
    if !may.as_ref().is_ok_and(|o| o.status.success()) {
        skip(test, "a file system of one's own cannot be mounted here");
        return None;
    }
    let script = format!("exec unshare -rm sh -c '{mount}; exec \"$0\" \"$@\"' \"$0\" \"$@\"");
    let server = Process::serve_after(&script, folder, &["--review-dir", disk.to_str().unwrap()]);
    // The same folder as the server sees it.
    let inside = PathBuf::from(format!("/proc/{}/root{}", server.id(), disk.display()));
    Some((server, inside))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_does_not_fit_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let test = "e2e::reviews::full::an_upload_that_does_not_fit";
    let Some((server, disk)) = on_a_disk_of(512, folder.path(), test) else {
        return;
    };
    let filler = disk.join("filler");
    std::fs::write(&filler, vec![0; 480 << 10]).unwrap();
    let client = connect(&server).await;
    let job = ReviewJob::file(media(SHORT));
    let refused: ClientError = client.submit_review(&job).await.unwrap_err();
    assert_eq!(code(&refused), Code::ResourceExhausted, "{refused}");
    assert_eq!(media_in(&disk), std::slice::from_ref(&filler));
    std::fs::remove_file(&filler).unwrap();
    let review = client.submit_review(&job).await.unwrap();
    let done = finished(&client, &review.review_id).await;
    assert_eq!(done.state(), ReviewState::Done, "{}", done.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_takes_the_place_of_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let test = "e2e::reviews::full::a_report_takes_the_place";
    // The recording takes 68 KiB, its reports 96: not both.
    let Some((server, disk)) = on_a_disk_of(140, folder.path(), test) else {
        return;
    };
    let client = connect(&server).await;
    let review = client
        .submit_review(&ReviewJob::file(media(SHORT)))
        .await
        .unwrap();
    let done = finished(&client, &review.review_id).await;
    assert_eq!(done.state(), ReviewState::Done, "{}", done.detail);
    let id = &done.review_id;
    let mut bytes = 0;
    for format in [ReportFormat::Json, ReportFormat::Html, ReportFormat::Csv] {
        bytes += client.fetch_review(id, format).await.unwrap().bytes.len();
    }
    let recording = std::fs::metadata(media(SHORT)).unwrap().len() as usize;
    assert!(
        bytes + recording > 140 << 10,
        "{bytes} and {recording} would fit"
    );
    assert_eq!(media_in(&disk).len(), 3, "the reports alone");
}
