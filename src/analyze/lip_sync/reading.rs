//! From a context of pictures and sound to an offset, a lock and its probability. Pure.

use super::chain::{Decoded, Run, UNCORRELATED, decode, run_before};
use super::correlate::{HOP, LAGS, LagTable, MAX_LAG, Prepared, RUN_LAGS, hop_llr, project, refine_ms, sheared};
use super::features::{
    Columns, FIR_HALF, GRID_HZ, audio_channels, band_pass, resample, robust_scale, widen,
};
use super::weights::Weights;
use crate::core::MEL_BANDS;

/// A context reaches at most this far back, in seconds.
pub const CONTEXT_S: f64 = 20.0;
/// Half seconds that a reading describes at most: 10 s.
pub const WINDOW_HOPS: usize = 20;
/// Above this probability of a lock, and with enough speech, a stretch is locked.
pub const LOCKED: f64 = 0.9;
/// Below this probability of any lock, and with enough speech, a stretch is uncorrelated.
pub const NOT_LOCKED: f64 = 0.1;
/// Speech with the mouth in sight that a lock needs, in seconds.
pub const LOCK_SPEECH_S: f64 = 3.0;
/// Speech with the mouth in sight that "uncorrelated" needs, in seconds. In a dialogue half of the last 10 s is the other's;
/// real lips of the figures' recordings lock from 3 s on (lip_sync-l0-1.card.md).
pub const UNCORRELATED_SPEECH_S: f64 = 4.0;
/// Drifts that are tried where no steady offset is found, milliseconds per second. Between two of them the offset moves by
/// less than a run may within 10 s; audible drift is 20 to 60 (an offset that a second moves by more is a jump).
pub const DRIFTS_MS_PER_S: [f64; 10] = [-60.0, -48.0, -36.0, -24.0, -12.0, 12.0, 24.0, 36.0, 48.0, 60.0];
/// Speech with the mouth in sight that a drifting lock needs, in seconds: more than a steady one, for it was looked for at
/// many rates.
pub const DRIFT_SPEECH_S: f64 = 4.0;
/// How long a stretch must drift, in seconds: a step within the window is no drift, and breaks it.
pub const DRIFT_LENGTH_S: f64 = 8.0;
/// Probability above which a drifting lock is one.
pub const DRIFT_LOCKED: f64 = 0.95;
/// Speech probability from which a hop counts as speech.
const SPEECH: f32 = 0.5;
/// Speech is widened by this many 10 ms hops: onsets and endings carry the offset too.
const GATE_HOPS: usize = 40;
/// Lost sound is widened by this many 10 ms hops: the band-pass smears its edges.
const MISSING_HOPS: usize = 10;

/// Sound of a context, one entry per 10 ms.
#[derive(Debug, Clone, Default)]
pub struct Sound {
    /// Time of the first hop's first sample, seconds on the context's clock.
    pub start_s: f64,
    /// Natural-log mel energies.
    pub logmel: Vec<[f64; MEL_BANDS]>,
    /// Speech probability.
    pub speech: Vec<f32>,
    /// No sound arrived.
    pub missing: Vec<bool>,
}

/// Pictures of a context that show the mouth.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// Capture times in seconds on the context's clock, rising.
    pub times_s: Vec<f64>,
    /// Visual channels, one column each.
    pub columns: Columns,
}

/// What is known of the mouth and the voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// They go together at a steady offset.
    Locked,
    /// Enough was seen and heard, and they do not go together at any offset.
    Uncorrelated,
    /// Too little, or too unclear.
    Undetermined,
}

/// What a context says of its last seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Locked or not.
    pub lock: Lock,
    /// Offset of the final run in milliseconds, positive = audio late, where it drifts that at its end; meaningless unless
    /// locked.
    pub offset_ms: f64,
    /// Probability that the described stretch is locked, at this offset if it is.
    pub lock_probability: f64,
    /// Speech with the mouth in sight in the described stretch, seconds.
    pub speech_s: f64,
    /// Length of the described stretch, seconds.
    pub length_s: f64,
    /// How far before the context's end the final run began, seconds; at most the context.
    pub run_s: f64,
    /// How fast the offset moves, milliseconds per second; 0 where it is steady.
    pub drift_ms_per_s: f64,
    /// Root mean square of the band-passed mouth opening, in eye distances.
    pub mouth_motion: f64,
}

/// A context on the grid; `None` when there are too few pictures or hops for one.
pub fn prepare(grid_s: &[f64], sight: &Sight, sound: &Sound, fir: &[f64]) -> Option<(Prepared, f64)> {
    if sight.times_s.len() < 2 || sound.logmel.len() < 2 || grid_s.len() <= FIR_HALF + 1 {
        return None;
    }
    let (visual, seen) = resample(&sight.times_s, &sight.columns, grid_s);
    let hops_s: Vec<f64> = (0..sound.logmel.len())
        .map(|i| sound.start_s + 0.005 + 0.01 * i as f64)
        .collect();
    let (audio, heard) = resample(&hops_s, &audio_channels(&sound.logmel, &sound.missing), grid_s);
    let spoken = |(p, gone): (&f32, &bool)| *p >= SPEECH && !*gone;
    let speech: Vec<bool> = sound.speech.iter().zip(&sound.missing).map(spoken).collect();
    let lost = widen(&sound.missing, MISSING_HOPS);
    let near: Vec<bool> = widen(&speech, GATE_HOPS)
        .iter()
        .zip(&lost)
        .map(|(s, l)| *s && !*l)
        .collect();
    let hop_at = |g: &f64| {
        let i = ((g - sound.start_s) / 0.01 + 1e-6).floor();
        i.clamp(0.0, (sound.logmel.len() - 1) as f64) as usize
    };
    let on_grid = |mask: &[bool]| -> Vec<bool> {
        let at = grid_s.iter().map(|g| mask.get(hop_at(g)).copied().unwrap_or(false));
        at.zip(&heard).map(|(m, h)| m && *h).collect()
    };
    let (gate, talk) = (on_grid(&near), on_grid(&speech));
    let wide = widen(&gate, MAX_LAG);
    let both: Vec<bool> = wide.iter().zip(&seen).map(|(w, s)| *w && *s).collect();
    let visual_rows = if both.contains(&true) { &both } else { &seen };
    let audio_rows = if gate.contains(&true) { &gate } else { &heard };
    let filtered: Columns = visual.iter().map(|c| band_pass(c, fir)).collect();
    let motion = rms(filtered.first().map_or(&[], Vec::as_slice), visual_rows);
    let prepared = Prepared {
        visual: filtered.iter().map(|c| robust_scale(c, visual_rows)).collect(),
        audio: audio.iter().map(|c| robust_scale(&band_pass(c, fir), audio_rows)).collect(),
        seen,
        gate,
        talk,
    };
    Some((prepared, motion))
}

fn rms(column: &[f64], used: &[bool]) -> f64 {
    let (n, sum) = column
        .iter()
        .zip(used)
        .filter(|(_, u)| **u)
        .fold((0usize, 0.0), |(n, s), (v, _)| (n + 1, s + v * v));
    (sum / n.max(1) as f64).sqrt()
}

/// The likelihood ratios of a prepared context.
pub fn ratios(p: &Prepared, w: &Weights) -> LagTable {
    let (u, a) = project(p, &w.visual, &w.audio);
    hop_llr(&u, &a, &p.seen, &p.gate, &w.rho)
}

/// Reads a context; `None` when it is shorter than one hop.
pub fn read(p: &Prepared, mouth_motion: f64, w: &Weights) -> Option<Reading> {
    let llr = ratios(p, w);
    let steady = read_at(p, &llr, 0.0, mouth_motion, w)?;
    // Too little speech for any drift: most of a listener's time.
    let window = p.seen.len().saturating_sub(WINDOW_HOPS * HOP);
    if steady.lock == Lock::Locked || speech_since(p, window) < DRIFT_SPEECH_S {
        return Some(steady);
    }
    let drifting = DRIFTS_MS_PER_S.iter().filter_map(|drift| {
        read_at(p, &sheared(&llr, *drift), *drift, mouth_motion, w)
            .filter(|r| r.lock == Lock::Locked && r.lock_probability > DRIFT_LOCKED)
            .filter(|r| r.speech_s >= DRIFT_SPEECH_S && r.length_s >= DRIFT_LENGTH_S)
    });
    let surest = drifting.max_by(|a, b| a.lock_probability.total_cmp(&b.lock_probability));
    Some(surest.unwrap_or(steady))
}

/// Reads the ratios of a context whose offset moves by `drift_ms_per_s`.
fn read_at(p: &Prepared, llr: &LagTable, drift_ms_per_s: f64, mouth_motion: f64, w: &Weights) -> Option<Reading> {
    let decoded = decode(llr, w.kappa, &w.chain);
    let run = run_before(&decoded.path, llr.len())?;
    let first = run.first.max(llr.len().saturating_sub(WINDOW_HOPS));
    let described = llr.len() - first;
    let skip = p.seen.len() - described * HOP;
    let speech_s = speech_since(p, skip);
    let lock_probability = probability(&decoded, first, &run);
    let lock = if run.state < UNCORRELATED && lock_probability > LOCKED && speech_s >= LOCK_SPEECH_S {
        Lock::Locked
    } else if run.state == UNCORRELATED
        && lock_probability < NOT_LOCKED
        && speech_s >= UNCORRELATED_SPEECH_S
    {
        Lock::Uncorrelated
    } else {
        Lock::Undetermined
    };
    Some(Reading {
        lock,
        offset_ms: refine_ms(&llr[first..], run.state.min(LAGS - 1)),
        lock_probability,
        speech_s,
        length_s: (described * HOP) as f64 / GRID_HZ,
        run_s: ((llr.len() - run.first) * HOP) as f64 / GRID_HZ,
        drift_ms_per_s,
        mouth_motion,
    })
}

/// Speech with the mouth in sight from a grid step on, seconds.
fn speech_since(p: &Prepared, step: usize) -> f64 {
    let spoken = p.seen.iter().zip(&p.talk).skip(step).filter(|(s, t)| **s && **t).count();
    spoken as f64 / GRID_HZ
}

/// Mean probability, from hop `first` on, of the run's lags, or of any lag when it has none.
fn probability(d: &Decoded, first: usize, run: &Run) -> f64 {
    let lags = if run.state == UNCORRELATED {
        0..LAGS
    } else {
        run.state.saturating_sub(RUN_LAGS)..(run.state + RUN_LAGS + 1).min(LAGS)
    };
    let rows = d.posterior.get(first..).unwrap_or_default();
    let sum: f64 = rows.iter().map(|r| r[lags.clone()].iter().sum::<f64>()).sum();
    sum / rows.len().max(1) as f64
}
