//! What one signal's segments add up to.

use super::discount::discount;
use super::{Accumulation, SignalPolicy, contribution};
use crate::core::Finding;

/// Running sums of one signal over a run of segments.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Tally {
    /// Segments on which the signal scored.
    count: usize,
    /// Those among them that were compared with a reference.
    compared: usize,
    /// Sum of the contributions that were not compared with a reference.
    own: f64,
    /// Sum of those that were.
    against: f64,
    /// Contribution of the latest scored segment.
    latest: f64,
}

impl Tally {
    /// Adds a finding; one without a number changes nothing.
    pub(super) fn add(&mut self, policy: &SignalPolicy, finding: &Finding) {
        if !finding.outcome.is_scored() {
            return;
        }
        let c = contribution(policy, &finding.outcome);
        self.count += 1;
        self.latest = c;
        if matches!(&finding.comparison, Some(c) if c.obstacle.is_none()) {
            self.compared += 1;
            self.against += c;
        } else {
            self.own += c;
        }
    }

    /// True when the signal scored on none of the segments.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What was added since an earlier state of the same tally.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            count: self.count - earlier.count,
            compared: self.compared - earlier.compared,
            own: self.own - earlier.own,
            against: self.against - earlier.against,
            latest: self.latest,
        }
    }

    /// The signal's share of the evidence logit of these segments: discounted for their
    /// correlation, within cap and floor.
    pub(super) fn evidence(&self, policy: &SignalPolicy) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        let own_cap = policy.session_cap;
        let compared_cap = policy.reference_session_cap.unwrap_or(own_cap);
        let floor = policy
            .session_floor
            .map_or(f64::NEG_INFINITY, |f| f.min(0.0));
        let within = |logit: f64, cap: f64| logit.clamp(-cap, cap).max(floor);
        if policy.accumulation == Accumulation::Latest {
            return within(self.latest, own_cap);
        }
        // Segments of both kinds show the same face before the same camera: one count for both.
        let weight = discount(self.count, policy.segment_correlation);
        // Each kind within its cap, and both together within the larger.
        let sum = within(weight * self.own, own_cap) + within(weight * self.against, compared_cap);
        let most = if self.compared == 0 {
            own_cap
        } else {
            own_cap.max(compared_cap)
        };
        within(sum, most)
    }
}
