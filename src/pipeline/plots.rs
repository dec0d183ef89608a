//! Mouth opening and sound level of one participant, for a report to draw. Pure, bounded.

use crate::analyze::lips;
use crate::core::{
    FaceObs, MOST_PLOT_STEPS, MediaTime, PLOT_FLOOR_DB, PLOT_FULL, PLOT_MOUTH_IOD, PLOT_NOTHING,
    PLOT_STEP_NS, ParticipantId, PlotSeries, Span, VoiceSeries,
};

/// What was measured so far, in steps from the start of the first segment.
#[derive(Debug, Default)]
pub(super) struct Plot {
    start: Option<MediaTime>,
    mouth: Vec<u8>,
    sound: Vec<u8>,
}

// === impl Plot ===

impl Plot {
    /// Adds a closed segment, with the pictures and the sound of it and of what came before.
    pub(super) fn add(&mut self, span: &Span, faces: &[FaceObs], voice: Option<VoiceSeries<'_>>) {
        let start = *self.start.get_or_insert(span.start);
        let step = |t: MediaTime| usize::try_from(t.since_ns(start) / PLOT_STEP_NS).ok();
        let Some(end) = step(span.end.plus_ns(PLOT_STEP_NS - 1)) else {
            return;
        };
        let steps = end.min(MOST_PLOT_STEPS).max(self.mouth.len());
        self.mouth.resize(steps, PLOT_NOTHING);
        self.sound.resize(steps, PLOT_NOTHING);
        let from = faces.partition_point(|o| o.time < span.start);
        let inside = faces.iter().skip(from).take_while(|o| o.time < span.end);
        for o in inside {
            let opening = o
                .face
                .as_ref()
                .and_then(|f| lips::shape_channels(&f.landmarks));
            if let (Some([aperture, ..]), Some(at)) = (opening, step(o.time)) {
                raise(&mut self.mouth, at, aperture / PLOT_MOUTH_IOD);
            }
        }
        for (i, level) in voice.iter().flat_map(|v| v.level_db.iter().enumerate()) {
            let time = voice.map_or(start, |v| v.time_of(i));
            let missing = voice.is_none_or(|v| v.missing.get(i).copied().unwrap_or(true));
            if !missing
                && span.contains(time)
                && let Some(at) = step(time)
            {
                raise(&mut self.sound, at, 1.0 - f64::from(*level) / PLOT_FLOOR_DB);
            }
        }
    }

    /// What there is; `None` without a segment.
    pub(super) fn finish(self, participant: &ParticipantId) -> Option<PlotSeries> {
        Some(PlotSeries {
            participant: participant.clone(),
            start: self.start?,
            mouth: self.mouth,
            sound: self.sound,
        })
    }
}

/// Keeps the largest value of a step; one that is no number is nothing measured.
fn raise(values: &mut [u8], at: usize, share: f64) {
    let full = f64::from(PLOT_FULL);
    if let Some(kept) = values.get_mut(at).filter(|_| share.is_finite()) {
        // In 0 to 250, so nothing is lost.
        let value = (share * full).round().clamp(0.0, full) as u8;
        *kept = match *kept {
            PLOT_NOTHING => value,
            before => before.max(value),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from_ms: i64, to_ms: i64) -> Span {
        Span::new(MediaTime::from_ms(from_ms), MediaTime::from_ms(to_ms))
    }

    fn voice<'a>(start_ms: i64, level_db: &'a [f32], missing: &'a [bool]) -> VoiceSeries<'a> {
        VoiceSeries {
            start: MediaTime::from_ms(start_ms),
            level_db,
            missing,
            ..VoiceSeries::default()
        }
    }

    #[test]
    fn each_step_has_the_loudest_sound_of_it_and_gaps_stay_gaps() {
        let mut plot = Plot::default();
        let mut level = vec![-60.0f32; 40];
        (level[7], level[12], level[22]) = (-30.0, -120.0, f32::NAN);
        let mut missing = vec![false; 40];
        missing[30..35].fill(true);
        // The series begins before the segment, as history does.
        plot.add(&span(1000, 1300), &[], Some(voice(900, &level, &missing)));
        plot.add(&span(1400, 1500), &[], None);
        let made = plot.finish(&ParticipantId::parse("c").unwrap()).unwrap();
        let none = PLOT_NOTHING;
        assert_eq!(made.start, MediaTime::from_ms(1000));
        // 10 hops lie before; hop 22 is no number, yet its step has others.
        assert_eq!(made.sound, [0, 0, 0, 0, none, 0, none, none, none, none]);
        assert_eq!(made.mouth, [none; 10]);
        assert!(Plot::default().finish(&made.participant).is_none());
        let mut loud = Plot::default();
        loud.add(
            &span(0, 50),
            &[],
            Some(voice(0, &[-30.0, -45.0], &[false, false])),
        );
        assert_eq!(loud.finish(&made.participant).unwrap().sound, [125]);
    }

    #[test]
    fn it_ends_where_it_would_grow_without_bound() {
        let mut plot = Plot::default();
        plot.add(&span(0, 1000), &[], None);
        plot.add(
            &span(7 * 3_600_000, 7 * 3_600_000 + 3000),
            &[],
            Some(voice(25_200_000, &[0.0], &[false])),
        );
        let made = plot.finish(&ParticipantId::parse("c").unwrap()).unwrap();
        assert_eq!(
            (made.mouth.len(), made.sound.len()),
            (MOST_PLOT_STEPS, MOST_PLOT_STEPS)
        );
        assert!(made.sound.iter().all(|v| *v == PLOT_NOTHING));
    }
}
