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
//! - a session is one task; when its client is gone, everything of it is gone within a second;
//! - a panic in the analysis ends that interview alone.
//!
//! Not handled here: resuming a broken stream (refused by name at `open`).

mod actor;
mod assess;
mod backend;
mod caller;
mod desk;
mod error;
mod limits;
mod message;
mod outbox;
mod queue;
mod references;
mod registry;
mod state;
mod work;

pub use actor::{Output, Session};
pub use backend::{BackendLimits, EngineBackend};
pub use caller::{Caller, TenantLimits};
pub use error::SessionError;
pub use limits::SessionLimits;
pub use message::{
    ClientMessage, EventAck, Hello, InboundError, MediaChunk, ModelInfo, Notice, NoticeKind,
    ServerInfo, ServerMessage, SignalInfo, WireLimits,
};
pub use queue::{DroppedChunk, Item, MediaQueue};
pub use references::{NoReference, ReferenceLimits, ReferenceStore};
pub use registry::{IdLease, Permit, Registry};
pub use state::{Effect, Ending, Event, IllegalTransition, State, step};
pub use work::{Assessor, Backend, Report, Terms};

#[cfg(test)]
mod tests;
