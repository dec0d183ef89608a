//! One video stream: packets to upright RGB frames.

use super::{Counters, DecodeError, Media, OpenOptions, StreamInfo, open, to_ns};
use crate::core::{ColorMatrix, ColorRange, MediaTime, Region, TrackId, check_picture_size};
use crate::decode::convert::to_stored;
use crate::decode::picture::Orientation;
use ffmpeg_next as ff;
use std::collections::VecDeque;

pub(super) struct VideoLane {
    pub(super) index: usize,
    pub(super) counters: Counters,
    decoder: ff::decoder::Video,
    frame: ff::frame::Video,
    time_base: ff::Rational,
    zero_ns: i64,
    orientation: Orientation,
    max_pixels: u64,
    keyframes_only: bool,
    tracks: Vec<(TrackId, Option<Region>)>,
    /// Size of the latest picture as stored; a change raises the epoch.
    size: Option<(u32, u32)>,
    epoch: u32,
    last_duration_ns: i64,
}

impl VideoLane {
    pub(super) fn open(
        stream: &ff::Stream<'_>,
        info: &StreamInfo,
        options: &OpenOptions,
        zero_ns: i64,
    ) -> Result<Self, DecodeError> {
        let refuse = |e: ff::Error| DecodeError::NotDecodable {
            index: info.index,
            codec: info.codec.clone(),
            detail: e.to_string(),
        };
        let mut context =
            ff::codec::Context::from_parameters(stream.parameters()).map_err(refuse)?;
        let mut threading = ff::threading::Config::kind(ff::threading::Type::Frame);
        threading.count = options.video_threads.clamp(1, 16);
        context.set_threading(threading);
        let codec = ff::decoder::find(context.id()).ok_or(ff::Error::DecoderNotFound);
        let mut decoder = context.decoder();
        decoder.set_packet_time_base(stream.time_base());
        // Refused by the decoder itself before it takes memory for larger pictures.
        let mut limits = ff::Dictionary::new();
        limits.set("max_pixels", &options.max_pixels.to_string());
        let decoder = codec
            .and_then(|c| decoder.open_as_with(c, limits))
            .and_then(|d| d.video())
            .map_err(refuse)?;
        check_picture_size(decoder.width(), decoder.height(), options.max_pixels)
            .map_err(|e| e.within(&format!("stream {}", info.index)))?;
        Ok(Self {
            index: info.index,
            counters: Counters::default(),
            decoder,
            frame: ff::frame::Video::empty(),
            time_base: stream.time_base(),
            zero_ns,
            orientation: open::orientation_of(stream),
            max_pixels: options.max_pixels,
            keyframes_only: options.keyframes_only,
            tracks: Vec::new(),
            size: None,
            epoch: 0,
            last_duration_ns: 0,
        })
    }

    pub(super) fn add_track(&mut self, track: TrackId, region: Option<Region>) {
        self.tracks.push((track, region));
    }

    pub(super) fn submit(
        &mut self,
        packet: &ff::Packet,
        ready: &mut VecDeque<Media>,
    ) -> Result<(), DecodeError> {
        if self.keyframes_only && !packet.is_key() {
            return Ok(());
        }
        self.counters.packets += 1;
        if packet.is_corrupt() || self.decoder.send_packet(packet).is_err() {
            return self.counters.failed(self.index);
        }
        self.receive(ready)
    }

    pub(super) fn drain(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        if self.decoder.send_eof().is_err() {
            return Ok(()); // already drained
        }
        self.receive(ready)
    }

    fn receive(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        loop {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) if self.frame.is_corrupt() => self.counters.failed(self.index)?,
                Ok(()) => self.deliver(ready)?,
                Err(ff::Error::Eof) => return Ok(()),
                Err(ff::Error::Other { errno }) if errno == ff::error::EAGAIN => return Ok(()),
                Err(_) => return self.counters.failed(self.index),
            }
        }
    }

    fn deliver(&mut self, ready: &mut VecDeque<Media>) -> Result<(), DecodeError> {
        let Some(time) = self.time() else {
            self.counters.untimed += 1;
            return Ok(());
        };
        if !self.counters.rises(time, self.index)? {
            return Ok(());
        }
        let size = (self.frame.width(), self.frame.height());
        check_picture_size(size.0, size.1, self.max_pixels)
            .map_err(|e| e.within(&format!("stream {}", self.index)))?;
        if self.size.is_some_and(|s| s != size) {
            self.epoch += 1;
        }
        self.size = Some(size);
        let picture = std::mem::replace(&mut self.frame, ff::frame::Video::empty());
        let Ok(stored) = to_stored(picture, ColorRange::Auto, ColorMatrix::Auto) else {
            return self.counters.failed(self.index);
        };
        let upright = stored.upright(self.orientation);
        for (track, region) in &self.tracks {
            ready.push_back(Media::Frame {
                track: track.clone(),
                frame: upright.frame(region.as_ref(), time, self.epoch)?,
            });
        }
        Ok(())
    }

    /// Session time of the picture in `self.frame`; see the room's page for the order of trust.
    fn time(&mut self) -> Option<MediaTime> {
        let duration = to_ns(self.frame.packet().duration.max(0), self.time_base);
        let previous_duration = std::mem::replace(&mut self.last_duration_ns, duration);
        if let Some(pts) = self.frame.pts().or_else(|| self.frame.timestamp()) {
            let ns = to_ns(pts, self.time_base);
            return Some(MediaTime(ns.saturating_sub(self.zero_ns)).floor_us());
        }
        let last = self.counters.last?;
        (previous_duration > 0).then(|| last.plus_ns(previous_duration).floor_us())
    }
}
