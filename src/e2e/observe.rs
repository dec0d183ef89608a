//! What operators see of a running server: metrics, spans, readiness, and that the files of
//! `docs/observability` speak of metrics that exist.
#![allow(
    clippy::disallowed_methods,
    reason = "a test waits for the end of another process"
)]

use crate::process::Process;
use crate::support::{face_jpeg, open, question_end, root, say_event, say_open};
use liveproof_sdk::v1::interview_service_client::InterviewServiceClient;
use liveproof_sdk::{Client, Update};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::{Request, Response, Status};

/// Two segments of pictures and sound; gives how many became final.
async fn interview(server: &Process, session: &str) -> usize {
    let client = Client::connect(format!("http://{}", server.address))
        .await
        .unwrap();
    let mut announced = open();
    announced.session_id = session.into();
    let (mut sender, mut updates) = client.open(announced).await.unwrap().split();
    for i in 0..40_i64 {
        let at = i * 100_000;
        sender
            .send_media("camera", at, face_jpeg(), None)
            .await
            .unwrap();
        sender
            .send_media("mic", at, vec![0; 6_400], None)
            .await
            .unwrap();
    }
    // One that is refused.
    sender
        .send_media("camera", 4_000_000, vec![7; 7], None)
        .await
        .unwrap();
    sender.close("done").await.unwrap();
    let mut finals = 0;
    while let Some(update) = updates.next().await.unwrap() {
        if let Update::Segment(s) = update {
            finals += usize::from(s.r#final);
        }
    }
    finals
}

/// The answer to a request, head and body.
async fn http(url: &str, method: &str, path: &str) -> (String, String) {
    let host = url
        .strip_prefix("http://")
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let mut socket = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Samples by name with labels, as `name{a="b"}`.
async fn scrape(server: &Process) -> BTreeMap<String, f64> {
    let (head, body) = http(server.metrics.as_ref().unwrap(), "GET", "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    body.lines()
        .filter(|l| !l.starts_with('#'))
        .map(|l| {
            let (name, value) = l.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

fn sum(samples: &BTreeMap<String, f64>, name: &str) -> f64 {
    let of = |k: &str| k == name || k.strip_prefix(name).is_some_and(|r| r.starts_with('{'));
    samples.iter().filter(|(k, _)| of(k)).map(|(_, v)| v).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_what_happened_and_nothing_of_whom() {
    let server = Process::serve(&["--server-metrics-listen", "0", "--max-sessions", "3"]);
    let before = scrape(&server).await;
    assert_eq!(before["liveproof_ready"], 1.0);
    assert_eq!(before["liveproof_session_slots"], 3.0);
    assert_eq!(sum(&before, "liveproof_sessions_opened_total"), 0.0);
    let finals = interview(&server, "jane-doe-1").await as f64;
    let finals = finals + interview(&server, "jane-doe-2").await as f64;
    // The client reads the end a moment before the session has gone.
    let mut after = scrape(&server).await;
    for _ in 0..200 {
        let ended = sum(&after, "liveproof_sessions_ended_total");
        if ended == 2.0 && sum(&after, "liveproof_sessions") == 0.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        after = scrape(&server).await;
    }
    let one = |name: &str| after[name];
    assert_eq!(one("liveproof_sessions_opened_total"), 2.0);
    assert_eq!(one("liveproof_sessions_ended_total{cause=\"closed\"}"), 2.0);
    assert_eq!(one("liveproof_session_length_seconds_count"), 2.0);
    assert_eq!(sum(&after, "liveproof_sessions"), 0.0, "none is left");
    assert_eq!(one("liveproof_queue_bytes"), 0.0);
    assert_eq!(one("liveproof_media_refused_total"), 2.0);
    assert!(finals >= 2.0);
    assert_eq!(sum(&after, "liveproof_segments_total"), finals);
    let signals = liveproof::analyze::create_all().len() as f64;
    assert_eq!(sum(&after, "liveproof_findings_total"), finals * signals);
    for stage in ["decode", "nets", "analyze"] {
        let count = format!("liveproof_stage_seconds_count{{stage=\"{stage}\"}}");
        assert_eq!(one(&count), finals, "{stage}");
    }
    assert!(one("liveproof_stage_seconds_sum{stage=\"nets\"}") > 0.0);
    assert!(
        one("liveproof_batch_items_sum") >= 160.0,
        "80 chunks of each interview"
    );
    assert!(one("liveproof_job_wait_seconds_count") >= one("liveproof_batch_items_count"));
    assert!(sum(&after, "liveproof_inferences_total") > sum(&before, "liveproof_inferences_total"));
    let models = std::fs::read_to_string(root().join("models/manifest.toml")).unwrap();
    let digests = models.lines().filter_map(|l| l.strip_prefix("sha256 = \""));
    for digest in digests.map(|l| l.trim_end_matches('"')) {
        assert!(
            after
                .keys()
                .any(|k| k.starts_with("liveproof_model_info{") && k.contains(digest)),
            "{digest}"
        );
    }
    assert!(one("process_resident_memory_bytes") > 1e7);
    assert!(one("process_open_fds") > 3.0);
    assert!(one("process_cpu_seconds_total") > 0.0);
    let all: Vec<&String> = after.keys().collect();
    assert!(!format!("{all:?}").contains("jane"), "{all:?}");
    assert!(all.len() < 400, "{} samples", all.len());
    let url = server.metrics.clone().unwrap();
    assert!(http(&url, "GET", "/").await.0.starts_with("HTTP/1.1 404"));
    assert!(
        http(&url, "POST", "/metrics")
            .await
            .0
            .starts_with("HTTP/1.1 405")
    );
}

/// Names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c: char| !word(c))
        .filter(|w| w.starts_with("liveproof_") || w.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_and_alerts_speak_of_metrics_that_exist() {
    let server = Process::serve(&["--server-metrics-listen", "0"]);
    interview(&server, "one").await;
    let (_, exported) = http(server.metrics.as_ref().unwrap(), "GET", "/metrics").await;
    let exported = named(&exported);
    let folder = root().join("docs/observability");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("grafana-dashboard.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() >= 8);
    for (name, least) in [("grafana-dashboard.json", 20), ("alerts.yaml", 8)] {
        let used = named(&read(name));
        let missing: Vec<_> = used.difference(&exported).collect();
        assert!(missing.is_empty(), "{name}: {missing:?} are not exported");
        assert!(used.len() >= least, "{name} names {} metrics", used.len());
    }
    // The page lists every one, without the endings of histograms and counters.
    let page = named(&std::fs::read_to_string(root().join("docs/observability.md")).unwrap());
    let listed = |name: &str| {
        let endings = ["", "_bucket", "_sum", "_count"];
        let bases = endings.iter().filter_map(|e| name.strip_suffix(e));
        bases.into_iter().any(|base| page.contains(base))
    };
    let unlisted = |n: &&String| !listed(n) && !listed(&format!("{n}_total"));
    let missing: Vec<_> = exported.iter().filter(unlisted).collect();
    assert!(
        missing.is_empty(),
        "docs/observability.md lacks {missing:?}"
    );
    promtool(&folder.join("alerts.yaml"));
}

/// Prometheus' own check of the rules, where it is installed.
fn promtool(rules: &std::path::Path) {
    let checked = std::process::Command::new("promtool")
        .args(["check", "rules"])
        .arg(rules)
        .output();
    match checked {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(e) => crate::recorded::testing::skip("promtool check rules", &e.to_string()),
    }
}

/// A collector that keeps what it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_reach_a_collector_and_hang_together() {
    let collector = Collector::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let service = TraceServiceServer::new(collector.clone());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let collecting = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    let server = Process::serve(&["--log-otlp-endpoint", &endpoint, "--log-level", "error"]);
    let finals = interview(&server, "jane-doe").await;
    let stopped = tokio::task::spawn_blocking(|| server.stop());
    let (code, said) = stopped.await.unwrap();
    assert_eq!(code, Some(0), "{said}");
    collecting.abort();
    let requests = collector.0.lock().unwrap();
    let text = format!("{requests:?}");
    assert!(!text.contains("jane") && !text.contains("consent-7") && !text.contains("camera"));
    assert!(text.contains("service.name") && text.contains("\"liveproof\""));
    let resources = requests.iter().flat_map(|r| &r.resource_spans);
    let scopes = resources.flat_map(|r| &r.scope_spans);
    let spans: Vec<&Span> = scopes.flat_map(|s| &s.spans).collect();
    let of =
        |name: &str| -> Vec<&Span> { spans.iter().copied().filter(|s| s.name == name).collect() };
    let (interviews, batches, segments) = (of("interview"), of("batch"), of("segment"));
    assert_eq!(interviews.len(), 1, "{text}");
    assert!(batches.len() >= 3, "opening, media, end");
    assert_eq!(segments.len(), finals);
    for batch in &batches {
        assert_eq!(batch.parent_span_id, interviews[0].span_id);
        assert_eq!(batch.trace_id, interviews[0].trace_id);
    }
    for segment in &segments {
        let parent = batches.iter().find(|b| b.span_id == segment.parent_span_id);
        let parent = parent.expect("a segment is concluded within a batch");
        assert!(parent.start_time_unix_nano <= segment.start_time_unix_nano);
        assert!(segment.end_time_unix_nano <= parent.end_time_unix_nano);
    }
}

/// A collector that is away costs nothing but its spans.
#[tokio::test(flavor = "multi_thread")]
async fn an_absent_collector_holds_nobody_up() {
    let server = Process::serve(&["--log-otlp-endpoint", "http://127.0.0.1:1"]);
    assert!(interview(&server, "one").await >= 1);
    let began = tokio::time::Instant::now();
    let (code, _) = tokio::task::spawn_blocking(|| server.stop()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draining_server_is_not_ready() {
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let server = Process::serve(&[
        "--server-metrics-listen",
        "0",
        "--server-drain-grace-s",
        "4",
    ]);
    let to = format!("http://{}", server.address);
    let endpoint = || tonic::transport::Endpoint::from_shared(to.clone()).unwrap();
    let ready = async || {
        let mut health = HealthClient::new(endpoint().connect().await.unwrap());
        let service = "liveproof.v1.InterviewService".to_owned();
        let said = health.check(HealthCheckRequest { service }).await.unwrap();
        said.into_inner().status() == ServingStatus::Serving
    };
    assert!(ready().await);
    // A client that never reads holds the drain until its grace is over.
    let narrow = endpoint()
        .initial_stream_window_size(64)
        .connect()
        .await
        .unwrap();
    let (tx, rx) = tokio::sync::mpsc::channel(4);
    tx.send(say_open(open())).await.unwrap();
    let mut service = InterviewServiceClient::new(narrow);
    let held = service
        .interview(tokio_stream::wrappers::ReceiverStream::new(rx))
        .await;
    let held = held.unwrap();
    // More answers than all buffers on the way hold.
    for id in 1..=100 {
        tx.send(say_event(id, 0, question_end())).await.unwrap();
    }
    for _ in 0..100 {
        if sum(&scrape(&server).await, "liveproof_sessions_opened_total") == 1.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.signal("TERM");
    server.says("stopping").await;
    assert!(!ready().await);
    let samples = scrape(&server).await;
    assert_eq!(samples["liveproof_ready"], 0.0);
    assert_eq!(sum(&samples, "liveproof_sessions"), 1.0);
    drop((held, tx));
}
