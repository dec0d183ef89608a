//! Questions and the answers to them, from the turns of both sides or from question marks.

use super::turns::Utterance;
use crate::core::{ControlEvent, EventKind, MediaTime};

const MS: i64 = 1_000_000;
/// A shorter turn of the interviewer ("mhm", "okay") asks nothing.
const MIN_QUESTION_NS: i64 = 500 * MS;
/// An answer that begins earlier than this before the question's end is talk across it: the
/// interviewer spoke into a running answer.
const MAX_OVERLAP_NS: i64 = 2_000 * MS;
/// Candidate speech that ends no later than this after the question is a listener's response.
const RESPONSE_NS: i64 = 300 * MS;
/// A later answer is none.
pub(super) const MAX_GAP_NS: i64 = 20_000 * MS;
/// Turns of the interviewer this close, with no answer between, are one question.
const REPHRASED_NS: i64 = 2_000 * MS;
/// An end of speech this close to a mark on a mixed track is what the mark means.
const SNAP_NS: i64 = 300 * MS;

/// A question whose outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub start: MediaTime,
    pub end: MediaTime,
    /// When the candidate's voice set in; `None` when no answer was heard.
    pub onset: Option<MediaTime>,
}

/// What is known when a question is looked at.
pub(super) struct Known<'a> {
    /// The candidate's speech (or all speech of a mixed track), in order.
    pub answers: &'a [Utterance],
    /// Session time up to which both sides are known.
    pub horizon: MediaTime,
    /// True when nothing more will come.
    pub last: bool,
}

/// Pairs turns of the interviewer with what the candidate says next.
#[derive(Debug, Clone, Default)]
pub(super) struct TurnPairing {
    /// Start of the question that the next turn goes on with.
    carried: Option<(MediaTime, MediaTime)>,
    decided_until: Option<MediaTime>,
}

impl TurnPairing {
    /// Questions decided since the last call, in order. `turns` are the interviewer's, open ones
    /// included; those before the last decision are passed over.
    pub(super) fn decide(&mut self, turns: &[Utterance], known: &Known<'_>) -> Vec<Asked> {
        let mut out = Vec::new();
        for (i, turn) in turns.iter().enumerate() {
            if self.decided_until.is_some_and(|t| turn.start < t) {
                continue;
            }
            let Some(end) = turn.end else { break };
            let next = turns.get(i + 1).map(|t| t.start);
            match decide_turn(turn.start, end, next, known) {
                Decision::Wait => break,
                Decision::NotAQuestion => {}
                Decision::GoesOn => {
                    self.carried = Some((self.begin(turn.start), end));
                    self.decided_until = Some(end);
                    continue;
                }
                Decision::Asked(onset) => out.push(Asked {
                    start: self.begin(turn.start),
                    end,
                    onset,
                }),
            }
            self.carried = None;
            self.decided_until = Some(end);
        }
        out
    }

    fn begin(&self, start: MediaTime) -> MediaTime {
        match self.carried {
            Some((first, end)) if start.since_ns(end) < REPHRASED_NS => first,
            _ => start,
        }
    }
}

enum Decision {
    Wait,
    NotAQuestion,
    /// The interviewer went on before anybody answered.
    GoesOn,
    Asked(Option<MediaTime>),
}

fn decide_turn(
    start: MediaTime,
    end: MediaTime,
    next: Option<MediaTime>,
    known: &Known<'_>,
) -> Decision {
    // Whether the candidate talks across the end shows a moment later.
    if known.horizon < end.plus_ns(RESPONSE_NS) && !known.last {
        return Decision::Wait;
    }
    let across = known
        .answers
        .iter()
        .find(|u| u.start < end && u.end.is_none_or(|e| e > end.plus_ns(RESPONSE_NS)));
    if let Some(u) = across {
        let answers = u.start >= start.max(end.plus_ns(-MAX_OVERLAP_NS));
        return if answers && end.since_ns(start) >= MIN_QUESTION_NS {
            Decision::Asked(Some(u.start))
        } else {
            Decision::NotAQuestion
        };
    }
    let limit = end.plus_ns(MAX_GAP_NS);
    let onset = known.answers.iter().map(|u| u.start).find(|s| *s >= end);
    match (onset, next) {
        (Some(o), Some(n)) if n < o => Decision::GoesOn,
        (Some(o), _) if end.since_ns(start) < MIN_QUESTION_NS || o > limit => {
            if o > limit { Decision::Asked(None) } else { Decision::NotAQuestion }
        }
        (Some(o), _) => Decision::Asked(Some(o)),
        (None, Some(_)) => Decision::GoesOn,
        (None, None) if known.last || known.horizon > limit => {
            if end.since_ns(start) < MIN_QUESTION_NS {
                Decision::NotAQuestion
            } else {
                Decision::Asked(None)
            }
        }
        (None, None) => Decision::Wait,
    }
}

/// Takes the end of each question from the events, and the answer from the speech after it.
#[derive(Debug, Clone, Default)]
pub(super) struct MarkPairing {
    decided: usize,
}

impl MarkPairing {
    /// Questions decided since the last call. `mixed`: the interviewer is on the same track, so a
    /// stretch that ends near a mark is the question itself, and sets its end more exactly.
    pub(super) fn decide(
        &mut self,
        events: &[ControlEvent],
        known: &Known<'_>,
        mixed: bool,
    ) -> Vec<Asked> {
        let mut out = Vec::new();
        let ends: Vec<(&str, MediaTime)> = events.iter().filter_map(question_end).collect();
        while let Some((id, mark)) = ends.get(self.decided).copied() {
            let next = ends.get(self.decided + 1).map(|e| e.1);
            let Some(asked) = decide_mark(id, mark, next, events, known, mixed) else {
                break;
            };
            out.push(asked);
            self.decided += 1;
        }
        out
    }
}

fn question_end(event: &ControlEvent) -> Option<(&str, MediaTime)> {
    match &event.kind {
        EventKind::QuestionEnd { question_id } => Some((question_id, event.time)),
        _ => None,
    }
}

fn decide_mark(
    id: &str,
    mark: MediaTime,
    next: Option<MediaTime>,
    events: &[ControlEvent],
    known: &Known<'_>,
    mixed: bool,
) -> Option<Asked> {
    let begun = events.iter().rev().find_map(|e| match &e.kind {
        EventKind::QuestionStart { question_id } if question_id == id && e.time <= mark => {
            Some(e.time)
        }
        _ => None,
    });
    let stated = events.iter().find_map(|e| match &e.kind {
        EventKind::AnswerStart { question_id } if question_id == id => Some(e.time),
        _ => None,
    });
    // On a mixed track, sound that runs on across the mark hides both end and onset: the gap is
    // shorter than the silence that ends a stretch, or people talk at once.
    let hidden = mixed
        && known.answers.iter().any(|u| {
            u.start < mark.plus_ns(-SNAP_NS) && u.end.is_none_or(|e| e > mark.plus_ns(SNAP_NS))
        });
    let ends = known.answers.iter().filter_map(|u| u.end);
    let near = ends.min_by_key(|e| e.since_ns(mark).saturating_abs());
    let snapped = near.filter(|e| mixed && e.since_ns(mark).saturating_abs() <= SNAP_NS);
    let end = snapped.unwrap_or(mark);
    let limit = next.unwrap_or(MediaTime(i64::MAX)).min(end.plus_ns(MAX_GAP_NS));
    // On a track of the candidate's own, speech that runs across the mark is an early answer.
    let across = known.answers.iter().find(|u| {
        !mixed
            && u.start < end
            && u.start >= end.plus_ns(-MAX_OVERLAP_NS)
            && u.end.is_none_or(|e| e > end.plus_ns(RESPONSE_NS))
    });
    let after = known.answers.iter().find(|u| u.start >= end && u.start < limit);
    let heard = across.or(after).filter(|_| !hidden).map(|u| u.start);
    let onset = stated.or(heard);
    let settled = known.last || known.horizon > end.plus_ns(RESPONSE_NS.max(SNAP_NS));
    let known_none = known.last || known.horizon > limit;
    let asked = Asked {
        start: begun.unwrap_or(end),
        end,
        onset,
    };
    (settled && (onset.is_some() || hidden || known_none)).then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterances(ms: &[(i64, i64)]) -> Vec<Utterance> {
        let one = |(a, b): &(i64, i64)| Utterance {
            start: MediaTime::from_ms(*a),
            end: (*b > 0).then(|| MediaTime::from_ms(*b)),
        };
        ms.iter().map(one).collect()
    }

    /// `(question start, end, answer onset)` in ms.
    type Row = (i64, i64, Option<i64>);

    fn rows(asked: &[Asked]) -> Vec<Row> {
        let ms = |t: MediaTime| t.0 / MS;
        asked.iter().map(|a| (ms(a.start), ms(a.end), a.onset.map(ms))).collect()
    }

    fn check(turns: &[(i64, i64)], answers: &[(i64, i64)], horizon: i64, expect: &[Row]) {
        let known = Known {
            answers: &utterances(answers),
            horizon: MediaTime::from_ms(horizon),
            last: false,
        };
        let got = TurnPairing::default().decide(&utterances(turns), &known);
        assert_eq!(rows(&got), expect, "{turns:?} {answers:?}");
    }

    #[test]
    fn turns_are_paired_with_what_follows() {
        // Plain; and the answer still running.
        check(&[(0, 3_000)], &[(3_800, 9_000)], 10_000, &[(0, 3_000, Some(3_800))]);
        check(&[(0, 3_000)], &[(3_800, 0)], 4_200, &[(0, 3_000, Some(3_800))]);
        // Nothing yet; nothing within 20 s.
        check(&[(0, 3_000)], &[], 9_000, &[]);
        check(&[(0, 3_000)], &[], 24_000, &[(0, 3_000, None)]);
        check(&[(0, 3_000)], &[(25_000, 26_000)], 26_000, &[(0, 3_000, None)]);
        // Overlap: the answer begins before the question ends.
        check(&[(0, 3_000)], &[(2_700, 8_000)], 9_000, &[(0, 3_000, Some(2_700))]);
        // "Mhm" of the candidate inside the question is no answer.
        check(&[(0, 3_000)], &[(1_000, 1_300), (3_900, 0)], 6_000, &[(0, 3_000, Some(3_900))]);
        // "Mhm" of the interviewer inside the answer is no question.
        check(&[(0, 3_000), (6_000, 6_700)], &[(3_500, 12_000)], 13_000, &[(0, 3_000, Some(3_500))]);
        // "Okay", then the candidate goes on.
        check(&[(0, 300)], &[(900, 2_000)], 9_000, &[]);
        // Asked again before an answer: the last turn counts; a short pause belongs to it.
        check(&[(0, 2_000), (3_000, 5_000)], &[(5_900, 0)], 9_000, &[(0, 5_000, Some(5_900))]);
        check(&[(0, 2_000), (8_000, 9_000)], &[(9_900, 0)], 12_000, &[(8_000, 9_000, Some(9_900))]);
        // The question is not over.
        check(&[(0, 0)], &[], 9_000, &[]);
    }

    #[test]
    fn each_question_is_decided_once() {
        let turns = utterances(&[(0, 3_000), (20_000, 22_000), (40_000, 0)]);
        let answers = utterances(&[(3_500, 15_000), (22_400, 33_000)]);
        let mut pairing = TurnPairing::default();
        let mut all = Vec::new();
        for horizon in (0..50).map(|s| s * 1_000) {
            let until = |u: &&Utterance| u.start < MediaTime::from_ms(horizon - 150);
            let cut = |u: &Utterance| Utterance {
                end: u.end.filter(|e| *e < MediaTime::from_ms(horizon - 400)),
                ..*u
            };
            let known = Known {
                answers: &answers.iter().filter(until).map(cut).collect::<Vec<_>>(),
                horizon: MediaTime::from_ms(horizon),
                last: horizon == 49_000,
            };
            let seen: Vec<_> = turns.iter().filter(until).map(cut).collect();
            all.extend(pairing.decide(&seen, &known));
        }
        assert_eq!(rows(&all), [(0, 3_000, Some(3_500)), (20_000, 22_000, Some(22_400))]);
    }

    fn mark(ms: i64, end: bool, id: &str) -> ControlEvent {
        let question_id = id.to_owned();
        ControlEvent {
            time: MediaTime::from_ms(ms),
            kind: if end {
                EventKind::QuestionEnd { question_id }
            } else {
                EventKind::QuestionStart { question_id }
            },
        }
    }

    #[test]
    fn marks_set_the_end_and_snap_on_mixed_sound() {
        let events = [mark(0, false, "a"), mark(3_100, true, "a"), mark(20_000, true, "b")];
        let speech = utterances(&[(100, 3_000), (3_900, 9_000), (21_000, 0)]);
        let known = Known {
            answers: &speech,
            horizon: MediaTime::from_ms(30_000),
            last: false,
        };
        let mixed = MarkPairing::default().decide(&events, &known, true);
        assert_eq!(rows(&mixed), [(0, 3_000, Some(3_900)), (20_000, 20_000, Some(21_000))]);
        let own = MarkPairing::default().decide(&events, &known, false);
        assert_eq!(own[0].end, MediaTime::from_ms(3_100));
        assert_eq!(own[0].onset, Some(MediaTime::from_ms(3_900)));
    }

    #[test]
    fn sound_across_a_mark_hides_the_gap() {
        let known = Known {
            answers: &utterances(&[(0, 9_000), (9_800, 12_000)]),
            horizon: MediaTime::from_ms(30_000),
            last: false,
        };
        let got = MarkPairing::default().decide(&[mark(3_000, true, "a")], &known, true);
        assert_eq!(rows(&got), [(3_000, 3_000, None)]);
    }

    #[test]
    fn a_stated_answer_start_wins_and_a_next_question_ends_the_wait() {
        let mut events = vec![mark(1_000, true, "a"), mark(5_000, true, "b")];
        events.push(ControlEvent {
            time: MediaTime::from_ms(5_700),
            kind: EventKind::AnswerStart { question_id: "b".to_owned() },
        });
        let known = Known {
            answers: &utterances(&[(6_500, 9_000)]),
            horizon: MediaTime::from_ms(10_000),
            last: false,
        };
        let got = MarkPairing::default().decide(&events, &known, true);
        assert_eq!(rows(&got), [(1_000, 1_000, None), (5_000, 5_000, Some(5_700))]);
    }
}
