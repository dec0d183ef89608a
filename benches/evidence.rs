//! What an evidence log costs per second of an interview, and how large it is.
//!
//! `cargo bench --bench evidence`. Each line: milliseconds per second of media, the fastest of 40 runs over 1 s of media
//! (pictures are hashed from memory that is not in the cache).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

use liveproof::core::{AudioBlock, Frame, MediaTime};
use liveproof::evidence::{Leaf, SigningKey, root_of, verify};
use std::hint::black_box;
use std::time::Instant;

/// Media of one measurement, seconds.
const SECONDS: usize = 1;
const RUNS: usize = 40;

fn main() {
    for (name, width, height, fps) in [
        ("decoded pictures 640x360, 30 a second", 640u32, 360u32, 30),
        ("decoded pictures 1280x720, 30 a second", 1280, 720, 30),
        ("decoded pictures 1920x1080, 30 a second", 1920, 1080, 30),
    ] {
        let bytes = (width * height * 3) as usize;
        let frames: Vec<Frame> = (0..8u8)
            .map(|i| Frame::new(MediaTime::ZERO, 0, width, height, vec![i; bytes]).unwrap())
            .collect();
        show(name, || {
            for i in 0..SECONDS * fps {
                black_box(Leaf::of_picture(&frames[i % frames.len()]));
            }
        });
    }
    let tone = vec![0.25; 1_024];
    let block = AudioBlock::new(MediaTime::ZERO, 48_000, 1, tone).unwrap();
    show("decoded sound, 48 kHz mono", || {
        for _ in 0..SECONDS * 47 {
            black_box(Leaf::of_sound(&block));
        }
    });
    for (name, bytes, fps) in [
        ("payloads: H.264 of 1.5 Mbit/s, 30 a second", 6_250, 30),
        ("payloads: JPEG of 90 kB, 30 a second", 90_000, 30),
        ("payloads: raw 1280x720 I420, 30 a second", 1_382_400, 30),
        ("payloads: sound of 20 ms, 16 kHz, 16 bit", 640, 50),
    ] {
        let payloads: Vec<Vec<u8>> = (0..8u8).map(|i| vec![i; bytes]).collect();
        show(name, || {
            for i in 0..SECONDS * fps {
                let payload = &payloads[i % payloads.len()];
                black_box(Leaf::of_payload(i as u64, 0, payload));
            }
        });
    }
    let leaves: Vec<_> = (0..90u64)
        .map(|i| Leaf::of_payload(i, 0, b"x").hash)
        .collect();
    show("Merkle root over 90 pictures", || {
        black_box(root_of(&leaves));
    });
    checking();
}

/// The fastest run, per second of media.
fn show(name: &str, mut work: impl FnMut()) {
    let fastest = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    println!("{name:48} {:9.4} ms", fastest * 1e3 / SECONDS as f64);
}

/// A log given as `EVIDENCE_LOG` is checked once more.
fn checking() {
    let Some(path) = std::env::var_os("EVIDENCE_LOG") else {
        return;
    };
    let log = std::fs::read(path).expect("EVIDENCE_LOG can be read");
    let key = SigningKey::from_seed(&[0; 32]).expect("a key").public();
    assert!(verify(log.as_slice(), &[key]).is_err(), "of another key");
    let began = Instant::now();
    let found = verify(log.as_slice(), &[]).expect("EVIDENCE_LOG verifies");
    println!(
        "checked {} entries, {} bytes in {:.1} ms",
        found.entries,
        log.len(),
        began.elapsed().as_secs_f64() * 1e3
    );
}
