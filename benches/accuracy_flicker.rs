//! Jumps of the face's appearance and back: false ones per hour of real clips, and how many of those
//! are found that splicing makes.
//!
//! `cargo bench --bench accuracy_flicker [NAME...]` over the media of `LIVEPROOF_DATA` (default
//! `../shared/data`): the real clips of splits `train` and `val`, on which the threshold was chosen,
//! the camera and swapped panels of `pairs`, and swapped panels into which 1 to 5 pictures of the
//! camera panel's same moments are spliced, about one a second, as a swapper drops out. A NAME limits
//! it to clips whose path contains it. Nothing is written anywhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

mod media;

use liveproof::analyze::face_swap::{Jump, MOST_PICTURES, jumps};
use liveproof::core::{FaceObs, Frame};
use liveproof::decode::file::Media;
use liveproof::engine::ModelSet;
use liveproof::track::{FaceTracker, TrackConfig};
use media::{Material, Row, open_pictures};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Pictures between two splices: enough for the noise to settle.
const APART: usize = 25;

/// Jumps on clips as they are.
#[derive(Default)]
struct Plain {
    clips: usize,
    with_jumps: usize,
    hours: f64,
    jumps: usize,
}

/// Splices by their length, and how many of them were found.
#[derive(Default)]
struct Spliced {
    made: [usize; MOST_PICTURES],
    found: [usize; MOST_PICTURES],
}

fn main() {
    let Some(material) = Material::find() else {
        return;
    };
    let mut models = media::engine().new_set().expect("a set of models");
    let mut plain: BTreeMap<String, Plain> = BTreeMap::new();
    let mut pairs: BTreeMap<String, BTreeMap<String, Vec<Frame>>> = BTreeMap::new();
    let mut spliced = Spliced::default();
    let (mut seconds, mut pictures) = (0.0, 0);
    let wanted = material
        .rows
        .iter()
        .filter(|r| serves(r) && material.wants(&r.path));
    for clip in wanted {
        let frames = match read(&material.data.join(&clip.path)) {
            Ok(frames) => frames,
            Err(e) => {
                println!("{}: not read: {e}", clip.path);
                continue;
            }
        };
        let seen = track(&frames, &mut models);
        let started = Instant::now();
        let found = jumps(&seen);
        seconds += started.elapsed().as_secs_f64();
        pictures += seen.len();
        plain.entry(kind(clip)).or_default().add(&seen, &found);
        for jump in found {
            println!(
                "{} {:.2} s: {} pictures, strength {:.2}",
                clip.path,
                jump.time.as_secs_f64(),
                jump.pictures,
                jump.strength
            );
        }
        if clip.split == "pairs" {
            let both = pairs.entry(clip.pair.clone()).or_default();
            both.insert(clip.label.clone(), frames);
            if let (Some(real), Some(fake)) = (both.get("real"), both.get("fake")) {
                spliced.add(real, fake, &mut models);
                pairs.remove(&clip.pair);
            }
        }
    }
    for (what, tally) in &plain {
        println!("{what}: {tally}");
    }
    println!("{spliced}");
    println!(
        "{:.3} ms a picture beside tracking",
        1e3 * seconds / f64::from(pictures.max(1) as u32)
    );
}

/// Real clips of `train` and `val`, and both panels of `pairs`.
fn serves(clip: &Row) -> bool {
    let real = clip.label == "real" && ["train", "val"].contains(&clip.split.as_str());
    clip.moves() && (real || clip.split == "pairs")
}

fn kind(clip: &Row) -> String {
    match (clip.split.as_str(), clip.label.as_str()) {
        ("pairs", "real") => "pairs, camera panel".to_owned(),
        ("pairs", _) => "pairs, swapped panel".to_owned(),
        (split, _) => format!("{split}, real"),
    }
}

// === impl Plain ===

impl Plain {
    fn add(&mut self, seen: &[FaceObs], found: &[Jump]) {
        self.clips += 1;
        self.jumps += found.len();
        self.with_jumps += usize::from(!found.is_empty());
        // Time with a face only: elsewhere nothing can be raised.
        let steps = seen
            .windows(2)
            .filter(|w| w[0].face.is_some() && w[1].face.is_some());
        self.hours += steps
            .map(|w| w[1].time.since_ns(w[0].time) as f64)
            .sum::<f64>()
            / 3.6e12;
    }
}

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} clips, {:.3} h with a face: {} jumps in {} clips, {:.1} an hour",
            self.clips,
            self.hours,
            self.jumps,
            self.with_jumps,
            self.jumps as f64 / self.hours.max(1e-9)
        )
    }
}

// === impl Spliced ===

impl Spliced {
    /// Splices pictures of the camera panel into the swapped one, and looks for them.
    fn add(&mut self, real: &[Frame], fake: &[Frame], models: &mut ModelSet) {
        let n = real.len().min(fake.len());
        let mut mixed: Vec<Frame> = fake[..n].to_vec();
        let mut made = Vec::new();
        let mut at = APART;
        let mut length = 1 + self.made.iter().sum::<usize>() % MOST_PICTURES;
        while at + length + APART / 2 < n {
            for i in at..at + length {
                let size = (real[i].width, real[i].height);
                if size == (fake[i].width, fake[i].height) {
                    // The swapped panel's own time, so that times stay in order.
                    mixed[i] =
                        Frame::new(fake[i].time, fake[i].epoch, size.0, size.1, real[i].rgb())
                            .unwrap();
                }
            }
            made.push((fake[at].time, length));
            at += length + APART;
            length = 1 + length % MOST_PICTURES;
        }
        let found = jumps(&track(&mixed, models));
        for (time, length) in made {
            let hit = |j: &&Jump| {
                (j.time.since_ns(time)).abs() <= 70_000_000 && j.pictures.abs_diff(length) <= 1
            };
            self.made[length - 1] += 1;
            self.found[length - 1] += usize::from(found.iter().any(|j| hit(&j)));
        }
    }
}

impl std::fmt::Display for Spliced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sum = |of: &[usize]| of.iter().sum::<usize>();
        write!(
            f,
            "spliced: {} of {} found; by pictures:",
            sum(&self.found),
            sum(&self.made)
        )?;
        for (i, (found, made)) in self.found.iter().zip(&self.made).enumerate() {
            write!(f, " {}: {found} of {made};", i + 1)?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<Frame>, Box<dyn std::error::Error>> {
    let mut source = open_pictures(path)?;
    let mut frames = Vec::new();
    while let Some(media) = source.next()? {
        if let Media::Frame { frame, .. } = media {
            frames.push(frame);
        }
    }
    Ok(frames)
}

fn track(frames: &[Frame], models: &mut ModelSet) -> Vec<FaceObs> {
    let mut tracker = FaceTracker::new(TrackConfig::default());
    let observe = |f: &Frame| tracker.observe(f, models).ok();
    frames.iter().filter_map(observe).collect()
}
