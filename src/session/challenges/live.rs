//! One challenge of a live interview: how it stands, and what came of it.

use super::{ChallengeState, ChallengeUpdate};
use crate::challenge::{Ending, Progress};
use crate::core::{
    AbstainReason, Abstention, ChallengeRecord, ChallengeResult, ChallengeStatus, IssuedChallenge,
};

/// One challenge.
pub(super) struct Live {
    pub(super) request_id: String,
    pub(super) locale: String,
    pub(super) answer_ns: i64,
    pub(super) state: Progress,
    pub(super) uncertainty_ms: u32,
    /// The latest signed state of it: what was asked, when, and how it stands.
    pub(super) record: ChallengeRecord,
    /// What came of each attempt.
    pub(super) results: Vec<ChallengeResult>,
    /// Why it was not carried out.
    pub(super) words: String,
}

// === impl Live ===

impl Live {
    pub(super) fn update(&self, state: ChallengeState) -> ChallengeUpdate {
        ChallengeUpdate {
            challenge: self.record.challenge.clone(),
            participant: Some(self.record.participant.clone()),
            request_id: self.request_id.clone(),
            state,
        }
    }

    /// Keeps what came of an attempt, under the challenge's own id.
    pub(super) fn keep(&mut self, attempt: u32, mut result: ChallengeResult) {
        result.id.clone_from(&self.record.challenge);
        result.issued = Some(self.issued(attempt));
        self.results.push(result);
    }

    pub(super) fn issued(&self, attempt: u32) -> Box<IssuedChallenge> {
        Box::new(IssuedChallenge {
            attempt,
            uncertainty_ms: self.uncertainty_ms,
            record: self.record.clone(),
        })
    }

    /// There is no result: says why.
    pub(super) fn give_up(&mut self, ending: Ending) {
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
    pub(super) fn told(&self) -> Vec<ChallengeResult> {
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
pub(super) fn window_id(challenge: &str, attempt: u32) -> String {
    match attempt {
        0 | 1 => challenge.to_owned(),
        n => format!("{challenge}/{n}"),
    }
}

pub(super) fn outcome_name(status: &ChallengeStatus) -> &'static str {
    match status {
        ChallengeStatus::Performed => "performed",
        ChallengeStatus::NotPerformed { .. } => "not_performed",
        ChallengeStatus::NotMeasurable { .. } => "not_measurable",
        ChallengeStatus::NotCarriedOut { .. } => "not_carried_out",
    }
}
