//! A recording of one's own, looked through once: who is where in it, and where each kind can act.

use super::sound::Sound;
use super::{ForgeError, ForgeOptions, Kind, LONGEST_S};
use crate::core::{
    ChallengeKind, EventKind, FieldError, MediaTime, Region, SessionId, Span, TrackId, TrackKind,
};
use crate::decode::file::{FileInfo, FileSource, Media, OpenOptions, StreamInfo};
use crate::engine::ModelSet;
use crate::ingest::events_file::{self, EventsFile, Plan};
use crate::track::{FaceTracker, TrackConfig};
use crate::vision::{Crop, crop_from_points};
use std::collections::HashMap;
use std::path::Path;

/// A hand is watched for this long after a challenge's deadline.
const AFTER_CHALLENGE_NS: i64 = 1_500_000_000;

/// A recording that was looked through once.
pub(super) struct Original<'a> {
    pub(super) path: &'a Path,
    pub(super) events: Option<String>,
    /// Streams that are copied, in the file's order.
    pub(super) streams: Vec<StreamInfo>,
    /// The candidate's streams.
    pub(super) camera: Option<usize>,
    /// Where in the pictures the candidate is.
    region: Option<Region>,
    pub(super) microphone: Option<usize>,
    /// The recording's whole stretch.
    whole: Span,
    /// A hand challenge's window.
    hand: Option<Span>,
    pub(super) sound: Sound,
    /// Where the face is, by the picture's time in microseconds.
    pub(super) faces: Faces,
    pub(super) sizes: HashMap<usize, (u32, u32)>,
    pub(super) rates: HashMap<usize, (u32, u32)>,
}

type Faces = HashMap<i64, Crop>;

/// Name of the candidate's part of the pictures, where it is not all of them.
const OWN_PART: &str = "own";

// === impl Original ===

impl<'a> Original<'a> {
    pub(super) fn read(
        path: &'a Path,
        options: &ForgeOptions,
        models: Option<&mut ModelSet>,
    ) -> Result<Self, ForgeError> {
        let mut source = FileSource::open(path, &OpenOptions::default())?;
        let info = source.info().clone();
        let events = events_file::discover(path);
        let events = events.map(|p| std::fs::read_to_string(&p).map_err(|e| (p, e)));
        let events = events.transpose().map_err(|(p, e)| ForgeError::Io {
            path: p.display().to_string(),
            detail: e.to_string(),
        })?;
        let plan = plan(events.as_deref(), &info)?;
        let own = own_streams(&plan, &info)?;
        let copied = |s: &&StreamInfo| s.decodable && !s.cover_picture;
        let streams: Vec<StreamInfo> = info.streams.iter().filter(copied).cloned().collect();
        select(&mut source, &streams)?;
        let (camera, microphone, region) = own;
        if let Some(index) = camera.filter(|_| region.is_some()) {
            source.select(index, TrackId::parse(OWN_PART)?, region)?;
        }
        let mut original = Self {
            path,
            events,
            streams,
            camera,
            region,
            microphone,
            whole: Span::default(),
            hand: hand_window(&plan),
            sound: Sound::default(),
            faces: Faces::new(),
            sizes: HashMap::new(),
            rates: HashMap::new(),
        };
        let wanted = |k: &Kind| options.kinds.is_empty() || options.kinds.contains(k);
        let face = Kind::ALL.iter().any(|k| k.needs_face() && wanted(k));
        original.look(&mut source, models.filter(|_| face))?;
        Ok(original)
    }

    /// Reads everything once: sound, faces, sizes, length.
    fn look(
        &mut self,
        source: &mut FileSource,
        mut models: Option<&mut ModelSet>,
    ) -> Result<(), ForgeError> {
        let mut tracker = FaceTracker::new(TrackConfig::default());
        let mut whole: Option<Span> = None;
        while let Some(media) = source.next()? {
            let stream = stream_of(media.track());
            let end = match &media {
                Media::Frame { frame, track } => {
                    let part = track.as_str() == OWN_PART;
                    if !part {
                        self.sizes
                            .entry(stream)
                            .or_insert((frame.width, frame.height));
                    }
                    let own = part || (self.region.is_none() && Some(stream) == self.camera);
                    if let (Some(models), true) = (models.as_deref_mut(), own) {
                        let seen = tracker.observe(frame, models).map_err(ForgeError::Face)?;
                        if let Some(face) = seen.face {
                            let crop = self.in_picture(crop_from_points(&face.landmarks));
                            self.faces.insert(frame.time.as_us(), crop);
                        }
                    }
                    frame.time
                }
                Media::Audio { block, .. } => {
                    let kind = (block.sample_rate_hz, block.channels);
                    self.rates.entry(stream).or_insert(kind);
                    if Some(stream) == self.microphone {
                        self.sound.push(block)?;
                    }
                    block.end()
                }
            };
            let start = whole.map_or(media.time(), |w| w.start.min(media.time()));
            let end = whole.map_or(end, |w| w.end.max(end));
            whole = Some(Span::new(start, end));
            let seconds = Span::new(start, end).len_s();
            if seconds > LONGEST_S {
                let expected = format!("at most {LONGEST_S:.0} s; cut a part out of it first");
                return Err(
                    FieldError::new("clip", format!("over {seconds:.0} s"), expected).into(),
                );
            }
        }
        self.whole = whole.unwrap_or_default();
        Ok(())
    }

    /// A place in the candidate's part of the picture as one in the whole picture.
    fn in_picture(&self, mut crop: Crop) -> Crop {
        let size = self.camera.and_then(|c| self.sizes.get(&c));
        if let (Some(region), Some((width, height))) = (self.region, size) {
            crop.cx += (f64::from(region.x) * f64::from(*width)).round();
            crop.cy += (f64::from(region.y) * f64::from(*height)).round();
        }
        crop
    }

    /// Where a kind acts, or why it cannot.
    pub(super) fn stretch_of(
        &self,
        kind: Kind,
        options: &ForgeOptions,
    ) -> Result<Span, FieldError> {
        let cannot = |found: &str, expected: &str| {
            Err(FieldError::new(format!("kind {kind}"), found, expected))
        };
        if kind.is_of_sound() && self.microphone.is_none() {
            return cannot("no sound of the candidate", "a recording with their sound");
        }
        if !kind.is_of_sound() && kind != Kind::Untouched && self.camera.is_none() {
            return cannot("no pictures of the candidate", "a recording with them");
        }
        if kind.needs_face() && self.faces.is_empty() {
            return cannot("no face", "a face that the tracker finds");
        }
        if kind == Kind::FaceOverHand {
            let expected = "a hand_pass or hand_hold challenge in the events file";
            return match self.hand {
                None => cannot("no hand challenge", expected),
                Some(window) if !self.shows_a_face_before(window.start) => {
                    cannot("no face before the challenge", "one to paint over the hand")
                }
                Some(window) => Ok(window),
            };
        }
        let third = self.whole.len_ns() / 3;
        let middle = Span::new(
            self.whole.start.plus_ns(third),
            self.whole.start.plus_ns(2 * third),
        );
        let span = options.stretch.unwrap_or(middle).intersect(&self.whole);
        if span.is_empty() {
            let found = options.stretch.unwrap_or(middle).words();
            let expected = format!("a stretch within {}", self.whole.words());
            return Err(FieldError::new("stretch", found, expected));
        }
        if kind == Kind::LipDub && span.len_s() > self.sound.len_s() / 2.0 {
            return cannot(&span.words(), "a stretch of at most half the recording");
        }
        Ok(span)
    }

    fn shows_a_face_before(&self, time: MediaTime) -> bool {
        self.faces.keys().any(|t| *t < time.as_us())
    }
}

fn plan(events: Option<&str>, info: &FileInfo) -> Result<Plan, ForgeError> {
    let events = match events {
        Some(text) => events_file::parse(text)?,
        None => EventsFile::default(),
    };
    let faults = |faults: Vec<FieldError>| {
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        ForgeError::Events(said.join("; "))
    };
    events
        .apply(info, SessionId::parse("forge")?)
        .map_err(faults)
}

/// The candidate's pictures, sound, and part of the pictures.
type Own = (Option<usize>, Option<usize>, Option<Region>);

fn own_streams(plan: &Plan, info: &FileInfo) -> Result<Own, FieldError> {
    let who = match plan.candidate() {
        Ok((who, _)) => Some(who),
        // Sound alone can be tampered with too.
        Err(_) if info.first(TrackKind::Video).is_none() => None,
        Err(e) => return Err(FieldError::new("clip", e.found, e.expected)),
    };
    let of = |kind: TrackKind| {
        let mut tracks = plan.spec.tracks.iter().filter(|t| t.kind() == kind);
        let track = tracks.find(|t| who.as_ref().is_none_or(|w| *w == t.participant))?;
        plan.selections.iter().find(|s| s.track == track.id)
    };
    let camera = of(TrackKind::Video);
    Ok((
        camera.map(|s| s.stream),
        of(TrackKind::Audio).map(|s| s.stream),
        camera.and_then(|s| s.region),
    ))
}

fn hand_window(plan: &Plan) -> Option<Span> {
    plan.events.iter().find_map(|e| match &e.kind {
        EventKind::Challenge {
            kind: ChallengeKind::HandPass | ChallengeKind::HandHold,
            deadline,
            ..
        } => Some(Span::new(e.time, deadline.plus_ns(AFTER_CHALLENGE_NS))),
        _ => None,
    })
}

/// Has each of these streams decoded, as a track of its number.
pub(super) fn select(source: &mut FileSource, streams: &[StreamInfo]) -> Result<(), ForgeError> {
    for s in streams {
        source.select(s.index, TrackId::parse(&format!("s{}", s.index))?, None)?;
    }
    Ok(())
}

/// The stream of a track that [`select`] named.
pub(super) fn stream_of(track: &TrackId) -> usize {
    let number = track.as_str().trim_start_matches('s').parse();
    number.unwrap_or(usize::MAX)
}
