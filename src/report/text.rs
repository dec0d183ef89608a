//! Lines for a terminal.

use super::standing::{change_line, verdict_line};
use crate::core::{
    ChallengeResult, Outcome, PredictionSet, ReferenceSummary, ScoreOutcome, SegmentResult,
    SessionSummary, SignalCapability,
};
use std::fmt::Write as _;

/// One line for one final segment: time, participant, score or reason, then each signal.
pub fn segment_line(s: &SegmentResult) -> String {
    let mut line = format!(
        "{}-{}  {:<10}",
        clock(s.span.start.as_secs_f64()),
        clock(s.span.end.as_secs_f64()),
        s.participant.as_str()
    );
    match &s.outcome {
        ScoreOutcome::Score(x) => {
            let _ = write!(
                line,
                "  authenticity {:.3} (evidence {:+.2})",
                x.authenticity, x.evidence_logit
            );
        }
        ScoreOutcome::NoScore(a) => {
            let _ = write!(line, "  no score: {}", a.reason.words());
        }
    }
    for f in &s.findings {
        match &f.outcome {
            Outcome::Scored { evidence, .. } => {
                let _ = write!(line, "; {} {:+.2}", f.signal, f.contribution);
                if let Some(e) = evidence.first() {
                    let _ = write!(line, " [{} {:.0}]", e.name, e.value);
                }
                if let Some(remark) = f.prediction_set.and_then(PredictionSet::remark) {
                    let _ = write!(line, " ({remark})");
                }
            }
            Outcome::Abstained(a) => {
                let _ = write!(line, "; {}: {}", f.signal, a.reason.words());
            }
        }
    }
    line
}

/// What a signal can do on a participant's tracks, in one line.
pub fn capability_line(c: &SignalCapability) -> String {
    let state = match (&c.obstacle, c.limits.as_slice()) {
        (Some(why), _) => format!("cannot run: {}", why.detail),
        (None, []) => "can run".to_owned(),
        (None, limits) => format!("can run, with less confidence: {}", limits.join("; ")),
    };
    format!("{} of {}: {state}", c.signal, c.participant)
}

/// The closing lines of one input.
pub fn summary_lines(summary: &SessionSummary) -> Vec<String> {
    let mut lines = Vec::new();
    for p in &summary.participants {
        let head = match &p.outcome {
            ScoreOutcome::Score(s) => format!(
                "authenticity {:.3} at a prior of {:.2} % manipulated; evidence logit {:+.2} without it",
                s.authenticity,
                s.prior * 100.0,
                s.evidence_logit
            ),
            ScoreOutcome::NoScore(a) => format!("no score: {} ({})", a.reason.words(), a.detail),
        };
        lines.push(format!("{}: {head}", p.participant));
        lines.push(format!("  assessment: {}", verdict_line(&p.verdict)));
        lines.extend(change_line(&p.change).map(|line| format!("  change: {line}")));
        lines.push(format!(
            "  seen: pictures {:.0} %, sound {:.0} %; some signal gave a number on {:.0} % of {:.1} s",
            p.coverage.video * 100.0,
            p.coverage.audio * 100.0,
            p.coverage.scored * 100.0,
            summary.duration.as_secs_f64()
        ));
        for s in &p.signals {
            let mut line = format!(
                "  {:<17} measured on {:>3.0} %, contribution {:+.2}",
                s.signal,
                s.coverage * 100.0,
                s.contribution
            );
            if let Some(share) = s.told_apart {
                let _ = write!(
                    line,
                    "; tells real from manipulated on {:.0} %",
                    share * 100.0
                );
            }
            for a in &s.abstained {
                let _ = write!(line, "; {} x {}", a.segments, a.reason.words());
            }
            lines.push(line);
        }
        lines.extend(
            p.reference
                .iter()
                .map(|r| format!("  {}", reference_line(r))),
        );
        lines.extend(p.challenges.iter().map(challenge_line));
        for g in &p.gaps {
            let end = clock(g.question_end.as_secs_f64());
            let n = g.index + 1;
            lines.push(match g.gap_ms {
                Some(ms) => format!("  question {n} ended {end}: answer after {ms:.0} ms"),
                None => format!("  question {n} ended {end}: no answer heard"),
            });
        }
    }
    if summary.partial {
        lines.push(format!("partial: {}", summary.end_reason));
    }
    lines
}

/// What became of a challenge, in a line.
fn challenge_line(c: &ChallengeResult) -> String {
    let times = match c.count {
        0 | 1 => String::new(),
        n => format!(" {n} times"),
    };
    let mut line = format!(
        "  challenge {} at {}, {}{times}: {}",
        c.id,
        clock(c.prompt_end.as_secs_f64()),
        c.kind.words(),
        c.status.words()
    );
    if !c.status.detail().is_empty() {
        let _ = write!(line, " ({})", c.status.detail());
    }
    if let Some(ms) = c.reaction_ms {
        let _ = write!(line, "; set in after {ms:.0} ms");
    }
    if let Some(llr) = c.llr {
        let _ = write!(line, "; log-likelihood ratio {llr:+.2}");
    }
    if let Some(i) = &c.issued {
        if i.attempt > 1 {
            line.push_str("; asked again once");
        }
        let mac = i.record.mac.get(..16).unwrap_or_default();
        let _ = write!(line, "; record {mac}, key {}", i.record.key_id);
    }
    if let Some(early) = c.early_reaction() {
        let _ = write!(line, "; to be looked at: {early}");
    }
    line
}

/// What was made of a reference, in a sentence without its full stop.
pub(crate) fn reference_line(r: &ReferenceSummary) -> String {
    let many = |n: u64, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    let mut line = format!("reference: {}", r.source);
    if r.pictures > 0 {
        let pictures = many(r.pictures, "usable picture");
        let _ = write!(line, ", {pictures} of a face {:.0} px high", r.face_px);
    }
    let _ = match r.compared_segments {
        0 => write!(line, "; no segment is judged by the difference to it"),
        n => write!(
            line,
            "; face swap traces of {} are judged by the difference to it",
            many(n, "segment")
        ),
    };
    if r.not_comparable_segments > 0 {
        let apart = many(r.not_comparable_segments, "segment");
        let _ = write!(line, "; {apart} could not be compared and count without it");
    }
    if let Some(why) = &r.obstacle {
        let _ = write!(line, ": {why}");
    }
    line
}

/// Seconds as `m:ss.s`.
pub(super) fn clock(s: f64) -> String {
    let sign = if s < 0.0 { "-" } else { "" };
    let tenths = (s.abs() * 10.0).round() as u64;
    format!(
        "{sign}{}:{:02}.{}",
        tenths / 600,
        tenths / 10 % 60,
        tenths % 10
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{ReferenceKind, ReferenceSource};

    #[test]
    fn a_reference_says_what_became_of_it() {
        let good = ReferenceSummary {
            source: ReferenceSource {
                kind: ReferenceKind::Session,
                name: "round-1".into(),
            },
            pictures: 40,
            face_px: 150.4,
            compared_segments: 7,
            not_comparable_segments: 2,
            obstacle: Some("another camera".into()),
        };
        let line = reference_line(&good);
        for word in [
            "earlier interview round-1",
            "40 usable pictures of a face 150 px high",
            "7 segments",
            "2 segments could not be compared",
            ": another camera",
        ] {
            assert!(line.contains(word), "{line}");
        }
        let none = ReferenceSummary {
            pictures: 0,
            compared_segments: 0,
            not_comparable_segments: 0,
            ..good
        };
        let line = reference_line(&none);
        assert_eq!(
            line,
            "reference: earlier interview round-1; no segment is judged by the difference to it: another camera"
        );
    }

    #[test]
    fn a_challenge_says_what_was_asked_and_what_came_of_it() {
        let all = crate::report::sample::challenges();
        assert_eq!(
            challenge_line(&all[0]),
            "  challenge h1 at 0:01.0, pass a hand in front of the face 2 times: performed; set in after 640 ms; log-likelihood ratio +1.10"
        );
        assert!(challenge_line(&all[1]).ends_with("not performed (turned by 12°, 35° needed)"));
        assert!(challenge_line(&all[2]).ends_with("not measurable (not scored by this version)"));
        let mut again = all[0].clone();
        let mut issued = crate::core::issued_sample(0);
        issued.attempt = 2;
        (again.issued, again.reaction_ms) = (Some(Box::new(issued)), Some(90.0));
        let line = challenge_line(&again);
        for held in [
            "asked again once; record 1111111111111111, key 0011223344556677",
            "to be looked at: the movement set in 90 ms after the prompt was shown",
        ] {
            assert!(line.contains(held), "{line}");
        }
    }

    #[test]
    fn clocks_carry() {
        assert_eq!(clock(59.96), "1:00.0");
        assert_eq!(clock(3.0), "0:03.0");
        assert_eq!(clock(-0.3), "-0:00.3");
    }
}
