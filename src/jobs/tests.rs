//! Jobs without a worker: what is taken, refused, kept and found again. `e2e::reviews` has them worked off.

use super::record::{JobState, Record};
use super::*;
use crate::core::TenantId;
use crate::engine::{Engine, EngineOptions, ModelsDir};
use crate::review::ReviewOptions;
use crate::session::{Caller, TenantLimits};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

struct Site {
    dir: tempfile::TempDir,
    engine: Arc<Engine>,
    limits: JobLimits,
}

impl Site {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let models = ModelsDir::find(Some(&root.join("models"))).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            engine: Engine::load(&models, &EngineOptions::default()).unwrap(),
            limits: JobLimits::default(),
        }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("spool")
    }

    fn jobs(&self) -> Jobs {
        self.open().unwrap()
    }

    fn open(&self) -> Result<Jobs, JobsError> {
        let config = JobsConfig {
            dir: self.root(),
            recordings: Some(self.dir.path().join("calls")),
            threads: 1,
            limits: self.limits,
            options: ReviewOptions::default(),
            evidence: None,
        };
        Jobs::open(config, self.engine.clone(), None)
    }

    /// Every file of the spool but its lock, by its path inside.
    fn files(&self) -> Vec<String> {
        let (mut open, mut all) = (vec![self.root()], Vec::new());
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if !path.ends_with("lock") {
                    let inside = path.strip_prefix(self.root()).unwrap();
                    all.push(inside.display().to_string());
                }
            }
        }
        all.sort();
        all
    }
}

fn caller(tenant: &str) -> Caller {
    Caller {
        tenant: TenantId::parse(tenant).unwrap(),
        limits: TenantLimits::default(),
    }
}

fn upload(bytes: &[u8]) -> Source {
    Source {
        name: "a.mp4".into(),
        origin: Origin::Upload(UploadPlan {
            total_bytes: bytes.len() as u64,
            sha256: Some(hex::encode(Sha256::digest(bytes))),
        }),
    }
}

fn submission(request_id: Option<&str>, recording: Source) -> Submission {
    Submission {
        request_id: request_id.map(str::to_owned),
        recording,
        reference: None,
        candidate: CandidateChoice::AsFound,
        thumbnails: true,
        blur_faces: false,
        plots: true,
        events: None,
        evidence: false,
    }
}

fn begun(jobs: &Jobs, caller: &Caller, s: Submission) -> Upload {
    match jobs.begin(caller, s).unwrap() {
        Begun::Upload(upload) => *upload,
        Begun::Existing(view) => panic!("{view:?}"),
    }
}

fn hand_in(jobs: &Jobs, caller: &Caller, request_id: Option<&str>, bytes: &[u8]) -> JobView {
    let mut up = begun(jobs, caller, submission(request_id, upload(bytes)));
    for piece in bytes.chunks(3) {
        up.push(piece).unwrap();
    }
    up.finish().unwrap()
}

fn refused(jobs: &Jobs, s: Submission) -> String {
    match jobs.begin(&caller("acme"), s) {
        Err(JobError::Field(e)) => e.field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_is_whole_on_the_disk_and_found_again() {
    let site = Site::new();
    let jobs = site.jobs();
    assert!(matches!(site.open(), Err(JobsError::InUse(_))));
    let acme = caller("acme");
    let mut s = submission(Some("r-1"), upload(b"0123456789"));
    s.reference = Some(Source {
        name: "before.mp4".into(),
        ..upload(b"ref")
    });
    s.events = Some(b"{\"version\": 1}".to_vec());
    let mut up = begun(&jobs, &acme, s);
    assert_eq!(up.left(), 13);
    up.push(b"0123456").unwrap();
    let half = site.files();
    assert!(half.iter().all(|f| f.ends_with(".part")), "{half:?}");
    up.push(b"789").unwrap();
    up.push(b"ref").unwrap();
    let view = up.finish().unwrap();
    let id = view.id.as_str();
    let expected = [
        "in/a.mp4",
        "in/a.mp4.events.json",
        "job.json",
        "ref/before.mp4",
    ];
    assert_eq!(site.files(), expected.map(|f| format!("jobs/{id}/{f}")));
    assert_eq!((view.state, view.recording_bytes), (JobState::Queued, 10));
    drop(jobs);
    let found = site.jobs().get(&acme.tenant, &view.id).unwrap();
    assert_eq!(found, view);
}

#[test]
fn what_ran_waits_again_and_half_an_upload_leaves_nothing() {
    let site = Site::new();
    let jobs = site.jobs();
    let acme = caller("acme");
    let view = hand_in(&jobs, &acme, None, b"whole");
    let mut up = begun(&jobs, &acme, submission(None, upload(b"half")));
    up.push(b"ha").unwrap();
    // As if the process ended here.
    std::mem::forget(up);
    let record = site
        .root()
        .join("jobs")
        .join(view.id.as_str())
        .join("job.json");
    let mut on_disk: Record = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    on_disk.state = JobState::Running;
    on_disk.attempts = 1;
    drop(jobs);
    // The forgotten upload holds the folder's lock with its jobs.
    let copy = tempfile::tempdir().unwrap();
    let site = Site {
        dir: copy,
        ..Site::new()
    };
    let spool = site.root().join("jobs").join(view.id.as_str());
    std::fs::create_dir_all(spool.join("in")).unwrap();
    std::fs::write(spool.join("in/a.mp4"), "whole").unwrap();
    std::fs::write(
        spool.join("job.json"),
        serde_json::to_vec(&on_disk).unwrap(),
    )
    .unwrap();
    let half = site.root().join("jobs").join("0".repeat(32));
    std::fs::create_dir_all(half.join("in")).unwrap();
    std::fs::write(half.join("in/.upload.part"), "ha").unwrap();
    let foreign = site.root().join("jobs/notes");
    std::fs::create_dir_all(&foreign).unwrap();
    let jobs = site.jobs();
    let found = jobs.get(&acme.tenant, &view.id).unwrap();
    assert_eq!((found.state, found.attempts), (JobState::Queued, 1));
    assert!(!half.exists() && foreign.exists());
}

#[test]
fn uploads_that_are_not_what_was_announced_are_refused_and_gone() {
    let site = Site::new();
    let jobs = site.jobs();
    let acme = caller("acme");
    let field = |error: JobError| match error {
        JobError::Field(e) => e.field,
        other => panic!("{other:?}"),
    };
    let start = || begun(&jobs, &acme, submission(Some("r"), upload(b"0123456789")));
    assert_eq!(
        field(start().push(b"9876543210").unwrap_err()),
        "spec.recording.upload.sha256"
    );
    assert_eq!(field(start().push(b"0123456789x").unwrap_err()), "chunk");
    assert_eq!(field(start().push(b"").unwrap_err()), "chunk");
    assert_eq!(
        field(start().push(&vec![0; MAX_CHUNK_BYTES + 1]).unwrap_err()),
        "chunk"
    );
    let mut short = start();
    short.push(b"0123").unwrap();
    assert_eq!(field(short.finish().unwrap_err()), "chunk");
    let mut long = start();
    long.push(b"0123456789").unwrap();
    assert_eq!(field(long.push(b"x").unwrap_err()), "chunk");
    drop(long);
    assert_eq!(site.files(), Vec::<String>::new());
    // And nothing of them is left in the books.
    hand_in(&jobs, &acme, Some("r"), b"0123456789");
}

#[test]
fn what_cannot_be_taken_is_refused_by_name_before_any_byte() {
    let mut site = Site::new();
    site.limits.max_upload_bytes = 100;
    let jobs = site.jobs();
    let with = |change: fn(&mut Submission)| {
        let mut s = submission(None, upload(b"x"));
        change(&mut s);
        refused(&jobs, s)
    };
    let size = |n| {
        let mut s = submission(None, upload(b"x"));
        s.recording.origin = Origin::Upload(UploadPlan {
            total_bytes: n,
            sha256: None,
        });
        s
    };
    for n in [0, 101, u64::MAX] {
        assert_eq!(refused(&jobs, size(n)), "spec.recording.upload.total_bytes");
    }
    for name in [
        "",
        ".a",
        "a/b",
        "..",
        "a\\b",
        "a\0b",
        "a\nb",
        &"x".repeat(201),
    ] {
        let mut s = size(1);
        s.recording.name = name.to_owned();
        assert_eq!(refused(&jobs, s), "spec.recording.display_name", "{name:?}");
    }
    assert_eq!(with(|s| s.evidence = true), "spec.evidence");
    assert_eq!(with(|s| s.events = Some(b"{".to_vec())), "spec.events_json");
    assert_eq!(
        with(|s| s.events = Some(vec![b' '; (1 << 20) + 1])),
        "spec.events_json"
    );
    let bad_digest = with(|s| {
        s.recording.origin = Origin::Upload(UploadPlan {
            total_bytes: 1,
            sha256: Some("ABC".into()),
        });
    });
    assert_eq!(bad_digest, "spec.recording.upload.sha256");
    let both = with(|s| {
        s.recording.origin = Origin::Upload(UploadPlan {
            total_bytes: 99,
            sha256: None,
        });
        s.reference = Some(s.recording.clone());
    });
    assert_eq!(both, "spec.reference.upload.total_bytes");
}

#[test]
fn stored_recordings_lie_in_the_tenants_own_folder() {
    let site = Site::new();
    let calls = site.dir.path().join("calls");
    std::fs::create_dir_all(calls.join("acme/2026")).unwrap();
    std::fs::create_dir_all(calls.join("globex")).unwrap();
    std::fs::write(calls.join("acme/2026/a.mp4"), "x").unwrap();
    std::fs::write(calls.join("acme/.hidden"), "x").unwrap();
    std::fs::write(calls.join("globex/b.mp4"), "x").unwrap();
    std::os::unix::fs::symlink(calls.join("globex/b.mp4"), calls.join("acme/link.mp4")).unwrap();
    let jobs = site.jobs();
    let named = |name: &str| {
        let source = Source {
            name: "a.mp4".into(),
            origin: Origin::Stored(name.into()),
        };
        submission(None, source)
    };
    let view = begun(&jobs, &caller("acme"), named("2026/a.mp4"))
        .finish()
        .unwrap();
    assert_eq!(view.recording_bytes, 0, "nothing was uploaded");
    for name in [
        "",
        "b.mp4",
        "../globex/b.mp4",
        "2026/../../globex/b.mp4",
        "link.mp4",
        "2026",
        ".hidden",
        "/etc/hostname",
        "./2026/a.mp4",
        "a\0b",
    ] {
        assert_eq!(
            refused(&jobs, named(name)),
            "spec.recording.stored_name",
            "{name:?}"
        );
    }
    for tenant in ["..", "."] {
        let e = jobs
            .begin(&caller(tenant), named("acme/2026/a.mp4"))
            .unwrap_err();
        assert!(matches!(e, JobError::Field(_)), "{tenant}");
    }
}

#[test]
fn a_request_id_makes_one_job_and_stands_for_one_thing() {
    let site = Site::new();
    let jobs = site.jobs();
    let acme = caller("acme");
    let first = begun(&jobs, &acme, submission(Some("r"), upload(b"one")));
    let again = || jobs.begin(&acme, submission(Some("r"), upload(b"one")));
    assert_eq!(again().unwrap_err(), JobError::UnderWay);
    drop(first);
    let view = hand_in(&jobs, &acme, Some("r"), b"one");
    match again().unwrap() {
        Begun::Existing(found) => assert_eq!(*found, view),
        Begun::Upload(_) => panic!("a second job"),
    }
    let other = jobs.begin(&acme, submission(Some("r"), upload(b"two")));
    assert_eq!(other.unwrap_err(), JobError::OtherRequest);
    let globex = hand_in(&jobs, &caller("globex"), Some("r"), b"two");
    assert_ne!(globex.id, view.id);
    jobs.delete(&acme.tenant, &view.id).unwrap();
    hand_in(&jobs, &acme, Some("r"), b"two");
}

#[test]
fn another_tenants_job_is_an_unknown_one() {
    let site = Site::new();
    let jobs = site.jobs();
    let view = hand_in(&jobs, &caller("acme"), None, b"x");
    let globex = caller("globex").tenant;
    assert_eq!(jobs.get(&globex, &view.id), Err(JobError::Unknown));
    assert_eq!(jobs.cancel(&globex, &view.id), Err(JobError::Unknown));
    assert_eq!(jobs.delete(&globex, &view.id), Err(JobError::Unknown));
    assert_eq!(
        jobs.watch(&globex, &view.id).unwrap_err(),
        JobError::Unknown
    );
    let report = jobs.report(&globex, &view.id, ReportKind::Json, 0);
    assert_eq!(report.unwrap_err(), JobError::Unknown);
    assert!(jobs.list(&globex, None, 9).is_empty());
    let acme = caller("acme").tenant;
    let early = jobs.report(&acme, &view.id, ReportKind::Json, 0);
    assert_eq!(early.unwrap_err(), JobError::NotOver);
}

#[test]
fn tenants_have_their_bounds_and_get_them_back() {
    let mut site = Site::new();
    site.limits.max_tenant_jobs = 2;
    site.limits.max_tenant_disk_bytes = 120 << 10;
    site.limits.max_disk_bytes = 160 << 10;
    let jobs = site.jobs();
    let (acme, globex) = (caller("acme"), caller("globex"));
    let full = |caller: &Caller, bytes: usize| {
        let e = jobs.begin(caller, submission(None, upload(&vec![0; bytes])));
        match e.unwrap_err() {
            JobError::Full(what) => what,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(full(&acme, 110 << 10), Full::TenantDisk(120 << 10));
    let first = hand_in(&jobs, &acme, None, b"one");
    let second = begun(&jobs, &acme, submission(None, upload(b"two")));
    assert_eq!(full(&acme, 1), Full::TenantJobs(2));
    assert_eq!(full(&globex, 118 << 10), Full::Disk(160 << 10));
    drop(second);
    let own = Caller {
        limits: TenantLimits {
            max_reviews: Some(1),
            ..TenantLimits::default()
        },
        ..acme.clone()
    };
    assert_eq!(full(&own, 1), Full::TenantJobs(1));
    let over = jobs.cancel(&acme.tenant, &first.id).unwrap();
    assert_eq!(over.state, JobState::Cancelled);
    let uploads: Vec<_> = (0..2)
        .map(|_| begun(&jobs, &acme, submission(None, upload(b"x"))))
        .collect();
    drop(uploads);
    let watches: Vec<_> = (0..8)
        .map(|_| jobs.watch(&acme.tenant, &first.id).unwrap())
        .collect();
    let one_more = jobs.watch(&acme.tenant, &first.id).unwrap_err();
    assert_eq!(one_more, JobError::Full(Full::Watchers(8)));
    drop(watches);
    assert!(jobs.watch(&acme.tenant, &first.id).is_ok());
}

#[test]
fn a_cancelled_job_lets_its_recording_go_and_stays_until_it_is_too_old() {
    let mut site = Site::new();
    site.limits.keep = Duration::from_secs(3_600);
    let jobs = site.jobs();
    let acme = caller("acme").tenant;
    let view = hand_in(&jobs, &caller("acme"), Some("r"), b"x");
    let over = jobs.cancel(&acme, &view.id).unwrap();
    assert_eq!(over.expires_ms, over.finished_ms + 3_600_000);
    assert_eq!(jobs.cancel(&acme, &view.id).unwrap(), over, "once more");
    let record = format!("jobs/{}/job.json", view.id.as_str());
    assert_eq!(site.files(), [record]);
    drop(jobs);
    let jobs = site.jobs();
    assert_eq!(jobs.get(&acme, &view.id).unwrap(), over);
    jobs.sweep(over.expires_ms - 1);
    assert!(jobs.get(&acme, &view.id).is_ok());
    jobs.sweep(over.expires_ms);
    assert_eq!(jobs.get(&acme, &view.id), Err(JobError::Unknown));
    assert_eq!(site.files(), Vec::<String>::new());
    let waiting = hand_in(&jobs, &caller("acme"), Some("r"), b"x");
    jobs.sweep(i64::MAX);
    assert!(
        jobs.get(&acme, &waiting.id).is_ok(),
        "what waits is not old"
    );
}

#[test]
fn the_end_of_a_job_is_told_once_and_of_a_deleted_one_never() {
    let site = Site::new();
    let (to, from) = std::sync::mpsc::sync_channel(9);
    let told = JobListener(Arc::new(move |job: &Finished<'_>| {
        to.send((job.tenant.as_str().to_owned(), job.view.clone()))
            .unwrap();
    }));
    let config = JobsConfig {
        dir: site.root(),
        recordings: None,
        threads: 1,
        limits: site.limits,
        options: ReviewOptions::default(),
        evidence: None,
    };
    let jobs = Jobs::open(config, site.engine.clone(), Some(told)).unwrap();
    let acme = caller("acme");
    let (first, second) = (
        hand_in(&jobs, &acme, None, b"1"),
        hand_in(&jobs, &acme, None, b"2"),
    );
    let over = jobs.cancel(&acme.tenant, &first.id).unwrap();
    jobs.cancel(&acme.tenant, &first.id).unwrap();
    jobs.delete(&acme.tenant, &second.id).unwrap();
    assert_eq!(from.try_recv().unwrap(), ("acme".to_owned(), over));
    assert!(from.try_recv().is_err());
}

#[test]
fn lists_are_the_latest_first_in_pages() {
    let site = Site::new();
    let jobs = site.jobs();
    let acme = caller("acme");
    let ids: Vec<JobId> = (0..5)
        .map(|n| {
            std::thread::sleep(Duration::from_millis(2));
            hand_in(&jobs, &acme, None, &[n]).id
        })
        .collect();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = jobs.list(&acme.tenant, after, 2);
        let Some(last) = page.last() else { break };
        after = Some((last.submitted_ms, last.id.clone()));
        seen.extend(page.into_iter().map(|v| v.id));
    }
    assert!(seen.iter().rev().eq(&ids), "{seen:?} {ids:?}");
    let third = jobs.get(&acme.tenant, &ids[2]).unwrap();
    assert_eq!(third.queued_before, 2);
}

#[test]
fn tenants_take_turns() {
    let site = Site::new();
    let jobs = site.jobs();
    let (acme, globex) = (caller("acme"), caller("globex"));
    for n in 0..3 {
        hand_in(&jobs, &acme, None, &[n]);
    }
    hand_in(&jobs, &globex, None, b"g");
    let mut order = Vec::new();
    for _ in 0..4 {
        let job = jobs.next(|| panic!("there is one")).unwrap();
        order.push(job.tenant.as_str().to_owned());
        jobs.stopped(&job);
    }
    assert_eq!(order, ["acme", "globex", "acme", "acme"]);
    jobs.stop();
    assert!(jobs.next(|| ()).is_none());
    let refused = jobs.begin(&acme, submission(None, upload(b"x")));
    assert_eq!(refused.unwrap_err(), JobError::Stopping);
}

/// Niceness of this process's threads of a name, as Linux tells it.
fn niceness(name: &str) -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let stats = tasks.filter_map(|t| std::fs::read_to_string(t.ok()?.path().join("stat")).ok());
    let of = |stat: String| {
        let (head, rest) = stat.rsplit_once(')')?;
        let own = head.ends_with(&format!("({name}"));
        // Field 19 of proc(5); `rest` begins with field 3.
        own.then(|| rest.split_whitespace().nth(16)?.parse().ok())?
    };
    stats.filter_map(of).collect()
}

#[test]
fn reviews_run_at_the_lowest_priority_and_stand_still_for_live_interviews() {
    let site = Site::new();
    let jobs = site.jobs();
    let acme = caller("acme");
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/media/vp9_opus.webm");
    let clip = std::fs::read(clip).unwrap();
    let mut up = begun(&jobs, &acme, submission(None, upload(&clip)));
    for piece in clip.chunks(MAX_CHUNK_BYTES) {
        up.push(piece).unwrap();
    }
    let id = up.finish().unwrap().id;
    let busy = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let asked = Arc::clone(&busy);
    jobs.start(move || asked.load(std::sync::atomic::Ordering::Relaxed))
        .unwrap();
    let until = |what: &str, held: fn(&JobView) -> bool| {
        for _ in 0..12_000 {
            let view = jobs.get(&acme.tenant, &id).unwrap();
            if held(&view) {
                return view;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{what}: {:?}", jobs.get(&acme.tenant, &id));
    };
    let held = until("held", |v| v.held);
    let nice = niceness("review-0");
    assert!(
        !nice.is_empty() && nice.iter().all(|n| *n == 19),
        "{nice:?}"
    );
    std::thread::sleep(Duration::from_millis(200));
    let later = jobs.get(&acme.tenant, &id).unwrap();
    assert_eq!(
        (later.held, later.media_us),
        (true, held.media_us),
        "nothing goes on"
    );
    busy.store(false, std::sync::atomic::Ordering::Relaxed);
    let done = until("done", |v| v.state.is_over());
    assert_eq!(
        (done.state, done.held, done.segments),
        (JobState::Done, false, 2)
    );
    jobs.stop();
}

#[test]
fn a_recording_that_ends_the_process_again_and_again_is_failed() {
    let site = Site::new();
    let jobs = site.jobs();
    let acme = caller("acme");
    let view = hand_in(&jobs, &acme, None, b"x");
    let path = site
        .root()
        .join("jobs")
        .join(view.id.as_str())
        .join("job.json");
    let mut record: Record = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    record.state = JobState::Running;
    record.attempts = MOST_ATTEMPTS;
    jobs.disk().save(&view.id, &record).unwrap();
    drop(jobs);
    let jobs = site.jobs();
    jobs.start(|| false).unwrap();
    let over = loop {
        let view = jobs.get(&acme.tenant, &view.id).unwrap();
        if view.state.is_over() {
            break view;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    jobs.stop();
    assert_eq!((over.state, over.reports.len()), (JobState::Failed, 0));
    assert!(over.detail.contains("ended 3 times"), "{}", over.detail);
    assert_eq!(
        site.files(),
        [format!("jobs/{}/job.json", view.id.as_str())]
    );
}

#[test]
fn segments_are_told_in_the_order_in_which_they_became_final() {
    let segment = |index| crate::core::SegmentResult {
        index,
        ..crate::report::sample::document().files[0].segments[0].clone()
    };
    let report: Vec<_> = (0..3).map(segment).collect();
    let told = manager::in_order(report.clone(), &[2, 0, 1]);
    let indices: Vec<u64> = told.iter().map(|s| s.index).collect();
    assert_eq!(indices, [2, 0, 1]);
    assert_eq!(manager::in_order(report.clone(), &[]), report);
    // What an altered record says of places that are not there is left out.
    assert_eq!(manager::in_order(report, &[0, 9, 0]).len(), 1);
}
