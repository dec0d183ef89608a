//! The HTTP port that metrics are read from.

use super::exposition;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Requests answered at the same time: 8; a scraper needs one.
const CONNECTIONS: usize = 8;
/// A request that is not over by then is dropped: 10 s, the usual time limit of a scrape.
const TIMEOUT: Duration = Duration::from_secs(10);
/// After an accept that failed (no descriptors left): 100 ms.
const PAUSE: Duration = Duration::from_millis(100);
/// What OpenMetrics 1.0 calls itself.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics` over HTTP/1, and nothing else: no key is asked for, nothing can be changed.
#[derive(Debug)]
pub struct MetricsListener(TcpListener);

impl MetricsListener {
    /// Binds the address.
    ///
    /// # Errors
    /// Why it cannot be bound.
    pub async fn bind(addr: SocketAddr) -> std::io::Result<Self> {
        TcpListener::bind(addr).await.map(Self)
    }

    /// The address that was bound.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers until dropped.
    pub async fn run(self) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut answering = tokio::task::JoinSet::new();
        loop {
            while answering.try_join_next().is_some() {}
            let Ok(slot) = slots.clone().acquire_owned().await else {
                return;
            };
            match self.0.accept().await {
                Ok((socket, _)) => {
                    answering.spawn(async move {
                        // A scraper that went away is nothing to tell.
                        let _ = tokio::time::timeout(TIMEOUT, answer(socket)).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "metrics: accept");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn answer(socket: TcpStream) -> Result<(), hyper::Error> {
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(socket), service_fn(respond))
        .await
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, kind, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, OPENMETRICS, exposition()),
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", String::new()),
        _ => (StatusCode::NOT_FOUND, "text/plain", String::new()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
