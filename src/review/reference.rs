//! A recording of a verified moment, read once and set against any number of interviews.

use super::{ReviewError, ReviewOptions, plan_of};
use crate::core::{MediaTime, ParticipantId, Reference, ReferenceKind, ReferenceSource, Span};
use crate::decode::file::{Media, MediaSource, OpenOptions};
use crate::engine::ModelSet;
use crate::ingest::events_file::{self, Plan};
use crate::pipeline::ReferenceReader;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A recording to be read as reference.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceInput<'a> {
    /// The recording; its events file, if one lies beside it, says who is who.
    pub path: &'a Path,
    /// What reports call it; `None` = its path.
    pub shown: Option<&'a str>,
    /// The stretch to be read; `None` = the one that its events file marks, or all of it.
    pub stretch: Option<Span>,
    /// True where an interview that it is for has a consent id: its face is then compared too.
    pub faces: bool,
    /// Ends the reading as [`ReviewError::Cancelled`] once it is true.
    pub stop: Option<&'a AtomicBool>,
}

/// What was read of a reference, with whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceClip {
    /// The participant as the reference's own events file names them.
    pub participant: ParticipantId,
    /// What was read.
    pub reference: Reference,
    /// The recording.
    pub path: PathBuf,
    /// What was read of it; `None` = all.
    pub stretch: Option<Span>,
}

// === impl ReferenceInput ===

impl<'a> ReferenceInput<'a> {
    /// A whole recording.
    pub fn of(path: &'a Path) -> Self {
        Self {
            path,
            shown: None,
            stretch: None,
            faces: false,
            stop: None,
        }
    }

    /// The events file beside the recording, if there is one.
    pub fn events_file(&self) -> Option<PathBuf> {
        events_file::discover(self.path)
    }

    fn name(&self, stretch: Option<Span>) -> String {
        let name = self
            .shown
            .map_or_else(|| self.path.display().to_string(), str::to_owned);
        match stretch {
            None => name,
            Some(s) => format!("{name}, {}", s.words()),
        }
    }

    /// Reads the pictures of the recording's candidate. That too few of them can be used is no
    /// failure: the reference then says so.
    ///
    /// # Errors
    /// A recording or events file that cannot be read, no picture of a candidate, or several
    /// candidates.
    pub fn read(
        &self,
        models: &mut ModelSet,
        options: &ReviewOptions,
    ) -> Result<ReferenceClip, ReviewError> {
        let mut source = MediaSource::open(self.path, &OpenOptions::default())?;
        let plan = plan_of(self.events_file().as_deref(), source.info())?;
        let (participant, track) = plan.candidate().map_err(|e| ReviewError::Plan(vec![e]))?;
        let stretch = self.stretch.or(plan.reference);
        for s in plan.selections.iter().filter(|s| s.track == track) {
            source.select(s.stream, s.track.clone(), s.region)?;
        }
        let named = ReferenceSource {
            kind: ReferenceKind::Clip,
            name: self.name(stretch),
        };
        let interval_ns = options.pipeline.detect_interval_ns;
        let mut reader = ReferenceReader::new(named, interval_ns, self.faces);
        let mut any = false;
        loop {
            if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(ReviewError::Cancelled);
            }
            let frame = match source.next() {
                Ok(Some(Media::Frame { frame, .. })) => frame,
                Ok(Some(Media::Audio { .. })) => continue,
                Ok(None) => break,
                // What was read of a recording that breaks off is as good as it is.
                Err(error) if any => {
                    tracing::warn!(%error, "the reference could not be read to its end");
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            any = true;
            match stretch {
                Some(s) if frame.time >= s.end => break,
                Some(s) if frame.time < s.start => {}
                _ => reader.push(&frame, models),
            }
        }
        Ok(ReferenceClip {
            participant,
            reference: reader.reference(models),
            path: self.path.to_owned(),
            stretch,
        })
    }
}

// === impl ReferenceClip ===

impl ReferenceClip {
    /// Whom of an interview the reference shows: its only candidate, or the one of the same name.
    /// `stretch` is what is looked at of the recording at `path`.
    ///
    /// # Errors
    /// Why it is not used, in words: that cannot be told, or it is what is looked at itself, which
    /// a comparison with itself would clear of anything.
    pub(super) fn shows(
        &self,
        path: &Path,
        stretch: Option<Span>,
        plan: &Plan,
    ) -> Result<ParticipantId, String> {
        let whole = Span::new(MediaTime(i64::MIN), MediaTime(i64::MAX));
        let (read, seen) = (self.stretch.unwrap_or(whole), stretch.unwrap_or(whole));
        // The recording's own verified stretch is no part of what is looked at.
        let apart = plan.reference == Some(read) || read.intersect(&seen).is_empty();
        if !apart && same_file(path, &self.path) {
            return Err(format!(
                "the reference ({}) is not used: it is the recording itself",
                self.reference.source
            ));
        }
        let spec = &plan.spec;
        spec.shown_by(&self.participant).cloned().ok_or_else(|| {
            format!(
                "the reference ({}) is not used: the interview has several candidates, none named {}",
                self.reference.source, self.participant
            )
        })
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
