//! The media that a load repeats: ten seconds of a recording, as a platform would send them.

use super::Format;
use crate::cli::exit::{self, Failure, fail};
use anyhow::anyhow;
use liveproof::client::{LoadChunk, LoadPlan};
use liveproof::core::{
    AudioFormat, Frame, InterviewSpec, SessionId, TrackId, TrackKind, VideoFormat,
};
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof::decode::{encode_jpeg, even_size, h264_access_units, i420, scale_to_height};
use liveproof::ingest::events_file::{self, EventsFile};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Seconds of media that are repeated.
const PERIOD_S: u32 = 10;
/// Sound in one chunk, milliseconds.
const CHUNK_MS: u32 = 20;
/// JPEG quality and x264's rate factor of what is sent: usual ones of calls.
const JPEG_QUALITY: u8 = 85;
const CRF: u8 = 26;

/// What was read of the recording.
pub struct Clip {
    spec: InterviewSpec,
    camera: TrackId,
    frames: Vec<Frame>,
    /// Interleaved samples of each track, as many as a period has.
    sound: BTreeMap<TrackId, Vec<f32>>,
}

// === impl Clip ===

impl Clip {
    /// Reads the beginning of a recording with one candidate, by its events file if there is one.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let input = |e: anyhow::Error| fail(exit::INPUT, e.context(path.display().to_string()));
        let mut source =
            FileSource::open(path, &OpenOptions::default()).map_err(|e| input(e.into()))?;
        let events = match events_file::discover(path) {
            Some(beside) => events_file::load(&beside).map_err(|e| input(e.into()))?,
            None => EventsFile::default(),
        };
        let id = SessionId::parse("bench").map_err(|e| fail(exit::INTERNAL, e))?;
        let plan = events.apply(source.info(), id).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            input(anyhow!(faults.join("; ")))
        })?;
        let (_, camera) = plan.candidate().map_err(|e| input(e.into()))?;
        for s in &plan.selections {
            let selected = source.select(s.stream, s.track.clone(), s.region);
            selected.map_err(|e| input(e.into()))?;
        }
        let mut spec = plan.spec;
        spec.tracks
            .retain(|t| t.id == camera || t.kind() == TrackKind::Audio);
        let most_frames = (PERIOD_S * 30) as usize;
        let mut clip = Self {
            spec,
            camera,
            frames: Vec::new(),
            sound: BTreeMap::new(),
        };
        while clip.frames.len() < most_frames {
            match source.next().map_err(|e| input(e.into()))? {
                Some(Media::Frame { track, frame }) if track == clip.camera => {
                    clip.frames.push(frame);
                }
                Some(Media::Frame { .. }) => {}
                Some(Media::Audio { track, block }) => {
                    let samples = clip.sound.entry(track).or_default();
                    samples.extend_from_slice(block.samples());
                }
                None => break,
            }
        }
        if clip.frames.len() < 30 {
            let found = clip.frames.len();
            return Err(input(anyhow!(
                "found {found} pictures of the candidate, expected at least 30"
            )));
        }
        Ok(clip)
    }

    /// What an interview of this format sends. Pictures follow each other at the format's rate, whatever the
    /// recording's own; sound keeps its time.
    pub fn plan(&self, format: Format) -> Result<LoadPlan, Failure> {
        let internal = |e: anyhow::Error| fail(exit::INTERNAL, e);
        let (lines, fps) = format.shape();
        let count = (PERIOD_S * fps) as usize;
        let scaled = |f: &Frame| scale_to_height(f, lines).map_err(|e| internal(e.into()));
        let frames: Vec<Frame> = self
            .frames
            .iter()
            .cycle()
            .take(count)
            .map(scaled)
            .collect::<Result<_, _>>()?;
        let size = frames.first().map(|f| match format {
            Format::Jpeg5 => (f.width, f.height),
            _ => even_size(f),
        });
        let (kind, payloads, raw) = match format {
            Format::H264p720 | Format::H264p360 => {
                let units = h264_access_units(&frames, CRF).map_err(|e| internal(e.into()))?;
                (VideoFormat::H264AnnexB, units, None)
            }
            Format::I420p720 => {
                let raw: Result<Vec<_>, _> = frames.iter().map(i420).collect();
                (
                    VideoFormat::I420,
                    raw.map_err(|e| internal(e.into()))?,
                    size,
                )
            }
            Format::Jpeg5 => {
                let coded = frames.iter().map(|f| encode_jpeg(f, JPEG_QUALITY));
                let coded: Result<Vec<_>, _> = coded.collect();
                (
                    VideoFormat::Jpeg,
                    coded.map_err(|e| internal(e.into()))?,
                    None,
                )
            }
        };
        let mut chunks: Vec<LoadChunk> = payloads
            .into_iter()
            .enumerate()
            .map(|(i, payload)| LoadChunk {
                track: self.camera.clone(),
                at_us: i as i64 * 1_000_000 / i64::from(fps),
                payload: payload.into(),
                raw_size: raw,
            })
            .collect();
        let mut spec = self.spec.clone();
        for track in &mut spec.tracks {
            if let Some(video) = &mut track.video {
                video.format = kind;
                video.size = size;
                video.nominal_fps = Some(fps as f32);
                video.region = None;
            }
            if let Some(audio) = &mut track.audio {
                audio.format = AudioFormat::S16le;
                let of = self.sound.get(&track.id).map_or(&[][..], Vec::as_slice);
                sound(
                    &track.id,
                    of,
                    audio.sample_rate_hz,
                    audio.channels,
                    &mut chunks,
                );
            }
        }
        chunks.sort_by_key(|c| c.at_us);
        Ok(LoadPlan {
            spec,
            chunks: Arc::new(chunks),
            period_us: i64::from(PERIOD_S) * 1_000_000,
        })
    }
}

/// A track's sound in chunks of 16-bit samples; silence where the recording is shorter.
fn sound(
    track: &TrackId,
    samples: &[f32],
    rate_hz: u32,
    channels: u32,
    chunks: &mut Vec<LoadChunk>,
) {
    let step = (rate_hz * CHUNK_MS / 1_000 * channels) as usize;
    for i in 0..PERIOD_S * 1_000 / CHUNK_MS {
        let from = i as usize * step;
        let sample = |k: usize| samples.get(from + k).copied().unwrap_or_default();
        let bytes =
            (0..step).flat_map(|k| ((sample(k).clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes());
        chunks.push(LoadChunk {
            track: track.clone(),
            at_us: i64::from(i * CHUNK_MS) * 1_000,
            payload: bytes.collect::<Vec<_>>().into(),
            raw_size: None,
        });
    }
}
