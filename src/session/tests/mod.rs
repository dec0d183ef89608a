//! The actor under a fake pipeline and paused time.

mod coded;
pub(super) mod fake;
mod life;
mod load;
mod resume;
mod web;
