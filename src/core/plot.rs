//! A participant's mouth and sound over an interview, coarse enough for a report to draw.

use super::{MediaTime, ParticipantId};

/// Time between two values of a [`PlotSeries`], nanoseconds: 20 a second, so that an offset of a tenth of a
/// second can be seen.
pub const PLOT_STEP_NS: i64 = 50_000_000;
/// Values kept at most: six hours.
pub const MOST_PLOT_STEPS: usize = 432_000;
/// Stands where nothing was measured.
pub const PLOT_NOTHING: u8 = 255;
/// The largest value that was measured; above it everything is cut off.
pub const PLOT_FULL: u8 = 250;
/// Mouth opening that [`PLOT_FULL`] stands for, in units of the distance between the eyes.
pub const PLOT_MOUTH_IOD: f64 = 0.6;
/// Sound level that 0 stands for, dB full scale; [`PLOT_FULL`] stands for 0 dB.
pub const PLOT_FLOOR_DB: f64 = -60.0;

/// Mouth opening and sound level of a participant at one value for every [`PLOT_STEP_NS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlotSeries {
    /// Whose.
    pub participant: ParticipantId,
    /// Session time at which the first step begins.
    pub start: MediaTime,
    /// Height of the inner lips' opening: 0 closed, [`PLOT_FULL`] = [`PLOT_MOUTH_IOD`] and more,
    /// [`PLOT_NOTHING`] where no face was seen.
    pub mouth: Vec<u8>,
    /// The loudest 10 ms: 0 = [`PLOT_FLOOR_DB`] and less, [`PLOT_FULL`] = 0 dB, [`PLOT_NOTHING`] where no sound
    /// arrived.
    pub sound: Vec<u8>,
}
