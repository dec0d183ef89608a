//! The border of the live service with its state: messages of one client, as bytes, through
//! decoding, conversion, queue, ingest, decoders and pipeline, and the answers back onto the wire.
//!
//! An input is a head of [`HEAD`] bytes (load) and pieces. Each is a message of the protocol by its
//! kind, or [`WORK`]: what waits is worked off. There is no clock and no task, so an input always
//! does the same; what the session's task adds is tested over real sockets (`src/e2e`).

use super::pieces::Pieces;
use super::{Reached, world};
use liveproof::core::{
    ControlEvent, InterviewSpec, MediaTime, Outcome, ParticipantId, ParticipantSpec, Role,
    SegmentResult, SessionId, SessionSummary, TenantId,
};
use liveproof::engine::ModelSet;
use liveproof::grpc::convert::{
    client_message, read_capability, read_segment, read_summary, read_update, server_message, web,
};
use liveproof::session::{
    Assessor, Backend as _, ClientMessage, Command, Item, MediaQueue, Numbered, Record, Report,
    ServerMessage, Shed,
};
use liveproof_sdk::v1;
use prost::Message as _;
use tokio_util::sync::CancellationToken;

/// Bytes before the first piece.
pub const HEAD: usize = 1;
/// `InterviewRequest`.
pub const REQUEST: u8 = 0;
/// `PushRequest` of a candidate's page.
pub const PUSH: u8 = 1;
/// `JoinRequest` of a candidate's page.
pub const JOIN: u8 = 2;
/// `CommandRequest` of a host's page.
pub const COMMAND: u8 = 3;
/// `CreateInterviewRequest` of a host's page.
pub const CREATE: u8 = 4;
/// What waits is worked off.
pub const WORK: u8 = 5;
/// The session's load changes: the first byte of the piece is the step.
pub const LOAD: u8 = 6;
/// Number of kinds; further ones stand for the first again.
pub const KINDS: u8 = 7;

/// Largest response, gRPC's usual limit on the client's side.
const MAX_RESPONSE_BYTES: usize = 4 << 20;
/// Items of one job, as a session takes them.
const BATCH: usize = 32;

/// Runs an input.
pub fn run(data: &[u8]) -> Reached {
    let ([load], pieces) = Pieces::split::<HEAD>(data);
    let mut session = Session::new(load);
    for (kind, piece) in pieces {
        match kind % KINDS {
            PUSH => session.push(piece),
            JOIN => session.join(piece),
            COMMAND => session.command(piece),
            CREATE => session.create(piece),
            WORK => session.work(),
            LOAD => session.shed(piece.first().copied().unwrap_or_default()),
            _ => session.request(piece),
        }
        if session.closed.is_some() {
            break;
        }
    }
    session.end()
}

/// One interview without its task.
struct Session {
    reached: Reached,
    load: u8,
    open: Option<(InterviewSpec, Box<dyn Assessor>)>,
    queue: MediaQueue,
    /// What the host's page asked for; an interview of a page is created before it is joined.
    created: Option<SessionId>,
    /// Numbers of the host's events.
    commands: u64,
    closed: Option<String>,
    sequence: u64,
    models: ModelSet,
}

impl Session {
    fn new(load: u8) -> Self {
        Self {
            reached: Reached::default(),
            load,
            open: None,
            queue: MediaQueue::new(world::QUEUE_BYTES),
            created: None,
            commands: 0,
            closed: None,
            sequence: 0,
            models: ModelSet::default(),
        }
    }

    // === what comes in ===

    fn request(&mut self, bytes: &[u8]) {
        let message = v1::InterviewRequest::decode(bytes).map(client_message);
        match message {
            Ok(Ok(message)) => self.take(message),
            Ok(Err(error)) => self.refused(&error),
            Err(error) => self.refused(&error),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        match v1::PushRequest::decode(bytes).map(web::push_request) {
            Ok(Ok(push)) => push.messages.into_iter().for_each(|m| self.take(m)),
            Ok(Err(error)) => self.refused(&error),
            Err(error) => self.refused(&error),
        }
    }

    fn join(&mut self, bytes: &[u8]) {
        match v1::JoinRequest::decode(bytes).map(web::join_request) {
            Ok(Ok((mut tracks, consent_id))) => {
                let candidate = ParticipantId::parse("candidate").expect("an id");
                for track in &mut tracks {
                    track.participant = candidate.clone();
                    track.reference = false;
                }
                let id = self.created.clone();
                self.open(InterviewSpec {
                    session_id: id.unwrap_or_else(|| SessionId::parse("web").expect("an id")),
                    participants: vec![ParticipantSpec {
                        id: candidate,
                        role: Role::Candidate,
                        reference_session: None,
                    }],
                    tracks,
                    consent_id,
                    source_platform: "web".to_owned(),
                    challenges: Default::default(),
                });
            }
            Ok(Err(error)) => self.refused(&error),
            Err(error) => self.refused(&error),
        }
    }

    fn command(&mut self, bytes: &[u8]) {
        match v1::CommandRequest::decode(bytes).map(web::command_request) {
            Ok(Ok((_, Command::Event(kind)))) => {
                self.commands += 1;
                let event = ControlEvent {
                    time: MediaTime::from_ms(self.commands as i64),
                    kind,
                };
                let id = self.commands;
                self.take(ClientMessage::Event { id, event });
            }
            Ok(Ok((_, Command::Challenge(request)))) => {
                self.take(ClientMessage::Challenge(request));
            }
            Ok(Ok((_, Command::Close { reason }))) => self.take(ClientMessage::Close { reason }),
            Ok(Err(error)) => self.refused(&error),
            Err(error) => self.refused(&error),
        }
    }

    fn create(&mut self, bytes: &[u8]) {
        match v1::CreateInterviewRequest::decode(bytes).map(web::create_request) {
            Ok(Ok((id, ..))) => self.created = id.or(self.created.take()),
            Ok(Err(error)) => self.refused(&error),
            Err(error) => self.refused(&error),
        }
    }

    fn refused(&mut self, error: &dyn std::fmt::Display) {
        // It goes into a trailer, which holds some kilobytes.
        let words = error.to_string();
        assert!(words.len() < 4_096, "a refusal of {} bytes", words.len());
        self.reached.refused += 1;
    }

    /// As the session's task does, which lets nothing in before `open` and `open` once.
    fn take(&mut self, message: ClientMessage) {
        if let ClientMessage::Open(spec) = message {
            return self.open(*spec);
        }
        let Some((spec, _)) = &self.open else {
            return;
        };
        match message {
            ClientMessage::Media(chunk) => match spec.track(&chunk.track) {
                Some(track) => {
                    let video = track.video.is_some();
                    self.queue.push_media(chunk, video);
                    assert!(self.queue.bytes() <= world::QUEUE_BYTES);
                }
                None => self.reached.refused += 1,
            },
            ClientMessage::UnusableMedia { error, .. } => self.refused(&error),
            ClientMessage::Event { id, event } => self.queue.push_event(id, event),
            ClientMessage::Challenge(request) => self.queue.push_challenge(request),
            ClientMessage::Close { reason } => self.closed = Some(reason),
            ClientMessage::Open(_) | ClientMessage::Resume(_) => {}
        }
    }

    fn open(&mut self, spec: InterviewSpec) {
        if self.open.is_some() {
            return;
        }
        match world::BACKEND.assessor(&TenantId::default(), &spec) {
            Ok(mut assessor) => {
                let signals = assessor.capabilities(&self.models);
                assessor.challenge_offer(&self.models);
                assessor.shed(shed(self.load));
                self.open = Some((spec, assessor));
                self.reached.opened += 1;
                self.say(ServerMessage::Capabilities {
                    time: MediaTime::ZERO,
                    signals,
                });
            }
            Err(faults) => {
                assert!(!faults.is_empty());
                faults.iter().for_each(|f| self.refused(f));
            }
        }
    }

    fn shed(&mut self, step: u8) {
        if let Some((_, assessor)) = &mut self.open {
            assessor.shed(shed(step));
        }
    }

    // === what is made of it ===

    fn work(&mut self) {
        let Some((_, assessor)) = &mut self.open else {
            return;
        };
        let mut reports = Vec::new();
        while !self.queue.is_empty() {
            let items = self.queue.pop_batch(BATCH);
            let told = Told::of(&items);
            let report = assessor.process(items, &CancellationToken::new(), &mut self.models);
            told.check(&report);
            reports.push(report);
        }
        reports.into_iter().for_each(|r| self.report(r));
    }

    fn report(&mut self, report: Report) {
        self.reached.refused += report.refused;
        self.reached.pictures += report.taken;
        self.reached.answers += (report.acks.len() + report.challenges.len()) as u64;
        self.reached.results += report.segments.len() as u64;
        if let Some(error) = report.latest_refusal {
            assert!(error.to_string().len() < 4_096);
        }
        report.segments.iter().for_each(check_segment);
        let segments = report.segments.into_iter();
        segments.for_each(|s| self.say(ServerMessage::Segment(Box::new(s))));
        let notices = report.notices.into_iter();
        notices.for_each(|n| self.say(ServerMessage::Notice(n)));
        let acks = report.acks.into_iter();
        acks.for_each(|a| self.say(ServerMessage::Ack(a)));
        let challenges = report.challenges.into_iter();
        challenges.for_each(|c| self.say(ServerMessage::Challenge(Box::new(c))));
        self.say(ServerMessage::Capabilities {
            time: MediaTime::ZERO,
            signals: report.capabilities,
        });
    }

    fn end(mut self) -> Reached {
        self.work();
        let Some((spec, mut assessor)) = self.open.take() else {
            return self.reached;
        };
        let partial = self.closed.is_none();
        let reason = self
            .closed
            .take()
            .unwrap_or_else(|| "the input ended".into());
        let (segments, summary) = assessor.finish(&reason, partial, &mut self.models);
        for update in assessor.last_challenges() {
            self.say(ServerMessage::Challenge(Box::new(update)));
        }
        segments.iter().for_each(check_segment);
        check_summary(&spec, &summary);
        self.reached.results += segments.len() as u64 + 1;
        let segments = segments.into_iter();
        segments.for_each(|s| self.say(ServerMessage::Segment(Box::new(s))));
        self.say(ServerMessage::Summary {
            summary: Box::new(summary),
            consent_id: spec.consent_id,
            record: Record::default(),
            evidence: None,
        });
        self.reached
    }

    /// Puts an answer onto the wire and reads it as a client does.
    fn say(&mut self, message: ServerMessage) {
        use v1::interview_response::Message as M;
        let numbered = Numbered {
            sequence: self.sequence,
            message,
        };
        self.sequence += 1;
        let response = server_message(numbered);
        let bytes = response.encoded_len();
        assert!(bytes <= MAX_RESPONSE_BYTES, "a response of {bytes} bytes");
        let read = match response.message {
            Some(M::Segment(s)) => read_segment(s).map(drop),
            Some(M::Summary(s)) => read_summary(s).map(drop),
            Some(M::Challenge(c)) => read_update(c).map(drop),
            Some(M::Capabilities(c)) => c.signals.into_iter().try_for_each(|s| {
                read_capability(s)?;
                Ok(())
            }),
            _ => Ok(()),
        };
        read.expect("a client can read what a server says");
    }
}

fn shed(step: u8) -> Shed {
    Shed {
        step: u32::from(step & 7),
        signals: usize::from(step >> 3 & 7),
    }
}

// === what has to hold ===

/// What is known of a job before it is done.
struct Told {
    events: Vec<u64>,
    media: u64,
}

impl Told {
    fn of(items: &[Item]) -> Self {
        let event = |item: &Item| match item {
            Item::Event { id, .. } => Some(*id),
            _ => None,
        };
        let media = |item: &&Item| matches!(item, Item::Media(_));
        Self {
            events: items.iter().filter_map(event).collect(),
            media: items.iter().filter(media).count() as u64,
        }
    }

    /// Every event is answered once and in order, and no chunk is counted twice.
    fn check(&self, report: &Report) {
        let answered: Vec<u64> = report.acks.iter().map(|a| a.id).collect();
        assert_eq!(answered, self.events, "answers to control events");
        let counted = report.taken + report.refused;
        assert!(counted <= self.media, "{counted} of {} chunks", self.media);
    }
}

/// No data never reads as live: there is no number without a signal that gave one.
fn check_segment(segment: &SegmentResult) {
    let share = |v: f64| assert!((0.0..=1.0).contains(&v), "a share of {v}: {segment:?}");
    let (c, q) = (&segment.coverage, &segment.quality);
    [c.video, c.audio, c.scored].into_iter().for_each(share);
    [q.face_presence, q.freeze_share, q.speech_share]
        .into_iter()
        .for_each(share);
    assert!(q.fps.is_finite() && q.fps >= 0.0, "{segment:?}");
    assert!(!segment.span.is_empty(), "{segment:?}");
    let mut scored = 0;
    for finding in &segment.findings {
        assert!(finding.contribution.is_finite());
        match &finding.outcome {
            Outcome::Scored { llr, quality, .. } => {
                scored += 1;
                assert!(llr.is_finite());
                share(*quality);
            }
            Outcome::Abstained(_) => assert_eq!(finding.contribution, 0.0),
        }
    }
    if let Some(score) = segment.outcome.score() {
        assert!(scored > 0, "a number out of nothing: {segment:?}");
        share(score.authenticity);
        let sum: f64 = segment.findings.iter().map(|f| f.contribution).sum();
        assert!((sum - score.evidence_logit).abs() < 1e-6, "{segment:?}");
    }
}

/// Everybody who is to be assessed is in the summary, once.
fn check_summary(spec: &InterviewSpec, summary: &SessionSummary) {
    let scored = spec.participants.iter().filter(|p| p.role.is_scored());
    let ids: Vec<_> = summary
        .participants
        .iter()
        .map(|p| &p.participant)
        .collect();
    assert_eq!(ids, scored.map(|p| &p.id).collect::<Vec<_>>());
    assert!(summary.duration.0 >= 0);
}
