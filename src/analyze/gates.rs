//! Which pictures of a face are good enough to be looked at, as a net's entry says. Not an analyzer; shared by those that
//! look at the face at native resolution.

use super::Segment;
use super::calibration::{number, number_or};
use crate::core::{AbstainReason, Abstention, Face, FaceDetail, MediaTime};

/// Gates for pictures of a face.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gates {
    /// Least height of the face in frame pixels.
    pub(super) min_face_px: f64,
    /// Least variance of the Laplacian inside the face.
    pub(super) min_sharpness: f64,
    /// Least and largest mean luma of the face, 0 to 255.
    pub(super) luma: (f64, f64),
    /// Largest turn of the head to the side, degrees.
    pub(super) max_yaw_deg: f64,
    /// Least number of pictures in a segment.
    pub(super) min_pictures: usize,
}

/// A picture that may be looked at.
pub(super) type Usable<'a> = (MediaTime, &'a Face, &'a FaceDetail);

// === impl Gates ===

impl Gates {
    /// Reads `[model.params]`, all of them.
    ///
    /// # Errors
    /// An abstention that names the field and the range.
    pub(super) fn read(task: &str, params: &toml::Table) -> Result<Self, Abstention> {
        let gate = |name| number(task, params, "params", name, (0.0, 1e6));
        Ok(Self::of([
            gate("min_face_px")?,
            gate("min_sharpness")?,
            gate("min_luma")?,
            gate("max_luma")?,
            gate("max_yaw_deg")?,
            gate("min_pictures")?,
        ]))
    }

    /// The same with defaults for what is left out: those of the shipped nets.
    ///
    /// # Errors
    /// An abstention that names a field that is there and wrong.
    pub(super) fn read_or_default(task: &str, params: &toml::Table) -> Result<Self, Abstention> {
        let gate = |name, otherwise| number_or(task, params, "params", name, (0.0, 1e6), otherwise);
        Ok(Self::of([
            gate("min_face_px", 60.0)?,
            gate("min_sharpness", 4.0)?,
            gate("min_luma", 30.0)?,
            gate("max_luma", 235.0)?,
            gate("max_yaw_deg", 45.0)?,
            gate("min_pictures", 4.0)?,
        ]))
    }

    fn of(
        [
            min_face_px,
            min_sharpness,
            dark,
            bright,
            max_yaw_deg,
            pictures,
        ]: [f64; 6],
    ) -> Self {
        Self {
            min_face_px,
            min_sharpness,
            luma: (dark, bright),
            max_yaw_deg,
            // At least one picture: the mean of none is no number.
            min_pictures: pictures.max(1.0) as usize,
        }
    }

    /// Why a picture of the face cannot be used, if so.
    pub(super) fn refusal(&self, face: &Face) -> Option<&'static str> {
        let height = f64::from(face.bbox[3] - face.bbox[1]);
        let luma = f64::from(face.luma);
        let within = |v: f64, low: f64, high: f64| (low..=high).contains(&v); // never for NaN
        const ANY: f64 = f64::INFINITY;
        if !within(height, self.min_face_px, ANY) {
            Some("the face is too small")
        } else if !within(luma, self.luma.0, ANY) {
            Some("too dark")
        } else if !within(luma, -ANY, self.luma.1) {
            Some("too bright")
        } else if !within(f64::from(face.sharpness), self.min_sharpness, ANY) {
            Some("too blurred")
        } else if !within(
            f64::from(face.pose_deg[0]),
            -self.max_yaw_deg,
            self.max_yaw_deg,
        ) {
            Some("the head is turned too far")
        } else {
            None
        }
    }

    /// The segment's pictures that are good enough to be looked at.
    ///
    /// # Errors
    /// An abstention that says why there are not enough of them.
    pub(super) fn usable<'a>(&self, segment: &Segment<'a>) -> Result<Vec<Usable<'a>>, Abstention> {
        let mut seen = 0usize;
        let mut refused: Vec<&'static str> = Vec::new();
        let mut kept = Vec::new();
        // Only the last epoch: before a change of layout another face may stand in another place.
        let epoch = segment.face.last().map(|o| o.epoch);
        let inside =
            |o: &&crate::core::FaceObs| segment.span.contains(o.time) && Some(o.epoch) == epoch;
        for o in segment.face.iter().filter(inside) {
            let (Some(face), Some(detail)) = (&o.face, &o.detail) else {
                continue;
            };
            seen += 1;
            match self.refusal(face) {
                Some(why) => refused.push(why),
                None => kept.push((o.time, face, detail)),
            }
        }
        if kept.len() >= self.min_pictures {
            return Ok(kept);
        }
        let need = self.min_pictures;
        if seen < need && segment.quality.face_presence < 0.5 {
            let share = 100.0 * segment.quality.face_presence;
            let detail = format!("the face is in {share:.0} % of the pictures");
            return Err(Abstention::new(AbstainReason::NoFace, detail));
        }
        if seen < need {
            let detail = format!("{seen} different pictures of the face, {need} needed");
            return Err(Abstention::new(AbstainReason::TooShort, detail));
        }
        let commonest = refused
            .iter()
            .max_by_key(|why| refused.iter().filter(|w| w == why).count())
            .copied()
            .unwrap_or("too poor");
        let detail = format!(
            "{} of {seen} pictures of the face cannot be used ({commonest}); {need} needed",
            refused.len()
        );
        Err(Abstention::new(AbstainReason::LowQuality, detail))
    }
}
