//! Lip-sync drift, layer L0: does the mouth go with the voice, and at which offset?
//!
//! **Concept.** Lip shape and mouth patch on one side, bands of the sound on the other, are
//! brought to one 50 Hz grid by their timestamps, band-passed, and projected with fixed weights
//! onto pairs of series that correlate when sound and picture belong together
//! ([`features`], [`correlate`]). A hidden Markov model over lags of +-1 s and one state
//! "uncorrelated" reads the last 20 s ([`chain`], [`reading`]). A session's readings are judged
//! against its own first 30 s of locked speech ([`drift`]).
//!
//! **Sign.** `offset_ms = t(sound) - t(matching mouth movement)`: positive = audio late.
//!
//! **Not handled.** Which sounds the lips form (a mouth that moves in the right rhythm to other
//! words locks); pictures below 15 per second; several voices on one track, beyond leaving out
//! marked questions and the interviewer's own track. A constant offset is no verdict: its weight
//! is capped by how sure the clocks are.

pub mod chain;
pub mod correlate;
pub mod drift;
pub mod features;
pub mod reading;
pub mod weights;

use super::{Ability, Analysis, Analyzer, LaneTracks, Needs, Segment};
use crate::core::{
    AbstainReason, Abstention, ClockSource, EventKind, Evidence, FaceObs, MEL_BANDS, MediaTime, Outcome,
    Role, Span, VoiceSeries,
};
use crate::engine::ModelSet;
use drift::{Drift, Judgement};
use features::{PatchLevels, VISUAL, patch_channels, shape_channels};
use reading::{CONTEXT_S, LOCK_SPEECH_S, Lock, Reading, Sight, Sound};
use std::sync::Arc;
use weights::Weights;

/// Step of the grid in nanoseconds: 20 ms.
const STEP_NS: i64 = 20_000_000;
/// Pictures per second below which lips are sampled too coarsely. 15 nominal, less jitter.
const MIN_FPS: f64 = 14.5;
/// The same as it is announced.
const LEAST_FPS: f64 = 15.0;
/// Pictures per second from which lips are sampled as in the figures published for this signal.
const GOOD_FPS: f64 = 25.0;
/// Context needed before anything is said, seconds.
const MIN_CONTEXT_S: f64 = 8.0;
/// Share of the described stretch that must show the mouth.
const MIN_SEEN: f64 = 0.5;
/// Scale and shift of the voice-activity net's log-mel (`(ln E + 12) / 4`), undone here.
const MEL_SCALE: f64 = 4.0;
const MEL_SHIFT: f64 = 12.0;

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(LipSync::default())
}

/// The signal of one participant.
#[derive(Debug, Clone, Default)]
pub struct LipSync {
    weights: Option<Result<Arc<Weights>, String>>,
    drift: Drift,
}

// === impl LipSync ===

impl LipSync {
    /// With weights of the caller's, instead of those in the models folder.
    pub fn with_weights(weights: Weights) -> Self {
        Self {
            weights: Some(Ok(Arc::new(weights))),
            drift: Drift::default(),
        }
    }

    fn weights(&mut self, models: &ModelSet) -> Result<Arc<Weights>, Abstention> {
        if self.weights.is_none() {
            let (_, bytes) = models.blob("lip_sync")?;
            let parsed = Weights::parse(&bytes);
            self.weights = Some(parsed.map(Arc::new).map_err(|e| e.to_string()));
        }
        match &self.weights {
            Some(Ok(w)) => Ok(Arc::clone(w)),
            Some(Err(why)) => Err(Abstention::new(AbstainReason::ModelMissing, why.clone())),
            None => Err(Abstention::new(AbstainReason::ModelMissing, "model missing")),
        }
    }

    fn assess(&mut self, segment: &Segment<'_>, models: &ModelSet) -> Result<Analysis, Abstention> {
        let weights = self.weights(models)?;
        let context = Context::gather(segment)?;
        let Some((prepared, motion)) =
            reading::prepare(&context.grid_s, &context.sight, &context.sound, &weights.fir)
        else {
            return Err(gathering(&context));
        };
        let seen = prepared.seen.iter().filter(|s| **s).count() as f64 / prepared.seen.len() as f64;
        let new = context.steps_since(segment.span.start);
        let skip = prepared.seen.len().saturating_sub(new);
        let fresh = prepared.seen.iter().zip(&prepared.talk).skip(skip);
        let new_speech_s = fresh.filter(|(s, t)| **s && **t).count() as f64 / features::GRID_HZ;
        let reading = reading::read(&prepared, motion, &weights).ok_or_else(|| gathering(&context))?;
        let end_s = segment.span.end.as_secs_f64();
        let own_voice = segment.role != Role::Mixed;
        let verdict = self.drift.take(&reading, end_s, new_speech_s, segment.clock, own_voice);
        let evidence = evidence(&reading, &verdict);
        let length_ns = (reading.length_s * 1e9) as i64;
        let span = Span::new(segment.span.end.plus_ns(-length_ns), segment.span.end);
        let quality = seen * (reading.speech_s / 6.0).min(1.0);
        let outcome = match verdict.llr {
            Some(llr) => Outcome::Scored { llr, quality, evidence },
            None => Outcome::Abstained(why_not(&reading, &verdict, seen, evidence)),
        };
        Ok(Analysis::new(span, outcome))
    }
}

impl Analyzer for LipSync {
    fn name(&self) -> &'static str {
        "lip_sync"
    }

    fn task(&self) -> Option<&'static str> {
        Some("lip_sync")
    }

    fn needs(&self) -> Needs {
        Needs {
            faces: true,
            speech: true,
        }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        tracks.need_pictures("lip-sync needs")?;
        if tracks.audio.is_none() {
            return Err(Abstention::new(AbstainReason::NoTrack, "lip-sync needs the candidate's audio track"));
        }
        let mut limits = Vec::new();
        let cost = "an offset is known to the length of a picture only";
        tracks.need_rate("lip-sync needs", LEAST_FPS, (GOOD_FPS, cost), &mut limits)?;
        if tracks.clock == ClockSource::Unknown {
            limits.push(
                "nothing is known of the clocks of picture and sound: a constant offset counts for nothing, shifts and \
                 drift do; a clock mapping would lift this"
                    .to_owned(),
            );
        }
        Ok(limits)
    }

    fn copy(&self) -> Option<Box<dyn Analyzer>> {
        Some(Box::new(self.clone()))
    }

    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis {
        self.assess(segment, models)
            .unwrap_or_else(|why| Analysis::new(segment.span, Outcome::Abstained(why)))
    }
}

fn slow(fps: f64) -> String {
    format!("lip-sync needs >= 15 fps; this track has {fps:.1}")
}

fn gathering(context: &Context) -> Abstention {
    let have = context.grid_s.len() as f64 / features::GRID_HZ;
    Abstention::new(
        AbstainReason::Gathering,
        format!("{have:.0} s of picture and sound so far, {MIN_CONTEXT_S:.0} s needed"),
    )
}

fn evidence(r: &Reading, j: &Judgement) -> Vec<Evidence> {
    let mut out = vec![
        Evidence::new("lock_probability", r.lock_probability),
        Evidence::new("informative_speech_s", r.speech_s),
        Evidence::new("mouth_motion_iod", r.mouth_motion),
    ];
    if let Some(s) = j.stretch.filter(|_| r.lock == Lock::Locked) {
        out.insert(0, Evidence::new("shift_ms", s.shift_ms));
        out.push(Evidence::new("shift_start_s", s.start_s));
        out.extend(s.end_s.map(|e| Evidence::new("shift_end_s", e)));
    }
    if r.lock == Lock::Locked {
        out.insert(0, match j.baseline_ms {
            Some(b) => Evidence::against("offset_ms", r.offset_ms, b),
            None => Evidence::new("offset_ms", r.offset_ms),
        });
        out.extend(j.slope_ms_per_s.map(|s| Evidence::new("slope_ms_per_s", s)));
    }
    out
}

fn why_not(r: &Reading, j: &Judgement, seen: f64, evidence: Vec<Evidence>) -> Abstention {
    let (reason, detail) = if seen < MIN_SEEN {
        let words = format!("the mouth is in sight for {:.0} % of the last seconds", 100.0 * seen);
        (AbstainReason::NoFace, words)
    } else if r.speech_s < LOCK_SPEECH_S {
        let words = format!("{:.1} s of speech with the mouth in sight, 3 s needed", r.speech_s);
        (AbstainReason::NoSpeech, words)
    } else if r.lock == Lock::Uncorrelated && j.words.contains("several") {
        (AbstainReason::AmbiguousPerson, j.words.to_owned())
    } else {
        (AbstainReason::Indecisive, j.words.to_owned())
    };
    Abstention {
        reason,
        detail,
        evidence,
    }
}

/// Picture and sound of the last [`CONTEXT_S`] before a segment's end. Seconds count from `base`.
struct Context {
    base: MediaTime,
    end: MediaTime,
    grid_s: Vec<f64>,
    sight: Sight,
    sound: Sound,
}

// === impl Context ===

impl Context {
    fn gather(segment: &Segment<'_>) -> Result<Self, Abstention> {
        let Some(voice) = segment.voice.filter(|v| !v.is_empty()) else {
            let words = "no sound of the candidate has arrived";
            return Err(Abstention::new(AbstainReason::NoTrack, words));
        };
        let end = segment.span.end;
        let oldest = end.plus_ns(-(CONTEXT_S * 1e9) as i64);
        // What came before a change of layout is another face in another place.
        let epoch = segment.face.last().map(|f| f.epoch);
        let pictures: Vec<&FaceObs> = segment
            .face
            .iter()
            .filter(|f| Some(f.epoch) == epoch && f.time >= oldest && f.time < end && !f.repeated)
            .collect();
        let Some(first) = pictures.first() else {
            return Err(Abstention::new(AbstainReason::NoFace, "no pictures in the last seconds"));
        };
        let fps = rate(&pictures);
        if fps.is_some_and(|f| f < MIN_FPS) {
            let words = slow(fps.unwrap_or_default());
            return Err(Abstention::new(AbstainReason::LowFrameRate, words));
        }
        let begin = oldest.max(first.time).max(voice.start);
        let base = MediaTime(begin.0.div_euclid(STEP_NS).saturating_mul(STEP_NS));
        let steps = end.since_ns(base) / STEP_NS;
        let grid_s: Vec<f64> = (0..steps).map(|k| k as f64 / features::GRID_HZ).collect();
        let mut context = Self {
            base,
            end,
            grid_s,
            sight: Sight::default(),
            sound: Sound::default(),
        };
        if context.grid_s.len() as f64 / features::GRID_HZ < MIN_CONTEXT_S {
            return Err(gathering(&context));
        }
        context.sight = sight(&pictures, base);
        if context.sight.times_s.len() < 2 {
            return Err(Abstention::new(AbstainReason::NoFace, "the mouth is not in sight"));
        }
        context.sound = sound(segment, &voice, base);
        Ok(context)
    }

    /// Grid steps from `time` to the context's end.
    fn steps_since(&self, time: MediaTime) -> usize {
        let ns = self.end.since_ns(time.max(self.base));
        usize::try_from(ns / STEP_NS).unwrap_or(0)
    }
}

/// Pictures per second by the median distance of their timestamps.
fn rate(pictures: &[&FaceObs]) -> Option<f64> {
    let mut gaps: Vec<i64> = pictures
        .windows(2)
        .filter_map(|w| Some(w.get(1)?.time.since_ns(w.first()?.time)))
        .filter(|ns| *ns > 0)
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).map(|ns| 1e9 / *ns as f64)
}

/// Visual channels of the pictures that show the mouth, in rising time.
fn sight(pictures: &[&FaceObs], base: MediaTime) -> Sight {
    let (mut times_s, mut shapes, mut patches) = (Vec::new(), Vec::new(), Vec::new());
    let mut latest = None;
    for obs in pictures {
        let Some(face) = obs.face.as_ref().filter(|f| f.shows_mouth()) else {
            continue;
        };
        let (Some(shape), Some(patch)) = (shape_channels(&face.landmarks), PatchLevels::of(&face.mouth))
        else {
            continue;
        };
        if latest.is_some_and(|t| obs.time <= t) {
            continue;
        }
        latest = Some(obs.time);
        times_s.push(obs.time.since_ns(base) as f64 / 1e9);
        shapes.push(shape);
        patches.push(patch);
    }
    let mut columns: features::Columns = vec![Vec::new(); VISUAL];
    for (shape, patch) in shapes.iter().zip(patch_channels(&patches, &times_s)) {
        for (column, value) in columns.iter_mut().zip(shape.iter().chain(&patch)) {
            column.push(*value);
        }
    }
    Sight { times_s, columns }
}

/// Sound of the context. Speech of the interviewer, on a track of their own or inside marked
/// questions, is not the candidate's: it gives no pairs.
fn sound(segment: &Segment<'_>, voice: &VoiceSeries<'_>, base: MediaTime) -> Sound {
    let questions = questions(segment);
    let mut out = Sound::default();
    for i in 0..voice.len() {
        let time = voice.time_of(i);
        if time < base || time >= segment.span.end {
            continue;
        }
        if out.logmel.is_empty() {
            out.start_s = time.since_ns(base) as f64 / 1e9;
        }
        let mel = voice.logmel.get(i).copied().unwrap_or([0.0; MEL_BANDS]);
        out.logmel.push(mel.map(|v| f64::from(v) * MEL_SCALE - MEL_SHIFT));
        let others = questions.iter().any(|q| q.contains(time)) || interviewer_speaks(segment, time);
        let speech = voice.speech.get(i).copied().unwrap_or(0.0);
        out.speech.push(if others { 0.0 } else { speech });
        out.missing.push(voice.missing.get(i).copied().unwrap_or(true));
    }
    out
}

fn interviewer_speaks(segment: &Segment<'_>, time: MediaTime) -> bool {
    segment.interviewer.is_some_and(|v| {
        let hop = time.since_ns(v.start).div_euclid(crate::core::VOICE_HOP_NS);
        let index = usize::try_from(hop).ok();
        index.and_then(|i| v.speech.get(i)).is_some_and(|p| *p >= 0.5)
    })
}

/// Stretches between the marks of a question's start and end.
fn questions(segment: &Segment<'_>) -> Vec<Span> {
    let mut open: Option<MediaTime> = None;
    let mut out = Vec::new();
    for event in segment.events {
        match event.kind {
            EventKind::QuestionStart { .. } => open = Some(event.time),
            EventKind::QuestionEnd { .. } => {
                out.extend(open.take().map(|start| Span::new(start, event.time)));
            }
            _ => {}
        }
    }
    out.extend(open.map(|start| Span::new(start, segment.span.end)));
    out
}

#[cfg(test)]
mod tests;
