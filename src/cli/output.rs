//! What a command leaves behind: lines on standard output, a JSON document, pages.

use super::exit::{self, Failure, fail};
use anyhow::Context as _;
use liveproof::report::{Document, FileReport, Generator, to_html, to_json};
use liveproof::review::save_whole;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where results go besides standard output.
#[derive(Debug, Default, clap::Args)]
pub struct Output {
    /// Write one JSON document for all inputs (docs/report.schema.json); - is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a self-contained page per input into this folder.
    #[arg(long, value_name = "DIR")]
    html: Option<PathBuf>,
}

impl Output {
    /// True when a document or pages were asked for.
    pub fn is_wanted(&self) -> bool {
        self.json.is_some() || self.html.is_some()
    }

    /// True when the document goes to standard output, which then holds nothing else.
    pub fn on_stdout(&self) -> bool {
        self.json.as_deref().is_some_and(is_stdout)
    }

    /// Refuses what could not be written, before hours are spent on what goes into it.
    pub fn check(&self) -> Result<(), Failure> {
        if let Some(path) = &self.json {
            check_file(path)?;
        }
        if let Some(dir) = &self.html {
            check_folder(dir)?;
        }
        Ok(())
    }

    /// True when pages were asked for.
    pub fn has_pages(&self) -> bool {
        self.html.is_some()
    }

    /// Writes what was asked for, and gives the pages. Their paths are printed last.
    pub fn write(&self, reports: Vec<FileReport>) -> Result<Vec<PathBuf>, Failure> {
        let mut pages = Vec::new();
        let document = Document::new(reports);
        if let Some(path) = &self.json {
            let text = to_json(&document).map_err(|e| fail(exit::INTERNAL, e))?;
            save(path, &text)?;
        }
        if let Some(dir) = &self.html {
            folder(dir)?;
            let names = page_names(document.files.iter().map(|f| f.path.as_str()));
            for (file, name) in document.files.iter().zip(names) {
                let page = dir.join(name);
                save(&page, &to_html(file, &Generator::default()))?;
                if !self.on_stdout() {
                    let shown = page.canonicalize();
                    line(&shown.as_deref().unwrap_or(&page).display().to_string());
                }
                pages.push(page);
            }
        }
        Ok(pages)
    }
}

/// True for the name that stands for standard output.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses a file that could not be written.
pub fn check_file(path: &Path) -> Result<(), Failure> {
    if is_stdout(path) {
        return Ok(());
    }
    // Opened, not emptied: an earlier document stays until there is a new one. One that was not there
    // is not left behind empty: a file that is there is whole.
    let new = !path.exists();
    let mut options = std::fs::OpenOptions::new();
    let opened = options.append(true).create(true).open(path);
    let opened = opened.map(drop).and_then(|()| match new {
        true => std::fs::remove_file(path),
        false => Ok(()),
    });
    opened
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(|e| fail(exit::USAGE, e))
}

/// Refuses a folder that could not be made.
pub fn check_folder(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)
        .with_context(|| format!("cannot create {}", dir.display()))
        .map_err(|e| fail(exit::USAGE, e))
}

/// Makes a folder if it is missing.
pub fn folder(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)
        .with_context(|| format!("cannot create {}", dir.display()))
        .map_err(|e| fail(exit::INTERNAL, e))
}

/// Writes a file, whole or not at all; `-` is standard output. What is no regular file, as a pipe, is
/// written to where it is.
pub fn save(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let written = if is_stdout(path) {
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    } else if path.exists() && !path.is_file() {
        std::fs::write(path, text)
    } else {
        // A link stays one.
        let place = path.canonicalize();
        save_whole(place.as_deref().unwrap_or(path), text.as_bytes())
    };
    written
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(|e| fail(exit::INTERNAL, e))
}

/// `NAME.html`, and `NAME-2.html` and so on where inputs share a name.
fn page_names<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    paths
        .map(|path| {
            let name = Path::new(path)
                .file_name()
                .map(|n| n.to_string_lossy().into_owned());
            let name = name.unwrap_or_else(|| "report".to_owned());
            let count = seen.entry(name.clone()).or_insert(0);
            *count += 1;
            if *count == 1 {
                format!("{name}.html")
            } else {
                format!("{name}-{count}.html")
            }
        })
        .collect()
}

/// A line on standard output at once; a reader that went away is no failure.
pub fn line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line on standard error, where progress and faults are told; a reader that went away (as of
/// `2>&1 | head`) is no failure, and what was asked for is still written.
pub fn note(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Seconds of the recording that the report's segments span.
pub fn media_seconds(report: &FileReport) -> f64 {
    let start = report.segments.iter().map(|s| s.span.start).min();
    let end = report.segments.iter().map(|s| s.span.end).max();
    match (start, end) {
        (Some(start), Some(end)) => end.as_secs_f64() - start.as_secs_f64(),
        _ => 0.0,
    }
}

/// Measures how long a command took. The only use of a clock here: it is printed, and no result
/// depends on it.
pub struct Clock(std::time::Instant);

impl Clock {
    /// Starts now.
    #[allow(
        clippy::disallowed_methods,
        reason = "throughput is measured here and nowhere else"
    )]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_one_name_get_pages_of_their_own() {
        let names = page_names(["a/x.mp4", "b/x.mp4", "y.mp4"].into_iter());
        assert_eq!(names, ["x.mp4.html", "x.mp4-2.html", "y.mp4.html"]);
    }
}
