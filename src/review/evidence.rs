//! The evidence log of a recording under review.

use crate::core::{ControlEvent, SegmentResult};
use crate::decode::DecodeError;
use crate::decode::file::Media;
use crate::evidence::{Header, Leaf, Origin, Program, RecordedTrack, Recorder, Said, SigningKey};
use crate::ingest::events_file::Plan;
use crate::report::FileReport;
use std::path::Path;
use std::sync::Arc;

/// What reviews make their evidence logs with.
#[derive(Debug, Clone)]
pub struct ReviewEvidence {
    /// What signs them.
    pub key: Arc<SigningKey>,
    /// What makes them.
    pub program: Program,
}

/// Asks for the log of one recording, and takes it.
#[derive(Debug)]
pub struct WantedLog<'a> {
    /// What it is made with.
    pub with: &'a ReviewEvidence,
    /// SHA-256 of the recording, lower-case hex.
    pub sha256: &'a str,
    /// Where it goes; left as it is where the recording cannot be reviewed.
    pub log: &'a mut Option<Vec<u8>>,
}

/// Writes down what a review takes in and what comes of it; does nothing where no log is wanted.
#[derive(Debug, Default)]
pub(super) struct Scribe(Option<Recorder>);

// === impl Scribe ===

impl Scribe {
    /// Begins the log of a recording.
    ///
    /// # Errors
    /// When the size of the file cannot be read.
    pub(super) fn begin(
        wanted: Option<&WantedLog<'_>>,
        path: &Path,
        plan: &Plan,
    ) -> Result<Self, DecodeError> {
        let Some(wanted) = wanted else {
            return Ok(Self(None));
        };
        let bytes = std::fs::metadata(path).map_err(|e| DecodeError::Io(e.to_string()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let tracks = plan.spec.tracks.iter().map(|spec| {
            let of = plan.selections.iter().find(|s| s.track == spec.id);
            RecordedTrack {
                spec,
                stream: of.map(|s| s.stream),
                region: of.and_then(|s| s.region),
            }
        });
        let header = Header {
            program: &wanted.with.program,
            origin: Origin::Recording {
                name: name.into_owned(),
                sha256: wanted.sha256.to_owned(),
                bytes: bytes.len(),
            },
            spec: &plan.spec,
            tracks: tracks.collect(),
        };
        let recorder = Recorder::begin(wanted.with.key.clone(), &header);
        Ok(Self(Some(recorder)))
    }

    /// A picture or a block of sound, as it was decoded.
    pub(super) fn media(&mut self, media: &Media) {
        let Some(recorder) = &mut self.0 else { return };
        match media {
            Media::Frame { track, frame } => recorder.media(track, Leaf::of_picture(frame)),
            Media::Audio { track, block } => recorder.media(track, Leaf::of_sound(block)),
        }
    }

    /// An event that was taken in.
    pub(super) fn event(&mut self, event: &ControlEvent) {
        if let Some(recorder) = &mut self.0 {
            recorder.event(event, None);
        }
    }

    /// A final segment.
    pub(super) fn segment(&mut self, segment: &SegmentResult) {
        if let Some(recorder) = &mut self.0 {
            recorder.segment(segment);
        }
    }

    /// Closes the log with what the report says of the whole; gives its bytes.
    pub(super) fn end(self, report: &FileReport) -> Option<Vec<u8>> {
        let mut recorder = self.0?;
        for n in &report.notices {
            recorder.notice(Said {
                kind: "review",
                track: None,
                time: None,
                detail: &n.detail,
                count: n.count,
            });
        }
        if let Some(summary) = &report.summary {
            recorder.summary(summary);
        }
        recorder.seal();
        Some(recorder.take())
    }
}
