//! A line per recording, as CSV.

use super::{Clip, ClipList, ClipResult};
use crate::fusion::SignalPolicy;
use crate::report::csv_field;
use std::fmt::Write as _;

/// The scores of every recording as CSV: the list's own columns, then for each signal its score
/// and coverage; a signal that is called like a column of the list is `signal_NAME`. An empty score is an abstention.
pub fn clip_table(list: &ClipList, results: &[ClipResult], policies: &[SignalPolicy]) -> String {
    let mut head: Vec<String> = [
        "path",
        "label",
        "identity",
        "tool",
        "condition",
        "pair",
        "group",
        "models",
        "error",
        "seconds",
        "face_px",
        "segments",
        "fused",
    ]
    .map(str::to_owned)
    .to_vec();
    for p in policies {
        let name = match head.contains(&p.name) {
            true => format!("signal_{}", p.name),
            false => p.name.clone(),
        };
        let coverage = format!("{name}_coverage");
        head.extend([name, coverage]);
    }
    let mut out = head.join(",") + "\n";
    for (clip, result) in list.clips.iter().zip(results) {
        let cells: Vec<String> = row(clip, result, policies);
        let cells: Vec<String> = cells.iter().map(|c| csv_field(c)).collect();
        let _ = writeln!(out, "{}", cells.join(","));
    }
    out
}

fn row(clip: &Clip, result: &ClipResult, policies: &[SignalPolicy]) -> Vec<String> {
    let number = |v: Option<f64>| v.map_or(String::new(), |v| format!("{v:.6}"));
    // An empty sum of floats is -0.
    let seconds = result.segments.iter().map(|s| s.span.len_s()).sum::<f64>() + 0.0;
    let models = clip.models.as_ref().and_then(|m| m.file_name());
    let mut cells = vec![
        clip.name.clone(),
        if clip.fake { "fake" } else { "real" }.to_owned(),
        clip.identity.clone(),
        clip.tool.clone(),
        clip.condition.clone(),
        clip.pair.clone(),
        clip.groups.join(";"),
        models.map_or(String::new(), |m| m.to_string_lossy().into_owned()),
        result.error.clone().unwrap_or_default(),
        format!("{seconds:.3}"),
        result
            .face_px()
            .map_or(String::new(), |px| format!("{px:.1}")),
        result.segments.len().to_string(),
        number(result.session_logit),
    ];
    for p in policies {
        let with = |s: &&super::SegmentScore| {
            s.findings
                .iter()
                .any(|f| f.signal == p.name && f.llr.is_some())
        };
        let covered: f64 = result
            .segments
            .iter()
            .filter(with)
            .map(|s| s.span.len_s())
            .sum();
        cells.push(number(result.signal_score(&p.name, p.accumulation)));
        cells.push(format!(
            "{:.4}",
            if seconds > 0.0 {
                covered / seconds
            } else {
                0.0
            }
        ));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, EngineOptions, ModelsDir};

    #[test]
    fn no_two_columns_are_called_alike() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let dir = ModelsDir::find(Some(&dir)).unwrap();
        let engine = Engine::load(&dir, &EngineOptions::default()).unwrap();
        let (clips, ignored) = (Vec::new(), Vec::new());
        let list = ClipList {
            clips,
            ignored,
            sha256: String::new(),
        };
        let table = clip_table(&list, &[], &engine.policies());
        let head: Vec<&str> = table.trim_end().split(',').collect();
        let different: std::collections::BTreeSet<&&str> = head.iter().collect();
        assert_eq!(different.len(), head.len(), "{head:?}");
        assert!(head.contains(&"signal_identity") && head.contains(&"signal_identity_coverage"));
        assert!(head.contains(&"face_swap_coverage"));
    }
}
