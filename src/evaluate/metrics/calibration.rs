//! Whether probabilities mean what they say.

use super::Sample;
use serde::{Deserialize, Serialize};

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Lowest probability in it.
    pub low: f64,
    /// Highest probability in it.
    pub high: f64,
    /// Mean probability of manipulation that was stated.
    pub stated: f64,
    /// Share that was manipulated.
    pub observed: f64,
    /// Samples in it.
    pub n: usize,
}

/// How well log-likelihood ratios are calibrated on a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Samples with a number.
    pub n: usize,
    /// Share of manipulated samples among them: the prior that turns LLRs into probabilities.
    pub base_rate: f64,
    /// Expected calibration error over the bins, 0 to 1.
    pub ece: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Mean negative log of the probability of the truth, natural logarithm.
    pub log_loss: f64,
    /// Cost of log-likelihood ratio in bits (Brümmer and du Preez 2006): 0 is perfect, 1 is as
    /// good as saying nothing, above 1 misleads.
    pub cllr: f64,
    /// The reliability diagram.
    pub bins: Vec<Bin>,
}

/// Calibration of log-likelihood ratios. Probabilities are taken at the set's own share of
/// manipulated samples, so that the figures speak of the ratios and not of a prior. Bins hold
/// equal numbers of samples (adaptive). `None` unless both classes are there.
pub fn calibration(samples: &[Sample], bins: usize) -> Option<Calibration> {
    let mut rows: Vec<Sample> = samples
        .iter()
        .copied()
        .filter(|s| s.score.is_finite())
        .collect();
    let n = rows.len();
    let fakes = rows.iter().filter(|s| s.fake).count();
    if fakes == 0 || fakes == n {
        return None;
    }
    rows.sort_by(|a, b| a.score.total_cmp(&b.score));
    let base_rate = fakes as f64 / n as f64;
    let prior_logit = (base_rate / (1.0 - base_rate)).ln();
    let probability = |s: &Sample| 1.0 / (1.0 + (-(s.score + prior_logit)).exp());
    let (mut brier, mut log_loss) = (0.0, 0.0);
    let mut cost = [0.0; 2];
    for s in &rows {
        let p = probability(s);
        brier += (p - f64::from(u8::from(s.fake))).powi(2);
        let logit = s.score + prior_logit;
        log_loss += softplus(if s.fake { -logit } else { logit });
        cost[usize::from(s.fake)] += softplus(if s.fake { -s.score } else { s.score });
    }
    let bins: Vec<Bin> = split(&rows, bins)
        .into_iter()
        .filter_map(|part| bin(part, probability))
        .collect();
    let gap = |b: &Bin| (b.stated - b.observed).abs() * b.n as f64;
    Some(Calibration {
        n,
        base_rate,
        ece: bins.iter().map(gap).sum::<f64>() / n as f64,
        brier: brier / n as f64,
        log_loss: log_loss / n as f64,
        cllr: (cost[0] / (n - fakes) as f64 + cost[1] / fakes as f64)
            / 2.0
            / std::f64::consts::LN_2,
        bins,
    })
}

/// ln(1 + e^x) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Splits rising scores into at most `parts` runs of nearly equal length, ties kept together: a tie
/// belongs where its middle lies. (Torn ties would take their order from the list's, and a list
/// with the real recordings first would look badly calibrated.)
fn split(rows: &[Sample], parts: usize) -> Vec<&[Sample]> {
    let (n, parts) = (rows.len(), parts.max(1));
    let (mut runs, mut begin, mut end) = (Vec::new(), 0, 0);
    let mut current = None;
    for tied in rows.chunk_by(|a, b| a.score == b.score) {
        // Twice the middle rank, so that it stays whole.
        let middle = 2 * end + tied.len();
        let part = Some(middle * parts / (2 * n.max(1)));
        if part != current && end > begin {
            runs.extend(rows.get(begin..end));
            begin = end;
        }
        current = part;
        end += tied.len();
    }
    runs.extend(rows.get(begin..end).filter(|r| !r.is_empty()));
    runs
}

fn bin(part: &[Sample], probability: impl Fn(&Sample) -> f64) -> Option<Bin> {
    let n = part.len();
    let (first, last) = (part.first()?, part.last()?);
    Some(Bin {
        low: probability(first),
        high: probability(last),
        stated: part.iter().map(&probability).sum::<f64>() / n as f64,
        observed: part.iter().filter(|s| s.fake).count() as f64 / n as f64,
        n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saying_nothing_costs_one_bit_and_misleading_costs_more() {
        let set = |llr: f64| -> Vec<Sample> {
            (0..40)
                .map(|i| Sample {
                    score: if i % 2 == 0 { llr } else { -llr },
                    fake: i % 2 == 0,
                })
                .collect()
        };
        let cost = |llr| calibration(&set(llr), 15).unwrap().cllr;
        assert!((cost(0.0) - 1.0).abs() < 1e-12);
        assert!(cost(3.0) < 0.1 && cost(-3.0) > 2.0);
        assert!(calibration(&set(0.0)[..1], 15).is_none());
    }

    #[test]
    fn bins_hold_everything_once_and_do_not_tear_ties() {
        let rows = |scores: &[f64]| -> Vec<Sample> {
            scores
                .iter()
                .map(|s| Sample {
                    score: *s,
                    fake: true,
                })
                .collect()
        };
        for n in [1, 14, 31, 150] {
            let all = rows(&(0..n).map(f64::from).collect::<Vec<_>>());
            let lengths: Vec<usize> = split(&all, 15).iter().map(|r| r.len()).collect();
            assert_eq!(lengths.iter().sum::<usize>(), n as usize);
            let (low, high) = (lengths.iter().min().unwrap(), lengths.iter().max().unwrap());
            assert!(high - low <= 1, "{n}: {lengths:?}");
        }
        let tied = rows(&[0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0]);
        assert_eq!(
            split(&tied, 3).iter().map(|r| r.len()).collect::<Vec<_>>(),
            [1, 5, 1]
        );
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        let half = |fake| Sample { score: 0.0, fake };
        let sorted: Vec<Sample> = (0..60).map(|i| half(i < 30)).collect();
        assert!(calibration(&sorted, 15).unwrap().ece < 1e-12);
    }
}
