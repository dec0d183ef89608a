//! A folder of recordings through the built program: killed, gone on with, and equal to a run that
//! nobody disturbed.

use crate::support::{media, root};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liveproof"));
    command.args(arguments).current_dir(root());
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file of a folder but what differs from run to run, by its path inside.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut open, mut all) = (vec![folder.to_owned()], BTreeMap::new());
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_dir() {
                open.push(path);
            } else if !inside.ends_with("run.json") {
                all.insert(inside, std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn finished(folder: &Path) -> usize {
    let done = std::fs::read_dir(folder.join(".liveproof/done"));
    let whole = |name: &str| !name.starts_with('.');
    done.map_or(0, |entries| {
        let names = entries
            .flatten()
            .map(|e| text(e.file_name().as_encoded_bytes()));
        names.filter(|n| whole(n)).count()
    })
}

/// Recordings of every kind, and what is none.
fn recordings(dir: &Path) -> PathBuf {
    let folder = dir.join("calls");
    std::fs::create_dir_all(folder.join("inner")).unwrap();
    for (name, to) in [
        ("media/vp9_opus.webm", "1.webm"),
        ("media/vfr_gap.mp4", "2.mp4"),
        ("media/rotated_90.mp4", "inner/3.mp4"),
        ("media/text.mp4", "4.mp4"),
    ] {
        std::fs::copy(media(name), folder.join(to)).unwrap();
    }
    std::fs::write(folder.join("notes.txt"), "no recording").unwrap();
    folder
}

#[test]
fn a_batch_that_was_killed_ends_as_one_that_was_not() {
    let dir = tempfile::tempdir().unwrap();
    let calls = recordings(dir.path());
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    let [calls, whole_name, killed_name] = [&calls, &whole, &killed].map(|p| p.to_str().unwrap());
    let into = |out| {
        [
            "review", "-r", calls, "--pages", "--out", out, "--jobs", "1",
        ]
    };
    let undisturbed = run(&into(whole_name));
    assert_eq!(
        code(&undisturbed),
        Some(65),
        "{}",
        text(&undisturbed.stderr)
    );

    let mut child = command(&into(killed_name))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while finished(&killed) == 0 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it could be killed"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = finished(&killed);
    assert!((1..4).contains(&before), "{before} were finished");
    assert!(
        !killed.join("index.json").exists(),
        "the folder is not complete"
    );

    let resumed = run(&into(killed_name));
    assert_eq!(code(&resumed), Some(65));
    let said = text(&resumed.stderr);
    assert_eq!(said.matches("done earlier").count(), before + 1, "{said}");
    let (a, b) = (files(&whole), files(&killed));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (path, bytes) in &a {
        assert!(b[path] == *bytes, "{} differs", path.display());
    }
    index_is_right(&whole);
    only_what_changed_is_done_again(&into(whole_name), &whole, Path::new(calls));
}

fn index_is_right(folder: &Path) {
    let text = std::fs::read(folder.join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let files = index["files"].as_array().unwrap();
    let names: Vec<&str> = files.iter().map(|f| f["path"].as_str().unwrap()).collect();
    let names: Vec<&str> = names
        .iter()
        .map(|n| n.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(names, ["1.webm", "2.mp4", "4.mp4", "3.mp4"]);
    assert_eq!(files[2]["status"], "error");
    assert!(
        files[2]["error"]
            .as_str()
            .unwrap()
            .contains("not a media file")
    );
    for file in files {
        for place in [&file["report"], &file["page"]] {
            assert!(folder.join(place.as_str().unwrap()).is_file(), "{place}");
        }
    }
    let passed = index["passed_over"][0]["path"].as_str().unwrap();
    assert!(passed.ends_with("notes.txt"), "{passed}");
    let run = std::fs::read(folder.join("run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_slice(&run).unwrap();
    assert_eq!(
        (run["reviewed"].as_u64(), run["failed"].as_u64()),
        (Some(3), Some(1))
    );
    assert!(run["realtime_factor"].as_f64().unwrap() > 0.0);
}

fn only_what_changed_is_done_again(arguments: &[&str], folder: &Path, calls: &Path) {
    let before = files(folder);
    // A report that was written to is done again; a page is made from its report.
    for (name, ending) in [("reports/2.mp4", "json"), ("reports/3.mp4", "html")] {
        let is = |p: &&PathBuf| {
            p.to_string_lossy().contains(name) && p.extension().is_some_and(|e| e == ending)
        };
        let path = before.keys().find(is).unwrap();
        std::fs::write(folder.join(path), "edited").unwrap();
    }
    std::fs::copy(media("media/no_face.mp4"), calls.join("1.webm")).unwrap();
    let again = run(arguments);
    let said = text(&again.stderr);
    assert_eq!(
        said.matches("done earlier").count(),
        3,
        "two files, and the last line: {said}"
    );
    assert!(said.contains("1.webm: not measurable"), "{said}");
    let after = files(folder);
    let differs: Vec<String> = before
        .iter()
        .filter(|(path, bytes)| after[*path] != **bytes)
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(
        differs
            .iter()
            .all(|p| p.contains("1.webm") || p.starts_with("index.")),
        "{differs:?}"
    );
}

#[test]
fn standard_output_holds_what_was_asked_for_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let clip = media("media/no_face.mp4");
    let clip = clip.to_str().unwrap();
    let text_file = media("media/text.mp4");
    let broken = text_file.to_str().unwrap();
    let output = run(&[
        "review",
        clip,
        broken,
        "--json",
        "-",
        "--fail-on",
        "none",
        "-q",
    ]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["files"].as_array().unwrap().len(), 2);
    let output = run(&[
        "review",
        clip,
        "--csv",
        "-",
        "--fail-on",
        "unmeasured,error",
    ]);
    assert_eq!(code(&output), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("1 of 1 not measurable"));
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(
        lines.lines().nth(1).unwrap().contains(",unmeasured,"),
        "{lines}"
    );

    // Refused at once, before anything is reviewed.
    let foreign = dir.path().to_str().unwrap();
    std::fs::write(dir.path().join("letter.txt"), "private").unwrap();
    for (arguments, expected, words) in [
        (vec!["review", clip, "--out", broken], 64, "text.mp4"),
        (
            vec!["review", clip, "--out", foreign],
            64,
            "holds other files",
        ),
        (
            vec!["review", clip, "--out", "x", "--json", "-"],
            64,
            "expected neither",
        ),
        (
            vec!["review", clip, "--json", "-", "--csv", "-"],
            64,
            "standard output",
        ),
        (vec!["review", clip, "--pages"], 64, "--out"),
        (
            vec!["review", clip, "--fail-on", "nonsense"],
            64,
            "stands-out",
        ),
        (vec!["review", foreign], 65, "no recording found"),
    ] {
        let output = run(&arguments);
        let said = text(&output.stderr);
        assert_eq!(code(&output), Some(expected), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
