//! All faces of single pictures, without following any.

use super::geometry::area;
use super::nets::Nets;
use super::tracker::TrackConfig;
use crate::core::{Abstention, Frame};
use crate::engine::ModelSet;

/// Finds the faces of a picture; knows nothing of the picture before.
#[derive(Debug)]
pub struct FaceFinder {
    nets: Nets,
    clear_score: f32,
}

// === impl FaceFinder ===

impl FaceFinder {
    /// A finder by the models' detector.
    ///
    /// # Errors
    /// An abstention when the models are missing.
    pub fn new(models: &ModelSet) -> Result<Self, Abstention> {
        Ok(Self {
            nets: Nets::new(models)?,
            clear_score: TrackConfig::default().clear_score,
        })
    }

    /// Boxes of the clear faces, the largest first: left, top, right, bottom in 0 to 1 of the
    /// picture.
    ///
    /// # Errors
    /// An abstention when the net fails on this picture.
    pub fn find(&self, frame: &Frame, models: &mut ModelSet) -> Result<Vec<[f32; 4]>, Abstention> {
        let hits = self.nets.detect(frame, models);
        let hits = hits.map_err(|e| e.abstention())?;
        let (w, h) = (frame.width as f32, frame.height as f32);
        let clear = hits.iter().filter(|hit| hit.score >= self.clear_score);
        let mut boxes: Vec<[f32; 4]> = clear
            .map(|hit| {
                let [l, t, r, b] = hit.bbox;
                [l / w, t / h, r / w, b / h].map(|v| v.clamp(0.0, 1.0))
            })
            .filter(|b| area(*b) > 0.0)
            .collect();
        boxes.sort_by(|a, b| area(*b).total_cmp(&area(*a)));
        Ok(boxes)
    }
}
