//! Reports of jobs that are over.

use super::JobError;
use super::job::{JobId, Watch};
use super::manager::{Jobs, in_order};
use super::record::{Record, ReportKind};
use crate::core::{SegmentResult, TenantId};
use crate::report::Document;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

/// A report that is there.
#[derive(Debug)]
pub struct KeptReport {
    /// Size, bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Media type.
    pub media_type: &'static str,
    /// A name to save it under.
    pub file_name: String,
    file: File,
}

/// A piece of a report.
#[derive(Debug)]
pub struct Page {
    /// The report, to be read on.
    pub report: KeptReport,
    /// The piece; empty at the end.
    pub bytes: Vec<u8>,
}

// === impl Jobs ===

impl Jobs {
    /// Opens a report at an offset. The bytes can be read to their end even if the job is deleted meanwhile.
    ///
    /// # Errors
    /// [`JobError::Unknown`], [`JobError::NotOver`], [`JobError::NoReport`].
    pub fn report(
        &self,
        tenant: &TenantId,
        id: &JobId,
        kind: ReportKind,
        offset: u64,
    ) -> Result<KeptReport, JobError> {
        let record = self.record_of(tenant, id)?;
        if !record.state.is_over() {
            return Err(JobError::NotOver);
        }
        let written = record.reports.get(&kind).ok_or(JobError::NoReport)?;
        let mut file = File::open(self.disk().report(id, kind))?;
        file.seek(SeekFrom::Start(offset.min(written.bytes)))?;
        Ok(KeptReport {
            bytes: written.bytes,
            sha256: written.sha256.clone(),
            media_type: kind.media_type(),
            file_name: format!("{}.{}", record.recording.name, kind.ending()),
            file,
        })
    }

    fn record_of(&self, tenant: &TenantId, id: &JobId) -> Result<Record, JobError> {
        Ok(self.watch(tenant, id)?.job.record())
    }

    /// The segments of a job that is over, in the order in which they became final; none where it has no report.
    ///
    /// # Errors
    /// A report that cannot be read.
    pub fn stored_segments(&self, watch: &Watch) -> Result<Vec<Arc<SegmentResult>>, JobError> {
        let record = watch.job.record();
        if !record.reports.contains_key(&ReportKind::Json) {
            return Ok(Vec::new());
        }
        let text = std::fs::read(self.disk().report(&watch.job.id, ReportKind::Json));
        let text = match text {
            // It was deleted meanwhile.
            Err(_) if watch.job.is_gone() => return Err(JobError::Unknown),
            text => text?,
        };
        let document: Document = serde_json::from_slice(&text).map_err(|error| {
            tracing::error!(%error, "a report of a review cannot be read");
            JobError::Internal
        })?;
        let segments = document
            .files
            .into_iter()
            .flat_map(|f| f.segments)
            .collect();
        let segments = in_order(segments, &record.order);
        Ok(segments.into_iter().map(Arc::new).collect())
    }
}

// === impl KeptReport ===

impl KeptReport {
    /// The next piece, at most this large; empty at the end.
    ///
    /// # Errors
    /// A disk that does not give it.
    pub fn read(mut self, most: usize) -> Result<Page, JobError> {
        let mut bytes = vec![0; most];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest)? {
                0 => break,
                n => filled += n,
            }
        }
        bytes.truncate(filled);
        Ok(Page {
            report: self,
            bytes,
        })
    }
}
