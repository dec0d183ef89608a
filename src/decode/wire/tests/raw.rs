//! Raw pictures value by value against the formulas of ITU-R BT.601, BT.709 and BT.2020.

use super::*;

const W: usize = 33;
const H: usize = 18;

/// A plane with another value at each place, inside what limited range allows.
fn plane(w: usize, h: usize, seed: usize) -> Vec<u16> {
    let value = |i: usize| 20 + (i % w * 7 + i / w * 13 + seed * 29) % 210;
    (0..w * h).map(|i| value(i) as u16).collect()
}

/// How a format's planes lie, and which value of which plane a pixel takes.
struct Shape {
    format: VideoFormat,
    /// Columns and rows that share a chroma value.
    shared: (usize, usize),
    /// Bits of a value.
    bits: u32,
}

const YUV: [Shape; 6] = [
    Shape {
        format: VideoFormat::I420,
        shared: (2, 2),
        bits: 8,
    },
    Shape {
        format: VideoFormat::I420a,
        shared: (2, 2),
        bits: 8,
    },
    Shape {
        format: VideoFormat::I422,
        shared: (2, 1),
        bits: 8,
    },
    Shape {
        format: VideoFormat::I444,
        shared: (1, 1),
        bits: 8,
    },
    Shape {
        format: VideoFormat::Nv12,
        shared: (2, 2),
        bits: 8,
    },
    Shape {
        format: VideoFormat::I010,
        shared: (2, 2),
        bits: 10,
    },
];

/// Y'CbCr to R'G'B' by the recommendations' luma weights.
fn rgb(y: f64, u: f64, v: f64, matrix: ColorMatrix, range: ColorRange) -> [f64; 3] {
    let (kr, kb) = match matrix {
        ColorMatrix::Bt709 => (0.2126, 0.0722),
        ColorMatrix::Bt2020 => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    };
    let (y, scale) = match range {
        ColorRange::Full => (y / 255.0, 255.0),
        _ => ((y - 16.0) / 219.0, 224.0),
    };
    let (u, v) = ((u - 128.0) / scale, (v - 128.0) / scale);
    let r = y + 2.0 * (1.0 - kr) * v;
    let b = y + 2.0 * (1.0 - kb) * u;
    let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
    [r, g, b].map(|c| (c * 255.0).clamp(0.0, 255.0))
}

/// Planes one after the other, each with padding before its rows and at their ends.
fn packed(planes: &[(Vec<u8>, usize)], pad: usize) -> (Vec<u8>, Vec<(u64, u32)>) {
    let (mut payload, mut places) = (Vec::new(), Vec::new());
    for (bytes, row) in planes {
        payload.extend(vec![0xaa; pad]);
        places.push((payload.len() as u64, (row + pad) as u32));
        for r in bytes.chunks(*row) {
            payload.extend(r);
            payload.extend(vec![0x55; pad]);
        }
    }
    (payload, places)
}

fn bytes_of(values: &[u16], bits: u32) -> Vec<u8> {
    match bits {
        8 => values.iter().map(|v| *v as u8).collect(),
        _ => values.iter().flat_map(|v| (v * 4).to_le_bytes()).collect(),
    }
}

#[test]
fn every_value_of_every_yuv_format_by_every_matrix_and_range() {
    for shape in &YUV {
        let (cw, ch) = (W.div_ceil(shape.shared.0), H.div_ceil(shape.shared.1));
        let (y, u, v) = (plane(W, H, 1), plane(cw, ch, 2), plane(cw, ch, 3));
        let size = shape.bits.div_ceil(8) as usize;
        let luma = (bytes_of(&y, shape.bits), W * size);
        let planes = match shape.format {
            VideoFormat::Nv12 => {
                let pairs = u.iter().zip(&v).flat_map(|(u, v)| [*u as u8, *v as u8]);
                vec![luma, (pairs.collect(), cw * 2)]
            }
            format => {
                let chroma = |p: &[u16]| (bytes_of(p, shape.bits), cw * size);
                let mut all = vec![luma, chroma(&u), chroma(&v)];
                if format == VideoFormat::I420a {
                    all.push((vec![3; W * H], W));
                }
                all
            }
        };
        for pad in [0, 1, 6] {
            let (payload, places) = packed(&planes, pad);
            let layout = layout(W as u32, H as u32, if pad == 0 { &[] } else { &places });
            for matrix in [ColorMatrix::Bt601, ColorMatrix::Bt709, ColorMatrix::Bt2020] {
                for range in [ColorRange::Limited, ColorRange::Full, ColorRange::Auto] {
                    let spec = VideoTrackSpec {
                        range,
                        matrix,
                        ..spec(shape.format)
                    };
                    let frame = decode(&spec, &payload, Some(&layout)).unwrap();
                    for (i, found) in frame.rgb().chunks(3).enumerate() {
                        let at = i % W / shape.shared.0 + i / W / shape.shared.1 * cw;
                        let [y, u, v] = [y[i], u[at], v[at]].map(f64::from);
                        let expected = rgb(y, u, v, matrix, range);
                        let near = found.iter().zip(expected);
                        assert!(
                            near.clone().all(|(f, e)| (f64::from(*f) - e).abs() < 2.5),
                            "{:?} {matrix:?} {range:?} pad {pad} at {} {}: {found:?}, not {expected:?}",
                            shape.format,
                            i % W,
                            i / W,
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn every_packed_format_gives_its_own_bytes() {
    use VideoFormat::*;
    let values = plane(W * 3, H, 4);
    let rgb: Vec<u8> = values.iter().map(|v| *v as u8).collect();
    for (format, order) in [
        (Rgb24, "rgb"),
        (Bgr24, "bgr"),
        (Rgba, "rgba"),
        (Bgra, "bgra"),
        (Argb, "argb"),
        (Abgr, "abgr"),
    ] {
        let byte = |p: &[u8], c: char| match c {
            'r' => p[0],
            'g' => p[1],
            'b' => p[2],
            _ => 77,
        };
        let pixels = rgb
            .chunks(3)
            .flat_map(|p| order.chars().map(move |c| byte(p, c)));
        let planes = [(pixels.collect::<Vec<u8>>(), W * order.len())];
        for pad in [0, 5] {
            let (payload, places) = packed(&planes, pad);
            let layout = layout(W as u32, H as u32, if pad == 0 { &[] } else { &places });
            let frame = decode(&spec(format), &payload, Some(&layout)).unwrap();
            assert_eq!(frame.rgb(), &rgb[..], "{format:?} {pad}");
            // Turned by each angle, and mirrored: every pixel where it belongs.
            for (deg, mirrored) in [
                (90, false),
                (180, false),
                (270, false),
                (0, true),
                (90, true),
            ] {
                let spec = VideoTrackSpec {
                    rotation_deg: deg,
                    mirrored,
                    ..spec(format)
                };
                let frame = decode(&spec, &payload, Some(&layout)).unwrap();
                let (w, h) = (frame.width as usize, frame.height as usize);
                for (i, found) in frame.rgb().chunks(3).enumerate() {
                    let (x, y) = (if mirrored { w - 1 - i % w } else { i % w }, i / w);
                    let (sx, sy) = match deg {
                        90 => (y, H - 1 - x),
                        180 => (W - 1 - x, H - 1 - y),
                        270 => (W - 1 - y, x),
                        _ => (x, y),
                    };
                    let at = (sy * W + sx) * 3;
                    assert_eq!(
                        found,
                        &rgb[at..at + 3],
                        "{format:?} {deg} {mirrored} {x} {y} {h}"
                    );
                }
            }
        }
    }
    let gray: Vec<u8> = rgb.iter().copied().take(W * H).collect();
    for (range, scale) in [
        (ColorRange::Full, 1.0),
        (ColorRange::Limited, 255.0 / 219.0),
    ] {
        let (payload, places) = packed(&[(gray.clone(), W)], 3);
        let spec = VideoTrackSpec {
            range,
            ..spec(Gray8)
        };
        let frame = decode(&spec, &payload, Some(&layout(W as u32, H as u32, &places))).unwrap();
        let black = if range == ColorRange::Full { 0.0 } else { 16.0 };
        for (found, y) in frame.rgb().chunks(3).zip(&gray) {
            let expected = ((f64::from(*y) - black) * scale).clamp(0.0, 255.0);
            assert!(
                found.iter().all(|f| (f64::from(*f) - expected).abs() < 1.5),
                "{range:?}"
            );
        }
    }
}

#[test]
fn ten_bits_beyond_the_largest_value_are_the_largest() {
    let spec = VideoTrackSpec {
        range: ColorRange::Full,
        ..spec(VideoFormat::I010)
    };
    let mut payload = vec![0xff; 16 * 16 * 2];
    payload.extend([0x00, 0x02].repeat(8 * 8 * 2));
    let frame = decode(&spec, &payload, Some(&layout(16, 16, &[]))).unwrap();
    assert_colour(&frame, [255; 3], 1, "white");
}
