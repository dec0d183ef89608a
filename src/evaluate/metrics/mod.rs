//! Figures from scores and labels. Pure: no IO, no clock, no randomness but a seeded generator.
//!
//! A score is a log-likelihood ratio or any number that rises with manipulation. The words for
//! errors are those of ISO/IEC 30107-3: **BPCER** is the share of bona fide (real) samples that
//! are called manipulated, **APCER** the share of attack (manipulated) samples that are not.
//! A sample is called manipulated when its score is at or above the threshold.
//!
//! `testdata/golden/metrics.json` holds the same figures from scikit-learn and numpy; the tests
//! hold both sides together.

mod bootstrap;
mod calibration;
#[cfg(test)]
mod golden;
mod pairs;
mod rank;
mod risk;
mod spread;

pub use bootstrap::{Clusters, RESAMPLES, interval, wilson};
pub use calibration::{Bin, Calibration, calibration};
pub use pairs::{PairCount, count_pairs};
pub use rank::{Operating, Ranked, Sample, operating_point};
pub use risk::{RiskPoint, coverage_risk};
pub use spread::{Spread, quantile, spread};
