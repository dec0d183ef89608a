//! The texts of challenges, a table per language: what to do, why we ask, what to do who cannot.
//!
//! A new language is one file with a [`Table`] and a line in [`TABLES`]; tests hold it complete.
//! Placeholders of a prompt: `{count}` `{hand}` `{towards}` `{side}` `{other}` `{seconds}` `{words}`.

mod de;
mod en;

use crate::core::{ChallengeKind, ChallengeParameters, Side};

/// Every language, the last resort first.
pub(super) const TABLES: [&Table; 2] = [&en::TABLE, &de::TABLE];

/// Tags of the languages.
pub const LOCALES: [&str; 2] = [TABLES[0].locale, TABLES[1].locale];

/// The texts of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct KindTexts {
    pub(super) prompt: &'static str,
    pub(super) reason: &'static str,
    pub(super) alternative: &'static str,
}

/// One language.
#[derive(Debug)]
pub(super) struct Table {
    /// BCP 47 language tag, without a region.
    pub(super) locale: &'static str,
    /// Left and right as they stand before "hand" and "cheek".
    pub(super) sides: [&'static str; 2],
    /// To the left and to the right.
    pub(super) towards: [&'static str; 2],
    /// Once, twice, three times.
    pub(super) times: [&'static str; 3],
    /// Put before a prompt that is shown for the second time.
    pub(super) again: &'static str,
    /// Put behind every reason.
    pub(super) voluntary: &'static str,
    /// Short everyday words without offence, easy to say; at least 48.
    pub(super) words: &'static [&'static str],
    pub(super) hand_pass: KindTexts,
    pub(super) hand_hold: KindTexts,
    pub(super) turn_one: KindTexts,
    pub(super) turn_both: KindTexts,
    pub(super) cheek_press: KindTexts,
    pub(super) lean_in: KindTexts,
    pub(super) flash: KindTexts,
    pub(super) phrase: KindTexts,
}

/// What is shown to a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Language that was found.
    pub locale: &'static str,
    /// What to do.
    pub prompt: String,
    /// Why we ask.
    pub reason: String,
    /// What somebody can do who cannot perform it.
    pub alternative: String,
}

/// The table of a language tag: "de-AT", then "de", then English.
fn table(locale: &str) -> &'static Table {
    let wanted = locale.replace('_', "-").to_ascii_lowercase();
    let language = wanted.split('-').next().unwrap_or_default();
    let find = |tag: &str| TABLES.into_iter().find(|t| t.locale == tag);
    find(&wanted)
        .or_else(|| find(language))
        .unwrap_or(TABLES[0])
}

/// Words that phrases are drawn from.
pub fn words_of(locale: &str) -> &'static [&'static str] {
    table(locale).words
}

/// The texts of a challenge in the language nearest to `locale`.
pub fn prompt(
    kind: ChallengeKind,
    count: u32,
    parameters: &ChallengeParameters,
    locale: &str,
) -> Prompt {
    let t = table(locale);
    let k = t.kind(kind);
    Prompt {
        locale: t.locale,
        prompt: t.fill(k.prompt, count, parameters),
        reason: format!("{} {}", k.reason, t.voluntary),
        alternative: k.alternative.to_owned(),
    }
}

/// The same for the second prompt.
pub fn reprompt(
    kind: ChallengeKind,
    count: u32,
    parameters: &ChallengeParameters,
    locale: &str,
) -> Prompt {
    let first = prompt(kind, count, parameters, locale);
    Prompt {
        prompt: format!("{} {}", table(locale).again, first.prompt),
        ..first
    }
}

// === impl Table ===

impl Table {
    pub(super) fn kind(&self, kind: ChallengeKind) -> &KindTexts {
        use ChallengeKind as K;
        match kind {
            K::HandPass => &self.hand_pass,
            K::HandHold => &self.hand_hold,
            K::TurnLeft | K::TurnRight => &self.turn_one,
            K::TurnBoth => &self.turn_both,
            K::CheekPress => &self.cheek_press,
            K::LeanIn => &self.lean_in,
            K::Flash => &self.flash,
            K::Phrase => &self.phrase,
        }
    }

    fn fill(&self, text: &str, count: u32, p: &ChallengeParameters) -> String {
        let of = |words: [&'static str; 2], side: Side| match side {
            Side::Left => words[0],
            Side::Right => words[1],
        };
        let hand = p.hand.unwrap_or(Side::Right);
        let first = p.direction.unwrap_or(Side::Left);
        let times = match count {
            0 | 1 => self.times[0],
            2 => self.times[1],
            _ => self.times[2],
        };
        let seconds = match p.colours.len() {
            0 => p.hold_ms.div_ceil(1_000).max(1),
            n => (n as u32).saturating_mul(p.colour_ms).div_ceil(1_000),
        };
        text.replace("{count}", times)
            .replace("{hand}", of(self.sides, hand))
            .replace("{side}", of(self.sides, first))
            .replace("{towards}", of(self.towards, first))
            .replace("{other}", of(self.towards, first.other()))
            .replace("{seconds}", &seconds.to_string())
            .replace("{words}", &p.words.join(" – "))
    }
}
