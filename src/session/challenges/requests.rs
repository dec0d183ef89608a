//! What a client says of challenges: asks for one, has shown one, does without one.

use super::live::Live;
use super::{
    ChallengeAbility, ChallengeRequest, ChallengeState, ChallengeUpdate, Challenges, Decline,
    IssuedState, Judge, MOST_CHALLENGES, MOST_UNCERTAINTY_MS,
};
use crate::challenge::{self, Event, NoEntropy, Progress, SHOW_WITHIN_NS, catalogued};
use crate::core::{ChallengeKind, ChallengeRecord, FieldError, MediaTime, ParticipantId};

// === impl Challenges ===

impl Challenges {
    /// Takes what a client says. What cannot be taken in is answered by an update.
    pub(in crate::session) fn take(
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

    pub(super) fn under_way(&self, participant: &ParticipantId) -> bool {
        let open = |l: &Live| !matches!(l.state, Progress::Ended(_));
        self.live
            .iter()
            .any(|l| open(l) && &l.record.participant == participant)
    }

    /// Why a kind cannot be issued to somebody, if so.
    pub(super) fn obstacle(
        &self,
        participant: &ParticipantId,
        kind: ChallengeKind,
    ) -> Option<String> {
        let own = |a: &&ChallengeAbility| &a.participant == participant && a.kind == kind;
        match self.abilities.iter().find(own) {
            None => Some("not known".to_owned()),
            Some(a) => a
                .obstacle
                .clone()
                .or_else(|| self.policy.obstacle(kind).map(str::to_owned)),
        }
    }

    pub(super) fn draw_kind(
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
    pub(super) fn issue(
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

    pub(super) fn sign(&mut self, record: ChallengeRecord) -> ChallengeRecord {
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
}

fn no_entropy(why: NoEntropy) -> FieldError {
    FieldError::new("issue_challenge", why, "random bytes")
}
