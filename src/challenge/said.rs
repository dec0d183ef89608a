//! What the end of a challenge means, in sentences that nobody can take for more than they are.

use crate::core::{ChallengeResult, ChallengeStanding, ChallengeStatus};

/// Log-likelihood ratio from which a result is said to point somewhere.
const POINTS: f64 = 0.5;

/// What a result means.
pub fn sentence(c: &ChallengeResult) -> String {
    let detail = c.status.detail().trim_end_matches('.');
    let mut text = match &c.status {
        ChallengeStatus::NotPerformed { .. } => {
            format!("Not performed as asked: {detail}. That is no sign of manipulation.")
        }
        ChallengeStatus::NotMeasurable { .. } => {
            format!(
                "Whether it was performed cannot be told: {detail}. That says nothing about anybody."
            )
        }
        ChallengeStatus::NotCarriedOut { .. } => {
            format!("Not carried out: {detail}. That says nothing about anybody.")
        }
        ChallengeStatus::Performed => performed(c),
    };
    if let Some(early) = c.early_reaction() {
        text.push_str(" To be looked at: ");
        text.push_str(&early);
        text.push('.');
    }
    text
}

fn performed(c: &ChallengeResult) -> String {
    let rest = match (c.kind.standing(), c.llr) {
        (ChallengeStanding::ComplianceOnly, _) => {
            "It was verified for compliance only, and nothing else is judged by it."
        }
        (ChallengeStanding::NotEvaluated, _) => {
            "What was measured meanwhile is shown and has no vote: its accuracy has not been evaluated."
        }
        (ChallengeStanding::Scored, None) => "What was painted meanwhile could not be measured.",
        (ChallengeStanding::Scored, Some(llr)) if llr >= POINTS => {
            "The picture did not behave as a real hand before a real face does."
        }
        (ChallengeStanding::Scored, Some(llr)) if llr <= -POINTS => {
            "The picture behaved as a real hand before a real face does."
        }
        (ChallengeStanding::Scored, Some(_)) => "What was painted meanwhile points neither way.",
    };
    format!("Performed as asked. {rest}")
}
