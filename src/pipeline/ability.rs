//! What the signals can do on an interview's tracks, and when that has turned out otherwise.

use super::Lane;
use super::analyzers::missing_model;
use crate::analyze::{Analyzer, Seen};
use crate::core::{Confidence, Coverage, InterviewSpec, Quality, SignalCapability};
use crate::engine::ModelSet;

/// Pictures of a segment from which its rate is believed.
const LEAST_PICTURES: u64 = 2;

/// What the client was told of a participant's signals, beside what the stream turned out to be.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Option<Seen>,
    /// A segment has closed since the last look.
    fresh: bool,
    /// What the client knows, in the order of the analyzers.
    told: Vec<Confidence>,
    /// What the latest segment showed instead, if anything.
    pending: Option<Vec<Confidence>>,
}

// === impl Watch ===

impl Watch {
    /// Takes what a closed segment showed. One without pictures says nothing: cameras are switched off, and
    /// platforms send only who speaks.
    pub(super) fn saw(&mut self, quality: &Quality, coverage: &Coverage) {
        if coverage.frames_seen >= LEAST_PICTURES && quality.fps > 0.0 {
            self.fresh = true;
            self.seen = Some(Seen {
                fps: quality.fps,
                face_px: quality.face_height_px,
            });
        }
    }

    /// True when two segments in a row agree with each other and not with what was told.
    fn turned(&mut self, now: Vec<Confidence>) -> bool {
        if now == self.told {
            self.pending = None;
            return false;
        }
        if self.pending.as_ref() == Some(&now) {
            self.pending = None;
            self.told = now;
            return true;
        }
        self.pending = Some(now);
        false
    }
}

// === impl Lane ===

impl Lane {
    /// What each signal can do: by what was announced, or, `measured`, by what came.
    pub(super) fn abilities(
        &self,
        spec: &InterviewSpec,
        question_marks: bool,
        measured: bool,
        models: &ModelSet,
    ) -> Vec<SignalCapability> {
        let seen = self.watch.seen.filter(|_| measured);
        let tracks = self.tracks(spec, question_marks, seen);
        let of = |a: &dyn Analyzer| {
            let ability = match missing_model(a, models) {
                // What the tracks lack is said first: it is what the client can change.
                Some(missing) => a.capability(&tracks).and(Err(missing)),
                None => a.capability(&tracks),
            };
            let (obstacle, limits) = match ability {
                Ok(limits) => (None, limits),
                Err(why) => (Some(why), Vec::new()),
            };
            SignalCapability {
                participant: self.participant.id.clone(),
                signal: a.name().to_owned(),
                obstacle,
                limits,
            }
        };
        self.analyzers.iter().map(|a| of(a.as_ref())).collect()
    }

    /// What the signals can do by now, if that is other than what was told.
    pub(super) fn news(
        &mut self,
        spec: &InterviewSpec,
        question_marks: bool,
        models: &ModelSet,
    ) -> Option<Vec<SignalCapability>> {
        if !std::mem::take(&mut self.watch.fresh) {
            return None;
        }
        let levels = |all: &[SignalCapability]| all.iter().map(|c| c.confidence()).collect();
        if self.watch.told.is_empty() {
            self.watch.told = levels(&self.abilities(spec, question_marks, false, models));
        }
        let now = self.abilities(spec, question_marks, true, models);
        self.watch.turned(levels(&now)).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Confidence::{Full, Limited};

    #[test]
    fn one_segment_alone_changes_nothing() {
        let mut watch = Watch {
            told: vec![Full],
            ..Watch::default()
        };
        let mut turned = |c| watch.turned(vec![c]);
        assert!(!turned(Full));
        assert!(!turned(Limited) && !turned(Full) && !turned(Limited));
        assert!(turned(Limited), "twice in a row");
        assert!(!turned(Limited), "told");
        assert!(!turned(Full) && turned(Full));
    }

    #[test]
    fn a_segment_without_pictures_says_nothing() {
        let mut watch = Watch::default();
        watch.saw(&Quality::default(), &Coverage::default());
        assert!(!watch.fresh && watch.seen.is_none());
    }
}
