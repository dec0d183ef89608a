//! What is handed in, and whether it can be taken.

use super::error::JobError;
use crate::core::{FieldError, TenantId};
use crate::ingest::events_file;
use crate::review::CandidateChoice;
use sha2::{Digest as _, Sha256};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Largest chunk of an upload: 1 MiB.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;
/// Largest events file that is handed in: 1 MiB.
const MAX_EVENTS_BYTES: usize = 1 << 20;
/// Longest name of a recording in bytes; with what stands behind it, it stays a name of a file.
const MAX_NAME_BYTES: usize = 200;
/// Longest path of a stored recording in bytes.
const MAX_STORED_BYTES: usize = 1_024;

/// What a client wants reviewed.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// The client's id for it: the same one once more is the same job.
    pub request_id: Option<String>,
    /// The recording.
    pub recording: Source,
    /// A verified moment of the same person that it is set against.
    pub reference: Option<Source>,
    /// Who is the candidate.
    pub candidate: CandidateChoice,
    /// Keep small pictures behind the findings that stand out.
    pub thumbnails: bool,
    /// Make the faces in them unrecognisable.
    pub blur_faces: bool,
    /// Keep how far the mouth opened and how loud it was, for pages.
    pub plots: bool,
    /// Its events file, if one is handed in.
    pub events: Option<Vec<u8>>,
    /// Make an evidence log.
    pub evidence: bool,
}

/// Where a recording comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What reports call it.
    pub name: String,
    /// Its bytes.
    pub origin: Origin,
}

/// Where the bytes of a recording are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// They come with the call.
    Upload(UploadPlan),
    /// In the operator's folder, by a path below the tenant's part of it.
    Stored(String),
}

/// What is going to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPlan {
    /// Size.
    pub total_bytes: u64,
    /// SHA-256, lower-case hex, where it is to be checked.
    pub sha256: Option<String>,
}

/// Bounds of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLimits {
    /// Largest upload, bytes.
    pub max_upload_bytes: u64,
    /// Recordings and reports of all tenants on the disk, bytes.
    pub max_disk_bytes: u64,
    /// The same of one tenant.
    pub max_tenant_disk_bytes: u64,
    /// Jobs of one tenant that wait or run; a tenant's own number in the key file wins.
    pub max_tenant_jobs: u32,
    /// How long a job stays after its end.
    pub keep: Duration,
}

impl Default for JobLimits {
    fn default() -> Self {
        Self {
            max_upload_bytes: 4 << 30,
            max_disk_bytes: 20 << 30,
            max_tenant_disk_bytes: 10 << 30,
            max_tenant_jobs: 20,
            keep: Duration::from_secs(7 * 86_400),
        }
    }
}

/// What clients are told of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobTerms {
    /// Bounds.
    pub limits: JobLimits,
    /// Recordings of the operator's folder can be named.
    pub stored: bool,
    /// Evidence logs can be asked for.
    pub evidence: bool,
}

// === impl Submission ===

impl Submission {
    /// Refuses what cannot be taken, before any byte of it is.
    ///
    /// # Errors
    /// The field at fault, as the protocol names it.
    pub fn check(&self, terms: &JobTerms) -> Result<(), FieldError> {
        let sources = [
            ("recording", Some(&self.recording)),
            ("reference", self.reference.as_ref()),
        ];
        for (field, source) in sources {
            if let Some(source) = source {
                let place = format!("spec.{field}");
                source.check(terms).map_err(|e| e.within(&place))?;
            }
        }
        let uploads: u64 = self.uploads().map(|u| u.total_bytes).sum();
        if uploads > terms.limits.max_upload_bytes {
            let expected = format!("at most {} bytes together", terms.limits.max_upload_bytes);
            return Err(FieldError::new(
                "spec.reference.upload.total_bytes",
                uploads,
                expected,
            ));
        }
        if let Some(events) = &self.events {
            check_events(events)?;
        }
        if self.evidence && !terms.evidence {
            let expected = "false: this server has no evidence.key_file";
            return Err(FieldError::new("spec.evidence", true, expected));
        }
        Ok(())
    }

    /// What comes with the call, in the order in which it comes.
    pub fn uploads(&self) -> impl Iterator<Item = &UploadPlan> {
        let sources = std::iter::once(&self.recording).chain(&self.reference);
        sources.filter_map(|s| match &s.origin {
            Origin::Upload(plan) => Some(plan),
            Origin::Stored(_) => None,
        })
    }

    /// Digest of everything in it, by which a repetition is told from something else.
    pub(super) fn digest(&self) -> String {
        let without = Self {
            events: None,
            ..self.clone()
        };
        let mut hash = Sha256::new();
        hash.update(format!("{without:?}").as_bytes());
        if let Some(events) = &self.events {
            hash.update([1]);
            hash.update(Sha256::digest(events));
        }
        hex::encode(hash.finalize())
    }
}

fn check_events(events: &[u8]) -> Result<(), FieldError> {
    let field = "spec.events_json";
    if events.len() > MAX_EVENTS_BYTES {
        let expected = format!("at most {MAX_EVENTS_BYTES} bytes");
        return Err(FieldError::new(
            field,
            format!("{} bytes", events.len()),
            expected,
        ));
    }
    let expected = "an events file (docs/events.md)";
    let text = std::str::from_utf8(events);
    let text = text.map_err(|_| FieldError::new(field, "bytes that are no UTF-8", expected))?;
    match events_file::parse(text) {
        Ok(_) => Ok(()),
        Err(e) => Err(FieldError::new(field, e, expected)),
    }
}

// === impl Source ===

impl Source {
    fn check(&self, terms: &JobTerms) -> Result<(), FieldError> {
        check_name(&self.name)?;
        match &self.origin {
            Origin::Upload(plan) => plan.check(terms.limits.max_upload_bytes),
            Origin::Stored(_) if !terms.stored => {
                let expected = "an upload: this server has no review.recordings_dir";
                Err(FieldError::new("stored_name", "a name", expected))
            }
            Origin::Stored(_) => Ok(()),
        }
    }
}

fn check_name(name: &str) -> Result<(), FieldError> {
    let bad = |c: char| c.is_control() || c == '/' || c == '\\';
    let refused = name.is_empty()
        || name.len() > MAX_NAME_BYTES
        || name.starts_with('.')
        || name.contains(bad);
    if !refused {
        return Ok(());
    }
    let expected = format!(
        "the name of a file: 1 to {MAX_NAME_BYTES} bytes without slashes and control characters, no dot first"
    );
    Err(FieldError::new(
        "display_name",
        format!("{name:?}"),
        expected,
    ))
}

// === impl UploadPlan ===

impl UploadPlan {
    fn check(&self, max_bytes: u64) -> Result<(), FieldError> {
        if !(1..=max_bytes).contains(&self.total_bytes) {
            let expected = format!("1 to {max_bytes} bytes");
            return Err(FieldError::new(
                "upload.total_bytes",
                self.total_bytes,
                expected,
            ));
        }
        let hex = |s: &String| {
            s.len() == 64
                && s.bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        match &self.sha256 {
            Some(text) if !hex(text) => {
                let expected = "64 lower-case hexadecimal digits, or nothing";
                Err(FieldError::new(
                    "upload.sha256",
                    format!("{text:?}"),
                    expected,
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Finds a recording of the operator's folder: below the tenant's part of it, whatever links lie on the way.
/// What is elsewhere and what is not there are answered alike.
///
/// # Errors
/// The field `stored_name`, to be put into its place.
pub(super) fn stored(root: &Path, tenant: &TenantId, name: &str) -> Result<PathBuf, FieldError> {
    let expected = "a recording in the caller's part of the server's folder";
    let refused = || FieldError::new("stored_name", format!("{name:?}"), expected);
    let plain = |p: &Path| {
        p.components().all(|c| match c {
            Component::Normal(c) => !c.as_encoded_bytes().starts_with(b"."),
            _ => false,
        })
    };
    let (own, below) = (Path::new(tenant.as_str()), Path::new(name));
    let short = !name.is_empty() && name.len() <= MAX_STORED_BYTES;
    if !short || name.contains(char::is_control) || !plain(own) || !plain(below) {
        return Err(refused());
    }
    let own = root.join(own).canonicalize().map_err(|_| refused())?;
    let found = own.join(below).canonicalize().map_err(|_| refused())?;
    match found.starts_with(&own) && found.is_file() {
        true => Ok(found),
        false => Err(refused()),
    }
}

/// A field error in its place within the submission.
pub(super) fn at(place: &str) -> impl FnOnce(FieldError) -> JobError {
    let place = place.to_owned();
    move |e| JobError::Field(e.within(&place))
}
