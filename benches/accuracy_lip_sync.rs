//! Lip-sync figures on real talking clips, through the product's own decoding, tracking, voice
//! series and analyzer.
//!
//! `cargo bench --bench accuracy_lip_sync -- [NAME...]` over the `talk_av` clips of
//! `LIVEPROOF_DATA` (default `../shared/data`); a NAME limits the measured clips to those
//! whose path contains it. Each clip is decoded and tracked once; its sound is then moved, or
//! replaced by another person's. The weights of a clip were fitted without its speaker
//! (`benches/lip_sync_folds.json`). Prints tables and, as the last line, JSON.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

mod media;

#[path = "lip_sync/clip.rs"]
mod clip;
#[path = "lip_sync/figures.rs"]
mod figures;

use clip::{Recording, Sound};
use figures::{Figures, Window};
use liveproof::analyze::lip_sync::LipSync;
use liveproof::analyze::lip_sync::weights::Weights;
use liveproof::engine::ModelSet;
use media::{Material, Row};

/// Shifts of the sound in milliseconds; positive = late.
const SHIFTS_MS: [i64; 6] = [-400, -240, -120, 120, 240, 400];
const WINDOW_S: f64 = 10.0;
const STEP_S: f64 = 5.0;
/// Clips of 20 s, less a picture.
const LONG_S: f64 = 19.9;
/// Shortest sound that serves as a dub.
const DUB_S: f64 = 4.0;
/// Recordings that the media hold twice: the first 20 s of talk/lia_obama.mov.
const TWICE: [&str; 1] = ["edtalk_obama"];
/// Sound this late from the middle of a clip on, for the step test.
const STEP_MS: i64 = 240;
/// Clips long enough for a step in the middle.
const STEP_CLIP_S: f64 = 39.0;

#[derive(serde::Deserialize)]
struct Folds {
    folds: Vec<Fold>,
}

#[derive(serde::Deserialize)]
struct Fold {
    speaker: String,
    clips: Vec<String>,
    weights: Weights,
}

fn main() {
    let folds =
        std::fs::read(media::root().join("benches/lip_sync_folds.json")).expect("the folds");
    let folds: Folds = serde_json::from_slice(&folds).expect("readable folds");
    let Some(material) = Material::find() else {
        return;
    };
    let engine = media::engine();
    for model in engine.models() {
        println!("{} sha256 {}", model.id, &model.sha256[..12]);
    }
    let mut models = engine.new_set().expect("a set of models");
    let mut recordings = Vec::new();
    for row in material.rows.iter().filter(|r| serves(r)) {
        match Recording::read(&material.data, row, &mut models) {
            Ok(r) => {
                eprintln!("{}: {:.1} s, {:.1} fps", r.name, r.seconds, r.fps);
                recordings.push(r);
            }
            Err(e) => println!("{}: not read: {e}", row.path),
        }
    }
    let mut figures = Figures::default();
    for r in &recordings {
        let wanted = material.wants(&r.name);
        let fold = folds.folds.iter().find(|f| f.clips.contains(&r.name));
        match fold.filter(|_| wanted && r.seconds >= LONG_S) {
            Some(fold) => measure(r, fold, &recordings, &mut models, &mut figures),
            None if wanted && r.seconds >= LONG_S => println!("{}: no fold, left out", r.name),
            None => {}
        }
    }
    figures.print();
}

/// Talking clips of `train` and `val`, each once.
fn serves(row: &Row) -> bool {
    row.kind == "talk_av"
        && ["train", "val"].contains(&row.split.as_str())
        && !TWICE.contains(&row.name().as_str())
}

fn measure(
    r: &Recording,
    fold: &Fold,
    all: &[Recording],
    models: &mut ModelSet,
    out: &mut Figures,
) {
    assert_eq!(
        fold.speaker, r.speaker,
        "the fold leaves out another speaker"
    );
    let own = Sound::of(r);
    let plain = windows(r, &own, fold, models);
    out.clip(r, &plain);
    for shift in SHIFTS_MS {
        let moved = windows(r, &own.late_by(shift), fold, models);
        for (was, now) in plain.iter().zip(&moved) {
            out.shifted(r, shift, was, now);
        }
    }
    for other in all
        .iter()
        .filter(|o| o.speaker != r.speaker && o.seconds >= DUB_S)
    {
        for w in windows(r, &Sound::of(other).repeated(r.seconds), fold, models) {
            out.dubbed(r, &w);
        }
    }
    if r.seconds >= STEP_CLIP_S {
        let middle = (r.seconds / 2.0).floor();
        let sound = own.late_from(middle, STEP_MS);
        let mut signal = LipSync::with_weights(fold.weights.clone());
        let count = (r.seconds / 3.0) as usize;
        let segments: Vec<Window> = (0..count)
            .map(|i| {
                clip::analyze(
                    &mut signal,
                    r,
                    &sound,
                    3.0 * i as f64,
                    3.0 * (i + 1) as f64,
                    models,
                )
            })
            .collect();
        out.stepped(r, middle, STEP_MS as f64, &segments);
    }
}

/// One result per window, from a fresh signal that sees them in turn.
fn windows(r: &Recording, sound: &Sound, fold: &Fold, models: &mut ModelSet) -> Vec<Window> {
    let mut signal = LipSync::with_weights(fold.weights.clone());
    let count = ((r.seconds + 0.1 - WINDOW_S) / STEP_S) as usize + 1;
    (0..count)
        .map(|i| {
            let end = WINDOW_S + STEP_S * i as f64;
            clip::analyze(&mut signal, r, sound, end - STEP_S, end, models)
        })
        .collect()
}
