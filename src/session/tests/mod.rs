//! The actor under a fake pipeline and paused time.

pub(super) mod fake;
mod life;
mod load;
mod resume;
mod web;
