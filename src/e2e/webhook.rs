//! Notices to an operator's own service: a real HTTP server takes them, and is away or refuses as told.
#![allow(
    clippy::disallowed_methods,
    reason = "times of notices are held against the clock"
)]

use crate::certificates::Authority;
use crate::support::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liveproof::webhook::{WebhookError, WebhookSecret, WebhookTarget};
use ring::hmac;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const KEY: [u8; 32] = [9; 32];

pub fn secret() -> WebhookSecret {
    WebhookSecret::parse(&format!("whsec_{}", STANDARD.encode(KEY))).unwrap()
}

/// A request as it came.
pub struct Got {
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let of = |l: &str| {
            l.split_once(':')
                .filter(|(n, _)| n.eq_ignore_ascii_case(name))
                .is_some()
        };
        let line = self.head.lines().find(|l| of(l));
        let line = line.unwrap_or_else(|| panic!("no {name} in {}", self.head));
        line.split_once(':').unwrap().1.trim()
    }

    /// Checks the signature as a receiver would, and reads the body.
    pub fn read(&self) -> Value {
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = [format!("{id}.{at}.").as_bytes(), &self.body].concat();
        let signature = self
            .header("webhook-signature")
            .strip_prefix("v1,")
            .unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &KEY);
        hmac::verify(&key, &signed, &STANDARD.decode(signature).unwrap()).expect("signed by us");
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        assert!(now.as_secs().abs_diff(at.parse().unwrap()) < 60);
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn take(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: u16) -> Option<Got> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut got = Got {
        head,
        body: bytes[end..].to_vec(),
    };
    let length: usize = got.header("content-length").parse().unwrap();
    while got.body.len() < length {
        (stream.read_buf(&mut got.body).await.ok()? > 0).then_some(())?;
    }
    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok();
    Some(got)
}

/// A receiver that gives these answers, then 200.
pub async fn receiver(statuses: Vec<u16>, tls: Option<TlsAcceptor>) -> (u16, mpsc::Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (to, from) = mpsc::channel(64);
    tokio::spawn(async move {
        let mut statuses = statuses.into_iter();
        while let Ok((stream, _)) = listener.accept().await {
            let status = statuses.next().unwrap_or(200);
            let got = match &tls {
                None => take(stream, status).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => take(stream, status).await,
                    Err(_) => None,
                },
            };
            if let Some(got) = got {
                to.send(got).await.ok();
            }
        }
    });
    (port, from)
}

pub async fn next(from: &mut mpsc::Receiver<Got>) -> Got {
    timeout(Duration::from_secs(30), from.recv())
        .await
        .expect("a notice")
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_that_is_over_is_told_signed_and_again_until_it_is_taken() {
    let (port, mut from) = receiver(vec![503, 302], None).await;
    let target = WebhookTarget::new(&format!("http://127.0.0.1:{port}/hook"), secret(), None);
    let target = target.unwrap();
    let served = serve(|c| c.webhook = Some(target)).await;
    let mut first = open();
    first.session_id = "told-1".into();
    first.consent_id = "consent-7".into();
    let talk = served
        .talk(vec![say_open(first), picture(0, 0), say_close()])
        .await;
    assert!(talk.summary.is_some());
    let refused = next(&mut from).await;
    let notice = refused.read();
    assert!(
        refused.head.starts_with("POST /hook HTTP/1.1\r\n"),
        "{}",
        refused.head
    );
    assert_eq!(refused.header("content-type"), "application/json");
    assert_eq!(notice["type"], "interview.concluded");
    let data = &notice["data"];
    assert_eq!(
        (&data["session_id"], &data["tenant"]),
        (&"told-1".into(), &"default".into())
    );
    assert_eq!(data["consent_id"], "consent-7");
    assert_eq!(data["summary"]["partial"], false);
    assert!(
        data["summary"]["participants"][0]["outcome"].is_object(),
        "{data}"
    );
    // Refused with 503, it comes again: the same notice, signed anew. When the service stops, what waits
    // gets one more try at once; redirects are no delivery.
    let again = next(&mut from).await;
    assert_eq!(again.header("webhook-id"), refused.header("webhook-id"));
    assert_eq!(again.read()["data"], *data);
    served.stop().await.unwrap();
    let last = next(&mut from).await;
    assert_eq!(last.header("webhook-id"), refused.header("webhook-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_believed_by_its_certificate() {
    let ours = Authority::new("ours");
    let identity = ours.issue(crate::access::GOOD);
    let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes());
    let chain: Vec<_> = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let tls = TlsAcceptor::from(Arc::new(config.unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &ours.pem).unwrap();
    for (authority, expected) in [(Some(ca.as_path()), 1), (None, 0)] {
        let (port, mut from) = receiver(Vec::new(), Some(tls.clone())).await;
        let url = format!("https://127.0.0.1:{port}/");
        let target = WebhookTarget::new(&url, secret(), authority).unwrap();
        let served = serve(|c| c.webhook = Some(target)).await;
        served
            .talk(vec![say_open(open()), picture(0, 0), say_close()])
            .await;
        served.stop().await.unwrap();
        let got = timeout(Duration::from_secs(1), from.recv()).await;
        assert_eq!(usize::from(got.is_ok_and(|g| g.is_some())), expected);
    }
}

#[tokio::test]
async fn addresses_that_would_tell_strangers_are_refused() {
    let refused = |url: &str| WebhookTarget::new(url, secret(), None).unwrap_err();
    for (url, why) in [
        ("http://example.com/hook", "http beyond this machine"),
        ("ftp://127.0.0.1/", "neither https nor http"),
        ("not an address", "no URL"),
        ("/hook", "no host in it"),
    ] {
        assert_eq!(refused(url), WebhookError::Url(why), "{url}");
    }
    let missing = std::path::Path::new("/does/not/exist.pem");
    let error = WebhookTarget::new("https://localhost/", secret(), Some(missing)).unwrap_err();
    assert!(error.to_string().starts_with("webhook.ca_file"), "{error}");
}
