use super::super::Accumulation;
use super::super::discount::discount;
use super::super::tests::{CONFIG, finding as named, policy, span};
use super::*;
use crate::core::{Comparison, ReferenceKind, ReferenceSource};
use proptest::prelude::*;

fn finding(outcome: Outcome) -> Finding {
    named("x", outcome, 0.0)
}

fn scored(llr: f64) -> Outcome {
    Outcome::Scored {
        llr,
        quality: 1.0,
        evidence: Vec::new(),
    }
}

#[test]
fn an_empty_or_silent_session_has_no_number() {
    let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
    assert!(s.outcome().score().is_none());
    let out = finding(Outcome::abstain(AbstainReason::NoFace, "no face"));
    for i in 0..10 {
        s.add_segment(&span(i), std::slice::from_ref(&out), false);
    }
    assert!(s.outcome().score().is_none());
    assert_eq!(s.signals()[0].abstained[0].segments, 10);
}

#[test]
fn a_sliver_of_evidence_is_below_the_floor() {
    let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
    s.add_segment(&span(0), &[finding(scored(-1.0))], true);
    for i in 1..20 {
        s.add_segment(&span(i), &[], false);
    }
    assert!(
        matches!(s.outcome(), ScoreOutcome::NoScore(a) if a.reason == AbstainReason::LowCoverage)
    );
}

#[test]
fn comparisons_with_a_reference_have_a_cap_of_their_own() {
    let compared = |llr: f64, obstacle: Option<&str>| Finding {
        comparison: Some(Comparison {
            source: ReferenceSource {
                kind: ReferenceKind::Clip,
                name: "id.mp4".into(),
            },
            obstacle: obstacle.map(str::to_owned),
        }),
        ..finding(scored(llr))
    };
    let total = |cap: Option<f64>, findings: &[Finding]| {
        let policy = SignalPolicy {
            session_cap: 1.0,
            reference_session_cap: cap,
            session_floor: None,
            segment_correlation: 0.0,
            ..policy(Accumulation::Sum)
        };
        let mut s = SessionFusion::new(&[policy], CONFIG);
        for (i, f) in findings.iter().enumerate() {
            s.add_segment(&span(i as i64), std::slice::from_ref(f), true);
        }
        s.signals()[0].contribution
    };
    let (with, without) = (compared(1.5, None), compared(1.5, Some("another camera")));
    let many = |f: &Finding| vec![f.clone(); 5];
    assert_eq!(total(Some(2.5), &many(&with)), 2.5);
    assert_eq!(total(Some(2.5), &many(&without)), 1.0, "stands without");
    assert_eq!(total(None, &many(&with)), 1.0);
    let mixed = [many(&with), many(&without)].concat();
    assert_eq!(total(Some(2.5), &mixed), 2.5);
    let opposed = [many(&compared(-1.5, None)), many(&without)].concat();
    assert_eq!(total(Some(2.5), &opposed), -1.5);
}

#[test]
fn a_signal_with_a_floor_clears_nobody_beyond_it() {
    let policy = SignalPolicy {
        session_cap: 2.0,
        session_floor: Some(-0.5),
        segment_correlation: 0.0,
        ..policy(Accumulation::Sum)
    };
    let total = |llr: f64| {
        let mut s = SessionFusion::new(std::slice::from_ref(&policy), CONFIG);
        for i in 0..9 {
            s.add_segment(&span(i), &[finding(scored(llr))], true);
        }
        s.signals()[0].contribution
    };
    assert_eq!((total(-1.0), total(1.0)), (-0.5, 2.0));
}

#[test]
fn latest_replaces_and_sum_adds() {
    let mut sum = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
    let mut last = SessionFusion::new(&[policy(Accumulation::Latest)], CONFIG);
    for (i, llr) in [1.0, 1.0, 0.5].into_iter().enumerate() {
        sum.add_segment(&span(i as i64), &[finding(scored(llr))], true);
        last.add_segment(&span(i as i64), &[finding(scored(llr))], true);
    }
    assert!((sum.signals()[0].contribution - discount(3, 0.7) * 0.8 * 2.5).abs() < 1e-12);
    assert!((last.signals()[0].contribution - 0.8 * 0.5).abs() < 1e-12);
}

#[test]
fn a_single_segment_counts_in_full() {
    let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
    s.add_segment(&span(0), &[finding(scored(1.0))], true);
    assert!((s.signals()[0].contribution - 0.8).abs() < 1e-12);
}

/// A session of segments whose signals scored (`Some`) or abstained, under one policy each.
fn session(policies: &[SignalPolicy], rows: &[Vec<Option<f64>>]) -> SessionFusion {
    let mut s = SessionFusion::new(policies, CONFIG);
    for (i, row) in rows.iter().enumerate() {
        let of = |(p, llr): (&SignalPolicy, &Option<f64>)| {
            let silent = || Outcome::abstain(AbstainReason::NoFace, "none");
            named(&p.name, llr.map_or_else(silent, scored), 0.0)
        };
        let findings: Vec<Finding> = policies.iter().zip(row).map(of).collect();
        let has_number = row.iter().any(Option::is_some);
        s.add_segment(&span(i as i64), &findings, has_number);
    }
    s
}

fn three() -> Vec<SignalPolicy> {
    let of = |name: &str, rho, floor| SignalPolicy {
        name: name.into(),
        segment_correlation: rho,
        session_floor: floor,
        ..policy(Accumulation::Sum)
    };
    vec![
        of("a", 0.82, Some(-0.69)),
        of("b", 0.5, None),
        of("c", 0.0, None),
    ]
}

#[test]
fn the_standing_says_since_when() {
    let run = |llrs: &[f64]| {
        let rows: Vec<_> = llrs.iter().map(|l| vec![None, None, Some(*l)]).collect();
        let mut policies = three();
        policies[2].session_cap = 9.0;
        let verdict = session(&policies, &rows).verdict();
        (verdict.standing, verdict.since)
    };
    let out = (Standing::StandsOut, Some(span(2).end));
    assert_eq!(
        run(&[1.0, 2.5, 9.0, 0.2]),
        out,
        "2 is the most of a segment"
    );
    assert_eq!(run(&[1.0, 2.5, 9.0, -9.0]), (Standing::Inconclusive, None));
    let live = (Standing::ConsistentWithLive, Some(span(1).end));
    assert_eq!(run(&[-2.0, -2.0]), live);
}

#[test]
fn a_standing_needs_a_signal_that_tells_the_classes_apart() {
    let sets = |set: Option<PredictionSet>, llr: f64| {
        let mut policies = three();
        policies[2].session_cap = 9.0;
        let mut s = SessionFusion::new(&policies, CONFIG);
        for i in 0..4 {
            let f = Finding {
                prediction_set: set,
                ..named("c", scored(llr), 0.0)
            };
            s.add_segment(&span(i), std::slice::from_ref(&f), true);
        }
        (s.verdict(), s.outcome(), s.signals()[2].told_apart)
    };
    use PredictionSet::{Both, Manipulated, Real};
    let (open, score, told) = sets(None, 2.0);
    assert_eq!((open.standing, told), (Standing::StandsOut, None));
    for (set, want) in [
        (Manipulated, Standing::StandsOut),
        (Both, Standing::Inconclusive),
    ] {
        let (verdict, same, _) = sets(Some(set), 2.0);
        assert_eq!(verdict.standing, want);
        assert_eq!(same, score, "the evidence stays what it is");
    }
    let (held, _, told) = sets(Some(Both), 2.0);
    assert!(
        held.detail.contains("tell real from manipulated"),
        "{}",
        held.detail
    );
    assert_eq!((held.since, told), (None, Some(0.0)));
    assert_eq!(
        sets(Some(Real), -2.0).0.standing,
        Standing::ConsistentWithLive
    );
    assert_eq!(
        sets(Some(Manipulated), -2.0).0.standing,
        Standing::Inconclusive
    );
}

fn rows() -> impl Strategy<Value = Vec<Vec<Option<f64>>>> {
    let cell = prop::option::weighted(0.7, -6.0..6.0f64);
    prop::collection::vec(prop::collection::vec(cell, 3), 1..40)
}

fn terms(s: &SessionFusion) -> Vec<f64> {
    s.signals().iter().map(|x| x.contribution).collect()
}

fn rank(s: &SessionFusion) -> u8 {
    match s.verdict().standing {
        Standing::ConsistentWithLive => 0,
        Standing::Inconclusive => 1,
        Standing::StandsOut => 2,
    }
}

proptest! {
    /// Terms sum to the logit, and each stays within its cap and floor.
    #[test]
    fn terms_sum_and_caps_hold(rows in rows()) {
        let policies = three();
        let s = session(&policies, &rows);
        for (p, term) in policies.iter().zip(terms(&s)) {
            let floor = p.session_floor.unwrap_or(-p.session_cap);
            prop_assert!(term <= p.session_cap && term >= floor);
        }
        if let Some(score) = s.outcome().score() {
            prop_assert!((score.evidence_logit - terms(&s).iter().sum::<f64>()).abs() < 1e-12);
        } else {
            prop_assert_eq!(s.verdict().standing, Standing::Inconclusive);
            prop_assert_eq!(s.change().since, None);
        }
    }

    /// Without a signal the terms of the others are what they were.
    #[test]
    fn a_missing_signal_removes_exactly_its_term_of_the_session(
        rows in rows(), gone in 0usize..3,
    ) {
        let policies = three();
        let mut want = terms(&session(&policies, &rows));
        want[gone] = 0.0;
        let mut without = rows;
        without.iter_mut().for_each(|row| row[gone] = None);
        prop_assert_eq!(want, terms(&session(&policies, &without)));
    }

    /// Segments on which nothing was measured, wherever they lie, change no evidence: nobody
    /// looks better for not being seen, nor worse.
    #[test]
    fn no_data_moves_nothing(rows in rows(), at in 0usize..40, many in 1usize..20) {
        let policies = three();
        let before = terms(&session(&policies, &rows));
        let mut padded = rows;
        for _ in 0..many {
            padded.insert(at % (padded.len() + 1), vec![None; 3]);
        }
        prop_assert_eq!(before, terms(&session(&policies, &padded)));
    }

    /// A log-likelihood ratio that rises lowers no term and no standing, and in the latest segment
    /// no statistic of a change.
    #[test]
    fn terms_rise_with_every_llr(
        rows in rows(), place in 0usize..40, cell in 0usize..3, by in 0.0..4.0f64,
    ) {
        let policies = three();
        let before = session(&policies, &rows);
        let mut more = rows;
        let place = place % more.len();
        more[place][cell] = more[place][cell].map(|v| v + by);
        let after = session(&policies, &more);
        for (a, b) in terms(&before).iter().zip(terms(&after)) {
            prop_assert!(b >= a - 1e-12);
        }
        prop_assert!(rank(&after) >= rank(&before));
        if place == more.len() - 1 {
            prop_assert!(after.change().statistic >= before.change().statistic - 1e-12);
        }
    }

    /// What no session reaches, no stretch of it reaches either: the statistic of a change is
    /// never above the sum of the caps.
    #[test]
    fn a_change_knows_the_caps(rows in rows()) {
        let policies = three();
        let most: f64 = policies.iter().map(|p| p.session_cap).sum();
        let change = session(&policies, &rows).change();
        prop_assert!((0.0..=most).contains(&change.statistic));
    }

    #[test]
    fn the_session_cap_holds_and_terms_sum(llrs in prop::collection::vec(-9.0..9.0f64, 1..400)) {
        let mut s = SessionFusion::new(&[policy(Accumulation::Sum)], CONFIG);
        for (i, l) in llrs.iter().enumerate() {
            s.add_segment(&span(i as i64), &[finding(scored(*l))], true);
        }
        let total: f64 = s.signals().iter().map(|x| x.contribution).sum();
        prop_assert!(total.abs() <= 4.0 + 1e-12);
        prop_assert!((s.outcome().score().unwrap().evidence_logit - total).abs() < 1e-12);
    }
}
