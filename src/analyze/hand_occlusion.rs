//! Hand challenge: what is painted where a hand is before the face, when the candidate was asked for it.
//!
//! **Concept.** While a challenge is open tracking keeps the face's surroundings fifteen times a second
//! ([`HandScene`](crate::core::HandScene)). The net of task `seg` finds hand, forearm and skin of the face
//! in them. When the window closes the signal first says whether the challenge was done (`comply`), from
//! how much of the face the hand covered; then what the picture did meanwhile (`physics`): whether the hand is
//! there where what is seen of it outside the face says that it must be, whether it ends along the face's
//! outline, whether the face shines through it. A small sum of these with non-negative weights from the
//! manifest (`settings`) is the event's log-likelihood ratio, which counts in the segment in which the
//! window closes. The idea of a challenge that real-time swaps cannot follow is that of Mittal et al.
//! (GOTCHA, arXiv 2210.06186); measures and code are our own.
//!
//! **Not evidence.** A challenge that was not done; a face that is lost under a hand, as real people's
//! are; poor pictures.
//!
//! **Not handled.** Swaps that leave the hand out with a good occlusion model show little of this.

mod cheek;
mod comply;
mod edges;
mod expect;
mod grid;
mod judge;
mod look;
mod net;
mod physics;
mod settings;
#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod tests;

pub use super::window::{AFTER_NS, LONGEST_NS};

use super::{Ability, Analysis, Analyzer, LaneTracks, MOST_JUDGED, Needs, Segment};
use crate::core::{
    AbstainReason, Abstention, ChallengeKind, ChallengeResult, ChallengeStatus, ControlEvent, Outcome,
    Span,
};
use crate::engine::ModelSet;
use judge::{Material, Verdict, judge};
use look::Look;
use net::Net;
use settings::Calibration;
use super::window::Window;

/// Pictures a second from which a passing hand is seen as in the figures published for this signal.
const GOOD_RATE: f64 = 10.0;

/// Task of the segmentation net in the manifest.
pub const TASK: &str = "seg";

/// Kinds of challenge that this signal judges; of a cheek press only whether it was done.
const KINDS: &[ChallengeKind] = &[ChallengeKind::HandPass, ChallengeKind::HandHold, ChallengeKind::CheekPress];

/// What is looked at for an event, if it is a challenge for which hands are looked for.
pub fn span(event: &ControlEvent) -> Option<Span> {
    super::window::span(event, KINDS)
}

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(HandOcclusion::default())
}

/// The signal of one participant.
#[derive(Debug, Default)]
struct HandOcclusion {
    net: Option<Net>,
    calibration: Option<Calibration>,
    /// Pictures of the windows that are open.
    looks: Vec<Look>,
    /// The face's outline as it was last seen, in 0 to 1 of its scene.
    outline: Option<Vec<[f32; 2]>>,
    /// Windows that were seen open when the latest segment ended.
    open: Vec<Window>,
    judged: Vec<ChallengeResult>,
}

// === impl HandOcclusion ===

impl HandOcclusion {
    fn assess(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Result<Outcome, Abstention> {
        if self.net.is_none() {
            self.calibration = Calibration::read(models)?;
            self.net = Some(Net::read(models)?);
        }
        let asked = Window::all(segment.events, KINDS, segment.participant);
        // What was taken back is not judged.
        self.open.retain(|o| asked.iter().any(|w| w.id == o.id));
        let new = asked.into_iter().filter(|w| self.is_new(w));
        let room = MOST_JUDGED.saturating_sub(self.judged.len() + self.open.len());
        let new: Vec<Window> = new.take(room).collect();
        self.open.extend(new);
        if self.open.is_empty() {
            return Err(Abstention::new(AbstainReason::NotRequested, "no hand challenge in this span"));
        }
        self.look(segment, models)?;
        let over = |w: &Window| segment.last || w.span.end <= segment.span.end;
        let (closed, open): (Vec<Window>, Vec<Window>) = std::mem::take(&mut self.open).into_iter().partition(over);
        self.open = open;
        let verdicts: Vec<Verdict> = closed.iter().map(|w| self.judge(w, segment)).collect();
        self.judged.extend(verdicts.iter().map(|v| v.result.clone()));
        let earliest = self.open.iter().map(|w| w.span.start).min();
        self.looks.retain(|l| earliest.is_some_and(|t| l.time >= t));
        if self.open.is_empty() {
            self.outline = None;
        }
        Ok(outcome(verdicts))
    }

    fn is_new(&self, w: &Window) -> bool {
        self.judged.iter().all(|c| c.id != w.id) && self.open.iter().all(|o| o.id != w.id)
    }

    /// Looks at the segment's scenes that lie in an open window.
    fn look(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Result<(), Abstention> {
        let Some(net) = &self.net else { return Ok(()) };
        for obs in segment.face.iter().filter(|o| segment.span.contains(o.time)) {
            let wanted = self.open.iter().any(|w| w.span.contains(obs.time));
            let Some(scene) = obs.scene.as_ref().filter(|_| wanted) else {
                continue;
            };
            let seen = net.masks(scene, models).map_err(|e| {
                tracing::error!(error = %e, "hand segmentation failed");
                e.abstention()
            })?;
            let mut look = Look::new(obs, scene, seen, self.outline.as_deref());
            look.occ = net.painted_over(scene, &look.masks, models);
            self.outline = Look::outline(obs, scene).or(self.outline.take());
            self.looks.push(look);
        }
        Ok(())
    }

    fn judge(&self, window: &Window, segment: &Segment<'_>) -> Verdict {
        let mut inside: Vec<Look> = self.looks.iter().filter(|l| window.span.contains(l.time)).cloned().collect();
        look::forget_standing(&mut inside);
        judge(window, &inside, &Material::of(window, segment), self.calibration.as_ref())
    }
}

impl Analyzer for HandOcclusion {
    fn name(&self) -> &'static str {
        "hand_occlusion"
    }

    fn task(&self) -> Option<&'static str> {
        Some(TASK)
    }

    fn needs(&self) -> Needs {
        Needs { faces: true, speech: false }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        let needs = "the hand challenge needs";
        tracks.need_pictures(needs)?;
        let mut limits = Vec::new();
        let cost = "whether it was done can be told, but little of what was painted meanwhile";
        tracks.need_rate(needs, judge::LEAST_RATE, (GOOD_RATE, cost), &mut limits)?;
        tracks.need_face(needs, judge::LEAST_FACE_PX, judge::LEAST_FACE_PX, &mut limits)?;
        Ok(limits)
    }

    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis {
        let outcome = self.assess(segment, models).unwrap_or_else(Outcome::Abstained);
        Analysis::new(segment.span, outcome)
    }

    fn judges(&self) -> &'static [ChallengeKind] {
        KINDS
    }

    fn challenges(&self) -> Vec<ChallengeResult> {
        self.judged.clone()
    }
}

/// What the challenges that closed in a segment say together.
fn outcome(verdicts: Vec<Verdict>) -> Outcome {
    let mut scored: Vec<Verdict> = Vec::new();
    let mut other: Option<Verdict> = None;
    for v in verdicts {
        match v.result.llr {
            Some(_) => scored.push(v),
            None => other = Some(v),
        }
    }
    let llr = |v: &Verdict| v.result.llr.unwrap_or(0.0);
    scored.sort_by(|a, b| llr(b).abs().total_cmp(&llr(a).abs()));
    if let Some(first) = scored.first() {
        return Outcome::Scored {
            llr: scored.iter().map(llr).sum(),
            quality: scored.iter().map(|v| v.quality).fold(1.0, f64::min),
            evidence: first.result.evidence.clone(),
        };
    }
    let Some(v) = other else {
        return Outcome::abstain(AbstainReason::Gathering, "a hand challenge is open");
    };
    let id = &v.result.id;
    let (reason, detail) = match &v.result.status {
        ChallengeStatus::NotMeasurable { reason, detail } => (*reason, format!("challenge {id}: {detail}")),
        ChallengeStatus::NotPerformed { detail } => {
            (AbstainReason::Indecisive, format!("challenge {id} was not performed: {detail}"))
        }
        ChallengeStatus::NotCarriedOut { detail } => {
            (AbstainReason::NotRequested, format!("challenge {id} was not carried out: {detail}"))
        }
        ChallengeStatus::Performed => (v.without_number, format!("challenge {id} was performed, {}", v.why)),
    };
    Outcome::Abstained(Abstention { reason, detail, evidence: v.result.evidence })
}
