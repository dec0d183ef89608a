//! What a report depends on, as digests: equal digests, equal bytes.

use super::{ReferenceClip, ReviewEvidence, ReviewInput, ReviewOptions};
use crate::decode;
use crate::engine::Engine;
use crate::pipeline::PipelineSettings;
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// SHA-256 of a file, lower-case hex, read in pieces.
///
/// # Errors
/// When the file cannot be read to its end.
pub fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

/// The settings that a recording's results depend on, as text.
pub fn settings_words(p: &PipelineSettings) -> String {
    format!(
        "{} {} {} {} {:?} {} {}",
        p.segment_ns, p.skew_ns, p.detect_interval_ns, p.looks_per_s, p.fusion, p.pictures, p.plots
    )
}

/// Everything that the reports of a batch depend on besides the recordings themselves.
#[derive(Debug, Clone)]
pub struct Basis(String);

impl Basis {
    /// `program`: the digest of the running program, since another build may count otherwise.
    pub fn new(
        program: &str,
        engine: &Engine,
        options: &ReviewOptions,
        reference: Option<&ReferenceClip>,
        evidence: Option<&ReviewEvidence>,
    ) -> Self {
        let parts = [
            program.to_owned(),
            engine.fingerprint(),
            format!("{:?}", decode::library_versions()),
            settings_words(&options.pipeline),
            format!("{:?} {}", options.candidate, options.blur_faces),
            format!("{reference:?}"),
            // The key by its id, and what the logs say of the program.
            format!("{evidence:?}"),
        ];
        Self(digest_of(&parts))
    }

    /// A basis of a test's own.
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// A recording as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of the recording, lower-case hex.
    pub sha256: String,
    /// Digest of everything that its report depends on.
    pub key: String,
    /// The files that were read for it, each as it was then.
    files: Vec<(PathBuf, Option<Stamp>)>,
}

/// Size and time of last change.
type Stamp = (u64, Option<SystemTime>);

// === impl Identity ===

impl Identity {
    /// Reads the recording and its events file.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn of(path: &Path, basis: &Basis) -> std::io::Result<Self> {
        let events = ReviewInput::of(path).events_file();
        let files: Vec<PathBuf> = std::iter::once(path.to_owned()).chain(events).collect();
        // Before the digests: a change while they are made shows too.
        let stamped: Vec<_> = files.iter().map(|f| (f.clone(), stamp(f))).collect();
        let digests = files.iter().map(|f| sha256_of(f));
        let digests = digests.collect::<std::io::Result<Vec<String>>>()?;
        let mut parts = vec![basis.0.clone()];
        // The report names the path as it was given, to the last byte.
        parts.push(hex::encode(path.as_os_str().as_encoded_bytes()));
        parts.extend(digests.iter().cloned());
        Ok(Self {
            sha256: digests.into_iter().next().unwrap_or_default(),
            key: digest_of(&parts),
            files: stamped,
        })
    }

    /// False when the recording or its events file has changed since, or one came beside it.
    pub fn still_holds(&self) -> bool {
        let Some((path, _)) = self.files.first() else {
            return false;
        };
        let events = ReviewInput::of(path).events_file();
        let same = self.files.iter().all(|(f, then)| stamp(f) == *then);
        same && events == self.files.get(1).map(|(f, _)| f.clone())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.len(), meta.modified().ok()))
}

/// One digest of several texts.
fn digest_of(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        // FIPS 180-4's example "abc".
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of(&path).unwrap(), expected);
        assert!(sha256_of(&dir.path().join("none")).is_err());
    }

    #[test]
    fn whatever_a_report_depends_on_changes_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        std::fs::write(&path, "one").unwrap();
        let basis = Basis::named("x");
        let first = Identity::of(&path, &basis).unwrap();
        assert_eq!(Identity::of(&path, &basis).unwrap().key, first.key);
        assert!(first.still_holds());
        let mut keys = vec![first.key.clone()];
        keys.push(Identity::of(&path, &Basis::named("y")).unwrap().key);
        let other = dir.path().join("b.mp4");
        std::fs::copy(&path, &other).unwrap();
        let copy = Identity::of(&other, &basis).unwrap();
        assert_eq!(copy.sha256, first.sha256);
        keys.push(copy.key);
        std::fs::write(dir.path().join("a.mp4.events.json"), "{}").unwrap();
        assert!(!first.still_holds(), "an events file came");
        let with_events = Identity::of(&path, &basis).unwrap();
        keys.push(with_events.key.clone());
        std::fs::write(&path, "two!").unwrap();
        assert!(!with_events.still_holds(), "the recording changed");
        keys.push(Identity::of(&path, &basis).unwrap().key);
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "{keys:?}");
    }
}
