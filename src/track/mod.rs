//! The candidate's face, picture by picture.
//!
//! **In:** [`Frame`](crate::core::Frame)s of one lane in time order. **Out:** a
//! [`FaceObs`](crate::core::FaceObs) for each, and the [`quality()`] of a span of them.
//! **May touch:** `core`, `vision`, [`crate::engine::ModelSet`]. **Must not touch:** analyzers, sessions,
//! clocks, IO.
//!
//! The landmark net looks at every picture that [`Pace`] takes, on the crop that the one before asks for; the
//! detector looks once a second, at a cut, and whenever the landmark net sees no face in its
//! crop. A track belongs to one face: a second one that comes into the picture is counted and not
//! followed.
//!
//! What holds:
//! - coordinates are frame pixels, raw: nothing is smoothed, since the signals look for what
//!   smoothing hides;
//! - a picture without a face says so; it is never filled in from its neighbours;
//! - quality is never evidence.
//!
//! Not handled here: who the face belongs to. Two people who change seats outside the picture
//! are one track to it.

mod finder;
mod geometry;
mod measure;
mod nets;
mod pace;
mod quality;
mod tracker;

pub use finder::FaceFinder;
pub use nets::{DET, LMK};
pub use pace::{LOOKS_PER_S, Pace};
pub use quality::quality;
pub use tracker::{FaceTracker, TrackConfig};

#[cfg(test)]
mod golden;
