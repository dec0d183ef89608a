//! What ended interviews leave behind for later ones of the same person: baselines, in memory.
//!
//! A baseline holds means of numbers, no picture. It is kept only for an interview that was opened
//! with a consent id, and given out only for the same one. Number and age are bounded, and nothing
//! outlives the process.

use crate::core::{Baseline, ParticipantId, SessionId, TenantId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many baselines are kept, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceLimits {
    /// Interviews; 0 keeps none. Beyond it the oldest of the tenant that has the most goes.
    pub max_sessions: usize,
    /// From the interview's end.
    pub max_age: Duration,
}

impl Default for ReferenceLimits {
    /// 1,000 interviews at a few kilobytes each; a week, so that a second round finds the first.
    fn default() -> Self {
        Self {
            max_sessions: 1_000,
            max_age: Duration::from_secs(7 * 24 * 3_600),
        }
    }
}

/// Why an earlier interview gives no baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReference {
    /// It was opened with another consent id, or this one states none.
    #[error("the consent id is not that of the earlier interview")]
    Consent,
    /// Nothing is kept under this id.
    #[error(
        "no interview of this id is kept: it has not ended here, ended too long ago, or was opened \
         without a consent id"
    )]
    Unknown,
    /// The interview is kept, and none of its candidates is meant.
    #[error("none of its candidates has this participant's id")]
    Participant,
    /// The interview held too few usable pictures.
    #[error("it held too few usable pictures of a face, or its model knows no references")]
    Empty,
}

#[derive(Debug)]
struct Kept {
    tenant: TenantId,
    session: SessionId,
    consent_id: String,
    ended: Instant,
    /// Everybody who was scored, also who left too little.
    baselines: Vec<(ParticipantId, Option<Baseline>)>,
}

/// The baselines of a server's ended interviews.
#[derive(Debug)]
pub struct ReferenceStore {
    limits: ReferenceLimits,
    /// Oldest first.
    kept: Mutex<VecDeque<Kept>>,
}

impl Kept {
    fn is(&self, tenant: &TenantId, session: &SessionId) -> bool {
        self.session == *session && self.tenant == *tenant
    }
}

// === impl ReferenceStore ===

impl ReferenceStore {
    /// An empty store.
    pub fn new(limits: ReferenceLimits) -> Self {
        Self {
            limits,
            kept: Mutex::default(),
        }
    }

    /// Keeps what an ended interview of a tenant leaves behind, in place of an earlier one of the
    /// same id. One without a consent id leaves nothing.
    pub fn keep(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        consent_id: &str,
        baselines: Vec<(ParticipantId, Option<Baseline>)>,
    ) {
        if consent_id.is_empty() || self.limits.max_sessions == 0 {
            return;
        }
        let mut kept = self.lock();
        kept.retain(|k| !k.is(tenant, session));
        while kept.len() >= self.limits.max_sessions {
            drop_one(&mut kept);
        }
        kept.push_back(Kept {
            tenant: tenant.clone(),
            session: session.clone(),
            consent_id: consent_id.to_owned(),
            ended: Instant::now(),
            baselines,
        });
    }

    /// The baseline of a tenant's ended interview for a participant: that of the same id, else that of its
    /// only candidate.
    ///
    /// # Errors
    /// [`NoReference`]; only [`NoReference::Consent`] is the caller's fault.
    pub fn find(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        consent_id: &str,
        participant: &ParticipantId,
    ) -> Result<Baseline, NoReference> {
        if consent_id.is_empty() {
            return Err(NoReference::Consent);
        }
        let kept = self.lock();
        let found = kept.iter().find(|k| k.is(tenant, session));
        let found = found.ok_or(NoReference::Unknown)?;
        if found.consent_id != consent_id {
            return Err(NoReference::Consent);
        }
        let same = found.baselines.iter().find(|(id, _)| id == participant);
        let meant = match (same, found.baselines.as_slice()) {
            (Some(same), _) => same,
            (None, [only]) => only,
            (None, _) => return Err(NoReference::Participant),
        };
        meant.1.clone().ok_or(NoReference::Empty)
    }

    /// Interviews kept.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// True when nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Kept>> {
        // A panic while the lock is held cannot leave an entry half changed.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| k.ended.elapsed() <= self.limits.max_age);
        kept
    }
}

/// Makes room: the oldest of the tenant that keeps the most, so that none displaces the others'.
fn drop_one(kept: &mut VecDeque<Kept>) {
    let mut counts: HashMap<&TenantId, usize> = HashMap::new();
    for k in kept.iter() {
        *counts.entry(&k.tenant).or_default() += 1;
    }
    let most = counts.values().copied().max();
    let first = kept
        .iter()
        .position(|k| counts.get(&k.tenant).copied() == most);
    if let Some(first) = first {
        kept.remove(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ModelRef;

    fn baseline(reference: f64) -> Option<Baseline> {
        Some(Baseline {
            model: ModelRef::default(),
            pictures: 9,
            face_px: 120.0,
            reference,
            change: vec![0.0],
            surround: vec![0.0],
        })
    }

    fn session(n: usize) -> SessionId {
        SessionId::parse(&format!("s{n}")).unwrap()
    }

    fn own() -> TenantId {
        TenantId::default()
    }

    fn who(id: &str) -> ParticipantId {
        ParticipantId::parse(id).unwrap()
    }

    fn store(max_sessions: usize) -> ReferenceStore {
        ReferenceStore::new(ReferenceLimits {
            max_sessions,
            max_age: Duration::from_secs(60),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_baseline_is_given_out_for_its_consent_id_alone_and_for_a_time() {
        let s = store(4);
        s.keep(
            &own(),
            &session(1),
            "consent-1",
            vec![(who("a"), baseline(1.0))],
        );
        let ask = |consent: &str| s.find(&own(), &session(1), consent, &who("b"));
        assert_eq!(ask("consent-1").unwrap().reference, 1.0, "the only one");
        assert_eq!(ask("consent-2"), Err(NoReference::Consent));
        assert_eq!(ask(""), Err(NoReference::Consent));
        assert_eq!(
            s.find(&own(), &session(2), "consent-1", &who("a")),
            Err(NoReference::Unknown)
        );
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(ask("consent-1").is_ok());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(ask("consent-1"), Err(NoReference::Unknown));
        assert!(s.is_empty(), "what is too old is let go");
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_is_bounded_and_nothing_is_kept_without_consent() {
        let s = store(2);
        for n in 0..5 {
            s.keep(
                &own(),
                &session(n),
                "c",
                vec![(who("a"), baseline(n as f64))],
            );
        }
        assert_eq!(s.len(), 2);
        let find = |n| s.find(&own(), &session(n), "c", &who("a"));
        assert_eq!(find(2), Err(NoReference::Unknown));
        assert_eq!(find(4).unwrap().reference, 4.0);
        s.keep(&own(), &session(4), "c", vec![(who("a"), baseline(9.0))]);
        assert_eq!(
            (s.len(), find(4).unwrap().reference),
            (2, 9.0),
            "the later of one id"
        );
        s.keep(&own(), &session(7), "", vec![(who("a"), baseline(1.0))]);
        assert_eq!(find(7), Err(NoReference::Unknown));
        let none = store(0);
        none.keep(&own(), &session(1), "c", vec![(who("a"), baseline(1.0))]);
        assert!(none.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn among_several_candidates_the_one_of_the_same_id_is_meant() {
        let s = store(2);
        let both = vec![(who("a"), baseline(1.0)), (who("b"), baseline(2.0))];
        s.keep(&own(), &session(1), "c", both);
        // Of two, one left too little: the other is not taken in their place.
        s.keep(
            &own(),
            &session(2),
            "c",
            vec![(who("a"), None), (who("b"), baseline(4.0))],
        );
        let find = |n, id: &str| s.find(&own(), &session(n), "c", &who(id));
        assert_eq!(find(1, "b").unwrap().reference, 2.0);
        assert_eq!(find(1, "x"), Err(NoReference::Participant));
        assert_eq!(find(2, "a"), Err(NoReference::Empty));
        assert_eq!(find(2, "x"), Err(NoReference::Participant));
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_tenant_left_is_unknown_and_is_not_displaced() {
        let s = store(3);
        let other = TenantId::parse("other").unwrap();
        s.keep(&own(), &session(1), "c", vec![(who("a"), baseline(1.0))]);
        for n in 1..9 {
            s.keep(&other, &session(n), "c", vec![(who("a"), baseline(2.0))]);
        }
        let find = |tenant: &TenantId, n| s.find(tenant, &session(n), "c", &who("a"));
        assert_eq!(find(&own(), 1).unwrap().reference, 1.0);
        assert_eq!(find(&own(), 8), Err(NoReference::Unknown));
        assert_eq!(
            s.find(&own(), &session(8), "of the other", &who("a")),
            Err(NoReference::Unknown),
            "not even that its consent id is another"
        );
        assert_eq!(find(&other, 8).unwrap().reference, 2.0);
        assert_eq!(find(&other, 1), Err(NoReference::Unknown), "displaced");
        assert_eq!(s.len(), 3);
    }
}
