//! What exactly a challenge asks for, and what a server that issued it knows of it.

use super::{ChallengeKind, MediaTime, ParticipantId, SessionId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most colours of a code.
pub const MOST_COLOURS: usize = 32;
/// Most words of a phrase.
pub const MOST_WORDS: usize = 16;
/// Shortest time that a colour is shown, milliseconds: two changes a second, below the three flashes a
/// second from which WCAG 2.2 (success criterion 2.3.1) counts them as a danger.
pub const LEAST_COLOUR_MS: u32 = 500;

/// A side, the candidate's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Side {
    Left,
    Right,
}

impl Side {
    /// The side in the picture, which shows the candidate from the front: 1 = towards the picture's
    /// right, -1 = towards its left.
    pub fn in_picture(self) -> f64 {
        match self {
            Self::Left => 1.0,
            Self::Right => -1.0,
        }
    }

    /// In a word.
    pub fn words(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// A colour that fills the candidate's screen. None is a saturated red, which is the worst for people
/// with photosensitive epilepsy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ScreenColour {
    Amber,
    Green,
    Blue,
    Magenta,
}

impl ScreenColour {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Amber, Self::Green, Self::Blue, Self::Magenta];

    /// 8-bit sRGB.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Amber => [0xFF, 0xB0, 0x40],
            Self::Green => [0x40, 0xE0, 0x70],
            Self::Blue => [0x40, 0x80, 0xFF],
            Self::Magenta => [0xE0, 0x60, 0xD0],
        }
    }

    /// In a word, as it stands in a signed record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Magenta => "magenta",
        }
    }
}

/// How exactly a challenge is asked for. What is `None`, 0 or empty was not stated, and is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChallengeParameters {
    /// Which hand; never checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand: Option<Side>,
    /// Hand pass: the side that the hand moves towards first. Turn to both sides: the side that comes
    /// first. Cheek press: the cheek.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Side>,
    /// Hand hold, cheek press: how long, milliseconds.
    pub hold_ms: u32,
    /// How long the client waits before it shows the prompt, milliseconds.
    pub delay_ms: u32,
    /// Colour code: the colours one after the other, at most [`MOST_COLOURS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub colours: Vec<ScreenColour>,
    /// Colour code: how long each is shown, milliseconds; at least [`LEAST_COLOUR_MS`].
    pub colour_ms: u32,
    /// Phrase: the words, at most [`MOST_WORDS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// What a challenge event says beside its kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Whom it was put to; `None` = everybody who is scored.
    pub participant: Option<ParticipantId>,
    /// How exactly it was asked for.
    pub parameters: ChallengeParameters,
}

impl Asked {
    /// True when it was put to this participant.
    pub fn is_for(&self, participant: &ParticipantId) -> bool {
        self.participant.as_ref().is_none_or(|p| p == participant)
    }
}

/// What a challenge needs of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ChallengeNeed {
    Hands,
    Head,
    Body,
    Voice,
    Flashes,
}

/// What a kind of challenge can be judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeStanding {
    /// What is measured while it is performed counts for or against.
    Scored,
    /// What is measured is shown and has no vote, since its accuracy has not been evaluated.
    NotEvaluated,
    /// Only whether it was performed is verified.
    ComplianceOnly,
}

impl ChallengeStanding {
    /// In a sentence without its full stop.
    pub fn words(self) -> &'static str {
        match self {
            Self::Scored => "scored: what is measured while it is performed counts for or against",
            Self::NotEvaluated => {
                "measured, accuracy not evaluated: what is measured while it is performed is shown and has no vote"
            }
            Self::ComplianceOnly => {
                "verified for compliance only: whether it was performed is told, and nothing else is judged"
            }
        }
    }
}

/// Who decides when a challenge is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChallengeMode {
    /// None is issued.
    Off,
    /// The client asks for each.
    #[default]
    Manual,
    /// The server issues them at random moments, too.
    Automatic,
}

/// Which challenges may be issued, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengePolicy {
    /// Who decides.
    pub mode: ChallengeMode,
    /// Kinds that may be issued; empty = every one.
    pub kinds: Vec<ChallengeKind>,
    /// Language of the texts, as asked for.
    pub locale: String,
    /// What the candidate cannot or does not want to do.
    pub opt_outs: BTreeSet<ChallengeNeed>,
    /// Automatic: how many at most, 1 to 16.
    pub max_automatic: u32,
    /// Automatic: not before this session time, seconds.
    pub first_after_s: u32,
    /// Automatic: least time between the end of one and the next, seconds.
    pub min_spacing_s: u32,
    /// Automatic: a wait drawn from 0 to this comes on top of each of the two, seconds.
    pub max_random_wait_s: u32,
}

impl Default for ChallengePolicy {
    fn default() -> Self {
        Self {
            mode: ChallengeMode::Manual,
            kinds: Vec::new(),
            locale: "en".to_owned(),
            opt_outs: BTreeSet::new(),
            max_automatic: 2,
            first_after_s: 30,
            min_spacing_s: 120,
            max_random_wait_s: 120,
        }
    }
}

/// What was decided about a challenge and when, signed. Bytes stand as lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeRecord {
    /// Layout of the signed bytes; 1.
    pub version: u32,
    /// The interview.
    pub session: SessionId,
    /// Id of the challenge.
    pub challenge: String,
    /// Whom it was put to.
    pub participant: ParticipantId,
    /// What was asked.
    pub kind: ChallengeKind,
    /// How often, at least 1.
    pub count: u32,
    /// How exactly.
    pub parameters: ChallengeParameters,
    /// When it was issued.
    #[serde(rename = "issued_us")]
    pub issued: MediaTime,
    /// 16 random bytes.
    pub nonce: String,
    /// MAC of the record before it in this interview; empty in the first.
    pub previous_mac: String,
    /// When the latest prompt was shown.
    #[serde(rename = "shown_us")]
    pub shown: Option<MediaTime>,
    /// Until when an answer counted.
    #[serde(rename = "deadline_us")]
    pub deadline: Option<MediaTime>,
    /// Prompts shown: 0, 1 or 2.
    pub attempt: u32,
    /// How it ended, in a word; empty while it is under way.
    pub outcome: String,
    /// Names the key.
    pub key_id: String,
    /// HMAC-SHA256 of all of the above.
    pub mac: String,
}

/// What a server knows of a challenge that it issued itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedChallenge {
    /// Which prompt the result belongs to, 1 or 2; 0 where none was shown.
    pub attempt: u32,
    /// How uncertain the time is at which the prompt was seen, milliseconds.
    pub uncertainty_ms: u32,
    /// The signed record.
    pub record: ChallengeRecord,
}

/// For tests of other files: a record that nobody signed.
#[cfg(test)]
pub(crate) fn issued_sample(uncertainty_ms: u32) -> IssuedChallenge {
    let id = |s: &str| SessionId::parse(s).unwrap_or_else(|e| panic!("{e}"));
    IssuedChallenge {
        attempt: 1,
        uncertainty_ms,
        record: ChallengeRecord {
            version: 1,
            session: id("s"),
            challenge: "c".into(),
            participant: ParticipantId::parse("candidate").unwrap_or_else(|e| panic!("{e}")),
            kind: ChallengeKind::HandPass,
            count: 1,
            parameters: ChallengeParameters::default(),
            issued: MediaTime::ZERO,
            nonce: "00".repeat(16),
            previous_mac: String::new(),
            shown: Some(MediaTime::from_ms(1_000)),
            deadline: Some(MediaTime::from_ms(7_000)),
            attempt: 1,
            outcome: "performed".into(),
            key_id: "0011223344556677".into(),
            mac: "11".repeat(32),
        },
    }
}
