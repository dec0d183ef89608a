//! Geometry and sampling: similarity fits, crops, letterbox, quality of a picture.
//!
//! **In:** a [`Frame`](crate::core::Frame) and points. **Out:** arrays. **May touch:** `core`,
//! opencv (its only import site, feature `opencv`). **Must not touch:** everything else.
//!
//! The formulas of [`resample`] are those of `models/train/README.md`, which the nets were trained
//! with; the tensors in `testdata/golden/` hold both sides together within 1e-3. The plain-Rust
//! path is the only one that feeds nets and signals, so results do not depend on the feature;
//! OpenCV's warp interpolates on a grid of 1/32 pixel and would miss that tolerance on edges.
//! OpenCV serves as a second opinion: [`cv::warp_rgb`] on the warp and [`cv::head_pose_deg`] on
//! the pose.

#[cfg(feature = "opencv")]
pub mod cv;
pub mod geometry;
pub mod quality;
pub mod resample;
#[cfg(test)]
mod tests;

pub use geometry::{
    Crop, Similarity, crop_from_detection, crop_from_points, eye_centres, face_in_crop,
    native_crop, scene_crop,
};
pub use quality::{BoxLuma, LumaGrid};
pub use resample::{DET_H, DET_W, LMK_PX, Letterbox, crop_rgb, crop_tensor, gray_patch, letterbox};
