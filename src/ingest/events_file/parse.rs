//! JSON to [`EventsFile`]. Hand-written over `serde_json::Value` so that every fault names its
//! entry, and an unknown key the one that was probably meant.

use super::{
    EventEntry, EventEntryKind, EventsError, EventsFile, MAX_ENTRIES, ReferenceEntry,
    TamperedEntry, TrackEntry,
};
use crate::core::{
    ChallengeKind, ChallengeParameters, ClockSource, FieldError, LEAST_COLOUR_MS, MOST_COLOURS,
    ParticipantId, ParticipantSpec, Region, Role, ScreenColour, Side, TrackId,
};
use serde_json::{Map, Value};

pub(super) const ROOT_KEYS: &[&str] = &[
    "version",
    "consent_id",
    "source_platform",
    "participants",
    "tracks",
    "clock_mapping",
    "events",
    "reference",
    "tampered",
];
pub(super) const TAMPERED_KEYS: &[&str] = &["kind", "from_ms", "to_ms", "offset_ms"];
pub(super) const REFERENCE_KEYS: &[&str] = &["from_ms", "to_ms"];
pub(super) const PARTICIPANT_KEYS: &[&str] = &["id", "role"];
pub(super) const TRACK_KEYS: &[&str] = &["stream", "id", "participant", "region"];
pub(super) const REGION_KEYS: &[&str] = &["x", "y", "width", "height"];
pub(super) const EVENT_KEYS: &[&str] = &[
    "time_ms",
    "type",
    "question_id",
    "participant",
    "track",
    "muted",
    "on",
    "reason",
    "id",
    "kind",
    "deadline_ms",
    "end_ms",
    "count",
    "direction",
    "hold_ms",
    "colours",
    "colour_ms",
];
pub(super) const ROLES: &[(&str, Role)] = &[
    ("candidate", Role::Candidate),
    ("interviewer", Role::Interviewer),
    ("other", Role::Other),
    ("mixed", Role::Mixed),
    ("screen_share", Role::ScreenShare),
];
pub(super) const CLOCKS: &[(&str, ClockSource)] = &[
    ("platform", ClockSource::Platform),
    ("estimated", ClockSource::Estimated),
    ("unknown", ClockSource::Unknown),
];
pub(super) const CHALLENGES: &[(&str, ChallengeKind)] = &[
    ("hand_pass", ChallengeKind::HandPass),
    ("hand_hold", ChallengeKind::HandHold),
    ("turn_left", ChallengeKind::TurnLeft),
    ("turn_right", ChallengeKind::TurnRight),
    ("cheek_press", ChallengeKind::CheekPress),
    ("lean_in", ChallengeKind::LeanIn),
    ("flash", ChallengeKind::Flash),
    ("phrase", ChallengeKind::Phrase),
    ("turn_both", ChallengeKind::TurnBoth),
];
pub(super) const SIDES: &[(&str, Side)] = &[("left", Side::Left), ("right", Side::Right)];
/// Types of events with the keys that each may have besides `time_ms` and `type`.
pub(super) const TYPES: &[(&str, &[&str])] = &[
    ("question_start", &["question_id"]),
    ("question_end", &["question_id"]),
    ("answer_start", &["question_id"]),
    ("mute", &["participant", "muted"]),
    ("camera", &["participant", "on"]),
    ("active_speaker", &["participant"]),
    ("discontinuity", &["track", "reason"]),
    (
        "challenge",
        &[
            "id",
            "kind",
            "deadline_ms",
            "count",
            "direction",
            "hold_ms",
            "colours",
            "colour_ms",
        ],
    ),
    ("warm_up", &["end_ms"]),
    ("track_participant", &["track", "participant"]),
];
/// Longest free text in bytes: consent id, reasons, question ids.
const MAX_TEXT_BYTES: usize = 256;
const MAX_PLATFORM_BYTES: usize = 128;
/// No recording is longer than this, milliseconds: 100 days.
const MAX_TIME_MS: f64 = 8.64e9;

pub(super) fn parse(text: &str) -> Result<EventsFile, EventsError> {
    let value: Value = serde_json::from_str(text).map_err(|e| EventsError::NotJson {
        line: e.line(),
        column: e.column(),
        detail: e.to_string(),
    })?;
    let root = Entry::new(&value, "the file", ROOT_KEYS)?;
    if root.integer("version")? != Some(1) {
        let found = root
            .map
            .get("version")
            .map_or("none".into(), Value::to_string);
        return Err(FieldError::new("version", found, "1").into());
    }
    let tracks = match root.map.contains_key("tracks") {
        true => Some(root.list("tracks", track)?),
        false => None,
    };
    let tampered = match root.map.contains_key("tampered") {
        true => Some(root.list("tampered", tampered)?),
        false => None,
    };
    Ok(EventsFile {
        consent_id: root.text("consent_id", MAX_TEXT_BYTES)?.unwrap_or_default(),
        source_platform: root
            .text("source_platform", MAX_PLATFORM_BYTES)?
            .unwrap_or_default(),
        participants: root.list("participants", participant)?,
        tracks,
        clock: root.choice("clock_mapping", CLOCKS)?.unwrap_or_default(),
        events: root.list("events", event)?,
        reference: root.map.get("reference").map(reference).transpose()?,
        tampered,
    })
}

fn tampered(value: &Value, at: &str) -> Result<TamperedEntry, EventsError> {
    let e = Entry::new(value, at, TAMPERED_KEYS)?;
    Ok(TamperedEntry {
        kind: e.required("kind", e.text("kind", MAX_TEXT_BYTES)?)?,
        from_ms: e.required("from_ms", e.time("from_ms")?)?,
        to_ms: e.required("to_ms", e.time("to_ms")?)?,
        offset_ms: e.number("offset_ms")?,
    })
}

fn reference(value: &Value) -> Result<ReferenceEntry, EventsError> {
    let e = Entry::new(value, "reference", REFERENCE_KEYS)?;
    Ok(ReferenceEntry {
        from_ms: e.required("from_ms", e.time("from_ms")?)?,
        to_ms: e.required("to_ms", e.time("to_ms")?)?,
    })
}

fn participant(value: &Value, at: &str) -> Result<ParticipantSpec, EventsError> {
    let e = Entry::new(value, at, PARTICIPANT_KEYS)?;
    Ok(ParticipantSpec {
        id: e.required("id", e.participant("id")?)?,
        role: e.required("role", e.choice("role", ROLES)?)?,
        reference_session: None,
    })
}

fn track(value: &Value, at: &str) -> Result<TrackEntry, EventsError> {
    let e = Entry::new(value, at, TRACK_KEYS)?;
    let stream = e.required("stream", e.integer("stream")?)?;
    let region = match e.map.get("region") {
        Some(r) => Some(region(r, &e.path("region"))?),
        None => None,
    };
    Ok(TrackEntry {
        stream: usize::try_from(stream)
            .map_err(|_| e.fault("stream", stream, "an index from 0"))?,
        id: e.required("id", e.track("id")?)?,
        participant: e.required("participant", e.participant("participant")?)?,
        region,
    })
}

fn region(value: &Value, at: &str) -> Result<Region, EventsError> {
    let e = Entry::new(value, at, REGION_KEYS)?;
    let side = |key| Ok::<f32, EventsError>(e.required(key, e.number(key)?)? as f32);
    let region = Region {
        x: side("x")?,
        y: side("y")?,
        width: side("width")?,
        height: side("height")?,
    };
    region.validate().map_err(|f| f.within(at))?;
    Ok(region)
}

fn event(value: &Value, at: &str) -> Result<EventEntry, EventsError> {
    let e = Entry::new(value, at, EVENT_KEYS)?;
    let name = e.required("type", e.string("type")?)?;
    let Some((name, keys)) = TYPES.iter().find(|(n, _)| *n == name) else {
        return Err(e.unknown_word("type", name, TYPES.iter().map(|(n, _)| *n)));
    };
    let known = |k: &str| k == "time_ms" || k == "type" || keys.contains(&k);
    if let Some(stray) = e.map.keys().find(|k| !known(k)) {
        return Err(e.fault(
            stray,
            "a key without meaning",
            format!("none in an event of type {name}"),
        ));
    }
    Ok(EventEntry {
        time_ms: e.required("time_ms", e.time("time_ms")?)?,
        kind: event_kind(&e, name)?,
    })
}

fn event_kind(e: &Entry<'_>, name: &str) -> Result<EventEntryKind, EventsError> {
    let question_id =
        || Ok::<_, EventsError>(e.text("question_id", MAX_TEXT_BYTES)?.unwrap_or_default());
    let participant = || e.required("participant", e.participant("participant")?);
    Ok(match name {
        "question_start" => EventEntryKind::QuestionStart {
            question_id: question_id()?,
        },
        "question_end" => EventEntryKind::QuestionEnd {
            question_id: question_id()?,
        },
        "answer_start" => EventEntryKind::AnswerStart {
            question_id: question_id()?,
        },
        "mute" => EventEntryKind::Mute {
            participant: participant()?,
            muted: e.required("muted", e.boolean("muted")?)?,
        },
        "camera" => EventEntryKind::Camera {
            participant: participant()?,
            on: e.required("on", e.boolean("on")?)?,
        },
        "active_speaker" => EventEntryKind::ActiveSpeaker {
            participant: e.participant("participant")?,
        },
        "discontinuity" => EventEntryKind::Discontinuity {
            track: e.required("track", e.track("track")?)?,
            reason: e.text("reason", MAX_TEXT_BYTES)?.unwrap_or_default(),
        },
        "challenge" => {
            let count = e.integer("count")?.unwrap_or(1);
            EventEntryKind::Challenge {
                id: e.required("id", e.text("id", MAX_TEXT_BYTES)?)?,
                kind: e.required("kind", e.choice("kind", CHALLENGES)?)?,
                deadline_ms: e.required("deadline_ms", e.time("deadline_ms")?)?,
                count: u32::try_from(count)
                    .ok()
                    .filter(|c| (1..=10).contains(c))
                    .ok_or_else(|| e.fault("count", count, "1 to 10"))?,
                parameters: parameters(e)?,
            }
        }
        "track_participant" => EventEntryKind::TrackParticipant {
            track: e.required("track", e.track("track")?)?,
            participant: participant()?,
        },
        _ => EventEntryKind::WarmUp {
            end_ms: e.required("end_ms", e.time("end_ms")?)?,
        },
    })
}

/// How exactly a challenge was asked for.
fn parameters(e: &Entry<'_>) -> Result<ChallengeParameters, EventsError> {
    let within = |key: &str, low: u32, high: u32| match e.integer(key)? {
        None => Ok(0),
        Some(v) => u32::try_from(v)
            .ok()
            .filter(|v| (low..=high).contains(v))
            .ok_or_else(|| e.fault(key, v, format!("{low} to {high}"))),
    };
    let colour = |v: &Value, at: &str| {
        let all = ScreenColour::ALL.into_iter();
        let found = v.as_str().and_then(|w| all.clone().find(|c| c.name() == w));
        found.ok_or_else(|| {
            let names: Vec<&str> = all.map(ScreenColour::name).collect();
            e.fault(at, v, format!("one of {}", names.join(", ")))
        })
    };
    let colours = e.list("colours", colour)?;
    if colours.len() > MOST_COLOURS {
        let expected = format!("at most {MOST_COLOURS} colours");
        return Err(e.fault("colours", colours.len(), expected));
    }
    Ok(ChallengeParameters {
        direction: e.choice("direction", SIDES)?,
        hold_ms: within("hold_ms", 0, 15_000)?,
        colours,
        colour_ms: within("colour_ms", LEAST_COLOUR_MS, 5_000)?,
        ..ChallengeParameters::default()
    })
}

/// A JSON object with its place in the file.
struct Entry<'a> {
    map: &'a Map<String, Value>,
    at: &'a str,
}

impl<'a> Entry<'a> {
    fn new(
        value: &'a Value,
        at: &'a str,
        keys: &'static [&'static str],
    ) -> Result<Self, EventsError> {
        let map = value
            .as_object()
            .ok_or_else(|| FieldError::new(at, value, "an object"))?;
        if let Some(key) = map.keys().find(|k| !keys.contains(&k.as_str())) {
            return Err(EventsError::UnknownKey {
                entry: at.to_owned(),
                key: key.chars().take(80).collect(),
                nearest: nearest(key, keys.iter().copied()),
            });
        }
        Ok(Self { map, at })
    }

    fn path(&self, key: &str) -> String {
        if self.at == "the file" {
            key.to_owned()
        } else {
            format!("{}.{key}", self.at)
        }
    }

    fn fault(
        &self,
        key: &str,
        found: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> EventsError {
        FieldError::new(self.path(key), found, expected).into()
    }

    fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, EventsError> {
        value.ok_or_else(|| self.fault(key, "nothing", "a value"))
    }

    /// The value of a key through `read`; `expected` where it is something else.
    fn value<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, EventsError> {
        match self.map.get(key) {
            None => Ok(None),
            Some(v) => match read(v) {
                Some(t) => Ok(Some(t)),
                None => Err(self.fault(key, v, expected)),
            },
        }
    }

    fn string(&self, key: &str) -> Result<Option<&'a str>, EventsError> {
        self.value(key, "a text", Value::as_str)
    }

    fn boolean(&self, key: &str) -> Result<Option<bool>, EventsError> {
        self.value(key, "true or false", Value::as_bool)
    }

    /// JSON knows no integers: 2.0 is one too.
    fn integer(&self, key: &str) -> Result<Option<i64>, EventsError> {
        self.value(key, "a whole number", |v| {
            v.as_i64().or_else(|| {
                v.as_f64()
                    .filter(|f| f.fract() == 0.0 && f.abs() < 9e15)
                    .map(|f| f as i64)
            })
        })
    }

    fn number(&self, key: &str) -> Result<Option<f64>, EventsError> {
        self.value(key, "a number", |v| v.as_f64().filter(|f| f.is_finite()))
    }

    fn time(&self, key: &str) -> Result<Option<f64>, EventsError> {
        self.value(key, "milliseconds from the start of the recording", |v| {
            v.as_f64()
                .filter(|f| f.is_finite() && f.abs() <= MAX_TIME_MS)
        })
    }

    fn text(&self, key: &str, max: usize) -> Result<Option<String>, EventsError> {
        match self.string(key)? {
            Some(s) if s.len() > max => {
                let found = format!("{} bytes", s.len());
                Err(self.fault(key, found, format!("at most {max} bytes")))
            }
            other => Ok(other.map(str::to_owned)),
        }
    }

    fn participant(&self, key: &str) -> Result<Option<ParticipantId>, EventsError> {
        self.string(key)?
            .map(|s| ParticipantId::parse(s).map_err(|e| self.fault(key, e.found, e.expected)))
            .transpose()
    }

    fn track(&self, key: &str) -> Result<Option<TrackId>, EventsError> {
        self.string(key)?
            .map(|s| TrackId::parse(s).map_err(|e| self.fault(key, e.found, e.expected)))
            .transpose()
    }

    fn choice<T: Copy>(
        &self,
        key: &str,
        words: &'static [(&'static str, T)],
    ) -> Result<Option<T>, EventsError> {
        let Some(word) = self.string(key)? else {
            return Ok(None);
        };
        match words.iter().find(|(w, _)| *w == word) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(self.unknown_word(key, word, words.iter().map(|(w, _)| *w))),
        }
    }

    fn unknown_word(
        &self,
        key: &str,
        word: &str,
        words: impl Iterator<Item = &'static str> + Clone,
    ) -> EventsError {
        let list: Vec<&str> = words.clone().collect();
        let mut expected = format!("one of {}", list.join(", "));
        if let Some(n) = nearest(word, words) {
            expected = format!("{expected} (did you mean {n}?)");
        }
        self.fault(key, format!("{word:?}"), expected)
    }

    fn list<T>(
        &self,
        key: &str,
        read: impl Fn(&Value, &str) -> Result<T, EventsError>,
    ) -> Result<Vec<T>, EventsError> {
        let items = self.value(key, "a list", Value::as_array)?;
        let items = items.map_or(&[][..], Vec::as_slice);
        if items.len() > MAX_ENTRIES {
            let expected = format!("at most {MAX_ENTRIES} entries");
            return Err(self.fault(key, format!("{} entries", items.len()), expected));
        }
        items
            .iter()
            .enumerate()
            .map(|(i, v)| read(v, &format!("{key}[{i}]")))
            .collect()
    }
}

/// The word that was probably meant: at most a third of its letters differ.
fn nearest(word: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let short: String = word.chars().take(40).collect();
    words
        .map(|w| (strsim::damerau_levenshtein(&short, w), w))
        .filter(|(d, w)| *d <= (w.len() / 3).max(1))
        .min()
        .map(|(_, w)| w)
}
