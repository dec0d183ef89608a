//! One audio track: blocks in, a voice series out.

use super::envelope::levels_db;
use super::mel::{FRAME_LEFT, FRAME_RIGHT, LogMel};
use super::resample::{RATE_HZ, ResampleError, To16k};
use super::timeline::{Placement, Timeline};
use super::to_mono;
use crate::core::{
    AbstainReason, Abstention, AudioBlock, MEL_BANDS, MediaTime, VOICE_HOP_NS, VOICE_HOP_SAMPLES,
    VoiceSeries,
};

/// Hops that the voice-activity net looks at before a hop.
const CONTEXT_LEFT: usize = 121;
/// Hops that it looks at after a hop: 330 ms, part of the delay of a live speech probability.
const LOOKAHEAD_HOPS: usize = 33;
/// Hops that it looks at after the last one before a moment by which all is awaited, see
/// [`VoiceTrack::settle_at`]: 180 ms, so that a segment's result comes within 250 ms of its end.
const HURRIED_HOPS: usize = 18;
/// Hops that one run of the net settles. Runs follow each other in steps of this from the grid's
/// start and from each such moment, whatever has arrived beyond, so the same sound gives the same
/// probabilities however it came.
const RUN_HOPS: usize = 50;
/// Hops beyond the history that may pile up before the front is dropped (one copy per 10 s).
const SLACK_HOPS: usize = 1_000;

/// Turns mel bands into a speech probability per hop; implemented over the engine.
pub trait SpeechModel {
    /// One probability (0 to 1) per hop of `logmel`.
    ///
    /// # Errors
    /// Why there is none: the model is missing, or failed.
    fn speech(&mut self, logmel: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention>;
}

impl<F> SpeechModel for F
where
    F: FnMut(&[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention>,
{
    fn speech(&mut self, logmel: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention> {
        self(logmel)
    }
}

/// The recent past of one track on the 10 ms grid.
///
/// Push blocks, call [`VoiceTrack::advance`] to run the net over what is complete, and borrow
/// [`VoiceTrack::series`]. [`VoiceTrack::finish`] settles the end of the track.
#[derive(Debug)]
pub struct VoiceTrack {
    history_hops: usize,
    input: Option<Input>,
    mel: LogMel,
    hops: Hops,
    /// First one and distance in nanoseconds of moments by which all before is awaited.
    awaited: Vec<(MediaTime, i64)>,
    ended: bool,
    obstacle: Option<Abstention>,
}

/// The way from blocks to the grid, for one sample rate.
#[derive(Debug)]
struct Input {
    rate_hz: u32,
    timeline: Timeline,
    resampler: To16k,
    /// Samples at `rate_hz` since the grid started.
    placed: u64,
}

/// Hops that a run of the net is fed (`from..until`) and those that it settles (`at..settled`).
struct Run {
    from: usize,
    at: usize,
    settled: usize,
    until: usize,
}

/// Everything on the grid. Index 0 of every list is hop `dropped` since the grid started.
#[derive(Debug, Default)]
struct Hops {
    start: MediaTime,
    dropped: usize,
    samples: Vec<f32>,
    level_db: Vec<f32>,
    missing: Vec<bool>,
    logmel: Vec<[f32; MEL_BANDS]>,
    speech: Vec<f32>,
    /// Half-open ranges of missing 16 kHz samples since the grid started.
    gaps: Vec<(u64, u64)>,
}

// === impl VoiceTrack ===

impl VoiceTrack {
    /// A track that remembers `history_ns` (at least 5 s).
    pub fn new(history_ns: i64) -> Self {
        Self {
            history_hops: (history_ns / VOICE_HOP_NS).max(500) as usize,
            input: None,
            mel: LogMel::new(),
            hops: Hops::default(),
            awaited: Vec::new(),
            ended: false,
            obstacle: None,
        }
    }

    /// What lies before `origin`, and before every `every_ns` nanoseconds from there on, is awaited: it
    /// is settled 180 ms later, though the net then hears less of what follows.
    pub fn settle_at(&mut self, origin: MediaTime, every_ns: i64) {
        if every_ns > 0 && !self.awaited.contains(&(origin, every_ns)) {
            self.awaited.push((origin, every_ns));
        }
    }

    /// Takes a block and says where it fell in time. A change of sample rate, or a block after
    /// [`VoiceTrack::finish`], starts the grid anew: what was remembered is forgotten.
    ///
    /// # Errors
    /// [`ResampleError`] when the block's rate cannot be brought to 16 kHz.
    pub fn push(&mut self, block: &AudioBlock) -> Result<Placement, ResampleError> {
        let rate_hz = block.sample_rate_hz;
        let mut input = match self.input.take() {
            Some(input) if input.rate_hz == rate_hz && !self.ended => input,
            _ => Input {
                rate_hz,
                timeline: Timeline::new(rate_hz, self.history_hops as i64 * VOICE_HOP_NS),
                resampler: To16k::new(rate_hz)?,
                placed: 0,
            },
        };
        let mono = to_mono(block.samples(), block.channels as usize);
        let plan = input.timeline.place(block.time, mono.len() as u64);
        if let Some(anchor) = plan.anchor {
            self.hops = Hops {
                start: anchor,
                ..Hops::default()
            };
            self.ended = false;
            input.resampler = To16k::new(rate_hz)?;
            input.placed = 0;
        }
        if plan.zeros > 0 {
            let from = input.at_16k(input.placed);
            let until = input.at_16k(input.placed + plan.zeros);
            self.hops.gaps.push((from, until));
            input.feed_zeros(plan.zeros, &mut self.hops.samples)?;
        }
        let fresh = mono.get(plan.drop as usize..).unwrap_or_default();
        input.feed(fresh, &mut self.hops.samples)?;
        self.input = Some(input);
        Ok(plan.placement)
    }

    /// Sound is known to be missing before the next block, or that comes from another source: its
    /// time is taken at its word.
    pub fn break_here(&mut self) {
        if let Some(input) = &mut self.input {
            input.timeline.break_here();
        }
    }

    /// Computes what is complete, and runs the net over it where its look-ahead is there too.
    pub fn advance(&mut self, model: &mut dyn SpeechModel) {
        self.hops.describe(&mut self.mel, self.ended);
        while let Some(next) = self.hops.next_run(self.ended, &self.awaited) {
            let Run {
                from,
                at,
                settled,
                until,
            } = next;
            let window = self.hops.logmel.get(from..until).unwrap_or_default();
            match run(model, window) {
                Ok(values) => {
                    let fresh = values.get(at - from..settled - from).unwrap_or_default();
                    self.hops.settle(fresh);
                }
                Err(why) => {
                    self.obstacle = Some(why);
                    self.hops.settle(&vec![0.0; settled - at]);
                }
            }
        }
        let excess = self.hops.speech.len().saturating_sub(self.history_hops);
        if excess > SLACK_HOPS {
            self.hops.forget(excess);
        }
    }

    /// Settles everything up to the end of the track; no more sound is awaited.
    ///
    /// # Errors
    /// [`ResampleError`] when the last samples cannot be resampled.
    pub fn finish(&mut self, model: &mut dyn SpeechModel) -> Result<(), ResampleError> {
        if let (Some(input), false) = (self.input.as_mut(), self.ended) {
            input.resampler.finish(&mut self.hops.samples)?;
            self.ended = true;
        }
        self.advance(model);
        Ok(())
    }

    /// Why speech probabilities are zero, when the net could not be run; `None` while it works.
    pub fn obstacle(&self) -> Option<&Abstention> {
        self.obstacle.as_ref()
    }

    /// Session time up to which everything is settled; `None` before the first block.
    pub fn settled_until(&self) -> Option<MediaTime> {
        self.input.as_ref()?;
        Some(self.series().time_of(self.hops.speech.len()))
    }

    /// What is remembered and settled.
    pub fn series(&self) -> VoiceSeries<'_> {
        self.hops.series(0, self.hops.speech.len())
    }

    /// The part of [`VoiceTrack::series`] that lies inside `start..end`, whole hops only.
    pub fn series_between(&self, start: MediaTime, end: MediaTime) -> VoiceSeries<'_> {
        let all = self.series();
        let hop = |t: MediaTime, up: i64| {
            let n = t
                .since_ns(all.start)
                .saturating_add(up)
                .div_euclid(VOICE_HOP_NS);
            usize::try_from(n).unwrap_or(0).min(all.len())
        };
        let (from, until) = (hop(start, VOICE_HOP_NS - 1), hop(end, 0));
        self.hops.series(from.min(until), until)
    }
}

/// Runs the model and refuses an answer of the wrong length or with values that are no
/// probabilities.
fn run(model: &mut dyn SpeechModel, window: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention> {
    let values = model.speech(window)?;
    if values.len() != window.len() || values.iter().any(|p| !(0.0..=1.0).contains(p)) {
        let found = format!(
            "voice activity: found {} values for {} hops, expected one probability each",
            values.len(),
            window.len()
        );
        return Err(Abstention::new(AbstainReason::Failed, found));
    }
    Ok(values)
}

// === impl Input ===

impl Input {
    fn at_16k(&self, sample: u64) -> u64 {
        sample * u64::from(RATE_HZ) / u64::from(self.rate_hz)
    }

    fn feed(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        self.placed += samples.len() as u64;
        self.resampler.push(samples, out)
    }

    /// Zeros in pieces: a gap may be as long as the history.
    fn feed_zeros(&mut self, mut count: u64, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let piece = [0.0; 4_800];
        while count > 0 {
            let n = count.min(piece.len() as u64);
            self.feed(piece.get(..n as usize).unwrap_or_default(), out)?;
            count -= n;
        }
        Ok(())
    }
}

// === impl Hops ===

impl Hops {
    /// Level, missing and mel of the hops whose samples are complete. Mel needs a few samples
    /// more than the hop itself, which are taken as zero at the end of the track.
    fn describe(&mut self, mel: &mut LogMel, ended: bool) {
        let done = self.logmel.len();
        let beyond = if ended { 0 } else { FRAME_RIGHT };
        let ready = self.samples.len().saturating_sub(beyond) / VOICE_HOP_SAMPLES;
        for hop in done..ready {
            let at = hop * VOICE_HOP_SAMPLES;
            let until = (at + VOICE_HOP_SAMPLES + FRAME_RIGHT).min(self.samples.len());
            let from = at.saturating_sub(FRAME_LEFT);
            let slice = self.samples.get(from..until).unwrap_or_default();
            if at >= FRAME_LEFT {
                self.logmel.push(mel.hop(slice));
            } else {
                let mut padded = vec![0.0; FRAME_LEFT - at];
                padded.extend_from_slice(slice);
                self.logmel.push(mel.hop(&padded));
            }
            let first = ((self.dropped + hop) * VOICE_HOP_SAMPLES) as u64;
            let lost = self.lost(first, first + VOICE_HOP_SAMPLES as u64);
            self.missing.push(lost * 2 >= VOICE_HOP_SAMPLES as u64);
        }
        let fresh = done * VOICE_HOP_SAMPLES..ready.max(done) * VOICE_HOP_SAMPLES;
        let fresh = self.samples.get(fresh).unwrap_or_default();
        self.level_db.extend(levels_db(fresh));
        let passed = ((self.dropped + ready) * VOICE_HOP_SAMPLES) as u64;
        self.gaps.retain(|(_, until)| *until > passed);
    }

    /// Missing samples between two positions since the grid started.
    fn lost(&self, from: u64, until: u64) -> u64 {
        let inside = |(a, b): &(u64, u64)| (*b).min(until).saturating_sub((*a).max(from));
        self.gaps.iter().map(inside).sum()
    }

    /// The next run of the net, if what it needs is there.
    fn next_run(&self, ended: bool, awaited: &[(MediaTime, i64)]) -> Option<Run> {
        let at = self.speech.len();
        let all = self.logmel.len();
        let moments = awaited.iter().map(|m| self.first_after(at, *m));
        let steady = at + RUN_HOPS;
        let (settled, until) = match moments.min() {
            // A run of the usual length would be waiting for more than this one.
            Some(moment) if moment + HURRIED_HOPS <= steady + LOOKAHEAD_HOPS => {
                (moment, moment + HURRIED_HOPS)
            }
            _ => (steady, steady + LOOKAHEAD_HOPS),
        };
        let ready = until <= all || (ended && at < all);
        ready.then(|| Run {
            from: at.saturating_sub(CONTEXT_LEFT),
            at,
            settled: settled.min(all),
            until: until.min(all),
        })
    }

    /// The first hop that begins at or after the next of these moments; above `at`.
    fn first_after(&self, at: usize, (origin, every_ns): (MediaTime, i64)) -> usize {
        let here = self.start.plus_ns(at as i64 * VOICE_HOP_NS);
        let passed = here.since_ns(origin).rem_euclid(every_ns);
        let ahead_ns = every_ns.saturating_sub(passed);
        at + usize::try_from((ahead_ns - 1).div_euclid(VOICE_HOP_NS) + 1).unwrap_or(1)
    }

    fn settle(&mut self, values: &[f32]) {
        for p in values {
            let gone = self.missing.get(self.speech.len()).copied();
            self.speech.push(if gone == Some(true) { 0.0 } else { *p });
        }
    }

    /// Drops hops from the front, all but what the next run needs as its context.
    fn forget(&mut self, hops: usize) {
        let hops = hops.min(self.speech.len().saturating_sub(CONTEXT_LEFT));
        self.samples.drain(..hops * VOICE_HOP_SAMPLES);
        self.level_db.drain(..hops);
        self.missing.drain(..hops);
        self.logmel.drain(..hops);
        self.speech.drain(..hops);
        self.dropped += hops;
        self.start = self.start.plus_ns(hops as i64 * VOICE_HOP_NS);
    }

    fn series(&self, from: usize, until: usize) -> VoiceSeries<'_> {
        let samples = from * VOICE_HOP_SAMPLES..until * VOICE_HOP_SAMPLES;
        VoiceSeries {
            start: self.start.plus_ns(from as i64 * VOICE_HOP_NS),
            samples: self.samples.get(samples).unwrap_or_default(),
            speech: self.speech.get(from..until).unwrap_or_default(),
            logmel: self.logmel.get(from..until).unwrap_or_default(),
            level_db: self.level_db.get(from..until).unwrap_or_default(),
            missing: self.missing.get(from..until).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stands in for the net: speech where the mean band is above its floor. Also checks that
    /// context is given.
    fn loud(logmel: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention> {
        let mean = |hop: &[f32; MEL_BANDS]| hop.iter().sum::<f32>() / MEL_BANDS as f32;
        Ok(logmel
            .iter()
            .map(|h| if mean(h) > 0.2 { 0.9 } else { 0.1 })
            .collect())
    }

    /// Noise from 1.0 to 2.0 s of a 4 s track at `rate`.
    fn sound(rate: u32) -> Vec<f32> {
        let mut state = 7_u32;
        (0..4 * rate)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let loud = (rate..2 * rate).contains(&i);
                let noise = (state >> 16) as f32 / 32_768.0 - 1.0;
                if loud { 0.3 * noise } else { 0.0 }
            })
            .collect()
    }

    fn block(ms: f64, rate: u32, samples: &[f32]) -> AudioBlock {
        AudioBlock::new(
            MediaTime::from_secs_f64(ms / 1e3),
            rate,
            1,
            samples.to_vec(),
        )
        .unwrap()
    }

    fn feed(track: &mut VoiceTrack, rate: u32, samples: &[f32], step: usize) {
        for (k, part) in samples.chunks(step).enumerate() {
            let ms = (k * step) as f64 * 1e3 / f64::from(rate);
            track.push(&block(ms, rate, part)).unwrap();
            track.advance(&mut loud);
        }
        track.finish(&mut loud).unwrap();
    }

    #[test]
    fn the_series_does_not_depend_on_the_blocks() {
        for rate in [8_000, 16_000, 44_100, 48_000] {
            let x = sound(rate);
            let mut whole = VoiceTrack::new(10_000_000_000);
            feed(&mut whole, rate, &x, x.len());
            let a = whole.series();
            assert_eq!(a.len(), 400, "{rate}");
            assert_eq!(a.samples.len(), 64_000);
            let on: Vec<_> = (0..400).filter(|i| a.speech[*i] > 0.5).collect();
            let (first, last) = (on[0], on[on.len() - 1]);
            assert!(
                first.abs_diff(100) <= 1 && last.abs_diff(199) <= 1,
                "{rate}: {first} {last}"
            );
            for step in [rate as usize / 100, 777, rate as usize * 3] {
                let mut cut = VoiceTrack::new(10_000_000_000);
                feed(&mut cut, rate, &x, step);
                let b = cut.series();
                assert_eq!(
                    (a.samples, a.speech),
                    (b.samples, b.speech),
                    "{rate} {step}"
                );
                assert_eq!(
                    (a.logmel, a.level_db),
                    (b.logmel, b.level_db),
                    "{rate} {step}"
                );
            }
        }
    }

    /// Says of each hop how many it was shown after it.
    fn ahead(logmel: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention> {
        let n = logmel.len();
        Ok((0..n).map(|i| (n - 1 - i) as f32 / 1_000.0).collect())
    }

    #[test]
    fn what_is_awaited_is_settled_soon_however_the_sound_comes() {
        let x = sound(16_000);
        let origin = MediaTime::from_ms(-105);
        let mut seen: Option<Vec<f32>> = None;
        for step in [160, 333, 4_800, 64_000] {
            let mut t = VoiceTrack::new(10_000_000_000);
            t.settle_at(origin, 1_100_000_000);
            for (k, part) in x.chunks(step).enumerate() {
                let ms = (k * step) as f64 / 16.0;
                t.push(&block(ms, 16_000, part)).unwrap();
                t.advance(&mut ahead);
                let heard_ms = ms + part.len() as f64 / 16.0;
                // 995, 2095 and 3195 ms, and 200 more for what the net and its window hear.
                let due = [995.0, 2_095.0, 3_195.0].into_iter().rev();
                if let Some(due) = due.into_iter().find(|d| d + 200.0 <= heard_ms) {
                    let settled = t.settled_until().unwrap();
                    assert!(
                        settled >= MediaTime::from_secs_f64(due / 1e3),
                        "{step} {due}"
                    );
                }
            }
            t.finish(&mut ahead).unwrap();
            let series = t.series().speech.to_vec();
            // Hop 99 is the last before 995 ms, rounded up to the grid of 10 ms.
            assert_eq!((series[99], series[100]), (0.018, 0.082), "{step}");
            let least = series[..380].iter().copied().fold(f32::MAX, f32::min);
            assert_eq!(least, 0.018);
            assert_eq!(
                seen.get_or_insert_with(|| series.clone()),
                &series,
                "{step}"
            );
        }
    }

    #[test]
    fn a_gap_is_missing_and_keeps_the_time() {
        let rate = 48_000;
        let x = sound(rate);
        let mut t = VoiceTrack::new(10_000_000_000);
        // 0.5 s that ends at 1.2 s is lost.
        t.push(&block(0.0, rate, &x[..33_600])).unwrap();
        let p = t.push(&block(1_200.0, rate, &x[57_600..])).unwrap();
        assert_eq!(
            p,
            Placement::Gap {
                missing_ns: 500_000_000
            }
        );
        t.finish(&mut loud).unwrap();
        let s = t.series();
        assert_eq!(s.len(), 400);
        let gone: Vec<_> = (0..400).filter(|i| s.missing[*i]).collect();
        assert_eq!((gone[0], gone.len()), (70, 50));
        assert!(gone.iter().all(|i| s.speech[*i] == 0.0));
        assert!(s.speech[121] > 0.5 && s.speech[198] > 0.5 && s.speech[202] < 0.5);
    }

    #[test]
    fn memory_is_bounded_and_the_end_is_kept() {
        let rate = 16_000;
        let mut t = VoiceTrack::new(5_000_000_000);
        let x = sound(rate);
        for k in 0..30 {
            t.push(&block(f64::from(k) * 4_000.0, rate, &x)).unwrap();
            t.advance(&mut loud);
            let s = t.series();
            assert!(s.len() <= 500 + SLACK_HOPS, "{}", s.len());
        }
        let s = t.series();
        let settled = t.settled_until().unwrap();
        assert_eq!(settled, s.time_of(s.len()));
        assert!(settled >= MediaTime::from_ms(119_000));
        // 117.0 to 118.0 s is loud.
        let at = |ms: i64| (MediaTime::from_ms(ms).since_ns(s.start) / VOICE_HOP_NS) as usize;
        assert!(s.speech[at(117_500)] > 0.5 && s.speech[at(118_500)] < 0.5);
        let part = t.series_between(MediaTime::from_ms(117_005), MediaTime::from_ms(117_995));
        assert_eq!((part.start, part.len()), (MediaTime::from_ms(117_010), 98));
        assert_eq!(part.samples.len(), 98 * VOICE_HOP_SAMPLES);
        assert!(
            t.series_between(MediaTime::from_ms(1), MediaTime::from_ms(2))
                .is_empty()
        );
    }

    #[test]
    fn a_missing_or_broken_model_is_said_and_never_reads_as_speech() {
        let x = sound(16_000);
        let mut no = |_: &[[f32; MEL_BANDS]]| -> Result<Vec<f32>, Abstention> {
            Err(Abstention::new(AbstainReason::ModelMissing, "no model"))
        };
        let mut nan = |m: &[[f32; MEL_BANDS]]| Ok(vec![f32::NAN; m.len()]);
        let mut short = |_: &[[f32; MEL_BANDS]]| Ok(vec![0.9; 3]);
        let models: [(&mut dyn SpeechModel, AbstainReason); 3] = [
            (&mut no, AbstainReason::ModelMissing),
            (&mut nan, AbstainReason::Failed),
            (&mut short, AbstainReason::Failed),
        ];
        for (model, reason) in models {
            let mut t = VoiceTrack::new(10_000_000_000);
            t.push(&block(0.0, 16_000, &x)).unwrap();
            t.finish(model).unwrap();
            assert_eq!(t.obstacle().map(|a| a.reason), Some(reason));
            assert!(t.series().speech.iter().all(|p| *p == 0.0));
            assert_eq!(t.series().len(), 400);
        }
    }

    #[test]
    fn silence_empty_blocks_and_late_blocks_are_harmless() {
        let mut t = VoiceTrack::new(10_000_000_000);
        assert_eq!(t.settled_until(), None);
        t.push(&block(0.0, 16_000, &[])).unwrap();
        t.push(&block(0.0, 16_000, &[0.0; 16_000])).unwrap();
        let p = t.push(&block(200.0, 16_000, &[0.5; 1_600])).unwrap();
        assert!(matches!(p, Placement::Stale { .. }));
        t.finish(&mut loud).unwrap();
        assert_eq!(t.series().len(), 100);
        assert!(t.series().speech.iter().all(|p| *p < 0.5));
        // After the end, or at another rate, the grid starts anew.
        t.push(&block(5_000.0, 48_000, &[0.0; 48_000])).unwrap();
        t.finish(&mut loud).unwrap();
        assert_eq!(t.series().start, MediaTime::from_ms(5_000));
    }
}
