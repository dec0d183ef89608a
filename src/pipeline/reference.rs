//! The reference of one participant: read picture by picture, or given ready-made.

use super::sight::new_tracker;
use crate::analyze::{FaceGatherer, ReferenceGatherer};
use crate::core::{
    Abstention, Comparison, Frame, MediaTime, NO_CONSENT, Reference, ReferenceKind,
    ReferenceSource, ReferenceSummary, Span,
};
use crate::engine::ModelSet;
use crate::track::FaceTracker;

/// Reads the pictures of a reference: a face track of its own, and means over what it shows. No
/// picture is kept, and none counts as part of an interview.
#[derive(Debug)]
pub struct ReferenceReader {
    source: ReferenceSource,
    tracker: FaceTracker,
    gatherer: ReferenceGatherer,
    /// Only where somebody consented to the comparison of faces.
    faces: Option<FaceGatherer>,
    last: Option<MediaTime>,
    /// Why faces cannot be tracked, if so.
    obstacle: Option<Abstention>,
}

// === impl ReferenceReader ===

impl ReferenceReader {
    /// A reader that has seen nothing; `detect_interval_ns` as in
    /// [`PipelineSettings`](super::PipelineSettings); `faces`: the interview has a consent id, so that
    /// its face may be compared.
    pub fn new(source: ReferenceSource, detect_interval_ns: i64, faces: bool) -> Self {
        Self {
            source,
            tracker: new_tracker(detect_interval_ns),
            gatherer: ReferenceGatherer::default(),
            faces: faces.then(FaceGatherer::default),
            last: None,
            obstacle: None,
        }
    }

    /// Takes a picture; one whose time does not rise is left out.
    pub fn push(&mut self, frame: &Frame, models: &mut ModelSet) {
        if self.last.is_some_and(|last| frame.time <= last) {
            return;
        }
        self.last = Some(frame.time);
        match self.tracker.observe(frame, models) {
            Ok(seen) => {
                self.gatherer.take(&seen, models);
                if let Some(faces) = &mut self.faces {
                    faces.take(&seen, models);
                }
            }
            Err(why) => self.obstacle = Some(why),
        }
    }

    /// The reference by the pictures so far.
    pub fn reference(&self, models: &ModelSet) -> Reference {
        let baseline = match (&self.obstacle, self.last) {
            (Some(why), _) => Err(why.detail.clone()),
            (None, None) => Err("no picture of it has come".to_owned()),
            (None, Some(_)) => self.gatherer.baseline(models),
        };
        let face = match (&self.faces, &self.obstacle) {
            (None, _) => Err(NO_CONSENT.to_owned()),
            (Some(_), Some(why)) => Err(why.detail.clone()),
            (Some(faces), None) => faces.face(models),
        };
        Reference {
            source: self.source.clone(),
            baseline,
            face,
        }
    }
}

/// How a participant's reference comes.
#[derive(Debug)]
enum Origin {
    /// Ready-made: a recording that was read before, or an earlier interview.
    Given,
    /// From pictures that come during the interview.
    Read(Box<ReferenceReader>),
}

/// The reference of a lane, and what became of it.
#[derive(Debug)]
pub(super) struct LaneReference {
    origin: Origin,
    /// The reference as the latest segment had it.
    now: Reference,
    compared: u64,
    not_comparable: u64,
    /// Why the latest such segment was not compared.
    obstacle: Option<String>,
    /// True once somebody was told of an obstacle.
    told: bool,
}

// === impl LaneReference ===

impl LaneReference {
    pub(super) fn given(reference: Reference) -> Self {
        Self::new(Origin::Given, reference)
    }

    /// `faces`: the interview has a consent id.
    pub(super) fn read(source: ReferenceSource, detect_interval_ns: i64, faces: bool) -> Self {
        let none = || "no picture of it has come".to_owned();
        let now = Reference {
            source: source.clone(),
            baseline: Err(none()),
            face: Err(none()),
        };
        let reader = ReferenceReader::new(source, detect_interval_ns, faces);
        Self::new(Origin::Read(Box::new(reader)), now)
    }

    fn new(origin: Origin, now: Reference) -> Self {
        Self {
            origin,
            now,
            compared: 0,
            not_comparable: 0,
            obstacle: None,
            told: false,
        }
    }

    /// Takes another verified stretch of the interview, if that is what the reference is.
    pub(super) fn widen(&mut self, span: &Span) {
        if !self.is_stretch() {
            return;
        }
        let name = format!("{}, {}", self.now.source.name, span.words());
        if let Origin::Read(reader) = &mut self.origin {
            reader.source.name.clone_from(&name);
        }
        self.now.source.name = name;
    }

    /// True when its pictures come from the interview's own.
    pub(super) fn is_stretch(&self) -> bool {
        self.now.source.kind == ReferenceKind::Stretch
    }

    pub(super) fn push(&mut self, frame: &Frame, models: &mut ModelSet) {
        if let Origin::Read(reader) = &mut self.origin {
            reader.push(frame, models);
        }
    }

    /// Brings the reference up to date and returns it.
    pub(super) fn refresh(&mut self, models: &ModelSet) -> &Reference {
        if let Origin::Read(reader) = &self.origin {
            self.now = reader.reference(models);
        }
        &self.now
    }

    /// Counts what a finding made of the reference.
    pub(super) fn count(&mut self, comparison: &Comparison) {
        match &comparison.obstacle {
            None => self.compared += 1,
            Some(why) => {
                self.not_comparable += 1;
                self.obstacle = Some(why.clone());
            }
        }
    }

    /// A remark for people where the reference could not be used, once.
    pub(super) fn remark(&mut self, at_end: bool) -> Option<String> {
        let unusable = self.now.baseline.as_ref().err();
        let unusable = unusable.filter(|_| at_end || matches!(self.origin, Origin::Given));
        let why = self.obstacle.as_ref().or(unusable)?;
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        let source = &self.now.source;
        Some(format!(
            "the reference ({source}) cannot be used: {why}; face swap traces are judged without it"
        ))
    }

    pub(super) fn summary(&self) -> ReferenceSummary {
        let baseline = self.now.baseline.as_ref();
        ReferenceSummary {
            source: self.now.source.clone(),
            pictures: baseline.map_or(0, |b| b.pictures),
            face_px: baseline.map_or(0.0, |b| b.face_px),
            compared_segments: self.compared,
            not_comparable_segments: self.not_comparable,
            obstacle: baseline.err().cloned().or_else(|| self.obstacle.clone()),
        }
    }
}
