//! The page of docs/examples/webcodecs in headless Chromium, with its fake camera and microphone,
//! posting to a relay that maps what it gets into a live server.

use crate::recorded::testing;
use crate::support::*;
use liveproof_sdk::platforms::webcodecs::WebCodecs;
use liveproof_sdk::platforms::{Adapter, MapError, Output, Plan, one_candidate, send};
use liveproof_sdk::{Update, v1};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How long the page captures.
const SECONDS: u32 = 4;

fn browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders)
        .flat_map(|f| names.map(|n| f.join(n)))
        .find(|p| p.is_file())
}

/// Chromium, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn open_page(browser: &Path, profile: &Path, url: &str) -> Running {
    let child = Command::new(browser)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--mute-audio",
        ])
        .args([
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Running(child.unwrap())
}

/// What the page posted.
enum Posted {
    Messages(String),
    Done(String),
}

/// A backend: the two files of the example, and a place to post to.
async fn backend(listener: TcpListener, posted: mpsc::Sender<Posted>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, posted.clone()));
    }
}

/// Answers one request and closes, which HTTP/1.1 allows.
async fn answer(mut stream: TcpStream, posted: mpsc::Sender<Posted>) -> Option<()> {
    let mut request = Vec::new();
    let head = loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            break String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        }
    };
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "));
    let length: usize = length.map_or(Some(0), |l| l.trim().parse().ok())?;
    let mut body = request.split_off(head.len() + 4);
    while body.len() < length {
        stream.read_buf(&mut body).await.ok()?;
    }
    let body = String::from_utf8(body).ok()?;
    let path = head.split([' ', '?']).nth(1)?;
    let file =
        |name: &str| std::fs::read(root().join("docs/examples/webcodecs").join(name)).unwrap();
    let (kind, content) = match path {
        "/" => ("text/html", file("index.html")),
        "/capture.js" => ("text/javascript", file("capture.js")),
        "/relay" => {
            posted.send(Posted::Messages(body)).await.ok()?;
            ("text/plain", Vec::new())
        }
        "/done" => {
            posted.send(Posted::Done(body)).await.ok()?;
            ("text/plain", Vec::new())
        }
        _ => ("text/plain", Vec::new()),
    };
    let length = content.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&content).await.ok()
}

/// All lines that the page posts until it is done.
async fn captured(browser: &Path) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/?seconds={SECONDS}",
        listener.local_addr().unwrap()
    );
    let (tx, mut posted) = mpsc::channel(16);
    let backend = tokio::spawn(backend(listener, tx));
    let profile = tempfile::tempdir().unwrap();
    let running = open_page(browser, profile.path(), &url);
    let mut lines = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(90), posted.recv()).await;
        match next.expect("the page goes on posting").unwrap() {
            Posted::Messages(body) => lines.extend(body.lines().map(str::to_owned)),
            Posted::Done(said) => {
                assert_eq!(said, "stopped, 0 pictures dropped");
                break;
            }
        }
    }
    drop(running);
    backend.abort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_page_streams_a_camera_and_a_microphone() {
    let Some(browser) = browser() else {
        let name = "the_example_page_streams_a_camera_and_a_microphone";
        return testing::skip(name, "no chromium on the path");
    };
    let lines = captured(&browser).await;
    let mut call = WebCodecs::new(Plan::new("browser", one_candidate("me")));
    let mut rest = lines.iter();
    let media = rest.clone().position(|l| {
        matches!(
            call.take_json(l),
            Err(MapError::Order { needed: "open", .. })
        )
    });
    let set_up = rest.by_ref().take(media.expect("media comes")).count();
    assert_eq!(set_up, 2, "both tracks are announced before any media");
    let open = call.open().unwrap();
    let served = serve(|_| {}).await;
    let client = served.client().await;
    let (mut sender, mut updates) = client.open(open).await.unwrap().split();
    let sending = async move {
        let (mut sound, mut pictures) = (0, 0);
        for output in rest.flat_map(|l| call.take_json(l).unwrap()) {
            match &output {
                Output::Media(c) if c.track_id == "candidate.camera" => pictures += 1,
                Output::Media(_) => sound += 1,
                other => panic!("{other:?}"),
            }
            send(&mut sender, output).await.unwrap();
        }
        sender.close("").await.unwrap();
        (sound, pictures)
    };
    let reading = async {
        let mut quality = None;
        while let Some(update) = updates.next().await.unwrap() {
            match update {
                Update::Notice(n) => {
                    use v1::NoticeKind as K;
                    let refused = [K::MediaRefused, K::DecodeFailed, K::MediaLost, K::ClockJump];
                    assert!(!refused.contains(&n.kind()), "{n:?}");
                }
                Update::Segment(s) if s.r#final => quality = quality.or(s.quality),
                _ => {}
            }
        }
        quality.expect("a segment")
    };
    let ((sound, pictures), quality) = tokio::join!(sending, reading);
    assert!(
        sound >= 100 * (i64::from(SECONDS) - 1),
        "{sound} blocks of 10 ms"
    );
    assert!(
        pictures >= 10 * (i64::from(SECONDS) - 1),
        "{pictures} pictures"
    );
    assert!(quality.fps > 8.0, "{quality:?}");
    served.stop().await.unwrap();
}
