//! What passes between a session and its client, free of the wire's types.

use super::{ChallengeOffer, ChallengeRequest, ChallengeUpdate, EvidenceNote};
use super::{Resume, ResumeToken};
use crate::core::{
    AudioFormat, ControlEvent, FieldError, InterviewSpec, MediaTime, PictureLayout, SegmentResult,
    SessionId, SessionSummary, SignalCapability, TrackId, VideoFormat,
};
use crate::fusion::FusionConfig;
use prost::bytes::Bytes;
use std::time::Duration;

/// A piece of a track as it came in; its payload is unchecked until `ingest` has seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaChunk {
    /// Track the chunk says it belongs to.
    pub track: TrackId,
    /// Counts the chunks of the track from 0.
    pub sequence: u64,
    /// Capture time on the track's clock, microseconds.
    pub capture_time_us: i64,
    /// The media itself.
    pub payload: Bytes,
    /// Shape of a raw picture, where stated.
    pub layout: Option<PictureLayout>,
    /// True when a compressed video frame can be decoded on its own.
    pub keyframe: bool,
    /// Rises with every change of layout, device or resolution.
    pub epoch: u32,
}

/// What a client says.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientMessage {
    /// Opens the interview.
    Open(Box<InterviewSpec>),
    /// Takes a running interview over on a new connection.
    Resume(Resume),
    /// A piece of a track.
    Media(MediaChunk),
    /// A piece of a track that cannot be assigned to any; refused alone, the stream goes on.
    UnusableMedia {
        /// Payload bytes, which return to the client's credit.
        bytes: u64,
        /// What is wrong.
        error: FieldError,
    },
    /// Something that happened in the call.
    Event {
        /// Chosen by the client, repeated in the acknowledgement.
        id: u64,
        /// What happened.
        event: ControlEvent,
    },
    /// A challenge is wanted, or something is said of one.
    Challenge(ChallengeRequest),
    /// No more media.
    Close {
        /// Why, in the client's words.
        reason: String,
    },
}

impl ClientMessage {
    /// Name of the message in the protocol, as errors show it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open(_) | Self::Resume(_) => "`open`",
            Self::Media(_) | Self::UnusableMedia { .. } => "`media`",
            Self::Event { .. } => "`event`",
            Self::Challenge(ChallengeRequest::Issue { .. }) => "`issue_challenge`",
            Self::Challenge(ChallengeRequest::Shown { .. }) => "`challenge_shown`",
            Self::Challenge(ChallengeRequest::Decline { .. }) => "`challenge_declined`",
            Self::Close { .. } => "`close`",
        }
    }
}

/// Why nothing more can be read from a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InboundError {
    /// A message could be read but not understood.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// A message was larger than the limit, or no protocol buffer at all.
    #[error("unreadable message: {0}")]
    Unreadable(String),
    /// The connection is gone.
    #[error("connection lost: {0}")]
    Gone(String),
}

/// A message with its number in the interview: the same however often it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// Counts the messages of an interview from 0, which is `hello`.
    pub sequence: u64,
    /// The message.
    pub message: ServerMessage,
}

/// What a session says.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerMessage {
    /// First message.
    Hello(Box<Hello>),
    /// Assessment of a segment.
    Segment(Box<SegmentResult>),
    /// Something about the material; never evidence.
    Notice(Notice),
    /// Payload bytes the client may send beyond what it had been granted.
    Credit(u64),
    /// A control event was taken into the record, or not.
    Ack(EventAck),
    /// What the signals of some participants can do turned out otherwise.
    Capabilities {
        /// Until when the stream was looked at.
        time: MediaTime,
        /// All signals of the participants concerned.
        signals: Vec<SignalCapability>,
    },
    /// What becomes of a challenge.
    Challenge(Box<ChallengeUpdate>),
    /// Last message.
    Summary {
        /// The assessment of the whole interview.
        summary: Box<SessionSummary>,
        /// Repeats the consent id of `open`.
        consent_id: String,
        /// How the interview was carried through.
        record: Record,
        /// Its evidence log, if it has one.
        evidence: Option<EvidenceNote>,
    },
}

/// How an interview was carried through; no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Record {
    /// The highest step of the ladder that it stood on; 0 = nothing was left out under load.
    pub load_step: u32,
    /// Pictures that were not looked at, under load.
    pub left_out: u64,
    /// Media chunks that had no room.
    pub dropped: u64,
    /// How often it was resumed on a new connection.
    pub resumed: u32,
}

impl ServerMessage {
    /// True for what a client must not miss: it is sent again on a new connection unless the
    /// client says that it has it.
    pub fn is_kept(&self) -> bool {
        match self {
            Self::Segment(s) => s.is_final,
            Self::Ack(_)
            | Self::Challenge(_)
            | Self::Capabilities { .. }
            | Self::Summary { .. } => true,
            Self::Hello(_) | Self::Notice(_) | Self::Credit(_) => false,
        }
    }
}

/// Answers the client's `open`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hello {
    /// Repeats the client's id.
    pub session_id: SessionId,
    /// What the server takes.
    pub limits: WireLimits,
    /// Models, missing ones included.
    pub models: Vec<ModelInfo>,
    /// Which signals can run on the announced tracks.
    pub signals: Vec<SignalCapability>,
    /// Length of a segment in nanoseconds.
    pub segment_ns: i64,
    /// From one segment's start to the next one's, nanoseconds.
    pub hop_ns: i64,
    /// Prior and coverage floors.
    pub fusion: FusionConfig,
    /// Which challenges there are here.
    pub challenges: ChallengeOffer,
    /// Resumes the interview on a new connection; `None` when that is not offered.
    pub resume_token: Option<ResumeToken>,
    /// How long it can be resumed after its connection was lost.
    pub resume_grace: Duration,
    /// Where a resumed interview goes on; `None` on its first connection.
    pub resumed: Option<Resumed>,
}

/// Where a resumed interview goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resumed {
    /// Number of the first message after this `hello`.
    pub next_sequence: u64,
    /// Highest sequence number taken of each track that sent anything.
    pub tracks: Vec<(TrackId, u64)>,
    /// Id of the latest control event taken.
    pub latest_event: Option<u64>,
    /// Payload bytes the client may send; replaces all earlier credit.
    pub credit_bytes: u64,
    /// True when `close` was taken: nothing more is to be sent.
    pub closed: bool,
    /// Final results and acknowledgements that the client has not seen and that are no longer
    /// kept, at most.
    pub lost: u64,
}

/// What the server takes; stated in `hello` and by the information service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireLimits {
    /// Largest message in bytes.
    pub max_message_bytes: u64,
    /// Largest picture, width times height.
    pub max_picture_pixels: u64,
    /// Longest audio chunk in milliseconds.
    pub max_audio_chunk_ms: u32,
    /// Payload bytes under way before the client waits for credit.
    pub initial_credit_bytes: u64,
    /// Longest interview in seconds.
    pub max_session_length_s: u32,
    /// Seconds without a message after which the interview is ended.
    pub idle_timeout_s: u32,
    /// Interviews at the same time.
    pub max_sessions: u32,
    /// Tracks in one interview.
    pub max_tracks: u32,
    /// Video formats that this build decodes on the wire.
    pub video_formats: Vec<VideoFormat>,
    /// Audio formats that this build decodes on the wire.
    pub audio_formats: Vec<AudioFormat>,
}

/// A model of the manifest, as told to clients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelInfo {
    /// Id in the manifest.
    pub id: String,
    /// What it does.
    pub task: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Why it cannot be used; `None` when it can.
    pub obstacle: Option<String>,
    /// Terms of the data it was trained on.
    pub data_terms: String,
    /// What is to be said of one that can be used; empty for nothing.
    pub remark: String,
}

/// A signal of this build, as told to clients.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalInfo {
    /// Signal name.
    pub name: String,
    /// Why it cannot run on any tracks; `None` when it can.
    pub obstacle: Option<String>,
    /// Largest absolute share of a session's evidence logit.
    pub session_cap: f64,
    /// Largest absolute share of a segment's evidence logit.
    pub segment_cap: f64,
}

/// What a server is.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerInfo {
    /// Version of the program.
    pub version: String,
    /// Models, missing ones included.
    pub models: Vec<ModelInfo>,
    /// Signals in the order of the results.
    pub signals: Vec<SignalInfo>,
    /// What the server takes.
    pub limits: WireLimits,
    /// Version of the inference library; empty when it is not loaded.
    pub onnxruntime_version: String,
    /// Execution provider in use.
    pub execution_provider: String,
    /// Interviews now running.
    pub sessions: u32,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A chunk was refused; the detail names the field.
    MediaRefused,
    /// Media was dropped under load.
    MediaDropped,
    /// Chunks are missing in a track's sequence.
    MediaLost,
    /// No face for a while.
    NoFace,
    /// The frame rate differs from the announced one.
    FrameRate,
    /// Timestamps jumped.
    ClockJump,
    /// The server is about to stop.
    Draining,
    /// A chunk could not be decoded.
    DecodeFailed,
    /// A reference cannot be used.
    Reference,
    /// A challenge that was due could not be issued.
    Challenge,
    /// A compressed picture that rests on others which did not come.
    KeyframeNeeded,
    /// Media of a segment that is closed already, or from before the first one.
    MediaLate,
    /// Something is left out under load, or no longer.
    LoadShed,
    /// The evidence log has trouble with its disk, or no longer.
    Evidence,
}

/// Something about the material that the client may want to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// Track concerned; `None` for the whole session.
    pub track: Option<TrackId>,
    /// When, session time.
    pub time: MediaTime,
    /// In words.
    pub detail: String,
    /// Chunks concerned.
    pub count: u64,
}

/// Answers a control event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventAck {
    /// The event's id.
    pub id: u64,
    /// Why it was not taken into the record; `None` when it was.
    pub refusal: Option<String>,
}
