//! Pictures and sound into an MP4 file: H.264 by libx264 and AAC, as a call's recording has them.

use super::DecodeError;
use super::chain::to_yuv;
use crate::core::{AudioBlock, Frame};
use ff::format::sample::{Sample, Type};
use ffmpeg_next as ff;
use std::path::Path;

/// Pictures between key pictures.
const KEY_INTERVAL: u32 = 50;
/// Time stamps of pictures are microseconds.
const PICTURE_TIME_BASE: ff::Rational = ff::Rational(1, 1_000_000);
/// How long a picture is shown that nothing follows, microseconds.
const FIRST_LASTS_US: i64 = 40_000;
/// Sound that begins within this share of a second of the end of the block before follows it directly (2 ms).
const CONTIGUOUS: i64 = 500;
/// Bits a second of AAC for each channel.
const AUDIO_BITS: usize = 96_000;

/// Why a recording could not be written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// This FFmpeg was built without it.
    #[error("this FFmpeg has no {0} encoder")]
    NoEncoder(&'static str),
    /// The file, an encoder or the container.
    #[error("cannot write the recording: {0}")]
    Io(String),
    /// A stream that does not take this.
    #[error("stream {0}: not of this kind or size")]
    Kind(usize),
    /// A picture that cannot be converted.
    #[error(transparent)]
    Picture(#[from] DecodeError),
}

impl From<ff::Error> for WriteError {
    fn from(e: ff::Error) -> Self {
        Self::Io(e.to_string())
    }
}

/// One stream of a recording to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamSpec {
    /// Pictures of one size; both sides even.
    Video {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// x264's rate factor, 0 to 51, higher is coarser.
        crf: u8,
    },
    /// Sound.
    Audio {
        /// Samples per second and channel.
        sample_rate_hz: u32,
        /// 1 or 2.
        channels: u32,
    },
}

/// A recording that is being written. One thread and no clock: the same media gives the same bytes.
pub struct RecordingWriter {
    output: ff::format::context::Output,
    lanes: Vec<Lane>,
}

enum Lane {
    Video {
        encoder: ff::encoder::video::Encoder,
        size: (u32, u32),
        /// Time of the latest picture and its distance from the one before, microseconds.
        latest: Option<(i64, i64)>,
    },
    Audio(AudioLane),
}

struct AudioLane {
    encoder: ff::encoder::audio::Encoder,
    rate_hz: u32,
    channels: usize,
    /// Interleaved samples that no packet holds yet.
    waiting: Vec<f32>,
    /// Number of the first of them since the session's zero; `None` before the first block.
    first: Option<i64>,
}

// === impl RecordingWriter ===

impl RecordingWriter {
    /// Begins a file. `comment` goes into its metadata.
    ///
    /// # Errors
    /// [`WriteError::NoEncoder`] without libx264 or AAC, [`WriteError::Io`] otherwise.
    pub fn create(path: &Path, streams: &[StreamSpec], comment: &str) -> Result<Self, WriteError> {
        super::file::init()?;
        let url = path
            .to_str()
            .map(|p| format!("file:{p}"))
            .ok_or_else(|| WriteError::Io("its path is not valid UTF-8".into()))?;
        let mut output = ff::format::output_as(&url, "mp4")?;
        let mut lanes = Vec::new();
        for spec in streams {
            let (lane, time_base) = match *spec {
                StreamSpec::Video { width, height, crf } => {
                    let encoder = video_encoder(width, height, crf, true)?;
                    output.add_stream_with(&encoder)?;
                    let lane = Lane::Video {
                        encoder,
                        size: (width, height),
                        latest: None,
                    };
                    (lane, PICTURE_TIME_BASE)
                }
                StreamSpec::Audio {
                    sample_rate_hz,
                    channels,
                } => {
                    let encoder = audio_encoder(sample_rate_hz, channels)?;
                    output.add_stream_with(&encoder)?;
                    let lane = AudioLane {
                        encoder,
                        rate_hz: sample_rate_hz,
                        channels: channels as usize,
                        waiting: Vec::new(),
                        first: None,
                    };
                    let time_base = ff::Rational(1, sample_rate_hz as i32);
                    (Lane::Audio(lane), time_base)
                }
            };
            if let Some(mut stream) = output.stream_mut(lanes.len()) {
                stream.set_time_base(time_base);
            }
            lanes.push(lane);
        }
        let mut metadata = ff::Dictionary::new();
        metadata.set("comment", comment);
        output.set_metadata(metadata);
        output.write_header()?;
        Ok(Self { output, lanes })
    }

    /// Writes a picture of stream `index`. Times rise.
    ///
    /// # Errors
    /// [`WriteError::Kind`] for a stream of sound or another size, [`WriteError::Io`].
    pub fn frame(&mut self, index: usize, frame: &Frame) -> Result<(), WriteError> {
        let Some(Lane::Video {
            encoder,
            size,
            latest,
        }) = self.lanes.get_mut(index)
        else {
            return Err(WriteError::Kind(index));
        };
        if (frame.width, frame.height) != *size {
            return Err(WriteError::Kind(index));
        }
        let picture = to_yuv(frame, size.0, size.1)?;
        encoder.send_frame(&picture)?;
        let at = frame.time.as_us();
        let lasts = latest.map_or(FIRST_LASTS_US, |(t, _)| (at - t).max(1));
        *latest = Some((at, lasts));
        let base = PICTURE_TIME_BASE;
        drain(encoder, index, base, Some(lasts), &mut self.output)
    }

    /// Writes sound of stream `index`. What is missing between two blocks becomes silence.
    ///
    /// # Errors
    /// [`WriteError::Kind`] for a stream of pictures, another rate or number of channels, [`WriteError::Io`].
    pub fn sound(&mut self, index: usize, block: &AudioBlock) -> Result<(), WriteError> {
        let Some(Lane::Audio(lane)) = self.lanes.get_mut(index) else {
            return Err(WriteError::Kind(index));
        };
        if (block.sample_rate_hz, block.channels as usize) != (lane.rate_hz, lane.channels) {
            return Err(WriteError::Kind(index));
        }
        lane.take(block);
        lane.encode(index, false, &mut self.output)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            match lane {
                Lane::Video {
                    encoder, latest, ..
                } => {
                    encoder.send_eof()?;
                    let lasts = latest.map(|(_, lasts)| lasts);
                    drain(encoder, index, PICTURE_TIME_BASE, lasts, &mut self.output)?;
                }
                Lane::Audio(lane) => {
                    lane.encode(index, true, &mut self.output)?;
                    lane.encoder.send_eof()?;
                    let base = lane.time_base();
                    drain(&mut lane.encoder, index, base, None, &mut self.output)?;
                }
            }
        }
        Ok(self.output.write_trailer()?)
    }
}

impl std::fmt::Debug for RecordingWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingWriter")
            .field("streams", &self.lanes.len())
            .finish_non_exhaustive()
    }
}

// === impl AudioLane ===

impl AudioLane {
    fn time_base(&self) -> ff::Rational {
        ff::Rational(1, self.rate_hz as i32)
    }

    /// Puts a block where its time says.
    fn take(&mut self, block: &AudioBlock) {
        let rate = i64::from(self.rate_hz);
        let at = (i128::from(block.time.as_us()) * i128::from(rate) / 1_000_000) as i64;
        let first = *self.first.get_or_insert(at);
        let next = first + (self.waiting.len() / self.channels) as i64;
        let (gap, contiguous) = (at - next, rate / CONTIGUOUS);
        let mut samples = block.samples();
        if gap > contiguous {
            let missing = gap as usize * self.channels;
            self.waiting.resize(self.waiting.len() + missing, 0.0);
        } else if gap < -contiguous {
            let again = gap.unsigned_abs() as usize * self.channels;
            samples = samples.get(again..).unwrap_or_default();
        }
        self.waiting.extend_from_slice(samples);
    }

    /// Encodes whole packets, or everything.
    fn encode(
        &mut self,
        index: usize,
        everything: bool,
        output: &mut ff::format::context::Output,
    ) -> Result<(), WriteError> {
        let packet = (self.encoder.frame_size() as usize).max(1);
        let (base, layout) = (self.time_base(), layout(self.channels));
        loop {
            let ready = self.waiting.len() / self.channels;
            let n = match everything {
                true => ready.min(packet),
                false if ready >= packet => packet,
                false => 0,
            };
            let (Some(first), true) = (self.first, n > 0) else {
                return Ok(());
            };
            let mut frame = ff::frame::Audio::new(Sample::F32(Type::Planar), n, layout);
            frame.set_rate(self.rate_hz);
            frame.set_pts(Some(first));
            for channel in 0..self.channels {
                let from = self.waiting.iter().skip(channel).step_by(self.channels);
                let plane = frame.plane_mut::<f32>(channel);
                for (to, from) in plane.iter_mut().zip(from) {
                    *to = from.clamp(-1.0, 1.0);
                }
            }
            self.waiting.drain(..n * self.channels);
            self.first = Some(first + n as i64);
            self.encoder.send_frame(&frame)?;
            drain(&mut self.encoder, index, base, None, output)?;
        }
    }
}

fn layout(channels: usize) -> ff::ChannelLayout {
    match channels {
        1 => ff::ChannelLayout::MONO,
        _ => ff::ChannelLayout::STEREO,
    }
}

/// H.264 without pictures that wait for later ones. Parameter sets go into the container's header, or with
/// `in_file` false before each keyframe.
pub(super) fn video_encoder(
    width: u32,
    height: u32,
    crf: u8,
    in_file: bool,
) -> Result<ff::encoder::video::Encoder, WriteError> {
    let codec =
        ff::encoder::find_by_name("libx264").ok_or(WriteError::NoEncoder("H.264 (libx264)"))?;
    let mut video = ff::codec::Context::new_with_codec(codec)
        .encoder()
        .video()?;
    video.set_width(width);
    video.set_height(height);
    video.set_format(ff::format::Pixel::YUV420P);
    video.set_time_base(PICTURE_TIME_BASE);
    video.set_gop(KEY_INTERVAL);
    video.set_max_b_frames(0);
    // What `to_yuv` makes.
    video.set_colorspace(ff::color::Space::BT709);
    video.set_color_range(ff::color::Range::MPEG);
    if in_file {
        video.set_flags(ff::codec::Flags::GLOBAL_HEADER);
    }
    let mut options = ff::Dictionary::new();
    options.set("preset", "veryfast");
    options.set("crf", &crf.to_string());
    // One thread: the same pictures on every machine.
    options.set("threads", "1");
    Ok(video.open_with(options)?)
}

fn audio_encoder(rate_hz: u32, channels: u32) -> Result<ff::encoder::audio::Encoder, WriteError> {
    let codec = ff::encoder::find_by_name("aac").ok_or(WriteError::NoEncoder("AAC"))?;
    let mut audio = ff::codec::Context::new_with_codec(codec)
        .encoder()
        .audio()?;
    audio.set_rate(rate_hz as i32);
    audio.set_channel_layout(layout(channels as usize));
    audio.set_format(Sample::F32(Type::Planar));
    audio.set_time_base(ff::Rational(1, rate_hz as i32));
    audio.set_bit_rate(AUDIO_BITS * channels as usize);
    audio.set_flags(ff::codec::Flags::GLOBAL_HEADER | ff::codec::Flags::BITEXACT);
    Ok(audio.open()?)
}

/// Moves packets to the file. `lasts`: how long a picture is shown, in `time_base`; without it the container
/// takes the last picture to last no time, and players leave it out.
fn drain(
    encoder: &mut ff::encoder::Encoder,
    index: usize,
    time_base: ff::Rational,
    lasts: Option<i64>,
    output: &mut ff::format::context::Output,
) -> Result<(), WriteError> {
    let stream = output.stream(index).ok_or(WriteError::Kind(index))?;
    let into = stream.time_base();
    let mut packet = ff::Packet::empty();
    while encoder.receive_packet(&mut packet).is_ok() {
        packet.set_stream(index);
        if let Some(lasts) = lasts {
            packet.set_duration(lasts);
        }
        packet.rescale_ts(time_base, into);
        packet.write_interleaved(output)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{MediaTime, TrackId, TrackKind};
    use crate::decode::file::{FileSource, Media, OpenOptions};

    const RATE: u32 = 16_000;

    fn picture(i: i64) -> Frame {
        let rgb = (0..64 * 48 * 3).map(|p| ((p * 7 + i as usize * 3) % 200) as u8);
        let time = MediaTime::from_ms(100 + i * 40);
        Frame::new(time, 0, 64, 48, rgb.collect::<Vec<_>>()).unwrap()
    }

    /// 100 ms of a tone that goes on from block to block.
    fn tone(i: i64) -> AudioBlock {
        let n = RATE as usize / 10;
        let at = |s: usize| ((i as usize * n + s) as f32 * 0.05).sin() * 0.5;
        let time = MediaTime::from_ms(i * 100);
        AudioBlock::new(time, RATE, 1, (0..n).map(at).collect()).unwrap()
    }

    fn written(path: &Path, sound: impl Fn(i64) -> bool) {
        let video = StreamSpec::Video {
            width: 64,
            height: 48,
            crf: 10,
        };
        let audio = StreamSpec::Audio {
            sample_rate_hz: RATE,
            channels: 1,
        };
        let mut writer = RecordingWriter::create(path, &[video, audio], "a test").unwrap();
        for i in 0..20 {
            if sound(i) {
                writer.sound(1, &tone(i)).unwrap();
            }
            writer.frame(0, &picture(i)).unwrap();
        }
        assert!(matches!(
            writer.frame(1, &picture(20)),
            Err(WriteError::Kind(1))
        ));
        assert!(matches!(
            writer.sound(0, &tone(20)),
            Err(WriteError::Kind(0))
        ));
        writer.finish().unwrap();
    }

    fn read(path: &Path) -> (Vec<Frame>, Vec<f32>) {
        let mut source = FileSource::open(path, &OpenOptions::default()).unwrap();
        for kind in [TrackKind::Video, TrackKind::Audio] {
            let index = source.info().first(kind).unwrap().index;
            let track = TrackId::parse(&format!("t{index}")).unwrap();
            source.select(index, track, None).unwrap();
        }
        let (mut frames, mut sound) = (Vec::new(), Vec::new());
        while let Some(media) = source.next().unwrap() {
            match media {
                Media::Frame { frame, .. } => frames.push(frame),
                Media::Audio { block, .. } => {
                    let at = (block.time.as_us() * i64::from(RATE) / 1_000_000) as usize;
                    sound.resize(at.max(sound.len()), 0.0);
                    sound.truncate(at);
                    sound.extend_from_slice(block.samples());
                }
            }
        }
        (frames, sound)
    }

    #[test]
    fn what_is_written_reads_the_same_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        written(&path, |_| true);
        let (frames, sound) = read(&path);
        assert_eq!(frames.len(), 20);
        for (i, frame) in frames.iter().enumerate() {
            assert_eq!(frame.time, picture(i as i64).time);
        }
        let expected: Vec<f32> = (0..20).flat_map(|i| tone(i).samples().to_vec()).collect();
        assert!(sound.len() >= expected.len(), "{}", sound.len());
        let error: f32 = expected
            .iter()
            .zip(&sound)
            .map(|(a, b)| (a - b).abs())
            .sum();
        let mean = error / expected.len() as f32;
        assert!(mean < 0.02, "sound is shifted or spoilt: {mean}");
        let again = folder.path().join("b.mp4");
        written(&again, |_| true);
        assert_eq!(
            std::fs::read(&path).unwrap(),
            std::fs::read(&again).unwrap()
        );
    }

    #[test]
    fn missing_sound_is_silence_and_shifts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gap.mp4");
        written(&path, |i| !(8..12).contains(&i));
        let (_, sound) = read(&path);
        let level = |ms: usize| {
            let part = &sound[ms * 16..(ms + 50) * 16];
            part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32
        };
        assert!(level(900) < 1e-4 && level(1_300) > 0.05 && level(700) > 0.05);
    }
}
