//! Figures that depend on the order of scores only: AUC, equal error rate, operating points.

/// One scored thing with its truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Rises with manipulation; finite.
    pub score: f64,
    /// True when it is manipulated.
    pub fake: bool,
}

/// Samples in rising order of score, sorted once for many weightings.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// Index into the samples given, score, truth.
    order: Vec<(usize, f64, bool)>,
}

// === impl Ranked ===

impl Ranked {
    /// Sorts the samples; those whose score is not finite are left out.
    pub fn new(samples: &[Sample]) -> Self {
        let mut order: Vec<(usize, f64, bool)> = samples
            .iter()
            .enumerate()
            .filter(|(_, s)| s.score.is_finite())
            .map(|(i, s)| (i, s.score, s.fake))
            .collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        Self { order }
    }

    /// Area under the ROC curve: the chance that a manipulated sample scores above a real one,
    /// ties counting half (Mann-Whitney). `weight` is called with a sample's index. `None`
    /// without weight on both sides.
    pub fn auc(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut below, mut right, mut fakes) = (0.0, 0.0, 0.0);
        for tied in self.ties() {
            let (mut real, mut fake) = (0.0, 0.0);
            for (i, _, is_fake) in tied {
                *(if *is_fake { &mut fake } else { &mut real }) += weight(*i);
            }
            right += fake * (below + real / 2.0);
            below += real;
            fakes += fake;
        }
        (below > 0.0 && fakes > 0.0).then(|| right / (below * fakes))
    }

    /// Equal error rate: where BPCER and APCER meet on the ROC curve, its points joined by
    /// straight lines. `None` without samples on both sides.
    pub fn eer(&self) -> Option<f64> {
        let (reals, fakes) = self.counts();
        if reals == 0 || fakes == 0 {
            return None;
        }
        let (mut called_real, mut called_fake) = (0usize, 0usize);
        let mut before = (0.0, 1.0);
        // From the highest threshold down: BPCER rises, APCER falls.
        for tied in self.ties().collect::<Vec<_>>().into_iter().rev() {
            for (_, _, is_fake) in tied {
                *(if *is_fake {
                    &mut called_fake
                } else {
                    &mut called_real
                }) += 1;
            }
            let point = (
                called_real as f64 / reals as f64,
                1.0 - called_fake as f64 / fakes as f64,
            );
            if point.0 >= point.1 {
                let (gap0, gap1) = (before.1 - before.0, point.0 - point.1);
                let share = if gap0 + gap1 > 0.0 {
                    gap0 / (gap0 + gap1)
                } else {
                    0.0
                };
                return Some(before.0 + share * (point.0 - before.0));
            }
            before = point;
        }
        Some(before.0)
    }

    /// Numbers of real and manipulated samples.
    pub fn counts(&self) -> (usize, usize) {
        let fakes = self.order.iter().filter(|s| s.2).count();
        (self.order.len() - fakes, fakes)
    }

    /// The lowest threshold at which at most `bpcer` of the real samples are called manipulated.
    /// Above every real score when even one would be too many. `None` without real samples.
    pub fn threshold_at(&self, bpcer: f64) -> Option<f64> {
        let (reals, _) = self.counts();
        if reals == 0 {
            return None;
        }
        let allowed = (bpcer.clamp(0.0, 1.0) * reals as f64 + 1e-9).floor() as usize;
        let mut called = 0;
        let mut threshold = f64::INFINITY;
        for tied in self.ties().collect::<Vec<_>>().into_iter().rev() {
            called += tied.iter().filter(|s| !s.2).count();
            if called > allowed {
                break;
            }
            threshold = tied.first().map_or(threshold, |s| s.1);
        }
        Some(threshold)
    }

    /// Runs of equal score, rising.
    fn ties(&self) -> impl Iterator<Item = &[(usize, f64, bool)]> {
        self.order.chunk_by(|a, b| a.1 == b.1)
    }
}

/// The errors of one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operating {
    /// Share of real samples at or above the threshold; `None` without real samples.
    pub bpcer: Option<f64>,
    /// Share of manipulated samples below it; `None` without manipulated samples.
    pub apcer: Option<f64>,
}

/// The errors of a threshold on these samples.
pub fn operating_point(samples: &[Sample], threshold: f64) -> Operating {
    let share = |fake: bool, called: bool| {
        let of: Vec<&Sample> = samples.iter().filter(|s| s.fake == fake).collect();
        let hit = of
            .iter()
            .filter(|s| (s.score >= threshold) == called)
            .count();
        (!of.is_empty()).then(|| hit as f64 / of.len() as f64)
    };
    Operating {
        bpcer: share(false, true),
        apcer: share(true, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples(scores: &[(f64, bool)]) -> Vec<Sample> {
        let make = |(score, fake): &(f64, bool)| Sample {
            score: *score,
            fake: *fake,
        };
        scores.iter().map(make).collect()
    }

    #[test]
    fn abstentions_at_zero_pull_the_area_to_one_half() {
        let all_zero = samples(&[(0.0, true), (0.0, false), (0.0, true), (0.0, false)]);
        let ranked = Ranked::new(&all_zero);
        assert_eq!((ranked.auc(|_| 1.0), ranked.eer()), (Some(0.5), Some(0.5)));
    }

    #[test]
    fn one_side_alone_has_no_figure() {
        for fake in [true, false] {
            let ranked = Ranked::new(&samples(&[(1.0, fake), (2.0, fake)]));
            assert_eq!((ranked.auc(|_| 1.0), ranked.eer()), (None, None));
            assert_eq!(ranked.threshold_at(0.01).is_some(), !fake);
        }
    }

    #[test]
    fn thresholds_let_no_more_reals_through_than_allowed() {
        let set = samples(&[
            (1.0, false),
            (2.0, false),
            (2.0, false),
            (3.0, false),
            (2.5, true),
        ]);
        let ranked = Ranked::new(&set);
        let check = |bpcer: f64, threshold: f64| {
            assert_eq!(ranked.threshold_at(bpcer), Some(threshold), "{bpcer}");
            assert!(operating_point(&set, threshold).bpcer.unwrap() <= bpcer);
        };
        check(0.0, f64::INFINITY);
        check(0.25, 2.5);
        // The two reals tied at 2 come together or not at all.
        check(0.5, 2.5);
        check(0.75, 2.0);
        check(1.0, 1.0);
    }

    proptest! {
        #[test]
        fn area_is_symmetric_and_survives_monotone_maps(
            scores in prop::collection::vec((-4i32..4, any::<bool>()), 2..60),
        ) {
            let set: Vec<(f64, bool)> = scores.iter().map(|(s, f)| (f64::from(*s), *f)).collect();
            let turned: Vec<(f64, bool)> = set.iter().map(|(s, f)| (-s, *f)).collect();
            let bent: Vec<(f64, bool)> = set.iter().map(|(s, f)| (s.exp() * 3.0, *f)).collect();
            let auc = |s: &[(f64, bool)]| Ranked::new(&samples(s)).auc(|_| 1.0);
            match auc(&set) {
                None => prop_assert!(auc(&turned).is_none()),
                Some(a) => {
                    prop_assert!((auc(&turned).unwrap() - (1.0 - a)).abs() < 1e-12);
                    prop_assert!((auc(&bent).unwrap() - a).abs() < 1e-12);
                }
            }
        }
    }
}
