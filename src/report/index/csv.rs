//! The index as comma-separated values (RFC 4180), a line per recording and participant.

use super::{BatchIndex, IndexEntry, IndexPerson};
use std::fmt::Write as _;

/// The columns of the index.
const COLUMNS: [&str; 19] = [
    "path",
    "status",
    "participant",
    "role",
    "standing",
    "authenticity",
    "evidence_logit",
    "detail",
    "duration_s",
    "partial",
    "video_coverage",
    "audio_coverage",
    "scored_coverage",
    "changed_since_s",
    "notices",
    "report",
    "sha256",
    "test_copy",
    "evidence",
];

/// The index as CSV. A recording without anybody who is assessed has one line all the same; a field
/// that was not measured is empty.
pub fn index_to_csv(index: &BatchIndex) -> String {
    let mut out = COLUMNS.join(",") + "\n";
    for file in &index.files {
        let people: Vec<Option<&IndexPerson>> = match file.participants.as_slice() {
            [] => vec![None],
            people => people.iter().map(Some).collect(),
        };
        for person in people {
            let _ = writeln!(out, "{}", line(file, person).join(","));
        }
    }
    out
}

fn line(file: &IndexEntry, person: Option<&IndexPerson>) -> Vec<String> {
    let number = |v: Option<f64>| v.map_or(String::new(), |v| format!("{v:.4}"));
    let share = |f: fn(&IndexPerson) -> f64| number(person.map(f));
    let detail = file.error.as_deref();
    let detail = detail.or(person.map(|p| p.detail.as_str()));
    let standing = person.map(|p| match p.authenticity {
        Some(_) => p.standing.name(),
        None => "",
    });
    vec![
        text(&file.path),
        file.status.name().to_owned(),
        text(person.map_or("", |p| p.participant.as_str())),
        person
            .and_then(|p| p.role)
            .map_or("", |r| r.name())
            .to_owned(),
        standing.unwrap_or_default().to_owned(),
        number(person.and_then(|p| p.authenticity)),
        number(person.and_then(|p| p.evidence_logit)),
        text(detail.unwrap_or_default()),
        number(Some(file.duration.as_secs_f64())),
        file.partial.to_string(),
        share(|p| p.coverage.video),
        share(|p| p.coverage.audio),
        share(|p| p.coverage.scored),
        number(
            person
                .and_then(|p| p.changed_since)
                .map(|t| t.as_secs_f64()),
        ),
        file.notices.to_string(),
        text(&file.report),
        file.sha256.clone().unwrap_or_default(),
        file.test_copy.to_string(),
        text(file.evidence.as_deref().unwrap_or_default()),
    ]
}

/// A text as a field. Programs that calculate take a text that begins so for a formula; the
/// apostrophe tells them that it is none (OWASP, CSV injection).
fn text(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => csv_field(&format!("'{text}")),
        false => csv_field(text),
    }
}

/// A field as CSV writes it: quoted where it must be.
pub(crate) fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
