//! OpenCV as a second opinion on warp and pose. No `Mat` leaves this file.

use super::geometry::Crop;
use crate::core::Frame;
use opencv::calib3d;
use opencv::core::{BORDER_CONSTANT, Mat, Point2d, Point3d, Scalar, Size, Vector};
use opencv::imgproc;
use opencv::prelude::*;

/// A call into OpenCV failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("OpenCV: {0}")]
pub struct CvError(String);

impl From<opencv::Error> for CvError {
    fn from(e: opencv::Error) -> Self {
        Self(e.to_string())
    }
}

/// A square crop by `warpAffine`, packed RGB of `size` x `size` pixels, black outside the frame.
/// Unlike [`gray_patch`](super::gray_patch) and [`crop_tensor`](super::crop_tensor) it does not
/// shrink first, so it is meant for crops of at most twice the output's size.
///
/// # Errors
/// [`CvError`] when OpenCV refuses.
pub fn warp_rgb(frame: &Frame, crop: &Crop, size: usize) -> Result<Vec<u8>, CvError> {
    let flat = Mat::from_slice(frame.rgb())?;
    let picture = flat.reshape(3, frame.height as i32)?;
    let (s, c) = crop.roll_rad.sin_cos();
    let k = crop.side / size as f64;
    // Pixel indices of the output to pixel indices of the frame; both have centres at +0.5.
    let half = size as f64 / 2.0 - 0.5;
    let m = Mat::from_slice_2d(&[
        [k * c, -k * s, crop.cx - 0.5 - k * (c - s) * half],
        [k * s, k * c, crop.cy - 0.5 - k * (s + c) * half],
    ])?;
    let mut out = Mat::default();
    imgproc::warp_affine(
        &picture,
        &mut out,
        &m,
        Size::new(size as i32, size as i32),
        imgproc::INTER_LINEAR | imgproc::WARP_INVERSE_MAP,
        BORDER_CONSTANT,
        Scalar::default(),
    )?;
    Ok(out.data_bytes()?.to_vec())
}

/// Positions of [`head_pose_deg`]'s points on a mean adult head in millimetres, from the tip of
/// the nose: x to the image's right, y down, z away from the camera. Rounded from published
/// anthropometry (eye corners 90 mm apart, mouth 52 mm wide, nose tip 20 to 30 mm proud).
const HEAD_MM: [[f64; 3]; 6] = [
    [0.0, 0.0, 0.0],
    [0.0, 68.0, 14.0],
    [-45.0, -36.0, 30.0],
    [45.0, -36.0, 30.0],
    [-26.0, 32.0, 24.0],
    [26.0, 32.0, 24.0],
];

/// Yaw, pitch and roll in degrees from six points in frame pixels: nose tip, chin, outer corner
/// of the image-left eye, of the image-right eye, image-left and image-right mouth corner. Yaw is
/// positive towards the image's right, pitch positive upwards, roll positive clockwise on the
/// screen. The camera is taken to see 60 degrees across the frame's longer side, which is typical
/// of webcams; a wrong guess changes yaw and pitch by a few degrees.
///
/// # Errors
/// [`CvError`] when the points admit no pose.
pub fn head_pose_deg(points: &[[f32; 2]; 6], width: u32, height: u32) -> Result<[f32; 3], CvError> {
    if points.iter().flatten().any(|v| !v.is_finite()) {
        return Err(CvError("a point is not finite".into()));
    }
    let longer = f64::from(width.max(height));
    let focal = longer / 2.0 / 30f64.to_radians().tan();
    let camera = Mat::from_slice_2d(&[
        [focal, 0.0, f64::from(width) / 2.0],
        [0.0, focal, f64::from(height) / 2.0],
        [0.0, 0.0, 1.0],
    ])?;
    let object: Vector<Point3d> = HEAD_MM
        .iter()
        .map(|p| Point3d::new(p[0], p[1], p[2]))
        .collect();
    let image: Vector<Point2d> = points
        .iter()
        .map(|p| Point2d::new(f64::from(p[0]), f64::from(p[1])))
        .collect();
    let (mut turn, mut shift) = (Mat::default(), Mat::default());
    let found = calib3d::solve_pnp(
        &object,
        &image,
        &camera,
        &Mat::default(),
        &mut turn,
        &mut shift,
        false,
        calib3d::SOLVEPNP_SQPNP,
    )?;
    if !found {
        return Err(CvError("no pose fits the points".into()));
    }
    let mut r = Mat::default();
    calib3d::rodrigues(&turn, &mut r, &mut Mat::default())?;
    let at = |i: i32, j: i32| r.at_2d::<f64>(i, j).copied();
    // The face looks along -z of the head; its direction and the head's x axis give the angles.
    let look = [-at(0, 2)?, -at(1, 2)?, -at(2, 2)?];
    let yaw = look[0].atan2(-look[2]);
    let pitch = (-look[1]).atan2(look[0].hypot(look[2]));
    let roll = at(1, 0)?.atan2(at(0, 0)?);
    Ok([yaw, pitch, roll].map(|v| v.to_degrees() as f32))
}
