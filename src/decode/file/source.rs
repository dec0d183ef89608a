//! A recording or a still, read the same way.

use super::still::{self, StillSource};
use super::{DecodeError, FileInfo, FileSource, FileStats, Media, OpenOptions, open};
use crate::core::{Region, TrackId};
use std::path::Path;

/// Whatever a path holds: a recording, or a still picture as a recording of one frame.
pub struct MediaSource(Kind);

enum Kind {
    Recording(Box<FileSource>),
    Still(StillSource),
}

// === impl MediaSource ===

impl MediaSource {
    /// Opens a recording, or a JPEG, PNG or WebP picture, told apart by their first bytes.
    ///
    /// # Errors
    /// Those of [`FileSource::open`]; [`DecodeError::Damaged`] or [`DecodeError::Field`] for a
    /// still that cannot be decoded.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, DecodeError> {
        let head = open::read_head(path)?;
        Ok(Self(match still::format_of(&head) {
            Some(format) => Kind::Still(StillSource::open(path, format, options)?),
            None => Kind::Recording(Box::new(FileSource::open(path, options)?)),
        }))
    }

    /// What the file holds.
    pub fn info(&self) -> &FileInfo {
        match &self.0 {
            Kind::Recording(s) => s.info(),
            Kind::Still(s) => &s.info,
        }
    }

    /// True for a still picture.
    pub fn is_still(&self) -> bool {
        matches!(self.0, Kind::Still(_))
    }

    /// See [`FileSource::select`].
    ///
    /// # Errors
    /// See [`FileSource::select`].
    pub fn select(
        &mut self,
        index: usize,
        track: TrackId,
        region: Option<Region>,
    ) -> Result<(), DecodeError> {
        match &mut self.0 {
            Kind::Recording(s) => s.select(index, track, region),
            Kind::Still(s) => s.select(index, track, region),
        }
    }

    /// See [`FileSource::next`].
    ///
    /// # Errors
    /// See [`FileSource::next`].
    #[allow(clippy::should_implement_trait)] // fallible, and the source is not an iterator
    pub fn next(&mut self) -> Result<Option<Media>, DecodeError> {
        match &mut self.0 {
            Kind::Recording(s) => s.next(),
            Kind::Still(s) => s.next(),
        }
    }

    /// Counts so far.
    pub fn stats(&self) -> FileStats {
        match &self.0 {
            Kind::Recording(s) => s.stats(),
            Kind::Still(s) => s.stats(),
        }
    }
}

impl std::fmt::Debug for MediaSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaSource")
            .field("info", self.info())
            .finish_non_exhaustive()
    }
}
