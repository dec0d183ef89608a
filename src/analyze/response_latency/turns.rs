//! Speech stretches of one side, hop by hop, in session time.

use crate::audio::SpanRules;
use crate::core::{MediaTime, VOICE_HOP_NS};

/// A stretch of speech; still going on while `end` is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Utterance {
    pub start: MediaTime,
    pub end: Option<MediaTime>,
}

/// The streaming form of [`crate::audio::speech_spans`]: the same rules on the same
/// probabilities give the same stretches, whatever the segments.
#[derive(Debug, Clone)]
pub(super) struct SpanTracker {
    rules: SpanRules,
    next: Option<MediaTime>,
    /// Start of the run at or above `leave`, and whether it has reached `enter`.
    run: Option<(MediaTime, bool)>,
    /// Start and present end of the stretch that is not yet closed.
    open: Option<(MediaTime, MediaTime)>,
    done: Vec<Utterance>,
}

impl SpanTracker {
    pub(super) fn new(rules: SpanRules) -> Self {
        Self {
            rules,
            next: None,
            run: None,
            open: None,
            done: Vec::new(),
        }
    }

    /// Session time up to which hops were taken.
    pub(super) fn horizon(&self) -> Option<MediaTime> {
        self.next
    }

    /// Takes the probabilities of consecutive hops from `start` on; those already seen are
    /// skipped. Hops that never came (a track that began anew) end what was open.
    pub(super) fn push(&mut self, start: MediaTime, speech: &[f32]) {
        let skip = self.next.map_or(0, |n| n.since_ns(start) / VOICE_HOP_NS);
        if skip < 0 {
            self.close();
        }
        let skip = usize::try_from(skip).unwrap_or(0);
        for (i, p) in speech.iter().enumerate().skip(skip) {
            self.hop(start.plus_ns(i as i64 * VOICE_HOP_NS), *p);
        }
    }

    /// Ends what is open: no more sound will come.
    pub(super) fn close(&mut self) {
        if let (Some((start, true)), Some(end)) = (self.run.take(), self.next) {
            self.voiced(start, end);
        }
        self.settle();
    }

    /// Closed stretches in order, then the open one once it is long enough to be speech.
    pub(super) fn utterances(&self) -> impl Iterator<Item = Utterance> + '_ {
        let running = self.open.filter(|o| self.long_enough(o)).map(|(start, _)| Utterance {
            start,
            end: None,
        });
        self.done.iter().copied().chain(running)
    }

    /// Forgets stretches that ended before `time`.
    pub(super) fn forget_before(&mut self, time: MediaTime) {
        self.done.retain(|u| u.end.is_none_or(|e| e >= time));
    }

    fn hop(&mut self, time: MediaTime, p: f32) {
        let end = time.plus_ns(VOICE_HOP_NS);
        if p >= self.rules.leave {
            let (start, sure) = self.run.unwrap_or((time, false));
            let sure = sure || p >= self.rules.enter;
            self.run = Some((start, sure));
            if sure {
                self.voiced(start, end);
            }
        } else {
            self.run = None;
        }
        // A run in progress may still join what is open; it decides for itself when it is sure.
        if let (None, Some((_, last))) = (self.run, self.open)
            && end.since_ns(last) >= self.silence_ns()
        {
            self.settle();
        }
        self.next = Some(end);
    }

    fn voiced(&mut self, start: MediaTime, end: MediaTime) {
        self.open = match self.open {
            Some((first, last)) if start.since_ns(last) < self.silence_ns() => Some((first, end)),
            Some(_) => {
                self.settle();
                Some((start, end))
            }
            None => Some((start, end)),
        };
    }

    fn settle(&mut self) {
        if let Some(open) = self.open.take()
            && self.long_enough(&open)
        {
            self.done.push(Utterance {
                start: open.0,
                end: Some(open.1),
            });
        }
    }

    fn silence_ns(&self) -> i64 {
        self.rules.min_silence_hops as i64 * VOICE_HOP_NS
    }

    fn long_enough(&self, open: &(MediaTime, MediaTime)) -> bool {
        open.1.since_ns(open.0) >= self.rules.min_speech_hops as i64 * VOICE_HOP_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::speech_spans;
    use proptest::prelude::*;

    proptest! {
        /// Streaming in pieces agrees with the function over the whole series.
        #[test]
        fn agrees_with_the_whole(
            runs in prop::collection::vec((1usize..60, 0u8..11), 1..40),
            cut in 1usize..200,
        ) {
            let speech: Vec<f32> = runs
                .iter()
                .flat_map(|(n, p)| std::iter::repeat_n(f32::from(*p) / 10.0, *n))
                .collect();
            let rules = SpanRules::speech();
            let mut tracker = SpanTracker::new(rules);
            let time = |hop: usize| MediaTime::from_ms(1_000 + hop as i64 * 10);
            for at in (0..speech.len()).step_by(cut) {
                // Pieces overlap, as segments' histories do.
                let from = at.saturating_sub(50);
                let until = (at + cut).min(speech.len());
                tracker.push(time(from), &speech[from..until]);
            }
            tracker.close();
            let got: Vec<_> = tracker.utterances().map(|u| (u.start, u.end)).collect();
            let want: Vec<_> = speech_spans(&speech, &rules)
                .iter()
                .map(|s| (time(s.start), Some(time(s.end))))
                .collect();
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn an_onset_shows_before_the_end_and_old_ones_are_forgotten() {
        let mut t = SpanTracker::new(SpanRules::speech());
        t.push(MediaTime::ZERO, &[0.0; 20]);
        t.push(MediaTime::from_ms(200), &[0.9; 11]);
        assert_eq!(t.utterances().count(), 0);
        t.push(MediaTime::from_ms(310), &[0.9; 5]);
        let open = t.utterances().next().unwrap();
        assert_eq!((open.start, open.end), (MediaTime::from_ms(200), None));
        t.push(MediaTime::from_ms(360), &[0.0; 30]);
        let end = t.utterances().next().unwrap().end;
        assert_eq!(end, Some(MediaTime::from_ms(360)));
        // A jump in time ends what was open.
        t.push(MediaTime::from_ms(660), &[0.9; 20]);
        t.push(MediaTime::from_ms(90_000), &[0.9; 20]);
        assert_eq!(t.utterances().count(), 3);
        t.forget_before(MediaTime::from_ms(800));
        assert_eq!(t.utterances().count(), 2);
    }
}
