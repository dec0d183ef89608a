//! Whether the service stays as it is under load for a long time: a real server process, real sockets,
//! interview after interview, media faster than real time where credit allows.
//!
//! `make soak`, or with figures of one's own `SOAK_SESSIONS=4 SOAK_MEDIA_S=3600 make soak`. Each of the
//! sessions sends that much media, in interviews of [`INTERVIEW_S`]; one in eight loses its connection on
//! the way and is left to its grace period. It fails when
//! - the server's resident memory grows by more than 5 % after the warm-up (the first third),
//! - a thread, a descriptor or an interview is left at the end,
//! - a client that heeds its credit loses media, or pictures are left out of an interview that stood on
//!   no step of the load ladder,
//! - an interview ends otherwise than with its summary, or a result is missing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

use liveproof::decode::encode_jpeg;
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof_sdk::{Client, InterviewSender, Update, v1};
use prost::bytes::Bytes;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Media of one interview, seconds.
const INTERVIEW_S: u64 = 30;
/// Pictures of the loop that is sent, and their number a second.
const PICTURES: usize = 100;
const FPS: u64 = 25;
/// Growth of the resident memory after the warm-up.
const GROWTH: f64 = 0.05;
/// One interview in so many is given up in the middle.
const GIVEN_UP: u64 = 8;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |v| {
        v.parse().unwrap_or_else(|_| panic!("{name}: {v}"))
    })
}

/// The server's process and where it listens.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(sessions: u64) -> Self {
        let most = (2 * sessions + 2).to_string();
        let mut process = Command::new(env!("CARGO_BIN_EXE_liveproof"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--server-max-sessions", &most])
            .args(["--server-resume-grace-s", "2"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|l| Some(l.strip_prefix("listening on ")?.to_owned()))
            .expect("the server starts");
        Self {
            process,
            address: format!("http://{address}"),
        }
    }

    fn proc(&self, what: &str) -> std::path::PathBuf {
        Path::new("/proc")
            .join(self.process.id().to_string())
            .join(what)
    }

    /// Resident memory in KiB, threads, open descriptors.
    fn state(&self) -> (u64, u64, u64) {
        let status = std::fs::read_to_string(self.proc("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let open = std::fs::read_dir(self.proc("fd")).unwrap().count() as u64;
        (field("VmRSS:"), field("Threads:"), open)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Four seconds of the demo interview as JPEG.
fn pictures() -> Vec<Bytes> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/demo/interview.mp4");
    let mut source = FileSource::open(&demo, &OpenOptions::default()).unwrap();
    let video = |s: &&liveproof::decode::file::StreamInfo| s.width > 0;
    let stream = source.info().streams.iter().find(video).unwrap().index;
    let track = liveproof::core::TrackId::parse("v").unwrap();
    source.select(stream, track, None).unwrap();
    let mut out = Vec::new();
    while out.len() < PICTURES {
        if let Some(Media::Frame { frame, .. }) = source.next().unwrap() {
            out.push(encode_jpeg(&frame, 80).unwrap().into());
        }
    }
    out
}

fn open(id: String) -> v1::Open {
    let track = |id: &str, kind: v1::TrackKind, details| v1::Track {
        track_id: id.into(),
        participant_id: "candidate".into(),
        kind: kind.into(),
        clock_id: "c".into(),
        clock_mapping: v1::ClockMappingSource::Platform.into(),
        details: Some(details),
        ..Default::default()
    };
    v1::Open {
        session_id: id,
        participants: vec![v1::Participant {
            participant_id: "candidate".into(),
            role: v1::ParticipantRole::Candidate.into(),
            ..Default::default()
        }],
        tracks: vec![
            track(
                "camera",
                v1::TrackKind::Video,
                v1::track::Details::Video(v1::VideoTrack {
                    format: v1::VideoFormat::Jpeg.into(),
                    ..Default::default()
                }),
            ),
            track(
                "mic",
                v1::TrackKind::Audio,
                v1::track::Details::Audio(v1::AudioTrack {
                    format: v1::AudioFormat::S16le.into(),
                    sample_rate_hz: 16_000,
                    channels: 1,
                    planar: false,
                }),
            ),
        ],
        ..Default::default()
    }
}

/// What all clients saw together.
#[derive(Default)]
struct Totals {
    interviews: AtomicU64,
    given_up: AtomicU64,
    finals: AtomicU64,
    left_out: AtomicU64,
    highest_step: AtomicU64,
}

/// Sends the media of the first `seconds` and as many events, whatever the server says.
async fn send(sender: &mut InterviewSender, seconds: u64, loop_of: &[Bytes]) {
    let tone: Vec<u8> = (0..1_600)
        .flat_map(|i| (((f64::from(i) * 0.2).sin() * 3_000.0) as i16).to_le_bytes())
        .collect();
    for i in 0..seconds * FPS {
        let at = (i * 1_000_000 / FPS) as i64;
        let picture = loop_of[i as usize % loop_of.len()].clone();
        sender
            .send_media("camera", at, picture, None)
            .await
            .unwrap();
        if i % FPS == 0 {
            let end = v1::control_event::Event::QuestionEnd(v1::QuestionEnd::default());
            sender.send_event(at, end).await.unwrap();
            for part in 0..10 {
                let at = at + part * 100_000;
                sender
                    .send_media("mic", at, tone.clone(), None)
                    .await
                    .unwrap();
            }
        }
    }
}

/// One interview to its summary.
async fn interview(to: &str, id: String, loop_of: &Arc<Vec<Bytes>>, totals: &Totals) {
    // A connection of its own each time, so that connections come and go as well.
    let client = Client::connect(to).await.unwrap();
    let (mut sender, mut updates) = client.open(open(id)).await.unwrap().split();
    let pictures = Arc::clone(loop_of);
    let sending = tokio::spawn(async move {
        send(&mut sender, INTERVIEW_S, &pictures).await;
        sender.close("done").await.unwrap();
    });
    let (mut acks, mut finals, mut summary) = (0, 0, None);
    while let Some(update) = updates.next().await.unwrap() {
        match update {
            Update::Segment(s) => finals += u64::from(s.r#final),
            Update::Ack(a) => acks += u64::from(a.accepted),
            Update::Notice(n) if n.kind() == v1::NoticeKind::MediaDropped => {
                panic!("a client that heeds its credit lost media: {n:?}")
            }
            Update::Summary(s) => summary = Some(s),
            _ => {}
        }
    }
    sending.await.unwrap();
    let summary = summary.expect("a summary");
    assert!(!summary.partial, "{}", summary.end_reason);
    assert_eq!((acks, finals), (INTERVIEW_S, INTERVIEW_S / 3));
    let record = summary.record.unwrap();
    assert_eq!(record.chunks_dropped, 0);
    let coverage = summary.participants[0].coverage.unwrap();
    let missing = coverage.frames_dropped;
    assert_eq!(missing, record.pictures_left_out, "nothing else is missing");
    assert!(record.pictures_left_out == 0 || record.highest_load_step > 0);
    totals.interviews.fetch_add(1, Ordering::Relaxed);
    totals.finals.fetch_add(finals, Ordering::Relaxed);
    let left_out = record.pictures_left_out;
    totals.left_out.fetch_add(left_out, Ordering::Relaxed);
    let step = u64::from(record.highest_load_step);
    totals.highest_step.fetch_max(step, Ordering::Relaxed);
}

/// One whose client vanishes in the middle with all that is under way, as when its process is
/// killed: the server has to notice by itself.
fn vanish(to: &str, id: String, loop_of: &[Bytes]) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let halves = runtime.block_on(async {
        let client = Client::connect(to).await.unwrap();
        let (mut sender, updates) = client.open(open(id)).await.unwrap().split();
        send(&mut sender, INTERVIEW_S / 2, loop_of).await;
        (sender, updates)
    });
    // Its tasks and sockets go first, without a word.
    runtime.shutdown_background();
    drop(halves);
}

fn median(values: &[u64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2] as f64
}

#[tokio::main]
async fn main() {
    let sessions = number("SOAK_SESSIONS", 4);
    let media_s = number("SOAK_MEDIA_S", 3_600);
    let server = Server::start(sessions);
    let loop_of = Arc::new(pictures());
    let totals = Arc::new(Totals::default());
    // One interview before anything is counted: threads and pools are there then.
    interview(&server.address, "first".into(), &loop_of, &totals).await;
    let before = server.state();
    println!(
        "{sessions} sessions of {media_s} s of media each; at first: {} MiB resident, {} threads, {} descriptors",
        before.0 >> 10,
        before.1,
        before.2
    );
    let began = Instant::now();
    let clients: Vec<_> = (0..sessions)
        .map(|n| {
            let (to, loop_of, totals) = (server.address.clone(), loop_of.clone(), totals.clone());
            tokio::spawn(async move {
                for k in 0..media_s.div_ceil(INTERVIEW_S) {
                    let id = format!("s{n}-{k}");
                    if k % GIVEN_UP != GIVEN_UP - 1 {
                        interview(&to, id, &loop_of, &totals).await;
                        continue;
                    }
                    let (to, pictures) = (to.clone(), loop_of.clone());
                    let (tx, done) = tokio::sync::oneshot::channel();
                    std::thread::spawn(move || {
                        vanish(&to, id, &pictures);
                        tx.send(()).ok();
                    });
                    done.await.unwrap();
                    totals.given_up.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut resident = Vec::new();
    let mut clients = tokio::task::spawn(async move {
        for client in clients {
            client.await.unwrap();
        }
    });
    loop {
        tokio::select! {
            done = &mut clients => {
                done.unwrap();
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(500)) => {
                let (rss, threads, open) = server.state();
                resident.push(rss);
                if resident.len() % 60 == 0 {
                    println!("{:5.0} s: {} MiB, {threads} threads, {open} descriptors, {} interviews",
                        began.elapsed().as_secs_f64(), rss >> 10, totals.interviews.load(Ordering::Relaxed));
                }
            }
        }
    }
    let wall = began.elapsed().as_secs_f64();
    // The grace period of those that were given up, and what is at work then; the machine may be busy.
    let client = Client::connect(&server.address).await.unwrap();
    let asked = Instant::now();
    let mut left = client.info().await.unwrap().sessions;
    while left > 0 && asked.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        left = client.info().await.unwrap().sessions;
    }
    println!(
        "the last interview was gone {:.1} s after the last client",
        asked.elapsed().as_secs_f64()
    );
    let after = server.state();
    report(&totals, wall, (sessions * media_s) as f64);
    let third = resident.len() / 3;
    let (early, late) = (
        median(&resident[third..2 * third]),
        median(&resident[2 * third..]),
    );
    let growth = late / early - 1.0;
    println!(
        "resident after the warm-up {:.1} MiB, at the end {:.1} MiB: {:+.1} %",
        early / 1024.0,
        late / 1024.0,
        growth * 100.0
    );
    println!(
        "threads {} -> {}, descriptors {} -> {}, interviews left {left}",
        before.1, after.1, before.2, after.2
    );
    assert!(
        resident.len() >= 30,
        "too short to say anything: at least 15 s are needed"
    );
    assert!(growth <= GROWTH, "memory grows");
    assert_eq!(left, 0, "an interview is left");
    assert!(after.1 <= before.1, "a thread is left");
    // This program's own connection to ask for the information.
    assert!(after.2 <= before.2 + 1, "a descriptor is left");
    println!("held");
}

fn report(totals: &Totals, wall: f64, media: f64) {
    let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
    println!(
        "{} interviews to their summary, {} given up, {} final segments, {:.0} s of media in {wall:.0} s: {:.1} x real time",
        get(&totals.interviews),
        get(&totals.given_up),
        get(&totals.finals),
        media,
        media / wall
    );
    println!(
        "highest step of the load ladder {}, pictures left out {}",
        get(&totals.highest_step),
        get(&totals.left_out)
    );
}
