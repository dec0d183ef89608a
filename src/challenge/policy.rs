//! Which challenges may be issued in an interview, and when the server issues them by itself.

use super::draw::{Entropy, NoEntropy, below};
use super::kinds::catalogued;
use crate::core::{ChallengeKind, ChallengeMode, ChallengeNeed, ChallengePolicy, MediaTime};

/// Most challenges that the server issues by itself in an interview.
pub const MOST_AUTOMATIC: u32 = 16;

// === impl ChallengePolicy ===

impl ChallengePolicy {
    /// Why a kind may not be issued, if so.
    pub fn obstacle(&self, kind: ChallengeKind) -> Option<&'static str> {
        if self.mode == ChallengeMode::Off {
            return Some("the challenge policy of this interview is off");
        }
        if !self.kinds.is_empty() && !self.kinds.contains(&kind) {
            return Some("not among the kinds of this interview's challenge policy");
        }
        self.opt_outs
            .contains(&catalogued(kind).need)
            .then_some("the candidate opted out of what it needs")
    }

    /// Opts out of everything but speaking.
    pub fn accessible_only(&mut self) {
        use ChallengeNeed as N;
        self.opt_outs
            .extend([N::Hands, N::Head, N::Body, N::Flashes]);
    }
}

/// When the next challenge of the server's own is due. Times are session times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    due: Option<MediaTime>,
    issued: u32,
}

// === impl Plan ===

impl Plan {
    /// A plan for an interview that begins at `start`.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn begin(
        policy: &ChallengePolicy,
        start: MediaTime,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, NoEntropy> {
        let mut plan = Self::default();
        if policy.mode == ChallengeMode::Automatic {
            plan.due = Some(after(start, policy.first_after_s, policy, entropy)?);
        }
        Ok(plan)
    }

    /// True when one is due.
    pub fn is_due(&self, now: MediaTime) -> bool {
        self.due.is_some_and(|due| now >= due)
    }

    /// One was issued: none is due until it has ended.
    pub fn issued(&mut self) {
        self.issued = self.issued.saturating_add(1);
        self.due = None;
    }

    /// A challenge has ended, whoever had asked for it: the next one of the server's own keeps its
    /// distance from it.
    ///
    /// # Errors
    /// [`NoEntropy`]; nothing more is then due.
    pub fn ended(
        &mut self,
        policy: &ChallengePolicy,
        now: MediaTime,
        entropy: &mut dyn Entropy,
    ) -> Result<(), NoEntropy> {
        self.due = None;
        if policy.mode == ChallengeMode::Automatic
            && self.issued < policy.max_automatic.min(MOST_AUTOMATIC)
        {
            self.due = Some(after(now, policy.min_spacing_s, policy, entropy)?);
        }
        Ok(())
    }
}

fn after(
    from: MediaTime,
    least_s: u32,
    policy: &ChallengePolicy,
    entropy: &mut dyn Entropy,
) -> Result<MediaTime, NoEntropy> {
    // Drawn in milliseconds, so that the moment is no round number of seconds.
    let random_ms = below(
        policy
            .max_random_wait_s
            .saturating_mul(1_000)
            .saturating_add(1),
        entropy,
    )?;
    let wait_ns = (i64::from(least_s) * 1_000 + i64::from(random_ms)) * 1_000_000;
    Ok(from.plus_ns(wait_ns))
}
