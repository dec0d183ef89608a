//! One audio stream: packets to interleaved floats, at most stereo, 8 to 48 kHz.

use super::{Counters, DecodeError, Media, StreamInfo, to_ns};
use crate::core::{AudioBlock, FieldError, MediaTime, Region, TrackId};
use crate::decode::pcm::{Pcm, interleave};
use ff::format::Sample;
use ff::format::sample::Type as Packing;
use ff::software::resampling;
use ffmpeg_next as ff;
use std::collections::VecDeque;

/// A block that starts within this of the end of the one before follows it directly.
const CONTIGUOUS_NS: i64 = 2_000_000;
/// Highest rate that is resampled: 768 kHz, twice that of any recorder.
const MAX_SOURCE_HZ: u32 = 768_000;
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=48_000;

pub(super) struct AudioLane {
    pub(super) index: usize,
    pub(super) counters: Counters,
    decoder: ff::decoder::Audio,
    frame: ff::frame::Audio,
    time_base: ff::Rational,
    zero_ns: i64,
    tracks: Vec<TrackId>,
    mixer: Option<Mixer>,
    /// End of the latest block.
    end: Option<MediaTime>,
}

/// Downmix and rate conversion; made anew when the stream's format changes.
struct Mixer {
    /// Rate and channels that come in.
    source: (u32, u32),
    context: resampling::Context,
    layout: ff::ChannelLayout,
    /// Rate and channels that go out.
    target: (u32, u32),
}

impl AudioLane {
    pub(super) fn open(
        stream: &ff::Stream<'_>,
        info: &StreamInfo,
        zero_ns: i64,
    ) -> Result<Self, DecodeError> {
        let refuse = |e: ff::Error| DecodeError::NotDecodable {
            index: info.index,
            codec: info.codec.clone(),
            detail: e.to_string(),
        };
        let mut decoder = ff::codec::Context::from_parameters(stream.parameters())
            .map_err(refuse)?
            .decoder();
        // Without it the decoder cannot shift PTS by the priming samples that it drops.
        decoder.set_packet_time_base(stream.time_base());
        Ok(Self {
            index: info.index,
            counters: Counters::default(),
            decoder: decoder.audio().map_err(refuse)?,
            frame: ff::frame::Audio::empty(),
            time_base: stream.time_base(),
            zero_ns,
            tracks: Vec::new(),
            mixer: None,
            end: None,
        })
    }

    pub(super) fn add_track(
        &mut self,
        track: TrackId,
        region: Option<Region>,
    ) -> Result<(), DecodeError> {
        if region.is_some() {
            return Err(FieldError::new("region", "a region", "none, for a sound stream").into());
        }
        self.tracks.push(track);
        Ok(())
    }

    pub(super) fn submit(
        &mut self,
        packet: &ff::Packet,
        ready: &mut VecDeque<Media>,
    ) -> Result<(), DecodeError> {
        self.counters.packets += 1;
        if packet.is_corrupt() || self.decoder.send_packet(packet).is_err() {
            return self.counters.failed(self.index);
        }
        self.receive(ready)
    }

    pub(super) fn drain(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        if self.decoder.send_eof().is_ok() {
            self.receive(ready)?;
        }
        let Some(mixer) = &mut self.mixer else {
            return Ok(());
        };
        if let Some(tail) = mixer.flush() {
            self.deliver(tail, None, ready)?;
        }
        Ok(())
    }

    fn receive(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => self.convert(ready)?,
                Err(ff::Error::Eof) => return Ok(()),
                Err(ff::Error::Other { errno }) if errno == ff::error::EAGAIN => return Ok(()),
                Err(_) => return self.counters.failed(self.index),
            }
        }
    }

    fn convert(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        let mut start = self
            .frame
            .pts()
            .or_else(|| self.frame.timestamp())
            .map(|pts| MediaTime(to_ns(pts, self.time_base).saturating_sub(self.zero_ns)));
        let Some(mut pcm) = interleave(&self.frame) else {
            return self.counters.failed(self.index);
        };
        if pcm.channels > 2 || !RATES_HZ.contains(&pcm.rate) {
            let Some((mixed, delay_ns)) = self.mix(pcm) else {
                return self.counters.failed(self.index);
            };
            pcm = mixed;
            start = start.map(|t| t.plus_ns(-delay_ns));
        }
        self.deliver(pcm, start, ready)
    }

    /// Downmixes and resamples; also says how far before the input's start the output starts.
    fn mix(&mut self, pcm: Pcm) -> Option<(Pcm, i64)> {
        let source = (pcm.rate, pcm.channels);
        if self.mixer.as_ref().is_none_or(|m| m.source != source) {
            self.mixer = Mixer::new(source, self.frame.channel_layout());
        }
        self.mixer.as_mut()?.run(&pcm)
    }

    fn deliver(
        &mut self,
        mut pcm: Pcm,
        start: Option<MediaTime>,
        ready: &mut VecDeque<Media>,
    ) -> Result<(), DecodeError> {
        let mut time = match (start, self.end) {
            (Some(t), Some(end)) if t.since_ns(end).abs() <= CONTIGUOUS_NS => end,
            (Some(t), _) => t,
            (None, Some(end)) => end,
            (None, None) => {
                self.counters.untimed += 1;
                return Ok(());
            }
        };
        if time < MediaTime::ZERO {
            cut_before_zero(&mut pcm, &mut time);
        }
        if pcm.samples.is_empty() {
            return Ok(());
        }
        if !self.counters.rises(time, self.index)? {
            return Ok(());
        }
        for s in &mut pcm.samples {
            // A decoder fed with damaged bytes may give anything; silence is the neutral value.
            if !s.is_finite() {
                *s = 0.0;
            }
        }
        let mut block = AudioBlock::new(time, pcm.rate, pcm.channels, pcm.samples)?;
        // Chained exactly, so that rounding does not add up.
        self.end = Some(block.end());
        block.time = time.floor_us();
        if let Some((last, others)) = self.tracks.split_last() {
            for track in others {
                ready.push_back(Media::Audio {
                    track: track.clone(),
                    block: block.clone(),
                });
            }
            ready.push_back(Media::Audio {
                track: last.clone(),
                block,
            });
        }
        Ok(())
    }
}

/// Drops the samples before the session's zero: what a codec's priming left there.
fn cut_before_zero(pcm: &mut Pcm, time: &mut MediaTime) {
    let rate = i128::from(pcm.rate);
    let before = (-i128::from(time.0) * rate + 999_999_999) / 1_000_000_000;
    let frames = pcm.samples.len() / pcm.channels as usize;
    let cut = usize::try_from(before).unwrap_or(usize::MAX).min(frames);
    pcm.samples.drain(..cut * pcm.channels as usize);
    *time = time.plus_ns(cut as i64 * 1_000_000_000 / i64::from(pcm.rate));
    if *time < MediaTime::ZERO && !pcm.samples.is_empty() {
        *time = MediaTime::ZERO;
    }
}

// === impl Mixer ===

impl Mixer {
    fn new(source: (u32, u32), stated: ff::ChannelLayout) -> Option<Self> {
        let (rate, channels) = source;
        // libswresample refuses such rates, and ffmpeg-next then keeps what it had taken (found by fuzzing).
        if rate > MAX_SOURCE_HZ {
            return None;
        }
        let layout = if stated.channels() == channels as i32 {
            stated
        } else {
            ff::ChannelLayout::default(channels as i32)
        };
        if layout.channels() != channels as i32 {
            return None; // no layout has this many channels
        }
        let target = (
            rate.clamp(*RATES_HZ.start(), *RATES_HZ.end()),
            channels.min(2),
        );
        let context = resampling::Context::get(
            Sample::F32(Packing::Packed),
            layout,
            rate,
            Sample::F32(Packing::Packed),
            ff::ChannelLayout::default(target.1 as i32),
            target.0,
        )
        .ok()?;
        Some(Self {
            source,
            context,
            layout,
            target,
        })
    }

    fn run(&mut self, pcm: &Pcm) -> Option<(Pcm, i64)> {
        // Input samples that the filter still holds come out first.
        let held = self.context.delay().map_or(0, |d| d.input);
        let delay_ns = held.saturating_mul(1_000_000_000) / i64::from(self.source.0);
        let n = pcm.samples.len() / pcm.channels as usize;
        let mut input = ff::frame::Audio::new(Sample::F32(Packing::Packed), n, self.layout);
        input.set_rate(pcm.rate);
        let bytes = input.data_mut(0);
        for (to, from) in bytes.chunks_exact_mut(4).zip(&pcm.samples) {
            to.copy_from_slice(&from.to_ne_bytes());
        }
        let room = (n as u64 * u64::from(self.target.0)).div_ceil(u64::from(self.source.0)) + 256;
        let mut out = self.empty_output(room as usize);
        self.context.run(&input, &mut out).ok()?;
        Some((self.collect(&out), delay_ns))
    }

    fn flush(&mut self) -> Option<Pcm> {
        self.context.delay()?;
        let mut out = self.empty_output(4096);
        self.context.flush(&mut out).ok()?;
        Some(self.collect(&out))
    }

    fn empty_output(&self, samples: usize) -> ff::frame::Audio {
        let layout = ff::ChannelLayout::default(self.target.1 as i32);
        ff::frame::Audio::new(Sample::F32(Packing::Packed), samples, layout)
    }

    fn collect(&self, out: &ff::frame::Audio) -> Pcm {
        let n = out.samples() * self.target.1 as usize;
        let samples = out
            .data(0)
            .chunks_exact(4)
            .take(n)
            .map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Pcm {
            rate: self.target.0,
            channels: self.target.1,
            samples,
        }
    }
}
