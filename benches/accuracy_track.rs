//! Share of pictures with a face tracked, per talking clip, and false faces where the face is
//! painted over.
//!
//! `cargo bench --bench accuracy_track [NAME...]` over the `talk_av` clips of
//! `LIVEPROOF_DATA` (default `../shared/data`); a NAME limits it to clips whose path contains it.
//! Decoding time is wall time (its threads are FFmpeg's own); tracking time is CPU time of the one
//! thread that tracks, where Linux tells it, so that a busy machine distorts it less. Nothing is
//! written anywhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

mod media;

use liveproof::core::Frame;
use liveproof::decode::file::Media;
use liveproof::engine::ModelSet;
use liveproof::track::{FaceTracker, TrackConfig, quality};
use media::{Material, open_pictures};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

/// Every this many pictures one is painted over and shown to a fresh tracker.
const BLANK_EVERY: usize = 3;

#[derive(Default)]
struct Tally {
    clips: usize,
    pictures: usize,
    tracked: usize,
    blanked: usize,
    false_faces: usize,
    false_tracks: usize,
}

fn main() {
    let Some(material) = Material::find() else {
        return;
    };
    let engine = media::engine();
    for model in engine
        .models()
        .iter()
        .filter(|m| ["det", "lmk"].contains(&m.task.as_str()))
    {
        println!("{} sha256 {}", model.id, &model.sha256[..12]);
    }
    println!(
        "{:30} {:5} {:>9} {:>6} {:>8} {:>9} {:>8} {:>9} {:>9} {:>8}",
        "clip",
        "split",
        "size",
        "fps",
        "pictures",
        "tracked %",
        "face px",
        "decode ms",
        "track ms",
        "false"
    );
    let (mut fast, mut slow) = (Tally::default(), Tally::default());
    let talking = material.rows.iter().filter(|r| r.kind == "talk_av");
    for row in talking.filter(|r| material.wants(&r.path)) {
        let (path, split) = (&row.path, &row.split);
        let mut models = engine.new_set().expect("a set of models");
        match measure(&material.data.join(path), &mut models) {
            Ok(clip) => {
                println!("{path:30} {split:5} {clip}");
                let total = if clip.fps >= 24.5 {
                    &mut fast
                } else {
                    &mut slow
                };
                total.add(&clip);
            }
            Err(e) => println!("{path:30} {split:5} not measured: {e}"),
        }
    }
    println!("{}", fast.line("25 fps and more"));
    println!("{}", slow.line("below 25 fps"));
}

struct Clip {
    size: (u32, u32),
    fps: f64,
    pictures: usize,
    tracked: usize,
    face_px: f64,
    decode_ms: f64,
    track_ms: f64,
    blanked: usize,
    false_faces: usize,
    false_tracks: usize,
}

impl std::fmt::Display for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = format!("{}x{}", self.size.0, self.size.1);
        write!(
            f,
            "{size:>9} {:6.2} {:8} {:9.2} {:8.0} {:9.2} {:9.2} {:>8}",
            self.fps,
            self.pictures,
            100.0 * self.tracked as f64 / self.pictures.max(1) as f64,
            self.face_px,
            self.decode_ms,
            self.track_ms,
            format!("{}/{}", self.false_faces, self.blanked)
        )
    }
}

impl Tally {
    fn add(&mut self, clip: &Clip) {
        self.clips += 1;
        self.pictures += clip.pictures;
        self.tracked += clip.tracked;
        self.blanked += clip.blanked;
        self.false_faces += clip.false_faces;
        self.false_tracks += clip.false_tracks;
    }

    fn line(&self, what: &str) -> String {
        format!(
            "{what}: {} clips, a face tracked in {} of {} pictures ({:.2} %); painted over: the \
             detector reports a face in {} of {}, a track starts in {}",
            self.clips,
            self.tracked,
            self.pictures,
            100.0 * self.tracked as f64 / self.pictures.max(1) as f64,
            self.false_faces,
            self.blanked,
            self.false_tracks
        )
    }
}

fn measure(path: &Path, models: &mut ModelSet) -> Result<Clip, Box<dyn std::error::Error>> {
    let mut source = open_pictures(path)?;
    let mut tracker = FaceTracker::new(TrackConfig::default());
    let (mut seen, mut decode_s, mut track_s) = (Vec::new(), 0.0, 0.0);
    let (mut blanked, mut false_faces, mut false_tracks) = (0, 0, 0);
    let mut size = (0, 0);
    loop {
        let started = Instant::now();
        let next = source.next()?;
        decode_s += started.elapsed().as_secs_f64();
        let Some(media) = next else { break };
        let Media::Frame { frame, .. } = media else {
            continue;
        };
        size = (frame.width, frame.height);
        let started = thread_s();
        let obs = tracker.observe(&frame, models).map_err(|a| a.detail)?;
        track_s += thread_s() - started;
        if let Some(face) = obs.face.as_ref().filter(|_| seen.len() % BLANK_EVERY == 0)
            && let Some(painted) = paint_over(&frame, face.bbox)
        {
            let mut fresh = FaceTracker::new(TrackConfig::default());
            let alone = fresh.observe(&painted, models).map_err(|a| a.detail)?;
            blanked += 1;
            false_faces += usize::from(alone.faces > 0);
            false_tracks += usize::from(alone.face.is_some());
        }
        seen.push(obs);
    }
    let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
        return Err("no pictures".into());
    };
    let span = liveproof::core::Span::new(first.time, last.time.plus_ns(1));
    let arrived: Vec<_> = seen.iter().map(|o| o.time).collect();
    let summary = quality(&seen, &arrived, span);
    let n = seen.len();
    Ok(Clip {
        size,
        fps: summary.fps,
        pictures: n,
        tracked: seen.iter().filter(|o| o.face.is_some()).count(),
        face_px: summary.face_height_px,
        decode_ms: 1e3 * decode_s / n as f64,
        track_ms: 1e3 * track_s / n as f64,
        blanked,
        false_faces,
        false_tracks,
    })
}

/// CPU seconds of this thread in steps of 10 ms, enough for the sum over a clip; wall seconds
/// where /proc does not tell.
fn thread_s() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let ticks = |stat: String| {
        // The fields after the name's closing bracket; user and system time are the 12th and 13th.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
    };
    let stat = std::fs::read_to_string("/proc/thread-self/stat").ok();
    stat.and_then(ticks)
        .map_or_else(|| START.elapsed().as_secs_f64(), |t| t / 100.0)
}

/// The picture with a box 1.5 times the face's painted in the mean colour of the box's edge;
/// `None` when the edge lies outside the picture, so that part of the face would stay.
fn paint_over(frame: &Frame, b: [f32; 4]) -> Option<Frame> {
    let (w, h) = (frame.width as usize, frame.height as usize);
    let (grow_x, grow_y) = ((b[2] - b[0]) * 0.25, (b[3] - b[1]) * 0.25);
    let edge = |v: f32, most: usize| (v.max(0.0) as usize).min(most);
    // The brow line is the top of the landmarks' box: hair and forehead need twice the margin.
    let (x0, x1) = (edge(b[0] - grow_x, w), edge(b[2] + grow_x, w));
    let (y0, y1) = (edge(b[1] - 2.0 * grow_y, h), edge(b[3] + grow_y, h));
    if x1 <= x0 + 2 || y1 <= y0 + 2 {
        return None;
    }
    let mut rgb = frame.rgb().to_vec();
    let at = |x: usize, y: usize| (y * w + x) * 3;
    let rim = (x0..x1)
        .flat_map(|x| [at(x, y0), at(x, y1 - 1)])
        .chain((y0..y1).flat_map(|y| [at(x0, y), at(x1 - 1, y)]));
    let (mut sum, mut n) = ([0u64; 3], 0u64);
    for i in rim {
        for (s, v) in sum.iter_mut().zip(&frame.rgb()[i..i + 3]) {
            *s += u64::from(*v);
        }
        n += 1;
    }
    let colour = sum.map(|s| (s / n.max(1)) as u8);
    for y in y0..y1 {
        for x in x0..x1 {
            rgb[at(x, y)..at(x, y) + 3].copy_from_slice(&colour);
        }
    }
    Frame::new(frame.time, frame.epoch, frame.width, frame.height, rgb).ok()
}
