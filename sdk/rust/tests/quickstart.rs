//! The README's quick start, as printed, against the built server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../README.md");
const PROGRAM: &str = include_str!("../examples/quickstart.rs");

/// `liveproof serve` on a free port; killed with the test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(more: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut process = Command::new(server_program())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .current_dir(root)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
        let address = format!("http://{}", address.expect("the server started"));
        Self { process, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Where cargo puts what it builds: `target/debug`.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// What `cargo test --workspace` builds beside this test, or LIVEPROOF_BIN.
fn server_program() -> PathBuf {
    std::env::var_os("LIVEPROOF_BIN").map_or_else(|| built().join("liveproof"), PathBuf::from)
}

#[test]
fn the_quick_start_runs_as_printed() {
    let printed = README
        .split("```rust\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    assert_eq!(
        printed,
        Some(PROGRAM),
        "README.md prints examples/quickstart.rs"
    );
    let quickstart = built().join("examples/quickstart");
    for program in [&quickstart, &server_program()] {
        let there = program.is_file();
        assert!(
            there,
            "{program:?} is not there: cargo build --workspace --examples --bins"
        );
    }
    let server = Server::start(&[]);
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/media/face.jpg");
    let done = Command::new(quickstart)
        .arg(&server.address)
        .args(vec![picture; 40])
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let starts: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(starts, ["segment 0", "segment 1", "summary"], "{said}");
    // A still of a drawn face is measured as nothing, and said to be so.
    assert!(said.lines().all(|line| line.contains("NoScore")), "{said}");
}

#[test]
fn a_recording_is_handed_in() {
    let example = built().join("examples/review");
    assert!(
        example.is_file(),
        "{example:?} is not there: cargo build --workspace --examples --bins"
    );
    // Beside the programs, where there is room for certain; away with the test.
    let folder = built().join(format!("review-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let spool = folder.join("spool");
    let server = Server::start(&["--review-dir", spool.to_str().unwrap()]);
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/media/vp9_opus.webm");
    let done = Command::new(example)
        .arg(&server.address)
        .args([&clip, &folder])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let page = folder.join("vp9_opus.webm.html");
    let saved = page.is_file() && folder.join("vp9_opus.webm.json").is_file();
    drop(server);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(said.contains("Done: 2 segments"), "{said}");
    assert!(saved, "{said}");
}
