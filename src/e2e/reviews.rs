//! Recordings handed in to a real server over a real socket, and to the built program: the whole way, and what
//! goes wrong on it.

mod doors;
mod full;
mod refused;

use crate::access::entry;
use crate::process::Process;
use crate::support::*;
use crate::webhook::{next, receiver, secret};
use liveproof::jobs::{JobLimits, JobsConfig};
use liveproof::review::ReviewOptions;
use liveproof::webhook::WebhookTarget;
use liveproof_sdk::{
    Access, Client, ClientError, ReviewJob, ReviewUpdate, is_over,
    v1::{self, ReportFormat, ReviewState},
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tonic::Code;

const SHORT: &str = "media/vp9_opus.webm";
const LONG: &str = "demo/interview.mp4";
const FORMATS: [(ReportFormat, &str); 3] = [
    (ReportFormat::Json, "json"),
    (ReportFormat::Html, "html"),
    (ReportFormat::Csv, "csv"),
];

fn config(dir: &Path) -> JobsConfig {
    JobsConfig {
        dir: dir.join("spool"),
        recordings: None,
        threads: 1,
        limits: JobLimits::default(),
        options: ReviewOptions::default(),
        evidence: None,
    }
}

/// What the command line makes of a recording: report, page, table.
fn by_hand(recording: &Path, out: &Path) -> [Vec<u8>; 3] {
    let (folder, name) = (recording.parent().unwrap(), recording.file_name().unwrap());
    let at = |ending: &str| out.join(format!("by_hand.{ending}"));
    let done = Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .current_dir(folder)
        .args([
            "review",
            "--quiet",
            "--fail-on",
            "none",
            "--engine-models-dir",
        ])
        .arg(root().join("models"))
        .arg("--json")
        .arg(at("json"))
        .arg("--csv")
        .arg(at("csv"))
        .arg("--html")
        .arg(out.join("pages"))
        .arg(name)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let page = out
        .join("pages")
        .join(format!("{}.html", name.to_str().unwrap()));
    [at("json"), page, at("csv")].map(|path| std::fs::read(path).unwrap())
}

fn code(error: &ClientError) -> Code {
    error.status().unwrap_or_else(|| panic!("{error}")).code()
}

async fn connect(server: &Process) -> Client {
    Client::connect(format!("http://{}", server.address))
        .await
        .unwrap()
}

async fn finished(client: &Client, review_id: &str) -> v1::Review {
    let end = client.watch_review(review_id).finished();
    tokio::time::timeout(Duration::from_secs(120), end)
        .await
        .unwrap()
        .unwrap()
}

/// Waits until a job runs and has a segment.
async fn in_the_midst(client: &Client, review_id: &str) -> v1::Review {
    let mut watch = client.watch_review(review_id);
    let mut latest = None;
    let seen = async {
        loop {
            match watch.next().await.unwrap().expect("it is not over") {
                ReviewUpdate::Review(review) => latest = Some(review),
                ReviewUpdate::Segment(_) => return latest.take().unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen)
        .await
        .unwrap()
}

/// Files of a folder that are not a record of a job or the lock.
fn media_in(folder: &Path) -> Vec<PathBuf> {
    let (mut open, mut all) = (vec![folder.to_owned()], Vec::new());
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let known = ["job.json", "lock"].iter().any(|n| path.ends_with(n));
            match path.is_dir() {
                true => open.push(path),
                false if known => {}
                false => all.push(path),
            }
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_is_what_the_command_line_writes() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let server = Process::serve(&[
        "--review-dir",
        spool.to_str().unwrap(),
        "--log-level",
        "trace",
    ]);
    let client = connect(&server).await;
    let terms = client.info().await.unwrap().reviews.unwrap();
    assert_eq!((terms.max_chunk_bytes, terms.keep_hours), (1 << 20, 168));
    let job = ReviewJob::file(media(SHORT)).request_id("request-1");
    let taken = client.submit_review(&job).await.unwrap();
    let mut watch = client.watch_review(&taken.review_id);
    let (mut states, mut segments) = (Vec::new(), Vec::new());
    while let Some(update) = watch.next().await.unwrap() {
        match update {
            ReviewUpdate::Review(review) => states.push(review.state()),
            ReviewUpdate::Segment(s) => segments.push(s),
        }
    }
    assert_eq!(states.last(), Some(&ReviewState::Done));
    let indices: Vec<u64> = segments.iter().map(|s| s.index).collect();
    assert_eq!((indices, watch.position()), (vec![0, 1], 2));
    // From anywhere, also after the end.
    for (after, expected) in [(0, 2), (1, 1), (2, 0), (9, 0)] {
        let mut watch = client.watch_review(&taken.review_id).after(after);
        let mut again = Vec::new();
        while let Some(update) = watch.next().await.unwrap() {
            if let ReviewUpdate::Segment(s) = update {
                again.push(s);
            }
        }
        assert_eq!(again.len(), expected, "after {after}");
        assert!(
            again
                .iter()
                .rev()
                .zip(segments.iter().rev())
                .all(|(a, b)| a == b)
        );
    }
    let own = by_hand(&media(SHORT), dir.path());
    for ((format, ending), own) in FORMATS.into_iter().zip(own) {
        let report = client.fetch_review(&taken.review_id, format).await.unwrap();
        assert_eq!(report.info.file_name, format!("vp9_opus.webm.{ending}"));
        assert!(report.bytes == own, "{ending} differs");
    }
    let none = client
        .fetch_review(&taken.review_id, ReportFormat::Evidence)
        .await;
    assert_eq!(code(&none.unwrap_err()), Code::FailedPrecondition);
    // The same once more is the same job, and takes no bytes.
    let again = client.submit_review(&job).await.unwrap();
    assert_eq!(
        (&again.review_id, again.state()),
        (&taken.review_id, ReviewState::Done)
    );
    let other = ReviewJob::file(media("media/no_face.mp4")).request_id("request-1");
    assert_eq!(
        code(&client.submit_review(&other).await.unwrap_err()),
        Code::AlreadyExists
    );
    // Of the recording nothing is left, nor of the job once it is deleted.
    assert_eq!(media_in(&spool).len(), 3);
    let listed = client.list_reviews(0, "").await.unwrap();
    assert_eq!(
        (listed.reviews.len(), listed.next_page_token.as_str()),
        (1, "")
    );
    client.delete_review(&taken.review_id).await.unwrap();
    assert_eq!(std::fs::read_dir(spool.join("jobs")).unwrap().count(), 0);
    for gone in [
        client.delete_review(&taken.review_id).await.unwrap_err(),
        client.cancel_review(&taken.review_id).await.unwrap_err(),
        client
            .fetch_review(&taken.review_id, ReportFormat::Json)
            .await
            .unwrap_err(),
        client
            .watch_review(&taken.review_id)
            .next()
            .await
            .unwrap_err(),
    ] {
        assert_eq!(code(&gone), Code::NotFound);
    }
    let (status, said) = server.stop();
    assert_eq!(status, Some(0), "{said}");
    for private in ["vp9_opus", "request-1", &taken.review_id] {
        assert!(!said.contains(private), "{private} in the log:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_forgets_nothing_and_begins_anew_what_it_was_at() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let arguments = ["--review-dir", spool.to_str().unwrap()];
    let server = Process::serve(&arguments);
    let client = connect(&server).await;
    let corrupt = ReviewJob::file(media("media/truncated_no_index.mp4"));
    let corrupt = client.submit_review(&corrupt).await.unwrap();
    let corrupt = finished(&client, &corrupt.review_id).await;
    assert_eq!(corrupt.state(), ReviewState::Failed);
    assert!(corrupt.detail.contains("cut off"), "{}", corrupt.detail);
    let long = client
        .submit_review(&ReviewJob::file(media(LONG)))
        .await
        .unwrap();
    let waiting = client
        .submit_review(&ReviewJob::file(media(SHORT)))
        .await
        .unwrap();
    let at = in_the_midst(&client, &long.review_id).await;
    assert!(
        at.media_total_us > 100_000_000 && at.attempts == 1,
        "{at:?}"
    );
    let queued = client
        .watch_review(&waiting.review_id)
        .next()
        .await
        .unwrap();
    let Some(ReviewUpdate::Review(queued)) = queued else {
        panic!()
    };
    assert_eq!(
        (queued.state(), queued.queued_before),
        (ReviewState::Queued, 0)
    );
    server.signal("KILL");
    drop(server);
    let server = Process::serve(&arguments);
    let client = connect(&server).await;
    let kept = client
        .watch_review(&corrupt.review_id)
        .finished()
        .await
        .unwrap();
    assert_eq!(kept, corrupt);
    let report = client
        .fetch_review(&kept.review_id, ReportFormat::Json)
        .await
        .unwrap();
    assert!(report.bytes == by_hand(&media("media/truncated_no_index.mp4"), dir.path())[0]);
    let at = in_the_midst(&client, &long.review_id).await;
    assert_eq!(at.attempts, 2);
    // In its midst: it ends at once, and the next one begins.
    let over = client.cancel_review(&long.review_id).await.unwrap();
    assert_eq!(
        (over.state(), over.reports.len()),
        (ReviewState::Cancelled, 0)
    );
    let none = client
        .fetch_review(&long.review_id, ReportFormat::Json)
        .await;
    assert_eq!(code(&none.unwrap_err()), Code::FailedPrecondition);
    let done = finished(&client, &waiting.review_id).await;
    assert_eq!(done.state(), ReviewState::Done);
    let report = client
        .fetch_review(&done.review_id, ReportFormat::Json)
        .await
        .unwrap();
    assert!(report.bytes == by_hand(&media(SHORT), dir.path())[0]);
    // Told to stop in the midst of one, the server ends in order and soon, and the job waits again.
    let long = client
        .submit_review(&ReviewJob::file(media(LONG)))
        .await
        .unwrap();
    in_the_midst(&client, &long.review_id).await;
    let watching = {
        let client = client.clone();
        let id = long.review_id.clone();
        tokio::spawn(async move {
            let watch = client.watch_review(id).patience(Duration::ZERO);
            watch.finished().await.unwrap_err()
        })
    };
    let (status, said) = server.stop();
    assert_eq!(status, Some(0), "{said}");
    // The server's word, or the connection that broke with it: either way it may be tried again.
    let told = watching.await.unwrap();
    assert!(told.should_retry(), "{told:?}");
    let record = spool.join("jobs").join(&long.review_id).join("job.json");
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    assert_eq!(
        (&record["state"], &record["attempts"]),
        (&"queued".into(), &0.into())
    );
    let kept = media_in(&spool)
        .into_iter()
        .filter(|p| p.ends_with("in/interview.mp4"));
    assert_eq!(kept.count(), 1, "the recording is still whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_and_a_reference_are_those_of_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let liveproof = |arguments: &[&str], folder: &Path| {
        let done = Command::new(env!("CARGO_BIN_EXE_liveproof"))
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
    };
    liveproof(&["keys", "evidence", &at("key.pem")], dir.path());
    let models = root().join("models");
    let key = ["--evidence-key-file", &at("key.pem")].map(str::to_owned);
    let spool = at("spool");
    let server = Process::serve(&["--review-dir", &spool, &key[0], &key[1]]);
    let client = connect(&server).await;
    let job = ReviewJob::file(media(SHORT))
        .reference_file(media("media/no_audio.mp4"))
        .candidate(v1::CandidateChoice::Longest)
        .without_thumbnails()
        .evidence();
    let review = client.submit_review(&job).await.unwrap();
    let done = finished(&client, &review.review_id).await;
    assert_eq!(done.state(), ReviewState::Done, "{}", done.detail);
    let models = models.to_str().unwrap();
    let (out, clip) = (at("out"), media(SHORT));
    liveproof(
        &[
            "review",
            "--quiet",
            "--out",
            &out,
            "--evidence",
            &key[0],
            &key[1],
            "--no-thumbnails",
            "--candidate",
            "longest",
            "--reference",
            "no_audio.mp4",
            "--engine-models-dir",
            models,
            "vp9_opus.webm",
        ],
        clip.parent().unwrap(),
    );
    let own = |ending: &str| {
        let reports = std::fs::read_dir(Path::new(&out).join("reports")).unwrap();
        let mut paths = reports.map(|e| e.unwrap().path());
        std::fs::read(
            paths
                .find(|p| p.to_str().unwrap().ends_with(ending))
                .unwrap(),
        )
        .unwrap()
    };
    let log = client
        .fetch_review(&review.review_id, ReportFormat::Evidence)
        .await
        .unwrap();
    assert!(log.bytes == own(".evidence.jsonl"), "the log differs");
    let report = client
        .fetch_review(&review.review_id, ReportFormat::Json)
        .await
        .unwrap();
    assert!(report.bytes == own(".json"), "the report differs");
    let (status, said) = server.stop();
    assert_eq!(status, Some(0), "{said}");
}
