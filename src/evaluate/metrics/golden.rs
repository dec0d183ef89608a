//! The figures against scikit-learn and numpy (`testdata/generate/metrics_golden.py`).

use super::*;
use crate::evaluate::fit::{Logistic, fit_logistic};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    bins: usize,
    cases: Vec<Case>,
    logistic: LogisticCase,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    scores: Vec<f64>,
    fake: Vec<bool>,
    group: Vec<usize>,
    auc: f64,
    auc_interval: [f64; 2],
    seed: u64,
    resamples: usize,
    eer: f64,
    apcer_at_bpcer: Vec<[f64; 2]>,
    base_rate: f64,
    ece: f64,
    brier: f64,
    log_loss: f64,
    cllr: f64,
    coverage_risk: Vec<[f64; 2]>,
    #[serde(default)]
    kept: Vec<usize>,
    #[serde(default)]
    reliability: Vec<[f64; 2]>,
}

#[derive(Deserialize)]
struct LogisticCase {
    x: Vec<[f64; 2]>,
    fake: Vec<bool>,
    ridge: f64,
    weights: [f64; 2],
    offset: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../testdata/golden/metrics.json")).unwrap()
}

fn samples(case: &Case) -> Vec<Sample> {
    let rows = case.scores.iter().zip(&case.fake);
    rows.map(|(score, fake)| Sample {
        score: *score,
        fake: *fake,
    })
    .collect()
}

#[track_caller]
fn near(name: &str, what: &str, ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() < 1e-9,
        "{name}, {what}: {ours} against {theirs}"
    );
}

#[test]
fn order_figures_agree_with_scikit_learn() {
    for case in golden().cases {
        let set = samples(&case);
        let ranked = Ranked::new(&set);
        near(&case.name, "AUC", ranked.auc(|_| 1.0).unwrap(), case.auc);
        near(&case.name, "EER", ranked.eer().unwrap(), case.eer);
        for [bpcer, apcer] in &case.apcer_at_bpcer {
            let threshold = ranked.threshold_at(*bpcer).unwrap();
            let point = operating_point(&set, threshold);
            near(&case.name, "APCER", point.apcer.unwrap(), *apcer);
            assert!(point.bpcer.unwrap() <= *bpcer + 1e-12);
        }
    }
}

#[test]
fn intervals_agree_with_weighted_scikit_learn() {
    for case in golden().cases {
        let ranked = Ranked::new(&samples(&case));
        let names: Vec<String> = case.group.iter().map(usize::to_string).collect();
        let clusters = Clusters::by_name(names.iter().map(String::as_str));
        let auc = |w: &[f64]| ranked.auc(|i| w[i]);
        let (low, high) = interval(&clusters, case.resamples, case.seed, auc).unwrap();
        near(&case.name, "low", low, case.auc_interval[0]);
        near(&case.name, "high", high, case.auc_interval[1]);
    }
}

#[test]
fn calibration_agrees_with_scikit_learn() {
    let golden = golden();
    for case in &golden.cases {
        let set = samples(case);
        let found = calibration(&set, golden.bins).unwrap();
        near(&case.name, "base rate", found.base_rate, case.base_rate);
        near(&case.name, "ECE", found.ece, case.ece);
        near(&case.name, "Brier", found.brier, case.brier);
        near(&case.name, "log loss", found.log_loss, case.log_loss);
        near(&case.name, "Cllr", found.cllr, case.cllr);
        if case.reliability.is_empty() {
            continue;
        }
        let kept: Vec<Sample> = case.kept.iter().map(|i| set[*i]).collect();
        let bins = calibration(&kept, golden.bins).unwrap().bins;
        assert_eq!(bins.len(), case.reliability.len(), "{}", case.name);
        for (bin, [stated, observed]) in bins.iter().zip(&case.reliability) {
            near(&case.name, "stated", bin.stated, *stated);
            near(&case.name, "observed", bin.observed, *observed);
        }
    }
}

#[test]
fn risk_agrees_with_numpy() {
    for case in golden().cases {
        let set: Vec<Option<Sample>> = samples(&case).into_iter().map(Some).collect();
        let curve = coverage_risk(&set, usize::MAX);
        assert_eq!(curve.len(), case.coverage_risk.len(), "{}", case.name);
        for (point, [coverage, risk]) in curve.iter().zip(&case.coverage_risk) {
            near(&case.name, "coverage", point.coverage, *coverage);
            near(&case.name, "risk", point.risk, *risk);
        }
    }
}

#[test]
fn the_logistic_fit_agrees_with_scikit_learn() {
    let case = golden().logistic;
    let rows: Vec<Vec<f64>> = case.x.iter().map(|r| r.to_vec()).collect();
    let weights = vec![1.0; rows.len()];
    let Logistic { slopes, offset } =
        fit_logistic(&rows, &case.fake, &weights, case.ridge).unwrap();
    for (ours, theirs) in slopes.iter().zip(case.weights) {
        assert!((ours - theirs).abs() < 1e-5, "{ours} against {theirs}");
    }
    assert!(
        (offset - case.offset).abs() < 1e-5,
        "{offset} against {}",
        case.offset
    );
}
