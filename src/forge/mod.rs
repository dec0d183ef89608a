//! Tampered copies of a recording of one's own, to measure what is noticed of them on one's own platform.
//!
//! **In:** a recording with its events file, kinds, a stretch. **Out:** a copy per kind with a strip below the
//! picture that says what it is, an events file with what was done where, a list for `evaluate`.
//! **May touch:** `decode`, `ingest::events_file`, `engine`, `track`, `vision`.
//!
//! Every kind uses the person's own face and voice from the same recording: none of them makes anybody look or
//! sound like somebody else. The control goes through the same encoder with the same strip, so that neither
//! codec nor strip tells a copy from a control.

mod kinds;
mod picture;
mod sound;
#[cfg(test)]
mod tests;
mod truth;

pub use kinds::Kind;

use crate::core::{
    Abstention, ChallengeKind, EventKind, FieldError, Frame, MediaTime, Region, SessionId, Span,
    TrackId, TrackKind,
};
use crate::decode::file::{FileInfo, FileSource, Media, OpenOptions, StreamInfo};
use crate::decode::{DecodeError, RecordingWriter, StreamSpec, WriteError};
use crate::engine::ModelSet;
use crate::ingest::events_file::{self, EventsError, EventsFile, Plan};
use crate::track::{FaceTracker, TrackConfig};
use crate::vision::{Crop, crop_from_points};
use picture::{Pixels, strip_px};
use sound::Sound;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use truth::{Changes, Row};

/// Longest recording that is copied, seconds: its sound is held in memory.
pub const LONGEST_S: f64 = 1_200.0;
/// A hand is watched for this long after a challenge's deadline.
const AFTER_CHALLENGE_NS: i64 = 1_500_000_000;

/// How copies are made.
#[derive(Debug, Clone, PartialEq)]
pub struct ForgeOptions {
    /// Kinds to make; empty = all that the recording allows.
    pub kinds: Vec<Kind>,
    /// Stretch that is tampered with; by default the middle third. A hand challenge brings its own.
    pub stretch: Option<Span>,
    /// Offset of sound, constant or at a drift's end: milliseconds, positive = audio late.
    pub offset_ms: f64,
    /// x264's rate factor of every copy, 0 to 51.
    pub crf: u8,
}

impl Default for ForgeOptions {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            stretch: None,
            offset_ms: 240.0,
            crf: 23,
        }
    }
}

/// Why no copy was made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForgeError {
    /// The recording cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The copy cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The events file cannot be used.
    #[error("events file: {0}")]
    Events(String),
    /// An argument, or what the recording holds.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A face is needed, and cannot be looked for.
    #[error("the face cannot be followed: {}", .0.detail)]
    Face(Abstention),
    /// A file of the result.
    #[error("cannot write {path}: {detail}")]
    Io {
        /// Which.
        path: String,
        /// What the system says.
        detail: String,
    },
}

impl From<EventsError> for ForgeError {
    fn from(e: EventsError) -> Self {
        Self::Events(e.to_string())
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Forged {
    /// The copies with their kinds, the control first.
    pub copies: Vec<(Kind, PathBuf)>,
    /// The list for `evaluate`.
    pub list: PathBuf,
    /// Kinds that this recording does not allow, with the reason.
    pub left_out: Vec<(Kind, String)>,
}

/// Makes copies of a recording in `folder`, with `told` after each.
///
/// `models` follow the face; kinds that need one are left out without them, or refused where they were asked for.
///
/// # Errors
/// See [`ForgeError`]. Copies that were finished before stay.
pub fn forge(
    path: &Path,
    folder: &Path,
    options: &ForgeOptions,
    models: Option<&mut ModelSet>,
    mut told: impl FnMut(Kind, &Path),
) -> Result<Forged, ForgeError> {
    let original = Original::read(path, options, models)?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("clip");
    let asked = match options.kinds.is_empty() {
        true => &Kind::ALL[..],
        false => &options.kinds,
    };
    let (mut rows, mut copies, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let control = format!("{stem}.{}.mp4", Kind::Untouched);
    for kind in std::iter::once(Kind::Untouched)
        .chain(asked.iter().copied().filter(|k| *k != Kind::Untouched))
    {
        let span = match original.stretch_of(kind, options) {
            Ok(span) => span,
            Err(why) if options.kinds.is_empty() => {
                left_out.push((kind, why.to_string()));
                continue;
            }
            Err(why) => return Err(why.into()),
        };
        let name = format!("{stem}.{kind}.mp4");
        let made = folder.join(&name);
        original.copy(kind, span, options, &made)?;
        told(kind, &made);
        copies.push((kind, made));
        if kind == Kind::Untouched {
            continue;
        }
        let row = |file: &str, of: Kind| Row {
            file: file.to_owned(),
            kind: of,
            span,
            offset_ms: (of == Kind::LipShift).then_some(options.offset_ms),
        };
        // The control stands there once for each stretch.
        if !rows.iter().any(|r: &Row| r.span == span) {
            rows.push(row(&control, Kind::Untouched));
        }
        rows.push(row(&name, kind));
    }
    let list = folder.join(format!("{stem}.list.csv"));
    save(&list, &truth::list(stem, &rows))?;
    Ok(Forged {
        copies,
        list,
        left_out,
    })
}

fn save(path: &Path, text: &str) -> Result<(), ForgeError> {
    std::fs::write(path, text).map_err(|e| ForgeError::Io {
        path: path.display().to_string(),
        detail: e.to_string(),
    })
}

/// A recording that was looked through once.
struct Original<'a> {
    path: &'a Path,
    events: Option<String>,
    /// Streams that are copied, in the file's order.
    streams: Vec<StreamInfo>,
    /// The candidate's streams.
    camera: Option<usize>,
    /// Where in the pictures the candidate is.
    region: Option<Region>,
    microphone: Option<usize>,
    /// The recording's whole stretch.
    whole: Span,
    /// A hand challenge's window.
    hand: Option<Span>,
    sound: Sound,
    /// Where the face is, by the picture's time in microseconds.
    faces: Faces,
    sizes: HashMap<usize, (u32, u32)>,
    rates: HashMap<usize, (u32, u32)>,
}

type Faces = HashMap<i64, Crop>;

/// Name of the candidate's part of the pictures, where it is not all of them.
const OWN_PART: &str = "own";

// === impl Original ===

impl<'a> Original<'a> {
    fn read(
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
        for s in &streams {
            source.select(s.index, track_of(s.index)?, None)?;
        }
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
    fn stretch_of(&self, kind: Kind, options: &ForgeOptions) -> Result<Span, FieldError> {
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
                Some(window) if self.before(window.start).is_none() => {
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

    /// Time and place of the last face before `time`.
    fn before(&self, time: MediaTime) -> Option<(i64, Crop)> {
        let earlier = self.faces.iter().filter(|(t, _)| **t < time.as_us());
        earlier.max_by_key(|(t, _)| **t).map(|(t, c)| (*t, *c))
    }

    /// Writes one copy with its events file; under another name until it is whole.
    fn copy(
        &self,
        kind: Kind,
        span: Span,
        options: &ForgeOptions,
        to: &Path,
    ) -> Result<(), ForgeError> {
        let words = match kind {
            Kind::Untouched => "TEST COPY, NOT TAMPERED WITH (liveproof forge)".to_owned(),
            kind => format!(
                "TEST COPY, TAMPERED WITH: {kind}, {} (liveproof forge)",
                span.words()
            ),
        };
        let part = to.with_extension("part.mp4");
        let mut specs = Vec::new();
        for s in &self.streams {
            specs.push(self.spec(s, options.crf)?);
        }
        let mut writer = RecordingWriter::create(&part, &specs, &words)?;
        let mut source = FileSource::open(self.path, &OpenOptions::default())?;
        for s in &self.streams {
            source.select(s.index, track_of(s.index)?, None)?;
        }
        let mut painter = Painter {
            original: self,
            kind,
            span,
            words: &words,
            kept: None,
            place: None,
        };
        while let Some(media) = source.next()? {
            let stream = stream_of(media.track());
            let Some(index) = self.streams.iter().position(|s| s.index == stream) else {
                continue;
            };
            match media {
                Media::Frame { frame, .. } => {
                    let own = Some(stream) == self.camera;
                    // A recording that changes its size is cut to its first one by the writer's refusal.
                    writer.frame(index, &painter.paint(&frame, own)?)?;
                }
                Media::Audio { block, .. } => {
                    let from = kind.source(options.offset_ms / 1e3);
                    let block = match from.filter(|_| Some(stream) == self.microphone) {
                        Some(from) => self.sound.altered(&block, span, from)?,
                        None => block,
                    };
                    writer.sound(index, &block)?;
                }
            }
        }
        writer.finish()?;
        let done = (kind != Kind::Untouched).then(|| {
            let offset =
                matches!(kind, Kind::LipShift | Kind::LipDrift).then_some(options.offset_ms);
            (kind, span, offset)
        });
        let text = truth::events_text(self.events.as_deref(), &self.changes(), done)?;
        save(&to.with_extension("mp4.events.json"), &text)?;
        std::fs::rename(&part, to).map_err(|e| ForgeError::Io {
            path: to.display().to_string(),
            detail: e.to_string(),
        })
    }

    fn spec(&self, of: &StreamInfo, crf: u8) -> Result<StreamSpec, FieldError> {
        let missing = || {
            let field = format!("stream {}", of.index);
            FieldError::new(field, "nothing that can be decoded", "pictures or sound")
        };
        Ok(match of.kind {
            TrackKind::Video => {
                let (width, height) = self.sizes.get(&of.index).copied().ok_or_else(missing)?;
                let (width, height) = (width & !1, height & !1);
                StreamSpec::Video {
                    width,
                    height: height + strip_px(height),
                    crf,
                }
            }
            TrackKind::Audio => {
                let (rate, channels) = self.rates.get(&of.index).copied().ok_or_else(missing)?;
                StreamSpec::Audio {
                    sample_rate_hz: rate,
                    channels,
                }
            }
        })
    }

    fn changes(&self) -> Changes {
        let indices = self.streams.iter().enumerate();
        let kept = |(_, height): &(u32, u32)| {
            let height = f64::from(height & !1);
            height / (height + f64::from(strip_px(height as u32)))
        };
        Changes {
            streams: indices
                .map(|(new, s)| (s.index as u64, new as u64))
                .collect(),
            kept_height: self
                .sizes
                .iter()
                .map(|(index, size)| (*index as u64, kept(size)))
                .collect(),
        }
    }
}

/// Paints the pictures of one copy.
struct Painter<'a> {
    original: &'a Original<'a>,
    kind: Kind,
    span: Span,
    words: &'a str,
    /// What was seen last before the stretch, and where the face was in it.
    kept: Option<(Pixels, Option<Crop>)>,
    /// Where the face was last.
    place: Option<Crop>,
}

impl Painter<'_> {
    fn paint(&mut self, frame: &Frame, own: bool) -> Result<Frame, FieldError> {
        let mut pixels = Pixels::of(frame);
        if own {
            let crop = self.original.faces.get(&frame.time.as_us()).copied();
            if self.span.contains(frame.time) {
                self.tamper(frame, &mut pixels, crop);
            } else if frame.time < self.span.start && (crop.is_some() || self.kind == Kind::Freeze)
            {
                (self.kept, self.place) = (Some((Pixels::of(frame), crop)), crop);
            }
        }
        pixels.marked(self.words).frame(frame)
    }

    fn tamper(&mut self, frame: &Frame, pixels: &mut Pixels, crop: Option<Crop>) {
        match (self.kind, &self.kept) {
            (Kind::SoftFace, _) => {
                if let Some(crop) = crop {
                    pixels.soften(frame, &crop);
                }
            }
            (Kind::Freeze, Some((still, _))) => *pixels = still.clone(),
            // From the first picture on: it is the one that stays.
            (Kind::Freeze, None) => self.kept = Some((pixels.clone(), crop)),
            (Kind::FaceOverHand, Some((face, Some(its_crop)))) => {
                let crop = crop.map(|c| c.after(self.place)).or(self.place);
                self.place = crop;
                if let Some(crop) = crop {
                    pixels.lay_over(&crop, face, its_crop);
                }
            }
            _ => {}
        }
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

fn track_of(stream: usize) -> Result<TrackId, FieldError> {
    TrackId::parse(&format!("s{stream}"))
}

fn stream_of(track: &TrackId) -> usize {
    let number = track.as_str().trim_start_matches('s').parse();
    number.unwrap_or(usize::MAX)
}
