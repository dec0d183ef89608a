//! What is promised of challenges, whatever is drawn and whatever happens.

use super::texts::TABLES;
use super::*;
use crate::core::{
    ChallengeKind, ChallengeMode, ChallengeNeed, ChallengeParameters, ChallengePolicy,
    ChallengeRecord, LEAST_COLOUR_MS, MOST_COLOURS, MOST_WORDS, MediaTime, ParticipantId,
    SessionId, Side,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A source that can be foreseen: for tests only.
struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in out.chunks_mut(8) {
            self.0 += 1;
            let digest = ring::digest::digest(&ring::digest::SHA256, &self.0.to_le_bytes());
            chunk
                .iter_mut()
                .zip(digest.as_ref())
                .for_each(|(o, d)| *o = *d);
        }
        Ok(())
    }
}

struct Nothing;

impl Entropy for Nothing {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

// === drawing ===

#[test]
fn what_is_drawn_is_within_bounds_different_and_evenly_spread() {
    let mut entropy = Counter(7);
    for kind in ChallengeKind::ALL {
        let mut seen = BTreeSet::new();
        let mut nonces = BTreeSet::new();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut left = 0;
        for _ in 0..600 {
            let d = draw(kind, "en", &mut entropy).unwrap();
            let p = &d.parameters;
            assert!((1..=3).contains(&d.count), "{kind:?}");
            assert!(p.colours.len() <= MOST_COLOURS && p.words.len() <= MOST_WORDS);
            assert!(
                p.colours.windows(2).all(|w| w[0] != w[1]),
                "a colour follows itself"
            );
            assert!(
                p.colours.is_empty() || p.colour_ms >= LEAST_COLOUR_MS,
                "two changes a second at most"
            );
            assert!(
                p.words.iter().collect::<BTreeSet<_>>().len() == p.words.len(),
                "a word twice"
            );
            assert!(p.delay_ms <= 3_000);
            assert!(
                answer_ns(kind, d.count, p) <= 15_000_000_000,
                "{kind:?} is looked at for 15 s at most"
            );
            assert_eq!(d.nonce.len(), 2 * NONCE_BYTES);
            nonces.insert(d.nonce.clone());
            *counts.entry(d.count).or_default() += 1;
            left += u32::from(p.direction == Some(Side::Left));
            seen.insert(format!("{:?}", (d.count, &d.parameters)));
        }
        assert_eq!(nonces.len(), 600, "{kind:?}: a nonce twice");
        assert!(seen.len() > 200, "{kind:?}: {} different draws", seen.len());
        if kind == ChallengeKind::HandPass {
            assert!(
                counts.values().all(|n| (150..250).contains(n)),
                "{counts:?}"
            );
            assert!((240..360).contains(&left), "{left}");
        }
    }
    assert_eq!(
        draw(ChallengeKind::Phrase, "en", &mut Nothing),
        Err(NoEntropy)
    );
}

#[test]
fn numbers_below_n_are_all_drawn_and_none_above() {
    let mut entropy = Counter(1);
    for n in [1u32, 2, 3, 7, 50] {
        let all: BTreeSet<u32> = (0..2_000)
            .map(|_| super::draw::below(n, &mut entropy).unwrap())
            .collect();
        assert_eq!(all, (0..n).collect(), "{n}");
    }
}

#[test]
fn kinds_are_drawn_by_weight_and_flashes_only_where_they_are_listed() {
    let mut entropy = Counter(3);
    let mut drawn = |listed: &[ChallengeKind]| {
        let mut of: BTreeMap<&str, u32> = BTreeMap::new();
        for _ in 0..1_500 {
            let kind = draw_kind(listed, |_| true, &mut entropy).unwrap().unwrap();
            *of.entry(kind.name()).or_default() += 1;
        }
        of
    };
    let of = drawn(&[]);
    assert!(
        !of.contains_key("flash") && !of.contains_key("turn_left"),
        "{of:?}"
    );
    assert!(of["hand_pass"] > 2 * of["phrase"], "{of:?}");
    assert!(drawn(&[ChallengeKind::Flash]).contains_key("flash"));
    assert_eq!(draw_kind(&[], |_| false, &mut entropy), Ok(None));
}

#[test]
fn an_alternative_needs_nothing_of_what_was_declined() {
    for kind in ChallengeKind::ALL {
        let other = alternative_to(kind, |_| true).unwrap();
        assert_ne!(catalogued(other).need, catalogued(kind).need, "{kind:?}");
        assert_ne!(catalogued(other).need, ChallengeNeed::Flashes, "{kind:?}");
    }
    assert_eq!(alternative_to(ChallengeKind::HandPass, |_| false), None);
}

// === policy ===

#[test]
fn the_policy_is_kept() {
    let mut policy = ChallengePolicy::default();
    assert!(
        ChallengeKind::ALL
            .iter()
            .all(|k| policy.obstacle(*k).is_none())
    );
    policy.accessible_only();
    let left: Vec<&str> = ChallengeKind::ALL
        .iter()
        .filter(|k| policy.obstacle(**k).is_none())
        .map(|k| k.name())
        .collect();
    assert_eq!(left, ["phrase"]);
    let listed = ChallengePolicy {
        kinds: vec![ChallengeKind::LeanIn],
        ..ChallengePolicy::default()
    };
    assert!(listed.obstacle(ChallengeKind::HandPass).is_some());
    let off = ChallengePolicy {
        mode: ChallengeMode::Off,
        ..ChallengePolicy::default()
    };
    assert!(off.obstacle(ChallengeKind::Phrase).is_some());
}

#[test]
fn the_plan_issues_so_many_and_keeps_its_distance() {
    let mut entropy = Counter(11);
    let policy = ChallengePolicy {
        mode: ChallengeMode::Automatic,
        max_automatic: 3,
        first_after_s: 10,
        min_spacing_s: 60,
        max_random_wait_s: 20,
        ..ChallengePolicy::default()
    };
    let s = |s: i64| MediaTime::from_ms(s * 1_000);
    let mut plan = Plan::begin(&policy, s(0), &mut entropy).unwrap();
    let mut at = Vec::new();
    for t in 0..1_000 {
        if plan.is_due(s(t)) {
            at.push(t);
            plan.issued();
            // It takes 12 s.
            plan.ended(&policy, s(t + 12), &mut entropy).unwrap();
        }
    }
    assert_eq!(at.len(), 3, "{at:?}");
    assert!((10..=31).contains(&at[0]), "{at:?}");
    assert!(
        at.windows(2).all(|w| (72..=93).contains(&(w[1] - w[0]))),
        "{at:?}"
    );
    let manual = Plan::begin(&ChallengePolicy::default(), s(0), &mut entropy).unwrap();
    assert!(!manual.is_due(s(10_000)));
}

// === texts ===

#[test]
fn every_language_is_complete_and_fills_its_placeholders() {
    let placeholders = |text: &str| -> BTreeSet<String> {
        let parts = text.split('{').skip(1);
        parts
            .filter_map(|p| Some(p.split_once('}')?.0.to_owned()))
            .collect()
    };
    let mut entropy = Counter(5);
    for table in TABLES {
        let locale = table.locale;
        assert!(table.words.len() >= 48, "{locale}");
        assert_eq!(
            table.words.iter().collect::<BTreeSet<_>>().len(),
            table.words.len(),
            "{locale}"
        );
        let fragments = [&table.sides[..], &table.towards[..], &table.times[..]].concat();
        assert!(fragments.iter().all(|f| !f.is_empty()), "{locale}");
        assert!(
            !table.again.is_empty() && !table.voluntary.is_empty(),
            "{locale}"
        );
        for kind in ChallengeKind::ALL {
            let (own, english) = (table.kind(kind), TABLES[0].kind(kind));
            assert_eq!(
                placeholders(own.prompt),
                placeholders(english.prompt),
                "{locale} {kind:?}"
            );
            let d = draw(kind, locale, &mut entropy).unwrap();
            for p in [
                prompt(kind, d.count, &d.parameters, locale),
                reprompt(kind, d.count, &d.parameters, locale),
            ] {
                assert_eq!(p.locale, locale);
                for text in [&p.prompt, &p.reason, &p.alternative] {
                    assert!(
                        text.len() > 20 && !text.contains('{'),
                        "{locale} {kind:?}: {text}"
                    );
                }
                assert!(p.reason.ends_with(table.voluntary), "{locale} {kind:?}");
                for word in ["fraud", "fake", "Betrug", "Fälschung", "verdict"] {
                    assert!(
                        !format!("{p:?}").contains(word),
                        "{locale} {kind:?}: {word}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_language_falls_back_to_its_own_and_then_to_english() {
    let p = ChallengeParameters {
        direction: Some(Side::Right),
        hand: Some(Side::Left),
        ..ChallengeParameters::default()
    };
    let of = |locale: &str| prompt(ChallengeKind::HandPass, 2, &p, locale);
    for (asked, found) in [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("fr-FR", "en"),
        ("", "en"),
        ("en-GB", "en"),
    ] {
        assert_eq!(of(asked).locale, found, "{asked}");
    }
    let text = of("en").prompt;
    assert!(
        text.contains("left hand") && text.contains("twice") && text.contains("your right"),
        "{text}"
    );
    let text = of("de").prompt;
    assert!(
        text.contains("linke Hand") && text.contains("zweimal") && text.contains("nach rechts"),
        "{text}"
    );
}

// === records ===

fn record() -> ChallengeRecord {
    ChallengeRecord {
        challenge: "ch-1".into(),
        session: SessionId::parse("interview-7").unwrap(),
        participant: ParticipantId::parse("candidate").unwrap(),
        parameters: ChallengeParameters {
            words: vec!["Brücke".into(), "a:1:b\nc".into()],
            ..ChallengeParameters::default()
        },
        outcome: String::new(),
        ..crate::core::issued_sample(0).record
    }
}

fn key(byte: u8) -> RecordKey {
    RecordKey::new(&[byte; 32], false).unwrap()
}

#[test]
fn a_record_is_that_of_its_contents_and_key_alone() {
    let signed = key(1).sign(record());
    assert_eq!(key(1).verify(&signed), Ok(()));
    assert!(matches!(
        key(2).verify(&signed),
        Err(Fault::OtherKey { .. })
    ));
    let changes: [fn(&mut ChallengeRecord); 12] = [
        |r| r.session = SessionId::parse("interview-8").unwrap(),
        |r| r.challenge = "ch-2".into(),
        |r| r.kind = ChallengeKind::HandHold,
        |r| r.count += 1,
        |r| r.parameters.direction = Some(Side::Left),
        |r| r.parameters.words = vec!["Brücke".into(), "a".into(), "b\nc".into()],
        |r| r.issued = MediaTime::from_ms(1),
        |r| r.shown = None,
        |r| r.deadline = Some(MediaTime::from_ms(9_000)),
        |r| r.outcome = "not_performed".into(),
        |r| r.nonce = "01".repeat(16),
        |r| r.mac = "22".repeat(32),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut altered = signed.clone();
        change(&mut altered);
        assert!(
            matches!(key(1).verify(&altered), Err(Fault::Mac { .. })),
            "change {i}"
        );
    }
    let mut odd = signed.clone();
    odd.version = 2;
    assert!(matches!(key(1).verify(&odd), Err(Fault::Version { .. })));
    assert_eq!(
        RecordKey::new(&[0; 31], false).unwrap_err().to_string(),
        "a key of 31 bytes, 32 or more needed"
    );
    assert!(
        !format!("{:?}", key(1)).contains("01, 01"),
        "a key is not printed"
    );
}

#[test]
fn the_signed_bytes_are_those_that_the_page_states() {
    let text = canonical(&key(1).sign(record()));
    let start =
        "liveproof challenge record\nversion:1:1\nsession:11:interview-7\nchallenge:4:ch-1\n";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains("words:1:2\nword:7:Brücke\n"), "{text}");
    assert!(
        text.ends_with(&format!("key_id:16:{}\n", key(1).id())),
        "{text}"
    );
}

#[test]
fn a_chain_misses_none_but_the_last() {
    let k = key(3);
    let mut all: Vec<ChallengeRecord> = Vec::new();
    for i in 0..4 {
        let previous_mac = all.last().map(|r| r.mac.clone()).unwrap_or_default();
        let challenge = format!("ch-{i}");
        all.push(k.sign(ChallengeRecord {
            challenge,
            previous_mac,
            ..record()
        }));
    }
    assert_eq!(verify_chain(&k, &all), Ok(()));
    let mut cut = all.clone();
    cut.remove(1);
    assert!(
        matches!(verify_chain(&k, &cut), Err(Fault::Chain { challenge }) if challenge == "ch-2")
    );
    assert!(verify_chain(&k, &all[1..]).is_err(), "the first is missing");
}

// === state ===

const ANSWER_NS: i64 = 6_000_000_000;

fn t(ms: i64) -> MediaTime {
    MediaTime::from_ms(ms)
}

fn issued() -> Progress {
    Progress::Issued {
        issued: t(10_000),
        show_by: t(40_000),
    }
}

fn events() -> impl Strategy<Value = Event> {
    let time = || (0i64..60_000).prop_map(t);
    prop_oneof![
        4 => (0u32..4, time(), time()).prop_map(|(attempt, at, now)| Event::Shown { attempt, at, now }),
        3 => time().prop_map(Event::Reached),
        4 => (0u32..3, any::<bool>(), time()).prop_map(|(attempt, missing, now)| Event::Judged { attempt, missing, now }),
        1 => Just(Event::Decline),
        1 => Just(Event::Cancel),
        1 => Just(Event::SessionEnds),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_a_challenge_ends_once_and_asks_again_at_most_once(list in prop::collection::vec(events(), 0..40)) {
        let (mut state, mut all) = (issued(), Vec::new());
        for event in list {
            let before = state;
            match step(state, event, ANSWER_NS) {
                Ok((next, effects)) => {
                    prop_assert!(!matches!(before, Progress::Ended(_)), "the end absorbs");
                    state = next;
                    all.extend(effects);
                }
                Err(Illegal::Ended) => prop_assert!(matches!(before, Progress::Ended(_))),
                Err(_) => {}
            }
        }
        let count = |wanted: &dyn Fn(&Effect) -> bool| all.iter().filter(|e| wanted(e)).count();
        let ends = count(&|e| matches!(e, Effect::Conclude(_)));
        let windows = count(&|e| matches!(e, Effect::OpenWindow { .. }));
        let again = count(&|e| matches!(e, Effect::AskAgain { .. }));
        prop_assert_eq!(ends, usize::from(matches!(state, Progress::Ended(_))));
        prop_assert!(windows <= 2 && again <= 1);
        prop_assert!(windows <= 1 || again == 1, "a second window only when asked again");
        if ends == 1 {
            prop_assert!(matches!(all.last(), Some(Effect::Conclude(_))), "nothing after the last word");
        }
        for e in &all {
            if let Effect::OpenWindow { shown, deadline, .. } = e {
                prop_assert_eq!(deadline.since_ns(*shown), ANSWER_NS);
            }
            if let Effect::Conclude(ending) = e {
                match ending {
                    Ending::Judged { attempt } => prop_assert!(*attempt as usize <= windows && *attempt >= 1),
                    Ending::Expired => prop_assert_eq!(windows, 0, "what was shown does not expire"),
                    _ => prop_assert_eq!(again, 0, "a first attempt that was judged stands"),
                }
            }
        }
    }
}

#[test]
fn the_ways_through() {
    let shown = |attempt, at| Event::Shown {
        attempt,
        at: t(at),
        now: t(at),
    };
    let judged = |attempt, missing| Event::Judged {
        attempt,
        missing,
        now: t(20_000),
    };
    for (name, events, ending) in [
        (
            "done",
            vec![shown(1, 12_000), judged(1, false)],
            Ending::Judged { attempt: 1 },
        ),
        (
            "done at the second attempt",
            vec![
                shown(0, 12_000),
                judged(1, true),
                shown(2, 22_000),
                judged(2, false),
            ],
            Ending::Judged { attempt: 2 },
        ),
        (
            "never done",
            vec![
                shown(1, 12_000),
                judged(1, true),
                shown(2, 22_000),
                judged(2, true),
            ],
            Ending::Judged { attempt: 2 },
        ),
        (
            "the second prompt was not shown",
            vec![shown(1, 12_000), judged(1, true), Event::Reached(t(50_001))],
            Ending::Judged { attempt: 1 },
        ),
        (
            "never shown",
            vec![Event::Reached(t(40_000)), Event::Reached(t(40_001))],
            Ending::Expired,
        ),
        ("declined", vec![Event::Decline], Ending::Declined),
        (
            "taken back in mid-window",
            vec![shown(1, 12_000), Event::Cancel],
            Ending::Cancelled,
        ),
        (
            "declined in the middle of the second attempt",
            vec![
                shown(1, 12_000),
                judged(1, true),
                shown(2, 22_000),
                Event::Decline,
            ],
            Ending::Judged { attempt: 1 },
        ),
        (
            "declined to try again",
            vec![shown(1, 12_000), judged(1, true), Event::Decline],
            Ending::Judged { attempt: 1 },
        ),
        (
            "the interview ended",
            vec![shown(1, 12_000), Event::SessionEnds],
            Ending::Interrupted,
        ),
    ] {
        let mut state = issued();
        for event in events {
            state = step(state, event, ANSWER_NS)
                .unwrap_or_else(|e| panic!("{name}: {e}"))
                .0;
        }
        assert_eq!(state, Progress::Ended(ending), "{name}");
    }
}

#[test]
fn times_that_cannot_be_and_prompts_that_do_not_wait_are_refused_by_name() {
    let shown = |attempt, at, now| Event::Shown {
        attempt,
        at: t(at),
        now: t(now),
    };
    for (event, word) in [
        (shown(1, 7_000, 12_000), "7000000 µs, expected 8000000 to"),
        (shown(1, 41_000, 41_000), "to 40000000 µs"),
        (shown(1, 45_000, 10_000), "to 40000000 µs"),
        (shown(2, 12_000, 12_000), "attempt 2, expected 1"),
        (
            Event::Judged {
                attempt: 1,
                missing: true,
                now: t(1),
            },
            "no prompt is waiting",
        ),
    ] {
        let e = step(issued(), event, ANSWER_NS).unwrap_err().to_string();
        assert!(e.contains(word), "{e}");
    }
}
