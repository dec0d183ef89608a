//! The same face throughout: is the person of this segment the one of the interview's beginning?
//!
//! **Concept.** Four times a second tracking keeps the face at the frame's own pixels
//! ([`FaceDetail`](crate::core::FaceDetail)). The net of task `identity` turns each such picture into a vector of length 1,
//! near for one person and far for two (`net`). The mean over the beginning is compared with that of each segment; beyond
//! the threshold of the manifest the face counts as another, from the picture at which the likeness to the beginning breaks
//! (`course`). Two segments in a row must agree, so that one turn of the head or one bad stretch is none.
//!
//! **No vote.** That a face has changed is no trace of manipulation: somebody else may have sat down. The signal's
//! weight in the manifest is 0, and its results say what was measured, with the time.
//!
//! **Nothing of it is kept.** The vectors live in this signal and end with the interview. They stand in no result, report,
//! log or evidence, are never shown by `Debug`, and make no baseline for a later interview. A test holds that.
//!
//! **A supplied reference** (a recording, a picture, a stretch or track of the call) is compared too where the interview
//! has a consent id (`reference`); an earlier interview leaves no face behind and is not.
//!
//! **Not handled.** A swapper that is on from the beginning: it shows one face throughout. Who the person is. Twins, and faces
//! as alike as a swapper that keeps the wearer's own shape makes them (docs/accuracy.md has the figures).

mod course;
mod net;
mod reference;

use super::calibration::{number, wrong};
use super::gates::Gates;
use super::{Ability, Analysis, Analyzer, LaneTracks, Needs, Segment};
use crate::core::{AbstainReason, Abstention, Evidence, Outcome};
use crate::engine::ModelSet;
use course::{Course, Look, Step};
use net::Net;
pub use reference::Gatherer;
use reference::{Against, compare};

/// Task of the net in the manifest.
pub const TASK: &str = "identity";
/// Pictures a second that give the least number of pictures in a segment of 3 s.
const LEAST_RATE: f64 = 1.4;
/// Pictures a second that tracking keeps for this signal.
const LOOKS_PER_S: f64 = 4.0;
/// Height of a face in pixels from which it is compared, before the manifest was read.
const FACE_PX: f64 = 60.0;
/// Height from which it is compared as well as it was measured.
const GOOD_FACE_PX: f64 = 90.0;
/// Share of a segment's pictures with more than one face from which it is not known whose is compared.
const CROWDED: f64 = 0.5;

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(Identity::default())
}

/// What the manifest says beside the weights.
#[derive(Debug)]
struct Settings {
    net: Net,
    gates: Gates,
    /// Distance of a segment's mean from that of the beginning, from which the face is another one.
    threshold: f64,
}

/// The signal of one participant.
#[derive(Debug, Default)]
struct Identity {
    settings: Option<Settings>,
    course: Course,
}

// === impl Settings ===

impl Settings {
    fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let calibration = models.calibration(TASK)?;
        Ok(Self {
            net: Net::read(models)?,
            gates: Gates::read(TASK, models.params(TASK)?)?,
            threshold: number(TASK, calibration, "calibration", "threshold", (0.0, 2.0))?,
        })
    }
}

// === impl Identity ===

impl Identity {
    fn assess(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Result<Outcome, Abstention> {
        if self.settings.is_none() {
            self.settings = Some(Settings::read(models)?);
        }
        let Some(settings) = &self.settings else {
            return Err(wrong(TASK, "nothing was read"));
        };
        crowd(segment)?;
        let usable = settings.gates.usable(segment)?;
        let pictures = usable.len();
        let mut looks = Vec::with_capacity(pictures);
        for (time, face, detail) in usable {
            let vector = settings.net.vector(face, detail, models).map_err(|e| {
                tracing::error!(error = %e, "identity net failed");
                e.abstention()
            })?;
            looks.push(Look { time, vector });
        }
        let against = match segment.reference {
            Some(r) => Some(compare(r, &models.model(TASK)?, &looks)),
            None => None,
        };
        let step = self.course.step(looks, settings.threshold);
        let said = outcome(step, settings.threshold, pictures);
        Ok(Outcome::Abstained(with_reference(said, against, settings.threshold)))
    }
}

impl Analyzer for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn task(&self) -> Option<&'static str> {
        Some(TASK)
    }

    fn needs(&self) -> Needs {
        Needs { faces: true, speech: false }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        let needs = "to compare the face with that of the beginning needs";
        tracks.need_pictures(needs)?;
        let mut limits = Vec::new();
        let cost = "fewer pictures than are looked at, so a change is told later or not";
        tracks.need_rate(needs, LEAST_RATE, (LOOKS_PER_S, cost), &mut limits)?;
        let least = self.settings.as_ref().map_or(FACE_PX, |s| s.gates.min_face_px);
        tracks.need_face(needs, least, GOOD_FACE_PX, &mut limits)?;
        Ok(limits)
    }

    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis {
        let outcome = self.assess(segment, models).unwrap_or_else(Outcome::Abstained);
        Analysis::new(segment.span, outcome)
    }
}

/// Where several people are in the picture for most of a segment, whose face was followed is not certain enough.
fn crowd(segment: &Segment<'_>) -> Result<(), Abstention> {
    let inside = segment.face.iter().filter(|o| segment.span.contains(o.time));
    let (mut all, mut several) = (0usize, 0usize);
    for o in inside {
        all += 1;
        several += usize::from(o.faces > 1);
    }
    if all > 0 && several as f64 > CROWDED * all as f64 {
        let detail = format!("several faces in {several} of {all} pictures");
        return Err(Abstention::new(AbstainReason::AmbiguousPerson, detail));
    }
    Ok(())
}

/// What a segment's own words become beside what its reference shows.
fn with_reference(
    mut said: Abstention,
    against: Option<Result<Against, String>>,
    threshold: f64,
) -> Abstention {
    match against {
        None => {}
        Some(Err(why)) => said.detail += &format!("; not compared with the face of the reference: {why}"),
        Some(Ok(found)) => {
            said.reason = AbstainReason::Experimental;
            let words = match (found.distance < threshold, found.same_call) {
                (true, _) => "like the face of the reference",
                (false, true) => "unlike the face of the reference",
                // So are most photographs of one person (models/identity-1.card.md).
                (false, false) => {
                    "too far from the face of the reference to say anything: another camera, light or year does that to one person"
                }
            };
            said.detail += &format!("; {words}");
            said.evidence.push(Evidence::against("reference_distance", found.distance, threshold));
            said.evidence.push(Evidence::new("reference_pictures", found.pictures as f64));
        }
    }
    said
}

fn outcome(step: Step, threshold: f64, pictures: usize) -> Abstention {
    let measured = |distance, mut more: Vec<Evidence>| {
        let mut all = vec![Evidence::against("identity_distance", distance, threshold)];
        all.append(&mut more);
        all.push(Evidence::new("pictures", pictures as f64));
        all
    };
    let said = |reason, detail: String, evidence| Abstention { reason, detail, evidence };
    match step {
        Step::Gathering { looks, needed } => said(
            AbstainReason::Gathering,
            format!("{looks} pictures of the beginning, {needed} needed before it can be compared"),
            Vec::new(),
        ),
        Step::Same { distance } => said(
            AbstainReason::Experimental,
            "the face is that of the beginning, as far as this net tells; no vote".to_owned(),
            measured(distance, Vec::new()),
        ),
        Step::Unlike { distance } => said(
            AbstainReason::Experimental,
            "the face is unlike that of the beginning; one segment more would make it a change; no vote".to_owned(),
            measured(distance, Vec::new()),
        ),
        Step::Changed { distance, at } => said(
            AbstainReason::Experimental,
            format!(
                "from {:.1} s on the face is another than at the beginning, as far as this net tells; no vote",
                at.as_secs_f64()
            ),
            measured(distance, vec![Evidence::new("identity_change_at_s", at.as_secs_f64())]),
        ),
    }
}

#[cfg(test)]
mod tests;
