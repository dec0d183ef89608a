//! Media made worse on purpose: what a signal bears, and whether it abstains before it errs.
//!
//! Each degradation is a filter between a recording's decoder and the pipeline, so that the way
//! from pictures to figures stays the product's own. Nothing is drawn from a clock: noise and
//! losses come from a seed that is the recording's name.

mod picture;
mod sound;
mod spec;

pub use spec::{DegradeError, SWEEP, parse, parse_all};

use crate::decode::file::Media;
use crate::review::MediaFilter;
use std::collections::HashMap;

/// One way of making media worse, with its strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Degradation {
    /// Each picture through JPEG of this quality, 1 to 100.
    Jpeg(u8),
    /// Pictures through x264 with this rate factor, 0 to 51.
    Crf(u8),
    /// At most this many lines.
    Height(u32),
    /// At most this many pictures a second.
    Fps(f64),
    /// Light times this gain, below 1, with the noise that a camera adds.
    Light(f64),
    /// Gaussian blur of this standard deviation, pixels.
    Blur(f64),
    /// Noise this many decibels below the voice.
    Snr(f64),
    /// This share (0 to 1) of encoded pictures and of 20 ms blocks of sound is lost.
    Loss(f64),
}

// === impl Degradation ===

impl Degradation {
    /// What is done, in words.
    pub fn meaning(&self) -> String {
        match self {
            Self::Jpeg(q) => format!("pictures through JPEG, quality {q}"),
            Self::Crf(f) => format!("pictures through x264, rate factor {f}"),
            Self::Height(h) => format!("at most {h} lines"),
            Self::Fps(f) => format!("at most {f} pictures a second"),
            Self::Light(g) => format!("{:.0} % of the light, with sensor noise", g * 100.0),
            Self::Blur(s) => format!("blurred by {s} px"),
            Self::Snr(db) => format!("noise {db} dB below the voice"),
            Self::Loss(p) => format!("{:.0} % of packets lost (x264, rate factor 26)", p * 100.0),
        }
    }

    /// A fresh filter for one recording.
    pub fn filter(&self, seed: u64) -> Box<dyn MediaFilter> {
        Box::new(Tracks {
            kind: *self,
            seed,
            pictures: HashMap::new(),
            sounds: HashMap::new(),
        })
    }
}

impl std::fmt::Display for Degradation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Jpeg(v) => write!(f, "jpeg={v}"),
            Self::Crf(v) => write!(f, "crf={v}"),
            Self::Height(v) => write!(f, "height={v}"),
            Self::Fps(v) => write!(f, "fps={v}"),
            Self::Light(v) => write!(f, "light={v}"),
            Self::Blur(v) => write!(f, "blur={v}"),
            Self::Snr(v) => write!(f, "snr={v}"),
            Self::Loss(v) => write!(f, "loss={}", v * 100.0),
        }
    }
}

/// Applies a degradation to each track of a recording by itself.
struct Tracks {
    kind: Degradation,
    seed: u64,
    pictures: HashMap<String, picture::Worse>,
    sounds: HashMap<String, sound::Worse>,
}

impl MediaFilter for Tracks {
    fn pass(&mut self, media: Media, out: &mut Vec<Media>) {
        let (kind, seed) = (self.kind, self.seed);
        match media {
            Media::Frame { track, frame } => {
                let worse = self.pictures.entry(track.to_string());
                let worse = worse.or_insert_with(|| picture::Worse::new(kind, seed));
                for frame in worse.pass(frame) {
                    let track = track.clone();
                    out.push(Media::Frame { track, frame });
                }
            }
            Media::Audio { track, block } => {
                let worse = self.sounds.entry(track.to_string());
                let worse = worse.or_insert_with(|| sound::Worse::new(kind, seed));
                let block = worse.pass(block);
                out.push(Media::Audio { track, block });
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<Media>) {
        let mut names: Vec<String> = self.pictures.keys().cloned().collect();
        names.sort();
        for name in names {
            let Ok(track) = crate::core::TrackId::parse(&name) else {
                continue;
            };
            if let Some(worse) = self.pictures.get_mut(&name) {
                for frame in worse.finish() {
                    let track = track.clone();
                    out.push(Media::Frame { track, frame });
                }
            }
        }
    }
}

/// Numbers that look random and are the same each time (xorshift64*, Vigna 2016).
#[derive(Debug, Clone)]
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 up to, and not including, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Mean 0, standard deviation 1, nearly normal: the sum of four uniform draws out of one
    /// number, which suffices for noise in pictures and sound and costs one multiplication.
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|i| bits >> (16 * i) & 0xffff).sum();
        // Variance of the sum of four uniforms on [0, 65536) is 65536^2 / 3.
        (sum as f32 - 131_070.0) * (3f32.sqrt() / 65_536.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{AudioBlock, Frame, MediaTime, TrackId};

    fn frames(n: i64, value: u8) -> Vec<Media> {
        let track = TrackId::parse("v").unwrap();
        (0..n)
            .map(|i| {
                let frame = Frame::new(
                    MediaTime::from_ms(i * 40),
                    0,
                    64,
                    48,
                    vec![value; 64 * 48 * 3],
                );
                Media::Frame {
                    track: track.clone(),
                    frame: frame.unwrap(),
                }
            })
            .collect()
    }

    fn tone(n: i64) -> Vec<Media> {
        let track = TrackId::parse("a").unwrap();
        let block = |i: i64| {
            let wave = |k: i64| ((i * 1600 + k) as f32 * 0.2).sin() * 0.3;
            AudioBlock::new(
                MediaTime::from_ms(i * 100),
                16_000,
                1,
                (0..1600).map(wave).collect(),
            )
        };
        (0..n)
            .map(|i| Media::Audio {
                track: track.clone(),
                block: block(i).unwrap(),
            })
            .collect()
    }

    fn through(kind: Degradation, media: Vec<Media>) -> Vec<Media> {
        let mut filter = kind.filter(7);
        let mut out = Vec::new();
        for m in media {
            filter.pass(m, &mut out);
        }
        filter.finish(&mut out);
        out
    }

    fn bytes(media: &[Media]) -> Vec<u8> {
        media
            .iter()
            .flat_map(|m| match m {
                Media::Frame { frame, .. } => frame.rgb().to_vec(),
                Media::Audio { block, .. } => block
                    .samples()
                    .iter()
                    .flat_map(|s| s.to_le_bytes())
                    .collect(),
            })
            .collect()
    }

    #[test]
    fn each_kind_changes_its_own_media_only_and_the_same_each_time() {
        for spec in SWEEP {
            for kind in parse(spec).unwrap() {
                let sound = matches!(kind, Degradation::Snr(_) | Degradation::Loss(_));
                // Long enough that a loss of 1 % hits some of its 500 packets.
                let heard = bytes(&through(kind, tone(100)));
                assert_eq!(heard != bytes(&tone(100)), sound, "{kind}");
                let seen = through(kind, frames(30, 120));
                assert_eq!(
                    bytes(&seen),
                    bytes(&through(kind, frames(30, 120))),
                    "{kind}"
                );
                if matches!(kind, Degradation::Snr(_)) {
                    assert_eq!(bytes(&seen), bytes(&frames(30, 120)), "{kind}");
                }
                assert!(!seen.is_empty(), "{kind}");
            }
        }
    }

    #[test]
    fn the_frame_rate_falls_to_what_was_asked_for() {
        for (fps, n) in [(5.0, 20), (12.5, 50), (30.0, 100)] {
            let out = through(Degradation::Fps(fps), frames(100, 90));
            assert!(out.len().abs_diff(n) <= 1, "{fps}: {}", out.len());
        }
    }

    #[test]
    fn less_light_is_darker_and_noisier() {
        let out = bytes(&through(Degradation::Light(0.25), frames(1, 120)));
        let mean = out.iter().map(|v| f64::from(*v)).sum::<f64>() / out.len() as f64;
        let var = out
            .iter()
            .map(|v| (f64::from(*v) - mean).powi(2))
            .sum::<f64>()
            / out.len() as f64;
        assert!((mean - 30.0).abs() < 2.0 && var > 1.0, "{mean} {var}");
    }

    #[test]
    fn the_noise_lies_as_far_below_the_voice_as_asked() {
        let clean = tone(40);
        let noisy = through(Degradation::Snr(10.0), tone(40));
        let power =
            |a: &[f32]| a.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / a.len() as f64;
        let samples = |m: &[Media]| -> Vec<f32> {
            m.iter()
                .skip(10)
                .flat_map(|m| match m {
                    Media::Audio { block, .. } => block.samples().to_vec(),
                    Media::Frame { .. } => Vec::new(),
                })
                .collect()
        };
        let (a, b) = (samples(&clean), samples(&noisy));
        let noise: Vec<f32> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        let snr = 10.0 * (power(&a) / power(&noise)).log10();
        assert!((snr - 10.0).abs() < 1.0, "{snr}");
    }

    #[test]
    fn the_noise_is_nearly_normal() {
        let mut noise = Noise::new(3);
        let all: Vec<f64> = (0..100_000).map(|_| f64::from(noise.normal())).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let sd = (all.iter().map(|v| v * v).sum::<f64>() / all.len() as f64).sqrt();
        assert!(mean.abs() < 0.02 && (sd - 1.0).abs() < 0.02, "{mean} {sd}");
    }
}
