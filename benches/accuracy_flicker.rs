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

use liveproof::analyze::face_swap::{Jump, MOST_PICTURES, jumps};
use liveproof::core::{FaceObs, Frame, TrackId, TrackKind};
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof::engine::{Engine, EngineOptions, ModelSet, ModelsDir};
use liveproof::track::{FaceTracker, TrackConfig};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("LIVEPROOF_DATA")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let Some(clips) = clips(&data.join("MANIFEST.csv")) else {
        println!("no media at {}: nothing measured", data.display());
        return;
    };
    let dir = ModelsDir::find(Some(&root.join("models"))).expect("the shipped models");
    let engine = Engine::load(&dir, &EngineOptions::default()).expect("the shipped models load");
    let mut models = engine.new_set().expect("a set of models");
    let mut plain: BTreeMap<String, Plain> = BTreeMap::new();
    let mut pairs: BTreeMap<String, BTreeMap<String, Vec<Frame>>> = BTreeMap::new();
    let mut spliced = Spliced::default();
    let (mut seconds, mut pictures) = (0.0, 0);
    for clip in clips {
        if !names.is_empty() && !names.iter().any(|n| clip.path.contains(n)) {
            continue;
        }
        let frames = match read(&data.join(&clip.path)) {
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
        plain.entry(clip.kind()).or_default().add(&seen, &found);
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
            both.insert(clip.label, frames);
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

/// A line of MANIFEST.csv.
struct Clip {
    path: String,
    label: String,
    split: String,
    pair: String,
}

// === impl Clip ===

impl Clip {
    fn kind(&self) -> String {
        match self.split.as_str() {
            "pairs" => format!(
                "pairs, {} panel",
                if self.label == "real" {
                    "camera"
                } else {
                    "swapped"
                }
            ),
            split => format!("{split}, real"),
        }
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
    let mut source = FileSource::open(path, &OpenOptions::default())?;
    let video = source
        .info()
        .first(TrackKind::Video)
        .ok_or("no pictures")?
        .index;
    source.select(video, TrackId::parse("video")?, None)?;
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

/// Real clips of `train` and `val` and both panels of `pairs`, in the order of the file.
fn clips(manifest: &Path) -> Option<Vec<Clip>> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let mut rows = text.lines().map(fields);
    let head = rows.next()?;
    let column = |name: &str| head.iter().position(|h| h == name);
    let (path, label, split, pair) = (
        column("path")?,
        column("label")?,
        column("split")?,
        column("pair")?,
    );
    let clip = |r: Vec<String>| {
        Some(Clip {
            path: r.get(path)?.clone(),
            label: r.get(label)?.clone(),
            split: r.get(split)?.clone(),
            pair: r.get(pair)?.clone(),
        })
    };
    let moving = |c: &Clip| {
        ["mp4", "mpg", "mkv", "webm", "mov"]
            .iter()
            .any(|e| c.path.ends_with(e))
    };
    let wanted = |c: &Clip| {
        c.split == "pairs" || (c.label == "real" && ["train", "val"].contains(&c.split.as_str()))
    };
    Some(
        rows.filter_map(clip)
            .filter(|c| moving(c) && wanted(c))
            .collect(),
    )
}

/// The fields of a line; quotes keep commas, two quotes are one.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut quoted) = (vec![String::new()], false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                out.last_mut().unwrap().extend(chars.next())
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}
