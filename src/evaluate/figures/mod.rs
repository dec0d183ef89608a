//! From scored recordings to an [`Evaluation`]. Pure.

mod parts;
/// Bins of a reliability diagram over `n` segments.
fn bins(n: usize) -> usize {
    (n / PER_BIN).clamp(BINS.0, BINS.1)
}

#[cfg(test)]
mod tests;
mod timing;
mod view;

#[cfg(test)]
pub(super) use tests::sample;

use super::document::{
    Degraded, EVALUATION_VERSION, Evaluation, FailedClip, Figures, ListSummary, ModelUse,
    OperatingFigures, ReferenceUse, Settings, ToolRow,
};
use super::metrics::{Ranked, Sample, calibration, coverage_risk, interval, operating_point};
use super::{ClipList, ClipResult, Scored};
use crate::core::Comparison;
use crate::fusion::{Accumulation, SignalPolicy};
use crate::report::Generator;
use std::collections::BTreeMap;
use view::{Source, View};

/// Segments that a bin of a reliability diagram should hold: with fewer, its share of manipulated ones
/// is noise, and noise counts as calibration error.
const PER_BIN: usize = 20;
/// Least and most bins.
const BINS: (usize, usize) = (5, 15);
/// Points of a coverage-risk curve.
const RISK_POINTS: usize = 20;
/// Bounds on BPCER at which APCER is stated.
const BPCER_BOUNDS: [f64; 2] = [0.01, 0.05];

const AGGREGATION: &str = "signals: mean over the segments with a number of LLR times quality, \
    weighted by length; response_latency: its last number. fused: evidence logit of the session. \
    A recording without a number counts with a score of 0. Several people in one recording: the first.";

/// How figures are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Log-likelihood ratio from which something counts as called manipulated.
    pub threshold: f64,
    /// Resamples of each bootstrap.
    pub resamples: usize,
    /// Seed of each bootstrap.
    pub seed: u64,
    /// Length of a segment in microseconds, for the record.
    pub segment_us: i64,
    /// Prior of the product's scores, for the record.
    pub prior: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // Where the report begins to speak of "weak evidence for manipulation".
            threshold: std::f64::consts::LN_2,
            resamples: super::metrics::RESAMPLES,
            seed: 1,
            segment_us: 3_000_000,
            prior: 0.01,
        }
    }
}

/// Figures of a run. `policies` are those of the shipped manifest; they say which signals there
/// are and how their findings add up. `name` is the list's file name.
pub fn evaluate(
    name: &str,
    list: &ClipList,
    scored: &Scored,
    policies: &[SignalPolicy],
    models: Vec<ModelUse>,
    options: &Options,
) -> Evaluation {
    let maker = Maker {
        list,
        policies,
        options,
    };
    let degraded = scored.degraded.iter().map(|(kind, results)| Degraded {
        name: kind.to_string(),
        meaning: kind.meaning(),
        signals: maker.signals(results),
        fused: maker.figures(results, Source::Fused),
        sync: timing::sync(list, results),
    });
    Evaluation {
        version: EVALUATION_VERSION,
        generator: Generator::default(),
        list: summary(name, list, &scored.plain),
        settings: Settings {
            segment_us: options.segment_us,
            prior: options.prior,
            threshold: options.threshold,
            resamples: options.resamples,
            seed: options.seed,
            aggregation: AGGREGATION.to_owned(),
        },
        models,
        signals: maker.signals(&scored.plain),
        fused: maker.figures(&scored.plain, Source::Fused),
        sync: timing::sync(list, &scored.plain),
        degraded: degraded.collect(),
    }
}

fn summary(name: &str, list: &ClipList, results: &[ClipResult]) -> ListSummary {
    let identities: std::collections::BTreeSet<&str> =
        list.clips.iter().map(|c| c.identity.as_str()).collect();
    let seconds: f64 = results
        .iter()
        .filter(|r| !r.still)
        .flat_map(|r| &r.segments)
        .map(|s| s.span.len_s())
        .fold(0.0, |sum, s| sum + s);
    let failed = list.clips.iter().zip(results).filter_map(|(c, r)| {
        Some(FailedClip {
            name: c.name.clone(),
            error: r.error.clone()?,
        })
    });
    let fake = list.clips.iter().filter(|c| c.fake).count();
    ListSummary {
        name: name.to_owned(),
        sha256: list.sha256.clone(),
        clips: list.clips.len(),
        real: list.clips.len() - fake,
        fake,
        identities: identities.len(),
        stills: results.iter().filter(|r| r.still).count(),
        hours: seconds / 3600.0,
        ignored_columns: list.ignored.clone(),
        references: references(list, results),
        failed: failed.collect(),
    }
}

/// What was made of the list's references, counted by finding.
fn references(list: &ClipList, results: &[ClipResult]) -> Option<ReferenceUse> {
    let clips = list.clips.iter().filter(|c| c.reference.is_some()).count();
    let findings = results.iter().flat_map(|r| &r.segments);
    let made = findings.flat_map(|s| &s.findings);
    let made: Vec<&Comparison> = made.filter_map(|f| f.comparison.as_ref()).collect();
    let compared = made.iter().filter(|c| c.obstacle.is_none()).count();
    (clips > 0).then(|| ReferenceUse {
        clips,
        compared_findings: compared,
        not_comparable_findings: made.len() - compared,
    })
}

/// What all figures of a run share.
struct Maker<'a> {
    list: &'a ClipList,
    policies: &'a [SignalPolicy],
    options: &'a Options,
}

impl Maker<'_> {
    fn signals(&self, results: &[ClipResult]) -> BTreeMap<String, Figures> {
        let one = |p: &SignalPolicy| {
            let source = Source::Signal(&p.name, p.accumulation);
            (p.name.clone(), self.figures(results, source))
        };
        self.policies.iter().map(one).collect()
    }

    fn figures(&self, results: &[ClipResult], source: Source<'_>) -> Figures {
        let views: Vec<View<'_>> = self
            .list
            .clips
            .iter()
            .zip(results)
            .map(|(clip, result)| View::new(clip, result, source))
            .collect();
        let all: Vec<&View<'_>> = views.iter().collect();
        let samples: Vec<Sample> = views.iter().map(View::sample).collect();
        let ranked = Ranked::new(&samples);
        let maybe: Vec<Option<Sample>> =
            views.iter().map(|v| v.score.map(|_| v.sample())).collect();
        let votes: Vec<Option<Sample>> = views.iter().map(View::voted).collect();
        let with_number: Vec<Sample> = maybe.iter().flatten().copied().collect();
        let (reals, fakes): (Vec<&View<'_>>, Vec<&View<'_>>) =
            all.iter().copied().partition(|v| !v.clip.fake);
        let threshold = self.options.threshold;
        let clips_of = |of: &[&View<'_>], stills: bool| {
            let of: Vec<&View<'_>> = of.iter().copied().filter(|v| v.still == stills).collect();
            parts::clip_rate(&of, threshold)
        };
        let segments: Vec<Sample> = views
            .iter()
            .flat_map(|v| v.segments.iter().filter_map(view::Piece::sample))
            .collect();
        Figures {
            n: views.len(),
            n_real: reals.len(),
            n_fake: fakes.len(),
            identities: parts::clusters(&all).len(),
            experimental: views.iter().any(|v| v.score.is_some() && v.vote.is_none()),
            coverage: parts::coverage(&all).unwrap_or(0.0),
            coverage_real: parts::coverage(&reals),
            coverage_fake: parts::coverage(&fakes),
            coverage_segments: parts::coverage_by_time(&all),
            auc: ranked.auc(|_| 1.0),
            auc_ci: self.auc_interval(&all),
            auc_scored: Ranked::new(&with_number).auc(|_| 1.0),
            eer: ranked.eer(),
            pairs: parts::pairs(&all),
            operating: self.operating(&samples, &ranked, &fakes),
            false_alarm_clips: clips_of(&reals, false),
            false_alarm_segments: parts::segment_rate(&reals, threshold, false),
            false_alarm_stills: clips_of(&reals, true),
            false_alarms_per_hour: parts::per_hour(&reals, threshold),
            detected_clips: parts::clip_rate(&fakes, threshold),
            detected_segments: parts::segment_rate(&fakes, threshold, true),
            by_tool: self.by_tool(&reals, &fakes),
            by_condition: self.by_condition(&all),
            by_group: self.by_group(&all),
            by_face_px: self.by_face_px(&all),
            calibration: calibration(&segments, bins(segments.len())),
            coverage_risk: coverage_risk(&votes, RISK_POINTS),
            delay: timing::delay(&fakes, threshold),
            abstained: abstained(results, source),
        }
    }

    fn auc_interval(&self, views: &[&View<'_>]) -> Option<[f64; 2]> {
        let samples: Vec<Sample> = views.iter().map(|v| v.sample()).collect();
        let ranked = Ranked::new(&samples);
        let (resamples, seed) = (self.options.resamples, self.options.seed);
        let auc = |w: &[f64]| ranked.auc(|i| w.get(i).copied().unwrap_or(0.0));
        let (low, high) = interval(&parts::clusters(views), resamples, seed, auc)?;
        Some([low, high])
    }

    fn operating(
        &self,
        samples: &[Sample],
        ranked: &Ranked,
        fakes: &[&View<'_>],
    ) -> Vec<OperatingFigures> {
        let at = |bound: f64| {
            let threshold = ranked.threshold_at(bound)?;
            let tools = parts::split(fakes, |v| vec![v.clip.tool.clone()]);
            let row = |(tool, views): (String, Vec<&View<'_>>)| ToolRow {
                tool,
                apcer: parts::missed(&views, threshold),
            };
            let mut per_tool: Vec<ToolRow> = tools.into_iter().map(row).collect();
            per_tool.sort_by(|a, b| {
                let key = |r: &ToolRow| r.apcer.share.unwrap_or(-1.0);
                key(b).total_cmp(&key(a)).then(a.tool.cmp(&b.tool))
            });
            Some(OperatingFigures {
                bpcer_bound: bound,
                threshold: threshold.is_finite().then_some(threshold),
                bpcer: operating_point(samples, threshold).bpcer,
                apcer: parts::missed(fakes, threshold),
                per_tool,
            })
        };
        BPCER_BOUNDS.into_iter().filter_map(at).collect()
    }
}

/// Segments by reason for abstaining. For the fused score: segments without a number.
fn abstained(results: &[ClipResult], source: Source<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let segments = results.iter().flat_map(|r| &r.segments);
    for s in segments {
        let reason = match source {
            Source::Fused if s.logit.is_none() => "no number".to_owned(),
            Source::Fused => continue,
            Source::Signal(name, _) => {
                let finding = s.findings.iter().find(|f| f.signal == name);
                match finding.and_then(|f| f.reason) {
                    Some(reason) => reason.words().to_owned(),
                    None => continue,
                }
            }
        };
        *counts.entry(reason).or_insert(0) += 1;
    }
    counts
}

impl Source<'_> {
    /// The score of a recording.
    fn score(self, result: &ClipResult) -> Option<f64> {
        match self {
            Self::Fused => result.session_logit,
            Self::Signal(name, how) => result.signal_score(name, how),
        }
    }

    /// The score of a recording, of the numbers that have a vote.
    fn vote(self, result: &ClipResult) -> Option<f64> {
        match self {
            Self::Fused => result.session_logit,
            Self::Signal(name, how) => result.signal_vote(name, how),
        }
    }

    /// True when each finding restates the session so far.
    fn restates(self) -> bool {
        matches!(self, Self::Signal(_, Accumulation::Latest))
    }
}
