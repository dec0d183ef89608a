//! Whose track is whose by now: announced at open, changed by `TrackParticipant` events.
//!
//! Platforms that forward the loudest speakers (Google Meet, by its CSRCs) show whoever is of
//! interest on a fixed number of tracks. A switch takes effect with the first media of its track
//! at or after its time; sound that lies across it is divided there. What is gathered of a person,
//! face series, voice, evidence, stays with that person: it breaks off where the track goes to
//! somebody else and goes on, after a break, where one comes back.

use super::{Pipeline, Voice};
use crate::core::{
    ClockSource, FieldError, InterviewSpec, MediaTime, ParticipantId, Role, TrackId, TrackKind,
};

/// A track that belongs to somebody else from a time on.
#[derive(Debug)]
pub(super) struct Switch {
    time: MediaTime,
    track: TrackId,
    to: ParticipantId,
}

impl Pipeline {
    /// A reference shows one person only.
    pub(super) fn check_switch(&self, track: &TrackId) -> Result<(), FieldError> {
        match self.spec.track(track) {
            Some(t) if t.reference => {
                let expected = "a track of the interview, not a reference";
                Err(FieldError::new("track_id", track, expected))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn expect_switch(&mut self, time: MediaTime, track: &TrackId, to: &ParticipantId) {
        let at = self.switches.partition_point(|s| s.time <= time);
        let switch = Switch {
            time,
            track: track.clone(),
            to: to.clone(),
        };
        self.switches.insert(at, switch);
    }

    /// When the track goes to somebody else next.
    pub(super) fn next_switch(&self, track: &TrackId) -> Option<MediaTime> {
        let mut switches = self.switches.iter();
        switches.find(|s| &s.track == track).map(|s| s.time)
    }

    /// The track's media has reached `time`: what is due until then takes effect.
    pub(super) fn switch_until(&mut self, track: &TrackId, time: MediaTime) {
        let due = |s: &Switch| &s.track == track && s.time <= time;
        while let Some(i) = self.switches.iter().position(due) {
            let switch = self.switches.remove(i);
            let mut tracks = self.spec.tracks.iter_mut();
            if let Some(t) = tracks.find(|t| t.id == switch.track) {
                t.participant = switch.to;
            }
            self.seat_voices(switch.time);
            for lane in &mut self.lanes {
                lane.seat(&self.spec);
            }
        }
    }

    /// Gives everybody who is listened to the first of their audio tracks.
    pub(super) fn seat_voices(&mut self, time: MediaTime) {
        for p in &self.spec.participants {
            if !p.role.is_scored() && p.role != Role::Interviewer {
                continue;
            }
            let seat = sound_of(&self.spec, &p.id);
            match (self.voices.iter_mut().find(|v| v.owner == p.id), seat) {
                (Some(voice), seat) => voice.move_to(seat, time),
                (None, Some(track)) => self.voices.push(Voice::new(p.id.clone(), track)),
                (None, None) => {}
            }
        }
    }

    /// The relation of a track's clock to the others became known, or was lost. It holds for every
    /// track on that clock.
    pub(super) fn know_clock(&mut self, track: &TrackId, source: ClockSource) {
        let clock = self.spec.track(track).map(|t| t.clock_id.clone());
        let clock = clock.filter(|c| !c.is_empty());
        for t in &mut self.spec.tracks {
            if &t.id == track || clock.as_ref() == Some(&t.clock_id) {
                t.clock = source;
            }
        }
        for lane in &mut self.lanes {
            lane.map_clock(track, source);
        }
    }
}

/// The clock relation of a lane's sound to its pictures: the worse of what both tracks claim,
/// unless they share a clock id.
pub(super) fn clock_between(
    spec: &InterviewSpec,
    a: Option<&TrackId>,
    b: Option<&TrackId>,
) -> ClockSource {
    let find = |id: Option<&TrackId>| id.and_then(|id| spec.track(id));
    match (find(a), find(b)) {
        (Some(a), Some(b)) if !a.clock_id.is_empty() && a.clock_id == b.clock_id => {
            a.clock.max(b.clock)
        }
        (Some(a), Some(b)) => a.clock.min(b.clock),
        _ => ClockSource::Unknown,
    }
}

/// First track of a kind that belongs to a participant with one of these roles.
pub(super) fn first_track(
    spec: &InterviewSpec,
    kind: TrackKind,
    owner: impl Fn(&ParticipantId, Role) -> bool,
) -> Option<TrackId> {
    spec.tracks
        .iter()
        .filter(|t| t.kind() == kind && !t.reference)
        .find(|t| {
            spec.role_of(&t.participant)
                .is_some_and(|r| owner(&t.participant, r))
        })
        .map(|t| t.id.clone())
}

/// The first audio track of a participant.
pub(super) fn sound_of(spec: &InterviewSpec, who: &ParticipantId) -> Option<TrackId> {
    first_track(spec, TrackKind::Audio, |p, _| p == who)
}

/// Who asks: of several with sound the first.
pub(super) fn interviewer(spec: &InterviewSpec) -> Option<ParticipantId> {
    let track = first_track(spec, TrackKind::Audio, |_, r| r == Role::Interviewer)?;
    spec.track(&track).map(|t| t.participant.clone())
}
