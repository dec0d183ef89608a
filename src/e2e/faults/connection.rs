//! Connections that break, die or are given up, and clients that are killed.

use super::proxy::Wire;
use crate::support::*;
use liveproof_sdk::v1::interview_service_client::InterviewServiceClient;
use liveproof_sdk::{Client, InterviewSender, Update, Updates, v1};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

/// What came of an interview through the SDK.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Participant's segments by index, once each.
    finals: Vec<(u64, v1::SegmentResult)>,
    acks: Vec<u64>,
    summary: Option<v1::SessionSummary>,
    resumed: usize,
    /// The same, by the server.
    told_resumed: u32,
}

async fn read(mut updates: Updates) -> Outcome {
    let mut out = Outcome::default();
    while let Some(update) = updates.next().await.unwrap() {
        match update {
            Update::Segment(s) if s.r#final => {
                // How long it took is no result.
                let plain = v1::SegmentResult {
                    times: None,
                    revision: 0,
                    ..*s
                };
                out.finals.push((plain.index, plain));
            }
            Update::Ack(a) => {
                assert!(a.accepted, "{a:?}");
                out.acks.push(a.event_id);
            }
            Update::Notice(n) => panic!("{n:?}"),
            Update::Summary(mut s) => {
                // How often it was resumed is all that may differ.
                let record = s.record.take().unwrap();
                assert_eq!((record.chunks_dropped, record.highest_load_step), (0, 0));
                out.told_resumed = record.resumed;
                out.summary = Some(*s);
            }
            Update::Resumed(at) => {
                assert_eq!(at.lost_responses, 0);
                out.resumed += 1;
            }
            _ => {}
        }
    }
    out
}

/// Ten seconds of pictures and sound with an event each second; the wire suffers in between.
async fn send(mut sender: InterviewSender, mut suffer: impl FnMut(i64)) {
    let picture = face_jpeg();
    for i in 0..100_i64 {
        suffer(i);
        let at = i * 100_000;
        if i % 10 == 0 {
            sender.send_event(at, question_end()).await.unwrap();
        }
        let sent = sender.send_media("camera", at, picture.clone(), None).await;
        sent.unwrap();
        let quiet = vec![0; 6_400];
        sender.send_media("mic", at, quiet, None).await.unwrap();
        // Time for some of it to be on its way, and for some not.
        sleep(Duration::from_millis(3)).await;
    }
    sender.close("done").await.unwrap();
}

async fn interview(to: &str, suffer: impl FnMut(i64)) -> Outcome {
    let client = Client::connect(to).await.unwrap();
    let (sender, updates) = client.open(open()).await.unwrap().split();
    let whole = async { tokio::join!(send(sender, suffer), read(updates)).1 };
    timeout(Duration::from_secs(90), whole).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_again_and_again_changes_no_result() {
    let served = serve(|_| {}).await;
    let whole = interview(&served.to, |_| {}).await;
    assert_eq!(whole.resumed, 0);
    assert_eq!((whole.finals.len(), whole.acks.len()), (4, 10));
    let wire = Wire::to(&served.to).await;
    let mut broken = interview(&wire.to, |i| {
        if [7, 31, 32, 60, 99].contains(&i) {
            wire.cut();
        }
    })
    .await;
    assert!(broken.resumed >= 3, "{} times", broken.resumed);
    assert!(broken.told_resumed as usize >= broken.resumed);
    (broken.resumed, broken.told_resumed) = (0, 0);
    assert_eq!(broken, whole, "to the last digit");
    served.empty("resumed").await;
    served.serves_on("after cuts").await;
    served.stop().await.unwrap();
}

/// A stream whose messages this test chooses itself.
struct Raw {
    to: mpsc::Sender<v1::InterviewRequest>,
    from: tonic::Streaming<v1::InterviewResponse>,
    last: u64,
}

impl Raw {
    async fn open(to: &str, open: v1::Open) -> Result<(Self, v1::Hello), tonic::Status> {
        let endpoint = tonic::transport::Endpoint::from_shared(to.to_owned()).unwrap();
        let mut service = InterviewServiceClient::new(endpoint.connect().await.unwrap());
        let (tx, rx) = mpsc::channel(4);
        tx.send(say_open(open)).await.unwrap();
        let responses = service.interview(ReceiverStream::new(rx)).await?;
        let mut raw = Self {
            to: tx,
            from: responses.into_inner(),
            last: 0,
        };
        match raw.next().await? {
            Some(v1::interview_response::Message::Hello(hello)) => Ok((raw, hello)),
            other => panic!("{other:?}"),
        }
    }

    async fn say(&self, message: v1::InterviewRequest) {
        self.to.send(message).await.unwrap();
    }

    async fn next(&mut self) -> Result<Option<v1::interview_response::Message>, tonic::Status> {
        let next = timeout(Duration::from_secs(20), self.from.message()).await;
        let response = next.expect("the server goes on talking, or ends")?;
        Ok(response.and_then(|r| {
            self.last = r.sequence.max(self.last);
            r.message
        }))
    }

    /// Reads on until an event is acknowledged.
    async fn acknowledged(&mut self, id: u64) {
        loop {
            if let Some(v1::interview_response::Message::Ack(a)) = self.next().await.unwrap() {
                assert!(a.accepted);
                if a.event_id == id {
                    return;
                }
            }
        }
    }
}

fn again(of: &v1::Hello, last_sequence: u64) -> v1::Open {
    v1::Open {
        session_id: of.session_id.clone(),
        resume_token: of.resume_token.clone(),
        last_sequence,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_late_is_refused_with_what_to_do_and_a_wrong_token_like_an_unknown_interview() {
    let served = serve(|c| c.session.resume_grace = Duration::from_millis(400)).await;
    let wire = Wire::to(&served.to).await;
    let (mut raw, hello) = Raw::open(&wire.to, open()).await.unwrap();
    assert_eq!(hello.resume_grace_ms, 400);
    raw.say(picture(0, 0)).await;
    raw.say(say_event(1, 0, question_end())).await;
    raw.acknowledged(1).await;
    wire.cut();
    raw.next().await.unwrap_err();
    let mut wrong = again(&hello, raw.last);
    wrong.resume_token = vec![0; 32].into();
    let mut unknown = again(&hello, raw.last);
    unknown.session_id = "nobody".into();
    let mut refusals = Vec::new();
    for open in [wrong, unknown] {
        let status = Raw::open(&served.to, open).await.err().unwrap();
        refusals.push((status.code(), status.message().to_owned()));
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(refusals[0].0, Code::NotFound);
    served.empty("not resumed").await;
    let status = Raw::open(&served.to, again(&hello, raw.last))
        .await
        .err()
        .unwrap();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    let text = status.message();
    assert!(text.contains("not resumed within 400ms"), "{text}");
    assert!(text.contains("has been concluded"), "{text}");
    assert!(text.contains("open a new one"), "{text}");
    served.serves_on("after a lost client").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_connection_is_taken_over_by_a_new_one() {
    let served = serve(|_| {}).await;
    let wire = Wire::to(&served.to).await;
    let (mut raw, hello) = Raw::open(&wire.to, open()).await.unwrap();
    for i in 0..5 {
        raw.say(picture(i, i as i64 * 100_000)).await;
    }
    raw.say(say_event(1, 0, question_end())).await;
    raw.acknowledged(1).await;
    // From here on neither side hears the other, and neither knows.
    wire.die();
    raw.say(picture(5, 500_000)).await;
    let without = v1::Open {
        session_id: hello.session_id.clone(),
        ..open()
    };
    let status = Raw::open(&served.to, without).await.err().unwrap();
    assert_eq!(status.code(), Code::AlreadyExists, "{status:?}");
    assert!(status.message().contains("resume_token"), "{status:?}");
    let (mut next, hello) = Raw::open(&served.to, again(&hello, raw.last))
        .await
        .unwrap();
    let at = hello.resumed.unwrap();
    assert_eq!((at.latest_event_id, at.lost_responses), (Some(1), 0));
    assert_eq!(at.tracks[0].sequence, 4);
    for i in 3..8 {
        next.say(picture(i, i as i64 * 100_000)).await;
    }
    next.say(say_close()).await;
    let mut summary = None;
    while let Some(message) = next.next().await.unwrap() {
        if let v1::interview_response::Message::Summary(s) = message {
            summary = Some(s);
        }
    }
    let summary = summary.unwrap();
    assert!(!summary.partial);
    let coverage = summary.participants[0].coverage.unwrap();
    assert_eq!((coverage.frames_seen, coverage.frames_dropped), (8, 0));
    served.empty("taken over").await;
    served.stop().await.unwrap();
}

/// How long keepalive takes at most: a ping every 20 s, 10 s for its answer, and a busy machine's share.
const KEEPALIVE_NOTICES: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_connection_that_nobody_takes_over_is_noticed_by_keepalive() {
    let served = serve(|c| {
        c.session.resume_grace = Duration::from_millis(300);
        // Keepalive alone shall notice it.
        c.session.idle_timeout = Duration::from_secs(600);
    })
    .await;
    let wire = Wire::to(&served.to).await;
    let (mut raw, _) = Raw::open(&wire.to, open()).await.unwrap();
    raw.say(picture(0, 0)).await;
    raw.say(say_event(1, 0, question_end())).await;
    raw.acknowledged(1).await;
    wire.die();
    let since = tokio::time::Instant::now();
    let client = served.client().await;
    while client.info().await.unwrap().sessions > 0 {
        assert!(since.elapsed() < KEEPALIVE_NOTICES, "still there");
        sleep(Duration::from_millis(200)).await;
    }
    // Not at the first silence either: a network may be away for a moment.
    let took = since.elapsed();
    assert!(took > Duration::from_secs(8), "{took:?}");
    served.empty("half-open").await;
    served.serves_on("after a half-open connection").await;
    served.stop().await.unwrap();
}

/// Open descriptors of this process.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_client_leaves_nothing_behind() {
    let served = serve(|c| c.session.resume_grace = Duration::from_millis(300)).await;
    let address = served.to.clone();
    let mut counts = Vec::new();
    for _ in 0..4 {
        let mut client = Command::new(env!("CARGO_BIN_EXE_liveproof"))
            .args(["stream", "testdata/demo/interview.mp4", "--to", &address])
            .current_dir(root())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = client.stdout.take().unwrap();
        // It is under way when its first final segment is printed.
        let (tx, rx) = tokio::sync::oneshot::channel();
        let reader = std::thread::spawn(move || {
            use std::io::BufRead as _;
            let lines = std::io::BufReader::new(out).lines();
            let started = lines.map_while(Result::ok).any(|l| l.starts_with("0:00.0"));
            tx.send(started).ok();
        });
        assert!(timeout(Duration::from_secs(60), rx).await.unwrap().unwrap());
        client.kill().unwrap();
        client.wait().unwrap();
        reader.join().unwrap();
        // Its grace period, and what was at work; a busy machine may take a while for that.
        for _ in 0..200 {
            let info = served.client().await.info().await.unwrap();
            if info.sessions == 0 {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        served.empty("killed").await;
        counts.push(descriptors());
    }
    // Other tests of this process open and close some at the same time.
    let grown = counts[3].saturating_sub(counts[0]);
    assert!(grown < 40, "{counts:?}");
    served.serves_on("after killed clients").await;
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_for_a_while_loses_nothing() {
    let served = serve(|_| {}).await;
    let wire = Wire::to(&served.to).await;
    let back = std::sync::Arc::new(wire);
    let outcome = interview(&back.to.clone(), |i| {
        if i == 40 {
            back.refuse(true);
            back.cut();
            let wire = back.clone();
            tokio::spawn(async move {
                sleep(Duration::from_millis(900)).await;
                wire.refuse(false);
            });
        }
    })
    .await;
    assert_eq!((outcome.finals.len(), outcome.acks.len()), (4, 10));
    assert!(outcome.resumed >= 1);
    assert!(!outcome.summary.unwrap().partial);
    served.stop().await.unwrap();
}
