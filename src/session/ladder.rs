//! What is left out when an interview comes faster than it can be worked off. Pure.
//!
//! Each interview stands on a ladder of its own, so that one that floods its worker pays itself. It
//! climbs a step when what waits is old and the work is no faster than the interview itself, and
//! comes down when nothing waits for a good while; in between nothing changes.
//!
//! | step | left out |
//! |---|---|
//! | 0 | nothing |
//! | 1 | every second picture, and provisional results |
//! | 2 | three of four pictures |
//! | 3 and up | also the signal of least priority, then the next one, but for the last |
//!
//! While enough interviews stand on the last step, new ones are refused.

use std::time::Duration;

/// When a step is taken. The reasons stand beside each default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LadderLimits {
    /// What waits longer than this is old: 1 s, a third of a segment.
    pub old: Duration,
    /// How long it must stay so before the next step up: 2 s, so that a stutter costs nothing.
    pub up_after: Duration,
    /// What waits less than this is as good as nothing: 250 ms.
    pub fresh: Duration,
    /// How long it must stay so before a step down: 10 s. Five times the way up, so that an
    /// interview at the edge does not swing.
    pub down_after: Duration,
}

impl Default for LadderLimits {
    fn default() -> Self {
        Self {
            old: Duration::from_secs(1),
            up_after: Duration::from_secs(2),
            fresh: Duration::from_millis(250),
            down_after: Duration::from_secs(10),
        }
    }
}

/// What waits to be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// How long the oldest piece of media has waited.
    pub age: Duration,
    /// Media time from the oldest to the newest piece of the same track.
    pub span: Duration,
    /// True when no more than a quarter of the room is left, or media was dropped within a second:
    /// then what waits cannot grow old.
    pub is_full: bool,
}

impl Load {
    /// True when the work is no faster than the interview. Media that came faster than it was
    /// recorded, as a recording or a burst after a stall does, spans more than it has waited as long
    /// as the work is faster; a fifth is left for jitter.
    fn is_behind(self, limits: &LadderLimits) -> bool {
        let waits = self.age > limits.old || self.is_full;
        waits && self.span < self.age + self.age / 5
    }
}

/// What a step leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shed {
    /// The step, from 0.
    pub step: u32,
    /// Signals left out, from that of least priority.
    pub signals: usize,
}

impl Shed {
    /// Of so many pictures one is looked at.
    pub fn one_picture_of(self) -> u64 {
        match self.step {
            0 => 1,
            1 => 2,
            _ => 4,
        }
    }

    /// True when provisional results are left out.
    pub fn is_lean(self) -> bool {
        self.step > 0
    }
}

/// The ladder of one interview.
#[derive(Debug, Clone)]
pub struct Ladder {
    limits: LadderLimits,
    signals: usize,
    step: u32,
    /// Since when the load has called for the next step, and whether that is up.
    since: Option<(Duration, bool)>,
}

// === impl Ladder ===

impl Ladder {
    /// A ladder for an interview with so many signals; at least one of them stays.
    pub fn new(limits: LadderLimits, signals: usize) -> Self {
        Self {
            limits,
            signals: signals.saturating_sub(1),
            step: 0,
            since: None,
        }
    }

    /// Looks at what waits at `now`, on any clock that only rises; gives what is left out from now
    /// on when that changes.
    pub fn observe(&mut self, now: Duration, load: Load) -> Option<Shed> {
        let up = match load {
            l if l.is_behind(&self.limits) => true,
            l if l.age < self.limits.fresh && !l.is_full => false,
            _ => {
                self.since = None;
                return None;
            }
        };
        let since = match self.since {
            Some((since, same)) if same == up => since,
            _ => now,
        };
        self.since = Some((since, up));
        let held = now.saturating_sub(since);
        let next = match up {
            true if held >= self.limits.up_after => (self.step + 1).min(self.last()),
            false if held >= self.limits.down_after => self.step.saturating_sub(1),
            _ => return None,
        };
        // The following step takes as long again.
        self.since = Some((now, up));
        if next == self.step {
            return None;
        }
        self.step = next;
        Some(self.shed())
    }

    /// What is left out now.
    pub fn shed(&self) -> Shed {
        let signals = usize::try_from(self.step.saturating_sub(2)).unwrap_or(usize::MAX);
        Shed {
            step: self.step,
            signals: signals.min(self.signals),
        }
    }

    /// True on the last step.
    pub fn is_at_the_end(&self) -> bool {
        self.step == self.last()
    }

    fn last(&self) -> u32 {
        2 + u32::try_from(self.signals).unwrap_or(u32::MAX - 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// As much media time waits as it has waited: a live interview.
    fn live(age_ms: u64) -> Load {
        Load {
            age: ms(age_ms),
            span: ms(age_ms),
            is_full: false,
        }
    }

    fn after(ladder: &mut Ladder, from_ms: u64, to_ms: u64, load: Load) -> Vec<(u64, u32)> {
        let times = (from_ms..to_ms).step_by(100);
        times
            .filter_map(|t| Some((t, ladder.observe(ms(t), load)?.step)))
            .collect()
    }

    #[test]
    fn it_climbs_while_work_is_behind_and_comes_down_slowly() {
        let mut l = Ladder::new(LadderLimits::default(), 3);
        let up = after(&mut l, 0, 20_000, live(1_500));
        assert_eq!(up, [(2_000, 1), (4_000, 2), (6_000, 3), (8_000, 4)]);
        assert!(l.is_at_the_end());
        assert_eq!(l.shed().signals, 2, "one of three stays");
        let down = after(&mut l, 20_000, 70_000, live(100));
        assert_eq!(down, [(30_000, 3), (40_000, 2), (50_000, 1), (60_000, 0)]);
    }

    #[test]
    fn pictures_go_before_signals() {
        let mut l = Ladder::new(LadderLimits::default(), 6);
        let mut steps = vec![l.shed()];
        for t in 0..1_000 {
            steps.extend(l.observe(ms(t * 100), live(2_000)));
        }
        let what: Vec<_> = steps
            .iter()
            .map(|s| (s.one_picture_of(), s.signals))
            .collect();
        let expected = [
            (1, 0),
            (2, 0),
            (4, 0),
            (4, 1),
            (4, 2),
            (4, 3),
            (4, 4),
            (4, 5),
        ];
        assert_eq!(what, expected);
        assert!(!steps[0].is_lean() && steps[1].is_lean());
    }

    #[test]
    fn a_stutter_costs_nothing_and_the_middle_changes_nothing() {
        let mut l = Ladder::new(LadderLimits::default(), 6);
        assert!(after(&mut l, 0, 1_900, live(5_000)).is_empty());
        assert!(after(&mut l, 1_900, 2_000, live(0)).is_empty());
        assert!(after(&mut l, 2_000, 3_900, live(5_000)).is_empty());
        assert_eq!(after(&mut l, 3_900, 4_200, live(5_000)).len(), 1);
        // Neither old nor fresh.
        assert!(after(&mut l, 5_000, 500_000, live(600)).is_empty());
        assert_eq!(l.shed().step, 1);
    }

    #[test]
    fn media_that_comes_faster_than_it_was_recorded_is_no_overload() {
        let mut l = Ladder::new(LadderLimits::default(), 6);
        let recording = Load {
            age: ms(4_000),
            span: ms(40_000),
            is_full: true,
        };
        assert!(after(&mut l, 0, 100_000, recording).is_empty());
        // Large pictures fill the room before they are old.
        let full = Load {
            is_full: true,
            ..live(500)
        };
        assert_eq!(after(&mut l, 100_000, 102_100, full).len(), 1);
    }

    proptest! {
        #[test]
        fn steps_are_single_and_take_their_time(
            loads in prop::collection::vec((0u64..5_000, 0u64..6_000, 10u64..500, any::<bool>()), 1..400),
        ) {
            let limits = LadderLimits::default();
            let mut l = Ladder::new(limits, 6);
            let (mut now, mut step, mut changed) = (0, 0, 0u64);
            for (age, span, wait, is_full) in loads {
                now += wait;
                let load = Load { age: ms(age), span: ms(span), is_full };
                if let Some(shed) = l.observe(ms(now), load) {
                    prop_assert_eq!(shed.step.abs_diff(step), 1);
                    let least = if shed.step > step { limits.up_after } else { limits.down_after };
                    prop_assert!(ms(now - changed) >= least);
                    prop_assert!(shed.signals < 6);
                    (step, changed) = (shed.step, now);
                }
            }
        }
    }
}
