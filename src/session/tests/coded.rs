//! The real pipeline behind a session, without models, on compressed pictures.

use super::super::assess::{Opening, PipelineAssessor};
use super::super::*;
use super::fake;
use crate::challenge::{RecordKey, SystemEntropy};
use crate::core::*;
use crate::decode::coding::{Coding, Drawn, encode_pictures};
use crate::decode::wire::{support_audio, support_video};
use crate::engine::ModelSet;
use crate::ingest::Limits;
use crate::pipeline::PipelineSettings;
use crate::testing::skip;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// 100 pictures at 25 a second, a keyframe every 25, as chunks of `camera`.
fn chunks() -> Option<Vec<MediaChunk>> {
    let picture = |t: u32| Drawn {
        width: 64,
        height: 48,
        rgb: (0..64 * 48 * 3)
            .map(|i| ((i / 7 + t * 5) % 200) as u8)
            .collect(),
    };
    let pictures: Vec<Drawn> = (0..100).map(picture).collect();
    let how = Coding {
        gop: 25,
        ..Coding::fine("libx264")
    };
    let chunk = |c: crate::decode::coding::Coded| MediaChunk {
        track: TrackId::parse("camera").unwrap(),
        sequence: c.number as u64,
        capture_time_us: c.number * 40_000,
        payload: c.bytes.into(),
        layout: None,
        keyframe: false,
        epoch: 0,
    };
    Some(
        encode_pictures(&how, &pictures)?
            .into_iter()
            .map(chunk)
            .collect(),
    )
}

fn assessor() -> PipelineAssessor {
    let mut spec = fake::spec();
    spec.tracks.retain(|t| t.video.is_some());
    spec.tracks[0].id = TrackId::parse("camera").unwrap();
    let video = spec.tracks[0].video.as_mut().unwrap();
    (video.format, video.range) = (VideoFormat::H264AnnexB, ColorRange::Auto);
    let opening = Opening {
        limits: &Limits::new(support_video, support_audio),
        settings: PipelineSettings::default(),
        policies: &[],
        shed_order: &[],
        tenant: &TenantId::default(),
        references: &Arc::new(ReferenceStore::new(ReferenceLimits::default())),
        record_key: &Arc::new(RecordKey::drawn(&mut SystemEntropy::default()).unwrap()),
    };
    PipelineAssessor::open(&spec, &opening)
        .map_err(|e| format!("{e:?}"))
        .unwrap()
}

/// What came of the chunks: the report, pictures seen, pictures missing.
fn run(assessor: &mut PipelineAssessor, chunks: Vec<MediaChunk>) -> (Report, u64, u64) {
    let mut models = ModelSet::default();
    let items = chunks.into_iter().map(Item::Media).collect();
    let report = assessor.process(items, &CancellationToken::new(), &mut models);
    let (segments, ..) = assessor.finish("end", false, &mut models);
    let all = report
        .segments
        .iter()
        .chain(&segments)
        .filter(|s| s.is_final);
    let count = |(seen, lost): (u64, u64), s: &SegmentResult| {
        (
            seen + s.coverage.frames_seen,
            lost + s.coverage.frames_dropped,
        )
    };
    let (seen, lost) = all.fold((0, 0), count);
    (report, seen, lost)
}

#[test]
fn under_load_compressed_pictures_are_decoded_and_left_out_of_the_analysis() {
    let Some(chunks) = chunks() else {
        return skip("compressed under load", "no encoder libx264");
    };
    for (step, seen) in [(0, 100), (1, 50), (2, 25)] {
        let mut assessor = assessor();
        assessor.shed(Shed { step, signals: 0 });
        let (report, looked_at, lost) = run(&mut assessor, chunks.clone());
        assert_eq!((looked_at, lost), (seen, 100 - seen), "step {step}");
        assert_eq!(report.left_out, 100 - seen, "step {step}");
        assert_eq!((report.taken, report.refused), (100, 0), "step {step}");
    }
}

#[test]
fn whole_packets_that_wait_for_a_keyframe_are_no_refusals() {
    let Some(mut chunks) = chunks() else {
        return skip("waiting for a keyframe", "no encoder libx264");
    };
    chunks.remove(2);
    let (report, seen, lost) = run(&mut assessor(), chunks);
    // Number 2 is missing, 3 to 24 rest on it.
    assert_eq!((seen, lost), (77, 23));
    assert_eq!((report.taken, report.refused), (77, 0));
    let of = |kind| {
        report
            .notices
            .iter()
            .filter(|n| n.kind == kind)
            .map(|n| n.count)
            .sum()
    };
    let counts: [u64; 3] = [
        NoticeKind::KeyframeNeeded,
        NoticeKind::MediaLost,
        NoticeKind::DecodeFailed,
    ]
    .map(of);
    assert_eq!(counts, [22, 1, 0]);
}
