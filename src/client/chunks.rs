//! The reading thread: a recording and its events in the order in which they are sent.

use crate::core::{AudioBlock, ControlEvent, FieldError, Frame, MediaTime, Span, TrackId};
use crate::decode::encode_jpeg;
use crate::decode::file::{FileSource, FileStats, Media};
use crate::ingest::events_file::{Plan, Selection};
use prost::bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::mpsc;

/// Shortest sound that is sent by itself, milliseconds: the protocol's 10 ms.
const MIN_AUDIO_MS: usize = 10;
/// Longest sound in one chunk, milliseconds: below the protocol's 3 s.
const MAX_AUDIO_MS: usize = 1_000;
/// Blocks this close follow each other, nanoseconds; the file source chains them so.
const CONTIGUOUS_NS: i64 = 2_000_000;

/// What is sent next.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A control event.
    Event(ControlEvent),
    /// A picture or sound.
    Media {
        track: TrackId,
        time: MediaTime,
        payload: Payload,
    },
    /// A picture of the reference, which has a time of its own.
    Reference {
        track: TrackId,
        time: MediaTime,
        payload: Payload,
    },
    /// The end of the recording, and why.
    End(String),
}

/// The bytes of a picture or of sound.
#[derive(Debug)]
pub(super) enum Payload {
    /// Packed RGB rows.
    Rgb {
        width: u32,
        height: u32,
        bytes: Bytes,
    },
    /// A whole JPEG, or samples.
    Whole(Bytes),
}

impl Outgoing {
    /// When it is due, in the recording's own time.
    pub(super) fn time(&self) -> Option<MediaTime> {
        match self {
            Self::Event(event) => Some(event.time),
            Self::Media { time, .. } => Some(*time),
            // What is known before the interview is sent before it.
            Self::Reference { .. } | Self::End(_) => None,
        }
    }
}

/// A recording that is sent as reference, before everything else.
pub(super) struct ReferenceFile {
    pub(super) source: FileSource,
    /// The track that it is sent on.
    pub(super) track: TrackId,
    /// The stretch of it that was verified; `None` = all of it.
    pub(super) stretch: Option<Span>,
}

/// See the module.
pub(super) struct Reader {
    reference: Option<ReferenceFile>,
    source: FileSource,
    selections: Vec<Selection>,
    events: VecDeque<ControlEvent>,
    jpeg: Option<u8>,
    /// The latest sound of each track, held back so that a rest too short to be sent by itself can
    /// join it.
    held: BTreeMap<TrackId, AudioBlock>,
}

impl Reader {
    pub(super) fn new(
        source: FileSource,
        plan: &Plan,
        reference: Option<ReferenceFile>,
        jpeg: Option<u8>,
    ) -> Self {
        Self {
            reference,
            source,
            selections: plan.selections.clone(),
            events: plan.events.clone().into(),
            jpeg,
            held: BTreeMap::new(),
        }
    }

    /// Reads to the end, or until nobody listens.
    pub(super) fn run(mut self, to: &mpsc::Sender<Outgoing>) -> FileStats {
        let mut reason = "end of the recording".to_owned();
        if let Some(reference) = self.reference.take()
            && !self.refer(reference, to)
        {
            return self.source.stats();
        }
        loop {
            match self.step() {
                Ok(Some(out)) => {
                    for next in out {
                        if to.blocking_send(next).is_err() {
                            return self.source.stats();
                        }
                    }
                }
                Ok(None) => break,
                Err(why) => {
                    reason = format!("the recording could not be read to its end: {why}");
                    break;
                }
            }
        }
        let sound = self.rest();
        let events = std::mem::take(&mut self.events).into_iter();
        let rest = sound.into_iter().chain(events.map(Outgoing::Event));
        for next in rest.chain([Outgoing::End(reason)]) {
            if to.blocking_send(next).is_err() {
                break;
            }
        }
        self.source.stats()
    }

    /// Sends the reference; false when nobody listens. One that cannot be read to its end is as good
    /// as what was read of it.
    fn refer(&self, mut reference: ReferenceFile, to: &mpsc::Sender<Outgoing>) -> bool {
        loop {
            let frame = match reference.source.next() {
                Ok(Some(Media::Frame { frame, .. })) => frame,
                Ok(Some(Media::Audio { .. })) => continue,
                Ok(None) => return true,
                Err(error) => {
                    tracing::warn!(%error, "the reference could not be read to its end");
                    return true;
                }
            };
            match reference.stretch {
                Some(s) if frame.time >= s.end => return true,
                Some(s) if frame.time < s.start => continue,
                _ => {}
            }
            let payload = match self.picture(&frame) {
                Ok(payload) => payload,
                Err(error) => {
                    tracing::warn!(%error, "a picture of the reference is not sent");
                    continue;
                }
            };
            let next = Outgoing::Reference {
                track: reference.track.clone(),
                time: frame.time,
                payload,
            };
            if to.blocking_send(next).is_err() {
                return false;
            }
        }
    }

    fn step(&mut self) -> Result<Option<Vec<Outgoing>>, String> {
        for s in std::mem::take(&mut self.selections) {
            let selected = self.source.select(s.stream, s.track, s.region);
            selected.map_err(|e| e.to_string())?;
        }
        let Some(media) = self.source.next().map_err(|e| e.to_string())? else {
            return Ok(None);
        };
        let mut out = Vec::new();
        // An event goes out before the first media at or after its time.
        while self.events.front().is_some_and(|e| e.time <= media.time()) {
            out.extend(self.events.pop_front().map(Outgoing::Event));
        }
        match media {
            Media::Frame { track, frame } => out.push(Outgoing::Media {
                track,
                time: frame.time,
                payload: self.picture(&frame)?,
            }),
            Media::Audio { track, block } => self
                .sound(track, block, &mut out)
                .map_err(|e| e.to_string())?,
        }
        Ok(Some(out))
    }

    fn sound(
        &mut self,
        track: TrackId,
        mut block: AudioBlock,
        out: &mut Vec<Outgoing>,
    ) -> Result<(), FieldError> {
        let mut joined = false;
        if let Some(held) = self.held.remove(&track) {
            if (is_short(&held) || is_short(&block)) && follows(&held, &block) {
                block = join(&held, &block)?;
                joined = true;
            } else {
                send(&track, &held, out)?;
            }
        }
        let (frames, least) = (block.len_frames(), least_frames(&block));
        if joined && frames >= 2 * least {
            // Sound that comes in crumbs: all but a chunk's worth may go.
            send(&track, &part(&block, 0, frames - least)?, out)?;
            block = part(&block, frames - least, frames)?;
        }
        self.held.insert(track, block);
        Ok(())
    }

    /// What is still held back, at the end of the recording.
    fn rest(&mut self) -> Vec<Outgoing> {
        let mut out = Vec::new();
        for (track, block) in std::mem::take(&mut self.held) {
            if let Err(error) = send(&track, &block, &mut out) {
                tracing::warn!(%track, %error, "the end of the sound is not sent");
            }
        }
        out
    }

    fn picture(&self, frame: &Frame) -> Result<Payload, String> {
        match self.jpeg {
            Some(quality) => {
                let jpeg = encode_jpeg(frame, quality).map_err(|e| e.to_string())?;
                Ok(Payload::Whole(jpeg.into()))
            }
            None => Ok(Payload::Rgb {
                width: frame.width,
                height: frame.height,
                bytes: Bytes::copy_from_slice(frame.rgb()),
            }),
        }
    }
}

fn least_frames(block: &AudioBlock) -> usize {
    (block.sample_rate_hz as usize * MIN_AUDIO_MS).div_ceil(1_000)
}

fn is_short(block: &AudioBlock) -> bool {
    block.len_frames() < least_frames(block)
}

fn follows(first: &AudioBlock, second: &AudioBlock) -> bool {
    let same = (first.sample_rate_hz, first.channels) == (second.sample_rate_hz, second.channels);
    same && second.time.since_ns(first.end()).abs() <= CONTIGUOUS_NS
}

/// The samples per channel `from..to` of a block.
fn part(block: &AudioBlock, from: usize, to: usize) -> Result<AudioBlock, FieldError> {
    let channels = block.channels as usize;
    let samples = block.samples().get(from * channels..to * channels);
    let ns = from as i64 * 1_000_000_000 / i64::from(block.sample_rate_hz);
    AudioBlock::new(
        block.time.plus_ns(ns),
        block.sample_rate_hz,
        block.channels,
        samples.unwrap_or_default().to_vec(),
    )
}

/// A block in equal pieces that the protocol takes.
fn send(track: &TrackId, block: &AudioBlock, out: &mut Vec<Outgoing>) -> Result<(), FieldError> {
    let frames = block.len_frames();
    let most = (block.sample_rate_hz as usize * MAX_AUDIO_MS / 1_000).max(1);
    let step = frames.div_ceil(frames.div_ceil(most).max(1)).max(1);
    for from in (0..frames).step_by(step) {
        let piece = part(block, from, (from + step).min(frames))?;
        out.push(Outgoing::Media {
            track: track.clone(),
            time: piece.time,
            payload: Payload::Whole(samples(&piece)),
        });
    }
    Ok(())
}

/// Two blocks that follow each other as one.
fn join(first: &AudioBlock, second: &AudioBlock) -> Result<AudioBlock, FieldError> {
    let mut both = first.samples().to_vec();
    both.extend_from_slice(second.samples());
    AudioBlock::new(first.time, first.sample_rate_hz, first.channels, both)
}

fn samples(block: &AudioBlock) -> Bytes {
    let bytes: Vec<u8> = block
        .samples()
        .iter()
        .flat_map(|s| s.to_le_bytes())
        .collect();
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(from: usize, frames: usize) -> AudioBlock {
        let time = MediaTime(from as i64 * 1_000_000_000 / 8_000);
        let samples = (from..from + frames).map(|i| i as f32).collect();
        AudioBlock::new(time, 8_000, 1, samples).unwrap()
    }

    /// Sends blocks of these lengths through a reader; gives the lengths that come out.
    fn chunks(lengths: &[usize]) -> Vec<usize> {
        let demo =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/media/small.mov");
        let source = FileSource::open(&demo, &Default::default()).unwrap();
        let mut reader = Reader {
            reference: None,
            source,
            selections: Vec::new(),
            events: VecDeque::new(),
            jpeg: None,
            held: BTreeMap::new(),
        };
        let track = TrackId::parse("a").unwrap();
        let (mut out, mut at) = (Vec::new(), 0);
        for n in lengths {
            reader
                .sound(track.clone(), block(at, *n), &mut out)
                .unwrap();
            at += n;
        }
        out.append(&mut reader.rest());
        let mut next = 0.0;
        out.iter()
            .map(|o| {
                let Outgoing::Media {
                    time,
                    payload: Payload::Whole(bytes),
                    ..
                } = o
                else {
                    panic!("{o:?}")
                };
                let samples: Vec<f32> = bytes
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect();
                assert_eq!(samples[0], next, "nothing is lost, twice or out of order");
                assert_eq!(time.0, next as i64 * 125_000);
                next = samples[samples.len() - 1] + 1.0;
                samples.len()
            })
            .collect()
    }

    #[test]
    fn sound_is_sent_in_chunks_that_the_protocol_takes() {
        // 80 samples are 10 ms, 8,000 are 1 s.
        for lengths in [
            vec![256; 5],
            vec![256, 256, 3],
            vec![3, 256, 256],
            vec![20; 40],
            vec![30_000, 5],
            vec![79, 1, 79, 400],
        ] {
            let sent = chunks(&lengths);
            assert_eq!(sent.iter().sum::<usize>(), lengths.iter().sum::<usize>());
            assert!(
                sent.iter().all(|n| (80..=8_000).contains(n)),
                "{lengths:?}: {sent:?}"
            );
        }
    }
}
