//! The challenges of an interview against a pipeline that judges as it is told.

use super::*;
use crate::challenge::verify_chain;
use crate::core::{
    AbstainReason, Abstention, ChallengeMode, ChallengeNeed, ChallengeStanding, Coverage,
    ParticipantSummary, ScoreOutcome,
};
use std::collections::HashMap;

/// A source that can be foreseen.
struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoEntropy> {
        for b in out {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *b = (self.0 >> 33) as u8;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Bench {
    windows: Vec<ControlEvent>,
    results: HashMap<String, ChallengeResult>,
    watched: Option<MediaTime>,
    withdrawn: Vec<String>,
}

impl Judge for Bench {
    fn open(&mut self, event: ControlEvent) -> Result<(), FieldError> {
        self.windows.push(event);
        Ok(())
    }

    fn withdraw(&mut self, id: &str) {
        self.withdrawn.push(id.to_owned());
    }

    fn result(&self, _: &ParticipantId, id: &str) -> Option<ChallengeResult> {
        self.results.get(id).cloned()
    }

    fn watch_hands(&mut self, until: Option<MediaTime>) {
        self.watched = until;
    }
}

fn t(s: i64) -> MediaTime {
    MediaTime::from_ms(s * 1_000)
}

fn who() -> ParticipantId {
    ParticipantId::parse("candidate").unwrap()
}

fn key() -> Arc<RecordKey> {
    Arc::new(RecordKey::new(&[7; 32], false).unwrap())
}

fn book(policy: ChallengePolicy) -> Challenges {
    let session = SessionId::parse("s").unwrap();
    let mut book = Challenges::new(session, policy, key(), Box::new(Counter(5)));
    let can = |k: ChallengeKind| match k {
        ChallengeKind::CheekPress => Some("no net".to_owned()),
        _ => None,
    };
    let all = ChallengeKind::ALL.into_iter().map(|k| (who(), k, can(k)));
    let offer = book.offer(all.collect());
    assert_eq!(offer.abilities.len(), ChallengeKind::ALL.len());
    book
}

fn ask(kind: Option<ChallengeKind>) -> ChallengeRequest {
    ChallengeRequest::Issue {
        request_id: String::new(),
        participant: None,
        kind,
        locale: "de".into(),
    }
}

fn shown(challenge: &str, attempt: u32, at: MediaTime) -> ChallengeRequest {
    ChallengeRequest::Shown {
        challenge: challenge.to_owned(),
        attempt,
        at,
        uncertainty_ms: 40,
    }
}

fn decline(challenge: &str, reason: Decline, offer_alternative: bool) -> ChallengeRequest {
    ChallengeRequest::Decline {
        challenge: challenge.to_owned(),
        reason,
        words: "a sling".into(),
        offer_alternative,
    }
}

fn result(event: &ControlEvent, status: ChallengeStatus) -> (String, ChallengeResult) {
    let EventKind::Challenge {
        id,
        kind,
        deadline,
        count,
        ..
    } = &event.kind
    else {
        panic!("{event:?}")
    };
    let why = Abstention::new(AbstainReason::Gathering, "");
    let window = (event.time, *deadline);
    let mut result = ChallengeResult::unmeasured(id, *kind, *count, window, &why);
    result.status = status;
    result.reaction_ms = Some(100.0);
    (id.clone(), result)
}

fn missing() -> ChallengeStatus {
    ChallengeStatus::NotPerformed {
        detail: "nothing was seen".into(),
    }
}

fn states(book: &mut Challenges) -> Vec<(String, ChallengeState)> {
    let all = book.take_updates().into_iter();
    all.map(|u| (u.challenge, u.state)).collect()
}

fn issued(book: &mut Challenges) -> (String, IssuedState) {
    match states(book).pop() {
        Some((id, ChallengeState::Issued(i))) => (id, *i),
        other => panic!("{other:?}"),
    }
}

fn refusal(book: &mut Challenges) -> String {
    match states(book).pop() {
        Some((_, ChallengeState::Refused { detail })) => detail,
        other => panic!("{other:?}"),
    }
}

fn summary() -> SessionSummary {
    SessionSummary {
        duration: t(60),
        participants: vec![ParticipantSummary {
            participant: who(),
            outcome: ScoreOutcome::NoScore(Abstention::new(AbstainReason::TooShort, "")),
            verdict: Default::default(),
            change: Default::default(),
            signals: Vec::new(),
            gaps: Vec::new(),
            challenges: Vec::new(),
            coverage: Coverage::default(),
            reference: None,
        }],
        partial: false,
        end_reason: String::new(),
        cautions: Vec::new(),
    }
}

#[test]
fn a_challenge_is_issued_opened_judged_and_told_with_its_record() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    book.take(ask(Some(ChallengeKind::HandPass)), t(10), &mut bench);
    let (id, i) = issued(&mut book);
    assert_eq!(
        (i.standing, i.prompt.locale),
        (ChallengeStanding::Scored, "de")
    );
    assert!(bench.watched.is_some(), "hands are watched from now on");
    assert_eq!(key().verify(&i.record), Ok(()));
    book.take(shown(&id, 1, t(12)), t(12), &mut bench);
    assert!(matches!(
        states(&mut book).pop(),
        Some((_, ChallengeState::Open { attempt: 1, .. }))
    ));
    assert_eq!((bench.windows.len(), bench.watched), (1, None));
    let EventKind::Challenge {
        asked,
        count,
        deadline,
        ..
    } = &bench.windows[0].kind
    else {
        panic!()
    };
    assert_eq!(
        (&asked.parameters, *count),
        (&i.record.parameters, i.record.count)
    );
    assert_eq!(deadline.since_ns(t(12)) / 1_000_000, i64::from(i.answer_ms));
    book.advance(t(25), &mut bench);
    assert!(states(&mut book).is_empty(), "nothing was judged yet");
    let (window, done) = result(&bench.windows[0], ChallengeStatus::Performed);
    bench.results.insert(window, done);
    book.advance(t(26), &mut bench);
    let Some((
        _,
        ChallengeState::Concluded {
            ending,
            result,
            words,
        },
    )) = states(&mut book).pop()
    else {
        panic!("it was judged")
    };
    assert_eq!(ending, Ending::Judged { attempt: 1 });
    let known = result.issued.as_ref().unwrap();
    assert_eq!(
        (known.record.outcome.as_str(), known.uncertainty_ms),
        ("performed", 40)
    );
    assert_eq!(
        verify_chain(&key(), &[i.record, known.record.clone()]),
        Ok(())
    );
    assert!(
        words.contains("replayed"),
        "100 ms and 40 ms of uncertainty are early: {words}"
    );
    book.take(shown(&id, 0, t(30)), t(30), &mut bench);
    assert!(refusal(&mut book).contains("has ended"));
}

#[test]
fn what_was_not_done_is_asked_for_once_more_and_never_held_against_anybody() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    book.take(ask(Some(ChallengeKind::LeanIn)), t(10), &mut bench);
    let (id, _) = issued(&mut book);
    for attempt in 1..=2 {
        book.take(shown(&id, attempt, t(12)), t(12), &mut bench);
        let (window, none) = result(bench.windows.last().unwrap(), missing());
        bench.results.insert(window, none);
        book.advance(t(14), &mut bench);
        let (_, state) = states(&mut book).pop().unwrap();
        match (attempt, state) {
            (1, ChallengeState::AskedAgain { prompt, first, .. }) => {
                assert!(prompt.prompt.contains("noch einmal"), "{prompt:?}");
                assert_eq!(first.issued.unwrap().attempt, 1);
            }
            (2, ChallengeState::Concluded { result, words, .. }) => {
                assert_eq!(result.issued.unwrap().attempt, 2);
                assert!(words.contains("no sign of manipulation"), "{words}");
            }
            other => panic!("{other:?}"),
        }
    }
    let mut s = summary();
    s.participants[0].challenges = bench.results.values().cloned().collect();
    book.finish(&mut s, t(60), &mut bench);
    let told = &s.participants[0].challenges;
    assert_eq!(told.len(), 2, "each attempt once");
    assert!(told.iter().all(|c| c.id == id && c.issued.is_some()));
}

#[test]
fn who_cannot_is_given_another_kind_and_not_asked_for_the_same_again() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    book.take(ask(Some(ChallengeKind::HandHold)), t(10), &mut bench);
    let (id, _) = issued(&mut book);
    book.take(
        decline(&id, Decline::CannotPerform, true),
        t(11),
        &mut bench,
    );
    let all = states(&mut book);
    let [
        (
            _,
            ChallengeState::Concluded {
                ending,
                result,
                words,
            },
        ),
        (_, ChallengeState::Issued(other)),
    ] = all.as_slice()
    else {
        panic!("{all:?}")
    };
    assert_eq!(*ending, Ending::Declined);
    assert!(
        result
            .status
            .detail()
            .contains("cannot perform it: a sling")
    );
    assert!(words.contains("says nothing about anybody"), "{words}");
    assert_eq!(
        (other.record.kind, other.alternative_of.as_str()),
        (ChallengeKind::Phrase, id.as_str())
    );
    book.take(
        decline(&other.record.challenge, Decline::Cancelled, false),
        t(12),
        &mut bench,
    );
    states(&mut book);
    book.take(ask(Some(ChallengeKind::HandPass)), t(13), &mut bench);
    assert!(refusal(&mut book).contains("opted out"));
}

#[test]
fn a_window_that_is_taken_back_is_not_judged() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    book.take(ask(Some(ChallengeKind::TurnBoth)), t(10), &mut bench);
    let (id, _) = issued(&mut book);
    book.take(shown(&id, 1, t(11)), t(11), &mut bench);
    book.take(decline(&id, Decline::PrefersNot, false), t(12), &mut bench);
    assert_eq!(bench.withdrawn, std::slice::from_ref(&id));
    let mut s = summary();
    book.finish(&mut s, t(60), &mut bench);
    let told = &s.participants[0].challenges;
    assert!(matches!(told[0].status, ChallengeStatus::NotCarriedOut { .. }) && told.len() == 1);
}

#[test]
fn what_cannot_be_issued_is_refused_by_name() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    book.take(ask(Some(ChallengeKind::CheekPress)), t(1), &mut bench);
    assert!(refusal(&mut book).contains("no net"));
    let stranger = ChallengeRequest::Issue {
        request_id: "r".into(),
        participant: Some(ParticipantId::parse("nobody").unwrap()),
        kind: None,
        locale: String::new(),
    };
    book.take(stranger, t(1), &mut bench);
    assert!(refusal(&mut book).contains("participant_id"));
    book.take(shown("ch9", 1, t(1)), t(1), &mut bench);
    assert!(refusal(&mut book).contains("challenge_shown.challenge_id"));
    book.take(ask(None), t(1), &mut bench);
    let (id, _) = issued(&mut book);
    book.take(ask(None), t(1), &mut bench);
    assert!(refusal(&mut book).contains("under way"));
    book.take(shown(&id, 1, t(900)), t(1), &mut bench);
    assert!(refusal(&mut book).contains("of session time"));
    let late = ChallengeRequest::Shown {
        challenge: id,
        attempt: 1,
        at: t(1),
        uncertainty_ms: 5_001,
    };
    book.take(late, t(1), &mut bench);
    assert!(refusal(&mut book).contains("uncertainty_ms"));
}

#[test]
fn the_number_of_challenges_is_bounded() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    for i in 0..MOST_CHALLENGES as i64 {
        book.take(ask(Some(ChallengeKind::Phrase)), t(i), &mut bench);
        let (id, _) = issued(&mut book);
        book.take(decline(&id, Decline::Cancelled, false), t(i), &mut bench);
        states(&mut book);
    }
    book.take(ask(Some(ChallengeKind::Phrase)), t(99), &mut bench);
    assert!(refusal(&mut book).contains("at most 64"));
}

#[test]
fn the_automatic_policy_issues_by_itself_and_not_more_than_it_may() {
    let policy = ChallengePolicy {
        mode: ChallengeMode::Automatic,
        max_automatic: 2,
        first_after_s: 20,
        min_spacing_s: 30,
        max_random_wait_s: 10,
        opt_outs: [ChallengeNeed::Hands].into(),
        ..ChallengePolicy::default()
    };
    let (mut book, mut bench) = (book(policy), Bench::default());
    let mut at = Vec::new();
    for s in 0..400 {
        book.advance(t(s), &mut bench);
        for (id, state) in states(&mut book) {
            match state {
                ChallengeState::Issued(i) => {
                    at.push(s);
                    assert_ne!(catalogued(i.record.kind).need, ChallengeNeed::Hands);
                    if at.len() == 1 {
                        book.take(shown(&id, 1, t(s)), t(s), &mut bench);
                        let (window, done) = result(&bench.windows[0], ChallengeStatus::Performed);
                        bench.results.insert(window, done);
                    }
                }
                ChallengeState::Concluded { ending, .. } if at.len() == 2 => {
                    assert_eq!(ending, Ending::Expired, "the second was never shown");
                }
                _ => {}
            }
        }
    }
    assert_eq!(at.len(), 2, "{at:?}");
    assert!(
        (20..=31).contains(&at[0]) && (at[0] + 30..=at[0] + 42).contains(&at[1]),
        "{at:?}"
    );
    let (mut off, mut bench) = (self::book(ChallengePolicy::default()), Bench::default());
    off.advance(t(9_000), &mut bench);
    assert!(
        states(&mut off).is_empty(),
        "manual issues nothing by itself"
    );
}

#[test]
fn all_records_of_an_interview_are_one_chain() {
    let (mut book, mut bench) = (book(ChallengePolicy::default()), Bench::default());
    let mut records = Vec::new();
    for s in 0..6 {
        book.take(ask(None), t(s), &mut bench);
        let (id, i) = issued(&mut book);
        records.push(i.record);
        book.take(decline(&id, Decline::NotShown, false), t(s), &mut bench);
        let Some((_, ChallengeState::Concluded { result, .. })) = states(&mut book).pop() else {
            panic!()
        };
        records.push(result.issued.unwrap().record);
    }
    assert_eq!(verify_chain(&key(), &records), Ok(()));
    records.remove(3);
    assert!(verify_chain(&key(), &records).is_err());
}
