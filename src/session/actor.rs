//! One interview: runs the effects of [`super::state`], and owns everything that belongs to it.
//!
//! The actor is one task. It holds the permit, the queue, the outbox and its place at the worker
//! pool; when it ends, all of it is gone. It waits for the client's next message, for the job
//! under way, for room in the client's stream, for the server's stop and for the next deadline,
//! and never for anything else.

mod deadlines;
mod link;
mod load;
mod watch;

use super::desk::{Desk, Product, Task};
use super::outbox::{Next, Outbox};
use super::{
    Attachment, Backend, ChallengeOffer, ChallengeUpdate, ClientMessage, Concluded, Effect, Ending,
    Event, Hello, IdLease, InboundError, Input, Ladder, MediaChunk, MediaQueue, Notice, NoticeKind,
    Output, Overload, Permit, Record, Registry, Report, ResumeToken, ServerMessage, SessionError,
    SessionLimits, State, step,
};
use crate::core::{FieldError, InterviewSpec, MediaTime, TrackId, TrackKind};
use crate::telemetry;
use deadlines::{Clocks, Timer};
use link::{Leaving, Link, Taken};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// This part of what may wait is granted again at once: a sixteenth.
const PROMPT_CREDIT: u64 = 16;

/// One interview; see the module.
pub struct Session {
    backend: Arc<dyn Backend>,
    limits: SessionLimits,
    registry: Registry,
    permit: Permit,
    lease: Option<IdLease>,
    /// The connection; `None` while detached.
    link: Option<Link>,
    /// Connections that resume this interview.
    attachments: mpsc::Receiver<Attachment>,
    /// The way in for them, until it is offered.
    way_in: mpsc::Sender<Attachment>,
    /// What its client shows to resume it; `None` when that is not offered.
    token: Option<ResumeToken>,
    hello: Option<Hello>,
    taken_in: Taken,
    leaving: Leaving,
    state: State,
    desk: Desk,
    queue: MediaQueue,
    outbox: Outbox,
    spec: Option<InterviewSpec>,
    videos: HashSet<TrackId>,
    /// Payload bytes of the job under way.
    at_work_bytes: u64,
    taken: u64,
    refused: u64,
    finishing: bool,
    /// What came after `close` and should not have; told after the summary.
    late: Option<SessionError>,
    ladder: Option<Ladder>,
    overload: Option<Overload>,
    record: Record,
    clocks: Clocks,
    meter: telemetry::SessionMeter,
}

enum Woken {
    ClientGone,
    Stop,
    Sent,
    Attach(Attachment),
    Job(Result<Product, SessionError>),
    Input(Option<Result<ClientMessage, InboundError>>),
    Timer(Timer),
}

impl Session {
    /// A session that reads `input` and writes `output`. When `output` is closed it ends, or waits
    /// for another connection to resume it.
    pub fn new(
        backend: Arc<dyn Backend>,
        mut limits: SessionLimits,
        registry: Registry,
        permit: Permit,
        input: Input,
        output: Output,
    ) -> Self {
        limits.max_length = permit.caller().max_length(limits.max_length);
        let now = Instant::now();
        let desk = Desk::new(backend.clone(), permit.key(), CancellationToken::new());
        let (way_in, attachments) = mpsc::channel(1);
        Self {
            queue: MediaQueue::new(limits.queue_bytes),
            outbox: Outbox::keeping(limits.kept_messages, limits.queue_bytes / PROMPT_CREDIT),
            backend,
            limits,
            registry,
            permit,
            lease: None,
            link: Some(Link::new(input, output)),
            attachments,
            way_in,
            token: None,
            hello: None,
            taken_in: Taken::default(),
            leaving: Leaving::InOrder,
            state: State::Opening,
            desk,
            spec: None,
            videos: HashSet::new(),
            at_work_bytes: 0,
            taken: 0,
            refused: 0,
            finishing: false,
            late: None,
            ladder: None,
            overload: None,
            record: Record::default(),
            clocks: Clocks {
                began: now,
                active: now,
                unread: None,
                draining: None,
                detached: None,
                stop_seen: false,
                dropped: None,
                media_dropped: false,
            },
            meter: telemetry::SessionMeter::default(),
        }
    }

    /// Runs as one of the server's tasks, in a span of its own.
    pub fn spawn(self) {
        let span = tracing::info_span!("interview", session = self.permit.key());
        let registry = self.registry.clone();
        registry.tasks().spawn(self.run().instrument(span));
    }

    /// Runs until the interview has ended and its client has read the end, or is gone.
    pub async fn run(mut self) {
        loop {
            self.give_work();
            self.show();
            match self.wake().await {
                Woken::ClientGone => self.on_gone(),
                Woken::Attach(attachment) => self.on_attach(attachment),
                Woken::Stop => self.on_stop(),
                Woken::Job(Ok(product)) => self.on_product(product),
                Woken::Job(Err(error)) => self.on(Event::Lost(error)),
                Woken::Input(message) => self.on_input(message),
                Woken::Timer(timer) => self.on_timer(timer),
                Woken::Sent => {}
            }
            if self.has_ended() {
                break;
            }
        }
        self.desk.clear();
        if matches!(self.leaving, Leaving::InOrder) {
            self.report_end();
        }
        self.leave().await;
    }

    fn has_ended(&self) -> bool {
        let unread = || self.link.is_some() && self.outbox.is_ready(Instant::now());
        !matches!(self.leaving, Leaving::InOrder) || (self.state.is_terminal() && !unread())
    }

    async fn wake(&mut self) -> Woken {
        let now = Instant::now();
        let reading = self.is_reading();
        if self.link.is_some() && self.outbox.is_ready(now) && self.clocks.unread.is_none() {
            self.clocks.unread = Some(now);
        }
        let (deadline, timer) = self.next_deadline(now);
        let (input, output) = Link::ends(&mut self.link);
        tokio::select! {
            biased;
            () = link::closed(output) => Woken::ClientGone,
            () = self.registry.stopping().cancelled(), if !self.clocks.stop_seen => Woken::Stop,
            Some(attachment) = self.attachments.recv() => Woken::Attach(attachment),
            slot = link::room(output), if self.outbox.is_ready(now) => {
                let Ok(slot) = slot else { return Woken::ClientGone };
                match self.outbox.pop(now) {
                    Some(Next::Message(message)) => slot.send(Ok(message)),
                    Some(Next::End(Some(error))) => slot.send(Err(error)),
                    Some(Next::End(None)) | None => {}
                }
                self.clocks.unread = None;
                Woken::Sent
            }
            product = self.desk.done() => Woken::Job(product),
            () = tokio::time::sleep_until(deadline) => Woken::Timer(timer),
            message = link::next(input), if reading => Woken::Input(message),
        }
    }

    fn is_reading(&self) -> bool {
        let listens = self.state.takes_input() || self.awaits_silence();
        listens && self.queue.len() < self.limits.queue_items
    }

    /// Gives the worker the next task, if it is free and the client keeps up with reading.
    fn give_work(&mut self) {
        self.watch_load();
        // Nobody reads while detached: then only what would be kept anyway may pile up.
        let most = match self.state.is_detached() {
            true => self.limits.kept_messages.max(self.limits.outbox_messages),
            false => self.limits.outbox_messages,
        };
        if !self.desk.is_idle() || self.outbox.len() >= most {
            return;
        }
        if self.work_due().is_some_and(|at| at <= Instant::now()) {
            let before = self.queue.bytes();
            let items = self.take_batch();
            self.at_work_bytes = before - self.queue.bytes();
            let shed = self.ladder.as_ref().map(Ladder::shed).unwrap_or_default();
            self.desk.give(Task::Process(items, shed));
        } else if self.queue.is_empty() && self.state.ending().is_some() && !self.finishing {
            self.finishing = true;
            self.on(Event::Flushed);
        }
    }

    /// Steps the state and runs what follows from it.
    fn on(&mut self, event: Event) {
        match step(&self.state, event) {
            Ok((next, effects)) => {
                self.state = next;
                for effect in effects {
                    self.perform(effect);
                }
            }
            Err(illegal) if self.state.takes_input() => {
                let error = SessionError::WrongOrder {
                    message: illegal.event,
                    state: illegal.state,
                };
                self.on(Event::End(Ending::Fault(error)));
            }
            // After the end of input nothing of the client's comes here any more.
            Err(illegal) => tracing::debug!(%illegal, "ignored"),
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Start => self.desk.give(Task::Open),
            Effect::StopReading => self.clocks.draining = Some(Instant::now()),
            Effect::AnnounceStop => self.outbox.notice(Notice {
                kind: NoticeKind::Draining,
                track: None,
                time: MediaTime::ZERO,
                detail: "the server is stopping; a partial summary follows".into(),
                count: 0,
            }),
            Effect::Finish { reason, partial } => self.desk.give(Task::Finish { reason, partial }),
            Effect::End(error) => self.outbox.end(error.or(self.late.take())),
            Effect::CancelWork => self.desk.clear(),
            Effect::Detach => self.detach(),
            Effect::Forget => {
                self.outbox.forget();
                // Nobody will read what would be made of it.
                let unread = self.queue.drop_media();
                self.on_dropped(unread);
            }
            // The actor does these where it holds the message itself.
            Effect::QueueMedia | Effect::QueueControl | Effect::SendSummary | Effect::Attach => {}
        }
    }

    fn on_input(&mut self, message: Option<Result<ClientMessage, InboundError>>) {
        self.clocks.active = Instant::now();
        if !self.state.takes_input() {
            return self.on_late(message);
        }
        match message {
            Some(Ok(ClientMessage::Open(spec))) => self.on_open(*spec),
            Some(Ok(ClientMessage::Resume(resume))) => self.on_resume(&resume),
            Some(Ok(ClientMessage::Media(chunk))) => self.on_media(chunk),
            Some(Ok(ClientMessage::UnusableMedia { bytes, error })) => {
                self.on(Event::Media);
                self.outbox.grant(bytes, Instant::now());
                self.on_refused(1, Some(error), true);
            }
            Some(Ok(ClientMessage::Event { id, event })) => {
                if self.taken_in.has_event(id) {
                    return;
                }
                self.on(Event::Control);
                if self.state.takes_input() {
                    self.taken_in.event(id);
                    self.queue.push_event(id, event);
                }
            }
            Some(Ok(ClientMessage::Challenge(request))) => {
                self.on(Event::Control);
                if self.state.takes_input() {
                    self.queue.push_challenge(request);
                }
            }
            Some(Ok(ClientMessage::Close { reason })) => {
                self.on(Event::End(Ending::Closed { reason }));
            }
            Some(Err(InboundError::Gone(_))) => self.on_gone(),
            Some(Err(InboundError::Invalid(e))) => {
                self.on(Event::End(Ending::Fault(SessionError::Invalid(e))));
            }
            Some(Err(InboundError::Unreadable(e))) => {
                self.on(Event::End(Ending::Fault(SessionError::Unreadable(e))));
            }
            None => self.on(Event::End(Ending::HalfClosed)),
        }
    }

    fn on_open(&mut self, spec: InterviewSpec) {
        if self.state != State::Opening {
            return self.on(Event::Opened);
        }
        let tenant = &self.permit.caller().tenant;
        let free = self.permit.may_open();
        let claimed = free.and_then(|()| self.registry.claim(tenant, &spec.session_id));
        let seated = claimed.and_then(|lease| {
            let assessor = self.backend.assessor(tenant, &spec);
            let assessor = assessor.map_err(SessionError::OpenRefused)?;
            let token = self.offer(&lease)?;
            Ok((lease, token, assessor))
        });
        match seated {
            Ok((lease, token, assessor)) => {
                self.token = token;
                self.report_open(spec.tracks.len());
                let videos = spec.tracks.iter().filter(|t| t.kind() == TrackKind::Video);
                self.videos = videos.map(|t| t.id.clone()).collect();
                self.lease = Some(lease);
                self.spec = Some(spec);
                let signals = self.backend.terms().signals;
                self.ladder = self.limits.ladder.map(|l| Ladder::new(l, signals));
                self.desk.seat(assessor);
                self.on(Event::Opened);
            }
            Err(error) => self.on(Event::OpenRefused(error)),
        }
    }

    fn on_media(&mut self, chunk: MediaChunk) {
        self.on(Event::Media);
        if !self.state.takes_input() {
            return;
        }
        let known = self
            .spec
            .as_ref()
            .is_some_and(|s| s.track(&chunk.track).is_some());
        if !known {
            let error = FieldError::new("media.track_id", &chunk.track, "a track of `open`");
            self.grant(&chunk);
            return self.on_refused(1, Some(error), true);
        }
        if self.taken_in.has_chunk(&chunk.track, chunk.sequence) {
            return self.grant(&chunk);
        }
        self.taken_in.chunk(&chunk.track, chunk.sequence);
        let video = self.videos.contains(&chunk.track);
        let now = self.clocks.began.elapsed();
        let dropped = self.queue.at(now).push_media(chunk, video);
        self.on_dropped(dropped);
    }

    fn grant(&mut self, chunk: &MediaChunk) {
        self.outbox
            .grant(chunk.payload.len() as u64, Instant::now());
    }

    fn on_dropped(&mut self, dropped: Vec<super::queue::DroppedChunk>) {
        for d in dropped {
            let now = Instant::now();
            self.clocks.dropped = Some(now);
            self.record.dropped += 1;
            self.outbox.grant(d.bytes, now);
            telemetry::MediaDropped {
                key: self.permit.key(),
                bytes: d.bytes,
            }
            .emit();
            self.outbox.notice(Notice {
                kind: NoticeKind::MediaDropped,
                track: Some(d.track),
                time: MediaTime::from_us(d.capture_time_us),
                detail: "dropped under load; heed the flow credit to lose nothing".into(),
                count: 1,
            });
        }
    }

    fn on_refused(&mut self, count: u64, latest: Option<FieldError>, tell: bool) {
        let Some(latest) = latest else { return };
        let key = self.permit.key();
        telemetry::MediaRefused { key, count }.emit();
        self.refused = self.refused.saturating_add(count);
        if tell {
            self.outbox.notice(Notice {
                kind: NoticeKind::MediaRefused,
                track: None,
                time: MediaTime::ZERO,
                detail: latest.to_string(),
                count,
            });
        }
        let borne = self.limits.max_refusals.saturating_add(self.taken / 10);
        if self.refused > borne && self.state.takes_input() {
            let error = SessionError::TooManyRefusals {
                count: self.refused,
                limit: borne,
                latest,
            };
            self.on(Event::End(Ending::Fault(error)));
        }
    }

    fn on_product(&mut self, product: Product) {
        self.clocks.active = Instant::now();
        match product {
            Product::Opened(signals, challenges) => self.greet(signals, *challenges),
            Product::Processed(report) => self.on_report(report),
            Product::Finished(segments, challenges, summary, evidence) => {
                self.report_segments(&segments);
                for segment in segments {
                    self.outbox.push(ServerMessage::Segment(Box::new(segment)));
                }
                self.tell_challenges(challenges);
                if let Some(spec) = &self.spec {
                    self.backend.concluded(&Concluded {
                        tenant: &self.permit.caller().tenant,
                        spec,
                        summary: &summary,
                    });
                }
                let consent_id = self.spec.as_ref().map(|s| s.consent_id.clone());
                self.outbox.push(ServerMessage::Summary {
                    summary,
                    consent_id: consent_id.unwrap_or_default(),
                    record: self.record,
                    evidence,
                });
                self.on(Event::Summarised);
            }
        }
    }

    fn tell_challenges(&mut self, updates: Vec<ChallengeUpdate>) {
        for update in updates {
            self.outbox.push(ServerMessage::Challenge(Box::new(update)));
        }
    }

    fn greet(&mut self, signals: Vec<crate::core::SignalCapability>, challenges: ChallengeOffer) {
        let Some(spec) = &self.spec else { return };
        let (mut info, terms) = (self.backend.info(), self.backend.terms());
        info.limits.max_session_length_s = info
            .limits
            .max_session_length_s
            .min(u32::try_from(self.limits.max_length.as_secs()).unwrap_or(u32::MAX));
        let hello = Hello {
            session_id: spec.session_id.clone(),
            limits: info.limits,
            models: info.models,
            signals,
            segment_ns: terms.segment_ns,
            hop_ns: terms.hop_ns,
            fusion: terms.fusion,
            challenges,
            resume_token: self.token.clone(),
            resume_grace: self.limits.resume_grace,
            resumed: None,
        };
        self.hello = Some(hello.clone());
        self.outbox.greet(ServerMessage::Hello(Box::new(hello)));
    }

    fn on_report(&mut self, report: Report) {
        let worked_off = std::mem::take(&mut self.at_work_bytes);
        self.outbox.grant(worked_off, Instant::now());
        for ack in report.acks {
            self.outbox.push(ServerMessage::Ack(ack));
        }
        self.tell_challenges(report.challenges);
        for notice in report.notices {
            self.outbox.notice(notice);
        }
        if !report.capabilities.is_empty() {
            let last = report.segments.iter().map(|s| s.span.end).max();
            self.outbox.push(ServerMessage::Capabilities {
                time: last.unwrap_or(MediaTime::ZERO),
                signals: report.capabilities,
            });
        }
        self.report_segments(&report.segments);
        let first_final = report.segments.iter().any(|s| s.is_final);
        for segment in report.segments {
            self.outbox.push(ServerMessage::Segment(Box::new(segment)));
        }
        if first_final && matches!(self.state.phase(), State::Calibrating) {
            self.on(Event::FirstFinal);
        }
        self.taken = self.taken.saturating_add(report.taken);
        self.record.left_out = self.record.left_out.saturating_add(report.left_out);
        self.on_refused(report.refused, report.latest_refusal, false);
    }

    fn on_stop(&mut self) {
        self.clocks.stop_seen = true;
        if matches!(
            self.state.phase(),
            State::Opening | State::Calibrating | State::Live
        ) {
            self.on(Event::End(Ending::ServerStopping));
        } else {
            // Already finishing: from now on within the grace period.
            self.clocks.draining = Some(Instant::now());
        }
    }

    /// Ends at once: what waits for a client that does not read is let go, all but the reason.
    fn cut(&mut self, error: SessionError) {
        if !self.state.is_terminal() {
            self.on(Event::Lost(error.clone()));
        }
        self.outbox.forget();
        if let Some(link) = self.link.as_mut() {
            link.say_last(error);
        }
    }
}
