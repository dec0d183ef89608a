//! What is reviewed, when it is more than a path.

use super::{ReferenceClip, WantedLog};
use crate::core::Span;
use crate::decode::file::Media;
use crate::ingest::events_file;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Changes media on their way into the pipeline, as `evaluate` does to see what a signal bears.
/// What comes out must keep the order of times within a track.
pub trait MediaFilter {
    /// Takes one picture or block of sound; appends what takes its place, if anything does.
    fn pass(&mut self, media: Media, out: &mut Vec<Media>);

    /// The recording is over; appends what was still held back.
    fn finish(&mut self, out: &mut Vec<Media>);
}

/// One recording or still picture with what belongs to it.
pub struct ReviewInput<'a> {
    /// The file.
    pub path: &'a Path,
    /// What reports call it; `None` = its path. Where it is given, the log says neither.
    pub shown: Option<&'a str>,
    /// Its events file; `None` looks beside the recording.
    pub events: Option<&'a Path>,
    /// The stretch that is looked at, in the recording's own time; `None` = all of it.
    pub stretch: Option<Span>,
    /// The same person before the same camera at a verified moment.
    pub reference: Option<&'a ReferenceClip>,
    /// What is done to its media, if anything.
    pub filter: Option<&'a mut dyn MediaFilter>,
    /// Asks for an evidence log; of all of the recording as it was decoded, before any filter.
    pub evidence: Option<WantedLog<'a>>,
    /// Ends the review as [`super::ReviewError::Cancelled`] once it is true.
    pub stop: Option<&'a AtomicBool>,
}

impl std::fmt::Debug for ReviewInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReviewInput")
            .field("path", &self.path)
            .field("events", &self.events)
            .field("stretch", &self.stretch)
            .field("reference", &self.reference.map(|r| &r.reference.source))
            .field("filtered", &self.filter.is_some())
            .field("evidence", &self.evidence.is_some())
            .finish()
    }
}

// === impl ReviewInput ===

impl<'a> ReviewInput<'a> {
    /// A path, as it is.
    pub fn of(path: &'a Path) -> Self {
        Self {
            path,
            shown: None,
            events: None,
            stretch: None,
            reference: None,
            filter: None,
            evidence: None,
            stop: None,
        }
    }

    /// What reports call it.
    pub fn name(&self) -> String {
        self.shown
            .map_or_else(|| self.path.display().to_string(), str::to_owned)
    }

    /// True where the events file names a consent record, without which no face is compared with that
    /// of a reference. One that cannot be read says so when the recording is reviewed.
    pub fn has_consent(&self) -> bool {
        let events = self
            .events_file()
            .and_then(|path| events_file::load(&path).ok());
        events.is_some_and(|e| !e.consent_id.is_empty())
    }

    /// The events file: as given, or beside the recording.
    pub fn events_file(&self) -> Option<PathBuf> {
        match self.events {
            Some(path) => Some(path.to_owned()),
            None => events_file::discover(self.path),
        }
    }
}
