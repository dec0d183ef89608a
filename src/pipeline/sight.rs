//! The pictures of one participant: tracked at an even pace, kept as far back as any analyzer looks.

use crate::analyze::HISTORY_NS;
use crate::core::{Abstention, Face, FaceObs, Frame, MediaTime, Span};
use crate::engine::ModelSet;
use crate::segment;
use crate::track::{FaceTracker, Pace, TrackConfig};

/// Native-resolution faces kept at a time, 150 kB each: 40 s at four a second. Tracks are further apart
/// than that only where one has stalled.
const MOST_DETAILS: usize = 160;
/// Hand scenes kept at a time, 50 kB each: a challenge's whole window at fifteen a second.
const MOST_SCENES: usize = 256;

/// Tracked pictures of the last [`HISTORY_NS`] and a little more, in time order.
pub(super) struct Sight {
    tracker: FaceTracker,
    /// Breaks that the sender announced; each starts a new epoch.
    breaks: u32,
    pace: Pace,
    observations: Vec<FaceObs>,
    /// Times of all pictures, looked at or not, as far back as the observations.
    arrived: Vec<MediaTime>,
    /// Why faces cannot be tracked at all, if so.
    obstacle: Option<Abstention>,
}

// === impl Sight ===

impl Sight {
    /// Nothing seen yet; for the two see [`PipelineSettings`](super::PipelineSettings).
    pub(super) fn new(detect_interval_ns: i64, looks_per_s: u32) -> Self {
        Self {
            tracker: new_tracker(detect_interval_ns),
            breaks: 0,
            pace: Pace::new(looks_per_s),
            observations: Vec::new(),
            arrived: Vec::new(),
            obstacle: None,
        }
    }

    /// Tracks a picture, or passes it over where the pace allows and the mouth was in sight; false when it is not newer than the one before.
    /// `hands`: a hand challenge is open, so that every picture and the face's surroundings are wanted.
    pub(super) fn observe(&mut self, frame: &Frame, hands: bool, models: &mut ModelSet) -> bool {
        if self.latest().is_some_and(|last| frame.time <= last) {
            return false;
        }
        self.arrived.push(frame.time);
        // Where the mouth was not in sight the next picture may show it.
        let hidden = !self
            .observations
            .last()
            .is_some_and(|o| o.face.as_ref().is_some_and(Face::shows_mouth));
        if !self.pace.takes(frame.time, hands || hidden) {
            return true;
        }
        let mut frame = frame.clone();
        frame.epoch = frame.epoch.saturating_add(self.breaks);
        let observed = match self.tracker.observe(&frame, models) {
            Ok(obs) => FaceObs {
                // A repeated picture shows nothing new.
                scene: (hands && !obs.repeated)
                    .then(|| self.tracker.scene(&frame))
                    .flatten(),
                ..obs
            },
            Err(obstacle) => {
                self.obstacle = Some(obstacle);
                FaceObs {
                    time: frame.time,
                    epoch: frame.epoch,
                    face: None,
                    faces: 0,
                    repeated: false,
                    detail: None,
                    scene: None,
                }
            }
        };
        let detailed = observed.detail.is_some() || observed.scene.is_some();
        self.observations.push(observed);
        if detailed {
            self.drop_details(None);
        }
        self.forget();
        true
    }

    /// What was gathered on the pictures is not carried on.
    pub(super) fn break_track(&mut self) {
        self.breaks = self.breaks.saturating_add(1);
    }

    /// Everything that is kept.
    pub(super) fn all(&self) -> &[FaceObs] {
        &self.observations
    }

    /// The last [`HISTORY_NS`] before `until`.
    pub(super) fn before(&self, until: MediaTime) -> &[FaceObs] {
        let from = until.plus_ns(-HISTORY_NS);
        let a = self.observations.partition_point(|o| o.time < from);
        let b = self.observations.partition_point(|o| o.time < until);
        &self.observations[a..b.max(a)]
    }

    /// Times of all pictures, looked at or not.
    pub(super) fn arrived(&self) -> &[MediaTime] {
        &self.arrived
    }

    /// Those inside a span.
    pub(super) fn arrived_in(&self, span: &Span) -> &[MediaTime] {
        let a = self.arrived.partition_point(|t| *t < span.start);
        let b = self.arrived.partition_point(|t| *t < span.end);
        self.arrived.get(a..b).unwrap_or_default()
    }

    /// Time of the latest picture.
    pub(super) fn latest(&self) -> Option<MediaTime> {
        self.arrived.last().copied()
    }

    /// Where the pictures end: the last one lasts as long as the one before, an only one as long as a
    /// picture may stand for.
    pub(super) fn end(&self) -> Option<MediaTime> {
        match self.arrived.as_slice() {
            [.., a, b] => Some(b.plus_ns(b.since_ns(*a).min(1_000_000_000))),
            [only] => Some(only.plus_ns(segment::PICTURE_REACH_NS)),
            [] => None,
        }
    }

    /// Why faces cannot be tracked at all, if so.
    pub(super) fn obstacle(&self) -> Option<&Abstention> {
        self.obstacle.as_ref()
    }

    /// Drops native-resolution faces and hand scenes of closed segments, and the oldest beyond
    /// [`MOST_DETAILS`] and [`MOST_SCENES`] where a segment stays open: they are large, and no later
    /// segment looks at them.
    pub(super) fn drop_details(&mut self, closed: Option<MediaTime>) {
        let (mut details, mut scenes) = (0, 0);
        for o in self.observations.iter_mut().rev() {
            let closed = closed.is_some_and(|end| o.time < end);
            details += usize::from(o.detail.is_some());
            scenes += usize::from(o.scene.is_some());
            if closed || details > MOST_DETAILS {
                o.detail = None;
            }
            if closed || scenes > MOST_SCENES {
                o.scene = None;
            }
        }
    }

    /// Drops what lies further back than any analyzer looks, in large steps so that the move
    /// of the rest costs little.
    fn forget(&mut self) {
        let (Some(first), Some(last)) = (self.observations.first(), self.observations.last())
        else {
            return;
        };
        // Twice the history: segments still open may need a full one before their own end.
        if last.time.since_ns(first.time) > 2 * HISTORY_NS {
            let from = last.time.plus_ns(-HISTORY_NS - HISTORY_NS / 2);
            self.observations.retain(|o| o.time >= from);
            self.arrived.retain(|t| *t >= from);
        }
    }
}

/// A tracker with the interview's detection interval.
pub(super) fn new_tracker(detect_interval_ns: i64) -> FaceTracker {
    FaceTracker::new(TrackConfig {
        detect_interval_ns,
        ..TrackConfig::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::TrackId;
    use crate::decode::file::{FileSource, Media, OpenOptions};
    use crate::engine::{Engine, EngineOptions, ModelsDir};
    use std::path::Path;

    /// The drawn person's first three seconds, as a camera of 30 pictures a second would have them.
    fn frames() -> Vec<Frame> {
        let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/media/vp9_opus.webm");
        let mut source = FileSource::open(&clip, &OpenOptions::default()).unwrap();
        let index = source
            .info()
            .first(crate::core::TrackKind::Video)
            .unwrap()
            .index;
        source
            .select(index, TrackId::parse("video").unwrap(), None)
            .unwrap();
        let mut out = Vec::new();
        while let Some(media) = source.next().unwrap() {
            let Media::Frame { frame, .. } = media else {
                continue;
            };
            let time = MediaTime(out.len() as i64 * 1_000_000_000 / 30);
            out.push(Frame::new(time, 0, frame.width, frame.height, frame.rgb()).unwrap());
            if out.len() == 90 {
                break;
            }
        }
        out
    }

    #[test]
    fn pictures_that_are_passed_over_have_come_and_cover() {
        let frames = frames();
        let span = Span::new(MediaTime::ZERO, MediaTime::from_ms(3_000));
        let dir =
            ModelsDir::find(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))).unwrap();
        let engine = Engine::load(&dir, &EngineOptions::default()).unwrap();
        // Where no mouth is in sight, and while a hand challenge is open, every picture is looked at.
        let nets = || engine.new_set().unwrap();
        for (mut models, hands, looks) in [
            (nets(), false, 45..=48),
            (ModelSet::default(), false, 90..=90),
            (nets(), true, 90..=90),
        ] {
            let mut sight = Sight::new(1_000_000_000, crate::track::LOOKS_PER_S);
            for frame in &frames {
                assert!(sight.observe(frame, hands, &mut models));
                assert!(!sight.observe(frame, hands, &mut models), "not newer");
                assert_eq!(sight.latest(), Some(frame.time));
            }
            assert!(
                looks.contains(&sight.all().len()),
                "{}, expected {looks:?}",
                sight.all().len()
            );
            assert_eq!(sight.arrived_in(&span).len(), 90);
            let covered = segment::video_coverage(sight.arrived(), &span, 30);
            assert!(
                (covered - 0.75).abs() < 1e-9,
                "30 of 120 were lost: {covered}"
            );
            let quality = crate::track::quality(sight.all(), sight.arrived_in(&span), span);
            assert!((quality.fps - 30.0).abs() < 0.01, "{}", quality.fps);
        }
    }
}
