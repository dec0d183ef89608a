//! Why a list of recordings cannot be used.

use std::path::PathBuf;

/// Why a list cannot be used; lines and fields count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {detail}", .path.display())]
    Read {
        /// The list.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// No recording is listed.
    #[error("the list is empty: expected a line of column names and a line for each recording")]
    Empty,
    /// The text is not CSV.
    #[error("line {line}, field {field}: {problem}")]
    Syntax {
        /// Line.
        line: usize,
        /// Field in the line.
        field: usize,
        /// What is wrong.
        problem: String,
    },
    /// A column that must be there.
    #[error("line 1: no column {column}; path and label are needed")]
    NoColumn {
        /// Its name.
        column: &'static str,
    },
    /// A column that is there twice.
    #[error("line 1: column {column} is there twice")]
    ColumnTwice {
        /// Its name.
        column: String,
    },
    /// A line with more or fewer fields than the first.
    #[error("line {line}: {found} fields, expected {expected} as in the first line")]
    Fields {
        /// Line.
        line: usize,
        /// Fields found.
        found: usize,
        /// Columns of the list.
        expected: usize,
    },
    /// A field that cannot be used.
    #[error("line {line}, column {column}: found {found:?}, expected {expected}")]
    Field {
        /// Line.
        line: usize,
        /// Name of the column.
        column: &'static str,
        /// The field.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// A recording listed twice with the same models, events, stretch and reference.
    #[error(
        "line {line}: {name} stands on line {first} already, with the same models, events, stretch and reference"
    )]
    Twice {
        /// Line.
        line: usize,
        /// Line of the first.
        first: usize,
        /// The path as the list has it.
        name: String,
    },
}
