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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn repository() -> std::path::PathBuf {
        std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    /// The Python tests hold this file against `docs/report.schema.json`.
    /// `UPDATE_GOLDEN=1 cargo test` rewrites the file after a change that is meant.
    #[test]
    fn the_document_is_what_the_golden_file_says() {
        let path = repository().join("testdata/golden/report.json");
        let text = to_json(&sample::document()).unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&path).unwrap());
    }

    #[test]
    fn the_document_reads_back() {
        let text = to_json(&sample::document()).unwrap();
        let back: Document = serde_json::from_str(&text).unwrap();
        assert_eq!(back, sample::document());
    }
}
