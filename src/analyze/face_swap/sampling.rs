//! How many of a segment's pictures go through the net. Pure.
//!
//! Tracking keeps four pictures a second, and within a segment they say nearly the same: on the live_swap pairs six of
//! twelve rank swaps as all twelve do (docs/performance.md). So every second one is looked at first, and the others where
//! it may matter: where what was seen speaks for a manipulated face, or lies so near the limit of what the net knows that
//! the other pictures may decide.
//!
//! Only the segment's own pictures decide. What other signals or segments said does not, for which of them came
//! first hangs on the network.

use super::onset::Change;
use super::pool::Pooled;
use super::settings::Settings;

/// From this log-likelihood ratio on the first looks are a suspicion.
const SUSPICION: f64 = 0.0;
/// Shares of the largest distance (and likeness to drawn faces) that is judged between which the other pictures may
/// decide: six pictures' distance lies within a tenth of twelve's.
const NEAR_THE_LIMIT: std::ops::RangeInclusive<f64> = 0.85..=1.15;

/// Every how many of a segment's `usable` pictures is looked at first, so that at least `least` are.
pub(super) fn first_step(usable: usize, least: usize) -> usize {
    if usable / 2 >= least { 2 } else { 1 }
}

/// True where the other pictures are to be looked at too.
pub(super) fn asks_for_more(settings: &Settings, first: &Pooled, change: &Change) -> bool {
    let near = |value: f64, limit: f64| limit.is_finite() && NEAR_THE_LIMIT.contains(&(value / limit));
    let nearly_drawn = first.drawn.zip(settings.max_drawn).is_some_and(|(drawn, limit)| near(drawn, limit));
    if nearly_drawn || near(first.distance, settings.max_distance) {
        return true;
    }
    settings.unknown_material(first).is_none() && settings.segment_llr(first, change) > SUSPICION
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn half_of_many_pictures_and_all_of_few_are_looked_at_first() {
        for usable in 0..40_usize {
            let step = first_step(usable, 4);
            let looked = usable.div_ceil(step);
            assert!(looked >= usable.min(4), "{usable}: {looked}");
            assert_eq!(step, if usable < 8 { 1 } else { 2 }, "{usable}");
        }
        assert_eq!(first_step(3, 0), 2);
    }

    #[test]
    fn suspicion_and_what_is_near_the_limit_ask_for_more() {
        let s = settings();
        let seen = |score, distance| Pooled { score, distance, regions: Vec::new(), made: None, drawn: None };
        let neutral = s.neutral();
        for (score, distance, more) in [
            (neutral - 1.0, 1.0, false),
            (neutral, 1.0, false),
            (neutral + 1e-6, 1.0, true),
            (neutral - 1.0, 5.0, false),
            (neutral - 1.0, 5.2, true),
            (neutral - 1.0, 6.8, true),
            (neutral - 1.0, 7.0, false),
            (neutral + 1.0, 7.0, false),
            (-3.1, 1.0, false),
            (4.1, 1.0, true),
            (neutral + 1.0, f64::NAN, false),
            (f64::NAN, 1.0, false),
        ] {
            assert_eq!(asks_for_more(&s, &seen(score, distance), &Change::Unknown), more, "{score} {distance}");
        }
        // Neither is a face that looks drawn; one that nearly does is looked at again.
        let told = Settings { max_drawn: Some(0.5), ..s.clone() };
        for (drawn, more) in [(0.1, true), (0.45, true), (0.55, true), (0.9, false), (f64::NAN, false)] {
            let first = Pooled { drawn: Some(drawn), ..seen(neutral + 1.0, 1.0) };
            assert_eq!(asks_for_more(&told, &first, &Change::Unknown), more, "{drawn}");
        }
        // Without a vote nothing is a suspicion.
        assert!(!asks_for_more(&Settings { cap: 0.0, ..s.clone() }, &seen(4.0, 1.0), &Change::Unknown));
        // A face that changed is one, whatever its own score says.
        let began = Settings { onset: Some(super::super::onset::tests::calibration()), ..s };
        let changed = Change::Since { score: 9.0, llr: 3.0 };
        assert!(asks_for_more(&began, &seen(neutral - 1.0, 1.0), &changed));
        assert!(!asks_for_more(&began, &seen(neutral - 1.0, 1.0), &Change::Elsewhere(9.0)));
    }
}
