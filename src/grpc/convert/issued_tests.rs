//! Challenges that the server issues, there and back.

use super::*;
use crate::challenge::{prompt, words_of};
use crate::core::{
    ChallengeKind, ChallengeNeed, ChallengeResult, ChallengeStanding, ScreenColour, Side,
};

fn record() -> ChallengeRecord {
    ChallengeRecord {
        count: 2,
        parameters: ChallengeParameters {
            hand: Some(Side::Left),
            direction: Some(Side::Right),
            hold_ms: 2_000,
            delay_ms: 17,
            colours: vec![ScreenColour::Blue, ScreenColour::Amber],
            colour_ms: 600,
            words: words_of("de")
                .iter()
                .take(3)
                .map(|w| (*w).to_owned())
                .collect(),
        },
        ..crate::core::issued_sample(0).record
    }
}

#[test]
fn a_record_survives_the_wire_to_the_last_bit() {
    let sent = record();
    assert_eq!(read_record(write_record(&sent)).unwrap(), sent);
    let mut cut = write_record(&sent);
    cut.nonce = vec![0; 15].into();
    assert_eq!(read_record(cut).unwrap_err().field, "record.nonce");
}

#[test]
fn every_update_survives_the_wire() {
    let prompt = prompt(ChallengeKind::HandPass, 2, &record().parameters, "de");
    let result = {
        let why = crate::core::Abstention::new(crate::core::AbstainReason::NoFace, "no face");
        let window = (MediaTime::from_ms(1_000), MediaTime::from_ms(7_000));
        let mut c = ChallengeResult::unmeasured("ch1", ChallengeKind::HandPass, 2, window, &why);
        c.issued = Some(Box::new(crate::core::issued_sample(80)));
        c
    };
    let t = MediaTime::from_ms;
    for state in [
        ChallengeState::Issued(Box::new(IssuedState {
            prompt: prompt.clone(),
            show_by: t(40_000),
            answer_ms: 7_600,
            standing: ChallengeStanding::Scored,
            alternative_of: "ch0".into(),
            record: record(),
        })),
        ChallengeState::Refused {
            detail: "why".into(),
        },
        ChallengeState::Open {
            attempt: 2,
            shown: t(1_000),
            deadline: t(7_000),
        },
        ChallengeState::AskedAgain {
            prompt,
            show_by: t(9_000),
            first: Box::new(result.clone()),
        },
        ChallengeState::Concluded {
            ending: Ending::Judged { attempt: 1 },
            result: Box::new(result),
            words: "Performed as asked.".into(),
        },
    ] {
        let sent = ChallengeUpdate {
            challenge: "ch1".into(),
            participant: Some(ParticipantId::parse("candidate").unwrap()),
            request_id: "r".into(),
            state,
        };
        assert_eq!(read_update(write_update(sent.clone())).unwrap(), sent);
    }
    let none = read_update(pb::ChallengeUpdate::default()).unwrap_err();
    assert_eq!(none.field, "challenge.state");
}

#[test]
fn policies_are_read_with_their_defaults_and_refused_by_name() {
    assert_eq!(policy(None).unwrap(), ChallengePolicy::default());
    let stated = pb::ChallengePolicy {
        mode: pb::ChallengeMode::Automatic.into(),
        kinds: vec![
            pb::ChallengeKind::HandPass.into(),
            pb::ChallengeKind::Flash.into(),
        ],
        locale: "de-AT".into(),
        opt_outs: vec![pb::ChallengeNeed::Voice.into()],
        accessible_only: false,
        max_automatic: 3,
        first_after_s: 5,
        min_spacing_s: 10,
        max_random_wait_s: 1,
    };
    let read = policy(Some(stated.clone())).unwrap();
    assert_eq!(write_policy(&read), stated);
    let few = policy(Some(pb::ChallengePolicy {
        accessible_only: true,
        ..Default::default()
    }));
    assert!(few.unwrap().opt_outs.contains(&ChallengeNeed::Hands));
    for (change, field) in [
        (
            pb::ChallengePolicy {
                mode: 9,
                ..stated.clone()
            },
            "mode",
        ),
        (
            pb::ChallengePolicy {
                kinds: vec![0],
                ..stated.clone()
            },
            "kinds",
        ),
        (
            pb::ChallengePolicy {
                kinds: vec![1; 40],
                ..stated.clone()
            },
            "kinds",
        ),
        (
            pb::ChallengePolicy {
                opt_outs: vec![77],
                ..stated.clone()
            },
            "opt_outs",
        ),
        (
            pb::ChallengePolicy {
                max_automatic: 17,
                ..stated.clone()
            },
            "max_automatic",
        ),
        (
            pb::ChallengePolicy {
                min_spacing_s: 90_000,
                ..stated.clone()
            },
            "min_spacing_s",
        ),
        (
            pb::ChallengePolicy {
                locale: "x".repeat(65),
                ..stated.clone()
            },
            "locale",
        ),
    ] {
        assert_eq!(policy(Some(change)).unwrap_err().field, field);
    }
}

#[test]
fn parameters_beyond_their_bounds_are_refused_by_name() {
    let good = write_parameters(1, &record().parameters);
    for (change, field) in [
        (
            pb::ChallengeParameters {
                colours: vec![1; 33],
                ..good.clone()
            },
            "colours",
        ),
        (
            pb::ChallengeParameters {
                colours: vec![0],
                ..good.clone()
            },
            "colours",
        ),
        (
            pb::ChallengeParameters {
                colour_ms: 499,
                ..good.clone()
            },
            "colour_ms",
        ),
        (
            pb::ChallengeParameters {
                words: vec!["x".repeat(65)],
                ..good.clone()
            },
            "words",
        ),
        (
            pb::ChallengeParameters {
                words: vec![String::new(); 17],
                ..good.clone()
            },
            "words",
        ),
        (
            pb::ChallengeParameters {
                hand: 3,
                ..good.clone()
            },
            "hand",
        ),
        (
            pb::ChallengeParameters {
                hold_ms: 15_001,
                ..good.clone()
            },
            "hold_ms",
        ),
    ] {
        assert_eq!(read_parameters(change).unwrap_err().field, field);
    }
}
