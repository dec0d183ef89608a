//! Sound of the live protocol: samples to interleaved floats.

use super::sound_codec::SoundCodec;
use super::support_audio;
use crate::core::{AudioBlock, AudioFormat, AudioTrackSpec, FieldError, MediaTime};
use crate::decode::DecodeError;

/// Largest magnitude of a float sample that is taken; nominal full scale is 1.
pub const MAX_SAMPLE: f32 = 16.0;

/// Decodes the chunks of one audio track.
pub struct AudioDecoder {
    spec: AudioTrackSpec,
    /// Set for G.722 and Opus.
    codec: Option<SoundCodec>,
}

impl AudioDecoder {
    /// A decoder for a track as announced.
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`] with the format's name, or [`DecodeError::Field`] on
    /// `sample_rate_hz` (8,000 to 48,000), `channels` (1 or 2) or `planar`. G.722 has one channel
    /// at 16,000 Hz, for which RTP's clock of 8,000 Hz may stand; Opus is decoded at 48,000 Hz,
    /// whatever rate is announced.
    pub fn open(spec: &AudioTrackSpec) -> Result<Self, DecodeError> {
        support_audio(spec.format).map_err(DecodeError::Unsupported)?;
        // The empty block checks rate and channels.
        AudioBlock::new(MediaTime::ZERO, spec.sample_rate_hz, spec.channels, vec![])?;
        let codec = match spec.format.bytes_per_sample() {
            Some(_) => None,
            None => Some(SoundCodec::open(spec)?),
        };
        Ok(Self { spec: *spec, codec })
    }

    /// Decodes one chunk; `time` is that of its first sample. The block states the rate that its
    /// samples really have.
    ///
    /// # Errors
    /// [`DecodeError::Field`] on `payload` when its length is zero or no multiple of a sample of
    /// every channel, or on `payload.samples[i]` for a sample that is not finite or beyond
    /// `MAX_SAMPLE`; [`DecodeError::Damaged`] for a packet of a codec that cannot be decoded.
    pub fn decode(&mut self, time: MediaTime, payload: &[u8]) -> Result<AudioBlock, DecodeError> {
        let (rate, channels, mut samples) = match &mut self.codec {
            Some(codec) => {
                let pcm = codec.decode(payload)?;
                (pcm.rate, pcm.channels, pcm.samples)
            }
            None => {
                let samples = self.samples(payload)?;
                (self.spec.sample_rate_hz, self.spec.channels, samples)
            }
        };
        if let Some((i, s)) = samples
            .iter()
            .enumerate()
            .find(|(_, s)| s.is_nan() || s.abs() > MAX_SAMPLE)
        {
            return Err(FieldError::new(
                format!("payload.samples[{i}]"),
                s,
                format!("a finite number between -{MAX_SAMPLE} and {MAX_SAMPLE}"),
            )
            .into());
        }
        if self.spec.planar && self.codec.is_none() && channels > 1 {
            samples = interleaved(&samples, channels as usize);
        }
        Ok(AudioBlock::new(time, rate, channels, samples)?)
    }

    /// Forgets what earlier chunks left, after a break in the track.
    pub fn reset(&mut self) {
        if let Some(codec) = &mut self.codec {
            codec.reset();
        }
    }

    /// Samples as they lie in the payload.
    fn samples(&self, payload: &[u8]) -> Result<Vec<f32>, DecodeError> {
        let channels = self.spec.channels as usize;
        let step = self.spec.format.bytes_per_sample().unwrap_or(1);
        if payload.is_empty() || !payload.len().is_multiple_of(step * channels) {
            return Err(FieldError::new(
                "payload",
                format!("{} bytes", payload.len()),
                format!("a multiple of {} bytes, above 0", step * channels),
            )
            .into());
        }
        Ok(match self.spec.format {
            AudioFormat::S16le => convert(payload, |b| f32::from(i16::from_le_bytes(b)) / 32_768.0),
            AudioFormat::S32le => {
                convert(payload, |b| i32::from_le_bytes(b) as f32 / 2_147_483_648.0)
            }
            AudioFormat::F32le => convert(payload, f32::from_le_bytes),
            AudioFormat::Mulaw => convert(payload, |[b]: [u8; 1]| f32::from(mulaw(b)) / 32_768.0),
            AudioFormat::Alaw => convert(payload, |[b]: [u8; 1]| f32::from(alaw(b)) / 32_768.0),
            // These have a codec.
            AudioFormat::G722 | AudioFormat::Opus => Vec::new(),
        })
    }
}

fn convert<const N: usize>(payload: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (whole, _) = payload.as_chunks::<N>();
    whole.iter().map(|b| to_f32(*b)).collect()
}

/// Channels one after the other to sample by sample.
fn interleaved(samples: &[f32], channels: usize) -> Vec<f32> {
    let mut out = vec![0.0; samples.len()];
    for (c, plane) in samples.chunks_exact(samples.len() / channels).enumerate() {
        for (o, s) in out.iter_mut().skip(c).step_by(channels).zip(plane) {
            *o = *s;
        }
    }
    out
}

/// ITU-T G.711 mu-law to 16 bits.
fn mulaw(byte: u8) -> i16 {
    let u = !byte;
    let magnitude = ((i16::from(u & 0x0f) << 3) + 0x84) << ((u & 0x70) >> 4);
    if u & 0x80 == 0 {
        magnitude - 0x84
    } else {
        0x84 - magnitude
    }
}

/// ITU-T G.711 A-law to 16 bits.
fn alaw(byte: u8) -> i16 {
    let a = byte ^ 0x55;
    let segment = (a & 0x70) >> 4;
    let low = (i16::from(a & 0x0f) << 4) + 8;
    let magnitude = if segment == 0 {
        low
    } else {
        (low + 0x100) << (segment - 1)
    };
    if a & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g711_matches_the_recommendation() {
        // Ends and zeros of the tables of G.711.
        for (byte, value) in [
            (0xff, 0),
            (0x7f, 0),
            (0x80, 32_124),
            (0x00, -32_124),
            (0xf0, 120),
        ] {
            assert_eq!(mulaw(byte), value, "mu-law {byte:#x}");
        }
        for (byte, value) in [(0xd5, 8), (0x55, -8), (0xaa, 32_256), (0x2a, -32_256)] {
            assert_eq!(alaw(byte), value, "A-law {byte:#x}");
        }
    }
}
