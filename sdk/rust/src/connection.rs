//! The connection of an interview, and the task that keeps it: one that is lost is replaced by
//! another with the server's resume token, and what is not known to have arrived is sent again.

use crate::access::Way;
use crate::credit::Credit;
use crate::error::broke;
use crate::interview::{Update, request};
use crate::kept::Kept;
use crate::v1::interview_request::Message as Say;
use crate::v1::interview_response::Message as Said;
use crate::v1::interview_service_client::InterviewServiceClient;
use crate::{ClientError, v1};
use prost::bytes::Bytes;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

/// Requests between the sender and its connection: 4; flow credit is the real bound.
pub(crate) const REQUESTS: usize = 4;
/// How long one attempt to resume may take: 10 s.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Pauses between attempts: from 100 ms, doubled up to 5 s, each cut by up to a half at random so
/// that clients of one server do not come back at once.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long the end of the client's half has to reach the server before the rest is let go: 500 ms.
const FAREWELL: Duration = Duration::from_millis(500);

/// One stream to the server.
pub(crate) struct Connection {
    to: Option<mpsc::Sender<v1::InterviewRequest>>,
    from: Streaming<v1::InterviewResponse>,
}

/// Keeps the connection of one interview; see the module.
pub(crate) struct Driver {
    service: InterviewServiceClient<Way>,
    session_id: String,
    token: Bytes,
    grace: Duration,
    capacity: u64,
    requests: mpsc::Receiver<v1::InterviewRequest>,
    updates: mpsc::Sender<Result<Update, ClientError>>,
    credit: Arc<Credit>,
    kept: Kept,
    /// Nothing more comes from the sender.
    sender_done: bool,
    summary_seen: bool,
    /// Number of the latest response.
    last_sequence: u64,
    /// An update that waits for room.
    waiting: Option<Update>,
}

/// How an exchange over one connection ended.
enum End {
    /// The server ended the interview.
    Over(Result<(), ClientError>),
    /// The connection is lost.
    Lost(Status),
    /// Nobody reads the updates any more.
    Abandoned,
}

/// What happened in an exchange.
enum Step {
    Done,
    /// The server does not listen any more.
    Deaf,
    Said(Box<Result<Option<v1::InterviewResponse>, Status>>),
}

// === impl Connection ===

impl Connection {
    /// Opens a stream and waits for the server's greeting.
    pub(crate) async fn open(
        service: &InterviewServiceClient<Way>,
        open: v1::Open,
    ) -> Result<(Self, v1::Hello), ClientError> {
        let (to, outgoing) = mpsc::channel(REQUESTS);
        let first = request(Say::Open(open));
        to.send(first).await.map_err(|_| ClientError::Ended)?;
        let mut service = service.clone();
        let responses = service.interview(ReceiverStream::new(outgoing)).await?;
        let mut from = responses.into_inner();
        match from.message().await? {
            Some(v1::InterviewResponse {
                message: Some(Said::Hello(hello)),
                ..
            }) => Ok((Self { to: Some(to), from }, hello)),
            _ => Err(ClientError::NoHello),
        }
    }

    /// Ends the client's half, which is an orderly end, and gives it time to arrive.
    async fn farewell(mut self) {
        self.to = None;
        let rest = async { while let Ok(Some(_)) = self.from.message().await {} };
        // A server that still has work to do for nobody is not waited for.
        timeout(FAREWELL, rest).await.ok();
    }
}

// === impl Driver ===

impl Driver {
    pub(crate) fn new(
        service: InterviewServiceClient<Way>,
        session_id: String,
        hello: &v1::Hello,
        requests: mpsc::Receiver<v1::InterviewRequest>,
        updates: mpsc::Sender<Result<Update, ClientError>>,
        credit: Arc<Credit>,
    ) -> Self {
        let limits = hello.limits.as_ref();
        Self {
            service,
            session_id,
            token: hello.resume_token.clone(),
            grace: Duration::from_millis(hello.resume_grace_ms.into()),
            capacity: limits.map_or(0, |l| l.initial_credit_bytes),
            requests,
            updates,
            credit,
            kept: Kept::default(),
            sender_done: false,
            summary_seen: false,
            last_sequence: 0,
            waiting: None,
        }
    }

    /// Runs to the end of the interview.
    pub(crate) async fn run(mut self, mut connection: Connection) {
        let end = loop {
            match self.exchange(&mut connection).await {
                End::Over(end) => break end,
                End::Abandoned => {
                    self.credit.end();
                    self.requests.close();
                    return connection.farewell().await;
                }
                End::Lost(why) => match self.reconnect(why).await {
                    Ok(Some(next)) => connection = next,
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                },
            }
        };
        // Senders learn of the end before the last update is read.
        self.credit.end();
        self.requests.close();
        if let Some(update) = self.waiting.take() {
            self.updates.send(Ok(update)).await.ok();
        }
        if let Err(error) = end {
            self.updates.send(Err(error)).await.ok();
        }
    }

    /// Sends and reads until the connection or the interview ends. Reads to the trailers, so that
    /// the server's status is never lost.
    async fn exchange(&mut self, connection: &mut Connection) -> End {
        loop {
            if self.sender_done && !self.kept.has_next() {
                connection.to = None;
            }
            let Connection { to, from } = &mut *connection;
            let Self {
                updates,
                waiting,
                requests,
                kept,
                sender_done,
                ..
            } = &mut *self;
            let has_next = kept.has_next();
            let step = tokio::select! {
                // A reader that lost interest ends the interview at once, not with the next message.
                () = updates.closed() => return End::Abandoned,
                room = updates.reserve(), if waiting.is_some() => match (room, waiting.take()) {
                    (Ok(room), Some(update)) => {
                        room.send(Ok(update));
                        Step::Done
                    }
                    _ => return End::Abandoned,
                },
                said = from.message(), if waiting.is_none() => Step::Said(Box::new(said)),
                next = requests.recv(), if !has_next && !*sender_done => {
                    match next {
                        Some(request) => kept.push(request),
                        None => *sender_done = true,
                    }
                    Step::Done
                }
                room = room(to.as_ref()), if has_next => match (room, kept.next()) {
                    (Some(room), Some(next)) => {
                        room.send(next);
                        Step::Done
                    }
                    _ => Step::Deaf,
                },
            };
            match step {
                Step::Done => {}
                // The other half says why.
                Step::Deaf => connection.to = None,
                Step::Said(said) => match *said {
                    Ok(Some(response)) => self.hear(response),
                    Ok(None) => return End::Over(Ok(())),
                    Err(status) if self.may_resume(&status) => return End::Lost(status),
                    Err(status) => return End::Over(Err(status.into())),
                },
            }
        }
    }

    fn hear(&mut self, response: v1::InterviewResponse) {
        if response.sequence <= self.last_sequence && response.sequence > 0 {
            return;
        }
        self.last_sequence = response.sequence.max(self.last_sequence);
        self.waiting = match response.message {
            Some(Said::Credit(c)) => {
                self.kept.granted(c.bytes);
                self.credit.grant(c.bytes);
                None
            }
            Some(Said::Segment(s)) => Some(Update::Segment(Box::new(s))),
            Some(Said::Notice(n)) => Some(Update::Notice(n)),
            Some(Said::Ack(a)) => {
                self.kept.acknowledged(a.event_id);
                Some(Update::Ack(a))
            }
            Some(Said::Capabilities(c)) => Some(Update::Capabilities(c)),
            Some(Said::Challenge(c)) => Some(Update::Challenge(Box::new(c))),
            Some(Said::Summary(s)) => {
                self.summary_seen = true;
                Some(Update::Summary(Box::new(s)))
            }
            // A message of a later protocol version is not ours to judge.
            Some(Said::Hello(_)) | None => None,
        };
    }

    /// True when the transport and not the server ended the stream, and the server lets us back in.
    fn may_resume(&self, status: &Status) -> bool {
        let lost = broke(status) || status.code() == Code::Unavailable;
        lost && !self.token.is_empty() && !self.grace.is_zero()
    }

    /// Another connection for the interview; none when nobody waits for it any more.
    async fn reconnect(&mut self, why: Status) -> Result<Option<Connection>, ClientError> {
        if self.summary_seen {
            // Only the end of the stream was lost.
            return Ok(None);
        }
        let until = Instant::now() + self.grace;
        let mut pause = FIRST_PAUSE;
        loop {
            let attempt = tokio::select! {
                attempt = timeout(ATTEMPT, self.resume()) => attempt,
                () = self.updates.closed() => return Ok(None),
            };
            match attempt {
                Ok(Ok((connection, at))) => {
                    self.go_on(at);
                    return Ok(Some(connection));
                }
                Ok(Err(error)) if !may_try_again(&error) => return Err(error),
                Ok(Err(_)) | Err(_) => {}
            }
            if Instant::now() + pause > until {
                return Err(why.into());
            }
            tokio::select! {
                () = sleep(cut(pause)) => {}
                () = self.updates.closed() => return Ok(None),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn resume(&self) -> Result<(Connection, v1::Resumed), ClientError> {
        let open = v1::Open {
            session_id: self.session_id.clone(),
            resume_token: self.token.clone(),
            last_sequence: self.last_sequence,
            ..Default::default()
        };
        let (connection, hello) = Connection::open(&self.service, open).await?;
        let at = hello.resumed.ok_or(ClientError::NoHello)?;
        Ok((connection, at))
    }

    fn go_on(&mut self, at: v1::Resumed) {
        let (untaken, seen) = self.kept.resume(&at, self.capacity);
        self.credit.restate(at.credit_bytes, untaken, seen);
        // An update that still waits is older, and stays first; this one only informs.
        if self.waiting.is_none() {
            self.waiting = Some(Update::Resumed(at));
        }
    }
}

/// A pause, shorter by up to a half, drawn at random.
fn cut(pause: Duration) -> Duration {
    let cut = RandomState::new().build_hasher().finish() % 512;
    let part = 1_024 - u32::try_from(cut).unwrap_or(0);
    pause * part / 1_024
}

/// The pause after so many failures, 1 and up.
pub(crate) fn pause_after(failed: u32) -> Duration {
    let grown = FIRST_PAUSE * 2u32.saturating_pow(failed.saturating_sub(1).min(8));
    cut(grown.min(LONGEST_PAUSE))
}

/// True when a later attempt may succeed; of a stream or a watch, also one that the server aborted.
pub(crate) fn may_try_again(error: &ClientError) -> bool {
    let aborted = |s: &Status| s.code() == Code::Aborted;
    error.should_retry() || error.status().is_some_and(aborted)
}

/// Room in the connection; `None` when it is gone, and never without a client's half.
async fn room(
    to: Option<&mpsc::Sender<v1::InterviewRequest>>,
) -> Option<mpsc::Permit<'_, v1::InterviewRequest>> {
    match to {
        Some(to) => to.reserve().await.ok(),
        None => std::future::pending().await,
    }
}
