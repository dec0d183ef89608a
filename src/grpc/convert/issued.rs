//! Challenges that the server issues, both ways: requests, policy, catalogue, updates, signed records.

use super::challenges;
use super::enums::{
    read_challenge, read_challenge_standing, read_colour, read_decline, read_mode, read_need,
    read_side, write_challenge, write_challenge_standing, write_colour, write_mode, write_need,
    write_side,
};
use super::inbound::{MAX_OPAQUE, MAX_TEXT, text, too_long};
use super::{pb, required};
use crate::challenge::{Ending, MOST_AUTOMATIC, NONCE_BYTES, Prompt};
use crate::core::{
    ChallengeKind, ChallengeParameters, ChallengePolicy, ChallengeRecord, FieldError,
    LEAST_COLOUR_MS, MOST_COLOURS, MOST_WORDS, MediaTime, ParticipantId, SessionId,
};
use crate::session::{
    ChallengeAbility, ChallengeRequest, ChallengeState, ChallengeUpdate, IssuedState,
};

/// Longest word of a phrase in bytes.
const MAX_WORD: usize = 64;
/// Longest hold and longest colour, milliseconds.
const MAX_PART_MS: u32 = 15_000;
/// Longest wait of the automatic policy, seconds: a day.
const MAX_WAIT_S: u32 = 86_400;
/// Bytes of a MAC.
const MAC_BYTES: usize = 32;

fn participant(id: &str, message: &str) -> Result<Option<ParticipantId>, FieldError> {
    match id {
        "" => Ok(None),
        id => ParticipantId::parse(id)
            .map(Some)
            .map_err(|e| e.within(message)),
    }
}

/// A wish for a challenge.
pub(super) fn issue(m: pb::IssueChallenge) -> Result<ChallengeRequest, FieldError> {
    let unspecified = pb::ChallengeKind::Unspecified as i32;
    let kind = (m.kind != unspecified).then(|| read_challenge(m.kind, "issue_challenge.kind"));
    Ok(ChallengeRequest::Issue {
        request_id: text(m.request_id, "issue_challenge.request_id", MAX_TEXT)?,
        participant: participant(&m.participant_id, "issue_challenge")?,
        kind: kind.transpose()?,
        locale: text(m.locale, "issue_challenge.locale", MAX_WORD)?,
    })
}

/// A prompt that was shown.
pub(super) fn shown(m: pb::ChallengeShown) -> Result<ChallengeRequest, FieldError> {
    Ok(ChallengeRequest::Shown {
        challenge: text(m.challenge_id, "challenge_shown.challenge_id", MAX_TEXT)?,
        attempt: m.attempt,
        at: MediaTime::from_us(m.shown_us),
        uncertainty_ms: m.uncertainty_ms,
    })
}

/// A challenge that is not carried out.
pub(super) fn declined(m: pb::ChallengeDeclined) -> Result<ChallengeRequest, FieldError> {
    Ok(ChallengeRequest::Decline {
        challenge: text(m.challenge_id, "challenge_declined.challenge_id", MAX_TEXT)?,
        reason: read_decline(m.reason, "challenge_declined.reason")?,
        words: m.words.chars().take(MAX_OPAQUE).collect(),
        offer_alternative: m.offer_alternative,
    })
}

/// The policy of an interview; what is not stated is the default.
pub(super) fn policy(m: Option<pb::ChallengePolicy>) -> Result<ChallengePolicy, FieldError> {
    let mut policy = ChallengePolicy::default();
    let Some(m) = m else { return Ok(policy) };
    if m.mode != pb::ChallengeMode::Unspecified as i32 {
        policy.mode = read_mode(m.mode, "mode")?;
    }
    // Repeated values are many only by mistake.
    if m.kinds.len() > MOST_WORDS {
        return Err(FieldError::new(
            "kinds",
            m.kinds.len(),
            format!("at most {MOST_WORDS}"),
        ));
    }
    if m.opt_outs.len() > MOST_WORDS {
        return Err(FieldError::new(
            "opt_outs",
            m.opt_outs.len(),
            format!("at most {MOST_WORDS}"),
        ));
    }
    let kinds = m.kinds.iter().map(|k| read_challenge(*k, "kinds"));
    policy.kinds = kinds.collect::<Result<_, _>>()?;
    let needs = m.opt_outs.iter().map(|n| read_need(*n, "opt_outs"));
    policy.opt_outs = needs.collect::<Result<_, _>>()?;
    if m.accessible_only {
        policy.accessible_only();
    }
    if !m.locale.is_empty() {
        policy.locale = text(m.locale, "locale", MAX_WORD)?;
    }
    let stated = |field: &str, value: u32, most: u32, default: u32| match value {
        0 => Ok(default),
        v if v <= most => Ok(v),
        v => Err(FieldError::new(field, v, format!("at most {most}"))),
    };
    policy.max_automatic = stated(
        "max_automatic",
        m.max_automatic,
        MOST_AUTOMATIC,
        policy.max_automatic,
    )?;
    policy.first_after_s = stated(
        "first_after_s",
        m.first_after_s,
        MAX_WAIT_S,
        policy.first_after_s,
    )?;
    policy.min_spacing_s = stated(
        "min_spacing_s",
        m.min_spacing_s,
        MAX_WAIT_S,
        policy.min_spacing_s,
    )?;
    policy.max_random_wait_s = stated(
        "max_random_wait_s",
        m.max_random_wait_s,
        MAX_WAIT_S,
        policy.max_random_wait_s,
    )?;
    Ok(policy)
}

pub(super) fn write_policy(p: &ChallengePolicy) -> pb::ChallengePolicy {
    pb::ChallengePolicy {
        mode: write_mode(p.mode),
        kinds: p.kinds.iter().map(|k| write_challenge(*k)).collect(),
        locale: p.locale.clone(),
        opt_outs: p.opt_outs.iter().map(|n| write_need(*n)).collect(),
        accessible_only: false,
        max_automatic: p.max_automatic,
        first_after_s: p.first_after_s,
        min_spacing_s: p.min_spacing_s,
        max_random_wait_s: p.max_random_wait_s,
    }
}

pub(super) fn write_ability(a: ChallengeAbility) -> pb::ChallengeCapability {
    pb::ChallengeCapability {
        participant_id: a.participant.to_string(),
        kind: write_challenge(a.kind),
        standing: write_challenge_standing(a.standing),
        available: a.obstacle.is_none(),
        detail: a.obstacle.unwrap_or(a.judged),
        needs: vec![write_need(a.need)],
    }
}

pub(super) fn read_ability(c: &pb::ChallengeCapability) -> Result<ChallengeAbility, FieldError> {
    let need = required(c.needs.first(), "challenges.needs", "what it needs")?;
    let detail = c.detail.clone();
    let (obstacle, judged) = match c.available {
        true => (None, detail),
        false => (Some(detail), String::new()),
    };
    Ok(ChallengeAbility {
        participant: ParticipantId::parse(&c.participant_id)?,
        kind: read_challenge(c.kind, "challenges.kind")?,
        standing: read_challenge_standing(c.standing, "challenges.standing")?,
        need: read_need(*need, "challenges.needs")?,
        obstacle,
        judged,
    })
}

/// How often, and how exactly.
pub(super) fn write_parameters(count: u32, p: &ChallengeParameters) -> pb::ChallengeParameters {
    pb::ChallengeParameters {
        count,
        hand: p.hand.map_or(0, write_side),
        direction: p.direction.map_or(0, write_side),
        hold_ms: p.hold_ms,
        delay_ms: p.delay_ms,
        colours: p.colours.iter().map(|c| write_colour(*c)).collect(),
        colour_ms: p.colour_ms,
        words: p.words.clone(),
    }
}

/// How often, at least once, and how exactly.
pub(super) fn read_parameters(
    p: pb::ChallengeParameters,
) -> Result<(u32, ChallengeParameters), FieldError> {
    let side = |v: i32, field: &str| match v {
        0 => Ok(None),
        v => read_side(v, field).map(Some),
    };
    if p.colours.len() > MOST_COLOURS {
        let expected = format!("at most {MOST_COLOURS}");
        return Err(FieldError::new("colours", p.colours.len(), expected));
    }
    if p.words.len() > MOST_WORDS {
        let expected = format!("at most {MOST_WORDS}");
        return Err(FieldError::new("words", p.words.len(), expected));
    }
    if let Some(long) = p.words.iter().find(|w| w.len() > MAX_WORD) {
        return Err(too_long("words", long.len(), MAX_WORD));
    }
    if p.colour_ms != 0 && !(LEAST_COLOUR_MS..=MAX_PART_MS).contains(&p.colour_ms) {
        let expected = format!("0, or {LEAST_COLOUR_MS} to {MAX_PART_MS} ms");
        return Err(FieldError::new("colour_ms", p.colour_ms, expected));
    }
    if p.hold_ms > MAX_PART_MS {
        return Err(FieldError::new(
            "hold_ms",
            p.hold_ms,
            format!("at most {MAX_PART_MS} ms"),
        ));
    }
    let colours = p.colours.iter().map(|c| read_colour(*c, "colours"));
    let parameters = ChallengeParameters {
        hand: side(p.hand, "hand")?,
        direction: side(p.direction, "direction")?,
        hold_ms: p.hold_ms,
        delay_ms: p.delay_ms,
        colours: colours.collect::<Result<_, _>>()?,
        colour_ms: p.colour_ms,
        words: p.words,
    };
    Ok((p.count.max(1), parameters))
}

pub(super) fn write_record(r: &ChallengeRecord) -> pb::ChallengeRecord {
    let bytes = |text: &str| hex::decode(text).unwrap_or_default().into();
    pb::ChallengeRecord {
        version: r.version,
        session_id: r.session.to_string(),
        challenge_id: r.challenge.clone(),
        participant_id: r.participant.to_string(),
        kind: write_challenge(r.kind),
        parameters: Some(write_parameters(r.count, &r.parameters)),
        issued_us: r.issued.as_us(),
        nonce: bytes(&r.nonce),
        previous_mac: bytes(&r.previous_mac),
        shown_us: r.shown.map(MediaTime::as_us),
        deadline_us: r.deadline.map(MediaTime::as_us),
        attempt: r.attempt,
        outcome: r.outcome.clone(),
        key_id: r.key_id.clone(),
        mac: bytes(&r.mac),
    }
}

pub(super) fn read_record(r: pb::ChallengeRecord) -> Result<ChallengeRecord, FieldError> {
    let bytes = |field: &str, value: &[u8], lengths: &[usize]| {
        if lengths.contains(&value.len()) {
            return Ok(hex::encode(value));
        }
        let found = format!("{} bytes", value.len());
        Err(FieldError::new(field, found, format!("{lengths:?} bytes")))
    };
    let (count, parameters) = read_parameters(r.parameters.unwrap_or_default())?;
    Ok(ChallengeRecord {
        version: r.version,
        session: SessionId::parse(&r.session_id)?,
        challenge: r.challenge_id,
        participant: ParticipantId::parse(&r.participant_id)?,
        kind: read_challenge(r.kind, "record.kind")?,
        count,
        parameters,
        issued: MediaTime::from_us(r.issued_us),
        nonce: bytes("record.nonce", &r.nonce, &[NONCE_BYTES])?,
        previous_mac: bytes("record.previous_mac", &r.previous_mac, &[0, MAC_BYTES])?,
        shown: r.shown_us.map(MediaTime::from_us),
        deadline: r.deadline_us.map(MediaTime::from_us),
        attempt: r.attempt,
        outcome: r.outcome,
        key_id: r.key_id,
        mac: bytes("record.mac", &r.mac, &[MAC_BYTES])?,
    })
}

fn write_prompt(p: Prompt) -> pb::ChallengeTexts {
    pb::ChallengeTexts {
        locale: p.locale.to_owned(),
        prompt: p.prompt,
        reason: p.reason,
        alternative: p.alternative,
    }
}

fn read_prompt(t: Option<pb::ChallengeTexts>) -> Prompt {
    let t = t.unwrap_or_default();
    // The languages are this program's own; one that a newer server has is told as the last resort.
    let known = crate::challenge::LOCALES
        .into_iter()
        .find(|l| *l == t.locale);
    Prompt {
        locale: known.unwrap_or("en"),
        prompt: t.prompt,
        reason: t.reason,
        alternative: t.alternative,
    }
}

fn write_ending(e: Ending) -> i32 {
    (match e {
        Ending::Judged { .. } => pb::ChallengeOutcome::Judged,
        Ending::Expired => pb::ChallengeOutcome::Expired,
        Ending::Declined => pb::ChallengeOutcome::Declined,
        Ending::Cancelled => pb::ChallengeOutcome::Cancelled,
        Ending::Interrupted => pb::ChallengeOutcome::Interrupted,
    }) as i32
}

fn read_ending(value: i32, attempt: u32) -> Result<Ending, FieldError> {
    use pb::ChallengeOutcome as W;
    match W::try_from(value) {
        Ok(W::Judged) => Ok(Ending::Judged { attempt }),
        Ok(W::Expired) => Ok(Ending::Expired),
        Ok(W::Declined) => Ok(Ending::Declined),
        Ok(W::Cancelled) => Ok(Ending::Cancelled),
        Ok(W::Interrupted) => Ok(Ending::Interrupted),
        Ok(W::Unspecified) | Err(_) => {
            let expected = "a value of ChallengeOutcome that this program knows";
            Err(FieldError::new("concluded.outcome", value, expected))
        }
    }
}

pub(super) fn write_update(u: ChallengeUpdate) -> pb::ChallengeUpdate {
    use pb::challenge_update::State as W;
    let state = match u.state {
        ChallengeState::Issued(i) => {
            let r = &i.record;
            W::Issued(pb::ChallengeIssued {
                kind: write_challenge(r.kind),
                parameters: Some(write_parameters(r.count, &r.parameters)),
                issued_us: r.issued.as_us(),
                show_by_us: i.show_by.as_us(),
                answer_ms: i.answer_ms,
                standing: write_challenge_standing(i.standing),
                standing_words: i.standing.words().to_owned(),
                nonce: hex::decode(&r.nonce).unwrap_or_default().into(),
                record: Some(write_record(r)),
                alternative_of: i.alternative_of,
                texts: Some(write_prompt(i.prompt)),
            })
        }
        ChallengeState::Refused { detail } => W::Refused(pb::ChallengeRefused { detail }),
        ChallengeState::Open {
            attempt,
            shown,
            deadline,
        } => W::Open(pb::ChallengeOpen {
            attempt,
            shown_us: shown.as_us(),
            deadline_us: deadline.as_us(),
        }),
        ChallengeState::AskedAgain {
            prompt,
            show_by,
            first,
        } => W::Reprompt(pb::ChallengeReprompt {
            texts: Some(write_prompt(prompt)),
            show_by_us: show_by.as_us(),
            first: Some(challenges::write(&first)),
        }),
        ChallengeState::Concluded {
            ending,
            result,
            words,
        } => W::Concluded(pb::ChallengeConcluded {
            outcome: write_ending(ending),
            result: Some(challenges::write(&result)),
            words,
        }),
    };
    pb::ChallengeUpdate {
        challenge_id: u.challenge,
        participant_id: u.participant.map_or_else(String::new, |p| p.to_string()),
        request_id: u.request_id,
        state: Some(state),
    }
}

/// Asks for a challenge of a kind.
pub fn issue_message(kind: ChallengeKind) -> pb::IssueChallenge {
    pb::IssueChallenge {
        kind: write_challenge(kind),
        ..pb::IssueChallenge::default()
    }
}

/// Says that a prompt was shown.
pub fn shown_message(challenge: &str, attempt: u32, at: MediaTime) -> pb::ChallengeShown {
    pb::ChallengeShown {
        challenge_id: challenge.to_owned(),
        attempt,
        shown_us: at.as_us(),
        uncertainty_ms: 0,
    }
}

/// What became of a challenge, as a client reads it.
///
/// # Errors
/// The field that is missing or holds an unknown value.
pub fn read_update(u: pb::ChallengeUpdate) -> Result<ChallengeUpdate, FieldError> {
    use pb::challenge_update::State as W;
    let result = |r: Option<pb::ChallengeResult>, field: &str| {
        required(r, field, "what came of the challenge").and_then(challenges::read)
    };
    let state = match required(u.state, "challenge.state", "one of the states")? {
        W::Issued(i) => ChallengeState::Issued(Box::new(IssuedState {
            prompt: read_prompt(i.texts),
            show_by: MediaTime::from_us(i.show_by_us),
            answer_ms: i.answer_ms,
            standing: read_challenge_standing(i.standing, "issued.standing")?,
            alternative_of: i.alternative_of,
            record: read_record(required(i.record, "issued.record", "the signed record")?)?,
        })),
        W::Refused(r) => ChallengeState::Refused { detail: r.detail },
        W::Open(o) => ChallengeState::Open {
            attempt: o.attempt,
            shown: MediaTime::from_us(o.shown_us),
            deadline: MediaTime::from_us(o.deadline_us),
        },
        W::Reprompt(r) => ChallengeState::AskedAgain {
            prompt: read_prompt(r.texts),
            show_by: MediaTime::from_us(r.show_by_us),
            first: Box::new(result(r.first, "reprompt.first")?),
        },
        W::Concluded(c) => {
            let result = result(c.result, "concluded.result")?;
            let attempt = result.issued.as_ref().map_or(0, |i| i.attempt);
            ChallengeState::Concluded {
                ending: read_ending(c.outcome, attempt)?,
                result: Box::new(result),
                words: c.words,
            }
        }
    };
    Ok(ChallengeUpdate {
        challenge: u.challenge_id,
        participant: participant(&u.participant_id, "challenge")?,
        request_id: u.request_id,
        state,
    })
}

#[cfg(test)]
#[path = "issued_tests.rs"]
mod tests;
