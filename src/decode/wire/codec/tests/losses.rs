//! Streams as they misbehave: losses, damage, bombs, noise.

use super::*;
use proptest::prelude::*;

fn waits(result: Result<(), DecodeError>) -> bool {
    matches!(result, Err(DecodeError::AwaitsKeyframe(_)))
}

#[test]
fn nothing_is_shown_that_rests_on_what_did_not_come() {
    for (format, encoder) in CODECS {
        let how = Coding {
            bt709: format != VideoFormat::Vp8,
            ..Coding::fine(encoder)
        };
        let Some((pictures, packets)) = clip("losses", format, &how, 60) else {
            continue;
        };
        let mut decoder = open_video(&track(format), MAX_PIXELS).unwrap();
        let mut out = Vec::new();
        let mut refused = Vec::new();
        for p in &packets {
            match p.number {
                0 | 1 => continue, // joined late
                20 => {
                    decoder.gap();
                    continue;
                }
                50 => decoder.reset(),
                _ => {}
            }
            let result = submit(&mut decoder, p.number, &p.bytes, &mut out);
            if result.is_err() {
                assert!(waits(result), "{format:?} {}", p.number);
                refused.push(p.number);
            }
        }
        let all: Vec<i64> = (2..15).chain(21..30).chain(50..60).collect();
        assert_eq!(
            refused, all,
            "{format:?}: until the keyframes at 15, 30, 45"
        );
        let times: Vec<_> = out.iter().map(|f| f.time).collect();
        let shown: Vec<i64> = (15..20).chain(30..50).collect();
        let expected: Vec<_> = shown.iter().map(|n| time(*n)).collect();
        assert_eq!(times, expected, "{format:?}");
        for (frame, n) in out.iter().zip(shown) {
            let d = difference(frame, &pictures[n as usize]);
            assert!(d < TOLERANCE, "{format:?} {n}: {d}");
        }
    }
}

/// Where the last unit after a start code begins.
fn last_unit(bytes: &[u8]) -> usize {
    let mut codes = bytes.windows(3).enumerate();
    let last = codes.rfind(|(_, w)| *w == [0, 0, 1]);
    last.unwrap().0 + 3
}

/// Senders that number anew what they forward hide a loss from `ingest`; H.264 shows it itself.
#[test]
fn a_loss_that_nobody_announced_is_seen_in_h264() {
    for b_pictures in [0, 2] {
        let how = Coding {
            b_pictures,
            ..Coding::fine("libx264")
        };
        let Some((pictures, packets)) = clip("unseen", VideoFormat::H264AnnexB, &how, 30) else {
            return;
        };
        // A picture that others rest on: nal_ref_idc is not zero.
        let resting =
            |p: &&Coded| (4..8).contains(&p.number) && p.bytes[last_unit(&p.bytes)] & 0x60 != 0;
        let lost = packets.iter().find(resting).unwrap().number;
        let mut decoder = open_video(&track(VideoFormat::H264AnnexB), MAX_PIXELS).unwrap();
        let (mut out, mut refused) = (Vec::new(), 0);
        for p in packets.iter().filter(|p| p.number != lost) {
            let result = submit(&mut decoder, p.number, &p.bytes, &mut out);
            refused += u32::from(result.is_err());
            assert!(result.is_ok() || waits(result), "{}", p.number);
        }
        decoder.flush(&mut out).unwrap();
        let shown = out.len();
        assert!(
            refused >= 5 && shown >= 15,
            "{b_pictures}: {refused} {shown}"
        );
        for frame in &out {
            let n = (0..30).find(|n| time(*n) == frame.time).unwrap();
            let d = difference(frame, &pictures[n as usize]);
            assert!(d < TOLERANCE, "{b_pictures} {n}: {d}");
        }
    }
}

#[test]
fn a_damaged_packet_costs_one_fault_and_the_pictures_up_to_the_next_keyframe() {
    for (format, encoder) in CODECS {
        let Some((_, packets)) = clip("damage", format, &Coding::fine(encoder), 40) else {
            continue;
        };
        let mut decoder = open_video(&track(format), MAX_PIXELS).unwrap();
        let mut out = Vec::new();
        for p in &packets {
            // The header of the sixth picture is not one.
            let payload = match p.number {
                6 => b"\xff\xff<html>".to_vec(),
                _ => p.bytes.clone(),
            };
            let result = submit(&mut decoder, p.number, &payload, &mut out);
            match p.number {
                6 => {
                    let damaged = matches!(result, Err(DecodeError::Damaged { .. }));
                    assert!(damaged, "{format:?}: {result:?}");
                }
                7..15 => assert!(waits(result), "{format:?} {}", p.number),
                _ => assert_eq!(result, Ok(()), "{format:?} {}", p.number),
            }
        }
        assert_eq!(out.len(), 6 + 25, "{format:?}");
    }
}

/// A picture cut in the middle is noticed by the decoder, not by its header.
#[test]
fn a_cut_keyframe_is_no_picture() {
    // FFmpeg reads a cut HEVC picture as if it were whole: docs/media.md says so.
    for (format, encoder) in [(VideoFormat::H264AnnexB, "libx264")] {
        let Some((_, packets)) = clip("cut", format, &Coding::fine(encoder), 1) else {
            continue;
        };
        let whole = &packets[0].bytes;
        let mut decoder = open_video(&track(format), MAX_PIXELS).unwrap();
        let mut out = Vec::new();
        // The picture itself is the last unit.
        let at = last_unit(whole);
        let cut = &whole[..(at + whole.len()) / 2];
        let cut = submit(&mut decoder, 0, cut, &mut out);
        assert!(
            matches!(cut, Err(DecodeError::Damaged { .. })),
            "{format:?} {cut:?}"
        );
        assert!(out.is_empty(), "{format:?}");
        assert_eq!(
            submit(&mut decoder, 1, whole, &mut out),
            Ok(()),
            "{format:?}"
        );
        decoder.flush(&mut out).unwrap();
        assert_eq!(out.len(), 1, "{format:?}");
    }
}

#[test]
fn parameter_sets_may_come_in_a_chunk_of_their_own() {
    let how = Coding::fine("libx264");
    let Some((_, packets)) = clip("sets", VideoFormat::H264AnnexB, &how, 3) else {
        return;
    };
    let (_, sets) = with_lengths(&packets[0].bytes);
    let sets: Vec<u8> = sets
        .iter()
        .flat_map(|s| [&[0, 0, 0, 1], &s[..]].concat())
        .collect();
    let at = packets[0]
        .bytes
        .windows(3)
        .position(|w| w[2] & 0x1f == 5 && w[..2] == [0, 1]);
    let idr = &packets[0].bytes[at.unwrap() - 1..];
    let mut decoder = open_video(&track(VideoFormat::H264AnnexB), MAX_PIXELS).unwrap();
    let mut out = Vec::new();
    assert_eq!(submit(&mut decoder, 0, &sets, &mut out), Ok(()));
    assert_eq!(submit(&mut decoder, 1, idr, &mut out), Ok(()));
    assert_eq!(submit(&mut decoder, 2, &packets[1].bytes, &mut out), Ok(()));
    let times: Vec<_> = out.iter().map(|f| f.time).collect();
    assert_eq!(times, [time(1), time(2)]);
}

#[test]
fn bombs_are_refused_by_their_header() {
    let key = |w: u32, h: u32| {
        let (w, h) = (w as u16, h as u16);
        let mut bytes = vec![0x10, 0, 0, 0x9d, 0x01, 0x2a];
        bytes.extend(w.to_le_bytes());
        bytes.extend(h.to_le_bytes());
        bytes.extend([0; 40]);
        bytes
    };
    for (payload, field) in [
        (key(16_383, 16_383), "payload.width"),
        (key(8_192, 8_192), "payload.pixels"),
    ] {
        let mut decoder = open_video(&track(VideoFormat::Vp8), MAX_PIXELS).unwrap();
        let result = submit(&mut decoder, 0, &payload, &mut Vec::new());
        let Err(DecodeError::Field(fault)) = result else {
            panic!("{result:?}")
        };
        assert_eq!(fault.field, field);
        assert!(waits(submit(
            &mut decoder,
            1,
            &[0x11, 0, 0, 0],
            &mut Vec::new()
        )));
    }
    // A real stream against a lower limit: refused, and not one picture of it shown.
    for (format, encoder) in CODECS {
        let Some((_, packets)) = clip("bombs", format, &Coding::fine(encoder), 2) else {
            continue;
        };
        let mut decoder = open_video(&track(format), 100 * 60).unwrap();
        let mut out = Vec::new();
        let result = submit(&mut decoder, 0, &packets[0].bytes, &mut out);
        let Err(DecodeError::Field(fault)) = result else {
            panic!("{format:?}: {result:?}")
        };
        assert_eq!(fault.field, "payload.pixels", "{format:?}");
        assert!(
            waits(submit(&mut decoder, 1, &packets[1].bytes, &mut out)),
            "{format:?}"
        );
        assert!(out.is_empty());
    }
}

fn coded_once(which: usize) -> &'static [Coded] {
    static CLIPS: std::sync::OnceLock<Vec<Vec<Coded>>> = std::sync::OnceLock::new();
    let all = CLIPS.get_or_init(|| {
        let coded = |(_, encoder): &(VideoFormat, &str)| {
            encode_pictures(&Coding::fine(encoder), &drawn(64, 48, 4)).unwrap_or_default()
        };
        CODECS.iter().map(coded).collect()
    });
    &all[which]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_never_panics_and_never_shows_another_size(
        which in 0usize..CODECS.len(),
        at in any::<proptest::sample::Index>(),
        patch in proptest::collection::vec(any::<u8>(), 0..12),
        cut in any::<proptest::sample::Index>(),
    ) {
        let Ok(mut decoder) = open_video(&track(CODECS[which].0), 1 << 16) else {
            return Ok(());
        };
        let mut out = Vec::new();
        for p in coded_once(which) {
            let mut bytes = p.bytes.clone();
            if p.number == 1 {
                let start = at.index(bytes.len());
                for (b, v) in bytes.iter_mut().skip(start).zip(&patch) {
                    *b = *v;
                }
                bytes.truncate(cut.index(bytes.len()) + 1);
            }
            let _ = submit(&mut decoder, p.number, &bytes, &mut out);
        }
        let _ = decoder.flush(&mut out);
        prop_assert!(out.len() <= 4);
        prop_assert!(out.iter().all(|f| f.width * f.height <= 1 << 16));
    }

    #[test]
    fn random_packets_and_configurations_never_panic(
        which in 0usize..CODECS.len(),
        config in proptest::collection::vec(any::<u8>(), 0..60),
        packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..80), 1..6),
    ) {
        let spec = VideoTrackSpec { codec_config: config, ..track(CODECS[which].0) };
        for spec in [spec.clone(), VideoTrackSpec { format: VideoFormat::H264Avcc, ..spec }] {
            let Ok(mut decoder) = open_video(&spec, MAX_PIXELS) else { continue };
            for (i, payload) in packets.iter().enumerate() {
                let _ = submit(&mut decoder, i as i64, payload, &mut Vec::new());
            }
        }
    }
}
