//! References: a clip over the wire equals `review --reference`, a stretch of the interview itself,
//! an earlier interview by id, and everything that is refused or told.

use crate::recorded::{assert_same, testing};
use crate::support::*;
use liveproof::client::{ReferenceChoice, StreamOptions, stream_file};
use liveproof::core::{
    ClockSource, ColorMatrix, ColorRange, Finding, Frame, InterviewSpec, MediaTime, ParticipantId,
    ParticipantSpec, ReferenceKind, Role, SessionId, TrackId, TrackKind, TrackSpec, VideoFormat,
    VideoTrackSpec,
};
use liveproof::decode::file::{Media, MediaSource, OpenOptions};
use liveproof::engine::{Engine, EngineOptions, ModelsDir};
use liveproof::pipeline::{Pipeline, PipelineSettings};
use liveproof::report::FileReport;
use liveproof::review::{ReferenceInput, ReviewInput, ReviewOptions, review_input};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The project's models with a stand-in for the face-swap net, which knows references.
fn stand_in(folder: &Path) -> Arc<Engine> {
    let table = testing::reference_table(1.0, 4);
    let overlays = vec![testing::reference_overlay(folder, Some(&table))];
    let dir = ModelsDir::find(Some(&root().join("models"))).unwrap();
    let options = EngineOptions {
        overlays,
        ..EngineOptions::default()
    };
    Engine::load(&dir, &options).unwrap()
}

fn review(engine: &Arc<Engine>, path: &Path, reference: Option<&Path>) -> FileReport {
    let mut models = engine.new_set().unwrap();
    let options = ReviewOptions::default();
    let clip = reference.map(|r| ReferenceInput::of(r).read(&mut models, &options).unwrap());
    let input = ReviewInput {
        reference: clip.as_ref(),
        ..ReviewInput::of(path)
    };
    review_input(input, engine, &mut models, &options, &mut |_| {})
}

async fn stream(
    served: &Served,
    path: &Path,
    id: &str,
    reference: ReferenceChoice,
) -> Result<FileReport, String> {
    let options = StreamOptions {
        to: served.to.clone(),
        access: liveproof::client::Access::default(),
        fast: true,
        jpeg: None,
        session_id: SessionId::parse(id).unwrap(),
        reference,
        challenge: None,
    };
    let report = stream_file(path, &options, &mut |_| {}).await;
    report.map_err(|e| e.to_string())
}

fn face_swap(report: &FileReport) -> Vec<&Finding> {
    let all = report.segments.iter().flat_map(|s| &s.findings);
    all.filter(|f| f.signal == "face_swap").collect()
}

/// Where a reference comes from differs between a clip and its track; nothing else may.
fn without_source(report: &FileReport) -> FileReport {
    let mut plain = report.clone();
    let findings = plain.segments.iter_mut().flat_map(|s| &mut s.findings);
    let made = findings.filter_map(|f| f.comparison.as_mut());
    let people = plain.summary.iter_mut().flat_map(|s| &mut s.participants);
    let summaries = people.filter_map(|p| p.reference.as_mut());
    let sources = made.map(|c| &mut c.source);
    for source in sources.chain(summaries.map(|r| &mut r.source)) {
        source.kind = ReferenceKind::Clip;
        source.name = String::new();
    }
    plain
}

/// A copy of a recording with an events file beside it.
fn with_events(dir: &Path, name: &str, events: &str) -> PathBuf {
    let recording = dir.join(name);
    std::fs::copy(media("media/vp9_opus.webm"), &recording).unwrap();
    std::fs::write(dir.join(format!("{name}.events.json")), events).unwrap();
    recording
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_over_the_wire_equals_that_of_a_review() {
    let folder = tempfile::tempdir().unwrap();
    let engine = stand_in(folder.path());
    let served = serve_with(engine.clone(), |_| {}).await;
    let (clip, other) = (media("media/vp9_opus.webm"), media("media/vp8_opus.webm"));
    for (i, (path, reference)) in [(&clip, &other), (&other, &clip)].into_iter().enumerate() {
        let recorded = review(&engine, path, Some(reference));
        let choice = ReferenceChoice::Clip(reference.clone());
        let live = stream(&served, path, &format!("wire-{i}"), choice)
            .await
            .unwrap();
        assert_same(
            &without_source(&live),
            &without_source(&recorded),
            "reference",
        );
        let compared = face_swap(&live);
        assert!(
            !compared.is_empty() && compared.iter().all(|f| f.comparison.is_some()),
            "{compared:?}"
        );
        let person = &live.summary.as_ref().unwrap().participants[0];
        let summary = person.reference.as_ref().unwrap();
        assert_eq!(summary.source.kind, ReferenceKind::Track);
        assert_eq!(summary.source.name, "reference-0");
        assert!(
            summary.compared_segments > 0 && summary.pictures >= 10,
            "{summary:?}"
        );
        // No picture of the reference is one of the interview.
        let plain = review(&engine, path, None);
        for (a, b) in live.segments.iter().zip(&plain.segments) {
            assert_eq!((a.span, &a.coverage), (b.span, &b.coverage));
        }
        assert_eq!(live.segments.len(), plain.segments.len());
        assert_eq!(
            live.summary.as_ref().unwrap().duration,
            plain.summary.as_ref().unwrap().duration
        );
    }
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_without_a_face_is_told_and_the_ordinary_score_stands() {
    let folder = tempfile::tempdir().unwrap();
    let engine = stand_in(folder.path());
    let served = serve_with(engine.clone(), |_| {}).await;
    let clip = media("media/vp9_opus.webm");
    let choice = ReferenceChoice::Clip(media("media/no_face.mp4"));
    let live = stream(&served, &clip, "no-face", choice).await.unwrap();
    let told = live
        .notices
        .iter()
        .filter(|n| n.detail.contains("no face was found"));
    assert_eq!(told.count(), 1, "{:?}", live.notices);
    let plain = review(&engine, &clip, None);
    for (a, b) in face_swap(&live).iter().zip(face_swap(&plain)) {
        assert_eq!(a.outcome, b.outcome);
        let made = a.comparison.as_ref().unwrap();
        assert!(
            made.obstacle
                .as_ref()
                .unwrap()
                .contains("no face was found")
        );
    }
    // One that cannot be read is a failure before anything is sent.
    let choice = ReferenceChoice::Clip(media("media/text.mp4"));
    let refused = stream(&served, &clip, "text", choice).await.unwrap_err();
    assert!(
        refused.contains("reference") && refused.contains("text.mp4"),
        "{refused}"
    );
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_stretch_of_the_interview_is_its_reference_and_no_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = stand_in(folder.path());
    let served = serve_with(engine.clone(), |_| {}).await;
    let events = r#"{"version": 1, "reference": {"from_ms": 0, "to_ms": 2500}}"#;
    let path = with_events(folder.path(), "stretch.webm", events);
    let recorded = review(&engine, &path, None);
    let live = stream(&served, &path, "stretch", ReferenceChoice::None)
        .await
        .unwrap();
    assert_same(&live, &recorded, "stretch");
    let first = &recorded.segments[0];
    assert_eq!(
        first.span.start,
        MediaTime::from_ms(2500),
        "{:?}",
        first.span
    );
    assert!(first.coverage.video > 0.9, "{:?}", first.coverage);
    let person = &recorded.summary.as_ref().unwrap().participants[0];
    let reference = person.reference.as_ref().unwrap();
    assert_eq!(reference.source.kind, ReferenceKind::Stretch);
    assert_eq!(reference.source.name, "0.0 to 2.5 s");
    assert!(
        reference.pictures >= 8 && reference.compared_segments >= 1,
        "{reference:?}"
    );
    // In the middle: a segment inside it is left out, its neighbours keep their places.
    let events = r#"{"version": 1, "reference": {"from_ms": 900, "to_ms": 4100}}"#;
    let path = with_events(folder.path(), "middle.webm", events);
    let settings = |o: &mut ReviewOptions| o.pipeline.segment_ns = 1_000_000_000;
    let mut options = ReviewOptions::default();
    settings(&mut options);
    let mut models = engine.new_set().unwrap();
    let input = ReviewInput::of(&path);
    let report = review_input(input, &engine, &mut models, &options, &mut |_| {});
    let starts: Vec<i64> = report
        .segments
        .iter()
        .map(|s| s.span.start.0 / 1_000_000_000)
        .collect();
    assert_eq!(starts, [0, 4, 5], "1 to 4 s lie inside the stretch");
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_interview_is_a_reference_for_its_own_consent_id() {
    let folder = tempfile::tempdir().unwrap();
    let engine = stand_in(folder.path());
    let served = serve_with(engine, |_| {}).await;
    let file = |name: &str, consent: &str| {
        let events = format!(r#"{{"version": 1, "consent_id": "{consent}"}}"#);
        with_events(folder.path(), name, &events)
    };
    let (mine, others) = (
        file("mine.webm", "consent-1"),
        file("others.webm", "consent-2"),
    );
    let earlier = |id: &str| ReferenceChoice::Session(SessionId::parse(id).unwrap());
    stream(&served, &mine, "round-1", ReferenceChoice::None)
        .await
        .unwrap();
    let second = stream(&served, &mine, "round-2", earlier("round-1"))
        .await
        .unwrap();
    let person = &second.summary.as_ref().unwrap().participants[0];
    let reference = person.reference.as_ref().unwrap();
    assert_eq!(
        (reference.source.kind, reference.source.name.as_str()),
        (ReferenceKind::Session, "round-1")
    );
    assert_eq!(
        (reference.compared_segments, &reference.obstacle),
        (2, &None)
    );

    let refused = stream(&served, &others, "round-3", earlier("round-1"))
        .await
        .unwrap_err();
    assert!(refused.contains("consent"), "{refused}");
    let mut hello = open();
    hello.participants[0].reference_session_id = "round-1".into();
    let talk = served
        .talk(vec![say_open(hello.clone()), say_close()])
        .await;
    let status = talk.status.unwrap();
    assert_eq!(status.code, tonic::Code::InvalidArgument);
    assert_eq!(status.fields, ["open.consent_id"]);
    assert!(!status.text.contains("consent-1"), "{}", status.text);
    hello.participants[0].reference_session_id = "no id".into();
    let talk = served.talk(vec![say_open(hello)]).await;
    assert_eq!(
        talk.status.unwrap().fields,
        ["open.participants[0].reference_session_id"]
    );

    // Unknown ids, and interviews opened without consent, are told and cost nothing else.
    let silent = media("media/vp8_opus.webm");
    stream(&served, &silent, "silent", ReferenceChoice::None)
        .await
        .unwrap();
    for id in ["never", "silent"] {
        let name = format!("after-{id}");
        let report = stream(&served, &mine, &name, earlier(id)).await.unwrap();
        let told = report
            .notices
            .iter()
            .filter(|n| n.detail.contains("no interview of this id"));
        assert_eq!(told.count(), 1, "{:?}", report.notices);
        assert!(face_swap(&report).iter().any(|f| f.outcome.is_scored()));
    }
    served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tracks_that_can_be_no_reference_are_refused_by_name() {
    let served = serve(|_| {}).await;
    let reference = |owner: &str, of: usize| {
        let mut o = open();
        let mut track = o.tracks[of].clone();
        track.track_id = "verified".into();
        track.participant_id = owner.into();
        track.reference = true;
        o.tracks.push(track);
        o
    };
    let check = async |o: liveproof_sdk::v1::Open, fields: &[&str]| {
        let talk = served.talk(vec![say_open(o)]).await;
        assert_eq!(talk.status.unwrap().fields, fields);
    };
    check(reference("host", 0), &["open.tracks[3].reference"]).await;
    check(reference("candidate", 1), &["open.tracks[3].reference"]).await;
    let mut two = reference("candidate", 0);
    let mut again = two.tracks[3].clone();
    again.track_id = "verified-2".into();
    two.tracks.push(again);
    check(two, &["open.tracks[4].reference"]).await;
    let mut both = reference("candidate", 0);
    both.participants[0].reference_session_id = "round-1".into();
    check(both, &["open.tracks[3].reference"]).await;
    let mut host = open();
    host.participants[1].reference_session_id = "round-1".into();
    check(host, &["open.participants[1].reference_session_id"]).await;
    let mut only = reference("candidate", 0);
    only.tracks.retain(|t| t.reference);
    check(only, &["open.tracks"]).await;
    // The shipped model may know no references: then a track of one is told of, and taken.
    let mut messages = vec![say_open(reference("candidate", 0))];
    for i in 0..40 {
        messages.push(say_media(chunk(
            "verified",
            i,
            i as i64 * 100_000,
            face_jpeg(),
        )));
    }
    for i in 0..40 {
        messages.push(picture(i, i as i64 * 100_000));
        messages.push(sound(i, i as i64 * 100_000));
    }
    messages.push(say_close());
    let talk = served.talk(messages).await;
    assert_eq!(talk.status, None);
    let summary = talk.summary.unwrap();
    assert_eq!(
        summary.duration_us, 4_000_000,
        "the reference takes no time"
    );
    assert_eq!(talk.segments.iter().filter(|s| s.r#final).count(), 2);
    assert!(summary.participants[0].reference.is_some());
    served.stop().await.unwrap();
}

/// All pictures of a recording.
fn frames(name: &str) -> Vec<Frame> {
    let mut source = MediaSource::open(&media(name), &OpenOptions::default()).unwrap();
    let stream = source.info().first(TrackKind::Video).unwrap().index;
    source
        .select(stream, TrackId::parse("cam").unwrap(), None)
        .unwrap();
    let mut all = Vec::new();
    while let Some(next) = source.next().unwrap() {
        if let Media::Frame { frame, .. } = next {
            all.push(frame);
        }
    }
    all
}

/// A candidate with a camera and a reference track.
fn camera_and_reference() -> InterviewSpec {
    let owner = ParticipantId::parse("c").unwrap();
    let track = |id: &str, reference| TrackSpec {
        id: TrackId::parse(id).unwrap(),
        participant: owner.clone(),
        clock_id: String::new(),
        clock: ClockSource::Unknown,
        reference,
        video: Some(VideoTrackSpec {
            format: VideoFormat::Rgb24,
            size: None,
            nominal_fps: None,
            range: ColorRange::Full,
            matrix: ColorMatrix::Auto,
            rotation_deg: 0,
            mirrored: false,
            region: None,
            codec_config: Vec::new(),
        }),
        audio: None,
    };
    InterviewSpec {
        session_id: SessionId::parse("s").unwrap(),
        participants: vec![ParticipantSpec {
            id: owner.clone(),
            role: Role::Candidate,
            reference_session: None,
        }],
        tracks: vec![track("verified", true), track("cam", false)],
        consent_id: String::new(),
        source_platform: String::new(),
        challenges: Default::default(),
    }
}

#[test]
fn a_reference_that_comes_while_the_interview_runs_counts_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let engine = stand_in(folder.path());
    let mut models = engine.new_set().unwrap();
    let settings = PipelineSettings::default();
    let mut pipeline = Pipeline::new(camera_and_reference(), settings, &engine.policies());
    let id = |t: &str| TrackId::parse(t).unwrap();
    let mut segments = Vec::new();
    for frame in frames("media/vp9_opus.webm") {
        pipeline.push_frame(&id("cam"), &frame, &mut models);
        segments.extend(
            pipeline
                .poll(&mut models)
                .into_iter()
                .filter(|s| s.is_final),
        );
        // The first segment is closed: now the reference comes, all at once.
        if segments.len() == 1 && pipeline.take_remarks().len() == 1 {
            for verified in frames("media/vp8_opus.webm") {
                pipeline.push_frame(&id("verified"), &verified, &mut models);
            }
        }
    }
    let (rest, summary) = pipeline.finish("end", false, &mut models);
    segments.extend(rest);
    let made: Vec<Option<String>> = segments
        .iter()
        .flat_map(|s| &s.findings)
        .filter_map(|f| f.comparison.as_ref().map(|c| c.obstacle.clone()))
        .collect();
    assert_eq!(made, [Some("no picture of it has come".to_owned()), None]);
    let reference = summary.participants[0].reference.as_ref().unwrap();
    assert_eq!(
        (
            reference.compared_segments,
            reference.not_comparable_segments
        ),
        (1, 1)
    );
    assert!(reference.pictures >= 10 && reference.source.name == "verified");
    // What the interview leaves behind is of its own pictures, not of the reference's.
    let left = pipeline.baselines();
    let own = left[0].1.as_ref().unwrap();
    assert!(left.len() == 1 && own.pictures >= 20, "{own:?}");
}
