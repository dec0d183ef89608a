//! Confidence intervals that respect identities: takes of one person are not independent.

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 2_000;

/// Which cluster (identity) each sample belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    of: Vec<usize>,
    count: usize,
}

// === impl Clusters ===

impl Clusters {
    /// Samples with equal names belong together.
    pub fn by_name<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = std::collections::HashMap::new();
        let of: Vec<usize> = names
            .into_iter()
            .map(|name| {
                let next = known.len();
                *known.entry(name).or_insert(next)
            })
            .collect();
        Self {
            of,
            count: known.len(),
        }
    }

    /// Number of clusters.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True without samples.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same draws everywhere, also in the Python side of
/// the tests.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, each as likely as the others to within 2^-53.
    fn below(&mut self, n: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((unit * n as f64) as usize).min(n.saturating_sub(1))
    }
}

/// 95 % percentile interval of a statistic under resampling of whole clusters. The statistic is
/// given each sample's weight, which is the number of times that its cluster was drawn; resamples
/// on which it is `None` (one class is missing) are left out.
///
/// `None` with fewer than two clusters, or when less than half of the resamples give a number.
pub fn interval(
    clusters: &Clusters,
    resamples: usize,
    seed: u64,
    statistic: impl Fn(&[f64]) -> Option<f64>,
) -> Option<(f64, f64)> {
    if clusters.count < 2 {
        return None;
    }
    let mut random = SplitMix64(seed);
    let mut drawn = vec![0.0; clusters.count];
    let mut weights = vec![0.0; clusters.of.len()];
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.fill(0.0);
        for _ in 0..clusters.count {
            if let Some(d) = drawn.get_mut(random.below(clusters.count)) {
                *d += 1.0;
            }
        }
        for (w, c) in weights.iter_mut().zip(&clusters.of) {
            *w = drawn.get(*c).copied().unwrap_or(0.0);
        }
        values.extend(statistic(&weights).filter(|v| v.is_finite()));
    }
    if values.len() * 2 < resamples {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |q| super::quantile(&values, q);
    at(0.025).zip(at(0.975))
}

/// 95 % Wilson score interval of a share seen on `n` independent draws. Unlike a bootstrap it
/// does not collapse at 0 and 1, which is where error rates of small sets lie; with `n` the number
/// of identities it errs on the wide side. `None` for `n` = 0.
pub fn wilson(share: f64, n: usize) -> Option<(f64, f64)> {
    if n == 0 || !share.is_finite() {
        return None;
    }
    const Z: f64 = 1.959_963_984_540_054;
    let n = n as f64;
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_move_as_one() {
        // Two people, one always right and one always wrong: with ten takes each the interval
        // still spans everything, since only two people were seen.
        let names: Vec<String> = (0..20).map(|i| format!("p{}", i % 2)).collect();
        let clusters = Clusters::by_name(names.iter().map(String::as_str));
        assert_eq!(clusters.len(), 2);
        let right = |w: &[f64]| {
            let sum: f64 = w.iter().sum();
            let hits: f64 = w.iter().step_by(2).sum();
            Some(hits / sum)
        };
        let (low, high) = interval(&clusters, 500, 1, right).unwrap();
        assert_eq!((low, high), (0.0, 1.0));
        let single = Clusters::by_name(["a", "a"]);
        assert_eq!(interval(&single, 500, 1, right), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let names: Vec<String> = (0..30).map(|i| i.to_string()).collect();
        let clusters = Clusters::by_name(names.iter().map(String::as_str));
        let mean = |w: &[f64]| Some(w.iter().enumerate().map(|(i, w)| i as f64 * w).sum::<f64>());
        let run = |seed| interval(&clusters, 200, seed, mean);
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert_eq!(interval(&clusters, 200, 7, |_| None), None);
    }

    #[test]
    fn wilson_is_never_a_point() {
        let (low, high) = wilson(0.0, 20).unwrap();
        assert!(low == 0.0 && (high - 0.161).abs() < 1e-3, "{high}");
        let (low, high) = wilson(1.0, 20).unwrap();
        assert!((low - 0.839).abs() < 1e-3 && high == 1.0, "{low}");
        assert_eq!(wilson(0.5, 0), None);
    }
}
