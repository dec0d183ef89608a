//! Head-turn challenge: whether the candidate turned as asked, and what contour and appearance did meanwhile.
//!
//! **Concept.** Face swaps hold frontal faces best; near the profile their contour trembles and the face may
//! flash. While a challenge to turn is open the signal follows the yaw of the head, says how far it was
//! measured, and compares two hand-made figures of the turn with the same person's rest: how much the
//! points of the face's contour tremble against those of eyes, nose and mouth, and how much the face's
//! appearance jumps from picture to picture.
//!
//! **No vote.** How well these figures tell swaps from people has not been evaluated: the signal's weight
//! in the manifest is 0, and its results say so.
//!
//! **Not handled.** The landmark net loses profiles, so a turn is followed to about 60 degrees; a face
//! that is lost beyond the angle asked for and comes back has been turned at least that far.

use super::window::Window;
use super::{Ability, Analysis, Analyzer, LaneTracks, MOST_JUDGED, Needs, Segment};
use crate::core::{
    AbstainReason, Abstention, ChallengeKind, ChallengeResult, ChallengeStatus, Evidence, Face,
    FaceObs, MediaTime, Outcome, Side, Span, TracePoint, median, points, thinned,
};
use crate::engine::ModelSet;

/// Kinds of challenge that this signal judges.
const KINDS: &[ChallengeKind] = &[ChallengeKind::TurnLeft, ChallengeKind::TurnRight, ChallengeKind::TurnBoth];
/// Before the prompt's end, the rest that the turn is compared with, nanoseconds.
const REST_NS: i64 = 1_000_000_000;
/// Least turn from rest in the direction asked for, degrees.
const TURN_DEG: f64 = 30.0;
/// A face that is lost beyond this angle, degrees, and comes back was turned further than landmarks follow.
const LOST_BEYOND_DEG: f64 = 20.0;
/// Shortest such loss, seconds.
const LOST_S: f64 = 0.25;
/// The turn has set in from this angle, degrees.
const ONSET_DEG: f64 = 8.0;
/// Pictures beyond this angle, degrees, belong to the turn.
const TURNED_DEG: f64 = 15.0;
/// Least pictures with a face in a window.
const LEAST_FACES: usize = 15;
/// Least pictures a second.
const LEAST_RATE: f64 = 8.0;

/// Creates the analyzer.
pub fn create() -> Box<dyn Analyzer> {
    Box::new(HeadTurn::default())
}

/// The signal of one participant.
#[derive(Debug, Default)]
struct HeadTurn {
    judged: Vec<ChallengeResult>,
}

// === impl HeadTurn ===

impl HeadTurn {
    fn assess(&mut self, segment: &Segment<'_>) -> Outcome {
        let turns = Window::all(segment.events, KINDS, segment.participant).into_iter();
        let unjudged = |t: &Window| self.judged.iter().all(|c| c.id != t.id);
        let room = MOST_JUDGED.saturating_sub(self.judged.len());
        let open: Vec<Window> = turns.filter(unjudged).take(room).collect();
        if open.is_empty() {
            return Outcome::abstain(AbstainReason::NotRequested, "no turn of the head was asked for in this span");
        }
        let over = |t: &&Window| segment.last || t.span.end <= segment.span.end;
        let results: Vec<ChallengeResult> = open.iter().filter(over).map(|t| judge(t, segment.face)).collect();
        self.judged.extend(results.iter().cloned());
        let Some(result) = results.into_iter().last() else {
            return Outcome::abstain(AbstainReason::Gathering, "a challenge to turn the head is open");
        };
        let id = &result.id;
        let (reason, detail) = match &result.status {
            ChallengeStatus::Performed => (
                AbstainReason::Experimental,
                format!("challenge {id} was performed; the measures’ accuracy has not been evaluated"),
            ),
            ChallengeStatus::NotPerformed { detail } => {
                (AbstainReason::Indecisive, format!("challenge {id} was not performed: {detail}"))
            }
            ChallengeStatus::NotMeasurable { reason, detail } => (*reason, format!("challenge {id}: {detail}")),
            ChallengeStatus::NotCarriedOut { detail } => {
                (AbstainReason::NotRequested, format!("challenge {id} was not carried out: {detail}"))
            }
        };
        Outcome::Abstained(Abstention { reason, detail, evidence: result.evidence })
    }
}

impl Analyzer for HeadTurn {
    fn name(&self) -> &'static str {
        "head_turn"
    }

    fn task(&self) -> Option<&'static str> {
        None
    }

    fn needs(&self) -> Needs {
        Needs { faces: true, speech: false }
    }

    fn capability(&self, tracks: &LaneTracks<'_>) -> Ability {
        let needs = "the turn of the head needs";
        tracks.need_pictures(needs)?;
        let mut limits = vec!["its accuracy has not been evaluated on real turns of the head".to_owned()];
        tracks.need_rate(needs, LEAST_RATE, (LEAST_RATE, ""), &mut limits)?;
        Ok(limits)
    }

    fn analyze(&mut self, segment: &Segment<'_>, _models: &mut ModelSet) -> Analysis {
        let outcome = self.assess(segment);
        Analysis::new(segment.span, outcome)
    }

    fn judges(&self) -> &'static [ChallengeKind] {
        KINDS
    }

    fn challenges(&self) -> Vec<ChallengeResult> {
        self.judged.clone()
    }
}

/// Judges a window by the pictures before a segment's end.
fn judge(turn: &Window, history: &[FaceObs]) -> ChallengeResult {
    let all: Vec<&FaceObs> = history.iter().filter(|o| turn.span.contains(o.time)).collect();
    let blank = |why: &Abstention| turn.unmeasured("head_turn", why);
    if let Some(why) = obstacle(&all) {
        return blank(&why);
    }
    let before = Span::new(turn.prompt_end.plus_ns(-REST_NS), turn.prompt_end.plus_ns(REST_NS / 4));
    let resting: Vec<&FaceObs> = history.iter().filter(|o| before.contains(o.time)).collect();
    let rest_deg = median(resting.iter().filter_map(|o| yaw(o))).unwrap_or(0.0);
    let courses = sides(turn).map(|side| Course { turn, sign: side.in_picture(), all: &all, rest_deg });
    let courses: Vec<Course<'_>> = courses.collect();
    let missing = missing(turn, &courses);
    let mut result = blank(&Abstention::new(AbstainReason::Gathering, ""));
    result.passes = courses.iter().filter(|c| c.reached().is_some()).count() as u32;
    result.status = match missing {
        None => ChallengeStatus::Performed,
        Some(detail) => ChallengeStatus::NotPerformed { detail },
    };
    result.onset = courses.iter().filter_map(Course::onset).min();
    result.reaction_ms = result.onset.map(|t| 1e3 * turn.seconds(t));
    let point = |o: &&FaceObs| Some(TracePoint { time: o.time, value: yaw(o)? });
    result.trace = thinned(&all.iter().filter_map(point).collect::<Vec<_>>());
    let several = courses.len() > 1;
    for (course, side) in courses.iter().zip(sides(turn)) {
        let name = if several { format!("turned_{}_deg", side.words()) } else { "turned_deg".to_owned() };
        result.evidence.push(Evidence { name, value: course.furthest(), reference: Some(TURN_DEG) });
    }
    if courses.iter().any(|c| c.lost_and_found().is_some()) {
        result.evidence.push(Evidence::new("lost_beyond_deg", LOST_BEYOND_DEG));
    }
    if let Some(course) = courses.first() {
        result.evidence.extend(course.measures(&resting));
    }
    result
}

/// The sides that were asked for, in their order; a turn to both without an order begins with the left.
fn sides(turn: &Window) -> impl Iterator<Item = Side> + use<> {
    let first = turn.asked.parameters.direction;
    match turn.kind {
        ChallengeKind::TurnLeft => vec![Side::Left],
        ChallengeKind::TurnRight => vec![Side::Right],
        _ => vec![first.unwrap_or(Side::Left), first.unwrap_or(Side::Left).other()],
    }
    .into_iter()
}

/// What was missing, if anything.
fn missing(turn: &Window, courses: &[Course<'_>]) -> Option<String> {
    for (course, side) in courses.iter().zip(sides(turn)) {
        if course.reached().is_none() {
            let which = if courses.len() > 1 { side.words() } else { "side asked for" };
            return Some(format!("turned by {:.0}° to the {which}, {TURN_DEG:.0}° needed", course.furthest().max(0.0)));
        }
    }
    // Without an order asked for either may come first.
    turn.asked.parameters.direction?;
    let times: Vec<MediaTime> = courses.iter().filter_map(Course::reached).collect();
    (!times.is_sorted()).then(|| "turned to the other side first".to_owned())
}

fn obstacle(all: &[&FaceObs]) -> Option<Abstention> {
    let no = |reason, why: String| Some(Abstention::new(reason, why));
    let Some((first, last)) = all.first().zip(all.last()).filter(|_| all.len() > 1) else {
        return no(AbstainReason::TooShort, "no pictures while the challenge was open".to_owned());
    };
    let rate = (all.len() - 1) as f64 / (last.time.since_ns(first.time) as f64 / 1e9).max(1e-3);
    if rate < LEAST_RATE {
        return no(
            AbstainReason::LowFrameRate,
            format!("{rate:.1} pictures a second while the challenge was open, {LEAST_RATE:.0} needed"),
        );
    }
    let faces = all.iter().filter(|o| o.face.is_some()).count();
    if faces < LEAST_FACES {
        return no(
            AbstainReason::NoFace,
            format!("the face was found in {faces} pictures while the challenge was open, {LEAST_FACES} needed"),
        );
    }
    let changed = first.epoch != last.epoch;
    changed.then(|| Abstention::new(AbstainReason::Dropped, "the picture’s layout changed while the challenge was open"))
}

fn yaw(o: &FaceObs) -> Option<f64> {
    o.face.as_ref().map(|f| f64::from(f.pose_deg[0]))
}

/// The pictures of a turn.
struct Course<'a> {
    turn: &'a Window,
    /// 1 for a turn towards the picture's right, which is the candidate's left.
    sign: f64,
    all: &'a [&'a FaceObs],
    rest_deg: f64,
}

impl Course<'_> {
    /// Degrees from rest in the direction asked for.
    fn angle(&self, o: &FaceObs) -> Option<f64> {
        Some(self.sign * (yaw(o)? - self.rest_deg))
    }

    fn in_time(&self) -> impl Iterator<Item = &&FaceObs> {
        let last = self.turn.last_moment();
        self.all.iter().filter(move |o| o.time <= last)
    }

    /// Angles of three pictures in a row, the smallest of them: one alone may be a slip of the net.
    fn steady(&self) -> Vec<(MediaTime, f64)> {
        let angles: Vec<(MediaTime, f64)> = self.in_time().filter_map(|o| Some((o.time, self.angle(o)?))).collect();
        let least = |w: &[(MediaTime, f64)]| Some((w.last()?.0, w.iter().map(|a| a.1).fold(f64::INFINITY, f64::min)));
        angles.windows(3).filter_map(least).collect()
    }

    /// The largest such angle.
    fn furthest(&self) -> f64 {
        self.steady().iter().map(|a| a.1).fold(0.0, f64::max)
    }

    /// When the head was turned far enough, or was lost there.
    fn reached(&self) -> Option<MediaTime> {
        let far = self.steady().into_iter().find(|a| a.1 >= TURN_DEG).map(|a| a.0);
        far.into_iter().chain(self.lost_and_found()).min()
    }

    fn onset(&self) -> Option<MediaTime> {
        let turned = |o: &&&FaceObs| self.angle(o).is_some_and(|a| a >= ONSET_DEG);
        self.in_time().find(turned).map(|o| o.time)
    }

    /// When the face was lost while it was turned to this side, if it came back there.
    fn lost_and_found(&self) -> Option<MediaTime> {
        let mut at: Option<(MediaTime, f64)> = None;
        for o in self.in_time() {
            let Some(angle) = self.angle(o) else { continue };
            if let Some((time, before)) = at {
                let gone_s = o.time.since_ns(time) as f64 / 1e9;
                if gone_s >= LOST_S && before.min(angle) >= LOST_BEYOND_DEG {
                    return Some(time);
                }
            }
            at = Some((o.time, angle));
        }
        None
    }

    /// Contour and appearance during the turn, against rest.
    fn measures(&self, resting: &[&FaceObs]) -> Vec<Evidence> {
        let turned = |w: &[&FaceObs]| w.iter().all(|o| self.angle(o).is_some_and(|a| a >= TURNED_DEG));
        let during = |n: usize| self.all.windows(n).filter(|w| turned(w)).collect::<Vec<_>>();
        let rest = |n: usize| resting.windows(n).collect::<Vec<_>>();
        let pair = |name: &str, value: Option<f64>, reference: Option<f64>| {
            value.map(|value| Evidence { name: name.to_owned(), value, reference })
        };
        let steps = |all: Vec<&[&FaceObs]>| all.into_iter().filter_map(step).collect::<Vec<f64>>();
        let largest = |v: Vec<f64>| v.into_iter().fold(None, |m: Option<f64>, x| Some(m.map_or(x, |m| m.max(x))));
        [
            pair("contour_tremble_ratio", tremble(&during(3)), tremble(&rest(3))),
            pair("appearance_step_max", largest(steps(during(2))), largest(steps(rest(2)))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// How much the contour's points tremble against those of eyes, nose and mouth: ratio of the medians of
/// their second differences in time. Both move with the head, so its own movement cancels.
fn tremble(threes: &[&[&FaceObs]]) -> Option<f64> {
    let of = |range: std::ops::Range<usize>| {
        let sizes = threes.iter().filter_map(|w| match w {
            [a, b, c] => second_difference(a.face.as_ref()?, b.face.as_ref()?, c.face.as_ref()?, range.clone()),
            _ => None,
        });
        median(sizes)
    };
    let (outer, inner) = (of(points::OVAL)?, of(0..points::OVAL.start)?);
    (threes.len() >= 5 && inner > 1e-9).then_some(outer / inner)
}

/// Mean second difference of points in time, in inter-ocular distances.
fn second_difference(a: &Face, b: &Face, c: &Face, range: std::ops::Range<usize>) -> Option<f64> {
    let (a, iod) = (a.landmarks.get(range.clone())?, f64::from(b.iod_px));
    let (b, c) = (b.landmarks.get(range.clone())?, c.landmarks.get(range)?);
    let one = |((p, q), r): ((&[f32; 2], &[f32; 2]), &[f32; 2])| {
        let d = |i: usize| f64::from(p[i] - 2.0 * q[i] + r[i]);
        d(0).hypot(d(1))
    };
    let sum: f64 = a.iter().zip(b).zip(c).map(one).sum();
    (iod > 1.0).then(|| sum / a.len().max(1) as f64 / iod)
}

/// Mean absolute difference of the face's appearance in two pictures, grey levels.
fn step(pair: &[&FaceObs]) -> Option<f64> {
    let [a, b] = pair else { return None };
    let (a, b) = (&a.face.as_ref()?.appearance, &b.face.as_ref()?.appearance);
    let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    (a.len() == b.len() && !a.is_empty()).then(|| sum as f64 / a.len() as f64)
}

#[cfg(test)]
mod tests;
