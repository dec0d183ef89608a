//! Reports: one versioned document for all inputs, as JSON and as pages for people.
//!
//! **In:** results of the pipeline, statuses of the models. **Out:** bytes. **May touch:** `core`,
//! serde. **Must not touch:** models, media, clocks. A report of the same results is the same
//! bytes: wall-clock times and throughput are printed elsewhere.

mod document;
mod html;
mod index;
mod json;
mod prevalence;
mod rubric;
#[cfg(test)]
pub(crate) mod sample;
mod series;
mod standing;
mod stretch;
mod text;

pub use document::{
    DOCUMENT_VERSION, Document, FileReport, Generator, ModelReport, Notice, ParticipantReport,
    RegionShare, ReportPicture, ScoreSettings, SignalReport,
};
pub(crate) use html::kit;
pub use html::to_html;
pub(crate) use index::csv_field;
pub use index::{
    BatchIndex, FileStatus, INDEX_VERSION, IndexEntry, IndexPerson, PassedOverFile, StatusCount,
    index_to_csv, index_to_html,
};
pub use json::to_json;
pub use series::ReportSeries;
pub(crate) use standing::{change_line, verdict_line};
pub(crate) use text::reference_line;
pub use text::{capability_line, segment_line, summary_lines};
