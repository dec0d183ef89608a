//! What names somebody, or may do so, is taken out of entries and attached to them.
//!
//! Known names become numbers: the place of the participant or track in the first entry. Every other text
//! that somebody chose becomes an attachment with a salt. Three rules find them: values that an entry marks
//! as `{"personal": TEXT}`; keys of the results' own documents that always hold such a text; and free words
//! of this program in which a name of the interview occurs.

use super::chain::{Attached, SALT_BYTES};
use super::key::SigningKey;
use crate::core::InterviewSpec;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Shorter names are not searched for in words: "a" is in most of them.
const LEAST_SEARCHED: usize = 4;
/// What everybody calls participants and tracks names nobody, and stands in many words of this program.
const GENERIC: [&str; 14] = [
    "audio",
    "camera",
    "candidate",
    "clock",
    "face",
    "host",
    "interviewer",
    "microphone",
    "picture",
    "recording",
    "review",
    "sound",
    "track",
    "video",
];
/// Names kept for the search; a client may send as many ids as it has events.
const MOST_NAMES: usize = 20_000;
/// Keys whose text was chosen by somebody, wherever they stand in a result.
const CHOSEN: [&str; 5] = [
    "session",
    "consent_id",
    "question_id",
    "end_reason",
    "remark",
];
/// Keys of words in which a name may be quoted.
const WORDS: [&str; 6] = ["detail", "obstacle", "words", "id", "challenge", "limits"];

/// The names of an interview, and the salts of its log.
#[derive(Debug)]
pub(super) struct Personal {
    participants: Vec<String>,
    tracks: Vec<String>,
    names: BTreeSet<String>,
    /// Makes the salts of this log its own.
    context: [u8; 32],
}

// === impl Personal ===

impl Personal {
    /// For an interview whose first entry, names and all, is `header`.
    pub(super) fn new(spec: &InterviewSpec, header: &Value, key: &SigningKey) -> Self {
        let text = |id: &dyn std::fmt::Display| id.to_string();
        let mut personal = Self {
            participants: spec.participants.iter().map(|p| text(&p.id)).collect(),
            tracks: spec.tracks.iter().map(|t| text(&t.id)).collect(),
            names: BTreeSet::new(),
            context: key.derive(&[header.to_string().as_bytes()]),
        };
        let earlier = spec.participants.iter().flat_map(|p| &p.reference_session);
        let clocks = spec.tracks.iter().map(|t| t.clock_id.clone());
        let all: Vec<String> = [spec.session_id.to_string(), spec.consent_id.clone()]
            .into_iter()
            .chain(earlier.map(|s| text(s)))
            .chain(clocks)
            .chain(personal.participants.clone())
            .chain(personal.tracks.clone())
            .collect();
        all.iter().for_each(|name| personal.learn(name));
        personal
    }

    /// A name that came later, as that of a question.
    pub(super) fn learn(&mut self, name: &str) {
        let telling = name.len() >= LEAST_SEARCHED && !GENERIC.contains(&name);
        if telling && self.names.len() < MOST_NAMES {
            self.names.insert(name.to_owned());
        }
    }

    /// Place of a participant in the first entry.
    pub(super) fn participant(&self, id: &str) -> Value {
        place(&self.participants, id)
    }

    /// Place of a track in the first entry.
    pub(super) fn track(&self, id: &str) -> Value {
        place(&self.tracks, id)
    }

    /// Takes what is personal out of the body of entry `n`.
    pub(super) fn take_out(
        &self,
        n: u64,
        body: &mut Value,
        key: &SigningKey,
        attached: &mut Vec<Attached>,
    ) {
        let mut texts = Texts {
            n,
            personal: self,
            key,
            attached,
        };
        texts.walk(body);
    }
}

fn place(names: &[String], id: &str) -> Value {
    match names.iter().position(|name| name == id) {
        Some(at) => json!(at),
        None => json!({"personal": id}),
    }
}

struct Texts<'a> {
    n: u64,
    personal: &'a Personal,
    key: &'a SigningKey,
    attached: &'a mut Vec<Attached>,
}

impl Texts<'_> {
    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|v| self.walk(v)),
            Value::Object(fields) => {
                if let Some(text) = marked(fields) {
                    *value = self.attach(text);
                    return;
                }
                let names_a_source = fields.contains_key("name") && fields.contains_key("kind");
                for (name, v) in fields.iter_mut() {
                    self.field(name, names_a_source, v);
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, name: &str, names_a_source: bool, value: &mut Value) {
        let replaced = match (name, &*value) {
            ("participant", Value::String(id)) => Some(self.personal.participant(id)),
            ("track", Value::String(id)) => Some(self.personal.track(id)),
            // Where a reference came from: an earlier interview or a file.
            ("name", Value::String(text)) if names_a_source => Some(json!({"personal": text})),
            (name, Value::String(text)) if CHOSEN.contains(&name) || self.quotes(name, text) => {
                Some(json!({"personal": text}))
            }
            (name, Value::Array(items)) if WORDS.contains(&name) => {
                let mark = |v: &Value| match v {
                    Value::String(text) if self.quotes(name, text) => json!({"personal": text}),
                    other => other.clone(),
                };
                Some(items.iter().map(mark).collect())
            }
            _ => None,
        };
        if let Some(replaced) = replaced {
            *value = replaced;
        }
        self.walk(value);
    }

    /// True for words in which a name of the interview occurs.
    fn quotes(&self, name: &str, text: &str) -> bool {
        WORDS.contains(&name)
            && self
                .personal
                .names
                .iter()
                .any(|n| text.contains(n.as_str()))
    }

    fn attach(&mut self, value: String) -> Value {
        let at = self.attached.len();
        let place = [self.n.to_be_bytes(), (at as u64).to_be_bytes()].concat();
        let derived = self.key.derive(&[&self.personal.context, &place]);
        let mut salt = [0; SALT_BYTES];
        salt.copy_from_slice(&derived[..SALT_BYTES]);
        self.attached.push(Attached::Value { salt, value });
        json!({"commit": at})
    }
}

/// The text of `{"personal": TEXT}`.
fn marked(fields: &Map<String, Value>) -> Option<String> {
    match (fields.len(), fields.get("personal")) {
        (1, Some(Value::String(text))) => Some(text.clone()),
        _ => None,
    }
}
