//! Sums over a participant's segments.

use crate::core::{Coverage, Span};

/// Sums over the final segments, for the session's coverage.
#[derive(Debug, Default)]
pub(super) struct Totals {
    length_ns: i64,
    video_ns: f64,
    audio_ns: f64,
    frames: u64,
    lost: u64,
}

impl Totals {
    /// Adds a final segment.
    pub(super) fn add(&mut self, span: &Span, c: &Coverage) {
        self.length_ns += span.len_ns();
        self.video_ns += c.video * span.len_ns() as f64;
        self.audio_ns += c.audio * span.len_ns() as f64;
        self.frames += c.frames_seen;
        self.lost += c.frames_dropped;
    }

    /// Coverage of the session; `scored` is the share of it with a number.
    pub(super) fn coverage(&self, scored: f64) -> Coverage {
        let share = |ns: f64| {
            if self.length_ns == 0 {
                0.0
            } else {
                ns / self.length_ns as f64
            }
        };
        Coverage {
            video: share(self.video_ns),
            audio: share(self.audio_ns),
            frames_seen: self.frames,
            frames_dropped: self.lost,
            scored,
        }
    }
}
