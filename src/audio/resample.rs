//! Any rate to 16 kHz, in one piece and without delay.
//!
//! [`To16k`] wraps rubato's synchronous FFT resampler. It takes samples as they come, feeds the
//! resampler in fixed chunks (so that the result does not depend on how the input was cut), and
//! drops the resampler's start-up delay, so that output sample `k` belongs to the instant
//! `k / 16,000 s` after the first input sample. Low-pass: rubato's BlackmanHarris2 window at
//! 16,000-Hz Nyquist; 16 kHz input passes through untouched.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

/// The rate that everything after this works at, in Hz.
pub const RATE_HZ: u32 = 16_000;

/// Why sound could not be resampled.
#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    /// The rate is outside 8,000 to 48,000 Hz or the resampler refuses it.
    #[error("sample_rate_hz: found {rate_hz}, expected 8000 to 48000 ({reason})")]
    Rate {
        /// The rate asked for.
        rate_hz: u32,
        /// What the resampler says.
        reason: String,
    },
    /// The resampler failed on a chunk.
    #[error("resampling from {rate_hz} Hz failed: {reason}")]
    Process {
        /// The rate of the input.
        rate_hz: u32,
        /// What the resampler says.
        reason: String,
    },
}

/// A streaming resampler of one mono track to 16 kHz.
pub struct To16k {
    rate_hz: u32,
    inner: Option<Fft<f32>>, // None at 16 kHz
    pending: Vec<f32>,
    scratch: Vec<f32>,
    skip: usize,
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for To16k {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("To16k")
            .field("rate_hz", &self.rate_hz)
            .field("taken", &self.taken)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

impl To16k {
    /// A resampler from `rate_hz`.
    ///
    /// # Errors
    /// [`ResampleError::Rate`] when the rate is outside 8,000 to 48,000 Hz.
    pub fn new(rate_hz: u32) -> Result<Self, ResampleError> {
        let refuse = |reason: String| ResampleError::Rate { rate_hz, reason };
        if !(8_000..=48_000).contains(&rate_hz) {
            return Err(refuse("out of range".to_owned()));
        }
        let inner = if rate_hz == RATE_HZ {
            None
        } else {
            // 10 ms asked for; rubato rounds up to a whole number of its smallest FFT blocks.
            let chunk = (rate_hz / 100) as usize;
            let made = Fft::new(
                rate_hz as usize,
                RATE_HZ as usize,
                chunk,
                1,
                FixedSync::Both,
            )
            .map_err(|e| refuse(e.to_string()))?;
            Some(made)
        };
        let skip = inner.as_ref().map_or(0, |r| r.output_delay());
        let scratch = vec![0.0; inner.as_ref().map_or(0, |r| r.output_frames_max())];
        Ok(Self {
            rate_hz,
            inner,
            pending: Vec::new(),
            scratch,
            skip,
            taken: 0,
            given: 0,
        })
    }

    /// Takes samples and appends what is ready to `out`.
    ///
    /// # Errors
    /// [`ResampleError::Process`] when the resampler fails.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        self.taken += samples.len() as u64;
        let Some(need) = self.inner.as_ref().map(|r| r.input_frames_next()) else {
            self.given += samples.len() as u64;
            out.extend_from_slice(samples);
            return Ok(());
        };
        self.pending.extend_from_slice(samples);
        let mut used = 0;
        while self.pending.len() - used >= need {
            let chunk = used..used + need;
            self.chunk(chunk, out)?;
            used += need;
        }
        self.pending.drain(..used);
        Ok(())
    }

    /// Ends the stream: appends the rest, so that the whole output has
    /// `ceil(taken * 16,000 / rate)` samples. The resampler starts anew afterwards.
    ///
    /// # Errors
    /// [`ResampleError::Process`] when the resampler fails.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(need) = self.inner.as_ref().map(|r| r.input_frames_next()) else {
            return Ok(());
        };
        let want = (self.taken * u64::from(RATE_HZ)).div_ceil(u64::from(self.rate_hz));
        let before = out.len();
        let owed = (want - self.given.min(want)) as usize;
        while out.len() - before < owed {
            self.pending.resize(need, 0.0);
            self.chunk(0..need, out)?;
            self.pending.clear();
        }
        out.truncate(before + owed);
        if let Some(r) = self.inner.as_mut() {
            r.reset();
            self.skip = r.output_delay();
        }
        (self.taken, self.given) = (0, 0);
        Ok(())
    }

    fn chunk(
        &mut self,
        range: std::ops::Range<usize>,
        out: &mut Vec<f32>,
    ) -> Result<(), ResampleError> {
        let rate_hz = self.rate_hz;
        let fail = |reason: String| ResampleError::Process { rate_hz, reason };
        let (Some(r), Some(input)) = (self.inner.as_mut(), self.pending.get(range)) else {
            return Ok(());
        };
        let frames = self.scratch.len();
        let source =
            InterleavedSlice::new(input, 1, input.len()).map_err(|e| fail(e.to_string()))?;
        let mut sink = InterleavedSlice::new_mut(&mut self.scratch, 1, frames)
            .map_err(|e| fail(e.to_string()))?;
        let (_, made) = r
            .process_into_buffer(&source, &mut sink, None)
            .map_err(|e| fail(e.to_string()))?;
        let drop = self.skip.min(made);
        self.skip -= drop;
        out.extend_from_slice(self.scratch.get(drop..made).unwrap_or_default());
        self.given += (made - drop) as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
        (0..(f64::from(rate) * seconds) as usize)
            .map(|i| (i as f64 / f64::from(rate) * hz * std::f64::consts::TAU).sin() as f32 * 0.5)
            .collect()
    }

    fn whole(rate: u32, x: &[f32], step: usize) -> Vec<f32> {
        let mut r = To16k::new(rate).unwrap();
        let mut out = Vec::new();
        for block in x.chunks(step) {
            r.push(block, &mut out).unwrap();
        }
        r.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn a_tone_keeps_its_phase_at_every_rate() {
        for rate in [
            8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
        ] {
            let out = whole(rate, &tone(rate, 440.0, 0.5), 480);
            let want = tone(RATE_HZ, 440.0, 0.5);
            assert!(out.len().abs_diff(want.len()) <= 1, "{rate}: {}", out.len());
            // Edges ring; the middle must agree in phase and level.
            let worst = out
                .iter()
                .zip(&want)
                .skip(800)
                .take(6_400)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            // rubato's delay is known to half an input sample (odd transform lengths).
            let half_sample = 0.5 * 440.0 * std::f32::consts::TAU * 0.5 / rate as f32;
            assert!(worst < 0.01 + half_sample, "{rate}: {worst}");
        }
    }

    #[test]
    fn tones_above_the_new_nyquist_vanish() {
        let out = whole(48_000, &tone(48_000, 11_000.0, 0.5), 480);
        let rms = (out[800..7_200].iter().map(|v| v * v).sum::<f32>() / 6_400.0).sqrt();
        assert!(rms < 1e-3, "{rms}");
    }

    #[test]
    fn the_cut_of_the_input_does_not_matter() {
        let x = tone(44_100, 300.0, 0.4);
        let one = whole(44_100, &x, x.len());
        for step in [1, 7, 441, 1_000, 12_345] {
            assert_eq!(whole(44_100, &x, step), one, "{step}");
        }
    }

    #[test]
    fn rates_outside_the_range_are_refused() {
        assert!(matches!(To16k::new(7_999), Err(ResampleError::Rate { .. })));
        assert!(matches!(
            To16k::new(96_000),
            Err(ResampleError::Rate { .. })
        ));
    }
}
