//! What an interview consists of: participants, tracks, events. Validated values only.

use super::{
    Asked, AudioFormat, ChallengePolicy, ColorMatrix, ColorRange, MediaTime, ParticipantId, Region,
    SessionId, TrackId, VideoFormat,
};
use serde::{Deserialize, Serialize};

/// What a participant is to the interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person whose authenticity is assessed.
    Candidate,
    /// Asks the questions; never scored.
    Interviewer,
    /// Anybody else in the call; never scored.
    Other,
    /// Several people on the same tracks, as in a composed recording.
    Mixed,
    /// A shared screen; never scored.
    ScreenShare,
}

impl Role {
    /// The role as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Interviewer => "interviewer",
            Self::Other => "other",
            Self::Mixed => "mixed",
            Self::ScreenShare => "screen_share",
        }
    }

    /// True for participants that get segments of their own.
    pub fn is_scored(self) -> bool {
        matches!(self, Self::Candidate | Self::Mixed)
    }
}

/// A participant of the interview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantSpec {
    /// Unique in the interview.
    pub id: ParticipantId,
    /// What the participant is to the interview.
    pub role: Role,
    /// An earlier interview that shows the participant on the same camera.
    pub reference_session: Option<SessionId>,
}

/// Pictures or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// How much is known of a track's clock against the other tracks' clocks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// Nothing is known: a constant audio-video offset carries no meaning.
    #[default]
    Unknown,
    /// The sender estimated the offset.
    Estimated,
    /// One capture clock for sound and pictures.
    Platform,
}

/// Offsets between sound and pictures that people notice begin at 45 ms (ITU-R BT.1359-1).
const NOTICED_NS: i64 = 45_000_000;

impl ClockSource {
    /// What is left of a claim that comes with this standard deviation of the offset; 0 = not stated.
    /// One whose three deviations reach what people notice is an estimate, one whose single deviation
    /// does says nothing.
    #[must_use]
    pub fn within(self, uncertainty_ns: i64) -> Self {
        match uncertainty_ns {
            ns if ns > NOTICED_NS => Self::Unknown,
            ns if ns > NOTICED_NS / 3 => self.min(Self::Estimated),
            _ => self,
        }
    }
}

/// What is announced of a video track.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoTrackSpec {
    /// Format of every payload.
    pub format: VideoFormat,
    /// Announced size in pixels, if known.
    pub size: Option<(u32, u32)>,
    /// Announced frames per second, if known.
    pub nominal_fps: Option<f32>,
    /// Range of YUV code values.
    pub range: ColorRange,
    /// Matrix of YUV code values.
    pub matrix: ColorMatrix,
    /// Clockwise rotation to apply: 0, 90, 180 or 270 degrees.
    pub rotation_deg: u32,
    /// True when the picture is mirrored left to right.
    pub mirrored: bool,
    /// Where the participant stands in the picture; `None` = all of it.
    pub region: Option<Region>,
    /// Out-of-band decoder configuration.
    pub codec_config: Vec<u8>,
}

/// What is announced of an audio track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioTrackSpec {
    /// Format of every payload.
    pub format: AudioFormat,
    /// Samples per second and channel.
    pub sample_rate_hz: u32,
    /// Channels, 1 or 2.
    pub channels: u32,
    /// True when channels lie one after the other instead of interleaved.
    pub planar: bool,
}

/// One stream of pictures or sound of one participant; exactly one of `video` and `audio` is set
/// and agrees with [`TrackSpec::kind`].
#[derive(Debug, Clone, PartialEq)]
pub struct TrackSpec {
    /// Unique in the interview.
    pub id: TrackId,
    /// Who sends it.
    pub participant: ParticipantId,
    /// Tracks with the same id share a clock.
    pub clock_id: String,
    /// How sure the sender is of this clock against the others.
    pub clock: ClockSource,
    /// True for pictures of a verified moment, which the participant's own are compared with and
    /// which are no part of the interview.
    pub reference: bool,
    /// Set for a video track.
    pub video: Option<VideoTrackSpec>,
    /// Set for an audio track.
    pub audio: Option<AudioTrackSpec>,
}

impl TrackSpec {
    /// Pictures or sound.
    pub fn kind(&self) -> TrackKind {
        if self.video.is_some() {
            TrackKind::Video
        } else {
            TrackKind::Audio
        }
    }
}

/// Everything that is known of an interview when it opens.
#[derive(Debug, Clone, PartialEq)]
pub struct InterviewSpec {
    /// Chosen by the client.
    pub session_id: SessionId,
    /// Everybody in the call.
    pub participants: Vec<ParticipantSpec>,
    /// Every track that will be sent.
    pub tracks: Vec<TrackSpec>,
    /// Where the consent record is kept; opaque.
    pub consent_id: String,
    /// Platform the media comes from; informative.
    pub source_platform: String,
    /// Which challenges the server may issue, and when.
    pub challenges: ChallengePolicy,
}

impl InterviewSpec {
    /// The role of a participant, `None` when unknown.
    pub fn role_of(&self, id: &ParticipantId) -> Option<Role> {
        self.participants
            .iter()
            .find(|p| &p.id == id)
            .map(|p| p.role)
    }

    /// The participant that a reference of somebody named `name` shows: the only one to be scored,
    /// or else the one of that name.
    pub fn shown_by(&self, name: &ParticipantId) -> Option<&ParticipantId> {
        let mut scored = self.participants.iter().filter(|p| p.role.is_scored());
        match (scored.next(), scored.next()) {
            (Some(only), None) => Some(&only.id),
            (first, second) => first
                .into_iter()
                .chain(second)
                .chain(scored)
                .map(|p| &p.id)
                .find(|id| *id == name),
        }
    }

    /// A track by id.
    pub fn track(&self, id: &TrackId) -> Option<&TrackSpec> {
        self.tracks.iter().find(|t| &t.id == id)
    }
}

/// What the candidate was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ChallengeKind {
    HandPass,
    HandHold,
    TurnLeft,
    TurnRight,
    CheekPress,
    LeanIn,
    Flash,
    Phrase,
    TurnBoth,
}

/// Something that happened in the call, at `time`.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlEvent {
    /// When it happened, session time.
    pub time: MediaTime,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum EventKind {
    QuestionStart {
        question_id: String,
    },
    QuestionEnd {
        question_id: String,
    },
    AnswerStart {
        question_id: String,
    },
    Mute {
        participant: ParticipantId,
        muted: bool,
    },
    Camera {
        participant: ParticipantId,
        on: bool,
    },
    ActiveSpeaker {
        participant: Option<ParticipantId>,
    },
    Discontinuity {
        track: TrackId,
        reason: String,
    },
    ClockMapping {
        track: TrackId,
        offset_ns: i64,
        source: ClockSource,
        uncertainty_ns: i64,
    },
    Challenge {
        id: String,
        kind: ChallengeKind,
        deadline: MediaTime,
        count: u32,
        asked: Box<Asked>,
    },
    WarmUp {
        end: MediaTime,
    },
    ReferenceSpan {
        end: MediaTime,
    },
    TrackParticipant {
        track: TrackId,
        participant: ParticipantId,
    },
}
