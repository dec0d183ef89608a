//! Sound: every sample format at every rate, then G.722 and Opus.

use super::*;
use crate::decode::coding::{Coded, encode_sound};
use crate::testing::skip;

fn track(format: AudioFormat, sample_rate_hz: u32, channels: u32, planar: bool) -> AudioTrackSpec {
    AudioTrackSpec {
        format,
        sample_rate_hz,
        channels,
        planar,
    }
}

/// Another value for each sample of each channel, on the grid of 8 bits that G.711 can hold.
fn value(i: usize, channel: usize) -> f32 {
    ((i * 37 + channel * 101) % 251) as f32 / 128.0 - 0.98
}

/// A value as bytes of a format, and what it stands for there.
fn coded(format: AudioFormat, v: f32) -> (Vec<u8>, f32) {
    match format {
        AudioFormat::S16le => {
            let s = (v * 32_767.0) as i16;
            (s.to_le_bytes().to_vec(), f32::from(s) / 32_768.0)
        }
        AudioFormat::S32le => {
            let s = (f64::from(v) * 2_147_483_647.0) as i32;
            (s.to_le_bytes().to_vec(), s as f32 / 2_147_483_648.0)
        }
        AudioFormat::F32le => (v.to_le_bytes().to_vec(), v),
        AudioFormat::Mulaw => {
            let byte = (v * 127.0) as i8 as u8;
            // G.711: sign, three bits of segment, four of step, all inverted.
            let (sign, segment, step) = (!byte >> 7, !byte >> 4 & 7, !byte & 15);
            let s = ((i32::from(step) * 2 + 33) << segment) - 33;
            let s = if sign == 1 { -s } else { s };
            (vec![byte], s as f32 * 4.0 / 32_768.0)
        }
        _ => {
            let byte = (v * 127.0) as i8 as u8;
            let a = byte ^ 0x55;
            let (segment, step) = (a >> 4 & 7, i32::from(a & 15));
            let s = match segment {
                0 => step * 2 + 1,
                n => (step * 2 + 33) << (n - 1),
            };
            let s = if a >> 7 == 1 { s } else { -s };
            (vec![byte], s as f32 * 8.0 / 32_768.0)
        }
    }
}

#[test]
fn every_sample_format_at_every_rate_interleaved_and_planar() {
    use AudioFormat::*;
    for format in [S16le, S32le, F32le, Mulaw, Alaw] {
        for rate in [8_000, 16_000, 24_000, 32_000, 44_100, 48_000] {
            for (channels, planar) in [(1, false), (1, true), (2, false), (2, true)] {
                for ms in [10, 20, 1_000, 3_000] {
                    let n = rate as usize * ms / 1_000;
                    let c = channels as usize;
                    let sent = |i: usize, ch: usize| coded(format, value(i, ch));
                    let bytes: Vec<u8> = match planar {
                        true => (0..c * n).flat_map(|k| sent(k % n, k / n).0).collect(),
                        false => (0..c * n).flat_map(|k| sent(k / c, k % c).0).collect(),
                    };
                    let spec = track(format, rate, channels, planar);
                    let mut decoder = AudioDecoder::open(&spec).unwrap();
                    let time = MediaTime::from_us(1_234_567);
                    let block = decoder.decode(time, &bytes).unwrap();
                    assert_eq!((block.time, block.sample_rate_hz), (time, rate));
                    assert_eq!((block.channels, block.len_frames()), (channels, n));
                    for (k, found) in block.samples().iter().enumerate() {
                        let (_, expected) = sent(k / c, k % c);
                        let near = (found - expected).abs() < 1e-6;
                        assert!(
                            near,
                            "{format:?} {rate} {channels} {planar} {k}: {found}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}

/// A sum of tones that no shift turns into itself, a second one for the second channel.
fn voice(rate: u32, channels: usize, seconds: usize) -> Vec<f32> {
    let sample = |k: usize| {
        let (t, channel) = ((k / channels) as f32 / rate as f32, k % channels);
        let base = if channel == 0 { 180.0 } else { 310.0 };
        let tau = std::f32::consts::TAU;
        let swept = (tau * (base + 90.0 * t) * t).sin();
        0.3 * swept + 0.2 * (tau * base * 2.7 * t).sin() * (tau * 3.0 * t).cos()
    };
    (0..rate as usize * channels * seconds)
        .map(sample)
        .collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| -> f64 {
        x.iter()
            .zip(y)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-12)
}

/// Best lag of `heard` behind `sent` in samples, and how alike they are there.
fn lag(sent: &[f32], heard: &[f32], most: usize) -> (usize, f64) {
    let n = heard.len() - most;
    let at = |lag: usize| (lag, correlation(&sent[..n], &heard[lag..lag + n]));
    (0..most)
        .map(at)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

fn channel(samples: &[f32], channels: usize, which: usize) -> Vec<f32> {
    samples
        .iter()
        .skip(which)
        .step_by(channels)
        .copied()
        .collect()
}

/// Blocks of packets that come at their capture times.
fn decode_all(spec: &AudioTrackSpec, packets: &[Coded], rate: u32) -> Vec<AudioBlock> {
    let mut decoder = AudioDecoder::open(spec).unwrap();
    let first = packets[0].number;
    let one = |p: &Coded| {
        let time = MediaTime((p.number - first) * 1_000_000_000 / i64::from(rate));
        decoder.decode(time, &p.bytes).unwrap()
    };
    packets.iter().map(one).collect()
}

#[test]
fn opus_is_heard_at_48_khz_with_its_channels_whatever_was_announced() {
    if support_audio(AudioFormat::Opus).is_err() {
        return skip("opus", "no decoder");
    }
    for (channels, announced) in [(1, 48_000), (2, 48_000), (1, 16_000), (2, 24_000)] {
        let sent = voice(48_000, channels, 2);
        let Some(packets) = encode_sound("libopus", 48_000, channels as u32, &sent) else {
            return skip("opus", "no encoder libopus");
        };
        let spec = track(AudioFormat::Opus, announced, channels as u32, false);
        let blocks = decode_all(&spec, &packets, 48_000);
        let mut heard = Vec::new();
        for (i, b) in blocks.iter().enumerate() {
            assert_eq!((b.sample_rate_hz, b.channels), (48_000, channels as u32));
            assert_eq!(
                (b.time, b.len_frames()),
                (MediaTime::from_ms(i as i64 * 20), 960)
            );
            heard.extend(b.samples());
        }
        for which in 0..channels {
            let of = |s: &[f32]| channel(s, channels, which)[..48_000].to_vec();
            let (lag, alike) = lag(&of(&sent), &of(&heard), 1_000);
            assert!(alike > 0.97, "{channels} {which}: {alike}");
            assert!(
                lag.abs_diff(312) < 24,
                "the encoder's look-ahead of 6.5 ms: {lag}"
            );
        }
    }
}

#[test]
fn g722_is_heard_at_16_khz_in_chunks_of_any_length() {
    if support_audio(AudioFormat::G722).is_err() {
        return skip("g722", "no decoder");
    }
    let sent = voice(16_000, 1, 2);
    let Some(packets) = encode_sound("g722", 16_000, 1, &sent) else {
        return skip("g722", "no encoder");
    };
    let stream: Vec<u8> = packets.iter().flat_map(|p| p.bytes.clone()).collect();
    let mut first: Option<Vec<f32>> = None;
    for (announced, chunk_ms) in [(16_000, 20), (8_000, 10), (16_000, 1_000)] {
        let spec = track(AudioFormat::G722, announced, 1, false);
        let mut decoder = AudioDecoder::open(&spec).unwrap();
        let mut heard = Vec::new();
        for (i, bytes) in stream.chunks(8 * chunk_ms).enumerate() {
            let time = MediaTime::from_ms((i * chunk_ms) as i64);
            let b = decoder.decode(time, bytes).unwrap();
            assert_eq!((b.sample_rate_hz, b.channels, b.time), (16_000, 1, time));
            assert_eq!(b.len_frames(), bytes.len() * 2);
            heard.extend(b.samples());
        }
        let (lag, alike) = lag(&sent[..24_000], &heard[..24_000], 200);
        assert!(
            alike > 0.97 && lag < 48,
            "{announced} {chunk_ms}: {alike} at {lag}"
        );
        // State is kept between chunks, so their length does not matter.
        let same = first.get_or_insert_with(|| heard.clone());
        assert!(same == &heard, "{announced} {chunk_ms}");
    }
    for (rate, channels, field) in [(48_000, 1, "sample_rate_hz"), (16_000, 2, "channels")] {
        let refused = AudioDecoder::open(&track(AudioFormat::G722, rate, channels, false));
        let Err(DecodeError::Field(e)) = refused.map(|_| ()) else {
            panic!("{rate} {channels}")
        };
        assert_eq!(e.field, field);
    }
}

#[test]
fn what_is_lost_or_damaged_is_a_gap_and_the_rest_is_heard() {
    let sent = voice(48_000, 1, 1);
    let Some(packets) = encode_sound("libopus", 48_000, 1, &sent) else {
        return skip("opus losses", "no encoder libopus");
    };
    let mut decoder = AudioDecoder::open(&track(AudioFormat::Opus, 48_000, 1, false)).unwrap();
    let mut times = Vec::new();
    for (i, p) in packets.iter().enumerate() {
        let time = MediaTime::from_ms(i as i64 * 20);
        match i {
            10 => continue,
            // A packet of code 3 that counts no frame is none (RFC 6716 3.2.5).
            20 => {
                let e = decoder.decode(time, &[0xff, 0x00]);
                assert!(matches!(e, Err(DecodeError::Damaged { .. })), "{e:?}");
                continue;
            }
            30 => decoder.reset(),
            _ => {}
        }
        let block = decoder.decode(time, &p.bytes).unwrap();
        assert_eq!(block.len_frames(), 960, "{i}");
        times.push(block.time.0 / 20_000_000);
    }
    let expected: Vec<i64> = (0..packets.len() as i64)
        .filter(|i| ![10, 20].contains(i))
        .collect();
    assert_eq!(times, expected, "nothing is painted over a gap");
}
