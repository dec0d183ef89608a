//! One face through a lane's pictures.

use super::geometry::{self, area, iou};
use super::measure::{Change, Glance};
use super::nets::{Hit, Marks, Nets};
use crate::core::{
    APPEARANCE_PX, Abstention, DETAIL_PX, Face, FaceDetail, FaceObs, Frame, HandScene,
    MOUTH_PATCH_H, MOUTH_PATCH_W, MediaTime, SCENE_PX,
};
use crate::engine::{EngineError, ModelSet};
use crate::vision::{
    BoxLuma, Crop, crop_from_detection, crop_from_points, crop_rgb, face_in_crop, gray_patch,
    native_crop, scene_crop,
};

/// How the face is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackConfig {
    /// The detector looks again after this long, in nanoseconds: it counts the faces and checks
    /// that the tracked one is still there.
    pub detect_interval_ns: i64,
    /// Without a face the detector looks at every picture for this long, in nanoseconds, and
    /// then only every [`TrackConfig::idle_interval_ns`].
    pub eager_ns: i64,
    /// See [`TrackConfig::eager_ns`].
    pub idle_interval_ns: i64,
    /// A lost face is taken up again where it was for this long, in nanoseconds; afterwards the
    /// largest and most central face is.
    pub memory_ns: i64,
    /// Least detector score at which a face is counted and a new track may start. Weaker hits,
    /// down to the detector's own threshold, only confirm or take up a face that is already
    /// known. On the talking clips of `train` and `val`, 99 % of the faces score above 0.81, and
    /// what the detector finds where the face was painted over below 0.62.
    pub clear_score: f32,
    /// Least face probability of the landmark net, on the detector's crop and again on the crop
    /// of its own points, at which a new track may start. A known face goes on, and is taken up
    /// again, at the net's own threshold. Of the teacher's faces on `val` 99.7 % reach the default,
    /// of the detector's hits on 4,123 pictures without a face none (`models/det-1.card.md`).
    pub clear_face: f32,
    /// Least overlap (IoU) of a detection with the tracked face.
    pub same_face_iou: f32,
    /// A track is given up after this many looks in a row at which the detector sees no face in
    /// its place: a landmark net can hold on to something that is no face.
    pub unconfirmed_looks: u32,
    /// The face is kept at native resolution this often, in nanoseconds.
    pub detail_interval_ns: i64,
    /// Hand scenes are cut out at most this often, in nanoseconds, where they are asked for.
    pub scene_interval_ns: i64,
}

impl Default for TrackConfig {
    fn default() -> Self {
        Self {
            detect_interval_ns: 1_000_000_000,
            eager_ns: 2_000_000_000,
            idle_interval_ns: 200_000_000,
            memory_ns: 2_000_000_000,
            clear_score: 0.65,
            clear_face: 0.9,
            same_face_iou: 0.3,
            unconfirmed_looks: 3,
            detail_interval_ns: 250_000_000,
            scene_interval_ns: 66_666_667,
        }
    }
}

/// Where the face was last seen.
#[derive(Debug, Clone, Copy)]
struct Track {
    crop: Crop,
    bbox: [f32; 4],
    seen: MediaTime,
    unconfirmed: u32,
}

/// What is known between pictures; forgotten when the layout changes.
#[derive(Debug, Default)]
struct TrackerState {
    epoch: u32,
    track: Option<Track>,
    /// The latest place of a face that was lost.
    lost: Option<Track>,
    detected: Option<MediaTime>,
    /// Since when the detector has found nothing.
    empty_since: Option<MediaTime>,
    faces: u32,
    glance: Option<Glance>,
    /// Where the small picture of the face is cut out: half way from the last place to the new one.
    place: Option<Crop>,
    /// When the face is next kept at native resolution.
    detail_due: Option<MediaTime>,
    /// When a hand scene may next be cut out.
    scene_due: Option<MediaTime>,
    /// The face's box, and when it was last found there.
    last_box: Option<([f32; 4], MediaTime)>,
}

/// Follows the candidate's face through the pictures of one lane. Deterministic: the same
/// pictures give the same observations.
#[derive(Debug)]
pub struct FaceTracker {
    config: TrackConfig,
    nets: Option<Nets>,
    state: TrackerState,
}

impl FaceTracker {
    /// A tracker that has seen nothing.
    pub fn new(config: TrackConfig) -> Self {
        Self {
            config,
            nets: None,
            state: TrackerState::default(),
        }
    }

    /// Looks at the next picture; pictures come in rising time.
    ///
    /// # Errors
    /// An abstention when the models are missing, or when a net failed on this picture. The
    /// picture then says nothing of a face; the next one starts afresh.
    pub fn observe(&mut self, frame: &Frame, models: &mut ModelSet) -> Result<FaceObs, Abstention> {
        let nets = match self.nets.take() {
            Some(nets) => nets,
            None => Nets::new(models)?,
        };
        if self.state.epoch != frame.epoch {
            self.state = TrackerState {
                epoch: frame.epoch,
                ..TrackerState::default()
            };
        }
        let glance = Glance::new(frame);
        let change = match &self.state.glance {
            Some(before) => before.change(frame, &glance),
            None => Change::default(),
        };
        let found = self.follow(frame, change, &nets, models);
        self.nets = Some(nets);
        let marks = match found {
            Ok(marks) => marks,
            Err(e) => {
                self.state = TrackerState {
                    epoch: frame.epoch,
                    ..TrackerState::default()
                };
                return Err(e.abstention());
            }
        };
        self.state.place = marks
            .as_ref()
            .map(|m| crop_from_points(&m.points).after(self.state.place));
        let appearance = self
            .state
            .place
            .map(|at| crop_rgb(frame, &at, APPEARANCE_PX));
        let face = marks.map(|m| describe(frame, &m, appearance.unwrap_or_default()));
        let detail = self.detail(frame, change, marks.as_ref());
        if let Some(face) = &face {
            self.state.last_box = Some((face.bbox, frame.time));
        }
        self.state.glance = Some(glance.with_face(frame, face.as_ref().map(|f| f.bbox)));
        Ok(FaceObs {
            time: frame.time,
            epoch: frame.epoch,
            faces: self.state.faces.max(u32::from(face.is_some())),
            face,
            repeated: change.repeated,
            detail,
            scene: None,
        })
    }

    /// The face in this picture: where the track says, or else where the detector says.
    fn follow(
        &mut self,
        frame: &Frame,
        change: Change,
        nets: &Nets,
        models: &mut ModelSet,
    ) -> Result<Option<Marks>, EngineError> {
        let mut marks = None;
        if let Some(track) = self.state.track.filter(|_| !change.cut) {
            marks = nets
                .landmarks(frame, track.crop, models)?
                .filter(|m| m.face >= nets.face_threshold);
        }
        if marks.is_none() {
            self.state.lost = self.state.track.take().or(self.state.lost);
        }
        if self.should_detect(frame.time, change.cut) {
            let hits = nets.detect(frame, models)?;
            let clear = hits
                .iter()
                .filter(|h| h.score >= self.config.clear_score)
                .count();
            self.note_detection(frame.time, clear);
            if let Some(m) = &marks
                && !self.confirmed(geometry::bounding_box(&m.points), &hits)
            {
                self.state.lost = None;
                self.state.track = None;
                marks = None;
            }
            if marks.is_none() {
                marks = self.acquire(frame, &hits, nets, models)?;
            }
        }
        if let Some(m) = &marks {
            let unconfirmed = self.state.track.map_or(0, |t| t.unconfirmed);
            self.state.lost = None;
            self.state.track = Some(Track {
                crop: crop_from_points(&m.points),
                bbox: geometry::bounding_box(&m.points),
                seen: frame.time,
                unconfirmed,
            });
        }
        Ok(marks)
    }

    /// The face at native resolution, where the next one is due. Repeated pictures add nothing.
    fn detail(
        &mut self,
        frame: &Frame,
        change: Change,
        marks: Option<&Marks>,
    ) -> Option<FaceDetail> {
        let marks = marks.filter(|_| !change.repeated)?;
        if !due_at(
            &mut self.state.detail_due,
            frame.time,
            self.config.detail_interval_ns,
        ) {
            return None;
        }
        let crop = native_crop(geometry::bounding_box(&marks.points));
        Some(FaceDetail {
            rgb: crop_rgb(frame, &crop, DETAIL_PX).into(),
            face: face_in_crop(geometry::bounding_box(&marks.points), &crop),
            scale: (crop.side / DETAIL_PX as f64) as f32,
        })
    }

    /// The hand scene of the picture that was observed last, where the next one is due: around the
    /// face, or where it was up to [`TrackConfig::memory_ns`] ago, since a hand may hide it.
    pub fn scene(&mut self, frame: &Frame) -> Option<HandScene> {
        let (face, seen) = self.state.last_box?;
        let age_ns = frame.time.since_ns(seen);
        if age_ns > self.config.memory_ns {
            return None;
        }
        let due = due_at(
            &mut self.state.scene_due,
            frame.time,
            self.config.scene_interval_ns,
        );
        let crop = scene_crop(face);
        (due && crop.is_usable()).then(|| HandScene {
            rgb: crop_rgb(frame, &crop, SCENE_PX).into(),
            centre: [crop.cx as f32, crop.cy as f32],
            side_px: crop.side as f32,
            face,
            age_ns,
        })
    }

    fn should_detect(&self, now: MediaTime, cut: bool) -> bool {
        let Some(last) = self.state.detected.filter(|last| *last <= now) else {
            return true;
        };
        let since = now.since_ns(last);
        if self.state.track.is_some() {
            return cut || since >= self.config.detect_interval_ns;
        }
        let eager = |t: MediaTime| now.since_ns(t) < self.config.eager_ns;
        cut || self.state.empty_since.is_none_or(eager) || since >= self.config.idle_interval_ns
    }

    fn note_detection(&mut self, now: MediaTime, faces: usize) {
        self.state.detected = Some(now);
        self.state.faces = u32::try_from(faces).unwrap_or(u32::MAX);
        self.state.empty_since = match (faces, self.state.empty_since) {
            (0, None) => Some(now),
            (0, since) => since,
            _ => None,
        };
    }

    /// Whether the track may go on after the detector has looked.
    fn confirmed(&mut self, bbox: [f32; 4], hits: &[Hit]) -> bool {
        let Some(track) = &mut self.state.track else {
            return true;
        };
        if hits
            .iter()
            .any(|h| iou(h.bbox, bbox) >= self.config.same_face_iou)
        {
            track.unconfirmed = 0;
        } else {
            track.unconfirmed += 1;
        }
        track.unconfirmed < self.config.unconfirmed_looks
    }

    /// Takes up a face among the detector's: the one that was lost here a moment ago, or else
    /// the largest and most central.
    fn acquire(
        &self,
        frame: &Frame,
        hits: &[Hit],
        nets: &Nets,
        models: &mut ModelSet,
    ) -> Result<Option<Marks>, EngineError> {
        let recent = |t: &Track| frame.time.since_ns(t.seen) <= self.config.memory_ns;
        let lost = self.state.lost.filter(recent);
        let overlap = |h: &Hit| lost.map_or(0.0, |t| iou(t.bbox, h.bbox));
        let known = |h: &Hit| overlap(h) >= self.config.same_face_iou;
        let rank = |h: &Hit| (overlap(h), prominence(frame, h.bbox));
        let eligible = |h: &&Hit| h.score >= self.config.clear_score || known(h);
        let mut order: Vec<&Hit> = hits.iter().filter(eligible).collect();
        order.sort_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
        });
        for hit in order.into_iter().take(3) {
            let least = if known(hit) {
                nets.face_threshold
            } else {
                self.config.clear_face.max(nets.face_threshold)
            };
            let crop = crop_from_detection(hit.bbox, [hit.five[0], hit.five[1]]);
            let Some(first) = nets.landmarks(frame, crop, models)? else {
                continue;
            };
            if first.face < least {
                continue;
            }
            // Once more on the crop that its own points ask for: the first picture of a track is
            // measured like all others, and what is no face seldom passes twice.
            let crop = crop_from_points(&first.points);
            let second = nets.landmarks(frame, crop, models)?;
            if let Some(marks) = second.filter(|m| m.face >= least) {
                return Ok(Some(marks));
            }
        }
        Ok(None)
    }
}

/// Whether something that is done every `interval_ns` is due `now`; if so, it is next due later.
/// Counted from when it was due, so that the mean rate does not depend on the frame rate.
fn due_at(next: &mut Option<MediaTime>, now: MediaTime, interval_ns: i64) -> bool {
    if next.is_some_and(|due| now < due) {
        return false;
    }
    let from = next.unwrap_or(now).max(now.plus_ns(-interval_ns));
    *next = Some(from.plus_ns(interval_ns));
    true
}

/// Size of a face times its nearness to the middle, for choosing among several.
fn prominence(frame: &Frame, b: [f32; 4]) -> f32 {
    let (w, h) = (frame.width as f32, frame.height as f32);
    let off_x = ((b[0] + b[2]) / w - 1.0).abs().min(1.0);
    let off_y = ((b[1] + b[3]) / h - 1.0).abs().min(1.0);
    area(b).sqrt() * (1.0 - 0.5 * off_x.hypot(off_y) / std::f32::consts::SQRT_2)
}

fn describe(frame: &Frame, marks: &Marks, appearance: Vec<u8>) -> Face {
    let bbox = geometry::bounding_box(&marks.points);
    let mouth = geometry::mouth_crop(&marks.points);
    let light = BoxLuma::of(frame, bbox);
    Face {
        bbox,
        landmarks: marks.points,
        visibility: marks.visibility,
        pose_deg: marks.pose_deg,
        presence: marks.face,
        iod_px: geometry::iod_px(&marks.points) as f32,
        appearance: appearance.into(),
        mouth: gray_patch(frame, &mouth, MOUTH_PATCH_W, MOUTH_PATCH_H).into(),
        sharpness: light.as_ref().and_then(BoxLuma::sharpness).unwrap_or(0.0),
        luma: light.as_ref().map_or(0.0, BoxLuma::mean),
    }
}
