//! The reading thread: a recording and its events in the order in which they are sent.

use crate::core::{AudioBlock, ControlEvent, FieldError, Frame, MediaTime, TrackId};
use crate::decode::encode_jpeg;
use crate::decode::file::{FileSource, FileStats, Media};
use crate::ingest::events_file::{Plan, Selection};
use prost::bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use tokio::sync::mpsc;

/// Shortest sound that is sent by itself, milliseconds: the protocol's 10 ms.
const MIN_AUDIO_MS: usize = 10;

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
            Self::End(_) => None,
        }
    }
}

/// See the module.
pub(super) struct Reader {
    source: FileSource,
    selections: Vec<Selection>,
    events: VecDeque<ControlEvent>,
    jpeg: Option<u8>,
    /// Sound too short to be sent by itself, by track.
    held: HashMap<TrackId, AudioBlock>,
}

impl Reader {
    pub(super) fn new(source: FileSource, plan: &Plan, jpeg: Option<u8>) -> Self {
        Self {
            source,
            selections: plan.selections.clone(),
            events: plan.events.clone().into(),
            jpeg,
            held: HashMap::new(),
        }
    }

    /// Reads to the end, or until nobody listens.
    pub(super) fn run(mut self, to: &mpsc::Sender<Outgoing>) -> FileStats {
        let mut reason = "end of the recording".to_owned();
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
        let rest = std::mem::take(&mut self.events)
            .into_iter()
            .map(Outgoing::Event);
        for next in rest.chain([Outgoing::End(reason)]) {
            if to.blocking_send(next).is_err() {
                break;
            }
        }
        self.source.stats()
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
            Media::Audio { track, block } => {
                let block = match self.held.remove(&track) {
                    Some(held) => join(held, &block).map_err(|e| e.to_string())?,
                    None => block,
                };
                if block.len_frames() * 1_000 < block.sample_rate_hz as usize * MIN_AUDIO_MS {
                    self.held.insert(track, block);
                } else {
                    out.push(Outgoing::Media {
                        track,
                        time: block.time,
                        payload: Payload::Whole(samples(&block)),
                    });
                }
            }
        }
        Ok(Some(out))
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

/// Two blocks that follow each other, as the file source delivers them.
fn join(first: AudioBlock, second: &AudioBlock) -> Result<AudioBlock, FieldError> {
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
