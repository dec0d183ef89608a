//! The corpus of the fuzz targets, through the targets' own entry functions, without libFuzzer: what
//! fuzzing once found stays found. `docs/fuzzing.md` says how the corpus grows.

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub)]
mod entries;
mod seeds;

use crate::support::root;
use entries::pieces::{Pieces, pack};
use entries::{Reached, TARGETS, mutate};
use prost::Message as _;
use std::panic::catch_unwind;
use std::path::PathBuf;

/// Most bytes of all corpora together, and of one file.
const MOST_BYTES: u64 = 1 << 20;
const MOST_FILE_BYTES: u64 = 64 << 10;

/// The files of a target's corpus, in the order of their names.
fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = root().join("testdata/fuzz").join(target);
    let entries = std::fs::read_dir(&folder).expect("a corpus");
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_of_every_target_holds() {
    let mut faults = Vec::new();
    for (target, run) in TARGETS {
        let mut sum = Reached::default();
        for path in corpus(target) {
            let bytes = std::fs::read(&path).unwrap();
            match catch_unwind(|| run(&bytes)) {
                Ok(reached) => sum += reached,
                Err(_) => faults.push(path.display().to_string()),
            }
        }
        // A corpus that is refused at the first look would hold whatever is behind it.
        let deep = match target {
            "wire" => sum.answers >= 20 && sum.results >= 15 && sum.pictures >= 20,
            "codecs" => sum.opened >= 29 && sum.pictures >= 29 && sum.blocks >= 7,
            "files" => sum.opened >= 20 && sum.pictures >= 20 && sum.blocks >= 20,
            _ => sum.opened >= 5,
        };
        assert!(deep && sum.refused > 0, "{target} gets nowhere: {sum:?}");
    }
    assert!(faults.is_empty(), "does not hold:\n{}", faults.join("\n"));
}

#[test]
fn the_corpus_stays_small() {
    let files: Vec<PathBuf> = TARGETS.iter().flat_map(|(t, _)| corpus(t)).collect();
    let bytes = |p: &PathBuf| std::fs::metadata(p).unwrap().len();
    assert!(files.iter().all(|p| bytes(p) <= MOST_FILE_BYTES));
    let sum: u64 = files.iter().map(bytes).sum();
    assert!(sum <= MOST_BYTES, "{sum} bytes");
}

#[test]
fn changes_keep_the_shape_of_an_input() {
    let open = crate::support::say_open(crate::support::open()).encode_to_vec();
    let input = pack(&[1], &[(0u8, open), (5, Vec::new())]);
    let (mut readable, mut other) = (0, 0);
    for seed in 0..400 {
        let mut room = input.clone();
        room.resize(input.len() + 200, 0);
        // What libFuzzer would do to bytes: here, one more of them.
        let mut grow = |data: &mut [u8], size: usize, max: usize| {
            let size = (size + 1).min(max);
            data[size - 1] = b'x';
            size
        };
        let size = mutate::change::<1>(&mut room, input.len(), seed, |k| k == 0, &mut grow);
        other += usize::from(room[..size] != input);
        let (_, mut pieces) = Pieces::split::<1>(&room[..size]);
        let decoded = |(_, p): (u8, &[u8])| liveproof_sdk::v1::InterviewRequest::decode(p).is_ok();
        readable += usize::from(pieces.all(decoded));
    }
    // Bare bytes, one time in eight, break most messages; so does text that is no text any more.
    assert!(other >= 380, "{other} of 400 changed");
    assert!(readable >= 180, "{readable} of 400 readable");
}
