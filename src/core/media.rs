//! Pictures and sound, as they come in and as the pipeline uses them.

use super::{FieldError, MediaTime};
use serde::{Deserialize, Serialize};

/// How a video payload is to be read; the wire's list, see `proto/liveproof/v1/media.proto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum VideoFormat {
    I420,
    Nv12,
    Rgb24,
    Bgr24,
    Rgba,
    Bgra,
    Gray8,
    Jpeg,
    Png,
    Webp,
    H264AnnexB,
    H264Avcc,
    Vp8,
    Vp9,
    Av1,
    Hevc,
    I420a,
    I422,
    I444,
    I010,
    Argb,
    Abgr,
}

/// How an audio payload is to be read; the wire's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AudioFormat {
    S16le,
    F32le,
    S32le,
    Mulaw,
    Alaw,
    G722,
    Opus,
}

impl AudioFormat {
    /// Bytes of one sample of one channel; `None` for compressed formats.
    pub fn bytes_per_sample(self) -> Option<usize> {
        match self {
            Self::S16le => Some(2),
            Self::F32le | Self::S32le => Some(4),
            Self::Mulaw | Self::Alaw => Some(1),
            Self::G722 | Self::Opus => None,
        }
    }
}

/// Range of YUV code values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColorRange {
    /// As the compressed stream states it; limited where it states nothing.
    #[default]
    Auto,
    /// Luma 16 to 235.
    Limited,
    /// Luma 0 to 255.
    Full,
}

/// Matrix that turns YUV into RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColorMatrix {
    /// As the compressed stream states it; else BT.709 from 720 lines up, BT.601 below.
    #[default]
    Auto,
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

/// A region of a picture in fractions of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Left edge, 0 to 1.
    pub x: f32,
    /// Top edge, 0 to 1.
    pub y: f32,
    /// Width, above 0.
    pub width: f32,
    /// Height, above 0.
    pub height: f32,
}

impl Region {
    /// Checks that the region lies inside the picture.
    ///
    /// # Errors
    /// A [`FieldError`] that names the offending field.
    pub fn validate(&self) -> Result<(), FieldError> {
        let unit = |name: &str, v: f32, min_excl: bool| {
            let ok = v.is_finite() && v <= 1.0 && if min_excl { v > 0.0 } else { v >= 0.0 };
            if ok {
                Ok(())
            } else {
                Err(FieldError::new(name, v, "a fraction between 0 and 1"))
            }
        };
        unit("x", self.x, false)?;
        unit("y", self.y, false)?;
        unit("width", self.width, true)?;
        unit("height", self.height, true)?;
        if self.x + self.width > 1.0 + 1e-4 {
            return Err(FieldError::new("width", self.width, "x + width at most 1"));
        }
        if self.y + self.height > 1.0 + 1e-4 {
            return Err(FieldError::new(
                "height",
                self.height,
                "y + height at most 1",
            ));
        }
        Ok(())
    }
}

/// Where one plane of a raw picture lies inside its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneLayout {
    /// First byte of the plane.
    pub offset_bytes: u64,
    /// Bytes from one row to the next.
    pub stride_bytes: u32,
}

/// Shape of a raw picture as the sender states it; unchecked until `ingest` has seen it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PictureLayout {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Planes in the format's order; empty means tightly packed.
    pub planes: Vec<PlaneLayout>,
}

/// Decoded sound: interleaved floats, nominal range -1 to 1, all finite.
#[derive(Debug, Clone)]
pub struct AudioBlock {
    /// Capture time of the first sample in session time.
    pub time: MediaTime,
    /// Samples per second and channel.
    pub sample_rate_hz: u32,
    /// Channels, 1 or 2.
    pub channels: u32,
    samples: Vec<f32>,
}

impl AudioBlock {
    /// A block of interleaved samples.
    ///
    /// # Errors
    /// A [`FieldError`] when the rate is outside 8,000..=48,000 Hz, the channels are not 1 or
    /// 2, the length is no multiple of the channels, or a sample is not finite.
    pub fn new(
        time: MediaTime,
        sample_rate_hz: u32,
        channels: u32,
        samples: Vec<f32>,
    ) -> Result<Self, FieldError> {
        if !(8_000..=48_000).contains(&sample_rate_hz) {
            return Err(FieldError::new(
                "sample_rate_hz",
                sample_rate_hz,
                "8000 to 48000",
            ));
        }
        if !(1..=2).contains(&channels) {
            return Err(FieldError::new("channels", channels, "1 or 2"));
        }
        if !samples.len().is_multiple_of(channels as usize) {
            return Err(FieldError::new(
                "samples",
                samples.len(),
                format!("a multiple of {channels} channels"),
            ));
        }
        if let Some(i) = samples.iter().position(|s| !s.is_finite()) {
            return Err(FieldError::new(
                format!("samples[{i}]"),
                samples[i],
                "a finite number",
            ));
        }
        Ok(Self {
            time,
            sample_rate_hz,
            channels,
            samples,
        })
    }

    /// Interleaved samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Samples per channel.
    pub fn len_frames(&self) -> usize {
        self.samples.len() / self.channels as usize
    }

    /// What lies before `time`, and what begins at or after it; `None` where there is nothing.
    pub fn split_at(self, time: MediaTime) -> (Option<Self>, Option<Self>) {
        let rate = i128::from(self.sample_rate_hz);
        let before = i128::from(time.since_ns(self.time)) * rate;
        let before = (before + 999_999_999).div_euclid(1_000_000_000);
        let all = self.len_frames();
        let frames = usize::try_from(before.max(0)).unwrap_or(all).min(all);
        if frames == 0 {
            return (None, Some(self));
        }
        if frames == all {
            return (Some(self), None);
        }
        let mut head = self;
        let tail = Self {
            time: head
                .time
                .plus_ns((frames as i128 * 1_000_000_000 / rate) as i64),
            samples: head.samples.split_off(frames * head.channels as usize),
            ..head
        };
        (Some(head), Some(tail))
    }

    /// Time of the first instant after the block.
    pub fn end(&self) -> MediaTime {
        let ns = self.len_frames() as i64 * 1_000_000_000 / i64::from(self.sample_rate_hz);
        self.time.plus_ns(ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_split_at_the_first_sample_that_is_not_before() {
        let block = || {
            let samples = (0..8).flat_map(|i| [i as f32, -(i as f32)]).collect();
            AudioBlock::new(MediaTime::from_ms(1), 8_000, 2, samples).unwrap()
        };
        let (head, tail) = block().split_at(MediaTime(1_300_000));
        let (head, tail) = (head.unwrap(), tail.unwrap());
        // Samples are 125 us apart: the third begins at 1.25 ms, the fourth at 1.375 ms.
        assert_eq!((head.len_frames(), tail.len_frames()), (3, 5));
        assert_eq!(
            (head.time, tail.time),
            (MediaTime::from_ms(1), MediaTime(1_375_000))
        );
        assert_eq!((head.samples()[5], tail.samples()[0]), (-2.0, 3.0));
        assert_eq!((head.channels, tail.channels), (2, 2));
        assert!(matches!(
            block().split_at(MediaTime::from_ms(1)),
            (None, Some(_))
        ));
        assert!(matches!(
            block().split_at(MediaTime::from_ms(2)),
            (Some(_), None)
        ));
        assert!(matches!(
            block().split_at(MediaTime(i64::MIN)),
            (None, Some(_))
        ));
        assert!(matches!(
            block().split_at(MediaTime(i64::MAX)),
            (Some(_), None)
        ));
    }

    #[test]
    fn audio_that_cannot_be_sound_is_refused() {
        let ok = AudioBlock::new(MediaTime::ZERO, 16_000, 1, vec![0.0; 160]).unwrap();
        assert_eq!(ok.end(), MediaTime::from_ms(10));
        for (rate, ch, s) in [
            (7_999, 1, vec![0.0]),
            (48_001, 1, vec![0.0]),
            (16_000, 3, vec![0.0; 3]),
            (16_000, 2, vec![0.0; 3]),
            (16_000, 1, vec![f32::NAN]),
            (16_000, 1, vec![f32::INFINITY]),
        ] {
            assert!(AudioBlock::new(MediaTime::ZERO, rate, ch, s).is_err());
        }
    }

    #[test]
    fn regions_lie_inside_the_picture() {
        let r = |x, y, width, height| {
            Region {
                x,
                y,
                width,
                height,
            }
            .validate()
        };
        assert!(r(0.0, 0.0, 1.0, 1.0).is_ok() && r(0.5, 0.5, 0.5, 0.5).is_ok());
        assert!(r(0.6, 0.0, 0.5, 1.0).is_err() && r(0.0, 0.0, 0.0, 1.0).is_err());
        assert!(r(f32::NAN, 0.0, 1.0, 1.0).is_err());
    }
}
