//! Does the face's appearance jump to another and back within a few pictures?
//!
//! **Concept.** A real-time swapper that loses the face for a moment shows the camera's own face, and
//! takes it up again a few pictures later. Tracking keeps a small aligned picture of the face of every
//! frame ([`Face::appearance`](crate::core::Face)). Of two pictures, each cell inside the face gives
//! the logarithm of the ratio of its colours; their difference is the median absolute deviation of
//! those from their median. Light and exposure, which change all cells alike, cancel, and a blink, a
//! mouth or a hand over less than half of the face do not count. For 1 to [`MOST_PICTURES`] pictures
//! between a picture before and one after:
//! - `out`: the least difference of any of them from the one before and from the one after;
//! - `back`: the difference between the one before and the one after;
//! - `noise`: the median difference of neighbours over the last [`NOISE_PICTURES`].
//!
//! strength = out / (back + 2 noise + [`FLOOR`]). A turn of the head moves away and stays (`back` is
//! large), a hand enters and leaves slowly (its first and last picture are near their neighbours).
//!
//! **Without a vote.** Real drop-outs are not among the media: what is known is how often real clips
//! raise it, and how often spliced ones do (`benches/accuracy_flicker.rs`).
//!
//! **Not handled.** A drop-out longer than 5 pictures or 0.4 s, and one that looks alike: a swapper
//! that keeps the person's own colours and shape.

use super::Segment;
use crate::core::{APPEARANCE_PX, Evidence, FaceObs, MediaTime, median};
use std::sync::LazyLock;

/// Most pictures that a jump may last.
pub const MOST_PICTURES: usize = 5;
/// Longest time from the picture before a jump to the one after, nanoseconds: 5 pictures at 15 fps.
const LONGEST_NS: i64 = 400_000_000;
/// Neighbours whose differences give the noise.
const NOISE_PICTURES: usize = 45;
/// Difference that is nothing: rounding and compression, in natural logarithms of colour ratios.
const FLOOR: f64 = 0.01;
/// Least strength that is called a jump. Chosen on the real clips of `train` and `val`.
const LEAST_STRENGTH: f64 = 1.0;
/// Cells nearer to the middle than this are inside the face, see [`radius`].
const INSIDE: f32 = 0.85;
/// Added to colours before the logarithm, grey levels: black has none.
const DARK: f64 = 8.0;

/// A jump of the appearance and back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jump {
    /// Capture time of its first picture.
    pub time: MediaTime,
    /// Pictures it lasted, 1 to [`MOST_PICTURES`].
    pub pictures: usize,
    /// How far it stands out, see the module's head; at least the threshold.
    pub strength: f64,
    /// Capture time of the picture after it, from which it is known.
    pub known: MediaTime,
}

/// One picture's colours inside the face, natural logarithms, one list of cells a channel.
struct Look {
    time: MediaTime,
    channels: [Vec<f64>; 3],
}

// === impl Look ===

impl Look {
    /// `None` for a picture that is not one of [`APPEARANCE_PX`] squared.
    fn new(time: MediaTime, rgb: &[u8]) -> Option<Self> {
        if rgb.len() != 3 * APPEARANCE_PX * APPEARANCE_PX {
            return None;
        }
        let (pixels, _) = rgb.as_chunks::<3>();
        let channel = |c: usize| {
            let inside = inside().iter().filter_map(|i| pixels.get(*i));
            inside.map(|p| level(p[c])).collect()
        };
        Some(Self { time, channels: std::array::from_fn(channel) })
    }

    /// Median absolute deviation of the cells' log ratios, the mean of three channels.
    fn from(&self, other: &Self) -> f64 {
        let deviation = |(a, b): (&Vec<f64>, &Vec<f64>)| {
            let ratios: Vec<f64> = a.iter().zip(b).map(|(x, y)| x - y).collect();
            let light = median(ratios.iter().copied())?;
            median(ratios.iter().map(|r| (r - light).abs()))
        };
        let channels = self.channels.iter().zip(&other.channels);
        channels.filter_map(deviation).sum::<f64>() / 3.0
    }
}

/// The cells inside the face.
fn inside() -> &'static [usize] {
    static CELLS: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let all = 0..APPEARANCE_PX * APPEARANCE_PX;
        all.filter(|i| radius(*i) < INSIDE).collect()
    });
    &CELLS
}

/// Natural logarithm of a level, see [`DARK`].
fn level(v: u8) -> f64 {
    static LEVELS: LazyLock<[f64; 256]> =
        LazyLock::new(|| std::array::from_fn(|v| (v as f64 + DARK).ln()));
    LEVELS.get(usize::from(v)).copied().unwrap_or_default()
}

/// Distance of a cell from the middle of the face: 1 on an ellipse 0.85 times as wide as high that
/// fills the longer side of the face's box. The picture is 1.4 times as large as that.
fn radius(cell: usize) -> f32 {
    /// `vision::geometry::CROP_SCALE`, which this room may not see.
    const CROP_SCALE: f32 = 1.4;
    let place = |i: usize| ((i as f32 + 0.5) / APPEARANCE_PX as f32 - 0.5) * 2.0 * CROP_SCALE;
    let (u, v) = (place(cell % APPEARANCE_PX), place(cell / APPEARANCE_PX));
    (u / 0.85).hypot(v)
}

/// Jumps of the appearance in pictures of rising time; of several that overlap the strongest.
/// Pictures that repeat the one before are left out, and nothing is joined across a picture without
/// a face or a change of epoch.
pub fn jumps(face: &[FaceObs]) -> Vec<Jump> {
    let mut found = Vec::new();
    let different = face.iter().filter(|o| !o.repeated);
    let mut run: Vec<Look> = Vec::new();
    let mut epoch = None;
    for o in different {
        let look = o.face.as_ref().and_then(|f| Look::new(o.time, &f.appearance));
        if look.is_none() || epoch != Some(o.epoch) {
            in_run(&run, &mut found);
            run.clear();
        }
        epoch = Some(o.epoch);
        run.extend(look);
    }
    in_run(&run, &mut found);
    strongest(found)
}

/// Jumps in pictures without a gap.
fn in_run(run: &[Look], found: &mut Vec<Jump>) {
    let steps: Vec<f64> = run.windows(2).map(|w| w[1].from(&w[0])).collect();
    for (before, first) in run.iter().enumerate() {
        let noise = median(steps[before.saturating_sub(NOISE_PICTURES)..before].iter().copied());
        // The first pictures of a run tell nothing of its noise.
        let Some(noise) = noise.filter(|_| before >= MOST_PICTURES) else {
            continue;
        };
        let mut out = f64::INFINITY;
        for pictures in 1..=MOST_PICTURES {
            let (Some(last), Some(after)) = (run.get(before + pictures), run.get(before + pictures + 1)) else {
                break;
            };
            out = out.min(last.from(first));
            // No later picture can raise it again.
            if out < LEAST_STRENGTH * (2.0 * noise + FLOOR) || after.time.since_ns(first.time) > LONGEST_NS {
                break;
            }
            let inside = &run[before + 1..=before + pictures];
            let least = inside.iter().map(|l| l.from(after)).fold(out, f64::min);
            let strength = least / (after.from(first) + 2.0 * noise + FLOOR);
            if strength >= LEAST_STRENGTH {
                found.push(Jump { time: inside[0].time, pictures, strength, known: after.time });
            }
        }
    }
}

/// Of jumps that overlap, the strongest; in the order of time.
fn strongest(mut all: Vec<Jump>) -> Vec<Jump> {
    all.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.time.cmp(&b.time)));
    let mut kept: Vec<Jump> = Vec::new();
    for jump in all {
        if kept.iter().all(|k| jump.time > k.known || jump.known < k.time) {
            kept.push(jump);
        }
    }
    kept.sort_by_key(|j| j.time);
    kept
}

/// What a segment's finding says of jumps that became known in it; nothing where there are none.
pub(super) fn evidence(segment: &Segment<'_>) -> Vec<Evidence> {
    // The noise needs pictures before the segment.
    let from = segment.span.start.plus_ns(-LOOK_BACK_NS);
    let recent = segment.face.partition_point(|o| o.time < from);
    let all = jumps(segment.face.get(recent..).unwrap_or_default());
    let mine: Vec<Jump> = all.into_iter().filter(|j| segment.span.contains(j.known)).collect();
    let Some(best) = mine.iter().max_by(|a, b| a.strength.total_cmp(&b.strength)) else {
        return Vec::new();
    };
    vec![
        Evidence::against("appearance_jumps", mine.len() as f64, 0.0),
        Evidence::new("appearance_jump_strength", best.strength),
        Evidence::new("appearance_jump_at_s", best.time.as_secs_f64()),
    ]
}

/// How far back before a segment pictures are looked at for the noise, nanoseconds.
const LOOK_BACK_NS: i64 = 2_000_000_000;

#[cfg(test)]
mod tests {
    use super::super::tests::{observations, with_segment};
    use super::*;

    /// A face of one colour on a ground, with a pattern inside the face that is a person's own.
    fn person(seed: usize, light: f32) -> Vec<u8> {
        let cell = |i: usize| {
            let own = if radius(i) < 1.0 { 60.0 + ((i * seed) % 97) as f32 } else { 110.0 };
            [own * light, own * 0.8 * light, own * 0.7 * light].map(|v| v.min(255.0) as u8)
        };
        (0..APPEARANCE_PX * APPEARANCE_PX).flat_map(cell).collect()
    }

    /// 30 pictures a second, the same person but where `change` says otherwise.
    fn pictures(n: i64, change: impl Fn(i64) -> Vec<u8>) -> Vec<FaceObs> {
        let mut all = observations(n, |_| {});
        for (i, o) in (0i64..).zip(&mut all) {
            o.time = MediaTime::from_ms(100 * i / 3);
            o.detail = None;
            o.face.as_mut().unwrap().appearance = change(i).into();
        }
        all
    }

    fn found(all: &[FaceObs]) -> Vec<(i64, usize)> {
        jumps(all).iter().map(|j| (j.time.as_ms_f64() as i64, j.pictures)).collect()
    }

    #[test]
    fn a_jump_of_one_to_five_pictures_is_found_where_it_is_and_six_are_none() {
        for length in 1..=6 {
            let all = pictures(60, |i| person(if (30..30 + length).contains(&i) { 31 } else { 7 }, 1.0));
            let expected = if length <= 5 { vec![(1000, length as usize)] } else { vec![] };
            assert_eq!(found(&all), expected, "{length} pictures");
        }
    }

    #[test]
    fn light_turning_away_and_hands_are_none() {
        let flash = pictures(60, |i| person(7, if i == 30 { 1.6 } else { 1.0 }));
        assert_eq!(found(&flash), [], "the light");
        let other = pictures(60, |i| person(if i >= 30 { 31 } else { 7 }, 1.0));
        assert_eq!(found(&other), [], "it stays away");
        let part = pictures(60, |i| {
            let mut face = person(7, 1.0);
            if i == 30 {
                // Less than half of the face: the upper third of the picture.
                let third = face.len() * 2 / 5;
                face[..third].fill(20);
            }
            face
        });
        assert_eq!(found(&part), [], "a hand over a part");
    }

    #[test]
    fn nothing_is_joined_across_a_lost_face_a_new_epoch_or_a_slow_track() {
        let jump = |i: i64| person(if i == 30 { 31 } else { 7 }, 1.0);
        let mut lost = pictures(60, jump);
        lost[31].face = None;
        assert_eq!(found(&lost), []);
        let mut moved = pictures(60, jump);
        moved.iter_mut().skip(31).for_each(|o| o.epoch = 1);
        assert_eq!(found(&moved), []);
        let mut slow = pictures(60, jump);
        slow.iter_mut().for_each(|o| o.time = MediaTime(o.time.0 * 8));
        assert_eq!(found(&slow), []);
        // Repeated pictures are no pictures of their own.
        let mut doubled = pictures(60, |i| jump(i / 2 + 10));
        doubled.iter_mut().step_by(2).for_each(|o| o.repeated = true);
        assert_eq!(jumps(&doubled).first().map(|j| j.pictures), Some(1));
        // A picture of another size says nothing.
        assert_eq!(found(&pictures(60, |_| vec![0; 5])), []);
    }

    #[test]
    fn a_segment_tells_of_the_jumps_that_became_known_in_it() {
        let all = pictures(80, |i| person(if [30, 60].contains(&i) { 31 } else { 7 }, 1.0));
        let said = with_segment(&all, 1.0, evidence);
        assert_eq!((said[0].name.as_str(), said[0].value), ("appearance_jumps", 2.0));
        assert!(said[1].value >= LEAST_STRENGTH);
        let calm = pictures(80, |_| person(7, 1.0));
        assert_eq!(with_segment(&calm, 1.0, evidence), []);
    }
}
