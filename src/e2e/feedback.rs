//! What a reviewer says of the demo's reports, through the built program: taken down, exported, evaluated, forgotten.

use crate::support::{media, root};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn liveproof(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liveproof"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Start in seconds of the segment whose evidence is largest, and its evidence.
fn strongest(report: &Value) -> (f64, f64) {
    let segments = report["files"][0]["segments"].as_array().unwrap();
    let of = |s: &Value| {
        Some((
            s["span"]["start_us"].as_f64()? / 1e6,
            s["outcome"]["evidence_logit"].as_f64()?,
        ))
    };
    let scored = segments.iter().filter_map(of);
    scored
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
        .unwrap()
}

#[test]
fn a_reviewed_demo_is_judged_exported_evaluated_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (opinions, list, figures) = (at("opinions.jsonl"), at("list.csv"), at("figures.json"));
    let report = |name: &str| {
        let (clip, out) = (
            media(&format!("demo/{name}.mp4")),
            at(&format!("{name}.json")),
        );
        let done = liveproof(&["review", clip.to_str().unwrap(), "--json", &out, "--quiet"]);
        assert!(done.status.success(), "{}", said(&done));
        out
    };
    let (genuine, painted) = (report("hand_pass"), report("hand_pass_swapped"));
    let tell = |arguments: &[&str]| {
        let kept = ["--feedback-file", &opinions];
        liveproof(&[&["feedback"], arguments, &kept[..]].concat())
    };

    // Nothing is kept where no file is named.
    let none = liveproof(&["feedback", &painted, "right"]);
    assert_eq!(none.status.code(), Some(64));
    assert!(
        said(&none).contains("feedback.file is not set"),
        "{}",
        said(&none)
    );

    let (start_s, logit) = strongest(&json(Path::new(&painted)));
    assert!(
        logit.abs() > 0.7,
        "the painted demo has a segment that takes a side: {logit}"
    );
    let time = format!("0:{:.1}", start_s + 0.5);
    let done = tell(&[
        &painted,
        "right",
        "--at",
        &time,
        "--note",
        "the face lies over the hand",
    ]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(
        said(&done).contains("taken down: right, of segment "),
        "{}",
        said(&done)
    );
    for arguments in [
        &[&painted, "wrong", "--truth", "manipulated"][..],
        &[&genuine, "right", "--truth", "real"],
        &[&genuine, "unsure", "--segment", "0"],
        &["call-17", "wrong", "--at", "0:03", "--truth", "real"],
    ] {
        let done = tell(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", said(&done));
    }
    for (arguments, words) in [
        (&[&painted, "right", "--segment", "99"][..], "no segment 99"),
        (&[&painted, "right", "--at", "9:99"], "expected seconds"),
        (&["no/such.json", "right"], "no such file, and no id"),
        (&[&list, "perhaps"], "possible values"),
    ] {
        let refused = tell(arguments);
        assert_eq!(
            refused.status.code(),
            Some(64),
            "{arguments:?}: {}",
            said(&refused)
        );
        assert!(
            said(&refused).contains(words),
            "{arguments:?}: {}",
            said(&refused)
        );
    }

    let exported = liveproof(&[
        "--feedback-file",
        &opinions,
        "feedback",
        "export",
        "--out",
        &list,
    ]);
    assert!(exported.status.success(), "{}", said(&exported));
    assert!(
        said(&exported)
            .contains("3 rows; left out: 1 opinions that tell no truth, 1 without a recording"),
        "{}",
        said(&exported)
    );
    let done = liveproof(&[
        "evaluate",
        &list,
        "--json",
        &figures,
        "--resamples",
        "50",
        "--no-cache",
    ]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(!said(&done).contains("columns not read"), "{}", said(&done));
    let figures = json(Path::new(&figures));
    assert_eq!(
        crate::schemas::fault("evaluate.schema.json", &figures),
        None
    );
    let fused = &figures["fused"];
    assert_eq!(
        (&fused["n"], &fused["n_fake"]),
        (&3.into(), &(1 + i32::from(logit > 0.0)).into()),
        "{fused}"
    );

    // Deletion is by interview, and what was not there is said.
    let clip = json(Path::new(&painted))["files"][0]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    let forget = |id: &str| liveproof(&["forget", id, "--feedback-file", &opinions]);
    let gone = forget(&clip);
    assert!(
        gone.status.success() && said(&gone).contains("deleted 2 opinions"),
        "{}",
        said(&gone)
    );
    assert!(forget("call-17").status.success());
    assert_eq!(forget("call-17").status.code(), Some(65));
    let left = std::fs::read_to_string(&opinions).unwrap();
    assert!(
        left.lines().count() == 2 && !left.contains("over the hand") && !left.contains("call-17"),
        "{left}"
    );
}
