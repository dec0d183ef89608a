//! What the gaps of a session look like, and how little that says.
//!
//! Every number here is weak evidence. Gaps differ between people, languages and topics far more
//! than between an honest and a prompted answer, and a video call alone moves the mean gap of
//! question and answer from 297 to 976 ms (Boland et al., J. Exp. Psychol. Gen., 2022). The weights are
//! design choices, bounded so that the signal can never decide anything by itself.

use crate::core;

/// Fewest answered questions that are scored.
pub(super) const MIN_TURNS: usize = 6;
/// Largest absolute log-likelihood ratio.
pub(super) const MAX_LLR: f64 = 0.7;
/// Median and spread (standard deviation of the natural logarithm) of gaps in video interviews
/// that are assumed a priori: questions are harder than those of everyday talk.
pub(super) const PRIOR_MEDIAN_MS: f64 = 1_100.0;
const PRIOR_SIGMA: f64 = 0.6;
/// Spread over median (MAD / median) that is assumed a priori.
pub(super) const PRIOR_SPREAD: f64 = 0.4;
/// A gap this long is counted as long.
const LONG_MS: f64 = 3_000.0;
/// Bounds of the part of a gap that the network is taken to cause where no round-trip time is
/// known.
const NETWORK_MS: (f64, f64) = (0.0, 600.0);

/// An answered question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Turn {
    pub gap_ms: f64,
    pub question_ms: f64,
    /// Length of the answer; `None` while it goes on.
    pub answer_ms: Option<f64>,
}

/// Summary of the gaps of a session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Features {
    pub turns: usize,
    pub median_ms: f64,
    pub mad_ms: f64,
    /// MAD over median; spread on a scale that long gaps do not inflate.
    pub spread: f64,
    pub long_share: f64,
    pub overlap_share: f64,
    /// Change of the gap per second of question, ms/s (Theil-Sen).
    pub slope_ms_per_s: f64,
    /// Median of the later two thirds over that of the first third, natural logarithm.
    pub shift: f64,
    /// Assumed share of the network in every gap, ms.
    pub network_ms: f64,
}

/// Median; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    core::median(values.iter().copied()).unwrap_or(0.0)
}

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = q * sorted.len().saturating_sub(1) as f64;
    let pick = |i: f64| sorted.get(i as usize).copied().unwrap_or(0.0);
    let (low, high) = (pick(at.floor()), pick(at.ceil()));
    low + (high - low) * at.fract()
}

impl Features {
    /// Summary of at least one turn.
    pub(super) fn of(turns: &[Turn]) -> Self {
        let gaps: Vec<f64> = turns.iter().map(|t| t.gap_ms).collect();
        let n = gaps.len().max(1) as f64;
        let median_ms = median(&gaps);
        let off: Vec<f64> = gaps.iter().map(|g| (g - median_ms).abs()).collect();
        let mad_ms = median(&off);
        let third = gaps.len() / 3;
        let (first, later) = gaps.split_at(third);
        let log = |m: f64| m.max(50.0).ln();
        let share = |hit: &dyn Fn(&f64) -> bool| gaps.iter().filter(|g| hit(g)).count() as f64 / n;
        Self {
            turns: turns.len(),
            median_ms,
            mad_ms,
            spread: mad_ms / median_ms.abs().max(100.0),
            long_share: share(&|g| *g > LONG_MS),
            overlap_share: share(&|g| *g < 0.0),
            slope_ms_per_s: slope(turns),
            shift: if third == 0 {
                0.0
            } else {
                log(median(later)) - log(median(first))
            },
            network_ms: network_ms(turns),
        }
    }

    /// Log-likelihood ratio, positive = manipulated, within ±[`MAX_LLR`]; bounded in every term.
    ///
    /// Slow and even answers speak for a prompt or a pipeline between question and answer; quick,
    /// uneven and overlapping ones for a person talking freely.
    pub(super) fn llr(&self) -> f64 {
        let human_ms = (self.median_ms - self.network_ms).max(50.0);
        let slow = ((human_ms / PRIOR_MEDIAN_MS).ln() / PRIOR_SIGMA).clamp(-2.5, 2.5);
        let even = ((PRIOR_SPREAD / (self.spread + 0.02)).ln() / PRIOR_SIGMA).clamp(-2.0, 2.0);
        let later = (self.shift / PRIOR_SIGMA).clamp(-2.0, 2.0);
        let overlap = (self.overlap_share / 0.1).min(1.0);
        // Even gaps mean something only where they are not short as well.
        let even = if slow < 0.0 { even.min(0.0) } else { even };
        let x = 0.5 * slow + 0.5 * even + 0.2 * later - 0.6 * overlap;
        MAX_LLR * (2.0 / (1.0 + (-x).exp()) - 1.0)
    }
}

/// The session's 5th percentile of gaps before short answers (under 1.5 s), within 0 to 600 ms; 0
/// with fewer than three of them: then all of the gap is taken as the person's.
fn network_ms(turns: &[Turn]) -> f64 {
    let short = |t: &&Turn| t.answer_ms.is_some_and(|a| a < 1_500.0);
    let gaps: Vec<f64> = turns.iter().filter(short).map(|t| t.gap_ms).collect();
    if gaps.len() < 3 {
        return 0.0;
    }
    quantile(&gaps, 0.05).clamp(NETWORK_MS.0, NETWORK_MS.1)
}

/// Theil-Sen slope of gap over question length, over the latest 100 turns.
fn slope(turns: &[Turn]) -> f64 {
    let recent = turns.get(turns.len().saturating_sub(100)..).unwrap_or_default();
    let mut slopes = Vec::new();
    for (i, a) in recent.iter().enumerate() {
        for b in recent.iter().skip(i + 1) {
            let run_s = (b.question_ms - a.question_ms) / 1e3;
            if run_s.abs() > 0.2 {
                slopes.push((b.gap_ms - a.gap_ms) / run_s);
            }
        }
    }
    median(&slopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(gaps: &[f64]) -> Vec<Turn> {
        let turn = |(i, g): (usize, &f64)| Turn {
            gap_ms: *g,
            question_ms: 2_000.0 + 500.0 * i as f64,
            answer_ms: Some(8_000.0),
        };
        gaps.iter().enumerate().map(turn).collect()
    }

    #[test]
    fn robust_summary() {
        let f = Features::of(&turns(&[800.0, 1_000.0, 1_200.0, 900.0, 1_100.0, 9_000.0, -100.0]));
        assert_eq!((f.turns, f.median_ms, f.mad_ms), (7, 1_000.0, 200.0));
        assert!((f.long_share - 1.0 / 7.0).abs() < 1e-9);
        assert!((f.overlap_share - 1.0 / 7.0).abs() < 1e-9);
        let rising = Features::of(&turns(&[500.0, 600.0, 700.0, 800.0, 900.0, 1_000.0]));
        assert!((rising.slope_ms_per_s - 200.0).abs() < 1e-9);
        assert!(rising.shift > 0.0);
    }

    #[test]
    fn the_llr_is_small_and_leans_the_right_way() {
        let llr = |gaps: &[f64]| Features::of(&turns(gaps)).llr();
        let prompted = llr(&[3_900.0, 4_000.0, 4_100.0, 3_950.0, 4_050.0, 4_020.0, 3_980.0]);
        let free = llr(&[300.0, 900.0, 150.0, 1_400.0, -200.0, 600.0, 450.0]);
        let usual = llr(&[700.0, 1_600.0, 1_100.0, 2_000.0, 900.0, 1_500.0, 600.0]);
        assert!(prompted > 0.4 && free < -0.2 && usual.abs() < 0.2, "{prompted} {free} {usual}");
        for gaps in [[0.0; 8], [1e9; 8], [-2_000.0; 8]] {
            let l = llr(&gaps);
            assert!(l.is_finite() && l.abs() <= MAX_LLR, "{l}");
        }
    }

    #[test]
    fn the_network_share_needs_short_answers() {
        let mut t = turns(&[400.0, 450.0, 500.0, 1_500.0]);
        assert_eq!(Features::of(&t).network_ms, 0.0);
        for turn in &mut t[..3] {
            turn.answer_ms = Some(600.0);
        }
        assert!((Features::of(&t).network_ms - 405.0).abs() < 1.0);
        t[0].gap_ms = 5_000.0;
        t[1].gap_ms = 5_000.0;
        t[2].gap_ms = 5_000.0;
        assert_eq!(Features::of(&t).network_ms, 600.0);
    }
}
