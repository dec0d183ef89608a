//! Pages as PDF, printed by a Chromium that is installed.

use anyhow::{Context as _, anyhow, bail};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Names that the browser goes by, the first that is found is taken.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
];
/// Between two looks whether it is done, and how many there are: two minutes in all.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 2_400;
/// A time that stands in place of the browser's own, so that the same page is the same PDF. As long as those are.
const NO_TIME: &[u8; 14] = b"19700101000000";

/// A browser that prints.
#[derive(Debug)]
pub struct Printer {
    program: PathBuf,
}

impl Printer {
    /// The browser that was named, or one of the usual names in `PATH`.
    ///
    /// # Errors
    /// What was looked for and not found.
    pub fn find(named: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(program) = named {
            return match program.is_file() {
                true => Ok(Self {
                    program: program.to_owned(),
                }),
                false => bail!("--pdf-browser: {} is no file", program.display()),
            };
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = || std::env::split_paths(&path);
        let mut all = NAMES.iter().flat_map(|n| places().map(move |p| p.join(n)));
        let found = all.find(|p| p.is_file());
        found.map(|program| Self { program }).ok_or_else(|| {
            anyhow!(
                "--pdf: needs Chromium or Chrome to print with, and none of {} is in PATH; install chromium, name \
                 one with --pdf-browser, or print the pages from any browser (they are written)",
                NAMES.join(", ")
            )
        })
    }

    /// Prints a page beside itself, as NAME.pdf for NAME.html; one that is there and newer is left.
    ///
    /// # Errors
    /// Why there is no PDF; the page is as it was.
    pub fn print(&self, page: &Path) -> anyhow::Result<PathBuf> {
        let pdf = page.with_extension("pdf");
        let changed = |p: &Path| p.metadata().and_then(|m| m.modified()).ok();
        if changed(&pdf)
            .zip(changed(page))
            .is_some_and(|(a, b)| a >= b)
        {
            return Ok(pdf);
        }
        let work = Work::begin()?;
        let made = work.0.join("page.pdf");
        let page = page
            .canonicalize()
            .with_context(|| format!("cannot read {}", page.display()))?;
        let mut command = Command::new(&self.program);
        command
            .args([
                "--headless=new",
                "--disable-gpu",
                "--no-first-run",
                "--disable-extensions",
            ])
            // The page loads nothing; nothing else is to be loaded either.
            .args([
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND",
            ])
            .arg("--no-pdf-header-footer")
            .arg(format!(
                "--user-data-dir={}",
                work.0.join("profile").display()
            ))
            .arg(format!("--print-to-pdf={}", made.display()));
        if is_root() {
            // Chromium's sandbox refuses the superuser, as in a container.
            command.arg("--no-sandbox");
        }
        command
            .arg(url_of(&page))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        wait(child).with_context(|| format!("{}: {}", self.program.display(), page.display()))?;
        let mut bytes = std::fs::read(&made).with_context(|| {
            format!(
                "{} printed nothing of {}",
                self.program.display(),
                page.display()
            )
        })?;
        without_times(&mut bytes);
        liveproof::review::save_whole(&pdf, &bytes)
            .with_context(|| format!("cannot write {}", pdf.display()))?;
        Ok(pdf)
    }
}

/// Waits for the browser, and ends it where it does not end by itself.
fn wait(mut child: Child) -> anyhow::Result<()> {
    for _ in 0..LOOKS {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("ended with {status}"),
            None => std::thread::sleep(LOOK),
        }
    }
    child.kill()?;
    child.wait()?;
    bail!("did not end within {} s", (LOOK * LOOKS).as_secs())
}

/// A folder of the browser's own, which goes with it.
struct Work(PathBuf);

impl Work {
    fn begin() -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("liveproof-pdf-{}-{n}", std::process::id()));
        // A folder that is there already may be somebody else's.
        std::fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // Whose the process is shows in its own entry.
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// The address of a file: every byte that means something in an address is escaped (RFC 3986).
fn url_of(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => url.push(char::from(*byte)),
            b if b.is_ascii_alphanumeric() => url.push(char::from(*b)),
            b => url.push_str(&format!("%{b:02X}")),
        }
    }
    url
}

/// Takes the time of printing out of a PDF, byte for byte, so that its table of places still holds.
fn without_times(pdf: &mut [u8]) {
    for mark in [&b"/CreationDate (D:"[..], b"/ModDate (D:"] {
        let starts: Vec<usize> = pdf
            .windows(mark.len())
            .enumerate()
            .filter_map(|(i, w)| (w == mark).then_some(i + mark.len()))
            .collect();
        for start in starts {
            if let Some(digits) = pdf.get_mut(start..start + NO_TIME.len())
                && digits.iter().all(u8::is_ascii_digit)
            {
                digits.copy_from_slice(NO_TIME);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_no_meaning_of_their_own() {
        assert_eq!(
            url_of(Path::new("/a b/x#1?%.html")),
            "file:///a%20b/x%231%3F%25.html"
        );
        assert_eq!(url_of(Path::new("/ü")), "file:///%C3%BC");
    }

    #[test]
    fn a_pdf_loses_its_times_and_nothing_else() {
        let mut pdf =
            b"1 0 obj <</CreationDate (D:20261121231500+00'00') /ModDate (D:short)>>".to_vec();
        let before = pdf.len();
        without_times(&mut pdf);
        assert_eq!(pdf.len(), before);
        let text = String::from_utf8(pdf).unwrap();
        assert!(
            text.contains("(D:19700101000000+00'00')") && text.contains("(D:short)"),
            "{text}"
        );
    }

    #[test]
    fn a_browser_that_is_missing_is_named() {
        let error = Printer::find(Some(Path::new("/nowhere/chromium"))).unwrap_err();
        assert!(error.to_string().contains("/nowhere/chromium"), "{error}");
    }

    #[test]
    fn one_that_fails_says_so_and_leaves_no_pdf() {
        let dir = tempfile::tempdir().unwrap();
        let page = dir.path().join("a.html");
        std::fs::write(&page, "<p>x</p>").unwrap();
        let printer = Printer::find(Some(Path::new("/bin/false"))).unwrap();
        let error = format!("{:#}", printer.print(&page).unwrap_err());
        assert!(
            error.contains("/bin/false") && error.contains("a.html"),
            "{error}"
        );
        assert!(!dir.path().join("a.pdf").exists());
    }
}
