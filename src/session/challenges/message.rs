//! What a client and a session say to each other about challenges.

use crate::challenge::{Ending, Prompt};
use crate::core::{
    ChallengeKind, ChallengeNeed, ChallengePolicy, ChallengeRecord, ChallengeResult,
    ChallengeStanding, MediaTime, ParticipantId,
};

/// What a client wants of a challenge, or says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChallengeRequest {
    /// Put one to a candidate.
    Issue {
        /// The client's id for it.
        request_id: String,
        /// To whom; `None` = the only scored participant.
        participant: Option<ParticipantId>,
        /// Which kind; `None` = the server draws one.
        kind: Option<ChallengeKind>,
        /// Language of the texts; empty = that of the policy.
        locale: String,
    },
    /// Its prompt was on the screen in full.
    Shown {
        /// The challenge.
        challenge: String,
        /// Which prompt, 1 or 2; 0 = the latest.
        attempt: u32,
        /// When, session time.
        at: MediaTime,
        /// How much later it may really have been seen, milliseconds.
        uncertainty_ms: u32,
    },
    /// It is not carried out.
    Decline {
        /// The challenge.
        challenge: String,
        /// Why.
        reason: Decline,
        /// The same in somebody's words.
        words: String,
        /// Issue another one that needs nothing of what this one needs.
        offer_alternative: bool,
    },
}

/// Why a challenge is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decline {
    /// The candidate prefers not to.
    PrefersNot,
    /// The candidate cannot; what it needs is not asked for again.
    CannotPerform,
    /// The host took it back.
    Cancelled,
    /// The prompt could not be shown.
    NotShown,
}

impl Decline {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::PrefersNot => "the candidate preferred not to",
            Self::CannotPerform => "the candidate cannot perform it",
            Self::Cancelled => "the host took it back",
            Self::NotShown => "the prompt could not be shown",
        }
    }

    /// True when it is the candidate's decision.
    pub(super) fn is_candidates(self) -> bool {
        matches!(self, Self::PrefersNot | Self::CannotPerform)
    }
}

/// What becomes of a challenge.
#[derive(Debug, Clone, PartialEq)]
pub struct ChallengeUpdate {
    /// Its id; empty where a request was refused.
    pub challenge: String,
    /// Whom it is put to, where that is known.
    pub participant: Option<ParticipantId>,
    /// The client's id for it; empty where the server issued it by itself.
    pub request_id: String,
    /// What happened.
    pub state: ChallengeState,
}

/// What happened to a challenge.
#[derive(Debug, Clone, PartialEq)]
pub enum ChallengeState {
    /// Its prompt is to be shown.
    Issued(Box<IssuedState>),
    /// A request, or what was said of a challenge, was not taken in.
    Refused {
        /// Naming the field and what was expected.
        detail: String,
    },
    /// Its window is open.
    Open {
        /// 1 or 2.
        attempt: u32,
        /// When its prompt was shown.
        shown: MediaTime,
        /// Until when an answer counts.
        deadline: MediaTime,
    },
    /// It was not done; the prompt is to be shown once more.
    AskedAgain {
        /// What to show.
        prompt: Prompt,
        /// Until when it must have been shown.
        show_by: MediaTime,
        /// What came of the first attempt.
        first: Box<ChallengeResult>,
    },
    /// It has ended.
    Concluded {
        /// How.
        ending: Ending,
        /// What came of it, with the signed record.
        result: Box<ChallengeResult>,
        /// What it means, in a sentence.
        words: String,
    },
}

/// What was issued.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedState {
    /// What to show.
    pub prompt: Prompt,
    /// Until when it must have been shown.
    pub show_by: MediaTime,
    /// How long an answer counts, milliseconds.
    pub answer_ms: u32,
    /// What the result can count for.
    pub standing: ChallengeStanding,
    /// The challenge that it stands in for; empty otherwise.
    pub alternative_of: String,
    /// The signed record: kind, parameters, nonce and time.
    pub record: ChallengeRecord,
}

/// Whether a kind of challenge can be judged for a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeAbility {
    /// Whose tracks.
    pub participant: ParticipantId,
    /// The kind.
    pub kind: ChallengeKind,
    /// What it can be judged on.
    pub standing: ChallengeStanding,
    /// What it needs of the candidate.
    pub need: ChallengeNeed,
    /// Why it is not available here, if so.
    pub obstacle: Option<String>,
    /// What is judged of it and what is not.
    pub judged: String,
}

/// What `hello` says of challenges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChallengeOffer {
    /// Every kind for every scored participant.
    pub abilities: Vec<ChallengeAbility>,
    /// The policy in effect.
    pub policy: ChallengePolicy,
    /// Languages that texts exist in.
    pub locales: Vec<String>,
    /// Names the key that records are signed with.
    pub key_id: String,
    /// True when that key was drawn when the server started.
    pub key_drawn: bool,
}
