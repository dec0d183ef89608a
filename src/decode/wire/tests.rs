//! Every format once with known colours, then hostile payloads.

mod raw;
mod sound;

use super::*;
use crate::core::{AudioBlock, AudioTrackSpec, ColorMatrix, ColorRange, PlaneLayout};
use image::{ImageFormat, RgbImage};
use proptest::prelude::*;
use std::io::Cursor;

const MAX_PIXELS: u64 = 1 << 22;

fn spec(format: VideoFormat) -> VideoTrackSpec {
    VideoTrackSpec {
        format,
        size: None,
        nominal_fps: None,
        range: ColorRange::Limited,
        matrix: ColorMatrix::Auto,
        rotation_deg: 0,
        mirrored: false,
        region: None,
        codec_config: Vec::new(),
    }
}

fn layout(width: u32, height: u32, planes: &[(u64, u32)]) -> PictureLayout {
    PictureLayout {
        width,
        height,
        planes: planes
            .iter()
            .map(|&(offset_bytes, stride_bytes)| PlaneLayout {
                offset_bytes,
                stride_bytes,
            })
            .collect(),
    }
}

fn decode(
    spec: &VideoTrackSpec,
    payload: &[u8],
    layout: Option<&PictureLayout>,
) -> Result<Frame, DecodeError> {
    let mut out = Vec::new();
    let packet = VideoPacket {
        time: MediaTime::from_ms(40),
        epoch: 0,
        payload,
        layout,
    };
    open_video(spec, MAX_PIXELS)?.submit(&packet, &mut out)?;
    assert_eq!(out.len(), 1);
    Ok(out.remove(0))
}

fn assert_colour(frame: &Frame, expected: [u8; 3], within: u8, what: &str) {
    for pixel in frame.rgb().chunks(3) {
        for (a, b) in pixel.iter().zip(expected) {
            assert!(
                a.abs_diff(b) <= within,
                "{what}: {pixel:?}, not {expected:?}"
            );
        }
    }
}

/// Bytes of a pixel, pixels of a row, rows.
type Colour = (Vec<u8>, usize, usize);

/// A picture of one colour, with planes of the given padding.
fn planes(colours: &[Colour], pad: usize) -> (Vec<u8>, Vec<(u64, u32)>) {
    let (mut payload, mut places) = (vec![7u8; pad], Vec::new());
    for (pixel, per_row, rows) in colours {
        let stride = pixel.len() * per_row + pad;
        places.push((payload.len() as u64, stride as u32));
        for _ in 0..*rows {
            payload.extend(pixel.iter().cycle().take(pixel.len() * per_row));
            payload.extend(std::iter::repeat_n(7, pad));
        }
    }
    (payload, places)
}

#[test]
fn raw_formats_give_their_colour_packed_and_padded() {
    use VideoFormat::*;
    // Pure red: BT.601 limited Y 81, U 90, V 240.
    let (y, u, v) = (vec![81], vec![90], vec![240]);
    for (w, h) in [(16usize, 16usize), (33, 17)] {
        let (hw, hh) = (w.div_ceil(2), h.div_ceil(2));
        let full = |p: &[u8]| (p.to_vec(), w, h);
        let cases: Vec<(VideoFormat, Vec<Colour>)> = vec![
            (
                I420,
                vec![full(&y), (u.clone(), hw, hh), (v.clone(), hw, hh)],
            ),
            (
                I420a,
                vec![
                    full(&y),
                    (u.clone(), hw, hh),
                    (v.clone(), hw, hh),
                    full(&[9]),
                ],
            ),
            (I422, vec![full(&y), (u.clone(), hw, h), (v.clone(), hw, h)]),
            (I444, vec![full(&y), full(&u), full(&v)]),
            (Nv12, vec![full(&y), (vec![90, 240], hw, hh)]),
            (Rgb24, vec![full(&[255, 0, 0])]),
            (Bgr24, vec![full(&[0, 0, 255])]),
            (Rgba, vec![full(&[255, 0, 0, 9])]),
            (Bgra, vec![full(&[0, 0, 255, 9])]),
            (Argb, vec![full(&[9, 255, 0, 0])]),
            (Abgr, vec![full(&[9, 0, 0, 255])]),
        ];
        for (format, colours) in cases {
            for pad in [0, 5] {
                let (payload, places) = planes(&colours, pad);
                let places = if pad == 0 { &[][..] } else { &places };
                let l = layout(w as u32, h as u32, places);
                let f = decode(&spec(format), &payload, Some(&l)).unwrap();
                assert_eq!((f.width as usize, f.height as usize), (w, h));
                assert_eq!(f.time, MediaTime::from_ms(40));
                assert_colour(&f, [255, 0, 0], 3, &format!("{format:?} {w}x{h} pad {pad}"));
            }
        }
        let gray = VideoTrackSpec {
            range: ColorRange::Full,
            ..spec(Gray8)
        };
        let l = layout(w as u32, h as u32, &[]);
        let f = decode(&gray, &vec![77; w * h], Some(&l));
        assert_colour(&f.unwrap(), [77; 3], 0, "gray");
    }
}

#[test]
fn matrix_and_range_are_honoured() {
    let frame = |range, matrix, yuv: [u8; 3]| {
        let s = VideoTrackSpec {
            range,
            matrix,
            ..spec(VideoFormat::I444)
        };
        let payload: Vec<u8> = yuv.iter().flat_map(|v| vec![*v; 256]).collect();
        decode(&s, &payload, Some(&layout(16, 16, &[]))).unwrap()
    };
    use ColorMatrix::*;
    use ColorRange::*;
    assert_colour(
        &frame(Limited, Bt709, [63, 102, 240]),
        [255, 0, 0],
        3,
        "709",
    );
    assert_colour(
        &frame(Full, Bt601, [76, 85, 255]),
        [255, 0, 0],
        3,
        "601 full",
    );
    assert_colour(
        &frame(Full, Bt601, [235, 128, 128]),
        [235; 3],
        1,
        "full white",
    );
    assert_colour(
        &frame(Limited, Bt601, [235, 128, 128]),
        [255; 3],
        1,
        "limited white",
    );
    assert_colour(
        &frame(Limited, Bt2020, [73, 96, 240]),
        [255, 0, 0],
        4,
        "2020",
    );
}

#[test]
fn rotation_mirror_and_region_apply_in_that_order() {
    // Left half 200, right half 50; turned by 90 degrees the left half comes to the top.
    let payload: Vec<u8> = (0..32 * 16)
        .map(|i| if i % 32 < 16 { 200 } else { 50 })
        .collect();
    let s = VideoTrackSpec {
        rotation_deg: 90,
        range: ColorRange::Full,
        region: Some(Region {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 0.5,
        }),
        ..spec(VideoFormat::Gray8)
    };
    let f = decode(&s, &payload, Some(&layout(32, 16, &[]))).unwrap();
    assert_eq!((f.width, f.height), (16, 16));
    assert_colour(&f, [200; 3], 0, "top half of the turned picture");
    let s = VideoTrackSpec {
        rotation_deg: 0,
        mirrored: true,
        region: Some(Region {
            x: 0.0,
            y: 0.0,
            width: 0.5,
            height: 1.0,
        }),
        ..s
    };
    let f = decode(&s, &payload, Some(&layout(32, 16, &[]))).unwrap();
    assert_colour(&f, [50; 3], 0, "left half of the mirrored picture");
    let s = VideoTrackSpec {
        rotation_deg: 45,
        ..s
    };
    assert!(open_video(&s, MAX_PIXELS).is_err());
}

fn encoded(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |_, _| image::Rgb([200, 30, 60]));
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

#[test]
fn compressed_stills_decode_and_damaged_ones_are_refused() {
    for (format, codec) in [
        (VideoFormat::Jpeg, ImageFormat::Jpeg),
        (VideoFormat::Png, ImageFormat::Png),
        (VideoFormat::Webp, ImageFormat::WebP),
    ] {
        let good = encoded(codec, 40, 30);
        let f = decode(&spec(format), &good, None).unwrap();
        assert_eq!((f.width, f.height), (40, 30));
        assert_colour(&f, [200, 30, 60], 6, "still");
        // A PNG or WebP without its last bytes still holds every pixel.
        let last = if codec == ImageFormat::Jpeg { 2 } else { 30 };
        for cut in [0, 1, 2, 10, good.len() / 2, good.len() - last] {
            let e = decode(&spec(format), &good[..cut], None)
                .err()
                .unwrap_or_else(|| panic!("{format:?} cut to {cut} of {}", good.len()));
            assert!(
                matches!(e, DecodeError::Damaged { .. }),
                "{format:?} {cut}: {e}"
            );
        }
        let e = decode(&spec(format), b"<html>not found</html>", None).unwrap_err();
        assert!(matches!(e, DecodeError::Damaged { .. }), "{format:?}: {e}");
        let e = decode(&spec(format), &encoded(codec, 8, 30), None).unwrap_err();
        assert!(e.to_string().starts_with("payload.width"), "{e}");
        let e = open_video(&spec(format), 100)
            .unwrap()
            .submit(
                &VideoPacket {
                    time: MediaTime::ZERO,
                    epoch: 0,
                    payload: &good,
                    layout: None,
                },
                &mut Vec::new(),
            )
            .unwrap_err();
        assert!(e.to_string().starts_with("payload.pixels"), "{e}");
    }
    let mut padded = encoded(ImageFormat::Jpeg, 40, 30);
    padded.extend([0; 9]);
    assert!(decode(&spec(VideoFormat::Jpeg), &padded, None).is_ok());
}

#[test]
fn hostile_raw_payloads_name_their_field() {
    let check = |format, payload: usize, l: Option<PictureLayout>, field: &str| {
        let e = decode(&spec(format), &vec![0; payload], l.as_ref()).unwrap_err();
        let DecodeError::Field(e) = e else {
            panic!("{format:?}: {e}")
        };
        assert_eq!(e.field, field, "{e}");
    };
    use VideoFormat::*;
    check(I420, 384, None, "layout");
    check(I420, 0, Some(layout(0, 0, &[])), "layout.width");
    check(I420, 384, Some(layout(16, 9000, &[])), "layout.height");
    check(Rgb24, 10, Some(layout(8000, 8000, &[])), "layout.pixels");
    check(Nv12, 383, Some(layout(16, 16, &[])), "payload");
    check(
        Bgra,
        1024,
        Some(layout(16, 16, &[(0, 63)])),
        "layout.planes[0].stride_bytes",
    );
    check(
        Nv12,
        384,
        Some(layout(16, 16, &[(0, 16), (u64::MAX, 16)])),
        "layout.planes[1].offset_bytes",
    );
    check(I420, 384, Some(layout(16, 16, &[(0, 16)])), "layout.planes");
}

#[test]
fn a_change_of_size_raises_the_epoch() {
    let mut d = open_video(&spec(VideoFormat::Gray8), MAX_PIXELS).unwrap();
    let mut out = Vec::new();
    for (i, side) in [16u32, 16, 32, 32, 16].into_iter().enumerate() {
        let l = layout(side, side, &[]);
        let packet = VideoPacket {
            time: MediaTime::from_ms(i as i64),
            epoch: 4,
            payload: &vec![0; (side * side) as usize],
            layout: Some(&l),
        };
        d.submit(&packet, &mut out).unwrap();
    }
    d.flush(&mut out).unwrap();
    d.reset();
    let epochs: Vec<u32> = out.iter().map(|f| f.epoch).collect();
    assert_eq!(epochs, [4, 4, 5, 5, 6]);
}

#[test]
fn what_is_listed_opens_and_what_is_not_is_named() {
    let avcc = [1, 66, 0, 30, 0xff, 0xe0, 0];
    for (f, name) in VIDEO {
        let mut spec = spec(*f);
        if *f == VideoFormat::H264Avcc {
            spec.codec_config = avcc.to_vec();
        }
        let opened = open_video(&spec, MAX_PIXELS).is_ok();
        assert_eq!(opened, video_formats().contains(f), "{name}");
        assert_eq!(opened, support_video(*f).is_ok(), "{name}");
    }
    for (f, name) in AUDIO {
        let opened = AudioDecoder::open(&AudioTrackSpec {
            format: *f,
            sample_rate_hz: 16_000,
            channels: 1,
            planar: false,
        });
        assert_eq!(opened.is_ok(), audio_formats().contains(f), "{name}");
    }
    // Only compressed video may be missing, with the FFmpeg at hand.
    let always = |f: &VideoFormat| !codec::is_codec(*f);
    assert!(
        VIDEO
            .iter()
            .all(|(f, _)| !always(f) || video_formats().contains(f))
    );
    let refused = no_decoder(name_of(VIDEO, VideoFormat::Av1));
    assert_eq!(refused, "the FFmpeg of this server has no decoder for AV1");
}

fn sound(format: AudioFormat, channels: u32, planar: bool) -> AudioDecoder {
    AudioDecoder::open(&AudioTrackSpec {
        format,
        sample_rate_hz: 16_000,
        channels,
        planar,
    })
    .unwrap()
}

#[test]
fn sound_formats_decode() {
    use AudioFormat::*;
    let check = |mut d: AudioDecoder, bytes: &[u8], expected: &[f32]| {
        let b = d.decode(MediaTime::from_ms(5), bytes).unwrap();
        assert_eq!(b.time, MediaTime::from_ms(5));
        assert_eq!(b.samples(), expected);
    };
    check(sound(S16le, 1, false), &[0, 0x40, 0, 0xc0], &[0.5, -0.5]);
    check(sound(S32le, 1, false), &[0, 0, 0, 0x80], &[-1.0]);
    let floats: Vec<u8> = [0.1f32, 0.2, 0.3, 0.4]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    check(sound(F32le, 2, false), &floats, &[0.1, 0.2, 0.3, 0.4]);
    check(sound(F32le, 2, true), &floats, &[0.1, 0.3, 0.2, 0.4]);
    check(sound(Mulaw, 1, false), &[0xff], &[0.0]);
    check(sound(Alaw, 1, false), &[0xd5], &[8.0 / 32_768.0]);
}

#[test]
fn hostile_sound_names_its_field() {
    let f32s = |v: &[f32]| -> Vec<u8> { v.iter().flat_map(|x| x.to_le_bytes()).collect() };
    use AudioFormat::*;
    for (mut d, bytes, field) in [
        (sound(S16le, 1, false), vec![], "payload"),
        (sound(S16le, 1, false), vec![1, 2, 3], "payload"),
        (sound(S16le, 2, false), vec![1, 2], "payload"),
        (
            sound(F32le, 1, false),
            f32s(&[0.0, f32::NAN]),
            "payload.samples[1]",
        ),
        (
            sound(F32le, 1, false),
            f32s(&[f32::INFINITY]),
            "payload.samples[0]",
        ),
        (sound(F32le, 1, false), f32s(&[-1e30]), "payload.samples[0]"),
    ] {
        let DecodeError::Field(e) = d.decode(MediaTime::ZERO, &bytes).unwrap_err() else {
            panic!("{field}")
        };
        assert_eq!(e.field, field);
    }
    for (rate, channels) in [(0, 1), (7_999, 1), (96_000, 1), (16_000, 0), (16_000, 3)] {
        let s = AudioTrackSpec {
            format: S16le,
            sample_rate_hz: rate,
            channels,
            planar: false,
        };
        assert!(AudioDecoder::open(&s).is_err(), "{rate} {channels}");
    }
}

fn any_video_format() -> impl Strategy<Value = VideoFormat> {
    proptest::sample::select(video_formats())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_pictures_never_panic(
        format in any_video_format(),
        payload in proptest::collection::vec(any::<u8>(), 0..2_000),
        (w, h) in (0u32..70, 0u32..70),
        places in proptest::collection::vec((any::<u64>(), any::<u32>()), 0..5),
        small in any::<bool>(),
    ) {
        let places: Vec<(u64, u32)> = if small {
            places.iter().map(|(o, s)| (o % 2_000, s % 300)).collect()
        } else {
            places
        };
        let _ = decode(&spec(format), &payload, Some(&layout(w, h, &places)));
    }

    #[test]
    fn damaged_stills_never_panic(
        which in 0usize..3,
        at in any::<proptest::sample::Index>(),
        patch in proptest::collection::vec(any::<u8>(), 1..20),
    ) {
        let (format, codec) = [
            (VideoFormat::Jpeg, ImageFormat::Jpeg),
            (VideoFormat::Png, ImageFormat::Png),
            (VideoFormat::Webp, ImageFormat::WebP),
        ][which];
        let mut bytes = encoded(codec, 24, 20);
        let start = at.index(bytes.len());
        for (b, p) in bytes.iter_mut().skip(start).zip(&patch) {
            *b = *p;
        }
        let _ = decode(&spec(format), &bytes, None);
    }

    #[test]
    fn random_sound_never_panics(
        format in proptest::sample::select(audio_formats()),
        channels in 1u32..3,
        planar in any::<bool>(),
        payload in proptest::collection::vec(any::<u8>(), 0..500),
    ) {
        let spec = AudioTrackSpec { format, sample_rate_hz: 16_000, channels, planar };
        let decoder = AudioDecoder::open(&spec);
        if let Ok(b) = decoder.and_then(|mut d| d.decode(MediaTime::ZERO, &payload)) {
            prop_assert!(b.samples().iter().all(|s| s.is_finite()));
        }
    }
}
