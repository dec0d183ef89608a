//! Interviews while they run: one actor per interview around a pure state machine.
//!
//! **In:** [`ClientMessage`]s. **Out:** [`ServerMessage`]s. **May touch:** `core`, the pipeline
//! through [`Assessor`], tokio. **Must not touch:** the wire's types, models, pixels.
//!
//! What holds:
//! - `hello` is first and the summary last; every interview that was opened and not lost ends
//!   with a summary, marked partial unless its client closed it;
//! - a control event that was taken in is answered and never lost; media may be dropped under
//!   load, oldest picture first and sound last, and every loss is counted, told and lowers
//!   coverage; a client that heeds its credit loses nothing;
//! - memory is bounded: [`SessionLimits::queue_bytes`] waiting and as much at work;
//! - a session is one task; when its client's connection is lost it waits for the client to come
//!   back, as long as [`SessionLimits::resume_grace`] says, and then everything of it is gone within
//!   a second;
//! - a client that comes back gets every final segment, acknowledgement and summary that it lacks,
//!   within [`SessionLimits::kept_messages`], and nothing that it sent is scored twice;
//! - a panic in the analysis ends that interview alone.

mod actor;
mod assess;
mod backend;
mod caller;
mod challenges;
mod desk;
mod error;
mod evidence;
mod hub;
mod ladder;
mod limits;
mod message;
mod outbox;
mod queue;
mod references;
mod registry;
mod resume;
mod secret;
mod state;
mod work;

pub use actor::Session;
pub use backend::{BackendLimits, EngineBackend};
pub use caller::{Caller, TenantLimits};
pub use challenges::{
    ChallengeAbility, ChallengeOffer, ChallengeRequest, ChallengeState, ChallengeUpdate, Decline,
    IssuedState,
};
pub use error::SessionError;
pub use evidence::{EvidenceNote, EvidenceSettings, observe_evidence};
pub use hub::{
    Command, Hub, HubError, INVITATION_BYTES, Invitation, JOIN_WITHIN, PageMessage, Push, Said,
    Seat, Standing, Welcome,
};
pub use ladder::{Ladder, LadderLimits, Load, Shed};
pub use limits::SessionLimits;
pub use message::{
    ClientMessage, EventAck, Hello, InboundError, MediaChunk, ModelInfo, Notice, NoticeKind,
    Numbered, Record, Resumed, ServerInfo, ServerMessage, SignalInfo, WireLimits,
};
pub use queue::{DroppedChunk, Item, MediaQueue};
pub use references::{NoReference, ReferenceLimits, ReferenceStore};
pub use registry::{IdLease, Overload, Permit, Registry};
pub use resume::{
    Attachment, Input, Output, RESUME_TOKEN_BYTES, Resumable, Resume, ResumeToken, Tail,
};
pub use state::{Effect, Ending, Event, IllegalTransition, State, step};
pub use work::{Assessor, Backend, Concluded, Listener, Report, Terms};

#[cfg(test)]
mod tests;
