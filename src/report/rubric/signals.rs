//! Rows of the rubric that rest on a signal's findings.

use super::{Case, Read, Reading};
use crate::core::{AbstainReason, Abstention, Outcome, SegmentResult, SignalSummary, Span, median};
use crate::report::html::kit::{capital, clock, figure, percent, strength};
use crate::report::stretch::{Stretch, stretches};

/// Share of a recording below which a measurement says little, where the report states no floor of its own.
const LEAST_SHARE: f64 = 0.1;
/// Numbers that tell the classes apart on a smaller share than this say little; as for a session's standing.
const TOLD_APART: f64 = 0.5;

/// Log odds below which a contribution is neutral, as in the timeline's colours.
const NEUTRAL: f64 = 0.05;
/// Sound early by 90 ms to late by 185 ms is acceptable to viewers (ITU-R BT.1359-1).
const ACCEPTABLE_MS: std::ops::RangeInclusive<f64> = -90.0..=185.0;

/// A signal as it is.
pub(super) fn signal(case: &Case<'_>, name: &str) -> Read {
    let Some(s) = case.p.signals.iter().find(|s| s.signal == name) else {
        return Read::new(
            Reading::NotMeasurable,
            "This version has no such measurement.",
        );
    };
    let findings = case.segments.iter().flat_map(|s| &s.findings);
    let own = findings.filter(|f| f.signal == name && f.outcome.is_scored());
    let sizes = own.map(|f| f.contribution.abs()).filter(|c| c.is_finite());
    let Some(largest) = sizes.reduce(f64::max).filter(|_| s.coverage > 0.0) else {
        return unmeasured(case, s);
    };
    let runs = stretches(name, &case.segments);
    let floor = case
        .file
        .settings
        .map_or(LEAST_SHARE, |s| s.session_coverage_floor);
    let share = format!("It was measured on {} of the time.", percent(s.coverage));
    let mut read = if !runs.is_empty() {
        looks(&runs)
    } else if s.coverage < floor {
        let result = "Measured on too little of the interview to say anything of the whole.";
        Read::new(Reading::NeitherWay, result)
    } else if s.told_apart.is_some_and(|t| t < TOLD_APART) {
        let result = "Measured; most of its numbers are like those of authentic and of manipulated recordings alike.";
        Read::new(Reading::NeitherWay, result)
    } else if largest < NEUTRAL {
        let result = "Measured; its numbers point neither way.";
        Read::new(Reading::NeitherWay, result)
    } else {
        let result = format!(
            "No stretch stood out on the {} of the time on which it was measured.",
            percent(s.coverage)
        );
        Read::new(Reading::Nothing, result)
    };
    read.sure = match runs.iter().map(|r| r.peak.contribution).reduce(f64::max) {
        Some(most) => format!("{share} {} at its strongest.", strength(most)),
        None => share,
    };
    for limit in limits(case, name) {
        read.sure
            .push_str(&format!(" Less certain than evaluated: {limit}."));
    }
    read
}

/// Stretches that a row names at most.
const NAMED: usize = 3;

fn looks(runs: &[Stretch<'_>]) -> Read {
    let result = match runs.len() {
        1 => "One stretch stands out.".to_owned(),
        n if n <= NAMED => format!("{n} stretches stand out."),
        n => format!("{n} stretches stand out; the {NAMED} strongest are named."),
    };
    let mut strongest = runs.to_vec();
    strongest.sort_by(|a, b| b.peak.contribution.total_cmp(&a.peak.contribution));
    strongest.truncate(NAMED);
    let mut times: Vec<Span> = strongest.iter().map(|r| r.span).collect();
    times.sort_by_key(|t| t.start);
    Read {
        times,
        ..Read::new(Reading::Look, result)
    }
}

/// What keeps a signal from its published accuracy on these tracks.
fn limits<'a>(case: &'a Case<'_>, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mine = move |c: &&crate::core::SignalCapability| {
        c.participant == case.p.participant && c.signal == name
    };
    let found = case.file.capabilities.iter().find(mine);
    let limits = found.into_iter().flat_map(|c| &c.limits);
    limits.map(|l| l.trim_end_matches('.'))
}

/// Why a signal gave no number: what stands in its way, or the reason it gave most often.
fn unmeasured(case: &Case<'_>, s: &SignalSummary) -> Read {
    let mine = |c: &&crate::core::SignalCapability| {
        c.participant == case.p.participant && c.signal == s.signal
    };
    let capability = case.file.capabilities.iter().find(mine);
    if let Some(obstacle) = capability.and_then(|c| c.obstacle.as_ref()) {
        return Read::new(Reading::NotMeasurable, because(obstacle));
    }
    let Some(most) = s.abstained.iter().max_by_key(|a| a.segments) else {
        return Read::new(
            Reading::NotMeasurable,
            "No part of the interview was offered to it.",
        );
    };
    let why = because(&Abstention::new(most.reason, most.detail.clone()));
    match most.reason {
        AbstainReason::Experimental => Read::new(Reading::NoVote, why),
        AbstainReason::NotRequested => Read::new(Reading::NotAsked, why),
        _ => Read::new(Reading::NotMeasurable, why),
    }
}

/// A reason and its detail as a sentence.
fn because(a: &Abstention) -> String {
    if a.reason == AbstainReason::ModelMissing {
        return "No model for it is installed.".to_owned();
    }
    let reason = a.reason.words();
    let detail = a.detail.trim_end_matches('.');
    if detail.is_empty() || detail == reason {
        format!("{}.", capital(reason))
    } else if detail.starts_with(reason) {
        format!("{}.", capital(detail))
    } else {
        format!("{}: {detail}.", capital(reason))
    }
}

/// A value of a finding's evidence.
fn value(outcome: &Outcome, name: &str) -> Option<f64> {
    let found = outcome.evidence().iter().find(|e| e.name == name);
    found.map(|e| e.value).filter(|v| v.is_finite())
}

/// Change of the offset that is told, milliseconds per second: what lip_sync calls a drift.
const DRIFT_MS_PER_S: f64 = 5.0;
/// Time over which offsets of several segments tell a drift, seconds: each looks back further than that, and less is noise.
const DRIFT_OVER_S: f64 = 6.0;
/// Share of the whole change that may lie between two of them: more is a jump.
const MOST_IN_A_STEP: f64 = 0.6;

/// What lip_sync measured in one stretch: when each finding ends, its offset in milliseconds and, where it says so, its slope.
struct Offsets {
    of_time: Vec<(f64, f64)>,
    slopes: Vec<f64>,
}

impl Offsets {
    fn of(run: &Stretch<'_>, case: &Case<'_>, name: &str) -> Self {
        let inside =
            |s: &&&SegmentResult| s.span.start >= run.span.start && s.span.end <= run.span.end;
        let mut out = Self {
            of_time: Vec::new(),
            slopes: Vec::new(),
        };
        for s in case.segments.iter().filter(inside) {
            for f in s
                .findings
                .iter()
                .filter(|f| f.signal == name && f.outcome.is_scored())
            {
                let ms = value(&f.outcome, "offset_ms");
                out.of_time
                    .extend(ms.map(|ms| (s.span.end.as_secs_f64(), ms)));
                out.slopes.extend(value(&f.outcome, "slope_ms_per_s"));
            }
        }
        out
    }

    /// The one furthest from 0.
    fn largest(&self) -> Option<f64> {
        let all = self.of_time.iter().map(|(_, ms)| *ms);
        all.reduce(|a, b| if b.abs() > a.abs() { b } else { a })
    }

    /// Milliseconds per second that the offset changes by: as it was measured within a finding, else between them.
    fn drift(&self) -> Option<f64> {
        let own = median(self.slopes.iter().copied()).filter(|v| v.abs() > DRIFT_MS_PER_S);
        own.or_else(|| self.growth().filter(|v| v.abs() > DRIFT_MS_PER_S))
    }

    /// The same from finding to finding; `None` where the offset jumps, or goes to and fro.
    fn growth(&self) -> Option<f64> {
        let (first, last) = (self.of_time.first()?, self.of_time.last()?);
        let (took, grew) = (last.0 - first.0, last.1 - first.1);
        let steps: Vec<f64> = self.of_time.windows(2).map(|w| w[1].1 - w[0].1).collect();
        let even = steps
            .iter()
            .all(|s| s * grew >= 0.0 && s.abs() <= MOST_IN_A_STEP * grew.abs());
        (took >= DRIFT_OVER_S && even).then(|| grew / took)
    }
}

/// Sound against lips, with the offsets that were measured.
pub(super) fn lips(case: &Case<'_>) -> Read {
    const NAME: &str = "lip_sync";
    let mut read = signal(case, NAME);
    let runs = stretches(NAME, &case.segments);
    let side = |ms: f64| match ms {
        ms if ms >= 0.0 => "behind the lips",
        _ => "ahead of the lips",
    };
    let measured: Vec<Offsets> = runs.iter().map(|r| Offsets::of(r, case, NAME)).collect();
    let findings = case.segments.iter().flat_map(|s| &s.findings);
    let offsets = findings
        .filter(|f| f.signal == NAME && f.outcome.is_scored())
        .filter_map(|f| value(&f.outcome, "offset_ms"));
    let drift = median(measured.iter().filter_map(Offsets::drift));
    let each = measured.iter().filter_map(Offsets::largest);
    let largest = each.reduce(|a, b| if b.abs() > a.abs() { b } else { a });
    match (read.reading, largest, median(offsets)) {
        (Reading::Look, Some(ms), _) => {
            read.result.push_str(&format!(
                " The sound was up to {}\u{a0}ms {} there.",
                figure(ms.abs().round()),
                side(ms)
            ));
            if let Some(rate) = drift {
                let way = if rate > 0.0 {
                    "fell behind"
                } else {
                    "ran ahead"
                };
                let ms = figure(rate.abs().round());
                read.result
                    .push_str(&format!(" It {way} by some {ms}\u{a0}ms in each second."));
            }
        }
        (Reading::Nothing | Reading::NeitherWay, _, Some(ms)) => {
            read.result.push_str(&format!(
                " The sound was {}\u{a0}ms {} at the median.",
                figure(ms.abs().round()),
                side(ms)
            ));
            if !ACCEPTABLE_MS.contains(&ms) {
                read.reading = Reading::NeitherWay;
                read.result.push_str(
                    " That is more than viewers accept; as a constant offset it can come from the recording itself, and counts for nothing.",
                );
            }
        }
        _ => {}
    }
    read
}

/// Traces of a swap, and jumps of the appearance, which have no vote.
pub(super) fn face(case: &Case<'_>) -> Read {
    const NAME: &str = "face_swap";
    let mut read = signal(case, NAME);
    let runs = stretches(NAME, &case.segments);
    if let (Reading::Look, Some(run)) = (read.reading, runs.iter().find(|r| began(&r.peak.outcome)))
    {
        read.result.push_str(&format!(
            " Near {} the face’s fine structure differs from that of shortly before.",
            clock(run.span.start.as_secs_f64())
        ));
    }
    let Some(jumps) = jumps(case, NAME) else {
        return read;
    };
    read.result.push(' ');
    read.result.push_str(&jumps);
    // Something was measured after all, without a vote.
    if read.reading == Reading::NotMeasurable {
        read.reading = Reading::NoVote;
    }
    read
}

/// Whether the face differs from that of the interview's last minute by more than speaks for neither side.
fn began(outcome: &Outcome) -> bool {
    let found = outcome
        .evidence()
        .iter()
        .find(|e| e.name == "earlier_difference");
    found.is_some_and(|e| e.reference.is_some_and(|neutral| e.value > neutral))
}

/// Jumps of the face's appearance to another and back, if there were any.
pub(super) fn jumps(case: &Case<'_>, name: &str) -> Option<String> {
    let findings = case.segments.iter().flat_map(|s| &s.findings);
    let found = findings.filter(|f| f.signal == name);
    let jumped = found.filter_map(|f| {
        let count = value(&f.outcome, "appearance_jumps").filter(|n| *n > 0.0)?;
        Some((count, value(&f.outcome, "appearance_jump_at_s")))
    });
    let (mut count, mut first) = (0.0, None);
    for (n, at) in jumped {
        count += n;
        first = first.or(at);
    }
    let at = first.map_or_else(String::new, |t| format!(", first at {}", clock(t)));
    let times = if count == 1.0 { "once" } else { "times" };
    let n = if count == 1.0 {
        String::new()
    } else {
        format!("{} ", figure(count))
    };
    (count > 0.0).then(|| {
        format!("The face’s appearance jumped to another and back {n}{times}{at} (experimental, no vote).")
    })
}

/// Pauses, with how many answers were heard.
pub(super) fn latency(case: &Case<'_>) -> Read {
    let mut read = signal(case, "response_latency");
    let gaps = &case.p.gaps;
    let heard: Vec<f64> = gaps
        .iter()
        .filter_map(|g| g.gap_ms)
        .filter(|v| v.is_finite())
        .collect();
    if let Some(median) = median(heard.iter().copied()) {
        read.result.push_str(&format!(
            " {} of {} answers heard; the pause was {}\u{a0}ms at the median.",
            heard.len(),
            gaps.len(),
            figure(median.round())
        ));
    }
    read
}

/// The signal that says whether the person stays the same, where a build has it.
const IDENTITY: &str = "identity";

/// The same face throughout: by its signal, or by a change of all measurements together.
pub(super) fn identity(case: &Case<'_>) -> Read {
    let other = "Nobody is compared with another recording.";
    let mut read = match compared(case) {
        Some(read) => read,
        None if case.p.signals.iter().any(|s| s.signal == IDENTITY) => signal(case, IDENTITY),
        None => Read::new(
            Reading::NotMeasurable,
            "Faces are not compared within this recording.",
        ),
    };
    // A change in mid-call is measured on all signals together.
    let change = &case.p.change;
    if let (true, Some(since)) = (change.threshold > 0.0, change.since) {
        let text = format!(
            " From {} on, what was measured stands out against what came before, as where somebody takes over in mid-call.",
            clock(since.as_secs_f64())
        );
        let end = case.segments.last().map_or(since, |s| s.span.end);
        read.reading = Reading::Look;
        read.result.push_str(&text);
        read.times.push(Span::new(since, end));
        read.sure
            .push_str("A change of all measurements together was evaluated in simulation only.");
    }
    read.result.push(' ');
    read.result.push_str(other);
    read
}

/// What the comparison of each segment's face with that of the beginning came to; `None` where none was made. It
/// has no vote, but a face that changes is to be looked at.
fn compared(case: &Case<'_>) -> Option<Read> {
    let own = |s: &&crate::core::SegmentResult, name: &str| {
        let found = s.findings.iter().find(|f| f.signal == IDENTITY);
        found.and_then(|f| value(&f.outcome, name))
    };
    let seen = case
        .segments
        .iter()
        .filter(|s| own(s, "identity_distance").is_some());
    let seen = seen.count();
    if seen == 0 {
        return None;
    }
    let changes = case
        .segments
        .iter()
        .filter_map(|s| own(s, "identity_change_at_s"));
    let share = format!(
        "Compared in {seen} of {} segments, without a vote.",
        case.segments.len()
    );
    let read = match changes.reduce(f64::min) {
        Some(at_s) => {
            let ns = (at_s.clamp(0.0, 1e9) * 1e9) as i64;
            let from = crate::core::MediaTime(ns);
            let end = case.segments.last().map_or(from, |s| s.span.end);
            Read {
                times: vec![Span::new(from, end)],
                ..Read::new(
                    Reading::Look,
                    format!(
                        "From {} on the face measures as another than at the beginning.",
                        clock(at_s)
                    ),
                )
            }
        }
        None => Read::new(
            Reading::NoVote,
            "The face stays that of the beginning where it was compared, as far as the net tells.",
        ),
    };
    Some(Read {
        sure: share,
        ..read
    })
}
