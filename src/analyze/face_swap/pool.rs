//! From single pictures to a segment. Pure.

use super::reference::Traces;

/// What the net says of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) logit: f64,
    pub(super) embedding: Vec<f64>,
    /// Shares of the logit by region of the face.
    pub(super) regions: Vec<f64>,
    /// Read-out for the kinds of forgery that were made; `None` where the model knows none.
    pub(super) made: Option<f64>,
    /// 0 for a face like the filmed ones, 1 like the drawn ones; `None` where the model cannot tell.
    pub(super) drawn: Option<f64>,
    /// What reference mode reads; `None` where the model cannot be used so.
    pub(super) traces: Option<Traces>,
}

/// What a segment's pictures say together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pooled {
    /// Trimmed mean of the logits.
    pub(super) score: f64,
    /// Mean square of the mean embedding: about 1 for material like that of the fit.
    pub(super) distance: f64,
    /// Mean shares of the logit by region.
    pub(super) regions: Vec<f64>,
    /// Trimmed mean of the read-outs for made kinds; `None` where a picture has none.
    pub(super) made: Option<f64>,
    /// Mean of what tells drawn from filmed; `None` where a picture has none.
    pub(super) drawn: Option<f64>,
}

/// Share of the logits that is left out at either end: a passing hand, a blink.
const TRIM: f64 = 0.125;

/// Mean without the smallest and largest [`TRIM`] of the values (rounded down); `None` when empty.
pub(super) fn trimmed_mean(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let cut = (values.len() as f64 * TRIM) as usize;
    let kept = values.get(cut..values.len() - cut)?;
    (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

/// Middle value; of two the lower.
pub(super) fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// Means by column, as wide as the shortest row.
pub(super) fn mean_rows<'a>(rows: impl Iterator<Item = &'a [f64]> + Clone) -> Vec<f64> {
    let n = rows.clone().count().max(1) as f64;
    let width = rows.clone().map(<[f64]>::len).min().unwrap_or(0);
    let mut sums = vec![0.0; width];
    for row in rows {
        for (s, v) in sums.iter_mut().zip(row) {
            *s += v / n;
        }
    }
    sums
}

/// Pools the looks of a segment; `None` when there are none.
pub(super) fn pool(looks: &[Look]) -> Option<Pooled> {
    let score = trimmed_mean(looks.iter().map(|l| l.logit).collect())?;
    let centre = mean_rows(looks.iter().map(|l| l.embedding.as_slice()));
    let drawn: Option<Vec<f64>> = looks.iter().map(|l| l.drawn).collect();
    let squares: f64 = centre.iter().map(|v| v * v).sum();
    Some(Pooled {
        score,
        distance: squares / centre.len().max(1) as f64,
        regions: mean_rows(looks.iter().map(|l| l.regions.as_slice())),
        made: looks.iter().map(|l| l.made).collect::<Option<Vec<f64>>>().and_then(trimmed_mean),
        drawn: drawn.map(|v| v.iter().sum::<f64>() / v.len() as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_trimmed_and_nothing_else() {
        assert_eq!(trimmed_mean(vec![]), None);
        assert_eq!(trimmed_mean(vec![3.0]), Some(3.0));
        assert_eq!(trimmed_mean(vec![1.0, 2.0, 6.0]), Some(3.0));
        // Eight values lose one at either end.
        let eight = vec![-1e9, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 1e9];
        assert_eq!(trimmed_mean(eight), Some(1.5));
    }

    #[test]
    fn embeddings_are_averaged_before_they_are_measured() {
        let look = |e: [f64; 2]| Look {
            logit: 1.0,
            embedding: e.to_vec(),
            regions: vec![0.5, -0.5],
            made: Some(e[0]),
            drawn: Some(e[1]),
            traces: None,
        };
        // Noise that cancels over pictures is no distance.
        let p = pool(&[look([3.0, 1.0]), look([-3.0, 1.0])]).unwrap();
        assert_eq!((p.score, p.distance), (1.0, 0.5));
        assert_eq!(p.regions, vec![0.5, -0.5]);
        assert_eq!((p.made, p.drawn), (Some(0.0), Some(1.0)));
        // A read-out that one picture lacks is none.
        let without = Look { made: None, drawn: None, ..look([1.0, 1.0]) };
        let p = pool(&[look([3.0, 1.0]), without]).unwrap();
        assert_eq!((p.made, p.drawn), (None, None));
        assert_eq!(pool(&[]), None);
    }

    #[test]
    fn the_median_is_a_value_of_the_list() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![4.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(1.0));
    }
}
