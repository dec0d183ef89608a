//! When results come: provisional ones about every second of an open segment, final ones soon after
//! its end. Measured on the demo interview with the project's own nets.

use crate::recorded::review;
use crate::support::*;
use liveproof::core::{MediaTime, ParticipantId, SegmentResult, SessionId};
use liveproof::decode::file::{FileSource, Media, OpenOptions};
use liveproof::ingest::events_file;
use liveproof::pipeline::{Pipeline, PipelineSettings};
use std::collections::BTreeMap;

/// Final results come no later after their segment, session time in milliseconds: 180 for the sound
/// that the voice-activity net looks ahead there, and a block of sound.
const FINAL_WITHIN_MS: i64 = 250;
/// What provisional ones speak of ends no longer ago: 330 for the sound that the net looks ahead elsewhere, and a block.
const PROVISIONAL_LATE_MS: i64 = 400;
/// And they come no further apart.
const PROVISIONAL_WITHIN_MS: i64 = 1_250;

#[test]
fn provisional_results_come_every_second_and_final_ones_at_once() {
    let demo = media("demo/interview.mp4");
    let engine = engine();
    let mut models = engine.new_set().unwrap();
    let mut source = FileSource::open(&demo, &OpenOptions::default()).unwrap();
    let events = events_file::load(&events_file::discover(&demo).unwrap()).unwrap();
    let plan = events
        .apply(source.info(), SessionId::parse("demo").unwrap())
        .unwrap();
    for s in &plan.selections {
        source.select(s.stream, s.track.clone(), s.region).unwrap();
    }
    let settings = PipelineSettings {
        provisional_ns: Some(1_000_000_000),
        question_marks: plan.has_question_marks(),
        ..PipelineSettings::default()
    };
    let mut pipeline = Pipeline::new(plan.spec.clone(), settings, &engine.policies());
    for event in &plan.events {
        pipeline.push_event(event.clone()).unwrap();
    }
    let mut present = MediaTime::ZERO;
    let mut came: Vec<(MediaTime, SegmentResult)> = Vec::new();
    while let Some(next) = source.next().unwrap() {
        match &next {
            Media::Frame { track, frame } => {
                present = present.max(frame.time);
                pipeline.push_frame(track, frame, &mut models);
            }
            Media::Audio { track, block } => {
                present = present.max(block.end());
                pipeline.push_audio(track, block, &mut models).unwrap();
            }
        }
        came.extend(pipeline.poll(&mut models).into_iter().map(|r| (present, r)));
    }
    let (mut latest, mut latest_provisional, mut provisional, mut scored) = (0, 0, 0, 0);
    let mut last: BTreeMap<ParticipantId, (MediaTime, u64, u32)> = BTreeMap::new();
    for (at, r) in &came {
        let late_ms = at.since_ns(r.span.end) / 1_000_000;
        match r.is_final {
            true => latest = latest.max(late_ms),
            false => latest_provisional = latest_provisional.max(late_ms),
        }
        let before = last.insert(r.participant.clone(), (r.span.end, r.index, r.revision));
        if let Some((end, index, revision)) = before {
            let apart = r.span.end.since_ns(end) / 1_000_000;
            assert!(
                apart <= PROVISIONAL_WITHIN_MS,
                "{apart} ms before {:?}",
                r.span
            );
            assert!(r.index > index || r.revision == revision + 1, "{r:?}");
        }
        provisional += usize::from(!r.is_final);
        scored += usize::from(!r.is_final && r.outcome.score().is_some());
    }
    assert!(latest <= FINAL_WITHIN_MS, "{latest} ms after the end");
    assert!(
        latest_provisional <= PROVISIONAL_LATE_MS,
        "{latest_provisional} ms"
    );
    let finals: Vec<&SegmentResult> = came.iter().map(|(_, r)| r).filter(|r| r.is_final).collect();
    assert!(
        provisional >= 2 * finals.len() - 2,
        "{provisional} of {}",
        finals.len()
    );
    assert!(scored > 0, "signals speak before the end of a segment");
    println!("latest {latest} ms after its end; {provisional} provisional, {scored} with a number");
    // And they change nothing: a recording has none of them.
    let recorded = review(&demo);
    for (live, recorded) in finals.iter().zip(&recorded.segments) {
        assert_eq!(live.findings, recorded.findings, "{:?}", live.span);
        assert_eq!(live.outcome, recorded.outcome);
    }
}
