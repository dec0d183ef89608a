//! Interviews whose candidate takes part from a browser.
//!
//! A host creates one and gets an invitation; the candidate's page takes its seat with it, sends media in
//! pushes and is told what it has to know; any number of the host's pages watch. Between them and the
//! interview's session stands a room each, which speaks to the session as any client does.
//!
//! What holds:
//! - an invitation is 32 random bytes, of which only the digest is kept;
//! - a page that has lost its connection takes its seat anew, and media goes on where it was; a push that is
//!   repeated is taken once;
//! - the candidate's page is told nothing of any assessment ([`PageMessage`]);
//! - watchers that read slowly cost the interview nothing: they read its log at their own pace.

mod log;
mod page;
mod room;

pub use log::{Said, Standing};
pub use page::{PageMessage, Welcome};
pub use room::{Command, Push, Seat};

use super::secret::random;
use super::{Backend, Caller, Registry, SessionError, SessionLimits};
use crate::core::{ChallengePolicy, FieldError, MediaTime, SessionId, TenantId, TrackSpec};
use room::Room;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Random bytes of an invitation.
pub const INVITATION_BYTES: usize = 32;
/// How long an invitation can be taken up: 1 h.
pub const JOIN_WITHIN: Duration = Duration::from_secs(3_600);
/// How long an interview that has ended can still be watched: 10 min.
const KEPT_AFTER_END: Duration = Duration::from_secs(600);
/// Rooms for each interview that may run at the same time, besides [`SPARE_ROOMS`]: most wait or have ended.
const ROOMS_PER_SESSION: usize = 4;
const SPARE_ROOMS: usize = 16;
/// Longest title in bytes.
const MOST_TITLE: usize = 200;
/// Watchers of one interview.
const MOST_WATCHERS: usize = 8;

/// Why something cannot be done with an interview in the browser.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HubError {
    /// No such interview of this caller, or an invitation that opens none. Which of them is not said.
    #[error("there is no such interview, or it is over")]
    Unknown,
    /// An id that is in use.
    #[error("there is an interview with this id")]
    Duplicate,
    /// The candidate is not there yet.
    #[error("the candidate has not joined yet")]
    NotJoined,
    /// It is over.
    #[error("the interview is over")]
    Ended,
    /// Too many interviews wait.
    #[error("{0} interviews wait or have just ended; try again later")]
    Full(usize),
    /// Too many pages watch.
    #[error("{0} pages watch this interview already")]
    Watched(usize),
    /// The interview does not take anything at the moment.
    #[error("the interview is busy; try again")]
    Busy,
    /// A push out of order.
    #[error("index: found {found}, expected {expected}")]
    Order {
        /// What came.
        found: u64,
        /// What comes next.
        expected: u64,
    },
    /// A value that cannot be used.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// What the interview's session says.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// What a candidate joins with. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation(Vec<u8>);

impl Invitation {
    fn draw() -> Result<Self, SessionError> {
        Ok(Self(random::<INVITATION_BYTES>()?.to_vec()))
    }

    /// The bytes, for the candidate alone.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invitation(..)")
    }
}

fn digest(invitation: &[u8]) -> [u8; 32] {
    Sha256::digest(invitation).into()
}

#[derive(Default)]
struct Rooms {
    by_id: HashMap<(TenantId, SessionId), Arc<Room>>,
    /// SHA-256 of the invitation. A look-up by the digest of a random secret tells nothing of others.
    by_invitation: HashMap<[u8; 32], Arc<Room>>,
}

impl Rooms {
    /// Drops what nobody can join or watch any more.
    fn sweep(&mut self, now: Instant) {
        self.by_id.retain(|_, room| !room.is_over(now));
        self.by_invitation.retain(|_, room| !room.is_over(now));
    }
}

/// All interviews with a candidate in a browser. Clones are the same.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    backend: Arc<dyn Backend>,
    limits: SessionLimits,
    registry: Registry,
    rooms: Mutex<Rooms>,
}

// === impl Hub ===

impl Hub {
    /// A hub without interviews.
    pub fn new(backend: Arc<dyn Backend>, limits: SessionLimits, registry: Registry) -> Self {
        // The room is the client, and it does not lose its connection.
        let limits = SessionLimits {
            resume_grace: Duration::ZERO,
            ..limits
        };
        Self(Arc::new(Inner {
            backend,
            limits,
            registry,
            rooms: Mutex::default(),
        }))
    }

    fn rooms<T>(&self, run: impl FnOnce(&mut Rooms) -> T) -> T {
        run(&mut self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Creates an interview; `id` = `None` draws one.
    ///
    /// # Errors
    /// [`HubError::Duplicate`], [`HubError::Full`], or a title that is too long.
    pub fn create(
        &self,
        caller: Caller,
        id: Option<SessionId>,
        title: String,
        challenges: ChallengePolicy,
    ) -> Result<(SessionId, Invitation), HubError> {
        if title.len() > MOST_TITLE {
            let expected = format!("at most {MOST_TITLE} bytes");
            return Err(
                FieldError::new("title", format!("{} bytes", title.len()), expected).into(),
            );
        }
        let invitation = Invitation::draw()?;
        let id = match id {
            Some(id) => id,
            None => drawn_id()?,
        };
        let most = self.0.registry.max() as usize * ROOMS_PER_SESSION + SPARE_ROOMS;
        self.rooms(|rooms| {
            rooms.sweep(Instant::now());
            let key = (caller.tenant.clone(), id.clone());
            if rooms.by_id.contains_key(&key) {
                return Err(HubError::Duplicate);
            }
            if rooms.by_id.len() >= most {
                return Err(HubError::Full(most));
            }
            let room = Arc::new(Room::new(caller, id.clone(), title, challenges));
            rooms.by_id.insert(key, Arc::clone(&room));
            rooms
                .by_invitation
                .insert(digest(invitation.reveal()), room);
            Ok((id, invitation))
        })
    }

    fn of(&self, tenant: &TenantId, id: &SessionId) -> Result<Arc<Room>, HubError> {
        let found = self.rooms(|rooms| rooms.by_id.get(&(tenant.clone(), id.clone())).cloned());
        let found = found.filter(|room| !room.is_over(Instant::now()));
        found.ok_or(HubError::Unknown)
    }

    fn invited(&self, invitation: &[u8]) -> Result<Arc<Room>, HubError> {
        let found = self.rooms(|rooms| rooms.by_invitation.get(&digest(invitation)).cloned());
        let found = found.filter(|room| !room.is_over(Instant::now()));
        found.ok_or(HubError::Unknown)
    }

    /// Everything that an interview says, from its beginning.
    ///
    /// # Errors
    /// [`HubError::Unknown`], [`HubError::Watched`].
    pub fn watch(
        &self,
        tenant: &TenantId,
        id: &SessionId,
    ) -> Result<mpsc::Receiver<Said>, HubError> {
        let room = self.of(tenant, id)?;
        let stop = self.0.registry.stopping().clone();
        room.log()
            .watch(MOST_WATCHERS, stop)
            .ok_or(HubError::Watched(MOST_WATCHERS))
    }

    /// Hands a command to an interview; returns the session time at which it came.
    ///
    /// # Errors
    /// [`HubError::Unknown`], [`HubError::NotJoined`], [`HubError::Ended`], [`HubError::Busy`].
    pub async fn command(
        &self,
        tenant: &TenantId,
        id: &SessionId,
        command: Command,
    ) -> Result<MediaTime, HubError> {
        self.of(tenant, id)?.command(command).await
    }

    /// Takes the candidate's seat. The first call opens the interview with these tracks and this consent id; later
    /// ones take the seat from the page before.
    ///
    /// # Errors
    /// [`HubError::Unknown`], [`HubError::Ended`], or why the interview cannot be opened; the
    /// invitation then still holds.
    pub async fn join(
        &self,
        invitation: &[u8],
        tracks: Vec<TrackSpec>,
        consent_id: String,
    ) -> Result<Seat, HubError> {
        let room = self.invited(invitation)?;
        let open = || {
            let permit = self.0.registry.enter(room.caller().clone())?;
            Ok((
                self.0.backend.clone(),
                self.0.limits.clone(),
                self.0.registry.clone(),
                permit,
            ))
        };
        Room::join(&room, open, tracks, consent_id).await
    }

    /// Takes what a candidate's page sends; returns the index of the next push.
    ///
    /// # Errors
    /// [`HubError::Unknown`], [`HubError::NotJoined`], [`HubError::Ended`], [`HubError::Order`],
    /// [`HubError::Busy`].
    pub async fn push(&self, invitation: &[u8], push: Push) -> Result<u64, HubError> {
        self.invited(invitation)?.push(push).await
    }

    /// Rooms that exist.
    pub fn len(&self) -> usize {
        self.rooms(|rooms| rooms.by_id.len())
    }

    /// True without rooms.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn drawn_id() -> Result<SessionId, HubError> {
    let id = format!("web-{}", hex::encode(random::<9>()?));
    Ok(SessionId::parse(&id)?)
}
