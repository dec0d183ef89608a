//! Segments: consecutive windows of session time, and how much of each was seen. Pure.
//!
//! **In:** watermarks of the tracks, observations, voice series. **Out:** the span of the next
//! segment, coverage. **May touch:** `core`. **Must not touch:** models, IO, clocks.
//!
//! A segment is *ready* when every track of its participant has passed its end, or when one of
//! them is so far ahead that waiting longer would only delay the result. Everything an analyzer
//! sees lies before the segment's end, so the order in which tracks arrive does not matter.

mod coverage;

pub use coverage::{PICTURE_REACH_NS, audio_coverage, clip_voice, speech_share, video_coverage};

use crate::core::{MediaTime, Span};

/// Origins are rounded down to a multiple of this, so that tracks which start a few
/// milliseconds apart give the same segments whichever arrives first.
const ORIGIN_STEP_NS: i64 = 100_000_000;

/// A last segment shorter than this is left out: too little for any signal or quality figure.
pub const SHORTEST_SEGMENT_NS: i64 = 200_000_000;

/// The windows of one participant.
#[derive(Debug, Clone)]
pub struct Segmenter {
    length_ns: i64,
    skew_ns: i64,
    origin: Option<MediaTime>,
    next: u64,
}

/// What the watermarks say of the next segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// No track has reached its end.
    Open,
    /// Some track has passed its end, another has not.
    Waiting,
    /// It can be closed.
    Ready,
}

impl Segmenter {
    /// Windows of `length_ns`; a track may lag by `skew_ns` before the others stop waiting.
    pub fn new(length_ns: i64, skew_ns: i64) -> Self {
        Self {
            length_ns: length_ns.max(1),
            skew_ns: skew_ns.max(0),
            origin: None,
            next: 0,
        }
    }

    /// Tells that media of this time arrived; the first one sets the origin.
    pub fn saw(&mut self, time: MediaTime) {
        if self.origin.is_none() {
            let floor = time
                .0
                .div_euclid(ORIGIN_STEP_NS)
                .saturating_mul(ORIGIN_STEP_NS);
            self.origin = Some(MediaTime(floor));
        }
    }

    /// Start of the first segment; `None` before any media.
    pub fn origin(&self) -> Option<MediaTime> {
        self.origin
    }

    /// Start of the first segment and the length of each, nanoseconds; `None` before any media.
    pub fn grid(&self) -> Option<(MediaTime, i64)> {
        Some((self.origin?, self.length_ns))
    }

    /// Index and span of the next segment; `None` before any media.
    pub fn next(&self) -> Option<(u64, Span)> {
        let origin = self.origin?;
        let start = origin.plus_ns(self.length_ns.saturating_mul(self.next as i64));
        Some((self.next, Span::new(start, start.plus_ns(self.length_ns))))
    }

    /// Whether the next segment can be closed. A track without media yet has no watermark.
    pub fn readiness(&self, watermarks: &[Option<MediaTime>]) -> Readiness {
        let Some((_, span)) = self.next() else {
            return Readiness::Open;
        };
        let passed = |m: &Option<MediaTime>| m.is_some_and(|t| t >= span.end);
        let furthest = watermarks.iter().flatten().max();
        match furthest {
            Some(t) if *t >= span.end => {
                let waited = t.since_ns(span.end) >= self.skew_ns;
                if waited || watermarks.iter().all(passed) {
                    Readiness::Ready
                } else {
                    Readiness::Waiting
                }
            }
            _ => Readiness::Open,
        }
    }

    /// The last, partial segment up to `end`, if it is long enough to be one.
    pub fn last(&self, end: MediaTime) -> Option<(u64, Span)> {
        let (index, span) = self.next()?;
        let cut = Span::new(span.start, span.end.min(end));
        (cut.len_ns() >= SHORTEST_SEGMENT_NS).then_some((index, cut))
    }

    /// Moves on to the following segment.
    pub fn advance(&mut self) {
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(t: i64) -> Option<MediaTime> {
        Some(MediaTime::from_ms(t))
    }

    fn at_zero() -> Segmenter {
        let mut s = Segmenter::new(3_000_000_000, 2_000_000_000);
        s.saw(MediaTime::from_ms(40));
        s
    }

    #[test]
    fn the_origin_does_not_depend_on_which_track_starts() {
        for first in [0, 21, 40, 99] {
            let mut s = Segmenter::new(3_000_000_000, 0);
            s.saw(MediaTime::from_ms(first));
            s.saw(MediaTime::from_ms(5_000));
            assert_eq!(s.origin(), Some(MediaTime::ZERO));
        }
    }

    #[test]
    fn a_segment_waits_for_the_slower_track_but_not_for_ever() {
        let s = at_zero();
        assert_eq!(s.readiness(&[ms(2_999), ms(2_000)]), Readiness::Open);
        assert_eq!(s.readiness(&[ms(3_000), ms(2_000)]), Readiness::Waiting);
        assert_eq!(s.readiness(&[ms(3_000), None]), Readiness::Waiting);
        assert_eq!(s.readiness(&[ms(3_000), ms(3_001)]), Readiness::Ready);
        assert_eq!(s.readiness(&[ms(5_000), None]), Readiness::Ready);
        assert_eq!(s.readiness(&[]), Readiness::Open);
    }

    #[test]
    fn the_last_segment_is_partial_and_not_too_short() {
        let mut s = at_zero();
        s.advance();
        assert_eq!(s.last(MediaTime::from_ms(3_100)), None);
        let (i, span) = s.last(MediaTime::from_ms(4_000)).unwrap();
        assert_eq!((i, span.len_ns()), (1, 1_000_000_000));
        assert!(Segmenter::new(1, 0).last(MediaTime::from_ms(9)).is_none());
    }
}
