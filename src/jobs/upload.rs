//! A recording on its way in.

use super::books::Claim;
use super::disk::Which;
use super::job::{Job, JobId, JobView};
use super::manager::Jobs;
use super::record::{Kept, Record};
use super::submission::{MAX_CHUNK_BYTES, UploadPlan};
use super::{JobError, Origin, Submission};
use crate::core::FieldError;
use crate::review::save_whole;
use crate::telemetry::ReviewSubmitted;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of a recording that is not whole yet.
const PART: &str = ".upload.part";

/// What is still to come of one recording.
#[derive(Debug)]
struct Part {
    which: Which,
    plan: UploadPlan,
}

/// The recording that comes now.
#[derive(Debug)]
struct Writing {
    part: Part,
    to: PathBuf,
    file: File,
    left: u64,
    hash: Sha256,
}

/// An upload under way. Dropped before [`Upload::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Upload {
    jobs: Jobs,
    id: JobId,
    claim: Option<Claim>,
    record: Record,
    events: Option<Vec<u8>>,
    to_come: VecDeque<Part>,
    now: Option<Writing>,
}

// === impl Upload ===

impl Upload {
    /// Makes the folder of a job whose place was taken.
    pub(super) fn begin(
        jobs: Jobs,
        id: JobId,
        claim: Claim,
        record: Record,
        submission: Submission,
    ) -> Result<Self, JobError> {
        let part = |which, origin| match origin {
            Origin::Upload(plan) => Some(Part { which, plan }),
            Origin::Stored(_) => None,
        };
        let reference = submission.reference.map(|r| r.origin);
        let to_come = part(Which::Recording, submission.recording.origin)
            .into_iter()
            .chain(reference.and_then(|origin| part(Which::Reference, origin)));
        let mut upload = Self {
            to_come: to_come.collect(),
            jobs,
            id,
            claim: Some(claim),
            record,
            events: submission.events,
            now: None,
        };
        upload.jobs.disk().begin(&upload.id)?;
        upload.open_next()?;
        Ok(upload)
    }

    /// Bytes that are still to come.
    pub fn left(&self) -> u64 {
        let later: u64 = self.to_come.iter().map(|p| p.plan.total_bytes).sum();
        later + self.now.as_ref().map_or(0, |w| w.left)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// A chunk that is empty, too large or beyond what was announced, a digest that is another one, or a disk
    /// that does not take it.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), JobError> {
        let found = format!("{} bytes", chunk.len());
        if chunk.is_empty() || chunk.len() > MAX_CHUNK_BYTES {
            let expected = format!("1 to {MAX_CHUNK_BYTES} bytes");
            return Err(FieldError::new("chunk", found, expected).into());
        }
        let left = self.now.as_ref().map_or(0, |w| w.left);
        let Some(writing) = self.now.as_mut().filter(|_| chunk.len() as u64 <= left) else {
            let expected = format!("at most the {left} bytes that are left by total_bytes");
            return Err(FieldError::new("chunk", found, expected).into());
        };
        writing.file.write_all(chunk)?;
        writing.hash.update(chunk);
        writing.left -= chunk.len() as u64;
        if writing.left == 0 {
            self.close()?;
            self.open_next()?;
        }
        Ok(())
    }

    fn kept(&mut self, which: Which) -> Option<&mut Kept> {
        match which {
            Which::Recording => Some(&mut self.record.recording),
            Which::Reference => self.record.reference.as_mut(),
        }
    }

    fn open_next(&mut self) -> Result<(), JobError> {
        let Some(part) = self.to_come.pop_front() else {
            return Ok(());
        };
        let which = part.which;
        let kept = match which {
            Which::Recording => Some(&self.record.recording),
            Which::Reference => self.record.reference.as_ref(),
        };
        let to = kept.map(|kept| self.jobs.disk().input(&self.id, which, kept));
        let to = to.ok_or(JobError::Internal)?;
        self.now = Some(Writing {
            left: part.plan.total_bytes,
            file: File::create(to.with_file_name(PART))?,
            part,
            to,
            hash: Sha256::new(),
        });
        Ok(())
    }

    /// The recording is whole: checks it and gives it its name.
    fn close(&mut self) -> Result<(), JobError> {
        let Some(writing) = self.now.take() else {
            return Ok(());
        };
        let found = hex::encode(writing.hash.finalize());
        if let Some(expected) = writing.part.plan.sha256.filter(|e| *e != found) {
            let field = match writing.part.which {
                Which::Recording => "spec.recording.upload.sha256",
                Which::Reference => "spec.reference.upload.sha256",
            };
            let expected = format!("{expected}, as stated");
            return Err(FieldError::new(field, found, expected).into());
        }
        writing.file.sync_all()?;
        std::fs::rename(writing.to.with_file_name(PART), &writing.to)?;
        super::disk::sync(writing.to.parent().unwrap_or(Path::new(".")))?;
        if let Some(kept) = self.kept(writing.part.which) {
            kept.sha256 = found;
        }
        Ok(())
    }

    /// All bytes have come: makes it a job.
    ///
    /// # Errors
    /// Bytes that are missing, or a disk that does not take it.
    pub fn finish(mut self) -> Result<JobView, JobError> {
        if self.left() > 0 {
            let found = format!("an end {} bytes early", self.left());
            let expected = "as many bytes as total_bytes says";
            return Err(FieldError::new("chunk", found, expected).into());
        }
        if let Some(events) = &self.events {
            let to = self.jobs.disk().events(&self.id, &self.record.recording);
            save_whole(&to, events)?;
        }
        self.jobs.disk().save(&self.id, &self.record)?;
        self.jobs.disk().settle()?;
        // From here on it is a job, whatever becomes of this process.
        let claim = self.claim.take();
        let number = self.jobs.next_number();
        let job = Arc::new(Job::new(self.id.clone(), number, self.record.clone()));
        ReviewSubmitted {
            key: number,
            tenant: job.tenant.as_str(),
            bytes: self.record.bytes(),
        }
        .emit();
        Ok(self.jobs.enter(claim.as_ref(), &job))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else {
            return;
        };
        if let Err(error) = self.jobs.disk().remove(&self.id) {
            tracing::error!(%error, "half an upload cannot be deleted; it goes with the next start");
        }
        self.jobs.give_back(&claim);
    }
}
