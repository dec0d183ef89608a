//! The vocabulary every room speaks: time, identity, media, measurements, results.
//!
//! **In / out:** nothing; these are plain values. **May touch:** std, serde.
//! **Must not touch:** any other room, IO, clocks, async.
//!
//! Conventions that hold everywhere:
//! - time is [`MediaTime`], nanoseconds of session time, taken from timestamps and never
//!   from frame counts;
//! - a log-likelihood ratio is a natural logarithm, positive = manipulated;
//! - an audio-video offset is positive when the audio is late;
//! - a signal that measured nothing is [`Outcome::Abstained`], never a number.

mod challenge;
mod error;
mod frame;
mod ids;
mod interview;
mod issued;
mod kept;
mod layout;
mod media;
mod outcome;
mod picture;
mod plot;
mod reference;
mod result;
mod series;
mod stats;
mod time;
mod verdict;

pub use challenge::{
    ChallengeResult, ChallengeStatus, MOST_TRACE_POINTS, SOONEST_REACTION_MS, TracePoint, thinned,
};
pub use error::FieldError;
pub use frame::{Frame, PixelBox, PixelSource, Pixels};
pub use ids::{ParticipantId, SessionId, TenantId, TrackId};
pub use interview::{
    AudioTrackSpec, ChallengeKind, ClockSource, ControlEvent, EventKind, InterviewSpec,
    ParticipantSpec, Role, TrackKind, TrackSpec, VideoTrackSpec,
};
#[cfg(test)]
pub(crate) use issued::issued_sample;
pub use issued::{
    Asked, ChallengeMode, ChallengeNeed, ChallengeParameters, ChallengePolicy, ChallengeRecord,
    ChallengeStanding, IssuedChallenge, LEAST_COLOUR_MS, MOST_COLOURS, MOST_WORDS, ScreenColour,
    Side,
};
pub use kept::{Keeps, Kept};
pub use layout::{MAX_SIDE_PX, MIN_SIDE_PX, Plane, check_picture_size};
pub use media::{
    AudioBlock, AudioFormat, ColorMatrix, ColorRange, PictureLayout, PlaneLayout, Region,
    VideoFormat,
};
pub use outcome::{AbstainReason, Abstention, Evidence, Finding, ModelRef, Outcome, PredictionSet};
pub use picture::{EvidencePicture, TracePicture};
pub use plot::{
    MOST_PLOT_STEPS, PLOT_FLOOR_DB, PLOT_FULL, PLOT_MOUTH_IOD, PLOT_NOTHING, PLOT_STEP_NS,
    PlotSeries,
};
pub use reference::{
    Baseline, Comparison, FaceMean, NO_CONSENT, Reference, ReferenceKind, ReferenceSource,
    ReferenceSummary,
};
pub use result::{
    AbstainCount, Confidence, Coverage, ParticipantSummary, Quality, QuestionGap, Score,
    ScoreOutcome, SegmentResult, SessionSummary, SignalCapability, SignalSummary, StageTimes,
};
pub use series::{
    APPEARANCE_PX, DETAIL_PX, DETAIL_SCALE, Face, FaceDetail, FaceObs, HandScene, LANDMARKS,
    Landmarks, MEL_BANDS, MOUTH_PATCH_H, MOUTH_PATCH_W, SCENE_PX, SCENE_SCALE, VOICE_HOP_NS,
    VOICE_HOP_SAMPLES, VoiceSeries, points,
};
pub use stats::median;
pub use time::{MediaTime, Span};
pub use verdict::{Change, Standing, Verdict};
