//! Mouth opening and sound level as a document carries them, and as drawings read them.

use crate::core::{
    MOST_PLOT_STEPS, MediaTime, PLOT_FULL, PLOT_NOTHING, PLOT_STEP_NS, ParticipantId, PlotSeries,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Mouth opening and sound level of a participant, a byte for every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSeries {
    /// Whose.
    pub participant: ParticipantId,
    /// Session time at which the first step begins.
    #[serde(rename = "start_us")]
    pub start: MediaTime,
    /// Length of a step in microseconds.
    pub step_us: i64,
    /// Largest opening of the inner lips in each step, base64 (RFC 4648, padded) of bytes: 0 closed, 250 = 0.6
    /// times the distance between the eyes and more, 255 where no face was seen.
    pub mouth_base64: String,
    /// Loudest 10 ms of each step, the same: 0 = -60 dB full scale and less, 250 = 0 dB, 255 where no sound arrived.
    pub sound_base64: String,
}

/// The same as shares of the full scale, `None` where nothing was measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plotted {
    /// Seconds of session time at which the first step begins.
    pub(super) start_s: f64,
    /// Length of a step in seconds.
    pub(super) step_s: f64,
    pub(super) mouth: Vec<Option<f64>>,
    pub(super) sound: Vec<Option<f64>>,
}

// === impl ReportSeries ===

impl ReportSeries {
    /// A series for a document.
    pub fn of(plot: &PlotSeries) -> Self {
        Self {
            participant: plot.participant.clone(),
            start: plot.start,
            step_us: PLOT_STEP_NS / 1_000,
            mouth_base64: STANDARD.encode(&plot.mouth),
            sound_base64: STANDARD.encode(&plot.sound),
        }
    }

    /// The values; `None` where the document holds no such series, as after a change by hand.
    pub(super) fn plotted(&self) -> Option<Plotted> {
        let bytes = |text: &str| {
            STANDARD
                .decode(text)
                .ok()
                .filter(|b| b.len() <= MOST_PLOT_STEPS)
        };
        let shares = |bytes: Vec<u8>| bytes.into_iter().map(share).collect();
        let step_s = self.step_us as f64 / 1e6;
        (step_s > 0.0).then_some(())?;
        Some(Plotted {
            start_s: self.start.as_secs_f64(),
            step_s,
            mouth: shares(bytes(&self.mouth_base64)?),
            sound: shares(bytes(&self.sound_base64)?),
        })
    }
}

fn share(byte: u8) -> Option<f64> {
    (byte != PLOT_NOTHING).then(|| (f64::from(byte) / f64::from(PLOT_FULL)).min(1.0))
}

// === impl Plotted ===

impl Plotted {
    /// The steps that begin in `from_s..to_s`.
    pub(super) fn steps(&self, from_s: f64, to_s: f64) -> std::ops::Range<usize> {
        // A millionth of a step is no step: sums of floats end that close to an edge.
        let at = |t: f64| ((t - self.start_s) / self.step_s - 1e-6).ceil().max(0.0) as usize;
        let end = at(to_s).min(self.mouth.len().max(self.sound.len()));
        at(from_s).min(end)..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_there_and_back() {
        let plot = PlotSeries {
            participant: ParticipantId::parse("c").unwrap(),
            start: MediaTime::from_ms(2000),
            mouth: vec![0, 125, 255, 250],
            sound: vec![255, 250, 0, 252],
        };
        let plotted = ReportSeries::of(&plot).plotted().unwrap();
        assert_eq!(plotted.mouth, [Some(0.0), Some(0.5), None, Some(1.0)]);
        assert_eq!(plotted.sound, [None, Some(1.0), Some(0.0), Some(1.0)]);
        assert_eq!(plotted.steps(2.1, 9.0), 2..4);
        assert_eq!(plotted.steps(0.0, 2.05), 0..1);
        assert!(plotted.steps(50.0, 60.0).is_empty());
    }

    #[test]
    fn what_is_no_series_is_none() {
        let good = ReportSeries {
            participant: ParticipantId::parse("c").unwrap(),
            start: MediaTime::ZERO,
            step_us: 50_000,
            mouth_base64: "AAA=".into(),
            sound_base64: String::new(),
        };
        assert!(good.plotted().is_some());
        for bad in [
            ReportSeries {
                step_us: 0,
                ..good.clone()
            },
            ReportSeries {
                mouth_base64: "<script>".into(),
                ..good.clone()
            },
            ReportSeries {
                sound_base64: "A".into(),
                ..good.clone()
            },
        ] {
            assert_eq!(bad.plotted(), None);
        }
    }
}
