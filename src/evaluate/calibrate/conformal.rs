//! Tables of class-conditional conformal sets from scores out of fold. Pure.

use super::Row;
use crate::fusion::Conformal;

/// Share of a class's recordings that may be called unlike it.
const EPSILON: f64 = 0.1;
/// Quantiles of each class.
const LEVELS: usize = 40;

/// The table of the scores, bounded as the signal will be; recordings weigh the same.
pub(super) fn table(
    rows: &[Row],
    scores: &[f64],
    largest: f64,
    recordings: (usize, usize),
) -> Conformal {
    let of = |fake: bool| {
        let mine = rows.iter().zip(scores).filter(|(r, _)| r.fake == fake);
        quantiles(
            mine.map(|(r, s)| (s.clamp(-largest, largest), r.weight))
                .collect(),
        )
    };
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    // Fewer recordings could exclude nothing at a smaller share.
    let fewest = recordings.0.min(recordings.1);
    Conformal {
        epsilon: EPSILON.max(1.0 / (fewest + 1) as f64),
        real: of(false),
        manipulated: of(true),
        real_recordings: count(recordings.0),
        manipulated_recordings: count(recordings.1),
    }
}

/// Values at the middles of [`LEVELS`] equal shares of the weight, rising.
fn quantiles(mut weighted: Vec<(f64, f64)>) -> Vec<f64> {
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = weighted.iter().map(|(_, w)| w).sum();
    let mut out = Vec::with_capacity(LEVELS);
    let (mut reached, mut at) = (0.0, 0);
    for level in 0..LEVELS {
        let middle = (level as f64 + 0.5) / LEVELS as f64 * total;
        while let Some((_, w)) = weighted.get(at)
            && reached + w < middle
            && at + 1 < weighted.len()
        {
            reached += w;
            at += 1;
        }
        out.extend(weighted.get(at).map(|(value, _)| *value));
    }
    out
}

/// The table as keys of an overlay.
pub(super) fn block(c: &Conformal) -> String {
    let list = |values: &[f64]| {
        let texts: Vec<String> = values.iter().map(|v| format!("{v:.4}")).collect();
        texts.join(", ")
    };
    format!(
        "epsilon = {:?}\nreal = [{}]\nmanipulated = [{}]\nreal_recordings = {}\nmanipulated_recordings = {}\n",
        c.epsilon,
        list(&c.real),
        list(&c.manipulated),
        c.real_recordings,
        c.manipulated_recordings
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_weigh_recordings_alike() {
        // One recording of one segment at 5, one of four segments at 0: half of the table each.
        let mut weighted = vec![(5.0, 1.0)];
        weighted.extend([(0.0, 0.25); 4]);
        let q = quantiles(weighted);
        assert_eq!(q.len(), LEVELS);
        assert_eq!(q.iter().filter(|v| **v == 0.0).count(), LEVELS / 2);
    }
}
