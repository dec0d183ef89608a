//! Control events as bodies of entries.

use super::Personal;
use crate::core::{ControlEvent, EventKind};
use serde_json::{Value, json};

/// The event as JSON; names are marked as personal, and learnt.
pub(super) fn body(event: &ControlEvent, personal: &mut Personal) -> Value {
    let chosen = |text: &str| json!({"personal": text});
    let (name, fields) = match &event.kind {
        EventKind::QuestionStart { question_id } => {
            personal.learn(question_id);
            ("question_start", json!({"question": chosen(question_id)}))
        }
        EventKind::QuestionEnd { question_id } => {
            personal.learn(question_id);
            ("question_end", json!({"question": chosen(question_id)}))
        }
        EventKind::AnswerStart { question_id } => {
            personal.learn(question_id);
            ("answer_start", json!({"question": chosen(question_id)}))
        }
        EventKind::Mute { participant, muted } => (
            "mute",
            json!({"participant": personal.participant(participant.as_str()), "muted": muted}),
        ),
        EventKind::Camera { participant, on } => (
            "camera",
            json!({"participant": personal.participant(participant.as_str()), "on": on}),
        ),
        EventKind::ActiveSpeaker { participant } => {
            let who = participant.as_ref();
            let who = who.map(|p| personal.participant(p.as_str()));
            ("active_speaker", json!({"participant": who}))
        }
        EventKind::Discontinuity { track, reason } => (
            "discontinuity",
            json!({"track": personal.track(track.as_str()), "why": chosen(reason)}),
        ),
        EventKind::ClockMapping {
            track,
            offset_ns,
            source,
            uncertainty_ns,
        } => (
            "clock_mapping",
            json!({
                "track": personal.track(track.as_str()),
                "offset_ns": offset_ns,
                "source": source,
                "uncertainty_ns": uncertainty_ns,
            }),
        ),
        EventKind::Challenge {
            id,
            kind,
            deadline,
            count,
            asked,
        } => {
            personal.learn(id);
            let whom = asked.participant.as_ref();
            (
                "challenge",
                json!({
                    "id": chosen(id),
                    "kind": kind,
                    "deadline_us": deadline.as_us(),
                    "count": count,
                    "participant": whom.map(|p| personal.participant(p.as_str())),
                    "parameters": asked.parameters,
                }),
            )
        }
        EventKind::WarmUp { end } => ("warm_up", json!({"end_us": end.as_us()})),
        EventKind::ReferenceSpan { end } => ("reference_span", json!({"end_us": end.as_us()})),
        EventKind::TrackParticipant { track, participant } => (
            "track_participant",
            json!({
                "track": personal.track(track.as_str()),
                "participant": personal.participant(participant.as_str()),
            }),
        ),
    };
    json!({"time_us": event.time.as_us(), "event": name, "fields": fields})
}
