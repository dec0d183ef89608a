//! Whether the challenge was done, from how much of the face's box a hand covers over time. Pure.
//!
//! Covered means: a hand is seen there, or must be there by what is seen of it around the face, so that a
//! face which is painted over the hand does not undo the candidate's movement. The limits are those of
//! the challenge's protocol: a pass covers a quarter of the box and carries the hand across 0.6 of its
//! width at 0.3 to 8 widths a second; a hold covers 0.35 of it for 0.8 s. Of either the net sees 0.20 at least, also where
//! a face is painted over a part of the hand; of hands beside or at the edge of the face it sees up to 0.17
//! (docs/training-log.md).

/// Least covered share of the face's box at the peak of a pass.
pub(super) const PASS_SHARE: f64 = 0.20;
/// Covered share from which a pass counts in any case, also where fewer were asked for, and from which a dip between two
/// peaks parts two passes. A hand that covers less is a pass where one is wanting, and none where none is.
const FULL_SHARE: f64 = 0.25;
/// Least covered share during a hold, and how long, seconds.
pub(super) const HOLD_SHARE: f64 = 0.20;
pub(super) const HOLD_S: f64 = 0.8;
/// Least way of the hand across the face, in widths of its box.
const CROSSING: f64 = 0.6;
/// Slowest and fastest crossing while the hand is before the face, widths a second. There it is fastest: a
/// movement of 4 widths a second on average is at nearly 8 in its middle (least-jerk path).
const SPEED: (f64, f64) = (0.3, 8.0);
/// Covered share from which the hand is before the face at all.
const CONTACT: f64 = 0.06;
/// A hand that is lost for less than this, seconds, is still there.
const GAP_S: f64 = 0.2;
/// Hand in the picture, in shares of the face's box, from which the movement has set in.
const ONSET_SHARE: f64 = 0.03;
/// How long before and after it is before the face a hand's place still tells its way, seconds.
const NEAR_S: f64 = 0.3;
/// Sooner than people react to a prompt, seconds (simple reactions take 0.2 s and more).
const TOO_SOON_S: f64 = 0.25;
/// Hand beside the face, in shares of the face's box, and for how long, seconds, that is worth telling.
const BESIDE_SHARE: f64 = 0.05;
const BESIDE_S: f64 = 0.5;
/// What a dip between two passes must fall below, as share of the smaller peak.
const DIP: f64 = 0.5;

/// One picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// Seconds after the prompt's end.
    pub(super) t_s: f64,
    /// Share of the face's box that is covered, 0 to 1.
    pub(super) covered: f64,
    /// Hand in the picture outside the face's box, in shares of the box.
    pub(super) outside: f64,
    /// Where the hand is along the box's width, from its centre, in widths; `None` without a hand.
    pub(super) x: Option<f64>,
}

/// A stretch in which the hand was before the face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stay {
    pub(super) from_s: f64,
    pub(super) to_s: f64,
    pub(super) peak: f64,
    pub(super) peak_s: f64,
    /// Way across in widths, signed: positive towards the picture's right.
    pub(super) way: f64,
    /// Time for that way, seconds.
    pub(super) took_s: f64,
    /// Longest time at [`HOLD_SHARE`] and above, seconds.
    pub(super) held_s: f64,
}

impl Stay {
    fn speed(&self) -> f64 {
        self.way.abs() / self.took_s.max(1e-3)
    }

    fn passes(&self) -> bool {
        self.peak >= PASS_SHARE && self.way.abs() >= CROSSING && (SPEED.0..=SPEED.1).contains(&self.speed())
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Asked {
    /// How many, and the sign of the first one's way where that was asked for.
    Passes(u32, Option<f64>),
    Hold,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Done {
    /// What was missing; `None` when it was done as asked.
    pub(super) missing: Option<String>,
    /// When a hand came into the picture, seconds after the prompt's end.
    pub(super) onset_s: Option<f64>,
    /// Passes, or 1 for a hold that was held.
    pub(super) passes: u32,
    /// The stretches that count.
    pub(super) stays: Vec<Stay>,
    /// Largest covered share.
    pub(super) peak: f64,
}

impl Done {
    /// True when the hand was there sooner than people react: a replayed recording would do that.
    pub(super) fn too_soon(&self) -> bool {
        self.onset_s.is_some_and(|s| s < TOO_SOON_S)
    }
}

/// Whether `asked` was done in `samples`, until `last_s` after the prompt's end.
pub(super) fn judge(asked: Asked, samples: &[Sample], last_s: f64) -> Done {
    let onset = |s: &&Sample| s.outside + s.covered >= ONSET_SHARE;
    let stays = stays(samples);
    let in_time = |s: &&Stay| s.peak_s <= last_s;
    let counted: Vec<Stay> = match asked {
        Asked::Passes(n, _) => counted_passes(stays.iter().filter(in_time).filter(|s| s.passes()).copied().collect(), n),
        Asked::Hold => {
            let held = |s: &&Stay| s.held_s >= HOLD_S && s.from_s <= last_s;
            stays.iter().filter(held).take(1).copied().collect()
        }
    };
    let missing = match asked {
        Asked::Passes(n, first) => {
            missing_passes(n, counted.len(), samples, &stays, last_s).or_else(|| wrong_way(first?, counted.first()?))
        }
        Asked::Hold if counted.is_empty() => Some(missing_hold(samples, &stays)),
        Asked::Hold => None,
    };
    Done {
        missing,
        onset_s: samples.iter().find(onset).map(|s| s.t_s),
        passes: counted.len() as u32,
        stays: counted,
        peak: peak(samples),
    }
}

/// Of all passes in the order of time those that count: every full one, and of the others the fullest ones as far as
/// passes are wanting.
fn counted_passes(mut all: Vec<Stay>, asked: u32) -> Vec<Stay> {
    all.sort_by(|a, b| b.peak.total_cmp(&a.peak));
    let full = all.iter().filter(|s| s.peak >= FULL_SHARE).count();
    all.truncate(full.max(asked as usize));
    all.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    all
}

/// The first pass went to the side that was not asked for.
fn wrong_way(asked: f64, first: &Stay) -> Option<String> {
    (first.way * asked < 0.0).then(|| "the first pass went to the other side".to_owned())
}

fn peak(samples: &[Sample]) -> f64 {
    samples.iter().map(|s| s.covered).fold(0.0, f64::max)
}

/// The longest stretch of these pictures, seconds; a dip of a picture or two does not end one.
fn longest_s<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    let (mut longest, mut since): (f64, Option<(f64, f64)>) = (0.0, None);
    for s in samples {
        let from = since.filter(|(_, last)| s.t_s - last <= GAP_S).map_or(s.t_s, |(from, _)| from);
        since = Some((from, s.t_s));
        longest = longest.max(s.t_s - from);
    }
    longest
}

/// Too little of the face was covered. A hand that was seen beside it all the same may have stayed there, or a face
/// was painted over it: nobody can tell from the picture, and a second challenge may.
fn too_little(samples: &[Sample], need: f64) -> String {
    let (covered, need) = (100.0 * peak(samples), 100.0 * need);
    let told = format!("a hand covered at most {covered:.0} % of the face, {need:.0} % needed");
    match longest_s(samples.iter().filter(|s| s.outside >= BESIDE_SHARE)) {
        beside if beside >= BESIDE_S => format!(
            "{told}; one was beside it for {beside:.1} s, and was kept there or is not shown before the face, so it is worth asking again"
        ),
        _ => told,
    }
}

fn missing_passes(asked: u32, seen: usize, samples: &[Sample], stays: &[Stay], last_s: f64) -> Option<String> {
    if seen == asked as usize {
        return None;
    }
    if seen > 0 {
        let noun = if asked == 1 { "pass" } else { "passes" };
        return Some(format!("{asked} {noun} asked for, {seen} seen"));
    }
    let most = stays.iter().max_by(|a, b| a.peak.total_cmp(&b.peak));
    let Some(best) = most.filter(|_| peak(samples) >= PASS_SHARE) else {
        return Some(too_little(samples, PASS_SHARE));
    };
    Some(if best.peak_s > last_s {
        "a hand passed the face only after the deadline".to_owned()
    } else if best.way.abs() < CROSSING {
        format!(
            "the hand went {:.0} % of the face’s width across, {:.0} % needed",
            100.0 * best.way.abs(),
            100.0 * CROSSING
        )
    } else {
        format!(
            "the hand passed at {:.1} face widths a second, {} to {} needed",
            best.speed(),
            SPEED.0,
            SPEED.1
        )
    })
}

fn missing_hold(samples: &[Sample], stays: &[Stay]) -> String {
    let longest = stays.iter().map(|s| s.held_s).fold(0.0, f64::max);
    if peak(samples) < HOLD_SHARE {
        return too_little(samples, HOLD_SHARE);
    }
    if longest >= HOLD_S {
        return "a hand was held before the face only after the deadline".to_owned();
    }
    format!("a hand was held before the face for {longest:.1} s, {HOLD_S:.1} s needed")
}

/// The stretches in which the hand was before the face, in the order of time.
fn stays(samples: &[Sample]) -> Vec<Stay> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (i, s) in samples.iter().enumerate().filter(|(_, s)| s.covered >= CONTACT) {
        match runs.last_mut() {
            Some(run) if samples.get(run.1).is_some_and(|last| s.t_s - last.t_s <= GAP_S) => run.1 = i,
            _ => runs.push((i, i)),
        }
    }
    let split = runs.into_iter().flat_map(|(a, b)| split(samples, a, b));
    split.filter_map(|(a, b)| stay(samples, a, b)).collect()
}

/// Cuts a run at deep dips: a hand that goes back and forth may touch the face all along.
fn split(samples: &[Sample], from: usize, to: usize) -> Vec<(usize, usize)> {
    let covered = |i: usize| samples.get(i).map_or(0.0, |s| s.covered);
    let peak = |a: usize, b: usize| (a..=b).map(covered).fold(0.0, f64::max);
    let inner = (from + 1)..to;
    let lowest = inner
        .filter(|i| covered(*i) <= covered(i - 1) && covered(*i) <= covered(i + 1))
        .filter(|i| {
            let sides = peak(from, i - 1).min(peak(i + 1, to));
            sides >= FULL_SHARE && covered(*i) < DIP * sides
        })
        .min_by(|a, b| covered(*a).total_cmp(&covered(*b)));
    match lowest {
        Some(i) => [split(samples, from, i), split(samples, i, to)].concat(),
        None => vec![(from, to)],
    }
}

fn stay(samples: &[Sample], a: usize, b: usize) -> Option<Stay> {
    // Two pictures on either side: where the hand came from and where it went.
    let part = samples.get(a.saturating_sub(2)..(b + 3).min(samples.len()))?;
    let core = samples.get(a..=b)?;
    let (first, last) = (core.first()?, core.last()?);
    let top = core.iter().max_by(|p, q| p.covered.total_cmp(&q.covered))?;
    let near = |s: &&Sample| s.t_s >= first.t_s - NEAR_S && s.t_s <= last.t_s + NEAR_S;
    let places: Vec<(f64, f64)> = part.iter().filter(near).filter_map(|s| Some((s.t_s, s.x?))).collect();
    let edge = (places.len() / 5).max(1);
    let mean = |v: &[(f64, f64)]| {
        let n = v.len().max(1) as f64;
        v.iter().fold((0.0, 0.0), |m, (t, x)| (m.0 + t / n, m.1 + x / n))
    };
    let (way, took_s) = match (places.get(..edge), places.get(places.len().saturating_sub(edge)..)) {
        (Some(start), Some(end)) if places.len() > 1 => {
            let ((t0, x0), (t1, x1)) = (mean(start), mean(end));
            (x1 - x0, t1 - t0)
        }
        _ => (0.0, last.t_s - first.t_s),
    };
    let held_s = longest_s(core.iter().filter(|s| s.covered >= HOLD_SHARE));
    Some(Stay { from_s: first.t_s, to_s: last.t_s, peak: top.covered, peak_s: top.t_s, way, took_s, held_s })
}
