//! Challenges of which only compliance is verified: leaning in, a colour code on the screen, a spoken phrase.
//!
//! **Not a signal.** Whether somebody did what was asked, now, is told; nothing of it counts for or against
//! anybody, and no likelihood ratio comes of it. So this is no analyzer: it has no finding, no weight and
//! no entry in the manifest. What was not done is never evidence of manipulation.
//!
//! **Not handled.** Which words were spoken; whether the light of the screen falls on a face or on a picture
//! of one; anything that a live face does when it comes closer beyond growing.

mod flash;
mod lean;
mod phrase;
#[cfg(test)]
mod tests;

use super::window::Window;
use super::{LaneTracks, MOST_JUDGED, Segment};
use crate::core::{
    AbstainReason, Abstention, ChallengeKind, ChallengeResult, FaceObs, Finding, Outcome,
};
use crate::engine::ModelSet;

/// Kinds of challenge that are judged here.
pub const KINDS: &[ChallengeKind] = &[
    ChallengeKind::LeanIn,
    ChallengeKind::Flash,
    ChallengeKind::Phrase,
];

/// Least pictures a second.
const LEAST_RATE: f64 = 8.0;

/// What lip-sync says of the stretch that ends with a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lips {
    /// Probability that voice and lips go together at some offset, 0 to 1.
    lock: f64,
    /// Seconds of speech with the mouth in sight that it rests on.
    speech_s: f64,
}

/// The challenges of one participant.
#[derive(Debug, Default)]
pub struct Compliance {
    judged: Vec<ChallengeResult>,
}

// === impl Compliance ===

impl Compliance {
    /// Why a kind cannot be judged on these tracks, if so.
    pub fn obstacle(
        kind: ChallengeKind,
        tracks: &LaneTracks<'_>,
        models: &ModelSet,
    ) -> Option<String> {
        let phrase = kind == ChallengeKind::Phrase;
        if let Err(why) = tracks.need_pictures("the challenge needs") {
            return Some(why.detail);
        }
        if phrase && tracks.audio.is_none() {
            return Some("a spoken phrase needs the candidate's audio track".to_owned());
        }
        let needed: &[&str] = if phrase {
            &["det", "lmk", "vad", "lip_sync"]
        } else {
            &["det", "lmk"]
        };
        needed
            .iter()
            .find_map(|task| models.model(task).err())
            .map(|why| why.detail)
    }

    /// Judges the windows that have closed with a segment; `findings` are the segment's.
    /// `blind` and `deaf` say why faces or speech cannot be found at all, if so.
    pub fn observe(
        &mut self,
        segment: &Segment<'_>,
        findings: &[Finding],
        blind: Option<&Abstention>,
        deaf: Option<&Abstention>,
    ) {
        let windows = Window::all(segment.events, KINDS, segment.participant).into_iter();
        let unjudged = |w: &Window| self.judged.iter().all(|c| c.id != w.id);
        let over = |w: &Window| segment.last || w.span.end <= segment.span.end;
        let room = MOST_JUDGED.saturating_sub(self.judged.len());
        let closed: Vec<Window> = windows
            .filter(|w| unjudged(w) && over(w))
            .take(room)
            .collect();
        for window in closed {
            let deaf = deaf.filter(|_| window.kind == ChallengeKind::Phrase);
            if let Some(why) = blind.or(deaf) {
                self.judged.push(window.unmeasured("", why));
                continue;
            }
            let result = match window.kind {
                ChallengeKind::LeanIn => lean::judge(&window, segment.face),
                ChallengeKind::Flash => flash::judge(&window, segment.face),
                _ => phrase::judge(&window, segment.voice.as_ref(), lips(findings)),
            };
            self.judged.push(result);
        }
    }

    /// What became of the challenges whose windows have closed.
    pub fn challenges(&self) -> &[ChallengeResult] {
        &self.judged
    }
}

/// What was measured of voice against lips, by whatever signal measures it.
fn lips(findings: &[Finding]) -> Option<Lips> {
    findings.iter().find_map(|f| {
        let evidence = match &f.outcome {
            Outcome::Scored { evidence, .. } => evidence,
            Outcome::Abstained(a) => &a.evidence,
        };
        let value = |name: &str| evidence.iter().find(|e| e.name == name).map(|e| e.value);
        Some(Lips {
            lock: value("lock_probability")?,
            speech_s: value("informative_speech_s")?,
        })
    })
}

/// Nothing is known of a window yet.
fn open(window: &Window) -> ChallengeResult {
    window.unmeasured("", &Abstention::new(AbstainReason::Gathering, ""))
}

/// Pictures of a window, or why they say nothing.
fn pictures<'a>(window: &Window, history: &'a [FaceObs]) -> Result<Vec<&'a FaceObs>, Abstention> {
    let no = |reason, why: String| Err(Abstention::new(reason, why));
    let all: Vec<&FaceObs> = history
        .iter()
        .filter(|o| window.span.contains(o.time) && !o.repeated)
        .collect();
    let Some((first, last)) = all.first().zip(all.last()).filter(|_| all.len() > 1) else {
        return no(
            AbstainReason::TooShort,
            "no pictures while the challenge was open".to_owned(),
        );
    };
    let rate = (all.len() - 1) as f64 / (last.time.since_ns(first.time) as f64 / 1e9).max(1e-3);
    if rate < LEAST_RATE {
        return no(
            AbstainReason::LowFrameRate,
            format!(
                "{rate:.1} different pictures a second while the challenge was open, {LEAST_RATE:.0} needed"
            ),
        );
    }
    if first.epoch != last.epoch {
        return no(
            AbstainReason::Dropped,
            "the picture’s layout changed while the challenge was open".to_owned(),
        );
    }
    let faces = all.iter().filter(|o| o.face.is_some()).count();
    if 2 * faces < all.len() {
        let share = 100.0 * faces as f64 / all.len() as f64;
        return no(
            AbstainReason::NoFace,
            format!("the face was found in {share:.0} % of the pictures, 50 % needed"),
        );
    }
    Ok(all)
}
