//! Overlays: a small manifest laid over the shipped one, for nets and calibrations of one's own.
//!
//! An overlay is a TOML file with `version = 1` and any of
//! - `[[model]]`: a whole entry, which takes the place of the shipped model of the same task, or
//!   is added; its files lie in the overlay's own folder;
//! - `[[analyzer]]`: the name of a shipped signal and the keys to change, as `weight`,
//!   `segment_cap` or `[analyzer.recalibration]`.
//!
//! What the overlay does not name stays as shipped. The result is checked like any manifest.

use super::manifest::{MANIFEST_VERSION, ManifestError};
use super::{EngineError, Manifest};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A manifest with its overlays, and the folder of each model that does not lie with the shipped
/// ones.
pub(super) struct Layered {
    pub(super) manifest: Manifest,
    /// Task -> folder.
    pub(super) folders: HashMap<String, PathBuf>,
}

/// Reads `manifest.toml` of a folder and lays the overlays over it, later ones on top.
pub(super) fn read(dir: &Path, overlays: &[PathBuf]) -> Result<Layered, EngineError> {
    let text = read_text(&dir.join("manifest.toml"))?;
    let mut folders = HashMap::new();
    if overlays.is_empty() {
        let manifest = Manifest::parse(&text)?;
        return Ok(Layered { manifest, folders });
    }
    // The shipped part alone first, so that its faults are not taken for the overlay's.
    Manifest::parse(&text)?;
    let mut base: Table = text.parse().map_err(|e| fault("top level", e))?;
    for path in overlays {
        let tasks = lay(&mut base, &read_text(path)?, path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        folders.extend(tasks.into_iter().map(|t| (t, folder.clone())));
    }
    let manifest = Manifest::parse(&base.to_string())?;
    Ok(Layered { manifest, folders })
}

fn read_text(path: &Path) -> Result<String, EngineError> {
    std::fs::read_to_string(path).map_err(|source| EngineError::Read {
        path: path.to_path_buf(),
        source,
    })
}

/// Lays one overlay over the table; returns the tasks whose models it brings.
fn lay(base: &mut Table, text: &str, path: &Path) -> Result<Vec<String>, ManifestError> {
    let place = |entry: &str| format!("overlay {}, {entry}", path.display());
    let mut over: Table = text.parse().map_err(|e| fault(&place("top level"), e))?;
    match over.remove("version").and_then(|v| v.as_integer()) {
        Some(MANIFEST_VERSION) => {}
        other => {
            let found = other.map_or("none".to_owned(), |v| v.to_string());
            let problem = format!("version: found {found}, expected {MANIFEST_VERSION}");
            return Err(fault(&place("top level"), problem));
        }
    }
    let mut tasks = Vec::new();
    for model in take_list(&mut over, "model").map_err(|e| fault(&place("model"), e))? {
        let task = text_of(&model, "task").map_err(|e| fault(&place("model"), e))?;
        replace(list_of(base, "model"), "task", model);
        tasks.push(task);
    }
    for change in take_list(&mut over, "analyzer").map_err(|e| fault(&place("analyzer"), e))? {
        let name = text_of(&change, "name").map_err(|e| fault(&place("analyzer"), e))?;
        let shipped = list_of(base, "analyzer");
        let entry = shipped.iter_mut().filter_map(Value::as_table_mut);
        let Some(entry) = entry.into_iter().find(|t| is(t, "name", &name)) else {
            let problem = format!("name: {name} is no signal of the shipped manifest");
            return Err(fault(&place("analyzer"), problem));
        };
        entry.extend(change);
    }
    match over.keys().next() {
        None => Ok(tasks),
        Some(key) => {
            let problem = format!("unknown key {key}, expected version, model or analyzer");
            Err(fault(&place("top level"), problem))
        }
    }
}

fn fault(entry: &str, problem: impl ToString) -> ManifestError {
    ManifestError {
        entry: entry.to_owned(),
        problem: problem.to_string().trim_end().replace('\n', " "),
    }
}

fn is(table: &Table, key: &str, value: &str) -> bool {
    table.get(key).and_then(Value::as_str) == Some(value)
}

fn text_of(table: &Table, key: &str) -> Result<String, String> {
    let text = table.get(key).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| format!("{key}: must be there, as a text"))
}

fn take_list(table: &mut Table, key: &str) -> Result<Vec<Table>, String> {
    let expected = || format!("expected an array of tables [[{key}]]");
    match table.remove(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|v| match v {
                Value::Table(t) => Ok(t),
                _ => Err(expected()),
            })
            .collect(),
        Some(_) => Err(expected()),
    }
}

/// The array of tables of a key, made if it is missing.
fn list_of<'a>(base: &'a mut Table, key: &str) -> &'a mut Vec<Value> {
    let slot = base.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    match slot {
        Value::Array(list) => list,
        _ => unreachable!("made an array above"),
    }
}

/// Puts a table in the place of the one with the same `key`, or at the end.
fn replace(list: &mut Vec<Value>, key: &str, with: Table) {
    let value = with.get(key).cloned();
    let at = list.iter().position(|v| v.get(key) == value.as_ref());
    match at.and_then(|i| list.get_mut(i)) {
        Some(slot) => *slot = Value::Table(with),
        None => list.push(Value::Table(with)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{digest, folder_with_weights};
    use super::super::{Engine, EngineOptions, ModelsDir};
    use super::*;

    const SIGNAL: &str = "[[analyzer]]\nname = \"s\"\ntasks = [\"w\"]\ndescription = \"x\"\nweight = 1.0\n\
        segment_cap = 2.0\nsession_cap = 4.0\nsegment_correlation = 0.8\naccumulation = \"sum\"\n";

    fn shipped() -> tempfile::TempDir {
        let dir = folder_with_weights(b"shipped", &digest(b"shipped"));
        let path = dir.path().join("manifest.toml");
        let text = std::fs::read_to_string(&path).unwrap() + SIGNAL;
        std::fs::write(&path, text).unwrap();
        dir
    }

    fn load(
        dir: &tempfile::TempDir,
        overlay: &Path,
    ) -> Result<std::sync::Arc<Engine>, EngineError> {
        let options = EngineOptions {
            runtime: Some("/nowhere/lib.so".into()),
            overlays: vec![overlay.to_path_buf()],
            ..EngineOptions::default()
        };
        Engine::load(&ModelsDir::find(Some(dir.path())).unwrap(), &options)
    }

    #[test]
    fn a_model_of_the_same_task_is_replaced_and_lies_with_the_overlay() {
        let (dir, own) = (shipped(), tempfile::tempdir().unwrap());
        std::fs::write(own.path().join("fold.bin"), b"fold").unwrap();
        let overlay = own.path().join("fold.toml");
        let text = format!(
            "version = 1\n[[model]]\nid = \"w-fold\"\ntask = \"w\"\nkind = \"weights\"\nfile = \"fold.bin\"\n\
             sha256 = \"{}\"\nlicence = \"MIT\"\ndata_terms = \"own\"\n",
            digest(b"fold")
        );
        std::fs::write(&overlay, text).unwrap();
        let engine = load(&dir, &overlay).unwrap();
        let (model, bytes) = engine.new_set().unwrap().blob("w").unwrap();
        assert_eq!((model.id.as_str(), &*bytes), ("w-fold", &b"fold"[..]));
        assert_eq!(engine.models().len(), 1);
    }

    #[test]
    fn a_signal_changes_only_where_the_overlay_says_so() {
        let (dir, own) = (shipped(), tempfile::tempdir().unwrap());
        let overlay = own.path().join("mine.toml");
        let text = "version = 1\n[[analyzer]]\nname = \"s\"\nsegment_cap = 1.5\n\
            [analyzer.recalibration]\nslope = 0.5\noffset = -0.25\nlargest = 1.5\n";
        std::fs::write(&overlay, text).unwrap();
        let policy = load(&dir, &overlay).unwrap().policies().remove(0);
        assert_eq!((policy.segment_cap, policy.session_cap), (1.5, 4.0));
        assert_eq!(policy.recalibration.unwrap().slope, 0.5);
    }

    #[test]
    fn faults_name_the_overlay_and_the_field() {
        let (dir, own) = (shipped(), tempfile::tempdir().unwrap());
        let overlay = own.path().join("bad.toml");
        let check = |text: &str, words: &[&str]| {
            std::fs::write(&overlay, text).unwrap();
            let said = load(&dir, &overlay).unwrap_err().to_string();
            for word in words {
                assert!(said.contains(word), "{text}: {said}");
            }
        };
        check("[[model]]\n", &["bad.toml", "version"]);
        check("version = 1\nmodels = 3\n", &["bad.toml", "models"]);
        check("version = 1\nmodel = 3\n", &["bad.toml", "[[model]]"]);
        check(
            "version = 1\n[[model]]\nid = \"x\"\n",
            &["bad.toml", "task"],
        );
        check(
            "version = 1\n[[analyzer]]\nname = \"t\"\n",
            &["bad.toml", "t is no signal"],
        );
        check(
            "version = 1\n[[analyzer]]\nname = \"s\"\nwait = 2\n",
            &["analyzer[0] (s)", "wait"],
        );
        check(
            "version = 1\n[[analyzer]]\nname = \"s\"\nrecalibration = {slope = -1.0, offset = 0.0, largest = 1.0}\n",
            &["analyzer[0] (s)", "slope"],
        );
        assert!(load(&dir, Path::new("/nowhere/overlay.toml")).is_err());
    }
}
