//! Does the mouth move before the voice sets in? Pure.
//!
//! Before an utterance that follows a pause the lips open 100 to 300 ms ahead of the voice (J.-L. Schwartz
//! and C. Savariaux, PLoS Comput. Biol. 10, 2014; inside running speech the lead is smaller). Where
//! pictures and sound come from different sources, or through pipelines of different length, it differs.
//!
//! Of each utterance after at least 500 ms of silence: the opening of the lips in the first half of the
//! silence (at most its last 1.5 s) gives a level and a spread; lip motion begins where the opening leaves
//! the level by three spreads and stays so for 80 ms. The lead is voice onset minus that, milliseconds,
//! **positive = mouth first**; its median over five utterances or more is reported.
//!
//! **No vote.** The lead moves with every constant offset between sound and pictures, which devices have
//! and lip-sync already weighs; too few real interviews were measured to tell more from it
//! (`benches/accuracy_onsets.rs` prints what was). A smile, a sip, a lick of the lips move them too.

use crate::analyze::lips::shape_channels;
use crate::core::{Evidence, FaceObs, MediaTime, median};

/// Silence before an utterance that is looked at, and the most of it that is, nanoseconds.
const MIN_SILENCE_NS: i64 = 500_000_000;
const MOST_SILENCE_NS: i64 = 1_500_000_000;
/// How long after the voice's onset lip motion is looked for, nanoseconds.
pub(super) const LOOK_NS: i64 = 1_000_000_000;
/// Spreads of the still lips that motion must pass.
const SPREADS: f64 = 3.0;
/// Least spread, in eye distances: the landmarks' own noise.
const LEAST_SPREAD: f64 = 0.004;
/// How long the lips must stay away from their level, nanoseconds.
const SUSTAINED_NS: i64 = 80_000_000;
/// Pictures that the level needs.
const MIN_PICTURES: usize = 4;
/// Longest time between two pictures, nanoseconds: 15 a second, and jitter.
const MOST_STEP_NS: i64 = 80_000_000;
/// Utterances from which a median is reported.
const MIN_ONSETS: usize = 5;
/// Leads kept; later ones replace the oldest.
const MOST_ONSETS: usize = 500;
/// Median leads that live speech has, milliseconds.
pub const USUAL_MS: (f64, f64) = (-80.0, 450.0);
/// What is taken as usual where one number stands for it, milliseconds.
const USUAL_LEAD_MS: f64 = 150.0;

/// What the lips did at an utterance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Onset {
    /// They moved this much before the voice, milliseconds.
    Lead(f64),
    /// They did not move within a second of it.
    Still,
}

/// What the lips did at an utterance whose voice sets in at `voice`, after silence since `silent`;
/// `None` where the silence is too short or the mouth was not seen throughout.
pub fn onset(face: &[FaceObs], silent: MediaTime, voice: MediaTime) -> Option<Onset> {
    if voice.since_ns(silent) < MIN_SILENCE_NS {
        return None;
    }
    let from = silent.max(voice.plus_ns(-MOST_SILENCE_NS));
    let rows = openings(face, from, voice.plus_ns(LOOK_NS))?;
    let half = from.plus_ns(voice.since_ns(from) / 2);
    let still: Vec<f64> = rows.iter().filter(|(t, _)| *t < half).map(|(_, v)| *v).collect();
    if still.len() < MIN_PICTURES {
        return None;
    }
    let level = median(still.iter().copied())?;
    // 1.4826: the median absolute deviation of a normal distribution as its standard deviation.
    let spread = 1.4826 * median(still.iter().map(|v| (v - level).abs()))?;
    let away = |v: f64| (v - level).abs() > SPREADS * spread.max(LEAST_SPREAD);
    let later = rows.iter().filter(|(t, v)| *t >= half && away(*v));
    let sustained = |from: MediaTime| {
        let until = from.plus_ns(SUSTAINED_NS);
        let mut inside = rows.iter().filter(|(t, _)| *t >= from && *t <= until);
        rows.last().is_some_and(|(t, _)| *t >= until) && inside.all(|(_, v)| away(*v))
    };
    let began = later.map(|(t, _)| *t).find(|t| sustained(*t));
    Some(began.map_or(Onset::Still, |t| Onset::Lead(voice.since_ns(t) as f64 / 1e6)))
}

/// Openings of the lips from picture to picture, in eye distances; `None` where some stretch of it was
/// not seen, or not well.
fn openings(face: &[FaceObs], from: MediaTime, until: MediaTime) -> Option<Vec<(MediaTime, f64)>> {
    let mut rows = Vec::new();
    let mut last = from;
    let epoch = face.iter().find(|o| o.time >= from)?.epoch;
    for o in face.iter().filter(|o| o.time >= from && o.time <= until) {
        let f = o.face.as_ref().filter(|_| o.epoch == epoch)?;
        if !f.shows_mouth() || o.time.since_ns(last) > MOST_STEP_NS {
            return None;
        }
        last = o.time;
        let [opening, ..] = shape_channels(&f.landmarks)?;
        rows.push((o.time, opening));
    }
    (until.since_ns(last) <= MOST_STEP_NS).then_some(rows)
}

/// The onsets of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct MouthCue {
    leads: Vec<f64>,
    still: usize,
}

impl MouthCue {
    pub(super) fn add(&mut self, onset: Onset) {
        match onset {
            Onset::Lead(ms) => {
                if self.leads.len() >= MOST_ONSETS {
                    self.leads.remove(0);
                }
                self.leads.push(ms);
            }
            Onset::Still => self.still += 1,
        }
    }

    /// What was measured, once there is enough of it.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let mut out = Vec::new();
        if self.leads.len() >= MIN_ONSETS {
            let lead = median(self.leads.iter().copied()).unwrap_or_default();
            out.push(Evidence::against("mouth_lead_ms", lead, USUAL_LEAD_MS));
            out.push(Evidence::new("mouth_onsets", self.leads.len() as f64));
        }
        if self.still > 0 {
            out.push(Evidence::new("still_mouth_onsets", self.still as f64));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Face, LANDMARKS, points};

    /// Pictures at 25 fps of lips that are still, with a little noise, and open from `motion_ms` on.
    fn face(motion_ms: Option<i64>) -> Vec<FaceObs> {
        let picture = |i: i64| {
            let ms = i * 40;
            let mut landmarks = [[0.0; 2]; LANDMARKS];
            let mut put = |i: usize, x: f32, y: f32| landmarks[i] = [x, y];
            points::EYE_LEFT.for_each(|i| put(i, 80.0, 50.0));
            points::EYE_RIGHT.for_each(|i| put(i, 180.0, 50.0));
            let open = match motion_ms {
                Some(from) if ms >= from => 8.0,
                _ => 0.1 * (i % 3) as f32,
            };
            let inner = points::LIPS_INNER.start;
            (11..20).for_each(|k| put(inner + k, 130.0, 100.0 + open));
            (0..11).for_each(|k| put(inner + k, 130.0, 100.0));
            FaceObs {
                time: MediaTime::from_ms(ms),
                epoch: 0,
                face: Some(Face {
                    bbox: [0.0; 4],
                    landmarks,
                    visibility: [1.0; 6],
                    pose_deg: [0.0; 3],
                    presence: 1.0,
                    iod_px: 100.0,
                    mouth: Vec::new().into(),
                    appearance: Vec::new().into(),
                    sharpness: 50.0,
                    luma: 120.0,
                }),
                faces: 1,
                repeated: false,
                detail: None,
                scene: None,
            }
        };
        (0..150).map(picture).collect()
    }

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_ms(ms)
    }

    #[test]
    fn the_lead_is_positive_where_the_mouth_is_first() {
        let lead = |motion| onset(&face(Some(motion)), at(1_000), at(3_000));
        assert_eq!(lead(2_800), Some(Onset::Lead(200.0)));
        assert_eq!(lead(3_400), Some(Onset::Lead(-400.0)));
        assert_eq!(onset(&face(None), at(1_000), at(3_000)), Some(Onset::Still));
    }

    #[test]
    fn a_short_silence_or_an_unseen_mouth_says_nothing() {
        let open = face(Some(2_800));
        assert_eq!(onset(&open, at(2_600), at(3_000)), None);
        let mut hidden = open.clone();
        hidden[70].face.as_mut().unwrap().visibility[0] = 0.2;
        assert_eq!(onset(&hidden, at(1_000), at(3_000)), None);
        let mut cut = open.clone();
        cut.drain(65..70);
        assert_eq!(onset(&cut, at(1_000), at(3_000)), None);
        assert_eq!(onset(&open[..60], at(1_000), at(3_000)), None);
        // One picture away and back is no motion.
        let mut blink = face(None);
        blink[70] = open[80].clone();
        blink[70].time = at(2_800);
        assert_eq!(onset(&blink, at(1_000), at(3_000)), Some(Onset::Still));
    }

    #[test]
    fn a_median_needs_five_onsets() {
        let mut cue = MouthCue::default();
        for ms in [100.0, 200.0, 300.0, -50.0] {
            cue.add(Onset::Lead(ms));
        }
        assert!(cue.evidence().is_empty());
        cue.add(Onset::Lead(250.0));
        cue.add(Onset::Still);
        let e = cue.evidence();
        assert_eq!((e[0].name.as_str(), e[0].value), ("mouth_lead_ms", 200.0));
        assert_eq!((e[1].value, e[2].value), (5.0, 1.0));
    }
}
