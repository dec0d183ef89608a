//! `models/manifest.toml`: what is shipped, how each net is fed, how each signal is weighed.
//!
//! Top level: `version = 1`, any number of `[[model]]` ([`ModelEntry`]) and `[[analyzer]]`
//! ([`AnalyzerEntry`]). Unknown keys are refused, so that a misspelt one cannot silently fall back
//! to a default.

use super::manifest_check::{check_analyzer, check_model};
use crate::fusion::{Accumulation, Conformal, Recalibration, SignalPolicy};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use std::collections::HashSet;

/// The manifest version that this program reads.
pub const MANIFEST_VERSION: i64 = 1;

/// Why the manifest cannot be used; names the entry and the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("models manifest, {entry}: {problem}")]
pub struct ManifestError {
    /// The entry, as `model[0] (det-1)`.
    pub entry: String,
    /// What is wrong with it, with the field's name.
    pub problem: String,
}

/// What a model file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A net for the inference runtime.
    #[default]
    Onnx,
    /// Numbers that an analyzer reads itself.
    Weights,
}

/// One number for all channels, or one per channel.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum PerChannel {
    /// The same for all channels.
    One(f32),
    /// One per channel, in the order of `color`.
    Each(Vec<f32>),
}

impl PerChannel {
    /// The number for `channel`.
    pub fn get(&self, channel: usize) -> Option<f32> {
        match self {
            Self::One(v) => Some(*v),
            Self::Each(v) => v.get(channel).copied(),
        }
    }

    pub(super) fn all(&self, ok: impl Fn(f32) -> bool) -> bool {
        match self {
            Self::One(v) => ok(*v),
            Self::Each(v) => !v.is_empty() && v.iter().all(|x| ok(*x)),
        }
    }
}

/// How one input of a net is made. Preprocessing reads its constants here, beside the weights
/// that were trained with them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Name of the graph input.
    pub name: String,
    /// Meaning of the axes, as `NCHW` or `NTF`.
    pub layout: String,
    /// Order of colour channels, as `RGB`.
    #[serde(default)]
    pub color: Option<String>,
    /// Picture width in pixels.
    #[serde(default)]
    pub width: Option<u32>,
    /// Picture height in pixels.
    #[serde(default)]
    pub height: Option<u32>,
    /// Subtracted from values in 0 to 1.
    #[serde(default)]
    pub mean: Option<PerChannel>,
    /// Divides after the mean was subtracted; not zero.
    #[serde(default)]
    pub std: Option<PerChannel>,
    /// How the picture is cut out of the frame; `scale` is read by tracking.
    #[serde(default)]
    pub crop: Option<toml::Value>,
    /// Lengths of the axes, -1 = any; by default `[-1, channels, height, width]` for `NCHW`.
    #[serde(default)]
    pub shape: Option<Vec<i64>>,
    /// Anything else that the preprocessing of this net needs.
    #[serde(default)]
    pub params: toml::Table,
}

impl InputSpec {
    /// Lengths of the axes, -1 = any; `None` when the manifest does not say.
    pub fn axes(&self) -> Option<Vec<i64>> {
        if let Some(shape) = &self.shape {
            return Some(shape.clone());
        }
        let channels = self.color.as_ref().map_or(3, |c| c.chars().count() as i64);
        match (self.layout.as_str(), self.height, self.width) {
            ("NCHW", Some(h), Some(w)) => Some(vec![-1, channels, i64::from(h), i64::from(w)]),
            _ => None,
        }
    }
}

/// One output of a net.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// Name of the graph output.
    pub name: String,
    /// What it says, with units.
    #[serde(default)]
    pub meaning: String,
    /// What is still to be applied, as `sigmoid`.
    #[serde(default)]
    pub activation: Option<String>,
    /// How the output is read as a score, for plain classifiers; see [`super::Reading`].
    #[serde(default)]
    pub reads: Option<super::Reads>,
    /// Place of the class "manipulated" in an output with one number for each class, from 0.
    #[serde(default)]
    pub manipulated: Option<usize>,
    /// Lengths of the axes, -1 = any.
    #[serde(default)]
    pub shape: Option<Vec<i64>>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Unique id, as `det-1`.
    pub id: String,
    /// Version of the weights.
    #[serde(default)]
    pub version: Option<toml::Value>,
    /// What it is for; one model per task.
    pub task: String,
    /// A net, or plain numbers.
    #[serde(default)]
    pub kind: ModelKind,
    /// File name inside the models folder.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Licence of the file as such.
    pub licence: String,
    /// Terms that come with the data it was trained on.
    pub data_terms: String,
    /// Where the training data came from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// File name of the model card inside the models folder.
    #[serde(default)]
    pub card: Option<String>,
    /// ONNX operator set.
    #[serde(default)]
    pub opset: Option<u32>,
    /// Inputs; one table or several.
    #[serde(default, deserialize_with = "one_or_many")]
    pub input: Vec<InputSpec>,
    /// Outputs.
    #[serde(default)]
    pub outputs: Vec<OutputSpec>,
    /// Calibration of the outputs, read by the analyzer of the task.
    #[serde(default)]
    pub calibration: toml::Table,
    /// Settings of post-processing, as thresholds.
    #[serde(default)]
    pub params: toml::Table,
    /// Figures of the evaluation, for information.
    #[serde(default)]
    pub metrics: toml::Table,
}

fn one_or_many<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<InputSpec>, D::Error> {
    match toml::Value::deserialize(d)? {
        toml::Value::Array(items) => items
            .into_iter()
            .map(|v| v.try_into().map_err(D::Error::custom))
            .collect(),
        one => Ok(vec![one.try_into().map_err(D::Error::custom)?]),
    }
}

/// One signal: its models and how it enters the score.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalyzerEntry {
    /// Name of the analyzer.
    pub name: String,
    /// Model tasks that it draws on, its own first.
    pub tasks: Vec<String>,
    /// What it measures, in a sentence.
    pub description: String,
    /// Under load the signals of least priority are left out first.
    #[serde(default)]
    pub priority: u32,
    /// See [`SignalPolicy::weight`].
    pub weight: f64,
    /// See [`SignalPolicy::segment_cap`].
    pub segment_cap: f64,
    /// See [`SignalPolicy::session_cap`].
    pub session_cap: f64,
    /// See [`SignalPolicy::reference_session_cap`].
    #[serde(default)]
    pub reference_session_cap: Option<f64>,
    /// See [`SignalPolicy::session_floor`].
    #[serde(default)]
    pub session_floor: Option<f64>,
    /// See [`SignalPolicy::segment_correlation`].
    pub segment_correlation: f64,
    /// See [`SignalPolicy::accumulation`].
    pub accumulation: Accumulation,
    /// See [`SignalPolicy::recalibration`]; written by `liveproof evaluate --calibrate`.
    #[serde(default)]
    pub recalibration: Option<Recalibration>,
    /// See [`SignalPolicy::conformal`]; written by `liveproof evaluate --calibrate`.
    #[serde(default)]
    pub conformal: Option<Conformal>,
}

impl AnalyzerEntry {
    /// The part that fusion reads.
    pub fn policy(&self) -> SignalPolicy {
        SignalPolicy {
            name: self.name.clone(),
            weight: self.weight,
            segment_cap: self.segment_cap,
            session_cap: self.session_cap,
            reference_session_cap: self.reference_session_cap,
            session_floor: self.session_floor,
            segment_correlation: self.segment_correlation,
            accumulation: self.accumulation,
            recalibration: self.recalibration,
            conformal: self.conformal.clone(),
        }
    }
}

/// The whole manifest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Manifest {
    /// Models in the order of the file.
    pub models: Vec<ModelEntry>,
    /// Signals in the order of the file.
    pub analyzers: Vec<AnalyzerEntry>,
}

// === impl Manifest ===

impl Manifest {
    /// Reads a manifest's text.
    ///
    /// # Errors
    /// A [`ManifestError`] that names the entry and the field at the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut top: toml::Table = text.parse().map_err(|e| at("top level", e))?;
        match top.remove("version").and_then(|v| v.as_integer()) {
            Some(MANIFEST_VERSION) => {}
            other => {
                let found = other.map_or("none".to_owned(), |v| v.to_string());
                let problem = format!("version: found {found}, expected {MANIFEST_VERSION}");
                return Err(at("top level", problem));
            }
        }
        let manifest = Self {
            models: entries(&mut top, "model", "id")?,
            analyzers: entries(&mut top, "analyzer", "name")?,
        };
        if let Some(key) = top.keys().next() {
            let problem = format!("unknown key {key}, expected version, model or analyzer");
            return Err(at("top level", problem));
        }
        manifest.validate()?;
        Ok(manifest)
    }

    fn validate(&self) -> Result<(), ManifestError> {
        let (mut ids, mut tasks, mut names) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (i, m) in self.models.iter().enumerate() {
            let label = format!("model[{i}] ({})", m.id);
            check_model(m).map_err(|p| at(&label, p))?;
            if !ids.insert(&m.id) {
                return Err(at(&label, "id: used twice"));
            }
            if !tasks.insert(&m.task) {
                return Err(at(&label, format!("task: {} has two models", m.task)));
            }
        }
        for (i, a) in self.analyzers.iter().enumerate() {
            let label = format!("analyzer[{i}] ({})", a.name);
            check_analyzer(a).map_err(|p| at(&label, p))?;
            if !names.insert(&a.name) {
                return Err(at(&label, "name: used twice"));
            }
        }
        Ok(())
    }
}

fn at(entry: &str, problem: impl ToString) -> ManifestError {
    // The TOML reader's messages span lines; one line is enough beside the entry's name.
    let problem = problem.to_string();
    ManifestError {
        entry: entry.to_owned(),
        problem: problem.trim_end().replace('\n', " "),
    }
}

fn entries<T: DeserializeOwned>(
    top: &mut toml::Table,
    key: &str,
    id: &str,
) -> Result<Vec<T>, ManifestError> {
    let list = match top.remove(key) {
        None => return Ok(Vec::new()),
        Some(toml::Value::Array(list)) => list,
        Some(_) => return Err(at(key, format!("expected an array of tables [[{key}]]"))),
    };
    let read = |(i, value): (usize, toml::Value)| {
        let name = value.get(id).and_then(|v| v.as_str()).unwrap_or("?");
        let label = format!("{key}[{i}] ({name})");
        value.try_into().map_err(|e: toml::de::Error| at(&label, e))
    };
    list.into_iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        version = 1
        [[model]]
        id = "a-1"
        task = "a"
        file = "a-1.onnx"
        sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
        licence = "MIT"
        data_terms = "none"
        opset = 17
        [model.input]
        name = "x"
        layout = "NCHW"
        color = "RGB"
        width = 8
        height = 4
        mean = 0.5
        std = [0.5, 0.5, 0.25]
        [[model.outputs]]
        name = "y"
        [[analyzer]]
        name = "s"
        tasks = ["a"]
        description = "x"
        weight = 1.0
        segment_cap = 2.0
        session_cap = 4.0
        segment_correlation = 0.8
        accumulation = "sum"
    "#;

    #[test]
    fn a_good_manifest_is_read() {
        let m = Manifest::parse(GOOD).unwrap();
        let input = &m.models[0].input[0];
        assert_eq!(input.axes(), Some(vec![-1, 3, 4, 8]));
        assert_eq!(input.mean.as_ref().unwrap().get(2), Some(0.5));
        assert_eq!(input.std.as_ref().unwrap().get(2), Some(0.25));
        assert_eq!(m.analyzers[0].policy().session_cap, 4.0);
    }

    #[test]
    fn errors_name_the_entry_and_the_field() {
        let cases: &[(&str, &str, &str, &str)] = &[
            ("version = 1", "version = 2", "top level", "version"),
            (
                "session_cap = 4.0",
                "session_cap = 4.0\nsession_floor = 0.1",
                "analyzer[0] (s)",
                "session_floor",
            ),
            ("opset = 17", "opsett = 17", "model[0] (a-1)", "opsett"),
            ("opset = 17", "opset = \"x\"", "model[0] (a-1)", "opset"),
            ("layout = \"NCHW\"", "lay = 1", "model[0] (a-1)", "lay"),
            ("a-1.onnx", "../a-1.onnx", "model[0] (a-1)", "file"),
            ("a-1.onnx", "", "model[0] (a-1)", "file"),
            ("sha256 = \"0", "sha256 = \"G", "model[0] (a-1)", "sha256"),
            (
                "data_terms = \"none\"",
                "data_terms = \" \"",
                "model[0] (a-1)",
                "data_terms",
            ),
            ("licence = \"MIT\"", "", "model[0] (a-1)", "licence"),
            ("0.25]", "0.0]", "model[0] (a-1)", "std"),
            ("width = 8", "width = 0", "model[0] (a-1)", "width"),
            (
                "[[model.outputs]]\n        name = \"y\"",
                "",
                "model[0] (a-1)",
                "outputs",
            ),
            ("weight = 1.0", "weight = -1.0", "analyzer[0] (s)", "weight"),
            ("weight = 1.0", "weight = nan", "analyzer[0] (s)", "weight"),
            (
                "segment_cap = 2.0",
                "segment_cap = 0.0",
                "analyzer[0] (s)",
                "segment_cap",
            ),
            (
                "segment_correlation = 0.8",
                "segment_correlation = 1.0",
                "analyzer[0] (s)",
                "segment_correlation",
            ),
            (
                "accumulation = \"sum\"",
                "accumulation = \"x\"",
                "analyzer[0] (s)",
                "accumulation",
            ),
            (
                "version = 1",
                "version = 1\nextra = 1",
                "top level",
                "extra",
            ),
            ("version = 1", "version = ", "top level", ""),
        ];
        for (from, to, entry, field) in cases {
            assert!(GOOD.contains(from), "{from}");
            let e = Manifest::parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert_eq!(&e.entry, entry, "{to}: {e}");
            assert!(e.problem.contains(field), "{to}: {e}");
        }
    }

    #[test]
    fn ids_tasks_and_names_are_unique() {
        let model = &GOOD[GOOD.find("[[model]]").unwrap()..GOOD.find("[[analyzer]]").unwrap()];
        let twice = format!("{GOOD}\n{model}");
        assert!(Manifest::parse(&twice).unwrap_err().problem.contains("id"));
        let twice = format!("{GOOD}\n{}", model.replace("a-1\"", "b-1\""));
        assert!(
            Manifest::parse(&twice)
                .unwrap_err()
                .problem
                .contains("task")
        );
    }

    #[test]
    fn the_shipped_manifest_lists_every_analyzer_in_order() {
        let text = include_str!("../../models/manifest.toml");
        let manifest = Manifest::parse(text).unwrap();
        let names: Vec<&str> = manifest.analyzers.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, crate::analyze::NAMES);
        for (entry, analyzer) in manifest.analyzers.iter().zip(crate::analyze::create_all()) {
            assert_eq!(entry.name, analyzer.name());
            if let Some(task) = analyzer.task() {
                assert!(
                    entry.tasks.iter().any(|t| t == task),
                    "{}: {task}",
                    entry.name
                );
            }
        }
    }
}
