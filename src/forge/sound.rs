//! What is done to sound. Pure.

use crate::core::{AudioBlock, FieldError, MediaTime, Span};

/// Length of the transition at both ends of a stretch, seconds: long enough not to click.
const FADE_S: f64 = 0.005;

/// The sound of a track, whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Sound {
    start: Option<MediaTime>,
    rate_hz: u32,
    channels: u32,
    /// Interleaved.
    samples: Vec<f32>,
}

/// Where the sound of a stretch comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// Later by this many seconds; positive = audio late.
    Late(f64),
    /// Later and later, by this many seconds at the stretch's end.
    Drifting(f64),
    /// From another place of the track: half its length away.
    Elsewhere,
}

// === impl Sound ===

impl Sound {
    /// Adds a block; silence stands for what is missing before it.
    pub(super) fn push(&mut self, block: &AudioBlock) -> Result<(), FieldError> {
        let start = *self.start.get_or_insert(block.time);
        if self.samples.is_empty() {
            (self.rate_hz, self.channels) = (block.sample_rate_hz, block.channels);
        }
        if (self.rate_hz, self.channels) != (block.sample_rate_hz, block.channels) {
            let found = format!("{} Hz, {} channels", block.sample_rate_hz, block.channels);
            let expected = format!("{} Hz, {} channels throughout", self.rate_hz, self.channels);
            return Err(FieldError::new("sound", found, expected));
        }
        let at = block.time.since_ns(start).max(0) as f64 / 1e9;
        let at = (at * f64::from(self.rate_hz)).round() as usize * self.channels as usize;
        // Containers round times; what follows closely follows directly.
        let near = self.rate_hz as usize / 500 * self.channels as usize;
        if at > self.samples.len() + near {
            self.samples.resize(at, 0.0);
        }
        self.samples.extend_from_slice(block.samples());
        Ok(())
    }

    /// Seconds of sound.
    pub(super) fn len_s(&self) -> f64 {
        let per_s = f64::from(self.rate_hz) * f64::from(self.channels);
        self.samples.len() as f64 / per_s.max(1.0)
    }

    /// The sample of a channel at this many seconds from the start, between its neighbours; silence outside.
    fn at(&self, seconds: f64, channel: usize) -> f32 {
        let place = seconds * f64::from(self.rate_hz);
        let (before, part) = (place.floor(), (place - place.floor()) as f32);
        let sample = |n: f64| {
            if n < 0.0 {
                return 0.0;
            }
            let i = n as usize * self.channels as usize + channel;
            self.samples.get(i).copied().unwrap_or(0.0)
        };
        sample(before) * (1.0 - part) + sample(before + 1.0) * part
    }

    /// A block with the stretch's part of it taken from `source`.
    pub(super) fn altered(
        &self,
        block: &AudioBlock,
        stretch: Span,
        source: Source,
    ) -> Result<AudioBlock, FieldError> {
        let Some(start) = self.start else {
            return Ok(block.clone());
        };
        let seconds = |t: MediaTime| t.since_ns(start) as f64 / 1e9;
        let (from, to, first) = (
            seconds(stretch.start),
            seconds(stretch.end),
            seconds(block.time),
        );
        let (rate, channels) = (f64::from(block.sample_rate_hz), block.channels as usize);
        let whole = self.len_s();
        let one = |(i, original): (usize, &f32)| {
            let t = first + (i / channels) as f64 / rate;
            // 1 inside the stretch, 0 outside, between them at its ends.
            let inside = ((t - from).min(to - t) / FADE_S).clamp(0.0, 1.0) as f32;
            if inside == 0.0 {
                return *original;
            }
            let there = match source {
                Source::Late(s) => t - s,
                Source::Drifting(s) => t - s * (t - from) / (to - from).max(1e-9),
                Source::Elsewhere => (t + whole / 2.0) % whole.max(1e-9),
            };
            inside * self.at(there, i % channels) + (1.0 - inside) * original
        };
        let samples = block.samples().iter().enumerate().map(one).collect();
        AudioBlock::new(block.time, block.sample_rate_hz, block.channels, samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8_000;

    /// Ten seconds in which each sample says its own time.
    fn ramp() -> (Sound, Vec<AudioBlock>) {
        let mut sound = Sound::default();
        let blocks: Vec<AudioBlock> = (0..100)
            .map(|b| {
                let at = |i: i64| ((b * 800 + i) as f64 / f64::from(RATE) / 10.0) as f32;
                let time = MediaTime::from_ms(500 + b * 100);
                AudioBlock::new(time, RATE, 1, (0..800).map(at).collect()).unwrap()
            })
            .collect();
        for b in &blocks {
            sound.push(b).unwrap();
        }
        (sound, blocks)
    }

    /// Seconds of the source at each whole 100 ms, as the samples say.
    fn heard(source: Source) -> Vec<f64> {
        let (sound, blocks) = ramp();
        assert!((sound.len_s() - 10.0).abs() < 1e-9);
        let stretch = Span::new(MediaTime::from_ms(3_500), MediaTime::from_ms(6_500));
        let altered = blocks.iter().map(|b| sound.altered(b, stretch, source));
        altered
            .map(|b| f64::from(b.unwrap().samples()[400]) * 10.0)
            .collect()
    }

    #[test]
    fn sound_comes_late_drifts_and_comes_from_elsewhere_in_the_stretch_alone() {
        for source in [Source::Late(0.24), Source::Drifting(0.3), Source::Elsewhere] {
            for (i, at) in heard(source).into_iter().enumerate() {
                let t = i as f64 / 10.0 + 0.05;
                let expected = match source {
                    _ if !(3.0..6.0).contains(&t) => t,
                    Source::Late(s) => t - s,
                    Source::Drifting(s) => t - s * (t - 3.0) / 3.0,
                    Source::Elsewhere => (t + 5.0) % 10.0,
                };
                assert!(
                    (at - expected).abs() < 1e-3,
                    "{source:?} at {t}: {at}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn a_change_of_rate_is_refused_and_missing_sound_is_silence() {
        let (mut sound, blocks) = ramp();
        let other = AudioBlock::new(MediaTime::from_ms(20_000), 16_000, 1, vec![0.0; 16]).unwrap();
        assert_eq!(sound.push(&other).unwrap_err().field, "sound");
        let late = AudioBlock::new(MediaTime::from_ms(12_500), RATE, 1, vec![1.0; 800]).unwrap();
        sound.push(&late).unwrap();
        assert!((sound.len_s() - 12.1).abs() < 1e-3);
        assert_eq!(sound.at(11.0, 0), 0.0);
        let kept = sound
            .altered(&blocks[0], Span::default(), Source::Late(1.0))
            .unwrap();
        assert_eq!(kept.samples(), blocks[0].samples());
    }
}
