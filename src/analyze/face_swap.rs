//! Face-swap traces: does the fine structure of the face go with the camera's picture?
//!
//! **Concept.** Four times a second tracking keeps the face at the frame's own pixels
//! ([`FaceDetail`]). The net of task `face_swap` gives each such picture a
//! logit, an embedding, and the logit's share by region of the face; half of the pictures unless more
//! are asked for (`sampling`). A segment's score is the
//! trimmed mean of its logits (`pool`); a logistic calibration and a cap turn it into a
//! log-likelihood ratio (`settings`). Thresholds, calibration and cap stand in the manifest,
//! beside the weights that they were measured with.
//!
//! **The vote is earned.** The cap follows from the accuracy on people and swaps that the net has
//! not seen: no better than 0.60 (lower bound of the AUC) means no vote, and the signal is shown
//! as experimental, with what it measured.
//!
//! **From some moment on.** A segment is also set against those before it in the same interview (`onset`): what
//! camera, light and person do to the net cancels in a difference.
//!
//! **Other nets.** A plain classifier of somebody's own takes the place of the shipped net by an overlay
//! of the manifest (`net`); without a calibration its score has no vote.
//!
//! **Not handled.** A face drawn or rendered whole, a picture painted over by a filter, a camera
//! unlike any in the training material: where the embedding lies far from what the net knows, the
//! signal says so and abstains. Whole-head generation leaves none of these traces.

mod flicker;
mod memo;
mod net;
mod onset;
mod pool;
mod reference;
mod sampling;
mod settings;

pub use flicker::{Jump, MOST_PICTURES, jumps};
pub use reference::Gatherer;

use super::{Ability, Analysis, Analyzer, LaneTracks, Needs, Segment};
use crate::core::{
    AbstainReason, Abstention, Baseline, Comparison, Evidence, Face, FaceDetail,
    MediaTime, ModelRef, Outcome, TracePicture,
};
use crate::engine::ModelSet;
use super::gates::Usable;
use memo::Memo;
use net::Form;
use onset::{Change, Earlier};
use pool::{Look, Pooled, pool};
use reference::{Compared, Sums, compare};
use sampling::{asks_for_more, first_step};
use settings::Settings;

/// Pictures a second that give the least number of pictures in a segment of 3 s.
const LEAST_RATE: f64 = 1.4;
/// Pictures a second that tracking keeps for this signal.
const LOOKS_PER_S: f64 = 4.0;
/// Height of a face in pixels from which it is judged, and fully, before the manifest was read.
const FACE_PX: (f64, f64) = (60.0, 110.0);

/// Task of the net in the manifest.
pub const TASK: &str = "face_swap";

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(FaceSwap::default())
}

/// The signal of one participant.
#[derive(Debug, Clone, Default)]
struct FaceSwap {
    settings: Option<Settings>,
    /// What this session would be as a reference for a later one, and the model that measured it.
    own: Sums,
    /// What a segment is set against where no reference was given.
    earlier: Earlier,
    model: Option<ModelRef>,
    /// Shared with copies. Like `settings` it is of one model: that of a session does not change.
    memo: Memo,
}

// === impl FaceSwap ===

impl FaceSwap {
    fn assess(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Result<Analysis, Abstention> {
        let settings = match self.settings.take() {
            Some(kept) => kept,
            None => Settings::read(models)?,
        };
        let model = models.model(TASK)?;
        let seen = see(&settings, segment, &self.earlier, &self.memo, models);
        let picture = seen.as_ref().ok().and_then(|seen| seen.telling(&settings));
        if let Ok(seen) = &seen {
            for (height, look) in seen.heights.iter().zip(&seen.looks) {
                look.traces.iter().for_each(|t| self.own.add(*height, t));
            }
        }
        let analysis = seen.and_then(|seen| judge(&settings, segment, &model, seen, &mut self.earlier));
        self.model = Some(model);
        self.settings = Some(settings);
        analysis.map(|a| Analysis { picture: picture.filter(|_| a.outcome.is_scored()), ..a })
    }
}

impl Analyzer for FaceSwap {
    fn name(&self) -> &'static str {
        "face_swap"
    }

    fn task(&self) -> Option<&'static str> {
        Some(TASK)
    }

    fn needs(&self) -> Needs {
        Needs { faces: true, speech: false }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        let needs = "face-swap traces need";
        tracks.need_pictures(needs)?;
        let mut limits = Vec::new();
        let cost = "fewer pictures than are looked at, so its numbers weigh less";
        tracks.need_rate(needs, LEAST_RATE, (LOOKS_PER_S, cost), &mut limits)?;
        let (least, full) = self.settings.as_ref().map_or(FACE_PX, |s| (s.gates.min_face_px, s.full_face_px));
        tracks.need_face(needs, least, full, &mut limits)?;
        Ok(limits)
    }

    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis {
        let mut analysis = self
            .assess(segment, models)
            .unwrap_or_else(|why| Analysis::new(segment.span, Outcome::Abstained(why)));
        // Measured without a vote: it changes no number.
        match &mut analysis.outcome {
            Outcome::Scored { evidence, .. } => evidence.extend(flicker::evidence(segment)),
            Outcome::Abstained(a) => a.evidence.extend(flicker::evidence(segment)),
        }
        analysis
    }

    fn copy(&self) -> Option<Box<dyn Analyzer>> {
        Some(Box::new(self.clone()))
    }

    fn baseline(&self) -> Option<Baseline> {
        let calibration = self.settings.as_ref()?.reference.as_ref().ok()?;
        let baseline = self.own.baseline(self.model.clone()?)?;
        (baseline.pictures >= calibration.min_pictures).then_some(baseline)
    }
}

/// What the net says of a segment's pictures.
struct Seen {
    /// Pictures that could be looked at, whether they were or not.
    usable: usize,
    /// The picture with the largest logit, and when it was taken.
    strongest: Option<(MediaTime, FaceDetail)>,
    /// Of each picture that was looked at the height of the face in frame pixels, and what the net says.
    heights: Vec<f32>,
    looks: Vec<Look>,
}

fn see(
    settings: &Settings,
    segment: &Segment<'_>,
    earlier: &Earlier,
    memo: &Memo,
    models: &mut ModelSet,
) -> Result<Seen, Abstention> {
    let usable = settings.gates.usable(segment)?;
    memo.keep(&usable.iter().map(|(_, _, detail)| *detail).collect::<Vec<_>>());
    // How much fewer pictures lose was measured with the shipped net; a comparison's own limits with all of them.
    let step = match settings.form {
        Form::Shipped if segment.reference.is_none() => first_step(usable.len(), settings.gates.min_pictures),
        _ => 1,
    };
    let seen = look_at(settings, &usable, step, memo, models)?;
    let more = || match pool(&seen.looks) {
        Some(pooled) => asks_for_more(settings, &pooled, &seen.change(settings, segment, earlier)),
        None => true,
    };
    if step > 1 && more() {
        return look_at(settings, &usable, 1, memo, models);
    }
    Ok(seen)
}

/// What the net says of each `step`-th of the usable pictures.
fn look_at(
    settings: &Settings,
    usable: &[Usable<'_>],
    step: usize,
    memo: &Memo,
    models: &mut ModelSet,
) -> Result<Seen, Abstention> {
    let (mut heights, mut looks) = (Vec::new(), Vec::new());
    let (mut strongest, mut most) = (None, f64::NEG_INFINITY);
    for &(time, face, detail) in usable.iter().step_by(step) {
        let look = memo.of(detail, |detail| {
            settings.form.look(settings, detail, models).map_err(|e| {
                tracing::error!(error = %e, "face-swap net failed");
                e.abstention()
            })
        })?;
        if look.logit > most {
            most = look.logit;
            strongest = Some((time, detail.clone()));
        }
        heights.push(height_px(face));
        looks.push(look);
    }
    Ok(Seen { usable: usable.len(), strongest, heights, looks })
}

impl Seen {
    /// Median height of the face in frame pixels.
    fn face_px(&self) -> f64 {
        f64::from(pool::median(self.heights.clone()).unwrap_or_default())
    }

    /// The segment against what came before; where a reference was given, against that alone.
    fn change(&self, settings: &Settings, segment: &Segment<'_>, earlier: &Earlier) -> Change {
        match &settings.onset {
            Some(onset) if segment.reference.is_none() => earlier.against(onset, &self.looks, self.face_px()),
            _ => Change::Unknown,
        }
    }

    /// The picture that speaks most for manipulation, with its own shares by region.
    fn telling(&self, settings: &Settings) -> Option<TracePicture> {
        let (time, detail) = self.strongest.as_ref()?;
        let look = self.looks.iter().max_by(|a, b| a.logit.total_cmp(&b.logit))?;
        Some(TracePicture {
            time: *time,
            rgb: detail.rgb.clone(),
            face: detail.face,
            regions: settings.regions.iter().cloned().zip(look.regions.iter().copied()).collect(),
        })
    }
}

fn judge(
    settings: &Settings,
    segment: &Segment<'_>,
    model: &ModelRef,
    seen: Seen,
    earlier: &mut Earlier,
) -> Result<Analysis, Abstention> {
    let change = seen.change(settings, segment, earlier);
    let face_px = seen.face_px();
    let Seen { usable, looks, .. } = seen;
    let failed = || Abstention::new(AbstainReason::Failed, "the face-swap net gave no number");
    let pooled = pool(&looks).ok_or_else(failed)?;
    let mut evidence = evidence(settings, &pooled, looks.len(), face_px);
    let analysis = |outcome, comparison| Analysis { comparison, ..Analysis::new(segment.span, outcome) };
    if let Some(why) = settings.unknown_material(&pooled) {
        // A difference of pictures that the net does not know means as little as their score.
        return Err(Abstention { reason: AbstainReason::Unfamiliar, detail: why, evidence });
    }
    if let Some(onset) = &settings.onset {
        evidence.extend(change.evidence(onset, earlier));
        earlier.add(&looks, face_px, &change);
    }
    let quality = settings.quality(usable, face_px);
    let comparison = match segment.reference.map(|r| (r, compare(settings, r, model, &looks))) {
        None => None,
        Some((r, Ok(Compared { llr, evidence: mut all }))) => {
            all.append(&mut evidence);
            let comparison = Comparison { source: r.source.clone(), obstacle: None };
            let outcome = Outcome::Scored { llr, quality, evidence: all };
            return Ok(analysis(outcome, Some(comparison)));
        }
        Some((r, Err(refused))) => {
            evidence.extend(refused.evidence);
            Some(Comparison { source: r.source.clone(), obstacle: Some(refused.why) })
        }
    };
    let abstain = |reason, detail: String, evidence| Outcome::Abstained(Abstention { reason, detail, evidence });
    let outcome = if let Some(why) = settings.unknown_score(&pooled) {
        abstain(AbstainReason::Unfamiliar, why, evidence)
    } else if let Some(why) = &settings.no_vote {
        abstain(AbstainReason::Experimental, why.clone(), evidence)
    } else {
        Outcome::Scored { llr: settings.segment_llr(&pooled, &change), quality, evidence }
    };
    Ok(analysis(outcome, comparison))
}

fn height_px(face: &Face) -> f32 {
    face.bbox[3] - face.bbox[1]
}

fn evidence(settings: &Settings, pooled: &Pooled, pictures: usize, face_px: f64) -> Vec<Evidence> {
    let mut out = vec![Evidence::against("swap_score", pooled.score, settings.neutral())];
    if let Some((made, score)) = settings.made.as_ref().zip(pooled.made) {
        out.push(Evidence::against("made_score", score, made.neutral()));
    }
    let mut regions: Vec<(&str, f64)> =
        settings.regions.iter().map(String::as_str).zip(pooled.regions.iter().copied()).collect();
    regions.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(b.0)));
    for (name, value) in regions.into_iter().take(2) {
        out.push(Evidence::new(&format!("share_of_{name}"), value));
    }
    out.push(Evidence::new("face_px", face_px));
    out.push(Evidence::new("pictures", pictures as f64));
    if settings.max_distance.is_finite() {
        out.push(Evidence::against("distance", pooled.distance, settings.max_distance));
    }
    if let Some((drawn, limit)) = pooled.drawn.zip(settings.max_drawn) {
        out.push(Evidence::against("drawn_score", drawn, limit));
    }
    out
}

#[cfg(test)]
pub(super) mod tests;
#[cfg(test)]
mod own_tests;
