//! Speech spans from speech probabilities.

use crate::core::{MediaTime, VOICE_HOP_NS, VoiceSeries};

/// When a series of probabilities counts as a stretch of speech. Times in 10 ms hops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpanRules {
    /// A stretch must reach this probability somewhere.
    pub enter: f32,
    /// It extends to either side as long as the probability stays at or above this.
    pub leave: f32,
    /// Shorter stretches are no speech (a click, a knock).
    pub min_speech_hops: usize,
    /// Shorter pauses do not end a stretch (stop closures, breaths inside a phrase).
    pub min_silence_hops: usize,
}

impl SpanRules {
    /// 0.6 / 0.35, 120 ms of speech, 250 ms of silence.
    pub const fn speech() -> Self {
        Self {
            enter: 0.6,
            leave: 0.35,
            min_speech_hops: 12,
            min_silence_hops: 25,
        }
    }

    /// As [`SpanRules::speech`], but only 400 ms of silence end a turn: an interviewer who pauses
    /// inside a question has not handed over yet. The end is back-dated to where the voice ended.
    pub const fn turn() -> Self {
        Self {
            min_silence_hops: 40,
            ..Self::speech()
        }
    }
}

/// A stretch of speech on the hop grid of a series, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechSpan {
    /// First hop of speech.
    pub start: usize,
    /// First hop after it.
    pub end: usize,
}

impl SpeechSpan {
    /// Length in milliseconds.
    pub fn len_ms(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 * VOICE_HOP_NS as f64 / 1e6
    }

    /// Session time of its start in `series`.
    pub fn start_time(&self, series: &VoiceSeries<'_>) -> MediaTime {
        series.time_of(self.start)
    }

    /// Session time of its end in `series`.
    pub fn end_time(&self, series: &VoiceSeries<'_>) -> MediaTime {
        series.time_of(self.end)
    }
}

/// The stretches of speech in a series of probabilities.
///
/// A run of hops at or above `leave` that reaches `enter` is a candidate: its ends are where the
/// probability crossed `leave`, so a late decision does not make an onset late. Candidates closer
/// than `min_silence_hops` are joined, then what is shorter than `min_speech_hops` is dropped. A
/// probability that is not a number counts as no speech.
pub fn speech_spans(speech: &[f32], rules: &SpanRules) -> Vec<SpeechSpan> {
    let mut runs: Vec<SpeechSpan> = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    for (i, p) in speech.iter().copied().chain([f32::NAN]).enumerate() {
        open = match open {
            None if p >= rules.leave => Some((i, p >= rules.enter)),
            Some((start, sure)) if p >= rules.leave => Some((start, sure || p >= rules.enter)),
            Some((start, true)) => {
                join(
                    &mut runs,
                    SpeechSpan { start, end: i },
                    rules.min_silence_hops,
                );
                None
            }
            _ => None,
        };
    }
    runs.retain(|s| s.end - s.start >= rules.min_speech_hops);
    runs
}

fn join(runs: &mut Vec<SpeechSpan>, next: SpeechSpan, min_silence_hops: usize) {
    match runs.last_mut() {
        Some(last) if next.start - last.end < min_silence_hops => last.end = next.end,
        _ => runs.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series from `(hops, probability)` pieces.
    fn series(pieces: &[(usize, f32)]) -> Vec<f32> {
        let piece = |(n, p): &(usize, f32)| std::iter::repeat_n(*p, *n);
        pieces.iter().flat_map(piece).collect()
    }

    fn check(pieces: &[(usize, f32)], expect: &[(usize, usize)]) {
        let got = speech_spans(&series(pieces), &SpanRules::speech());
        let got: Vec<_> = got.iter().map(|s| (s.start, s.end)).collect();
        assert_eq!(got, expect, "{pieces:?}");
    }

    #[test]
    fn hysteresis_joins_and_drops() {
        check(&[], &[]);
        check(&[(50, 0.0)], &[]);
        check(&[(10, 0.0), (30, 0.9), (50, 0.0)], &[(10, 40)]);
        // The ends are where the probability crossed `leave`.
        check(
            &[(10, 0.0), (5, 0.4), (20, 0.9), (3, 0.36), (9, 0.3)],
            &[(10, 38)],
        );
        // Never reached `enter`.
        check(&[(10, 0.0), (60, 0.55), (10, 0.0)], &[]);
        // 240 ms pause is inside, 250 ms ends it.
        check(&[(20, 0.9), (24, 0.0), (20, 0.9)], &[(0, 64)]);
        check(&[(20, 0.9), (25, 0.0), (20, 0.9)], &[(0, 20), (45, 65)]);
        // 110 ms is a click, 120 ms is speech.
        check(&[(9, 0.0), (11, 1.0), (30, 0.0)], &[]);
        check(&[(9, 0.0), (12, 1.0), (30, 0.0)], &[(9, 21)]);
        // Open at the end; not a number ends a run.
        check(&[(5, 0.0), (30, 0.8)], &[(5, 35)]);
        check(
            &[(20, 0.8), (30, f32::NAN), (20, 0.8)],
            &[(0, 20), (50, 70)],
        );
    }

    #[test]
    fn a_turn_ends_later() {
        let x = series(&[(50, 0.9), (39, 0.0), (50, 0.9), (40, 0.0), (50, 0.9)]);
        let got = speech_spans(&x, &SpanRules::turn());
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].start, got[0].end), (0, 139));
    }
}
