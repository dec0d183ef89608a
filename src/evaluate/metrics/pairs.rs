//! Matched pairs: a manipulated clip against its own camera at the same moments.

use std::collections::BTreeMap;

/// How many pairs were ranked right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PairCount {
    /// Pairs compared: each manipulated clip against the real clip of its pair.
    pub n: usize,
    /// The manipulated clip scored above the real one.
    pub right: usize,
    /// Both scored the same, as two abstentions do; never counted as right.
    pub tied: usize,
    /// Clips whose pair has no counterpart in the list.
    pub alone: usize,
}

/// Counts the pairs ranked right. Each item is pair id, score, manipulated or not; with several
/// real clips in a pair the highest counts, so that the comparison is never made easier.
pub fn count_pairs<'a>(items: impl IntoIterator<Item = (&'a str, f64, bool)>) -> PairCount {
    let mut pairs: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (id, score, fake) in items {
        let (reals, fakes) = pairs.entry(id).or_default();
        if fake { fakes } else { reals }.push(score);
    }
    let mut count = PairCount::default();
    for (reals, fakes) in pairs.values() {
        let Some(real) = reals.iter().copied().max_by(f64::total_cmp) else {
            count.alone += fakes.len();
            continue;
        };
        if fakes.is_empty() {
            count.alone += reals.len();
        }
        for fake in fakes {
            count.n += 1;
            count.right += usize::from(*fake > real);
            count.tied += usize::from(*fake == real);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_and_singles_are_not_right() {
        let count = count_pairs([
            ("a", 1.0, true),
            ("a", 0.5, false),
            ("b", 0.0, true),
            ("b", 0.0, false),
            ("c", -1.0, true),
            ("c", 2.0, false),
            ("d", 9.0, true),
            ("e", 0.3, true),
            ("e", 0.2, false),
            ("e", 0.4, false),
        ]);
        let expect = PairCount {
            n: 4,
            right: 1,
            tied: 1,
            alone: 1,
        };
        assert_eq!(count, expect);
    }
}
