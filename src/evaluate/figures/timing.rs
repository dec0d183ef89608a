//! Figures about time: error of the measured audio-video offset, delay of detection.

use super::view::View;
use crate::evaluate::document::{Delay, Rate, SyncFigures};
use crate::evaluate::metrics::{spread, wilson};
use crate::evaluate::{ClipList, ClipResult};
use std::collections::BTreeSet;

/// Offset error that a viewer would hardly notice, milliseconds.
const CLOSE_MS: f64 = 40.0;

/// Offsets measured by lip-sync against those of the list; `None` when the list states none. A
/// finding counts when the whole stretch that it looks at lies where the stated offset holds.
pub(super) fn sync(list: &ClipList, results: &[ClipResult]) -> Option<SyncFigures> {
    let (mut segments, mut errors) = (0usize, Vec::new());
    let mut people = BTreeSet::new();
    for (clip, result) in list.clips.iter().zip(results) {
        let Some(truth) = clip.offset_ms else {
            continue;
        };
        let zero = result
            .segments
            .first()
            .map_or(0.0, |s| s.span.start.as_secs_f64());
        let begin = clip.from_s.map_or(f64::NEG_INFINITY, |s| zero + s);
        let end = clip.to_s.map_or(f64::INFINITY, |s| zero + s);
        for s in &result.segments {
            let Some(finding) = s.findings.iter().find(|f| f.signal == "lip_sync") else {
                continue;
            };
            let from = finding.span.start.min(s.span.start).as_secs_f64().max(zero);
            let to = finding.span.end.max(s.span.end).as_secs_f64();
            if from < begin || to > end {
                continue;
            }
            segments += 1;
            let measured = finding.llr.and_then(|_| finding.value("offset_ms"));
            if let Some(measured) = measured {
                errors.push((measured - truth).abs());
                people.insert(clip.identity.as_str());
            }
        }
    }
    if list.clips.iter().all(|c| c.offset_ms.is_none()) {
        return None;
    }
    let close = errors.iter().filter(|e| **e <= CLOSE_MS).count();
    let share = (!errors.is_empty()).then(|| close as f64 / errors.len() as f64);
    Some(SyncFigures {
        segments,
        coverage: errors.len() as f64 / segments.max(1) as f64,
        error_ms: spread(&errors),
        within_40_ms: Rate {
            n: errors.len(),
            hits: close,
            share,
            ci: share
                .and_then(|s| wilson(s, people.len()))
                .map(|(a, b)| [a, b]),
            identities: people.len(),
        },
    })
}

/// Seconds from the start of the manipulation to the end of the first segment called
/// manipulated; `None` without a manipulated recording of more than one picture.
pub(super) fn delay(fakes: &[&View<'_>], threshold: f64) -> Option<Delay> {
    let moving: Vec<&&View<'_>> = fakes
        .iter()
        .filter(|v| !v.still && !v.segments.is_empty())
        .collect();
    if moving.is_empty() {
        return None;
    }
    let seconds: Vec<f64> = moving
        .iter()
        .filter_map(|v| {
            let first = v
                .segments
                .iter()
                .find(|p| p.fake != Some(false) && p.vote.is_some_and(|s| s >= threshold))?;
            Some((first.end_s - v.clip.from_s.unwrap_or(0.0)).max(0.0))
        })
        .collect();
    Some(Delay {
        n: moving.len(),
        detected: seconds.len(),
        seconds: spread(&seconds),
    })
}
