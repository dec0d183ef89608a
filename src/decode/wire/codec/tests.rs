//! Drawn clips through FFmpeg's encoders and back, then streams as they misbehave.

mod losses;

use super::super::open_video;
use super::*;
use crate::core::{ColorMatrix, ColorRange, Region};
use crate::decode::coding::{Coded, Coding, Drawn, encode_pictures};
use crate::testing::skip;

const MAX_PIXELS: u64 = 1 << 22;
/// Mean difference of a colour value that coding may cost; another matrix costs more, which
/// `another_matrix_or_range_would_be_noticed` holds.
const TOLERANCE: f64 = 4.0;

/// Bars of strong colours, and a bright square that moves.
fn drawn(width: u32, height: u32, n: u32) -> Vec<Drawn> {
    const BARS: [[u8; 3]; 6] = [
        [200, 30, 40],
        [40, 180, 50],
        [30, 50, 190],
        [210, 200, 30],
        [60, 60, 60],
        [180, 60, 200],
    ];
    let picture = |t: u32| {
        let pixel = |i: u32| {
            let (x, y) = (i % width, i / width);
            let square = (x / 16 == t % (width / 16)) && y / 16 == 1;
            let bar = BARS[(x * 6 / width) as usize];
            if square { [235, 235, 235] } else { bar }
        };
        Drawn {
            width,
            height,
            rgb: (0..width * height).flat_map(pixel).collect(),
        }
    };
    (0..n).map(picture).collect()
}

fn track(format: VideoFormat) -> VideoTrackSpec {
    VideoTrackSpec {
        format,
        size: None,
        nominal_fps: None,
        range: ColorRange::Auto,
        matrix: ColorMatrix::Auto,
        rotation_deg: 0,
        mirrored: false,
        region: None,
        codec_config: Vec::new(),
    }
}

/// Uneven, in nanoseconds that are no whole microseconds.
fn time(number: i64) -> MediaTime {
    MediaTime(number * 33_333_377 + number % 3 * 1_000_003)
}

type Decoder = Box<dyn VideoDecoder>;

fn submit(
    decoder: &mut Decoder,
    number: i64,
    payload: &[u8],
    out: &mut Vec<Frame>,
) -> Result<(), DecodeError> {
    let packet = VideoPacket {
        time: time(number),
        epoch: 3,
        payload,
        layout: None,
    };
    decoder.submit(&packet, out)
}

/// Everything that comes of packets, none of which may fail.
fn decode(spec: &VideoTrackSpec, packets: &[Coded]) -> Vec<Frame> {
    let mut decoder = open_video(spec, MAX_PIXELS).unwrap();
    let mut out = Vec::new();
    for p in packets {
        submit(&mut decoder, p.number, &p.bytes, &mut out)
            .unwrap_or_else(|e| panic!("{:?} {}: {e}", spec.format, p.number));
    }
    decoder.flush(&mut out).unwrap();
    out
}

/// Mean difference of a value.
fn difference(frame: &Frame, drawn: &Drawn) -> f64 {
    assert_eq!((frame.width, frame.height), (drawn.width, drawn.height));
    let pairs = frame.rgb().iter().zip(&drawn.rgb);
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / drawn.rgb.len() as f64
}

const CODECS: [(VideoFormat, &str); 5] = [
    (VideoFormat::H264AnnexB, "libx264"),
    (VideoFormat::Vp8, "libvpx"),
    (VideoFormat::Vp9, "libvpx-vp9"),
    (VideoFormat::Av1, "libaom-av1"),
    (VideoFormat::Hevc, "libx265"),
];

/// A clip of `n` pictures; `None`, and said so, where FFmpeg has no encoder or decoder.
fn clip(
    test: &str,
    format: VideoFormat,
    how: &Coding<'_>,
    n: u32,
) -> Option<(Vec<Drawn>, Vec<Coded>)> {
    if find(format).is_none() {
        let refused = open_video(&track(format), MAX_PIXELS).err();
        assert!(
            matches!(refused, Some(DecodeError::Unsupported(_))),
            "{refused:?}"
        );
        skip(test, &format!("no decoder for {format:?}"));
        return None;
    }
    let pictures = drawn(128, 96, n);
    match encode_pictures(how, &pictures) {
        Some(packets) => Some((pictures, packets)),
        None => {
            skip(test, &format!("no encoder {}", how.encoder));
            None
        }
    }
}

#[test]
fn every_codec_gives_its_pictures_at_their_times() {
    for (format, encoder) in CODECS {
        // VP8 states no matrix: BT.601 by its specification, and by the default below 720 lines.
        let how = Coding {
            bt709: format != VideoFormat::Vp8,
            ..Coding::fine(encoder)
        };
        let Some((pictures, packets)) = clip("codecs", format, &how, 32) else {
            continue;
        };
        let frames = decode(&track(format), &packets);
        let times: Vec<_> = frames.iter().map(|f| f.time).collect();
        let sent: Vec<_> = (0..32).map(time).collect();
        assert_eq!(times, sent, "{format:?}");
        for (frame, picture) in frames.iter().zip(&pictures) {
            assert_eq!(frame.epoch, 3);
            let d = difference(frame, picture);
            assert!(d < TOLERANCE, "{format:?} at {:?}: {d:.2}", frame.time);
        }
    }
}

#[test]
fn another_matrix_or_range_would_be_noticed() {
    let how = Coding::fine("libx264");
    let Some((pictures, packets)) = clip("matrix", VideoFormat::H264AnnexB, &how, 2) else {
        return;
    };
    let cost = |matrix, range| {
        let spec = VideoTrackSpec {
            matrix,
            range,
            ..track(VideoFormat::H264AnnexB)
        };
        difference(&decode(&spec, &packets)[0], &pictures[0])
    };
    use ColorMatrix::*;
    assert!(cost(Auto, ColorRange::Auto) < TOLERANCE);
    assert!(cost(Bt709, ColorRange::Limited) < TOLERANCE);
    // What the track states holds over what the stream states.
    let (matrix, range) = (cost(Bt601, ColorRange::Auto), cost(Auto, ColorRange::Full));
    assert!(
        matrix > TOLERANCE * 1.5 && range > TOLERANCE * 1.5,
        "{matrix} {range}"
    );
    // Full range and BT.601, stated by the stream; then the same unstated, by the track.
    for tagged in [true, false] {
        let how = Coding {
            bt709: false,
            full_range: true,
            tagged,
            ..how
        };
        let packets = encode_pictures(&how, &pictures).unwrap();
        let spec = VideoTrackSpec {
            range: if tagged {
                ColorRange::Auto
            } else {
                ColorRange::Full
            },
            ..track(VideoFormat::H264AnnexB)
        };
        let d = difference(&decode(&spec, &packets)[0], &pictures[0]);
        assert!(d < TOLERANCE, "tagged {tagged}: {d}");
    }
}

/// An access unit after lengths instead of start codes, and its parameter sets.
fn with_lengths(annex_b: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let (mut out, mut sets) = (Vec::new(), Vec::new());
    let mut rest = annex_b;
    while let Some(at) = rest.windows(3).position(|w| w == [0, 0, 1]) {
        rest = &rest[at + 3..];
        let end = rest
            .windows(3)
            .position(|w| w == [0, 0, 1] || w == [0, 0, 0]);
        let unit = &rest[..end.unwrap_or(rest.len())];
        if matches!(unit[0] & 0x1f, 7 | 8) {
            sets.push(unit.to_vec());
        } else {
            out.extend((unit.len() as u32).to_be_bytes());
            out.extend(unit);
        }
    }
    (out, sets)
}

#[test]
fn avcc_gives_the_same_pictures_as_annex_b() {
    let how = Coding::fine("libx264");
    let Some((_, packets)) = clip("avcc", VideoFormat::H264AnnexB, &how, 20) else {
        return;
    };
    let expected = decode(&track(VideoFormat::H264AnnexB), &packets);
    let (_, sets) = with_lengths(&packets[0].bytes);
    let mut record = vec![1, sets[0][1], sets[0][2], sets[0][3], 0xff, 0xe1];
    for (i, set) in sets.iter().enumerate() {
        if i == 1 {
            record.push(1);
        }
        record.extend((set.len() as u16).to_be_bytes());
        record.extend(set);
    }
    let packets: Vec<Coded> = packets
        .iter()
        .map(|p| Coded {
            number: p.number,
            bytes: with_lengths(&p.bytes).0,
        })
        .collect();
    let spec = VideoTrackSpec {
        codec_config: record,
        ..track(VideoFormat::H264Avcc)
    };
    let frames = decode(&spec, &packets);
    assert_eq!(frames.len(), 20);
    for (a, b) in frames.iter().zip(&expected) {
        assert!(a.time == b.time && a.rgb() == b.rgb());
    }
    let bare = open_video(&track(VideoFormat::H264Avcc), MAX_PIXELS).err();
    let Some(DecodeError::Field(fault)) = bare else {
        panic!("{bare:?}")
    };
    assert_eq!(fault.field, "codec_config");
}

#[test]
fn pictures_sent_out_of_order_keep_their_times() {
    for (format, encoder) in [
        (VideoFormat::H264AnnexB, "libx264"),
        (VideoFormat::Hevc, "libx265"),
    ] {
        let how = Coding {
            b_pictures: 3,
            ..Coding::fine(encoder)
        };
        let Some((pictures, packets)) = clip("reordering", format, &how, 40) else {
            continue;
        };
        let back = packets.windows(2).any(|w| w[1].number < w[0].number);
        assert!(back, "{encoder} does reorder");
        let frames = decode(&track(format), &packets);
        assert_eq!(frames.len(), 40, "{encoder}");
        for (i, frame) in frames.iter().enumerate() {
            assert_eq!(frame.time, time(i as i64), "{encoder}");
            assert!(difference(frame, &pictures[i]) < TOLERANCE, "{encoder} {i}");
        }
    }
}

#[test]
fn layers_of_another_size_break_the_series_and_nothing_else() {
    for (format, encoder) in CODECS {
        let how = Coding {
            bt709: format != VideoFormat::Vp8,
            ..Coding::fine(encoder)
        };
        if clip("layers", format, &how, 1).is_none() {
            continue;
        }
        let (small, large) = (drawn(128, 96, 10), drawn(192, 144, 10));
        let mut packets = Vec::new();
        for (part, pictures) in [&small, &large, &small].into_iter().enumerate() {
            let coded = encode_pictures(&how, pictures).unwrap();
            packets.extend(coded.into_iter().map(|p| Coded {
                number: p.number + part as i64 * 10,
                ..p
            }));
        }
        let frames = decode(&track(format), &packets);
        assert_eq!(frames.len(), 30, "{format:?}");
        for (i, f) in frames.iter().enumerate() {
            let part = i / 10;
            assert_eq!(
                (f.epoch, f.time),
                (3 + part as u32, time(i as i64)),
                "{format:?}"
            );
            let picture = &[&small, &large, &small][part][i % 10];
            assert!(difference(f, picture) < TOLERANCE, "{format:?} {i}");
        }
    }
}

#[test]
fn coded_pictures_are_turned_and_cut_like_others() {
    let how = Coding::fine("libx264");
    let Some((pictures, packets)) = clip("turned", VideoFormat::H264AnnexB, &how, 1) else {
        return;
    };
    let spec = VideoTrackSpec {
        rotation_deg: 90,
        mirrored: true,
        region: Some(Region {
            x: 0.0,
            y: 0.5,
            width: 1.0,
            height: 0.5,
        }),
        ..track(VideoFormat::H264AnnexB)
    };
    let frame = &decode(&spec, &packets)[0];
    assert_eq!((frame.width, frame.height), (96, 64));
    // A quarter turn clockwise and a mirroring exchange rows and columns: the lower half shows the
    // right half of the stored picture, its columns as rows.
    let expected = |x: usize, y: usize| &pictures[0].rgb[(x * 128 + 64 + y) * 3..][..3];
    for (x, y) in [(60, 3), (80, 30), (90, 60)] {
        let found = &frame.rgb()[(y * 96 + x) * 3..][..3];
        let near = found
            .iter()
            .zip(expected(x, y))
            .all(|(a, b)| a.abs_diff(*b) < 12);
        assert!(near, "{x} {y}: {found:?}, not {:?}", expected(x, y));
    }
}
