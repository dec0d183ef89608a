//! Generated or converted speech, judged by a net of the operator's own.
//!
//! No net is shipped for this signal: there is no freely usable material to fit one on. An overlay of
//! the models manifest (docs/own-models.md) may bring one for task `voice_spoof`; until then the
//! signal says *model missing* for every segment.
//!
//! **Concept.** The net looks at windows of the candidate's sound, as its input is declared:
//! - layout `NT`, shape `[-1, samples]`: 16 kHz mono samples, -1 to 1;
//! - layout `N1TF`, shape `[-1, 1, hops, 40]`: the log-mel rows that the voice-activity net sees, one
//!   for each 10 ms.
//!
//! One of its outputs is declared as a score ([`Reading`]). Windows follow each other back from the
//! segment's end until the segment is covered; those with too little speech or lost sound are left out.
//! The score of a segment is their mean, and a logistic calibration makes it a log-likelihood ratio;
//! without one it has no vote.
//!
//! **Not handled.** Who speaks: several people on one track. What a codec, a noise suppressor or a
//! hearing aid's relay does to a voice: the net's own business, and its operator's to measure.

use super::calibration::{Calibration, number_or, wrong};
use super::{Ability, Analysis, Analyzer, LaneTracks, Needs, Segment};
use crate::core::{
    AbstainReason, Abstention, Evidence, MEL_BANDS, Outcome, Role, Span, VOICE_HOP_NS, VOICE_HOP_SAMPLES,
    VoiceSeries,
};
use crate::engine::{EngineError, ModelSet, Reading};
use ndarray::{Array, ArrayD, IxDyn};

/// Task of the net in the manifest.
const TASK: &str = "voice_spoof";
/// Sampling rate of the sound, Hz.
const RATE_HZ: f64 = 16_000.0;
/// Shortest and longest window, hops of 10 ms.
const WINDOW_HOPS: std::ops::RangeInclusive<usize> = 10..=2_000;
/// Probability from which a hop is speech.
const SPEECH: f32 = 0.5;
/// Share of a window that must be speech, unless the manifest states another.
const MIN_SPEECH_SHARE: f64 = 0.5;

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(VoiceSpoof::default())
}

/// The signal of one participant.
#[derive(Debug, Default)]
struct VoiceSpoof {
    net: Option<Net>,
}

/// The net as the manifest declares it.
#[derive(Debug, Clone)]
struct Net {
    input: String,
    form: Form,
    /// Length of a window in hops.
    hops: usize,
    reading: Reading,
    calibration: Calibration,
    min_speech_share: f64,
}

/// What a window is put in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// So many samples.
    Samples(usize),
    /// Log-mel rows.
    LogMel,
}

// === impl Net ===

impl Net {
    fn read(models: &ModelSet) -> Result<Self, Abstention> {
        let inputs = models.inputs(TASK)?;
        let [spec] = inputs else {
            return Err(wrong(TASK, format!("input: found {}, expected one", inputs.len())));
        };
        let place = |field: &str, what: String| wrong(TASK, format!("input {}.{field}: {what}", spec.name));
        let axes = spec.axes().unwrap_or_default();
        let length = |n: i64| usize::try_from(n).unwrap_or(0);
        let (form, hops) = match (spec.layout.as_str(), axes.as_slice()) {
            ("NT", [_, n]) => (Form::Samples(length(*n)), length(*n).div_ceil(VOICE_HOP_SAMPLES)),
            ("N1TF", [_, 1, n, bands]) if length(*bands) == MEL_BANDS => (Form::LogMel, length(*n)),
            (layout, axes) => {
                let what = format!(
                    "found {layout} {axes:?}, expected NT [-1, samples] or N1TF [-1, 1, hops, {MEL_BANDS}]"
                );
                return Err(place("layout and shape", what));
            }
        };
        if !WINDOW_HOPS.contains(&hops) {
            let what = format!("a window of {hops} hops of 10 ms, expected {WINDOW_HOPS:?}");
            return Err(place("shape", what));
        }
        let rate = number_or(TASK, &spec.params, "input.params", "rate_hz", (1.0, 1e6), RATE_HZ)?;
        if rate != RATE_HZ {
            return Err(place("params.rate_hz", format!("found {rate}, expected {RATE_HZ}")));
        }
        let reading = Reading::of(models.outputs(TASK)?).map_err(|e| wrong(TASK, e))?;
        let no_output = || wrong(TASK, "outputs.reads: expected one output that is the score");
        let params = models.params(TASK)?;
        let share = ("min_speech_share", (0.0, 1.0), MIN_SPEECH_SHARE);
        Ok(Self {
            input: spec.name.clone(),
            form,
            hops,
            reading: reading.ok_or_else(no_output)?,
            calibration: Calibration::read(TASK, models)?,
            min_speech_share: number_or(TASK, params, "params", share.0, share.1, share.2)?,
        })
    }

    /// First hops of the windows that reach into the segment, latest first.
    fn windows(&self, voice: &VoiceSeries<'_>, segment: &Span) -> Vec<usize> {
        let inside = |end: usize| voice.time_of(end) > segment.start;
        let ends = (1..).map(|i| voice.len().checked_sub(i * self.hops));
        let starts = ends.map_while(|start| start);
        starts.take_while(|start| inside(start + self.hops)).collect()
    }

    /// Share of speech in a window; `None` where sound was lost.
    fn speech_share(&self, voice: &VoiceSeries<'_>, start: usize) -> Option<f64> {
        let window = start..start + self.hops;
        let lost = voice.missing.get(window.clone()).unwrap_or_default().contains(&true);
        let speech = voice.speech.get(window)?;
        let spoken = speech.iter().filter(|p| **p >= SPEECH).count();
        (!lost).then(|| spoken as f64 / self.hops as f64)
    }

    fn score(&self, voice: &VoiceSeries<'_>, start: usize, models: &mut ModelSet) -> Result<f64, EngineError> {
        let input = self.window(voice, start).ok_or_else(|| EngineError::Shape {
            task: TASK.to_owned(),
            tensor: format!("input {}", self.input),
            found: "a series without this window".to_owned(),
            expected: format!("{} hops", self.hops),
        })?;
        let out = models.run(TASK, &[(self.input.as_str(), input.view())])?;
        self.reading.score(&out)
    }

    fn window(&self, voice: &VoiceSeries<'_>, start: usize) -> Option<ArrayD<f32>> {
        match self.form {
            Form::Samples(n) => {
                let from = start * VOICE_HOP_SAMPLES;
                let samples = voice.samples.get(from..from + n)?;
                Array::from_shape_vec(IxDyn(&[1, n]), samples.to_vec()).ok()
            }
            Form::LogMel => {
                let rows = voice.logmel.get(start..start + self.hops)?;
                let flat: Vec<f32> = rows.iter().flatten().copied().collect();
                Array::from_shape_vec(IxDyn(&[1, 1, self.hops, MEL_BANDS]), flat).ok()
            }
        }
    }

    fn assess(&self, segment: &Segment<'_>, models: &mut ModelSet) -> Result<Outcome, Abstention> {
        let voice = own_voice(segment)?;
        let windows = self.windows(&voice, &segment.span);
        if windows.is_empty() {
            let need_s = self.hops as f64 * VOICE_HOP_NS as f64 / 1e9;
            let detail = format!("a window of {need_s:.1} s is needed");
            return Err(Abstention::new(AbstainReason::Gathering, detail));
        }
        let share = |start: &usize| Some((*start, self.speech_share(&voice, *start)?));
        let heard: Vec<(usize, f64)> = windows.iter().filter_map(share).collect();
        if heard.is_empty() {
            return Err(Abstention::new(AbstainReason::Dropped, "sound was lost in every window"));
        }
        let spoken: Vec<(usize, f64)> =
            heard.into_iter().filter(|(_, share)| *share >= self.min_speech_share).collect();
        if spoken.is_empty() {
            let need = 100.0 * self.min_speech_share;
            let detail = format!("no window with speech on {need:.0} % of it");
            return Err(Abstention::new(AbstainReason::NoSpeech, detail));
        }
        let mut sum = 0.0;
        for (start, _) in &spoken {
            sum += self.score(&voice, *start, models).map_err(|e| {
                tracing::error!(error = %e, "voice net failed");
                e.abstention()
            })?;
        }
        let n = spoken.len() as f64;
        let quality = spoken.iter().map(|(_, share)| share).sum::<f64>() / n;
        Ok(self.judge(sum / n, quality, n))
    }

    fn judge(&self, score: f64, quality: f64, windows: f64) -> Outcome {
        let c = &self.calibration;
        let evidence = vec![
            Evidence::against("spoof_score", score, c.neutral()),
            Evidence::new("speech_windows", windows),
        ];
        let abstain = |reason, detail: String, evidence| {
            Outcome::Abstained(Abstention { reason, detail, evidence })
        };
        if let Some(why) = c.unknown(score) {
            abstain(AbstainReason::Unfamiliar, why, evidence)
        } else if let Some(why) = &c.no_vote {
            abstain(AbstainReason::Experimental, why.clone(), evidence)
        } else {
            Outcome::Scored { llr: c.llr(score), quality, evidence }
        }
    }
}

/// The candidate's sound, where nobody else is on the track.
fn own_voice<'a>(segment: &Segment<'a>) -> Result<VoiceSeries<'a>, Abstention> {
    if segment.role == Role::Mixed {
        let detail = "several people speak on this track";
        return Err(Abstention::new(AbstainReason::AmbiguousPerson, detail));
    }
    let silent = || Abstention::new(AbstainReason::NoTrack, "no sound of the candidate");
    segment.voice.ok_or_else(silent)
}

impl Analyzer for VoiceSpoof {
    fn name(&self) -> &'static str {
        "voice_spoof"
    }

    fn task(&self) -> Option<&'static str> {
        Some(TASK)
    }

    fn needs(&self) -> Needs {
        Needs { faces: false, speech: true }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        let no = |reason, detail: &str| Err(Abstention::new(reason, detail));
        match (tracks.audio, tracks.role) {
            (None, _) => no(AbstainReason::NoTrack, "no sound of the candidate; an audio track would enable it"),
            (_, Role::Mixed) => no(
                AbstainReason::AmbiguousPerson,
                "several people speak on this track; one of the candidate's own would enable it",
            ),
            _ => Ok(Vec::new()),
        }
    }

    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis {
        let net = match self.net.take() {
            Some(kept) => Ok(kept),
            None => Net::read(models),
        };
        let outcome = net.and_then(|net| {
            let outcome = net.assess(segment, models);
            self.net = Some(net);
            outcome
        });
        Analysis::new(segment.span, outcome.unwrap_or_else(Outcome::Abstained))
    }
}

#[cfg(test)]
mod tests;
