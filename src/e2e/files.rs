//! The built program over hostile files, settings and models: each gets its reason, and the other
//! files of the same call get their results.

use crate::support::{media, root};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub fn liveproof(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap()
}

pub fn code(output: &Output) -> i32 {
    output
        .status
        .code()
        .expect("it ends by itself, not by a signal")
}

pub fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// Reviews files in one call; gives the exit code and the document's entry of each.
fn review(paths: &[PathBuf]) -> (i32, Vec<Value>) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("out.json");
    let mut arguments = vec!["review", "--json", json.to_str().unwrap()];
    arguments.extend(paths.iter().map(|p| p.to_str().unwrap()));
    let output = liveproof(&arguments);
    let text = std::fs::read_to_string(&json).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
    let document: Value = serde_json::from_str(&text).unwrap();
    (code(&output), document["files"].as_array().unwrap().clone())
}

fn has(name: &str, text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{name}: {text:?} lacks {word:?}");
    }
}

/// What lip-sync says of the last segment, and the segment's own outcome.
fn last_reason(file: &Value) -> (&str, &Value) {
    let segment = file["segments"].as_array().unwrap().last().unwrap();
    let findings = segment["findings"].as_array().unwrap();
    let lips = findings.iter().find(|f| f["signal"] == "lip_sync").unwrap();
    (
        lips["outcome"]["reason"].as_str().unwrap_or("scored"),
        &segment["outcome"],
    )
}

#[test]
fn files_that_are_no_recordings_cost_their_own_review_only() {
    let rows: &[(&str, &[&str])] = &[
        ("media/text.mp4", &["not a media file"]),
        ("media/empty.mp4", &["empty", "0 bytes"]),
        (
            "media/truncated_no_index.mp4",
            &["MP4/MOV", "index", "cut off"],
        ),
        ("media/there_is_no_such_file.mp4", &["No such file"]),
        (
            "media/contradicting.mp4",
            &["events[0].time_ms", "90000 ms", "inside the recording"],
        ),
    ];
    let mut paths: Vec<PathBuf> = rows.iter().map(|(name, _)| media(name)).collect();
    paths.push(media("media/vp8_opus.webm"));
    let (code, files) = review(&paths);
    assert_eq!(code, 65, "an input could not be read");
    for ((name, words), file) in rows.iter().zip(&files) {
        has(name, file["error"].as_str().unwrap_or_default(), words);
        assert!(file["summary"].is_null() && file["segments"].as_array().unwrap().is_empty());
    }
    let good = files.last().unwrap();
    assert!(good["error"].is_null() && good["summary"]["partial"] == false);
}

#[test]
fn material_that_cannot_be_measured_is_said_to_be_so() {
    let rows: &[(&str, &str)] = &[
        ("media/silence_10s.mp4", "no_speech"),
        ("media/no_face.mp4", "gathering"),
        ("media/ten_faces.mp4", "no_track"),
        ("media/no_audio.mp4", "no_track"),
        ("media/fps2.mp4", "low_frame_rate"),
        ("media/truncated_tail.mp4", "gathering"),
    ];
    let paths: Vec<PathBuf> = rows.iter().map(|(name, _)| media(name)).collect();
    let (code, files) = review(&paths);
    assert_eq!(code, 0);
    for ((name, reason), file) in rows.iter().zip(&files) {
        let (found, outcome) = last_reason(file);
        assert_eq!(found, *reason, "{name}");
        assert_eq!(
            outcome["kind"], "no_score",
            "{name}: nothing measured is no number"
        );
        let person = &file["summary"]["participants"][0]["outcome"];
        assert_eq!(person["kind"], "no_score", "{name}");
        assert!(!person["detail"].as_str().unwrap().is_empty(), "{name}");
    }
    let quality = |i: usize| &files[i]["segments"][0]["quality"];
    assert!(
        quality(1)["face_presence"].as_f64().unwrap() < 0.05,
        "no face is seen"
    );
    assert!(
        quality(2)["faces_max"].as_u64().unwrap() >= 8,
        "ten faces are counted"
    );
    let tail = &files[5]["summary"];
    assert_eq!(tail["partial"], true);
    has(
        "tail",
        tail["end_reason"].as_str().unwrap(),
        &["ends before its stated length"],
    );
}

#[test]
fn a_reader_that_goes_away_does_not_cost_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let clip = root().join("testdata/media/vp9_opus.webm");
    let mut program = Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args([
            OsStr::new("review"),
            clip.as_os_str(),
            OsStr::new("--json"),
            json.as_os_str(),
        ])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((program.stdout.take(), program.stderr.take()));
    assert!(program.wait().unwrap().success());
    let written: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(written["files"].as_array().unwrap().len(), 1);
}

#[test]
fn events_files_at_odds_with_the_recording_are_refused_by_entry() {
    let rows: &[(&str, &[&str])] = &[
        ("not_json", &["not JSON", "line 1"]),
        ("past_end", &["events[0].time_ms", "90000 ms", "2000 ms"]),
        ("unknown_field", &["unknown key \"mood\""]),
        (
            "unknown_participant",
            &["tracks[1].participant", "nobody", "listed participant"],
        ),
        (
            "unknown_role",
            &["participants[0].role", "wizard", "candidate, interviewer"],
        ),
        ("unknown_stream", &["tracks[2].stream", "found 7", "0, 1"]),
        (
            "wrong_order",
            &[
                "events[1].time_ms",
                "400 ms",
                "not before its start at 1500 ms",
            ],
        ),
        ("wrong_version", &["version", "found 99", "expected 1"]),
    ];
    let dir = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, _) in rows {
        let recording = dir.path().join(format!("{name}.mp4"));
        std::fs::copy(media("media/contradicting.mp4"), &recording).unwrap();
        let events = media("media/events").join(format!("{name}.events.json"));
        std::fs::copy(events, dir.path().join(format!("{name}.mp4.events.json"))).unwrap();
        paths.push(recording);
    }
    let (code, files) = review(&paths);
    assert_eq!(code, 65);
    for ((name, words), file) in rows.iter().zip(&files) {
        let error = file["error"].as_str().unwrap_or_default();
        has(name, error, words);
        assert!(error.starts_with("events file: "), "{name}: {error}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("liveproof.toml");
    let config = file.to_str().unwrap();
    let rows: &[(&str, &[&str], &[&str])] = &[
        (
            "[pipeline]\nsegmentms = 3000",
            &["config"],
            &["did you mean `pipeline.segment_ms`?"],
        ),
        (
            "[serve]\nlisten = 'x'",
            &["config"],
            &["unknown setting `[serve]`", "`[server]`"],
        ),
        (
            "[pipeline]\nprior = 2",
            &["config"],
            &["pipeline.prior", "expected"],
        ),
        ("[server", &["config"], &["liveproof.toml"]),
        (
            "",
            &["serve", "--listen", "nowhere"],
            &["server.listen", "IP address"],
        ),
        ("", &["review"], &["required", "PATHS"]),
        (
            "",
            &[
                "review",
                "--json",
                "/no/such/folder/x.json",
                "testdata/media/text.mp4",
            ],
            &["cannot write /no/such/folder/x.json"],
        ),
        ("", &["rewiev", "x.mp4"], &["review"]),
        ("", &["models", "card", "no-such"], &["no-such"]),
    ];
    for (text, arguments, words) in rows {
        std::fs::write(&file, text).unwrap();
        let mut all = vec!["--config", config];
        all.extend(*arguments);
        let output = liveproof(&all);
        assert_eq!(code(&output), 64, "{all:?}: {}", said(&output));
        has(&format!("{all:?}"), &said(&output), words);
    }
}

/// A copy of the project's models, changed.
fn changed_models(to: &Path, change: impl Fn(&Path)) {
    for entry in std::fs::read_dir(root().join("models")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    change(to);
}

#[test]
fn models_that_are_missing_altered_or_unknown_are_visible_and_never_read_as_live() {
    let edit = |dir: &Path, from: &str, to: &str| {
        let path = dir.join("manifest.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    type Change<'a> = Box<dyn Fn(&Path) + 'a>;
    let rows: Vec<(&str, Change<'_>, &[&str])> = vec![
        (
            "an altered weight",
            Box::new(|d| std::fs::write(d.join("det-1.onnx"), b"other bytes").unwrap()),
            &["det-1", "not usable"],
        ),
        (
            "a missing weight",
            Box::new(|d| std::fs::remove_file(d.join("lmk-1.onnx")).unwrap()),
            &["lmk-1", "not usable"],
        ),
        (
            "a task that nothing asks for",
            Box::new(|d| edit(d, "task = \"det\"", "task = \"dream\"")),
            &["dream"],
        ),
    ];
    for (name, change, words) in rows {
        let dir = tempfile::tempdir().unwrap();
        changed_models(dir.path(), change);
        let models = dir.path().to_str().unwrap();
        let output = liveproof(&["models", "verify", "--models-dir", models]);
        has(name, &said(&output), words);
        let json = dir.path().join("out.json");
        let clip = media("media/vp9_opus.webm");
        let output = liveproof(&[
            "review",
            "--models-dir",
            models,
            "--json",
            json.to_str().unwrap(),
            clip.to_str().unwrap(),
        ]);
        assert_eq!(code(&output), 0, "{name}: {}", said(&output));
        let document: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        let (reason, outcome) = last_reason(&document["files"][0]);
        assert_eq!(reason, "model_missing", "{name}");
        assert_eq!(outcome["kind"], "no_score", "{name}");
    }
}

/// SIGTERM in mid-interview, to the real process: the client gets its partial summary, the server
/// ends in order.
#[test]
fn a_terminated_server_drains() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("out.json");
    let mut server = Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let address = lines
        .find_map(|l| Some(l.unwrap().strip_prefix("listening on ")?.to_owned()))
        .unwrap();
    let mut client = Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args([
            "stream",
            "testdata/demo/interview.mp4",
            "--to",
            &address,
            "--json",
            json.to_str().unwrap(),
        ])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut heard = BufReader::new(client.stdout.take().unwrap()).lines();
    // The first segment has come, and many are to come.
    assert!(heard.any(|l| l.unwrap().starts_with("0:00.0-0:03.0")));
    // The shell's own `kill`: a bare machine has no other.
    let terminate = format!("kill -TERM {}", server.id());
    let kill = Command::new("sh").args(["-c", &terminate]).status();
    assert!(kill.unwrap().success());
    let rest: Vec<String> = heard.map(Result::unwrap).collect();
    assert!(
        rest.iter().any(|l| l == "partial: the server is stopping"),
        "{rest:#?}"
    );
    assert!(
        rest.iter()
            .any(|l| l.contains("some signal gave a number on")),
        "{rest:#?}"
    );
    assert_eq!(client.wait().unwrap().code(), Some(69), "cut short");
    let document = std::fs::read_to_string(&json).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        document["files"][0]["summary"]["partial"], true,
        "what was measured is written"
    );
    assert_eq!(server.wait().unwrap().code(), Some(0), "drained in time");
}
