//! An evidence log of a live interview: stands around its pipeline and writes down what passes.
//!
//! What the client sent is hashed as it came, byte by byte, so that whoever kept it can show later that it
//! is the same; what came of it is written with the numbers that the client gets. The disk is never waited
//! for: see [`crate::evidence::Store`].

use super::secret::random;
use super::{
    Assessor, ChallengeOffer, ChallengeState, ChallengeUpdate, Item, Notice, NoticeKind, Report,
    SessionError, Shed,
};
use crate::challenge::Ending;
use crate::core::{
    ControlEvent, InterviewSpec, MediaTime, SegmentResult, SessionSummary, SignalCapability,
    TenantId,
};
use crate::engine::ModelSet;
use crate::evidence::{
    Header, Leaf, LogOutcome, LogWriter, Program, Recorder, Said, SigningKey, Store,
};
use crate::telemetry;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// Where live interviews leave their logs, and what these are signed with.
#[derive(Debug)]
pub struct EvidenceSettings {
    /// The folder.
    pub store: Store,
    /// The key.
    pub key: Arc<SigningKey>,
    /// What makes them.
    pub program: Program,
}

/// What a client is told of the log of its interview: enough to find it, and to hold its writer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceNote {
    /// Names the log; its file is `ID.jsonl`.
    pub log_id: String,
    /// Names the key.
    pub key_id: String,
    /// Number of its latest entry, the summary.
    pub head_entry: u64,
    /// SHA-256 of that entry. Whoever keeps it can tell later that nothing up to it was changed.
    pub head_sha256: [u8; 32],
    /// Entries that are missing for want of room.
    pub lost_entries: u64,
    /// True when entries are missing, or the disk did not take the log when the interview ended.
    pub incomplete: bool,
}

/// Tells operators how logs end.
pub fn observe_evidence(outcome: LogOutcome) {
    match outcome {
        LogOutcome::Sealed => telemetry::EvidenceEnded { sealed: true }.emit(),
        LogOutcome::Unsealed => telemetry::EvidenceEnded { sealed: false }.emit(),
        LogOutcome::WriteFailed => telemetry::EvidenceWriteFailed.emit(),
    }
}

/// A pipeline with its log.
pub(super) struct Recorded {
    inner: Box<dyn Assessor>,
    recorder: Recorder,
    /// `None` after the end.
    writer: Option<LogWriter>,
    log_id: String,
    /// Lost entries that were told, and whether trouble was.
    told: u64,
    troubled: bool,
    shed: Shed,
    last_challenges: Vec<ChallengeUpdate>,
    note: Option<EvidenceNote>,
}

// === impl Recorded ===

impl Recorded {
    /// Begins the log of an announced interview.
    ///
    /// # Errors
    /// [`SessionError::NoRandomness`]: a log needs a name of its own.
    pub(super) fn begin(
        inner: Box<dyn Assessor>,
        settings: &EvidenceSettings,
        tenant: &TenantId,
        spec: &InterviewSpec,
    ) -> Result<Self, SessionError> {
        let log_id = hex::encode(random::<16>()?);
        let header = Header::live(&settings.program, spec, log_id.clone(), unix_ms());
        let mut recorder = Recorder::begin(settings.key.clone(), &header);
        let writer = settings.store.create(tenant.as_str(), &log_id);
        writer.push(&recorder.take());
        Ok(Self {
            inner,
            recorder,
            writer: Some(writer),
            log_id,
            told: 0,
            troubled: false,
            shed: Shed::default(),
            last_challenges: Vec::new(),
            note: None,
        })
    }

    /// Asks whether there is room for what comes now.
    fn begin_entries(&mut self) {
        let room = self.writer.as_ref().is_some_and(LogWriter::has_room);
        self.recorder.set_room(room);
    }

    /// Hands over what was written.
    fn end_entries(&mut self) {
        let bytes = self.recorder.take();
        if let Some(writer) = self.writer.as_ref().filter(|_| !bytes.is_empty()) {
            writer.push(&bytes);
        }
    }

    fn challenges(&mut self, updates: &[ChallengeUpdate]) {
        for update in updates {
            let (state, what) = in_words(&update.state);
            self.recorder.challenge(state, &update.challenge, &what);
        }
    }

    /// Notices on the log itself; what they say stands in it, too, where there is room.
    fn remarks(&mut self, time: MediaTime) -> Vec<Notice> {
        let mut said = Vec::new();
        let trouble = self.writer.as_ref().and_then(LogWriter::trouble);
        match (&trouble, self.troubled) {
            (Some(why), false) => said.push((
                format!("the evidence log cannot be written for now ({why}); results do not depend on it"),
                0,
            )),
            (None, true) => said.push(("the evidence log is written again".to_owned(), 0)),
            _ => {}
        }
        self.troubled = trouble.is_some();
        let lost = self.recorder.lost() - self.told;
        if lost > 0 {
            self.told += lost;
            telemetry::EvidenceLost { entries: lost }.emit();
            let what = "entries of the evidence log are missing: they waited for the disk until there was no room";
            said.push((what.to_owned(), lost));
        }
        let notice = |(detail, count)| Notice {
            kind: NoticeKind::Evidence,
            track: None,
            time,
            detail,
            count,
        };
        said.into_iter().map(notice).collect()
    }
}

impl Assessor for Recorded {
    fn capabilities(&mut self, models: &ModelSet) -> Vec<SignalCapability> {
        self.inner.capabilities(models)
    }

    fn challenge_offer(&mut self, models: &ModelSet) -> ChallengeOffer {
        self.inner.challenge_offer(models)
    }

    fn shed(&mut self, shed: Shed) {
        if shed != self.shed {
            self.shed = shed;
            self.begin_entries();
            self.recorder.notice(Said {
                kind: "load_step",
                track: None,
                time: None,
                detail: "the load ladder stands on another step",
                count: u64::from(shed.step),
            });
            self.end_entries();
        }
        self.inner.shed(shed);
    }

    fn process(
        &mut self,
        items: Vec<Item>,
        cancelled: &CancellationToken,
        models: &mut ModelSet,
    ) -> Report {
        self.begin_entries();
        let mut events: Vec<(u64, ControlEvent)> = Vec::new();
        for item in &items {
            match item {
                Item::Media(c) => {
                    let leaf = Leaf::of_payload(c.sequence, c.capture_time_us, &c.payload);
                    self.recorder.media(&c.track, leaf);
                }
                Item::Dropped { track, count, .. } => self.recorder.notice(Said {
                    kind: word(NoticeKind::MediaDropped),
                    track: Some(track),
                    time: None,
                    detail: "dropped under load before it was looked at; no hash of it is here",
                    count: *count,
                }),
                Item::Event { id, event } => events.push((*id, event.clone())),
                Item::Challenge(_) => {}
            }
        }
        let mut report = self.inner.process(items, cancelled, models);
        for ack in &report.acks {
            if let Some((_, event)) = events.iter().find(|(id, _)| *id == ack.id) {
                self.recorder.event(event, ack.refusal.as_deref());
            }
        }
        self.challenges(&report.challenges);
        for n in &report.notices {
            self.recorder.notice(Said {
                kind: word(n.kind),
                track: n.track.as_ref(),
                time: Some(n.time),
                detail: &n.detail,
                count: n.count,
            });
        }
        for s in report.segments.iter().filter(|s| s.is_final) {
            self.recorder.segment(s);
        }
        self.end_entries();
        let last = report.segments.last().map(|s| s.span.end);
        let remarks = self.remarks(last.unwrap_or(MediaTime::ZERO));
        report.notices.extend(remarks);
        report
    }

    fn finish(
        &mut self,
        reason: &str,
        partial: bool,
        models: &mut ModelSet,
    ) -> (Vec<SegmentResult>, SessionSummary) {
        let (segments, summary) = self.inner.finish(reason, partial, models);
        self.last_challenges = self.inner.last_challenges();
        self.begin_entries();
        for s in segments.iter().filter(|s| s.is_final) {
            self.recorder.segment(s);
        }
        let updates = std::mem::take(&mut self.last_challenges);
        self.challenges(&updates);
        self.last_challenges = updates;
        self.recorder.summary(&summary);
        let head = self.recorder.head();
        self.recorder.seal();
        self.end_entries();
        let lost = self.recorder.lost();
        telemetry::EvidenceLost {
            entries: lost - self.told,
        }
        .emit();
        self.told = lost;
        let trouble = self.writer.as_ref().is_some_and(|w| w.trouble().is_some());
        self.note = head.map(|head| EvidenceNote {
            log_id: self.log_id.clone(),
            key_id: self.recorder.key_id(),
            head_entry: head.entry,
            head_sha256: head.sha256,
            lost_entries: lost,
            incomplete: lost > 0 || trouble,
        });
        if let Some(writer) = self.writer.take() {
            writer.close();
        }
        (segments, summary)
    }

    fn last_challenges(&mut self) -> Vec<ChallengeUpdate> {
        std::mem::take(&mut self.last_challenges)
    }

    fn evidence(&mut self) -> Option<EvidenceNote> {
        self.note.take()
    }
}

/// What became of a challenge, as a log has it.
fn in_words(state: &ChallengeState) -> (&'static str, Value) {
    match state {
        ChallengeState::Issued(issued) => ("issued", json!(issued.record)),
        ChallengeState::Refused { detail } => ("refused", json!({"why": {"personal": detail}})),
        ChallengeState::Open {
            attempt,
            shown,
            deadline,
        } => (
            "open",
            json!({"attempt": attempt, "shown_us": shown.as_us(), "deadline_us": deadline.as_us()}),
        ),
        ChallengeState::AskedAgain { first, .. } => ("asked_again", json!(first)),
        ChallengeState::Concluded { ending, result, .. } => {
            let ending = match ending {
                Ending::Judged { .. } => "judged",
                Ending::Expired => "expired",
                Ending::Declined => "declined",
                Ending::Cancelled => "cancelled",
                Ending::Interrupted => "interrupted",
            };
            ("concluded", json!({"ending": ending, "result": result}))
        }
    }
}

/// A kind of notice in a word.
fn word(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::MediaRefused => "media_refused",
        NoticeKind::MediaDropped => "media_dropped",
        NoticeKind::MediaLost => "media_lost",
        NoticeKind::NoFace => "no_face",
        NoticeKind::FrameRate => "frame_rate",
        NoticeKind::ClockJump => "clock_jump",
        NoticeKind::Draining => "draining",
        NoticeKind::DecodeFailed => "decode_failed",
        NoticeKind::Reference => "reference",
        NoticeKind::Challenge => "challenge",
        NoticeKind::KeyframeNeeded => "keyframe_needed",
        NoticeKind::MediaLate => "media_late",
        NoticeKind::LoadShed => "load_shed",
        NoticeKind::Evidence => "evidence",
    }
}

/// The time of day that a log states; no result depends on it.
#[allow(
    clippy::disallowed_methods,
    reason = "a record of an event says when it took place"
)]
fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
