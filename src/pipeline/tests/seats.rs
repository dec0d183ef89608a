//! Tracks that go to somebody else, and media that comes late.

use super::*;

/// 12 s on one camera and one microphone which show the candidate, from 4.5 to 7.5 s the second
/// one, then the candidate again; the sound in blocks of `block_ms`.
fn shared(block_ms: i64) -> (Vec<SegmentResult>, SessionSummary) {
    let mut spec = interview();
    spec.participants.push(ParticipantSpec {
        id: participant("second"),
        role: Role::Candidate,
        reference_session: None,
    });
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(spec, PipelineSettings::default(), &policies());
    for (ms, who) in [(4_500, "second"), (7_500, "c")] {
        for track in ["cam", "mic"] {
            let kind = EventKind::TrackParticipant {
                track: track_id(track),
                participant: participant(who),
            };
            let time = MediaTime::from_ms(ms);
            pipeline.push_event(ControlEvent { time, kind }).unwrap();
        }
    }
    let mut results = Vec::new();
    for i in 0..12_000 / block_ms {
        let from = i * block_ms;
        for ms in (from..from + block_ms).filter(|ms| ms % 40 == 0) {
            let shade = (ms / 40 * 37 % 251) as u8;
            let frame = Frame::new(MediaTime::from_ms(ms), 0, 32, 24, vec![shade; 32 * 24 * 3]);
            pipeline.push_frame(&track_id("cam"), &frame.unwrap(), &mut models);
        }
        for track in ["mic", "desk"] {
            let samples = from * 16..(from + block_ms) * 16;
            let tone = samples.map(|i| (i as f32 * 0.1).sin() * 0.1).collect();
            let block = AudioBlock::new(MediaTime::from_ms(from), 16_000, 1, tone).unwrap();
            pipeline
                .push_audio(&track_id(track), &block, &mut models)
                .unwrap();
        }
        results.extend(pipeline.poll(&mut models));
    }
    let (rest, summary) = pipeline.finish("end", false, &mut models);
    results.extend(rest);
    results.retain(|r| r.is_final);
    (results, summary)
}

#[test]
fn a_track_that_goes_to_somebody_else_is_counted_for_each_of_them() {
    let (results, summary) = shared(100);
    // Shares of each 3 s in which the track was theirs; a last picture reaches a second further.
    for (who, video, audio) in [
        ("c", [1.0, 0.833, 0.5, 1.0], [1.0, 0.5, 0.5, 1.0]),
        ("second", [0.0, 0.5, 0.833, 0.0], [0.0, 0.5, 0.5, 0.0]),
    ] {
        let of: Vec<_> = results
            .iter()
            .filter(|r| r.participant == participant(who))
            .collect();
        assert_eq!(of.len(), 4, "{who}");
        for (i, r) in of.iter().enumerate() {
            let c = r.coverage;
            assert!((c.video - video[i]).abs() < 0.03, "{who} {i}: {c:?}");
            assert!((c.audio - audio[i]).abs() < 0.011, "{who} {i}: {c:?}");
        }
        let frames: u64 = of.iter().map(|r| r.coverage.frames_seen).sum();
        assert_eq!(frames, if who == "c" { 225 } else { 75 }, "{who}");
    }
    let seen = |i: usize| summary.participants[i].coverage.audio;
    assert!((seen(0) - 0.75).abs() < 0.01 && (seen(1) - 0.25).abs() < 0.01);
}

#[test]
fn chunks_of_20_ms_and_of_3_s_give_the_same_results() {
    // Without models, what a lane lacks shows with its first picture; e2e::media compares findings.
    let strip = |(results, summary): (Vec<SegmentResult>, SessionSummary)| {
        let plain = |r: SegmentResult| {
            let order = (r.participant.clone(), r.index);
            (order, r.span, r.coverage, r.quality)
        };
        let mut all: Vec<_> = results.into_iter().map(plain).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let sums = summary.participants.into_iter().map(|p| p.coverage);
        (all, sums.collect::<Vec<_>>(), summary.duration)
    };
    let fine = strip(shared(20));
    for block_ms in [100, 400, 1_000, 3_000] {
        assert_eq!(fine, strip(shared(block_ms)), "{block_ms}");
    }
}

#[test]
fn a_series_breaks_where_its_track_was_somebody_elses() {
    let mut spec = interview();
    spec.participants[1].role = Role::Candidate;
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(spec, PipelineSettings::default(), &policies());
    let mut show = |pipeline: &mut Pipeline, ms: i64| {
        let frame = Frame::new(MediaTime::from_ms(ms), 0, 32, 24, vec![9; 32 * 24 * 3]).unwrap();
        pipeline.push_frame(&track_id("cam"), &frame, &mut models);
    };
    let switch = |pipeline: &mut Pipeline, ms: i64, who: &str| {
        let kind = EventKind::TrackParticipant {
            track: track_id("cam"),
            participant: participant(who),
        };
        let time = MediaTime::from_ms(ms);
        pipeline.push_event(ControlEvent { time, kind }).unwrap();
    };
    show(&mut pipeline, 0);
    switch(&mut pipeline, 40, "i");
    show(&mut pipeline, 40);
    switch(&mut pipeline, 80, "c");
    show(&mut pipeline, 80);
    let series = |i: usize| -> Vec<(i64, u32)> {
        let all = pipeline.lanes[i].sight.all().iter();
        all.map(|o| (o.time.0 / 1_000_000, o.epoch)).collect()
    };
    let (c, i) = (series(0), series(1));
    assert_eq!(c.iter().map(|o| o.0).collect::<Vec<_>>(), [0, 80]);
    assert!(c[1].1 > c[0].1, "another epoch: {c:?}");
    assert_eq!(i.iter().map(|o| o.0).collect::<Vec<_>>(), [40]);
}

#[test]
fn a_clock_is_believed_as_far_as_its_uncertainty_allows() {
    use ClockSource::*;
    for (source, ms, left) in [
        (Platform, 0, Platform),
        (Platform, 15, Platform),
        (Platform, 16, Estimated),
        (Estimated, 45, Estimated),
        (Platform, 46, Unknown),
        (Unknown, 0, Unknown),
    ] {
        let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
        let kind = EventKind::ClockMapping {
            track: track_id("mic"),
            offset_ns: 0,
            source,
            uncertainty_ns: ms * 1_000_000,
        };
        let time = MediaTime::ZERO;
        pipeline.push_event(ControlEvent { time, kind }).unwrap();
        // All tracks of the fixture share one clock.
        let all = pipeline.spec().tracks.iter().map(|t| t.clock);
        assert!(all.into_iter().all(|c| c == left), "{source:?} {ms}");
    }
}

#[test]
fn switches_to_strangers_and_of_references_are_refused_by_field() {
    let mut spec = interview();
    spec.tracks.push(TrackSpec {
        reference: true,
        ..track("card", "c", true)
    });
    let mut pipeline = Pipeline::new(spec, PipelineSettings::default(), &policies());
    for (track, who, field) in [
        ("cam", "x", "participant_id"),
        ("x", "c", "track_id"),
        ("card", "i", "track_id"),
    ] {
        let kind = EventKind::TrackParticipant {
            track: track_id(track),
            participant: participant(who),
        };
        let time = MediaTime::ZERO;
        let fault = pipeline
            .push_event(ControlEvent { time, kind })
            .unwrap_err();
        assert_eq!(fault.field, field);
    }
}

#[test]
fn what_comes_after_its_segment_or_before_the_first_is_late() {
    let mut models = ModelSet::default();
    let mut pipeline = Pipeline::new(interview(), PipelineSettings::default(), &policies());
    assert!(!pipeline.is_late(&track_id("mic"), MediaTime::from_ms(-50_000)));
    for i in 0..200 {
        let time = MediaTime::from_ms(i * 40);
        let frame = Frame::new(time, 0, 32, 24, vec![i as u8; 32 * 24 * 3]).unwrap();
        pipeline.push_frame(&track_id("cam"), &frame, &mut models);
        pipeline.poll(&mut models);
    }
    // Pictures have reached 7.96 s, so the first segment was closed 2 s after its end at 3 s.
    for (ms, late) in [
        (-50_000, true),
        (3_000, true),
        (3_001, false),
        (9_000, false),
    ] {
        let time = MediaTime::from_ms(ms);
        for track in ["mic", "desk", "cam"] {
            assert_eq!(
                pipeline.is_late(&track_id(track), time),
                late,
                "{track} {ms}"
            );
        }
    }
    // A backlog of sound is heard and moves neither the session's length nor its segments.
    let backlog = AudioBlock::new(MediaTime::from_ms(-60_000), 16_000, 1, vec![0.1; 16_000]);
    pipeline
        .push_audio(&track_id("mic"), &backlog.unwrap(), &mut models)
        .unwrap();
    let (results, summary) = pipeline.finish("end", false, &mut models);
    assert!(results.iter().all(|r| r.span.start >= MediaTime::ZERO));
    assert!(
        summary.duration <= MediaTime::from_ms(8_000),
        "{:?}",
        summary.duration
    );
}
