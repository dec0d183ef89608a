//! One recording as one score sees it.

use crate::evaluate::metrics::Sample;
use crate::evaluate::{Clip, ClipResult, SegmentScore};
use crate::fusion::Accumulation;

/// Which score is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// The product's own score.
    Fused,
    /// One signal.
    Signal(&'a str, Accumulation),
}

/// One segment as one score sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Seconds from the start of the recording.
    pub(super) end_s: f64,
    pub(super) length_s: f64,
    /// What it ranks by; `None` when it abstained.
    pub(super) score: Option<f64>,
    /// Its log-likelihood ratio; `None` when it abstained or has no vote.
    pub(super) vote: Option<f64>,
    /// The truth; `None` where it lies across the border of a stretch.
    pub(super) fake: Option<bool>,
}

impl Piece {
    /// The segment as a sample, where it has a vote and a truth.
    pub(super) fn sample(&self) -> Option<Sample> {
        self.vote
            .zip(self.fake)
            .map(|(score, fake)| Sample { score, fake })
    }
}

/// One recording as one score sees it.
pub(super) struct View<'a> {
    pub(super) clip: &'a Clip,
    /// What it ranks by; `None` when it abstained throughout.
    pub(super) score: Option<f64>,
    /// The same of the numbers that have a vote.
    pub(super) vote: Option<f64>,
    pub(super) still: bool,
    pub(super) face_px: Option<f64>,
    pub(super) segments: Vec<Piece>,
}

// === impl View ===

impl<'a> View<'a> {
    pub(super) fn new(clip: &'a Clip, result: &ClipResult, source: Source<'_>) -> Self {
        let score_of = |s: &SegmentScore, vote: bool| match source {
            Source::Fused => s.logit,
            Source::Signal(name, _) => {
                let finding = s.findings.iter().find(|f| f.signal == name)?;
                if vote {
                    finding.effective()
                } else {
                    finding.measured()
                }
            }
        };
        let zero = result
            .segments
            .first()
            .map_or(0.0, |s| s.span.start.as_secs_f64());
        let pieces = result.segments.iter().map(|s| {
            let (from, to) = (s.span.start.as_secs_f64(), s.span.end.as_secs_f64());
            Piece {
                end_s: to - zero,
                length_s: to - from,
                score: score_of(s, false),
                vote: score_of(s, true),
                fake: clip.truth(from - zero, to - zero),
            }
        });
        let mut segments: Vec<Piece> = pieces.collect();
        if source.restates() {
            // Each finding holds all the earlier ones; only the last is a measurement of its own.
            let last = segments.iter().rposition(|p| p.score.is_some());
            for (i, p) in segments.iter_mut().enumerate() {
                if Some(i) != last {
                    (p.score, p.vote) = (None, None);
                }
            }
        }
        Self {
            clip,
            score: source.score(result),
            vote: source.vote(result),
            still: result.still,
            face_px: result.face_px(),
            segments,
        }
    }

    /// The recording as a sample of its votes, where it has one.
    pub(super) fn voted(&self) -> Option<Sample> {
        self.vote.map(|score| Sample {
            score,
            fake: self.clip.fake,
        })
    }

    /// The recording as a sample; an abstention has a score of 0.
    pub(super) fn sample(&self) -> Sample {
        Sample {
            score: self.score.unwrap_or(0.0),
            fake: self.clip.fake,
        }
    }
}
