//! One running interview.

use crate::access::Way;
use crate::credit::Credit;
use crate::v1::interview_request::Message as Say;
use crate::v1::interview_response::Message as Said;
use crate::v1::interview_service_client::InterviewServiceClient;
use crate::{ClientError, v1};
use prost::Message as _;
use prost::bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Requests between the sender and its connection: 4; flow credit is the real bound.
const REQUESTS: usize = 4;
/// Updates that may wait to be read: 256. When they are not read, credit stops coming as well.
const UPDATES: usize = 256;

/// An interview that the server has greeted.
#[derive(Debug)]
pub struct Interview {
    hello: v1::Hello,
    sender: InterviewSender,
    updates: Updates,
}

/// The half that sends. Dropping it without [`close`](Self::close) ends the interview as partial.
#[derive(Debug)]
pub struct InterviewSender {
    requests: Arc<Outgoing>,
    credit: Arc<Credit>,
    largest_payload: u64,
    largest_message: u64,
    next_sequence: HashMap<String, u64>,
    next_event: u64,
}

/// The way to the connection; gone when the interview has ended, so that the connection lets go of
/// it whether or not the sender is still held.
#[derive(Debug)]
struct Outgoing(Mutex<Option<mpsc::Sender<v1::InterviewRequest>>>);

impl Outgoing {
    fn lock(&self) -> MutexGuard<'_, Option<mpsc::Sender<v1::InterviewRequest>>> {
        // One pointer: a panic cannot leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The half that receives. Dropping it cancels the interview.
#[derive(Debug)]
pub struct Updates {
    updates: mpsc::Receiver<Result<Update, ClientError>>,
}

/// What the server has to say after `hello`.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Assessment of a segment, provisional or final.
    Segment(Box<v1::SegmentResult>),
    /// Something about the material.
    Notice(v1::QualityNotice),
    /// Answer to a control event.
    Ack(v1::EventAck),
    /// What the signals can do turned out otherwise than `hello` said.
    Capabilities(v1::CapabilityUpdate),
    /// What becomes of a challenge.
    Challenge(Box<v1::ChallengeUpdate>),
    /// The last word.
    Summary(Box<v1::SessionSummary>),
}

impl Interview {
    pub(crate) async fn open(
        mut service: InterviewServiceClient<Way>,
        open: v1::Open,
    ) -> Result<Self, ClientError> {
        let (requests, outgoing) = mpsc::channel(REQUESTS);
        let first = request(Say::Open(open));
        requests.send(first).await.map_err(|_| ClientError::Ended)?;
        let responses = service.interview(ReceiverStream::new(outgoing)).await?;
        let mut responses = responses.into_inner();
        let hello = match responses.message().await? {
            Some(v1::InterviewResponse {
                message: Some(Said::Hello(hello)),
                ..
            }) => hello,
            _ => return Err(ClientError::NoHello),
        };
        let limits = hello.limits.clone().unwrap_or_default();
        let credit = Arc::new(Credit::new(limits.initial_credit_bytes));
        let (tx, updates) = mpsc::channel(UPDATES);
        let requests = Arc::new(Outgoing(Mutex::new(Some(requests))));
        // Held weakly: dropping the sender ends the client's side of the stream.
        let way = Arc::downgrade(&requests);
        tokio::spawn(read(responses, tx, credit.clone(), way));
        Ok(Self {
            sender: InterviewSender {
                requests,
                credit,
                largest_payload: limits.initial_credit_bytes,
                largest_message: limits.max_message_bytes,
                next_sequence: HashMap::new(),
                next_event: 1,
            },
            updates: Updates { updates },
            hello,
        })
    }

    /// What the server takes, and which signals can run.
    pub fn hello(&self) -> &v1::Hello {
        &self.hello
    }

    /// The two halves, to be used at the same time.
    pub fn split(self) -> (InterviewSender, Updates) {
        (self.sender, self.updates)
    }
}

/// Reads to the trailers, so that the server's status is never lost.
async fn read(
    mut responses: Streaming<v1::InterviewResponse>,
    updates: mpsc::Sender<Result<Update, ClientError>>,
    credit: Arc<Credit>,
    way: Weak<Outgoing>,
) {
    loop {
        // A reader that lost interest cancels the interview at once, not with the next message.
        let next = tokio::select! {
            next = responses.message() => next,
            () = updates.closed() => break,
        };
        let update = match next {
            Ok(Some(response)) => match response.message {
                Some(Said::Credit(c)) => {
                    credit.grant(c.bytes);
                    continue;
                }
                Some(Said::Segment(s)) => Ok(Update::Segment(Box::new(s))),
                Some(Said::Notice(n)) => Ok(Update::Notice(n)),
                Some(Said::Ack(a)) => Ok(Update::Ack(a)),
                Some(Said::Capabilities(c)) => Ok(Update::Capabilities(c)),
                Some(Said::Challenge(c)) => Ok(Update::Challenge(Box::new(c))),
                Some(Said::Summary(s)) => Ok(Update::Summary(Box::new(s))),
                // A message of a later protocol version is not ours to judge.
                Some(Said::Hello(_)) | None => continue,
            },
            Ok(None) => break,
            Err(status) => Err(ClientError::from(status)),
        };
        let ended = update.is_err();
        if updates.send(update).await.is_err() || ended {
            break;
        }
    }
    credit.end();
    if let Some(way) = way.upgrade() {
        way.lock().take();
    }
}

fn request(message: Say) -> v1::InterviewRequest {
    v1::InterviewRequest {
        message: Some(message),
    }
}

impl InterviewSender {
    /// Sends one picture or block of sound, numbered by this sender. Waits for flow credit.
    /// `capture_time_us` is the capture time on the track's clock in microseconds.
    ///
    /// # Errors
    /// [`ClientError::TooLarge`], or [`ClientError::Ended`] when the interview is over; the
    /// updates then say why.
    pub async fn send_media(
        &mut self,
        track_id: &str,
        capture_time_us: i64,
        payload: impl Into<Bytes>,
        layout: Option<v1::PictureLayout>,
    ) -> Result<(), ClientError> {
        let sequence = match self.next_sequence.get_mut(track_id) {
            Some(next) => {
                *next += 1;
                *next
            }
            None => {
                self.next_sequence.insert(track_id.to_owned(), 0);
                0
            }
        };
        self.send_chunk(v1::MediaChunk {
            track_id: track_id.to_owned(),
            sequence,
            capture_time_us,
            payload: payload.into(),
            layout,
            keyframe: true,
            ..Default::default()
        })
        .await
    }

    /// Sends a chunk as it is, for senders that number chunks themselves. Waits for flow credit.
    ///
    /// # Errors
    /// As [`send_media`](Self::send_media).
    pub async fn send_chunk(&mut self, chunk: v1::MediaChunk) -> Result<(), ClientError> {
        let bytes = chunk.payload.len() as u64;
        if bytes > self.largest_payload {
            return Err(ClientError::TooLarge {
                found: bytes,
                limit: self.largest_payload,
            });
        }
        let message = request(Say::Media(chunk));
        let whole = message.encoded_len() as u64;
        if whole > self.largest_message {
            return Err(ClientError::TooLarge {
                found: whole,
                limit: self.largest_message,
            });
        }
        if !self.credit.take(bytes).await {
            return Err(ClientError::Ended);
        }
        self.send(message).await
    }

    /// Sends a control event at `time_us` of session time and returns its id, which the server
    /// repeats in its acknowledgement.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn send_event(
        &mut self,
        time_us: i64,
        event: v1::control_event::Event,
    ) -> Result<u64, ClientError> {
        let event_id = self.next_event;
        self.next_event += 1;
        let event = v1::ControlEvent {
            event_id,
            time_us,
            event: Some(event),
        };
        self.send(request(Say::Event(event))).await?;
        Ok(event_id)
    }

    /// Asks for a challenge; the updates say what becomes of it.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn issue_challenge(&self, ask: v1::IssueChallenge) -> Result<(), ClientError> {
        self.send(request(Say::IssueChallenge(ask))).await
    }

    /// Says when the prompt of a challenge was on the candidate's screen in full.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn challenge_shown(&self, shown: v1::ChallengeShown) -> Result<(), ClientError> {
        self.send(request(Say::ChallengeShown(shown))).await
    }

    /// Says that a challenge is not carried out.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn decline_challenge(&self, why: v1::ChallengeDeclined) -> Result<(), ClientError> {
        self.send(request(Say::ChallengeDeclined(why))).await
    }

    /// Payload bytes that can be sent without waiting.
    pub fn credit(&self) -> u64 {
        self.credit.left()
    }

    /// Says that no more media comes. The summary follows in the updates.
    ///
    /// # Errors
    /// [`ClientError::Ended`].
    pub async fn close(self, reason: &str) -> Result<(), ClientError> {
        let reason = reason.to_owned();
        self.send(request(Say::Close(v1::Close { reason }))).await
    }

    /// Waits for room in the connection, but not after the end: nobody takes requests then.
    async fn send(&self, message: v1::InterviewRequest) -> Result<(), ClientError> {
        let requests = self.requests.lock().clone().ok_or(ClientError::Ended)?;
        tokio::select! {
            biased;
            () = self.credit.ended() => Err(ClientError::Ended),
            sent = requests.send(message) => sent.map_err(|_| ClientError::Ended),
        }
    }
}

impl Updates {
    /// The next update; `None` when the interview ended in order.
    ///
    /// # Errors
    /// The server's status when it did not; nothing follows it.
    pub async fn next(&mut self) -> Result<Option<Update>, ClientError> {
        self.updates.recv().await.transpose()
    }
}
