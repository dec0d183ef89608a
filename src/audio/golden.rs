//! Golden tensors of the training code: front end and net agree within 1e-3.

use super::{LogMel, VoiceTrack};
use crate::core::{Abstention, AudioBlock, MEL_BANDS, MediaTime};
use crate::engine::{Engine, EngineOptions, ModelsDir};
use serde_json::Value;
use std::path::Path;

const TOLERANCE: f32 = 1e-3;

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden/vad-1.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    let all = value.as_array().unwrap();
    all.iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn samples(golden: &Value) -> Vec<f32> {
    let all = floats(&golden["samples_i16"]);
    all.iter().map(|v| v / 32_768.0).collect()
}

#[test]
fn mel_bands_are_those_of_training() {
    let golden = golden();
    let got = LogMel::new().all(&samples(&golden));
    let want = golden["logmel"].as_array().unwrap();
    assert_eq!(got.len(), want.len());
    for (hop, (got, want)) in got.iter().zip(want).enumerate() {
        for (band, (a, b)) in got.iter().zip(floats(want)).enumerate() {
            assert!((a - b).abs() < TOLERANCE, "hop {hop} band {band}: {a} {b}");
        }
    }
}

#[test]
fn speech_probabilities_are_those_of_training() {
    let golden = golden();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    let engine = Engine::load(&dir, &EngineOptions::default()).unwrap();
    let mut models = engine.new_set().unwrap();
    let mut net = |logmel: &[[f32; MEL_BANDS]]| -> Result<Vec<f32>, Abstention> {
        let flat: Vec<f32> = logmel.iter().flatten().copied().collect();
        let input = ndarray::ArrayD::from_shape_vec(vec![1, 1, logmel.len(), MEL_BANDS], flat);
        let outputs = models
            .run("vad", &[("logmel", input.unwrap().view())])
            .unwrap();
        Ok(outputs.get("speech").unwrap().iter().copied().collect())
    };
    let mut track = VoiceTrack::new(10_000_000_000);
    let block = AudioBlock::new(MediaTime::ZERO, 16_000, 1, samples(&golden)).unwrap();
    track.push(&block).unwrap();
    track.finish(&mut net).unwrap();
    let want = floats(&golden["speech"]);
    let got = track.series().speech;
    assert_eq!(got.len(), want.len());
    for (hop, (a, b)) in got.iter().zip(&want).enumerate() {
        assert!((a - b).abs() < TOLERANCE, "hop {hop}: {a} {b}");
    }
    // The voice of the generated sound lies between 0.3 and 0.7 s.
    assert!(got[45] > 0.9 && got[5] < 0.1 && got[95] < 0.1);
}
