//! The index as a page: where to look first, and what could not be measured.

use super::{BatchIndex, FileStatus, IndexEntry, IndexPerson};
use crate::report::kit::{self, Html};
use crate::report::text::clock;

/// The page of a batch. It loads nothing; its links lead to the reports beside it.
pub fn index_to_html(index: &BatchIndex) -> String {
    let mut h = Html::default();
    kit::open_page(&mut h, "Recordings – liveproof assessment");
    top(&mut h, index);
    h.raw("<main>");
    counts(&mut h, index);
    table(&mut h, index);
    passed_over(&mut h, index);
    h.raw(concat!(
        "<section class=\"card\"><h2>What this does not say</h2><ul class=\"plain\">",
        "<li>“Stands out” and “inconclusive” are where to look, not findings about a person: each report says what was measured, how strong it is and what else can cause it.</li>",
        "<li>The table opens in the order of the recordings. It is no ranking, however it is sorted.</li>",
        "<li>“Not measurable” is unknown, neither good nor bad.</li>",
        "<li>The more recordings are looked at, the more authentic ones stand out by chance: at the rate that the settings state, one in a hundred by default.</li>",
        "</ul></section></main><footer><p>"
    ));
    h.text(&format!(
        "{} {} · index version {}",
        index.generator.name, index.generator.version, index.version
    ));
    h.raw("</p><p>This page holds no picture and no sound, loads nothing from any network and sends nothing.</p></footer>\n");
    kit::close_page(&mut h);
    h.finish()
}

fn top(h: &mut Html, index: &BatchIndex) {
    h.raw("<header class=\"top\"><div><p class=\"brand\">liveproof · assessment of recordings</p>");
    h.elem("h1", "", &plural(index.files.len(), "recording"));
    let seconds: f64 = index.files.iter().map(|f| f.duration.as_secs_f64()).sum();
    h.elem("p", "meta", &format!("{} of media", clock(seconds)));
    h.raw("</div><button type=\"button\" class=\"theme\" hidden>Theme</button></header>\n");
}

fn plural(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", kit::thousands(n as u64))
}

fn counts(h: &mut Html, index: &BatchIndex) {
    h.raw("<section class=\"card\"><h2>Overview</h2><dl class=\"pair\">");
    let mut fact = |name: &str, n: usize| {
        h.raw("<div>")
            .elem("dt", "", name)
            .elem("dd", "", &kit::thousands(n as u64))
            .raw("</div>");
    };
    for count in &index.counts {
        fact(&kit::capital(count.status.words()), count.recordings);
    }
    let copies = index.files.iter().filter(|f| f.test_copy).count();
    if copies > 0 {
        fact("Test copies among them", copies);
    }
    let logs = index.files.iter().filter(|f| f.evidence.is_some()).count();
    if logs > 0 {
        fact("With a signed evidence log", logs);
    }
    h.raw("</dl></section>\n");
}

/// Columns of the table, and whether they hold numbers.
const COLUMNS: [(&str, bool); 7] = [
    ("Recording", false),
    ("Assessment", false),
    ("Authenticity", true),
    ("Evidence", true),
    ("Seen", true),
    ("Measured", true),
    ("Length", true),
];

fn table(h: &mut Html, index: &BatchIndex) {
    h.raw("<section class=\"card\"><h2>Recordings</h2><div class=\"table\"><table class=\"stack sortable\" role=\"table\"><caption>Authenticity is 1 − P(manipulated) at the prior; evidence is the natural log of the odds without it, positive where what was measured is like manipulated recordings. Seen: share of the length with pictures and with sound; measured: share on which some signal gave a number.</caption>");
    h.raw("<thead><tr role=\"row\">");
    for (title, numbers) in COLUMNS {
        h.raw("<th scope=\"col\" role=\"columnheader\"");
        if numbers {
            h.raw(" class=\"n\"");
        }
        h.raw(">").text(title).raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    for file in &index.files {
        match file.participants.as_slice() {
            [] => row(h, file, None),
            people => people.iter().for_each(|p| row(h, file, Some(p))),
        }
    }
    h.raw("</tbody></table></div></section>\n");
}

fn row(h: &mut Html, file: &IndexEntry, person: Option<&IndexPerson>) {
    h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\"><a class=\"report\"");
    h.attr("href", file.page.as_deref().unwrap_or(&file.report));
    let (folder, name) = match file.path.rfind(['/', '\\']) {
        Some(at) => file.path.split_at(at + 1),
        None => ("", file.path.as_str()),
    };
    h.raw(">").text(name).raw("</a>");
    if let Some(p) = person.filter(|_| file.participants.len() > 1) {
        h.elem("span", "small", &format!(" {}", p.participant));
    }
    if file.test_copy {
        h.raw(" <span class=\"state see\"><span>test copy</span></span>");
    }
    if !folder.is_empty() {
        h.elem("p", "meta", folder);
    }
    if let Some(log) = &file.evidence {
        h.raw("<p class=\"meta\"><a class=\"report\"")
            .attr("href", log)
            .raw(">evidence log</a></p>");
    }
    h.raw("</th>");
    assessment(h, file, person);
    figures(h, file, person);
    h.raw("</tr>");
}

/// A column's title, its number, and how that is written.
type Cell = (&'static str, Option<f64>, fn(f64) -> String);

/// The cells that hold numbers; what was not measured has none to be sorted by.
fn figures(h: &mut Html, file: &IndexEntry, person: Option<&IndexPerson>) {
    let length = file.duration.as_secs_f64();
    let length = (file.status != FileStatus::Error).then_some(length);
    let of = |f: fn(&IndexPerson) -> f64| person.map(f);
    let cells: [Cell; 5] = [
        (
            "Authenticity",
            person.and_then(|p| p.authenticity),
            kit::authenticity,
        ),
        ("Evidence", person.and_then(|p| p.evidence_logit), |v| {
            format!("{v:+.2}")
        }),
        ("Seen", of(|p| p.coverage.video), kit::percent),
        ("Measured", of(|p| p.coverage.scored), kit::percent),
        ("Length", length, clock),
    ];
    for (label, value, form) in cells {
        let key = value.filter(|v| v.is_finite());
        h.raw("<td class=\"n\" role=\"cell\"")
            .attr("data-label", label)
            .attr(
                "data-sort",
                &key.map_or(String::new(), |v| format!("{v:.6}")),
            )
            .raw(">");
        h.text(&value.map_or("–".to_owned(), form));
        if let ("Seen", Some(p)) = (label, person) {
            h.text(&format!(" / {}", kit::percent(p.coverage.audio)));
        }
        h.raw("</td>");
    }
}

/// Where the recording stands, and what a reader has to know with it.
fn assessment(h: &mut Html, file: &IndexEntry, person: Option<&IndexPerson>) {
    let status = match person {
        None => file.status,
        Some(p) => p.status(),
    };
    let order = FileStatus::ALL.iter().position(|s| *s == status);
    h.raw("<td role=\"cell\" data-label=\"Assessment\"")
        .attr("data-sort", &order.map_or(String::new(), |n| n.to_string()))
        .raw(">");
    h.raw("<span")
        .attr("class", class(status))
        .raw("><span>")
        .text(&kit::capital(status.words()))
        .raw("</span></span>");
    let mut said: Vec<String> = file.error.iter().cloned().collect();
    if let Some(p) = person {
        said.extend((!p.detail.is_empty()).then(|| p.detail.clone()));
        said.extend(p.changed_since.map(|t| {
            let t = clock(t.as_secs_f64());
            format!("stands out against what came before from {t} on")
        }));
    }
    said.extend(file.partial.then(|| "not read to its end".to_owned()));
    for text in said {
        h.elem("div", "small soft", &kit::capital(&text));
    }
    h.raw("</td>");
}

/// The mark of a status; only what was measured and is consistent is marked as such.
fn class(status: FileStatus) -> &'static str {
    match status {
        FileStatus::StandsOut => "state see",
        FileStatus::Inconclusive => "state even",
        FileStatus::ConsistentWithLive => "state yes",
        FileStatus::Error | FileStatus::Unmeasured => "state no",
    }
}

fn passed_over(h: &mut Html, index: &BatchIndex) {
    if index.passed_over.is_empty() {
        return;
    }
    h.raw("<section class=\"card\"><h2>Found and not reviewed</h2><ul class=\"plain\">");
    for file in &index.passed_over {
        h.raw("<li>").elem("code", "", &file.path);
        h.text(&format!(": {}", file.why)).raw("</li>");
    }
    h.raw("</ul></section>\n");
}
