//! The one order statistic that several rooms need.

/// Median of the values that are finite; the mean of the middle two for an even number, `None` of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut finite: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    let (count, middle) = (finite.len(), finite.len() / 2);
    if count == 0 {
        return None;
    }
    // Not sorted whole: half of the order is enough.
    let (below, upper, _) = finite.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = match below.iter().copied().max_by(f64::total_cmp) {
        Some(lower) if count.is_multiple_of(2) => lower,
        _ => *upper,
    };
    Some((*upper + lower) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_even_and_nothing() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([f64::NAN]), None);
        assert_eq!(median([]), None);
        assert_eq!(median([7.0, f64::INFINITY]), Some(7.0));
    }
}
