//! The challenges of one live interview: requests become windows in the pipeline, what the pipeline says of
//! them becomes updates and signed records.
//!
//! All times are session times of the media: a challenge is as far as the interview's media is, so that a
//! server that lags asks later and never judges early. A window is an ordinary challenge event of the
//! pipeline; what is judged of it is what a recording with that event would give.

mod message;
#[cfg(test)]
mod tests;

pub use message::{
    ChallengeAbility, ChallengeOffer, ChallengeRequest, ChallengeState, ChallengeUpdate, Decline,
    IssuedState,
};

use crate::challenge::{
    self, Effect, Ending, Entropy, Event, LOCALES, NoEntropy, Plan, Progress, RecordKey,
    SHOW_WITHIN_NS, catalogued, step,
};
use crate::core::{
    AbstainReason, Abstention, Asked, ChallengeKind, ChallengePolicy, ChallengeRecord,
    ChallengeResult, ChallengeStatus, ControlEvent, EventKind, FieldError, IssuedChallenge,
    MediaTime, ParticipantId, SessionId, SessionSummary,
};
use std::sync::Arc;

/// Challenges in one interview; more are refused, so that memory stays bounded and what the pipeline judges
/// of one kind (64) is not used up.
const MOST_CHALLENGES: usize = 32;
/// What a client may say of the time at which a prompt was seen, milliseconds.
const MOST_UNCERTAINTY_MS: u32 = 5_000;

/// What challenges need of the pipeline.
pub(super) trait Judge {
    /// Opens a window.
    fn open(&mut self, event: ControlEvent) -> Result<(), FieldError>;
    /// Takes a window back; nothing more comes of it.
    fn withdraw(&mut self, id: &str);
    /// What came of a window, once it was judged.
    fn result(&self, participant: &ParticipantId, id: &str) -> Option<ChallengeResult>;
    /// Keeps the surroundings of the face until then, so that a hand is seen from the prompt's first
    /// moment; `None` = no longer.
    fn watch_hands(&mut self, until: Option<MediaTime>);
}

/// One challenge.
struct Live {
    request_id: String,
    locale: String,
    answer_ns: i64,
    state: Progress,
    uncertainty_ms: u32,
    /// The latest signed state of it: what was asked, when, and how it stands.
    record: ChallengeRecord,
    /// What came of each attempt.
    results: Vec<ChallengeResult>,
    /// Why it was not carried out.
    words: String,
}

/// The challenges of one interview.
pub(super) struct Challenges {
    session: SessionId,
    policy: ChallengePolicy,
    abilities: Vec<ChallengeAbility>,
    key: Arc<RecordKey>,
    entropy: Box<dyn Entropy>,
    live: Vec<Live>,
    plan: Option<Plan>,
    /// Signed records in the order of signing; the last one's MAC goes into the next.
    previous_mac: String,
    updates: Vec<ChallengeUpdate>,
    remarks: Vec<String>,
}

// === impl Challenges ===

impl Challenges {
    pub(super) fn new(
        session: SessionId,
        policy: ChallengePolicy,
        key: Arc<RecordKey>,
        entropy: Box<dyn Entropy>,
    ) -> Self {
        Self {
            session,
            policy,
            abilities: Vec::new(),
            key,
            entropy,
            live: Vec::new(),
            plan: None,
            previous_mac: String::new(),
            updates: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// What `hello` says. `obstacles` tells for each scored participant and kind why the pipeline cannot
    /// judge it, if so.
    pub(super) fn offer(
        &mut self,
        obstacles: Vec<(ParticipantId, ChallengeKind, Option<String>)>,
    ) -> ChallengeOffer {
        let ability = |(participant, kind, obstacle): (_, ChallengeKind, Option<String>)| {
            let c = catalogued(kind);
            ChallengeAbility {
                participant,
                kind,
                standing: c.standing,
                need: c.need,
                obstacle: obstacle.or_else(|| self.policy.obstacle(kind).map(str::to_owned)),
                judged: format!("{}; {}", c.standing.words(), challenge::describe(kind)),
            }
        };
        self.abilities = obstacles.into_iter().map(ability).collect();
        ChallengeOffer {
            abilities: self.abilities.clone(),
            policy: self.policy.clone(),
            locales: LOCALES.map(str::to_owned).to_vec(),
            key_id: self.key.id().to_owned(),
            key_drawn: self.key.is_drawn(),
        }
    }

    /// Takes what a client says. What cannot be taken in is answered by an update.
    pub(super) fn take(
        &mut self,
        request: ChallengeRequest,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) {
        let (challenge, request_id) = match &request {
            ChallengeRequest::Issue { request_id, .. } => (String::new(), request_id.clone()),
            ChallengeRequest::Shown { challenge, .. }
            | ChallengeRequest::Decline { challenge, .. } => {
                let known = self.live.iter().find(|l| &l.record.challenge == challenge);
                (
                    challenge.clone(),
                    known.map_or_else(String::new, |l| l.request_id.clone()),
                )
            }
        };
        let taken = match request {
            ChallengeRequest::Issue {
                request_id,
                participant,
                kind,
                locale,
            } => self.asked_to_issue(request_id, participant, kind, locale, now, judge),
            ChallengeRequest::Shown {
                challenge,
                attempt,
                at,
                uncertainty_ms,
            } => self.shown(&challenge, attempt, at, uncertainty_ms, now, judge),
            ChallengeRequest::Decline {
                challenge,
                reason,
                words,
                offer_alternative,
            } => self.declined(&challenge, (reason, words), offer_alternative, now, judge),
        };
        if let Err(error) = taken {
            self.updates.push(ChallengeUpdate {
                challenge,
                participant: None,
                request_id,
                state: ChallengeState::Refused {
                    detail: error.to_string(),
                },
            });
        }
    }

    /// Follows the media: what is late expires, what was judged is told, what is due is issued.
    pub(super) fn advance(&mut self, now: MediaTime, judge: &mut dyn Judge) {
        self.follow(now, true, judge);
        if let Err(NoEntropy) = self.follow_plan(now, judge) {
            self.plan = Some(Plan::default());
            self.remarks
                .push(format!("no challenge was issued: {NoEntropy}"));
        }
    }

    /// `asks`: what was not done is asked for once more.
    fn follow(&mut self, now: MediaTime, asks: bool, judge: &mut dyn Judge) {
        for i in 0..self.live.len() {
            self.happen(i, Event::Reached(now), now, judge);
            let Some(live) = self.live.get_mut(i) else {
                continue;
            };
            let Progress::Open { attempt, .. } = live.state else {
                continue;
            };
            let id = window_id(&live.record.challenge, attempt);
            if let Some(result) = judge.result(&live.record.participant, &id) {
                let missing = asks && matches!(result.status, ChallengeStatus::NotPerformed { .. });
                live.keep(attempt, result);
                let event = Event::Judged {
                    attempt,
                    missing,
                    now,
                };
                self.happen(i, event, now, judge);
            }
        }
    }

    /// The interview ends: nothing more is judged but what `summary` holds, and that gets its records.
    pub(super) fn finish(
        &mut self,
        summary: &mut SessionSummary,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) {
        self.follow(now, false, judge);
        for i in 0..self.live.len() {
            self.happen(i, Event::SessionEnds, now, judge);
        }
        for p in &mut summary.participants {
            let own: Vec<&Live> = self
                .live
                .iter()
                .filter(|l| l.record.participant == p.participant)
                .collect();
            // The windows that the server opened are told with their records, and nothing of them twice.
            let ours = |c: &ChallengeResult| {
                let window = |l: &&Live| (1..=2).any(|a| window_id(&l.record.challenge, a) == c.id);
                own.iter().any(window)
            };
            p.challenges.retain(|c| !ours(c));
            p.challenges.extend(own.iter().flat_map(|l| l.told()));
            p.challenges.sort_by_key(|c| c.prompt_end);
        }
    }

    /// What is to be told, in order.
    pub(super) fn take_updates(&mut self) -> Vec<ChallengeUpdate> {
        std::mem::take(&mut self.updates)
    }

    /// Remarks for the host.
    pub(super) fn take_remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }

    fn asked_to_issue(
        &mut self,
        request_id: String,
        participant: Option<ParticipantId>,
        kind: Option<ChallengeKind>,
        locale: String,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) -> Result<(), FieldError> {
        // A client that resumed may say it again; what came of it was told.
        if !request_id.is_empty() && self.live.iter().any(|l| l.request_id == request_id) {
            return Ok(());
        }
        let participant = self.whom(participant)?;
        if self.under_way(&participant) {
            let expected = "none under way for this participant; decline or await it first";
            return Err(FieldError::new(
                "issue_challenge",
                "another challenge",
                expected,
            ));
        }
        let kind = match kind {
            Some(kind) => {
                if let Some(why) = self.obstacle(&participant, kind) {
                    let expected = format!("a kind that can be issued here ({why})");
                    return Err(FieldError::new(
                        "issue_challenge.kind",
                        kind.name(),
                        expected,
                    ));
                }
                kind
            }
            None => self
                .draw_kind(&participant)
                .map_err(no_entropy)?
                .ok_or_else(|| {
                    let expected = "a kind that can be issued here; hello.challenges says which";
                    FieldError::new("issue_challenge.kind", "none to draw", expected)
                })?,
        };
        let locale = if locale.is_empty() {
            self.policy.locale.clone()
        } else {
            locale
        };
        self.issue(request_id, participant, kind, locale, "", now, judge)
    }

    fn whom(&self, named: Option<ParticipantId>) -> Result<ParticipantId, FieldError> {
        let mut scored: Vec<&ParticipantId> =
            self.abilities.iter().map(|a| &a.participant).collect();
        scored.dedup();
        let field = "issue_challenge.participant_id";
        match (named, scored.as_slice()) {
            (Some(named), _) if scored.contains(&&named) => Ok(named),
            (Some(named), _) => Err(FieldError::new(
                field,
                named,
                "a candidate of this interview",
            )),
            (None, [only]) => Ok((*only).clone()),
            (None, _) => Err(FieldError::new(
                field,
                "nothing",
                "one of several candidates",
            )),
        }
    }

    fn under_way(&self, participant: &ParticipantId) -> bool {
        let open = |l: &Live| !matches!(l.state, Progress::Ended(_));
        self.live
            .iter()
            .any(|l| open(l) && &l.record.participant == participant)
    }

    /// Why a kind cannot be issued to somebody, if so.
    fn obstacle(&self, participant: &ParticipantId, kind: ChallengeKind) -> Option<String> {
        let own = |a: &&ChallengeAbility| &a.participant == participant && a.kind == kind;
        match self.abilities.iter().find(own) {
            None => Some("not known".to_owned()),
            Some(a) => a
                .obstacle
                .clone()
                .or_else(|| self.policy.obstacle(kind).map(str::to_owned)),
        }
    }

    fn draw_kind(
        &mut self,
        participant: &ParticipantId,
    ) -> Result<Option<ChallengeKind>, NoEntropy> {
        let open: Vec<ChallengeKind> = ChallengeKind::ALL
            .into_iter()
            .filter(|k| self.obstacle(participant, *k).is_none())
            .collect();
        let listed = &self.policy.kinds;
        challenge::draw_kind(listed, |k| open.contains(&k), self.entropy.as_mut())
    }

    #[allow(clippy::too_many_arguments)] // one call, each argument another thing that was decided
    fn issue(
        &mut self,
        request_id: String,
        participant: ParticipantId,
        kind: ChallengeKind,
        locale: String,
        alternative_of: &str,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) -> Result<(), FieldError> {
        if self.live.len() >= MOST_CHALLENGES {
            let expected = format!("at most {MOST_CHALLENGES} in an interview");
            return Err(FieldError::new(
                "issue_challenge",
                self.live.len() + 1,
                expected,
            ));
        }
        let drawn = challenge::draw(kind, &locale, self.entropy.as_mut()).map_err(no_entropy)?;
        let show_by =
            now.plus_ns(SHOW_WITHIN_NS + i64::from(drawn.parameters.delay_ms) * 1_000_000);
        let answer_ns = challenge::answer_ns(kind, drawn.count, &drawn.parameters);
        let prompt = challenge::prompt(kind, drawn.count, &drawn.parameters, &locale);
        // A part of the nonce makes the id one that no client has chosen.
        let mark = drawn.nonce.get(..8).unwrap_or_default();
        let record = self.sign(ChallengeRecord {
            version: 0,
            session: self.session.clone(),
            challenge: format!("ch{}-{mark}", self.live.len() + 1),
            participant: participant.clone(),
            kind,
            count: drawn.count,
            parameters: drawn.parameters,
            issued: now,
            nonce: drawn.nonce,
            previous_mac: String::new(),
            shown: None,
            deadline: None,
            attempt: 0,
            outcome: String::new(),
            key_id: String::new(),
            mac: String::new(),
        });
        if catalogued(kind).hands {
            judge.watch_hands(Some(show_by));
        }
        self.updates.push(ChallengeUpdate {
            challenge: record.challenge.clone(),
            participant: Some(participant),
            request_id: request_id.clone(),
            state: ChallengeState::Issued(Box::new(IssuedState {
                prompt,
                show_by,
                answer_ms: u32::try_from(answer_ns / 1_000_000).unwrap_or(u32::MAX),
                standing: catalogued(kind).standing,
                alternative_of: alternative_of.to_owned(),
                record: record.clone(),
            })),
        });
        self.live.push(Live {
            request_id,
            locale,
            answer_ns,
            state: Progress::Issued {
                issued: now,
                show_by,
            },
            uncertainty_ms: 0,
            record,
            results: Vec::new(),
            words: String::new(),
        });
        Ok(())
    }

    fn sign(&mut self, record: ChallengeRecord) -> ChallengeRecord {
        let signed = self.key.sign(ChallengeRecord {
            previous_mac: self.previous_mac.clone(),
            ..record
        });
        self.previous_mac.clone_from(&signed.mac);
        signed
    }

    fn find(&self, challenge: &str, field: &str) -> Result<usize, FieldError> {
        let at = self
            .live
            .iter()
            .position(|l| l.record.challenge == challenge);
        at.ok_or_else(|| {
            let field = format!("{field}.challenge_id");
            FieldError::new(
                field,
                challenge,
                "a challenge of this interview that the server issued",
            )
        })
    }

    fn shown(
        &mut self,
        challenge: &str,
        attempt: u32,
        at: MediaTime,
        uncertainty_ms: u32,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) -> Result<(), FieldError> {
        let i = self.find(challenge, "challenge_shown")?;
        if uncertainty_ms > MOST_UNCERTAINTY_MS {
            let expected = format!("at most {MOST_UNCERTAINTY_MS} ms");
            return Err(FieldError::new(
                "challenge_shown.uncertainty_ms",
                uncertainty_ms,
                expected,
            ));
        }
        if let Some(live) = self.live.get_mut(i) {
            live.uncertainty_ms = uncertainty_ms;
        }
        let event = Event::Shown { attempt, at, now };
        self.try_happen(i, event, now, judge).map_err(|why| {
            FieldError::new(
                "challenge_shown",
                why,
                "a prompt that waits, at a time that can be",
            )
        })
    }

    fn declined(
        &mut self,
        challenge: &str,
        (reason, words): (Decline, String),
        offer_alternative: bool,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) -> Result<(), FieldError> {
        let i = self.find(challenge, "challenge_declined")?;
        let Some(live) = self.live.get_mut(i) else {
            return Ok(());
        };
        live.words = match words.is_empty() {
            true => reason.words().to_owned(),
            false => format!("{}: {words}", reason.words()),
        };
        let (kind, participant) = (live.record.kind, live.record.participant.clone());
        let (request_id, locale) = (live.request_id.clone(), live.locale.clone());
        let event = if reason.is_candidates() {
            Event::Decline
        } else {
            Event::Cancel
        };
        self.try_happen(i, event, now, judge).map_err(|why| {
            FieldError::new("challenge_declined", why, "a challenge that is under way")
        })?;
        if reason == Decline::CannotPerform {
            self.policy.opt_outs.insert(catalogued(kind).need);
        }
        if !offer_alternative {
            return Ok(());
        }
        let open = |k: ChallengeKind| self.obstacle(&participant, k).is_none();
        let other = challenge::alternative_to(kind, open).ok_or_else(|| {
            let expected = "a kind that needs nothing of the declined one and can be issued here";
            FieldError::new("challenge_declined.offer_alternative", "none", expected)
        })?;
        self.issue(
            request_id,
            participant,
            other,
            locale,
            challenge,
            now,
            judge,
        )
    }

    fn happen(&mut self, i: usize, event: Event, now: MediaTime, judge: &mut dyn Judge) {
        match self.try_happen(i, event, now, judge) {
            Ok(()) | Err(challenge::Illegal::Ended) => {}
            Err(why) => tracing::debug!(%why, "challenge"),
        }
    }

    fn try_happen(
        &mut self,
        i: usize,
        event: Event,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) -> Result<(), challenge::Illegal> {
        let Some(live) = self.live.get_mut(i) else {
            return Ok(());
        };
        let before = live.state;
        let (state, effects) = step(live.state, event, live.answer_ns)?;
        live.state = state;
        for effect in effects {
            match effect {
                Effect::OpenWindow {
                    attempt,
                    shown,
                    deadline,
                } => self.open_window(i, attempt, (shown, deadline), judge),
                Effect::AskAgain { show_by } => self.ask_again(i, show_by, judge),
                Effect::Conclude(ending) => self.conclude(i, before, ending, now, judge),
            }
        }
        Ok(())
    }

    fn open_window(
        &mut self,
        i: usize,
        attempt: u32,
        (shown, deadline): (MediaTime, MediaTime),
        judge: &mut dyn Judge,
    ) {
        let Some(live) = self.live.get_mut(i) else {
            return;
        };
        live.record.attempt = attempt;
        live.record.shown = Some(shown);
        live.record.deadline = Some(deadline);
        let opened = judge.open(ControlEvent {
            time: shown,
            kind: EventKind::Challenge {
                id: window_id(&live.record.challenge, attempt),
                kind: live.record.kind,
                deadline,
                count: live.record.count,
                asked: Box::new(Asked {
                    participant: Some(live.record.participant.clone()),
                    parameters: live.record.parameters.clone(),
                }),
            },
        });
        judge.watch_hands(None);
        let update = live.update(ChallengeState::Open {
            attempt,
            shown,
            deadline,
        });
        self.updates.push(update);
        if let Err(error) = opened {
            // The interview has had too many events; it is told and ends with the interview.
            self.remarks
                .push(format!("a challenge cannot be judged: {error}"));
        }
    }

    fn ask_again(&mut self, i: usize, show_by: MediaTime, judge: &mut dyn Judge) {
        let Some(live) = self.live.get(i) else { return };
        let r = &live.record;
        if catalogued(r.kind).hands {
            judge.watch_hands(Some(show_by));
        }
        let prompt = challenge::reprompt(r.kind, r.count, &r.parameters, &live.locale);
        let Some(first) = live.results.first().cloned() else {
            return;
        };
        let update = live.update(ChallengeState::AskedAgain {
            prompt,
            show_by,
            first: Box::new(first),
        });
        self.updates.push(update);
    }

    fn conclude(
        &mut self,
        i: usize,
        before: Progress,
        ending: Ending,
        now: MediaTime,
        judge: &mut dyn Judge,
    ) {
        judge.watch_hands(None);
        let Some(live) = self.live.get_mut(i) else {
            return;
        };
        if let (Progress::Open { attempt, .. }, false) =
            (before, matches!(ending, Ending::Judged { .. }))
        {
            judge.withdraw(&window_id(&live.record.challenge, attempt));
        }
        if !matches!(ending, Ending::Judged { .. }) {
            live.give_up(ending);
        }
        let latest = live.results.last().map(|c| outcome_name(&c.status));
        live.record.outcome = match ending {
            Ending::Judged { .. } => latest.unwrap_or_default(),
            Ending::Expired => "expired",
            Ending::Declined => "declined",
            Ending::Cancelled => "cancelled",
            Ending::Interrupted => "interrupted",
        }
        .to_owned();
        let unsigned = live.record.clone();
        let signed = self.sign(unsigned);
        let Some(live) = self.live.get_mut(i) else {
            return;
        };
        live.record = signed;
        if let Some(result) = live.told().pop() {
            let words = challenge::sentence(&result);
            let update = live.update(ChallengeState::Concluded {
                ending,
                result: Box::new(result),
                words,
            });
            self.updates.push(update);
        }
        let ended = match &mut self.plan {
            Some(plan) => plan.ended(&self.policy, now, self.entropy.as_mut()),
            None => Ok(()),
        };
        if let Err(why) = ended {
            self.remarks
                .push(format!("no more challenges are issued: {why}"));
        }
    }

    /// Issues by itself what the policy wants.
    fn follow_plan(&mut self, now: MediaTime, judge: &mut dyn Judge) -> Result<(), NoEntropy> {
        let plan = match &mut self.plan {
            Some(plan) => plan,
            None => self
                .plan
                .insert(Plan::begin(&self.policy, now, self.entropy.as_mut())?),
        };
        let busy = self
            .live
            .iter()
            .any(|l| !matches!(l.state, Progress::Ended(_)));
        if busy || !plan.is_due(now) {
            return Ok(());
        }
        plan.issued();
        let mut everybody: Vec<ParticipantId> = self
            .abilities
            .iter()
            .map(|a| a.participant.clone())
            .collect();
        everybody.dedup();
        let locale = self.policy.locale.clone();
        let mut issued = false;
        for participant in everybody {
            let Some(kind) = self.draw_kind(&participant)? else {
                continue;
            };
            match self.issue(
                String::new(),
                participant,
                kind,
                locale.clone(),
                "",
                now,
                judge,
            ) {
                Ok(()) => issued = true,
                Err(error) => self.remarks.push(error.to_string()),
            }
        }
        if !issued {
            self.remarks.push(
                "a challenge was due and no kind can be issued here; hello.challenges says why"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

// === impl Live ===

impl Live {
    fn update(&self, state: ChallengeState) -> ChallengeUpdate {
        ChallengeUpdate {
            challenge: self.record.challenge.clone(),
            participant: Some(self.record.participant.clone()),
            request_id: self.request_id.clone(),
            state,
        }
    }

    /// Keeps what came of an attempt, under the challenge's own id.
    fn keep(&mut self, attempt: u32, mut result: ChallengeResult) {
        result.id.clone_from(&self.record.challenge);
        result.issued = Some(self.issued(attempt));
        self.results.push(result);
    }

    fn issued(&self, attempt: u32) -> Box<IssuedChallenge> {
        Box::new(IssuedChallenge {
            attempt,
            uncertainty_ms: self.uncertainty_ms,
            record: self.record.clone(),
        })
    }

    /// There is no result: says why.
    fn give_up(&mut self, ending: Ending) {
        let r = &self.record;
        let window = match (r.shown, r.deadline) {
            (Some(shown), Some(deadline)) => (shown, deadline),
            _ => (r.issued, r.issued.plus_ns(self.answer_ns)),
        };
        let detail = match ending {
            Ending::Expired => "its prompt was not shown in time".to_owned(),
            Ending::Interrupted => "the interview ended before it was judged".to_owned(),
            _ => self.words.clone(),
        };
        let why = Abstention::new(AbstainReason::NotRequested, "");
        let mut none = ChallengeResult::unmeasured(&r.challenge, r.kind, r.count, window, &why);
        none.status = ChallengeStatus::NotCarriedOut { detail };
        self.keep(r.attempt, none);
    }

    /// The results as they are told: each with the latest record.
    fn told(&self) -> Vec<ChallengeResult> {
        let with_record = |c: &ChallengeResult| {
            let mut c = c.clone();
            if let Some(issued) = &mut c.issued {
                issued.record = self.record.clone();
            }
            c
        };
        self.results.iter().map(with_record).collect()
    }
}

/// Id of an attempt's window in the pipeline.
fn window_id(challenge: &str, attempt: u32) -> String {
    match attempt {
        0 | 1 => challenge.to_owned(),
        n => format!("{challenge}/{n}"),
    }
}

fn outcome_name(status: &ChallengeStatus) -> &'static str {
    match status {
        ChallengeStatus::Performed => "performed",
        ChallengeStatus::NotPerformed { .. } => "not_performed",
        ChallengeStatus::NotMeasurable { .. } => "not_measurable",
        ChallengeStatus::NotCarriedOut { .. } => "not_carried_out",
    }
}

fn no_entropy(why: NoEntropy) -> FieldError {
    FieldError::new("issue_challenge", why, "random bytes")
}
