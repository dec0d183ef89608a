//! What abstaining buys: the error rate among the samples on which most is known.

use super::Sample;
use serde::{Deserialize, Serialize};

/// Error rate at one coverage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// Share of all samples that are decided on, 0 to 1.
    pub coverage: f64,
    /// Smallest |score| among them.
    pub confidence: f64,
    /// Share of wrong decisions among them; a score above 0 decides for manipulated, one of
    /// exactly 0 is half wrong.
    pub risk: f64,
}

/// Error rate against coverage: samples are taken in falling order of |score|, `None` (abstained)
/// never. At most `points` points, the last at full coverage of what was scored; samples of equal
/// |score| come together.
pub fn coverage_risk(samples: &[Option<Sample>], points: usize) -> Vec<RiskPoint> {
    let mut scored: Vec<Sample> = samples.iter().flatten().copied().collect();
    scored.sort_by(|a, b| b.score.abs().total_cmp(&a.score.abs()));
    let all = samples.len();
    let mut curve: Vec<RiskPoint> = Vec::new();
    let (mut n, mut wrong) = (0usize, 0.0);
    for tied in scored.chunk_by(|a, b| a.score.abs() == b.score.abs()) {
        for s in tied {
            n += 1;
            wrong += match s.score {
                0.0 => 0.5,
                x => f64::from(u8::from((x > 0.0) != s.fake)),
            };
        }
        curve.push(RiskPoint {
            coverage: n as f64 / all.max(1) as f64,
            confidence: tied.first().map_or(0.0, |s| s.score.abs()),
            risk: wrong / n as f64,
        });
    }
    let (have, want) = (curve.len(), points.max(1));
    if have <= want {
        return curve;
    }
    let pick = |i: usize| curve.get((i + 1) * have / want - 1).copied();
    (0..want).filter_map(pick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_counts_what_is_decided_only() {
        let some = |score, fake| Some(Sample { score, fake });
        let set = [some(3.0, true), some(-2.0, true), some(0.0, false), None];
        let curve = coverage_risk(&set, 10);
        let rows: Vec<(f64, f64)> = curve.iter().map(|p| (p.coverage, p.risk)).collect();
        assert_eq!(rows, [(0.25, 0.0), (0.5, 0.5), (0.75, 0.5)]);
        assert!(coverage_risk(&[None, None], 10).is_empty());
    }

    #[test]
    fn long_curves_keep_their_end() {
        let set: Vec<Option<Sample>> = (1..=100)
            .map(|i| {
                Some(Sample {
                    score: f64::from(i),
                    fake: true,
                })
            })
            .collect();
        let curve = coverage_risk(&set, 20);
        assert_eq!(curve.len(), 20);
        assert_eq!(curve.last().map(|p| p.coverage), Some(1.0));
    }
}
