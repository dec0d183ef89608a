//! The error of a value that came from outside.

/// A field whose value cannot be used: names the field, what was found and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: found {found}, expected {expected}")]
pub struct FieldError {
    /// Path of the field as the sender knows it, as `tracks[1].video.width`.
    pub field: String,
    /// The value found, shortened where long.
    pub found: String,
    /// What would have been accepted.
    pub expected: String,
}

impl FieldError {
    /// A field error; `found` is cut to 80 characters.
    pub fn new(
        field: impl Into<String>,
        found: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        let found: String = found.to_string().chars().take(80).collect();
        Self {
            field: field.into(),
            found,
            expected: expected.into(),
        }
    }

    /// The same error with `prefix.` before its field.
    pub fn within(mut self, prefix: &str) -> Self {
        self.field = format!("{prefix}.{}", self.field);
        self
    }
}
