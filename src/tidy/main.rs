//! What holds of the source as text: walls between rooms, sizes, words, top level.
//!
//! The walls are read from the room table of `ARCHITECTURE.md`, so that page and code cannot drift
//! apart: a row names a room and, in its "may import" column, the rooms it may use. That analyzers
//! and manifest list the same signals is tested in `engine`.

mod source;

use source::{File, Item, rust_files, tracked_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_default()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "\n  {}\n", faults.join("\n  "));
}

/// Room -> rooms it may import, from the table in `ARCHITECTURE.md`.
fn room_table() -> BTreeMap<String, BTreeSet<String>> {
    let words = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(|w| w.trim_end_matches('/').to_owned())
            .collect()
    };
    read("ARCHITECTURE.md")
        .lines()
        .filter(|l| l.starts_with("| `"))
        .filter_map(|l| {
            let cells: Vec<&str> = l.trim_matches('|').split('|').collect();
            let room = words(cells.first()?).first()?.clone();
            Some((room, words(cells.get(3)?).into_iter().collect()))
        })
        .collect()
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let table = room_table();
    assert!(
        table.len() >= 12,
        "the room table of ARCHITECTURE.md was not found: {table:?}"
    );
    let mut faults = Vec::new();
    for file in rust_files("src").into_iter().filter(File::is_in_a_room) {
        let room = file.room();
        let Some(allowed) = table.get(&room) else {
            faults.push(format!(
                "{}: room `{room}` is not in ARCHITECTURE.md's table",
                file.path
            ));
            continue;
        };
        for Item { line, name } in file.imports() {
            if name != room && !allowed.contains(&name) && !allowed.contains("*") {
                faults.push(format!(
                    "{}:{line}: `{room}` must not import `{name}`",
                    file.path
                ));
            }
        }
    }
    report(&faults);
}

#[test]
fn foreign_crates_stay_behind_their_wall() {
    // Crate path, and the only places that may name it.
    let walls: &[(&str, &[&str])] = &[
        ("ort", &["src/engine/"]),
        ("opencv", &["src/vision/"]),
        ("ffmpeg_next", &["src/decode/"]),
        ("image", &["src/decode/"]),
        ("yuv", &["src/decode/"]),
        (
            "liveproof_sdk::v1",
            &["src/grpc/convert.rs", "src/grpc/convert/"],
        ),
        ("liveproof_sdk", &["src/grpc/", "src/client/"]),
        ("tonic", &["src/grpc/", "src/client/"]),
        ("tokio_rustls", &["src/grpc/", "src/webhook/"]),
        ("hyper", &["src/telemetry/", "src/webhook/"]),
        ("prometheus_client", &["src/telemetry/"]),
        ("opentelemetry", &["src/telemetry/"]),
        ("opentelemetry_otlp", &["src/telemetry/"]),
        ("tracing_opentelemetry", &["src/telemetry/"]),
        ("anyhow", &["src/cli/", "src/main.rs"]),
        ("clap", &["src/cli/"]),
        (
            "tokio",
            &[
                "src/session/",
                "src/grpc/",
                "src/serve.rs",
                "src/cli/",
                "src/client/",
                "src/jobs/job.rs",
                "src/telemetry/listener.rs",
                "src/webhook/",
            ],
        ),
    ];
    let mut faults = Vec::new();
    for file in rust_files("src").into_iter().filter(File::is_in_a_room) {
        for (krate, places) in walls {
            if places.iter().any(|p| file.path.starts_with(p)) {
                continue;
            }
            for line in file.mentions(krate) {
                faults.push(format!(
                    "{}:{line}: `{krate}` belongs to {}",
                    file.path,
                    places.join(", ")
                ));
            }
        }
    }
    report(&faults);
}

/// ffmpeg-next cannot be asked for some numbers safely; nothing else needs it.
#[test]
fn unsafe_stands_in_one_place() {
    let files = ["src", "sdk/rust", "benches"]
        .into_iter()
        .flat_map(rust_files);
    let with_it: Vec<String> = files
        .filter(|f| !f.path.starts_with("src/tidy/") && f.text.contains("(unsafe_code)"))
        .map(|f| f.path)
        .collect();
    assert_eq!(with_it, ["src/decode/ffi.rs"]);
    let cargo = read("Cargo.toml");
    assert!(cargo.contains("unsafe_code = \"deny\""), "Cargo.toml");
}

/// Blank lines, comments and tests do not count.
#[test]
fn files_stay_under_500_lines_of_code() {
    let files = ["src", "sdk/rust", "benches"]
        .into_iter()
        .flat_map(rust_files);
    let long = files
        .map(|f| (f.code_lines(), f.path))
        .filter(|(lines, _)| *lines > 500);
    report(
        &long
            .map(|(lines, path)| format!("{path}: {lines} lines of code"))
            .collect::<Vec<_>>(),
    );
}

/// Adding an analyzer is one file, one word of the list and one entry of the manifest, because no other
/// room knows an analyzer by name. What the page calls it, and what a caution says of it, is prose.
#[test]
fn analyzers_are_a_file_a_word_and_an_entry() {
    let list = read("src/analyze/mod.rs");
    let list = list.split("\nanalyzers! {").nth(1).unwrap_or_default();
    let names: Vec<&str> = list
        .split('}')
        .next()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .collect();
    assert!(
        names.len() >= 5,
        "the list of analyzers was not found: {names:?}"
    );
    let manifest = read("models/manifest.toml");
    let mut faults = Vec::new();
    for name in &names {
        let entry = format!("[[analyzer]]\nname = \"{name}\"");
        if !Path::new(ROOT)
            .join(format!("src/analyze/{name}.rs"))
            .is_file()
        {
            faults.push(format!("{name}: no file of its own"));
        }
        if manifest.matches(&entry).count() != 1 {
            faults.push(format!("{name}: not one entry in models/manifest.toml"));
        }
    }
    let rooms = [
        "grpc", "session", "fusion", "segment", "engine", "ingest", "decode", "review", "client",
        "serve",
    ];
    let files = rust_files("src").into_iter().filter(File::is_in_a_room);
    for file in files.filter(|f| rooms.contains(&f.room().as_str())) {
        for (line, code) in file.code() {
            for name in names.iter().filter(|n| code.contains(&format!("\"{n}\""))) {
                faults.push(format!("{}:{line}: knows the analyzer {name}", file.path));
            }
        }
    }
    report(&faults);
}

#[test]
fn each_room_says_what_goes_in_and_out() {
    let mut faults = Vec::new();
    for room in room_table().keys() {
        let (folder, single) = (format!("src/{room}/mod.rs"), format!("src/{room}.rs"));
        let text = if Path::new(ROOT).join(&folder).is_file() {
            read(&folder)
        } else {
            read(&single)
        };
        if text.is_empty() {
            continue;
        }
        let head: String = text.lines().take_while(|l| l.starts_with("//!")).collect();
        let said = head.contains("**In:**") && head.contains("**Out:**");
        if !(said || head.contains("**In / out:**")) {
            faults.push(format!(
                "src/{room}: its head says not what goes in and out"
            ));
        }
    }
    report(&faults);
}

/// True when a word of `text` begins with `word`: "familiar" accuses nobody.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphabetic)
    })
}

/// A person reads these; they say what was measured and accuse nobody.
#[test]
fn words_for_people_accuse_nobody() {
    let forbidden = [
        "fraud",
        "liar",
        "cheater",
        "criminal",
        "suspicious",
        "guilty",
    ];
    let mut faults = Vec::new();
    for file in rust_files("src").into_iter().filter(File::is_in_a_room) {
        for (line, code) in file.code() {
            let code = code.to_lowercase();
            for word in forbidden.iter().filter(|w| has_word(&code, w)) {
                faults.push(format!("{}:{line}: {word}", file.path));
            }
        }
    }
    report(&faults);
}

/// A call as `tracing::warn!(...)` at the begin of a text, to its last bracket; else nothing.
fn macro_call(text: &str) -> &str {
    let name_ends = text.find("!(").unwrap_or(text.len());
    let plain = |c: char| c.is_alphanumeric() || "_:".contains(c);
    if !text[..name_ends].chars().all(plain) {
        return "";
    }
    let mut open = 0;
    for (at, c) in text.char_indices().skip(name_ends) {
        open += i32::from(c == '(') - i32::from(c == ')');
        if c == ')' && open == 0 {
            return &text[..at];
        }
    }
    text
}

/// What a client chose stays out of the log of a live interview; `e2e::private` looks at what is written,
/// this at what could be.
#[test]
fn the_log_names_no_client() {
    let rooms = [
        "analyze",
        "audio",
        "challenge",
        "core",
        "decode",
        "engine",
        "evidence",
        "fusion",
        "grpc",
        "ingest",
        "jobs",
        "pipeline",
        "segment",
        "serve",
        "session",
        "telemetry",
        "tenants",
        "track",
        "vision",
    ];
    let chosen = [
        "%track",
        "track =",
        "participant",
        "session_id",
        "consent",
        "external",
        "owner",
        "spec.",
        "%id",
        "chunk.",
        "reason",
    ];
    let mut faults = Vec::new();
    let files = rust_files("src").into_iter().filter(File::is_in_a_room);
    for file in files.filter(|f| rooms.contains(&f.room().as_str())) {
        let code: String = file.code().map(|(_, c)| format!("{c}\n")).collect();
        for (at, _) in code.match_indices("tracing::") {
            let call = macro_call(&code[at..]);
            for word in chosen.iter().filter(|w| call.contains(**w)) {
                faults.push(format!("{}: {word} in {call}", file.path));
            }
        }
    }
    report(&faults);
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let text = [
        ".rs", ".toml", ".md", ".py", ".sh", ".proto", ".json", ".yaml", ".txt", "/run", "/setup",
    ];
    // Put together here, so that this file names no such place either.
    let mut places = ["home", "root", "Users", "work"]
        .map(|d| format!("/{d}/"))
        .to_vec();
    places.push("C:\\Users".to_owned());
    let mut faults = Vec::new();
    for path in tracked_files()
        .into_iter()
        .filter(|p| !p.starts_with("src/tidy/"))
    {
        if !text.iter().any(|e| path.ends_with(e)) {
            continue;
        }
        for (number, line) in read(&path).lines().enumerate() {
            if places.iter().any(|p| line.contains(p)) {
                faults.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    report(&faults);
}

#[test]
fn the_top_level_stays_small() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "models",
        "proto",
        "testdata",
        "benches",
        "README.md",
        "Makefile",
        "sdk",
        "docs",
        "fuzz",
        "clippy.toml",
        "deny.toml",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "ARCHITECTURE.md",
        "SPECIFICATION.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
    ];
    let top: BTreeSet<String> = tracked_files()
        .iter()
        .filter_map(|p| p.split('/').next().map(str::to_owned))
        .filter(|name| !name.starts_with('.') && !allowed.contains(&name.as_str()))
        .collect();
    assert!(top.is_empty(), "not for the top level: {top:?}");
}

#[test]
fn unbounded_channels_and_wall_clocks_are_banned() {
    let bans = read("clippy.toml");
    for path in [
        "std::time::Instant::now",
        "std::time::SystemTime::now",
        "std::sync::mpsc::channel",
        "tokio::sync::mpsc::unbounded_channel",
    ] {
        let line = bans.lines().find(|l| l.contains(&format!("\"{path}\"")));
        let reasoned = line.is_some_and(|l| l.contains("reason"));
        assert!(reasoned, "clippy.toml bans {path} with a reason");
    }
}
