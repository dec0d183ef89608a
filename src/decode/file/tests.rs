//! Files written byte by byte here, and the real clips where they are at hand.

use super::*;
use std::io::Write as _;
use std::path::PathBuf;

fn id(s: &str) -> TrackId {
    TrackId::parse(s).unwrap()
}

fn scratch(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::File::create(&path)
        .unwrap()
        .write_all(bytes)
        .unwrap();
    (dir, path)
}

fn open(path: &Path) -> Result<FileSource, DecodeError> {
    FileSource::open(path, &OpenOptions::default())
}

/// A raw YUV4MPEG2 file: `n` pictures of one colour at 25 fps.
fn y4m(width: usize, height: usize, n: usize, yuv: [u8; 3], tags: &str) -> Vec<u8> {
    let mut f = format!("YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 {tags}\n").into_bytes();
    for _ in 0..n {
        f.extend_from_slice(b"FRAME\n");
        f.extend(std::iter::repeat_n(yuv[0], width * height));
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        f.extend(std::iter::repeat_n(yuv[1], chroma));
        f.extend(std::iter::repeat_n(yuv[2], chroma));
    }
    f
}

/// A WAV file of 16-bit samples.
fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let data = samples.len() as u32 * 2;
    let mut f = Vec::new();
    f.extend_from_slice(b"RIFF");
    f.extend_from_slice(&(36 + data).to_le_bytes());
    f.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    f.extend_from_slice(&channels.to_le_bytes());
    f.extend_from_slice(&rate.to_le_bytes());
    f.extend_from_slice(&(rate * u32::from(channels) * 2).to_le_bytes());
    f.extend_from_slice(&(channels * 2).to_le_bytes());
    f.extend_from_slice(b"\x10\0data");
    f.extend_from_slice(&data.to_le_bytes());
    f.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    f
}

fn sine(rate: u32, channels: usize, seconds: f64, hz: f64) -> Vec<i16> {
    (0..(f64::from(rate) * seconds) as usize)
        .flat_map(|i| {
            let x = (i as f64 * hz * std::f64::consts::TAU / f64::from(rate)).sin();
            std::iter::repeat_n((x * 8_000.0) as i16, channels)
        })
        .collect()
}

#[test]
fn files_that_are_no_media_are_refused_in_words() {
    let text = b"Dear hiring team,\nplease find my video attached.\n".repeat(40);
    let playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nother.ts\n".to_vec();
    let cut_mp4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\x10\0mdat".to_vec();
    let cut_mkv = b"\x1a\x45\xdf\xa3\x93\x42\x82".to_vec();
    let cases: [(&str, Vec<u8>, DecodeError); 5] = [
        ("talk.mp4", text, DecodeError::NotMedia),
        ("empty.mp4", Vec::new(), DecodeError::Empty),
        ("list.mp4", playlist, DecodeError::NotMedia),
        (
            "cut.mp4",
            cut_mp4,
            DecodeError::Incomplete {
                container: "MP4/MOV",
            },
        ),
        (
            "cut.webm",
            cut_mkv,
            DecodeError::Incomplete {
                container: "Matroska/WebM",
            },
        ),
    ];
    for (name, bytes, expected) in cases {
        let (_dir, path) = scratch(name, &bytes);
        assert_eq!(open(&path).err(), Some(expected), "{name}");
    }
    assert_eq!(
        open(Path::new("/")).err(),
        Some(DecodeError::NotAFile),
        "folder"
    );
    assert!(matches!(
        open(Path::new("http://127.0.0.1/x.mp4")).err(),
        Some(DecodeError::Io(_))
    ));
}

#[test]
fn pictures_come_with_exact_times_and_colours() {
    // BT.601 limited: Y 81, U 90, V 240 is pure red.
    for (w, h, tags, yuv, expected) in [
        (64, 48, "C420jpeg", [81, 90, 240], [255, 0, 0]),
        (65, 49, "C420jpeg", [81, 90, 240], [255, 0, 0]), // odd sizes
        (64, 48, "C420jpeg", [235, 128, 128], [255, 255, 255]),
        (64, 48, "C420jpeg", [16, 128, 128], [0, 0, 0]),
        // BT.709 from 720 lines up: Y 63, U 102, V 240 is pure red.
        (32, 720, "C420jpeg", [63, 102, 240], [255, 0, 0]),
        // Full range as stated by the file.
        (
            64,
            48,
            "C420jpeg XCOLORRANGE=FULL",
            [235, 128, 128],
            [235, 235, 235],
        ),
    ] {
        let (_dir, path) = scratch("a.y4m", &y4m(w, h, 5, yuv, tags));
        let mut s = open(&path).unwrap();
        let info = s.info().first(TrackKind::Video).unwrap().clone();
        assert_eq!((info.width, info.height), (w as u32, h as u32));
        assert_eq!(info.average_fps, Some(25.0));
        s.select(info.index, id("v"), None).unwrap();
        for i in 0..5 {
            let Some(Media::Frame { frame, .. }) = s.next().unwrap() else {
                panic!("frame {i} of {w}x{h}");
            };
            assert_eq!(frame.time, MediaTime::from_ms(40 * i));
            assert_eq!((frame.width, frame.height), (w as u32, h as u32));
            for (p, pixel) in frame.rgb().chunks(3).enumerate() {
                for (a, b) in pixel.iter().zip(expected) {
                    assert!(a.abs_diff(b) <= 3, "{w}x{h} {tags} {p}: {pixel:?}");
                }
            }
        }
        assert!(s.next().unwrap().is_none());
        assert!(s.next().unwrap().is_none());
        assert_eq!(s.stats().decode_errors, 0);
    }
}

#[test]
fn one_stream_serves_several_regions() {
    let (_dir, path) = scratch("a.y4m", &y4m(64, 48, 2, [81, 90, 240], "C420jpeg"));
    let mut s = open(&path).unwrap();
    let half = |x| {
        Some(Region {
            x,
            y: 0.0,
            width: 0.5,
            height: 1.0,
        })
    };
    s.select(0, id("left"), half(0.0)).unwrap();
    s.select(0, id("right"), half(0.5)).unwrap();
    let mut seen = Vec::new();
    while let Some(m) = s.next().unwrap() {
        let Media::Frame { track, frame } = m else {
            panic!("sound from a silent file")
        };
        assert_eq!((frame.width, frame.height), (32, 48));
        seen.push(track.to_string());
    }
    assert_eq!(seen, ["left", "right", "left", "right"]);
}

#[test]
fn sizes_and_selections_are_checked() {
    let (_dir, path) = scratch("a.y4m", &y4m(8, 8, 1, [81, 90, 240], "C420jpeg"));
    let mut s = open(&path).unwrap();
    assert_eq!(s.next().err(), Some(DecodeError::NothingSelected));
    let e = s.select(0, id("v"), None).unwrap_err();
    assert!(e.to_string().contains("stream 0.width"), "{e}");
    assert!(matches!(
        s.select(7, id("v"), None),
        Err(DecodeError::NoSuchStream { index: 7, .. })
    ));
    let (_dir, path) = scratch("a.y4m", &y4m(64, 48, 1, [81, 90, 240], "C420jpeg"));
    let small = OpenOptions {
        max_pixels: 1_000,
        ..OpenOptions::default()
    };
    let mut s = FileSource::open(&path, &small).unwrap();
    assert!(s.select(0, id("v"), None).is_err());
    let (_dir, path) = scratch("a.wav", &wav(16_000, 1, &[0; 1600]));
    let mut s = open(&path).unwrap();
    let whole = Region {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 1.0,
    };
    let e = s.select(0, id("a"), Some(whole)).unwrap_err();
    assert!(e.to_string().starts_with("region"), "{e}");
}

#[test]
fn sound_comes_at_its_rate_or_is_brought_within_bounds() {
    // rate, channels, expected rate, expected channels
    for (rate, channels, out_rate, out_channels) in [
        (16_000, 1, 16_000, 1),
        (44_100, 2, 44_100, 2),
        (48_000, 6, 48_000, 2),
        (96_000, 2, 48_000, 2),
        (6_000, 1, 8_000, 1),
    ] {
        let bytes = wav(rate, channels, &sine(rate, channels.into(), 1.0, 440.0));
        let (_dir, path) = scratch("a.wav", &bytes);
        let mut s = open(&path).unwrap();
        let info = s.info().first(TrackKind::Audio).unwrap().clone();
        assert_eq!(
            (info.sample_rate_hz, info.channels),
            (rate, u32::from(channels))
        );
        s.select(info.index, id("a"), None).unwrap();
        let (mut end, mut samples) = (MediaTime::ZERO, Vec::new());
        while let Some(m) = s.next().unwrap() {
            let Media::Audio { block, .. } = m else {
                panic!("pictures from a WAV file")
            };
            assert_eq!(
                (block.sample_rate_hz, block.channels),
                (out_rate, out_channels)
            );
            assert!(block.time.since_ns(end).abs() < 50_000, "{rate} {channels}");
            end = block.end();
            samples.extend_from_slice(block.samples());
        }
        assert!((end.as_secs_f64() - 1.0).abs() < 0.002, "{rate}: {end:?}");
        // The tone keeps its phase: no delay hides in the resampler.
        let step = out_channels as usize;
        let (mut dot, mut power, mut n) = (0.0, 0.0, 0.0);
        for (i, frame) in samples.chunks(step).enumerate().skip(800) {
            let x = (i as f64 * 440.0 * std::f64::consts::TAU / f64::from(out_rate)).sin();
            dot += x * f64::from(frame[0]);
            power += f64::from(frame[0]).powi(2);
            n += x * x;
        }
        assert!(dot / (power * n).sqrt() > 0.995, "{rate} {channels}");
    }
}

#[test]
fn sound_that_is_not_a_number_becomes_silence() {
    // Format tag 3: 32-bit floats; every second sample is NaN.
    let mut bytes = wav(16_000, 1, &[0; 6_400]);
    bytes[20] = 3;
    bytes[28..32].copy_from_slice(&64_000u32.to_le_bytes());
    bytes[32] = 4;
    bytes[34] = 32;
    for (i, sample) in bytes[44..].chunks_exact_mut(4).enumerate() {
        let v = if i % 2 == 0 { f32::NAN } else { 0.25 };
        sample.copy_from_slice(&v.to_le_bytes());
    }
    let (_dir, path) = scratch("nan.wav", &bytes);
    let mut s = open(&path).unwrap();
    s.select(0, id("a"), None).unwrap();
    let mut n = 0;
    while let Some(Media::Audio { block, .. }) = s.next().unwrap() {
        for v in block.samples() {
            assert_eq!(*v, if n % 2 == 0 { 0.0 } else { 0.25 });
            n += 1;
        }
    }
    assert_eq!(n, 3_200);
}

#[test]
fn counters_give_up_on_hopeless_streams() {
    let mut c = Counters::default();
    for i in 0..MIN_ERRORS {
        c.packets += 1;
        assert_eq!(c.failed(3).is_err(), i + 1 == MIN_ERRORS);
    }
    let mut c = Counters {
        packets: 1_000,
        ..Counters::default()
    };
    assert!((0..400).all(|_| c.failed(3).is_ok()));

    let mut c = Counters::default();
    assert!(c.rises(MediaTime(10), 0).unwrap());
    assert!(!c.rises(MediaTime(10), 0).unwrap());
    assert!(!c.rises(MediaTime(5), 0).unwrap());
    assert!(c.rises(MediaTime(11), 0).unwrap());
    assert_eq!(c.non_monotonic, 2);
    let run = (0..=MAX_BACKWARD_RUN).map(|_| c.rises(MediaTime(0), 0));
    assert!(matches!(
        run.last(),
        Some(Err(DecodeError::TimestampsGoBack { .. }))
    ));
}

#[test]
fn timestamps_become_nanoseconds_without_overflow() {
    let r = |n, d| ff::Rational::new(n, d);
    assert_eq!(to_ns(90_000, r(1, 90_000)), 1_000_000_000);
    assert_eq!(to_ns(1, r(1, 3)), 333_333_333);
    assert_eq!(to_ns(-1, r(1, 1_000)), -1_000_000);
    assert_eq!(to_ns(i64::MAX, r(1, 1)), i64::MAX);
    assert_eq!(to_ns(7, r(0, 0)), 7);
}

#[test]
fn a_source_can_move_to_another_thread() {
    fn send<T: Send>() {}
    send::<FileSource>();
}

/// Reads a whole file and checks what holds for every one.
fn read_through(path: &Path) -> (FileInfo, usize, f64, FileStats) {
    let mut s = open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let info = s.info().clone();
    for kind in [TrackKind::Video, TrackKind::Audio] {
        if let Some(stream) = info.first(kind) {
            s.select(stream.index, id(&format!("{kind:?}")), None)
                .unwrap();
        }
    }
    let mut last: [Option<MediaTime>; 2] = [None; 2];
    let (mut frames, mut sound_s) = (0, 0.0);
    while let Some(m) = s
        .next()
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    {
        let slot = match &m {
            Media::Frame { .. } => 0,
            Media::Audio { .. } => 1,
        };
        assert!(
            m.time() >= MediaTime::ZERO,
            "{}: {:?}",
            path.display(),
            m.time()
        );
        if let Some(before) = last[slot].replace(m.time()) {
            assert!(m.time() > before, "{}", path.display());
        }
        match m {
            Media::Frame { .. } => frames += 1,
            Media::Audio { block, .. } => {
                sound_s += block.len_frames() as f64 / f64::from(block.sample_rate_hz);
            }
        }
    }
    (info, frames, sound_s, s.stats())
}

#[test]
fn every_clip_at_hand_opens_with_rising_times() {
    let Some(root) = crate::testing::shared_data("every_clip_at_hand_opens_with_rising_times")
    else {
        return;
    };
    let all = std::env::var_os("LIVEPROOF_ALL_CLIPS").is_some();
    let mut seen = 0;
    for (folder, at_most) in [
        ("talk", 99),
        ("swap", 99),
        ("live_swap", 6),
        ("hands", 3),
        ("talkgen", 3),
    ] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join(folder))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        paths.sort();
        let limit = if all { usize::MAX } else { at_most };
        for path in paths.iter().take(limit) {
            let (info, frames, sound_s, stats) = read_through(path);
            println!(
                "{}: {frames} pictures, {sound_s:.2} s of sound, stated {:?} s, {stats:?}",
                path.display(),
                info.duration_ns.map(|d| d as f64 / 1e9)
            );
            assert!(frames > 0 && !stats.ended_early, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 40, "{seen} clips");
}
