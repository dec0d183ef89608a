//! Each hot kernel of the frame path by itself, on one thread: decoding, crops, single pixels, sound, fusion, framing.
//!
//! `cargo bench --bench kernels` prints the least, median and mean time of each (divan); a word limits it to kernels
//! whose name contains it. The nets are timed by `--bench engine`, hashing by `--bench evidence`. Pictures are those of
//! the demo interview at 720 lines, as a decoder leaves them; a face of 230 pixels stands in for one that was found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

mod media;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use liveproof::audio::{LogMel, VoiceTrack, pitch_hz};
use liveproof::core::{
    AbstainReason, AudioBlock, ColorMatrix, ColorRange, DETAIL_PX, Finding, Frame, MediaTime,
    ModelRef, Outcome, PixelBox, Span, TrackId, VideoFormat, VideoTrackSpec,
};
use liveproof::decode::file::Media;
use liveproof::decode::wire::{VideoDecoder, VideoPacket, open_video};
use liveproof::decode::{encode_jpeg, h264_access_units, scale_to_height};
use liveproof::fusion::{
    Accumulation, FusionConfig, SequentialTest, SessionFusion, SignalPolicy, contribution,
};
use liveproof::vision::{
    BoxLuma, Crop, DET_H, DET_W, LMK_PX, LumaGrid, crop_rgb, crop_tensor, gray_patch, letterbox,
};
use liveproof_sdk::v1;
use prost::Message as _;
use std::sync::LazyLock;

/// Pictures of a second.
const PICTURES: usize = 30;

fn main() {
    divan::main();
}

/// A second of the demo interview at 720 lines.
fn pictures() -> Vec<Frame> {
    let clip = media::root().join("testdata/demo/interview.mp4");
    let mut source = media::open_pictures(&clip).unwrap();
    let mut frames = Vec::new();
    while frames.len() < PICTURES {
        match source.next().unwrap() {
            Some(Media::Frame { frame, .. }) => frames.push(scale_to_height(&frame, 720).unwrap()),
            Some(Media::Audio { .. }) => {}
            None => break,
        }
    }
    frames
}

/// The same as access units of H.264.
static UNITS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| h264_access_units(&pictures(), 26).unwrap());

fn spec(format: VideoFormat) -> VideoTrackSpec {
    VideoTrackSpec {
        format,
        size: None,
        nominal_fps: None,
        range: ColorRange::default(),
        matrix: ColorMatrix::default(),
        rotation_deg: 0,
        mirrored: false,
        region: None,
        codec_config: Vec::new(),
    }
}

fn decoder(format: VideoFormat) -> Box<dyn VideoDecoder> {
    open_video(&spec(format), 1 << 24).unwrap()
}

fn decode(decoder: &mut dyn VideoDecoder, payloads: &[Vec<u8>]) -> Vec<Frame> {
    let mut out = Vec::new();
    for (i, payload) in payloads.iter().enumerate() {
        let packet = VideoPacket {
            time: MediaTime::from_ms(33 * i as i64),
            epoch: 0,
            payload,
            layout: None,
        };
        decoder.submit(&packet, &mut out).unwrap();
    }
    out
}

/// A picture in a decoder's planes of which nothing was converted yet.
fn fresh() -> Frame {
    static LAST: LazyLock<std::sync::Mutex<Vec<Frame>>> =
        LazyLock::new(|| std::sync::Mutex::new(Vec::new()));
    let mut left = LAST.lock().unwrap();
    if left.is_empty() {
        *left = decode(&mut *decoder(VideoFormat::H264AnnexB), &UNITS);
    }
    left.pop().unwrap()
}

fn face(side: f64) -> Crop {
    Crop {
        cx: 640.0,
        cy: 330.0,
        side,
        roll_rad: 0.05,
    }
}

#[divan::bench]
fn decode_h264_720p_30_pictures(bencher: Bencher) {
    let bytes: usize = UNITS.iter().map(Vec::len).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| decode(&mut *decoder(VideoFormat::H264AnnexB), &UNITS).len());
}

#[divan::bench]
fn decode_jpeg_720p(bencher: Bencher) {
    let jpeg = vec![encode_jpeg(&pictures()[0], 85).unwrap()];
    bencher.bench(|| decode(&mut *decoder(VideoFormat::Jpeg), black_box(&jpeg)).len());
}

#[divan::bench]
fn convert_face_region_320(bencher: Bencher) {
    let area = PixelBox {
        x: 480..800,
        y: 170..490,
    };
    bencher.with_inputs(fresh).bench_values(|frame| {
        let pixels = frame.pixels(area.clone());
        pixels.row(200, 480..800).len()
    });
}

#[divan::bench]
fn glance_64_by_64_points(bencher: Bencher) {
    bencher
        .with_inputs(fresh)
        .bench_values(|frame| LumaGrid::of(&frame));
}

#[divan::bench]
fn letterbox_for_the_detector(bencher: Bencher) {
    bencher
        .with_inputs(fresh)
        .bench_values(|frame| letterbox(&frame, DET_W, DET_H));
}

#[divan::bench]
fn crop_for_landmarks(bencher: Bencher) {
    bencher
        .with_inputs(fresh)
        .bench_values(|frame| crop_tensor(&frame, &face(322.0), LMK_PX));
}

#[divan::bench]
fn crop_native(bencher: Bencher) {
    let crop = Crop {
        roll_rad: 0.0,
        ..face(345.0)
    };
    bencher
        .with_inputs(fresh)
        .bench_values(|frame| crop_rgb(&frame, &crop, DETAIL_PX));
}

#[divan::bench]
fn patch_of_the_mouth(bencher: Bencher) {
    bencher
        .with_inputs(fresh)
        .bench_values(|frame| gray_patch(&frame, &face(120.0), 32, 24));
}

#[divan::bench]
fn light_and_sharpness_of_a_face(bencher: Bencher) {
    bencher.with_inputs(fresh).bench_values(|frame| {
        let light = BoxLuma::of(&frame, [525.0, 215.0, 755.0, 445.0]);
        light.map(|l| l.sharpness())
    });
}

/// A voice-like tone, 16 kHz.
fn tone(count: usize) -> Vec<f32> {
    let at = |i: usize| (i as f32 * 0.047).sin() * 0.2 + (i as f32 * 0.094).sin() * 0.1;
    (0..count).map(at).collect()
}

#[divan::bench]
fn sound_log_mel_1_s(bencher: Bencher) {
    let samples = tone(16_000);
    let mut mel = LogMel::new();
    bencher.bench_local(|| mel.all(black_box(&samples)));
}

#[divan::bench]
fn sound_series_1_s_at_48_khz_in_chunks_of_20_ms(bencher: Bencher) {
    let chunk = tone(960);
    let blocks: Vec<AudioBlock> = (0..50)
        .map(|i| AudioBlock::new(MediaTime::from_ms(20 * i), 48_000, 1, chunk.clone()).unwrap())
        .collect();
    bencher.counter(ItemsCount::new(50u32)).bench_local(|| {
        let mut track = VoiceTrack::new(30_000_000_000);
        for block in &blocks {
            track.push(block).unwrap();
            track.advance(&mut |mel: &[[f32; 40]]| Ok(vec![0.5; mel.len()]));
        }
        track.settled_until()
    });
}

#[divan::bench]
fn sound_pitch_of_40_ms(bencher: Bencher) {
    let samples = tone(640);
    bencher.bench(|| pitch_hz(black_box(&samples)));
}

#[divan::bench]
fn fusion_of_an_hour(bencher: Bencher) {
    let policies: Vec<SignalPolicy> = ["a", "b", "c", "d"].map(policy).to_vec();
    let config = FusionConfig {
        prior: 0.01,
        segment_coverage_floor: 0.5,
        session_coverage_floor: 0.1,
        test: SequentialTest::default(),
    };
    bencher.counter(ItemsCount::new(1_200u32)).bench(|| {
        let mut fusion = SessionFusion::new(&policies, config);
        for i in 0..1_200 {
            let span = Span::new(
                MediaTime::from_ms(3_000 * i),
                MediaTime::from_ms(3_000 * (i + 1)),
            );
            let findings: Vec<Finding> = policies.iter().map(|p| finding(p, span, i)).collect();
            fusion.add_segment(&span, &findings, true);
        }
        (fusion.outcome(), fusion.verdict(), fusion.change())
    });
}

fn policy(name: &str) -> SignalPolicy {
    SignalPolicy {
        name: name.to_owned(),
        weight: 0.8,
        segment_cap: 2.0,
        session_cap: 4.0,
        reference_session_cap: None,
        session_floor: None,
        segment_correlation: 0.7,
        accumulation: Accumulation::Sum,
        recalibration: None,
        conformal: None,
    }
}

fn finding(policy: &SignalPolicy, span: Span, i: i64) -> Finding {
    let outcome = match i % 3 {
        0 => Outcome::abstain(AbstainReason::LowQuality, "too dark"),
        _ => Outcome::Scored {
            llr: (i % 7) as f64 * 0.1 - 0.3,
            quality: 0.9,
            evidence: Vec::new(),
        },
    };
    Finding {
        signal: policy.name.clone(),
        model: ModelRef::default(),
        span,
        contribution: contribution(policy, &outcome),
        outcome,
        prediction_set: None,
        comparison: None,
    }
}

/// A message of the wire with a payload of so many bytes: a chunk of sound, a picture of H.264, a raw picture.
#[divan::bench(args = [640, 8_000, 1_382_400])]
fn framing_of_a_chunk(bencher: Bencher, payload: usize) {
    let chunk = v1::MediaChunk {
        track_id: TrackId::parse("camera").unwrap().to_string(),
        sequence: 12_345,
        capture_time_us: 411_500_000,
        payload: vec![7; payload].into(),
        ..Default::default()
    };
    let request = v1::InterviewRequest {
        message: Some(v1::interview_request::Message::Media(chunk)),
    };
    let wire = prost::bytes::Bytes::from(request.encode_to_vec());
    bencher
        .counter(BytesCount::new(payload))
        .bench(|| v1::InterviewRequest::decode(black_box(wire.clone())).unwrap());
}
