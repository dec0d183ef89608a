//! Reading messages: JSON with the field at fault, base64, ids, codes.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost::bytes::Bytes;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Why a message could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The message does not have the platform's shape.
    #[error("{field}: {problem}")]
    Shape {
        /// Path of the field, as `content.timestamp`.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A code or value that has no meaning here, or that cannot be mapped.
    #[error("{field}: found {found}, expected {expected}")]
    Value {
        /// Path of the field.
        field: String,
        /// What was found.
        found: String,
        /// What would be taken.
        expected: String,
    },
    /// Something came before what it needs.
    #[error("{found} before {needed}")]
    Order {
        /// What came.
        found: &'static str,
        /// What should have come first.
        needed: &'static str,
    },
}

impl MapError {
    pub(super) fn value(field: &str, found: impl ToString, expected: impl Into<String>) -> Self {
        Self::Value {
            field: field.to_owned(),
            found: found.to_string(),
            expected: expected.into(),
        }
    }
}

/// Any JSON text.
pub(super) fn json(text: &str) -> Result<Value, MapError> {
    serde_json::from_str(text).map_err(|e| MapError::Shape {
        field: "message".into(),
        problem: e.to_string(),
    })
}

/// The text of a field that tells kinds of messages apart.
pub(super) fn tag<'a>(message: &'a Value, field: &str) -> Result<&'a str, MapError> {
    message
        .get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| MapError::Shape {
            field: field.into(),
            problem: "missing, or no text".into(),
        })
}

/// A message of a known kind; an error names the field's path.
pub(super) fn read<T: DeserializeOwned>(message: Value) -> Result<T, MapError> {
    serde_path_to_error::deserialize(message).map_err(|e| {
        let path = e.path().to_string();
        let problem = e.inner().to_string();
        let field = match path.as_str() {
            "." => "message".to_owned(),
            _ => path,
        };
        MapError::Shape { field, problem }
    })
}

/// Base64 with or without padding.
pub(super) fn base64<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text = String::deserialize(from)?;
    let decoded = ANY.decode(text.as_bytes());
    decoded
        .map(Bytes::from)
        .map_err(|e| D::Error::custom(format!("no base64: {e}")))
}

/// The same where the field may be missing.
pub(super) fn base64_option<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
    base64(from).map(Some)
}

/// An id that is written as a number here and as a text there.
pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    match Id::deserialize(from) {
        Ok(Id::Number(n)) => Ok(n.to_string()),
        Ok(Id::Text(t)) => Ok(t),
        Err(_) => Err(D::Error::custom("neither a whole number nor a text")),
    }
}

/// A whole number that is written as a text.
pub(super) fn number_text<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let text = String::deserialize(from)?;
    text.trim()
        .parse()
        .map_err(|_| D::Error::custom(format!("no whole number: {text:?}")))
}
