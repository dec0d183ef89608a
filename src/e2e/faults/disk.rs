//! A disk that is full when evidence is to be written: results are what they would be, and it is said.

use crate::evidence::{key, note};
use crate::files::{code, liveproof, said};
use crate::process::Process;
use crate::recorded::testing::skip;
use crate::support::{face_jpeg, open, question_end};
use liveproof::evidence::verify;
use liveproof_sdk::{Client, Update, v1};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Control events of the interview: each is an entry and an attachment, together some 100 KB.
const EVENTS: i64 = 240;

/// An interview whose log is larger than the disk of these tests. `half_way` is called in the middle.
async fn interview(address: &str, half_way: impl FnOnce()) -> Vec<Update> {
    let client = Client::connect(format!("http://{address}")).await.unwrap();
    let (mut sender, mut updates) = client.open(open()).await.unwrap().split();
    let mut half_way = Some(half_way);
    let picture = face_jpeg();
    for i in 0..EVENTS {
        let at = i * 10_000;
        if i % 10 == 0 {
            sender
                .send_media("camera", at, picture.clone(), None)
                .await
                .unwrap();
            sender
                .send_media("mic", at, vec![0; 6_400], None)
                .await
                .unwrap();
        }
        sender.send_event(at, question_end()).await.unwrap();
        // Time for the writer to meet the disk, and for the interview to notice.
        if i == 60 || i == 120 || i == 180 {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        if i == 120 {
            half_way.take().into_iter().for_each(|f| f());
        }
    }
    sender.close("done").await.unwrap();
    let mut said = Vec::new();
    while let Some(update) = updates.next().await.unwrap() {
        said.push(update);
    }
    said
}

/// Final segments and what the summary says of people, without times of the clock.
fn results(said: &[Update]) -> (Vec<v1::SegmentResult>, Vec<v1::ParticipantSummary>) {
    let mut segments = Vec::new();
    let mut people = Vec::new();
    for update in said {
        match update {
            Update::Segment(s) if s.r#final => segments.push(v1::SegmentResult {
                times: None,
                // How many provisional results came before depends on the clock.
                revision: 0,
                ..(**s).clone()
            }),
            Update::Summary(s) => people.clone_from(&s.participants),
            _ => {}
        }
    }
    (segments, people)
}

fn notices(said: &[Update]) -> Vec<&v1::QualityNotice> {
    let of = said.iter().filter_map(|u| match u {
        Update::Notice(n) if n.kind() == v1::NoticeKind::Evidence => Some(n),
        _ => None,
    });
    of.collect()
}

/// The value of a counter of a server.
fn counter(metrics: &str, name: &str) -> f64 {
    let output = Command::new("python3")
        .args([
            "-c",
            "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())",
        ])
        .arg(metrics)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|l| l.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("{name} is not among\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// The system lets no file grow beyond 32 KiB (`ulimit -f`), and says so to each write that would; it never
/// gets better.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_stays_full_changes_no_result_and_is_told() {
    let plain = Process::serve(&[]);
    let expected = interview(&plain.address, || {}).await;
    drop(plain);

    let folder = tempfile::tempdir().unwrap();
    let (private, public) = key(folder.path());
    let logs = folder.path().join("logs");
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let arguments = [
        "--evidence-dir",
        logs.to_str().unwrap(),
        "--evidence-key-file",
        &private,
        "--server-metrics-listen",
        "127.0.0.1:0",
    ];
    let server = Process::serve_after(script, folder.path(), &arguments);
    let heard = interview(&server.address, || {}).await;
    assert_eq!(results(&heard), results(&expected));
    assert_eq!(results(&heard).0.len(), 1);
    let note = note(&heard);
    assert!(note.incomplete, "{note:?}");
    let told = notices(&heard);
    assert!(
        told.iter().any(|n| n.detail.contains("cannot be written")),
        "{told:?}"
    );
    let metrics = server.metrics.clone().unwrap();
    assert!(counter(&metrics, "liveproof_evidence_write_failures_total") > 0.0);
    let (status, words) = server.stop();
    assert_eq!(status, Some(0), "{words}");
    assert!(
        words.contains("an evidence log cannot be written"),
        "{words}"
    );
    assert!(
        words.contains("an evidence log ends without its seal"),
        "{words}"
    );

    // What is there is whole lines, says by its name and when checked that the end is missing.
    let log = only_file(&logs.join("default"));
    let name = log.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, format!("{}.unsealed.jsonl", note.log_id));
    assert!((20_000..=32_768).contains(&std::fs::metadata(&log).unwrap().len()));
    let checked = liveproof(&["verify", log.to_str().unwrap(), "--key", &public]);
    assert_eq!(code(&checked), 2, "{}", said(&checked));
    assert!(said(&checked).contains("not sealed"), "{}", said(&checked));
}

/// A file system of 64 KiB that is full at first (`tmpfs`, in a name space of the server's own), and gets
/// space in the middle of the interview: nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gets_space_again_has_the_whole_log() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = "mount -t tmpfs -o size=256k none \"$FOLDER/disk\"";
    let may = Command::new("unshare")
        .args(["-rm", "sh", "-c", mount])
        .env("FOLDER", folder.path())
        .output();
    if !may.as_ref().is_ok_and(|o| o.status.success()) {
        let why = "a file system of one's own cannot be mounted here";
        return skip("a_disk_that_gets_space_again_has_the_whole_log", why);
    }
    let (private, public) = key(folder.path());
    let script = format!(
        "exec unshare -rm sh -c '{mount} && head -c 250000 /dev/zero > \"$FOLDER/disk/filler\"; exec \"$0\" \"$@\"' \
         \"$0\" \"$@\""
    );
    let arguments = [
        "--evidence-dir",
        disk.to_str().unwrap(),
        "--evidence-key-file",
        &private,
    ];
    let server = Process::serve_after(&script, folder.path(), &arguments);
    // The same folder as the server sees it.
    let inside = PathBuf::from(format!("/proc/{}/root{}", server.id(), disk.display()));
    let filler = inside.join("filler");
    assert!(filler.exists(), "the disk is full");
    let heard = interview(&server.address, || std::fs::remove_file(&filler).unwrap()).await;
    let note = note(&heard);
    let told: Vec<&str> = notices(&heard).iter().map(|n| n.detail.as_str()).collect();
    assert!(
        told.iter().any(|d| d.contains("No space left on device")),
        "{told:?}"
    );
    assert!(told.iter().any(|d| d.contains("written again")), "{told:?}");
    assert!(!note.incomplete, "{note:?}");
    let log = inside
        .join("default")
        .join(format!("{}.jsonl", note.log_id));
    for _ in 0..300 {
        if log.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let bytes = std::fs::read(log).unwrap();
    let keys = liveproof::evidence::read_public_keys(&std::fs::read_to_string(public).unwrap());
    let found = verify(bytes.as_slice(), &keys.unwrap()).unwrap();
    assert!(found.is_whole(), "{:?}", found.kinds);
    assert_eq!(found.kinds["event"], EVENTS as u64);
}
