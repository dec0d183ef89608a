//! Source files as text: what they import outside their own tests.

use std::path::Path;
use std::process::Command;

/// A Rust file.
pub struct File {
    /// Path from the project's root, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// A name and the line it stands on.
pub struct Item {
    /// Counted from 1.
    pub line: usize,
    /// The room.
    pub name: String,
}

impl File {
    /// The room of the file: its folder under `src`, or its own name without ending.
    pub fn room(&self) -> String {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = below.split('/').next().unwrap_or(below);
        first.trim_end_matches(".rs").to_owned()
    }

    /// True for code that the room table speaks of: not the lists of rooms, not what only tests see.
    pub fn is_in_a_room(&self) -> bool {
        let outside = [
            "src/lib.rs",
            "src/main.rs",
            "src/testing.rs",
            "src/tidy/",
            "src/e2e/",
        ];
        !outside.iter().any(|o| self.path.starts_with(o))
    }

    /// Lines that are neither blank nor comment nor test.
    pub fn code_lines(&self) -> usize {
        self.code()
            .filter(|(_, code)| !code.trim().is_empty())
            .count()
    }

    /// Lines of code with their numbers: without comments, without what only tests see.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let tests = self.path.contains("/tests/")
            || name.ends_with("tests.rs")
            || ["sample.rs", "golden.rs"].contains(&name);
        let lines: Vec<&str> = self.text.lines().collect();
        // A module of tests stands at the end of its file; `#[cfg(test)] mod tests;` may stand anywhere.
        let opens_tests = |at: usize| {
            let mut rest = lines[at..].iter().skip_while(|l| l.starts_with("#["));
            lines[at] == "#[cfg(test)]"
                && rest
                    .next()
                    .is_some_and(|l| l.contains("mod ") && l.ends_with('{'))
        };
        let end = (0..lines.len())
            .find(|at| opens_tests(*at))
            .unwrap_or(lines.len());
        let code = lines
            .into_iter()
            .take(if tests { 0 } else { end })
            .enumerate();
        code.map(|(i, l)| (i + 1, l.split("//").next().unwrap_or_default()))
    }

    /// Rooms named through `crate::` or `liveproof::`.
    pub fn imports(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (line, code) in self.code() {
            for root in ["crate::", "liveproof::"] {
                for (at, _) in code.match_indices(root) {
                    let before = code[..at].chars().next_back();
                    if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"') {
                        continue;
                    }
                    let rest = &code[at + root.len()..];
                    items.extend(
                        first_names(rest)
                            .into_iter()
                            .map(|name| Item { line, name }),
                    );
                }
            }
        }
        // `crate::Something` is the crate's own re-export, not a room.
        items.retain(|i| i.name.starts_with(char::is_lowercase));
        items
    }

    /// Lines that name a crate or path as `name::...` or `use name`.
    pub fn mentions(&self, name: &str) -> Vec<usize> {
        let named = |code: &str| {
            code.match_indices(name).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let after = &code[at + name.len()..];
                let starts = before.is_none_or(|c| !(c.is_alphanumeric() || "_:.\"-/".contains(c)));
                let used = code[..at].trim_end().ends_with("use");
                starts && (after.starts_with("::") || (used && !after.starts_with('_')))
            })
        };
        self.code()
            .filter(|(_, c)| named(c))
            .map(|(n, _)| n)
            .collect()
    }
}

/// First path segments of `a::b`, or of each branch of `{a::b, c}`.
fn first_names(rest: &str) -> Vec<String> {
    let word = |s: &str| -> String {
        s.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(word(&group[start..i]));
                start = i + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

/// All Rust files below a folder, sorted.
pub fn rust_files(folder: &str) -> Vec<File> {
    let root = Path::new(super::ROOT);
    let (mut open, mut files) = (vec![root.join(folder)], Vec::new());
    while let Some(dir) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else {
            continue;
        };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(File {
                    text: std::fs::read_to_string(&path).unwrap_or_default(),
                    path: relative(root, &path),
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

/// Files that git tracks; empty outside a checkout, where nothing can be committed by mistake.
pub fn tracked_files() -> Vec<String> {
    let out = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(super::ROOT)
        .output();
    let Ok(out) = out else { return Vec::new() };
    let names = String::from_utf8_lossy(&out.stdout).into_owned();
    names
        .split('\0')
        .filter(|n| !n.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn imports_are_found() {
    let check = |text: &str, expect: &[&str]| {
        let file = File {
            path: "src/x/y.rs".to_owned(),
            text: text.to_owned(),
        };
        let found: Vec<String> = file.imports().into_iter().map(|i| i.name).collect();
        assert_eq!(found, expect, "{text}");
    };
    check("use crate::core::Frame;", &["core"]);
    check(
        "use crate::{core::{A, B}, engine::Pool};",
        &["core", "engine"],
    );
    check("let x = f(crate::fusion::score(1.0));", &["fusion"]);
    check("// use crate::engine::X;\n//! [`crate::grpc`]", &[]);
    check(
        "use crate::core::A;\n#[cfg(test)]\nmod tests {\n use crate::engine::B; }",
        &["core"],
    );
    check("use other_crate::core::A;", &[]);
    let file = File {
        path: String::new(),
        text: "use ort::X;\nlet a = support::y();\nuse image;\nfn f(i: my::image::T) {}\n"
            .to_owned(),
    };
    assert_eq!(
        (file.mentions("ort"), file.mentions("image")),
        (vec![1], vec![3])
    );
}
