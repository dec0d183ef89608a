//! A server of this very program as a process of its own, bound to a core, and what it costs.

use crate::cli::exit::{self, Failure, fail};
use crate::cli::output::Clock;
use anyhow::{Context as _, anyhow};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Ticks in a second of `/proc`'s processor times: Linux reports them in hundredths.
const TICKS: f64 = 100.0;

/// The server's process and where it listens.
pub struct Server {
    process: Child,
    /// Address as `http://127.0.0.1:PORT`.
    pub address: String,
    /// From its start until it listened, seconds.
    pub start_s: f64,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Seconds of processor time.
    pub cpu_s: f64,
    /// Resident memory, MiB.
    pub resident_mib: f64,
}

impl Server {
    /// Starts `serve` with the flags given, on processor `cpu` alone where one is named.
    pub fn start(cpu: Option<u32>, sessions: u32, flags: &[String]) -> Result<Self, Failure> {
        let internal = |e: anyhow::Error| fail(exit::INTERNAL, e);
        let program = std::env::current_exe().map_err(|e| internal(e.into()))?;
        let mut command = bound(cpu, &program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-level", "warn"])
            .args(["--server-max-sessions", &(sessions + 2).to_string()])
            .args(flags)
            .stdout(Stdio::piped());
        let began = Clock::start();
        let mut process = command
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))
            .map_err(internal)?;
        let out = process.stdout.take().map(BufReader::new);
        let lines = out.into_iter().flat_map(std::io::BufRead::lines);
        let address = lines
            .map_while(Result::ok)
            .find_map(|l| Some(l.strip_prefix("listening on ")?.to_owned()));
        let Some(address) = address else {
            process.kill().ok();
            process.wait().ok();
            return Err(internal(anyhow!("the server ended before it listened")));
        };
        Ok(Self {
            process,
            address: format!("http://{address}"),
            start_s: began.seconds(),
        })
    }

    /// What it has used so far.
    pub fn used(&self) -> Result<Used, Failure> {
        let read = |what: &str| {
            let path: PathBuf = ["/proc", &self.process.id().to_string(), what]
                .iter()
                .collect();
            let text = std::fs::read_to_string(&path);
            text.map_err(|e| fail(exit::INTERNAL, anyhow!("{}: {e}", path.display())))
        };
        let (stat, status) = (read("stat")?, read("status")?);
        parse(&stat, &status).ok_or_else(|| fail(exit::INTERNAL, anyhow!("/proc: an unknown form")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// A command on one processor, by util-linux's `taskset`.
fn bound(cpu: Option<u32>, program: &Path) -> Command {
    match cpu {
        Some(cpu) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &cpu.to_string()]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Binds this process and all its threads to a processor.
pub fn bind_self(cpu: u32) -> Result<(), Failure> {
    let mut command = Command::new("taskset");
    command.args([
        "-a",
        "-c",
        "-p",
        &cpu.to_string(),
        &std::process::id().to_string(),
    ]);
    let done = command.stdout(Stdio::null()).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(fail(
            exit::USAGE,
            anyhow!("--load-cpu {cpu}: taskset ended with {status}"),
        )),
        Err(e) => Err(fail(
            exit::USAGE,
            anyhow!("--load-cpu {cpu}: taskset (util-linux): {e}"),
        )),
    }
}

/// Processor time of `stat`'s fields 14 and 15, and resident memory.
fn parse(stat: &str, status: &str) -> Option<Used> {
    // The second field is the program's name in brackets and may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let ticks = rest
        .split(' ')
        .skip(11)
        .take(2)
        .map(|f| f.parse::<f64>().ok());
    let cpu_s = ticks.sum::<Option<f64>>()? / TICKS;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(Used {
        cpu_s,
        resident_mib: kib / 1_024.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_any_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20";
        let used = parse(stat, "Name:\tx\nVmRSS:\t  2048 kB\n").unwrap();
        assert!((used.cpu_s - 3.0).abs() < 1e-9 && (used.resident_mib - 2.0).abs() < 1e-9);
        assert!(parse("7 x", "").is_none());
    }
}
