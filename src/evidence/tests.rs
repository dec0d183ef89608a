//! Logs of a made-up interview, and what may be done to them.

mod sample;
mod store;
mod tamper;

use super::*;
use sample::{NAME, key, log, log_of, recorder};
use serde_json::Value;

fn lines(log: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(log).unwrap();
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

#[test]
fn a_whole_log_verifies_and_says_what_it_holds() {
    let log = log(6);
    let found = verify(log.as_slice(), &[key().public()]).unwrap();
    assert!(found.is_whole() && found.sealed && found.redacted.is_empty());
    assert_eq!(found.signed_through + 1, found.entries);
    assert_eq!(found.kinds["segment"], 6);
    assert_eq!(found.kinds["header"], 1);
    assert_eq!(found.kinds["seal"], 1);
    assert!(found.kinds["checkpoint"] >= 2, "{:?}", found.kinds);
    let pictures: usize = found
        .media
        .iter()
        .map(|m| m.leaves.iter().flatten().count())
        .sum();
    assert_eq!(pictures, 6 * 4);
    let texts: Vec<&String> = found.header_texts.iter().flatten().collect();
    assert!(texts.iter().any(|t| t.contains(NAME)), "{texts:?}");
    // Without a key it is the one that the log states.
    assert_eq!(verify(log.as_slice(), &[]).unwrap().key, key().public());
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    assert_eq!(log(3), log(3));
    assert_ne!(log_of("a", 3), log_of("b", 3));
}

#[test]
fn numbers_of_segments_are_those_of_the_results() {
    let log = log(1);
    let entries = lines(&log);
    let entry = entries.iter().find(|e| e["type"] == "segment").unwrap();
    let mut expected = serde_json::to_value(sample::segment(0)).unwrap();
    expected["participant"] = 0.into();
    assert_eq!(entry["body"], expected);
}

#[test]
fn another_key_is_refused_by_name() {
    let other = SigningKey::from_seed(&[7; 32]).unwrap().public();
    let fault = verify(log(1).as_slice(), &[other]).unwrap_err();
    assert!(fault.to_string().contains(&other.id()), "{fault}");
    assert!(fault.to_string().contains(&key().public().id()), "{fault}");
    let both = [other, key().public()];
    assert!(verify(log(1).as_slice(), &both).is_ok());
}

#[test]
fn what_is_not_sealed_is_said_to_be_so() {
    let mut r = recorder("a");
    (0..3).for_each(|i| r.segment(&sample::segment(i)));
    let bytes = r.take();
    let found = verify(bytes.as_slice(), &[]).unwrap();
    assert!(!found.sealed && !found.is_whole());
    assert_eq!(found.signed_through, 1, "the signature below the header");
    assert_eq!(found.entries, 5);
}

#[test]
fn entries_without_room_are_counted_and_told() {
    let mut r = recorder("a");
    r.segment(&sample::segment(0));
    r.set_room(false);
    (1..4).for_each(|i| r.segment(&sample::segment(i)));
    assert_eq!(r.lost(), 3);
    r.set_room(true);
    r.segment(&sample::segment(4));
    r.set_room(false);
    r.summary(&sample::summary());
    r.seal();
    let bytes = r.take();
    let found = verify(bytes.as_slice(), &[]).unwrap();
    assert_eq!((found.lost_entries, found.kinds["gap"]), (4, 2));
    assert_eq!((found.kinds["segment"], found.sealed), (2, true));
    assert!(!found.is_whole());
}

#[test]
fn a_redacted_log_names_nobody_and_verifies() {
    let log = log(4);
    assert!(String::from_utf8_lossy(&log).contains(NAME));
    let mut redacted = Vec::new();
    let what = What {
        texts: true,
        pictures: false,
    };
    let counts = redact(log.as_slice(), &mut redacted, what).unwrap();
    assert!(counts.texts > 10 && counts.pictures == 0, "{counts:?}");
    let text = String::from_utf8(redacted.clone()).unwrap();
    assert!(
        !text.contains(NAME),
        "{}",
        text.lines().find(|l| l.contains(NAME)).unwrap()
    );
    let found = verify(redacted.as_slice(), &[key().public()]).unwrap();
    assert!(found.is_whole());
    assert_eq!(found.redacted.values().sum::<u64>(), counts.texts);
    assert!(found.header_texts.iter().all(Option::is_none));
    // A second time nothing is left to do.
    let mut again = Vec::new();
    let counts = redact(redacted.as_slice(), &mut again, what).unwrap();
    assert_eq!((counts, &again), (Redacted::default(), &redacted));

    let mut bare = Vec::new();
    let all = What {
        texts: true,
        pictures: true,
    };
    redact(log.as_slice(), &mut bare, all).unwrap();
    let found = verify(bare.as_slice(), &[]).unwrap();
    assert!(found.media.iter().all(|m| m.leaves.is_none()));
    assert!(bare.len() < redacted.len());
}

/// The same name has another digest in another log, and at another place of the same log: nobody can tell
/// by digests that two redacted logs are of one person.
#[test]
fn digests_of_one_name_differ_from_log_to_log() {
    let commits = |log: &[u8]| -> Vec<String> {
        let of = |e: &Value| e["commits"].as_array().cloned().unwrap_or_default();
        let all = lines(log)
            .iter()
            .filter(|e| e["type"] != "media")
            .flat_map(of)
            .collect::<Vec<_>>();
        all.iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let (a, b) = (commits(&log_of("a", 2)), commits(&log_of("b", 2)));
    assert!(a.iter().all(|c| !b.contains(c)));
    let mut distinct = a.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), a.len());
}

#[test]
fn a_single_picture_can_be_shown_to_belong() {
    let log = log(2);
    let found = verify(log.as_slice(), &[]).unwrap();
    let leaf = Leaf::of_picture(&sample::picture(5)).hash;
    let with = found
        .media
        .iter()
        .find(|m| m.leaves.iter().flatten().any(|l| *l == leaf));
    let with = with.unwrap();
    assert_eq!(root_of(with.leaves.as_ref().unwrap()), with.root);
    let other = Leaf::of_picture(&sample::picture(99)).hash;
    assert!(
        !found
            .media
            .iter()
            .any(|m| m.leaves.iter().flatten().any(|l| *l == other))
    );
}
