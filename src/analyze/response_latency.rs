//! Response latency: the time from the end of a question to the candidate's voice.
//!
//! `gap = onset(answer) - end(question)`, both on the recorder's clock, in order of preference
//! from two tracks (speech of each side), or from one track and question marks. Without either
//! the signal abstains: nobody is told apart by voice here.
//!
//! - Speech: hysteresis over the probabilities of the `vad` net ([`SpanRules`]); a turn of the
//!   interviewer ends after 400 ms of silence and is back-dated to the end of the voice.
//! - Echo: what one side's loudspeaker returns of the other is taken out first
//!   ([`crate::audio::find_echo`]).
//! - With two tracks, voices in the background are held apart by level
//!   ([`crate::audio::background_gate_db`]).
//! - Lost sound, or a muted candidate, between question and answer: the gap is not measured.
//! - An answer may open with a filler ("um"): the gap runs to the filler, and the onset of words is
//!   reported beside it.
//!
//! Beside the gaps, without a vote and with the words "accuracy not evaluated": whether the mouth moves
//! before the voice sets in ([`mouth`]), and whether another voice takes over between turns
//! ([`second_voice`]).
//!
//! Each gap is a measurement and is reported from the first question on. The log-likelihood ratio
//! needs six answers, is bounded to ±0.7 and is weak evidence by its nature, as
//! the cautions of every summary say. There
//! is no round-trip time in the input, so the network's share of a gap is assumed, not known
//! (`rtt_unknown`).

mod cues;
mod features;
pub mod mouth;
mod onset;
mod questions;
pub mod second_voice;
mod turns;

use super::{Ability, Analysis, Analyzer, LaneTracks, Needs, Segment};
use crate::audio::{
    EchoPath, SpanRules, above, background_gate_db, find_echo, speech_spans,
};
use crate::core::{
    AbstainReason, Abstention, ClockSource, ControlEvent, EventKind, Evidence, MediaTime, Outcome,
    ParticipantId, QuestionGap, Role, Span, VOICE_HOP_NS, VoiceSeries,
};
use crate::engine::ModelSet;
use cues::Cues;
use features::{Features, MIN_TURNS, Turn};
use questions::{Asked, Known, MAX_GAP_NS, MarkPairing, TurnPairing};
use turns::{SpanTracker, Utterance};

/// Questions remembered in one session; later ones replace none of them and are not measured.
const MAX_QUESTIONS: usize = 2_000;
/// Lost sound between question and answer beyond which the gap is not measured.
const MAX_LOST_NS: i64 = 100_000_000;
/// Stretches older than this before the horizon are forgotten; longer than any pairing reaches.
const FORGET_NS: i64 = 4 * MAX_GAP_NS;

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(ResponseLatency::new())
}

#[derive(Clone)]
struct ResponseLatency {
    candidate: SpanTracker,
    interviewer: SpanTracker,
    pairing: TurnPairing,
    marks: MarkPairing,
    /// Decided questions whose answer's first moments are not all there yet.
    waiting: Vec<Asked>,
    gaps: Vec<QuestionGap>,
    turns: Vec<Turn>,
    /// Onsets of answers whose length is not known yet, with their place in `turns`.
    unfinished: Vec<(usize, MediaTime)>,
    cues: Cues,
}

impl Analyzer for ResponseLatency {
    fn name(&self) -> &'static str {
        "response_latency"
    }

    fn task(&self) -> Option<&'static str> {
        Some("vad")
    }

    fn needs(&self) -> Needs {
        Needs {
            faces: false,
            speech: true,
        }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        let no = |detail: &str| Err(Abstention::new(AbstainReason::NoTrack, detail));
        let marked = "only questions that are marked are measured; an audio track of the interviewer's own would lift this";
        match (tracks.audio, tracks.interviewer_audio, tracks.role) {
            (None, _, _) => no("no sound of the candidate; an audio track would enable it"),
            (Some(_), Some(_), Role::Candidate) if tracks.turn_clock == ClockSource::Unknown => {
                let limit = "nothing is known of the clocks of question and answer: their difference is in every gap, which \
                     is compared with the session's own alone; a clock mapping would lift this";
                Ok(vec![limit.to_owned()])
            }
            (Some(_), Some(_), Role::Candidate) => Ok(Vec::new()),
            _ if tracks.question_marks => Ok(vec![marked.to_owned()]),
            (Some(_), _, Role::Mixed) => no("mixed audio without question marks; an audio track \
                 of the interviewer's own, or question marks, would enable it"),
            _ => no("no sound of the interviewer and no question marks; either would enable it"),
        }
    }

    fn copy(&self) -> Option<Box<dyn Analyzer>> {
        Some(Box::new(self.clone()))
    }

    fn analyze(&mut self, segment: &Segment<'_>, models: &mut ModelSet) -> Analysis {
        let outcome = match (models.model("vad"), segment.voice) {
            (Err(missing), _) => Outcome::Abstained(missing),
            (Ok(_), None) => Outcome::abstain(AbstainReason::NoTrack, "no sound of the candidate"),
            (Ok(_), Some(voice)) => {
                self.listen(segment, &voice);
                with_cues(self.outcome(segment), &self.cues)
            }
        };
        let first = self.gaps.first().map(|g| g.question_end);
        let start = first.filter(|_| outcome.is_scored()).unwrap_or(segment.span.start);
        Analysis::new(Span::new(start.min(segment.span.start), segment.span.end), outcome)
    }

    fn gaps(&self) -> Vec<QuestionGap> {
        self.gaps.clone()
    }
}

// === impl ResponseLatency ===

impl ResponseLatency {
    fn new() -> Self {
        Self {
            candidate: SpanTracker::new(SpanRules::speech()),
            interviewer: SpanTracker::new(SpanRules::turn()),
            pairing: TurnPairing::default(),
            marks: MarkPairing::default(),
            waiting: Vec::new(),
            gaps: Vec::new(),
            turns: Vec::new(),
            unfinished: Vec::new(),
            cues: Cues::default(),
        }
    }

    /// Takes the new sound of a segment and decides what can be decided.
    fn listen(&mut self, segment: &Segment<'_>, voice: &VoiceSeries<'_>) {
        let two_sided = segment.role == Role::Candidate;
        let other = segment.interviewer.filter(|_| two_sided);
        match &other {
            Some(other) => {
                hear(&mut self.candidate, voice, Some(other));
                hear(&mut self.interviewer, other, Some(voice));
            }
            None => hear(&mut self.candidate, voice, None),
        }
        if segment.last {
            self.candidate.close();
            self.interviewer.close();
        }
        if segment.role == Role::Candidate
            && let Some(heard) = self.candidate.horizon()
        {
            self.cues.take(segment, voice, self.candidate.utterances(), heard);
        }
        let Some(horizon) = self.horizon(other.is_some()) else {
            return;
        };
        let answers: Vec<Utterance> = self.candidate.utterances().collect();
        let known = Known {
            answers: &answers,
            horizon,
            last: segment.last,
        };
        let asked = if other.is_some() {
            let turns: Vec<Utterance> = self.interviewer.utterances().collect();
            self.pairing.decide(&turns, &known)
        } else {
            let mixed = segment.role == Role::Mixed;
            self.marks.decide(segment.events, &known, mixed)
        };
        self.waiting.extend(asked);
        self.measure(segment, voice, &known);
        let old = horizon.plus_ns(-FORGET_NS);
        self.candidate.forget_before(old);
        self.interviewer.forget_before(old);
    }

    fn horizon(&self, two_sided: bool) -> Option<MediaTime> {
        let candidate = self.candidate.horizon()?;
        if two_sided {
            Some(candidate.min(self.interviewer.horizon()?))
        } else {
            Some(candidate)
        }
    }

    /// Turns decided questions into gaps once the first moments of their answers are there.
    fn measure(&mut self, segment: &Segment<'_>, voice: &VoiceSeries<'_>, known: &Known<'_>) {
        let ready = |a: &Asked| {
            let looked = a.onset.is_none_or(|o| known.horizon >= o.plus_ns(onset::LOOK_NS));
            looked || known.last
        };
        let count = self.waiting.iter().take_while(|a| ready(a)).count();
        for asked in self.waiting.drain(..count).collect::<Vec<_>>() {
            if self.gaps.len() < MAX_QUESTIONS {
                self.record(&asked, segment, voice);
            }
        }
        let turns = &mut self.turns;
        self.unfinished.retain(|(place, onset)| {
            let len = onset::answer_len_ns(known.answers, *onset);
            if let (Some(len), Some(turn)) = (len, turns.get_mut(*place)) {
                turn.answer_ms = Some(ms(len));
            }
            len.is_none() && known.horizon.since_ns(*onset) < FORGET_NS
        });
    }

    fn record(&mut self, asked: &Asked, segment: &Segment<'_>, voice: &VoiceSeries<'_>) {
        let onset = asked.onset.filter(|o| {
            let (from, until) = (asked.end.min(*o), asked.end.max(*o));
            let lost = |v: &VoiceSeries<'_>| lost_ns(v, from, until);
            let other = segment.interviewer.as_ref().map_or(0, lost);
            lost(voice) + other <= MAX_LOST_NS
                && !muted_between(segment.events, segment.participant, from, until)
        });
        let gap_ns = onset.map(|o| o.since_ns(asked.end));
        self.gaps.push(QuestionGap {
            index: self.gaps.len() as u32,
            question_end: asked.end,
            answer_onset: onset,
            gap_ms: gap_ns.map(ms),
            content_onset: onset.and_then(|o| onset::content_onset(voice, o)),
        });
        if let (Some(onset), Some(gap_ns)) = (onset, gap_ns) {
            self.unfinished.push((self.turns.len(), onset));
            self.turns.push(Turn {
                gap_ms: ms(gap_ns),
                question_ms: ms(asked.end.since_ns(asked.start)),
                answer_ms: None,
            });
        }
    }

    fn outcome(&self, segment: &Segment<'_>) -> Outcome {
        let n = self.turns.len();
        let mut evidence = self.latest_gap();
        if n < MIN_TURNS {
            let two_sided = segment.role == Role::Candidate && segment.interviewer.is_some();
            let (reason, detail) = if !two_sided && !has_marks(segment.events) {
                (AbstainReason::NoTrack, "mixed audio without question marks".to_owned())
            } else {
                let reason = if segment.last {
                    AbstainReason::TooShort
                } else {
                    AbstainReason::Gathering
                };
                (reason, format!("{n} of {MIN_TURNS} answered questions"))
            };
            let mut abstention = Abstention::new(reason, detail);
            abstention.evidence = evidence;
            return Outcome::Abstained(abstention);
        }
        let f = Features::of(&self.turns);
        evidence.extend([
            Evidence::against("median_gap_ms", f.median_ms, features::PRIOR_MEDIAN_MS),
            Evidence::new("gap_mad_ms", f.mad_ms),
            Evidence::against("gap_spread", f.spread, features::PRIOR_SPREAD),
            Evidence::new("long_gap_share", f.long_share),
            Evidence::new("overlap_share", f.overlap_share),
            Evidence::new("gap_slope_ms_per_s", f.slope_ms_per_s),
            Evidence::new("gap_shift_log", f.shift),
            Evidence::new("assumed_network_ms", f.network_ms),
            Evidence::new("rtt_unknown", 1.0),
            Evidence::new("answers", n as f64),
        ]);
        Outcome::Scored {
            llr: f.llr(),
            quality: (n as f64 / (2 * MIN_TURNS) as f64).min(1.0),
            evidence,
        }
    }

    fn latest_gap(&self) -> Vec<Evidence> {
        let latest = self.gaps.iter().rev().find_map(|g| g.gap_ms);
        latest.map(|g| Evidence::new("latest_gap_ms", g)).into_iter().collect()
    }
}

/// Feeds a tracker with one side's speech, without voices in its background and without what is
/// only the other side's echo.
fn hear(tracker: &mut SpanTracker, near: &VoiceSeries<'_>, far: Option<&VoiceSeries<'_>>) {
    let path = far.and_then(|far| Some((far, echo_path(near, far)?)));
    let mut speech = match path {
        Some((far, path)) => path.without_echo(near, far),
        None => near.speech.to_vec(),
    };
    // On one mixed track somebody speaks nearly all the time: too little of its floor is heard.
    if let Some(gate_db) = far.and_then(|_| background_gate_db(near)) {
        speech = above(gate_db, near.level_db, &speech);
    }
    tracker.push(near.start, &speech);
}

/// The clearest echo of the far side's speech within the history.
fn echo_path(near: &VoiceSeries<'_>, far: &VoiceSeries<'_>) -> Option<EchoPath> {
    // The latest turns suffice, and cost less than all of a monologue.
    const LATEST_TURNS: usize = 4;
    const LATEST_HOPS: usize = 800;
    let spoken = speech_spans(far.speech, &SpanRules::turn());
    let paths = spoken.iter().rev().take(LATEST_TURNS).filter_map(|s| {
        let start = s.start.max(s.end.saturating_sub(LATEST_HOPS));
        find_echo(near, far, far.time_of(start), far.time_of(s.end))
    });
    paths.max_by(|a, b| a.correlation.total_cmp(&b.correlation))
}

/// An outcome with what was measured beside the gaps, without a vote.
fn with_cues(mut outcome: Outcome, cues: &Cues) -> Outcome {
    match &mut outcome {
        Outcome::Scored { evidence, .. } => evidence.extend(cues.evidence()),
        Outcome::Abstained(a) => a.evidence.extend(cues.evidence()),
    }
    outcome
}

fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}

fn has_marks(events: &[ControlEvent]) -> bool {
    let is_end = |e: &ControlEvent| matches!(e.kind, EventKind::QuestionEnd { .. });
    events.iter().any(is_end)
}

/// Length of lost sound between two instants.
fn lost_ns(voice: &VoiceSeries<'_>, from: MediaTime, until: MediaTime) -> i64 {
    let hop = |t: MediaTime| usize::try_from(t.since_ns(voice.start) / VOICE_HOP_NS).unwrap_or(0);
    let inside = hop(from)..hop(until).min(voice.missing.len());
    let missing = voice.missing.get(inside).unwrap_or_default();
    missing.iter().filter(|m| **m).count() as i64 * VOICE_HOP_NS
}

/// Whether a participant's microphone was off, or was switched, between two instants.
fn muted_between(
    events: &[ControlEvent],
    who: &ParticipantId,
    from: MediaTime,
    until: MediaTime,
) -> bool {
    let mut muted = false;
    for event in events {
        let EventKind::Mute {
            participant,
            muted: now,
        } = &event.kind
        else {
            continue;
        };
        if participant != who {
            continue;
        }
        if event.time > until {
            break;
        }
        if event.time >= from {
            return true;
        }
        muted = *now;
    }
    muted
}

#[cfg(test)]
mod tests;
