//! What is installed: the state of each model, its card, and whether graph and manifest agree.

use super::{Engine, EngineError, ModelEntry, ModelKind};
use ort::session::Session;
use ort::value::{Outlet, ValueType};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The state of one model of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelStatus {
    /// Id in the manifest.
    pub id: String,
    /// What it is for.
    pub task: String,
    /// SHA-256 that the manifest demands, lower-case hex.
    pub sha256: String,
    /// True when it can be used.
    pub available: bool,
    /// Why it cannot be used; empty when it can.
    pub detail: String,
    /// Licence of the file as such.
    pub licence: String,
    /// Terms of its training data.
    pub data_terms: String,
    /// Path of its card.
    pub card: Option<PathBuf>,
}

impl ModelStatus {
    pub(super) fn new(entry: &ModelEntry, why_not: Option<String>, folder: &Path) -> Self {
        Self {
            id: entry.id.clone(),
            task: entry.task.clone(),
            sha256: entry.sha256.clone(),
            available: why_not.is_none(),
            detail: why_not.unwrap_or_default(),
            licence: entry.licence.clone(),
            data_terms: entry.data_terms.clone(),
            card: entry.card.as_ref().map(|c| folder.join(c)),
        }
    }
}

/// The models as text for a terminal: a line each, then why a model is unavailable, then the
/// data terms, which concern everyone who uses the weights.
pub fn table(models: &[ModelStatus]) -> String {
    let width = |f: fn(&ModelStatus) -> &str, least: usize| {
        models
            .iter()
            .map(|m| f(m).len())
            .max()
            .unwrap_or(0)
            .max(least)
    };
    let (id, task) = (width(|m| &m.id, 2), width(|m| &m.task, 4));
    let mut out = format!("{:id$}  {:task$}  {:12}  state\n", "id", "task", "sha256");
    for m in models {
        let state = if m.available {
            "verified"
        } else {
            "unavailable"
        };
        let sha = m.sha256.get(..12).unwrap_or(&m.sha256);
        out += &format!("{:id$}  {:task$}  {sha:12}  {state}\n", m.id, m.task);
    }
    for m in models.iter().filter(|m| !m.available) {
        out += &format!("\n{} is unavailable: {}\n", m.id, m.detail);
    }
    for m in models {
        out += &format!(
            "\n{}: licence {}; data terms: {}\n",
            m.id, m.licence, m.data_terms
        );
    }
    out
}

/// The card of a model.
///
/// # Errors
/// An id that the manifest does not list, or a card that cannot be read.
pub fn card(engine: &Engine, id: &str) -> Result<String, EngineError> {
    let models = engine.models();
    let unknown = || EngineError::UnknownModel {
        id: id.to_owned(),
        known: models.iter().map(|m| m.id.clone()).collect(),
    };
    let model = models.iter().find(|m| m.id == id).ok_or_else(unknown)?;
    let Some(path) = model.card.clone() else {
        return Ok(format!("{id} has no card\n"));
    };
    std::fs::read_to_string(&path).map_err(|source| EngineError::Read { path, source })
}

/// Checks that every declared input and output is in the graph, with axes that agree.
pub(super) fn check_graph(entry: &ModelEntry, session: &Session) -> Result<(), EngineError> {
    debug_assert_eq!(entry.kind, ModelKind::Onnx);
    for spec in &entry.input {
        check_outlet(entry, "input", &spec.name, spec.axes(), session.inputs())?;
    }
    for spec in &entry.outputs {
        check_outlet(
            entry,
            "output",
            &spec.name,
            spec.shape.clone(),
            session.outputs(),
        )?;
    }
    if session.inputs().len() != entry.input.len() {
        let names: Vec<&str> = session.inputs().iter().map(Outlet::name).collect();
        return Err(EngineError::Shape {
            task: entry.task.clone(),
            tensor: "inputs of the graph".to_owned(),
            found: names.join(", "),
            expected: format!("the {} of the manifest", entry.input.len()),
        });
    }
    Ok(())
}

fn check_outlet(
    entry: &ModelEntry,
    kind: &str,
    name: &str,
    declared: Option<Vec<i64>>,
    outlets: &[Outlet],
) -> Result<(), EngineError> {
    let error = |found: String, expected: String| EngineError::Shape {
        task: entry.task.clone(),
        tensor: format!("{kind} {name}"),
        found,
        expected,
    };
    let Some(outlet) = outlets.iter().find(|o| o.name() == name) else {
        let names: Vec<&str> = outlets.iter().map(Outlet::name).collect();
        return Err(error(
            format!("a graph with {}", names.join(", ")),
            name.to_owned(),
        ));
    };
    let ValueType::Tensor { shape, .. } = outlet.dtype() else {
        return Err(error(outlet.dtype().to_string(), "a tensor".to_owned()));
    };
    let agrees = |a: &[i64]| {
        a.len() == shape.len()
            && a.iter()
                .zip(shape.iter())
                .all(|(d, g)| *d < 0 || *g < 0 || d == g)
    };
    match declared {
        Some(axes) if !agrees(&axes) => Err(error(
            format!("{shape:?} in the graph"),
            format!("{axes:?} of the manifest"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_why_and_under_which_terms() {
        let model = ModelStatus {
            id: "det-1".into(),
            task: "face_detect".into(),
            sha256: "ab".repeat(32),
            available: false,
            detail: "file det-1.onnx cannot be read".into(),
            licence: "MIT".into(),
            data_terms: "research only".into(),
            card: None,
        };
        let text = table(&[model]);
        for part in [
            "abababababab ",
            "unavailable",
            "cannot be read",
            "research only",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
