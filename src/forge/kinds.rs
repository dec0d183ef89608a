//! What can be done to a recording.

use super::sound::Source;

/// A way of tampering, all of them with the person's own face and voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing: the control, through the same encoder and with the same strip.
    Untouched,
    /// Sound later than the pictures by a constant.
    LipShift,
    /// Sound that falls behind the pictures more and more.
    LipDrift,
    /// Sound from another place of the same recording.
    LipDub,
    /// The picture stands still while the sound goes on.
    Freeze,
    /// The face through 48 pixels and back, within a soft ellipse.
    SoftFace,
    /// The face as it was before a hand challenge, painted over the hand.
    FaceOverHand,
}

// === impl Kind ===

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Untouched,
        Self::LipShift,
        Self::LipDrift,
        Self::LipDub,
        Self::Freeze,
        Self::SoftFace,
        Self::FaceOverHand,
    ];

    /// Its word in arguments, file names and events files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::LipShift => "lip_shift",
            Self::LipDrift => "lip_drift",
            Self::LipDub => "lip_dub",
            Self::Freeze => "freeze",
            Self::SoftFace => "soft_face",
            Self::FaceOverHand => "face_over_hand",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }

    /// Whether sound is tampered with.
    pub(super) fn is_of_sound(self) -> bool {
        matches!(self, Self::LipShift | Self::LipDrift | Self::LipDub)
    }

    /// Whether the face has to be found.
    pub(super) fn needs_face(self) -> bool {
        matches!(self, Self::SoftFace | Self::FaceOverHand)
    }

    /// Where the sound of its stretch comes from.
    pub(super) fn source(self, offset_s: f64) -> Option<Source> {
        match self {
            Self::LipShift => Some(Source::Late(offset_s)),
            Self::LipDrift => Some(Source::Drifting(offset_s)),
            Self::LipDub => Some(Source::Elsewhere),
            _ => None,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.word()), Some(kind));
        }
        assert_eq!(Kind::of("impersonate"), None);
    }
}
