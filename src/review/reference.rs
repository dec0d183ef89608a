//! A recording of a verified moment, read once and set against any number of interviews.

use super::{ReviewError, ReviewOptions, plan_of};
use crate::core::{
    InterviewSpec, ParticipantId, Reference, ReferenceKind, ReferenceSource, Span, TrackId,
    TrackKind,
};
use crate::decode::file::{Media, MediaSource, OpenOptions};
use crate::engine::ModelSet;
use crate::ingest::events_file::{self, Plan};
use crate::pipeline::ReferenceReader;
use std::path::{Path, PathBuf};

/// A recording to be read as reference.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceInput<'a> {
    /// The recording; its events file, if one lies beside it, says who is who.
    pub path: &'a Path,
    /// The stretch to be read; `None` = all of it.
    pub stretch: Option<Span>,
}

/// What was read of a reference, with whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceClip {
    /// The participant as the reference's own events file names them.
    pub participant: ParticipantId,
    /// What was read.
    pub reference: Reference,
}

// === impl ReferenceInput ===

impl<'a> ReferenceInput<'a> {
    /// A whole recording.
    pub fn of(path: &'a Path) -> Self {
        Self {
            path,
            stretch: None,
        }
    }

    /// The events file beside the recording, if there is one.
    pub fn events_file(&self) -> Option<PathBuf> {
        events_file::discover(self.path)
    }

    fn name(&self) -> String {
        let path = self.path.display();
        match self.stretch {
            None => path.to_string(),
            Some(s) => format!("{path}, {}", s.words()),
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
        let (participant, track) = candidate(&plan)?;
        for s in plan.selections.iter().filter(|s| s.track == track) {
            source.select(s.stream, s.track.clone(), s.region)?;
        }
        let named = ReferenceSource {
            kind: ReferenceKind::Clip,
            name: self.name(),
        };
        let mut reader = ReferenceReader::new(named, options.pipeline.detect_interval_ns);
        while let Some(media) = source.next()? {
            let Media::Frame { frame, .. } = media else {
                continue;
            };
            match self.stretch {
                Some(s) if frame.time >= s.end => break,
                Some(s) if frame.time < s.start => {}
                _ => reader.push(&frame, models),
            }
        }
        Ok(ReferenceClip {
            participant,
            reference: reader.reference(models),
        })
    }
}

/// The only scored participant with pictures, and their track.
fn candidate(plan: &Plan) -> Result<(ParticipantId, TrackId), ReviewError> {
    let scored = |p: &ParticipantId| plan.spec.role_of(p).is_some_and(|r| r.is_scored());
    let mut videos = plan
        .spec
        .tracks
        .iter()
        .filter(|t| t.kind() == TrackKind::Video && scored(&t.participant));
    let first = videos.next().ok_or(ReviewError::NoMedia)?;
    match videos.find(|t| t.participant != first.participant) {
        None => Ok((first.participant.clone(), first.id.clone())),
        Some(other) => Err(ReviewError::TwoCandidates {
            first: first.participant.to_string(),
            second: other.participant.to_string(),
        }),
    }
}

// === impl ReferenceClip ===

impl ReferenceClip {
    /// Whom of an interview the reference shows: its only candidate, or the one of the same name.
    ///
    /// # Errors
    /// Why that cannot be told, in words.
    pub fn shows(&self, spec: &InterviewSpec) -> Result<ParticipantId, String> {
        let mut scored = spec.participants.iter().filter(|p| p.role.is_scored());
        match (scored.next(), scored.next()) {
            (Some(only), None) => Ok(only.id.clone()),
            _ if spec
                .role_of(&self.participant)
                .is_some_and(|r| r.is_scored()) =>
            {
                Ok(self.participant.clone())
            }
            _ => Err(format!(
                "the reference ({}) is not used: the interview has several candidates, none named {}",
                self.reference.source, self.participant
            )),
        }
    }
}
