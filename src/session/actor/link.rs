//! The connection of an interview: lost, resumed, handed over.

use super::super::{
    Attachment, ClientMessage, Effect, Ending, Event, IdLease, InboundError, Input, Numbered,
    Output, Resumable, Resume, ResumeToken, Resumed, ServerMessage, SessionError, State, Tail,
    step,
};
use super::Session;
use crate::core::TrackId;
use crate::telemetry;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::time::Instant;
use tokio_stream::StreamExt as _;

/// One connection: what the client says, and where the answers go.
pub(super) struct Link {
    input: Input,
    output: Output,
    /// Room for the last word, kept from the start: a client that stopped reading is told why it
    /// was cut, once it reads on.
    last_word: Option<mpsc::OwnedPermit<Result<Numbered, SessionError>>>,
    /// The client's half of the stream has ended.
    pub(super) input_ended: bool,
}

/// What was read of a client, and what of it was read on an earlier connection: a client that
/// comes back may send the latter again, which is then no fault and changes nothing.
#[derive(Debug, Default)]
pub(super) struct Taken {
    chunks: BTreeMap<TrackId, u64>,
    latest_event: Option<u64>,
    earlier: Option<Earlier>,
}

#[derive(Debug, Default)]
struct Earlier {
    chunks: BTreeMap<TrackId, u64>,
    latest_event: Option<u64>,
    closed: bool,
}

/// How the task of a session ends.
#[derive(Debug)]
pub(super) enum Leaving {
    /// With its interview.
    InOrder,
    /// Its connection went to the interview that it resumes.
    HandedOver,
    /// It tells a client the last words of an interview that has ended.
    Telling(Arc<Tail>, u64),
}

// === impl Link ===

impl Link {
    pub(super) fn new(input: Input, output: Output) -> Self {
        Self {
            last_word: output.clone().try_reserve_owned().ok(),
            input,
            output,
            input_ended: false,
        }
    }

    /// Both directions, where there is a connection.
    pub(super) fn ends(link: &mut Option<Self>) -> (Option<&mut Input>, Option<&Output>) {
        match link {
            Some(link) => (Some(&mut link.input), Some(&link.output)),
            None => (None, None),
        }
    }

    /// Tells the client why this is the end, even if it does not read right now.
    pub(super) fn say_last(&mut self, error: SessionError) {
        if let Some(slot) = self.last_word.take() {
            slot.send(Err(error));
        }
    }
}

/// Resolves when nobody reads any more; never without a connection.
pub(super) async fn closed(output: Option<&Output>) {
    match output {
        Some(output) => output.closed().await,
        None => std::future::pending().await,
    }
}

/// Waits for room in the connection.
pub(super) async fn room(
    output: Option<&Output>,
) -> Result<mpsc::Permit<'_, Result<Numbered, SessionError>>, SendError<()>> {
    match output {
        Some(output) => output.reserve().await,
        None => std::future::pending().await,
    }
}

/// The client's next message.
pub(super) async fn next(input: Option<&mut Input>) -> Option<Result<ClientMessage, InboundError>> {
    match input {
        Some(input) => input.next().await,
        None => std::future::pending().await,
    }
}

// === impl Taken ===

impl Taken {
    pub(super) fn chunk(&mut self, track: &TrackId, sequence: u64) {
        match self.chunks.get_mut(track) {
            Some(latest) => *latest = sequence.max(*latest),
            None => drop(self.chunks.insert(track.clone(), sequence)),
        }
    }

    pub(super) fn event(&mut self, id: u64) {
        self.latest_event = self.latest_event.max(Some(id));
    }

    /// True for a chunk that came on an earlier connection.
    pub(super) fn has_chunk(&self, track: &TrackId, sequence: u64) -> bool {
        let latest = self.earlier.as_ref().and_then(|e| e.chunks.get(track));
        latest.is_some_and(|latest| sequence <= *latest)
    }

    /// The same for a control event.
    pub(super) fn has_event(&self, id: u64) -> bool {
        let latest = self.earlier.as_ref().and_then(|e| e.latest_event);
        latest.is_some_and(|latest| id <= latest)
    }

    /// The same for any message after `close`.
    pub(super) fn has(&self, message: &ClientMessage) -> bool {
        match message {
            ClientMessage::Media(chunk) => self.has_chunk(&chunk.track, chunk.sequence),
            ClientMessage::Event { id, .. } => self.has_event(*id),
            ClientMessage::Close { .. } => self.earlier.as_ref().is_some_and(|e| e.closed),
            _ => false,
        }
    }

    fn reconnect(&mut self, closed: bool) {
        self.earlier = Some(Earlier {
            chunks: self.chunks.clone(),
            latest_event: self.latest_event,
            closed,
        });
    }
}

// === impl Session ===

impl Session {
    /// The token that resumes this interview, if that is offered.
    pub(super) fn offer(&self, lease: &IdLease) -> Result<Option<ResumeToken>, SessionError> {
        if self.limits.resume_grace.is_zero() {
            return Ok(None);
        }
        let token = ResumeToken::draw()?;
        lease.offer(token.clone(), self.way_in.clone());
        Ok(Some(token))
    }

    /// After `close` the client has nothing more to say; what it says all the same is told it.
    pub(super) fn awaits_silence(&self) -> bool {
        let closed = matches!(self.state, State::Draining(Ending::Closed { .. }));
        let listens = self.link.as_ref().is_some_and(|l| !l.input_ended);
        closed && listens && self.late.is_none()
    }

    /// After `close`: the end of the stream, or a message that is out of turn.
    pub(super) fn on_late(&mut self, message: Option<Result<ClientMessage, InboundError>>) {
        match message {
            None => {
                if let Some(link) = &mut self.link {
                    link.input_ended = true;
                }
            }
            Some(Err(InboundError::Gone(_))) => self.on_gone(),
            Some(Err(InboundError::Invalid(e))) => self.late = Some(SessionError::Invalid(e)),
            Some(Err(InboundError::Unreadable(e))) => {
                self.late = Some(SessionError::Unreadable(e));
            }
            Some(Ok(message)) if self.taken_in.has(&message) => {}
            Some(Ok(message)) => {
                self.late = Some(SessionError::WrongOrder {
                    message: message.name(),
                    state: self.state.name(),
                });
            }
        }
    }

    /// The connection is lost.
    pub(super) fn on_gone(&mut self) {
        let resumable = self.token.is_some() && self.hello.is_some();
        if !self.state.is_terminal() {
            self.on(match resumable {
                true => Event::Disconnected,
                false => Event::Lost(SessionError::ClientGone),
            });
        }
        self.link = None;
    }

    pub(super) fn detach(&mut self) {
        if let Some(mut link) = self.link.take() {
            // Nobody reads it unless another connection took over.
            link.say_last(SessionError::TakenOver);
        }
        self.clocks.unread = None;
        self.clocks.detached = Some(Instant::now());
        telemetry::SessionDetached {
            key: self.permit.key(),
        }
        .emit();
    }

    /// This stream's client wants another interview than a new one: its connection goes there.
    pub(super) fn on_resume(&mut self, resume: &Resume) {
        if self.state != State::Opening {
            return self.on(Event::Opened);
        }
        let tenant = &self.permit.caller().tenant;
        let found = self
            .registry
            .find(tenant, &resume.session_id, &resume.token);
        match found {
            Ok(Resumable::Running(to)) => self.hand_over(&to, resume),
            Ok(Resumable::Ended(tail)) => {
                self.leaving = Leaving::Telling(tail, resume.last_sequence);
            }
            Err(error) => self.on(Event::OpenRefused(error)),
        }
    }

    fn hand_over(&mut self, to: &mpsc::Sender<Attachment>, resume: &Resume) {
        let Some(link) = self.link.take() else { return };
        // Its room for a last word belongs to the interview from here on.
        drop(link.last_word);
        let sent = to.try_send(Attachment {
            input: link.input,
            output: link.output,
            last_sequence: resume.last_sequence,
        });
        match sent {
            Ok(()) => self.leaving = Leaving::HandedOver,
            Err(TrySendError::Full(back) | TrySendError::Closed(back)) => {
                // It is being resumed by another stream, or ends at this very moment.
                self.link = Some(Link::new(back.input, back.output));
                self.on(Event::OpenRefused(SessionError::TakenOver));
            }
        }
    }

    /// A new connection for this interview.
    pub(super) fn on_attach(&mut self, attachment: Attachment) {
        let Attachment {
            input,
            output,
            last_sequence,
        } = attachment;
        let mut link = Link::new(input, output);
        let Ok((next, effects)) = step(&self.state, Event::Resumed) else {
            let error = match &self.state {
                // What is left to say is said by the tail.
                State::Concluded(_) | State::Aborted(_) => SessionError::TakenOver,
                _ => SessionError::ResumeTooLate(self.limits.resume_grace),
            };
            return link.say_last(error);
        };
        for effect in effects {
            match effect {
                Effect::Attach => {}
                other => self.perform(other),
            }
        }
        self.state = next;
        self.link = Some(link);
        self.clocks.detached = None;
        self.clocks.active = Instant::now();
        self.record.resumed = self.record.resumed.saturating_add(1);
        self.greet_again(last_sequence);
        telemetry::SessionResumed {
            key: self.permit.key(),
        }
        .emit();
    }

    fn greet_again(&mut self, last_sequence: u64) {
        let Some(mut hello) = self.hello.clone() else {
            return;
        };
        let closed = self.state.ending().is_some();
        self.taken_in.reconnect(closed);
        let lost = self.outbox.resume(last_sequence);
        let held = self.queue.bytes().saturating_add(self.at_work_bytes);
        hello.resumed = Some(Resumed {
            next_sequence: self.outbox.next_sequence(),
            tracks: self
                .taken_in
                .chunks
                .iter()
                .map(|(t, n)| (t.clone(), *n))
                .collect(),
            latest_event: self.taken_in.latest_event,
            credit_bytes: self.limits.queue_bytes.saturating_sub(held),
            closed,
            lost,
        });
        self.outbox.greet(ServerMessage::Hello(Box::new(hello)));
    }

    /// The last of the task: leaves a tail for a client that comes back, and serves one that
    /// came at the last moment.
    pub(super) async fn leave(mut self) {
        let limit = self.limits.stuck_timeout;
        match std::mem::replace(&mut self.leaving, Leaving::InOrder) {
            Leaving::HandedOver => return,
            Leaving::Telling(tail, last_sequence) => {
                if let Some(link) = self.link.take() {
                    let output = link.output;
                    tell(&output, &tail, last_sequence, limit).await;
                }
                return;
            }
            Leaving::InOrder => {}
        }
        let (Some(lease), Some(token), Some(hello)) =
            (self.lease.take(), self.token.take(), self.hello.take())
        else {
            return;
        };
        self.link = None;
        let late = self.outbox.is_forgetful();
        let tail = std::mem::take(&mut self.outbox).into_tail(hello);
        let tail = (!late).then(|| Arc::new(tail));
        lease.leave(token, self.limits.resume_grace, tail.clone());
        self.attachments.close();
        while let Some(Attachment {
            input,
            output,
            last_sequence,
        }) = self.attachments.recv().await
        {
            match &tail {
                Some(tail) => tell(&output, tail, last_sequence, limit).await,
                None => Link::new(input, output)
                    .say_last(SessionError::ResumeTooLate(self.limits.resume_grace)),
            }
        }
    }
}

/// Tells the last words, for as long as a client may take to read them.
async fn tell(output: &Output, tail: &Tail, last_sequence: u64, limit: Duration) {
    let told = tail.tell(output, last_sequence);
    if tokio::time::timeout(limit, told).await.is_err() {
        tracing::debug!("the last words were not read");
    }
}
