//! What a manifest entry must hold beyond its form. Each check names the field.

use crate::fusion::{Conformal, MOST_CORRELATION};

use super::{AnalyzerEntry, ModelEntry, ModelKind, Reading};

fn plain_file_name(field: &str, name: &str) -> Result<(), String> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if plain {
        Ok(())
    } else {
        Err(format!(
            "{field}: found {name:?}, expected a file name of [A-Za-z0-9._-] without folders"
        ))
    }
}

pub(super) fn check_model(m: &ModelEntry) -> Result<(), String> {
    for (field, text) in [
        ("id", &m.id),
        ("task", &m.task),
        ("licence", &m.licence),
        ("data_terms", &m.data_terms),
    ] {
        if text.trim().is_empty() {
            return Err(format!("{field}: must not be empty"));
        }
    }
    plain_file_name("file", &m.file)?;
    if let Some(card) = &m.card {
        plain_file_name("card", card)?;
    }
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if m.sha256.len() != 64 || !m.sha256.bytes().all(is_hex) {
        return Err("sha256: expected 64 lower-case hex digits".to_owned());
    }
    if m.kind == ModelKind::Onnx && (m.input.is_empty() || m.outputs.is_empty()) {
        return Err("input, outputs: a net needs at least one of each".to_owned());
    }
    Conformal::of(&m.calibration)?;
    Reading::of(&m.outputs)?;
    for input in &m.input {
        if input.mean.as_ref().is_some_and(|v| !v.all(f32::is_finite)) {
            return Err(format!(
                "input {}.mean: expected finite numbers",
                input.name
            ));
        }
        let usable = |x: f32| x.is_finite() && x != 0.0;
        if input.std.as_ref().is_some_and(|v| !v.all(usable)) {
            return Err(format!(
                "input {}.std: expected finite numbers other than 0",
                input.name
            ));
        }
        if input.width == Some(0) || input.height == Some(0) {
            return Err(format!(
                "input {}: width and height must be above 0",
                input.name
            ));
        }
    }
    Ok(())
}

pub(super) fn check_analyzer(a: &AnalyzerEntry) -> Result<(), String> {
    let above = |field: &str, v: f64, zero: bool| {
        if v.is_finite() && (v > 0.0 || zero && v == 0.0) {
            Ok(())
        } else {
            let least = if zero { "at least 0" } else { "above 0" };
            Err(format!(
                "{field}: found {v}, expected a finite number {least}"
            ))
        }
    };
    above("weight", a.weight, true)?;
    above("segment_cap", a.segment_cap, false)?;
    above("session_cap", a.session_cap, false)?;
    if let Some(cap) = a.reference_session_cap {
        above("reference_session_cap", cap, false)?;
    }
    if let Some(floor) = a.session_floor.filter(|f| !(f.is_finite() && *f <= 0.0)) {
        return Err(format!("session_floor: found {floor}, expected at most 0"));
    }
    if !(0.0..=MOST_CORRELATION).contains(&a.segment_correlation) {
        return Err(format!(
            "segment_correlation: found {}, expected 0 to {MOST_CORRELATION}",
            a.segment_correlation
        ));
    }
    if let Some(fault) = a.conformal.as_ref().and_then(Conformal::fault) {
        return Err(fault);
    }
    match a.recalibration.as_ref().and_then(|r| r.fault()) {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}
