//! Log-mel bands, exactly as the voice-activity net was trained on them.
//!
//! The definition stands in `models/train/README.md` (section "Voice activity: log-mel, exactly")
//! and in `models/train/liveproof_train/audio_features.py`; `testdata/golden/vad-1.json` holds the two
//! sides together within 1e-3. In short: 400-sample periodic Hann centred on each 160-sample hop,
//! 512-point FFT, power over the window's energy, 40 area-normalised triangles between 60 and
//! 7,600 Hz (O'Shaughnessy's mel formula), `(ln(E + 1e-9) + 12) / 4`.

use crate::core::{MEL_BANDS, VOICE_HOP_SAMPLES};
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

const WINDOW: usize = 400;
const FFT: usize = 512;
const BINS: usize = FFT / 2 + 1;
const LOW_HZ: f64 = 60.0;
const HIGH_HZ: f64 = 7_600.0;
const FLOOR: f32 = 1e-9;
const SHIFT: f32 = 12.0;
const SCALE: f32 = 4.0;

/// Samples of a frame that lie before its hop.
pub const FRAME_LEFT: usize = (WINDOW - VOICE_HOP_SAMPLES) / 2;
/// Samples of a frame that lie after its hop.
pub const FRAME_RIGHT: usize = WINDOW - VOICE_HOP_SAMPLES - FRAME_LEFT;

/// One triangle: its first bin and its weights.
#[derive(Debug, Clone)]
struct Triangle {
    first: usize,
    weights: Vec<f32>,
}

/// Computes the mel bands of one hop at a time.
pub struct LogMel {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    triangles: Vec<Triangle>,
    input: Vec<f32>,
    spectrum: Vec<realfft::num_complex::Complex<f32>>,
    power: Vec<f32>,
}

impl std::fmt::Debug for LogMel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogMel")
    }
}

impl Default for LogMel {
    fn default() -> Self {
        Self::new()
    }
}

impl LogMel {
    /// Prepares window, transform and triangles.
    pub fn new() -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FFT);
        let hann: Vec<f64> = (0..WINDOW)
            .map(|n| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / WINDOW as f64).cos())
            .collect();
        // Dividing the window by the root of its energy makes |X|^2 the power asked for.
        let energy = hann.iter().map(|w| w * w).sum::<f64>().sqrt();
        Self {
            window: hann.iter().map(|w| (w / energy) as f32).collect(),
            triangles: triangles(),
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            power: vec![0.0; BINS],
            fft,
        }
    }

    /// Bands of the hop in the middle of `frame`: its 160 samples with [`FRAME_LEFT`] before and
    /// [`FRAME_RIGHT`] after them. A shorter slice counts as zero beyond its end.
    pub fn hop(&mut self, frame: &[f32]) -> [f32; MEL_BANDS] {
        self.input.fill(0.0);
        for ((slot, x), w) in self.input.iter_mut().zip(frame).zip(&self.window) {
            *slot = x * w;
        }
        // The buffers come from the plan itself, so the transform cannot refuse them.
        if self
            .fft
            .process(&mut self.input, &mut self.spectrum)
            .is_err()
        {
            self.spectrum.fill(Default::default());
        }
        for (p, c) in self.power.iter_mut().zip(&self.spectrum) {
            *p = c.norm_sqr();
        }
        let mut out = [0.0; MEL_BANDS];
        for (band, t) in out.iter_mut().zip(&self.triangles) {
            let bins = self.power.iter().skip(t.first);
            let energy: f32 = bins.zip(&t.weights).map(|(p, w)| p * w).sum();
            *band = ((energy + FLOOR).ln() + SHIFT) / SCALE;
        }
        out
    }

    /// Bands of every whole hop of a recording; what lies outside it counts as zero.
    pub fn all(&mut self, samples: &[f32]) -> Vec<[f32; MEL_BANDS]> {
        let hops = samples.len() / VOICE_HOP_SAMPLES;
        let mut padded = vec![0.0; FRAME_LEFT];
        padded.extend_from_slice(samples);
        padded.resize(padded.len() + FRAME_RIGHT, 0.0);
        (0..hops)
            .map(|i| {
                let start = i * VOICE_HOP_SAMPLES;
                self.hop(padded.get(start..start + WINDOW).unwrap_or_default())
            })
            .collect()
    }
}

fn mel(hz: f64) -> f64 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn triangles() -> Vec<Triangle> {
    let (low, high) = (mel(LOW_HZ), mel(HIGH_HZ));
    let corner = |i: usize| {
        let m = low + (high - low) * i as f64 / (MEL_BANDS + 1) as f64;
        700.0 * (10f64.powf(m / 2595.0) - 1.0)
    };
    (0..MEL_BANDS)
        .map(|band| {
            let (a, b, c) = (corner(band), corner(band + 1), corner(band + 2));
            let weight = |bin: usize| {
                let hz = bin as f64 * 16_000.0 / FFT as f64;
                ((hz - a) / (b - a)).min((c - hz) / (c - b)).max(0.0)
            };
            let all: Vec<f64> = (0..BINS).map(weight).collect();
            let sum: f64 = all.iter().sum();
            let first = all.iter().position(|w| *w > 0.0).unwrap_or(0);
            let weights = all.iter().skip(first).take_while(|w| **w > 0.0);
            Triangle {
                first,
                weights: weights.map(|w| (w / sum) as f32).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_band_weighs_one() {
        for (i, t) in triangles().iter().enumerate() {
            let sum: f32 = t.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "band {i}: {sum}");
        }
    }

    #[test]
    fn silence_is_the_floor_and_level_is_additive() {
        let mut m = LogMel::new();
        let floor = (FLOOR.ln() + SHIFT) / SCALE;
        let quiet = m.all(&[0.0; 480]);
        assert_eq!(quiet.len(), 3);
        assert!(quiet.iter().flatten().all(|v| (v - floor).abs() < 1e-6));
        let tone =
            |gain: f32| -> Vec<f32> { (0..1_600).map(|i| (i as f32 * 0.4).sin() * gain).collect() };
        let (a, b) = (m.all(&tone(0.5)), m.all(&tone(0.05)));
        // The band of the tone (1,019 Hz): 20 dB are ln(100) / 4.
        let band = (0..MEL_BANDS)
            .max_by(|x, y| a[5][*x].total_cmp(&a[5][*y]))
            .unwrap();
        assert!((a[5][band] - b[5][band] - 100f32.ln() / 4.0).abs() < 1e-3);
    }
}
