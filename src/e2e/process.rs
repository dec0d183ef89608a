//! The built program serving, as its own process: what it says, signals, its end.

use crate::support::root;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// `liveproof serve` on a free port; killed when dropped.
pub struct Process {
    child: Child,
    /// `host:port`.
    pub address: String,
    /// URL of its metrics, where it has a port for them.
    pub metrics: Option<String>,
    said: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts it with these arguments after `serve`.
    pub fn serve(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liveproof"));
        command.current_dir(root());
        Self::start(command, arguments)
    }

    /// The same in this folder, and killed by the system at the first byte that it writes to a file
    /// (`ulimit -f 0`; pipes and sockets are no files).
    pub fn serve_without_disk(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -f 0 && exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_liveproof"))
            .current_dir(folder)
            .env("TMPDIR", folder)
            .env("HOME", folder);
        Self::start(command, arguments)
    }

    /// The same in a shell that runs `script` first, which ends in `exec "$0" "$@"`; `folder` stands in
    /// `$FOLDER`.
    pub fn serve_after(script: &str, folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .arg(env!("CARGO_BIN_EXE_liveproof"))
            .current_dir(root())
            .env("FOLDER", folder);
        Self::start(command, arguments)
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn start(mut command: Command, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().unwrap();
        let into = said.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(n) = stderr.read(&mut bytes) {
                if n == 0 {
                    return;
                }
                into.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&bytes[..n]));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut metrics = None;
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("metrics on ") {
                metrics = Some(url.to_owned());
            }
            Some(line.strip_prefix("listening on ")?.to_owned())
        });
        // Read on, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let mut process = Self {
            child,
            address: String::new(),
            metrics,
            said,
            reader: Some(reader),
        };
        process.address =
            address.unwrap_or_else(|| panic!("it does not start: {}", process.end().1));
        process
    }

    /// What it said on standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits for words on standard error, for at most five seconds.
    pub async fn says(&self, words: &str) -> String {
        for _ in 0..500 {
            if self.said().contains(words) {
                return self.said();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{words:?} is not said:\n{}", self.said());
    }

    /// Sends a signal, as `TERM`, with the shell's own `kill`: a bare machine has no other.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &line])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Terminates it, and gives its exit code and all it said.
    pub fn stop(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        self.end()
    }

    fn end(&mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        (status.code(), self.said())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail where it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
