//! A line per recording, as CSV.

use super::{Clip, ClipList, ClipResult};
use crate::fusion::SignalPolicy;
use crate::report::csv_field;
use std::fmt::Write as _;

/// The scores of every recording as CSV: the list's own columns, then for each signal its score
/// and coverage. An empty score is an abstention.
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
        head.push(p.name.clone());
        head.push(format!("{}_coverage", p.name));
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
