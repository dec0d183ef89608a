//! Which streams of a recording are used, and as whose.

use super::{EventEntry, EventEntryKind, EventsFile, TrackEntry};
use crate::core::{
    Asked, AudioFormat, AudioTrackSpec, ClockSource, ColorMatrix, ColorRange, ControlEvent,
    EventKind, FieldError, InterviewSpec, MediaTime, ParticipantId, ParticipantSpec, Region, Role,
    SessionId, Span, TrackId, TrackKind, TrackSpec, VideoFormat, VideoTrackSpec,
};
use crate::decode::file::{FileInfo, StreamInfo};
use std::collections::HashSet;

/// One stream in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Index in the file.
    pub stream: usize,
    /// The track it becomes.
    pub track: TrackId,
    /// Part of the picture, if not all of it.
    pub region: Option<Region>,
}

/// How a recording is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Participants and tracks. Pictures stand as RGB and sound as floats, as they are decoded.
    pub spec: InterviewSpec,
    /// Streams in use.
    pub selections: Vec<Selection>,
    /// Control events in time order.
    pub events: Vec<ControlEvent>,
    /// A stretch at which it was verified who is before the camera; also among the events.
    pub reference: Option<Span>,
    /// What a reader has to know of a test copy, in words; `None` for what is none. By the events file, or by the
    /// mark that `liveproof forge` leaves in the metadata.
    pub test_copy: Option<String>,
    /// What the reader should know: that it is a test copy, streams left out.
    pub notices: Vec<String>,
}

/// How the comment begins that `liveproof forge` leaves in the metadata of a test copy.
pub const TEST_COPY: &str = "TEST COPY";

impl Plan {
    /// True when the plan marks the end of a question.
    pub fn has_question_marks(&self) -> bool {
        self.events
            .iter()
            .any(|e| matches!(e.kind, EventKind::QuestionEnd { .. }))
    }

    /// The only scored participant with pictures, and their track.
    ///
    /// # Errors
    /// Without such pictures, or with those of several.
    pub fn candidate(&self) -> Result<(ParticipantId, TrackId), FieldError> {
        let expected = "pictures of one candidate; an events file can name them";
        let scored = |p: &ParticipantId| self.spec.role_of(p).is_some_and(Role::is_scored);
        let tracks = self.spec.tracks.iter();
        let mut videos = tracks.filter(|t| t.kind() == TrackKind::Video && scored(&t.participant));
        let first = videos
            .next()
            .ok_or_else(|| FieldError::new("reference", "no pictures of a candidate", expected))?;
        match videos.find(|t| t.participant != first.participant) {
            None => Ok((first.participant.clone(), first.id.clone())),
            Some(other) => {
                let found = format!("those of {} and {}", first.participant, other.participant);
                Err(FieldError::new("reference", found, expected))
            }
        }
    }

    /// Without an events file: the first pictures and the first sound, of one participant
    /// `recording`, who may be several people.
    ///
    /// # Errors
    /// A list with the fault when the recording has nothing to use.
    pub fn unannounced(info: &FileInfo, session_id: SessionId) -> Result<Self, Vec<FieldError>> {
        EventsFile::default().apply(info, session_id)
    }
}

impl EventsFile {
    /// Sets the file against the recording that it lies beside.
    ///
    /// # Errors
    /// Every contradiction found, each naming its entry: times before the start, before what they
    /// follow, or beyond the end (when the recording states its length); streams that are not
    /// there or cannot be decoded; regions of sound; unknown or repeated participants, tracks and
    /// challenges; nobody to assess.
    pub fn apply(&self, info: &FileInfo, session_id: SessionId) -> Result<Plan, Vec<FieldError>> {
        let mut faults = Vec::new();
        let participants = self.cast(&mut faults);
        let entries = self.entries(info, &participants, &mut faults);
        let tracks = self.tracks(&entries, info, &participants, &mut faults);
        self.check_events(info, &participants, &tracks, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut events: Vec<ControlEvent> = self.events.iter().map(control_event).collect();
        let at = |ms: f64| MediaTime::from_secs_f64(ms / 1e3);
        let reference = self
            .reference
            .map(|r| Span::new(at(r.from_ms), at(r.to_ms)));
        events.extend(reference.map(|s| ControlEvent {
            time: s.start,
            kind: EventKind::ReferenceSpan { end: s.end },
        }));
        events.sort_by_key(|e| e.time);
        let used: HashSet<usize> = entries.iter().map(|e| e.stream).collect();
        let test_copy = self.copy_notice().or_else(|| marked_copy(info));
        Ok(Plan {
            spec: InterviewSpec {
                session_id,
                participants,
                tracks,
                consent_id: self.consent_id.clone(),
                source_platform: self.source_platform.clone(),
                challenges: Default::default(),
            },
            selections: entries
                .into_iter()
                .map(|e| Selection {
                    stream: e.stream,
                    track: e.id,
                    region: e.region,
                })
                .collect(),
            events,
            reference,
            notices: test_copy
                .iter()
                .cloned()
                .chain(left_out(info, &used))
                .collect(),
            test_copy,
        })
    }

    /// What a reader of a test copy's report has to know.
    fn copy_notice(&self) -> Option<String> {
        let stretches = self.tampered.as_ref()?;
        let done: Vec<String> = stretches
            .iter()
            .map(|t| {
                format!(
                    "{} from {:.1} to {:.1} s",
                    t.kind,
                    t.from_ms / 1e3,
                    t.to_ms / 1e3
                )
            })
            .collect();
        Some(match done.is_empty() {
            true => "this is a test copy, an untouched control; no signal is told so".to_owned(),
            false => format!(
                "this is a test copy, tampered with on purpose ({}); no signal is told so",
                done.join(", ")
            ),
        })
    }

    /// The participants; one `recording` where none are listed.
    fn cast(&self, faults: &mut Vec<FieldError>) -> Vec<ParticipantSpec> {
        let mut seen = HashSet::new();
        for (i, p) in self.participants.iter().enumerate() {
            if !seen.insert(&p.id) {
                let field = format!("participants[{i}].id");
                faults.push(FieldError::new(field, &p.id, "an id of its own"));
            }
        }
        if self.participants.is_empty() {
            let id = ParticipantId::parse("recording");
            let role = Role::Mixed;
            return id
                .map(|id| ParticipantSpec {
                    id,
                    role,
                    reference_session: None,
                })
                .into_iter()
                .collect();
        }
        if !self.participants.iter().any(|p| p.role.is_scored()) {
            faults.push(FieldError::new(
                "participants",
                "nobody to assess",
                "at least one candidate or mixed participant",
            ));
        }
        self.participants.clone()
    }

    /// The streams in use: as listed, or the first pictures and the first sound for the first
    /// participant to be assessed.
    fn entries(
        &self,
        info: &FileInfo,
        participants: &[ParticipantSpec],
        faults: &mut Vec<FieldError>,
    ) -> Vec<TrackEntry> {
        if let Some(listed) = &self.tracks {
            if listed.is_empty() {
                faults.push(FieldError::new(
                    "tracks",
                    "an empty list",
                    "at least one stream",
                ));
            }
            return listed.clone();
        }
        let Some(owner) = participants.iter().find(|p| p.role.is_scored()) else {
            return Vec::new();
        };
        let entries: Vec<TrackEntry> = [(TrackKind::Video, "video"), (TrackKind::Audio, "audio")]
            .into_iter()
            .filter_map(|(kind, name)| {
                Some(TrackEntry {
                    stream: info.first(kind)?.index,
                    id: TrackId::parse(name).ok()?,
                    participant: owner.id.clone(),
                    region: None,
                })
            })
            .collect();
        if entries.is_empty() {
            faults.push(FieldError::new(
                "recording",
                "no stream that can be decoded",
                "pictures or sound",
            ));
        }
        entries
    }

    fn tracks(
        &self,
        entries: &[TrackEntry],
        info: &FileInfo,
        participants: &[ParticipantSpec],
        faults: &mut Vec<FieldError>,
    ) -> Vec<TrackSpec> {
        let mut seen = HashSet::new();
        let role = |id: &ParticipantId| {
            let found = participants.iter().find(|p| &p.id == id);
            found.map(|p| p.role)
        };
        let scored = |e: &TrackEntry| role(&e.participant).is_some_and(Role::is_scored);
        if !entries.is_empty() && !entries.iter().any(scored) {
            faults.push(FieldError::new(
                "tracks",
                "no stream of a candidate or mixed participant",
                "at least one",
            ));
        }
        let mut tracks = Vec::new();
        for (i, entry) in entries.iter().enumerate() {
            let at = format!("tracks[{i}]");
            let mut fault = |key: &str, found: String, expected: &str| {
                faults.push(FieldError::new(key, found, expected).within(&at));
            };
            if !seen.insert(&entry.id) {
                fault("id", entry.id.to_string(), "an id of its own");
            }
            if role(&entry.participant).is_none() {
                fault(
                    "participant",
                    entry.participant.to_string(),
                    "a listed participant",
                );
            }
            match info.stream(entry.stream) {
                None => {
                    let has: Vec<String> =
                        info.streams.iter().map(|s| s.index.to_string()).collect();
                    let expected = format!(
                        "a video or audio stream of the recording: {}",
                        has.join(", ")
                    );
                    fault("stream", entry.stream.to_string(), &expected);
                }
                Some(s) if !s.decodable => {
                    fault(
                        "stream",
                        format!("{} ({})", s.index, s.codec),
                        "a codec that is decoded here",
                    );
                }
                Some(s) if s.kind == TrackKind::Audio && entry.region.is_some() => {
                    fault("region", "a region".into(), "none, for a sound stream");
                }
                Some(s) => tracks.push(describe(s, entry, self.clock)),
            }
        }
        tracks
    }
}

fn control_event(event: &EventEntry) -> ControlEvent {
    let at = |ms: f64| MediaTime::from_secs_f64(ms / 1e3);
    use EventEntryKind as E;
    ControlEvent {
        time: at(event.time_ms),
        kind: match event.kind.clone() {
            E::QuestionStart { question_id } => EventKind::QuestionStart { question_id },
            E::QuestionEnd { question_id } => EventKind::QuestionEnd { question_id },
            E::AnswerStart { question_id } => EventKind::AnswerStart { question_id },
            E::Mute { participant, muted } => EventKind::Mute { participant, muted },
            E::Camera { participant, on } => EventKind::Camera { participant, on },
            E::ActiveSpeaker { participant } => EventKind::ActiveSpeaker { participant },
            E::Discontinuity { track, reason } => EventKind::Discontinuity { track, reason },
            E::Challenge {
                id,
                kind,
                deadline_ms,
                count,
                parameters,
            } => EventKind::Challenge {
                id,
                kind,
                deadline: at(deadline_ms),
                count,
                asked: Box::new(Asked {
                    participant: None,
                    parameters,
                }),
            },
            E::WarmUp { end_ms } => EventKind::WarmUp { end: at(end_ms) },
            E::TrackParticipant { track, participant } => {
                EventKind::TrackParticipant { track, participant }
            }
        },
    }
}

/// A stream of the file as a track. All streams of a file share its timeline.
fn describe(stream: &StreamInfo, entry: &TrackEntry, clock: ClockSource) -> TrackSpec {
    let turned = stream.rotation_deg % 180 == 90;
    let (width, height) = if turned {
        (stream.height, stream.width)
    } else {
        (stream.width, stream.height)
    };
    let video = (stream.kind == TrackKind::Video).then(|| VideoTrackSpec {
        format: VideoFormat::Rgb24,
        size: Some((width, height)),
        nominal_fps: stream.average_fps.map(|f| f as f32),
        range: ColorRange::Full,
        matrix: ColorMatrix::Auto,
        rotation_deg: 0,
        mirrored: false,
        region: entry.region,
        codec_config: Vec::new(),
    });
    let audio = (stream.kind == TrackKind::Audio).then(|| AudioTrackSpec {
        format: AudioFormat::F32le,
        sample_rate_hz: stream.sample_rate_hz.clamp(8_000, 48_000),
        channels: stream.channels.clamp(1, 2),
        planar: false,
    });
    TrackSpec {
        id: entry.id.clone(),
        participant: entry.participant.clone(),
        clock_id: "file".to_owned(),
        clock,
        reference: false,
        video,
        audio,
    }
}

/// The same of a copy that lost its events file, by its metadata.
fn marked_copy(info: &FileInfo) -> Option<String> {
    info.comment.starts_with(TEST_COPY).then(|| {
        format!(
            "this is a test copy by its metadata ({}); no signal is told so",
            info.comment
        )
    })
}

/// A sentence for each stream that is not used.
fn left_out(info: &FileInfo, used: &HashSet<usize>) -> Vec<String> {
    info.streams
        .iter()
        .filter(|s| !used.contains(&s.index) && !s.cover_picture)
        .map(|s| {
            let kind = match s.kind {
                TrackKind::Video => "video",
                TrackKind::Audio => "audio",
            };
            let why = if s.decodable {
                "not in use"
            } else {
                "cannot be decoded here"
            };
            format!("{kind} stream {} ({}): {why}", s.index, s.codec)
        })
        .collect()
}
