//! Drawing a challenge: evenly, from a source that nobody can foresee.

use super::kinds::catalogued;
use super::texts::words_of;
use crate::core::{ChallengeKind, ChallengeParameters, LEAST_COLOUR_MS, ScreenColour, Side};
use ring::rand::SecureRandom as _;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 16;
/// Words of a phrase.
const PHRASE_WORDS: usize = 5;
/// Colours of a code: 10 of 4 without repetition of neighbours are 4 * 3^9, 16 bits.
const CODE_COLOURS: usize = 10;
/// Longest wait before a prompt is shown, milliseconds.
const MOST_DELAY_MS: u32 = 3_000;

/// The system's random source failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source gave nothing")]
pub struct NoEntropy;

/// Where random bytes come from.
pub trait Entropy: Send {
    /// Fills `out`.
    ///
    /// # Errors
    /// [`NoEntropy`]; nothing is drawn then.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The operating system's cryptographic source.
#[derive(Debug, Clone)]
pub struct SystemEntropy(ring::rand::SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoEntropy> {
        self.0.fill(out).map_err(|_| NoEntropy)
    }
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// How often, 1 to 3.
    pub count: u32,
    /// How exactly.
    pub parameters: ChallengeParameters,
    /// Lower-case hex.
    pub nonce: String,
}

/// A number from 0 to `n - 1`, each as likely as the others.
pub(super) fn below(n: u32, entropy: &mut dyn Entropy) -> Result<u32, NoEntropy> {
    let n = n.max(1);
    // What lies above the largest multiple of n would favour small numbers, and is drawn again.
    let limit = u32::MAX - u32::MAX % n;
    loop {
        let mut bytes = [0u8; 4];
        entropy.fill(&mut bytes)?;
        let v = u32::from_le_bytes(bytes);
        if v < limit {
            return Ok(v % n);
        }
    }
}

fn side(entropy: &mut dyn Entropy) -> Result<Option<Side>, NoEntropy> {
    Ok(Some(match below(2, entropy)? {
        0 => Side::Left,
        _ => Side::Right,
    }))
}

/// Draws a challenge of a kind; phrases in the language `locale`.
///
/// # Errors
/// [`NoEntropy`].
pub fn draw(
    kind: ChallengeKind,
    locale: &str,
    entropy: &mut dyn Entropy,
) -> Result<Drawn, NoEntropy> {
    use ChallengeKind as K;
    let mut p = ChallengeParameters {
        delay_ms: below(MOST_DELAY_MS + 1, entropy)?,
        ..ChallengeParameters::default()
    };
    let mut count = 1;
    match kind {
        K::HandPass => {
            count = 1 + below(3, entropy)?;
            (p.hand, p.direction) = (side(entropy)?, side(entropy)?);
        }
        K::HandHold => {
            p.hand = side(entropy)?;
            p.hold_ms = 2_000 + 1_000 * below(2, entropy)?;
        }
        K::CheekPress => {
            p.direction = side(entropy)?;
            p.hold_ms = 2_000 + 1_000 * below(2, entropy)?;
        }
        K::TurnBoth => p.direction = side(entropy)?,
        K::TurnLeft => p.direction = Some(Side::Left),
        K::TurnRight => p.direction = Some(Side::Right),
        K::LeanIn => {}
        K::Flash => {
            p.colours = colours(entropy)?;
            p.colour_ms = LEAST_COLOUR_MS + 100 * below(5, entropy)?;
        }
        K::Phrase => p.words = phrase(words_of(locale), entropy)?,
    }
    let mut nonce = [0u8; NONCE_BYTES];
    entropy.fill(&mut nonce)?;
    Ok(Drawn {
        count,
        parameters: p,
        nonce: hex::encode(nonce),
    })
}

/// A code in which no colour follows itself.
fn colours(entropy: &mut dyn Entropy) -> Result<Vec<ScreenColour>, NoEntropy> {
    let all = ScreenColour::ALL;
    let mut out: Vec<ScreenColour> = Vec::with_capacity(CODE_COLOURS);
    while out.len() < CODE_COLOURS {
        let others: Vec<ScreenColour> = all.into_iter().filter(|c| out.last() != Some(c)).collect();
        let i = below(others.len() as u32, entropy)? as usize;
        out.extend(others.get(i));
    }
    Ok(out)
}

/// Words, none twice.
fn phrase(list: &[&str], entropy: &mut dyn Entropy) -> Result<Vec<String>, NoEntropy> {
    let mut left: Vec<&str> = list.to_vec();
    let mut out = Vec::with_capacity(PHRASE_WORDS);
    while out.len() < PHRASE_WORDS && !left.is_empty() {
        let i = below(left.len() as u32, entropy)? as usize;
        out.push(left.swap_remove(i).to_owned());
    }
    Ok(out)
}

/// Draws one of the kinds that `available` allows, by the weights of the catalogue; `None` where there is
/// none. `listed`: kinds that somebody asked for by name, which are drawn even at weight 0.
///
/// # Errors
/// [`NoEntropy`].
pub fn draw_kind(
    listed: &[ChallengeKind],
    available: impl Fn(ChallengeKind) -> bool,
    entropy: &mut dyn Entropy,
) -> Result<Option<ChallengeKind>, NoEntropy> {
    let weight = |k: ChallengeKind| match catalogued(k).weight {
        0 => u32::from(listed.contains(&k)),
        w => w,
    };
    let open: Vec<(ChallengeKind, u32)> = ChallengeKind::ALL
        .into_iter()
        .filter(|k| available(*k))
        .map(|k| (k, weight(k)))
        .filter(|(_, w)| *w > 0)
        .collect();
    let total = open.iter().map(|(_, w)| w).sum();
    if total == 0 {
        return Ok(None);
    }
    let mut at = below(total, entropy)?;
    for (kind, w) in open {
        if at < w {
            return Ok(Some(kind));
        }
        at -= w;
    }
    Ok(None)
}
