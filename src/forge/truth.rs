//! What is true of a copy, written beside it: its events file, and a list that `evaluate` reads.

use super::{ForgeError, Kind};
use crate::core::Span;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What a copy changes of what its events file says.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    /// New index of each stream by the old one.
    pub(super) streams: HashMap<u64, u64>,
    /// Height of the picture before the strip, as a share of the height with it, by old index.
    pub(super) kept_height: HashMap<u64, f64>,
}

/// The events file of a copy: the original's, where there is one, fitted to the copy, with what was done.
pub(super) fn events_text(
    original: Option<&str>,
    changes: &Changes,
    done: Option<(Kind, Span, Option<f64>)>,
) -> Result<String, ForgeError> {
    let mut root = match original {
        None => Map::from_iter([("version".to_owned(), json!(1))]),
        Some(text) => match serde_json::from_str(text) {
            Ok(Value::Object(map)) => map,
            _ => return Err(ForgeError::Events("not a JSON object".into())),
        },
    };
    if let Some(Value::Array(tracks)) = root.get_mut("tracks") {
        for track in tracks.iter_mut().filter_map(Value::as_object_mut) {
            fit(track, changes);
        }
    }
    let entry = |(kind, span, offset_ms): (Kind, Span, Option<f64>)| {
        let mut entry = Map::from_iter([
            ("kind".to_owned(), json!(kind.word())),
            ("from_ms".to_owned(), json!(span.start.as_ms_f64())),
            ("to_ms".to_owned(), json!(span.end.as_ms_f64())),
        ]);
        entry.extend(offset_ms.map(|ms| ("offset_ms".to_owned(), json!(ms))));
        Value::Object(entry)
    };
    let tampered: Vec<Value> = done.map(entry).into_iter().collect();
    root.insert("tampered".to_owned(), Value::Array(tampered));
    let text = serde_json::to_string_pretty(&root);
    text.map_err(|e| ForgeError::Events(e.to_string()))
}

fn fit(track: &mut Map<String, Value>, changes: &Changes) {
    let Some(old) = track.get("stream").and_then(Value::as_u64) else {
        return;
    };
    if let Some(new) = changes.streams.get(&old) {
        track.insert("stream".to_owned(), json!(new));
    }
    let Some(kept) = changes.kept_height.get(&old) else {
        return;
    };
    if let Some(Value::Object(region)) = track.get_mut("region") {
        for key in ["y", "height"] {
            if let Some(share) = region.get(key).and_then(Value::as_f64) {
                region.insert(key.to_owned(), json!(share * kept));
            }
        }
    }
}

/// One copy in the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) file: String,
    pub(super) kind: Kind,
    /// The stretch that was, or in a control would have been, tampered with.
    pub(super) span: Span,
    /// True audio-video offset, milliseconds, where it is constant.
    pub(super) offset_ms: Option<f64>,
}

/// The list that `evaluate` reads; `who` is the recording's name, and counts as an identity.
pub(super) fn list(who: &str, rows: &[Row]) -> String {
    let mut text = "path,label,identity,tool,pair,from_s,to_s,offset_ms\n".to_owned();
    for row in rows {
        let (label, tool) = match row.kind {
            Kind::Untouched => ("real", ""),
            kind => ("fake", kind.word()),
        };
        let (from, to) = (row.span.start.as_secs_f64(), row.span.end.as_secs_f64());
        let cells = [
            quoted(&row.file),
            label.to_owned(),
            quoted(who),
            tool.to_owned(),
            quoted(&format!("{who}:{from:.3}-{to:.3}")),
            format!("{from:.3}"),
            format!("{to:.3}"),
            row.offset_ms.map(|ms| ms.to_string()).unwrap_or_default(),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A cell as RFC 4180 has it.
fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::MediaTime;
    use crate::ingest::events_file;

    fn span() -> Span {
        Span::new(MediaTime::from_ms(1_000), MediaTime::from_ms(2_500))
    }

    #[test]
    fn the_events_of_the_original_are_kept_and_fitted() {
        let original = r#"{"version":1,"participants":[{"id":"a","role":"candidate"}],
            "tracks":[{"stream":2,"id":"v","participant":"a","region":{"x":0.5,"y":0.2,"width":0.5,"height":0.8}}],
            "events":[{"time_ms":10,"type":"question_end","question_id":"q"}]}"#;
        let changes = Changes {
            streams: HashMap::from([(2, 0)]),
            kept_height: HashMap::from([(2, 0.9)]),
        };
        let done = Some((Kind::LipShift, span(), Some(240.0)));
        let text = events_text(Some(original), &changes, done).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["tracks"][0]["stream"], 0);
        let region = &read["tracks"][0]["region"];
        assert!((region["y"].as_f64().unwrap() - 0.18).abs() < 1e-12);
        assert!((region["height"].as_f64().unwrap() - 0.72).abs() < 1e-12);
        assert_eq!(read["tampered"][0]["kind"], "lip_shift");
        assert_eq!(read["tampered"][0]["offset_ms"], 240.0);
        // It is an events file like any other.
        let parsed = events_file::parse(&text).unwrap();
        assert_eq!(parsed.events.len(), 1);
        assert_eq!(parsed.tampered.as_deref().map(<[_]>::len), Some(1));
        let plain = events_text(None, &changes, None).unwrap();
        let parsed = events_file::parse(&plain).unwrap();
        assert_eq!(parsed.tampered.as_deref(), Some(&[][..]));
        assert!(events_text(Some("[]"), &changes, None).is_err());
    }

    #[test]
    fn the_list_is_one_that_evaluate_reads() {
        let row = |kind, file: &str| Row {
            file: file.into(),
            kind,
            span: span(),
            offset_ms: None,
        };
        let rows = [
            row(Kind::Untouched, "a, b.untouched.mp4"),
            row(Kind::LipShift, "a, b.lip_shift.mp4"),
        ];
        let text = list("a, b", &rows);
        assert_eq!(
            text.lines().nth(1).unwrap(),
            "\"a, b.untouched.mp4\",real,\"a, b\",,\"a, b:1.000-2.500\",1.000,2.500,"
        );
        assert!(
            text.lines()
                .nth(2)
                .unwrap()
                .contains(",fake,\"a, b\",lip_shift,")
        );
    }
}
