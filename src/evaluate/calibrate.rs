//! Fits the calibration of each signal on a labelled set and writes an overlay. Pure.
//!
//! Of each signal: what size and sharpness of the face do to the score of *real* people is taken
//! out (fitted on real recordings only, so quality cannot become evidence), then a logistic
//! regression with both classes weighted alike gives slope and offset (Platt scaling; the slope is
//! never negative, so the order of scores stays). How much the signal may say follows from scores
//! out of fold, identities held together: the largest log-likelihood ratio that the data supports,
//! and no vote at all where the lower bound of its AUC lies under [`VOTE_AUC`]. From the same scores comes
//! the table of class-conditional conformal sets ([`conformal`]).

mod conformal;

use super::document::Calibrated;
use super::fit::fit_logistic;
use super::metrics::{Clusters, RESAMPLES, Ranked, Sample, calibration, interval, wilson};
use super::{ClipList, ClipResult};
use crate::fusion::{Accumulation, Conformal, Recalibration, SignalPolicy};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Lower bound of the out-of-fold AUC from which a signal has a vote.
pub const VOTE_AUC: f64 = 0.60;
/// Identities of each class that a fit needs.
pub const MIN_IDENTITIES: usize = 8;
/// Real segments that the covariates need.
const MIN_COVARIATE_ROWS: usize = 50;
const FOLDS: usize = 5;
const RIDGE: f64 = 0.1;
/// Smallest bound on a log-likelihood ratio that is written; the manifest refuses 0.
const LEAST: f64 = 0.05;

/// One segment with a number and a truth.
struct Row {
    llr: f64,
    covariates: [f64; 2],
    fake: bool,
    person: usize,
    clip: usize,
    /// So that each recording counts once, however long it is.
    weight: f64,
}

/// An overlay for `--models`, and what was fitted for each signal. `about` names the set in the
/// overlay's head.
pub fn calibrate(
    list: &ClipList,
    results: &[ClipResult],
    policies: &[SignalPolicy],
    about: &str,
) -> (String, Vec<Calibrated>) {
    let mut overlay = format!(
        "# Calibration fitted by liveproof {} evaluate --calibrate on {about}\n\
         # (list sha256 {}). Use it with --models FILE.\nversion = 1\n",
        env!("CARGO_PKG_VERSION"),
        list.sha256
    );
    let mut notes = Vec::new();
    for policy in policies {
        let (note, block) = match fit_signal(list, results, policy) {
            Ok(fitted) => (fitted.note(), Some(fitted.block(policy))),
            Err(why) => (format!("unchanged: {why}"), None),
        };
        let changed = block.is_some();
        if let Some(block) = block {
            let _ = write!(overlay, "\n# {note}\n{block}");
        }
        notes.push(Calibrated {
            signal: policy.name.clone(),
            note,
            changed,
        });
    }
    (overlay, notes)
}

/// What was fitted for one signal.
struct Fitted {
    recalibration: Recalibration,
    conformal: Conformal,
    auc: f64,
    auc_ci: (f64, f64),
    cllr_before: f64,
    cllr_after: f64,
    identities: (usize, usize),
    recordings: (usize, usize),
}

// === impl Fitted ===

impl Fitted {
    fn votes(&self) -> bool {
        self.auc_ci.0 >= VOTE_AUC && self.recalibration.slope > 0.0
    }

    fn note(&self) -> String {
        let vote = if self.votes() {
            format!("at most {:.2} a segment", self.recalibration.largest)
        } else {
            format!("no vote: the lower bound of its AUC is under {VOTE_AUC:.2}")
        };
        format!(
            "{} real and {} manipulated recordings of {} and {} identities; out of fold: AUC {:.3} [{:.3}, {:.3}], \
             Cllr {:.3} before and {:.3} after; {vote}",
            self.recordings.0,
            self.recordings.1,
            self.identities.0,
            self.identities.1,
            self.auc,
            self.auc_ci.0,
            self.auc_ci.1,
            self.cllr_before,
            self.cllr_after,
        )
    }

    fn block(&self, policy: &SignalPolicy) -> String {
        let r = &self.recalibration;
        let weight = if self.votes() { policy.weight } else { 0.0 };
        format!(
            "[[analyzer]]\nname = \"{}\"\nweight = {weight:?}\nsegment_cap = {:?}\n[analyzer.recalibration]\n\
             slope = {:?}\noffset = {:?}\nface = {:?}\nsharpness = {:?}\nlargest = {:?}\n\
             [analyzer.conformal]\n{}",
            policy.name,
            policy.segment_cap.min(r.largest),
            r.slope,
            r.offset,
            r.face,
            r.sharpness,
            r.largest,
            conformal::block(&self.conformal)
        )
    }
}

fn fit_signal(
    list: &ClipList,
    results: &[ClipResult],
    policy: &SignalPolicy,
) -> Result<Fitted, String> {
    let rows = rows(list, results, policy);
    let people = |fake: bool| {
        let of = rows.iter().filter(|r| r.fake == fake).map(|r| r.person);
        of.collect::<std::collections::BTreeSet<_>>().len()
    };
    let clips = |fake: bool| {
        let of = rows.iter().filter(|r| r.fake == fake).map(|r| r.clip);
        of.collect::<std::collections::BTreeSet<_>>().len()
    };
    let identities = (people(false), people(true));
    if identities.0.min(identities.1) < MIN_IDENTITIES {
        return Err(format!(
            "it gave numbers on {} real and {} manipulated identities; {MIN_IDENTITIES} of each are needed",
            identities.0, identities.1
        ));
    }
    let all: Vec<&Row> = rows.iter().collect();
    let map = fit(&all).ok_or("the fit did not converge")?;
    let after = out_of_fold(&rows).ok_or("a fit on a part of the set did not converge")?;
    let before: Vec<f64> = rows.iter().map(|r| r.llr).collect();
    let cost = |scores: &[f64]| {
        let samples = samples(&rows, scores);
        calibration(&samples, 1).map_or(f64::NAN, |c| c.cllr)
    };
    let (clip_samples, clusters) = by_clip(&rows, &after);
    let ranked = Ranked::new(&clip_samples);
    let auc = |w: &[f64]| ranked.auc(|i| w.get(i).copied().unwrap_or(0.0));
    let auc_ci =
        interval(&clusters, RESAMPLES, 1, auc).ok_or("too few identities for an interval")?;
    let largest = supported(&samples(&rows, &after), identities);
    let recordings = (clips(false), clips(true));
    Ok(Fitted {
        conformal: conformal::table(&rows, &after, largest, recordings),
        recalibration: compose(policy.recalibration.as_ref(), map, largest),
        auc: ranked.auc(|_| 1.0).unwrap_or(0.5),
        auc_ci,
        cllr_before: cost(&before),
        cllr_after: cost(&after),
        identities,
        recordings,
    })
}

fn rows(list: &ClipList, results: &[ClipResult], policy: &SignalPolicy) -> Vec<Row> {
    let mut people = BTreeMap::new();
    let mut rows = Vec::new();
    for (at, (clip, result)) in list.clips.iter().zip(results).enumerate() {
        let next = people.len();
        let person = *people.entry(clip.identity.as_str()).or_insert(next);
        let first = rows.len();
        let zero = result
            .segments
            .first()
            .map_or(0.0, |s| s.span.start.as_secs_f64());
        for s in &result.segments {
            let finding = s.findings.iter().find(|f| f.signal == policy.name);
            let (from, to) = (s.span.start.as_secs_f64(), s.span.end.as_secs_f64());
            let (Some(llr), Some(fake)) = (
                finding.and_then(|f| f.llr),
                clip.truth(from - zero, to - zero),
            ) else {
                continue;
            };
            rows.push(Row {
                llr,
                covariates: Recalibration::covariates(&s.quality),
                fake,
                person,
                clip: at,
                weight: 1.0,
            });
        }
        if policy.accumulation == Accumulation::Latest && rows.len() > first + 1 {
            // Each finding holds the earlier ones.
            rows.drain(first..rows.len() - 1);
        }
        let n = (rows.len() - first) as f64;
        for row in rows.iter_mut().skip(first) {
            row.weight = 1.0 / n;
        }
    }
    rows
}

/// The fitted map: `slope * (llr - covariates . shift) + offset`.
#[derive(Debug, Clone, Copy)]
struct Map {
    slope: f64,
    offset: f64,
    shift: [f64; 2],
}

impl Map {
    fn apply(&self, row: &Row) -> f64 {
        self.slope * centred(row, self.shift) + self.offset
    }
}

fn centred(row: &Row, shift: [f64; 2]) -> f64 {
    row.llr
        - row
            .covariates
            .iter()
            .zip(shift)
            .map(|(c, s)| c * s)
            .sum::<f64>()
}

fn fit(rows: &[&Row]) -> Option<Map> {
    let shift = covariate_shift(rows);
    let x: Vec<Vec<f64>> = rows.iter().map(|r| vec![centred(r, shift)]).collect();
    let fake: Vec<bool> = rows.iter().map(|r| r.fake).collect();
    // Both classes weigh the same, so that the logit is a log-likelihood ratio.
    let total = |fake: bool| -> f64 {
        rows.iter()
            .filter(|r| r.fake == fake)
            .map(|r| r.weight)
            .sum()
    };
    let (real_sum, fake_sum) = (total(false), total(true));
    let clips = real_sum + fake_sum;
    let weight = |r: &&Row| r.weight * clips / 2.0 / if r.fake { fake_sum } else { real_sum };
    let weights: Vec<f64> = rows.iter().map(weight).collect();
    let fitted = fit_logistic(&x, &fake, &weights, RIDGE)?;
    let slope = *fitted.slopes.first()?;
    if slope > 0.0 {
        return Some(Map {
            slope,
            offset: fitted.offset,
            shift,
        });
    }
    // The signal points the wrong way on this set: it says nothing.
    Some(Map {
        slope: 0.0,
        offset: 0.0,
        shift: [0.0; 2],
    })
}

/// Slopes of the score of real people against the covariates, by weighted least squares with a
/// ridge; zeros with too few rows.
fn covariate_shift(rows: &[&Row]) -> [f64; 2] {
    let reals: Vec<&&Row> = rows.iter().filter(|r| !r.fake).collect();
    if reals.len() < MIN_COVARIATE_ROWS {
        return [0.0; 2];
    }
    let sum: f64 = reals.iter().map(|r| r.weight).sum();
    let mean = |of: &dyn Fn(&Row) -> f64| reals.iter().map(|r| r.weight * of(r)).sum::<f64>() / sum;
    let y0 = mean(&|r| r.llr);
    let c0: [f64; 2] = std::array::from_fn(|i| mean(&|r| r.covariates[i]));
    let product =
        |i: usize, j: usize| mean(&|r| (r.covariates[i] - c0[i]) * (r.covariates[j] - c0[j]));
    let with_score = |i: usize| mean(&|r| (r.covariates[i] - c0[i]) * (r.llr - y0));
    // A ridge of a hundredth of a unit of variance keeps constant covariates at 0.
    let (a, b, d) = (product(0, 0) + 0.01, product(0, 1), product(1, 1) + 0.01);
    let (u, v) = (with_score(0), with_score(1));
    let determinant = a * d - b * b;
    [(u * d - v * b) / determinant, (v * a - u * b) / determinant]
}

/// Scores of every row by a fit without its identity's fold.
fn out_of_fold(rows: &[Row]) -> Option<Vec<f64>> {
    let mut scores = vec![0.0; rows.len()];
    for fold in 0..FOLDS {
        let kept: Vec<&Row> = rows.iter().filter(|r| r.person % FOLDS != fold).collect();
        let held = rows
            .iter()
            .zip(&mut scores)
            .filter(|(r, _)| r.person % FOLDS == fold);
        let mut held = held.peekable();
        if held.peek().is_none() {
            continue;
        }
        let map = fit(&kept)?;
        for (row, score) in held {
            *score = map.apply(row);
        }
    }
    Some(scores)
}

fn samples(rows: &[Row], scores: &[f64]) -> Vec<Sample> {
    let make = |(r, s): (&Row, &f64)| Sample {
        score: *s,
        fake: r.fake,
    };
    rows.iter().zip(scores).map(make).collect()
}

/// Mean score of each recording's segments of one truth.
fn by_clip(rows: &[Row], scores: &[f64]) -> (Vec<Sample>, Clusters) {
    let mut clips: BTreeMap<(usize, bool), (f64, f64, usize)> = BTreeMap::new();
    for (r, s) in rows.iter().zip(scores) {
        let entry = clips
            .entry((r.clip, r.fake))
            .or_insert((0.0, 0.0, r.person));
        entry.0 += s;
        entry.1 += 1.0;
    }
    let names: Vec<String> = clips.values().map(|c| c.2.to_string()).collect();
    let samples = clips.iter().map(|((_, fake), (sum, n, _))| Sample {
        score: sum / n,
        fake: *fake,
    });
    (
        samples.collect(),
        Clusters::by_name(names.iter().map(String::as_str)),
    )
}

/// The largest log-likelihood ratio that the scores support on both sides: over all thresholds,
/// the most that the lower Wilson bound of the one class's share exceeds the upper bound of the
/// other's, with identities as n.
fn supported(samples: &[Sample], identities: (usize, usize)) -> f64 {
    let side = |towards_fake: bool| {
        let (n_real, n_fake) = identities;
        let share = |fake: bool, t: f64| {
            let of = || samples.iter().filter(|s| s.fake == fake);
            let hit = of()
                .filter(|s| {
                    if towards_fake {
                        s.score >= t
                    } else {
                        s.score <= t
                    }
                })
                .count();
            hit as f64 / of().count().max(1) as f64
        };
        let ratio = |t: f64| {
            let (own, other) = (share(towards_fake, t), share(!towards_fake, t));
            let (n_own, n_other) = if towards_fake {
                (n_fake, n_real)
            } else {
                (n_real, n_fake)
            };
            match (wilson(own, n_own), wilson(other, n_other)) {
                (Some((low, _)), Some((_, high))) if low > 0.0 && high > 0.0 => (low / high).ln(),
                _ => 0.0,
            }
        };
        samples.iter().map(|s| ratio(s.score)).fold(0.0, f64::max)
    };
    side(true).min(side(false)).max(LEAST)
}

/// The fitted map on top of a correction that was in force when the scores were made.
fn compose(old: Option<&Recalibration>, map: Map, largest: f64) -> Recalibration {
    let (slope, offset, face, sharpness) = old.map_or((1.0, 0.0, 0.0, 0.0), |r| {
        (r.slope, r.offset, r.face, r.sharpness)
    });
    // slope (x - c.q) + offset, less shift.q, times map.slope, plus map.offset.
    let through = |shift: f64| if slope > 0.0 { shift / slope } else { 0.0 };
    Recalibration {
        slope: map.slope * slope,
        offset: map.slope * offset + map.offset,
        face: face + through(map.shift[0]),
        sharpness: sharpness + through(map.shift[1]),
        largest,
    }
}

#[cfg(test)]
mod tests;
