//! The challenges of a participant: what was asked, whether it was done, what was measured.

use super::markup::Html;
use super::words;
use crate::core::{
    ChallengeKind, ChallengeResult, ChallengeStanding, ChallengeStatus, IssuedChallenge,
};
use crate::fusion::WORTH_A_LOOK;

const PLOT_H: f64 = 72.0;
/// What a turn's drawing reaches at least, in degrees.
const TURN_REACH_DEG: f64 = 45.0;

/// A card per challenge; nothing without one.
pub(super) fn section(h: &mut Html, challenges: &[ChallengeResult]) {
    if challenges.is_empty() {
        return;
    }
    h.raw("<section class=\"card\"><h2>Challenges</h2><p class=\"soft\">What the candidate was asked to do, and what was measured while it was done. A challenge that was not performed, that was declined, or that could not be seen, counts neither for nor against anybody.</p>");
    for c in challenges {
        card(h, c);
    }
    h.raw("</section>\n");
}

fn card(h: &mut Html, c: &ChallengeResult) {
    h.raw("<div class=\"challenge\"><h3>");
    h.text(&words::capital(c.kind.words()));
    if c.count > 1 {
        h.text(&format!(", {} times", c.count));
    }
    h.raw("</h3><p>");
    let class = match c.status {
        ChallengeStatus::Performed => "state yes",
        _ => "state no",
    };
    h.raw("<span").attr("class", class).raw("><span>");
    h.text(c.status.words()).raw("</span></span> ");
    h.text(&asked(c)).raw("</p>");
    h.elem("p", "say", &outcome(c));
    if let Some(early) = c.early_reaction() {
        h.elem("p", "say", &format!("To be looked at: {early}."));
    }
    if c.trace.len() > 1 {
        course(h, c);
    }
    if !c.evidence.is_empty() {
        h.raw("<details><summary>What was measured</summary><ul class=\"plain\">");
        for e in &c.evidence {
            h.elem("li", "", &words::capital(&words::evidence(e)));
        }
        h.raw("</ul></details>");
    }
    if let Some(issued) = &c.issued {
        h.elem("p", "soft small", &record(issued));
    }
    h.raw("</div>");
}

/// What was signed when the server issued it.
fn record(i: &IssuedChallenge) -> String {
    let r = &i.record;
    let prompt = match i.attempt {
        0 => "its prompt was not shown".to_owned(),
        1 => "first prompt".to_owned(),
        _ => "second prompt, after it was not done at the first".to_owned(),
    };
    let uncertain = match i.uncertainty_ms {
        0 => String::new(),
        ms => format!(" (seen within {ms}\u{a0}ms of that)"),
    };
    format!(
        "Issued by the server at {}; {prompt}{uncertain}. Record {}, nonce {}, signed with key {}: {}.",
        words::clock_tenths(r.issued.as_secs_f64()),
        r.challenge,
        r.nonce,
        r.key_id,
        r.mac
    )
}

/// When it was asked, and when the movement set in.
fn asked(c: &ChallengeResult) -> String {
    let mut text = format!(
        "asked at {}, to be done by {}",
        words::clock_tenths(c.prompt_end.as_secs_f64()),
        words::clock_tenths(c.deadline.as_secs_f64())
    );
    if let Some(ms) = c.reaction_ms {
        text.push_str(&format!("; the movement set in after {ms:.0}\u{a0}ms"));
    }
    text.push('.');
    text
}

/// What it means, in a sentence that nobody can take for more than it is.
fn outcome(c: &ChallengeResult) -> String {
    let detail = c.status.detail().trim_end_matches('.');
    let because = |text: &str| match detail {
        "" => format!("{text}."),
        d => format!("{text}: {d}."),
    };
    match (&c.status, c.llr) {
        (ChallengeStatus::NotPerformed { .. }, _) => {
            because("Not done as asked, which is no sign of manipulation")
        }
        (ChallengeStatus::NotCarriedOut { .. }, _) => {
            because("Not carried out, which says nothing about anybody")
        }
        (ChallengeStatus::NotMeasurable { .. }, _) => because("Whether it was done cannot be told"),
        (ChallengeStatus::Performed, None)
            if c.kind.standing() == ChallengeStanding::ComplianceOnly =>
        {
            "Done as asked. It was verified for compliance only, and nothing else is judged by it."
                .to_owned()
        }
        (ChallengeStatus::Performed, None) => {
            "Done as asked. What was measured meanwhile has no vote.".to_owned()
        }
        (ChallengeStatus::Performed, Some(llr)) => {
            let what = if llr >= WORTH_A_LOOK {
                "the picture did not behave as a real hand before a real face does"
            } else if llr <= -WORTH_A_LOOK {
                "the picture behaved as a real hand before a real face does"
            } else {
                "the picture pointed neither way"
            };
            format!("Done as asked; {what} (log odds {}).", words::signed(llr))
        }
    }
}

/// The course of the event: the covered share of the face, or the turn of the head.
fn course(h: &mut Html, c: &ChallengeResult) {
    let seconds = |t: crate::core::MediaTime| t.as_secs_f64();
    let times = c.trace.iter().map(|p| seconds(p.time));
    let from = times.clone().fold(seconds(c.prompt_end), f64::min);
    let to = times.fold(seconds(c.deadline), f64::max);
    let whole = (to - from).max(1e-9);
    let x = |t: f64| ((t - from) / whole).clamp(0.0, 1.0);
    let largest = c.trace.iter().map(|p| p.value.abs()).fold(0.0, f64::max);
    let turn = is_turn(c.kind);
    let (label, reach) = axis(c.kind, largest);
    let zero = if turn { PLOT_H / 2.0 } else { PLOT_H };
    let scale = zero - 6.0;
    h.raw("<div class=\"plot\"><svg width=\"100%\" role=\"img\"")
        .num("height", PLOT_H)
        .attr("aria-label", &label)
        .raw("><rect class=\"ground\" width=\"100%\"")
        .num("height", PLOT_H)
        .raw("/>");
    let widest = c
        .trace
        .windows(2)
        .map(|w| x(seconds(w[1].time)) - x(seconds(w[0].time)))
        .fold(0.004, f64::max)
        .min(0.02);
    for p in &c.trace {
        let size = (p.value.abs() / reach).min(1.0) * scale;
        // Yaw to the picture's right is drawn upwards.
        let y = if p.value >= 0.0 { zero - size } else { zero };
        h.raw("<rect class=\"a2\"")
            .pct("x", x(seconds(p.time)))
            .num("y", y)
            .pct("width", widest)
            .num("height", size.max(1.0))
            .raw("/>");
    }
    let due = x(seconds(c.deadline));
    h.raw("<line class=\"axis0\" y1=\"0\"")
        .num("y2", PLOT_H)
        .pct("x1", due)
        .pct("x2", due)
        .raw("/></svg></div>");
    h.elem(
        "p",
        "soft small",
        &format!(
            "{label}; from {} to {}, the line is the deadline.",
            words::clock_tenths(from),
            words::clock_tenths(to)
        ),
    );
}

fn is_turn(kind: ChallengeKind) -> bool {
    use ChallengeKind::{TurnBoth, TurnLeft, TurnRight};
    matches!(kind, TurnLeft | TurnRight | TurnBoth)
}

/// What is drawn, and the value at the drawing's edge.
fn axis(kind: ChallengeKind, largest: f64) -> (String, f64) {
    use ChallengeKind as K;
    let most = |what: &str, value: String| format!("{what}, at most {value}");
    match kind {
        k if is_turn(k) => {
            let angle = format!("{}°", words::figure(largest.round()));
            (most("Turn of the head", angle), largest.max(TURN_REACH_DEG))
        }
        K::LeanIn => {
            let times = format!("{} times", words::figure(largest));
            (
                most("Height of the face against rest", times),
                largest.max(1.5),
            )
        }
        K::Flash => (
            "Red share of the face’s colour".to_owned(),
            largest.max(1.0),
        ),
        K::Phrase => ("Where speech was heard".to_owned(), 1.0),
        K::CheekPress => (
            most(
                "Share of the cheek that a hand covered",
                words::percent(largest),
            ),
            1.0,
        ),
        _ => (
            most(
                "Share of the face that a hand covered",
                words::percent(largest),
            ),
            1.0,
        ),
    }
}
