//! Interviews with a candidate in a browser.

use super::inbound::{media, text, track};
use super::outbound::{server_message, write_notice_message};
use super::{issued, pb, required};
use crate::core::{ChallengePolicy, EventKind, FieldError, SessionId, TrackSpec};
use crate::session::{
    ClientMessage, Command, Numbered, PageMessage, Push, Said, ServerMessage, Standing,
};

/// Longest id of a question and longest consent id, bytes.
const MOST_TEXT: usize = 256;
/// Longest reason in characters.
const MOST_REASON: usize = 256;

/// Id, title and challenges of an interview to be created.
///
/// # Errors
/// The field that cannot be used.
pub fn create_request(
    r: pb::CreateInterviewRequest,
) -> Result<(Option<SessionId>, String, ChallengePolicy), FieldError> {
    let id = match r.session_id.as_str() {
        "" => None,
        id => Some(SessionId::parse(id)?),
    };
    let policy = issued::policy(r.challenge_policy).map_err(|e| e.within("challenge_policy"))?;
    Ok((id, r.title, policy))
}

/// A host's command.
///
/// # Errors
/// The field that cannot be used.
pub fn command_request(r: pb::CommandRequest) -> Result<(SessionId, Command), FieldError> {
    use pb::command_request::Command as C;
    let id = SessionId::parse(&r.session_id)?;
    let expected = "a question's start or end, a challenge, or close";
    let question = |id: String| text(id, "question_id", MOST_TEXT);
    let command = match required(r.command, "command", expected)? {
        C::QuestionStart(q) => Command::Event(EventKind::QuestionStart {
            question_id: question(q.question_id).map_err(|e| e.within("question_start"))?,
        }),
        C::QuestionEnd(q) => Command::Event(EventKind::QuestionEnd {
            question_id: question(q.question_id).map_err(|e| e.within("question_end"))?,
        }),
        C::IssueChallenge(m) => Command::Challenge(issued::issue(m)?),
        C::CancelChallenge(m) => Command::Challenge(issued::declined(m)?),
        C::Close(c) => Command::Close {
            reason: c.reason.chars().take(MOST_REASON).collect(),
        },
    };
    Ok((id, command))
}

/// A candidate's tracks and consent record.
///
/// # Errors
/// The field that cannot be used.
pub fn join_request(r: pb::JoinRequest) -> Result<(Vec<TrackSpec>, String), FieldError> {
    let tracks = r.tracks.into_iter().enumerate().map(|(i, t)| {
        // Whose it is, is not the page's to say.
        let own = pb::Track {
            participant_id: "candidate".to_owned(),
            ..t
        };
        track(own).map_err(|e| e.within(&format!("tracks[{i}]")))
    });
    let tracks = tracks.collect::<Result<_, _>>()?;
    Ok((tracks, text(r.consent_id, "consent_id", MOST_TEXT)?))
}

/// What a candidate's page sends.
///
/// # Errors
/// The field that cannot be used; a chunk that cannot be used costs itself alone.
pub fn push_request(r: pb::PushRequest) -> Result<Push, FieldError> {
    let shown = r.shown.into_iter().map(issued::shown);
    let declined = r.declined.into_iter().map(issued::declined);
    let said: Vec<_> = shown.chain(declined).collect::<Result<_, _>>()?;
    let media = r.media.into_iter().map(media);
    Ok(Push {
        index: r.index,
        messages: media
            .chain(said.into_iter().map(ClientMessage::Challenge))
            .collect(),
        leave: r.leave,
    })
}

/// What a watcher is told; `None` for what ends the stream otherwise.
pub fn watch_response(said: Said) -> Option<pb::WatchResponse> {
    use pb::watch_response::Message as M;
    let message = match said {
        Said::Standing(standing) => M::State(match standing {
            Standing::Waiting => pb::WebState::Waiting,
            Standing::Joined => pb::WebState::Joined,
            Standing::Away => pb::WebState::Away,
            Standing::Ended => pb::WebState::Ended,
        } as i32),
        Said::Message(numbered) => M::Response(server_message(Numbered::clone(&numbered))),
        Said::Failed(_) => return None,
    };
    Some(pb::WatchResponse {
        message: Some(message),
    })
}

/// What a candidate's page is told.
pub fn join_response(message: PageMessage) -> pb::JoinResponse {
    use pb::join_response::Message as M;
    let message = match message {
        PageMessage::Welcome(w) => M::Welcome(pb::Welcome {
            title: w.title,
            credit_bytes: w.credit_bytes,
            next_index: w.next_index,
            latest_us: w.latest_us,
            positions: w
                .positions
                .into_iter()
                .map(|(track, next)| pb::NextChunk {
                    track_id: track.to_string(),
                    next_sequence: next,
                })
                .collect(),
            max_message_bytes: w.max_message_bytes,
        }),
        PageMessage::Credit(bytes) => M::Credit(pb::FlowCredit { bytes }),
        PageMessage::Notice(n) => M::Notice(write_notice_message(n)),
        PageMessage::Challenge(numbered) => M::Challenge(for_the_candidate(&numbered)),
        PageMessage::Goodbye { reason } => M::Goodbye(pb::Goodbye { reason }),
    };
    pb::JoinResponse {
        message: Some(message),
    }
}

/// A challenge without what came of it.
fn for_the_candidate(numbered: &Numbered) -> pb::ChallengeUpdate {
    use pb::challenge_update::State as S;
    let ServerMessage::Challenge(update) = &numbered.message else {
        return pb::ChallengeUpdate::default();
    };
    let mut update = issued::write_update((**update).clone());
    match &mut update.state {
        Some(S::Reprompt(again)) => again.first = None,
        Some(S::Concluded(over)) => {
            over.result = None;
            over.words = String::new();
        }
        Some(S::Issued(_) | S::Refused(_) | S::Open(_)) | None => {}
    }
    update
}
