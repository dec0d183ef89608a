//! What a session asks of the rest of the program: a pipeline per interview, and threads to run
//! it on. Both are traits, so that the actor is tested without models.

use super::{
    ChallengeOffer, ChallengeUpdate, EventAck, EvidenceNote, Item, Notice, ServerInfo, Shed,
};
use crate::core::{
    FieldError, InterviewSpec, SegmentResult, SessionSummary, SignalCapability, TenantId,
};
use crate::engine::{Job, ModelSet};
use crate::fusion::FusionConfig;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What came of a batch of items.
#[derive(Debug, Default)]
pub struct Report {
    /// Segments that became provisional or final.
    pub segments: Vec<SegmentResult>,
    /// Notices for the client.
    pub notices: Vec<Notice>,
    /// What signals can do, of the participants for whom that turned out otherwise; empty for none.
    pub capabilities: Vec<SignalCapability>,
    /// Answers to the control events of the batch, one each.
    pub acks: Vec<EventAck>,
    /// What became of challenges.
    pub challenges: Vec<ChallengeUpdate>,
    /// Chunks taken into the analysis.
    pub taken: u64,
    /// Chunks refused.
    pub refused: u64,
    /// The latest refusal.
    pub latest_refusal: Option<FieldError>,
    /// Pictures that were not looked at, under load.
    pub left_out: u64,
}

/// The pipeline of one interview. Runs on a worker thread, one call at a time.
pub trait Assessor: Send {
    /// Which signals can run on the announced tracks.
    fn capabilities(&mut self, models: &ModelSet) -> Vec<SignalCapability>;

    /// Which challenges there are; asked once, before the first item.
    fn challenge_offer(&mut self, _models: &ModelSet) -> ChallengeOffer {
        ChallengeOffer::default()
    }

    /// What became of challenges at the end of the interview; asked after [`Assessor::finish`].
    fn last_challenges(&mut self) -> Vec<ChallengeUpdate> {
        Vec::new()
    }

    /// What is to be said of the interview's evidence log, if it has one; asked after [`Assessor::finish`].
    fn evidence(&mut self) -> Option<EvidenceNote> {
        None
    }

    /// What is left out from now on, under load.
    fn shed(&mut self, shed: Shed);

    /// Works through items in order; stops early when `cancelled`, whose session is gone.
    fn process(
        &mut self,
        items: Vec<Item>,
        cancelled: &CancellationToken,
        models: &mut ModelSet,
    ) -> Report;

    /// Concludes all segments and sums up.
    fn finish(
        &mut self,
        reason: &str,
        partial: bool,
        models: &mut ModelSet,
    ) -> (Vec<SegmentResult>, SessionSummary);
}

/// Shape and prior of the assessment, told in `hello`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Length of a segment in nanoseconds.
    pub segment_ns: i64,
    /// From one segment's start to the next one's, nanoseconds.
    pub hop_ns: i64,
    /// Prior and coverage floors.
    pub fusion: FusionConfig,
    /// Number of signals.
    pub signals: usize,
}

/// Where sessions get their pipelines and threads from.
pub trait Backend: Send + Sync + 'static {
    /// A pipeline for an interview of this tenant.
    ///
    /// # Errors
    /// Every field of `open` that cannot be served; at least one.
    fn assessor(
        &self,
        tenant: &TenantId,
        spec: &InterviewSpec,
    ) -> Result<Box<dyn Assessor>, Vec<FieldError>>;

    /// Hands a job to the worker of `key`; false when the worker's queue is full, and the job is
    /// then dropped. Never blocks.
    fn submit(&self, key: u64, job: Job) -> bool;

    /// What this server is; `sessions` is filled in by the caller.
    fn info(&self) -> ServerInfo;

    /// Shape and prior of the assessment.
    fn terms(&self) -> Terms;

    /// An interview is over and summed up; for those who want to know. Must not block.
    fn concluded(&self, _interview: &Concluded<'_>) {}
}

/// An interview that is over.
#[derive(Debug, Clone, Copy)]
pub struct Concluded<'a> {
    /// Whose it was.
    pub tenant: &'a TenantId,
    /// What it opened with.
    pub spec: &'a InterviewSpec,
    /// What came of it.
    pub summary: &'a SessionSummary,
}

/// Somebody who wants to know when interviews are over. Must not block.
#[derive(Clone)]
pub struct Listener(pub Arc<dyn Fn(&Concluded<'_>) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener(..)")
    }
}
