//! The beginning's face through an interview: means of vectors, and where the likeness breaks. Pure.

use crate::core::MediaTime;

/// Pictures of the beginning before anything is compared: those of two segments of 3 s, or of three poor ones.
const LEAST_LOOKS: usize = 12;
/// Pictures that the beginning's mean remembers, about 2 minutes: light and hair change over an hour.
const MOST_LOOKS: f64 = 480.0;
/// Segments in a row beyond the threshold that make a change.
const IN_A_ROW: usize = 2;

/// One picture: when it was taken, and its vector of length 1.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) time: MediaTime,
    pub(super) vector: Vec<f64>,
}

/// What a segment says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// Too little of the beginning is known.
    Gathering { looks: usize, needed: usize },
    /// Within the threshold.
    Same { distance: f64 },
    /// Beyond it, for the first segment.
    Unlike { distance: f64 },
    /// Beyond it for long enough, since `at`.
    Changed { distance: f64, at: MediaTime },
}

/// What is known of one participant's face. `Debug` shows no vector.
#[derive(Default)]
pub(super) struct Course {
    /// Sum of vectors, and how many are in it.
    sum: Vec<f64>,
    looks: f64,
    /// The latest segment within the threshold. It joins the mean once its follower is within it too, so that a segment in
    /// which the face changes does not blur what it is compared with.
    before: Vec<Look>,
    /// Segments in a row beyond the threshold, and when the face changed.
    beyond: usize,
    changed: Option<MediaTime>,
}

// === impl Course ===

impl Course {
    /// Takes a segment's pictures.
    pub(super) fn step(&mut self, looks: Vec<Look>, threshold: f64) -> Step {
        if self.known() < LEAST_LOOKS {
            self.join(&looks);
            self.before = Vec::new();
            let known = self.known();
            return Step::Gathering { looks: known, needed: LEAST_LOOKS };
        }
        let distance = self.distance(&mean(looks.iter()));
        if distance < threshold {
            let settled = std::mem::replace(&mut self.before, looks);
            self.join(&settled);
            (self.beyond, self.changed) = (0, None);
            return Step::Same { distance };
        }
        self.beyond += 1;
        if self.beyond == 1 {
            self.changed = self.breaks(&looks);
        }
        match self.changed.filter(|_| self.beyond >= IN_A_ROW) {
            Some(at) => Step::Changed { distance, at },
            None => Step::Unlike { distance },
        }
    }

    /// Pictures of the beginning, at most a few hundred.
    fn known(&self) -> usize {
        self.looks as usize
    }

    /// Adds pictures to the beginning's mean; old ones fade once it is full.
    fn join(&mut self, looks: &[Look]) {
        for look in looks {
            self.sum.resize(look.vector.len(), 0.0);
            if self.looks >= MOST_LOOKS {
                let keep = (MOST_LOOKS - 1.0) / MOST_LOOKS;
                self.sum.iter_mut().for_each(|v| *v *= keep);
                self.looks *= keep;
            }
            self.sum.iter_mut().zip(&look.vector).for_each(|(s, v)| *s += v);
            self.looks += 1.0;
        }
    }

    /// From the beginning's mean.
    fn distance(&self, vector: &[f64]) -> f64 {
        apart(&self.sum, vector)
    }

    /// Time of the first picture after the break: of all places in the segment before and in this one, that at which two
    /// levels of likeness to the beginning leave the least squares over, the later level being the lower.
    fn breaks(&self, now: &[Look]) -> Option<MediaTime> {
        let all: Vec<(MediaTime, f64)> =
            self.before.iter().chain(now).map(|l| (l.time, self.distance(&l.vector))).collect();
        let total: f64 = all.iter().map(|l| l.1).sum();
        let (mut best, mut at, mut sum) = (f64::NEG_INFINITY, all.first()?.0, 0.0);
        for (i, (time, distance)) in all.iter().enumerate() {
            if i > 0 {
                let (early, late) = (sum / i as f64, (total - sum) / (all.len() - i) as f64);
                // What two levels explain beyond one.
                let between = (i * (all.len() - i)) as f64 * (late - early).powi(2);
                if late > early && between > best {
                    (best, at) = (between, *time);
                }
            }
            sum += distance;
        }
        Some(at)
    }
}

impl std::fmt::Debug for Course {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Course").field("looks", &self.known()).field("changed", &self.changed).finish_non_exhaustive()
    }
}

/// 1 - cosine; 2 where one of them is no direction, or no number.
pub(super) fn apart(a: &[f64], b: &[f64]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let cosine = dot / (length(a) * length(b));
    if cosine.is_finite() { 1.0 - cosine } else { 2.0 }
}

/// Mean of vectors; nothing for none.
pub(super) fn mean<'a>(looks: impl Iterator<Item = &'a Look>) -> Vec<f64> {
    let (mut sum, mut n): (Vec<f64>, f64) = (Vec::new(), 0.0);
    for look in looks {
        sum.resize(look.vector.len(), 0.0);
        sum.iter_mut().zip(&look.vector).for_each(|(s, v)| *s += v);
        n += 1.0;
    }
    sum.iter_mut().for_each(|s| *s /= n);
    sum
}
