//! How much evidence many correlated segments are.

/// Largest correlation of neighbouring segments that a policy may state: beyond it an hour of
/// segments would count as hardly more than one.
pub const MOST_CORRELATION: f64 = 0.99;

/// Weight of the sum of `count` segments whose log-likelihood ratios are correlated by
/// `rho^k` over `k` segments (a first-order autoregression): `N / (N + 2 * sum (N - k) * rho^k)`
/// over k from 1 to N - 1.
///
/// It is the variance of a sum of N independent values over that of N correlated ones, so that the
/// weighted sum says as much as `N` times the weight independent segments would (effective sample
/// size, as in Kish, *Survey Sampling*, 1965, and in autocorrelated series). One segment counts in
/// full; many tend to `(1 - rho) / (1 + rho)` each. All segments weigh alike: the optimal weights
/// of an autoregression give the first and the last segment several times the weight of the others,
/// for little gain, and would let a session hang on its last three seconds.
pub(super) fn discount(count: usize, rho: f64) -> f64 {
    let n = count.max(1) as f64;
    let rho = rho.clamp(0.0, MOST_CORRELATION);
    let power = rho.powf(n);
    // Closed form of the sum over k.
    let pairs = rho / (1.0 - rho) * (n - (1.0 - power) / (1.0 - rho));
    n / (n + 2.0 * pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_closed_form_is_the_sum(n in 1usize..300, rho in 0.0..0.99f64) {
            let pairs: f64 = (1..n).map(|k| (n - k) as f64 * rho.powi(k as i32)).sum();
            let want = n as f64 / (n as f64 + 2.0 * pairs);
            prop_assert!((discount(n, rho) - want).abs() < 1e-9);
        }

        /// More segments are never less evidence, and never more than as many independent ones.
        #[test]
        fn effective_counts_rise_and_stay_below_the_count(n in 1usize..300, rho in 0.0..0.99f64) {
            let effective = |n: usize| n as f64 * discount(n, rho);
            prop_assert!(effective(n + 1) >= effective(n) - 1e-9);
            prop_assert!(effective(n) <= n as f64 + 1e-9 && effective(n) >= 1.0 - 1e-9);
        }
    }

    #[test]
    fn one_counts_in_full_and_many_tend_to_the_limit() {
        assert!((discount(1, 0.82) - 1.0).abs() < 1e-12);
        assert!((discount(2, 0.82) - 1.0 / 1.82).abs() < 1e-12);
        assert!((discount(100_000, 0.82) - 0.18 / 1.82).abs() < 1e-4);
        assert_eq!(discount(50, 0.0), 1.0);
    }
}
