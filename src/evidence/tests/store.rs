//! The writer: names of files, a disk that fails and comes back, bounds.

use super::super::*;
use super::sample::{recorder, segment};
use std::path::Path;
use std::time::Duration;

fn ignore(_: LogOutcome) {}

fn eventually(what: &str, is: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_log_is_whole_under_its_name_and_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreLimits::default(), ignore).unwrap();
    let writer = store.create("acme", "log1");
    let mut r = recorder("a");
    r.segment(&segment(0));
    writer.push(&r.take());
    let group = dir.path().join("acme");
    eventually("it is written while it goes on", || {
        names(&group) == ["log1.partial"]
    });
    r.seal();
    writer.push(&r.take());
    writer.close();
    eventually("it is whole", || names(&group) == ["log1.jsonl"]);
    let path = group.join("log1.jsonl");
    let found = verify(std::fs::read(&path).unwrap().as_slice(), &[]).unwrap();
    assert!(found.is_whole());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_that_nobody_closed_says_so_in_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreLimits::default(), ignore).unwrap();
    let writer = store.create("acme", "log1");
    writer.push(&recorder("a").take());
    drop(writer);
    let group = dir.path().join("acme");
    eventually("it is named", || names(&group) == ["log1.unsealed.jsonl"]);
}

/// The folder of the log is a file at first: no write can succeed. Then it is none any more.
#[test]
fn what_could_not_be_written_is_kept_and_told_within_bounds_and_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let limits = StoreLimits {
        log_bytes: 6_000,
        all_bytes: 60_000,
        keep: None,
    };
    let store = Store::open(dir.path(), limits, ignore).unwrap();
    std::fs::write(dir.path().join("acme"), "in the way").unwrap();
    let writer = store.create("acme", "log1");
    let mut r = recorder("a");
    let say = |r: &mut Recorder, i| {
        r.set_room(writer.has_room());
        r.segment(&segment(i));
        writer.push(&r.take());
    };
    (0..40).for_each(|i| say(&mut r, i));
    eventually("trouble is told", || writer.trouble().is_some());
    assert!(r.lost() > 20, "{} lost", r.lost());
    std::fs::remove_file(dir.path().join("acme")).unwrap();
    eventually("it is written", || {
        writer.trouble().is_none() && writer.has_room()
    });
    (40..44).for_each(|i| say(&mut r, i));
    r.seal();
    writer.push(&r.take());
    writer.close();
    let path = dir.path().join("acme/log1.jsonl");
    eventually("it is whole", || path.exists());
    let found = verify(std::fs::read(path).unwrap().as_slice(), &[]).unwrap();
    assert!(found.sealed && !found.is_whole());
    assert_eq!(found.lost_entries, r.lost());
    assert_eq!(found.kinds["segment"] + found.lost_entries, 44);
}

#[test]
fn the_end_of_the_process_writes_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreLimits::default(), ignore).unwrap();
    for i in 0..20 {
        let writer = store.create("acme", &format!("log{i}"));
        let mut r = recorder("a");
        r.seal();
        writer.push(&r.take());
        writer.close();
    }
    drop(store);
    let names = names(&dir.path().join("acme"));
    assert_eq!(names.len(), 20);
    assert!(
        names
            .iter()
            .all(|n| n.ends_with(".jsonl") && !n.contains("unsealed")),
        "{names:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let e = Store::open(&file, StoreLimits::default(), ignore).unwrap_err();
    assert!(e.to_string().contains("file"), "{e}");
}

fn written(store: &Store, id: &str) {
    let writer = store.create("acme", id);
    let mut r = recorder(id);
    r.seal();
    writer.push(&r.take());
    writer.close();
}

#[test]
fn logs_go_by_age_and_by_the_interview_that_they_are_of() {
    use super::sample::{NAME, log};
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreLimits::default(), ignore).unwrap();
    ["old", "new"].iter().for_each(|id| written(&store, id));
    drop(store);
    let group = dir.path().join("acme");
    let other = String::from_utf8(log(1)).unwrap();
    // A redacted log, and a file of somebody else.
    let mut redacted = Vec::new();
    let what = What {
        texts: true,
        pictures: false,
    };
    redact(other.as_bytes(), &mut redacted, what).unwrap();
    std::fs::write(group.join("redacted.jsonl"), redacted).unwrap();
    std::fs::write(group.join("notes.txt"), NAME).unwrap();
    let day = Duration::from_secs(86_400);
    let old = std::fs::File::options()
        .append(true)
        .open(group.join("old.jsonl"))
        .unwrap();
    let now = old.metadata().unwrap().modified().unwrap();
    old.set_modified(now - 3 * day).unwrap();
    assert_eq!(expire(dir.path(), 4 * day, now).unwrap(), 0);
    let limits = StoreLimits {
        keep: Some(2 * day),
        ..StoreLimits::default()
    };
    drop(Store::open(dir.path(), limits, ignore).unwrap());
    assert_eq!(names(&group), ["new.jsonl", "notes.txt", "redacted.jsonl"]);
    assert!(delete_session(dir.path(), "another").unwrap().is_empty());
    let gone = delete_session(dir.path(), &format!("{NAME}-1")).unwrap();
    assert_eq!(gone, [group.join("new.jsonl")]);
    assert_eq!(names(&group), ["notes.txt", "redacted.jsonl"]);
}
