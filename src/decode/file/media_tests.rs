//! The files of `testdata/media`: every codec and container, then the damaged ones.

use super::*;
use std::path::PathBuf;

fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/media")
        .join(name)
}

/// What a file gave.
struct Read {
    info: FileInfo,
    stats: FileStats,
    frames: Vec<Frame>,
    blocks: Vec<AudioBlock>,
}

fn read(name: &str) -> Result<Read, DecodeError> {
    let mut source = FileSource::open(&media(name), &OpenOptions::default())?;
    let info = source.info().clone();
    for kind in [TrackKind::Video, TrackKind::Audio] {
        if let Some(stream) = info.first(kind) {
            let track = TrackId::parse(&stream.codec).unwrap();
            source.select(stream.index, track, None)?;
        }
    }
    let (mut frames, mut blocks) = (Vec::new(), Vec::new());
    while let Some(media) = source.next()? {
        match media {
            Media::Frame { frame, .. } => frames.push(frame),
            Media::Audio { block, .. } => blocks.push(block),
        }
    }
    Ok(Read {
        info,
        stats: source.stats(),
        frames,
        blocks,
    })
}

/// Name, video codec, pictures, first and last picture in ms, audio codec, end of the sound in ms.
/// Times as `ffprobe -show_entries frame=pts_time` lists them.
type Expected = (
    &'static str,
    &'static str,
    usize,
    i64,
    i64,
    &'static str,
    i64,
);

#[test]
fn every_codec_and_container_is_read_with_the_times_of_the_file() {
    let table: [Expected; 10] = [
        ("small.mov", "h264", 50, 0, 1_960, "aac", 2_000),
        ("h264_pcm.mkv", "h264", 100, 0, 3_960, "pcm_s16le", 4_000),
        ("vp8_opus.webm", "vp8", 75, 7, 2_967, "opus", 3_000),
        ("vp9_opus.webm", "vp9", 150, 7, 5_967, "opus", 6_000),
        ("vfr_gap.mp4", "h264", 83, 0, 5_960, "aac", 6_000),
        ("fps2.mp4", "h264", 13, 0, 6_000, "aac", 6_016),
        ("rotated_90.mp4", "h264", 75, 0, 2_960, "aac", 3_000),
        ("no_audio.mp4", "h264", 75, 0, 2_960, "", 0),
        ("silence_10s.mp4", "h264", 250, 0, 9_960, "aac", 10_000),
        ("ten_faces.mp4", "h264", 50, 0, 1_960, "", 0),
    ];
    for (name, codec, pictures, first_ms, last_ms, sound, end_ms) in table {
        let r = read(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            r.info.first(TrackKind::Video).unwrap().codec,
            codec,
            "{name}"
        );
        let audio = r.info.first(TrackKind::Audio).map_or("", |s| &s.codec);
        assert_eq!(audio, sound, "{name}");
        assert_eq!(r.frames.len(), pictures, "{name}");
        let (first, last) = (r.frames[0].time, r.frames[pictures - 1].time);
        assert_eq!(first, MediaTime::from_ms(first_ms), "{name}");
        assert_eq!(last, MediaTime::from_ms(last_ms), "{name}");
        assert!(
            r.frames
                .iter()
                .all(|f| (f.width, f.height, f.epoch) == (640, 360, 0)),
            "{name}"
        );
        assert!(r.frames.is_sorted_by(|a, b| a.time < b.time), "{name}");
        if let (Some(first), Some(last)) = (r.blocks.first(), r.blocks.last()) {
            assert!(first.time.0.abs() < 1_000_000, "{name}: {:?}", first.time);
            let end = last.end().as_ms_f64();
            assert!((end - end_ms as f64).abs() < 25.0, "{name}: {end}");
            let joined = r
                .blocks
                .windows(2)
                .all(|w| w[0].end().since_ns(w[1].time).abs() < 2_000);
            assert!(joined, "{name}: sound is contiguous");
        }
        let expected = FileStats {
            packets: r.stats.packets,
            ..FileStats::default()
        };
        assert_eq!(r.stats, expected, "{name}");
    }
}

#[test]
fn a_gap_in_the_pictures_stays_a_gap() {
    let r = read("vfr_gap.mp4").unwrap();
    let widest = r
        .frames
        .windows(2)
        .map(|w| w[1].time.since_ns(w[0].time))
        .max();
    assert!(widest.unwrap() >= 1_480_000_000, "{widest:?}");
}

#[test]
fn a_turned_recording_comes_upright() {
    let r = read("rotated_90.mp4").unwrap();
    let stream = r.info.first(TrackKind::Video).unwrap();
    assert_eq!((stream.width, stream.height), (360, 640));
    assert!([90, 270].contains(&stream.rotation_deg));
    // The same scene without a turn: the two upright pictures agree, a turned one would not.
    let plain = read("vp9_opus.webm").unwrap();
    let mean = |a: &Frame, b: &Frame| {
        let sum: u64 = a
            .rgb()
            .iter()
            .zip(b.rgb())
            .map(|(x, y)| u64::from(x.abs_diff(*y)))
            .sum();
        sum as f64 / a.rgb().len() as f64
    };
    let upside_down = {
        let f = &r.frames[0];
        let rgb: Vec<u8> = f.rgb().chunks(3).rev().flatten().copied().collect();
        Frame::new(f.time, 0, f.width, f.height, rgb).unwrap()
    };
    let (right, wrong) = (
        mean(&r.frames[0], &plain.frames[0]),
        mean(&upside_down, &plain.frames[0]),
    );
    assert!(right * 3.0 < wrong, "{right} {wrong}");
}

#[test]
fn sound_of_a_tone_less_recording_is_silent_and_finite() {
    let r = read("silence_10s.mp4").unwrap();
    let loudest = r
        .blocks
        .iter()
        .flat_map(AudioBlock::samples)
        .fold(0.0f32, |m, s| m.max(s.abs()));
    assert!(loudest < 1e-3, "{loudest}");
    let r = read("h264_pcm.mkv").unwrap();
    assert!(
        r.blocks
            .iter()
            .all(|b| b.sample_rate_hz == 16_000 && b.channels == 1)
    );
    let loudest = r
        .blocks
        .iter()
        .flat_map(AudioBlock::samples)
        .fold(0.0f32, |m, s| m.max(s.abs()));
    assert!((0.01..=1.0).contains(&loudest), "{loudest}");
}

#[test]
fn damaged_files_are_refused_or_end_early() {
    for (name, expected) in [
        ("text.mp4", DecodeError::NotMedia),
        ("empty.mp4", DecodeError::Empty),
        (
            "truncated_no_index.mp4",
            DecodeError::Incomplete {
                container: "MP4/MOV",
            },
        ),
    ] {
        let words = expected.to_string();
        assert_eq!(read(name).err(), Some(expected), "{name}");
        assert!(
            !words.contains("Invalid data"),
            "{name}: words for people, not FFmpeg's"
        );
    }
    let r = read("truncated_tail.mp4").unwrap();
    assert!(
        r.stats.ended_early && r.stats.decode_errors > 0,
        "{:?}",
        r.stats
    );
    assert!(
        r.frames.len() >= 18 && !r.blocks.is_empty(),
        "what is there is read"
    );
}

/// Bytes of a good file overwritten here and there: errors are counted or returned, the process
/// lives, and times still rise.
#[test]
fn damage_inside_a_file_never_panics() {
    use rand::{Rng as _, SeedableRng as _};
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let mut damaged = 0;
    for name in ["small.mov", "vp8_opus.webm", "h264_pcm.mkv"] {
        let good = std::fs::read(media(name)).unwrap();
        for round in 0..12 {
            let mut bytes = good.clone();
            for _ in 0..=round * 3 {
                let at = random.random_range(0..bytes.len());
                let len = random.random_range(1..64).min(bytes.len() - at);
                random.fill(&mut bytes[at..at + len]);
            }
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("damaged");
            std::fs::write(&path, &bytes).unwrap();
            let Ok(mut source) = FileSource::open(&path, &OpenOptions::default()) else {
                damaged += 1;
                continue;
            };
            for kind in [TrackKind::Video, TrackKind::Audio] {
                if let Some(index) = source.info().first(kind).map(|s| s.index) {
                    let _ = source.select(index, TrackId::parse("t").unwrap(), None);
                }
            }
            let mut last = [None; 2];
            loop {
                match source.next() {
                    Ok(Some(m)) => {
                        let slot = usize::from(matches!(m, Media::Audio { .. }));
                        assert!(last[slot].is_none_or(|t| m.time() > t));
                        last[slot] = Some(m.time());
                    }
                    Ok(None) => break,
                    Err(_) => {
                        damaged += 1;
                        break;
                    }
                }
            }
            damaged += usize::from(source.stats().decode_errors > 0);
        }
    }
    assert!(damaged > 5, "the damage did something: {damaged}");
}
