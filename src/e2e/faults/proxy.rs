//! A wire that can be cut: a TCP proxy between a client and the server.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The wire. Dropping it cuts all connections.
pub struct Wire {
    /// Address for clients.
    pub to: String,
    cut: Arc<Mutex<CancellationToken>>,
    dead: watch::Sender<bool>,
    refuse: watch::Sender<bool>,
    all: CancellationToken,
}

impl Wire {
    /// A wire to a server's address.
    pub async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}", listener.local_addr().unwrap());
        let server = server.trim_start_matches("http://").to_owned();
        let all = CancellationToken::new();
        let cut = Arc::new(Mutex::new(all.child_token()));
        let (dead, is_dead) = watch::channel(false);
        let (refuse, refuses) = watch::channel(false);
        let (cuts, stop) = (cut.clone(), all.clone());
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap().0,
                    () = stop.cancelled() => return,
                };
                if *refuses.borrow() {
                    continue;
                }
                let token = cuts.lock().unwrap().clone();
                tokio::spawn(join(accepted, server.clone(), token, is_dead.clone()));
            }
        });
        Self {
            to,
            cut,
            dead,
            refuse,
            all,
        }
    }

    /// Resets all connections; new ones are taken.
    pub fn cut(&self) {
        let mut cut = self.cut.lock().unwrap();
        cut.cancel();
        *cut = self.all.child_token();
    }

    /// Nothing gets through any more in either direction, and nobody is told.
    pub fn die(&self) {
        self.dead.send_replace(true);
    }

    /// New connections are reset at once.
    pub fn refuse(&self, refuse: bool) {
        self.refuse.send_replace(refuse);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.all.cancel();
    }
}

async fn join(
    client: TcpStream,
    server: String,
    cut: CancellationToken,
    dead: watch::Receiver<bool>,
) {
    let server = TcpStream::connect(server).await.unwrap();
    for socket in [&client, &server] {
        socket.set_nodelay(true).unwrap();
        // Closing means a reset, as when a machine vanishes.
        socket.set_zero_linger().unwrap();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = cut.cancelled() => {}
        () = pump(from_client, to_server, dead.clone()) => {}
        () = pump(from_server, to_client, dead) => {}
    }
}

async fn died(dead: &mut watch::Receiver<bool>) {
    if dead.wait_for(|d| *d).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut dead: watch::Receiver<bool>) {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let n = tokio::select! {
            read = from.read(&mut bytes) => read.unwrap_or(0),
            () = died(&mut dead) => 0,
        };
        if *dead.borrow() {
            std::future::pending::<()>().await;
        }
        if n == 0 || to.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}
