//! English.

use super::{KindTexts, Table};

/// Texts in English, the last resort for every other language.
pub(super) const TABLE: Table = Table {
    locale: "en",
    sides: ["left", "right"],
    towards: ["left", "right"],
    times: ["once", "twice", "three times"],
    again: "We could not quite see that. Please try once more.",
    voluntary: "You may say no; that is not counted against you.",
    words: &[
        "apple", "bridge", "candle", "garden", "window", "river", "yellow", "seven", "button",
        "forest", "morning", "paper", "silver", "summer", "table", "travel", "winter", "basket",
        "carpet", "dinner", "engine", "finger", "ginger", "hammer", "island", "jacket", "kitchen",
        "ladder", "market", "napkin", "orange", "pencil", "rabbit", "saddle", "ticket", "umbrella",
        "valley", "walnut", "cotton", "feather", "lemon", "mirror", "number", "pocket", "ribbon",
        "spoon", "tunnel", "village", "water", "violin",
    ],
    hand_pass: KindTexts {
        prompt: "Please pass your {hand} hand slowly in front of your face, {count}. Begin towards your {towards}.",
        reason: "A face that a computer paints over another one often fails where a hand is in front of it. With this we check that the picture shows you.",
        alternative: "If you cannot move your hand in front of your face, tell us: you can say a few words instead.",
    },
    hand_hold: KindTexts {
        prompt: "Please hold your {hand} hand in front of your face, fingers a little apart, for {seconds} seconds, and take it away again.",
        reason: "A face that a computer paints over another one often fails where a hand is in front of it. With this we check that the picture shows you.",
        alternative: "If you cannot hold your hand in front of your face, tell us: you can say a few words instead.",
    },
    turn_one: KindTexts {
        prompt: "Please turn your head as far as is comfortable to your {towards}, and back to the camera.",
        reason: "Painted faces hold best from the front. With this we look at how the picture behaves from the side.",
        alternative: "If you cannot turn your head, tell us: you can say a few words instead.",
    },
    turn_both: KindTexts {
        prompt: "Please turn your head as far as is comfortable to your {towards}, then to your {other}, and back to the camera.",
        reason: "Painted faces hold best from the front. With this we look at how the picture behaves from the side.",
        alternative: "If you cannot turn your head, tell us: you can say a few words instead.",
    },
    cheek_press: KindTexts {
        prompt: "Please press a finger gently into your {side} cheek for {seconds} seconds, and take it away again.",
        reason: "We check that the movement we asked for is seen now. Nothing else is judged by it.",
        alternative: "If you cannot touch your cheek, tell us: you can say a few words instead.",
    },
    lean_in: KindTexts {
        prompt: "Please lean towards the camera, and back again.",
        reason: "We check that the movement we asked for is seen now. Nothing else is judged by it.",
        alternative: "If you cannot lean forward, tell us: you can say a few words instead.",
    },
    flash: KindTexts {
        prompt: "Your screen will slowly change its colour for {seconds} seconds. Please look at it and stay as you are.",
        reason: "We check whether the light of your screen is seen on your face now. Nothing else is judged by it. The colours change at most twice a second.",
        alternative: "If changing colours are bad for you, say so before they begin: they are not shown, and you can say a few words instead.",
    },
    phrase: KindTexts {
        prompt: "Please say aloud: {words}",
        reason: "We check that speech is heard now and that your lips go with it. The words themselves are not checked.",
        alternative: "If you cannot speak, tell us: you can turn your head or show your hand instead.",
    },
};
