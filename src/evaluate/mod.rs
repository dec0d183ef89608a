//! Figures of labelled recordings: how well the signals tell real from manipulated, and how often
//! they are wrong.
//!
//! **In:** a list of recordings with their truth ([`ClipList`]), engines. **Out:** an
//! [`Evaluation`], as JSON, as a CSV per clip, as a page; overlays with a fitted calibration.
//! **May touch:** `review` (the only way a recording is scored here), `report`, `engine`,
//! `fusion`, `core`, and `decode` for media that are made worse on purpose. **Must not touch:**
//! the wire, sessions, clocks.
//!
//! What holds:
//! - a recording is scored by the product's own pipeline, whole, the last partial segment included;
//! - a recording on which a signal abstained stays in its AUC with a score of 0, and the share of
//!   recordings with a number (coverage) stands beside each figure;
//! - intervals resample identities, not recordings;
//! - [`metrics`] and [`fit`] are pure and agree with scikit-learn on fixed vectors.

mod cache;
mod calibrate;
mod clip;
pub mod degrade;
mod document;
mod figures;
pub mod fit;
mod list;
pub mod metrics;
mod page;
mod runner;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use cache::{CacheError, ResultCache};
pub use calibrate::{MIN_IDENTITIES, VOTE_AUC, calibrate};
pub use clip::{ClipResult, FindingScore, SegmentScore};
pub use document::{
    Calibrated, Degraded, Delay, EVALUATION_VERSION, Evaluation, FailedClip, Figures, Group,
    ListSummary, ModelUse, OperatingFigures, Pairs, Rate, ReferenceUse, Settings, SyncFigures,
    ToolRow,
};
pub use figures::{Options, evaluate};
pub use list::{COLUMNS, Clip, ClipList, CsvRecord, ListError, Stretch, csv_records};
pub use page::to_html;
pub use runner::{Engines, RunError, RunProgress, RunSettings, Scored, run};
pub use table::clip_table;
pub use text::summary_lines;
