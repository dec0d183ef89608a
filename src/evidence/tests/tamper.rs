//! Whatever is done to a log is found.

use super::super::*;
use super::sample::{key, log, log_of};
use proptest::prelude::*;

/// True when a check would not pass for that of a whole log that nobody touched.
fn is_found(bytes: &[u8]) -> bool {
    match verify(bytes, &[key().public()]) {
        Err(_) => true,
        Ok(found) => !found.is_whole() || !found.redacted.is_empty(),
    }
}

fn lines(log: &[u8]) -> Vec<Vec<u8>> {
    log.split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn every_byte_of_a_small_log_is_held() {
    let whole = log(1);
    for at in 0..whole.len() {
        // One bit; the case of a letter; a digit or letter next to it; a line feed.
        for flip in [0x01, 0x20, 0x80, whole[at] ^ b'\n', whole[at] ^ b' '] {
            if flip == 0 {
                continue;
            }
            let mut changed = whole.clone();
            changed[at] ^= flip;
            assert!(is_found(&changed), "byte {at} ^ {flip:#x}");
        }
    }
}

#[test]
fn every_truncation_is_found() {
    let whole = log(2);
    for length in 0..whole.len() {
        assert!(
            is_found(&whole[..length]),
            "{length} of {} bytes",
            whole.len()
        );
    }
}

#[test]
fn every_line_is_held_where_it_stands() {
    let whole = lines(&log(3));
    let n = whole.len();
    for at in 0..n {
        let mut without = whole.clone();
        without.remove(at);
        assert!(is_found(&without.concat()), "without line {at}");
        for to in 0..=n {
            let mut twice = whole.clone();
            twice.insert(to, whole[at].clone());
            assert!(is_found(&twice.concat()), "line {at} again at {to}");
        }
        for other in at + 1..n {
            let mut swapped = whole.clone();
            swapped.swap(at, other);
            assert!(is_found(&swapped.concat()), "lines {at} and {other}");
        }
    }
}

/// A log of the same interview with the same key, but another id: nothing of it fits.
#[test]
fn nothing_of_another_log_fits() {
    let (ours, theirs) = (lines(&log_of("a", 3)), lines(&log_of("b", 3)));
    assert_eq!(ours.len(), theirs.len());
    for at in 0..ours.len() {
        let mut replaced = ours.clone();
        replaced[at].clone_from(&theirs[at]);
        assert!(
            replaced == ours || is_found(&replaced.concat()),
            "line {at}"
        );
        if at > 0 {
            let spliced = [&ours[..at], &theirs[at..]].concat().concat();
            assert!(is_found(&spliced), "the other one from line {at} on");
        }
        let appended = [ours.clone(), vec![theirs[at].clone()]].concat().concat();
        assert!(is_found(&appended), "line {at} after the seal");
    }
}

/// Who has the log and not the key can write the chain anew, but not the signatures.
#[test]
fn a_chain_written_anew_is_not_signed() {
    let other = std::sync::Arc::new(SigningKey::from_seed(&[1; 32]).unwrap());
    let (program, spec) = (Program::default(), super::sample::spec());
    let header = Header::live(&program, &spec, "a".into(), 1_700_000_000_000);
    let mut forged = Recorder::begin(other, &header);
    forged.segment(&super::sample::segment(0));
    forged.seal();
    let forged = forged.take();
    // With its own key in it, it is a whole log, of somebody else.
    assert!(verify(forged.as_slice(), &[]).unwrap().is_whole());
    let fault = verify(forged.as_slice(), &[key().public()]).unwrap_err();
    assert_eq!((fault.entry, fault.line), (Some(0), 1));
    // With our key's name in it, its signatures fit nothing.
    let theirs = SigningKey::from_seed(&[1; 32]).unwrap().public();
    let text = String::from_utf8(forged).unwrap();
    let renamed = text
        .replace(&theirs.to_hex(), &key().public().to_hex())
        .replace(&theirs.id(), &key().public().id());
    let fault = verify(renamed.as_bytes(), &[key().public()]).unwrap_err();
    assert!(fault.entry.is_some(), "{fault}");
}

#[test]
fn the_first_broken_link_is_named() {
    let whole = log(4);
    let text = String::from_utf8(whole.clone()).unwrap();
    let mut rows: Vec<&str> = text.lines().collect();
    let at = rows
        .iter()
        .position(|l| l.contains("\"type\":\"segment\""))
        .unwrap();
    let changed = rows[at].replace("0.75", "0.76");
    let n: serde_json::Value = serde_json::from_str(rows[at]).unwrap();
    rows[at] = &changed;
    let fault = verify((rows.join("\n") + "\n").as_bytes(), &[]).unwrap_err();
    assert_eq!(fault.entry, n["n"].as_u64());
    assert_eq!(fault.line, at as u64 + 1);
    assert!(fault.to_string().contains("this segment entry"), "{fault}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn random_flips_are_found(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut changed = log(12);
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(is_found(&changed));
    }

    #[test]
    fn random_edits_are_found(
        from in any::<prop::sample::Index>(),
        length in 0usize..400,
        with in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let whole = log(12);
        let from = from.index(whole.len());
        let to = (from + length).min(whole.len());
        let edited = [&whole[..from], &with, &whole[to..]].concat();
        prop_assert!(edited == whole || is_found(&edited));
    }

    /// No bytes make it panic.
    #[test]
    fn anything_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verify(bytes.as_slice(), &[]).is_err());
    }
}
