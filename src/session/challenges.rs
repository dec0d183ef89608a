//! The challenges of one live interview: requests become windows in the pipeline, what the pipeline says of
//! them becomes updates and signed records.
//!
//! All times are session times of the media: a challenge is as far as the interview's media is, so that a
//! server that lags asks later and never judges early. A window is an ordinary challenge event of the
//! pipeline; what is judged of it is what a recording with that event would give.

mod live;
mod message;
mod requests;
#[cfg(test)]
mod tests;

pub use message::{
    ChallengeAbility, ChallengeOffer, ChallengeRequest, ChallengeState, ChallengeUpdate, Decline,
    IssuedState,
};

use crate::challenge::{
    self, Effect, Ending, Entropy, Event, LOCALES, NoEntropy, Plan, Progress, RecordKey,
    catalogued, step,
};
use crate::core::{
    Asked, ChallengeKind, ChallengePolicy, ChallengeResult, ChallengeStatus, ControlEvent,
    EventKind, FieldError, MediaTime, ParticipantId, SessionId, SessionSummary,
};
use crate::pipeline::Pipeline;
use live::{Live, outcome_name, window_id};
use std::sync::Arc;

/// Challenges in one interview; more are refused, so that memory stays bounded and what the pipeline judges
/// of one kind is hardly used up.
const MOST_CHALLENGES: usize = 64;
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

impl Judge for Pipeline {
    fn open(&mut self, event: ControlEvent) -> Result<(), FieldError> {
        self.push_event(event)
    }

    fn withdraw(&mut self, id: &str) {
        self.withdraw_challenge(id);
    }

    fn result(&self, participant: &ParticipantId, id: &str) -> Option<ChallengeResult> {
        self.challenge_result(participant, id)
    }

    fn watch_hands(&mut self, until: Option<MediaTime>) {
        Pipeline::watch_hands(self, until);
    }
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
        if let Progress::Open { attempt, .. } = before
            && ending != (Ending::Judged { attempt })
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
