//! What became of challenges, both ways.

use super::enums::{read_challenge, read_reason, write_challenge, write_reason};
use super::issued::{read_record, write_record};
use super::results::{read_evidence, write_evidence};
use super::{pb, required};
use crate::core::{
    ChallengeResult, ChallengeStatus, FieldError, IssuedChallenge, MediaTime, TracePoint,
};
use pb::challenge_result::Status;

pub(super) fn write(c: &ChallengeResult) -> pb::ChallengeResult {
    let point = |p: &TracePoint| pb::TracePoint {
        time_us: p.time.as_us(),
        value: p.value,
    };
    pb::ChallengeResult {
        challenge_id: c.id.clone(),
        kind: write_challenge(c.kind),
        count: c.count,
        signal: c.signal.clone(),
        prompt_end_us: c.prompt_end.as_us(),
        deadline_us: c.deadline.as_us(),
        status: Some(match &c.status {
            ChallengeStatus::Performed => Status::Performed(pb::ChallengePerformed {}),
            ChallengeStatus::NotPerformed { detail } => {
                Status::NotPerformed(pb::ChallengeNotPerformed {
                    detail: detail.clone(),
                })
            }
            ChallengeStatus::NotMeasurable { reason, detail } => {
                Status::NotMeasurable(pb::NoScore {
                    reason: write_reason(*reason),
                    detail: detail.clone(),
                })
            }
            ChallengeStatus::NotCarriedOut { detail } => {
                Status::NotCarriedOut(pb::ChallengeNotCarriedOut {
                    detail: detail.clone(),
                })
            }
        }),
        onset_us: c.onset.map(MediaTime::as_us),
        reaction_ms: c.reaction_ms,
        passes: c.passes,
        evidence: c.evidence.iter().map(write_evidence).collect(),
        llr: c.llr,
        trace: c.trace.iter().map(point).collect(),
        attempt: c.issued.as_ref().map_or(0, |i| i.attempt),
        record: c.issued.as_ref().map(|i| write_record(&i.record)),
        early_reaction: c.early_reaction().unwrap_or_default(),
        prompt_uncertainty_ms: c.issued.as_ref().map_or(0, |i| i.uncertainty_ms),
    }
}

pub(super) fn read(c: pb::ChallengeResult) -> Result<ChallengeResult, FieldError> {
    let point = |p: pb::TracePoint| TracePoint {
        time: MediaTime::from_us(p.time_us),
        value: p.value,
    };
    let issued = match c.record {
        Some(record) => Some(IssuedChallenge {
            attempt: c.attempt,
            uncertainty_ms: c.prompt_uncertainty_ms,
            record: read_record(record)?,
        }),
        None => None,
    };
    let status = required(
        c.status,
        "challenges.status",
        "performed, not_performed or not_measurable",
    )?;
    Ok(ChallengeResult {
        id: c.challenge_id,
        kind: read_challenge(c.kind, "challenges.kind")?,
        count: c.count,
        signal: c.signal,
        prompt_end: MediaTime::from_us(c.prompt_end_us),
        deadline: MediaTime::from_us(c.deadline_us),
        status: match status {
            Status::Performed(_) => ChallengeStatus::Performed,
            Status::NotPerformed(n) => ChallengeStatus::NotPerformed { detail: n.detail },
            Status::NotMeasurable(n) => ChallengeStatus::NotMeasurable {
                reason: read_reason(n.reason, "challenges.not_measurable.reason")?,
                detail: n.detail,
            },
            Status::NotCarriedOut(n) => ChallengeStatus::NotCarriedOut { detail: n.detail },
        },
        onset: c.onset_us.map(MediaTime::from_us),
        reaction_ms: c.reaction_ms,
        passes: c.passes,
        evidence: c.evidence.into_iter().map(read_evidence).collect(),
        llr: c.llr,
        trace: c.trace.into_iter().map(point).collect(),
        issued: issued.map(Box::new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{AbstainReason, ChallengeKind, Evidence};

    fn result(status: ChallengeStatus) -> ChallengeResult {
        ChallengeResult {
            id: "h1".into(),
            kind: ChallengeKind::HandHold,
            count: 2,
            signal: "hand_occlusion".into(),
            prompt_end: MediaTime::from_ms(1_000),
            deadline: MediaTime::from_ms(7_000),
            status,
            onset: Some(MediaTime::from_ms(1_640)),
            reaction_ms: Some(640.0),
            passes: 1,
            evidence: vec![Evidence::against("peak_overlap", 0.6, 0.25)],
            llr: Some(-0.7),
            trace: vec![TracePoint {
                time: MediaTime::from_ms(1_700),
                value: 0.3,
            }],
            issued: Some(Box::new(crate::core::issued_sample(120))),
        }
    }

    #[test]
    fn every_status_survives_the_wire_and_a_missing_one_is_refused() {
        let detail = || "2 passes asked for, 1 seen".to_owned();
        for status in [
            ChallengeStatus::Performed,
            ChallengeStatus::NotPerformed { detail: detail() },
            ChallengeStatus::NotMeasurable {
                reason: AbstainReason::LowFrameRate,
                detail: detail(),
            },
            ChallengeStatus::NotCarriedOut { detail: detail() },
        ] {
            let sent = result(status);
            assert_eq!(read(write(&sent)).unwrap(), sent);
            let mut cut = write(&sent);
            cut.status = None;
            assert_eq!(read(cut).unwrap_err().field, "challenges.status");
            let mut odd = write(&sent);
            odd.kind = 42;
            assert_eq!(read(odd).unwrap_err().field, "challenges.kind");
        }
    }
}
