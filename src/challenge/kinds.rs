//! The catalogue: what each kind of challenge needs, what it can be judged on, how long it takes.

use crate::core::{ChallengeKind, ChallengeNeed, ChallengeParameters, ChallengeStanding};

/// What holds of a kind wherever it is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Catalogued {
    /// The kind.
    pub kind: ChallengeKind,
    /// What it needs of the candidate.
    pub need: ChallengeNeed,
    /// What it can be judged on.
    pub standing: ChallengeStanding,
    /// How often it is drawn against the others where the server draws the kind; 0 = only when asked
    /// for by name.
    pub weight: u32,
    /// True when it needs the candidate's sound.
    pub hears: bool,
    /// True when it needs the net that finds hands.
    pub hands: bool,
}

/// What is known of a kind. What is scored is drawn most often, since it alone can count.
pub fn catalogued(kind: ChallengeKind) -> Catalogued {
    use ChallengeKind as K;
    use ChallengeNeed as N;
    let (need, weight) = match kind {
        K::HandPass => (N::Hands, 4),
        K::HandHold => (N::Hands, 4),
        K::TurnBoth => (N::Head, 2),
        K::TurnLeft | K::TurnRight => (N::Head, 0),
        K::CheekPress => (N::Hands, 1),
        K::LeanIn => (N::Body, 1),
        // Flashes are never drawn: who wants them lists them.
        K::Flash => (N::Flashes, 0),
        K::Phrase => (N::Voice, 1),
    };
    Catalogued {
        kind,
        need,
        standing: kind.standing(),
        weight,
        hears: kind == K::Phrase,
        hands: matches!(kind, K::HandPass | K::HandHold | K::CheekPress),
    }
}

/// What is judged of a kind and what is not, in words.
pub fn describe(kind: ChallengeKind) -> &'static str {
    use ChallengeKind as K;
    match kind {
        K::HandPass => {
            "judged: number of passes, the side of the first, and what is painted where the hand is before the face; not judged: which hand"
        }
        K::HandHold => {
            "judged: how long a hand covers the face, and what is painted there meanwhile; not judged: which hand"
        }
        K::TurnBoth | K::TurnLeft | K::TurnRight => {
            "judged: how far and to which side the head was turned; shown without a vote: how contour and appearance behave in the turn. Landmarks follow a turn to about 60 degrees, a profile beyond is taken for reached when the face is lost there and found again"
        }
        K::CheekPress => {
            "judged: whether a hand touched the cheek asked for, and how long; not judged: how the skin gives way"
        }
        K::LeanIn => {
            "judged: whether the face grew as it does when somebody comes closer, and went back; nothing else"
        }
        K::Flash => {
            "judged: whether the colour of the face followed the colours of the screen, where its light is strong enough; nothing else"
        }
        K::Phrase => {
            "judged: whether speech was heard and the lips went with it; the words themselves are not checked"
        }
    }
}

/// How long after the prompt was shown an answer counts, nanoseconds: what the movement takes without
/// haste, and four seconds to read and begin.
pub fn answer_ns(kind: ChallengeKind, count: u32, parameters: &ChallengeParameters) -> i64 {
    use ChallengeKind as K;
    let hold_ms = i64::from(parameters.hold_ms);
    let ms = match kind {
        K::HandPass => 4_000 + 1_800 * i64::from(count.clamp(1, 3)),
        K::HandHold | K::CheekPress => 4_000 + hold_ms + 1_000,
        K::TurnLeft | K::TurnRight => 7_000,
        K::TurnBoth => 10_000,
        K::LeanIn => 8_000,
        K::Flash => i64::from(parameters.colour_ms) * parameters.colours.len() as i64 + 1_000,
        K::Phrase => 8_000,
    };
    ms * 1_000_000
}

/// A kind for somebody who declined `kind`: the first of those at hand that needs nothing of it.
pub fn alternative_to(
    kind: ChallengeKind,
    available: impl Fn(ChallengeKind) -> bool,
) -> Option<ChallengeKind> {
    use ChallengeKind as K;
    let need = catalogued(kind).need;
    // Speaking first: it asks for the least movement. Flashes are nobody's alternative.
    let order = [K::Phrase, K::TurnBoth, K::HandHold, K::LeanIn];
    order
        .into_iter()
        .find(|k| catalogued(*k).need != need && available(*k))
}
