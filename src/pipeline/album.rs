//! The few pictures that stand behind a participant's strongest findings. Pure, bounded.

use crate::core::{EvidencePicture, Finding, ParticipantId, TracePicture};
use crate::fusion::WORTH_A_LOOK;

/// Pictures kept of a participant; each holds 150 kB until the report is written.
const MOST: usize = 3;

/// Pictures of one participant, the strongest finding first.
#[derive(Debug)]
pub(super) struct Album {
    /// False where nobody asked for pictures: then none is ever held.
    wanted: bool,
    kept: Vec<EvidencePicture>,
}

// === impl Album ===

impl Album {
    /// An empty one.
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            kept: Vec::new(),
        }
    }

    /// Takes the picture of a finding of segment `segment`, if the finding stands out and is among
    /// the strongest.
    pub(super) fn offer(
        &mut self,
        participant: &ParticipantId,
        segment: u64,
        finding: &Finding,
        picture: TracePicture,
    ) {
        // A number that is not finite is no reason either.
        if !self.wanted || !finding.contribution.is_finite() || finding.contribution < WORTH_A_LOOK
        {
            return;
        }
        let at = self
            .kept
            .partition_point(|k| k.contribution >= finding.contribution);
        if at < MOST {
            let kept = EvidencePicture {
                participant: participant.clone(),
                signal: finding.signal.clone(),
                segment,
                span: finding.span,
                contribution: finding.contribution,
                picture,
            };
            self.kept.insert(at, kept);
            self.kept.truncate(MOST);
        }
    }

    /// Hands the pictures over, in the order of time.
    pub(super) fn take(&mut self) -> Vec<EvidencePicture> {
        let mut all = std::mem::take(&mut self.kept);
        all.sort_by_key(|p| (p.span.start, p.segment));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{MediaTime, ModelRef, Outcome, Span};

    fn offered(wanted: bool, contributions: &[f64]) -> Vec<(u64, f64)> {
        let mut album = Album::new(wanted);
        let who = ParticipantId::parse("candidate").unwrap();
        for (i, c) in (0u64..).zip(contributions) {
            let start = MediaTime::from_ms(3000 * i as i64);
            let finding = Finding {
                signal: "face_swap".into(),
                model: ModelRef::default(),
                span: Span::new(start, start.plus_ns(1)),
                outcome: Outcome::Scored {
                    llr: *c,
                    quality: 1.0,
                    evidence: Vec::new(),
                },
                contribution: *c,
                prediction_set: None,
                comparison: None,
            };
            let picture = TracePicture {
                time: start,
                rgb: Vec::new().into(),
                face: [0.5; 4],
                regions: Vec::new(),
            };
            album.offer(&who, i, &finding, picture);
        }
        album
            .take()
            .iter()
            .map(|p| (p.segment, p.contribution))
            .collect()
    }

    #[test]
    fn the_three_strongest_that_stand_out_are_kept_in_order_of_time() {
        let kept = offered(true, &[0.9, 0.1, -2.0, 0.5, 1.0, 0.7, f64::NAN]);
        assert_eq!(kept, [(0, 0.9), (4, 1.0), (5, 0.7)]);
        assert_eq!(offered(true, &[0.4, 0.0]), []);
    }

    #[test]
    fn nothing_is_held_where_nobody_asked() {
        assert_eq!(offered(false, &[3.0]), []);
    }
}
