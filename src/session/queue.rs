//! What a session has taken in and not worked on yet: bounded in bytes, lossy for media only.
//!
//! When the queue is full, the oldest video chunk gives way; sound is dropped only when no
//! picture is left to drop; control events never. A dropped chunk leaves a [`Item::Dropped`] in
//! its place, so that the pipeline learns of the loss at the right moment. Because the oldest
//! chunk of a kind goes first, a track never holds more than two of those.

use super::{ChallengeRequest, Load, MediaChunk};
use crate::core::{ControlEvent, TrackId};
use std::collections::VecDeque;
use std::time::Duration;

/// Something to be worked on, in the order in which it came.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A chunk of a track.
    Media(MediaChunk),
    /// Chunks that were dropped here.
    Dropped {
        /// Their track.
        track: TrackId,
        /// Sequence number of the latest of them.
        last_sequence: u64,
        /// How many.
        count: u64,
    },
    /// A control event.
    Event {
        /// The client's id for it.
        id: u64,
        /// What happened.
        event: ControlEvent,
    },
    /// A challenge is wanted, or something is said of one.
    Challenge(ChallengeRequest),
}

/// What had to give way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedChunk {
    /// Track of the chunk.
    pub track: TrackId,
    /// Its capture time on the track's clock, microseconds.
    pub capture_time_us: i64,
    /// Its payload in bytes.
    pub bytes: u64,
}

#[derive(Debug)]
struct Entry {
    item: Item,
    video: bool,
    came: Duration,
}

/// The queue; see the module.
#[derive(Debug)]
pub struct MediaQueue {
    entries: VecDeque<Entry>,
    bytes: u64,
    capacity: u64,
    now: Duration,
}

impl MediaQueue {
    /// An empty queue that holds at most `capacity` payload bytes.
    pub fn new(capacity: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            capacity,
            now: Duration::ZERO,
        }
    }

    /// What comes next comes at this time, on any clock that only rises.
    pub fn at(&mut self, now: Duration) -> &mut Self {
        self.now = now;
        self
    }

    /// How long media has waited at `now`, and how much of it. Whether it is full is not said.
    pub fn load(&self, now: Duration) -> Load {
        let media = |e: &Entry| match &e.item {
            Item::Media(chunk) => Some((e.came, chunk.track.clone(), chunk.capture_time_us)),
            _ => None,
        };
        let Some((came, track, first)) = self.entries.iter().find_map(media) else {
            return Load::default();
        };
        let same = |e: &Entry| matches!(&e.item, Item::Media(chunk) if chunk.track == track);
        let newest = self.entries.iter().rev().find(|e| same(e)).and_then(media);
        let last = newest.map_or(first, |(_, _, time)| time);
        let span_us = last.saturating_sub(first);
        Load {
            age: now.saturating_sub(came),
            span: Duration::from_micros(u64::try_from(span_us).unwrap_or(0)),
            is_full: false,
        }
    }

    /// When what is held should be worked on: media after it was `gather`ed for so long, or at `most` items;
    /// what is no media at once.
    pub fn due(&self, gather: Duration, most: usize) -> Option<Duration> {
        let first = self.entries.front()?.came;
        let media = |e: &Entry| matches!(e.item, Item::Media(_));
        let waits = self.entries.len() < most && self.entries.iter().all(media);
        Some(if waits { first + gather } else { first })
    }

    /// Payload bytes held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Items held, those for dropped chunks included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Appends a control event; never drops anything.
    pub fn push_event(&mut self, id: u64, event: ControlEvent) {
        let item = Item::Event { id, event };
        self.entries.push_back(Entry {
            item,
            video: false,
            came: self.now,
        });
    }

    /// Appends what is said of a challenge; never drops anything.
    pub fn push_challenge(&mut self, request: ChallengeRequest) {
        let item = Item::Challenge(request);
        self.entries.push_back(Entry {
            item,
            video: false,
            came: self.now,
        });
    }

    /// Appends a chunk and returns what had to give way, the chunk itself included.
    pub fn push_media(&mut self, chunk: MediaChunk, video: bool) -> Vec<DroppedChunk> {
        let size = chunk.payload.len() as u64;
        let mut dropped = Vec::new();
        while self.bytes.saturating_add(size) > self.capacity {
            let victim = self.oldest(true).or_else(|| {
                // Sound makes way only for sound.
                if video { None } else { self.oldest(false) }
            });
            let Some(i) = victim else {
                break;
            };
            dropped.extend(self.drop_at(i));
        }
        self.bytes += size;
        self.entries.push_back(Entry {
            item: Item::Media(chunk),
            video,
            came: self.now,
        });
        if self.bytes > self.capacity {
            dropped.extend(self.drop_at(self.entries.len() - 1));
        }
        dropped
    }

    /// Drops all media that is held; events stay.
    pub fn drop_media(&mut self) -> Vec<DroppedChunk> {
        let mut dropped = Vec::new();
        while let Some(i) = self.oldest(true).or_else(|| self.oldest(false)) {
            dropped.extend(self.drop_at(i));
        }
        dropped
    }

    /// Takes up to `max` items from the front.
    pub fn pop_batch(&mut self, max: usize) -> Vec<Item> {
        let n = max.min(self.entries.len());
        let items: Vec<Item> = self.entries.drain(..n).map(|e| e.item).collect();
        for item in &items {
            if let Item::Media(chunk) = item {
                self.bytes -= chunk.payload.len() as u64;
            }
        }
        items
    }

    fn oldest(&self, video: bool) -> Option<usize> {
        self.entries
            .iter()
            .position(|e| e.video == video && matches!(e.item, Item::Media(_)))
    }

    /// Turns the chunk at `i` into a note of its loss, merged with the track's previous one.
    fn drop_at(&mut self, i: usize) -> Option<DroppedChunk> {
        let entry = self.entries.get(i)?;
        let Item::Media(chunk) = &entry.item else {
            return None;
        };
        let (track, sequence) = (chunk.track.clone(), chunk.sequence);
        let dropped = DroppedChunk {
            track: track.clone(),
            capture_time_us: chunk.capture_time_us,
            bytes: chunk.payload.len() as u64,
        };
        self.bytes -= dropped.bytes;
        let before = self.entries.range_mut(..i).rev().find(|e| match &e.item {
            Item::Media(c) => c.track == track,
            Item::Dropped { track: t, .. } => *t == track,
            Item::Event { .. } | Item::Challenge(_) => false,
        });
        if let Some(Entry {
            item:
                Item::Dropped {
                    last_sequence,
                    count,
                    ..
                },
            ..
        }) = before
        {
            *last_sequence = sequence;
            *count += 1;
            self.entries.remove(i);
        } else if let Some(entry) = self.entries.get_mut(i) {
            entry.item = Item::Dropped {
                track,
                last_sequence: sequence,
                count: 1,
            };
        }
        Some(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{EventKind, MediaTime};
    use proptest::prelude::*;

    fn chunk(track: &str, sequence: u64, bytes: usize) -> MediaChunk {
        MediaChunk {
            track: TrackId::parse(track).unwrap(),
            sequence,
            capture_time_us: sequence as i64 * 40_000,
            payload: vec![0u8; bytes].into(),
            layout: None,
            keyframe: true,
            epoch: 0,
        }
    }

    fn event() -> ControlEvent {
        ControlEvent {
            time: MediaTime::ZERO,
            kind: EventKind::QuestionEnd {
                question_id: String::new(),
            },
        }
    }

    #[test]
    fn the_oldest_picture_gives_way_to_sound_and_pictures() {
        let mut q = MediaQueue::new(100);
        assert!(q.push_media(chunk("v", 0, 40), true).is_empty());
        assert!(q.push_media(chunk("a", 0, 20), false).is_empty());
        assert!(q.push_media(chunk("v", 1, 40), true).is_empty());
        let dropped = q.push_media(chunk("a", 1, 30), false);
        assert_eq!(dropped.len(), 1);
        assert_eq!(dropped[0].track.as_str(), "v");
        let items = q.pop_batch(9);
        assert!(matches!(
            &items[0],
            Item::Dropped {
                last_sequence: 0,
                count: 1,
                ..
            }
        ));
        assert_eq!(items.len(), 4);
    }

    #[test]
    fn media_waits_for_more_of_it_and_nothing_else_does() {
        let gather = Duration::from_millis(25);
        let ms = Duration::from_millis;
        let mut q = MediaQueue::new(1_000);
        assert_eq!(q.due(gather, 3), None);
        q.at(ms(40)).push_media(chunk("a", 0, 20), false);
        q.at(ms(50)).push_media(chunk("v", 0, 20), true);
        assert_eq!(q.due(gather, 3), Some(ms(65)));
        assert_eq!(q.due(gather, 2), Some(ms(40)), "as much as a worker takes");
        q.at(ms(55)).push_event(0, event());
        assert_eq!(q.due(gather, 9), Some(ms(40)), "an event waits for nothing");
    }

    #[test]
    fn a_picture_never_displaces_sound() {
        let mut q = MediaQueue::new(100);
        for i in 0..5 {
            q.push_media(chunk("a", i, 20), false);
        }
        let dropped = q.push_media(chunk("v", 0, 40), true);
        assert_eq!(dropped.len(), 1);
        assert_eq!(dropped[0].track.as_str(), "v");
        assert_eq!(q.bytes(), 100);
    }

    #[test]
    fn the_load_is_the_oldest_media_and_how_much_of_its_track_waits() {
        let ms = Duration::from_millis;
        let mut q = MediaQueue::new(1_000);
        assert_eq!(q.load(ms(500)), Load::default());
        q.at(ms(100)).push_event(1, event());
        q.at(ms(200)).push_media(chunk("v", 3, 10), true);
        q.at(ms(300)).push_media(chunk("a", 90, 10), false);
        q.at(ms(400)).push_media(chunk("v", 5, 10), true);
        let load = q.load(ms(700));
        assert_eq!((load.age, load.span), (ms(500), ms(80)));
        q.pop_batch(9);
        assert_eq!(q.load(ms(700)), Load::default());
    }

    proptest! {
        #[test]
        fn bounds_hold_and_everything_is_accounted_for(
            ops in prop::collection::vec((0u8..5, 0usize..120), 1..300),
        ) {
            let mut q = MediaQueue::new(200);
            let (mut seq, mut pushed, mut events) = ([0u64; 3], 0u64, 0u64);
            let (mut popped, mut lost, mut taken) = (0u64, 0u64, 0u64);
            let mut next = [0u64; 3];
            let mut take = |q: &mut MediaQueue, n: usize| {
                for item in q.pop_batch(n) {
                    match item {
                        Item::Event { .. } | Item::Challenge(_) => taken += 1,
                        Item::Media(c) => {
                            let t = usize::from(c.track.as_str().as_bytes()[0] - b'a');
                            prop_assert_eq!(c.sequence, next[t], "order is kept, losses are told");
                            next[t] += 1;
                            popped += 1;
                        }
                        Item::Dropped { track, last_sequence, count } => {
                            let t = usize::from(track.as_str().as_bytes()[0] - b'a');
                            next[t] += count;
                            prop_assert_eq!(last_sequence + 1, next[t]);
                            lost += count;
                        }
                    }
                }
                Ok(())
            };
            for (op, size) in ops {
                match op {
                    3 => { q.push_event(events, event()); events += 1 }
                    4 => take(&mut q, size % 7)?,
                    t => {
                        let t = usize::from(t);
                        let audio_before = q.entries.iter()
                            .any(|e| e.video && matches!(e.item, Item::Media(_)));
                        let name = ["a", "b", "c"][t];
                        let dropped = q.push_media(chunk(name, seq[t], size), t > 0);
                        seq[t] += 1;
                        pushed += 1;
                        if audio_before && let Some(first) = dropped.first() {
                            prop_assert!(first.track.as_str() != "a", "pictures go first");
                        }
                    }
                }
                prop_assert!(q.bytes() <= 200);
                let notes = q.entries.iter()
                    .filter(|e| matches!(e.item, Item::Dropped { .. })).count();
                prop_assert!(notes <= 6, "{notes} notes for 3 tracks");
            }
            take(&mut q, usize::MAX)?;
            prop_assert_eq!(q.bytes(), 0);
            prop_assert_eq!(popped + lost, pushed);
            prop_assert_eq!(taken, events, "control events are never lost");
        }
    }
}
