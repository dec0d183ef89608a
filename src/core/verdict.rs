//! Where the evidence of a session stands, and whether it changed on the way.
//!
//! "Verdict" is the name of the type. What people read says "assessment", and what was measured.

use super::MediaTime;
use serde::{Deserialize, Serialize};

/// What a sequential test of the evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// What was measured is what live interviews look like.
    ConsistentWithLive,
    /// Too little evidence for either; the standing of every session that measured nothing.
    #[default]
    Inconclusive,
    /// What was measured differs from live interviews by more than chance would explain.
    StandsOut,
}

impl Standing {
    /// The standing as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConsistentWithLive => "consistent_with_live",
            Self::Inconclusive => "inconclusive",
            Self::StandsOut => "stands_out",
        }
    }

    /// The standing in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::ConsistentWithLive => "consistent with a live recording",
            Self::Inconclusive => "inconclusive",
            Self::StandsOut => "stands out",
        }
    }
}

/// Where the evidence of a session stands between two thresholds. The prior plays no part.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// The standing.
    pub standing: Standing,
    /// Evidence logit down to which a session is consistent with a live recording; below 0.
    pub lower: f64,
    /// Evidence logit from which a session stands out; above 0.
    pub upper: f64,
    /// Session time from which it has stood so, up to the end; `None` while inconclusive.
    #[serde(rename = "since_us")]
    pub since: Option<MediaTime>,
    /// Why it is inconclusive, in words; empty otherwise.
    pub detail: String,
}

/// Whether what was measured from some time on stands out against what came before.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Change {
    /// Largest evidence logit of any stretch that follows an unremarkable beginning; 0 and up.
    pub statistic: f64,
    /// Statistic from which the stretch stands out; 0 where nothing was tested, for want of a score.
    pub threshold: f64,
    /// Where that stretch begins; `None` below the threshold.
    #[serde(rename = "since_us")]
    pub since: Option<MediaTime>,
    /// When the threshold was first reached; `None` below it.
    #[serde(rename = "noticed_us")]
    pub noticed: Option<MediaTime>,
}
