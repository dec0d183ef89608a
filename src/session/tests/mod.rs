//! The actor under a fake pipeline and paused time.

mod fake;
mod life;
mod load;
