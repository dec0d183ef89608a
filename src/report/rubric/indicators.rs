//! The indicators, who names them, and by what this version measures them.

use super::sources::{FBI_2022, FBI_2025, INTELESCREEN, SEAL, SHERLOCK, UNIT_42};
use crate::core::ChallengeKind;

/// A published indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Indicator {
    /// What it is called here.
    pub(in crate::report) title: &'static str,
    /// What the publications say of it, in our words.
    pub(in crate::report) about: &'static str,
    /// Places in [`SOURCES`](super::SOURCES).
    pub(in crate::report) sources: &'static [usize],
    /// By what it is measured.
    pub(super) measure: Measure,
    /// On what the measurement was evaluated, in a sentence or two; docs/accuracy.md has the figures.
    pub(super) evaluated: &'static str,
}

/// By what an indicator is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Sound against lips.
    Lips,
    /// Traces of a swap, and jumps of the face's appearance.
    Face,
    /// Pauses between question and answer.
    Latency,
    /// A signal as it is.
    Signal(&'static str),
    /// The same face throughout, where this build measures it.
    Identity,
    /// Another voice between turns.
    SecondVoice,
    /// Challenges of these kinds.
    Challenge(&'static [ChallengeKind]),
    /// Whether a face is shown.
    Camera,
    /// Nothing, for this reason.
    None(&'static str),
}

/// All of them, in the order of the table.
pub(super) const INDICATORS: [Indicator; 13] = [
    Indicator {
        title: "Lips do not match the voice",
        about: "what is heard and the movement of the lips come apart",
        sources: &[FBI_2022, UNIT_42],
        measure: Measure::Lips,
        evaluated: "Evaluated on few speakers, with shifts that were put in on purpose.",
    },
    Indicator {
        title: "Hand before the face",
        about: "a hand that passes the face can break what is painted over it",
        sources: &[FBI_2025, UNIT_42, SEAL],
        measure: Measure::Challenge(&[
            ChallengeKind::HandPass,
            ChallengeKind::HandHold,
            ChallengeKind::CheekPress,
        ]),
        evaluated: "Never measured on a real hand before a swapped face: evaluated on composed recordings.",
    },
    Indicator {
        title: "Turn of the head",
        about: "a turn to the side and holding it there",
        sources: &[UNIT_42, SEAL],
        measure: Measure::Challenge(&[
            ChallengeKind::TurnLeft,
            ChallengeKind::TurnRight,
            ChallengeKind::TurnBoth,
        ]),
        evaluated: "Whether it was done is measured; what else was measured meanwhile has not been evaluated.",
    },
    Indicator {
        title: "Face that does not hold together",
        about: "edges, flicker and fine structure that are not those of the camera’s picture",
        sources: &[UNIT_42],
        measure: Measure::Face,
        evaluated: "Weak: evaluated on 32 pairs of one live swap tool, see “What a flag means”.",
    },
    Indicator {
        title: "Change of light or distance",
        about: "how the face follows a change of light, or a lean towards the camera",
        sources: &[UNIT_42],
        measure: Measure::Challenge(&[ChallengeKind::Flash, ChallengeKind::LeanIn]),
        evaluated: "Whether it was done is measured, on drawn people only.",
    },
    Indicator {
        title: "A phrase said for the first time",
        about: "reading a phrase that was not known before",
        sources: &[SEAL],
        measure: Measure::Challenge(&[ChallengeKind::Phrase]),
        evaluated: "That somebody spoke with moving lips is measured; the words are not compared.",
    },
    Indicator {
        title: "Odd delay before answers",
        about: "pauses that do not fit the question, or all of one length",
        sources: &[SHERLOCK],
        measure: Measure::Latency,
        evaluated: "Weak, and capped. The pauses are measured to some 10 ms on generated dialogues; what they say of real interviews has not been evaluated.",
    },
    Indicator {
        title: "Somebody else’s voice",
        about: "a helper who speaks in the candidate’s place",
        sources: &[SHERLOCK],
        measure: Measure::SecondVoice,
        evaluated: "Accuracy not evaluated.",
    },
    Indicator {
        title: "Synthetic voice",
        about: "a voice that was generated or converted",
        sources: &[FBI_2022],
        measure: Measure::Signal("voice_spoof"),
        evaluated: "By a model of the operator’s own; its accuracy is for them to state.",
    },
    Indicator {
        title: "Another person in mid-call or later",
        about: "somebody else goes on with the interview, or comes to the next one",
        sources: &[FBI_2025],
        measure: Measure::Identity,
        evaluated: "How well it tells people apart is stated with the signal, in docs/accuracy.md.",
    },
    Indicator {
        title: "Camera avoided",
        about: "no picture, or a face that is often out of view",
        sources: &[FBI_2025, INTELESCREEN],
        measure: Measure::Camera,
        evaluated: "Observed, never evidence: a line that fails looks the same.",
    },
    Indicator {
        title: "Obscured or virtual background",
        about: "ask for a background that is not hidden",
        sources: &[FBI_2025],
        measure: Measure::None(
            "This version does not look at the background. A blurred or replaced one is a right to privacy as well.",
        ),
        evaluated: "",
    },
    Indicator {
        title: "A cough or sneeze that is heard and not seen",
        about: "sounds of the body without the movement that makes them",
        sources: &[FBI_2022],
        measure: Measure::None("This version does not listen for coughs or sneezes."),
        evaluated: "",
    },
];
