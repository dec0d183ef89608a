//! Worse sound.

use super::{Degradation, Noise};
use crate::core::AudioBlock;

/// Time over which the voice's level is remembered, seconds: pauses between sentences do not
/// lower it much.
const LEVEL_MEMORY_S: f64 = 10.0;
/// Length of a packet of sound, as WebRTC sends it.
const PACKET_S: f64 = 0.02;

/// The sound of one track.
pub(super) struct Worse {
    kind: Degradation,
    noise: Noise,
    /// Mean square of the voice, rising at once and falling slowly.
    level: f64,
    /// Samples per channel that the present packet still has, and whether it is lost.
    left: usize,
    lost: bool,
}

impl Worse {
    pub(super) fn new(kind: Degradation, seed: u64) -> Self {
        Self {
            kind,
            noise: Noise::new(seed ^ 0x736f_756e),
            level: 0.0,
            left: 0,
            lost: false,
        }
    }

    pub(super) fn pass(&mut self, block: AudioBlock) -> AudioBlock {
        let samples = match self.kind {
            Degradation::Snr(db) => self.noisier(&block, db),
            Degradation::Loss(share) => self.holes(&block, share),
            _ => return block,
        };
        AudioBlock::new(block.time, block.sample_rate_hz, block.channels, samples).unwrap_or(block)
    }

    fn noisier(&mut self, block: &AudioBlock, db: f64) -> Vec<f32> {
        let n = block.samples().len().max(1) as f64;
        let power = block
            .samples()
            .iter()
            .map(|s| f64::from(*s).powi(2))
            .sum::<f64>()
            / n;
        let seconds = block.len_frames() as f64 / f64::from(block.sample_rate_hz);
        let kept = self.level * (-seconds / LEVEL_MEMORY_S).exp();
        self.level = power.max(kept);
        let sd = (self.level * 10f64.powf(-db / 10.0)).sqrt() as f32;
        let noise = &mut self.noise;
        block
            .samples()
            .iter()
            .map(|s| s + sd * noise.normal())
            .collect()
    }

    /// A lost packet is silence: the plainest concealment, and the hardest to listen through.
    fn holes(&mut self, block: &AudioBlock, share: f64) -> Vec<f32> {
        let packet = (PACKET_S * f64::from(block.sample_rate_hz)) as usize;
        let mut samples = block.samples().to_vec();
        for one in samples.chunks_mut(block.channels as usize) {
            if self.left == 0 {
                self.left = packet.max(1);
                self.lost = self.noise.unit() < share;
            }
            self.left -= 1;
            if self.lost {
                one.fill(0.0);
            }
        }
        samples
    }
}
