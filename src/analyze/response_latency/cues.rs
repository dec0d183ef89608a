//! What is measured of a candidate's utterances beside the gaps, without a vote.

use super::Segment;
use super::mouth::{self, MouthCue};
use super::second_voice::{Voice, VoiceCue};
use super::turns::Utterance;
use crate::core::{Evidence, MediaTime, VoiceSeries};

/// Silence that parts two turns; shorter pauses lie inside one, nanoseconds.
const TURN_PAUSE_NS: i64 = 700_000_000;

/// The cues of one participant.
#[derive(Debug, Clone, Default)]
pub(super) struct Cues {
    mouth: MouthCue,
    voice: VoiceCue,
    /// Onsets and turns up to here have been taken.
    onsets_until: Option<MediaTime>,
    turns_until: Option<MediaTime>,
}

impl Cues {
    /// Takes the utterances that can be decided: `heard` is how far speech is known.
    pub(super) fn take(
        &mut self,
        segment: &Segment<'_>,
        voice: &VoiceSeries<'_>,
        utterances: impl Iterator<Item = Utterance>,
        heard: MediaTime,
    ) {
        let all: Vec<Utterance> = utterances.collect();
        for pair in all.windows(2) {
            let [before, now] = pair else { continue };
            let decided = segment.span.end >= now.start.plus_ns(mouth::LOOK_NS);
            let new = self.onsets_until.is_none_or(|t| now.start > t);
            if let (Some(silent), true, true) = (before.end, decided, new) {
                self.onsets_until = Some(now.start);
                if let Some(onset) = mouth::onset(segment.face, silent, now.start) {
                    self.mouth.add(onset);
                }
            }
        }
        for (start, end) in turns(&all) {
            let over = segment.last || heard.since_ns(end) >= TURN_PAUSE_NS;
            if over && self.turns_until.is_none_or(|t| start > t) {
                self.turns_until = Some(end);
                self.voice.take(start, &Voice::of(voice, start, end));
            }
        }
    }

    /// What was measured so far.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let mut out = self.mouth.evidence();
        out.extend(self.voice.evidence());
        out
    }
}

/// Utterances joined over short pauses; one that still goes on is left out.
fn turns(utterances: &[Utterance]) -> Vec<(MediaTime, MediaTime)> {
    let mut out: Vec<(MediaTime, MediaTime)> = Vec::new();
    for u in utterances {
        let Some(end) = u.end else {
            // A turn that goes on takes in what came just before it.
            if out.last().is_some_and(|l| u.start.since_ns(l.1) < TURN_PAUSE_NS) {
                out.pop();
            }
            continue;
        };
        match out.last_mut() {
            Some(last) if u.start.since_ns(last.1) < TURN_PAUSE_NS => last.1 = end,
            _ => out.push((u.start, end)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_reach_over_short_pauses_and_wait_for_their_end() {
        let at = MediaTime::from_ms;
        let u = |start, end: Option<i64>| Utterance { start: at(start), end: end.map(at) };
        let all = [u(0, Some(1_000)), u(1_300, Some(2_000)), u(4_000, Some(5_000))];
        assert_eq!(turns(&all), [(at(0), at(2_000)), (at(4_000), at(5_000))]);
        let open = [u(0, Some(1_000)), u(3_000, Some(4_000)), u(4_500, None)];
        assert_eq!(turns(&open), [(at(0), at(1_000))]);
    }
}
