//! Figures of made-up results.

use super::*;
use crate::core::{AbstainReason, Evidence, MediaTime, Quality, Span};
use crate::evaluate::degrade::Degradation;
use crate::evaluate::{FindingScore, SegmentScore};
use std::path::Path;

fn policy(name: &str, accumulation: Accumulation) -> SignalPolicy {
    SignalPolicy {
        name: name.into(),
        weight: 1.0,
        segment_cap: 3.0,
        session_cap: 4.0,
        reference_session_cap: None,
        session_floor: None,
        segment_correlation: 0.82,
        accumulation,
        recalibration: None,
        conformal: None,
    }
}

fn policies() -> Vec<SignalPolicy> {
    vec![
        policy("face_swap", Accumulation::Sum),
        policy("lip_sync", Accumulation::Sum),
    ]
}

/// A recording of 3 s segments with these LLRs of `face_swap`.
fn clip(llrs: &[Option<f64>]) -> ClipResult {
    let segments = llrs.iter().enumerate().map(|(i, llr)| {
        let span = Span::new(
            MediaTime::from_ms(i as i64 * 3000),
            MediaTime::from_ms((i as i64 + 1) * 3000),
        );
        let finding = |signal: &str, llr: Option<f64>, evidence| FindingScore {
            signal: signal.into(),
            span,
            llr,
            weight: 1.0,
            experimental: None,
            reason: llr.is_none().then_some(AbstainReason::LowQuality),
            evidence,
            comparison: None,
        };
        SegmentScore {
            span,
            logit: *llr,
            quality: Quality {
                face_height_px: 150.0,
                ..Quality::default()
            },
            findings: vec![
                finding("face_swap", *llr, Vec::new()),
                finding(
                    "lip_sync",
                    Some(-0.5),
                    vec![Evidence::new("offset_ms", 230.0)],
                ),
            ],
        }
    });
    let segments: Vec<SegmentScore> = segments.collect();
    let logits: Vec<f64> = llrs.iter().flatten().copied().collect();
    let sum: f64 = logits.iter().sum();
    ClipResult {
        error: None,
        still: false,
        session_logit: (!logits.is_empty()).then_some(sum * 0.1),
        segments,
    }
}

fn run(csv: &str, plain: Vec<ClipResult>) -> Evaluation {
    let list = ClipList::parse(csv, Path::new("")).unwrap();
    assert_eq!(list.clips.len(), plain.len());
    let worse = vec![(Degradation::Jpeg(30), plain.clone())];
    let scored = Scored {
        plain,
        degraded: worse,
    };
    let options = Options {
        resamples: 200,
        ..Options::default()
    };
    evaluate(
        "list.csv",
        &list,
        &scored,
        &policies(),
        Vec::new(),
        &options,
    )
}

const LIST: &str = "path,label,identity,tool,condition,pair,offset_ms,from_s\n\
    a_real,real,a,,office,a,,\n\
    a_fake,fake,a,swapper,office,a,,\n\
    b_real,real,b,,train,b,240,\n\
    b_fake,fake,b,other,train,b,,3\n\
    c_real,real,c,,train,,,\n";

/// An evaluation with something in every section.
pub(in crate::evaluate) fn sample() -> Evaluation {
    run(LIST, results())
}

fn results() -> Vec<ClipResult> {
    vec![
        clip(&[Some(-1.0), Some(-2.0)]),
        clip(&[Some(2.0), None]),
        clip(&[None, None]),
        clip(&[Some(-1.0), Some(0.2), Some(1.0)]),
        ClipResult::failed("damaged"),
    ]
}

#[test]
fn abstentions_and_failures_stay_in_the_figures_at_zero() {
    let e = run(LIST, results());
    let f = &e.signals["face_swap"];
    assert_eq!((f.n, f.n_real, f.n_fake, f.identities), (5, 3, 2, 3));
    assert!((f.coverage - 3.0 / 5.0).abs() < 1e-12);
    // Reals -1.5, 0, 0; fakes 2 and 0.0667: all six comparisons are won.
    assert_eq!((f.auc, f.eer), (Some(1.0), Some(0.0)));
    assert_eq!(
        e.list.failed,
        [FailedClip {
            name: "c_real".into(),
            error: "damaged".into()
        }]
    );
    assert_eq!(f.abstained["picture or sound too poor"], 3);
    let pairs = f.pairs.unwrap();
    assert_eq!((pairs.n, pairs.right, pairs.alone), (2, 2, 0));
}

#[test]
fn segments_take_their_truth_from_the_stretch() {
    let f = &run(LIST, results()).signals["face_swap"];
    // b_fake is manipulated from 3 s on: its first segment counts as real.
    let segments = f.calibration.as_ref().unwrap();
    assert_eq!(segments.n, 2 + 1 + 3);
    assert!((segments.base_rate - 3.0 / 6.0).abs() < 1e-12);
    assert_eq!((f.detected_segments.hits, f.detected_segments.n), (2, 4));
    let delay = f.delay.unwrap();
    assert_eq!((delay.n, delay.detected), (2, 2));
    // a_fake is called at 3 s; b_fake at 9 s, 6 s after its beginning.
    assert_eq!(delay.seconds.unwrap().median, 4.5);
}

#[test]
fn parts_are_sorted_with_the_worst_first() {
    let e = run(LIST, results());
    let f = &e.signals["face_swap"];
    let per_tool: Vec<&str> = f.operating[0]
        .per_tool
        .iter()
        .map(|t| t.tool.as_str())
        .collect();
    assert_eq!(per_tool, ["other", "swapper"]);
    assert_eq!(f.by_condition.len(), 2);
    let (big, none) = (&f.by_face_px[0], &f.by_face_px[1]);
    assert_eq!(
        (big.name.as_str(), big.n_real, big.n_fake),
        ("140 px and more", 2, 2)
    );
    assert_eq!((none.name.as_str(), none.face_found), ("no face", 0.0));
    assert_eq!(e.degraded[0].name, "jpeg=30");
    assert_eq!(e.degraded[0].signals["face_swap"].auc, f.auc);
}

#[test]
fn a_false_alarm_is_counted_by_recording_and_by_segment() {
    let mut results = results();
    results[0] = clip(&[Some(3.0), Some(-9.0)]);
    let f = &run(LIST, results).signals["face_swap"];
    assert_eq!((f.false_alarm_clips.hits, f.false_alarm_clips.n), (0, 3));
    assert_eq!(
        (f.false_alarm_segments.hits, f.false_alarm_segments.n),
        (1, 4)
    );
    let per_hour = f.false_alarms_per_hour.unwrap();
    assert!((per_hour - 3600.0 / 12.0).abs() < 1e-9, "{per_hour}");
    let office = f.by_condition.iter().find(|g| g.name == "office").unwrap();
    assert_eq!(office.false_alarm_segments.hits, 1);
}

#[test]
fn a_signal_without_a_vote_is_ranked_and_raises_no_alarm() {
    let mut results = results();
    for s in results.iter_mut().flat_map(|r| &mut r.segments) {
        s.findings[0].experimental = s.findings[0].llr.take();
    }
    let f = &run(LIST, results).signals["face_swap"];
    assert!(f.experimental);
    assert_eq!((f.auc, f.pairs.unwrap().right), (Some(1.0), 2));
    let called = [
        f.detected_clips,
        f.detected_segments,
        f.false_alarm_segments,
    ];
    assert!(called.iter().all(|r| r.hits == 0 && r.n > 0), "{called:?}");
    assert!(f.calibration.is_none() && f.coverage_risk.is_empty());
    assert_eq!(f.delay.unwrap().detected, 0);
}

#[test]
fn stills_are_counted_apart() {
    let mut results = results();
    for i in [0, 2] {
        results[i].still = true;
    }
    results[0].segments.truncate(1);
    results[0].segments[0].findings[0].llr = Some(5.0);
    let f = &run(LIST, results).signals["face_swap"];
    assert_eq!((f.false_alarm_stills.hits, f.false_alarm_stills.n), (1, 2));
    assert_eq!(f.false_alarm_clips.n, 1);
    assert_eq!(f.false_alarm_segments.n, 0);
}

#[test]
fn offsets_are_compared_where_the_list_states_them() {
    let e = run(LIST, results());
    let sync = e.sync.unwrap();
    assert_eq!((sync.segments, sync.coverage), (2, 1.0));
    assert_eq!(sync.error_ms.unwrap().median, 10.0);
    assert_eq!((sync.within_40_ms.hits, sync.within_40_ms.n), (2, 2));
    let without = run("path,label\nx,real\n", vec![clip(&[Some(1.0)])]);
    assert!(without.sync.is_none());
}

#[test]
fn one_class_alone_still_has_alarm_rates() {
    let e = run(
        "path,label\nx,real\ny,real\n",
        vec![clip(&[Some(1.0)]), clip(&[None])],
    );
    let f = &e.fused;
    assert_eq!((f.auc, f.eer, f.auc_ci), (None, None, None));
    assert!(f.calibration.is_none() && f.pairs.is_none() && f.delay.is_none());
    let rate = e.signals["face_swap"].false_alarm_segments;
    assert_eq!((rate.hits, rate.n, rate.share), (1, 2, Some(0.5)));
}

/// `UPDATE_GOLDEN=1 cargo test` rewrites the file after a change that is meant; the Python tests
/// make a page of docs/ from it.
#[test]
fn the_document_is_what_the_golden_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden/evaluation.json");
    let text = serde_json::to_string_pretty(&sample()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap());
}

#[test]
fn the_document_reads_back_and_keeps_the_path_to_the_area() {
    let e = run(LIST, results());
    let text = serde_json::to_string(&e).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["signals"]["face_swap"]["auc"], 1.0);
    assert_eq!(value["version"], EVALUATION_VERSION);
    let back: Evaluation = serde_json::from_str(&text).unwrap();
    assert_eq!(back.fused.n, e.fused.n);
}
