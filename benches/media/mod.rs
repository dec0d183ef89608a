//! The media beside the repository, and the models, for benches that measure accuracy on them.
#![allow(dead_code, reason = "each bench uses a part")]

use liveproof::audio::VoiceTrack;
use liveproof::core::{AbstainReason, Abstention, FaceObs, MEL_BANDS, TrackId, TrackKind};
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof::engine::{Engine, EngineOptions, ModelSet, ModelsDir};
use liveproof::evaluate::csv_records;
use liveproof::track::{FaceTracker, LOOKS_PER_S, Pace, TrackConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sound of a clip that is kept, nanoseconds: ten minutes.
const HEARD_NS: i64 = 600_000_000_000;

/// What was asked for on the command line, where the media lie, and what they hold.
pub struct Material {
    /// Folder of the media.
    pub data: PathBuf,
    names: Vec<String>,
    /// All rows of MANIFEST.csv.
    pub rows: Vec<Row>,
}

/// A row of MANIFEST.csv.
pub struct Row {
    pub path: String,
    pub label: String,
    pub kind: String,
    pub split: String,
    pub identity: String,
    pub pair: String,
}

/// The repository's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped models.
pub fn engine() -> Arc<Engine> {
    let dir = ModelsDir::find(Some(&root().join("models"))).expect("the shipped models");
    Engine::load(&dir, &EngineOptions::default()).expect("the shipped models load")
}

/// A recording with its first video stream selected as track "video".
pub fn open_pictures(path: &Path) -> Result<FileSource, Box<dyn std::error::Error>> {
    let mut source = FileSource::open(path, &OpenOptions::default())?;
    let video = source.info().first(TrackKind::Video);
    let index = video.ok_or("no pictures")?.index;
    source.select(index, TrackId::parse("video")?, None)?;
    Ok(source)
}

/// Runs the voice-activity net over log-mel rows, as the pipeline does.
pub fn speech(models: &mut ModelSet, mel: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention> {
    let failed = |e: String| Abstention::new(AbstainReason::Failed, e);
    let flat: Vec<f32> = mel.iter().flatten().copied().collect();
    let input = ndarray::Array4::from_shape_vec((1, 1, mel.len(), MEL_BANDS), flat)
        .map_err(|e| failed(e.to_string()))?;
    let outputs = models
        .run("vad", &[("logmel", input.view().into_dyn())])
        .map_err(|e| failed(e.to_string()))?;
    let found = outputs.get("speech").map_err(|e| failed(e.to_string()))?;
    Ok(found.iter().copied().collect())
}

/// A clip's series.
pub struct SeenAndHeard {
    pub face: Vec<FaceObs>,
    pub voice: VoiceTrack,
    /// Pictures a second of the clip, looked at or not.
    pub fps: f64,
}

/// Looks a second, as the service's; another number, or 0 for every picture, by `LOOKS_PER_S`.
pub fn looks_per_s() -> u32 {
    let given = std::env::var("LOOKS_PER_S").ok();
    given.map_or(LOOKS_PER_S, |n| n.parse().expect("a number of looks"))
}

/// Decodes a talking clip, follows its face and computes its voice series.
pub fn seen_and_heard(
    path: &Path,
    models: &mut ModelSet,
) -> Result<SeenAndHeard, Box<dyn std::error::Error>> {
    let mut source = open_pictures(path)?;
    let audio = source.info().first(TrackKind::Audio);
    source.select(
        audio.ok_or("no sound")?.index,
        TrackId::parse("audio")?,
        None,
    )?;
    let mut tracker = FaceTracker::new(TrackConfig::default());
    let mut pace = Pace::new(looks_per_s());
    let (mut voice, mut face) = (VoiceTrack::new(HEARD_NS), Vec::new());
    let mut times = Vec::new();
    while let Some(media) = source.next()? {
        match media {
            Media::Frame { frame, .. } => {
                times.push(frame.time);
                if !pace.takes(frame.time, false) {
                    continue;
                }
                let mut seen = tracker.observe(&frame, models).map_err(|a| a.detail)?;
                // Large, and no bench over whole clips looks at them.
                seen.detail = None;
                face.push(seen);
            }
            Media::Audio { block, .. } => {
                voice.push(&block)?;
            }
        }
    }
    voice.finish(&mut |mel: &[[f32; MEL_BANDS]]| speech(models, mel))?;
    match voice.obstacle() {
        Some(why) => Err(why.detail.clone().into()),
        None => {
            let mut gaps: Vec<i64> = times.windows(2).map(|w| w[1].since_ns(w[0])).collect();
            gaps.sort_unstable();
            let fps = gaps.get(gaps.len() / 2).map_or(0.0, |ns| 1e9 / *ns as f64);
            Ok(SeenAndHeard { face, voice, fps })
        }
    }
}

// === impl Material ===

impl Material {
    /// Media of `LIVEPROOF_DATA` (default `../shared/data`), limited to the NAMEs of the command line;
    /// `None`, and a line that says so, where there are none.
    pub fn find() -> Option<Self> {
        let data = std::env::var_os("LIVEPROOF_DATA")
            .map_or_else(|| root().join("../shared/data"), PathBuf::from);
        let found = rows(&data.join("MANIFEST.csv"));
        if found.is_none() {
            println!("no media at {}: nothing measured", data.display());
        }
        let names = std::env::args().skip(1).filter(|a| !a.starts_with('-'));
        Some(Self {
            names: names.collect(),
            rows: found?,
            data,
        })
    }

    /// True when the command line names this clip, or none.
    pub fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|n| name.contains(n.as_str()))
    }
}

fn rows(manifest: &Path) -> Option<Vec<Row>> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let mut records = csv_records(&text).expect("MANIFEST.csv is CSV").into_iter();
    let head = records.next()?.fields;
    let column = |name: &str| {
        let at = head.iter().position(|h| h == name);
        at.unwrap_or_else(|| panic!("MANIFEST.csv has no column {name}"))
    };
    let names = ["path", "label", "kind", "split", "identity", "pair"];
    let at = names.map(column);
    let row = |fields: Vec<String>| {
        let [path, label, kind, split, identity, pair] =
            at.map(|i| fields.get(i).cloned().unwrap_or_default());
        Row {
            path,
            label,
            kind,
            split,
            identity,
            pair,
        }
    };
    Some(records.map(|r| row(r.fields)).collect())
}

// === impl Row ===

impl Row {
    /// File name without folder and ending.
    pub fn name(&self) -> String {
        let stem = Path::new(&self.path).file_stem();
        stem.map_or_else(String::new, |s| s.to_string_lossy().into_owned())
    }

    /// True for a clip of moving pictures.
    pub fn moves(&self) -> bool {
        let ends = |e: &&str| self.path.ends_with(&format!(".{e}"));
        ["mp4", "mpg", "mkv", "webm", "mov"].iter().any(ends)
    }
}
