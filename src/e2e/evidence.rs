//! Evidence logs of live interviews by the built program: written, checked with and without it, redacted.

use crate::files::{code, liveproof, said};
use crate::private::{NAME, interview, telling};
use crate::process::Process;
use crate::support::{face_jpeg, media, root};
use liveproof_sdk::{Client, Update, v1};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a key; gives the paths of its private and its public file.
pub fn key(folder: &Path) -> (String, String) {
    let private = folder.join("evidence.pem");
    let made = liveproof(&["keys", "evidence", private.to_str().unwrap()]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    let private = private.to_str().unwrap().to_owned();
    let public = format!("{private}.pub");
    (private, public)
}

/// What the summary says of the log.
pub fn note(said: &[Update]) -> v1::EvidenceLog {
    let summary = said.iter().find_map(|u| match u {
        Update::Summary(s) => Some(s),
        _ => None,
    });
    summary.unwrap().evidence.clone().unwrap()
}

/// The log that a stranger with Python checks; gives the exit code and what was said.
fn with_python(arguments: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .arg(root().join("docs/verify_evidence.py"))
        .args(arguments)
        .output()
        .unwrap();
    (code(&output), said(&output))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// One log of an interview in which a name stands wherever it can.
async fn written(folder: &Path) -> (PathBuf, String, v1::EvidenceLog) {
    let (private, public) = key(folder);
    let logs = folder.join("logs");
    let server = Process::serve(&[
        "--evidence-dir",
        logs.to_str().unwrap(),
        "--evidence-key-file",
        &private,
        "--log-level",
        "trace",
    ]);
    let client = Client::connect(format!("http://{}", server.address));
    let said = interview(&client.await.unwrap(), telling("evidence")).await;
    let note = note(&said);
    let (code, words) = server.stop();
    assert_eq!(code, Some(0), "{words}");
    assert!(!words.contains(NAME), "the log of the program names nobody");
    let log = logs.join("default").join(format!("{}.jsonl", note.log_id));
    (log, public, note)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_interview_leaves_a_log_that_anybody_can_check() {
    let folder = tempfile::tempdir().unwrap();
    let (log, public, note) = written(folder.path()).await;
    assert!(!note.incomplete && note.lost_entries == 0);
    let head = hex::encode(&note.head_sha256);
    let path = text(&log);
    let checked = liveproof(&["verify", &path, "--key", &public, "--head", &head]);
    let words = said(&checked);
    assert_eq!(code(&checked), 0, "{words}");
    for expect in [
        "unchanged and whole",
        &format!("entry {} is the one that was told", note.head_entry),
        &format!("interview {NAME}-evidence"),
        "1 summary",
        "1 seal",
    ] {
        assert!(words.contains(expect), "{words}\nlacks {expect}");
    }
    let (code_, words) = with_python(&[&path, &public]);
    assert_eq!(code_, 0, "{words}");

    // No picture is in it, neither as it came nor in another writing.
    let whole = std::fs::read_to_string(&log).unwrap();
    assert!(whole.len() < face_jpeg().len() * 4, "{} bytes", whole.len());
    let mode = std::fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // A changed number, a line less, an end that is missing: both find it, and where.
    let dir = folder.path();
    let changed = whole.replacen("\"duration_us\":", "\"duration_us\":1", 1);
    assert_ne!(changed, whole);
    let lines: Vec<&str> = whole.lines().collect();
    let shorter = [&lines[..3], &lines[4..], &[""]].concat().join("\n");
    let (last, before) = lines.split_last().unwrap();
    assert!(last.contains("\"seal\""));
    let unsealed = before.join("\n") + "\n";
    for (name, bytes, expected) in [
        ("changed", &changed, 1),
        ("shorter", &shorter, 1),
        ("unsealed", &unsealed, 2),
    ] {
        let at = dir.join(name);
        std::fs::write(&at, bytes).unwrap();
        let found = liveproof(&["verify", &text(&at), "--key", &public]);
        assert_eq!(code(&found), expected, "{name}: {}", said(&found));
        let (found, words) = with_python(&[&text(&at), &public]);
        assert_eq!(found, expected, "{name}: {words}");
    }
    let other = dir.join("other");
    std::fs::create_dir(&other).unwrap();
    let (_, stranger) = key(&other);
    let found = liveproof(&["verify", &path, "--key", &stranger]);
    assert_eq!(code(&found), 1);
    assert!(said(&found).contains("signed with another key"));
    assert_eq!(with_python(&[&path, &stranger]).0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_log_names_nobody_and_is_still_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (log, public, _) = written(folder.path()).await;
    let whole = std::fs::read_to_string(&log).unwrap();
    assert!(whole.contains(NAME));
    let out = text(&folder.path().join("redacted.jsonl"));
    let done = liveproof(&["redact", &text(&log), "--out", &out]);
    assert_eq!(code(&done), 0, "{}", said(&done));
    let redacted = std::fs::read_to_string(&out).unwrap();
    let left: Vec<&str> = redacted.lines().filter(|l| l.contains(NAME)).collect();
    assert!(left.is_empty(), "{left:#?}");
    // All that was chained is there as it was.
    let entries = |text: &str| -> Vec<String> {
        let of = text.lines().filter(|l| l.starts_with("{\"n\":"));
        of.map(str::to_owned).collect()
    };
    assert_eq!(entries(&redacted), entries(&whole));
    let checked = liveproof(&["verify", &out, "--key", &public]);
    assert_eq!(code(&checked), 0, "{}", said(&checked));
    assert!(said(&checked).contains("redacted: "), "{}", said(&checked));
    let (code_, words) = with_python(&[&out, &public]);
    assert_eq!(code_, 0, "{words}");
    assert!(!words.contains(" 0 attachments redacted"), "{words}");
    // Who asks for it is rid of the whole one.
    let logs = text(log.parent().unwrap().parent().unwrap());
    let forget = |id: &str| {
        code(&liveproof(&[
            "forget",
            id,
            "--evidence-dir",
            &logs,
            "--evidence-key-file",
            "x",
        ]))
    };
    assert_eq!(forget("somebody"), 65);
    assert!(log.exists());
    // Nothing is written over.
    assert_eq!(
        code(&liveproof(&["redact", &text(&log), "--out", &out])),
        64
    );
}

#[test]
fn keys_are_their_owners_alone_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = key(folder.path());
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&private), mode(&public) & 0o600), (0o600, 0o600));
    let again = liveproof(&["keys", "evidence", &private]);
    assert_eq!(code(&again), 64, "{}", said(&again));
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o644)).unwrap();
    let dir = text(&folder.path().join("logs"));
    let refused = liveproof(&[
        "serve",
        "--evidence-dir",
        &dir,
        "--evidence-key-file",
        &private,
    ]);
    assert_eq!(code(&refused), 64);
    let words = said(&refused);
    assert!(
        words.contains("mode 644") && words.contains("600"),
        "{words}"
    );
    let refused = liveproof(&["serve", "--evidence-dir", &dir]);
    assert_eq!(code(&refused), 64);
    assert!(said(&refused).contains("evidence.key_file"));
}

/// Reviews the recorded hand challenge with a log; gives the log's path.
fn reviewed(recording: &Path, private: &str, into: &Path) -> PathBuf {
    let output = liveproof(&[
        "review",
        recording.to_str().unwrap(),
        "--out",
        into.to_str().unwrap(),
        "--evidence",
        "--evidence-key-file",
        private,
        "--quiet",
    ]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let mut logs = std::fs::read_dir(into.join("reports"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.to_str().unwrap().ends_with(".evidence.jsonl"));
    let log = logs.next().unwrap();
    assert_eq!(logs.next(), None);
    log
}

/// The same file, models, settings, program and key give the same log; it holds for this recording and for no
/// other, picture by picture.
#[test]
fn a_review_leaves_the_same_log_twice_and_its_recording_fits_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let (private, public) = key(dir);
    let recording = media("demo/hand_pass.mp4");
    let first = reviewed(&recording, &private, &dir.join("a"));
    let log = std::fs::read(&first).unwrap();
    assert!(log == std::fs::read(reviewed(&recording, &private, &dir.join("b"))).unwrap());
    // Numbers are those of the report, which lies beside it.
    let report = text(&first).replace(".evidence.jsonl", ".json");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let entries = std::str::from_utf8(&log).unwrap().lines();
    let segments: Vec<serde_json::Value> = entries
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .filter(|e| e["type"] == "segment")
        .map(|e| e["body"].clone())
        .collect();
    let told = report["files"][0]["segments"].as_array().unwrap();
    assert_eq!((segments.len(), told.len()), (3, 3));
    for (logged, told) in segments.iter().zip(told) {
        for name in ["span", "outcome", "findings", "quality", "coverage"] {
            assert_eq!(logged[name], told[name], "{name}");
        }
    }

    let path = text(&first);
    let with = |recording: &Path| {
        let recording = text(recording);
        let found = liveproof(&["verify", &path, "--key", &public, "--recording", &recording]);
        (code(&found), said(&found))
    };
    let (fits, words) = with(&recording);
    assert_eq!(fits, 0, "{words}");
    assert!(words.contains("are those that were assessed"), "{words}");
    assert!(words.contains("the same byte by byte"), "{words}");
    // The same media in another file: a box that players skip at its end.
    let longer = dir.join("longer.mp4");
    let mut bytes = std::fs::read(&recording).unwrap();
    bytes.extend_from_slice(b"\x00\x00\x00\x08free");
    std::fs::write(&longer, bytes).unwrap();
    let (fits, words) = with(&longer);
    assert_eq!(fits, 0, "{words}");
    assert!(words.contains("another one with the same media"), "{words}");
    let (fits, words) = with(&media("demo/hand_pass_swapped.mp4"));
    assert_eq!(fits, 1, "{words}");
    assert!(
        words.contains("is not the one that was assessed"),
        "{words}"
    );

    // Without the single hashes the roots still tell.
    let bare = text(&dir.join("bare.jsonl"));
    let done = liveproof(&["redact", &path, "--out", &bare, "--pictures"]);
    assert_eq!(code(&done), 0, "{}", said(&done));
    for (recording, expected) in [("demo/hand_pass.mp4", 0), ("demo/hand_pass_swapped.mp4", 1)] {
        let recording = text(&media(recording));
        let found = liveproof(&["verify", &bare, "--recording", &recording]);
        assert_eq!(code(&found), expected, "{}", said(&found));
    }
}
