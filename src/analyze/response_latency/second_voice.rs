//! Does another voice take over between turns? Pure.
//!
//! Each longer turn of the candidate is set against all earlier ones by two measures that need no speaker
//! model: the difference of the Bayesian information criterion between one Gaussian for both and one for
//! each (delta-BIC; S. Chen and P. Gopalakrishnan, DARPA Broadcast News Workshop 1998) on 12 cepstral
//! coefficients of the log-mel bands, and the median fundamental in semitones. Changes are looked for at the
//! edges of turns only: inside a turn one person speaks. A turn stands apart where the criterion prefers two
//! voices by [`MARGIN`] per frame *and* the fundamental moved by [`SEMITONES`]; it then joins no model, so that
//! a voice that comes back is compared with the first one.
//!
//! **No vote.** A headset put on, a noise suppressor that switches, a whisper or a laugh move both measures;
//! accuracy was never measured on real interviews with two voices (`benches/accuracy_onsets.rs` prints false
//! alarms on real talks, and detections across recordings, which differ in their microphones too).

use crate::core::{Evidence, MEL_BANDS, MediaTime, VOICE_HOP_SAMPLES, VoiceSeries};

/// Cepstral coefficients, without the zeroth: that is the level.
const CEPSTRA: usize = 12;
/// Shortest turn that is compared, and shortest past that it is compared with, frames of 10 ms.
const MIN_TURN: usize = 150;
const MIN_PAST: usize = 300;
/// Speech probability of a frame that is counted.
const SPEECH: f32 = 0.6;
/// Each of so many frames is looked at for its fundamental, over so many samples.
const PITCH_EVERY: usize = 3;
const PITCH_SAMPLES: usize = 640;
/// Added to the diagonal of covariances, so that a monotone hum has one.
const RIDGE: f64 = 1e-4;
/// Weight of the criterion's penalty.
const PENALTY: f64 = 1.0;
/// Least criterion per frame of the turn at which it stands apart.
pub const MARGIN: f64 = 1.0;
/// Least move of the median fundamental at which it stands apart.
pub const SEMITONES: f64 = 3.0;
/// Fundamentals kept of the past; later ones replace the oldest.
const MOST_PITCHES: usize = 4_000;

/// Sums over the frames of a voice.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    frames: f64,
    sum: [f64; CEPSTRA],
    product: [[f64; CEPSTRA]; CEPSTRA],
    /// Fundamentals in octaves (binary logarithm of Hz).
    pitch: Vec<f64>,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            frames: 0.0,
            sum: [0.0; CEPSTRA],
            product: [[0.0; CEPSTRA]; CEPSTRA],
            pitch: Vec::new(),
        }
    }
}

/// How a turn compares with the voice before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Delta-BIC per frame of the turn; above 0 it prefers two voices.
    pub delta_bic: f64,
    /// Median fundamental of the turn against the past, semitones.
    pub semitones: f64,
}

impl Comparison {
    /// Whether the turn stands apart.
    pub fn apart(&self) -> bool {
        self.delta_bic >= MARGIN && self.semitones.abs() >= SEMITONES
    }
}

// === impl Voice ===

impl Voice {
    /// The speech of a series between two instants.
    pub fn of(series: &VoiceSeries<'_>, from: MediaTime, until: MediaTime) -> Self {
        let mut out = Self::default();
        for i in 0..series.len() {
            let time = series.time_of(i);
            let spoken = series.speech.get(i).is_some_and(|p| *p >= SPEECH);
            let lost = series.missing.get(i).copied().unwrap_or(true);
            if time < from || time >= until || !spoken || lost {
                continue;
            }
            let Some(row) = series.logmel.get(i) else { continue };
            out.add(&cepstra(row));
            if i.is_multiple_of(PITCH_EVERY) {
                let first = (i * VOICE_HOP_SAMPLES).saturating_sub(PITCH_SAMPLES / 2);
                let around = series.samples.get(first..first + PITCH_SAMPLES);
                let hz = around.and_then(crate::audio::pitch_hz);
                out.pitch.extend(hz.map(|hz| f64::from(hz.log2())));
            }
        }
        out
    }

    fn add(&mut self, x: &[f64; CEPSTRA]) {
        self.frames += 1.0;
        for (i, a) in x.iter().enumerate() {
            self.sum[i] += a;
            for (j, b) in x.iter().enumerate() {
                self.product[i][j] += a * b;
            }
        }
    }

    /// Both together.
    pub fn with(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.frames += other.frames;
        for i in 0..CEPSTRA {
            out.sum[i] += other.sum[i];
            for j in 0..CEPSTRA {
                out.product[i][j] += other.product[i][j];
            }
        }
        out.pitch.extend(&other.pitch);
        let surplus = out.pitch.len().saturating_sub(MOST_PITCHES);
        out.pitch.drain(..surplus);
        out
    }

    /// This turn against the voice before it; `None` where either is too short, or no fundamental was
    /// heard in it.
    pub fn against(&self, past: &Self) -> Option<Comparison> {
        if self.frames < MIN_TURN as f64 || past.frames < MIN_PAST as f64 {
            return None;
        }
        let both = self.with(past);
        let d = CEPSTRA as f64;
        let penalty = 0.5 * PENALTY * (d + d * (d + 1.0) / 2.0) * both.frames.ln();
        let gain = 0.5
            * (both.frames * both.log_volume()?
                - self.frames * self.log_volume()?
                - past.frames * past.log_volume()?);
        Some(Comparison {
            delta_bic: (gain - penalty) / self.frames,
            semitones: 12.0 * (middle(&self.pitch)? - middle(&past.pitch)?),
        })
    }

    /// Natural logarithm of the determinant of the covariance, by Cholesky's decomposition.
    fn log_volume(&self) -> Option<f64> {
        let n = self.frames;
        let mut l = [[0.0; CEPSTRA]; CEPSTRA];
        let mut log = 0.0;
        for i in 0..CEPSTRA {
            for j in 0..=i {
                let ridge = if i == j { RIDGE } else { 0.0 };
                let covariance = self.product[i][j] / n - self.sum[i] * self.sum[j] / (n * n) + ridge;
                let rest = covariance - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
                if i == j {
                    if rest <= 0.0 {
                        return None;
                    }
                    l[i][i] = rest.sqrt();
                    log += rest.ln();
                } else {
                    l[i][j] = rest / l[j][j];
                }
            }
        }
        Some(log)
    }
}

/// Cepstral coefficients 1 to 12 of a log-mel row (discrete cosine transform, orthonormal).
fn cepstra(row: &[f32; MEL_BANDS]) -> [f64; CEPSTRA] {
    let n = MEL_BANDS as f64;
    std::array::from_fn(|k| {
        let step = std::f64::consts::PI * (k + 1) as f64 / n;
        let sum: f64 = row.iter().enumerate().map(|(i, v)| f64::from(*v) * (step * (i as f64 + 0.5)).cos()).sum();
        sum * (2.0 / n).sqrt()
    })
}

fn middle(values: &[f64]) -> Option<f64> {
    crate::core::median(values.iter().copied())
}

/// The voices of a session's turns.
#[derive(Debug, Clone, Default)]
pub(super) struct VoiceCue {
    past: Voice,
    compared: usize,
    /// Beginning of each turn that stands apart, seconds of session time, and how it compares.
    apart: Vec<(f64, Comparison)>,
}

impl VoiceCue {
    /// Takes the next turn.
    pub(super) fn take(&mut self, start: MediaTime, turn: &Voice) {
        match turn.against(&self.past) {
            Some(found) if found.apart() => {
                self.compared += 1;
                self.apart.push((start.as_secs_f64(), found));
            }
            found => {
                self.compared += usize::from(found.is_some());
                self.past = self.past.with(turn);
            }
        }
    }

    /// What was measured: how many turns were compared, how many stand apart, and the first of these.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        if self.compared == 0 {
            return Vec::new();
        }
        let mut out = vec![
            Evidence::new("voice_turns_compared", self.compared as f64),
            Evidence::new("voice_changes", self.apart.len() as f64),
        ];
        if let Some((at_s, c)) = self.apart.first() {
            out.push(Evidence::new("voice_change_at_s", *at_s));
            out.push(Evidence::against("voice_change_semitones", c.semitones, SEMITONES));
            out.push(Evidence::against("voice_change_delta_bic", c.delta_bic, MARGIN));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a voice with these formants (bands with more power) and this fundamental.
    fn voice(bands: [usize; 3], hz: f64, frames: usize, seed: usize) -> Voice {
        let mut out = Voice::default();
        for i in 0..frames {
            let noise = |k: usize| ((i * 7919 + k * 104_729 + seed * 31) % 1_000) as f32 / 1_000.0 - 0.5;
            let row: [f32; MEL_BANDS] = std::array::from_fn(|k| {
                let near = bands.iter().map(|b| b.abs_diff(k)).min().unwrap_or(40);
                (1.0 - near as f32 * 0.2).max(-1.0) + noise(k)
            });
            out.add(&cepstra(&row));
            out.pitch.push((hz * (1.0 + 0.05 * f64::from(noise(41)))).log2());
        }
        out
    }

    #[test]
    fn another_voice_stands_apart_and_the_same_does_not() {
        let past = voice([5, 15, 25], 120.0, 1_000, 1);
        let same = voice([5, 15, 25], 122.0, 300, 2).against(&past).unwrap();
        let other = voice([8, 20, 30], 210.0, 300, 3).against(&past).unwrap();
        assert!(!same.apart() && same.delta_bic < 0.0, "{same:?}");
        assert!(other.apart() && (other.semitones - 9.7).abs() < 0.5, "{other:?}");
        // The same voice through another microphone, and the same voice raised, are not enough.
        let dull = voice([8, 20, 30], 120.0, 300, 4).against(&past).unwrap();
        assert!(dull.delta_bic > MARGIN && !dull.apart(), "{dull:?}");
        let raised = voice([5, 15, 25], 180.0, 300, 5).against(&past).unwrap();
        assert!(!raised.apart(), "{raised:?}");
    }

    #[test]
    fn too_little_speech_is_not_compared() {
        let past = voice([5, 15, 25], 120.0, 1_000, 1);
        assert_eq!(voice([8, 20, 30], 210.0, 100, 3).against(&past), None);
        assert_eq!(voice([8, 20, 30], 210.0, 300, 3).against(&voice([5, 15, 25], 120.0, 200, 1)), None);
    }

    #[test]
    fn a_voice_that_comes_back_is_compared_with_the_first() {
        let mut cue = VoiceCue::default();
        let at = MediaTime::from_ms;
        assert!(cue.evidence().is_empty());
        cue.take(at(0), &voice([5, 15, 25], 120.0, 600, 1));
        cue.take(at(10_000), &voice([8, 20, 30], 210.0, 300, 2));
        cue.take(at(20_000), &voice([5, 15, 25], 119.0, 300, 3));
        cue.take(at(30_000), &voice([8, 20, 30], 205.0, 300, 4));
        let e = cue.evidence();
        let value = |name: &str| e.iter().find(|e| e.name == name).unwrap().value;
        assert_eq!((value("voice_turns_compared"), value("voice_changes")), (3.0, 2.0));
        assert_eq!(value("voice_change_at_s"), 10.0);
    }
}
