//! The document as JSON: stable order, two-space indents, one line feed at the end.

use super::Document;

/// A document as JSON text.
///
/// # Errors
/// When it cannot be written as JSON, which no valid document causes.
pub fn to_json(document: &Document) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}
