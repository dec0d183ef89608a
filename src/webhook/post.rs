//! One try: an HTTP POST over TLS, bounded in time.

use super::{WebhookError, WebhookSecret};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, Uri, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Time for one try, from the connection to the answer's head.
const TRY: Duration = Duration::from_secs(10);

/// Who is told, and how.
#[derive(Clone)]
pub(super) struct Poster {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
    secret: WebhookSecret,
}

// === impl Poster ===

impl Poster {
    /// To this address; `authority` (PEM) is believed in place of the system's.
    pub(super) fn new(
        url: &str,
        secret: WebhookSecret,
        authority: Option<&Path>,
    ) -> Result<Self, WebhookError> {
        let url: Uri = url.parse().map_err(|_| WebhookError::Url("no URL"))?;
        let host = url.host().ok_or(WebhookError::Url("no host in it"))?;
        let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        match url.scheme_str() {
            Some("https") => {}
            Some("http") if loopback => {}
            Some("http") => return Err(WebhookError::Url("http beyond this machine")),
            _ => return Err(WebhookError::Url("neither https nor http")),
        }
        let roots = roots(authority)?;
        let tls = ClientConfig::builder_with_provider(ring_provider())
            .with_safe_default_protocol_versions()
            .map_err(|e| WebhookError::Tls(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self {
            client,
            url,
            secret,
        })
    }

    /// One try. Anything but a status of 2xx is a failure; redirects are not followed.
    pub(super) async fn post(&self, id: &str, body: Vec<u8>) -> Result<(), String> {
        let now = super::now().duration_since(UNIX_EPOCH);
        let timestamp_s = now.map_or(0, |d| d.as_secs());
        let signature = self.secret.sign(id, timestamp_s, &body);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(
                header::USER_AGENT,
                concat!("liveproof/", env!("CARGO_PKG_VERSION")),
            )
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| e.to_string())?;
        let answer = tokio::time::timeout(TRY, self.client.request(request)).await;
        let answer = answer.map_err(|_| format!("no answer within {} s", TRY.as_secs()))?;
        let status = answer.map_err(|e| causes(&e))?.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("status {}", status.as_u16())),
        }
    }
}

/// An error and its causes. None of them has the address or the secret in it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(c) = cause {
        said = format!("{said}: {c}");
        cause = c.source();
    }
    said
}

fn ring_provider() -> std::sync::Arc<tokio_rustls::rustls::crypto::CryptoProvider> {
    std::sync::Arc::new(tokio_rustls::rustls::crypto::ring::default_provider())
}

fn roots(authority: Option<&Path>) -> Result<RootCertStore, WebhookError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = authority else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        return Ok(roots);
    };
    let unusable = |e: String| WebhookError::Authority(e);
    let read = CertificateDer::pem_file_iter(path).map_err(|e| unusable(e.to_string()))?;
    for certificate in read {
        let certificate = certificate.map_err(|e| unusable(e.to_string()))?;
        roots
            .add(certificate)
            .map_err(|e| unusable(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("no certificate in it".into()));
    }
    Ok(roots)
}
