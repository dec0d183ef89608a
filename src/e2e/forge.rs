//! `liveproof forge` through the built program: its copies go through `review` and its list through `evaluate`.

use crate::support::{media, root};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn liveproof(arguments: &[&str], folder: &Path) -> Output {
    let fill = |a: &&str| a.replace("OUT", folder.to_str().unwrap());
    Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args(arguments.iter().map(fill))
        .current_dir(root())
        .output()
        .unwrap()
}

fn document(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn copies_are_marked_say_what_was_done_and_make_a_list_to_measure_with() {
    let dir = tempfile::tempdir().unwrap();
    let clip = media("media/vp9_opus.webm").display().to_string();
    let stretch = [
        "--from",
        "2",
        "--to",
        "4",
        "--kind",
        "lip_shift",
        "--kind",
        "freeze",
    ];
    let mut arguments = vec!["forge", &clip, "--out", "OUT"];
    arguments.extend(stretch);
    let made = liveproof(&arguments, dir.path());
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let names = ["untouched.mp4", "lip_shift.mp4", "freeze.mp4", "list.csv"];
    for (line, name) in said.lines().zip(names) {
        assert!(line.ends_with(&format!("vp9_opus.{name}")), "{said}");
        assert!(Path::new(line).is_file(), "{line}");
    }
    assert_eq!(said.lines().count(), names.len());

    let copy = "OUT/vp9_opus.freeze.mp4";
    let reviewed = liveproof(&["review", copy, "--json", "OUT/report.json"], dir.path());
    assert!(reviewed.status.success());
    let report = document(&dir.path().join("report.json"));
    let notices = report["files"][0]["notices"].to_string();
    assert!(
        notices.contains("a test copy, tampered with on purpose (freeze from 2.0 to 4.0 s)"),
        "{notices}"
    );

    let list = [
        "evaluate",
        "OUT/vp9_opus.list.csv",
        "--json",
        "OUT/figures.json",
        "--resamples",
        "100",
    ];
    let evaluated = liveproof(&list, dir.path());
    assert!(
        evaluated.status.success(),
        "{}",
        String::from_utf8_lossy(&evaluated.stderr)
    );
    let figures = document(&dir.path().join("figures.json"));
    let of = |key: &str| figures["list"][key].as_u64();
    assert_eq!(
        (of("real"), of("fake")),
        (Some(1), Some(2)),
        "{}",
        figures["list"]
    );

    // Nobody is impersonated: there is no such kind.
    let other = liveproof(
        &["forge", &clip, "--out", "OUT", "--kind", "face_swap"],
        dir.path(),
    );
    assert_eq!(other.status.code(), Some(64));
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(
        said.contains("expected one of untouched, lip_shift"),
        "{said}"
    );
}
