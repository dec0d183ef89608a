//! Recordings that clients hand in, and their jobs.

use super::inbound::region;
use super::results::write_segment;
use super::{pb, required};
use crate::core::{FieldError, SegmentResult, SessionId};
use crate::jobs::{
    CandidateChoice, JobId, JobState, JobTerms, JobView, KeptReport, MAX_CHUNK_BYTES, Origin,
    ReportKind, Source, Submission, UploadPlan,
};

/// Jobs in an answer where the client names no number, and at most.
const PAGE: usize = 50;
const MOST_IN_PAGE: usize = 200;

/// What a client hands in.
///
/// # Errors
/// The field that cannot be used.
pub fn submission(spec: pb::ReviewSpec) -> Result<Submission, FieldError> {
    let request_id = match spec.request_id.as_str() {
        "" => None,
        // The same form as every id that a client chooses.
        id => Some(SessionId::parse(id).map_err(|e| FieldError {
            field: "spec.request_id".to_owned(),
            ..e
        })?),
    };
    let recording = required(
        spec.recording,
        "spec.recording",
        "an upload or a stored name",
    )?;
    let recording = source(recording).map_err(|e| e.within("spec.recording"))?;
    let reference = spec.reference.map(source).transpose();
    let reference = reference.map_err(|e| e.within("spec.reference"))?;
    Ok(Submission {
        request_id: request_id.map(|id| id.as_str().to_owned()),
        recording,
        reference,
        candidate: choice(spec.candidate, spec.candidate_region)?,
        thumbnails: !spec.without_thumbnails,
        blur_faces: spec.blur_faces,
        plots: !spec.without_plots,
        events: (!spec.events_json.is_empty()).then(|| spec.events_json.to_vec()),
        evidence: spec.evidence,
    })
}

fn source(source: pb::ReviewSource) -> Result<Source, FieldError> {
    use pb::review_source::Origin as O;
    let name = source.display_name;
    match required(source.origin, "origin", "an upload or a stored name")? {
        O::Upload(upload) => Ok(Source {
            name,
            origin: Origin::Upload(UploadPlan {
                total_bytes: upload.total_bytes,
                sha256: (!upload.sha256.is_empty()).then_some(upload.sha256),
            }),
        }),
        O::StoredName(stored) => {
            let last = || stored.rsplit('/').next().unwrap_or_default().to_owned();
            Ok(Source {
                name: if name.is_empty() { last() } else { name },
                origin: Origin::Stored(stored),
            })
        }
    }
}

fn choice(value: i32, part: Option<pb::Region>) -> Result<CandidateChoice, FieldError> {
    use pb::CandidateChoice as W;
    let field = "spec.candidate";
    if let Some(part) = part {
        let place = "spec.candidate_region";
        if W::try_from(value) != Ok(W::Region) {
            let expected = "nothing, or CANDIDATE_CHOICE_REGION beside it";
            return Err(FieldError::new(place, "a region", expected));
        }
        let part = region(part);
        part.validate().map_err(|e| e.within(place))?;
        return Ok(CandidateChoice::Region(part));
    }
    match W::try_from(value) {
        Ok(W::Unspecified | W::AsFound) => Ok(CandidateChoice::AsFound),
        Ok(W::Longest) => Ok(CandidateChoice::Longest),
        Ok(W::Each) => Ok(CandidateChoice::Each),
        Ok(W::Region) => {
            let expected = "the part of the picture";
            Err(FieldError::new(
                "spec.candidate_region",
                "nothing",
                expected,
            ))
        }
        Err(_) => {
            let expected = "a value of CandidateChoice that this server knows";
            Err(FieldError::new(field, value, expected))
        }
    }
}

/// The form of a report that a client asks for.
///
/// # Errors
/// None, or one that this server does not know.
pub fn report_kind(value: i32) -> Result<ReportKind, FieldError> {
    use pb::ReportFormat as W;
    match W::try_from(value) {
        Ok(W::Json) => Ok(ReportKind::Json),
        Ok(W::Html) => Ok(ReportKind::Html),
        Ok(W::Csv) => Ok(ReportKind::Csv),
        Ok(W::Evidence) => Ok(ReportKind::Evidence),
        Ok(W::Unspecified) | Err(_) => {
            let expected = "a value of ReportFormat that this server knows";
            Err(FieldError::new("format", value, expected))
        }
    }
}

fn write_kind(kind: ReportKind) -> i32 {
    (match kind {
        ReportKind::Json => pb::ReportFormat::Json,
        ReportKind::Html => pb::ReportFormat::Html,
        ReportKind::Csv => pb::ReportFormat::Csv,
        ReportKind::Evidence => pb::ReportFormat::Evidence,
    }) as i32
}

/// A job as its client sees it.
pub fn review(view: JobView) -> pb::Review {
    let state = match view.state {
        JobState::Queued => pb::ReviewState::Queued,
        JobState::Running => pb::ReviewState::Running,
        JobState::Done => pb::ReviewState::Done,
        JobState::Failed => pb::ReviewState::Failed,
        JobState::Cancelled => pb::ReviewState::Cancelled,
    };
    pb::Review {
        review_id: view.id.as_str().to_owned(),
        request_id: view.request_id.unwrap_or_default(),
        display_name: view.name,
        state: state as i32,
        detail: view.detail,
        media_done_us: view.media_us,
        media_total_us: view.total_us,
        segments: view.segments,
        held: view.held,
        queued_before: view.queued_before,
        attempts: view.attempts,
        recording_bytes: view.recording_bytes,
        recording_sha256: view.recording_sha256,
        submitted_ms: view.submitted_ms,
        started_ms: view.started_ms,
        finished_ms: view.finished_ms,
        expires_ms: view.expires_ms,
        reports: view.reports.into_iter().map(write_kind).collect(),
    }
}

/// Where a job stands, for a watcher.
pub fn watched(view: JobView, position: u64) -> pb::WatchReviewResponse {
    pb::WatchReviewResponse {
        message: Some(pb::watch_review_response::Message::Review(review(view))),
        position,
    }
}

/// A final segment, for a watcher.
pub fn watched_segment(segment: &SegmentResult, position: u64) -> pb::WatchReviewResponse {
    let segment = write_segment(segment);
    pb::WatchReviewResponse {
        message: Some(pb::watch_review_response::Message::Segment(segment)),
        position,
    }
}

/// What a report is.
pub fn report_info(report: &KeptReport) -> pb::FetchReviewResponse {
    use pb::fetch_review_response::Message as M;
    pb::FetchReviewResponse {
        message: Some(M::Info(pb::ReportInfo {
            total_bytes: report.bytes,
            sha256: report.sha256.clone(),
            media_type: report.media_type.to_owned(),
            file_name: report.file_name.clone(),
        })),
    }
}

/// Bytes of a report.
pub fn report_chunk(bytes: Vec<u8>) -> pb::FetchReviewResponse {
    use pb::fetch_review_response::Message as M;
    pb::FetchReviewResponse {
        message: Some(M::Chunk(bytes.into())),
    }
}

/// Where a list goes on, and how many jobs it is to have.
///
/// # Errors
/// A token that this server has not given.
pub fn list_request(
    r: &pb::ListReviewsRequest,
) -> Result<(Option<(i64, JobId)>, usize), FieldError> {
    let most = match usize::try_from(r.page_size).unwrap_or(usize::MAX) {
        0 => PAGE,
        n => n.min(MOST_IN_PAGE),
    };
    if r.page_token.is_empty() {
        return Ok((None, most));
    }
    let read = || {
        let (time, id) = r.page_token.split_once('-')?;
        Some((time.parse().ok()?, JobId::parse(id)?))
    };
    let expected = "the next_page_token of an answer before";
    let refused = || FieldError::new("page_token", format!("{:?}", r.page_token), expected);
    read().map(|after| (Some(after), most)).ok_or_else(refused)
}

/// A page of a list; `most` is what was asked for.
pub fn list_response(views: Vec<JobView>, most: usize) -> pb::ListReviewsResponse {
    let last = views.last().filter(|_| views.len() == most);
    let token = last.map(|v| format!("{}-{}", v.submitted_ms, v.id.as_str()));
    pb::ListReviewsResponse {
        next_page_token: token.unwrap_or_default(),
        reviews: views.into_iter().map(review).collect(),
    }
}

/// What a server takes as recordings.
pub(super) fn write_terms(terms: JobTerms) -> pb::ReviewTerms {
    let hours = terms.limits.keep.as_secs() / 3_600;
    pb::ReviewTerms {
        max_upload_bytes: terms.limits.max_upload_bytes,
        max_chunk_bytes: MAX_CHUNK_BYTES as u64,
        max_jobs: terms.limits.max_tenant_jobs,
        keep_hours: u32::try_from(hours).unwrap_or(u32::MAX),
        stored_recordings: terms.stored,
        evidence: terms.evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> pb::ReviewSpec {
        pb::ReviewSpec {
            recording: Some(pb::ReviewSource {
                display_name: "a.mp4".into(),
                origin: Some(pb::review_source::Origin::Upload(pb::ReviewUpload {
                    total_bytes: 9,
                    sha256: String::new(),
                })),
            }),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_handed_in_is_read_or_refused_by_name() {
        let read = submission(spec()).unwrap();
        assert_eq!((read.request_id, read.thumbnails), (None, true));
        assert_eq!(read.candidate, CandidateChoice::AsFound);
        let refused = |change: fn(&mut pb::ReviewSpec)| {
            let mut spec = spec();
            change(&mut spec);
            submission(spec).unwrap_err().field
        };
        assert_eq!(refused(|s| s.recording = None), "spec.recording");
        assert_eq!(refused(|s| s.request_id = "a b".into()), "spec.request_id");
        assert_eq!(refused(|s| s.candidate = 9), "spec.candidate");
        assert_eq!(refused(|s| s.candidate = 4), "spec.candidate_region");
        assert_eq!(
            refused(|s| s.candidate_region = Some(pb::Region::default())),
            "spec.candidate_region"
        );
        let empty = refused(|s| s.reference = Some(pb::ReviewSource::default()));
        assert_eq!(empty, "spec.reference.origin");
    }

    proptest::proptest! {
        /// Whatever comes as a first message is read or refused, and what is read can be judged.
        #[test]
        fn no_first_message_panics(bytes: Vec<u8>, name: String, id: String, n: u64, choice: i32, x: f32) {
            use prost::Message as _;
            let terms = JobTerms {
                limits: crate::jobs::JobLimits::default(),
                stored: true,
                evidence: true,
            };
            let judge = |spec: pb::ReviewSpec| submission(spec).and_then(|s| s.check(&terms));
            if let Ok(spec) = pb::ReviewSpec::decode(bytes.as_slice()) {
                drop(judge(spec));
            }
            let source = |origin| Some(pb::ReviewSource { display_name: name.clone(), origin: Some(origin) });
            drop(judge(pb::ReviewSpec {
                request_id: id.clone(),
                recording: source(pb::review_source::Origin::Upload(pb::ReviewUpload { total_bytes: n, sha256: id })),
                reference: source(pb::review_source::Origin::StoredName(name.clone())),
                candidate: choice,
                candidate_region: (x > 0.0).then_some(pb::Region { x, y: x, width: x, height: x }),
                events_json: bytes.into(),
                ..Default::default()
            }));
        }
    }

    #[test]
    fn a_stored_recording_is_called_as_its_file() {
        let named = |name: &str| {
            let source = pb::ReviewSource {
                display_name: name.into(),
                origin: Some(pb::review_source::Origin::StoredName("2026/b.mp4".into())),
            };
            super::source(source).unwrap().name
        };
        assert_eq!((named("").as_str(), named("c").as_str()), ("b.mp4", "c"));
    }

    #[test]
    fn reports_are_asked_for_by_a_known_form_and_lists_go_on_by_their_own_tokens() {
        for kind in [
            ReportKind::Json,
            ReportKind::Html,
            ReportKind::Csv,
            ReportKind::Evidence,
        ] {
            assert_eq!(report_kind(write_kind(kind)).unwrap(), kind);
        }
        assert!(report_kind(0).is_err() && report_kind(5).is_err());
        let ask = |page_token: &str, page_size| {
            list_request(&pb::ListReviewsRequest {
                page_size,
                page_token: page_token.into(),
            })
        };
        assert_eq!(ask("", 0).unwrap(), (None, PAGE));
        assert_eq!(ask("", 1_000).unwrap().1, MOST_IN_PAGE);
        let id = "0".repeat(32);
        let (after, _) = ask(&format!("7-{id}"), 1).unwrap();
        assert_eq!(after.unwrap().0, 7);
        for bad in ["x", "7-", "-", &format!("x-{id}")] {
            assert_eq!(ask(bad, 1).unwrap_err().field, "page_token");
        }
    }
}
