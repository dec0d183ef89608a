//! What a load measured, as lines and as JSON. Pure.

use super::Format;
use serde::Serialize;

/// One step of a load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Interviews at the same time.
    pub sessions: u32,
    /// Processor time of the whole server for a second of one interview's media, milliseconds.
    pub cpu_ms: f64,
    /// Of it, as the server states them: decoding, following the face (with conversion and crops), analysis.
    pub decode_ms: f64,
    /// See `decode_ms`.
    pub track_ms: f64,
    /// See `decode_ms`.
    pub analyze_ms: f64,
    /// From a segment's end in real time to its final result at the client, milliseconds.
    pub delay_p50_ms: f64,
    /// See `delay_p50_ms`.
    pub delay_p95_ms: f64,
    /// See `delay_p50_ms`.
    pub delay_p99_ms: f64,
    /// Final segments.
    pub segments: usize,
    /// Of them, those with a number.
    pub scored: u64,
    /// Pictures that were lost or left out.
    pub pictures_missing: u64,
    /// Resident memory of the server for each interview beyond what it had before the first, MiB.
    pub resident_mib: f64,
}

impl Step {
    /// Whether the server held it: results in time and no picture left out.
    pub fn held(&self, p99_ms: f64) -> bool {
        self.segments > 0 && self.delay_p99_ms < p99_ms && self.pictures_missing == 0
    }
}

/// All steps of one format.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ladder {
    /// What was sent.
    pub format: Format,
    /// From the server's start until it listened, milliseconds.
    pub start_ms: f64,
    /// Rising numbers of interviews.
    pub steps: Vec<Step>,
    /// Most interviews that were held; `None` where not even one was.
    pub held: Option<u32>,
}

/// The value below which a share `q` of the values lies; nearest rank.
pub fn percentile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// How many interviews the next step has.
pub fn next_step(sessions: u32) -> u32 {
    match sessions {
        0..4 => sessions + 1,
        4..16 => sessions + 2,
        16..32 => sessions + 4,
        _ => sessions + 8,
    }
}

/// The most interviews that were held before the first step that was not.
pub fn knee(steps: &[Step], p99_ms: f64) -> Option<u32> {
    let held = steps.iter().take_while(|s| s.held(p99_ms));
    held.last().map(|s| s.sessions)
}

/// The heading of the lines.
pub const HEADING: &str = "format      sessions  CPU ms/s  decode  track  analyse  other   p50 ms   p95 ms   p99 ms  missing  scored  MiB each";

/// A step as a line under [`HEADING`].
pub fn line(format: Format, s: &Step) -> String {
    let other = s.cpu_ms - s.decode_ms - s.track_ms - s.analyze_ms;
    format!(
        "{:<12}{:>8}{:>10.1}{:>8.1}{:>7.1}{:>9.1}{:>7.1}{:>9.0}{:>9.0}{:>9.0}{:>9}{:>8}{:>10.1}",
        format.name(),
        s.sessions,
        s.cpu_ms,
        s.decode_ms,
        s.track_ms,
        s.analyze_ms,
        other,
        s.delay_p50_ms,
        s.delay_p95_ms,
        s.delay_p99_ms,
        s.pictures_missing,
        format!("{}/{}", s.scored, s.segments),
        s.resident_mib
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sessions: u32, p99: f64, missing: u64) -> Step {
        Step {
            sessions,
            cpu_ms: 100.0,
            decode_ms: 40.0,
            track_ms: 30.0,
            analyze_ms: 20.0,
            delay_p50_ms: 200.0,
            delay_p95_ms: 300.0,
            delay_p99_ms: p99,
            segments: 8,
            scored: 8,
            pictures_missing: missing,
            resident_mib: 12.0,
        }
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(
            [0.5, 0.95, 0.99, 1.0].map(|q| percentile(&values, q)),
            [50.0, 95.0, 99.0, 100.0]
        );
        assert_eq!(percentile(&[7.0], 0.01), 7.0);
        assert!(percentile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_knee_is_before_the_first_step_that_was_not_held() {
        let late = [
            step(1, 250.0, 0),
            step(2, 400.0, 0),
            step(3, 1_200.0, 0),
            step(4, 300.0, 0),
        ];
        assert_eq!(knee(&late, 1_000.0), Some(2));
        let lossy = [step(1, 250.0, 0), step(2, 400.0, 3)];
        assert_eq!(knee(&lossy, 1_000.0), Some(1));
        assert_eq!(knee(&[step(1, 1_500.0, 0)], 1_000.0), None);
        let nothing = Step {
            segments: 0,
            delay_p99_ms: f64::NAN,
            ..step(1, 0.0, 0)
        };
        assert_eq!(knee(&[nothing], 1_000.0), None);
    }

    #[test]
    fn lines_stand_under_their_heading() {
        let line = line(Format::H264p720, &step(3, 333.0, 0));
        assert_eq!(line.len(), HEADING.len());
        assert!(line.starts_with("h264-720p30        3     100.0    40.0   30.0     20.0   10.0"));
    }

    #[test]
    fn steps_rise_faster_and_faster() {
        let mut steps = vec![0];
        while steps.len() < 14 {
            steps.push(next_step(steps[steps.len() - 1]));
        }
        assert_eq!(steps, [0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28]);
    }
}
