//! The voice-activity net of the manifest (task `vad`) over the engine.

use crate::audio::SpeechModel;
use crate::core::{AbstainReason, Abstention, MEL_BANDS};
use crate::engine::{InputSpec, ModelSet};

/// Task of the net.
const TASK: &str = "vad";

/// How the `audio` room makes log-mel rows: what a net of one's own must have been fitted on, by the
/// names of the manifest's `input.params`.
const FEATURES: [(&str, f64); 7] = [
    ("rate_hz", 16_000.0),
    ("hop_samples", 160.0),
    ("window_samples", 400.0),
    ("low_hz", 60.0),
    ("high_hz", 7_600.0),
    ("shift", 12.0),
    ("scale", 4.0),
];

/// The net over one worker's models.
pub(super) struct Vad<'a> {
    pub(super) models: &'a mut ModelSet,
}

impl SpeechModel for Vad<'_> {
    /// One probability per row.
    fn speech(&mut self, logmel: &[[f32; MEL_BANDS]]) -> Result<Vec<f32>, Abstention> {
        let failed = |e: &dyn std::fmt::Display| {
            tracing::error!(error = %e, "voice activity net failed");
            Abstention::new(AbstainReason::Failed, "the voice activity net failed")
        };
        let input = checked_input(self.models.input_spec(TASK)?)?.to_owned();
        let output = self.models.outputs(TASK)?.first().map(|o| o.name.clone());
        let flat: Vec<f32> = logmel.iter().flatten().copied().collect();
        let rows = ndarray::Array::from_shape_vec((1, 1, logmel.len(), MEL_BANDS), flat)
            .map_err(|e| failed(&e))?;
        let out = self
            .models
            .run(TASK, &[(&input, rows.view().into_dyn())])
            .map_err(|e| failed(&e))?;
        let speech = out.get(output.as_deref().unwrap_or("speech"));
        Ok(speech.map_err(|e| failed(&e))?.iter().copied().collect())
    }
}

/// The name of the input, where it is to be fed with what the `audio` room makes: a net fitted on
/// other features would answer, and answer wrong.
fn checked_input(spec: &InputSpec) -> Result<&str, Abstention> {
    let bands = MEL_BANDS as i64;
    let axes = spec.axes();
    let problem = if spec.layout != "N1TF" {
        Some(format!("layout: found {}, expected N1TF", spec.layout))
    } else if axes.as_deref() != Some(&[-1, 1, -1, bands]) {
        Some(format!(
            "shape: found {axes:?}, expected [-1, 1, -1, {bands}]"
        ))
    } else {
        let stated = |name: &str| {
            let value = spec.params.get(name)?;
            value
                .as_float()
                .or_else(|| value.as_integer().map(|i| i as f64))
        };
        FEATURES.iter().find_map(|(name, ours)| {
            let found = stated(name).filter(|v| v != ours)?;
            Some(format!("params.{name}: found {found}, expected {ours}"))
        })
    };
    match problem {
        None => Ok(&spec.name),
        Some(what) => Err(Abstention::new(
            AbstainReason::ModelMissing,
            format!("manifest, task {TASK}, input {}.{what}", spec.name),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_net_for_other_features_is_refused_by_field() {
        let good = "name = \"mel\"\nlayout = \"N1TF\"\nshape = [-1, 1, -1, 40]\n\
            params = { rate_hz = 16000, low_hz = 60.0 }\n";
        let check = |text: &str| {
            let spec: InputSpec = toml::from_str(text).unwrap();
            checked_input(&spec).map(str::to_owned)
        };
        assert_eq!(check(good).unwrap(), "mel");
        for (from, to, field) in [
            ("N1TF", "NTF", "input mel.layout"),
            ("40]", "80]", "input mel.shape"),
            ("16000", "8000", "input mel.params.rate_hz"),
            ("60.0", "0.0", "input mel.params.low_hz"),
        ] {
            let said = check(&good.replace(from, to)).unwrap_err().detail;
            assert!(said.contains(field), "{said}");
        }
    }
}
