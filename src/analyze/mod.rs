//! The signals: one file per analyzer.
//!
//! **In:** a [`Segment`] — what tracking and the audio room say of a stretch, with some history.
//! **Out:** an [`Analysis`] — a calibrated log-likelihood ratio with its evidence, or an
//! abstention with its reason. **May touch:** `core`, [`crate::engine::ModelSet`], and `audio`'s
//! and `vision`'s pure functions. **Must not touch:** sessions, other analyzers, clocks, IO.
//!
//! Adding an analyzer is one file here, one word in the `analyzers!` list below, and one
//! `[[analyzer]]` entry in `models/manifest.toml`; a test holds list and manifest together.

use crate::core::{
    Baseline, ChallengeKind, ChallengeResult, ClockSource, Comparison, ControlEvent, Coverage,
    FaceObs, Outcome, ParticipantId, Quality, QuestionGap, Reference, Role, Span, TracePicture,
    VoiceSeries,
};
use crate::engine::ModelSet;

/// How far back a segment's series reach before its end, in nanoseconds: 40 s.
pub const HISTORY_NS: i64 = 40_000_000_000;

/// Challenges that a signal judges in one interview; more stay without a number, so that memory stays
/// bounded.
const MOST_JUDGED: usize = 64;

/// What an analyzer sees of a segment. Everything lies before `span.end`, so that results do not
/// depend on the order in which tracks arrive.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Whose segment.
    pub participant: &'a ParticipantId,
    /// Candidate, or mixed.
    pub role: Role,
    /// Counts the participant's segments from 0.
    pub index: u64,
    /// The segment in session time.
    pub span: Span,
    /// Pictures of the last [`HISTORY_NS`] before `span.end`, in time order.
    pub face: &'a [FaceObs],
    /// The participant's sound over the same history; `None` without an audio track.
    pub voice: Option<VoiceSeries<'a>>,
    /// The interviewer's sound on a track of its own, if there is one.
    pub interviewer: Option<VoiceSeries<'a>>,
    /// All control events before `span.end`, in time order.
    pub events: &'a [ControlEvent],
    /// Quality of the material.
    pub quality: &'a Quality,
    /// How much was seen.
    pub coverage: &'a Coverage,
    /// What is known of the participant's sound against the pictures.
    pub clock: ClockSource,
    /// The same person before the same camera at a verified moment, if there is such a reference.
    pub reference: Option<&'a Reference>,
    /// True for the last segment of the session.
    pub last: bool,
}

/// What a signal draws on beside its own model. Where that is missing altogether (no detector,
/// no voice-activity net), the pipeline abstains on the signal's behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Tracked faces: the `det` and `lmk` nets.
    pub faces: bool,
    /// Speech probabilities: the `vad` net.
    pub speech: bool,
}

/// What an analyzer says of a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The stretch looked at; may reach back beyond the segment.
    pub span: Span,
    /// The outcome.
    pub outcome: Outcome,
    /// What was made of the segment's reference; `None` without one, or where nothing was measured.
    pub comparison: Option<Comparison>,
    /// The picture that a score rests on most; only of signals that look at pictures.
    pub picture: Option<TracePicture>,
}

impl Analysis {
    /// An analysis that looked at no reference.
    pub fn new(span: Span, outcome: Outcome) -> Self {
        Self {
            span,
            outcome,
            comparison: None,
            picture: None,
        }
    }
}

/// One signal of one participant. Lives as long as the session.
pub trait Analyzer: Send {
    /// Name in the manifest and in every result.
    fn name(&self) -> &'static str;

    /// Model task of the manifest that this signal needs; `None` when it needs none.
    fn task(&self) -> Option<&'static str>;

    /// What it draws on beside its own model.
    fn needs(&self) -> Needs;

    /// Whether the signal can run on these tracks.
    ///
    /// # Errors
    /// The reason why not, with what would enable it.
    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability;

    /// Looks at a segment. Segments come in rising order, without gaps in their indices but where a
    /// stretch of the interview was set aside as reference or the signal was left out under load; each
    /// is seen once. State is accumulated by time, and is bounded.
    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis;

    /// A copy with all its state, which looks at the beginning of a segment for a provisional result
    /// and is then thrown away; `None` for a signal that says nothing before a segment is final.
    fn copy(&self) -> Option<Box<dyn Analyzer>> {
        None
    }

    /// Question-answer gaps measured so far; only response latency has any.
    fn gaps(&self) -> Vec<QuestionGap> {
        Vec::new()
    }

    /// The kinds of challenge that this signal judges.
    fn judges(&self) -> &'static [ChallengeKind] {
        &[]
    }

    /// What became of the challenges whose windows have closed, in the order of their prompts.
    fn challenges(&self) -> Vec<ChallengeResult> {
        Vec::new()
    }

    /// What this session leaves behind for a later one to be compared with; only face swap traces
    /// have it, once they have seen enough.
    fn baseline(&self) -> Option<Baseline> {
        None
    }
}

mod calibration;
pub mod compliance;
mod gates;
pub(crate) mod lips;
mod tracks;
mod window;

/// Declares each analyzer's module and collects them in order.
macro_rules! analyzers {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// Names of all analyzers, in the order of every result.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// A fresh set of analyzers for one participant.
        pub fn create_all() -> Vec<Box<dyn Analyzer>> {
            vec![$($name::create()),*]
        }
    };
}

pub use face_swap::Gatherer as ReferenceGatherer;
pub use identity::Gatherer as FaceGatherer;
pub use tracks::{Ability, LaneTracks, Seen};

analyzers! { face_swap, lip_sync, hand_occlusion, head_turn, identity, response_latency, voice_spoof }
