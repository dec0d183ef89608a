//! One running interview.

use crate::access::Way;
use crate::connection::{Connection, Driver, REQUESTS};
use crate::credit::Credit;
use crate::v1::interview_request::Message as Say;
use crate::v1::interview_service_client::InterviewServiceClient;
use crate::{ClientError, v1};
use prost::Message as _;
use prost::bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

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
    requests: mpsc::Sender<v1::InterviewRequest>,
    credit: Arc<Credit>,
    largest_payload: u64,
    largest_message: u64,
    next_sequence: HashMap<String, u64>,
    next_event: u64,
}

/// The half that receives. Dropping it ends the interview; what was not read is lost.
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
    /// The connection was lost, and the interview goes on on another one; nothing is to be done.
    Resumed(v1::Resumed),
    /// The last word.
    Summary(Box<v1::SessionSummary>),
}

impl Interview {
    pub(crate) async fn open(
        service: InterviewServiceClient<Way>,
        open: v1::Open,
    ) -> Result<Self, ClientError> {
        let session_id = open.session_id.clone();
        let (connection, hello) = Connection::open(&service, open).await?;
        let limits = hello.limits.clone().unwrap_or_default();
        let credit = Arc::new(Credit::new(limits.initial_credit_bytes));
        let (tx, updates) = mpsc::channel(UPDATES);
        let (requests, rx) = mpsc::channel(REQUESTS);
        let driver = Driver::new(service, session_id, &hello, rx, tx, Arc::clone(&credit));
        tokio::spawn(driver.run(connection));
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

pub(crate) fn request(message: Say) -> v1::InterviewRequest {
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

    /// Waits for room in the connection, also while there is none; nobody takes requests after the
    /// end.
    async fn send(&self, message: v1::InterviewRequest) -> Result<(), ClientError> {
        let sent = self.requests.send(message).await;
        sent.map_err(|_| ClientError::Ended)
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
