//! Whether the events of a file fit its recording and each other.

use super::{EventEntry, EventEntryKind, EventsFile};
use crate::core::{FieldError, ParticipantSpec, TrackSpec};
use crate::decode::file::FileInfo;
use std::collections::{HashMap, HashSet};

/// Containers state their length a little short; an event this far beyond it is still inside.
const END_SLACK_MS: f64 = 500.0;

impl EventsFile {
    /// Adds a fault for every event that contradicts the recording, the participants and tracks, or
    /// another event.
    pub(super) fn check_events(
        &self,
        info: &FileInfo,
        participants: &[ParticipantSpec],
        tracks: &[TrackSpec],
        faults: &mut Vec<FieldError>,
    ) {
        let end_ms = info.duration_ns.map(|ns| ns as f64 / 1e6 + END_SLACK_MS);
        let mut questions: HashMap<&str, Marks> = HashMap::new();
        let mut challenges = HashSet::new();
        if let Some(r) = &self.reference {
            let mut check = EventCheck {
                at: "reference",
                end_ms,
                faults,
            };
            check.inside("from_ms", r.from_ms);
            check.after("to_ms", r.to_ms, r.from_ms);
            check.inside("to_ms", r.to_ms);
        }
        for (i, event) in self.events.iter().enumerate() {
            let at = format!("events[{i}]");
            let mut check = EventCheck {
                at: &at,
                end_ms,
                faults,
            };
            check.inside("time_ms", event.time_ms);
            check.subject(&event.kind, participants, tracks);
            check.windows(event, &mut challenges);
            if let Some((id, mark, name)) = question_mark(&event.kind) {
                let marks = questions.entry(id).or_default();
                check.once(id, marks.set(mark, event.time_ms, i), name);
            }
        }
        let mut named: Vec<_> = questions.iter().filter(|(id, _)| !id.is_empty()).collect();
        named.sort_by_key(|(id, _)| **id);
        for (id, marks) in named {
            marks.check(id, faults);
        }
    }
}

/// Which mark of which question an event is, and the event's type.
fn question_mark(kind: &EventEntryKind) -> Option<(&str, Mark, &'static str)> {
    match kind {
        EventEntryKind::QuestionStart { question_id } => {
            Some((question_id, Mark::Start, "question_start"))
        }
        EventEntryKind::QuestionEnd { question_id } => {
            Some((question_id, Mark::End, "question_end"))
        }
        EventEntryKind::AnswerStart { question_id } => {
            Some((question_id, Mark::Answer, "answer_start"))
        }
        _ => None,
    }
}

/// A mark of a question.
#[derive(Clone, Copy)]
enum Mark {
    Start,
    End,
    Answer,
}

/// The marks of one question: time in milliseconds and index of the entry.
#[derive(Default)]
struct Marks {
    start: Option<(f64, usize)>,
    end: Option<(f64, usize)>,
    answer: Option<(f64, usize)>,
}

impl Marks {
    /// Sets a mark; gives the time it had before.
    fn set(&mut self, mark: Mark, ms: f64, entry: usize) -> Option<f64> {
        let slot = match mark {
            Mark::Start => &mut self.start,
            Mark::End => &mut self.end,
            Mark::Answer => &mut self.answer,
        };
        slot.replace((ms, entry)).map(|(before, _)| before)
    }

    fn check(&self, id: &str, faults: &mut Vec<FieldError>) {
        let Some((start, _)) = self.start else { return };
        for (mark, what) in [(self.end, "ends"), (self.answer, "is answered")] {
            if let Some((ms, entry)) = mark.filter(|(ms, _)| *ms < start) {
                faults.push(FieldError::new(
                    format!("events[{entry}].time_ms"),
                    format!("{ms} ms, where question {id} {what}"),
                    format!("not before its start at {start} ms"),
                ));
            }
        }
    }
}

/// Faults of one event.
struct EventCheck<'a> {
    at: &'a str,
    end_ms: Option<f64>,
    faults: &'a mut Vec<FieldError>,
}

impl EventCheck<'_> {
    fn fault(&mut self, key: &str, found: impl std::fmt::Display, expected: impl Into<String>) {
        self.faults
            .push(FieldError::new(key, found, expected).within(self.at));
    }

    fn inside(&mut self, key: &str, ms: f64) {
        if ms < 0.0 {
            self.fault(key, format!("{ms} ms"), "not before the recording's start");
        } else if let Some(end) = self.end_ms.filter(|end| ms > *end) {
            let length = end - END_SLACK_MS;
            self.fault(
                key,
                format!("{ms} ms"),
                format!("inside the recording, which has {length:.0} ms"),
            );
        }
    }

    fn after(&mut self, key: &str, ms: f64, start: f64) {
        if ms <= start {
            self.fault(
                key,
                format!("{ms} ms"),
                format!("after its start at {start} ms"),
            );
        }
    }

    /// A numbered question has each mark once; unnumbered ones are told apart by their order.
    fn once(&mut self, id: &str, before: Option<f64>, what: &str) {
        if let Some(ms) = before.filter(|_| !id.is_empty()) {
            self.fault(
                "question_id",
                id,
                format!("one {what} a question; there is one at {ms} ms"),
            );
        }
    }

    /// Challenges and warm-ups reach beyond their own time.
    fn windows<'e>(&mut self, event: &'e EventEntry, challenges: &mut HashSet<&'e str>) {
        match &event.kind {
            EventEntryKind::Challenge {
                id, deadline_ms, ..
            } => {
                self.after("deadline_ms", *deadline_ms, event.time_ms);
                if !challenges.insert(id) {
                    self.fault("id", id, "an id of its own");
                }
            }
            EventEntryKind::WarmUp { end_ms } => {
                self.after("end_ms", *end_ms, event.time_ms);
                self.inside("end_ms", *end_ms);
            }
            _ => {}
        }
    }

    /// Whom or what the event is about.
    fn subject(
        &mut self,
        kind: &EventEntryKind,
        participants: &[ParticipantSpec],
        tracks: &[TrackSpec],
    ) {
        let who = match kind {
            EventEntryKind::Mute { participant, .. }
            | EventEntryKind::Camera { participant, .. } => Some(participant),
            EventEntryKind::ActiveSpeaker { participant } => participant.as_ref(),
            EventEntryKind::TrackParticipant { participant, .. } => Some(participant),
            _ => None,
        };
        let which = match kind {
            EventEntryKind::Discontinuity { track, .. }
            | EventEntryKind::TrackParticipant { track, .. } => Some(track),
            _ => None,
        };
        if let Some(id) = which.filter(|id| tracks.iter().all(|t| &t.id != *id)) {
            self.fault("track", id, "a listed track");
        }
        if let Some(id) = who.filter(|id| participants.iter().all(|p| &p.id != *id)) {
            self.fault("participant", id, "a listed participant");
        }
    }
}
