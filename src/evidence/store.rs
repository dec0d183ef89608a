//! The edge towards the disk: one thread writes the logs of all interviews of a process.
//!
//! An interview never waits for the disk. What it hands over waits in memory, bounded per log and in all;
//! beyond that its recorder leaves entries out and says so ([`super::Recorder::set_room`]). A disk that is full is
//! to the interview the same as one that is slow: the writer keeps what it holds and tries again, and when
//! there is space again the log goes on where it was. A log whose end could not be written stays without a
//! seal, and its name says so.
//!
//! While it is written a log is `ID.partial`, then `ID.jsonl`, or `ID.unsealed.jsonl`.

use super::keep::expire;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes written at once.
const CHUNK_BYTES: usize = 256 << 10;
/// How long a failing disk is left alone before the next try.
const RETRY: Duration = Duration::from_millis(250);
/// How often a log that is over is tried again before it stays unsealed: half a minute.
const MOST_TRIES: u32 = 120;
/// The same when the process ends: 2 s.
const MOST_TRIES_AT_END: u32 = 8;
/// Logs that are too old are looked for so often.
const LOOK: Duration = Duration::from_secs(3_600);
/// How long the end of the process waits for the writer.
const END_WAIT: Duration = Duration::from_secs(5);

/// How much may wait for the disk, and how long logs stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// Of one log, bytes.
    pub log_bytes: usize,
    /// Of all logs, bytes.
    pub all_bytes: usize,
    /// How long a log stays after it was written; `None` = until somebody deletes it.
    pub keep: Option<Duration>,
}

impl Default for StoreLimits {
    /// 4 MiB are about a minute of the log of an interview without a disk; 64 MiB in all.
    fn default() -> Self {
        Self {
            log_bytes: 4 << 20,
            all_bytes: 64 << 20,
            keep: None,
        }
    }
}

/// How the writing of a log ended, or that it has trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOutcome {
    /// Written to its seal.
    Sealed,
    /// Its end is missing.
    Unsealed,
    /// A write failed and is tried again.
    WriteFailed,
}

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the folder for evidence logs {} cannot be written: {source}", dir.display())]
pub struct StoreError {
    dir: PathBuf,
    source: std::io::Error,
}

/// Where logs are kept.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    dir: PathBuf,
}

/// One log that is being written. Dropped without [`LogWriter::close`] it stays unsealed.
#[derive(Debug)]
pub struct LogWriter {
    shared: Arc<Shared>,
    id: u64,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    ended: Condvar,
    limits: StoreLimits,
    observe: fn(LogOutcome),
    dir: PathBuf,
}

#[derive(Debug, Default)]
struct State {
    logs: BTreeMap<u64, Log>,
    next: u64,
    /// Bytes that wait, in all.
    waiting: usize,
    stopping: bool,
    ended: bool,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    waiting: Vec<u8>,
    /// What the writer has under way, bytes.
    under_way: usize,
    over: bool,
    sealed: bool,
    trouble: Option<String>,
    tries: u32,
}

// === impl Store ===

impl Store {
    /// Opens a folder, and starts its writer. `observe` is told how logs end; it must not block.
    ///
    /// # Errors
    /// [`StoreError`] when no file can be made there.
    pub fn open(
        dir: &Path,
        limits: StoreLimits,
        observe: fn(LogOutcome),
    ) -> Result<Self, StoreError> {
        let refused = |source| StoreError {
            dir: dir.to_owned(),
            source,
        };
        make_folder(dir).map_err(refused)?;
        clear_old(dir, limits.keep).map_err(refused)?;
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            ended: Condvar::new(),
            limits,
            observe,
            dir: dir.to_owned(),
        });
        let writer = shared.clone();
        std::thread::Builder::new()
            .name("evidence".into())
            .spawn(move || writer.run())
            .map_err(refused)?;
        Ok(Self {
            shared,
            dir: dir.to_owned(),
        })
    }

    /// A log of this id, in a folder of its own for each `group`; both are names of files.
    pub fn create(&self, group: &str, id: &str) -> LogWriter {
        let mut state = self.shared.lock();
        let number = state.next;
        state.next += 1;
        let log = Log {
            path: self.dir.join(group).join(id),
            waiting: Vec::new(),
            under_way: 0,
            over: false,
            sealed: false,
            trouble: None,
            tries: 0,
        };
        state.logs.insert(number, log);
        LogWriter {
            shared: self.shared.clone(),
            id: number,
        }
    }
}

impl Drop for Store {
    /// Writes what waits, for a bounded time: a disk that hangs must not keep a process.
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        self.shared.wake.notify_all();
        let waited = self
            .shared
            .ended
            .wait_timeout_while(state, END_WAIT, |s| !s.ended);
        drop(waited);
    }
}

// === impl LogWriter ===

impl LogWriter {
    /// Whether more may be handed over now. A single entry may go beyond the bound.
    pub fn has_room(&self) -> bool {
        let state = self.shared.lock();
        let own = state.logs.get(&self.id);
        let own = own.map_or(0, |l| l.waiting.len() + l.under_way);
        own < self.shared.limits.log_bytes && state.waiting < self.shared.limits.all_bytes
    }

    /// Hands lines over; returns at once.
    pub fn push(&self, bytes: &[u8]) {
        let mut state = self.shared.lock();
        state.waiting += bytes.len();
        if let Some(log) = state.logs.get_mut(&self.id) {
            log.waiting.extend_from_slice(bytes);
        }
        self.shared.wake.notify_all();
    }

    /// The log is whole: what was handed over last is its seal.
    pub fn close(self) {
        let mut state = self.shared.lock();
        if let Some(log) = state.logs.get_mut(&self.id) {
            log.sealed = true;
        }
        drop(state);
    }

    /// What the disk said at the latest try, if that failed.
    pub fn trouble(&self) -> Option<String> {
        let state = self.shared.lock();
        state.logs.get(&self.id)?.trouble.clone()
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if let Some(log) = state.logs.get_mut(&self.id) {
            log.over = true;
        }
        self.shared.wake.notify_all();
    }
}

// === impl Shared ===

/// How far a log was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// To its seal.
    Sealed,
    /// To its last entry, and there is no seal.
    Unsealed,
    /// Somewhere in it.
    CutOff,
}

/// What the writer does next.
enum Next {
    Write {
        id: u64,
        path: PathBuf,
        bytes: Vec<u8>,
    },
    Finish {
        id: u64,
        path: PathBuf,
        end: End,
    },
    Wait {
        retry: bool,
    },
    End,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic between two lines of this file leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut files: BTreeMap<u64, File> = BTreeMap::new();
        let mut tried = BTreeMap::new();
        loop {
            let next = self.next(&mut tried);
            match next {
                Next::Write { id, path, bytes } => {
                    let result = write(&mut files, id, &path, &bytes);
                    self.written(id, bytes, result, &mut tried);
                }
                Next::Finish { id, path, end } => {
                    let file = files.remove(&id);
                    let done = finish(file, &path, end);
                    (self.observe)(if done {
                        LogOutcome::Sealed
                    } else {
                        LogOutcome::Unsealed
                    });
                }
                Next::Wait { retry } => {
                    tried.clear();
                    let state = self.lock();
                    if retry {
                        drop(self.wake.wait_timeout(state, RETRY));
                    } else {
                        let idle = |s: &mut State| {
                            !s.stopping && s.logs.values().all(|l| l.waiting.is_empty() && !l.over)
                        };
                        let waited = self.wake.wait_timeout_while(state, LOOK, idle);
                        if waited.is_ok_and(|(_, look)| look.timed_out()) {
                            // What fails now is tried again in an hour.
                            clear_old(&self.dir, self.limits.keep).ok();
                        }
                    }
                }
                Next::End => {
                    self.lock().ended = true;
                    self.ended.notify_all();
                    return;
                }
            }
        }
    }

    /// The next piece of work. Logs in `tried` have failed since the last wait and are left alone.
    fn next(&self, tried: &mut BTreeMap<u64, ()>) -> Next {
        let mut state = self.lock();
        let most = if state.stopping {
            MOST_TRIES_AT_END
        } else {
            MOST_TRIES
        };
        let stopping = state.stopping;
        let due = |(id, log): (&u64, &Log)| {
            let given_up = (log.over || stopping) && log.tries > most;
            let ready = !log.waiting.is_empty() && !tried.contains_key(id);
            (ready || log.over || given_up).then_some((*id, given_up))
        };
        let due: Vec<(u64, bool)> = state.logs.iter().filter_map(due).collect();
        for (id, given_up) in due {
            let Some(log) = state.logs.get_mut(&id) else {
                continue;
            };
            if !log.waiting.is_empty() && !given_up {
                if tried.contains_key(&id) {
                    continue;
                }
                let most = log.waiting.len().min(CHUNK_BYTES);
                let rest = log.waiting.split_off(most);
                let bytes = std::mem::replace(&mut log.waiting, rest);
                log.under_way = bytes.len();
                let path = log.path.clone();
                return Next::Write { id, path, bytes };
            }
            if let Some(log) = state.logs.remove(&id) {
                state.waiting -= log.waiting.len().min(state.waiting);
                return Next::Finish {
                    id,
                    end: match (log.waiting.is_empty(), log.sealed) {
                        (true, true) => End::Sealed,
                        (true, false) => End::Unsealed,
                        (false, _) => End::CutOff,
                    },
                    path: log.path,
                };
            }
        }
        let left = state.logs.values().any(|l| !l.waiting.is_empty());
        match stopping && !left {
            true => Next::End,
            false => Next::Wait { retry: left },
        }
    }

    /// Takes note of what a write came to; what was not written waits again, before all else.
    fn written(
        &self,
        id: u64,
        bytes: Vec<u8>,
        (written, error): (usize, Option<std::io::Error>),
        tried: &mut BTreeMap<u64, ()>,
    ) {
        let mut state = self.lock();
        state.waiting -= written.min(state.waiting);
        if let Some(log) = state.logs.get_mut(&id) {
            log.under_way = 0;
            let mut rest = bytes;
            rest.drain(..written);
            rest.append(&mut log.waiting);
            log.waiting = rest;
            log.tries = match error {
                Some(_) => log.tries + 1,
                None => 0,
            };
            log.trouble = error.as_ref().map(ToString::to_string);
        }
        drop(state);
        if error.is_some() {
            tried.insert(id, ());
            (self.observe)(LogOutcome::WriteFailed);
        }
    }
}

/// Makes sure that files can be made, and deletes logs that are too old by the file system's own clock: that of
/// a file which was just made. The file is empty, so that a full disk has room for it, too.
fn clear_old(dir: &Path, keep: Option<Duration>) -> std::io::Result<()> {
    let probe = dir.join(".writable");
    let file = private_file().create(true).truncate(true).open(&probe)?;
    file.set_len(0)?;
    let now = file.metadata()?.modified()?;
    std::fs::remove_file(&probe)?;
    match keep {
        Some(keep) => expire(dir, keep, now).map(drop),
        None => Ok(()),
    }
}

/// Appends to the file of a log, which is made where it is missing. Gives what was written, also when the
/// rest could not be.
fn write(
    files: &mut BTreeMap<u64, File>,
    id: u64,
    path: &Path,
    bytes: &[u8],
) -> (usize, Option<std::io::Error>) {
    let file = match files.get_mut(&id) {
        Some(file) => file,
        None => match open(path) {
            Ok(file) => files.entry(id).or_insert(file),
            Err(e) => return (0, Some(e)),
        },
    };
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|r| !r.is_empty()) {
        match file.write(rest) {
            Ok(0) => return (written, Some(std::io::ErrorKind::WriteZero.into())),
            Ok(n) => written += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return (written, Some(e)),
        }
    }
    // What the disk has not taken is not written.
    (written, file.sync_data().err())
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    private_file()
        .append(true)
        .create_new(true)
        .open(named(path, "partial"))
}

/// Gives the log the name of what became of it; true when it is whole.
fn finish(file: Option<File>, path: &Path, end: End) -> bool {
    let Some(file) = file else {
        return false;
    };
    if end == End::CutOff {
        // A piece of an entry would be taken for a change; an entry begins with its number.
        let partial = named(path, "partial");
        let written = std::fs::read(&partial).unwrap_or_default();
        let begin = written.windows(6).rposition(|w| w == b"\n{\"n\":");
        let cut = file.set_len(begin.map_or(0, |at| at as u64 + 1));
        cut.and_then(|()| file.sync_all()).ok();
    }
    let sealed = end == End::Sealed && file.sync_all().is_ok();
    let ending = if sealed { "jsonl" } else { "unsealed.jsonl" };
    let renamed = std::fs::rename(named(path, "partial"), named(path, ending));
    sealed && renamed.is_ok()
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// A file that its owner alone can read.
fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

fn make_folder(dir: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}
