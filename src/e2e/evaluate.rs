//! `liveproof evaluate` through the built program, on the repository's own media.

use crate::support::{media, root};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn evaluate(list: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args(["evaluate", list.to_str().unwrap()])
        .args(options)
        .current_dir(root())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn a_list_gives_figures_a_page_and_a_line_per_recording_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    let at = |name: &str| media(name).display().to_string();
    let csv = format!(
        "path,label,identity,tool,condition,pair,offset_ms,from_s,to_s,licence\n\
         {},fake,drawn,late audio,desk,p,240,41,68,CC0\n{},real,drawn,,desk,p,,,,CC0\n{},real,other,,still,,,,,CC0\n",
        at("demo/interview.mp4"),
        at("media/vp8_opus.webm"),
        at("media/face.png"),
    );
    std::fs::write(&list, csv).unwrap();
    let path = |name: &str| dir.path().join(name);
    let (json, table, pages) = (path("out.json"), path("clips.csv"), path("html"));
    let options = ["--json", "--csv", "--html"].into_iter();
    let files = [&json, &table, &pages].map(|p| p.to_str().unwrap());
    let mut arguments: Vec<&str> = options.zip(files).flat_map(|(o, f)| [o, f]).collect();
    arguments.extend(["--resamples", "100"]);
    let output = evaluate(&list, &arguments);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("columns not read: licence"),
        "{}",
        said(&output)
    );

    let first = read(&json);
    let e: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(crate::schemas::fault("evaluate.schema.json", &e), None);
    assert_eq!(
        (&e["version"], &e["list"]["stills"]),
        (&1.into(), &1.into())
    );
    let lips = &e["signals"]["lip_sync"];
    assert!(
        lips["auc"].as_f64().is_some() && lips["n_fake"] == 1,
        "{lips}"
    );
    // Of the two other rows neither gives lip-sync a number; both stay in.
    assert!((lips["coverage"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(lips["n"], 3);
    // The demo's late stretch, by the list's own truth.
    let sync = &e["sync"];
    assert!(sync["segments"].as_u64().unwrap() >= 4, "{sync}");
    assert!(
        sync["error_ms"]["median"].as_f64().unwrap() <= 40.0,
        "{sync}"
    );
    assert_eq!(read(&table).lines().count(), 4);
    let page = read(&pages.join("list.csv.html"));
    assert!(page.contains("Lip-sync") && page.contains("not measured"));

    // Nothing is reviewed twice, and the figures are the same to the last digit.
    let kept = read(&path("list.csv.results.jsonl"));
    assert!(evaluate(&list, &arguments).status.success());
    assert!(read(&json) == first, "the second run's figures differ");
    let after = read(&path("list.csv.results.jsonl"));
    assert!(after == kept, "something was reviewed twice");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    let check = |csv: &str, options: &[&str], code: i32, words: &[&str]| {
        std::fs::write(&list, csv).unwrap();
        let output = evaluate(&list, options);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{csv:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{csv:?}: {said}");
        }
    };
    let good = "path,label\na.mp4,real\n";
    check(
        "path,label\na.mp4,perhaps\n",
        &[],
        65,
        &["list.csv", "line 2", "column label", "perhaps"],
    );
    check(
        "path,label,models\na.mp4,real,none.toml\n",
        &[],
        65,
        &["line 2", "column models", "none.toml"],
    );
    check(good, &["--degrade", "fog=3"], 64, &["fog=3", "one of jpeg"]);
    check(
        good,
        &["--json", "/nowhere/at/all.json"],
        64,
        &["/nowhere/at/all.json"],
    );
    check(
        good,
        &["--models", "/nowhere/overlay.toml"],
        65,
        &["/nowhere/overlay.toml"],
    );
    check(good, &[], 65, &["a.mp4", "no recording could be reviewed"]);
}
