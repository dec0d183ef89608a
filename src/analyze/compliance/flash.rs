//! Colour code: whether the colour of the face followed the colours of the candidate's screen.
//!
//! The mean colour of the inner face, as red and blue shares of its sum, is compared with the same shares of
//! the colours shown, at every lag up to [`MOST_LAG_MS`] (screen, camera and transport take their time). The
//! correlation must be high, the change large enough to be the screen's, and no shuffled code may follow as
//! well: the p-value is the share of [`SHUFFLES`] shuffles that do. Where the face's colour hardly changed at
//! as its light was too weak beside the room's, and nothing can be said; so where the face's colour does not
//! step at the times at which a code of this pace would (whatever its colours). The idea of a face lit by
//! a sequence that nobody can know before is that of Gerstner and Farid (CVPR Workshops 2022); what is
//! measured here is our own, and less: it verifies that the code is seen, and nothing else.

use super::{open, pictures};
use crate::analyze::window::Window;
use crate::core::{
    APPEARANCE_PX, AbstainReason, Abstention, ChallengeResult, ChallengeStatus, Evidence, FaceObs,
    ScreenColour, TracePoint, thinned,
};

/// Longest delay from the screen to the picture, milliseconds.
const MOST_LAG_MS: i64 = 900;
/// Step of the search, milliseconds.
const LAG_STEP_MS: i64 = 30;
/// Least correlation.
const LEAST_R: f64 = 0.5;
/// Shuffled codes that are compared with the one shown.
const SHUFFLES: u32 = 199;
/// Largest share of shuffles that follow as well.
const MOST_P: f64 = 0.02;
/// Least change of the face's colour shares that can be told from noise, in 8-bit steps (root mean square):
/// the mean of some hundred pixels is steady to about a tenth of a step.
const LEAST_CHANGE: f64 = 0.3;
/// The face's colour steps with some code when its steps at the times of change are this many times those in
/// between. Where it does not, nothing of any screen is seen.
const LEAST_STEPS: f64 = 3.0;
/// Half width of a step, milliseconds.
const STEP_MS: f64 = 170.0;
/// Least pictures.
const LEAST_PICTURES: usize = 40;
/// Inner part of the face's picture that is looked at, in shares of its side.
const INNER: (f64, f64) = (0.28, 0.72);

/// Red and blue share of a colour, times 255.
type Shares = [f64; 2];

/// One picture.
#[derive(Debug, Clone, Copy)]
struct Sample {
    t_ms: f64,
    shares: Shares,
}

/// Judges a window by the pictures before a segment's end.
pub(super) fn judge(window: &Window, history: &[FaceObs]) -> ChallengeResult {
    let none = |why: &Abstention| window.unmeasured("", why);
    let p = &window.asked.parameters;
    if p.colours.len() < 2 || p.colour_ms == 0 {
        let why = "the colours that were shown are not stated";
        return none(&Abstention::new(AbstainReason::NotRequested, why));
    }
    let all = match pictures(window, history) {
        Ok(all) => all,
        Err(why) => return none(&why),
    };
    let sample = |o: &&FaceObs| Some((o.time, sample(1e3 * window.seconds(o.time), o)?));
    let timed: Vec<_> = all.iter().filter_map(sample).collect();
    let samples: Vec<Sample> = timed.iter().map(|s| s.1).collect();
    if samples.len() < LEAST_PICTURES {
        let why = format!(
            "the face’s colour was seen in {} pictures, {LEAST_PICTURES} needed",
            samples.len()
        );
        return none(&Abstention::new(AbstainReason::NoFace, why));
    }
    let followed = follow(&samples, &p.colours, f64::from(p.colour_ms));
    let mut result = open(window);
    result.status = status(&followed);
    result.passes = u32::from(result.status == ChallengeStatus::Performed);
    result.evidence = vec![
        Evidence::against("code_correlation", followed.r, LEAST_R),
        Evidence::against("code_p_value", followed.p, MOST_P),
        Evidence::against("face_colour_change", followed.change, LEAST_CHANGE),
        Evidence::against("face_colour_steps_ratio", followed.steps, LEAST_STEPS),
        Evidence::new("code_lag_ms", followed.lag_ms),
    ];
    let point = |s: &(crate::core::MediaTime, Sample)| TracePoint {
        time: s.0,
        value: s.1.shares[0],
    };
    result.trace = thinned(&timed.iter().map(point).collect::<Vec<_>>());
    result
}

fn status(f: &Followed) -> ChallengeStatus {
    let no = |detail| ChallengeStatus::NotMeasurable {
        reason: AbstainReason::LowQuality,
        detail,
    };
    if f.change < LEAST_CHANGE {
        return no(format!(
            "the face’s colour changed by {:.2} of 255 while the code was shown, {LEAST_CHANGE} needed: the screen’s light is too weak beside the room’s",
            f.change
        ));
    }
    if f.r >= LEAST_R && f.p <= MOST_P {
        return ChallengeStatus::Performed;
    }
    if f.steps < LEAST_STEPS {
        return no("no light of a screen that changes its colour is seen on the face: it may be too weak beside the room’s".to_owned());
    }
    let detail = format!(
        "the face’s colour changed, but not as the screen did (correlation {:.2}, {LEAST_R} needed)",
        f.r
    );
    ChallengeStatus::NotPerformed { detail }
}

/// How well the face followed a code.
#[derive(Debug, Clone, Copy)]
struct Followed {
    r: f64,
    lag_ms: f64,
    p: f64,
    change: f64,
    /// Size of the steps at the times of change against those in between.
    steps: f64,
}

fn follow(samples: &[Sample], code: &[ScreenColour], colour_ms: f64) -> Followed {
    let (r, lag_ms, change) = best(samples, code, colour_ms);
    let mut shuffled = code.to_vec();
    // Any fixed order of shuffles does: they stand for codes that were not shown.
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut as_well = 1u32;
    for _ in 0..SHUFFLES {
        for i in (1..shuffled.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let j = (state >> 33) as usize % (i + 1);
            shuffled.swap(i, j);
        }
        as_well += u32::from(best(samples, &shuffled, colour_ms).0 >= r);
    }
    let p = f64::from(as_well) / f64::from(SHUFFLES + 1);
    let steps = steps(samples, code.len(), colour_ms);
    Followed {
        r,
        lag_ms,
        p,
        change,
        steps,
    }
}

/// How much larger the steps of the face's colour are at the times of change of a code of this pace than half
/// way between them, at the lag at which they are largest.
fn steps(samples: &[Sample], chips: usize, colour_ms: f64) -> f64 {
    let mean = |from: f64, to: f64| {
        let inside = samples.iter().filter(|s| s.t_ms >= from && s.t_ms < to);
        let (sum, n) = inside.fold(([0.0; 2], 0u32), |(m, n), s| {
            ([m[0] + s.shares[0], m[1] + s.shares[1]], n + 1)
        });
        (n > 0).then(|| sum.map(|v| v / f64::from(n)))
    };
    let step = |t: f64| {
        let (before, after) = (mean(t - STEP_MS, t)?, mean(t, t + STEP_MS)?);
        Some((after[0] - before[0]).powi(2) + (after[1] - before[1]).powi(2))
    };
    let size = |shift: f64| {
        let all: Vec<f64> = (1..chips)
            .filter_map(|k| step(shift + k as f64 * colour_ms))
            .collect();
        (all.iter().sum::<f64>() / all.len().max(1) as f64).sqrt()
    };
    let lags = (0..=MOST_LAG_MS).step_by(LAG_STEP_MS as usize);
    let ratio = |lag: i64| size(lag as f64) / size(lag as f64 - colour_ms / 2.0).max(1e-9);
    lags.map(ratio).fold(0.0, f64::max)
}

/// Highest correlation, its lag in milliseconds, and the change of the face's colour there.
fn best(samples: &[Sample], code: &[ScreenColour], colour_ms: f64) -> (f64, f64, f64) {
    let length_ms = colour_ms * code.len() as f64;
    let mut found = (-1.0, 0.0, 0.0);
    for lag in (0..=MOST_LAG_MS).step_by(LAG_STEP_MS as usize) {
        let shown = |s: &&Sample| (0.0..length_ms).contains(&(s.t_ms - lag as f64));
        let seen: Vec<&Sample> = samples.iter().filter(shown).collect();
        if seen.len() < LEAST_PICTURES / 2 {
            continue;
        }
        let colour = |s: &&Sample| {
            let i = ((s.t_ms - lag as f64) / colour_ms) as usize;
            code.get(i)
                .map_or([0.0; 2], |c| shares(c.rgb().map(f64::from)))
        };
        let expected: Vec<Shares> = seen.iter().map(colour).collect();
        let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
        for channel in 0..2 {
            let x = level(&seen, |i| seen.get(i).map_or(0.0, |s| s.shares[channel]));
            let y = level(&seen, |i| expected.get(i).map_or(0.0, |e| e[channel]));
            for (x, y) in x.iter().zip(&y) {
                xy += x * y;
                xx += x * x;
                yy += y * y;
            }
        }
        let r = if xx * yy > 0.0 {
            xy / (xx * yy).sqrt()
        } else {
            0.0
        };
        if r > found.0 {
            found = (r, lag as f64, (xx / seen.len() as f64).sqrt());
        }
    }
    found
}

/// A channel without its mean and its straight trend in time: light and white balance drift.
fn level(seen: &[&Sample], value: impl Fn(usize) -> f64) -> Vec<f64> {
    let n = seen.len().max(1) as f64;
    let mean_t = seen.iter().map(|s| s.t_ms).sum::<f64>() / n;
    let mean = (0..seen.len()).map(&value).sum::<f64>() / n;
    let (mut tv, mut tt) = (0.0, 1e-9);
    for (i, s) in seen.iter().enumerate() {
        tv += (s.t_ms - mean_t) * (value(i) - mean);
        tt += (s.t_ms - mean_t).powi(2);
    }
    let slope = tv / tt;
    let rest = |(i, s): (usize, &&Sample)| value(i) - mean - slope * (s.t_ms - mean_t);
    seen.iter().enumerate().map(rest).collect()
}

fn shares(rgb: [f64; 3]) -> Shares {
    let sum = (rgb[0] + rgb[1] + rgb[2]).max(1.0);
    [255.0 * rgb[0] / sum, 255.0 * rgb[2] / sum]
}

/// Mean colour of the inner face.
fn sample(t_ms: f64, o: &FaceObs) -> Option<Sample> {
    let rgb = &o.face.as_ref()?.appearance;
    if rgb.len() != 3 * APPEARANCE_PX * APPEARANCE_PX {
        return None;
    }
    let inner = |i: usize| (INNER.0..INNER.1).contains(&((i as f64 + 0.5) / APPEARANCE_PX as f64));
    let mut sum = [0.0; 3];
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        if inner(i % APPEARANCE_PX) && inner(i / APPEARANCE_PX) {
            sum.iter_mut()
                .zip(pixel)
                .for_each(|(s, v)| *s += f64::from(*v));
        }
    }
    Some(Sample {
        t_ms,
        shares: shares(sum),
    })
}
