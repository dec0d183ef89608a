//! The top of the page, for somebody with five minutes: what was assessed, where it stands in plain words,
//! how much was seen, what to do next, and what it is not.

use super::markup::Html;
use super::{rubric, words};
use crate::core::{ParticipantSummary, ScoreOutcome, SessionSummary, Span, Standing};
use crate::report::FileReport;
use crate::report::prevalence::PLAIN;
use crate::report::rubric::{Reading, Row};

/// Stretches named at the top at most.
const MOST_TIMES: usize = 4;
/// Remarks on what would make more measurable, at most.
const MOST_WISHES: usize = 3;

/// The prominent word on a test copy; nothing on any other recording.
pub(super) fn test_copy(h: &mut Html, file: &FileReport) {
    if let Some(words) = &file.test_copy {
        h.raw("<section class=\"card notice\" role=\"note\" aria-label=\"Test copy\"><h2>Test copy</h2><p class=\"say\">");
        h.text(&words::capital(words.trim_end_matches('.')))
            .raw(". Nobody may be judged by this page.</p></section>\n");
    }
}

/// The short card of one participant; `id` makes element ids unique on the page.
pub(super) fn section(
    h: &mut Html,
    id: usize,
    file: &FileReport,
    summary: &SessionSummary,
    p: &ParticipantSummary,
    rows: &[Row],
) {
    h.raw("<section class=\"card brief\"")
        .attr("id", &format!("brief-{id}"))
        .raw("><h2>In short</h2>");
    let (title, class) = headline(p);
    h.raw("<p").attr("class", class).raw("><strong>");
    h.text(title).raw("</strong></p>");
    h.elem("p", "say", &sentence(p));
    h.raw("<dl class=\"facts\">");
    fact(h, "Assessed", &assessed(file, summary, p));
    h.raw("<div><dt>Seen and heard</dt><dd>");
    h.text(&seen(p));
    meter(h, p.coverage.scored);
    h.raw("</dd></div>");
    fact(h, "Indicators", &counts(rows));
    look_at(h, id, rows);
    h.raw("</dl><div class=\"two\"><div><h3>What to do next</h3><ol class=\"plain\">");
    for step in next_steps(file, p, rows) {
        h.elem("li", "", &step);
    }
    h.raw(concat!(
        "</ol></div><div><h3>What this is not</h3><ul class=\"plain\">",
        "<li>No finding about a person, and no decision: it says how a recording measures.</li>",
        "<li>No proof either way: see <a href=\"#base-rate\">what a flag means</a>.</li>",
        "<li>Not measured is neither good nor bad: it is unknown.</li>",
        "<li>The candidate may see and contest it: <a href=\"#contest\">how</a>.</li>",
        "</ul></div></div></section>\n"
    ));
}

/// The standing in plain words, and the class of its mark.
fn headline(p: &ParticipantSummary) -> (&'static str, &'static str) {
    match (&p.outcome, p.verdict.standing) {
        (ScoreOutcome::NoScore(_), _) => ("Not measurable", "standing none"),
        (_, Standing::StandsOut) => ("Stands out", "standing see"),
        (_, Standing::Inconclusive) => ("Inconclusive", "standing even"),
        (_, Standing::ConsistentWithLive) => ("Consistent with a live recording", "standing live"),
    }
}

fn sentence(p: &ParticipantSummary) -> String {
    let missed = PLAIN.found.of - PLAIN.found.hits;
    match (&p.outcome, p.verdict.standing) {
        (ScoreOutcome::NoScore(a), _) => format!(
            "Too little could be measured to say anything: {}. That is no pass and no suspicion.",
            a.reason.words()
        ),
        (_, Standing::StandsOut) => "What was measured differs from live recordings by more than chance is \
             expected to explain. That is a reason to look, with other explanations in mind; it is no finding \
             about the person."
            .to_owned(),
        (_, Standing::Inconclusive) => "What was measured is not enough to say that the recording is like live ones, \
             nor that it is not. It counts neither for nor against the candidate."
            .to_owned(),
        (_, Standing::ConsistentWithLive) => format!(
            "What was measured is what live recordings look like. That is no proof: of {} manipulated test \
             recordings, {missed} were not flagged.",
            PLAIN.found.of
        ),
    }
}

fn assessed(file: &FileReport, summary: &SessionSummary, p: &ParticipantSummary) -> String {
    let name = super::file_name(&file.path);
    let who = p.participant.as_str();
    let role = file.participants.iter().find(|x| x.id == who);
    let role = role.map(|x| words::role(x.role)).filter(|r| *r != who);
    let role = role.map_or(String::new(), |r| format!(" ({r})"));
    let measured = p.signals.iter().filter(|s| s.coverage > 0.0).count();
    let partial = if summary.partial {
        ", not read to its end"
    } else {
        ""
    };
    format!(
        "Picture and sound of {who}{role} in {name}, {} long{partial}; {measured} of {} measurements gave a number.",
        words::length(summary.duration.as_secs_f64()),
        p.signals.len().max(file.signals.len())
    )
}

fn seen(p: &ParticipantSummary) -> String {
    format!(
        "Usable pictures on {} and sound on {} of the length; some measurement gave a number on {} of it.",
        words::percent(p.coverage.video),
        words::percent(p.coverage.audio),
        words::percent(p.coverage.scored)
    )
}

/// The measured share as a bar; hatched where nothing was measured.
fn meter(h: &mut Html, share: f64) {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    h.raw("<svg class=\"meter\" width=\"100%\" height=\"12\" aria-hidden=\"true\"><rect width=\"100%\" height=\"12\" fill=\"url(#hatch)\"/><rect class=\"a2\" height=\"12\"");
    h.pct("width", share).raw("/></svg>");
}

/// How the indicators read, counted.
fn counts(rows: &[Row]) -> String {
    let all = [
        Reading::Look,
        Reading::Nothing,
        Reading::NeitherWay,
        Reading::NoVote,
        Reading::NotAsked,
        Reading::NotMeasurable,
    ];
    let counted = all.into_iter().filter_map(|reading| {
        let n = rows.iter().filter(|r| r.reading == reading).count();
        (n > 0).then(|| format!("{}: {n}", reading.words()))
    });
    let counted: Vec<String> = counted.collect();
    format!(
        "{} that publications name. {}.",
        rows.len(),
        words::capital(&counted.join("; "))
    )
}

/// Stretches that want a look, as links into the timeline.
fn look_at(h: &mut Html, id: usize, rows: &[Row]) {
    let wanted = rows.iter().filter(|r| r.reading == Reading::Look);
    let mut times: Vec<(Span, &str)> = wanted
        .flat_map(|r| r.times.iter().map(|t| (*t, r.indicator.title)))
        .collect();
    times.sort_by_key(|(span, _)| span.start);
    h.raw("<div><dt>Look at</dt><dd>");
    if times.is_empty() {
        let nothing = rows.iter().all(|r| {
            matches!(
                r.reading,
                Reading::NoVote | Reading::NotAsked | Reading::NotMeasurable
            )
        });
        h.text(match nothing {
            true => "Nothing was measured that could ask for a look.",
            false => "No stretch asks for a look, of those that could be measured.",
        });
    }
    for (i, (span, title)) in times.iter().take(MOST_TIMES).enumerate() {
        if i > 0 {
            h.raw("<br>");
        }
        rubric::time_link(h, id, span);
        h.text(&format!(" {title}"));
    }
    if let Some(more) = times.len().checked_sub(MOST_TIMES).filter(|n| *n > 0) {
        h.raw("<br>")
            .text(&format!("and {more} more in the table below"));
    }
    h.raw("</dd></div>");
}

fn fact(h: &mut Html, name: &str, value: &str) {
    h.raw("<div>")
        .elem("dt", "", name)
        .elem("dd", "", value)
        .raw("</div>");
}

/// What a panel does with it.
fn next_steps(file: &FileReport, p: &ParticipantSummary, rows: &[Row]) -> Vec<String> {
    if file.test_copy.is_some() {
        let step = "Nothing, but to see what was noticed: this recording is a test copy.";
        return vec![step.to_owned()];
    }
    let looks = rows.iter().any(|r| r.reading == Reading::Look);
    let see = "Watch and listen to the stretches named here, in the recording itself.";
    let causes = "Think of plain causes first: a relay or headset delays sound; a filter, a repair of the picture \
                  or a poor line leaves traces; an interpreter or note-taking lengthens pauses.";
    let mut steps: Vec<&str> = Vec::new();
    match (&p.outcome, p.verdict.standing) {
        (ScoreOutcome::Score(_), Standing::StandsOut) => steps.extend([
            see,
            causes,
            "Have a second conversation by another route, the same for every candidate, and let a person decide.",
        ]),
        (ScoreOutcome::Score(_), Standing::ConsistentWithLive) => {
            steps.extend(looks.then_some(see));
            steps.push("Nothing follows from this page. Go on with the checks that you make for every candidate.");
        }
        _ => {
            steps.push("Let this page count neither for nor against the candidate.");
            steps.extend(looks.then_some(see));
            steps.extend(looks.then_some(causes));
        }
    }
    let mut steps: Vec<String> = steps.into_iter().map(str::to_owned).collect();
    steps.extend(wishes(file, p, rows));
    steps
}

/// What would let more be measured another time.
fn wishes(file: &FileReport, p: &ParticipantSummary, rows: &[Row]) -> Option<String> {
    let asked = rows.iter().filter(|r| r.reading == Reading::NotAsked);
    let titles: Vec<String> = asked
        .map(|r| words::uncapital(r.indicator.title))
        .take(MOST_WISHES)
        .collect();
    let mine = file
        .capabilities
        .iter()
        .filter(|c| c.participant == p.participant);
    let limits = mine
        .flat_map(|c| &c.limits)
        .filter(|l| l.contains("would lift this"));
    let mut wishes: Vec<String> = Vec::new();
    if !titles.is_empty() {
        wishes.push(format!(
            "asking every candidate for what nobody asked for here ({})",
            titles.join(", ")
        ));
    }
    for limit in limits {
        let wish = limit.trim_end_matches('.').to_owned();
        if wishes.len() < MOST_WISHES && !wishes.contains(&wish) {
            wishes.push(wish);
        }
    }
    (!wishes.is_empty())
        .then(|| format!("More can be measured another time: {}.", wishes.join("; ")))
}
