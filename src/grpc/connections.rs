//! From a listening socket to connections that may speak HTTP/2: counted, in time, over TLS.
//!
//! A place is taken before anything is read. TLS and the first bytes must come within the handshake's
//! time, so that a client that connects and says nothing holds its place for seconds only; afterwards
//! HTTP/2's own keepalive watches. An accept that fails (no descriptors left) is waited out; tonic's own
//! listener would end the server.

use super::limits::{Connections, DoorLimits, Place, Quiet};
use super::tls::Certificates;
use crate::telemetry::ConnectionRefused;
use std::io::{Error, ErrorKind, Result as IoResult};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// Connections on their way from the door to the server: 16.
const ACCEPTED: usize = 16;
/// After an accept that failed: 100 ms.
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes that must come in time: 16, the shortest line that any HTTP begins with.
const FIRST_BYTES: usize = 16;
/// Longest text of the TLS library in the log.
const DETAIL_CHARS: usize = 120;

/// The door.
pub(super) struct Door {
    places: Arc<Connections>,
    certificates: Option<Certificates>,
    timeout: Duration,
    quiet: Quiet,
}

/// A connection that was let in.
pub(super) struct Connection {
    wire: Wire,
    /// The first bytes, which were waited for; read before the wire.
    first: Vec<u8>,
    given: usize,
    _place: Place,
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

// === impl Door ===

impl Door {
    pub(super) fn new(limits: &DoorLimits, certificates: Option<Certificates>) -> Self {
        Self {
            places: Connections::new(limits),
            certificates,
            timeout: limits.handshake_timeout,
            quiet: Quiet::default(),
        }
    }

    /// Lets connections in until the stream is dropped.
    pub(super) fn open(self, listener: TcpListener) -> ReceiverStream<IoResult<Connection>> {
        let (tx, rx) = mpsc::channel(ACCEPTED);
        tokio::spawn(accept(listener, Arc::new(self), tx));
        ReceiverStream::new(rx)
    }

    async fn greet(&self, socket: TcpStream, place: Place) -> IoResult<Connection> {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        let wire = match &self.certificates {
            None => Wire::Plain(socket),
            Some(certificates) => {
                let acceptor = TlsAcceptor::from(certificates.current());
                Wire::Tls(Box::new(acceptor.accept(socket).await?))
            }
        };
        let mut connection = Connection {
            wire,
            first: Vec::new(),
            given: 0,
            _place: place,
        };
        let mut first = [0; FIRST_BYTES];
        connection.read_exact(&mut first).await?;
        connection.first = first.to_vec();
        Ok(connection)
    }

    fn tell(&self, cause: &'static str, detail: Option<String>) {
        ConnectionRefused {
            cause,
            detail,
            quiet: self.quiet.pass(cause, Instant::now()),
        }
        .emit();
    }
}

async fn accept(listener: TcpListener, door: Arc<Door>, tx: mpsc::Sender<IoResult<Connection>>) {
    // Dropped with this task: then greetings under way are cut.
    let mut greetings = JoinSet::new();
    loop {
        while greetings.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = tx.closed() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accept");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        match door.places.enter(peer.ip()) {
            Err(cause) => door.tell(cause, None),
            Ok(place) => {
                let (door, tx) = (Arc::clone(&door), tx.clone());
                greetings.spawn(async move {
                    let greeting = door.greet(socket, place);
                    match tokio::time::timeout(door.timeout, greeting).await {
                        Ok(Ok(connection)) => drop(tx.send(Ok(connection)).await),
                        // Nothing was said at all: a probe of a load balancer, as a rule.
                        Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                            tracing::debug!("a connection was closed before its first call");
                        }
                        Ok(Err(error)) => door.tell("handshake", Some(detail(&error))),
                        Err(_) => door.tell("timeout", None),
                    }
                });
            }
        }
    }
}

fn detail(error: &Error) -> String {
    error.to_string().chars().take(DETAIL_CHARS).collect()
}

// === impl Connection ===

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<IoResult<()>> {
        let me = &mut *self;
        if let Some(rest) = me.first.get(me.given..).filter(|r| !r.is_empty()) {
            let (now, _) = rest.split_at(rest.len().min(buf.remaining()));
            buf.put_slice(now);
            me.given += now.len();
            return Poll::Ready(Ok(()));
        }
        match &mut me.wire {
            Wire::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Wire::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<IoResult<usize>> {
        match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Wire::Tls(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_flush(cx),
            Wire::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Wire::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<IoResult<usize>> {
        match &mut self.wire {
            Wire::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Wire::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(io) => io.is_write_vectored(),
            Wire::Tls(io) => io.is_write_vectored(),
        }
    }
}
