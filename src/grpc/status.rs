//! The only place where an error becomes a gRPC status.

use super::auth::DoorError;
use crate::core::FieldError;
use crate::jobs::JobError;
use crate::session::{HubError, InboundError, SessionError};
use crate::tenants::Refusal;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// When a client that met a stopping server should try again: 10 s, a restart's length.
const RETRY_AFTER_STOP: Duration = Duration::from_secs(10);

/// When a client whose upload is under way on another connection should try again: 1 s; that connection may be
/// lost and its end not noticed yet.
const RETRY_UPLOAD: Duration = Duration::from_secs(1);
/// When a client should try again whose tenant has all jobs that it may, or for which there is no disk: 30 s,
/// since reviews last minutes.
const RETRY_FULL: Duration = Duration::from_secs(30);

/// The status of a session's error, with field violations and retry hints as
/// `google.rpc` details.
pub fn status_of(error: &SessionError) -> Status {
    use SessionError as E;
    let text = error.to_string();
    let (code, details) = match error {
        E::Invalid(field) | E::TooManyRefusals { latest: field, .. } => (
            Code::InvalidArgument,
            violations(std::slice::from_ref(field)),
        ),
        E::OpenRefused(fields) => (Code::InvalidArgument, violations(fields)),
        E::WrongOrder { .. } | E::NeverOpened => (Code::FailedPrecondition, ErrorDetails::new()),
        E::Unreadable(_) => (Code::InvalidArgument, ErrorDetails::new()),
        E::Duplicate(_) => (Code::AlreadyExists, ErrorDetails::new()),
        E::ResumeUnknown => (Code::NotFound, ErrorDetails::new()),
        E::ResumeTooLate(_) => (Code::FailedPrecondition, ErrorDetails::new()),
        E::TakenOver => (Code::Aborted, ErrorDetails::new()),
        E::AtCapacity { retry_after, .. }
        | E::TenantAtCapacity { retry_after, .. }
        | E::Overloaded { retry_after } => (Code::ResourceExhausted, retry(*retry_after)),
        E::Stopping => (Code::Unavailable, retry(RETRY_AFTER_STOP)),
        E::OpenTimeout(_)
        | E::Idle(_)
        | E::ClientStuck(_)
        | E::FinishTimeout(_)
        | E::AnalysisStuck(_) => (Code::DeadlineExceeded, ErrorDetails::new()),
        E::ClientGone => (Code::Cancelled, ErrorDetails::new()),
        E::Internal | E::NoRandomness => (Code::Internal, ErrorDetails::new()),
    };
    Status::with_error_details(code, text, details)
}

/// The status of a field that cannot be used.
pub fn status_of_field(error: &FieldError) -> Status {
    let details = violations(std::slice::from_ref(error));
    Status::with_error_details(Code::InvalidArgument, error.to_string(), details)
}

/// The status of what cannot be done with an interview in a browser.
pub fn status_of_hub(error: &HubError) -> Status {
    let code = match error {
        HubError::Session(e) => return status_of(e),
        HubError::Field(e) => return status_of_field(e),
        HubError::Unknown => Code::NotFound,
        HubError::Duplicate => Code::AlreadyExists,
        HubError::NotJoined | HubError::Ended | HubError::Order { .. } => Code::FailedPrecondition,
        HubError::Full(_) | HubError::Watched(_) => Code::ResourceExhausted,
        HubError::Busy => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// The status of what cannot be done with a review job.
pub fn status_of_job(error: &JobError) -> Status {
    let (code, details) = match error {
        JobError::Field(e) => return status_of_field(e),
        JobError::Unknown => (Code::NotFound, ErrorDetails::new()),
        JobError::OtherRequest => (Code::AlreadyExists, ErrorDetails::new()),
        JobError::UnderWay => (Code::Unavailable, retry(RETRY_UPLOAD)),
        JobError::Full(_) | JobError::NoSpace => (Code::ResourceExhausted, retry(RETRY_FULL)),
        JobError::Slow(_) => (Code::DeadlineExceeded, ErrorDetails::new()),
        JobError::NotOver | JobError::NoReport => (Code::FailedPrecondition, ErrorDetails::new()),
        JobError::Stopping => (Code::Unavailable, retry(RETRY_AFTER_STOP)),
        JobError::Internal => (Code::Internal, ErrorDetails::new()),
    };
    Status::with_error_details(code, error.to_string(), details)
}

/// The status of a call that was not let in. No key, an unknown one, a revoked and an expired one are
/// told apart in the log alone.
pub fn status_of_door(error: &DoorError) -> Status {
    match error {
        DoorError::Refused(Refusal::Suspended { .. }) => {
            Status::permission_denied("this caller may not call")
        }
        DoorError::Refused(
            Refusal::NoKey | Refusal::Unknown | Refusal::Revoked { .. } | Refusal::Expired { .. },
        ) => Status::unauthenticated("a valid API key is needed: authorization: Bearer KEY"),
        DoorError::TooManyCalls { retry_after } => Status::with_error_details(
            Code::ResourceExhausted,
            "too many calls; the details say when to try again",
            retry(*retry_after),
        ),
    }
}

fn violations(fields: &[FieldError]) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    for field in fields {
        let description = format!("found {}, expected {}", field.found, field.expected);
        details.add_bad_request_violation(field.field.clone(), description);
    }
    details
}

fn retry(after: Duration) -> ErrorDetails {
    ErrorDetails::with_retry_info(Some(after))
}

/// What a failed read of the client's stream means to its session.
pub fn inbound_error(status: &Status) -> InboundError {
    match status.code() {
        // tonic's word for a message over the decoding limit, and for bytes that are no message.
        Code::OutOfRange | Code::Internal | Code::InvalidArgument
            if !status.message().starts_with("h2 protocol error") =>
        {
            InboundError::Unreadable(status.message().to_owned())
        }
        _ => InboundError::Gone(status.message().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Full;

    #[test]
    fn every_error_has_its_code() {
        let s = Duration::from_secs(1);
        let field = || FieldError::new("tracks[0].kind", 9, "video or audio");
        let too_many = SessionError::TooManyRefusals {
            count: 3,
            limit: 2,
            latest: field(),
        };
        let wrong = SessionError::WrongOrder {
            message: "`media`",
            state: "opening",
        };
        let full = SessionError::AtCapacity {
            max: 1,
            retry_after: s,
        };
        let tenant_full = SessionError::TenantAtCapacity {
            max: 1,
            retry_after: s,
        };
        for (error, code) in [
            (SessionError::Invalid(field()), Code::InvalidArgument),
            (too_many, Code::InvalidArgument),
            (
                SessionError::OpenRefused(vec![field(), field()]),
                Code::InvalidArgument,
            ),
            (wrong, Code::FailedPrecondition),
            (SessionError::NeverOpened, Code::FailedPrecondition),
            (SessionError::Unreadable("x".into()), Code::InvalidArgument),
            (SessionError::Duplicate("a".into()), Code::AlreadyExists),
            (full, Code::ResourceExhausted),
            (
                SessionError::Overloaded { retry_after: s },
                Code::ResourceExhausted,
            ),
            (SessionError::AnalysisStuck(s), Code::DeadlineExceeded),
            (SessionError::ResumeUnknown, Code::NotFound),
            (SessionError::ResumeTooLate(s), Code::FailedPrecondition),
            (SessionError::TakenOver, Code::Aborted),
            (SessionError::NoRandomness, Code::Internal),
            (tenant_full, Code::ResourceExhausted),
            (SessionError::Stopping, Code::Unavailable),
            (SessionError::OpenTimeout(s), Code::DeadlineExceeded),
            (SessionError::Idle(s), Code::DeadlineExceeded),
            (SessionError::ClientStuck(s), Code::DeadlineExceeded),
            (SessionError::FinishTimeout(s), Code::DeadlineExceeded),
            (SessionError::ClientGone, Code::Cancelled),
            (SessionError::Internal, Code::Internal),
        ] {
            let status = status_of(&error);
            assert_eq!(status.code(), code, "{error}");
            assert_eq!(status.message(), error.to_string());
        }
    }

    #[test]
    fn every_error_of_a_job_has_its_code() {
        for (error, code) in [
            (
                JobError::Field(FieldError::new("a", 1, "2")),
                Code::InvalidArgument,
            ),
            (JobError::Unknown, Code::NotFound),
            (JobError::OtherRequest, Code::AlreadyExists),
            (JobError::UnderWay, Code::Unavailable),
            (JobError::Full(Full::TenantJobs(1)), Code::ResourceExhausted),
            (JobError::NoSpace, Code::ResourceExhausted),
            (
                JobError::Slow(Duration::from_secs(1)),
                Code::DeadlineExceeded,
            ),
            (JobError::NotOver, Code::FailedPrecondition),
            (JobError::NoReport, Code::FailedPrecondition),
            (JobError::Stopping, Code::Unavailable),
            (JobError::Internal, Code::Internal),
        ] {
            let status = status_of_job(&error);
            assert_eq!(
                (status.code(), status.message()),
                (code, error.to_string().as_str())
            );
        }
        let full = status_of_job(&JobError::NoSpace);
        let hint = full.get_details_retry_info().unwrap().retry_delay;
        assert_eq!(hint, Some(RETRY_FULL));
    }

    #[test]
    fn refusals_at_the_door_reveal_nothing() {
        use crate::core::TenantId;
        let (tenant, key) = (TenantId::parse("acme").unwrap(), "k1".to_owned());
        let named = (tenant.clone(), key.clone());
        let rows = [
            Refusal::NoKey,
            Refusal::Unknown,
            Refusal::Revoked {
                tenant: named.0,
                key: named.1,
            },
            Refusal::Expired {
                tenant: tenant.clone(),
                key,
            },
        ];
        let said = rows.map(|r| status_of_door(&DoorError::Refused(r)));
        for status in &said {
            assert_eq!(status.code(), Code::Unauthenticated);
            assert_eq!(status.message(), said[0].message());
            assert!(status.details().is_empty());
        }
        let suspended = status_of_door(&DoorError::Refused(Refusal::Suspended { tenant }));
        assert_eq!(suspended.code(), Code::PermissionDenied);
        assert!(!suspended.message().contains("acme"));
        let retry_after = Duration::from_secs(3);
        let busy = status_of_door(&DoorError::TooManyCalls { retry_after });
        assert_eq!(busy.code(), Code::ResourceExhausted);
        let hint = busy.get_details_retry_info().unwrap().retry_delay;
        assert_eq!(hint, Some(retry_after));
    }

    #[test]
    fn details_name_the_field_and_say_when_to_retry() {
        let bad = status_of(&SessionError::Invalid(FieldError::new("a.b", 1, "2")));
        let violations = bad.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, "a.b");
        assert_eq!(violations[0].description, "found 1, expected 2");
        let full = status_of(&SessionError::AtCapacity {
            max: 1,
            retry_after: Duration::from_secs(5),
        });
        let hint = full.get_details_retry_info().unwrap().retry_delay;
        assert_eq!(hint, Some(Duration::from_secs(5)));
    }

    #[test]
    fn too_large_is_unreadable_and_a_reset_is_gone() {
        let large = Status::out_of_range("Error, decoded message length too large");
        assert!(matches!(inbound_error(&large), InboundError::Unreadable(_)));
        let reset = Status::cancelled("h2 protocol error: stream reset");
        assert!(matches!(inbound_error(&reset), InboundError::Gone(_)));
    }
}
