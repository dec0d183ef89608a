//! What became of the challenges that were put to a candidate.

use super::{
    AbstainReason, Abstention, ChallengeKind, ChallengeStanding, Evidence, IssuedChallenge,
    MediaTime,
};
use serde::{Deserialize, Serialize};

/// Points of a trace kept at most; what a small drawing can show.
pub const MOST_TRACE_POINTS: usize = 96;

/// Sooner than people react to a prompt, milliseconds: simple reactions to something seen take 200 ms and
/// more (Luce, Response Times, 1986, ch. 2), and a prompt has to be read.
pub const SOONEST_REACTION_MS: f64 = 250.0;

/// Whether a challenge was met. Only a challenge that was performed can count for or against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ChallengeStatus {
    /// It was done as asked.
    Performed,
    /// It was not done as asked; never evidence of manipulation.
    NotPerformed {
        /// What was missing, with the figures.
        detail: String,
    },
    /// Whether it was done cannot be told.
    NotMeasurable {
        /// Machine-readable reason.
        reason: AbstainReason,
        /// The reason in words, with the figures.
        detail: String,
    },
    /// It was declined, taken back, not shown in time, or the interview ended before; says nothing
    /// about anybody.
    NotCarriedOut {
        /// Why, in words.
        detail: String,
    },
}

impl ChallengeStatus {
    /// In plain words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Performed => "performed",
            Self::NotPerformed { .. } => "not performed",
            Self::NotMeasurable { .. } => "not measurable",
            Self::NotCarriedOut { .. } => "not carried out",
        }
    }

    /// What was missing or in the way; empty where it was performed.
    pub fn detail(&self) -> &str {
        match self {
            Self::Performed => "",
            Self::NotPerformed { detail }
            | Self::NotMeasurable { detail, .. }
            | Self::NotCarriedOut { detail } => detail,
        }
    }

    /// Not measurable, for this reason.
    pub fn not_measurable(why: &Abstention) -> Self {
        Self::NotMeasurable {
            reason: why.reason,
            detail: why.detail.clone(),
        }
    }
}

impl ChallengeKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::HandPass,
        Self::HandHold,
        Self::TurnBoth,
        Self::TurnLeft,
        Self::TurnRight,
        Self::CheekPress,
        Self::LeanIn,
        Self::Flash,
        Self::Phrase,
    ];

    /// Its name in events files, reports and signed records.
    pub fn name(self) -> &'static str {
        match self {
            Self::HandPass => "hand_pass",
            Self::HandHold => "hand_hold",
            Self::TurnLeft => "turn_left",
            Self::TurnRight => "turn_right",
            Self::CheekPress => "cheek_press",
            Self::LeanIn => "lean_in",
            Self::Flash => "flash",
            Self::Phrase => "phrase",
            Self::TurnBoth => "turn_both",
        }
    }

    /// What it can be judged on.
    pub fn standing(self) -> ChallengeStanding {
        match self {
            Self::HandPass | Self::HandHold => ChallengeStanding::Scored,
            Self::TurnBoth | Self::TurnLeft | Self::TurnRight => ChallengeStanding::NotEvaluated,
            Self::CheekPress | Self::LeanIn | Self::Flash | Self::Phrase => {
                ChallengeStanding::ComplianceOnly
            }
        }
    }

    /// What the candidate was asked to do, in plain words.
    pub fn words(self) -> &'static str {
        match self {
            Self::HandPass => "pass a hand in front of the face",
            Self::HandHold => "hold a hand in front of the face",
            Self::TurnLeft => "turn the head to the left",
            Self::TurnRight => "turn the head to the right",
            Self::CheekPress => "press a finger into the cheek",
            Self::LeanIn => "lean towards the camera",
            Self::Flash => "look at coloured flashes",
            Self::Phrase => "say a phrase",
            Self::TurnBoth => "turn the head to both sides",
        }
    }
}

/// One point of a challenge's course.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TracePoint {
    /// Session time.
    #[serde(rename = "time_us")]
    pub time: MediaTime,
    /// Hand challenges: share of the face's box that a hand covers, 0 to 1. Turns: yaw in degrees,
    /// positive towards the picture's right. Lean in: height of the face over its height at rest.
    /// Colour code: red share of the face's colour, 0 to 255. Cheek press: share of the cheek that a hand
    /// covers. Phrase: 1 where speech is heard, else 0.
    pub value: f64,
}

/// What became of one challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChallengeResult {
    /// Id that the client gave it.
    pub id: String,
    /// What was asked.
    pub kind: ChallengeKind,
    /// How often it was asked for in one go, at least 1.
    pub count: u32,
    /// Signal that judged it; empty where none does.
    pub signal: String,
    /// When the prompt ended.
    #[serde(rename = "prompt_end_us")]
    pub prompt_end: MediaTime,
    /// Until when it was to be done.
    #[serde(rename = "deadline_us")]
    pub deadline: MediaTime,
    /// Whether it was met.
    pub status: ChallengeStatus,
    /// When the movement set in; `None` where none was seen.
    #[serde(rename = "onset_us")]
    pub onset: Option<MediaTime>,
    /// From the prompt's end to the onset, milliseconds; negative when the movement came first.
    pub reaction_ms: Option<f64>,
    /// How often it was done.
    pub passes: u32,
    /// What was measured, without and with effect on the number.
    pub evidence: Vec<Evidence>,
    /// Log-likelihood ratio of the event, natural logarithm, positive = manipulated; `None` where no
    /// number was given.
    pub llr: Option<f64>,
    /// The course of the event, at most [`MOST_TRACE_POINTS`] points in time order.
    pub trace: Vec<TracePoint>,
    /// What the server knows of it that issued it; `None` where the client ran it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Box<IssuedChallenge>>,
}

impl ChallengeResult {
    /// A challenge of which nothing could be told.
    pub fn unmeasured(
        id: &str,
        kind: ChallengeKind,
        count: u32,
        (prompt_end, deadline): (MediaTime, MediaTime),
        why: &Abstention,
    ) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            count: count.max(1),
            signal: String::new(),
            prompt_end,
            deadline,
            status: ChallengeStatus::not_measurable(why),
            onset: None,
            reaction_ms: None,
            passes: 0,
            evidence: Vec::new(),
            llr: None,
            trace: Vec::new(),
            issued: None,
        }
    }

    /// Says that the movement set in sooner than the prompt could be followed, where it did so for all
    /// of the uncertainty of the prompt's time. A cue that a recording is replayed, and no evidence by
    /// itself: a hand may happen to be there. Speech and a colour code have no such cue, since people
    /// may be speaking already and need not react to colours.
    pub fn early_reaction(&self) -> Option<String> {
        use ChallengeKind as K;
        if matches!(self.kind, K::Phrase | K::Flash) {
            return None;
        }
        let ms = self.reaction_ms?;
        let uncertain = self.issued.as_ref().map_or(0, |i| i.uncertainty_ms);
        if ms + f64::from(uncertain) >= SOONEST_REACTION_MS {
            return None;
        }
        let when = if ms < 1.0 {
            "was under way when the prompt was shown".to_owned()
        } else {
            format!("set in {ms:.0} ms after the prompt was shown")
        };
        Some(format!(
            "the movement {when}, sooner than people can follow a prompt ({SOONEST_REACTION_MS:.0} ms): \
             a replayed recording would do that, and so does somebody who happened to be moving"
        ))
    }
}

/// At most [`MOST_TRACE_POINTS`] of `points`, evenly spread, the largest value of each stretch kept.
pub fn thinned(points: &[TracePoint]) -> Vec<TracePoint> {
    let step = points.len().div_ceil(MOST_TRACE_POINTS).max(1);
    let largest = |chunk: &[TracePoint]| {
        let by_size = |a: &&TracePoint, b: &&TracePoint| a.value.abs().total_cmp(&b.value.abs());
        chunk.iter().max_by(by_size).copied()
    };
    points.chunks(step).filter_map(largest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_early_only_for_all_of_the_uncertainty() {
        let why = Abstention::new(AbstainReason::TooShort, "");
        let window = (MediaTime::ZERO, MediaTime::from_ms(6_000));
        let early = |kind, ms, uncertainty_ms: Option<u32>| {
            let mut c = ChallengeResult::unmeasured("c", kind, 1, window, &why);
            c.reaction_ms = ms;
            c.issued = uncertainty_ms.map(|u| Box::new(crate::core::issued_sample(u)));
            c.early_reaction()
        };
        use ChallengeKind as K;
        assert_eq!(early(K::HandPass, None, None), None);
        assert_eq!(early(K::HandPass, Some(250.0), None), None);
        let said = early(K::HandPass, Some(120.0), Some(0)).unwrap();
        assert!(
            said.contains("120 ms after") && said.contains("replayed"),
            "{said}"
        );
        assert_eq!(early(K::TurnBoth, Some(120.0), Some(200)), None);
        let said = early(K::LeanIn, Some(-300.0), Some(40)).unwrap();
        assert!(said.contains("under way"), "{said}");
        assert_eq!(
            early(K::Phrase, Some(0.0), None),
            None,
            "people may be speaking already"
        );
    }

    #[test]
    fn a_thinned_trace_is_short_and_keeps_its_peak() {
        let point = |i: i64| TracePoint {
            time: MediaTime::from_ms(i),
            value: if i == 501 { -1.0 } else { 0.1 },
        };
        let all: Vec<TracePoint> = (0..1000).map(point).collect();
        let few = thinned(&all);
        assert!(few.len() <= MOST_TRACE_POINTS && few.len() > MOST_TRACE_POINTS / 2);
        assert!(few.iter().any(|p| p.value == -1.0));
        assert!(few.windows(2).all(|w| w[0].time < w[1].time));
        assert_eq!(thinned(&all[..3]), all[..3]);
    }
}
