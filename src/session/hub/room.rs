//! One interview with a candidate in a browser: the client of its session.

use super::log::{Log, Standing};
use super::page::{Page, PageMessage};
use super::{HubError, JOIN_WITHIN, KEPT_AFTER_END};
use crate::core::{
    ChallengePolicy, ControlEvent, EventKind, FieldError, InterviewSpec, MediaTime, ParticipantId,
    ParticipantSpec, Role, SessionId, TrackSpec,
};
use crate::session::{
    Backend, Caller, ChallengeRequest, ClientMessage, InboundError, Numbered, Permit, Registry,
    ServerMessage, Session, SessionError, SessionLimits,
};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

/// The one whom the room is for.
const CANDIDATE: &str = "candidate";
/// Messages on their way into the session.
const INPUT_MESSAGES: usize = 64;
/// Messages on their way out of it.
const OUTPUT_MESSAGES: usize = 16;
/// How long a call waits for the session to take it: 10 s.
const TAKE_WITHIN: Duration = Duration::from_secs(10);

/// What a host says.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Something happened now; the time stated with it is left out of account.
    Event(EventKind),
    /// About a challenge.
    Challenge(ChallengeRequest),
    /// The interview is over.
    Close {
        /// Why.
        reason: String,
    },
}

/// What a candidate's page sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// Counts the pushes from 0.
    pub index: u64,
    /// Media and what is said of challenges, in order.
    pub messages: Vec<ClientMessage>,
    /// The candidate leaves.
    pub leave: bool,
}

/// The candidate's seat; dropping it gives it up.
pub struct Seat {
    messages: mpsc::Receiver<PageMessage>,
    room: Arc<Room>,
    number: u64,
}

impl Stream for Seat {
    type Item = PageMessage;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<PageMessage>> {
        self.messages.poll_recv(cx)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.left(self.number);
    }
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({})", self.number)
    }
}

/// The way into the session; held while a call is taken, so that calls keep their order.
#[derive(Default)]
struct Way {
    input: Option<mpsc::Sender<Result<ClientMessage, InboundError>>>,
    next_index: u64,
    next_event: u64,
    /// The session was told to close; nothing may follow that.
    closing: bool,
}

/// One interview.
pub(super) struct Room {
    caller: Caller,
    id: SessionId,
    title: String,
    challenges: ChallengePolicy,
    created: Instant,
    log: Log,
    way: tokio::sync::Mutex<Way>,
    page: Mutex<Page>,
}

/// What a session needs.
pub(super) type Opening = (Arc<dyn Backend>, SessionLimits, Registry, Permit);

// === impl Room ===

impl Room {
    pub(super) fn new(
        caller: Caller,
        id: SessionId,
        title: String,
        challenges: ChallengePolicy,
    ) -> Self {
        Self {
            caller,
            id,
            title,
            challenges,
            created: Instant::now(),
            log: Log::new(),
            way: tokio::sync::Mutex::default(),
            page: Mutex::default(),
        }
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    fn page<T>(&self, run: impl FnOnce(&mut Page) -> T) -> T {
        run(&mut self.page.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// True when it can neither be joined nor watched any more.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.log.standing() {
            Standing::Waiting => now.duration_since(self.created) > JOIN_WITHIN,
            Standing::Joined | Standing::Away => false,
            Standing::Ended => {
                let ended = self.page(|page| page.ended());
                ended.is_none_or(|at| now.duration_since(at) > KEPT_AFTER_END)
            }
        }
    }

    fn spec(
        &self,
        mut tracks: Vec<TrackSpec>,
        consent_id: String,
    ) -> Result<InterviewSpec, FieldError> {
        if consent_id.is_empty() {
            return Err(FieldError::new(
                "consent_id",
                "nothing",
                "a record of the candidate's consent",
            ));
        }
        let candidate = ParticipantId::parse(CANDIDATE)?;
        for track in &mut tracks {
            track.participant = candidate.clone();
            track.reference = false;
        }
        Ok(InterviewSpec {
            session_id: self.id.clone(),
            participants: vec![ParticipantSpec {
                id: candidate,
                role: Role::Candidate,
                reference_session: None,
            }],
            tracks,
            consent_id,
            source_platform: "web".to_owned(),
            challenges: self.challenges.clone(),
        })
    }

    /// Takes the seat, and opens the interview where nobody has before.
    pub(super) async fn join(
        room: &Arc<Self>,
        open: impl FnOnce() -> Result<Opening, HubError>,
        tracks: Vec<TrackSpec>,
        consent_id: String,
    ) -> Result<Seat, HubError> {
        let mut way = room.way.lock().await;
        if room.log.standing() == Standing::Ended {
            return Err(HubError::Ended);
        }
        if way.input.is_none() {
            let spec = room.spec(tracks, consent_id)?;
            way.input = Some(room.open(open()?, spec).await?);
        }
        Ok(room.sit(way.next_index))
    }

    /// Starts the session and waits for its greeting.
    async fn open(
        self: &Arc<Self>,
        (backend, limits, registry, permit): Opening,
        spec: InterviewSpec,
    ) -> Result<mpsc::Sender<Result<ClientMessage, InboundError>>, HubError> {
        let (input, inbound) = mpsc::channel(INPUT_MESSAGES);
        let (output, mut messages) = mpsc::channel(OUTPUT_MESSAGES);
        let opening = ClientMessage::Open(Box::new(spec));
        input.try_send(Ok(opening)).map_err(|_| HubError::Busy)?;
        let inbound = Box::pin(ReceiverStream::new(inbound));
        Session::new(backend, limits, registry.clone(), permit, inbound, output).spawn();
        let greeting = match messages.recv().await {
            Some(Ok(greeting)) => Arc::new(greeting),
            Some(Err(error)) => return Err(error.into()),
            None => return Err(SessionError::Internal.into()),
        };
        if let ServerMessage::Hello(hello) = &greeting.message {
            self.page(|page| page.greeted(hello));
        }
        self.log.add(&greeting);
        let room = Arc::clone(self);
        registry.tasks().spawn(async move {
            let mut failure = None;
            while let Some(said) = messages.recv().await {
                match said {
                    Ok(message) => room.say(&Arc::new(message)),
                    Err(error) => failure = Some(error),
                }
            }
            room.end(failure);
        });
        Ok(input)
    }

    fn sit(self: &Arc<Self>, next_index: u64) -> Seat {
        let (messages, number) = self.page(|page| page.seat(&self.title, next_index));
        self.log.stands(Standing::Joined);
        Seat {
            messages,
            room: Arc::clone(self),
            number,
        }
    }

    /// The page of a seat is gone; it matters only for the latest one.
    fn left(&self, seat: u64) {
        if self.page(|page| page.left(seat)) {
            self.log.stands(Standing::Away);
        }
    }

    /// What the session says goes to the watchers, and what the page has to know to the page.
    fn say(&self, message: &Arc<Numbered>) {
        self.log.add(message);
        if let Some(told) = self.page(|page| page.hear(message)) {
            self.tell_page(told);
        }
    }

    fn tell_page(&self, message: PageMessage) {
        if !self.page(|page| page.tell(message)) {
            self.log.stands(Standing::Away);
        }
    }

    fn end(&self, failure: Option<SessionError>) {
        if let Some(error) = &failure {
            let reason = error.to_string();
            self.tell_page(PageMessage::Goodbye { reason });
        }
        self.page(Page::end);
        self.log.end(failure);
    }

    /// Takes a push; a page waits for the answer before the next one.
    pub(super) async fn push(&self, push: Push) -> Result<u64, HubError> {
        let mut way = self.way.lock().await;
        let Some(input) = way.input.clone() else {
            return Err(HubError::NotJoined);
        };
        if push.index < way.next_index {
            // It was taken, and the answer was lost.
            return Ok(way.next_index);
        }
        if push.index > way.next_index {
            return Err(HubError::Order {
                found: push.index,
                expected: way.next_index,
            });
        }
        if way.closing {
            return Err(HubError::Ended);
        }
        let leave = push.leave.then(|| ClientMessage::Close {
            reason: "the candidate left".to_owned(),
        });
        let messages: Vec<ClientMessage> = push.messages.into_iter().chain(leave).collect();
        if messages.len() > INPUT_MESSAGES {
            let expected = format!("at most {INPUT_MESSAGES} in one call");
            let found = format!("{} messages", messages.len());
            return Err(FieldError::new("media, shown and declined", found, expected).into());
        }
        // All of it or nothing, also where the call is given up meanwhile: what was taken once must not
        // be taken again.
        let room = tokio::time::timeout(TAKE_WITHIN, input.reserve_many(messages.len()));
        let places = room.await.map_err(|_| HubError::Busy)?;
        let places = places.map_err(|_| HubError::Ended)?;
        way.closing = push.leave;
        for (place, message) in places.zip(messages) {
            self.page(|page| page.note(&message));
            place.send(Ok(message));
        }
        way.next_index += 1;
        Ok(way.next_index)
    }

    /// Hands a host's command to the session.
    pub(super) async fn command(&self, command: Command) -> Result<MediaTime, HubError> {
        let mut way = self.way.lock().await;
        let Some(input) = way.input.clone() else {
            return match command {
                // Nobody has come; there is nothing to finish.
                Command::Close { .. } => {
                    self.end(None);
                    Ok(MediaTime::ZERO)
                }
                _ => Err(HubError::NotJoined),
            };
        };
        if way.closing {
            return Err(HubError::Ended);
        }
        let time = self.page(|page| page.now());
        let closing = matches!(command, Command::Close { .. });
        let message = match command {
            Command::Event(kind) => {
                way.next_event += 1;
                ClientMessage::Event {
                    id: way.next_event,
                    event: ControlEvent { time, kind },
                }
            }
            Command::Challenge(request) => ClientMessage::Challenge(request),
            Command::Close { reason } => ClientMessage::Close { reason },
        };
        match tokio::time::timeout(TAKE_WITHIN, input.send(Ok(message))).await {
            Ok(Ok(())) => {
                way.closing = closing;
                Ok(time)
            }
            Ok(Err(_)) => Err(HubError::Ended),
            Err(_) => Err(HubError::Busy),
        }
    }
}
