//! Worse pictures.

use super::{Degradation, Noise};
use crate::core::{Frame, MediaTime};
use crate::decode::{CodecChain, blur, jpeg_round_trip, scale_to_height};

/// Rate factor of the stream that loses packets.
const LOSSY_CRF: u8 = 26;
/// Standard deviation of a webcam's read noise, 8-bit steps.
const READ_NOISE: f32 = 1.5;
/// Variance of shot noise per 8-bit step of light, at full light.
const SHOT_NOISE: f32 = 0.06;

/// The pictures of one track.
pub(super) struct Worse {
    kind: Degradation,
    noise: Noise,
    chain: Option<CodecChain>,
    /// When the next picture is due, for a lower frame rate.
    due: Option<MediaTime>,
    epoch: u32,
}

impl Worse {
    pub(super) fn new(kind: Degradation, seed: u64) -> Self {
        let chain = match kind {
            Degradation::Crf(crf) => CodecChain::new(crf).ok(),
            Degradation::Loss(_) => CodecChain::new(LOSSY_CRF).ok(),
            _ => None,
        };
        Self {
            kind,
            noise: Noise::new(seed ^ 0x7069_6374),
            chain,
            due: None,
            epoch: 0,
        }
    }

    /// A picture that cannot be changed is lost, as it would be on the line.
    pub(super) fn pass(&mut self, frame: Frame) -> Vec<Frame> {
        self.epoch = frame.epoch;
        let one = |made: Option<Frame>| made.into_iter().collect();
        match self.kind {
            Degradation::Jpeg(quality) => one(jpeg_round_trip(&frame, quality).ok()),
            Degradation::Height(lines) => one(scale_to_height(&frame, lines).ok()),
            Degradation::Blur(px) => one(blur(&frame, px as f32).ok()),
            Degradation::Light(gain) => one(self.darker(&frame, gain as f32)),
            Degradation::Fps(fps) => one(self.is_due(frame.time, fps).then_some(frame)),
            Degradation::Crf(_) => self.code(&frame, false),
            Degradation::Loss(share) => {
                let lost = self.noise.unit() < share;
                self.code(&frame, lost)
            }
            Degradation::Snr(_) => vec![frame],
        }
    }

    pub(super) fn finish(&mut self) -> Vec<Frame> {
        let epoch = self.epoch;
        let rest = self.chain.as_mut().map(|c| c.finish(epoch));
        rest.and_then(Result::ok).unwrap_or_default()
    }

    fn code(&mut self, frame: &Frame, lost: bool) -> Vec<Frame> {
        let Some(chain) = &mut self.chain else {
            return Vec::new();
        };
        chain.pass(frame, lost).unwrap_or_else(|e| {
            tracing::warn!(error = %e, "a picture could not be coded");
            Vec::new()
        })
    }

    /// Thins pictures out on an even grid of time, whatever their own rate is.
    fn is_due(&mut self, time: MediaTime, fps: f64) -> bool {
        let interval_ns = (1e9 / fps) as i64;
        match self.due {
            // Half a millisecond of slack for containers that round their times.
            Some(due) if time.plus_ns(500_000) < due => false,
            Some(due) => {
                let late = time.since_ns(due) > interval_ns;
                let from = if late { time } else { due };
                self.due = Some(from.plus_ns(interval_ns));
                true
            }
            None => {
                self.due = Some(time.plus_ns(interval_ns));
                true
            }
        }
    }

    /// Fewer photons: the signal falls, shot noise falls with its root, read noise stays
    /// (Poisson-Gauss model), and the camera does not lift it again.
    fn darker(&mut self, frame: &Frame, gain: f32) -> Option<Frame> {
        let noise = &mut self.noise;
        let pixel = |v: &u8| {
            let light = f32::from(*v) * gain;
            let sd = (READ_NOISE * READ_NOISE + SHOT_NOISE * light / gain.max(1e-3)).sqrt();
            (light + sd * noise.normal()).round().clamp(0.0, 255.0) as u8
        };
        let rgb: Vec<u8> = frame.rgb().iter().map(pixel).collect();
        Frame::new(frame.time, frame.epoch, frame.width, frame.height, rgb).ok()
    }
}
