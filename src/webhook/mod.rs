//! Tells the operator's own service that an interview or a review is over, by signed HTTP requests.
//!
//! **In:** what is over, as JSON. **Out:** POSTs as Standard Webhooks 1.0 has them. **May touch:** the network, the
//! clock. **Must not touch:** media, sessions.
//!
//! Nobody waits for a receiver: a notice goes into a bounded queue, is tried eight times within hours, and is
//! given up then, counted and logged by its id. What is still waiting when the process stops gets one more try.
//! Everything in a notice can be fetched elsewhere (summary), so a lost one loses no result.

mod post;
mod queue;
mod sign;

pub use sign::WebhookSecret;

use crate::telemetry::WebhookTried;
use post::Poster;
use queue::{Delivery, MOST_WAITING, Waiting};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time for the last tries of a process that stops.
const LAST_TRIES: Duration = Duration::from_secs(5);

/// Why no notices can be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// An address that cannot be used.
    #[error("webhook.url: found {0}, expected https://..., or http://... of this machine")]
    Url(&'static str),
    /// The file of the authority.
    #[error("webhook.ca_file: {0}")]
    Authority(String),
    /// TLS does not start.
    #[error("webhook: TLS: {0}")]
    Tls(String),
}

/// Who is told, and how.
#[derive(Clone)]
pub struct WebhookTarget(Poster);

// === impl WebhookTarget ===

impl WebhookTarget {
    /// `url` is `https://...`, or `http://...` of this machine; notices are signed with `secret`. `authority` (a
    /// PEM file) is believed in place of the system's.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn new(
        url: &str,
        secret: WebhookSecret,
        authority: Option<&Path>,
    ) -> Result<Self, WebhookError> {
        Poster::new(url, secret, authority).map(Self)
    }
}

impl std::fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookTarget(..)")
    }
}

/// What is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A live interview, with its summary.
    InterviewConcluded,
    /// A review job that is done, has failed or was cancelled.
    ReviewFinished,
}

// === impl Topic ===

impl Topic {
    /// The word in a notice's `type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::InterviewConcluded => "interview.concluded",
            Self::ReviewFinished => "review.finished",
        }
    }
}

/// Sends notices; clones share a queue.
#[derive(Debug, Clone)]
pub struct Webhook {
    to: mpsc::Sender<Delivery>,
}

// === impl Webhook ===

impl Webhook {
    /// Starts sending; the task ends when `stop` is cancelled, after one more try of what waits.
    pub fn start(target: &WebhookTarget, stop: CancellationToken) -> (Self, JoinHandle<()>) {
        let (to, from) = mpsc::channel(MOST_WAITING);
        let sending = tokio::spawn(deliver(from, target.0.clone(), stop));
        (Self { to }, sending)
    }

    /// Puts a notice into the queue; never waits.
    pub fn tell(&self, topic: Topic, data: &Value) {
        let delivery = delivery(topic, data, now());
        if let Err(refused) = self.to.try_send(delivery) {
            let id = refused.into_inner().id;
            let detail = "too many notices wait";
            WebhookTried::given_up(&id, detail).emit();
        }
    }
}

fn delivery(topic: Topic, data: &Value, now: SystemTime) -> Delivery {
    let at = time::OffsetDateTime::from(now);
    let at = at.format(&time::format_description::well_known::Rfc3339);
    let body = json!({
        "type": topic.word(),
        "timestamp": at.unwrap_or_default(),
        "data": data,
    });
    Delivery {
        id: format!("msg_{}", hex::encode(drawn::<16>())),
        body: body.to_string().into_bytes(),
        tries: 0,
    }
}

/// Bytes of the system's random source; zeros where it has none, which nothing here rests on but the difference
/// between names and between waits.
fn drawn<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok();
    bytes
}

#[expect(
    clippy::disallowed_methods,
    reason = "a receiver refuses requests that say an old time"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// From 0 to 1.
fn jitter() -> f64 {
    f64::from(u32::from_le_bytes(drawn())) / f64::from(u32::MAX)
}

async fn deliver(mut from: mpsc::Receiver<Delivery>, poster: Poster, stop: CancellationToken) {
    let mut waiting: Waiting<Instant> = Waiting::new();
    let given_up = |d: Option<Delivery>, detail: &str| {
        if let Some(d) = d {
            WebhookTried::given_up(&d.id, detail).emit();
        }
    };
    loop {
        let next = waiting.next_at();
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            fresh = from.recv() => match fresh {
                Some(d) => given_up(waiting.add(Instant::now(), d), "too many notices wait"),
                // Nobody is left who could tell anything.
                None if next.is_none() => return,
                None => due_or_stopped(next, &stop).await,
            },
            () = due => {}
        }
        while let Some(d) = waiting.due(Instant::now()) {
            let tried = tokio::select! {
                tried = poster.post(&d.id, d.body.clone()) => tried,
                () = stop.cancelled() => {
                    given_up(waiting.add(Instant::now(), d), "too many notices wait");
                    break;
                }
            };
            match tried {
                Ok(()) => WebhookTried::delivered(&d.id).emit(),
                Err(why) => {
                    WebhookTried::failed(&d.id, &why).emit();
                    given_up(waiting.again(Instant::now(), d, jitter()), &why);
                }
            }
        }
    }
    from.close();
    let mut last = waiting.take_all();
    while let Ok(d) = from.try_recv() {
        last.push(d);
    }
    let until = Instant::now() + LAST_TRIES;
    for d in last {
        match tokio::time::timeout_at(until, poster.post(&d.id, d.body)).await {
            Ok(Ok(())) => WebhookTried::delivered(&d.id).emit(),
            Ok(Err(why)) => WebhookTried::given_up(&d.id, &why).emit(),
            Err(_) => WebhookTried::given_up(&d.id, "the process stops").emit(),
        }
    }
}

async fn due_or_stopped(next: Option<Instant>, stop: &CancellationToken) {
    let Some(at) = next else { return };
    tokio::select! {
        () = tokio::time::sleep_until(at) => {}
        () = stop.cancelled() => {}
    }
}
