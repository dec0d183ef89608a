//! One closed window: what was done, what the picture did meanwhile, and what that counts. Pure.

use super::cheek;
use super::comply::{self, Asked, Done, PASS_SHARE, HOLD_SHARE, Sample};
use super::expect::{Expected, expected};
use super::look::Look;
use super::physics::{MEASURES, Shown, measure};
use super::settings::Calibration;
use crate::analyze::window::Window;
use crate::analyze::Segment;
use crate::core::{
    AbstainReason, Abstention, ChallengeKind, ChallengeResult, ChallengeStatus, Evidence, FaceObs, Side,
    TracePoint, median, thinned,
};

/// Least scenes a second.
pub(super) const LEAST_RATE: f64 = 5.0;
/// Least pictures with the hand before the face, and how many count in full.
const LEAST_PICTURES: usize = 4;
const FULL_PICTURES: usize = 10;
/// Least height of the face in frame pixels.
pub(super) const LEAST_FACE_PX: f64 = 60.0;
/// Least mean luma of the face, 0 to 255.
const LEAST_LUMA: f64 = 30.0;
/// Sooner than people react, milliseconds.
const SOONEST_MS: f64 = 250.0;
/// A picture's neighbours beside a stay that are looked at with it, seconds.
const BESIDE_S: f64 = 0.1;

/// What came of a window.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) result: ChallengeResult,
    /// 0 to 1; multiplies the number.
    pub(super) quality: f64,
    /// Why a performed challenge has no number.
    pub(super) without_number: AbstainReason,
    pub(super) why: &'static str,
}

/// What is known of a window's pictures beside the looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Material {
    /// Pictures that arrived, and those of them with a face.
    pub(super) pictures: usize,
    pub(super) faces: usize,
    /// Seconds between the first and the last of them.
    pub(super) seen_s: f64,
    /// True when the layout of the picture changed.
    pub(super) changed: bool,
}

impl Material {
    /// Of the pictures of a window that a segment's history holds.
    pub(super) fn of(window: &Window, segment: &Segment<'_>) -> Self {
        let inside: Vec<&FaceObs> = segment.face.iter().filter(|o| window.span.contains(o.time)).collect();
        let seen = inside.first().zip(inside.last());
        Self {
            pictures: inside.len(),
            faces: inside.iter().filter(|o| o.face.is_some()).count(),
            seen_s: seen.map_or(0.0, |(a, b)| b.time.since_ns(a.time) as f64 / 1e9),
            changed: inside.windows(2).any(|w| w[0].epoch != w[1].epoch),
        }
    }
}

/// Judges a window by its pictures, in the order of time.
pub(super) fn judge(window: &Window, looks: &[Look], material: &Material, calibration: Option<&Calibration>) -> Verdict {
    let blank = |why: &Abstention| window.unmeasured("hand_occlusion", why);
    if let Some(why) = obstacle(looks, material) {
        return Verdict { result: blank(&why), quality: 0.0, without_number: why.reason, why: "" };
    }
    if window.kind == ChallengeKind::CheekPress {
        let none = blank(&Abstention::new(AbstainReason::Gathering, ""));
        let why = "verified for compliance only, and nothing else is judged by it";
        let result = cheek::judge(window, looks, none);
        return Verdict { result, quality: 0.0, without_number: AbstainReason::Experimental, why };
    }
    let expected = expected(looks);
    let samples = samples(window, looks, &expected);
    let asked = match window.kind {
        ChallengeKind::HandHold => Asked::Hold,
        _ => Asked::Passes(window.count, window.asked.parameters.direction.map(Side::in_picture)),
    };
    let last_s = window.last_moment().since_ns(window.prompt_end) as f64 / 1e9;
    let done = comply::judge(asked, &samples, last_s);
    let shown = during(&done, &samples, looks, &expected);
    let after = first_after(&done, &samples);
    let measured = measure(&shown, looks, after);
    let mut result = blank(&Abstention::new(AbstainReason::Gathering, ""));
    result.status = match &done.missing {
        None => ChallengeStatus::Performed,
        Some(detail) => ChallengeStatus::NotPerformed { detail: detail.clone() },
    };
    result.passes = done.passes;
    result.reaction_ms = done.onset_s.map(|s| 1e3 * s);
    result.onset = done.onset_s.map(|s| window.prompt_end.plus_ns((s * 1e9) as i64));
    result.evidence = evidence(asked, &done, &measured, calibration);
    let point = |(look, s): (&Look, &Sample)| TracePoint { time: look.time, value: s.covered };
    result.trace = thinned(&looks.iter().zip(&samples).map(point).collect::<Vec<_>>());
    let enough = shown.len() >= LEAST_PICTURES;
    let performed = done.missing.is_none();
    result.llr = calibration.filter(|_| performed && enough).and_then(|c| c.llr(&measured));
    let (without_number, why) = match calibration {
        None => (AbstainReason::Experimental, "measured without a vote: the model has no calibration"),
        Some(_) if !enough => (AbstainReason::TooShort, "in too few pictures to be measured"),
        Some(_) => (AbstainReason::Indecisive, "and nothing that counts could be measured"),
    };
    let quality = (shown.len() as f64 / FULL_PICTURES as f64).min(1.0);
    Verdict { result, quality, without_number, why }
}

/// Why nothing can be said of a window, if so.
fn obstacle(looks: &[Look], m: &Material) -> Option<Abstention> {
    let no = |reason, why: String| Some(Abstention::new(reason, why));
    if m.pictures < 2 || m.seen_s <= 0.0 {
        return no(AbstainReason::TooShort, "no pictures while the challenge was open".to_owned());
    }
    let rate = m.pictures as f64 / m.seen_s;
    if rate < LEAST_RATE {
        return no(
            AbstainReason::LowFrameRate,
            format!("{rate:.1} pictures a second while the challenge was open, {LEAST_RATE:.0} needed"),
        );
    }
    if m.changed {
        return no(AbstainReason::Dropped, "the picture’s layout changed while the challenge was open".to_owned());
    }
    if looks.is_empty() || m.faces == 0 {
        return no(AbstainReason::NoFace, "the face was never found while the challenge was open".to_owned());
    }
    let seen = looks.len() as f64 / m.seen_s;
    if seen < LEAST_RATE {
        return no(
            AbstainReason::NoFace,
            format!("the face’s place was known in {seen:.1} different pictures a second, {LEAST_RATE:.0} needed"),
        );
    }
    let face_px = median(looks.iter().map(|l| f64::from(l.face_px))).unwrap_or(0.0);
    if face_px < LEAST_FACE_PX {
        return no(AbstainReason::LowQuality, format!("the face is {face_px:.0} px high, {LEAST_FACE_PX:.0} needed"));
    }
    let luma = median(looks.iter().filter_map(|l| l.luma).map(f64::from))?;
    if luma < LEAST_LUMA {
        return no(AbstainReason::LowQuality, format!("too dark: the face’s luma is {luma:.0}, {LEAST_LUMA:.0} needed"));
    }
    None
}

/// How much of the face's box is covered in each picture, and where the hand is.
fn samples(window: &Window, looks: &[Look], expected: &[Expected]) -> Vec<Sample> {
    let one = |(look, e): (&Look, &Expected)| {
        let hand = look.hand.or(&e.inside);
        let boxed = look.boxed();
        let area = f64::from(boxed.count().max(1));
        // Of a hand whose arm comes from below only the part at the face's height says where it is.
        let [_, y0, _, y1] = look.face_box;
        let level = hand.and(&super::grid::Grid::rectangle([0.0, y0, 1.0, y1]));
        let middle = f64::from(look.face_box[0] + look.face_box[2]) / 2.0;
        Sample {
            t_s: look.time.since_ns(window.prompt_end) as f64 / 1e9,
            covered: f64::from(hand.and(&boxed).count()) / area,
            outside: f64::from(look.hand.without(&boxed).count()) / area,
            x: level.mean_x().map(|x| (x - middle) / f64::from(look.size().0)),
        }
    };
    let raw: Vec<Sample> = looks.iter().zip(expected).map(one).collect();
    // The median of three: a single picture in which the net errs is no hand that comes or goes.
    let covered = |i: usize| {
        let near = raw.get(i.saturating_sub(1)..(i + 2).min(raw.len())).unwrap_or(&[]);
        let all: Vec<f64> = near.iter().map(|s| s.covered).collect();
        if all.len() == 3 { median(all) } else { None }
    };
    let smooth = |(i, s): (usize, &Sample)| Sample { covered: covered(i).unwrap_or(s.covered), ..*s };
    raw.iter().enumerate().map(smooth).collect()
}

/// The pictures of the stays that count; where none does, of every one in which the hand was before the face.
fn during<'a>(done: &Done, samples: &[Sample], looks: &'a [Look], expected: &'a [Expected]) -> Vec<Shown<'a>> {
    let inside = |s: &Sample| {
        let near = |from: f64, to: f64| s.t_s >= from - BESIDE_S && s.t_s <= to + BESIDE_S;
        done.stays.iter().any(|stay| near(stay.from_s, stay.to_s))
    };
    let all = looks.iter().zip(expected).zip(samples);
    let of = all.filter(|(_, s)| if done.stays.is_empty() { s.covered > 0.0 } else { inside(s) });
    of.map(|((look, expected), _)| Shown { look, expected }).collect()
}

/// The first picture after the last stay.
fn first_after(done: &Done, samples: &[Sample]) -> usize {
    let end = done.stays.iter().map(|s| s.to_s).fold(f64::NEG_INFINITY, f64::max);
    samples.iter().position(|s| end.is_finite() && s.t_s > end).unwrap_or(samples.len())
}

fn evidence(
    asked: Asked,
    done: &Done,
    measured: &[Option<f64>; MEASURES.len()],
    calibration: Option<&Calibration>,
) -> Vec<Evidence> {
    let centre = |i: usize| calibration.and_then(|c| *c.terms.get(i)?).map(|t| t.centre);
    let mut out: Vec<Evidence> = Vec::new();
    for (i, (name, value)) in MEASURES.iter().zip(measured).enumerate() {
        let Some(value) = *value else { continue };
        out.push(Evidence { name: (*name).to_owned(), value, reference: centre(i) });
    }
    let need = match asked {
        Asked::Passes(..) => PASS_SHARE,
        Asked::Hold => HOLD_SHARE,
    };
    out.push(Evidence::against("covered_share", done.peak, need));
    if let Asked::Passes(n, _) = asked {
        out.push(Evidence::against("passes", f64::from(done.passes), f64::from(n)));
    }
    if let Some(s) = done.onset_s {
        out.push(match done.too_soon() {
            true => Evidence::against("reaction_too_soon_ms", 1e3 * s, SOONEST_MS),
            false => Evidence::new("reaction_ms", 1e3 * s),
        });
    }
    out
}
