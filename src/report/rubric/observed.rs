//! Rows of the rubric that rest on challenges, voices and what was in the picture.

use super::{Case, Read, Reading};
use crate::core::{
    ChallengeKind, ChallengeResult, ChallengeStanding, ChallengeStatus, SegmentResult, Span,
};
use crate::fusion::WORTH_A_LOOK;
use crate::report::html::kit::{capital, clock, figure, percent};

/// A stretch without a face is named from this length on, seconds.
const NAMED_S: f64 = 3.0;
/// Stretches named at most.
const MOST: usize = 3;

/// Challenges of some kinds.
pub(super) fn challenge(case: &Case<'_>, kinds: &[ChallengeKind]) -> Read {
    let put = case.p.challenges.iter().filter(|c| kinds.contains(&c.kind));
    let put: Vec<&ChallengeResult> = put.collect();
    if put.is_empty() {
        return Read::new(Reading::NotAsked, "Nobody asked for it in this interview.");
    }
    let said: Vec<(Reading, String)> = put.iter().map(|c| one(c)).collect();
    // The reading of the one that wants a look most; `Reading` is ordered so.
    let reading = said.iter().map(|s| s.0).min();
    let times = put.iter().zip(&said).filter(|(_, s)| s.0 == Reading::Look);
    let text: Vec<&str> = said.iter().map(|s| s.1.as_str()).collect();
    Read {
        times: times.map(|(c, _)| window(c)).collect(),
        ..Read::new(reading.unwrap_or(Reading::NotAsked), text.join(" "))
    }
}

fn window(c: &ChallengeResult) -> Span {
    Span::new(c.prompt_end, c.deadline)
}

fn one(c: &ChallengeResult) -> (Reading, String) {
    let what = format!(
        "{} (at {})",
        capital(c.kind.words()),
        clock(c.prompt_end.as_secs_f64())
    );
    let detail = c.status.detail().trim_end_matches('.');
    let detail = if detail.is_empty() {
        String::new()
    } else {
        format!(": {detail}")
    };
    let (reading, mut text) = match (&c.status, c.llr) {
        (ChallengeStatus::Performed, Some(llr)) if llr >= WORTH_A_LOOK => {
            let text = "done; the picture did not behave as a real hand before a real face does.";
            (Reading::Look, format!("{what}: {text}"))
        }
        (ChallengeStatus::Performed, Some(llr)) if llr <= -WORTH_A_LOOK => {
            let text = "done; the picture behaved as a real hand before a real face does.";
            (Reading::Nothing, format!("{what}: {text}"))
        }
        (ChallengeStatus::Performed, Some(_)) => (
            Reading::NeitherWay,
            format!("{what}: done; the picture pointed neither way."),
        ),
        (ChallengeStatus::Performed, None)
            if c.kind.standing() == ChallengeStanding::ComplianceOnly =>
        {
            (
                Reading::NoVote,
                format!("{what}: done. Nothing else is judged by it."),
            )
        }
        (ChallengeStatus::Performed, None) => (
            Reading::NoVote,
            format!("{what}: done. What was measured meanwhile has no vote."),
        ),
        (ChallengeStatus::NotPerformed { .. }, _) => {
            let text =
                format!("{what}: not done as asked, which is no sign of manipulation{detail}.");
            (Reading::NoVote, text)
        }
        (ChallengeStatus::NotCarriedOut { .. }, _) => {
            let text =
                format!("{what}: not carried out, which says nothing about anybody{detail}.");
            (Reading::NotMeasurable, text)
        }
        (ChallengeStatus::NotMeasurable { .. }, _) => {
            let text = format!("{what}: whether it was done cannot be told{detail}.");
            (Reading::NotMeasurable, text)
        }
    };
    match c.early_reaction() {
        Some(early) => {
            text.push_str(&format!(
                " To be looked at: {}.",
                early.trim_end_matches('.')
            ));
            (Reading::Look, text)
        }
        None => (reading, text),
    }
}

/// Whether turns of speech measure as another voice; of the latest segment, which looks at all of them.
pub(super) fn second_voice(case: &Case<'_>) -> Read {
    let mut findings = case.segments.iter().flat_map(|s| &s.findings);
    let latest = findings.rfind(|f| f.signal == "response_latency");
    let value = |name: &str| {
        let evidence = latest.map(|f| f.outcome.evidence()).unwrap_or_default();
        let found = evidence.iter().find(|e| e.name == name);
        found.map(|e| e.value).filter(|v| v.is_finite())
    };
    let Some(turns) = value("voice_turns_compared").filter(|n| *n > 0.0) else {
        let why = "No two turns of speech could be compared: that takes questions and answers on tracks of their own, or marked questions.";
        return Read::new(Reading::NotMeasurable, why);
    };
    let changes = value("voice_changes").unwrap_or(0.0);
    let result = if changes > 0.0 {
        let at = value("voice_change_at_s")
            .map_or_else(String::new, |t| format!(", the first at {}", clock(t)));
        format!(
            "{} of {} turns of speech measure as another voice{at}. A headset or a noise suppressor changes a voice too.",
            figure(changes),
            figure(turns)
        )
    } else {
        format!(
            "None of {} turns of speech measures as another voice.",
            figure(turns)
        )
    };
    Read::new(Reading::NoVote, result)
}

/// Whether a face was shown, and for how long there was none.
pub(super) fn camera(case: &Case<'_>) -> Read {
    if case.p.coverage.frames_seen == 0 {
        return Read::new(
            Reading::NotMeasurable,
            "No picture of the candidate arrived.",
        );
    }
    let length: f64 = case.segments.iter().map(|s| s.span.len_s()).sum();
    let seen: f64 = case
        .segments
        .iter()
        .map(|s| shown(s) * s.span.len_s())
        .sum();
    if length <= 0.0 || !seen.is_finite() {
        return Read::new(
            Reading::NotMeasurable,
            "The recording is shorter than one segment.",
        );
    }
    let mut result = format!(
        "A face was in view on {} of the time.",
        percent(seen / length)
    );
    let gaps = hidden(&case.segments);
    if gaps.len() > MOST {
        result.push_str(&format!(
            " {} stretches without one, the longest first.",
            gaps.len()
        ));
    }
    let crowd = case
        .segments
        .iter()
        .map(|s| s.quality.faces_max)
        .max()
        .unwrap_or(0);
    if crowd > 1 {
        result.push_str(&format!(" Up to {crowd} faces in one picture."));
    }
    Read {
        times: gaps.into_iter().take(MOST).collect(),
        ..Read::new(Reading::NoVote, result)
    }
}

/// Share of a segment on which a face was seen.
fn shown(s: &SegmentResult) -> f64 {
    (s.coverage.video * s.quality.face_presence).clamp(0.0, 1.0)
}

/// Stretches in which no segment shows a face on half of its time, the longest first.
fn hidden(segments: &[&SegmentResult]) -> Vec<Span> {
    let mut all: Vec<Span> = Vec::new();
    for s in segments.iter().filter(|s| shown(s) < 0.5) {
        match all.last_mut().filter(|last| last.end >= s.span.start) {
            Some(last) => last.end = s.span.end,
            None => all.push(s.span),
        }
    }
    all.retain(|s| s.len_s() >= NAMED_S);
    all.sort_by_key(|s| (std::cmp::Reverse(s.len_ns()), s.start));
    all
}
